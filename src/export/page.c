/* SPDX-License-Identifier: Apache-2.0
 *
 * In: texts of logs and rules (attacker-controlled). Out: lines that fit a terminal and do nothing to it.
 */
#include "export/page.h"

#include <time.h>

#include "base/safe.h"
#include "base/unicode.h"

enum { CUT = 16 /* bytes that a column may take: what is cut off need not be made harmless first */ };

/* Bytes at the begin of `s` that take no more than `width` columns, and how many they take. */
static size_t fitting(struct sp_str s, size_t width, size_t *ret_columns)
{
    size_t at = 0, columns = 0;

    while (at < s.len) {
        size_t next = at, one;

        (void)sp_utf8_next(s, &next);
        one = sp_safe_width(sp_str_cut(s, at, next - at));
        if (columns + one > width)
            break;
        columns += one;
        at = next;
    }
    *ret_columns = columns;
    return at;
}

void sp_page_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad)
{
    struct sp_str shown;
    size_t columns;

    sp_buf_clear(scratch);
    sp_safe_write(scratch, width && s.len / CUT > width ? sp_str_cut(s, 0, CUT * width) : s);
    out->failed |= scratch->failed; /* cleared again for the next cell */
    shown = sp_buf_view(scratch);
    if (fitting(shown, width ? width : SIZE_MAX, &columns) == shown.len) {
        sp_buf_str(out, shown);
    } else {
        sp_buf_str(out, sp_str_cut(shown, 0, fitting(shown, width - 1, &columns)));
        sp_buf_text(out, "\u2026");
        columns++;
    }
    for (; pad && columns < width; columns++)
        sp_buf_char(out, ' ');
}

void sp_page_tail(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width)
{
    struct sp_str shown;
    size_t columns, at = 0;

    sp_buf_clear(scratch);
    sp_safe_write(scratch, width && s.len / CUT > width ? sp_str_cut(s, s.len - CUT * width, CUT * width) : s);
    out->failed |= scratch->failed;
    shown = sp_buf_view(scratch);
    columns = sp_safe_width(shown);
    for (size_t next = 0; width && columns > width - 1 && (at || columns > width); at = next) {
        (void)sp_utf8_next(shown, &next);
        columns -= sp_safe_width(sp_str_cut(shown, at, next - at));
    }
    sp_buf_text(out, at ? "\u2026" : "");
    sp_buf_str(out, sp_str_cut(shown, at, shown.len - at));
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
    if (p->full)
        return;
    p->marked = true;
    sp_buf_text(p->out, p->how->color ? SP_PAGE_MARK : "\u00ab");
    p->column += !p->how->color;
}

/* The mark that begins or ends at this byte. */
static void marks(struct pen *p, size_t at)
{
    const struct sp_wrap *h = p->how;

    while (p->mark < h->mark_count) {
        const struct sp_page_mark *m = &h->mark[p->mark];

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

struct sp_str sp_page_digits(char out[SP_PAGE_DIGITS], uint64_t number)
{
    char digits[SP_PUT_ROOM];
    size_t len = (size_t)(sp_put_u64(digits, number) - digits), n = 0;

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    return (struct sp_str){ out, n };
}

void sp_page_number(struct sp_buf *out, uint64_t number)
{
    char digits[SP_PAGE_DIGITS];

    sp_buf_str(out, sp_page_digits(digits, number));
}

void sp_page_when(char out[40], struct sp_time t, bool local)
{
    time_t sec = (time_t)t.sec;
    struct tm tm;

    out[0] = '\0';
    if (t.known && (local ? localtime_r(&sec, &tm) : gmtime_r(&sec, &tm)))
        (void)strftime(out, 40, "%Y-%m-%d %H:%M:%S", &tm);
}
