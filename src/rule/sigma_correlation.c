/* SPDX-License-Identifier: Apache-2.0
 *
 * In: correlation and filter documents. Out: whether they are well-formed, and to which rules a filter applies.
 * Correlations are checked here; this version does not run them.
 */
#include "rule/sigma.h"

static bool one_of(struct sp_str word, const char *const *list)
{
    for (; *list; list++)
        if (sp_str_is(word, *list))
            return true;
    return false;
}

static int check_texts(struct sigma *s, const struct sp_yaml *node, const char *what, bool empty_ok)
{
    if (node->kind == SP_Y_TEXT && node->text.len)
        return 0;
    if (node->kind != SP_Y_LIST || (node->count == 0 && !empty_ok))
        return sigma_refuse(s, node, "`%s` must be a name or a list of names", what);
    for (uint32_t i = 0; i < node->count; i++)
        if (!sp_yaml_scalar(node->child[i]) || node->child[i]->text.len == 0)
            return sigma_refuse(s, node->child[i], "`%s` holds something that is no name", what);
    return 0;
}

static int check_timespan(struct sigma *s, const struct sp_yaml *c)
{
    const struct sp_yaml *node = sp_yaml_get(c, "timespan");
    size_t i = 0;

    if (!node)
        node = sp_yaml_get(c, "timeframe");
    if (!node)
        return sigma_refuse(s, c, "`timespan` is missing");
    while (sp_yaml_scalar(node) && i < node->text.len && node->text.ptr[i] >= '0' && node->text.ptr[i] <= '9')
        i++;
    if (!sp_yaml_scalar(node) || i == 0 || i + 1 != node->text.len)
        return sigma_refuse(s, node, "the timespan must be a number and one of s, m, h, d, such as 5m");
    if (!memchr("smhd", node->text.ptr[i], 4))
        return sigma_refuse(s, node, "the timespan's unit `%c` has no fixed length or is none; use s, m, h or d", node->text.ptr[i]);
    return 0;
}

static int check_condition(struct sigma *s, const struct sp_yaml *c, struct sp_str type)
{
    static const char *const operators[] = { "gt", "gte", "lt", "lte", "eq", "neq", NULL };
    const struct sp_yaml *node = sp_yaml_get(c, "condition");
    bool temporal = sp_str_starts(type, SP_STR("temporal")), valued = sp_str_starts(type, SP_STR("value_"));
    bool field = false, compares = false;

    if (!node)
        return temporal ? 0 : sigma_refuse(s, c, "`condition` is missing in the correlation");
    if (node->kind == SP_Y_TEXT)
        return sigma_refuse(s, node, "extended conditions (SEP 198) are not part of Sigma 2.1; write gt, gte, lt, lte, eq or neq");
    if (node->kind != SP_Y_MAP)
        return sigma_refuse(s, node, "the condition of a correlation must be a map");
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sp_yaml *key = sp_yaml_key(node, i), *value = sp_yaml_value(node, i);

        if (sp_str_is(key->text, "field")) {
            int rc = check_texts(s, value, "field", false);

            if (rc)
                return rc;
            field = true;
        } else if (sp_str_is(key->text, "percentile")) {
            if (value->kind != SP_Y_NUMBER)
                return sigma_refuse(s, value, "`percentile` must be a number");
        } else if (one_of(key->text, operators)) {
            if (value->kind != SP_Y_NUMBER)
                return sigma_refuse(s, value, "`%.*s` needs a number", SP_STR_ARG(key->text));
            compares = true;
        } else {
            return sigma_refuse(s, key, "unknown key `%.*s` in the condition of a correlation", SP_STR_ARG(key->text));
        }
    }
    if (valued && !field)
        return sigma_refuse(s, node, "`field` is missing in the condition of a %.*s correlation", SP_STR_ARG(type));
    return compares || temporal ? 0 : sigma_refuse(s, node, "the condition compares nothing; add gt, gte, lt, lte, eq or neq");
}

int sigma_correlation(struct sigma *s, const struct sp_yaml *root)
{
    static const char *const types[] = { "event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg",
                                         "value_percentile", "value_median", NULL };
    static const char *const keys[] = { "type", "rules", "group-by", "timespan", "timeframe", "condition", "aliases", "generate", "field", NULL };
    const struct sp_yaml *c = sp_yaml_get(root, "correlation"), *type = sp_yaml_get(c, "type"), *rules = sp_yaml_get(c, "rules");
    const struct sp_yaml *group = sp_yaml_get(c, "group-by");
    int rc;

    if (!sp_yaml_get(root, "title"))
        return sigma_refuse(s, root, "`title` is missing");
    if (!type || type->kind != SP_Y_TEXT || !one_of(type->text, types))
        return sigma_refuse(s, type ? type : c, "the correlation's type is missing or unknown; use event_count, value_count, temporal, "
                                                "temporal_ordered, value_sum, value_avg, value_percentile or value_median");
    if (!rules)
        return sigma_refuse(s, c, "`rules` is missing in the correlation");
    rc = check_texts(s, rules, "rules", false);
    if (rc == 0 && group)
        rc = check_texts(s, group, "group-by", false);
    if (rc == 0 && !group)
        rc = sigma_warn(s, c, "`group-by` is missing: all events are one group");
    if (rc == 0)
        rc = check_timespan(s, c);
    if (rc == 0)
        rc = check_condition(s, c, type->text);
    for (uint32_t i = 0; rc == 0 && i < c->count; i++)
        if (!one_of(sp_yaml_key(c, i)->text, keys))
            rc = sigma_warn(s, sp_yaml_key(c, i), "unknown key `%.*s` in the correlation", SP_STR_ARG(sp_yaml_key(c, i)->text));
    return rc;
}

/* ---------------------------------------------------------------- filters */

int sigma_filter_check(struct sigma *s, const struct sp_yaml *root)
{
    const struct sp_yaml *f = sp_yaml_get(root, "filter"), *rules = sp_yaml_get(f, "rules"), *condition = sp_yaml_get(f, "condition");
    struct sp_logsource logsource;
    int rc = sigma_logsource(s, root, &logsource);

    if (rc)
        return rc;
    if (rules) {
        rc = check_texts(s, rules, "rules", true);
        if (rc)
            return rc;
    }
    if (!condition || condition->kind != SP_Y_TEXT)
        return sigma_refuse(s, condition ? condition : f, "a filter has exactly one condition, as text");
    return 0;
}

static bool refers(const struct sp_yaml *name, const struct sp_rule *rule, struct sp_str rule_name)
{
    return sp_yaml_scalar(name) && name->text.len &&
           (sigma_same(name->text, rule->id) || (rule_name.len && sp_str_eq(name->text, rule_name)));
}

static bool within(struct sp_str rule, struct sp_str filter)
{
    return filter.len == 0 || sigma_same(rule, filter);
}

bool sigma_filter_applies(const struct sp_yaml *root, const struct sp_rule *rule, struct sp_str rule_name, struct sp_logsource written,
                          struct sp_logsource filter)
{
    const struct sp_yaml *rules = sp_yaml_get(sp_yaml_get(root, "filter"), "rules");

    if (!within(written.product, filter.product) || !within(written.category, filter.category) || !within(written.service, filter.service))
        return false;
    if (!rules || (rules->kind == SP_Y_LIST && rules->count == 0))
        return true;
    if (rules->kind == SP_Y_TEXT)
        return sigma_same(rules->text, SP_STR("any")) || refers(rules, rule, rule_name);
    for (uint32_t i = 0; i < rules->count; i++)
        if (sigma_same(rules->child[i]->text, SP_STR("any")) || refers(rules->child[i], rule, rule_name))
            return true;
    return false;
}
