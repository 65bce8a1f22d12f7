/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the sightings that pass the filter, in order of time. Out: the time line: one line an event, with every rule that saw it
 * and what analysts have called it.
 */
#include "base/error.h"
#include "base/safe.h"
#include "engine/show.h"

enum { RULES_MAX = 64, WHAT_MAX = 1024 }; /* rules named of one event; bytes of its value */

struct event {
    bool open;
    struct sp_digest id;
    struct sp_time time;
    struct sp_buf org, host, user, source, what, tags, titles; /* titles: JSON array; ids: the same */
    struct sp_buf ids, names;                                   /* names: titles for people */
    uint64_t offset, rules;
    uint32_t level;
    bool has_host, has_user, hidden;
};

struct timeline {
    struct show *show;
    struct event event;
    struct sp_buf scratch;
    struct sp_json titles, ids;
    uint64_t events, hidden;
};

static void texts_of(struct event *e, struct sp_buf *list[9])
{
    struct sp_buf *all[9] = { &e->org, &e->host, &e->user, &e->source, &e->what, &e->tags, &e->titles, &e->ids, &e->names };

    memcpy(list, all, sizeof all);
}

static void write_json(struct timeline *t)
{
    struct event *e = &t->event;
    struct sp_json w = sp_json_to(&t->show->out);
    struct sp_str none = { NULL, 0 };

    sp_json_open(&w, '{');
    sp_json_member_time(&w, "time", e->time);
    sp_json_member(&w, "org", sp_buf_view(&e->org));
    sp_json_member(&w, "host", e->has_host ? sp_buf_view(&e->host) : none);
    sp_json_member(&w, "user", e->has_user ? sp_buf_view(&e->user) : none);
    show_digest(&w, "event", &e->id);
    sp_json_member(&w, "level", sp_str_c(sp_level_name((enum sp_level)e->level)));
    sp_json_key(&w, SP_STR("rules"));
    sp_json_raw(&w, sp_buf_view(&e->titles));
    sp_json_key(&w, SP_STR("sightings"));
    sp_json_raw(&w, sp_buf_view(&e->ids));
    sp_json_member(&w, "what", e->what.len ? sp_buf_view(&e->what) : none);
    sp_json_member(&w, "tags", e->tags.len ? sp_buf_view(&e->tags) : none);
    sp_json_member(&w, "source", sp_buf_view(&e->source));
    sp_json_member_u64(&w, "offset", e->offset);
    sp_json_close(&w, '}');
    sp_buf_char(&t->show->out, '\n');
}

static void write_csv(struct timeline *t)
{
    struct event *e = &t->event;
    const struct sp_buf *cells[] = { &e->org, &e->host, &e->user, &e->names, &e->what, &e->tags, &e->source };
    struct sp_buf *out = &t->show->out;

    if (e->time.known)
        sp_time_write(out, e->time);
    sp_buf_printf(out, ",%s,", sp_level_name((enum sp_level)e->level));
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        sp_csv_cell(out, sp_buf_view(cells[i]));
        sp_buf_char(out, ',');
    }
    sp_buf_u64(out, e->offset);
    sp_buf_text(out, "\r\n");
}

static const char *brief_level(uint32_t level)
{
    static const char *const names[] = { "-   ", "info", "low ", "med ", "high", "crit" };

    return names[level <= SP_LEVEL_CRITICAL ? level : 0];
}

/* time  LEVEL  host  rules  #tags | value; the value on a line of its own where lines are short. */
static void write_line(struct timeline *t)
{
    const struct sp_output *o = &t->show->options->output;
    struct event *e = &t->event;
    struct sp_buf *out = &t->show->out, text;
    struct sp_str when = show_time_text(t->show, e->time, false);
    unsigned host = o->width && o->width < 100 ? 14 : 18;
    size_t fixed = 19 + 2 + 4 + 2 + host + 2;

    sp_buf_init(&text, 0);
    if (e->tags.len) {
        sp_buf_str(&text, sp_buf_view(&e->tags));
        sp_buf_text(&text, "  ");
    }
    sp_buf_str(&text, sp_buf_view(&e->names));
    if (e->what.len && (!o->width || o->width >= 100)) {
        sp_buf_text(&text, "  | ");
        sp_buf_str(&text, sp_buf_view(&e->what));
    }
    if (o->color && e->hidden)
        sp_buf_text(out, SP_PAGE_DIM);
    sp_page_cell(out, &t->scratch, when, 19, true);
    sp_buf_printf(out, "  %s%s%s  ", o->color ? sp_page_level((enum sp_level)e->level) : "", brief_level(e->level),
                  o->color ? SP_PAGE_PLAIN : "");
    sp_page_cell(out, &t->scratch, e->has_host ? sp_buf_view(&e->host) : SP_STR("-"), host, true);
    sp_buf_text(out, "  ");
    sp_page_cell(out, &t->scratch, sp_buf_view(&text), o->width ? (o->width > fixed + 12 ? o->width - fixed : 12) : 0, false);
    sp_buf_char(out, '\n');
    out->failed |= text.failed;
    sp_buf_done(&text);
}

static int end_event(struct timeline *t)
{
    struct event *e = &t->event;
    struct sp_buf *list[9];

    if (!e->open)
        return 0;
    sp_json_close(&t->titles, ']');
    sp_json_close(&t->ids, ']');
    texts_of(e, list);
    for (size_t i = 0; i < 9; i++)
        t->show->out.failed |= list[i]->failed;
    if (t->show->options->output.format == SP_FORMAT_JSON)
        write_json(t);
    else if (t->show->options->output.format == SP_FORMAT_CSV)
        write_csv(t);
    else
        write_line(t);
    t->events++;
    e->open = false;
    return show_flush(t->show, false);
}

static void put(struct sp_buf *to, struct sp_str s)
{
    sp_buf_clear(to);
    sp_buf_str(to, s.ptr ? s : SP_STR_NONE);
}

static int begin_event(struct timeline *t, const struct sp_case_sighting *one, bool hidden)
{
    struct event *e = &t->event;
    enum show_sort sort = SHOW_TEXT;
    struct sp_str what;
    int rc;

    e->open = true;
    e->hidden = hidden;
    e->id = one->event;
    e->time = one->time;
    e->offset = one->offset;
    e->level = 0;
    e->rules = 0;
    e->has_host = one->host.ptr != NULL;
    e->has_user = one->user.ptr != NULL;
    put(&e->org, one->org);
    put(&e->host, one->host);
    put(&e->user, one->user);
    put(&e->source, one->source);
    sp_buf_clear(&e->tags);
    sp_buf_clear(&e->titles);
    sp_buf_clear(&e->ids);
    sp_buf_clear(&e->names);
    t->titles = sp_json_to(&e->titles);
    t->ids = sp_json_to(&e->ids);
    sp_json_open(&t->titles, '[');
    sp_json_open(&t->ids, '[');
    rc = sp_line_read(&t->show->line, one->line, t->show->err);
    what = rc == 0 ? show_telling(&t->show->line, &sort) : SP_STR_NONE;
    what = what.len > WHAT_MAX ? sp_str_cut(what, 0, WHAT_MAX) : what;
    if (rc == 0 && t->show->line.failed)
        return show_nomem(t->show);
    put(&e->what, t->show->options->output.format == SP_FORMAT_TABLE ? show_short(t->show, what, sort) : what);
    return rc;
}

/* sp_case_sightings */
static int take(void *arg, const struct sp_case_sighting *one)
{
    struct timeline *t = arg;
    struct event *e = &t->event;
    int hidden = show_hidden(t->show, one), rc = 0;
    char hex[65];

    if (hidden < 0)
        return hidden;
    t->hidden += hidden != SHOW_SEEN;
    if (hidden != SHOW_SEEN && !t->show->options->all)
        return 0;
    if (!e->open || memcmp(&e->id, &one->event, sizeof e->id) != 0) {
        rc = end_event(t);
        if (rc == 0)
            rc = begin_event(t, one, hidden != SHOW_SEEN);
        if (rc < 0)
            return rc;
    }
    if (one->level > e->level)
        e->level = one->level;
    if (e->rules++ < RULES_MAX) {
        sp_json_str(&t->titles, one->title);
        sp_digest_hex(&one->id, hex);
        sp_json_str(&t->ids, (struct sp_str){ hex, 64 });
        sp_buf_text(&e->names, e->rules > 1 ? " + " : "");
        sp_buf_str(&e->names, one->title);
    }
    show_tags(t->show, &one->id, &e->tags);
    return 0;
}

int show_timeline(struct show *s)
{
    struct timeline t = { .show = s };
    struct sp_buf *list[9];
    int rc;

    if (s->options->output.format == SP_FORMAT_CSV)
        sp_buf_text(&s->out, "time,level,org,host,user,rules,what,tags,source,offset\r\n");
    s->filter.with_line = true;
    rc = sp_case_sightings(s->c, &s->filter, take, &t, s->err);
    if (rc == 0)
        rc = end_event(&t);
    if (rc == 0 && s->options->output.format == SP_FORMAT_TABLE) {
        sp_buf_text(&s->out, t.events ? "\n" : "");
        sp_page_number(&s->out, t.events);
        sp_buf_printf(&s->out, " event%s, times in %s", t.events == 1 ? "" : "s", s->options->output.local_time ? "the zone of --tz" : "UTC");
        if (t.hidden && !s->options->all) {
            sp_buf_text(&s->out, "; ");
            sp_page_number(&s->out, t.hidden);
            sp_buf_text(&s->out, " sightings more, benign or dismissed: --all");
        }
        sp_buf_text(&s->out, ".\n");
    }
    texts_of(&t.event, list);
    for (size_t i = 0; i < 9; i++)
        sp_buf_done(list[i]);
    s->out.failed |= t.scratch.failed;
    sp_buf_done(&t.scratch);
    return rc;
}
