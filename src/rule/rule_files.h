/* SPDX-License-Identifier: Apache-2.0
 *
 * The files that rules come from: found in the paths of --rules, and remembered well enough to tell later, without
 * opening any, whether one has changed, has gone or has come.
 *
 *   paths ─▶ walk ─▶ files, sorted     what the loader reads
 *                 ─▶ places            folders and files with a stamp each, for the plan cache
 *
 * A folder keeps its stamp while no name in it comes, goes or changes, a file while its bytes are not touched (ctime
 * cannot be set back). So nothing has changed when all stamps are the same: a look at each place, no folder is read.
 */
#ifndef SP_RULE_RULE_FILES_H
#define SP_RULE_RULE_FILES_H
#include "base/arena.h"
#include "base/buf.h"
#include "rule/rule.h"

/* What a place was when it was looked at. No padding: compared as bytes. */
struct sp_stamp {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
};

/* A folder with its path, behind it `below` files with their names in it; or a file with its path. */
struct sp_rule_place {
    const char *name;
    uint32_t below;
    bool folder;
    struct sp_stamp stamp;
};

struct sp_rule_file {
    const char *path;
    const char *skipped; /* why it cannot be read, or NULL */
    struct sp_str text;  /* of a member of an archive, a NUL behind it; arena; ptr NULL: read the file */
    bool walked;         /* found in a folder, not named by the user */
};

struct sp_rule_files {
    struct sp_arena arena; /* owns paths, names, reasons */
    struct sp_rule_file *file; /* in byte order of the paths, each once */
    size_t count;
    uint32_t room, place_room;
    struct sp_rule_place *place;
    size_t place_count;
    bool uncertain;        /* the places cannot tell: a pipe, something unreadable, a stamp that may be given twice */
};

/* Walk. `ret` is to be done also after an error: SP_ERR_NOMEM, SP_ERR_LIMIT. A path that is not there is a file with
 * `skipped`. Nothing is opened but folders. */
int sp_rule_files_walk(const struct sp_rule_options *options, struct sp_rule_files *ret, struct sp_error *err);
/* The same with stamps to trust, also those of the files of --list and --pipeline: a file that is written to after this
 * returns gets another stamp. Where that cannot be had, `uncertain` is set. */
int sp_rule_files_watch(const struct sp_rule_options *options, struct sp_rule_files *ret, struct sp_error *err);
/* The bytes of a regular file, a NUL behind them, into a buffer that is used again. False: it is none, is empty, larger than
 * `max`, cannot be read or memory ran out: read/slurp.h says which. */
bool sp_rule_file_read(const char *path, size_t max, struct sp_buf *into);
void sp_rule_files_done(struct sp_rule_files *files);

/* Is everything there as it was? */
bool sp_rule_places_same(const struct sp_rule_place *place, size_t count);

#endif
