/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that hide in a text: what stands behind PowerShell's -EncodedCommand (in any of its spellings: -e, /enc, -EncodedC ...)
 * and in FromBase64String("..."), decoded. Nothing is run. What comes out is derived, not logged: whoever shows it says so.
 *
 *      powershell -nop -w hidden -enc SQBFAFgA...  ─▶  IEX (New-Object Net.WebClient)...  ─▶ (looked at again) ...
 */
#ifndef SP_EVENT_DERIVE_H
#define SP_EVENT_DERIVE_H
#include "base/arena.h"

struct sp_derived {
    const char *how;      /* "-EncodedCommand" or "FromBase64String" */
    const char *encoding; /* "base64 of UTF-16LE" or "base64 of UTF-8" */
    struct sp_str text;   /* UTF-8, may hold anything; in the arena */
    uint32_t depth;       /* 1: from the text itself, 2: from what came out of it, ... */
    bool cut;             /* there is more of it than SP_DERIVED_MAX */
};

enum { SP_DERIVED_LIST_MAX = 16 };

/* Everything that can be derived from `text`, what comes out of it included, at most SP_DERIVED_LIST_MAX of them. What does not
 * decode, or decodes to what is no text, is left out. 0 or SP_ERR_NOMEM. */
int sp_derive(struct sp_arena *arena, struct sp_str text, struct sp_derived list[SP_DERIVED_LIST_MAX], size_t *ret_count);

/* Base64 with either alphabet, with or without its padding, up to the first byte that is none: bytes into `out` (3 for each 4
 * begun), their number is returned, `*ret_used` is how much of `text` was read. */
size_t sp_base64_decode(struct sp_str text, unsigned char *out, size_t *ret_used);

#endif
