/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_sorter: sightings into their total order (time, organisation, source, offset, rule), each once.
 *
 *      add ──▶ memory, up to sort_bytes ──▶ sorted run ──▶ unlinked file in $TMPDIR
 *                                             run ─┐
 *                                             run ─┼─▶ merge ──▶ each      (memory is the last run)
 *                                             run ─┘
 *
 * The order does not depend on the order of adding, so threads may add as they come (one at a time). Equal ids are
 * one sighting (a record that two overlapping logs hold): the first in the order is given out, the rest counted.
 */
#ifndef SP_MATCH_SORTER_H
#define SP_MATCH_SORTER_H
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"

/* org, source and rule are ranks: positions in lists that are sorted already. Unknown times sort last. */
struct sp_sort_key {
    int64_t sec;
    uint32_t nsec;
    uint32_t no_time; /* 1: no time; sec and nsec are 0 */
    uint32_t org, source;
    uint64_t offset;
    uint32_t rule;
    uint32_t flags;   /* the caller's; not part of the order */
};

struct sp_sorted {
    struct sp_sort_key key;
    struct sp_digest id;
    struct sp_str payload; /* borrowed, dead when `each` returns */
};

struct sp_sorter;

struct sp_sorter *sp_sorter_new(uint64_t memory_bytes);
void sp_sorter_free(struct sp_sorter *sorter);

/* Takes copies. SP_ERR_NOMEM; SP_ERR_IO when the spill file cannot be written. */
int sp_sorter_add(struct sp_sorter *sorter, const struct sp_sorted *one, struct sp_error *err);

/* All in order; a negative return of `each` stops and is returned. `*ret_twice`: equal ids left out; NULL:
 * ids are not looked at, each entry is one of its own. */
int sp_sorter_each(struct sp_sorter *sorter, int (*each)(void *arg, const struct sp_sorted *one), void *arg, uint64_t *ret_twice,
                   struct sp_error *err);

/* Runs written to the file so far (0: all fits in memory). */
size_t sp_sorter_runs(const struct sp_sorter *sorter);

#endif
