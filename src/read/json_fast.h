/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick way through JSON that has nothing unusual about it. What it takes it takes as sp_json_parse does (jsonl.h),
 * node for node; what it does not take says nothing about the text: the strict parser has the word.
 */
#ifndef SP_READ_JSON_FAST_H
#define SP_READ_JSON_FAST_H
#include "base/limits.h"
#include "read/json_index.h"
#include "read/layout.h"
#include "read/record.h"

enum sp_json_fast {
    SP_JSON_UNSURE = -1, /* not for the quick way; the tree is empty */
    SP_JSON_CUT = 0,     /* right so far, and the text ends before the value does; the tree is empty */
    SP_JSON_TAKEN = 1
};

/* What is kept from record to record: marks, and lists of names that hold no name twice. */
struct sp_json_quick {
    struct sp_json_index index;
    struct sp_layouts layouts;
    uint32_t member[SP_LAYOUT_NAMES_MAX]; /* nodes of the root's members */
};

/* One object or array at the beginning of the text. `*ret_len` is its length, `*ret_feeds` says whether line feeds
 * stand between its tokens. The tree tells the layout of an object, which lives until the next call. The index must
 * have been told (sp_json_index_forget) if the bytes have changed since the last call. */
enum sp_json_fast sp_json_fast(struct sp_json_quick *quick, struct sp_str text, const struct sp_limits *limits,
                               struct sp_tree *tree, size_t *ret_len, bool *ret_feeds);

#endif
