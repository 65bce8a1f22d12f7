/* SPDX-License-Identifier: Apache-2.0
 *
 * Events by plan (event_plan.c) held against events by shape (event_shapes.c), for tests and for the fuzzer: what
 * differs, in words, or NULL.
 */
#ifndef SP_TESTS_EVENT_WAYS_H
#define SP_TESTS_EVENT_WAYS_H
#include "event/event.h"
#include "event/event_inner.h"
#include "read/json_fast.h"
#include "read/value.h"

/* How many events came by a plan. */
static uint64_t event_planned;

/* The event of a record, in all its parts, as text. False when the text is not for the quick way. */
static inline bool event_told(struct sp_buf *out, struct sp_events *events, struct sp_json_quick *quick, struct sp_str text)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_buf scratch = { 0 };
    struct sp_tree tree = { 0 };
    struct sp_record record = { .kind = SP_RECORD_JSON, .tree = &tree };
    struct event_header header = { 0 };
    struct sp_event event, shaped = { .record = &record, .tree = &tree };
    uint32_t before;
    size_t len;
    bool feeds;

    sp_buf_clear(out);
    sp_json_index_forget(&quick->index);
    if (sp_json_fast(quick, text, &limits, &tree, &len, &feeds) != SP_JSON_TAKEN) {
        sp_tree_done(&tree);
        return false;
    }
    before = tree.count;
    event_planned += !events->unplanned && tree.layout && sp_event_by_plan(events, &shaped, &header);
    tree.count = before;
    header = (struct event_header){ 0 };
    sp_buf_printf(out, "%d ", sp_event_shape(events, &shaped, &header));
    sp_buf_printf(out, "header %u %u %u ", header.channel, header.provider, header.eventid);
    tree.count = before;
    sp_buf_printf(out, "%d ", sp_event_make(events, &record, &event));
    sp_buf_printf(out, "fields %u whole %u recognised %d class %.*s time ", event.fields, event.whole, event.recognised, SP_STR_ARG(event.class_->name));
    sp_time_write(out, event.time);
    for (uint32_t i = 0; i < tree.count; i++) {
        const struct sp_node *node = &tree.node[i];

        sp_buf_printf(out, "\n%u: %.*s (%u,%u,%u,%u) ", i, SP_STR_ARG(node->name), node->value.type, node->next, node->child, node->count);
        sp_value_json(out, node->value, &scratch);
    }
    sp_buf_done(&scratch);
    sp_tree_done(&tree);
    return true;
}

static inline const char *event_differs(struct sp_events *events, struct sp_json_quick *quick, struct sp_str text)
{
    static struct sp_buf shape, plan;
    bool one, two = false;

    events->unplanned = true;
    one = event_told(&shape, events, quick, text);
    events->unplanned = false;
    for (int i = 0; i < 2; i++) {
        two = event_told(&plan, events, quick, text);
        if (one != two || (one && !sp_str_eq(sp_buf_view(&shape), sp_buf_view(&plan))))
            return "the plan makes another event";
    }
    return NULL;
}

#endif
