/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what workers found in units. Out: sightings with their final ids in the sorter, accounts by source. A unit owns
 * its log and account; entries of the log are copied in and out, for they lie at any address.
 */
#include "engine/unit.h"

#include "base/alloc.h"
#include "base/error.h"
#include "engine/resume.h"

enum { FIRST = 1, CARVED = 2, BY_LINE = 4, LOG_KEPT_MAX = 2 << 20 };

/* In the log, followed by its payload and what is kept of it. */
struct entry {
    struct sp_sort_key key;
    struct sp_digest id, event_id, raw;
    struct sp_sighting_places at, kept_at; /* in the payload; in the line that is kept */
    uint64_t record, length, excess;
    uint64_t payload; /* bytes */
    uint64_t kept;    /* bytes behind it, 0: no case */
    uint32_t digits;  /* of the time */
    uint32_t is;
};

/* What is kept, in front of its texts; `user`, `session`, `raw`: length + 1, 0: none. Behind the texts the values, each
 * with the lengths of its type and text before it. */
struct kept {
    uint64_t line, user, session, raw, values;
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
    *u = (struct sp_unit){ .account = account, .log = log, .number = number, .source = source, .file = file, .end = UINT64_MAX };
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

static uint64_t length_of(struct sp_str s)
{
    return s.ptr ? s.len + 1 : 0;
}

static void add_kept(struct sp_buf *log, const struct sp_case_sighting *s)
{
    struct kept k = { s->line.len, length_of(s->user), length_of(s->session), length_of(s->raw_bytes), s->value_count };

    sp_buf_add(log, &k, sizeof k);
    sp_buf_str(log, s->line);
    sp_buf_add(log, s->user.ptr, s->user.ptr ? s->user.len : 0);
    sp_buf_add(log, s->session.ptr, s->session.ptr ? s->session.len : 0);
    sp_buf_add(log, s->raw_bytes.ptr, s->raw_bytes.ptr ? s->raw_bytes.len : 0);
    for (size_t i = 0; i < s->value_count; i++) {
        uint64_t lengths[2] = { s->value[i].type.len, s->value[i].value.len };

        sp_buf_add(log, lengths, sizeof lengths);
        sp_buf_str(log, s->value[i].type);
        sp_buf_str(log, s->value[i].value);
    }
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
        .kept_at = one->kept && one->kept->line.len ? one->kept_places : one->places,
        .record = r->number, .length = r->length, .excess = one->excess, .payload = before + one->line.len, .digits = s->event->time.digits,
        .is = (one->first ? FIRST : 0u) | (r->carved ? CARVED : 0u) | (r->by_line ? BY_LINE : 0u),
    };

    size_t at = u->log.len, behind_it;

    sp_buf_add(&u->log, &e, sizeof e);
    sp_buf_add(&u->log, &host, sizeof host);
    if (host)
        sp_buf_str(&u->log, s->host);
    sp_buf_str(&u->log, one->line);
    behind_it = u->log.len;
    if (one->kept)
        add_kept(&u->log, one->kept);
    e.kept = u->log.len - behind_it;
    if (!u->log.failed)
        memcpy(u->log.ptr + at, &e, sizeof e);
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
    sp_line_init(&c->judged);
}

void sp_commit_done(struct sp_commit *c)
{
    sp_digest_map_done(&c->copies);
    sp_buf_done(&c->payload);
    sp_buf_done(&c->kept);
    sp_line_done(&c->judged);
    sp_free(c->value);
    sp_free(c->room);
}

static struct sp_account_to listener(const struct sp_commit *c)
{
    return (struct sp_account_to){ c->scope->ctx, c->scope->sources.source[c->source].path, &c->scope->limits };
}

/* ---- sources ---- */

int sp_commit_end(struct sp_commit *c, struct sp_error *err)
{
    struct sp_source_tally *t;
    struct sp_account_to to;
    size_t source = c->source;

    if (source == SIZE_MAX)
        return 0;
    t = &c->tally[source];
    to = listener(c);
    c->whole |= c->member && !c->cut && !sp_stopped(c->scope->ctx);
    if (c->whole && c->hash_sources && c->hashed)
        t->account.has_sha256 = sp_hash_end(&c->hash, &t->account.sha256);
    if (c->member && c->whole && t->has_unpacked) {
        t->account.has_sha256 = true;
        t->account.sha256 = t->unpacked;
    }
    sp_account_settle(&t->account, &to);
    c->source = SIZE_MAX;
    return c->keep ? sp_keep_source(c->keep, source, t, c->whole, err) : 0;
}

static int begin_source(struct sp_commit *c, size_t source, struct sp_error *err)
{
    int rc = sp_commit_end(c, err);

    if (rc < 0)
        return rc;
    c->source = source;
    c->lines = c->hashed = 0;
    c->whole = c->cut = c->member = false;
    sp_hash_begin(&c->hash);
    sp_digest_map_clear(&c->copies);
    sp_account_init(&c->tally[source].account);
    if (c->keep && sp_keep_from(c->keep, source))
        rc = sp_keep_restore(c->keep, source, &c->tally[source], &c->lines, &c->copies, err);
    return rc;
}

/* The bytes of a source that is read in parts, in their order, up to `end`; they are in memory, mostly. */
static int hash_to(struct sp_commit *c, const struct sp_unit *u, struct sp_error *err)
{
    enum { PIECE = 256 << 10 };

    if (!c->room)
        c->room = sp_malloc(PIECE);
    if (!c->room)
        return sp_error_nomem(err);
    while (c->hashed < u->end && !c->hash.failed) {
        size_t want = u->end - c->hashed < PIECE ? (size_t)(u->end - c->hashed) : PIECE;
        int64_t n = sp_input_read_at(&u->file->parts.input, c->room, want, c->hashed, NULL);

        if (n == 0 && u->end == UINT64_MAX)
            break;
        if (n <= 0 || sp_stopped(c->scope->ctx)) /* no digest rather than a wrong one */
            c->hash.failed = true;
        else
            sp_hash_add(&c->hash, c->room, (size_t)n);
        c->hashed += n > 0 ? (uint64_t)n : 0;
    }
    return 0;
}

/* ---- sightings ---- */

/* The first sighting of an event: is it a copy of a record sighted before? */
static int count_copy(struct sp_commit *c, const struct sp_unit *u, const struct entry *e, struct sp_error *err)
{
    uint64_t *copies = sp_digest_map_at(&c->copies, &e->raw);

    if (!copies)
        return sp_error_nomem(err);
    c->dropped = (e->is & CARVED) && *copies;
    if (c->dropped)
        return 0;
    c->values_excess += e->excess;
    c->k = (*copies)++;
    if (c->k && !sp_event_id(sp_str_c(c->scope->sources.source[c->source].org), &e->raw, c->k, &c->event_id))
        return sp_error_nomem(err);
    return c->keep && u->file && !c->member ? sp_keep_copy(c->keep, &e->raw, c->k + 1, err) : 0;
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
static bool renew_ids(struct sp_commit *c, struct entry *e)
{
    const struct sp_rule *rule = c->scope->rules->rule[e->key.rule];

    e->event_id = c->event_id;
    return sp_sighting_id(sp_str_c(c->scope->sources.source[c->source].org), rule->id, &rule->sha256, &e->event_id, &e->id);
}

/* The text with its final ids and line number; borrowed from the log or from `room`. */
static bool finish(struct sp_commit *c, const struct entry *e, const struct sp_sighting_places *places, struct sp_buf *room, struct sp_str *text)
{
    bool renumber = (e->is & BY_LINE) && c->lines && places->record != SIZE_MAX;
    size_t at = renumber ? places->record : text->len;
    struct sp_str rest = sp_str_cut(*text, at, text->len - at);

    if (!c->k && !renumber)
        return true;
    sp_buf_clear(room);
    sp_buf_add(room, text->ptr, at);
    if (renumber) {
        sp_buf_u64(room, c->lines + e->record);
        while (rest.len && *rest.ptr >= '0' && *rest.ptr <= '9')
            rest = sp_str_cut(rest, 1, rest.len - 1);
        sp_buf_str(room, rest);
    }
    if (c->k) { /* they stand before the number */
        put_digest(room, places->id, &e->id);
        put_digest(room, places->event_id, &e->event_id);
    }
    *text = sp_buf_view(room);
    return !room->failed;
}

/* The next `n` bytes of what is kept. */
static struct sp_str take(struct sp_str *from, uint64_t n)
{
    struct sp_str s = sp_str_cut(*from, 0, (size_t)n);

    *from = sp_str_cut(*from, (size_t)n, from->len - (size_t)n);
    return s;
}

static struct sp_str take_known(struct sp_str *from, uint64_t length)
{
    return length ? take(from, length - 1) : (struct sp_str){ NULL, 0 };
}

static bool take_values(struct sp_commit *c, struct sp_str from, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t lengths[2];

        if (!sp_list_grow(&c->value, (size_t)i, &c->value_room, sizeof *c->value))
            return false;
        memcpy(lengths, take(&from, sizeof lengths).ptr, sizeof lengths);
        c->value[i].type = take(&from, lengths[0]);
        c->value[i].value = take(&from, lengths[1]);
    }
    return true;
}

/* Has an analyst called it benign? 1, 0, SP_ERR_NOMEM. */
static int suppressed(struct sp_commit *c, const struct entry *e, struct sp_str line, struct sp_error *err)
{
    struct sp_str org = sp_str_c(c->scope->sources.source[c->source].org), rule = c->scope->rules->rule[e->key.rule]->id;
    int64_t act;
    int rc;

    if (!sp_suppress_asks(c->suppress, org, rule))
        return 0;
    rc = sp_line_read(&c->judged, line, err);
    if (rc == 0)
        rc = sp_suppress_holds(c->suppress, org, rule, &c->judged, &act);
    return rc < 0 ? sp_error_nomem(err) : rc;
}

/* Into the case; `line` is the one that was given out, finished. 1: it is not to be given out. */
static int keep(struct sp_commit *c, const struct entry *e, struct sp_str payload, struct sp_str kept, struct sp_error *err)
{
    struct sp_case_sighting s = {
        .id = e->id, .event = e->event_id, .raw = e->raw, .kind = SP_STR("rule"), .rule_row = e->key.rule, .source_row = (int64_t)c->source,
        .time = { e->key.sec, e->key.nsec, (uint8_t)e->digits, !e->key.no_time, true }, .offset = e->key.offset, .length = e->length,
        .record = e->record + (e->is & BY_LINE ? c->lines : 0), .copy = c->k, .host = sp_payload_host(payload),
    };
    struct kept k;
    int rc;

    memcpy(&k, take(&kept, sizeof k).ptr, sizeof k);
    s.line = take(&kept, k.line);
    if (!k.line)
        s.line = sp_payload_line(payload);
    else if (!finish(c, e, &e->kept_at, &c->kept, &s.line))
        return sp_error_nomem(err);
    s.user = take_known(&kept, k.user);
    s.session = take_known(&kept, k.session);
    s.raw_bytes = take_known(&kept, k.raw);
    if (!take_values(c, kept, k.values))
        return sp_error_nomem(err);
    s.value = c->value;
    s.value_count = (size_t)k.values;
    rc = sp_keep_sighting(c->keep, &s, err);
    return rc < 0 ? rc : suppressed(c, e, s.line, err);
}

static int commit_entry(struct sp_commit *c, const struct sp_unit *u, struct entry *e, struct sp_str rest, struct sp_error *err)
{
    struct sp_str payload = sp_str_cut(rest, 0, (size_t)e->payload);
    struct sp_sorted one = { .key = e->key };
    int rc = (e->is & FIRST) ? count_copy(c, u, e, err) : 0;

    if (rc < 0 || c->dropped)
        return rc;
    if ((c->k && !renew_ids(c, e)) || !finish(c, e, &e->at, &c->payload, &payload))
        return sp_error_nomem(err);
    one.id = e->id;
    one.payload = payload;
    c->sightings++;
    rc = c->keep && e->kept ? keep(c, e, payload, sp_str_cut(rest, (size_t)e->payload, (size_t)e->kept), err) : 0;
    one.key.flags |= rc > 0 ? SP_SIGHTING_SUPPRESSED : 0;
    return rc < 0 ? rc : sp_sorter_add(c->sorter, &one, err);
}

static int commit_log(struct sp_commit *c, struct sp_unit *u, struct sp_error *err)
{
    struct sp_str log = sp_buf_view(&u->log);
    int rc = 0;

    c->sightings = 0;
    while (rc == 0 && log.len && !c->cut) {
        struct entry e;

        memcpy(&e, take(&log, sizeof e).ptr, sizeof e);
        rc = commit_entry(c, u, &e, log, err);
        (void)take(&log, e.payload + e.kept);
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

/* The unit is finished: how far is the source? */
static int reach(struct sp_commit *c, struct sp_unit *u, struct sp_error *err)
{
    int rc = 0;

    c->lines += u->lines;
    c->cut |= u->cut;
    if (c->cut || c->member)
        return 0;
    if (c->hash_sources && u->file)
        rc = hash_to(c, u, err);
    c->cut |= c->hash.failed && sp_stopped(c->scope->ctx); /* a source is not done before it has its digest */
    if (rc < 0 || c->cut)
        return rc;
    c->whole = u->end == UINT64_MAX;
    if (c->whole)
        return sp_commit_end(c, err);
    if (!c->keep)
        return 0;
    sp_buf_clear(&c->kept);
    sp_resume_write(&c->kept, &c->tally[c->source], c->lines);
    return c->kept.failed ? sp_error_nomem(err) : sp_keep_reached(c->keep, c->source, u->end, sp_buf_view(&c->kept), err);
}

int sp_commit_unit(struct sp_commit *c, struct sp_unit *u, bool finished, struct sp_error *err)
{
    struct sp_source_tally *t = &c->tally[u->source];
    struct sp_account_to to;
    int rc = u->source != c->source ? begin_source(c, u->source, err) : 0;

    if (rc < 0)
        return rc;
    c->member = u->file && u->file->parts.archive;
    to = listener(c);
    rc = commit_log(c, u, err);
    if (rc < 0)
        return rc;
    if (sp_account_add(&t->account, &to, &u->account) < 0)
        return sp_error_nomem(err);
    t->unrecognised += u->unrecognised;
    add_times(t, u);
    u->unrecognised = 0;
    if (finished)
        rc = reach(c, u, err);
    return rc == 0 && c->keep ? sp_keep_look(c->keep, err) : rc;
}
