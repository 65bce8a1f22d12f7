/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule's expression and what is constant for its origin. Out: the steps that the interpreter walks when one of the
 * rule's keys was met (eval.h): constants gone, parts of an AND or OR by what a look at them costs, the literals of an item
 * packed into one place, a scan before items of many patterns. Steps live in the plan's arena.
 */
#include "base/arena.h"
#include "match/cover_inner.h"
#include "match/decimal.h"
#include "match/lookup.h"
#include "match/text.h"

/* What a look at an item may cost, roughly in nanoseconds. */
static uint32_t item_price(const struct sp_item *item)
{
    uint64_t price = item->field.len ? 5 : 1000;

    for (uint32_t i = 0; i < item->pattern_count && price < 1 << 24; i++) {
        const struct sp_pattern *p = &item->pattern[i];

        if (p->kind == SP_P_REGEX)
            price += 400;
        else if (p->kind == SP_P_TEXT && p->token_count == 1 && p->where != SP_WHERE_ANY)
            price += 4;
        else
            price += 40;
    }
    return (uint32_t)price;
}

enum { SCAN_PRICE = 60 }; /* an item that costs more is scanned for, if it can be */

struct priced {
    struct sp_step step;
    uint32_t price;
};

/* Few parts, nearly in order. */
static void sort_by_price(struct priced *p, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct priced one = p[i];
        uint32_t at = i;

        for (; at > 0 && p[at - 1].price > one.price; at--)
            p[at] = p[at - 1];
        p[at] = one;
    }
}

static struct priced step_of(struct cover *c, const struct sp_expr *x);

static struct priced constant_step(enum sp_truth truth)
{
    return (struct priced){ .step = { .kind = SP_STEP_CONSTANT, .truth = truth } };
}

/* For an item of many patterns each of which needs a literal: does the value hold any of them at all? NULL: it is no
 * such item. */
static const struct sp_scan *scan_of_item(struct cover *c, const struct sp_item *item)
{
    struct sp_key_wish *wish = sp_arena_alloc(&c->scratch, ((size_t)item->pattern_count + 1) * sizeof *wish);
    struct sp_scan *scan;

    if (item->all || item->exists || !item->field.len)
        return NULL;
    for (uint32_t i = 0; wish && i < item->pattern_count; i++) {
        struct guess g = cover_pattern(c, item, &item->pattern[i]);

        if (!g.first || g.first->next || g.first->type != KEY_LITERAL || g.first->literal.len < 4)
            return NULL;
        wish[i] = (struct sp_key_wish){ .kind = SP_KEY_ANY, .literal = g.first->literal };
    }
    scan = wish ? sp_arena_zalloc(c->arena, sizeof *scan) : NULL;
    c->failed |= !scan || sp_scan_build_folded(c->arena, wish, item->pattern_count, scan) < 0;
    return c->failed || !scan->usable ? NULL : scan;
}

/* Is the pattern one folded literal, and compared as text whatever the value is? */
static bool is_plain_literal(const struct sp_pattern *p)
{
    struct sp_decimal number;

    return p->kind == SP_P_TEXT && !p->cased && p->token_count == 1 && p->token[0].kind == SP_T_LITERAL &&
           p->token[0].literal.len <= UINT16_MAX &&
           !(p->where == SP_WHERE_WHOLE && sp_decimal_parse(p->token[0].literal, false, &number));
}

/* The item's literals one behind the other; false: it has other patterns too. */
static bool pack_item(struct cover *c, const struct sp_item *item, struct sp_step *step)
{
    unsigned char *to;
    size_t size = 0;

    if (!item->field.len || item->exists || !item->pattern_count)
        return false;
    for (uint32_t i = 0; i < item->pattern_count; i++) {
        if (!is_plain_literal(&item->pattern[i]))
            return false;
        size += sizeof(struct sp_packed) + item->pattern[i].token[0].literal.len;
    }
    to = sp_arena_alloc(c->arena, size);
    if (!to) {
        c->failed = true;
        return false;
    }
    *step = (struct sp_step){ .kind = SP_STEP_PACKED, .count = item->pattern_count, .literal = to, .scan = step->scan, .all = item->all,
                              .neq = item->neq, .number = sp_lookup_number(item->field_id, c->rule->logsource.category.len != 0) };
    for (uint32_t i = 0; i < item->pattern_count; i++) {
        struct sp_str l = item->pattern[i].token[0].literal;
        struct sp_packed head = { .len = (uint16_t)l.len, .where = (uint8_t)item->pattern[i].where, .rare = sp_text_rare(l) };

        memcpy(to, &head, sizeof head);
        memcpy(to + sizeof head, l.ptr, l.len);
        to += sizeof head + l.len;
    }
    return true;
}

static struct priced step_of_item(struct cover *c, const struct sp_item *item)
{
    struct priced ret = { .step = { .kind = SP_STEP_ITEM, .item = item } };
    struct cover_item *known;
    enum sp_truth truth;

    if (cover_constant(c, item, &truth))
        return constant_step(truth);
    (void)cover_field(c, item->field_id, c->rule->logsource.category.len && item->field.len);
    for (uint32_t i = 0; i < item->pattern_count; i++)
        if (item->pattern[i].kind == SP_P_FIELD)
            (void)cover_field(c, item->pattern[i].field_id, c->rule->logsource.category.len != 0);
    c->wide |= !item->field.len;
    known = cover_item_at(c, item);
    if (known && known->made)
        return (struct priced){ known->step, known->price };
    ret.price = item_price(item);
    if (ret.price >= SCAN_PRICE)
        ret.step.scan = scan_of_item(c, item);
    if (ret.step.scan)
        ret.price = SCAN_PRICE;
    (void)pack_item(c, item, &ret.step);
    if (known && !c->failed) {
        known->step = ret.step;
        known->price = ret.price;
        known->made = true;
    }
    return ret;
}

/* Parts that stand, cheapest first, in the plan's arena. A constant counts at once where it is TRUE or FALSE. */
static struct priced step_of_parts(struct cover *c, const struct sp_expr *x)
{
    uint32_t least = x->kind == SP_E_AND ? x->child_count : x->kind == SP_E_OR ? 1 : x->kind == SP_E_NOT ? 0 : x->least, n = 0;
    struct priced *p = sp_arena_alloc(&c->scratch, ((size_t)x->child_count + 1) * sizeof *p), ret = { .price = 1 };
    struct sp_step *part;

    for (uint32_t i = 0; p && !c->failed && i < x->child_count; i++) {
        p[n] = step_of(c, x->child[i]);
        if (x->kind == SP_E_NOT || p[n].step.kind != SP_STEP_CONSTANT || p[n].step.truth == SP_UNKNOWN)
            n++;
        else if (p[n].step.truth == SP_TRUE && least)
            least--;
    }
    part = p && !c->failed ? sp_arena_alloc(c->arena, ((size_t)n + 1) * sizeof *part) : NULL;
    if (!part) {
        c->failed = true;
        return ret;
    }
    sort_by_price(p, n);
    for (uint32_t i = 0; i < n; i++) {
        part[i] = p[i].step;
        ret.price += p[i].price / (i < 2 ? 1 : 2);
    }
    ret.step = (struct sp_step){ .kind = x->kind == SP_E_NOT ? SP_STEP_NOT : SP_STEP_COUNT, .count = n, .least = least, .part = part };
    return n == 1 && least == 1 && x->kind != SP_E_NOT ? (struct priced){ .step = part[0], .price = ret.price } : ret;
}

/* Depth is bounded by SP_CONDITION_DEPTH_MAX when the rule is parsed. */
static struct priced step_of(struct cover *c, const struct sp_expr *x)
{
    return x->kind == SP_E_ITEM ? step_of_item(c, x->item) : step_of_parts(c, x);
}

struct sp_step cover_steps(struct cover *c, const struct sp_expr *x)
{
    return step_of(c, x).step;
}
