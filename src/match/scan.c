/* SPDX-License-Identifier: Apache-2.0
 *
 * In: literals once, then values as they lie in records. Out: no, or perhaps. Nothing is owned.
 */
#include "match/scan.h"

#include <endian.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

#include "base/error.h"

enum { PRINT = 4, LOOKED = 3, BLOCK = 32 }; /* of a print's bytes values are looked at by the first LOOKED, JSON records by all */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Bytes that stand for themselves in every encoding that a value may have; a slash is looked out for. */
static bool is_safe(char c)
{
    return c > ' ' && c < 0x7F && c != '\\' && c != '"';
}

/* Can it stand in the text of a value that is no text? 0x1f, -12, {..}, s-1-5, 2026-01-02t..z, nan, infinity. */
static bool is_typed(struct sp_str literal)
{
    static const char *const set = "0123456789abcdefx{}-:.+tzs";

    if (sp_str_find(SP_STR("-infinity nan"), literal) != SIZE_MAX)
        return true;
    for (size_t i = 0; i < literal.len; i++)
        if (!literal.ptr[i] || !strchr(set, literal.ptr[i]))
            return false;
    return true;
}

/* Signs make a run rare where names of fields are in sight too: "::ba" stands in none. */
static uint32_t letters(const char *p)
{
    uint32_t n = 0;

    for (int i = 0; i < PRINT; i++)
        n += (p[i] >= 'a' && p[i] <= 'z') || (unsigned char)p[i] >= 0x80;
    return n;
}

static bool all_safe(const char *p)
{
    return is_safe(p[0]) && is_safe(p[1]) && is_safe(p[2]) && is_safe(p[3]);
}

/* Where the print of a literal begins: its rarest run of four, with the fewest letters; SIZE_MAX when there is none, of
 * safe bytes if asked. */
static size_t find_print(struct sp_str l, bool safe)
{
    size_t best = SIZE_MAX;
    uint64_t best_score = UINT64_MAX, enough = SP_RARE_PPM * 8 + (safe ? 1 : PRINT);

    for (size_t i = 0; i + PRINT <= l.len && best_score > enough; i++) {
        uint64_t score = (uint64_t)sp_key_ppm(SP_KEY_ANY, sp_str_cut(l, i, PRINT)) * 8 + letters(l.ptr + i);

        if ((!safe || all_safe(l.ptr + i)) && score < best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

static uint32_t print_hash(uint32_t print)
{
    return print * UINT32_C(0x9E3779B1) >> 8;
}

/* No print is 0: a NUL stands in no literal that is printed. */
static uint32_t print_at(const char *p)
{
    uint32_t print;

    memcpy(&print, p, sizeof print);
    return print;
}

static void add_print(struct sp_scan *s, uint32_t *table, const char *print)
{
    const uint8_t *p = (const uint8_t *)print;
    /* Equal prints share a bucket, and near ones tend to. */
    uint8_t bucket = (uint8_t)(1u << (p[0] + 3u * p[1] + 5u * p[2]) % 8);
    uint32_t value = print_at(print), at = print_hash(value) & s->mask;

    for (size_t n = 0; n < PRINT; n++) {
        s->low[n][p[n] & 15] |= bucket;
        s->high[n][p[n] >> 4] |= bucket;
    }
    while (table[at] && table[at] != value)
        at = (at + 1) & s->mask;
    table[at] = value;
}

static bool is_print(const struct sp_scan *s, uint32_t value)
{
    for (uint32_t at = print_hash(value) & s->mask; s->print[at]; at = (at + 1) & s->mask)
        if (s->print[at] == value)
            return true;
    return false;
}

static uint32_t *new_table(struct sp_arena *arena, uint32_t count, struct sp_scan *ret)
{
    uint32_t room = 8, *table;

    while (room < 2 * count)
        room *= 2;
    table = sp_arena_zalloc(arena, room * sizeof *table);
    *ret = (struct sp_scan){ .usable = true, .print = table, .mask = room - 1 };
    return table;
}

int sp_scan_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret)
{
    uint32_t *table = new_table(arena, count, ret);

    for (uint32_t i = 0; table && i < count; i++) {
        size_t at = find_print(wish[i].literal, true);

        ret->typed |= is_typed(wish[i].literal);
        ret->usable &= at != SIZE_MAX;
        if (ret->usable)
            add_print(ret, table, wish[i].literal.ptr + at);
    }
    return table ? 0 : SP_ERR_NOMEM;
}

int sp_scan_build_folded(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret)
{
    uint32_t *table = new_table(arena, count, ret);

    for (uint32_t i = 0; table && i < count; i++) {
        struct sp_str l = wish[i].literal;
        size_t at;

        if (wish[i].kind != SP_KEY_ANY || l.len < PRINT)
            continue;
        at = find_print(l, false);
        ret->usable &= print_at(l.ptr + at) != 0;
        if (ret->usable)
            add_print(ret, table, l.ptr + at);
    }
    return table ? 0 : SP_ERR_NOMEM;
}

static inline uint8_t buckets(const struct sp_scan *s, int n, uint8_t c)
{
    return s->low[n][c & 15] & s->high[n][c >> 4];
}

/* What a value is made of. */
enum form {
    FOLDED, /* bytes, any, folded already */
    BYTES,  /* one that is not ASCII: perhaps */
    JSON,   /* the same, and so is one escaped by its number */
    WIDE    /* UTF-16 */
};

/* Is the u, or the slash, at `at` the one of an escape? The backslash may be escaped itself. */
static bool is_escape(const uint8_t *p, size_t at)
{
    size_t n = 0;

    while (n < at && p[at - n - 1] == '\\')
        n++;
    return n % 2 == 1;
}

static bool perhaps_units(const struct sp_scan *s, const uint8_t *p, size_t count, enum form form)
{
    unsigned size = form == WIDE ? 2 : 1;
    uint8_t fits[LOOKED] = { 0 }; /* buckets whose print fits so far, begun one and two units ago, and whole */
    uint32_t last = 0;            /* the last four units */

    for (size_t i = 0; i < count; i++) {
        uint8_t c = p[i * size];

        if (form != FOLDED && (c >= 0x80 || (form == WIDE && p[i * size + 1]) || (form == JSON && (c == 'u' || c == '/') && is_escape(p, i))))
            return true;
        c = form == FOLDED ? c : lower(c);
        last = last >> 8 | (uint32_t)c << 24;
        if (fits[2] && is_print(s, le32toh(last)))
            return true;
        fits[2] = fits[1] & buckets(s, 2, c);
        fits[1] = fits[0] & buckets(s, 1, c);
        fits[0] = buckets(s, 0, c);
    }
    return false;
}

#if defined __x86_64__
#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((target("avx2"), always_inline)) /* so that tables stay in registers */

struct tables {
    __m256i low[PRINT], high[PRINT];
};

/* The buckets that have each of 32 ASCII bytes as byte n of their print. */
AVX2_INLINE __m256i buckets32(const struct tables *t, int n, __m256i text)
{
    const __m256i nibble = _mm256_set1_epi8(15);

    return _mm256_and_si256(_mm256_shuffle_epi8(t->low[n], _mm256_and_si256(text, nibble)),
                            _mm256_shuffle_epi8(t->high[n], _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble)));
}

/* The same where what is not ASCII is seen elsewhere: a look-up by such a byte gives nothing, by others it takes the low four bits. */
AVX2_INLINE __m256i ascii_buckets32(const struct tables *t, int n, __m256i text)
{
    return _mm256_and_si256(_mm256_shuffle_epi8(t->low[n], text),
                            _mm256_shuffle_epi8(t->high[n], _mm256_and_si256(_mm256_srli_epi16(text, 4), _mm256_set1_epi8(15))));
}

AVX2_INLINE __m256i lower32(__m256i v)
{
    const __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8('A'), v), above = _mm256_cmpgt_epi8(v, _mm256_set1_epi8('Z'));

    return _mm256_or_si256(v, _mm256_andnot_si256(_mm256_or_si256(below, above), _mm256_set1_epi8(0x20)));
}

/* 32 units as bytes; a unit above 0xFF saturates, so that it is seen as not ASCII. */
AVX2_INLINE __m256i load32(const uint8_t *p, enum form form)
{
    __m256i a, b, big;

    a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    if (form != WIDE)
        return a;
    b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    big = _mm256_set1_epi16(0x00FF); /* min: packing takes units as signed */
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(_mm256_min_epu16(a, big), _mm256_min_epu16(b, big)), 0xD8);
}

/* Is one of the characters of this block escaped by its number? `at` is where it begins in the text `p`. */
AVX2_INLINE bool escapes(__m256i raw, const uint8_t *p, size_t at)
{
    uint32_t slash = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(raw, _mm256_set1_epi8('\\')));
    __m256i second = _mm256_or_si256(_mm256_cmpeq_epi8(raw, _mm256_set1_epi8('u')), _mm256_cmpeq_epi8(raw, _mm256_set1_epi8('/')));
    uint32_t u = (uint32_t)_mm256_movemask_epi8(second) & slash << 1;

    for (; u; u &= u - 1)
        if (is_escape(p, at + (size_t)__builtin_ctz(u)))
            return true;
    return false;
}

/* Is one of the places where a bucket is left over a print? */
AVX2 static bool has_print(const struct sp_scan *s, __m256i text, __m256i met)
{
    uint32_t none = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(met, _mm256_setzero_si256()));
    char bytes[BLOCK + PRINT] = { 0 };

    _mm256_storeu_si256((__m256i *)(void *)bytes, text);
    for (uint32_t places = ~none; places; places &= places - 1)
        if (is_print(s, print_at(bytes + __builtin_ctz(places))))
            return true;
    return false;
}

/* The 32 units from `at` on: prints that begin in it and end in it. */
AVX2_INLINE bool perhaps_block(const struct sp_scan *s, const struct tables *t, __m256i raw, const uint8_t *p, size_t at,
                                      enum form form)
{
    __m256i text = form == FOLDED ? raw : lower32(raw), met = buckets32(t, 0, text), b, c;

    if (form != FOLDED && _mm256_movemask_epi8(raw))
        return true;
    if (form == JSON && escapes(raw, p, at))
        return true;
    b = buckets32(t, 1, text);
    c = buckets32(t, 2, text);
    /* one and two bytes further on, over both halves of the register; zeros come in at the end */
    met = _mm256_and_si256(met, _mm256_alignr_epi8(_mm256_permute2x128_si256(b, b, 0x81), b, 1));
    met = _mm256_and_si256(met, _mm256_alignr_epi8(_mm256_permute2x128_si256(c, c, 0x81), c, 2));
    return !_mm256_testz_si256(met, met) && has_print(s, text, met);
}

AVX2_INLINE struct tables load_tables(const struct sp_scan *s)
{
    struct tables t;

    for (int n = 0; n < PRINT; n++) {
        t.low[n] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)s->low[n]));
        t.high[n] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)s->high[n]));
    }
    return t;
}

/* The first `count` (below 32) units of a register; the others are NUL. */
AVX2_INLINE __m256i first32(__m256i v, size_t count)
{
    static const uint8_t mask[64] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                      255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };

    return _mm256_and_si256(v, _mm256_loadu_si256((const __m256i *)(const void *)(mask + 32 - count)));
}

/* A value of fewer than 32 units. Up to `end` memory may be read. */
AVX2_INLINE __m256i load_brief(const uint8_t *p, size_t count, enum form form, const uint8_t *end)
{
    uint8_t copy[2 * BLOCK] = { 0 };

    if (end && end - p >= 2 * BLOCK)
        return first32(load32(p, form), count);
    memcpy(copy, p, count * (form == WIDE ? 2 : 1));
    return load32(copy, form);
}

/* Blocks overlap by three units, so that each print lies whole in one; the last one ends where the value ends. */
AVX2_INLINE bool perhaps_long(const struct sp_scan *s, const struct tables *t, const uint8_t *p, size_t count, enum form form)
{
    unsigned size = form == WIDE ? 2 : 1;

    for (size_t i = 0; count - i > BLOCK; i += BLOCK - PRINT + 1)
        if (perhaps_block(s, t, load32(p + i * size, form), p, i, form))
            return true;
    return perhaps_block(s, t, load32(p + (count - BLOCK) * size, form), p, count - BLOCK, form);
}

AVX2 static bool perhaps_avx2(const struct sp_scan *s, const uint8_t *p, size_t count, enum form form)
{
    struct tables t = load_tables(s);

    if (count < BLOCK)
        return perhaps_block(s, &t, load_brief(p, count, form, NULL), p, 0, form);
    return perhaps_long(s, &t, p, count, form);
}

/* The texts of nodes; the loop is here so that the tables stay in registers. */
AVX2 static bool nodes_avx2(const struct sp_scan *s, const struct sp_node *node, uint32_t count, struct sp_str raw)
{
    const uint8_t *begin = (const uint8_t *)raw.ptr, *end = begin + raw.len;
    struct tables t = load_tables(s);

    for (const struct sp_node *n = node, *last = node + count; n < last; n++) {
        const uint8_t *p = n->value.ptr;

        if (n->value.type == SP_V_UTF16) {
            size_t units = n->value.len / 2;

            if (units < BLOCK ? units && perhaps_block(s, &t, load_brief(p, units, WIDE, p >= begin && p < end ? end : NULL), p, 0, WIDE)
                              : perhaps_long(s, &t, p, units, WIDE))
                return true;
        } else if (n->value.type == SP_V_TEXT || n->value.type == SP_V_JSON_TEXT || n->value.type == SP_V_ANSI) {
            if (n->value.len && sp_scan_perhaps(s, n->value))
                return true;
        }
    }
    return false;
}

/* As load_tables, for bytes that are not folded: capitals are in the buckets of their letters (and so are six signs). */
AVX2_INLINE struct tables load_tables_unfolded(const struct sp_scan *s)
{
    const __m256i of_letters = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, -1, -1, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    struct tables t = load_tables(s);

    for (int n = 0; n < PRINT; n++)
        t.high[n] = _mm256_or_si256(t.high[n], _mm256_shuffle_epi8(t.high[n], of_letters));
    return t;
}

AVX2_INLINE __m256i load_at(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Does a print, in letters of any case, begin at one of the marked places? */
static bool has_json_print(const struct sp_scan *s, const uint8_t *p, uint32_t places)
{
    for (; places; places &= places - 1) {
        char print[PRINT];

        for (size_t n = 0; n < PRINT; n++)
            print[n] = (char)lower(p[(size_t)__builtin_ctz(places) + n]);
        if (is_print(s, print_at(print)))
            return true;
    }
    return false;
}

/* Bytes that are not ASCII, and escapes by number or of a slash: perhaps. The last `count` bytes of a text. */
static bool is_odd_tail(const uint8_t *p, size_t len, size_t count)
{
    for (size_t i = len - count; i < len; i++)
        if (p[i] >= 0x80 || (i && (p[i] == 'u' || p[i] == '/') && is_escape(p, i)))
            return true;
    return false;
}

/* As perhaps_long, of a whole record: its bytes are loaded four times, each time one further on, and not shifted. */
AVX2 static bool json_avx2(const struct sp_scan *s, const uint8_t *p, size_t len)
{
    /* by its low four bits: the u or the / that a byte could be */
    const __m256i u_or_solidus = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, -1, -1, -1, 'u', -1, -1, -1, -1, -1, -1, -1, -1, -1, '/'));
    const __m256i slash = _mm256_set1_epi8('\\');
    const struct tables t = load_tables_unfolded(s);
    const size_t last = len - BLOCK - PRINT + 1;

    for (size_t i = 0;; i = i + BLOCK < last ? i + BLOCK : last) {
        __m256i a = load_at(p + i), b = load_at(p + i + 1);
        __m256i escape = _mm256_and_si256(_mm256_cmpeq_epi8(a, slash), _mm256_cmpeq_epi8(b, _mm256_shuffle_epi8(u_or_solidus, b)));
        __m256i met = _mm256_and_si256(_mm256_and_si256(ascii_buckets32(&t, 0, a), ascii_buckets32(&t, 1, b)),
                                       _mm256_and_si256(ascii_buckets32(&t, 2, load_at(p + i + 2)), ascii_buckets32(&t, 3, load_at(p + i + 3))));

        if (_mm256_movemask_epi8(_mm256_or_si256(a, escape))) {
            uint32_t at = (uint32_t)_mm256_movemask_epi8(escape);

            if (_mm256_movemask_epi8(a))
                return true;
            for (; at; at &= at - 1)
                if (is_escape(p, i + 1 + (size_t)__builtin_ctz(at)))
                    return true;
        }
        if (!_mm256_testz_si256(met, met) &&
            has_json_print(s, p + i, ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(met, _mm256_setzero_si256()))))
            return true;
        if (i == last)
            return is_odd_tail(p, len, PRINT);
    }
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
static bool json_avx2(const struct sp_scan *s, const uint8_t *p, size_t len)
{
    return perhaps_units(s, p, len, JSON);
}

static bool perhaps_avx2(const struct sp_scan *s, const uint8_t *p, size_t count, enum form form)
{
    return perhaps_units(s, p, count, form);
}

static bool nodes_avx2(const struct sp_scan *s, const struct sp_node *node, uint32_t count, struct sp_str raw)
{
    (void)s;
    (void)node;
    (void)count;
    (void)raw;
    return true;
}

static bool has_avx2(void)
{
    return false;
}
#endif

static bool perhaps(const struct sp_scan *s, struct sp_value v, bool registers)
{
    enum form form = v.type == SP_V_UTF16 ? WIDE : v.type == SP_V_JSON_TEXT ? JSON : BYTES;
    size_t count = form == WIDE ? v.len / 2 : v.len;

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
    if (count < PRINT || !registers) /* too short for a print, but perhaps not ASCII: a Kelvin sign is a k */
        return perhaps_units(s, v.ptr, count, form);
    return perhaps_avx2(s, v.ptr, count, form);
}

bool sp_scan_nodes(const struct sp_scan *s, const struct sp_node *node, uint32_t count, struct sp_str raw)
{
    return !s->usable || s->typed || !has_avx2() || nodes_avx2(s, node, count, raw);
}

bool sp_scan_json(const struct sp_scan *s, struct sp_str raw)
{
    if (!s->usable || s->typed || raw.len < PRINT || raw.ptr[0] == '\0' || raw.ptr[1] == '\0')
        return true;
    return has_avx2() && raw.len >= BLOCK + PRINT ? json_avx2(s, (const uint8_t *)raw.ptr, raw.len)
                                                  : perhaps_units(s, (const uint8_t *)raw.ptr, raw.len, JSON);
}

bool sp_scan_folded(const struct sp_scan *s, struct sp_str text)
{
    if (!s->usable)
        return true;
    if (text.len < PRINT)
        return false;
    return has_avx2() ? perhaps_avx2(s, (const uint8_t *)text.ptr, text.len, FOLDED)
                      : perhaps_units(s, (const uint8_t *)text.ptr, text.len, FOLDED);
}

bool sp_scan_perhaps(const struct sp_scan *s, struct sp_value v)
{
    return perhaps(s, v, has_avx2());
}

bool sp_scan_perhaps_plain(const struct sp_scan *s, struct sp_value v)
{
    return perhaps(s, v, false);
}
