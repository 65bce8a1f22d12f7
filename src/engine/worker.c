/* SPDX-License-Identifier: Apache-2.0
 *
 * In: units, by number. Out: their sightings and accounts, committed in order. A worker owns its reader, its evaluator
 * and the buffers that one sighting is rendered in.
 */
#include "engine/worker.h"

#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "export/sighting.h"
#include "read/value.h"

enum {
    LOOK_AROUND = 256, /* records */
    LOG_MAX = 1 << 20, /* bytes of sightings that a unit may hold before its turn */
};

int sp_worker_init(struct sp_worker *w, struct sp_work *work)
{
    struct sp_reader_options r = { &work->scope->limits, work->scope->ctx, work->scope->type, work->scope->carve, work->commit.hash_sources, true };

    *w = (struct sp_worker){ .work = work };
    sp_arena_init(&w->text, SIZE_MAX);
    w->reader = sp_reader_new(&r);
    w->events = sp_events_new(work->scope->taxonomy, work->scope->given);
    w->exec = w->events ? sp_exec_new(work->scope->rules, w->events, work->plan) : NULL;
    w->eval = w->exec ? sp_exec_eval(w->exec) : NULL;
    return w->reader && w->exec && (!work->profile || sp_exec_profile(w->exec) == 0) ? 0 : SP_ERR_NOMEM;
}

void sp_worker_done(struct sp_worker *w)
{
    struct sp_buf *const all[] = { &w->host, &w->user, &w->session, &w->values, &w->fields, &w->why, &w->code, &w->channel, &w->line, &w->kept_line, &w->scratch };

    sp_reader_free(w->reader);
    sp_cursor_done(&w->cursor);
    sp_block_drop(w->held);
    sp_exec_free(w->exec);
    sp_exec_free(w->undo);
    sp_events_free(w->events);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sp_buf_done(all[i]);
    sp_arena_done(&w->text);
    sp_free(w->rule_json);
    sp_free(w->value);
    *w = (struct sp_worker){ 0 };
}

/* The items that made `x`, which is true, so: of an AND all, of an OR those that hold, of a NOT none. */
static int collect_why(struct sp_worker *w, const struct sp_rule *rule, const struct sp_expr *x, struct sp_json *out)
{
    struct sp_item_seen seen;
    int rc = 0;

    if (x->kind == SP_E_NOT)
        return 0;
    for (uint32_t i = 0; rc == 0 && x->kind != SP_E_ITEM && i < x->child_count; i++) {
        enum sp_truth t = SP_TRUE;

        if (x->kind != SP_E_AND && x->child[i]->kind != SP_E_NOT)
            rc = sp_eval_expr(w->eval, rule, x->child[i], &t);
        if (rc == 0 && t == SP_TRUE)
            rc = collect_why(w, rule, x->child[i], out);
    }
    if (rc < 0 || x->kind != SP_E_ITEM)
        return rc;
    rc = sp_eval_item(w->eval, rule, x->item, &seen);
    if (rc < 0)
        return rc;
    sp_json_open(out, '{');
    sp_json_name(out, SP_JSON_NAME("item"));
    sp_buf_clear(&w->code);
    sp_buf_str(&w->code, x->item->selection);
    sp_buf_char(&w->code, '/');
    sp_buf_u64(&w->code, x->item->id);
    if (w->code.failed) /* cleared again for the next item */
        return SP_ERR_NOMEM;
    sp_json_str(out, sp_buf_view(&w->code));
    sp_json_name(out, SP_JSON_NAME("field"));
    sp_json_str(out, x->item->field);
    sp_json_name(out, SP_JSON_NAME("value"));
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
        sp_value_json(to, found.value[0], &w->scratch);
    else
        sp_value_write(to, found.value[0]);
    return to->len ? sp_buf_view(to) : (struct sp_str){ NULL, 0 };
}

static struct sp_str known(bool yes, const struct sp_buf *buf)
{
    return yes ? sp_buf_view(buf) : (struct sp_str){ NULL, 0 };
}

/* Is the line with everything wanted? */
static bool whole(const struct sp_worker *w)
{
    return w->work->format == SP_FORMAT_JSON || w->work->keep;
}

/* Everything that is shown or kept of the event. */
static int describe(struct sp_worker *w, struct sp_sighting *s, uint64_t *excess)
{
    const struct sp_event *e = s->event;
    int rc = 0;

    sp_buf_clear(&w->host);
    sp_buf_clear(&w->user);
    sp_buf_clear(&w->session);
    sp_buf_clear(&w->values);
    s->host = known(sp_event_host(w->events, e, &w->host), &w->host);
    if (!s->host.ptr && w->work->scope->sources.source[w->unit->source].host)
        s->host = sp_str_c(w->work->scope->sources.source[w->unit->source].host);
    s->user = known(sp_event_user(w->events, e, &w->user), &w->user);
    s->session = known(sp_event_session(w->events, e, &w->session), &w->session);
    if (whole(w) || w->work->format == SP_FORMAT_SIGHTINGS) {
        rc = sp_event_values(w->events, e, w->work->scope->limits.values_per_sighting, &w->values, excess);
        s->values = sp_buf_view(&w->values);
    }
    if (rc == 0 && whole(w)) {
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

    if (!whole(w))
        return 0;
    sp_buf_clear(&w->why);
    sp_json_open(&json, '[');
    rc = collect_why(w, s->rule, s->rule->condition, &json);
    sp_json_close(&json, ']');
    s->why = sp_buf_view(&w->why);
    s->event_code = own_field(w, s->event, SP_STR("EventID"), &w->code, true);
    return rc < 0 || w->why.failed || w->code.failed ? SP_ERR_NOMEM : 0;
}

/* The rule's part of a JSON line, whichever event it is about. */
static int rule_part(struct sp_worker *w, struct sp_sighting *s)
{
    struct sp_str *part;

    if (!w->rule_json)
        w->rule_json = sp_zalloc(w->work->scope->rules->rule_count * sizeof *w->rule_json);
    if (!w->rule_json)
        return SP_ERR_NOMEM;
    part = &w->rule_json[s->rule->rank];
    if (!part->ptr) {
        sp_buf_clear(&w->scratch);
        sp_sighting_rule(&w->scratch, s->rule);
        if (!w->scratch.failed)
            *part = sp_arena_str(&w->text, sp_buf_view(&w->scratch));
    }
    s->rule_json = *part;
    return part->ptr ? 0 : SP_ERR_NOMEM;
}

static struct sp_sighting_places render(struct sp_worker *w, const struct sp_sighting *s)
{
    struct sp_sighting_places at = { SIZE_MAX, SIZE_MAX, SIZE_MAX };

    sp_buf_clear(&w->line);
    if (w->work->format == SP_FORMAT_CSV)
        sp_sighting_csv(&w->line, s, &at);
    else if (w->work->format != SP_FORMAT_TABLE)
        sp_sighting_json(&w->line, s, w->work->format == SP_FORMAT_JSON, &at);
    return at;
}

/* What the case holds beside the line that is given out; the texts are the worker's. */
static int render_kept(struct sp_worker *w, struct sp_found_sighting *one, struct sp_case_sighting *kept)
{
    const struct sp_sighting *s = one->sighting;
    uint32_t count;
    const struct sp_event_value *value = sp_event_value_list(w->events, &count);

    *kept = (struct sp_case_sighting){ .user = s->user, .session = s->session, .line = SP_STR_NONE };
    if (one->first) /* the sightings of one event share them */
        kept->raw_bytes = s->event->record->raw;
    if (w->work->format != SP_FORMAT_JSON) {
        sp_buf_clear(&w->kept_line);
        sp_sighting_json(&w->kept_line, s, true, &one->kept_places);
        kept->line = sp_buf_view(&w->kept_line);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!sp_list_grow(&w->value, i, &w->value_room, sizeof *w->value))
            return SP_ERR_NOMEM;
        w->value[i] = (struct sp_case_value){ value[i].type, value[i].text };
    }
    kept->value = w->value;
    kept->value_count = count;
    one->kept = kept;
    return w->kept_line.failed ? SP_ERR_NOMEM : 0;
}

/* Commit what the unit has so far; it has its turn. */
static int commit(struct sp_work *work, struct sp_unit *u, bool finished)
{
    struct sp_error err;
    int rc = sp_commit_unit(&work->commit, u, finished, &err);

    atomic_fetch_add_explicit(&work->bytes, u->bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&work->records, u->records, memory_order_relaxed);
    atomic_fetch_add_explicit(&work->sightings, work->commit.sightings, memory_order_relaxed);
    u->bytes = u->records = 0;
    if (rc < 0) {
        pthread_mutex_lock(&work->lock);
        if (work->error.code == 0)
            work->error = err;
        pthread_mutex_unlock(&work->lock);
    }
    return rc;
}

/* Note how far the reader is; commit what there is if it is the unit's turn, leave if that is all that can be done. */
static int look_around(struct sp_worker *w)
{
    uint64_t at = sp_reader_position(w->reader);

    w->unit->bytes += at > w->place ? at - w->place : 0;
    w->unit->records += w->since;
    w->place = at;
    w->since = 0;
    w->leave |= atomic_load_explicit(&w->unit->is_void, memory_order_relaxed) || atomic_load_explicit(&w->work->order.stopped, memory_order_relaxed);
    return !w->leave && sp_order_turn(&w->work->order, w->unit->number) ? commit(w->work, w->unit, false) : 0;
}

/* The unit holds much: it must have its turn before it may hold more. */
static int relieve(struct sp_worker *w)
{
    w->leave = !sp_order_wait(&w->work->order, w->unit->number, &w->unit->is_void);
    return w->leave ? 0 : commit(w->work, w->unit, false);
}

/* sp_part.extend: the part ends inside a record. In its turn it is certain that it began between two, so the next part
 * is its own too, and void for whoever has it. */
static bool read_on(void *arg, struct sp_part *next)
{
    struct sp_worker *w = arg;
    struct sp_work *work = w->work;
    bool more = true;

    w->leave |= !sp_order_wait(&work->order, w->unit->number, &w->unit->is_void);
    if (w->leave)
        return false;
    pthread_mutex_lock(&work->order.lock);
    if (w->reach + 1 < work->order.next) {
        struct sp_unit *other = &work->unit[++w->reach % work->order.room];

        more = other->source == w->unit->source;
        *next = more ? other->part : *next;
        (void)sp_block_hold(next->block);
        other->is_void |= more;
        pthread_cond_broadcast(&work->order.moved);
    } else {
        more = sp_parts_read_on(&w->unit->file->parts, next); /* not dealt yet */
    }
    pthread_mutex_unlock(&work->order.lock);
    if (more) {
        sp_block_drop(w->held); /* all of it has been read */
        w->held = next->block;
        w->unit->end = next->end;
    }
    return more;
}

/* One rule's sighting, into the unit. */
static int add(struct sp_worker *w, struct sp_found_sighting *one, struct sp_sighting *s)
{
    struct sp_case_sighting kept;
    int rc;

    if (!sp_sighting_id(sp_str_c(s->org), s->rule->id, &s->rule->sha256, &s->event_id, &s->id))
        return SP_ERR_NOMEM;
    rc = explain_hit(w, s);
    if (rc == 0)
        rc = rule_part(w, s);
    if (rc < 0)
        return rc;
    one->places = render(w, s);
    one->line = sp_buf_view(&w->line);
    one->key.rule = s->rule->rank;
    if (w->work->keep && render_kept(w, one, &kept) < 0)
        return SP_ERR_NOMEM;
    sp_unit_add(w->unit, one);
    if (w->line.failed || w->unit->log.failed)
        return SP_ERR_NOMEM;
    one->first = false;
    return w->unit->log.len > LOG_MAX ? relieve(w) : 0;
}

/* All rules of the event's class. */
static int judge(struct sp_worker *w, const struct sp_event *event)
{
    size_t source = w->unit->source;
    const struct sp_source *src = &w->work->scope->sources.source[source];
    struct sp_sighting s = { .org = src->org, .source = src->path, .event = event };
    struct sp_found_sighting one = {
        .sighting = &s, .first = true,
        .key = { .sec = event->time.sec, .nsec = event->time.nsec, .no_time = !event->time.known,
                 .org = w->work->org_rank[source], .source = (uint32_t)source, .offset = event->record->offset },
    };
    const struct sp_rule *const *hit;
    uint32_t count;
    int rc = sp_exec_event(w->exec, event, &hit, &count);

    w->unit->judged++;
    if (rc < 0 || count == 0)
        return rc;
    if (!sp_sha256(event->record->raw, &s.raw) || !sp_event_id(sp_str_c(s.org), &s.raw, 0, &s.event_id))
        return SP_ERR_NOMEM;
    rc = describe(w, &s, &one.excess);
    for (uint32_t i = 0; rc == 0 && i < count && !w->leave; i++) {
        s.rule = hit[i];
        rc = add(w, &one, &s);
    }
    return rc;
}

static void note_time(struct sp_unit *t, struct sp_time time)
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

/* 1: the event is to be judged; 0; SP_ERR_NOMEM. */
static int make_event(struct sp_worker *w, const struct sp_record *record, struct sp_event *event)
{
    int rc = sp_event_make(w->events, record, event);

    if (rc < 0)
        return rc;
    if (event->time.known && !event->time.has_zone)
        event->time.sec = sp_zone_utc(&w->work->scope->assume, event->time.sec);
    return in_span(w->work, event->time);
}

static int hunt_record(struct sp_worker *w, const struct sp_record *record)
{
    struct sp_event event;
    int rc = make_event(w, record, &event);

    if (rc < 0)
        return rc;
    note_time(w->unit, event.time);
    w->unit->unrecognised += !event.recognised;
    if (rc > 0)
        rc = judge(w, &event);
    if (rc == 0 && (++w->since >= LOOK_AROUND || w->unit->account.error_total))
        rc = look_around(w);
    return rc;
}

static int open_unit(struct sp_worker *w, bool (*extend)(void *arg, struct sp_part *next))
{
    struct sp_unit *u = w->unit;
    const struct sp_source *src = &w->work->scope->sources.source[u->source];
    struct sp_part part = u->part;

    if (!u->file) {
        w->cursor.options = w->work->cursor.options;
        return sp_reader_open_source(w->reader, src, &w->cursor, &u->account);
    }
    part.extend = extend;
    part.arg = w;
    return sp_reader_open_part(w->reader, &u->file->parts, &part, &u->account);
}

static int hunt_unit(struct sp_worker *w)
{
    struct sp_record record;
    int rc;

    w->place = w->unit->file ? w->unit->part.from : 0;
    w->reach = w->unit->number;
    w->since = 0;
    w->leave = false;
    rc = open_unit(w, read_on);
    if (rc > 0) {
        while (!w->leave && (rc = sp_reader_next(w->reader, &record)) > 0) {
            rc = hunt_record(w, &record);
            if (rc < 0)
                break;
        }
        w->unit->lines = sp_reader_lines(w->reader);
    }
    w->unit->cut = w->leave || sp_stopped(w->work->scope->ctx);
    if (rc >= 0)
        rc = look_around(w);
    sp_reader_close(w->reader);
    sp_cursor_done(&w->cursor);
    sp_block_drop(w->held);
    w->held = NULL;
    return rc < 0 ? rc : 0;
}

/* The unit is void: count once more what its records left in the worker's counts of UNKNOWN and of looks. */
static int undo(struct sp_worker *w, struct sp_unit *u)
{
    struct sp_work *work = w->work;
    const struct sp_rule *const *hit;
    struct sp_record record;
    struct sp_event event;
    uint32_t count;
    int rc;

    if (!w->undo)
        w->undo = sp_exec_new(work->scope->rules, w->events, work->plan);
    if (!w->undo || (work->profile && sp_exec_profile(w->undo) < 0))
        return SP_ERR_NOMEM;
    w->unit = u;
    rc = open_unit(w, NULL);
    while (rc > 0 && u->judged) {
        rc = sp_reader_next(w->reader, &record);
        if (rc <= 0 || (rc = make_event(w, &record, &event)) < 0)
            break;
        u->judged -= rc > 0;
        rc = rc > 0 ? sp_exec_event(w->undo, &event, &hit, &count) : 0;
        rc = rc < 0 ? rc : 1;
    }
    sp_reader_close(w->reader);
    return rc < 0 ? rc : 0;
}

static void fail(struct sp_work *work)
{
    pthread_mutex_lock(&work->lock);
    if (work->error.code == 0)
        sp_error_nomem(&work->error);
    pthread_mutex_unlock(&work->lock);
    sp_order_stop(&work->order);
}

/* sp_order.commit */
static void commit_finished(void *who, uint64_t number)
{
    struct sp_worker *w = who;
    struct sp_work *work = w->work;
    struct sp_unit *u = &work->unit[number % work->order.room];
    int rc = u->is_void ? undo(w, u) : commit(work, u, true);

    sp_unit_leave(u);
    if (rc < 0)
        fail(work);
}

/* Begin to deal a member of an archive. What keeps it from being read is met again, and told, by whoever takes it whole. */
static bool open_member(struct sp_work *work, struct sp_file *file, const struct sp_source *src)
{
    struct sp_str head;

    file->parts.path = src->path;
    if (sp_cursor_go(&work->cursor, src, &head, NULL) < 0)
        return false;
    sp_parts_open_member(&file->parts, work->cursor.archive, head, work->scope->type, SP_PART_BYTES);
    file->parts.path = src->path;
    return true;
}

/* Begin to deal a source in parts, a large one or one in an archive; without memory it is read as a whole. */
static bool open_file(struct sp_work *work, size_t source)
{
    const struct sp_source *src = &work->scope->sources.source[source];
    bool member = src->pack && !src->pack->input;
    struct sp_file *file;

    if (!member && src->size <= SP_PART_BYTES)
        return false;
    file = sp_zalloc(sizeof *file);
    if (!file || !(member ? open_member(work, file, src) : sp_parts_open(&file->parts, src->path, work->scope->type, SP_PART_BYTES))) {
        sp_free(file);
        return false;
    }
    if (work->keep && !member)
        file->parts.at = sp_keep_from(work->commit.keep, source);
    if (work->commit.hash_sources && member) {
        sp_hash_begin(&file->hash);
        file->parts.hash = &file->hash;
    }
    file->source = source;
    file->users = 1;
    work->file = file;
    return true;
}

/* All of a source has been dealt. */
static void leave_file(struct sp_work *work)
{
    struct sp_file *file = work->file;

    if (file && file->parts.hash && file->parts.read_all) {
        struct sp_source_tally *tally = &work->commit.tally[file->source];

        tally->has_unpacked = sp_hash_end(&file->hash, &tally->unpacked);
    }
    sp_file_drop(file);
    work->file = NULL;
}

/* sp_order.deal: the next part of the source in hand, or the next source. */
static bool deal(void *who, uint64_t number)
{
    struct sp_work *work = ((struct sp_worker *)who)->work;
    struct sp_unit *u = &work->unit[number % work->order.room];

    while (!sp_stopped(work->scope->ctx)) {
        const struct sp_source_list *list = &work->scope->sources;
        size_t source = work->next < list->count ? list->order[work->next] : 0;
        struct sp_part part;

        if (work->file && sp_parts_next(&work->file->parts, &part)) {
            sp_unit_begin(u, number, work->file->source, work->file);
            atomic_fetch_add(&work->file->users, 1);
            u->part = part;
            work->order.alone = part.whole;
            u->end = part.end;
            return true;
        }
        leave_file(work);
        if (work->next == list->count)
            return false;
        work->next++;
        if (list->source[source].skipped || open_file(work, source))
            continue;
        if (work->keep)
            sp_keep_restart(work->commit.keep, source); /* it is read in one go */
        sp_unit_begin(u, number, source, NULL);
        return true;
    }
    return false;
}

int sp_work_init(struct sp_work *work, unsigned workers)
{
    unsigned room = 2 * workers + 4;

    work->order.deal = deal;
    work->order.commit = commit_finished;
    work->unit = sp_zalloc(room * sizeof *work->unit);
    return sp_order_init(&work->order, room) == 0 && work->unit ? 0 : SP_ERR_NOMEM;
}

void sp_work_done(struct sp_work *work)
{
    for (unsigned i = 0; work->unit && i < work->order.room; i++)
        sp_unit_done(&work->unit[i]);
    sp_free(work->unit);
    sp_file_drop(work->file);
    sp_cursor_done(&work->cursor);
    sp_order_done(&work->order);
    sp_commit_done(&work->commit);
}

void *sp_worker_run(void *arg)
{
    struct sp_worker *w = arg;
    struct sp_work *work = w->work;
    struct timespec cpu;
    uint64_t number;

    while (sp_order_take(&work->order, w, &number)) {
        w->unit = &work->unit[number % work->order.room];
        if (hunt_unit(w) < 0) {
            fail(work);
            break;
        }
        sp_order_finish(&work->order, w, number);
    }
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu) == 0)
        w->cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
    return NULL;
}
