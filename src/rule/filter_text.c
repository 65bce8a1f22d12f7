/* SPDX-License-Identifier: Apache-2.0
 *
 * In: fields of an event (attacker-controlled) and what an analyst said. Out: YAML that reads back as exactly that.
 */
#include "rule/filter_text.h"

#include "base/unicode.h"

bool sp_filter_field(struct sp_str name)
{
    return name.len && name.len <= 256 && !memchr(name.ptr, '|', name.len) && sp_utf8_valid(name) == name.len;
}

/* What YAML takes for a line end, or an eye for nothing. */
static bool escaped(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c >= 0xFFFE;
}

void sp_yaml_quote(struct sp_buf *out, struct sp_str text)
{
    size_t at = 0;

    sp_buf_char(out, '"');
    while (at < text.len) {
        size_t from = at;
        uint32_t c = sp_utf8_next(text, &at);

        if (c == '"' || c == '\\')
            sp_buf_printf(out, "\\%c", (int)c);
        else if (c == SP_UTF8_BAD)
            sp_buf_text(out, "\\uFFFD");
        else if (escaped(c))
            sp_buf_printf(out, c > 0xFFFF ? "\\U%08X" : "\\u%04X", c);
        else
            sp_buf_add(out, text.ptr + from, at - from);
    }
    sp_buf_char(out, '"');
}

/* As Sigma reads it back (SPEC: sigma-T2): `*` and `?` are characters, and so is each backslash. */
static void sigma_escape(struct sp_buf *out, struct sp_str value)
{
    sp_buf_clear(out);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i], next = i + 1 < value.len ? value.ptr[i + 1] : '\\';
        bool run = i && value.ptr[i - 1] == '\\';

        if (c == '*' || c == '?' || (c == '\\' && (run || next == '*' || next == '?' || next == '\\')))
            sp_buf_char(out, '\\');
        sp_buf_char(out, c);
    }
}

static void member(struct sp_buf *out, const char *key, struct sp_str text)
{
    if (text.len == 0)
        return;
    sp_buf_text(out, key);
    sp_yaml_quote(out, text);
    sp_buf_char(out, '\n');
}

/* A block of lines, its indentation said, as the first may begin with blanks; what could end it or the comment of an eye is
 * left to the quotes. */
static void description(struct sp_buf *out, struct sp_str text)
{
    sp_buf_text(out, "description: |4-\n");
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;

        sp_buf_text(out, len ? "    " : "");
        for (size_t at = 0; at < len;) {
            size_t from = at;
            uint32_t c = sp_utf8_next((struct sp_str){ text.ptr, len }, &at);

            if (c == SP_UTF8_BAD || escaped(c))
                sp_buf_char(out, '?');
            else
                sp_buf_add(out, text.ptr + from, at - from);
        }
        sp_buf_char(out, '\n');
        text = sp_str_cut(text, end ? len + 1 : len, text.len - (end ? len + 1 : len));
    }
}

void sp_filter_write(struct sp_buf *out, const struct sp_filter_document *d)
{
    struct sp_buf value;

    sp_buf_init(&value, 0);
    member(out, "title: ", d->title);
    member(out, "id: ", d->id);
    description(out, d->description);
    member(out, "author: ", d->author);
    if (d->date.len) {
        sp_buf_text(out, "date: ");
        sp_buf_str(out, d->date);
        sp_buf_char(out, '\n');
    }
    sp_buf_text(out, "logsource:\n");
    member(out, "    product: ", d->logsource.product);
    member(out, "    category: ", d->logsource.category);
    member(out, "    service: ", d->logsource.service);
    sp_buf_text(out, "filter:\n    rules:\n        - ");
    sp_yaml_quote(out, d->rule);
    sp_buf_text(out, "\n    selection:\n");
    for (size_t i = 0; i < d->count; i++) {
        sp_buf_text(out, "        ");
        sp_yaml_quote(out, d->item[i].field);
        sp_buf_text(out, ": ");
        sigma_escape(&value, d->item[i].value);
        sp_yaml_quote(out, sp_buf_view(&value));
        sp_buf_char(out, '\n');
    }
    sp_buf_text(out, "    condition: not selection\n");
    out->failed |= value.failed;
    sp_buf_done(&value);
}
