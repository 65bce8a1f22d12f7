/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of rule documents: verdicts, reasons with their places, filters, correlations, twins, value lists, pipelines.
 */
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "rule/rule_load.h"
#include "rule/yaml.h"
#include "tap.h"

static struct sp_rule_set *set;
static struct sp_limits limits;
static struct sp_error err;

/* Load a text; the number of documents. `set` stays for the test to look at. */
static uint32_t load(const char *text, const struct sp_rule_options *given)
{
    struct sp_rule_options options = given ? *given : (struct sp_rule_options){ 0 };

    sp_rules_free(set);
    limits = sp_limits_default();
    options.limits = &limits;
    err = (struct sp_error){ 0 };
    if (sp_rules_parse(SP_STR("t.yml"), sp_str_c(text), &options, &set, &err) < 0)
        return 0;
    return set->doc_count;
}

#define HEAD "title: t\nid: 5a0c0000-0000-4000-8000-000000000001\nlevel: high\nstatus: test\nlogsource: {product: windows}\n"

/* The first document is refused and its reason holds the words. */
static void refused(int line, const char *detection, const char *words)
{
    static char text[8192];

    (void)snprintf(text, sizeof text, HEAD "detection: %s\n", detection);
    if (load(text, NULL) != 1 || set->doc[0].verdict != SP_VERDICT_REFUSED || !set->doc[0].reason_count ||
        sp_str_find(set->doc[0].reason[0], sp_str_c(words)) == SIZE_MAX)
        tap_fail("line %d: %s: verdict %d, '%.*s', wanted a refusal with '%s'", line, detection, (int)set->doc[0].verdict,
                 SP_STR_ARG(set->doc[0].reason_count ? set->doc[0].reason[0] : SP_STR_NONE), words);
}
#define REFUSED(detection, words) refused(__LINE__, detection, words)

TEST(chains_that_make_no_sense_are_refused_with_the_reason)
{
    REFUSED("{s: {A|contains|endswith: x}, condition: s}", "two of contains");
    REFUSED("{s: {A|contains|re: x}, condition: s}", "first modifier");
    REFUSED("{s: {A|exists|contains: true}, condition: s}", "only modifier");
    REFUSED("{s: {A|cidr|contains: 10.0.0.0/8}, condition: s}", "text modifier");
    REFUSED("{s: {A|gt|lt: 5}, condition: s}", "two comparisons");
    REFUSED("{s: {A|contains|base64: x}, condition: s}", "encodings come first");
    REFUSED("{s: {A|windash|base64: x}, condition: s}", "windash");
    REFUSED("{s: {A|fieldref|windash: B}, condition: s}", "fieldref");
    REFUSED("{s: {A|nonsense: B}, condition: s}", "nonsense");
    REFUSED("{s: {'|cidr': 10.0.0.0/8}, condition: s}", "keyword");
}

TEST(values_that_do_not_fit_are_refused)
{
    REFUSED("{s: {A|contains: 5}, condition: s}", "number");
    REFUSED("{s: {A|re: 5}, condition: s}", "number");
    REFUSED("{s: {A|gt: many}, condition: s}", "number");
    REFUSED("{s: {A|exists: maybe}, condition: s}", "true or false");
    REFUSED("{s: {A: []}, condition: s}", "empty list");
    REFUSED("{s: {A: {B: c}}, condition: s}", "map");
    REFUSED("{s: {A: .inf}, condition: s}", "not finite");
    REFUSED("{s: {A|cidr: 10.0.0.0/40}, condition: s}", "prefix");
    REFUSED("{s: {A|cidr: nowhere}, condition: s}", "no address");
    REFUSED("{s: {A|hour: 1.5}, condition: s}", "hour");
    REFUSED("{s: {A|fieldref: 5}, condition: s}", "name of a field");
    REFUSED("{s: {A|re: 'a(b'}, condition: s}", "regular expression");
    REFUSED("{s: {A|contains: true}, condition: s}", "boolean");
    REFUSED("{s: {A|expand: '%nobody%'}, condition: s}", "nobody");
}

TEST(conditions_that_do_not_hold_together_are_refused)
{
    REFUSED("{s: {A: x}}", "condition");
    REFUSED("{condition: s}", "no search identifier");
    REFUSED("{s: {A: x}, condition: []}", "empty");
    REFUSED("{s: {A: x}, condition: 5}", "text");
    REFUSED("{s: {A: x}, condition: s s}", "stands where");
    REFUSED("{s: {A: x}, condition: 's & s'}", "&");
    REFUSED("{s: {A: x}, condition: 3 of s*}", "3 of 1");
    REFUSED("{s: {A: x}, condition: 1 of}", "of");
    REFUSED("{s: {A: x}, condition: not}", "ends");
    REFUSED("{s: [[x]], condition: s}", "list inside");
    REFUSED("{s: {}, condition: s}", "empty selection");
    REFUSED("{s: true, condition: s}", "no selection");
    REFUSED("x", "map");
}

TEST(encodings_in_an_order_that_means_something_else_are_refused)
{
    REFUSED("{s: {A|base64|wide: xx}, condition: s}", "after another encoding");
    REFUSED("{s: {A|base64|base64offset: xx}, condition: s}", "after another encoding");
    REFUSED("{s: {A|utf16le|utf16be: xx}, condition: s}", "after another encoding");
    REFUSED("{s: {A|base64offset|contains: x}, condition: s}", "too short");
    REFUSED("{s: {A|hour|minute: 5}, condition: s}", "two parts");
    REFUSED("{s: {A|hour: 24}, condition: s}", "hour");
    REFUSED("{s: {A|month: 0}, condition: s}", "month");
}

TEST(all_asks_for_each_value_in_any_of_its_forms)
{
    is_u64(load(HEAD "detection: {s: {A|base64offset|contains|all: [foo, bar]}, condition: s}\n", NULL), 1);
    is_u64(set->rule[0]->condition->kind, SP_E_AND);
    is_u64(set->rule[0]->condition->child_count, 2);
    is_u64(set->rule[0]->item[0]->pattern_count, 3);
    ok(!set->rule[0]->item[0]->all && !set->rule[0]->item[1]->all);
    is_u64(load(HEAD "detection: {s: {A|base64offset|contains|all|neq: [foo, bar]}, condition: s}\n", NULL), 1);
    is_u64(set->rule[0]->condition->kind, SP_E_NOT);
}

/* `count` identifiers and a condition of `terms` times `1 of a*`; its verdict. */
static enum sp_verdict long_condition(unsigned count, unsigned terms)
{
    struct sp_buf text;
    enum sp_verdict verdict;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, HEAD "detection:\n");
    for (unsigned i = 0; i < count; i++)
        sp_buf_printf(&text, "  a%u: {A: x}\n", i);
    sp_buf_text(&text, "  condition: 1 of a*");
    for (unsigned i = 1; i < terms; i++)
        sp_buf_text(&text, " or 1 of a*");
    sp_buf_add(&text, "\n", 2);
    is_u64(load(text.ptr, NULL), 1);
    verdict = set->doc[0].verdict;
    sp_buf_done(&text);
    return verdict;
}

TEST(a_long_condition_over_many_identifiers_stays_bounded)
{
    is_u64(long_condition(300, 300), SP_VERDICT_OK);
    is_u64(long_condition(20000, 20000), SP_VERDICT_REFUSED);
}

/* The digest that a text's first rule gets is that of `wanted`. */
static void hashed(const char *text, const char *wanted)
{
    struct sp_digest digest;

    ok(load(text, NULL) > 0 && set->rule_count > 0 && sp_sha256(sp_str_c(wanted), &digest));
    ok(set->rule_count && memcmp(set->rule[0]->sha256.bytes, digest.bytes, sizeof digest.bytes) == 0);
}

TEST(one_document_is_hashed_with_all_of_its_file_several_between_their_lines)
{
#define BODY "logsource: {product: p}\ndetection: {s: {A: x}, condition: s}\n"
    hashed("# head\n---\ntitle: a\nid: a\n" BODY, "# head\n---\ntitle: a\nid: a\n" BODY);
    hashed("title: a\nid: a\n" BODY "---\n# nothing\n", "title: a\nid: a\n" BODY "---\n# nothing\n");
    hashed("---\ntitle: a\nid: a\n" BODY "---\ntitle: b\nid: b\n" BODY, "title: a\nid: a\n" BODY);
}

TEST(text_behind_the_end_of_a_document_is_not_passed_over)
{
    is_u64(load(HEAD "detection: {s: {A: x}, condition: s}\n...\n# fine\n", NULL), 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_OK);
    is_u64(load(HEAD "detection: {s: {A: x}, condition: s}\n...\ntitle: lost\n", NULL), 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_REFUSED);
}

TEST(a_condition_nested_without_end_is_refused)
{
    static char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "{s: {A: x}, condition: '");

    memset(text + n, '(', 2000);
    memcpy(text + n + 2000, "s'}", 4);
    REFUSED(text, "nested deeper");
}

TEST(the_place_of_a_mistake_is_its_line_and_column)
{
    is_u64(load(HEAD "detection:\n  s:\n    A|nonsense: x\n  condition: s\n", NULL), 1);
    ok(sp_str_starts(set->doc[0].reason[0], SP_STR("8:5: ")));
}

TEST(what_only_describes_is_warned_about)
{
    is_u64(load("title: t\nid: 7\nlevel: terrible\nstatus: odd\ndate: yesterday\ntags: x\nlogsource: {product: windows}\ndetection: {s: {A: x}, condition: s}\n", NULL), 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_WARN);
    is_u64(set->doc[0].reason_count, 5);
    is_u64(set->rule[0]->level, SP_LEVEL_UNKNOWN);
    is_u64(load(HEAD "detection: {s: {A|contains|all: x}, t: {B: y}, condition: s}\n", NULL), 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_WARN);
    is_u64(set->doc[0].reason_count, 2);
}

TEST(what_is_missing_is_named)
{
    is_u64(load("id: 1\nlogsource: {product: windows}\ndetection: {s: {A: x}, condition: s}\n", NULL), 1);
    ok(sp_str_find(set->doc[0].reason[0], SP_STR("title")) != SIZE_MAX);
    is_u64(load("title: t\nlogsource: {}\ndetection: {s: {A: x}, condition: s}\n", NULL), 1);
    ok(sp_str_find(set->doc[0].reason[0], SP_STR("log source is empty")) != SIZE_MAX);
    is_u64(load("title: t\nlogsource: {product: windows}\n", NULL), 1);
    ok(sp_str_find(set->doc[0].reason[0], SP_STR("detection")) != SIZE_MAX);
}

TEST(one_bad_document_leaves_the_others_and_the_first_of_an_id_wins)
{
    is_u64(load(HEAD "detection: {s: {A: x}, condition: s}\n---\ntitle: [\n---\n" HEAD "detection: {s: {A: y}, condition: s}\n", NULL), 3);
    is_u64(set->rule_count, 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_OK);
    is_u64(set->doc[1].verdict, SP_VERDICT_REFUSED);
    is_u64(set->doc[2].verdict, SP_VERDICT_REFUSED);
    ok(sp_str_find(set->doc[2].reason[0], SP_STR("t.yml:1")) != SIZE_MAX);
}

TEST(filters_add_their_condition_to_the_rules_they_name)
{
    is_u64(load(HEAD "name: n\ndetection: {s: {A: x}, condition: s}\n---\ntitle: f\nlogsource: {product: windows}\n"
                     "filter: {rules: [n], selection: {U: y}, condition: not selection}\n", NULL), 2);
    is_u64(set->doc[1].kind, SP_DOC_FILTER);
    is_u64(set->rule[0]->item_count, 2);
    is_u64(set->rule[0]->condition->kind, SP_E_AND);
    is_u64(load(HEAD "detection: {s: {A: x}, condition: s}\n---\ntitle: f\nlogsource: {product: linux}\n"
                     "filter: {rules: any, selection: {U: y}, condition: not selection}\n", NULL), 2);
    is_u64(set->rule[0]->item_count, 1);
    is_u64(load("title: f\nlogsource: {product: linux}\nfilter: {selection: {U: y}, condition: [a]}\n", NULL), 1);
    is_u64(set->doc[0].verdict, SP_VERDICT_REFUSED);
}

/* A correlation document with this body; its verdict. */
static enum sp_verdict correlation(const char *body)
{
    static char text[2048];

    (void)snprintf(text, sizeof text, "title: c\ncorrelation: %s\n", body);
    is_u64(load(text, NULL), 1);
    is_u64(set->doc[0].kind, SP_DOC_CORRELATION);
    return set->doc[0].verdict;
}

TEST(correlations_are_checked)
{
    is_u64(correlation("{type: event_count, rules: [r], group-by: [U], timespan: 5m, condition: {gte: 3}}"), SP_VERDICT_OK);
    is_u64(correlation("{type: temporal, rules: [r, q], group-by: [U], timespan: 1h}"), SP_VERDICT_OK);
    is_u64(correlation("{type: value_count, rules: r, group-by: U, timespan: 1d, condition: {field: F, gte: 3, lt: 9}}"), SP_VERDICT_OK);
    is_u64(correlation("{type: event_count, rules: [r], timespan: 5m, condition: {gte: 3}}"), SP_VERDICT_WARN);
    is_u64(correlation("{type: event_count, rules: [r], group-by: [U], timespan: 5y, condition: {gte: 3}}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: event_count, rules: [r], group-by: [U], condition: {gte: 3}}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: often, rules: [r], group-by: [U], timespan: 5m}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: event_count, group-by: [U], timespan: 5m, condition: {gte: 3}}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: value_count, rules: r, group-by: U, timespan: 1d, condition: {gte: 3}}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: temporal, rules: [r], group-by: [U], timespan: 5m, condition: 'a and b'}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: event_count, rules: [r], group-by: [U], timespan: 5m, condition: {about: 3}}"), SP_VERDICT_REFUSED);
    is_u64(correlation("{type: event_count, rules: [r], group-by: [U], timespan: 5m, condition: {gte: x}}"), SP_VERDICT_REFUSED);
}

TEST(free_text_under_correlation_is_no_correlation)
{
    is_u64(load(HEAD "correlation: see also the other one\ndetection: {s: {A: x}, condition: s}\n", NULL), 1);
    is_u64(set->doc[0].kind, SP_DOC_RULE);
    is_u64(set->doc[0].verdict, SP_VERDICT_WARN);
}

/* A scratch file; its path. */
static const char *file_with(const char *text)
{
    static char path[64];
    FILE *f;
    int fd;

    (void)snprintf(path, sizeof path, "%s", "/tmp/spoor-test-XXXXXX");
    fd = mkstemp(path);
    f = fd >= 0 ? fdopen(fd, "w") : NULL;
    ok(f && fputs(text, f) >= 0 && fclose(f) == 0);
    return path;
}

TEST(placeholders_take_the_values_of_their_list)
{
    static char option[128];
    const char *list[1] = { option }, *path = file_with("\xEF\xBB\xBF" "adm_*\r\n\r\njo\n");

    (void)snprintf(option, sizeof option, "Admins=%s", path);
    is_u64(load(HEAD "detection: {s: {U|expand: 'x%Admins%\\%y'}, condition: s}\n", &(struct sp_rule_options){ .list = list, .list_count = 1 }), 1);
    is_u64(set->rule_count, 1);
    is_u64(set->rule[0]->item[0]->pattern_count, 2);
    is_str(set->rule[0]->item[0]->pattern[1].token[0].literal, "xjo%y");
    unlink(path);
    path = file_with("%SystemRoot%\\a\nb\n"); /* what a list says is no placeholder again */
    (void)snprintf(option, sizeof option, "Dirs=%s", path);
    is_u64(load(HEAD "detection: {s: {U|expand|all: ['%Dirs%\\c', '\\\\%Dirs%']}, condition: s}\n", &(struct sp_rule_options){ .list = list, .list_count = 1 }), 1);
    is_u64(set->rule_count, 1);
    if (set->rule_count) {
        is_u64(set->rule[0]->item_count, 2);
        is_str(set->rule[0]->item[0]->pattern[0].token[0].literal, "%systemroot%\\a\\c");
        is_str(set->rule[0]->item[1]->pattern[1].token[0].literal, "\\b");
    }
    unlink(path);
    is_u64(load(HEAD "detection: {s: {U: x}, condition: s}\n", &(struct sp_rule_options){ .list = list, .list_count = 1 }), 0);
    is_i64(err.code, SP_ERR_USAGE);
    list[0] = "nonsense";
    is_u64(load(HEAD "detection: {s: {U: x}, condition: s}\n", &(struct sp_rule_options){ .list = list, .list_count = 1 }), 0);
    is_text(err.where, "--list");
}

/* A rule through a pipeline; false when the pipeline itself was refused. */
static bool through(const char *pipeline)
{
    const char *path[1] = { file_with(pipeline) };
    bool good = load(HEAD "detection: {s: {A|contains: x, B: y}, condition: s}\n", &(struct sp_rule_options){ .pipeline = path, .pipeline_count = 1 }) == 1;

    unlink(path[0]);
    return good;
}

TEST(pipelines_change_names_log_sources_and_conditions)
{
    ok(through("transformations: [{type: field_name_mapping, mapping: {A: [P, Q]}}]\n"));
    is_u64(set->rule[0]->item_count, 3);
    is_str(set->rule[0]->item[0]->field, "P");
    ok(through("transformations: [{type: field_name_prefix, prefix: win., field_name_conditions: [{type: exclude_fields, fields: [B]}]}]\n"));
    is_str(set->rule[0]->item[0]->field, "win.A");
    is_str(set->rule[0]->item[1]->field, "B");
    ok(through("transformations: [{type: change_logsource, product: other, service: s, rule_conditions: [{type: logsource, product: windows}]}]\n"));
    is_str(set->rule[0]->logsource.product, "other");
    ok(through("transformations: [{type: add_condition, conditions: {C: z}, negated: true}]\n"));
    is_u64(set->rule[0]->item_count, 3);
    ok(through("transformations: [{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [A]}]}]\n"));
    is_u64(set->rule[0]->item_count, 1);
    ok(through("transformations: [{type: rule_failure, message: not here, rule_conditions: [{type: logsource, product: windows}]}]\n"));
    is_u64(set->doc[0].verdict, SP_VERDICT_REFUSED);
    ok(through("transformations: [{type: rule_failure, message: not here, rule_conditions: [{type: logsource, product: linux}]}]\n"));
    is_u64(set->doc[0].verdict, SP_VERDICT_OK);
}

TEST(a_pipeline_step_sees_the_log_source_that_the_steps_before_it_left)
{
    ok(through("transformations:\n- {type: add_condition, conditions: {EventID: 1}, rule_conditions: [{type: logsource, product: windows}]}\n"
               "- {type: change_logsource, service: sysmon, rule_conditions: [{type: logsource, product: windows}]}\n"
               "- {type: field_name_prefix, prefix: no., rule_conditions: [{type: logsource, product: windows}]}\n"));
    is_u64(set->rule[0]->item_count, 3);
    is_str(set->rule[0]->item[0]->field, "A");
    is_str(set->rule[0]->logsource.service, "sysmon");
}

TEST(what_a_pipeline_adds_only_the_steps_behind_it_change)
{
    ok(through("transformations:\n- {type: field_name_prefix, prefix: x.}\n- {type: add_condition, conditions: {C: z}}\n- {type: field_name_mapping, mapping: {C: D}}\n"));
    is_str(set->rule[0]->item[0]->field, "x.A");
    is_str(set->rule[0]->item[2]->field, "D");
    ok(through("transformations:\n- {type: add_condition, conditions: {C: z}}\n- {type: add_condition, conditions: {E: z}}\n"
               "- {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [C, E]}]}\n"));
    is_u64(set->rule[0]->item_count, 2);
    is_u64(set->doc[0].verdict, SP_VERDICT_OK);
}

TEST(field_conditions_of_a_pipeline_go_by_the_name_of_the_moment)
{
    ok(through("transformations:\n- {type: field_name_mapping, mapping: {A: P}}\n"
               "- {type: field_name_prefix, prefix: x., field_name_conditions: [{type: include_fields, fields: [A, P]}], field_name_cond_not: true}\n"));
    is_str(set->rule[0]->item[0]->field, "P");
    is_str(set->rule[0]->item[1]->field, "x.B");
}

TEST(pipelines_run_by_priority_and_rename_what_fieldref_names)
{
    static char late[64], soon[64];
    const char *path[2] = { late, soon };

    (void)snprintf(late, sizeof late, "%s", file_with("priority: 20\ntransformations: [{type: field_name_mapping, mapping: {B: Z}}]\n"));
    (void)snprintf(soon, sizeof soon, "%s", file_with("priority: 10\ntransformations: [{type: field_name_mapping, mapping: {A: [B, C]}}]\n"));
    is_u64(load(HEAD "detection: {s: {U|fieldref: A}, condition: s}\n", &(struct sp_rule_options){ .pipeline = path, .pipeline_count = 2 }), 1);
    is_u64(set->rule[0]->item[0]->pattern_count, 2);
    is_str(set->rule[0]->item[0]->pattern[0].field, "Z");
    is_str(set->rule[0]->item[0]->pattern[1].field, "C");
    unlink(late);
    unlink(soon);
}

TEST(a_filter_goes_by_the_log_source_as_written)
{
    const char *path[1] = { file_with("transformations: [{type: change_logsource, product: other}]\n") };

    is_u64(load(HEAD "detection: {s: {A: x}, condition: s}\n---\ntitle: f\nlogsource: {product: windows}\n"
                     "filter: {rules: any, selection: {U: y}, condition: not selection}\n", &(struct sp_rule_options){ .pipeline = path, .pipeline_count = 1 }), 2);
    is_u64(set->rule[0]->item_count, 2);
    unlink(path[0]);
}

TEST(pipelines_that_ask_for_more_are_refused_by_name)
{
    ok(!through("transformations: [{type: field_name_mapping, mapping: {A: B}, rule_cond_expression: x}]\n"));
    ok(strstr(err.what, "rule_cond_expression") != NULL);
    ok(!through("transformations: [{type: add_condition, conditions: {A: B}, template: true}]\n"));
    ok(strstr(err.what, "template") != NULL);
    ok(!through("transformations: [{type: field_name_mapping, mapping: [A]}]\n"));
    ok(!through("transformations: [{type: field_name_mapping, mapping: {A: {B: C}}}]\n"));
    ok(!through("transformations: [{type: field_name_mapping, mapping: {A: ''}}]\n"));
    ok(!through("transformations: [{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [A.*], mode: re}]}]\n"));
    ok(!through("transformations: [{type: drop_detection_item, field_name_conditions: [{type: include_fields}]}]\n"));

    ok(!through("transformations: [{type: replace_string}]\n"));
    ok(strstr(err.what, "replace_string") != NULL);
    ok(!through("transformations: [{type: add_condition, rule_conditions: [{type: tag}]}]\n"));
    ok(!through("transformations: [{type: add_condition, field_name_conditions: [{type: odd}]}]\n"));
    ok(!through("transformations: [{type: add_condition, detection_item_conditions: []}]\n"));
    ok(!through("transformations: []\nfinalizers: []\n"));
    ok(!through("nothing: here\n"));
    ok(!through("a: [\n"));
    ok(!through(""));
}

TEST(rules_are_chosen_by_level_status_id_and_tag)
{
    static const char text[] = "title: a\nid: a\nlevel: low\nstatus: stable\ntags: [x.y]\nlogsource: {product: p}\ndetection: {s: {A: x}, condition: s}\n---\n"
                               "title: b\nid: b\nlevel: critical\nstatus: deprecated\nlogsource: {product: p}\ndetection: {s: {A: x}, condition: s}\n---\n"
                               "title: c\nid: c\nlevel: high\nlogsource: {product: p}\ndetection: {s: {A: x}, condition: s}\n";
    const char *id[1] = { "c" }, *tag[1] = { "X.Y" };

    is_u64(load(text, NULL), 3);
    is_u64(set->rule_count, 2);
    ok(set->doc[1].left_out);
    load(text, &(struct sp_rule_options){ .level_least = SP_LEVEL_HIGH });
    is_u64(set->rule_count, 1);
    load(text, &(struct sp_rule_options){ .status_mask = 1u << SP_STATUS_DEPRECATED });
    is_str(set->rule[0]->id, "b");
    load(text, &(struct sp_rule_options){ .only_id = id, .only_id_count = 1 });
    is_str(set->rule[0]->id, "c");
    load(text, &(struct sp_rule_options){ .exclude_id = id, .exclude_id_count = 1 });
    is_str(set->rule[0]->id, "a");
    load(text, &(struct sp_rule_options){ .tag = tag, .tag_count = 1 });
    is_u64(set->rule_count, 1);
}

static const struct sp_yaml *yaml(struct sp_arena *arena, const char *text)
{
    const struct sp_yaml *root = NULL;

    limits = sp_limits_default();
    limits.yaml_aliases = 1000;
    return sp_yaml_parse(arena, sp_str_c(text), 1, &limits, &root, &err) < 0 ? NULL : root;
}

TEST(scalars_resolve_as_rule_authors_know_them)
{
    static const struct {
        const char *text;
        enum sp_yaml_kind kind;
        const char *number;
    } cases[] = { { "yes", SP_Y_BOOL, "" }, { "Off", SP_Y_BOOL, "" }, { "~", SP_Y_NULL, "" }, { "NULL", SP_Y_NULL, "" }, { "0x10", SP_Y_NUMBER, "16" },
                  { "010", SP_Y_NUMBER, "8" }, { "0b101", SP_Y_NUMBER, "5" }, { "1_000", SP_Y_NUMBER, "1000" }, { "1.0e+3", SP_Y_NUMBER, "1000" },
                  { "1e3", SP_Y_TEXT, "" }, { "12:30:00", SP_Y_TEXT, "" }, { "2026-03-02", SP_Y_TEXT, "" }, { "-0", SP_Y_NUMBER, "0" },
                  { "36893488147419103233", SP_Y_NUMBER, "36893488147419103233" }, { "1.50", SP_Y_NUMBER, "1.5" }, { "'5'", SP_Y_TEXT, "" },
                  { "!!str 5", SP_Y_TEXT, "" }, { "0xFFFFFFFFFFFFFFFFFF", SP_Y_NUMBER, "4722366482869645213695" }, { "y", SP_Y_TEXT, "" }, { ".5", SP_Y_NUMBER, "0.5" } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sp_arena arena;
        char text[64];
        const struct sp_yaml *root;

        sp_arena_init(&arena, SIZE_MAX);
        (void)snprintf(text, sizeof text, "k: %s\n", cases[i].text);
        root = yaml(&arena, text);
        if (!root || sp_yaml_get(root, "k")->kind != cases[i].kind)
            tap_fail("%s is a %s", cases[i].text, root ? sp_yaml_kind_name(sp_yaml_get(root, "k")->kind) : err.what);
        else if (cases[i].kind == SP_Y_NUMBER)
            is_str(sp_yaml_get(root, "k")->number, cases[i].number);
        sp_arena_done(&arena);
    }
}

TEST(yaml_that_is_hostile_or_odd_is_refused)
{
    static const char *const bad[] = { "a: 1\na: 2\n", "a: [", "a: !!python/object:os.system x\n", "a: !mine x\n", "a: *nobody\n", "a: &a [*a]\n",
                                       "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: "
                                       "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: "
                                       "{a: {a: {a: {a: {a: {a: {a: {a: 1",
                                       "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c]\n",
                                       "a: \"\x01\"\n", "a: \xFF\n" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sp_arena arena;

        sp_arena_init(&arena, SIZE_MAX);
        if (yaml(&arena, bad[i]))
            tap_fail("accepted: %.40s", bad[i]);
        sp_arena_done(&arena);
    }
}

TEST(merge_keys_and_aliases_share_what_they_name)
{
    struct sp_arena arena;
    const struct sp_yaml *root;

    sp_arena_init(&arena, SIZE_MAX);
    root = yaml(&arena, "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\nd: {\"<<\": b}\n");
    ok(root != NULL);
    if (root) {
        is_str(sp_yaml_get(sp_yaml_get(root, "b"), "x")->number, "1");
        is_str(sp_yaml_get(sp_yaml_get(root, "b"), "y")->number, "3");
        ok(sp_yaml_get(root, "c") == sp_yaml_get(root, "a"));
        is_str(sp_yaml_get(sp_yaml_get(root, "d"), "<<")->text, "b"); /* in quotes it is a key as any other */
    }
    sp_arena_done(&arena);
    sp_rules_free(set);
    set = NULL;
}
