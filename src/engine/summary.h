/* SPDX-License-Identifier: Apache-2.0
 *
 * The summary of a hunt as JSON (contract 6): what was read, refused, skipped, not judged.
 */
#ifndef SP_ENGINE_SUMMARY_H
#define SP_ENGINE_SUMMARY_H
#include "engine/worker.h"

/* Append the object and a newline. `result` has its numbers already. */
void sp_summary_write(struct sp_buf *out, const struct sp_scope *scope, const struct sp_source_tally *tally,
                      const struct sp_unknowns *unknowns, const struct sp_hunt_result *result, uint64_t values_excess);

/* Append what `sources` of the summary says of one source. */
void sp_summary_source(struct sp_buf *out, const struct sp_source *source, const struct sp_source_tally *tally);

#endif
