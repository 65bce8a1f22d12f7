/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_eval: the plain interpreter of rules. It walks the rule's tree over the event, item by item, in three-valued
 * logic (specs: sigma 3.1): the truth that every faster path is tested against. One a worker.
 *
 *      a     b     a and b   a or b   not a
 *      T     U        U         T        F
 *      F     U        F         U        T
 *      U     U        U         U        U
 */
#ifndef SP_MATCH_EVAL_H
#define SP_MATCH_EVAL_H
#include "event/event.h"
#include "match/text.h"
#include "rule/rule.h"

enum sp_truth { SP_FALSE, SP_TRUE, SP_UNKNOWN };

struct sp_eval;

struct sp_eval *sp_eval_new(const struct sp_rule_set *set, struct sp_events *events);
void sp_eval_free(struct sp_eval *eval);

/* Begin an event (borrowed until the next begin). */
void sp_eval_begin(struct sp_eval *eval, const struct sp_event *event);

/* Its look-ups, for who fills them faster. */
struct sp_lookup *sp_eval_lookup(struct sp_eval *eval);

/* Rules that run on events of a class, by rank; found once a class. NULL: memory ran out. */
const struct sp_rule *const *sp_eval_rules(struct sp_eval *eval, const struct sp_class *c, uint32_t *ret_count);

/* The rule's condition on the event in hand: 0 and `*ret`, or SP_ERR_NOMEM. */
int sp_eval_rule(struct sp_eval *eval, const struct sp_rule *rule, enum sp_truth *ret);

/* One item, with what it saw, for `explain` and "why". */
struct sp_item_seen {
    enum sp_truth truth;
    bool missing;        /* the event has not the field (the truth is then decided by null, exists, neq) */
    struct sp_str text;  /* of the value that decided, or of the first; dead at the next begin */
    bool has_text;
};
int sp_eval_item(struct sp_eval *eval, const struct sp_rule *rule, const struct sp_item *item, struct sp_item_seen *ret);

/* A rule's expression for one origin (match/plan.h): what is constant there is gone or a constant, and of the parts of
 * an AND, OR or COUNT, in any order the same, those that cost little come first.
 *
 * An item whose patterns are folded literals and nothing else, as most are, is packed: its literals lie one behind the
 * other where a walk over the rule would go from item to pattern to token to text, each in another place of the memory.
 */
struct sp_scan; /* scan.h */
struct sp_step {
    enum sp_step_kind { SP_STEP_CONSTANT, SP_STEP_ITEM, SP_STEP_PACKED, SP_STEP_NOT, SP_STEP_COUNT } kind;
    enum sp_truth truth;         /* CONSTANT */
    uint32_t count, least;       /* NOT, COUNT: parts; COUNT: how many of them must hold; PACKED: literals */
    union {
        const struct sp_item *item;
        const struct sp_step *part;   /* one behind the other */
        const unsigned char *literal; /* PACKED: struct sp_packed and its bytes, one behind the other */
    };
    const struct sp_scan *scan;  /* ITEM, PACKED: no pattern can match a value that this says no to; NULL: look */
    uint32_t number;             /* PACKED: of the field's slot (lookup.h) */
    bool all, neq;               /* PACKED: as the item's */
};

struct sp_packed {
    uint16_t len;
    uint8_t where; /* enum sp_where */
    struct sp_rare rare;
};

/* A rule by its steps, which live as long as `eval`: what decided one the last time is remembered by its address. */
int sp_eval_step(struct sp_eval *eval, const struct sp_rule *rule, const struct sp_step *step, enum sp_truth *ret);

/* An expression of the rule, for `explain`. */
int sp_eval_expr(struct sp_eval *eval, const struct sp_rule *rule, const struct sp_expr *expr, enum sp_truth *ret);

#endif
