/* SPDX-License-Identifier: Apache-2.0
 *
 * What `gaps` keeps of the logs while they are read (survey_gaps.c) and judges when all are (survey_gaps_judge.c).
 *
 *      log = (host, channel), over all sources
 *      numbers   1-40 ........ 57-90        runs of record numbers, with the times of their ends
 *      times     ▇▇▇▇      ▇▇▇▇▇▇▇▇▇        stretches of activity; pauses below SP_GAPS_PAUSE_S do not count
 *      marks     │clock set   │shutdown     what explains things, by host
 */
#ifndef SP_ENGINE_SURVEY_GAPS_H
#define SP_ENGINE_SURVEY_GAPS_H
#include "engine/survey.h"

enum { SP_GAPS_PAUSE_S = 900, SP_GAPS_BACK_S = 60 };

/* Record numbers without a hole, as they stand in one source. */
struct sp_run {
    uint64_t first, last;
    struct sp_time begin, end; /* of the records at its ends */
    uint32_t source;
};

struct sp_stretch {
    int64_t from, to; /* seconds */
};

struct sp_log {
    struct sp_run *run;         /* owned */
    struct sp_stretch *stretch; /* owned */
    uint32_t runs, run_room, stretches, stretch_room;
    uint64_t records;
    bool full;                  /* pieces found no room: nothing is said of what is missing, for it would be too much */
};

enum sp_mark_kind { SP_MARK_CLOCK, SP_MARK_DOWN, SP_MARK_UP, SP_MARK_CLEARED, SP_MARK_BACK };

/* Something that happened; CLEARED and BACK are findings, the others explain them. */
struct sp_mark {
    enum sp_mark_kind kind;
    uint32_t log, event_id, source; /* log: index of its row */
    uint64_t host, number, offset;  /* host: hash of its folded name; number: of the record */
    struct sp_time time, before;    /* before: BACK, the time of the record before it */
    struct sp_str who, what;        /* CLEARED: by whom, which log; in the arena of the rows */
};

/* Logs by key (host, channel); log[i] belongs to rows.row[i]. */
struct sp_logs {
    struct sp_rows rows;
    struct sp_log *log;
    uint32_t log_room;
    struct sp_mark *mark;
    uint32_t marks, mark_room;
    uint64_t marks_left_out;
};

/* The log of a key; NULL with *ret_rc 0: no room (counted), else SP_ERR_NOMEM. */
struct sp_log *sp_logs_at(struct sp_logs *logs, struct sp_str key, struct sp_str shown, struct sp_time time, int *ret_rc);
void sp_logs_clear(struct sp_logs *logs);
void sp_logs_done(struct sp_logs *logs); /* copes with zeros */

/* Judge them and write the findings. */
int sp_gaps_write(struct sp_survey *survey, struct sp_logs *logs);

#endif
