/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bodies of the record last handed out. Out: the JSON of evtx_json.c, byte for byte, where its shape is the
 * template's alone: a stencil, cut once and kept with the plan, has all text between the values ready.
 *
 *      "EventID": │ [attribute "Qualifiers": %4]? │ leaf %3 │ ,"Version": │ value %11 │ ...
 *
 * What has no such shape (keys that repeat, names that are values, mixed text) gets no stencil, and a record whose
 * values change the shape (arrays under a name, bodies of plain elements) is left to evtx_json.c: both answer 0.
 */
#include "base/jsonw.h"
#include "read/evtx_inner.h"
#include "read/value.h"

enum {
    STENCIL_NODES_MAX = 4096,    /* of a template */
    STENCIL_DEPTH_MAX = 16,      /* elements in elements */
    STENCIL_TEXT_MAX = 1 << 20,  /* of all templates */
    STENCIL_OPS_MAX = 1 << 16,
    STENCIL_FILL_MAX = 1 << 14,  /* nodes and elements of arrays of a record: well below what evtx_json.c spends */
    STENCIL_BODIES_MAX = 6,      /* bodies in bodies; with their elements fewer than evtx_json.c goes down */
    STENCIL_COPY = 32,           /* short texts are copied by that many bytes */
    STENCIL_SLACK = 256          /* closer to the limit of a record's text than this, evtx_json.c counts itself */
};

/* VALUE has the text before it with it. ATTRIBUTE follows ELEMENT, a LEAF ends both: what they write depends on whether
 * an attribute was there. DATA is followed by an ITEM for each unnamed <Data>. */
enum op_kind {
    OP_TEXT, OP_VALUE, OP_ELEMENT, OP_ATTRIBUTE, OP_ATTRIBUTE_TEXT, OP_LEAF_NONE, OP_LEAF_TEXT, OP_LEAF_VALUE, OP_BODY,
    OP_DATA, OP_ITEM_VALUE, OP_ITEM_TEXT
};

struct evtx_op {
    uint8_t kind;
    bool optional;    /* ATTRIBUTE: a NULL value leaves it out */
    uint16_t sub;     /* VALUE, ATTRIBUTE, LEAF_VALUE, BODY, ITEM_VALUE; DATA: number of items */
    uint32_t at, len; /* text in e->stencil; BODY: first and last node of the object that it stands in */
};

/* Its functions return 1, 0 where there is no stencil, or SP_ERR_NOMEM. */
struct cut {
    struct sp_evtx *e;
    const struct evtx_parts *parts;
    uint32_t depth;
};

static int add_op(struct cut *c, struct evtx_op op)
{
    struct sp_evtx *e = c->e;
    struct evtx_op *last = e->ops ? &e->op[e->ops - 1] : NULL;

    if (e->stencil.failed)
        return SP_ERR_NOMEM;
    if (e->stencil.len > STENCIL_TEXT_MAX || e->ops == STENCIL_OPS_MAX)
        return 0;
    if ((op.kind == OP_TEXT || op.kind == OP_ELEMENT) && last && last->kind == OP_TEXT && last->at + last->len == op.at) {
        last->kind = op.kind;
        last->len += op.len;
        return 1;
    }
    if (op.kind == OP_VALUE && last && last->kind == OP_TEXT) { /* its key at least: each plan begins with one */
        last->kind = OP_VALUE;
        last->sub = op.sub;
        return 1;
    }
    if (evtx_grow(&e->op, e->ops, &e->op_room, sizeof *e->op) < 0)
        return SP_ERR_NOMEM;
    e->op[e->ops++] = op;
    return 1;
}

/* An operation with the text that was put behind `from`. */
static int add_text(struct cut *c, enum op_kind kind, size_t from)
{
    return add_op(c, (struct evtx_op){ .kind = (uint8_t)kind, .at = (uint32_t)from, .len = (uint32_t)(c->e->stencil.len - from) });
}

static int add_words(struct cut *c, const char *words)
{
    size_t from = c->e->stencil.len;

    sp_buf_text(&c->e->stencil, words);
    return add_text(c, OP_TEXT, from);
}

/* The key, escaped once for all chunks. */
static void put_key(struct cut *c, uint32_t id)
{
    struct evtx_name *name = &c->e->names.name[id];
    struct sp_buf *out = &c->e->stencil;
    struct sp_json w = sp_json_to(out);
    size_t from = out->len;

    if (name->json.ptr) {
        sp_buf_str(out, name->json);
        return;
    }
    sp_json_key(&w, name->text);
    if (out->failed)
        return;
    name->json = sp_arena_str(&c->e->names.arena, sp_str_cut(sp_buf_view(out), from, out->len - from));
    c->e->names.bytes += name->json.len;
}

static bool is_text(const struct evtx_node *node)
{
    return node->kind == EVTX_TEXT || node->kind == EVTX_CDATA;
}

/* The text of a node, in e->scratch. */
static int read_text(struct cut *c, const struct evtx_node *node)
{
    sp_buf_clear(&c->e->scratch);
    sp_value_write(&c->e->scratch, evtx_value(node->type, node->text, node->len));
    return c->e->scratch.failed ? SP_ERR_NOMEM : 1;
}

static int put_text(struct cut *c, const struct evtx_node *node)
{
    struct sp_value value = evtx_value(node->type, node->text, node->len);
    struct sp_json w = sp_json_to(&c->e->stencil);
    int rc;

    if (value.type == SP_V_UTF16) {
        sp_value_json(&c->e->stencil, value, &c->e->scratch);
        return 1;
    }
    rc = read_text(c, node);
    if (rc > 0)
        sp_json_str(&w, sp_buf_view(&c->e->scratch));
    return rc;
}

/* The key of an element: its name, of Data the text of its attribute. `*plain`: Data without one. */
static int key_of(struct cut *c, uint32_t element, uint32_t *ret, bool *plain)
{
    const struct evtx_node *node = &c->parts->node[element], *attribute;
    int rc;

    *ret = node->key && !c->e->names.name[node->key].replaced ? node->key : node->name;
    *plain = false;
    if (*ret != EVTX_NAME_DATA)
        return 1;
    for (uint32_t at = element + 1; at < node->content; at = attribute->end) {
        attribute = &c->parts->node[at];
        if (attribute->name != EVTX_NAME_NAME || attribute->end == at + 1)
            continue;
        if (attribute->end != at + 2 || !is_text(attribute + 1))
            return 0;
        rc = read_text(c, attribute + 1);
        if (rc < 0)
            return rc;
        if (!c->e->scratch.len)
            continue;
        rc = evtx_name_utf8(c->e, sp_buf_view(&c->e->scratch), ret);
        return rc == SP_ERR_NOMEM ? rc : rc == 0;
    }
    *plain = true;
    return 1;
}

/* Does no element among the nodes have a key that carries the stamp already? They all do afterwards. */
static int keys_unique(struct cut *c, uint32_t from, uint32_t to, uint32_t stamp)
{
    bool data = false, plain;
    uint32_t id;
    int rc;

    for (uint32_t at = from; at < to; at = c->parts->node[at].end) {
        if (c->parts->node[at].kind != EVTX_ELEMENT)
            continue;
        rc = key_of(c, at, &id, &plain);
        if (rc <= 0)
            return rc;
        if (c->e->names.name[id].stamp == stamp && !(plain && data))
            return 0;
        c->e->names.name[id].stamp = stamp;
        data |= plain;
    }
    return 1;
}

/* The attributes of an element. `*certain`: one of them is always there. */
static int cut_attributes(struct cut *c, uint32_t element, bool *certain)
{
    uint32_t stamp = evtx_names_stamp(c->e), end = c->parts->node[element].content;
    const struct evtx_node *node;
    int rc = 1;

    for (uint32_t at = element + 1; at < end && rc > 0; at = node->end) {
        struct evtx_name *name;
        size_t from = c->e->stencil.len;
        uint32_t pieces;

        node = &c->parts->node[at];
        name = &c->e->names.name[node->name];
        pieces = node->end - at - 1;
        if (name->stamp == stamp || pieces > 1)
            return 0;
        name->stamp = stamp;
        put_key(c, node->name);
        if (pieces == 1 && node[1].kind == EVTX_SUB) {
            rc = add_op(c, (struct evtx_op){ .kind = OP_ATTRIBUTE, .optional = node[1].optional, .sub = node[1].sub, .at = (uint32_t)from,
                                             .len = (uint32_t)(c->e->stencil.len - from) });
            *certain |= !node[1].optional;
            continue;
        }
        if (pieces == 1 && !is_text(&node[1]))
            return 0;
        if (pieces == 1)
            rc = put_text(c, &node[1]);
        else
            sp_buf_text(&c->e->stencil, "null");
        if (rc > 0)
            rc = add_text(c, OP_ATTRIBUTE_TEXT, from);
        *certain = true;
    }
    return rc;
}

/* What an element without elements holds. */
static int cut_leaf(struct cut *c, const struct evtx_node *node, bool attributes)
{
    const struct evtx_node *piece = &c->parts->node[node->content];
    size_t from = c->e->stencil.len;
    int rc;

    if (node->content == node->end)
        return attributes ? add_op(c, (struct evtx_op){ .kind = OP_LEAF_NONE }) : add_words(c, "null");
    if (node->end - node->content > 1)
        return 0;
    if (piece->kind == EVTX_SUB)
        return add_op(c, (struct evtx_op){ .kind = attributes ? OP_LEAF_VALUE : OP_VALUE, .sub = piece->sub });
    if (!is_text(piece))
        return 0;
    rc = put_text(c, piece);
    return rc < 0 ? rc : add_text(c, attributes ? OP_LEAF_TEXT : OP_TEXT, from);
}

/* One unnamed Data of a list. */
static int cut_item(struct cut *c, const struct evtx_node *node)
{
    const struct evtx_node *piece = &c->parts->node[node->content];
    size_t from = c->e->stencil.len;
    int rc = 1;

    if (node->end - node->content > 1)
        return 0;
    if (node->end > node->content && piece->kind == EVTX_SUB)
        return add_op(c, (struct evtx_op){ .kind = OP_ITEM_VALUE, .sub = piece->sub });
    if (node->end > node->content && !is_text(piece))
        return 0;
    if (node->end > node->content)
        rc = put_text(c, piece);
    else
        sp_buf_text(&c->e->stencil, "null");
    return rc <= 0 ? rc : add_text(c, OP_ITEM_TEXT, from);
}

/* All unnamed Data of an object, of which the one at `first` is the first: a list in its place. */
static int cut_data(struct cut *c, uint32_t first, uint32_t to)
{
    uint32_t index, items = 0, key;
    size_t from = c->e->stencil.len;
    bool plain;
    int rc;

    put_key(c, EVTX_NAME_DATA);
    rc = add_text(c, OP_DATA, from);
    index = c->e->ops - 1;
    for (uint32_t at = first; at < to && rc > 0; at = c->parts->node[at].end) {
        if (c->parts->node[at].kind != EVTX_ELEMENT || c->parts->node[at].name != EVTX_NAME_DATA)
            continue;
        rc = key_of(c, at, &key, &plain);
        if (rc <= 0 || !plain)
            continue;
        rc = cut_item(c, &c->parts->node[at]);
        items++;
    }
    if (rc > 0)
        rc = add_words(c, "}"); /* behind the items, which the list jumps over */
    if (rc > 0)
        c->e->op[index].sub = (uint16_t)items;
    return items > UINT16_MAX ? 0 : rc;
}

static int cut_members(struct cut *c, uint32_t from, uint32_t to, bool comma, bool *any);

/* An element with its key. Recursion is bounded here. */
static int cut_element(struct cut *c, uint32_t at, uint32_t key)
{
    struct evtx_node node = c->parts->node[at];
    bool attributes = node.name != EVTX_NAME_DATA && node.content > at + 1, elements = false, certain = false, any;
    size_t from = c->e->stencil.len;
    int rc;

    if (c->depth == STENCIL_DEPTH_MAX)
        return 0;
    put_key(c, key);
    rc = add_text(c, attributes ? OP_ELEMENT : OP_TEXT, from);
    if (rc > 0 && attributes)
        rc = cut_attributes(c, at, &certain);
    for (uint32_t child = node.content; child < node.end; child = c->parts->node[child].end)
        elements |= c->parts->node[child].kind == EVTX_ELEMENT;
    if (rc <= 0 || !elements)
        return rc <= 0 ? rc : cut_leaf(c, &node, attributes);
    if (attributes && !certain)
        return 0;
    c->depth++;
    rc = add_words(c, attributes ? "}" : "{");
    if (rc > 0)
        rc = cut_members(c, node.content, node.end, attributes, &any);
    c->depth--;
    return rc <= 0 ? rc : add_words(c, "}");
}

/* The members of an object. `comma`: others stand before them; `*any`: there are some for certain. */
static int cut_members(struct cut *c, uint32_t from, uint32_t to, bool comma, bool *any)
{
    bool body = false, data = false, plain;
    int rc = keys_unique(c, from, to, evtx_names_stamp(c->e));
    uint32_t key;

    *any = false;
    for (uint32_t at = from; at < to && rc > 0; at = c->parts->node[at].end) {
        struct evtx_node node = c->parts->node[at];

        if (node.kind == EVTX_SUB) {
            if (body || !(comma || *any)) /* whose keys to compare with, whether to write a comma: left to evtx_json.c */
                return 0;
            body = true;
            rc = add_op(c, (struct evtx_op){ .kind = OP_BODY, .sub = node.sub, .at = from, .len = to });
        }
        if (node.kind != EVTX_ELEMENT)
            continue;
        rc = key_of(c, at, &key, &plain);
        if (rc <= 0 || (plain && data))
            continue;
        rc = comma || *any ? add_words(c, ",") : 1;
        *any = true;
        data |= plain;
        if (rc > 0)
            rc = plain ? cut_data(c, at, to) : cut_element(c, at, key);
    }
    return rc;
}

/* The members among the nodes, from the operation e->ops on; 0 leaves all as it was. */
static int cut_nodes(struct sp_evtx *e, const struct evtx_parts *parts, uint32_t from, uint32_t to, bool *members)
{
    struct cut c = { e, parts, 0 };
    size_t text = e->stencil.len;
    uint32_t ops = e->ops;
    int rc = 0;

    sp_buf_char(&e->stencil, '\n'); /* so that the text of one plan does not go on in the next */
    if (to - from <= STENCIL_NODES_MAX)
        rc = cut_members(&c, from, to, false, members);
    if (!sp_buf_reserve(&e->stencil, STENCIL_COPY))
        rc = SP_ERR_NOMEM;
    if (rc == 0) {
        e->stencil.len = text;
        e->ops = ops;
    }
    return rc;
}

bool evtx_stencils_many(const struct sp_evtx *e)
{
    return e->stencil.len > STENCIL_TEXT_MAX / 2 || e->ops > STENCIL_OPS_MAX / 2;
}

/* The stencil of a plan, cut when it is first asked for. */
static int cut_plan(struct sp_evtx *e, uint32_t index)
{
    struct evtx_plan *plan = &e->plan[index];
    int rc;

    if (plan->stencil != EVTX_STENCIL_UNTRIED)
        return plan->stencil == EVTX_STENCIL_CUT;
    plan->op = e->ops;
    rc = cut_nodes(e, &e->kept_parts, plan->node, plan->node_end, &plan->members);
    if (rc < 0)
        return rc;
    plan->stencil = rc ? EVTX_STENCIL_CUT : EVTX_STENCIL_NONE;
    plan->op_end = e->ops;
    return rc;
}

/* Do the keys of a body differ from those of the object that it stands in? */
static int body_fits(struct sp_evtx *e, uint32_t outer, uint32_t inner, const struct evtx_op *op)
{
    struct cut c = { e, &e->kept_parts, 0 };
    struct evtx_plan *plan = &e->plan[inner];
    uint32_t stamp;
    int rc;

    if (plan->fits_outer == outer + 1 && plan->fits_at == op->at)
        return plan->fits;
    stamp = evtx_names_stamp(e);
    rc = keys_unique(&c, op->at, op->len, stamp);
    if (rc > 0)
        rc = keys_unique(&c, plan->node, plan->node_end, stamp);
    if (rc < 0)
        return rc;
    plan->fits_outer = outer + 1;
    plan->fits_at = op->at;
    plan->fits = rc > 0;
    return rc;
}

/* A record on its way out. */
struct fill {
    struct sp_evtx *e;
    struct sp_buf *out;
    uint32_t depth, spent;
};

static const struct evtx_value nothing = { .type = EVTX_NULL };

/* By its place and not by value: what is taken apart on the stack only to be put together again waits for it. */
static inline const struct evtx_value *value_at(const struct sp_evtx *e, const struct evtx_body *b, uint32_t sub)
{
    return sub < b->values ? &e->value[b->value + sub] : &nothing;
}

/* The text of an operation at `p`, where there is room for it and STENCIL_COPY; behind it. */
static inline char *copy_words(char *p, const struct sp_evtx *e, const struct evtx_op *op)
{
    const char *from = e->stencil.ptr + op->at;

    memcpy(p, from, STENCIL_COPY); /* behind every text there are as many bytes */
    if (op->len > STENCIL_COPY)
        memcpy(p + STENCIL_COPY, from + STENCIL_COPY, op->len - STENCIL_COPY);
    return p + op->len;
}

static inline void put_words(struct fill *f, const struct evtx_op *op)
{
    if (sp_buf_reserve(f->out, op->len + STENCIL_COPY))
        f->out->len = (size_t)(copy_words(f->out->ptr + f->out->len, f->e, op) - f->out->ptr);
}

/* A value at `p`, where there is room for it: the most common types here, the rest with read/value.h; NULL where that has
 * no bound for it. */
static inline char *copy_value(char *p, const struct sp_evtx *e, const struct evtx_value *v)
{
    const uint8_t *bytes = e->bytes + v->at;
    uint32_t len = v->len & ~1u;

    if (v->type == EVTX_STRING) {
        while (len && bytes[len - 1] == 0 && bytes[len - 2] == 0)
            len -= 2;
        *p++ = '"';
        p = sp_json_put_utf16(p, bytes, len);
        *p++ = '"';
        return p;
    }
    if (v->type == EVTX_UINT16 && v->len == 2)
        return sp_put_u64(p, evtx_u16(e, v->at));
    if (v->type == EVTX_UINT32 && v->len == 4)
        return sp_put_u64(p, evtx_u32(e, v->at));
    if (v->type == EVTX_UINT8 && v->len == 1)
        return sp_put_u64(p, bytes[0]);
    if (v->type == EVTX_NULL) {
        memcpy(p, "null", 4);
        return p + 4;
    }
    return sp_value_put_json(p, evtx_value_of(e, *v));
}

/* The text of an operation and a value behind it. `before`: so many bytes of `lead` come first. */
static inline void put_both(struct fill *f, const struct evtx_op *op, const struct evtx_value *v, const char *lead, size_t before)
{
    char *p, *end;

    if (!sp_buf_reserve(f->out, before + op->len + STENCIL_COPY + SP_VALUE_JSON_ROOM(v->len)))
        return;
    p = f->out->ptr + f->out->len;
    if (before)
        memcpy(p, lead, before);
    p = copy_words(p + before, f->e, op);
    end = copy_value(p, f->e, v);
    f->out->len = (size_t)((end ? end : p) - f->out->ptr);
    if (!end)
        sp_value_json(f->out, evtx_value_of(f->e, *v), &f->e->scratch);
}

static void put_value(struct fill *f, const struct evtx_value *v)
{
    put_both(f, &(struct evtx_op){ .kind = OP_TEXT }, v, NULL, 0);
}

/* An attribute that is there. An empty one of a type that is a body is null. */
static inline void put_attribute(struct fill *f, const struct evtx_op *op, const struct evtx_value *v, bool first)
{
    static const char lead[] = "{\"#attributes\":{";

    if (v->type == EVTX_XML)
        v = &nothing;
    if (first)
        put_both(f, op, v, lead, sizeof lead - 1);
    else
        put_both(f, op, v, ",", 1);
}

/* The end of an element that has attributes, or had none in this record. */
static void put_leaf(struct fill *f, const struct evtx_op *op, const struct evtx_value *v, bool any)
{
    bool empty = op->kind == OP_LEAF_NONE || (op->kind == OP_LEAF_VALUE && v->type == EVTX_NULL);

    if (any && empty) {
        sp_buf_text(f->out, "}}");
        return;
    }
    if (any)
        sp_buf_text(f->out, "},\"#text\":");
    if (empty)
        sp_buf_text(f->out, "null");
    else if (op->kind == OP_LEAF_VALUE)
        put_value(f, v);
    else
        put_words(f, op);
    if (any)
        sp_buf_char(f->out, '}');
}

static int fill(struct fill *f, uint32_t body, uint32_t from, uint32_t to);

/* The body + 1 of a value of this type, which is one of e->value. */
static inline uint32_t opened(const struct sp_evtx *e, const struct evtx_value *v)
{
    return e->opened[v - e->value];
}

/* The plan + 1 of a body that is a value, with its stencil; 0: it has none. */
static int body_plan(struct fill *f, const struct evtx_value *v, uint32_t *ret)
{
    *ret = opened(f->e, v) ? f->e->body[opened(f->e, v) - 1].plan : 0;
    return *ret ? cut_plan(f->e, *ret - 1) : 0;
}

/* A body among the members of an object. */
static int fill_body(struct fill *f, const struct evtx_body *b, const struct evtx_op *op, const struct evtx_value *v)
{
    uint32_t plan;
    int rc;

    if (v->type != EVTX_XML || !v->len)
        return 1;
    if (!b->plan)
        return 0;
    rc = body_plan(f, v, &plan);
    if (rc > 0)
        rc = body_fits(f->e, b->plan - 1, plan - 1, op);
    if (rc <= 0)
        return rc;
    if (f->e->plan[plan - 1].members)
        sp_buf_char(f->out, ',');
    return fill(f, opened(f->e, v) - 1, f->e->plan[plan - 1].op, f->e->plan[plan - 1].op_end);
}

/* A body that is all that an element holds: its members are the element's. `any`: behind attributes. */
static int fill_object(struct fill *f, const struct evtx_value *v, bool any)
{
    uint32_t plan;
    int rc = v->len ? body_plan(f, v, &plan) : 0;

    if (rc <= 0 || !f->e->plan[plan - 1].members)
        return rc <= 0 ? rc : 0;
    sp_buf_text(f->out, any ? "}," : "{");
    rc = fill(f, opened(f->e, v) - 1, f->e->plan[plan - 1].op, f->e->plan[plan - 1].op_end);
    sp_buf_char(f->out, '}');
    return rc;
}

/* The list of unnamed Data: `count` operations from `at` on. One alone is no list. */
static int fill_data(struct fill *f, const struct evtx_body *b, uint32_t at, uint32_t count)
{
    struct sp_evtx *e = f->e;
    struct sp_value item;
    uint32_t items = 0, next;
    size_t start;

    sp_buf_text(f->out, "{\"#text\":");
    start = f->out->len;
    sp_buf_char(f->out, '[');
    for (uint32_t i = at; i < at + count; i++) {
        const struct evtx_value *v = value_at(e, b, e->op[i].sub);

        if (items++)
            sp_buf_char(f->out, ',');
        if (e->op[i].kind == OP_ITEM_TEXT) {
            put_words(f, &e->op[i]);
            continue;
        }
        if (v->type == EVTX_XML)
            return 0;
        if (!(v->type & EVTX_ARRAY) || !v->len) {
            put_value(f, v);
            continue;
        }
        next = v->at;
        for (bool first = true; evtx_array_next(e, v, &next, &item); first = false) {
            if (!first) {
                items++;
                sp_buf_char(f->out, ',');
            }
            if (++f->spent > STENCIL_FILL_MAX)
                return 0;
            sp_value_json(f->out, item, &e->scratch);
        }
    }
    if (items > 1) {
        sp_buf_char(f->out, ']');
    } else if (!f->out->failed) {
        f->out->len--;
        memmove(f->out->ptr + start, f->out->ptr + start + 1, f->out->len - start);
    }
    return 1;
}

/* What an operation writes that is no text alone; `*any`: the element in hand has shown an attribute. */
static int fill_one(struct fill *f, const struct evtx_body *b, uint32_t at, bool *any)
{
    const struct evtx_op op = f->e->op[at];
    const struct evtx_value *v = value_at(f->e, b, op.sub);

    switch ((enum op_kind)op.kind) {
    case OP_ATTRIBUTE_TEXT:
        sp_buf_text(f->out, *any ? "," : "{\"#attributes\":{");
        *any = true;
        put_words(f, &op);
        return 1;
    case OP_LEAF_VALUE:
        if (v->type == EVTX_XML)
            return fill_object(f, v, *any);
        if (v->type & EVTX_ARRAY)
            return 0;
        put_leaf(f, &op, v, *any);
        return 1;
    case OP_LEAF_NONE:
    case OP_LEAF_TEXT:
        put_leaf(f, &op, v, *any);
        return 1;
    case OP_BODY:
        return fill_body(f, b, &op, v);
    case OP_DATA:
        put_words(f, &op);
        return fill_data(f, b, at + 1, op.sub);
    case OP_TEXT:
    case OP_VALUE:
    case OP_ELEMENT:
    case OP_ATTRIBUTE:
    case OP_ITEM_VALUE:
    case OP_ITEM_TEXT:
        break;
    }
    return 0;
}

/* Write a body by the operations [from, to); what is called may cut more, so that they are read anew. */
static int fill(struct fill *f, uint32_t body, uint32_t from, uint32_t to)
{
    struct sp_evtx *e = f->e;
    const struct evtx_body b = e->body[body];
    bool any = false;
    int rc = 1;

    f->spent += b.node_end - b.node;
    if (f->spent > STENCIL_FILL_MAX || f->depth == STENCIL_BODIES_MAX)
        return 0;
    f->depth++;
    for (uint32_t i = from; i < to && rc > 0; i++) {
        const struct evtx_op *op = &e->op[i];
        const struct evtx_value *v;

        if (op->kind == OP_TEXT) {
            put_words(f, op);
        } else if (op->kind == OP_VALUE) {
            v = value_at(e, &b, op->sub);
            if (v->type < EVTX_XML) {
                put_both(f, op, v, NULL, 0);
                continue;
            }
            put_words(f, op);
            rc = v->type == EVTX_XML ? fill_object(f, v, false) : 0;
        } else if (op->kind == OP_ELEMENT) {
            any = false;
            put_words(f, op);
        } else if (op->kind == OP_ATTRIBUTE) {
            v = value_at(e, &b, op->sub);
            if (op->optional && v->type == EVTX_NULL)
                continue;
            put_attribute(f, op, v, !any);
            any = true;
        } else {
            uint32_t items = op->kind == OP_DATA ? op->sub : 0;

            rc = fill_one(f, &b, i, &any);
            i += items;
        }
    }
    f->depth--;
    return rc;
}

/* A record of plain elements: a stencil that is used once. */
static int fill_plain(struct fill *f)
{
    struct sp_evtx *e = f->e;
    size_t text = e->stencil.len;
    uint32_t ops = e->ops;
    bool members;
    int rc = cut_nodes(e, e->body[0].parts, e->body[0].node, e->body[0].node_end, &members);

    if (rc > 0)
        rc = fill(f, 0, ops, e->ops);
    e->stencil.len = text;
    e->ops = ops;
    return rc;
}

int evtx_stencil(struct sp_evtx *e, struct sp_buf *out)
{
    struct fill f = { e, out, 0, 0 };
    size_t before = out->len;
    uint32_t plan = e->body[0].plan;
    int rc;

    if (plan) {
        rc = cut_plan(e, plan - 1);
        if (rc > 0)
            rc = fill(&f, 0, e->plan[plan - 1].op, e->plan[plan - 1].op_end);
    } else {
        rc = fill_plain(&f);
    }
    if (out->failed)
        rc = SP_ERR_NOMEM;
    if (rc > 0 && out->len <= e->out_max && e->out_max - out->len >= STENCIL_SLACK)
        return 1;
    if (rc >= 0)
        out->len = before;
    return rc < 0 ? rc : 0;
}
