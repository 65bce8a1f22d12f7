/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sources, by number. Out: sightings in the shared sorter, accounts in the shared table. A worker owns its reader,
 * its evaluator and the buffers that one sighting is rendered in.
 */
#include "engine/worker.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "export/sighting.h"
#include "read/value.h"

int sp_worker_init(struct sp_worker *w, struct sp_work *work)
{
    struct sp_reader_options r = { &work->scope->limits, work->scope->ctx, work->scope->type, work->scope->carve };

    *w = (struct sp_worker){ .work = work };
    w->reader = sp_reader_new(&r);
    w->events = sp_events_new(work->scope->taxonomy, work->scope->given);
    w->exec = w->events ? sp_exec_new(work->scope->rules, w->events, work->plan) : NULL;
    w->eval = w->exec ? sp_exec_eval(w->exec) : NULL;
    return w->reader && w->exec ? 0 : SP_ERR_NOMEM;
}

void sp_worker_done(struct sp_worker *w)
{
    struct sp_buf *const all[] = { &w->host, &w->user, &w->session, &w->values, &w->fields, &w->why, &w->code, &w->channel, &w->line, &w->payload };

    sp_reader_free(w->reader);
    sp_exec_free(w->exec);
    sp_events_free(w->events);
    sp_digest_map_done(&w->copies);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sp_buf_done(all[i]);
    *w = (struct sp_worker){ 0 };
}

struct sp_str sp_payload_host(struct sp_str payload)
{
    uint32_t n;

    memcpy(&n, payload.ptr, sizeof n);
    return n ? sp_str_cut(payload, sizeof n, n - 1) : (struct sp_str){ NULL, 0 };
}

struct sp_str sp_payload_line(struct sp_str payload)
{
    struct sp_str host = sp_payload_host(payload);

    return sp_str_cut(payload, 4 + host.len, payload.len - 4 - host.len);
}

/* The items that made the rule true: of an AND all, of an OR those that hold, of a NOT none. */
static int collect_why(struct sp_worker *w, const struct sp_rule *rule, const struct sp_expr *x, struct sp_json *out)
{
    struct sp_item_seen seen;
    enum sp_truth t;
    int rc;

    if (x->kind == SP_E_NOT)
        return 0;
    rc = sp_eval_expr(w->eval, rule, x, &t);
    if (rc < 0 || t != SP_TRUE)
        return rc;
    if (x->kind != SP_E_ITEM) {
        for (uint32_t i = 0; rc == 0 && i < x->child_count; i++)
            rc = collect_why(w, rule, x->child[i], out);
        return rc;
    }
    rc = sp_eval_item(w->eval, rule, x->item, &seen);
    if (rc < 0)
        return rc;
    sp_json_open(out, '{');
    sp_json_key(out, SP_STR("item"));
    sp_buf_clear(&w->code);
    sp_buf_str(&w->code, x->item->selection);
    sp_buf_printf(&w->code, "/%u", x->item->id);
    if (w->code.failed) /* cleared again for the next item */
        return SP_ERR_NOMEM;
    sp_json_str(out, sp_buf_view(&w->code));
    sp_json_key(out, SP_STR("field"));
    sp_json_str(out, x->item->field);
    sp_json_key(out, SP_STR("value"));
    if (seen.has_text)
        sp_json_str(out, seen.text);
    else
        sp_json_null(out);
    sp_json_close(out, '}');
    return 0;
}

/* A field by its own name, as text or as JSON; ptr NULL when the event has not got it. */
static struct sp_str own_field(struct sp_worker *w, const struct sp_event *event, struct sp_str name, struct sp_buf *to, bool json)
{
    struct sp_found found;

    sp_buf_clear(to);
    if (sp_event_get(w->events, event, name, false, &found) < 0) {
        to->failed = true;
        return (struct sp_str){ NULL, 0 };
    }
    if (found.count == 0 || found.value[0].type == SP_V_NULL || found.value[0].type == SP_V_MAP)
        return (struct sp_str){ NULL, 0 };
    if (json)
        sp_value_json(to, found.value[0], &w->payload);
    else
        sp_value_write(to, found.value[0]);
    return to->len ? sp_buf_view(to) : (struct sp_str){ NULL, 0 };
}

static struct sp_str known(bool yes, const struct sp_buf *buf)
{
    return yes ? sp_buf_view(buf) : (struct sp_str){ NULL, 0 };
}

/* Everything the chosen format shows of the event; false when memory ran out. */
static int describe(struct sp_worker *w, struct sp_sighting *s)
{
    const struct sp_event *e = s->event;
    uint64_t excess = 0;
    int rc = 0;

    sp_buf_clear(&w->host);
    sp_buf_clear(&w->user);
    sp_buf_clear(&w->session);
    sp_buf_clear(&w->values);
    s->host = known(sp_event_host(w->events, e, &w->host), &w->host);
    s->user = known(sp_event_user(w->events, e, &w->user), &w->user);
    s->session = known(sp_event_session(w->events, e, &w->session), &w->session);
    if (w->work->format == SP_FORMAT_JSON || w->work->format == SP_FORMAT_SIGHTINGS) {
        rc = sp_event_values(w->events, e, w->work->scope->limits.values_per_sighting, &w->values, &excess);
        s->values = sp_buf_view(&w->values);
        w->values_excess += excess;
    }
    if (rc == 0 && w->work->format == SP_FORMAT_JSON) {
        sp_buf_clear(&w->fields);
        rc = sp_event_fields_json(w->events, e, &w->fields);
        s->fields = sp_buf_view(&w->fields);
        s->channel = own_field(w, e, SP_STR("Channel"), &w->channel, false);
    }
    if (rc < 0 || w->host.failed || w->user.failed || w->session.failed || w->values.failed || w->fields.failed ||
        w->channel.failed)
        return SP_ERR_NOMEM;
    return 0;
}

/* The rule's own part of a whole JSON line. */
static int explain_hit(struct sp_worker *w, struct sp_sighting *s)
{
    struct sp_json json = sp_json_to(&w->why);
    int rc;

    if (w->work->format != SP_FORMAT_JSON)
        return 0;
    sp_buf_clear(&w->why);
    sp_json_open(&json, '[');
    rc = collect_why(w, s->rule, s->rule->condition, &json);
    sp_json_close(&json, ']');
    s->why = sp_buf_view(&w->why);
    s->event_code = own_field(w, s->event, SP_STR("EventID"), &w->code, true);
    return rc < 0 || w->why.failed || w->code.failed ? SP_ERR_NOMEM : 0;
}

static void render(struct sp_worker *w, const struct sp_sighting *s)
{
    sp_buf_clear(&w->line);
    if (w->work->format == SP_FORMAT_CSV)
        sp_sighting_csv(&w->line, s);
    else if (w->work->format != SP_FORMAT_TABLE)
        sp_sighting_json(&w->line, s, w->work->format == SP_FORMAT_JSON);
}

/* To the shared sorter, under the lock. */
static int hand_over(struct sp_worker *w, const struct sp_sighting *s, size_t source)
{
    struct sp_work *work = w->work;
    uint32_t host = s->host.ptr ? (uint32_t)s->host.len + 1 : 0;
    struct sp_sorted one = { .key = { .sec = s->event->time.sec, .nsec = s->event->time.nsec, .no_time = !s->event->time.known,
                                      .org = work->org_rank[source], .source = (uint32_t)source,
                                      .offset = s->event->record->offset, .rule = s->rule->rank },
                             .id = s->id };
    struct sp_error err;
    int rc;

    sp_buf_clear(&w->payload);
    sp_buf_add(&w->payload, &host, sizeof host);
    if (host)
        sp_buf_str(&w->payload, s->host);
    sp_buf_str(&w->payload, sp_buf_view(&w->line));
    if (w->line.failed || w->payload.failed)
        return SP_ERR_NOMEM;
    one.payload = sp_buf_view(&w->payload);
    pthread_mutex_lock(&work->lock);
    rc = sp_sorter_add(work->sorter, &one, &err);
    if (rc < 0 && work->error.code == 0)
        work->error = err;
    pthread_mutex_unlock(&work->lock);
    atomic_fetch_add_explicit(&work->sightings, 1, memory_order_relaxed);
    return rc;
}

/* Ids of the event: k counts the byte-identical records sighted before it in this source (contract 1).
 * 0; 1: a carved copy of a record that was sighted live, to be dropped; SP_ERR_NOMEM. */
static int identify(struct sp_worker *w, struct sp_sighting *s)
{
    uint64_t *copies;

    if (!sp_sha256(s->event->record->raw, &s->raw) || !(copies = sp_digest_map_at(&w->copies, &s->raw)))
        return SP_ERR_NOMEM;
    if (s->event->record->carved && *copies)
        return 1;
    return sp_event_id(sp_str_c(s->org), &s->raw, (*copies)++, &s->event_id) ? 0 : SP_ERR_NOMEM;
}

/* All rules of the event's class. */
static int judge(struct sp_worker *w, const struct sp_event *event, size_t source)
{
    const struct sp_source *src = &w->work->scope->sources.source[source];
    struct sp_sighting s = { .org = src->org, .source = src->path, .event = event };
    const struct sp_rule *const *hit;
    uint32_t count;
    int rc = sp_exec_event(w->exec, event, &hit, &count);

    if (rc < 0 || count == 0)
        return rc;
    rc = identify(w, &s);
    if (rc == 0)
        rc = describe(w, &s);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        s.rule = hit[i];
        if (!sp_sighting_id(sp_str_c(s.org), s.rule->id, &s.rule->sha256, &s.event_id, &s.id))
            return SP_ERR_NOMEM;
        rc = explain_hit(w, &s);
        if (rc == 0) {
            render(w, &s);
            rc = hand_over(w, &s, source);
        }
    }
    return rc;
}

static void note_time(struct sp_source_tally *t, struct sp_time time)
{
    if (!time.known)
        return;
    if (!t->first.known || sp_time_cmp(time, t->first) < 0)
        t->first = time;
    if (!t->last.known || sp_time_cmp(time, t->last) > 0)
        t->last = time;
}

static bool in_span(const struct sp_work *work, struct sp_time time)
{
    return !time.known || ((!work->from.known || sp_time_cmp(time, work->from) >= 0) &&
                           (!work->to.known || sp_time_cmp(time, work->to) <= 0));
}

static int hunt_record(struct sp_worker *w, const struct sp_record *record, size_t source)
{
    struct sp_source_tally *t = &w->work->tally[source];
    struct sp_event event;
    int rc = sp_event_make(w->events, record, &event);

    if (rc < 0)
        return rc;
    if (event.time.known && !event.time.has_zone)
        event.time.sec -= w->work->scope->assume_offset_s;
    note_time(t, event.time);
    t->unrecognised += !event.recognised;
    return in_span(w->work, event.time) ? judge(w, &event, source) : 0;
}

static void progress(struct sp_worker *w, uint64_t *bytes, uint64_t *records)
{
    uint64_t at = sp_reader_position(w->reader);

    atomic_fetch_add_explicit(&w->work->bytes, at > *bytes ? at - *bytes : 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->work->records, *records, memory_order_relaxed);
    *bytes = at > *bytes ? at : *bytes;
    *records = 0;
}

static int hunt_source(struct sp_worker *w, size_t source)
{
    struct sp_work *work = w->work;
    const struct sp_source *src = &work->scope->sources.source[source];
    uint64_t bytes = 0, records = 0;
    struct sp_record record;
    int rc = sp_reader_open(w->reader, src->path, !src->walked, &work->tally[source].account);

    sp_digest_map_clear(&w->copies);
    while (rc > 0) {
        rc = sp_reader_next(w->reader, &record);
        if (rc <= 0)
            break;
        rc = hunt_record(w, &record, source);
        if (++records >= 256)
            progress(w, &bytes, &records);
        if (rc < 0 || atomic_load_explicit(&work->failed, memory_order_relaxed))
            break;
        rc = 1;
    }
    progress(w, &bytes, &records);
    sp_reader_close(w->reader);
    work->tally[source].done = rc >= 0 && !sp_stopped(work->scope->ctx);
    return rc < 0 ? rc : 0;
}

void *sp_worker_run(void *arg)
{
    struct sp_worker *w = arg;
    struct sp_work *work = w->work;

    for (;;) {
        size_t i = atomic_fetch_add(&work->next, 1);
        int rc;

        if (i >= work->scope->sources.count || atomic_load(&work->failed) || sp_stopped(work->scope->ctx))
            return NULL;
        if (work->scope->sources.source[i].skipped)
            continue;
        rc = hunt_source(w, i);
        if (rc < 0) {
            pthread_mutex_lock(&work->lock);
            if (work->error.code == 0)
                sp_error_nomem(&work->error);
            pthread_mutex_unlock(&work->lock);
            atomic_store(&work->failed, true);
        }
    }
}
