/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in all ways at once: the strict parser, and the quick one in plain C and with what the processor has more, must
 * say the same about a value and about a whole input; an event made by plan is the one that its shape makes. The
 * first byte chooses limits, mode, and how far the input is moved against the blocks and the window.
 */
#include "../unit/event/event_ways.h"
#include "../unit/read/json_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_not(const char *wrong)
{
    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
}

static void event(struct sp_str text)
{
    static struct sp_taxonomy *taxonomy;
    static struct sp_events *events;
    static struct sp_json_quick quick;

    if (!taxonomy && sp_taxonomy_new(&taxonomy, NULL) == 0) {
        events = sp_events_new(taxonomy, NULL);
        (void)sp_json_index_choose(&quick.index, SP_JSON_BEST);
    }
    if (events)
        must_not(event_differs(events, &quick, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_buf moved = { 0 };
    struct sp_str text;
    uint8_t mode;

    if (size < 1)
        return 0;
    mode = data[0];
    text = (struct sp_str){ (const char *)data + 1, size - 1 };
    limits.json_depth = mode & 1 ? 4 : 128;
    limits.record_bytes = mode & 2 ? 64 : 1 << 20;
    must_not(json_value_differs(text, &limits));
    must_not(json_input_differs(text, &limits, mode & 4));
    event(text);
    if ((mode & 15) == 8) { /* the end of the first window falls into it */
        size_t before = (256 << 10) - (text.len < 256 ? text.len * (mode >> 4) / 16 : mode);

        if (!sp_buf_reserve(&moved, before + text.len))
            return 0;
        memset(moved.ptr, 'x', before - 1); /* a line that is no JSON */
        moved.ptr[before - 1] = '\n';
        moved.len = before;
        sp_buf_str(&moved, text);
        must_not(json_input_differs(sp_buf_view(&moved), &limits, false));
        sp_buf_done(&moved);
    }
    return 0;
}
