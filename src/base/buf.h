/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_buf: bytes that grow at the end, up to a maximum.
 *
 * Writers add without looking; the first addition that finds no memory (or passes the maximum)
 * sets `failed`, and from then on nothing is added. Whoever uses the result looks at `failed` once.
 */
#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct sp_buf {
    char *ptr; /* owned; `len` bytes, not terminated */
    size_t len, room;
    size_t max; /* 0 means SIZE_MAX */
    bool failed;
};

void sp_buf_init(struct sp_buf *buf, size_t max);
void sp_buf_done(struct sp_buf *buf);  /* copes with zeros */
void sp_buf_clear(struct sp_buf *buf); /* length 0, `failed` false; the memory is kept */

/* Room for `more` bytes behind len. */
bool sp_buf_grow(struct sp_buf *buf, size_t more); /* the uncommon half of it */
static inline bool sp_buf_reserve(struct sp_buf *buf, size_t more)
{
    return !buf->failed && buf->ptr && more <= buf->room - buf->len ? true : sp_buf_grow(buf, more);
}

static inline void sp_buf_add(struct sp_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || !sp_buf_reserve(buf, len))
        return;
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}

static inline void sp_buf_char(struct sp_buf *buf, char c)
{
    if (sp_buf_reserve(buf, 1))
        buf->ptr[buf->len++] = c;
}

static inline void sp_buf_str(struct sp_buf *buf, struct sp_str s)
{
    sp_buf_add(buf, s.ptr, s.len);
}

/* Up to the NUL. */
static inline void sp_buf_text(struct sp_buf *buf, const char *text)
{
    sp_buf_add(buf, text, strlen(text));
}

/* A number at `p`, where there is room for SP_PUT_ROOM bytes whatever its length; behind it. */
enum { SP_PUT_ROOM = 20 };
char *sp_put_u64(char *p, uint64_t number); /* decimal */
char *sp_put_x64(char *p, uint64_t number); /* lower-case hexadecimal without leading zeros */
char *sp_put_hex(char *p, const void *bytes, size_t len, bool upper); /* two digits a byte, and no more room */

void sp_buf_u64(struct sp_buf *buf, uint64_t number); /* decimal */
void sp_buf_i64(struct sp_buf *buf, int64_t number);
void sp_buf_x64(struct sp_buf *buf, uint64_t number); /* lower-case hexadecimal without leading zeros */
void sp_buf_hex(struct sp_buf *buf, const void *bytes, size_t len, bool upper); /* two digits a byte */
__attribute__((format(printf, 2, 3))) void sp_buf_printf(struct sp_buf *buf, const char *fmt, ...);

static inline struct sp_str sp_buf_view(const struct sp_buf *buf)
{
    return (struct sp_str){ buf->ptr ? buf->ptr : "", buf->len };
}

#endif
