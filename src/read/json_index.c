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

/* A bit for each byte of a block. */
struct masks {
    uint64_t quote, slash;
    uint64_t odd;   /* below the space, or not ASCII */
    uint64_t wide;  /* not ASCII; only where `odd` is not 0 */
    uint64_t known; /* one of "\/bfnrt; only where a backslash takes something away */
};

/* Bytes with an odd run of backslashes in front of them. A run that begins on an odd place is added up: its carry
 * runs through to the byte behind it, so that the parity of the place tells the parity of the length. */
static inline uint64_t taken_by(uint64_t slash, uint64_t *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t follows, odd_starts, sum;

    slash &= ~*carry;
    follows = slash << 1 | *carry;
    odd_starts = slash & ~even & ~follows;
    *carry = __builtin_add_overflow(odd_starts, slash, &sum);
    return (even ^ (sum << 1)) & follows;
}

/* Which marks have a backslash between the mark before and themselves: what is no mark is a run of ones, to which
 * one or more backslashes add a carry, and the carry lands on the mark that ends the run. */
static inline uint64_t slashed(uint64_t marks, uint64_t slash, uint64_t *carry)
{
    uint64_t sum;
    uint64_t over = __builtin_add_overflow(~marks, slash, &sum);

    over |= __builtin_add_overflow(sum, *carry, &sum);
    *carry = over;
    return sum & marks;
}

static inline uint16_t place(uint64_t marks, uint64_t flags, uint64_t base)
{
    unsigned at = (unsigned)__builtin_ctzll(marks);

    return (uint16_t)(base + at + ((flags >> at & 1) << 15));
}

/* Places of the bits; most blocks have few, so the first four are written whether they are there or not. */
static inline uint16_t *put(uint16_t *mark, uint64_t marks, uint64_t flags, uint64_t base)
{
    uint16_t *end = mark + __builtin_popcountll(marks);
    const uint64_t stop = UINT64_C(1) << 63; /* a bit to find when there is none */

    for (int i = 0; i < 4; i++) {
        *mark++ = place(marks | stop, flags, base);
        marks &= marks - 1;
    }
    for (; marks; marks &= marks - 1)
        *mark++ = place(marks, flags, base);
    return end;
}

static inline uint16_t *mark_block(uint16_t *mark, const struct masks *m, uint64_t taken, struct sp_json_carry *carry, uint64_t base)
{
    uint64_t marks = (m->quote & ~taken) | (taken & ~m->known);

    if (m->odd) {
        marks |= m->odd & ~m->wide;
        marks |= m->wide & ~(m->wide << 1 | carry->wide);
        carry->wide = m->wide >> 63;
    } else {
        carry->wide = 0;
    }
    return put(mark, marks, slashed(marks, m->slash, &carry->slash), base);
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
static inline uint64_t zeros(uint64_t w)
{
    return ~(((w & EACH(0x7F)) + EACH(0x7F)) | w | EACH(0x7F));
}

/* The highest bits of eight bytes, side by side. */
static inline uint64_t gather(uint64_t w)
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
        uint64_t taken;

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
        mark = mark_block(mark, &m, taken, carry, base);
    }
    return (size_t)(mark - begin);
}

/* --- AVX2: 32 bytes at a time --- */

#ifdef __x86_64__

#define WITH_AVX2 __attribute__((target("avx2,bmi,popcnt")))

WITH_AVX2 static inline uint64_t bits(__m256i low, __m256i high)
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

WITH_AVX2 static size_t mark_avx2(const unsigned char *text, size_t blocks, struct sp_json_carry *carry, uint16_t *mark)
{
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(' ');
    struct sp_json_carry c = *carry;
    uint16_t *begin = mark;

    for (size_t base = 0; base < BLOCK * blocks; base += BLOCK) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(text + base));
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(text + base + 32));
        struct masks m = { .quote = bits(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote)),
                           .slash = bits(_mm256_cmpeq_epi8(a, slash), _mm256_cmpeq_epi8(b, slash)) };
        /* signed: what is not ASCII is below the space as well */
        __m256i odd_a = _mm256_cmpgt_epi8(space, a), odd_b = _mm256_cmpgt_epi8(space, b), odd = _mm256_or_si256(odd_a, odd_b);
        uint64_t taken = 0;

        if (!_mm256_testz_si256(odd, odd)) {
            m.odd = bits(odd_a, odd_b);
            m.wide = bits(a, b);
        }
        if (m.slash | c.taken) {
            taken = taken_by(m.slash, &c.taken);
            m.known = m.quote | bits(known_in(a), known_in(b));
        }
        mark = mark_block(mark, &m, taken, &c, base);
    }
    *carry = c;
    return (size_t)(mark - begin);
}

static bool have_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}
#endif

bool sp_json_index_choose(struct sp_json_index *index, enum sp_json_way way)
{
    sp_json_marker *marker = way == SP_JSON_STRICT ? NULL : mark_plain;

#ifdef __x86_64__
    if ((way == SP_JSON_BEST || way == SP_JSON_AVX2) && have_avx2())
        marker = mark_avx2;
#endif
    if (way == SP_JSON_AVX2 && marker == mark_plain)
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
