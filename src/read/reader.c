/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the path of one source. Out: its records, one at a time, and an account of what was not read. The reader
 * owns the format readers below it and their buffers; the account is the caller's.
 */
#include "read/reader.h"

#include <string.h>

#include "base/alloc.h"
#include "read/lines.h"

enum {
    EVTX_READ = SP_EVTX_CHUNK,  /* read at once: it is still in the cache when it is decoded */
};

struct sp_reader {
    struct sp_reader_options options;
    struct sp_input input;
    struct sp_account *account; /* borrowed, of the source in hand */
    struct sp_account_to to;    /* who hears of it */
    enum sp_source_type type;
    struct sp_evtx *evtx;
    struct sp_jsonl *jsonl;
    struct sp_lines *lines;
    char *unit;          /* EVTX_READ bytes of the file */
    size_t unit_len, unit_at;
    uint64_t unit_offset; /* of unit[0] in the file */
    enum { CHUNK_NONE, CHUNK_LIVE, CHUNK_SLACK } chunk;
    uint64_t from, position; /* where the input began, where it was closed */
    struct sp_hash hash; /* of a whole source, with options.digest */
    bool open, ended;
};

struct sp_reader *sp_reader_new(const struct sp_reader_options *options)
{
    struct sp_reader *r = sp_zalloc(sizeof *r);

    if (!r)
        return NULL;
    r->options = *options;
    r->evtx = sp_evtx_new(options->limits);
    r->jsonl = sp_jsonl_new(options->limits);
    r->lines = sp_lines_new(options->limits);
    r->unit = sp_malloc(EVTX_READ);
    if (!r->evtx || !r->jsonl || !r->lines || !r->unit) {
        sp_reader_free(r);
        return NULL;
    }
    return r;
}

void sp_reader_free(struct sp_reader *r)
{
    if (!r)
        return;
    sp_reader_close(r);
    sp_evtx_free(r->evtx);
    sp_jsonl_free(r->jsonl);
    sp_lines_free(r->lines);
    sp_free(r->unit);
    sp_free(r);
}

void sp_reader_close(struct sp_reader *r)
{
    if (r->open)
        r->position = r->input.position;
    r->open = false;
    sp_input_close(&r->input);
}

struct sp_evtx *sp_reader_evtx(struct sp_reader *r)
{
    return r->evtx;
}

struct sp_jsonl *sp_reader_jsonl(struct sp_reader *r)
{
    return r->jsonl;
}

uint64_t sp_reader_lines(const struct sp_reader *r)
{
    switch (r->type) {
    case SP_SOURCE_JSON:
    case SP_SOURCE_JSON_DOCUMENT:
        return sp_jsonl_lines(r->jsonl);
    case SP_SOURCE_PLAIN:
        return sp_lines_passed(r->lines);
    case SP_SOURCE_NONE:
    case SP_SOURCE_EMPTY:
    case SP_SOURCE_EVTX:
    case SP_SOURCE_ARCHIVE:
    case SP_SOURCE_LATER:
    default:
        return 0;
    }
}

uint64_t sp_reader_position(const struct sp_reader *r)
{
    return r->open ? r->input.position : r->position;
}

static void told(void *arg, uint64_t offset, bool lost, const char *reason)
{
    struct sp_reader *r = arg;

    sp_account_trouble(r->account, &r->to, offset, lost, reason);
}

static void lost(void *arg, uint64_t offset, const char *reason)
{
    told(arg, offset, true, reason);
}

/* The file is not read at all. */
static int skip(struct sp_reader *r, bool aloud, const char *reason, const char *cure)
{
    sp_reader_close(r);
    return sp_account_skip(r->account, &r->to, reason, aloud ? cure : NULL);
}

/* `size` bytes unless the file ends before: pipes hand out less at a time. */
static int64_t read_full(struct sp_reader *r, char *to, size_t size, struct sp_error *err)
{
    size_t have = 0;

    while (have < size) {
        int64_t n = sp_input_read(&r->input, to + have, size - have, err);

        if (n < 0)
            return n;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (int64_t)have;
}

/* The EVTX header is read past, never trusted; its CRC and magic are only told about. */
static int begin_evtx(struct sp_reader *r)
{
    struct sp_error err;
    int64_t n;

    r->chunk = CHUNK_NONE;
    r->unit_len = r->unit_at = 0;
    r->unit_offset = r->input.position;
    if (r->input.position)
        return 1; /* a part behind the first */
    if (r->input.head.len >= 8 && memcmp(r->input.head.ptr, "ElfChnk\0", 8) == 0)
        return 1; /* chunks without a file header: carved or cut out */
    n = read_full(r, r->unit, SP_EVTX_FILE_HEADER, &err);
    if (n < 0) {
        told(r, r->input.position, true, err.what);
        return 0;
    }
    r->unit_offset = (uint64_t)n;
    if (n < SP_EVTX_FILE_HEADER) {
        told(r, 0, true, "the file ends inside its EVTX header");
        return 0;
    }
    return 1;
}

static int begin(struct sp_reader *r, bool named, const char *what)
{
    switch (r->type) {
    case SP_SOURCE_EVTX:
        return begin_evtx(r);
    case SP_SOURCE_JSON:
    case SP_SOURCE_JSON_DOCUMENT:
        sp_jsonl_begin(r->jsonl, &r->input, r->type == SP_SOURCE_JSON_DOCUMENT, lost, r);
        return 1;
    case SP_SOURCE_PLAIN:
        sp_lines_begin(r->lines, &r->input, lost, r);
        return 1;
    case SP_SOURCE_EMPTY:
        return 0;
    case SP_SOURCE_ARCHIVE: {
        char reason[96] = "archive, not read in this version: ";

        strncat(reason, what, sizeof reason - strlen(reason) - 1);
        return skip(r, named, reason, "unpack it and give the folder");
    }
    case SP_SOURCE_LATER:
        return skip(r, named, "this type of log is not read in this version", "see `spoor help hunt` for the types");
    case SP_SOURCE_NONE:
    default:
        return skip(r, named, "no log: neither EVTX, JSON nor text", "check the file, or name its type with --source-type");
    }
}

static void prepare(struct sp_reader *r, const char *path, struct sp_account *account)
{
    sp_reader_close(r);
    r->account = account;
    r->to = (struct sp_account_to){ r->options.quiet ? NULL : r->options.ctx, path, r->options.limits };
    r->type = SP_SOURCE_NONE;
    r->position = 0;
    r->ended = false;
}

static void begin_digest(struct sp_reader *r)
{
    if (!r->options.digest)
        return;
    sp_hash_begin(&r->hash);
    r->input.hash = &r->hash;
}

/* The digest of all bytes, which were hashed as they were read; what was left over is read now. Of what is read in parts
 * whoever deals or commits them takes it. */
static void take_digest(struct sp_reader *r)
{
    int64_t n = 1;

    if (!r->input.hash)
        return;
    while (n > 0 && !sp_stopped(r->options.ctx))
        n = sp_input_read(&r->input, r->unit, EVTX_READ, NULL);
    r->account->has_sha256 = sp_hash_end(&r->hash, &r->account->sha256) && n == 0;
}

/* Bytes of the input; `what` is the kind of an archive. */
static int start(struct sp_reader *r, bool named, const char *what)
{
    int rc;

    r->open = true;
    r->from = r->input.position;
    r->account->opened = true;
    r->account->type = r->type;
    rc = begin(r, named, what);
    if (rc == 0 && r->input.trouble)
        told(r, r->input.position, true, r->input.trouble);
    if (rc == 0)
        take_digest(r);
    if (rc == 0)
        sp_reader_close(r);
    return rc;
}

int sp_reader_open(struct sp_reader *r, const char *path, bool named, struct sp_account *account)
{
    struct sp_error err;
    const char *what = "";
    int rc;

    prepare(r, path, account);
    rc = sp_input_open(&r->input, path, &err);
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : sp_account_skip(account, &r->to, err.what, err.cure);
    account->bytes = r->input.size;
    begin_digest(r);
    r->type = sp_source_type_of(r->input.head, r->options.type, &what);
    return start(r, named, what);
}

int sp_reader_open_source(struct sp_reader *r, const struct sp_source *source, struct sp_cursor *cursor, struct sp_account *account)
{
    struct sp_error err;
    struct sp_str head;
    const char *what = "";
    int rc;

    if (!source->pack)
        return sp_reader_open(r, source->path, !source->walked, account);
    prepare(r, source->path, account);
    if (source->pack->input) {
        r->input = *source->pack->input;
        *source->pack->input = (struct sp_input){ .fd = -1, .head = SP_STR_NONE };
    } else {
        rc = sp_cursor_go(cursor, source, &head, &err);
        if (rc < 0)
            return rc == SP_ERR_NOMEM ? rc : sp_account_skip(account, &r->to, err.what, err.cure);
        r->input = sp_input_member(cursor->archive, head);
    }
    begin_digest(r);
    r->type = sp_source_type_of(r->input.head, r->options.type, &what);
    return start(r, !source->walked, what);
}

int sp_reader_open_part(struct sp_reader *r, struct sp_parts *parts, const struct sp_part *part, struct sp_account *account)
{
    prepare(r, parts->path, account);
    r->input = part->bytes ? sp_input_bytes(part) : sp_input_part(&parts->input, part->from, part->end);
    r->input.extend = part->extend;
    r->input.extend_arg = part->arg;
    r->type = parts->type;
    account->bytes = part->from ? 0 : r->input.size;
    return start(r, false, "");
}

/* Fill the unit with the next chunks of the file: 1, 0 at the end. */
static int next_unit(struct sp_reader *r)
{
    struct sp_error err;
    int64_t n;

    r->unit_offset += r->unit_len;
    r->unit_len = r->unit_at = 0;
    n = read_full(r, r->unit, EVTX_READ, &err);
    if (n < 0) {
        told(r, r->input.position, true, err.what);
        return 0;
    }
    r->unit_len = (size_t)n;
    return n > 0;
}

/* Begin the next chunk that has records to try: 1, 0 at the end. */
static int next_chunk(struct sp_reader *r)
{
    for (;;) {
        size_t left = r->unit_len - r->unit_at, len = left < SP_EVTX_CHUNK ? left : SP_EVTX_CHUNK;
        struct sp_str bytes = { r->unit + r->unit_at, len };
        uint64_t offset = r->unit_offset + r->unit_at;
        int rc;

        if (left == 0) {
            if (sp_stopped(r->options.ctx) || !next_unit(r))
                return 0;
            continue;
        }
        r->unit_at += len;
        rc = sp_evtx_begin(r->evtx, bytes, offset, told, r);
        if (rc != 0)
            return rc;
    }
}

static int next_evtx(struct sp_reader *r, struct sp_record *ret)
{
    for (;;) {
        uint64_t undecodable = 0;
        int rc;

        if (r->chunk == CHUNK_NONE) {
            rc = next_chunk(r);
            if (rc <= 0)
                return rc;
            r->chunk = CHUNK_LIVE;
        }
        if (r->chunk == CHUNK_LIVE) {
            rc = sp_evtx_next(r->evtx, ret, &undecodable);
            r->account->records += undecodable + (rc > 0);
            r->account->undecodable += undecodable;
            if (rc > 0)
                sp_gaps_add(&r->account->numbers, ret->number);
            if (rc != 0)
                return rc;
            r->chunk = r->options.carve ? CHUNK_SLACK : CHUNK_NONE;
        }
        if (r->chunk == CHUNK_SLACK) {
            rc = sp_evtx_carve(r->evtx, ret);
            r->account->carved += rc > 0;
            if (rc != 0)
                return rc;
            r->chunk = CHUNK_NONE;
        }
    }
}

static int next_text(struct sp_reader *r, struct sp_record *ret)
{
    struct sp_error err;
    uint64_t undecodable = 0;
    int rc;

    if (sp_stopped(r->options.ctx))
        return 0;
    if (r->type == SP_SOURCE_PLAIN)
        rc = sp_lines_next(r->lines, ret, &undecodable, &err);
    else
        rc = sp_jsonl_next(r->jsonl, ret, &undecodable, &err);
    r->account->records += undecodable + (rc > 0);
    r->account->undecodable += undecodable;
    if (rc < 0 && rc != SP_ERR_NOMEM) {
        told(r, r->input.position, true, err.what);
        rc = 0;
    }
    return rc;
}

/* What only the end can tell. */
static void settle(struct sp_reader *r)
{
    struct sp_account *a = r->account;

    take_digest(r);
    if (!r->input.seekable)
        a->bytes = r->input.position - r->from;
    if (r->input.trouble)
        told(r, r->input.position, true, r->input.trouble);
    if (r->type == SP_SOURCE_JSON || r->type == SP_SOURCE_JSON_DOCUMENT)
        a->duplicates = sp_jsonl_duplicates(r->jsonl);
    if (!r->options.quiet)
        sp_account_settle(a, &r->to);
}

int sp_reader_next(struct sp_reader *r, struct sp_record *ret)
{
    int rc;

    if (r->ended)
        return 0;
    rc = r->type == SP_SOURCE_EVTX ? next_evtx(r, ret) : next_text(r, ret);
    if (rc == 0) {
        r->ended = true;
        settle(r);
        sp_reader_close(r);
    }
    return rc;
}
