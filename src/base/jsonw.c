/* SPDX-License-Identifier: Apache-2.0
 *
 * In: values. Out: JSON text at the end of the caller's buffer.
 */
#include "base/jsonw.h"

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

void sp_json_key(struct sp_json *w, struct sp_str key)
{
    sp_json_str(w, key);
    sp_buf_char(w->out, ':');
    w->comma = false;
}

static void escape_one(struct sp_buf *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        sp_buf_char(out, '\\');
        sp_buf_char(out, (char)c);
        break;
    case '\n':
        sp_buf_text(out, "\\n");
        break;
    case '\r':
        sp_buf_text(out, "\\r");
        break;
    case '\t':
        sp_buf_text(out, "\\t");
        break;
    default:
        sp_buf_printf(out, "\\u%04x", c);
    }
}

void sp_json_escape(struct sp_buf *out, struct sp_str s)
{
    size_t from = 0, at = 0;

    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];
        size_t start = at;

        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
            at++;
            continue;
        }
        if (c >= 0x80 && sp_utf8_next(s, &at) != SP_UTF8_BAD)
            continue;
        sp_buf_add(out, s.ptr + from, start - from);
        if (c >= 0x80) {
            sp_buf_text(out, "\xEF\xBF\xBD");
        } else {
            escape_one(out, c);
            at++;
        }
        from = at;
    }
    sp_buf_add(out, s.ptr + from, at - from);
}

void sp_json_str(struct sp_json *w, struct sp_str text)
{
    before(w);
    sp_buf_char(w->out, '"');
    sp_json_escape(w->out, text);
    sp_buf_char(w->out, '"');
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
