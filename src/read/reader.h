/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_reader: one source, whatever its type, as a row of records, with the account of what was read.
 *
 *   open ──▶ detect ──▶ evtx │ jsonl │ lines ──▶ sp_reader_next ... ──▶ account
 *
 * One reader a worker, used for one source, or one part of a source (read/parts.h), after the other; what it hands out
 * dies with its next call.
 */
#ifndef SP_READ_READER_H
#define SP_READ_READER_H
#include "base/error.h"
#include "base/limits.h"
#include "read/account.h"
#include "read/cursor.h"
#include "read/evtx.h"
#include "read/jsonl.h"
#include "read/parts.h"
#include "read/record.h"
#include "read/source.h"
#include "spoor/ctx.h"

struct sp_reader_options {
    const struct sp_limits *limits;
    const struct sp_ctx *ctx;
    enum sp_source_type type; /* SP_SOURCE_NONE: detect */
    bool carve;
    bool digest; /* SHA-256 of every source that is read whole, into its account */
    bool quiet; /* tell ctx->note nothing: the accounts are added up elsewhere (sp_account_add) */
};

struct sp_reader;
struct sp_reader *sp_reader_new(const struct sp_reader_options *options);
void sp_reader_free(struct sp_reader *reader);

/* Begin a source. 1: call sp_reader_next; 0: nothing to read in it (account->skipped says why, or it is empty).
 * `named`: the user gave this very path, so that a file that is no log counts as lost.
 * Only SP_ERR_NOMEM is negative: what is wrong with the file is in the account (the caller's, begun with
 * sp_account_init), and told to ctx->note. */
int sp_reader_open(struct sp_reader *reader, const char *path, bool named, struct sp_account *account);

/* The same of a source that may lie in an archive, which the cursor then stands in until the source is closed. */
int sp_reader_open_source(struct sp_reader *reader, const struct sp_source *source, struct sp_cursor *cursor, struct sp_account *account);

/* Begin a part of a source that is read in parts; the parts outlive it. The same returns. */
int sp_reader_open_part(struct sp_reader *reader, struct sp_parts *parts, const struct sp_part *part, struct sp_account *account);

/* 1 and a record; 0 at the end of the source; SP_ERR_NOMEM. Trouble goes into the account. */
int sp_reader_next(struct sp_reader *reader, struct sp_record *ret);

/* Bytes of the source taken so far, for progress. */
uint64_t sp_reader_position(const struct sp_reader *reader);

/* Line ends passed in what is read, of JSON and plain text: the lines before the next part. */
uint64_t sp_reader_lines(const struct sp_reader *reader);

/* The readers behind it, for rendering the record last handed out. */
struct sp_evtx *sp_reader_evtx(struct sp_reader *reader);
struct sp_jsonl *sp_reader_jsonl(struct sp_reader *reader);

void sp_reader_close(struct sp_reader *reader);

#endif
