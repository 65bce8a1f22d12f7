/* SPDX-License-Identifier: Apache-2.0
 *
 * gaps: judging. In: what the logs look like. Out: findings, the gravest kind first, each with what else explains it. A
 * finding is an accusation, so what cannot be told from ordinary life is not one: pauses that are usual for a log,
 * numbers of a log whose pieces found no room.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/survey_gaps.h"

enum {
    LISTED = 32,           /* holes and pauses of one log; more holes are one finding */
    SILENCE_LEAST_S = 3600,
    RECORDS_LEAST = 50,    /* of a log whose silence is judged, and events that would have been expected in it */
    USUAL_TIMES = 10,      /* a silence is this much longer than the usual pause, where there are PAUSES_LEAST */
    PAUSES_LEAST = 5,
    NEAR_S = 900,          /* a mark so near explains */
    INDENT = 9, HEAD = 19 + 6 + 19 + 2 + 2, /* columns before host and log */
    HOST_LEAST = 8
};

/* In the order in which they are shown. */
enum kind { CLEARED, CLOCK, SILENT_LOG, HOLE, SILENT_HOST };
static const char *const kind_name[] = { "cleared", "clock", "silence", "hole", "silence" };

struct finding {
    enum kind kind;
    uint32_t log, source;            /* source UINT32_MAX: of no one source */
    bool whole_host;
    struct sp_time from, to;
    uint64_t first, last, missing, offset;
    struct sp_str what, other;       /* in the arena of `judge` */
    struct sp_str cleared;           /* CLEARED: which log; ptr NULL: that of `log` */
};

struct judge {
    struct sp_survey *survey;
    struct sp_logs *logs;
    struct sp_arena arena;
    struct sp_buf words, scratch;
    struct finding *list;
    uint32_t count, room;
    uint32_t *by_host;               /* indexes of logs, sorted by host */
    bool failed;
};

static struct sp_str kept(struct judge *j)
{
    struct sp_str s = sp_arena_str(&j->arena, sp_buf_view(&j->words));

    j->failed |= !s.ptr || j->words.failed;
    sp_buf_clear(&j->words);
    return s.ptr ? s : SP_STR_NONE;
}

static void add(struct judge *j, const struct finding *f)
{
    if (!sp_list_grow(&j->list, j->count, &j->room, sizeof *j->list))
        j->failed = true;
    else
        j->list[j->count++] = *f;
}

static struct sp_str host_of(const struct judge *j, const struct finding *f, struct sp_str *ret_channel)
{
    struct sp_str key = j->logs->rows.row[f->log].shown, host = sp_key_next(&key);

    *ret_channel = f->cleared.ptr ? f->cleared : sp_key_next(&key);
    return host;
}

static struct sp_time at_second(int64_t sec)
{
    return (struct sp_time){ .sec = sec, .known = true, .has_zone = true };
}

/* `3 d 4 h`, `2 h 5 min`, `40 s` */
static void write_span(struct sp_buf *to, int64_t s)
{
    if (s >= 86400)
        sp_buf_printf(to, "%lld d %lld h", (long long)(s / 86400), (long long)(s % 86400 / 3600));
    else if (s >= 3600)
        sp_buf_printf(to, "%lld h %lld min", (long long)(s / 3600), (long long)(s % 3600 / 60));
    else if (s >= 60)
        sp_buf_printf(to, "%lld min", (long long)(s / 60));
    else
        sp_buf_printf(to, "%lld s", (long long)s);
}

/* A mark of the host of that kind between two times, NULL if there is none. They are sorted by these. */
static const struct sp_mark *mark_between(const struct judge *j, uint64_t host, enum sp_mark_kind kind, int64_t from, int64_t to)
{
    uint32_t low = 0, high = j->logs->marks;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct sp_mark *m = &j->logs->mark[middle];

        if (m->host != host ? m->host < host : m->kind != kind ? m->kind < kind : m->time.sec < from)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == j->logs->marks)
        return NULL;
    return j->logs->mark[low].host == host && j->logs->mark[low].kind == kind && j->logs->mark[low].time.sec <= to ? &j->logs->mark[low] : NULL;
}

/* ---- marks that are findings */

static void judge_cleared(struct judge *j, const struct sp_mark *m)
{
    struct finding f = { .kind = CLEARED, .log = m->log, .source = m->source, .from = m->time, .to = m->time, .first = m->number, .last = m->number, .offset = m->offset, .cleared = m->what };

    sp_buf_text(&j->words, "cleared by ");
    sp_buf_str(&j->words, m->who.len ? m->who : SP_STR("an unknown account"));
    sp_buf_printf(&j->words, " (event %u)", m->event_id);
    f.what = kept(j);
    sp_buf_text(&j->words, "an administrator making room, or the set-up of an image");
    f.other = kept(j);
    add(j, &f);
}

static void judge_back(struct judge *j, const struct sp_mark *m)
{
    struct finding f = { .kind = CLOCK, .log = m->log, .source = m->source, .from = m->before, .to = m->time, .first = m->number - 1, .last = m->number, .offset = m->offset };
    const struct sp_mark *clock = mark_between(j, m->host, SP_MARK_CLOCK, m->time.sec - NEAR_S, m->time.sec + NEAR_S);

    if (!clock)
        clock = mark_between(j, m->host, SP_MARK_CLOCK, m->before.sec - NEAR_S, m->before.sec + NEAR_S);
    sp_buf_text(&j->words, "the time goes back by ");
    write_span(&j->words, m->before.sec - m->time.sec);
    sp_buf_printf(&j->words, " from record %llu to the next", (unsigned long long)m->number - 1);
    f.what = kept(j);
    if (clock)
        sp_buf_printf(&j->words, "the host says that its clock was set (event %u): by whom, stands there", clock->event_id);
    else
        sp_buf_text(&j->words, "a clock that was synchronised, a virtual machine set back to a snapshot; no event of this host says that its clock was set");
    f.other = kept(j);
    add(j, &f);
}

/* ---- holes */

static int by_number(const void *a, const void *b)
{
    const struct sp_run *x = a, *y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x->last != y->last ? (x->last < y->last ? -1 : 1) : (x->source > y->source) - (x->source < y->source);
}

/* The event that says that this log was cleared between two times. */
static const struct sp_mark *cleared_between(const struct judge *j, uint32_t log, int64_t from, int64_t to)
{
    const struct sp_mark *end = j->logs->mark + j->logs->marks, *m;
    struct sp_str key = j->logs->rows.row[log].key;
    uint64_t host = sp_str_hash(sp_key_next(&key));
    struct sp_str channel = sp_key_next(&key);

    for (m = mark_between(j, host, SP_MARK_CLEARED, from, to); m && m < end && m->host == host && m->kind == SP_MARK_CLEARED && m->time.sec <= to; m++)
        if (sp_str_eq(m->what, channel))
            return m;
    return NULL;
}

static void explain_hole(struct judge *j, uint32_t log, const struct sp_run *before, const struct sp_run *behind)
{
    const struct sp_mark *cleared = before->end.known && behind->begin.known ? cleared_between(j, log, before->end.sec, behind->begin.sec) : NULL;

    if (cleared)
        sp_buf_printf(&j->words, "the log was cleared in that time (event %u): what it held is gone with it", cleared->event_id);
    else if (before->end.known && behind->begin.known && behind->begin.sec < before->end.sec)
        sp_buf_text(&j->words, "the times go back over it: these may be logs of two installations that bear one name");
    else if (before->source != behind->source)
        sp_buf_text(&j->words, "the two sides are in different files: one between them was not collected, or was rotated away");
    else
        sp_buf_text(&j->words, "the file was filtered on export, or a chunk of it is damaged (then that is said above)");
}

static void judge_hole(struct judge *j, uint32_t log, const struct sp_run *before, const struct sp_run *behind)
{
    struct finding f = { .kind = HOLE, .log = log, .source = behind->source, .from = before->end, .to = behind->begin,
                         .first = before->last + 1, .last = behind->first - 1, .missing = behind->first - before->last - 1 };

    sp_buf_printf(&j->words, f.missing == 1 ? "record %llu is missing" : "records %llu to %llu are missing, %llu of them", (unsigned long long)f.first,
                  (unsigned long long)f.last, (unsigned long long)f.missing);
    f.what = kept(j);
    explain_hole(j, log, before, behind);
    f.other = kept(j);
    add(j, &f);
}

/* The run that reaches furthest before each hole, and the one behind it; `each` NULL: only counted. */
static uint64_t each_hole(struct judge *j, uint32_t log, void (*each)(struct judge *, uint32_t, const struct sp_run *, const struct sp_run *), uint64_t *ret_missing)
{
    const struct sp_log *l = &j->logs->log[log];
    const struct sp_run *reach = l->run;
    uint64_t holes = 0;

    *ret_missing = 0;
    for (uint32_t i = 1; i < l->runs; i++) {
        const struct sp_run *run = &l->run[i];

        if (run->first > reach->last && run->first - reach->last > 1) {
            holes++;
            *ret_missing += run->first - reach->last - 1;
            if (each)
                each(j, log, reach, run);
        }
        if (run->last > reach->last)
            reach = run;
    }
    return holes;
}

static void judge_holes(struct judge *j, uint32_t log)
{
    struct sp_log *l = &j->logs->log[log];
    struct finding f = { .kind = HOLE, .log = log, .source = UINT32_MAX };
    uint64_t missing, holes;

    if (l->full || l->runs < 2)
        return;
    qsort(l->run, l->runs, sizeof *l->run, by_number);
    holes = each_hole(j, log, NULL, &missing);
    if (holes <= LISTED) {
        (void)each_hole(j, log, judge_hole, &missing);
        return;
    }
    f.from = l->run[0].begin;
    f.to = l->run[l->runs - 1].end;
    f.first = l->run[0].first;
    f.last = l->run[l->runs - 1].last;
    f.missing = missing;
    sp_buf_printf(&j->words, "%llu holes in the records %llu to %llu, %llu records are missing in them", (unsigned long long)holes, (unsigned long long)f.first,
                  (unsigned long long)f.last, (unsigned long long)missing);
    f.what = kept(j);
    sp_buf_text(&j->words, "so many mean a log that was filtered on export, or pieces of it put together");
    f.other = kept(j);
    add(j, &f);
}

/* ---- silence */

static int by_from(const void *a, const void *b)
{
    const struct sp_stretch *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

/* Sort and join what overlaps or nearly does; the new count. */
static uint32_t settle(struct sp_stretch *s, uint32_t count)
{
    uint32_t n = 0;

    if (count)
        qsort(s, count, sizeof *s, by_from);
    for (uint32_t i = 0; i < count; i++) {
        if (n && s[i].from <= s[n - 1].to + SP_GAPS_PAUSE_S)
            s[n - 1].to = s[i].to > s[n - 1].to ? s[i].to : s[n - 1].to;
        else
            s[n++] = s[i];
    }
    return n;
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* How long a pause must be to be called silence: INT64_MAX where nothing can be said. */
static int64_t silence_least(struct judge *j, const struct sp_stretch *s, uint32_t count, uint64_t records)
{
    int64_t active = 0, least, *pause;

    for (uint32_t i = 0; i < count; i++)
        active += s[i].to - s[i].from;
    if (count < 2 || records < RECORDS_LEAST || active < SILENCE_LEAST_S)
        return INT64_MAX;
    least = (int64_t)((double)active / (double)records * RECORDS_LEAST);
    least = least > SILENCE_LEAST_S ? least : SILENCE_LEAST_S;
    if (count - 1 < PAUSES_LEAST)
        return least;
    pause = sp_realloc_array(NULL, count - 1, sizeof *pause);
    if (!pause) {
        j->failed = true;
        return INT64_MAX;
    }
    for (uint32_t i = 1; i < count; i++)
        pause[i - 1] = s[i].from - s[i - 1].to;
    qsort(pause, count - 1, sizeof *pause, by_length);
    if (pause[(count - 1) / 2] > least / USUAL_TIMES)
        least = pause[(count - 1) / 2] * USUAL_TIMES;
    sp_free(pause);
    return least;
}

/* Is there activity between the two? The stretches are sorted and apart. */
static bool active_between(const struct sp_stretch *s, uint32_t count, int64_t from, int64_t to)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (s[middle].to <= from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && s[low].from < to;
}

/* Do the numbers run on over the pause? Then nothing was taken away. */
static bool runs_on(const struct sp_log *l, int64_t from, int64_t to)
{
    for (uint32_t i = 0; i < l->runs; i++)
        if (l->run[i].begin.known && l->run[i].end.known && l->run[i].begin.sec <= from && l->run[i].end.sec >= to)
            return true;
    return false;
}

static void judge_pause(struct judge *j, uint32_t log, int64_t from, int64_t to, bool host)
{
    struct finding f = { .kind = host ? SILENT_HOST : SILENT_LOG, .log = log, .source = UINT32_MAX, .whole_host = host, .from = at_second(from), .to = at_second(to) };
    struct sp_str key = j->logs->rows.row[log].key;
    uint64_t hash = sp_str_hash(sp_key_next(&key));
    const struct sp_mark *down, *up;

    down = mark_between(j, hash, SP_MARK_DOWN, from - NEAR_S, from + NEAR_S);
    up = mark_between(j, hash, SP_MARK_UP, to - NEAR_S, to + NEAR_S);
    sp_buf_text(&j->words, host ? "no log of this host has an event for " : "no event for ");
    write_span(&j->words, to - from);
    sp_buf_text(&j->words, host ? "" : ", while other logs of the host go on");
    if (!host)
        sp_buf_text(&j->words, runs_on(&j->logs->log[log], from, to) ? "; no record number is missing: nothing was written" : "");
    f.what = kept(j);
    if (down || up)
        sp_buf_printf(&j->words, "the host was shut down or asleep (event %u)", (down ? down : up)->event_id);
    else
        sp_buf_text(&j->words, host ? "the host was off, or its logs of that time were not collected; no event tells of a shutdown"
                                    : "its logging was switched off or its writer stopped; a policy that changed, a service that was not used");
    f.other = kept(j);
    add(j, &f);
}

/* Stretches, how long a pause between them must be, and the host's stretches, where some must lie in it (NULL: the host's
 * own are judged). */
struct pauses {
    const struct sp_stretch *s;
    uint32_t count;
    int64_t least;
    const struct sp_stretch *host;
    uint32_t host_count;
};

static void judge_pauses(struct judge *j, uint32_t log, const struct pauses *p)
{
    unsigned listed = 0;

    for (uint32_t i = 1; i < p->count && listed < LISTED; i++) {
        int64_t from = p->s[i - 1].to, to = p->s[i].from;

        if (to - from < p->least || (p->host && !active_between(p->host, p->host_count, from + SP_GAPS_PAUSE_S, to - SP_GAPS_PAUSE_S)))
            continue;
        judge_pause(j, log, from, to, !p->host);
        listed++;
    }
}

/* A host's logs: by_host[from .. to - 1]. */
static void judge_host(struct judge *j, uint32_t from, uint32_t to)
{
    struct sp_stretch *all;
    uint64_t records = 0;
    uint32_t count = 0, n = 0;
    bool full = false;

    for (uint32_t i = from; i < to; i++)
        count += j->logs->log[j->by_host[i]].stretches;
    all = sp_realloc_array(NULL, count + 1, sizeof *all);
    if (!all) {
        j->failed = true;
        return;
    }
    for (uint32_t i = from; i < to; i++) {
        struct sp_log *l = &j->logs->log[j->by_host[i]];

        l->stretches = settle(l->stretch, l->stretches);
        for (uint32_t k = 0; k < l->stretches; k++)
            all[n++] = l->stretch[k];
        records += l->records;
        full |= l->full;
    }
    n = settle(all, n);
    judge_pauses(j, j->by_host[from], &(struct pauses){ all, n, full ? INT64_MAX : silence_least(j, all, n, records), NULL, 0 });
    for (uint32_t i = from; i < to; i++) {
        const struct sp_log *l = &j->logs->log[j->by_host[i]];

        judge_pauses(j, j->by_host[i], &(struct pauses){ l->stretch, l->stretches,
                     l->full ? INT64_MAX : silence_least(j, l->stretch, l->stretches, l->records), all, n });
    }
    sp_free(all);
}

/* ---- putting them out */

static int by_gravity(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int c;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    c = sp_time_cmp(x->from, y->from);
    if (c == 0)
        c = (x->log > y->log) - (x->log < y->log); /* of logs in the order of their keys */
    if (c == 0)
        c = (x->first > y->first) - (x->first < y->first);
    return c ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

static const struct sp_view_column columns[] = {
    { "finding", NULL, SP_VIEW_LEFT, 0 }, { "host", NULL, SP_VIEW_LEFT, 0 },   { "log", NULL, SP_VIEW_LEFT, 0 },    { "from", NULL, SP_VIEW_LEFT, 0 },
    { "to", NULL, SP_VIEW_LEFT, 0 },      { "first", NULL, SP_VIEW_LEFT, 0 },  { "last", NULL, SP_VIEW_LEFT, 0 },   { "missing", NULL, SP_VIEW_LEFT, 0 },
    { "source", NULL, SP_VIEW_LEFT, 0 },  { "what", NULL, SP_VIEW_LEFT, 0 },   { "else", NULL, SP_VIEW_LEFT, 0 },
};

static struct sp_str known(struct sp_str text)
{
    return text.len ? text : (struct sp_str){ NULL, 0 };
}

static void write_cells(struct judge *j, struct sp_view *v, const struct finding *f)
{
    struct sp_str channel, host = host_of(j, f, &channel);

    sp_view_text(v, sp_str_c(kind_name[f->kind]));
    sp_view_text(v, known(host));
    sp_view_text(v, f->whole_host ? (struct sp_str){ NULL, 0 } : known(channel));
    sp_view_time(v, f->from);
    sp_view_time(v, f->to);
    sp_view_u64(v, f->first);
    sp_view_u64(v, f->last);
    sp_view_u64(v, f->missing);
    sp_view_text(v, f->source == UINT32_MAX ? (struct sp_str){ NULL, 0 } : sp_str_c(j->survey->scope.sources.source[f->source].path));
    sp_view_text(v, f->what);
    sp_view_text(v, f->other);
    sp_view_row(v);
}

static void prose(struct sp_buf *out, struct sp_str text, unsigned width)
{
    struct sp_wrap how = { .width = width, .column = INDENT, .indent = INDENT, .gutter = "", .words = true };

    for (int i = 0; i < INDENT; i++)
        sp_buf_char(out, ' ');
    sp_page_wrap(out, text, &how);
}

/* For people: a line that says where and when, what, and what else explains it. */
static void write_block(struct judge *j, const struct finding *f)
{
    static const char *const color[] = { "\033[1;31m", "\033[31m", "\033[31m", "\033[33m", "\033[36m" };
    const struct sp_output *o = &j->survey->options->output;
    struct sp_buf *out = &j->survey->out;
    struct sp_str channel, host = host_of(j, f, &channel);
    char from[40], to[40];
    size_t room;

    sp_page_when(from, f->from, o->local_time);
    sp_page_when(to, f->to, o->local_time);
    room = o->width > INDENT + HEAD ? o->width - INDENT - HEAD : o->width ? 2 * HOST_LEAST : 0;
    sp_buf_printf(out, "%s%-8s%s %s%s%s  ", o->color ? color[f->kind] : "", kind_name[f->kind], o->color ? "\033[0m" : "", *from ? from : "no time",
                  strcmp(from, to) != 0 ? "  to  " : "", strcmp(from, to) != 0 ? to : "");
    sp_page_cell(out, &j->scratch, host.len ? host : SP_STR("-"), room / 2, false);
    if (!f->whole_host) {
        sp_buf_text(out, "  ");
        sp_page_cell(out, &j->scratch, sp_survey_short(channel), room / 2, false);
    }
    sp_buf_char(out, '\n');
    prose(out, f->what, o->width);
    sp_buf_clear(&j->words);
    sp_buf_text(&j->words, "else: ");
    sp_buf_str(&j->words, f->other);
    prose(out, sp_buf_view(&j->words), o->width);
}

static int by_mark(const void *a, const void *b)
{
    const struct sp_mark *x = a, *y = b;

    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->time.sec != y->time.sec)
        return x->time.sec < y->time.sec ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_host(const void *a, const void *b, void *arg)
{
    const struct sp_rows *rows = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    struct sp_str k = rows->row[x].key, l = rows->row[y].key;
    int c = sp_str_cmp(sp_key_next(&k), sp_key_next(&l));

    return c ? c : (x > y) - (x < y);
}

static bool same_host(const struct sp_rows *rows, uint32_t a, uint32_t b)
{
    struct sp_str k = rows->row[a].key, l = rows->row[b].key;

    return sp_str_eq(sp_key_next(&k), sp_key_next(&l));
}

static void judge_all(struct judge *j)
{
    const struct sp_rows *rows = &j->logs->rows;
    uint32_t from = 0;

    if (j->logs->marks)
        qsort(j->logs->mark, j->logs->marks, sizeof *j->logs->mark, by_mark);
    for (uint32_t i = 0; i < j->logs->marks; i++) {
        if (j->logs->mark[i].kind == SP_MARK_CLEARED)
            judge_cleared(j, &j->logs->mark[i]);
        else if (j->logs->mark[i].kind == SP_MARK_BACK)
            judge_back(j, &j->logs->mark[i]);
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        judge_holes(j, i);
        j->by_host[i] = i;
    }
    if (rows->count)
        qsort_r(j->by_host, rows->count, sizeof *j->by_host, by_host, &j->logs->rows);
    for (uint32_t i = 1; i <= rows->count; i++)
        if (i == rows->count || !same_host(rows, j->by_host[i], j->by_host[from])) {
            judge_host(j, from, i);
            from = i;
        }
    if (j->count)
        qsort(j->list, j->count, sizeof *j->list, by_gravity);
}

static int put_out(struct judge *j)
{
    struct sp_survey *s = j->survey;
    bool table = s->options->output.format == SP_FORMAT_TABLE;
    struct sp_view v;
    int rc = 0;

    sp_view_begin(&v, &s->options->output, columns, sizeof columns / sizeof *columns, &s->out);
    for (uint32_t i = 0; rc == 0 && i < j->count; i++) {
        if (table)
            write_block(j, &j->list[i]);
        else
            write_cells(j, &v, &j->list[i]);
        rc = j->words.failed || j->scratch.failed ? sp_error_nomem(s->err) : sp_survey_flush(s, false);
    }
    sp_view_end(&v);
    return rc;
}

int sp_gaps_write(struct sp_survey *s, struct sp_logs *logs)
{
    struct judge j = { .survey = s, .logs = logs };
    int rc;

    sp_arena_init(&j.arena, SIZE_MAX);
    j.by_host = sp_realloc_array(NULL, logs->rows.count + 1, sizeof *j.by_host);
    j.failed = !j.by_host;
    if (!j.failed)
        judge_all(&j);
    s->result->rows = j.count;
    rc = j.failed ? sp_error_nomem(s->err) : put_out(&j);
    sp_free(j.by_host);
    sp_free(j.list);
    sp_buf_done(&j.words);
    sp_buf_done(&j.scratch);
    sp_arena_done(&j.arena);
    return rc;
}
