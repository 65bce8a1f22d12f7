/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_view: rows with named columns on their way out, as a table that fits the terminal, as NDJSON or as CSV.
 *
 *      begin ──▶ text, number, time ... one a column, then sp_view_row ──▶ ... ──▶ end
 *
 * JSON and CSV lines are finished row by row; a table is kept until its end, for its columns are as wide as their
 * contents. Where the terminal is narrower, the widest of the columns that may give way do. Everything that is shown is
 * made harmless.
 */
#ifndef SP_EXPORT_VIEW_H
#define SP_EXPORT_VIEW_H
#include "base/jsonw.h"
#include "export/page.h"

enum { SP_VIEW_COLUMNS = 16 };

enum sp_view_side {
    SP_VIEW_LEFT,
    SP_VIEW_RIGHT, /* numbers */
    SP_VIEW_TAIL   /* paths: what is cut off is the beginning */
};

struct sp_view_column {
    const char *key;      /* of JSON and CSV */
    const char *title;    /* of the table; NULL: not shown there */
    enum sp_view_side side;
    unsigned char least;  /* columns that it can be cut to; 0: never */
};

/* How a row of a table stands out. */
struct sp_view_look {
    enum sp_level level; /* colours the first cell; UNKNOWN: no colour */
    bool faint;          /* an analyst has put it away */
    uint64_t weight;     /* of a view that is sorted */
};

struct sp_view {
    const struct sp_output *output;
    const struct sp_view_column *column; /* `columns` of them */
    unsigned columns, at;                /* at: the next cell's */
    struct sp_buf *out;                  /* where finished lines go */
    struct sp_json json;
    bool exact, sorted;                  /* the caller's, of tables: times to the second on any terminal; rows by level and weight */
    struct sp_buf cells, kept, scratch;  /* table: each cell u32 bytes, u32 columns, text; where each row's begin, and its look */
    size_t rows, begun, width[SP_VIEW_COLUMNS];
};

void sp_view_begin(struct sp_view *view, const struct sp_output *output, const struct sp_view_column *column, unsigned columns, struct sp_buf *out);
/* The table's lines, if it is one. SP_ERR_NOMEM shows in out->failed. Frees what the view holds. */
void sp_view_end(struct sp_view *view);

/* The next cell of the row. `text` ptr NULL: nothing (null). */
void sp_view_text(struct sp_view *view, struct sp_str text);
void sp_view_u64(struct sp_view *view, uint64_t number);
void sp_view_share(struct sp_view *view, uint64_t part, uint64_t whole); /* 0.1234, in a table 12.3 % */
void sp_view_time(struct sp_view *view, struct sp_time time);            /* in a table to the second, or minute below 130 columns */
void sp_view_json(struct sp_view *view, struct sp_str json);             /* a finished value, empty: null; text in CSV */
void sp_view_row(struct sp_view *view);                                  /* all cells are there */
void sp_view_row_as(struct sp_view *view, struct sp_view_look look);

/* Has the terminal so few columns that less should be shown? */
bool sp_view_narrow(const struct sp_output *output);

#endif
