/* SPDX-License-Identifier: Apache-2.0
 *
 * The same as spoor/safe.h for slices and buffers, and cells of CSV (RFC 4180).
 */
#ifndef SP_BASE_SAFE_H
#define SP_BASE_SAFE_H
#include "base/buf.h"

/* Append `s` made harmless for a terminal. */
void sp_safe_write(struct sp_buf *out, struct sp_str s);

/* Columns that the harmless text takes on a terminal: one a code point (East Asian wide ones count two). */
size_t sp_safe_width(struct sp_str s);

/* Append one CSV cell: harmless as above, a leading `'` before = + - @, quoted where RFC 4180 asks for it. */
void sp_csv_cell(struct sp_buf *out, struct sp_str s);

#endif
