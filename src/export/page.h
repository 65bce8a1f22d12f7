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
#include "base/buf.h"
#include "base/time.h"
#include "rule/rule.h"
#include "spoor/hunt.h"

/* Append `s` harmless and cut to `width` columns (0: no limit) with an ellipsis, padded to it if `pad`. `scratch` is
 * overwritten. sp_page_tail keeps the end of it, as of a path, and does not pad. */
void sp_page_cell(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width, bool pad);
void sp_page_tail(struct sp_buf *out, struct sp_buf *scratch, struct sp_str s, size_t width);

/* What a terminal is told before a word of this level; SP_PAGE_PLAIN behind it. */
const char *sp_page_level(enum sp_level level);
#define SP_PAGE_PLAIN "\033[0m"
#define SP_PAGE_BOLD  "\033[1m"
#define SP_PAGE_DIM   "\033[2m"
#define SP_PAGE_MARK  "\033[1;4m"

/* A command line in two: the program's own name without its folder, and the arguments. Slices of it. */
struct sp_str sp_page_command(struct sp_str command, struct sp_str *ret_program);

/* A run of bytes of a text that is to be marked; runs rise and do not overlap. */
struct sp_page_mark {
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
    const struct sp_page_mark *mark;
    size_t mark_count;
};

/* Append the text, wrapped, and a line end. */
void sp_page_wrap(struct sp_buf *out, struct sp_str text, const struct sp_wrap *how);

/* 1234567 as 1,234,567: in `out`, and appended. */
enum { SP_PAGE_DIGITS = 32 };
struct sp_str sp_page_digits(char out[SP_PAGE_DIGITS], uint64_t number);
void sp_page_number(struct sp_buf *out, uint64_t number);

/* `2026-03-02 10:00:00` in UTC, or in the zone of the TZ environment; empty where it is not known. */
void sp_page_when(char out[40], struct sp_time time, bool local);

#endif
