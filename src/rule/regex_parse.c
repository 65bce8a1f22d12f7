/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the text of a regex, hostile. Out: its tree, or the reason why there is none and the character it lies at.
 * The parser's arena owns the tree. Recursion goes as deep as groups do (SP_REGEX_DEPTH_MAX).
 */
#include <stdio.h>

#include "base/unicode.h"
#include "rule/regex_tree.h"

int sp_regex_fail(struct sp_regex_parser *parser, int code, size_t at, const char *what)
{
    size_t character = 1;

    for (size_t i = 0; i < at && i < parser->text.len; i++)
        character += ((unsigned char)parser->text.ptr[i] & 0xC0) != 0x80;
    sp_error_set(parser->err, code, "%s, at character %zu of the regex", what, character);
    if (code == SP_ERR_UNSUPPORTED)
        sp_error_cure(parser->err, "regexes run in time linear in the text, which this construct does not allow; "
                                   "write the rule without it");
    return code;
}

int sp_regex_node_new(struct sp_regex_parser *parser, enum sp_regex_kind kind, struct sp_regex_node **ret)
{
    struct sp_regex_node *node = sp_arena_zalloc(parser->arena, sizeof *node);

    if (!node)
        return sp_error_nomem(parser->err);
    node->kind = kind;
    *ret = node;
    return 0;
}

void sp_regex_node_add(struct sp_regex_node *parent, struct sp_regex_node *child)
{
    child->prev = parent->last;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->child = child;
    parent->last = child;
}

int sp_regex_node_points(struct sp_regex_parser *parser, struct sp_regex_points *points, struct sp_regex_node **ret)
{
    int rc = sp_regex_node_new(parser, SP_REGEX_NODE_CLASS, ret);

    if (rc < 0)
        return rc;
    sp_regex_points_normal(points);
    (*ret)->set = sp_regex_class_get(parser->classes, points);
    return (*ret)->set ? 0 : sp_error_nomem(parser->err);
}

int sp_regex_node_literal(struct sp_regex_parser *parser, uint32_t code, struct sp_regex_node **ret)
{
    struct sp_regex_points *points = &parser->chars;
    int rc;

    if (parser->flags & SP_REGEX_FOLD) {
        points->count = 0;
        sp_regex_points_add(points, code, code);
        sp_regex_points_fold(points);
        if (points->failed || points->count != 1 || points->list[0].first != points->list[0].last)
            return sp_regex_node_points(parser, points, ret);
    }
    rc = sp_regex_node_new(parser, SP_REGEX_NODE_LITERAL, ret);
    if (rc == 0)
        (*ret)->code = code;
    return rc;
}

int sp_regex_node_assert(struct sp_regex_parser *parser, enum sp_regex_assert assertion, struct sp_regex_node **ret)
{
    int rc = sp_regex_node_new(parser, SP_REGEX_NODE_ASSERT, ret);

    if (rc == 0)
        (*ret)->assertion = (uint8_t)assertion;
    return rc;
}

static int peek(const struct sp_regex_parser *p, size_t ahead)
{
    return p->text.len - p->at > ahead ? (unsigned char)p->text.ptr[p->at + ahead] : -1;
}

static bool looking_at(const struct sp_regex_parser *p, const char *text)
{
    return sp_str_starts(sp_str_cut(p->text, p->at, p->text.len - p->at), sp_str_c(text));
}

/* Under x: the white space of PCRE, which includes three points beyond ASCII. Bytes of it, or 0. */
static size_t blank_here(const struct sp_regex_parser *p)
{
    int c = peek(p, 0);

    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return 1;
    if (looking_at(p, "\xC2\x85"))
        return 2;
    return looking_at(p, "\xE2\x80\x8E") || looking_at(p, "\xE2\x80\x8F") || looking_at(p, "\xE2\x80\xA8") ||
           looking_at(p, "\xE2\x80\xA9") ? 3 : 0;
}

/* Move over all that stands between two items and is none: \E, comments, under x white space; and take up \Q. */
static int skip_ignored(struct sp_regex_parser *p)
{
    for (;;) {
        size_t start = p->at, blank;

        if (looking_at(p, "\\E")) {
            p->quoting = false;
            p->at += 2;
        } else if (p->quoting) {
            return 0;
        } else if (looking_at(p, "\\Q")) {
            p->quoting = true;
            p->at += 2;
        } else if (looking_at(p, "(?#")) {
            while (peek(p, 0) >= 0 && peek(p, 0) != ')')
                p->at++;
            if (peek(p, 0) < 0)
                return sp_regex_fail(p, SP_ERR_FORMAT, start, "the comment (?# is not closed");
            p->at++;
        } else if ((p->flags & SP_REGEX_EXTENDED) && (blank = blank_here(p)) != 0) {
            p->at += blank;
        } else if ((p->flags & SP_REGEX_EXTENDED) && peek(p, 0) == '#') {
            while (peek(p, 0) >= 0 && peek(p, 0) != '\n')
                p->at++;
        } else {
            return 0;
        }
    }
}

/* Digits at `*at`, a number cut at 1 000 000; false when there are none. */
static bool take_number(const struct sp_regex_parser *p, size_t *at, uint32_t *ret)
{
    size_t start = *at;

    *ret = 0;
    for (; *at < p->text.len && p->text.ptr[*at] >= '0' && p->text.ptr[*at] <= '9'; ++*at)
        if (*ret < 1000000)
            *ret = *ret * 10 + (uint32_t)(p->text.ptr[*at] - '0');
    return *at > start;
}

/* {n}, {n,} or {n,m}: any other brace is an ordinary character. */
static bool take_braces(const struct sp_regex_parser *p, size_t *at, uint32_t *min, uint32_t *max)
{
    size_t i = *at + 1;

    if (*at >= p->text.len || p->text.ptr[*at] != '{' || !take_number(p, &i, min))
        return false;
    *max = *min;
    if (i < p->text.len && p->text.ptr[i] == ',') {
        i++;
        if (!take_number(p, &i, max))
            *max = SP_REGEX_FOREVER;
    }
    if (i >= p->text.len || p->text.ptr[i] != '}')
        return false;
    *at = i + 1;
    return true;
}

static bool take_quantifier(const struct sp_regex_parser *p, size_t *at, uint32_t *min, uint32_t *max)
{
    int c = peek(p, 0);

    *at = p->at;
    if (c != '*' && c != '+' && c != '?')
        return take_braces(p, at, min, max);
    *min = c == '+';
    *max = c == '?' ? 1 : SP_REGEX_FOREVER;
    ++*at;
    return true;
}

static int check_repeat(struct sp_regex_parser *p, uint32_t min, uint32_t max)
{
    char what[128];

    if (max < min)
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "the numbers of {n,m} are out of order");
    if (min <= SP_REGEX_REPEAT_MAX && (max <= SP_REGEX_REPEAT_MAX || max == SP_REGEX_FOREVER))
        return 0;
    (void)snprintf(what, sizeof what, "a repeat of more than %d times (SP_REGEX_REPEAT_MAX)", SP_REGEX_REPEAT_MAX);
    return sp_regex_fail(p, SP_ERR_LIMIT, p->at, what);
}

/* Behind an item: wrap it into its quantifier, if it has one. */
static int parse_quantifier(struct sp_regex_parser *p, bool repeatable, struct sp_regex_node **node)
{
    struct sp_regex_node *repeat;
    uint32_t min, max;
    size_t behind;
    int rc = skip_ignored(p);

    if (rc < 0 || p->quoting || !take_quantifier(p, &behind, &min, &max))
        return rc;
    if (!repeatable)
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "this quantifier follows nothing that can be repeated");
    rc = check_repeat(p, min, max);
    if (rc < 0)
        return rc;
    p->at = behind;
    rc = skip_ignored(p);
    if (rc < 0)
        return rc;
    if (!p->quoting && peek(p, 0) == '+')
        return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "possessive quantifiers are not supported");
    if (!p->quoting && peek(p, 0) == '?')
        p->at++; /* lazy: finds the same texts */
    rc = sp_regex_node_new(p, SP_REGEX_NODE_REPEAT, &repeat);
    if (rc < 0)
        return rc;
    repeat->min = min;
    repeat->max = max;
    sp_regex_node_add(repeat, *node);
    *node = repeat;
    return 0;
}

/* Why the group that opens at `at` is refused, or NULL. */
static const char *group_unsupported(const struct sp_regex_parser *p)
{
    static const struct {
        const char *opens, *why;
    } table[] = {
        { "(?=", "look-ahead (?=...) is not supported" },
        { "(?!", "look-ahead (?!...) is not supported" },
        { "(?<=", "look-behind (?<=...) is not supported" },
        { "(?<!", "look-behind (?<!...) is not supported" },
        { "(?*", "look-around (?*...) is not supported" },
        { "(?<*", "look-around (?<*...) is not supported" },
        { "(?>", "atomic groups (?>...) are not supported" },
        { "(?(", "conditional groups (?(...) are not supported" },
        { "(?R", "recursion (?R) is not supported" },
        { "(?&", "recursion (?&name) is not supported" },
        { "(?P>", "recursion (?P>name) is not supported" },
        { "(?P=", "back-references (?P=name) are not supported" },
        { "(?C", "callouts (?C) are not supported" },
    };
    int c = peek(p, 2), d = peek(p, 3);

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (looking_at(p, table[i].opens))
            return table[i].why;
    if (looking_at(p, "(*"))
        return (peek(p, 2) >= 'A' && peek(p, 2) <= 'Z') || (peek(p, 2) >= 'a' && peek(p, 2) <= 'z') ||
               peek(p, 2) == ':' ? "verbs (*...) are not supported" : NULL;
    if (looking_at(p, "(?") && ((c >= '0' && c <= '9') || ((c == '+' || c == '-') && d >= '0' && d <= '9')))
        return "recursion (?1) is not supported";
    return NULL;
}

/* Behind (?< or (?P< or (?': the name and its end. */
static int take_name(struct sp_regex_parser *p, int end)
{
    size_t start = p->at;
    int c;

    for (; (c = peek(p, 0)) >= 0 && c != end; p->at++) {
        bool digit = c >= '0' && c <= '9';

        if (!digit && c != '_' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "a group's name holds letters, digits and _ only");
        if (digit && p->at == start)
            return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "a group's name begins with a digit");
    }
    if (c < 0)
        return sp_regex_fail(p, SP_ERR_FORMAT, start, "a group's name is not closed");
    if (p->at == start || p->at - start > 32)
        return sp_regex_fail(p, SP_ERR_FORMAT, start, "a group's name is empty or longer than 32 characters");
    p->at++;
    return 0;
}

/* One letter of (?imsx-imsx): the flags that it means, those without effect on yes or no as 0, or -1. */
static int flag_of(int c)
{
    switch (c) {
    case 'i': return SP_REGEX_FOLD;
    case 'm': return SP_REGEX_MULTILINE;
    case 's': return SP_REGEX_DOTALL;
    case 'x': return SP_REGEX_EXTENDED;
    case 'n':
    case 'J':
    case 'U': return 0;
    default: return -1;
    }
}

/* Behind "(?": flags up to `)` or `:`, which is consumed and returned. */
static int take_flags(struct sp_regex_parser *p, uint32_t *flags)
{
    bool off = false, caret = false;
    int c;

    if (peek(p, 0) == '^') {
        *flags = 0;
        caret = true;
        p->at++;
    }
    for (; (c = peek(p, 0)) != ')' && c != ':'; p->at++) {
        int flag = flag_of(c);

        if (c == '-' && !off && !caret) {
            off = true;
            continue;
        }
        if (c < 0)
            return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "a group is not closed");
        if (flag < 0)
            return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "this character has no meaning behind (?");
        if (flag == SP_REGEX_EXTENDED && (peek(p, 1) == 'x' || off)) {
            flag |= SP_REGEX_EXTENDED_MORE;
            p->at += peek(p, 1) == 'x';
        } else if (flag == SP_REGEX_EXTENDED) {
            *flags &= ~(uint32_t)SP_REGEX_EXTENDED_MORE;
        }
        *flags = off ? *flags & ~(uint32_t)flag : *flags | (uint32_t)flag;
    }
    p->folded = p->folded || (*flags & SP_REGEX_FOLD);
    p->at++;
    return c;
}

static int parse_alternatives(struct sp_regex_parser *p, struct sp_regex_node **ret);

/* Behind the opening of a group. The flags that are set within it end with it. */
static int parse_group_body(struct sp_regex_parser *p, size_t open, uint32_t flags_after, struct sp_regex_node **ret)
{
    char what[128];
    int rc;

    if (p->depth == SP_REGEX_DEPTH_MAX) {
        (void)snprintf(what, sizeof what, "groups nest deeper than %d (SP_REGEX_DEPTH_MAX)", SP_REGEX_DEPTH_MAX);
        return sp_regex_fail(p, SP_ERR_LIMIT, open, what);
    }
    p->depth++;
    rc = parse_alternatives(p, ret);
    if (rc < 0)
        return rc;
    p->depth--;
    if (peek(p, 0) != ')')
        return sp_regex_fail(p, SP_ERR_FORMAT, open, "a group is not closed");
    p->at++;
    p->flags = flags_after;
    return 0;
}

/* At `(`. *ret stays NULL when it only sets flags for what follows. */
static int parse_group(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    size_t open = p->at;
    uint32_t flags = p->flags, inside = flags;
    const char *why = group_unsupported(p);
    int c, rc;

    if (why)
        return sp_regex_fail(p, SP_ERR_UNSUPPORTED, open, why);
    p->at++;
    if (peek(p, 0) != '?') {
        p->groups++;
        return parse_group_body(p, open, flags, ret);
    }
    p->at++;
    if (peek(p, 0) == '|') {
        p->at++;
        return parse_group_body(p, open, flags, ret);
    }
    c = peek(p, 0) == 'P' ? peek(p, 1) : peek(p, 0);
    if (c == '<' || (c == '\'' && peek(p, 0) == '\'')) {
        p->at += peek(p, 0) == 'P' ? 2 : 1;
        p->groups++;
        rc = take_name(p, c == '<' ? '>' : '\'');
        return rc < 0 ? rc : parse_group_body(p, open, flags, ret);
    }
    rc = take_flags(p, &inside);
    if (rc < 0)
        return rc;
    p->flags = inside;
    return rc == ':' ? parse_group_body(p, open, flags, ret) : 0;
}

static int parse_dot(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    p->at++;
    p->chars.count = 0;
    if (p->flags & SP_REGEX_DOTALL)
        sp_regex_points_add(&p->chars, 0, 0x10FFFF);
    else
        sp_regex_points_type(&p->chars, 'N');
    return sp_regex_node_points(p, &p->chars, ret);
}

static int parse_anchor(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    bool lines = p->flags & SP_REGEX_MULTILINE;

    if (p->text.ptr[p->at++] == '^')
        return sp_regex_node_assert(p, lines ? SP_REGEX_LINE_BEGIN : SP_REGEX_BEGIN, ret);
    return sp_regex_node_assert(p, lines ? SP_REGEX_LINE_END : SP_REGEX_END_NEWLINE, ret);
}

/* One item without its quantifier. *ret stays NULL when the item is none, as (?i). */
static int parse_item(struct sp_regex_parser *p, struct sp_regex_node **ret, bool *repeatable)
{
    uint32_t min, max;
    size_t behind;
    int c = peek(p, 0);

    *repeatable = true;
    if (!p->quoting) {
        if (take_quantifier(p, &behind, &min, &max))
            return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "this quantifier follows nothing that can be repeated");
        if (c == '^' || c == '$') {
            *repeatable = false;
            return parse_anchor(p, ret);
        }
        if (c == '\\')
            return sp_regex_parse_escape(p, ret, repeatable);
        if (c == '[')
            return sp_regex_parse_bracket(p, ret);
        if (c == '(')
            return parse_group(p, ret);
        if (c == '.')
            return parse_dot(p, ret);
    }
    return sp_regex_node_literal(p, sp_utf8_next(p->text, &p->at), ret);
}

/* Items up to `|`, `)` or the end. */
static int parse_sequence(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    struct sp_regex_node *sequence, *item;
    int rc = sp_regex_node_new(p, SP_REGEX_NODE_CONCAT, &sequence);

    while (rc == 0) {
        bool repeatable = true;

        rc = skip_ignored(p);
        if (rc < 0)
            break;
        if (peek(p, 0) < 0 || (!p->quoting && (peek(p, 0) == '|' || peek(p, 0) == ')')))
            break;
        item = NULL;
        rc = parse_item(p, &item, &repeatable);
        if (rc == 0 && item)
            rc = parse_quantifier(p, repeatable, &item);
        if (rc == 0 && item)
            sp_regex_node_add(sequence, item);
    }
    if (rc < 0)
        return rc;
    if (!sequence->child)
        sequence->kind = SP_REGEX_NODE_EMPTY;
    *ret = sequence->child && sequence->child == sequence->last ? sequence->child : sequence;
    return 0;
}

static int parse_alternatives(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    struct sp_regex_node *all = NULL, *one;
    int rc = parse_sequence(p, ret);

    if (rc < 0 || peek(p, 0) != '|')
        return rc;
    rc = sp_regex_node_new(p, SP_REGEX_NODE_ALTERNATE, &all);
    if (rc < 0)
        return rc;
    sp_regex_node_add(all, *ret);
    while (peek(p, 0) == '|') {
        p->at++;
        rc = parse_sequence(p, &one);
        if (rc < 0)
            return rc;
        sp_regex_node_add(all, one);
    }
    *ret = all;
    return 0;
}

int sp_regex_parse(struct sp_regex_parser *parser, struct sp_regex_node **ret)
{
    size_t bad = sp_utf8_valid(parser->text);
    int rc;

    if (bad < parser->text.len)
        return sp_regex_fail(parser, SP_ERR_FORMAT, bad, "the pattern is not UTF-8");
    parser->folded = parser->flags & SP_REGEX_FOLD;
    parser->octal_least = UINT32_MAX;
    rc = parse_alternatives(parser, ret);
    if (rc < 0)
        return rc;
    if (parser->at < parser->text.len)
        return sp_regex_fail(parser, SP_ERR_FORMAT, parser->at, "this closing parenthesis has no opening one");
    if (parser->octal_least <= parser->groups)
        return sp_regex_fail(parser, SP_ERR_UNSUPPORTED, parser->octal_at, "back-references are not supported");
    return 0;
}
