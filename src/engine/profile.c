/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the looks that workers have counted, by rule rank. Out: one list, the costliest rule first, in the caller's arena.
 *
 * A void unit (engine/unit.h) was judged by one worker for nothing and once more by `undo`; the unit that took its place
 * is judged too. So what `undo` has counted is taken off again: looks and hits are then those of each record once, for
 * any number of threads, and the time of a void unit is taken for what `undo` needed for it.
 */
#include "engine/profile.h"

#include <stdlib.h>

static void add(struct sp_hunt_cost *sum, const struct sp_rule_looks *looks, uint32_t rules)
{
    for (uint32_t i = 0; looks && i < rules; i++) {
        sum[i].looked += looks[i].looked;
        sum[i].hits += looks[i].hits;
        sum[i].ns += looks[i].ns;
    }
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void take_off(struct sp_hunt_cost *sum, const struct sp_rule_looks *looks, uint32_t rules)
{
    for (uint32_t i = 0; looks && i < rules; i++) {
        sum[i].looked = less(sum[i].looked, looks[i].looked);
        sum[i].hits = less(sum[i].hits, looks[i].hits);
        sum[i].ns = less(sum[i].ns, looks[i].ns);
    }
}

/* The costliest first. At the same time, which is rare but for a coarse clock, those looked at most. */
static int by_time(const void *a, const void *b)
{
    const struct sp_hunt_cost *x = a, *y = b;

    if (x->ns != y->ns)
        return x->ns < y->ns ? 1 : -1;
    if (x->looked != y->looked)
        return x->looked < y->looked ? 1 : -1;
    return strcmp(x->rule_id, y->rule_id);
}

/* The text as C has it, in the arena; it lives longer than the rules. */
static const char *text(struct sp_arena *arena, struct sp_str s, bool *failed)
{
    struct sp_str copy = sp_arena_str(arena, s);

    *failed |= !copy.ptr;
    return copy.ptr;
}

int sp_profile_make(struct sp_arena *arena, const struct sp_rule_set *set, const struct sp_worker *worker, unsigned workers,
                    struct sp_hunt_result *ret)
{
    struct sp_hunt_cost *cost = sp_arena_zalloc(arena, ((size_t)set->rule_count + 1) * sizeof *cost);
    uint64_t cpu = 0, rules = 0;
    bool failed = !cost;
    size_t n = 0;

    if (failed)
        return SP_ERR_NOMEM;
    for (unsigned i = 0; i < workers; i++) {
        if (worker[i].exec)
            add(cost, sp_exec_looks(worker[i].exec), set->rule_count);
        cpu += worker[i].cpu_ns;
    }
    for (unsigned i = 0; i < workers; i++)
        if (worker[i].undo)
            take_off(cost, sp_exec_looks(worker[i].undo), set->rule_count);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        struct sp_hunt_cost one = cost[i];

        if (!one.looked)
            continue;
        one.rule_id = text(arena, set->rule[i]->id, &failed);
        one.title = text(arena, set->rule[i]->title, &failed);
        one.file = text(arena, set->rule[i]->file, &failed);
        one.level = sp_level_name(set->rule[i]->level);
        rules += one.ns;
        cost[n++] = one;
    }
    if (failed)
        return SP_ERR_NOMEM;
    qsort(cost, n, sizeof *cost, by_time);
    ret->profile = cost;
    ret->profile_count = n;
    ret->profile_rest_ns = less(cpu, rules);
    return 0;
}
