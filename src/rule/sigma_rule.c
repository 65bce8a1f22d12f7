/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a YAML document. Out: a rule with its metadata, or the reason why not. What only describes the rule (id, level,
 * status, date, tags) is warned about when wrong; what decides what it detects is refused (contract 1, metadata).
 */
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/error.h"
#include "rule/sigma.h"

__attribute__((format(printf, 3, 0))) static int add_reason(struct sigma *s, const struct sp_yaml *at, const char *fmt, va_list ap)
{
    char text[768];
    int n = snprintf(text, sizeof text, "%u:%u: ", at ? at->line : 1, at ? at->column : 1);

    (void)vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    if (s->reason_count == s->reason_room) {
        uint32_t room = s->reason_room ? 2 * s->reason_room : 4;
        struct sp_str *grown = sp_arena_grow(s->arena, s->reason, s->reason_count, room, sizeof *grown);

        if (!grown)
            return SP_ERR_NOMEM;
        s->reason = grown;
        s->reason_room = room;
    }
    s->reason[s->reason_count] = sigma_copy(s, sp_str_c(text));
    return s->reason[s->reason_count++].ptr ? 0 : SP_ERR_NOMEM;
}

int sigma_refuse(struct sigma *s, const struct sp_yaml *at, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = add_reason(s, at, fmt, ap);
    va_end(ap);
    if (rc == 0 && s->reason_count > 1) { /* a refusal stands first */
        struct sp_str last = s->reason[s->reason_count - 1];

        s->reason[s->reason_count - 1] = s->reason[0];
        s->reason[0] = last;
    }
    s->refused = true;
    return rc < 0 ? rc : SIGMA_REFUSED;
}

int sigma_warn(struct sigma *s, const struct sp_yaml *at, const char *fmt, ...)
{
    va_list ap;
    int rc;

    if (s->reason_count >= 64) /* a rule that is wrong a thousand times says so 64 times */
        return 0;
    va_start(ap, fmt);
    rc = add_reason(s, at, fmt, ap);
    va_end(ap);
    return rc;
}

struct sp_str sigma_copy(struct sigma *s, struct sp_str text)
{
    return sp_arena_str(s->arena, text);
}

bool sigma_same(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

bool sigma_glob(struct sp_str pattern, struct sp_str name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, back = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            back = n;
        } else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++back;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool is_uuid(struct sp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return s.len == 36;
}

static bool is_date(struct sp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i == 4 || i == 7 ? s.ptr[i] != '-' && s.ptr[i] != '/' : s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len == 10;
}

/* A text member copied; empty when it is not there or no scalar (warned). */
static int text_member(struct sigma *s, const struct sp_yaml *root, const char *key, struct sp_str *ret)
{
    const struct sp_yaml *node = sp_yaml_get(root, key);

    *ret = SP_STR_NONE;
    if (!node || node->kind == SP_Y_NULL)
        return 0;
    if (!sp_yaml_scalar(node))
        return sigma_warn(s, node, "`%s` is no text", key);
    *ret = sigma_copy(s, node->text);
    return ret->ptr ? 0 : SP_ERR_NOMEM;
}

static int level_and_status(struct sigma *s, const struct sp_yaml *root, struct sp_rule *rule)
{
    const struct sp_yaml *level = sp_yaml_get(root, "level"), *status = sp_yaml_get(root, "status");
    int rc = 0;

    if (level && (!sp_yaml_scalar(level) || sp_level_parse(level->text, &rule->level) < 0)) {
        rule->level = SP_LEVEL_UNKNOWN;
        rc = sigma_warn(s, level, "this is no level; use informational, low, medium, high or critical");
    }
    if (rc == 0 && status && (!sp_yaml_scalar(status) || sp_status_parse(status->text, &rule->status) < 0)) {
        rule->status = SP_STATUS_NONE;
        rc = sigma_warn(s, status, "this is no status; use stable, test, experimental, deprecated or unsupported");
    }
    return rc;
}

static int tags(struct sigma *s, const struct sp_yaml *root, struct sp_rule *rule)
{
    const struct sp_yaml *list = sp_yaml_get(root, "tags");
    struct sp_str *tag;

    if (!list || list->kind == SP_Y_NULL)
        return 0;
    if (list->kind != SP_Y_LIST)
        return sigma_warn(s, list, "`tags` is no list");
    tag = sp_arena_alloc(s->arena, (list->count + 1) * sizeof *tag);
    if (!tag)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!sp_yaml_scalar(list->child[i]))
            return sigma_warn(s, list->child[i], "a tag is no text");
        tag[rule->tag_count] = sigma_copy(s, list->child[i]->text);
        if (!tag[rule->tag_count++].ptr)
            return SP_ERR_NOMEM;
    }
    rule->tag = tag;
    return 0;
}

int sigma_logsource(struct sigma *s, const struct sp_yaml *root, struct sp_logsource *ret)
{
    const struct sp_yaml *node = sp_yaml_get(root, "logsource");
    int rc;

    *ret = (struct sp_logsource){ SP_STR_NONE, SP_STR_NONE, SP_STR_NONE };
    if (!node)
        return sigma_refuse(s, root, "`logsource` is missing");
    if (node->kind != SP_Y_MAP)
        return sigma_refuse(s, node, "`logsource` must be a map of product, category and service");
    rc = text_member(s, node, "product", &ret->product);
    if (rc == 0)
        rc = text_member(s, node, "category", &ret->category);
    if (rc == 0)
        rc = text_member(s, node, "service", &ret->service);
    if (rc == 0 && ret->product.len + ret->category.len + ret->service.len == 0)
        return sigma_refuse(s, node, "the log source is empty; give product, category or service");
    return rc;
}

static int metadata(struct sigma *s, const struct sp_yaml *root, struct sp_rule *rule)
{
    const struct sp_yaml *id = sp_yaml_get(root, "id"), *date = sp_yaml_get(root, "date");
    int rc = level_and_status(s, root, rule);

    if (rc == 0)
        rc = text_member(s, root, "description", &rule->description);
    if (rc == 0 && id && !is_uuid(rule->id))
        rc = sigma_warn(s, id, "the id is no UUID");
    if (rc == 0 && date && (!sp_yaml_scalar(date) || !is_date(date->text)))
        rc = sigma_warn(s, date, "the date is not written YYYY-MM-DD");
    return rc == 0 ? tags(s, root, rule) : rc;
}

/* Conditions of the rule itself, and those that pipelines add. */
static int condition(struct sigma *s, const struct sp_yaml *detection, struct sp_rule *rule)
{
    const struct sp_expr *part[2];
    int rc;

    s->logsource = s->written = rule->logsource;
    rc = sigma_pipeline_logsource(s, detection);
    if (rc)
        return rc;
    rule->logsource = s->logsource;
    rc = sigma_detection(s, detection, &part[0]);
    if (rc == 0)
        rc = sigma_pipeline_conditions(s, &part[1]);
    if (rc)
        return rc;
    rule->condition = part[1] ? sigma_expr(s, SP_E_AND, part, 2) : part[0];
    return rule->condition ? 0 : SP_ERR_NOMEM;
}

int sigma_rule(struct sigma *s, const struct sp_yaml *root, struct sp_doc *doc)
{
    const struct sp_yaml *detection = sp_yaml_get(root, "detection"), *title = sp_yaml_get(root, "title");
    struct sp_rule *rule = sp_arena_zalloc(s->arena, sizeof *rule);
    int rc;

    if (!rule)
        return SP_ERR_NOMEM;
    s->rule = rule;
    rule->file = doc->file;
    rule->line = doc->line;
    rule->id = doc->id;
    rule->title = doc->title;
    if (!title || !sp_yaml_scalar(title) || title->kind == SP_Y_NULL || title->text.len == 0)
        return sigma_refuse(s, title ? title : root, "`title` is missing");
    rc = sigma_logsource(s, root, &rule->logsource);
    if (rc == 0 && !detection)
        return sigma_refuse(s, root, "`detection` is missing");
    if (rc == 0)
        rc = metadata(s, root, rule);
    if (rc == 0)
        rc = condition(s, detection, rule);
    rule->item = s->item;
    rule->item_count = s->item_count;
    return rc;
}

static const char *const level_names[] = { "unknown", "informational", "low", "medium", "high", "critical" };
static const char *const status_names[] = { "none", "stable", "test", "experimental", "deprecated", "unsupported" };

const char *sp_level_name(enum sp_level level)
{
    return level_names[level];
}

int sp_level_parse(struct sp_str word, enum sp_level *ret)
{
    for (int i = 1; i < 6; i++)
        if (sigma_same(word, sp_str_c(level_names[i]))) {
            *ret = (enum sp_level)i;
            return 0;
        }
    return -1;
}

const char *sp_status_name(enum sp_status status)
{
    return status_names[status];
}

int sp_status_parse(struct sp_str word, enum sp_status *ret)
{
    for (int i = 1; i < 6; i++)
        if (sigma_same(word, sp_str_c(status_names[i]))) {
            *ret = (enum sp_status)i;
            return 0;
        }
    return -1;
}
