/* SPDX-License-Identifier: Apache-2.0
 *
 * The store alone: what is put in comes out, once, in order, and foreign files are left alone.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case_plant.h"

static struct sp_case *opened(const char *name, enum sp_case_mode mode)
{
    struct sp_case *c = NULL;

    err = (struct sp_error){ 0 };
    if (sp_case_open(at(name), mode, NULL, &c, &err) < 0)
        tap_fail("%s: %s", err.where, err.what);
    return c;
}

static int open_code(const char *name, enum sp_case_mode mode)
{
    struct sp_case *c = NULL;
    int rc = sp_case_open(at(name), mode, NULL, &c, &err);

    sp_case_close(c);
    return rc;
}

static bool plant(struct sp_case *c, int64_t run, const struct planted *p)
{
    bool fresh = false;

    if (try_plant(c, run, p, &fresh) < 0)
        tap_fail("%s", err.what);
    return fresh;
}

static int64_t run_of(struct sp_case *c)
{
    int64_t id = 0;

    if (try_run(c, &id) < 0)
        tap_fail("%s", err.what);
    return id;
}

/* Ids of the sightings, as one text. */
struct seen {
    char text[512];
    char line[512];
    unsigned count;
};

static int see(void *arg, const struct sp_case_sighting *s)
{
    struct seen *seen = arg;
    size_t n = strlen(seen->text);

    (void)snprintf(seen->text + n, sizeof seen->text - n, "%s%.*s@%llu", n ? " " : "", SP_STR_ARG(s->source), (unsigned long long)s->offset);
    (void)snprintf(seen->line, sizeof seen->line, "%.*s", SP_STR_ARG(s->line));
    seen->count++;
    return 0;
}

static struct seen look(struct sp_case *c, const struct sp_case_filter *filter)
{
    struct seen seen = { { 0 }, { 0 }, 0 };

    if (sp_case_sightings(c, filter, see, &seen, &err) < 0)
        tap_fail("%s", err.what);
    return seen;
}

TEST(a_case_that_is_not_there_is_named)
{
    is_i64(open_code("none.case", SP_CASE_READ), SP_ERR_NOT_FOUND);
    is_text(err.where, at("none.case"));
    ok(access(at("none.case"), F_OK) != 0);
}

TEST(a_new_case_says_what_it_is)
{
    struct sp_case *c = opened("new.case", SP_CASE_CREATE);
    unsigned char head[100];
    int fd;

    sp_case_close(c);
    fd = open(at("new.case"), O_RDONLY);
    ok(read(fd, head, 100) == 100 && memcmp(head + 68, "SPOR", 4) == 0 && head[63] == SP_CASE_VERSION && head[18] == 2);
    close(fd);
    ok(access(at("new.case-wal"), F_OK) != 0);
}

TEST(a_text_and_a_foreign_database_are_left_alone)
{
    int fd = open(at("text.case"), O_WRONLY | O_CREAT, 0600);
    sqlite3 *db;
    struct stat before, after;

    ok(write(fd, "this is no database at all, and it goes on for a while so that there are more than a hundred bytes of it.", 105) == 105);
    close(fd);
    is_i64(open_code("text.case", SP_CASE_CREATE), SP_ERR_USAGE);
    ok(sqlite3_open(at("other.case"), &db) == SQLITE_OK && sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    ok(stat(at("other.case"), &before) == 0);
    is_i64(open_code("other.case", SP_CASE_CREATE), SP_ERR_USAGE);
    ok(stat(at("other.case"), &after) == 0 && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_size == after.st_size);
    is_i64(open_code("", SP_CASE_READ), SP_ERR_USAGE); /* the folder */
}

TEST(a_newer_case_is_refused_with_both_versions)
{
    sqlite3 *db;

    sp_case_close(opened("newer.case", SP_CASE_CREATE));
    ok(sqlite3_open(at("newer.case"), &db) == SQLITE_OK && sqlite3_exec(db, "PRAGMA user_version=2", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    is_i64(open_code("newer.case", SP_CASE_READ), SP_ERR_UNSUPPORTED);
    ok(strstr(err.what, "version 2") && strstr(err.what, "up to 1"));
}

TEST(triggers_are_refused)
{
    sqlite3 *db;

    sp_case_close(opened("trap.case", SP_CASE_CREATE));
    ok(sqlite3_open(at("trap.case"), &db) == SQLITE_OK &&
       sqlite3_exec(db, "CREATE TRIGGER t AFTER INSERT ON act BEGIN DELETE FROM sighting; END", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    is_i64(open_code("trap.case", SP_CASE_WRITE), SP_ERR_USAGE);
}

TEST(sightings_come_in_the_order_of_the_hunt)
{
    struct sp_case *c = opened("order.case", SP_CASE_CREATE);
    struct sp_case_filter limited = { .limit = 1, .with_line = true }, back = { .backward = true, .limit = 1 };
    int64_t run;

    is_i64(sp_case_begin(c, &err), 0);
    run = run_of(c);
    ok(plant(c, run, &(struct planted){ "acme", "z", "one", "r1", "pc1", 7, 0 }));
    ok(plant(c, run, &(struct planted){ "acme", "b", "two", "r1", "pc1", 7, 100 }));
    ok(plant(c, run, &(struct planted){ "acme", "B", "three", "r1", "pc2", 9, 100 }));
    ok(plant(c, run, &(struct planted){ "zeta", "A", "four", "r2", NULL, 1, 100 }));
    ok(plant(c, run, &(struct planted){ "zeta", "A", "five", "r1", NULL, 1, 100 }));
    ok(plant(c, run, &(struct planted){ "zeta", "a", "six", "r1", "PC1", 1, -5 }));
    is_i64(sp_case_commit(c, &err), 0);
    is_text(look(c, NULL).text, "a@1 B@9 b@7 A@1 A@1 z@7");
    is_text(look(c, &limited).text, "a@1");
    ok(strstr(look(c, &limited).line, "\"name\":\"six\"") != NULL);
    is_text(look(c, &back).text, "z@7");
    sp_case_close(c);
}

TEST(a_filter_holds_in_all_its_parts)
{
    struct sp_case *c = opened("order.case", SP_CASE_READ);

    is_u64(look(c, &(struct sp_case_filter){ .org = SP_STR("acme") }).count, 3);
    is_u64(look(c, &(struct sp_case_filter){ .host = SP_STR("pc1") }).count, 3);
    is_u64(look(c, &(struct sp_case_filter){ .host = SP_STR("pc1"), .org = SP_STR("zeta") }).count, 1);
    is_u64(look(c, &(struct sp_case_filter){ .rule_id = SP_STR("r2") }).count, 1);
    is_u64(look(c, &(struct sp_case_filter){ .title = SP_STR("R") }).count, 6);
    is_u64(look(c, &(struct sp_case_filter){ .value = SP_STR("192.0.2.1"), .value_type = SP_STR("ipv4") }).count, 6);
    is_u64(look(c, &(struct sp_case_filter){ .value = SP_STR("two") }).count, 1);
    is_u64(look(c, &(struct sp_case_filter){ .level_least = 5 }).count, 0);
    is_u64(look(c, &(struct sp_case_filter){ .run_since = 2 }).count, 0);
    is_u64(look(c, &(struct sp_case_filter){ .from = { .sec = 100, .known = true } }).count, 5); /* one has no time */
    is_u64(look(c, &(struct sp_case_filter){ .to = { .sec = 99, .known = true } }).count, 2);
    is_u64(look(c, &(struct sp_case_filter){ .source = SP_STR("A") }).count, 2);
    is_u64(look(c, &(struct sp_case_filter){ .id_prefix = SP_STR("zz") }).count, 0);
    sp_case_close(c);
}

TEST(a_sighting_in_two_places_is_kept_at_the_smaller)
{
    struct sp_case *c = opened("twice.case", SP_CASE_CREATE);
    struct sp_case_filter lines = { .with_line = true };
    int64_t run;

    is_i64(sp_case_begin(c, &err), 0);
    run = run_of(c);
    ok(plant(c, run, &(struct planted){ "acme", "b", "same", "r1", "pc1", 7, 100 }));
    ok(!plant(c, run, &(struct planted){ "acme", "c", "same", "r1", "pc1", 1, 100 }));
    is_text(look(c, &lines).text, "b@7");
    ok(!plant(c, run, &(struct planted){ "acme", "b", "same", "r1", "pc1", 3, 100 }));
    is_text(look(c, &lines).text, "b@3");
    ok(strstr(look(c, &lines).line, "\"offset\":3") != NULL);
    ok(!plant(c, run, &(struct planted){ "acme", "a", "same", "r1", "pc1", 9, 100 }));
    is_text(look(c, &lines).text, "a@9");
    sp_case_close(c);
}

TEST(what_is_not_committed_is_not_there)
{
    struct sp_case *c = opened("undone.case", SP_CASE_CREATE);
    uint64_t n;

    is_i64(sp_case_begin(c, &err), 0);
    (void)plant(c, run_of(c), &(struct planted){ "acme", "b", "gone", "r1", "pc1", 7, 100 });
    sp_case_rollback(c);
    ok(sp_case_count(c, NULL, &n, &err) == 0 && n == 0);
    is_i64(sp_case_begin(c, &err), 0); /* what the handle remembered of the record must be gone too */
    (void)plant(c, run_of(c), &(struct planted){ "acme", "b", "there", "r1", "pc1", 7, 100 });
    is_i64(sp_case_commit(c, &err), 0);
    sp_case_close(c);
    c = opened("undone.case", SP_CASE_READ);
    ok(sp_case_count(c, NULL, &n, &err) == 0 && n == 1);
    sp_case_close(c);
}

/* ---- progress, copies, acts, rules ---- */

static int count_copies(void *arg, const struct sp_digest *raw, uint64_t count)
{
    (void)raw;
    *(uint64_t *)arg += count;
    return 0;
}

TEST(progress_is_by_source_and_plan_and_begins_anew)
{
    struct sp_case *c = opened("progress.case", SP_CASE_CREATE);
    struct sp_case_stamp stamp = { 100, 7, digest_of("head") };
    struct sp_digest one = digest_of("plan 1"), two = digest_of("plan 2"), raw = digest_of("raw");
    struct sp_case_progress p;
    uint64_t copies = 0;
    int64_t source, id, again;

    is_i64(sp_case_begin(c, &err), 0);
    is_i64(sp_case_source(c, SP_STR("acme"), SP_STR("a.evtx"), &source, &err), 0);
    is_i64(sp_case_progress_get(c, source, &one, &p, &err), 0);
    is_i64(p.id, 0);
    is_i64(sp_case_progress_begin(c, source, &one, &stamp, &id, &err), 0);
    p = (struct sp_case_progress){ .id = id, .stamp = stamp, .next = 50, .state = SP_STR("state of mine") };
    is_i64(sp_case_progress_set(c, &p, &err), 0);
    ok(sp_case_copy_set(c, id, &raw, 1, &err) == 0 && sp_case_copy_set(c, id, &raw, 3, &err) == 0);
    is_i64(sp_case_copies(c, id, count_copies, &copies, &err), 0);
    is_u64(copies, 3);
    is_i64(sp_case_progress_get(c, source, &two, &p, &err), 0);
    is_i64(p.id, 0);
    is_i64(sp_case_progress_get(c, source, &one, &p, &err), 0);
    ok(p.id == id && p.next == 50 && !p.done && p.stamp.bytes == 100 && p.stamp.mtime_ns == 7);
    is_str(p.state, "state of mine");
    is_i64(sp_case_progress_begin(c, source, &one, &stamp, &again, &err), 0);
    is_i64(again, id);
    copies = 0;
    is_i64(sp_case_copies(c, id, count_copies, &copies, &err), 0);
    is_u64(copies, 0);
    is_i64(sp_case_progress_get(c, source, &one, &p, &err), 0);
    ok(p.next == 0 && p.state.len == 0);
    sp_case_close(c);
}

static int last_act(void *arg, const struct sp_case_act *act)
{
    struct seen *seen = arg;

    (void)snprintf(seen->text, sizeof seen->text, "%.*s %.*s %.*s", SP_STR_ARG(act->who), SP_STR_ARG(act->kind), SP_STR_ARG(act->why));
    seen->count++;
    return 0;
}

TEST(acts_are_added_in_order)
{
    struct sp_case *c = opened("acts.case", SP_CASE_CREATE);
    struct sp_case_act act = { .time_ns = 5, .who = SP_STR("ana"), .kind = SP_STR("tag"), .target = SP_STR("x"), .why = SP_STR("first") };
    struct seen seen = { { 0 }, { 0 }, 0 };
    int64_t row;

    is_i64(sp_case_begin(c, &err), 0);
    is_i64(sp_case_act_add(c, &act, &row, &err), 0);
    act.why = SP_STR("second");
    is_i64(sp_case_act_add(c, &act, &row, &err), 0);
    act.target = SP_STR("y");
    is_i64(sp_case_act_add(c, &act, &row, &err), 0);
    is_i64(sp_case_commit(c, &err), 0);
    is_i64(sp_case_acts(c, SP_STR("tag"), SP_STR("x"), last_act, &seen, &err), 0);
    is_text(seen.text, "ana tag second");
    is_u64(seen.count, 2);
    sp_case_close(c);
}

TEST(a_rule_comes_with_its_document_and_a_record_with_its_bytes)
{
    struct sp_case *c = opened("order.case", SP_CASE_READ);
    struct sp_digest raw = digest_of("raw two"), none = digest_of("none");
    struct sp_case_rule rule;
    struct sp_str bytes;

    is_i64(sp_case_rule_get(c, 2, &rule, &err), 0);
    is_str(rule.title, "r2");
    is_str(rule.document, "r2");
    is_str(rule.file, "r.yml");
    is_i64(sp_case_rule_get(c, 99, &rule, &err), SP_ERR_NOT_FOUND);
    is_i64(sp_case_raw(c, &raw, &bytes, &err), 0);
    is_str(bytes, "raw two");
    is_i64(sp_case_raw(c, &none, &bytes, &err), SP_ERR_NOT_FOUND);
    sp_case_close(c);
}

TEST(one_sighting_is_found_by_eight_digits_of_its_id)
{
    struct sp_case *c = opened("order.case", SP_CASE_READ);
    struct seen all = look(c, &(struct sp_case_filter){ .with_line = true, .limit = 1 }), one = { { 0 }, { 0 }, 0 };
    struct sp_str id = { strstr(all.line, "\"id\":\"") + 6, 64 };

    is_i64(sp_case_sighting_find(c, sp_str_cut(id, 0, 8), see, &one, &err), 0);
    is_text(one.line, all.line);
    is_i64(sp_case_sighting_find(c, id, see, &one, &err), 0);
    is_i64(sp_case_sighting_find(c, sp_str_cut(id, 0, 7), see, &one, &err), SP_ERR_USAGE);
    is_i64(sp_case_sighting_find(c, SP_STR("nothexno"), see, &one, &err), SP_ERR_USAGE);
    is_i64(sp_case_sighting_find(c, SP_STR("00000000"), see, &one, &err), SP_ERR_NOT_FOUND);
    sp_case_close(c);
}

TEST(a_whole_case_passes_and_a_changed_row_does_not)
{
    static const char *const change[] = {
        "UPDATE sighting SET copy=1 WHERE id=1", "UPDATE sighting SET sha256=zeroblob(32) WHERE id=2", "UPDATE sighting SET line_at=line_at+1 WHERE id=3",
        "UPDATE sighting SET block=99 WHERE id=3", "UPDATE raw SET size=size-1 WHERE id=1", "UPDATE rule SET rule_id='other' WHERE id=1",
        "UPDATE block SET size=size+1", "UPDATE source SET org='other' WHERE id=1", "DELETE FROM rule WHERE id=1", "UPDATE block SET packed=zeroblob(20)",
    };
    struct sp_case *c = opened("order.case", SP_CASE_READ);
    unsigned findings = 0;

    is_i64(sp_case_verify(c, add_finding, &findings, &err), 0);
    is_u64(findings, 0);
    sp_case_close(c);
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        char command[300];
        sqlite3 *db;

        (void)snprintf(command, sizeof command, "cp '%s' '%s'", at("order.case"), at("changed.case"));
        ok(system(command) == 0);
        ok(sqlite3_open(at("changed.case"), &db) == SQLITE_OK && sqlite3_exec(db, change[i], NULL, NULL, NULL) == SQLITE_OK);
        sqlite3_close(db);
        c = opened("changed.case", SP_CASE_READ);
        findings = 0;
        is_i64(sp_case_verify(c, add_finding, &findings, &err), 0);
        if (!findings)
            tap_fail("nothing found after: %s", change[i]);
        sp_case_close(c);
    }
}
