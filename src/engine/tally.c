/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sightings in order. Out: rows by rule and host, a table, the most telling ones. The tally owns its rows.
 */
#include "engine/tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/safe.h"
#include "export/view.h"

enum { TALLY_ROWS_MAX = 100000, BUCKETS = 1 << 14 };

int sp_tally_init(struct sp_tally *t)
{
    *t = (struct sp_tally){ 0 };
    sp_arena_init(&t->arena, SIZE_MAX);
    t->bucket_count = BUCKETS;
    t->bucket = sp_zalloc(BUCKETS * sizeof(struct sp_tally_row *));
    return t->bucket ? 0 : SP_ERR_NOMEM;
}

void sp_tally_done(struct sp_tally *t)
{
    sp_arena_done(&t->arena);
    sp_free(t->bucket);
    sp_free(t->row);
    *t = (struct sp_tally){ 0 };
}

static struct sp_tally_row *find(const struct sp_tally *t, size_t bucket, const struct sp_rule *rule, struct sp_str host, bool others)
{
    for (struct sp_tally_row *r = t->bucket[bucket]; r; r = r->next)
        if (r->rule == rule && r->others == others && (r->host.ptr == NULL) == (host.ptr == NULL) && sp_str_eq(r->host, host))
            return r;
    return NULL;
}

static struct sp_tally_row *add_row(struct sp_tally *t, size_t bucket, struct sp_tally_row row)
{
    struct sp_tally_row *r;

    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 256;
        struct sp_tally_row **grown = sp_realloc_array(t->row, room, sizeof(struct sp_tally_row *));

        if (!grown)
            return NULL;
        t->row = grown;
        t->room = room;
    }
    r = sp_arena_zalloc(&t->arena, sizeof *r);
    if (!r)
        return NULL;
    if (row.host.ptr)
        row.host = sp_arena_str(&t->arena, row.host);
    *r = row;
    r->next = t->bucket[bucket];
    t->bucket[bucket] = r;
    t->row[t->count++] = r;
    return r;
}

int sp_tally_add(struct sp_tally *t, const struct sp_rule *rule, struct sp_str host, const struct sp_sort_key *key)
{
    bool others = false;
    size_t bucket = (sp_str_hash(host) ^ (rule->rank * UINT64_C(0x9E3779B97F4A7C15))) & (t->bucket_count - 1);
    struct sp_tally_row *r = find(t, bucket, rule, host, false);

    if (!r && t->count >= TALLY_ROWS_MAX) {
        others = true;
        host = (struct sp_str){ NULL, 0 };
        bucket = (rule->rank * UINT64_C(0x9E3779B97F4A7C15)) & (t->bucket_count - 1);
        r = find(t, bucket, rule, host, true);
    }
    if (!r)
        r = add_row(t, bucket, (struct sp_tally_row){ .rule = rule, .host = host, .others = others, .first = *key });
    if (!r)
        return SP_ERR_NOMEM;
    r->count++;
    if (!key->no_time || r->count == 1)
        r->last = *key;
    t->sightings++;
    t->by_level[rule->level]++;
    return 0;
}

static int by_level_count(const void *a, const void *b)
{
    const struct sp_tally_row *x = *(const struct sp_tally_row *const *)a, *y = *(const struct sp_tally_row *const *)b;
    int c;

    if (x->rule->level != y->rule->level)
        return x->rule->level > y->rule->level ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    c = sp_str_cmp(x->rule->title, y->rule->title);
    if (c == 0)
        c = (x->rule->rank > y->rule->rank) - (x->rule->rank < y->rule->rank);
    if (c == 0)
        c = (int)x->others - (int)y->others;
    return c ? c : sp_str_cmp(x->host.ptr ? x->host : SP_STR_NONE, y->host.ptr ? y->host : SP_STR_NONE);
}

static void when(char out[40], const struct sp_sort_key *key, bool local)
{
    sp_page_when(out, (struct sp_time){ .sec = key->sec, .known = !key->no_time }, local);
}

static struct sp_str host_of(const struct sp_tally_row *r)
{
    return r->others ? SP_STR("(other hosts)") : r->host.ptr ? r->host : SP_STR("-");
}

enum { WIDE = 100, TIME_MINUTES = 16, TIME_SECONDS = 19, SPAN = 5, TITLE_LEAST = 16, HOST_LEAST = 10 };

/* Widths of the columns: as narrow as the rows allow, since the title is what people read. */
struct columns {
    bool wide;                              /* else LAST says how much later than FIRST it is */
    size_t level, count, first, last, host, title; /* title 0: no limit */
};

static struct sp_str level_word(enum sp_level level, const struct sp_output *o)
{
    return o->width && level == SP_LEVEL_INFORMATIONAL ? SP_STR("info") : sp_str_c(sp_level_name(level));
}

static struct columns columns_of(const struct sp_tally *t, const struct sp_output *o, struct sp_buf *scratch)
{
    bool wide = !o->width || o->width >= WIDE;
    struct columns c = { wide, 5, 5, o->width ? TIME_MINUTES : TIME_SECONDS, !o->width ? TIME_SECONDS : wide ? TIME_MINUTES : SPAN, 4, 0 };
    size_t host_max = !o->width ? SIZE_MAX : o->width / 6 > HOST_LEAST ? o->width / 6 : HOST_LEAST, fixed;

    for (size_t i = 0; i < t->count; i++) {
        char digits[24];
        size_t level = level_word(t->row[i]->rule->level, o).len, host;
        int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)t->row[i]->count);

        sp_buf_clear(scratch);
        sp_safe_write(scratch, host_of(t->row[i]));
        host = sp_safe_width(sp_buf_view(scratch));
        c.level = level > c.level ? level : c.level;
        c.count = (size_t)count > c.count ? (size_t)count : c.count;
        c.host = host > c.host ? host : c.host;
    }
    c.host = c.host < host_max ? c.host : host_max;
    fixed = c.level + c.count + c.first + c.last + c.host + 10;
    if (o->width)
        c.title = o->width > fixed + TITLE_LEAST ? o->width - fixed : TITLE_LEAST;
    return c;
}

/* How much later: `+3 d`, `+12 h`, `+5 m`, `+9 s`; empty where it is not. */
static void span(char out[40], const struct sp_sort_key *first, const struct sp_sort_key *last)
{
    static const struct { int64_t s; char name; } unit[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    int64_t s = first->no_time || last->no_time ? 0 : last->sec - first->sec;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
        if (s >= unit[i].s) {
            int64_t n = s / unit[i].s;

            (void)snprintf(out, 40, n > 9999 ? "+%lld" : n > 99 ? "+%lld%c" : "+%lld %c", (long long)(n > 9999 ? 9999 : n), unit[i].name);
            return;
        }
}

static void table_row(const struct sp_tally_row *r, const struct columns *c, const struct sp_output *o, struct sp_buf *scratch, struct sp_buf *out)
{
    char first[40], last[40];

    when(first, &r->first, o->local_time);
    if (c->wide)
        when(last, &r->last, o->local_time);
    else
        span(last, &r->first, &r->last);
    sp_buf_printf(out, "%s%-*.*s%s  %*llu  %-*.*s  %-*.*s  ", o->color ? sp_page_level(r->rule->level) : "", (int)c->level,
                  SP_STR_ARG(level_word(r->rule->level, o)), o->color ? "\033[0m" : "", (int)c->count, (unsigned long long)r->count,
                  (int)c->first, (int)c->first, first, (int)c->last, (int)c->last, last);
    sp_page_cell(out, scratch, host_of(r), c->host, true);
    sp_buf_text(out, "  ");
    sp_page_cell(out, scratch, r->rule->title, c->title, false);
    sp_buf_char(out, '\n');
}

void sp_tally_table(struct sp_tally *t, const struct sp_output *o, struct sp_buf *out)
{
    struct sp_buf scratch;
    struct columns c;

    if (t->count == 0)
        return;
    sp_buf_init(&scratch, 0);
    c = columns_of(t, o, &scratch);
    qsort(t->row, t->count, sizeof(struct sp_tally_row *), by_level_count);
    sp_buf_printf(out, "%s%-*s  %*s  %-*s  %-*s  ", o->color ? "\033[1m" : "", (int)c.level, "LEVEL", (int)c.count, "COUNT", (int)c.first, "FIRST",
                  (int)c.last, "LAST");
    sp_page_cell(out, &scratch, SP_STR("HOST"), c.host, true);
    sp_buf_printf(out, "  TITLE%s\n", o->color ? "\033[0m" : "");
    for (size_t i = 0; i < t->count; i++)
        table_row(t->row[i], &c, o, &scratch, out);
    if (scratch.failed)
        out->failed = true;
    sp_buf_done(&scratch);
}

struct per_rule {
    const struct sp_rule *rule;
    const struct sp_tally_row *first;
    struct sp_sort_key last;
    uint64_t count, hosts;
};

static int by_telling(const void *a, const void *b)
{
    const struct per_rule *x = a, *y = b;

    if (x->rule->level != y->rule->level)
        return x->rule->level > y->rule->level ? -1 : 1;
    if (x->count != y->count) /* what happens once tells more than what happens all day */
        return x->count < y->count ? -1 : 1;
    return (x->rule->rank > y->rule->rank) - (x->rule->rank < y->rule->rank);
}

static int by_rule(const void *a, const void *b)
{
    const struct sp_tally_row *x = *(const struct sp_tally_row *const *)a, *y = *(const struct sp_tally_row *const *)b;

    if (x->rule->rank != y->rule->rank)
        return x->rule->rank < y->rule->rank ? -1 : 1;
    return by_level_count(a, b);
}

static bool before(const struct sp_sort_key *a, const struct sp_sort_key *b)
{
    if (a->no_time != b->no_time)
        return a->no_time < b->no_time;
    return a->sec != b->sec ? a->sec < b->sec : a->nsec < b->nsec;
}

/* One entry a rule out of the rows sorted by rule. */
static size_t group(const struct sp_tally *t, struct per_rule *list)
{
    size_t n = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct sp_tally_row *r = t->row[i];

        if (n == 0 || list[n - 1].rule != r->rule)
            list[n++] = (struct per_rule){ r->rule, r, r->last, 0, 0 };
        if (before(&r->first, &list[n - 1].first->first))
            list[n - 1].first = r;
        if (before(&list[n - 1].last, &r->last))
            list[n - 1].last = r->last;
        list[n - 1].count += r->count;
        list[n - 1].hosts++;
    }
    return n;
}

static int by_host(const void *a, const void *b)
{
    const struct sp_tally_row *x = *(const struct sp_tally_row *const *)a, *y = *(const struct sp_tally_row *const *)b;

    return sp_str_cmp(x->host.ptr ? x->host : SP_STR_NONE, y->host.ptr ? y->host : SP_STR_NONE);
}

size_t sp_tally_top(struct sp_tally *t, struct sp_hunt_top *top, uint32_t *source_rank, size_t max)
{
    struct per_rule *list = sp_realloc_array(NULL, t->count + 1, sizeof *list);
    size_t n;

    if (!list || t->count == 0) {
        sp_free(list);
        return 0;
    }
    qsort(t->row, t->count, sizeof(struct sp_tally_row *), by_host);
    t->hosts = 0;
    for (size_t i = 0; i < t->count; i++)
        t->hosts += t->row[i]->host.ptr && (i == 0 || !sp_str_eq(t->row[i]->host, t->row[i - 1]->host));
    qsort(t->row, t->count, sizeof(struct sp_tally_row *), by_rule);
    n = group(t, list);
    t->rules = n;
    qsort(list, n, sizeof *list, by_telling);
    n = n < max ? n : max;
    for (size_t i = 0; i < n; i++) {
        top[i] = (struct sp_hunt_top){
            .level = sp_level_name(list[i].rule->level), .title = sp_arena_str(&t->arena, list[i].rule->title).ptr,
            .rule_id = sp_arena_str(&t->arena, list[i].rule->id).ptr, .host = list[i].first->host.ptr,
            .rule_file = list[i].rule->own ? NULL : sp_arena_str(&t->arena, list[i].rule->file).ptr, .offset = list[i].first->first.offset, .count = list[i].count, .hosts = list[i].hosts };
        when(top[i].first, &list[i].first->first, false);
        when(top[i].last, &list[i].last, false);
        source_rank[i] = list[i].first->first.source;
    }
    sp_free(list);
    return n;
}
