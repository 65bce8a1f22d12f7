/* SPDX-License-Identifier: Apache-2.0
 *
 * A Sigma filter written from the fields of an event: it is a good document whatever stands in them, it refers to its rule, and
 * asked of the very fields it holds.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/unicode.h"
#include "engine/suppress.h"
#include "rule/filter_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char id[] = "5a0c0000-0000-4000-8000-000000000001";

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* One field and its value, parted by a NUL; the rest is the analyst's reason. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    struct sp_str name = { (const char *)data, end ? (size_t)(end - data) : 0 }, value;
    struct sp_filter_item item;
    struct sp_filter_document d = { .title = SP_STR("t"), .logsource = { SP_STR("windows"), SP_STR_NONE, SP_STR_NONE }, .rule = SP_STR(id),
                                    .item = &item, .count = 1 };
    struct sp_buf text, json;
    struct sp_json w = sp_json_to(&json);
    struct sp_line line;

    value = (struct sp_str){ (const char *)data + name.len + 1, end ? size - name.len - 1 : 0 };
    if (!end || value.len == 0 || !sp_filter_field(name) || sp_utf8_valid(value) != value.len || memchr(name.ptr, '.', name.len) ||
        memchr(name.ptr, '[', name.len))
        return 0;
    item = (struct sp_filter_item){ name, value };
    d.description = value;
    d.author = value;
    sp_buf_init(&text, 0);
    sp_buf_init(&json, 0);
    sp_filter_write(&text, &d);
    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("fields"));
    sp_json_open(&w, '{');
    sp_json_key(&w, name);
    sp_json_str(&w, value);
    sp_json_close(&w, '}');
    sp_json_close(&w, '}');
    sp_line_init(&line);
    must(!text.failed && !json.failed && sp_line_read(&line, sp_buf_view(&json), NULL) == 0);
    must(sp_suppress_try(sp_buf_view(&text), SP_STR(id), SP_STR("{\"product\":\"windows\"}"), &line, NULL) == 1);
    sp_line_done(&line);
    sp_buf_done(&text);
    sp_buf_done(&json);
    return 0;
}
