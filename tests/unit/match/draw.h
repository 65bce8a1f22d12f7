/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this room draw: numbers of a fixed seed, and texts that lie in memory of their own length, so that a
 * sanitizer sees who reads beyond. Memory that runs out ends the program.
 */
#ifndef SP_TESTS_DRAW_H
#define SP_TESTS_DRAW_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "match/gram.h"

static uint64_t draw_state = 1;

static inline uint32_t draw(uint32_t below)
{
    uint64_t z = (draw_state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

/* A text of the holder's, who frees it by draw_free. */
static inline struct sp_str draw_own(const void *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    if (len)
        memcpy(copy, bytes, len);
    return (struct sp_str){ copy, len };
}

static inline void draw_free(struct sp_str text)
{
    free((char *)(uintptr_t)text.ptr);
}

/* `len` bytes of those letters. */
static inline struct sp_str draw_text(size_t len, struct sp_str letters)
{
    char *p = malloc(len ? len : 1);

    if (!p)
        abort();
    for (size_t i = 0; i < len; i++)
        p[i] = letters.ptr[draw((uint32_t)letters.len)];
    return (struct sp_str){ p, len };
}

/* Three texts, one behind the other. */
static inline struct sp_str draw_joined(struct sp_str a, struct sp_str b, struct sp_str c)
{
    size_t len = a.len + b.len + c.len;
    char *p = malloc(len ? len : 1);

    if (!p)
        abort();
    memcpy(p, a.ptr, a.len);
    memcpy(p + a.len, b.ptr, b.len);
    memcpy(p + a.len + b.len, c.ptr, c.len);
    return (struct sp_str){ p, len };
}

/* Does the value hold the literal? In the plainest way. */
static inline bool draw_holds(enum sp_key_kind kind, struct sp_str literal, struct sp_str value)
{
    return kind == SP_KEY_EQUAL ? sp_str_eq(value, literal)
         : kind == SP_KEY_START ? sp_str_starts(value, literal)
         : kind == SP_KEY_END   ? sp_str_ends(value, literal)
                                : sp_str_find(value, literal) != SIZE_MAX;
}

#endif
