/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a DFA state and a byte class. Out: the state behind it, built when first asked for and kept in a cache of
 * SP_REGEX_CACHE_BYTES. Building one costs what one step of the NFA does, so a text is linear even when every
 * byte needs a new one.
 *
 * Assertions look one byte ahead: a set keeps them unjudged until the next class is known.
 */
#include "base/alloc.h"
#include "match/regex_scratch.h"

enum {
    JUMP_MAX = SP_REGEX_CACHE_BYTES / 2 / sizeof(uint32_t),
    POOL_MAX = SP_REGEX_CACHE_BYTES / 8 * 3 / sizeof(uint32_t),
    DFA_MAX = SP_REGEX_CACHE_BYTES / 32 * 3 / sizeof(struct sp_dfa_state),
    BUCKETS = 256, /* at first; both are powers of two */
    BUCKETS_MAX = SP_REGEX_CACHE_BYTES / 32 / sizeof(uint32_t)
};

/* What follows, as far as assertions care. LOOK_UNKNOWN: not known yet. */
enum { LOOK_UNKNOWN = 1, LOOK_END = 2, LOOK_FINAL = 4, LOOK_NEWLINE = 8, LOOK_WORD = 16, LOOK_INSIDE = 32 };

static uint32_t byte_traits(uint8_t byte)
{
    return (byte == '\n' ? LOOK_NEWLINE : 0) | (sp_regex_word_byte(byte) ? LOOK_WORD : 0) |
           ((byte & 0xC0) == 0x80 ? LOOK_INSIDE : 0);
}

static uint32_t class_look(const struct sp_regex_scratch *s, uint32_t class)
{
    if (class == s->regex->class_count + 1)
        return LOOK_END;
    return class == s->regex->class_count ? LOOK_FINAL | LOOK_NEWLINE : byte_traits(s->byte_of[class]);
}

enum verdict { NO, YES, WAIT };

static enum verdict judge(uint8_t assertion, uint32_t context, uint32_t look)
{
    bool same;

    if (assertion == SP_REGEX_BEGIN)
        return context & SP_DFA_BEGIN ? YES : NO;
    if (assertion == SP_REGEX_LINE_BEGIN && !(context & SP_DFA_AFTER_NEWLINE))
        return context & SP_DFA_BEGIN ? YES : NO;
    if (look & LOOK_UNKNOWN)
        return WAIT;
    same = !(context & SP_DFA_AFTER_WORD) == !(look & LOOK_WORD);
    switch (assertion) {
    case SP_REGEX_END: return look & LOOK_END ? YES : NO;
    case SP_REGEX_END_NEWLINE: return look & (LOOK_END | LOOK_FINAL) ? YES : NO;
    case SP_REGEX_LINE_BEGIN: return look & LOOK_END ? NO : YES;
    case SP_REGEX_LINE_END: return look & (LOOK_END | LOOK_NEWLINE) ? YES : NO;
    case SP_REGEX_WORD: return same ? NO : YES;
    case SP_REGEX_NOT_WORD: return same && !(look & LOOK_INSIDE) ? YES : NO;
    case SP_REGEX_NOT_NEWLINE: return look & LOOK_NEWLINE ? NO : YES;
    default: return NO;
    }
}

/* Add `state` and all it reaches without a byte; true when that includes the match. */
static bool enter(struct sp_regex_scratch *s, struct sp_state_set *set, uint32_t state, uint32_t context, uint32_t look)
{
    uint32_t depth = 0;

    if (sp_state_set_has(set, state))
        return false;
    sp_state_set_add(set, state);
    s->stack[depth++] = state;
    while (depth > 0) {
        const struct sp_regex_state *now = &s->regex->state[s->stack[--depth]];
        uint32_t to[2] = { now->next, now->other };
        uint32_t ways = now->op == SP_REGEX_SPLIT ? 2 : 0;

        s->steps++;
        if (now->op == SP_REGEX_MATCH)
            return true;
        if (now->op == SP_REGEX_ASSERT)
            ways = judge(now->assertion, context, look) == YES;
        for (uint32_t i = ways; i > 0; i--)
            if (!sp_state_set_has(set, to[i - 1])) { /* so each state is pushed once */
                sp_state_set_add(set, to[i - 1]);
                s->stack[depth++] = to[i - 1];
            }
    }
    return false;
}

/* A larger array, `most` elements at most. */
static int grow(void **array, size_t *room, size_t need, size_t most, size_t element)
{
    size_t wanted = *room ? *room : 64;
    void *larger;

    if (need <= *room)
        return 0;
    while (wanted < need)
        wanted *= 2;
    if (wanted > most)
        wanted = most;
    larger = sp_realloc_array(*array, wanted, element);
    if (!larger)
        return SP_ERR_NOMEM;
    *array = larger;
    *room = wanted;
    return 0;
}

/* Four times the buckets, or the first ones: most regexes never have many states. */
static int widen(struct sp_regex_scratch *s)
{
    uint32_t count = s->buckets ? 4 * s->buckets : BUCKETS, *bucket = sp_zalloc(count * sizeof *bucket);

    if (!bucket)
        return SP_ERR_NOMEM;
    sp_free(s->bucket);
    s->bucket = bucket;
    s->buckets = count;
    for (uint32_t i = SP_DFA_FIRST; i < s->dfa_count; i++) {
        uint32_t *slot = &bucket[s->dfa[i].hash % count];

        s->dfa[i].chain = *slot;
        *slot = i;
    }
    return 0;
}

/* Room in every part of the cache for one more state of up to `len` members: 1, 0 when the cache is full. */
static int make_room(struct sp_regex_scratch *s, uint32_t len)
{
    size_t pool = s->pool_used + len, jump = ((size_t)s->dfa_count + 1) * s->stride;

    if (pool > POOL_MAX || jump > JUMP_MAX || s->dfa_count >= DFA_MAX)
        return 0;
    if ((s->buckets == 0 || (s->dfa_count > s->buckets && s->buckets < BUCKETS_MAX)) && widen(s) < 0)
        return SP_ERR_NOMEM;
    if (grow((void **)&s->pool, &s->pool_room, pool, POOL_MAX, sizeof *s->pool) < 0 ||
        grow((void **)&s->jump, &s->jump_room, jump, JUMP_MAX, sizeof *s->jump) < 0 ||
        grow((void **)&s->dfa, &s->dfa_room, s->dfa_count + 1, DFA_MAX, sizeof *s->dfa) < 0)
        return SP_ERR_NOMEM;
    return 1;
}

/* Write the members of `set` that wait for something behind the pool, rising; returns their number and adds
 * SP_DFA_PENDING to *context when there are assertions among them. */
static uint32_t write_sorted(struct sp_regex_scratch *s, const struct sp_state_set *set, uint32_t *context)
{
    uint32_t low = UINT32_MAX, high = 0, len = 0, *out = s->pool + s->pool_used;

    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t state = set->list[i], op = s->regex->state[state].op;

        if (op == SP_REGEX_SPLIT)
            continue;
        if (op == SP_REGEX_ASSERT) {
            if (judge(s->regex->state[state].assertion, *context, LOOK_UNKNOWN) != WAIT)
                continue;
            *context |= SP_DFA_PENDING;
        }
        s->bitmap[state / 64] |= UINT64_C(1) << state % 64;
        low = state / 64 < low ? state / 64 : low;
        high = state / 64 > high ? state / 64 : high;
    }
    for (uint32_t word = low; word != UINT32_MAX && word <= high; word++) {
        for (uint64_t bits = s->bitmap[word]; bits; bits &= bits - 1)
            out[len++] = word * 64 + (uint32_t)__builtin_ctzll(bits);
        s->bitmap[word] = 0;
    }
    return len;
}

static uint64_t hash_set(const uint32_t *list, uint32_t len, uint32_t context)
{
    uint64_t h = context + UINT64_C(0x9E3779B97F4A7C15);

    for (uint32_t i = 0; i < len; i++)
        h = (h ^ list[i]) * UINT64_C(0xD6E8FEB86659FD93), h ^= h >> 32;
    return h;
}

/* The DFA state of this set, an old one or a new one. */
static int64_t keep(struct sp_regex_scratch *s, const struct sp_state_set *set, uint32_t context)
{
    struct sp_dfa_state *fresh;
    uint32_t len, *slot, *list;
    uint64_t hash;
    int rc = make_room(s, set->count);

    if (rc <= 0)
        return rc < 0 ? rc : SP_DFA_UNKNOWN;
    len = write_sorted(s, set, &context);
    if (!(context & SP_DFA_PENDING))
        context = 0;
    if (len == 0 && s->regex->anchored)
        return SP_DFA_DEAD;
    list = s->pool + s->pool_used;
    hash = hash_set(list, len, context);
    slot = &s->bucket[hash % s->buckets];
    for (uint32_t i = *slot; i; i = s->dfa[i].chain)
        if (s->dfa[i].hash == hash && s->dfa[i].len == len && s->dfa[i].context == context &&
            memcmp(s->pool + s->dfa[i].offset, list, len * sizeof *list) == 0)
            return (int64_t)i * s->stride;
    fresh = &s->dfa[s->dfa_count];
    *fresh = (struct sp_dfa_state){ (uint32_t)s->pool_used, len, context, *slot, hash };
    *slot = s->dfa_count;
    s->pool_used += len;
    memset(s->jump + (size_t)s->dfa_count * s->stride, 0, s->stride * sizeof *s->jump);
    return (int64_t)s->dfa_count++ * s->stride;
}

int64_t sp_dfa_start(struct sp_regex_scratch *s)
{
    int64_t id;

    if (s->start)
        return s->start;
    s->next.count = 0;
    if (enter(s, &s->next, s->regex->start, SP_DFA_BEGIN, LOOK_UNKNOWN))
        id = SP_DFA_MATCH;
    else
        id = keep(s, &s->next, SP_DFA_BEGIN);
    if (id > 0)
        s->start = (uint32_t)id;
    return id;
}

/* The context behind a byte with these traits, as far as this regex can tell. */
static uint32_t context_behind(const struct sp_regex_scratch *s, uint32_t look)
{
    uint32_t context = 0;

    if ((look & LOOK_NEWLINE) && (s->asserted & SP_REGEX_LINE_BEGIN))
        context |= SP_DFA_AFTER_NEWLINE;
    if ((look & LOOK_WORD) && (s->asserted & (SP_REGEX_WORD | SP_REGEX_NOT_WORD)))
        context |= SP_DFA_AFTER_WORD;
    return context;
}

int64_t sp_dfa_next(struct sp_regex_scratch *s, uint32_t from, uint32_t class)
{
    struct sp_dfa_state state = s->dfa[from / s->stride];
    uint32_t look = class_look(s, class), behind = context_behind(s, look), to;
    uint8_t byte = class == s->regex->class_count ? '\n' : s->byte_of[class];
    const uint32_t *members = s->pool + state.offset;
    uint32_t count = state.len;
    int64_t id = SP_DFA_DEAD;
    bool match = false;

    if (state.context & SP_DFA_PENDING) { /* now that the next byte is known */
        s->now.count = 0;
        for (uint32_t i = 0; i < count && !match; i++)
            match = enter(s, &s->now, members[i], state.context, look);
        members = s->now.list;
        count = s->now.count;
    }
    if (!match && !(look & LOOK_END)) {
        s->next.count = 0;
        for (uint32_t i = 0; i < count && !match; i++)
            if (sp_regex_takes(s->regex, &s->regex->state[members[i]], byte, &to))
                match = enter(s, &s->next, to, behind, LOOK_UNKNOWN);
        s->steps += count;
        if (!match && !s->regex->anchored)
            match = enter(s, &s->next, s->regex->start, behind, LOOK_UNKNOWN);
        if (!match)
            id = keep(s, &s->next, behind);
    }
    if (match)
        id = SP_DFA_MATCH;
    if (id > 0)
        s->jump[from + class] = (uint32_t)id;
    return id;
}

void sp_dfa_empty(struct sp_regex_scratch *s, uint32_t *from)
{
    struct sp_dfa_state state = s->dfa[*from / s->stride];

    memmove(s->pool, s->pool + state.offset, state.len * sizeof *s->pool);
    memset(s->bucket, 0, s->buckets * sizeof *s->bucket);
    memset(s->jump + SP_DFA_FIRST * (size_t)s->stride, 0, s->stride * sizeof *s->jump);
    state.offset = 0;
    state.chain = 0;
    s->dfa[SP_DFA_FIRST] = state;
    s->bucket[state.hash % s->buckets] = SP_DFA_FIRST;
    s->dfa_count = SP_DFA_FIRST + 1;
    s->pool_used = state.len;
    s->start = 0;
    s->bytes = 0;
    s->rest = 0;
    s->rested = 0;
    s->emptied++;
    *from = SP_DFA_FIRST * s->stride;
    (void)sp_dfa_start(s); /* while there is room: the next text needs it */
}
