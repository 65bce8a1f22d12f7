/* SPDX-License-Identifier: Apache-2.0
 *
 * A Sigma rule (specification 2.1.0) as a tree of items, and the set of rules that a hunt runs.
 *
 *   condition: sel and not 1 of filter_*          AND
 *                                                ╱   ╲
 *                                            sel       NOT
 *                                            AND        │
 *                                           ╱   ╲     COUNT >= 1
 *                                         item  item   ╱    ╲
 *                                                    AND    AND ...
 *
 * Selections are expanded where the condition names them; an expression keeps the name of the identifier it came
 * from, for `explain`. An item is one line `field|modifiers: values`. Values are patterns that are ready to compare:
 * folded unless `cased`, escapes resolved (SPEC: sigma-T2), encodings applied.
 *
 * Everything in a rule set lives in its arena and never changes once loaded: all threads share it.
 */
#ifndef SP_RULE_RULE_H
#define SP_RULE_RULE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/str.h"
#include "event/taxonomy.h"
#include "rule/regex.h"
#include "spoor/ctx.h"

/* How a pattern compares with one value of the event. */
enum sp_pattern_kind {
    SP_P_TEXT,    /* the text of the value, with `where` and tokens below */
    SP_P_NUMBER,  /* equal as decimals of any length (SPEC: sigma-T7) */
    SP_P_BOOL,    /* a boolean, or text that reads so in any case */
    SP_P_NULL,    /* missing, JSON null or an empty array (SPEC: sigma-T5) */
    SP_P_REGEX,
    SP_P_CIDR,
    SP_P_COMPARE, /* gt, gte, lt, lte: `number` and `compare` (SPEC: sigma-T20) */
    SP_P_TIMEPART,/* minute .. year of the value read as a time equals `part_value` (SPEC: sigma-T21) */
    SP_P_FIELD    /* fieldref: the text of field `field`, with `where` (SPEC: sigma-T17) */
};

enum sp_where { SP_WHERE_WHOLE, SP_WHERE_START, SP_WHERE_END, SP_WHERE_ANY }; /* equals, startswith, endswith, contains */

enum sp_token_kind {
    SP_T_LITERAL, /* bytes, folded unless cased; the fast paths look for patterns of one literal */
    SP_T_ONE,     /* `?`: one code point, newlines too (SPEC: sigma-T3) */
    SP_T_MANY,    /* `*`: any run of code points */
    SP_T_DASH     /* windash: one of - / U+2013 U+2014 U+2015 (SPEC: sigma-T10) */
};

struct sp_token {
    enum sp_token_kind kind;
    struct sp_str literal;
};

enum sp_compare { SP_GT, SP_GTE, SP_LT, SP_LTE, SP_EQ, SP_NEQ };
enum sp_timepart { SP_MINUTE, SP_HOUR, SP_DAY, SP_WEEK, SP_MONTH, SP_YEAR };

/* What a kind does not name is another kind's: look at `kind` first. There are tens of thousands of them. */
struct sp_pattern {
    enum sp_pattern_kind kind;
    enum sp_where where;       /* TEXT, FIELD */
    union {
        uint32_t token_count;      /* TEXT; none = empty text */
        uint32_t field_id;         /* FIELD: as the item's */
        enum sp_compare compare;   /* COMPARE */
        enum sp_timepart part;     /* TIMEPART */
    };
    bool cased;                /* TEXT, FIELD */
    bool truth;                /* BOOL */
    uint8_t prefix;            /* CIDR: 0..128 over the 16 bytes */
    union {
        const struct sp_token *token;  /* TEXT: no MANY at an end that `where` leaves open */
        struct sp_str number;          /* NUMBER, COMPARE: canonical decimal -?digits[.digits], no exponent */
        int64_t part_value;            /* TIMEPART */
        const struct sp_regex *regex;  /* REGEX; regex->id is its index in the set */
        uint8_t network[16];           /* CIDR: v4 as v4-mapped */
        struct sp_str field;           /* FIELD */
    };
    struct sp_str text;        /* as the rule has it, for `explain` and "why" */
};

struct sp_item {
    uint32_t id;               /* unique in its rule, from 0 */
    struct sp_str field;       /* empty: keyword item, over every scalar value (SPEC: sigma-T13) */
    uint32_t field_id;         /* number of the field's name in its set (sp_rule_set.field) */
    struct sp_str selection;   /* the identifier it stands in */
    const struct sp_str *modifier; /* as written, in order */
    uint32_t modifier_count;
    const struct sp_pattern *pattern;
    uint32_t pattern_count;
    bool all;                  /* every pattern must match (some value each), else any */
    bool neq;                  /* NOT of the whole (SPEC: sigma-T18; FIELD: T17) */
    bool exists, exists_wanted;/* `exists`: no patterns (SPEC: sigma-T6) */
    uint32_t line, column;     /* in the rule's file */
};

enum sp_expr_kind { SP_E_ITEM, SP_E_AND, SP_E_OR, SP_E_NOT, SP_E_COUNT }; /* COUNT: at least `least` of the children */

struct sp_expr {
    enum sp_expr_kind kind;
    const struct sp_item *item;          /* ITEM */
    const struct sp_expr *const *child;
    uint32_t child_count, least;
    struct sp_str name;                  /* identifier it stands for, or empty */
};

enum sp_level { SP_LEVEL_UNKNOWN, SP_LEVEL_INFORMATIONAL, SP_LEVEL_LOW, SP_LEVEL_MEDIUM, SP_LEVEL_HIGH, SP_LEVEL_CRITICAL };
enum sp_status { SP_STATUS_NONE, SP_STATUS_STABLE, SP_STATUS_TEST, SP_STATUS_EXPERIMENTAL, SP_STATUS_DEPRECATED, SP_STATUS_UNSUPPORTED };

struct sp_rule {
    struct sp_str id, title, description; /* id may be empty */
    enum sp_level level;
    enum sp_status status;
    const struct sp_str *tag;
    uint32_t tag_count;
    struct sp_logsource logsource;
    struct sp_digest sha256;             /* of the rule document's own bytes */
    struct sp_str file;
    uint32_t line;                       /* of the document's first key */
    const struct sp_expr *condition;     /* a list of conditions is their OR; filters are built in */
    const struct sp_item *const *item;   /* all items, by id */
    uint32_t item_count;
    uint32_t rank;                       /* position in the order of rule ids (then file, line), for sorting */
    bool own;                            /* spoor's own, compiled in */
};

enum sp_doc_kind { SP_DOC_RULE, SP_DOC_CORRELATION, SP_DOC_FILTER };
enum sp_verdict { SP_VERDICT_OK, SP_VERDICT_WARN, SP_VERDICT_REFUSED };

/* One document of a file and what became of it, in order of (file, line). */
struct sp_doc {
    struct sp_str file, id, title;
    uint32_t line;
    enum sp_doc_kind kind;
    enum sp_verdict verdict;
    const struct sp_str *reason; /* `line:column: sentence`, refusal first */
    uint32_t reason_count;
    const struct sp_rule *rule;  /* NULL when refused, a correlation or a filter */
    bool left_out;               /* good, but not chosen (status, level, --rule ...): not in the plan, not refused */
};

struct sp_rule_options {
    const char *const *path; /* files, folders */
    size_t path_count;
    bool own;                /* spoor's own as well */
    enum sp_level level_least;
    uint32_t status_mask;    /* 1 << enum sp_status; 0: NONE, stable, test, experimental */
    const char *const *only_id, *const *exclude_id, *const *tag;
    size_t only_id_count, exclude_id_count, tag_count;
    const char *const *list; /* NAME=FILE of --list */
    size_t list_count;
    const char *const *pipeline; /* files of --pipeline */
    size_t pipeline_count;
    const char *const *password; /* of archives */
    size_t password_count;
    const struct sp_limits *limits;
    const struct sp_ctx *ctx;
};

struct sp_rule_set {
    struct sp_arena arena;             /* of a set that was loaded; */
    void *image;                       /* of one from the plan cache: the mapping (rule_image.h) */
    size_t image_bytes;
    const struct sp_rule *const *rule; /* chosen rules, by rank */
    uint32_t rule_count;
    const struct sp_doc *doc;
    uint32_t doc_count;
    const uint32_t *told;              /* refused documents in the order in which they were told */
    uint32_t told_count;
    uint32_t regex_count;              /* regex->id is below it */
    const struct sp_str *field;        /* every field name that a chosen rule asks for, once; keywords have the empty one */
    uint32_t field_count;
    struct sp_digest sha256;           /* of all chosen documents in rank order, lists and pipelines */
};

/* Load and check. Refused documents are in `doc`, told to ctx->note, and leave the rest; a path that is not
 * there, a list or a pipeline that is wrong: SP_ERR_USAGE. The same id twice: the first path in byte order wins, the
 * other is refused with both places; a user's rule wins over spoor's own silently. `ret` is to be freed with
 * sp_rules_free also after an error. */
int sp_rules_load(const struct sp_rule_options *options, struct sp_rule_set **ret, struct sp_error *err);
void sp_rules_free(struct sp_rule_set *set);

/* Append the rule's own document. False: its file is not what it was, or memory ran out. */
struct sp_buf;
bool sp_rule_document(const struct sp_rule *rule, struct sp_buf *out);

const char *sp_level_name(enum sp_level level);
int sp_level_parse(struct sp_str word, enum sp_level *ret);  /* -1: no such level */
const char *sp_status_name(enum sp_status status);
int sp_status_parse(struct sp_str word, enum sp_status *ret);

/* spoor's own rules, generated into C from rules/ (rules/NAME.yml and their examples rules/examples/NAME.ndjson). */
struct sp_own_file {
    const char *name;
    const char *text;
    uint32_t length;
};
extern const struct sp_own_file sp_own_rules[];
extern const uint32_t sp_own_rule_count;

#endif
