/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a world's events in any order. Out: DIR/ORG/HOST/CHANNEL.evtx, DIR/orgs.yaml, DIR/truth.ndjson.
 *
 * A log that was emptied begins with the record that says so; the numbers of the records before it
 * are used up, as Windows does it.
 */
#include "simulate/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "base/time.h"
#include "simulate/emit.h"
#include "simulate/evtx_write.h"
#include "spoor/simulate.h"

/* A marked event and where its record lies. */
struct place {
    const struct sp_sim_event *event;
    const char *path; /* relative to DIR */
    uint64_t offset;
};

struct output {
    struct sp_world *world;
    const char *out;
    struct place *place;
    size_t places;
    struct sp_simulate_result result;
};

/* ---- files ---- */

/* The folder and those above it that are missing. */
static int make_folder(struct sp_world *world, const char *path, struct sp_error *err)
{
    size_t len = strlen(path);

    for (size_t end = 1; end <= len; end++) {
        const char *part = path;

        if (path[end] != '/' && path[end] != '\0')
            continue;
        if (end < len)
            part = sp_world_text(world, "%.*s", (int)end, path);
        if (mkdir(part, 0777) == 0 || errno == EEXIST || errno == EISDIR)
            continue;
        sp_error_set(err, SP_ERR_IO, "the folder cannot be made: %s", strerror(errno));
        sp_error_where(err, "%s", part);
        return SP_ERR_IO;
    }
    return 0;
}

static int write_file(const char *path, struct sp_str bytes, struct sp_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool fine = fd >= 0;

    while (fine && bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        fine = n > 0;
        if (fine)
            bytes = sp_str_cut(bytes, (size_t)n, bytes.len - (size_t)n);
    }
    int why = errno;
    if (fd >= 0 && close(fd) != 0 && fine) {
        why = errno;
        fine = false;
    }
    if (fine)
        return 0;
    sp_error_set(err, SP_ERR_IO, "cannot be written: %s", strerror(why));
    sp_error_where(err, "%s", path);
    return SP_ERR_IO;
}

/* ---- logs ---- */

static int by_time(const void *left, const void *right)
{
    const struct sp_sim_event *a = *(const struct sp_sim_event *const *)left;
    const struct sp_sim_event *b = *(const struct sp_sim_event *const *)right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Offset of the record after the one at `at` (0: of the first) in a file that the writer has just
 * made: records follow each other until the free space of their chunk, where no magic stands. */
static uint64_t next_record(struct sp_str file, uint64_t at)
{
    enum { HEADER = 4096, CHUNK = 65536, RECORDS = 512 };
    static const char magic[4] = { '\x2a', '\x2a', 0, 0 };
    const unsigned char *size = (const unsigned char *)file.ptr + at + sizeof magic;

    if (at == 0)
        return HEADER + RECORDS;
    uint64_t chunk = (at - HEADER) / CHUNK, next = at + (size[0] | (unsigned)size[1] << 8 | (unsigned)size[2] << 16);
    if ((next - HEADER) / CHUNK == chunk && (next - HEADER) % CHUNK <= CHUNK - sizeof magic &&
        memcmp(file.ptr + next, magic, sizeof magic) == 0)
        return next;
    return HEADER + (chunk + 1) * CHUNK + RECORDS;
}

static bool belongs(const struct sp_sim_event *event, const struct sp_host *host, enum sp_channel channel)
{
    return event->host == host && event->schema->channel == channel;
}

static void note_place(struct output *o, const struct sp_sim_event *event, const char *path, uint64_t offset)
{
    if (event->mark)
        o->place[o->places++] = (struct place){ event, path, offset };
}

/* Note where the marked records lie; `from` is the first event that the file holds. */
static void note_places(struct output *o, const struct sp_host *host, enum sp_channel channel, size_t from,
                        struct sp_str file)
{
    const char *path =
        sp_world_text(o->world, "%s/%s/%s", host->site->org, host->name, sp_channel_names[channel].file);
    uint64_t at = 0;

    for (size_t i = from; i < o->world->count; i++) {
        const struct sp_sim_event *event = o->world->events[i];

        if (!belongs(event, host, channel))
            continue;
        at = next_record(file, at);
        note_place(o, event, path, at);
    }
}

static int fill_log(struct output *o, const struct sp_host *host, enum sp_channel channel, struct sp_evtxw *writer,
                    size_t *ret_from, struct sp_error *err)
{
    uint64_t number = host->first_record[channel];
    size_t from = 0;
    int rc = 0;

    for (size_t i = 0; i < o->world->count; i++)
        if (belongs(o->world->events[i], host, channel) && o->world->events[i]->clears)
            from = i;
    for (size_t i = 0; i < o->world->count && rc == 0; i++) {
        if (!belongs(o->world->events[i], host, channel))
            continue;
        number++;
        if (i < from)
            continue;
        rc = sp_emit_event(writer, number, o->world->events[i], err);
        o->result.records++;
    }
    *ret_from = from;
    return rc;
}

static int write_log(struct output *o, const struct sp_host *host, enum sp_channel channel, struct sp_error *err)
{
    struct sp_evtxw *writer = sp_evtxw_new(false);
    struct sp_buf file;
    size_t from = 0;
    int rc;

    if (!writer)
        return sp_error_nomem(err);
    sp_buf_init(&file, 0);
    rc = fill_log(o, host, channel, writer, &from, err);
    if (rc == 0)
        rc = sp_evtxw_finish(writer, &file, err);
    if (rc == 0) {
        note_places(o, host, channel, from, sp_buf_view(&file));
        const char *path = sp_world_text(o->world, "%s/%s/%s/%s", o->out, host->site->org, host->name,
                                         sp_channel_names[channel].file);
        rc = write_file(path, sp_buf_view(&file), err);
        o->result.files++;
    }
    sp_buf_done(&file);
    sp_evtxw_free(writer);
    return rc;
}

/* All that a host sent to its collector, in one file; what was emptied there later is in it all the same. */
static int write_stream(struct output *o, const struct sp_host *host, struct sp_error *err)
{
    uint64_t number[SP_CHANNELS];
    struct sp_buf file;
    const char *path = sp_world_text(o->world, "%s/%s/winlogbeat.ndjson", host->site->org, host->name);
    int rc;

    memcpy(number, host->first_record, sizeof number);
    sp_buf_init(&file, 0);
    for (size_t i = 0; i < o->world->count; i++) {
        const struct sp_sim_event *event = o->world->events[i];

        if (event->host != host)
            continue;
        note_place(o, event, path, file.len);
        sp_emit_json(&file, ++number[event->schema->channel], event);
        o->result.records++;
    }
    rc = file.failed ? sp_error_nomem(err)
                     : write_file(sp_world_text(o->world, "%s/%s", o->out, path), sp_buf_view(&file), err);
    o->result.files++;
    sp_buf_done(&file);
    return rc;
}

static int write_logs(struct output *o, struct sp_error *err)
{
    int rc = make_folder(o->world, o->out, err);

    for (size_t i = 0; i < o->world->host_count && rc == 0; i++) {
        const struct sp_host *host = &o->world->hosts[i];

        rc = make_folder(o->world, sp_world_text(o->world, "%s/%s/%s", o->out, host->site->org, host->name), err);
        if (rc == 0 && host->forwards)
            rc = write_stream(o, host, err);
        for (int c = 0; c < SP_CHANNELS && rc == 0 && !host->forwards; c++)
            rc = write_log(o, host, (enum sp_channel)c, err);
    }
    return rc;
}

/* ---- truth ---- */

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int c;

    if (a->event->time != b->event->time)
        return a->event->time < b->event->time ? -1 : 1;
    c = strcmp(a->path, b->path);
    return c ? c : (a->offset > b->offset) - (a->offset < b->offset);
}

static void truth_text(struct sp_json *w, const char *key, const char *text)
{
    sp_json_key(w, sp_str_c(key));
    sp_json_text(w, text);
}

static void truth_line(struct sp_buf *buf, const struct place *place)
{
    const struct sp_mark *mark = place->event->mark;
    struct sp_json w = sp_json_to(buf);

    sp_json_open(&w, '{');
    truth_text(&w, "org", place->event->host->site->org);
    truth_text(&w, "path", place->path);
    sp_json_key(&w, SP_STR("offset"));
    sp_json_u64(&w, place->offset);
    sp_json_key(&w, SP_STR("time"));
    sp_buf_char(buf, '"');
    sp_time_write(buf, sp_time_filetime(place->event->time));
    sp_buf_char(buf, '"');
    w.comma = true;
    truth_text(&w, "campaign", mark->campaign);
    truth_text(&w, "actor", mark->actor);
    truth_text(&w, "step", mark->step);
    truth_text(&w, "technique", mark->technique);
    sp_json_key(&w, SP_STR("hop"));
    if (mark->hop_from) {
        sp_json_open(&w, '{');
        truth_text(&w, "from", mark->hop_from);
        truth_text(&w, "to", mark->hop_to);
        truth_text(&w, "kind", mark->hop_kind);
        sp_json_close(&w, '}');
    } else {
        sp_json_null(&w);
    }
    sp_json_key(&w, SP_STR("decoy"));
    sp_json_bool(&w, mark->decoy);
    sp_json_close(&w, '}');
    sp_buf_char(buf, '\n');
}

static int write_truth(struct output *o, struct sp_error *err)
{
    struct sp_buf buf;
    int rc;

    sp_buf_init(&buf, 0);
    if (o->places)
        qsort(o->place, o->places, sizeof *o->place, by_place);
    for (size_t i = 0; i < o->places; i++)
        truth_line(&buf, &o->place[i]);
    rc = buf.failed ? sp_error_nomem(err)
                    : write_file(sp_world_text(o->world, "%s/truth.ndjson", o->out), sp_buf_view(&buf), err);
    sp_buf_done(&buf);
    for (size_t i = 0; i < o->places; i++)
        *(o->place[i].event->mark->decoy ? &o->result.decoys : &o->result.truth) += 1;
    return rc;
}

int sp_output_write(struct sp_world *world, const char *out, const char *orgs_yaml, struct sp_simulate_result *result,
                    struct sp_error *err)
{
    struct output o = { .world = world, .out = out };
    size_t marked = 0;
    int rc;

    if (world->count)
        qsort(world->events, world->count, sizeof *world->events, by_time);
    for (size_t i = 0; i < world->count; i++)
        marked += world->events[i]->mark != NULL;
    o.place = sp_arena_alloc(&world->arena, (marked + 1) * sizeof *o.place);
    if (!o.place)
        return sp_error_nomem(err);
    rc = write_logs(&o, err);
    if (rc == 0)
        rc = write_file(sp_world_text(world, "%s/orgs.yaml", out), sp_str_c(orgs_yaml), err);
    if (rc == 0)
        rc = write_truth(&o, err);
    if (rc == 0 && world->failed)
        rc = sp_error_nomem(err);
    if (rc == 0 && result)
        *result = o.result;
    return rc;
}
