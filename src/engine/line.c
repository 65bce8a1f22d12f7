/* SPDX-License-Identifier: Apache-2.0
 *
 * In: one line of JSON. Out: its members by name. Tree and texts are the line's own.
 */
#include "engine/line.h"

#include "base/limits.h"
#include "read/jsonl.h"
#include "read/value.h"

void sp_line_init(struct sp_line *line)
{
    *line = (struct sp_line){ 0 };
    sp_arena_init(&line->arena, SIZE_MAX);
}

void sp_line_done(struct sp_line *line)
{
    sp_tree_done(&line->tree);
    sp_buf_done(&line->names);
    sp_buf_done(&line->scratch);
    sp_arena_done(&line->arena);
    *line = (struct sp_line){ 0 };
}

int sp_line_read(struct sp_line *line, struct sp_str json, struct sp_error *err)
{
    struct sp_limits limits = sp_limits_default();
    uint64_t duplicates = 0;
    struct sp_json_room room = { &line->tree, &line->names, &duplicates };
    size_t at = 0;
    int rc;

    sp_arena_reset(&line->arena);
    sp_buf_clear(&line->names);
    line->failed = false;
    sp_tree_clear(&line->tree);
    rc = sp_json_parse(json, &at, &limits, &room, err);
    if (rc == 0 || (rc > 0 && line->tree.node[0].value.type != SP_V_MAP))
        rc = sp_error_set(err, SP_ERR_FORMAT, "a sighting of the case is no whole JSON object");
    return rc < 0 ? rc : 0;
}

uint32_t sp_line_at(const struct sp_line *line, uint32_t node, const char *name)
{
    struct sp_str wanted = sp_str_c(name);

    if (line->tree.node[node].value.type != SP_V_MAP)
        return 0;
    for (uint32_t at = line->tree.node[node].child; at; at = line->tree.node[at].next)
        if (sp_str_eq(line->tree.node[at].name, wanted))
            return at;
    return 0;
}

struct sp_str sp_line_text(struct sp_line *line, uint32_t node)
{
    const struct sp_value *v = &line->tree.node[node].value;
    struct sp_str s;

    if (v->type == SP_V_NULL || v->type == SP_V_MAP || v->type == SP_V_LIST)
        return (struct sp_str){ NULL, 0 };
    if (v->type == SP_V_TEXT)
        return (struct sp_str){ v->ptr, v->len };
    s = sp_value_text(*v, &line->scratch);
    s = line->scratch.failed ? (struct sp_str){ NULL, 0 } : sp_arena_str(&line->arena, s);
    line->failed |= s.ptr == NULL;
    return s;
}

struct sp_str sp_line_member(struct sp_line *line, uint32_t node, const char *name)
{
    uint32_t at = sp_line_at(line, node, name);

    return at ? sp_line_text(line, at) : (struct sp_str){ NULL, 0 };
}

uint64_t sp_line_number(struct sp_line *line, uint32_t node, const char *name)
{
    struct sp_str s = sp_line_member(line, node, name);
    uint64_t n = 0;

    for (size_t i = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        n = 10 * n + (uint64_t)(s.ptr[i] - '0');
    return n;
}
