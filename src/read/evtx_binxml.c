/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the tokens of a BinXML body, every byte hostile. Out: nodes in document order at the end of `to`;
 * nothing is added when the body is refused. One loop with a stack of its own; no recursion.
 */
#include "read/evtx_inner.h"

enum token {
    TOKEN_END = 0x00, TOKEN_START = 0x01, TOKEN_CLOSE = 0x02, TOKEN_CLOSE_EMPTY = 0x03, TOKEN_END_ELEMENT = 0x04,
    TOKEN_VALUE = 0x05, TOKEN_ATTRIBUTE = 0x06, TOKEN_CDATA = 0x07, TOKEN_CHAR = 0x08, TOKEN_ENTITY = 0x09,
    TOKEN_PI = 0x0A, TOKEN_PI_DATA = 0x0B, TOKEN_SUB = 0x0D, TOKEN_SUB_OPTIONAL = 0x0E, TOKEN_HEADER = 0x0F,
    TOKEN_MORE = 0x40 /* or-ed: attributes or text follow */
};

struct scan {
    struct sp_evtx *e;
    struct evtx_parts *to;
    uint32_t at, end;
    bool dependency; /* elements carry a dependency id in this body */
    struct evtx_trace *trace; /* NULL: nobody wants to know */
    bool ran_out; /* the bytes ended where a token could stand */
    uint32_t depth;
    uint32_t open[SP_EVTX_DEPTH_MAX];
};

static bool has(const struct scan *s, uint32_t n)
{
    return n <= s->end - s->at;
}

static int cut(struct scan *s)
{
    return evtx_fail(s->e, SP_ERR_FORMAT, "BinXML ends inside a token");
}

static inline int push(struct scan *s, struct evtx_node node)
{
    struct evtx_parts *to = s->to;

    if (to->nodes >= to->nodes_max)
        return evtx_fail(s->e, SP_ERR_LIMIT, "too many BinXML tokens (limit evtx-nodes 65536)");
    if (evtx_grow(&to->node, to->nodes, &to->node_room, sizeof *to->node) < 0)
        return SP_ERR_NOMEM;
    node.end = to->nodes + 1;
    to->node[to->nodes++] = node;
    return 0;
}

/* Four bytes at s->at, and a name behind them, that could be others in a body that means the same. */
static int mark(struct scan *s, uint32_t inside, uint32_t name)
{
    struct evtx_trace *t = s->trace;

    if (evtx_grow(&t->mark, t->marks, &t->room, sizeof *t->mark) < 0)
        return SP_ERR_NOMEM;
    t->mark[t->marks++] = (struct evtx_mark){ (uint16_t)(s->at - t->base), (uint16_t)inside, name };
    return 0;
}

/* A size that the tokens tell as well. */
static int pass_size(struct scan *s)
{
    int rc = s->trace ? mark(s, 0, 0) : 0;

    s->at += 4;
    return rc;
}

/* The name at `at`: number of bytes it takes there, 0 when it does not fit in the chunk. */
static uint32_t name_size(const struct sp_evtx *e, uint32_t at)
{
    uint32_t size;

    if (at > e->len || e->len - at < 10)
        return 0;
    size = 10 + 2 * evtx_u16(e, at + 6);
    return size <= e->len - at ? size : 0;
}

/* Does a name with the right hash stand there? */
static bool name_likely(const struct sp_evtx *e, uint32_t at)
{
    uint32_t size = name_size(e, at), hash = 0;

    if (at < SP_EVTX_CHUNK_HEADER || size <= 10 || size > 2058)
        return false;
    for (uint32_t i = at + 8; i < at + size - 2; i += 2)
        hash = hash * 65599 + evtx_u16(e, i);
    return (hash & 0xFFFF) == evtx_u16(e, at + 4);
}

int evtx_name_new(struct sp_evtx *e, uint32_t at, uint32_t *size, uint32_t *ret)
{
    int rc;

    *size = name_size(e, at);
    if (!*size)
        return evtx_fail(e, SP_ERR_FORMAT, "a name lies outside of the chunk");
    rc = evtx_name_utf16(e, e->bytes + at + 8, *size - 10, ret);
    if (rc == 0)
        e->seen[at * UINT32_C(2654435761) >> 22] = (struct evtx_seen){ at, e->generation, *ret, *size };
    return rc;
}

/* A name reference; the name itself lies right here the first time. */
static int read_name(struct scan *s, struct evtx_node *node)
{
    uint32_t at, size, inside;
    int rc;

    if (!has(s, 4))
        return cut(s);
    at = evtx_u32(s->e, s->at);
    rc = evtx_name_at(s->e, at, &size, &node->name);
    if (rc < 0)
        return rc;
    inside = at == s->at + 4 ? size : 0;
    if (inside && inside > s->end - s->at - 4)
        return cut(s);
    if (s->trace)
        rc = mark(s, inside, node->name);
    s->at += 4 + inside;
    node->name_at = at;
    return rc;
}

/* Which of the two layouts the element at `at` has. */
static bool layout_at(const struct sp_evtx *e, uint32_t at, uint32_t end, bool expected)
{
    bool with = end - at >= 11 && name_likely(e, evtx_u32(e, at + 7));
    bool without = end - at >= 9 && name_likely(e, evtx_u32(e, at + 5));

    return with == without ? expected : with;
}

/* Bytes of a value that stands in the body itself; 0: a type that cannot stand there. */
static uint32_t inline_size(struct scan *s, uint8_t type)
{
    switch ((enum evtx_type)type) {
    case EVTX_INT8: case EVTX_UINT8: return 1;
    case EVTX_INT16: case EVTX_UINT16: return 2;
    case EVTX_INT32: case EVTX_UINT32: case EVTX_REAL32: case EVTX_BOOL: case EVTX_HEX32: return 4;
    case EVTX_INT64: case EVTX_UINT64: case EVTX_REAL64: case EVTX_FILETIME: case EVTX_HEX64: return 8;
    case EVTX_GUID: case EVTX_SYSTEMTIME: return 16;
    case EVTX_SID: return has(s, 2) ? 8 + 4 * (uint32_t)s->e->bytes[s->at + 1] : UINT32_MAX;
    case EVTX_NULL: case EVTX_STRING: case EVTX_ANSI: case EVTX_BINARY: case EVTX_SIZE: case EVTX_HANDLE: case EVTX_XML:
    case EVTX_ARRAY:
    default: return 0;
    }
}

/* Counted UTF-16 (or bytes): the node's slice. */
static int read_text(struct scan *s, struct evtx_node *node, uint32_t unit)
{
    if (!has(s, 2))
        return cut(s);
    node->len = unit * evtx_u16(s->e, s->at);
    s->at += 2;
    node->text = s->e->bytes + s->at;
    if (!has(s, node->len))
        return cut(s);
    s->at += node->len;
    return push(s, *node);
}

static int read_value(struct scan *s)
{
    struct evtx_node node = { .kind = EVTX_TEXT };

    if (!has(s, 1))
        return cut(s);
    node.type = s->e->bytes[s->at++];
    if (node.type == EVTX_STRING)
        return read_text(s, &node, 2);
    if (node.type == EVTX_ANSI || node.type == EVTX_BINARY)
        return read_text(s, &node, 1);
    node.len = inline_size(s, node.type);
    node.text = s->e->bytes + s->at;
    if (node.len == 0)
        return evtx_fail(s->e, SP_ERR_FORMAT, "a value of a type that cannot stand in a template");
    if (!has(s, node.len))
        return cut(s);
    s->at += node.len;
    return push(s, node);
}

/* Text, a reference or a substitution; `token` is read already. */
static int read_piece(struct scan *s, uint8_t token)
{
    struct evtx_node node = { 0 };
    int rc;

    switch (token) {
    case TOKEN_VALUE:
        return read_value(s);
    case TOKEN_CDATA:
        node.kind = EVTX_CDATA;
        node.type = EVTX_STRING;
        return read_text(s, &node, 2);
    case TOKEN_CHAR:
        if (!has(s, 2))
            return cut(s);
        node.kind = EVTX_CHAR;
        node.sub = (uint16_t)evtx_u16(s->e, s->at);
        s->at += 2;
        return push(s, node);
    case TOKEN_ENTITY:
        node.kind = EVTX_ENTITY;
        rc = read_name(s, &node);
        return rc < 0 ? rc : push(s, node);
    default:
        if (!has(s, 3))
            return cut(s);
        node.kind = EVTX_SUB;
        node.optional = token == TOKEN_SUB_OPTIONAL;
        node.sub = (uint16_t)evtx_u16(s->e, s->at);
        node.type = s->e->bytes[s->at + 2];
        s->at += 3;
        return push(s, node);
    }
}

static bool is_piece(uint8_t token)
{
    return token == TOKEN_VALUE || token == TOKEN_CHAR || token == TOKEN_ENTITY || token == TOKEN_SUB ||
           token == TOKEN_SUB_OPTIONAL || token == TOKEN_CDATA;
}

/* The token here without its flag; TOKEN_END where the body ends. */
static uint8_t peek(const struct scan *s)
{
    return s->at < s->end ? (uint8_t)(s->e->bytes[s->at] & ~TOKEN_MORE) : (uint8_t)TOKEN_END;
}

static int read_attributes(struct scan *s)
{
    int rc;

    if (!has(s, 4))
        return cut(s);
    rc = pass_size(s);
    while (rc == 0 && peek(s) == TOKEN_ATTRIBUTE) {
        struct evtx_node node = { .kind = EVTX_ATTRIBUTE };
        uint32_t self = s->to->nodes;

        s->at++;
        rc = read_name(s, &node);
        if (rc == 0)
            rc = push(s, node);
        while (rc == 0 && is_piece(peek(s))) {
            uint8_t token = peek(s);

            s->at++;
            rc = read_piece(s, token);
        }
        if (rc < 0)
            return rc;
        s->to->node[self].end = s->to->nodes;
    }
    return rc;
}

/* From `<` to `>` or `/>`; the token is read already. */
static int read_start(struct scan *s, bool attributes)
{
    struct evtx_node node = { .kind = EVTX_ELEMENT };
    uint32_t self = s->to->nodes, before = s->dependency ? 2 : 0;
    uint8_t token;
    int rc;

    if (!has(s, before + 4))
        return cut(s);
    s->at += before;
    rc = pass_size(s);
    if (rc == 0)
        rc = read_name(s, &node);
    if (rc == 0)
        rc = push(s, node);
    if (rc == 0 && attributes)
        rc = read_attributes(s);
    if (rc < 0)
        return rc;
    s->to->node[self].content = s->to->node[self].end = s->to->nodes;
    token = peek(s);
    s->at++;
    if (token == TOKEN_CLOSE_EMPTY) {
        s->to->node[self].closed = true;
        return 0;
    }
    if (token != TOKEN_CLOSE)
        return evtx_fail(s->e, SP_ERR_FORMAT, "a start tag does not end");
    if (s->depth == SP_EVTX_DEPTH_MAX)
        return evtx_fail(s->e, SP_ERR_LIMIT, "elements nested too deep (limit evtx-depth 64)");
    s->open[s->depth++] = self;
    return 0;
}

static int read_instruction(struct scan *s)
{
    struct evtx_node node = { .kind = EVTX_PI, .type = EVTX_STRING };
    int rc = read_name(s, &node);

    if (rc < 0)
        return rc;
    if (peek(s) != TOKEN_PI_DATA)
        return push(s, node);
    s->at++;
    return read_text(s, &node, 2);
}

/* One token of content; 1 at the end of the body. */
static int step(struct scan *s)
{
    uint8_t token;

    if (s->at >= s->end) {
        s->ran_out = true;
        return s->depth ? cut(s) : 1;
    }
    token = s->e->bytes[s->at++];
    switch (token & ~TOKEN_MORE) {
    case TOKEN_END:
        return s->depth ? evtx_fail(s->e, SP_ERR_FORMAT, "BinXML ends inside an element") : 1;
    case TOKEN_START:
        return read_start(s, token & TOKEN_MORE);
    case TOKEN_END_ELEMENT:
        if (!s->depth)
            return evtx_fail(s->e, SP_ERR_FORMAT, "an element ends that has not begun");
        s->depth--;
        s->to->node[s->open[s->depth]].end = s->to->nodes;
        return 0;
    case TOKEN_VALUE:
    case TOKEN_CDATA:
    case TOKEN_CHAR:
    case TOKEN_ENTITY:
    case TOKEN_SUB:
    case TOKEN_SUB_OPTIONAL:
        return read_piece(s, (uint8_t)(token & ~TOKEN_MORE));
    case TOKEN_PI:
        return read_instruction(s);
    case TOKEN_HEADER:
        if (!has(s, 3))
            return cut(s);
        s->at += 3;
        return 0;
    default:
        return evtx_fail(s->e, SP_ERR_FORMAT, "unknown BinXML token");
    }
}

static int attempt(struct scan *s, uint32_t at, bool dependency)
{
    uint32_t nodes = s->to->nodes, marks = s->trace ? s->trace->marks : 0;
    int rc;

    s->at = at;
    s->dependency = dependency;
    s->depth = 0;
    s->ran_out = false;
    do
        rc = step(s);
    while (rc == 0);
    if (rc < 0)
        s->to->nodes = nodes;
    if (rc < 0 && s->trace)
        s->trace->marks = marks;
    if (rc > 0 && s->trace) {
        s->trace->dependency = dependency;
        s->trace->stop = s->at;
        s->trace->open = s->ran_out;
    }
    return rc < 0 ? rc : 0;
}

/* Behind the headers of a fragment. */
static uint32_t behind_headers(const struct sp_evtx *e, uint32_t at, uint32_t end)
{
    while (at < end && (e->bytes[at] & ~TOKEN_MORE) == TOKEN_HEADER && end - at >= 4)
        at += 4;
    return at;
}

bool evtx_dependency(const struct sp_evtx *e, uint32_t at, uint32_t end, bool expected)
{
    at = behind_headers(e, at, end);
    return at < end && (e->bytes[at] & ~TOKEN_MORE) == TOKEN_START ? layout_at(e, at, end, expected) : expected;
}

int evtx_parse_as(struct sp_evtx *e, struct evtx_parts *to, uint32_t at, uint32_t end, bool dependency)
{
    struct scan s = { .e = e, .to = to, .end = end };

    return attempt(&s, at, dependency);
}

int evtx_parse(struct sp_evtx *e, struct evtx_parts *to, uint32_t at, uint32_t end, bool dependency, struct evtx_trace *trace)
{
    struct scan s = { .e = e, .to = to, .end = end, .trace = trace };
    int rc;

    dependency = evtx_dependency(e, at, end, dependency);
    at = behind_headers(e, at, end);
    rc = attempt(&s, at, dependency);
    if (rc == SP_ERR_FORMAT)
        rc = attempt(&s, at, !dependency);
    return rc;
}
