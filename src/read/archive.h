/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_archive: an archive, and the archives in it, as one row of files that are read in order. Nothing is written to disk.
 *
 *      outer.zip ─┬─ a.evtx                   outer.zip!a.evtx
 *                 ├─ inner.tar.gz ─┬─ b.evtx  outer.zip!inner.tar.gz!b.evtx
 *                 │                └─ c.json  outer.zip!inner.tar.gz!c.json
 *                 └─ d.json.gz                outer.zip!d.json.gz
 *
 * A compressed file that is no tar is one file, under its own name. The row is the same each time the same bytes are
 * read, so that a number names a member. What cannot be read is a member too, with the reason: what is whole is read all
 * the same. Links are not followed, and nothing is opened by a name that stands in an archive.
 *
 * Memory: some 100 KiB a level, what libarchive takes for it, and zip and 7z that lie in another archive (they are read
 * from their end): limits->spool_bytes at most for all of them together.
 */
#ifndef SP_READ_ARCHIVE_H
#define SP_READ_ARCHIVE_H
#include "base/error.h"
#include "base/limits.h"
#include "read/source.h"
#include "spoor/ctx.h"

struct sp_archive_options {
    const struct sp_limits *limits;
    const struct sp_ctx *ctx;
    const char *const *password; /* tried in this order, then `infected` */
    size_t password_count;
};

enum sp_member_kind {
    SP_MEMBER_FILE,
    SP_MEMBER_PASSED, /* a link, a device, an archive of a kind that is not read: `reason` */
    SP_MEMBER_LOST    /* an archive or a file that cannot be read, or not further: `reason`, `cure` */
};

struct sp_member {
    enum sp_member_kind kind;
    const char *path;
    uint64_t number;    /* from 0 */
    bool single;        /* all that there is: the outermost file is compressed and no archive; `path` is its own */
    bool sized;         /* the archive says its size, perhaps truly */
    uint64_t size;
    struct sp_str head; /* of a FILE: its first bytes, 8 KiB or all of it */
    const char *reason, *cure;
};

struct sp_archive;

/* Is it one of the kinds that can be read? */
bool sp_archive_is(struct sp_str head);

/* The archive takes the input over, from a pipe too (zip and 7z need a file, or bytes). SP_ERR_NOMEM. */
int sp_archive_open(struct sp_archive **ret, const char *path, struct sp_input *input, const struct sp_archive_options *options,
                    struct sp_error *err);
/* Of bytes in memory, which outlive it. */
int sp_archive_open_bytes(struct sp_archive **ret, const char *path, struct sp_str bytes, const struct sp_archive_options *options,
                          struct sp_error *err);
void sp_archive_close(struct sp_archive *archive); /* NULL is fine */

/* 1 and the next member, valid until the next call; 0 at the end, or when the user has said stop; SP_ERR_NOMEM, and then
 * there is nothing to do but to close it. */
int sp_archive_next(struct sp_archive *archive, struct sp_member *ret);

/* `head` of the member that it stands on. */
struct sp_str sp_archive_head(const struct sp_archive *archive);

/* Bytes of the member, a FILE, from its start: bytes read, 0 at the end. SP_ERR_FORMAT where it is damaged, once, after
 * what can be read of it. */
int64_t sp_archive_read(struct sp_archive *archive, void *to, size_t size, struct sp_error *err);

/* Is it compressed, rather than a tar, zip or 7z from the start? Then the first member may be all there is. */
bool sp_archive_packed(const struct sp_archive *archive);

/* Of a pipe. What has been read of it is kept until one of these is called: go on without keeping, or read it to its end and
 * hand out all of its bytes, to be freed with sp_free (SP_ERR_LIMIT, SP_ERR_IO, SP_ERR_NOMEM). */
void sp_archive_stream(struct sp_archive *archive);
int sp_archive_spool(struct sp_archive *archive, struct sp_str *ret, struct sp_error *err);

#endif
