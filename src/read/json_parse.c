/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes that claim to be JSON (attacker-controlled). Out: a tree of slices over them, or the place
 * and the reason why they are none. The tree and the buffer of names are the caller's.
 *
 * Nothing recurses: while a container is open its own node is the stack. `next` holds the parent and
 * `value.len` the last child; closing puts both back to what a reader of the tree expects.
 */
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/alloc.h"
#include "base/unicode.h"
#include "read/jsonl.h"
#include "read/value.h"

enum {
    HASHED_MAX = 256,   /* members whose names are compared by a table on the stack; above it they are sorted */
    SLOTS = 2 * HASHED_MAX
};

#define NONE UINT32_MAX /* no container is open */

struct parse {
    const unsigned char *s;
    size_t len, at;
    const struct sp_limits *limits;
    struct sp_tree *tree;
    struct sp_buf *names;
    struct sp_error *err;
    uint64_t duplicates, depth;
    uint32_t open; /* innermost open container */
};

/* All steps below answer 1: done, 0: the text ended, negative: error with `at` at the offending byte. */

static int fail(struct parse *p, size_t at, const char *what)
{
    p->at = at;
    return sp_error_set(p->err, SP_ERR_FORMAT, "%s", what);
}

static bool skip_space(struct parse *p)
{
    while (p->at < p->len && (p->s[p->at] == ' ' || p->s[p->at] == '\n' || p->s[p->at] == '\r' || p->s[p->at] == '\t'))
        p->at++;
    return p->at < p->len;
}

/* First byte from `at` on that needs a look inside a string: quote, backslash, control, not ASCII. */
static size_t plain_run(const unsigned char *s, size_t at, size_t len)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');

    for (; len - at >= 16; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + at));
        /* signed: bytes from 0x80 on are below the space as well */
        __m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmplt_epi8(v, space));
        int mask = _mm_movemask_epi8(odd);

        if (mask)
            return at + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    while (at < len && s[at] >= ' ' && s[at] < 0x80 && s[at] != '"' && s[at] != '\\')
        at++;
    return at;
}

static bool is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The escape at p->at (a backslash). Surrogates may stand alone: they read as U+FFFD. */
static int escape(struct parse *p)
{
    unsigned char c;

    if (p->at + 1 >= p->len)
        return 0;
    c = p->s[p->at + 1];
    if (c != 'u') {
        if (!c || !strchr("\"\\/bfnrt", c))
            return fail(p, p->at, "an escape that JSON does not have");
        p->at += 2;
        return 1;
    }
    for (size_t i = 2; i < 6; i++) {
        if (p->at + i >= p->len)
            return 0;
        if (!is_hex(p->s[p->at + i]))
            return fail(p, p->at, "\\u without four hexadecimal digits");
    }
    p->at += 6;
    return 1;
}

/* One character above ASCII. */
static int wide(struct parse *p)
{
    unsigned char c = p->s[p->at];
    size_t need = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4, start = p->at, at = p->at;

    if (sp_utf8_next((struct sp_str){ (const char *)p->s, p->len }, &at) != SP_UTF8_BAD) {
        p->at = at;
        return 1;
    }
    if (c >= 0xC2 && c <= 0xF4 && p->len - start < need) {
        for (at = start + 1; at < p->len && (p->s[at] & 0xC0) == 0x80; at++)
            ;
        if (at == p->len)
            return 0; /* cut in the middle: the rest may follow */
    }
    return fail(p, start, "bytes that are no valid Unicode text");
}

/* The string whose quote is at p->at: its inside, and whether it holds escapes. */
static int string(struct parse *p, struct sp_str *ret, bool *escaped)
{
    size_t start = ++p->at;
    int rc;

    *escaped = false;
    for (;;) {
        p->at = plain_run(p->s, p->at, p->len);
        if (p->at >= p->len)
            return 0;
        if (p->s[p->at] == '"')
            break;
        if (p->s[p->at] == '\\') {
            *escaped = true;
            rc = escape(p);
        } else if (p->s[p->at] >= 0x80) {
            rc = wide(p);
        } else {
            return fail(p, p->at, p->s[p->at] == '\n' || p->s[p->at] == '\r' ? "the line ends inside a string"
                                                                          : "a control character inside a string");
        }
        if (rc <= 0)
            return rc;
    }
    if (p->at - start > UINT32_MAX)
        return sp_error_set(p->err, SP_ERR_LIMIT, "a string of more than 4 GiB");
    *ret = (struct sp_str){ (const char *)p->s + start, p->at - start };
    p->at++;
    return 1;
}

static size_t digits(const struct parse *p, size_t at)
{
    while (at < p->len && p->s[at] >= '0' && p->s[at] <= '9')
        at++;
    return at;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static int number(struct parse *p, struct sp_value *ret)
{
    size_t start = p->at, at = start + (p->s[start] == '-'), from = at;

    if (at >= p->len)
        return 0;
    at = p->s[at] == '0' ? at + 1 : digits(p, at);
    if (at == from)
        return fail(p, at, "a minus sign without a number");
    if (at < p->len && p->s[from] == '0' && p->s[at] >= '0' && p->s[at] <= '9')
        return fail(p, at, "a number with leading zeros");
    if (at < p->len && p->s[at] == '.') {
        from = ++at;
        at = digits(p, at);
        if (at == from)
            return at == p->len ? 0 : fail(p, at, "a number without digits behind its point");
    }
    if (at < p->len && (p->s[at] == 'e' || p->s[at] == 'E')) {
        at++;
        at += at < p->len && (p->s[at] == '+' || p->s[at] == '-');
        from = at;
        at = digits(p, at);
        if (at == from)
            return at == p->len ? 0 : fail(p, at, "a number without digits in its exponent");
    }
    if (at - start > UINT32_MAX)
        return sp_error_set(p->err, SP_ERR_LIMIT, "a number of more than 4 GiB");
    *ret = (struct sp_value){ p->s + start, (uint32_t)(at - start), SP_V_NUMBER };
    p->at = at;
    return 1;
}

static int literal(struct parse *p, const char *word, enum sp_value_type type, struct sp_value *ret)
{
    for (size_t i = 0; word[i]; i++) {
        if (p->at + i >= p->len)
            return 0;
        if (p->s[p->at + i] != (unsigned char)word[i])
            return fail(p, p->at, "a word that JSON does not have");
    }
    p->at += strlen(word);
    *ret = (struct sp_value){ NULL, 0, (uint8_t)type };
    return 1;
}

static int scalar(struct parse *p, struct sp_value *ret)
{
    struct sp_str inside;
    bool escaped;
    int rc;

    switch (p->s[p->at]) {
    case '"':
        rc = string(p, &inside, &escaped);
        if (rc > 0)
            *ret = (struct sp_value){ inside.ptr, (uint32_t)inside.len, escaped ? SP_V_JSON_TEXT : SP_V_TEXT };
        return rc;
    case 't':
        return literal(p, "true", SP_V_TRUE, ret);
    case 'f':
        return literal(p, "false", SP_V_FALSE, ret);
    case 'n':
        return literal(p, "null", SP_V_NULL, ret);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return number(p, ret);
    default:
        return fail(p, p->at, "no JSON value");
    }
}

/* Add a node below the open container. */
static int add(struct parse *p, struct sp_str name, struct sp_value value, uint32_t *ret)
{
    struct sp_tree *tree = p->tree;
    uint32_t before = tree->count, node = sp_tree_add(tree, name, value), last;

    if (tree->count == before) {
        if (before >= SP_FIELDS_MAX)
            return sp_error_set(p->err, SP_ERR_LIMIT, "a record of more than %d values", SP_FIELDS_MAX);
        return sp_error_nomem(p->err);
    }
    if (p->open != NONE) {
        last = tree->node[p->open].value.len;
        sp_tree_hang(tree, p->open, &last, node);
        tree->node[p->open].value.len = node;
    }
    *ret = node;
    return 1;
}

/* Names that are unescaped already move along when their buffer does. */
static bool names_reserve(struct parse *p, size_t more)
{
    uintptr_t old = (uintptr_t)p->names->ptr;
    size_t len = p->names->len;

    if (!sp_buf_reserve(p->names, more))
        return false;
    if (!len || (uintptr_t)p->names->ptr == old)
        return true;
    for (uint32_t i = 0; i < p->tree->count; i++) {
        struct sp_str *name = &p->tree->node[i].name;
        uintptr_t place = (uintptr_t)name->ptr;

        if (place >= old && place - old < len)
            name->ptr = p->names->ptr + (place - old);
    }
    return true;
}

/* The name at p->at and the colon behind it; stops at the value. */
static int member_name(struct parse *p, struct sp_str *ret)
{
    bool escaped;
    int rc;

    if (p->s[p->at] != '"')
        return fail(p, p->at, "no name of a member where one must stand");
    rc = string(p, ret, &escaped);
    if (rc <= 0)
        return rc;
    if (escaped) {
        size_t from = p->names->len;

        if (!names_reserve(p, ret->len)) /* what is unescaped is never longer */
            return sp_error_nomem(p->err);
        sp_value_write(p->names, (struct sp_value){ ret->ptr, (uint32_t)ret->len, SP_V_JSON_TEXT });
        if (p->names->failed)
            return sp_error_nomem(p->err);
        *ret = (struct sp_str){ p->names->ptr + from, p->names->len - from };
    }
    if (!skip_space(p))
        return 0;
    if (p->s[p->at] != ':')
        return fail(p, p->at, "no colon behind the name of a member");
    p->at++;
    return skip_space(p);
}

/* The later member of a name takes the earlier one's place; `later` is marked for sweep(). */
static void supersede(struct parse *p, uint32_t earlier, uint32_t later)
{
    struct sp_node *e = &p->tree->node[earlier], *l = &p->tree->node[later];

    e->value = l->value;
    e->child = l->child;
    e->count = l->count;
    l->name.ptr = NULL;
    p->duplicates++;
}

/* Take marked members out of the chain. */
static void sweep(struct sp_tree *tree, uint32_t map)
{
    uint32_t last = tree->node[map].child; /* the first of a name is never marked, so neither is this one */

    for (uint32_t i = tree->node[last].next; i; i = tree->node[i].next) {
        if (tree->node[i].name.ptr)
            last = i;
        else
            tree->node[map].count--;
        tree->node[last].next = tree->node[i].name.ptr ? tree->node[last].next : tree->node[i].next;
    }
}

/* Cheap and good enough for names that differ in length or at an end; a clash costs one comparison,
 * and of at most HASHED_MAX members. */
static uint32_t name_hash(struct sp_str name)
{
    uint64_t head = 0, tail = 0;

    if (name.len >= 8) {
        memcpy(&head, name.ptr, 8);
        memcpy(&tail, name.ptr + name.len - 8, 8);
    } else if (name.len) {
        memcpy(&head, name.ptr, name.len);
    }
    head = (head ^ name.len) * 0x9E3779B97F4A7C15u + tail;
    head *= 0xD6E8FEB86659FD93u;
    return (uint32_t)(head >> 32);
}

static void unique_hashed(struct parse *p, uint32_t map)
{
    struct sp_tree *tree = p->tree;
    uint32_t slots[SLOTS], size = 8, at;

    while (size < 2 * tree->node[map].count)
        size *= 2;
    memset(slots, 0, size * sizeof *slots);
    for (uint32_t i = tree->node[map].child; i; i = tree->node[i].next) {
        for (at = name_hash(tree->node[i].name) & (size - 1); slots[at]; at = (at + 1) & (size - 1))
            if (sp_str_eq(tree->node[slots[at]].name, tree->node[i].name))
                break;
        if (slots[at])
            supersede(p, slots[at], i);
        else
            slots[at] = i;
    }
}

struct named {
    struct sp_str name;
    uint32_t node;
};

static int named_cmp(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int c = sp_str_cmp(x->name, y->name);

    return c ? c : (x->node > y->node) - (x->node < y->node);
}

/* Many members: sorting has no worst case that an attacker could choose names for. */
static int unique_sorted(struct parse *p, uint32_t map)
{
    struct sp_tree *tree = p->tree;
    struct named *list = sp_realloc_array(NULL, tree->node[map].count, sizeof *list);
    size_t n = 0, first = 0;

    if (!list)
        return sp_error_nomem(p->err);
    for (uint32_t i = tree->node[map].child; i; i = tree->node[i].next)
        list[n++] = (struct named){ tree->node[i].name, i };
    qsort(list, n, sizeof *list, named_cmp);
    for (size_t i = 1; i < n; i++) {
        if (sp_str_eq(list[i].name, list[first].name))
            supersede(p, list[first].node, list[i].node);
        else
            first = i;
    }
    sp_free(list);
    return 1;
}

/* The bracket at p->at closes the open container. */
static int close_container(struct parse *p)
{
    struct sp_node *node = &p->tree->node[p->open];
    uint32_t map = p->open;
    uint64_t before = p->duplicates;

    p->at++;
    p->depth--;
    p->open = node->next;
    node->next = 0;
    node->value.len = 0;
    if (node->value.type != SP_V_MAP || node->count < 2)
        return 1;
    if (node->count <= HASHED_MAX)
        unique_hashed(p, map);
    else if (unique_sorted(p, map) < 0)
        return SP_ERR_NOMEM;
    if (p->duplicates != before)
        sweep(p->tree, map);
    return 1;
}

/* The value at p->at: a whole scalar, or the opening of a container (then p->open is it). */
static int begin_value(struct parse *p, struct sp_str name)
{
    unsigned char c = p->s[p->at];
    struct sp_value value = { NULL, 0, c == '{' ? SP_V_MAP : SP_V_LIST };
    uint32_t node;
    int rc;

    if (c != '{' && c != '[') {
        rc = scalar(p, &value);
        return rc <= 0 ? rc : add(p, name, value, &node);
    }
    if (p->depth >= p->limits->json_depth)
        return sp_error_set(p->err, SP_ERR_LIMIT, "deeper than %llu levels of JSON (limit json-depth)",
                            (unsigned long long)p->limits->json_depth);
    rc = add(p, name, value, &node);
    if (rc <= 0)
        return rc;
    p->tree->node[node].next = p->open;
    p->open = node;
    p->depth++;
    p->at++;
    return 1;
}

/* Behind a value: close what closes, up to the comma of the next member or element, or to the end of all. */
static int after_value(struct parse *p)
{
    while (p->open != NONE) {
        bool map = p->tree->node[p->open].value.type == SP_V_MAP;
        int rc;

        if (!skip_space(p))
            return 0;
        if (p->s[p->at] == ',') {
            p->at++;
            return skip_space(p);
        }
        if (p->s[p->at] != (map ? '}' : ']'))
            return fail(p, p->at, map ? "no comma or } behind a member" : "no comma or ] behind an element");
        rc = close_container(p);
        if (rc <= 0)
            return rc;
    }
    return 1;
}

static int parse(struct parse *p)
{
    struct sp_str name = SP_STR_NONE;
    uint32_t open;
    int rc;

    if (!skip_space(p))
        return 0;
    for (;;) {
        open = p->open;
        rc = begin_value(p, name);
        if (rc <= 0)
            return rc;
        name = SP_STR_NONE;
        if (p->open != open && !skip_space(p)) /* a container has been opened */
            return 0;
        if (p->open == open || p->s[p->at] == (p->tree->node[p->open].value.type == SP_V_MAP ? '}' : ']')) {
            rc = after_value(p);
            if (rc <= 0 || p->open == NONE)
                return rc;
        }
        if (p->tree->node[p->open].value.type == SP_V_MAP) {
            rc = member_name(p, &name);
            if (rc <= 0)
                return rc;
        }
    }
}

int sp_json_parse(struct sp_str text, size_t *at, const struct sp_limits *limits, const struct sp_json_room *room, struct sp_error *err)
{
    struct parse p = { .s = (const unsigned char *)text.ptr, .len = text.len, .at = *at, .limits = limits,
                       .tree = room->tree, .names = room->names, .err = err, .open = NONE };
    int rc;

    sp_tree_clear(room->tree);
    sp_buf_clear(room->names);
    rc = parse(&p);
    if (rc > 0)
        *room->duplicates += p.duplicates;
    else
        sp_tree_clear(room->tree); /* half a tree still holds the stack in its nodes */
    if (rc != 0)
        *at = p.at;
    return rc;
}
