/* SPDX-License-Identifier: Apache-2.0
 *
 * Between parsing a regex and building its program; of no use to anybody else. Everything here lives in the
 * temporary arena of one sp_regex_compile call.
 *
 *     text ──parse──▶ tree of nodes ──facts──▶ required literal, shortest match, anchored
 *                       │     └──────build───▶ states
 *                     classes (sets of code points), each with its automaton over UTF-8 bytes
 */
#ifndef SP_RULE_REGEX_TREE_H
#define SP_RULE_REGEX_TREE_H
#include "rule/regex.h"

/* Inline flags beside those of enum sp_regex_flag. */
enum { SP_REGEX_EXTENDED = 8, SP_REGEX_EXTENDED_MORE = 16 };

#define SP_REGEX_FOREVER UINT32_MAX /* the `max` of a repeat without end */

struct sp_regex_range {
    uint32_t first, last;
};

/* A set of code points that is being put together. */
struct sp_regex_points {
    struct sp_arena *arena; /* borrowed; holds `list` */
    struct sp_regex_range *list;
    size_t count, room;
    bool failed; /* memory ran out */
};

/* One state of a class's automaton. `target`: 1 is behind the code point, n above is piece n - 1. */
struct sp_regex_piece {
    uint8_t op; /* BYTES, SET or JUMP */
    uint8_t lo, hi;
    uint16_t target;
    uint32_t set;
};

/* A set of code points, normal (rising, apart, no surrogates), each kept once a pattern. */
struct sp_regex_class {
    struct sp_regex_class *chain; /* of the same hash */
    struct sp_regex_range *range;
    uint32_t range_count;
    uint32_t piece_count;
    struct sp_regex_piece *piece; /* the first takes the first byte */
};

enum { SP_REGEX_BUCKETS = 1024 };

struct sp_regex_keep {
    struct sp_regex_keep *chain;
    uint32_t index;
};

/* Byte tables of one size, equal ones kept once. */
struct sp_regex_tables {
    size_t size;
    char *ptr;
    uint32_t count, room;
    struct sp_regex_keep *bucket[SP_REGEX_BUCKETS];
};

/* The classes of a pattern and the tables that their states share. */
struct sp_regex_classes {
    struct sp_arena *arena;
    struct sp_regex_class *bucket[SP_REGEX_BUCKETS];
    struct sp_regex_tables set, jump; /* uint64_t[4], uint16_t[256] */
};

enum sp_regex_kind {
    SP_REGEX_NODE_EMPTY,
    SP_REGEX_NODE_LITERAL, /* the code point `code` */
    SP_REGEX_NODE_CLASS,
    SP_REGEX_NODE_ASSERT,
    SP_REGEX_NODE_CONCAT,    /* children one behind the other */
    SP_REGEX_NODE_ALTERNATE, /* one of the children */
    SP_REGEX_NODE_REPEAT     /* the only child, min to max times */
};

struct sp_regex_node {
    enum sp_regex_kind kind;
    uint8_t assertion;
    uint32_t code;
    uint32_t min, max;
    struct sp_regex_class *set;
    struct sp_regex_node *child, *last; /* first and last child */
    struct sp_regex_node *next, *prev;  /* among the siblings */
    uint64_t size;                      /* states it is built of; cut at SP_REGEX_SIZE_MAX */
};
#define SP_REGEX_SIZE_MAX (UINT64_C(1) << 40)

struct sp_regex_parser {
    struct sp_arena *arena;
    struct sp_str text;
    size_t at;
    uint32_t flags;
    uint32_t depth, groups;
    bool quoting; /* between \Q and \E */
    bool folded;  /* something is case-insensitive */
    uint32_t octal_least; /* the smallest \NN read as octal, and where: a back-reference if so many groups exist */
    size_t octal_at;
    struct sp_regex_classes *classes;
    struct sp_regex_points chars, types; /* scratch of one class: what case folding touches, what not */
    struct sp_error *err;
};

/* regex_parse.c: the whole pattern, or a negative code with parser->err set. */
int sp_regex_parse(struct sp_regex_parser *parser, struct sp_regex_node **ret);

/* Shared by the parser's two files. */
int sp_regex_fail(struct sp_regex_parser *parser, int code, size_t at, const char *what);
int sp_regex_node_new(struct sp_regex_parser *parser, enum sp_regex_kind kind, struct sp_regex_node **ret);
void sp_regex_node_add(struct sp_regex_node *parent, struct sp_regex_node *child);
int sp_regex_node_literal(struct sp_regex_parser *parser, uint32_t code, struct sp_regex_node **ret);
int sp_regex_node_points(struct sp_regex_parser *parser, struct sp_regex_points *points, struct sp_regex_node **ret);
int sp_regex_node_assert(struct sp_regex_parser *parser, enum sp_regex_assert assertion, struct sp_regex_node **ret);

/* regex_escape.c: at a backslash. *repeatable turns false when no quantifier may follow; *ret stays NULL for \Q. */
int sp_regex_parse_escape(struct sp_regex_parser *parser, struct sp_regex_node **ret, bool *repeatable);

/* At a backslash: if the escape is one code point, set *ret_code and move behind it; else *ret_code is
 * SP_REGEX_NO_CODE and `at` stays. */
int sp_regex_parse_code(struct sp_regex_parser *parser, bool in_class, uint32_t *ret_code);
#define SP_REGEX_NO_CODE UINT32_C(0xFFFFFFFF)

/* Add what \d \D \w \W \s \S \h \H \v \V or \N stands for; false when `letter` is none of them. */
bool sp_regex_points_type(struct sp_regex_points *points, char letter);

/* regex_bracket.c: at `[`. */
int sp_regex_parse_bracket(struct sp_regex_parser *parser, struct sp_regex_node **ret);

/* regex_points.c */
void sp_regex_points_add(struct sp_regex_points *points, uint32_t first, uint32_t last);
void sp_regex_points_all(struct sp_regex_points *points, const struct sp_regex_points *more);
void sp_regex_points_normal(struct sp_regex_points *points); /* rising, apart, no surrogates */
void sp_regex_points_negate(struct sp_regex_points *points);
void sp_regex_points_fold(struct sp_regex_points *points);   /* add all that differs by case only */

/* regex_utf8.c: normal points to a class; NULL when memory ran out. */
struct sp_regex_class *sp_regex_class_get(struct sp_regex_classes *classes, const struct sp_regex_points *points);

/* regex_facts.c: `required`, `length_min`, `anchored` (and FOLD in `flags`) of `regex`. */
int sp_regex_facts(struct sp_arena *arena, struct sp_arena *temporary, const struct sp_regex_node *tree, bool folded,
                   struct sp_regex *regex);

#endif
