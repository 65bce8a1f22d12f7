/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bodies of the record last handed out. Out: JSON in the shape of evtx_dump:
 *
 *      <Provider Name="P"/>                 "Provider":{"#attributes":{"Name":"P"}}
 *      <EventID Qualifiers="4">1</EventID>  "EventID":{"#attributes":{"Qualifiers":4},"#text":1}
 *      <Data Name="X">a</Data>              "X":"a"
 *      <Data>a</Data><Data>b</Data>         "Data":{"#text":["a","b"]}
 *      <B>1</B><B>2</B><C/>                 "B":1,"B_1":2,"C":null
 */
#include <stdio.h>

#include "base/jsonw.h"
#include "read/evtx_inner.h"
#include "read/value.h"

/* A child of the object in hand, with the key that it got. */
struct evtx_child {
    uint32_t body, node, key;
    bool plain;           /* <Data> without a name: an element of the list under the first of them */
    bool has_item;        /* one element of an array value */
    struct sp_value item;
};

struct render {
    struct sp_evtx *e;
    struct sp_buf *out;
    uint32_t tokens, depth;
};

static int spend(struct render *r)
{
    if (r->tokens-- == 0)
        return evtx_fail(r->e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    if (r->out->len > r->e->out_max)
        return evtx_fail(r->e, SP_ERR_LIMIT, "the record's text is too long (limit record-bytes)");
    return r->out->failed ? SP_ERR_NOMEM : 0;
}

static const struct evtx_node *node_at(const struct render *r, uint32_t body, uint32_t at)
{
    return &r->e->body[body].parts->node[at];
}

static void add_key(struct render *r, uint32_t key)
{
    struct sp_json w = sp_json_to(r->out);

    sp_json_key(&w, r->e->names.name[key].text);
}

/* A key that this object has not got yet: name, name_1, name_2 ... */
static int fresh_key(struct render *r, uint32_t stamp, uint32_t *key)
{
    uint32_t first = *key, id = first;
    char text[16];
    int rc;

    while (r->e->names.name[id].stamp == stamp) {
        rc = spend(r);
        if (rc < 0)
            return rc;
        (void)snprintf(text, sizeof text, "_%u", ++r->e->names.name[first].node);
        rc = evtx_name_extend(r->e, first, text, &id);
        if (rc < 0)
            return rc;
    }
    r->e->names.name[id].stamp = stamp;
    r->e->names.name[id].node = 0;
    *key = id;
    return 0;
}

/* What a child is called: its Name attribute where it is <Data>. */
static int name_child(struct render *r, struct evtx_child *child)
{
    struct evtx_node node = *node_at(r, child->body, child->node);
    struct sp_buf *text = &r->e->scratch;

    child->key = node.name;
    if (node.name != EVTX_NAME_DATA)
        return 0;
    for (uint32_t at = child->node + 1; at < node.content; at = node_at(r, child->body, at)->end) {
        if (node_at(r, child->body, at)->name != EVTX_NAME_NAME)
            continue;
        sp_buf_clear(text);
        evtx_pieces(r->e, child->body, at + 1, node_at(r, child->body, at)->end, text);
        if (text->failed)
            return SP_ERR_NOMEM;
        if (text->len)
            return evtx_name_utf8(r->e, sp_buf_view(text), &child->key);
    }
    child->plain = true;
    return 0;
}

static int push_child(struct render *r, struct evtx_child child, uint32_t stamp, bool *plain)
{
    struct sp_evtx *e = r->e;
    int rc = name_child(r, &child);

    if (rc == 0 && !(child.plain && *plain))
        rc = fresh_key(r, stamp, &child.key);
    *plain |= child.plain;
    if (rc == 0)
        rc = evtx_grow(&e->child, e->children, &e->child_room, sizeof *e->child);
    if (rc == 0)
        e->child[e->children++] = child;
    return rc;
}

/* An element among the children: several where its only value is an array. */
static int collect_element(struct render *r, uint32_t body, uint32_t at, uint32_t stamp, bool *plain)
{
    struct evtx_node node = *node_at(r, body, at), only = { 0 };
    struct evtx_child child = { .body = body, .node = at };
    struct evtx_value v = { 0 };
    uint32_t next;
    int rc = 0;

    if (node.end - node.content == 1)
        only = *node_at(r, body, node.content);
    if (only.kind == EVTX_SUB)
        v = evtx_sub(r->e, &r->e->body[body], &only);
    if (!(v.type & EVTX_ARRAY) || v.len == 0)
        return push_child(r, child, stamp, plain);
    next = v.at;
    child.has_item = true;
    while (rc == 0 && evtx_array_next(r->e, &v, &next, &child.item)) {
        rc = spend(r);
        if (rc == 0)
            rc = push_child(r, child, stamp, plain);
    }
    return rc;
}

/* The children of an object: elements here, and those of bodies that are values here. */
static int collect(struct render *r, uint32_t body, uint32_t from, uint32_t to, uint32_t stamp, bool *plain)
{
    uint32_t inner;
    int rc = 0;

    for (uint32_t at = from; at < to && rc == 0;) {
        struct evtx_node node = *node_at(r, body, at);
        struct evtx_value v = { 0 };

        rc = spend(r);
        if (node.kind == EVTX_SUB)
            v = evtx_sub(r->e, &r->e->body[body], &node);
        if (rc == 0 && node.kind == EVTX_ELEMENT)
            rc = collect_element(r, body, at, stamp, plain);
        if (rc == 0 && v.type == EVTX_XML && v.len) {
            rc = evtx_value_body(r->e, r->e->body[body].value + node.sub, EVTX_IN_OTHER, &inner);
            if (rc == 0 && r->depth == 2 * SP_EVTX_DEPTH_MAX)
                rc = evtx_fail(r->e, SP_ERR_LIMIT, "bodies nested too deep (limit evtx-depth 64)");
            r->depth++;
            if (rc == 0)
                rc = collect(r, inner, r->e->body[inner].node, r->e->body[inner].node_end, stamp, plain);
            r->depth--;
        }
        at = node.end;
    }
    return rc;
}

/* Pieces [from, to) as one JSON value; null where there is none. */
static int add_pieces(struct render *r, uint32_t body, uint32_t from, uint32_t to)
{
    struct evtx_node node;
    struct evtx_value v;
    struct sp_json w = sp_json_to(r->out);
    struct sp_buf *text = &r->e->key;

    if (from == to) {
        sp_json_null(&w);
        return 0;
    }
    node = *node_at(r, body, from);
    if (to - from == 1 && node.kind == EVTX_SUB) {
        v = evtx_sub(r->e, &r->e->body[body], &node);
        if (v.type == EVTX_NULL || v.type == EVTX_XML)
            sp_json_null(&w);
        else
            sp_value_json(r->out, evtx_value_of(r->e, v), &r->e->scratch);
        return 0;
    }
    sp_buf_clear(text);
    evtx_pieces(r->e, body, from, to, text);
    if (text->failed)
        return SP_ERR_NOMEM;
    sp_json_str(&w, sp_buf_view(text));
    return 0;
}

/* `"#attributes":{...}`; nothing when all are left out. */
static int add_attributes(struct render *r, uint32_t body, uint32_t element, uint32_t content, bool *any)
{
    uint32_t stamp = evtx_names_stamp(r->e);
    int rc;

    for (uint32_t at = element + 1; at < content; at = node_at(r, body, at)->end) {
        struct evtx_node node = *node_at(r, body, at);
        uint32_t key = node.name;

        rc = spend(r);
        if (rc == 0 && evtx_left_out(r->e, body, at + 1, node.end))
            continue;
        if (rc == 0)
            rc = fresh_key(r, stamp, &key);
        if (rc < 0)
            return rc;
        sp_buf_text(r->out, *any ? "," : "\"#attributes\":{");
        *any = true;
        add_key(r, key);
        rc = add_pieces(r, body, at + 1, node.end);
        if (rc < 0)
            return rc;
    }
    if (*any)
        sp_buf_char(r->out, '}');
    return 0;
}

static int add_value(struct render *r, const struct evtx_child *child, bool attributes);

/* `"Data":{"#text":...}` of all unnamed Data from child `at` on. */
static int add_plain(struct render *r, uint32_t at, uint32_t end)
{
    uint32_t count = 0;
    int rc = 0;

    for (uint32_t i = at; i < end; i++)
        count += r->e->child[i].plain;
    sp_buf_text(r->out, count > 1 ? "{\"#text\":[" : "{\"#text\":");
    for (uint32_t i = at, n = 0; i < end && rc == 0; i++) {
        struct evtx_child child = r->e->child[i];

        if (!child.plain)
            continue;
        if (n++)
            sp_buf_char(r->out, ',');
        rc = add_value(r, &child, false);
    }
    sp_buf_text(r->out, count > 1 ? "]}" : "}");
    return rc;
}

/* The collected children [first, end) as members. */
static int add_members(struct render *r, uint32_t first, uint32_t end, bool comma)
{
    bool plain = false;
    int rc = 0;

    for (uint32_t i = first; i < end && rc == 0; i++) {
        struct evtx_child child = r->e->child[i];

        if (child.plain && plain)
            continue;
        if (comma)
            sp_buf_char(r->out, ',');
        comma = true;
        add_key(r, child.key);
        plain |= child.plain;
        rc = child.plain ? add_plain(r, i, end) : add_value(r, &child, true);
    }
    return rc;
}

/* Text of an element, or null; `object`: as a member `#text` of what has been opened. */
static int add_leaf(struct render *r, const struct evtx_child *child, const struct evtx_node *node, bool object)
{
    size_t before = r->out->len, from;
    int rc = 0;

    if (object)
        sp_buf_text(r->out, ",\"#text\":");
    from = r->out->len;
    if (child->has_item)
        sp_value_json(r->out, child->item, &r->e->scratch);
    else
        rc = add_pieces(r, child->body, node->content, node->end);
    if (object && r->out->len - from == 4 && memcmp(r->out->ptr + from, "null", 4) == 0)
        r->out->len = before;
    return rc;
}

/* What stands behind a key. Recursion is bounded by the depths of bodies and elements. */
static int add_value(struct render *r, const struct evtx_child *child, bool attributes)
{
    struct evtx_node node = *node_at(r, child->body, child->node);
    uint32_t first = r->e->children, end;
    size_t start = r->out->len;
    bool any = false, plain = false;
    int rc = spend(r);

    if (rc == 0 && r->depth == 2 * SP_EVTX_DEPTH_MAX)
        rc = evtx_fail(r->e, SP_ERR_LIMIT, "elements nested too deep (limit evtx-depth 64)");
    if (rc < 0)
        return rc;
    r->depth++;
    sp_buf_char(r->out, '{');
    if (attributes && (node.name != EVTX_NAME_DATA))
        rc = add_attributes(r, child->body, child->node, node.content, &any);
    if (rc == 0 && !child->has_item)
        rc = collect(r, child->body, node.content, node.end, evtx_names_stamp(r->e), &plain);
    end = r->e->children;
    if (rc == 0 && end > first) {
        rc = add_members(r, first, end, any);
        sp_buf_char(r->out, '}');
    } else if (rc == 0 && any) {
        rc = add_leaf(r, child, &node, true);
        sp_buf_char(r->out, '}');
    } else if (rc == 0) {
        r->out->len = r->out->failed ? r->out->len : start;
        rc = add_leaf(r, child, &node, false);
    }
    r->e->children = first;
    r->depth--;
    return rc;
}

static size_t text_max(const struct sp_evtx *e, const struct sp_buf *out)
{
    return e->limits.record_bytes > SIZE_MAX - out->len ? SIZE_MAX : out->len + (size_t)e->limits.record_bytes;
}

int evtx_json_walk(struct sp_evtx *e, struct sp_buf *out)
{
    struct render r = { e, out, SP_EVTX_NODES_MAX, 0 };
    bool plain = false;
    int rc;

    e->out_max = text_max(e, out);
    e->children = 0;
    rc = collect(&r, 0, e->body[0].node, e->body[0].node_end, evtx_names_stamp(e), &plain);
    if (rc == 0)
        rc = add_members(&r, 0, e->children, false);
    return rc < 0 ? rc : out->failed ? SP_ERR_NOMEM : 0;
}

int sp_evtx_json(struct sp_evtx *e, struct sp_buf *out)
{
    int rc;

    if (e->bodies == 0)
        return SP_ERR_USAGE;
    rc = evtx_unform(e);
    if (rc < 0)
        return rc;
    e->out_max = text_max(e, out);
    rc = evtx_stencil(e, out);
    return rc < 0 ? rc : rc > 0 ? 0 : evtx_json_walk(e, out);
}
