/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a path. Out: an open case, its transactions, and SQLite's troubles in words. The handle owns the connection, the
 * statements that are kept and the buffers that pieces are packed in.
 *
 * A case is made in one transaction with a rollback journal and only then put into WAL: whatever ends the program, the file
 * is empty or a whole case. Before SQLite opens a file its first bytes are looked at, so that a file that is somebody
 * else's is not even touched by a recovery.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "store/case_inner.h"

enum { HEADER = 100, VERSION_AT = 60, APPLICATION_AT = 68, WAIT_MS = 10 };

/* ---- errors ---- */

int sp_case_damaged(struct sp_case *c, struct sp_error *err, const char *what)
{
    sp_error_set(err, SP_ERR_FORMAT, "%s", what);
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, "`spoor case check` says what is damaged; go on with a copy of it made before");
    return SP_ERR_FORMAT;
}

static int io_trouble(struct sp_case *c, const char *doing, const char *why, const char *cure, struct sp_error *err)
{
    sp_error_set(err, SP_ERR_IO, "the case cannot be %s: %s", doing, why);
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, "%s", cure);
    return SP_ERR_IO;
}

int sp_case_fail(struct sp_case *c, const char *doing, struct sp_error *err)
{
    static const char keeps[] = "what is in it stays; do the same again and it goes on from there";

    switch (sqlite3_errcode(c->db) & 0xFF) {
    case SQLITE_NOMEM:
        return sp_error_nomem(err);
    case SQLITE_FULL:
        return io_trouble(c, doing, "the disk is full", "free some space (what is in the case stays) and do the same again: it goes on from there", err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return sp_case_damaged(c, err, "the case is damaged");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return io_trouble(c, doing, "another program holds it", "wait until that has ended, then do the same again", err);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return io_trouble(c, doing, "it may only be read", "check its permissions, or name another with --case", err);
    default:
        return io_trouble(c, doing, sqlite3_errmsg(c->db), keeps, err);
    }
}

/* ---- statements ---- */

int sp_case_prepare(struct sp_case *c, const char *sql, sqlite3_stmt **ret, struct sp_error *err)
{
    return sqlite3_prepare_v2(c->db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : sp_case_fail(c, "read", err);
}

sqlite3_stmt *sp_case_kept(struct sp_case *c, enum sp_case_slot slot, const char *sql, struct sp_error *err)
{
    if (!c->kept[slot] && sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->kept[slot], NULL) != SQLITE_OK)
        (void)sp_case_fail(c, "written", err);
    return c->kept[slot];
}

int sp_case_step(struct sp_case *c, sqlite3_stmt *q, struct sp_error *err)
{
    int rc = sqlite3_step(q);

    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return rc == SQLITE_ROW;
    return sp_case_fail(c, sqlite3_stmt_readonly(q) ? "read" : "written", err);
}

int sp_case_once(struct sp_case *c, sqlite3_stmt *q, struct sp_error *err)
{
    int rc = sp_case_step(c, q, err);

    (void)sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int sp_case_number(struct sp_case *c, sqlite3_stmt *q, int64_t otherwise, int64_t *ret, struct sp_error *err)
{
    int rc = sp_case_step(c, q, err);

    if (rc >= 0)
        *ret = rc ? sp_col_int(q, 0) : otherwise;
    (void)sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int sp_case_exec(struct sp_case *c, const char *sql, struct sp_error *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sp_case_fail(c, "written", err);
}

void sp_bind_blob(sqlite3_stmt *q, int at, const void *bytes, size_t len)
{
    (void)sqlite3_bind_blob64(q, at, len ? bytes : "", len, SQLITE_STATIC);
}

void sp_bind_str(sqlite3_stmt *q, int at, struct sp_str s)
{
    if (s.ptr)
        (void)sqlite3_bind_text64(q, at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
    else
        (void)sqlite3_bind_null(q, at);
}

void sp_bind_digest(sqlite3_stmt *q, int at, const struct sp_digest *d)
{
    sp_bind_blob(q, at, d->bytes, sizeof d->bytes);
}

struct sp_str sp_col_str(sqlite3_stmt *q, int at)
{
    const void *p = sqlite3_column_type(q, at) == SQLITE_NULL ? NULL : sqlite3_column_blob(q, at);
    int n = sqlite3_column_bytes(q, at);

    if (!p && sqlite3_column_type(q, at) != SQLITE_NULL)
        return SP_STR_NONE;
    return (struct sp_str){ p, p ? (size_t)n : 0 };
}

struct sp_str sp_col_text(sqlite3_stmt *q, int at)
{
    struct sp_str s = sp_col_str(q, at);

    return s.ptr ? s : SP_STR_NONE;
}

bool sp_col_digest(sqlite3_stmt *q, int at, struct sp_digest *ret)
{
    struct sp_str s = sp_col_text(q, at);

    *ret = (struct sp_digest){ { 0 } };
    if (s.len != sizeof ret->bytes)
        return false;
    memcpy(ret->bytes, s.ptr, s.len);
    return true;
}

/* ---- opening ---- */

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int no_case(struct sp_case *c, struct sp_error *err, const char *what)
{
    sp_error_set(err, SP_ERR_USAGE, "%s", what);
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, "name another file with --case; nothing was written to this one");
    return SP_ERR_USAGE;
}

static int newer(struct sp_case *c, int64_t version, struct sp_error *err)
{
    sp_error_set(err, SP_ERR_UNSUPPORTED, "the case has schema version %lld, this spoor knows up to %d", (long long)version, SP_CASE_VERSION);
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, "use the spoor that wrote it, or a newer one");
    return SP_ERR_UNSUPPORTED;
}

static int not_opened(struct sp_case *c, int number, struct sp_error *err)
{
    char room[128];
    bool missing = number == ENOENT && c->mode != SP_CASE_CREATE;

    sp_error_set(err, missing ? SP_ERR_NOT_FOUND : SP_ERR_IO, missing ? "there is no such case" : "the case cannot be opened: %s",
                 strerror_r(number, room, sizeof room));
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, missing ? "make one with `spoor hunt --case FILE`, or name another" : "check the path and its permissions, or name another with --case");
    return missing ? SP_ERR_NOT_FOUND : SP_ERR_IO;
}

/* Is it a case, or nothing yet? Only its first bytes are read. */
static int look_at(struct sp_case *c, struct sp_error *err)
{
    unsigned char head[HEADER];
    struct stat st;
    ssize_t n;
    int fd;

    if (stat(c->path, &st) < 0)
        return errno == ENOENT && c->mode == SP_CASE_CREATE ? 0 : not_opened(c, errno, err);
    if (!S_ISREG(st.st_mode))
        return no_case(c, err, "is no case but a folder, a pipe or a device");
    fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return not_opened(c, errno, err);
    n = pread(fd, head, sizeof head, 0);
    (void)close(fd);
    if (n < 0)
        return not_opened(c, EIO, err);
    if (n == 0) /* nothing was written yet, or its making was broken off */
        return 0;
    if (n < HEADER || memcmp(head, "SQLite format 3", 16) != 0)
        return no_case(c, err, "is no case of spoor");
    if (be32(head + APPLICATION_AT) != SP_CASE_APPLICATION_ID)
        return no_case(c, err, "is a database of another program, no case of spoor");
    if (be32(head + VERSION_AT) > SP_CASE_VERSION)
        return newer(c, be32(head + VERSION_AT), err);
    return 0;
}

/* SQLite asks: try again? */
static int wait_turn(void *arg, int tries)
{
    struct sp_case *c = arg;
    struct timespec t = { 0, WAIT_MS * 1000000 };

    if (tries > SP_CASE_WAIT_S * 1000 / WAIT_MS || sp_stopped(c->ctx))
        return 0;
    (void)nanosleep(&t, NULL);
    return 1;
}

static int pragma_number(struct sp_case *c, const char *sql, int64_t *ret, struct sp_error *err)
{
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, sql, &q, err);

    if (rc == 0)
        rc = sp_case_number(c, q, 0, ret, err);
    (void)sqlite3_finalize(q);
    return rc;
}

/* The schema, where there is none. Another process may be at the same. */
static int make(struct sp_case *c, struct sp_error *err)
{
    char words[128];
    int64_t version = 0;
    int rc = sp_case_begin(c, err);

    if (rc == 0)
        rc = pragma_number(c, "PRAGMA user_version", &version, err);
    if (rc == 0 && version == 0) {
        (void)sqlite3_snprintf(sizeof words, words, "PRAGMA application_id=%d;PRAGMA user_version=%d;", SP_CASE_APPLICATION_ID, SP_CASE_VERSION);
        rc = sp_case_exec(c, words, err);
        if (rc == 0)
            rc = sp_case_exec(c, sp_case_schema, err);
        if (rc == 0)
            rc = sp_case_exec(c, "INSERT INTO meta VALUES('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), ('tool', 'spoor " SPOOR_VERSION "')", err);
    }
    if (rc == 0)
        return sp_case_commit(c, err);
    sp_case_rollback(c);
    return rc;
}

/* Write-ahead log: readers and a writer do not wait for each other. Where the file system cannot do it, SQLite stays with a
 * rollback journal, and all of this works too. */
static int go_wal(struct sp_case *c, struct sp_error *err)
{
    for (int tries = 0;; tries++) {
        int rc = sqlite3_exec(c->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);

        if (rc == SQLITE_OK)
            return 0;
        if (rc != SQLITE_BUSY || !wait_turn(c, tries))
            return sp_case_fail(c, "written", err);
    }
}

static int settle(struct sp_case *c, struct sp_error *err)
{
    int64_t version, application, strange = 0;
    int rc = sp_case_exec(c, "PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;PRAGMA temp_store=MEMORY;PRAGMA cache_size=-16000;"
                             "PRAGMA wal_autocheckpoint=16384;PRAGMA synchronous=OFF", err); /* a new case is worth nothing yet */

    if (rc == 0)
        rc = pragma_number(c, "PRAGMA user_version", &version, err);
    if (rc == 0 && version == 0) {
        if (c->mode != SP_CASE_CREATE)
            return no_case(c, err, "holds nothing yet");
        rc = make(c, err);
        if (rc == 0)
            rc = pragma_number(c, "PRAGMA user_version", &version, err);
    }
    if (rc == 0)
        rc = pragma_number(c, "PRAGMA application_id", &application, err);
    if (rc == 0 && application != SP_CASE_APPLICATION_ID)
        return no_case(c, err, "is a database of another program, no case of spoor");
    if (rc == 0 && version > SP_CASE_VERSION)
        return newer(c, version, err);
    if (rc == 0) /* they would run inside of our own statements */
        rc = pragma_number(c, "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')", &strange, err);
    if (rc == 0 && strange)
        return no_case(c, err, "holds triggers or views, which no case has");
    if (rc == 0 && c->mode == SP_CASE_READ)
        return sp_case_exec(c, "PRAGMA query_only=ON", err);
    if (rc == 0)
        rc = go_wal(c, err);
    return rc < 0 ? rc : sp_case_exec(c, c->mode == SP_CASE_ACT ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
}

static int connect(struct sp_case *c, bool immutable, struct sp_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (c->mode == SP_CASE_CREATE ? SQLITE_OPEN_CREATE : 0), rc;
    struct sp_buf uri;

    if (!immutable) {
        rc = sqlite3_open_v2(c->path, &c->db, flags, NULL);
    } else {
        sp_buf_init(&uri, 0);
        sp_buf_text(&uri, "file:");
        for (const char *p = c->path; *p; p++)
            if (strchr("?#%", *p))
                sp_buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
            else
                sp_buf_char(&uri, *p);
        sp_buf_add(&uri, "?immutable=1", sizeof "?immutable=1");
        rc = uri.failed ? SQLITE_NOMEM : sqlite3_open_v2(uri.ptr, &c->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
        sp_buf_done(&uri);
    }
    if (rc != SQLITE_OK)
        return c->db ? sp_case_fail(c, "opened", err) : sp_error_nomem(err);
    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_busy_handler(c->db, wait_turn, c);
    return settle(c, err);
}

uint64_t sp_case_size(const char *path, const char *end)
{
    struct stat st;
    char name[4096];
    int n = snprintf(name, sizeof name, "%s%s", path, end);

    return n > 0 && (size_t)n < sizeof name && stat(name, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* A case on a medium that cannot be written has no room for the files that WAL wants beside it. */
static bool on_read_only(struct sp_case *c)
{
    int code = c->db ? sqlite3_errcode(c->db) & 0xFF : 0;

    return c->mode == SP_CASE_READ && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && sp_case_size(c->path, "-wal") == 0;
}

int sp_case_open(const char *path, enum sp_case_mode mode, const struct sp_ctx *ctx, struct sp_case **ret, struct sp_error *err)
{
    struct sp_case *c = sp_zalloc(sizeof *c);
    size_t len = strlen(path);
    int rc;

    if (!c)
        return sp_error_nomem(err);
    c->mode = mode;
    c->ctx = ctx;
    c->path = sp_malloc(len + 1);
    if (!c->path || sp_case_memory() < 0) {
        sp_case_close(c);
        return sp_error_nomem(err);
    }
    memcpy(c->path, path, len + 1);
    rc = look_at(c, err);
    if (rc == 0)
        rc = connect(c, false, err);
    if (rc < 0 && on_read_only(c)) {
        (void)sqlite3_close(c->db);
        c->db = NULL;
        rc = connect(c, true, err);
    }
    if (rc < 0) {
        sp_case_close(c);
        return rc;
    }
    *ret = c;
    return 0;
}

void sp_case_close(struct sp_case *c)
{
    if (!c)
        return;
    sp_case_rollback(c);
    for (int i = 0; i < SP_Q_COUNT; i++)
        (void)sqlite3_finalize(c->kept[i]);
    (void)sqlite3_close(c->db);
    sp_case_blocks_done(c);
    sp_buf_done(&c->text);
    sp_buf_done(&c->raw);
    sp_free(c->path);
    sp_free(c);
}

const char *sp_case_path(const struct sp_case *c)
{
    return c->path;
}

/* ---- transactions ---- */

int sp_case_begin(struct sp_case *c, struct sp_error *err)
{
    int rc = sp_case_exec(c, "BEGIN IMMEDIATE", err);

    c->open = rc == 0;
    c->block_id = 0;
    sp_buf_clear(&c->block);
    return rc;
}

int sp_case_commit(struct sp_case *c, struct sp_error *err)
{
    int rc = sp_case_block_close(c, err);

    if (rc == 0)
        rc = sp_case_exec(c, "COMMIT", err);
    if (rc < 0)
        sp_case_rollback(c);
    c->open = false;
    return rc;
}

void sp_case_rollback(struct sp_case *c)
{
    if (!c->open)
        return;
    c->open = false;
    c->last_raw_row = c->block_id = 0;
    sp_buf_clear(&c->block);
    if (!sqlite3_get_autocommit(c->db)) /* a full disk has undone it already */
        (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}
