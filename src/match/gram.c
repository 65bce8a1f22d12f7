/* SPDX-License-Identifier: Apache-2.0
 *
 * In: literals and the rules that want them; then folded values. Out: marks. The index lives in its builder's arena;
 * what building needs on the way is freed at its end.
 */
#include "match/gram.h"

#include "base/alloc.h"
#include "base/error.h"
#include "match/scan.h"
#include "match/text.h"

enum {
    BUCKET_MAX = 8,    /* literals that share a gram, where they have others to choose from */
    PAIRS = 4096,      /* by hash */
    SCAN_MAX = 128,    /* fewer literals than these are scanned for before the value is gone over gram by gram */
    STRIDE_MAX = 4,
    SPARSE_MAX = 1024, /* with more literals of many grams each has but two */
    AT_MAX = UINT16_MAX,
    BITMAP_BITS_EACH = 32, /* for a gram, but for the next line */
    BITMAP_BITS_MIN = 1 << 9,
    BITMAP_BITS_MAX = 1 << 17
};

static uint32_t gram_at(const char *p)
{
    uint32_t g;

    memcpy(&g, p, sizeof g);
    return g;
}

static uint32_t gram_hash(uint32_t gram)
{
    return gram * UINT32_C(0x9E3779B1);
}

static uint64_t mix(uint64_t h)
{
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

/* The first `n` (1 to 8) bytes as a number. */
static uint64_t bytes_at(const char *p, uint32_t n)
{
    uint64_t b = 0;

    memcpy(&b, p, n);
    return b;
}

/* Eight bytes a step; equal texts, equal hashes. */
static uint64_t text_hash(struct sp_str s)
{
    uint64_t h = s.len;
    size_t i = 0;

    for (; s.len - i >= 8; i += 8)
        h = mix(h ^ bytes_at(s.ptr + i, 8));
    if (i < s.len)
        h = mix(h ^ bytes_at(s.ptr + i, (uint32_t)(s.len - i)));
    return mix(h + 1);
}

static uint64_t end_selector(const char *p, uint32_t n)
{
    return bytes_at(p, n) ^ (uint64_t)n * UINT64_C(0xD6E8FEB86659FD93);
}

/* ---------------------------------------------------------------- how common */

static uint32_t gram_ppm(uint32_t gram)
{
    for (uint32_t at = gram_hash(gram) >> 19; sp_gram_shares[at].ppm; at = (at + 1) % SP_GRAM_SHARES)
        if (sp_gram_shares[at].gram == gram)
            return sp_gram_shares[at].ppm;
    return SP_RARE_PPM;
}

uint32_t sp_key_ppm(enum sp_key_kind kind, struct sp_str literal)
{
    static const uint32_t brief[3][4] = { { 20000, 150000, 60000, 20000 },   /* EQUAL, by length */
                                          { 500000, 100000, 50000, 20000 },  /* START, END */
                                          { 900000, 300000, 120000, 40000 } }; /* ANY */
    uint32_t least = UINT32_MAX;

    if (literal.len < 4)
        return brief[kind == SP_KEY_EQUAL ? 0 : kind == SP_KEY_ANY ? 2 : 1][literal.len];
    for (size_t i = 0; i + 4 <= literal.len && least > SP_RARE_PPM; i++) {
        uint32_t ppm = gram_ppm(gram_at(literal.ptr + i));

        least = ppm < least ? ppm : least;
    }
    return kind == SP_KEY_ANY ? least : least / 2 + 1;
}

/* ---------------------------------------------------------------- building */

enum table { EQUAL, START, END, SPARSE, DENSE, WIDE, BRIEF, TABLES };

/* A literal, what it is asked for by, and the wishes for it. */
struct draft {
    struct sp_str literal;
    enum sp_key_kind kind;
    enum table table;
    uint64_t selector;
    uint16_t at[STRIDE_MAX];  /* where its grams begin */
    uint8_t grams;
    uint32_t first, last; /* wishes, chained by `next` of the build */
};

struct gram_count {
    uint32_t gram, count;
};

struct build {
    struct sp_arena *arena;
    const struct sp_key_wish *wish;
    uint32_t wishes;
    uint32_t *next;           /* by wish: the next for the same literal; NONE at the end */
    struct draft *draft;
    uint32_t drafts;
    uint32_t *known;          /* draft + 1 by kind and literal; an open hash table */
    struct gram_count *taken; /* how many literals have chosen a gram; the same */
    uint32_t known_mask, taken_mask;
    uint32_t grams;
    struct sp_key *key;
    uint32_t *rule;
    uint32_t keys, rules;
    struct sp_index *index;
};

#define NONE UINT32_MAX

static uint32_t power_above(uint32_t n)
{
    uint32_t p = 4;

    while (p < n)
        p *= 2;
    return p;
}

static struct gram_count *taken_slot(const struct build *b, uint32_t gram)
{
    for (uint32_t at = gram_hash(gram) >> 7;; at++) {
        struct gram_count *t = &b->taken[at & b->taken_mask];

        if (!t->count || t->gram == gram)
            return t;
    }
}

/* One of the grams at `from` and every `stride` bytes further: the rarest whose bucket is not full, else that of the
 * emptiest bucket. */
static uint16_t choose_gram(struct build *b, struct sp_str l, uint32_t from, uint32_t stride)
{
    uint32_t best = from, best_ppm = UINT32_MAX, best_count = UINT32_MAX;
    struct gram_count *slot;

    for (uint32_t i = from; i + 4 <= l.len && i <= AT_MAX && !(best_ppm == SP_RARE_PPM && best_count == 0); i += stride) {
        uint32_t gram = gram_at(l.ptr + i), ppm = gram_ppm(gram), count = taken_slot(b, gram)->count;
        bool full = count >= BUCKET_MAX, best_full = best_count >= BUCKET_MAX;

        if (full != best_full ? best_full : full ? count < best_count : ppm < best_ppm || (ppm == best_ppm && count < best_count)) {
            best = i;
            best_ppm = ppm;
            best_count = count;
        }
    }
    slot = taken_slot(b, gram_at(l.ptr + best));
    slot->gram = gram_at(l.ptr + best);
    slot->count++;
    return (uint16_t)best;
}

/* A gram for each way in which the literal can lie to the places that are looked at. */
static void choose_grams(struct build *b, struct draft *d, uint32_t stride)
{
    for (; d->grams < stride; d->grams++)
        d->at[d->grams] = choose_gram(b, d->literal, d->grams, stride);
    b->grams += stride;
}

static bool is_ascii(struct sp_str s)
{
    uint64_t all = 0;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8)
        all |= bytes_at(s.ptr + i, 8);
    for (; i < s.len; i++)
        all |= (unsigned char)s.ptr[i];
    return !(all & UINT64_C(0x8080808080808080));
}

static bool fits_stride(struct sp_str l, uint32_t stride)
{
    return l.len >= stride + 3;
}

static void select_by(struct build *b, struct draft *d)
{
    struct sp_str l = d->literal;
    uint32_t n = l.len < 8 ? (uint32_t)l.len : 8;

    switch (d->kind) {
    case SP_KEY_EQUAL:
        d->table = EQUAL;
        d->selector = text_hash(l);
        break;
    case SP_KEY_START:
        d->table = START;
        d->selector = end_selector(l.ptr, n);
        break;
    case SP_KEY_END:
        d->table = END;
        d->selector = end_selector(l.ptr + l.len - n, n);
        break;
    case SP_KEY_ANY:
        d->table = l.len < 4 ? BRIEF : !is_ascii(l) ? WIDE : fits_stride(l, b->index->stride) ? SPARSE : b->index->stride == STRIDE_MAX ? DENSE : BRIEF;
        if (d->table != BRIEF)
            choose_grams(b, d, d->table == SPARSE ? b->index->stride : 1);
        break;
    }
}

static void choose_stride(struct build *b)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < b->drafts; i++)
        count += b->draft[i].kind == SP_KEY_ANY && fits_stride(b->draft[i].literal, STRIDE_MAX) && is_ascii(b->draft[i].literal);
    b->index->stride = count > SPARSE_MAX ? 2 : STRIDE_MAX;
}

/* Each literal is drafted once; further wishes for it are chained. */
static void make_drafts(struct build *b)
{
    for (uint32_t i = 0; i < b->wishes; i++) {
        const struct sp_key_wish *w = &b->wish[i];
        uint32_t at = (uint32_t)(text_hash(w->literal) + w->kind) & b->known_mask;
        struct draft *d;

        while (b->known[at] && !(b->draft[b->known[at] - 1].kind == w->kind && sp_str_eq(b->draft[b->known[at] - 1].literal, w->literal)))
            at = (at + 1) & b->known_mask;
        b->next[i] = NONE;
        if (b->known[at]) {
            d = &b->draft[b->known[at] - 1];
            b->next[d->last] = i;
            d->last = i;
            continue;
        }
        d = &b->draft[b->drafts++];
        *d = (struct draft){ .literal = w->literal, .kind = w->kind, .first = i, .last = i };
        b->known[at] = b->drafts;
    }
}

/* What each literal is asked for by. */
static int select_all(struct build *b)
{
    uint32_t grams = 0;

    choose_stride(b);
    for (uint32_t i = 0; i < b->drafts; i++)
        grams += b->draft[i].kind == SP_KEY_ANY ? b->index->stride : 0;
    b->taken_mask = power_above(2 * grams) - 1;
    b->taken = sp_zalloc(((size_t)b->taken_mask + 1) * sizeof *b->taken);
    if (!b->taken)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < b->drafts; i++)
        select_by(b, &b->draft[i]);
    return 0;
}

static void make_key(struct build *b, const struct draft *d, struct sp_key *key)
{
    uint32_t first = b->rules;

    for (uint32_t w = d->first; w != NONE; w = b->next[w])
        if (b->rules == first || b->rule[b->rules - 1] != b->wish[w].rule)
            b->rule[b->rules++] = b->wish[w].rule;
    *key = (struct sp_key){ d->literal.ptr, (uint32_t)d->literal.len, first, b->rules - first };
}

static void note_length(struct sp_key_table *table, uint32_t len)
{
    table->lens |= 1u << ((len < 8 ? len : 8) - (len > 0));
    table->most = len > table->most ? len : table->most;
}

static struct sp_key_slot *slot_of(struct sp_key_slot *slot, uint32_t mask, uint64_t selector)
{
    uint32_t at = (uint32_t)mix(selector) & mask;

    while (slot[at].keys && slot[at].selector != selector)
        at = (at + 1) & mask;
    return &slot[at];
}

/* Keys and slots of one table: keys are counted by slot, places given, then filled, so that a slot's keys lie together. */
static int make_table(struct build *b, enum table which, uint32_t count, struct sp_key_table *table)
{
    uint32_t room = power_above(2 * count), *filled;
    struct sp_key_slot *slot = sp_arena_zalloc(b->arena, room * sizeof *slot);

    filled = sp_zalloc(room * sizeof *filled);
    if (!slot || !filled) {
        sp_free(filled);
        return SP_ERR_NOMEM;
    }
    *table = (struct sp_key_table){ .slot = slot, .mask = room - 1 };
    for (uint32_t i = 0; i < b->drafts; i++)
        if (b->draft[i].table == which) {
            struct sp_key_slot *s = slot_of(slot, table->mask, b->draft[i].selector);

            s->selector = b->draft[i].selector;
            s->keys++;
        }
    for (uint32_t i = 0; i < room; i++) {
        slot[i].key = b->keys;
        b->keys += slot[i].keys;
    }
    for (uint32_t i = 0; i < b->drafts; i++)
        if (b->draft[i].table == which) {
            struct sp_key_slot *s = slot_of(slot, table->mask, b->draft[i].selector);

            make_key(b, &b->draft[i], &b->key[s->key + filled[s - slot]++]);
            note_length(table, (uint32_t)b->draft[i].literal.len);
        }
    sp_free(filled);
    return 0;
}

/* Four bytes of the literal that say most beside its gram: those behind it, before it, or what there is. */
static int16_t check_apart(struct sp_str l, uint32_t at)
{
    int64_t before = at, behind = (int64_t)(l.len - at) - 4;

    if (behind >= 4)
        return 4;
    return (int16_t)(before >= 4 ? -4 : behind >= before ? behind : -before);
}

/* The bitmap of all grams of a table. */
static int make_bitmap(struct build *b, enum table table, struct sp_grams *ret)
{
    uint32_t count = 0, bits, log = 0;
    uint64_t *bitmap;

    for (uint32_t i = 0; i < b->drafts; i++)
        count += b->draft[i].table == table ? b->draft[i].grams : 0;
    if (!count)
        return 0;
    bits = power_above(BITMAP_BITS_EACH * count);
    bits = bits < BITMAP_BITS_MIN ? BITMAP_BITS_MIN : bits > BITMAP_BITS_MAX ? BITMAP_BITS_MAX : bits;
    while (1u << log < bits)
        log++;
    bitmap = sp_arena_zalloc(b->arena, bits / 8);
    if (!bitmap)
        return SP_ERR_NOMEM;
    *ret = (struct sp_grams){ bitmap, 32 - log };
    for (uint32_t i = 0; i < b->drafts; i++)
        for (uint32_t g = 0; b->draft[i].table == table && g < b->draft[i].grams; g++) {
            uint32_t h = gram_hash(gram_at(b->draft[i].literal.ptr + b->draft[i].at[g])) >> ret->shift;

            bitmap[h / 64] |= UINT64_C(1) << h % 64;
        }
    return 0;
}

static void fill_slots(struct build *b, const struct draft *d, struct sp_gram_slot *slot)
{
    const struct sp_index *x = b->index;

    make_key(b, d, &b->key[b->keys++]);
    for (uint32_t g = 0; g < d->grams; g++) {
        const char *p = d->literal.ptr + d->at[g];
        uint32_t at = gram_hash(gram_at(p)) >> x->gram_shift;
        int16_t apart = check_apart(d->literal, d->at[g]);

        while (slot[at].key)
            at = (at + 1) & x->gram_mask;
        slot[at] = (struct sp_gram_slot){ gram_at(p), gram_at(p + apart), b->keys, d->at[g], apart };
    }
}

static int make_grams(struct build *b)
{
    uint32_t room = power_above(2 * b->grams), log = 0;
    struct sp_gram_slot *slot = sp_arena_zalloc(b->arena, room * sizeof *slot);
    struct sp_index *x = b->index;

    if (!slot || make_bitmap(b, SPARSE, &x->sparse) < 0 || make_bitmap(b, DENSE, &x->dense) < 0 || make_bitmap(b, WIDE, &x->wide) < 0)
        return SP_ERR_NOMEM;
    while (1u << log < room)
        log++;
    x->gram = slot;
    x->gram_shift = 32 - log;
    x->gram_mask = room - 1;
    for (uint32_t i = 0; i < b->drafts; i++)
        if (b->draft[i].grams)
            fill_slots(b, &b->draft[i], slot);
    return 0;
}

/* Few dense literals are scanned for before the value is gone over for them. */
static int make_scan(struct build *b, uint32_t dense)
{
    struct sp_key_wish *wish;
    uint32_t count = 0;
    int rc;

    if (!dense || dense >= SCAN_MAX)
        return 0;
    wish = sp_realloc_array(NULL, dense, sizeof *wish);
    if (!wish)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < b->drafts; i++)
        if (b->draft[i].table == DENSE)
            wish[count++] = (struct sp_key_wish){ SP_KEY_ANY, b->draft[i].literal, 0 };
    rc = sp_scan_build_folded(b->arena, wish, count, &b->index->scan);
    sp_free(wish);
    return rc;
}

static uint16_t pair_hash(const char *p)
{
    return (uint16_t)((uint32_t)bytes_at(p, 2) * UINT32_C(0x9E3779B1) >> 20);
}

static int make_briefs(struct build *b, uint32_t count)
{
    struct sp_brief *brief = sp_arena_alloc(b->arena, count * sizeof *brief);
    struct sp_index *x = b->index;

    if (!brief)
        return SP_ERR_NOMEM;
    x->brief = brief;
    for (int wide = 0; wide < 2; wide++) {
        for (uint32_t i = 0; i < b->drafts; i++) {
            const struct draft *d = &b->draft[i];

            if (d->table != BRIEF || is_ascii(d->literal) == wide)
                continue;
            make_key(b, d, &b->key[b->keys++]);
            brief[x->briefs++] = d->literal.len == 1 ? (struct sp_brief){ 0, 0, 1, b->keys - 1 }
                                                     : (struct sp_brief){ pair_hash(d->literal.ptr), pair_hash(d->literal.ptr + d->literal.len - 2),
                                                                          (uint32_t)d->literal.len, b->keys - 1 };
        }
        x->briefs_ascii = wide ? x->briefs_ascii : x->briefs;
    }
    return 0;
}

static int make_tables(struct build *b)
{
    struct sp_key_table *const table[] = { &b->index->equal, &b->index->start, &b->index->end };
    uint32_t count[TABLES] = { 0 };
    int rc = 0;

    b->key = sp_arena_alloc(b->arena, b->drafts * sizeof *b->key);
    b->rule = sp_arena_alloc(b->arena, b->wishes * sizeof *b->rule);
    if (!b->key || !b->rule)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < b->drafts; i++)
        count[b->draft[i].table]++;
    for (uint32_t t = EQUAL; t <= END && rc == 0; t++)
        if (count[t])
            rc = make_table(b, (enum table)t, count[t], table[t]);
    b->index->key = b->key;
    b->index->rule = b->rule;
    if (rc == 0 && b->grams)
        rc = make_grams(b);
    if (rc == 0)
        rc = make_scan(b, count[DENSE]);
    return rc == 0 && count[BRIEF] ? make_briefs(b, count[BRIEF]) : rc;
}

int sp_index_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_index *ret)
{
    struct build b = { .arena = arena, .wish = wish, .wishes = count, .index = ret };
    int rc = SP_ERR_NOMEM;

    *ret = (struct sp_index){ 0 };
    if (!count)
        return 0;
    b.known_mask = power_above(2 * count) - 1;
    b.known = sp_zalloc(((size_t)b.known_mask + 1) * sizeof *b.known);
    b.next = sp_realloc_array(NULL, count, sizeof *b.next);
    b.draft = sp_realloc_array(NULL, count, sizeof *b.draft);
    if (b.known && b.next && b.draft) {
        make_drafts(&b);
        rc = select_all(&b);
        if (rc == 0)
            rc = make_tables(&b);
    }
    sp_free(b.taken);
    sp_free(b.known);
    sp_free(b.next);
    sp_free(b.draft);
    return rc;
}

/* ---------------------------------------------------------------- probing */

static const struct sp_key_slot *find_slot(const struct sp_key_table *table, uint64_t selector)
{
    for (uint32_t at = (uint32_t)mix(selector) & table->mask;; at = (at + 1) & table->mask) {
        const struct sp_key_slot *s = &table->slot[at];

        if (!s->keys)
            return NULL;
        if (s->selector == selector)
            return s;
    }
}

static void mark_key(const struct sp_index *x, const struct sp_key *key, struct sp_marks *marks)
{
    for (uint32_t i = 0; i < key->rules; i++)
        sp_mark(marks, x->rule[key->rule + i]);
}

static void probe_equal(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    const struct sp_key_slot *slot;

    if (value.len > x->equal.most || !(slot = find_slot(&x->equal, text_hash(value))))
        return;
    for (const struct sp_key *k = x->key + slot->key, *end = k + slot->keys; k < end; k++)
        if (k->len == value.len && (!k->len || memcmp(k->ptr, value.ptr, k->len) == 0))
            mark_key(x, k, marks);
}

/* Literals at one end of the value: one look-up for each length that there is, at most eight. */
static void probe_end(const struct sp_index *x, const struct sp_key_table *table, bool last, struct sp_str value, struct sp_marks *marks)
{
    for (uint32_t lens = table->lens; lens; lens &= lens - 1) {
        uint32_t n = (uint32_t)__builtin_ctz(lens) + 1;
        const struct sp_key_slot *slot;

        if (n > value.len)
            return;
        slot = find_slot(table, end_selector(last ? value.ptr + value.len - n : value.ptr, n));
        if (!slot)
            continue;
        for (const struct sp_key *k = x->key + slot->key, *end = k + slot->keys; k < end; k++)
            if (k->len <= value.len && memcmp(k->ptr, last ? value.ptr + value.len - k->len : value.ptr, k->len) == 0)
                mark_key(x, k, marks);
    }
}

/* The gram at `at` belongs to some literal, or shares its bit. */
static void meet_gram(const struct sp_index *x, struct sp_str value, size_t at, struct sp_marks *marks)
{
    uint32_t gram = gram_at(value.ptr + at);

    for (uint32_t i = gram_hash(gram) >> x->gram_shift; x->gram[i].key; i = (i + 1) & x->gram_mask) {
        const struct sp_gram_slot *s = &x->gram[i];
        size_t check = at + (size_t)(ssize_t)s->apart; /* before the begin: beyond the end */
        const struct sp_key *k;

        if (s->gram != gram || check > value.len - 4 || gram_at(value.ptr + check) != s->check)
            continue;
        k = &x->key[s->key - 1];
        if (s->at <= at && value.len - (at - s->at) >= k->len && memcmp(k->ptr, value.ptr + at - s->at, k->len) == 0)
            mark_key(x, k, marks);
    }
}

static inline uint64_t gram_bit(const struct sp_grams *g, const char *p)
{
    uint32_t h = gram_hash(gram_at(p)) >> g->shift;

    return g->bitmap[h / 64] >> h % 64;
}

/* Every stride-th place, four at once: in most of them there is nothing. */
static inline __attribute__((always_inline)) void probe_places(const struct sp_index *x, struct sp_grams g, size_t stride, struct sp_str value, struct sp_marks *marks)
{
    size_t i = 0;

    for (; i + 3 * stride + 4 <= value.len; i += 4 * stride) {
        const char *p = value.ptr + i;

        if (!((gram_bit(&g, p) | gram_bit(&g, p + stride) | gram_bit(&g, p + 2 * stride) | gram_bit(&g, p + 3 * stride)) & 1))
            continue;
        for (size_t n = 0; n < 4 * stride; n += stride)
            if (gram_bit(&g, p + n) & 1)
                meet_gram(x, value, i + n, marks);
    }
    for (; i + 4 <= value.len; i += stride)
        if (gram_bit(&g, value.ptr + i) & 1)
            meet_gram(x, value, i, marks);
}

static void probe_grams(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    if (x->sparse.bitmap && x->stride == STRIDE_MAX)
        probe_places(x, x->sparse, STRIDE_MAX, value, marks);
    else if (x->sparse.bitmap)
        probe_places(x, x->sparse, 2, value, marks);
    if (x->dense.bitmap && sp_scan_folded(&x->scan, value))
        probe_places(x, x->dense, 1, value, marks);
    if (x->wide.bitmap && !is_ascii(value))
        probe_places(x, x->wide, 1, value, marks);
}

/* Brief literals: looked for where the value has the pairs of bytes that they begin and end with. */
static void probe_brief(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    uint8_t pairs[PAIRS] = { 0 };

    for (size_t i = 0; i + 2 <= value.len; i++)
        pairs[pair_hash(value.ptr + i)] = 1;
    for (uint32_t i = 0, n = is_ascii(value) ? x->briefs_ascii : x->briefs; i < n; i++) {
        const struct sp_brief *b = &x->brief[i];
        const struct sp_key *k = &x->key[b->key];

        if (b->len == 1 ? memchr(value.ptr, k->ptr[0], value.len) != NULL
                        : pairs[b->first] & pairs[b->last] && sp_text_find(value, (struct sp_str){ k->ptr, k->len }) != SIZE_MAX)
            mark_key(x, k, marks);
    }
}

void sp_index_probe(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    if (x->equal.slot)
        probe_equal(x, value, marks);
    if (x->start.slot)
        probe_end(x, &x->start, false, value, marks);
    if (x->end.slot)
        probe_end(x, &x->end, true, value, marks);
    if (x->gram)
        probe_grams(x, value, marks);
    if (x->briefs)
        probe_brief(x, value, marks);
}
