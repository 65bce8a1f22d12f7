/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen characters at a time: in: bytes or UTF-16LE units that the caller knows to be there, out: as many bytes
 * of ASCII, lower-cased where asked. SSE2, which every x86-64 has, or plain C with the same answers.
 *
 * Each function writes all its bytes, whatever it meets, and returns a mask of the characters that were not plain:
 * bit i for character i. What is written for those is of no meaning.
 */
#ifndef SP_BASE_LANES_H
#define SP_BASE_LANES_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SP_LANES_NONE 0x80 /* not ASCII, hence not plain already */

/* A compiler that is told to keep to plain C (or knows no SSE2) takes the loops below. */
#if defined(__SSE2__) && !defined(SP_PLAIN_C)
#include <emmintrin.h>

static inline __m128i sp_lanes_load(const void *from)
{
    __m128i x;

    memcpy(&x, from, sizeof x);
    return x;
}

static inline __m128i sp_lanes_lower(__m128i x, bool fold)
{
    __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1)), _mm_cmpgt_epi8(_mm_set1_epi8('Z' + 1), x));

    return fold ? _mm_or_si128(x, _mm_and_si128(upper, _mm_set1_epi8(0x20))) : x;
}

/* All bits of the lanes of units that are not ASCII. */
static inline __m128i sp_lanes_wide(__m128i units)
{
    __m128i high = _mm_and_si128(units, _mm_set1_epi16((short)0xFF80));

    return _mm_xor_si128(_mm_cmpeq_epi16(high, _mm_setzero_si128()), _mm_set1_epi8(-1));
}

/* 16 bytes; those that are not ASCII and `stop` (SP_LANES_NONE: no such byte) are not plain. */
static inline uint32_t sp_lanes_copy16(char *out, const char *in, bool fold, unsigned char stop)
{
    __m128i x = sp_lanes_load(in), y = sp_lanes_lower(x, fold);

    memcpy(out, &y, sizeof y);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_set1_epi8((char)stop))));
}

/* 8 and 4 of them. */
static inline uint32_t sp_lanes_copy8(char *out, const char *in, bool fold, unsigned char stop)
{
    __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)in);

    _mm_storel_epi64((__m128i *)(void *)out, sp_lanes_lower(x, fold));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_set1_epi8((char)stop)))) & 0xFF;
}

static inline uint32_t sp_lanes_copy4(char *out, const char *in, bool fold, unsigned char stop)
{
    __m128i x;
    int four;

    memcpy(&four, in, sizeof four);
    x = _mm_cvtsi32_si128(four);
    four = _mm_cvtsi128_si32(sp_lanes_lower(x, fold));
    memcpy(out, &four, sizeof four);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_set1_epi8((char)stop)))) & 0xF;
}

/* 16 UTF-16LE units. */
static inline uint32_t sp_lanes_narrow16(char *out, const unsigned char *in, bool fold)
{
    __m128i a = sp_lanes_load(in), b = sp_lanes_load(in + 16);
    __m128i x = sp_lanes_lower(_mm_packus_epi16(a, b), fold);

    memcpy(out, &x, sizeof x);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(sp_lanes_wide(a), sp_lanes_wide(b)));
}

/* 8 and 4 of them. */
static inline uint32_t sp_lanes_narrow8(char *out, const unsigned char *in, bool fold)
{
    __m128i a = sp_lanes_load(in), x = sp_lanes_lower(_mm_packus_epi16(a, a), fold);

    _mm_storel_epi64((__m128i *)(void *)out, x);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(sp_lanes_wide(a), _mm_setzero_si128()));
}

static inline uint32_t sp_lanes_narrow4(char *out, const unsigned char *in, bool fold)
{
    __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)in), x = sp_lanes_lower(_mm_packus_epi16(a, a), fold);
    int four = _mm_cvtsi128_si32(x);

    memcpy(out, &four, sizeof four);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(sp_lanes_wide(a), _mm_setzero_si128()));
}

/* What JSON has to escape or look at: controls, DEL, quote, backslash, and all that is not ASCII. */
static inline uint32_t sp_lanes_not_json(__m128i x)
{
    __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7F));
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), back = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));

    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, del), _mm_or_si128(quote, back)));
}

/* 16 or 8 bytes. */
static inline uint32_t sp_lanes_json16(char *out, const unsigned char *in)
{
    __m128i x = sp_lanes_load(in);

    memcpy(out, &x, sizeof x);
    return sp_lanes_not_json(x);
}

static inline uint32_t sp_lanes_json8(char *out, const unsigned char *in)
{
    __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)in);

    _mm_storel_epi64((__m128i *)(void *)out, x);
    return sp_lanes_not_json(x) & 0xFF;
}

/* As many units, or 4: packing makes 0xFF or 0 of what is above a byte, and both are not plain. */
static inline uint32_t sp_lanes_json_narrow16(char *out, const unsigned char *in)
{
    __m128i x = _mm_packus_epi16(sp_lanes_load(in), sp_lanes_load(in + 16));

    memcpy(out, &x, sizeof x);
    return sp_lanes_not_json(x);
}

static inline uint32_t sp_lanes_json_narrow8(char *out, const unsigned char *in)
{
    __m128i a = sp_lanes_load(in), x = _mm_packus_epi16(a, a);

    _mm_storel_epi64((__m128i *)(void *)out, x);
    return sp_lanes_not_json(x) & 0xFF;
}

static inline uint32_t sp_lanes_json_narrow4(char *out, const unsigned char *in)
{
    __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)in), x = _mm_packus_epi16(a, a);
    int four = _mm_cvtsi128_si32(x);

    memcpy(out, &four, sizeof four);
    return sp_lanes_not_json(x) & 0xF;
}

/* The hexadecimal digits of 16 bytes, lower case: 32 characters. */
static inline void sp_lanes_hex16(char *out, const void *in)
{
    __m128i x = sp_lanes_load(in), low = _mm_set1_epi8(0x0F), high = _mm_and_si128(_mm_srli_epi16(x, 4), low);

    x = _mm_and_si128(x, low);
    for (int i = 0; i < 2; i++) {
        __m128i digit = i ? _mm_unpackhi_epi8(high, x) : _mm_unpacklo_epi8(high, x);
        __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(digit, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));

        digit = _mm_add_epi8(_mm_add_epi8(digit, _mm_set1_epi8('0')), letter);
        memcpy(out + 16 * i, &digit, sizeof digit);
    }
}

#else

static inline char sp_lanes_lower(uint32_t c, bool fold)
{
    return (char)(fold && c - 'A' < 26 ? c + 32 : c);
}

static inline uint32_t sp_lanes_copy(char *out, const char *in, bool fold, unsigned char stop, uint32_t count)
{
    uint32_t odd = 0;

    for (uint32_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)in[i];

        out[i] = sp_lanes_lower(c, fold);
        odd |= (uint32_t)(c >= 0x80 || c == stop) << i;
    }
    return odd;
}

static inline uint32_t sp_lanes_copy16(char *out, const char *in, bool fold, unsigned char stop)
{
    return sp_lanes_copy(out, in, fold, stop, 16);
}

static inline uint32_t sp_lanes_copy8(char *out, const char *in, bool fold, unsigned char stop)
{
    return sp_lanes_copy(out, in, fold, stop, 8);
}

static inline uint32_t sp_lanes_copy4(char *out, const char *in, bool fold, unsigned char stop)
{
    return sp_lanes_copy(out, in, fold, stop, 4);
}

static inline uint32_t sp_lanes_narrow(char *out, const unsigned char *in, bool fold, uint32_t count)
{
    uint32_t odd = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t c = (uint32_t)in[2 * i] | (uint32_t)in[2 * i + 1] << 8;

        out[i] = sp_lanes_lower(c, fold);
        odd |= (uint32_t)(c >= 0x80) << i;
    }
    return odd;
}

static inline uint32_t sp_lanes_narrow16(char *out, const unsigned char *in, bool fold)
{
    return sp_lanes_narrow(out, in, fold, 16);
}

static inline uint32_t sp_lanes_narrow8(char *out, const unsigned char *in, bool fold)
{
    return sp_lanes_narrow(out, in, fold, 8);
}

static inline uint32_t sp_lanes_narrow4(char *out, const unsigned char *in, bool fold)
{
    return sp_lanes_narrow(out, in, fold, 4);
}

static inline uint32_t sp_lanes_json(char *out, const unsigned char *in, uint32_t count, uint32_t size)
{
    uint32_t odd = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t c = size == 1 ? in[i] : (uint32_t)in[2 * i] | (uint32_t)in[2 * i + 1] << 8;

        out[i] = (char)c;
        odd |= (uint32_t)(c < 0x20 || c >= 0x7F || c == '"' || c == '\\') << i;
    }
    return odd;
}

static inline uint32_t sp_lanes_json16(char *out, const unsigned char *in)
{
    return sp_lanes_json(out, in, 16, 1);
}

static inline uint32_t sp_lanes_json8(char *out, const unsigned char *in)
{
    return sp_lanes_json(out, in, 8, 1);
}

static inline uint32_t sp_lanes_json_narrow16(char *out, const unsigned char *in)
{
    return sp_lanes_json(out, in, 16, 2);
}

static inline uint32_t sp_lanes_json_narrow8(char *out, const unsigned char *in)
{
    return sp_lanes_json(out, in, 8, 2);
}

static inline uint32_t sp_lanes_json_narrow4(char *out, const unsigned char *in)
{
    return sp_lanes_json(out, in, 4, 2);
}

static inline void sp_lanes_hex16(char *out, const void *in)
{
    const unsigned char *p = in;

    for (uint32_t i = 0; i < 16; i++) {
        out[2 * i] = "0123456789abcdef"[p[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
    }
}

#endif
#endif
