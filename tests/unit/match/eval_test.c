/* SPDX-License-Identifier: Apache-2.0 */
#include "match/eval.h"
#include "tap.h"

TEST(no_rule_applies_to_an_event_without_log_source_and_asking_ends)
{
    static const struct sp_rule_set empty = { 0 };
    struct sp_taxonomy *t = NULL;
    struct sp_events *events;
    struct sp_eval *e;
    uint32_t count = 7;

    ok(sp_taxonomy_new(&t, NULL) == 0);
    events = sp_events_new(t, NULL);
    e = sp_eval_new(&empty, events);
    ok(e != NULL);
    ok(sp_eval_rules(e, sp_taxonomy_class(t, UINT32_MAX), &count) != NULL);
    is_u64(count, 0);
    sp_eval_free(e);
    sp_events_free(events);
    sp_taxonomy_free(t);
}
