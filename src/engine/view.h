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
#ifndef SP_ENGINE_VIEW_H
#define SP_ENGINE_VIEW_H
#include "base/buf.h"
#include "base/jsonw.h"
#include "base/time.h"
#include "spoor/hunt.h"

enum { SP_VIEW_COLUMNS = 16 };

struct sp_view_column {
    const char *key;      /* of JSON and CSV */
    const char *title;    /* of the table; NULL: not shown there */
    bool right;           /* numbers */
    unsigned char least;  /* columns that it can be cut to; 0: never */
};

struct sp_view {
    const struct sp_output *output;
    const struct sp_view_column *column; /* `columns` of them */
    unsigned columns, at;                /* at: the next cell's */
    struct sp_buf *out;                  /* where finished lines go */
    struct sp_json json;
    struct sp_buf cells, scratch;        /* table: each cell u32 bytes, u32 columns, text */
    size_t rows, width[SP_VIEW_COLUMNS];
};

void sp_view_begin(struct sp_view *view, const struct sp_output *output, const struct sp_view_column *column, unsigned columns, struct sp_buf *out);
/* The table's lines, if it is one. SP_ERR_NOMEM shows in out->failed. Frees what the view holds. */
void sp_view_end(struct sp_view *view);

/* The next cell of the row. `text` ptr NULL: nothing (null). */
void sp_view_text(struct sp_view *view, struct sp_str text);
void sp_view_u64(struct sp_view *view, uint64_t number);
void sp_view_share(struct sp_view *view, uint64_t part, uint64_t whole); /* 0.1234, in a table 12.3 % */
void sp_view_time(struct sp_view *view, struct sp_time time);            /* in a table to the second, or minute where it is narrow */
void sp_view_json(struct sp_view *view, struct sp_str json);             /* a finished value; not in tables, text in CSV */
void sp_view_row(struct sp_view *view);                                  /* all cells are there */

/* Has the terminal so few columns that less should be shown? */
bool sp_view_narrow(const struct sp_output *output);

/* Append `s` harmless and cut to `width` columns (0: no limit), padded to it with `pad`. */
void sp_view_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad);
/* Append `s` harmless, wrapped at blanks to `width` columns (0: not at all), each line behind `indent` blanks. */
void sp_view_wrap(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, size_t indent);
/* `2026-03-02 10:00:00` in UTC, or in the zone of the TZ environment; empty where it is not known. */
void sp_view_when(char out[40], struct sp_time time, bool local);

#endif
