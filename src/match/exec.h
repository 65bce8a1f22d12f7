/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_exec: all rules on one event after the other: which are TRUE, and how often each was UNKNOWN. One a worker.
 * Two engines give the same answer: the plain one walks every rule of the event's class (match/eval.h), the fast one
 * walks those that a plan (match/plan.h) cannot rule out.
 */
#ifndef SP_MATCH_EXEC_H
#define SP_MATCH_EXEC_H
#include "match/eval.h"

struct sp_plan;
struct sp_exec;

/* `plan` NULL: the plain engine. All are borrowed and outlive the exec; `events` is the worker's own. */
struct sp_exec *sp_exec_new(const struct sp_rule_set *set, struct sp_events *events, struct sp_plan *plan);
void sp_exec_free(struct sp_exec *exec);

/* Rules that are TRUE on the event, by rank, dead at the next call; 0 or SP_ERR_NOMEM. The event is borrowed until
 * then. */
int sp_exec_event(struct sp_exec *exec, const struct sp_event *event, const struct sp_rule *const **ret, uint32_t *ret_count);

/* The interpreter, begun on the event in hand whenever sp_exec_event found a rule: for "why". */
struct sp_eval *sp_exec_eval(struct sp_exec *exec);

/* Times that a rule was UNKNOWN, by class id, then rule rank; NULL where none. */
struct sp_unknowns {
    uint64_t **count;
    uint32_t classes;
};
void sp_unknowns_done(struct sp_unknowns *unknowns); /* copes with zeros */
/* Add those of `exec` to `to` (zeros at first); `exec` forgets them. 0 or SP_ERR_NOMEM. */
int sp_exec_unknowns(struct sp_exec *exec, struct sp_unknowns *to);

/* What looking at a rule has cost. */
struct sp_rule_looks {
    uint64_t looked, hits, ns; /* evaluated, of that TRUE, nanoseconds of a steady clock */
};
/* From now on each look at a rule is timed, which costs two looks at the clock. 0 or SP_ERR_NOMEM. */
int sp_exec_profile(struct sp_exec *exec);
/* By rule rank, as many as there are rules; NULL: not asked for. */
const struct sp_rule_looks *sp_exec_looks(const struct sp_exec *exec);

#endif
