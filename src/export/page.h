/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: cells of a table, long values wrapped to the width of the terminal, parts of them marked. Everything that
 * comes from a log goes through base/safe.h on its way, so that it can neither command the terminal nor end a line.
 *
 *     what was asked for              with colour     without
 *     a part that matched             underlined      «part»
 *     the level of a rule             coloured word   word
 */
#ifndef SP_EXPORT_PAGE_H
#define SP_EXPORT_PAGE_H
#include "base/arena.h"
#include "base/buf.h"
#include "rule/rule.h"
#include "spoor/hunt.h"

/* Append `s` harmless and cut to `width` columns (0: no limit) with an ellipsis, padded to it if `pad`. `scratch` is
 * overwritten. */
void sp_page_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad);

/* What a terminal is told before a word of this level; sp_page_plain behind it. */
const char *sp_page_level(enum sp_level level);
#define SP_PAGE_PLAIN "\033[0m"
#define SP_PAGE_BOLD  "\033[1m"
#define SP_PAGE_DIM   "\033[2m"
#define SP_PAGE_MARK  "\033[1;4m"

/* A command line in two: the program's own name without its folder, and the arguments. Slices of it. */
struct sp_str sp_page_command(struct sp_str command, struct sp_str *ret_program);

/* A run of bytes of a text that is to be marked; runs rise and do not overlap. */
struct sp_mark {
    size_t from, len;
};

struct sp_wrap {
    unsigned width;          /* of the terminal; 0: nothing is wrapped */
    bool color;
    size_t column;           /* where the cursor stands already */
    size_t indent;           /* of the lines behind the first */
    const char *gutter;      /* stands at the end of that indent, "" for none: what follows it is data */
    bool lines;              /* line ends of the text are line ends; else they print as \x0a */
    bool words;              /* broken between words where they fit, as prose is; else after the last column */
    size_t lines_max;        /* then it is cut and says so; 0: no limit */
    const struct sp_mark *mark;
    size_t mark_count;
};

/* Append the text, wrapped, and a line end. */
void sp_page_wrap(struct sp_buf *out, struct sp_str text, const struct sp_wrap *how);

/* A table: rows are collected, then written with columns as narrow as they allow. Texts are copied into `arena`. */
enum { SP_COLUMNS_MAX = 10 };
struct sp_column {
    const char *title;
    bool right;     /* numbers */
    size_t max;     /* columns it may take where the width is limited; 0: what the others leave (one column at most) */
    bool tail;      /* a path: what is cut off is its beginning */
};
struct sp_grid {
    struct sp_arena *arena;
    const struct sp_column *column;
    size_t count;              /* of columns */
    struct sp_grid_row *row;   /* in the arena */
    size_t rows, room;
};
struct sp_grid_row {
    struct sp_str cell[SP_COLUMNS_MAX];
    enum sp_level level;       /* colours the first cell; UNKNOWN: no colour */
    bool faint;                /* suppressed, dismissed */
    uint64_t weight;           /* for sp_grid_sort; place: its own */
    size_t place;
};
void sp_grid_init(struct sp_grid *grid, struct sp_arena *arena, const struct sp_column *column, size_t count);
/* A row to be filled in with sp_grid_cell; NULL when memory has run out. */
struct sp_grid_row *sp_grid_add(struct sp_grid *grid);
bool sp_grid_cell(struct sp_grid *grid, struct sp_grid_row *row, size_t column, struct sp_str text); /* false: no memory */
bool sp_grid_number(struct sp_grid *grid, struct sp_grid_row *row, size_t column, uint64_t number);  /* 1,234 */
void sp_grid_sort(struct sp_grid *grid); /* by level, then by weight, both from the top; else as they were added */
void sp_grid_write(const struct sp_grid *grid, const struct sp_output *how, struct sp_buf *out);

/* 1234567 as 1,234,567, appended. */
void sp_page_number(struct sp_buf *out, uint64_t number);

/* `2026-03-02 10:00:00` in UTC, or in the zone of the TZ environment; `-` without a time. */
struct sp_time;
void sp_page_time(struct sp_buf *out, struct sp_time time, bool local);

#endif
