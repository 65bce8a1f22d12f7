/* SPDX-License-Identifier: Apache-2.0
 *
 * Both engines over the same events, one after the other: the events are in an order that could mislead the fast one.
 */
#include "pair.h"

#define RULE(detection) "title: t\nlogsource: {product: windows}\ndetection: " detection "\n---\n"
#define EVENT(eventid, more) "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":" eventid "},\"EventData\":{" more "}}}"

TEST(a_second_field_named_like_the_header_s_counts_too)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":8")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 0);
    pair_close(&p);
    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 1);
    pair_close(&p);
}

TEST(what_one_event_has_twice_says_nothing_of_the_next)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: not a}") RULE("{a: {x: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 2);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":8")), 1);
    pair_close(&p);
}

TEST(a_header_that_is_a_list_is_told_by_its_elements)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}") RULE("{a: {EventID|contains: '9', x: 1}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("[7, 8]", "\"x\":1")), 1);
    is_u64(pair_judge(&p, EVENT("[8, 9]", "\"x\":1")), 1);
    is_u64(pair_judge(&p, EVENT("[]", "\"x\":1")), 0);
    is_u64(pair_judge(&p, EVENT("[7, 9]", "\"x\":1")), 2);
    pair_close(&p);
}

TEST(a_header_of_null_is_not_one_that_is_missing)
{
    struct pair p;

    pair_open(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":\"p\",\"event_data\":{\"x\":1}}}"), 1);
    pair_close(&p);
    pair_open(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    pair_close(&p);
}

/* ---------------------------------------------------------------- every shape of rule on every shape of event */

#define PROCESS(detection) "title: t\nlogsource: {product: windows, category: process_creation}\ndetection: " detection "\n---\n"

/* Items over F, and conditions over two of them. */
static void matrix_rules(struct sp_buf *out)
{
    static const char *const item[] = {
        "F: null", "F|exists: true", "F|exists: false", "F: ''", "F: x", "F|neq: x", "F|contains: 'bc'", "F|contains|all: [ab, bc]",
        "F|contains|all|neq: [ab, bc]", "F|re: '^.{2,3}$'", "F|re: 'a+bc'", "F: [null, x]", "F: 5", "F: 0", "F: '0'", "F: '5.00'", "F: true", "F: '*'",
        "F: '?'", "F|gt: 4", "F|fieldref: G", "F|fieldref|neq: G", "F|cased: X", "F|startswith: '-'", "G|endswith: 'c'",
        "F|contains|cased: BC", "a.b: x", "EventID: 4688", "EventID|neq: 4688", "EventID|fieldref: G", "Channel|fieldref|neq: G", "Channel|startswith: sec", "Provider_Name: null",
        "Provider_Name|exists: false", "F: ['aaaa*bbbb', 'cccc*', '*dddd', 'eeee', 'ffff?g']", "F|contains: [aaaa, bbbb, cccc, dddd]",
        "F|cidr: 10.0.0.0/8", "F|hour: 5", "F|contains|neq: [aaaa, bbbb]", "F|re: ['x?aaaa', 'dddd$']", "F|re|neq: ['x?aaaa', 'eeee$']",
        "F|contains|cased: [AAAA, bbbb, eeee]", "F: [true, eeee, 'x*dddd']", "F|startswith|all: ['cccc', 'c']",
        "F|contains|neq: [aaaa, bc, x]"
    };
    static const char *const condition[] = {
        "a", "not a", "a and b", "a or b", "a and not b", "not (a or b)", "2 of them", "not 2 of them"
    };
    enum { ITEMS = sizeof item / sizeof *item };

    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t c = 0; c < 8; c++) {
            uint32_t second = (i * 7 + c * 5 + 1) % ITEMS, third = (i + c + 2) % ITEMS;

            sp_buf_printf(out, "title: t\nlogsource: {product: windows}\ndetection: {a: {%s}", item[i]);
            if (c > 1)
                sp_buf_printf(out, ", b: {%s}", item[second]);
            if (c > 5)
                sp_buf_printf(out, ", c: {%s}", item[third]);
            sp_buf_printf(out, ", condition: %s}\n---\n", condition[c]);
        }
    sp_buf_printf(out, "%s%s", RULE("{a: [bbbb, ab], condition: a}"), RULE("{a: {'|all': [aaaa, x]}, condition: a}"));
}

TEST(every_shape_of_rule_is_judged_alike_on_every_shape_of_event)
{
    static const char *const f[] = {
        "", "\"F\":null", "\"F\":\"\"", "\"F\":[]", "\"F\":[null]", "\"F\":\"x\"", "\"F\":\"X\"", "\"F\":[\"x\",\"abc\"]",
        "\"F\":[null,\"x\"]", "\"F\":5", "\"F\":5.0", "\"F\":5e0", "\"F\":50e-1", "\"F\":-0", "\"F\":\"5\"", "\"F\":\"05\"",
        "\"F\":true", "\"F\":\"TRUE\"", "\"F\":{\"x\":\"x\"}", "\"F\":\"aBC\"", "\"F\":\"ab\\u0063\"", "\"F\":\"\\u212a\"",
        "\"F\":\"ab cd bc\"", "\"F\":\"AAAA and bbbb\"", "\"F\":\"xxdddd\"", "\"F\":\"cccc\"", "\"F\":\"eeee\"", "\"F\":\"ffffxg\"",
        "\"F\":\"ffffg\"", "\"F\":\"10.1.2.3\"", "\"F\":\"2026-03-03T05:30:00Z\"", "\"F\":\"-\"", "\"f\":\"x\"", "\"F\":\"a\\nb\"",
        "\"F\":\"x\",\"F\":\"abc\""
    };
    static const char *const more[] = {
        "", "\"G\":\"x\"", "\"G\":null", "\"G\":\"abc\",\"a.b\":\"x\"", "\"a\":{\"b\":\"x\"}", "\"F\":\"abc\"", "\"EventID\":7", "\"G\":\"4688\"",
        "\"x\":\"\\u0061aaa\""
    };
    static const char *const id[] = { "4688", "4689", "\"4688\"", "null", "[4688, 1]" };
    struct sp_buf rules = { 0 }, json = { 0 };
    uint64_t yes = 0;
    struct pair p;

    matrix_rules(&rules);
    pair_open(&p, pair_text(&rules));
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t a = 0; a < sizeof f / sizeof *f; a++)
            for (uint32_t b = 0; b < sizeof more / sizeof *more; b++) {
                sp_buf_clear(&json);
                sp_buf_printf(&json, "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":%s},\"EventData\":{%s%s%s}}}", id[i], f[a],
                              *f[a] && *more[b] ? "," : "", more[b]);
                yes += pair_judge(&p, pair_text(&json));
            }
    ok(yes > 50000 && p.set->rule_count > 250);
    pair_close(&p);
    sp_buf_done(&rules);
    sp_buf_done(&json);
}

/* Few values a field, so that events are alike in all but one of them, or in all. */
TEST(values_met_before_are_remembered_and_nothing_else_is)
{
    static const char *const member[][4] = {
        { "", "\"NewProcessName\":\"C:\\\\a.exe\",", "\"NewProcessName\":\"C:\\\\b.exe\",", "\"NewProcessName\":[\"a.exe\",\"C:\\\\b.exe\"]," },
        { "", "\"CommandLine\":\"012345678abcd  01234567890123456789\",", "\"CommandLine\":\"012345678abce  01234567890123456789\",",
          "\"CommandLine\":null," },
        { "", "\"SubjectDomainName\":\"D\",", "\"SubjectDomainName\":\"-\",", "" },
        { "", "\"SubjectUserName\":\"U\",", "\"SubjectUserName\":\"wwqqzz\",", "" },
        { "", "\"ProcessId\":\"0x10\",", "\"ProcessId\":\"16\",", "\"ProcessId\":16," },
        { "", "\"ParentProcessName\":\"C:\\\\a.exe\",", "\"ParentProcessName\":\"\",", "\"ParentProcessName\":\"a.exe\",\"ParentProcessName\":\"b\"," },
        { "", "\"TargetUserName\":\"wwqqzz\",", "\"TargetUserName\":\"V\",", "" },
        { "", "\"Other\":\"kkkk\",", "\"Other\":\"x\",", "" },
    };
    struct sp_buf json = { 0 };
    uint64_t yes = 0, draw = 1;
    struct pair p;

    pair_open(&p, PROCESS("{s: {Image|endswith: '\\a.exe', CommandLine|contains: abcd}, condition: s}")
                  PROCESS("{s: {User: 'D\\U'}, condition: s}") PROCESS("{s: {User: 'U'}, condition: s}")
                  PROCESS("{s: {ParentProcessId: 16}, condition: s}") PROCESS("{s: {Image|fieldref: ParentImage}, condition: s}")
                  PROCESS("{s: {CommandLine: null}, t: {OriginalFileName: x}, condition: s or t}")
                  PROCESS("{s: {CommandLine|contains: abce}, t: {OriginalFileName: x}, condition: not s and t}")
                  RULE("{s: {ProcessId: '0x10'}, condition: s}") RULE("{s: {ProcessId: '16.0'}, condition: s}")
                  RULE("{k: [kkkk], s: {TargetUserName: wwqqzz}, condition: k and s}"));
    for (uint32_t i = 0; i < 20000; i++) {
        sp_buf_clear(&json);
        sp_buf_text(&json, "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":4688,"
                           "\"Provider\":{\"Name\":\"Microsoft-Windows-Security-Auditing\"}},\"EventData\":{");
        for (uint32_t m = 0; m < sizeof member / sizeof *member; m++) {
            draw = draw * UINT64_C(6364136223846793005) + 1442695040888963407;
            sp_buf_text(&json, member[m][draw >> 33 & 3]);
        }
        sp_buf_text(&json, "\"z\":1}}}");
        yes += pair_judge(&p, pair_text(&json));
    }
    ok(yes > 10000 && pair_unknowns(&p) > 10000);
    pair_close(&p);
    sp_buf_done(&json);
}

TEST(unknown_is_counted_whether_rules_are_looked_at_or_not)
{
    struct pair p;

    pair_open(&p, PROCESS("{s: {OriginalFileName: x}, condition: s}")
                  PROCESS("{s: {OriginalFileName: x}, condition: not s}")
                  PROCESS("{a: {OriginalFileName: x}, b: {Image: ab}, condition: a or b}")
                  PROCESS("{a: {Company: x}, b: {Image: ab}, condition: a and not b}")
                  PROCESS("{a: {Company: x}, b: {Image: ab}, condition: a and b}")
                  PROCESS("{a: {Company: x}, b: {CommandLine: ab}, condition: a or not b}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"cd\"")), 1);
    is_u64(pair_unknowns(&p), 4);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"AB\"")), 2);
    is_u64(pair_unknowns(&p), 3);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"AB\",\"CommandLine\":\"ab\"")), 1);
    is_u64(pair_unknowns(&p), 4);
    for (int i = 0; i < 10; i++)
        (void)pair_judge(&p, EVENT("4688", "\"x\":1"));
    is_u64(pair_unknowns(&p), 40);
    is_u64(pair_unknowns(&p), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 1); /* goes by its class */
    is_u64(pair_unknowns(&p), 4);
    pair_close(&p);
}

TEST(the_first_events_of_new_origins_may_be_judged_plainly)
{
    for (uint32_t first = 0; first < 4; first++) {
        struct pair p;

        pair_open(&p, RULE("{a: {F: x}, condition: a}") PROCESS("{s: {OriginalFileName: x}, condition: s}"));
        sp_plan_first_plainly(p.plan, first);
        sp_exec_free(p.fast);
        p.fast = sp_exec_new(p.set, p.events, p.plan);
        for (uint32_t i = 0; i < 8; i++)
            is_u64(pair_judge(&p, i % 2 ? EVENT("4688", "\"F\":\"x\"") : EVENT("4689", "\"F\":\"x\"")), 1);
        is_u64(pair_unknowns(&p), 4);
        pair_close(&p);
    }
}

TEST(keywords_see_the_values_of_a_record_however_they_are_written)
{
    struct pair p;

    pair_open(&p, RULE("{a: [mimikatz], condition: a}") RULE("{a: [sekurlsa], b: {F: y}, condition: a or b}"));
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"x MimiKatz\"")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"mimikatz\":\"x\"")), 0);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"\\u006dimikat\\u007A\"")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"\\\\u006dimikatz\"")), 0);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"mimi\\u212aatz se\u212aurl\u017fa\"")), 2);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":{\"b\":[1,null,[\"mimikatz\"]]}")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"mimi\",\"b\":\"katz\",\"F\":\"Y\"")), 1);
    pair_close(&p);
    pair_open(&p, RULE("{a: [mimikatz, '4.2e1'], condition: a}") RULE("{a: [abc], condition: a}") RULE("{a: ['a*b'], condition: a}"));
    is_u64(pair_judge(&p, EVENT("1", "\"a\":4.2e1")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"a\":\"xabc\"")), 2);
    is_u64(pair_judge(&p, EVENT("1", "\"abc\":1")), 0);
    pair_close(&p);
}

TEST(names_that_are_alike_at_both_ends_are_told_apart)
{
    struct pair p;

    pair_open(&p, RULE("{a: {beginsAAendsAlike: x}, condition: a}")
                  RULE("{a: {beginsAABBBendsAlike: x}, condition: a}")
                  RULE("{a: {beginsAACCCendsAlike|exists: false, abc: 1}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("1", "\"beginsAAendsAlike\":\"x\"")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"beginsAABBBendsAlike\":\"x\",\"abc\":1")), 2);
    is_u64(pair_judge(&p, EVENT("1", "\"beginsAACCCendsAlike\":\"x\",\"abc\":1")), 0);
    is_u64(pair_judge(&p, EVENT("1", "\"beginsAADDDendsAlike\":\"x\",\"abc\":1")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"abd\":1,\"\":1,\"ab\":1,\"abc\\u0000\":1")), 0);
    pair_close(&p);
}

/* Names of nothing but one letter have the same ends; those of odd length are no rule's. */
static void check_letter(char letter)
{
    struct sp_buf rules = { 0 };
    char name[24], json[256];
    struct pair p;

    memset(name, letter, sizeof name);
    for (int n = 2; n <= 20; n += 2)
        sp_buf_printf(&rules, "title: t\nlogsource: {product: windows}\ndetection: {a: {%.*s: x}, condition: a}\n---\n", n, name);
    pair_open(&p, pair_text(&rules));
    for (int n = 2; n <= 24; n++) {
        (void)snprintf(json, sizeof json, EVENT("1", "\"%.*s\":\"x\""), n, name);
        is_u64(pair_judge(&p, json), n % 2 == 0 && n <= 20);
    }
    pair_close(&p);
    sp_buf_done(&rules);
}

TEST(names_of_one_letter_are_told_apart_by_their_length)
{
    for (char letter = 'b'; letter <= 'w'; letter++)
        check_letter(letter);
}

/* ---------------------------------------------------------------- fields that the taxonomy maps */

#define OF(logsource, detection) "title: t\nlogsource: {product: windows, " logsource "}\ndetection: " detection "\n---\n"

TEST(a_field_is_read_from_the_names_of_its_class)
{
    struct pair p;

    pair_open(&p, PROCESS("{a: {Image|endswith: '\\x.exe'}, condition: a}")
                  PROCESS("{a: {User: 'd\\u'}, condition: a}")
                  PROCESS("{a: {ParentProcessId: 16}, condition: a}")
                  PROCESS("{a: {CommandLine: q}, condition: a}")
                  RULE("{a: {CommandLine: q}, condition: a}")
                  RULE("{a: {NewProcessName: null}, condition: a}")
                  RULE("{a: {Image: q}, condition: a}")
                  PROCESS("{a: {Image: null}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"C:\\\\X.exe\"")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"y\",\"SubjectDomainName\":\"D\",\"SubjectUserName\":\"U\"")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"y\",\"ProcessId\":\"0x10\"")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"y\",\"CommandLine\":\"Q\"")), 2);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":\"y\",\"Image\":\"q\"")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"NewProcessName\":null,\"CommandLine\":[\"a\",\"q\"]")), 4);
    is_u64(pair_judge(&p, EVENT("4688", "\"CommandLine\":\"a\",\"CommandLine\":\"q\"")), 4);
    is_u64(pair_judge(&p, EVENT("4624", "\"CommandLine\":\"q\"")), 2);
    pair_close(&p);
}

#define RENAME(data) "{\"Event\":{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-Kernel-File\"},\"EventID\":19},\"EventData\":{" data "}}}"

TEST(the_first_of_two_names_that_is_there_is_taken)
{
    struct pair p;

    pair_open(&p, OF("category: file_rename", "{a: {TargetFilename: x}, condition: a}")
                  OF("category: file_rename", "{a: {TargetFilename: null}, condition: a}")
                  RULE("{a: {TargetFilename: x}, condition: a}")
                  RULE("{a: {FilePath: x}, condition: a}")
                  RULE("{a: {Provider_Name|contains: kernel, F: x}, condition: a}"));
    is_u64(pair_judge(&p, RENAME("\"TargetFilename\":\"x\"")), 2);
    is_u64(pair_judge(&p, RENAME("\"FilePath\":\"x\"")), 3);
    is_u64(pair_judge(&p, RENAME("\"TargetFilename\":\"y\",\"FilePath\":\"x\"")), 1);
    is_u64(pair_judge(&p, RENAME("\"TargetFilename\":null,\"FilePath\":\"x\"")), 2);
    is_u64(pair_judge(&p, RENAME("\"TargetFilename\":[\"y\",\"x\"]")), 2);
    is_u64(pair_judge(&p, RENAME("\"F\":\"x\"")), 2);
    pair_close(&p);
}

TEST(trailing_spaces_and_spaces_in_names_are_as_the_class_says)
{
    struct pair p;

    pair_open(&p, RULE("{a: {LogonProcessName: ntlmssp}, condition: a}")
                  RULE("{a: {LogonProcessName: 'ntlmssp '}, condition: a}")
                  RULE("{a: {F: 'x '}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4624", "\"LogonProcessName\":\"NtLmSsp \",\"F\":\"x \"")), 2);
    is_u64(pair_judge(&p, EVENT("4624", "\"LogonProcessName\":[\"a\",\"NtLmSsp \"],\"F\":\"x\"")), 1);
    is_u64(pair_judge(&p, "{\"Event\":{\"System\":{\"Channel\":\"System\",\"EventID\":1},\"EventData\":{\"LogonProcessName\":\"NtLmSsp \"}}}"), 1);
    pair_close(&p);
    pair_open(&p, RULE("{a: {ThreatName: x}, condition: a}") RULE("{a: {ThreatName: null}, condition: a}"));
    is_u64(pair_judge(&p, "{\"Event\":{\"System\":{\"Channel\":\"Microsoft-Windows-Windows Defender/Operational\",\"EventID\":1},"
                          "\"EventData\":{\"Threat Name\":\"x\"}}}"), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"Threat Name\":\"x\"")), 1);
    pair_close(&p);
}

/* ---------------------------------------------------------------- more origins than a plan keeps */

/* Is the event in hand's origin one of its own, with constants? */
static bool has_constants(struct pair *p)
{
    struct sp_eval *eval = sp_eval_new(p->set, p->events);
    const struct sp_origin *origin;
    struct sp_origin key;

    sp_eval_begin(eval, &p->event);
    sp_origin_of(&p->event, false, &key);
    origin = sp_plan_origin(p->plan, eval, &p->event, &key);
    sp_eval_free(eval);
    return origin && origin->residual.constants;
}

/* Events of `ids` origins; the first that had none of its own, or `ids`. */
static uint32_t flood(struct pair *p, uint32_t ids)
{
    uint32_t beyond = ids;
    char json[256];

    for (uint32_t id = 1; id <= ids; id++) {
        (void)snprintf(json, sizeof json, EVENT("%u", "\"F\":\"%s\""), id, id % 3 ? "x" : "y");
        is_u64(pair_judge(p, json), (id % 3 != 0) + (id % 10 == 7) + (id != 4690));
        if (beyond == ids && !has_constants(p))
            beyond = id;
    }
    return beyond;
}

TEST(beyond_the_origins_that_a_plan_keeps_events_go_by_their_class)
{
    struct pair p;

    pair_open(&p, RULE("{a: {F: x}, condition: a}")
                  RULE("{a: {EventID|endswith: '7'}, condition: a}")
                  RULE("{a: {EventID: 4690}, condition: not a}")
                  PROCESS("{s: {OriginalFileName: x}, condition: s}"));
    is_u64(flood(&p, 5000), 4097);
    is_u64(pair_unknowns(&p), 1); /* of 4688, which goes by its class */
    is_u64(pair_judge(&p, EVENT("7", "\"F\":\"x\"")), 3);
    ok(has_constants(&p));
    is_u64(pair_judge(&p, EVENT("4997", "\"F\":\"y\"")), 2);
    ok(!has_constants(&p));
    pair_close(&p);
}

TEST(beyond_the_bytes_that_a_plan_may_take_events_go_by_their_class)
{
    struct sp_buf rules = { 0 };
    uint32_t beyond;
    struct pair p;

    sp_buf_printf(&rules, "%s%s%s", RULE("{a: {F: x}, condition: a}"), RULE("{a: {EventID|endswith: '7'}, condition: a}"),
                  RULE("{a: {EventID: 4690}, condition: not a}"));
    for (uint32_t i = 0; i < 60; i++) {
        sp_buf_printf(&rules, "title: t\nlogsource: {product: windows}\ndetection: {a: {G%u|contains: [", i);
        for (uint32_t n = 0; n < 20; n++)
            sp_buf_printf(&rules, "%sab%u", n ? ", " : "", n * 7 + i);
        sp_buf_printf(&rules, ", q]}, condition: a}\n---\n");
    }
    pair_open(&p, pair_text(&rules));
    beyond = flood(&p, 2000);
    ok(beyond > 10 && beyond < 1990);
    pair_close(&p);
    sp_buf_done(&rules);
}

TEST(looks_at_rules_are_counted_where_that_is_asked_for)
{
    struct pair p;

    pair_open(&p, RULE("{a: {x|contains: 'needle'}, condition: a}") RULE("{a: {x|contains: 'thread', y: 2}, condition: a}"));
    ok(!sp_exec_looks(p.plain) && !sp_exec_looks(p.fast));
    is_u64(pair_judge(&p, EVENT("1", "\"x\":\"a needle\"")), 1);
    ok(sp_exec_profile(p.plain) == 0 && sp_exec_profile(p.fast) == 0);
    is_u64(pair_judge(&p, EVENT("1", "\"x\":\"a needle\"")), 1);
    is_u64(pair_judge(&p, EVENT("1", "\"x\":\"a thread\"")), 0);
    is_u64(pair_judge(&p, EVENT("1", "\"x\":\"hay\"")), 0);
    is_u64(sp_exec_looks(p.plain)[0].looked, 3); /* every rule, every event */
    is_u64(sp_exec_looks(p.plain)[1].looked, 3);
    is_u64(sp_exec_looks(p.fast)[0].looked, 1); /* marked ones alone */
    is_u64(sp_exec_looks(p.fast)[1].looked, 1);
    is_u64(sp_exec_looks(p.plain)[0].hits, 1);
    is_u64(sp_exec_looks(p.fast)[0].hits, 1);
    is_u64(sp_exec_looks(p.fast)[1].hits, 0);
    pair_close(&p);
}
