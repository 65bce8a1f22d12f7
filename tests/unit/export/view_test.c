/* SPDX-License-Identifier: Apache-2.0 */
#include "export/view.h"

#include "base/safe.h"
#include "export/view.h"
#include "tap.h"

static const struct sp_view_column columns[] = {
    { "n", "N", SP_VIEW_RIGHT, 0 }, { "when", "WHEN", SP_VIEW_LEFT, 0 }, { "name", "NAME", SP_VIEW_LEFT, 4 }, { "more", NULL, SP_VIEW_LEFT, 0 }, { "what", "WHAT", SP_VIEW_LEFT, 4 },
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
           "    N  WHEN                 NAME                     WHAT\n"
           "    7  2026-03-02 10:00:00  =evil\\x1b[31m, \"quoted\"  short\n"
           "1,234                       -                        a text that is longer than the other\n");
}

TEST(the_widest_columns_give_way_until_a_terminal_is_wide_enough)
{
    for (unsigned width = 40; width < 90; width++)
        ok(widest(written(SP_FORMAT_TABLE, width)) <= width);
    is_str(written(SP_FORMAT_TABLE, 50),
           "    N  WHEN              NAME         WHAT\n"
           "    7  2026-03-02 10:00  =evil\\x1b[…  short\n"
           "1,234                    -            a text that…\n");
}

TEST(rows_are_sorted_by_level_and_weight_and_look_so)
{
    static const struct sp_view_column two[] = { { "word", "WORD", SP_VIEW_LEFT, 0 }, { "n", "N", SP_VIEW_RIGHT, 0 } };
    struct sp_output o = { .format = SP_FORMAT_TABLE, .color = true };
    static const struct sp_view_look looks[] = { { SP_LEVEL_LOW, false, 1 }, { SP_LEVEL_HIGH, false, 1 }, { SP_LEVEL_HIGH, true, 2 }, { SP_LEVEL_HIGH, false, 1 } };
    struct sp_view v;

    sp_buf_clear(&out);
    sp_view_begin(&v, &o, two, 2, &out);
    v.sorted = true;
    for (unsigned i = 0; i < 4; i++) {
        sp_view_text(&v, sp_str_c((const char *[]){ "a", "b", "c", "d" }[i]));
        sp_view_u64(&v, 1234 + i);
        sp_view_row_as(&v, looks[i]);
    }
    sp_view_end(&v);
    is_str(sp_buf_view(&out), "\033[1mWORD      N\033[0m\n\033[2mc     1,236\033[0m\n\033[31mb   \033[0m  1,235\n\033[31md   \033[0m  1,237\n\033[36ma   \033[0m  1,234\n");
}

TEST(of_a_path_the_end_stays)
{
    static const struct sp_view_column two[] = { { "n", "N", SP_VIEW_RIGHT, 0 }, { "path", "PATH", SP_VIEW_TAIL, 8 } };
    struct sp_output o = { .format = SP_FORMAT_TABLE, .width = 24 };
    struct sp_view v;

    sp_buf_clear(&out);
    sp_view_begin(&v, &o, two, 2, &out);
    sp_view_u64(&v, 1234);
    sp_view_text(&v, SP_STR("/a/very/long/path/to/a.log"));
    sp_view_row(&v);
    sp_view_end(&v);
    is_str(sp_buf_view(&out), "    N  PATH\n1,234  \u2026ng/path/to/a.log\n");
    sp_buf_done(&out);
}
