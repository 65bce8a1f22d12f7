/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a frame. Out: its fields as a tree of slices; the bodies stay for who renders the record whole.
 *
 * Two ways through a plan give the same tree. When no name comes twice (proved once a template, and once a
 * pair of templates), fields are just appended; else each name is stamped, and a name seen again becomes a list.
 */
#include "base/unicode.h"
#include "read/evtx_inner.h"
#include "read/value.h"

enum { SKIM_DEPTH_MAX = 8, SKIM_FIELDS_MAX = 1024, SKIM_ARRAYS_MAX = 4096 }; /* far below the limits that a walk looks after */

static int walk(struct sp_evtx *e, uint32_t body, uint32_t depth);

static int full(struct sp_evtx *e)
{
    if (e->tree.count >= SP_FIELDS_MAX)
        return evtx_fail(e, SP_ERR_LIMIT, "too many fields (limit fields 65536)");
    return SP_ERR_NOMEM;
}

/* Append a node below the root. */
static int append(struct sp_evtx *e, uint32_t id, struct sp_str name, struct sp_value value)
{
    uint32_t node = sp_tree_add(&e->tree, name, value);

    if (!node)
        return full(e);
    if (node >= e->id_room && evtx_grow(&e->id, e->id_room, &e->id_room, sizeof *e->id) < 0)
        return SP_ERR_NOMEM;
    e->id[node] = id;
    sp_tree_hang(&e->tree, 0, &e->last, node);
    return 0;
}

/* Append an element to the list `list`, whose last child is names.name[id].last. */
static int append_to(struct sp_evtx *e, uint32_t list, uint32_t *last, struct sp_value value)
{
    uint32_t node = sp_tree_add(&e->tree, SP_STR_NONE, value);

    if (!node)
        return full(e);
    sp_tree_hang(&e->tree, list, last, node);
    return 0;
}

/* From now on names may repeat: mark those that are there. */
static void stamp_all(struct sp_evtx *e)
{
    e->unique = false;
    e->stamp = evtx_names_stamp(e);
    for (uint32_t node = e->tree.node[0].child; node; node = e->tree.node[node].next) {
        struct evtx_name *name = &e->names.name[e->id[node]];
        uint32_t last = e->tree.node[node].child;

        while (last && e->tree.node[last].next)
            last = e->tree.node[last].next;
        name->stamp = e->stamp;
        name->node = node;
        name->last = last;
    }
}

/* A value under a name that may have come before. `list`: a list also when it is the only one. */
static int put(struct sp_evtx *e, uint32_t id, struct sp_value value, bool list)
{
    struct evtx_name *name;
    struct sp_node *node;
    struct sp_value first;
    int rc;

    if (e->unique)
        stamp_all(e);
    name = &e->names.name[id];
    if (name->stamp != e->stamp) {
        rc = append(e, id, name->text, list ? (struct sp_value){ .type = SP_V_LIST } : value);
        if (rc < 0)
            return rc;
        name->stamp = e->stamp;
        name->node = e->last;
        name->last = 0;
        return list ? append_to(e, name->node, &name->last, value) : 0;
    }
    node = &e->tree.node[name->node];
    if (node->value.type != SP_V_LIST) {
        first = node->value;
        node->value = (struct sp_value){ .type = SP_V_LIST };
        rc = append_to(e, name->node, &name->last, first);
        if (rc < 0)
            return rc;
    }
    return append_to(e, name->node, &name->last, value);
}

static int put_array(struct sp_evtx *e, uint32_t id, const struct evtx_value *array)
{
    uint32_t at = array->at;
    struct sp_value value = { "", 0, SP_V_TEXT };
    int rc = 0;

    if (array->len == 0)
        return put(e, id, value, true);
    while (rc == 0 && evtx_array_next(e, array, &at, &value))
        rc = put(e, id, value, true);
    return rc;
}

/* One piece of text as UTF-8. */
static void add_entity(struct sp_evtx *e, uint32_t name, struct sp_buf *out)
{
    static const struct {
        const char *name, *text;
    } known[] = { { "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" } };
    struct sp_str text = e->names.name[name].text;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sp_str_is(text, known[i].name)) {
            sp_buf_text(out, known[i].text);
            return;
        }
    sp_buf_char(out, '&');
    sp_buf_str(out, text);
    sp_buf_char(out, ';');
}

void evtx_pieces(struct sp_evtx *e, uint32_t body, uint32_t from, uint32_t to, struct sp_buf *out)
{
    char utf8[4];

    for (uint32_t at = from; at < to; at++) {
        const struct evtx_node *node = &e->body[body].parts->node[at];
        struct evtx_value v;

        switch ((enum evtx_kind)node->kind) {
        case EVTX_TEXT:
        case EVTX_CDATA:
            sp_value_write(out, evtx_value(node->type, node->text, node->len));
            break;
        case EVTX_SUB:
            v = evtx_sub(e, &e->body[body], node);
            if (v.type != EVTX_XML)
                sp_value_write(out, evtx_value_of(e, v));
            break;
        case EVTX_CHAR:
            sp_buf_add(out, utf8, sp_utf8_put(utf8, node->sub));
            break;
        case EVTX_ENTITY:
            add_entity(e, node->name, out);
            break;
        case EVTX_ELEMENT:
        case EVTX_ATTRIBUTE:
        case EVTX_PI:
            break;
        }
    }
}

bool evtx_left_out(const struct sp_evtx *e, uint32_t body, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at++) {
        const struct evtx_node *node = &e->body[body].parts->node[at];

        if (node->kind != EVTX_SUB || !node->optional || evtx_sub(e, &e->body[body], node).type != EVTX_NULL)
            return false;
    }
    return from < to;
}

/* Bodies among the pieces of a mixed content. */
static int walk_bodies(struct sp_evtx *e, uint32_t body, const struct evtx_field *f, uint32_t from, uint32_t to, uint32_t depth)
{
    uint32_t inner;
    int rc = 0;

    for (uint32_t at = from; at < to && rc == 0; at++) {
        struct evtx_node node = e->body[body].parts->node[at];

        if (node.kind != EVTX_SUB || evtx_sub(e, &e->body[body], &node).type != EVTX_XML)
            continue;
        rc = evtx_value_body(e, e->body[body].value + node.sub, (enum evtx_place)f->place, &inner);
        if (rc == 0)
            rc = walk(e, inner, depth + 1);
    }
    return rc;
}

/* Pieces joined into a text of the record's own. */
static int put_mixed(struct sp_evtx *e, uint32_t body, const struct evtx_field *f, uint32_t depth)
{
    struct evtx_node node = e->body[body].parts->node[f->node];
    uint32_t from = node.kind == EVTX_ELEMENT ? node.content : f->node + 1;
    struct sp_str text;
    int rc;

    if (evtx_left_out(e, body, from, node.end))
        return 0;
    sp_buf_clear(&e->scratch);
    evtx_pieces(e, body, from, node.end, &e->scratch);
    if (e->scratch.failed || e->scratch.len > EVTX_TEXT_MAX)
        return e->scratch.len > EVTX_TEXT_MAX ? evtx_fail(e, SP_ERR_LIMIT, "a text of too many pieces") : SP_ERR_NOMEM;
    text = sp_arena_str(&e->text, sp_buf_view(&e->scratch));
    if (!text.ptr)
        return e->text.bytes > EVTX_TEXT_MAX / 2 ? evtx_fail(e, SP_ERR_LIMIT, "texts of too many pieces") : SP_ERR_NOMEM;
    rc = put(e, f->id, (struct sp_value){ text.ptr, (uint32_t)text.len, SP_V_TEXT }, f->flags & EVTX_FIELD_LIST);
    return rc < 0 ? rc : walk_bodies(e, body, f, from, node.end, depth);
}

/* EventRecordID, which plain elements write as text. */
static void set_number(struct sp_evtx *e, struct sp_value v)
{
    struct sp_str text;
    uint64_t n = 0;

    if (v.type == SP_V_UINT || v.type == SP_V_INT || v.type == SP_V_HEX) {
        e->number = sp_value_u64(v);
        return;
    }
    text = sp_value_text(v, &e->scratch);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > UINT64_MAX / 10 - 1)
            return;
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (text.len)
        e->number = n;
}

/* Do two plans, each unique, share a name? */
static void pair(struct sp_evtx *e, struct evtx_plan *inner, const struct evtx_plan *outer)
{
    uint32_t stamp = evtx_names_stamp(e);

    inner->together = true;
    for (uint32_t i = outer->field; i < outer->field_end; i++)
        e->names.name[e->kept_parts.field[i].id].stamp = stamp;
    for (uint32_t i = inner->field; i < inner->field_end; i++)
        inner->together &= e->names.name[e->kept_parts.field[i].id].stamp != stamp;
}

/* The body of a value, below or beside what is there. */
static int put_body(struct sp_evtx *e, uint32_t outer, uint32_t value, enum evtx_place place, uint32_t depth)
{
    struct evtx_plan *plan;
    uint32_t body;
    int rc;

    if (depth >= SP_EVTX_DEPTH_MAX)
        return evtx_fail(e, SP_ERR_LIMIT, "bodies nested too deep (limit evtx-depth 64)");
    if (e->opened[value]) { /* the same value named twice: its fields twice */
        e->tokens += e->body[e->opened[value] - 1].node_end - e->body[e->opened[value] - 1].node;
        if (e->tokens > SP_EVTX_NODES_MAX)
            return evtx_fail(e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    }
    rc = evtx_value_body(e, value, place, &body);
    if (rc < 0)
        return rc;
    if (!e->unique)
        return walk(e, body, depth + 1);
    plan = e->body[body].plan ? &e->plan[e->body[body].plan - 1] : NULL;
    /* A pair of templates met before is known; anything else goes the stamped way, and a pair learns from it. */
    if (!plan || !plan->unique || outer != 0 || e->bodies != 2 || e->body[0].plan == 0) {
        stamp_all(e);
        return walk(e, body, depth + 1);
    }
    if (plan->outer == e->body[0].plan) {
        if (!plan->together)
            stamp_all(e);
        return walk(e, body, depth + 1);
    }
    pair(e, plan, &e->plan[e->body[0].plan - 1]);
    plan->outer = e->body[0].plan;
    if (!plan->together)
        stamp_all(e);
    return walk(e, body, depth + 1);
}

/* A field whose name is a value. */
static int name_field(struct sp_evtx *e, uint32_t body, struct evtx_field *f)
{
    uint32_t end = e->body[body].parts->node[f->name_node].end;

    sp_buf_clear(&e->scratch);
    evtx_pieces(e, body, f->name_node + 1, end, &e->scratch);
    if (e->scratch.failed)
        return SP_ERR_NOMEM;
    if (e->scratch.len == 0)
        return 0;
    f->flags &= (uint8_t)~EVTX_FIELD_LIST;
    /* The text is in the scratch that adding a name overwrites, but only after the key is made of it. */
    return evtx_name_utf8(e, sp_buf_view(&e->scratch), &f->id);
}

static int put_sub(struct sp_evtx *e, uint32_t body, const struct evtx_field *f, uint32_t depth)
{
    struct evtx_value v = { .type = EVTX_NULL };
    struct sp_value value;

    if (f->sub < e->body[body].values)
        v = e->value[e->body[body].value + f->sub];
    if (v.type == EVTX_XML)
        return v.len ? put_body(e, body, e->body[body].value + f->sub, (enum evtx_place)f->place, depth) : 0;
    if ((v.type == EVTX_NULL && (f->flags & EVTX_FIELD_OPTIONAL)) || (v.len == 0 && (f->flags & EVTX_FIELD_QUIET)))
        return 0;
    if (v.type & EVTX_ARRAY)
        return put_array(e, f->id, &v);
    value = evtx_value_of(e, v);
    if (f->flags & EVTX_FIELD_NUMBER)
        set_number(e, value);
    if (!e->unique || (f->flags & (EVTX_FIELD_LIST | EVTX_FIELD_DYNAMIC)))
        return put(e, f->id, value, f->flags & EVTX_FIELD_LIST);
    return append(e, f->id, f->name, value);
}

/* Room for `more` nodes in the tree and in what goes with it. */
static int reserve(struct sp_evtx *e, uint32_t more)
{
    while (e->tree.room - e->tree.count < more)
        if (evtx_grow_more(&e->tree.node, &e->tree.room, sizeof *e->tree.node) < 0)
            return SP_ERR_NOMEM;
    while (e->id_room < e->tree.room)
        if (evtx_grow_more(&e->id, &e->id_room, sizeof *e->id) < 0)
            return SP_ERR_NOMEM;
    return 0;
}

enum thought { NEEDS_NONE, NEEDS_SOME, LEFT_OUT };

/* The value of a SUB field that needs no thought: of the size that its type has, or of none. */
static inline enum thought plain_value(const struct sp_evtx *e, const struct evtx_field *f, const struct evtx_value *v, struct sp_value *ret)
{
    if (v->len == 0) {
        if (v->type > EVTX_HEX64)
            return NEEDS_SOME;
        if ((v->type == EVTX_NULL && f->flags & EVTX_FIELD_OPTIONAL) || f->flags & EVTX_FIELD_QUIET)
            return LEFT_OUT;
        *ret = (struct sp_value){ "", 0, SP_V_TEXT };
        return NEEDS_NONE;
    }
    ret->ptr = e->bytes + v->at;
    ret->len = v->len;
    ret->type = evtx_shapes[v->type].type;
    return evtx_shapes[v->type].size == v->len || v->type == EVTX_STRING ? NEEDS_NONE : NEEDS_SOME;
}

/* The same of any field. */
static enum thought careful_value(struct sp_evtx *e, const struct evtx_field *f, const struct evtx_value *v, struct sp_value *ret)
{
    enum thought thought;

    if (f->kind == EVTX_FIELD_CONST) {
        *ret = f->value;
        return f->flags & EVTX_FIELD_NUMBER ? NEEDS_SOME : NEEDS_NONE;
    }
    if (f->kind != EVTX_FIELD_SUB)
        return NEEDS_SOME;
    thought = plain_value(e, f, v + f->sub, ret);
    if (f->flags & EVTX_FIELD_NUMBER && thought == NEEDS_NONE) {
        if (!ret->len)
            return NEEDS_SOME;
        set_number(e, *ret);
    }
    return thought;
}

/* The common case: append fields as long as they need no thought; the number of the first that does. */
static uint32_t walk_plain(struct sp_evtx *e, const struct evtx_body *b, uint32_t i)
{
    const struct evtx_field *f = b->parts->field + i, *end = b->parts->field + b->field_end;
    const struct evtx_value *v = e->value + b->value;
    struct sp_node *node = e->tree.node, *n = node + e->tree.count;
    uint32_t count = e->tree.count, first = count, *id = e->id;

    for (; f < end; f++) {
        enum thought thought = f->plain ? plain_value(e, f, v + f->sub, &n->value) : careful_value(e, f, v, &n->value);

        if (thought == LEFT_OUT)
            continue;
        if (thought == NEEDS_SOME)
            break;
        id[count++] = f->id;
        n->name = f->name;
        n->next = count;
        n->child = n->count = 0;
        n++;
    }
    if (count == first)
        return (uint32_t)(f - b->parts->field);
    if (e->last)
        node[e->last].next = first;
    else
        node[0].child = first;
    node[0].count += count - first;
    node[count - 1].next = 0;
    e->last = count - 1;
    e->tree.count = count;
    return (uint32_t)(f - b->parts->field);
}

static int walk_field(struct sp_evtx *e, uint32_t body, struct evtx_field f, uint32_t depth)
{
    int rc;

    if (f.flags & EVTX_FIELD_DYNAMIC) {
        rc = name_field(e, body, &f);
        if (rc < 0)
            return rc;
    }
    if (f.kind == EVTX_FIELD_SUB)
        return put_sub(e, body, &f, depth);
    if (f.kind == EVTX_FIELD_MIXED)
        return put_mixed(e, body, &f, depth);
    if (f.flags & EVTX_FIELD_NUMBER)
        set_number(e, f.value);
    if (e->unique && !(f.flags & (EVTX_FIELD_LIST | EVTX_FIELD_DYNAMIC)))
        return append(e, f.id, f.name, f.value);
    return put(e, f.id, f.value, f.flags & EVTX_FIELD_LIST);
}

/* No name comes twice, and every value that a field asks for is there. */
static inline bool can_be_plain(const struct sp_evtx *e, const struct evtx_body *b)
{
    return b->plan && e->plan[b->plan - 1].unique && e->plan[b->plan - 1].subs <= b->values;
}

/* Put the fields of a body under the root. What it calls may move every array. */
static int walk(struct sp_evtx *e, uint32_t body, uint32_t depth)
{
    uint32_t end = e->body[body].field_end;
    int rc = 0;

    for (uint32_t i = e->body[body].field; i < end && rc == 0; i++) {
        const struct evtx_body *b = &e->body[body];

        if (e->unique && can_be_plain(e, b) && e->tree.count + (end - i) <= SP_FIELDS_MAX) {
            rc = reserve(e, end - i);
            if (rc < 0)
                break;
            i = walk_plain(e, b, i);
            if (i == end)
                break;
        }
        rc = walk_field(e, body, e->body[body].parts->field[i], depth);
    }
    return rc;
}

static int skim(struct sp_evtx *e, uint32_t body, uint32_t depth);

/* Open the body that is the value number `sub`, if one field and no other shows it. */
static int skim_value(struct sp_evtx *e, const struct evtx_body *b, uint32_t sub, uint32_t depth)
{
    const struct evtx_field *shown = NULL;
    uint32_t inner;
    int rc;

    for (uint32_t i = b->field; i < b->field_end; i++) {
        const struct evtx_field *f = &b->parts->field[i];

        if (f->kind != EVTX_FIELD_SUB || f->sub != sub)
            continue;
        if (shown)
            return 0;
        shown = f;
    }
    if (!shown)
        return 1;
    rc = evtx_value_body(e, b->value + sub, (enum evtx_place)shown->place, &inner);
    return rc < 0 ? rc : skim(e, inner, depth + 1);
}

/* Plain elements, which have no values. */
static int skim_elements(struct sp_evtx *e, const struct evtx_body *b)
{
    for (uint32_t i = b->field; i < b->field_end; i++) {
        const struct evtx_field *f = &b->parts->field[i];

        if (f->flags & EVTX_FIELD_DYNAMIC || f->kind == EVTX_FIELD_MIXED)
            return 0;
        if (f->flags & EVTX_FIELD_NUMBER && f->kind == EVTX_FIELD_CONST)
            set_number(e, f->value);
    }
    return 1;
}

/* What a walk does but for the tree, where no field needs thought: it opens the body that is a value and finds the
 * number. 1, 0 where only a walk will do, or the walk's error. */
static int skim(struct sp_evtx *e, uint32_t body, uint32_t depth)
{
    const struct evtx_body b = e->body[body];
    const struct evtx_value *v = e->value + b.value;
    const struct evtx_field *number;
    uint32_t found = b.values, arrays = 0;

    if (depth == SKIM_DEPTH_MAX || b.field_end - b.field > SKIM_FIELDS_MAX)
        return 0;
    if (!b.plan)
        return skim_elements(e, &b);
    if (e->plan[b.plan - 1].odd)
        return 0;
    for (uint32_t i = 0; i < b.values; i++) {
        if (v[i].type < EVTX_XML)
            continue;
        if (v[i].type & EVTX_ARRAY && (arrays += v[i].len) <= SKIM_ARRAYS_MAX)
            continue;
        if (v[i].type != EVTX_XML || found != b.values)
            return 0;
        if (v[i].len)
            found = i;
    }
    if (e->plan[b.plan - 1].number) {
        number = &b.parts->field[e->plan[b.plan - 1].number - 1];
        if (number->sub < b.values && v[number->sub].type != EVTX_NULL && v[number->sub].type < EVTX_XML && v[number->sub].len)
            set_number(e, evtx_value_of(e, v[number->sub]));
    }
    return found == b.values ? 1 : skim_value(e, &b, found, depth);
}

/* Is there an element in any body that the record shows? */
static bool holds_element(const struct sp_evtx *e)
{
    for (uint32_t i = 0; i < e->bodies; i++)
        for (uint32_t at = e->body[i].node; at < e->body[i].node_end; at++)
            if (e->body[i].parts->node[at].kind == EVTX_ELEMENT)
                return true;
    return false;
}

/* The frame's body, with all that is in it, before anything has been read of it. */
static int open_frame(struct sp_evtx *e, uint32_t at, uint32_t len)
{
    uint32_t body;

    e->bodies = e->values = e->tokens = 0;
    e->formed = false;
    e->record_parts.nodes = e->record_parts.fields = 0;
    e->number = evtx_u64(e, at + 8);
    return evtx_body_open(e, at + 24, at + len - 4, EVTX_IN_NOTHING, &body);
}

int evtx_unform(struct sp_evtx *e)
{
    if (!e->formed)
        return 0;
    e->plainly = true;
    return open_frame(e, e->frame_at, e->frame_len);
}

int evtx_decode(struct sp_evtx *e, uint32_t at, uint32_t len, struct sp_record *ret)
{
    int rc;

    sp_arena_reset(&e->text);
    sp_tree_clear(&e->tree);
    (void)sp_tree_add(&e->tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    if (e->tree.count == 0)
        return SP_ERR_NOMEM;
    e->last = 0;
    e->unique = true;
    e->plainly = e->whole;
    rc = open_frame(e, at, len);
    if (rc == 0 && e->whole) {
        rc = skim(e, 0, 1);
        if (rc == 0 && e->bodies != 1) /* as if nothing had been opened */
            rc = open_frame(e, at, len);
    }
    if (rc == 0) {
        if (e->body[0].plan == 0 || !e->plan[e->body[0].plan - 1].unique)
            stamp_all(e);
        rc = walk(e, 0, 1);
    }
    if (rc < 0)
        return rc;
    if (!holds_element(e))
        return evtx_fail(e, SP_ERR_FORMAT, "the record holds no event");
    e->frame_at = at;
    e->frame_len = len;
    *ret = (struct sp_record){ .kind = SP_RECORD_EVTX, .offset = e->offset + at, .length = len, .number = e->number,
                               .raw = { (const char *)e->bytes + at, len }, .tree = &e->tree, .inner = e };
    return 0;
}
