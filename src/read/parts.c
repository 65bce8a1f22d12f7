/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a file. Out: where its parts begin and end; only a few kilobytes around each cut are looked at. The parts own
 * the open file. In: a file that an archive stands on. Out: its bytes in blocks, which belong to whoever holds them.
 */
#include "read/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "read/archive.h"
#include "read/evtx.h"

enum {
    LOOK = 16 << 10,     /* bytes looked at at once behind a cut */
    LOOK_MAX = 64,       /* times; then the rest is one part */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Does the first line hold a record, or the beginning of a long one? Then the next lines may too. */
static bool is_ndjson(struct sp_str head)
{
    const char *feed;
    size_t end;

    if (sp_str_starts(head, SP_STR("\xEF\xBB\xBF")))
        head = sp_str_cut(head, 3, head.len - 3);
    if (!head.len || head.ptr[0] != '{')
        return false;
    feed = memchr(head.ptr, '\n', head.len);
    if (!feed)
        return true;
    for (end = (size_t)(feed - head.ptr); end > 1 && is_space(head.ptr[end - 1]); end--)
        ;
    return end > 1 && head.ptr[end - 1] == '}';
}

static bool is_utf16(struct sp_str head)
{
    return sp_str_starts(head, SP_STR("\xFF\xFE")) || sp_str_starts(head, SP_STR("\xFE\xFF"));
}

static bool can_be_cut(const struct sp_parts *p)
{
    switch (p->type) {
    case SP_SOURCE_EVTX:
        return true;
    case SP_SOURCE_JSON:
        return is_ndjson(p->input.head);
    case SP_SOURCE_PLAIN:
        return !is_utf16(p->input.head);
    case SP_SOURCE_NONE:
    case SP_SOURCE_EMPTY:
    case SP_SOURCE_JSON_DOCUMENT:
    case SP_SOURCE_ARCHIVE:
    case SP_SOURCE_LATER:
    default:
        return false;
    }
}

int sp_parts_open(struct sp_parts *p, const char *path, enum sp_source_type type, uint64_t bytes)
{
    const char *what;

    *p = (struct sp_parts){ .path = path, .bytes = bytes };
    if (sp_input_open(&p->input, path, NULL) < 0)
        return 0;
    p->type = sp_source_type_of(p->input.head, type, &what);
    if (p->input.seekable && p->input.size > bytes + SP_EVTX_FILE_HEADER && can_be_cut(p))
        return 1;
    sp_parts_close(p);
    return 0;
}

void sp_parts_open_member(struct sp_parts *p, struct sp_archive *archive, struct sp_str head, enum sp_source_type given, uint64_t bytes)
{
    const char *what;

    *p = (struct sp_parts){ .bytes = bytes, .archive = archive, .input = { .fd = -1, .head = head } };
    p->type = sp_source_type_of(head, given, &what);
    p->whole = !can_be_cut(p);
}

void sp_parts_close(struct sp_parts *p)
{
    sp_input_close(&p->input);
    sp_block_drop(p->rest);
    p->rest = NULL;
}

struct sp_block *sp_block_hold(struct sp_block *block)
{
    if (block)
        block->users++;
    return block;
}

void sp_block_drop(struct sp_block *block)
{
    if (block && --block->users == 0)
        sp_free(block);
}

/* The first place at or behind `at` where a part may begin; UINT64_MAX: none in sight. */
static uint64_t find_cut(struct sp_parts *p, uint64_t at)
{
    char room[LOOK];

    at--; /* the line feed before it */
    for (int i = 0; i < LOOK_MAX; i++) {
        int64_t n = sp_input_read_at(&p->input, room, sizeof room, at, NULL);
        const char *feed = room, *end = room + (n > 0 ? n : 0);

        if (n < 2)
            break;
        while ((feed = memchr(feed, '\n', (size_t)(end - feed))) != NULL && ++feed < end)
            if (p->type == SP_SOURCE_PLAIN || *feed == '{')
                return at + (uint64_t)(feed - room);
        at += (uint64_t)n - 1;
    }
    return UINT64_MAX;
}

static bool has_header(const struct sp_parts *p)
{
    return p->type == SP_SOURCE_EVTX && p->at == 0 && !sp_str_starts(p->input.head, SP_STR("ElfChnk\0"));
}

static struct sp_block *new_block(const struct sp_parts *p)
{
    struct sp_block *b = sp_malloc(sizeof *b + p->bytes + SP_EVTX_FILE_HEADER);

    if (!b)
        return NULL;
    b->users = 1;
    b->len = 0;
    b->trouble[0] = '\0';
    return b;
}

/* Behind the last line end of the block; JSON: in front of a `{`. 0: there is none. */
static size_t last_cut(const struct sp_parts *p, const struct sp_block *b)
{
    size_t len = b->len;

    while (len > 1) {
        const char *feed = memrchr(b->bytes, '\n', len);

        if (!feed)
            break;
        len = (size_t)(feed - b->bytes);
        if (p->type == SP_SOURCE_PLAIN || (len + 1 < b->len && feed[1] == '{'))
            return len + 1;
    }
    return 0;
}

/* Read until the block holds so many bytes, or the file ends. */
static void fill(struct sp_parts *p, struct sp_block *b, size_t want)
{
    while (b->len < want && !p->ended) {
        struct sp_error err;
        int64_t n = sp_archive_read(p->archive, b->bytes + b->len, want - b->len, &err);

        if (n < 0)
            (void)snprintf(b->trouble, sizeof b->trouble, "%.255s", err.what);
        if (n > 0 && p->hash)
            sp_hash_add(p->hash, b->bytes + b->len, (size_t)n);
        p->read_all = n == 0;
        p->ended = n <= 0;
        b->len += n > 0 ? (size_t)n : 0;
    }
}

/* What is behind the last cut is for the next block. */
static void cut(struct sp_parts *p, struct sp_block *b)
{
    size_t at = last_cut(p, b);

    p->whole = at == 0;
    p->rest = at && at < b->len ? new_block(p) : NULL;
    if (p->rest) {
        p->rest->len = b->len - at;
        memcpy(p->rest->bytes, b->bytes + at, p->rest->len);
        b->len = at;
    } else if (at && at < b->len) {
        p->whole = true; /* no memory for the rest: then it is not cut */
    }
}

/* The next bytes of a file in an archive. */
static bool next_block(struct sp_parts *p, struct sp_part *ret)
{
    struct sp_block *b = p->rest ? p->rest : new_block(p);
    uint64_t from = p->at;

    p->rest = NULL;
    if (!b) {
        p->ended = true;
        *ret = (struct sp_part){ .from = from, .end = from, .bytes = "", .trouble = "memory ran out", .whole = p->whole };
        return true;
    }
    fill(p, b, (size_t)p->bytes + (has_header(p) ? SP_EVTX_FILE_HEADER : 0));
    if (!p->ended && !p->whole && p->type != SP_SOURCE_EVTX)
        cut(p, b);
    if (from && !b->len && !b->trouble[0]) {
        sp_block_drop(b);
        return false;
    }
    p->at += b->len;
    *ret = (struct sp_part){ .from = from, .end = p->at, .bytes = b->bytes, .block = b, .whole = p->whole,
                             .trouble = b->trouble[0] ? b->trouble : NULL };
    return true;
}

bool sp_parts_read_on(struct sp_parts *p, struct sp_part *ret)
{
    if (!p->archive)
        return sp_parts_next(p, ret);
    return !p->ended && next_block(p, ret);
}

bool sp_parts_next(struct sp_parts *p, struct sp_part *ret)
{
    uint64_t end = p->at + p->bytes;

    p->ended |= p->archive && p->whole && p->at; /* the rest is its reader's */
    if (p->ended)
        return false;
    if (p->archive)
        return next_block(p, ret);
    if (p->type != SP_SOURCE_EVTX)
        end = end < p->input.size ? find_cut(p, end) : UINT64_MAX;
    else if (has_header(p))
        end += SP_EVTX_FILE_HEADER;
    if (end >= p->input.size) {
        end = UINT64_MAX;
        p->ended = true;
    }
    *ret = (struct sp_part){ .from = p->at, .end = end };
    p->at = end;
    return true;
}
