/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what the case counts. Out: rules, hosts, values, sources and runs, each described by one table of its fields, from which
 * JSON, CSV and the table for people are written.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/safe.h"
#include "engine/show.h"

enum kind { TEXT, PATH, NUMBER, TIME, LEVEL, RAW }; /* PATH: what is cut off is its beginning; RAW: JSON, not in tables */

struct field {
    const char *key, *title; /* title NULL: not in tables */
    enum kind kind;
    size_t max;              /* columns in a table of limited width; 0: what is left */
    unsigned from_width;     /* terminals narrower than that go without; 0: always there */
};

struct cell {
    struct sp_str text;      /* ptr NULL: null */
    uint64_t number;
    struct sp_time time;
};

enum { FIELDS_MAX = 16 };

struct view {
    struct show *show;
    const struct field *field;
    size_t count;
    size_t column[FIELDS_MAX];  /* of the table, or SIZE_MAX */
    struct sp_column columns[SP_COLUMNS_MAX];
    struct sp_grid grid;
    uint64_t rows;
    bool exact, sorted;         /* times to the second on any terminal; rows by level and weight */
};

static bool wide_enough(const struct view *v, unsigned width)
{
    unsigned have = v->show->options->output.width;

    return !have || have >= width;
}

static void begin(struct view *v, struct show *s, const struct field *field, size_t count)
{
    size_t n = 0;

    *v = (struct view){ .show = s, .field = field, .count = count };
    for (size_t i = 0; i < count; i++) {
        v->column[i] = SIZE_MAX;
        if (!field[i].title || !wide_enough(v, field[i].from_width) || n == SP_COLUMNS_MAX)
            continue;
        v->column[i] = n;
        v->columns[n++] = (struct sp_column){ field[i].title, field[i].kind == NUMBER, field[i].max, field[i].kind == PATH };
    }
    sp_grid_init(&v->grid, &s->arena, v->columns, n);
    for (size_t i = 0; s->options->output.format == SP_FORMAT_CSV && i < count; i++)
        if (field[i].kind != RAW)
            sp_buf_printf(&s->out, "%s%s", i ? "," : "", field[i].key);
    if (s->options->output.format == SP_FORMAT_CSV)
        sp_buf_text(&s->out, "\r\n");
}

static void json_row(struct view *v, const struct cell *cell)
{
    struct sp_json w = sp_json_to(&v->show->out);

    sp_json_open(&w, '{');
    for (size_t i = 0; i < v->count; i++) {
        const struct field *f = &v->field[i];

        if (f->kind == NUMBER) {
            show_u64(&w, f->key, cell[i].number);
        } else if (f->kind == TIME) {
            show_time(&w, f->key, cell[i].time);
        } else if (f->kind == RAW) {
            sp_json_key(&w, sp_str_c(f->key));
            sp_json_raw(&w, cell[i].text.len ? cell[i].text : SP_STR("null"));
        } else {
            show_str(&w, f->key, cell[i].text);
        }
    }
    sp_json_close(&w, '}');
    sp_buf_char(&v->show->out, '\n');
}

static void csv_row(struct view *v, const struct cell *cell)
{
    struct sp_buf *out = &v->show->out;

    for (size_t i = 0; i < v->count; i++) {
        if (v->field[i].kind == RAW)
            continue;
        if (i)
            sp_buf_char(out, ',');
        if (v->field[i].kind == NUMBER)
            sp_buf_u64(out, cell[i].number);
        else if (v->field[i].kind == TIME && cell[i].time.known)
            sp_time_write(out, cell[i].time);
        else if (v->field[i].kind != TIME && cell[i].text.ptr)
            sp_csv_cell(out, cell[i].text);
    }
    sp_buf_text(out, "\r\n");
}

/* How a row stands out. */
struct looks {
    enum sp_level level;        /* colours it; UNKNOWN: no colour */
    bool faint;                 /* an analyst has put it away */
    uint64_t weight;            /* of a view that is sorted */
};

static bool table_row(struct view *v, const struct cell *cell, struct looks looks)
{
    struct sp_grid_row *row = sp_grid_add(&v->grid);
    bool good = row != NULL, brief = !wide_enough(v, 110) && !v->exact;

    for (size_t i = 0; good && i < v->count; i++) {
        size_t c = v->column[i];

        if (c == SIZE_MAX)
            continue;
        if (v->field[i].kind == NUMBER)
            good = sp_grid_number(&v->grid, row, c, cell[i].number);
        else if (v->field[i].kind == TIME)
            good = sp_grid_cell(&v->grid, row, c, show_time_text(v->show, cell[i].time, brief));
        else
            good = sp_grid_cell(&v->grid, row, c, cell[i].text);
    }
    if (good) {
        row->level = looks.level;
        row->faint = looks.faint;
        row->weight = looks.weight;
    }
    return good;
}

/* One row in the format that was asked for. */
static int give(struct view *v, const struct cell *cell, struct looks looks)
{
    v->rows++;
    if (v->show->options->output.format == SP_FORMAT_TABLE)
        return table_row(v, cell, looks) ? 0 : show_nomem(v->show);
    if (v->show->options->output.format == SP_FORMAT_CSV)
        csv_row(v, cell);
    else
        json_row(v, cell);
    return show_flush(v->show, false);
}

/* `nothing`: what a table says that has no row. */
static int end(struct view *v, const char *nothing)
{
    if (v->show->options->output.format != SP_FORMAT_TABLE)
        return 0;
    if (v->rows == 0)
        sp_buf_printf(&v->show->out, "%s\n", nothing);
    if (v->sorted)
        sp_grid_sort(&v->grid);
    sp_grid_write(&v->grid, &v->show->options->output, &v->show->out);
    return 0;
}

static struct cell text_cell(struct sp_str s)
{
    return (struct cell){ .text = s };
}

static struct cell number_cell(uint64_t n)
{
    return (struct cell){ .text = SP_STR_NONE, .number = n };
}

static struct cell time_cell(struct sp_time t)
{
    return (struct cell){ .text = SP_STR_NONE, .time = t };
}

static struct cell level_cell(uint32_t level)
{
    return text_cell(sp_str_c(sp_level_name((enum sp_level)(level <= SP_LEVEL_CRITICAL ? level : 0))));
}

/* ---------------------------------------------------------------- what is hidden, by rule and by host */

struct put_away {
    int64_t rule_row;
    struct sp_str org, host;
};

struct view_of_rules {
    struct view view;
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

/* Look through all sightings for hidden ones, if anybody has put one away. */
static int find_hidden(struct view_of_rules *r)
{
    struct show *s = r->view.show;
    bool dismissed = false;

    for (size_t i = 0; i < s->act_count; i++)
        dismissed |= sp_str_is(s->act[i].kind, "dismiss");
    if (!dismissed && !s->suppress)
        return 0;
    s->filter.with_line = s->suppress != NULL;
    return sp_case_sightings(s->c, &s->filter, note_hidden, r, s->err);
}

/* ---------------------------------------------------------------- rules */

static const struct field rule_fields[] = {
    { "level", "LEVEL", LEVEL, 13, 0 }, { "sightings", "COUNT", NUMBER, 9, 0 }, { "hidden", "HIDDEN", NUMBER, 9, 100 },
    { "hosts", "HOSTS", NUMBER, 6, 0 }, { "first", "FIRST", TIME, 19, 0 }, { "last", "LAST", TIME, 19, 0 },
    { "rule", "RULE", TEXT, 36, 150 }, { "title", "TITLE", TEXT, 0, 0 }, { "status", NULL, TEXT, 0, 0 }, { "tags", NULL, RAW, 0, 0 },
    { "logsource", NULL, RAW, 0, 0 }, { "sha256", NULL, TEXT, 0, 0 }, { "file", NULL, TEXT, 0, 0 }, { "line", NULL, NUMBER, 0, 0 },
};

/* sp_case_rules */
static int give_rule(void *arg, const struct sp_case_rule *rule)
{
    struct view_of_rules *r = arg;
    uint64_t hidden = 0;
    char hex[65];

    for (size_t i = 0; i < r->away_count; i++)
        hidden += r->away[i].rule_row == rule->row;
    sp_digest_hex(&rule->sha256, hex);
    const struct cell cell[] = {
        level_cell(rule->level), number_cell(rule->sightings), number_cell(hidden), number_cell(rule->hosts), time_cell(rule->first),
        time_cell(rule->last), text_cell(rule->id.len ? rule->id : (struct sp_str){ NULL, 0 }), text_cell(rule->title), text_cell(rule->status),
        text_cell(rule->tags), text_cell(rule->logsource), text_cell((struct sp_str){ hex, 64 }), text_cell(rule->file), number_cell(rule->line),
    };
    return give(&r->view, cell, (struct looks){ (enum sp_level)rule->level, hidden == rule->sightings, 0 });
}

int show_rules(struct show *s)
{
    struct view_of_rules r = { .away = NULL };
    int rc;

    begin(&r.view, s, rule_fields, sizeof rule_fields / sizeof *rule_fields);
    rc = find_hidden(&r);
    if (rc == 0)
        rc = sp_case_rules(s->c, &s->filter, give_rule, &r, s->err);
    return rc < 0 ? rc : end(&r.view, "No rule has a sighting.");
}

/* ---------------------------------------------------------------- hosts */

static const struct field host_fields[] = {
    { "level", "LEVEL", LEVEL, 13, 0 }, { "org", "ORG", TEXT, 16, 0 }, { "host", "HOST", TEXT, 0, 0 }, { "sightings", "COUNT", NUMBER, 9, 0 },
    { "hidden", "HIDDEN", NUMBER, 9, 100 }, { "rules", "RULES", NUMBER, 6, 0 }, { "first", "FIRST", TIME, 19, 0 }, { "last", "LAST", TIME, 19, 0 },
};

/* sp_case_hosts */
static int give_host(void *arg, const struct sp_case_host *host)
{
    struct view_of_rules *r = arg;
    uint64_t hidden = 0;

    for (size_t i = 0; i < r->away_count; i++)
        hidden += sp_str_eq(r->away[i].org, host->org) && (r->away[i].host.ptr == NULL) == (host->host.ptr == NULL) &&
                  sp_str_eq(r->away[i].host, host->host);
    const struct cell cell[] = {
        level_cell(host->level), text_cell(host->org), text_cell(host->host), number_cell(host->sightings), number_cell(hidden),
        number_cell(host->rules), time_cell(host->first), time_cell(host->last),
    };
    return give(&r->view, cell, (struct looks){ (enum sp_level)host->level, hidden == host->sightings, host->rules });
}

int show_hosts(struct show *s)
{
    struct view_of_rules r = { .away = NULL };
    int rc;

    begin(&r.view, s, host_fields, sizeof host_fields / sizeof *host_fields);
    r.view.sorted = true;
    rc = find_hidden(&r);
    if (rc == 0)
        rc = sp_case_hosts(s->c, &s->filter, give_host, &r, s->err);
    return rc < 0 ? rc : end(&r.view, "No host has a sighting.");
}

/* ---------------------------------------------------------------- values */

static const struct field value_fields[] = {
    { "type", "TYPE", TEXT, 12, 0 }, { "value", "VALUE", TEXT, 0, 0 }, { "sightings", "COUNT", NUMBER, 9, 0 }, { "hosts", "HOSTS", NUMBER, 6, 0 },
    { "orgs", "ORGS", NUMBER, 5, 100 }, { "first", "FIRST", TIME, 19, 0 }, { "last", "LAST", TIME, 19, 0 },
};

/* sp_case_values */
static int give_value(void *arg, const struct sp_case_value_count *value)
{
    const struct cell cell[] = {
        text_cell(value->type), text_cell(value->value), number_cell(value->sightings), number_cell(value->hosts), number_cell(value->orgs),
        time_cell(value->first), time_cell(value->last),
    };
    return give(arg, cell, (struct looks){ SP_LEVEL_UNKNOWN, false, value->orgs << 48 | value->hosts << 32 | value->sightings });
}

int show_values(struct show *s)
{
    struct view v;
    int rc;

    begin(&v, s, value_fields, sizeof value_fields / sizeof *value_fields);
    v.sorted = true; /* what several organisations or hosts share first */
    rc = sp_case_values(s->c, &s->filter, give_value, &v, s->err);
    return rc < 0 ? rc : end(&v, "No sighting carries a value.");
}

/* ---------------------------------------------------------------- sources */

static const struct field source_fields[] = {
    { "org", "ORG", TEXT, 16, 0 }, { "source", "SOURCE", PATH, 0, 0 }, { "type", "TYPE", TEXT, 8, 100 }, { "bytes", "BYTES", NUMBER, 16, 110 },
    { "records", "RECORDS", NUMBER, 12, 0 }, { "undecodable", "BROKEN", NUMBER, 8, 100 }, { "missing", "MISSING", NUMBER, 9, 0 },
    { "sightings", "SIGHTINGS", NUMBER, 9, 0 }, { "first", "FIRST", TIME, 19, 0 }, { "last", "LAST", TIME, 19, 0 }, { "gaps", NULL, NUMBER, 0, 0 },
    { "sha256", NULL, TEXT, 0, 0 }, { "run", NULL, NUMBER, 0, 0 }, { "account", NULL, RAW, 0, 0 },
};

/* sp_case_readings */
static int give_source(void *arg, const struct sp_case_reading *reading)
{
    struct view *v = arg;
    struct show *s = v->show;
    int rc = reading->account.len ? sp_line_read(&s->line, reading->account, s->err) : SP_ERR_FORMAT;
    uint64_t number[4] = { 0 };
    static const char *const names[4] = { "records", "undecodable", "missing", "gaps" };
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
    const struct cell cell[] = {
        text_cell(reading->org), text_cell(reading->path), text_cell(reading->type), number_cell(reading->bytes), number_cell(number[0]),
        number_cell(number[1]), number_cell(number[2]), number_cell(reading->sightings), time_cell(reading->first), time_cell(reading->last),
        number_cell(number[3]), text_cell((struct sp_str){ reading->has_sha256 ? hex : NULL, reading->has_sha256 ? 64 : 0 }),
        number_cell((uint64_t)reading->run), text_cell(reading->account),
    };
    return give(v, cell, (struct looks){ .faint = false });
}

int show_sources(struct show *s)
{
    struct view v;
    int rc;

    begin(&v, s, source_fields, sizeof source_fields / sizeof *source_fields);
    rc = sp_case_readings(s->c, true, give_source, &v, s->err);
    return rc < 0 ? rc : end(&v, "No source has been read.");
}

/* ---------------------------------------------------------------- runs */

static const struct field run_fields[] = {
    { "run", "RUN", NUMBER, 6, 0 }, { "began", "BEGAN", TIME, 19, 0 }, { "ended", "ENDED", TIME, 19, 110 }, { "state", "STATE", TEXT, 11, 0 },
    { "sightings", "NEW", NUMBER, 9, 0 }, { "who", "WHO", TEXT, 12, 0 }, { "host", "HOST", TEXT, 12, 110 }, { "command", "COMMAND", TEXT, 0, 0 },
    { "tool", NULL, TEXT, 0, 0 }, { "plan", NULL, TEXT, 0, 0 },
};

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
    struct view *v = arg;
    struct sp_str none = { NULL, 0 };
    char hex[65];

    sp_digest_hex(&run->plan, hex);
    const struct cell cell[] = {
        number_cell((uint64_t)run->id), time_cell(show_time_of_ns(run->began_ns)), time_cell(show_time_of_ns(run->ended_ns)),
        text_cell(sp_str_c(sp_case_state_name(run->state))), number_cell(run->sightings), text_cell(run->who.len ? run->who : none),
        text_cell(run->host.len ? run->host : none), text_cell(command_of(v->show, run->argv)), text_cell(run->tool),
        text_cell((struct sp_str){ hex, 64 }),
    };
    return give(v, cell, (struct looks){ .faint = false });
}

int show_runs(struct show *s)
{
    struct view v;
    int rc;

    begin(&v, s, run_fields, sizeof run_fields / sizeof *run_fields);
    v.exact = true;
    rc = sp_case_runs(s->c, give_run, &v, s->err);
    return rc < 0 ? rc : end(&v, "Nothing has been hunted into this case.");
}
