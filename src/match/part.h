/* SPDX-License-Identifier: Apache-2.0
 *
 * Which part of a value a rule's pattern matched: for people who look at it. The verdict is eval.h's; here is only where to
 * point. A value that was compared as a whole (number, network, time) is pointed at as a whole.
 */
#ifndef SP_MATCH_PART_H
#define SP_MATCH_PART_H
#include "base/arena.h"
#include "rule/rule.h"

/* A run of bytes of the value. */
struct sp_part_of {
    size_t from, len;
};

enum { SP_PARTS_MAX = 16 };

/* Does the pattern match this text, and where: the literals of a text pattern each by itself, in order (`a*b` are two), of a
 * regex the shortest leftmost run that was found. At most SP_PARTS_MAX; none: it does not match. SP_ERR_NOMEM. */
int sp_match_part(struct sp_arena *arena, const struct sp_pattern *pattern, struct sp_str value,
                  struct sp_part_of part[SP_PARTS_MAX], size_t *ret_count);

#endif
