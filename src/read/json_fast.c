/* SPDX-License-Identifier: Apache-2.0
 *
 * In: JSON and marks in it (json_index.h). Out: a tree of slices, when all is as usual. The tree is the caller's.
 *
 *      {"path":"C:\\a","n":7}          byte by byte outside of strings: brackets, colons, commas, numbers
 *       ^----^ ^-----^                 from mark to mark inside: quote to quote, nearly always
 *
 * Unusual, and left to the strict parser: everything that is wrong, names with escapes, names that may stand twice
 * in one object, objects of very many members. As there, an open container's own node is the stack:
 * `next` holds the parent, `value.len` the last child.
 */
#include "read/json_fast.h"

#include <string.h>

#include "base/unicode.h"

enum { NAMES_BITS = 11, NAMES_SLOTS = 1 << NAMES_BITS };

#define NONE      UINT32_MAX /* no container is open */
#define always    static inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)

/* Only copies of it are handed to functions that are not inlined, so that the compiler keeps it in registers. */
struct walk {
    struct sp_json_quick *quick;
    struct sp_json_index *index;   /* its */
    const uint16_t *mark;          /* the next one; those of what has been passed may come first */
    const unsigned char *at, *end;
    struct sp_tree *tree;
    struct sp_node *node;          /* the tree's; its count is `used` until the end */
    uint32_t used, room;
    uint32_t open, last, count;    /* the innermost open container, its last child, its children */
    bool map, feeds;
    uint64_t depth, depth_max;
    uint64_t key;                  /* that the names so far make */
};

/* Steps answer as sp_json_fast does. */

/* White space; false at the end of the text. */
always bool skip_space(struct walk *w)
{
    for (; w->at < w->end; w->at++) {
        unsigned char c = *w->at;

        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return true;
        w->feeds |= c == '\n';
    }
    return false;
}

static bool is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The mark at `p`, inside a string, is no quote: pass over what it is about. */
static bool pass_mark(const struct walk *w, const unsigned char *p)
{
    struct sp_str s = { (const char *)p, (size_t)(w->end - p) };

    if (*p == 'u')
        return s.len > 4 && is_hex(p[1]) && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]);
    if (*p < 0x80 || p[-1] == '\\')
        return false;
    for (size_t at = 0; at < s.len && p[at] >= 0x80;)
        if (sp_utf8_next(s, &at) == SP_UTF8_BAD)
            return false;
    return true;
}

/* A string with more marks than its quotes, or one that goes on beyond the stretch: its end, and whether it holds
 * escapes. */
static enum sp_json_fast long_string(struct walk *w, const unsigned char **ret_close, bool *escaped)
{
    struct sp_json_index *x = w->index;
    unsigned seen = 0;

    for (;;) {
        uint16_t mark = *w->mark++;
        const unsigned char *p = x->from + (mark & SP_JSON_MARK_PLACE);

        if (mark == SP_JSON_MARK_END) {
            if (!sp_json_index_more(x, w->end))
                return SP_JSON_CUT;
            w->mark = x->mark;
            continue;
        }
        if (p <= w->at)
            continue;
        seen |= mark & SP_JSON_MARK_SLASH;
        if (*p == '"') {
            *ret_close = p;
            *escaped = seen != 0;
            return SP_JSON_TAKEN;
        }
        if (!pass_mark(w, p))
            return SP_JSON_UNSURE;
    }
}

/* The string whose quote is at w->at. */
always enum sp_json_fast string(struct walk *w, struct sp_value *ret)
{
    const unsigned char *from = w->index->from, *close;
    uint64_t place = (uint64_t)(w->at - from);
    const uint16_t *mark = w->mark;
    bool escaped;

    while ((*mark & SP_JSON_MARK_PLACE) <= place && *mark != SP_JSON_MARK_END)
        mark++;
    close = from + (*mark & SP_JSON_MARK_PLACE);
    if (likely(*mark != SP_JSON_MARK_END && *close == '"')) {
        escaped = *mark & SP_JSON_MARK_SLASH;
        w->mark = mark + 1;
    } else {
        struct walk copy = *w;
        const unsigned char *found;
        bool slash;
        enum sp_json_fast rc;

        copy.mark = mark;
        rc = long_string(&copy, &found, &slash);
        if (rc != SP_JSON_TAKEN)
            return rc;
        w->mark = copy.mark;
        close = found;
        escaped = slash;
    }
    *ret = (struct sp_value){ w->at + 1, (uint32_t)(close - w->at - 1), escaped ? SP_V_JSON_TEXT : SP_V_TEXT };
    w->at = close + 1;
    return SP_JSON_TAKEN;
}

always const unsigned char *digits(const struct walk *w, const unsigned char *p)
{
    while (p < w->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and then something else than the text's end. */
always enum sp_json_fast number(struct walk *w, struct sp_value *ret)
{
    const unsigned char *start = w->at, *from = start + (*start == '-'), *p = digits(w, from);

    if (p == from || (p - from > 1 && *from == '0'))
        return SP_JSON_UNSURE;
    if (p < w->end && *p == '.') {
        from = p + 1;
        p = digits(w, from);
        if (p == from)
            return SP_JSON_UNSURE;
    }
    if (p < w->end && (*p | 0x20) == 'e') {
        from = p + 1;
        from += from < w->end && (*from == '+' || *from == '-');
        p = digits(w, from);
        if (p == from)
            return SP_JSON_UNSURE;
    }
    if (p == w->end)
        return SP_JSON_UNSURE;
    *ret = (struct sp_value){ start, (uint32_t)(p - start), SP_V_NUMBER };
    w->at = p;
    return SP_JSON_TAKEN;
}

/* Up to seven digits and then no more of a number: what is behind them, or NULL. */
always const unsigned char *short_number(const unsigned char *p, const unsigned char *end, struct sp_value *ret)
{
    uint64_t w, odd;
    unsigned len;

    if (end - p < 8)
        return NULL;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    w ^= UINT64_C(0x3030303030303030); /* now digits are 0 to 9; what is not carries up, behind the first that is not */
    odd = ((w + UINT64_C(0x7676767676767676)) | w) & UINT64_C(0x8080808080808080);
    len = odd ? (unsigned)__builtin_ctzll(odd) / 8 : 8;
    if (!len || len > 7 || (len > 1 && *p == '0') || p[len] == '.' || (p[len] | 0x20) == 'e')
        return NULL;
    *ret = (struct sp_value){ p, len, SP_V_NUMBER };
    return p + len;
}

always enum sp_json_fast word(struct walk *w, struct sp_value *ret)
{
    size_t left = (size_t)(w->end - w->at), len = 4;
    enum sp_value_type type;

    if (left >= 4 && memcmp(w->at, "true", 4) == 0) {
        type = SP_V_TRUE;
    } else if (left >= 4 && memcmp(w->at, "null", 4) == 0) {
        type = SP_V_NULL;
    } else if (left >= 5 && memcmp(w->at, "false", 5) == 0) {
        type = SP_V_FALSE;
        len = 5;
    } else {
        return SP_JSON_UNSURE;
    }
    *ret = (struct sp_value){ NULL, 0, (uint8_t)type };
    w->at += len;
    return SP_JSON_TAKEN;
}

/* Room for more nodes; false when memory or the limit has run out. */
static bool grow(struct sp_tree *tree, uint32_t used)
{
    tree->count = used;
    (void)sp_tree_add(tree, SP_STR_NONE, (struct sp_value){ 0 });
    return tree->count > used;
}

/* One more node below the open container; NONE when memory or the limit has run out. */
always uint32_t add(struct walk *w, struct sp_str name, struct sp_value value)
{
    uint32_t node = w->used;

    if (!likely(node < w->room)) {
        if (!grow(w->tree, node))
            return NONE;
        w->node = w->tree->node;
        w->room = w->tree->room;
    }
    w->used++;
    w->node[node] = (struct sp_node){ .name = name, .value = value };
    if (w->last)
        w->node[w->last].next = node;
    else if (w->open != NONE)
        w->node[w->open].child = node;
    if (w->open == 0 && likely(w->count < SP_LAYOUT_NAMES_MAX))
        w->quick->member[w->count] = node;
    w->last = node;
    w->count++;
    return node;
}

/* Behind a bracket that opens. */
always enum sp_json_fast enter(struct walk *w, struct sp_str name)
{
    bool map = *w->at == '{';
    struct sp_value value = { NULL, 0, map ? SP_V_MAP : SP_V_LIST };
    uint32_t node;

    if (w->depth >= w->depth_max)
        return SP_JSON_UNSURE;
    node = add(w, name, value);
    if (node == NONE)
        return SP_JSON_UNSURE;
    if (w->open != NONE) {
        w->node[w->open].value.ptr = (const void *)(uintptr_t)w->key;
        w->node[w->open].value.len = node;
        w->node[w->open].count = w->count;
    }
    w->key = 0;
    w->node[node].next = w->open;
    w->open = node;
    w->last = w->count = 0;
    w->map = map;
    w->depth++;
    w->at++;
    return SP_JSON_TAKEN;
}

/* Eight bytes from either end of a name say enough. */
always uint64_t name_hash(struct sp_str name)
{
    uint64_t head = 0, tail = 0;

    if (name.len >= 8) {
        memcpy(&head, name.ptr, 8);
        memcpy(&tail, name.ptr + name.len - 8, 8);
    } else if (name.len) {
        memcpy(&head, name.ptr, name.len);
    }
    head = (head ^ name.len) * UINT64_C(0x9E3779B97F4A7C15) + tail;
    return head * UINT64_C(0xD6E8FEB86659FD93);
}

/* The nodes of a map's members; false when they are too many. */
static bool list_members(struct sp_json_quick *quick, uint32_t map, uint32_t *room, struct sp_members *ret)
{
    uint32_t n = 0;

    if (ret->count > SP_LAYOUT_NAMES_MAX)
        return false;
    ret->node = map ? room : quick->member;
    for (uint32_t i = map ? ret->list[map].child : 0; i; i = ret->list[i].next)
        room[n++] = i;
    return true;
}

/* Is no name there twice? */
static bool distinct(const struct sp_members *m)
{
    uint32_t shift = 64 - 5, at;
    uint16_t slot[NAMES_SLOTS]; /* the number of a member, from 1 */

    while (UINT64_C(1) << (64 - shift) < 8 * (uint64_t)m->count && 64 - shift < NAMES_BITS)
        shift--;
    memset(slot, 0, sizeof *slot << (64 - shift));
    for (uint32_t i = 0; i < m->count; i++) {
        struct sp_str name = m->list[m->node[i]].name;

        for (at = (uint32_t)(name_hash(name) >> shift); slot[at]; at = (at + 1) & ((1u << (64 - shift)) - 1))
            if (sp_str_eq(m->list[m->node[slot[at] - 1]].name, name))
                return false;
        slot[at] = (uint16_t)(i + 1);
    }
    return true;
}

/* No name is in the map twice, because it has been met before or has been looked at. */
static bool known(struct sp_json_quick *quick, struct sp_tree *tree, const struct sp_node *list, uint32_t map, uint64_t key, const char *end)
{
    struct sp_members members = { .list = list, .count = list[map].count };
    uint32_t room[SP_LAYOUT_NAMES_MAX];
    const struct sp_layout *layout;

    if (!list_members(quick, map, room, &members))
        return false;
    layout = sp_layouts_find(&quick->layouts, &members, key, end);
    if (!layout) {
        if (!distinct(&members))
            return false;
        layout = sp_layouts_keep(&quick->layouts, &members, key);
    }
    tree->layout = layout; /* that of the root is the last */
    tree->member = quick->member;
    return true;
}

/* Behind the bracket that closes the open container. */
always enum sp_json_fast leave(struct walk *w)
{
    uint32_t inner = w->open;
    struct sp_node *node = &w->node[inner];
    uint64_t key = w->key;
    bool map = w->map;

    node->count = w->count;
    w->at++;
    w->depth--;
    w->last = inner;
    w->open = node->next;
    node->next = 0;
    if (w->open != NONE) {
        w->count = w->node[w->open].count;
        w->key = (uintptr_t)w->node[w->open].value.ptr;
        w->node[w->open].value.ptr = NULL;
        w->node[w->open].value.len = 0;
        w->map = w->node[w->open].value.type == SP_V_MAP;
    }
    w->tree->layout = NULL;
    w->tree->member = NULL;
    if (!map || node->count < 2 || known(w->quick, w->tree, w->node, inner, key, (const char *)w->end))
        return SP_JSON_TAKEN;
    return SP_JSON_UNSURE;
}

/* Length and last letters of a name, whose quotes and one byte behind them are there as well. */
always uint64_t ends_of(struct sp_str name)
{
    uint32_t last;

    memcpy(&last, name.ptr + name.len - 2, sizeof last);
    return last | (uint64_t)name.len << 32;
}

/* The name at w->at, the colon, up to the value. */
always enum sp_json_fast member_name(struct walk *w, struct sp_str *ret)
{
    struct sp_value name;
    enum sp_json_fast rc;

    if (*w->at != '"')
        return SP_JSON_UNSURE;
    rc = string(w, &name);
    if (rc != SP_JSON_TAKEN)
        return rc;
    if (name.type != SP_V_TEXT)
        return SP_JSON_UNSURE;
    *ret = (struct sp_str){ name.ptr, name.len };
    if (!skip_space(w))
        return SP_JSON_CUT;
    w->key = (w->key + ends_of(*ret)) * UINT64_C(0x9E3779B97F4A7C15);
    if (*w->at != ':')
        return SP_JSON_UNSURE;
    w->at++;
    return skip_space(w) ? SP_JSON_TAKEN : SP_JSON_CUT;
}

/* A member `"name":"value"` or `"name":12` without anything in between, whose marks are its quotes alone: what logs
 * mostly are. False, with nothing changed, where it is for the longer way. */
always bool plain_member(struct walk *w)
{
    const unsigned char *from = w->index->from, *behind, *at;
    uint32_t open = w->mark[0], close = w->mark[1], last;
    struct sp_value value;
    struct sp_str name;

    if (*w->at != '"' || (uint64_t)(w->at - from) != open || close >= SP_JSON_STRETCH)
        return false;
    behind = from + close;
    if (w->end - behind < 4 || behind[0] != '"' || behind[1] != ':')
        return false;
    name = (struct sp_str){ (const char *)w->at + 1, close - open - 1 };
    if (behind[2] == '"') {
        if (w->mark[2] != close + 2)
            return false;
        last = w->mark[3] & SP_JSON_MARK_PLACE;
        if (last == SP_JSON_MARK_END || from[last] != '"')
            return false;
        value = (struct sp_value){ behind + 3, last - close - 3, w->mark[3] & SP_JSON_MARK_SLASH ? SP_V_JSON_TEXT : SP_V_TEXT };
        at = from + last + 1;
    } else {
        at = short_number(behind + 2, w->end, &value);
        if (!at)
            return false;
    }
    if (add(w, name, value) == NONE)
        return false;
    w->key = (w->key + ends_of(name)) * UINT64_C(0x9E3779B97F4A7C15);
    w->mark += behind[2] == '"' ? 4 : 2;
    w->at = at;
    return true;
}

/* Such members in a row, with commas alone in between. True behind the last one; false where there is none, in front
 * of a name. */
always bool plain_members(struct walk *w)
{
    while (plain_member(w)) {
        if (w->end - w->at < 2 || w->at[0] != ',' || w->at[1] != '"')
            return true;
        w->at++;
    }
    return false;
}

/* Behind a value: close what closes, up to the next member or element; w->open is NONE at the end of all. */
always enum sp_json_fast after_value(struct walk *w)
{
    while (w->open != NONE) {
        if (!skip_space(w))
            return SP_JSON_CUT;
        if (*w->at == ',') {
            w->at++;
            return skip_space(w) ? SP_JSON_TAKEN : SP_JSON_CUT;
        }
        if (*w->at != (w->map ? '}' : ']') || leave(w) != SP_JSON_TAKEN)
            return SP_JSON_UNSURE;
    }
    return SP_JSON_TAKEN;
}

always enum sp_json_fast scalar(struct walk *w, struct sp_str name)
{
    unsigned char c = *w->at;
    struct sp_value value;
    enum sp_json_fast rc;

    if (likely(c == '"'))
        rc = string(w, &value);
    else if (c == '-' || (c >= '0' && c <= '9'))
        rc = number(w, &value);
    else
        rc = word(w, &value);
    if (rc == SP_JSON_TAKEN && add(w, name, value) == NONE)
        rc = SP_JSON_UNSURE;
    return rc;
}

always enum sp_json_fast walk(struct walk *w)
{
    struct sp_str name = SP_STR_NONE;
    enum sp_json_fast rc = enter(w, name);

    while (rc == SP_JSON_TAKEN) {
        bool opened = !w->count;

        if (opened && !skip_space(w))
            return SP_JSON_CUT;
        if (!opened || *w->at == (w->map ? '}' : ']')) {
            rc = after_value(w);
            if (rc != SP_JSON_TAKEN || w->open == NONE)
                return rc;
        }
        name = SP_STR_NONE;
        if (w->map) {
            if (plain_members(w))
                continue;
            rc = member_name(w, &name);
            if (rc != SP_JSON_TAKEN)
                return rc;
        }
        rc = *w->at == '{' || *w->at == '[' ? enter(w, name) : scalar(w, name);
    }
    return rc;
}

enum sp_json_fast sp_json_fast(struct sp_json_quick *quick, struct sp_str text, const struct sp_limits *limits,
                               struct sp_tree *tree, size_t *ret_len, bool *ret_feeds)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    struct sp_json_index *index = &quick->index;
    struct walk w = { .quick = quick, .index = index, .at = s, .end = s + text.len, .tree = tree, .node = tree->node, .room = tree->room,
                      .open = NONE, .depth_max = limits->json_depth };
    enum sp_json_fast rc;

    sp_tree_clear(tree);
    if (!index->marker || !text.len || (s[0] != '{' && s[0] != '[') || text.len > UINT32_MAX)
        return SP_JSON_UNSURE;
    if (!index->from || s < index->from || s >= index->to)
        sp_json_index_begin(index, s, w.end);
    w.mark = index->next;
    rc = walk(&w);
    if (rc == SP_JSON_TAKEN) {
        index->next = w.mark;
        tree->count = w.used;
        *ret_len = (size_t)(w.at - s);
        *ret_feeds = w.feeds;
    } else {
        index->next = index->mark;
        sp_tree_clear(tree);
    }
    return rc;
}
