/* SPDX-License-Identifier: Apache-2.0
 *
 * In: hostile YAML text. Out: a tree in the caller's arena. libyaml gives the events; everything that costs memory is
 * counted here: nodes, levels, and each alias with all that it stands for.
 */
#include "rule/yaml.h"

#include <stdarg.h>
#include <limits.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/unicode.h"

struct anchor {
    struct anchor *next;
    struct sp_str name;
    const struct sp_yaml *node; /* NULL while it is being read */
};

struct loader {
    yaml_parser_t parser;
    struct sp_arena *arena;
    const struct sp_limits *limits;
    struct sp_error *err;
    struct anchor *anchors;
    struct sp_str text;
    uint64_t nodes, aliased;
    uint32_t line, depth, anchor_count;
};

/* A list of nodes that grows while a collection is read; on the heap, copied into the arena at the end. */
struct nodes {
    const struct sp_yaml **ptr;
    size_t count, room;
};

enum { ANCHORS_MAX = 1024 }; /* each alias is looked for among them */

static const char TAG[] = "tag:yaml.org,2002:";

static int load_node(struct loader *l, const yaml_event_t *event, const struct sp_yaml **ret);

__attribute__((format(printf, 4, 5))) static int refuse(struct loader *l, int code, yaml_mark_t mark, const char *fmt, ...)
{
    char what[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    sp_error_set(l->err, code, "%s", what);
    sp_error_where(l->err, "%zu:%zu", mark.line + l->line, mark.column + 1);
    return code;
}

/* libyaml's own complaint. Its reader knows the offset only. */
static int refuse_parser(struct loader *l)
{
    yaml_mark_t mark = l->parser.problem_mark;
    const char *context = l->parser.context;

    if (l->parser.error == YAML_MEMORY_ERROR)
        return sp_error_nomem(l->err);
    if (l->parser.error == YAML_READER_ERROR) {
        mark.line = mark.column = 0;
        for (size_t i = 0; i < l->parser.problem_offset && i < l->text.len; i++) {
            mark.column = l->text.ptr[i] == '\n' ? 0 : mark.column + 1;
            mark.line += l->text.ptr[i] == '\n';
        }
    }
    return refuse(l, SP_ERR_FORMAT, mark, "not YAML: %s%s%s", l->parser.problem ? l->parser.problem : "it cannot be read",
                  context ? ", " : "", context ? context : "");
}

static int next_event(struct loader *l, yaml_event_t *event)
{
    return yaml_parser_parse(&l->parser, event) ? 0 : refuse_parser(l);
}

static struct sp_yaml *new_node(struct loader *l, const yaml_event_t *event, enum sp_yaml_kind kind)
{
    struct sp_yaml *node = sp_arena_zalloc(l->arena, sizeof *node);

    if (node) {
        node->kind = kind;
        node->line = (uint32_t)event->start_mark.line + l->line;
        node->column = (uint32_t)event->start_mark.column + 1;
        node->size = 1;
    }
    return node;
}

static int push(struct loader *l, struct nodes *list, const struct sp_yaml *node)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        const struct sp_yaml **ptr = sp_realloc_array(list->ptr, room, sizeof *ptr);

        if (!ptr)
            return sp_error_nomem(l->err);
        list->ptr = ptr;
        list->room = room;
    }
    list->ptr[list->count++] = node;
    return 0;
}

/* Begin an anchor: until it is filled, an alias to it would be a loop. NULL without a name is fine. */
static int open_anchor(struct loader *l, const yaml_char_t *name, struct anchor **ret)
{
    struct anchor *a;

    *ret = NULL;
    if (!name)
        return 0;
    if (++l->anchor_count > ANCHORS_MAX)
        return refuse(l, SP_ERR_LIMIT, l->parser.mark, "more than %d anchors", ANCHORS_MAX);
    a = sp_arena_zalloc(l->arena, sizeof *a);
    if (!a)
        return sp_error_nomem(l->err);
    a->name = sp_arena_str(l->arena, sp_str_c((const char *)name));
    if (!a->name.ptr)
        return sp_error_nomem(l->err);
    a->next = l->anchors;
    l->anchors = a;
    *ret = a;
    return 0;
}

static int load_alias(struct loader *l, const yaml_event_t *event, const struct sp_yaml **ret)
{
    struct sp_str name = sp_str_c((const char *)event->data.alias.anchor);
    const struct anchor *a = l->anchors;

    while (a && !sp_str_eq(a->name, name))
        a = a->next;
    if (!a)
        return refuse(l, SP_ERR_FORMAT, event->start_mark, "alias *%.*s refers to no anchor before it", SP_STR_ARG(name));
    if (!a->node)
        return refuse(l, SP_ERR_FORMAT, event->start_mark, "alias *%.*s refers to the node that it stands in", SP_STR_ARG(name));
    l->aliased += a->node->size;
    if (l->aliased > l->limits->yaml_aliases)
        return refuse(l, SP_ERR_LIMIT, event->start_mark, "aliases expand to more than %llu nodes (limit yaml-aliases)",
                      (unsigned long long)l->limits->yaml_aliases);
    *ret = a->node;
    return 0;
}

/* `!!float 5` and the like: the text must read as what the tag says. */
static int tagged_scalar(struct loader *l, const yaml_event_t *event, const char *tag, struct sp_yaml *node)
{
    static const struct {
        const char *name;
        enum sp_yaml_kind kind;
    } known[] = { { "null", SP_Y_NULL }, { "bool", SP_Y_BOOL }, { "int", SP_Y_NUMBER }, { "float", SP_Y_NUMBER },
                  { "str", SP_Y_TEXT }, { "timestamp", SP_Y_TEXT } };

    node->kind = SP_Y_TEXT;
    if (strcmp(tag, "!") == 0)
        return 0;
    if (strncmp(tag, TAG, sizeof TAG - 1) == 0) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strcmp(tag + sizeof TAG - 1, known[i].name) != 0)
                continue;
            if (known[i].kind == SP_Y_TEXT)
                return 0;
            if (!sp_yaml_resolve(l->arena, node))
                return sp_error_nomem(l->err);
            return node->kind == known[i].kind ? 0 : refuse(l, SP_ERR_FORMAT, event->start_mark,
                                                            "'%.*s' is no %s, as its tag says", SP_STR_ARG(node->text), known[i].name);
        }
    }
    return refuse(l, SP_ERR_FORMAT, event->start_mark, "the tag %.200s is not accepted; write plain YAML", tag);
}

static int load_scalar(struct loader *l, const yaml_event_t *event, const struct sp_yaml **ret)
{
    struct sp_yaml *node = new_node(l, event, SP_Y_TEXT);
    const char *tag = (const char *)event->data.scalar.tag;

    if (!node)
        return sp_error_nomem(l->err);
    node->text = sp_arena_str(l->arena, (struct sp_str){ (const char *)event->data.scalar.value, event->data.scalar.length });
    if (!node->text.ptr)
        return sp_error_nomem(l->err);
    *ret = node;
    if (tag)
        return tagged_scalar(l, event, tag, node);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (event->data.scalar.plain_implicit && !sp_yaml_resolve(l->arena, node))
        return sp_error_nomem(l->err);
    return 0;
}

/* Seal a collection: children into the arena, sizes added up. */
static int seal(struct loader *l, struct sp_yaml *node, const struct nodes *list)
{
    const struct sp_yaml **child = sp_arena_alloc(l->arena, (list->count + 1) * sizeof *child);

    if (!child)
        return sp_error_nomem(l->err);
    if (list->count)
        memcpy(child, list->ptr, list->count * sizeof *child);
    for (size_t i = 0; i < list->count; i++)
        node->size += list->ptr[i]->size;
    node->child = child;
    node->count = (uint32_t)(node->kind == SP_Y_MAP ? list->count / 2 : list->count);
    return 0;
}

static int collection_tag(struct loader *l, const yaml_event_t *event, const yaml_char_t *tag, const char *wanted)
{
    const char *name = (const char *)tag;

    if (!name || strcmp(name, "!") == 0 || (strncmp(name, TAG, sizeof TAG - 1) == 0 && strcmp(name + sizeof TAG - 1, wanted) == 0))
        return 0;
    return refuse(l, SP_ERR_FORMAT, event->start_mark, "the tag %.200s is not accepted; write plain YAML", name);
}

/* Read children until the collection's end. */
static int load_children(struct loader *l, yaml_event_type_t end, struct nodes *list)
{
    for (;;) {
        const struct sp_yaml *node = NULL;
        yaml_event_t event;
        int rc = next_event(l, &event);

        if (rc < 0)
            return rc;
        if (event.type == end) {
            yaml_event_delete(&event);
            return 0;
        }
        rc = load_node(l, &event, &node);
        yaml_event_delete(&event);
        if (rc < 0 || (rc = push(l, list, node)) < 0)
            return rc;
    }
}

static int load_list(struct loader *l, const yaml_event_t *event, struct sp_yaml *node)
{
    struct nodes list = { 0 };
    int rc = collection_tag(l, event, event->data.sequence_start.tag, "seq");

    if (rc == 0)
        rc = load_children(l, YAML_SEQUENCE_END_EVENT, &list);
    if (rc == 0)
        rc = seal(l, node, &list);
    sp_free(list.ptr);
    return rc;
}

static int key_cmp(const void *a, const void *b)
{
    const struct sp_yaml *x = *(const struct sp_yaml *const *)a, *y = *(const struct sp_yaml *const *)b;
    int c = sp_str_cmp(x->text, y->text);

    if (c == 0)
        c = x->kind < y->kind ? -1 : x->kind > y->kind;
    return c ? c : x->line != y->line ? (x->line < y->line ? -1 : 1) : x->column < y->column ? -1 : x->column > y->column;
}

static bool same_key(const struct sp_yaml *a, const struct sp_yaml *b)
{
    return a->kind == b->kind && sp_str_eq(a->text, b->text);
}

static bool is_merge(const struct sp_yaml *key)
{
    return key->kind == SP_Y_TEXT && key->plain && sp_str_is(key->text, "<<");
}

static yaml_mark_t mark_of(const struct loader *l, const struct sp_yaml *node)
{
    return (yaml_mark_t){ 0, node->line - l->line, node->column - 1 };
}

/* Keys must be scalars and stand once; `sorted` is left in key order. */
static int check_keys(struct loader *l, const struct nodes *pairs, struct nodes *sorted)
{
    for (size_t i = 0; i < pairs->count; i += 2) {
        int rc;

        if (!sp_yaml_scalar(pairs->ptr[i]))
            return refuse(l, SP_ERR_FORMAT, mark_of(l, pairs->ptr[i]), "a %s cannot be a key", sp_yaml_kind_name(pairs->ptr[i]->kind));
        if (!is_merge(pairs->ptr[i]) && (rc = push(l, sorted, pairs->ptr[i])) < 0)
            return rc;
    }
    if (sorted->count)
        qsort(sorted->ptr, sorted->count, sizeof *sorted->ptr, key_cmp);
    for (size_t i = 1; i < sorted->count; i++)
        if (same_key(sorted->ptr[i - 1], sorted->ptr[i]))
            return refuse(l, SP_ERR_FORMAT, mark_of(l, sorted->ptr[i]), "duplicate key '%.*s', first on line %u",
                          SP_STR_ARG(sorted->ptr[i]->text), sorted->ptr[i - 1]->line);
    return 0;
}

static bool has_key(const struct nodes *list, size_t step, const struct sp_yaml *key)
{
    for (size_t i = 0; i < list->count; i += step)
        if (same_key(list->ptr[i], key))
            return true;
    return false;
}

/* The pairs of one merged map that the map does not have itself and no earlier merged map gave. */
static int merge_map(struct loader *l, const struct sp_yaml *from, struct nodes *merged, const struct nodes *own)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct sp_yaml *key = sp_yaml_key(from, i);
        int rc;

        l->aliased += 1 + own->count + merged->count; /* what the search below costs */
        if (l->aliased > 100 * l->limits->yaml_aliases)
            return refuse(l, SP_ERR_LIMIT, mark_of(l, from), "merge keys expand beyond the limit yaml-aliases");
        if (has_key(own, 1, key) || has_key(merged, 2, key))
            continue;
        if ((rc = push(l, merged, key)) < 0 || (rc = push(l, merged, sp_yaml_value(from, i))) < 0)
            return rc;
    }
    return 0;
}

/* Resolve `<<`: merged pairs first, then the map's own, as PyYAML orders them. */
static int merge_pairs(struct loader *l, const struct nodes *pairs, const struct nodes *own, struct nodes *all)
{
    int rc = 0;

    for (size_t i = 0; i < pairs->count && rc == 0; i += 2) {
        const struct sp_yaml *from = pairs->ptr[i + 1];

        if (!is_merge(pairs->ptr[i]))
            continue;
        if (from->kind == SP_Y_MAP) {
            rc = merge_map(l, from, all, own);
            continue;
        }
        if (from->kind != SP_Y_LIST)
            return refuse(l, SP_ERR_FORMAT, mark_of(l, from), "`<<` takes a map or a list of maps");
        for (uint32_t k = 0; k < from->count && rc == 0; k++) {
            if (from->child[k]->kind != SP_Y_MAP)
                return refuse(l, SP_ERR_FORMAT, mark_of(l, from), "`<<` takes a map or a list of maps");
            rc = merge_map(l, from->child[k], all, own);
        }
    }
    for (size_t i = 0; i < pairs->count && rc == 0; i += 2) {
        if (is_merge(pairs->ptr[i]))
            continue;
        rc = push(l, all, pairs->ptr[i]);
        if (rc == 0)
            rc = push(l, all, pairs->ptr[i + 1]);
    }
    return rc;
}

static int load_map(struct loader *l, const yaml_event_t *event, struct sp_yaml *node)
{
    struct nodes pairs = { 0 }, own = { 0 }, all = { 0 };
    int rc = collection_tag(l, event, event->data.mapping_start.tag, "map");

    if (rc == 0)
        rc = load_children(l, YAML_MAPPING_END_EVENT, &pairs);
    if (rc == 0)
        rc = check_keys(l, &pairs, &own);
    if (rc == 0 && 2 * own.count != pairs.count)
        rc = merge_pairs(l, &pairs, &own, &all);
    if (rc == 0)
        rc = seal(l, node, 2 * own.count != pairs.count ? &all : &pairs);
    sp_free(pairs.ptr);
    sp_free(own.ptr);
    sp_free(all.ptr);
    return rc;
}

/* The plain `<<` resolves as text, which is right for a value; as a key it merges. */
static int load_node(struct loader *l, const yaml_event_t *event, const struct sp_yaml **ret)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    struct anchor *anchor = NULL;
    struct sp_yaml *node;
    int rc;

    if (++l->nodes > l->limits->yaml_nodes)
        return refuse(l, SP_ERR_LIMIT, event->start_mark, "more than %llu nodes (limit yaml-nodes)", (unsigned long long)l->limits->yaml_nodes);
    if (event->type == YAML_ALIAS_EVENT)
        return load_alias(l, event, ret);
    if (event->type == YAML_SCALAR_EVENT) {
        rc = open_anchor(l, event->data.scalar.anchor, &anchor);
        if (rc == 0)
            rc = load_scalar(l, event, ret);
    } else {
        if (l->depth == SP_YAML_DEPTH_MAX)
            return refuse(l, SP_ERR_LIMIT, event->start_mark, "more than %d levels of YAML", SP_YAML_DEPTH_MAX);
        node = new_node(l, event, map ? SP_Y_MAP : SP_Y_LIST);
        if (!node)
            return sp_error_nomem(l->err);
        l->depth++;
        rc = open_anchor(l, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor, &anchor);
        if (rc == 0)
            rc = map ? load_map(l, event, node) : load_list(l, event, node);
        l->depth--;
        *ret = node;
    }
    if (rc == 0 && anchor)
        anchor->node = *ret;
    return rc;
}

/* Stream start, document start, the root, document end; a second document in the text is an error. */
static int load_document(struct loader *l, const struct sp_yaml **ret)
{
    int rc = 0;

    for (bool done = false; !done && rc == 0;) {
        yaml_event_t event;

        rc = next_event(l, &event);
        if (rc < 0)
            return rc;
        if (event.type == YAML_STREAM_END_EVENT)
            done = true;
        else if (event.type == YAML_DOCUMENT_START_EVENT && *ret)
            rc = refuse(l, SP_ERR_FORMAT, event.start_mark, "a second document begins here; put a line `---` before it");
        else if (event.type == YAML_ALIAS_EVENT || event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
                 event.type == YAML_MAPPING_START_EVENT)
            rc = load_node(l, &event, ret);
        yaml_event_delete(&event);
    }
    return rc;
}

int sp_yaml_parse(struct sp_arena *arena, struct sp_str text, uint32_t line, const struct sp_limits *limits,
                  const struct sp_yaml **ret, struct sp_error *err)
{
    struct loader l = { .arena = arena, .limits = limits, .err = err, .text = text, .line = line };
    const struct sp_yaml *root = NULL;
    int rc;

    if (!yaml_parser_initialize(&l.parser))
        return sp_error_nomem(err);
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)text.ptr, text.len);
    rc = load_document(&l, &root);
    yaml_parser_delete(&l.parser);
    if (rc == 0)
        *ret = root;
    return rc;
}

const struct sp_yaml *sp_yaml_get(const struct sp_yaml *map, const char *key)
{
    struct sp_str name = sp_str_c(key);

    if (!map || map->kind != SP_Y_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++)
        if (sp_str_eq(sp_yaml_key(map, i)->text, name))
            return sp_yaml_value(map, i);
    return NULL;
}

const char *sp_yaml_kind_name(enum sp_yaml_kind kind)
{
    static const char *const name[] = { "null", "boolean", "number", "text", "list", "map" };

    return name[kind];
}

/* One line of a file, and what it is to the splitter. */
struct line {
    size_t begin, next; /* next line's begin */
    bool marker, end, content;
    size_t rest;        /* behind the three dashes */
};

static struct line line_at(struct sp_str s, size_t at)
{
    struct line l = { .begin = at };
    const char *stop = memchr(s.ptr + at, '\n', s.len - at);
    size_t end = stop ? (size_t)(stop - s.ptr) : s.len, first;

    l.next = end < s.len ? end + 1 : end;
    if (end > at && s.ptr[end - 1] == '\r')
        end--;
    if (at == 0 && s.len >= 3 && memcmp(s.ptr, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    for (first = at; first < end && (s.ptr[first] == ' ' || s.ptr[first] == '\t'); first++)
        ;
    l.content = first < end && s.ptr[first] != '#' && !(first == at && s.ptr[first] == '%');
    if (end - at >= 3 && (end - at == 3 || s.ptr[at + 3] == ' ' || s.ptr[at + 3] == '\t')) {
        l.marker = memcmp(s.ptr + at, "---", 3) == 0;
        l.end = memcmp(s.ptr + at, "...", 3) == 0;
        l.rest = at + 3;
    }
    return l;
}

/* Does something stand behind `--- `? */
static bool marker_content(struct sp_str s, const struct line *l)
{
    for (size_t i = l->rest; i < l->next; i++) {
        if (s.ptr[i] == '#')
            return false;
        if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r' && s.ptr[i] != '\n')
            return true;
    }
    return false;
}

bool sp_yaml_part_next(struct sp_str file, size_t *at, uint32_t *line, struct sp_yaml_part *ret)
{
    while (*at < file.len) {
        struct line l = line_at(file, *at);
        bool inside = false, ended = false, content = false;
        size_t begin = l.marker ? l.next : l.begin, text = begin, text_end, pos = l.begin;

        *ret = (struct sp_yaml_part){ .line = *line };
        if (l.marker && marker_content(file, &l)) {
            text = l.rest;
            content = true;
            ret->first = *line;
        } else if (l.marker) {
            ret->line++;
        }
        for (text_end = file.len; pos < file.len; pos = l.next, ++*line) {
            l = line_at(file, pos);
            if (l.marker && inside)
                break;
            inside = true;
            if (l.marker)
                continue;
            if (l.end && !ended) {
                ended = true;
                text_end = l.begin;
            } else if (l.content && ended) {
                ret->trailing = true;
            } else if (l.content && !content) {
                content = true;
                ret->first = *line;
            }
        }
        *at = pos;
        ret->bytes = sp_str_cut(file, begin, pos - begin);
        ret->text = sp_str_cut(file, text, (ended ? text_end : pos) - text);
        if (content)
            return true;
    }
    return false;
}
