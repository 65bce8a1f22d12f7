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

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/unicode.h"

#ifdef __SSE2__
/* Sixteen places at once: where the first and the last byte of the literal stand. What looks like it and is not costs a
 * comparison; when that happens too often the library's search, whose time has a bound, goes on. */
size_t sp_text_find(struct sp_str s, struct sp_str literal)
{
    size_t n = literal.len, i = 0, wrong = 0, hop;
    __m128i first, last;

    if (n < 2 || s.len < n + 15)
        return sp_str_find(s, literal);
    first = _mm_set1_epi8(literal.ptr[0]);
    last = _mm_set1_epi8(literal.ptr[n - 1]);
    for (; i + n + 15 <= s.len && wrong < 32 + i / 16; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i + n - 1));
        unsigned both = (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));

        for (; both; both &= both - 1, wrong++)
            if (memcmp(s.ptr + i + (unsigned)__builtin_ctz(both), literal.ptr, n) == 0)
                return i + (unsigned)__builtin_ctz(both);
    }
    hop = sp_str_find(sp_str_cut(s, i, s.len - i), literal);
    return hop == SIZE_MAX ? hop : i + hop;
}
#else
size_t sp_text_find(struct sp_str s, struct sp_str literal)
{
    return sp_str_find(s, literal);
}
#endif

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
