/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an open case. Out: what is wrong with it, in sentences. SQLite looks at its pages and keys; here every digest is made
 * again from the bytes it stands for, every id from its parts, and every line is asked for its id.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "store/case_inner.h"

struct check {
    struct sp_case *c;
    int (*each)(void *arg, const char *finding);
    void *arg;
    struct sp_error *err;
};

__attribute__((format(printf, 2, 3))) static int found(struct check *k, const char *fmt, ...)
{
    char words[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    return k->each(k->arg, words);
}

/* What went wrong while reading is a finding too, unless memory is what is missing. */
static int trouble(struct check *k, const char *what, int rc, const struct sp_error *why)
{
    return rc == SP_ERR_NOMEM ? sp_error_nomem(k->err) : found(k, "%s: %s", what, why->what);
}

/* Each row of a statement to `row`; `what` is being read. */
static int each_row(struct check *k, const char *what, const char *sql, int (*row)(struct check *k, sqlite3_stmt *q))
{
    struct sp_error why = { 0 };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(k->c, sql, &q, &why), done = 0;

    while (rc >= 0 && done >= 0 && (rc = sp_case_step(k->c, q, &why)) > 0)
        done = row(k, q);
    (void)sqlite3_finalize(q);
    if (done < 0)
        return done;
    return rc < 0 ? trouble(k, what, rc, &why) : 0;
}

static int of_integrity(struct check *k, sqlite3_stmt *q)
{
    struct sp_str said = sp_col_text(q, 0);
    size_t line = said.len;
    int rc = 0;

    if (sp_str_is(said, "ok"))
        return 0;
    for (; rc == 0 && said.len; said = sp_str_cut(said, line, said.len - line)) { /* a finding a line, and lines that say which database */
        const char *feed = memchr(said.ptr, '\n', said.len);

        line = feed ? (size_t)(feed - said.ptr) + 1 : said.len;
        if (*said.ptr != '*')
            rc = found(k, "the file: %.*s", (int)(feed ? line - 1 : line), said.ptr);
    }
    return rc;
}

static int of_keys(struct check *k, sqlite3_stmt *q)
{
    struct sp_str table = sp_col_text(q, 0), parent = sp_col_text(q, 2);

    return found(k, "row %lld of %.*s refers to a row of %.*s that is not there", (long long)sp_col_int(q, 1), SP_STR_ARG(table), SP_STR_ARG(parent));
}

/* The piece at three columns, into c->raw. 1: there; 0: told. */
static int piece_of(struct check *k, sqlite3_stmt *q, int at, const char *what, int64_t row)
{
    struct sp_case_piece piece = { sp_col_int(q, at), (uint64_t)sp_col_int(q, at + 1), (uint64_t)sp_col_int(q, at + 2) };
    struct sp_error why = { 0 };
    char words[64];
    int rc;

    sp_buf_clear(&k->c->raw);
    rc = sp_case_piece_get(k->c, &piece, &k->c->raw, &why);
    if (rc == 0)
        return 1;
    (void)snprintf(words, sizeof words, "%s %lld", what, (long long)row);
    return trouble(k, words, rc, &why);
}

static int of_bytes(struct check *k, sqlite3_stmt *q, const char *what)
{
    struct sp_digest wanted, seen;
    int rc = piece_of(k, q, 2, what, sp_col_int(q, 0));

    if (rc <= 0)
        return rc;
    if (!sp_col_digest(q, 1, &wanted) || !sp_sha256(sp_buf_view(&k->c->raw), &seen) || memcmp(&seen, &wanted, sizeof seen) != 0)
        return found(k, "%s %lld: its bytes do not have its SHA-256", what, (long long)sp_col_int(q, 0));
    return 0;
}

static int of_raw(struct check *k, sqlite3_stmt *q)
{
    return of_bytes(k, q, "record");
}

static int of_rule(struct check *k, sqlite3_stmt *q)
{
    return of_bytes(k, q, "rule document");
}

/* Does the line say the ids that its row has? */
static bool line_says(struct sp_str line, const struct sp_digest *id, const struct sp_digest *event)
{
    char hex[65], words[96];

    sp_digest_hex(id, hex);
    (void)snprintf(words, sizeof words, "{\"v\":1,\"id\":\"%s\"", hex);
    if (!sp_str_starts(line, sp_str_c(words)) || !sp_str_ends(line, SP_STR("}\n")))
        return false;
    sp_digest_hex(event, hex);
    (void)snprintf(words, sizeof words, "\"event\":{\"id\":\"%s\"", hex);
    return sp_str_find(line, sp_str_c(words)) != SIZE_MAX;
}

static int of_sighting(struct check *k, sqlite3_stmt *q)
{
    struct sp_digest id, event, raw, rule, made;
    struct sp_str org = sp_col_text(q, 6);
    char hex[65];
    int rc;

    if (!sp_col_digest(q, 1, &id) || !sp_col_digest(q, 2, &event) || !sp_col_digest(q, 7, &rule))
        return found(k, "sighting %lld: an id or digest has a wrong length", (long long)sp_col_int(q, 0));
    sp_digest_hex(&id, hex);
    if (sp_col_digest(q, 9, &raw) && (!sp_event_id(org, &raw, (uint64_t)sp_col_int(q, 10), &made) || memcmp(&made, &event, sizeof made) != 0))
        return found(k, "sighting %.16s: its event's id is not that of its record", hex);
    if (!sp_sighting_id(org, sp_col_text(q, 8), &rule, &event, &made) || memcmp(&made, &id, sizeof made) != 0)
        return found(k, "sighting %.16s: its id is not that of its rule and event", hex);
    rc = piece_of(k, q, 3, "the line of sighting", sp_col_int(q, 0));
    if (rc <= 0)
        return rc;
    return line_says(sp_buf_view(&k->c->raw), &id, &event) ? 0 : found(k, "sighting %.16s: its line is another one", hex);
}

int sp_case_verify(struct sp_case *c, int (*each)(void *arg, const char *finding), void *arg, struct sp_error *err)
{
    static const struct {
        const char *what, *sql;
        int (*row)(struct check *k, sqlite3_stmt *q);
    } look[] = {
        { "the file", "PRAGMA integrity_check(100)", of_integrity },
        { "references", "PRAGMA foreign_key_check", of_keys },
        { "records", "SELECT id, sha256, block, at, size FROM raw ORDER BY block, at", of_raw },
        { "rules", "SELECT id, sha256, block, at, size FROM rule WHERE block IS NOT NULL", of_rule },
        { "sightings", "SELECT s.id, s.sha256, s.event, s.block, s.line_at, s.line_size, o.org, r.sha256, r.rule_id, w.sha256, s.copy FROM sighting s"
                       " JOIN source o ON o.id=s.source JOIN rule r ON r.id=s.rule LEFT JOIN raw w ON w.id=s.raw WHERE s.kind='rule' ORDER BY s.block, s.line_at", of_sighting },
    };
    struct check k = { c, each, arg, err };
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < sizeof look / sizeof *look && !sp_stopped(c->ctx); i++)
        rc = each_row(&k, look[i].what, look[i].sql, look[i].row);
    return rc < 0 ? rc : 0;
}

int sp_case_vacuum(struct sp_case *c, struct sp_error *err)
{
    int rc = sp_case_begin(c, err);

    if (rc == 0)
        rc = sp_case_exec(c, "DELETE FROM block WHERE id NOT IN (SELECT block FROM sighting UNION SELECT block FROM raw UNION"
                             " SELECT block FROM rule WHERE block IS NOT NULL)", err);
    if (rc == 0)
        rc = sp_case_commit(c, err);
    else
        sp_case_rollback(c);
    return rc < 0 ? rc : sp_case_exec(c, "VACUUM;PRAGMA wal_checkpoint(TRUNCATE)", err);
}

/* ---- facts ---- */

int sp_case_facts(struct sp_case *c, struct sp_case_facts *ret, struct sp_error *err)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM run WHERE state=0), (SELECT count(DISTINCT org) FROM source),"
        " (SELECT count(*) FROM source), (SELECT count(*) FROM sighting), (SELECT count(DISTINCT rule) FROM sighting),"
        " (SELECT count(DISTINCT host) FROM sighting), (SELECT count(*) FROM value), (SELECT count(*) FROM raw), (SELECT count(*) FROM act),"
        " (SELECT count(*) FROM progress WHERE NOT done), (SELECT user_version FROM pragma_user_version),"
        " (SELECT value FROM meta WHERE name='created'), (SELECT value FROM meta WHERE name='tool')";
    uint64_t *const number[] = { &ret->runs, &ret->unended, &ret->orgs, &ret->sources, &ret->sightings, &ret->rules, &ret->hosts, &ret->values,
                                 &ret->records, &ret->acts, &ret->undone };
    size_t created;
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, sql, &q, err);

    *ret = (struct sp_case_facts){ .bytes = sp_case_size(c->path, "") + sp_case_size(c->path, "-wal") };
    if (rc == 0)
        rc = sp_case_step(c, q, err);
    if (rc > 0) {
        for (size_t i = 0; i < sizeof number / sizeof *number; i++)
            *number[i] = (uint64_t)sp_col_int(q, (int)i);
        ret->version = sp_col_int(q, 11);
        sp_buf_clear(&c->text);
        sp_buf_str(&c->text, sp_col_text(q, 12));
        created = c->text.len;
        sp_buf_str(&c->text, sp_col_text(q, 13));
        ret->created = sp_str_cut(sp_buf_view(&c->text), 0, created);
        ret->tool = sp_str_cut(sp_buf_view(&c->text), created, c->text.len - created);
        rc = c->text.failed ? sp_error_nomem(err) : 0;
    }
    (void)sqlite3_finalize(q);
    return rc;
}
