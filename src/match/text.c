/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a pattern and a text. Out: yes or no. Nothing allocates.
 *
 *      a ? b * c DASH d        pieces between the `*`: [a ? b] [c DASH d]
 *
 * The first piece is bound to the begin and the last to the end of the text where `where` says so; those between are
 * each taken at their leftmost place, which never costs a later piece its chance. So nothing is tried twice and hostile
 * text cannot make it slow.
 */
#include "match/text.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#include "base/unicode.h"

/* The literal at one of the places that `both` marks from `p` on; *wrong counts those where it only seemed to be. */
static inline const char *look_at(const char *p, unsigned both, struct sp_str literal, size_t *wrong)
{
    for (; both; both &= both - 1, ++*wrong)
        if (memcmp(p + (unsigned)__builtin_ctz(both), literal.ptr, literal.len) == 0)
            return p + (unsigned)__builtin_ctz(both);
    return NULL;
}

/* A text with few places for the literal. */
static size_t find_brief(struct sp_str s, struct sp_str literal)
{
    for (size_t i = 0; i + literal.len <= s.len; i++)
        if (s.ptr[i] == literal.ptr[0] && memcmp(s.ptr + i, literal.ptr, literal.len) == 0)
            return i;
    return SIZE_MAX;
}

#if defined __x86_64__
/* Many places at once: where two bytes of the literal stand. What looks like it and is not costs a comparison; when that happens too often the library's search, whose time has a bound, goes on. The last block ends
 * where the text ends. */
#define FIND(NAME, TARGET, WIDTH, VECTOR, LOAD, SET, EQUAL, AND, MASK) \
    TARGET static size_t NAME(struct sp_str s, struct sp_str literal, size_t one, size_t other) \
    { \
        size_t most = s.len - literal.len - (WIDTH - 1), wrong = 0, hop; \
        const VECTOR first = SET(literal.ptr[one]), second = SET(literal.ptr[other]); \
\
        for (size_t i = 0;; i = i + WIDTH < most ? i + WIDTH : most) { \
            const char *p = s.ptr + i, *found; \
            VECTOR a = LOAD((const VECTOR *)(const void *)(p + one)), b = LOAD((const VECTOR *)(const void *)(p + other)); \
            unsigned both = (unsigned)MASK(AND(EQUAL(a, first), EQUAL(b, second))); \
\
            if (both && (found = look_at(p, both, literal, &wrong))) \
                return (size_t)(found - s.ptr); \
            if (i == most) \
                return SIZE_MAX; \
            if (wrong > 32 + i / 16) { \
                hop = sp_str_find(sp_str_cut(s, i, s.len - i), literal); \
                return hop == SIZE_MAX ? hop : i + hop; \
            } \
        } \
    }

FIND(find16, , 16, __m128i, _mm_loadu_si128, _mm_set1_epi8, _mm_cmpeq_epi8, _mm_and_si128, _mm_movemask_epi8)
FIND(find32, __attribute__((target("avx2"))), 32, __m256i, _mm256_loadu_si256, _mm256_set1_epi8, _mm256_cmpeq_epi8, _mm256_and_si256,
     _mm256_movemask_epi8)

static size_t find(struct sp_str s, struct sp_str literal, size_t one, size_t other)
{
    size_t n = literal.len;

    if (n < 2)
        return sp_str_find(s, literal);
    if (s.len < n + 15)
        return find_brief(s, literal);
    return s.len >= n + 47 && __builtin_cpu_supports("avx2") ? find32(s, literal, one, other) : find16(s, literal, one, other);
}
#else
static size_t find(struct sp_str s, struct sp_str literal, size_t one, size_t other)
{
    (void)one;
    (void)other;
    return literal.len && s.len < literal.len + 15 ? find_brief(s, literal) : sp_str_find(s, literal);
}
#endif

size_t sp_text_find(struct sp_str s, struct sp_str literal)
{
    return find(s, literal, 0, literal.len - 1);
}

/* How common a byte is in folded values, by rank. */
static const uint8_t commonness[256] = {
    [' '] = 56, ['e'] = 55, ['a'] = 54, ['t'] = 53, ['o'] = 52, ['i'] = 51, ['n'] = 50, ['s'] = 49, ['r'] = 48, ['c'] = 47, ['d'] = 46,
    ['l'] = 45, ['m'] = 44, ['p'] = 43, ['u'] = 42, ['h'] = 41, ['\\'] = 40, ['f'] = 39, ['g'] = 38, ['b'] = 37, ['y'] = 36, ['w'] = 35,
    ['v'] = 34, ['0'] = 33, ['1'] = 32, ['k'] = 31, ['2'] = 30, ['.'] = 29, ['-'] = 28, ['3'] = 27, ['x'] = 26, ['5'] = 25, ['4'] = 24,
    [':'] = 23, ['8'] = 22, ['6'] = 21, ['9'] = 20, ['7'] = 19, ['/'] = 18, ['j'] = 17, ['z'] = 16, ['q'] = 15, ['='] = 14, ['_'] = 13,
    ['%'] = 12, ['"'] = 11, ['\''] = 10, [','] = 9, ['('] = 8, [')'] = 7, ['$'] = 6, [';'] = 5, ['+'] = 4, ['{'] = 3, ['}'] = 2,
    ['&'] = 1
};

struct sp_rare sp_text_rare(struct sp_str literal)
{
    uint32_t n = literal.len < 256 ? (uint32_t)literal.len : 256, best[2] = { UINT32_MAX, UINT32_MAX };
    uint8_t at[2] = { 0, 0 };

    for (uint32_t i = 0; i < n; i++) {
        uint32_t common = commonness[(unsigned char)literal.ptr[i]];

        if (common < best[0]) {
            best[1] = best[0];
            at[1] = at[0];
            best[0] = common;
            at[0] = (uint8_t)i;
        } else if (common < best[1]) {
            best[1] = common;
            at[1] = (uint8_t)i;
        }
    }
    return (struct sp_rare){ at[0], at[1] };
}

size_t sp_text_find_rare(struct sp_str s, struct sp_str literal, struct sp_rare rare)
{
    return find(s, literal, rare.one, rare.other);
}

struct piece {
    const struct sp_token *token;
    uint32_t count;
};

/* Bytes of the code point at `at`; a byte that is no UTF-8 counts as one. */
static size_t step(struct sp_str s, size_t at)
{
    size_t next = at;

    (void)sp_utf8_next(s, &next);
    return next - at;
}

/* Bytes of the code point that ends before `end` (> 0). */
static size_t step_back(struct sp_str s, size_t end)
{
    size_t at = end - 1;

    while (at > 0 && end - at < 4 && ((unsigned char)s.ptr[at] & 0xC0) == 0x80)
        at--;
    return at + step(s, at) == end ? end - at : 1;
}

static bool is_dash(struct sp_str c)
{
    return sp_str_is(c, "-") || sp_str_is(c, "/") || sp_str_is(c, "\u2013") || sp_str_is(c, "\u2014") || sp_str_is(c, "\u2015");
}

/* Where the piece ends if it begins at `at`, or SIZE_MAX. */
static size_t piece_at(struct piece p, struct sp_str s, size_t at)
{
    for (uint32_t i = 0; i < p.count; i++) {
        const struct sp_token *t = &p.token[i];
        size_t n;

        if (t->kind == SP_T_LITERAL) {
            if (s.len - at < t->literal.len || memcmp(s.ptr + at, t->literal.ptr, t->literal.len) != 0)
                return SIZE_MAX;
            at += t->literal.len;
            continue;
        }
        if (at == s.len)
            return SIZE_MAX;
        n = step(s, at);
        if (t->kind == SP_T_DASH && !is_dash(sp_str_cut(s, at, n)))
            return SIZE_MAX;
        at += n;
    }
    return at;
}

/* Where the piece begins if it ends at `end`, or SIZE_MAX. */
static size_t piece_back(struct piece p, struct sp_str s, size_t end)
{
    for (uint32_t i = p.count; i-- > 0;) {
        const struct sp_token *t = &p.token[i];
        size_t n;

        if (t->kind == SP_T_LITERAL) {
            if (end < t->literal.len || memcmp(s.ptr + end - t->literal.len, t->literal.ptr, t->literal.len) != 0)
                return SIZE_MAX;
            end -= t->literal.len;
            continue;
        }
        if (end == 0)
            return SIZE_MAX;
        n = step_back(s, end);
        if (t->kind == SP_T_DASH && !is_dash(sp_str_cut(s, end - n, n)))
            return SIZE_MAX;
        end -= n;
    }
    return end;
}

/* Code points of the piece before its first literal; all of them when it has none. */
static uint32_t before_literal(struct piece p)
{
    uint32_t n = 0;

    while (n < p.count && p.token[n].kind != SP_T_LITERAL)
        n++;
    return n;
}

/* The same where the piece has no literal: every place is tried. */
static size_t piece_find_plain(struct piece p, struct sp_str s, size_t from)
{
    for (;; from += step(s, from)) {
        size_t end = piece_at(p, s, from);

        if (end != SIZE_MAX || from == s.len)
            return end;
    }
}

/* End of the leftmost place of the piece at or behind `from`, or SIZE_MAX. Its first literal is looked for, and the
 * begin is as many code points before it as the piece has. */
static size_t piece_find(struct piece p, struct sp_str s, size_t from)
{
    uint32_t before = before_literal(p);
    size_t at = from;

    if (before == p.count)
        return piece_find_plain(p, s, from);
    for (;;) {
        size_t hop = sp_text_find(sp_str_cut(s, at, s.len - at), p.token[before].literal), begin, end;
        uint32_t n = before;

        if (hop == SIZE_MAX)
            return SIZE_MAX;
        at += hop;
        for (begin = at; n && begin > from; n--)
            begin -= step_back(s, begin);
        end = n || begin < from ? SIZE_MAX : piece_at(p, s, begin);
        if (end != SIZE_MAX)
            return end;
        if (at == s.len)
            return SIZE_MAX;
        at += step(s, at);
    }
}

bool sp_text_match(const struct sp_pattern *pattern, struct sp_str s)
{
    const struct sp_token *token = pattern->token;
    uint32_t i = 0, count = pattern->token_count;
    bool bound = pattern->where == SP_WHERE_WHOLE || pattern->where == SP_WHERE_START; /* the next piece begins at `at` */
    bool bound_end = pattern->where == SP_WHERE_WHOLE || pattern->where == SP_WHERE_END;
    size_t at = 0;

    if (count == 1 && token[0].kind == SP_T_LITERAL)
        return sp_text_where(pattern->where, s, token[0].literal);
    for (;;) {
        struct piece p = { token + i, 0 };

        while (i + p.count < count && token[i + p.count].kind != SP_T_MANY)
            p.count++;
        i += p.count;
        if (i == count && bound_end) {
            size_t begin = piece_back(p, s, s.len);

            return begin != SIZE_MAX && (bound ? begin == at : begin >= at);
        }
        if (p.count)
            at = bound ? piece_at(p, s, at) : piece_find(p, s, at);
        if (at == SIZE_MAX || i == count)
            return at != SIZE_MAX;
        bound = false;
        i++;
    }
}

bool sp_text_where(enum sp_where where, struct sp_str text, struct sp_str literal)
{
    switch (where) {
    case SP_WHERE_START:
        return sp_str_starts(text, literal);
    case SP_WHERE_END:
        return sp_str_ends(text, literal);
    case SP_WHERE_ANY:
        return sp_text_find(text, literal) != SIZE_MAX;
    case SP_WHERE_WHOLE:
    default:
        return sp_str_eq(text, literal);
    }
}
