/* SPDX-License-Identifier: Apache-2.0 */
#include "spoor/simulate.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "simulate/emit.h"
#include "simulate/schema.h"
#include "tap.h"

static const char *const files[] = {
    "acme/WS-07/Security.evtx",
    "acme/WS-07/System.evtx",
    "acme/WS-07/Microsoft-Windows-Sysmon%4Operational.evtx",
    "acme/WS-07/Microsoft-Windows-PowerShell%4Operational.evtx",
    "acme/SRV-FILES-01/Security.evtx",
    "acme/SRV-FILES-01/System.evtx",
    "acme/SRV-FILES-01/Microsoft-Windows-Sysmon%4Operational.evtx",
    "acme/SRV-FILES-01/Microsoft-Windows-PowerShell%4Operational.evtx",
    "orgs.yaml",
    "truth.ndjson",
};
enum { FILES = sizeof files / sizeof *files, TRUTH = FILES - 1 };

/* A world in a folder of its own, read back into memory; the folder is gone again. */
struct told {
    int rc;
    struct sp_error err;
    struct sp_simulate_result result;
    struct sp_buf file[FILES];
};

static void read_back(const char *folder, const char *name, struct sp_buf *ret)
{
    char path[600], part[4096];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    while (f && (n = fread(part, 1, sizeof part, f)) > 0)
        sp_buf_add(ret, part, n);
    if (f)
        fclose(f);
    unlink(path);
}

static struct told tell(uint64_t seed)
{
    static const char *const folders[] = { "acme/WS-07", "acme/SRV-FILES-01", "acme", "." };
    struct told told = { 0 };
    char folder[] = "/tmp/spoor-simulate-XXXXXX", path[600];
    struct sp_simulate_options options = SP_SIMULATE_OPTIONS_INIT;

    options.out = mkdtemp(folder);
    options.seed = seed;
    told.rc = options.out ? sp_simulate(&options, NULL, &told.result, &told.err) : SP_ERR_IO;
    for (int i = 0; i < FILES; i++)
        read_back(folder, files[i], &told.file[i]);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        rmdir(i < 3 ? path : folder);
    }
    return told;
}

static void forget(struct told *told)
{
    for (int i = 0; i < FILES; i++)
        sp_buf_done(&told->file[i]);
}

static bool same(const struct told *a, const struct told *b, int i)
{
    return sp_str_eq(sp_buf_view(&a->file[i]), sp_buf_view(&b->file[i]));
}

/* The text behind `"key":` of a line, up to the next comma or quote. */
static struct sp_str value_of(struct sp_str line, const char *key)
{
    size_t at = sp_str_find(line, sp_str_c(key)), end;

    if (at == SIZE_MAX)
        return SP_STR_NONE;
    at += strlen(key);
    for (end = at; end < line.len && line.ptr[end] != ',' && line.ptr[end] != '"'; end++)
        ;
    return sp_str_cut(line, at, end - at);
}

TEST(the_same_seed_tells_the_same_story_byte_by_byte)
{
    struct told a = tell(7), b = tell(7);

    is_i64(a.rc, 0);
    for (int i = 0; i < FILES; i++) {
        ok(a.file[i].len > 0);
        ok(same(&a, &b, i));
    }
    forget(&a);
    forget(&b);
}

TEST(another_seed_tells_it_differently)
{
    struct told a = tell(7), b = tell(8);

    for (int i = 0; i < FILES; i++)
        ok(strcmp(files[i], "orgs.yaml") == 0 ? same(&a, &b, i) : !same(&a, &b, i));
    forget(&a);
    forget(&b);
}

TEST(each_line_of_the_truth_points_to_a_record)
{
    struct told t = tell(1);
    struct sp_str rest = sp_buf_view(&t.file[TRUTH]);
    uint64_t lines = 0;

    while (rest.len) {
        size_t end = sp_str_find(rest, SP_STR("\n"));
        struct sp_str line = sp_str_cut(rest, 0, end), path = value_of(line, "\"path\":\"");
        uint64_t offset = strtoull(value_of(line, "\"offset\":").ptr, NULL, 10);
        int found = -1;

        for (int i = 0; i < FILES; i++)
            if (sp_str_is(path, files[i]))
                found = i;
        ok(found >= 0 && offset >= 4096 + 512 && offset + 8 < t.file[found].len);
        ok(found >= 0 && memcmp(t.file[found].ptr + offset, "**\0\0", 4) == 0);
        rest = sp_str_cut(rest, end + 1, rest.len - end - 1);
        lines++;
    }
    is_u64(lines, 56);
    is_u64(t.result.truth, lines);
    is_u64(t.result.files, 8);
    ok(t.result.records > 5000 && t.result.records < 12000);
    forget(&t);
}

TEST(the_hop_through_the_provider_is_in_the_truth)
{
    struct told t = tell(1);

    ok(sp_str_find(sp_buf_view(&t.file[TRUTH]),
                   SP_STR("\"hop\":{\"from\":\"northmsp\",\"to\":\"acme\",\"kind\":\"vpn\"},\"decoy\":false}\n")) != SIZE_MAX);
    forget(&t);
}

TEST(a_log_that_was_emptied_begins_with_the_record_that_says_so)
{
    struct told t = tell(3);
    struct sp_str log = sp_buf_view(&t.file[0]);

    ok(sp_str_find(sp_buf_view(&t.file[TRUTH]), SP_STR("WS-07/Security.evtx\",\"offset\":4608,")) != SIZE_MAX);
    ok(log.len > 4608 && memcmp(log.ptr + 4608, "**\0\0", 4) == 0);
    forget(&t);
}

static int refused(const char *story, const char *out, unsigned days, bool sightings, struct sp_error *err)
{
    struct sp_simulate_options options = SP_SIMULATE_OPTIONS_INIT;

    options.story = story;
    options.out = out;
    options.days = days;
    options.sightings = sightings;
    return sp_simulate(&options, NULL, NULL, err);
}

TEST(what_cannot_be_told_is_refused_in_words)
{
    struct sp_error err = { 0 };

    is_i64(refused("second", "/tmp/x", 0, false, &err), SP_ERR_USAGE);
    is_text(err.where, "--story");
    is_i64(refused("first", NULL, 0, false, &err), SP_ERR_USAGE);
    is_text(err.where, "--out");
    is_i64(refused("first", "/tmp/x", 1, false, &err), SP_ERR_USAGE);
    is_text(err.where, "--days");
    is_i64(refused("first", "/tmp/x", 31, false, NULL), SP_ERR_USAGE);
    is_i64(refused("first", "/tmp/x", 0, true, &err), SP_ERR_UNSUPPORTED);
    is_i64(refused("first", "/dev/null/no", 0, false, &err), SP_ERR_IO);
    is_text(err.where, "/dev/null/no");
}

TEST(no_event_has_more_fields_than_the_writer_has_room_for)
{
    for (int i = 0; i < SP_SCHEMA_KINDS; i++) {
        ok(sp_schemas[i].provider && sp_schemas[i].id);
        ok(sp_schemas[i].field_count > 0 && sp_schemas[i].field_count <= SP_EMIT_FIELDS_MAX);
    }
}
