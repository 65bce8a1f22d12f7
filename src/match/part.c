/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a pattern and a value as it is shown. Out: byte ranges of the value. Folded text is as long in code points as what it was
 * made of, so places are counted in code points there and turned back into bytes.
 */
#include "match/part.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/unicode.h"
#include "match/regex_run.h"
#include "match/text.h"

struct search {
    struct sp_str text;             /* folded, or the value itself */
    struct sp_part_of *part;
    size_t count;
};

static bool is_dash(struct sp_str s, size_t at, size_t *next)
{
    uint32_t c;

    *next = at;
    c = sp_utf8_next(s, next);
    return c == '-' || c == '/' || (c >= 0x2013 && c <= 0x2015);
}

/* Where the tokens up to the next `*` end when they begin at `at`; SIZE_MAX. Their literals are noted. */
static size_t piece(struct search *s, const struct sp_token *token, uint32_t count, size_t at)
{
    size_t noted = s->count;

    for (uint32_t i = 0; i < count; i++) {
        size_t next = at;

        if (token[i].kind == SP_T_LITERAL) {
            if (!sp_str_starts(sp_str_cut(s->text, at, s->text.len - at), token[i].literal))
                break;
            next = at + token[i].literal.len;
        } else if (at >= s->text.len || (token[i].kind == SP_T_DASH && !is_dash(s->text, at, &next))) {
            break;
        } else {
            next = at;
            (void)sp_utf8_next(s->text, &next);
        }
        if (s->count < SP_PARTS_MAX && s->count > noted && s->part[s->count - 1].from + s->part[s->count - 1].len == at)
            s->part[s->count - 1].len += next - at;
        else if (s->count < SP_PARTS_MAX)
            s->part[s->count++] = (struct sp_part_of){ at, next - at };
        at = next;
        if (i + 1 == count)
            return at;
    }
    if (count == 0)
        return at;
    s->count = noted;
    return SIZE_MAX;
}

/* The piece at its first place from `from` on; the last one that is bound to the end at its last. */
static size_t find_piece(struct search *s, const struct sp_token *token, uint32_t count, size_t from, bool to_end)
{
    for (size_t at = from; at <= s->text.len;) {
        size_t noted = s->count, end = piece(s, token, count, at);

        if (end != SIZE_MAX && (!to_end || end == s->text.len))
            return end;
        s->count = noted;
        if (at == s->text.len)
            break;
        (void)sp_utf8_next(s->text, &at);
    }
    return SIZE_MAX;
}

static void find_text(struct search *s, const struct sp_pattern *p)
{
    bool bound = p->where == SP_WHERE_WHOLE || p->where == SP_WHERE_START;
    bool bound_end = p->where == SP_WHERE_WHOLE || p->where == SP_WHERE_END;
    uint32_t i = 0;
    size_t at = 0;

    while (i < p->token_count) {
        uint32_t n = 0;
        bool last;

        while (i + n < p->token_count && p->token[i + n].kind != SP_T_MANY)
            n++;
        last = i + n == p->token_count;
        if (n)
            at = bound ? piece(s, p->token + i, n, at) : find_piece(s, p->token + i, n, at, last && bound_end);
        if (at == SIZE_MAX) {
            s->count = 0;
            return;
        }
        bound = false;
        i += n + 1;
    }
}

/* Byte places of the folded text as byte places of the value: both have the same code points, one for one. */
static void unfold(struct search *s, struct sp_str value)
{
    size_t folded = 0, at = 0, i = 0;
    bool inside = false;

    while (i < s->count) {
        size_t edge = inside ? s->part[i].len : s->part[i].from; /* `len` is the end meanwhile */

        while (folded < edge && folded < s->text.len && at < value.len) {
            (void)sp_utf8_next(s->text, &folded);
            (void)sp_utf8_next(value, &at);
        }
        if (!inside) {
            s->part[i].from = at;
        } else {
            s->part[i].len = at - s->part[i].from;
            i++;
        }
        inside = !inside;
    }
}

/* A longer text still holds the match of a shorter one, so where it begins to hold one is halved for. Anchors and \b can make
 * that untrue; then more is pointed at than need be. */
static int find_regex(const struct sp_regex *regex, struct sp_str text, struct sp_part_of *part, size_t *count)
{
    struct sp_regex_scratch *scratch = sp_regex_scratch_new(regex);
    size_t low = 0, end = text.len, from = 0, high;
    int rc = scratch ? sp_regex_run(regex, scratch, text) : SP_ERR_NOMEM;

    *count = rc > 0;
    while (rc > 0 && low < end) { /* the shortest beginning that matches */
        size_t middle = low + (end - low) / 2;

        if (sp_regex_run(regex, scratch, sp_str_cut(text, 0, middle)) > 0)
            end = middle;
        else
            low = middle + 1;
    }
    for (high = end; rc > 0 && !regex->anchored && from < high;) { /* and of it the shortest end */
        size_t middle = from + (high - from + 1) / 2;

        if (sp_regex_run(regex, scratch, sp_str_cut(text, middle, end - middle)) > 0)
            from = middle;
        else
            high = middle - 1;
    }
    *part = (struct sp_part_of){ from, end - from };
    sp_regex_scratch_free(scratch);
    return rc < 0 ? rc : 0;
}

int sp_match_part(struct sp_arena *arena, const struct sp_pattern *p, struct sp_str value,
                  struct sp_part_of part[SP_PARTS_MAX], size_t *ret_count)
{
    struct search s = { value, part, 0 };
    struct sp_buf folded;
    int rc = 0;

    *ret_count = 0;
    if (p->kind == SP_P_REGEX)
        return find_regex(p->regex, value, part, ret_count);
    if (p->kind != SP_P_TEXT) {
        part[0] = (struct sp_part_of){ 0, value.len };
        *ret_count = 1;
        return 0;
    }
    sp_buf_init(&folded, 0);
    if (!p->cased) {
        sp_utf8_fold(&folded, value);
        s.text = folded.failed ? (struct sp_str){ NULL, 0 } : sp_arena_str(arena, sp_buf_view(&folded));
        if (!s.text.ptr)
            rc = SP_ERR_NOMEM;
    }
    sp_buf_done(&folded);
    if (rc == 0 && sp_text_match(p, s.text))
        find_text(&s, p);
    if (rc == 0 && !p->cased) {
        for (size_t i = 0; i < s.count; i++)
            s.part[i].len += s.part[i].from;
        unfold(&s, value);
    }
    *ret_count = rc == 0 ? s.count : 0;
    return rc;
}
