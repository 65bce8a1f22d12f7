/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: no line is wider than it may be, no byte of a log reaches the terminal as a command, marks stand where they
 * should.
 */
#include "base/safe.h"
#include "base/unicode.h"
#include "export/page.h"
#include "tap.h"

static struct sp_buf out;

static struct sp_str wrapped(const char *text, const struct sp_wrap *how)
{
    sp_buf_clear(&out);
    sp_page_wrap(&out, sp_str_c(text), how);
    return sp_buf_view(&out);
}

TEST(long_values_are_wrapped_behind_their_name)
{
    struct sp_wrap how = { .width = 10, .column = 4, .indent = 4, .gutter = "" };

    is_str(wrapped("abcdefghij", &how), "abcdef\n    ghij\n");
    is_str(wrapped("", &how), "\n");
    how.lines_max = 2;
    is_str(wrapped("abcdefghijklmnopq", &how), "abcdef\n    ghijkl\n    \u2026 17 bytes in all\n");
}

TEST(prose_breaks_between_words)
{
    struct sp_wrap how = { .width = 10, .indent = 2, .gutter = "", .words = true };

    is_str(wrapped("one two three four", &how), "one two\n  three\n  four\n");
    is_str(wrapped("averylongwordindeed x", &how), "averylongw\n  ordindee\n  d x\n");
}

TEST(parts_are_marked_without_colour_too)
{
    struct sp_page_mark mark[] = { { 1, 2 }, { 5, 1 } };
    struct sp_wrap how = { .gutter = "", .mark = mark, .mark_count = 2 };

    is_str(wrapped("abcdef", &how), "a\u00abbc\u00bbde\u00abf\u00bb\n");
    how.color = true;
    is_str(wrapped("abcdef", &how), "a\033[1;4mbc\033[0mde\033[1;4mf\033[0m\n");
}

TEST(a_mark_ends_before_a_line_does_and_goes_on_in_the_next)
{
    struct sp_page_mark mark = { 2, 6 };
    struct sp_wrap how = { .width = 5, .color = true, .indent = 1, .gutter = "", .mark = &mark, .mark_count = 1 };

    is_str(wrapped("abcdefghi", &how), "ab\033[1;4mcde\033[0m\n \033[1;4mfgh\033[0mi\n");
}

TEST(a_mark_that_would_begin_behind_the_last_line_is_left_out)
{
    struct sp_page_mark mark = { 12, 2 };
    struct sp_wrap how = { .width = 10, .column = 4, .indent = 4, .gutter = "", .lines_max = 2, .mark = &mark, .mark_count = 1 };

    is_str(wrapped("abcdefghijklmnopq", &how), "abcdef\n    ghijkl\n    \u2026 17 bytes in all\n");
}

TEST(lines_of_a_script_stay_behind_their_gutter)
{
    struct sp_wrap how = { .width = 12, .column = 4, .indent = 4, .gutter = "| ", .lines = true };

    is_str(wrapped("a\r\nb\n\tc\n", &how), "a\n  | b\n  |     c\n");
    how.lines = false;
    is_str(wrapped("a\nb", &how), "a\\x0ab\n");
}

TEST(hostile_text_stays_text_and_within_the_width)
{
    static const char *const texts[] = { "\x1b[2J\x1b]0;x\x07", "\u202eabc\u2066", "\xff\xfe\xc0\x80", "\u754c\u754c\u754c\u754c\u754c", ("\x9b" "31m"),
                                         "\u00ab\u00bb" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (unsigned width = 12; width < 40; width++) {
            struct sp_page_mark mark = { 1, 3 };
            struct sp_wrap how = { .width = width, .column = 2, .indent = 2, .gutter = "", .mark = &mark, .mark_count = 1 };
            struct sp_str s = wrapped(texts[i], &how);
            size_t begin = 0;

            ok(sp_utf8_valid(s) == s.len);
            for (size_t at = 0; at < s.len; at++) {
                unsigned char c = (unsigned char)s.ptr[at];

                ok(c >= 0x20 || c == '\n');
                if (c != '\n')
                    continue;
                if (sp_safe_width(sp_str_cut(s, begin, at - begin)) + (begin ? 0 : 2) > width)
                    tap_fail("text %zu at width %u: '%.*s'", i, width, SP_STR_ARG(s));
                begin = at + 1;
            }
        }
}

/* Cut character by character from its end this would take hours. */
TEST(a_text_of_a_megabyte_is_cut_in_one_go)
{
    static char text[1 << 20];
    struct sp_buf scratch;

    memset(text, 'x', sizeof text);
    sp_buf_init(&scratch, 0);
    sp_buf_clear(&out);
    sp_page_cell(&out, &scratch, (struct sp_str){ text, sizeof text }, 5, true);
    sp_page_tail(&out, &scratch, (struct sp_str){ text, sizeof text }, 5);
    sp_page_cell(&out, &scratch, (struct sp_str){ text, sizeof text }, 0, false);
    ok(out.len == 2 * 7 + sizeof text);
    is_str(sp_str_cut(sp_buf_view(&out), 0, 14), "xxxx\u2026\u2026xxxx");
    sp_buf_done(&scratch);
}

TEST(a_command_line_is_taken_in_two)
{
    struct sp_str program;

    is_str(sp_page_command(SP_STR("\"C:\\a b\\x.exe\"  -y z"), &program), "-y z");
    is_str(program, "x.exe");
    is_str(sp_page_command(SP_STR("C:\\w\\x.exe"), &program), "");
    is_str(program, "x.exe");
    is_str(sp_page_command(SP_STR("\"open"), &program), "");
    is_str(sp_page_command(SP_STR(""), &program), "");
    is_str(program, "");
}
