/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a pattern matched: the parts that are pointed at, in the bytes of the value as it stands.
 */
#include "base/buf.h"
#include "match/part.h"
#include "rule/rule_load.h"
#include "tap.h"

static struct sp_rule_set *set;
static struct sp_arena arena;
static char seen[512];

/* The parts of `value` in brackets; "no" when the pattern does not match. */
static const char *parts(const char *item, const char *value)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };
    struct sp_part_of part[SP_PARTS_MAX];
    size_t count, at = 0, out = 0;
    char rule[512];

    sp_rules_free(set);
    sp_arena_done(&arena);
    sp_arena_init(&arena, SIZE_MAX);
    (void)snprintf(rule, sizeof rule, "title: t\nlogsource: {product: windows}\ndetection: {s: {%s}, condition: s}\n", item);
    if (sp_rules_parse(SP_STR("t.yml"), sp_str_c(rule), &options, &set, NULL) < 0 || set->rule_count != 1)
        return "no rule";
    if (sp_match_part(&arena, &set->rule[0]->item[0]->pattern[0], sp_str_c(value), part, &count) < 0)
        return "no memory";
    if (count == 0)
        return "no";
    for (size_t i = 0; i < count; i++) {
        out += (size_t)snprintf(seen + out, sizeof seen - out, "%.*s[%.*s]", (int)(part[i].from - at), value + at, (int)part[i].len, value + part[i].from);
        at = part[i].from + part[i].len;
    }
    (void)snprintf(seen + out, sizeof seen - out, "%s", value + at);
    return seen;
}

TEST(text_is_pointed_at_where_it_stands)
{
    is_text(parts("A|contains: bc", "abcd"), "a[bc]d");
    is_text(parts("A|startswith: ab", "abcd"), "[ab]cd");
    is_text(parts("A|endswith: cd", "cdcd"), "cd[cd]");
    is_text(parts("A: abcd", "ABCD"), "[ABCD]");
    is_text(parts("A|contains: x", "abcd"), "no");
}

TEST(wildcards_leave_out_what_they_ran_over)
{
    is_text(parts("A: 'a*d'", "abcd"), "[a]bc[d]");
    is_text(parts("A|contains: 'b?d'", "abcde"), "a[bcd]e");
    is_text(parts("A: '*b*'", "abc"), "a[b]c");
    is_text(parts("A: 'a*a'", "aba"), "[a]b[a]");
    is_text(parts("A|endswith: 'a*a'", "xaya"), "x[a]y[a]");
}

TEST(folding_that_changes_lengths_does_not_shift_the_place)
{
    is_text(parts("A|contains: b", "\u023a\u023aB"), "\u023a\u023a[B]"); /* folds to three bytes */
    is_text(parts("A|contains: stra\u00dfe", "die STRA\u1e9eE hier"), "die [STRA\u1e9eE] hier");
}

TEST(a_regex_is_narrowed_down)
{
    is_text(parts("A|re: 'b+c'", "aabbbcdd"), "aabb[bc]dd");
    is_text(parts("A|re: '^a'", "aab"), "[a]ab");
    is_text(parts("A|re: x", "aab"), "no");
}

TEST(what_is_compared_as_a_whole_is_pointed_at_as_a_whole)
{
    is_text(parts("A|cidr: 10.0.0.0/8", "10.1.2.3"), "[10.1.2.3]");
    is_text(parts("A|gte: 5", "17"), "[17]");
}
