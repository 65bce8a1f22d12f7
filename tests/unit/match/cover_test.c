/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan makes of rules: the default and the keys of each line of the table in plan.h, told as text.
 */
#include "pair.h"

#define RULE(logsource, detection) "title: t\nlogsource: {" logsource "}\ndetection: " detection "\n---\n"
#define ANY "product: windows"
#define PROCESS "product: windows, category: process_creation"
#define EVENT(eventid, more) "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":" eventid "},\"EventData\":{" more "}}}"

/* ---------------------------------------------------------------- a plan as text */

struct told {
    struct sp_buf line[64];
    uint32_t lines;
};

static struct sp_buf *say(struct told *t, struct sp_str field, const char *what)
{
    struct sp_buf *b = &t->line[t->lines++];

    *b = (struct sp_buf){ 0 };
    sp_buf_printf(b, "%.*s %s", SP_STR_ARG(field.len ? field : SP_STR("*")), what);
    return b;
}

static void tell_key(struct told *t, struct sp_str field, const struct sp_key *key, const char *what)
{
    sp_buf_printf(say(t, field, what), " '%.*s'", (int)key->len, key->ptr);
}

static void tell_table(struct told *t, struct sp_str field, const struct sp_index *x, const struct sp_key_table *table, const char *what)
{
    for (uint32_t i = 0; table->slot && i <= table->mask; i++)
        for (uint32_t k = 0; k < table->slot[i].keys; k++)
            tell_key(t, field, &x->key[table->slot[i].key + k], what);
}

static int by_text(const void *a, const void *b)
{
    return sp_str_cmp(sp_buf_view((const struct sp_buf *)a), sp_buf_view((const struct sp_buf *)b));
}

static void tell_field(struct told *t, const struct sp_rule_set *set, const struct sp_plan_field *f)
{
    struct sp_str name = set->field[f->slot[0] / 2];
    const struct sp_index *x = &f->index;

    tell_table(t, name, x, &x->equal, "is");
    tell_table(t, name, x, &x->start, "begins");
    tell_table(t, name, x, &x->end, "ends");
    for (uint32_t i = 0; x->gram && i <= x->gram_mask; i++) /* of a literal with more grams one begins at a multiple of the stride */
        if (x->gram[i].key && x->gram[i].at % x->stride == 0)
            tell_key(t, name, &x->key[x->gram[i].key - 1], "has");
    for (uint32_t i = 0; i < x->briefs; i++)
        tell_key(t, name, &x->key[x->brief[i].key], "has");
    if (f->presents)
        (void)say(t, name, "present");
    if (f->missings)
        (void)say(t, name, "missing");
    if (f->numbers)
        (void)say(t, name, "number");
}

/* `FALSE: keys` or `UNKNOWN: keys` of the one rule, `always`, or `gone`. */
static void tell(struct pair *p, struct sp_buf *out)
{
    struct sp_eval *eval = sp_eval_new(p->set, p->events);
    const struct sp_origin *origin;
    const struct sp_residual *r;
    struct told told = { 0 };
    struct sp_origin key;

    sp_buf_clear(out);
    sp_eval_begin(eval, &p->event);
    sp_origin_of(&p->event, false, &key);
    origin = sp_plan_origin(p->plan, eval, &p->event, &key);
    ok(origin && origin == sp_plan_origin(p->plan, eval, &p->event, &key));
    r = &origin->residual;
    ok(r->constants && r->rules <= 1);
    if (!r->rules)
        sp_buf_printf(out, "gone");
    else if (r->always_count)
        sp_buf_printf(out, "always");
    else
        sp_buf_printf(out, r->rule[0].fallback == SP_UNKNOWN ? "UNKNOWN:" : "FALSE:");
    ok(!r->rules || (r->unknowns == 1) == (r->rule[0].fallback == SP_UNKNOWN));
    for (uint32_t i = 0; i < r->fields; i++)
        tell_field(&told, p->set, &r->field[i]);
    if (told.lines)
        qsort(told.line, told.lines, sizeof *told.line, by_text);
    for (uint32_t i = 0; i < told.lines; i++) {
        sp_buf_printf(out, "%s %.*s", i ? "," : "", SP_STR_ARG(sp_buf_view(&told.line[i])));
        sp_buf_done(&told.line[i]);
    }
    sp_eval_free(eval);
}

static void check_plan(int line, const char *rule, const char *wanted)
{
    struct sp_buf out = { 0 };
    struct pair p;

    pair_open(&p, rule);
    pair_event(&p, EVENT("4688", "\"a\":1"));
    ok(sp_str_is(p.event.class_->name, "security-4688"));
    tell(&p, &out);
    if (!sp_str_is(sp_buf_view(&out), wanted))
        tap_fail("line %d: %s: seen '%.*s', wanted '%s'", line, rule, SP_STR_ARG(sp_buf_view(&out)), wanted);
    sp_buf_done(&out);
    pair_close(&p);
}
#define PLAN(detection, wanted)    check_plan(__LINE__, RULE(ANY, detection), wanted)
#define ONE(item, wanted)          PLAN("{s: {" item "}, condition: s}", wanted)
#define PROCESS_PLAN(detection, wanted) check_plan(__LINE__, RULE(PROCESS, detection), wanted)

TEST(an_item_is_false_unless_its_field_holds_a_literal)
{
    ONE("F|contains: [sekurlsa, '::']", "FALSE: F has '::', F has 'sekurlsa'");
    ONE("F|startswith: 'C:\\'", "FALSE: F begins 'c:\\'");
    ONE("F|endswith: ['\\cmd.exe', x]", "FALSE: F ends '\\cmd.exe', F ends 'x'");
    ONE("F: Value", "FALSE: F is 'value'");
    ONE("F: ''", "FALSE: F is ''");
    ONE("F|contains|all: ['~q~q', e]", "FALSE: F has '~q~q'");
    ONE("F|contains|cased: AbcD", "FALSE: F has 'abcd'");
    ONE("F: 'e*~q~q*e'", "FALSE: F has '~q~q'");
    ONE("F: '~q~q*e'", "FALSE: F begins '~q~q'");
    ONE("F: '?~q~q'", "FALSE: F ends '~q~q'");
    ONE("F: '~q~q?'", "FALSE: F begins '~q~q'");
    ONE("F: '*'", "FALSE: F present");
    ONE("F: '?'", "FALSE: F present");
    ONE("F|re: 'x[0-9]+Sekurlsa$'", "FALSE: F has 'sekurlsa'");
    ONE("F|re|i: 'x[0-9]+Sekurlsa$'", "FALSE: F has 'sekurlsa'");
    ONE("F|re: '\u00e9Abc\u00e9d'", "FALSE: F has 'abc'");
    ONE("F|re: '[0-9]+'", "FALSE: F present");
    ONE("F: true", "FALSE: F is 'true'");
}

TEST(a_number_is_its_usual_text_or_one_that_is_written_in_another_way)
{
    ONE("F: 5", "FALSE: F is '5', F number");
    ONE("F: '5'", "FALSE: F is '5', F number");
    ONE("F: '3.00'", "FALSE: F is '3', F is '3.00', F number");
    ONE("F: 3.5", "FALSE: F number");
    ONE("F: '-0'", "FALSE: F is '-0', F is '0', F number");
    ONE("F|contains: '5'", "FALSE: F has '5'");
    ONE("F|gt: 5", "FALSE: F present");
}

TEST(null_and_exists_ask_for_a_field_that_is_missing_and_the_rest_for_one_that_is_there)
{
    ONE("F: null", "FALSE: F missing");
    ONE("F: [null, x]", "FALSE: F is 'x', F missing");
    ONE("F|exists: false", "FALSE: F missing");
    ONE("F|exists: true", "always");
    PLAN("{s: {F|exists: true}, condition: not s}", "FALSE: F missing");
    ONE("F|neq: null", "always");
    ONE("F|cidr: 10.0.0.0/8", "FALSE: F present");
    ONE("F|hour: 5", "FALSE: F present");
    ONE("F|fieldref: G", "FALSE: F present");
    ONE("F|fieldref|neq: G", "FALSE: F present");
    PLAN("{s: [needle, sekurlsa], condition: s}", "FALSE: * has 'needle', * has 'sekurlsa'");
    PLAN("{s: [42], condition: s}", "FALSE: * has '42'");
    PLAN("{s: ['*'], condition: s}", "always");
}

TEST(and_or_not_and_counts_take_the_cheapest_that_decide)
{
    PLAN("{a: {F|contains: ab, G|contains: '~q~q'}, condition: a}", "FALSE: G has '~q~q'");
    PLAN("{a: {F|contains: '~q~q'}, b: {G|contains: ab}, condition: a or b}", "FALSE: F has '~q~q', G has 'ab'");
    PLAN("{a: {F|contains: ab}, condition: not a}", "always");
    PLAN("{a: {F|contains: ab}, condition: not not a}", "FALSE: F has 'ab'");
    PLAN("{a: {F|contains: ab}, b: {G|contains: '~q~q'}, condition: a and not b}", "FALSE: F has 'ab'");
    PLAN("{a: {F|contains: ab}, b: {G|contains: '~q~q'}, condition: not (not a or b)}", "FALSE: F has 'ab'");
    PLAN("{a: {F|contains: ab}, b: {G|contains: '~q~q'}, condition: not (not a and not b)}", "FALSE: F has 'ab', G has '~q~q'");
    PLAN("{a: {F|contains: ab}, b: {G|contains: '~q~q'}, c: {H|contains: abcd}, condition: 1 of them}",
         "FALSE: F has 'ab', G has '~q~q', H has 'abcd'");
    PLAN("{a: {F|contains: e}, b: {G|contains: '~q~q'}, c: {H|contains: '~r~r'}, condition: 2 of them}", "FALSE: G has '~q~q', H has '~r~r'");
    PLAN("{a: {F|contains: e}, b: {G|contains: '~q~q'}, c: {H|contains: '~r~r'}, condition: 3 of them}", "FALSE: G has '~q~q'");
    ONE("F|contains|neq: ab, G: x", "FALSE: G is 'x'");
}

TEST(what_is_constant_of_the_origin_is_gone)
{
    ONE("EventID: 4688, F: x", "FALSE: F is 'x'");
    ONE("EventID: [1, '4688'], F: x", "FALSE: F is 'x'");
    ONE("EventID|startswith: '46', F: x", "FALSE: F is 'x'");
    ONE("Channel: 'sec*', F: x", "FALSE: F is 'x'");
    ONE("EventID: 4689, F: x", "gone");
    ONE("Channel|contains: system, F: x", "gone");
    PLAN("{a: {EventID: 4688}, b: {F: x}, condition: a or b}", "always");
    PLAN("{a: {EventID: 1}, b: {F: x}, condition: a or b}", "FALSE: F is 'x'");
    PLAN("{a: {EventID: 1}, b: {F: x}, condition: not a and b}", "FALSE: F is 'x'");
    PLAN("{a: {EventID: 4688}, b: {F: x}, c: {G: y}, condition: 2 of them}", "FALSE: F is 'x', G is 'y'");
    PLAN("{a: {EventID: 1}, b: {F: x}, c: {G|contains: y}, condition: 2 of them}", "FALSE: F is 'x'");
    ONE("Provider_Name: p, F: '~q~q'", "FALSE: F is '~q~q'"); /* not there: not a constant, but cheap */
    check_plan(__LINE__, RULE("product: windows, service: system", "{s: {F: x}, condition: s}"), "gone");
}

TEST(a_field_that_cannot_be_makes_unknown_and_only_what_could_change_it_is_looked_for)
{
    PROCESS_PLAN("{s: {OriginalFileName: x}, condition: s}", "UNKNOWN:");
    PROCESS_PLAN("{s: {OriginalFileName: x}, condition: not s}", "UNKNOWN:");
    PROCESS_PLAN("{s: {OriginalFileName: null}, condition: s}", "UNKNOWN:");
    PROCESS_PLAN("{s: {OriginalFileName|exists: true}, condition: s}", "UNKNOWN:");
    PROCESS_PLAN("{s: {OriginalFileName: x, Image: '~q~q'}, condition: s}", "FALSE: Image is '~q~q'");
    PROCESS_PLAN("{a: {OriginalFileName: x}, b: {Image: '~q~q'}, condition: a or b}", "UNKNOWN: Image is '~q~q'");
    PROCESS_PLAN("{a: {OriginalFileName: x}, b: {Image: '~q~q'}, condition: a and not b}", "UNKNOWN: Image is '~q~q'");
    PROCESS_PLAN("{a: {OriginalFileName: x}, b: {Image: '~q~q'}, condition: a or not b}", "always");
    PROCESS_PLAN("{a: {OriginalFileName: x}, b: {Image: q1}, c: {CommandLine: q2}, condition: 2 of them}",
                 "FALSE: CommandLine is 'q2', Image is 'q1'");
    PROCESS_PLAN("{a: {OriginalFileName: x}, b: {Company: q1}, c: {CommandLine: q2}, condition: 2 of them}", "UNKNOWN: CommandLine is 'q2'");
    PROCESS_PLAN("{s: {Image|fieldref: OriginalFileName}, condition: s}", "UNKNOWN:");
}
