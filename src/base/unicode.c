/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes that claim to be UTF-8 or UTF-16. Out: code points, valid UTF-8 in a caller's buffer.
 */
#include "base/unicode.h"

#include "base/buf.h"

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

void sp_utf16_to_utf8(struct sp_buf *out, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    size_t units = len / 2;

    if (!sp_buf_reserve(out, units * 3))
        return;
    for (size_t i = 0; i < units; i++) {
        uint32_t c = (uint32_t)p[2 * i] | (uint32_t)p[2 * i + 1] << 8;

        if (c < 0x80) {
            out->ptr[out->len++] = (char)c;
            continue;
        }
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < units) {
            uint32_t low = (uint32_t)p[2 * i + 2] | (uint32_t)p[2 * i + 3] << 8;

            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                i++;
            }
        }
        out->len += sp_utf8_put(out->ptr + out->len, c); /* two units never need more than 2 * 3 bytes */
    }
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

void sp_utf8_fold(struct sp_buf *out, struct sp_str s)
{
    size_t at = 0;

    if (s.len > SIZE_MAX / 2 || !sp_buf_reserve(out, s.len + s.len / 2 + 4)) /* a fold grows 2 bytes to 3 at most */
        return;
    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];
        size_t start = at;
        uint32_t code;

        if (c < 0x80) {
            out->ptr[out->len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            at++;
            continue;
        }
        code = sp_utf8_next(s, &at);
        if (code == SP_UTF8_BAD)
            out->ptr[out->len++] = s.ptr[start];
        else
            out->len += sp_utf8_put(out->ptr + out->len, sp_fold(code));
    }
}
