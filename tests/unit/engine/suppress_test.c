/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter asked of the line of a sighting: it says what it would say as a rule file.
 */
#include "engine/suppress.h"
#include "tap.h"

#define ID "5a0c0000-0000-4000-8000-000000000001"
#define FILTER(detection) "title: f\nlogsource: {product: windows}\nfilter:\n    rules: [" ID "]\n    s:\n        " detection "\n    condition: not s\n"

static struct sp_error err;

static int asked(const char *filter, const char *fields)
{
    struct sp_line line;
    char json[1024];
    int rc;

    (void)snprintf(json, sizeof json, "{\"id\":\"x\",\"fields\":%s}", fields);
    sp_line_init(&line);
    if (sp_line_read(&line, sp_str_c(json), &err) < 0)
        return -100;
    rc = sp_suppress_try(sp_str_c(filter), SP_STR(ID), SP_STR("{\"product\":\"windows\"}"), &line, &err);
    sp_line_done(&line);
    return rc;
}

TEST(a_filter_holds_where_all_is_the_same)
{
    is_i64(asked(FILTER("{A: 'c:\\x', B: 4}"), "{\"A\":\"C:\\\\X\",\"B\":4,\"C\":1}"), 1);
    is_i64(asked(FILTER("{A: x, B: 4}"), "{\"A\":\"x\",\"B\":5}"), 0);
    is_i64(asked(FILTER("{A: x}"), "{\"B\":5}"), 0);
    is_i64(asked(FILTER("{A: x}"), "{\"A\":[\"y\",\"x\"]}"), 1);
    is_i64(asked(FILTER("{a.b: x}"), "{\"a\":{\"b\":\"x\"}}"), 1);
    is_i64(asked(FILTER("{ProcessId: '7'}"), "{\"ProcessId\":7,\"Channel\":\"Security\",\"EventID\":4688}"), 1);
}

TEST(a_filter_that_cannot_be_used_is_an_error)
{
    ok(asked("no: yaml: at: all", "{}") < 0);
    ok(asked("title: f\nlogsource: {product: linux}\nfilter: {rules: [" ID "], s: {A: x}, condition: not s}\n", "{\"A\":\"x\"}") < 0);
    ok(asked("title: f\nlogsource: {product: windows}\nfilter: {rules: [other], s: {A: x}, condition: not s}\n", "{\"A\":\"x\"}") < 0);
    ok(asked("title: f\nlogsource: {product: windows}\ndetection: {s: {A: x}, condition: not s}\n", "{\"A\":\"x\"}") < 0);
}

TEST(a_line_without_fields_is_never_hidden)
{
    struct sp_line line;

    sp_line_init(&line);
    ok(sp_line_read(&line, SP_STR("{\"fields\":null}"), &err) == 0);
    is_i64(sp_suppress_try(sp_str_c(FILTER("{A: x}")), SP_STR(ID), SP_STR("{\"product\":\"windows\"}"), &line, &err), 0);
    ok(sp_line_read(&line, SP_STR("[]"), &err) < 0);
    ok(sp_line_read(&line, SP_STR("{\"a\":"), &err) < 0);
    sp_line_done(&line);
}

TEST(a_day_holds_to_its_end)
{
    int64_t s = 0;

    ok(sp_until_parse(SP_STR("1970-01-01"), &s));
    is_i64(s, 86399);
    ok(sp_until_parse(SP_STR("1970-01-02T00:00Z"), &s));
    is_i64(s, 86400);
    ok(!sp_until_parse(SP_STR("tomorrow"), &s));
    ok(!sp_until_parse(SP_STR("2026-13-01"), &s));
}
