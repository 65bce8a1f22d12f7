/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_tally: sightings counted by (rule, host), as they come in order: what the table and the closing words show.
 * The number of hosts is the input's to choose, so beyond TALLY_ROWS_MAX rows the rest of a rule shares one row.
 */
#ifndef SP_ENGINE_TALLY_H
#define SP_ENGINE_TALLY_H
#include "base/arena.h"
#include "base/buf.h"
#include "match/sorter.h"
#include "rule/rule.h"
#include "spoor/hunt.h"

struct sp_tally_row {
    const struct sp_rule *rule;
    struct sp_str host;    /* ptr NULL: not known */
    bool others;           /* the row of the hosts that found no room */
    uint64_t count;
    struct sp_sort_key first, last; /* of the sightings in it */
    struct sp_tally_row *next;      /* in its hash bucket */
};

struct sp_tally {
    struct sp_arena arena;
    struct sp_tally_row **bucket;
    size_t bucket_count;
    struct sp_tally_row **row; /* all, in order of first sighting */
    size_t count, room;
    uint64_t sightings, by_level[6], hosts, rules;
};

int sp_tally_init(struct sp_tally *tally);
void sp_tally_done(struct sp_tally *tally);
/* Count one; `host` ptr NULL when not known. SP_ERR_NOMEM. */
int sp_tally_add(struct sp_tally *tally, const struct sp_rule *rule, struct sp_str host, const struct sp_sort_key *key);

/* The table of contract 5, appended: level, count, first, last, host, title; level, then count, descending. */
void sp_tally_table(struct sp_tally *tally, const struct sp_output *output, struct sp_buf *out);

/* The most telling: per rule, level descending, then the rarest first. Returns how many of `max` were filled in;
 * the title and host are in the tally's arena. source is filled in by the caller from `source_rank`. */
size_t sp_tally_top(struct sp_tally *tally, struct sp_hunt_top *top, uint32_t *source_rank, size_t max);

#endif
