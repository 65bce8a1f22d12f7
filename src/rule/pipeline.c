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

static int check_conditions(const char *file, const struct sp_yaml *step, struct sp_error *err)
{
    const struct sp_yaml *c;

    for (uint32_t i = 0; (c = condition_at(sp_yaml_get(step, "rule_conditions"), i)); i++)
        if (!sp_str_is(type_of(c), "logsource"))
            return wrong(file, c, err, "a pipeline's rule condition is not supported", type_of(c));
    for (uint32_t i = 0; (c = condition_at(sp_yaml_get(step, "field_name_conditions"), i)); i++)
        if (!sp_str_is(type_of(c), "include_fields") && !sp_str_is(type_of(c), "exclude_fields"))
            return wrong(file, c, err, "a pipeline's field name condition is not supported", type_of(c));
    if ((c = sp_yaml_get(step, "detection_item_conditions")))
        return wrong(file, c, err, "a part of the pipeline is not supported", SP_STR("detection_item_conditions"));
    return 0;
}

int sigma_pipeline_check(const char *file, const struct sp_yaml *p, struct sp_error *err)
{
    static const char *const known[] = { "field_name_mapping", "field_name_prefix", "add_condition", "change_logsource",
                                         "drop_detection_item", "rule_failure" };
    static const char *const others[] = { "postprocessing", "finalizers", "vars" };
    const struct sp_yaml *list = sp_yaml_get(p, "transformations");

    if (p->kind != SP_Y_MAP || !list || list->kind != SP_Y_LIST)
        return wrong(file, p, err, "no pipeline, a list is missing", SP_STR("transformations"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sp_yaml_get(p, others[i]))
            return wrong(file, sp_yaml_get(p, others[i]), err, "a part of the pipeline is not supported", sp_str_c(others[i]));
    for (uint32_t i = 0; i < list->count; i++) {
        struct sp_str type = type_of(list->child[i]);
        bool found = false;
        int rc;

        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found |= sp_str_is(type, known[k]);
        if (!found)
            return wrong(file, list->child[i], err, "the transformation is not supported", type);
        rc = check_conditions(file, list->child[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool part_is(const struct sp_yaml *condition, const char *key, struct sp_str value)
{
    const struct sp_yaml *node = sp_yaml_get(condition, key);

    return !node || node->kind == SP_Y_NULL || sigma_same(node->text, value);
}

/* Do the step's rule conditions hold for the rule in hand? All, unless `rule_cond_op: or`. */
static bool holds(const struct sigma *s, const struct sp_yaml *step)
{
    const struct sp_yaml *list = sp_yaml_get(step, "rule_conditions"), *op = sp_yaml_get(step, "rule_cond_op"), *c;
    const struct sp_yaml *negate = sp_yaml_get(step, "rule_cond_not");
    bool any = op && sp_yaml_scalar(op) && sigma_same(op->text, SP_STR("or"));
    uint32_t yes = 0, i;

    for (i = 0; (c = condition_at(list, i)); i++)
        yes += part_is(c, "product", s->logsource.product) && part_is(c, "category", s->logsource.category) &&
               part_is(c, "service", s->logsource.service);
    if (i == 0)
        return true;
    return (any ? yes > 0 : yes == i) != (negate && negate->kind == SP_Y_BOOL && negate->truth);
}

static bool field_listed(const struct sp_yaml *condition, struct sp_str field)
{
    const struct sp_yaml *fields = sp_yaml_get(condition, "fields");

    for (uint32_t i = 0; fields && fields->kind == SP_Y_LIST && i < fields->count; i++)
        if (sp_str_eq(fields->child[i]->text, field))
            return true;
    return false;
}

static bool field_holds(const struct sp_yaml *step, struct sp_str field)
{
    const struct sp_yaml *list = sp_yaml_get(step, "field_name_conditions"), *c;

    for (uint32_t i = 0; (c = condition_at(list, i)); i++)
        if (field_listed(c, field) != sp_str_is(type_of(c), "include_fields"))
            return false;
    return true;
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

    for (uint32_t i = 0; (step = step_at(s, i)); i++) {
        if (!holds(s, step))
            continue;
        if (sp_str_is(type_of(step), "rule_failure")) {
            const struct sp_yaml *message = sp_yaml_get(step, "message");

            return sigma_refuse(s, at, "a pipeline refuses the rule: %.*s", SP_STR_ARG(message ? message->text : SP_STR_NONE));
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

/* `name` through one mapping: the names it stands for are appended. */
static int map_name(struct sigma *s, const struct sp_yaml *step, struct sp_str name, struct sp_str *list, uint32_t *count, uint32_t room)
{
    const struct sp_yaml *mapping = sp_yaml_get(step, "mapping"), *prefix = sp_yaml_get(step, "prefix"), *to = NULL;
    bool prefixes = sp_str_is(type_of(step), "field_name_prefix");

    for (uint32_t i = 0; mapping && mapping->kind == SP_Y_MAP && i < mapping->count; i++)
        if (sp_str_eq(sp_yaml_key(mapping, i)->text, name))
            to = sp_yaml_value(mapping, i);
    if (prefixes && prefix) {
        char *joined = sp_arena_alloc(s->arena, prefix->text.len + name.len + 1);

        if (!joined)
            return SP_ERR_NOMEM;
        memcpy(joined, prefix->text.ptr, prefix->text.len);
        memcpy(joined + prefix->text.len, name.ptr, name.len);
        name = (struct sp_str){ joined, prefix->text.len + name.len };
    }
    for (uint32_t i = 0; i < (to && to->kind == SP_Y_LIST ? to->count : 1) && *count < room; i++) {
        struct sp_str one = !to ? name : to->kind == SP_Y_LIST ? to->child[i]->text : to->text;

        list[*count] = sigma_copy(s, one);
        if (!list[(*count)++].ptr)
            return SP_ERR_NOMEM;
    }
    return 0;
}

int sigma_pipeline_field(struct sigma *s, struct sp_str field, struct sp_str **ret, uint32_t *ret_count, bool *drop)
{
    enum { NAMES_MAX = 32 };
    const struct sp_yaml *step;
    struct sp_str *list = sp_arena_alloc(s->arena, 2 * NAMES_MAX * sizeof *list);
    uint32_t count = 1;

    *drop = false;
    if (!list)
        return SP_ERR_NOMEM;
    list[0] = field;
    for (uint32_t i = 0; field.len && (step = step_at(s, i)); i++) {
        struct sp_str next[NAMES_MAX];
        uint32_t n = 0;
        struct sp_str type = type_of(step);

        if (!holds(s, step) || !field_holds(step, field))
            continue;
        if (sp_str_is(type, "drop_detection_item")) {
            *drop = true;
            return 0;
        }
        if (!sp_str_is(type, "field_name_mapping") && !sp_str_is(type, "field_name_prefix"))
            continue;
        for (uint32_t k = 0; k < count; k++)
            if (map_name(s, step, list[k], next, &n, NAMES_MAX) < 0)
                return SP_ERR_NOMEM;
        memcpy(list, next, n * sizeof *list);
        count = n;
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

int sigma_pipeline_conditions(struct sigma *s, const struct sp_expr **ret)
{
    const struct sp_yaml *step;

    *ret = NULL;
    for (uint32_t i = 0; (step = step_at(s, i)); i++) {
        const struct sp_yaml *conditions = sp_yaml_get(step, "conditions"), *negated = sp_yaml_get(step, "negated");
        const struct sp_expr *pair[2];
        int rc;

        if (!sp_str_is(type_of(step), "add_condition") || !holds(s, step))
            continue;
        if (!conditions || conditions->kind != SP_Y_MAP)
            return sigma_refuse(s, step, "add_condition of a pipeline without a map of conditions");
        rc = sigma_selection(s, conditions, SP_STR("_pipeline"), &pair[1]);
        if (rc)
            return rc;
        if (pair[1] && negated && negated->kind == SP_Y_BOOL && negated->truth)
            pair[1] = sigma_expr(s, SP_E_NOT, &pair[1], 1);
        pair[0] = *ret;
        *ret = *ret ? sigma_expr(s, SP_E_AND, pair, 2) : pair[1];
        if (!*ret)
            return SP_ERR_NOMEM;
    }
    return 0;
}
