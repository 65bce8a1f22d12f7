/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/view.h"

#include "base/safe.h"
#include "tap.h"

static const struct sp_view_column columns[] = {
    { "n", "N", true, 0 }, { "when", "WHEN", false, 0 }, { "name", "NAME", false, 4 }, { "more", NULL, false, 0 }, { "what", "WHAT", false, 4 },
};

static struct sp_buf out;

/* Two rows in a format; the width is the terminal's. */
static struct sp_str written(enum sp_format format, unsigned width)
{
    struct sp_output o = { .format = format, .width = width };
    struct sp_view v;

    sp_buf_clear(&out);
    sp_view_begin(&v, &o, columns, 5, &out);
    sp_view_u64(&v, 7);
    sp_view_time(&v, (struct sp_time){ .sec = 1772445600, .nsec = 500000000, .digits = 1, .known = true });
    sp_view_text(&v, SP_STR("=evil\033[31m, \"quoted\""));
    sp_view_text(&v, SP_STR("only for machines"));
    sp_view_text(&v, SP_STR("short"));
    sp_view_row(&v);
    sp_view_u64(&v, 1234);
    sp_view_time(&v, (struct sp_time){ .known = false });
    sp_view_text(&v, (struct sp_str){ NULL, 0 });
    sp_view_json(&v, SP_STR("[1]"));
    sp_view_text(&v, SP_STR("a text that is longer than the other"));
    sp_view_row(&v);
    sp_view_end(&v);
    return sp_buf_view(&out);
}

/* The widest line. */
static size_t widest(struct sp_str text)
{
    size_t most = 0, from = 0;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n') {
            size_t columns_ = sp_safe_width(sp_str_cut(text, from, i - from));

            most = columns_ > most ? columns_ : most;
            from = i + 1;
        }
    return most;
}

TEST(json_has_every_column_and_null_where_there_is_nothing)
{
    is_str(written(SP_FORMAT_JSON, 0),
           "{\"n\":7,\"when\":\"2026-03-02T10:00:00.5Z\",\"name\":\"=evil\\u001b[31m, \\\"quoted\\\"\",\"more\":\"only for machines\",\"what\":\"short\"}\n"
           "{\"n\":1234,\"when\":null,\"name\":null,\"more\":[1],\"what\":\"a text that is longer than the other\"}\n");
}

TEST(csv_is_harmless_and_quoted)
{
    is_str(written(SP_FORMAT_CSV, 0),
           "n,when,name,more,what\r\n"
           "7,2026-03-02T10:00:00.5Z,\"'=evil\\x1b[31m, \"\"quoted\"\"\",only for machines,short\r\n"
           "1234,,,[1],a text that is longer than the other\r\n");
}

TEST(a_table_without_a_terminal_is_as_wide_as_it_gets)
{
    is_str(written(SP_FORMAT_TABLE, 0),
           "   N  WHEN                 NAME                     WHAT\n"
           "   7  2026-03-02 10:00:00  =evil\\x1b[31m, \"quoted\"  short\n"
           "1234                       -                        a text that is longer than the other\n");
}

TEST(the_widest_columns_give_way_until_a_terminal_is_wide_enough)
{
    for (unsigned width = 40; width < 90; width++)
        ok(widest(written(SP_FORMAT_TABLE, width)) <= width);
    is_str(written(SP_FORMAT_TABLE, 50),
           "   N  WHEN              NAME          WHAT\n"
           "   7  2026-03-02 10:00  =evil\\x1b[3…  short\n"
           "1234                    -             a text that…\n");
}

/* Cut character by character from its end this would take hours. */
TEST(a_text_of_a_megabyte_is_cut_in_one_go)
{
    static char text[1 << 20];
    struct sp_buf scratch;

    memset(text, 'x', sizeof text);
    sp_buf_init(&scratch, 0);
    sp_buf_clear(&out);
    sp_view_cell(&out, &scratch, (struct sp_str){ text, sizeof text }, 5, true);
    is_str(sp_buf_view(&out), "xxxx\u2026");
    sp_buf_done(&scratch);
}

TEST(words_are_wrapped_at_blanks_and_long_ones_are_cut)
{
    struct sp_buf scratch;

    sp_buf_init(&scratch, 0);
    sp_buf_clear(&out);
    sp_view_wrap(&out, &scratch, SP_STR("one two\nthree abcdefghijklmnop"), 12, 2);
    is_str(sp_buf_view(&out), "  one\n  two\\x0athr\n  ee\n  abcdefghij\n  klmnop\n");
    sp_buf_done(&scratch);
    sp_buf_done(&out);
}
