/* SPDX-License-Identifier: Apache-2.0
 *
 * In: values. Out: JSON text at the end of the caller's buffer.
 */
#include "base/jsonw.h"

#include "base/lanes.h"
#include "base/unicode.h"

static void before(struct sp_json *w)
{
    if (w->comma)
        sp_buf_char(w->out, ',');
    w->comma = true;
}

void sp_json_open(struct sp_json *w, char bracket)
{
    before(w);
    sp_buf_char(w->out, bracket);
    w->comma = false;
}

void sp_json_close(struct sp_json *w, char bracket)
{
    sp_buf_char(w->out, bracket);
    w->comma = true;
}

enum { ESCAPE_MAX = 6 };

/* Up to ESCAPE_MAX bytes for a character of ASCII that may not stand as it is; behind them. */
static char *escape_one(char *p, uint32_t c)
{
    *p++ = '\\';
    switch (c) {
    case '"':
    case '\\': *p++ = (char)c; break;
    case '\n': *p++ = 'n'; break;
    case '\r': *p++ = 'r'; break;
    case '\t': *p++ = 't'; break;
    default:
        memcpy(p, "u00", 3);
        p[3] = (char)('0' + (c >> 4));
        p[4] = "0123456789abcdef"[c & 15];
        p += 5;
    }
    return p;
}

static bool is_plain(uint32_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* Copy the characters before the first that is not plain; their number. There is room for all of them. The last piece
 * overlaps the one before. */
static size_t copy_plain(char *out, const unsigned char *p, size_t count)
{
    size_t n = 0, last;
    uint32_t odd;

    for (; count - n >= 16; n += 16) {
        odd = sp_lanes_json16(out + n, p + n);
        if (odd)
            return n + (size_t)__builtin_ctz(odd);
    }
    if (n == count)
        return n;
    if (count >= 16) {
        last = count - 16;
        odd = sp_lanes_json16(out + last, p + last);
    } else if (count >= 8) {
        last = count - 8;
        odd = sp_lanes_json8(out, p);
        if (odd)
            return (size_t)__builtin_ctz(odd);
        odd = sp_lanes_json8(out + last, p + last);
    } else {
        for (; n < count && is_plain(p[n]); n++)
            out[n] = (char)p[n];
        return n;
    }
    return odd ? last + (size_t)__builtin_ctz(odd) : count;
}

/* The same of UTF-16 units. */
static size_t narrow_plain(char *out, const unsigned char *p, size_t count)
{
    size_t n = 0, last;
    uint32_t odd;

    for (; count - n >= 16; n += 16) {
        odd = sp_lanes_json_narrow16(out + n, p + 2 * n);
        if (odd)
            return n + (size_t)__builtin_ctz(odd);
    }
    if (n == count)
        return n;
    if (count >= 16) {
        last = count - 16;
        odd = sp_lanes_json_narrow16(out + last, p + 2 * last);
    } else if (count >= 8) {
        last = count - 8;
        odd = sp_lanes_json_narrow8(out, p);
        if (odd)
            return (size_t)__builtin_ctz(odd);
        odd = sp_lanes_json_narrow8(out + last, p + 2 * last);
    } else if (count >= 4) {
        last = count - 4;
        odd = sp_lanes_json_narrow4(out, p);
        if (odd)
            return (size_t)__builtin_ctz(odd);
        odd = sp_lanes_json_narrow4(out + last, p + 2 * last);
    } else {
        for (; n < count && is_plain((uint32_t)p[2 * n] | (uint32_t)p[2 * n + 1] << 8); n++)
            out[n] = (char)p[2 * n];
        return n;
    }
    return odd ? last + (size_t)__builtin_ctz(odd) : count;
}

/* Each round has room for what is left, were it plain, and for one character that is not. */
void sp_json_escape(struct sp_buf *out, struct sp_str s)
{
    size_t at = 0, start, n;
    bool bad;
    char *p;

    while (at < s.len && sp_buf_reserve(out, s.len - at + ESCAPE_MAX)) {
        bad = false; /* what took more room than it had */
        p = out->ptr + out->len;
        n = copy_plain(p, (const unsigned char *)s.ptr + at, s.len - at);
        p += n;
        at += n;
        while (at < s.len && (s.ptr[at] & 0x80)) { /* code points keep their length */
            start = at;
            if (sp_utf8_next(s, &at) == SP_UTF8_BAD) {
                memcpy(p, "\xEF\xBF\xBD", 3);
                p += 3;
                bad = true;
                break;
            }
            memcpy(p, s.ptr + start, at - start);
            p += at - start;
        }
        if (at < s.len && !(s.ptr[at] & 0x80) && !is_plain((unsigned char)s.ptr[at]) && !bad)
            p = escape_one(p, (unsigned char)s.ptr[at++]);
        out->len = (size_t)(p - out->ptr);
    }
}

char *sp_json_put_utf16(char *p, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;
    size_t at = 0, units = len / 2, n;
    uint32_t code;

    while (at < units) {
        n = narrow_plain(p, in + 2 * at, units - at);
        p += n;
        at += n;
        if (at == units)
            break;
        code = sp_utf16_next(in, units, &at);
        p = code < 0x80 ? escape_one(p, code) : p + sp_utf8_put(p, code);
    }
    return p;
}

/* A text, as a key with its colon. */
static void put_string(struct sp_json *w, struct sp_str text, bool key)
{
    struct sp_buf *out = w->out;
    size_t n;
    char *p;

    if (!sp_buf_reserve(out, text.len + 4))
        return;
    p = out->ptr + out->len;
    if (w->comma)
        *p++ = ',';
    *p++ = '"';
    n = copy_plain(p, (const unsigned char *)text.ptr, text.len);
    p += n;
    if (n == text.len) {
        *p++ = '"';
        if (key)
            *p++ = ':';
        out->len = (size_t)(p - out->ptr);
    } else {
        out->len = (size_t)(p - out->ptr);
        sp_json_escape(out, sp_str_cut(text, n, text.len - n));
        sp_buf_text(out, key ? "\":" : "\"");
    }
    w->comma = !key;
}

void sp_json_str(struct sp_json *w, struct sp_str text)
{
    put_string(w, text, false);
}

void sp_json_key(struct sp_json *w, struct sp_str key)
{
    put_string(w, key, true);
}

void sp_json_name(struct sp_json *w, struct sp_str name)
{
    char *p;

    if (!sp_buf_reserve(w->out, name.len + 1))
        return;
    p = w->out->ptr + w->out->len;
    if (w->comma)
        *p++ = ',';
    memcpy(p, name.ptr, name.len);
    w->out->len = (size_t)(p - w->out->ptr) + name.len;
    w->comma = false;
}

void sp_json_text(struct sp_json *w, const char *text)
{
    if (text)
        sp_json_str(w, sp_str_c(text));
    else
        sp_json_null(w);
}

void sp_json_u64(struct sp_json *w, uint64_t number)
{
    before(w);
    sp_buf_u64(w->out, number);
}

void sp_json_i64(struct sp_json *w, int64_t number)
{
    before(w);
    sp_buf_i64(w->out, number);
}

void sp_json_bool(struct sp_json *w, bool b)
{
    before(w);
    sp_buf_text(w->out, b ? "true" : "false");
}

void sp_json_null(struct sp_json *w)
{
    before(w);
    sp_buf_text(w->out, "null");
}

void sp_json_raw(struct sp_json *w, struct sp_str json)
{
    before(w);
    sp_buf_str(w->out, json);
}

void sp_json_member(struct sp_json *w, const char *key, struct sp_str text)
{
    sp_json_key(w, sp_str_c(key));
    if (text.ptr)
        sp_json_str(w, text);
    else
        sp_json_null(w);
}

void sp_json_member_u64(struct sp_json *w, const char *key, uint64_t number)
{
    sp_json_key(w, sp_str_c(key));
    sp_json_u64(w, number);
}

void sp_json_member_time(struct sp_json *w, const char *key, struct sp_time time)
{
    sp_json_key(w, sp_str_c(key));
    if (!time.known) {
        sp_json_null(w);
        return;
    }
    sp_json_raw(w, SP_STR("\""));
    sp_time_write(w->out, time);
    sp_buf_char(w->out, '"');
}
