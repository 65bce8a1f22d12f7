/* SPDX-License-Identifier: Apache-2.0
 *
 * Both engines over the same rules, for tests: each event is judged by the plain one and by the fast one.
 */
#ifndef SP_TESTS_PAIR_H
#define SP_TESTS_PAIR_H
#include "base/buf.h"
#include "match/exec.h"
#include "match/plan.h"
#include "read/jsonl.h"
#include "rule/rule_load.h"
#include "tap.h"

struct pair {
    struct sp_taxonomy *taxonomy;
    struct sp_events *events;
    struct sp_rule_set *set;
    struct sp_plan *plan;
    struct sp_exec *plain, *fast;
    struct sp_tree tree; /* of the event in hand */
    struct sp_buf names;
    struct sp_record record;
    struct sp_event event;
};

static inline void pair_open(struct pair *p, const char *rules)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };

    *p = (struct pair){ 0 };
    ok(sp_taxonomy_new(&p->taxonomy, NULL) == 0);
    p->events = sp_events_new(p->taxonomy, NULL);
    ok(sp_rules_parse(SP_STR("t.yml"), sp_str_c(rules), &options, &p->set, NULL) == 0);
    if (p->set->rule_count != p->set->doc_count || !p->set->rule_count)
        tap_fail("%u of %u rules were refused", p->set->doc_count - p->set->rule_count, p->set->doc_count);
    ok(sp_plan_new(p->set, &p->plan) == 0);
    p->plain = sp_exec_new(p->set, p->events, NULL);
    p->fast = sp_exec_new(p->set, p->events, p->plan);
}

/* The text with a NUL behind it. */
static inline const char *pair_text(struct sp_buf *b)
{
    sp_buf_char(b, '\0');
    return b->ptr;
}

/* Times that rules were UNKNOWN; counts of the two engines must be the same. Both begin anew. */
static inline uint64_t pair_unknowns(struct pair *p)
{
    struct sp_unknowns a = { 0 }, b = { 0 };
    uint64_t sum = 0;

    ok(sp_exec_unknowns(p->plain, &a) == 0 && sp_exec_unknowns(p->fast, &b) == 0);
    for (uint32_t c = 0; c < a.classes || c < b.classes; c++)
        for (uint32_t r = 0; r < p->set->rule_count; r++) {
            uint64_t x = c < a.classes && a.count[c] ? a.count[c][r] : 0, y = c < b.classes && b.count[c] ? b.count[c][r] : 0;

            sum += x;
            if (x != y)
                tap_fail("class %u, rule %u: UNKNOWN %" PRIu64 " times, the fast engine says %" PRIu64, c, r, x, y);
        }
    sp_unknowns_done(&a);
    sp_unknowns_done(&b);
    return sum;
}

static inline void pair_close(struct pair *p)
{
    (void)pair_unknowns(p);
    sp_exec_free(p->plain);
    sp_exec_free(p->fast);
    sp_plan_free(p->plan);
    sp_rules_free(p->set);
    sp_events_free(p->events);
    sp_taxonomy_free(p->taxonomy);
    sp_tree_done(&p->tree);
    sp_buf_done(&p->names);
}

static inline void pair_event(struct pair *p, const char *json)
{
    struct sp_limits limits = sp_limits_default();
    uint64_t duplicates = 0;
    size_t at = 0;

    p->record = (struct sp_record){ .kind = SP_RECORD_JSON, .tree = &p->tree, .raw = sp_str_c(json) };
    ok(sp_json_parse(sp_str_c(json), &at, &limits, &(struct sp_json_room){ &p->tree, &p->names, &duplicates }, NULL) == 1);
    ok(sp_event_make(p->events, &p->record, &p->event) == 0);
}

/* The number of rules that are TRUE, or 1000 when the engines differ. */
static inline uint32_t pair_judge(struct pair *p, const char *json)
{
    const struct sp_rule *const *a, *const *b;
    uint32_t n = 0, m = 0;

    pair_event(p, json);
    ok(sp_exec_event(p->plain, &p->event, &a, &n) == 0);
    ok(sp_exec_event(p->fast, &p->event, &b, &m) == 0);
    if (n != m || (n && memcmp(a, b, n * sizeof(const struct sp_rule *)) != 0)) {
        tap_fail("%s: plain %u TRUE, fast %u", json, n, m);
        n = 1000;
    }
    return n;
}

#endif
