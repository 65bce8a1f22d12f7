/* SPDX-License-Identifier: Apache-2.0
 *
 * In: events. Out: the rules that are TRUE, counts of those that are UNKNOWN. Owns the interpreter, the list of hits
 * and the counts.
 */
#include "match/exec.h"

#include "base/alloc.h"

struct sp_exec {
    const struct sp_rule_set *set;
    struct sp_eval *eval;
    const struct sp_rule **hit; /* as many as there are rules */
    struct sp_unknowns unknowns;
};

struct sp_exec *sp_exec_new(const struct sp_rule_set *set, struct sp_events *events, struct sp_plan *plan)
{
    struct sp_exec *x = sp_zalloc(sizeof *x);

    (void)plan;
    if (!x)
        return NULL;
    x->set = set;
    x->eval = sp_eval_new(set, events);
    x->hit = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof(const struct sp_rule *));
    if (!x->eval || !x->hit) {
        sp_exec_free(x);
        return NULL;
    }
    return x;
}

void sp_exec_free(struct sp_exec *x)
{
    if (!x)
        return;
    sp_eval_free(x->eval);
    sp_unknowns_done(&x->unknowns);
    sp_free(x->hit);
    sp_free(x);
}

struct sp_eval *sp_exec_eval(struct sp_exec *x)
{
    return x->eval;
}

void sp_unknowns_done(struct sp_unknowns *u)
{
    for (uint32_t i = 0; i < u->classes; i++)
        sp_free(u->count[i]);
    sp_free(u->count);
    *u = (struct sp_unknowns){ 0 };
}

/* The counts of a class, all zero at first; NULL: memory ran out. */
static uint64_t *counts(struct sp_unknowns *u, uint32_t class_id, uint32_t rules)
{
    if (class_id >= u->classes) {
        uint32_t room = u->classes ? u->classes : 64;
        uint64_t **grown;

        while (room <= class_id)
            room *= 2;
        grown = sp_realloc_array(u->count, room, sizeof(uint64_t *));
        if (!grown)
            return NULL;
        memset(grown + u->classes, 0, (room - u->classes) * sizeof(uint64_t *));
        u->count = grown;
        u->classes = room;
    }
    if (!u->count[class_id])
        u->count[class_id] = sp_zalloc(((size_t)rules + 1) * sizeof(uint64_t));
    return u->count[class_id];
}

int sp_exec_unknowns(struct sp_exec *x, struct sp_unknowns *to)
{
    struct sp_unknowns *from = &x->unknowns;

    for (uint32_t c = 0; c < from->classes; c++) {
        uint64_t *sum;

        if (!from->count[c])
            continue;
        sum = counts(to, c, x->set->rule_count);
        if (!sum)
            return SP_ERR_NOMEM;
        for (uint32_t r = 0; r < x->set->rule_count; r++)
            sum[r] += from->count[c][r];
    }
    sp_unknowns_done(from);
    return 0;
}

/* One more time that the rule could not be judged on an event of this class. */
static int count_unknown(struct sp_exec *x, uint32_t class_id, uint32_t rank)
{
    uint64_t *count = counts(&x->unknowns, class_id, x->set->rule_count);

    if (!count)
        return SP_ERR_NOMEM;
    count[rank]++;
    return 0;
}

int sp_exec_event(struct sp_exec *x, const struct sp_event *event, const struct sp_rule *const **ret, uint32_t *ret_count)
{
    uint32_t count, hits = 0;
    const struct sp_rule *const *rule = sp_eval_rules(x->eval, event->class_, &count);
    int rc = rule ? 0 : SP_ERR_NOMEM;

    if (count)
        sp_eval_begin(x->eval, event);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        enum sp_truth t;

        rc = sp_eval_rule(x->eval, rule[i], &t);
        if (rc == 0 && t == SP_UNKNOWN)
            rc = count_unknown(x, event->class_->id, rule[i]->rank);
        if (rc == 0 && t == SP_TRUE)
            x->hit[hits++] = rule[i];
    }
    *ret = x->hit;
    *ret_count = hits;
    return rc;
}
