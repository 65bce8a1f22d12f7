/* SPDX-License-Identifier: Apache-2.0 */
#include "match/regex_run.h"

#include "match/regex_scratch.h"
#include "tap.h"

static struct sp_arena arena;

static struct sp_regex_scratch *opened(const char *pattern, uint32_t flags)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_regex *regex;
    struct sp_error err;

    sp_arena_reset(&arena);
    if (!arena.bytes_max)
        sp_arena_init(&arena, SIZE_MAX);
    if (sp_regex_compile(&arena, sp_str_c(pattern), flags, &limits, &regex, &err) < 0) {
        tap_fail("%s: %s", pattern, err.what);
        exit(1);
    }
    return sp_regex_scratch_new(regex);
}

static void judged(const char *pattern, uint32_t flags, struct sp_str text, int wanted)
{
    struct sp_regex_scratch *s = opened(pattern, flags);
    int dfa = sp_regex_run(s->regex, s, text), again = sp_regex_run(s->regex, s, text);
    int nfa = sp_regex_run_nfa(s->regex, s, text);

    if (dfa != wanted || again != wanted || nfa != wanted)
        tap_fail("%s on '%.*s': DFA %d, again %d, NFA %d, wanted %d", pattern, SP_STR_ARG(text), dfa, again, nfa, wanted);
    sp_regex_scratch_free(s);
}
#define YES(pattern, text) judged(pattern, 0, SP_STR(text), 1)
#define NO(pattern, text)  judged(pattern, 0, SP_STR(text), 0)

TEST(sigma_T12_holds) /* SPEC: sigma-T12 */
{
    YES("ab+c", "xxabbcyy");
    NO("ab+c", "xxABBCyy");
    judged("a.b", SP_REGEX_FOLD | SP_REGEX_DOTALL, SP_STR("A\nB"), 1);
    judged("^foo$", SP_REGEX_FOLD | SP_REGEX_MULTILINE, SP_STR("bar\nFOO\nbaz"), 1);
    judged("^foo$", SP_REGEX_FOLD, SP_STR("bar\nFOO\nbaz"), 0);
}

TEST(the_empty_text_and_the_empty_pattern)
{
    YES("", "");
    YES("", "abc");
    YES("^$", "");
    YES("a*", "");
    NO("a", "");
    NO(".", "");
    YES("\\B", "");
    NO("\\b", "");
    judged("a|", 0, (struct sp_str){ NULL, 0 }, 1);
}

TEST(anchors_see_lines_and_the_final_newline)
{
    YES("a$", "a\n");
    NO("a$", "a\n\n");
    YES("a$\\n", "a\n");
    NO("a\\z", "a\n");
    YES("a\\Z", "a\n");
    NO("a$", "a\nb");
    YES("(?m)a$", "a\nb");
    YES("(?m)^b", "a\nb");
    NO("(?m)^$", "a\n"); /* no line begins behind the last newline */
    YES("(?m)^$", "a\n\n");
    NO("^b", "a\nb");
    NO("(?m)\\Ab", "a\nb");
    YES("$", "\n");
    YES("^\\n$", "\n");
    NO("a^b", "ab");
    YES("(?m)a$.^b|a$\\n^b", "a\nb");
    YES("\\b^a", "a");
}

TEST(word_boundaries_are_ascii)
{
    YES("\\bcat\\b", "a cat.");
    NO("\\bcat\\b", "concat");
    YES("\\Bcat", "concat");
    YES("\u00e9\\bx", "\u00e9x"); /* U+00E9 is no word character */
    NO("\\B", "a\u00e9a");        /* and inside it is no place at all */
    NO("\\w", "\u00e9");
    NO("\\d", "\u0663");
}

TEST(a_dot_is_one_code_point_and_bad_bytes_are_none)
{
    YES("^.$", "\u65e5");
    YES("^..$", "\U0001F600\u00e9");
    NO("^.$", "\xFF");
    NO("^.$", "\xC0\x80");         /* overlong */
    NO("^.$", "\xED\xA0\x80");     /* a surrogate */
    NO("^.$", "\xF4\x90\x80\x80"); /* above 10FFFF */
    YES("^.$", "\xF4\x8F\xBF\xBF");
    NO("^[^a]$", "\xE6\x97");
    NO("a.b", "a\nb");
    YES("a\\Nb|(?s)a.b", "a\nb");
    NO("(?s)a\\Nb", "a\nb");
    YES("^.$", "\0");
}

TEST(case_folding_is_simple_and_unicode)
{
    YES("(?i)stra\u00dfe", "STRA\u1e9eE");
    NO("(?i)strasse", "stra\u00dfe");
    YES("(?i)k", "\u212a");
    YES("(?i)[k]", "\u212a");
    NO("(?i)[^k]", "\u212a");
    YES("(?i)\u03c3", "\u03c2");
    YES("(?i)[a-z]", "Q");
    YES("(?i)[\u0430-\u044f]", "\u0416");
    NO("(?i)\\W", "K");
    YES("(?i)[[:upper:]]", "a");
    NO("a(?i)b(?-i)c", "aBC");
    YES("a(?i)b(?-i)c", "aBc");
    YES("(a(?i)b|c)d", "Cd"); /* up to the end of the group, over | */
    NO("(a(?i)b|c)d", "CD");
}

TEST(escapes_and_classes)
{
    YES("^\\x41\\x{e9}\\101\\t\\e\\a\\f\\cA\\0$", "A\u00e9A\t\033\a\f\001\0");
    YES("^\\Qa.b*\\E+$", "a.b***");
    YES("^[]\\-a]+$", "]-a");
    YES("^[\\Qa-z\\E]+$", "z-a");
    NO("^[\\Qa-z\\E]+$", "b");
    YES("^[\\b]$", "\b");
    YES("^[[:alpha:][:digit:]_]+$", "aZ9_");
    NO("[^[:^punct:]]", "abc 123");
    YES("^\\h\\v\\s\\S\\D\\W$", "\u3000\u2028 x \u00e9");
    YES("^\\R$", "\r\n");
    NO("^\\R\\n", "\r\n"); /* CR LF is not torn apart */
    YES("^\\R\\R$", "\r\r\n");
    YES("(?x) a b # c\n c", "abc");
    YES("(?xx)[a b]c", "bc");
    NO("[^\\x{0}-\\x{10ffff}]", "abc\n");
    YES("a{,2}", "a{,2}");
    YES("x{2,3}y", "xxxy");
    NO("^x{2,3}y", "xxxxy");
    NO("^x{2}y", "xy");
    YES("(?#note)a(?# more )b", "ab");
}

TEST(loops_over_nothing_end_and_are_right)
{
    YES("^(a*)*$", "aaa");
    YES("^(|a)+$", "aaa");
    NO("^(|a)+$", "aab");
    YES("^(a*?|b?\?)+c$", "aabbc");
    YES("^(\\b|a)*$", "aa");
    NO("^(^a)+$", "aa");
    YES("^(()|a){3}b", "aab");
    NO("^(()|a){3}b", "aaaab");
}

/* A text of `len` bytes that repeats `unit`, with `tail` behind it. Owned by the test program. */
static struct sp_str long_text(const char *unit, size_t len, const char *tail)
{
    static char text[(64 << 10) + 64];
    size_t end = strlen(tail);

    for (size_t i = 0; i < len; i++)
        text[i] = unit[i % strlen(unit)];
    memcpy(text + len, tail, end);
    return (struct sp_str){ text, len + end };
}

static const struct {
    const char *pattern, *unit, *tail;
} hostile[] = {
    { "(a+)+$", "a", "!" },
    { "(.*a){12}x", "a", "" },
    { "(.*a){12}x", "ab", "" },
    { "echo.*clip.*&&.*(one|two)", "echo clip && ", "" },
    { "^(\\w+\\s?)*$", "word ", "!" },
    { "(a|aa)+c", "a", "" },
    { "(a|a)*b|(x+x+)+y", "ax", "" },
    { "(\\b\\w*\\b)*!$", "ab cd ", "" },
    { "a{0,500}b{0,500}c", "ab", "" },
};

TEST(sixteen_times_the_text_is_sixteen_times_the_work)
{
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct sp_regex_scratch *s = opened(hostile[i].pattern, 0);
        uint64_t steps[2][2];

        for (int size = 0; size < 2; size++) {
            struct sp_str text = long_text(hostile[i].unit, size ? 64 << 10 : 4 << 10, hostile[i].tail);

            s->steps = 0;
            is_i64(sp_regex_run_nfa(s->regex, s, text), 0);
            steps[0][size] = s->steps;
            s->steps = 0;
            is_i64(sp_regex_run(s->regex, s, text), 0);
            steps[1][size] = s->steps;
        }
        if (steps[0][1] > steps[0][0] * 17 || steps[1][1] > steps[1][0] * 17)
            tap_fail("%s: %" PRIu64 " and %" PRIu64 " steps, DFA %" PRIu64 " and %" PRIu64, hostile[i].pattern,
                     steps[0][0], steps[0][1], steps[1][0], steps[1][1]);
        ok(steps[1][1] < 64 * (64 << 10)); /* the cache does its work */
        sp_regex_scratch_free(s);
    }
}

/* Letters a and b as a fixed generator gives them: they visit most states of (a|b)*a(a|b){n}. */
static struct sp_str noise(size_t len)
{
    static char text[64 << 10];
    uint64_t x = 88172645463325252u;

    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        text[i] = x >> 40 & 1 ? 'a' : 'b';
    }
    return (struct sp_str){ text, len };
}

TEST(a_cache_that_thrashes_stays_linear_and_bounded)
{
    struct sp_regex_scratch *s = opened("a[ab]{40}c", 0);
    uint64_t steps[2];

    for (int round = 0; round < 6; round++) {
        s->steps = 0;
        is_i64(sp_regex_run(s->regex, s, noise(4 << 10)), 0);
        steps[0] = s->steps;
        s->steps = 0;
        is_i64(sp_regex_run(s->regex, s, noise(64 << 10)), 0);
        steps[1] = s->steps;
        ok(steps[1] < (64 << 10) * 4 * s->regex->count);
    }
    ok(s->fallen_back > 0);
    ok(s->jump_room * sizeof *s->jump + s->pool_room * sizeof *s->pool + s->dfa_room * sizeof *s->dfa +
           (SP_REGEX_CACHE_BYTES >> 5) <= SP_REGEX_CACHE_BYTES);
    ok(steps[0] < (4 << 10) * 4 * s->regex->count);
    sp_regex_scratch_free(s);
}

TEST(after_the_cache_was_emptied_the_answers_stay_the_same)
{
    struct sp_regex_scratch *s = opened("a[ab]{18}(?:\\bc|d$)", 0);
    char text[512];
    struct sp_str all = noise(64 << 10);
    unsigned matches = 0;

    for (size_t i = 0; i < 3000; i++) {
        size_t from = i * 21, len = 200;
        struct sp_str value = { text, len + 1 };
        int dfa, nfa;

        memcpy(text, all.ptr + from, len);
        text[len] = i % 3 ? 'd' : 'c';
        dfa = sp_regex_run(s->regex, s, value);
        nfa = sp_regex_run_nfa(s->regex, s, value);
        is_i64(dfa, nfa);
        matches += dfa == 1;
    }
    ok(matches > 100 && matches < 2900);
    ok(s->emptied > 0 && s->fallen_back > 0);
    sp_regex_scratch_free(s);
}

TEST(a_regex_of_many_states_works)
{
    struct sp_regex_scratch *s = opened("(?:.{0,900}x){12}y", 0);

    ok(s->regex->count > 90000 && s->regex->count < 100000);
    is_i64(sp_regex_run(s->regex, s, long_text("x", 300, "y")), 1);
    is_i64(sp_regex_run(s->regex, s, long_text("\u00e9", 300, "y")), 0);
    is_i64(sp_regex_run_nfa(s->regex, s, long_text("x", 300, "y")), 1);
    sp_regex_scratch_free(s);
}

TEST(an_anchored_regex_stops_when_it_cannot_match)
{
    struct sp_regex_scratch *s = opened("^abc", 0);

    is_i64(sp_regex_run(s->regex, s, long_text("x", 64 << 10, "")), 0);
    ok(s->steps < 64);
    s->steps = 0;
    is_i64(sp_regex_run_nfa(s->regex, s, SP_STR("abcd")), 1);
    is_i64(sp_regex_run(s->regex, s, long_text("abc", 64 << 10, "")), 1);
    ok(s->steps < 128);
    sp_regex_scratch_free(s);
}

/* ---------------------------------------------------------------- runs of one set */

/* `letters` pieces of a text: of one byte or more, valid or not. */
static struct sp_str text_of(char *room, uint32_t pieces, uint32_t first, uint32_t choice)
{
    static const char *const piece[] = { "a", "b", "\n", "A", "\u212a", "\u00e9", "\U0001F600", "\xFF", "\x80", "\xE2\x80", "\xED\xA0\x80", "\r",
        " ", "\x7F" };
    static uint64_t state;
    size_t n = 0;

    for (uint32_t i = 0; i < pieces; i++) {
        const char *one;

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        one = piece[(first + (uint32_t)(state >> 33) % choice) % 14];
        memcpy(room + n, one, strlen(one));
        n += strlen(one);
    }
    return (struct sp_str){ room, n };
}

TEST(a_run_of_one_set_is_counted_as_the_automaton_counts_it)
{
    static const struct {
        const char *pattern;
        uint32_t flags, least;
    } cases[] = { { ".{5,}", 0, 5 }, { ".{5,}", SP_REGEX_DOTALL, 5 }, { "[^a]{3,}", 0, 3 }, { "[^a]{3,}", SP_REGEX_FOLD, 3 }, { "[a]{4,}", 0, 4 },
                  { "[ab]{2,}", 0, 2 }, { "[ab]{2,}", SP_REGEX_FOLD, 2 }, { "(?:.{3,})", 0, 3 }, { "[^\\n]+", 0, 1 }, { "\\W{2,}", 0, 2 },
                  { "\\w{3,}", 0, 3 }, { ".{3,}?", 0, 3 }, { "[a-z]{3,9}", 0, 3 }, { "[\\x{80}-\\x{10ffff}]{2,}", 0, 2 }, { ".{17}", 0, 17 },
                  /* of no such form: the automaton's own */
                  { "[^k]{3,}", SP_REGEX_FOLD, 0 }, { "[\\x{80}-\\x{ff}]{2,}", 0, 0 }, { "^.{5,}", 0, 0 }, { ".{5,}$", 0, 0 }, { ".{2,}a", 0, 0 },
                  { ".*", 0, 0 }, { "[k]{2,}", SP_REGEX_FOLD, 0 }, { "(?:ab){2,}", 0, 0 } };
    static char room[4 * 64];
    uint32_t yes = 0;

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sp_regex_scratch *s = opened(cases[c].pattern, cases[c].flags);

        if (s->regex->run_least != cases[c].least)
            tap_fail("%s: a run of %u, wanted %u", cases[c].pattern, s->regex->run_least, cases[c].least);
        for (uint32_t i = 0; i < 6000; i++) {
            struct sp_str text = text_of(room, i % 40, i, 1 + i / 40 % 14);
            int seen = sp_regex_run(s->regex, s, text), wanted = sp_regex_run_nfa(s->regex, s, text);

            yes += (uint32_t)wanted;
            if (seen != wanted)
                tap_fail("%s on '%.*s': seen %d, wanted %d", cases[c].pattern, SP_STR_ARG(text), seen, wanted);
        }
        sp_regex_scratch_free(s);
    }
    ok(yes > 20000 && yes < 110000);
}
