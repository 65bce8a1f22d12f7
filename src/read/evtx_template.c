/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a BinXML fragment of a record or of a value. Out: a body: the plan of its template, looked for once a chunk
 * and parsed where it is new (evtx_kept.c), and its values as slices. A template that cannot be used is remembered
 * with the reason as long as the chunk lasts.
 */
#include "base/alloc.h"
#include "read/evtx_inner.h"

int evtx_grow_more(void *array, uint32_t *room, size_t size)
{
    void **p = array, *grown;
    uint32_t more = *room ? 2 * *room : 64;

    grown = sp_realloc_array(*p, more, size);
    if (!grown)
        return SP_ERR_NOMEM;
    *p = grown;
    *room = more;
    return 0;
}

const struct evtx_shape evtx_shapes[256] = {
    [EVTX_STRING] = { SP_V_UTF16, 0 },   [EVTX_ANSI] = { SP_V_ANSI, 0 },          [EVTX_INT8] = { SP_V_INT, 1 },
    [EVTX_UINT8] = { SP_V_UINT, 1 },     [EVTX_INT16] = { SP_V_INT, 2 },          [EVTX_UINT16] = { SP_V_UINT, 2 },
    [EVTX_INT32] = { SP_V_INT, 4 },      [EVTX_UINT32] = { SP_V_UINT, 4 },        [EVTX_INT64] = { SP_V_INT, 8 },
    [EVTX_UINT64] = { SP_V_UINT, 8 },    [EVTX_REAL32] = { SP_V_REAL32, 4 },      [EVTX_REAL64] = { SP_V_REAL64, 8 },
    [EVTX_BOOL] = { SP_V_BOOL, 4 },      [EVTX_BINARY] = { SP_V_BINARY, 0 },      [EVTX_GUID] = { SP_V_GUID, 16 },
    [EVTX_SIZE] = { SP_V_HEX, 0 },       [EVTX_FILETIME] = { SP_V_FILETIME, 8 },  [EVTX_SYSTEMTIME] = { SP_V_SYSTEMTIME, 16 },
    [EVTX_SID] = { SP_V_SID, 0 },        [EVTX_HEX32] = { SP_V_HEX, 4 },          [EVTX_HEX64] = { SP_V_HEX, 8 },
};

struct sp_value evtx_value(uint8_t type, const uint8_t *bytes, uint32_t len)
{
    struct sp_value v = { bytes, len, SP_V_TEXT };

    if (len == 0 || type == EVTX_NULL)
        return (struct sp_value){ "", 0, SP_V_TEXT };
    if (type == EVTX_HANDLE)
        type = EVTX_SIZE;
    v.type = type <= EVTX_HEX64 ? evtx_shapes[type].type : (uint8_t)SP_V_BINARY;
    if (type <= EVTX_HEX64 && evtx_shapes[type].size == len)
        return v;
    switch (v.type) { /* of another size than its type has: what can still be read is */
    case SP_V_INT:
    case SP_V_UINT:
    case SP_V_HEX:
    case SP_V_BOOL:
        if (len != 1 && len != 2 && len != 4 && len != 8)
            v.type = SP_V_BINARY;
        break;
    case SP_V_SID:
        if (len < 8 || len < 8 + 4 * (uint32_t)bytes[1])
            v.type = SP_V_BINARY;
        break;
    case SP_V_UTF16:
    case SP_V_ANSI:
    case SP_V_BINARY:
        break;
    default:
        v.type = SP_V_BINARY;
    }
    return v;
}

/* Is one of the four code units at `p` zero? On big-endian machines too: its bytes are both zero. */
static inline bool has_zero_unit(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
    return (w - UINT64_C(0x0001000100010001)) & ~w & UINT64_C(0x8000800080008000);
}

bool evtx_array_next(const struct sp_evtx *e, const struct evtx_value *array, uint32_t *at, struct sp_value *ret)
{
    uint8_t type = array->type & (uint8_t)~EVTX_ARRAY;
    uint32_t from = *at, end = array->at + array->len, stop = from;

    if (from >= end)
        return false;
    if (type == EVTX_STRING) {
        while (end - stop >= 8 && !has_zero_unit(e->bytes + stop))
            stop += 8;
        while (end - stop >= 2 && evtx_u16(e, stop) != 0)
            stop += 2;
        *at = end - stop >= 2 ? stop + 2 : end;
    } else if (type == EVTX_ANSI) {
        while (stop < end && e->bytes[stop] != 0)
            stop++;
        *at = stop < end ? stop + 1 : end;
    } else {
        uint32_t size = type <= EVTX_HEX64 ? evtx_shapes[type].size : 0;

        if (type == EVTX_SID && end - from >= 8)
            size = 8 + 4 * (uint32_t)e->bytes[from + 1];
        if (size == 0 || size > end - from)
            size = end - from;
        stop = *at = from + size;
    }
    *ret = evtx_value(type, e->bytes + from, stop - from);
    return true;
}

struct evtx_value evtx_sub(const struct sp_evtx *e, const struct evtx_body *body, const struct evtx_node *node)
{
    return node->sub < body->values ? e->value[body->value + node->sub] : (struct evtx_value){ .type = EVTX_NULL };
}

static int parse_plan(struct sp_evtx *e, const struct evtx_definition *d, struct evtx_plan *plan)
{
    struct evtx_parts *parts = &e->kept_parts;
    int rc;

    parts->nodes_max = parts->nodes + (EVTX_CHUNK_NODES_MAX - e->chunk_nodes);
    e->trace.base = d->at;
    rc = evtx_parse(e, parts, d->at + 24, d->at + d->len, true, &e->trace);
    if (rc < 0)
        return rc;
    plan->node_end = parts->nodes;
    plan->mark_end = e->trace.marks;
    plan->stop = e->trace.stop - d->at;
    plan->open = e->trace.open;
    plan->dependency = e->trace.dependency;
    rc = evtx_kept_copy(e, d, plan);
    if (rc == 0)
        rc = evtx_flatten(e, parts, plan->node, plan->node_end, (enum evtx_place)plan->place);
    plan->field_end = parts->fields;
    if (rc == 0)
        evtx_plan_survey(e, plan);
    return rc;
}

/* A new plan for a definition: index. */
static int make_plan(struct sp_evtx *e, const struct evtx_definition *d, enum evtx_place place, uint32_t *ret)
{
    struct evtx_parts *parts = &e->kept_parts;
    struct evtx_plan plan = { .hash = evtx_kept_hash(e, d, place), .place = (uint8_t)place, .node = parts->nodes, .field = parts->fields, .mark = e->trace.marks };
    int rc;

    if (evtx_grow(&e->plan, e->plans, &e->plan_room, sizeof *e->plan) < 0)
        return SP_ERR_NOMEM;
    rc = parse_plan(e, d, &plan);
    if (rc < 0) {
        parts->nodes = plan.node;
        parts->fields = plan.field;
        e->trace.marks = plan.mark;
        return rc;
    }
    e->plan[e->plans] = plan;
    evtx_kept_add(e, e->plans);
    *ret = e->plans++;
    return 0;
}

/* Find or make the plan of a definition; its trouble is the definition's. */
static int define(struct sp_evtx *e, struct evtx_definition *d, enum evtx_place place)
{
    uint32_t size = evtx_u32(e, d->at + 20), nodes;
    int rc;

    if (size > e->len - d->at - 24)
        return evtx_fail(e, SP_ERR_FORMAT, "a template runs beyond the chunk");
    d->len = 24 + size;
    d->id = evtx_u32(e, d->at + 4);
    rc = evtx_kept_find(e, d, place, &d->plan);
    if (rc == 0 && d->plan == UINT32_MAX)
        rc = make_plan(e, d, place, &d->plan);
    if (rc < 0)
        return rc;
    nodes = e->plan[d->plan].node_end - e->plan[d->plan].node;
    if (nodes > EVTX_CHUNK_NODES_MAX - e->chunk_nodes)
        return evtx_fail(e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    e->chunk_nodes += nodes;
    return 0;
}

/* The template at `at` when it stands in `place`: index of its definition. */
static int find_definition(struct sp_evtx *e, uint32_t at, enum evtx_place place, uint32_t *ret)
{
    uint32_t key = at * 8 + (uint32_t)place, i = (key * UINT32_C(2654435761)) >> 18;
    struct evtx_definition d = { .at = at };
    int rc;

    if (at < SP_EVTX_CHUNK_HEADER || at > e->len || e->len - at < 24) /* first: beyond 2^29 keys would repeat */
        return evtx_fail(e, SP_ERR_FORMAT, "a template lies outside of the chunk");
    for (; e->slot[i].generation == e->generation; i = (i + 1) % EVTX_SLOTS)
        if (e->slot[i].key == key) {
            *ret = e->slot[i].definition;
            return 0;
        }
    if (e->definitions > EVTX_SLOTS / 2)
        return evtx_fail(e, SP_ERR_LIMIT, "too many templates in one chunk");
    if (evtx_grow(&e->definition, e->definitions, &e->definition_room, sizeof *e->definition) < 0)
        return SP_ERR_NOMEM;
    rc = define(e, &d, place);
    if (rc == SP_ERR_NOMEM)
        return rc;
    if (rc < 0) {
        d.bad = e->reason;
        d.bad_code = rc;
    }
    e->definition[e->definitions] = d;
    e->slot[i] = (struct evtx_slot){ key, e->generation, e->definitions };
    *ret = e->definitions++;
    return 0;
}

int evtx_values_room(struct sp_evtx *e, uint32_t more)
{
    while (e->value_room - e->values < more)
        if (evtx_grow_more(&e->value, &e->value_room, sizeof *e->value) < 0)
            return SP_ERR_NOMEM;
    while (e->opened_room < e->value_room)
        if (evtx_grow_more(&e->opened, &e->opened_room, sizeof *e->opened) < 0)
            return SP_ERR_NOMEM;
    return 0;
}

/* The descriptors and values of an instance. */
static int read_values(struct sp_evtx *e, uint32_t at, uint32_t end, struct evtx_body *body)
{
    uint32_t count, data;
    struct evtx_value *v;

    if (end - at < 4)
        return evtx_fail(e, SP_ERR_FORMAT, "a template instance is cut");
    count = evtx_u32(e, at);
    at += 4;
    if (count > (end - at) / 4)
        return evtx_fail(e, SP_ERR_FORMAT, "a template instance has more values than bytes");
    if (evtx_values_room(e, count) < 0)
        return SP_ERR_NOMEM;
    data = at + 4 * count;
    v = e->value + e->values;
    if (count)
        memset(e->opened + e->values, 0, count * sizeof *e->opened);
    for (const uint8_t *p = e->bytes + at, *last = e->bytes + data; p < last; p += 4, v++) {
        v->at = data;
        memcpy(&v->len, p, 4);
        v->len = le16toh(v->len);
        data += v->len; /* at most 2^14 times 2^16 */
    }
    if (data > end)
        return evtx_fail(e, SP_ERR_FORMAT, "the values of a template instance run beyond its end");
    body->value = e->values;
    body->values = count;
    e->values += count;
    return 0;
}

/* 0c, version, template id, offset of the definition, which lies right here the first time. */
static int open_instance(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, struct evtx_body *body)
{
    const struct evtx_definition *d;
    const struct evtx_plan *plan;
    uint32_t definition, index;
    int rc;

    if (end - at < 10)
        return evtx_fail(e, SP_ERR_FORMAT, "a template instance is cut");
    definition = evtx_u32(e, at + 6);
    rc = find_definition(e, definition, place, &index);
    if (rc < 0)
        return rc;
    d = &e->definition[index];
    if (d->bad)
        return evtx_fail(e, d->bad_code, d->bad);
    if (d->id != evtx_u32(e, at + 2))
        return evtx_fail(e, SP_ERR_FORMAT, "the record's template has been overwritten by another one");
    at += 10;
    if (definition == at) {
        if (d->len > end - at)
            return evtx_fail(e, SP_ERR_FORMAT, "a template runs beyond its record");
        at += d->len;
    }
    plan = &e->plan[d->plan];
    *body = (struct evtx_body){ .parts = &e->kept_parts, .node = plan->node, .node_end = plan->node_end, .field = plan->field,
                                .field_end = plan->field_end, .plan = d->plan + 1, .definition = index };
    return read_values(e, at, end, body);
}

static int open_elements(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, struct evtx_body *body)
{
    struct evtx_parts *parts = &e->record_parts;
    int rc;

    rc = e->plainly ? 0 : evtx_form_open(e, at, end, place, body);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    *body = (struct evtx_body){ .parts = parts, .node = parts->nodes, .field = parts->fields };
    rc = evtx_parse(e, parts, at, end, false, NULL);
    if (rc == 0) {
        body->node_end = parts->nodes;
        rc = evtx_flatten(e, parts, body->node, body->node_end, place);
        body->field_end = parts->fields;
    }
    return rc;
}

int evtx_body_open(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, uint32_t *ret)
{
    struct evtx_body body = { 0 };
    uint32_t start = at;
    int rc;

    while (end - at >= 4 && e->bytes[at] == 0x0F)
        at += 4;
    if (at < end && e->bytes[at] == 0x0C)
        rc = open_instance(e, at, end, place, &body);
    else
        rc = open_elements(e, at, end, place, &body);
    if (rc < 0)
        return rc;
    body.at = start;
    e->tokens += body.node_end - body.node;
    if (e->tokens > SP_EVTX_NODES_MAX)
        return evtx_fail(e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    if (evtx_grow(&e->body, e->bodies, &e->body_room, sizeof *e->body) < 0)
        return SP_ERR_NOMEM;
    e->body[e->bodies] = body;
    *ret = e->bodies++;
    return 0;
}

int evtx_value_body(struct sp_evtx *e, uint32_t value, enum evtx_place place, uint32_t *ret)
{
    struct evtx_value v = e->value[value];
    int rc;

    if (e->opened[value]) {
        *ret = e->opened[value] - 1;
        return 0;
    }
    rc = evtx_body_open(e, v.at, v.at + v.len, place, ret);
    if (rc == 0)
        e->opened[value] = *ret + 1;
    return rc;
}
