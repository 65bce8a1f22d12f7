/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that make a list of sources share: source_list.c finds files, source_settle.c sorts them and marks copies,
 * source_expand.c opens archives, source_twins.c marks copies that lie in archives, collection.c knows whose they are.
 */
#ifndef SP_READ_SOURCE_INNER_H
#define SP_READ_SOURCE_INNER_H
#include "base/id.h"
#include "read/cursor.h"

/* One more; its texts are the arena's. SP_ERR_NOMEM. */
int sp_source_append(struct sp_source_list *list, struct sp_source source);

/* By (org, path), members of one name by number; the same source twice is dropped. */
void sp_source_list_sort(struct sp_source_list *list);

/* The source of that org and path (its other members are not looked at) in a sorted list, or NULL. */
const struct sp_source *sp_source_find(const struct sp_source_list *list, const struct sp_source *like);

/* It is a copy of the first: its reason. SP_ERR_NOMEM. */
int sp_source_mark(struct sp_source_list *list, struct sp_source *source, const struct sp_source *first);

/* Digest of a file of its own. False: it cannot be read, is no regular file or has another size by now. SP_ERR_NOMEM by
 * `failed`. */
bool sp_source_digest(const struct sp_source *source, struct sp_digest *ret, bool *failed);

/* The number that stands for a source's first bytes. */
uint64_t sp_head_number(struct sp_str head);

/* `size` bytes of a file at a place, less only at its end; negative: errno says why. */
int64_t sp_pread_all(int fd, void *to, size_t size, uint64_t offset);

/* Mark members that are copies of other sources of their org, and the reverse. SP_ERR_NOMEM. */
int sp_source_twins(struct sp_source_list *list, const struct sp_archive_options *options, struct sp_error *err);

/* What a collection says of the host whose files it holds. */
struct sp_collection {
    const char *prefix; /* of the paths of its files */
    const char *host;
    bool encoded;       /* names are percent-encoded */
    size_t number;      /* in which order they were met */
};

struct sp_collections {
    struct sp_arena *arena; /* owns the texts */
    struct sp_collection *one; /* owned */
    size_t count;
    uint32_t room;
};

enum { SP_COLLECTION_LOOK = 64 << 10 }; /* bytes of a file that may say it */

/* May the file of this path say something about a collection? */
bool sp_collection_tells(const char *path);
/* Its first bytes. SP_ERR_NOMEM. */
int sp_collection_read(struct sp_collections *collections, const char *path, struct sp_str text);
/* Put down host and path of the sources that are in one of them. SP_ERR_NOMEM. */
int sp_collections_apply(struct sp_collections *collections, struct sp_source_list *list);

#endif
