/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule's expression and what is constant for its origin. Out: its default truth and the keys one of which must
 * be met before it can have another (plan.h has the table). Keys are found in one walk: every part of the expression
 * answers with a guess, default, cost and a list of keys, and what stands above it takes the lists that it needs.
 * Guesses live in a scratch arena that each rule resets; what is kept goes to the plan's arena.
 */
#include <stdlib.h>

#include "base/unicode.h"
#include "match/cover_inner.h"
#include "match/decimal.h"

static struct guess constant(enum sp_truth truth)
{
    return (struct guess){ .truth = truth };
}

static struct guess opposite(struct guess g)
{
    g.truth = g.truth == SP_UNKNOWN ? SP_UNKNOWN : g.truth == SP_TRUE ? SP_FALSE : SP_TRUE;
    return g;
}

static void join(struct guess *to, const struct guess *from)
{
    if (!from->first)
        return;
    if (to->last)
        to->last->next = from->first;
    else
        to->first = from->first;
    to->last = from->last;
    to->cost += from->cost;
}

/* ---------------------------------------------------------------- keys of one pattern */

static struct key *new_key(struct cover *c, const struct sp_item *item, enum key_type type)
{
    struct key *k = sp_arena_zalloc(&c->scratch, sizeof *k);

    if (!k) {
        c->failed = true;
        return NULL;
    }
    k->type = type;
    k->field_id = item->field_id;
    k->mapped = c->rule->logsource.category.len != 0 && item->field.len;
    k->literal = SP_STR_NONE;
    return k;
}

static struct guess one_key(struct key *k, enum sp_truth truth, uint64_t cost)
{
    return (struct guess){ truth, cost + SP_COST_KEY, k, k };
}

/* Another truth than this only if the field is there; a keyword's always is. */
static struct guess if_present(struct cover *c, const struct sp_item *item, enum sp_truth truth)
{
    bool keyword = item->field.len == 0;
    struct key *k = new_key(c, item, keyword ? KEY_ALWAYS : KEY_PRESENT);

    return k ? one_key(k, truth, keyword ? SP_COST_ALWAYS : SP_COST_PRESENT) : constant(SP_UNKNOWN);
}

/* Another truth than this only if the field is not there, or null. */
static struct guess if_missing(struct cover *c, const struct sp_item *item, enum sp_truth truth)
{
    struct key *k = new_key(c, item, item->field.len ? KEY_MISSING : KEY_ALWAYS);

    return k ? one_key(k, truth, item->field.len ? SP_COST_MISSING : SP_COST_ALWAYS) : constant(SP_UNKNOWN);
}

static struct guess if_literal(struct cover *c, const struct sp_item *item, enum sp_key_kind kind, struct sp_str literal, bool scratch)
{
    struct key *k = new_key(c, item, KEY_LITERAL);

    if (!k)
        return constant(SP_UNKNOWN);
    k->kind = kind;
    k->literal = literal;
    k->scratch = scratch;
    return one_key(k, SP_FALSE, sp_key_ppm(kind, literal));
}

/* The literal folded, in scratch memory. */
static struct sp_str folded(struct cover *c, struct sp_str literal)
{
    struct sp_str made;

    sp_buf_clear(&c->fold);
    sp_utf8_fold(&c->fold, literal);
    made = sp_arena_str(&c->scratch, sp_buf_view(&c->fold));
    if (c->fold.failed || !made.ptr) {
        c->failed = true;
        return SP_STR_NONE;
    }
    return made;
}

/* The number as events write whole numbers, or empty when it is none: 3.00 is 3. */
static struct sp_str whole_number(struct sp_str number)
{
    const char *point = memchr(number.ptr, '.', number.len);
    size_t n = number.len;

    if (point) {
        while (n && number.ptr[n - 1] == '0')
            n--;
        if (number.ptr + n - 1 != point)
            return SP_STR_NONE;
        n--;
    }
    number.len = n;
    return sp_str_is(number, "-0") ? SP_STR("0") : number;
}

/* Equal by value: the usual text of the number, or a number that is written in another way. */
static struct guess if_number(struct cover *c, const struct sp_item *item, struct sp_str number)
{
    struct sp_str whole = whole_number(number);
    struct key *odd = new_key(c, item, KEY_NUMBER);
    struct guess g = constant(SP_FALSE), other;

    if (!odd)
        return constant(SP_UNKNOWN);
    other = one_key(odd, SP_FALSE, 0);
    if (whole.len)
        g = if_literal(c, item, SP_KEY_EQUAL, whole, false);
    join(&g, &other);
    return g;
}

/* The literal of the pattern that is rarest in its place. */
static struct guess if_text(struct cover *c, const struct sp_item *item, const struct sp_pattern *p)
{
    bool bound_start = p->where == SP_WHERE_WHOLE || p->where == SP_WHERE_START;
    bool bound_end = p->where == SP_WHERE_WHOLE || p->where == SP_WHERE_END;
    enum sp_key_kind best_kind = SP_KEY_ANY;
    struct sp_str best = SP_STR_NONE;
    uint32_t best_ppm = UINT32_MAX;
    struct sp_decimal number;
    struct guess g, other;

    if (p->token_count == 0 && p->where == SP_WHERE_WHOLE)
        return if_literal(c, item, SP_KEY_EQUAL, SP_STR_NONE, false);
    for (uint32_t i = 0; i < p->token_count; i++) {
        bool first = i == 0 && bound_start, last = i + 1 == p->token_count && bound_end;
        struct sp_str l = p->token[i].literal;
        enum sp_key_kind kind = first && last ? SP_KEY_EQUAL : last ? SP_KEY_END : first ? SP_KEY_START : SP_KEY_ANY;
        uint32_t ppm;

        if (p->token[i].kind != SP_T_LITERAL || !l.len)
            continue;
        if (p->cased)
            l = folded(c, l);
        ppm = sp_key_ppm(kind, l);
        if (ppm < best_ppm && l.len) {
            best = l;
            best_kind = kind;
            best_ppm = ppm;
        }
    }
    if (!best.len)
        return if_present(c, item, SP_FALSE);
    g = if_literal(c, item, best_kind, best, p->cased);
    if (best_kind == SP_KEY_EQUAL && sp_decimal_parse(p->token[0].literal, false, &number)) {
        other = if_number(c, item, p->token[0].literal); /* a number of the event equals it by value */
        join(&g, &other);
    }
    return g;
}

/* A regex: the longest run of ASCII in what every match holds. */
static struct guess if_regex(struct cover *c, const struct sp_item *item, const struct sp_regex *regex)
{
    struct sp_str required = regex->required, best = SP_STR_NONE;
    size_t at = 0;

    while (at < required.len) {
        size_t from = at;

        while (at < required.len && (unsigned char)required.ptr[at] < 0x80)
            at++;
        if (at - from > best.len)
            best = sp_str_cut(required, from, at - from);
        at++;
    }
    return best.len ? if_literal(c, item, SP_KEY_ANY, folded(c, best), true) : if_present(c, item, SP_FALSE);
}

static bool impossible(const struct cover *c, struct sp_str name)
{
    const struct sp_field_line *line = sp_class_field(c->residual->class_, name);

    return line && line->from.kind == SP_FROM_ABSENT;
}

struct guess cover_pattern(struct cover *c, const struct sp_item *item, const struct sp_pattern *p)
{
    struct guess g;

    switch (p->kind) {
    case SP_P_TEXT:
        g = if_text(c, item, p);
        break;
    case SP_P_NUMBER:
        g = if_number(c, item, p->number);
        break;
    case SP_P_BOOL:
        g = if_literal(c, item, SP_KEY_EQUAL, p->truth ? SP_STR("true") : SP_STR("false"), false);
        break;
    case SP_P_REGEX:
        g = if_regex(c, item, p->regex);
        break;
    case SP_P_NULL:
        return if_missing(c, item, SP_FALSE);
    case SP_P_FIELD:
        if (impossible(c, p->field))
            return constant(SP_UNKNOWN);
        return if_present(c, item, SP_FALSE);
    case SP_P_CIDR:
    case SP_P_COMPARE:
    case SP_P_TIMEPART:
    default:
        return if_present(c, item, SP_FALSE);
    }
    for (const struct key *k = item->field.len ? NULL : g.first; k; k = k->next)
        if (k->type != KEY_LITERAL) /* keywords have an index of literals only */
            return if_present(c, item, SP_FALSE);
    return g;
}

/* ---------------------------------------------------------------- combinations */

static int by_cost(const void *a, const void *b)
{
    const struct guess *x = a, *y = b;

    return (x->cost > y->cost) - (x->cost < y->cost);
}

/* The `need` cheapest of those guesses that are `truth`: together they decide. */
static struct guess cheapest(struct guess *g, uint32_t count, enum sp_truth truth, uint32_t need)
{
    struct guess all = constant(truth);
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++)
        if (g[i].truth == truth)
            g[n++] = g[i];
    if (need == 1) { /* the common case needs no order */
        for (uint32_t i = 1; i < n; i++)
            if (g[i].cost < g[0].cost)
                g[0] = g[i];
    } else if (need < n) {
        qsort(g, n, sizeof *g, by_cost);
    }
    for (uint32_t i = 0; i < need && i < n; i++)
        join(&all, &g[i]);
    return all;
}

/* At least `least` of the children; `g` is worked in place. */
static struct guess combine(struct guess *g, uint32_t count, uint32_t least)
{
    uint32_t yes = 0, no = 0;
    struct guess all = constant(SP_UNKNOWN);

    for (uint32_t i = 0; i < count; i++) {
        yes += g[i].truth == SP_TRUE;
        no += g[i].truth == SP_FALSE;
    }
    if (yes >= least)
        return cheapest(g, count, SP_TRUE, least);
    if (count - no < least)
        return cheapest(g, count, SP_FALSE, count - least + 1);
    for (uint32_t i = 0; i < count; i++)
        join(&all, &g[i]);
    return all;
}

static struct guess *guesses(struct cover *c, uint32_t count)
{
    struct guess *g = sp_arena_alloc(&c->scratch, ((size_t)count + 1) * sizeof *g);

    c->failed |= !g;
    return g;
}

/* Is the item over a field of Windows' header, whose values are the origin's? */
static bool over_header(const struct cover *c, const struct sp_item *item)
{
    static const char *const name[] = { "EventID", "Channel", "Provider_Name" };
    uint32_t node[] = { c->event->eventid, c->event->channel, c->event->provider };
    const struct sp_field_line *line;

    for (int i = 0; c->residual->constants && i < 3; i++) {
        if (!node[i] || !sp_str_is(item->field, name[i]))
            continue;
        line = sp_class_field(c->residual->class_, item->field);
        return !line || (line->from.kind == SP_FROM_FIELD && sp_str_eq(line->from.a, item->field));
    }
    return false;
}

static bool has_fieldref(const struct sp_item *item)
{
    for (uint32_t i = 0; i < item->pattern_count; i++)
        if (item->pattern[i].kind == SP_P_FIELD)
            return true;
    return false;
}

static enum cover_sort sort_of(struct cover *c, const struct sp_item *item)
{
    enum cover_sort sort = c->sort ? c->sort[item->field_id] : COVER_NEW;

    if (sort != COVER_NEW)
        return sort;
    sort = item->field.len && impossible(c, item->field) ? COVER_ABSENT : over_header(c, item) ? COVER_HEADER : COVER_OPEN;
    if (c->sort)
        c->sort[item->field_id] = (uint8_t)sort;
    return sort;
}

/* Is the item the same for all events of the origin? */
bool cover_constant(struct cover *c, const struct sp_item *item, enum sp_truth *ret)
{
    enum cover_sort sort = sort_of(c, item);
    struct sp_item_seen seen;

    *ret = SP_UNKNOWN;
    if (sort == COVER_ABSENT)
        return true;
    if (sort != COVER_HEADER || has_fieldref(item))
        return false;
    if (sp_eval_item(c->eval, c->rule, item, &seen) < 0)
        c->failed = true;
    else
        *ret = seen.truth;
    return true;
}

static struct guess of_item(struct cover *c, const struct sp_item *item)
{
    struct guess *g, all;
    enum sp_truth truth;

    if (cover_constant(c, item, &truth))
        return constant(truth);
    if (item->exists)
        return if_missing(c, item, item->exists_wanted ? SP_TRUE : SP_FALSE);
    if (item->neq && has_fieldref(item))
        return if_present(c, item, SP_FALSE);
    g = guesses(c, item->pattern_count);
    for (uint32_t i = 0; !c->failed && i < item->pattern_count; i++)
        g[i] = cover_pattern(c, item, &item->pattern[i]);
    if (c->failed)
        return constant(SP_UNKNOWN);
    all = combine(g, item->pattern_count, item->all ? item->pattern_count : 1);
    return item->neq ? opposite(all) : all;
}

/* Depth is bounded by SP_CONDITION_DEPTH_MAX when the rule is parsed. */
struct guess cover_expr(struct cover *c, const struct sp_expr *x)
{
    uint32_t least = x->kind == SP_E_AND ? x->child_count : x->kind == SP_E_OR ? 1 : x->least;
    struct guess *g;

    if (x->kind == SP_E_ITEM)
        return of_item(c, x->item);
    if (x->kind == SP_E_NOT)
        return opposite(cover_expr(c, x->child[0]));
    g = guesses(c, x->child_count);
    for (uint32_t i = 0; !c->failed && i < x->child_count; i++) {
        g[i] = cover_expr(c, x->child[i]);
        if (x->kind == SP_E_AND && g[i].truth == SP_FALSE && !g[i].first)
            return g[i]; /* whatever the others are: most rules over another event id end here */
    }
    return c->failed ? constant(SP_UNKNOWN) : combine(g, x->child_count, least);
}
