/* SPDX-License-Identifier: Apache-2.0
 *
 * In: any bytes. Out: text that a terminal or a spreadsheet only shows.
 */
#include "base/safe.h"

#include "base/unicode.h"
#include "spoor/safe.h"

static bool unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           c == 0x2028 || c == 0x2029 || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

void sp_safe_write(struct sp_buf *out, struct sp_str s)
{
    size_t at = 0, from = 0;

    while (at < s.len) {
        size_t start = at;
        uint32_t c = sp_utf8_next(s, &at);

        if (c != SP_UTF8_BAD && !unsafe(c))
            continue;
        sp_buf_add(out, s.ptr + from, start - from);
        if (c == SP_UTF8_BAD || c <= 0xFF)
            sp_buf_printf(out, "\\x%02x", c == SP_UTF8_BAD ? (unsigned char)s.ptr[start] : (unsigned)c);
        else
            sp_buf_printf(out, "\\u{%x}", c);
        from = at;
    }
    sp_buf_add(out, s.ptr + from, at - from);
}

static bool wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

size_t sp_safe_width(struct sp_str s)
{
    size_t at = 0, width = 0;

    while (at < s.len)
        width += wide(sp_utf8_next(s, &at)) ? 2 : 1;
    return width;
}

void sp_csv_cell(struct sp_buf *out, struct sp_str s)
{
    struct sp_buf safe;
    struct sp_str cell;

    sp_buf_init(&safe, 0);
    if (s.len && strchr("=+-@", s.ptr[0]) && s.ptr[0])
        sp_buf_char(&safe, '\'');
    sp_safe_write(&safe, s);
    cell = sp_buf_view(&safe);
    if (safe.failed)
        out->failed = true;
    if (!memchr(cell.ptr, '"', cell.len) && !memchr(cell.ptr, ',', cell.len)) {
        sp_buf_str(out, cell);
    } else {
        sp_buf_char(out, '"');
        for (size_t i = 0; i < cell.len; i++) {
            if (cell.ptr[i] == '"')
                sp_buf_char(out, '"');
            sp_buf_char(out, cell.ptr[i]);
        }
        sp_buf_char(out, '"');
    }
    sp_buf_done(&safe);
}

size_t sp_safe_text(char *out, size_t room, const char *text)
{
    struct sp_buf safe;
    size_t n;

    sp_buf_init(&safe, 0);
    sp_safe_write(&safe, sp_str_c(text));
    n = safe.len < room - 1 ? safe.len : room - 1;
    while (n < safe.len && n > 0 && ((unsigned char)safe.ptr[n] & 0xC0) == 0x80)
        n--; /* never half a character */
    if (n)
        memcpy(out, safe.ptr, n);
    out[n] = '\0';
    sp_buf_done(&safe);
    return n;
}
