/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes to add. Out: one growing block, owned by the buffer.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

void sp_buf_init(struct sp_buf *buf, size_t max)
{
    *buf = (struct sp_buf){ .max = max };
}

void sp_buf_done(struct sp_buf *buf)
{
    sp_free(buf->ptr);
    *buf = (struct sp_buf){ .max = buf->max };
}

void sp_buf_clear(struct sp_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

bool sp_buf_reserve(struct sp_buf *buf, size_t more)
{
    size_t max = buf->max ? buf->max : SIZE_MAX / 4, room = buf->room ? buf->room : 256;
    char *p;

    if (buf->failed)
        return false;
    if (more <= buf->room - buf->len && buf->ptr)
        return true;
    if (more > max - buf->len) {
        buf->failed = true;
        return false;
    }
    while (room - buf->len < more)
        room *= 2;
    p = sp_realloc(buf->ptr, room);
    if (!p) {
        buf->failed = true;
        return false;
    }
    buf->ptr = p;
    buf->room = room;
    return true;
}

void sp_buf_add(struct sp_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || !sp_buf_reserve(buf, len))
        return;
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}

void sp_buf_char(struct sp_buf *buf, char c)
{
    if (sp_buf_reserve(buf, 1))
        buf->ptr[buf->len++] = c;
}

void sp_buf_str(struct sp_buf *buf, struct sp_str s)
{
    sp_buf_add(buf, s.ptr, s.len);
}

void sp_buf_text(struct sp_buf *buf, const char *text)
{
    sp_buf_add(buf, text, strlen(text));
}

void sp_buf_u64(struct sp_buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    sp_buf_add(buf, digits + at, sizeof digits - at);
}

void sp_buf_i64(struct sp_buf *buf, int64_t number)
{
    if (number < 0)
        sp_buf_char(buf, '-');
    sp_buf_u64(buf, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void sp_buf_hex(struct sp_buf *buf, const void *bytes, size_t len, bool upper)
{
    const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const unsigned char *b = bytes;

    if (!sp_buf_reserve(buf, 2 * len))
        return;
    for (size_t i = 0; i < len; i++) {
        buf->ptr[buf->len++] = digit[b[i] >> 4];
        buf->ptr[buf->len++] = digit[b[i] & 15];
    }
}

void sp_buf_printf(struct sp_buf *buf, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (!sp_buf_reserve(buf, 128))
        return;
    va_start(ap, fmt);
    n = vsnprintf(buf->ptr + buf->len, buf->room - buf->len, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n >= buf->room - buf->len) {
        if (!sp_buf_reserve(buf, (size_t)n + 1))
            return;
        va_start(ap, fmt);
        n = vsnprintf(buf->ptr + buf->len, buf->room - buf->len, fmt, ap);
        va_end(ap);
    }
    buf->len += (size_t)n;
}
