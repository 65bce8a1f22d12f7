/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_gaps: holes in the record numbers of a Windows log. Windows numbers records without holes; a hole means
 * that records were filtered on export, lost or removed. A circular log wraps and chunks may lie in any order, so
 * the numbers are kept as ranges, one a rising run, and the holes are counted at the end.
 */
#ifndef SP_READ_GAPS_H
#define SP_READ_GAPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sp_range {
    uint64_t first, last;
};

struct sp_gaps {
    struct sp_range *range; /* owned */
    size_t count, room;
    bool full; /* no room was left for a range: holes would be overstated, so none are reported */
};

void sp_gaps_clear(struct sp_gaps *gaps);
void sp_gaps_done(struct sp_gaps *gaps);
void sp_gaps_add(struct sp_gaps *gaps, uint64_t number);
/* Add the numbers of `next`, which come behind those of `gaps`: as if each had been added. */
void sp_gaps_join(struct sp_gaps *gaps, const struct sp_gaps *next);
/* Sorts the ranges; number of holes, and of record numbers missing in them. */
uint64_t sp_gaps_count(struct sp_gaps *gaps, uint64_t *ret_missing);

#endif
