/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a path. Out: its bytes, in order or from a place. The input owns the descriptor and the first bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "read/archive.h"
#include "read/parts.h"
#include "read/source_inner.h"

enum { READ_MOST = 1 << 30 };

/* SP_ERR_IO for errno. */
static int refused(struct sp_error *err, const char *path, const char *what, int number)
{
    char room[128];

    sp_error_set(err, SP_ERR_IO, "cannot be %s: %s", what, strerror_r(number, room, sizeof room));
    sp_error_where(err, "%s", path);
    sp_error_cure(err, "%s", number == EACCES || number == EPERM ? "check its permissions"
                           : number == EMFILE || number == ENFILE ? "raise the number of open files (ulimit -n)"
                           : number == EIO ? "check the disk" : "check the path");
    return SP_ERR_IO;
}

static int unfit(struct sp_error *err, const char *path, const char *what)
{
    sp_error_set(err, SP_ERR_IO, "is %s, not a log", what);
    sp_error_where(err, "%s", path);
    sp_error_cure(err, "give a file, a folder, a pipe or -");
    return SP_ERR_IO;
}

/* NULL where the kind can be read. */
static const char *kind_refused(mode_t mode)
{
    return S_ISREG(mode) || S_ISFIFO(mode) ? NULL : S_ISDIR(mode) ? "a folder" : S_ISSOCK(mode) ? "a socket" : "a device";
}

static int open_retry(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Open without hanging in anything but a pipe that the path names when it is looked at. */
static int open_path(struct sp_input *input, const char *path, struct stat *st, struct sp_error *err)
{
    bool pipe;

    if (stat(path, st) < 0)
        return refused(err, path, "opened", errno);
    if (kind_refused(st->st_mode))
        return unfit(err, path, kind_refused(st->st_mode));
    pipe = S_ISFIFO(st->st_mode);
    input->fd = open_retry(path, pipe ? 0 : O_NONBLOCK);
    if (input->fd < 0)
        return refused(err, path, "opened", errno);
    if (fstat(input->fd, st) < 0)
        return refused(err, path, "read", errno);
    if (pipe ? !S_ISFIFO(st->st_mode) : !S_ISREG(st->st_mode))
        return unfit(err, path, "something else than a moment ago");
    return 0;
}

static int64_t read_retry(int fd, void *to, size_t size)
{
    ssize_t n;

    do
        n = read(fd, to, size < READ_MOST ? size : READ_MOST);
    while (n < 0 && errno == EINTR);
    return n;
}

int64_t sp_pread_all(int fd, void *to, size_t size, uint64_t offset)
{
    size_t got = 0;

    while (got < size && offset <= INT64_MAX - (uint64_t)size) {
        ssize_t n = pread(fd, (char *)to + got, size - got, (off_t)(offset + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (int64_t)got;
}

/* Keep the first bytes: a pipe is not asked twice. */
static int read_head(struct sp_input *input, const char *path, struct sp_error *err)
{
    int64_t n = 1;

    input->head_room = sp_malloc(SP_SOURCE_HEAD);
    if (!input->head_room)
        return sp_error_nomem(err);
    input->head.ptr = input->head_room;
    while (n > 0 && input->head.len < SP_SOURCE_HEAD) {
        char *to = input->head_room + input->head.len;
        size_t room = SP_SOURCE_HEAD - input->head.len;

        n = input->seekable ? sp_pread_all(input->fd, to, room, input->head.len) : read_retry(input->fd, to, room);
        if (n < 0)
            return refused(err, path, "read", errno);
        input->head.len += (size_t)n;
    }
    return 0;
}

int sp_input_open(struct sp_input *input, const char *path, struct sp_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    struct stat st;
    int rc = 0;

    *input = (struct sp_input){ .fd = -1, .head = SP_STR_NONE };
    if (!standard) {
        rc = open_path(input, path, &st, err);
    } else if (fstat(STDIN_FILENO, &st) < 0) {
        rc = refused(err, path, "read", errno);
    } else if (S_ISDIR(st.st_mode)) {
        rc = unfit(err, path, "a folder");
    } else {
        input->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        rc = input->fd < 0 ? refused(err, path, "read", errno) : 0;
    }
    if (rc == 0) {
        /* standard input that somebody has read from already goes on where it stands */
        input->seekable = S_ISREG(st.st_mode) && (!standard || lseek(input->fd, 0, SEEK_CUR) == 0);
        input->size = input->seekable && st.st_size > 0 ? (uint64_t)st.st_size : 0;
        rc = read_head(input, path, err);
    }
    if (rc < 0)
        sp_input_close(input);
    return rc;
}

void sp_input_close(struct sp_input *input)
{
    if (input->fd > 0 && !input->part) /* never 0: standard input is a copy, so that zeros can be closed */
        (void)close(input->fd);
    sp_free(input->head_room);
    *input = (struct sp_input){ .fd = -1, .head = SP_STR_NONE };
}

struct sp_input sp_input_part(const struct sp_input *whole, uint64_t from, uint64_t end)
{
    return (struct sp_input){ .fd = whole->fd, .seekable = true, .size = whole->size, .head = whole->head,
                              .position = from, .part = true, .end = end };
}

static void take_bytes(struct sp_input *input, const struct sp_part *part)
{
    input->bytes = part->bytes;
    input->bytes_from = part->from;
    input->trouble = part->trouble;
    input->end = part->end;
}

struct sp_input sp_input_bytes(const struct sp_part *part)
{
    struct sp_input input = { .fd = -1, .position = part->from, .part = !part->whole, .extend = part->extend,
                              .extend_arg = part->arg, .head = { part->bytes, (size_t)(part->end - part->from) } };

    if (input.head.len > SP_SOURCE_HEAD)
        input.head.len = SP_SOURCE_HEAD;
    take_bytes(&input, part);
    return input;
}

struct sp_input sp_input_member(struct sp_archive *archive, struct sp_str head)
{
    return (struct sp_input){ .fd = -1, .head = head, .archive = archive };
}

/* The next part; in memory it takes the place of the one before. */
static bool extend(struct sp_input *input)
{
    struct sp_part next = { 0 };

    if (input->position != input->end || !input->extend || !input->extend(input->extend_arg, &next) || next.end <= input->position) {
        if (next.trouble) /* nothing in it but that */
            input->trouble = next.trouble;
        return false;
    }
    if (input->bytes)
        take_bytes(input, &next);
    input->end = next.end;
    return true;
}

bool sp_input_extend(struct sp_input *input)
{
    return input->part && extend(input);
}

static int64_t unread(struct sp_error *err)
{
    char room[128];
    int number = errno;

    sp_error_set(err, SP_ERR_IO, "cannot be read: %s", strerror_r(number, room, sizeof room));
    sp_error_cure(err, "check the disk, or copy the file and try the copy");
    return SP_ERR_IO;
}

/* Of a part in memory. The whole of a file that comes in parts does not end with one. */
static int64_t read_bytes(struct sp_input *input, void *to, size_t size)
{
    size_t n;

    if (input->position == input->end && (input->part || !extend(input)))
        return 0;
    n = (size_t)(input->end - input->position);
    n = n < size ? n : size;
    if (n)
        memcpy(to, input->bytes + (input->position - input->bytes_from), n);
    input->position += n;
    return (int64_t)n;
}

int64_t sp_input_read(struct sp_input *input, void *to, size_t size, struct sp_error *err)
{
    int64_t n;

    if (input->bytes)
        return read_bytes(input, to, size);
    if (input->archive) {
        n = sp_archive_read(input->archive, to, size, err);
        if (n > 0 && input->hash)
            sp_hash_add(input->hash, to, (size_t)n);
        input->position += n > 0 ? (uint64_t)n : 0;
        return n;
    }
    if (input->part && size > input->end - input->position)
        size = (size_t)(input->end - input->position);
    if (input->position < input->head.len) {
        size_t left = input->head.len - (size_t)input->position;

        n = (int64_t)(left < size ? left : size);
        memcpy(to, input->head.ptr + input->position, (size_t)n);
    } else {
        n = input->seekable ? sp_pread_all(input->fd, to, size, input->position) : read_retry(input->fd, to, size);
    }
    if (n < 0)
        return unread(err);
    if (input->hash)
        sp_hash_add(input->hash, to, (size_t)n);
    input->position += (uint64_t)n;
    return n;
}

int64_t sp_input_read_at(struct sp_input *input, void *to, size_t size, uint64_t offset, struct sp_error *err)
{
    int64_t n;

    if (!input->seekable)
        return sp_error_set(err, SP_ERR_INTERNAL, "a pipe is read in order only");
    n = sp_pread_all(input->fd, to, size, offset);
    return n < 0 ? unread(err) : n;
}
