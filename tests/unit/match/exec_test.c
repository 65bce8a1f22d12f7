/* SPDX-License-Identifier: Apache-2.0
 *
 * Both engines over the same events, one after the other: the events are in an order that could mislead the fast one.
 */
#include "match/exec.h"

#include "match/plan.h"
#include "read/jsonl.h"
#include "rule/rule_load.h"
#include "tap.h"

#define RULE(detection) "title: t\nlogsource: {product: windows}\ndetection: " detection "\n---\n"
#define EVENT(eventid, more) "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":" eventid "},\"EventData\":{" more "}}}"

struct pair {
    struct sp_taxonomy *taxonomy;
    struct sp_events *events;
    struct sp_rule_set *set;
    struct sp_plan *plan;
    struct sp_exec *plain, *fast;
};

static void open_pair(struct pair *p, const char *rules)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };

    *p = (struct pair){ 0 };
    ok(sp_taxonomy_new(&p->taxonomy, NULL) == 0);
    p->events = sp_events_new(p->taxonomy, NULL);
    ok(sp_rules_parse(SP_STR("t.yml"), sp_str_c(rules), &options, &p->set, NULL) == 0);
    ok(p->set->rule_count == p->set->doc_count && p->set->rule_count > 0);
    ok(sp_plan_new(p->set, &p->plan) == 0);
    p->plain = sp_exec_new(p->set, p->events, NULL);
    p->fast = sp_exec_new(p->set, p->events, p->plan);
}

static void close_pair(struct pair *p)
{
    sp_exec_free(p->plain);
    sp_exec_free(p->fast);
    sp_plan_free(p->plan);
    sp_rules_free(p->set);
    sp_events_free(p->events);
    sp_taxonomy_free(p->taxonomy);
}

/* The number of rules that are TRUE, or 1000 when the engines differ. */
static uint32_t both(struct pair *p, const char *json)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_tree tree = { 0 };
    struct sp_buf names = { 0 };
    struct sp_record record = { .kind = SP_RECORD_JSON, .tree = &tree };
    const struct sp_rule *const *a, *const *b;
    struct sp_event event;
    uint64_t duplicates = 0;
    uint32_t n = 0, m = 0;
    size_t at = 0;

    ok(sp_json_parse(sp_str_c(json), &at, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, NULL) == 1);
    ok(sp_event_make(p->events, &record, &event) == 0);
    ok(sp_exec_event(p->plain, &event, &a, &n) == 0);
    ok(sp_exec_event(p->fast, &event, &b, &m) == 0);
    if (n != m || (n && memcmp(a, b, n * sizeof(const struct sp_rule *)) != 0)) {
        tap_fail("%s: plain %u TRUE, fast %u", json, n, m);
        n = 1000;
    }
    sp_tree_done(&tree);
    sp_buf_done(&names);
    return n;
}

TEST(a_second_field_named_like_the_header_s_counts_too)
{
    struct pair p;

    open_pair(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(both(&p, EVENT("4688", "\"EventID\":7")), 1);
    is_u64(both(&p, EVENT("4688", "\"EventID\":8")), 0);
    is_u64(both(&p, EVENT("4688", "\"x\":7")), 0);
    close_pair(&p);
    open_pair(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(both(&p, EVENT("4688", "\"x\":7")), 0);
    is_u64(both(&p, EVENT("4688", "\"EventID\":7")), 1);
    close_pair(&p);
}

TEST(what_one_event_has_twice_says_nothing_of_the_next)
{
    struct pair p;

    open_pair(&p, RULE("{a: {EventID: 7}, condition: not a}") RULE("{a: {x: 7}, condition: a}"));
    is_u64(both(&p, EVENT("4688", "\"EventID\":7")), 0);
    is_u64(both(&p, EVENT("4688", "\"x\":7")), 2);
    is_u64(both(&p, EVENT("4688", "\"x\":8")), 1);
    close_pair(&p);
}

TEST(a_header_that_is_a_list_is_told_by_its_elements)
{
    struct pair p;

    open_pair(&p, RULE("{a: {EventID: 7}, condition: a}") RULE("{a: {EventID|contains: '9', x: 1}, condition: a}"));
    is_u64(both(&p, EVENT("[7, 8]", "\"x\":1")), 1);
    is_u64(both(&p, EVENT("[8, 9]", "\"x\":1")), 1);
    is_u64(both(&p, EVENT("[]", "\"x\":1")), 0);
    is_u64(both(&p, EVENT("[7, 9]", "\"x\":1")), 2);
    close_pair(&p);
}

TEST(a_header_of_null_is_not_one_that_is_missing)
{
    struct pair p;

    open_pair(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(both(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(both(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(both(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":\"p\",\"event_data\":{\"x\":1}}}"), 1);
    close_pair(&p);
    open_pair(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(both(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(both(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    close_pair(&p);
}

TEST(looks_at_rules_are_counted_where_that_is_asked_for)
{
    struct pair p;

    open_pair(&p, RULE("{a: {x|contains: 'needle'}, condition: a}") RULE("{a: {x|contains: 'thread', y: 2}, condition: a}"));
    ok(!sp_exec_looks(p.plain) && !sp_exec_looks(p.fast));
    is_u64(both(&p, EVENT("1", "\"x\":\"a needle\"")), 1);
    ok(sp_exec_profile(p.plain) == 0 && sp_exec_profile(p.fast) == 0);
    is_u64(both(&p, EVENT("1", "\"x\":\"a needle\"")), 1);
    is_u64(both(&p, EVENT("1", "\"x\":\"a thread\"")), 0);
    is_u64(both(&p, EVENT("1", "\"x\":\"hay\"")), 0);
    is_u64(sp_exec_looks(p.plain)[0].looked, 3); /* every rule, every event */
    is_u64(sp_exec_looks(p.plain)[1].looked, 3);
    is_u64(sp_exec_looks(p.fast)[0].looked, 1); /* marked ones alone */
    is_u64(sp_exec_looks(p.fast)[1].looked, 1);
    is_u64(sp_exec_looks(p.plain)[0].hits, 1);
    is_u64(sp_exec_looks(p.fast)[0].hits, 1);
    is_u64(sp_exec_looks(p.fast)[1].hits, 0);
    close_pair(&p);
}
