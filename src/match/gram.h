/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_index: which of thousands of literals does this value hold? One for each field of a plan (match/plan.h).
 *
 * A rule that wants `CommandLine|contains: sekurlsa` cannot be true on a value without "sekurlsa". So a rule needs to
 * be looked at only when one of its literals was met, and the question becomes: a value, 20,000 literals, which of them
 * does it hold, in about a nanosecond a byte? One big automaton would answer for all literals at once but costs a
 * cache miss a byte; what pays is to ask only for what is rare.
 *
 *   kind     literal is                     asked for by
 *   EQUAL    the whole value                hash of the value
 *   START    its beginning                  its first 8 bytes (or as many as the literal has)
 *   END      its end                        its last 8 bytes
 *   ANY      somewhere in it                runs of four bytes in it, grams, as rare as may be
 *   ANY      the same, brief                its first and its last two bytes, or its only one
 *
 *   value    c:\x\mimikatz.exe sekurlsa::logonpasswords
 *            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^                one place in four is looked at
 *                                │
 *                  bitmap ──────▶ is some literal's gram here? (a bit; nearly always no)
 *                                │ yes
 *                  slots  ──────▶ "kurl", with "sa::" behind it?   (at most BUCKET_MAX literals share a gram)
 *                                │
 *                  keys   ──────▶ compare the whole literal around the gram ──▶ mark its rules
 *
 * A literal of seven bytes and more has four grams, one of which stands at a place that is looked at wherever the literal
 * begins: "seku" or "ekur" or "kurl" or "urls", or the like further on. Where literals are thousands it is two grams and
 * every other place, as four of each would crowd the tables, and what has four bytes is brief. Other literals of four to six
 * bytes have one gram, and every place is looked at for them; so have literals that are not ASCII, but only in values that are not: most are variants of others with dashes
 * that no keyboard has.
 *
 * A slot has the gram and four more bytes of its literal, so that what only begins to look like it costs one place in
 * memory and not three. Brief literals are asked for the other way round: a pass over the value notes the pairs of bytes
 * that it has, and each literal whose pair is among them is looked for.
 *
 * Which gram of a literal is rare is known from real logs: gram_table.c, measured by tools/gram_table.py. A value that
 * repeats a gram costs BUCKET_MAX comparisons a byte and no more, so hostile values stay linear. Where few literals want
 * every place scan.h says for most values at once that they hold none.
 *
 * Values and literals are folded (base/unicode.h). An index is immutable once built and shared by all workers; what
 * was met is marked in the worker's own sp_marks.
 */
#ifndef SP_MATCH_GRAM_H
#define SP_MATCH_GRAM_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum sp_key_kind { SP_KEY_EQUAL, SP_KEY_START, SP_KEY_END, SP_KEY_ANY };

/* What a plan's builder collects: `rule` is to be marked when the literal is met. */
struct sp_key_wish {
    enum sp_key_kind kind;
    struct sp_str literal; /* borrowed as long as the index lives */
    uint32_t rule;
};

/* Rules marked for the event in hand: each once, in no order. */
struct sp_marks {
    uint32_t *stamp; /* by rule: `now` if it is marked */
    uint32_t now;
    uint32_t *rule;  /* room for all */
    uint32_t count;
};

static inline void sp_mark(struct sp_marks *m, uint32_t rule)
{
    if (m->stamp[rule] != m->now) {
        m->stamp[rule] = m->now;
        m->rule[m->count++] = rule;
    }
}

struct sp_key {
    const char *ptr;
    uint32_t len;
    uint32_t rule, rules; /* in sp_index.rule */
};

/* Keys that share a selector: a hash, 8 bytes of an end. */
struct sp_key_slot {
    uint64_t selector;
    uint32_t key, keys; /* keys 0: free */
};

struct sp_key_table {
    const struct sp_key_slot *slot;
    uint32_t mask;  /* slots - 1; no table when slot is NULL */
    uint32_t lens;  /* START, END: bit n - 1 where a literal has n bytes, bit 7: 8 or more */
    uint32_t most;  /* EQUAL: length of the longest */
};

/* A gram of a key, in an open hash table; others of the same gram stand behind it. */
struct sp_gram_slot {
    uint32_t gram, check; /* and the four bytes that stand `apart` from it, the same ones in a literal of four */
    uint32_t key;         /* + 1; 0: free */
    uint16_t at;          /* where in the literal it begins */
    int16_t apart;
};

/* Grams that are looked for together: a bitmap by hash. */
struct sp_grams {
    const uint64_t *bitmap; /* NULL: there are none */
    uint32_t shift;         /* 32 - log2 of its bits */
};

/* A literal that is brief. */
struct sp_brief {
    uint16_t first, last; /* hashes of its first and last two bytes; of a single byte nothing */
    uint32_t len, key;
};

/* See scan.h. */
struct sp_scan {
    bool usable;          /* false: say perhaps to everything */
    bool typed;           /* some literal could stand in the text of a number, a GUID, a time: not only in texts */
    uint8_t low[4][16], high[4][16];
    const uint32_t *print; /* the prints themselves; an open hash table, 0: free */
    uint32_t mask;
};

struct sp_index {
    const struct sp_key *key;
    const uint32_t *rule;
    struct sp_key_table equal, start, end;
    const struct sp_gram_slot *gram; /* NULL: no literal has a gram */
    uint32_t gram_shift, gram_mask;  /* 32 - log2 of the slots, slots - 1 */
    uint32_t stride;                 /* of sparse: 4 or 2 */
    struct sp_grams sparse;          /* at every stride-th place */
    struct sp_grams dense;           /* at every place */
    struct sp_grams wide;            /* the same, where the value is not ASCII */
    struct sp_scan scan;             /* where the dense are few: is there any in the value? */
    const struct sp_brief *brief;    /* those of ASCII first */
    uint32_t briefs, briefs_ascii;
};

/* All of the index's memory is the arena's. 0 or SP_ERR_NOMEM. */
int sp_index_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_index *ret);

/* Mark the rules of every literal that the folded value holds. */
void sp_index_probe(const struct sp_index *index, struct sp_str value, struct sp_marks *marks);

/* How often a value holds the literal, in parts of a million, as far as measured. */
uint32_t sp_key_ppm(enum sp_key_kind kind, struct sp_str literal);

enum { SP_RARE_PPM = 20 }; /* of a gram that was not met in the logs measured: there is none rarer */

/* Shares of values that hold a gram, measured on real logs: an open hash table; ppm 0: free. */
struct sp_gram_share {
    uint32_t gram, ppm;
};
enum { SP_GRAM_SHARES = 8192 };
extern const struct sp_gram_share sp_gram_shares[SP_GRAM_SHARES];

#endif
