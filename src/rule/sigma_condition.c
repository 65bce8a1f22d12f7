/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the `detection` of a rule. Out: one expression: conditions with the selections that they name put in.
 *
 *     or < and < not < N of x < ( )            (specs: sigma 5; SPEC: sigma-T15)
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "rule/sigma.h"

struct parser {
    struct sigma *s;
    const struct sp_yaml *detection;
    const struct sp_yaml *at; /* the condition, for messages */
    struct sp_str text;
    size_t pos;
    struct sp_str word;       /* the token in hand; empty at the end */
    const struct sp_expr **made; /* by pair of `detection`: selections built already */
    bool *used;
    uint32_t depth;
    uint64_t searched;        /* identifiers looked at, so that a long condition over many stays bounded */
};

const struct sp_expr *sigma_expr(struct sigma *s, enum sp_expr_kind kind, const struct sp_expr *const *child, uint32_t count)
{
    struct sp_expr *x;
    const struct sp_expr **copy;

    if (count == 1 && kind != SP_E_NOT)
        return child[0];
    x = sp_arena_zalloc(s->arena, sizeof *x);
    copy = sp_arena_alloc(s->arena, (count + 1) * sizeof(const struct sp_expr *));
    if (!x || !copy)
        return NULL;
    if (count)
        memcpy(copy, child, count * sizeof(const struct sp_expr *));
    *x = (struct sp_expr){ .kind = kind, .child = copy, .child_count = count, .least = count };
    return x;
}

/* A growing list of expressions in the arena. */
struct exprs {
    const struct sp_expr **list;
    uint32_t count, room;
};

static int push(struct sigma *s, struct exprs *e, const struct sp_expr *x)
{
    if (!x)
        return 0; /* dropped by a pipeline */
    if (e->count == e->room) {
        uint32_t room = e->room ? 2 * e->room : 8;
        const struct sp_expr **grown = sp_arena_grow(s->arena, e->list, e->count, room, sizeof(const struct sp_expr *));

        if (!grown)
            return SP_ERR_NOMEM;
        e->list = grown;
        e->room = room;
    }
    e->list[e->count++] = x;
    return 0;
}

static int finish(struct sigma *s, const struct exprs *e, enum sp_expr_kind kind, const struct sp_expr **ret)
{
    *ret = e->count ? sigma_expr(s, kind, e->list, e->count) : NULL;
    return e->count && !*ret ? SP_ERR_NOMEM : 0;
}

static int map_selection(struct sigma *s, const struct sp_yaml *map, struct sp_str name, const struct sp_expr **ret)
{
    struct exprs all = { 0 };
    int rc = 0;

    if (map->count == 0)
        return sigma_refuse(s, map, "an empty selection");
    for (uint32_t i = 0; rc == 0 && i < map->count; i++) {
        const struct sp_expr *x;

        rc = sigma_item(s, sp_yaml_key(map, i), sp_yaml_value(map, i), name, &x);
        if (rc == 0)
            rc = push(s, &all, x);
    }
    return rc ? rc : finish(s, &all, SP_E_AND, ret);
}

/* Maps and keywords side by side are alternatives; the keywords of a list are one item. */
static int list_selection(struct sigma *s, const struct sp_yaml *list, struct sp_str name, const struct sp_expr **ret)
{
    struct exprs any = { 0 };
    const struct sp_yaml **word = sp_arena_alloc(s->arena, (list->count + 1) * sizeof(const struct sp_yaml *));
    const struct sp_expr *x;
    uint32_t words = 0;
    int rc = word ? 0 : SP_ERR_NOMEM;

    if (list->count == 0)
        return sigma_refuse(s, list, "an empty selection");
    for (uint32_t i = 0; rc == 0 && i < list->count; i++) {
        if (list->child[i]->kind == SP_Y_LIST)
            return sigma_refuse(s, list->child[i], "a list inside the list of a selection");
        if (list->child[i]->kind == SP_Y_MAP) {
            rc = map_selection(s, list->child[i], name, &x);
            if (rc == 0)
                rc = push(s, &any, x);
        } else {
            word[words++] = list->child[i];
        }
    }
    if (rc == 0 && words) {
        rc = sigma_keywords(s, word, words, name, &x);
        if (rc == 0)
            rc = push(s, &any, x);
    }
    return rc ? rc : finish(s, &any, SP_E_OR, ret);
}

int sigma_selection(struct sigma *s, const struct sp_yaml *node, struct sp_str name, const struct sp_expr **ret)
{
    switch (node->kind) {
    case SP_Y_MAP:
        return map_selection(s, node, name, ret);
    case SP_Y_LIST:
        return list_selection(s, node, name, ret);
    case SP_Y_TEXT:
    case SP_Y_NUMBER:
        return sigma_keywords(s, &node, 1, name, ret);
    case SP_Y_NULL:
    case SP_Y_BOOL:
    default:
        return sigma_refuse(s, node, "a %s is no selection; write a map of fields or a list of keywords", sp_yaml_kind_name(node->kind));
    }
}

/* In a filter `rules` names what it applies to. */
static bool is_identifier(const struct sigma *s, const struct sp_yaml *key)
{
    return !sp_str_is(key->text, "condition") && !sp_str_is(key->text, "timeframe") && !(s->filter && sp_str_is(key->text, "rules"));
}

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '*' || c == '.' || (c & 0x80);
}

static void advance(struct parser *p)
{
    size_t start;

    while (p->pos < p->text.len && strchr(" \t\r\n", p->text.ptr[p->pos]) && p->text.ptr[p->pos])
        p->pos++;
    start = p->pos;
    while (p->pos < p->text.len && word_char(p->text.ptr[p->pos]))
        p->pos++;
    if (p->pos == start && p->pos < p->text.len)
        p->pos++; /* one sign */
    p->word = sp_str_cut(p->text, start, p->pos - start);
}

static bool at_word(const struct parser *p, const char *word)
{
    return sigma_same(p->word, sp_str_c(word));
}

/* Is the word behind the one in hand `of`? */
static bool before_of(const struct parser *p)
{
    struct parser ahead = *p;

    advance(&ahead);
    return at_word(&ahead, "of");
}

/* The selection of a pair of the detection, built at its first use. A selection that a pipeline emptied is NULL. */
static int selection(struct parser *p, uint32_t pair, const struct sp_expr **ret)
{
    const struct sp_yaml *key = sp_yaml_key(p->detection, pair);
    struct sp_expr *named;
    struct sp_str name;
    int rc;

    p->used[pair] = true;
    if (!p->made[pair]) {
        const struct sp_expr *x;

        name = sigma_copy(p->s, key->text);
        if (!name.ptr)
            return SP_ERR_NOMEM;
        rc = sigma_selection(p->s, sp_yaml_value(p->detection, pair), name, &x);
        if (rc)
            return rc;
        if (!x)
            return sigma_refuse(p->s, key, "a pipeline drops all items of `%.*s`", SP_STR_ARG(key->text));
        named = sp_arena_alloc(p->s->arena, sizeof *named);
        if (!named)
            return SP_ERR_NOMEM;
        *named = *x;
        named->name = name;
        p->made[pair] = named;
    }
    *ret = p->made[pair];
    return 0;
}

/* Before all identifiers are looked through. What `N of` lists is no more than what it looked at. */
static int count_search(struct parser *p)
{
    p->searched += p->detection->count;
    if (p->searched > 4 * p->s->env->options->limits->yaml_nodes)
        return sigma_refuse(p->s, p->at, "the condition is too long for so many identifiers (limit yaml-nodes)");
    return 0;
}

static int find_selection(struct parser *p, struct sp_str name, const struct sp_expr **ret)
{
    int rc = count_search(p);

    if (rc)
        return rc;
    for (uint32_t i = 0; i < p->detection->count; i++)
        if (is_identifier(p->s, sp_yaml_key(p->detection, i)) && sp_str_eq(sp_yaml_key(p->detection, i)->text, name))
            return selection(p, i, ret);
    return sigma_refuse(p->s, p->at, "the condition names `%.*s`, which the detection has not", SP_STR_ARG(name));
}

/* `_` hides an identifier from patterns that do not ask for it, and from `them`. */
static bool caught(const struct parser *p, struct sp_str pattern, struct sp_str name)
{
    bool hidden = !p->s->filter && name.len && name.ptr[0] == '_';

    if (sigma_same(pattern, SP_STR("them")))
        return !hidden;
    return (!hidden || pattern.ptr[0] == '_') && sigma_glob(pattern, name);
}

/* `1 of x_*`, `all of them`, `2 of x*`: the word in hand is the number. */
static int parse_of(struct parser *p, const struct sp_expr **ret)
{
    bool all = at_word(p, "all"), any = at_word(p, "any");
    struct exprs list = { 0 };
    struct sp_expr *x;
    struct sp_str pattern;
    unsigned long least = 1;
    int rc = 0;

    if (!all && !any) {
        char digits[12] = "";

        memcpy(digits, p->word.ptr, p->word.len < 11 ? p->word.len : 11);
        least = strtoul(digits, NULL, 10);
    }
    advance(p); /* of */
    advance(p);
    pattern = p->word;
    if (pattern.len == 0 || !word_char(pattern.ptr[0]))
        return sigma_refuse(p->s, p->at, "`of` without a name or pattern behind it");
    advance(p);
    rc = count_search(p);
    for (uint32_t i = 0; rc == 0 && i < p->detection->count; i++) {
        const struct sp_expr *one;

        if (!is_identifier(p->s, sp_yaml_key(p->detection, i)) || !caught(p, pattern, sp_yaml_key(p->detection, i)->text))
            continue;
        rc = selection(p, i, &one);
        if (rc == 0)
            rc = push(p->s, &list, one);
    }
    if (rc)
        return rc;
    if (list.count == 0)
        return sigma_refuse(p->s, p->at, "the pattern `%.*s` of the condition matches no identifier", SP_STR_ARG(pattern));
    if (!all && (least == 0 || least > list.count))
        return sigma_refuse(p->s, p->at, "the condition asks for %lu of %u identifiers", least, list.count);
    x = sp_arena_zalloc(p->s->arena, sizeof *x);
    if (!x)
        return SP_ERR_NOMEM;
    *x = (struct sp_expr){ .kind = all ? SP_E_AND : least == 1 ? SP_E_OR : SP_E_COUNT, .child = list.list, .child_count = list.count,
                           .least = all ? list.count : (uint32_t)least };
    *ret = x;
    return 0;
}

static int parse_or(struct parser *p, const struct sp_expr **ret);

static int parse_primary(struct parser *p, const struct sp_expr **ret)
{
    struct sp_str name = p->word;
    int rc;

    if (name.len == 0)
        return sigma_refuse(p->s, p->at, "the condition ends where a name is needed");
    if (name.ptr[0] == '(') {
        advance(p);
        rc = parse_or(p, ret);
        if (rc)
            return rc;
        if (!sp_str_is(p->word, ")"))
            return sigma_refuse(p->s, p->at, "a parenthesis of the condition is not closed");
        advance(p);
        return 0;
    }
    if (name.ptr[0] == '|')
        return sigma_refuse(p->s, p->at, "Sigma 1 aggregation; write a correlation rule");
    if (!word_char(name.ptr[0]))
        return sigma_refuse(p->s, p->at, "`%.*s` does not belong into a condition", SP_STR_ARG(name));
    if ((at_word(p, "all") || at_word(p, "any") || strspn(name.ptr, "0123456789") >= name.len) && before_of(p))
        return parse_of(p, ret);
    advance(p);
    return find_selection(p, name, ret);
}

static int parse_not(struct parser *p, const struct sp_expr **ret)
{
    const struct sp_expr *inner;
    int rc;

    if (++p->depth > SP_CONDITION_DEPTH_MAX)
        return sigma_refuse(p->s, p->at, "the condition is nested deeper than %d levels", SP_CONDITION_DEPTH_MAX);
    if (at_word(p, "not")) {
        advance(p);
        rc = parse_not(p, &inner);
        if (rc == 0) {
            *ret = sigma_expr(p->s, SP_E_NOT, &inner, 1);
            rc = *ret ? 0 : SP_ERR_NOMEM;
        }
    } else {
        rc = parse_primary(p, ret);
    }
    p->depth--;
    return rc;
}

static int parse_chain(struct parser *p, const char *word, enum sp_expr_kind kind, int (*part)(struct parser *, const struct sp_expr **),
                       const struct sp_expr **ret)
{
    struct exprs list = { 0 };
    const struct sp_expr *one;
    int rc;

    for (;;) {
        rc = part(p, &one);
        if (rc == 0)
            rc = push(p->s, &list, one);
        if (rc)
            return rc;
        if (!at_word(p, word))
            break;
        advance(p);
    }
    return finish(p->s, &list, kind, ret);
}

static int parse_and(struct parser *p, const struct sp_expr **ret)
{
    return parse_chain(p, "and", SP_E_AND, parse_not, ret);
}

static int parse_or(struct parser *p, const struct sp_expr **ret)
{
    return parse_chain(p, "or", SP_E_OR, parse_and, ret);
}

static int one_condition(struct parser *p, const struct sp_yaml *node, const struct sp_expr **ret)
{
    int rc;

    p->at = node;
    if (node->kind != SP_Y_TEXT)
        return sigma_refuse(p->s, node, "the condition must be text");
    p->text = node->text;
    p->pos = 0;
    advance(p);
    rc = parse_or(p, ret);
    if (rc)
        return rc;
    if (p->word.len && p->word.ptr[0] == '|')
        return sigma_refuse(p->s, node, "Sigma 1 aggregation; write a correlation rule");
    if (p->word.len)
        return sigma_refuse(p->s, node, "`%.*s` stands where `and`, `or` or the end is expected", SP_STR_ARG(p->word));
    return 0;
}

static int all_conditions(struct parser *p, const struct sp_yaml *condition, const struct sp_expr **ret)
{
    struct exprs any = { 0 };
    int rc = 0;

    if (condition->kind != SP_Y_LIST)
        return one_condition(p, condition, ret);
    if (condition->count == 0)
        return sigma_refuse(p->s, condition, "the list of conditions is empty");
    for (uint32_t i = 0; rc == 0 && i < condition->count; i++) {
        const struct sp_expr *one;

        rc = one_condition(p, condition->child[i], &one);
        if (rc == 0)
            rc = push(p->s, &any, one);
    }
    return rc ? rc : finish(p->s, &any, SP_E_OR, ret);
}

int sigma_detection(struct sigma *s, const struct sp_yaml *detection, const struct sp_expr **ret)
{
    struct parser p = { .s = s, .detection = detection };
    const struct sp_yaml *condition = sp_yaml_get(detection, "condition");
    uint32_t identifiers = 0;
    int rc;

    if (detection->kind != SP_Y_MAP)
        return sigma_refuse(s, detection, "`detection` must be a map");
    if (!condition)
        return sigma_refuse(s, detection, "`condition` is missing in the detection");
    for (uint32_t i = 0; i < detection->count; i++)
        identifiers += is_identifier(s, sp_yaml_key(detection, i));
    if (identifiers == 0)
        return sigma_refuse(s, detection, "the detection has no search identifier");
    p.made = sp_arena_zalloc(s->arena, (detection->count + 1) * sizeof(const struct sp_expr *));
    p.used = sp_arena_zalloc(s->arena, (detection->count + 1) * sizeof *p.used);
    if (!p.made || !p.used)
        return SP_ERR_NOMEM;
    rc = all_conditions(&p, condition, ret);
    for (uint32_t i = 0; rc == 0 && i < detection->count; i++)
        if (is_identifier(s, sp_yaml_key(detection, i)) && !p.used[i]) {
            const struct sp_expr *x; /* still checked: a mistake in it is one */

            rc = selection(&p, i, &x);
            if (rc == 0)
                rc = sigma_warn(s, sp_yaml_key(detection, i), "the condition never uses `%.*s`", SP_STR_ARG(sp_yaml_key(detection, i)->text));
        }
    return rc;
}
