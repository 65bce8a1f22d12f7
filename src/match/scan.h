/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_scan: could this value hold one of a few dozen literals? For keywords, which look at every value of every event:
 * too many values to fold each of them for an index, and few literals.
 *
 *   literal   sekurlsa::      its print: four bytes of it, "urls", in bucket 2 of 8
 *   tables    low nibble and high nibble of byte 1 .. 3 ──▶ the buckets that have such a byte there
 *   value     32 bytes at once: folded in the register, three look-ups, shifted by up to two bytes, ANDed
 *             no bucket left over: certainly not; nearly all of a value goes by like this
 *   prints    where one is left over: are the four bytes there one of the prints? perhaps, else on
 *
 * Prints hold letters, digits and signs only that JSON does not escape (a slash it may: that is looked out for), so that a
 * value is scanned as it lies in the record, in UTF-8, inside a JSON string or in UTF-16. What is not ASCII could fold to something that is: perhaps.
 * The method is Hyperscan's "Teddy" (Wang et al., NSDI 2019).
 */
#ifndef SP_MATCH_SCAN_H
#define SP_MATCH_SCAN_H
#include "match/gram.h"
#include "read/record.h"

/* 0 or SP_ERR_NOMEM; all memory is the arena's. */
int sp_scan_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret);

/* The same for texts that are folded already, whatever bytes the literals have: of an index, which asks before it goes
 * over a value gram by gram, and of an item with many patterns. Literals of fewer than four bytes are left out. */
int sp_scan_build_folded(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret);
bool sp_scan_folded(const struct sp_scan *scan, struct sp_str text);

/* False: the value, folded, holds none of the literals. */
bool sp_scan_perhaps(const struct sp_scan *scan, struct sp_value value);

/* The same of a whole JSON record as it lies in its file: false for every value of it. */
bool sp_scan_json(const struct sp_scan *scan, struct sp_str raw);

/* The same of the values of nodes at once; `raw` is the record they are of: its bytes may be read beyond a value's end. */
bool sp_scan_nodes(const struct sp_scan *scan, const struct sp_node *node, uint32_t count, struct sp_str raw);

/* The same without the processor's wide registers: the truth for tests. */
bool sp_scan_perhaps_plain(const struct sp_scan *scan, struct sp_value value);

#endif
