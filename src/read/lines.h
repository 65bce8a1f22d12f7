/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain text as records: one line each, in any encoding that is a superset of ASCII or UTF-16 with a byte
 * order mark. A line ends in LF or CRLF; the raw record is the line without its end, in the file's own bytes.
 * Empty lines are no records, but they count as lines.
 *
 * The tree is a map with the one member `message`: the line as valid UTF-8 (what is none shows as U+FFFD).
 */
#ifndef SP_READ_LINES_H
#define SP_READ_LINES_H
#include "base/error.h"
#include "base/limits.h"
#include "read/record.h"

struct sp_input; /* read/source.h */
struct sp_lines;

typedef void sp_lines_trouble(void *arg, uint64_t offset, const char *reason);

/* A reader over an input that stays borrowed; reused for any number of inputs. `limits` is borrowed. */
struct sp_lines *sp_lines_new(const struct sp_limits *limits);
void sp_lines_free(struct sp_lines *lines);
void sp_lines_begin(struct sp_lines *lines, struct sp_input *input, sp_lines_trouble *trouble, void *arg);

/* Lines passed so far. */
uint64_t sp_lines_passed(const struct sp_lines *lines);

/* 1 and the next record, its number the line's from 1; 0 at the end; SP_ERR_IO, SP_ERR_NOMEM. A line beyond
 * limits->record_bytes is told to `trouble`, counted in `*undecodable` and passed over without being kept. */
int sp_lines_next(struct sp_lines *lines, struct sp_record *ret, uint64_t *undecodable, struct sp_error *err);

#endif
