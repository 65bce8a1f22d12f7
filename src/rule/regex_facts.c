/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the tree of a regex. Out: what is true of every match, for whoever picks candidates without running the
 * regex: a literal it holds, its least length, whether it begins at the begin of the text. Each is a promise:
 * when in doubt the literal is shorter, the length smaller, `anchored` false.
 */
#include "base/unicode.h"
#include "rule/regex_tree.h"

enum { LITERAL_MAX = 255 };

struct literal {
    size_t len;
    char bytes[LITERAL_MAX];
};

struct facts {
    bool exact;    /* every match is `prefix`, and `suffix` equals it */
    bool anchored; /* no match begins behind the begin of the text */
    bool empty;    /* no match has a byte */
    uint64_t length_min;
    struct literal prefix, suffix, best;
};

struct run {
    struct sp_arena *arena;
    struct facts **spare; /* one for each level of the tree, kept for the next node there */
    size_t level, room;
    bool folded, failed;
};

static bool lead_byte(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* Keep `len` first bytes at most, whole code points. */
static void cut_behind(struct literal *l, size_t len)
{
    if (len >= l->len)
        return;
    while (len > 0 && !lead_byte(l->bytes[len]))
        len--;
    l->len = len;
}

/* Keep `len` last bytes at most, whole code points. */
static void cut_before(struct literal *l, size_t len)
{
    size_t from = l->len > len ? l->len - len : 0;

    while (from < l->len && !lead_byte(l->bytes[from]))
        from++;
    memmove(l->bytes, l->bytes + from, l->len - from);
    l->len -= from;
}

/* ret = a b, cut behind or before to LITERAL_MAX; true when nothing had to be cut. `ret` may be a or b. */
static bool join(const struct literal *a, const struct literal *b, bool keep_end, struct literal *ret)
{
    char both[2 * LITERAL_MAX];
    size_t len = a->len + b->len, from = 0;
    bool whole = len <= LITERAL_MAX;

    memcpy(both, a->bytes, a->len);
    memcpy(both + a->len, b->bytes, b->len);
    if (!whole && keep_end) {
        from = len - LITERAL_MAX;
        while (from < len && !lead_byte(both[from]))
            from++;
    } else if (!whole) {
        len = LITERAL_MAX;
        while (len > 0 && !lead_byte(both[len]))
            len--;
    }
    ret->len = len - from;
    memcpy(ret->bytes, both + from, ret->len);
    return whole;
}

static void take_longer(struct literal *best, const struct literal *other)
{
    if (other->len > best->len)
        *best = *other;
}

static struct sp_str view(const struct literal *l)
{
    return (struct sp_str){ l->bytes, l->len };
}

static void set_exact(struct facts *f, const char *bytes, size_t len)
{
    f->exact = true;
    f->prefix.len = len;
    memcpy(f->prefix.bytes, bytes, len);
    f->suffix = f->best = f->prefix;
}

static void code_facts(struct facts *f, uint32_t code)
{
    char bytes[4];

    set_exact(f, bytes, sp_utf8_put(bytes, code));
}

/* A class is a literal when it has one member, or members of one fold where literals are folded. */
static void class_facts(const struct run *run, const struct sp_regex_class *set, struct facts *f)
{
    char bytes[4];
    uint32_t fold, members = 0;

    f->length_min = set->range_count ? sp_utf8_put(bytes, set->range[0].first) : 1;
    for (uint32_t i = 0; i < set->range_count; i++) {
        if (set->range[i].last - set->range[i].first > 3 || members > 4)
            return;
        members += set->range[i].last - set->range[i].first + 1;
    }
    if (members == 0 || (members > 1 && !run->folded))
        return;
    fold = run->folded ? sp_fold(set->range[0].first) : set->range[0].first;
    for (uint32_t i = 0; i < set->range_count; i++)
        for (uint32_t code = set->range[i].first; code <= set->range[i].last; code++)
            if (run->folded && sp_fold(code) != fold)
                return;
    code_facts(f, fold);
}

/* `f`, then `x`. */
static void concat_facts(struct facts *f, const struct facts *x)
{
    struct literal middle;
    bool exact;

    (void)join(&f->suffix, &x->prefix, false, &middle);
    take_longer(&f->best, &middle);
    take_longer(&f->best, &x->best);
    exact = f->exact && x->exact;
    if (f->exact)
        exact = join(&f->prefix, &x->prefix, false, &f->prefix) && exact;
    if (x->exact)
        (void)join(&f->suffix, &x->suffix, true, &f->suffix);
    else
        f->suffix = x->suffix;
    f->anchored = f->anchored || (f->empty && x->anchored);
    f->empty = f->empty && x->empty;
    f->exact = exact;
    f->length_min += x->length_min;
}

/* `f` or `x`. */
static void alternate_facts(struct facts *f, const struct facts *x)
{
    struct literal best = { 0 };
    size_t same = 0;

    f->exact = f->exact && x->exact && sp_str_eq(view(&f->prefix), view(&x->prefix));
    if (sp_str_find(view(&f->best), view(&x->best)) != SIZE_MAX)
        best = x->best;
    else if (sp_str_find(view(&x->best), view(&f->best)) != SIZE_MAX)
        best = f->best;
    while (same < f->prefix.len && same < x->prefix.len && f->prefix.bytes[same] == x->prefix.bytes[same])
        same++;
    cut_behind(&f->prefix, same);
    same = 0;
    while (same < f->suffix.len && same < x->suffix.len &&
           f->suffix.bytes[f->suffix.len - 1 - same] == x->suffix.bytes[x->suffix.len - 1 - same])
        same++;
    cut_before(&f->suffix, same);
    take_longer(&best, &f->prefix);
    take_longer(&best, &f->suffix);
    f->best = best;
    f->anchored = f->anchored && x->anchored;
    f->empty = f->empty && x->empty;
    if (x->length_min < f->length_min)
        f->length_min = x->length_min;
}

static void repeat_facts(struct facts *f, uint32_t min, uint32_t max)
{
    struct literal once = f->prefix, middle;
    bool whole = true;

    if (min == 0) {
        *f = (struct facts){ .exact = max == 0, .empty = max == 0 || f->empty };
        return;
    }
    f->length_min *= min;
    if (!f->exact) {
        if (min > 1) {
            (void)join(&f->suffix, &f->prefix, false, &middle);
            take_longer(&f->best, &middle);
        }
        return;
    }
    for (uint32_t i = 1; i < min && once.len && whole; i++)
        whole = join(&f->prefix, &once, false, &f->prefix);
    f->best = f->prefix;
    f->suffix = whole ? f->prefix : once;
    f->exact = whole && min == max;
}

static void node_facts(struct run *run, const struct sp_regex_node *node, struct facts *f);

/* All children of a CONCAT or ALTERNATE. */
static void children_facts(struct run *run, const struct sp_regex_node *node, struct facts *f)
{
    struct facts *one;

    if (run->level == run->room || (!run->spare[run->level] &&
                                    !(run->spare[run->level] = sp_arena_alloc(run->arena, sizeof *one)))) {
        run->failed = true;
        return;
    }
    one = run->spare[run->level++];
    for (const struct sp_regex_node *child = node->child; child && !run->failed; child = child->next) {
        node_facts(run, child, one);
        if (node->kind == SP_REGEX_NODE_CONCAT)
            concat_facts(f, one);
        else if (child == node->child)
            *f = *one;
        else
            alternate_facts(f, one);
    }
    run->level--;
}

static void node_facts(struct run *run, const struct sp_regex_node *node, struct facts *f)
{
    char bytes[4];

    *f = (struct facts){ 0 };
    switch (node->kind) {
    case SP_REGEX_NODE_EMPTY:
        f->exact = f->empty = true;
        break;
    case SP_REGEX_NODE_ASSERT:
        f->exact = f->empty = true;
        f->anchored = node->assertion == SP_REGEX_BEGIN;
        break;
    case SP_REGEX_NODE_LITERAL:
        code_facts(f, run->folded ? sp_fold(node->code) : node->code);
        f->length_min = sp_utf8_put(bytes, node->code);
        break;
    case SP_REGEX_NODE_CLASS:
        class_facts(run, node->set, f);
        break;
    case SP_REGEX_NODE_CONCAT:
        f->exact = f->empty = true;
        children_facts(run, node, f);
        break;
    case SP_REGEX_NODE_ALTERNATE:
        children_facts(run, node, f);
        break;
    case SP_REGEX_NODE_REPEAT:
        node_facts(run, node->child, f);
        repeat_facts(f, node->min, node->max);
        break;
    }
    if (f->length_min > UINT32_MAX)
        f->length_min = UINT32_MAX;
}

/* Is the set all code points above ASCII or none, and which below? */
static bool run_set(const struct sp_regex_class *set, struct sp_regex *regex)
{
    uint32_t next = 0x80; /* the first above ASCII that the ranges have not reached */

    for (uint32_t i = 0; i < set->range_count; i++) {
        const struct sp_regex_range *r = &set->range[i];

        for (uint32_t c = r->first; c <= r->last && c < 0x80; c++)
            regex->run_ascii[c / 64] |= UINT64_C(1) << c % 64;
        if (r->last < 0x80)
            continue;
        if (r->first > next)
            return false;
        next = r->last == 0xD7FF ? 0xE000 : r->last + 1; /* surrogates are in no set */
    }
    regex->run_wide = next > 0x10FFFF;
    return regex->run_wide || next == 0x80;
}

/* `.{1000,}`: counted in one pass, where an automaton would count from every place at once. */
static void run_facts(const struct sp_regex_node *node, struct sp_regex *regex)
{
    while (node->kind == SP_REGEX_NODE_CONCAT && node->child && node->child == node->last)
        node = node->child;
    if (node->kind != SP_REGEX_NODE_REPEAT || node->min == 0 || node->child->kind != SP_REGEX_NODE_CLASS)
        return;
    if (run_set(node->child->set, regex))
        regex->run_least = node->min;
}

int sp_regex_facts(struct sp_arena *arena, struct sp_arena *temporary, const struct sp_regex_node *tree, bool folded,
                   struct sp_regex *regex)
{
    struct run run = { .arena = temporary, .room = 2 * SP_REGEX_DEPTH_MAX + 4, .folded = true };
    struct facts *plain = sp_arena_alloc(temporary, sizeof *plain), *fold = sp_arena_alloc(temporary, sizeof *fold);

    run.spare = sp_arena_zalloc(temporary, run.room * sizeof(struct facts *));
    if (!plain || !fold || !run.spare)
        return SP_ERR_NOMEM;
    node_facts(&run, tree, fold);
    if (!folded) {
        run.folded = false;
        node_facts(&run, tree, plain);
        folded = fold->best.len > plain->best.len; /* [Cc][Mm][Dd]: known only when folded */
    }
    if (run.failed)
        return SP_ERR_NOMEM;
    regex->flags = folded ? regex->flags | SP_REGEX_FOLD : regex->flags;
    run_facts(tree, regex);
    regex->anchored = fold->anchored;
    regex->length_min = (uint32_t)fold->length_min;
    regex->required = sp_arena_str(arena, view(folded ? &fold->best : &plain->best));
    return regex->required.ptr ? 0 : SP_ERR_NOMEM;
}
