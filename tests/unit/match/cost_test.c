/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rule costs, and that it is what the plan makes of the rule.
 */
#include "match/cost.h"

#include "rule/rule_load.h"
#include "tap.h"

#define RULE(source, detection) "title: t\nlogsource: " source "\ndetection: " detection "\n---\n"
#define PROCESS "{product: windows, category: process_creation}"
#define SYSLOG "{product: linux, service: syslog}"

struct fixture {
    struct sp_taxonomy *taxonomy;
    struct sp_rule_set *set;
    struct sp_arena arena;
};

static void open_fixture(struct fixture *f, const char *rules)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };

    *f = (struct fixture){ 0 };
    sp_arena_init(&f->arena, SIZE_MAX);
    ok(sp_taxonomy_new(&f->taxonomy, NULL) == 0);
    ok(sp_rules_parse(SP_STR("t.yml"), sp_str_c(rules), &options, &f->set, NULL) == 0);
    ok(f->set->rule_count == f->set->doc_count && f->set->rule_count > 0);
}

static void close_fixture(struct fixture *f)
{
    sp_rules_free(f->set);
    sp_taxonomy_free(f->taxonomy);
    sp_arena_done(&f->arena);
}

/* The cost of the only rule; the phrase is looked at. */
static struct sp_cost cost(struct fixture *f, const char *rules, const char *why)
{
    struct sp_cost c = { 0 };

    open_fixture(f, rules);
    ok(sp_cost_of(&f->arena, f->set, f->taxonomy, f->set->rule[0], &c) == 0);
    if (!sp_str_is(c.why, why))
        tap_fail("why is `%.*s`, wanted `%s`", (int)c.why.len, c.why.ptr, why);
    return c;
}

TEST(the_cheapest_part_of_an_and_is_the_key)
{
    struct fixture f;
    struct sp_cost c = cost(&f, RULE(PROCESS, "{a: {CommandLine|contains: powershell, Image|endswith: '\\rarely.exe'}, condition: a}"), "Image ends with '\\rarely.exe'");

    ok(!c.always && c.keys == 1 && c.ppm > 0 && c.ppm < 1000);
    ok(sp_str_is(c.key[0].field, "Image") && sp_str_is(c.key[0].literal, "\\rarely.exe") && strcmp(c.key[0].kind, "end") == 0);
    close_fixture(&f);
}

TEST(what_is_not_there_cannot_be_looked_for)
{
    struct fixture f;
    struct sp_cost c = cost(&f, RULE(PROCESS, "{a: {Image: x}, condition: not a}"), "every event: nothing must be there, only `not`");

    ok(c.always && c.keys == 0);
    is_u64(c.ppm, 1000000);
    close_fixture(&f);
    c = cost(&f, RULE(PROCESS, "{a: {Image: x}, b: {CommandLine|contains: sekurlsa}, condition: b and not a}"), "CommandLine holds 'sekurlsa'");
    ok(!c.always);
    close_fixture(&f);
}

TEST(an_or_costs_what_its_parts_cost)
{
    struct fixture f;
    struct sp_cost c = cost(&f, RULE(PROCESS, "{a: {CommandLine|contains: [sekurlsa, kerberos]}, b: {CommandLine|cidr: 10.0.0.0/8}, condition: 1 of them}"),
                            "CommandLine is there (a network) or CommandLine holds 'kerberos', 'sekurlsa'");

    ok(!c.always);
    is_u64(c.ppm, 1000000); /* and no more */
    is_u64(c.keys, 3);
    close_fixture(&f);
}

TEST(a_class_that_lacks_the_field_is_unknown)
{
    struct fixture f;
    struct sp_cost c = cost(&f, RULE(PROCESS, "{a: {Hashes|contains: 'imphash=0000'}, condition: a}"), "Hashes holds 'imphash=0000'");

    ok(sp_str_is(c.class_->name, "sysmon-1"));
    ok(c.unknowns == 1 && sp_str_is(c.unknown[0]->name, "security-4688"));
    close_fixture(&f);
    c = cost(&f, RULE("{product: windows, category: process_creation, service: security}", "{a: {Hashes|contains: '0000'}, condition: a}"),
             "unknown at best: no such log has the fields");
    ok(!c.class_ && c.unknowns == 1 && !c.always);
    is_u64(c.ppm, 0);
    close_fixture(&f);
}

TEST(a_keyword_says_what_it_lacks)
{
    struct fixture f;
    struct sp_cost c = cost(&f, RULE(SYSLOG, "{keywords: [needle], condition: keywords}"), "any value holds 'needle'");

    ok(!c.always && c.key[0].field.len == 0);
    close_fixture(&f);
    c = cost(&f, RULE(SYSLOG, "{keywords: [su], condition: keywords}"), "keyword without four plain letters: any value holds 'su'");
    ok(!c.always);
    close_fixture(&f);
    c = cost(&f, RULE(SYSLOG, "{keywords: {'|re': '[0-9]{9}'}, condition: keywords}"), "every event: keyword: regex without a literal");
    ok(c.always);
    close_fixture(&f);
}

/* Rules of many shapes, all of one class: the plan and the cost agree on which are always looked at. */
TEST(always_is_what_the_plan_says)
{
    static const char rules[] = RULE(SYSLOG, "{a: {x: 1}, condition: a}") RULE(SYSLOG, "{a: {x: 1}, condition: not a}")
        RULE(SYSLOG, "{a: {x|exists: true}, condition: a}") RULE(SYSLOG, "{a: {x|exists: false}, condition: a}")
        RULE(SYSLOG, "{a: {x: null}, condition: not a}") RULE(SYSLOG, "{keywords: ['*'], condition: keywords}")
        RULE(SYSLOG, "{keywords: [17], condition: keywords}") RULE(SYSLOG, "{a: {x: 1}, b: {y: 2}, condition: a or not b}")
        RULE(SYSLOG, "{a: {x: 1}, b: {y: 2}, condition: a and not b}") RULE(SYSLOG, "{a: {x|re: 'a|b'}, condition: a}")
        RULE(SYSLOG, "{a: {x: 1}, b: {y: 2}, c: {z: 3}, condition: not (1 of them)}") RULE(SYSLOG, "{a: {x|neq: 1}, condition: a}");
    struct fixture f;
    struct sp_residual residual = { 0 };
    struct sp_events *events;
    struct sp_event none = { 0 };
    struct sp_eval *eval;
    uint32_t n = 0;

    open_fixture(&f, rules);
    for (uint32_t i = 0; i < sp_taxonomy_count(f.taxonomy); i++)
        if (sp_str_is(sp_taxonomy_class(f.taxonomy, i)->name, "linux-syslog"))
            residual.class_ = sp_taxonomy_class(f.taxonomy, i);
    ok(residual.class_);
    events = sp_events_new(f.taxonomy, NULL);
    eval = sp_eval_new(f.set, events);
    ok(sp_cover_build(&f.arena, NULL, f.set, eval, &none, &residual) == 0);
    is_u64(residual.rules, f.set->rule_count);
    for (uint32_t i = 0; i < residual.rules; i++) {
        bool always = n < residual.always_count && residual.always[n] == i;
        struct sp_cost c;

        n += always;
        ok(sp_cost_of(&f.arena, f.set, f.taxonomy, residual.rule[i].rule, &c) == 0);
        if (c.always != always)
            tap_fail("rule at line %u: the plan says %d", residual.rule[i].rule->line, always);
    }
    ok(n == residual.always_count && n > 3 && n < residual.rules);
    sp_eval_free(eval);
    sp_events_free(events);
    close_fixture(&f);
}
