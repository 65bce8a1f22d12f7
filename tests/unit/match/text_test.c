/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches and text patterns where they could go wrong: texts that look like the literal at every place, every length and
 * alignment, patterns that begin with dashes, bytes that are no UTF-8. (search_test.c draws at random from valid text.)
 */
#include "match/text.h"

#include <time.h>

#include "base/unicode.h"
#include "draw.h"
#include "tap.h"

static void check_find(int line, struct sp_str text, struct sp_str literal)
{
    size_t seen = sp_text_find(text, literal), wanted = sp_str_find(text, literal);

    if (seen != wanted)
        tap_fail("line %d: '%.*s' in %zu bytes '%.*s': seen %zd, wanted %zd", line, SP_STR_ARG(literal), text.len, SP_STR_ARG(text),
                 (ssize_t)seen, (ssize_t)wanted);
}
#define FIND(text, literal) check_find(__LINE__, (text), (literal))

TEST(a_literal_is_found_at_its_first_place_in_texts_that_look_like_it)
{
    for (size_t len = 0; len <= 40; len++)
        for (uint32_t shape = 0; shape < 5; shape++) {
            struct sp_str literal = draw_text(len, SP_STR("a"));
            char *l = (char *)(uintptr_t)literal.ptr;

            if (shape && len) /* aaaa, baaa, aaab, aaba, baab */
                l[shape == 1 ? 0 : shape == 2 ? len - 1 : shape == 3 ? len / 2 : 0] = 'b';
            if (shape == 4 && len)
                l[len - 1] = 'b';
            for (size_t n = 0; n <= 100; n += n < 60 ? 1 : 3) {
                struct sp_str text = draw_text(n, SP_STR("a"));

                FIND(text, literal);
                for (size_t at = 0; at < n; at += 1 + draw(4)) { /* and with the literal, or half of it, in it */
                    size_t cut = draw(3) ? len : len / 2;

                    memcpy((char *)(uintptr_t)text.ptr + at, l, cut < n - at ? cut : n - at);
                    FIND(text, literal);
                }
                draw_free(text);
            }
            draw_free(literal);
        }
}

TEST(a_literal_is_found_at_every_place_of_every_alignment)
{
    static char room[256];

    for (size_t begin = 0; begin < 17; begin++)
        for (size_t len = 1; len <= 20; len++)
            for (size_t n = len; n <= 70; n += 1 + draw(3)) {
                struct sp_str literal = draw_text(len, SP_STR("xyzw"));

                for (size_t at = 0; at + len <= n; at++) {
                    memset(room, '.', sizeof room);
                    memcpy(room + begin + at, literal.ptr, len);
                    memcpy(room + begin + n, literal.ptr, len); /* behind the text: not in it */
                    FIND(((struct sp_str){ room + begin, n }), literal);
                    FIND(((struct sp_str){ room + begin, at + len - 1 }), literal);
                    FIND(((struct sp_str){ room + begin + at + 1, n - at - 1 }), literal);
                }
                draw_free(literal);
            }
}

static double seconds_of(struct sp_str text, struct sp_str literal)
{
    double best = 1e9;

    for (int i = 0; i < 5; i++) {
        clock_t before = clock();
        double took;

        ok(sp_text_find(text, literal) == SIZE_MAX);
        took = (double)(clock() - before) / CLOCKS_PER_SEC;
        best = took < best ? took : best;
    }
    return best;
}

TEST(text_that_looks_like_the_literal_everywhere_takes_time_in_proportion_to_its_length)
{
    struct sp_str half = draw_text(500, SP_STR("a")), literal = draw_joined(half, SP_STR("b"), half);

    for (size_t n = 0; n < 2000; n += 37) { /* the library goes on where this one gave up: nothing is skipped */
        struct sp_str front = draw_text(n, SP_STR("a")), text = draw_joined(front, literal, front);

        FIND(text, literal);
        draw_free(front);
        draw_free(text);
    }
    draw_free(half);
    draw_free(literal);
    half = draw_text(50000, SP_STR("a"));
    literal = draw_joined(half, SP_STR("b"), half);
    for (size_t n = 256 << 10; n <= 512 << 10; n *= 2) {
        struct sp_str text = draw_text(n, SP_STR("a"));
        double took = seconds_of(text, literal);

        if (took > tap_seconds(0.25)) /* a comparison of 50,000 bytes at each place would be seconds */
            tap_fail("%zu bytes took %.3f s", n, took);
        draw_free(text);
    }
    draw_free(half);
    draw_free(literal);
}

/* ---------------------------------------------------------------- patterns */

static bool dash_at(struct sp_str s, size_t at, size_t len)
{
    static const char *const dash[] = { "-", "/", "\u2013", "\u2014", "\u2015" };

    for (uint32_t i = 0; i < 5; i++)
        if (sp_str_is(sp_str_cut(s, at, len), dash[i]))
            return true;
    return false;
}

/* Where a match of the tokens so far may end: a set of places, moved on token by token. Places are those that a walk over
 * the text's code points, from its begin, comes by; a byte that is no UTF-8 is one of its own. */
struct places {
    bool at[512];
};

static struct places moved(const struct places *from, const struct sp_token *t, struct sp_str s)
{
    struct places to = { { false } };
    bool before = false;

    for (size_t i = 0; i <= s.len;) {
        size_t next = i;
        uint32_t c = i < s.len ? sp_utf8_next(s, &next) : 0;

        (void)c;
        before |= from->at[i];
        if (t->kind == SP_T_MANY)
            to.at[i] = before;
        else if (from->at[i] && t->kind == SP_T_LITERAL && s.len - i >= t->literal.len)
            to.at[i + t->literal.len] |= memcmp(s.ptr + i, t->literal.ptr, t->literal.len) == 0;
        else if (from->at[i] && t->kind != SP_T_LITERAL && i < s.len)
            to.at[next] |= t->kind == SP_T_ONE || dash_at(s, i, next - i);
        if (i == s.len)
            break;
        i = next;
    }
    return to;
}

static bool matches(const struct sp_pattern *p, struct sp_str s)
{
    static const struct sp_token many = { .kind = SP_T_MANY };
    struct places places = { { true } };

    if (p->where == SP_WHERE_END || p->where == SP_WHERE_ANY)
        places = moved(&places, &many, s);
    for (uint32_t i = 0; i < p->token_count; i++)
        places = moved(&places, &p->token[i], s);
    if (p->where == SP_WHERE_START || p->where == SP_WHERE_ANY)
        places = moved(&places, &many, s);
    return places.at[s.len];
}

static bool check_pattern(int line, const struct sp_pattern *p, struct sp_str text)
{
    struct sp_str s = draw_own(text.ptr, text.len);
    bool seen = sp_text_match(p, s), wanted = matches(p, s);

    if (seen != wanted) {
        tap_fail("line %d: where %d on '%.*s': seen %d, wanted %d, of", line, p->where, SP_STR_ARG(s), seen, wanted);
        for (uint32_t i = 0; i < p->token_count; i++)
            printf("#   %c '%.*s'\n", "L?*-"[p->token[i].kind], SP_STR_ARG(p->token[i].literal));
    }
    draw_free(s);
    return wanted;
}

#define LITERAL(text) { SP_T_LITERAL, { (text), sizeof(text) - 1 } }
#define DASH { SP_T_DASH, { "", 0 } }
#define ONE { SP_T_ONE, { "", 0 } }
#define MANY { SP_T_MANY, { "", 0 } }

TEST(a_pattern_that_begins_with_dashes_is_found_behind_all_that_is_like_it)
{
    static const struct sp_token a[] = { DASH, LITERAL("enc") }, b[] = { DASH, DASH, LITERAL("s"), ONE, LITERAL("s") },
                                 c[] = { ONE, DASH, LITERAL("-") }, d[] = { DASH, ONE, MANY, DASH, LITERAL("x") },
                                 e[] = { LITERAL(" "), DASH, LITERAL("s "), DASH, LITERAL("t") }, f[] = { DASH, MANY, ONE, DASH },
                                 g[] = { MANY, DASH, LITERAL("q"), MANY };
    static const struct {
        const struct sp_token *token;
        uint32_t count;
        const char *text;
        bool any; /* contained? */
    } cases[] = { { a, 2, "enc -enc", true }, { a, 2, "enc encenc", false }, { a, 2, "\u2013enc", true }, { a, 2, "\u2012enc", false },
                  { a, 2, "enc", false }, { a, 2, "xenc\u2015enc", true }, { a, 2, "-\u0301enc/en\u2014enc", true },
                  { a, 2, "\x80\x93" "enc", false },
                  { b, 5, "--s-s", true }, { b, 5, "-s-s-s", false }, { b, 5, "s-s\u2013/s\u00e9s", true }, { b, 5, "--sss", true },
                  { b, 5, "--s-", false },
                  { c, 3, "--", false }, { c, 3, "---", true }, { c, 3, "\u00e9--", true }, { c, 3, "x\u2014-", true }, { c, 3, "", false },
                  { d, 5, "-a-x", true }, { d, 5, "--x", false }, { d, 5, "/-x-x", true }, { d, 5, "x-x-", false },
                  { e, 5, "a /s -t", true }, { e, 5, " -s  -s -t", true }, { e, 5, " -s-t", false },
                  { f, 4, "-a-", true }, { f, 4, "--", false }, { f, 4, "/\u2013\u2014", true }, { g, 4, "-q", true }, { g, 4, "qq-", false } };

    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t where = 0; where < 4; where++) {
            struct sp_pattern p = { .kind = SP_P_TEXT, .where = (enum sp_where)where, .token = cases[i].token, .token_count = cases[i].count };
            bool yes = check_pattern(__LINE__, &p, sp_str_c(cases[i].text));

            if (where == SP_WHERE_ANY && yes != cases[i].any)
                tap_fail("case %u, '%s': seen %d", i, cases[i].text, yes);
        }
}

static struct sp_str random_text(uint32_t pieces, uint32_t choice)
{
    static const char *const piece[] = { "-", "a", "\u2013", "ab", "/", "b", "\u2014", "\u2012", "\xE2\x80", "\x93", "\xE2", "\u00e9", "\n",
        "\U0001F600", "\xF0\x9F", "\xFF" };
    char bytes[256];
    size_t n = 0;

    for (uint32_t i = 0; i < pieces; i++) {
        const char *one = piece[draw(choice)];

        memcpy(bytes + n, one, strlen(one));
        n += strlen(one);
    }
    return draw_own(bytes, n);
}

TEST(random_tokens_on_any_bytes_match_as_a_set_of_places_says)
{
    static const struct sp_str literal[] = { { "a", 1 }, { "b", 1 }, { "ab", 2 }, { "-", 1 }, { "aa", 2 }, { "\u2013", 3 }, { "\u00e9", 2 },
        { "ba", 2 }, { "abab", 4 } };
    uint32_t yes = 0;

    for (uint32_t i = 0; i < 150000; i++) {
        struct sp_token token[8];
        struct sp_pattern p = { .kind = SP_P_TEXT, .where = (enum sp_where)(i % 4), .token = token };
        uint32_t count = draw(8), choice = 1 + draw(16);
        struct sp_str text = random_text(draw(20), choice);

        for (uint32_t n = 0; n < count; n++) {
            enum sp_token_kind kind = n == 0 && draw(2) ? SP_T_DASH : (enum sp_token_kind)draw(4);
            bool open = (n == 0 && p.where >= SP_WHERE_END) || (n + 1 == count && (p.where == SP_WHERE_START || p.where == SP_WHERE_ANY));

            if (kind == SP_T_MANY && (open || (n && token[n - 1].kind == SP_T_MANY)))
                kind = SP_T_DASH; /* the loader writes none there */
            if (kind == SP_T_LITERAL && n && token[n - 1].kind == SP_T_LITERAL)
                kind = SP_T_ONE;
            token[n] = (struct sp_token){ kind, kind == SP_T_LITERAL ? literal[draw(9)] : SP_STR_NONE };
        }
        p.token_count = count;
        yes += check_pattern(__LINE__, &p, text);
        draw_free(text);
    }
    ok(yes > 15000 && yes < 135000);
}
