/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bodies of the record last handed out. Out: its evidence (contract 1, "evidence of an EVTX record"):
 *
 *      record │ offset, length, bytes │ offset, length, bytes │ ...
 *
 * A definition comes when its first instance does, then the names that its elements and attributes refer to,
 * then what its values hold; each once, wherever it lies, so that a verifier needs no other rule.
 */
#include "read/evtx_inner.h"

struct leaf {
    struct sp_evtx *e;
    struct sp_buf *out;
    uint8_t seen[SP_EVTX_CHUNK / 8]; /* one bit an offset */
};

/* Append a part of the chunk unless it has come already. */
static void add_part(struct leaf *l, uint32_t at, uint32_t len)
{
    uint8_t head[8];

    if (l->seen[at / 8] >> at % 8 & 1)
        return;
    l->seen[at / 8] |= (uint8_t)(1u << at % 8);
    for (int i = 0; i < 4; i++) {
        head[i] = (uint8_t)(at >> 8 * i);
        head[4 + i] = (uint8_t)(len >> 8 * i);
    }
    sp_buf_add(l->out, head, sizeof head);
    sp_buf_add(l->out, l->e->bytes + at, len);
}

static int add_names(struct leaf *l, const struct evtx_parts *parts, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at++)
        if (parts->node[at].name_at)
            add_part(l, parts->node[at].name_at, 10 + 2 * evtx_u16(l->e, parts->node[at].name_at + 6));
    return 0;
}

/* Where its names lie in this chunk only parsing tells: its plan may be from another one. */
static int add_definition(struct leaf *l, const struct evtx_definition *d)
{
    struct evtx_parts *parts = &l->e->record_parts;
    uint32_t before = parts->nodes;
    int rc;

    add_part(l, d->at, d->len);
    rc = evtx_parse(l->e, parts, d->at + 24, d->at + d->len, true, NULL);
    if (rc == 0)
        rc = add_names(l, parts, before, parts->nodes);
    parts->nodes = before;
    return rc;
}

static int add_body(struct leaf *l, uint32_t body, uint32_t depth)
{
    struct evtx_body b = l->e->body[body];
    uint32_t inner;
    int rc = 0;

    if (depth == SP_EVTX_DEPTH_MAX)
        return evtx_fail(l->e, SP_ERR_LIMIT, "bodies nested too deep (limit evtx-depth 64)");
    rc = b.plan ? add_definition(l, &l->e->definition[b.definition]) : add_names(l, b.parts, b.node, b.node_end);
    for (uint32_t i = 0; i < b.values && rc == 0; i++) {
        if (l->e->value[b.value + i].type != EVTX_XML || l->e->value[b.value + i].len == 0)
            continue;
        rc = evtx_value_body(l->e, b.value + i, EVTX_IN_OTHER, &inner);
        if (rc == 0)
            rc = add_body(l, inner, depth + 1);
        else if (rc != SP_ERR_NOMEM)
            rc = 0; /* nothing that the record shows: it would not have been decoded */
    }
    return rc;
}

int sp_evtx_leaf(struct sp_evtx *e, struct sp_buf *out)
{
    struct leaf l = { e, out, { 0 } };
    int rc;

    if (e->bodies == 0)
        return SP_ERR_USAGE;
    rc = evtx_unform(e);
    if (rc < 0)
        return rc;
    sp_buf_add(out, e->bytes + e->frame_at, e->frame_len);
    rc = add_body(&l, 0, 0);
    return rc < 0 ? rc : out->failed ? SP_ERR_NOMEM : 0;
}
