/* SPDX-License-Identifier: Apache-2.0
 *
 * Indexes of literals against every literal compared with every value, and what the bounds of gram.h promise.
 */
#include "match/gram.h"

#include <time.h>

#include "draw.h"
#include "match/scan.h"
#include "tap.h"

enum { WISHES = 20000 };

struct bench {
    struct sp_arena arena;
    struct sp_key_wish wish[WISHES];
    uint32_t count, rules; /* rules: above every number that a wish has */
    uint32_t stamp[WISHES], rule[WISHES];
    bool wanted[WISHES];
    struct sp_marks marks;
    struct sp_index index;
};
static struct bench bench;

static void begin(void)
{
    for (uint32_t i = 0; i < bench.count; i++)
        draw_free(bench.wish[i].literal);
    bench.count = 0;
    bench.rules = 0;
    sp_arena_done(&bench.arena);
    sp_arena_init(&bench.arena, SIZE_MAX);
    bench.marks.stamp = bench.stamp;
    bench.marks.rule = bench.rule;
}

static void wish(enum sp_key_kind kind, struct sp_str literal, uint32_t rule)
{
    bench.wish[bench.count++] = (struct sp_key_wish){ kind, draw_own(literal.ptr, literal.len), rule };
    bench.rules = rule >= bench.rules ? rule + 1 : bench.rules;
}

static void build(void)
{
    ok(sp_index_build(&bench.arena, bench.wish, bench.count, &bench.index) == 0);
}

/* Rules marked; those that must be and no others, each once. */
static uint32_t probe(int line, struct sp_str text)
{
    struct sp_str value = draw_own(text.ptr, text.len);
    struct sp_marks *m = &bench.marks;
    uint32_t wanted = 0;

    memset(bench.wanted, 0, bench.rules * sizeof *bench.wanted);
    for (uint32_t i = 0; i < bench.count; i++)
        bench.wanted[bench.wish[i].rule] |= draw_holds(bench.wish[i].kind, bench.wish[i].literal, value);
    m->now++;
    m->count = 0;
    sp_index_probe(&bench.index, value, m);
    for (uint32_t i = 0; i < bench.rules; i++) {
        wanted += bench.wanted[i];
        if (bench.wanted[i] != (m->stamp[i] == m->now))
            tap_fail("line %d: %u wishes, rule %u, value of %zu bytes '%.*s': wanted %d", line, bench.count, i, value.len,
                     SP_STR_ARG(value), bench.wanted[i]);
    }
    if (m->count != wanted)
        tap_fail("line %d: %u marks, wanted %u", line, m->count, wanted);
    draw_free(value);
    return m->count;
}
#define PROBE(text) probe(__LINE__, (text))

#define LETTERS SP_STR("abcdefghijklmnopqrstuvwxyz0123456789\\.:- ")
#define BYTES   SP_STR("\0\1\x7F\x80\x81\xFE\xFF ab")

/* `n` literals that no value of the test holds. */
static void company(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct sp_str t = draw_text(8, SP_STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));

        wish((enum sp_key_kind)(i % 4), t, 1 + i);
        draw_free(t);
    }
}

/* A value that is the literal with something before and behind it, and the same with a byte of the literal changed. */
static void check_around(struct sp_str literal, size_t before, size_t behind, struct sp_str letters)
{
    struct sp_str a = draw_text(before, letters), b = draw_text(behind, letters), v = draw_joined(a, literal, b);
    size_t at = before + (literal.len ? draw((uint32_t)literal.len) : 0u);

    ok(PROBE(v) >= (uint32_t)(bench.wish[0].kind == SP_KEY_ANY || !(before + behind)));
    if (literal.len)
        ((char *)(uintptr_t)v.ptr)[at] ^= 1;
    (void)PROBE(v);
    draw_free(a);
    draw_free(b);
    draw_free(v);
}

TEST(a_literal_of_every_kind_and_length_is_met_wherever_it_stands)
{
    static const uint32_t others[] = { 0, 5, 700, 4400 }; /* of the last so many are long that the stride is 2 */

    for (uint32_t len = 0; len <= 300; len += len < 36 ? 1 : 88)
        for (uint32_t kind = 0; kind < 4; kind++)
            for (uint32_t o = 0; o < 4; o++) {
                struct sp_str letters = draw(2) ? LETTERS : BYTES, l = draw_text(len, letters);

                if (!len && kind != SP_KEY_EQUAL) {
                    draw_free(l);
                    continue;
                }
                begin();
                wish((enum sp_key_kind)kind, l, 0);
                company(others[o]);
                build();
                ok(!bench.index.gram || bench.index.stride == (o == 3 ? 2u : 4u));
                for (size_t before = 0; before < 10; before++)
                    for (size_t behind = 0; behind < 10; behind += o >= 2 ? 1u + o : 1u)
                        check_around(l, before, behind, letters);
                draw_free(l);
            }
}

/* Wishes that share letters with each other and with the values; some literals stand several times. */
static void draw_wishes(uint32_t count, uint32_t longest, struct sp_str letters)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sp_str again = i && draw(4) == 0 ? bench.wish[draw(i)].literal : SP_STR_NONE;
        struct sp_str t = again.len ? draw_own(again.ptr, again.len) : draw_text(1 + draw(longest), letters);

        wish((enum sp_key_kind)draw(4), t, draw(3) ? i : draw(count));
        draw_free(t);
    }
}

TEST(indexes_of_few_and_of_many_literals_mark_the_same_as_comparing_them_all)
{
    static const struct sp_str letters[] = { { "ab", 2 }, { "abcdefgh", 8 }, { "\0\x80\xFF", 3 }, { "\0\x01\x7F\x80\xBF\xC3\xA9\xFFk", 9 } };
    uint64_t met = 0;

    for (uint32_t round = 0; round < 400; round++) {
        struct sp_str set = letters[round % 4];

        begin();
        draw_wishes(draw(3) ? 1 + draw(12) : 1 + draw(600), draw(2) ? 6 : 20, set);
        build();
        for (uint32_t n = 0; n < 20; n++) {
            struct sp_str v = draw_text(n < 12 ? n : draw(120), set);

            met += PROBE(v);
            draw_free(v);
        }
        for (uint32_t n = 0; n < 8; n++) {
            struct sp_str a = draw_text(draw(20), set), b = draw_text(draw(20), set);
            struct sp_str v = draw_joined(draw(2) ? a : SP_STR_NONE, bench.wish[draw(bench.count)].literal, draw(2) ? b : SP_STR_NONE);

            met += PROBE(v);
            draw_free(a);
            draw_free(b);
            draw_free(v);
        }
    }
    ok(met > 50000);
}

TEST(a_literal_marks_all_rules_that_want_it_each_once)
{
    begin();
    for (uint32_t i = 0; i < 40; i++)
        wish((enum sp_key_kind)(i % 4), SP_STR("\\cmd.exe"), i / 2);
    for (uint32_t i = 0; i < 5; i++)
        wish(SP_KEY_ANY, SP_STR("cmd"), 3);
    wish(SP_KEY_EQUAL, SP_STR_NONE, 20);
    build();
    is_u64(PROBE(SP_STR("\\cmd.exe")), 20);
    is_u64(PROBE(SP_STR("c:\\cmd.exe")), 10);
    is_u64(PROBE(SP_STR("\\cmd.exe /c")), 20);
    is_u64(PROBE(SP_STR("c:\\cmd.exe /c")), 10);
    is_u64(PROBE(SP_STR("cmd")), 1);
    is_u64(PROBE(SP_STR("cm")), 0);
    is_u64(PROBE(SP_STR_NONE), 1);
    begin();
    build();
    is_u64(PROBE(SP_STR("cmd")), 0);
}

/* ---------------------------------------------------------------- equal selectors, different literals */

static uint64_t word(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

static uint64_t mix(uint64_t h) /* as gram.c's, so that two texts can be made that it hashes alike */
{
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

TEST(texts_that_share_a_hash_are_told_apart)
{
    const char *one = "first of a pair!";
    char other[16] = "another", end[8];
    uint64_t second, first;

    second = word(one + 8) ^ mix(16 ^ word(one)) ^ mix(16 ^ word(other));
    memcpy(other + 8, &second, 8);
    for (int both = 0; both < 2; both++) {
        begin();
        wish(SP_KEY_EQUAL, sp_str_c(one), 0);
        if (both)
            wish(SP_KEY_EQUAL, (struct sp_str){ other, 16 }, 1);
        build();
        is_u64(PROBE(sp_str_c(one)), 1);
        is_u64(PROBE(((struct sp_str){ other, 16 })), both);
    }
    first = 0; /* eight bytes with the selector of these seven */
    memcpy(&first, "seven!!", 7);
    first ^= (uint64_t)7 * UINT64_C(0xD6E8FEB86659FD93) ^ (uint64_t)8 * UINT64_C(0xD6E8FEB86659FD93);
    memcpy(end, &first, 8);
    for (uint32_t kind = SP_KEY_START; kind <= SP_KEY_END; kind++) {
        begin();
        wish((enum sp_key_kind)kind, SP_STR("seven!!"), 0);
        wish((enum sp_key_kind)kind, SP_STR("eightbyt"), 1);
        build();
        is_u64(PROBE(((struct sp_str){ end, 8 })), 0);
        begin();
        wish((enum sp_key_kind)kind, (struct sp_str){ end, 8 }, 0);
        wish((enum sp_key_kind)kind, SP_STR("sixsix!"), 1);
        build();
        is_u64(PROBE(SP_STR("seven!!")), 0);
        is_u64(PROBE(((struct sp_str){ end, 8 })), 1);
    }
}

TEST(literals_longer_than_their_selector_are_compared_whole)
{
    begin();
    wish(SP_KEY_START, SP_STR("c:\\windows\\temp"), 0);
    wish(SP_KEY_START, SP_STR("c:\\windows\\system32"), 1);
    wish(SP_KEY_START, SP_STR("c:\\windo"), 2);
    wish(SP_KEY_END, SP_STR("\\system32\\cmd.exe"), 3);
    wish(SP_KEY_END, SP_STR("\\cmd.exe"), 4);
    wish(SP_KEY_END, SP_STR("exe"), 5);
    build();
    is_u64(PROBE(SP_STR("c:\\windows\\system32\\cmd.exe")), 5);
    is_u64(PROBE(SP_STR("c:\\windows\\system32")), 2);
    is_u64(PROBE(SP_STR("c:\\windows\\system3")), 1);
    is_u64(PROBE(SP_STR("c:\\windo")), 1);
    is_u64(PROBE(SP_STR("c:\\wind")), 0);
    is_u64(PROBE(SP_STR("d:\\system33\\cmd.exe")), 2);
    is_u64(PROBE(SP_STR("32\\cmd.exe")), 2);
    is_u64(PROBE(SP_STR("exe")), 1);
    is_u64(PROBE(SP_STR("xe")), 0);
}

/* ---------------------------------------------------------------- bounds */

static uint32_t fullest(const struct sp_index *x)
{
    uint32_t most = 0;

    for (uint32_t i = 0; x->gram && i <= x->gram_mask; i++) {
        uint32_t same = 0;

        for (uint32_t at = i; x->gram[at].key; at = (at + 1) & x->gram_mask)
            same += x->gram[at].gram == x->gram[i].gram;
        most = same > most ? same : most;
    }
    return most;
}

TEST(thousands_of_literals_that_share_a_gram_are_asked_for_by_others)
{
    char text[40];

    begin();
    for (uint32_t i = 0; i < 4000; i++) {
        (void)snprintf(text, sizeof text, "~q~q%04x~q~q", i * 2654435761u >> 16);
        wish(SP_KEY_ANY, sp_str_c(text), i);
    }
    build();
    ok(fullest(&bench.index) <= 8);
    for (uint32_t i = 0; i < 4000; i += 131) {
        struct sp_str v = draw_joined(SP_STR("x ~q~q0"), bench.wish[i].literal, SP_STR(" y"));

        ok(PROBE(v) >= 1);
        draw_free(v);
    }
    is_u64(PROBE(SP_STR("~q~q~q~q~q~q~q~q~q~q~q")), 0);
}

TEST(literals_that_have_no_gram_of_their_own_are_spread_over_those_they_have)
{
    char text[16];

    begin();
    for (uint32_t i = 0; i < 1024; i++) {
        memcpy(text, "!!!!", 4);
        for (uint32_t bit = 0; bit < 10; bit++)
            text[4 + bit] = i >> bit & 1 ? '~' : '`';
        wish(SP_KEY_ANY, (struct sp_str){ text, 14 }, i);
    }
    build();
    if (fullest(&bench.index) > 4 * 64) /* 1,024 literals, 31 grams, of which each wants four; one place in four is looked at */
        tap_fail("%u literals share a gram", fullest(&bench.index));
    for (uint32_t i = 0; i < 1024; i += 17)
        is_u64(PROBE(bench.wish[i].literal), 1);
}

TEST(of_a_literal_the_rarest_gram_is_asked_for)
{
    const struct sp_gram_share *common = NULL;
    struct sp_str v;
    char gram[4];

    for (uint32_t i = 0; i < SP_GRAM_SHARES; i++) {
        struct sp_str g = { (const char *)&sp_gram_shares[i].gram, 4 };

        if (!sp_gram_shares[i].ppm)
            continue;
        if (sp_key_ppm(SP_KEY_ANY, g) != sp_gram_shares[i].ppm)
            tap_fail("gram %08x: %u ppm, the table has %u", sp_gram_shares[i].gram, sp_key_ppm(SP_KEY_ANY, g), sp_gram_shares[i].ppm);
        common = !common || sp_gram_shares[i].ppm > common->ppm ? &sp_gram_shares[i] : common;
    }
    ok(common != NULL);
    memcpy(gram, &common->gram, 4);
    is_u64(sp_key_ppm(SP_KEY_ANY, SP_STR("~q~q")), SP_RARE_PPM);
    ok(sp_key_ppm(SP_KEY_START, SP_STR("~q~q")) < SP_RARE_PPM && sp_key_ppm(SP_KEY_ANY, SP_STR("a")) > sp_key_ppm(SP_KEY_ANY, SP_STR("ab")));
    begin();
    v = draw_joined((struct sp_str){ gram, 4 }, SP_STR("~q~q"), (struct sp_str){ gram, 4 });
    wish(SP_KEY_ANY, v, 0);
    build();
    for (uint32_t i = 0, n = 0; i <= bench.index.gram_mask; i++) {
        const struct sp_gram_slot *slot = &bench.index.gram[i];

        if (slot->key && (slot->at == 0 || slot->at == 8 || slot->gram == common->gram))
            tap_fail("a common gram, at %u, was chosen", slot->at);
        n += slot->key != 0;
        if (i == bench.index.gram_mask)
            is_u64(n, 4);
    }
    is_u64(PROBE(v), 1);
    draw_free(v);
}

TEST(few_short_literals_are_scanned_for_and_many_are_not)
{
    begin();
    for (uint32_t i = 0; i < 4; i++) {
        wish(SP_KEY_ANY, SP_STR("sekurlsa::"), i);
        wish(SP_KEY_ANY, SP_STR("lsass"), i);
    }
    wish(SP_KEY_ANY, SP_STR("\x80\xFF\x80\xFF"), 4);
    wish(SP_KEY_ANY, SP_STR("ab"), 5);
    wish(SP_KEY_START, SP_STR("q"), 6);
    wish(SP_KEY_START, SP_STR("startish"), 6);
    build();
    ok(bench.index.scan.usable && !sp_scan_folded(&bench.index.scan, SP_STR("a startish value that holds none of them")));
    is_u64(PROBE(SP_STR("q value that holds none of the long ones: ab")), 2);
    is_u64(PROBE(SP_STR("sekurlsa::")), 4);
    is_u64(PROBE(SP_STR("xlsass")), 4);
    is_u64(PROBE(SP_STR("\x80\xFF\x80\xFF")), 1);
    begin();
    wish(SP_KEY_ANY, SP_STR("a\0\0\0\0b"), 0);
    wish(SP_KEY_ANY, SP_STR("\0\0\0\0"), 1);
    build();
    is_u64(PROBE(SP_STR("xa\0\0\0\0b")), 2);
    is_u64(PROBE(SP_STR("\0\0\0\0")), 1);
    is_u64(PROBE(SP_STR("\0\0\0")), 0);
    begin();
    company(4 * 300);
    build();
    ok(!bench.index.scan.usable);
}

static double seconds_of(struct sp_str value)
{
    double best = 1e9;

    for (int i = 0; i < 5; i++) {
        clock_t before = clock();
        double took;

        bench.marks.now++;
        bench.marks.count = 0;
        sp_index_probe(&bench.index, value, &bench.marks);
        took = (double)(clock() - before) / CLOCKS_PER_SEC;
        best = took < best ? took : best;
    }
    return best;
}

TEST(a_value_that_repeats_a_gram_costs_time_in_proportion_to_its_length)
{
    struct sp_str letters = SP_STR("a"), brief = draw_text(256 << 10, letters), twice = draw_text(512 << 10, letters);
    double one, two;

    begin();
    for (uint32_t len = 1; len < 60; len++) { /* literals that have no other gram: aaab, aaaaab, ... miss at their last byte */
        struct sp_str l = draw_text(len, letters), miss = draw_joined(l, SP_STR("b"), SP_STR_NONE);

        wish(SP_KEY_ANY, miss, len);
        draw_free(l);
        draw_free(miss);
    }
    build();
    one = seconds_of(brief);
    two = seconds_of(twice);
    if (two > 4 * one + 0.02)
        tap_fail("%zu bytes took %.3f s, %zu bytes %.3f s", brief.len, one, twice.len, two);
    if (one > tap_seconds(2))
        tap_fail("%zu bytes took %.3f s", brief.len, one);
    draw_free(brief);
    draw_free(twice);
}
