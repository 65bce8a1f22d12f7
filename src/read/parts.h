/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_parts: a large file cut into parts that can be read each on its own, by several readers at once. Read one after
 * the other they give the records, places and troubles of the whole.
 *
 *      EVTX     header + 16 chunks │ 16 chunks │ 16 chunks │ ...      a chunk is self-contained
 *      lines    line, line ... ↵   │ line ... ↵ │ ...                  plain text
 *      JSON     {...}↵ {...}↵      │ {...}↵     │ ...                  in front of a `{` that begins a line
 *
 * Whether JSON has ended where it is cut is not known until all before it has been read: a record may be pretty-printed
 * or an array go on. A reader that comes to the end of its part inside of something asks `extend` and reads on into
 * the next part; what another made of that part is void. Between two records it just ends: a record that begins a line
 * and follows the end of another is read the same with and without what was before it (read/jsonl.c).
 *
 * Line numbers count from the part's first line.
 *
 * A file in an archive is unpacked once, from front to back, so its parts are in memory, each a block that is shared by
 * those who read it. JSON and text are cut behind the last line that a block holds; what cannot be cut is one part that
 * its reader reads on into the next until the end (`whole`), and nobody else gets any of it.
 */
#ifndef SP_READ_PARTS_H
#define SP_READ_PARTS_H
#include "read/source.h"

enum { SP_PART_BYTES = 1 << 20 };

/* Bytes of a file in an archive; freed when the last user drops it. */
struct sp_block {
    _Atomic unsigned users;
    size_t len;
    char trouble[256];
    char bytes[];
};
struct sp_block *sp_block_hold(struct sp_block *block); /* one user more; NULL is fine, here and there */
void sp_block_drop(struct sp_block *block);

struct sp_parts {
    struct sp_input input;
    enum sp_source_type type;
    const char *path; /* borrowed */
    uint64_t at;      /* where the next part begins */
    uint64_t bytes;   /* of a part, about */
    bool ended;
    struct sp_archive *archive; /* borrowed: it stands on the file; NULL: a file of its own */
    struct sp_block *rest;      /* read, behind the last cut */
    struct sp_hash *hash;       /* of a member: takes all of its bytes; borrowed; NULL: nobody asks */
    bool read_all;              /* of a member: its end was met, and nothing was wrong before it */
    bool whole;                 /* it cannot be cut from here on */
};

struct sp_part {
    uint64_t from, end; /* UINT64_MAX: to the end that the file has then */
    bool (*extend)(void *arg, struct sp_part *next); /* set by whoever reads the part: the next one, false: no; NULL: no */
    void *arg;
    const char *bytes;   /* in memory: all of it; NULL: it is in the file */
    const char *trouble; /* in memory: why nothing follows, or NULL */
    struct sp_block *block; /* what holds these; its taker drops it */
    bool whole;
};

/* 1: the file can be read in parts of about `bytes` (EVTX: a multiple of its chunk) and is longer than one; 0: it is to
 * be read as a whole (pipes, UTF-16, pretty-printed JSON, small files, what is no log or cannot be opened).
 * `type` SP_SOURCE_NONE: detect. */
int sp_parts_open(struct sp_parts *parts, const char *path, enum sp_source_type type, uint64_t bytes);
/* The file that the archive stands on, which outlives it; `given` as before. */
void sp_parts_open_member(struct sp_parts *parts, struct sp_archive *archive, struct sp_str head, enum sp_source_type given, uint64_t bytes);
void sp_parts_close(struct sp_parts *parts);

/* The next part; false behind the last one. */
bool sp_parts_next(struct sp_parts *parts, struct sp_part *ret);
/* The same for the reader of the part before, who is still inside of something. */
bool sp_parts_read_on(struct sp_parts *parts, struct sp_part *ret);

#endif
