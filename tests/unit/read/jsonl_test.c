/* SPDX-License-Identifier: Apache-2.0 */
#include "read/jsonl.h"
#include "memory_input.h"
#include "read/value.h"
#include "tap.h"

static struct sp_limits limits;
static struct sp_tree tree;
static struct sp_buf names, out, scratch, told;
static uint64_t duplicates, undecodable;
static size_t stop;

/* What sp_json_parse makes of a text: the tree as JSON, `more`, or `refused AT`. */
static struct sp_str parsed_str(struct sp_str text)
{
    struct sp_error err;
    int rc;

    limits = limits.json_depth ? limits : sp_limits_default();
    stop = 0;
    duplicates = 0;
    sp_buf_clear(&out);
    rc = sp_json_parse(text, &stop, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, &err);
    if (rc > 0)
        sp_tree_json(&out, &tree, 0, &scratch);
    else if (rc == 0)
        sp_buf_text(&out, "more");
    else
        sp_buf_printf(&out, "%s %zu", rc == SP_ERR_LIMIT ? "limit" : "refused", stop);
    return sp_buf_view(&out);
}

static struct sp_str parsed(const char *text)
{
    return parsed_str(sp_str_c(text));
}

static void trouble(void *arg, uint64_t offset, const char *reason)
{
    (void)arg;
    sp_buf_printf(&told, "%llu: %s\n", (unsigned long long)offset, reason);
}

/* What a reader makes of some bytes: a line a record, `number@offset+length compact`; troubles go to `told`. */
static struct sp_str read_as(struct sp_str bytes, bool document)
{
    struct sp_jsonl *jsonl;
    struct sp_input input;
    struct sp_record record;
    int rc;

    limits = limits.json_depth ? limits : sp_limits_default();
    undecodable = 0;
    sp_buf_clear(&out);
    sp_buf_clear(&told);
    jsonl = sp_jsonl_new(&limits);
    if (!memory_input(&input, bytes.ptr, bytes.len) || !jsonl) {
        sp_buf_text(&out, "no input");
        return sp_buf_view(&out);
    }
    sp_jsonl_begin(jsonl, &input, document, trouble, NULL);
    while ((rc = sp_jsonl_next(jsonl, &record, &undecodable, NULL)) > 0) {
        if (record.offset + record.length > bytes.len ||
            !sp_str_eq(record.raw, sp_str_cut(bytes, (size_t)record.offset, (size_t)record.length)))
            tap_fail("the raw record is not what stands at its place");
        sp_buf_printf(&out, "%llu@%llu+%llu ", (unsigned long long)record.number, (unsigned long long)record.offset,
                      (unsigned long long)record.length);
        sp_jsonl_compact(jsonl, &out);
        sp_buf_char(&out, '\n');
    }
    if (rc < 0)
        tap_fail("reading ended with %d", rc);
    if (sp_jsonl_next(jsonl, &record, &undecodable, NULL) != 0)
        tap_fail("a reader at its end does not stay there");
    duplicates = sp_jsonl_duplicates(jsonl);
    sp_jsonl_free(jsonl);
    sp_input_close(&input);
    return sp_buf_view(&out);
}

static struct sp_str records(const char *text)
{
    return read_as(sp_str_c(text), false);
}

static struct sp_str document(const char *text)
{
    return read_as(sp_str_c(text), true);
}

TEST(values_of_every_kind_are_kept_as_they_stand)
{
    is_str(parsed("{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"x\"}}"), "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"x\"}}");
    is_str(parsed(" [ ] "), "[]");
    is_u64(stop, 4);
    is_str(parsed("{}"), "{}");
    is_str(parsed("-0.50e+10"), "-0.50e+10");
    is_str(parsed("\"\""), "\"\"");
    is_u64(tree.node[0].value.type, SP_V_TEXT);
    is_str(parsed("[[],[[]],{}]"), "[[],[[]],{}]");
}

TEST(an_empty_array_stays_a_list_without_children)
{
    is_str(parsed("{\"a\":[]}"), "{\"a\":[]}");
    is_u64(tree.node[1].value.type, SP_V_LIST);
    is_u64(tree.node[1].count, 0);
    is_u64(tree.node[1].child, 0);
    is_u64(tree.node[1].value.len, 0);
    is_u64(tree.node[1].next, 0);
}

TEST(escapes_are_checked_and_kept)
{
    is_str(parsed("\"\\u0041\\n\\\"\\\\\\/\""), "\"A\\n\\\"\\\\/\"");
    is_u64(tree.node[0].value.type, SP_V_JSON_TEXT);
    is_str(parsed("\"\\uD83D\\uDE00\""), "\"\U0001F600\"");
    is_str(parsed("\"\\ud800x\""), "\"\uFFFDx\"");
    is_str(parsed("\"\\x\""), "refused 1");
    is_str(parsed("\"\\u00g0\""), "refused 1");
    is_str(parsed_str((struct sp_str){ "\"\\\0\"", 4 }), "refused 1");
}

TEST(names_are_unescaped)
{
    is_str(parsed("{\"\\u0061\":{\"b\\tc\":1},\"plain\":2}"), "{\"a\":{\"b\\tc\":1},\"plain\":2}");
}

TEST(names_stay_right_while_their_buffer_grows)
{
    struct sp_buf text = { 0 };
    char want[16];

    sp_buf_done(&names);
    sp_buf_char(&text, '{');
    for (int i = 0; i < 3000; i++)
        sp_buf_printf(&text, "%s\"\\u006e%d\":{\"\\u0061\":%d}", i ? "," : "", i, i);
    sp_buf_char(&text, '}');
    (void)parsed_str(sp_buf_view(&text));
    is_u64(tree.node[0].count, 3000);
    for (uint32_t i = 0, at = tree.node[0].child; at && i < 3000; i++, at = tree.node[at].next) {
        (void)snprintf(want, sizeof want, "n%u", i);
        is_str(tree.node[at].name, want);
    }
    sp_buf_done(&text);
}

TEST(of_equal_names_the_last_wins_and_the_others_are_counted)
{
    is_str(parsed("{\"a\":1,\"b\":2,\"a\":{\"x\":3},\"a\":[4]}"), "{\"a\":[4],\"b\":2}");
    is_u64(duplicates, 2);
    is_u64(tree.node[0].count, 2);
    is_str(parsed("{\"a\":1,\"\\u0061\":2}"), "{\"a\":2}");
    is_str(parsed("{\"a\":{\"b\":1,\"b\":2},\"c\":0,\"c\":1}"), "{\"a\":{\"b\":2},\"c\":1}");
    is_str(parsed("{\"\":1,\"\":2}"), "{\"\":2}");
    is_str(parsed("[{\"a\":1},{\"a\":2}]"), "[{\"a\":1},{\"a\":2}]");
    is_u64(duplicates, 0);
}

TEST(equal_names_among_thousands_are_found)
{
    struct sp_buf text = { 0 };
    struct sp_str last;

    sp_buf_char(&text, '{');
    for (int i = 0; i < 40000; i++)
        sp_buf_printf(&text, "%s\"n%d\":%d", i ? "," : "", i % 25000, i);
    sp_buf_char(&text, '}');
    (void)parsed_str(sp_buf_view(&text));
    is_u64(duplicates, 15000);
    is_u64(tree.node[0].count, 25000);
    last = sp_value_text(tree.node[tree.node[0].child].value, &scratch);
    is_str(last, "25000");
    sp_buf_done(&text);
}

TEST(what_is_no_JSON_is_refused_where_it_stands)
{
    static const struct { const char *text, *what; } bad[] = {
        { "01", "refused 1" }, { "-x", "refused 1" }, { "1.x", "refused 2" }, { "1ex", "refused 2" }, { "+1", "refused 0" },
        { ".5", "refused 0" }, { "tru_", "refused 0" }, { "nul_", "refused 0" }, { "NaN", "refused 0" }, { "'a'", "refused 0" },
        { "[1,]", "refused 3" }, { "[,1]", "refused 1" }, { "[1 2]", "refused 3" }, { "[1}", "refused 2" }, { "{\"a\":1,}", "refused 7" },
        { "{a:1}", "refused 1" }, { "{\"a\" 1}", "refused 5" }, { "{\"a\":}", "refused 5" }, { "{\"a\":1]", "refused 6" }, { "{1:2}", "refused 1" },
        { "}", "refused 0" }, { "\"\t\"", "refused 1" }, { "\"\n\"", "refused 1" }, { "\"\x80\"", "refused 1" }, { "\"\xC0\xAF\"", "refused 1" },
        { "\"\xED\xA0\x80\"", "refused 1" }, { "\"\xF4\x90\x80\x80\"", "refused 1" }, { "\"\xE2\x82\"", "refused 1" }, { "{\"\xFF\":1}", "refused 2" },
        { "[\f1]", "refused 1" }, { "/**/1", "refused 0" }, { "\xEF\xBB\xBF" "1", "refused 0" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_str(parsed(bad[i].text), bad[i].what);
}

TEST(every_beginning_of_a_record_asks_for_more)
{
    const char *text = "{\"a\\u0041\":[1.5e-3,\"\xE2\x82\xAC\\n\"],\"b\":{\"c\":[true,null,{}]}}";

    for (size_t n = 0; n < strlen(text); n++) {
        is_str(parsed_str((struct sp_str){ text, n }), "more");
        is_u64(stop, 0);
    }
    is_str(parsed(text), "{\"aA\":[1.5e-3,\"\xE2\x82\xAC\\n\"],\"b\":{\"c\":[true,null,{}]}}");
    is_str(parsed("-"), "more");
    is_str(parsed("1."), "more");
    is_str(parsed("1e+"), "more");
    is_str(parsed("12"), "12");
}

TEST(depth_is_limited)
{
    limits = sp_limits_default();
    limits.json_depth = 4;
    is_str(parsed("[[[[1]]]]"), "[[[[1]]]]");
    is_str(parsed("[[[[{}]]]]"), "limit 4");
    is_str(parsed("{\"a\":[[[],[1]]]}"), "{\"a\":[[[],[1]]]}");
    limits = sp_limits_default();
}

TEST(lines_have_their_numbers_and_places)
{
    is_str(records("{\"a\":1}\n{\"b\": [1, 2]}\n"), "1@0+7 {\"a\":1}\n2@8+13 {\"b\":[1,2]}\n");
    is_str(records("\n{\"a\":1}"), "2@1+7 {\"a\":1}\n");
    is_str(records("{\"a\":1}\r\n\r\n \n{\"b\":2}\r\n"), "1@0+7 {\"a\":1}\n4@13+7 {\"b\":2}\n");
    is_str(records("\xEF\xBB\xBF{}\n"), "1@3+2 {}\n");
    is_str(records("{}{}\n{}"), "1@0+2 {}\n1@2+2 {}\n2@5+2 {}\n");
    is_str(records("{\n \"a\": 1\n}\n{\n}\n"), "1@0+11 {\"a\":1}\n4@12+3 {}\n");
    is_str(records(""), "");
    is_str(records(" \n"), "");
    is_u64(undecodable, 0);
    is_str(sp_buf_view(&told), "");
}

TEST(white_space_inside_strings_is_no_white_space)
{
    is_str(records("{ \"a b\" : \"x \\\" y\\\\\" , \"c\":\t1 }"), "1@0+31 {\"a b\":\"x \\\" y\\\\\",\"c\":1}\n");
}

TEST(elements_of_an_array_count_from_one)
{
    is_str(records("[{\"a\":1},\n {\"b\":2}]\n[{}]{}"), "1@1+7 {\"a\":1}\n2@11+7 {\"b\":2}\n1@21+2 {}\n3@24+2 {}\n");
    is_str(records("[]"), "");
    is_u64(undecodable, 0);
    is_str(records("[1,{\"a\":1},[{}],\"x\"] 7"), "2@3+7 {\"a\":1}\n");
    is_u64(undecodable, 4);
    is_str(sp_buf_view(&told), "1: not an object\n11: not an object\n16: not an object\n21: not an object\n");
}

TEST(an_array_must_be_whole)
{
    is_str(records("[{},{}"), "1@1+2 {}\n2@4+2 {}\n");
    is_str(sp_buf_view(&told), "6: the array is cut off by the end of the input\n");
    is_str(records("[{},]{}"), "1@1+2 {}\n1@5+2 {}\n");
    is_str(sp_buf_view(&told), "4: no element behind the comma\n");
    is_str(records("[{} {}]\n{}"), "1@1+2 {}\n2@8+2 {}\n");
    is_u64(undecodable, 1);
}

TEST(rubbish_is_told_once_and_passed_over)
{
    is_str(records("{\"a\":1}\n}}}}]]\n{\"b\":2}\n"), "1@0+7 {\"a\":1}\n3@15+7 {\"b\":2}\n");
    is_u64(undecodable, 1);
    is_str(sp_buf_view(&told), "8: no JSON value\n");
    is_str(records("{\"a\":1} x\nyy\nzz"), "1@0+7 {\"a\":1}\n");
    is_u64(undecodable, 3);
}

TEST(a_torn_line_takes_no_other_with_it)
{
    is_str(records("{\"a\":\"x\n{\"b\":2}\n"), "2@8+7 {\"b\":2}\n");
    is_str(sp_buf_view(&told), "7: the line ends inside a string\n");
    is_str(records("{\"a\":1\n{\"b\":2}\n"), "2@7+7 {\"b\":2}\n");
    is_u64(undecodable, 1);
    is_str(records("{\"a\":\n{\"b\":2}\n{\"c\":3}\n"), "2@6+7 {\"b\":2}\n3@14+7 {\"c\":3}\n");
    is_u64(undecodable, 1);
    is_str(records("{\"a\":[\n{\"b\":2}\n"), "2@7+7 {\"b\":2}\n");
    is_u64(undecodable, 1);
    is_str(records("{}\n{\"a\":\"x"), "1@0+2 {}\n");
    is_str(sp_buf_view(&told), "3: the record is cut off by the end of the input\n");
}

TEST(the_rest_of_a_broken_pretty_record_is_not_told_again)
{
    is_str(records("{\n  \"a\": 1,,\n  \"b\": {\n    \"c\": 2\n  }\n}\n{\n  \"d\": 3\n}\n"), "7@39+12 {\"d\":3}\n");
    is_u64(undecodable, 1);
    is_str(records("[\n  {\n    \"a\": ,\n    \"b\": [\n      {}\n    ]\n  },\n  {\n    \"c\": 1\n  }\n]\n{}\n"),
           "2@50+16 {\"c\":1}\n12@69+2 {}\n");
    is_u64(undecodable, 1);
}

TEST(too_deep_a_record_is_passed_over_to_its_end)
{
    limits = sp_limits_default();
    limits.json_depth = 4;
    is_str(records("[{\"a\":[[[[\"}]\\\"]\"]]]]},{\"b\":1}]"), "2@23+7 {\"b\":1}\n");
    is_u64(undecodable, 1);
    is_str(records("{\"a\":[[[[[[\n{\"b\":1}\n"), "2@12+7 {\"b\":1}\n");
    is_u64(undecodable, 1);
    limits = sp_limits_default();
}

/* `before`, then a record of `len` bytes, then `after`. */
static struct sp_str with_long(const char *before, size_t len, const char *after)
{
    static struct sp_buf text;

    sp_buf_clear(&text);
    sp_buf_text(&text, before);
    sp_buf_text(&text, "{\"a\":\"");
    if (!sp_buf_reserve(&text, len))
        return SP_STR_NONE;
    memset(text.ptr + text.len, 'x', len - 8);
    text.len += len - 8;
    sp_buf_text(&text, "\"}");
    sp_buf_text(&text, after);
    return sp_buf_view(&text);
}

TEST(a_record_at_the_limit_is_read_and_one_beyond_it_is_told_and_passed_over)
{
    static const size_t sizes[] = { 1024, 300 << 10, 1 << 20 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        limits = sp_limits_default();
        limits.record_bytes = sizes[i];
        (void)read_as(with_long("{}\n", sizes[i], "\n{}\n"), false);
        is_u64(undecodable, 0);
        is_u64(out.len > sizes[i], 1);
        read_as(with_long("{}\n", sizes[i] + 1, "{\"b\":1}\n{}\n"), false);
        is_u64(undecodable, 1);
        sp_buf_char(&out, '\0');
        ok(strstr(out.ptr, "{\"b\":1}\n3@"));
        ok(out.len < 100);
        ok(told.len > 3 && memcmp(told.ptr, "3: ", 3) == 0);
        (void)read_as(with_long("{}\n", 5 * sizes[i], "\n{}\n"), false);
        is_u64(undecodable, 1);
        (void)read_as(with_long("{}\n[", 5 * sizes[i], ",{\"b\":1}]\n{}\n"), false);
        is_u64(undecodable, 1);
        sp_buf_char(&out, '\0');
        ok(strstr(out.ptr, "\n2@") && strstr(out.ptr, "{\"b\":1}\n3@"));
    }
    limits = sp_limits_default();
}

TEST(records_cross_the_edges_of_the_window)
{
    struct sp_buf text = { 0 };
    uint64_t seen = 0, wanted = 0;

    for (int i = 0; i < 9000; i++) {
        sp_buf_printf(&text, "{\"i\":%d,\"t\":\"%.*s\"}\n", i, i % 97, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
        wanted++;
    }
    (void)read_as(sp_buf_view(&text), false);
    for (size_t i = 0; i < out.len; i++)
        seen += out.ptr[i] == '\n';
    is_u64(seen, wanted);
    is_u64(undecodable, 0);
    sp_buf_done(&text);
}

/* Text as UTF-16 with a mark. */
static struct sp_str widened(const char *text, bool big)
{
    static struct sp_buf wide;

    sp_buf_clear(&wide);
    sp_buf_add(&wide, big ? "\xFE\xFF" : "\xFF\xFE", 2);
    for (; *text; text++) {
        sp_buf_char(&wide, big ? '\0' : *text);
        sp_buf_char(&wide, big ? *text : '\0');
    }
    return sp_buf_view(&wide);
}

TEST(UTF_16_is_read_with_the_places_of_the_file)
{
    is_str(read_as(widened("{\"a\": 1}\r\n{\"b\":2}\n", false), false), "1@2+16 {\"a\":1}\n2@22+14 {\"b\":2}\n");
    is_str(read_as(widened("{\"a\": 1}\r\n{\"b\":2}\n", true), false), "1@2+16 {\"a\":1}\n2@22+14 {\"b\":2}\n");
    is_str(read_as(SP_STR("\xFF\xFE{\0\"\0\x3D\xD8\0\xDE\"\0:\0\"\0\xAC\x20\"\0}\0"), false),
           "1@2+20 {\"\U0001F600\":\"\u20AC\"}\n");
    is_str(read_as(SP_STR("\xFF\xFE"), false), "");
    is_u64(undecodable, 0);
}

TEST(UTF_16_that_is_none_is_told)
{
    is_str(read_as(SP_STR("\xFF\xFE{\0\"\0\x3D\xD8\"\0:\0001\0}\0\n\0{\0}\0"), false), "2@18+4 {}\n");
    is_str(sp_buf_view(&told), "6: bytes that are no valid Unicode text\n");
    is_str(read_as(SP_STR("\xFF\xFE{\0}\0\n"), false), "1@2+4 {}\n");
    is_str(sp_buf_view(&told), "6: no JSON value\n");
}

TEST(UTF_16_crosses_the_edges_of_the_window)
{
    struct sp_buf text = { 0 };
    uint64_t seen = 0;

    sp_buf_add(&text, "\xFE\xFF", 2);
    for (int i = 0; i < 100001; i++)
        sp_buf_add(&text, "\0{\0\"\xD8\x3D\xDE\0\0\"\0:\0001\0}\0\n", 18);
    (void)read_as(sp_buf_view(&text), false);
    for (size_t i = 0; i < out.len; i++)
        seen += out.ptr[i] == '\n';
    is_u64(seen, 100001);
    is_u64(undecodable, 0);
    sp_buf_done(&text);
}

TEST(duplicates_are_counted_per_input)
{
    (void)records("{\"a\":1,\"a\":2}\n{\"b\":{\"c\":1,\"c\":2}}\n{}\n");
    is_u64(duplicates, 2);
    (void)records("{}");
    is_u64(duplicates, 0);
}

TEST(a_document_is_one_value_of_any_kind)
{
    is_str(document(" [1, \"x\", {}] \n"), "1@1+12 [1,\"x\",{}]\n");
    is_str(document("null"), "1@0+4 null\n");
    is_str(document("12"), "1@0+2 12\n");
    is_u64(undecodable, 0);
    is_str(document(""), "");
    is_str(sp_buf_view(&told), "0: no JSON value\n");
    is_str(document("[1"), "");
    is_str(sp_buf_view(&told), "0: the value is cut off by the end of the input\n");
    is_str(document("1 2"), "");
    is_str(sp_buf_view(&told), "2: more than one value in a document\n");
    is_str(document("[1,}"), "");
    is_str(sp_buf_view(&told), "3: no JSON value\n");
    is_u64(undecodable, 1);
}
