/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a round's choices. Out: literals and what is cut from them; texts quoted for YAML, JSON and Sigma.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/unicode.h"
#include "engines.h"

void *keep_alloc(struct round *r, size_t size)
{
    void *p = sp_arena_zalloc(&r->arena, size + 1);

    if (!p) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return p;
}

struct sp_str keep(struct round *r, struct sp_str s)
{
    char *p = keep_alloc(r, s.len);

    memcpy(p, s.ptr, s.len);
    return (struct sp_str){ p, s.len };
}

struct sp_str keep_out(struct round *r)
{
    if (r->out.failed) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return keep(r, sp_buf_view(&r->out));
}

/* Cuts at code points only. */
static size_t whole(struct sp_str s, size_t at)
{
    while (at > 0 && at < s.len && ((unsigned char)s.ptr[at] & 0xC0) == 0x80)
        at--;
    return at;
}

struct sp_str joined_text(struct round *r, struct sp_str a, struct sp_str b)
{
    sp_buf_clear(&r->out);
    sp_buf_str(&r->out, a);
    sp_buf_str(&r->out, b);
    return keep_out(r);
}

/* One to three characters, ASCII mostly; many of them fold to the same letters. */
static struct sp_str sign(struct round *r)
{
    static const char *const signs[] = { "a", "b", "A", "k", "s", "i", "e", "1", "0", "\\", ".", " ", "-", "/", "=", "*", "?", "%", "x", "K",
                                         "\u212a", "\u017f", "\u0130", "\u0131", "\u0416", "\u0436", "\u00e9", "\u00c9", "\u00df",
                                         "\u2013", "\u2014", "\u2015", "\U0001F600", "\ufffd", "\n", "\u1e9e", "\u03c3", "\u03c2", "\u023a" };

    return sp_str_c(signs[below(&r->chance, below(&r->chance, 3) ? 20 : sizeof signs / sizeof *signs)]);
}

struct sp_str literal_fresh(struct round *r)
{
    static const char *const words[] = { "\\reg.exe", "\\cmd.exe", "C:\\Windows\\System32\\", "powershell", " -enc ", " /c ", "http://", "sekurlsa::",
                                         "net user", "-ma lsass", "\\Temp\\", "whoami", ".dll", "HKLM\\SOFTWARE\\Run", "S-1-5-18", "0x1f4", "4688",
                                         "SYSTEM", "true", "False", "mimikatz", "System", "admin$", "\u043f\u0440\u0438\u0432\u0435\u0442", "stra\u00dfe" };
    static const uint32_t lengths[] = { 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 8, 9, 9, 12, 16, 17, 40 };
    uint32_t n;

    if (r->wordy) {
        sp_buf_clear(&r->out);
        for (n = 4 + below(&r->chance, one_in(&r->chance, 3) ? 30 : 5); n; n--)
            sp_buf_char(&r->out, "abkKsS1.x-;="[below(&r->chance, 12)]);
        return keep_out(r);
    }
    if (one_in(&r->chance, 3))
        return sp_str_c(words[below(&r->chance, sizeof words / sizeof *words)]);
    sp_buf_clear(&r->out);
    n = lengths[below(&r->chance, sizeof lengths / sizeof *lengths)];
    if (one_in(&r->chance, 3)) /* exactly so many bytes */
        for (uint32_t i = 0; i < n; i++)
            sp_buf_char(&r->out, "abkKsS1. \\-"[below(&r->chance, 11)]);
    else
        for (uint32_t i = 0; i < n; i++)
            sp_buf_str(&r->out, sign(r));
    return keep_out(r);
}

struct sp_str flipped(struct round *r, struct sp_str s)
{
    static const struct {
        char from;
        const char *to;
    } twins[] = { { 'k', "\u212a" }, { 's', "\u017f" }, { 'K', "\u212a" }, { 'S', "\u017f" }, { 'i', "\u0130" }, { 'I', "\u0131" } };
    bool twin = one_in(&r->chance, 3);

    sp_buf_clear(&r->out);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const char *to = NULL;

        for (size_t t = 0; twin && t < sizeof twins / sizeof *twins; t++)
            if (twins[t].from == c && (t < 4 || one_in(&r->chance, 8)))
                to = twins[t].to;
        if (to)
            sp_buf_text(&r->out, to);
        else if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && one_in(&r->chance, 2))
            sp_buf_char(&r->out, (char)(c ^ 0x20));
        else
            sp_buf_char(&r->out, c);
    }
    return keep_out(r);
}

/* The same but for one byte of ASCII: the first, the last or any. */
static struct sp_str one_changed(struct round *r, struct sp_str s)
{
    struct sp_str made = keep(r, s);
    size_t at = below(&r->chance, 3);
    char *p;

    if (!s.len)
        return SP_STR("a");
    at = at == 0 ? 0 : at == 1 ? s.len - 1 : below(&r->chance, (uint32_t)s.len);
    p = (char *)(uintptr_t)made.ptr + at;
    if (!(*p & 0x80))
        *p = "ab.1"[below(&r->chance, 4)];
    return made;
}

static struct sp_str part_of(struct round *r, struct sp_str s)
{
    size_t from = 0, to = s.len;

    if (s.len < 2)
        return s;
    switch (below(&r->chance, 5)) {
    case 0: to = s.len - 1; break;
    case 1: from = 1; break;
    case 2: to = below(&r->chance, (uint32_t)s.len); break;
    case 3: from = below(&r->chance, (uint32_t)s.len); break;
    default:
        from = below(&r->chance, (uint32_t)s.len);
        to = from + below(&r->chance, (uint32_t)(s.len - from)) + 1;
    }
    while (from < to && ((unsigned char)s.ptr[from] & 0xC0) == 0x80)
        from++;
    to = to < s.len ? whole(s, to) : to;
    return from < to ? keep(r, sp_str_cut(s, from, to - from)) : SP_STR("a");
}

struct sp_str literal_of(struct round *r)
{
    struct sp_str s = r->literal[below(&r->chance, ENGINES_POOL)];

    switch (below(&r->chance, 10)) {
    case 0: return r->wordy ? s : part_of(r, s);
    case 1: return r->wordy ? s : flipped(r, s);
    case 2: return one_changed(r, s);
    default: return s;
    }
}

/* So far behind other text that it lies anywhere in a register, or across two. */
static struct sp_str moved(struct round *r, struct sp_str s)
{
    uint32_t before = below(&r->chance, 100), behind = below(&r->chance, 70);
    const char *fill = one_in(&r->chance, 3) ? "\u00e9" : one_in(&r->chance, 4) ? "\\" : "z";

    sp_buf_clear(&r->out);
    for (uint32_t i = 0; i < before; i++)
        sp_buf_text(&r->out, fill);
    sp_buf_str(&r->out, s);
    for (uint32_t i = 0; i < behind; i++)
        sp_buf_text(&r->out, fill);
    return keep_out(r);
}

/* The same text again and again up to many kilobytes, and once at its end what may match. */
static struct sp_str very_long(struct round *r, struct sp_str s)
{
    struct sp_str again = one_in(&r->chance, 2) ? part_of(r, s) : s;
    size_t size = 512u << below(&r->chance, 8);

    sp_buf_clear(&r->out);
    while (again.len && r->out.len < size)
        sp_buf_str(&r->out, again);
    sp_buf_str(&r->out, s);
    return keep_out(r);
}

struct sp_str mutated(struct round *r, struct sp_str s)
{
    switch (below(&r->chance, 20)) {
    case 0: return part_of(r, s);
    case 1: return flipped(r, s);
    case 2: return one_changed(r, s);
    case 3: return joined_text(r, s, s);
    case 4: return joined_text(r, literal_of(r), s);
    case 5: return joined_text(r, s, literal_of(r));
    case 6: return joined_text(r, joined_text(r, sign(r), s), sign(r));
    case 7: return joined_text(r, s, SP_STR("  "));
    case 8: return one_in(&r->chance, 6) ? SP_STR_NONE : s;
    case 9: return one_in(&r->chance, 24) ? very_long(r, s) : s;
    case 10: return joined_text(r, part_of(r, s), s);
    case 11:
    case 12: return moved(r, s);
    default: return s;
    }
}

/* ---------------------------------------------------------------- encodings */

struct sp_str base64_of(struct round *r, struct sp_str bytes)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.ptr;

    sp_buf_clear(&r->out);
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < bytes.len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < bytes.len ? p[i + 2] : 0);

        sp_buf_char(&r->out, digit[v >> 18]);
        sp_buf_char(&r->out, digit[v >> 12 & 63]);
        sp_buf_char(&r->out, i + 1 < bytes.len ? digit[v >> 6 & 63] : '=');
        sp_buf_char(&r->out, i + 2 < bytes.len ? digit[v & 63] : '=');
    }
    return keep_out(r);
}

struct sp_str wide_of(struct round *r, struct sp_str text, bool big, bool mark)
{
    size_t at = 0;

    sp_buf_clear(&r->out);
    if (mark)
        sp_buf_add(&r->out, "\xFF\xFE", 2);
    while (at < text.len) {
        uint32_t code = sp_utf8_next(text, &at), unit[2] = { code, 0 };
        int units = 1;

        if (code == SP_UTF8_BAD)
            continue;
        if (code > 0xFFFF) {
            unit[0] = 0xD800 + ((code - 0x10000) >> 10);
            unit[1] = 0xDC00 + ((code - 0x10000) & 0x3FF);
            units = 2;
        }
        for (int i = 0; i < units; i++) {
            sp_buf_char(&r->out, (char)(big ? unit[i] >> 8 : unit[i] & 0xFF));
            sp_buf_char(&r->out, (char)(big ? unit[i] & 0xFF : unit[i] >> 8));
        }
    }
    return keep_out(r);
}

struct sp_str bytes_as_text(struct round *r, struct sp_str bytes)
{
    char utf8[4];

    sp_buf_clear(&r->out);
    for (size_t i = 0; i < bytes.len; i++)
        sp_buf_add(&r->out, utf8, sp_utf8_put(utf8, (unsigned char)bytes.ptr[i]));
    return keep_out(r);
}

/* ---------------------------------------------------------------- quoting */

void put_yaml(struct sp_buf *out, struct sp_str text)
{
    size_t at = 0;

    sp_buf_char(out, '"');
    while (at < text.len) {
        uint32_t code = sp_utf8_next(text, &at);

        if (code == '"' || code == '\\')
            sp_buf_printf(out, "\\%c", (char)code);
        else if (code >= 0x20 && code < 0x7F)
            sp_buf_char(out, (char)code);
        else
            sp_buf_printf(out, "\\U%08X", code == SP_UTF8_BAD ? 0xFFFDu : code);
    }
    sp_buf_char(out, '"');
}

/* Some characters are escaped that need not be; now and then half a surrogate pair stands at an end. */
void put_json(struct round *r, struct sp_buf *out, struct sp_str text)
{
    bool odd = one_in(&r->chance, 8);
    size_t at = 0;

    sp_buf_char(out, '"');
    if (odd && one_in(&r->chance, 8))
        sp_buf_text(out, "\\udc00");
    while (at < text.len) {
        uint32_t code = sp_utf8_next(text, &at);
        char utf8[4];

        if (code == SP_UTF8_BAD)
            code = 0xFFFD;
        if (code == '"' || code == '\\')
            sp_buf_printf(out, "\\%c", (char)code);
        else if (code < 0x20 || (odd && code < 0x10000 && one_in(&r->chance, 4)))
            sp_buf_printf(out, one_in(&r->chance, 2) ? "\\u%04x" : "\\u%04X", code);
        else if (code == '/' && odd)
            sp_buf_text(out, "\\/");
        else
            sp_buf_add(out, utf8, sp_utf8_put(utf8, code));
    }
    if (odd && one_in(&r->chance, 8))
        sp_buf_text(out, "\\ud83d");
    sp_buf_char(out, '"');
}

void put_escaped(struct sp_buf *out, struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '*'; /* a wildcard may follow */

        if (c == '*' || c == '?' || (c == '\\' && (next == '*' || next == '?' || next == '\\')))
            sp_buf_char(out, '\\');
        sp_buf_char(out, c);
    }
}
