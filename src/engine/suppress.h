/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_suppress: what analysts have called benign, as the filters that `spoor benign` wrote into the case, asked of sightings.
 *
 *     act benign ─▶ Sigma filter ─┐
 *                                 ├─▶ hidden: by which act            (a sighting is kept all the same)
 *     line of a sighting ─────────┘
 *
 * A filter is judged by the evaluator of rules (match/eval.h) over the fields that the line has kept, so it says what it says when
 * it is loaded as a rule file. It holds for its rule, in the organisation in which it was said, until its day is over.
 */
#ifndef SP_ENGINE_SUPPRESS_H
#define SP_ENGINE_SUPPRESS_H
#include "base/error.h"
#include "base/str.h"
#include "engine/line.h"
#include "spoor/ctx.h"

struct sp_case;
struct sp_suppress;

/* The filters of a case that hold at `now_s` (seconds since 1970). One that can no longer be read is told to ctx->note and left
 * out. `*ret` is NULL where there is none. */
int sp_suppress_new(struct sp_case *c, int64_t now_s, const struct sp_ctx *ctx, struct sp_suppress **ret, struct sp_error *err);
void sp_suppress_free(struct sp_suppress *s); /* NULL is fine */

/* May a filter hold for sightings of this rule? Cheap; `s` may be NULL. */
bool sp_suppress_asks(const struct sp_suppress *s, struct sp_str org, struct sp_str rule_id);
/* 1 and the act's row: a filter holds for the sighting of this line; 0; SP_ERR_NOMEM. */
int sp_suppress_holds(struct sp_suppress *s, struct sp_str org, struct sp_str rule_id, const struct sp_line *line, int64_t *ret_act);
/* How many sightings each filter has held for so far: counted by sp_suppress_holds. */
struct sp_suppress_count {
    int64_t act;
    struct sp_str rule_id, org;
    uint64_t count;
};
size_t sp_suppress_counts(const struct sp_suppress *s, const struct sp_suppress_count **ret);

/* Does this filter document hold for a sighting of the rule? What `benign` asks before it keeps it. 1, 0; SP_ERR_FORMAT (the
 * document is refused, or does not refer to the rule), SP_ERR_NOMEM. */
int sp_suppress_try(struct sp_str document, struct sp_str rule_id, struct sp_str logsource, const struct sp_line *line, struct sp_error *err);

/* The last second of a day `2026-03-31`, or the second of a time; false: it is neither. */
bool sp_until_parse(struct sp_str text, int64_t *ret_s);

#endif
