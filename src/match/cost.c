/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule. Out: its keys as the plan would have them for each class, those of the dearest class, and a phrase that
 * says why they are what they are. The keys themselves are made by cover.c; what is not a literal is traced back to the
 * pattern that has none.
 */
#include "match/cost.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/safe.h"
#include "match/cover_inner.h"

enum { MILLION = 1000000, KEYS_TOLD = 3, LITERAL_TOLD = 40 };

struct costs {
    struct cover cover;     /* of the class in hand */
    struct sp_arena *arena;
    struct sp_cost *ret;
    uint64_t dearest;       /* sum of the keys' shares; above a million where they meet */
};

static bool always(const struct guess *g)
{
    bool yes = g->truth == SP_TRUE;

    for (const struct key *k = g->first; k; k = k->next)
        yes |= k->type == KEY_ALWAYS;
    return yes;
}

static uint32_t share(const struct key *k)
{
    switch (k->type) {
    case KEY_LITERAL:
        return sp_key_ppm(k->kind, k->literal);
    case KEY_MISSING:
        return SP_COST_MISSING;
    case KEY_NUMBER: /* 3.0 for 3: hardly any */
        return 0;
    case KEY_PRESENT:
    case KEY_ALWAYS:
    default:
        return MILLION;
    }
}

static const char *kind_name(const struct key *k)
{
    static const char *const literal[] = { "equal", "start", "end", "any" };
    static const char *const other[] = { "", "present", "missing", "number", "" };

    return k->type == KEY_LITERAL ? literal[k->kind] : other[k->type];
}

/* The dearest first, then in the order of field and literal. */
static int by_share(const void *a, const void *b)
{
    const struct sp_cost_key *x = a, *y = b;
    int order;

    if (x->ppm != y->ppm)
        return x->ppm < y->ppm ? 1 : -1;
    order = sp_str_cmp(x->field, y->field);
    order = order ? order : sp_str_cmp(x->literal, y->literal);
    return order ? order : strcmp(x->kind, y->kind);
}

static bool same_key(const struct sp_cost_key *a, const struct sp_cost_key *b)
{
    return a->kind == b->kind && sp_str_eq(a->field, b->field) && sp_str_eq(a->literal, b->literal);
}

/* The keys of the guess, each once; the sum of their shares. */
static uint64_t take_keys(struct costs *c, const struct guess *g, struct sp_cost *to)
{
    struct sp_cost_key *key;
    uint64_t sum = 0;
    uint32_t n = 0;

    for (const struct key *k = g->first; k; k = k->next)
        n++;
    key = sp_arena_alloc(c->arena, ((size_t)n + 1) * sizeof *key);
    c->cover.failed |= !key;
    n = 0;
    for (const struct key *k = key ? g->first : NULL; k; k = k->next) {
        struct sp_str literal = k->scratch ? sp_arena_str(c->arena, k->literal) : k->literal;

        c->cover.failed |= k->scratch && !literal.ptr;
        key[n++] = (struct sp_cost_key){ c->cover.set->field[k->field_id], kind_name(k),
                                         k->type == KEY_LITERAL ? literal : (struct sp_str){ NULL, 0 }, share(k) };
    }
    if (c->cover.failed)
        return 0;
    qsort(key, n, sizeof *key, by_share);
    to->key = key;
    to->keys = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (to->keys && same_key(&key[to->keys - 1], &key[i]))
            continue;
        key[to->keys++] = key[i];
        sum += key[i].ppm;
    }
    return sum;
}

/* ---------------------------------------------------------------- why */

static bool has_not(const struct sp_expr *x)
{
    bool yes = x->kind == SP_E_NOT || (x->kind == SP_E_ITEM && x->item->neq);

    for (uint32_t i = 0; !yes && x->kind != SP_E_ITEM && i < x->child_count; i++)
        yes = has_not(x->child[i]);
    return yes;
}

static const char *without_literal(const struct sp_pattern *p)
{
    switch (p->kind) {
    case SP_P_TEXT:
        return "wildcards without a literal";
    case SP_P_REGEX:
        return "regex without a literal";
    case SP_P_CIDR:
        return "a network";
    case SP_P_COMPARE:
        return "numbers compared";
    case SP_P_TIMEPART:
        return "a part of a time";
    case SP_P_FIELD:
        return "fields compared";
    case SP_P_NUMBER:
    case SP_P_BOOL:
        return "a number or boolean";
    case SP_P_NULL:
    default:
        return "null";
    }
}

/* What has no literal in the items over a field, so that they had to take a key of this type. */
static const char *weakness(struct costs *c, struct sp_str field, enum key_type type)
{
    const struct sp_rule *rule = c->cover.rule;

    for (uint32_t n = 0; n < rule->item_count; n++) {
        const struct sp_item *item = rule->item[n];

        if (!sp_str_eq(item->field, field))
            continue;
        for (uint32_t i = 0; i < item->pattern_count; i++) {
            struct guess g = cover_pattern(&c->cover, item, &item->pattern[i]);

            if (g.first && g.first->type == type)
                return without_literal(&item->pattern[i]);
        }
    }
    return "no literal";
}

/* In quotes, cut to what a table may show. */
static void tell_literal(struct sp_buf *out, struct sp_str literal)
{
    size_t len = literal.len;

    if (literal.len > LITERAL_TOLD) {
        literal.len = LITERAL_TOLD;
        while (literal.len && ((unsigned char)literal.ptr[literal.len] & 0xC0) == 0x80)
            literal.len--;
    }
    sp_buf_char(out, '\'');
    sp_safe_write(out, literal);
    sp_buf_text(out, literal.len < len ? "...'" : "'");
}

/* `CommandLine holds 'whoami'`, `IpAddress is there (a network)`; behind one like it `, 'net user'` alone. */
static void tell_key(struct costs *c, struct sp_buf *out, const struct sp_cost_key *key, const struct sp_cost_key *before)
{
    static const struct {
        const char *kind, *words;
    } words[] = { { "equal", " is " }, { "start", " begins with " }, { "end", " ends with " }, { "any", " holds " } };

    if (before && key->literal.ptr && before->literal.ptr && before->kind == key->kind && sp_str_eq(before->field, key->field)) {
        sp_buf_text(out, ", ");
        tell_literal(out, key->literal);
        return;
    }
    sp_buf_text(out, before ? " or " : "");
    sp_safe_write(out, key->field.len ? key->field : SP_STR("any value"));
    if (!key->literal.ptr) {
        if (strcmp(key->kind, "present") == 0)
            sp_buf_printf(out, " is there (%s)", weakness(c, key->field, KEY_PRESENT));
        else
            sp_buf_text(out, strcmp(key->kind, "missing") == 0 ? " is missing or null" : " is a number like 3.0");
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].kind, key->kind) == 0)
            sp_buf_text(out, words[i].words);
    tell_literal(out, key->literal);
}

/* Keywords that no scan of the whole record can rule out: each value of each event goes through the index. */
static bool keywords_are_short(struct costs *c, const struct sp_cost *cost)
{
    struct sp_key_wish *wish = sp_arena_alloc(&c->cover.scratch, ((size_t)cost->keys + 1) * sizeof *wish);
    struct sp_scan scan = { .usable = true };
    uint32_t n = 0;

    c->cover.failed |= !wish;
    for (uint32_t i = 0; wish && i < cost->keys; i++)
        if (!cost->key[i].field.len && cost->key[i].literal.ptr)
            wish[n++] = (struct sp_key_wish){ .kind = SP_KEY_ANY, .literal = cost->key[i].literal };
    if (n)
        c->cover.failed |= sp_scan_build(&c->cover.scratch, wish, n, &scan) < 0;
    return n && !scan.usable;
}

static void tell_why(struct costs *c, struct sp_buf *out, const struct guess *g, const struct sp_cost *cost)
{
    const struct sp_cost_key *before = NULL;
    uint32_t told = 0;

    if (cost->always) {
        sp_buf_text(out, "every event: ");
        if (g->truth != SP_TRUE)
            sp_buf_printf(out, "keyword: %s", weakness(c, SP_STR_NONE, KEY_ALWAYS));
        else
            sp_buf_text(out, has_not(c->cover.rule->condition) ? "nothing must be there, only `not`" : "a field must exist, and no literal");
        return;
    }
    if (keywords_are_short(c, cost))
        sp_buf_text(out, "keyword without four plain letters: ");
    for (uint32_t i = 0; i < cost->keys; i++) {
        bool number = strcmp(cost->key[i].kind, "number") == 0;

        if (number && i) /* goes without saying beside its equal */
            continue;
        if (told++ == KEYS_TOLD) {
            sp_buf_printf(out, ", ... (%u keys)", cost->keys);
            return;
        }
        tell_key(c, out, &cost->key[i], before);
        before = &cost->key[i];
    }
}

/* ---------------------------------------------------------------- a rule */

/* Is it dearer in this class than in those before? */
static void try_class(struct costs *c, const struct sp_class *class_, const struct sp_class **unknown)
{
    struct sp_residual residual = { .class_ = class_ };
    struct sp_cost one = { .class_ = class_ };
    struct sp_buf why = { 0 };
    struct guess g;
    uint64_t sum;

    sp_arena_reset(&c->cover.scratch);
    c->cover.residual = &residual;
    g = cover_expr(&c->cover, c->cover.rule->condition);
    if (c->cover.failed || (!g.first && g.truth == SP_FALSE))
        return;
    if (!g.first && g.truth == SP_UNKNOWN) {
        unknown[c->ret->unknowns++] = class_;
        return;
    }
    one.always = always(&g);
    sum = one.always ? MILLION : take_keys(c, &g, &one);
    if (c->cover.failed || (c->ret->why.len && (sum < c->dearest || (sum == c->dearest && one.always <= c->ret->always))))
        return;
    tell_why(c, &why, &g, &one);
    one.ppm = sum < MILLION ? (uint32_t)sum : MILLION;
    one.why = sp_arena_str(c->arena, sp_buf_view(&why));
    one.unknown = c->ret->unknown;
    one.unknowns = c->ret->unknowns;
    c->cover.failed |= why.failed || !one.why.ptr;
    sp_buf_done(&why);
    *c->ret = one;
    c->dearest = sum;
}

static bool in_class(const struct sp_class *k, const struct sp_rule *rule)
{
    return k->product.len + k->category_count + k->service_count > 0 && sp_class_has(k, &rule->logsource);
}

int sp_cost_of(struct sp_arena *arena, const struct sp_rule_set *set, const struct sp_taxonomy *taxonomy, const struct sp_rule *rule,
               struct sp_cost *ret)
{
    static const struct sp_class no_class = { .id = SP_CLASS_NONE };
    static const struct sp_event no_event = { .class_ = &no_class };
    struct costs c = { .cover = { .arena = arena, .set = set, .event = &no_event, .rule = rule }, .arena = arena, .ret = ret };
    const struct sp_class **unknown = sp_arena_alloc(arena, ((size_t)sp_taxonomy_count(taxonomy) + 1) * sizeof *unknown);
    uint32_t classes = 0;

    *ret = (struct sp_cost){ .unknown = unknown };
    if (!unknown)
        return SP_ERR_NOMEM;
    sp_arena_init(&c.cover.scratch, SIZE_MAX);
    for (uint32_t i = 0; !c.cover.failed && i < sp_taxonomy_count(taxonomy); i++)
        if (in_class(sp_taxonomy_class(taxonomy, i), rule)) {
            try_class(&c, sp_taxonomy_class(taxonomy, i), unknown);
            classes++;
        }
    if (!classes && !c.cover.failed) { /* logs may still say that they are of its source */
        try_class(&c, &no_class, unknown);
        ret->class_ = NULL;
    }
    if (!ret->why.len)
        ret->why = ret->unknowns ? SP_STR("unknown at best: no such log has the fields") : SP_STR("can never be true");
    sp_arena_done(&c.cover.scratch);
    sp_buf_done(&c.cover.fold);
    return c.cover.failed ? SP_ERR_NOMEM : 0;
}
