/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_survey: one pass over logs that answers a question without rules, or about them:
 *
 *      metrics    how many events of which channel, provider and id, from when to when
 *      logons     who logged on, from where, to what, how; with and without success
 *      search     events with a text, or a match of a regular expression, in any value
 *      gaps       holes in the record numbers, clocks that went back, silence, cleared logs
 *      coverage   which rules can fire on these logs, and which logs the others would need
 *
 * EVTX and JSON alike. Options are texts as on the command line: what is wrong with one comes back as SP_ERR_USAGE with
 * the option's name in err->where. Output (table, NDJSON, CSV) does not depend on `jobs` or on the order of paths.
 */
#ifndef SPOOR_SURVEY_H
#define SPOOR_SURVEY_H
#include "spoor/hunt.h"

enum sp_survey_view { SP_SURVEY_METRICS, SP_SURVEY_LOGONS, SP_SURVEY_SEARCH, SP_SURVEY_GAPS, SP_SURVEY_COVERAGE };

struct sp_survey_options {
    enum sp_survey_view view;
    struct sp_read_options read;
    const char *from, *to;         /* times, or NULL: events without a time stay */
    const char *by;                /* metrics: of channel,provider,event,host,source; NULL: channel,provider,event.
                                    * logons: of user,source,to,how,host; NULL: all */
    const char *text, *regex;      /* search: one of them */
    struct sp_rules_options rules; /* coverage */
    unsigned jobs;                 /* threads; 0: one a processor */
    struct sp_output output;
    void (*progress)(void *arg, const struct sp_progress *at); /* about ten times a second; NULL: nobody looks */
    void *progress_arg;
};

struct sp_survey_result {
    bool lost, opened, interrupted; /* exit codes 3, (not) 5, 130 */
    uint64_t sources, skipped, bytes, records, undecodable, unrecognised;
    uint64_t rows;                  /* lines of the view: hits of a search, findings of gaps */
    uint64_t left_out;              /* events that found no row, beyond the limit view-rows */
    char first[40], last[40];       /* times of the events that were read; "" where none has one */
    double wall_s;
    struct {
        uint64_t rules, live, silent, no_source, no_event, no_field; /* silent: the sum of the last three */
    } coverage;
};

/* 0, or SP_ERR_USAGE, SP_ERR_IO, SP_ERR_NOMEM, ...; `*ret` holds what was reached in any case. */
int sp_survey(const struct sp_survey_options *options, const struct sp_ctx *ctx, struct sp_survey_result *ret, struct sp_error *err);

#endif
