/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading values: text, numbers and times out of slices. The text is what Windows' own XML shows
 * (contract 1: GUIDs in lower case with braces, seven digits of a second, hexadecimal types as 0x...).
 */
#ifndef SP_READ_VALUE_H
#define SP_READ_VALUE_H
#include "base/arena.h"
#include "base/buf.h"
#include "read/record.h"

/* Append the value as UTF-8 text, trailing NULs of EVTX strings dropped (SPEC: sigma-T16).
 * LIST and MAP and NULL append nothing. JSON text is unescaped. */
void sp_value_write(struct sp_buf *out, struct sp_value value);

/* The same as a slice: points into the value itself where it is UTF-8 already, else into `scratch`
 * (cleared first). Empty on failed memory, with scratch->failed set. */
struct sp_str sp_value_text(struct sp_value value, struct sp_buf *scratch);

/* That text folded, without the detour where the value is text already; in the arena. `scratch` is overwritten.
 * ptr is NULL when memory has run out. */
struct sp_str sp_value_folded(struct sp_value value, struct sp_arena *arena, struct sp_buf *scratch);

/* Is it a scalar that was a number in the source (INT, UINT, HEX, NUMBER, REAL)? */
bool sp_value_is_number(struct sp_value value);

/* Hash of the value's type and bytes, on top of `h`: eight bytes a step, for names that come again and again. */
uint64_t sp_value_hash(uint64_t h, struct sp_value value);

/* Little-endian integer of 1, 2, 4 or 8 bytes. */
uint64_t sp_value_u64(struct sp_value value);
int64_t sp_value_i64(struct sp_value value);

/* FILETIME, SYSTEMTIME, or text that sp_time_parse reads; not known otherwise. */
struct sp_time sp_value_time(struct sp_value value, struct sp_buf *scratch);

/* Append the event's value as JSON: numbers as numbers, booleans as booleans, the rest as strings.
 * HEX, GUID, times, binary are strings. For LIST and MAP use sp_tree_json. */
void sp_value_json(struct sp_buf *out, struct sp_value value, struct sp_buf *scratch);
/* The same at `p`, where there is room for SP_VALUE_JSON_ROOM(len) bytes; behind it. NULL, and nothing of meaning
 * written, for the types that have no such bound: TEXT, JSON_TEXT, ANSI, NUMBER, REAL, LIST, MAP. */
#define SP_VALUE_JSON_ROOM(len) (3 * (size_t)(len) + 80)
char *sp_value_put_json(char *p, struct sp_value value);
/* A node with all below it as JSON. Recursion is bounded by the reader's depth limit. */
void sp_tree_json(struct sp_buf *out, const struct sp_tree *tree, uint32_t node, struct sp_buf *scratch);

#endif
