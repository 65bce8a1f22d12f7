/* SPDX-License-Identifier: Apache-2.0
 *
 * In: slices with a type, hostile but of checked length. Out: text and JSON in a caller's buffer, numbers and
 * times by value. A slice too short for its type reads as nothing, never beyond its end.
 */
#include "read/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/lanes.h"
#include "base/time.h"
#include "base/unicode.h"

/* Windows-1252, 0x80 to 0x9F; the five holes are the C1 controls of the same number, as Windows reads them. */
static const uint16_t cp1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t sp_value_u64(struct sp_value v)
{
    const unsigned char *p = v.ptr;
    uint64_t n = 0;

    if (v.type == SP_V_INT)
        return (uint64_t)sp_value_i64(v);
    switch (v.len) { /* what the loop does, without it */
    case 1: return p[0];
    case 2: return (uint64_t)p[0] | (uint64_t)p[1] << 8;
    case 4: return le32(p);
    case 8: return le32(p) | (uint64_t)le32(p + 4) << 32;
    default: break;
    }
    for (uint32_t i = v.len < 8 ? v.len : 8; i-- > 0;)
        n = n << 8 | p[i];
    return n;
}

int64_t sp_value_i64(struct sp_value v)
{
    struct sp_value bits = { v.ptr, v.len, SP_V_UINT };
    uint64_t n = sp_value_u64(bits);

    if (v.type != SP_V_INT || v.len == 0 || v.len >= 8)
        return (int64_t)n;
    if (n >> (8 * v.len - 1) & 1)
        n |= UINT64_MAX << (8 * v.len);
    return (int64_t)n;
}

uint64_t sp_value_hash(uint64_t h, struct sp_value v)
{
    const char *p = v.ptr;
    uint64_t word;
    uint32_t n = v.len;

    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    word = 0;
    if (n)
        memcpy(&word, p, n);
    h = (h ^ word ^ (uint64_t)v.len << 56 ^ (uint64_t)v.type << 48) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

bool sp_value_is_number(struct sp_value v)
{
    return v.type == SP_V_INT || v.type == SP_V_UINT || v.type == SP_V_HEX || v.type == SP_V_NUMBER ||
           v.type == SP_V_REAL32 || v.type == SP_V_REAL64;
}

/* The value of a REAL; false when its bytes are too few. */
static bool real_of(struct sp_value v, double *ret)
{
    uint64_t bits = sp_value_u64(v);
    uint32_t low = (uint32_t)bits;
    float f;

    if (v.type == SP_V_REAL32 && v.len >= 4) {
        memcpy(&f, &low, sizeof f);
        *ret = (double)f;
        return true;
    }
    if (v.type != SP_V_REAL64 || v.len < 8)
        return false;
    memcpy(ret, &bits, sizeof *ret);
    return true;
}

/* The shortest decimal that reads back as the same number of its size. */
static void write_real(struct sp_buf *out, struct sp_value v)
{
    bool small = v.type == SP_V_REAL32;
    char text[40];
    double d;

    if (!real_of(v, &d))
        return;
    if (!isfinite(d)) {
        sp_buf_text(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, d);
        if (small ? !(strtof(text, NULL) < (float)d) && !(strtof(text, NULL) > (float)d)
                  : !(strtod(text, NULL) < d) && !(strtod(text, NULL) > d))
            break;
    }
    sp_buf_text(out, text);
}

/* Texts of the types that have a bound go straight to where they stand; each returns what is behind them. */
static char *put_guid(char *p, struct sp_value v)
{
    static const char pattern[] = "{33221100-5544-7766-8899-aabbccddeeff}";
    static const uint8_t at[16] = { 7, 5, 3, 1, 12, 10, 17, 15, 20, 22, 25, 27, 29, 31, 33, 35 }; /* of each byte's two digits */
    const unsigned char *from = v.ptr;

    if (v.len < 16)
        return p;
    memcpy(p, pattern, sizeof pattern - 1);
    for (size_t i = 0; i < sizeof at; i++) {
        p[at[i]] = "0123456789abcdef"[from[i] >> 4];
        p[at[i] + 1] = "0123456789abcdef"[from[i] & 15];
    }
    return p + sizeof pattern - 1;
}

/* MS-DTYP 2.4.2.1: an authority of 2^32 and above is written in hexadecimal. */
static char *put_sid(char *p, struct sp_value v)
{
    const unsigned char *from = v.ptr;
    uint64_t authority = 0;

    if (v.len < 8)
        return p;
    for (int i = 2; i < 8; i++)
        authority = authority << 8 | from[i];
    *p++ = 'S';
    *p++ = '-';
    p = sp_put_u64(p, from[0]);
    *p++ = '-';
    if (authority >> 32) {
        *p++ = '0';
        *p++ = 'x';
        p = sp_put_hex(p, from + 2, 6, false);
    } else {
        p = sp_put_u64(p, authority);
    }
    for (uint32_t i = 0, at = 8; i < from[1] && at + 4 <= v.len; i++, at += 4) {
        *p++ = '-';
        p = sp_put_u64(p, le32(from + at));
    }
    return p;
}

/* The moment of a SYSTEMTIME; false when its members are no date. */
static bool systemtime_of(struct sp_value v, struct sp_time *ret)
{
    static const uint16_t most[8] = { 9999, 12, 6, 31, 23, 59, 59, 999 };
    const unsigned char *p = v.ptr;
    unsigned m[8];

    if (v.len < 16)
        return false;
    for (int i = 0; i < 8; i++) {
        m[i] = (unsigned)p[2 * i] | (unsigned)p[2 * i + 1] << 8;
        if (m[i] > most[i])
            return false;
    }
    if (m[0] < 1 || m[1] < 1 || m[3] < 1)
        return false;
    *ret = (struct sp_time){ .sec = sp_time_from_date((int32_t)m[0], m[1], m[3], m[4], m[5], m[6]),
                             .nsec = m[7] * 1000000u, .digits = 3, .known = true, .has_zone = true };
    return true;
}

/* A time stamp that is no time keeps its bytes in sight, as a number. */
static char *put_time(char *p, struct sp_value v)
{
    struct sp_time t = { 0 };

    if (v.type == SP_V_FILETIME && v.len >= 8)
        t = sp_time_filetime(sp_value_u64(v));
    else if (v.type == SP_V_SYSTEMTIME)
        (void)systemtime_of(v, &t);
    if (t.known)
        return sp_time_put(p, t);
    if (v.type == SP_V_FILETIME && v.len >= 8)
        return sp_put_u64(p, sp_value_u64(v));
    if (v.type == SP_V_SYSTEMTIME && v.len >= 16)
        return sp_put_hex(p, v.ptr, 16, true);
    return p;
}

static char *put_word(char *p, const char *word)
{
    size_t n = strlen(word);

    memcpy(p, word, n);
    return p + n;
}

/* The text of a value whose type has a bound (SP_VALUE_JSON_ROOM, less for quotes) and needs no escapes; else NULL. */
static char *put_plain(char *p, struct sp_value v)
{
    int64_t n;

    switch ((enum sp_value_type)v.type) {
    case SP_V_UINT: return sp_put_u64(p, sp_value_u64(v));
    case SP_V_INT:
        n = sp_value_i64(v);
        if (n < 0)
            *p++ = '-';
        return sp_put_u64(p, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
    case SP_V_HEX:
        *p++ = '0';
        *p++ = 'x';
        return sp_put_x64(p, sp_value_u64(v));
    case SP_V_BOOL: return put_word(p, sp_value_u64(v) ? "true" : "false");
    case SP_V_TRUE: return put_word(p, "true");
    case SP_V_FALSE: return put_word(p, "false");
    case SP_V_BINARY: return sp_put_hex(p, v.ptr, v.len, true);
    case SP_V_GUID: return put_guid(p, v);
    case SP_V_SID: return put_sid(p, v);
    case SP_V_FILETIME:
    case SP_V_SYSTEMTIME: return put_time(p, v);
    case SP_V_NULL:
    case SP_V_LIST:
    case SP_V_MAP:
    case SP_V_TEXT:
    case SP_V_NUMBER:
    case SP_V_JSON_TEXT:
    case SP_V_UTF16:
    case SP_V_ANSI:
    case SP_V_REAL32:
    case SP_V_REAL64: break;
    }
    return NULL;
}

/* Bytes of a UTF-16 value without the NULs at its end. */
static size_t utf16_len(struct sp_value v)
{
    const unsigned char *p = v.ptr;
    size_t len = v.len & ~UINT32_C(1);

    while (len && p[len - 1] == 0 && p[len - 2] == 0)
        len -= 2;
    return len;
}

static void write_ansi(struct sp_buf *out, struct sp_value v)
{
    const unsigned char *p = v.ptr;
    size_t len = v.len;
    char code[4];

    while (len && p[len - 1] == 0)
        len--;
    if (!sp_buf_reserve(out, 3 * len))
        return;
    for (size_t i = 0; i < len; i++)
        sp_buf_add(out, code, sp_utf8_put(code, p[i] >= 0x80 && p[i] < 0xA0 ? cp1252[p[i] - 0x80] : p[i]));
}

static uint32_t hex4(const char *p)
{
    uint32_t n = 0;

    for (int i = 0; i < 4; i++)
        n = n << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return n;
}

/* `\uXXXX` at `*at`, which moves behind it, with its other half where it is a pair; a half alone is itself. */
static uint32_t read_u(struct sp_str s, size_t *at)
{
    uint32_t code = hex4(s.ptr + *at + 2), low;

    *at += 6;
    if (code < 0xD800 || code >= 0xDC00 || s.len - *at < 6 || s.ptr[*at] != '\\' || s.ptr[*at + 1] != 'u')
        return code;
    low = hex4(s.ptr + *at + 2);
    if (low < 0xDC00 || low >= 0xE000)
        return code;
    *at += 6;
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

/* What the letter behind a backslash stands for; 0: it is none of these. */
static const char brief_escape[256] = { ['\\'] = '\\', ['"'] = '"', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t' };

/* What the escape at `*at` stands for, written to `out`; the number of bytes. A stump at the end is nothing. */
static size_t unescape(char *out, struct sp_str s, size_t *at, bool fold)
{
    uint32_t code;
    char c;

    if (s.len - *at < 2 || (s.ptr[*at + 1] == 'u' && s.len - *at < 6)) {
        *at = s.len;
        return 0;
    }
    c = s.ptr[*at + 1];
    if (c == 'u') {
        code = read_u(s, at);
        return sp_utf8_put(out, fold ? sp_fold(code) : code);
    }
    *at += 2;
    c = brief_escape[(unsigned char)c] ? brief_escape[(unsigned char)c] : c;
    *out = (char)(fold && c >= 'A' && c <= 'Z' ? c + 32 : c);
    return 1;
}

static void write_json_text(struct sp_buf *out, struct sp_value v)
{
    struct sp_str s = { v.ptr, v.len };
    size_t at = 0;
    char *p;

    if (!sp_buf_reserve(out, s.len)) /* an escape is never shorter than what it stands for */
        return;
    p = out->ptr + out->len;
    while (at < s.len) {
        size_t n;

        if (s.len - at >= 16) {
            uint32_t odd = sp_lanes_copy16(p, s.ptr + at, false, '\\');

            n = odd ? (size_t)__builtin_ctz(odd) : 16;
            p += n;
            at += n;
            if (!odd)
                continue;
        }
        if (s.ptr[at] == '\\')
            p += unescape(p, s, &at, false);
        else
            *p++ = s.ptr[at++];
    }
    out->len = (size_t)(p - out->ptr);
}

/* The same folded, in one go; SIZE_MAX for text that no JSON reader lets pass: bytes that are no UTF-8 by themselves
 * may be some when the escapes between them are gone. */
static size_t fold_json_text(char *out, struct sp_str s)
{
    size_t at = 0, n = 0;
    unsigned char c;
    uint32_t code;

    while (at < s.len) {
        if (s.len - at >= 16) {
            uint32_t odd = sp_lanes_copy16(out + n, s.ptr + at, true, '\\');
            size_t plain = odd ? (size_t)__builtin_ctz(odd) : 16;

            n += plain;
            at += plain;
            if (!odd)
                continue;
        }
        c = (unsigned char)s.ptr[at];
        if (c == '\\' && s.len - at > 1 && brief_escape[(unsigned char)s.ptr[at + 1]]) {
            out[n++] = brief_escape[(unsigned char)s.ptr[at + 1]];
            at += 2;
        } else if (c == '\\') {
            if (s.len - at > 1 && s.ptr[at + 1] & 0x80)
                return SIZE_MAX;
            n += unescape(out + n, s, &at, true);
        } else if (c < 0x80) {
            out[n++] = (char)((unsigned)c - 'A' < 26 ? c + 32 : c);
            at++;
        } else {
            code = sp_utf8_next(s, &at);
            if (code == SP_UTF8_BAD)
                return SIZE_MAX;
            n += sp_utf8_put(out + n, sp_fold(code));
        }
    }
    return n;
}

void sp_value_write(struct sp_buf *out, struct sp_value v)
{
    switch ((enum sp_value_type)v.type) {
    case SP_V_TEXT:
    case SP_V_NUMBER: sp_buf_add(out, v.ptr, v.len); break;
    case SP_V_JSON_TEXT: write_json_text(out, v); break;
    case SP_V_UTF16: sp_utf16_to_utf8(out, v.ptr, utf16_len(v)); break;
    case SP_V_ANSI: write_ansi(out, v); break;
    case SP_V_REAL32:
    case SP_V_REAL64: write_real(out, v); break;
    case SP_V_INT:
    case SP_V_UINT:
    case SP_V_HEX:
    case SP_V_BOOL:
    case SP_V_TRUE:
    case SP_V_FALSE:
    case SP_V_BINARY:
    case SP_V_GUID:
    case SP_V_SID:
    case SP_V_FILETIME:
    case SP_V_SYSTEMTIME:
        if (sp_buf_reserve(out, SP_VALUE_JSON_ROOM(v.len)))
            out->len = (size_t)(put_plain(out->ptr + out->len, v) - out->ptr);
        break;
    case SP_V_NULL:
    case SP_V_LIST:
    case SP_V_MAP: break;
    }
}

struct sp_str sp_value_text(struct sp_value v, struct sp_buf *scratch)
{
    if (v.type == SP_V_TEXT || v.type == SP_V_NUMBER)
        return v.len ? (struct sp_str){ v.ptr, v.len } : SP_STR_NONE;
    sp_buf_clear(scratch);
    sp_value_write(scratch, v);
    return scratch->failed ? SP_STR_NONE : sp_buf_view(scratch);
}

/* Room for the value folded where it is folded in one go; 0: by way of its text. */
static size_t fold_room(struct sp_value v)
{
    if (v.type == SP_V_UTF16)
        return SP_UTF16_ROOM(utf16_len(v));
    return v.type == SP_V_TEXT || v.type == SP_V_JSON_TEXT || v.type == SP_V_NUMBER ? SP_FOLD_ROOM((size_t)v.len) : 0;
}

static size_t fold_in_one(char *out, struct sp_value v)
{
    struct sp_str s = { v.ptr, v.len };

    if (v.type == SP_V_UTF16)
        return sp_utf16_fold(out, v.ptr, utf16_len(v));
    return v.type == SP_V_JSON_TEXT ? fold_json_text(out, s) : sp_utf8_fold_to(out, s);
}

struct sp_str sp_value_folded(struct sp_value v, struct sp_arena *arena, struct sp_buf *scratch)
{
    static const struct sp_str none = { NULL, 0 };
    size_t room = fold_room(v), n = SIZE_MAX;
    struct sp_str text;
    char *out;

    if (room) {
        out = sp_arena_alloc(arena, room);
        if (!out)
            return none;
        n = fold_in_one(out, v);
        sp_arena_trim(arena, out, room, n == SIZE_MAX ? 0 : n);
        if (n != SIZE_MAX)
            return (struct sp_str){ out, n };
    }
    sp_buf_clear(scratch);
    text = sp_value_text(v, scratch);
    if (scratch->failed)
        return none;
    if (text.len == 0)
        return SP_STR_NONE;
    room = SP_FOLD_ROOM(text.len);
    out = sp_arena_alloc(arena, room);
    if (!out)
        return none;
    n = sp_utf8_fold_to(out, text);
    sp_arena_trim(arena, out, room, n);
    return (struct sp_str){ out, n };
}

struct sp_time sp_value_time(struct sp_value v, struct sp_buf *scratch)
{
    struct sp_time t = { 0 };

    if (v.type == SP_V_FILETIME)
        return v.len >= 8 ? sp_time_filetime(sp_value_u64(v)) : t;
    if (v.type == SP_V_SYSTEMTIME)
        (void)systemtime_of(v, &t);
    else if (v.type == SP_V_TEXT || v.type == SP_V_JSON_TEXT || v.type == SP_V_UTF16 || v.type == SP_V_ANSI)
        (void)sp_time_parse(sp_value_text(v, scratch), &t);
    return t;
}

char *sp_value_put_json(char *p, struct sp_value v)
{
    bool bare = v.type == SP_V_UINT || v.type == SP_V_INT || v.type == SP_V_BOOL || v.type == SP_V_TRUE || v.type == SP_V_FALSE;

    if (v.type == SP_V_NULL)
        return put_word(p, "null");
    if (bare)
        return put_plain(p, v);
    *p++ = '"';
    p = v.type == SP_V_UTF16 ? sp_json_put_utf16(p, v.ptr, utf16_len(v)) : put_plain(p, v);
    if (p)
        *p++ = '"';
    return p;
}

void sp_value_json(struct sp_buf *out, struct sp_value v, struct sp_buf *scratch)
{
    bool text = v.type == SP_V_TEXT || v.type == SP_V_JSON_TEXT || v.type == SP_V_ANSI;
    struct sp_json w = sp_json_to(out);
    double d;
    char *p;

    if (v.type == SP_V_NUMBER || (real_of(v, &d) && isfinite(d))) {
        sp_value_write(out, v);
    } else if (v.type == SP_V_LIST || v.type == SP_V_MAP) {
        sp_buf_text(out, v.type == SP_V_LIST ? "[]" : "{}");
    } else if (text || v.type == SP_V_REAL32 || v.type == SP_V_REAL64) { /* JSON has no word for what is no number */
        sp_buf_clear(scratch);
        sp_json_str(&w, sp_value_text(v, scratch));
        out->failed |= scratch->failed;
    } else if (sp_buf_reserve(out, SP_VALUE_JSON_ROOM(v.len))) {
        p = sp_value_put_json(out->ptr + out->len, v);
        if (p)
            out->len = (size_t)(p - out->ptr);
    }
}

void sp_tree_json(struct sp_buf *out, const struct sp_tree *tree, uint32_t at, struct sp_buf *scratch)
{
    const struct sp_node *node = &tree->node[at];
    bool map = node->value.type == SP_V_MAP;
    struct sp_json key = sp_json_to(out);

    if (!map && node->value.type != SP_V_LIST) {
        sp_value_json(out, node->value, scratch);
        return;
    }
    sp_buf_char(out, map ? '{' : '[');
    for (uint32_t child = node->child; child; child = tree->node[child].next) {
        if (child != node->child)
            sp_buf_char(out, ',');
        key.comma = false;
        if (map)
            sp_json_key(&key, tree->node[child].name);
        sp_tree_json(out, tree, child, scratch);
    }
    sp_buf_char(out, map ? '}' : ']');
}
