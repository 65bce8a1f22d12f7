/* SPDX-License-Identifier: Apache-2.0
 *
 * In: runs, sources, rules, sightings. Out: rows, inside of the transaction that the caller has begun. Each thing is found
 * by what it is (key, path, digest) before it is added, so that saying it twice is saying it once.
 */
#include <string.h>
#include <sys/random.h>

#include "store/case_inner.h"

/* The key of a run or an act, by which a merge knows it again in another case: the first column. */
static int bind_new_key(sqlite3_stmt *q, struct sp_error *err)
{
    unsigned char key[16];

    if (getrandom(key, sizeof key, 0) != sizeof key)
        return sp_error_set(err, SP_ERR_IO, "the system gives no random numbers");
    if (sqlite3_bind_blob(q, 1, key, sizeof key, SQLITE_TRANSIENT) != SQLITE_OK) /* a copy: the key lives no longer than this */
        return sp_error_nomem(err);
    return 0;
}

/* ---- runs ---- */

int sp_case_run_begin(struct sp_case *c, const struct sp_case_run *run, int64_t *ret_id, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_RUN_BEGIN, "INSERT INTO run(key, began_ns, state, who, host, argv, tool, build, plan) VALUES(?,?,?,?,?,?,?,?,?)", err);
    int rc = q ? bind_new_key(q, err) : SP_ERR_IO;

    if (rc < 0)
        return rc;
    sp_bind_int(q, 2, run->began_ns);
    sp_bind_int(q, 3, SP_RUN_RUNNING);
    sp_bind_str(q, 4, run->who);
    sp_bind_str(q, 5, run->host);
    sp_bind_str(q, 6, run->argv);
    sp_bind_str(q, 7, run->tool);
    sp_bind_str(q, 8, run->build);
    sp_bind_digest(q, 9, &run->plan);
    rc = sp_case_once(c, q, err);
    if (rc == 0)
        *ret_id = sqlite3_last_insert_rowid(c->db);
    return rc;
}

int sp_case_run_end(struct sp_case *c, int64_t id, enum sp_case_state state, int64_t ended_ns, struct sp_str summary, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_RUN_END, "UPDATE run SET state=?2, ended_ns=?3, summary=?4 WHERE id=?1", err);

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, id);
    sp_bind_int(q, 2, state);
    sp_bind_int(q, 3, ended_ns);
    sp_bind_str(q, 4, summary.len ? summary : (struct sp_str){ NULL, 0 });
    return sp_case_once(c, q, err);
}

/* ---- sources ---- */

int sp_case_source_find(struct sp_case *c, struct sp_str org, struct sp_str path, int64_t *ret_id, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_SOURCE_FIND, "SELECT id FROM source WHERE org=? AND path=?", err);

    if (!q)
        return SP_ERR_IO;
    sp_bind_str(q, 1, org);
    sp_bind_str(q, 2, path);
    return sp_case_number(c, q, 0, ret_id, err);
}

int sp_case_source(struct sp_case *c, struct sp_str org, struct sp_str path, int64_t *ret_id, struct sp_error *err)
{
    sqlite3_stmt *add;
    int rc = sp_case_source_find(c, org, path, ret_id, err);

    if (rc < 0 || *ret_id)
        return rc;
    add = sp_case_kept(c, SP_Q_SOURCE_ADD, "INSERT INTO source(org, path) VALUES(?,?)", err);
    if (!add)
        return SP_ERR_IO;
    sp_bind_str(add, 1, org);
    sp_bind_str(add, 2, path);
    rc = sp_case_once(c, add, err);
    if (rc == 0)
        *ret_id = sqlite3_last_insert_rowid(c->db);
    return rc;
}

int sp_case_progress_get(struct sp_case *c, int64_t source, const struct sp_digest *plan, struct sp_case_progress *ret, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_PROGRESS_GET, "SELECT id, bytes, mtime_ns, head, sha256, done, next, state, lost FROM progress WHERE source=? AND plan=?", err);
    int rc;

    *ret = (struct sp_case_progress){ .state = SP_STR_NONE };
    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, source);
    sp_bind_digest(q, 2, plan);
    rc = sp_case_step(c, q, err);
    if (rc > 0) {
        struct sp_str state = sp_col_text(q, 7);

        ret->id = sp_col_int(q, 0);
        ret->stamp.bytes = (uint64_t)sp_col_int(q, 1);
        ret->stamp.mtime_ns = sp_col_int(q, 2);
        (void)sp_col_digest(q, 3, &ret->stamp.head);
        ret->has_sha256 = sp_col_digest(q, 4, &ret->sha256);
        ret->done = sp_col_int(q, 5) != 0;
        ret->next = (uint64_t)sp_col_int(q, 6);
        ret->lost = sp_col_int(q, 8) != 0;
        sp_buf_clear(&c->text); /* outlives the statement */
        sp_buf_str(&c->text, state);
        ret->state = sp_buf_view(&c->text);
        if (c->text.failed)
            rc = sp_error_nomem(err);
    }
    (void)sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

static int drop_copies(struct sp_case *c, int64_t progress, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_COPY_DROP, "DELETE FROM copy WHERE progress=?", err);

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, progress);
    return sp_case_once(c, q, err);
}

int sp_case_progress_begin(struct sp_case *c, int64_t source, const struct sp_digest *plan, const struct sp_case_stamp *stamp, int64_t *ret_id, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_PROGRESS_BEGIN,
                                   "INSERT INTO progress(source, plan, bytes, mtime_ns, head, done, lost, next) VALUES(?,?,?,?,?,0,0,0)"
                                   " ON CONFLICT(source, plan) DO UPDATE SET bytes=excluded.bytes, mtime_ns=excluded.mtime_ns, head=excluded.head,"
                                   " sha256=NULL, done=0, lost=0, next=0, state=NULL RETURNING id", err);
    int rc;

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, source);
    sp_bind_digest(q, 2, plan);
    sp_bind_int(q, 3, (int64_t)stamp->bytes);
    sp_bind_int(q, 4, stamp->mtime_ns);
    sp_bind_digest(q, 5, &stamp->head);
    rc = sp_case_number(c, q, 0, ret_id, err);
    return rc < 0 ? rc : drop_copies(c, *ret_id, err);
}

int sp_case_progress_set(struct sp_case *c, const struct sp_case_progress *p, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_PROGRESS_SET, "UPDATE progress SET bytes=?2, mtime_ns=?3, head=?4, sha256=?5, done=?6, next=?7, state=?8, lost=?9 WHERE id=?1", err);
    int rc;

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, p->id);
    sp_bind_int(q, 2, (int64_t)p->stamp.bytes);
    sp_bind_int(q, 3, p->stamp.mtime_ns);
    sp_bind_digest(q, 4, &p->stamp.head);
    if (p->has_sha256)
        sp_bind_digest(q, 5, &p->sha256);
    else
        (void)sqlite3_bind_null(q, 5);
    sp_bind_int(q, 6, p->done);
    sp_bind_int(q, 7, (int64_t)p->next);
    sp_bind_str(q, 8, p->done ? (struct sp_str){ NULL, 0 } : p->state);
    sp_bind_int(q, 9, p->lost);
    rc = sp_case_once(c, q, err);
    return rc == 0 && p->done ? drop_copies(c, p->id, err) : rc;
}

int sp_case_copy_set(struct sp_case *c, int64_t progress, const struct sp_digest *raw, uint64_t count, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_COPY_SET, "INSERT OR REPLACE INTO copy(progress, raw, count) VALUES(?,?,?)", err);

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, progress);
    sp_bind_digest(q, 2, raw);
    sp_bind_int(q, 3, (int64_t)count);
    return sp_case_once(c, q, err);
}

static void bind_time(sqlite3_stmt *q, int at, struct sp_time t)
{
    if (!t.known)
        return;
    sp_bind_int(q, at, t.sec);
    sp_bind_int(q, at + 1, t.nsec);
    sp_bind_int(q, at + 2, t.digits);
}

int sp_case_reading_set(struct sp_case *c, const struct sp_case_reading *r, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_READING_SET,
                                   "INSERT OR REPLACE INTO reading(run, source, bytes, mtime_ns, sha256, type, first_sec, first_nsec, first_digits,"
                                   " last_sec, last_nsec, last_digits, account, done) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", err);

    if (!q)
        return SP_ERR_IO;
    (void)sqlite3_clear_bindings(q);
    sp_bind_int(q, 1, r->run);
    sp_bind_int(q, 2, r->source);
    sp_bind_int(q, 3, (int64_t)r->bytes);
    sp_bind_int(q, 4, r->mtime_ns);
    if (r->has_sha256)
        sp_bind_digest(q, 5, &r->sha256);
    sp_bind_str(q, 6, r->type);
    bind_time(q, 7, r->first);
    bind_time(q, 10, r->last);
    sp_bind_str(q, 13, r->account);
    sp_bind_int(q, 14, r->done);
    return sp_case_once(c, q, err);
}

static void bind_piece(sqlite3_stmt *q, int at, const struct sp_case_piece *piece)
{
    sp_bind_int(q, at, piece->block);
    sp_bind_int(q, at + 1, (int64_t)piece->at);
    sp_bind_int(q, at + 2, (int64_t)piece->size);
}

/* ---- rules ---- */

int sp_case_rule_put(struct sp_case *c, const struct sp_case_rule *r, int64_t *ret_row, struct sp_error *err)
{
    sqlite3_stmt *find = sp_case_kept(c, SP_Q_RULE_FIND, "SELECT id FROM rule WHERE sha256=?", err), *add;
    struct sp_case_piece piece;
    int rc;

    if (!find)
        return SP_ERR_IO;
    sp_bind_digest(find, 1, &r->sha256);
    rc = sp_case_number(c, find, 0, ret_row, err);
    if (rc < 0 || *ret_row)
        return rc;
    add = sp_case_kept(c, SP_Q_RULE_ADD, "INSERT INTO rule(sha256, rule_id, title, level, status, tags, logsource, file, line, block, at, size) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", err);
    rc = !add ? SP_ERR_IO : r->document.len ? sp_case_piece_put(c, r->document, &piece, err) : 0;
    if (rc < 0)
        return rc;
    (void)sqlite3_clear_bindings(add);
    sp_bind_digest(add, 1, &r->sha256);
    sp_bind_str(add, 2, r->id);
    sp_bind_str(add, 3, r->title);
    sp_bind_int(add, 4, r->level);
    sp_bind_str(add, 5, r->status);
    sp_bind_str(add, 6, r->tags);
    sp_bind_str(add, 7, r->logsource);
    sp_bind_str(add, 8, r->file);
    sp_bind_int(add, 9, r->line);
    if (r->document.len)
        bind_piece(add, 10, &piece);
    rc = sp_case_once(c, add, err);
    if (rc == 0)
        *ret_row = sqlite3_last_insert_rowid(c->db);
    return rc;
}

/* ---- sightings ---- */

/* The row of the record's bytes, which the sightings of one event share; 0: there are none. */
static int put_raw(struct sp_case *c, const struct sp_case_sighting *s, int64_t *ret, struct sp_error *err)
{
    sqlite3_stmt *find = sp_case_kept(c, SP_Q_RAW_FIND, "SELECT id FROM raw WHERE sha256=?", err), *add;
    struct sp_case_piece piece;
    int rc;

    *ret = c->last_raw_row;
    if (c->last_raw_row && memcmp(&c->last_raw, &s->raw, sizeof s->raw) == 0)
        return 0;
    if (!find)
        return SP_ERR_IO;
    sp_bind_digest(find, 1, &s->raw);
    rc = sp_case_number(c, find, 0, ret, err);
    if (rc < 0 || (*ret == 0 && !s->raw_bytes.ptr))
        return rc;
    if (*ret == 0) {
        add = sp_case_kept(c, SP_Q_RAW_ADD, "INSERT INTO raw(sha256, block, at, size) VALUES(?,?,?,?)", err);
        rc = add ? sp_case_piece_put(c, s->raw_bytes, &piece, err) : SP_ERR_IO;
        if (rc < 0)
            return rc;
        sp_bind_digest(add, 1, &s->raw);
        bind_piece(add, 2, &piece);
        rc = sp_case_once(c, add, err);
        if (rc < 0)
            return rc;
        *ret = sqlite3_last_insert_rowid(c->db);
    }
    c->last_raw = s->raw;
    c->last_raw_row = *ret;
    return 0;
}

static int put_value(struct sp_case *c, int64_t row, const struct sp_case_value *v, struct sp_error *err)
{
    sqlite3_stmt *find = sp_case_kept(c, SP_Q_VALUE_FIND, "SELECT id FROM value WHERE type=? AND value=?", err), *add, *carry;
    int64_t id;
    int rc;

    if (!find)
        return SP_ERR_IO;
    sp_bind_str(find, 1, v->type);
    sp_bind_str(find, 2, v->value);
    rc = sp_case_number(c, find, 0, &id, err);
    if (rc < 0)
        return rc;
    if (!id) {
        add = sp_case_kept(c, SP_Q_VALUE_ADD, "INSERT INTO value(type, value) VALUES(?,?)", err);
        if (!add)
            return SP_ERR_IO;
        sp_bind_str(add, 1, v->type);
        sp_bind_str(add, 2, v->value);
        rc = sp_case_once(c, add, err);
        if (rc < 0)
            return rc;
        id = sqlite3_last_insert_rowid(c->db);
    }
    carry = sp_case_kept(c, SP_Q_CARRIES_ADD, "INSERT OR IGNORE INTO carries(sighting, value) VALUES(?,?)", err);
    if (!carry)
        return SP_ERR_IO;
    sp_bind_int(carry, 1, row);
    sp_bind_int(carry, 2, id);
    return sp_case_once(c, carry, err);
}

static int add_sighting(struct sp_case *c, const struct sp_case_sighting *s, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_SIGHTING_ADD,
                                   "INSERT INTO sighting(sha256, run, kind, rule, no_time, sec, nsec, digits, source, offset, length, record, event,"
                                   " copy, raw, host, user, session, block, line_at, line_size) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", err);
    struct sp_case_piece line;
    int64_t raw = 0, row;
    int rc = q ? put_raw(c, s, &raw, err) : SP_ERR_IO;

    if (rc == 0)
        rc = sp_case_piece_put(c, s->line, &line, err);
    if (rc < 0)
        return rc;
    (void)sqlite3_clear_bindings(q);
    sp_bind_digest(q, 1, &s->id);
    sp_bind_int(q, 2, s->run);
    sp_bind_str(q, 3, s->kind);
    if (s->rule_row)
        sp_bind_int(q, 4, s->rule_row);
    sp_bind_int(q, 5, !s->time.known);
    sp_bind_int(q, 6, s->time.known ? s->time.sec : 0);
    sp_bind_int(q, 7, s->time.known ? s->time.nsec : 0);
    sp_bind_int(q, 8, s->time.digits);
    sp_bind_int(q, 9, s->source_row);
    sp_bind_int(q, 10, (int64_t)s->offset);
    sp_bind_int(q, 11, (int64_t)s->length);
    sp_bind_int(q, 12, (int64_t)s->record);
    sp_bind_digest(q, 13, &s->event);
    sp_bind_int(q, 14, (int64_t)s->copy);
    if (raw)
        sp_bind_int(q, 15, raw);
    sp_bind_str(q, 16, s->host);
    sp_bind_str(q, 17, s->user);
    sp_bind_str(q, 18, s->session);
    bind_piece(q, 19, &line);
    rc = sp_case_once(c, q, err);
    row = sqlite3_last_insert_rowid(c->db);
    for (size_t i = 0; rc == 0 && i < s->value_count; i++)
        rc = put_value(c, row, &s->value[i], err);
    return rc;
}

static int set_line(struct sp_case *c, int64_t row, struct sp_str line, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_LINE_SET, "UPDATE sighting SET block=?2, line_at=?3, line_size=?4 WHERE id=?1", err);
    struct sp_case_piece piece;
    int rc = q ? sp_case_piece_put(c, line, &piece, err) : SP_ERR_IO;

    if (rc < 0)
        return rc;
    sp_bind_int(q, 1, row);
    bind_piece(q, 2, &piece);
    return sp_case_once(c, q, err);
}

/* The same sighting at another place: the smaller one is kept, with its line. */
static int move_sighting(struct sp_case *c, int64_t row, const struct sp_case_sighting *s, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_SIGHTING_MOVE,
                                   "UPDATE sighting SET source=?2, offset=?3, length=?4, record=?5 WHERE id=?1 AND"
                                   " ((SELECT path FROM source WHERE id=?2), ?3) < ((SELECT path FROM source WHERE id=sighting.source), offset)", err);
    int rc;

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, row);
    sp_bind_int(q, 2, s->source_row);
    sp_bind_int(q, 3, (int64_t)s->offset);
    sp_bind_int(q, 4, (int64_t)s->length);
    sp_bind_int(q, 5, (int64_t)s->record);
    rc = sp_case_once(c, q, err);
    return rc == 0 && sqlite3_changes(c->db) ? set_line(c, row, s->line, err) : rc;
}

int sp_case_sighting_put(struct sp_case *c, const struct sp_case_sighting *s, bool *ret_new, struct sp_error *err)
{
    sqlite3_stmt *find = sp_case_kept(c, SP_Q_SIGHTING_FIND, "SELECT id FROM sighting WHERE sha256=?", err);
    int64_t row;
    int rc;

    if (!find)
        return SP_ERR_IO;
    sp_bind_digest(find, 1, &s->id);
    rc = sp_case_number(c, find, 0, &row, err);
    if (rc < 0)
        return rc;
    *ret_new = row == 0;
    return row ? move_sighting(c, row, s, err) : add_sighting(c, s, err);
}

/* ---- acts ---- */

int sp_case_act_add(struct sp_case *c, const struct sp_case_act *a, int64_t *ret_row, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_ACT_ADD, "INSERT INTO act(key, time_ns, who, host, kind, target, text, why, until, more) VALUES(?,?,?,?,?,?,?,?,?,?)", err);
    const struct sp_str texts[] = { a->kind, a->target, a->text, a->why, a->until, a->more };
    int rc = q ? bind_new_key(q, err) : SP_ERR_IO;

    if (rc < 0)
        return rc;
    sp_bind_int(q, 2, a->time_ns);
    sp_bind_str(q, 3, a->who);
    sp_bind_str(q, 4, a->host);
    for (int i = 0; i < 6; i++)
        sp_bind_str(q, 5 + i, texts[i].ptr ? texts[i] : SP_STR_NONE);
    rc = sp_case_once(c, q, err);
    if (rc == 0)
        *ret_row = sqlite3_last_insert_rowid(c->db);
    return rc;
}
