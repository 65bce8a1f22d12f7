/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an open case and a filter. Out: rows in order, handed to the caller one by one. A statement lives as long as the call,
 * so that readers may be nested.
 */
#include <string.h>

#include "base/alloc.h"
#include "store/case_inner.h"
#include "store/case_query.h"

const char *sp_case_state_name(enum sp_case_state state)
{
    static const char *const name[] = { "running", "done", "interrupted", "failed" };

    return (unsigned)state < 4 ? name[state] : "unknown";
}

/* Steps through a statement; `each` sees every row. Finalizes. */
static int walk(struct sp_case *c, sqlite3_stmt *q, int (*each)(void *arg, sqlite3_stmt *q), void *arg, struct sp_error *err)
{
    int rc;

    while ((rc = sp_case_step(c, q, err)) > 0) {
        rc = each(arg, q);
        if (rc < 0)
            break;
    }
    (void)sqlite3_finalize(q);
    return rc < 0 ? rc : 0;
}

struct sp_time sp_col_time(sqlite3_stmt *q, int at)
{
    struct sp_time t = { 0 };

    if (sqlite3_column_type(q, at) == SQLITE_NULL)
        return t;
    t = (struct sp_time){ sp_col_int(q, at), (uint32_t)sp_col_int(q, at + 1), (uint8_t)sp_col_int(q, at + 2), true, true };
    if (t.nsec > 999999999 || t.digits > 9) /* a damaged case */
        t.nsec = t.digits = 0;
    return t;
}

/* ---- runs ---- */

struct run_to {
    int (*each)(void *arg, const struct sp_case_run *run);
    void *arg;
};

static int give_run(void *arg, sqlite3_stmt *q)
{
    const struct run_to *to = arg;
    struct sp_case_run run = {
        .id = sp_col_int(q, 0), .began_ns = sp_col_int(q, 1), .ended_ns = sp_col_int(q, 2), .state = (enum sp_case_state)sp_col_int(q, 3),
        .who = sp_col_text(q, 4), .host = sp_col_text(q, 5), .argv = sp_col_text(q, 6), .tool = sp_col_text(q, 7),
        .build = sp_col_text(q, 8), .summary = sp_col_text(q, 10), .sightings = (uint64_t)sp_col_int(q, 11),
    };

    (void)sp_col_digest(q, 9, &run.plan);
    return to->each(to->arg, &run);
}

int sp_case_runs(struct sp_case *c, int (*each)(void *arg, const struct sp_case_run *run), void *arg, struct sp_error *err)
{
    struct run_to to = { each, arg };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT r.id, began_ns, ended_ns, state, who, r.host, argv, tool, build, plan, summary, ifnull(n, 0) FROM run r"
                                " LEFT JOIN (SELECT run, count(*) AS n FROM sighting GROUP BY run) s ON s.run=r.id ORDER BY r.id", &q, err);

    return rc < 0 ? rc : walk(c, q, give_run, &to, err);
}

/* ---- sources ---- */

struct copy_to {
    int (*each)(void *arg, const struct sp_digest *raw, uint64_t count);
    void *arg;
};

static int give_copy(void *arg, sqlite3_stmt *q)
{
    const struct copy_to *to = arg;
    struct sp_digest raw;

    return sp_col_digest(q, 0, &raw) ? to->each(to->arg, &raw, (uint64_t)sp_col_int(q, 1)) : 0;
}

int sp_case_copies(struct sp_case *c, int64_t progress, int (*each)(void *arg, const struct sp_digest *raw, uint64_t count), void *arg, struct sp_error *err)
{
    struct copy_to to = { each, arg };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT raw, count FROM copy WHERE progress=?", &q, err);

    if (rc < 0)
        return rc;
    sp_bind_int(q, 1, progress);
    return walk(c, q, give_copy, &to, err);
}

struct reading_to {
    int (*each)(void *arg, const struct sp_case_reading *reading);
    void *arg;
};

static int give_reading(void *arg, sqlite3_stmt *q)
{
    const struct reading_to *to = arg;
    struct sp_case_reading r = {
        .run = sp_col_int(q, 0), .source = sp_col_int(q, 1), .org = sp_col_text(q, 2), .path = sp_col_text(q, 3),
        .bytes = (uint64_t)sp_col_int(q, 4), .mtime_ns = sp_col_int(q, 5), .type = sp_col_text(q, 7),
        .first = sp_col_time(q, 8), .last = sp_col_time(q, 11), .account = sp_col_text(q, 14), .sightings = (uint64_t)sp_col_int(q, 15),
        .done = sp_col_int(q, 16) != 0,
    };

    r.has_sha256 = sp_col_digest(q, 6, &r.sha256);
    return to->each(to->arg, &r);
}

int sp_case_readings(struct sp_case *c, bool latest, int (*each)(void *arg, const struct sp_case_reading *reading), void *arg, struct sp_error *err)
{
    struct reading_to to = { each, arg };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT r.run, r.source, o.org, o.path, bytes, mtime_ns, sha256, type, first_sec, first_nsec, first_digits, last_sec,"
                                " last_nsec, last_digits, account, ifnull(n, 0), done FROM reading r JOIN source o ON o.id=r.source"
                                " LEFT JOIN (SELECT source, count(*) AS n FROM sighting GROUP BY source) s ON s.source=r.source"
                                " WHERE NOT ?1 OR r.run=(SELECT max(run) FROM reading WHERE source=r.source) ORDER BY o.org, o.path, r.run", &q, err);

    if (rc < 0)
        return rc;
    sp_bind_int(q, 1, latest);
    return walk(c, q, give_reading, &to, err);
}

/* ---- rules ---- */

/* The row's texts, which are the statement's, into c->text: a statement that stays open would keep others from writing. */
static int own_texts(struct sp_case *c, sqlite3_stmt *q, struct sp_case_rule *r, struct sp_error *err)
{
    struct sp_str *const text[] = { &r->id, &r->title, &r->status, &r->tags, &r->logsource, &r->file, &r->document };
    enum { TEXTS = sizeof text / sizeof *text };
    size_t before;
    const char *at;
    int rc = 0;

    sp_buf_clear(&c->text);
    for (int i = 0; i < TEXTS - 1; i++)
        sp_buf_str(&c->text, *text[i]);
    before = c->text.len;
    if (sqlite3_column_type(q, 10) != SQLITE_NULL)
        rc = sp_case_piece_get(c, &(struct sp_case_piece){ sp_col_int(q, 10), (uint64_t)sp_col_int(q, 11), (uint64_t)sp_col_int(q, 12) }, &c->text, err);
    if (c->text.failed)
        rc = sp_error_nomem(err);
    r->document.len = rc < 0 ? 0 : c->text.len - before;
    at = sp_buf_view(&c->text).ptr;
    for (int i = 0; i < TEXTS; i++) {
        text[i]->ptr = at;
        at += text[i]->len;
    }
    return rc;
}

int sp_case_rule_get(struct sp_case *c, int64_t row, struct sp_case_rule *ret, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_RULE_GET, "SELECT id, sha256, rule_id, title, level, status, tags, logsource, file, line, block, at, size FROM rule WHERE id=?", err);
    int rc;

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, row);
    rc = sp_case_step(c, q, err);
    if (rc > 0) {
        *ret = sp_case_rule_row(q);
        rc = own_texts(c, q, ret, err);
    } else if (rc == 0) {
        rc = sp_error_set(err, SP_ERR_NOT_FOUND, "no rule %lld in the case", (long long)row);
        sp_error_where(err, "%s", c->path);
    }
    (void)sqlite3_reset(q);
    return rc;
}

/* ---- one sighting ---- */

struct value_to {
    int (*each)(void *arg, struct sp_str type, struct sp_str value);
    void *arg;
};

static int give_value(void *arg, sqlite3_stmt *q)
{
    const struct value_to *to = arg;

    return to->each(to->arg, sp_col_text(q, 0), sp_col_text(q, 1));
}

int sp_case_values_of(struct sp_case *c, int64_t row, int (*each)(void *arg, struct sp_str type, struct sp_str value), void *arg, struct sp_error *err)
{
    struct value_to to = { each, arg };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT v.type, v.value FROM carries a JOIN value v ON v.id=a.value WHERE a.sighting=? ORDER BY v.type, v.value", &q, err);

    if (rc < 0)
        return rc;
    sp_bind_int(q, 1, row);
    return walk(c, q, give_value, &to, err);
}

int sp_case_raw(struct sp_case *c, const struct sp_digest *sha256, struct sp_str *ret, struct sp_error *err)
{
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT block, at, size FROM raw WHERE sha256=?", &q, err);

    if (rc < 0)
        return rc;
    sp_bind_digest(q, 1, sha256);
    rc = sp_case_step(c, q, err);
    sp_buf_clear(&c->raw);
    if (rc > 0)
        rc = sp_case_piece_get(c, &(struct sp_case_piece){ sp_col_int(q, 0), (uint64_t)sp_col_int(q, 1), (uint64_t)sp_col_int(q, 2) }, &c->raw, err);
    else if (rc == 0)
        rc = sp_error_set(err, SP_ERR_NOT_FOUND, "the case does not have the bytes of this record");
    *ret = sp_buf_view(&c->raw);
    (void)sqlite3_finalize(q);
    return rc;
}

/* ---- acts ---- */

struct act_to {
    int (*each)(void *arg, const struct sp_case_act *act);
    void *arg;
};

static int give_act(void *arg, sqlite3_stmt *q)
{
    const struct act_to *to = arg;
    struct sp_case_act act = {
        .row = sp_col_int(q, 0), .time_ns = sp_col_int(q, 1), .who = sp_col_text(q, 2), .host = sp_col_text(q, 3), .kind = sp_col_text(q, 4),
        .target = sp_col_text(q, 5), .text = sp_col_text(q, 6), .why = sp_col_text(q, 7), .until = sp_col_text(q, 8), .more = sp_col_text(q, 9),
    };

    return to->each(to->arg, &act);
}

int sp_case_acts(struct sp_case *c, struct sp_str kind, struct sp_str target, int (*each)(void *arg, const struct sp_case_act *act), void *arg, struct sp_error *err)
{
    struct act_to to = { each, arg };
    sqlite3_stmt *q;
    int rc = sp_case_prepare(c, "SELECT id, time_ns, who, host, kind, target, text, why, until, more FROM act WHERE (?1 IS NULL OR kind=?1)"
                                " AND (?2 IS NULL OR target=?2) ORDER BY id", &q, err);

    if (rc < 0)
        return rc;
    sp_bind_str(q, 1, kind);
    sp_bind_str(q, 2, target);
    return walk(c, q, give_act, &to, err);
}
