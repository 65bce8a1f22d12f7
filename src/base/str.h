/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_str: a borrowed run of bytes, by value. Not terminated, may hold NUL, owns nothing;
 * the comment where one is handed out says who owns the bytes and how long they live.
 */
#ifndef SP_BASE_STR_H
#define SP_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sp_str {
    const char *ptr;
    size_t len;
};

#define SP_STR(literal) ((struct sp_str){ (literal), sizeof(literal) - 1 })
#define SP_STR_NONE     ((struct sp_str){ "", 0 })
/* For printf("%.*s", SP_STR_ARG(s)); cut at INT_MAX by the cast. */
#define SP_STR_ARG(s) ((int)(s).len), (s).ptr

static inline struct sp_str sp_str_c(const char *text)
{
    return (struct sp_str){ text, strlen(text) };
}

static inline struct sp_str sp_str_cut(struct sp_str s, size_t from, size_t len)
{
    return (struct sp_str){ s.ptr + from, len };
}

static inline bool sp_str_eq(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sp_str_is(struct sp_str a, const char *text)
{
    return sp_str_eq(a, sp_str_c(text));
}

static inline bool sp_str_starts(struct sp_str s, struct sp_str with)
{
    return s.len >= with.len && (with.len == 0 || memcmp(s.ptr, with.ptr, with.len) == 0);
}

static inline bool sp_str_ends(struct sp_str s, struct sp_str with)
{
    return s.len >= with.len && (with.len == 0 || memcmp(s.ptr + s.len - with.len, with.ptr, with.len) == 0);
}

/* Byte order, shorter first on a tie: <0, 0, >0. */
static inline int sp_str_cmp(struct sp_str a, struct sp_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Position of `needle` in `s`, or SIZE_MAX. An empty needle is found at 0. */
static inline size_t sp_str_find(struct sp_str s, struct sp_str needle)
{
    const char *at;

    if (needle.len == 0)
        return 0;
    at = s.len < needle.len ? NULL : (const char *)memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

/* FNV-1a, 64 bit: for names that the program itself bounds in number. */
static inline uint64_t sp_str_hash(struct sp_str s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return h;
}

#endif
