/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule's expression and what is constant for its origin. Out: its default truth and the keys one of which must
 * be met before it can have another (plan.h has the table). Keys are found in one walk: every part of the expression
 * answers with a guess, default, cost and a list of keys, and what stands above it takes the lists that it needs.
 * Guesses live in a scratch arena that each rule resets; what is kept goes to the plan's arena.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/unicode.h"
#include "match/decimal.h"
#include "match/lookup.h"
#include "match/plan.h"

enum key_type { KEY_LITERAL, KEY_PRESENT, KEY_MISSING, KEY_NUMBER, KEY_ALWAYS };

/* A condition to look for. */
struct key {
    struct key *next;
    enum key_type type;
    enum sp_key_kind kind;
    struct sp_str literal;
    uint32_t field_id;
    bool mapped;
    bool scratch; /* the literal was made on the way: it is copied when it is kept */
};

struct guess {
    enum sp_truth truth;
    uint64_t cost; /* share of events that meet a key, in ppm and not below SP_COST_KEY a key */
    struct key *first, *last;
};

/* A key that is kept: for `field`, wanting `rule`. */
struct wish {
    struct sp_key_wish wish;
    enum key_type type;
    uint32_t field;
};

struct cover {
    struct sp_arena *arena, scratch;
    const struct sp_rule_set *set;
    struct sp_eval *eval;
    const struct sp_event *event;
    struct sp_residual *residual;
    const struct sp_rule *rule; /* in hand */
    bool failed;
    struct wish *wish;
    uint32_t wishes, wish_room;
    uint32_t *field_of;         /* by slot number: index + 1 of its field */
    struct sp_plan_rule *live;
    uint32_t *always;
    struct sp_str *raw;
    uint32_t raws, raw_room;
    uint32_t field_room;
    struct sp_buf fold;
};

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

static struct guess of_pattern(struct cover *c, const struct sp_item *item, const struct sp_pattern *p)
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

/* Is the item the same for all events of the origin? */
static bool constant_item(struct cover *c, const struct sp_item *item, enum sp_truth *ret)
{
    struct sp_item_seen seen;

    *ret = SP_UNKNOWN;
    if (item->field.len && impossible(c, item->field))
        return true;
    if (!over_header(c, item) || has_fieldref(item))
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

    if (constant_item(c, item, &truth))
        return constant(truth);
    if (item->exists)
        return if_missing(c, item, item->exists_wanted ? SP_TRUE : SP_FALSE);
    if (item->neq && has_fieldref(item))
        return if_present(c, item, SP_FALSE);
    g = guesses(c, item->pattern_count);
    for (uint32_t i = 0; !c->failed && i < item->pattern_count; i++)
        g[i] = of_pattern(c, item, &item->pattern[i]);
    if (c->failed)
        return constant(SP_UNKNOWN);
    all = combine(g, item->pattern_count, item->all ? item->pattern_count : 1);
    return item->neq ? opposite(all) : all;
}

/* Depth is bounded by SP_CONDITION_DEPTH_MAX when the rule is parsed. */
static struct guess of_expr(struct cover *c, const struct sp_expr *x)
{
    uint32_t least = x->kind == SP_E_AND ? x->child_count : x->kind == SP_E_OR ? 1 : x->least;
    struct guess *g;

    if (x->kind == SP_E_ITEM)
        return of_item(c, x->item);
    if (x->kind == SP_E_NOT)
        return opposite(of_expr(c, x->child[0]));
    g = guesses(c, x->child_count);
    for (uint32_t i = 0; !c->failed && i < x->child_count; i++) {
        g[i] = of_expr(c, x->child[i]);
        if (x->kind == SP_E_AND && g[i].truth == SP_FALSE && !g[i].first)
            return g[i]; /* whatever the others are: most rules over another event id end here */
    }
    return c->failed ? constant(SP_UNKNOWN) : combine(g, x->child_count, least);
}

/* ---------------------------------------------------------------- fields */

static bool grow(struct cover *c, void *array, uint32_t count, uint32_t *room, size_t size)
{
    void **at = array;
    void *grown;

    if (count < *room)
        return true;
    grown = sp_realloc_array(*at, *room ? 2 * *room : 64, size);
    if (!grown) {
        c->failed = true;
        return false;
    }
    *at = grown;
    *room = *room ? 2 * *room : 64;
    return true;
}

/* The number of a name of the event's own. */
static uint32_t raw_number(struct cover *c, struct sp_str name)
{
    for (uint32_t i = 0; i < c->raws; i++)
        if (sp_str_eq(c->raw[i], name))
            return i;
    if (!grow(c, &c->raw, c->raws, &c->raw_room, sizeof *c->raw))
        return 0;
    c->raw[c->raws] = name;
    return c->raws++;
}

/* Names that a field's values are read from, tried in turn; 0 where it is more than that. */
static uint32_t raw_names(const struct sp_class *k, struct sp_str name, bool mapped, struct sp_str ret[2])
{
    const struct sp_field_line *line = sp_class_field(k, name);
    uint32_t n = 0;

    if (!line || !mapped)
        ret[n++] = name;
    if (line && line->from.kind == SP_FROM_FIELD && !(n && sp_str_eq(line->from.a, name)))
        ret[n++] = line->from.a;
    else if (line && line->from.kind == SP_FROM_FIRST && mapped) {
        ret[n++] = line->from.a;
        ret[n++] = line->from.b;
    } else if (line && line->from.kind != SP_FROM_FIELD)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (memchr(ret[i].ptr, '.', ret[i].len) || memchr(ret[i].ptr, '[', ret[i].len) ||
            sp_class_trims(k, ret[i]) != sp_class_trims(k, ret[0]))
            return 0;
    return k->nospace ? 0 : n;
}

static uint32_t add_field(struct cover *c, uint32_t field_id, bool mapped)
{
    struct sp_residual *r = c->residual;
    struct sp_str raw[2], other[2], name = c->set->field[field_id];
    struct sp_plan_field *f;
    uint32_t n, slot = sp_lookup_number(field_id, mapped);

    if (c->field_of[slot])
        return c->field_of[slot] - 1;
    if (!grow(c, &r->field, r->fields, &c->field_room, sizeof *r->field))
        return 0;
    f = &r->field[r->fields++];
    *f = (struct sp_plan_field){ .slot = { slot, slot }, .slots = 1 };
    c->field_of[slot] = r->fields;
    if (!name.len)
        return r->fields - 1;
    n = raw_names(r->class_, name, mapped, raw);
    if (n == 1 && raw_names(r->class_, name, !mapped, other) == 1 && sp_str_eq(raw[0], other[0])) {
        f->slot[1] = sp_lookup_number(field_id, !mapped);
        f->slots = 2;
        c->field_of[f->slot[1]] = r->fields;
    }
    f->trim = n && sp_class_trims(r->class_, raw[0]);
    f->raws = n;
    for (uint32_t i = 0; i < n; i++)
        f->raw[i] = raw_number(c, raw[i]);
    return r->fields - 1;
}

/* ---------------------------------------------------------------- steps */

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
        struct guess g = of_pattern(c, item, &item->pattern[i]);

        if (!g.first || g.first->next || g.first->type != KEY_LITERAL || g.first->literal.len < 4)
            return NULL;
        wish[i] = (struct sp_key_wish){ .kind = SP_KEY_ANY, .literal = g.first->literal };
    }
    scan = wish ? sp_arena_zalloc(c->arena, sizeof *scan) : NULL;
    c->failed |= !scan || sp_scan_build_folded(c->arena, wish, item->pattern_count, scan) < 0;
    return c->failed || !scan->usable ? NULL : scan;
}

static struct priced step_of_item(struct cover *c, const struct sp_item *item)
{
    struct priced ret = { .step = { .kind = SP_STEP_ITEM, .item = item } };
    enum sp_truth truth;

    if (constant_item(c, item, &truth))
        return constant_step(truth);
    (void)add_field(c, item->field_id, c->rule->logsource.category.len && item->field.len);
    ret.price = item_price(item);
    if (ret.price >= SCAN_PRICE)
        ret.step.scan = scan_of_item(c, item);
    if (ret.step.scan)
        ret.price = SCAN_PRICE;
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

/* ---------------------------------------------------------------- what is kept */

static void keep(struct cover *c, const struct key *k)
{
    struct wish *w;

    if (!grow(c, &c->wish, c->wishes, &c->wish_room, sizeof *c->wish))
        return;
    w = &c->wish[c->wishes++];
    *w = (struct wish){ { k->kind, k->literal, c->residual->rules }, k->type, add_field(c, k->field_id, k->mapped) };
    if (k->scratch) {
        w->wish.literal = sp_arena_str(c->arena, k->literal);
        c->failed |= !w->wish.literal.ptr;
    }
}

/* One rule of the class. Gone if it is FALSE whatever the event holds. */
static void add_rule(struct cover *c, const struct sp_rule *rule)
{
    struct sp_residual *r = c->residual;
    struct sp_step *step;
    bool always;
    struct guess g;

    sp_arena_reset(&c->scratch);
    c->rule = rule;
    g = of_expr(c, rule->condition);
    if (c->failed || (g.truth == SP_FALSE && !g.first))
        return;
    always = g.truth == SP_TRUE;
    for (struct key *k = g.first; k; k = k->next)
        always |= k->type == KEY_ALWAYS;
    if (always)
        c->always[r->always_count++] = r->rules;
    for (struct key *k = always ? NULL : g.first; k && !c->failed; k = k->next)
        keep(c, k);
    step = sp_arena_alloc(c->arena, sizeof *step);
    c->failed |= !step;
    if (c->failed)
        return;
    *step = step_of(c, rule->condition).step;
    c->live[r->rules++] = (struct sp_plan_rule){ rule, step, always ? SP_FALSE : g.truth };
    r->unknowns += !always && g.truth == SP_UNKNOWN;
}

/* The rules of wishes [from, to), which are by rule: each once. */
static const uint32_t *rule_list(struct cover *c, uint32_t from, uint32_t to, uint32_t *count)
{
    uint32_t *list = sp_arena_alloc(c->arena, (size_t)(to - from + 1) * sizeof *list), n = 0;

    for (uint32_t i = from; list && i < to; i++)
        if (!n || list[n - 1] != c->wish[i].wish.rule)
            list[n++] = c->wish[i].wish.rule;
    c->failed |= !list;
    *count = n;
    return list;
}

/* The wishes of one field become its index and lists. */
static int settle_field(struct cover *c, struct sp_plan_field *f, uint32_t from, uint32_t to)
{
    uint32_t literals = from, presents, missing;
    struct sp_key_wish *list;
    int rc;

    while (literals < to && c->wish[literals].type == KEY_LITERAL)
        literals++;
    for (presents = literals; presents < to && c->wish[presents].type == KEY_PRESENT;)
        presents++;
    for (missing = presents; missing < to && c->wish[missing].type == KEY_MISSING;)
        missing++;
    f->present = rule_list(c, literals, presents, &f->presents);
    f->missing = rule_list(c, presents, missing, &f->missings);
    f->number = rule_list(c, missing, to, &f->numbers);
    list = sp_realloc_array(NULL, (size_t)(literals - from) + 1, sizeof *list);
    if (!list || c->failed) {
        sp_free(list);
        return SP_ERR_NOMEM;
    }
    for (uint32_t i = from; i < literals; i++)
        list[i - from] = c->wish[i].wish;
    f->values = literals > from || f->numbers;
    f->keyed = to > from;
    rc = sp_index_build(c->arena, list, literals - from, &f->index);
    if (rc == 0 && f == c->residual->keywords)
        rc = sp_scan_build(c->arena, list, literals - from, &c->residual->scan);
    sp_free(list);
    return rc;
}

/* Wishes by field and type, in the order of rules as they are: one pass that counts, one that moves. */
static int sort_wishes(struct cover *c)
{
    enum { TYPES = KEY_ALWAYS + 1 };
    uint32_t *at = sp_zalloc(((size_t)c->residual->fields * TYPES + 1) * sizeof *at), sum = 0;
    struct wish *sorted = sp_realloc_array(NULL, (size_t)c->wishes + 1, sizeof *sorted);

    if (!at || !sorted) {
        sp_free(at);
        sp_free(sorted);
        return SP_ERR_NOMEM;
    }
    for (uint32_t i = 0; i < c->wishes; i++)
        at[c->wish[i].field * TYPES + c->wish[i].type]++;
    for (uint32_t i = 0; i < c->residual->fields * TYPES; i++) {
        uint32_t count = at[i];

        at[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < c->wishes; i++)
        sorted[at[c->wish[i].field * TYPES + c->wish[i].type]++] = c->wish[i];
    sp_free(at);
    sp_free(c->wish);
    c->wish = sorted;
    c->wish_room = c->wishes + 1;
    return 0;
}

static int settle_fields(struct cover *c)
{
    uint32_t from = 0;
    int rc = sort_wishes(c);

    for (uint32_t f = 0; f < c->residual->fields && rc == 0; f++) {
        uint32_t to = from;

        while (to < c->wishes && c->wish[to].field == f)
            to++;
        rc = settle_field(c, &c->residual->field[f], from, to);
        from = to;
    }
    return rc;
}

static int settle_names(struct cover *c)
{
    struct sp_residual *r = c->residual;
    struct sp_raw_name *table;
    uint32_t room = 8;

    while (room < 2 * c->raws)
        room *= 2;
    table = sp_arena_zalloc(c->arena, room * sizeof *table);
    if (!table)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < c->raws; i++) {
        struct sp_name_ends ends = sp_name_ends(c->raw[i]);
        uint32_t at = sp_name_hash(ends, c->raw[i].len) & (room - 1);

        while (table[at].number)
            at = (at + 1) & (room - 1);
        table[at] = (struct sp_raw_name){ c->raw[i], ends, i + 1 };
    }
    r->raw = table;
    r->raw_mask = room - 1;
    r->raw_count = c->raws;
    return 0;
}

/* Which field a number of the look-up means. */
static int settle_numbers(struct cover *c)
{
    size_t numbers = 2 * (size_t)c->set->field_count + 1;
    uint16_t *of = sp_arena_zalloc(c->arena, numbers * sizeof *of);

    if (!of)
        return SP_ERR_NOMEM;
    for (size_t i = 0; i < numbers; i++)
        of[i] = c->field_of[i] <= UINT16_MAX ? (uint16_t)c->field_of[i] : 0;
    c->residual->field_of = of;
    return 0;
}

/* A copy in the plan's arena of an array that was grown on the heap. */
static void *kept(struct cover *c, const void *array, uint32_t count, size_t size)
{
    void *copy = sp_arena_grow(c->arena, array, count, (size_t)count + 1, size);

    c->failed |= !copy;
    return copy;
}

static int build(struct cover *c)
{
    struct sp_residual *r = c->residual;
    const struct sp_rule *const *rule;
    struct sp_plan_field *grown;
    uint32_t count;

    rule = sp_eval_rules(c->eval, r->class_, &count);
    c->failed |= !rule;
    for (uint32_t i = 0; !c->failed && i < count; i++)
        add_rule(c, rule[i]);
    grown = r->field;
    r->field = c->failed ? NULL : kept(c, grown, r->fields, sizeof *r->field);
    sp_free(grown);
    for (uint32_t i = 0; !c->failed && i < r->fields; i++)
        if (!c->set->field[r->field[i].slot[0] / 2].len)
            r->keywords = &r->field[i];
    r->rule = c->failed ? NULL : kept(c, c->live, r->rules, sizeof *r->rule);
    r->always = c->failed ? NULL : kept(c, c->always, r->always_count, sizeof *r->always);
    if (c->failed || settle_fields(c) < 0 || settle_names(c) < 0 || settle_numbers(c) < 0)
        return SP_ERR_NOMEM;
    return 0;
}

int sp_cover_build(struct sp_arena *arena, const struct sp_rule_set *set, struct sp_eval *eval, const struct sp_event *event,
                   struct sp_residual *ret)
{
    struct cover c = { .arena = arena, .set = set, .eval = eval, .event = event, .residual = ret };
    int rc = SP_ERR_NOMEM;

    sp_arena_init(&c.scratch, SIZE_MAX);
    c.field_of = sp_zalloc((2 * (size_t)set->field_count + 1) * sizeof *c.field_of);
    c.live = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *c.live);
    c.always = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *c.always);
    if (c.field_of && c.live && c.always)
        rc = build(&c);
    sp_arena_done(&c.scratch);
    sp_buf_done(&c.fold);
    sp_free(c.field_of);
    sp_free(c.live);
    sp_free(c.always);
    sp_free(c.wish);
    sp_free(c.raw);
    return rc;
}
