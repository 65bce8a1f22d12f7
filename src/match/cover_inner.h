/* SPDX-License-Identifier: Apache-2.0
 *
 * What the four files share that turn a class's rules into a residual (plan.h): not for others.
 *
 *      cover.c      an expression          -> its default and its keys
 *      steps.c      an expression          -> what is evaluated when a key was met
 *      residual.c   the rules of a class   -> those that are left, their keys as one index a field
 *      memo.c       what of all that is the same for many origins
 */
#ifndef SP_MATCH_COVER_INNER_H
#define SP_MATCH_COVER_INNER_H
#include "base/buf.h"
#include "match/plan.h"

enum key_type { KEY_LITERAL, KEY_PRESENT, KEY_MISSING, KEY_NUMBER, KEY_ALWAYS };

/* A condition to look for. */
struct key {
    struct key *next;
    enum key_type type;
    enum sp_key_kind kind;
    struct sp_str literal;
    uint32_t field_id;
    bool mapped;
    bool scratch; /* the literal was made on the way: it is copied when it is kept */
};

struct guess {
    enum sp_truth truth;
    uint64_t cost; /* share of events that meet a key, in ppm and not below SP_COST_KEY a key */
    struct key *first, *last;
};

/* A key that is kept: for `field`, wanting `rule`. */
struct wish {
    struct sp_key_wish wish;
    enum key_type type;
    uint32_t field;
};

/* The step of an item, whatever the origin is. */
struct cover_item {
    const struct sp_item *item;
    bool mapped;
    bool made; /* the rest is there */
    uint32_t price;
    struct sp_step step;
};

/* What the items over a field are in an origin. */
enum cover_sort { COVER_NEW, COVER_OPEN, COVER_ABSENT, COVER_HEADER };

struct cover {
    struct sp_cover_memo *memo; /* the plan's, or NULL */
    uint8_t *sort;              /* enum cover_sort by field_id, or NULL */
    struct sp_arena *arena, scratch;
    const struct sp_rule_set *set;
    struct sp_eval *eval;
    const struct sp_event *event;
    struct sp_residual *residual;
    const struct sp_rule *rule; /* in hand */
    bool failed;
    bool wide, open;            /* the rule in hand has keywords; some rule reads what has no name of its own */
    struct wish *wish;
    uint32_t wishes, wish_room;
    uint32_t *field_of;         /* by slot number: index + 1 of its field */
    struct sp_plan_rule *live;
    uint32_t *always;
    struct sp_str *raw;
    uint32_t raws, raw_room;
    uint32_t field_room;
    struct sp_buf fold;
};

/* cover.c: the guess of an expression, of a pattern; is an item the same for all events of the origin? Out of memory:
 * `failed`. */
struct guess cover_expr(struct cover *c, const struct sp_expr *x);
struct guess cover_pattern(struct cover *c, const struct sp_item *item, const struct sp_pattern *p);
bool cover_constant(struct cover *c, const struct sp_item *item, enum sp_truth *ret);

/* memo.c: an item's entry, NULL without a memo, and out of memory; the scan for keywords (0 or SP_ERR_NOMEM). */
struct cover_item *cover_item_at(struct cover *c, const struct sp_item *item);
int cover_scan(struct cover *c, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret);

/* steps.c: the steps of the rule in hand, in the plan's arena. */
struct sp_step cover_steps(struct cover *c, const struct sp_expr *x);

/* residual.c: the index of a field that the residual reads. */
uint32_t cover_field(struct cover *c, uint32_t field_id, bool mapped);

#endif
