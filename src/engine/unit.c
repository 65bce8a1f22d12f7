/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what workers found in units. Out: sightings with their final ids in the sorter, accounts by source. A unit owns
 * its log and account; entries of the log are copied in and out, for they lie at any address.
 */
#include "engine/unit.h"

#include "base/alloc.h"
#include "base/error.h"

enum { FIRST = 1, CARVED = 2, BY_LINE = 4, LOG_KEPT_MAX = 2 << 20 };

/* In the log, followed by its payload. */
struct entry {
    struct sp_sort_key key;
    struct sp_digest id, event_id, raw;
    struct sp_sighting_places at; /* in the payload */
    uint64_t record, excess;
    uint64_t payload; /* bytes */
    uint64_t is;
};

void sp_unit_begin(struct sp_unit *u, uint64_t number, size_t source, struct sp_file *file)
{
    struct sp_account account = u->account;
    struct sp_buf log = u->log;

    if (!account.arena.bytes_max)
        sp_account_init(&account);
    sp_account_clear(&account); /* a void unit still has its own */
    if (log.room > LOG_KEPT_MAX)
        sp_buf_done(&log);
    sp_buf_clear(&log);
    *u = (struct sp_unit){ .account = account, .log = log, .number = number, .source = source, .file = file };
}

void sp_unit_done(struct sp_unit *u)
{
    sp_account_done(&u->account);
    sp_buf_done(&u->log);
    sp_unit_leave(u);
}

void sp_unit_leave(struct sp_unit *u)
{
    sp_block_drop(u->part.block);
    u->part.block = NULL;
    sp_file_drop(u->file);
    u->file = NULL;
}

void sp_file_drop(struct sp_file *file)
{
    if (!file || atomic_fetch_sub(&file->users, 1) != 1)
        return;
    sp_parts_close(&file->parts);
    sp_free(file);
}

static size_t behind(size_t place, size_t before)
{
    return place == SIZE_MAX ? place : place + before;
}

void sp_unit_add(struct sp_unit *u, const struct sp_found_sighting *one)
{
    const struct sp_sighting *s = one->sighting;
    const struct sp_record *r = s->event->record;
    uint32_t host = s->host.ptr ? (uint32_t)s->host.len + 1 : 0;
    size_t before = sizeof host + (host ? s->host.len : 0);
    struct entry e = {
        .key = one->key, .id = s->id, .event_id = s->event_id, .raw = s->raw,
        .at = { behind(one->places.id, before), behind(one->places.event_id, before), behind(one->places.record, before) },
        .record = r->number, .excess = one->excess, .payload = before + one->line.len,
        .is = (one->first ? FIRST : 0u) | (r->carved ? CARVED : 0u) | (r->by_line ? BY_LINE : 0u),
    };

    sp_buf_add(&u->log, &e, sizeof e);
    sp_buf_add(&u->log, &host, sizeof host);
    if (host)
        sp_buf_str(&u->log, s->host);
    sp_buf_str(&u->log, one->line);
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

void sp_commit_init(struct sp_commit *c, const struct sp_scope *scope, struct sp_source_tally *tally, struct sp_sorter *sorter)
{
    *c = (struct sp_commit){ .scope = scope, .tally = tally, .sorter = sorter, .source = SIZE_MAX };
}

void sp_commit_done(struct sp_commit *c)
{
    sp_digest_map_done(&c->copies);
    sp_buf_done(&c->payload);
}

static struct sp_account_to listener(const struct sp_commit *c)
{
    return (struct sp_account_to){ c->scope->ctx, c->scope->sources.source[c->source].path, &c->scope->limits };
}

void sp_commit_end(struct sp_commit *c)
{
    struct sp_account_to to;

    if (c->source == SIZE_MAX)
        return;
    to = listener(c);
    sp_account_settle(&c->tally[c->source].account, &to);
    c->source = SIZE_MAX;
}

static void begin_source(struct sp_commit *c, size_t source)
{
    sp_commit_end(c);
    c->source = source;
    c->lines = 0;
    sp_digest_map_clear(&c->copies);
    sp_account_init(&c->tally[source].account);
}

/* The first sighting of an event: is it a copy of a record sighted before? */
static int count_copy(struct sp_commit *c, const struct entry *e)
{
    uint64_t *copies = sp_digest_map_at(&c->copies, &e->raw);

    if (!copies)
        return SP_ERR_NOMEM;
    c->dropped = (e->is & CARVED) && *copies;
    if (c->dropped)
        return 0;
    c->values_excess += e->excess;
    c->k = (*copies)++;
    return !c->k || sp_event_id(sp_str_c(c->scope->sources.source[c->source].org), &e->raw, c->k, &c->event_id) ? 0 : SP_ERR_NOMEM;
}

static void put_digest(struct sp_buf *payload, size_t at, const struct sp_digest *digest)
{
    char hex[65];

    if (at == SIZE_MAX || payload->failed)
        return;
    sp_digest_hex(digest, hex);
    memcpy(payload->ptr + at, hex, 64);
}

/* The ids that k > 0 makes. */
static int renew_ids(struct sp_commit *c, struct entry *e)
{
    const struct sp_rule *rule = c->scope->rules->rule[e->key.rule];

    e->event_id = c->event_id;
    if (!sp_sighting_id(sp_str_c(c->scope->sources.source[c->source].org), rule->id, &rule->sha256, &e->event_id, &e->id))
        return SP_ERR_NOMEM;
    put_digest(&c->payload, e->at.id, &e->id);
    put_digest(&c->payload, e->at.event_id, &e->event_id);
    return 0;
}

/* The payload with its final ids and line number; borrowed from the log or from c->payload. */
static int finish_payload(struct sp_commit *c, struct entry *e, struct sp_str *payload)
{
    bool renumber = (e->is & BY_LINE) && c->lines && e->at.record != SIZE_MAX;
    size_t at = renumber ? e->at.record : payload->len;
    struct sp_str rest = sp_str_cut(*payload, at, payload->len - at);
    int rc;

    if (!c->k && !renumber)
        return 0;
    sp_buf_clear(&c->payload);
    sp_buf_add(&c->payload, payload->ptr, at);
    if (renumber) {
        sp_buf_u64(&c->payload, c->lines + e->record);
        while (rest.len && *rest.ptr >= '0' && *rest.ptr <= '9')
            rest = sp_str_cut(rest, 1, rest.len - 1);
        sp_buf_str(&c->payload, rest);
    }
    rc = c->k ? renew_ids(c, e) : 0; /* they stand before the number */
    *payload = sp_buf_view(&c->payload);
    return c->payload.failed ? SP_ERR_NOMEM : rc;
}

static int commit_entry(struct sp_commit *c, struct entry *e, struct sp_str payload, struct sp_error *err)
{
    struct sp_sorted one = { .key = e->key };

    if ((e->is & FIRST) && count_copy(c, e) < 0)
        return sp_error_nomem(err);
    if (c->dropped)
        return 0;
    if (finish_payload(c, e, &payload) < 0)
        return sp_error_nomem(err);
    one.id = e->id;
    one.payload = payload;
    c->sightings++;
    return sp_sorter_add(c->sorter, &one, err);
}

static int commit_log(struct sp_commit *c, struct sp_unit *u, struct sp_error *err)
{
    struct sp_str log = sp_buf_view(&u->log);
    int rc = 0;

    c->sightings = 0;
    while (rc == 0 && log.len) {
        struct entry e;

        memcpy(&e, log.ptr, sizeof e);
        rc = commit_entry(c, &e, sp_str_cut(log, sizeof e, e.payload), err);
        log = sp_str_cut(log, sizeof e + e.payload, log.len - sizeof e - e.payload);
    }
    sp_buf_clear(&u->log);
    return rc;
}

static void add_times(struct sp_source_tally *t, const struct sp_unit *u)
{
    if (u->first.known && (!t->first.known || sp_time_cmp(u->first, t->first) < 0))
        t->first = u->first;
    if (u->last.known && (!t->last.known || sp_time_cmp(u->last, t->last) > 0))
        t->last = u->last;
}

int sp_commit_unit(struct sp_commit *c, struct sp_unit *u, bool finished, struct sp_error *err)
{
    struct sp_source_tally *t = &c->tally[u->source];
    struct sp_account_to to;
    int rc;

    if (u->source != c->source)
        begin_source(c, u->source);
    to = listener(c);
    rc = commit_log(c, u, err);
    if (rc < 0)
        return rc;
    rc = sp_account_add(&t->account, &to, &u->account);
    t->unrecognised += u->unrecognised;
    add_times(t, u);
    u->unrecognised = 0;
    if (finished)
        c->lines += u->lines;
    return rc < 0 ? sp_error_nomem(err) : 0;
}
