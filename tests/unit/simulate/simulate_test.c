/* SPDX-License-Identifier: Apache-2.0 */
#include "spoor/simulate.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "simulate/emit.h"
#include "simulate/schema.h"
#include "tap.h"

#define SYSMON "Microsoft-Windows-Sysmon%4Operational.evtx"
#define LOGS(host) host "/Security.evtx", host "/System.evtx", host "/" SYSMON, \
    host "/Microsoft-Windows-PowerShell%4Operational.evtx", host "/Microsoft-Windows-Windows Defender%4Operational.evtx", \
    host "/Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx"

static const char *const files[] = {
    LOGS("northmsp/NMSP-WS-03"),
    LOGS("northmsp/NMSP-JUMP-01"),
    LOGS("acme/WS-07"),
    LOGS("acme/SRV-FILES-01"),
    "birch/SRV-ERP-01/winlogbeat.ndjson",
    "birch/DC-01/winlogbeat.ndjson",
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
    static const char *const folders[] = { "acme/WS-07", "acme/SRV-FILES-01", "northmsp/NMSP-WS-03", "northmsp/NMSP-JUMP-01",
                                           "birch/SRV-ERP-01", "birch/DC-01", "acme", "birch", "northmsp", "." };
    enum { FOLDERS = sizeof folders / sizeof *folders };
    struct told told = { 0 };
    char folder[] = "/tmp/spoor-simulate-XXXXXX", path[600];
    struct sp_simulate_options options = SP_SIMULATE_OPTIONS_INIT;

    options.out = mkdtemp(folder);
    options.seed = seed;
    told.rc = options.out ? sp_simulate(&options, NULL, &told.result, &told.err) : SP_ERR_IO;
    for (int i = 0; i < FILES; i++)
        read_back(folder, files[i], &told.file[i]);
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        rmdir(i < FOLDERS - 1 ? path : folder);
    }
    return told;
}

static void forget(struct told *told)
{
    for (int i = 0; i < FILES; i++)
        sp_buf_done(&told->file[i]);
}

/* The world of a seed, told once and kept until the program ends. */
static const struct told *world(uint64_t seed)
{
    static struct told kept[9];

    if (!kept[seed].result.files)
        kept[seed] = tell(seed);
    return &kept[seed];
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
    const struct told *a = world(7);
    struct told b = tell(7);

    is_i64(a->rc, 0);
    for (int i = 0; i < FILES; i++) {
        ok(a->file[i].len > 0);
        ok(same(a, &b, i));
    }
    forget(&b);
}

TEST(another_seed_tells_it_differently)
{
    const struct told *a = world(7), *b = world(8);

    for (int i = 0; i < FILES; i++)
        ok(strcmp(files[i], "orgs.yaml") == 0 ? same(a, b, i) : !same(a, b, i));
}

/* Calls `look` on each line. */
static void each_line(struct sp_str text, void (*look)(struct sp_str line, void *arg), void *arg)
{
    while (text.len) {
        size_t end = sp_str_find(text, SP_STR("\n"));

        look(sp_str_cut(text, 0, end), arg);
        text = sp_str_cut(text, end + 1, text.len - end - 1);
    }
}

struct truth {
    const struct told *told;
    uint64_t lines, decoys, hops;
};

static void look_at_truth(struct sp_str line, void *arg)
{
    struct truth *truth = arg;
    struct sp_str path = value_of(line, "\"path\":\"");
    uint64_t offset = strtoull(value_of(line, "\"offset\":").ptr, NULL, 10);
    bool stands = false;

    for (int i = 0; i < FILES; i++) {
        struct sp_str file = sp_buf_view(&truth->told->file[i]);

        if (!sp_str_is(path, files[i]) || offset + 8 >= file.len)
            continue;
        stands = sp_str_ends(path, SP_STR(".evtx")) ? offset >= 4096 + 512 && memcmp(file.ptr + offset, "**\0\0", 4) == 0
                                                    : file.ptr[offset] == '{' && (offset == 0 || file.ptr[offset - 1] == '\n');
    }
    ok(stands);
    truth->lines++;
    truth->decoys += sp_str_find(line, SP_STR("\"campaign\":null,\"actor\":null,")) != SIZE_MAX &&
                     sp_str_ends(line, SP_STR("\"technique\":null,\"hop\":null,\"decoy\":true}"));
    truth->hops += sp_str_find(line, SP_STR("\"hop\":{\"from\":")) != SIZE_MAX;
}

TEST(each_line_of_the_truth_points_to_a_record)
{
    const struct told *t = world(7);
    struct truth truth = { .told = t };

    each_line(sp_buf_view(&t->file[TRUTH]), look_at_truth, &truth);
    is_u64(t->result.truth + t->result.decoys, truth.lines);
    is_u64(t->result.decoys, truth.decoys);
    ok(truth.decoys > 10 && truth.hops > 10 && t->result.truth > 100);
    is_u64(t->result.files, FILES - 2);
    is_u64(t->result.org_count, 3);
    ok(t->result.records > 20000 && t->result.records < 50000);
}

TEST(every_hop_of_the_story_is_in_the_truth)
{
    static const char *const hops[] = { "{\"from\":\"northmsp\",\"to\":\"acme\",\"kind\":\"vpn\"}",
                                        "{\"from\":\"acme\",\"to\":\"northmsp\",\"kind\":\"vpn\"}",
                                        "{\"from\":\"northmsp\",\"to\":\"birch\",\"kind\":\"rmm\"}",
                                        "{\"from\":\"birch\",\"to\":\"northmsp\",\"kind\":\"rmm\"}" };
    const struct told *t = world(7);

    for (int i = 0; i < 4; i++)
        ok(sp_str_find(sp_buf_view(&t->file[TRUTH]), sp_str_c(hops[i])) != SIZE_MAX);
}

TEST(a_log_that_was_emptied_begins_with_the_record_that_says_so)
{
    const struct told *t = world(8);
    struct sp_str log = sp_buf_view(&t->file[0]);

    ok(sp_str_find(sp_buf_view(&t->file[TRUTH]), SP_STR("NMSP-WS-03/Security.evtx\",\"offset\":4608,")) != SIZE_MAX);
    ok(log.len > 4608 && memcmp(log.ptr + 4608, "**\0\0", 4) == 0);
}

/* ---- what hangs together in the lines of a collector ---- */

enum { SESSIONS = 8192 };

struct stream {
    struct {
        char name[80];
        uint64_t last;
    } channel[8];
    struct sp_str session[SESSIONS]; /* logged on so far */
    size_t sessions;
    uint64_t starts, holes, strangers;
};

static bool logged_on(const struct stream *s, struct sp_str id)
{
    for (size_t i = 0; i < s->sessions; i++)
        if (sp_str_eq(s->session[i], id))
            return true;
    return sp_str_is(id, "0x3e7") || sp_str_is(id, "0x3e5") || sp_str_is(id, "0x3e4");
}

static void look_at_record(struct sp_str line, void *arg)
{
    struct stream *s = arg;
    struct sp_str channel = value_of(line, "\"channel\":\""), code = value_of(line, "\"code\":\"");
    uint64_t number = strtoull(value_of(line, "\"record_id\":").ptr, NULL, 10);
    size_t i = 0;

    while (s->channel[i].last && !sp_str_is(channel, s->channel[i].name))
        i++;
    snprintf(s->channel[i].name, sizeof s->channel[i].name, "%.*s", (int)channel.len, channel.ptr);
    s->holes += s->channel[i].last && number != s->channel[i].last + 1;
    s->channel[i].last = number;
    if (sp_str_is(code, "4624") && s->sessions < SESSIONS)
        s->session[s->sessions++] = value_of(line, "\"TargetLogonId\":\"");
    if (!sp_str_is(code, "1"))
        return;
    s->starts++;
    s->strangers += !logged_on(s, value_of(line, "\"LogonId\":\""));
}

TEST(record_numbers_have_no_holes_and_processes_belong_to_sessions_that_logged_on)
{
    const struct told *t = world(7);

    for (int i = FILES - 4; i < FILES - 2; i++) {
        struct stream *s = calloc(1, sizeof *s);

        each_line(sp_buf_view(&t->file[i]), look_at_record, s);
        is_u64(s->holes, 0);
        is_u64(s->strangers, 0);
        ok(s->starts > 100 && s->sessions > 100);
        free(s);
    }
}

static int refused(const char *story, const char *out, unsigned days, struct sp_error *err)
{
    struct sp_simulate_options options = SP_SIMULATE_OPTIONS_INIT;

    options.story = story;
    options.out = out;
    options.days = days;
    return sp_simulate(&options, NULL, NULL, err);
}

TEST(what_cannot_be_told_is_refused_in_words)
{
    struct sp_error err = { 0 };

    is_i64(refused("second", "/tmp/x", 0, &err), SP_ERR_USAGE);
    is_text(err.where, "--story");
    is_i64(refused("first", NULL, 0, &err), SP_ERR_USAGE);
    is_text(err.where, "--out");
    is_i64(refused("first", "/tmp/x", 2, &err), SP_ERR_USAGE);
    is_text(err.where, "--days");
    is_i64(refused("first", "/tmp/x", 31, NULL), SP_ERR_USAGE);
    is_i64(refused("first", "/dev/null/no", 0, &err), SP_ERR_IO);
    is_text(err.where, "/dev/null/no");
}

TEST(no_event_has_more_fields_than_the_writer_has_room_for)
{
    for (int i = 0; i < SP_SCHEMA_KINDS; i++) {
        ok(sp_schemas[i].provider && sp_schemas[i].id);
        ok(sp_schemas[i].field_count > 0 && sp_schemas[i].field_count <= SP_EMIT_FIELDS_MAX);
    }
}
