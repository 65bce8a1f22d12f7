/* SPDX-License-Identifier: Apache-2.0
 *
 * The summary of a hunt as JSON (contract 6): what was read, refused, skipped, not judged.
 */
#ifndef SP_ENGINE_SUMMARY_H
#define SP_ENGINE_SUMMARY_H
#include "engine/worker.h"

/* What is known at the end: the result, which has its numbers already; what analysts have called benign, or NULL; values that
 * were left out. */
struct sp_summary_end {
    const struct sp_hunt_result *result;
    const struct sp_suppress *suppress;
    uint64_t values_excess;
};

/* Append the object and a newline. */
void sp_summary_write(struct sp_buf *out, const struct sp_scope *scope, const struct sp_source_tally *tally,
                      const struct sp_unknowns *unknowns, const struct sp_summary_end *end);

/* Append what `sources` of the summary says of one source. */
void sp_summary_source(struct sp_buf *out, const struct sp_source *source, const struct sp_source_tally *tally);

#endif
