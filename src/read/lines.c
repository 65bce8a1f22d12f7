/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an input. Out: its lines as records; each dies with the next call. The reader owns window and tree.
 */
#include "read/lines.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/unicode.h"
#include "read/window.h"

struct sp_lines {
    const struct sp_limits *limits;
    struct sp_input *input;
    sp_lines_trouble *trouble;
    void *trouble_arg;
    struct sp_window window;
    struct sp_tree tree;
    struct sp_buf mended; /* the line where it is no valid UTF-8 */
    uint64_t line;        /* of the next byte, from 1 */
    bool begun;
};

struct sp_lines *sp_lines_new(const struct sp_limits *limits)
{
    struct sp_lines *l = sp_zalloc(sizeof *l);

    if (l)
        l->limits = limits;
    return l;
}

void sp_lines_free(struct sp_lines *l)
{
    if (!l)
        return;
    sp_window_done(&l->window);
    sp_tree_done(&l->tree);
    sp_buf_done(&l->mended);
    sp_free(l);
}

void sp_lines_begin(struct sp_lines *l, struct sp_input *input, sp_lines_trouble *trouble, void *arg)
{
    *l = (struct sp_lines){ .limits = l->limits, .input = input, .trouble = trouble, .trouble_arg = arg,
                            .window = l->window, .tree = l->tree, .mended = l->mended, .line = 1 };
}

uint64_t sp_lines_passed(const struct sp_lines *l)
{
    return l->line - 1;
}

/* Find the end of the line that the text begins with: 1 and its length, and whether a line feed follows;
 * 0 at the end of the input. A line whose length passes the limit is not kept up: `*ret_len` is then beyond it. */
static int find_end(struct sp_lines *l, size_t *ret_len, bool *ret_feed, struct sp_error *err)
{
    size_t looked = 0;

    for (;;) {
        struct sp_str text = sp_window_text(&l->window);
        const char *feed = memchr(text.ptr + looked, '\n', text.len - looked);
        int rc;

        *ret_feed = feed != NULL;
        *ret_len = looked = feed ? (size_t)(feed - text.ptr) : text.len;
        if (feed || sp_window_held(&l->window) > l->limits->record_bytes)
            return 1;
        rc = sp_window_more(&l->window, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return text.len > 0;
    }
}

/* A line that is too long: tell, and pass over it up to its line feed. */
static int pass(struct sp_lines *l, size_t len, bool feed, struct sp_error *err)
{
    char reason[96];
    int rc = 1;

    (void)snprintf(reason, sizeof reason, "a line of more than %llu bytes (limit record-bytes)",
                   (unsigned long long)l->limits->record_bytes);
    if (l->trouble)
        l->trouble(l->trouble_arg, sp_window_place(&l->window, 0), reason);
    while (!feed) {
        struct sp_str text;
        const char *at;

        sp_window_consume(&l->window, len);
        rc = sp_window_more(&l->window, err);
        if (rc <= 0)
            return rc;
        text = sp_window_text(&l->window);
        at = memchr(text.ptr, '\n', text.len);
        feed = at != NULL;
        len = at ? (size_t)(at - text.ptr) : text.len;
    }
    sp_window_consume(&l->window, len + 1);
    l->line++;
    return 1;
}

/* The line as valid UTF-8: itself, or a copy. */
static struct sp_str valid(struct sp_lines *l, struct sp_str line)
{
    size_t at = sp_utf8_valid(line), good = 0;

    if (at == line.len)
        return line;
    sp_buf_clear(&l->mended);
    while (at < line.len) {
        unsigned char bad = (unsigned char)line.ptr[at];

        sp_buf_add(&l->mended, line.ptr + good, at - good);
        sp_buf_add(&l->mended, "\xEF\xBF\xBD", 3);
        at += l->window.encoding != SP_UTF8 && bad == 0xED && line.len - at >= 3 ? 3 : 1; /* a lone surrogate (window.h) */
        good = at;
        at += sp_utf8_valid(sp_str_cut(line, at, line.len - at));
    }
    sp_buf_add(&l->mended, line.ptr + good, line.len - good);
    return sp_buf_view(&l->mended);
}

static int fill(struct sp_lines *l, struct sp_str line, struct sp_record *ret, struct sp_error *err)
{
    struct sp_str text = valid(l, line);
    struct sp_value map = { NULL, 0, SP_V_MAP }, message = { text.ptr, (uint32_t)text.len, SP_V_TEXT };
    uint32_t last = 0, node;

    sp_tree_clear(&l->tree);
    (void)sp_tree_add(&l->tree, SP_STR_NONE, map);
    node = sp_tree_add(&l->tree, SP_STR("message"), message);
    if (!node || text.len > UINT32_MAX || l->mended.failed)
        return sp_error_nomem(err);
    sp_tree_hang(&l->tree, 0, &last, node);
    *ret = (struct sp_record){
        .kind = SP_RECORD_TEXT,
        .offset = sp_window_place(&l->window, 0),
        .number = l->line,
        .by_line = true,
        .raw = sp_window_raw(&l->window, line.len),
        .tree = &l->tree,
        .inner = l,
    };
    ret->length = ret->raw.len;
    return 1;
}

int sp_lines_next(struct sp_lines *l, struct sp_record *ret, uint64_t *undecodable, struct sp_error *err)
{
    int rc = 0;

    if (!l->begun) {
        l->begun = true;
        rc = sp_window_begin(&l->window, l->input, l->limits->record_bytes, err);
        l->window.rest = true; /* parts are cut between lines */
    }
    while (rc >= 0) {
        struct sp_str line;
        size_t len;
        bool feed;

        rc = find_end(l, &len, &feed, err);
        if (rc <= 0)
            break;
        line = sp_str_cut(sp_window_text(&l->window), 0, len);
        if (sp_window_span(&l->window, len) > l->limits->record_bytes) {
            ++*undecodable;
            rc = pass(l, len, feed, err);
            continue;
        }
        line.len -= feed && line.len && line.ptr[line.len - 1] == '\r';
        rc = line.len ? fill(l, line, ret, err) : 0;
        sp_window_consume(&l->window, len + feed); /* the bytes stay where they are until more are asked for */
        l->line++;
        if (rc != 0)
            break;
    }
    return rc;
}
