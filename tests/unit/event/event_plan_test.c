/* SPDX-License-Identifier: Apache-2.0
 *
 * Flat objects become the same events with a plan and without.
 */
#include <stdlib.h>

#include "event_ways.h"
#include "tap.h"

static struct sp_taxonomy *taxonomy;
static struct sp_events *events;
static struct sp_json_quick *quick;
static struct sp_buf text;

static void begin(void)
{
    quick = calloc(1, sizeof *quick);
    if (!quick || sp_taxonomy_new(&taxonomy, NULL) < 0 || !(events = sp_events_new(taxonomy, NULL)))
        exit(1);
    (void)sp_json_index_choose(&quick->index, SP_JSON_BEST);
    event_planned = 0;
}

static void end(void)
{
    sp_events_free(events);
    sp_taxonomy_free(taxonomy);
    sp_layouts_done(&quick->layouts);
    free(quick);
}

static void same(const char *record)
{
    const char *why = event_differs(events, quick, sp_str_c(record));

    if (why)
        tap_fail("%s: %s", why, record);
}

TEST(flat_objects_have_a_plan)
{
    begin();
    same("{\"EventTime\":\"2020-01-02 03:04:05\",\"Hostname\":\"pc\",\"Keywords\":-9223372036854775808,\"EventID\":1,\"SourceName\":\"Microsoft-Windows-Sysmon\","
         "\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"ThreadID\":5,\"tags\":[\"a\",\"b\"],\"Image\":\"C:\\\\a.exe\"}");
    is_u64(event_planned, 2);
    same("{\"Channel\":\"Security\",\"EventID\":4624,\"spoor\":{\"a\":1},\"x\":{\"y\":[1,2]},\"z\":null}");
    same("{\"EventID\":\"4624\",\"Channel\":\"Security\",\"Provider_Name\":\"Microsoft-Windows-Security-Auditing\",\"SourceName\":\"other\"}");
    same("{\"EventID\":1,\"Channel\":\"Security\",\"ProviderName\":\"p\",\"hostname\":\"h\",\"UtcTime\":\"2020-01-02 03:04:05.678\",\"@timestamp\":\"2020-01-02T03:04:05Z\"}");
    same("{\"EventID\":1,\"Channel\":\"Security\",\"TimeCreated_SystemTime\":\"2020-01-02T03:04:05Z\",\"\":\"empty\",\"Computer\":null}");
    is_u64(event_planned, 10);
    end();
}

TEST(Keywords_of_any_kind_are_the_same)
{
    static const char *const kind[] = { "1", "-1", "0", "-9223372036854775808", "18446744073709551615", "99999999999999999999999", "1.5", "1e3", "\"0x10\"", "null", "[1]", "{}" };

    begin();
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        for (int order = 0; order < 3; order++) {
            sp_buf_clear(&text);
            if (order == 0)
                sp_buf_printf(&text, "{\"Keywords\":%s,\"Channel\":\"System\",\"spoor\":1,\"EventID\":7,\"SourceName\":\"x\"}", kind[i]);
            else if (order == 1)
                sp_buf_printf(&text, "{\"Channel\":\"System\",\"spoor\":1,\"Provider_Name\":\"x\",\"Keywords\":%s,\"EventID\":7}", kind[i]);
            else
                sp_buf_printf(&text, "{\"Channel\":\"System\",\"EventID\":7,\"Keywords\":%s}", kind[i]);
            sp_buf_char(&text, '\0');
            same(text.ptr);
        }
    }
    is_u64(event_planned, 2 * 3 * sizeof kind / sizeof *kind);
    end();
}

TEST(what_the_values_decide_is_left_to_the_shapes)
{
    static const char *const value[] = { "1", "null", "[]", "{}", "{\"System\":{\"Channel\":\"c\",\"EventID\":1}}", "{\"Channel\":\"c\",\"EventID\":1,\"event_data\":{\"a\":1}}", "\"x\"" };
    static const char *const name[] = { "Event", "System", "winlog", "winlog.channel", "winlog.event_id", "event_data", "event_id", "Other" };

    begin();
    for (size_t n = 0; n < sizeof name / sizeof *name; n++)
        for (size_t v = 0; v < sizeof value / sizeof *value; v++) {
            sp_buf_clear(&text);
            sp_buf_printf(&text, "{\"Channel\":\"Security\",\"%s\":%s,\"EventID\":4624,\"EventTime\":\"2020-01-02 03:04:05\"}", name[n], value[v]);
            sp_buf_char(&text, '\0');
            same(text.ptr);
        }
    same("{\"Channel\":null,\"EventID\":1,\"a\":2}");
    same("{\"Channel\":\"a\",\"EventID\":[1],\"a\":2}");
    same("{\"Channel\":\"a\",\"EventID\":{},\"a\":2}");
    same("{\"Channel\":\"a\",\"EventId\":1}");
    same("{\"a\":1}");
    same("{}");
    same("[1,2]");
    same("{\"UtcTime\":\"2020-01-02 03:04:05.678\",\"ProcessGuid\":\"g\",\"Image\":\"i\",\"CommandLine\":\"c\",\"ParentProcessGuid\":\"p\"}");
    end();
}

TEST(more_layouts_than_plans_are_the_same)
{
    begin();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            sp_buf_clear(&text);
            sp_buf_printf(&text, "{\"a%d\":1,\"Channel\":\"Security\",\"b%d\":\"x\",\"EventID\":%d}", i, i % 7, i % 5000);
            sp_buf_char(&text, '\0');
            same(text.ptr);
        }
    ok(event_planned == 12000);
    end();
}

TEST(many_members_are_the_same)
{
    begin();
    for (int count = 50; count < 300; count += 25) {
        sp_buf_clear(&text);
        sp_buf_text(&text, "{\"Channel\":\"Security\",\"EventID\":4624");
        for (int i = 0; i < count; i++)
            sp_buf_printf(&text, ",\"n%d\":%d", i, i);
        sp_buf_add(&text, "}", 2);
        same(text.ptr);
    }
    end();
}
