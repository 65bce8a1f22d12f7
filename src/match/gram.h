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
 *   ANY      somewhere in it                the literal's rarest run of four bytes, its gram
 *   ANY      the same, 1 to 3 bytes long    its first two bytes, or its only one
 *
 *   value    c:\x\mimikatz.exe sekurlsa::logonpasswords
 *                             ^^^^ ^^^^ every four bytes in turn
 *                                  │
 *                  bitmap ────────▶ is some literal's gram here? (a bit; nearly always no)
 *                                  │ yes
 *                  slots  ────────▶ "urls", with "ekur" before it?   (at most BUCKET_MAX literals share a gram)
 *                                  │
 *                  keys   ────────▶ compare the whole literal around the gram ──▶ mark its rules
 *
 * A slot has the gram and four more bytes of its literal, so that what only begins to look like it costs one place in
 * memory and not three. Brief literals are asked for the other way round: a pass over the value notes the pairs of bytes
 * that it has, and each literal whose pair is among them is looked for.
 *
 * Which gram of a literal is rare is known from real logs: gram_table.c, measured by tools/gram_table.py. A value that
 * repeats a gram costs BUCKET_MAX comparisons a byte and no more, so hostile values stay linear. Where a field has few
 * literals scan.h says for most values at once that they hold none.
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
    uint32_t len, at;     /* ANY: where its gram begins */
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

/* A key that is asked for by a gram, in an open hash table; others of the same gram stand behind it. */
struct sp_gram_slot {
    uint32_t gram, check; /* and the four bytes that stand `apart` from it, the same ones in a literal of four */
    int32_t apart;
    uint32_t key;         /* + 1; 0: free */
};

/* A literal of one to three bytes. */
struct sp_brief {
    uint16_t pair; /* hash of its first two bytes; a single byte as it is */
    uint16_t len;
    uint32_t key;
};

/* See scan.h. */
struct sp_scan {
    bool usable;          /* false: say perhaps to everything */
    bool typed;           /* some literal could stand in the text of a number, a GUID, a time: not only in texts */
    uint8_t low[3][16], high[3][16];
    const uint32_t *print; /* the prints themselves; an open hash table, 0: free */
    uint32_t mask;
};

struct sp_index {
    const struct sp_key *key;
    const uint32_t *rule;
    struct sp_key_table equal, start, end;
    struct sp_scan scan;    /* of few literals with grams: is there any in the value? */
    const uint64_t *bitmap; /* of grams */
    uint32_t shift;         /* 32 - log2 of its bits */
    const struct sp_gram_slot *gram; /* NULL: no literal has a gram */
    uint32_t gram_shift, gram_mask;  /* 32 - log2 of the slots, slots - 1 */
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
