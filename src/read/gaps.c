/* SPDX-License-Identifier: Apache-2.0
 *
 * In: record numbers in file order, hostile. Out: how many holes they leave. Owns the list of ranges.
 */
#include "read/gaps.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { RANGES_MAX = 1 << 16 };

void sp_gaps_clear(struct sp_gaps *gaps)
{
    gaps->count = 0;
    gaps->full = false;
}

void sp_gaps_done(struct sp_gaps *gaps)
{
    sp_free(gaps->range);
    *gaps = (struct sp_gaps){ 0 };
}

/* A run of numbers behind the last one. */
static void add_range(struct sp_gaps *gaps, struct sp_range range)
{
    struct sp_range *last = gaps->count ? &gaps->range[gaps->count - 1] : NULL, *grown;

    if (last && (range.first == last->last || range.first == last->last + 1)) {
        last->last = range.last;
        return;
    }
    if (gaps->count == gaps->room) {
        size_t room = gaps->room ? 2 * gaps->room : 16;

        grown = room <= RANGES_MAX ? sp_realloc_array(gaps->range, room, sizeof *grown) : NULL;
        if (!grown) {
            gaps->full = true; /* a hole is an accusation: say nothing rather than too much */
            return;
        }
        gaps->range = grown;
        gaps->room = room;
    }
    gaps->range[gaps->count++] = range;
}

void sp_gaps_add(struct sp_gaps *gaps, uint64_t number)
{
    add_range(gaps, (struct sp_range){ number, number });
}

void sp_gaps_join(struct sp_gaps *gaps, const struct sp_gaps *next)
{
    gaps->full |= next->full;
    for (size_t i = 0; i < next->count && !gaps->full; i++)
        add_range(gaps, next->range[i]);
}

static int by_first(const void *a, const void *b)
{
    const struct sp_range *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

uint64_t sp_gaps_count(struct sp_gaps *gaps, uint64_t *ret_missing)
{
    uint64_t holes = 0, missing = 0, reach;

    if (gaps->count && !gaps->full) {
        qsort(gaps->range, gaps->count, sizeof *gaps->range, by_first);
        reach = gaps->range[0].last;
        for (size_t i = 1; i < gaps->count; i++) {
            if (gaps->range[i].first > reach && gaps->range[i].first - reach > 1) {
                holes++;
                missing += gaps->range[i].first - reach - 1;
            }
            if (gaps->range[i].last > reach)
                reach = gaps->range[i].last;
        }
    }
    *ret_missing = missing;
    return holes;
}
