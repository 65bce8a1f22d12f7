/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes that claim to be UTF-8 or UTF-16. Out: code points, valid UTF-8 in a caller's buffer.
 */
#include "base/unicode.h"

#include "base/buf.h"
#include "base/lanes.h"

/* One body for folding and not, made into two. */
#define INLINE inline __attribute__((always_inline))

static const struct fold_run {
    uint32_t first, last;
    uint32_t step;
    int32_t delta;
} fold_runs[] = {
#include "base/fold_table.inc"
};
enum { FOLD_RUNS = sizeof fold_runs / sizeof *fold_runs };

uint32_t sp_utf8_next(struct sp_str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.ptr + *at;
    size_t left = s.len - *at, n;
    uint32_t code;

    ++*at;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return SP_UTF8_BAD;
    n = p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : 3;
    if (left <= n)
        return SP_UTF8_BAD;
    code = p[0] & (0x3Fu >> n);
    for (size_t i = 1; i <= n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return SP_UTF8_BAD;
        code = code << 6 | (p[i] & 0x3Fu);
    }
    if ((n == 2 && code < 0x800) || (n == 3 && code < 0x10000) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return SP_UTF8_BAD;
    *at += n;
    return code;
}

size_t sp_utf8_put(char out[4], uint32_t code)
{
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        code = 0xFFFD;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Number of leading ASCII bytes, eight at a time. */
static size_t ascii_run(struct sp_str s, size_t at)
{
    uint64_t w;

    while (s.len - at >= 8) {
        memcpy(&w, s.ptr + at, 8);
        if (w & UINT64_C(0x8080808080808080))
            break;
        at += 8;
    }
    while (at < s.len && !(s.ptr[at] & 0x80))
        at++;
    return at;
}

size_t sp_utf8_valid(struct sp_str s)
{
    size_t at = ascii_run(s, 0), start;

    while (at < s.len) {
        start = at;
        if (sp_utf8_next(s, &at) == SP_UTF8_BAD)
            return start;
        at = ascii_run(s, at);
    }
    return s.len;
}

bool sp_str_ascii(struct sp_str s)
{
    return ascii_run(s, 0) == s.len;
}

/* The run that could hold `code`: the last whose first is not above it. */
static const struct fold_run *find_run(uint32_t code)
{
    size_t low = 0, high = FOLD_RUNS;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (fold_runs[mid].first <= code)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? &fold_runs[low - 1] : NULL;
}

uint32_t sp_fold(uint32_t code)
{
    const struct fold_run *run;

    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    run = find_run(code);
    if (!run || code > run->last || (code - run->first) % run->step)
        return code;
    return (uint32_t)((int32_t)code + run->delta);
}

size_t sp_fold_class(uint32_t folded, uint32_t out[4])
{
    size_t n = 0;

    out[n++] = folded;
    if (folded >= 'a' && folded <= 'z')
        out[n++] = folded - 32;
    for (size_t i = 0; i < FOLD_RUNS && n < 4; i++) {
        uint32_t from = (uint32_t)((int32_t)folded - fold_runs[i].delta);

        if (from >= fold_runs[i].first && from <= fold_runs[i].last && (from - fold_runs[i].first) % fold_runs[i].step == 0)
            out[n++] = from;
    }
    return n;
}

uint32_t sp_utf16_next(const unsigned char *p, size_t units, size_t *at)
{
    const unsigned char *q = p + 2 * *at;
    uint32_t c = (uint32_t)q[0] | (uint32_t)q[1] << 8, low;

    ++*at;
    if (c < 0xD800 || c >= 0xDC00 || *at == units)
        return c;
    low = (uint32_t)q[2] | (uint32_t)q[3] << 8;
    if (low < 0xDC00 || low >= 0xE000)
        return c;
    ++*at;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* Fewer than 16 units, by two pieces that overlap; false: not all ASCII, or too few for that. */
static INLINE bool narrow_rest(char *out, const unsigned char *p, size_t left, bool fold)
{
    if (left >= 8)
        return !(sp_lanes_narrow8(out, p, fold) | sp_lanes_narrow8(out + left - 8, p + 2 * (left - 8), fold));
    if (left >= 4)
        return !(sp_lanes_narrow4(out, p, fold) | sp_lanes_narrow4(out + left - 4, p + 2 * (left - 4), fold));
    return false;
}

/* ASCII goes 16 units at a time; the last piece of a run overlaps the one before. From the first other unit on,
 * code points go singly for as many. No piece writes further than three bytes for each unit that is left. */
static INLINE size_t narrow(char *out, const unsigned char *p, size_t units, bool fold)
{
    size_t i = 0, n = 0, stop;
    bool run = false; /* the 16 units before are ASCII */
    uint32_t odd;

    while (i < units) {
        size_t left = units - i;

        if (left >= 16) {
            odd = sp_lanes_narrow16(out + n, p + 2 * i, fold);
            run = odd == 0;
            i += run ? 16 : (size_t)__builtin_ctz(odd);
            n += run ? 16 : (size_t)__builtin_ctz(odd);
            if (run)
                continue;
        } else if (run ? !sp_lanes_narrow16(out + n + left - 16, p + 2 * (units - 16), fold) : narrow_rest(out + n, p + 2 * i, left, fold)) {
            return n + left;
        }
        stop = units - i < 16 ? units : i + 16;
        while (i < stop) {
            uint32_t c = sp_utf16_next(p, units, &i);

            if (c < 0x80)
                out[n++] = (char)(fold && c - 'A' < 26 ? c + 32 : c);
            else /* U+FFFD, for half a pair, folds to itself */
                n += sp_utf8_put(out + n, fold ? sp_fold(c) : c);
        }
        run = false;
    }
    return n;
}

size_t sp_utf16_fold(char *out, const void *bytes, size_t len)
{
    return narrow(out, bytes, len / 2, true);
}

void sp_utf16_to_utf8(struct sp_buf *out, const void *bytes, size_t len)
{
    if (len / 2 > SIZE_MAX / 3 || !sp_buf_reserve(out, SP_UTF16_ROOM(len)))
        return;
    out->len += narrow(out->ptr + out->len, bytes, len / 2, false);
}

/* Fewer than 16 bytes, the same way. */
static bool fold_rest(char *out, const char *p, size_t left)
{
    if (left >= 8)
        return !(sp_lanes_copy8(out, p, true, SP_LANES_NONE) | sp_lanes_copy8(out + left - 8, p + left - 8, true, SP_LANES_NONE));
    if (left >= 4)
        return !(sp_lanes_copy4(out, p, true, SP_LANES_NONE) | sp_lanes_copy4(out + left - 4, p + left - 4, true, SP_LANES_NONE));
    return false;
}

/* Code points singly, from `*at` up to `stop` or a little further; the bytes that they became. */
static size_t fold_singly(char *out, struct sp_str s, size_t *at, size_t stop)
{
    size_t n = 0;

    while (*at < stop) {
        unsigned char c = (unsigned char)s.ptr[*at];
        uint32_t code;

        if (c < 0x80) {
            out[n++] = (char)((unsigned)c - 'A' < 26 ? c + 32 : c);
            ++*at;
            continue;
        }
        code = sp_utf8_next(s, at);
        if (code == SP_UTF8_BAD)
            out[n++] = (char)c;
        else
            n += sp_utf8_put(out + n, sp_fold(code));
    }
    return n;
}

size_t sp_utf8_fold_to(char *out, struct sp_str s)
{
    size_t at = 0, n = 0;
    bool run = false; /* the 16 bytes before are ASCII */
    uint32_t odd;

    while (at < s.len) {
        size_t left = s.len - at;

        if (left >= 16) {
            odd = sp_lanes_copy16(out + n, s.ptr + at, true, SP_LANES_NONE);
            run = odd == 0;
            at += run ? 16 : (size_t)__builtin_ctz(odd);
            n += run ? 16 : (size_t)__builtin_ctz(odd);
            if (run)
                continue;
        } else if (run ? !sp_lanes_copy16(out + n + left - 16, s.ptr + s.len - 16, true, SP_LANES_NONE) : fold_rest(out + n, s.ptr + at, left)) {
            return n + left;
        }
        n += fold_singly(out + n, s, &at, s.len - at < 16 ? s.len : at + 16);
        run = false;
    }
    return n;
}

void sp_utf8_fold(struct sp_buf *out, struct sp_str s)
{
    if (s.len > SIZE_MAX / 2 || !sp_buf_reserve(out, SP_FOLD_ROOM(s.len)))
        return;
    out->len += sp_utf8_fold_to(out->ptr + out->len, s);
}
