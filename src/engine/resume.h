/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to be known of the first part of a source to go on behind it as if all had been read in one go: its account, the
 * lines before, the times. One line of text, for the case; it is read by the same version of spoor only (the version is in the
 * plan), and where it cannot be read the source is hunted from its beginning.
 */
#ifndef SP_ENGINE_RESUME_H
#define SP_ENGINE_RESUME_H
#include "base/buf.h"
#include "engine/unit.h"

/* Append it. */
void sp_resume_write(struct sp_buf *out, const struct sp_source_tally *tally, uint64_t lines);

/* Fill in a tally whose account is begun. False: not readable, or memory ran out; the tally is then as it was. */
bool sp_resume_read(struct sp_str text, struct sp_source_tally *tally, uint64_t *ret_lines);

#endif
