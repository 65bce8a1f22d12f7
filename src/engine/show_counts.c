/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what the case counts. Out: rules, hosts, values, sources and runs, each a view (export/view.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/show.h"
#include "export/view.h"

/* Columns that a narrow terminal goes without; others are left as they are. */
struct narrow {
    const char *key;
    unsigned from_width;
};

struct view {
    struct show *show;
    struct sp_view_column column[SP_VIEW_COLUMNS];
    struct sp_view out;
};

static void begin(struct view *v, struct show *s, const struct sp_view_column *column, unsigned columns, const struct narrow *narrow, size_t narrows)
{
    unsigned width = s->options->output.width;

    v->show = s;
    memcpy(v->column, column, columns * sizeof *column);
    for (unsigned i = 0; i < columns; i++)
        for (size_t n = 0; n < narrows; n++)
            if (width && width < narrow[n].from_width && strcmp(column[i].key, narrow[n].key) == 0)
                v->column[i].title = NULL;
    sp_view_begin(&v->out, &s->options->output, v->column, columns, &s->out);
}

static int give(struct view *v, struct sp_view_look look)
{
    sp_view_row_as(&v->out, look);
    return v->show->options->output.format == SP_FORMAT_TABLE ? 0 : show_flush(v->show, false);
}

/* `nothing`: what a table says that has no row. */
static int end(struct view *v, int rc, const char *nothing)
{
    if (rc == 0 && v->out.rows == 0 && v->show->options->output.format == SP_FORMAT_TABLE)
        sp_buf_printf(&v->show->out, "%s\n", nothing);
    sp_view_end(&v->out);
    return rc;
}

static void level_cell(struct view *v, uint32_t level)
{
    sp_view_text(&v->out, sp_str_c(sp_level_name((enum sp_level)(level <= SP_LEVEL_CRITICAL ? level : 0))));
}

static struct sp_str or_null(struct sp_str s)
{
    return s.len ? s : (struct sp_str){ NULL, 0 };
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---------------------------------------------------------------- what is hidden, by rule and by host */

struct put_away {
    int64_t rule_row;
    struct sp_str org, host;
};

typedef int away_order(const void *a, const void *b);

struct view_of_rules {
    struct view view;
    away_order *order; /* of `away`, once all are known */
    struct put_away *away;
    size_t away_count, away_room;
};

/* sp_case_sightings */
static int note_hidden(void *arg, const struct sp_case_sighting *one)
{
    struct view_of_rules *r = arg;
    struct show *s = r->view.show;
    int hidden = show_hidden(s, one);
    struct put_away *a;

    if (hidden <= 0)
        return hidden;
    if (r->away_count == r->away_room) {
        size_t room = r->away_room ? 2 * r->away_room : 64;

        a = sp_arena_grow(&s->arena, r->away, r->away_count, room, sizeof *a);
        if (!a)
            return show_nomem(s);
        r->away = a;
        r->away_room = room;
    }
    a = &r->away[r->away_count];
    *a = (struct put_away){ one->rule_row, sp_arena_str(&s->arena, one->org), one->host };
    if (a->host.ptr)
        a->host = sp_arena_str(&s->arena, one->host);
    if (!a->org.ptr || (one->host.ptr && !a->host.ptr))
        return show_nomem(s);
    r->away_count++;
    return 0;
}

static int by_rule(const void *a, const void *b)
{
    int64_t x = ((const struct put_away *)a)->rule_row, y = ((const struct put_away *)b)->rule_row;

    return (x > y) - (x < y);
}

/* No host is not the host without a name. */
static int by_host(const void *a, const void *b)
{
    const struct put_away *x = a, *y = b;
    int rc = sp_str_cmp(x->org, y->org);

    if (rc == 0)
        rc = (x->host.ptr != NULL) - (y->host.ptr != NULL);
    return rc ? rc : sp_str_cmp(x->host, y->host);
}

/* How many of those put away are in order before `like`, or, `and_equal`, not behind it. */
static size_t away_before(const struct view_of_rules *r, const struct put_away *like, bool and_equal)
{
    size_t low = 0, high = r->away_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->order(&r->away[middle], like) < (and_equal ? 1 : 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t hidden_like(const struct view_of_rules *r, struct put_away like)
{
    return away_before(r, &like, true) - away_before(r, &like, false);
}

/* Look through all sightings for hidden ones, if anybody has put one away. */
static int find_hidden(struct view_of_rules *r)
{
    struct show *s = r->view.show;
    bool dismissed = false;
    int rc;

    for (size_t i = 0; i < s->act_count; i++)
        dismissed |= sp_str_is(s->act[i].kind, "dismiss");
    if (!dismissed && !s->suppress)
        return 0;
    s->filter.with_line = s->suppress != NULL;
    rc = sp_case_sightings(s->c, &s->filter, note_hidden, r, s->err);
    if (rc == 0 && r->away_count)
        qsort(r->away, r->away_count, sizeof *r->away, r->order);
    return rc;
}

/* ---------------------------------------------------------------- rules */

static const struct sp_view_column rule_columns[] = {
    { "level", "LEVEL", SP_VIEW_LEFT, 0 }, { "sightings", "COUNT", SP_VIEW_RIGHT, 0 }, { "hidden", "HIDDEN", SP_VIEW_RIGHT, 0 },
    { "hosts", "HOSTS", SP_VIEW_RIGHT, 0 }, { "first", "FIRST", SP_VIEW_LEFT, 0 }, { "last", "LAST", SP_VIEW_LEFT, 0 },
    { "rule", "RULE", SP_VIEW_LEFT, 0 }, { "title", "TITLE", SP_VIEW_LEFT, 12 }, { "status", NULL, SP_VIEW_LEFT, 0 }, { "tags", NULL, SP_VIEW_LEFT, 0 },
    { "logsource", NULL, SP_VIEW_LEFT, 0 }, { "sha256", NULL, SP_VIEW_LEFT, 0 }, { "file", NULL, SP_VIEW_LEFT, 0 }, { "line", NULL, SP_VIEW_RIGHT, 0 },
};
static const struct narrow rule_narrow[] = { { "hidden", 100 }, { "rule", 150 } };

/* sp_case_rules */
static int give_rule(void *arg, const struct sp_case_rule *rule)
{
    struct view_of_rules *r = arg;
    struct sp_view *v = &r->view.out;
    uint64_t hidden = hidden_like(r, (struct put_away){ .rule_row = rule->row });
    char hex[65];

    sp_digest_hex(&rule->sha256, hex);
    level_cell(&r->view, rule->level);
    sp_view_u64(v, rule->sightings);
    sp_view_u64(v, hidden);
    sp_view_u64(v, rule->hosts);
    sp_view_time(v, rule->first);
    sp_view_time(v, rule->last);
    sp_view_text(v, or_null(rule->id));
    sp_view_text(v, rule->title);
    sp_view_text(v, rule->status);
    sp_view_json(v, rule->tags);
    sp_view_json(v, rule->logsource);
    sp_view_text(v, (struct sp_str){ hex, 64 });
    sp_view_text(v, rule->file);
    sp_view_u64(v, rule->line);
    return give(&r->view, (struct sp_view_look){ (enum sp_level)rule->level, hidden == rule->sightings, 0 });
}

int show_rules(struct show *s)
{
    struct view_of_rules r = { .order = by_rule };
    int rc;

    begin(&r.view, s, rule_columns, COUNT(rule_columns), rule_narrow, COUNT(rule_narrow));
    rc = find_hidden(&r);
    if (rc == 0)
        rc = sp_case_rules(s->c, &s->filter, give_rule, &r, s->err);
    return end(&r.view, rc, "No rule has a sighting.");
}

/* ---------------------------------------------------------------- hosts */

static const struct sp_view_column host_columns[] = {
    { "level", "LEVEL", SP_VIEW_LEFT, 0 }, { "org", "ORG", SP_VIEW_LEFT, 8 }, { "host", "HOST", SP_VIEW_LEFT, 12 },
    { "sightings", "COUNT", SP_VIEW_RIGHT, 0 }, { "hidden", "HIDDEN", SP_VIEW_RIGHT, 0 }, { "rules", "RULES", SP_VIEW_RIGHT, 0 },
    { "first", "FIRST", SP_VIEW_LEFT, 0 }, { "last", "LAST", SP_VIEW_LEFT, 0 },
};
static const struct narrow host_narrow[] = { { "hidden", 100 } };

/* sp_case_hosts */
static int give_host(void *arg, const struct sp_case_host *host)
{
    struct view_of_rules *r = arg;
    struct sp_view *v = &r->view.out;
    uint64_t hidden = hidden_like(r, (struct put_away){ .org = host->org, .host = host->host });

    level_cell(&r->view, host->level);
    sp_view_text(v, host->org);
    sp_view_text(v, host->host);
    sp_view_u64(v, host->sightings);
    sp_view_u64(v, hidden);
    sp_view_u64(v, host->rules);
    sp_view_time(v, host->first);
    sp_view_time(v, host->last);
    return give(&r->view, (struct sp_view_look){ (enum sp_level)host->level, hidden == host->sightings, host->rules });
}

int show_hosts(struct show *s)
{
    struct view_of_rules r = { .order = by_host };
    int rc;

    begin(&r.view, s, host_columns, COUNT(host_columns), host_narrow, COUNT(host_narrow));
    r.view.out.sorted = true;
    rc = find_hidden(&r);
    if (rc == 0)
        rc = sp_case_hosts(s->c, &s->filter, give_host, &r, s->err);
    return end(&r.view, rc, "No host has a sighting.");
}

/* ---------------------------------------------------------------- values */

static const struct sp_view_column value_columns[] = {
    { "type", "TYPE", SP_VIEW_LEFT, 0 }, { "value", "VALUE", SP_VIEW_LEFT, 16 }, { "sightings", "COUNT", SP_VIEW_RIGHT, 0 },
    { "hosts", "HOSTS", SP_VIEW_RIGHT, 0 }, { "orgs", "ORGS", SP_VIEW_RIGHT, 0 }, { "first", "FIRST", SP_VIEW_LEFT, 0 }, { "last", "LAST", SP_VIEW_LEFT, 0 },
};
static const struct narrow value_narrow[] = { { "orgs", 100 } };

/* sp_case_values */
static int give_value(void *arg, const struct sp_case_value_count *value)
{
    struct view *view = arg;
    struct sp_view *v = &view->out;

    sp_view_text(v, value->type);
    sp_view_text(v, value->value);
    sp_view_u64(v, value->sightings);
    sp_view_u64(v, value->hosts);
    sp_view_u64(v, value->orgs);
    sp_view_time(v, value->first);
    sp_view_time(v, value->last);
    return give(view, (struct sp_view_look){ SP_LEVEL_UNKNOWN, false, value->orgs << 48 | value->hosts << 32 | value->sightings });
}

int show_values(struct show *s)
{
    struct view v;

    begin(&v, s, value_columns, COUNT(value_columns), value_narrow, COUNT(value_narrow));
    v.out.sorted = true; /* what several organisations or hosts share first */
    return end(&v, sp_case_values(s->c, &s->filter, give_value, &v, s->err), "No sighting carries a value.");
}

/* ---------------------------------------------------------------- sources */

static const struct sp_view_column source_columns[] = {
    { "org", "ORG", SP_VIEW_LEFT, 8 }, { "source", "SOURCE", SP_VIEW_TAIL, 12 }, { "type", "TYPE", SP_VIEW_LEFT, 0 },
    { "bytes", "BYTES", SP_VIEW_RIGHT, 0 }, { "records", "RECORDS", SP_VIEW_RIGHT, 0 }, { "undecodable", "BROKEN", SP_VIEW_RIGHT, 0 },
    { "missing", "MISSING", SP_VIEW_RIGHT, 0 }, { "sightings", "SIGHTINGS", SP_VIEW_RIGHT, 0 }, { "first", "FIRST", SP_VIEW_LEFT, 0 },
    { "last", "LAST", SP_VIEW_LEFT, 0 }, { "gaps", NULL, SP_VIEW_RIGHT, 0 }, { "sha256", NULL, SP_VIEW_LEFT, 0 }, { "run", NULL, SP_VIEW_RIGHT, 0 },
    { "account", NULL, SP_VIEW_LEFT, 0 },
};
static const struct narrow source_narrow[] = { { "type", 120 }, { "bytes", 140 }, { "undecodable", 120 }, { "first", 120 } };

/* sp_case_readings */
static int give_source(void *arg, const struct sp_case_reading *reading)
{
    struct view *view = arg;
    struct sp_view *v = &view->out;
    struct show *s = view->show;
    int rc = reading->account.len ? sp_line_read(&s->line, reading->account, s->err) : SP_ERR_FORMAT;
    static const char *const names[4] = { "records", "undecodable", "missing", "gaps" };
    uint64_t number[4] = { 0 };
    char hex[65];

    if (s->filter.org.ptr && !sp_str_eq(s->filter.org, reading->org))
        return 0;
    if (rc == SP_ERR_NOMEM)
        return rc;
    for (size_t i = 0; rc == 0 && i < 4; i++)
        number[i] = sp_line_number(&s->line, 0, names[i]);
    if (rc == 0 && s->line.failed)
        return show_nomem(s);
    sp_digest_hex(&reading->sha256, hex);
    sp_view_text(v, reading->org);
    sp_view_text(v, reading->path);
    sp_view_text(v, reading->type);
    sp_view_u64(v, reading->bytes);
    sp_view_u64(v, number[0]);
    sp_view_u64(v, number[1]);
    sp_view_u64(v, number[2]);
    sp_view_u64(v, reading->sightings);
    sp_view_time(v, reading->first);
    sp_view_time(v, reading->last);
    sp_view_u64(v, number[3]);
    sp_view_text(v, (struct sp_str){ reading->has_sha256 ? hex : NULL, reading->has_sha256 ? 64 : 0 });
    sp_view_u64(v, (uint64_t)reading->run);
    sp_view_json(v, reading->account);
    return give(view, (struct sp_view_look){ .faint = false });
}

int show_sources(struct show *s)
{
    struct view v;

    begin(&v, s, source_columns, COUNT(source_columns), source_narrow, COUNT(source_narrow));
    return end(&v, sp_case_readings(s->c, true, give_source, &v, s->err), "No source has been read.");
}

/* ---------------------------------------------------------------- runs */

static const struct sp_view_column run_columns[] = {
    { "run", "RUN", SP_VIEW_RIGHT, 0 }, { "began", "BEGAN", SP_VIEW_LEFT, 0 }, { "ended", "ENDED", SP_VIEW_LEFT, 0 }, { "state", "STATE", SP_VIEW_LEFT, 0 },
    { "sightings", "NEW", SP_VIEW_RIGHT, 0 }, { "who", "WHO", SP_VIEW_LEFT, 8 }, { "host", "HOST", SP_VIEW_LEFT, 8 },
    { "command", "COMMAND", SP_VIEW_LEFT, 12 }, { "tool", NULL, SP_VIEW_LEFT, 0 }, { "plan", NULL, SP_VIEW_LEFT, 0 },
};
static const struct narrow run_narrow[] = { { "ended", 110 }, { "host", 110 } };

/* The words of the command line, for people: argv is a JSON array. */
static struct sp_str command_of(struct show *s, struct sp_str argv)
{
    struct sp_buf wrapped, words;
    struct sp_str ret = SP_STR_NONE;
    int rc;

    sp_buf_init(&wrapped, 0);
    sp_buf_init(&words, 0);
    sp_buf_text(&wrapped, "{\"argv\":");
    sp_buf_str(&wrapped, argv);
    sp_buf_char(&wrapped, '}');
    rc = argv.len && !wrapped.failed ? sp_line_read(&s->line, sp_buf_view(&wrapped), NULL) : SP_ERR_FORMAT;
    s->out.failed |= rc == SP_ERR_NOMEM;
    if (rc == 0) {
        uint32_t list = sp_line_at(&s->line, 0, "argv");

        for (uint32_t at = list ? s->line.tree.node[list].child : 0; at; at = s->line.tree.node[at].next) {
            struct sp_str word = sp_line_text(&s->line, at);

            sp_buf_text(&words, words.len ? " " : "");
            sp_buf_str(&words, word.ptr ? word : SP_STR_NONE);
        }
        ret = sp_arena_str(&s->arena, sp_buf_view(&words));
    }
    s->out.failed |= wrapped.failed || words.failed || s->line.failed || !ret.ptr;
    sp_buf_done(&wrapped);
    sp_buf_done(&words);
    return ret.ptr ? ret : SP_STR_NONE;
}

/* sp_case_runs */
static int give_run(void *arg, const struct sp_case_run *run)
{
    struct view *view = arg;
    struct sp_view *v = &view->out;
    char hex[65];

    sp_digest_hex(&run->plan, hex);
    sp_view_u64(v, (uint64_t)run->id);
    sp_view_time(v, show_time_of_ns(run->began_ns));
    sp_view_time(v, show_time_of_ns(run->ended_ns));
    sp_view_text(v, sp_str_c(sp_case_state_name(run->state)));
    sp_view_u64(v, run->sightings);
    sp_view_text(v, or_null(run->who));
    sp_view_text(v, or_null(run->host));
    sp_view_text(v, command_of(view->show, run->argv));
    sp_view_text(v, run->tool);
    sp_view_text(v, (struct sp_str){ hex, 64 });
    return give(view, (struct sp_view_look){ .faint = false });
}

int show_runs(struct show *s)
{
    struct view v;

    begin(&v, s, run_columns, COUNT(run_columns), run_narrow, COUNT(run_narrow));
    v.out.exact = true;
    return end(&v, sp_case_runs(s->c, give_run, &v, s->err), "Nothing has been hunted into this case.");
}
