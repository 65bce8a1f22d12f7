/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an input. Out: its text in stretches, with their places. The window owns both buffers.
 */
#include "read/window.h"

#include "base/unicode.h"

enum { KEPT_MAX = 4 << 20 }; /* a buffer that one large record has blown up is not kept for the next input */

static void restart(struct sp_buf *buf)
{
    if (buf->room > KEPT_MAX)
        sp_buf_done(buf);
    sp_buf_clear(buf);
}

static uint32_t unit_at(const struct sp_window *w, size_t at)
{
    unsigned char a = (unsigned char)w->raw.ptr[at], b = (unsigned char)w->raw.ptr[at + 1];

    return w->encoding == SP_UTF16LE ? (uint32_t)a | (uint32_t)b << 8 : (uint32_t)a << 8 | (uint32_t)b;
}

/* Raw bytes that have come in, to text. A unit or pair that is cut waits for its rest, unless none comes. */
static int convert(struct sp_window *w, struct sp_error *err)
{
    size_t left = w->raw.len - w->converted, at = w->converted, end = at + (left & ~(size_t)1);
    struct sp_buf *out = &w->wide;

    if (left > SIZE_MAX / 4 || !sp_buf_reserve(out, left / 2 * 3 + 4))
        return sp_error_nomem(err);
    for (uint32_t c; at < end; at += 2) {
        c = unit_at(w, at);
        if (c >= 0xD800 && c < 0xDC00 && at + 4 > end && !w->end)
            break;
        if (c >= 0xD800 && c < 0xDC00 && at + 4 <= end && (unit_at(w, at + 2) & 0xFC00) == 0xDC00) {
            c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(w, at + 2) - 0xDC00);
            at += 2;
        }
        if ((c & 0xFFFFF800) == 0xD800) {
            out->ptr[out->len++] = (char)(0xE0 | c >> 12);
            out->ptr[out->len++] = (char)(0x80 | (c >> 6 & 0x3F));
            out->ptr[out->len++] = (char)(0x80 | (c & 0x3F));
        } else {
            out->len += sp_utf8_put(out->ptr + out->len, c);
        }
    }
    w->converted = at;
    if (w->end && (left & 1)) {
        out->ptr[out->len++] = (char)0xFF;
        w->converted++;
    }
    return 0;
}

/* Forget what is consumed. */
static void slide(struct sp_window *w)
{
    if (!w->raw_at)
        return;
    if (w->raw.len > w->raw_at)
        memmove(w->raw.ptr, w->raw.ptr + w->raw_at, w->raw.len - w->raw_at);
    w->raw.len -= w->raw_at;
    w->base += w->raw_at;
    if (w->encoding != SP_UTF8) {
        if (w->wide.len > w->at)
            memmove(w->wide.ptr, w->wide.ptr + w->at, w->wide.len - w->at);
        w->wide.len -= w->at;
        w->converted -= w->raw_at;
    }
    w->at = w->raw_at = 0;
}

/* How many more bytes to read: double what is held, within reason. */
static size_t wanted(const struct sp_window *w)
{
    size_t held = w->raw.len, want = held <= SP_WINDOW_READ / 2 ? SP_WINDOW_READ - held : held;
    uint64_t cap = (held < w->bytes_max ? w->bytes_max - held : 0) + SP_WINDOW_READ;

    return want < cap ? want : (size_t)cap;
}

int sp_window_more(struct sp_window *w, struct sp_error *err)
{
    size_t want, got = 0, before;

    if (w->end)
        return 0;
    slide(w);
    before = sp_window_text(w).len;
    want = wanted(w);
    if (!sp_buf_reserve(&w->raw, want))
        return sp_error_nomem(err);
    while (got < want) {
        int64_t n = sp_input_read(w->input, w->raw.ptr + w->raw.len, want - got, err);

        if (n < 0)
            return (int)n;
        if (n == 0 && got && w->input->part) /* whether it may end here is asked when all of it is used up */
            break;
        if (n == 0 && !w->rest && sp_input_extend(w->input))
            continue;
        if (n == 0) {
            w->end = true;
            break;
        }
        w->raw.len += (size_t)n;
        got += (size_t)n;
    }
    if (w->encoding != SP_UTF8 && convert(w, err) < 0)
        return SP_ERR_NOMEM;
    return sp_window_text(w).len > before;
}

int sp_window_begin(struct sp_window *w, struct sp_input *input, uint64_t bytes_max, struct sp_error *err)
{
    const char *mark;
    int rc;

    restart(&w->raw);
    restart(&w->wide);
    *w = (struct sp_window){ .input = input, .raw = w->raw, .wide = w->wide, .bytes_max = bytes_max,
                             .base = input->position };
    rc = sp_window_more(w, err);
    if (rc < 0)
        return rc;
    mark = w->raw.ptr;
    if (w->base) /* a part behind the first */
        return 0;
    if (w->raw.len >= 3 && memcmp(mark, "\xEF\xBB\xBF", 3) == 0) {
        w->at = w->raw_at = 3;
    } else if (w->raw.len >= 2 && (memcmp(mark, "\xFF\xFE", 2) == 0 || memcmp(mark, "\xFE\xFF", 2) == 0)) {
        w->encoding = mark[0] == '\xFF' ? SP_UTF16LE : SP_UTF16BE;
        w->raw_at = w->converted = 2;
        return convert(w, err);
    }
    return 0;
}

void sp_window_done(struct sp_window *w)
{
    sp_buf_done(&w->raw);
    sp_buf_done(&w->wide);
}

size_t sp_window_span(const struct sp_window *w, size_t len)
{
    const char *text = sp_window_text(w).ptr;
    size_t span = 0;

    if (w->encoding == SP_UTF8)
        return len;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c & 0xC0) != 0x80) /* continuation bytes add nothing to their lead */
            span += c == 0xFF ? 1 : c >= 0xF0 ? 4 : 2;
    }
    return span;
}

uint64_t sp_window_place(const struct sp_window *w, size_t at)
{
    return w->base + w->raw_at + sp_window_span(w, at);
}

struct sp_str sp_window_raw(const struct sp_window *w, size_t len)
{
    return (struct sp_str){ w->raw.ptr ? w->raw.ptr + w->raw_at : "", sp_window_span(w, len) };
}

void sp_window_consume(struct sp_window *w, size_t len)
{
    w->raw_at += sp_window_span(w, len);
    w->at += len;
}
