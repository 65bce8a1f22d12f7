/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the text of numbers. Out: their order. Nothing allocates; time is linear in the digits.
 */
#include "match/decimal.h"

static bool digit(struct sp_str s, size_t at)
{
    return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

/* The exponent behind e or E; one beyond 10^15 is taken as that: no text of 64 MiB reaches it with digits. */
static bool parse_exponent(struct sp_str s, size_t *at, int64_t *ret)
{
    bool minus = false;
    int64_t n = 0;

    if (*at < s.len && (s.ptr[*at] == '+' || s.ptr[*at] == '-'))
        minus = s.ptr[(*at)++] == '-';
    if (!digit(s, *at))
        return false;
    for (; digit(s, *at); ++*at)
        if (n < INT64_C(1000000000000000))
            n = n * 10 + (s.ptr[*at] - '0');
    *ret = minus ? -n : n;
    return true;
}

bool sp_decimal_parse(struct sp_str s, bool exponent, struct sp_decimal *ret)
{
    struct sp_decimal d = { 0 };
    size_t at = 0, whole, point, end, first;
    int64_t e = 0;

    if (at < s.len && s.ptr[at] == '-') {
        d.negative = true;
        at++;
    }
    whole = at;
    while (digit(s, at))
        at++;
    point = at;
    if (point == whole || (s.ptr[whole] == '0' && point - whole > 1))
        return false;
    if (at < s.len && s.ptr[at] == '.') {
        if (!digit(s, ++at))
            return false;
        while (digit(s, at))
            at++;
    }
    end = at;
    if (exponent && at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        at++;
        if (!parse_exponent(s, &at, &e))
            return false;
    }
    if (at != s.len)
        return false;
    for (first = whole; first < end && (s.ptr[first] == '0' || s.ptr[first] == '.'); first++)
        ;
    if (first == end) {
        d.negative = false;
        d.digits = SP_STR_NONE;
    } else {
        d.digits = sp_str_cut(s, first, end - first);
        d.exponent = e + (first < point ? (int64_t)(point - first) - 1 : (int64_t)point - (int64_t)first);
    }
    *ret = d;
    return true;
}

/* The next digit, 0 behind the last; the point is passed over. */
static int next_digit(struct sp_str s, size_t *at)
{
    if (*at < s.len && s.ptr[*at] == '.')
        ++*at;
    return *at < s.len ? s.ptr[(*at)++] - '0' : 0;
}

int sp_decimal_cmp(const struct sp_decimal *a, const struct sp_decimal *b)
{
    int sign = a->negative ? -1 : 1;
    size_t i = 0, j = 0;

    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    if (a->digits.len == 0 || b->digits.len == 0)
        return sign * ((a->digits.len != 0) - (b->digits.len != 0));
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -sign : sign;
    while (i < a->digits.len || j < b->digits.len) {
        int x = next_digit(a->digits, &i), y = next_digit(b->digits, &j);

        if (x != y)
            return x < y ? -sign : sign;
    }
    return 0;
}
