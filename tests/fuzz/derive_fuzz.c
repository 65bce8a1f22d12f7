/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that hide in a text, and a page that shows them: bounded in number, depth and length; on the page no byte below a space
 * but line ends, no line wider than the terminal unless one character is.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/safe.h"
#include "base/unicode.h"
#include "event/derive.h"
#include "export/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void show(struct sp_str text, unsigned width, bool lines)
{
    struct sp_page_mark mark[2] = { { text.len / 4, text.len / 8 }, { text.len / 2, 3 } };
    struct sp_wrap how = { .width = width, .column = 3, .indent = 3, .gutter = lines ? "| " : "", .lines = lines, .words = !lines, .lines_max = 20,
                           .mark = mark, .mark_count = 2 };
    struct sp_buf out;

    sp_buf_init(&out, 0);
    sp_page_wrap(&out, text, &how);
    must(!out.failed && out.len && out.ptr[out.len - 1] == '\n' && sp_utf8_valid(sp_buf_view(&out)) == out.len);
    for (size_t i = 0, begin = 0; i < out.len; i++) {
        must((unsigned char)out.ptr[i] >= 0x20 || out.ptr[i] == '\n');
        if (out.ptr[i] != '\n')
            continue;
        must(sp_safe_width(sp_str_cut(sp_buf_view(&out), begin, i - begin)) + (begin ? 0 : 3) <= width);
        begin = i + 1;
    }
    sp_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_str text = { (const char *)data, size }, program, arguments;
    struct sp_derived list[SP_DERIVED_LIST_MAX];
    struct sp_arena arena;
    size_t count;

    sp_arena_init(&arena, SIZE_MAX);
    must(sp_derive(&arena, text, list, &count) == 0 && count <= SP_DERIVED_LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        must(list[i].depth >= 1 && list[i].depth <= SP_DERIVED_DEPTH_MAX && list[i].text.len <= SP_DERIVED_MAX && list[i].text.len);
        show(list[i].text, 80, true);
    }
    show(text, 40 + (unsigned)(size % 80), size & 1);
    arguments = sp_page_command(text, &program);
    must(arguments.len <= text.len && program.len <= text.len);
    sp_arena_done(&arena);
    return 0;
}
