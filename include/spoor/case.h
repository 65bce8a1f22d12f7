/* SPDX-License-Identifier: Apache-2.0
 *
 * The case: one file that keeps what was found, whatever happens to the hunt, and what was done about it.
 *
 *      hunt ──▶ case ◀── tag, note, benign, dismiss, merge, split
 *                │
 *                └──▶ show, link, export, seal
 *
 * A case is an SQLite database (application_id 0x53504F52, user_version 1, write-ahead log); docs/case.md is its schema
 * in words. What a hunt finds in a part of a log and how far it has come are written together, so that a hunt that was
 * killed goes on where the case ends, and nothing is in it twice. Nothing that a person has said is ever overwritten.
 *
 * Errors name the file in err->where. SP_ERR_NOT_FOUND: no such case; SP_ERR_USAGE: the file is no case; SP_ERR_UNSUPPORTED:
 * it is a case of a newer spoor; SP_ERR_FORMAT: it is damaged; SP_ERR_IO: it cannot be read or written (disk full, locked).
 */
#ifndef SPOOR_CASE_H
#define SPOOR_CASE_H
#include <stddef.h>
#include <stdint.h>

#include "spoor/ctx.h"

#define SP_CASE_APPLICATION_ID 0x53504F52 /* "SPOR" */
#define SP_CASE_VERSION        1          /* of the schema */

/* Who does something to a case, for the record. Borrowed; `who` and `host` may be NULL (not known). */
struct sp_case_by {
    const char *who;  /* account name */
    const char *host; /* of the machine */
    const char *argv; /* the command line as a JSON array of texts, secrets taken out; NULL: none */
};

struct sp_output; /* spoor/hunt.h */

/* What is in a case, in words (TABLE) or as one JSON object. */
int sp_case_info(const char *path, const struct sp_output *output, const struct sp_ctx *ctx, struct sp_error *err);

/* Is it whole? SQLite's own look at the file, and every id and digest made again from what they are made of. Each finding is
 * written: a sentence (TABLE), or {"finding":...} (JSON); then what was looked at. `*ret_findings`: their number. */
int sp_case_check(const char *path, const struct sp_output *output, const struct sp_ctx *ctx, uint64_t *ret_findings, struct sp_error *err);

/* Give room that is not used back to the disk. Needs as much free space as the case takes. */
struct sp_case_compacted {
    uint64_t before, after; /* bytes */
};
int sp_case_compact(const char *path, const struct sp_ctx *ctx, struct sp_case_compacted *ret, struct sp_error *err);

/* Put what other cases hold into this one, which is made where it is not: each id once, runs, custody and acts kept. What was
 * merged once is not doubled by merging it again, so a merge that was broken off is just repeated. */
struct sp_case_merged {
    uint64_t runs, sources, sightings, acts; /* that this case did not have */
};
int sp_case_merge(const char *path, const char *const *from, size_t from_count, const struct sp_ctx *ctx, struct sp_case_merged *ret,
                  struct sp_error *err);

#endif
