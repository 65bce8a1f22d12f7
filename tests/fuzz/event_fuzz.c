/* SPDX-License-Identifier: Apache-2.0
 *
 * Input: a JSON text. It becomes an event, whose fields, places and values are asked for as a hunt does.
 */
#include <stdlib.h>

#include "event/event.h"
#include "read/jsonl.h"
#include "read/value.h"

static int each(void *arg, struct sp_value value)
{
    sp_value_write(arg, value);
    return 0;
}

static void ask(struct sp_events *events, const struct sp_event *event, struct sp_buf *out)
{
    static const char *const name[] = { "Image", "User", "ProcessId", "TargetObject", "Hashes", "Data", "a.b[0].c", "[0]", "ThreatName", "a", "" };
    struct sp_found found;
    uint64_t excess;

    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (sp_event_get(events, event, sp_str_c(name[i]), i & 1, &found) < 0)
            continue;
        for (uint32_t n = 0; n < found.count; n++)
            sp_value_write(out, found.value[n]);
    }
    (void)sp_event_scalars(event, each, out);
    (void)sp_event_host(events, event, out);
    (void)sp_event_user(events, event, out);
    (void)sp_event_session(events, event, out);
    (void)sp_event_values(events, event, 16, out, &excess);
    sp_buf_clear(out);
    if (sp_event_fields_json(events, event, out) == 0 && (out->len < 2 || out->ptr[out->len - 1] != '}'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sp_taxonomy *taxonomy;
    static struct sp_events *events;
    struct sp_limits limits = sp_limits_default();
    struct sp_tree tree = { 0 };
    struct sp_buf names, out;
    struct sp_record record = { .kind = SP_RECORD_JSON, .tree = &tree };
    struct sp_event event;
    uint64_t duplicates = 0;
    size_t at = 0;

    if (!taxonomy && sp_taxonomy_new(&taxonomy, NULL) == 0)
        events = sp_events_new(taxonomy, NULL);
    if (!events)
        return 0;
    sp_buf_init(&names, 0);
    sp_buf_init(&out, 1 << 22);
    if (sp_json_parse((struct sp_str){ (const char *)data, size }, &at, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, NULL) == 1 &&
        sp_event_make(events, &record, &event) == 0)
        ask(events, &event, &out);
    sp_buf_done(&out);
    sp_buf_done(&names);
    sp_tree_done(&tree);
    return 0;
}
