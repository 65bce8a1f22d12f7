/* SPDX-License-Identifier: Apache-2.0
 *
 * The ways through JSON (read/json_index.h) held against each other, for tests and for the fuzzer: what differs
 * from the strict parser, in words, or NULL.
 */
#ifndef SP_TESTS_JSON_WAYS_H
#define SP_TESTS_JSON_WAYS_H
#include <stdlib.h>

#include "memory_input.h"
#include "read/json_fast.h"
#include "read/jsonl.h"
#include "read/layout.h"
#include "read/value.h"

static const enum sp_json_way json_ways[] = { SP_JSON_PLAIN, SP_JSON_SSE2, SP_JSON_AVX2, SP_JSON_BEST };
enum { JSON_WAYS = sizeof json_ways / sizeof *json_ways };

/* How often the quick way has answered what. */
static uint64_t json_taken, json_cut, json_unsure;

static inline bool json_same_node(const struct sp_node *a, const struct sp_node *b)
{
    return sp_str_eq(a->name, b->name) && (!a->name.len || a->name.ptr == b->name.ptr) && a->value.ptr == b->value.ptr &&
           a->value.len == b->value.len && a->value.type == b->value.type && a->next == b->next && a->child == b->child &&
           a->count == b->count;
}

/* The layout that a tree tells is that of its root. */
static inline const char *json_wrong_layout(const struct sp_tree *tree)
{
    const struct sp_layout *layout = tree->layout;
    const char *bytes = layout ? layout->bytes : NULL;
    uint32_t at = tree->node[0].child;

    if (!layout)
        return NULL;
    if (tree->node[0].value.type != SP_V_MAP || layout->count != tree->node[0].count)
        return "a layout of another object";
    for (uint32_t i = 0; i < layout->count; bytes += layout->len[i++], at = tree->node[at].next)
        if (tree->member[i] != at || !sp_str_eq(tree->node[at].name, (struct sp_str){ bytes, layout->len[i] }))
            return "a layout of other names";
    return NULL;
}

static inline const char *json_wrong(struct sp_json_quick *quick, struct sp_str text, const struct sp_limits *limits, struct sp_tree tree[2])
{
    static struct sp_buf names;
    uint64_t duplicates = 0;
    struct sp_error err;
    size_t len = 0, at = 0;
    bool feeds = false;
    int rc = sp_json_parse(text, &at, limits, &(struct sp_json_room){ &tree[0], &names, &duplicates }, &err);

    switch (sp_json_fast(quick, text, limits, &tree[1], &len, &feeds)) {
    case SP_JSON_UNSURE:
        json_unsure++;
        return tree[1].count ? "unsure, and a tree all the same" : NULL;
    case SP_JSON_CUT:
        json_cut++;
        return rc == 0 && !tree[1].count ? NULL : "cut off for the quick way alone";
    case SP_JSON_TAKEN:
        break;
    }
    json_taken++;
    if (rc != 1 || duplicates)
        return "taken by the quick way alone";
    if (len != at || feeds != (memchr(text.ptr, '\n', len) != NULL))
        return "another end";
    if (tree[0].count != tree[1].count)
        return "another number of nodes";
    for (uint32_t i = 0; i < tree[0].count; i++)
        if (!json_same_node(&tree[0].node[i], &tree[1].node[i]))
            return "another node";
    return json_wrong_layout(&tree[1]);
}

/* One value at the beginning of a text: by the parser and by each quick way, twice, so that layouts are known. */
static inline const char *json_value_differs(struct sp_str text, const struct sp_limits *limits)
{
    struct sp_json_quick *quick = calloc(1, sizeof *quick);
    struct sp_tree tree[2] = { 0 };
    char *own = malloc(text.len ? text.len : 1); /* so that a look behind the end is seen */
    const char *wrong = quick && own ? NULL : "no memory";

    for (int i = 0; i < 2 * JSON_WAYS && !wrong; i++) {
        if (!sp_json_index_choose(&quick->index, json_ways[i / 2]))
            continue;
        memcpy(own, text.ptr, text.len);
        wrong = json_wrong(quick, (struct sp_str){ own, text.len }, limits, tree);
    }
    if (quick)
        sp_layouts_done(&quick->layouts);
    sp_tree_done(&tree[0]);
    sp_tree_done(&tree[1]);
    free(quick);
    free(own);
    return wrong;
}

static inline void json_told(void *arg, uint64_t offset, const char *reason)
{
    sp_buf_printf(arg, "%llu: %s\n", (unsigned long long)offset, reason);
}

/* All that a reader says about some bytes. */
static inline void json_transcript(struct sp_buf *out, struct sp_str bytes, const struct sp_limits *limits, bool document, enum sp_json_way way)
{
    struct sp_jsonl *jsonl = sp_jsonl_new(limits);
    struct sp_buf scratch = { 0 };
    struct sp_record record;
    struct sp_input input;
    uint64_t undecodable = 0;

    sp_buf_clear(out);
    if (!jsonl || !sp_jsonl_way(jsonl, way) || !memory_input(&input, bytes.ptr, bytes.len)) {
        sp_buf_text(out, "nothing can be read");
        sp_jsonl_free(jsonl);
        return;
    }
    sp_jsonl_begin(jsonl, &input, document, json_told, out);
    while (sp_jsonl_next(jsonl, &record, &undecodable, NULL) > 0) {
        sp_buf_printf(out, "%llu@%llu+%llu ", (unsigned long long)record.number, (unsigned long long)record.offset,
                      (unsigned long long)record.length);
        sp_tree_json(out, record.tree, 0, &scratch);
        for (uint32_t i = 0; i < record.tree->count; i++)
            sp_buf_printf(out, " %u,%u,%u,%u", record.tree->node[i].value.type, record.tree->node[i].next, record.tree->node[i].child,
                          record.tree->node[i].count);
        sp_buf_char(out, '\n');
    }
    sp_buf_printf(out, "%llu undecodable, %llu duplicates\n", (unsigned long long)undecodable, (unsigned long long)sp_jsonl_duplicates(jsonl));
    sp_buf_done(&scratch);
    sp_jsonl_free(jsonl);
    sp_input_close(&input);
}

/* A whole input. */
static inline const char *json_input_differs(struct sp_str bytes, const struct sp_limits *limits, bool document)
{
    static struct sp_buf strict, other;
    const char *wrong = NULL;

    json_transcript(&strict, bytes, limits, document, SP_JSON_STRICT);
    for (int i = 0; i < JSON_WAYS - 1 && !wrong; i++) {
        json_transcript(&other, bytes, limits, document, json_ways[i]);
        if (!sp_str_eq(sp_buf_view(&strict), sp_buf_view(&other)) && !sp_str_is(sp_buf_view(&other), "nothing can be read"))
            wrong = "the reader says something else";
    }
    return wrong;
}

#endif
