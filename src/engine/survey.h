/* SPDX-License-Identifier: Apache-2.0
 *
 * The pass behind sp_survey, and what a view has to do in it.
 *
 *      source ──▶ worker: see, see, see ... ──▶ part ──▶ commit (in order of source and place) ──▶ view ──▶ write
 *
 * A worker has a part to itself while it reads a source, or a piece of a large EVTX file, and gives it back for the next;
 * parts are committed by one thread at a time in the order of the sources, whatever the number of threads.
 */
#ifndef SP_ENGINE_SURVEY_H
#define SP_ENGINE_SURVEY_H
#include "engine/scope.h"
#include "engine/survey_rows.h"
#include "export/view.h"
#include "event/event.h"
#include "spoor/survey.h"

struct sp_survey;

enum { SP_SURVEY_TEXTS = 8 };

/* An event as it comes by. */
struct sp_survey_seen {
    const struct sp_event *event; /* its time is UTC */
    struct sp_events *events;
    size_t source;
    const char *host;             /* whose logs the collection says these are, or NULL */
    struct sp_buf *text;          /* SP_SURVEY_TEXTS buffers of the worker */
};

struct sp_survey_ops {
    size_t view_bytes, part_bytes; /* of what `view` and each part point to: zeros at first */
    bool whole;                    /* sources are not cut */
    int (*begin)(struct sp_survey *survey);                   /* options, before anything is read; NULL: nothing */
    int (*see)(struct sp_survey *survey, void *part, const struct sp_survey_seen *seen); /* 0 or SP_ERR_NOMEM */
    size_t (*held)(const void *part);                         /* bytes that wait for a commit; NULL: few */
    int (*commit)(struct sp_survey *survey, void *part, size_t source); /* takes what the part holds, leaves it empty */
    void (*part_done)(void *part);
    int (*write)(struct sp_survey *survey);                   /* into survey->out; sp_survey_flush now and then */
    void (*done)(struct sp_survey *survey);
};
extern const struct sp_survey_ops sp_survey_metrics, sp_survey_logons, sp_survey_search, sp_survey_gaps, sp_survey_coverage;

struct sp_survey {
    const struct sp_survey_options *options;
    const struct sp_survey_ops *ops;
    struct sp_scope scope;
    struct sp_survey_result *result;
    void *view;                    /* the view's own; touched by begin, commit, write and done */
    struct sp_buf out;
    struct sp_error *err;          /* filled in by whoever returns an error from begin, commit, write */
};

/* Give what stands in `out` to the caller: all of it, or when there is much. */
int sp_survey_flush(struct sp_survey *survey, bool all);

/* Which of `count` names the list of --by has (`preset` where it is not given). SP_ERR_USAGE. */
int sp_survey_by(struct sp_survey *survey, const char *preset, const char *const *name, bool *ret, size_t count);

/* The text of a field of the event, by the event's own names, in seen->text[n]; empty where it has none, or `-`. */
struct sp_str sp_survey_field(const struct sp_survey_seen *seen, const char *name, unsigned n);
/* Its host, channel, provider, event id. Of an event that is none of Windows' the channel is its log source. */
struct sp_str sp_survey_host(const struct sp_survey_seen *seen, unsigned n);
struct sp_str sp_survey_channel(const struct sp_survey_seen *seen, unsigned n);
struct sp_str sp_survey_provider(const struct sp_survey_seen *seen, unsigned n);
struct sp_str sp_survey_event_id(const struct sp_survey_seen *seen, unsigned n);
/* Has memory run out for one of these texts? */
bool sp_survey_failed(const struct sp_survey_seen *seen);
/* The event id as a number; 0 where it is none. */
uint32_t sp_survey_number(struct sp_str event_id);

/* `Sysmon` of Microsoft-Windows-Sysmon/Operational: what tells channels apart where there is little room. */
struct sp_str sp_survey_short(struct sp_str channel);

/* What an event of Windows is in a few words; ptr NULL: not in the table. */
struct sp_str sp_event_title(struct sp_str channel, struct sp_str provider, uint32_t event_id);

#endif
