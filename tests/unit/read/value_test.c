/* SPDX-License-Identifier: Apache-2.0 */
#include "read/value.h"

#include <math.h>

#include "base/limits.h"
#include "base/unicode.h"
#include "tap.h"

static struct sp_buf scratch;

static struct sp_str text(const void *bytes, size_t len, enum sp_value_type type)
{
    return sp_value_text((struct sp_value){ bytes, (uint32_t)len, (uint8_t)type }, &scratch);
}
#define TEXT(literal, type) text(literal, sizeof(literal) - 1, type)

static struct sp_str json(const void *bytes, size_t len, enum sp_value_type type)
{
    static struct sp_buf out;

    sp_buf_clear(&out);
    sp_value_json(&out, (struct sp_value){ bytes, (uint32_t)len, (uint8_t)type }, &scratch);
    return sp_buf_view(&out);
}
#define JSON(literal, type) json(literal, sizeof(literal) - 1, type)

TEST(utf16_drops_trailing_nuls_and_keeps_spaces) { is_str(TEXT("a\0 \0\0\0\0\0", SP_V_UTF16), "a "); }
TEST(utf16_of_nuls_only_is_empty)                { is_u64(TEXT("\0\0\0\0", SP_V_UTF16).len, 0); }
TEST(utf16_with_an_odd_byte_ignores_it)          { is_str(TEXT("a\0b", SP_V_UTF16), "a"); }
TEST(a_lone_surrogate_reads_as_replacement)      { is_str(TEXT("\x00\xD8", SP_V_UTF16), "\xEF\xBF\xBD"); }
TEST(a_pair_of_surrogates_is_one_code_point)     { is_str(TEXT("\x3D\xD8\x00\xDE", SP_V_UTF16), "\xF0\x9F\x98\x80"); }
TEST(ansi_is_windows_1252)                       { is_str(TEXT("\x80\xE4z\0", SP_V_ANSI), "\xE2\x82\xAC\xC3\xA4z"); }
TEST(text_is_not_copied)                         { const char *t = "abc"; ok(text(t, 3, SP_V_TEXT).ptr == t); }

TEST(json_escapes_are_undone)        { is_str(TEXT("a\\n\\\\b\\/\\\"\\t", SP_V_JSON_TEXT), "a\n\\b/\"\t"); }
TEST(json_code_points_are_undone)    { is_str(TEXT("\\u00e4\\u0041", SP_V_JSON_TEXT), "\xC3\xA4" "A"); }
TEST(json_pairs_are_joined)          { is_str(TEXT("\\uD83D\\uDE00!", SP_V_JSON_TEXT), "\xF0\x9F\x98\x80!"); }
TEST(json_halves_are_replaced)       { is_str(TEXT("\\uD83Dx\\uDE00", SP_V_JSON_TEXT), "\xEF\xBF\xBDx\xEF\xBF\xBD"); }
TEST(two_high_halves_are_two)        { is_str(TEXT("\\uD83D\\uD83D\\uDE00", SP_V_JSON_TEXT), "\xEF\xBF\xBD\xF0\x9F\x98\x80"); }
TEST(json_nul_is_kept)               { is_u64(TEXT("\\u0000", SP_V_JSON_TEXT).len, 1); }

TEST(integers_of_each_size)
{
    is_str(TEXT("\xFF", SP_V_INT), "-1");
    is_str(TEXT("\x00\x80", SP_V_INT), "-32768");
    is_str(TEXT("\xFE\xFF\xFF\xFF", SP_V_INT), "-2");
    is_str(TEXT("\x00\x00\x00\x00\x00\x00\x00\x80", SP_V_INT), "-9223372036854775808");
    is_str(TEXT("\xFF", SP_V_UINT), "255");
    is_str(TEXT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", SP_V_UINT), "18446744073709551615");
    is_str(TEXT("\xAB\xCD\x00\x00", SP_V_HEX), "0xcdab");
    is_str(TEXT("\x00\x00\x00\x00\x00\x00\x00\x00", SP_V_HEX), "0x0");
}

TEST(booleans)
{
    is_str(TEXT("\x01\0\0\0", SP_V_BOOL), "true");
    is_str(TEXT("\0\0\0\0", SP_V_BOOL), "false");
    is_str(JSON("\x01\0\0\0", SP_V_BOOL), "true");
    is_str(text(NULL, 0, SP_V_TRUE), "true");
    is_str(json(NULL, 0, SP_V_FALSE), "false");
}

TEST(reals_are_the_shortest_that_read_back)
{
    double d = 0.1, inf = HUGE_VAL;
    float f = 0.1f;

    is_str(text(&d, 8, SP_V_REAL64), "0.1");
    is_str(text(&f, 4, SP_V_REAL32), "0.1");
    is_str(json(&d, 8, SP_V_REAL64), "0.1");
    is_str(json(&inf, 8, SP_V_REAL64), "\"Infinity\"");
}

TEST(guids_are_lower_case_in_braces)
{
    is_str(TEXT("\x54\x8a\x5a\x94\x47\xc1\xcd\x4a\x92\x3f\x40\xc4\x54\x05\xa6\x58", SP_V_GUID),
           "{945a8a54-c147-4acd-923f-40c45405a658}");
    is_u64(TEXT("\x54\x8a", SP_V_GUID).len, 0);
}

TEST(sids)
{
    is_str(TEXT("\x01\x01\0\0\0\0\0\x05\x12\0\0\0", SP_V_SID), "S-1-5-18");
    is_str(TEXT("\x01\x05\0\0\0\0\0\x05\x12\0\0\0", SP_V_SID), "S-1-5-18"); /* count beyond the bytes */
    is_str(TEXT("\x01\0\x01\0\0\0\0\x05", SP_V_SID), "S-1-0x010000000005");
    is_u64(TEXT("\x01\x01\0", SP_V_SID).len, 0);
}

TEST(times)
{
    uint64_t filetime = UINT64_C(134169192001234567), beyond = UINT64_MAX;

    is_str(text(&filetime, 8, SP_V_FILETIME), "2026-03-02T10:00:00.1234567Z");
    is_str(text(&beyond, 8, SP_V_FILETIME), "18446744073709551615");
    is_str(TEXT("\xEA\x07\x03\0\x01\0\x02\0\x0A\0\0\0\0\0\x7B\0", SP_V_SYSTEMTIME), "2026-03-02T10:00:00.123Z");
    is_u64(sp_value_time((struct sp_value){ "\xEA\x07\x03\0\x01\0\x02\0\x0A\0\0\0\0\0\x7B\0", 16, SP_V_SYSTEMTIME }, &scratch).nsec, 123000000);
    ok(!sp_value_time((struct sp_value){ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, SP_V_SYSTEMTIME }, &scratch).known);
    ok(sp_value_time((struct sp_value){ "2026-03-02 10:00:00", 19, SP_V_TEXT }, &scratch).known);
    ok(!sp_value_time((struct sp_value){ "soon", 4, SP_V_TEXT }, &scratch).known);
}

TEST(binary_is_upper_case_hex) { is_str(TEXT("\x0a\xff", SP_V_BINARY), "0AFF"); }
static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

/* A value of any type: bytes at random, ASCII, letters beyond it, escapes; exactly as long as it says. */
static uint32_t some_bytes(unsigned char *p, enum sp_value_type type)
{
    static const char *const piece[] = { "\\\\", "\\u00c4", "\\ud83d\\ude00", "\\uD801\\uDC00", "\\ud83d", "\\n", "\\/", "\\A", "\\", "\\u", "\\u12",
                                         "\xC3\x84", "\xC8\xBA", "\xE2\x84\xAA", "\xF0\x90\x90\x80", "\xC3", "\x84", "\\\xC3", "\\\x84", "Windows", "C:\\\\" };
    uint32_t len = 0, count = roll(4) ? roll(30) : roll(60), mode = roll(4);

    for (uint32_t i = 0; i < count; i++) {
        if (mode == 0) {
            p[len++] = (unsigned char)roll(256);
        } else if (type == SP_V_UTF16) {
            p[len++] = (unsigned char)roll(0x80);
            p[len++] = (unsigned char)(roll(mode == 1 ? 8 : 80) ? 0 : roll(256));
        } else if (mode == 1 || roll(mode == 2 ? 8 : 40) == 0) {
            const char *text = piece[roll(sizeof piece / sizeof *piece)];

            memcpy(p + len, text, strlen(text));
            len += (uint32_t)strlen(text);
        } else {
            p[len++] = (unsigned char)(roll(10) ? ' ' + roll(95) : 0);
        }
    }
    return len;
}

TEST(a_value_folded_is_its_text_folded)
{
    struct sp_arena arena;
    struct sp_buf want = { 0 };
    unsigned char bytes[1024], *copy;
    uint32_t wrong = 0;

    sp_arena_init(&arena, SIZE_MAX);
    for (uint32_t round = 0; round < 200000 && !wrong; round++) {
        enum sp_value_type type = (enum sp_value_type)(round % 3 ? SP_V_TEXT + roll(3) : roll(SP_V_MAP + 1));
        struct sp_value v = { NULL, some_bytes(bytes, type), (uint8_t)type };

        if (v.type == SP_V_NULL || v.type == SP_V_TRUE || v.type == SP_V_FALSE || v.type >= SP_V_LIST)
            v.len = 0;
        copy = v.len ? malloc(v.len) : NULL;
        if (copy)
            memcpy(copy, bytes, v.len);
        v.ptr = copy;
        sp_arena_reset(&arena);
        sp_buf_clear(&want);
        sp_utf8_fold(&want, sp_value_text(v, &scratch));
        if (!sp_str_eq(sp_value_folded(v, &arena, &scratch), sp_buf_view(&want))) {
            tap_fail("a value of type %d of %u bytes folds another way", (int)type, v.len);
            wrong++;
        }
        free(copy);
    }
    sp_buf_done(&want);
    sp_arena_done(&arena);
}

TEST(null_is_null)             { is_str(json(NULL, 0, SP_V_NULL), "null"); is_u64(text(NULL, 0, SP_V_NULL).len, 0); }
TEST(hex_is_text_in_json)      { is_str(JSON("\x04\0\0\0", SP_V_HEX), "\"0x4\""); }
TEST(numbers_stand_as_they_are) { is_str(JSON("1.50e3", SP_V_NUMBER), "1.50e3"); }
TEST(json_text_is_escaped_again) { is_str(JSON("\\u0041\\n", SP_V_JSON_TEXT), "\"A\\n\""); }

TEST(what_is_a_number)
{
    ok(sp_value_is_number((struct sp_value){ "\1", 1, SP_V_HEX }));
    ok(sp_value_is_number((struct sp_value){ "1", 1, SP_V_NUMBER }));
    ok(!sp_value_is_number((struct sp_value){ "1", 1, SP_V_TEXT }));
    ok(!sp_value_is_number((struct sp_value){ "\1\0\0\0", 4, SP_V_BOOL }));
}

TEST(a_tree_as_json)
{
    struct sp_tree tree = { 0 };
    struct sp_buf out = { 0 };
    uint32_t last = 0, inner = 0, map, list;

    sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    sp_tree_hang(&tree, 0, &last, sp_tree_add(&tree, SP_STR("a\""), (struct sp_value){ "1", 1, SP_V_NUMBER }));
    map = sp_tree_add(&tree, SP_STR("m"), (struct sp_value){ .type = SP_V_MAP });
    sp_tree_hang(&tree, 0, &last, map);
    list = sp_tree_add(&tree, SP_STR("l"), (struct sp_value){ .type = SP_V_LIST });
    sp_tree_hang(&tree, 0, &last, list);
    sp_tree_hang(&tree, list, &inner, sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ "x", 1, SP_V_TEXT }));
    sp_tree_hang(&tree, list, &inner, sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_NULL }));
    sp_tree_json(&out, &tree, 0, &scratch);
    is_str(sp_buf_view(&out), "{\"a\\\"\":1,\"m\":{},\"l\":[\"x\",null]}");
    is_u64(tree.node[list].count, 2);
    sp_buf_done(&out);
    sp_tree_done(&tree);
}

TEST(a_tree_ends_at_its_limit)
{
    struct sp_tree tree = { 0 };
    uint32_t added = 0;

    sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    while (sp_tree_add(&tree, SP_STR("x"), (struct sp_value){ .type = SP_V_NULL }))
        added++;
    is_u64(added, SP_FIELDS_MAX - 1);
    sp_tree_clear(&tree);
    is_u64(tree.count, 0);
    sp_tree_done(&tree);
}
