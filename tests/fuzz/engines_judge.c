/* SPDX-License-Identifier: Apache-2.0
 *
 * In: choices and the size of a round. Out: whether both engines say the same of all its pairs, rule by rule, UNKNOWN
 * included; and counts of what was TRUE, by modifier and kind of pattern.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engines.h"
#include "match/exec.h"
#include "match/plan.h"
#include "rule/rule_load.h"

/* What must have been TRUE at least once. */
static const char *const features[] = {
    "contains", "startswith", "endswith", "all", "cased", "windash", "re", "i", "ignorecase", "m", "multiline", "s", "dotall", "base64",
    "base64offset", "wide", "utf16le", "utf16be", "utf16", "cidr", "gt", "gte", "lt", "lte", "neq", "exists", "fieldref", "expand", "minute",
    "hour", "day", "week", "month", "year", "(text)", "(wildcard ?)", "(wildcard *)", "(dash)", "(number)", "(bool)", "(null)", "(regex)",
    "(field)", "(keyword)", "(list of values)", "(header)", "(missing field)",
};

/* Classes that map what the built-in ones do not: the header itself, names of which only one is trimmed. */
static const char map[] = "class odd windows odd_things odd\nwhen channel=Odd/Log eventid=5\nfield A B\nfield J A\\B\nfield F A|B\nfield D dec(A)\n"
                          "field R registry(A\\B)\nfield EventID Other\nfield Provider_Name Provider_Name\ntrim B\nabsent Z\n"
                          "class odd-rest windows - odd\nwhen channel=Odd/Log\nlike odd\nfield Channel A|Channel\nabsent Provider_Name\n"
                          "names nospace\n";

/* Both engines over one set. */
struct engines {
    struct sp_events *events;
    struct sp_rule_set *set;
    struct sp_plan *plan;
    struct sp_exec *plain, *fast;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "engines: %s\n", what);
    abort();
}

/* The list of %names%, as a file. */
static const char *list_option(void)
{
    static const char list[] = "alpha\n\\reg.exe\nk\n4688\nAb\\*a\na\\?c\n";
    static char option[64];

    if (!option[0]) {
        int fd = memfd_create("names", 0);

        must(fd >= 0 && write(fd, list, sizeof list - 1) == (ssize_t)(sizeof list - 1), "no list");
        (void)snprintf(option, sizeof option, "names=/proc/self/fd/%d", fd);
    }
    return option;
}

static void engines_close(struct engines *e)
{
    sp_exec_free(e->plain);
    sp_exec_free(e->fast);
    sp_plan_free(e->plan);
    sp_rules_free(e->set);
    sp_events_free(e->events);
}

static const struct sp_taxonomy *engines_open(struct engines *e, const struct theme *theme, struct sp_str rules)
{
    static struct sp_taxonomy *taxonomy;
    const char *list = list_option();
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits, .list = &list, .list_count = 1 };
    const struct sp_class *given = NULL;
    struct sp_error err;

    *e = (struct engines){ 0 };
    if (!taxonomy)
        must(sp_taxonomy_new(&taxonomy, &err) == 0 && sp_taxonomy_add(taxonomy, "map", sp_str_c(map), &err) == 0, "no taxonomy");
    if (!theme->channel) {
        struct sp_logsource l = { sp_str_c(theme->product), theme->category ? sp_str_c(theme->category) : SP_STR_NONE,
                                  theme->service ? sp_str_c(theme->service) : SP_STR_NONE };

        must(sp_taxonomy_for(taxonomy, l, &given, NULL) == 0, "no class");
    }
    e->events = sp_events_new(taxonomy, given);
    must(e->events && sp_rules_parse(SP_STR("made.yml"), rules, &options, &e->set, &err) == 0, "no rules");
    must(sp_plan_new(e->set, &e->plan) == 0, "no plan");
    e->plain = sp_exec_new(e->set, e->events, NULL);
    e->fast = sp_exec_new(e->set, e->events, e->plan);
    must(e->plain && e->fast, "no engine");
    return taxonomy;
}

/* ---------------------------------------------------------------- one event */

struct verdicts {
    const struct sp_rule *const *yes;
    uint32_t count;
};

/* The first rule that only one of them found TRUE, or NULL. */
static const struct sp_rule *odd_one(const struct verdicts *a, const struct verdicts *b)
{
    for (uint32_t i = 0; i < a->count || i < b->count; i++) {
        if (i == a->count || i == b->count)
            return i == a->count ? b->yes[i] : a->yes[i];
        if (a->yes[i] != b->yes[i])
            return a->yes[i]->rank < b->yes[i]->rank ? a->yes[i] : b->yes[i];
    }
    return NULL;
}

/* The same of counts of UNKNOWN; sums them up. */
static const struct sp_rule *odd_unknown(const struct engines *e, uint64_t *sum)
{
    struct sp_unknowns u[2] = { { 0 }, { 0 } };
    const struct sp_rule *odd = NULL;

    must(sp_exec_unknowns(e->plain, &u[0]) == 0 && sp_exec_unknowns(e->fast, &u[1]) == 0, "no memory");
    for (uint32_t c = 0; !odd && (c < u[0].classes || c < u[1].classes); c++) {
        const uint64_t *a = c < u[0].classes ? u[0].count[c] : NULL, *b = c < u[1].classes ? u[1].count[c] : NULL;

        for (uint32_t n = 0; !odd && (a || b) && n < e->set->rule_count; n++) {
            if ((a ? a[n] : 0) != (b ? b[n] : 0))
                odd = e->set->rule[n];
            *sum += a ? a[n] : 0;
        }
    }
    sp_unknowns_done(&u[0]);
    sp_unknowns_done(&u[1]);
    return odd;
}

/* Twice: the second time the fast engine may remember. */
static const struct sp_rule *judge_event(const struct engines *e, const struct made_record *made, struct sp_event *event, struct verdicts *ret)
{
    const struct sp_rule *odd = NULL;
    struct verdicts fast;

    must(sp_event_make(e->events, &made->record, event) == 0, "no event");
    for (int n = 0; !odd && n < 2; n++) {
        must(sp_exec_event(e->plain, event, &ret->yes, &ret->count) == 0 && sp_exec_event(e->fast, event, &fast.yes, &fast.count) == 0,
             "no memory");
        odd = odd_one(ret, &fast);
    }
    return odd;
}

/* ---------------------------------------------------------------- counts */

static void fired(struct tally *t, const char *name, size_t len)
{
    for (uint32_t i = 0; i < t->features; i++)
        if (strlen(t->feature[i].name) == len && memcmp(t->feature[i].name, name, len) == 0)
            t->feature[i].yes++;
}

static void fired_if(struct tally *t, bool holds, const char *name)
{
    if (holds)
        fired(t, name, strlen(name));
}

static void count_pattern(struct tally *t, const struct sp_pattern *p)
{
    fired_if(t, p->kind == SP_P_TEXT, "(text)");
    fired_if(t, p->kind == SP_P_NUMBER, "(number)");
    fired_if(t, p->kind == SP_P_BOOL, "(bool)");
    fired_if(t, p->kind == SP_P_NULL, "(null)");
    fired_if(t, p->kind == SP_P_REGEX, "(regex)");
    fired_if(t, p->kind == SP_P_FIELD, "(field)");
    for (uint32_t i = 0; p->kind == SP_P_TEXT && i < p->token_count; i++) {
        fired_if(t, p->token[i].kind == SP_T_ONE, "(wildcard ?)");
        fired_if(t, p->token[i].kind == SP_T_MANY, "(wildcard *)");
        fired_if(t, p->token[i].kind == SP_T_DASH, "(dash)");
    }
}

/* Items of a TRUE rule that are TRUE themselves. */
static void count_items(struct tally *t, const struct engines *e, const struct sp_rule *rule)
{
    for (uint32_t i = 0; i < rule->item_count; i++) {
        const struct sp_item *item = rule->item[i];
        struct sp_item_seen seen;

        must(sp_eval_item(sp_exec_eval(e->plain), rule, item, &seen) == 0, "no memory");
        if (seen.truth != SP_TRUE)
            continue;
        for (uint32_t m = 0; m < item->modifier_count; m++)
            fired(t, item->modifier[m].ptr, item->modifier[m].len);
        if (item->pattern_count == 1)
            count_pattern(t, &item->pattern[0]);
        fired_if(t, item->pattern_count > 1, "(list of values)");
        fired_if(t, item->field.len == 0, "(keyword)");
        fired_if(t, sp_str_is(item->field, "EventID") || sp_str_is(item->field, "Channel"), "(header)");
        fired_if(t, seen.missing, "(missing field)");
    }
}

uint32_t engines_idle(const struct tally *t)
{
    uint32_t idle = 0;

    for (uint32_t i = 0; i < t->features; i++)
        if (!t->feature[i].yes) {
            printf("never TRUE: %s\n", t->feature[i].name);
            idle++;
        }
    return idle;
}

static void begin_tally(struct tally *t)
{
    _Static_assert(sizeof features / sizeof *features <= ENGINES_FEATURES, "room for all features");
    if (t->features)
        return;
    for (; t->features < sizeof features / sizeof *features; t->features++)
        t->feature[t->features].name = features[t->features];
}

/* ---------------------------------------------------------------- a round */

/* The document of a rule and the event, and whether the two alone make the difference. */
static void say_difference(const struct round *r, const struct sp_rule *rule, const struct made_record *made, const char *what)
{
    unsigned long number = strtoul(rule->title.ptr + 1, NULL, 10);
    size_t from = r->rule[number].at, to = number + 1 < r->rule_count ? r->rule[number + 1].at : r->rules.len;
    struct engines e;
    struct sp_event event;
    struct verdicts v;
    uint64_t sum = 0;
    bool alone;

    (void)engines_open(&e, r->theme, sp_str_cut(sp_buf_view(&r->rules), from, to - from));
    alone = judge_event(&e, made, &event, &v) != NULL;
    alone |= odd_unknown(&e, &sum) != NULL;
    printf("the engines differ (%s; class %.*s; %s):\n%.*s%s event: %.*s\n", what, SP_STR_ARG(event.class_->name),
           alone ? "this rule and event alone show it" : "only behind the events before it", SP_STR_ARG(sp_str_cut(sp_buf_view(&r->rules), from, to - from)),
           made->record.kind == SP_RECORD_EVTX ? "EVTX" : "JSON", (int)(made->text.len < 4000 ? made->text.len : 4000), made->text.ptr);
    engines_close(&e);
}

static void count_refused(const struct engines *e, struct tally *t, bool say)
{
    t->rules += e->set->rule_count;
    for (uint32_t i = 0; i < e->set->doc_count; i++) {
        if (e->set->doc[i].verdict != SP_VERDICT_REFUSED)
            continue;
        t->refused++;
        if (say && e->set->doc[i].reason_count)
            printf("%.*s: %.*s\n", SP_STR_ARG(e->set->doc[i].title), SP_STR_ARG(e->set->doc[i].reason[0]));
    }
}

/* A hunt judges the first events of new origins plainly. */
static void first_plainly(struct round *r, struct engines *e)
{
    if (!one_in(&r->chance, 6))
        return;
    sp_plan_first_plainly(e->plan, below(&r->chance, 60));
    sp_exec_free(e->fast);
    e->fast = sp_exec_new(e->set, e->events, e->plan);
    must(e->fast, "no engine");
}

static bool judge_events(struct round *r, const struct engines *e, const struct round_size *size, struct made_record *made, struct tally *t)
{
    bool each = !one_in(&r->chance, 4); /* else counts of UNKNOWN add up to the end */
    const struct sp_rule *odd = NULL;
    const char *what = "TRUE";

    for (uint32_t i = 0; !odd && i < size->events; i++) {
        struct sp_event event;
        struct verdicts v;
        uint32_t applicable = 0;

        if (!round_event(r, size->flood ? i + 1 : 0, made)) {
            printf("no JSON: %.*s\n", SP_STR_ARG(made->text));
            return false;
        }
        what = "TRUE";
        odd = judge_event(e, made, &event, &v);
        (void)sp_eval_rules(sp_exec_eval(e->plain), event.class_, &applicable);
        t->events++;
        t->pairs += applicable;
        t->yes += v.count;
        for (uint32_t n = 0; !odd && n < v.count; n++)
            count_items(t, e, v.yes[n]);
        if (!odd && (each || i + 1 == size->events)) {
            odd = odd_unknown(e, &t->unknown);
            what = each ? "UNKNOWN" : "UNKNOWN, of this event or one before it";
        }
    }
    if (odd)
        say_difference(r, odd, made, what);
    return !odd;
}

bool engines_judge(struct chance chance, const struct round_size *size, struct tally *t)
{
    struct sp_tree tree = { 0 };
    struct sp_buf names = { 0 };
    struct made_record made = { .tree = &tree, .names = &names };
    struct engines e;
    struct round r;
    bool same;

    begin_tally(t);
    round_begin(&r, chance, size->flood);
    for (uint32_t i = 0; i < size->rules; i++)
        round_add_rule(&r);
    must(!r.rules.failed, "no memory");
    (void)engines_open(&e, r.theme, sp_buf_view(&r.rules));
    count_refused(&e, t, size->say_refused);
    first_plainly(&r, &e);
    same = judge_events(&r, &e, size, &made, t);
    t->rounds++;
    engines_close(&e);
    sp_tree_done(&tree);
    sp_buf_done(&names);
    free(made.bytes);
    round_end(&r);
    return same;
}
