/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a text of an event (attacker-controlled). Out: what base64 in known places of it decodes to, in the caller's arena,
 * bounded in length, number and depth.
 */
#include "event/derive.h"

#include <strings.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/unicode.h"

enum { TOKEN_LEAST = 8 }; /* characters: shorter ones are words */

static int digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

size_t sp_base64_decode(struct sp_str text, unsigned char *out, size_t *ret_used)
{
    uint32_t bits = 0, have = 0;
    size_t n = 0, at = 0;

    for (; at < text.len; at++) {
        int d = digit((unsigned char)text.ptr[at]);

        if (d < 0)
            break;
        bits = (bits << 6 | (uint32_t)d) & 0xFFFFFF;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    while (at < text.len && text.ptr[at] == '=')
        at++;
    *ret_used = at;
    return n;
}

/* Mostly letters and signs, no control but line ends: a text. */
static bool is_text(struct sp_str s)
{
    size_t good = 0, all = 0, at = 0;

    while (at < s.len) {
        uint32_t c = sp_utf8_next(s, &at);

        if (c == SP_UTF8_BAD || (c & 0xFFFE) == 0xFFFE || c == 0xFFFD || (c >= 0xE000 && c <= 0xF8FF) ||
            (c < 0x20 && c != '\n' && c != '\r' && c != '\t'))
            continue;
        good++;
    }
    for (at = 0; at < s.len; all++)
        (void)sp_utf8_next(s, &at);
    return all && good * 20 >= all * 19;
}

/* Half of the bytes of UTF-16 of most scripts people write are zero. */
static bool is_utf16(const unsigned char *bytes, size_t len)
{
    size_t zero = 0;

    for (size_t i = 1; i < len; i += 2)
        zero += bytes[i] == 0;
    return len >= 4 && len % 2 == 0 && zero * 4 >= len / 2 * 3;
}

/* The base64 that begins `token`, as text. 1, 0: it is none, SP_ERR_NOMEM. */
static int decode(struct sp_arena *arena, struct sp_str token, bool command, struct sp_derived *ret)
{
    struct sp_buf text;
    unsigned char *bytes;
    size_t used = 0, n;

    while (used < token.len && digit((unsigned char)token.ptr[used]) >= 0)
        used++;
    ret->cut = used > SP_DERIVED_MAX * 3;
    token.len = ret->cut ? SP_DERIVED_MAX * 3 : used;
    if (used < TOKEN_LEAST)
        return 0;
    bytes = sp_arena_alloc(arena, token.len / 4 * 3 + 3);
    if (!bytes)
        return SP_ERR_NOMEM;
    n = sp_base64_decode(token, bytes, &used);
    sp_buf_init(&text, 0);
    if (is_utf16(bytes, n) || (command && n % 2 == 0)) {
        sp_utf16_to_utf8(&text, bytes, n);
        ret->encoding = "base64 of UTF-16LE";
    } else {
        sp_buf_add(&text, bytes, n);
        ret->encoding = "base64 of UTF-8";
    }
    if (text.len > SP_DERIVED_MAX) {
        text.len = SP_DERIVED_MAX;
        ret->cut = true;
    }
    ret->text = text.failed ? (struct sp_str){ NULL, 0 } : sp_arena_str(arena, sp_buf_view(&text));
    sp_buf_done(&text);
    if (!ret->text.ptr)
        return SP_ERR_NOMEM;
    return is_text(ret->text);
}

/* Length of a dash at `at`: - / or one of the three that PowerShell takes for it; 0: none. */
static size_t dash(struct sp_str s, size_t at)
{
    size_t next = at;
    uint32_t c = sp_utf8_next(s, &next);

    return c == '-' || c == '/' || (c >= 0x2013 && c <= 0x2015) ? next - at : 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind an option -e, -ec, -enc ... -encodedcommand at `at`, where its value begins; 0: there is none. */
static size_t option_value(struct sp_str s, size_t at)
{
    static const char whole[] = "encodedcommand";
    size_t n = dash(s, at), letters = 0;

    if (n == 0 || (at && !blank(s.ptr[at - 1]) && s.ptr[at - 1] != '"' && s.ptr[at - 1] != '\''))
        return 0;
    at += n;
    while (at + letters < s.len && ((s.ptr[at + letters] | 32) >= 'a' && (s.ptr[at + letters] | 32) <= 'z'))
        letters++;
    if (letters == 0 || letters >= sizeof whole ||
        (strncasecmp(s.ptr + at, whole, letters) != 0 && !(letters == 2 && strncasecmp(s.ptr + at, "ec", 2) == 0)))
        return 0;
    at += letters;
    if (at == s.len || (!blank(s.ptr[at]) && s.ptr[at] != ':' && s.ptr[at] != '"' && s.ptr[at] != '\''))
        return 0;
    while (at < s.len && (blank(s.ptr[at]) || s.ptr[at] == ':' || s.ptr[at] == '"' || s.ptr[at] == '\''))
        at++;
    return at;
}

/* Behind FromBase64String( and a quote at `at`; 0: no such thing there. */
static size_t call_value(struct sp_str s, size_t at)
{
    static const char name[] = "frombase64string";
    size_t n = sizeof name - 1;

    if (s.len - at <= n || strncasecmp(s.ptr + at, name, n) != 0)
        return 0;
    at += n;
    while (at < s.len && (blank(s.ptr[at]) || s.ptr[at] == '('))
        at++;
    return at < s.len && (s.ptr[at] == '"' || s.ptr[at] == '\'') ? at + 1 : 0;
}

static int look(struct sp_arena *arena, struct sp_str s, uint32_t depth, struct sp_derived *list, size_t *count)
{
    for (size_t at = 0; at < s.len && *count < SP_DERIVED_LIST_MAX; at++) {
        char c = s.ptr[at];
        bool command = c == '-' || c == '/' || (unsigned char)c == 0xE2, call = c == 'f' || c == 'F';
        size_t value = command ? option_value(s, at) : call ? call_value(s, at) : 0;
        struct sp_derived *d = &list[*count];
        int rc;

        if (value == 0)
            continue;
        *d = (struct sp_derived){ .how = command ? "-EncodedCommand" : "FromBase64String", .depth = depth };
        rc = decode(arena, sp_str_cut(s, value, s.len - value), command, d);
        if (rc < 0)
            return rc;
        at = value - 1; /* the value itself may be an option again, and costs no second decoding of the same */
        *count += (size_t)rc;
    }
    return 0;
}

int sp_derive(struct sp_arena *arena, struct sp_str text, struct sp_derived list[SP_DERIVED_LIST_MAX], size_t *ret_count)
{
    size_t done = 0;
    int rc;

    *ret_count = 0;
    rc = look(arena, text, 1, list, ret_count);
    for (; rc == 0 && done < *ret_count; done++)
        if (list[done].depth < SP_DERIVED_DEPTH_MAX)
            rc = look(arena, list[done].text, list[done].depth + 1, list, ret_count);
    return rc;
}
