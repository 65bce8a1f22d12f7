/* SPDX-License-Identifier: Apache-2.0
 *
 * In: cells. Out: lines. The view owns the cells of a table until its end.
 */
#include "export/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/safe.h"

enum { NARROW = 100, BRIEF = 130, MINUTES = 16, BETWEEN = 2 };

/* A row of a table. */
struct row {
    size_t at; /* of its cells */
    struct sp_view_look look;
    size_t place;
};

void sp_view_begin(struct sp_view *v, const struct sp_output *o, const struct sp_view_column *column, unsigned columns, struct sp_buf *out)
{
    *v = (struct sp_view){ .output = o, .column = column, .columns = columns, .out = out, .json = sp_json_to(out) };
    for (unsigned i = 0; i < columns; i++)
        v->width[i] = column[i].title ? strlen(column[i].title) : 0;
    for (unsigned i = 0; o->format == SP_FORMAT_CSV && i < columns; i++) {
        sp_buf_text(out, i ? "," : "");
        sp_buf_text(out, column[i].key);
    }
    if (o->format == SP_FORMAT_CSV)
        sp_buf_text(out, "\r\n");
}

/* A table's cell: kept, with the columns that it takes. */
static void keep(struct sp_view *v, struct sp_str text)
{
    uint32_t size[2];

    if (!v->column[v->at].title)
        return;
    sp_buf_clear(&v->scratch);
    sp_safe_write(&v->scratch, text);
    size[0] = (uint32_t)v->scratch.len;
    size[1] = (uint32_t)sp_safe_width(sp_buf_view(&v->scratch));
    v->out->failed |= v->scratch.failed;
    sp_buf_add(&v->cells, size, sizeof size);
    sp_buf_str(&v->cells, sp_buf_view(&v->scratch));
    if (size[1] > v->width[v->at])
        v->width[v->at] = size[1];
}

/* What goes before a JSON value, or a CSV cell. */
static bool begin_cell(struct sp_view *v)
{
    if (v->output->format == SP_FORMAT_CSV) {
        sp_buf_text(v->out, v->at ? "," : "");
        return false;
    }
    if (v->at == 0)
        sp_json_open(&v->json, '{');
    sp_json_key(&v->json, sp_str_c(v->column[v->at].key));
    return true;
}

void sp_view_text(struct sp_view *v, struct sp_str text)
{
    if (v->output->format == SP_FORMAT_TABLE)
        keep(v, text.len ? text : SP_STR("-"));
    else if (!begin_cell(v))
        sp_csv_cell(v->out, text.ptr ? text : SP_STR_NONE);
    else if (text.ptr)
        sp_json_str(&v->json, text);
    else
        sp_json_null(&v->json);
    v->at++;
}

/* A number: as people read it, and its own text. */
static void number(struct sp_view *v, struct sp_str shown, struct sp_str text)
{
    if (v->output->format == SP_FORMAT_TABLE)
        keep(v, shown);
    else if (begin_cell(v))
        sp_json_raw(&v->json, text);
    else
        sp_buf_str(v->out, text);
    v->at++;
}

void sp_view_u64(struct sp_view *v, uint64_t n)
{
    char text[SP_PUT_ROOM], shown[SP_PAGE_DIGITS];

    number(v, sp_page_digits(shown, n), (struct sp_str){ text, (size_t)(sp_put_u64(text, n) - text) });
}

void sp_view_share(struct sp_view *v, uint64_t part, uint64_t whole)
{
    double share = whole ? (double)part / (double)whole : 0;
    char shown[32], text[32];

    (void)snprintf(shown, sizeof shown, "%.1f %%", 100 * share);
    (void)snprintf(text, sizeof text, "%.6f", share);
    number(v, sp_str_c(shown), sp_str_c(text));
}

void sp_view_time(struct sp_view *v, struct sp_time t)
{
    char text[40], *end = text;

    if (v->output->format == SP_FORMAT_TABLE) {
        sp_page_when(text, t, v->output->local_time);
        keep(v, (struct sp_str){ text, v->output->width && v->output->width < BRIEF && !v->exact && *text ? MINUTES : strlen(text) });
        v->at++;
        return;
    }
    if (t.known)
        end = sp_time_put(text, t);
    sp_view_text(v, (struct sp_str){ t.known ? text : NULL, (size_t)(end - text) });
}

void sp_view_json(struct sp_view *v, struct sp_str json)
{
    if (v->output->format == SP_FORMAT_TABLE)
        keep(v, json);
    else if (begin_cell(v))
        sp_json_raw(&v->json, json.len ? json : SP_STR("null"));
    else
        sp_csv_cell(v->out, json);
    v->at++;
}

void sp_view_row(struct sp_view *v)
{
    sp_view_row_as(v, (struct sp_view_look){ SP_LEVEL_UNKNOWN, false, 0 });
}

void sp_view_row_as(struct sp_view *v, struct sp_view_look look)
{
    struct row row = { v->begun, look, v->rows++ };

    v->at = 0;
    v->begun = v->cells.len;
    if (v->output->format == SP_FORMAT_TABLE) {
        sp_buf_add(&v->kept, &row, sizeof row);
    } else if (v->output->format == SP_FORMAT_CSV) {
        sp_buf_text(v->out, "\r\n");
    } else {
        sp_json_close(&v->json, '}');
        sp_buf_char(v->out, '\n');
        v->json.comma = false;
    }
}

bool sp_view_narrow(const struct sp_output *o)
{
    return o->width && o->width < NARROW;
}

/* Let the widest of those that may give way do so, until the line fits. */
static void fit(struct sp_view *v)
{
    size_t need = 0;

    for (unsigned i = 0; i < v->columns; i++)
        need += v->column[i].title ? v->width[i] + BETWEEN : 0;
    need -= need ? BETWEEN : 0;
    while (v->output->width && need > v->output->width) {
        unsigned widest = v->columns;

        for (unsigned i = 0; i < v->columns; i++)
            if (v->column[i].title && v->column[i].least && v->width[i] > v->column[i].least && (widest == v->columns || v->width[i] > v->width[widest]))
                widest = i;
        if (widest == v->columns)
            return;
        v->width[widest]--;
        need--;
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->look.level != y->look.level)
        return x->look.level > y->look.level ? -1 : 1;
    if (x->look.weight != y->look.weight)
        return x->look.weight > y->look.weight ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void put(struct sp_view *v, unsigned column, struct sp_str text, size_t columns, bool last)
{
    const struct sp_view_column *c = &v->column[column];
    size_t width = v->width[column];

    for (size_t n = columns; c->side == SP_VIEW_RIGHT && n < width; n++)
        sp_buf_char(v->out, ' ');
    if (c->side == SP_VIEW_TAIL && columns > width)
        sp_page_tail(v->out, &v->scratch, text, width);
    else
        sp_page_cell(v->out, &v->scratch, text, width, c->side != SP_VIEW_RIGHT && !last);
}

static void head(struct sp_view *v, unsigned last)
{
    sp_buf_text(v->out, v->output->color ? SP_PAGE_BOLD : "");
    for (unsigned i = 0; i <= last; i++) {
        if (!v->column[i].title)
            continue;
        put(v, i, sp_str_c(v->column[i].title), strlen(v->column[i].title), i == last);
        sp_buf_text(v->out, i < last ? "  " : "");
    }
    sp_buf_text(v->out, v->output->color ? SP_PAGE_PLAIN "\n" : "\n");
}

/* Colours are of the first cell, faintness of the line. */
static void body(struct sp_view *v, unsigned last, const struct row *row)
{
    struct sp_str rest = sp_str_cut(sp_buf_view(&v->cells), row->at, v->cells.len - row->at);
    bool faint = v->output->color && row->look.faint, color = v->output->color && row->look.level != SP_LEVEL_UNKNOWN && !faint;

    sp_buf_text(v->out, faint ? SP_PAGE_DIM : color ? sp_page_level(row->look.level) : "");
    for (unsigned i = 0; i <= last; i++) {
        uint32_t size[2];

        if (!v->column[i].title)
            continue;
        memcpy(size, rest.ptr, sizeof size);
        put(v, i, sp_str_cut(rest, sizeof size, size[0]), size[1], i == last);
        rest = sp_str_cut(rest, sizeof size + size[0], rest.len - sizeof size - size[0]);
        sp_buf_text(v->out, color ? SP_PAGE_PLAIN : "");
        color = false;
        sp_buf_text(v->out, i < last ? "  " : "");
    }
    sp_buf_text(v->out, faint ? SP_PAGE_PLAIN "\n" : "\n");
}

static void table(struct sp_view *v)
{
    struct row *row = (struct row *)(void *)v->kept.ptr;
    unsigned last = v->columns - 1;

    while (last && !v->column[last].title)
        last--;
    fit(v);
    if (v->sorted)
        qsort(row, v->rows, sizeof *row, by_weight);
    head(v, last);
    for (size_t i = 0; i < v->rows; i++)
        body(v, last, &row[i]);
}

void sp_view_end(struct sp_view *v)
{
    v->out->failed |= v->cells.failed || v->kept.failed;
    if (v->output->format == SP_FORMAT_TABLE && v->rows && !v->out->failed)
        table(v);
    sp_buf_done(&v->cells);
    sp_buf_done(&v->kept);
    sp_buf_done(&v->scratch);
}
