/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the options of `show`. Out: the view that was asked for, written by the other files of it.
 */
#include "engine/scope.h"
#include "engine/show.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/limits.h"

enum { WRITE_BYTES = 1 << 16 };

int show_nomem(struct show *s)
{
    return sp_error_nomem(s->err);
}

int show_flush(struct show *s, bool all)
{
    int rc = 0;

    if (s->out.failed)
        return show_nomem(s);
    if (s->out.len && (all || s->out.len >= WRITE_BYTES)) {
        rc = s->options->output.write(s->options->output.arg, s->out.ptr, s->out.len, s->err);
        sp_buf_clear(&s->out);
    }
    return rc < 0 ? rc : 0;
}

/* ---------------------------------------------------------------- JSON and times */

struct sp_time show_time_of_ns(int64_t ns)
{
    int64_t sec = ns / 1000000000 - (ns % 1000000000 < 0);

    return (struct sp_time){ .sec = sec, .nsec = (uint32_t)(ns - sec * 1000000000), .known = ns != 0, .has_zone = true };
}

void show_ns(struct sp_json *w, const char *key, int64_t ns)
{
    sp_json_member_time(w, key, show_time_of_ns(ns));
}

void show_digest(struct sp_json *w, const char *key, const struct sp_digest *digest)
{
    char hex[65];

    sp_digest_hex(digest, hex);
    sp_json_member(w, key, (struct sp_str){ hex, 64 });
}

/* A text without memory is empty, and the output is worth nothing. */
static struct sp_str or_failed(struct show *s, struct sp_str text)
{
    s->out.failed |= text.ptr == NULL;
    return text.ptr ? text : SP_STR_NONE;
}

struct sp_str show_time_text(struct show *s, struct sp_time time, bool brief)
{
    char text[40];

    sp_page_when(text, time, s->options->output.local_time);
    if (brief && *text)
        text[10] = '\0';
    return or_failed(s, sp_arena_str(&s->arena, sp_str_c(*text ? text : "-")));
}

void show_act_json(struct sp_json *w, const struct show_act *act)
{
    sp_json_open(w, '{');
    sp_json_member_u64(w, "act", (uint64_t)act->row);
    sp_json_member(w, "kind", act->kind);
    show_ns(w, "time", act->time_ns);
    sp_json_member(w, "who", act->who.len ? act->who : (struct sp_str){ NULL, 0 });
    sp_json_member(w, "text", act->text.len ? act->text : (struct sp_str){ NULL, 0 });
    sp_json_member(w, "why", act->why);
    sp_json_member(w, "until", act->until.len ? act->until : (struct sp_str){ NULL, 0 });
    sp_json_close(w, '}');
}

/* ---------------------------------------------------------------- acts */

static int take_act(void *arg, const struct sp_case_act *act)
{
    struct show *s = arg;
    const struct sp_str from[] = { act->who, act->kind, act->target, act->text, act->why, act->until };
    struct sp_str to[6];

    if (s->act_count == s->act_room) {
        size_t room = s->act_room ? 2 * s->act_room : 64;
        struct show_act *grown = sp_arena_grow(&s->arena, s->act, s->act_count, room, sizeof *grown);

        if (!grown)
            return show_nomem(s);
        s->act = grown;
        s->act_room = room;
    }
    for (size_t i = 0; i < 6; i++) {
        to[i] = sp_arena_str(&s->arena, from[i].ptr ? from[i] : SP_STR_NONE);
        if (!to[i].ptr)
            return show_nomem(s);
    }
    s->act[s->act_count++] = (struct show_act){ act->row, act->time_ns, to[0], to[1], to[2], to[3], to[4], to[5] };
    return 0;
}

static int by_target(const void *a, const void *b)
{
    const struct show_act *x = a, *y = b;
    int c = sp_str_cmp(x->target, y->target);

    return c ? c : (x->row > y->row) - (x->row < y->row);
}

const struct show_act *show_acts_of(const struct show *s, const struct sp_digest *id, size_t *ret_count)
{
    size_t low = 0, high = s->act_count, end;
    char hex[65];

    sp_digest_hex(id, hex);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sp_str_cmp(s->act[middle].target, (struct sp_str){ hex, 64 }) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < s->act_count && sp_str_eq(s->act[end].target, (struct sp_str){ hex, 64 });)
        end++;
    *ret_count = end - low;
    return end > low ? &s->act[low] : NULL;
}

void show_tags(const struct show *s, const struct sp_digest *id, struct sp_buf *out)
{
    size_t count;
    const struct show_act *act = show_acts_of(s, id, &count);

    for (size_t i = 0; i < count; i++) {
        bool again = !sp_str_is(act[i].kind, "tag");

        for (size_t n = 0; n < i && !again; n++)
            again = sp_str_is(act[n].kind, "tag") && sp_str_eq(act[n].text, act[i].text);
        if (again)
            continue;
        sp_buf_text(out, out->len ? " #" : "#");
        sp_buf_str(out, act[i].text);
    }
}

int show_hidden(struct show *s, const struct sp_case_sighting *one)
{
    size_t count;
    const struct show_act *act = show_acts_of(s, &one->id, &count);
    int64_t row;
    int rc;

    for (size_t i = 0; i < count; i++)
        if (sp_str_is(act[i].kind, "dismiss"))
            return SHOW_DISMISSED;
    if (!sp_suppress_asks(s->suppress, one->org, one->rule_id) || one->line.len == 0)
        return SHOW_SEEN;
    rc = sp_line_read(&s->line, one->line, s->err);
    if (rc == 0)
        rc = sp_suppress_holds(s->suppress, one->org, one->rule_id, &s->line, &row);
    return rc < 0 ? rc : rc > 0 ? SHOW_BENIGN : SHOW_SEEN;
}

/* ---------------------------------------------------------------- what a sighting is about */

struct sp_str show_telling(struct sp_line *line, enum show_sort *ret_sort)
{
    static const struct {
        const char *name;
        enum show_sort sort;
    } names[] = { { "CommandLine", SHOW_COMMAND }, { "ScriptBlockText", SHOW_TEXT }, { "TargetObject", SHOW_TEXT }, { "TargetFilename", SHOW_FILE },
                  { "ImageLoaded", SHOW_FILE }, { "PipeName", SHOW_TEXT }, { "QueryName", SHOW_TEXT }, { "ServiceFileName", SHOW_COMMAND },
                  { "ImagePath", SHOW_COMMAND }, { "TaskName", SHOW_TEXT }, { "ObjectName", SHOW_TEXT }, { "ShareName", SHOW_TEXT },
                  { "DestinationHostname", SHOW_TEXT }, { "DestinationIp", SHOW_TEXT }, { "Query", SHOW_TEXT }, { "Payload", SHOW_TEXT },
                  { "eventName", SHOW_TEXT }, { "operationName", SHOW_TEXT }, { "Image", SHOW_FILE }, { "message", SHOW_TEXT } };
    uint32_t fields = sp_line_at(line, 0, "fields"), why = sp_line_at(line, 0, "why");
    struct sp_str best = { NULL, 0 };

    for (size_t i = 0; fields && i < sizeof names / sizeof *names; i++) {
        struct sp_str s = sp_line_member(line, fields, names[i].name);

        *ret_sort = names[i].sort;
        if (s.ptr && s.len > 1)
            return s;
    }
    *ret_sort = SHOW_TEXT;
    for (uint32_t at = why ? line->tree.node[why].child : 0; at; at = line->tree.node[at].next) {
        struct sp_str s = sp_line_member(line, at, "value");

        if (s.ptr && s.len > best.len)
            best = s;
    }
    return best;
}

/* Does it begin as a path to a program does: "C:\..., C:\..., \??\C:\..., /usr/...? */
static bool begins_with_path(struct sp_str s)
{
    size_t at = s.len && s.ptr[0] == '"';

    return s.len > at + 3 && ((s.ptr[at + 1] == ':' && s.ptr[at + 2] == '\\') || s.ptr[at] == '/' || sp_str_starts(s, SP_STR("\\??\\")));
}

/* `evil.dll  C:\Windows\Temp`: the name first, for what is cut off is the end. */
static struct sp_str file_first(struct sp_str path, struct sp_str *ret_name)
{
    size_t at = path.len;

    while (at && path.ptr[at - 1] != '\\' && path.ptr[at - 1] != '/')
        at--;
    *ret_name = sp_str_cut(path, at, path.len - at);
    return sp_str_cut(path, 0, at > 1 ? at - 1 : at);
}

struct sp_str show_short(struct show *s, struct sp_str text, enum show_sort sort)
{
    struct sp_str first = SP_STR_NONE, rest = text.ptr ? text : SP_STR_NONE, ret;
    struct sp_buf out;
    bool space = true; /* leading ones are no news either */

    if (sort == SHOW_COMMAND && begins_with_path(rest))
        rest = sp_page_command(rest, &first);
    else if (sort == SHOW_FILE)
        rest = file_first(rest, &first);
    sp_buf_init(&out, 0);
    sp_buf_str(&out, first);
    if (first.len && rest.len)
        sp_buf_text(&out, sort == SHOW_FILE ? "  " : " ");
    for (size_t i = 0; i < rest.len; i++) {
        bool blank = rest.ptr[i] == ' ' || rest.ptr[i] == '\t' || rest.ptr[i] == '\n' || rest.ptr[i] == '\r';

        if (!blank || !space)
            sp_buf_char(&out, blank ? ' ' : rest.ptr[i]);
        space = blank && sort != SHOW_FILE; /* a space in a path is a finding */
    }
    ret = out.failed ? (struct sp_str){ NULL, 0 } : sp_arena_str(&s->arena, sp_buf_view(&out));
    sp_buf_done(&out);
    return or_failed(s, ret);
}

/* ---------------------------------------------------------------- options */

static int bad(struct show *s, const char *option, const char *text, const char *is_no, const char *cure)
{
    sp_error_set(s->err, SP_ERR_USAGE, "'%.60s' is no %s", text, is_no);
    sp_error_where(s->err, "%s", option);
    sp_error_cure(s->err, "%s", cure);
    return SP_ERR_USAGE;
}

static int last_run(void *arg, const struct sp_case_run *run)
{
    *(int64_t *)arg = run->id;
    return 0;
}

static int since_run(struct show *s)
{
    const char *text = s->options->since_run;
    int64_t last = 0;
    char *end;
    int rc;

    if (!text)
        return 0;
    if (*text == '\0')
        return sp_case_runs(s->c, last_run, &s->filter.run_since, s->err);
    s->filter.run_since = strtoll(text, &end, 10);
    if (*end != '\0' || s->filter.run_since <= 0)
        return bad(s, "--since-run", text, "number of a run", "see `spoor show runs`");
    rc = sp_case_runs(s->c, last_run, &last, s->err);
    return rc == 0 && s->filter.run_since > last ? bad(s, "--since-run", text, "run of this case", "see `spoor show runs`") : rc;
}

/* A rule is meant by its id, or else by a part of its title. */
static bool is_rule_id(const char *text)
{
    return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

static int parse_filter(struct show *s)
{
    const struct sp_show_options *o = s->options;
    struct sp_str none = { NULL, 0 };
    enum sp_level level = SP_LEVEL_UNKNOWN;
    int rc = 0;

    s->filter = (struct sp_case_filter){ .org = o->org ? sp_str_c(o->org) : none, .host = o->host ? sp_str_c(o->host) : none,
                                         .value = o->value ? sp_str_c(o->value) : none };
    if (o->rule && is_rule_id(o->rule))
        s->filter.rule_id = sp_str_c(o->rule);
    else if (o->rule)
        s->filter.title = sp_str_c(o->rule);
    if (o->level && (sp_level_parse(sp_str_c(o->level), &level) < 0 || level == SP_LEVEL_UNKNOWN))
        return bad(s, "--level", o->level, "level", "use informational, low, medium, high or critical");
    s->filter.level_least = level;
    rc = sp_scope_time("--from", o->from, &s->filter.from, s->err);
    if (rc == 0)
        rc = sp_scope_time("--to", o->to, &s->filter.to, s->err);
    return rc < 0 ? rc : since_run(s);
}

/* ---------------------------------------------------------------- views */

static int no_view(struct show *s, struct sp_str word)
{
    if (sp_str_is(word, "incidents") || sp_str_is(word, "campaigns") || sp_str_is(word, "campaign")) {
        sp_error_set(s->err, SP_ERR_UNSUPPORTED, "not in this version");
        sp_error_where(s->err, "show %.*s", SP_STR_ARG(word));
        return SP_ERR_UNSUPPORTED;
    }
    sp_error_set(s->err, SP_ERR_USAGE, "there is no such view");
    sp_error_where(s->err, "show %.*s", (int)(word.len < 60 ? word.len : 60), word.ptr);
    sp_error_cure(s->err, "use sightings, sighting ID, rules, hosts, values, sources, timeline or runs");
    return SP_ERR_USAGE;
}

struct view {
    const char *name;
    int (*show)(struct show *s);
};

static const struct view views[] = { { "sightings", show_sightings }, { "timeline", show_timeline }, { "rules", show_rules }, { "hosts", show_hosts },
                                     { "values", show_values },       { "sources", show_sources },   { "runs", show_runs } };

/* Before the case is opened: what is wrong with the words is wrong whatever is in it. */
static int choose(struct show *s, const struct view **ret)
{
    struct sp_texts what = s->options->what;
    struct sp_str word = sp_str_c(what.count ? what.text[0] : "sightings");
    bool one = sp_str_is(word, "sighting");

    *ret = NULL;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (sp_str_is(word, views[i].name))
            *ret = &views[i];
    if (!*ret && !one)
        return no_view(s, word);
    if (what.count <= (one ? 2u : 1u) && !(one && what.count < 2))
        return 0;
    sp_error_set(s->err, SP_ERR_USAGE, one ? "takes the id of one sighting" : "takes no more words");
    sp_error_where(s->err, "show %.*s", SP_STR_ARG(word));
    sp_error_cure(s->err, one ? "spoor show sighting ID; the ids are in `spoor show sightings`" : "filter with --rule, --host, --value, --from, --to");
    return SP_ERR_USAGE;
}

static int run(struct show *s, const struct view *view)
{
    int rc = sp_case_open(s->options->case_path, SP_CASE_READ, s->ctx, &s->c, s->err);

    if (rc == 0)
        rc = parse_filter(s);
    if (rc == 0)
        rc = sp_case_acts(s->c, (struct sp_str){ NULL, 0 }, (struct sp_str){ NULL, 0 }, take_act, s, s->err);
    if (rc == 0 && s->act_count)
        qsort(s->act, s->act_count, sizeof *s->act, by_target);
    if (rc == 0)
        rc = sp_suppress_new(s->c, (int64_t)time(NULL), s->ctx, &s->suppress, s->err);
    if (rc == 0)
        rc = view ? view->show(s) : show_one(s, sp_str_c(s->options->what.text[1]));
    return rc < 0 ? rc : show_flush(s, true);
}

int sp_show(const struct sp_show_options *options, const struct sp_ctx *ctx, struct sp_error *err)
{
    struct sp_error ignored;
    struct show s = { .options = options, .ctx = ctx, .err = err ? err : &ignored };
    const struct view *view;
    int rc = choose(&s, &view);

    sp_arena_init(&s.arena, SIZE_MAX);
    sp_line_init(&s.line);
    if (rc == 0)
        rc = run(&s, view);
    sp_suppress_free(s.suppress);
    sp_case_close(s.c);
    sp_line_done(&s.line);
    sp_buf_done(&s.out);
    sp_arena_done(&s.arena);
    return rc < 0 ? rc : 0;
}
