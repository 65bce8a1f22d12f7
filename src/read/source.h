/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs: paths to files in byte order, files to bytes, bytes to a type of log.
 */
#ifndef SP_READ_SOURCE_H
#define SP_READ_SOURCE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/str.h"

struct sp_archive;
struct sp_part;

enum { SP_SOURCE_HEAD = 8192 }; /* detection looks 4 KiB far, and for the first chunk of an EVTX file behind that */

/* One open input. Reads are positional where it is a file; stdin, pipes and files in archives are read once, in order.
 * A file that shrinks or grows while it is read is read to the end that it has then. */
struct sp_input {
    int fd;
    bool seekable;
    uint64_t size; /* of a regular file when opened; 0 if not known */
    struct sp_str head; /* first bytes already read, for detection and for pipes; owned by the input */
    uint64_t position;  /* of the next sequential read */
    char *head_room;
    bool part;          /* sp_input_part: sequential reads stop at `end` */
    uint64_t end;
    bool (*extend)(void *arg, struct sp_part *next); /* of a part: the next one, false: none; NULL: none */
    void *extend_arg;
    struct sp_archive *archive; /* borrowed: the member that it stands on is read; or NULL */
    const char *bytes;  /* of a part in memory, up to `end`; borrowed; or NULL */
    uint64_t bytes_from; /* place of bytes[0] */
    const char *trouble; /* behind the end of bytes: why it is an end; borrowed, or NULL */
    struct sp_hash *hash; /* takes every byte that is read in order; NULL: nobody asks */
};

/* "-" is stdin. Refuses folders, sockets and devices; never blocks on a FIFO it was not told to read.
 * err->where is the path. */
int sp_input_open(struct sp_input *input, const char *path, struct sp_error *err);
void sp_input_close(struct sp_input *input); /* copes with zeros and fd -1 */
/* A part of a file (seekable) for sequential reading, over the same descriptor: `whole` outlives it. */
struct sp_input sp_input_part(const struct sp_input *whole, uint64_t from, uint64_t end);
/* A part in memory (read/parts.h). */
struct sp_input sp_input_bytes(const struct sp_part *part);
/* The file that an archive stands on; `head` as the archive has it. Both outlive it. */
struct sp_input sp_input_member(struct sp_archive *archive, struct sp_str head);
/* At the end of a part: may reading go on behind it? Then the part has a new end. */
bool sp_input_extend(struct sp_input *input);
/* Up to `size` bytes at the sequential position: bytes read, 0 at the end, SP_ERR_IO. Retries EINTR. */
int64_t sp_input_read(struct sp_input *input, void *to, size_t size, struct sp_error *err);
/* The same at a place (seekable inputs only). Short only at the end of the file. */
int64_t sp_input_read_at(struct sp_input *input, void *to, size_t size, uint64_t offset, struct sp_error *err);

enum sp_source_type {
    SP_SOURCE_NONE,  /* no log: binary bytes of no known kind */
    SP_SOURCE_EMPTY, /* no byte at all */
    SP_SOURCE_EVTX,
    SP_SOURCE_JSON,
    SP_SOURCE_JSON_DOCUMENT,
    SP_SOURCE_PLAIN,
    SP_SOURCE_ARCHIVE, /* a kind that is known by its magic but not read in this version: gz, zip, ... */
    SP_SOURCE_LATER    /* a type named by contract 4 that this version does not read */
};

/* From the first bytes (up to 4 KiB, and the magic number of an EVTX chunk behind a file header): magic numbers; a BOM or JSON's first token; text without NUL and
 * with few controls is plain; the rest is none. Never by name. `what` gets a word for messages ("gzip"). */
enum sp_source_type sp_source_detect(struct sp_str head, const char **what);

/* The same, unless a type is `given` (SP_SOURCE_NONE: none). A file without a byte is an empty one, or a broken document. */
enum sp_source_type sp_source_type_of(struct sp_str head, enum sp_source_type given, const char **what);

/* The name of `--source-type`: the type, or SP_SOURCE_LATER for the types of contract 4 that cannot be read
 * yet; SP_ERR_USAGE for a word that is none. */
int sp_source_type_parse(const char *word, enum sp_source_type *ret, struct sp_error *err);
const char *sp_source_type_name(enum sp_source_type type); /* "evtx", "json", "json-document", "plain", ... */

/* An outermost archive whose members are sources; or a pipe that is open. */
struct sp_pack {
    const char *path;
    struct sp_str spool;        /* all of an archive that came through a pipe; owned; ptr NULL: none */
    struct sp_input *input;     /* a pipe, for the one that reads it; owned; or NULL */
    struct sp_archive *archive; /* a compressed pipe, for the one that reads it; owned; or NULL */
    struct sp_pack *next;
};

/* One file to read. Paths are as given, or the given folder joined with '/' and the rest; `outer.zip!inner/file.evtx`. */
struct sp_source {
    const char *path;     /* owned by the list's arena */
    const char *org;      /* borrowed from the caller */
    bool walked;          /* found in a folder or an archive, not named by the user */
    const char *skipped;  /* NULL, or the reason it is not read ("duplicate of PATH", ...); arena */
    const char *copy_of;  /* NULL, or the path of which it is a duplicate; arena */
    bool lost;            /* the skip makes exit code 3 (contract 3 and 5) */
    bool opened;          /* of one that is skipped: what holds it could be read */
    bool unsized;         /* the size is not known before it has been read */
    uint64_t size;
    const char *host;     /* what the collection says whose logs these are, or NULL; arena */
    struct sp_pack *pack; /* NULL: a file of its own */
    uint64_t member;      /* its number in the archive */
    uint64_t head;        /* stands for its first bytes, of a member and of what was looked at; not for a secret: they may be made alike */
    bool looked;          /* a regular file whose first bytes were there when it was listed */
    bool archive;         /* they are those of an archive */
};

/* Starts as zeros, but for what is borrowed. */
struct sp_source_list {
    struct sp_arena arena;
    struct sp_source *source;
    size_t count, room;
    size_t *order;          /* how they are best read: by file, and in each archive from front to back; made by expand */
    struct sp_pack *pack;   /* all of them */
    const char *const *password; /* of archives; borrowed */
    size_t password_count;
    enum sp_source_type given; /* --source-type */
};

/* Add what the path names: a file, a file that names one path a line (@FILE, unless a file has that very name), or all regular files below a folder (links to files are followed,
 * links to folders and loops are not, sockets, pipes and devices are skipped). A path that is not there or
 * cannot be opened becomes an entry with `skipped` and `lost` set, told to ctx->note as well (WHERE: WHAT;
 * WHAT TO DO). SP_ERR_NOMEM, SP_ERR_LIMIT (limits->files). */
struct sp_ctx;
int sp_source_add(struct sp_source_list *list, const char *org, const char *path, const struct sp_limits *limits,
                  const struct sp_ctx *ctx, struct sp_error *err);

/* Sort by (org, path) in byte order, drop the same path of the same org given twice, and mark byte-identical
 * files of one org: the smallest path is kept, the others get `duplicate of PATH` (found by size and hash of
 * head and tail, then confirmed byte by byte). */
int sp_source_list_settle(struct sp_source_list *list, struct sp_error *err);

/* Behind that: archives give way to what is in them, pipes are opened, sources are sorted again and byte-identical ones
 * marked, members too; hosts that collections name are put down, and the order of reading. SP_ERR_NOMEM. */
int sp_source_list_expand(struct sp_source_list *list, const struct sp_limits *limits, const struct sp_ctx *ctx, struct sp_error *err);
void sp_source_list_done(struct sp_source_list *list);

#endif
