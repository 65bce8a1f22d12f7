/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_reader: one source, whatever its type, as a row of records, with the account of what was read.
 *
 *   open ──▶ detect ──▶ evtx │ jsonl │ lines ──▶ sp_reader_next ... ──▶ account
 *
 * One reader a worker, used for one source after the other; what it hands out dies with its next call.
 */
#ifndef SP_READ_READER_H
#define SP_READ_READER_H
#include "base/error.h"
#include "base/limits.h"
#include "read/evtx.h"
#include "read/jsonl.h"
#include "read/record.h"
#include "read/source.h"
#include "spoor/ctx.h"

struct sp_read_error {
    uint64_t offset;
    char *reason; /* in the account's arena */
};

/* What became of one source. `records` includes the undecodable, not the carved. */
struct sp_account {
    struct sp_arena arena; /* owns the error texts */
    enum sp_source_type type;
    const char *skipped;   /* NULL, or why nothing of it was read ("no log", ...); arena */
    bool opened;           /* could be opened and read at all */
    bool lost;             /* input was lost: exit code 3 */
    uint64_t bytes, records, undecodable, carved, duplicates; /* duplicates: JSON keys seen twice */
    uint64_t gaps, missing;  /* holes in the record numbers of an EVTX log, and the numbers missing in them */
    struct sp_read_error *error;
    uint64_t error_count, error_room, error_total; /* listed, room, met */
};

void sp_account_done(struct sp_account *account);

struct sp_reader_options {
    const struct sp_limits *limits;
    const struct sp_ctx *ctx;
    enum sp_source_type type; /* SP_SOURCE_NONE: detect */
    bool carve;
};

struct sp_reader;
struct sp_reader *sp_reader_new(const struct sp_reader_options *options);
void sp_reader_free(struct sp_reader *reader);

/* Begin a source. 1: call sp_reader_next; 0: nothing to read in it (account->skipped says why, or it is empty).
 * `named`: the user gave this very path, so that a file that is no log counts as lost.
 * Only SP_ERR_NOMEM is negative: what is wrong with the file is in the account, and told to ctx->note. */
int sp_reader_open(struct sp_reader *reader, const char *path, bool named, struct sp_account *account);

/* 1 and a record; 0 at the end of the source; SP_ERR_NOMEM. Trouble goes into the account. */
int sp_reader_next(struct sp_reader *reader, struct sp_record *ret);

/* Bytes of the source taken so far, for progress. */
uint64_t sp_reader_position(const struct sp_reader *reader);

/* The readers behind it, for rendering the record last handed out. */
struct sp_evtx *sp_reader_evtx(struct sp_reader *reader);
struct sp_jsonl *sp_reader_jsonl(struct sp_reader *reader);

void sp_reader_close(struct sp_reader *reader);

#endif
