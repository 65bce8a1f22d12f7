/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as rule authors know it: the text of one document to a tree of nodes, each with its place.
 *
 * Scalars resolve as PyYAML's SafeLoader does (YAML 1.1), except that dates and sexagesimal numbers stay text
 * (contract 1). Numbers keep their value as decimal text of any length. Duplicate keys, unknown tags, aliases that
 * expand beyond the limit and nesting beyond SP_YAML_DEPTH_MAX are refused with line and column. Aliases share
 * nodes; merge keys (`<<`) are resolved. Nodes live in the arena they were parsed into.
 */
#ifndef SP_RULE_YAML_H
#define SP_RULE_YAML_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

enum sp_yaml_kind { SP_Y_NULL, SP_Y_BOOL, SP_Y_NUMBER, SP_Y_TEXT, SP_Y_LIST, SP_Y_MAP };

struct sp_yaml {
    enum sp_yaml_kind kind;
    bool truth;            /* BOOL */
    bool plain;            /* scalars: written without quotes */
    bool finite;           /* NUMBER: false for .inf, .nan and what no decimal of sane length can hold */
    uint32_t line, column; /* from 1, in the file */
    struct sp_str text;    /* scalars as written, quotes and escapes resolved */
    struct sp_str number;  /* NUMBER: canonical decimal -?digits[.digits] */
    const struct sp_yaml *const *child; /* LIST: `count` nodes; MAP: key, value, key, value ...: 2 * `count` */
    uint32_t count;
    uint64_t size;         /* nodes below and this one, aliases counted each time */
};

/* Parse one document. `line` is the number of the text's first line in its file. On failure `err->where` is
 * `line:column`: SP_ERR_FORMAT, SP_ERR_LIMIT, SP_ERR_NOMEM. A text without a document: `*ret` is NULL. */
int sp_yaml_parse(struct sp_arena *arena, struct sp_str text, uint32_t line, const struct sp_limits *limits,
                  const struct sp_yaml **ret, struct sp_error *err);

/* The value under a key of a map, or NULL (also when `map` is none). */
const struct sp_yaml *sp_yaml_get(const struct sp_yaml *map, const char *key);
/* A node's key in a map: the text of pair i. */
static inline const struct sp_yaml *sp_yaml_key(const struct sp_yaml *map, uint32_t i)
{
    return map->child[2 * (size_t)i];
}
static inline const struct sp_yaml *sp_yaml_value(const struct sp_yaml *map, uint32_t i)
{
    return map->child[2 * (size_t)i + 1];
}
static inline bool sp_yaml_scalar(const struct sp_yaml *node)
{
    return node->kind != SP_Y_LIST && node->kind != SP_Y_MAP;
}
const char *sp_yaml_kind_name(enum sp_yaml_kind kind);

/* One document of a file: the text between `---` lines. */
struct sp_yaml_part {
    struct sp_str bytes; /* up to the next `---` line */
    struct sp_str text;  /* what is to be parsed: up to a `...` line */
    uint32_t line;       /* of `text` */
    uint32_t first;      /* line of the first key or other content */
    bool trailing;       /* there is content behind `...` */
};
/* The next part that holds anything but comments, directives and blank lines; `*at` and `*line` begin as 0 and 1. */
bool sp_yaml_part_next(struct sp_str file, size_t *at, uint32_t *line, struct sp_yaml_part *ret);

/* Resolve a plain scalar: sets kind, truth, finite and number. False when memory ran out. */
bool sp_yaml_resolve(struct sp_arena *arena, struct sp_yaml *node);

#endif
