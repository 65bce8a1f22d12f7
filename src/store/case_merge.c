/* SPDX-License-Identifier: Apache-2.0
 *
 * In: two open cases. Out: what one holds, in the other. Rows have other numbers there, so each kind is found by what it is: runs and
 * acts by their key, sources by (org, path), rules by their document, sightings by their id. Written in portions: a merge that is
 * broken off and repeated ends in the same case.
 */
#include <string.h>

#include "base/alloc.h"
#include "store/case_inner.h"

enum { PORTION = 4096 }; /* sightings a transaction */

/* Row here to row there, by rising `from`. */
struct pair {
    int64_t from, into;
};

struct map {
    struct pair *pair; /* owned */
    size_t count;
    uint32_t room;
};

struct merge {
    struct sp_case *into, *from;
    struct sp_case_merged *ret;
    struct sp_error *err;
    struct map run, source, rule;
    struct sp_case_value *value; /* owned; of the sighting in hand */
    uint32_t value_room;
    size_t value_count;
    struct sp_buf texts;         /* of them */
    uint64_t portion;
    bool unbound;                /* memory ran out for a parameter, which stayed NULL */
};

static int add_pair(struct map *m, int64_t from, int64_t into)
{
    if (!sp_list_grow(&m->pair, m->count, &m->room, sizeof *m->pair))
        return SP_ERR_NOMEM;
    m->pair[m->count++] = (struct pair){ from, into };
    return 0;
}

/* 0: not there, in a damaged case. */
static int64_t there(const struct map *m, int64_t from)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (m->pair[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->count && m->pair[low].from == from ? m->pair[low].into : 0;
}

static int lost(struct merge *m)
{
    return sp_case_damaged(m->from, m->err, "a row refers to one that is not there");
}

/* One value of a row as the parameter of another. */
static void pass(struct merge *m, sqlite3_stmt *to, int at, sqlite3_stmt *from, int column)
{
    m->unbound |= sqlite3_bind_value(to, at, sqlite3_column_value(from, column)) != SQLITE_OK;
}

/* Each row of `select` here to `row`, with the statement `insert` there. */
static int each_row(struct merge *m, const char *select, const char *insert, int (*row)(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add))
{
    sqlite3_stmt *q = NULL, *add = NULL;
    int rc = sp_case_prepare(m->from, select, &q, m->err);

    if (rc == 0)
        rc = sp_case_prepare(m->into, insert, &add, m->err);
    while (rc >= 0 && (rc = sp_case_step(m->from, q, m->err)) > 0) {
        rc = row(m, q, add);
        if (rc >= 0 && m->unbound)
            rc = sp_error_nomem(m->err);
    }
    (void)sqlite3_finalize(q);
    (void)sqlite3_finalize(add);
    return rc;
}

static int copy_run(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    sqlite3_stmt *find = sp_case_kept(m->into, SP_Q_RUN_FIND, "SELECT id FROM run WHERE key=?", m->err);
    int64_t id;
    int rc;

    for (int i = 1; i < 12; i++)
        pass(m, add, i, q, i);
    rc = find ? sp_case_once(m->into, add, m->err) : SP_ERR_IO;
    if (rc < 0)
        return rc;
    m->ret->runs += (uint64_t)sqlite3_changes(m->into->db);
    pass(m, find, 1, q, 1);
    rc = sp_case_number(m->into, find, 0, &id, m->err);
    if (rc == 0 && add_pair(&m->run, sp_col_int(q, 0), id) < 0)
        rc = sp_error_nomem(m->err);
    return rc;
}

static int copy_source(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    struct sp_str org = sp_col_text(q, 1), path = sp_col_text(q, 2);
    int64_t had, id;
    int rc = sp_case_source_find(m->into, org, path, &had, m->err);

    (void)add;
    if (rc == 0)
        rc = sp_case_source(m->into, org, path, &id, m->err);
    m->ret->sources += rc == 0 && had == 0;
    if (rc == 0 && add_pair(&m->source, sp_col_int(q, 0), id) < 0)
        rc = sp_error_nomem(m->err);
    return rc;
}

static int copy_reading(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    int64_t run = there(&m->run, sp_col_int(q, 0)), source = there(&m->source, sp_col_int(q, 1));

    if (!run || !source)
        return lost(m);
    sp_bind_int(add, 1, run);
    sp_bind_int(add, 2, source);
    for (int i = 2; i < 14; i++)
        pass(m, add, i + 1, q, i);
    return sp_case_once(m->into, add, m->err);
}

static int copy_progress(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    int64_t source = there(&m->source, sp_col_int(q, 0));

    if (!source)
        return lost(m);
    sp_bind_int(add, 1, source);
    for (int i = 1; i < 8; i++)
        pass(m, add, i + 1, q, i);
    return sp_case_once(m->into, add, m->err);
}

static int copy_rule(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    struct sp_case_rule rule;
    int64_t row;
    int rc = sp_case_rule_get(m->from, sp_col_int(q, 0), &rule, m->err);

    (void)add;
    if (rc == 0)
        rc = sp_case_rule_put(m->into, &rule, &row, m->err);
    if (rc == 0 && add_pair(&m->rule, rule.row, row) < 0)
        rc = sp_error_nomem(m->err);
    return rc;
}

static int copy_act(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *add)
{
    int rc;

    for (int i = 0; i < 10; i++)
        pass(m, add, i + 1, q, i);
    rc = sp_case_once(m->into, add, m->err);
    m->ret->acts += rc == 0 ? (uint64_t)sqlite3_changes(m->into->db) : 0;
    return rc;
}

/* ---- sightings ---- */

static int note_value(void *arg, struct sp_str type, struct sp_str value)
{
    struct merge *m = arg;

    if (!sp_list_grow(&m->value, m->value_count, &m->value_room, sizeof *m->value))
        return sp_error_nomem(m->err);
    m->value[m->value_count++] = (struct sp_case_value){ { NULL, type.len }, { NULL, value.len } };
    sp_buf_str(&m->texts, type);
    sp_buf_str(&m->texts, value);
    return m->texts.failed ? sp_error_nomem(m->err) : 0;
}

/* The texts have their place now. */
static void settle_values(struct merge *m)
{
    const char *at = sp_buf_view(&m->texts).ptr;

    for (size_t i = 0; i < m->value_count; i++) {
        m->value[i].type.ptr = at;
        at += m->value[i].type.len;
        m->value[i].value.ptr = at;
        at += m->value[i].value.len;
    }
}

/* What has been put so far is kept whatever comes. */
static int next_portion(struct merge *m)
{
    int rc;

    if (++m->portion % PORTION)
        return 0;
    rc = sp_case_commit(m->into, m->err);
    return rc < 0 ? rc : sp_case_begin(m->into, m->err);
}

static int copy_sighting(void *arg, const struct sp_case_sighting *one)
{
    struct merge *m = arg;
    struct sp_case_sighting s = *one;
    struct sp_error none;
    bool fresh;
    int rc;

    s.run = there(&m->run, one->run);
    s.source_row = there(&m->source, one->source_row);
    s.rule_row = there(&m->rule, one->rule_row);
    if (!s.run || !s.source_row || (one->rule_row && !s.rule_row))
        return lost(m);
    m->value_count = 0;
    sp_buf_clear(&m->texts);
    rc = sp_case_values_of(m->from, one->row, note_value, m, m->err);
    if (rc < 0)
        return rc;
    settle_values(m);
    s.value = m->value;
    s.value_count = m->value_count;
    rc = sp_case_raw(m->from, &one->raw, &s.raw_bytes, &none);
    if (rc == SP_ERR_NOT_FOUND)
        s.raw_bytes = (struct sp_str){ NULL, 0 };
    else if (rc < 0)
        return *m->err = none, rc;
    rc = sp_case_sighting_put(m->into, &s, &fresh, m->err);
    m->ret->sightings += rc == 0 && fresh;
    return rc < 0 ? rc : next_portion(m);
}

static int copy_all(struct merge *m)
{
    const struct sp_case_filter all = { .with_line = true };
    int rc = each_row(m, "SELECT id, key, began_ns, ended_ns, state, who, host, argv, tool, build, plan, summary FROM run ORDER BY id",
                      "INSERT OR IGNORE INTO run(key, began_ns, ended_ns, state, who, host, argv, tool, build, plan, summary) VALUES(?,?,?,?,?,?,?,?,?,?,?)", copy_run);

    if (rc == 0)
        rc = each_row(m, "SELECT id, org, path FROM source ORDER BY id", "SELECT 1", copy_source);
    if (rc == 0)
        rc = each_row(m, "SELECT run, source, bytes, mtime_ns, done, sha256, type, first_sec, first_nsec, first_digits, last_sec, last_nsec, last_digits, account FROM reading",
                      "INSERT OR IGNORE INTO reading(run, source, bytes, mtime_ns, done, sha256, type, first_sec, first_nsec, first_digits, last_sec, last_nsec,"
                      " last_digits, account) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", copy_reading);
    if (rc == 0)
        rc = each_row(m, "SELECT id FROM rule ORDER BY id", "SELECT 1", copy_rule);
    if (rc == 0)
        rc = each_row(m, "SELECT key, time_ns, who, host, kind, target, text, why, until, more FROM act ORDER BY id",
                      "INSERT OR IGNORE INTO act(key, time_ns, who, host, kind, target, text, why, until, more) VALUES(?,?,?,?,?,?,?,?,?,?)", copy_act);
    if (rc == 0)
        rc = sp_case_sightings(m->from, &all, copy_sighting, m, m->err);
    if (rc == 0) /* last: a source is done where its sightings are in */
        rc = each_row(m, "SELECT source, plan, bytes, mtime_ns, head, sha256, lost, next FROM progress WHERE done",
                      "INSERT OR IGNORE INTO progress(source, plan, bytes, mtime_ns, head, sha256, lost, next, done) VALUES(?,?,?,?,?,?,?,?,1)", copy_progress);
    return rc;
}

int sp_case_take(struct sp_case *into, struct sp_case *from, struct sp_case_merged *ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct merge m = { .into = into, .from = from, .ret = ret, .err = err ? err : &ignored };
    int rc = sp_case_begin(into, m.err);

    if (rc == 0)
        rc = copy_all(&m);
    if (rc == 0)
        rc = sp_case_commit(into, m.err);
    else
        sp_case_rollback(into);
    sp_free(m.run.pair);
    sp_free(m.source.pair);
    sp_free(m.rule.pair);
    sp_free(m.value);
    sp_buf_done(&m.texts);
    return rc;
}
