/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes that claim to be JSON. Out: marks (json_index.h). Nothing is allocated.
 *
 *      64 bytes ─▶ quote, slash, odd (control or not ASCII), known (may follow a backslash): a bit a byte
 *               ─▶ taken: which bytes have an odd run of backslashes in front of them
 *               ─▶ the bits of marks ─▶ their places
 */
#include "read/json_index.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { BLOCK = 64 };

#define always static inline __attribute__((always_inline))

/* A bit for each byte of a block. */
struct masks {
    uint64_t quote, slash;
    uint64_t odd;   /* below the space, or not ASCII */
    uint64_t wide;  /* not ASCII; looked at only where `odd` is not 0 */
    uint64_t known; /* one of "\/bfnrt; looked at only where a backslash stands in front */
};

/* Bytes with an odd run of backslashes in front of them. In a run, the first, third ... backslash takes something away:
 * from all places behind backslashes and the odd places, the backslashes are taken off, which runs through each run and
 * stops behind it; what then differs from the odd places are those that take, and the end of each run. */
always uint64_t taken_by(uint64_t slash, uint64_t *carry)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t free = slash & ~*carry, code = (((free << 1) | odd) - free) ^ odd, taken = code ^ (slash | *carry);

    *carry = (code & slash) >> 63;
    return taken;
}

/* Which marks have a backslash between the mark before and themselves: what is no mark is a run of ones, to which
 * one or more backslashes add a carry, and the carry lands on the mark that ends the run. */
always uint64_t slashed(uint64_t marks, uint64_t slash, uint64_t *carry)
{
#ifdef __x86_64__
    unsigned long long sum;

    *carry = _addcarry_u64((unsigned char)*carry, ~marks, slash, &sum);
#else
    uint64_t sum, over = __builtin_add_overflow(~marks, slash, &sum);

    *carry = __builtin_add_overflow(sum, *carry, &sum) | over;
#endif
    return sum & marks;
}

/* Which bytes get a mark. */
always uint64_t marks_of(const struct masks *m, uint64_t taken, struct sp_json_carry *carry)
{
    uint64_t marks = (m->quote & ~taken) | (taken & ~m->known);

    if (__builtin_expect(m->odd == 0, 1)) {
        carry->wide = 0;
        return marks;
    }
    marks |= m->odd & ~m->wide;
    marks |= m->wide & ~(m->wide << 1 | carry->wide);
    carry->wide = m->wide >> 63;
    return marks;
}

/* --- plain C: eight bytes at a time --- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load(const unsigned char *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The highest bit of each byte that is zero. */
always uint64_t zeros(uint64_t w)
{
    return ~(((w & EACH(0x7F)) + EACH(0x7F)) | w | EACH(0x7F));
}

/* The highest bits of eight bytes, side by side. */
always uint64_t gather(uint64_t w)
{
    return (w >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static uint64_t known_among(const unsigned char *s, uint64_t taken)
{
    uint64_t known = 0;

    for (; taken; taken &= taken - 1) {
        unsigned char c = s[__builtin_ctzll(taken)];

        if (c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't')
            known |= taken & (0 - taken);
    }
    return known;
}

static size_t mark_plain(const unsigned char *text, size_t blocks, struct sp_json_carry *carry, uint16_t *mark)
{
    uint16_t *begin = mark;

    for (size_t base = 0; base < BLOCK * blocks; base += BLOCK) {
        struct masks m = { 0 };
        uint64_t taken, marks, flags;

        for (unsigned i = 0; i < BLOCK; i += 8) {
            uint64_t w = load(text + base + i), odd = zeros(w & EACH(0xE0)) | (w & EACH(0x80));

            m.quote |= gather(zeros(w ^ EACH('"'))) << i;
            m.slash |= gather(zeros(w ^ EACH('\\'))) << i;
            if (odd) {
                m.odd |= gather(odd) << i;
                m.wide |= gather(w & EACH(0x80)) << i;
            }
        }
        taken = taken_by(m.slash, &carry->taken);
        m.known = known_among(text + base, taken);
        marks = marks_of(&m, taken, carry);
        flags = slashed(marks, m.slash, &carry->slash);
        for (; marks; marks &= marks - 1) {
            unsigned at = (unsigned)__builtin_ctzll(marks);

            *mark++ = (uint16_t)(base + at + (flags >> at << 15));
        }
    }
    return (size_t)(mark - begin);
}

#ifdef __x86_64__

/* --- SSE2, which each such processor has: 16 bytes at a time --- */

always uint64_t bits16(__m128i v, unsigned at)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(v) << at;
}

static size_t mark_sse2(const unsigned char *text, size_t blocks, struct sp_json_carry *carry, uint16_t *mark)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    uint16_t *begin = mark;

    for (size_t base = 0; base < BLOCK * blocks; base += BLOCK) {
        struct masks m = { 0 };
        uint64_t taken, marks, flags;

        for (unsigned i = 0; i < BLOCK; i += 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + base + i));

            m.quote |= bits16(_mm_cmpeq_epi8(v, quote), i);
            m.slash |= bits16(_mm_cmpeq_epi8(v, slash), i);
            m.odd |= bits16(_mm_cmplt_epi8(v, space), i); /* signed: what is not ASCII is below the space as well */
            m.wide |= bits16(v, i);
        }
        taken = taken_by(m.slash, &carry->taken);
        m.known = known_among(text + base, taken);
        marks = marks_of(&m, taken, carry);
        flags = slashed(marks, m.slash, &carry->slash);
        for (; marks; marks &= marks - 1) {
            unsigned at = (unsigned)__builtin_ctzll(marks);

            *mark++ = (uint16_t)(base + at + (flags >> at << 15));
        }
    }
    return (size_t)(mark - begin);
}

/* --- AVX2: 32 bytes at a time --- */

#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

WITH_AVX2 static inline uint64_t bits32(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* b, or the one byte with these low four bits that may follow a backslash. The quote is known already. */
WITH_AVX2 static inline __m256i known_in(__m256i v)
{
    const __m256i table = _mm256_setr_epi8(-1, 0, 'r', 0, 't', 0, 'f', 0, 0, 0, 0, 0, '\\', 0, 'n', '/',
                                           -1, 0, 'r', 0, 't', 0, 'f', 0, 0, 0, 0, 0, '\\', 0, 'n', '/');

    return _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('b')));
}

/* All masks, also those of what is rare: a branch that is guessed wrong costs more. */
WITH_AVX2 static inline void masks32(const unsigned char *block, struct masks *m)
{
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(' ');
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)block);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
    /* signed: what is not ASCII is below the space as well */
    __m256i odd_a = _mm256_cmpgt_epi8(space, a), odd_b = _mm256_cmpgt_epi8(space, b), odd = _mm256_or_si256(odd_a, odd_b);

    m->quote = bits32(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote));
    m->slash = bits32(_mm256_cmpeq_epi8(a, slash), _mm256_cmpeq_epi8(b, slash));
    m->known = m->quote | bits32(known_in(a), known_in(b));
    m->odd = m->wide = 0;
    if (__builtin_expect(!_mm256_testz_si256(odd, odd), 0)) {
        m->odd = bits32(odd_a, odd_b);
        m->wide = bits32(a, b);
    }
}

/* The place of the lowest bit, which is taken away; anything where there is none. */
WITH_AVX2 static inline uint16_t take_mark(uint64_t *marks, uint64_t flags, uint64_t base)
{
    uint64_t at = _tzcnt_u64(*marks);

    *marks = _blsr_u64(*marks);
    return (uint16_t)(base + at + (flags >> (at & 63) << 15));
}

WITH_AVX2 static size_t mark_avx2(const unsigned char *text, size_t blocks, struct sp_json_carry *carry, uint16_t *mark)
{
    struct sp_json_carry c = *carry;
    uint16_t *begin = mark;

    for (size_t base = 0; base < BLOCK * blocks; base += BLOCK) {
        struct masks m;
        uint64_t taken, marks, flags;
        uint16_t *end;

        masks32(text + base, &m);
        taken = taken_by(m.slash, &c.taken);
        marks = marks_of(&m, taken, &c);
        flags = slashed(marks, m.slash, &c.slash);
        end = mark + __builtin_popcountll(marks);
        while (mark < end) { /* four at a time, whether they are there or not */
            *mark++ = take_mark(&marks, flags, base);
            *mark++ = take_mark(&marks, flags, base);
            *mark++ = take_mark(&marks, flags, base);
            *mark++ = take_mark(&marks, flags, base);
        }
        mark = end;
    }
    *carry = c;
    return (size_t)(mark - begin);
}

static bool have_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}
#endif

/* NULL where this processor cannot. */
static sp_json_marker *marker_of(enum sp_json_way way)
{
    switch (way) {
    case SP_JSON_BEST:
#ifdef __x86_64__
        return have_avx2() ? mark_avx2 : mark_sse2;
#else
        return mark_plain;
#endif
    case SP_JSON_PLAIN:
        return mark_plain;
    case SP_JSON_SSE2:
    case SP_JSON_AVX2:
#ifdef __x86_64__
        return way == SP_JSON_SSE2 ? mark_sse2 : have_avx2() ? mark_avx2 : NULL;
#endif
    case SP_JSON_STRICT:
        break;
    }
    return NULL;
}

bool sp_json_index_choose(struct sp_json_index *index, enum sp_json_way way)
{
    sp_json_marker *marker = marker_of(way);

    if (!marker && way != SP_JSON_STRICT)
        return false;
    index->marker = marker;
    sp_json_index_forget(index);
    return true;
}

void sp_json_index_begin(struct sp_json_index *index, const unsigned char *at, const unsigned char *end)
{
    index->carry = (struct sp_json_carry){ 0 };
    index->from = index->to = at;
    index->next = index->mark;
    index->mark[0] = SP_JSON_MARK_END;
    (void)sp_json_index_more(index, end);
}

bool sp_json_index_more(struct sp_json_index *index, const unsigned char *end)
{
    size_t len = (size_t)(end - index->to), blocks, count;

    if (!len)
        return false;
    len = len < SP_JSON_STRETCH ? len : SP_JSON_STRETCH;
    blocks = len / BLOCK;
    index->from = index->to;
    index->to += len;
    count = index->marker(index->from, blocks, &index->carry, index->mark);
    if (len % BLOCK) { /* never a byte behind the end */
        unsigned char last[BLOCK];
        size_t first = count;

        memset(last, ' ', sizeof last);
        memcpy(last, index->from + BLOCK * blocks, len % BLOCK);
        count += index->marker(last, 1, &index->carry, index->mark + count);
        for (; first < count; first++)
            index->mark[first] = (uint16_t)(index->mark[first] + BLOCK * blocks);
    }
    while (count && (index->mark[count - 1] & SP_JSON_MARK_PLACE) >= len) /* a space behind a backslash at the end */
        count--;
    index->mark[count] = SP_JSON_MARK_END;
    return true;
}
