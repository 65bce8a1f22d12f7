/* SPDX-License-Identifier: Apache-2.0
 *
 * In: nodes as a reader finds them. Out: a tree in one array, whose memory is kept from record to record.
 */
#include "read/record.h"

#include "base/alloc.h"
#include "base/limits.h"

void sp_tree_clear(struct sp_tree *tree)
{
    tree->count = 0;
    tree->layout = NULL;
    tree->member = NULL;
    tree->headed = false;
    memset(tree->header, 0, sizeof tree->header);
}

void sp_tree_done(struct sp_tree *tree)
{
    sp_free(tree->node);
    *tree = (struct sp_tree){ 0 };
}

/* Room for one more node; false when memory or the limit has run out. */
static bool reserve(struct sp_tree *tree)
{
    uint32_t room = tree->room ? 2 * tree->room : 64;
    struct sp_node *node;

    if (tree->count < tree->room)
        return true;
    if (tree->count >= SP_FIELDS_MAX)
        return false;
    node = sp_realloc_array(tree->node, room, sizeof *node);
    if (!node)
        return false;
    tree->node = node;
    tree->room = room;
    return true;
}

uint32_t sp_tree_add(struct sp_tree *tree, struct sp_str name, struct sp_value value)
{
    if (!reserve(tree))
        return 0;
    tree->node[tree->count] = (struct sp_node){ .name = name, .value = value };
    return tree->count++;
}

void sp_tree_hang(struct sp_tree *tree, uint32_t parent, uint32_t *last, uint32_t child)
{
    if (*last)
        tree->node[*last].next = child;
    else
        tree->node[parent].child = child;
    tree->node[parent].count++;
    *last = child;
}
