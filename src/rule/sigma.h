/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the rule room: one document of a rule file in hand, on its way from YAML to rule.h.
 *
 *   sigma_text.c       a value's text ─▶ tokens, encodings            (SPEC: sigma-T2, T10, T11)
 *   sigma_item.c       `field|modifiers: values` ─▶ an item           (specs: sigma 4)
 *   sigma_condition.c  detection and condition ─▶ an expression       (specs: sigma 5)
 *   sigma_rule.c       a document ─▶ rule, with its metadata
 *   sigma_correlation.c  a correlation document, checked only
 *   pipeline.c         pySigma pipelines, applied while items are made
 *   rule_set.c         files ─▶ documents ─▶ the set
 *
 * Whatever a function here refuses, it says once with sigma_refuse and returns SIGMA_REFUSED; SP_ERR_NOMEM is the only
 * other failure. What is made lives in the set's arena; the YAML nodes do not.
 */
#ifndef SP_RULE_SIGMA_H
#define SP_RULE_SIGMA_H
#include "rule/rule.h"
#include "rule/yaml.h"

enum { SIGMA_REFUSED = -100 };

/* A value list of --list, for placeholders. */
struct sigma_list {
    struct sp_str name;
    struct sp_str *value;
    size_t count;
};

struct sigma_pipeline; /* pipeline.h */

/* What all documents of a set share. */
struct sigma_env {
    struct sp_rule_set *set;
    struct sp_arena *scratch; /* reset before each document: what rules do not keep */
    const struct sp_rule_options *options;
    struct sigma_list *list;
    size_t list_count;
    const struct sp_yaml **pipeline; /* parsed pipelines, in the set's arena */
    size_t pipeline_count;
};

/* The document in hand. */
struct sigma {
    struct sigma_env *env;
    struct sp_arena *arena;   /* the set's */
    struct sp_str *reason;    /* `line:column: sentence` */
    uint32_t reason_count, reason_room;
    bool refused;
    struct sp_rule *rule;
    const struct sp_item **item; /* made so far */
    uint32_t item_count, item_room;
    struct sp_logsource logsource; /* as the pipelines see it */
    struct sp_logsource written;   /* as the document has it: filters go by it */
    bool *step;               /* by step of the pipelines: do its rule conditions hold when its turn comes; NULL: none does */
    uint32_t step_from;       /* what a step adds only the steps behind it change */
    bool filter;              /* identifiers of a filter: none is hidden (specs: sigma 8) */
    uint32_t depth;
};

__attribute__((format(printf, 3, 4))) int sigma_refuse(struct sigma *s, const struct sp_yaml *at, const char *fmt, ...);
__attribute__((format(printf, 3, 4))) int sigma_warn(struct sigma *s, const struct sp_yaml *at, const char *fmt, ...);

/* What the modifiers of an item ask of its texts. */
struct sigma_mods {
    enum sp_where where;
    bool has_where, all, cased, exists, neq, re, windash, cidr, compare, timepart, expand, fieldref, keyword;
    uint32_t re_flags;
    enum { ENC_NONE, ENC_UTF16LE, ENC_UTF16BE, ENC_UTF16 } wide;
    enum { ENC_PLAIN, ENC_BASE64, ENC_BASE64OFFSET } base64;
    enum sp_compare comparison;
    enum sp_timepart part;
};

/* Append patterns made of one text value (three for base64offset). The list grows in scratch memory. */
struct sigma_patterns {
    struct sp_pattern *pattern;
    uint32_t count, room;
};
struct sp_pattern *sigma_pattern_add(struct sigma *s, struct sigma_patterns *to);
/* The whole list, kept; NULL: memory ran out. */
const struct sp_pattern *sigma_patterns_seal(struct sigma *s, const struct sigma_patterns *list);
int sigma_text_patterns(struct sigma *s, const struct sp_yaml *at, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to);

/* An expression from a selection: a map, a list, a scalar. */
int sigma_selection(struct sigma *s, const struct sp_yaml *node, struct sp_str name, const struct sp_expr **ret);
/* From one `key: value` of a map. */
int sigma_item(struct sigma *s, const struct sp_yaml *key, const struct sp_yaml *value, struct sp_str selection, const struct sp_expr **ret);
/* A keyword item from scalars (SPEC: sigma-T13). */
int sigma_keywords(struct sigma *s, const struct sp_yaml *const *value, uint32_t count, struct sp_str selection, const struct sp_expr **ret);

/* The whole `detection` with its condition. */
int sigma_detection(struct sigma *s, const struct sp_yaml *detection, const struct sp_expr **ret);

/* An expression of several; one child is itself. NULL: memory ran out. */
const struct sp_expr *sigma_expr(struct sigma *s, enum sp_expr_kind kind, const struct sp_expr *const *child, uint32_t count);

/* Documents. `doc` has file, line; kind, id, title and the rule are filled in. */
int sigma_rule(struct sigma *s, const struct sp_yaml *root, struct sp_doc *doc);
int sigma_correlation(struct sigma *s, const struct sp_yaml *root);
int sigma_logsource(struct sigma *s, const struct sp_yaml *root, struct sp_logsource *ret);
/* A filter document checked by itself; and its condition built for a rule (SPEC: sigma-T26). */
int sigma_filter_check(struct sigma *s, const struct sp_yaml *root);
bool sigma_filter_applies(const struct sp_yaml *root, const struct sp_rule *rule, struct sp_str rule_name, struct sp_logsource written,
                          struct sp_logsource filter);

/* Pipelines: SP_ERR_USAGE with the place when one holds what is not supported. */
int sigma_pipeline_check(const char *file, const struct sp_yaml *pipeline, struct sp_error *err);
int sigma_pipeline_priority(const struct sp_yaml *pipeline);
/* Walk the steps once: which hold, and the log source that comes out. Before any item is made. */
int sigma_pipeline_logsource(struct sigma *s, const struct sp_yaml *at);
/* The names a field is looked up by (one or more, OR); `*drop`: the item is dropped. */
int sigma_pipeline_field(struct sigma *s, struct sp_str field, struct sp_str **ret, uint32_t *ret_count, bool *drop);
/* AND of conditions that pipelines add, or NULL. */
int sigma_pipeline_conditions(struct sigma *s, const struct sp_expr **ret);

/* Give every field name that the set's rules ask for its number. 0 or SP_ERR_NOMEM. */
int sigma_number_fields(struct sp_rule_set *set);

struct sp_str sigma_copy(struct sigma *s, struct sp_str text); /* into the arena; ptr NULL: memory */
bool sigma_same(struct sp_str a, struct sp_str b);             /* without case */
bool sigma_glob(struct sp_str pattern, struct sp_str name);    /* `*` only */

#endif
