/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bodies of the record last handed out. Out: the XML that Windows shows of it, always well-formed:
 * what XML cannot hold (controls, lone surrogates) is U+FFFD, a name that is none has `_` in its place.
 */
#include "base/unicode.h"
#include "read/evtx_inner.h"
#include "read/value.h"

struct render {
    struct sp_evtx *e;
    struct sp_buf *out;
    uint32_t tokens, depth;
    uint32_t elements; /* open ones: outside of all there is no text */
};

static int spend(struct render *r)
{
    if (r->tokens-- == 0)
        return evtx_fail(r->e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    if (r->out->len > r->e->out_max)
        return evtx_fail(r->e, SP_ERR_LIMIT, "the record's text is too long (limit record-bytes)");
    return r->out->failed ? SP_ERR_NOMEM : 0;
}

/* The entity for a byte that cannot stand for itself; NULL: it can. */
static const char *entity_of(unsigned char c, bool attribute)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\r': return "&#13;";
    case '\'': return attribute ? "&apos;" : NULL;
    case '\n': return "&#10;"; /* also in text: a record is one line */
    case '\t': return attribute ? "&#9;" : NULL;
    default: return c < 0x20 ? "\xEF\xBF\xBD" : NULL;
    }
}

static void add_text(struct sp_buf *out, struct sp_str s, bool attribute)
{
    size_t from = 0, at = 0, start;
    const char *entity;

    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];

        start = at;
        if (c < 0x80) {
            entity = entity_of(c, attribute);
            at++;
        } else {
            uint32_t code = sp_utf8_next(s, &at);

            entity = code == SP_UTF8_BAD || code == 0xFFFE || code == 0xFFFF ? "\xEF\xBF\xBD" : NULL;
        }
        if (!entity)
            continue;
        sp_buf_add(out, s.ptr + from, start - from);
        sp_buf_text(out, entity);
        from = at;
    }
    sp_buf_add(out, s.ptr + from, at - from);
}

/* Letters that all editions of XML 1.0 allow in names, in the scripts that people write fields in; readers differ
 * on the rest. No colon: no prefix is known to be declared. */
static bool name_char(uint32_t c, bool first)
{
    static const struct {
        uint32_t first, last;
    } letters[] = {
        { 0xC0, 0xD6 }, { 0xD8, 0xF6 }, { 0xF8, 0x131 }, { 0x134, 0x13E }, { 0x141, 0x148 }, { 0x14A, 0x17E }, { 0x391, 0x3A1 },
        { 0x3A3, 0x3CE }, { 0x401, 0x40C }, { 0x40E, 0x44F }, { 0x451, 0x45C }, { 0x5D0, 0x5EA }, { 0x621, 0x63A },
        { 0x641, 0x64A }, { 0x3041, 0x3094 }, { 0x30A1, 0x30FA }, { 0x4E00, 0x9FA5 }, { 0xAC00, 0xD7A3 },
    };

    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (c >= letters[i].first && c <= letters[i].last)
            return true;
    return false;
}

/* Append the name as XML may hold it; true when it stands as it is. */
static bool add_name(struct sp_buf *out, struct sp_str name)
{
    size_t at = 0, start;
    bool same = name.len > 0;

    while (at < name.len) {
        start = at;
        if (name_char(sp_utf8_next(name, &at), start == 0)) {
            sp_buf_add(out, name.ptr + start, at - start);
        } else {
            sp_buf_char(out, '_');
            same = false;
        }
    }
    if (!name.len)
        sp_buf_char(out, '_');
    return same;
}

/* The attribute's name, never twice in one element. */
static int add_attribute_name(struct render *r, uint32_t id, uint32_t stamp)
{
    size_t from = r->out->len;
    bool same = add_name(r->out, r->e->names.name[id].text);
    int rc;

    while (!same || r->e->names.name[id].stamp == stamp) {
        rc = spend(r);
        if (rc == 0)
            rc = evtx_name_utf8(r->e, (struct sp_str){ r->out->ptr + from, r->out->len - from }, &id);
        if (rc < 0)
            return rc;
        if (r->e->names.name[id].stamp != stamp)
            break;
        sp_buf_char(r->out, '_');
        same = false;
    }
    r->e->names.name[id].stamp = stamp;
    return 0;
}

/* Namespaces that no document may declare. */
static bool is_reserved(struct sp_str uri)
{
    return sp_str_is(uri, "http://www.w3.org/2000/xmlns/") || sp_str_is(uri, "http://www.w3.org/XML/1998/namespace");
}

static int add_attributes(struct render *r, uint32_t body, const struct evtx_node *element, uint32_t self)
{
    uint32_t stamp = evtx_names_stamp(r->e);
    struct sp_buf *text = &r->e->key;
    int rc;

    for (uint32_t at = self + 1; at < element->content;) {
        struct evtx_node node = r->e->body[body].parts->node[at];

        rc = spend(r);
        if (rc < 0)
            return rc;
        sp_buf_clear(text);
        evtx_pieces(r->e, body, at + 1, node.end, text);
        if (text->failed)
            return SP_ERR_NOMEM;
        if (!evtx_left_out(r->e, body, at + 1, node.end) &&
            !(r->e->names.name[node.name].xmlns && is_reserved(sp_buf_view(text)))) {
            sp_buf_char(r->out, ' ');
            rc = add_attribute_name(r, node.name, stamp);
            if (rc < 0)
                return rc;
            sp_buf_clear(text); /* finding a name uses it */
            evtx_pieces(r->e, body, at + 1, node.end, text);
            sp_buf_text(r->out, "='");
            add_text(r->out, sp_buf_view(text), true);
            sp_buf_char(r->out, '\'');
        }
        at = node.end;
    }
    return 0;
}

static int add_nodes(struct render *r, uint32_t body, uint32_t from, uint32_t to);

static int add_value(struct render *r, struct sp_value value)
{
    struct sp_str text = sp_value_text(value, &r->e->scratch);

    if (r->e->scratch.failed)
        return SP_ERR_NOMEM;
    add_text(r->out, text, false);
    return 0;
}

static int add_body(struct render *r, uint32_t value)
{
    uint32_t inner;
    int rc;

    if (r->e->value[value].len == 0)
        return 0;
    rc = evtx_value_body(r->e, value, EVTX_IN_OTHER, &inner);
    if (rc < 0)
        return rc;
    if (r->depth == 2 * SP_EVTX_DEPTH_MAX)
        return evtx_fail(r->e, SP_ERR_LIMIT, "bodies nested too deep (limit evtx-depth 64)");
    r->depth++;
    rc = add_nodes(r, inner, r->e->body[inner].node, r->e->body[inner].node_end);
    r->depth--;
    return rc;
}

static int add_element(struct render *r, uint32_t body, uint32_t at, const struct sp_value *item)
{
    struct evtx_node node = r->e->body[body].parts->node[at];
    int rc = 0;

    sp_buf_char(r->out, '<');
    add_name(r->out, r->e->names.name[node.name].text);
    rc = add_attributes(r, body, &node, at);
    if (rc < 0)
        return rc;
    if (node.closed) {
        sp_buf_text(r->out, "/>");
        return 0;
    }
    sp_buf_char(r->out, '>');
    if (r->depth == 2 * SP_EVTX_DEPTH_MAX)
        return evtx_fail(r->e, SP_ERR_LIMIT, "elements nested too deep (limit evtx-depth 64)");
    r->depth++;
    r->elements++;
    rc = item ? add_value(r, *item) : add_nodes(r, body, node.content, node.end);
    r->elements--;
    r->depth--;
    sp_buf_text(r->out, "</");
    add_name(r->out, r->e->names.name[node.name].text);
    sp_buf_char(r->out, '>');
    return rc;
}

/* An element, as often as its only value has elements; not at all when that value is left out. */
static int add_elements(struct render *r, uint32_t body, uint32_t at)
{
    struct evtx_node node = r->e->body[body].parts->node[at], only;
    struct evtx_value v;
    struct sp_value item;
    uint32_t next;
    int rc = 0;

    if (node.end - node.content != 1)
        return add_element(r, body, at, NULL);
    only = r->e->body[body].parts->node[node.content];
    if (only.kind != EVTX_SUB)
        return add_element(r, body, at, NULL);
    v = evtx_sub(r->e, &r->e->body[body], &only);
    if (v.type == EVTX_NULL && only.optional)
        return 0;
    if (!(v.type & EVTX_ARRAY) || v.len == 0)
        return add_element(r, body, at, NULL);
    next = v.at;
    while (rc == 0 && evtx_array_next(r->e, &v, &next, &item)) {
        rc = spend(r);
        if (rc == 0)
            rc = add_element(r, body, at, &item);
    }
    return rc;
}

/* One piece of content that is no element. */
static int add_piece(struct render *r, uint32_t body, uint32_t at)
{
    struct evtx_node node = r->e->body[body].parts->node[at];
    struct sp_buf *text = &r->e->key;

    if (node.kind == EVTX_SUB && evtx_sub(r->e, &r->e->body[body], &node).type == EVTX_XML)
        return add_body(r, r->e->body[body].value + node.sub);
    if (!r->elements)
        return 0;
    sp_buf_clear(text);
    evtx_pieces(r->e, body, at, at + 1, text);
    if (text->failed)
        return SP_ERR_NOMEM;
    add_text(r->out, sp_buf_view(text), false);
    return 0;
}

static int add_nodes(struct render *r, uint32_t body, uint32_t from, uint32_t to)
{
    int rc = 0;

    for (uint32_t at = from; at < to && rc == 0;) {
        struct evtx_node node = r->e->body[body].parts->node[at];

        rc = spend(r);
        if (rc < 0)
            break;
        if (node.kind == EVTX_ELEMENT)
            rc = add_elements(r, body, at);
        else if (node.kind != EVTX_PI)
            rc = add_piece(r, body, at);
        at = node.end;
    }
    return rc;
}

int sp_evtx_xml(struct sp_evtx *e, struct sp_buf *out)
{
    struct render r = { e, out, SP_EVTX_NODES_MAX, 0, 0 };
    int rc;

    if (e->bodies == 0)
        return SP_ERR_USAGE;
    rc = evtx_unform(e);
    if (rc < 0)
        return rc;
    e->out_max = e->limits.record_bytes > SIZE_MAX - out->len ? SIZE_MAX : out->len + (size_t)e->limits.record_bytes;
    rc = add_nodes(&r, 0, e->body[0].node, e->body[0].node_end);
    return rc < 0 ? rc : out->failed ? SP_ERR_NOMEM : 0;
}
