/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules against events, from text to verdict: the decisions of docs (contract 1) and the traps of specification sigma.md,
 * cited by number, each as (detection, event, what must come out).
 */
#include "base/error.h"
#include "event/event.h"
#include "match/eval.h"
#include "read/jsonl.h"
#include "rule/rule_load.h"
#include "tap.h"

static struct sp_taxonomy *taxonomy;
static struct sp_tree tree;
static struct sp_buf names;

/* 'T', 'F', 'U', or 'R' when the rule is refused. The event is of the class that the log source names. */
static char judge(const char *source, const char *detection, const char *json)
{
    static char text[4096];
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };
    struct sp_rule_set *set = NULL;
    struct sp_record record = { .kind = SP_RECORD_JSON, .tree = &tree };
    struct sp_event event = { .record = &record, .tree = &tree, .recognised = true };
    struct sp_logsource l = { SP_STR("windows"), sp_str_c(source), SP_STR_NONE };
    enum sp_truth truth = SP_FALSE;
    struct sp_events *events;
    struct sp_eval *eval;
    uint64_t duplicates = 0;
    size_t at = 0;
    char verdict;

    if (!taxonomy)
        sp_taxonomy_new(&taxonomy, NULL);
    (void)snprintf(text, sizeof text, "title: t\nlogsource: {product: windows, category: %s}\ndetection: %s\n", source, detection);
    ok(sp_rules_parse(SP_STR("t.yml"), sp_str_c(text), &options, &set, NULL) == 0);
    ok(sp_json_parse(sp_str_c(json), &at, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, NULL) == 1);
    ok(sp_taxonomy_for(taxonomy, l, &event.class_, NULL) == 0);
    for (uint32_t i = 0; strcmp(source, "security-4688") == 0 && i < sp_taxonomy_count(taxonomy); i++)
        if (sp_str_is(sp_taxonomy_class(taxonomy, i)->name, "security-4688"))
            event.class_ = sp_taxonomy_class(taxonomy, i);
    events = sp_events_new(taxonomy, NULL);
    eval = sp_eval_new(set, events);
    verdict = 'R';
    if (set->rule_count) {
        sp_eval_begin(eval, &event);
        ok(sp_eval_rule(eval, set->rule[0], &truth) == 0);
        verdict = truth == SP_TRUE ? 'T' : truth == SP_FALSE ? 'F' : 'U';
    }
    sp_eval_free(eval);
    sp_events_free(events);
    sp_rules_free(set);
    return verdict;
}

static void check(int line, const char *detection, const char *json, char wanted)
{
    char seen = judge("acceptance", detection, json);

    if (seen != wanted)
        tap_fail("line %d: %s on %s: seen %c, wanted %c", line, detection, json, seen, wanted);
}
#define IS(detection, json, wanted) check(__LINE__, detection, json, wanted)
#define ONE(item, json, wanted) IS("{s: {" item "}, condition: s}", json, wanted)

TEST(case_is_folded_one_character_for_one) /* SPEC: sigma-T1 */
{
    ONE("Image: 'C:\\ABC.exe'", "{\"Image\":\"c:\\\\abc.EXE\"}", 'T');
    ONE("Image: 'abc'", "{\"image\":\"abc\"}", 'F');
    ONE("U: 'GROSS'", "{\"U\":\"gro\u00df\"}", 'F');
    ONE("U|contains|cased: 'aB'", "{\"U\":\"xaBy\"}", 'T');
    ONE("U|contains|cased: 'aB'", "{\"U\":\"xaby\"}", 'F');
}

TEST(escapes_are_read_left_to_right) /* SPEC: sigma-T2 */
{
    ONE("P: 'a\\*b'", "{\"P\":\"a*b\"}", 'T');
    ONE("P: 'a\\*b'", "{\"P\":\"axb\"}", 'F');
    ONE("P: 'a\\\\*'", "{\"P\":\"a\\\\anything\"}", 'T');
    ONE("P: 'a\\\\\\*'", "{\"P\":\"a\\\\*\"}", 'T');
    ONE("P: 'a\\W'", "{\"P\":\"a\\\\W\"}", 'T');
    ONE("P: 'a\\'", "{\"P\":\"a\\\\\"}", 'T');
}

TEST(wildcards_cross_lines_and_stay_special_inside) /* SPEC: sigma-T3, T4 */
{
    ONE("S: 'foo*b?r'", "{\"S\":\"foo\\n b\\nr\"}", 'T');
    ONE("S|contains: 'a*c'", "{\"S\":\"xxabbcxx\"}", 'T');
    ONE("S|startswith: 'a*c'", "{\"S\":\"xabc\"}", 'F');
    ONE("S|endswith: '?c'", "{\"S\":\"c\"}", 'F');
    ONE("S|endswith: '?c'", "{\"S\":\"\u20acc\"}", 'T');
    ONE("S: 'ab*ba'", "{\"S\":\"aba\"}", 'F');
    ONE("S: '*'", "{\"S\":\"\"}", 'T');
}

TEST(null_empty_and_missing_differ) /* SPEC: sigma-T5, T6 */
{
    ONE("F: null", "{\"G\":1}", 'T');
    ONE("F: null", "{\"F\":null}", 'T');
    ONE("F: null", "{\"F\":\"\"}", 'F');
    ONE("F: ''", "{\"F\":\"\"}", 'T');
    ONE("F: ''", "{\"F\":null}", 'F');
    ONE("F: null", "{\"F\":[]}", 'T');
    ONE("F|exists: true", "{\"F\":null}", 'T');
    ONE("F|exists: false", "{\"F\":null}", 'F');
    ONE("F: [null, 'x']", "{\"G\":1}", 'T');
}

TEST(numbers_are_decimals_of_any_length) /* SPEC: sigma-T7, T20 */
{
    ONE("F: 5", "{\"F\":\"5.0\"}", 'T');
    ONE("F: 5", "{\"F\":\"05\"}", 'F');
    ONE("F: 16", "{\"F\":\"0x10\"}", 'F');
    ONE("F: '5'", "{\"F\":5.0}", 'T');
    ONE("F: 1000", "{\"F\":1e3}", 'T');
    ONE("F: 36893488147419103233", "{\"F\":36893488147419103232}", 'F');
    ONE("F|gt: -1.5", "{\"F\":\"-1.25\"}", 'T');
    ONE("F|lte: 0", "{\"F\":-0}", 'T');
    ONE("F|gte: 10", "{\"F\":\"9.99\"}", 'F');
    ONE("F|endswith: '.50'", "{\"F\":1.50}", 'T');
}

TEST(lists_match_by_any_member_and_all_by_each_value) /* SPEC: sigma-T8 */
{
    ONE("F: 'b'", "{\"F\":[\"a\",\"b\"]}", 'T');
    ONE("F|neq: 'b'", "{\"F\":[\"a\",\"b\"]}", 'F');
    ONE("F|contains|all: ['a', 'b']", "{\"F\":[\"xa\",\"xb\"]}", 'T');
    ONE("F|contains|all: ['a', 'b']", "{\"F\":[\"xa\"]}", 'F');
}

TEST(dotted_names_prefer_the_literal_key) /* SPEC: sigma-T9 */
{
    ONE("a.b: 'x'", "{\"a.b\":\"y\",\"a\":{\"b\":\"x\"}}", 'F');
    ONE("a.b: 'x'", "{\"a\":[{\"b\":\"z\"},{\"b\":\"x\"}]}", 'T');
    ONE("'a[1].b': 'x'", "{\"a\":[{\"b\":\"x\"},{\"b\":\"z\"}]}", 'F');
}

TEST(windash_takes_five_dashes_at_the_begin_of_words) /* SPEC: sigma-T10 */
{
    ONE("C|contains|windash: ' -s'", "{\"C\":\"a /S\"}", 'T');
    ONE("C|contains|windash: ' /s'", "{\"C\":\"a \u2015s\"}", 'T');
    ONE("C|contains|windash: '-a-b'", "{\"C\":\"/a/b\"}", 'F');
    ONE("C|endswith|windash: ' -s'", "{\"C\":\"a /s x\"}", 'F');
}

TEST(encodings_work_on_bytes) /* SPEC: sigma-T11 */
{
    ONE("D|base64offset|contains: 'foob'", "{\"D\":\"eGZvb2JY\"}", 'T');
    ONE("D|utf16|base64: 'cmd'", "{\"D\":\"//5jAG0AZAA=\"}", 'T');
    ONE("D|base64: 'a\\*'", "{\"D\":\"YSo=\"}", 'T');
    ONE("D|base64: 'a*'", "{\"D\":\"YSo=\"}", 'R');
}

TEST(regexes_are_unanchored_and_case_sensitive) /* SPEC: sigma-T12 */
{
    ONE("C|re: 'ab+c'", "{\"C\":\"xabbcx\"}", 'T');
    ONE("C|re: 'ab+c'", "{\"C\":\"ABC\"}", 'F');
    ONE("C|re|i: 'ab+c'", "{\"C\":\"ABC\"}", 'T');
    ONE("C|re: '(?=a)'", "{\"C\":\"a\"}", 'R');
}

TEST(keywords_see_values_not_names) /* SPEC: sigma-T13 */
{
    IS("{s: ['needle'], condition: s}", "{\"A\":{\"B\":[\"a NEEDLE b\"]}}", 'T');
    IS("{s: ['needle'], condition: s}", "{\"needle\":\"x\"}", 'F');
    IS("{s: {'|all': ['a1', 'b2']}, condition: s}", "{\"X\":\"xa1\",\"Y\":\"b2\"}", 'T');
    IS("{s: [42], condition: s}", "{\"X\":1420}", 'T');
}

TEST(conditions_bind_as_specified) /* SPEC: sigma-T15 */
{
    IS("{a: {A: 1}, b: {B: 1}, c: {C: 1}, condition: a or b and not c}", "{\"A\":1,\"C\":1}", 'T');
    IS("{a: {A: 1}, b: {B: 1}, c: {C: 1}, condition: (a or b) and not c}", "{\"A\":1,\"C\":1}", 'F');
    IS("{s_1: {A: 1}, s_2: {B: 1}, s_3: {C: 1}, condition: 2 of s_*}", "{\"A\":1,\"C\":1}", 'T');
    IS("{_h: {A: 1}, s: {B: 1}, condition: 1 of them}", "{\"A\":1}", 'F');
    IS("{_h: {A: 1}, condition: 1 of _h*}", "{\"A\":1}", 'T');
    IS("{s: {A: 1}, condition: s AND NOT s}", "{\"A\":1}", 'F');
    IS("{s: {A: 1}, condition: s | count() > 1}", "{\"A\":1}", 'R');
    IS("{s: {A: 1}, condition: s and nope}", "{\"A\":1}", 'R');
    IS("{s: {A: 1}, condition: (s}", "{\"A\":1}", 'R');
    IS("{s: {A: 1}, condition: s or 1 of t_*}", "{\"A\":1}", 'R');
}

TEST(a_missing_side_makes_fieldref_false) /* SPEC: sigma-T17, T18 */
{
    ONE("A|fieldref: B", "{\"A\":\"x\",\"B\":\"X\"}", 'T');
    ONE("A|fieldref|neq: B", "{\"A\":\"x\"}", 'F');
    ONE("A|fieldref|startswith: B", "{\"A\":\"xyz\",\"B\":\"XY\"}", 'T');
    ONE("A|neq: 'x'", "{\"B\":1}", 'T');
}

TEST(networks_hold_addresses_and_nothing_else) /* SPEC: sigma-T19 */
{
    ONE("I|cidr: '10.0.0.0/8'", "{\"I\":\"::ffff:10.1.2.3\"}", 'T');
    ONE("I|cidr: '::/0'", "{\"I\":\"10.1.2.3\"}", 'F');
    ONE("I|cidr: 'fe80::/10'", "{\"I\":\"FE80::1%eth0\"}", 'T');
    ONE("I|cidr: '10.0.0.0/8'", "{\"I\":\"010.0.0.1\"}", 'F');
    ONE("I|cidr: '10.0.0.1/8'", "{\"I\":\"10.0.0.1\"}", 'R');
}

TEST(parts_of_times_are_read_in_utc) /* SPEC: sigma-T21 */
{
    ONE("T|hour: 23", "{\"T\":\"2026-03-03T00:30:00+01:00\"}", 'T');
    ONE("T|week: 53", "{\"T\":\"2027-01-01T12:00:00Z\"}", 'T');
    ONE("T|year: 2026", "{\"T\":\"later\"}", 'F');
}

TEST(an_impossible_field_is_unknown_and_so_is_its_negation) /* SPEC: sigma-T23 */
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };
    struct sp_rule_set *set = NULL;
    static const struct {
        const char *condition, *json;
        char wanted;
    } cases[] = { { "a and not b", "{\"NewProcessName\":\"C:\\\\x.exe\"}", 'U' }, { "a and not b", "{\"NewProcessName\":\"C:\\\\y.exe\"}", 'F' },
                  { "a or b", "{\"NewProcessName\":\"C:\\\\x.exe\"}", 'T' }, { "a or b", "{\"NewProcessName\":\"C:\\\\y.exe\"}", 'U' } };
    const struct sp_class *class4688 = NULL;

    (void)judge("acceptance", "{s: {A: 1}, condition: s}", "{}");
    for (uint32_t i = 0; i < sp_taxonomy_count(taxonomy); i++)
        if (sp_str_is(sp_taxonomy_class(taxonomy, i)->name, "security-4688"))
            class4688 = sp_taxonomy_class(taxonomy, i);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sp_record record = { .kind = SP_RECORD_JSON, .tree = &tree };
        struct sp_event event = { .record = &record, .tree = &tree, .recognised = true, .class_ = class4688 };
        struct sp_events *events = sp_events_new(taxonomy, NULL);
        struct sp_eval *eval;
        enum sp_truth truth;
        uint64_t duplicates = 0;
        size_t at = 0;
        char text[512];

        (void)snprintf(text, sizeof text, "title: t\nlogsource: {product: windows, category: process_creation}\ndetection:\n"
                                          "  a: {Image|endswith: '\\x.exe'}\n  b: {OriginalFileName: 'X'}\n  condition: %s\n", cases[i].condition);
        ok(sp_rules_parse(SP_STR("t.yml"), sp_str_c(text), &options, &set, NULL) == 0 && set->rule_count == 1);
        ok(sp_json_parse(sp_str_c(cases[i].json), &at, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, NULL) == 1);
        eval = sp_eval_new(set, events);
        sp_eval_begin(eval, &event);
        ok(sp_eval_rule(eval, set->rule[0], &truth) == 0);
        is_u64(truth == SP_TRUE ? 'T' : truth == SP_FALSE ? 'F' : 'U', cases[i].wanted);
        sp_eval_free(eval);
        sp_events_free(events);
        sp_rules_free(set);
    }
}
