/* SPDX-License-Identifier: Apache-2.0
 *
 * In: paths as the user gives them. Out: the files to read, in byte order, each once. The arena of the list
 * owns paths and reasons; a list starts as zeros. Nothing below a folder is opened that is no regular file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/unicode.h"
#include "read/archive.h"
#include "read/slurp.h"
#include "read/source_inner.h"
#include "spoor/ctx.h"

/* A walk: folders still to be read. */
struct walk {
    struct sp_source_list *list;
    const char *org;
    const struct sp_limits *limits;
    const struct sp_ctx *ctx;
    struct sp_error *err;
    const char **folder; /* owned; the paths are the arena's */
    size_t count, room;
};

int sp_source_append(struct sp_source_list *list, struct sp_source source)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct sp_source *more = sp_realloc_array(list->source, room, sizeof *more);

        if (!more)
            return SP_ERR_NOMEM;
        list->source = more;
        list->room = room;
    }
    list->source[list->count++] = source;
    return 0;
}

static int append(struct walk *w, struct sp_source source)
{
    struct sp_source_list *list = w->list;

    if (list->count >= w->limits->files) {
        sp_error_set(w->err, SP_ERR_LIMIT, "more than %llu files (limit files)", (unsigned long long)w->limits->files);
        sp_error_where(w->err, "%s", source.path);
        sp_error_cure(w->err, "hunt parts of the folder, or raise --limit files=N");
        return SP_ERR_LIMIT;
    }
    source.org = w->org;
    return sp_source_append(list, source) < 0 ? sp_error_nomem(w->err) : 0;
}

static int push(struct walk *w, const char *folder)
{
    if (w->count == w->room) {
        size_t room = w->room ? 2 * w->room : 16;
        const char **more = sp_realloc_array(w->folder, room, sizeof *more);

        if (!more)
            return sp_error_nomem(w->err);
        w->folder = more;
        w->room = room;
    }
    w->folder[w->count++] = folder;
    return 0;
}

/* An entry that is not read because the system refuses it: listed, and told. */
static int append_lost(struct walk *w, const char *path, bool walked, const char *what, int number)
{
    struct sp_error note;
    char room[128];
    struct sp_str reason;

    if (number)
        sp_error_set(&note, SP_ERR_IO, "cannot be opened: %s", strerror_r(number, room, sizeof room));
    else
        sp_error_set(&note, SP_ERR_IO, "%s, not a log", what);
    sp_error_where(&note, "%s", path);
    sp_error_cure(&note, "%s", number == EACCES || number == EPERM ? "check its permissions"
                             : number ? "check the path" : "give a file, a folder, a pipe or -");
    reason = sp_arena_str(&w->list->arena, sp_str_c(note.what));
    if (!reason.ptr)
        return sp_error_nomem(w->err);
    sp_note(w->ctx, &note);
    return append(w, (struct sp_source){ .path = path, .walked = walked, .skipped = reason.ptr, .lost = true });
}

static int append_passed(struct walk *w, const char *path, const char *reason)
{
    return append(w, (struct sp_source){ .path = path, .walked = true, .skipped = reason });
}

/* A regular file: listed to be read if it can be opened. Its first bytes spare most files that settling and expanding open them again. */
static int append_file(struct walk *w, const char *path, bool walked, const struct stat *st)
{
    struct sp_source s = { .path = path, .walked = walked, .size = st->st_size > 0 ? (uint64_t)st->st_size : 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char head[SP_SOURCE_HEAD];
    int64_t n;

    if (fd < 0)
        return append_lost(w, path, walked, NULL, errno);
    n = sp_pread_all(fd, head, sizeof head, 0);
    (void)close(fd);
    s.looked = n >= 0; /* what cannot be read is told by its reader */
    if (s.looked) {
        struct sp_str bytes = { head, (size_t)n };

        s.head = sp_head_number(bytes);
        s.archive = sp_archive_is(bytes);
    }
    return append(w, s);
}

static const char *join(struct walk *w, const char *folder, const char *name)
{
    size_t a = strlen(folder), b = strlen(name), slash = a && folder[a - 1] != '/';
    char *path = sp_arena_alloc(&w->list->arena, a + slash + b + 1);

    if (!path)
        return NULL;
    memcpy(path, folder, a);
    if (slash)
        path[a] = '/';
    memcpy(path + a + slash, name, b + 1);
    return path;
}

/* One name found in a folder. */
static int meet(struct walk *w, int dir, const char *folder, const char *name)
{
    const char *path = join(w, folder, name);
    struct stat st;
    bool link;

    if (!path)
        return sp_error_nomem(w->err);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : append_lost(w, path, true, NULL, errno); /* gone since it was listed */
    if (S_ISDIR(st.st_mode))
        return push(w, path);
    link = S_ISLNK(st.st_mode);
    if (link && fstatat(dir, name, &st, 0) < 0)
        return errno == ELOOP ? append_passed(w, path, "a link to itself") : append_lost(w, path, true, NULL, errno);
    if (S_ISREG(st.st_mode))
        return append_file(w, path, true, &st);
    return append_passed(w, path, S_ISDIR(st.st_mode) ? "a link to a folder" : S_ISFIFO(st.st_mode) ? "a pipe"
                                  : S_ISSOCK(st.st_mode) ? "a socket" : "a device");
}

/* All names of one folder. `top`: the user named it, so that it may be a link. */
static int read_folder(struct walk *w, const char *folder, bool top)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (top ? 0 : O_NOFOLLOW)), rc = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    if (!dir) {
        int number = errno;

        if (fd >= 0)
            (void)close(fd);
        return append_lost(w, folder, !top, NULL, number);
    }
    for (;;) {
        errno = 0;
        e = readdir(dir);
        if (!e)
            break;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        rc = meet(w, fd, folder, e->d_name);
        if (rc < 0)
            break;
    }
    if (!e && errno && rc == 0)
        rc = append_lost(w, folder, !top, NULL, errno);
    (void)closedir(dir);
    return rc;
}

static int add(struct walk *w, const char *given);

enum { LIST_BYTES_MAX = 256 << 20 };

/* The list cannot be used. */
static int lose_list(struct walk *w, const char *given, struct sp_error *err)
{
    struct sp_str path = sp_arena_str(&w->list->arena, sp_str_c(given)), reason = sp_arena_str(&w->list->arena, sp_str_c(err->what));

    if (err->code == SP_ERR_NOMEM || !path.ptr || !reason.ptr)
        return sp_error_nomem(w->err);
    (void)snprintf(err->where, sizeof err->where, "%s", given);
    sp_note(w->ctx, err);
    return append(w, (struct sp_source){ .path = path.ptr, .skipped = reason.ptr, .lost = true });
}

/* Paths end at CR, LF or NUL, as those who make lists have it; empty ones do not count. */
static int add_lines(struct walk *w, const char *given, struct sp_buf *text)
{
    struct sp_error err;
    size_t paths = 0;
    int rc = 0;

    sp_buf_char(text, '\0');
    if (text->failed)
        return sp_error_nomem(w->err);
    for (size_t at = 0; rc == 0 && at < text->len; at += strlen(text->ptr + at) + 1) {
        char *line = text->ptr + at;

        line[strcspn(line, "\r\n")] = '\0';
        if (*line)
            rc = add(w, line);
        paths += *line != '\0';
    }
    if (rc < 0 || paths)
        return rc;
    sp_error_set(&err, SP_ERR_FORMAT, "names no path");
    sp_error_cure(&err, "write one path a line into it");
    return lose_list(w, given, &err);
}

/* A file that names one path a line, in UTF-8, or in UTF-16 as PowerShell writes it. */
static int add_list(struct walk *w, const char *given)
{
    struct sp_buf buf = { 0 };
    struct sp_error err;
    struct sp_str text;
    int rc = sp_slurp(given + 1, LIST_BYTES_MAX, &text, &err);

    if (rc < 0)
        return lose_list(w, given, &err);
    if (sp_str_starts(text, SP_STR("\xFF\xFE")))
        sp_utf16_to_utf8(&buf, text.ptr + 2, text.len - 2);
    else
        sp_buf_str(&buf, sp_str_starts(text, SP_STR("\xEF\xBB\xBF")) ? sp_str_cut(text, 3, text.len - 3) : text);
    sp_free((void *)(uintptr_t)text.ptr);
    rc = add_lines(w, given, &buf);
    sp_buf_done(&buf);
    return rc;
}

static int add(struct walk *w, const char *given)
{
    const char *path = sp_arena_str(&w->list->arena, sp_str_c(given)).ptr;
    struct stat st;
    int rc;

    if (!path)
        return sp_error_nomem(w->err);
    if (strcmp(path, "-") == 0)
        return append(w, (struct sp_source){ .path = path });
    if (stat(path, &st) < 0)
        return append_lost(w, path, false, NULL, errno);
    if (S_ISREG(st.st_mode))
        return append_file(w, path, false, &st);
    if (S_ISFIFO(st.st_mode))
        return append(w, (struct sp_source){ .path = path });
    if (!S_ISDIR(st.st_mode))
        return append_lost(w, path, false, S_ISSOCK(st.st_mode) ? "is a socket" : "is a device", 0);
    rc = read_folder(w, path, true);
    while (rc == 0 && w->count && !sp_stopped(w->ctx))
        rc = read_folder(w, w->folder[--w->count], false);
    return rc;
}

int sp_source_add(struct sp_source_list *list, const char *org, const char *path, const struct sp_limits *limits,
                  const struct sp_ctx *ctx, struct sp_error *err)
{
    struct walk w = { .list = list, .org = org, .limits = limits, .ctx = ctx, .err = err };
    int rc;

    if (!list->arena.bytes_max)
        sp_arena_init(&list->arena, SIZE_MAX);
    rc = *path == '@' && access(path, F_OK) != 0 ? add_list(&w, path) : add(&w, path);
    sp_free(w.folder);
    return rc;
}

void sp_source_list_done(struct sp_source_list *list)
{
    for (struct sp_pack *p = list->pack; p; p = p->next) {
        sp_free((void *)(uintptr_t)p->spool.ptr);
        if (p->input)
            sp_input_close(p->input);
        sp_free(p->input);
        sp_archive_close(p->archive);
    }
    sp_arena_done(&list->arena);
    sp_free(list->source);
    sp_free(list->order);
    *list = (struct sp_source_list){ 0 };
}
