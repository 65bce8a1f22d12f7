/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the sightings that pass the filter, in order. Out: hunt's own lines; CSV; the table of sightings; the time line.
 *
 * The table goes by rule, gravest and rarest first, with the first few sightings of each: however often a noisy rule has fired, a
 * rule that fired once is as many lines away from the top as there are rules before it.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/safe.h"
#include "engine/show.h"

enum { FEW = 3, ALL_UP_TO = 40 }; /* sightings shown of a rule, unless there are but few or --rule asks for them */

/* ---------------------------------------------------------------- JSON, CSV */

static void csv_cell(struct sp_buf *out, struct sp_str s)
{
    sp_csv_cell(out, s.ptr ? s : SP_STR_NONE);
    sp_buf_char(out, ',');
}

static void csv_tags(struct sp_line *l, uint32_t rule, struct sp_buf *out)
{
    uint32_t tags = sp_line_at(l, rule, "tags");
    bool first = true;

    for (uint32_t at = tags ? l->tree.node[tags].child : 0; at; at = l->tree.node[at].next) {
        if (!first)
            sp_buf_char(out, ' ');
        sp_csv_cell(out, sp_line_text(l, at));
        first = false;
    }
}

/* The columns of contract 5, out of the line. */
static int csv_line(struct show *s, const struct sp_case_sighting *one)
{
    struct sp_line *l = &s->line;
    uint32_t rule, event;
    int rc = sp_line_read(l, one->line, s->err);

    if (rc < 0)
        return rc;
    rule = sp_line_at(l, 0, "rule");
    event = sp_line_at(l, 0, "event");
    csv_cell(&s->out, sp_line_member(l, 0, "id"));
    csv_cell(&s->out, sp_line_member(l, 0, "time"));
    csv_cell(&s->out, sp_line_member(l, 0, "org"));
    csv_cell(&s->out, sp_line_member(l, rule, "level"));
    csv_cell(&s->out, sp_line_member(l, 0, "kind"));
    csv_cell(&s->out, sp_line_member(l, rule, "id"));
    csv_cell(&s->out, sp_line_member(l, rule, "title"));
    csv_cell(&s->out, sp_line_member(l, 0, "host"));
    csv_cell(&s->out, sp_line_member(l, 0, "user"));
    csv_cell(&s->out, sp_line_member(l, event, "source"));
    csv_cell(&s->out, sp_line_member(l, event, "offset"));
    csv_cell(&s->out, sp_line_member(l, event, "length"));
    csv_cell(&s->out, sp_line_member(l, 0, "record"));
    csv_cell(&s->out, sp_line_member(l, event, "sha256"));
    csv_tags(l, rule, &s->out);
    sp_buf_text(&s->out, "\r\n");
    return l->failed ? show_nomem(s) : 0;
}

/* sp_case_sightings */
static int give_line(void *arg, const struct sp_case_sighting *one)
{
    struct show *s = arg;
    int hidden = s->options->all ? SHOW_SEEN : show_hidden(s, one);
    int rc = 0;

    if (hidden < 0 || hidden != SHOW_SEEN) {
        s->hidden++;
        return hidden < 0 ? hidden : 0;
    }
    if (s->options->output.format == SP_FORMAT_CSV)
        rc = csv_line(s, one);
    else
        sp_buf_str(&s->out, one->line);
    return rc < 0 ? rc : show_flush(s, false);
}

/* ---------------------------------------------------------------- the table */

struct row {
    struct sp_digest id;
    struct sp_time time;
    struct sp_str host, user, what, tags;
    enum show_hidden hidden;
    struct row *next;
};

struct group {
    int64_t rule_row;
    struct sp_str rule_id, title;
    uint32_t level;
    uint64_t count, hidden, kept;
    struct sp_time first, last;
    struct row *row, *last_row;
    struct group *next;           /* in its bucket */
};

enum { BUCKETS = 4096, HOSTS_BUCKETS = 4096 };

struct seen_host {
    struct sp_str org, host;
    struct seen_host *next;
};

struct table {
    struct show *show;
    struct group *bucket[BUCKETS];
    struct group **list;
    struct seen_host *host[HOSTS_BUCKETS];
    size_t count, room;
    uint64_t sightings, hidden, hosts, few;
};

static struct sp_str copy(struct show *s, struct sp_str text)
{
    return text.ptr ? sp_arena_str(&s->arena, text) : text;
}

static struct group *group_of(struct table *t, const struct sp_case_sighting *one)
{
    struct group **bucket = &t->bucket[(uint64_t)one->rule_row % BUCKETS], *g;

    for (g = *bucket; g; g = g->next)
        if (g->rule_row == one->rule_row)
            return g;
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct group **grown = sp_arena_grow(&t->show->arena, t->list, t->count, room, sizeof(struct group *));

        if (!grown)
            return NULL;
        t->list = grown;
        t->room = room;
    }
    g = sp_arena_zalloc(&t->show->arena, sizeof *g);
    if (!g)
        return NULL;
    g->rule_row = one->rule_row;
    g->rule_id = copy(t->show, one->rule_id);
    g->title = copy(t->show, one->title);
    g->level = one->level;
    g->next = *bucket;
    *bucket = g;
    t->list[t->count++] = g;
    return g->rule_id.ptr && g->title.ptr ? g : NULL;
}

/* Count the host if it is new. */
static bool count_host(struct table *t, const struct sp_case_sighting *one)
{
    struct seen_host **bucket = &t->host[(sp_str_hash(one->host) ^ sp_str_hash(one->org)) % HOSTS_BUCKETS], *h;

    if (!one->host.ptr)
        return true;
    for (h = *bucket; h; h = h->next)
        if (sp_str_eq(h->host, one->host) && sp_str_eq(h->org, one->org))
            return true;
    h = sp_arena_zalloc(&t->show->arena, sizeof *h);
    if (!h)
        return false;
    h->org = copy(t->show, one->org);
    h->host = copy(t->show, one->host);
    h->next = *bucket;
    *bucket = h;
    t->hosts++;
    return h->org.ptr && h->host.ptr;
}

static struct row *keep(struct table *t, struct group *g, const struct sp_case_sighting *one)
{
    struct row *r = sp_arena_zalloc(&t->show->arena, sizeof *r);

    if (!r)
        return NULL;
    r->id = one->id;
    r->time = one->time;
    r->host = copy(t->show, one->host);
    r->user = copy(t->show, one->user);
    if (g->last_row)
        g->last_row->next = r;
    else
        g->row = r;
    g->last_row = r;
    g->kept++;
    return r;
}

/* sp_case_sightings */
static int take_row(void *arg, const struct sp_case_sighting *one)
{
    struct table *t = arg;
    struct show *s = t->show;
    int hidden = show_hidden(s, one);
    struct group *g;
    struct row *r;

    if (hidden < 0)
        return hidden;
    t->hidden += hidden != SHOW_SEEN;
    if (hidden != SHOW_SEEN && !s->options->all)
        return 0;
    g = group_of(t, one);
    if (!g || !count_host(t, one))
        return show_nomem(s);
    t->sightings++;
    g->count++;
    if (g->count == 1)
        g->first = one->time;
    g->last = one->time.known ? one->time : g->last;
    if (g->kept >= ALL_UP_TO && !s->options->rule)
        return 0;
    r = keep(t, g, one);
    if (!r)
        return show_nomem(s);
    r->hidden = (enum show_hidden)hidden;
    return 0;
}

static int by_rarity(const void *a, const void *b)
{
    const struct group *x = *(const struct group *const *)a, *y = *(const struct group *const *)b;
    int c;

    if (x->level != y->level)
        return x->level > y->level ? -1 : 1;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    c = sp_str_cmp(x->title, y->title);
    return c ? c : (x->rule_row > y->rule_row) - (x->rule_row < y->rule_row);
}

/* sp_case_sighting_find */
static int take_what(void *arg, const struct sp_case_sighting *one)
{
    struct table *t = ((void **)arg)[0];
    struct row *r = ((void **)arg)[1];
    int rc = sp_line_read(&t->show->line, one->line, t->show->err);
    enum show_sort sort;
    struct sp_str what;

    if (rc < 0)
        return rc;
    what = show_telling(&t->show->line, &sort);
    if (what.len > 1024)
        what.len = 1024;
    r->what = show_short(t->show, what, sort);
    return t->show->line.failed || t->show->out.failed ? show_nomem(t->show) : 0;
}

/* What a row that is shown says: its tags, and the value that tells most. */
static int describe(struct table *t, struct row *r)
{
    void *both[2] = { t, r };
    struct sp_buf tags;
    char hex[65];
    int rc;

    sp_digest_hex(&r->id, hex);
    rc = sp_case_sighting_find(t->show->c, (struct sp_str){ hex, 64 }, take_what, both, t->show->err);
    if (rc < 0)
        return rc;
    if (!r->what.ptr) /* it was there a moment ago: the database had no memory to find it again */
        return show_nomem(t->show);
    sp_buf_init(&tags, 0);
    if (r->hidden != SHOW_SEEN)
        sp_buf_text(&tags, r->hidden == SHOW_BENIGN ? "(benign) " : "(dismissed) ");
    show_tags(t->show, &r->id, &tags);
    if (tags.len && tags.ptr[tags.len - 1] != ' ')
        sp_buf_char(&tags, ' ');
    sp_buf_str(&tags, r->what);
    r->what = tags.failed ? (struct sp_str){ NULL, 0 } : copy(t->show, sp_buf_view(&tags));
    sp_buf_done(&tags);
    return r->what.ptr ? 0 : show_nomem(t->show);
}

/* Digits of an id that are enough to tell so many apart, nearly always. */
static size_t digits_for(uint64_t count)
{
    return count < 3000 ? 8 : count < 50000 ? 10 : 12;
}

struct widths {
    size_t id, host, user, what;
};

/* Columns of a text once it is harmless. */
static size_t columns_of(const struct table *t, struct sp_buf *scratch, struct sp_str s)
{
    if (!s.ptr)
        return 1;
    sp_buf_clear(scratch);
    sp_safe_write(scratch, s);
    t->show->out.failed |= scratch->failed;
    return sp_safe_width(sp_buf_view(scratch));
}

static struct widths widths_of(const struct table *t, struct sp_buf *scratch)
{
    unsigned width = t->show->options->output.width;
    struct widths w = { digits_for(t->sightings), 4, 0, 0 };
    size_t user = 4, fixed;

    for (size_t i = 0; i < t->count; i++)
        for (const struct row *r = t->list[i]->row; r; r = r->next) {
            size_t host = columns_of(t, scratch, r->host), u = columns_of(t, scratch, r->user);

            w.host = host > w.host ? host : w.host;
            user = u > user ? u : user;
        }
    if (!width || width >= 110)
        w.user = width && user > 24 ? 24 : user;
    if (!width)
        return w;
    w.host = w.host > 18 ? 18 : w.host;
    fixed = 2 + w.id + 2 + 19 + 2 + w.host + 2 + (w.user ? w.user + 2 : 0);
    w.what = width > fixed + 12 ? width - fixed : 12;
    return w;
}

static void write_group(struct table *t, const struct group *g, struct sp_buf *scratch)
{
    const struct sp_output *o = &t->show->options->output;
    struct sp_buf *out = &t->show->out;
    struct sp_buf head;

    sp_buf_init(&head, 0);
    sp_buf_printf(&head, "%-13s ", sp_level_name((enum sp_level)g->level));
    sp_page_number(&head, g->count);
    sp_buf_text(&head, " x  ");
    if (o->color)
        sp_buf_text(out, sp_page_level((enum sp_level)g->level));
    sp_buf_str(out, sp_buf_view(&head));
    if (o->color)
        sp_buf_text(out, SP_PAGE_PLAIN SP_PAGE_BOLD);
    sp_page_cell(out, scratch, g->title, o->width > head.len + 12 ? o->width - head.len : o->width ? 12 : 0, false);
    if (o->color)
        sp_buf_text(out, SP_PAGE_PLAIN);
    sp_buf_char(out, '\n');
    out->failed |= head.failed;
    sp_buf_done(&head);
}

static int write_rows(struct table *t, const struct group *g, const struct widths *w, struct sp_buf *scratch)
{
    struct show *s = t->show;
    uint64_t max = s->options->rule || t->sightings <= ALL_UP_TO ? UINT64_MAX : FEW, shown = 0;
    bool dim;

    for (struct row *r = g->row; r && shown < max; r = r->next, shown++) {
        char hex[65];
        int rc = describe(t, r);

        if (rc < 0)
            return rc;
        sp_digest_hex(&r->id, hex);
        dim = s->options->output.color && r->hidden != SHOW_SEEN;
        sp_buf_printf(&s->out, "%s  %.*s  ", dim ? SP_PAGE_DIM : "", (int)w->id, hex);
        sp_page_cell(&s->out, scratch, show_time_text(s, r->time, false), 19, true);
        sp_buf_text(&s->out, "  ");
        sp_page_cell(&s->out, scratch, r->host.ptr ? r->host : SP_STR("-"), w->host, true);
        sp_buf_text(&s->out, "  ");
        if (w->user) {
            sp_page_cell(&s->out, scratch, r->user.ptr ? r->user : SP_STR("-"), w->user, true);
            sp_buf_text(&s->out, "  ");
        }
        sp_page_cell(&s->out, scratch, r->what, w->what, false);
        sp_buf_text(&s->out, dim ? SP_PAGE_PLAIN "\n" : "\n");
        rc = show_flush(s, false);
        if (rc < 0)
            return rc;
    }
    if (g->count > shown) {
        t->few += g->count - shown;
        sp_buf_text(&s->out, "  ... and ");
        sp_page_number(&s->out, g->count - shown);
        sp_buf_text(&s->out, " more, up to ");
        sp_buf_str(&s->out, show_time_text(s, g->last, false));
        if (g->rule_id.len) {
            sp_buf_text(&s->out, s->options->output.width && s->options->output.width < 100 ? "\n      --rule " : ": --rule ");
            sp_safe_write(&s->out, g->rule_id);
        }
        sp_buf_char(&s->out, '\n');
    }
    return 0;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* The last line: how much there is, and how to see what is not shown. */
static void write_foot(struct table *t)
{
    struct sp_buf *out = &t->show->out;
    uint64_t hidden = t->hidden;

    if (t->sightings) {
        sp_buf_char(out, '\n');
        sp_page_number(out, t->sightings);
        sp_buf_printf(out, " sighting%s by %zu rule%s on ", plural(t->sightings), t->count, plural(t->count));
        sp_page_number(out, t->hosts);
        sp_buf_printf(out, " host%s", plural(t->hosts));
        if (t->few) {
            sp_buf_text(out, "; ");
            sp_page_number(out, t->few);
            sp_buf_text(out, " of them not listed");
        }
        sp_buf_text(out, ".\n");
    } else {
        sp_buf_text(out, "No sighting");
        sp_buf_text(out, hidden && !t->show->options->all ? " that is not benign or dismissed.\n" : ".\n");
    }
    if (hidden) {
        sp_page_number(out, hidden);
        sp_buf_text(out, t->show->options->all ? " of them are benign or dismissed.\n" : " more, benign or dismissed: --all\n");
    }
    if (t->sightings)
        sp_buf_text(out, "Next: spoor show sighting ID\n");
}

static int show_table(struct show *s)
{
    struct table *t = sp_zalloc(sizeof *t);
    struct sp_buf scratch;
    struct widths w;
    int rc;

    if (!t)
        return show_nomem(s);
    t->show = s;
    sp_buf_init(&scratch, 0);
    s->filter.with_line = s->suppress != NULL;
    rc = sp_case_sightings(s->c, &s->filter, take_row, t, s->err);
    if (rc == 0 && t->count)
        qsort(t->list, t->count, sizeof(struct group *), by_rarity);
    w = widths_of(t, &scratch);
    for (size_t i = 0; rc == 0 && i < t->count; i++) {
        write_group(t, t->list[i], &scratch);
        rc = write_rows(t, t->list[i], &w, &scratch);
    }
    if (rc == 0)
        write_foot(t);
    s->out.failed |= scratch.failed;
    sp_buf_done(&scratch);
    sp_free(t);
    return rc;
}

int show_sightings(struct show *s)
{
    if (s->options->output.format == SP_FORMAT_TABLE)
        return show_table(s);
    if (s->options->output.format == SP_FORMAT_CSV)
        sp_buf_text(&s->out, "id,time,org,level,kind,rule_id,title,host,user,source,offset,length,record,sha256,tags\r\n");
    s->filter.with_line = true;
    return sp_case_sightings(s->c, &s->filter, give_line, s, s->err);
}
