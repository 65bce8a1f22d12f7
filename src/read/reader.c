/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the path of one source. Out: its records, one at a time, and an account of what was not read. The reader
 * owns the format readers below it and their buffers; the account is the caller's.
 */
#include "read/reader.h"

#include <string.h>

#include "base/alloc.h"
#include "read/gaps.h"
#include "read/lines.h"

enum {
    NOTES_MAX = 5,                  /* troubles of one source said aloud; all are counted, many are listed */
    EVTX_UNIT = 16 * SP_EVTX_CHUNK, /* read at once */
};

struct sp_reader {
    struct sp_reader_options options;
    struct sp_input input;
    struct sp_account *account; /* borrowed, of the source in hand */
    const char *path;
    struct sp_evtx *evtx;
    struct sp_jsonl *jsonl;
    struct sp_lines *lines;
    struct sp_gaps gaps;
    char *unit;          /* EVTX_UNIT bytes of the file */
    size_t unit_len, unit_at;
    uint64_t unit_offset; /* of unit[0] in the file */
    enum { CHUNK_NONE, CHUNK_LIVE, CHUNK_SLACK } chunk;
    bool ended, out_of_memory;
};

void sp_account_done(struct sp_account *account)
{
    sp_arena_done(&account->arena);
}

struct sp_reader *sp_reader_new(const struct sp_reader_options *options)
{
    struct sp_reader *r = sp_zalloc(sizeof *r);

    if (!r)
        return NULL;
    r->options = *options;
    r->input.fd = -1;
    r->evtx = sp_evtx_new(options->limits);
    r->jsonl = sp_jsonl_new(options->limits);
    r->lines = sp_lines_new(options->limits);
    r->unit = sp_malloc(EVTX_UNIT);
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
    sp_gaps_done(&r->gaps);
    sp_free(r->unit);
    sp_free(r);
}

void sp_reader_close(struct sp_reader *r)
{
    sp_input_close(&r->input);
    r->input.fd = -1;
}

struct sp_evtx *sp_reader_evtx(struct sp_reader *r)
{
    return r->evtx;
}

struct sp_jsonl *sp_reader_jsonl(struct sp_reader *r)
{
    return r->jsonl;
}

uint64_t sp_reader_position(const struct sp_reader *r)
{
    return r->input.position;
}

/* Put a trouble into the account, and say the first few aloud. */
static void trouble(struct sp_reader *r, uint64_t offset, bool lost, const char *reason)
{
    struct sp_account *a = r->account;
    struct sp_error note;

    a->lost |= lost;
    if (++a->error_total <= NOTES_MAX) {
        sp_error_set(&note, SP_ERR_FORMAT, "%s", reason);
        sp_error_where(&note, "%s@%llu", r->path, (unsigned long long)offset);
        sp_error_cure(&note, lost ? "the rest is read; compare with another copy of this log" : "the records are read all the same");
        sp_note(r->options.ctx, &note);
    }
    if (a->error_count >= r->options.limits->errors_listed)
        return;
    if (a->error_count == a->error_room) {
        size_t room = a->error_room ? 2 * a->error_room : 8;
        struct sp_read_error *grown = sp_arena_grow(&a->arena, a->error, a->error_count, room, sizeof *grown);

        if (!grown)
            return;
        a->error = grown;
        a->error_room = room;
    }
    a->error[a->error_count].offset = offset;
    a->error[a->error_count].reason = sp_arena_zalloc(&a->arena, strlen(reason) + 1);
    if (a->error[a->error_count].reason)
        memcpy(a->error[a->error_count++].reason, reason, strlen(reason));
}

static void evtx_trouble(void *arg, uint64_t offset, bool lost, const char *reason)
{
    trouble(arg, offset, lost, reason);
}

static void text_trouble(void *arg, uint64_t offset, const char *reason)
{
    trouble(arg, offset, true, reason);
}

/* The file is not read at all: the reason goes into the account and, if the user named the file, aloud. */
static int skip(struct sp_reader *r, bool lost, const char *reason, const char *cure)
{
    struct sp_account *a = r->account;
    struct sp_error note;
    struct sp_str kept = sp_arena_str(&a->arena, sp_str_c(reason));

    a->skipped = kept.ptr ? kept.ptr : "not read";
    a->lost |= lost;
    if (lost) {
        sp_error_set(&note, SP_ERR_FORMAT, "%s", reason);
        sp_error_where(&note, "%s", r->path);
        sp_error_cure(&note, "%s", cure);
        sp_note(r->options.ctx, &note);
    }
    sp_reader_close(r);
    return 0;
}

/* The EVTX header is read past, never trusted; its CRC and magic are only told about. */
static int begin_evtx(struct sp_reader *r)
{
    struct sp_error err;
    int64_t n;

    r->chunk = CHUNK_NONE;
    r->unit_len = r->unit_at = 0;
    r->unit_offset = 0;
    sp_gaps_clear(&r->gaps);
    if (r->input.head.len >= 8 && memcmp(r->input.head.ptr, "ElfChnk\0", 8) == 0)
        return 1; /* chunks without a file header: carved or cut out */
    n = sp_input_read(&r->input, r->unit, SP_EVTX_FILE_HEADER, &err);
    if (n < 0) {
        trouble(r, r->input.position, true, err.what);
        return 0;
    }
    r->unit_offset = (uint64_t)n;
    if (n < SP_EVTX_FILE_HEADER) {
        trouble(r, 0, true, "the file ends inside its EVTX header");
        return 0;
    }
    return 1;
}

static int begin(struct sp_reader *r, bool named, const char *what)
{
    switch (r->account->type) {
    case SP_SOURCE_EVTX:
        return begin_evtx(r);
    case SP_SOURCE_JSON:
    case SP_SOURCE_JSON_DOCUMENT:
        sp_jsonl_begin(r->jsonl, &r->input, r->account->type == SP_SOURCE_JSON_DOCUMENT, text_trouble, r);
        return 1;
    case SP_SOURCE_PLAIN:
        sp_lines_begin(r->lines, &r->input, text_trouble, r);
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

int sp_reader_open(struct sp_reader *r, const char *path, bool named, struct sp_account *account)
{
    struct sp_error err;
    const char *what = "";
    int rc;

    sp_reader_close(r);
    *account = (struct sp_account){ 0 };
    sp_arena_init(&account->arena, SIZE_MAX);
    r->account = account;
    r->path = path;
    r->ended = r->out_of_memory = false;
    rc = sp_input_open(&r->input, path, &err);
    if (rc < 0) {
        struct sp_str kept = sp_arena_str(&account->arena, sp_str_c(err.what));

        r->input.fd = -1;
        if (rc == SP_ERR_NOMEM || !kept.ptr)
            return SP_ERR_NOMEM;
        account->skipped = kept.ptr;
        account->lost = true;
        sp_note(r->options.ctx, &err);
        return 0;
    }
    account->opened = true;
    account->bytes = r->input.size;
    account->type = sp_source_detect(r->input.head, &what);
    if (r->options.type != SP_SOURCE_NONE && (account->type != SP_SOURCE_EMPTY || r->options.type == SP_SOURCE_JSON_DOCUMENT))
        account->type = r->options.type;
    rc = begin(r, named, what);
    if (rc == 0 && !account->skipped)
        sp_reader_close(r);
    return rc;
}

/* Fill the unit with the next chunks of the file: 1, 0 at the end. */
static int next_unit(struct sp_reader *r)
{
    struct sp_error err;
    int64_t n;

    r->unit_offset += r->unit_len;
    r->unit_len = r->unit_at = 0;
    n = sp_input_read(&r->input, r->unit, EVTX_UNIT, &err);
    if (n < 0) {
        trouble(r, r->input.position, true, err.what);
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
        rc = sp_evtx_begin(r->evtx, bytes, offset, evtx_trouble, r);
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
                sp_gaps_add(&r->gaps, ret->number);
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
    if (r->account->type == SP_SOURCE_PLAIN)
        rc = sp_lines_next(r->lines, ret, &undecodable, &err);
    else
        rc = sp_jsonl_next(r->jsonl, ret, &undecodable, &err);
    r->account->records += undecodable + (rc > 0);
    r->account->undecodable += undecodable;
    if (rc < 0 && rc != SP_ERR_NOMEM) {
        trouble(r, r->input.position, true, err.what);
        rc = 0;
    }
    return rc;
}

/* The last words about a source: its size where only reading could tell, holes, how many troubles were not said. */
static void settle(struct sp_reader *r)
{
    struct sp_account *a = r->account;
    struct sp_error note;

    if (!r->input.seekable)
        a->bytes = r->input.position;
    if (a->type == SP_SOURCE_EVTX)
        a->gaps = sp_gaps_count(&r->gaps, &a->missing);
    if (a->type == SP_SOURCE_JSON || a->type == SP_SOURCE_JSON_DOCUMENT)
        a->duplicates = sp_jsonl_duplicates(r->jsonl);
    if (a->error_total > NOTES_MAX) {
        sp_error_set(&note, SP_ERR_FORMAT, "%llu more troubles of this kind", (unsigned long long)(a->error_total - NOTES_MAX));
        sp_error_where(&note, "%s", r->path);
        sp_error_cure(&note, "--summary FILE lists them");
        sp_note(r->options.ctx, &note);
    }
}

int sp_reader_next(struct sp_reader *r, struct sp_record *ret)
{
    int rc;

    if (r->ended)
        return 0;
    rc = r->account->type == SP_SOURCE_EVTX ? next_evtx(r, ret) : next_text(r, ret);
    if (rc == 0) {
        r->ended = true;
        settle(r);
        sp_reader_close(r);
    }
    return rc;
}
