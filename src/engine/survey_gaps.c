/* SPDX-License-Identifier: Apache-2.0
 *
 * gaps: collecting. In: events in the order of their source. Out: runs of record numbers, stretches of activity and
 * marks by log. A part holds one source; the view joins them.
 */
#include "engine/survey_gaps.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "read/value.h"

struct part {
    struct sp_logs logs;
    struct sp_buf key, shown, at; /* at: u32 a log, where it is in the view */
};

struct sp_log *sp_logs_at(struct sp_logs *l, struct sp_str key, struct sp_str shown, struct sp_time time, int *ret_rc)
{
    struct sp_row *row;
    uint32_t before = l->rows.count, at;
    int rc = sp_rows_at(&l->rows, key, shown, time, &row);

    *ret_rc = rc < 0 ? rc : 0;
    if (rc <= 0)
        return NULL;
    at = (uint32_t)(row - l->rows.row);
    if (l->rows.count > before) {
        if (!sp_list_grow(&l->log, at, &l->log_room, sizeof *l->log)) {
            l->rows.count--; /* no log for it: nothing but its key is lost */
            *ret_rc = SP_ERR_NOMEM;
            return NULL;
        }
        l->log[at] = (struct sp_log){ 0 };
    }
    return &l->log[at];
}

void sp_logs_clear(struct sp_logs *l)
{
    for (uint32_t i = 0; i < l->rows.count; i++) {
        sp_free(l->log[i].run);
        sp_free(l->log[i].stretch);
    }
    sp_rows_clear(&l->rows);
    l->marks = 0;
    l->marks_left_out = 0;
}

void sp_logs_done(struct sp_logs *l)
{
    sp_logs_clear(l);
    sp_rows_done(&l->rows);
    sp_free(l->log);
    sp_free(l->mark);
    *l = (struct sp_logs){ 0 };
}

static int add_run(struct sp_log *log, const struct sp_run *run)
{
    if (log->runs >= SP_GAPS_RUNS_MAX) {
        log->full = true;
        return 0;
    }
    if (!sp_list_grow(&log->run, log->runs, &log->run_room, sizeof *log->run))
        return SP_ERR_NOMEM;
    log->run[log->runs++] = *run;
    return 0;
}

static int add_stretch(struct sp_log *log, struct sp_stretch stretch)
{
    if (log->stretches >= SP_GAPS_RUNS_MAX) {
        log->full = true;
        return 0;
    }
    if (!sp_list_grow(&log->stretch, log->stretches, &log->stretch_room, sizeof *log->stretch))
        return SP_ERR_NOMEM;
    log->stretch[log->stretches++] = stretch;
    return 0;
}

static int add_mark(struct sp_logs *l, struct sp_mark mark)
{
    if (l->marks >= SP_GAPS_MARKS_MAX) {
        l->marks_left_out++;
        return 0;
    }
    if (!sp_list_grow(&l->mark, l->marks, &l->mark_room, sizeof *l->mark))
        return SP_ERR_NOMEM;
    l->mark[l->marks++] = mark;
    return 0;
}

/* The record's number in its log; 0: it has none. */
static uint64_t number_of(const struct sp_survey_seen *seen)
{
    const struct sp_record *r = seen->event->record;
    struct sp_str text;
    uint64_t n = 0;

    if (r->kind == SP_RECORD_EVTX)
        return r->number;
    text = seen->event->channel ? sp_survey_field(seen, "EventRecordID", 0) : SP_STR_NONE;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > UINT64_MAX / 10 - 9)
            return 0;
        n = 10 * n + (uint64_t)(text.ptr[i] - '0');
    }
    return n;
}

/* One more record number: the run goes on, or another begins. A time that goes back within a run is a mark. */
static int note_number(struct sp_logs *l, struct sp_log *log, const struct sp_mark *at)
{
    struct sp_run *last = log->runs ? &log->run[log->runs - 1] : NULL;

    if (last && at->number == last->last)
        return 0;
    if (!last || at->number != last->last + 1)
        return add_run(log, &(struct sp_run){ at->number, at->number, at->time, at->time, at->source });
    if (at->time.known && last->end.known && at->time.sec < last->end.sec - SP_GAPS_BACK_S) {
        struct sp_mark back = *at;

        back.kind = SP_MARK_BACK;
        back.before = last->end;
        if (add_mark(l, back) < 0)
            return SP_ERR_NOMEM;
    }
    last->last = at->number;
    last->end = at->time;
    return 0;
}

static int note_time(struct sp_log *log, struct sp_time time)
{
    struct sp_stretch *last = log->stretches ? &log->stretch[log->stretches - 1] : NULL;

    if (!time.known)
        return 0;
    if (!last || time.sec < last->from - SP_GAPS_PAUSE_S || time.sec > last->to + SP_GAPS_PAUSE_S)
        return add_stretch(log, (struct sp_stretch){ time.sec, time.sec });
    last->from = time.sec < last->from ? time.sec : last->from;
    last->to = time.sec > last->to ? time.sec : last->to;
    return 0;
}

/* Events that are findings or explain some. */
static bool mark_kind(struct sp_str channel, struct sp_str provider, uint32_t id, enum sp_mark_kind *ret)
{
    static const struct {
        const char *channel, *provider; /* provider: a part of it; NULL: any */
        uint32_t id;
        enum sp_mark_kind kind;
    } table[] = {
        { "Security", NULL, 1102, SP_MARK_CLEARED },       { "System", "ventlog", 104, SP_MARK_CLEARED },
        { "Security", NULL, 4616, SP_MARK_CLOCK },         { "System", "Kernel-General", 1, SP_MARK_CLOCK },
        { "System", "EventLog", 6006, SP_MARK_DOWN },      { "System", "User32", 1074, SP_MARK_DOWN },
        { "System", "Kernel-General", 13, SP_MARK_DOWN },  { "System", "Kernel-Power", 42, SP_MARK_DOWN },
        { "System", "Kernel-Power", 109, SP_MARK_DOWN },   { "Security", NULL, 1100, SP_MARK_DOWN },
        { "System", "EventLog", 6005, SP_MARK_UP },        { "System", "EventLog", 6008, SP_MARK_UP },
        { "System", "Kernel-General", 12, SP_MARK_UP },    { "System", "Kernel-Power", 41, SP_MARK_UP },
        { "System", "Kernel-Power", 107, SP_MARK_UP },     { "System", "Power-Troubleshooter", 1, SP_MARK_UP },
        { "Security", NULL, 4608, SP_MARK_UP },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].id == id && sp_str_is(channel, table[i].channel) &&
            (!table[i].provider || sp_str_find(provider, sp_str_c(table[i].provider)) != SIZE_MAX)) {
            *ret = table[i].kind;
            return true;
        }
    return false;
}

/* Who cleared which log: both stand in the event's user data. */
static int describe_cleared(struct part *p, const struct sp_survey_seen *seen, struct sp_mark *mark)
{
    struct sp_str user = sp_survey_field(seen, "SubjectUserName", 3), domain = sp_survey_field(seen, "SubjectDomainName", 4), log;
    struct sp_found found;

    sp_buf_clear(&p->key);
    sp_buf_str(&p->key, domain);
    sp_buf_text(&p->key, domain.len && user.len ? "\\" : "");
    sp_buf_str(&p->key, user);
    mark->who = sp_arena_str(&p->logs.rows.arena, sp_buf_view(&p->key));
    log = SP_STR("Security");
    if (mark->event_id == 104) { /* the log that was cleared stands behind the one that says so */
        if (sp_event_get(seen->events, seen->event, SP_STR("Channel"), false, &found) < 0)
            return SP_ERR_NOMEM;
        sp_buf_clear(&seen->text[5]);
        if (found.count)
            sp_value_write(&seen->text[5], found.value[found.count - 1]);
        log = sp_buf_view(&seen->text[5]);
    }
    mark->what = sp_arena_str(&p->logs.rows.arena, log);
    return mark->who.ptr && mark->what.ptr && !p->key.failed ? 0 : SP_ERR_NOMEM;
}

static int note_mark(struct part *p, const struct sp_survey_seen *seen, struct sp_mark *mark, struct sp_str channel)
{
    struct sp_str provider = sp_survey_provider(seen, 2);

    mark->event_id = sp_survey_number(sp_survey_event_id(seen, 3));
    if (!mark_kind(channel, provider, mark->event_id, &mark->kind))
        return 0;
    if (mark->kind == SP_MARK_CLEARED && describe_cleared(p, seen, mark) < 0)
        return SP_ERR_NOMEM;
    return add_mark(&p->logs, *mark);
}

static int begin(struct sp_survey *s)
{
    sp_rows_init(&((struct sp_logs *)s->view)->rows, s->scope.limits.view_rows);
    return 0;
}

static int see(struct sp_survey *s, void *part, const struct sp_survey_seen *seen)
{
    struct part *p = part;
    struct sp_str host = sp_survey_host(seen, 0), channel = sp_survey_channel(seen, 1);
    struct sp_mark mark = { .source = (uint32_t)seen->source, .time = seen->event->time, .offset = seen->event->record->offset };
    struct sp_log *log;
    int rc;

    if (seen->event->record->carved)
        return 0;
    if (!p->logs.rows.max)
        sp_rows_init(&p->logs.rows, s->scope.limits.view_rows);
    sp_buf_clear(&p->shown);
    sp_key_add(&p->shown, host);
    sp_key_add(&p->shown, channel);
    sp_buf_clear(&seen->text[7]);
    sp_utf8_fold(&seen->text[7], host);
    mark.host = sp_str_hash(sp_buf_view(&seen->text[7]));
    sp_buf_clear(&p->key);
    sp_key_add(&p->key, sp_buf_view(&seen->text[7]));
    sp_key_add(&p->key, channel);
    if (p->key.failed || p->shown.failed || sp_survey_failed(seen))
        return SP_ERR_NOMEM;
    log = sp_logs_at(&p->logs, sp_buf_view(&p->key), sp_buf_view(&p->shown), seen->event->time, &rc);
    if (!log)
        return rc;
    log->records++;
    mark.log = (uint32_t)(log - p->logs.log);
    mark.number = number_of(seen);
    rc = note_time(log, mark.time);
    if (rc == 0)
        rc = note_mark(p, seen, &mark, channel);
    if (rc == 0 && mark.number)
        rc = note_number(&p->logs, log, &mark);
    return rc < 0 || sp_survey_failed(seen) ? SP_ERR_NOMEM : 0;
}

/* One log of the part into the view's; `*ret` is where it is there, UINT32_MAX where it found no room. */
static int join_log(struct sp_logs *to, const struct sp_row *row, const struct sp_log *from, uint32_t *ret)
{
    int rc;
    struct sp_log *log = sp_logs_at(to, row->key, row->shown, row->first, &rc);

    *ret = log ? (uint32_t)(log - to->log) : UINT32_MAX;
    if (!log)
        return rc;
    log->records += from->records;
    log->full |= from->full;
    for (uint32_t i = 0; rc == 0 && i < from->runs; i++)
        rc = add_run(log, &from->run[i]);
    for (uint32_t i = 0; rc == 0 && i < from->stretches; i++)
        rc = add_stretch(log, from->stretch[i]);
    return rc;
}

static int join_mark(struct sp_logs *to, struct sp_mark mark, uint32_t at)
{
    mark.log = at;
    mark.who = sp_arena_str(&to->rows.arena, mark.who.ptr ? mark.who : SP_STR_NONE);
    mark.what = sp_arena_str(&to->rows.arena, mark.what.ptr ? mark.what : SP_STR_NONE);
    return mark.who.ptr && mark.what.ptr ? add_mark(to, mark) : SP_ERR_NOMEM;
}

static int commit(struct sp_survey *s, void *part, size_t source)
{
    struct part *p = part;
    struct sp_logs *to = s->view, *from = &p->logs;
    int rc = 0;

    (void)source;
    sp_buf_clear(&p->at);
    for (uint32_t i = 0; rc == 0 && i < from->rows.count; i++) {
        uint32_t at = UINT32_MAX;

        rc = join_log(to, &from->rows.row[i], &from->log[i], &at);
        sp_buf_add(&p->at, &at, sizeof at);
    }
    for (uint32_t i = 0; rc == 0 && !p->at.failed && i < from->marks; i++) {
        uint32_t at;

        memcpy(&at, p->at.ptr + from->mark[i].log * sizeof at, sizeof at);
        rc = at == UINT32_MAX ? 0 : join_mark(to, from->mark[i], at);
    }
    to->rows.left_out += from->rows.left_out;
    to->marks_left_out += from->marks_left_out;
    sp_logs_clear(from);
    return rc < 0 || p->at.failed ? sp_error_nomem(s->err) : 0;
}

static void part_done(void *part)
{
    struct part *p = part;

    sp_logs_done(&p->logs);
    sp_buf_done(&p->key);
    sp_buf_done(&p->shown);
    sp_buf_done(&p->at);
}

static int give(struct sp_survey *s)
{
    struct sp_logs *logs = s->view;

    s->result->left_out = logs->rows.left_out + logs->marks_left_out;
    return sp_gaps_write(s, logs);
}

static void done(struct sp_survey *s)
{
    sp_logs_done(s->view);
}

const struct sp_survey_ops sp_survey_gaps = {
    .view_bytes = sizeof(struct sp_logs), .part_bytes = sizeof(struct part), .whole = true, .begin = begin, .see = see, .commit = commit,
    .part_done = part_done, .write = give, .done = done,
};
