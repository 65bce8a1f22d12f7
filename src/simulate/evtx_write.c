/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bodies and values. Out: chunks in a buffer of the writer's own, then the file. A record is written in
 * place; one that runs over the chunk's end is taken back and written into the next chunk.
 */
#include "simulate/evtx_write.h"

#include <libdeflate.h>

#include "base/alloc.h"
#include "base/unicode.h"

enum { CHUNK = 65536, HEADER = 512, FILE_HEADER = 4096, STRINGS_AT = 128, TEMPLATES_AT = 384, DEPTH_MAX = 128 };

struct sp_evtxw {
    struct sp_buf chunks; /* finished ones */
    uint8_t bytes[CHUNK];
    size_t at;
    bool over;            /* the record runs over the end */
    bool wrong;           /* a text too long to be counted */
    bool dirty;
    uint64_t first, last, next;
    uint32_t last_at;
};

static void start_chunk(struct sp_evtxw *w)
{
    memset(w->bytes, 0, sizeof w->bytes);
    w->at = HEADER;
}

struct sp_evtxw *sp_evtxw_new(bool dirty)
{
    struct sp_evtxw *w = sp_zalloc(sizeof *w);

    if (!w)
        return NULL;
    w->dirty = dirty;
    w->next = 1;
    start_chunk(w);
    return w;
}

void sp_evtxw_free(struct sp_evtxw *w)
{
    if (!w)
        return;
    sp_buf_done(&w->chunks);
    sp_free(w);
}

static void put_at(struct sp_evtxw *w, size_t at, uint64_t number, size_t len)
{
    for (size_t i = 0; i < len && at + i < CHUNK; i++)
        w->bytes[at + i] = (uint8_t)(number >> 8 * i);
}

static void put_bytes(struct sp_evtxw *w, const void *bytes, size_t len)
{
    if (len > CHUNK - w->at) {
        w->over = true;
        return;
    }
    if (len)
        memcpy(w->bytes + w->at, bytes, len);
    w->at += len;
}

static void put(struct sp_evtxw *w, uint64_t number, size_t len)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    put_bytes(w, bytes, len);
}

static uint32_t get32(const struct sp_evtxw *w, size_t at)
{
    return (uint32_t)w->bytes[at] | (uint32_t)w->bytes[at + 1] << 8 | (uint32_t)w->bytes[at + 2] << 16 | (uint32_t)w->bytes[at + 3] << 24;
}

/* UTF-8 as UTF-16LE; the number of units. */
static size_t put_utf16(struct sp_evtxw *w, const char *text)
{
    struct sp_str s = sp_str_c(text);
    size_t at = 0, units = 0;

    while (at < s.len) {
        uint32_t c = sp_utf8_next(s, &at);

        if (c == SP_UTF8_BAD)
            c = 0xFFFD;
        if (c > 0xFFFF) {
            put(w, 0xD800 + ((c - 0x10000) >> 10), 2);
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
            units++;
        }
        put(w, c, 2);
        units++;
    }
    w->wrong |= units > UINT16_MAX;
    return units;
}

/* A counted text: u16 units, then the units. */
static void put_text(struct sp_evtxw *w, const char *text)
{
    size_t at = w->at;

    put(w, 0, 2);
    put_at(w, at, put_utf16(w, text), 2);
}

/* The name in this chunk's table of hash `hash`, or 0. The candidate lies at `at`, behind the end of what is written. */
static uint32_t find_name(const struct sp_evtxw *w, uint32_t bucket, size_t at, size_t units)
{
    uint32_t old = get32(w, STRINGS_AT + 4 * bucket);

    while (old) {
        if (memcmp(w->bytes + old + 4, w->bytes + at + 4, 4 + 2 * units) == 0)
            return old;
        old = get32(w, old);
    }
    return 0;
}

/* A reference to a name; the name itself follows the first time: next, hash, units, text, NUL. */
static void put_name(struct sp_evtxw *w, const char *name)
{
    size_t reference = w->at, at = reference + 4, units;
    uint32_t hash = 0, bucket, old;

    put(w, at, 4);
    put(w, 0, 8);
    units = put_utf16(w, name);
    put(w, 0, 2);
    if (w->over || w->wrong)
        return;
    for (size_t i = 0; i < units; i++)
        hash = hash * 65599 + ((uint32_t)w->bytes[at + 8 + 2 * i] | (uint32_t)w->bytes[at + 9 + 2 * i] << 8);
    hash &= 0xFFFF;
    put_at(w, at + 4, hash, 2);
    put_at(w, at + 6, units, 2);
    bucket = hash % 64;
    old = find_name(w, bucket, at, units);
    if (old) {
        put_at(w, reference, old, 4);
        memset(w->bytes + at, 0, w->at - at);
        w->at = at;
        return;
    }
    put_at(w, at, get32(w, STRINGS_AT + 4 * bucket), 4);
    put_at(w, STRINGS_AT + 4 * bucket, at, 4);
}

static bool is_attribute(const struct sp_evtxw_token *t, size_t i, size_t count)
{
    return i < count && t[i].kind == SP_EVTXW_ATTR;
}

/* Does another attribute follow the one at i, before its start tag ends? */
static bool more_attributes(const struct sp_evtxw_token *t, size_t i, size_t count)
{
    for (i++; i < count && t[i].kind != SP_EVTXW_BODY && t[i].kind != SP_EVTXW_EMPTY; i++)
        if (t[i].kind == SP_EVTXW_ATTR)
            return true;
    return false;
}

struct open {
    size_t size_at, list_at; /* where the element's size and its attributes' size belong; list_at 0: none */
};

/* `<name` and the room for its sizes. */
static struct open open_element(struct sp_evtxw *w, const struct sp_evtxw_token *t, bool dependency, bool attributes)
{
    struct open open = { 0 };

    put(w, attributes ? 0x41 : 0x01, 1);
    if (dependency)
        put(w, 0xFFFF, 2);
    open.size_at = w->at;
    put(w, 0, 4);
    put_name(w, t->text);
    if (attributes) {
        open.list_at = w->at;
        put(w, 0, 4);
    }
    return open;
}

static void close_tag(struct sp_evtxw *w, struct open *open, uint8_t token)
{
    if (open->list_at)
        put_at(w, open->list_at, w->at - open->list_at - 4, 4);
    open->list_at = 0;
    put(w, token, 1);
}

/* Text, references and substitutions. */
static void put_piece(struct sp_evtxw *w, const struct sp_evtxw_token *t)
{
    switch ((enum sp_evtxw_kind)t->kind) {
    case SP_EVTXW_TEXT:
        put(w, 0x0105, 2);
        put_text(w, t->text);
        break;
    case SP_EVTXW_CDATA:
        put(w, 0x07, 1);
        put_text(w, t->text);
        break;
    case SP_EVTXW_CHAR:
        put(w, 0x08, 1);
        put(w, t->sub, 2);
        break;
    case SP_EVTXW_ENTITY:
        put(w, 0x09, 1);
        put_name(w, t->text);
        break;
    case SP_EVTXW_SUB:
    case SP_EVTXW_SUB_OPTIONAL:
        put(w, t->kind == SP_EVTXW_SUB ? 0x0D : 0x0E, 1);
        put(w, t->sub, 2);
        put(w, t->type, 1);
        break;
    case SP_EVTXW_OPEN:
    case SP_EVTXW_ATTR:
    case SP_EVTXW_BODY:
    case SP_EVTXW_EMPTY:
    case SP_EVTXW_CLOSE:
        break;
    }
}

/* The tokens of a body; a template's elements carry a dependency id, a record's own do not. */
static void put_tokens(struct sp_evtxw *w, const struct sp_evtxw_token *t, size_t count, bool dependency)
{
    struct open open[DEPTH_MAX];
    size_t depth = 0;

    for (size_t i = 0; i < count; i++) {
        switch ((enum sp_evtxw_kind)t[i].kind) {
        case SP_EVTXW_OPEN:
            if (depth == DEPTH_MAX) {
                w->over = true;
                return;
            }
            open[depth++] = open_element(w, t + i, dependency, is_attribute(t, i + 1, count));
            break;
        case SP_EVTXW_ATTR:
            put(w, more_attributes(t, i, count) ? 0x46 : 0x06, 1);
            put_name(w, t[i].text);
            break;
        case SP_EVTXW_BODY:
            if (depth)
                close_tag(w, &open[depth - 1], 0x02);
            break;
        case SP_EVTXW_EMPTY:
        case SP_EVTXW_CLOSE:
            if (!depth)
                break;
            close_tag(w, &open[--depth], t[i].kind == SP_EVTXW_EMPTY ? 0x03 : 0x04);
            put_at(w, open[depth].size_at, w->at - open[depth].size_at - 4, 4);
            break;
        case SP_EVTXW_TEXT:
        case SP_EVTXW_CDATA:
        case SP_EVTXW_CHAR:
        case SP_EVTXW_ENTITY:
        case SP_EVTXW_SUB:
        case SP_EVTXW_SUB_OPTIONAL:
            put_piece(w, t + i);
            break;
        }
    }
}

/* A reference to the template; its definition follows the first time: next, GUID, size, tokens. */
static void put_template(struct sp_evtxw *w, const struct sp_evtxw_body *body)
{
    uint32_t id, bucket, old;
    size_t at;

    memcpy(&id, body->guid, 4);
    bucket = id % 32;
    put(w, 0x010C, 2);
    put_bytes(w, body->guid, 4);
    for (old = get32(w, TEMPLATES_AT + 4 * bucket); old; old = get32(w, old))
        if (memcmp(w->bytes + old + 4, body->guid, 16) == 0) {
            put(w, old, 4);
            return;
        }
    at = w->at + 4;
    put(w, at, 4);
    put(w, get32(w, TEMPLATES_AT + 4 * bucket), 4);
    put_bytes(w, body->guid, 16);
    put(w, 0, 4);
    put(w, 0x0001010F, 4);
    put_tokens(w, body->token, body->tokens, true);
    put(w, 0, 1);
    put_at(w, at + 20, w->at - at - 24, 4);
    if (!w->over)
        put_at(w, TEMPLATES_AT + 4 * bucket, at, 4);
}

static void put_body(struct sp_evtxw *w, const struct sp_evtxw_body *body, unsigned depth);

static void put_value(struct sp_evtxw *w, const struct sp_evtxw_value *v, unsigned depth)
{
    if (v->body) {
        put_body(w, v->body, depth + 1);
    } else if (v->texts) {
        for (size_t i = 0; v->texts[i]; i++) {
            (void)put_utf16(w, v->texts[i]);
            put(w, 0, 2);
        }
    } else if (v->text) {
        (void)put_utf16(w, v->text);
    } else if (v->bytes) {
        put_bytes(w, v->bytes, v->len);
    } else {
        for (uint16_t i = 0; i < v->len; i++)
            put(w, i < 8 ? v->number >> 8 * i : 0, 1);
    }
}

static void put_body(struct sp_evtxw *w, const struct sp_evtxw_body *body, unsigned depth)
{
    size_t descriptors;

    if (depth == DEPTH_MAX) {
        w->over = true;
        return;
    }
    put(w, 0x0001010F, 4);
    if (!body->guid) {
        put_tokens(w, body->token, body->tokens, false);
        put(w, 0, 1);
        return;
    }
    put_template(w, body);
    put(w, body->values, 4);
    descriptors = w->at;
    for (size_t i = 0; i < body->values; i++)
        put(w, (uint32_t)body->value[i].type << 16, 4);
    for (size_t i = 0; i < body->values && !w->over; i++) {
        size_t from = w->at;

        put_value(w, body->value + i, depth);
        put_at(w, descriptors + 4 * i, w->at - from, 2);
        w->wrong |= w->at - from > UINT16_MAX;
    }
    put(w, 0, 1);
}

static bool put_record(struct sp_evtxw *w, uint64_t number, uint64_t filetime, const struct sp_evtxw_body *body)
{
    uint8_t header[HEADER];
    size_t at = w->at, size;

    memcpy(header, w->bytes, HEADER);
    put(w, 0x2A2A, 4);
    put(w, 0, 4);
    put(w, number, 8);
    put(w, filetime, 8);
    put_body(w, body, 0);
    while ((w->at - at + 4) % 8 && !w->over)
        put(w, 0, 1);
    size = w->at - at + 4;
    put(w, size, 4);
    if (w->over || w->wrong) {
        memcpy(w->bytes, header, HEADER);
        memset(w->bytes + at, 0, CHUNK - at);
        w->at = at;
        w->over = false;
        return false;
    }
    put_at(w, at + 4, size, 4);
    w->last_at = (uint32_t)at;
    if (at == HEADER)
        w->first = number;
    w->last = number;
    w->next = number + 1;
    return true;
}

int sp_evtxw_chunk(struct sp_evtxw *w, struct sp_error *err)
{
    uint32_t crc;

    if (w->at == HEADER)
        return 0;
    memcpy(w->bytes, "ElfChnk", 8);
    put_at(w, 8, w->first, 8);
    put_at(w, 16, w->last, 8);
    put_at(w, 24, w->first, 8);
    put_at(w, 32, w->last, 8);
    put_at(w, 40, 128, 4);
    put_at(w, 44, w->last_at, 4);
    put_at(w, 48, w->at, 4);
    put_at(w, 52, libdeflate_crc32(0, w->bytes + HEADER, w->at - HEADER), 4);
    put_at(w, 120, 1, 4);
    crc = libdeflate_crc32(0, w->bytes, 120);
    put_at(w, 124, libdeflate_crc32(crc, w->bytes + 128, HEADER - 128), 4);
    sp_buf_add(&w->chunks, w->bytes, CHUNK);
    start_chunk(w);
    return w->chunks.failed ? sp_error_nomem(err) : 0;
}

int sp_evtxw_record(struct sp_evtxw *w, uint64_t number, uint64_t filetime, const struct sp_evtxw_body *body, struct sp_error *err)
{
    int rc = 0;

    w->wrong = false;
    if (put_record(w, number, filetime, body))
        return 0;
    if (!w->wrong && w->at > HEADER) {
        rc = sp_evtxw_chunk(w, err);
        if (rc == 0 && put_record(w, number, filetime, body))
            return 0;
    }
    if (rc < 0)
        return rc;
    if (w->wrong)
        return sp_error_set(err, SP_ERR_USAGE, "record %llu: a text of more than 65535 units", (unsigned long long)number);
    return sp_error_set(err, SP_ERR_LIMIT, "record %llu does not fit in a chunk", (unsigned long long)number);
}

int sp_evtxw_finish(struct sp_evtxw *w, struct sp_buf *out, struct sp_error *err)
{
    uint8_t header[FILE_HEADER] = "ElfFile";
    uint32_t crc;
    int rc = sp_evtxw_chunk(w, err);
    const struct {
        size_t at, len;
        uint64_t number;
    } part[] = {
        { 16, 8, w->chunks.len / CHUNK ? w->chunks.len / CHUNK - 1 : 0 }, { 24, 8, w->next }, { 32, 4, 128 }, { 36, 2, 1 },
        { 38, 2, 3 }, { 40, 2, FILE_HEADER }, { 42, 2, w->chunks.len / CHUNK - (w->dirty && w->chunks.len) }, { 120, 4, w->dirty },
    };

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        for (size_t k = 0; k < part[i].len; k++)
            header[part[i].at + k] = (uint8_t)(part[i].number >> 8 * k);
    crc = libdeflate_crc32(0, header, 120);
    for (size_t k = 0; k < 4; k++)
        header[124 + k] = (uint8_t)(crc >> 8 * k);
    sp_buf_add(out, header, sizeof header);
    sp_buf_add(out, w->chunks.ptr, w->chunks.len);
    sp_buf_clear(&w->chunks);
    w->next = 1;
    return out->failed ? sp_error_nomem(err) : 0;
}
