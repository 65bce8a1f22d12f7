/* SPDX-License-Identifier: Apache-2.0
 *
 * In: literals and the rules that want them; then folded values. Out: marks. The index lives in its builder's arena;
 * what building needs on the way is freed at its end.
 */
#include "match/gram.h"

#include "base/alloc.h"
#include "base/error.h"
#include "match/scan.h"

enum {
    BUCKET_MAX = 8,    /* literals that share a gram, where they have others to choose from */
    PAIR_BITS = 4096,  /* small: it has to be in the cache at once */
    SCAN_SLOTS = 256,  /* fields with fewer literals than half of it are scanned first */
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

enum table { EQUAL, START, END, GRAM, BRIEF, TABLES };

/* A literal, what it is asked for by, and the wishes for it. */
struct draft {
    struct sp_str literal;
    enum sp_key_kind kind;
    enum table table;
    uint64_t selector;
    uint32_t at;
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
    uint32_t mask;            /* of both */
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
        struct gram_count *t = &b->taken[at & b->mask];

        if (!t->count || t->gram == gram)
            return t;
    }
}

/* The gram that a literal is asked for by: the rarest whose bucket is not full, else that of the emptiest bucket. */
static void choose_gram(struct build *b, struct draft *d)
{
    struct sp_str l = d->literal;
    uint32_t best = 0, best_ppm = UINT32_MAX, best_count = UINT32_MAX;
    struct gram_count *slot;

    for (uint32_t i = 0; i + 4 <= l.len && !(best_ppm == SP_RARE_PPM && best_count == 0); i++) {
        uint32_t gram = gram_at(l.ptr + i), ppm = gram_ppm(gram), count = taken_slot(b, gram)->count;
        bool full = count >= BUCKET_MAX, best_full = best_count >= BUCKET_MAX;

        if (full != best_full ? best_full : full ? count < best_count : ppm < best_ppm || (ppm == best_ppm && count < best_count)) {
            best = i;
            best_ppm = ppm;
            best_count = count;
        }
    }
    d->at = best;
    d->selector = gram_at(l.ptr + best);
    slot = taken_slot(b, (uint32_t)d->selector);
    slot->gram = (uint32_t)d->selector;
    slot->count++;
}

/* One byte, or two as a number above all of one. */
static uint64_t brief_selector(const char *p, size_t len)
{
    return len == 1 ? (unsigned char)p[0] : 0x10000u | bytes_at(p, 2);
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
        d->table = l.len >= 4 ? GRAM : BRIEF;
        if (l.len >= 4)
            choose_gram(b, d);
        else
            d->selector = brief_selector(l.ptr, l.len);
        break;
    }
}

/* Each literal is drafted once; further wishes for it are chained. */
static void make_drafts(struct build *b)
{
    for (uint32_t i = 0; i < b->wishes; i++) {
        const struct sp_key_wish *w = &b->wish[i];
        uint32_t at = (uint32_t)(text_hash(w->literal) + w->kind) & b->mask;
        struct draft *d;

        while (b->known[at] && !(b->draft[b->known[at] - 1].kind == w->kind && sp_str_eq(b->draft[b->known[at] - 1].literal, w->literal)))
            at = (at + 1) & b->mask;
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
        select_by(b, d);
    }
}

static void make_key(struct build *b, const struct draft *d, struct sp_key *key, struct sp_key_table *table)
{
    uint32_t len = (uint32_t)d->literal.len, first = b->rules;

    for (uint32_t w = d->first; w != NONE; w = b->next[w])
        if (b->rules == first || b->rule[b->rules - 1] != b->wish[w].rule)
            b->rule[b->rules++] = b->wish[w].rule;
    *key = (struct sp_key){ d->literal.ptr, len, d->at, first, b->rules - first };
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

            make_key(b, &b->draft[i], &b->key[s->key + filled[s - slot]++], table);
        }
    sp_free(filled);
    return 0;
}

static int make_bitmap(struct build *b)
{
    struct sp_index *x = b->index;
    uint32_t bits = power_above(16 * (x->gram.mask + 1)), log = 0;
    uint64_t *bitmap;

    bits = bits < BITMAP_BITS_MIN ? BITMAP_BITS_MIN : bits > BITMAP_BITS_MAX ? BITMAP_BITS_MAX : bits;
    while (1u << log < bits)
        log++;
    bitmap = sp_arena_zalloc(b->arena, bits / 8);
    if (!bitmap)
        return SP_ERR_NOMEM;
    x->shift = 32 - log;
    for (uint32_t i = 0; i <= x->gram.mask; i++)
        if (x->gram.slot[i].keys) {
            uint32_t h = gram_hash((uint32_t)x->gram.slot[i].selector) >> x->shift;

            bitmap[h / 64] |= UINT64_C(1) << h % 64;
        }
    x->bitmap = bitmap;
    return 0;
}

static uint32_t pair_bit(uint32_t pair)
{
    return pair * UINT32_C(0x9E3779B1) >> 20;
}

static int make_pairs(struct build *b)
{
    uint64_t *pairs = sp_arena_zalloc(b->arena, PAIR_BITS / 8);

    if (!pairs)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i <= b->index->brief.mask; i++) {
        const struct sp_key_slot *s = &b->index->brief.slot[i];
        uint32_t bit = pair_bit((uint32_t)s->selector & 0xFFFF);

        if (s->keys && s->selector >= 0x10000) {
            pairs[bit / 64] |= UINT64_C(1) << bit % 64;
        } else if (s->keys) {
            b->index->single[s->selector / 64] |= UINT64_C(1) << s->selector % 64;
            b->index->singles = true;
        }
    }
    b->index->pairs = pairs;
    return 0;
}

static int make_tables(struct build *b)
{
    struct sp_key_table *const table[TABLES] = { &b->index->equal, &b->index->start, &b->index->end, &b->index->gram, &b->index->brief };
    uint32_t count[TABLES] = { 0 };
    int rc = 0;

    b->key = sp_arena_alloc(b->arena, b->drafts * sizeof *b->key);
    b->rule = sp_arena_alloc(b->arena, b->wishes * sizeof *b->rule);
    if (!b->key || !b->rule)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < b->drafts; i++)
        count[b->draft[i].table]++;
    for (uint32_t t = 0; t < TABLES && rc == 0; t++)
        if (count[t])
            rc = make_table(b, (enum table)t, count[t], table[t]);
    b->index->key = b->key;
    b->index->rule = b->rule;
    if (rc == 0 && b->index->gram.slot)
        rc = make_bitmap(b);
    return rc == 0 && b->index->brief.slot ? make_pairs(b) : rc;
}

int sp_index_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_index *ret)
{
    struct build b = { .arena = arena, .wish = wish, .wishes = count, .index = ret };
    int rc = SP_ERR_NOMEM;

    *ret = (struct sp_index){ 0 };
    if (!count)
        return 0;
    b.mask = power_above(2 * count) - 1;
    b.taken = sp_zalloc(((size_t)b.mask + 1) * sizeof *b.taken);
    b.known = sp_zalloc(((size_t)b.mask + 1) * sizeof *b.known);
    b.next = sp_realloc_array(NULL, count, sizeof *b.next);
    b.draft = sp_realloc_array(NULL, count, sizeof *b.draft);
    if (b.taken && b.known && b.next && b.draft) {
        make_drafts(&b);
        rc = make_tables(&b);
        if (rc == 0 && ret->gram.slot && ret->gram.mask < SCAN_SLOTS)
            rc = sp_scan_build_folded(arena, wish, count, &ret->scan);
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
    const struct sp_key_slot *slot = find_slot(&x->gram, gram_at(value.ptr + at));

    if (!slot)
        return;
    for (const struct sp_key *k = x->key + slot->key, *end = k + slot->keys; k < end; k++)
        if (k->at <= at && value.len - (at - k->at) >= k->len && memcmp(k->ptr, value.ptr + at - k->at, k->len) == 0)
            mark_key(x, k, marks);
}

static inline uint64_t gram_bit(const uint64_t *bitmap, uint32_t shift, const char *p)
{
    uint32_t h = gram_hash(gram_at(p)) >> shift;

    return bitmap[h / 64] >> h % 64;
}

/* Four places at once: in most of them there is nothing. */
static void probe_grams(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    const uint64_t *bitmap = x->bitmap;
    uint32_t shift = x->shift;
    size_t i = 0;

    for (; i + 7 <= value.len; i += 4) {
        const char *p = value.ptr + i;

        if (!((gram_bit(bitmap, shift, p) | gram_bit(bitmap, shift, p + 1) | gram_bit(bitmap, shift, p + 2) |
               gram_bit(bitmap, shift, p + 3)) & 1))
            continue;
        for (size_t n = 0; n < 4; n++)
            if (gram_bit(bitmap, shift, p + n) & 1)
                meet_gram(x, value, i + n, marks);
    }
    for (; i + 4 <= value.len; i++)
        if (gram_bit(bitmap, shift, value.ptr + i) & 1)
            meet_gram(x, value, i, marks);
}

static void meet_brief(const struct sp_index *x, struct sp_str value, size_t at, size_t len, struct sp_marks *marks)
{
    const struct sp_key_slot *slot = find_slot(&x->brief, brief_selector(value.ptr + at, len));

    if (!slot)
        return;
    for (const struct sp_key *k = x->key + slot->key, *end = k + slot->keys; k < end; k++)
        if (k->len <= value.len - at && memcmp(k->ptr, value.ptr + at, k->len) == 0)
            mark_key(x, k, marks);
}

/* Literals of one to three bytes. */
static void probe_brief(const struct sp_index *x, struct sp_str value, struct sp_marks *marks)
{
    for (size_t i = 0; i + 2 <= value.len; i++) {
        uint32_t bit = pair_bit((uint32_t)bytes_at(value.ptr + i, 2));

        if (x->pairs[bit / 64] >> bit % 64 & 1)
            meet_brief(x, value, i, 2, marks);
    }
    for (size_t i = 0; x->singles && i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if (x->single[c / 64] >> c % 64 & 1)
            meet_brief(x, value, i, 1, marks);
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
    if (x->gram.slot && sp_scan_folded(&x->scan, value))
        probe_grams(x, value, marks);
    if (x->brief.slot)
        probe_brief(x, value, marks);
}
