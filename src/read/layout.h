/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_layout: the names of an object's members, in their order, known again by their bytes.
 *
 *      {"EventID":1,"Host":"a"}  ─┐
 *      {"EventID":7,"Host":"b"}  ─┴▶ one layout: EventID, Host       a log has few of them
 *
 * No name is in it twice. Whoever holds a reference may keep what follows from the names by the layout's address.
 * A layout never changes; references are counted, also across threads.
 */
#ifndef SP_READ_LAYOUT_H
#define SP_READ_LAYOUT_H
#include "read/record.h"

enum {
    SP_LAYOUT_NAMES_MAX = 256,  /* of one layout; objects with more have none */
    SP_LAYOUT_BYTES_MAX = 8192, /* of its names */
    SP_LAYOUT_SLOTS = 1024,     /* layouts of one reader; a power of two */
    SP_LAYOUT_PROBES = 8        /* places that one may stand at */
};

struct sp_layout {
    uint32_t references, count;
    const char *bytes; /* the names, one behind the other, and eight bytes more */
    uint16_t len[];    /* of each */
};

/* Those that a reader has met. All zeros at first. */
struct sp_layouts {
    struct {
        uint64_t key;
        struct sp_layout *layout;
    } slot[SP_LAYOUT_SLOTS];
};

/* The names of some members: their nodes by number. */
struct sp_members {
    const struct sp_node *list;
    const uint32_t *node;
    uint32_t count; /* at most SP_LAYOUT_NAMES_MAX */
};

/* The layout of these members, or NULL when it has not been met. `key` is any number that follows from the names;
 * `end` is where the bytes end that may be read behind a name. */
const struct sp_layout *sp_layouts_find(const struct sp_layouts *layouts, const struct sp_members *members, uint64_t key, const char *end);
/* Keep those names, which are all different; another layout may be forgotten. NULL: too large, or no memory. */
const struct sp_layout *sp_layouts_keep(struct sp_layouts *layouts, const struct sp_members *members, uint64_t key);
void sp_layouts_done(struct sp_layouts *layouts);

void sp_layout_ref(const struct sp_layout *layout);
void sp_layout_unref(const struct sp_layout *layout); /* NULL is fine */

#endif
