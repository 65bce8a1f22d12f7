/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "rule/regex.h"
#include "tap.h"

static struct sp_arena arena;
static struct sp_error err;
static struct sp_regex *regex;

static int compiled(struct sp_str pattern, uint32_t flags)
{
    struct sp_limits limits = sp_limits_default();

    sp_arena_reset(&arena);
    if (!arena.bytes_max)
        sp_arena_init(&arena, SIZE_MAX);
    regex = NULL;
    err = (struct sp_error){ 0 };
    return sp_regex_compile(&arena, pattern, flags, &limits, &regex, &err);
}

/* The pattern is refused with this code, and the message has this in it. */
static void refused(const char *pattern, int code, const char *why)
{
    int rc = compiled(sp_str_c(pattern), 0);

    if (rc != code || err.code != code || !strstr(err.what, why))
        tap_fail("%s: seen %d '%s', wanted %d '%s'", pattern, rc, err.what, code, why);
}

static void accepted(const char *pattern)
{
    int rc = compiled(sp_str_c(pattern), 0);

    if (rc != 0 || !regex)
        tap_fail("%s: seen %d '%s'", pattern, rc, err.what);
}

/* `text` `count` times, between `before` and `after`. */
static const char *repeated(const char *before, const char *text, size_t count, const char *after)
{
    static char out[256 << 10];
    size_t at = 0;

    at += (size_t)snprintf(out, sizeof out, "%s", before);
    for (size_t i = 0; i < count && at < sizeof out; i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s", text);
    if (at < sizeof out)
        (void)snprintf(out + at, sizeof out - at, "%s", after);
    return out;
}

TEST(what_is_not_linear_is_refused_with_the_reason_and_the_place) /* SPEC: sigma-T12 */
{
    refused("(?<!no)profile", SP_ERR_UNSUPPORTED, "look-behind (?<!...) is not supported, at character 1 of the regex");
    refused("ab(?=c)", SP_ERR_UNSUPPORTED, "look-ahead (?=...) is not supported, at character 3");
    refused("\u00e9\u65e5(?!c)", SP_ERR_UNSUPPORTED, "look-ahead (?!...) is not supported, at character 3");
    refused("(?<=a)b", SP_ERR_UNSUPPORTED, "look-behind");
    refused("(?>a+)b", SP_ERR_UNSUPPORTED, "atomic");
    refused("a++", SP_ERR_UNSUPPORTED, "possessive quantifiers are not supported, at character 3");
    refused("a{2}+", SP_ERR_UNSUPPORTED, "possessive");
    refused("(a)\\1", SP_ERR_UNSUPPORTED, "back-references are not supported, at character 4");
    refused("(?<n>a)\\k<n>", SP_ERR_UNSUPPORTED, "back-references");
    refused("(?P<n>a)(?P=n)", SP_ERR_UNSUPPORTED, "back-references");
    refused("(a)\\g{-1}", SP_ERR_UNSUPPORTED, "back-references");
    refused("(a(?R)?b)", SP_ERR_UNSUPPORTED, "recursion");
    refused("(a)(?1)", SP_ERR_UNSUPPORTED, "recursion");
    refused("(a)(?-1)", SP_ERR_UNSUPPORTED, "recursion");
    refused("(?<n>a)(?&n)", SP_ERR_UNSUPPORTED, "recursion");
    refused("(?<n>a)(?P>n)", SP_ERR_UNSUPPORTED, "recursion");
    refused("(a)?(?(1)b|c)", SP_ERR_UNSUPPORTED, "conditional");
    refused("(?C)a", SP_ERR_UNSUPPORTED, "callouts");
    refused("(*UTF)a", SP_ERR_UNSUPPORTED, "verbs");
    refused("\\Ga", SP_ERR_UNSUPPORTED, "\\G");
    refused("a\\Kb", SP_ERR_UNSUPPORTED, "\\K");
    refused("\\C", SP_ERR_UNSUPPORTED, "\\C");
    refused("\\p{L}", SP_ERR_UNSUPPORTED, "Unicode properties");
    refused("[\\p{L}]", SP_ERR_UNSUPPORTED, "Unicode properties");
    refused("\\X", SP_ERR_UNSUPPORTED, "Unicode properties");
    refused("[[.a.]]", SP_ERR_UNSUPPORTED, "collating");
    ok(err.cure[0] != '\0');
}

TEST(what_is_no_regex_is_refused_with_the_place)
{
    refused("*a", SP_ERR_FORMAT, "can be repeated, at character 1");
    refused("a**", SP_ERR_FORMAT, "can be repeated, at character 3");
    refused("a|+", SP_ERR_FORMAT, "can be repeated, at character 3");
    refused("^*", SP_ERR_FORMAT, "can be repeated");
    refused("\\b?", SP_ERR_FORMAT, "can be repeated");
    refused("({1})", SP_ERR_FORMAT, "can be repeated");
    refused("(a", SP_ERR_FORMAT, "not closed, at character 1");
    refused("a)", SP_ERR_FORMAT, "no opening one, at character 2");
    refused("[a", SP_ERR_FORMAT, "class is not closed");
    refused("[]", SP_ERR_FORMAT, "class is not closed");
    refused("[z-a]", SP_ERR_FORMAT, "out of order, at character 2");
    refused("[\\d-z]", SP_ERR_FORMAT, "hyphen last");
    refused("[a-\\d]", SP_ERR_FORMAT, "hyphen last");
    refused("[[:alfa:]]", SP_ERR_FORMAT, "no POSIX class of this name");
    refused("[:alpha:]", SP_ERR_FORMAT, "within a class only");
    refused("a{3,2}", SP_ERR_FORMAT, "out of order");
    refused("a\\", SP_ERR_FORMAT, "ends in a backslash");
    refused("\\y", SP_ERR_FORMAT, "no meaning");
    refused("\\x{}", SP_ERR_FORMAT, "digits are missing");
    refused("\\x{4g}", SP_ERR_FORMAT, "no digit of the number");
    refused("\\x{110000}", SP_ERR_FORMAT, "above 10FFFF");
    refused("\\x{d800}", SP_ERR_FORMAT, "surrogate");
    refused("\\c", SP_ERR_FORMAT, "\\c wants");
    refused("\\o12", SP_ERR_FORMAT, "\\o wants");
    refused("(?q)", SP_ERR_FORMAT, "no meaning behind (?");
    refused("(?i", SP_ERR_FORMAT, "not closed");
    refused("(?<1a>b)", SP_ERR_FORMAT, "begins with a digit");
    refused("(?<>b)", SP_ERR_FORMAT, "name is empty");
    refused("(?<a", SP_ERR_FORMAT, "name is not closed");
    refused("a(?#b", SP_ERR_FORMAT, "comment (?# is not closed");
    refused("a\xFF", SP_ERR_FORMAT, "not UTF-8, at character 2");
}

TEST(odd_but_right_patterns_compile)
{
    const char *const all[] = { "", "()", "|", "(|)", "(?:)*", "a{,3}", "a{1", "{", "{a", "a]", "}", "[]a]", "[^]a]", "[a-]",
                                "[-a]", "[\\w-]", "(?i)", "(?)", "(?-)", "(?^i:a)", "\\Qa.b", "\\E", "a\\E*", "(?#c)", "[[a]",
                                "[\\Q]\\E]", "\\10", "\\_", "(?<name>a)", "(?P<name>a)", "(?'name'a)", "(?|a|b)", "(?n)(a)",
                                "[^\\x{0}-\\x{10ffff}]", "a{0}", "\\N{3}", "\\N{U+41}", "(?x) a # b" };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        accepted(all[i]);
    is_i64(compiled(SP_STR("a\0b"), 0), 0);
    is_u64(regex->length_min, 3);
}

TEST(two_digits_are_octal_unless_so_many_groups_exist)
{
    accepted("\\10(a)");
    refused("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)\\10", SP_ERR_UNSUPPORTED, "back-references are not supported, at character 31");
}

TEST(limits_are_named)
{
    char deep[SP_REGEX_DEPTH_MAX + 2];
    struct sp_limits limits = sp_limits_default();

    refused("a{1001}", SP_ERR_LIMIT, "SP_REGEX_REPEAT_MAX");
    refused("a{5,99999999999999999999}", SP_ERR_LIMIT, "more than 1000 times");
    accepted("a{1000}");
    refused(repeated("", "a", (64 << 10) + 1, ""), SP_ERR_LIMIT, "regex-bytes (65536)");
    accepted(repeated("", "a", 64 << 10, ""));
    refused(repeated("", "(", SP_REGEX_DEPTH_MAX + 1, ""), SP_ERR_LIMIT, "SP_REGEX_DEPTH_MAX");
    memcpy(deep, repeated("", "(", SP_REGEX_DEPTH_MAX, "a"), SP_REGEX_DEPTH_MAX + 2);
    accepted(repeated(deep, ")", SP_REGEX_DEPTH_MAX, ""));
    limits.regex_states = 16;
    is_i64(sp_regex_compile(&arena, SP_STR("a{16}"), 0, &limits, &regex, &err), SP_ERR_LIMIT);
    ok(strstr(err.what, "needs 17 states") && strstr(err.what, "regex-states (16)"));
    is_i64(sp_regex_compile(&arena, SP_STR("a{15}"), 0, &limits, &regex, &err), 0);
    is_u64(regex->count, 16);
}

TEST(nested_repeats_cost_only_the_refusal)
{
    clock_t begin = clock();
    size_t bytes = arena.bytes;

    refused("((a{1,200}){1,200}){1,200}", SP_ERR_LIMIT, "regex-states");
    refused("((((((((a{1000}){1000}){1000}){1000}){1000}){1000}){1000}){1000}){1000}", SP_ERR_LIMIT, "needs more than 1099511627776 states");
    ok(arena.bytes < bytes + 65536);
    accepted("(((((((){1000}){1000}){1000}){1000}){1000}){1000}){1000}"); /* no state at all, however often */
    accepted("(((((a{0}){1000}){1000}){1000}){1000}){1000}");
    is_u64(regex->count, 1);
    ok((double)(clock() - begin) < tap_seconds(0.5) * CLOCKS_PER_SEC);
}

TEST(hostile_classes_compile_in_bounded_time)
{
    clock_t begin = clock();

    is_i64(compiled(sp_str_c(repeated("", "[^\\x{e9}]", 7000, "")), SP_REGEX_FOLD), 0);
    is_i64(compiled(sp_str_c(repeated("[", "\u00e9-\u017f\U00010400-\U00010450", 4500, "]")), SP_REGEX_FOLD), 0);
    is_i64(compiled(sp_str_c(repeated("", "\u017f", 32000, "")), SP_REGEX_FOLD), 0);
    ok((double)(clock() - begin) < tap_seconds(5) * CLOCKS_PER_SEC);
}

static void has(const char *pattern, uint32_t flags, const char *required, uint32_t length_min)
{
    ok(compiled(sp_str_c(pattern), flags) == 0);
    if (regex && (!sp_str_is(regex->required, required) || regex->length_min != length_min))
        tap_fail("%s: seen '%.*s' %u, wanted '%s' %u", pattern, SP_STR_ARG(regex->required), regex->length_min, required,
                 length_min);
}

TEST(the_required_literal_is_in_every_match)
{
    has("", 0, "", 0);
    has("abc", 0, "abc", 3);
    has("(?:abc|abd)x", 0, "ab", 4);
    has("x(?:abc|zbc)", 0, "bc", 4);
    has("(?:net|net1) user", 0, " user", 8);
    has("(?:cmd|xcmdx)", 0, "cmd", 3);
    has("a+bc", 0, "abc", 3);
    has("(?:ab)+c", 0, "abc", 3);
    has("(?:ab){2,}c", 0, "ababc", 5);
    has("(?:ab){2}c", 0, "ababc", 5);
    has("(?:ab)?c", 0, "c", 1);
    has("ab.*cdxe?f", 0, "cdx", 6);
    has("a\\bb", 0, "ab", 2);
    has("[a]b", 0, "ab", 2);
    has("a{0}b", 0, "b", 1);
    has("x|", 0, "", 0);
    has("\u00e9|\u00e8", 0, "", 2); /* half a code point is no literal */
    has(".\u65e5", 0, "\u65e5", 4);
}

TEST(the_required_literal_is_folded_where_case_does_not_matter)
{
    has("(?i)Ab\u00c9", 0, "ab\u00e9", 4);
    ok(regex->flags & SP_REGEX_FOLD);
    has("K\\d", SP_REGEX_FOLD, "k", 2); /* U+212A has three bytes, k one */
    has("Cmd(?i:X)", 0, "cmdx", 4);
    has("[Cc][Mm][Dd]!", 0, "cmd!", 4);
    ok(regex->flags & SP_REGEX_FOLD);
    has("Cmd", 0, "Cmd", 3);
    ok(!(regex->flags & SP_REGEX_FOLD));
}

TEST(a_long_required_literal_is_cut_at_a_code_point)
{
    ok(compiled(sp_str_c(repeated("", "\u65e5", 200, "")), 0) == 0);
    is_u64(regex->required.len, 255);
    ok(compiled(sp_str_c(repeated("", "\u00e9", 200, "")), 0) == 0);
    is_u64(regex->required.len, 254);
    is_u64(regex->length_min, 400);
}

TEST(anchored_only_when_every_way_begins_at_the_begin)
{
    const char *const yes[] = { "^a", "\\Aa", "(^a|^b)", "(?:^)a", "\\b^a", "(^a){2}" };
    const char *const no[] = { "a", "^a|b", "(?m)^a", "(^a)?b", "a^b", "x*^a" };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ok(compiled(sp_str_c(yes[i]), 0) == 0 && regex->anchored);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ok(compiled(sp_str_c(no[i]), 0) == 0 && !regex->anchored);
}

TEST(bytes_that_nothing_tells_apart_share_a_class)
{
    ok(compiled(SP_STR("[a-c]x"), 0) == 0);
    ok(regex->byte_class['a'] == regex->byte_class['c'] && regex->byte_class['a'] != regex->byte_class['x']);
    ok(regex->byte_class['d'] == regex->byte_class['w'] && regex->byte_class['y'] == regex->byte_class[0xFF]);
    is_u64(regex->class_count, 3);
    ok(compiled(SP_STR(".{1000}"), 0) == 0); /* a dot is eight states, whatever it takes in bytes */
    is_u64(regex->count, 8001);
}

TEST(memory_that_runs_out_is_said)
{
    struct sp_arena small;
    struct sp_limits limits = sp_limits_default();

    sp_arena_init(&small, 8192);
    is_i64(sp_regex_compile(&small, SP_STR("a{1000}"), 0, &limits, &regex, &err), SP_ERR_NOMEM);
    sp_arena_done(&small);
}
