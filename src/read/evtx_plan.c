/* SPDX-License-Identifier: Apache-2.0
 *
 * In: nodes of a body. Out: its plan, the fields as rules name them (SPEC: sigma-T24), in document order.
 *
 *      System      <X a="1">2</X>            X_a, X
 *      EventData   <Data Name="X">, <Data>   X, the list `Data`
 *      UserData    <Wrapper><X>, <Y><Z>      X, Z: the wrapper is dropped, the leaf gives the name
 */
#include "base/unicode.h"
#include "read/evtx_inner.h"

struct flat {
    struct sp_evtx *e;
    struct evtx_parts *parts;
};

static int add_field(const struct flat *f, struct evtx_field field)
{
    struct evtx_parts *parts = f->parts;

    if (evtx_grow(&parts->field, parts->fields, &parts->field_room, sizeof *parts->field) < 0)
        return SP_ERR_NOMEM;
    field.name = f->e->names.name[field.id].text;
    parts->field[parts->fields++] = field;
    return 0;
}

/* The value of pieces [from, to), all of one text. */
static int add_pieces(const struct flat *f, struct evtx_field field, uint32_t from, uint32_t to)
{
    const struct evtx_node *node = &f->parts->node[from];

    if (from == to) {
        field.kind = EVTX_FIELD_CONST;
        field.value = (struct sp_value){ "", 0, SP_V_TEXT };
    } else if (to - from == 1 && node->kind == EVTX_SUB) {
        field.kind = EVTX_FIELD_SUB;
        field.sub = node->sub;
        if (node->optional)
            field.flags |= EVTX_FIELD_OPTIONAL;
    } else if (to - from == 1 && (node->kind == EVTX_TEXT || node->kind == EVTX_CDATA)) {
        field.kind = EVTX_FIELD_CONST;
        field.value = evtx_value(node->type, node->text, node->len);
    } else {
        field.kind = EVTX_FIELD_MIXED;
    }
    return add_field(f, field);
}

static int add_attributes(const struct flat *f, uint32_t element, bool named)
{
    uint32_t end = f->parts->node[element].content, id;
    int rc;

    for (uint32_t at = element + 1; at < end; at = f->parts->node[at].end) {
        uint32_t name = f->parts->node[at].name;

        if (f->e->names.name[name].xmlns || (named && name == EVTX_NAME_NAME))
            continue;
        rc = evtx_name_join(f->e, f->parts->node[element].name, name, &id);
        if (rc == 0)
            rc = add_pieces(f, (struct evtx_field){ .id = id, .node = at }, at + 1, f->parts->node[at].end);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Is there an element, or only pieces, in the content? Instructions count as nothing. */
static bool holds_elements(const struct evtx_parts *parts, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at = parts->node[at].end)
        if (parts->node[at].kind == EVTX_ELEMENT)
            return true;
    return false;
}

bool evtx_is_white(const uint8_t *text, uint32_t len)
{
    for (uint32_t i = 0; i + 1 < len; i += 2)
        if (text[i + 1] || (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n'))
            return false;
    return true;
}

static bool is_white(const struct evtx_node *node)
{
    return node->type == EVTX_STRING && evtx_is_white(node->text, node->len);
}

/* A piece between elements: a body that stands there, or stray text under the parent's name. */
static int add_stray(const struct flat *f, uint32_t at, uint32_t parent, enum evtx_place place)
{
    const struct evtx_node *node = &f->parts->node[at];
    struct evtx_field field = { .id = parent ? parent : EVTX_NAME_EVENT, .place = (uint8_t)place, .flags = EVTX_FIELD_QUIET };

    if (node->kind == EVTX_SUB || ((node->kind == EVTX_TEXT || node->kind == EVTX_CDATA) && !is_white(node)))
        return add_pieces(f, field, at, at + 1);
    return 0;
}

/* What names an element under EventData: its Name attribute, if it has one. */
static int name_of_data(const struct flat *f, uint32_t element, struct evtx_field *field)
{
    const struct evtx_parts *parts = f->parts;
    const struct evtx_node *node = &parts->node[element], *text;
    uint32_t len;
    int rc;

    field->id = node->name;
    if (node->name == EVTX_NAME_DATA)
        field->flags |= EVTX_FIELD_LIST;
    for (uint32_t at = element + 1; at < node->content; at = parts->node[at].end) {
        if (parts->node[at].name != EVTX_NAME_NAME || parts->node[at].end == at + 1)
            continue;
        text = &parts->node[at + 1];
        if (parts->node[at].end != at + 2 || text->kind != EVTX_TEXT || text->type != EVTX_STRING) {
            field->flags = EVTX_FIELD_DYNAMIC | (field->flags & EVTX_FIELD_LIST); /* a list again if it comes out empty */
            field->name_node = at;
            return 0;
        }
        for (len = text->len; len >= 2 && text->text[len - 2] == 0 && text->text[len - 1] == 0;)
            len -= 2;
        if (!len)
            continue;
        field->flags = 0;
        rc = evtx_name_utf16(f->e, text->text, len, &field->id);
        if (rc == 0 && node->name == EVTX_NAME_DATA)
            parts->node[element].key = field->id;
        return rc;
    }
    return 0;
}

static int flatten(const struct flat *f, uint32_t node, uint32_t end, enum evtx_place place, uint32_t parent);

/* An element whose own text or children are fields. */
static int add_element(const struct flat *f, uint32_t at, enum evtx_place place)
{
    struct evtx_node node = f->parts->node[at];
    struct evtx_field field = { .id = node.name, .node = at, .place = EVTX_IN_OTHER };
    uint32_t before = f->parts->fields;
    int rc = 0;

    if (place == EVTX_IN_DATA)
        rc = name_of_data(f, at, &field);
    if (rc == 0)
        rc = add_attributes(f, at, place == EVTX_IN_DATA);
    if (rc < 0)
        return rc;
    if (holds_elements(f->parts, node.content, node.end))
        return flatten(f, node.content, node.end, EVTX_IN_OTHER, node.name);
    if (node.content == node.end && (place == EVTX_IN_SYSTEM || f->parts->fields != before))
        return 0; /* <Security/>, <Flags value="1"/> */
    if (place == EVTX_IN_SYSTEM && node.name == EVTX_NAME_RECORD_ID)
        field.flags |= EVTX_FIELD_NUMBER;
    return add_pieces(f, field, node.content, node.end);
}

/* Children of <Event>, and of nothing: the sections. */
static int add_section(const struct flat *f, uint32_t at, enum evtx_place place)
{
    struct evtx_node node = f->parts->node[at];
    enum evtx_place inner = EVTX_IN_OTHER;
    int rc;

    if (node.name == EVTX_NAME_EVENT && place == EVTX_IN_NOTHING)
        return flatten(f, node.content, node.end, EVTX_IN_EVENT, 0);
    if (node.name == EVTX_NAME_SYSTEM)
        inner = EVTX_IN_SYSTEM;
    else if (node.name == EVTX_NAME_EVENT_DATA)
        inner = EVTX_IN_DATA;
    else if (node.name == EVTX_NAME_USER_DATA)
        inner = EVTX_IN_USER;
    else
        return add_element(f, at, EVTX_IN_OTHER);
    rc = add_attributes(f, at, false);
    return rc < 0 ? rc : flatten(f, node.content, node.end, inner, node.name);
}

/* Recursion is bounded by the depth that evtx_parse lets through. */
static int flatten(const struct flat *f, uint32_t node, uint32_t end, enum evtx_place place, uint32_t parent)
{
    int rc = 0;

    for (uint32_t at = node; at < end && rc == 0; at = f->parts->node[at].end) {
        struct evtx_node n = f->parts->node[at];

        if (n.kind != EVTX_ELEMENT) {
            rc = add_stray(f, at, parent, place);
        } else if (place == EVTX_IN_NOTHING || place == EVTX_IN_EVENT) {
            rc = add_section(f, at, place);
        } else if (place == EVTX_IN_USER && (holds_elements(f->parts, n.content, n.end) || n.end - n.content == 1)) {
            rc = add_attributes(f, at, false); /* the wrapper */
            if (rc == 0)
                rc = flatten(f, n.content, n.end, EVTX_IN_OTHER, n.name);
        } else {
            rc = add_element(f, at, place);
        }
    }
    return rc;
}

int evtx_flatten(struct sp_evtx *e, struct evtx_parts *parts, uint32_t node, uint32_t node_end, enum evtx_place place)
{
    struct flat f = { e, parts };

    return flatten(&f, node, node_end, place, 0);
}

bool evtx_plan_unique(struct sp_evtx *e, const struct evtx_parts *parts, uint32_t field, uint32_t field_end)
{
    uint32_t stamp = evtx_names_stamp(e);

    for (uint32_t i = field; i < field_end; i++) {
        struct evtx_name *name = &e->names.name[parts->field[i].id];

        if ((parts->field[i].flags & (EVTX_FIELD_LIST | EVTX_FIELD_DYNAMIC)) || name->stamp == stamp)
            return false;
        name->stamp = stamp;
    }
    return true;
}

void evtx_plan_survey(struct sp_evtx *e, struct evtx_plan *plan)
{
    for (uint32_t i = plan->field; i < plan->field_end; i++) {
        struct evtx_field *f = &e->kept_parts.field[i];
        bool number = f->flags & EVTX_FIELD_NUMBER;

        f->plain = f->kind == EVTX_FIELD_SUB && !number;
        if (f->kind == EVTX_FIELD_SUB && plan->subs <= f->sub)
            plan->subs = f->sub + 1u;
        plan->odd |= f->flags & EVTX_FIELD_DYNAMIC || f->kind == EVTX_FIELD_MIXED || (number && (f->kind != EVTX_FIELD_SUB || plan->number));
        if (number)
            plan->number = i + 1;
    }
    plan->unique = evtx_plan_unique(e, &e->kept_parts, plan->field, plan->field_end);
}
