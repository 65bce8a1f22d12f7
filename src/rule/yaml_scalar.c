/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the text of a plain scalar. Out: its kind by YAML 1.1 as PyYAML's SafeLoader reads it, numbers as decimal
 * text in the arena. Dates and sexagesimal numbers stay text.
 */
#include <stddef.h>

#include "rule/yaml.h"

enum {
    RADIX_DIGITS_MAX = 512, /* digits of a binary, octal or hexadecimal number: turning them into decimal is quadratic */
    EXPONENT_MAX = 400      /* beyond it a 64-bit float is 0 or infinite, and so it is for PyYAML */
};

static bool one_of(struct sp_str s, const char *const *word)
{
    for (; *word; word++)
        if (sp_str_is(s, *word))
            return true;
    return false;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the run of digits and underscores at `at`. */
static size_t run(struct sp_str s, size_t at)
{
    size_t n = 0;

    while (at + n < s.len && (digit(s.ptr[at + n]) || s.ptr[at + n] == '_'))
        n++;
    return n;
}

static unsigned digit_value(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0')
         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                : 99;
}

/* Sign and digits without leading zeros, a point and digits without trailing zeros; never "-0". */
static bool set_number(struct sp_arena *arena, struct sp_yaml *node, bool minus, struct sp_str whole, struct sp_str part)
{
    size_t n = 0;
    char *out;

    while (whole.len && whole.ptr[0] == '0')
        whole = sp_str_cut(whole, 1, whole.len - 1);
    while (part.len && part.ptr[part.len - 1] == '0')
        part.len--;
    out = sp_arena_alloc(arena, whole.len + part.len + 4);
    if (!out)
        return false;
    if (minus && (whole.len || part.len))
        out[n++] = '-';
    if (!whole.len)
        out[n++] = '0';
    memcpy(out + n, whole.ptr, whole.len);
    n += whole.len;
    if (part.len) {
        out[n++] = '.';
        memcpy(out + n, part.ptr, part.len);
        n += part.len;
    }
    node->kind = SP_Y_NUMBER;
    node->finite = true;
    node->number = (struct sp_str){ out, n };
    return true;
}

/* Digits of a radix that is a power of two to decimal, in limbs of nine digits. */
static bool set_radix(struct sp_arena *arena, struct sp_yaml *node, bool minus, struct sp_str digits, unsigned radix)
{
    uint32_t limb[RADIX_DIGITS_MAX * 4 / 29 + 2] = { 0 };
    size_t used = 1, n = 0;
    char text[9 * (sizeof limb / sizeof *limb)];

    if (digits.len > RADIX_DIGITS_MAX) {
        node->kind = SP_Y_NUMBER; /* not finite: refused where it is used */
        return true;
    }
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t carry;

        if (digits.ptr[i] == '_')
            continue;
        carry = digit_value(digits.ptr[i]);
        for (size_t k = 0; k < used; k++) {
            uint64_t sum = (uint64_t)limb[k] * radix + carry;

            limb[k] = (uint32_t)(sum % 1000000000u);
            carry = sum / 1000000000u;
        }
        if (carry && used < sizeof limb / sizeof *limb)
            limb[used++] = (uint32_t)carry;
    }
    for (size_t k = used; k-- > 0;)
        for (uint32_t unit = 100000000; unit; unit /= 10)
            text[n++] = (char)('0' + limb[k] / unit % 10);
    return set_number(arena, node, minus, (struct sp_str){ text, n }, SP_STR_NONE);
}

/* Are all bytes digits of the radix or underscores, at least one of them a digit? */
static bool all_digits(struct sp_str s, unsigned radix)
{
    bool any = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '_' && digit_value(s.ptr[i]) >= radix)
            return false;
        any = any || s.ptr[i] != '_';
    }
    return any;
}

/* A copy of digits without underscores; ptr NULL when memory ran out. */
static struct sp_str plain_digits(struct sp_arena *arena, struct sp_str s)
{
    char *out = sp_arena_alloc(arena, s.len + 1);
    size_t n = 0;

    for (size_t i = 0; out && i < s.len; i++)
        if (s.ptr[i] != '_')
            out[n++] = s.ptr[i];
    return (struct sp_str){ out, n };
}

/* The point moved by the exponent: digits, and how many of them stand before the point. */
static bool set_shifted(struct sp_arena *arena, struct sp_yaml *node, bool minus, struct sp_str digits, int64_t point)
{
    size_t before = point < 0 ? (size_t)-point : 0;
    size_t behind = point > (int64_t)digits.len ? (size_t)point - digits.len : 0;
    size_t len = before + digits.len + behind, whole = point < 0 ? 0 : (size_t)point;
    char *all = sp_arena_alloc(arena, len + 1);

    if (!all)
        return false;
    memset(all, '0', len);
    memcpy(all + before, digits.ptr, digits.len);
    return set_number(arena, node, minus, (struct sp_str){ all, whole }, (struct sp_str){ all + whole, len - whole });
}

/* [-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? and \.[0-9][0-9_]*([eE][-+][0-9]+)?; text stays text. */
static bool resolve_float(struct sp_arena *arena, struct sp_yaml *node, bool sign, bool minus)
{
    struct sp_str s = node->text;
    size_t at = sign, whole = run(s, at), part, end;
    struct sp_str a, b;
    int64_t exponent = 0;
    char *digits;

    if (at + whole >= s.len || s.ptr[at + whole] != '.' || (whole && !digit(s.ptr[at])))
        return true;
    part = run(s, at + whole + 1);
    if (!whole && (sign || !part || !digit(s.ptr[at + 1])))
        return true;
    end = at + whole + 1 + part;
    if (end < s.len) {
        size_t first = end + 2, n = end + 1 < s.len && (s.ptr[end] == 'e' || s.ptr[end] == 'E') &&
                                    (s.ptr[end + 1] == '+' || s.ptr[end + 1] == '-') ? run(s, first) : 0;

        if (!n || first + n != s.len)
            return true;
        for (size_t i = first; i < s.len; i++) {
            if (s.ptr[i] == '_')
                return true;
            if (exponent <= EXPONENT_MAX)
                exponent = 10 * exponent + (s.ptr[i] - '0');
        }
        if (s.ptr[end + 1] == '-')
            exponent = -exponent;
    }
    a = plain_digits(arena, sp_str_cut(s, at, whole));
    b = plain_digits(arena, sp_str_cut(s, at + whole + 1, part));
    if (!a.ptr || !b.ptr)
        return false;
    if (!exponent)
        return set_number(arena, node, minus, a, b);
    if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) {
        node->kind = SP_Y_NUMBER;
        return true;
    }
    digits = sp_arena_alloc(arena, a.len + b.len + 1);
    if (!digits)
        return false;
    memcpy(digits, a.ptr, a.len);
    memcpy(digits + a.len, b.ptr, b.len);
    return set_shifted(arena, node, minus, (struct sp_str){ digits, a.len + b.len }, (int64_t)a.len + exponent);
}

static bool resolve_number(struct sp_arena *arena, struct sp_yaml *node)
{
    static const char *const odd[] = { ".inf", ".Inf", ".INF", NULL }, *const none[] = { ".nan", ".NaN", ".NAN", NULL };
    struct sp_str s = node->text, rest;
    bool minus = s.ptr[0] == '-', sign = minus || s.ptr[0] == '+';

    rest = sp_str_cut(s, sign, s.len - sign);
    if (rest.len == 4 && rest.ptr[0] == '.' && (one_of(rest, odd) || one_of(s, none))) {
        node->kind = SP_Y_NUMBER;
        return true;
    }
    if (!rest.len || (!digit(rest.ptr[0]) && rest.ptr[0] != '.'))
        return true;
    if (rest.len > 2 && rest.ptr[0] == '0' && (rest.ptr[1] == 'b' || rest.ptr[1] == 'x')) {
        unsigned radix = rest.ptr[1] == 'b' ? 2 : 16;
        struct sp_str digits = sp_str_cut(rest, 2, rest.len - 2);

        return all_digits(digits, radix) ? set_radix(arena, node, minus, digits, radix) : true;
    }
    if (rest.len > 1 && rest.ptr[0] == '0' && all_digits(rest, 8))
        return set_radix(arena, node, minus, rest, 8);
    if (run(rest, 0) == rest.len) {
        struct sp_str digits;

        if (rest.len > 1 && rest.ptr[0] == '0')
            return true; /* 08: neither octal nor decimal, so text */
        digits = plain_digits(arena, rest);
        return digits.ptr ? set_number(arena, node, minus, digits, SP_STR_NONE) : false;
    }
    return resolve_float(arena, node, sign, minus);
}

bool sp_yaml_resolve(struct sp_arena *arena, struct sp_yaml *node)
{
    static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL },
                      *const no[] = { "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL },
                      *const null[] = { "", "~", "null", "Null", "NULL", NULL };

    node->kind = SP_Y_TEXT;
    if (node->text.len <= 5 && (node->text.len == 0 || strchr("~nNtTyYfFoO", node->text.ptr[0]))) { /* most values are none of these */
        if (one_of(node->text, null)) {
            node->kind = SP_Y_NULL;
            return true;
        }
        node->truth = one_of(node->text, yes);
        if (node->truth || one_of(node->text, no)) {
            node->kind = SP_Y_BOOL;
            return true;
        }
    }
    return resolve_number(arena, node);
}
