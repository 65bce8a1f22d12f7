/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bytes of an archive, hostile. Out: its files in order. The archive owns its input, a stack of levels, each of
 * which is a libarchive reader over the file that the level below it stands on, and what has to be held in memory.
 */
#include "read/archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "read/archive_lib.h"
#include "read/unpack.h"

enum {
    LEVELS_MAX = 64,       /* whatever the limit archive-depth */
    ROOM = 64 << 10,       /* bytes handed to libarchive at once */
    STALLED_MAX = 10000    /* answers of libarchive without a byte */
};

enum kind { NO_ARCHIVE, GZIP, ZSTD, XZ, BZIP2, TAR, ZIP, SEVEN_ZIP, OTHER };

static const struct {
    const char *what; /* as sp_source_detect says */
    enum kind kind;
} kinds[] = { { "gzip", GZIP }, { "zstd", ZSTD }, { "xz", XZ }, { "bzip2", BZIP2 },
              { "tar", TAR }, { "zip", ZIP }, { "7z", SEVEN_ZIP } };

/* An open archive, and how far it is. */
struct level {
    struct sp_archive *owner;
    struct level *below;     /* whose file it is in; NULL: the outermost */
    struct archive *reader;
    struct sp_unpack *unpack; /* of a compressed file: libarchive gets what comes out of it */
    enum kind kind;
    bool opened, single, failed; /* `failed`: nothing more can be read of it */
    bool locked;                 /* the entry is encrypted */
    bool alone;                  /* all that there is: `single`, and so is each level below */
    size_t path_len;         /* of owner->path: its own name */
    char *spool;             /* owned; all of it, or NULL: read from below as it goes */
    size_t spool_len;
    uint64_t place;          /* of the next byte that libarchive gets, in the spool or the outermost file */
    /* The file that it stands on. */
    bool open, ended, told;
    char trouble[256];
    const char *block;       /* libarchive's, not handed out yet */
    size_t block_len;
    uint64_t hole, at;       /* zeros before the block; place behind it */
    size_t head_len, head_at;
    char head[SP_SOURCE_HEAD];
    char room[ROOM];
};

struct sp_archive {
    const struct sp_archive_lib *lib;
    struct sp_archive_options options;
    struct sp_input input;
    struct sp_str bytes;     /* borrowed; ptr NULL: there is an input */
    struct sp_buf path;      /* of the member in hand */
    size_t path_len;         /* of the outermost */
    struct sp_buf record;    /* of a pipe */
    bool recording, nomem, begun;
    enum kind kind;
    struct level *level[LEVELS_MAX];
    size_t depth;
    uint64_t count, names, spooled, packed, unpacked;
    enum { GOES_ON, REFUSED, DONE } refused;
    char reason[320];
};

/* ---------------------------------------------------------------- bytes that libarchive reads */

static enum kind kind_of(struct sp_str head, const char **what)
{
    if (sp_source_detect(head, what) != SP_SOURCE_ARCHIVE)
        return NO_ARCHIVE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].what, *what) == 0)
            return kinds[i].kind;
    return OTHER;
}

static bool compressed(enum kind kind)
{
    return kind >= GZIP && kind <= BZIP2;
}

bool sp_archive_is(struct sp_str head)
{
    const char *what;
    enum kind kind = kind_of(head, &what);

    return kind != NO_ARCHIVE && kind != OTHER;
}

static int64_t level_read(struct level *l, void *to, size_t size);

/* The outermost file's bytes. */
static int64_t outer_read(struct level *l, const void **block)
{
    struct sp_archive *a = l->owner;
    struct sp_error err;
    int64_t n;

    if (a->bytes.ptr) {
        n = (int64_t)(a->bytes.len - l->place);
        *block = a->bytes.ptr + l->place;
    } else {
        n = a->input.seekable ? sp_input_read_at(&a->input, l->room, ROOM, l->place, &err) : sp_input_read(&a->input, l->room, ROOM, &err);
        *block = l->room;
        if (n < 0)
            (void)snprintf(l->trouble, sizeof l->trouble, "%.255s", err.what);
    }
    if (n > 0 && !a->input.seekable && !a->bytes.ptr) {
        a->packed += (uint64_t)n;
        if (a->recording)
            sp_buf_add(&a->record, l->room, (size_t)n);
    }
    l->place += n > 0 ? (uint64_t)n : 0;
    return n;
}

/* The bytes of the file that the level is made of. */
static int64_t next_bytes(void *arg, const void **block)
{
    struct level *l = arg;
    int64_t n;

    if (l->spool) {
        n = (int64_t)(l->spool_len - l->place);
        *block = l->spool + l->place;
        l->place = l->spool_len;
        return n;
    }
    if (!l->below)
        return outer_read(l, block);
    n = level_read(l->below, l->room, ROOM);
    *block = l->room;
    if (n < 0)
        (void)snprintf(l->trouble, sizeof l->trouble, "%s", l->below->trouble);
    return n;
}

static la_ssize_t on_read(struct archive *reader, void *arg, const void **block)
{
    struct level *l = arg;
    int64_t n = l->unpack ? sp_unpack_read(l->unpack, block) : next_bytes(l, block);

    if (n < 0 && l->unpack && *sp_unpack_trouble(l->unpack))
        (void)snprintf(l->trouble, sizeof l->trouble, "%s", sp_unpack_trouble(l->unpack));
    if (n < 0)
        l->owner->lib->set_error(reader, EIO, "%s", l->trouble);
    return n < 0 ? ARCHIVE_FATAL : n;
}

static uint64_t size_of(const struct level *l)
{
    const struct sp_archive *a = l->owner;

    return l->spool ? l->spool_len : a->bytes.ptr ? a->bytes.len : a->input.size;
}

static bool seeks(const struct level *l)
{
    return l->spool || (!l->below && !l->unpack && (l->owner->bytes.ptr || l->owner->input.seekable));
}

static la_int64_t on_skip(struct archive *reader, void *arg, la_int64_t wanted)
{
    struct level *l = arg;
    uint64_t size = size_of(l), left = l->place < size ? size - l->place : 0, n = wanted > 0 ? (uint64_t)wanted : 0;

    (void)reader;
    n = n < left ? n : left;
    l->place += n;
    return (la_int64_t)n;
}

static la_int64_t on_seek(struct archive *reader, void *arg, la_int64_t offset, int whence)
{
    struct level *l = arg;
    int64_t size = (int64_t)size_of(l), from = whence == SEEK_END ? size : whence == SEEK_CUR ? (int64_t)l->place : 0, to;

    if (__builtin_add_overflow(from, offset, &to) || to < 0) {
        l->owner->lib->set_error(reader, EINVAL, "a place before its start");
        return ARCHIVE_FATAL;
    }
    l->place = (uint64_t)(to < size ? to : size);
    return (la_int64_t)l->place;
}

/* ---------------------------------------------------------------- the file that a level stands on */

static void words(struct level *l)
{
    const char *text = l->owner->lib->error_string(l->reader);
    bool perhaps = l->locked && text && !strstr(text, "assphrase");

    /* One wrong password of 256 looks right to a zip, until nothing can be unpacked with it. */
    if (!l->trouble[0])
        (void)snprintf(l->trouble, sizeof l->trouble, "%s%s", text ? text : "damaged", perhaps ? "; encrypted, so that a wrong password may be why" : "");
    l->owner->lib->clear_error(l->reader);
}

/* So many bytes more have been made: too many? */
static bool expand(struct level *l, uint64_t more)
{
    struct sp_archive *a = l->owner;
    const struct sp_limits *m = a->options.limits;

    a->unpacked = a->unpacked + more < more ? UINT64_MAX : a->unpacked + more;
    if (a->refused == GOES_ON && a->unpacked > m->expansion_bytes && a->unpacked / m->expansion_times >= a->packed) {
        a->refused = REFUSED;
        (void)snprintf(a->reason, sizeof a->reason, "refused: it expands to more than %llu bytes and %llu times its size (limits expansion-bytes, expansion-times)",
                       (unsigned long long)m->expansion_bytes, (unsigned long long)m->expansion_times);
    }
    if (a->refused == GOES_ON)
        return true;
    (void)snprintf(l->trouble, sizeof l->trouble, "%.255s", a->reason);
    l->ended = l->failed = true;
    return false;
}

/* The next bytes of the file. */
static void pull(struct level *l)
{
    for (unsigned i = 0; !l->ended && !l->block_len && !l->hole; i++) {
        const void *block = NULL;
        la_int64_t offset = 0;
        size_t len = 0;
        uint64_t from;
        int rc = i < STALLED_MAX ? l->owner->lib->data_block(l->reader, &block, &len, &offset) : ARCHIVE_FATAL;

        l->ended = rc == ARCHIVE_EOF || (rc < ARCHIVE_WARN && rc != ARCHIVE_RETRY);
        l->failed |= rc == ARCHIVE_FATAL;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF && rc != ARCHIVE_RETRY)
            words(l);
        if (l->ended || rc == ARCHIVE_RETRY)
            continue;
        from = offset > 0 ? (uint64_t)offset : 0;
        l->hole = from > l->at ? from - l->at : 0;
        l->at += l->hole + len;
        if (!expand(l, l->hole) || !expand(l, len)) {
            l->hole = 0;
            break;
        }
        l->block = block;
        l->block_len = len;
    }
}

/* Beyond the head. */
static int64_t data(struct level *l, char *to, size_t size)
{
    size_t n;

    pull(l);
    if (l->hole) {
        n = l->hole < size ? (size_t)l->hole : size;
        memset(to, 0, n);
        l->hole -= n;
        return (int64_t)n;
    }
    n = l->block_len < size ? l->block_len : size;
    if (n == 0)
        return l->trouble[0] && !l->told ? SP_ERR_FORMAT : 0;
    memcpy(to, l->block, n);
    l->block += n;
    l->block_len -= n;
    return (int64_t)n;
}

static int64_t level_read(struct level *l, void *to, size_t size)
{
    size_t n = l->head_len - l->head_at;

    if (n == 0)
        return data(l, to, size);
    n = n < size ? n : size;
    memcpy(to, l->head + l->head_at, n);
    l->head_at += n;
    return (int64_t)n;
}

/* Its first bytes, to know what it is; trouble behind them is met again. */
static void look(struct level *l)
{
    int64_t n = 1;

    l->head_len = l->head_at = 0;
    while (n > 0 && l->head_len < SP_SOURCE_HEAD) {
        n = data(l, l->head + l->head_len, SP_SOURCE_HEAD - l->head_len);
        l->head_len += n > 0 ? (size_t)n : 0;
    }
}

/* Leave the file. What has to be unpacked for that is counted, so that it ends. */
static void leave(struct level *l)
{
    l->block_len = 0;
    l->hole = 0;
    while (l->open && !l->ended && (l->unpack || l->kind == SEVEN_ZIP) && !sp_stopped(l->owner->options.ctx)) {
        pull(l);
        l->block_len = 0;
        l->hole = 0;
    }
    l->open = false;
}

/* ---------------------------------------------------------------- levels */

static void pop(struct sp_archive *a)
{
    struct level *l = a->level[--a->depth];

    if (l->reader)
        (void)a->lib->read_free(l->reader);
    sp_unpack_close(l->unpack);
    a->spooled -= l->spool_len;
    sp_free(l->spool);
    sp_free(l);
}

static void pop_all(struct sp_archive *a)
{
    while (a->depth)
        pop(a);
}

static int number(struct sp_archive *a, struct sp_member *ret, enum sp_member_kind kind, const char *reason, const char *cure)
{
    ret->kind = kind;
    ret->reason = reason;
    ret->cure = cure;
    ret->number = a->count++;
    sp_buf_reserve(&a->path, 1);
    if (a->path.failed)
        return SP_ERR_NOMEM;
    a->path.ptr[a->path.len] = '\0';
    ret->path = a->path.ptr;
    return 1;
}

/* The archive of a level, or what is left of it. */
static int lose(struct sp_archive *a, struct sp_member *ret, size_t path_len, const char *cure)
{
    a->path.len = path_len;
    *ret = (struct sp_member){ 0 };
    return number(a, ret, SP_MEMBER_LOST, a->reason, cure);
}

static void reason_from(struct sp_archive *a, const char *what, const char *trouble)
{
    sp_archive_reason(a->reason, sizeof a->reason, what, trouble);
}

/* All of the file that the level below stands on, into memory. False: a->reason says why not. */
static bool spool(struct level *l)
{
    struct sp_archive *a = l->owner;
    uint64_t max = a->options.limits->spool_bytes - a->spooled;
    struct sp_buf buf;
    int64_t n = 1;

    sp_buf_init(&buf, (size_t)max + ROOM + 1);
    while (n > 0 && buf.len <= max && sp_buf_reserve(&buf, ROOM) && !sp_stopped(a->options.ctx)) {
        n = level_read(l->below, buf.ptr + buf.len, ROOM);
        buf.len += n > 0 ? (size_t)n : 0;
    }
    if (buf.failed || buf.len > max) {
        a->nomem |= buf.failed && buf.len <= max;
        (void)snprintf(a->reason, sizeof a->reason, "an archive of this kind is read from its end, and is too large to be held in memory for that (limit spool-bytes, %llu)",
                       (unsigned long long)a->options.limits->spool_bytes);
        sp_buf_done(&buf);
        return false;
    }
    if (!buf.len) {
        sp_buf_done(&buf);
        (void)snprintf(a->reason, sizeof a->reason, "cannot be unpacked: %s", l->below->trouble[0] ? l->below->trouble : "nothing in it");
        return false;
    }
    l->spool = buf.ptr;
    l->spool_len = buf.len;
    a->spooled += buf.len;
    return true;
}

static int begin_unpack(struct level *l, struct sp_error *err)
{
    static const enum sp_unpack_kind way[] = { [GZIP] = SP_UNPACK_GZIP, [ZSTD] = SP_UNPACK_ZSTD, [XZ] = SP_UNPACK_XZ, [BZIP2] = SP_UNPACK_BZIP2 };

    return sp_unpack_open(&l->unpack, way[l->kind], l->owner->options.limits->spool_bytes, next_bytes, l, err);
}

/* Zeros are the end of a tar to libarchive, and thus a tar; with something behind them they are none. To look for a header
 * beyond the end of what is cut would be the end of it all. */
static bool may_be_tar(struct sp_str head)
{
    size_t zeros = 0;

    while (zeros < head.len && head.ptr[zeros] == 0)
        zeros++;
    return head.len >= 512 && (zeros == 0 || (zeros == head.len && zeros < ROOM));
}

/* Tars behind each other are one. */
static int begin_tar(const struct sp_archive_lib *lib, struct archive *r)
{
    return lib->format_tar(r) | lib->set_format_option(r, "tar", "read_concatenated_archives", "1");
}

static int begin_reader(struct level *l)
{
    const struct sp_archive_lib *lib = l->owner->lib;
    const struct sp_archive_options *o = &l->owner->options;
    struct archive *r = l->reader = lib->read_new();
    int rc = ARCHIVE_OK;

    if (!r)
        return SP_ERR_NOMEM;
    switch (l->kind) {
    case GZIP:
    case ZSTD:
    case XZ:
    case BZIP2:
        rc = may_be_tar(sp_unpack_peek(l->unpack)) ? begin_tar(lib, r) : ARCHIVE_OK;
        rc |= lib->format_raw(r) | lib->format_empty(r);
        break;
    case TAR:
        rc = begin_tar(lib, r);
        break;
    case SEVEN_ZIP:
        rc = lib->format_7zip(r);
        break;
    case ZIP:
    case NO_ARCHIVE:
    case OTHER:
    default:
        rc = lib->format_zip(r);
        break;
    }
    for (size_t i = 0; i < o->password_count; i++)
        if (*o->password[i])
            rc |= lib->add_passphrase(r, o->password[i]);
    rc |= lib->add_passphrase(r, "infected");
    rc |= lib->set_read(r, on_read);
    if (seeks(l))
        rc |= lib->set_skip(r, on_skip) | lib->set_seek(r, on_seek);
    rc |= lib->set_data(r, l);
    return rc == ARCHIVE_OK || rc == ARCHIVE_WARN ? 0 : SP_ERR_NOMEM;
}

/* Open the file that the top level stands on, or the outermost. 0; 1: it cannot be, `ret` says why. */
static int push(struct sp_archive *a, enum kind kind, struct sp_member *ret)
{
    size_t path_len = a->path.len;
    struct sp_error err;
    struct level *l;

    if (a->depth >= a->options.limits->archive_depth || a->depth == LEVELS_MAX) {
        (void)snprintf(a->reason, sizeof a->reason, "archives are nested deeper than %llu (limit archive-depth)", (unsigned long long)a->options.limits->archive_depth);
        return lose(a, ret, path_len, "unpack it and give the folder, or raise --limit archive-depth=N");
    }
    l = sp_zalloc(sizeof *l);
    if (!l)
        return SP_ERR_NOMEM;
    l->owner = a;
    l->kind = kind;
    l->path_len = path_len;
    l->below = a->depth ? a->level[a->depth - 1] : NULL;
    a->level[a->depth++] = l;
    if (l->below && (kind == ZIP || kind == SEVEN_ZIP) && !spool(l)) {
        pop(a);
        return a->nomem ? SP_ERR_NOMEM : lose(a, ret, path_len, "unpack it and give the folder");
    }
    if (compressed(kind) && begin_unpack(l, &err) < 0) {
        (void)snprintf(a->reason, sizeof a->reason, "%.300s", err.what);
        pop(a);
        return err.code == SP_ERR_NOMEM ? SP_ERR_NOMEM : lose(a, ret, path_len, "install it, or unpack the file elsewhere");
    }
    if (begin_reader(l) < 0)
        return SP_ERR_NOMEM;
    if (a->lib->open1(l->reader) >= ARCHIVE_WARN)
        return 0;
    words(l);
    reason_from(a, "cannot be read as the archive it claims to be", l->trouble);
    pop(a);
    return lose(a, ret, path_len, sp_archive_cure(a->reason));
}

/* ---------------------------------------------------------------- the row of members */

/* libarchive turns names into the charset of the thread's locale: some when it reads the header, others when asked. */
static int next_header(struct level *l, struct archive_entry **ret, const char **ret_name)
{
    const struct sp_archive_lib *lib = l->owner->lib;
    locale_t old = lib->utf8 ? uselocale(lib->utf8) : (locale_t)0;
    int rc = lib->next_header(l->reader, ret);

    *ret_name = rc == ARCHIVE_EOF || rc < ARCHIVE_WARN ? NULL : lib->entry_pathname(*ret);
    if (old)
        (void)uselocale(old);
    return rc;
}

/* The name of the entry, behind that of its archive. */
static int name_entry(struct level *l, struct archive_entry *entry, const char *name)
{
    struct sp_archive *a = l->owner;

    if (!name)
        name = a->lib->entry_pathname_utf8(entry);
    a->path.len = l->path_len;
    if (!l->single) {
        sp_buf_char(&a->path, '!');
        if (name && *name && strlen(name) <= SP_MEMBER_NAME_MAX)
            sp_archive_name(&a->path, sp_str_c(name), l->kind == ZIP);
        else
            sp_buf_printf(&a->path, "file %llu", (unsigned long long)a->count + 1);
    }
    a->names += a->path.len;
    return a->path.failed ? SP_ERR_NOMEM : 0;
}

static const char *passed_over(const struct sp_archive *a, struct archive_entry *entry)
{
    if (a->lib->entry_hardlink(entry))
        return "a link";
    switch (a->lib->entry_filetype(entry)) {
    case AE_IFLNK: return "a link";
    case AE_IFIFO: return "a pipe";
    case AE_IFSOCK: return "a socket";
    case AE_IFCHR:
    case AE_IFBLK: return "a device";
    default: return NULL;
    }
}

/* More files than may be: the rest is lost. */
static int too_many(struct sp_archive *a, struct sp_member *ret)
{
    if (a->count >= a->options.limits->files)
        (void)snprintf(a->reason, sizeof a->reason, "more than %llu files in it (limit files)", (unsigned long long)a->options.limits->files);
    else
        (void)snprintf(a->reason, sizeof a->reason, "the names of its files take more than %d bytes", SP_MEMBER_NAMES_MAX);
    pop_all(a);
    return lose(a, ret, a->path_len, "unpack it and hunt parts of it");
}

/* The level stands on a file: 1 and the member, or 0: it is an archive, which is open now. */
static int meet_file(struct level *l, struct archive_entry *entry, struct sp_member *ret)
{
    struct sp_archive *a = l->owner;
    const char *what = "";
    enum kind kind;

    ret->sized = !l->single && a->lib->entry_size_is_set(entry);
    ret->size = ret->sized && a->lib->entry_size(entry) > 0 ? (uint64_t)a->lib->entry_size(entry) : 0;
    look(l);
    ret->head = (struct sp_str){ l->head, l->head_len };
    ret->single = l->single && (!l->below || l->below->alone);
    l->alone = ret->single;
    if (l->head_len == 0 && l->trouble[0] && a->refused == GOES_ON) {
        reason_from(a, "cannot be unpacked", l->trouble);
        l->told = true;
        return number(a, ret, SP_MEMBER_LOST, a->reason, sp_archive_cure(l->trouble));
    }
    kind = kind_of(ret->head, &what);
    if (kind == NO_ARCHIVE)
        return number(a, ret, SP_MEMBER_FILE, NULL, NULL);
    if (kind != OTHER)
        return push(a, kind, ret);
    (void)snprintf(a->reason, sizeof a->reason, "archive, not read in this version: %s", what);
    return number(a, ret, SP_MEMBER_PASSED, a->reason, NULL);
}

/* Is the end of a zip's directory there? A zip that is cut in it gives all its files, and no word of libarchive's. */
static bool zip_ends(struct level *l)
{
    uint64_t size = size_of(l);
    size_t n = size < ROOM ? (size_t)size : ROOM;
    const char *tail = l->spool ? l->spool + size - n : l->owner->bytes.ptr ? l->owner->bytes.ptr + size - n : l->room, *end;

    if (tail == l->room && sp_input_read_at(&l->owner->input, l->room, n, size - n, NULL) != (int64_t)n)
        return false;
    while ((end = memmem(tail, n, "PK\5\6", 4)) != NULL) {
        n -= (size_t)(end - tail);
        if (n >= 22 && n >= 22u + ((unsigned char)end[20] | (size_t)(unsigned char)end[21] << 8))
            return true;
        tail = end + 1;
        n--;
    }
    return false;
}

/* Nothing more of the top level can be read. */
static int end_level(struct level *l, struct sp_member *ret)
{
    struct sp_archive *a = l->owner;
    size_t path_len = l->path_len;

    reason_from(a, l->opened ? "cut or damaged, what follows is not read" : "cannot be read as the archive it claims to be", l->trouble);
    pop(a);
    return lose(a, ret, path_len, sp_archive_cure(a->reason));
}

/* 1: a member; 0: look again. */
static int step(struct sp_archive *a, struct sp_member *ret)
{
    struct level *l = a->level[a->depth - 1];
    struct archive_entry *entry = NULL;
    const char *name, *passed;
    int rc;

    *ret = (struct sp_member){ 0 };
    if (l->single && l->opened) { /* it was all there is: no need to unpack the rest of it */
        pop(a);
        return 0;
    }
    leave(l);
    if (a->refused != GOES_ON)
        return 0;
    if (l->failed)
        return end_level(l, ret);
    l->trouble[0] = '\0';
    rc = next_header(l, &entry, &name);
    if (rc == ARCHIVE_EOF && l->kind == ZIP && !zip_ends(l)) {
        (void)snprintf(l->trouble, sizeof l->trouble, "the zip's directory ends too early");
        return end_level(l, ret);
    }
    if (rc == ARCHIVE_EOF) {
        pop(a);
        return 0;
    }
    if (rc < ARCHIVE_WARN) {
        words(l);
        return end_level(l, ret);
    }
    l->opened = l->open = true;
    l->single = a->lib->format(l->reader) == ARCHIVE_FORMAT_RAW;
    l->locked = a->lib->entry_is_encrypted(entry) != 0;
    l->ended = l->told = false;
    l->at = l->head_len = l->head_at = 0;
    a->lib->clear_error(l->reader);
    if (a->count >= a->options.limits->files || a->names > SP_MEMBER_NAMES_MAX)
        return too_many(a, ret);
    if (a->lib->entry_filetype(entry) == AE_IFDIR)
        return 0;
    if (name_entry(l, entry, name) < 0)
        return SP_ERR_NOMEM;
    passed = passed_over(a, entry);
    return passed ? number(a, ret, SP_MEMBER_PASSED, passed, NULL) : meet_file(l, entry, ret);
}

int sp_archive_next(struct sp_archive *a, struct sp_member *ret)
{
    int rc = 0;

    *ret = (struct sp_member){ 0 };
    if (!a->begun) {
        a->begun = true;
        rc = push(a, a->kind, ret);
    }
    while (rc == 0 && a->depth && !sp_stopped(a->options.ctx)) {
        rc = step(a, ret);
        if (rc == 0 && a->refused == REFUSED) {
            a->refused = DONE;
            pop_all(a);
            rc = lose(a, ret, a->path_len, "if it is not hostile, unpack it or raise these limits");
        }
    }
    return rc;
}

struct sp_str sp_archive_head(const struct sp_archive *a)
{
    const struct level *l = a->depth ? a->level[a->depth - 1] : NULL;

    return l ? (struct sp_str){ l->head, l->head_len } : SP_STR_NONE;
}

int64_t sp_archive_read(struct sp_archive *a, void *to, size_t size, struct sp_error *err)
{
    struct level *l = a->depth ? a->level[a->depth - 1] : NULL;
    int64_t n = l ? level_read(l, to, size) : 0;

    if (n >= 0)
        return n;
    l->told = true;
    reason_from(a, "cut or damaged in its archive", l->trouble);
    sp_error_set(err, SP_ERR_FORMAT, "%s", a->reason);
    sp_error_cure(err, "%s", sp_archive_cure(l->trouble));
    return SP_ERR_FORMAT;
}

/* ---------------------------------------------------------------- open and close */

static int make(struct sp_archive **ret, const char *path, struct sp_str head, const struct sp_archive_options *options, struct sp_error *err)
{
    struct sp_archive *a;
    const char *what;

    *ret = NULL;
    if (!sp_archive_lib()) {
        sp_error_set(err, SP_ERR_UNSUPPORTED, "libarchive.so.13 is needed to read archives, and cannot be loaded");
        sp_error_cure(err, "install Debian's libarchive13");
        return SP_ERR_UNSUPPORTED;
    }
    a = sp_zalloc(sizeof *a);
    if (!a)
        return sp_error_nomem(err);
    a->lib = sp_archive_lib();
    a->options = *options;
    a->input.fd = -1;
    a->kind = kind_of(head, &what);
    sp_buf_text(&a->path, path);
    a->path_len = a->path.len;
    *ret = a;
    return 0;
}

int sp_archive_open(struct sp_archive **ret, const char *path, struct sp_input *input, const struct sp_archive_options *options,
                    struct sp_error *err)
{
    int rc = make(ret, path, input->head, options, err);

    if (rc < 0)
        return rc;
    (*ret)->input = *input;
    (*ret)->packed = input->size;
    (*ret)->recording = !input->seekable;
    sp_buf_init(&(*ret)->record, (size_t)options->limits->spool_bytes + ROOM);
    *input = (struct sp_input){ .fd = -1, .head = SP_STR_NONE };
    return 0;
}

int sp_archive_open_bytes(struct sp_archive **ret, const char *path, struct sp_str bytes, const struct sp_archive_options *options,
                          struct sp_error *err)
{
    int rc = make(ret, path, sp_str_cut(bytes, 0, bytes.len < SP_SOURCE_HEAD ? bytes.len : SP_SOURCE_HEAD), options, err);

    if (rc < 0)
        return rc;
    (*ret)->bytes = bytes;
    (*ret)->packed = bytes.len;
    return 0;
}

void sp_archive_close(struct sp_archive *a)
{
    if (!a)
        return;
    pop_all(a);
    sp_input_close(&a->input);
    sp_buf_done(&a->path);
    sp_buf_done(&a->record);
    sp_free(a);
}

bool sp_archive_packed(const struct sp_archive *a)
{
    return compressed(a->kind);
}

void sp_archive_stream(struct sp_archive *a)
{
    a->recording = false;
    sp_buf_done(&a->record);
}

int sp_archive_spool(struct sp_archive *a, struct sp_str *ret, struct sp_error *err)
{
    struct sp_buf *buf = &a->record;
    int64_t n = 1;

    while (n > 0 && !buf->failed && sp_buf_reserve(buf, ROOM)) {
        n = sp_input_read(&a->input, buf->ptr + buf->len, ROOM, err);
        buf->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        return (int)n;
    if (buf->failed) {
        sp_error_set(err, SP_ERR_LIMIT, "an archive that comes through a pipe is held in memory, and this one is larger than %llu bytes (limit spool-bytes)",
                     (unsigned long long)a->options.limits->spool_bytes);
        sp_error_cure(err, "save it as a file and give that");
        return SP_ERR_LIMIT;
    }
    *ret = sp_buf_view(buf);
    *buf = (struct sp_buf){ 0 };
    return 0;
}
