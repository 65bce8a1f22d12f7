/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_line: the line of a sighting, as `hunt --format json` writes it (contract 5), taken apart again. A case keeps lines and
 * gives them out byte for byte; who shows, filters or exports a sighting reads its members here.
 *
 * A line comes from a case, which anybody may have written: what is not there, or of another type, is "not there".
 */
#ifndef SP_ENGINE_LINE_H
#define SP_ENGINE_LINE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "read/record.h"

struct sp_line {
    struct sp_tree tree;    /* slices over the text that was taken apart, which outlives it */
    struct sp_buf names, scratch;
    struct sp_arena arena;  /* texts that are handed out; dead at the next sp_line_read */
    bool failed;            /* memory has run out for one of them since then */
};

void sp_line_init(struct sp_line *line);
void sp_line_done(struct sp_line *line); /* copes with zeros */

/* SP_ERR_FORMAT: it is no JSON object; SP_ERR_NOMEM. */
int sp_line_read(struct sp_line *line, struct sp_str json, struct sp_error *err);

/* The member `name` of the object at `node` (0: the line itself); 0: there is none. */
uint32_t sp_line_at(const struct sp_line *line, uint32_t node, const char *name);
/* The text of a scalar; ptr NULL where there is none, null, an object, a list; or no memory (`failed`). */
struct sp_str sp_line_text(struct sp_line *line, uint32_t node);
/* Both: the member's text. */
struct sp_str sp_line_member(struct sp_line *line, uint32_t node, const char *name);
uint64_t sp_line_number(struct sp_line *line, uint32_t node, const char *name); /* 0 where there is none */

#endif
