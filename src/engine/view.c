/* SPDX-License-Identifier: Apache-2.0
 *
 * In: cells. Out: lines. The view owns the cells of a table until its end.
 */
#include "engine/view.h"

#include <stdio.h>
#include <time.h>

#include "base/safe.h"
#include "base/unicode.h"

enum { NARROW = 100, MINUTES = 16, BETWEEN = 2 };

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

/* A number's own text, the same everywhere. */
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
    char text[SP_PUT_ROOM];
    struct sp_str s = { text, (size_t)(sp_put_u64(text, n) - text) };

    number(v, s, s);
}

void sp_view_share(struct sp_view *v, uint64_t part, uint64_t whole)
{
    double share = whole ? (double)part / (double)whole : 0;
    char shown[32], text[32];

    (void)snprintf(shown, sizeof shown, "%.1f %%", 100 * share);
    (void)snprintf(text, sizeof text, "%.6f", share);
    number(v, sp_str_c(shown), sp_str_c(text));
}

void sp_view_when(char out[40], struct sp_time t, bool local)
{
    time_t sec = (time_t)t.sec;
    struct tm tm;

    out[0] = '\0';
    if (t.known && (local ? localtime_r(&sec, &tm) : gmtime_r(&sec, &tm)))
        (void)strftime(out, 40, "%Y-%m-%d %H:%M:%S", &tm);
}

void sp_view_time(struct sp_view *v, struct sp_time t)
{
    char text[40], *end = text;

    if (v->output->format == SP_FORMAT_TABLE) {
        sp_view_when(text, t, v->output->local_time);
        keep(v, (struct sp_str){ text, v->output->width && *text ? MINUTES : strlen(text) });
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
        sp_json_raw(&v->json, json);
    else
        sp_csv_cell(v->out, json);
    v->at++;
}

void sp_view_row(struct sp_view *v)
{
    v->rows++;
    v->at = 0;
    if (v->output->format == SP_FORMAT_CSV) {
        sp_buf_text(v->out, "\r\n");
    } else if (v->output->format != SP_FORMAT_TABLE) {
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

void sp_view_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad)
{
    struct sp_str shown;
    size_t columns;

    sp_buf_clear(scratch);
    sp_safe_write(scratch, s);
    shown = sp_buf_view(scratch);
    columns = sp_safe_width(shown);
    if (width && columns > width) {
        while (shown.len && sp_safe_width(shown) > width - 1) {
            do
                shown.len--;
            while (shown.len && ((unsigned char)shown.ptr[shown.len] & 0xC0) == 0x80);
        }
        sp_buf_str(out, shown);
        sp_buf_text(out, "\u2026");
        columns = sp_safe_width(shown) + 1;
    } else {
        sp_buf_str(out, shown);
    }
    out->failed |= scratch->failed;
    for (; pad && columns < width; columns++)
        sp_buf_char(out, ' ');
}

void sp_view_wrap(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, size_t indent)
{
    struct sp_str rest;

    sp_buf_clear(scratch);
    sp_safe_write(scratch, s);
    rest = sp_buf_view(scratch);
    out->failed |= scratch->failed;
    width = width > indent ? width - indent : 0;
    while (rest.len) {
        size_t at = 0, blank = 0, columns = 0, end, n;

        while (at < rest.len && (!width || columns < width)) {
            if (rest.ptr[at] == ' ')
                blank = at;
            n = at;
            (void)sp_utf8_next(rest, &at);
            columns += sp_safe_width(sp_str_cut(rest, n, at - n));
        }
        end = at < rest.len && rest.ptr[at] != ' ' && blank ? blank : at;
        for (size_t i = 0; i < indent; i++)
            sp_buf_char(out, ' ');
        sp_buf_str(out, sp_str_cut(rest, 0, end));
        sp_buf_char(out, '\n');
        while (end < rest.len && rest.ptr[end] == ' ')
            end++;
        rest = sp_str_cut(rest, end, rest.len - end);
    }
}

static void put(struct sp_view *v, unsigned column, struct sp_str text, size_t columns, bool last)
{
    const struct sp_view_column *c = &v->column[column];

    for (size_t n = columns; c->right && n < v->width[column]; n++)
        sp_buf_char(v->out, ' ');
    sp_view_cell(v->out, &v->scratch, text, v->width[column], !c->right && !last);
    sp_buf_text(v->out, last ? "\n" : "  ");
}

static void table(struct sp_view *v)
{
    struct sp_str rest = sp_buf_view(&v->cells);
    unsigned last = v->columns;

    while (last && !v->column[last - 1].title)
        last--;
    fit(v);
    sp_buf_text(v->out, v->output->color ? "\033[1m" : "");
    for (unsigned i = 0; i < last; i++)
        if (v->column[i].title)
            put(v, i, sp_str_c(v->column[i].title), strlen(v->column[i].title), i + 1 == last);
    v->out->len -= v->out->len > 0; /* the colour ends before the line */
    sp_buf_text(v->out, v->output->color ? "\033[0m\n" : "\n");
    for (size_t row = 0; row < v->rows; row++)
        for (unsigned i = 0; i < last; i++) {
            uint32_t size[2];

            if (!v->column[i].title)
                continue;
            memcpy(size, rest.ptr, sizeof size);
            put(v, i, sp_str_cut(rest, sizeof size, size[0]), size[1], i + 1 == last);
            rest = sp_str_cut(rest, sizeof size + size[0], rest.len - sizeof size - size[0]);
        }
}

void sp_view_end(struct sp_view *v)
{
    v->out->failed |= v->cells.failed;
    if (v->output->format == SP_FORMAT_TABLE && v->rows && !v->out->failed)
        table(v);
    sp_buf_done(&v->cells);
    sp_buf_done(&v->scratch);
}
