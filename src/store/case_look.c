/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a filter. Out: sightings in their order, and tables over them: rules, hosts, values.
 *
 * A look goes along the index of times, so that output begins at once and memory stays small; what has equal times is put in
 * order by SQLite. Lines are fetched when their turn has come, so that sorting never carries them.
 */
#include <string.h>

#include "base/alloc.h"
#include "store/case_inner.h"
#include "store/case_query.h"

enum { PARAMETERS_MAX = 24, PREFIX_LEAST = 8 };

/* What a WHERE is made of. */
struct words {
    struct sp_buf sql;
    unsigned count;
    struct {
        enum { TEXT, NUMBER, BYTES } is;
        struct sp_str text;
        int64_t number;
    } p[PARAMETERS_MAX];
    struct sp_digest least, most; /* of the id */
};

static void with_text(struct words *w, const char *sql, struct sp_str text)
{
    if (!text.ptr)
        return;
    sp_buf_text(&w->sql, sql);
    w->p[w->count].is = TEXT;
    w->p[w->count++].text = text;
}

static void with_number(struct words *w, const char *sql, int64_t number)
{
    sp_buf_text(&w->sql, sql);
    w->p[w->count].is = NUMBER;
    w->p[w->count++].number = number;
}

static void with_bytes(struct words *w, const char *sql, const struct sp_digest *d)
{
    sp_buf_text(&w->sql, sql);
    w->p[w->count].is = BYTES;
    w->p[w->count++].text = (struct sp_str){ (const char *)d->bytes, sizeof d->bytes };
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The digests that begin with these digits. */
static bool span_of(struct sp_str prefix, struct sp_digest *least, struct sp_digest *most)
{
    memset(least, 0, sizeof *least);
    memset(most, 0xFF, sizeof *most);
    if (prefix.len > 2 * sizeof least->bytes)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        int d = hex(prefix.ptr[i]), up = i & 1 ? 0 : 4;

        if (d < 0)
            return false;
        least->bytes[i / 2] = (uint8_t)(least->bytes[i / 2] | d << up);
        most->bytes[i / 2] = (uint8_t)((most->bytes[i / 2] & ~(0xF << up)) | d << up);
    }
    return true;
}

static void with_times(struct words *w, const struct sp_case_filter *f)
{
    if (f->from.known) {
        with_number(w, " AND (s.no_time OR (s.sec, s.nsec) >= (?", f->from.sec);
        with_number(w, ",?))", f->from.nsec);
    }
    if (f->to.known) {
        with_number(w, " AND (s.no_time OR (s.sec, s.nsec) <= (?", f->to.sec);
        with_number(w, ",?))", f->to.nsec);
    }
}

static void with_value(struct words *w, const struct sp_case_filter *f)
{
    if (!f->value.ptr && !f->value_type.ptr)
        return;
    sp_buf_text(&w->sql, " AND s.id IN (SELECT a.sighting FROM value v JOIN carries a ON a.value=v.id WHERE 1");
    with_text(w, " AND v.type=?", f->value_type);
    with_text(w, " AND v.value=?", f->value);
    sp_buf_text(&w->sql, ")");
}

static void where(struct words *w, const struct sp_case_filter *f)
{
    sp_buf_text(&w->sql, " WHERE 1");
    with_text(w, " AND o.org=?", f->org);
    with_text(w, " AND o.path=?", f->source);
    with_text(w, " AND r.rule_id=?", f->rule_id);
    with_text(w, " AND instr(lower(r.title), lower(?))", f->title);
    with_text(w, " AND s.host=? COLLATE NOCASE", f->host);
    with_text(w, " AND s.user=? COLLATE NOCASE", f->user);
    with_text(w, " AND s.session=?", f->session);
    if (f->level_least)
        with_number(w, " AND r.level>=?", f->level_least);
    if (f->run_since)
        with_number(w, " AND s.run>=?", f->run_since);
    with_times(w, f);
    with_value(w, f);
    if (!f->id_prefix.ptr)
        return;
    if (span_of(f->id_prefix, &w->least, &w->most)) {
        with_bytes(w, " AND s.sha256>=?", &w->least);
        with_bytes(w, " AND s.sha256<=?", &w->most);
    } else {
        sp_buf_text(&w->sql, " AND 0");
    }
}

static bool bind(sqlite3_stmt *q, const struct words *w)
{
    bool all = true;

    for (unsigned i = 0; i < w->count; i++)
        if (w->p[i].is == NUMBER)
            sp_bind_int(q, (int)i + 1, w->p[i].number);
        else if (w->p[i].is == BYTES) /* the words die before the statement runs */
            all &= sqlite3_bind_blob64(q, (int)i + 1, w->p[i].text.ptr, w->p[i].text.len, SQLITE_TRANSIENT) == SQLITE_OK;
        else
            sp_bind_str(q, (int)i + 1, w->p[i].text);
    return all;
}

int sp_case_query(struct sp_case *c, const char *select, const struct sp_case_filter *filter, const char *tail, sqlite3_stmt **ret, struct sp_error *err)
{
    static const struct sp_case_filter all;
    struct words w = { .count = 0 };
    int rc;

    *ret = NULL;
    sp_buf_text(&w.sql, select);
    where(&w, filter ? filter : &all);
    sp_buf_text(&w.sql, tail);
    if (filter && filter->limit)
        with_number(&w, " LIMIT ?", filter->limit > INT64_MAX ? INT64_MAX : (int64_t)filter->limit);
    sp_buf_char(&w.sql, '\0');
    rc = w.sql.failed ? sp_error_nomem(err) : sp_case_prepare(c, w.sql.ptr, ret, err);
    if (rc == 0 && !bind(*ret, &w)) {
        (void)sqlite3_finalize(*ret);
        *ret = NULL;
        rc = sp_error_nomem(err);
    }
    sp_buf_done(&w.sql);
    return rc;
}

/* ---- sightings ---- */

#define FROM "FROM sighting s CROSS JOIN source o ON o.id=s.source LEFT JOIN rule r ON r.id=s.rule"

static struct sp_case_sighting sighting_row(sqlite3_stmt *q)
{
    struct sp_case_sighting s = {
        .row = sp_col_int(q, 0), .run = sp_col_int(q, 2), .kind = sp_col_text(q, 3), .rule_row = sp_col_int(q, 4),
        .time = sp_col_time(q, 5), .source_row = sp_col_int(q, 8), .org = sp_col_text(q, 9), .source = sp_col_text(q, 10),
        .offset = (uint64_t)sp_col_int(q, 11), .length = (uint64_t)sp_col_int(q, 12), .record = (uint64_t)sp_col_int(q, 13),
        .copy = (uint64_t)sp_col_int(q, 15), .host = sp_col_str(q, 17), .user = sp_col_str(q, 18), .session = sp_col_str(q, 19),
        .rule_id = sp_col_text(q, 20), .title = sp_col_text(q, 21), .level = (uint32_t)sp_col_int(q, 22), .line = SP_STR_NONE,
    };

    (void)sp_col_digest(q, 1, &s.id);
    (void)sp_col_digest(q, 14, &s.event);
    (void)sp_col_digest(q, 16, &s.raw);
    return s;
}

int sp_case_sightings(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_sighting *s), void *arg, struct sp_error *err)
{
    static const char select[] = "SELECT s.id, s.sha256, s.run, s.kind, s.rule, CASE s.no_time WHEN 0 THEN s.sec END, s.nsec, s.digits, s.source, o.org,"
                                 " o.path, s.offset, s.length, s.record, s.event, s.copy, (SELECT sha256 FROM raw WHERE id=s.raw), s.host, s.user, s.session,"
                                 " r.rule_id, r.title, r.level, s.block, s.line_at, s.line_size " FROM;
    bool backward = filter && filter->backward;
    const char *tail = backward ? " ORDER BY s.no_time DESC, s.sec DESC, s.nsec DESC, o.org DESC, o.path DESC, s.offset DESC, r.rule_id DESC, r.file DESC, r.line DESC, s.sha256 DESC"
                                : " ORDER BY s.no_time, s.sec, s.nsec, o.org, o.path, s.offset, r.rule_id, r.file, r.line, s.sha256";
    struct sp_buf line = { 0 }; /* not the case's: `each` may read others */
    sqlite3_stmt *q;
    int rc = sp_case_query(c, select, filter, tail, &q, err);

    while (rc >= 0 && (rc = sp_case_step(c, q, err)) > 0) {
        struct sp_case_sighting s = sighting_row(q);

        if (filter && filter->with_line) {
            sp_buf_clear(&line);
            rc = sp_case_piece_get(c, &(struct sp_case_piece){ sp_col_int(q, 23), (uint64_t)sp_col_int(q, 24), (uint64_t)sp_col_int(q, 25) }, &line, err);
            s.line = sp_buf_view(&line);
        } else {
            rc = 0;
        }
        if (rc == 0)
            rc = each(arg, &s);
    }
    (void)sqlite3_finalize(q);
    sp_buf_done(&line);
    return rc;
}

int sp_case_count(struct sp_case *c, const struct sp_case_filter *filter, uint64_t *ret, struct sp_error *err)
{
    struct sp_case_filter f = filter ? *filter : (struct sp_case_filter){ 0 };
    sqlite3_stmt *q;
    int64_t n = 0;
    int rc;

    f.limit = 0;
    rc = sp_case_query(c, "SELECT count(*) " FROM, &f, "", &q, err);
    if (rc == 0)
        rc = sp_case_number(c, q, 0, &n, err);
    (void)sqlite3_finalize(q);
    *ret = (uint64_t)n;
    return rc;
}

struct found {
    unsigned count;
    struct sp_digest id[2];
};

static int note_id(void *arg, const struct sp_case_sighting *s)
{
    struct found *f = arg;

    f->id[f->count++] = s->id;
    return 0;
}

static int not_one(struct sp_case *c, struct sp_str prefix, const struct found *f, struct sp_error *err)
{
    char a[65], b[65];

    if (f->count == 0) {
        sp_error_set(err, SP_ERR_NOT_FOUND, "the case has no sighting that begins with '%.*s'", (int)prefix.len, prefix.ptr);
        sp_error_where(err, "%s", c->path);
        sp_error_cure(err, "`spoor show sightings` lists them");
        return SP_ERR_NOT_FOUND;
    }
    sp_digest_hex(&f->id[0], a);
    sp_digest_hex(&f->id[1], b);
    sp_error_set(err, SP_ERR_USAGE, "several sightings begin with '%.*s': %.20s..., %.20s...", (int)prefix.len, prefix.ptr, a, b);
    sp_error_where(err, "%s", c->path);
    sp_error_cure(err, "give more digits");
    return SP_ERR_USAGE;
}

int sp_case_sighting_find(struct sp_case *c, struct sp_str prefix, int (*each)(void *arg, const struct sp_case_sighting *s), void *arg, struct sp_error *err)
{
    struct sp_case_filter filter = { .id_prefix = prefix, .limit = 2 };
    struct sp_digest least, most;
    struct found found = { 0 };
    int rc;

    if (prefix.len < PREFIX_LEAST || !span_of(prefix, &least, &most)) {
        sp_error_set(err, SP_ERR_USAGE, "'%.*s' is no id", (int)(prefix.len < 70 ? prefix.len : 70), prefix.ptr);
        sp_error_cure(err, "give the first %d or more of its 64 hexadecimal digits", PREFIX_LEAST);
        return SP_ERR_USAGE;
    }
    rc = sp_case_sightings(c, &filter, note_id, &found, err);
    if (rc == 0 && found.count != 1)
        return not_one(c, prefix, &found, err);
    filter.with_line = true;
    return rc < 0 ? rc : sp_case_sightings(c, &filter, each, arg, err);
}

/* ---- rules ---- */

#define TIMES "min(CASE s.no_time WHEN 0 THEN s.sec END), 0, 0, max(CASE s.no_time WHEN 0 THEN s.sec END), 0, 0"

struct sp_case_rule sp_case_rule_row(sqlite3_stmt *q)
{
    struct sp_case_rule r = {
        .row = sp_col_int(q, 0), .id = sp_col_text(q, 2), .title = sp_col_text(q, 3), .level = (uint32_t)sp_col_int(q, 4),
        .status = sp_col_text(q, 5), .tags = sp_col_text(q, 6), .logsource = sp_col_text(q, 7), .file = sp_col_text(q, 8),
        .line = (uint32_t)sp_col_int(q, 9), .document = SP_STR_NONE,
    };

    (void)sp_col_digest(q, 1, &r.sha256);
    return r;
}

int sp_case_rules(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_rule *rule), void *arg, struct sp_error *err)
{
    sqlite3_stmt *q;
    int rc = sp_case_query(c, "SELECT r.id, r.sha256, r.rule_id, r.title, r.level, r.status, r.tags, r.logsource, r.file, r.line, count(*),"
                              " count(DISTINCT s.host), " TIMES " " FROM,
                           filter, " AND r.id IS NOT NULL GROUP BY r.id ORDER BY r.level DESC, count(*), r.title, r.rule_id, r.sha256", &q, err);

    while (rc >= 0 && (rc = sp_case_step(c, q, err)) > 0) {
        struct sp_case_rule r = sp_case_rule_row(q);

        r.sightings = (uint64_t)sp_col_int(q, 10);
        r.hosts = (uint64_t)sp_col_int(q, 11);
        r.first = sp_col_time(q, 12);
        r.last = sp_col_time(q, 15);
        rc = each(arg, &r);
    }
    (void)sqlite3_finalize(q);
    return rc;
}

/* ---- hosts ---- */

int sp_case_hosts(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_host *host), void *arg, struct sp_error *err)
{
    sqlite3_stmt *q;
    int rc = sp_case_query(c, "SELECT o.org, s.host, count(*), count(DISTINCT s.rule), max(r.level), " TIMES " " FROM, filter,
                           " GROUP BY o.org, s.host ORDER BY o.org, s.host", &q, err);

    while (rc >= 0 && (rc = sp_case_step(c, q, err)) > 0) {
        struct sp_case_host h = { .org = sp_col_text(q, 0), .host = sp_col_str(q, 1), .sightings = (uint64_t)sp_col_int(q, 2),
                                  .rules = (uint64_t)sp_col_int(q, 3), .level = (uint32_t)sp_col_int(q, 4), .first = sp_col_time(q, 5),
                                  .last = sp_col_time(q, 8) };

        rc = each(arg, &h);
    }
    (void)sqlite3_finalize(q);
    return rc;
}

/* ---- values ---- */

int sp_case_values(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_value_count *value), void *arg, struct sp_error *err)
{
    sqlite3_stmt *q;
    int rc = sp_case_query(c, "SELECT w.type, w.value, count(*), count(DISTINCT s.host), count(DISTINCT o.org), " TIMES " " FROM
                              " JOIN carries b ON b.sighting=s.id JOIN value w ON w.id=b.value",
                           filter, " GROUP BY w.type, w.value ORDER BY w.type, w.value", &q, err);

    while (rc >= 0 && (rc = sp_case_step(c, q, err)) > 0) {
        struct sp_case_value_count v = { .type = sp_col_text(q, 0), .value = sp_col_text(q, 1), .sightings = (uint64_t)sp_col_int(q, 2),
                                         .hosts = (uint64_t)sp_col_int(q, 3), .orgs = (uint64_t)sp_col_int(q, 4), .first = sp_col_time(q, 5),
                                         .last = sp_col_time(q, 8) };

        rc = each(arg, &v);
    }
    (void)sqlite3_finalize(q);
    return rc;
}
