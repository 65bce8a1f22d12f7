/* SPDX-License-Identifier: Apache-2.0
 *
 * In: logs. Out: every record as a line (contract 4): whole as JSON or Windows' XML, or the fields as rules see them.
 */
#include "base/error.h"
#include "base/jsonw.h"
#include "base/safe.h"
#include "engine/scope.h"
#include "event/event.h"
#include "read/value.h"

enum { WRITE_BYTES = 1 << 16 };

struct decode {
    const struct sp_decode_options *options;
    struct sp_scope scope;
    struct sp_reader *reader;
    struct sp_cursor cursor;
    struct sp_events *events;
    struct sp_decode_result *result;
    struct sp_buf out, scratch, place;
    struct sp_error *err;
};

/* The member "spoor": where the record stands (contract 4), behind other members. */
static int place(struct decode *d, const struct sp_record *r)
{
    struct sp_buf *out = &d->out;
    struct sp_digest sha;

    if (!sp_sha256(r->raw, &sha))
        return SP_ERR_NOMEM;
    sp_buf_str(out, sp_buf_view(&d->place));
    sp_buf_u64(out, r->offset);
    sp_buf_text(out, ",\"length\":");
    sp_buf_u64(out, r->length);
    sp_buf_text(out, ",\"record\":");
    sp_buf_u64(out, r->number);
    sp_buf_text(out, ",\"sha256\":\"");
    sp_buf_hex(out, sha.bytes, sizeof sha.bytes, false);
    sp_buf_text(out, r->carved ? "\",\"carved\":true}" : "\",\"carved\":false}");
    return 0;
}

/* What that member begins with for every record of a source. */
static bool begin_place(struct decode *d, const char *path)
{
    struct sp_json w = sp_json_to(&d->place);

    sp_buf_clear(&d->place);
    sp_buf_text(&d->place, ",\"spoor\":{\"source\":");
    sp_json_text(&w, path);
    sp_buf_text(&d->place, ",\"offset\":");
    return !d->place.failed;
}

static int json_line(struct decode *d, const struct sp_record *r)
{
    struct sp_json w = sp_json_to(&d->out);
    int rc = 0;

    sp_json_open(&w, '{');
    switch (r->kind) {
    case SP_RECORD_EVTX:
        rc = sp_evtx_json(sp_reader_evtx(d->reader), &d->out);
        w.comma = true;
        break;
    case SP_RECORD_JSON:
        sp_json_key(&w, SP_STR("record"));
        rc = sp_jsonl_compact(sp_reader_jsonl(d->reader), &d->out);
        w.comma = true;
        break;
    case SP_RECORD_TEXT:
    default:
        sp_json_key(&w, SP_STR("fields"));
        sp_tree_json(&d->out, r->tree, 0, &d->scratch);
        w.comma = true;
        break;
    }
    if (rc == 0)
        rc = place(d, r);
    sp_json_close(&w, '}');
    sp_buf_char(&d->out, '\n');
    return rc;
}

static void part(struct sp_json *w, struct sp_str key, struct sp_str text)
{
    sp_json_key(w, key);
    if (text.len)
        sp_json_str(w, text);
    else
        sp_json_null(w);
}

static int fields_line(struct decode *d, const struct sp_record *r)
{
    struct sp_json w = sp_json_to(&d->out);
    struct sp_event event;
    struct sp_logsource l;
    int rc = sp_event_make(d->events, r, &event);

    if (rc < 0)
        return rc;
    l = sp_class_logsource(event.class_);
    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("logsource"));
    sp_json_open(&w, '{');
    part(&w, SP_STR("product"), l.product);
    part(&w, SP_STR("category"), l.category);
    part(&w, SP_STR("service"), l.service);
    sp_json_close(&w, '}');
    sp_json_key(&w, SP_STR("fields"));
    rc = sp_event_fields_json(d->events, &event, &d->out);
    w.comma = true;
    if (rc == 0)
        rc = place(d, r);
    sp_json_close(&w, '}');
    sp_buf_char(&d->out, '\n');
    return rc;
}

/* A short line a record for people: time, number, where it stands and what the event calls itself. */
static int table_line(struct decode *d, const char *path, const struct sp_record *r)
{
    struct sp_event event;
    int rc = sp_event_make(d->events, r, &event);

    if (rc < 0)
        return rc;
    if (event.time.known)
        sp_time_write(&d->out, event.time);
    else
        sp_buf_text(&d->out, "-");
    sp_buf_printf(&d->out, "  %llu  ", (unsigned long long)r->number);
    sp_safe_write(&d->out, sp_str_c(path));
    sp_buf_printf(&d->out, "@%llu%s  ", (unsigned long long)r->offset, r->carved ? " (carved)" : "");
    sp_buf_clear(&d->scratch);
    rc = sp_event_fields_json(d->events, &event, &d->scratch);
    sp_safe_write(&d->out, sp_buf_view(&d->scratch));
    sp_buf_char(&d->out, '\n');
    return rc;
}

static int line(struct decode *d, const char *path, const struct sp_record *r)
{
    switch (d->options->output.format) {
    case SP_FORMAT_XML:
        if (r->kind == SP_RECORD_EVTX) {
            int rc = sp_evtx_xml(sp_reader_evtx(d->reader), &d->out);

            sp_buf_char(&d->out, '\n');
            return rc;
        }
        return json_line(d, r);
    case SP_FORMAT_FIELDS:
        return fields_line(d, r);
    case SP_FORMAT_TABLE:
        return table_line(d, path, r);
    case SP_FORMAT_JSON:
    case SP_FORMAT_CSV:
    case SP_FORMAT_SIGHTINGS:
    default:
        return json_line(d, r);
    }
}

/* Does a line show an event's fields, or the record whole? */
static bool shows_fields(enum sp_format format)
{
    return format == SP_FORMAT_FIELDS || format == SP_FORMAT_TABLE;
}

static int flush(struct decode *d, bool all)
{
    int rc = 0;

    if (d->out.failed || d->scratch.failed)
        return sp_error_nomem(d->err);
    if (d->out.len && (all || d->out.len >= WRITE_BYTES)) {
        rc = d->options->output.write(d->options->output.arg, d->out.ptr, d->out.len, d->err);
        sp_buf_clear(&d->out);
    }
    return rc < 0 ? rc : 0;
}

static int decode_source(struct decode *d, const struct sp_source *source, struct sp_account *account)
{
    struct sp_record record;
    int rc;

    if (!begin_place(d, source->path))
        return sp_error_nomem(d->err);
    rc = sp_reader_open_source(d->reader, source, &d->cursor, account);

    while (rc > 0) {
        rc = sp_reader_next(d->reader, &record);
        if (rc <= 0)
            break;
        rc = line(d, source->path, &record);
        if (rc < 0)
            break;
        rc = flush(d, false);
        if (rc < 0)
            return rc;
        rc = 1;
    }
    sp_reader_close(d->reader);
    return rc < 0 ? sp_error_nomem(d->err) : 0;
}

static int decode_all(struct decode *d)
{
    int rc = 0;

    d->cursor.options = sp_archive_options_of(&d->scope.sources, &d->scope.limits, d->scope.ctx);
    for (size_t i = 0; rc == 0 && i < d->scope.sources.count && !sp_stopped(d->scope.ctx); i++) {
        const struct sp_source *s = &d->scope.sources.source[d->scope.sources.order[i]];
        struct sp_account account;

        d->result->lost |= s->skipped && s->lost;
        d->result->opened |= s->skipped && s->opened;
        if (s->skipped)
            continue;
        sp_account_init(&account);
        rc = decode_source(d, s, &account);
        d->result->lost |= account.lost;
        d->result->opened |= account.opened;
        d->result->sources += account.opened;
        d->result->records += account.records;
        d->result->undecodable += account.undecodable;
        d->result->carved += account.carved;
        sp_account_done(&account);
    }
    return rc == 0 ? flush(d, true) : rc;
}

int sp_decode(const struct sp_decode_options *options, const struct sp_ctx *ctx, struct sp_decode_result *ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct decode d = { .options = options, .result = ret, .err = err ? err : &ignored };
    int rc;

    *ret = (struct sp_decode_result){ 0 };
    rc = sp_scope_init(&d.scope, &options->read, ctx, d.err);
    if (rc == 0)
        rc = sp_scope_sources(&d.scope, &options->read, d.err);
    if (rc == 0) {
        struct sp_reader_options r = { .limits = &d.scope.limits, .ctx = ctx, .type = d.scope.type, .carve = d.scope.carve };

        d.reader = sp_reader_new(&r);
        d.events = sp_events_new(d.scope.taxonomy, d.scope.given);
        if (d.reader && !shows_fields(options->output.format))
            sp_evtx_whole(sp_reader_evtx(d.reader));
        rc = d.reader && d.events ? decode_all(&d) : sp_error_nomem(d.err);
    }
    ret->interrupted = sp_stopped(ctx);
    sp_reader_free(d.reader);
    sp_cursor_done(&d.cursor);
    sp_events_free(d.events);
    sp_buf_done(&d.out);
    sp_buf_done(&d.scratch);
    sp_buf_done(&d.place);
    sp_scope_done(&d.scope);
    return rc;
}
