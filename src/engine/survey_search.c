/* SPDX-License-Identifier: Apache-2.0
 *
 * search: events with a text, or a match of a regular expression, in any of their values. Texts are compared as Sigma's
 * `contains` does, without case; a regular expression as Sigma's `re` does. Hits are rendered by the worker that finds
 * them and come out in order of (time, source, offset).
 */
#include "base/error.h"
#include "base/safe.h"
#include "base/unicode.h"
#include "engine/survey.h"
#include "match/regex_run.h"
#include "match/sorter.h"
#include "match/text.h"
#include "read/value.h"

enum { NAME_MAX_BYTES = 512, BEFORE = 24, MATCH_REACH = 512, HOST_COLUMNS = 18, HOST_NARROW = 12, CHANNEL_COLUMNS = 20, CHANNEL_NARROW = 10 };

struct view {
    struct sp_buf needle;          /* folded */
    struct sp_arena arena;         /* of the regexes */
    struct sp_regex *regex, *whole; /* whole: the same from begin to end, to find where a match is; NULL: it cannot be had */
    struct sp_sorter *sorter;
};

/* In a part's log, followed by the rendered line. */
struct entry {
    struct sp_sort_key key;
    uint64_t len;
};

struct part {
    struct sp_regex_scratch *regex, *whole;
    struct sp_buf log, line, folded, name;
};

/* The first value of an event that matches. */
struct hit {
    struct sp_str name, value; /* name: of its field */
    size_t from, to;           /* bytes of the value that matched; to 0: all that is known is that it did */
    unsigned fields;           /* values that match */
};

static int compile(struct view *v, const char *re, const struct sp_limits *limits, struct sp_error *err)
{
    struct sp_buf text;
    int rc = sp_regex_compile(&v->arena, sp_str_c(re), 0, limits, &v->regex, err);

    if (rc < 0 && rc != SP_ERR_NOMEM) {
        struct sp_error why = *err;

        sp_error_set(err, SP_ERR_USAGE, "%s", why.what);
        sp_error_where(err, "--regex");
        sp_error_cure(err, "see docs/rules.md for what regular expressions may hold; a text is searched for without --regex");
    }
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : SP_ERR_USAGE;
    sp_buf_init(&text, 0);
    sp_buf_printf(&text, "\\A(?:%s)\\z", re);
    rc = text.failed ? SP_ERR_NOMEM : sp_regex_compile(&v->arena, sp_buf_view(&text), 0, limits, &v->whole, NULL);
    sp_buf_done(&text);
    if (rc == SP_ERR_NOMEM)
        return sp_error_nomem(err);
    if (rc < 0)
        v->whole = NULL;
    else
        v->whole->id = 1;
    return 0;
}

static int begin(struct sp_survey *s)
{
    struct view *v = s->view;
    const char *text = s->options->text;

    sp_arena_init(&v->arena, SIZE_MAX);
    v->sorter = sp_sorter_new(s->scope.limits.sort_bytes);
    if (!v->sorter)
        return sp_error_nomem(s->err);
    if (s->options->regex)
        return compile(v, s->options->regex, &s->scope.limits, s->err);
    if (!text || !*text) {
        sp_error_set(s->err, SP_ERR_USAGE, "there is no text to search for");
        sp_error_where(s->err, "search");
        sp_error_cure(s->err, "spoor search TEXT PATH, or spoor search --regex RE PATH");
        return SP_ERR_USAGE;
    }
    sp_utf8_fold(&v->needle, sp_str_c(text));
    return v->needle.failed ? sp_error_nomem(s->err) : 0;
}

/* The byte of `text` where its code point number `n` begins. */
static size_t byte_of(struct sp_str text, size_t n)
{
    size_t at = 0;

    while (n-- && at < text.len)
        (void)sp_utf8_next(text, &at);
    return at;
}

static size_t points(struct sp_str text)
{
    size_t n = 0;

    for (size_t at = 0; at < text.len; n++)
        (void)sp_utf8_next(text, &at);
    return n;
}

/* 1 and where; 0; SP_ERR_NOMEM. Folding takes one code point to one, so they are counted to find the place. */
static int find_text(const struct view *v, struct part *p, struct sp_str value, struct hit *hit)
{
    struct sp_str needle = sp_buf_view(&v->needle);
    size_t at, from;

    sp_buf_clear(&p->folded);
    sp_utf8_fold(&p->folded, value);
    if (p->folded.failed)
        return SP_ERR_NOMEM;
    at = sp_text_find(sp_buf_view(&p->folded), needle);
    if (at == SIZE_MAX)
        return 0;
    from = points(sp_str_cut(sp_buf_view(&p->folded), 0, at));
    hit->from = byte_of(value, from);
    hit->to = byte_of(value, from + points(needle));
    return 1;
}

static int run(const struct sp_regex *regex, struct sp_regex_scratch *scratch, struct sp_str value, size_t from, size_t to)
{
    return sp_regex_run(regex, scratch, sp_str_cut(value, from, to - from));
}

/* Where the match is that ends first: its end is the length of the shortest beginning of the value that matches, found by
 * halving; its begin and how far it reaches are tried, up to MATCH_REACH bytes. What look at the text around (`$`, `\b`)
 * makes of that is a smaller mark, or none. */
static int locate(const struct view *v, struct part *p, struct sp_str value, struct hit *hit)
{
    size_t low = 0, high = value.len, from, to;
    int rc = 0;

    hit->from = hit->to = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        rc = run(v->regex, p->regex, value, 0, middle);
        if (rc < 0)
            return rc;
        if (rc)
            high = middle;
        else
            low = middle + 1;
    }
    rc = 0;
    for (from = high > MATCH_REACH ? high - MATCH_REACH : 0; from < high; from++)
        if ((rc = run(v->whole, p->whole, value, from, high)) != 0)
            break;
    if (rc <= 0)
        return rc;
    hit->from = from;
    hit->to = high;
    for (to = high + 1; to <= value.len && to - high < MATCH_REACH; to++) {
        rc = run(v->whole, p->whole, value, from, to);
        if (rc < 0)
            return rc;
        hit->to = rc ? to : hit->to;
    }
    return 0;
}

static int find_regex(const struct view *v, struct part *p, struct sp_str value, struct hit *hit)
{
    int rc;

    if (!p->regex && !(p->regex = sp_regex_scratch_new(v->regex)))
        return SP_ERR_NOMEM;
    rc = sp_regex_run(v->regex, p->regex, value);
    if (rc <= 0 || !v->whole || hit->fields)
        return rc;
    if (!p->whole && !(p->whole = sp_regex_scratch_new(v->whole)))
        return SP_ERR_NOMEM;
    rc = locate(v, p, value, hit);
    return rc < 0 ? rc : 1;
}

struct walk {
    const struct view *v;
    struct part *p;
    const struct sp_tree *tree;
    struct sp_buf *text, *kept; /* the value in hand; the one of the hit */
    struct hit *hit;
};

/* One value: 0 or SP_ERR_NOMEM. */
static int try_value(struct walk *w, struct sp_value value)
{
    struct hit found = *w->hit;
    struct sp_str text = sp_value_text(value, w->text);
    int rc;

    if (w->text->failed)
        return SP_ERR_NOMEM;
    rc = w->v->regex ? find_regex(w->v, w->p, text, &found) : find_text(w->v, w->p, text, &found);
    if (rc <= 0)
        return rc;
    if (w->hit->fields++ == 0) {
        sp_buf_clear(w->kept);
        sp_buf_str(w->kept, text);
        sp_buf_str(w->kept, sp_buf_view(&w->p->name));
        if (w->kept->failed || w->p->name.failed)
            return SP_ERR_NOMEM;
        w->hit->from = found.from;
        w->hit->to = found.to;
        w->hit->value = sp_str_cut(sp_buf_view(w->kept), 0, text.len);
        w->hit->name = sp_str_cut(sp_buf_view(w->kept), text.len, w->p->name.len);
    }
    return 0;
}

/* All values below a node, p->name being its own; the reader bounds the depth. */
static int walk(struct walk *w, uint32_t at)
{
    const struct sp_node *node = &w->tree->node[at];
    size_t before = w->p->name.len;
    int rc = 0;

    if (node->value.type != SP_V_MAP && node->value.type != SP_V_LIST)
        return node->value.type == SP_V_NULL ? 0 : try_value(w, node->value);
    for (uint32_t child = node->child; rc == 0 && child; child = w->tree->node[child].next) {
        struct sp_str name = w->tree->node[child].name;

        if (name.len && before + name.len < NAME_MAX_BYTES) {
            if (before)
                sp_buf_char(&w->p->name, '.');
            sp_buf_str(&w->p->name, name);
        }
        rc = walk(w, child);
        w->p->name.len = before;
    }
    return rc;
}

/* The fields as rules see them; where none matches, what else the record holds. */
static int find(const struct view *v, struct part *p, const struct sp_survey_seen *seen, struct hit *hit)
{
    struct walk w = { v, p, seen->event->tree, &seen->text[0], &seen->text[1], hit };
    int rc;

    sp_buf_clear(&p->name);
    rc = walk(&w, seen->event->fields);
    if (rc == 0 && !hit->fields && seen->event->whole != seen->event->fields)
        rc = walk(&w, seen->event->whole);
    return rc;
}

static struct sp_str matched(const struct hit *hit)
{
    return hit->to ? sp_str_cut(hit->value, hit->from, hit->to - hit->from) : hit->value;
}

static struct sp_str known(struct sp_str text)
{
    return text.len ? text : (struct sp_str){ NULL, 0 };
}

static int json_line(struct sp_survey *s, struct part *p, const struct sp_survey_seen *seen, const struct hit *hit)
{
    const struct sp_record *r = seen->event->record;
    struct sp_json w = sp_json_to(&p->line);
    struct sp_digest sha;
    char hex[65];
    int rc;

    if (!sp_sha256(r->raw, &sha))
        return SP_ERR_NOMEM;
    sp_json_open(&w, '{');
    sp_json_member_time(&w, "time", seen->event->time);
    sp_json_member(&w, "host", known(sp_survey_host(seen, 2)));
    sp_json_member(&w, "channel", known(sp_survey_channel(seen, 3)));
    sp_json_member(&w, "event_id", known(sp_survey_event_id(seen, 4)));
    sp_json_key(&w, SP_STR("field"));
    sp_json_str(&w, hit->name);
    sp_json_key(&w, SP_STR("match"));
    sp_json_str(&w, matched(hit));
    sp_json_key(&w, SP_STR("values"));
    sp_json_u64(&w, hit->fields);
    sp_json_key(&w, SP_STR("fields"));
    rc = sp_event_fields_json(seen->events, seen->event, &p->line);
    w.comma = true;
    sp_json_key(&w, SP_STR("spoor"));
    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("source"));
    sp_json_text(&w, s->scope.sources.source[seen->source].path);
    sp_json_key(&w, SP_STR("offset"));
    sp_json_u64(&w, r->offset);
    sp_json_key(&w, SP_STR("length"));
    sp_json_u64(&w, r->length);
    sp_json_key(&w, SP_STR("record"));
    sp_json_u64(&w, r->number);
    sp_json_key(&w, SP_STR("sha256"));
    sp_digest_hex(&sha, hex);
    sp_json_text(&w, hex);
    sp_json_key(&w, SP_STR("carved"));
    sp_json_bool(&w, r->carved);
    sp_json_close(&w, '}');
    sp_json_close(&w, '}');
    sp_buf_char(&p->line, '\n');
    return rc;
}

static const char csv_header[] = "time,host,channel,event_id,field,match,values,source,offset,record\r\n";

static int csv_line(struct sp_survey *s, struct part *p, const struct sp_survey_seen *seen, const struct hit *hit)
{
    const struct sp_record *r = seen->event->record;
    char time[SP_TIME_ROOM];
    struct sp_str when = { time, seen->event->time.known ? (size_t)(sp_time_put(time, seen->event->time) - time) : 0 };
    const struct sp_str cell[] = { when, sp_survey_host(seen, 2), sp_survey_channel(seen, 3), sp_survey_event_id(seen, 4), hit->name, matched(hit) };

    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        sp_csv_cell(&p->line, cell[i]);
        sp_buf_char(&p->line, ',');
    }
    sp_buf_printf(&p->line, "%u,", hit->fields);
    sp_csv_cell(&p->line, sp_str_c(s->scope.sources.source[seen->source].path));
    sp_buf_printf(&p->line, ",%llu,%llu\r\n", (unsigned long long)r->offset, (unsigned long long)r->number);
    return 0;
}

/* Some of the line, in what is left of its columns. */
static void put(struct part *p, struct sp_str text, size_t *room)
{
    size_t at = p->line.len, used;

    if (!*room || !text.len)
        return;
    sp_page_cell(&p->line, &p->folded, text, *room, false);
    used = p->line.failed ? *room : sp_safe_width(sp_str_cut(sp_buf_view(&p->line), at, p->line.len - at));
    *room -= used < *room ? used : *room;
}

/* Field, what stands before the match, the match, what stands behind it. */
static void put_value(struct part *p, const struct sp_output *o, const struct hit *hit, size_t room)
{
    struct sp_str v = hit->value, before = sp_str_cut(v, 0, hit->from), behind = sp_str_cut(v, hit->to, v.len - hit->to);
    size_t skip = points(before);

    put(p, hit->name, &room);
    put(p, SP_STR(": "), &room);
    if (skip > BEFORE) {
        size_t at = byte_of(before, skip - BEFORE);

        put(p, SP_STR("\u2026"), &room);
        before = sp_str_cut(before, at, before.len - at);
    }
    put(p, before, &room);
    if (room && o->color && hit->to)
        sp_buf_text(&p->line, "\033[1;31m");
    put(p, sp_str_cut(v, hit->from, hit->to - hit->from), &room);
    if (o->color && hit->to)
        sp_buf_text(&p->line, "\033[0m");
    put(p, behind, &room);
}

enum { WIDE_VALUE = 240, FIXED_COLUMNS = 16 + 5 + 4 * 2, VALUE_LEAST = 16 };

static int table_line(struct sp_survey *s, struct part *p, const struct sp_survey_seen *seen, const struct hit *hit)
{
    const struct sp_output *o = &s->options->output;
    bool narrow = sp_view_narrow(o);
    size_t host = narrow ? HOST_NARROW : HOST_COLUMNS, channel = narrow ? CHANNEL_NARROW : CHANNEL_COLUMNS;
    size_t room = !o->width ? WIDE_VALUE : o->width > FIXED_COLUMNS + host + channel + VALUE_LEAST ? o->width - FIXED_COLUMNS - host - channel : VALUE_LEAST;
    char time[40];

    sp_page_when(time, seen->event->time, o->local_time);
    sp_buf_printf(&p->line, o->width ? "%-16.16s  " : "%-19s  ", *time ? time : "-");
    sp_page_cell(&p->line, &p->folded, sp_survey_host(seen, 2), host, true);
    sp_buf_text(&p->line, "  ");
    sp_page_cell(&p->line, &p->folded, sp_survey_short(sp_survey_channel(seen, 3)), channel, true);
    sp_buf_text(&p->line, "  ");
    sp_page_cell(&p->line, &p->folded, sp_survey_event_id(seen, 4), 5, true);
    sp_buf_text(&p->line, "  ");
    put_value(p, o, hit, room);
    sp_buf_char(&p->line, '\n');
    return 0;
}

static int see(struct sp_survey *s, void *part, const struct sp_survey_seen *seen)
{
    const struct sp_event *e = seen->event;
    struct hit hit = { .value = SP_STR_NONE };
    struct part *p = part;
    struct entry entry = { .key = { .sec = e->time.sec, .nsec = e->time.nsec, .no_time = !e->time.known,
                                    .source = (uint32_t)seen->source, .offset = e->record->offset } };
    int rc = find(s->view, p, seen, &hit);

    if (rc < 0 || !hit.fields)
        return rc;
    sp_buf_clear(&p->line);
    switch (s->options->output.format) {
    case SP_FORMAT_TABLE:
        rc = table_line(s, p, seen, &hit);
        break;
    case SP_FORMAT_CSV:
        rc = csv_line(s, p, seen, &hit);
        break;
    case SP_FORMAT_JSON:
    case SP_FORMAT_SIGHTINGS:
    case SP_FORMAT_XML:
    case SP_FORMAT_FIELDS:
    default:
        rc = json_line(s, p, seen, &hit);
        break;
    }
    entry.len = p->line.len;
    sp_buf_add(&p->log, &entry, sizeof entry);
    sp_buf_str(&p->log, sp_buf_view(&p->line));
    return rc < 0 || p->line.failed || p->log.failed || sp_survey_failed(seen) ? SP_ERR_NOMEM : 0;
}

static size_t held(const void *part)
{
    return ((const struct part *)part)->log.len;
}

static int commit(struct sp_survey *s, void *part, size_t source)
{
    struct view *v = s->view;
    struct part *p = part;
    struct sp_str log = sp_buf_view(&p->log);
    int rc = 0;

    (void)source;
    while (rc == 0 && log.len) {
        struct sp_sorted one = { .payload = SP_STR_NONE };
        struct entry e;

        memcpy(&e, log.ptr, sizeof e);
        one.key = e.key;
        one.payload = sp_str_cut(log, sizeof e, e.len);
        rc = sp_sorter_add(v->sorter, &one, s->err);
        log = sp_str_cut(log, sizeof e + e.len, log.len - sizeof e - e.len);
        s->result->rows++;
    }
    sp_buf_clear(&p->log);
    return rc;
}

static void part_done(void *part)
{
    struct part *p = part;

    sp_regex_scratch_free(p->regex);
    sp_regex_scratch_free(p->whole);
    sp_buf_done(&p->log);
    sp_buf_done(&p->line);
    sp_buf_done(&p->folded);
    sp_buf_done(&p->name);
}

static int give_out(void *arg, const struct sp_sorted *one)
{
    struct sp_survey *s = arg;

    sp_buf_str(&s->out, one->payload);
    return sp_survey_flush(s, false);
}

static int give(struct sp_survey *s)
{
    if (s->options->output.format == SP_FORMAT_CSV)
        sp_buf_text(&s->out, csv_header);
    return sp_sorter_each(((struct view *)s->view)->sorter, give_out, s, NULL, s->err);
}

static void done(struct sp_survey *s)
{
    struct view *v = s->view;

    sp_sorter_free(v->sorter);
    sp_buf_done(&v->needle);
    sp_arena_done(&v->arena);
}

const struct sp_survey_ops sp_survey_search = {
    .view_bytes = sizeof(struct view), .part_bytes = sizeof(struct part), .begin = begin, .see = see, .held = held, .commit = commit,
    .part_done = part_done, .write = give, .done = done,
};
