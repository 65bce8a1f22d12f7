/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a regex at a backslash. Out: what the escape stands for, as a node or a code point; or why it cannot be had.
 */
#include "base/unicode.h"
#include "rule/regex_tree.h"

static int peek(const struct sp_regex_parser *p, size_t ahead)
{
    return p->text.len - p->at > ahead ? (unsigned char)p->text.ptr[p->at + ahead] : -1;
}

static int digit_of(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* `at` is behind the opening brace: digits of `base`, then the closing one. */
static int take_braced(struct sp_regex_parser *p, int base, uint32_t *ret)
{
    size_t start = p->at;
    uint32_t code = 0;

    for (; digit_of(peek(p, 0)) < base; p->at++) {
        code = code * (uint32_t)base + (uint32_t)digit_of(peek(p, 0));
        if (code > 0x10FFFF)
            return sp_regex_fail(p, SP_ERR_FORMAT, start, "this code point is above 10FFFF");
    }
    if (p->at == start)
        return sp_regex_fail(p, SP_ERR_FORMAT, start, "digits are missing between the braces");
    if (peek(p, 0) != '}')
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "this is no digit of the number, or its closing brace is missing");
    if (code >= 0xD800 && code <= 0xDFFF)
        return sp_regex_fail(p, SP_ERR_FORMAT, start, "a surrogate (D800 to DFFF) is no code point of a text");
    p->at++;
    *ret = code;
    return 0;
}

/* At most `most` digits of `base`. */
static uint32_t take_digits(struct sp_regex_parser *p, int base, int most)
{
    uint32_t code = 0;

    for (; most > 0 && digit_of(peek(p, 0)) < base; most--, p->at++)
        code = code * (uint32_t)base + (uint32_t)digit_of(peek(p, 0));
    return code;
}

/* At the `c` of \cX. */
static int take_control(struct sp_regex_parser *p, uint32_t *ret)
{
    int c = peek(p, 1);

    if (c < 0x20 || c > 0x7E)
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "\\c wants a printable ASCII character behind it");
    *ret = (uint32_t)(c >= 'a' && c <= 'z' ? c - 32 : c) ^ 0x40;
    p->at += 2;
    return 0;
}

/* At the digit of \1 ... \9: octal, or a back-reference outside of classes. */
static int take_reference(struct sp_regex_parser *p, bool in_class, uint32_t *ret)
{
    uint32_t number = 0;
    size_t start = p->at, i;

    for (i = p->at; i < p->text.len && digit_of((unsigned char)p->text.ptr[i]) < 10 && number < 1000000; i++)
        number = number * 10 + (uint32_t)digit_of((unsigned char)p->text.ptr[i]);
    if (!in_class && (number < 10 || peek(p, 0) >= '8'))
        return sp_regex_fail(p, SP_ERR_UNSUPPORTED, start - 1, "back-references are not supported");
    if (peek(p, 0) >= '8') {
        *ret = (uint32_t)p->text.ptr[p->at++];
        return 0;
    }
    if (!in_class && number < p->octal_least) {
        p->octal_least = number;
        p->octal_at = start - 1;
    }
    *ret = take_digits(p, 8, 3);
    return 0;
}

/* At the letter; false when it is none of the plain ones. */
static bool plain_code(int c, bool in_class, uint32_t *ret)
{
    static const char letters[] = "abefnrt", codes[] = "\a\b\033\f\n\r\t";
    const char *at = c > 0 ? strchr(letters, c) : NULL;

    if (at && (c != 'b' || in_class))
        *ret = (uint32_t)codes[at - letters];
    else if (c >= 0 && c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
        *ret = (uint32_t)c;
    else
        return false;
    return true;
}

int sp_regex_parse_code(struct sp_regex_parser *p, bool in_class, uint32_t *ret_code)
{
    int c = peek(p, 1), brace = peek(p, 2) == '{';

    *ret_code = SP_REGEX_NO_CODE;
    if (plain_code(c, in_class, ret_code)) {
        p->at += 2;
        return 0;
    }
    if (c >= 0x80) {
        p->at++;
        *ret_code = sp_utf8_next(p->text, &p->at);
        return 0;
    }
    if (c == 'N' && sp_str_starts(sp_str_cut(p->text, p->at, p->text.len - p->at), SP_STR("\\N{U+"))) {
        p->at += 5;
        return take_braced(p, 16, ret_code);
    }
    if (c != '0' && c != 'x' && c != 'o' && c != 'c' && !(c >= '1' && c <= '9'))
        return 0;
    p->at++;
    if (c == 'c')
        return take_control(p, ret_code);
    if (c >= '1' && c <= '9')
        return take_reference(p, in_class, ret_code);
    if (c == '0') {
        *ret_code = take_digits(p, 8, 3);
        return 0;
    }
    if (c == 'o' && !brace)
        return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "\\o wants an opening brace behind it");
    p->at += brace ? 2 : 1;
    if (brace)
        return take_braced(p, c == 'x' ? 16 : 8, ret_code);
    *ret_code = take_digits(p, 16, 2);
    return 0;
}

bool sp_regex_points_type(struct sp_regex_points *points, char letter)
{
    static const struct sp_regex_range digit[] = { { '0', '9' } }, space[] = { { 9, 13 }, { ' ', ' ' } },
        word[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } },
        across[] = { { 9, 9 }, { ' ', ' ' }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x180E, 0x180E },
                     { 0x2000, 0x200A }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 } },
        down[] = { { 10, 13 }, { 0x85, 0x85 }, { 0x2028, 0x2029 } }, newline[] = { { 10, 10 } };
    static const struct {
        char letter, other;
        const struct sp_regex_range *range;
        size_t count;
    } table[] = {
        { 'd', 'D', digit, 1 },  { 's', 'S', space, 2 }, { 'w', 'W', word, 4 },
        { 'h', 'H', across, 9 }, { 'v', 'V', down, 3 },  { '\n', 'N', newline, 1 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint32_t from = 0;

        if (letter != table[i].letter && letter != table[i].other)
            continue;
        for (size_t k = 0; k < table[i].count; k++) {
            struct sp_regex_range r = table[i].range[k];

            if (letter == table[i].letter)
                sp_regex_points_add(points, r.first, r.last);
            else if (r.first > from)
                sp_regex_points_add(points, from, r.first - 1);
            from = r.last + 1;
        }
        if (letter == table[i].other)
            sp_regex_points_add(points, from, 0x10FFFF);
        return true;
    }
    return false;
}

/* At \N: is it \N{...} without being a quantifier? */
static bool named_point(const struct sp_regex_parser *p)
{
    size_t i = 3;

    if (peek(p, 1) != 'N' || peek(p, 2) != '{')
        return false;
    for (; peek(p, i) == ',' || digit_of(peek(p, i)) < 10; i++)
        if (peek(p, i) == ',' && (i == 3 || peek(p, i - 1) == ','))
            break;
    return i == 3 || peek(p, i) != '}';
}

/* \R: CR LF, which is never torn apart, or any one vertical space. */
static int newline_node(struct sp_regex_parser *p, struct sp_regex_node **ret)
{
    struct sp_regex_node *both, *one, *any, *part[4];
    uint32_t flags = p->flags;
    int rc = sp_regex_node_new(p, SP_REGEX_NODE_ALTERNATE, ret);

    p->flags = 0;
    p->chars.count = 0;
    sp_regex_points_type(&p->chars, 'v');
    for (size_t i = 0; i < p->chars.count; i++) /* 10..13 without CR */
        if (p->chars.list[i].first == 10)
            p->chars.list[i].last = 12;
    if (rc == 0)
        rc = sp_regex_node_points(p, &p->chars, &any);
    if (rc == 0)
        rc = sp_regex_node_new(p, SP_REGEX_NODE_CONCAT, &both);
    if (rc == 0)
        rc = sp_regex_node_new(p, SP_REGEX_NODE_CONCAT, &one);
    if (rc == 0)
        rc = sp_regex_node_literal(p, '\r', &part[0]);
    if (rc == 0)
        rc = sp_regex_node_literal(p, '\n', &part[1]);
    if (rc == 0)
        rc = sp_regex_node_literal(p, '\r', &part[2]);
    if (rc == 0)
        rc = sp_regex_node_assert(p, SP_REGEX_NOT_NEWLINE, &part[3]);
    p->flags = flags;
    if (rc < 0)
        return rc;
    sp_regex_node_add(both, part[0]);
    sp_regex_node_add(both, part[1]);
    sp_regex_node_add(one, part[2]);
    sp_regex_node_add(one, part[3]);
    sp_regex_node_add(*ret, both);
    sp_regex_node_add(*ret, one);
    sp_regex_node_add(*ret, any);
    return 0;
}

static int escape_refused(struct sp_regex_parser *p, int c)
{
    switch (c) {
    case -1: return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "the pattern ends in a backslash");
    case 'p':
    case 'P':
    case 'X': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "Unicode properties (\\p \\P \\X) are not supported");
    case 'C': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "\\C is not supported");
    case 'G': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "\\G is not supported");
    case 'K': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "\\K is not supported");
    case 'N': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "\\N{name} is not supported");
    case 'g':
    case 'k': return sp_regex_fail(p, SP_ERR_UNSUPPORTED, p->at, "back-references are not supported");
    default: return sp_regex_fail(p, SP_ERR_FORMAT, p->at, "this escape has no meaning");
    }
}

int sp_regex_parse_escape(struct sp_regex_parser *p, struct sp_regex_node **ret, bool *repeatable)
{
    static const struct {
        char letter;
        uint8_t assertion;
    } anchors[] = {
        { 'A', SP_REGEX_BEGIN }, { 'z', SP_REGEX_END },      { 'Z', SP_REGEX_END_NEWLINE },
        { 'b', SP_REGEX_WORD },  { 'B', SP_REGEX_NOT_WORD },
    };
    uint32_t code;
    int c = peek(p, 1), rc = sp_regex_parse_code(p, false, &code);

    if (rc < 0)
        return rc;
    if (code != SP_REGEX_NO_CODE)
        return sp_regex_node_literal(p, code, ret);
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++)
        if (c == anchors[i].letter) {
            p->at += 2;
            *repeatable = false;
            return sp_regex_node_assert(p, anchors[i].assertion, ret);
        }
    if (c == 'R') {
        p->at += 2;
        return newline_node(p, ret);
    }
    p->chars.count = 0;
    if (c <= ' ' || named_point(p) || !sp_regex_points_type(&p->chars, (char)c))
        return escape_refused(p, c);
    p->at += 2;
    return sp_regex_node_points(p, &p->chars, ret);
}
