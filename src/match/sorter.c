/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sightings in any order. Out: the same in total order, each id once. Owns the memory, and the file, which has no
 * name once it is open: nothing is left behind however the program ends.
 */
#include "match/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest_map.h"
#include "base/error.h"

enum { WRITE_BYTES = 256 << 10, READ_BYTES_MAX = 256 << 10, READ_BYTES_MIN = 64 << 10 }; /* at once; an entry is small */

struct entry {
    struct sp_sort_key key;
    struct sp_digest id;
    uint64_t length;
    char payload[];
};

struct run {
    off_t at, end; /* unread part of the file */
    char *buffer;
    size_t have, used, room;
    const struct entry *entry; /* the smallest not given out yet, NULL: exhausted */
};

struct sp_sorter {
    uint64_t memory_bytes, bytes;
    struct sp_arena arena;
    struct entry **entry;
    size_t count, room;
    int fd;
    off_t file_end;
    struct sp_buf out; /* on its way to the file */
    off_t *run_end;
    size_t run_count, run_room;
};

struct sp_sorter *sp_sorter_new(uint64_t memory_bytes)
{
    struct sp_sorter *s = sp_zalloc(sizeof *s);

    if (!s)
        return NULL;
    s->memory_bytes = memory_bytes;
    s->fd = -1;
    sp_arena_init(&s->arena, SIZE_MAX);
    return s;
}

void sp_sorter_free(struct sp_sorter *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    sp_arena_done(&s->arena);
    sp_free(s->entry);
    sp_free(s->run_end);
    sp_buf_done(&s->out);
    sp_free(s);
}

size_t sp_sorter_runs(const struct sp_sorter *s)
{
    return s->run_count;
}

#define CMP(a, b)              \
    do {                       \
        if ((a) != (b))        \
            return (a) < (b) ? -1 : 1; \
    } while (0)

static int key_cmp(const struct sp_sort_key *a, const struct sp_sort_key *b)
{
    CMP(a->no_time, b->no_time);
    CMP(a->sec, b->sec);
    CMP(a->nsec, b->nsec);
    CMP(a->org, b->org);
    CMP(a->source, b->source);
    CMP(a->offset, b->offset);
    CMP(a->rule, b->rule);
    return 0;
}

static int entry_cmp(const struct entry *a, const struct entry *b)
{
    int c = key_cmp(&a->key, &b->key);

    return c ? c : memcmp(&a->id, &b->id, sizeof a->id);
}

static int by_entry(const void *a, const void *b)
{
    return entry_cmp(*(const struct entry *const *)a, *(const struct entry *const *)b);
}

static int io_error(struct sp_error *err, const char *doing)
{
    sp_error_set(err, SP_ERR_IO, "%s failed: %s", doing, strerror(errno));
    sp_error_where(err, "$TMPDIR");
    sp_error_cure(err, "free some space, or point TMPDIR at a disk that has it");
    return SP_ERR_IO;
}

static int open_spill(struct sp_sorter *s, struct sp_error *err)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];

    if (!dir || !*dir)
        dir = "/tmp";
    if (snprintf(path, sizeof path, "%s/spoor-XXXXXX", dir) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return io_error(err, "opening a temporary file");
    }
    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return io_error(err, "opening a temporary file");
    (void)unlink(path);
    return 0;
}

static int write_all(struct sp_sorter *s, const void *bytes, size_t len, struct sp_error *err)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = pwrite(s->fd, p, len, s->file_end);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return io_error(err, "writing a temporary file");
        p += n;
        len -= (size_t)n;
        s->file_end += n;
    }
    return 0;
}

static size_t padded(uint64_t length)
{
    return (size_t)((length + 15) & ~UINT64_C(15));
}

/* What has gathered in s->out. */
static int write_out(struct sp_sorter *s, struct sp_error *err)
{
    int rc = s->out.failed ? sp_error_nomem(err) : write_all(s, s->out.ptr, s->out.len, err);

    sp_buf_clear(&s->out);
    return rc;
}

static int write_entry(struct sp_sorter *s, const struct entry *e, struct sp_error *err)
{
    size_t size = sizeof *e + padded(e->length);

    if (s->out.len + size > WRITE_BYTES) {
        int rc = write_out(s, err);

        if (rc < 0 || size > WRITE_BYTES)
            return rc < 0 ? rc : write_all(s, e, size, err);
    }
    sp_buf_add(&s->out, e, size);
    return 0;
}

/* Memory to the file as one sorted run; memory is empty afterwards. */
static int spill(struct sp_sorter *s, struct sp_error *err)
{
    int rc = s->fd < 0 ? open_spill(s, err) : 0;

    if (rc == 0 && s->run_count == s->run_room) {
        size_t room = s->run_room ? 2 * s->run_room : 16;
        off_t *grown = sp_realloc_array(s->run_end, room, sizeof *grown);

        if (!grown)
            return sp_error_nomem(err);
        s->run_end = grown;
        s->run_room = room;
    }
    qsort(s->entry, s->count, sizeof(struct entry *), by_entry);
    for (size_t i = 0; rc == 0 && i < s->count; i++)
        rc = write_entry(s, s->entry[i], err);
    if (rc == 0)
        rc = write_out(s, err);
    if (rc < 0)
        return rc;
    s->run_end[s->run_count++] = s->file_end;
    s->count = 0;
    s->bytes = 0;
    sp_arena_reset(&s->arena);
    return 0;
}

int sp_sorter_add(struct sp_sorter *s, const struct sp_sorted *one, struct sp_error *err)
{
    struct entry *e;
    size_t size = sizeof *e + padded(one->payload.len);

    if (s->count && s->bytes + size > s->memory_bytes) {
        int rc = spill(s, err);

        if (rc < 0)
            return rc;
    }
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct entry **grown = sp_realloc_array(s->entry, room, sizeof(struct entry *));

        if (!grown)
            return sp_error_nomem(err);
        s->entry = grown;
        s->room = room;
    }
    e = sp_arena_alloc(&s->arena, size);
    if (!e)
        return sp_error_nomem(err);
    e->key = one->key;
    e->id = one->id;
    e->length = one->payload.len;
    if (one->payload.len)
        memcpy(e->payload, one->payload.ptr, one->payload.len);
    memset(e->payload + one->payload.len, 0, size - sizeof *e - one->payload.len);
    s->entry[s->count++] = e;
    s->bytes += size + sizeof(struct entry *);
    return 0;
}

/* Make `want` bytes stand in the run's buffer behind `used`. */
static int fill_run(struct sp_sorter *s, struct run *r, size_t want, struct sp_error *err)
{
    memmove(r->buffer, r->buffer + r->used, r->have - r->used);
    r->have -= r->used;
    r->used = 0;
    if (want > r->room) {
        char *grown = sp_realloc(r->buffer, want);

        if (!grown)
            return sp_error_nomem(err);
        r->buffer = grown;
        r->room = want;
    }
    while (r->have < r->room && r->at < r->end) {
        size_t take = r->room - r->have;
        ssize_t n;

        if ((off_t)take > r->end - r->at)
            take = (size_t)(r->end - r->at);
        n = pread(s->fd, r->buffer + r->have, take, r->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return io_error(err, "reading a temporary file");
        r->have += (size_t)n;
        r->at += n;
    }
    return 0;
}

static int next_of_run(struct sp_sorter *s, struct run *r, struct sp_error *err)
{
    struct entry head;
    size_t size;
    int rc = 0;

    r->entry = NULL;
    if (r->have - r->used < sizeof head)
        rc = fill_run(s, r, sizeof head, err);
    if (rc < 0 || r->have - r->used < sizeof head)
        return rc;
    memcpy(&head, r->buffer + r->used, sizeof head);
    size = sizeof head + padded(head.length);
    if (r->have - r->used < size)
        rc = fill_run(s, r, size, err);
    if (rc < 0)
        return rc;
    r->entry = (const struct entry *)(const void *)(r->buffer + r->used);
    r->used += size;
    return 0;
}

struct merge {
    struct sp_sorter *sorter;
    struct run *run; /* run_count of them */
    size_t memory_at;
    bool by_id;                /* equal ids are one */
    struct sp_digest_map seen; /* ids at the time in hand */
    struct sp_sort_key last;
    bool any;
    uint64_t twice;
};

static int merge_begin(struct merge *m, struct sp_error *err)
{
    struct sp_sorter *s = m->sorter;
    size_t buffer;
    off_t at = 0;
    int rc = 0;

    if (s->count)
        qsort(s->entry, s->count, sizeof(struct entry *), by_entry);
    buffer = s->run_count ? (size_t)(s->memory_bytes / 4) / s->run_count : 0; /* beside the memory, which is a run too */
    if (buffer > READ_BYTES_MAX)
        buffer = READ_BYTES_MAX;
    if (buffer < READ_BYTES_MIN)
        buffer = READ_BYTES_MIN;
    m->run = sp_zalloc((s->run_count + 1) * sizeof *m->run);
    if (!m->run)
        return sp_error_nomem(err);
    for (size_t i = 0; i < s->run_count; i++) {
        m->run[i] = (struct run){ .at = at, .end = s->run_end[i], .buffer = sp_malloc(buffer), .room = buffer };
        if (!m->run[i].buffer)
            return sp_error_nomem(err);
        rc = next_of_run(s, &m->run[i], err);
        if (rc < 0)
            return rc;
        at = s->run_end[i];
    }
    return 0;
}

/* The smallest entry of all runs and of memory; `*from` is its run or NULL. */
static const struct entry *smallest(struct merge *m, struct run **from)
{
    const struct entry *best = m->memory_at < m->sorter->count ? m->sorter->entry[m->memory_at] : NULL;

    *from = NULL;
    for (size_t i = 0; i < m->sorter->run_count; i++)
        if (m->run[i].entry && (!best || entry_cmp(m->run[i].entry, best) < 0)) {
            best = m->run[i].entry;
            *from = &m->run[i];
        }
    return best;
}

/* Copies of a sighting have one time and one organisation: only those need remembering. -1: memory ran out. */
static int is_twice(struct merge *m, const struct entry *e)
{
    uint64_t *count;

    if (m->any && (m->last.no_time != e->key.no_time || m->last.sec != e->key.sec || m->last.nsec != e->key.nsec ||
                   m->last.org != e->key.org))
        sp_digest_map_clear(&m->seen);
    m->any = true;
    m->last = e->key;
    count = sp_digest_map_at(&m->seen, &e->id);
    return count ? (*count)++ != 0 : -1;
}

static int merge_step(struct merge *m, int (*each)(void *, const struct sp_sorted *), void *arg, struct sp_error *err)
{
    struct run *from;
    const struct entry *e = smallest(m, &from);
    struct sp_sorted one;
    int rc;

    if (!e)
        return 0;
    rc = m->by_id ? is_twice(m, e) : 0;
    if (rc < 0)
        return sp_error_nomem(err);
    m->twice += rc > 0;
    if (rc == 0) {
        one = (struct sp_sorted){ e->key, e->id, { e->payload, (size_t)e->length } };
        rc = each(arg, &one);
        if (rc < 0)
            return rc;
    }
    if (!from) {
        m->memory_at++;
        return 1;
    }
    rc = next_of_run(m->sorter, from, err);
    return rc < 0 ? rc : 1;
}

int sp_sorter_each(struct sp_sorter *s, int (*each)(void *arg, const struct sp_sorted *one), void *arg, uint64_t *ret_twice,
                   struct sp_error *err)
{
    struct merge m = { .sorter = s, .by_id = ret_twice != NULL };
    int rc = merge_begin(&m, err);

    if (rc == 0)
        do
            rc = merge_step(&m, each, arg, err);
        while (rc > 0);
    for (size_t i = 0; m.run && i < s->run_count; i++)
        sp_free(m.run[i].buffer);
    sp_free(m.run);
    sp_digest_map_done(&m.seen);
    if (ret_twice)
        *ret_twice = m.twice;
    return rc;
}
