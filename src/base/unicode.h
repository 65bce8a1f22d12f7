/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 (RFC 3629), UTF-16 and Unicode simple case folding (CaseFolding.txt, status C and S).
 *
 * Lone surrogates of UTF-16 become U+FFFD where text must be valid UTF-8 (`sp_utf16_to_utf8`).
 * Simple folding maps one code point to one code point: U+1E9E folds to U+00DF, "ss" stays "ss".
 */
#ifndef SP_BASE_UNICODE_H
#define SP_BASE_UNICODE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct sp_buf;

/* One code point at `*at` (< s.len), which moves past it. Invalid bytes give 0xFFFFFFFF and move by one. */
uint32_t sp_utf8_next(struct sp_str s, size_t *at);
#define SP_UTF8_BAD UINT32_C(0xFFFFFFFF)

/* Write a code point; returns the number of bytes, 1 to 4. Surrogates and beyond U+10FFFF: U+FFFD. */
size_t sp_utf8_put(char out[4], uint32_t code);

/* The code point at unit `*at` (< units) of UTF-16LE, which moves past it; half a pair alone is itself. */
uint32_t sp_utf16_next(const unsigned char *bytes, size_t units, size_t *at);

/* Offset of the first byte that is not valid UTF-8, or s.len. */
size_t sp_utf8_valid(struct sp_str s);
bool sp_str_ascii(struct sp_str s);

/* Append UTF-16LE `bytes` (an odd last byte is ignored) as UTF-8. */
void sp_utf16_to_utf8(struct sp_buf *out, const void *bytes, size_t len);

/* Append text with every code point folded; bytes that are no UTF-8 are kept as they are. */
void sp_utf8_fold(struct sp_buf *out, struct sp_str s);
uint32_t sp_fold(uint32_t code);

/* The same into the caller's memory, which must have the room of the worst case; the number of bytes that were
 * written, behind which the memory may be scribbled on. A unit is three bytes at most; a fold makes two bytes
 * three at most (U+023A) and never four of three. */
#define SP_UTF16_ROOM(len) ((len) / 2 * 3)
#define SP_FOLD_ROOM(len)  ((len) + (len) / 2)
size_t sp_utf8_fold_to(char *out, struct sp_str s);
size_t sp_utf16_fold(char *out, const void *bytes, size_t len); /* as sp_utf16_to_utf8, then folded */

/* All code points whose fold is `folded`, itself first; returns their number, at most 4 (room for them). */
size_t sp_fold_class(uint32_t folded, uint32_t out[4]);

#endif
