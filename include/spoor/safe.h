/* SPDX-License-Identifier: Apache-2.0
 *
 * Making hostile text harmless where people look at it. C0, C1, DEL and bidirectional controls, and bytes that are no
 * UTF-8, print as \xNN or \u{N}: no terminal escape survives, no line is broken, no text runs backwards.
 */
#ifndef SPOOR_SAFE_H
#define SPOOR_SAFE_H
#include <stddef.h>

/* Write `text` made harmless into `out` (room > 0) with a NUL; cut at a whole escape when it does not fit.
 * Returns the length written. */
size_t sp_safe_text(char *out, size_t room, const char *text);

#endif
