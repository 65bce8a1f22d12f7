/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a source's tally. Out: numbers with blanks between them, texts with their length before them; and back. What comes out of
 * a case may be damaged: every number is checked before it is believed.
 */
#include "engine/resume.h"

#include "base/alloc.h"

enum { FORM = 1, RANGES_MAX = 1 << 16, ERRORS_MAX = 1 << 20 };

static void number(struct sp_buf *out, uint64_t n)
{
    sp_buf_u64(out, n);
    sp_buf_char(out, ' ');
}

static void moment(struct sp_buf *out, struct sp_time t)
{
    number(out, t.known);
    number(out, (uint64_t)t.sec);
    number(out, t.nsec);
    number(out, t.digits);
    number(out, t.has_zone);
}

void sp_resume_write(struct sp_buf *out, const struct sp_source_tally *tally, uint64_t lines)
{
    const struct sp_account *a = &tally->account;
    const uint64_t plain[] = { FORM, lines, tally->unrecognised, (uint64_t)a->type, a->opened, a->lost, a->bytes, a->records,
                               a->undecodable, a->carved, a->duplicates, a->error_total, a->numbers.full };

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        number(out, plain[i]);
    moment(out, tally->first);
    moment(out, tally->last);
    number(out, a->numbers.count);
    for (size_t i = 0; i < a->numbers.count; i++) {
        number(out, a->numbers.range[i].first);
        number(out, a->numbers.range[i].last);
    }
    number(out, a->error_count);
    for (uint64_t i = 0; i < a->error_count; i++) {
        struct sp_str reason = sp_str_c(a->error[i].reason);

        number(out, a->error[i].offset);
        number(out, a->error[i].lost);
        number(out, reason.len);
        sp_buf_str(out, reason);
    }
}

/* The text that is left; `wrong` is sticky. */
struct cursor {
    struct sp_str rest;
    bool wrong;
};

static uint64_t next(struct cursor *c, uint64_t most)
{
    uint64_t n = 0;
    size_t i = 0;

    while (i < c->rest.len && i < 20 && c->rest.ptr[i] >= '0' && c->rest.ptr[i] <= '9')
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(c->rest.ptr[i++] - '0'), &n))
            c->wrong = true;
    c->wrong |= i == 0 || i == c->rest.len || c->rest.ptr[i] != ' ' || n > most;
    if (c->wrong)
        return 0;
    c->rest = sp_str_cut(c->rest, i + 1, c->rest.len - i - 1);
    return n;
}

static struct sp_time next_moment(struct cursor *c)
{
    struct sp_time t;

    t.known = next(c, 1);
    t.sec = (int64_t)next(c, UINT64_MAX);
    t.nsec = (uint32_t)next(c, 999999999);
    t.digits = (uint8_t)next(c, 9);
    t.has_zone = next(c, 1);
    return t;
}

static void next_ranges(struct cursor *c, struct sp_gaps *to)
{
    uint64_t count = next(c, RANGES_MAX);
    struct sp_gaps one = { 0 };

    for (uint64_t i = 0; i < count && !c->wrong; i++) {
        struct sp_range range = { next(c, UINT64_MAX), 0 };

        range.last = next(c, UINT64_MAX);
        one.range = &range;
        one.count = 1;
        sp_gaps_join(to, &one);
    }
}

static void next_errors(struct cursor *c, struct sp_account *a)
{
    uint64_t count = next(c, ERRORS_MAX);

    a->error = count && !c->wrong ? sp_arena_alloc(&a->arena, count * sizeof *a->error) : NULL;
    c->wrong |= count && !a->error;
    a->error_room = c->wrong ? 0 : count;
    for (uint64_t i = 0; i < count && !c->wrong; i++) {
        struct sp_read_error *e = &a->error[i];
        size_t len;

        e->offset = next(c, UINT64_MAX);
        e->lost = next(c, 1);
        len = (size_t)next(c, c->rest.len);
        if (c->wrong || len > c->rest.len)
            break;
        e->reason = sp_arena_str(&a->arena, sp_str_cut(c->rest, 0, len)).ptr;
        c->wrong |= !e->reason;
        c->rest = sp_str_cut(c->rest, len, c->rest.len - len);
        a->error_count = i + 1;
    }
    c->wrong |= a->error_count != count;
}

bool sp_resume_read(struct sp_str text, struct sp_source_tally *tally, uint64_t *ret_lines)
{
    struct cursor c = { text, false };
    struct sp_source_tally t = { .account = tally->account };
    struct sp_account *a = &t.account;
    uint64_t lines;

    c.wrong |= next(&c, FORM) != FORM;
    lines = next(&c, UINT64_MAX);
    t.unrecognised = next(&c, UINT64_MAX);
    a->type = (enum sp_source_type)next(&c, SP_SOURCE_LATER);
    a->opened = next(&c, 1);
    a->lost = next(&c, 1);
    a->bytes = next(&c, UINT64_MAX);
    a->records = next(&c, UINT64_MAX);
    a->undecodable = next(&c, UINT64_MAX);
    a->carved = next(&c, UINT64_MAX);
    a->duplicates = next(&c, UINT64_MAX);
    a->error_total = next(&c, UINT64_MAX);
    a->numbers.full = next(&c, 1);
    t.first = next_moment(&c);
    t.last = next_moment(&c);
    next_ranges(&c, &a->numbers);
    next_errors(&c, a);
    if (c.wrong || a->error_count > a->error_total) {
        sp_gaps_done(&a->numbers);
        tally->account.arena = a->arena; /* what was taken from it stays there */
        return false;
    }
    *tally = t;
    *ret_lines = lines;
    return true;
}
