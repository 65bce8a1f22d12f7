/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a regex at `[`. Out: the class up to its `]`, negated and folded as it says; or why it is none.
 * What is written as characters and ranges folds; \w and [:alpha:] do not, as in PCRE.
 */
#include "base/unicode.h"
#include "rule/regex_tree.h"

struct bracket {
    struct sp_regex_parser *p;
    size_t open; /* where the class begins */
    bool quoting;
};

/* One element: a code point, or a set (\d, [:alpha:]) that went to p->types, then code is SP_REGEX_NO_CODE. */
struct element {
    uint32_t code;
    size_t at;
};

static int peek(const struct sp_regex_parser *p, size_t ahead)
{
    return p->text.len - p->at > ahead ? (unsigned char)p->text.ptr[p->at + ahead] : -1;
}

/* At `[` and one of : . = : length of the text up to the matching `:]`, with it; 0 when there is none. */
static size_t posix_length(const struct sp_regex_parser *p)
{
    int kind = peek(p, 1);

    if (kind != ':' && kind != '.' && kind != '=')
        return 0;
    for (size_t i = 2; peek(p, i) >= 0 && peek(p, i + 1) >= 0; i++) {
        int c = peek(p, i), next = peek(p, i + 1);

        if (c == '\\' && (next == ']' || next == '\\'))
            i++;
        else if ((c == '[' && next == kind) || c == ']')
            return 0;
        else if (c == kind && next == ']')
            return i + 2;
    }
    return 0;
}

static const struct posix {
    const char *name;
    struct sp_regex_range range[4]; /* up to the first that is empty */
} posix[] = {
#define NO_RANGE { 1, 0 }
    { "alpha", { { 'A', 'Z' }, { 'a', 'z' }, NO_RANGE } },
    { "lower", { { 'a', 'z' }, NO_RANGE } },
    { "upper", { { 'A', 'Z' }, NO_RANGE } },
    { "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, NO_RANGE } },
    { "ascii", { { 0, 127 }, NO_RANGE } },
    { "blank", { { '\t', '\t' }, { ' ', ' ' }, NO_RANGE } },
    { "cntrl", { { 0, 31 }, { 127, 127 }, NO_RANGE } },
    { "digit", { { '0', '9' }, NO_RANGE } },
    { "graph", { { '!', '~' }, NO_RANGE } },
    { "print", { { ' ', '~' }, NO_RANGE } },
    { "punct", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
    { "space", { { '\t', '\r' }, { ' ', ' ' }, NO_RANGE } },
    { "word", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
    { "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' }, NO_RANGE } },
#undef NO_RANGE
};

/* At [:name:] or [:^name:], `length` bytes of it. */
static int take_posix(struct sp_regex_parser *p, size_t length)
{
    bool negated = peek(p, 2) == '^';
    struct sp_str name = sp_str_cut(p->text, p->at + 2 + negated, length - 4 - negated);
    uint32_t from = 0;

    if (peek(p, 1) != ':')
        return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "POSIX collating elements are not supported");
    if ((p->flags & SP_REGEX_FOLD) && (sp_str_is(name, "upper") || sp_str_is(name, "lower")))
        name = SP_STR("alpha");
    for (size_t i = 0; i < sizeof posix / sizeof *posix; i++) {
        if (!sp_str_is(name, posix[i].name))
            continue;
        for (size_t k = 0; k < 4 && posix[i].range[k].first <= posix[i].range[k].last; k++) {
            struct sp_regex_range r = posix[i].range[k];

            if (!negated)
                sp_regex_points_add(&p->types, r.first, r.last);
            else if (r.first > from)
                sp_regex_points_add(&p->types, from, r.first - 1);
            from = r.last + 1;
        }
        if (negated)
            sp_regex_points_add(&p->types, from, 0x10FFFF);
        p->at += length;
        return 0;
    }
    return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "there is no POSIX class of this name");
}

static int class_escape_refused(struct sp_regex_parser *p, int c)
{
    if (c == 'p' || c == 'P')
        return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "Unicode properties (\\p \\P \\X) are not supported");
    return sp_regex_fail(p, SP_ERR_FORMAT, p->at,
                         c < 0 ? "the pattern ends in a backslash" : "this escape has no meaning in a class");
}

/* Move over \E, \Q and, under xx, blanks. */
static void skip_in_class(struct bracket *b)
{
    struct sp_regex_parser *p = b->p;

    for (;;) {
        if (peek(p, 0) == '\\' && peek(p, 1) == 'E') {
            b->quoting = false;
            p->at += 2;
        } else if (!b->quoting && peek(p, 0) == '\\' && peek(p, 1) == 'Q') {
            b->quoting = true;
            p->at += 2;
        } else if (!b->quoting && (p->flags & SP_REGEX_EXTENDED_MORE) && (peek(p, 0) == ' ' || peek(p, 0) == '\t')) {
            p->at++;
        } else {
            return;
        }
    }
}

static int take_element(struct bracket *b, struct element *ret)
{
    struct sp_regex_parser *p = b->p;
    size_t length;
    int c = peek(p, 0), rc;

    *ret = (struct element){ SP_REGEX_NO_CODE, p->at };
    if (!b->quoting && c == '[' && (length = posix_length(p)) != 0)
        return take_posix(p, length);
    if (b->quoting || c != '\\') {
        ret->code = sp_utf8_next(p->text, &p->at);
        return 0;
    }
    rc = sp_regex_parse_code(p, true, &ret->code);
    if (rc < 0 || ret->code != SP_REGEX_NO_CODE)
        return rc;
    c = peek(p, 1);
    if (c <= ' ' || c == 'N' || !sp_regex_points_type(&p->types, (char)c))
        return class_escape_refused(p, c);
    p->at += 2;
    return 0;
}

/* Behind an element, and behind what may be skipped: does a hyphen stand here that is no last character? Then move
 * over it. */
static bool take_hyphen(struct bracket *b)
{
    struct sp_regex_parser *p = b->p;
    size_t hyphen = p->at;

    if (b->quoting || peek(p, 0) != '-')
        return false;
    p->at++;
    skip_in_class(b);
    if (b->quoting || peek(p, 0) != ']')
        return true;
    p->at = hyphen; /* [a-] */
    b->quoting = false;
    return false;
}

static int take_range(struct bracket *b)
{
    struct sp_regex_parser *p = b->p;
    struct element low, high;
    int rc = take_element(b, &low);

    if (rc < 0)
        return rc;
    if (low.code == SP_REGEX_NO_CODE) {
        if (peek(p, 0) == '-' && peek(p, 1) >= 0 && peek(p, 1) != ']')
            return sp_regex_fail(p, SP_ERR_FORMAT, low.at, "a range cannot begin with a class; put the hyphen last");
        return 0;
    }
    skip_in_class(b);
    if (!take_hyphen(b)) {
        sp_regex_points_add(&p->chars, low.code, low.code);
        return 0;
    }
    if (peek(p, 0) < 0)
        return sp_regex_fail(p, SP_ERR_FORMAT, b->open, "this class is not closed");
    rc = take_element(b, &high);
    if (rc < 0)
        return rc;
    if (high.code == SP_REGEX_NO_CODE)
        return sp_regex_fail(p, SP_ERR_FORMAT, high.at, "a range cannot end with a class; put the hyphen last");
    if (high.code < low.code)
        return sp_regex_fail(p, SP_ERR_FORMAT, low.at, "the ends of this range are out of order");
    sp_regex_points_add(&p->chars, low.code, high.code);
    return 0;
}

/* Chars and types together, folded and negated. */
static int finish(struct sp_regex_parser *p, bool negated, struct sp_regex_node **ret)
{
    if (p->flags & SP_REGEX_FOLD)
        sp_regex_points_fold(&p->chars);
    sp_regex_points_all(&p->chars, &p->types);
    if (negated)
        sp_regex_points_negate(&p->chars);
    return p->types.failed ? sp_error_nomem(p->err) : sp_regex_node_points(p, &p->chars, ret);
}

int sp_regex_parse_bracket(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    struct bracket b = { p, p->at, false };
    bool negated, first = true;
    int rc;

    if (posix_length(p))
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "[:...:] has a meaning within a class only: [[:...:]]");
    p->chars.count = p->types.count = 0;
    p->at++;
    skip_in_class(&b);
    negated = !b.quoting && peek(p, 0) == '^';
    p->at += negated;
    for (;;) {
        skip_in_class(&b);
        if (peek(p, 0) < 0)
            return sp_regex_fail(p, SP_ERR_FORMAT, b.open, "this class is not closed");
        if (!b.quoting && peek(p, 0) == ']' && !first)
            break;
        first = false;
        rc = take_range(&b);
        if (rc < 0)
            return rc;
    }
    p->at++;
    return finish(p, negated, ret);
}
