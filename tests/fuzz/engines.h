/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator behind "fast = plain": rule documents as Sigma text, and events as JSON or as trees of an EVTX reader,
 * all from one stream of choices (a seed, or a fuzzer's bytes). A round is a theme (a log source with its fields), a
 * pool of literals that are cut from each other, rules over them, and events whose values are what the rules ask for,
 * or that but for one byte.
 *
 *   engines_text.c    literals, what is cut from them, encodings, quoting
 *   engines_value.c   a value of a rule, and an example of an event that it matches
 *   engines_rule.c    themes, items, selections, conditions
 *   engines_event.c   events of all shapes
 *   engines_judge.c   both engines over a round
 *
 * Memory that runs out ends the program: it is a test.
 */
#ifndef SP_TESTS_ENGINES_H
#define SP_TESTS_ENGINES_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "read/record.h"
#include "rule/rule.h"

/* ---------------------------------------------------------------- choices */

struct chance {
    const uint8_t *bytes; /* taken first */
    size_t left;
    uint64_t state;       /* then numbers of this seed */
};

static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = (c->state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline uint32_t below(struct chance *c, uint32_t n)
{
    uint32_t v = 0;

    if (n < 2)
        return 0;
    if (!c->left)
        return (uint32_t)((chance_next(c) >> 32) % n);
    for (uint32_t m = n - 1; m && c->left; m >>= 8, c->left--)
        v = v << 8 | *c->bytes++;
    return v % n;
}

static inline bool one_in(struct chance *c, uint32_t n)
{
    return below(c, n) == 0;
}

/* ---------------------------------------------------------------- a round */

enum { ENGINES_POOL = 28 };

/* A value of an event: text, or a JSON token as it stands (3.0, null, true). */
struct example {
    struct sp_str text;
    bool token;
};

/* What makes an item true: one of the examples in its field, or all of them. */
struct hit {
    struct sp_str field;
    struct example *example;
    uint32_t count;
    bool all;
};

struct theme {
    const char *channel, *provider;      /* NULL: no Windows event; `product` is given with --logsource */
    const char *eventid;                 /* the usual one */
    const char *product, *category, *service; /* NULL: the log source has none */
    const char *field[16];               /* `Rule>Event`: mapped; `!Rule`: cannot be; `Rule`: as it is */
};
extern const struct theme engines_themes[];
extern const uint32_t engines_theme_count;

/* The bounds of the hits and of the text that belong to one rule. */
struct made_rule {
    uint32_t hit, hits;
    size_t at;
};

struct round {
    struct sp_arena arena;
    struct chance chance;
    const struct theme *theme;
    bool wordy;                /* literals are words of four letters and more: few of them are scanned for in registers */
    struct sp_str literal[ENGINES_POOL];
    struct sp_buf rules;       /* the documents */
    struct made_rule *rule;
    uint32_t rule_count, rule_room;
    struct hit *hit;
    uint32_t hit_count, hit_room;
    struct sp_buf out, out2;   /* scratch of one function each */
};

void round_begin(struct round *r, struct chance chance, bool windows); /* windows: a theme with a header */
void round_end(struct round *r);
void round_add_rule(struct round *r);

/* A record for sp_event_make; `tree` is cleared and filled. All its values lie in `bytes`, which is as long as they are, so
 * that a sanitizer sees who reads beyond; the next call frees it. False: the JSON made was none. */
struct made_record {
    struct sp_record record;
    struct sp_tree *tree;
    struct sp_buf *names;
    struct sp_str text; /* shows it */
    char *bytes;
};
bool round_event(struct round *r, uint32_t flood, struct made_record *ret);

/* ---------------------------------------------------------------- engines_text.c */

struct sp_str keep(struct round *r, struct sp_str s);     /* in the round's memory */
struct sp_str keep_out(struct round *r);                  /* what is in r->out */
void *keep_alloc(struct round *r, size_t size);
struct sp_str literal_fresh(struct round *r);
struct sp_str literal_of(struct round *r);                /* one of the pool, perhaps cut */
struct sp_str mutated(struct round *r, struct sp_str s);  /* a near miss, or a text around it */
struct sp_str flipped(struct round *r, struct sp_str s);  /* letters in other case, some in letters that fold to them */
struct sp_str joined_text(struct round *r, struct sp_str a, struct sp_str b);
struct sp_str base64_of(struct round *r, struct sp_str bytes);
struct sp_str wide_of(struct round *r, struct sp_str text, bool big, bool mark); /* UTF-16 bytes */
struct sp_str bytes_as_text(struct round *r, struct sp_str bytes);               /* each byte a character */
void put_yaml(struct sp_buf *out, struct sp_str text);
void put_json(struct round *r, struct sp_buf *out, struct sp_str text);
void put_escaped(struct sp_buf *out, struct sp_str text); /* Sigma's: nothing of it is a wildcard */

/* ---------------------------------------------------------------- engines_value.c */

/* What an item asks for; see chain_of in engines_rule.c. */
struct wanted {
    enum { ASK_TEXT, ASK_RE, ASK_CIDR, ASK_COMPARE, ASK_TIME, ASK_EXISTS, ASK_REF, ASK_EXPAND } ask;
    enum sp_where where;
    bool cased, windash, all, neq, keyword, texty;
    enum { WIDE_NONE, WIDE_LE, WIDE_BE, WIDE_MARK } wide;
    enum { BASE_NONE, BASE64, BASE64_OFFSET } base;
    uint32_t re_flags; /* of SP_REGEX_* */
    uint32_t part;     /* of enum sp_timepart */
    const char *modifier[8];
    uint32_t modifiers;
};

/* Write one value as YAML to `out`; an event that holds the example is likely to match it. */
struct example make_value(struct round *r, const struct wanted *w, struct sp_str literal, struct sp_buf *out);
/* A number as events write numbers. */
struct example make_number(struct round *r);

/* ---------------------------------------------------------------- engines_judge.c */

enum { ENGINES_FEATURES = 80 };

struct tally {
    uint64_t rounds, events, pairs, yes, unknown, rules, refused;
    struct {
        const char *name;
        uint64_t yes;
    } feature[ENGINES_FEATURES];
    uint32_t features;
};

struct round_size {
    uint32_t rules, events;
    bool flood;       /* every event comes from an origin of its own */
    bool say_refused;
};

/* Judge a round with both engines. False: they differ, and where was printed. */
bool engines_judge(struct chance chance, const struct round_size *size, struct tally *tally);
/* Features that no TRUE item ever had, printed; how many. */
uint32_t engines_idle(const struct tally *tally);

#endif
