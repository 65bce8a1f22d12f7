/* SPDX-License-Identifier: Apache-2.0
 *
 * In: options. Out: a view's lines to the caller's `write`. Workers own their readers, units own the parts of the view.
 */
#include "engine/survey.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/order.h"
#include "engine/unit.h"
#include "read/value.h"

enum { JOBS_MAX = 256, PACK_JOBS_MAX = 4, HELD_MAX = 1 << 20, WRITE_BYTES = 1 << 16, LOOK_AROUND = 256 };

/* A source, or a piece of one. */
struct unit {
    struct sp_account account;
    uint64_t number, unrecognised;
    struct sp_time first, last;
    size_t source;
    struct sp_file *file; /* NULL: the whole source */
    struct sp_part part;
    void *view;
};

struct pass {
    struct sp_survey survey;
    struct sp_order order;
    struct unit *unit;
    size_t next;               /* place in sources.order to deal next; order.lock */
    struct sp_file *file;      /* that is dealt in pieces; order.lock */
    struct sp_time from, to;
    struct sp_account account; /* of the source that is being committed, */
    size_t source;             /* which is this; SIZE_MAX: none */
    struct sp_time first, last;
    _Atomic uint64_t bytes, records, rows;
    pthread_mutex_t lock;      /* guards error */
    struct sp_error error;
};

struct worker {
    struct pass *pass;
    struct sp_reader *reader;
    struct sp_cursor cursor;   /* in the archive that it reads from; kept, for the next member lies ahead */
    struct sp_events *events;
    struct sp_buf text[SP_SURVEY_TEXTS];
    pthread_t thread;
    bool started;
};

int sp_survey_flush(struct sp_survey *s, bool all)
{
    int rc = 0;

    if (s->out.failed)
        return sp_error_nomem(s->err);
    if (s->out.len && (all || s->out.len >= WRITE_BYTES)) {
        rc = s->options->output.write(s->options->output.arg, s->out.ptr, s->out.len, s->err);
        sp_buf_clear(&s->out);
    }
    return rc < 0 ? rc : 0;
}

static int refuse_by(struct sp_survey *s, const char *word, const char *const *name, size_t count)
{
    char names[128] = "";
    size_t n = 0;

    for (size_t i = 0; i < count && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? "," : "", name[i]);
    sp_error_set(s->err, SP_ERR_USAGE, "'%.60s' is nothing to count by", word);
    sp_error_where(s->err, "--by");
    sp_error_cure(s->err, "give one or more of %s", names);
    return SP_ERR_USAGE;
}

int sp_survey_by(struct sp_survey *s, const char *preset, const char *const *name, bool *ret, size_t count)
{
    const char *at = s->options->by ? s->options->by : preset;

    do {
        size_t n = strcspn(at, ","), i = 0;

        while (i < count && (strlen(name[i]) != n || memcmp(name[i], at, n) != 0))
            i++;
        if (i == count)
            return refuse_by(s, at, name, count);
        ret[i] = true;
        at += n + (at[n] == ',');
    } while (*at);
    return 0;
}

static struct sp_str value_text(struct sp_buf *to, struct sp_value v)
{
    sp_buf_clear(to);
    sp_value_write(to, v);
    return to->len == 1 && *to->ptr == '-' ? SP_STR_NONE : sp_buf_view(to);
}

struct sp_str sp_survey_field(const struct sp_survey_seen *seen, const char *name, unsigned n)
{
    struct sp_found found;

    sp_buf_clear(&seen->text[n]);
    if (sp_event_get(seen->events, seen->event, sp_str_c(name), false, &found) < 0)
        seen->text[n].failed = true;
    else if (found.presence == SP_PRESENT)
        return value_text(&seen->text[n], found.value[0]);
    return SP_STR_NONE;
}

struct sp_str sp_survey_host(const struct sp_survey_seen *seen, unsigned n)
{
    sp_buf_clear(&seen->text[n]);
    if (sp_event_host(seen->events, seen->event, &seen->text[n]))
        return sp_buf_view(&seen->text[n]);
    return seen->host ? sp_str_c(seen->host) : SP_STR_NONE;
}

static struct sp_str node_text(const struct sp_survey_seen *seen, uint32_t node, unsigned n)
{
    return node ? value_text(&seen->text[n], seen->event->tree->node[node].value) : SP_STR_NONE;
}

struct sp_str sp_survey_channel(const struct sp_survey_seen *seen, unsigned n)
{
    struct sp_logsource l = sp_class_logsource(seen->event->class_);
    const struct sp_str part[] = { l.product, l.category, l.service };
    struct sp_buf *to = &seen->text[n];

    if (seen->event->channel)
        return node_text(seen, seen->event->channel, n);
    sp_buf_clear(to);
    for (unsigned i = 0; i < 3; i++) {
        sp_buf_text(to, i ? "/" : "");
        sp_buf_str(to, part[i].len ? part[i] : SP_STR("-"));
    }
    return l.product.len + l.category.len + l.service.len ? sp_buf_view(to) : SP_STR("(no known kind)");
}

struct sp_str sp_survey_provider(const struct sp_survey_seen *seen, unsigned n)
{
    return node_text(seen, seen->event->provider, n);
}

struct sp_str sp_survey_event_id(const struct sp_survey_seen *seen, unsigned n)
{
    return node_text(seen, seen->event->eventid, n);
}

bool sp_survey_failed(const struct sp_survey_seen *seen)
{
    for (unsigned i = 0; i < SP_SURVEY_TEXTS; i++)
        if (seen->text[i].failed)
            return true;
    return false;
}

uint32_t sp_survey_number(struct sp_str text)
{
    uint32_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i == 9)
            return 0;
        n = 10 * n + (uint32_t)(text.ptr[i] - '0');
    }
    return n;
}

static void note_times(struct sp_time *first, struct sp_time *last, struct sp_time from, struct sp_time to)
{
    if (from.known && (!first->known || sp_time_cmp(from, *first) < 0))
        *first = from;
    if (to.known && (!last->known || sp_time_cmp(to, *last) > 0))
        *last = to;
}

/* ---- committing: one thread at a time, in order */

static struct sp_account_to listener(const struct pass *p)
{
    return (struct sp_account_to){ p->survey.scope.ctx, p->survey.scope.sources.source[p->source].path, &p->survey.scope.limits };
}

/* The last words about the source in hand. */
static void end_source(struct pass *p)
{
    struct sp_survey_result *r = p->survey.result;
    struct sp_account_to to;

    if (p->source == SIZE_MAX)
        return;
    to = listener(p);
    sp_account_settle(&p->account, &to);
    r->lost |= p->account.lost;
    r->opened |= p->account.opened;
    r->skipped += p->account.skipped != NULL;
    r->sources += p->account.opened && !p->account.skipped;
    r->bytes += p->account.bytes;
    r->records += p->account.records;
    r->undecodable += p->account.undecodable;
    sp_account_done(&p->account);
    p->source = SIZE_MAX;
}

static void fail(struct pass *p, const struct sp_error *err)
{
    pthread_mutex_lock(&p->lock);
    if (p->error.code == 0)
        p->error = *err;
    pthread_mutex_unlock(&p->lock);
    sp_order_stop(&p->order);
}

static void fail_nomem(struct pass *p)
{
    struct sp_error err;

    sp_error_nomem(&err);
    fail(p, &err);
}

static int commit(struct pass *p, struct unit *u)
{
    struct sp_error err;
    struct sp_account_to to;
    int rc;

    if (p->source != u->source) {
        end_source(p);
        sp_account_init(&p->account);
        p->source = u->source;
    }
    to = listener(p);
    p->survey.err = &err;
    rc = p->survey.ops->commit(&p->survey, u->view, u->source);
    if (rc == 0 && sp_account_add(&p->account, &to, &u->account) < 0)
        rc = sp_error_nomem(&err);
    note_times(&p->first, &p->last, u->first, u->last);
    p->survey.result->unrecognised += u->unrecognised;
    u->unrecognised = 0;
    atomic_store_explicit(&p->rows, p->survey.result->rows, memory_order_relaxed);
    if (rc < 0)
        fail(p, &err);
    return rc;
}

/* sp_order.commit */
static void commit_finished(void *who, uint64_t number)
{
    struct pass *p = ((struct worker *)who)->pass;
    struct unit *u = &p->unit[number % p->order.room];

    (void)commit(p, u);
    sp_file_drop(u->file);
    u->file = NULL;
}

/* ---- dealing */

static void begin_unit(struct unit *u, uint64_t number, size_t source, struct sp_file *file)
{
    struct sp_account account = u->account;
    void *view = u->view;

    if (!account.arena.bytes_max)
        sp_account_init(&account);
    sp_account_clear(&account);
    *u = (struct unit){ .account = account, .view = view, .number = number, .source = source, .file = file };
}

/* Cut a large EVTX file into pieces: its chunks can be read each on its own. */
static bool open_file(struct pass *p, size_t source)
{
    const struct sp_source *src = &p->survey.scope.sources.source[source];
    struct sp_file *file;

    if (p->survey.ops->whole || src->pack || src->size <= SP_PART_BYTES)
        return false;
    file = sp_zalloc(sizeof *file);
    if (!file || !sp_parts_open(&file->parts, src->path, p->survey.scope.type, SP_PART_BYTES)) {
        sp_free(file);
        return false;
    }
    file->source = source;
    file->users = 1;
    if (file->parts.type != SP_SOURCE_EVTX) {
        sp_file_drop(file);
        return false;
    }
    p->file = file;
    return true;
}

/* sp_order.deal: the next piece of the source in hand, or the next source. */
static bool deal(void *who, uint64_t number)
{
    struct pass *p = ((struct worker *)who)->pass;
    struct unit *u = &p->unit[number % p->order.room];

    while (!sp_stopped(p->survey.scope.ctx)) {
        const struct sp_source_list *list = &p->survey.scope.sources;
        size_t source = p->next < list->count ? list->order[p->next] : 0;
        struct sp_part part;

        if (p->file && sp_parts_next(&p->file->parts, &part)) {
            begin_unit(u, number, p->file->source, p->file);
            atomic_fetch_add(&p->file->users, 1);
            u->part = part;
            return true;
        }
        sp_file_drop(p->file);
        p->file = NULL;
        if (p->next == list->count)
            return false;
        p->next++;
        if (list->source[source].skipped || open_file(p, source))
            continue;
        begin_unit(u, number, source, NULL);
        return true;
    }
    return false;
}

/* ---- reading */

static bool in_span(const struct pass *p, struct sp_time t)
{
    return !t.known || ((!p->from.known || sp_time_cmp(t, p->from) >= 0) && (!p->to.known || sp_time_cmp(t, p->to) <= 0));
}

static int see(struct worker *w, struct unit *u, const struct sp_record *record)
{
    struct pass *p = w->pass;
    struct sp_event event;
    struct sp_survey_seen seen = { &event, w->events, u->source, p->survey.scope.sources.source[u->source].host, w->text };
    int rc = sp_event_make(w->events, record, &event);

    if (rc < 0)
        return rc;
    if (event.time.known && !event.time.has_zone)
        event.time.sec = sp_zone_utc(&p->survey.scope.assume, event.time.sec);
    if (!in_span(p, event.time))
        return 0;
    note_times(&u->first, &u->last, event.time, event.time);
    u->unrecognised += !event.recognised;
    return p->survey.ops->see(&p->survey, u->view, &seen);
}

/* Tell how far the reader is; where the part holds much it waits for its turn and goes out. */
static int look_around(struct worker *w, struct unit *u, uint64_t *place, unsigned records)
{
    struct pass *p = w->pass;
    uint64_t at = sp_reader_position(w->reader);

    atomic_fetch_add_explicit(&p->bytes, at > *place ? at - *place : 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->records, records, memory_order_relaxed);
    *place = at;
    if (atomic_load_explicit(&p->order.stopped, memory_order_relaxed))
        return SP_ERR_INTERNAL;
    if (!p->survey.ops->held || p->survey.ops->held(u->view) < HELD_MAX)
        return 0;
    return sp_order_wait(&p->order, u->number, NULL) ? commit(p, u) : SP_ERR_INTERNAL;
}

static int open_unit(struct worker *w, struct unit *u)
{
    const struct sp_source *src = &w->pass->survey.scope.sources.source[u->source];

    return u->file ? sp_reader_open_part(w->reader, &u->file->parts, &u->part, &u->account)
                   : sp_reader_open_source(w->reader, src, &w->cursor, &u->account);
}

/* 0; SP_ERR_NOMEM; another negative code when the pass has ended already. */
static int read_unit(struct worker *w, struct unit *u)
{
    uint64_t place = u->file ? u->part.from : 0;
    struct sp_record record;
    unsigned since = 0;
    int rc = open_unit(w, u);

    while (rc > 0) {
        rc = sp_reader_next(w->reader, &record);
        if (rc > 0 && see(w, u, &record) < 0)
            rc = SP_ERR_NOMEM;
        if (rc > 0 && ++since == LOOK_AROUND) {
            rc = look_around(w, u, &place, since);
            rc = rc < 0 ? rc : !sp_stopped(w->pass->survey.scope.ctx);
            since = 0;
        }
    }
    if (rc == 0)
        rc = look_around(w, u, &place, since);
    sp_reader_close(w->reader);
    return rc;
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    struct pass *p = w->pass;
    uint64_t number;

    while (sp_order_take(&p->order, w, &number)) {
        int rc = read_unit(w, &p->unit[number % p->order.room]);

        if (rc == SP_ERR_NOMEM)
            fail_nomem(p);
        if (rc < 0)
            break;
        sp_order_finish(&p->order, w, number);
    }
    return NULL;
}

static bool init_worker(struct worker *w, struct pass *p)
{
    struct sp_scope *s = &p->survey.scope;
    struct sp_reader_options r = { .limits = &s->limits, .ctx = s->ctx, .type = s->type, .carve = s->carve, .quiet = true };

    w->pass = p;
    w->cursor.options = sp_archive_options_of(&s->sources, &s->limits, s->ctx);
    w->reader = sp_reader_new(&r);
    w->events = sp_events_new(s->taxonomy, s->given);
    return w->reader && w->events;
}

static void done_worker(struct worker *w)
{
    sp_reader_free(w->reader);
    sp_cursor_done(&w->cursor);
    sp_events_free(w->events);
    for (unsigned i = 0; i < SP_SURVEY_TEXTS; i++)
        sp_buf_done(&w->text[i]);
}

static void tell_progress(struct pass *p, uint64_t total)
{
    struct sp_progress at = { atomic_load(&p->bytes), total, atomic_load(&p->records), atomic_load(&p->rows) };

    if (p->survey.options->progress)
        p->survey.options->progress(p->survey.options->progress_arg, &at);
}

static void wait_for(struct pass *p, struct worker *worker, unsigned jobs)
{
    const struct sp_source_list *list = &p->survey.scope.sources;
    uint64_t total = 0;

    for (size_t i = 0; i < list->count; i++)
        total += list->source[i].skipped ? 0 : list->source[i].size;
    for (unsigned i = 0; i < jobs; i++)
        while (worker[i].started) {
            struct timespec until;

            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 100000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            worker[i].started = pthread_timedjoin_np(worker[i].thread, NULL, &until) != 0;
            tell_progress(p, total);
        }
}

static unsigned count_jobs(const struct pass *p)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = p->survey.options->jobs ? p->survey.options->jobs : cores > 0 ? (unsigned)cores : 1;

    jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    /* each worker goes through an archive by itself, and unpacks what the others read as well */
    return p->survey.scope.sources.pack && jobs > PACK_JOBS_MAX ? PACK_JOBS_MAX : jobs;
}

static int init_units(struct pass *p, unsigned jobs)
{
    unsigned room = 2 * jobs + 4;

    p->order.deal = deal;
    p->order.commit = commit_finished;
    p->unit = sp_zalloc(room * sizeof *p->unit);
    if (!p->unit || sp_order_init(&p->order, room) < 0)
        return SP_ERR_NOMEM;
    for (unsigned i = 0; i < room; i++)
        if (!(p->unit[i].view = sp_zalloc(p->survey.ops->part_bytes)))
            return SP_ERR_NOMEM;
    return 0;
}

static void done_units(struct pass *p)
{
    for (unsigned i = 0; p->unit && i < p->order.room; i++) {
        struct unit *u = &p->unit[i];

        if (u->view)
            p->survey.ops->part_done(u->view);
        sp_free(u->view);
        sp_account_done(&u->account);
        sp_file_drop(u->file);
    }
    sp_free(p->unit);
    sp_file_drop(p->file);
    if (p->source != SIZE_MAX)
        sp_account_done(&p->account);
    sp_order_done(&p->order);
}

static int read_all(struct pass *p, struct sp_error *err)
{
    unsigned jobs = count_jobs(p), started = 0;
    struct worker *worker = sp_zalloc(jobs * sizeof *worker);
    int rc = worker ? init_units(p, jobs) : SP_ERR_NOMEM;

    for (unsigned i = 0; rc == 0 && i < jobs; i++) {
        if (!init_worker(&worker[i], p))
            break; /* fewer than asked for is slower, not wrong */
        worker[i].started = pthread_create(&worker[i].thread, NULL, run_worker, &worker[i]) == 0;
        started += worker[i].started;
    }
    if (rc == 0 && started)
        wait_for(p, worker, jobs);
    for (unsigned i = 0; worker && i < jobs; i++)
        done_worker(&worker[i]);
    sp_free(worker);
    if (rc < 0 || !started)
        return sp_error_nomem(err);
    if (p->error.code) {
        *err = p->error;
        return p->error.code;
    }
    end_source(p);
    return 0;
}

static const struct sp_survey_ops *ops_of(enum sp_survey_view view)
{
    switch (view) {
    case SP_SURVEY_LOGONS:
        return &sp_survey_logons;
    case SP_SURVEY_SEARCH:
        return &sp_survey_search;
    case SP_SURVEY_GAPS:
        return &sp_survey_gaps;
    case SP_SURVEY_COVERAGE:
        return &sp_survey_coverage;
    case SP_SURVEY_METRICS:
    default:
        return &sp_survey_metrics;
    }
}

static int prepare(struct pass *p, const struct sp_ctx *ctx)
{
    struct sp_survey *s = &p->survey;
    int rc = sp_scope_init(&s->scope, &s->options->read, ctx, s->err);

    if (rc == 0)
        rc = sp_scope_time("--from", s->options->from, &p->from, s->err);
    if (rc == 0)
        rc = sp_scope_time("--to", s->options->to, &p->to, s->err);
    if (rc == 0 && !(s->view = sp_zalloc(s->ops->view_bytes)))
        rc = sp_error_nomem(s->err);
    if (rc == 0 && s->ops->begin)
        rc = s->ops->begin(s);
    return rc == 0 ? sp_scope_sources(&s->scope, &s->options->read, s->err) : rc;
}

static double seconds(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static void conclude(struct pass *p, double began)
{
    struct sp_survey_result *r = p->survey.result;
    const struct sp_source_list *list = &p->survey.scope.sources;

    for (size_t i = 0; i < list->count; i++)
        if (list->source[i].skipped) {
            r->skipped++;
            r->lost |= list->source[i].lost;
            r->opened |= list->source[i].opened;
        }
    r->interrupted = sp_stopped(p->survey.scope.ctx);
    sp_page_when(r->first, p->first, false);
    sp_page_when(r->last, p->last, false);
    r->wall_s = seconds() - began;
}

int sp_survey(const struct sp_survey_options *options, const struct sp_ctx *ctx, struct sp_survey_result *ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct pass p = { .survey = { .options = options, .ops = ops_of(options->view), .result = ret, .err = err ? err : &ignored }, .source = SIZE_MAX };
    struct sp_error *said = p.survey.err;
    double began = seconds();
    int rc;

    *ret = (struct sp_survey_result){ 0 };
    pthread_mutex_init(&p.lock, NULL);
    rc = prepare(&p, ctx);
    if (rc == 0)
        rc = read_all(&p, said);
    p.survey.err = said; /* commits had their own */
    if (rc == 0)
        rc = p.survey.ops->write(&p.survey);
    if (rc == 0)
        rc = sp_survey_flush(&p.survey, true);
    conclude(&p, began);
    done_units(&p);
    if (p.survey.view)
        p.survey.ops->done(&p.survey);
    sp_free(p.survey.view);
    sp_buf_done(&p.survey.out);
    pthread_mutex_destroy(&p.lock);
    sp_scope_done(&p.survey.scope);
    return rc;
}
