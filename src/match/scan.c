/* SPDX-License-Identifier: Apache-2.0
 *
 * In: literals once, then values as they lie in records. Out: no, or perhaps. Nothing is owned.
 */
#include "match/scan.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#include "base/error.h"

enum { PRINT = 4, LITERALS_MAX = 96, BLOCK = 32 };

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Bytes that stand for themselves in every encoding that a value may have. */
static bool is_safe(char c)
{
    return c > ' ' && c < 0x7F && c != '\\' && c != '"' && c != '/';
}

/* Can it stand in the text of a value that is no text? 0x1f, -12, {..}, S-1-5, 2026-01-02T.., NaN, true. */
static bool is_typed(struct sp_str literal)
{
    static const char *const set = "0123456789abcdefx{}-:.+tzsinyru";

    for (size_t i = 0; i < literal.len; i++)
        if (!literal.ptr[i] || !strchr(set, literal.ptr[i]))
            return false;
    return true;
}

/* Where the print of a literal begins: its rarest run of four; SIZE_MAX when no four safe bytes stand together. */
static size_t find_print(struct sp_str l)
{
    size_t best = SIZE_MAX;
    uint32_t best_ppm = UINT32_MAX;

    for (size_t i = 0; i + PRINT <= l.len; i++) {
        uint32_t ppm = sp_key_ppm(SP_KEY_ANY, sp_str_cut(l, i, PRINT));

        if (is_safe(l.ptr[i]) && is_safe(l.ptr[i + 1]) && is_safe(l.ptr[i + 2]) && is_safe(l.ptr[i + 3]) && ppm < best_ppm) {
            best = i;
            best_ppm = ppm;
        }
    }
    return best;
}

int sp_scan_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret)
{
    (void)arena;
    *ret = (struct sp_scan){ .usable = count <= LITERALS_MAX };
    for (uint32_t i = 0; i < count; i++) {
        size_t at = find_print(wish[i].literal);
        uint8_t bucket;

        ret->typed |= is_typed(wish[i].literal);
        if (at == SIZE_MAX) {
            ret->usable = false;
            return 0;
        }
        /* Equal prints share a bucket, and near ones tend to. */
        bucket = (uint8_t)(1u << ((unsigned char)wish[i].literal.ptr[at] + 3u * (unsigned char)wish[i].literal.ptr[at + 1]) % 8);
        for (size_t n = 0; n < PRINT; n++) {
            uint8_t c = lower((uint8_t)wish[i].literal.ptr[at + n]);

            ret->low[n][c & 15] |= bucket;
            ret->high[n][c >> 4] |= bucket;
        }
    }
    return 0;
}

static inline uint8_t buckets(const struct sp_scan *s, int n, uint8_t c)
{
    c = lower(c);
    return s->low[n][c & 15] & s->high[n][c >> 4];
}

/* Units of 1 or 2 bytes each; one that is not ASCII, and an escaped one in JSON: perhaps. */
static bool perhaps_units(const struct sp_scan *s, const uint8_t *p, size_t count, unsigned size, bool json)
{
    uint8_t fits[PRINT] = { 0 }; /* buckets whose print fits so far, begun one, two and three units ago */

    for (size_t i = 0; i < count; i++) {
        uint8_t c = p[i * size];

        if (c >= 0x80 || (size == 2 && p[i * size + 1]) || (json && c == 'u' && i && p[i - 1] == '\\'))
            return true;
        if (fits[2] & buckets(s, 3, c))
            return true;
        fits[2] = fits[1] & buckets(s, 2, c);
        fits[1] = fits[0] & buckets(s, 1, c);
        fits[0] = buckets(s, 0, c);
    }
    return false;
}

#if defined __x86_64__
#define AVX2 __attribute__((target("avx2")))

struct tables {
    __m256i low[PRINT], high[PRINT];
};

/* The buckets that have each of 32 ASCII bytes as byte n of their print. */
AVX2 static inline __m256i buckets32(const struct tables *t, int n, __m256i text)
{
    const __m256i nibble = _mm256_set1_epi8(15);

    return _mm256_and_si256(_mm256_shuffle_epi8(t->low[n], _mm256_and_si256(text, nibble)),
                            _mm256_shuffle_epi8(t->high[n], _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble)));
}

AVX2 static inline __m256i lower32(__m256i v)
{
    const __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8('A'), v), above = _mm256_cmpgt_epi8(v, _mm256_set1_epi8('Z'));

    return _mm256_or_si256(v, _mm256_andnot_si256(_mm256_or_si256(below, above), _mm256_set1_epi8(0x20)));
}

/* 32 units as bytes; a unit above 0xFF saturates, so that it is seen as not ASCII. */
AVX2 static inline __m256i load32(const uint8_t *p, unsigned size)
{
    __m256i a, b, big;

    a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    if (size == 1)
        return a;
    b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    big = _mm256_set1_epi16(0x00FF); /* min: packing takes units as signed */
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(_mm256_min_epu16(a, big), _mm256_min_epu16(b, big)), 0xD8);
}

/* A block of 32 units, prints that begin in it and end in it. */
AVX2 static inline bool perhaps_block(const struct tables *t, const uint8_t *p, unsigned size, bool json)
{
    __m256i raw = load32(p, size), text = lower32(raw), met = buckets32(t, 0, text), b, c, d;
    uint32_t slash, u;

    if (_mm256_movemask_epi8(raw))
        return true;
    if (json) {
        slash = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(raw, _mm256_set1_epi8('\\')));
        u = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(raw, _mm256_set1_epi8('u')));
        if (slash << 1 & u)
            return true;
    }
    b = buckets32(t, 1, text);
    c = buckets32(t, 2, text);
    d = buckets32(t, 3, text);
    /* one, two and three bytes further on, over both halves of the register; zeros come in at the end */
    met = _mm256_and_si256(met, _mm256_alignr_epi8(_mm256_permute2x128_si256(b, b, 0x81), b, 1));
    met = _mm256_and_si256(met, _mm256_alignr_epi8(_mm256_permute2x128_si256(c, c, 0x81), c, 2));
    met = _mm256_and_si256(met, _mm256_alignr_epi8(_mm256_permute2x128_si256(d, d, 0x81), d, 3));
    return !_mm256_testz_si256(met, met);
}

/* Blocks overlap by three units, so that each print lies whole in one; the last one ends where the value ends. */
AVX2 static bool perhaps_avx2(const struct sp_scan *s, const uint8_t *p, size_t count, unsigned size, bool json)
{
    uint8_t brief[2 * BLOCK] = { 0 };
    struct tables t;

    for (int n = 0; n < PRINT; n++) {
        t.low[n] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)s->low[n]));
        t.high[n] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)s->high[n]));
    }
    if (count < BLOCK) {
        memcpy(brief, p, count * size);
        return perhaps_block(&t, brief, size, json);
    }
    for (size_t i = 0; count - i > BLOCK; i += BLOCK - PRINT + 1)
        if (perhaps_block(&t, p + i * size, size, json))
            return true;
    return perhaps_block(&t, p + (count - BLOCK) * size, size, json);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
static bool perhaps_avx2(const struct sp_scan *s, const uint8_t *p, size_t count, unsigned size, bool json)
{
    return perhaps_units(s, p, count, size, json);
}

static bool has_avx2(void)
{
    return false;
}
#endif

static bool perhaps(const struct sp_scan *s, struct sp_value v, bool wide)
{
    unsigned size = v.type == SP_V_UTF16 ? 2 : 1;
    bool json = v.type == SP_V_JSON_TEXT; /* behind \u any character may hide */

    if (!s->usable)
        return true;
    switch ((enum sp_value_type)v.type) {
    case SP_V_JSON_TEXT:
    case SP_V_TEXT:
    case SP_V_UTF16:
    case SP_V_ANSI:
        break;
    case SP_V_NULL:
    case SP_V_INT:
    case SP_V_UINT:
    case SP_V_HEX:
    case SP_V_NUMBER:
    case SP_V_REAL32:
    case SP_V_REAL64:
    case SP_V_BOOL:
    case SP_V_TRUE:
    case SP_V_FALSE:
    case SP_V_BINARY:
    case SP_V_GUID:
    case SP_V_SID:
    case SP_V_FILETIME:
    case SP_V_SYSTEMTIME:
    case SP_V_LIST:
    case SP_V_MAP:
    default:
        return s->typed;
    }
    if (v.len / size < PRINT) /* too short for any, but perhaps not ASCII: a Kelvin sign is a k */
        return perhaps_units(s, v.ptr, v.len / size, size, json);
    return wide ? perhaps_avx2(s, v.ptr, v.len / size, size, json) : perhaps_units(s, v.ptr, v.len / size, size, json);
}

bool sp_scan_perhaps(const struct sp_scan *s, struct sp_value v)
{
    return perhaps(s, v, has_avx2());
}

bool sp_scan_perhaps_plain(const struct sp_scan *s, struct sp_value v)
{
    return perhaps(s, v, false);
}
