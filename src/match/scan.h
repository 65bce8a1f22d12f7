/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_scan: could this value hold one of a few dozen literals? For keywords, which look at every value of every event:
 * too many values to fold each of them for an index, and few literals.
 *
 *   literal   sekurlsa::      its print: four bytes of it, "urls", in bucket 2 of 8
 *   tables    low nibble and high nibble of byte 1 .. 4 ──▶ the buckets that have such a byte there
 *   value     32 bytes at once: folded in the register, four look-ups, shifted by up to three bytes, ANDed
 *             a bucket left over anywhere: perhaps; none: certainly not
 *
 * Prints hold letters, digits and signs only that JSON does not escape, so that a value is scanned as it lies in the
 * record, in UTF-8, inside a JSON string or in UTF-16. What is not ASCII could fold to something that is: perhaps.
 * The method is Hyperscan's "Teddy" (Wang et al., NSDI 2019).
 */
#ifndef SP_MATCH_SCAN_H
#define SP_MATCH_SCAN_H
#include "match/gram.h"
#include "read/record.h"

struct sp_scan {
    bool usable;          /* false: say perhaps to everything */
    bool typed;           /* some literal could stand in the text of a number, a GUID, a time: not only in texts */
    uint8_t low[4][16], high[4][16];
};

int sp_scan_build(struct sp_arena *arena, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret);

/* False: the value, folded, holds none of the literals. */
bool sp_scan_perhaps(const struct sp_scan *scan, struct sp_value value);

/* The same without the processor's wide registers: the truth for tests. */
bool sp_scan_perhaps_plain(const struct sp_scan *scan, struct sp_value value);

#endif
