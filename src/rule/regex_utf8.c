/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a normal set of code points. Out: a class with its automaton over the bytes of UTF-8 (RFC 3629), where
 * equal tails are one state. [à-ÿ] for example is
 *
 *     first byte  JUMP  C3 ──▶ tail  BYTES A0..BF ──▶ behind the code point
 *
 * Equal sets are one class, equal byte sets and jump tables one table: hostile patterns repeat themselves.
 * The arena of `classes` owns everything.
 */
#include "rule/regex_tree.h"

enum { NONE = 0, DONE = 1, FIRST_TAIL = 2 }; /* targets; above, tail number n - FIRST_TAIL */

/* What follows a byte: for each continuation byte 80..BF its target. */
struct tail {
    struct tail *chain;
    uint16_t target;
    uint16_t to[64];
};

struct builder {
    struct sp_arena *arena;
    const struct sp_regex_points *points;
    struct tail **list;
    size_t count, room;
    struct tail *bucket[256];
    uint16_t full[4]; /* the tail that accepts every block of so many bytes */
    bool failed;
};

static uint64_t hash_bytes(const void *bytes, size_t len)
{
    return sp_str_hash((struct sp_str){ bytes, len });
}

/* How much of first..last is in the set: 0 nothing, 1 all, 2 some. */
static int covered(const struct builder *b, uint32_t first, uint32_t last)
{
    size_t low = 0, high = b->points->count;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (b->points->list[mid].last < first)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == b->points->count || b->points->list[low].first > last)
        return 0;
    return b->points->list[low].first <= first && b->points->list[low].last >= last ? 1 : 2;
}

/* The tail with these targets, a new one if there is none. */
static uint16_t tail_get(struct builder *b, const uint16_t to[64])
{
    size_t slot = hash_bytes(to, 64 * sizeof *to) % 256;
    struct tail *tail, **list;

    for (tail = b->bucket[slot]; tail; tail = tail->chain)
        if (memcmp(tail->to, to, sizeof tail->to) == 0)
            return tail->target;
    if (b->count == b->room) {
        size_t room = b->room ? 2 * b->room : 16;

        list = sp_arena_grow(b->arena, b->list, b->count, room, sizeof *list);
        if (!list) {
            b->failed = true;
            return NONE;
        }
        b->list = list;
        b->room = room;
    }
    tail = sp_arena_alloc(b->arena, sizeof *tail);
    if (!tail) {
        b->failed = true;
        return NONE;
    }
    tail->chain = b->bucket[slot];
    tail->target = (uint16_t)(b->count + FIRST_TAIL); /* at most 5 * 64 * 64 tails exist */
    memcpy(tail->to, to, sizeof tail->to);
    b->bucket[slot] = tail;
    b->list[b->count++] = tail;
    return tail->target;
}

/* Target for the block of code points at `base` that `bytes` (1 to 3) more bytes select. Points below `least` have a
 * shorter encoding and do not count. */
static uint16_t tail_of(struct builder *b, uint32_t base, unsigned bytes, uint32_t least)
{
    uint32_t part = UINT32_C(1) << 6 * (bytes - 1);
    uint16_t to[64], target;
    int whole = covered(b, base, base + 64 * part - 1);
    bool any = false, full = base >= least && whole == 1;

    if (b->failed || whole == 0)
        return NONE;
    if (full && b->full[bytes])
        return b->full[bytes];
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t first = base + i * part;
        int some = first < least ? 0 : covered(b, first, first + part - 1);

        to[i] = some == 0 ? NONE : bytes == 1 ? DONE : tail_of(b, first, bytes - 1, least);
        any = any || to[i] != NONE;
    }
    target = any ? tail_get(b, to) : NONE;
    if (full)
        b->full[bytes] = target;
    return target;
}

/* Index of an equal table, or of a new one; UINT32_MAX when memory ran out. */
static uint32_t table_get(struct sp_arena *arena, struct sp_regex_tables *tables, const void *table)
{
    struct sp_regex_keep **slot = &tables->bucket[hash_bytes(table, tables->size) % SP_REGEX_BUCKETS], *keep;

    for (keep = *slot; keep; keep = keep->chain)
        if (memcmp(tables->ptr + keep->index * tables->size, table, tables->size) == 0)
            return keep->index;
    if (tables->count == tables->room) {
        uint32_t room = tables->room ? 2 * tables->room : 8;
        char *ptr = sp_arena_grow(arena, tables->ptr, tables->count, room, tables->size);

        if (!ptr)
            return UINT32_MAX;
        tables->ptr = ptr;
        tables->room = room;
    }
    keep = sp_arena_alloc(arena, sizeof *keep);
    if (!keep)
        return UINT32_MAX;
    *keep = (struct sp_regex_keep){ *slot, tables->count };
    *slot = keep;
    memcpy(tables->ptr + keep->index * tables->size, table, tables->size);
    return tables->count++;
}

/* The cheapest state for this table of targets: a byte range, a set, or a jump if there are several targets. */
static bool piece_make(struct sp_regex_classes *classes, const uint16_t to[256], struct sp_regex_piece *ret)
{
    uint64_t set[4] = { 0, 0, 0, 0 };
    uint32_t count = 0, lo = 0, hi = 0;
    uint16_t target = NONE;
    bool several = false;

    for (uint32_t b = 0; b < 256; b++) {
        if (to[b] == NONE)
            continue;
        several = several || (count && to[b] != target);
        target = to[b];
        lo = count++ ? lo : b;
        hi = b;
        set[b / 64] |= UINT64_C(1) << b % 64;
    }
    *ret = (struct sp_regex_piece){ .target = target };
    if (several) {
        ret->op = SP_REGEX_JUMP;
        ret->set = table_get(classes->arena, &classes->jump, to);
    } else if (count && count == hi - lo + 1) {
        ret->op = SP_REGEX_BYTES;
        ret->lo = (uint8_t)lo;
        ret->hi = (uint8_t)hi;
    } else {
        ret->op = SP_REGEX_SET; /* of no byte at all, if the class is empty */
        ret->target = count ? target : DONE;
        ret->set = table_get(classes->arena, &classes->set, set);
    }
    return ret->set != UINT32_MAX;
}

static void lead_targets(struct builder *b, uint16_t to[256])
{
    memset(to, 0, 256 * sizeof *to);
    for (uint32_t byte = 0; byte < 0x80; byte++)
        to[byte] = covered(b, byte, byte) ? DONE : NONE;
    for (uint32_t byte = 0xC2; byte < 0xE0; byte++)
        to[byte] = tail_of(b, (byte & 0x1F) << 6, 1, 0x80);
    for (uint32_t byte = 0xE0; byte < 0xF0; byte++)
        to[byte] = tail_of(b, (byte & 0x0F) << 12, 2, 0x800);
    for (uint32_t byte = 0xF0; byte < 0xF5; byte++)
        to[byte] = tail_of(b, (byte & 0x07) << 18, 3, 0x10000);
}

static bool class_build(struct sp_regex_classes *classes, const struct sp_regex_points *points,
                        struct sp_regex_class *set)
{
    struct builder b = { .arena = classes->arena, .points = points };
    uint16_t to[256];

    lead_targets(&b, to);
    if (b.failed)
        return false;
    set->piece_count = (uint32_t)b.count + 1;
    set->piece = sp_arena_alloc(classes->arena, set->piece_count * sizeof *set->piece);
    if (!set->piece || !piece_make(classes, to, &set->piece[0]))
        return false;
    for (size_t i = 0; i < b.count; i++) {
        memset(to, 0, sizeof to);
        memcpy(to + 0x80, b.list[i]->to, sizeof b.list[i]->to);
        if (!piece_make(classes, to, &set->piece[i + 1]))
            return false;
    }
    return true;
}

struct sp_regex_class *sp_regex_class_get(struct sp_regex_classes *classes, const struct sp_regex_points *points)
{
    size_t bytes = points->count * sizeof *points->list;
    struct sp_regex_class *set, **slot;

    if (points->failed)
        return NULL;
    slot = &classes->bucket[hash_bytes(bytes ? (const void *)points->list : "", bytes) % SP_REGEX_BUCKETS];
    for (set = *slot; set; set = set->chain)
        if (set->range_count == points->count && (bytes == 0 || memcmp(set->range, points->list, bytes) == 0))
            return set;
    set = sp_arena_zalloc(classes->arena, sizeof *set);
    if (!set)
        return NULL;
    set->range_count = (uint32_t)points->count;
    set->range = sp_arena_grow(classes->arena, points->list, points->count, points->count, sizeof *points->list);
    if (!set->range || !class_build(classes, points, set))
        return NULL;
    set->chain = *slot;
    *slot = set;
    return set;
}
