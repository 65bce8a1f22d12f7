/* SPDX-License-Identifier: Apache-2.0
 *
 * The store alone: what is put in comes out, once, in order, and foreign files are left alone.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/case.h"
#include "tap.h"

static char folder[64];
static struct sp_error err;

static const char *at(const char *name)
{
    static char path[4][128];
    static unsigned turn;

    if (!*folder) {
        memcpy(folder, "/tmp/spoor-case-XXXXXX", 23);
        if (!mkdtemp(folder))
            abort();
    }
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

__attribute__((destructor)) static void sweep(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (*folder && system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
}

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

static struct sp_digest digest_of(const char *text)
{
    struct sp_digest d;

    (void)sp_sha256(sp_str_c(text), &d);
    return d;
}

/* One sighting of `name` at a place, with a line that says so. */
struct planted {
    const char *org, *path, *name, *rule, *host;
    uint64_t offset;
    int64_t sec;
};

static bool plant(struct sp_case *c, int64_t run, const struct planted *p)
{
    struct sp_case_rule rule = { .sha256 = digest_of(p->rule), .id = sp_str_c(p->rule), .title = sp_str_c(p->rule), .status = SP_STR("test"),
                                 .tags = SP_STR("[]"), .logsource = SP_STR("{}"), .file = SP_STR("r.yml"), .document = sp_str_c(p->rule), .level = 4, .line = 1 };
    struct sp_case_value value[2] = { { SP_STR("ipv4"), SP_STR("192.0.2.1") }, { SP_STR("domain"), sp_str_c(p->name) } };
    char line[256];
    struct sp_case_sighting s = { .id = digest_of(p->name), .event = digest_of("event"), .raw = digest_of("raw bytes"), .run = run,
                                  .time = { p->sec, 5, 7, p->sec != 0, true }, .kind = SP_STR("rule"), .offset = p->offset, .length = 9,
                                  .host = p->host ? sp_str_c(p->host) : (struct sp_str){ NULL, 0 }, .raw_bytes = SP_STR("raw bytes"), .value = value, .value_count = 2 };
    bool fresh = false;

    (void)snprintf(line, sizeof line, "{\"id\":\"%s\",\"source\":\"%s\",\"offset\":%d,\"pad\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n", p->name, p->path, (int)p->offset);
    s.line = sp_str_c(line);
    if (sp_case_source(c, sp_str_c(p->org), sp_str_c(p->path), &s.source_row, &err) < 0 || sp_case_rule_put(c, &rule, &s.rule_row, &err) < 0 ||
        sp_case_sighting_put(c, &s, &fresh, &err) < 0)
        tap_fail("%s", err.what);
    return fresh;
}

static int64_t run_of(struct sp_case *c)
{
    struct sp_case_run run = { .began_ns = 1, .who = SP_STR("ana"), .tool = SP_STR("spoor 1") };
    int64_t id = 0;

    if (sp_case_run_begin(c, &run, &id, &err) < 0)
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
    ok(strncmp(look(c, &limited).line, "{\"id\":\"six\"", 11) == 0);
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
