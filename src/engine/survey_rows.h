/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_rows: counts by a key of several texts, with the first and the last time each was met.
 *
 *      key    u32 length, text │ u32 length, text │ ...        sp_key_add, sp_key_next
 *      row    key, what to show, counts, first, last
 *
 * How many keys there are is the input's to choose: beyond `max` the events of new keys are counted in `left_out`, and
 * who shows the rows says so. The hash is keyed, so that nobody can choose names that meet in one bucket.
 */
#ifndef SP_ENGINE_SURVEY_ROWS_H
#define SP_ENGINE_SURVEY_ROWS_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"

enum { SP_ROW_COUNTS = 16 };

struct sp_row {
    struct sp_str key, shown;  /* in the arena; `shown` is a key as well, of the texts as they were met first */
    uint64_t hash, count[SP_ROW_COUNTS];
    struct sp_time first, last;
    uint32_t next;             /* in its bucket, 1 + index; 0: none */
};

/* Starts with sp_rows_init. Rows are in the order in which their keys were met first. */
struct sp_rows {
    struct sp_arena arena;
    struct sp_row *row;
    uint32_t *bucket;          /* 1 + index of a row; 0: none */
    uint32_t count, room, buckets;
    uint64_t max, left_out;
    uint64_t seed[2];
};

void sp_rows_init(struct sp_rows *rows, uint64_t max);
void sp_rows_done(struct sp_rows *rows);  /* copes with zeros */
void sp_rows_clear(struct sp_rows *rows); /* no rows; memory is kept */

/* The row of a key, made where there is none; its times take `time` in. 1 and `*ret`, dead at the next call; 0 where
 * there is no room for one more key (counted); SP_ERR_NOMEM. */
int sp_rows_at(struct sp_rows *rows, struct sp_str key, struct sp_str shown, struct sp_time time, struct sp_row **ret);
/* One more of count[0] there, of rows that are shown by their key. 0 or SP_ERR_NOMEM. */
int sp_rows_count(struct sp_rows *rows, struct sp_str key, struct sp_time time);
/* The row if there is one, else NULL. */
struct sp_row *sp_rows_find(const struct sp_rows *rows, struct sp_str key);

/* Add all of `from`, in its order. SP_ERR_NOMEM. */
int sp_rows_join(struct sp_rows *rows, const struct sp_rows *from);

/* By count[0] + count[1], descending, then by count[2], then by key. Rows can no longer be looked up afterwards. */
void sp_rows_sort(struct sp_rows *rows);

void sp_key_add(struct sp_buf *key, struct sp_str text);
struct sp_str sp_key_next(struct sp_str *key); /* the first text; the key moves behind it */

#endif
