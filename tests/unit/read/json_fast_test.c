/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick ways through JSON against the strict parser: on what is usual they must take it, on all else they must
 * leave it, and in no case may anything differ.
 */
#include "json_ways.h"
#include "tap.h"

static struct sp_limits limits;
static struct sp_buf text;

static const char *differs(struct sp_str s)
{
    limits = limits.json_depth ? limits : sp_limits_default();
    return json_value_differs(s, &limits);
}

#define same(s)                                                                                  \
    do {                                                                                         \
        struct sp_str same_s = (s);                                                              \
        const char *same_why = differs(same_s);                                                  \
        if (same_why)                                                                            \
            tap_fail("%s: %.*s", same_why, (int)(same_s.len < 300 ? same_s.len : 300), same_s.ptr); \
    } while (0)

/* All of the quick ways take it. */
#define taken(s)                            \
    do {                                    \
        uint64_t taken_before = json_unsure + json_cut; \
        same(s);                            \
        is_u64(json_unsure + json_cut, taken_before); \
    } while (0)

/* None of them does. */
#define left(s)                             \
    do {                                    \
        uint64_t left_before = json_taken;  \
        same(s);                            \
        is_u64(json_taken, left_before);    \
    } while (0)

static const char *const usual[] = {
    "{}", "[]", "{\"a\":1}", "{\"a\":\"b\"}", "{\"a\":\"b\",\"c\":\"d\"}", "{ \"a\" : [ 1 , -2.5e+3 , true , false , null , { } ] }\n",
    "{\"a\":\"\"}", "{\"\":\"\",\"b\":\"\\u00e9\\uD83D\\uDE00\\ud800\\uDC00x\"}", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "[[],[[]],{},[{}]]",
    "{\"a\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\",\"\xC3\xA9\":0}", "{\"a\":{\"b\":{\"c\":[{\"d\":[]}]}},\"e\":[\"x\",\"y\"]}",
    "{\"path\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\",\"n\":0,\"m\":-0,\"o\":10,\"p\":0.5,\"q\":1E5,\"r\":1e-5}",
    "{\"a\":\"x\",\"b\":2,\"c\":\"y\",\"d\":\"z\",\"e\":[3]}", "{\n\t\"a\" :\r\n1\n}", "[\"a\\\\\",\"b\\\\\\\"\",\"\\\\\\\\\"]", "{\"a\":\"\x7F\"}",
};

static const char *const unusual[] = {
    "", "1", "\"a\"", "x", "{\"a\":1,\"a\":2}", "{\"a\":\"1\",\"b\":2,\"a\":\"3\"}", "{\"\\u0061\":1}", "{\"\":1,\"\":2}", "{\"a\":01}", "{\"a\":-}",
    "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":+1}", "{\"a\":tru}", "{\"a\":nulL}", "{\"a\":truex}", "{\"a\":1x}", "{\"a\":1\"b\":2}",
    "{\"a\":\"b\"\"c\":1}", "{\"a\" \"b\"}", "{\"a\",\"b\"}", "{\"a\":\"b\",}", "{,}", "{\"a\":\"b\":\"c\"}", "[1,]", "[,1]", "[1 2]", "[1}", "{\"a\":1]", "{1:2}",
    "{\"a\":}", "{:1}", "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u00g0\"}", "{\"a\":\"\\u123\"}", "{\"a\":\"\\U0041\"}",
    "{\"a\":\"\x80\"}", "{\"a\":\"\xC0\xAF\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\xF4\x90\x80\x80\"}", "{\"a\":\"\xE2\x82\"}", "{\"\xFF\":1}", "{\"a\":\"x\xC3\"}",
    "{\"a\":\"\\\xC3\xA9\"}", "[\f1]", "{\"a\":1\v}", "{\"a\"\xC2\xA0:1}", "{\\\"a\":1}", "{\"a\":\\\"b\"}", "{\"a\":\"b\"\\,\"c\":\"d\"}", "{\"a\":'b'}", "{/**/}",
    "\xEF\xBB\xBF{}", "{\"a\":\"b\"]", "{\"a\":\"b\"}\"", "{\"a\":[\"b\"}", "[\"a\":\"b\"]", "{\"a\":\"\\\"}", "{\"a\":\"\\\\\\\"}", "{\"a\":{\"b\":1,\"b\":2}}",
};
enum { USUAL = sizeof usual / sizeof *usual, UNUSUAL = sizeof unusual / sizeof *unusual };

TEST(this_processor_is_tested_in_all_its_ways)
{
    struct sp_json_quick *quick = calloc(1, sizeof *quick);

    for (int i = 0; i < JSON_WAYS; i++)
        if (!sp_json_index_choose(&quick->index, json_ways[i]))
            printf("# way %d is not for this processor\n", json_ways[i]);
    ok(sp_json_index_choose(&quick->index, SP_JSON_BEST) && quick->index.marker);
    ok(sp_json_index_choose(&quick->index, SP_JSON_STRICT) && !quick->index.marker);
    free(quick);
}

TEST(what_is_usual_is_taken_as_the_strict_parser_takes_it)
{
    for (int i = 0; i < USUAL; i++)
        taken(sp_str_c(usual[i]));
}

TEST(what_is_unusual_is_left_or_taken_alike)
{
    for (int i = 0; i < UNUSUAL; i++)
        same(sp_str_c(unusual[i]));
    left(sp_str_c("{\"a\":1,\"a\":2}"));
    left(sp_str_c("{\"a\":\"\\x\"}"));
    left(sp_str_c("{\"a\":\"\x80\"}"));
}

TEST(texts_are_cut_anywhere)
{
    for (int i = 0; i < USUAL; i++)
        for (size_t n = 0; n < strlen(usual[i]); n++)
            same(((struct sp_str){ usual[i], n }));
}

TEST(bytes_are_changed_anywhere)
{
    static const char with[] = "\"\\{}[]:,u0 \n\t\x01\x7F\x80\xC3\xFF" "aeE-+.";
    char copy[256];

    for (int i = 0; i < USUAL; i++) {
        size_t len = strlen(usual[i]);

        for (size_t at = 0; at < len; at++) {
            for (size_t w = 0; w < sizeof with; w++) {
                memcpy(copy, usual[i], len);
                copy[at] = with[w];
                same(((struct sp_str){ copy, len }));
            }
            for (int bit = 0; bit < 8; bit++) {
                memcpy(copy, usual[i], len);
                copy[at] = (char)(copy[at] ^ 1 << bit);
                same(((struct sp_str){ copy, len }));
            }
        }
    }
}

/* `{"a":"`, so many bytes of filler, then what stands at that place, `","b":"c"}`. */
static struct sp_str placed(size_t fill, const char *what)
{
    sp_buf_clear(&text);
    sp_buf_text(&text, "{\"a\":\"");
    while (fill--)
        sp_buf_char(&text, 'x');
    sp_buf_text(&text, what);
    sp_buf_text(&text, "\",\"b\":\"c\"}");
    return sp_buf_view(&text);
}

TEST(things_stand_across_the_edges_of_blocks_and_stretches)
{
    static const char *const good[] = { "", "\\\"", "\\\\", "\\n", "\\u00e9", "\xC3\xA9", "\xF0\x9F\x98\x80\xC3\xA9", "\\\\\\\\\\\\\\\"", "\",\"c\":1,\"d\":\"",
                                        "\",\"c\":[{}],\"d\":\"", "\" , \"c\" : [ ] ,\n\"d\":\"" };
    static const char *const bad[] = { "\\", "\\x", "\\u00e", "\x80", "\xC3", "\\\xC3\xA9", "\n", "\"", "\\\\\\", "\",\"b\":\"", "\",,\"d\":\"", "\":\"" };
    static const size_t around[] = { 64, 128, 4096, 8192 };

    for (size_t a = 0; a < sizeof around / sizeof *around; a++)
        for (size_t fill = around[a] - 40; fill < around[a] + 10; fill++) {
            for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                taken(placed(fill, good[i]));
            for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                left(placed(fill, bad[i]));
        }
}

TEST(runs_of_backslashes_have_any_length_and_place)
{
    for (size_t fill = 50; fill < 70; fill++)
        for (int run = 0; run < 140; run++) {
            sp_buf_clear(&text);
            sp_buf_text(&text, "[\"");
            for (size_t i = 0; i < fill; i++)
                sp_buf_char(&text, 'x');
            for (int i = 0; i < run; i++)
                sp_buf_char(&text, '\\');
            sp_buf_text(&text, "\",\"y\"]");
            same(sp_buf_view(&text));
            if (run % 2 == 0)
                taken(sp_buf_view(&text));
            else
                left(sp_buf_view(&text));
        }
}

TEST(depth_is_limited_alike)
{
    limits = sp_limits_default();
    for (int depth = 1; depth < 140; depth++) {
        sp_buf_clear(&text);
        for (int i = 0; i < depth; i++)
            sp_buf_text(&text, i % 2 ? "[" : "{\"a\":");
        sp_buf_text(&text, "[]");
        for (int i = depth; i-- > 0;)
            sp_buf_text(&text, i % 2 ? "]" : "}");
        if (depth < 128)
            taken(sp_buf_view(&text));
        else
            left(sp_buf_view(&text));
    }
    limits.json_depth = 4;
    taken(sp_str_c("{\"a\":[[[],[1]]],\"b\":{}}"));
    left(sp_str_c("{\"a\":[[[],[[]]]]}"));
    limits = sp_limits_default();
}

/* An object of so many members, or a list of so many numbers. */
static struct sp_str large(int count, bool map)
{
    sp_buf_clear(&text);
    sp_buf_char(&text, map ? '{' : '[');
    for (int i = 0; i < count; i++) {
        if (map)
            sp_buf_printf(&text, "%s\"name%d\":%d", i ? "," : "", i, i);
        else
            sp_buf_printf(&text, "%s%d", i ? "," : "", i);
    }
    sp_buf_char(&text, map ? '}' : ']');
    return sp_buf_view(&text);
}

TEST(large_objects_and_lists_are_the_same)
{
    static const int sizes[] = { 2, 63, 64, 65, 255, 256, 257, 1000, 65535, 65536, 65537 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        same(large(sizes[i], true));
        same(large(sizes[i], false));
    }
    taken(large(256, true));
    taken(large(65535, false));
    left(large(65536, false)); /* and the list itself */
}

TEST(equal_names_are_seen_in_objects_of_any_size)
{
    for (int count = 2; count < 300; count += count < 40 ? 1 : 37) {
        struct sp_str s = large(count, true);

        s.len--;
        sp_buf_clear(&text);
        text.len = s.len;
        sp_buf_printf(&text, ",\"name%d\":1}", count / 2);
        left(sp_buf_view(&text));
    }
}

TEST(names_are_told_apart_by_any_byte)
{
    struct sp_json_quick *quick = calloc(1, sizeof *quick);
    struct sp_tree tree[2] = { 0 };

    limits = sp_limits_default();
    (void)sp_json_index_choose(&quick->index, SP_JSON_BEST);
    for (size_t len = 0; len < 48; len++)
        for (size_t at = 0; at <= len; at++) { /* at == len: as it was */
            const char *wrong;

            sp_buf_clear(&text);
            sp_buf_text(&text, "{\"first\":1,\"");
            for (size_t i = 0; i < len; i++)
                sp_buf_char(&text, i == at ? 'y' : 'x');
            sp_buf_text(&text, "\":2}");
            sp_json_index_forget(&quick->index);
            wrong = json_wrong(quick, sp_buf_view(&text), &limits, tree);
            if (wrong || !tree[1].layout)
                tap_fail("%s: %.*s", wrong ? wrong : "no layout", SP_STR_ARG(sp_buf_view(&text)));
        }
    sp_layouts_done(&quick->layouts);
    sp_tree_done(&tree[0]);
    sp_tree_done(&tree[1]);
    free(quick);
}

TEST(equal_names_in_equal_order_have_one_layout)
{
    struct sp_json_quick *quick = calloc(1, sizeof *quick);
    const char *const s[] = { "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"a\":[],\"b\":\"x\"}", "{\"b\":1,\"a\":2}" };
    const struct sp_layout *layout[3] = { 0 };
    struct sp_tree tree = { 0 };
    size_t len;
    bool feeds;

    limits = sp_limits_default();
    (void)sp_json_index_choose(&quick->index, SP_JSON_BEST);
    for (int i = 0; i < 3; i++) {
        is_u64(sp_json_fast(quick, sp_str_c(s[i]), &limits, &tree, &len, &feeds), SP_JSON_TAKEN);
        layout[i] = tree.layout;
    }
    ok(layout[0] && layout[0] == layout[1] && layout[2] && layout[0] != layout[2]);
    sp_layout_ref(layout[0]);
    sp_layouts_done(&quick->layouts);
    is_u64(layout[0]->count, 2); /* whoever holds it may look at it */
    sp_layout_unref(layout[0]);
    sp_tree_done(&tree);
    free(quick);
}

TEST(layouts_without_end_are_forgotten_in_turn)
{
    sp_buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        sp_buf_printf(&text, "{\"a%d\":1,\"b\":{\"c%d\":2,\"d\":3},\"e\":[]}\n", i % 1700, i);
    ok(!json_input_differs(sp_buf_view(&text), &limits, false));
}

#define reads(s, document)                                                                        \
    do {                                                                                          \
        struct sp_str reads_s = (s);                                                              \
        const char *reads_why = json_input_differs(reads_s, &limits, document);                   \
        if (reads_why)                                                                            \
            tap_fail("%s: %.*s", reads_why, (int)(reads_s.len < 300 ? reads_s.len : 300), reads_s.ptr); \
    } while (0)

TEST(whole_inputs_are_read_alike)
{
    struct sp_buf all = { 0 };

    limits = sp_limits_default();
    for (int i = 0; i < USUAL + UNUSUAL; i++) {
        const char *one = i < USUAL ? usual[i] : unusual[i - USUAL];

        reads(sp_str_c(one), false);
        reads(sp_str_c(one), true);
        sp_buf_text(&all, one);
        sp_buf_char(&all, '\n');
        sp_buf_text(&all, i % 3 ? usual[i % USUAL] : "");
    }
    reads(sp_buf_view(&all), false);
    limits.record_bytes = 20;
    reads(sp_buf_view(&all), false);
    limits = sp_limits_default();
    sp_buf_done(&all);
}

TEST(records_are_cut_anywhere_by_the_end_of_the_window)
{
    static const char records[] = "{\"a\":\"C:\\\\x\\u00e9\xE2\x82\xAC\",\"n\":-12.5e3,\"t\":true,\"l\":[{\"m\":null}]}\n{\"a\":1,\"a\":2}\n{\"b\":\"\\x\"}\n{\"c\":3}\n";
    size_t len = sizeof records - 1;

    limits = sp_limits_default();
    for (size_t cut = 0; cut <= len; cut++) {
        sp_buf_clear(&text);
        sp_buf_text(&text, "{\"first\":\"");
        while (text.len < (256 << 10) - cut - 3)
            sp_buf_char(&text, 'y');
        sp_buf_text(&text, "\"}\n");
        sp_buf_text(&text, records);
        reads(sp_buf_view(&text), false);
    }
}

TEST(records_are_longer_than_the_window)
{
    limits = sp_limits_default();
    sp_buf_clear(&text);
    for (int i = 0; i < 3; i++) {
        sp_buf_text(&text, "{\"a\":[");
        for (int n = 0; n < 20000; n++)
            sp_buf_printf(&text, "%s\"C:\\\\%d\\u00e9\"", n ? "," : "", n);
        sp_buf_text(&text, "],\"b\":{\"c\":1,\"d\":2}}\n{\"e\":1}\n");
    }
    reads(sp_buf_view(&text), false);
    sp_buf_text(&text, "[");
    for (int i = 0; i < 30000; i++)
        sp_buf_printf(&text, "%s{\"i\":%d,\"t\":\"\\\"%d\\\"\"}", i ? "," : "", i, i);
    sp_buf_text(&text, "]");
    reads(sp_buf_view(&text), false);
}

TEST(garbage_of_all_kinds_is_read_alike)
{
    static const char *const piece[] = { "{\"a\":\"", "\"", "\\", "\\\\", "\"}\n", "\n", "{", "}", "[", "]", ",", ":", "\"a\":", "1", "-", "e", "true", "null",
                                         "\xC3\xA9", "\xC3", "\\u00", "41", "\t", " ", "\"x\":\"y\"", "{\"k\":1,\"l\":\"m\"}\n", "\\\"", "{\"k\":1,\"l\":\"m\"},", "x" };
    uint64_t seed = 1;

    limits = sp_limits_default();
    for (int round = 0; round < 3000; round++) {
        sp_buf_clear(&text);
        for (int i = 0; i < 40; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            sp_buf_text(&text, piece[(seed >> 33) % (sizeof piece / sizeof *piece)]);
        }
        same(sp_buf_view(&text));
        reads(sp_buf_view(&text), round % 8 == 0);
    }
}
