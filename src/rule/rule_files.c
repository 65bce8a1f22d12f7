/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the paths of --rules. Out: rule files in byte order, each once, and the places with their stamps.
 */
#include "rule/rule_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/archive.h"

enum {
    TICK_NS = 50000000,  /* stamps ahead of the clock by more are of another clock */
    WALKS_MAX = 3,       /* in search of stamps to trust */
    MEMBER_BYTES_MAX = 64 << 20, /* of a file of rules in an archive */
    ALONE_MAX = 1000     /* so many places are looked at without a second thread */
};
#define SECOND_NS INT64_C(1000000000)

/* A walk: folders still to be read. */
struct walk {
    struct sp_rule_files *files;
    const struct sp_rule_options *options;
    const struct sp_limits *limits;
    struct sp_error *err;
    uint64_t held;       /* bytes of members of archives */
    const char **folder; /* owned; the paths are the arena's */
    size_t count;
    uint32_t room;
};

static int64_t as_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

static struct sp_stamp stamp_of(const struct stat *st)
{
    return (struct sp_stamp){ (uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size, as_ns(st->st_mtim), as_ns(st->st_ctim) };
}

static int add_place(struct walk *w, const char *name, bool folder, const struct stat *st)
{
    struct sp_rule_files *f = w->files;

    if (!sp_list_grow(&f->place, f->place_count, &f->place_room, sizeof *f->place))
        return sp_error_nomem(w->err);
    f->place[f->place_count++] = (struct sp_rule_place){ .name = name, .folder = folder, .stamp = stamp_of(st) };
    return 0;
}

static int add_file(struct walk *w, const char *path, const char *skipped, bool walked)
{
    struct sp_rule_files *f = w->files;

    if (f->count >= w->limits->files) {
        sp_error_set(w->err, SP_ERR_LIMIT, "more than %llu files (limit files)", (unsigned long long)w->limits->files);
        sp_error_where(w->err, "%s", path);
        sp_error_cure(w->err, "give parts of the folder to --rules, or raise --limit files=N");
        return SP_ERR_LIMIT;
    }
    if (!sp_list_grow(&f->file, f->count, &f->room, sizeof *f->file))
        return sp_error_nomem(w->err);
    f->uncertain |= skipped != NULL;
    f->file[f->count++] = (struct sp_rule_file){ .path = path, .skipped = skipped, .walked = walked };
    return 0;
}

static int add_unopened(struct walk *w, const char *path, bool walked, int number)
{
    char room[128], text[192];
    struct sp_str reason;

    (void)snprintf(text, sizeof text, "cannot be opened: %s", strerror_r(number, room, sizeof room));
    reason = sp_arena_str(&w->files->arena, sp_str_c(text));
    return reason.ptr ? add_file(w, path, reason.ptr, walked) : sp_error_nomem(w->err);
}

static int push(struct walk *w, const char *folder)
{
    if (!sp_list_grow(&w->folder, w->count, &w->room, sizeof *w->folder))
        return sp_error_nomem(w->err);
    w->folder[w->count++] = folder;
    return 0;
}

static bool is_rule_name(const char *path)
{
    size_t n = strlen(path);

    return (n > 4 && strcmp(path + n - 4, ".yml") == 0) || (n > 5 && strcmp(path + n - 5, ".yaml") == 0);
}

static const char *join(struct walk *w, const char *folder, const char *name)
{
    size_t a = strlen(folder), b = strlen(name), slash = a && folder[a - 1] != '/';
    char *path = sp_arena_alloc(&w->files->arena, a + slash + b + 1);

    if (!path) {
        (void)sp_error_nomem(w->err);
        return NULL;
    }
    memcpy(path, folder, a);
    if (slash)
        path[a] = '/';
    memcpy(path + a + slash, name, b + 1);
    return path;
}

/* One name found in a folder. Names that are neither a folder's nor a rule file's do not matter. */
static int meet(struct walk *w, int dir, const char *folder, const struct dirent *e)
{
    bool named = is_rule_name(e->d_name), link = e->d_type == DT_LNK;
    const char *path;
    struct stat st;

    if (!named && e->d_type != DT_DIR && e->d_type != DT_UNKNOWN)
        return 0;
    path = join(w, folder, e->d_name);
    if (!path)
        return SP_ERR_NOMEM;
    if (e->d_type == DT_DIR)
        return push(w, path);
    if (e->d_type == DT_UNKNOWN) {
        if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return errno == ENOENT ? 0 : add_unopened(w, path, true, errno); /* gone since it was listed */
        if (S_ISDIR(st.st_mode))
            return push(w, path);
        link = S_ISLNK(st.st_mode);
        if (!named)
            return 0;
    }
    if (fstatat(dir, e->d_name, &st, 0) < 0)
        return errno == ENOENT && !link ? 0 : errno == ELOOP ? add_file(w, path, "a link to itself", true) : add_unopened(w, path, true, errno);
    if (!S_ISREG(st.st_mode))
        return add_file(w, path, S_ISDIR(st.st_mode) ? "a link to a folder" : S_ISFIFO(st.st_mode) ? "a pipe"
                                 : S_ISSOCK(st.st_mode) ? "a socket" : "a device", true);
    if (add_place(w, path + strlen(path) - strlen(e->d_name), false, &st) < 0)
        return SP_ERR_NOMEM;
    return add_file(w, path, NULL, true);
}

static int meet_all(struct walk *w, DIR *dir, const char *folder, bool top)
{
    size_t first = w->files->place_count;
    struct dirent *e;
    int rc = 0;

    do {
        errno = 0;
        e = readdir(dir);
        if (!e && errno)
            rc = add_unopened(w, folder, !top, errno);
        else if (e && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            rc = meet(w, dirfd(dir), folder, e);
    } while (e && rc == 0);
    w->files->place[first - 1].below = (uint32_t)(w->files->place_count - first);
    return rc;
}

/* All names of one folder. `top`: the user named it, so that it may be a link. */
static int read_folder(struct walk *w, const char *folder, bool top)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (top ? 0 : O_NOFOLLOW)), rc, number = errno;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct stat st;

    if (!dir) {
        number = fd < 0 ? number : errno;
        if (fd >= 0)
            (void)close(fd);
        return add_unopened(w, folder, !top, number);
    }
    /* The stamp is older than the names: a name that comes meanwhile changes it. */
    if (fstat(fd, &st) < 0) {
        rc = add_unopened(w, folder, !top, errno);
    } else {
        rc = add_place(w, folder, true, &st);
        if (rc == 0)
            rc = meet_all(w, dir, folder, top);
    }
    (void)closedir(dir);
    return rc;
}

/* The text of a member, into the arena. */
static int read_member(struct walk *w, struct sp_archive *a, const char *path)
{
    uint64_t max = w->limits->spool_bytes - w->held;
    struct sp_buf buf;
    int64_t n = 1;
    int rc;

    sp_buf_init(&buf, (size_t)(max < MEMBER_BYTES_MAX ? max : MEMBER_BYTES_MAX));
    while (n > 0 && sp_buf_reserve(&buf, 4096)) {
        n = sp_archive_read(a, buf.ptr + buf.len, buf.room - buf.len, NULL);
        buf.len += n > 0 ? (size_t)n : 0;
    }
    rc = add_file(w, path, n < 0 ? "cut or damaged in its archive" : n > 0 ? "too large for a file of rules in an archive" : NULL, true);
    if (rc == 0 && n == 0) {
        struct sp_rule_file *file = &w->files->file[w->files->count - 1];

        file->text = sp_arena_str(&w->files->arena, sp_buf_view(&buf));
        w->held += buf.len;
        rc = file->text.ptr ? 0 : sp_error_nomem(w->err);
    }
    sp_buf_done(&buf);
    return rc;
}

/* One member: rule files by their names, one that was compressed alone whatever its name, as the user gave it, and what could not
 * be read, for it may have held some. */
static int meet_member(struct walk *w, struct sp_archive *a, const struct sp_member *m)
{
    bool named = m->single || is_rule_name(m->path), lost = m->kind == SP_MEMBER_LOST;
    struct sp_str path = SP_STR_NONE, reason = SP_STR_NONE;

    if (m->kind == SP_MEMBER_PASSED || (!named && !lost))
        return 0;
    path = sp_arena_str(&w->files->arena, sp_str_c(m->path));
    if (lost)
        reason = sp_arena_str(&w->files->arena, sp_str_c(m->reason));
    if (!path.ptr || (lost && !reason.ptr))
        return sp_error_nomem(w->err);
    return lost ? add_file(w, path.ptr, reason.ptr, true) : read_member(w, a, path.ptr);
}

/* A file that the user named: is it an archive? 1: its members have been added. */
static int add_archive(struct walk *w, const char *path)
{
    const struct sp_rule_options *o = w->options;
    struct sp_archive_options options = { w->limits, o->ctx, o->password, o->password_count };
    struct sp_archive *a = NULL;
    struct sp_member m;
    struct sp_input input;
    int rc = 0;

    if (sp_input_open(&input, path, NULL) < 0)
        return 0; /* told by who reads it as a file */
    if (sp_archive_is(input.head)) {
        rc = sp_archive_open(&a, path, &input, &options, w->err);
        while (rc == 0 && (rc = sp_archive_next(a, &m)) > 0)
            rc = meet_member(w, a, &m);
        sp_archive_close(a);
        sp_error_where(rc < 0 ? w->err : NULL, "%s", path);
        rc = rc == 0 ? 1 : rc;
    }
    sp_input_close(&input);
    return rc == SP_ERR_NOMEM ? sp_error_nomem(w->err) : rc;
}

static int add_path(struct walk *w, const char *given)
{
    const char *path = sp_arena_str(&w->files->arena, sp_str_c(given)).ptr;
    struct stat st;
    int rc;

    if (!path)
        return sp_error_nomem(w->err);
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))) {
        w->files->uncertain = true;
        return add_file(w, path, NULL, false);
    }
    if (stat(path, &st) < 0)
        return add_unopened(w, path, false, errno);
    if (S_ISREG(st.st_mode)) {
        rc = add_place(w, path, false, &st);
        if (rc == 0)
            rc = add_archive(w, path);
        return rc != 0 ? (rc < 0 ? rc : 0) : add_file(w, path, NULL, false);
    }
    if (!S_ISDIR(st.st_mode))
        return add_file(w, path, S_ISSOCK(st.st_mode) ? "is a socket, not a log" : "is a device, not a log", false);
    rc = read_folder(w, path, true);
    while (rc == 0 && w->count)
        rc = read_folder(w, w->folder[--w->count], false);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct sp_rule_file *)a)->path, ((const struct sp_rule_file *)b)->path);
}

static void sort_files(struct sp_rule_files *f)
{
    size_t kept = 0;

    if (f->count)
        qsort(f->file, f->count, sizeof *f->file, by_path);
    for (size_t i = 0; i < f->count; i++)
        if (i == 0 || strcmp(f->file[i].path, f->file[kept - 1].path) != 0)
            f->file[kept++] = f->file[i];
    f->count = kept;
}

int sp_rule_files_walk(const struct sp_rule_options *options, struct sp_rule_files *ret, struct sp_error *err)
{
    struct walk w = { .files = ret, .options = options, .limits = options->limits, .err = err };
    int rc = 0;

    *ret = (struct sp_rule_files){ 0 };
    sp_arena_init(&ret->arena, SIZE_MAX);
    for (size_t i = 0; rc == 0 && i < options->path_count; i++)
        rc = add_path(&w, options->path[i]);
    sort_files(ret);
    sp_free(w.folder);
    return rc;
}

void sp_rule_files_done(struct sp_rule_files *files)
{
    sp_arena_done(&files->arena);
    sp_free(files->file);
    sp_free(files->place);
    *files = (struct sp_rule_files){ 0 };
}

/* Four calls of the system a file: there are thousands. */
bool sp_rule_file_read(const char *path, size_t max, struct sp_buf *into)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t n = -1;
    struct stat st;

    into->len = 0;
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= max && sp_buf_reserve(into, (size_t)st.st_size + 1))
        n = read(fd, into->ptr, (size_t)st.st_size + 1);
    (void)close(fd);
    if (n <= 0 || n > st.st_size) /* it grows just now, or worse */
        return false;
    into->len = (size_t)n;
    into->ptr[n] = '\0';
    return n == st.st_size;
}

/* ---------------------------------------------------------------- stamps to trust */

/* A file of --list or --pipeline: its place only. */
static int add_other(struct walk *w, const char *path)
{
    const char *copy = sp_arena_str(&w->files->arena, sp_str_c(path)).ptr;
    struct stat st;

    if (!copy)
        return sp_error_nomem(w->err);
    if (stat(copy, &st) == 0 && S_ISREG(st.st_mode))
        return add_place(w, copy, false, &st);
    w->files->uncertain = true;
    return 0;
}

static int add_others(struct sp_rule_files *files, const struct sp_rule_options *o, struct sp_error *err)
{
    struct walk w = { .files = files, .err = err };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < o->pipeline_count; i++)
        rc = add_other(&w, o->pipeline[i]);
    for (size_t i = 0; rc == 0 && i < o->list_count; i++)
        if (strchr(o->list[i], '='))
            rc = add_other(&w, strchr(o->list[i], '=') + 1);
    return rc;
}

/* The clock that stamps are taken from: it goes on in ticks, and two changes within one tick look the same. */
static int64_t clock_ns(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_REALTIME_COARSE, &t) == 0 ? as_ns(t) : 0;
}

/* Which stamp is the newest; and those of whole seconds are of a file system that knows no less: two seconds are its tick. */
static int64_t newest(const struct sp_rule_files *files)
{
    int64_t ret = 0;

    for (size_t i = 0; i < files->place_count; i++) {
        int64_t at = files->place[i].stamp.changed_ns;

        at += at % SECOND_NS == 0 ? 2 * SECOND_NS : 0;
        ret = at > ret ? at : ret;
    }
    return ret;
}

/* Until the clock has passed `at`; false where that would be long. */
static bool wait_until_past(int64_t at)
{
    int64_t begin = clock_ns(), now = begin;

    while (now <= at) {
        struct timespec pause = { 0, 1000000 };

        if (at - now > TICK_NS || now - begin > 4 * TICK_NS)
            return false;
        (void)nanosleep(&pause, NULL);
        now = clock_ns();
    }
    return true;
}

/* What is read in the very tick in which it was written could be written again in that tick, and keep its stamp. So the walk
 * begins once more behind the tick of the newest stamp. */
int sp_rule_files_watch(const struct sp_rule_options *options, struct sp_rule_files *ret, struct sp_error *err)
{
    for (int round = 0;; round++) {
        int64_t begin = clock_ns();
        int rc = sp_rule_files_walk(options, ret, err);

        if (rc == 0)
            rc = add_others(ret, options, err);
        if (rc < 0 || newest(ret) < begin)
            return rc;
        if (round == WALKS_MAX || ret->uncertain || !wait_until_past(newest(ret))) {
            ret->uncertain = true;
            return 0;
        }
        sp_rule_files_done(ret);
    }
}

/* ---------------------------------------------------------------- is all as it was? */

static bool same(const struct sp_rule_place *p, const struct stat *st)
{
    struct sp_stamp seen = stamp_of(st);

    return memcmp(&seen, &p->stamp, sizeof seen) == 0;
}

/* A folder and the files in it, which stand behind it. */
static bool same_folder(const struct sp_rule_place *p)
{
    int fd = open(p->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    bool good;

    if (fd < 0)
        return false;
    good = fstat(fd, &st) == 0 && same(p, &st);
    for (uint32_t i = 1; good && i <= p->below; i++)
        good = fstatat(fd, p[i].name, &st, 0) == 0 && same(&p[i], &st);
    (void)close(fd);
    return good;
}

struct part {
    const struct sp_rule_place *place;
    size_t count;
    bool same;
};

static void *same_part(void *arg)
{
    struct part *part = arg;
    struct stat st;

    part->same = true;
    for (size_t i = 0; part->same && i < part->count; i += 1 + (size_t)part->place[i].below) {
        const struct sp_rule_place *p = &part->place[i];

        part->same = p->folder ? p->below < part->count - i && same_folder(p) : p->below == 0 && stat(p->name, &st) == 0 && same(p, &st);
    }
    return NULL;
}

/* Looking at thousands of files is most of what a warm start does: half of it is done by a second thread. */
bool sp_rule_places_same(const struct sp_rule_place *place, size_t count)
{
    struct part here = { place, count, false }, there = { place, 0, true };
    pthread_t thread;
    size_t cut = 0;
    bool two;

    while (count > ALONE_MAX && cut < count / 2)
        cut += 1 + (size_t)place[cut].below;
    if (cut > 0 && cut < count) {
        there = (struct part){ place + cut, count - cut, false };
        here.count = cut;
    }
    two = there.count && pthread_create(&thread, NULL, same_part, &there) == 0;
    (void)same_part(&here);
    if (two)
        (void)pthread_join(thread, NULL);
    else if (here.same && there.count)
        (void)same_part(&there);
    return here.same && there.same;
}
