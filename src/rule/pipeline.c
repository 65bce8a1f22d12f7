/* SPDX-License-Identifier: Apache-2.0
 *
 * In: pySigma processing pipelines (YAML), checked when they are loaded. Out: field names, log sources and conditions of
 * rules changed by them, in the order of the pipelines' priority as given. Supported: field_name_mapping,
 * field_name_prefix, add_condition, change_logsource, drop_detection_item, rule_failure, with rule conditions of type
 * logsource and field name conditions include_fields and exclude_fields; anything else is refused by name.
 */
#include <stdlib.h>

#include "base/error.h"
#include "rule/sigma.h"

static int wrong(const char *file, const struct sp_yaml *at, struct sp_error *err, const char *what, struct sp_str name)
{
    sp_error_set(err, SP_ERR_USAGE, "%s: %.*s", what, SP_STR_ARG(name));
    sp_error_where(err, "%s:%u:%u", file, at->line, at->column);
    sp_error_cure(err, "take it out, or run the pipeline elsewhere and give the changed rules");
    return SP_ERR_USAGE;
}

static struct sp_str type_of(const struct sp_yaml *node)
{
    const struct sp_yaml *type = sp_yaml_get(node, "type");

    return type && type->kind == SP_Y_TEXT ? type->text : SP_STR_NONE;
}

/* Conditions may be a list or a map of named ones; `*ret` is the i-th or NULL. */
static const struct sp_yaml *condition_at(const struct sp_yaml *list, uint32_t i)
{
    if (!list || i >= list->count)
        return NULL;
    return list->kind == SP_Y_LIST ? list->child[i] : list->kind == SP_Y_MAP ? sp_yaml_value(list, i) : NULL;
}

static bool one_of(struct sp_str word, const char *const *list)
{
    for (; *list; list++)
        if (sp_str_is(word, *list))
            return true;
    return false;
}

static bool texts(const struct sp_yaml *node)
{
    bool good = node && node->kind == SP_Y_LIST && node->count > 0;

    for (uint32_t i = 0; good && i < node->count; i++)
        good = node->child[i]->kind == SP_Y_TEXT && node->child[i]->text.len;
    return good;
}

/* Every key must be one of `known` or of `more`: one that is passed over would change what the pipeline means. */
static int check_keys(const char *file, const struct sp_yaml *map, const char *const *known, const char *const *more, struct sp_error *err)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (!one_of(sp_yaml_key(map, i)->text, known) && !one_of(sp_yaml_key(map, i)->text, more))
            return wrong(file, sp_yaml_key(map, i), err, "a key of the pipeline is not supported", sp_yaml_key(map, i)->text);
    return 0;
}

static int check_condition(const char *file, const struct sp_yaml *c, bool field, struct sp_error *err)
{
    static const char *const logsource[] = { "type", "product", "category", "service", NULL }, *const fields[] = { "type", "fields", "mode", NULL };
    static const char *const none[] = { NULL };
    const struct sp_yaml *mode = sp_yaml_get(c, "mode");
    struct sp_str type = type_of(c);
    int rc;

    if (c->kind != SP_Y_MAP)
        return wrong(file, c, err, "a condition of the pipeline is no map", c->text.ptr ? c->text : SP_STR_NONE);
    if (!field && !sp_str_is(type, "logsource"))
        return wrong(file, c, err, "a pipeline's rule condition is not supported", type);
    if (field && !sp_str_is(type, "include_fields") && !sp_str_is(type, "exclude_fields"))
        return wrong(file, c, err, "a pipeline's field name condition is not supported", type);
    rc = check_keys(file, c, field ? fields : logsource, none, err);
    if (rc < 0)
        return rc;
    if (field && !texts(sp_yaml_get(c, "fields")))
        return wrong(file, c, err, "a list of field names is missing in", type);
    if (mode && (mode->kind != SP_Y_TEXT || !sp_str_is(mode->text, "plain")))
        return wrong(file, mode, err, "only plain field names are supported in", type);
    return 0;
}

static int check_conditions(const char *file, const struct sp_yaml *step, struct sp_error *err)
{
    static const char *const key[] = { "rule_conditions", "field_name_conditions" };
    const struct sp_yaml *c;

    for (int k = 0; k < 2; k++) {
        const struct sp_yaml *list = sp_yaml_get(step, key[k]);

        if (list && sp_yaml_scalar(list))
            return wrong(file, list, err, "no list or map of conditions", sp_str_c(key[k]));
        for (uint32_t i = 0; (c = condition_at(list, i)); i++) {
            int rc = check_condition(file, c, k == 1, err);

            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* Is the i-th target of a mapping a name or a list of names? */
static bool mapping_good(const struct sp_yaml *mapping)
{
    bool good = mapping && mapping->kind == SP_Y_MAP;

    for (uint32_t i = 0; good && i < mapping->count; i++) {
        const struct sp_yaml *to = sp_yaml_value(mapping, i);

        good = (to->kind == SP_Y_TEXT && to->text.len) || texts(to);
    }
    return good;
}

static int check_step(const char *file, const struct sp_yaml *step, struct sp_error *err)
{
    static const char *const common[] = { "id", "type", "rule_conditions", "rule_cond_op", "rule_cond_not", "field_name_conditions",
                                          "field_name_cond_op", "field_name_cond_not", NULL };
    static const struct {
        const char *type, *key[5];
    } known[] = { { "field_name_mapping", { "mapping" } },
                  { "field_name_prefix", { "prefix" } },
                  { "add_condition", { "conditions", "negated", "name" } },
                  { "change_logsource", { "product", "category", "service" } },
                  { "drop_detection_item", { NULL } },
                  { "rule_failure", { "message" } } };
    const struct sp_yaml *prefix = sp_yaml_get(step, "prefix"), *conditions = sp_yaml_get(step, "conditions");
    struct sp_str type = type_of(step);
    size_t at = 0;
    int rc;

    while (at < sizeof known / sizeof *known && !sp_str_is(type, known[at].type))
        at++;
    if (at == sizeof known / sizeof *known)
        return wrong(file, step, err, "the transformation is not supported", type);
    rc = check_keys(file, step, common, known[at].key, err);
    if (rc == 0)
        rc = check_conditions(file, step, err);
    if (rc < 0)
        return rc;
    if (at == 0 && !mapping_good(sp_yaml_get(step, "mapping")))
        return wrong(file, step, err, "`mapping` must be a map from names to names or lists of names in", type);
    if (at == 1 && (!prefix || prefix->kind != SP_Y_TEXT))
        return wrong(file, step, err, "`prefix` must be text in", type);
    if (at == 2 && (!conditions || conditions->kind != SP_Y_MAP || conditions->count == 0))
        return wrong(file, step, err, "`conditions` must be a map in", type);
    return 0;
}

int sigma_pipeline_priority(const struct sp_yaml *pipeline)
{
    const struct sp_yaml *node = sp_yaml_get(pipeline, "priority");
    char digits[16] = ""; /* the node's own text has no NUL behind it */
    long n;

    if (node && node->kind == SP_Y_NUMBER && node->finite)
        memcpy(digits, node->number.ptr, node->number.len < sizeof digits - 1 ? node->number.len : sizeof digits - 1);
    n = strtol(digits, NULL, 10);
    return n > 1000000 ? 1000000 : n < -1000000 ? -1000000 : (int)n;
}

int sigma_pipeline_check(const char *file, const struct sp_yaml *p, struct sp_error *err)
{
    static const char *const others[] = { "postprocessing", "finalizers", "vars" };
    const struct sp_yaml *list = sp_yaml_get(p, "transformations");

    if (p->kind != SP_Y_MAP || !list || list->kind != SP_Y_LIST)
        return wrong(file, p, err, "no pipeline, a list is missing", SP_STR("transformations"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sp_yaml_get(p, others[i]))
            return wrong(file, sp_yaml_get(p, others[i]), err, "a part of the pipeline is not supported", sp_str_c(others[i]));
    for (uint32_t i = 0; i < list->count; i++) {
        int rc = check_step(file, list->child[i], err);

        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool part_is(const struct sp_yaml *condition, const char *key, struct sp_str value)
{
    const struct sp_yaml *node = sp_yaml_get(condition, key);

    return !node || node->kind == SP_Y_NULL || (sp_yaml_scalar(node) && sigma_same(node->text, value));
}

/* All of the conditions, or any with `op: or`; turned round by `not`. Without conditions it holds. */
static bool joined(const struct sp_yaml *step, const char *op, const char *negate, uint32_t yes, uint32_t count)
{
    const struct sp_yaml *how = sp_yaml_get(step, op), *turn = sp_yaml_get(step, negate);
    bool any = how && sp_yaml_scalar(how) && sigma_same(how->text, SP_STR("or"));

    if (count == 0)
        return true;
    return (any ? yes > 0 : yes == count) != (turn && turn->kind == SP_Y_BOOL && turn->truth);
}

/* Do the step's rule conditions hold for the rule in hand, with the log source that it has by now? */
static bool holds(const struct sigma *s, const struct sp_yaml *step)
{
    const struct sp_yaml *list = sp_yaml_get(step, "rule_conditions"), *c;
    uint32_t yes = 0, i;

    for (i = 0; (c = condition_at(list, i)); i++)
        yes += part_is(c, "product", s->logsource.product) && part_is(c, "category", s->logsource.category) &&
               part_is(c, "service", s->logsource.service);
    return joined(step, "rule_cond_op", "rule_cond_not", yes, i);
}

static bool field_listed(const struct sp_yaml *condition, struct sp_str field)
{
    const struct sp_yaml *fields = sp_yaml_get(condition, "fields");

    for (uint32_t i = 0; i < fields->count; i++)
        if (sp_str_eq(fields->child[i]->text, field))
            return true;
    return false;
}

static bool field_holds(const struct sp_yaml *step, struct sp_str field)
{
    const struct sp_yaml *list = sp_yaml_get(step, "field_name_conditions"), *c;
    uint32_t yes = 0, i;

    for (i = 0; (c = condition_at(list, i)); i++)
        yes += field_listed(c, field) == sp_str_is(type_of(c), "include_fields");
    return joined(step, "field_name_cond_op", "field_name_cond_not", yes, i);
}

/* The steps of all pipelines one after the other: the i-th, or NULL. */
static const struct sp_yaml *step_at(const struct sigma *s, uint32_t i)
{
    for (size_t p = 0; p < s->env->pipeline_count; p++) {
        const struct sp_yaml *list = sp_yaml_get(s->env->pipeline[p], "transformations");

        if (i < list->count)
            return list->child[i];
        i -= list->count;
    }
    return NULL;
}

int sigma_pipeline_logsource(struct sigma *s, const struct sp_yaml *at)
{
    const struct sp_yaml *step;
    uint32_t count = 0;

    while (step_at(s, count))
        count++;
    s->step = sp_arena_zalloc(s->arena, (count + 1) * sizeof *s->step);
    if (!s->step)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        step = step_at(s, i);
        s->step[i] = holds(s, step);
        if (!s->step[i])
            continue;
        if (sp_str_is(type_of(step), "rule_failure")) {
            const struct sp_yaml *message = sp_yaml_get(step, "message");

            return sigma_refuse(s, at, "a pipeline refuses the rule: %.*s",
                                SP_STR_ARG(message && sp_yaml_scalar(message) ? message->text : SP_STR_NONE));
        }
        if (sp_str_is(type_of(step), "change_logsource")) {
            static const char *const key[] = { "product", "category", "service" };
            struct sp_str *to[] = { &s->logsource.product, &s->logsource.category, &s->logsource.service };

            for (int k = 0; k < 3; k++) {
                const struct sp_yaml *value = sp_yaml_get(step, key[k]);

                *to[k] = value && sp_yaml_scalar(value) ? sigma_copy(s, value->text) : SP_STR_NONE;
                if (!to[k]->ptr)
                    return SP_ERR_NOMEM;
            }
        }
    }
    return 0;
}

enum { NAMES_MAX = 32 }; /* that one field of a rule stands for */

static int add_name(struct sigma *s, struct sp_str *list, uint32_t *count, struct sp_str prefix, struct sp_str name)
{
    char *joined_name;

    if (*count == NAMES_MAX)
        return sigma_refuse(s, NULL, "pipelines map the field `%.*s` to more than %d names", SP_STR_ARG(name), NAMES_MAX);
    joined_name = sp_arena_alloc(s->arena, prefix.len + name.len + 1);
    if (!joined_name)
        return SP_ERR_NOMEM;
    memcpy(joined_name, prefix.ptr, prefix.len);
    memcpy(joined_name + prefix.len, name.ptr, name.len);
    list[(*count)++] = (struct sp_str){ joined_name, prefix.len + name.len };
    return 0;
}

/* `name` through one step whose conditions hold: the names it stands for are appended. */
static int map_name(struct sigma *s, const struct sp_yaml *step, struct sp_str name, struct sp_str *list, uint32_t *count)
{
    const struct sp_yaml *mapping = sp_yaml_get(step, "mapping"), *prefix = sp_yaml_get(step, "prefix"), *to = NULL;
    int rc = 0;

    for (uint32_t i = 0; mapping && i < mapping->count; i++)
        if (sp_str_eq(sp_yaml_key(mapping, i)->text, name))
            to = sp_yaml_value(mapping, i);
    if (!to || to->kind != SP_Y_LIST)
        return add_name(s, list, count, prefix ? prefix->text : SP_STR_NONE, to ? to->text : name);
    for (uint32_t i = 0; rc == 0 && i < to->count; i++)
        rc = add_name(s, list, count, SP_STR_NONE, to->child[i]->text);
    return rc;
}

/* One step over all names so far, each judged by itself. */
static int step_names(struct sigma *s, const struct sp_yaml *step, struct sp_str *list, uint32_t *count)
{
    struct sp_str type = type_of(step), next[NAMES_MAX];
    bool drops = sp_str_is(type, "drop_detection_item");
    uint32_t n = 0;
    int rc = 0;

    if (!drops && !sp_str_is(type, "field_name_mapping") && !sp_str_is(type, "field_name_prefix"))
        return 0;
    for (uint32_t k = 0; rc == 0 && k < *count; k++) {
        if (!field_holds(step, list[k]))
            rc = add_name(s, next, &n, SP_STR_NONE, list[k]);
        else if (!drops)
            rc = map_name(s, step, list[k], next, &n);
    }
    if (rc == 0 && n)
        memcpy(list, next, n * sizeof *list);
    *count = n;
    return rc;
}

int sigma_pipeline_field(struct sigma *s, struct sp_str field, struct sp_str **ret, uint32_t *ret_count, bool *drop)
{
    const struct sp_yaml *step;
    struct sp_str *list = sp_arena_alloc(s->arena, (s->step ? NAMES_MAX : 1) * sizeof *list);
    uint32_t count = 1;
    int rc = 0;

    if (!list)
        return SP_ERR_NOMEM;
    list[0] = field;
    for (uint32_t i = s->step_from; rc == 0 && s->step && field.len && count && (step = step_at(s, i)); i++)
        if (s->step[i])
            rc = step_names(s, step, list, &count);
    *drop = count == 0;
    *ret = list;
    *ret_count = count;
    return rc;
}

int sigma_pipeline_conditions(struct sigma *s, const struct sp_expr **ret)
{
    const struct sp_yaml *step;

    *ret = NULL;
    for (uint32_t i = 0; (step = step_at(s, i)); i++) {
        const struct sp_yaml *negated = sp_yaml_get(step, "negated");
        const struct sp_expr *pair[2];
        int rc;

        if (!s->step[i] || !sp_str_is(type_of(step), "add_condition"))
            continue;
        s->step_from = i + 1;
        rc = sigma_selection(s, sp_yaml_get(step, "conditions"), SP_STR("_pipeline"), &pair[1]);
        s->step_from = 0;
        if (rc)
            return rc;
        if (!pair[1]) /* a later step drops it all */
            continue;
        if (negated && negated->kind == SP_Y_BOOL && negated->truth)
            pair[1] = sigma_expr(s, SP_E_NOT, &pair[1], 1);
        pair[0] = *ret;
        *ret = *ret && pair[1] ? sigma_expr(s, SP_E_AND, pair, 2) : pair[1];
        if (!*ret)
            return SP_ERR_NOMEM;
    }
    return 0;
}
