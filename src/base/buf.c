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

bool sp_buf_grow(struct sp_buf *buf, size_t more)
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

/* How many decimal digits a number has. */
static size_t digits_of(uint64_t number)
{
    size_t n = 1;

    for (; number >= 10000; number /= 10000)
        n += 4;
    return n + (number >= 10) + (number >= 100) + (number >= 1000);
}

char *sp_put_u64(char *p, uint64_t number)
{
    static const char pair[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
                               "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
                               "9899";
    char *end = p + digits_of(number), *at = end;

    for (; number >= 100; number /= 100) {
        at -= 2;
        memcpy(at, pair + 2 * (number % 100), 2);
    }
    if (number < 10)
        *p = (char)('0' + number);
    else
        memcpy(p, pair + 2 * number, 2);
    return end;
}

char *sp_put_x64(char *p, uint64_t number)
{
    char *end = p + (67 - (size_t)__builtin_clzll(number | 1)) / 4, *at = end;

    do {
        *--at = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (at > p);
    return end;
}

char *sp_put_hex(char *p, const void *bytes, size_t len, bool upper)
{
    const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const unsigned char *b = bytes;

    for (size_t i = 0; i < len; i++, p += 2) {
        p[0] = digit[b[i] >> 4];
        p[1] = digit[b[i] & 15];
    }
    return p;
}

void sp_buf_u64(struct sp_buf *buf, uint64_t number)
{
    if (sp_buf_reserve(buf, SP_PUT_ROOM))
        buf->len = (size_t)(sp_put_u64(buf->ptr + buf->len, number) - buf->ptr);
}

void sp_buf_x64(struct sp_buf *buf, uint64_t number)
{
    if (sp_buf_reserve(buf, SP_PUT_ROOM))
        buf->len = (size_t)(sp_put_x64(buf->ptr + buf->len, number) - buf->ptr);
}

void sp_buf_i64(struct sp_buf *buf, int64_t number)
{
    if (number < 0)
        sp_buf_char(buf, '-');
    sp_buf_u64(buf, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void sp_buf_hex(struct sp_buf *buf, const void *bytes, size_t len, bool upper)
{
    if (len <= SIZE_MAX / 2 && sp_buf_reserve(buf, 2 * len))
        buf->len = (size_t)(sp_put_hex(buf->ptr + buf->len, bytes, len, upper) - buf->ptr);
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
