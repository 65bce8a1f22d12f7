/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the rules of a class, one by one. Out: a residual: the rules that are left, and for each field that they read where
 * its values stand and the index of its keys. Grown on the heap, kept in the plan's arena.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "match/cover_inner.h"
#include "match/lookup.h"

static bool grow(struct cover *c, void *list, uint32_t count, uint32_t *room, size_t size)
{
    bool good = sp_list_grow(list, count, room, size);

    c->failed |= !good;
    return good;
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

/* All names that the field's values may come from are numbered, whoever reads them. */
static void number_sources(struct cover *c, struct sp_str name, bool mapped)
{
    const struct sp_class *k = c->residual->class_;
    const struct sp_field_line *line = sp_class_field(k, name);
    struct sp_str from[3] = { SP_STR_NONE, SP_STR_NONE, SP_STR_NONE };

    if (!line || !mapped)
        from[0] = name;
    if (line && line->from.kind != SP_FROM_ABSENT) {
        from[1] = line->from.a;
        from[2] = line->from.b;
    }
    c->open |= k->nospace; /* other names may be meant */
    for (int i = 0; i < 3; i++) {
        if (from[i].len)
            (void)raw_number(c, from[i]);
        c->open |= from[i].len && (memchr(from[i].ptr, '.', from[i].len) || memchr(from[i].ptr, '[', from[i].len)); /* a path */
    }
}

uint32_t cover_field(struct cover *c, uint32_t field_id, bool mapped)
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
    number_sources(c, name, mapped);
    return r->fields - 1;
}

/* ---------------------------------------------------------------- what is kept */

static void keep(struct cover *c, const struct key *k)
{
    struct wish *w;

    if (!grow(c, &c->wish, c->wishes, &c->wish_room, sizeof *c->wish))
        return;
    w = &c->wish[c->wishes++];
    *w = (struct wish){ { k->kind, k->literal, c->residual->rules }, k->type, cover_field(c, k->field_id, k->mapped) };
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
    g = cover_expr(c, rule->condition);
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
    c->wide = false;
    *step = cover_steps(c, rule->condition);
    c->live[r->rules++] = (struct sp_plan_rule){ rule, step, always ? SP_FALSE : g.truth, c->wide };
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
        rc = cover_scan(c, list, literals - from, &c->residual->scan);
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
    r->closed = !c->open;
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

int sp_cover_build(struct sp_arena *arena, struct sp_cover_memo *memo, const struct sp_rule_set *set, struct sp_eval *eval,
                   const struct sp_event *event, struct sp_residual *ret)
{
    struct cover c = { .memo = memo, .arena = arena, .set = set, .eval = eval, .event = event, .residual = ret };
    int rc = SP_ERR_NOMEM;

    sp_arena_init(&c.scratch, SIZE_MAX);
    c.field_of = sp_zalloc((2 * (size_t)set->field_count + 1) * sizeof *c.field_of);
    c.sort = sp_zalloc((size_t)set->field_count + 1);
    c.live = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *c.live);
    c.always = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *c.always);
    if (c.field_of && c.sort && c.live && c.always)
        rc = build(&c);
    sp_arena_done(&c.scratch);
    sp_buf_done(&c.fold);
    sp_free(c.field_of);
    sp_free(c.sort);
    sp_free(c.live);
    sp_free(c.always);
    sp_free(c.wish);
    sp_free(c.raw);
    return rc;
}
