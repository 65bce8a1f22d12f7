/* SPDX-License-Identifier: Apache-2.0
 *
 * In: texts of logs and rules (attacker-controlled). Out: lines that fit a terminal and do nothing to it.
 */
#include "export/page.h"

#include <stdlib.h>
#include <time.h>

#include "base/safe.h"
#include "base/time.h"
#include "base/unicode.h"

void sp_page_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad)
{
    struct sp_str shown;
    size_t columns;

    if (width && s.len > 16 * width) /* what is cut off need not be made harmless first */
        s.len = 16 * width;
    sp_buf_clear(scratch);
    sp_safe_write(scratch, s);
    out->failed |= scratch->failed; /* cleared again for the next cell */
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
    for (; pad && columns < width; columns++)
        sp_buf_char(out, ' ');
}

const char *sp_page_level(enum sp_level level)
{
    switch (level) {
    case SP_LEVEL_CRITICAL:
        return "\033[1;31m";
    case SP_LEVEL_HIGH:
        return "\033[31m";
    case SP_LEVEL_MEDIUM:
        return "\033[33m";
    case SP_LEVEL_LOW:
        return "\033[36m";
    case SP_LEVEL_UNKNOWN:
    case SP_LEVEL_INFORMATIONAL:
    default:
        return "\033[2m";
    }
}

struct sp_str sp_page_command(struct sp_str command, struct sp_str *ret_program)
{
    size_t end = 0, from;

    if (command.len && command.ptr[0] == '"') {
        const char *quote = memchr(command.ptr + 1, '"', command.len - 1);

        end = quote ? (size_t)(quote - command.ptr) : 0;
        *ret_program = end ? sp_str_cut(command, 1, end - 1) : command;
        end = end ? end + 1 : command.len;
    } else {
        while (end < command.len && command.ptr[end] != ' ')
            end++;
        *ret_program = sp_str_cut(command, 0, end);
    }
    for (from = ret_program->len; from && ret_program->ptr[from - 1] != '\\' && ret_program->ptr[from - 1] != '/'; from--)
        ;
    *ret_program = sp_str_cut(*ret_program, from, ret_program->len - from);
    while (end < command.len && command.ptr[end] == ' ')
        end++;
    return sp_str_cut(command, end, command.len - end);
}

/* ---------------------------------------------------------------- wrapped text */

struct pen {
    struct sp_buf *out, one; /* one: a character as it is shown */
    const struct sp_wrap *how;
    size_t column, line, mark;
    bool marked, full;
};

static void mark_off(struct pen *p)
{
    p->marked = false;
    sp_buf_text(p->out, p->how->color ? SP_PAGE_PLAIN : "\u00bb");
    p->column += !p->how->color;
}

static void new_line(struct pen *p)
{
    bool colored = p->marked && p->how->color;
    size_t gutter = sp_safe_width(sp_str_c(p->how->gutter));

    if (p->how->lines_max && p->line + 1 >= p->how->lines_max) {
        p->full = true;
        return;
    }
    p->line++;
    if (colored)
        sp_buf_text(p->out, SP_PAGE_PLAIN);
    sp_buf_char(p->out, '\n');
    for (size_t i = gutter; i < p->how->indent; i++)
        sp_buf_char(p->out, ' ');
    sp_buf_text(p->out, p->how->gutter);
    if (colored)
        sp_buf_text(p->out, SP_PAGE_MARK);
    p->column = p->how->indent > gutter ? p->how->indent : gutter;
}

static void mark_on(struct pen *p)
{
    if (!p->how->color && p->how->width && p->column + 2 > p->how->width) /* the sign and a character */
        new_line(p);
    p->marked = true;
    sp_buf_text(p->out, p->how->color ? SP_PAGE_MARK : "\u00ab");
    p->column += !p->how->color;
}

/* The mark that begins or ends at this byte. */
static void marks(struct pen *p, size_t at)
{
    const struct sp_wrap *h = p->how;

    while (p->mark < h->mark_count) {
        const struct sp_mark *m = &h->mark[p->mark];

        if (p->marked && at >= m->from + m->len) {
            mark_off(p);
            p->mark++;
        } else if (!p->marked && at >= m->from && m->len && at < m->from + m->len) {
            mark_on(p);
            return;
        } else if (!p->marked && at >= m->from + m->len) {
            p->mark++;
        } else {
            return;
        }
    }
}

/* Would the word that begins at `at` reach beyond the line, though it fits on one? */
static bool better_below(const struct pen *p, struct sp_str text, size_t at)
{
    size_t end = at, room = p->how->width > p->how->indent ? p->how->width - p->how->indent : 0, width;

    while (end < text.len && text.ptr[end] != ' ' && end - at <= 4 * room)
        end++;
    width = sp_safe_width(sp_str_cut(text, at, end - at));
    return width <= room && p->column + 1 + width > p->how->width;
}

static void draw(struct pen *p, struct sp_str character)
{
    size_t width;

    if (p->how->lines && sp_str_is(character, "\r"))
        return;
    if (p->how->lines && sp_str_is(character, "\n")) {
        new_line(p);
        return;
    }
    sp_buf_clear(&p->one);
    if (p->how->lines && sp_str_is(character, "\t"))
        sp_buf_text(&p->one, "    ");
    else
        sp_safe_write(&p->one, character);
    p->out->failed |= p->one.failed;
    width = sp_safe_width(sp_buf_view(&p->one));
    if (p->how->width && p->column + width + (p->marked && !p->how->color) > p->how->width && p->column > p->how->indent)
        new_line(p);
    if (p->full)
        return;
    sp_buf_str(p->out, sp_buf_view(&p->one));
    p->column += width;
}

void sp_page_wrap(struct sp_buf *out, struct sp_str text, const struct sp_wrap *how)
{
    struct pen p = { .out = out, .how = how, .column = how->column };
    size_t at = 0;

    sp_buf_init(&p.one, 0);
    while (at < text.len && !p.full) {
        size_t from = at;

        marks(&p, from);
        (void)sp_utf8_next(text, &at);
        if (p.how->lines && at == text.len && text.ptr[from] == '\n') /* the last line end is ours */
            break;
        if (how->words && how->width && text.ptr[from] == ' ' && better_below(&p, text, at))
            new_line(&p);
        else
            draw(&p, sp_str_cut(text, from, at - from));
    }
    if (p.marked)
        mark_off(&p);
    sp_buf_char(out, '\n');
    if (p.full) {
        for (size_t i = sp_safe_width(sp_str_c(how->gutter)); i < how->indent; i++)
            sp_buf_char(out, ' ');
        sp_buf_printf(out, "%s\u2026 ", how->gutter);
        sp_page_number(out, text.len);
        sp_buf_text(out, " bytes in all\n");
    }
    sp_buf_done(&p.one);
}

/* ---------------------------------------------------------------- tables */

void sp_grid_init(struct sp_grid *grid, struct sp_arena *arena, const struct sp_column *column, size_t count)
{
    *grid = (struct sp_grid){ .arena = arena, .column = column, .count = count };
}

struct sp_grid_row *sp_grid_add(struct sp_grid *grid)
{
    struct sp_grid_row *row;

    if (grid->rows == grid->room) {
        size_t room = grid->room ? 2 * grid->room : 64;
        struct sp_grid_row *grown = sp_arena_grow(grid->arena, grid->row, grid->rows, room, sizeof *grown);

        if (!grown)
            return NULL;
        grid->row = grown;
        grid->room = room;
    }
    row = &grid->row[grid->rows++];
    *row = (struct sp_grid_row){ .level = SP_LEVEL_UNKNOWN };
    for (size_t i = 0; i < grid->count; i++)
        row->cell[i] = SP_STR_NONE;
    return row;
}

bool sp_grid_cell(struct sp_grid *grid, struct sp_grid_row *row, size_t column, struct sp_str text)
{
    struct sp_str copy = sp_arena_str(grid->arena, text.ptr ? text : SP_STR("-"));

    if (copy.ptr)
        row->cell[column] = copy;
    return copy.ptr != NULL;
}

void sp_page_number(struct sp_buf *out, uint64_t number)
{
    char digits[SP_PUT_ROOM + 4];
    size_t len = (size_t)(sp_put_u64(digits, number) - digits);

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            sp_buf_char(out, ',');
        sp_buf_char(out, digits[i]);
    }
}

bool sp_grid_number(struct sp_grid *grid, struct sp_grid_row *row, size_t column, uint64_t number)
{
    struct sp_buf text;
    bool good;

    sp_buf_init(&text, 0);
    sp_page_number(&text, number);
    good = !text.failed && sp_grid_cell(grid, row, column, sp_buf_view(&text));
    sp_buf_done(&text);
    return good;
}

static int by_weight(const void *a, const void *b)
{
    const struct sp_grid_row *x = a, *y = b;

    if (x->level != y->level)
        return x->level > y->level ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void sp_grid_sort(struct sp_grid *grid)
{
    for (size_t i = 0; i < grid->rows; i++)
        grid->row[i].place = i;
    if (grid->rows)
        qsort(grid->row, grid->rows, sizeof *grid->row, by_weight);
}

/* Widths: as narrow as the rows allow; one column takes what is left. False: no memory. */
static bool measure(const struct sp_grid *g, const struct sp_output *how, struct sp_buf *scratch, size_t width[SP_COLUMNS_MAX])
{
    size_t fixed = 0, open = SIZE_MAX;
    bool failed = false;

    for (size_t c = 0; c < g->count; c++) {
        size_t max = how->width && g->column[c].max ? g->column[c].max : SIZE_MAX;

        width[c] = sp_safe_width(sp_str_c(g->column[c].title));
        for (size_t r = 0; r < g->rows && width[c] < max; r++) {
            size_t w;

            sp_buf_clear(scratch);
            sp_safe_write(scratch, g->row[r].cell[c]);
            failed |= scratch->failed;
            w = sp_safe_width(sp_buf_view(scratch));
            width[c] = w > width[c] ? w : width[c];
        }
        width[c] = width[c] < max ? width[c] : max;
        if (g->column[c].max == 0)
            open = c;
        else
            fixed += width[c] + 2;
    }
    if (open != SIZE_MAX && how->width)
        width[open] = how->width > fixed + 12 ? how->width - fixed : 12;
    return !failed;
}

/* As sp_page_cell, but the beginning is cut off. */
static void tail_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width)
{
    struct sp_str shown;

    sp_buf_clear(scratch);
    sp_safe_write(scratch, s.len > 16 * width ? sp_str_cut(s, s.len - 16 * width, 16 * width) : s);
    out->failed |= scratch->failed;
    shown = sp_buf_view(scratch);
    if (sp_safe_width(shown) > width) {
        while (shown.len && sp_safe_width(shown) > width - 1) {
            do
                shown = sp_str_cut(shown, 1, shown.len - 1);
            while (shown.len && ((unsigned char)shown.ptr[0] & 0xC0) == 0x80);
        }
        sp_buf_text(out, "\u2026");
    }
    sp_buf_str(out, shown);
}

static void write_row(const struct sp_grid *g, const struct sp_grid_row *row, const size_t *width, const struct sp_output *how,
                      struct sp_buf *scratch, struct sp_buf *out)
{
    struct sp_buf text;
    bool faint = how->color && row && row->faint;

    sp_buf_init(&text, 0);
    if (faint)
        sp_buf_text(out, SP_PAGE_DIM);
    for (size_t c = 0; c < g->count; c++) {
        struct sp_str s = row ? row->cell[c] : sp_str_c(g->column[c].title);
        bool last = c + 1 == g->count, color = how->color && row && c == 0 && row->level != SP_LEVEL_UNKNOWN && !faint;
        size_t columns;

        if (color)
            sp_buf_text(out, sp_page_level(row->level));
        sp_buf_clear(&text);
        if (g->column[c].tail)
            tail_cell(&text, scratch, s, width[c] ? width[c] : 1);
        else
            sp_page_cell(&text, scratch, s, width[c] ? width[c] : 1, false);
        out->failed |= text.failed;
        columns = sp_safe_width(sp_buf_view(&text));
        for (size_t i = columns; g->column[c].right && i < width[c]; i++)
            sp_buf_char(out, ' ');
        sp_buf_str(out, sp_buf_view(&text));
        for (size_t i = columns; !last && !g->column[c].right && i < width[c]; i++)
            sp_buf_char(out, ' ');
        if (color)
            sp_buf_text(out, SP_PAGE_PLAIN);
        if (!last)
            sp_buf_text(out, "  ");
    }
    if (faint)
        sp_buf_text(out, SP_PAGE_PLAIN);
    sp_buf_char(out, '\n');
    sp_buf_done(&text);
}

void sp_grid_write(const struct sp_grid *g, const struct sp_output *how, struct sp_buf *out)
{
    size_t width[SP_COLUMNS_MAX];
    struct sp_buf scratch;

    if (g->rows == 0)
        return;
    sp_buf_init(&scratch, 0);
    out->failed |= !measure(g, how, &scratch, width);
    write_row(g, NULL, width, how, &scratch, out);
    for (size_t r = 0; r < g->rows; r++)
        write_row(g, &g->row[r], width, how, &scratch, out);
    sp_buf_done(&scratch);
}

void sp_page_time(struct sp_buf *out, struct sp_time time, bool local)
{
    time_t sec = (time_t)time.sec;
    char text[40];
    struct tm tm;

    if (time.known && (local ? localtime_r(&sec, &tm) : gmtime_r(&sec, &tm)) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        sp_buf_text(out, text);
    else
        sp_buf_char(out, '-');
}
