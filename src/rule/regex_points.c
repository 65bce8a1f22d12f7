/* SPDX-License-Identifier: Apache-2.0
 *
 * In: code points and ranges of them, in any order. Out: the same set in normal form, its complement, or its
 * closure under simple case folding. The arena of the set owns the list.
 */
#include <stdlib.h>

#include "rule/regex_tree.h"

enum { POINT_MAX = 0x10FFFF, SURROGATE_FIRST = 0xD800, SURROGATE_LAST = 0xDFFF };

static const struct fold_run {
    uint32_t first, last;
    uint32_t step;
    int32_t delta;
} fold_runs[] = {
    { 'A', 'Z', 1, 32 },
#include "base/fold_table.inc"
};
enum { FOLD_RUNS = sizeof fold_runs / sizeof *fold_runs };

void sp_regex_points_add(struct sp_regex_points *points, uint32_t first, uint32_t last)
{
    struct sp_regex_range *list;
    size_t room;

    if (points->failed || first > last)
        return;
    if (points->count == points->room) {
        room = points->room ? 2 * points->room : 16;
        list = sp_arena_grow(points->arena, points->list, points->count, room, sizeof *list);
        if (!list) {
            points->failed = true;
            return;
        }
        points->list = list;
        points->room = room;
    }
    points->list[points->count++] = (struct sp_regex_range){ first, last };
}

void sp_regex_points_all(struct sp_regex_points *points, const struct sp_regex_points *more)
{
    for (size_t i = 0; i < more->count; i++)
        sp_regex_points_add(points, more->list[i].first, more->list[i].last);
}

static int by_first(const void *a, const void *b)
{
    const struct sp_regex_range *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

void sp_regex_points_normal(struct sp_regex_points *points)
{
    size_t kept = 0, count = points->count;

    for (size_t i = 0; i < count; i++) { /* cut the surrogates out: no text holds them */
        struct sp_regex_range r = points->list[i];

        if (r.first <= SURROGATE_LAST && r.last >= SURROGATE_FIRST) {
            if (r.last > SURROGATE_LAST)
                sp_regex_points_add(points, SURROGATE_LAST + 1, r.last);
            if (r.first < SURROGATE_FIRST)
                sp_regex_points_add(points, r.first, SURROGATE_FIRST - 1);
            points->list[i] = (struct sp_regex_range){ 1, 0 };
        }
    }
    if (points->count > 1)
        qsort(points->list, points->count, sizeof *points->list, by_first);
    for (size_t i = 0; i < points->count; i++) {
        struct sp_regex_range r = points->list[i];

        if (r.first > r.last)
            continue;
        if (kept && r.first <= points->list[kept - 1].last + 1) {
            if (r.last > points->list[kept - 1].last)
                points->list[kept - 1].last = r.last;
        } else {
            points->list[kept++] = r;
        }
    }
    points->count = kept;
}

void sp_regex_points_negate(struct sp_regex_points *points)
{
    uint32_t from = 0;
    size_t count;

    sp_regex_points_normal(points);
    count = points->count;
    for (size_t i = 0; i < count; i++) {
        struct sp_regex_range r = points->list[i];

        if (r.first > from)
            sp_regex_points_add(points, from, r.first - 1);
        from = r.last + 1;
    }
    sp_regex_points_add(points, from, POINT_MAX);
    for (size_t i = 0; i < count; i++)
        points->list[i] = (struct sp_regex_range){ 1, 0 };
    sp_regex_points_normal(points);
}

/* Add the points of `from` that lie on the run first, first + step ... last, each moved by `delta`. */
static void add_moved(struct sp_regex_points *points, struct sp_regex_range from, const struct fold_run *run)
{
    uint32_t low = from.first > run->first ? from.first : run->first;
    uint32_t high = from.last < run->last ? from.last : run->last;

    if (low > high)
        return;
    low = run->first + (low - run->first + run->step - 1) / run->step * run->step;
    if (run->step == 1) {
        sp_regex_points_add(points, (uint32_t)((int32_t)low + run->delta), (uint32_t)((int32_t)high + run->delta));
        return;
    }
    for (; low <= high; low += run->step)
        sp_regex_points_add(points, (uint32_t)((int32_t)low + run->delta), (uint32_t)((int32_t)low + run->delta));
}

/* All x whose fold is the fold of a member: the folds of the members, then whatever folds to one of them. */
void sp_regex_points_fold(struct sp_regex_points *points)
{
    size_t count;

    sp_regex_points_normal(points);
    count = points->count;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < FOLD_RUNS; k++)
            add_moved(points, points->list[i], &fold_runs[k]);
    sp_regex_points_normal(points);
    count = points->count;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < FOLD_RUNS; k++) {
            struct fold_run back = fold_runs[k];

            back.first = (uint32_t)((int32_t)back.first + back.delta);
            back.last = (uint32_t)((int32_t)back.last + back.delta);
            back.delta = -back.delta;
            add_moved(points, points->list[i], &back);
        }
    sp_regex_points_normal(points);
}
