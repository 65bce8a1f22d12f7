/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter that is written is read back as exactly what it was written from, whatever stands in the values.
 */
#include "base/buf.h"
#include "rule/filter_text.h"
#include "rule/rule_load.h"
#include "tap.h"

#define RULE "title: t\nid: 5a0c0000-0000-4000-8000-000000000001\nlogsource: {product: windows}\ndetection: {s: {A: x}, condition: s}\n---\n"

static struct sp_rule_set *set;

/* The rule with a filter of this one item; the text of the filter's pattern as the reader has it, or NULL. */
static const struct sp_pattern *read_back(struct sp_str field, struct sp_str value)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };
    struct sp_filter_item item = { field, value };
    struct sp_filter_document d = { .title = SP_STR("a: \"b\" # c\n---\n\u2028"), .id = SP_STR("5a0c0000-0000-4000-8000-000000000002"),
                                    .description = SP_STR("one\n---\n  two: {\n\n\x1b\x85"), .author = SP_STR("'"), .date = SP_STR("2026-03-02"),
                                    .logsource = { SP_STR("windows"), SP_STR_NONE, SP_STR_NONE },
                                    .rule = SP_STR("5a0c0000-0000-4000-8000-000000000001"), .item = &item, .count = 1 };
    struct sp_buf text;
    int rc;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, RULE);
    sp_filter_write(&text, &d);
    sp_rules_free(set);
    rc = sp_rules_parse(SP_STR("t.yml"), sp_buf_view(&text), &options, &set, NULL);
    sp_buf_done(&text);
    if (rc < 0 || set->doc_count != 2 || set->doc[1].verdict != SP_VERDICT_OK || set->rule_count != 1 || set->rule[0]->item_count != 2)
        return NULL;
    if (!sp_str_eq(set->rule[0]->item[1]->field, field))
        return NULL;
    return set->rule[0]->item[1]->pattern;
}

static void comes_back(int line, struct sp_str value)
{
    const struct sp_pattern *p = read_back(SP_STR("Field"), value);

    if (!p || p->kind != SP_P_TEXT || p->where != SP_WHERE_WHOLE || p->token_count != 1 || p->token[0].kind != SP_T_LITERAL ||
        !sp_str_eq(p->token[0].literal, value))
        tap_fail("line %d: '%.*s' does not come back", line, SP_STR_ARG(value));
}
#define COMES_BACK(text) comes_back(__LINE__, SP_STR(text))

TEST(values_come_back_as_they_were)
{
    COMES_BACK("plain");
    COMES_BACK("c:\\windows\\x.exe");
    COMES_BACK("\\\\host\\share\\");
    COMES_BACK("\\");
    COMES_BACK("\\\\");
    COMES_BACK("\\\\\\");
    COMES_BACK("a*b?c\\*d\\?e\\\\*");
    COMES_BACK("\"quoted\" 'and' %not% {a: b} # no comment");
    COMES_BACK("line\r\nends\tand\x01" "controls\x7f");
    COMES_BACK("\xc2\x85\u00a0\u2028\u2029\ufeff\u202e end");
    COMES_BACK(" spaces at both ends ");
    COMES_BACK("- no list");
    COMES_BACK("null");
    COMES_BACK("12");
    COMES_BACK("\U0001f600 \u00e9");
}

TEST(random_backslashes_and_wildcards_come_back)
{
    uint32_t state = 1;
    char text[12];

    for (int round = 0; round < 3000; round++) {
        size_t len = 1 + (size_t)round % 11;

        for (size_t i = 0; i < len; i++) {
            state = state * 1664525 + 1013904223;
            text[i] = "\\\\\\*?a"[state >> 24 & 7 ? (state >> 24) % 6 : 5];
        }
        comes_back(__LINE__, (struct sp_str){ text, len });
    }
}

TEST(names_that_would_read_as_modifiers_are_refused)
{
    ok(!sp_filter_field(SP_STR("a|re")));
    ok(!sp_filter_field(SP_STR("")));
    ok(sp_filter_field(SP_STR("userIdentity.arn")));
    ok(read_back(SP_STR("odd: \"name\" #"), SP_STR("v")) != NULL);
}
