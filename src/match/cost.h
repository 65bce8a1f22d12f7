/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_cost: on how many events the fast engine has to look at a rule, and why: for people who write rules. It asks what
 * the plan asks (plan.h), of each class that the rule's log source applies to, and takes the dearest. Nothing of an
 * event is known then: a hunt, which knows channel and event id, looks less often.
 */
#ifndef SP_MATCH_COST_H
#define SP_MATCH_COST_H
#include "base/buf.h"
#include "match/plan.h"

/* What one of must be there before the rule can be true. */
struct sp_cost_key {
    struct sp_str field;   /* empty: any value */
    const char *kind;      /* equal, start, end, any; present, missing, number */
    struct sp_str literal; /* folded, of the first four; ptr NULL: none */
    uint32_t ppm;          /* share of events that have it */
};

struct sp_cost {
    const struct sp_class *class_; /* the dearest; NULL: the rule's log source is of no class, or it is true in none */
    uint32_t ppm;
    bool always;                   /* looked at on every event of the class */
    const struct sp_cost_key *key; /* the dearest first */
    uint32_t keys;
    const struct sp_class *const *unknown; /* classes in which it can only be UNKNOWN */
    uint32_t unknowns;
    struct sp_str why;             /* a phrase */
};

/* Of one rule of the set; lists and texts are the arena's and the set's. 0 or SP_ERR_NOMEM. */
int sp_cost_of(struct sp_arena *arena, const struct sp_rule_set *set, const struct sp_taxonomy *taxonomy, const struct sp_rule *rule,
               struct sp_cost *ret);

#endif
