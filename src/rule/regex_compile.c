/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a regex as text. Out: its program. The tree and all else on the way live in an arena of this call alone;
 * the program is the caller's arena's. The number of states is known before the first is built, so that nested
 * repeats cost nothing but the refusal.
 */
#include "base/unicode.h"
#include "rule/regex_tree.h"

struct builder {
    struct sp_regex_state *state;
    uint32_t count;
};

static uint64_t size_cut(uint64_t size)
{
    return size < SP_REGEX_SIZE_MAX ? size : SP_REGEX_SIZE_MAX;
}

/* Set node->size for the tree. Sums are of cut numbers, so nothing overflows. */
static void measure(struct sp_regex_node *node)
{
    char bytes[4];
    uint64_t size = 0;

    for (struct sp_regex_node *child = node->child; child; child = child->next) {
        measure(child);
        size = size_cut(size + child->size + (node->kind == SP_REGEX_NODE_ALTERNATE && child != node->child));
    }
    switch (node->kind) {
    case SP_REGEX_NODE_EMPTY:
    case SP_REGEX_NODE_CONCAT:
    case SP_REGEX_NODE_ALTERNATE:
        break;
    case SP_REGEX_NODE_ASSERT:
        size = 1;
        break;
    case SP_REGEX_NODE_LITERAL:
        size = sp_utf8_put(bytes, node->code);
        break;
    case SP_REGEX_NODE_CLASS:
        size = node->set->piece_count;
        break;
    case SP_REGEX_NODE_REPEAT:
        if (size && node->max == SP_REGEX_FOREVER)
            size = size * (node->min ? node->min : 1) + 1;
        else if (size)
            size = size * node->max + (node->max - node->min);
        break;
    }
    node->size = size_cut(size);
}

static uint32_t state_add(struct builder *b, struct sp_regex_state state)
{
    b->state[b->count] = state; /* `measure` has counted them all */
    return b->count++;
}

static uint32_t build_literal(struct builder *b, uint32_t code, uint32_t next)
{
    char bytes[4];

    for (size_t n = sp_utf8_put(bytes, code); n > 0; n--) {
        uint8_t byte = (uint8_t)bytes[n - 1];

        next = state_add(b, (struct sp_regex_state){ .op = SP_REGEX_BYTES, .lo = byte, .hi = byte, .next = next });
    }
    return next;
}

/* The pieces stand one behind the other, so that `other` of a jump is the second of them. */
static uint32_t build_class(struct builder *b, const struct sp_regex_class *set, uint32_t next)
{
    uint32_t base = b->count;

    for (uint32_t i = 0; i < set->piece_count; i++) {
        const struct sp_regex_piece *piece = &set->piece[i];
        struct sp_regex_state state = { .op = piece->op, .lo = piece->lo, .hi = piece->hi, .set = piece->set };

        if (piece->op == SP_REGEX_JUMP) {
            state.next = next;
            state.other = base + 1;
        } else {
            state.next = piece->target == 1 ? next : base + piece->target - 1;
        }
        state_add(b, state);
    }
    return base;
}

static uint32_t build(struct builder *b, const struct sp_regex_node *node, uint32_t next);

static uint32_t build_repeat(struct builder *b, const struct sp_regex_node *node, uint32_t next)
{
    uint32_t end = next, copies = node->min;

    if (node->child->size == 0)
        return next;
    if (node->max == SP_REGEX_FOREVER) {
        uint32_t split = state_add(b, (struct sp_regex_state){ .op = SP_REGEX_SPLIT, .other = end });
        uint32_t body = build(b, node->child, split);

        b->state[split].next = body;
        next = copies ? body : split;
        copies -= copies > 0;
    } else {
        for (uint32_t i = node->min; i < node->max; i++) {
            uint32_t body = build(b, node->child, next);

            next = state_add(b, (struct sp_regex_state){ .op = SP_REGEX_SPLIT, .next = body, .other = end });
        }
    }
    for (; copies > 0; copies--)
        next = build(b, node->child, next);
    return next;
}

/* States for `node` that go on at `next`; returns where they begin. */
static uint32_t build(struct builder *b, const struct sp_regex_node *node, uint32_t next)
{
    uint32_t begin = next;

    switch (node->kind) {
    case SP_REGEX_NODE_EMPTY:
        break;
    case SP_REGEX_NODE_ASSERT:
        return state_add(b, (struct sp_regex_state){ .op = SP_REGEX_ASSERT, .assertion = node->assertion, .next = next });
    case SP_REGEX_NODE_LITERAL:
        return build_literal(b, node->code, next);
    case SP_REGEX_NODE_CLASS:
        return build_class(b, node->set, next);
    case SP_REGEX_NODE_CONCAT:
        for (const struct sp_regex_node *child = node->last; child; child = child->prev)
            begin = build(b, child, begin);
        break;
    case SP_REGEX_NODE_ALTERNATE:
        begin = build(b, node->last, next);
        for (const struct sp_regex_node *child = node->last->prev; child; child = child->prev) {
            uint32_t one = build(b, child, next);

            begin = state_add(b, (struct sp_regex_state){ .op = SP_REGEX_SPLIT, .next = one, .other = begin });
        }
        break;
    case SP_REGEX_NODE_REPEAT:
        return build_repeat(b, node, next);
    }
    return begin;
}

/* Tell apart bytes of different `mark`: the classes so far are refined. */
static void refine(struct sp_regex *regex, const uint16_t mark[256])
{
    uint16_t chain[256], first[256], seen[256];
    uint8_t fresh[256];
    uint32_t count = 0;

    memset(first, 0xFF, sizeof first);
    for (uint32_t b = 0; b < 256; b++) {
        uint8_t old = regex->byte_class[b];
        uint16_t entry = first[old];

        while (entry != UINT16_MAX && seen[entry] != mark[b])
            entry = chain[entry];
        if (entry == UINT16_MAX) {
            entry = (uint16_t)count++;
            seen[entry] = mark[b];
            chain[entry] = first[old];
            first[old] = entry;
        }
        fresh[b] = (uint8_t)entry;
    }
    memcpy(regex->byte_class, fresh, sizeof fresh);
    regex->class_count = count;
}

static bool word_byte(uint32_t b)
{
    return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '_';
}

/* By what the assertions of the regex look at. */
static void refine_by_assertions(struct sp_regex *regex, uint32_t asserted)
{
    uint32_t newline = SP_REGEX_END_NEWLINE | SP_REGEX_LINE_BEGIN | SP_REGEX_LINE_END | SP_REGEX_NOT_NEWLINE;
    uint16_t mark[256];

    for (uint32_t b = 0; b < 256; b++) {
        mark[b] = (asserted & (SP_REGEX_WORD | SP_REGEX_NOT_WORD)) && word_byte(b);
        if ((asserted & SP_REGEX_NOT_WORD) && (b & 0xC0) == 0x80)
            mark[b] = 2;
        if ((asserted & newline) && b == '\n')
            mark[b] = 3;
    }
    refine(regex, mark);
}

static void find_byte_classes(struct sp_regex *regex)
{
    uint64_t seen[256][4] = { { 0 } }; /* bit hi of seen[lo]: this range has had its turn */
    uint16_t mark[256] = { 0 };
    uint32_t asserted = 0;

    memset(regex->byte_class, 0, sizeof regex->byte_class);
    refine(regex, mark);
    for (uint32_t i = 0; i < regex->count; i++) {
        const struct sp_regex_state *state = &regex->state[i];

        if (state->op == SP_REGEX_ASSERT)
            asserted |= state->assertion;
        if (state->op != SP_REGEX_BYTES || (seen[state->lo][state->hi / 64] >> state->hi % 64 & 1))
            continue;
        seen[state->lo][state->hi / 64] |= UINT64_C(1) << state->hi % 64;
        for (uint32_t b = 0; b < 256; b++)
            mark[b] = b >= state->lo && b <= state->hi;
        refine(regex, mark);
    }
    refine_by_assertions(regex, asserted);
    for (uint32_t i = 0; i < regex->set_count && regex->class_count < 256; i++) {
        for (uint32_t b = 0; b < 256; b++)
            mark[b] = regex->set[i][b / 64] >> b % 64 & 1;
        refine(regex, mark);
    }
    for (uint32_t i = 0; i < regex->jump_count && regex->class_count < 256; i++)
        refine(regex, regex->jump[i]);
}

static int check_size(struct sp_regex_node *tree, const struct sp_limits *limits, struct sp_error *err)
{
    measure(tree);
    if (tree->size < limits->regex_states && tree->size < UINT32_MAX)
        return 0;
    return sp_error_set(err, SP_ERR_LIMIT, "the regex needs %s%llu states, more than the limit regex-states (%llu)",
                        tree->size == SP_REGEX_SIZE_MAX ? "more than " : "",
                        (unsigned long long)tree->size + (tree->size < SP_REGEX_SIZE_MAX),
                        (unsigned long long)limits->regex_states);
}

/* The program of `tree`, with the tables that its classes share. */
static int program(struct sp_arena *arena, const struct sp_regex_node *tree, const struct sp_regex_classes *classes,
                   struct sp_regex *regex)
{
    struct builder b = { .count = 0 };

    b.state = sp_arena_alloc(arena, (size_t)(tree->size + 1) * sizeof *b.state);
    regex->set_count = classes->set.count;
    regex->jump_count = classes->jump.count;
    regex->set = sp_arena_grow(arena, classes->set.ptr, regex->set_count, regex->set_count, sizeof *regex->set);
    regex->jump = sp_arena_grow(arena, classes->jump.ptr, regex->jump_count, regex->jump_count, sizeof *regex->jump);
    if (!b.state || !regex->set || !regex->jump)
        return SP_ERR_NOMEM;
    regex->start = build(&b, tree, state_add(&b, (struct sp_regex_state){ .op = SP_REGEX_MATCH }));
    regex->state = b.state;
    regex->count = b.count;
    find_byte_classes(regex);
    return 0;
}

/* With everything temporary in `temporary`. */
static int compile(struct sp_arena *arena, struct sp_arena *temporary, struct sp_regex_parser *parser,
                   const struct sp_limits *limits, struct sp_regex **ret)
{
    struct sp_regex_classes *classes = sp_arena_zalloc(temporary, sizeof *classes);
    struct sp_regex *regex = sp_arena_zalloc(arena, sizeof *regex);
    struct sp_regex_node *tree = NULL;
    int rc;

    if (!classes || !regex)
        return sp_error_nomem(parser->err);
    classes->arena = temporary;
    classes->set.size = sizeof *regex->set;
    classes->jump.size = sizeof *regex->jump;
    regex->flags = parser->flags;
    parser->classes = classes;
    parser->arena = parser->chars.arena = parser->types.arena = temporary;
    rc = sp_regex_parse(parser, &tree);
    if (rc == 0)
        rc = check_size(tree, limits, parser->err);
    if (rc < 0)
        return rc;
    rc = program(arena, tree, classes, regex);
    if (rc == 0)
        rc = sp_regex_facts(arena, temporary, tree, parser->folded, regex);
    if (rc < 0)
        return sp_error_nomem(parser->err);
    *ret = regex;
    return 0;
}

int sp_regex_compile(struct sp_arena *arena, struct sp_str pattern, uint32_t flags, const struct sp_limits *limits,
                     struct sp_regex **ret, struct sp_error *err)
{
    struct sp_regex_parser parser = { .text = pattern, .flags = flags, .err = err };
    struct sp_arena temporary;
    int rc;

    if (pattern.len > limits->regex_bytes)
        return sp_error_set(err, SP_ERR_LIMIT, "the regex has %zu bytes, more than the limit regex-bytes (%llu)",
                            pattern.len, (unsigned long long)limits->regex_bytes);
    sp_arena_init(&temporary, SIZE_MAX);
    rc = compile(arena, &temporary, &parser, limits, ret);
    sp_arena_done(&temporary);
    return rc;
}
