/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the store share: a folder for cases, and sightings to put into them.
 */
#ifndef SP_TESTS_CASE_PLANT_H
#define SP_TESTS_CASE_PLANT_H
#include <stdlib.h>

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

static inline struct sp_digest digest_of(const char *text)
{
    struct sp_digest d;

    (void)sp_sha256(sp_str_c(text), &d);
    return d;
}

/* One sighting at a place, of the record "raw NAME", with a line that says so; its ids are those of its parts. */
struct planted {
    const char *org, *path, *name, *rule, *host;
    uint64_t offset;
    int64_t sec;
};

static inline int try_plant(struct sp_case *c, int64_t run, const struct planted *p, bool *fresh)
{
    struct sp_case_rule rule = { .sha256 = digest_of(p->rule), .id = sp_str_c(p->rule), .title = sp_str_c(p->rule), .status = SP_STR("test"),
                                 .tags = SP_STR("[]"), .logsource = SP_STR("{}"), .file = SP_STR("r.yml"), .document = sp_str_c(p->rule), .level = 4, .line = 1 };
    struct sp_case_value value[2] = { { SP_STR("ipv4"), SP_STR("192.0.2.1") }, { SP_STR("domain"), sp_str_c(p->name) } };
    char line[512], raw[64], id[65], event[65];
    struct sp_case_sighting s = { .run = run, .time = { p->sec, 5, 7, p->sec != 0, true }, .kind = SP_STR("rule"), .offset = p->offset, .length = 9,
                                  .host = p->host ? sp_str_c(p->host) : (struct sp_str){ NULL, 0 }, .raw_bytes = { raw, 0 }, .value = value, .value_count = 2 };
    int rc;

    s.raw_bytes.len = (size_t)snprintf(raw, sizeof raw, "raw %s", p->name);
    s.raw = digest_of(raw);
    (void)sp_event_id(sp_str_c(p->org), &s.raw, 0, &s.event);
    (void)sp_sighting_id(sp_str_c(p->org), rule.id, &rule.sha256, &s.event, &s.id);
    sp_digest_hex(&s.id, id);
    sp_digest_hex(&s.event, event);
    (void)snprintf(line, sizeof line, "{\"v\":1,\"id\":\"%s\",\"event\":{\"id\":\"%s\",\"source\":\"%s\",\"offset\":%d},\"name\":\"%s\"}\n", id, event, p->path, (int)p->offset, p->name);
    s.line = sp_str_c(line);
    rc = sp_case_source(c, sp_str_c(p->org), sp_str_c(p->path), &s.source_row, &err);
    if (rc == 0)
        rc = sp_case_rule_put(c, &rule, &s.rule_row, &err);
    return rc < 0 ? rc : sp_case_sighting_put(c, &s, fresh, &err);
}

static inline int try_run(struct sp_case *c, int64_t *ret)
{
    struct sp_case_run run = { .began_ns = 1, .who = SP_STR("ana"), .tool = SP_STR("spoor 1") };

    return sp_case_run_begin(c, &run, ret, &err);
}

static inline int add_finding(void *arg, const char *finding)
{
    (void)finding;
    ++*(unsigned *)arg;
    return 0;
}

#endif
