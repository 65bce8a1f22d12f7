/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a file. Out: where its parts begin and end; only a few kilobytes around each cut are looked at. The parts own
 * the open file.
 */
#include "read/parts.h"

#include <string.h>

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

void sp_parts_close(struct sp_parts *p)
{
    sp_input_close(&p->input);
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

bool sp_parts_next(struct sp_parts *p, struct sp_part *ret)
{
    uint64_t end = p->at + p->bytes;

    if (p->ended)
        return false;
    if (p->type != SP_SOURCE_EVTX)
        end = end < p->input.size ? find_cut(p, end) : UINT64_MAX;
    else if (p->at == 0 && !sp_str_starts(p->input.head, SP_STR("ElfChnk\0")))
        end += SP_EVTX_FILE_HEADER;
    if (end >= p->input.size) {
        end = UINT64_MAX;
        p->ended = true;
    }
    *ret = (struct sp_part){ .from = p->at, .end = end };
    p->at = end;
    return true;
}
