/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the store share: the handle, statements, errors. Statements that write are prepared once and kept by
 * slot; those that read are the caller's, for a reader may be inside of another.
 */
#ifndef SP_STORE_CASE_INNER_H
#define SP_STORE_CASE_INNER_H
#include <sqlite3.h>

#include "base/buf.h"
#include "store/case.h"

enum sp_case_slot {
    SP_Q_RUN_BEGIN, SP_Q_RUN_END, SP_Q_RUN_FIND, SP_Q_SOURCE_FIND, SP_Q_SOURCE_ADD, SP_Q_PROGRESS_GET, SP_Q_PROGRESS_BEGIN, SP_Q_PROGRESS_SET,
    SP_Q_COPY_SET, SP_Q_COPY_DROP, SP_Q_READING_SET, SP_Q_RULE_FIND, SP_Q_RULE_ADD, SP_Q_RULE_GET, SP_Q_SIGHTING_FIND, SP_Q_SIGHTING_ADD,
    SP_Q_SIGHTING_MOVE, SP_Q_LINE_SET, SP_Q_BLOCK_NEXT, SP_Q_BLOCK_ADD, SP_Q_BLOCK_GET, SP_Q_RAW_FIND, SP_Q_RAW_ADD, SP_Q_VALUE_FIND, SP_Q_VALUE_ADD, SP_Q_CARRIES_ADD, SP_Q_ACT_ADD,
    SP_Q_COUNT
};

struct libdeflate_compressor;
struct libdeflate_decompressor;

/* Where a line or record stands. */
struct sp_case_piece {
    int64_t block;
    uint64_t at, size;
};

enum { SP_CASE_SEEN = 32 };

struct sp_case_unpacked {
    int64_t id;    /* 0: free */
    uint64_t used; /* when, in turns */
    struct sp_buf bytes;
};

struct sp_case {
    sqlite3 *db;
    char *path; /* owned */
    const struct sp_ctx *ctx;
    enum sp_case_mode mode;
    bool open;  /* a transaction */
    sqlite3_stmt *kept[SP_Q_COUNT];
    struct libdeflate_compressor *packer;
    struct libdeflate_decompressor *unpacker;
    struct sp_buf block;      /* that is being filled, to be written with the transaction */
    int64_t block_id;         /* of it, 0: none yet */
    struct sp_case_unpacked seen[SP_CASE_SEEN]; /* blocks read last */
    uint64_t turn;
    struct sp_buf text, raw;
    struct sp_digest last_raw; /* the record put last, and its row; row 0: none */
    int64_t last_raw_row;
};

/* The words of the schema, and whether a database has it. */
extern const char sp_case_schema[];

/* What SQLite said, as an error about the case; `doing` is "read" or "written". */
int sp_case_fail(struct sp_case *c, const char *doing, struct sp_error *err);
int sp_case_damaged(struct sp_case *c, struct sp_error *err, const char *what);

/* Run statements without parameters. */
int sp_case_exec(struct sp_case *c, const char *sql, struct sp_error *err);

/* The kept statement of a slot; NULL: an error. */
sqlite3_stmt *sp_case_kept(struct sp_case *c, enum sp_case_slot slot, const char *sql, struct sp_error *err);
/* A statement of the caller's, to be finalized. */
int sp_case_prepare(struct sp_case *c, const char *sql, sqlite3_stmt **ret, struct sp_error *err);

/* 1: a row; 0: over; negative. A kept statement that writes is run by sp_case_run: to its end, and made ready again. */
int sp_case_step(struct sp_case *c, sqlite3_stmt *q, struct sp_error *err);
int sp_case_once(struct sp_case *c, sqlite3_stmt *q, struct sp_error *err);
/* One row with one integer, or `otherwise`; the statement is ready again. */
int sp_case_number(struct sp_case *c, sqlite3_stmt *q, int64_t otherwise, int64_t *ret, struct sp_error *err);

/* Parameters; what is bound must live until the statement is ready again, so that memory cannot run out over it. */
void sp_bind_str(sqlite3_stmt *q, int at, struct sp_str s);      /* ptr NULL: NULL */
void sp_bind_blob(sqlite3_stmt *q, int at, const void *bytes, size_t len);
void sp_bind_digest(sqlite3_stmt *q, int at, const struct sp_digest *d);
static inline void sp_bind_int(sqlite3_stmt *q, int at, int64_t n)
{
    (void)sqlite3_bind_int64(q, at, n);
}

/* Columns; a text lives until the next step. A digest of another length is zeros. */
struct sp_str sp_col_str(sqlite3_stmt *q, int at);               /* NULL: ptr NULL */
struct sp_str sp_col_text(sqlite3_stmt *q, int at);              /* NULL: empty */
bool sp_col_digest(sqlite3_stmt *q, int at, struct sp_digest *ret);
static inline int64_t sp_col_int(sqlite3_stmt *q, int at)
{
    return sqlite3_column_int64(q, at);
}

/* Keep some bytes: they go into the block that is being filled. */
int sp_case_piece_put(struct sp_case *c, struct sp_str bytes, struct sp_case_piece *ret, struct sp_error *err);
/* Write the block that is being filled; done by sp_case_commit. */
int sp_case_block_close(struct sp_case *c, struct sp_error *err);
/* The bytes of a piece, appended to `out`. SP_ERR_FORMAT: damaged. */
int sp_case_piece_get(struct sp_case *c, const struct sp_case_piece *piece, struct sp_buf *out, struct sp_error *err);
void sp_case_blocks_done(struct sp_case *c);

/* Bytes of the file, or of that with such an end beside it; 0: there is none. */
uint64_t sp_case_size(const char *path, const char *end);

/* SQLite and libdeflate take their memory from base/alloc.h. SP_ERR_NOMEM. */
int sp_case_memory(void);

#endif
