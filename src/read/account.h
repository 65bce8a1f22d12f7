/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_account: what became of one source. A reader writes it as it goes; of a source that is read in parts each part
 * has an account of its own, and they are added up in the order of the file:
 *
 *      part 0 ──▶ account ─┐
 *      part 1 ──▶ account ─┼─▶ sp_account_add ... ──▶ sp_account_settle: the source's account
 *      part 2 ──▶ account ─┘
 *
 * so that troubles, holes and what is said aloud come out as if the source had been read in one go.
 */
#ifndef SP_READ_ACCOUNT_H
#define SP_READ_ACCOUNT_H
#include "base/arena.h"
#include "base/id.h"
#include "base/limits.h"
#include "read/gaps.h"
#include "read/source.h"
#include "spoor/ctx.h"

struct sp_read_error {
    uint64_t offset;
    const char *reason; /* in the account's arena */
    bool lost;
};

/* `records` includes the undecodable, not the carved. */
struct sp_account {
    struct sp_arena arena; /* owns the texts */
    enum sp_source_type type;
    const char *skipped;   /* NULL, or why nothing of it was read ("no log", ...); arena */
    const char *cure;      /* of `skipped`, to be said aloud; arena, or NULL: nothing to say */
    bool opened;           /* could be opened and read at all */
    bool lost;             /* input was lost: exit code 3 */
    uint64_t bytes, records, undecodable, carved, duplicates; /* duplicates: JSON keys seen twice */
    uint64_t gaps, missing;  /* holes in the record numbers of an EVTX log, and the numbers missing in them */
    struct sp_gaps numbers;  /* the record numbers, until the account is settled */
    struct sp_read_error *error;
    uint64_t error_count, error_room, error_total; /* listed, room, met */
    bool has_sha256;
    struct sp_digest sha256; /* of the whole source, where it was asked for and read to its end: custody (contract 1) */
};

/* Who hears of it. `ctx` NULL: nobody; then as much is kept as whoever adds the account up needs to say it. */
struct sp_account_to {
    const struct sp_ctx *ctx;
    const char *path;
    const struct sp_limits *limits;
};

void sp_account_init(struct sp_account *account);
void sp_account_done(struct sp_account *account);  /* copes with zeros */
void sp_account_clear(struct sp_account *account); /* as begun, with the memory that it had */

/* One trouble: counted, listed up to limits->errors_listed, the first few said aloud. */
void sp_account_trouble(struct sp_account *account, const struct sp_account_to *to, uint64_t offset, bool lost, const char *reason);

/* The source is not read at all; `cure` NULL: that is no news. SP_ERR_NOMEM when no room is left for the words. */
int sp_account_skip(struct sp_account *account, const struct sp_account_to *to, const char *reason, const char *cure);

/* Add what `part` holds, which is empty afterwards (its memory is kept). SP_ERR_NOMEM. */
int sp_account_add(struct sp_account *account, const struct sp_account_to *to, struct sp_account *part);

/* The last words about a source: its holes, and how many troubles were not said. */
void sp_account_settle(struct sp_account *account, const struct sp_account_to *to);

#endif
