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
 * Errors name the file in err->where. SP_ERR_NOT_FOUND: no such case; SP_ERR_FORMAT: the file is no case; SP_ERR_UNSUPPORTED:
 * it is a case of a newer spoor; SP_ERR_IO: it cannot be read or written (disk full, locked, damaged).
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

#endif
