/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimals of any length, compared exactly and without arithmetic (contract 1, numbers; SPEC: sigma-T7, T20).
 */
#ifndef SP_MATCH_DECIMAL_H
#define SP_MATCH_DECIMAL_H
#include "base/str.h"

struct sp_decimal {
    struct sp_str digits; /* from the first digit that is not 0; may hold the point; empty for zero */
    int64_t exponent;     /* of that digit: 5 is 0, 50 is 1, 0.5 is -1 */
    bool negative;
};

/* `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, with `exponent` also `([eE][+-]?[0-9]+)?` as in JSON. False: no number.
 * The slices point into `text`. */
bool sp_decimal_parse(struct sp_str text, bool exponent, struct sp_decimal *ret);

/* <0, 0, >0. Minus zero equals zero. */
int sp_decimal_cmp(const struct sp_decimal *a, const struct sp_decimal *b);

#endif
