/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an event and a field's name as a rule has it. Out: the values that it finds, slices of the record or, where
 * the mapping joins or rewrites, text in the worker's scratch.
 */
#include "base/alloc.h"
#include "event/event_inner.h"
#include "read/value.h"

static bool push(struct sp_events *events, struct sp_value value, uint32_t node)
{
    if (events->found == events->found_room) {
        uint32_t room = events->found_room ? 2 * events->found_room : 64;
        struct sp_value *values = sp_realloc_array(events->value, room, sizeof *values);
        uint32_t *nodes;

        if (!values)
            return false;
        events->value = values;
        nodes = sp_realloc_array(events->node, room, sizeof *nodes);
        if (!nodes)
            return false;
        events->node = nodes;
        events->found_room = room;
    }
    events->value[events->found] = value;
    events->node[events->found++] = node;
    return true;
}

/* The values of one node: a list gives its elements, an empty one counts as null. Recursion ends with the reader's
 * limit of depth. */
static bool fan(struct sp_events *events, const struct sp_tree *tree, uint32_t at)
{
    const struct sp_node *node = &tree->node[at];

    if (node->value.type != SP_V_LIST)
        return push(events, node->value, at);
    if (!node->child)
        return push(events, (struct sp_value){ .type = SP_V_NULL }, at);
    for (uint32_t child = node->child; child; child = tree->node[child].next)
        if (!fan(events, tree, child))
            return false;
    return true;
}

/* Does the key, spaces left out, equal the name? */
static bool same_but_spaces(struct sp_str key, struct sp_str name)
{
    size_t n = 0;

    if (key.len < name.len)
        return false;
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == ' ')
            continue;
        if (n == name.len || key.ptr[i] != name.ptr[n])
            return false;
        n++;
    }
    return n == name.len;
}

/* Equal, seen by the ends first: names of one log are of a few lengths and begin alike (SubjectUserSid, SubjectUserName). */
static inline bool same_name(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || (a.ptr[a.len - 1] == b.ptr[a.len - 1] && memcmp(a.ptr, b.ptr, a.len) == 0));
}

/* All members of that very name: an EVTX event may have two (System/Channel and the Channel of LogFileCleared). */
static bool exact(struct sp_events *events, const struct sp_event *event, uint32_t at, struct sp_str name)
{
    const struct sp_tree *tree = event->tree;

    for (uint32_t child = tree->node[at].child; child; child = tree->node[child].next)
        if (same_name(tree->node[child].name, name) && !fan(events, tree, child))
            return false;
    if (events->found || !event->class_->nospace)
        return true;
    for (uint32_t child = tree->node[at].child; child; child = tree->node[child].next)
        if (same_but_spaces(tree->node[child].name, name) && !fan(events, tree, child))
            return false;
    return true;
}

/* The number of `[n]` at the start of `*name`, which moves behind it; false when there is none. */
static bool take_index(struct sp_str *name, uint32_t *ret)
{
    uint32_t n = 0;
    size_t i = 1;

    if (name->len < 3 || name->ptr[0] != '[')
        return false;
    for (; i < name->len && i < 9 && name->ptr[i] >= '0' && name->ptr[i] <= '9'; i++)
        n = 10 * n + (uint32_t)(name->ptr[i] - '0');
    if (i == 1 || i == name->len || name->ptr[i] != ']')
        return false;
    *name = sp_str_cut(*name, i + 1, name->len - i - 1);
    *ret = n;
    return true;
}

static bool descend(struct sp_events *events, const struct sp_tree *tree, uint32_t at, struct sp_str rest);

/* Behind a key: the end, an index, or a dot and the next key. */
static bool behind(struct sp_events *events, const struct sp_tree *tree, uint32_t at, struct sp_str rest)
{
    uint32_t index;

    while (take_index(&rest, &index)) {
        uint32_t child = tree->node[at].value.type == SP_V_LIST ? tree->node[at].child : 0;

        while (child && index--)
            child = tree->node[child].next;
        if (!child)
            return true;
        at = child;
    }
    if (!rest.len)
        return fan(events, tree, at);
    return rest.ptr[0] != '.' || descend(events, tree, at, sp_str_cut(rest, 1, rest.len - 1));
}

/* The path `rest` from a node on: lists fan out, in a map the longest key wins. Each step goes one level down the
 * tree, so the reader's limit of depth bounds it. */
static bool descend(struct sp_events *events, const struct sp_tree *tree, uint32_t at, struct sp_str rest)
{
    uint32_t best = 0;

    if (tree->node[at].value.type == SP_V_LIST) {
        for (uint32_t child = tree->node[at].child; child; child = tree->node[child].next)
            if (!descend(events, tree, child, rest))
                return false;
        return true;
    }
    if (tree->node[at].value.type != SP_V_MAP)
        return true;
    for (uint32_t child = tree->node[at].child; child; child = tree->node[child].next) {
        struct sp_str key = tree->node[child].name;

        if (key.len && sp_str_starts(rest, key) && (!best || key.len > tree->node[best].name.len) &&
            (rest.len == key.len || rest.ptr[key.len] == '.' || rest.ptr[key.len] == '['))
            best = child;
    }
    if (!best)
        return true;
    return behind(events, tree, best, sp_str_cut(rest, tree->node[best].name.len, rest.len - tree->node[best].name.len));
}

struct sp_value sp_value_trim(struct sp_value v)
{
    const char *p = v.ptr;

    if (v.type == SP_V_UTF16) {
        v.len &= ~UINT32_C(1);
        while (v.len >= 2 && p[v.len - 1] == 0 && (p[v.len - 2] == ' ' || p[v.len - 2] == 0))
            v.len -= 2;
    } else if (v.type == SP_V_TEXT || v.type == SP_V_JSON_TEXT || v.type == SP_V_ANSI) {
        while (v.len && (p[v.len - 1] == ' ' || (p[v.len - 1] == 0 && v.type == SP_V_ANSI)))
            v.len--;
    }
    return v;
}

static int finish(struct sp_events *events, const struct sp_event *event, struct sp_str name, bool good, struct sp_found *ret)
{
    if (good && event->class_->trim_count && sp_class_trims(event->class_, name))
        for (uint32_t i = 0; i < events->found; i++)
            events->value[i] = sp_value_trim(events->value[i]);
    *ret = (struct sp_found){ events->found ? SP_PRESENT : SP_MISSING, events->value, events->found, events->node };
    return good ? 0 : SP_ERR_NOMEM;
}

int sp_event_raw(struct sp_events *events, const struct sp_event *event, struct sp_str name, struct sp_found *ret)
{
    bool good;

    events->found = 0;
    good = exact(events, event, event->fields, name);
    if (good && !events->found && (memchr(name.ptr, '.', name.len) || memchr(name.ptr, '[', name.len)))
        good = descend(events, event->tree, event->fields, name);
    return finish(events, event, name, good, ret);
}

/* The text of the first value of a name in `out`; 1, or 0 where it is missing, empty or `-`. */
static int first_text(struct sp_events *events, const struct sp_event *event, struct sp_str name, struct sp_buf *out)
{
    struct sp_found found;
    int rc = sp_event_raw(events, event, name, &found);

    sp_buf_clear(out);
    if (rc < 0)
        return rc;
    if (found.presence == SP_PRESENT)
        sp_value_write(out, found.value[0]);
    if (out->failed)
        return SP_ERR_NOMEM;
    return out->len != 0 && !sp_str_is(sp_buf_view(out), "-");
}

static bool has_prefix(struct sp_str s, const char *with)
{
    struct sp_str w = sp_str_c(with);

    return s.len >= w.len && sp_str_same(sp_str_cut(s, 0, w.len), w);
}

/* A kernel key as Sysmon writes it: roots by their short names, the numbered control set as the current one. */
static void write_key(struct sp_buf *out, struct sp_str key)
{
    static const char *const set = "\\SYSTEM\\ControlSet00";
    bool machine = has_prefix(key, "\\REGISTRY\\MACHINE");
    bool user = !machine && has_prefix(key, "\\REGISTRY\\USER");
    size_t root = machine ? 17 : 14, n = strlen(set);

    if ((!machine && !user) || (key.len > root && key.ptr[root] != '\\')) {
        sp_buf_str(out, key);
        return;
    }
    sp_buf_text(out, machine ? "HKLM" : "HKU");
    key = sp_str_cut(key, root, key.len - root);
    if (machine && has_prefix(key, set) && key.len > n && key.ptr[n] >= '0' && key.ptr[n] <= '9' &&
        (key.len == n + 1 || key.ptr[n + 1] == '\\')) {
        sp_buf_str(out, sp_str_cut(key, 0, 8)); /* \SYSTEM\ as it is written */
        sp_buf_text(out, "CurrentControlSet");
        key = sp_str_cut(key, n + 1, key.len - n - 1);
    }
    sp_buf_str(out, key);
}

/* Hexadecimal text as a decimal number; what is none, or too long for 64 bits, stays as it is. */
static void write_dec(struct sp_buf *out, struct sp_str text)
{
    uint64_t n = 0;

    if (text.len < 3 || text.len > 18 || text.ptr[0] != '0' || (text.ptr[1] | 0x20) != 'x') {
        sp_buf_str(out, text);
        return;
    }
    for (size_t i = 2; i < text.len; i++) {
        char c = text.ptr[i];
        char letter = (char)(c | 0x20);

        if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'f')) {
            sp_buf_str(out, text);
            return;
        }
        n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : letter - 'a' + 10);
    }
    sp_buf_u64(out, n);
}

/* One made value: JOIN, DEC, REGISTRY. */
static int make(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_found *ret)
{
    struct sp_buf *made = &events->made;
    struct sp_str a, b;
    int has_a, has_b = 0;
    bool present, good;

    has_a = first_text(events, event, from->a, &events->text);
    present = events->found != 0;
    if (has_a >= 0 && from->b.len)
        has_b = first_text(events, event, from->b, &events->text2);
    if (has_a < 0 || has_b < 0)
        return SP_ERR_NOMEM;
    if (from->kind == SP_FROM_JOIN)
        present = events->found != 0; /* without B there is nothing to join to */
    events->found = 0;
    if (!present) {
        *ret = (struct sp_found){ .presence = SP_MISSING };
        return 0;
    }
    a = sp_buf_view(&events->text);
    b = sp_buf_view(&events->text2);
    sp_buf_clear(made);
    if (from->kind == SP_FROM_DEC) {
        write_dec(made, a);
    } else if (from->kind == SP_FROM_REGISTRY) {
        write_key(made, a);
        if (has_b) {
            sp_buf_char(made, '\\');
            sp_buf_str(made, b);
        }
    } else {
        if (has_a) {
            sp_buf_str(made, a);
            sp_buf_char(made, '\\');
        }
        sp_buf_str(made, b);
    }
    if (made->failed || made->len > UINT32_MAX)
        return SP_ERR_NOMEM;
    good = push(events, (struct sp_value){ made->ptr ? made->ptr : "", (uint32_t)made->len, SP_V_TEXT }, 0);
    *ret = (struct sp_found){ SP_PRESENT, events->value, events->found, events->node };
    return good ? 0 : SP_ERR_NOMEM;
}

int sp_event_from(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_found *ret)
{
    int rc = 0;

    switch (from->kind) {
    case SP_FROM_FIELD:
        return sp_event_raw(events, event, from->a, ret);
    case SP_FROM_FIRST:
        rc = sp_event_raw(events, event, from->a, ret);
        return rc == 0 && ret->presence != SP_PRESENT ? sp_event_raw(events, event, from->b, ret) : rc;
    case SP_FROM_JOIN:
    case SP_FROM_DEC:
    case SP_FROM_REGISTRY:
        return make(events, event, from, ret);
    case SP_FROM_ABSENT:
        break;
    }
    *ret = (struct sp_found){ .presence = SP_IMPOSSIBLE };
    return 0;
}

int sp_event_get(struct sp_events *events, const struct sp_event *event, struct sp_str name, bool mapped, struct sp_found *ret)
{
    const struct sp_field_line *line = sp_class_field(event->class_, name);
    int rc;

    if (!line)
        return sp_event_raw(events, event, name, ret);
    if (!mapped && line->from.kind != SP_FROM_ABSENT) {
        rc = sp_event_raw(events, event, name, ret);
        if (rc < 0 || ret->presence == SP_PRESENT)
            return rc;
    }
    return sp_event_from(events, event, &line->from, ret);
}

bool sp_event_text(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_buf *out)
{
    struct sp_found found;

    sp_buf_clear(out);
    if (!from->a.len)
        return false;
    if (sp_event_from(events, event, from, &found) < 0) {
        out->failed = true;
        return false;
    }
    if (found.presence != SP_PRESENT)
        return false;
    sp_value_write(out, found.value[0]);
    return !out->failed && out->len && !sp_str_is(sp_buf_view(out), "-");
}
