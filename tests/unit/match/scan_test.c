/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans against the folded text of each value: never a no where a literal is, and a no where nothing looks like one. Every
 * length and place around the blocks of the wide registers, every form that a value may lie in a record in.
 */
#include "match/scan.h"

#include <math.h>

#include "base/unicode.h"
#include "draw.h"
#include "read/value.h"
#include "tap.h"

static struct sp_arena arena;
static struct sp_key_wish wish[512];
static uint32_t wishes;
static struct sp_scan scan;
static struct sp_buf text_room, fold_room;

static bool registers(void) /* else nodes are not scanned */
{
#if defined __x86_64__
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

static void look_for_all(const struct sp_str *literal, uint32_t count)
{
    sp_arena_done(&arena);
    sp_arena_init(&arena, SIZE_MAX);
    wishes = count;
    for (uint32_t i = 0; i < count; i++)
        wish[i] = (struct sp_key_wish){ SP_KEY_ANY, literal[i], i };
    ok(sp_scan_build(&arena, wish, wishes, &scan) == 0);
}

static void look_for(struct sp_str literal)
{
    look_for_all(&literal, 1);
}

static bool held(struct sp_value v)
{
    struct sp_str text = sp_value_text(v, &text_room);

    sp_buf_clear(&fold_room);
    sp_utf8_fold(&fold_room, text);
    for (uint32_t i = 0; i < wishes; i++)
        if (sp_str_find(sp_buf_view(&fold_room), wish[i].literal) != SIZE_MAX)
            return true;
    return false;
}

/* All scans of one value; `wanted`: 0 no, 1 perhaps, 2 whatever the text says is there, and perhaps anyway. */
static void check(int line, struct sp_value v, int wanted)
{
    bool there = held(v), seen = sp_scan_perhaps(&scan, v), plain = sp_scan_perhaps_plain(&scan, v);
    struct sp_str bytes = { v.ptr, v.len };
    char stack[8] = "another"; /* a place above those that malloc gives */
    struct sp_node node = { .value = v };
    bool nodes = sp_scan_nodes(&scan, &node, 1, bytes), outside = sp_scan_nodes(&scan, &node, 1, (struct sp_str){ stack, sizeof stack }), json = seen;

    if ((v.type == SP_V_JSON_TEXT || v.type == SP_V_TEXT) && v.len >= 4 && bytes.ptr[0] && bytes.ptr[1])
        json = sp_scan_json(&scan, bytes);
    if (seen != plain)
        tap_fail("line %d: type %d, %u bytes '%.*s': %d with registers, %d without", line, v.type, v.len, SP_STR_ARG(bytes), seen, plain);
    if (there && (!seen || !nodes || !outside || !json))
        tap_fail("line %d: type %d, %u bytes '%.*s': no (%d %d %d %d)", line, v.type, v.len, SP_STR_ARG(bytes), seen, nodes, outside, json);
    if ((wanted == 1 && !seen) || (wanted == 0 && (seen || (registers() && (nodes || outside)))))
        tap_fail("line %d: type %d, %u bytes '%.*s': seen %d %d %d, wanted %d", line, v.type, v.len, SP_STR_ARG(bytes), seen, nodes, outside,
                 wanted);
}

/* The text as a value of that type, in memory of its own length. TEXT, JSON_TEXT and ANSI: as it stands. */
static struct sp_value value_of(enum sp_value_type type, struct sp_str text)
{
    struct sp_str bytes;

    sp_buf_clear(&text_room);
    for (size_t at = 0; type == SP_V_UTF16 && at < text.len;) {
        uint32_t c = sp_utf8_next(text, &at);

        if (c > 0xFFFF) {
            sp_buf_char(&text_room, (char)((0xD800 + ((c - 0x10000) >> 10)) & 0xFF));
            sp_buf_char(&text_room, (char)((0xD800 + ((c - 0x10000) >> 10)) >> 8));
            c = 0xDC00 + (c & 0x3FF);
        }
        sp_buf_char(&text_room, (char)(c & 0xFF));
        sp_buf_char(&text_room, (char)(c >> 8));
    }
    bytes = type == SP_V_UTF16 ? sp_buf_view(&text_room) : text;
    bytes = draw_own(bytes.ptr, bytes.len);
    return (struct sp_value){ bytes.ptr, (uint32_t)bytes.len, (uint8_t)type };
}

static void check_text(int line, enum sp_value_type type, struct sp_str text, int wanted)
{
    struct sp_value v = value_of(type, text);

    check(line, v, wanted);
    draw_free((struct sp_str){ v.ptr, v.len });
}
#define CHECK(type, text, wanted) check_text(__LINE__, (type), (text), (wanted))

/* `before` bytes of filler, the text, `behind` bytes of filler; freed by draw_free. */
static struct sp_str padded(size_t before, struct sp_str text, size_t behind)
{
    struct sp_str a = draw_text(before, SP_STR("z")), b = draw_text(behind, SP_STR("z")), all = draw_joined(a, text, b);

    draw_free(a);
    draw_free(b);
    return all;
}

static const enum sp_value_type types[] = { SP_V_TEXT, SP_V_JSON_TEXT, SP_V_UTF16, SP_V_ANSI };

TEST(a_literal_is_seen_at_every_place_of_every_length)
{
    static const char *const literal[] = { "sekurlsa::", "~q~q", "mimikatz", "-enc ", "abyx", "xyba", "kzqz", "[`{@" };

    for (uint32_t l = 0; l < 8; l++) {
        struct sp_str near = draw_own(literal[l], strlen(literal[l])), big = draw_own(literal[l], strlen(literal[l]));

        look_for(sp_str_c(literal[l]));
        ok(scan.usable);
        for (size_t i = 0; i < big.len; i++)
            if (literal[l][i] >= 'a' && literal[l][i] <= 'z')
                ((char *)(uintptr_t)big.ptr)[i] ^= 0x20;
        for (size_t i = 3; i < near.len; i += 4) /* every run of four has a byte that is wrong in one bit */
            ((char *)(uintptr_t)near.ptr)[i] ^= 1;
        for (size_t len = 0; len <= 100; len++)
            for (size_t at = 0; at <= len; at += len > 70 ? 1 + draw(3) : 1)
                for (uint32_t t = 0; t < 4; t++) {
                    struct sp_str here = padded(at, sp_str_c(literal[l]), len - at), loud = padded(at, big, len - at),
                                  not_here = padded(at, near, len - at);

                    CHECK(types[t], here, 1);
                    CHECK(types[t], loud, 1);
                    CHECK(types[t], not_here, 0);
                    draw_free(here);
                    draw_free(loud);
                    draw_free(not_here);
                }
        draw_free(near);
        draw_free(big);
    }
}

TEST(values_too_short_for_a_literal_hold_none)
{
    look_for(SP_STR("mimikatz"));
    for (uint32_t t = 0; t < 4; t++)
        for (size_t n = 0; n < 4; n++)
            CHECK(types[t], sp_str_cut(SP_STR("mimi"), 0, n), 0);
    for (uint32_t bytes = 7; bytes < 64; bytes += 7) { /* half a unit is none */
        struct sp_str half = draw_own("k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z\0k\0a\0t\0z", bytes);

        look_for(SP_STR("katz"));
        check(__LINE__, (struct sp_value){ half.ptr, bytes, SP_V_UTF16 }, bytes >= 8);
        draw_free(half);
    }
    CHECK(SP_V_UTF16, SP_STR("\u212a"), 1);
    CHECK(SP_V_TEXT, SP_STR("\u212a"), 1);
    CHECK(SP_V_ANSI, SP_STR("\xE9"), 1);
}

TEST(an_escape_by_number_is_perhaps_and_an_escaped_backslash_is_none)
{
    static const struct {
        const char *literal, *escaped;
    } cases[] = { { "mimikatz", "u006dimikatz" }, { "mimikatz", "u004DImikatz" }, { "a/bc", "/bc" }, { "ab/q", "/q" } };

    for (uint32_t c = 0; c < 4; c++) {
        look_for(sp_str_c(cases[c].literal));
        for (size_t before = 0; before < 70; before++)
            for (size_t slashes = 0; slashes < 72; slashes += before % 3 ? 1 + draw(9) : 1) {
                static const char *const head[] = { "", "", "a", "ab" };
                struct sp_str run = draw_text(slashes, SP_STR("\\")), all = draw_joined(sp_str_c(head[c]), run, sp_str_c(cases[c].escaped)),
                              text = padded(before, all, before % 5 * 9);
                /* a slash behind "a" or "ab" alone is the literal itself */
                bool there = slashes % 2 == 1 || (slashes == 0 && c >= 2);

                CHECK(SP_V_JSON_TEXT, text, there);
                draw_free(run);
                draw_free(all);
                draw_free(text);
            }
    }
    look_for(SP_STR("ab\ncdef"));
    CHECK(SP_V_JSON_TEXT, SP_STR("xxab\\ncdef"), 1);
    CHECK(SP_V_TEXT, SP_STR("xxab\ncdef"), 1);
}

TEST(what_is_not_ascii_is_perhaps_wherever_it_stands)
{
    static const struct sp_str letter[] = { { "\u212a", 3 }, { "\u017f", 2 }, { "\u00e9", 2 }, { "\U0001F600", 4 }, { "\uff4b", 3 },
                                            { "\u016b", 2 }, { "\u806b", 3 }, { "\xC2\x80", 2 }, { "\u0100", 2 } };

    look_for(SP_STR("kskskk"));
    for (uint32_t i = 0; i < sizeof letter / sizeof *letter; i++)
        for (size_t len = 0; len <= 80; len += 1 + draw(2))
            for (size_t at = 0; at <= len; at += 1 + draw(2)) {
                struct sp_str here = padded(at, letter[i], len - at);

                CHECK(SP_V_TEXT, here, 1);
                CHECK(SP_V_JSON_TEXT, here, 1);
                CHECK(SP_V_UTF16, here, 1);
                CHECK(SP_V_ANSI, here, 1);
                draw_free(here);
            }
    for (size_t at = 0; at < 70; at++) {
        struct sp_str here = padded(at, SP_STR("\u212a\u017fK\u017f\u212ak"), 70 - at);

        CHECK(SP_V_TEXT, here, 1);
        CHECK(SP_V_UTF16, here, 1);
        draw_free(here);
        here = padded(at, SP_STR("\\u212A\\u017fKs\\u212Ak"), 70 - at);
        CHECK(SP_V_JSON_TEXT, here, 1);
        draw_free(here);
    }
}

/* ---------------------------------------------------------------- nodes of a record */

TEST(values_at_the_end_of_a_record_are_read_no_further)
{
    struct sp_str wide_literal;
    struct sp_value lit = value_of(SP_V_UTF16, SP_STR("katz"));

    wide_literal = (struct sp_str){ lit.ptr, lit.len };
    look_for(SP_STR("katz"));
    for (uint32_t units = 0; units <= 70; units++)
        for (uint32_t behind = 0; behind <= 70; behind += behind < 40 ? 2 : 5) {
            /* filler, the value, other bytes of the record, which are the literal's: they are not the value's */
            size_t begin = 6, len = 2 * (size_t)units;
            struct sp_str raw = draw_own(NULL, 0);
            char *p;
            struct sp_node node[4] = { { .value = { .type = SP_V_NULL } }, { .value = { .type = SP_V_LIST } }, { .value = { .type = SP_V_UINT } } };

            draw_free(raw);
            p = malloc(begin + len + behind);
            if (!p)
                abort();
            for (size_t i = 0; i < begin + len + behind; i++)
                p[i] = i < begin ? 'q' : i < begin + len ? (i % 2 ? '\0' : 'y') : wide_literal.ptr[(i - begin - len) % 8];
            raw = (struct sp_str){ p, begin + len + behind };
            node[2].value = (struct sp_value){ p, 4, SP_V_UINT };
            node[3].value = (struct sp_value){ p + begin, (uint32_t)len, SP_V_UTF16 };
            if (registers() && sp_scan_nodes(&scan, node, 4, raw))
                tap_fail("%u units, %u bytes behind them: perhaps, but nothing is there", units, behind);
            if (units >= 4) {
                memcpy(p + begin + len - 8, wide_literal.ptr, 8);
                if (!sp_scan_nodes(&scan, node, 4, raw))
                    tap_fail("%u units, %u bytes behind them: no, but the literal ends them", units, behind);
                if (registers() && sp_scan_nodes(&scan, node, 3, raw))
                    tap_fail("%u units: a node behind the last was read", units);
            }
            for (uint32_t cut = 2; cut < 8 && len >= cut && behind >= 8; cut += 2) { /* the value has the literal's begin alone */
                for (size_t i = begin; i < begin + len; i++)
                    p[i] = i % 2 ? '\0' : 'y';
                memcpy(p + begin + len - cut, wide_literal.ptr, cut);
                memcpy(p + begin + len, wide_literal.ptr + cut, 8 - cut);
                if (registers() && sp_scan_nodes(&scan, node, 4, raw))
                    tap_fail("%u units: the literal ends behind the value", units);
            }
            draw_free(raw);
        }
    draw_free(wide_literal);
}

TEST(one_value_of_many_is_enough_whatever_its_form)
{
    struct sp_node node[12];

    look_for(SP_STR("mimikatz"));
    for (uint32_t which = 0; which < 12; which++)
        for (uint32_t t = 0; t < 4; t++) {
            for (uint32_t i = 0; i < 12; i++) {
                struct sp_str text = padded(draw(50), i == which ? SP_STR("MIMIkatz") : SP_STR("mimxkat"), draw(50));

                node[i] = (struct sp_node){ .value = value_of(i == which ? types[t] : types[draw(4)], text) };
                draw_free(text);
            }
            ok(sp_scan_nodes(&scan, node, 12, SP_STR("")));
            ok(which == 0 || !registers() || !sp_scan_nodes(&scan, node, which, SP_STR("")));
            for (uint32_t i = 0; i < 12; i++)
                draw_free((struct sp_str){ node[i].value.ptr, node[i].value.len });
        }
}

TEST(a_json_record_is_seen_as_a_whole)
{
    look_for(SP_STR("mimikatz"));
    for (size_t pad = 0; pad < 70; pad++) {
        static const char *const with[] = { "\":\"MimiKatz\"}", "\":[\"x\",\"mimikatz\"]}", "\":\"\\u006dimikatz\"}", "\":\"x\\/y\"}",
                                            "\":\"\u212a\"}",
                                            "mimikatz\":1}" };

        for (uint32_t i = 0; i < 6; i++) {
            struct sp_str name = padded(pad, SP_STR("k"), 0), all = draw_joined(SP_STR("{\""), name, sp_str_c(with[i]));

            ok(sp_scan_json(&scan, all));
            draw_free(all);
            all = draw_joined(SP_STR("{\""), name, SP_STR("\":\"C:\\\\users\\\\mimxkat\\\"\",\"n\":[1,true,null]}"));
            ok(!sp_scan_json(&scan, all));
            draw_free(all);
            draw_free(name);
        }
    }
    ok(sp_scan_json(&scan, SP_STR("{\0\"\0m\0")) && sp_scan_json(&scan, SP_STR("\0{\0\"\0m")) && sp_scan_json(&scan, SP_STR("{}")));
    look_for(SP_STR("1234")); /* perhaps a number that is written as 1.234e3 */
    ok(sp_scan_json(&scan, SP_STR("{\"a\":1.234e3}")));
}

/* ---------------------------------------------------------------- values that are no text */

TEST(a_cut_of_a_number_a_guid_a_sid_a_time_is_looked_for_in_them)
{
    static const double reals[] = { 0.1, -1.5e300, 2.5e-7, 1.0 / 3, HUGE_VAL, -HUGE_VAL, 12345678.25 };
    static const unsigned char bytes[] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xAB, 0xCD, 0xEF, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xF4, 1, 0, 0 };
    static const unsigned char systemtime[16] = { 0xEA, 7, 11, 0, 5, 0, 27, 0, 23, 0, 59, 0, 58, 0, 0xE7, 3 };
    static const unsigned char filetime[8] = { 0x15, 0xCD, 0x5B, 0x07, 0x30, 0x75, 0xDC, 0x01 };
    float single = -1.25e-9f, not_a_number = NAN;
    struct sp_value v[] = { { bytes, 8, SP_V_INT }, { bytes + 9, 8, SP_V_UINT }, { bytes + 12, 4, SP_V_INT }, { bytes + 12, 8, SP_V_HEX },
                            { "-12.5E+30", 9, SP_V_NUMBER }, { "1234567890123456789012", 22, SP_V_NUMBER }, { bytes, sizeof bytes, SP_V_BINARY },
                            { bytes, 16, SP_V_GUID }, { bytes, sizeof bytes, SP_V_SID }, { filetime, 8, SP_V_FILETIME },
                            { systemtime, 16, SP_V_SYSTEMTIME }, { &single, 4, SP_V_REAL32 }, { &not_a_number, 4, SP_V_REAL32 },
                            { &reals[0], 8, SP_V_REAL64 }, { &reals[1], 8, SP_V_REAL64 }, { &reals[2], 8, SP_V_REAL64 },
                            { &reals[3], 8, SP_V_REAL64 }, { &reals[4], 8, SP_V_REAL64 }, { &reals[5], 8, SP_V_REAL64 },
                            { &reals[6], 8, SP_V_REAL64 } };
    uint64_t cuts = 0;

    for (uint32_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct sp_str text;

        look_for(SP_STR("mimikatz"));
        ok(!held(v[i]));
        text = draw_own(fold_room.ptr, fold_room.len);
        ok(!sp_scan_perhaps(&scan, v[i]) && !sp_scan_perhaps_plain(&scan, v[i]));
        for (size_t from = 0; from < text.len; from++)
            for (size_t len = 1; from + len <= text.len; len++, cuts++) {
                look_for(sp_str_cut(text, from, len));
                check(__LINE__, v[i], 1);
                ok(sp_scan_nodes(&scan, &(struct sp_node){ .value = v[i] }, 1, SP_STR("")));
                for (uint32_t order = 0; order < 2; order++) {
                    struct sp_str both[2] = { sp_str_cut(text, from, len), SP_STR("mimikatz") }, turned[2] = { both[1], both[0] };

                    look_for_all(order ? both : turned, 2);
                    ok(sp_scan_perhaps(&scan, v[i]));
                }
            }
        draw_free(text);
    }
    ok(cuts > 3000);
}

TEST(where_a_literal_has_no_print_everything_is_perhaps)
{
    static const char *const literal[] = { "abc", "a b c d e", "\u65e5\u672c\u8a9e", "ab\\cd\\ef", "a", "x\"yz\"a" };

    for (uint32_t i = 0; i < 6; i++)
        for (uint32_t with = 0; with < 2; with++) {
            struct sp_str both[2] = { sp_str_c(with ? literal[i] : "mimikatz"), sp_str_c(with ? "mimikatz" : literal[i]) };

            look_for_all(both, 2);
            ok(!scan.usable);
            for (uint32_t t = 0; t < 4; t++)
                CHECK(types[t], SP_STR("anything at all, of a good length, so that it is a block"), 1);
            ok(sp_scan_json(&scan, SP_STR("{\"a\":\"b\"}")));
            ok(sp_scan_perhaps(&scan, (struct sp_value){ "12", 2, SP_V_NUMBER }));
        }
    look_for(SP_STR("k\u00e9sekurlsa")); /* a print that is safe, of a literal that is not wholly */
    ok(scan.usable);
    CHECK(SP_V_TEXT, SP_STR("K\u00c9SEKURLSA"), 1);
    CHECK(SP_V_TEXT, SP_STR("sek, ekur, kurs, rls"), 0);
}

/* ---------------------------------------------------------------- many literals, and folded texts */

TEST(hundreds_of_literals_are_each_seen_and_their_mixtures_are_not)
{
    struct sp_str literal[300];

    for (uint32_t round = 0; round < 30; round++) {
        uint32_t count = 1 + draw(round % 2 ? 300 : 20);

        for (uint32_t i = 0; i < count; i++)
            literal[i] = draw_text(4 + draw(6), SP_STR("qwxj~#"));
        look_for_all(literal, count);
        ok(scan.usable && !scan.typed);
        for (uint32_t i = 0; i < count; i++) {
            struct sp_str text = padded(draw(70), literal[i], draw(70));

            for (uint32_t t = 0; t < 4; t++)
                CHECK(types[t], text, 1);
            draw_free(text);
            text = draw_text(draw(90), SP_STR("qwxjQWXJ~#z"));
            for (uint32_t t = 0; t < 4; t++)
                CHECK(types[t], text, 2);
            draw_free(text);
        }
        for (uint32_t i = 0; i < count; i++)
            draw_free(literal[i]);
    }
}

TEST(folded_texts_are_scanned_for_whatever_bytes_the_literals_have)
{
    static const struct sp_str letters[] = { { "ab", 2 }, { "\x80\xC3\xFF\x01", 4 }, { "qwx~\n\\\"/u", 9 }, { "\0ab", 3 } };
    uint64_t no = 0;

    for (uint32_t round = 0; round < 3000; round++) {
        struct sp_str l = draw_text(draw(8), letters[round % 4]), text = draw_text(draw(80), letters[round % 4]), has;
        struct sp_key_wish one[2] = { { (enum sp_key_kind)draw(4), l, 0 }, { SP_KEY_ANY, SP_STR("mimikatz"), 1 } };

        one[0].kind = draw(3) ? SP_KEY_ANY : one[0].kind;
        has = draw_joined(text, l, text);
        sp_arena_done(&arena);
        sp_arena_init(&arena, SIZE_MAX);
        ok(sp_scan_build_folded(&arena, one, 2, &scan) == 0);
        ok(one[0].kind != SP_KEY_ANY || l.len < 4 || sp_scan_folded(&scan, has));
        ok(sp_scan_folded(&scan, SP_STR("\x01 mimikatz")));
        if (one[0].kind == SP_KEY_ANY && l.len >= 4 && sp_str_find(text, l) != SIZE_MAX)
            ok(sp_scan_folded(&scan, text));
        no += !sp_scan_folded(&scan, text);
        if (scan.usable && text.len < 4)
            ok(!sp_scan_folded(&scan, text));
        draw_free(l);
        draw_free(text);
        draw_free(has);
    }
    ok(no > 300);
    sp_buf_done(&text_room);
    sp_buf_done(&fold_room);
    sp_arena_done(&arena);
}
