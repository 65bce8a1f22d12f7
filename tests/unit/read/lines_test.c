/* SPDX-License-Identifier: Apache-2.0 */
#include "read/lines.h"
#include "memory_input.h"
#include "read/value.h"
#include "tap.h"

static struct sp_limits limits;
static struct sp_buf out, scratch, told;
static uint64_t undecodable;

static void trouble(void *arg, uint64_t offset, const char *reason)
{
    (void)arg;
    sp_buf_printf(&told, "%llu: %s\n", (unsigned long long)offset, reason);
}

/* A line a record: `number@offset+length message|`. */
static struct sp_str read_str(struct sp_str bytes)
{
    struct sp_lines *lines;
    struct sp_input input;
    struct sp_record r;
    int rc;

    limits = limits.json_depth ? limits : sp_limits_default();
    undecodable = 0;
    sp_buf_clear(&out);
    sp_buf_clear(&told);
    lines = sp_lines_new(&limits);
    if (!lines || !memory_input(&input, bytes.ptr, bytes.len))
        return SP_STR("no input");
    sp_lines_begin(lines, &input, trouble, NULL);
    while ((rc = sp_lines_next(lines, &r, &undecodable, NULL)) > 0) {
        if (r.offset + r.length > bytes.len || !sp_str_eq(r.raw, sp_str_cut(bytes, (size_t)r.offset, (size_t)r.length)))
            tap_fail("the raw record is not what stands at its place");
        is_u64(r.kind, SP_RECORD_TEXT);
        is_u64(r.tree->node[0].count, 1);
        is_str(r.tree->node[r.tree->node[0].child].name, "message");
        sp_buf_printf(&out, "%llu@%llu+%llu ", (unsigned long long)r.number, (unsigned long long)r.offset, (unsigned long long)r.length);
        sp_buf_str(&out, sp_value_text(r.tree->node[1].value, &scratch));
        sp_buf_char(&out, '|');
    }
    is_i64(rc, 0);
    sp_lines_free(lines);
    sp_input_close(&input);
    return sp_buf_view(&out);
}

static struct sp_str read_text(const char *text)
{
    return read_str(sp_str_c(text));
}

TEST(lines_end_in_LF_or_CRLF_and_the_last_need_not)
{
    is_str(read_text("a\nbc\r\nd"), "1@0+1 a|2@2+2 bc|3@6+1 d|");
    is_str(read_text("a\r"), "1@0+2 a\r|");
    is_str(read_text("a\rb\n"), "1@0+3 a\rb|");
    is_str(read_text(""), "");
}

TEST(empty_lines_count_but_are_no_records)
{
    is_str(read_text("\n\r\na\n\n"), "3@3+1 a|");
    is_u64(undecodable, 0);
}

TEST(bytes_that_are_no_UTF_8_show_as_U_FFFD_and_stay_in_the_raw_record)
{
    is_str(read_text("caf\xE9 x\n\xFF\xFFz\n"), "1@0+6 caf\uFFFD x|2@7+3 \uFFFD\uFFFDz|");
    is_str(read_text("ok\n\xE2\x82\n"), "1@0+2 ok|2@3+2 \uFFFD\uFFFD|");
}

TEST(a_byte_order_mark_is_not_part_of_the_first_line)
{
    is_str(read_text("\xEF\xBB\xBF" "a\nb"), "1@3+1 a|2@5+1 b|");
}

TEST(UTF_16_lines_have_the_places_of_the_file)
{
    is_str(read_str((struct sp_str){ "\xFF\xFE" "a\0\xAC\x20\r\0\n\0b\0", 12 }), "1@2+4 a\u20AC|2@10+2 b|");
    is_str(read_str((struct sp_str){ "\xFE\xFF\0a\xDC\0\0z\0\n\xD8\x3D\xDE\0", 14 }), "1@2+6 a\uFFFDz|2@10+4 \U0001F600|");
    is_str(read_str((struct sp_str){ "\xFF\xFE" "a\0b", 5 }), "1@2+3 a\uFFFD|");
}

TEST(NUL_in_a_line_is_kept)
{
    ok(sp_str_eq(read_str((struct sp_str){ "a\0b\n", 4 }), SP_STR("1@0+3 a\0b|")));
}

TEST(a_line_beyond_the_limit_is_told_and_passed_over)
{
    static const size_t sizes[] = { 1024, 256 << 10, 1 << 20 };
    struct sp_buf text = { 0 };

    limits = sp_limits_default();
    for (size_t i = 0; i < 3; i++) {
        for (size_t more = 0; more < 3; more++) {
            size_t len = sizes[i] + more * more * 700000;

            limits.record_bytes = sizes[i];
            sp_buf_clear(&text);
            sp_buf_text(&text, "a\n");
            if (!sp_buf_reserve(&text, len + 1))
                continue;
            memset(text.ptr + text.len, 'x', len);
            text.len += len;
            sp_buf_text(&text, "\nb");
            (void)read_str(sp_buf_view(&text));
            is_u64(undecodable, more > 0);
            ok((more > 0) == (told.len > 3 && memcmp(told.ptr, "2: ", 3) == 0));
            sp_buf_char(&out, '\0');
            ok(strstr(out.ptr, "|3@") && (more == 0) == (out.len > len));
        }
    }
    limits = sp_limits_default();
    sp_buf_done(&text);
}

TEST(a_last_line_beyond_the_limit_ends_the_reading)
{
    char line[4096];

    memset(line, 'x', sizeof line);
    limits = sp_limits_default();
    limits.record_bytes = 1024;
    is_str(read_str((struct sp_str){ line, sizeof line }), "");
    is_u64(undecodable, 1);
    limits = sp_limits_default();
}
