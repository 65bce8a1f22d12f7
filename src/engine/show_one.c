/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the id of a sighting. Out: `struct one`: the case's own record of it, and what the logs say around it where they are still
 * there. Logs of the same organisation that overlap in time are read again: first the one that holds the event, then those
 * beside it, then the others.
 */
#include "engine/show_one.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rule/rule_load.h"

enum { TREE_LINES_MAX = 60, OVERLAP_S = 86400 }; /* a process may have begun the day before */

static struct sp_str keep(struct one *o, struct sp_str s)
{
    return s.ptr ? sp_arena_str(&o->show->arena, s) : s;
}

/* ---------------------------------------------------------------- out of the case */

/* sp_case_sighting_find */
static int take_sighting(void *arg, const struct sp_case_sighting *s)
{
    struct one *o = arg;
    const struct sp_str from[] = { s->line, s->org, s->source, s->host, s->user, s->session, s->title };
    struct sp_str *const to[] = { &o->line, &o->org, &o->source, &o->host, &o->user, &o->session, &o->title };
    int hidden = show_hidden(o->show, s);
    char hex[65];

    if (hidden < 0)
        return hidden;
    o->hidden = (enum show_hidden)hidden;
    o->id = s->id;
    o->raw_digest = s->raw;
    o->time = s->time;
    o->offset = s->offset;
    o->length = s->length;
    o->record = s->record;
    o->level = s->level;
    o->rule_row = s->rule_row;
    o->run = s->run;
    sp_digest_hex(&s->id, hex);
    o->id_hex = keep(o, (struct sp_str){ hex, 64 });
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        *to[i] = keep(o, from[i]);
        if (from[i].ptr && !to[i]->ptr)
            return show_nomem(o->show);
    }
    return o->id_hex.ptr ? 0 : show_nomem(o->show);
}

static int take_rule(struct one *o)
{
    struct sp_case_rule *r = &o->rule;
    struct sp_str *const texts[] = { &r->id, &r->title, &r->status, &r->file, &r->document, &r->tags, &r->logsource };
    int rc = sp_case_rule_get(o->show->c, o->rule_row, r, o->show->err);

    if (rc == SP_ERR_NOT_FOUND) {
        *r = (struct sp_case_rule){ .id = SP_STR_NONE, .title = SP_STR_NONE, .status = SP_STR_NONE, .file = SP_STR_NONE, .document = SP_STR_NONE,
                                    .tags = SP_STR_NONE, .logsource = SP_STR_NONE };
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = keep(o, texts[i]->ptr ? *texts[i] : SP_STR_NONE);
        if (!texts[i]->ptr)
            rc = show_nomem(o->show);
    }
    return rc;
}

static int take_raw(struct one *o)
{
    struct sp_str raw;
    int rc = sp_case_raw(o->show->c, &o->raw_digest, &raw, o->show->err);

    if (rc == SP_ERR_NOT_FOUND)
        return 0;
    if (rc == 0) {
        o->raw = keep(o, raw);
        rc = o->raw.ptr ? 0 : show_nomem(o->show);
    }
    return rc;
}

/* ---------------------------------------------------------------- why: which part of which value, which line of the rule */

static int parse_rule(struct one *o)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits, .status_mask = UINT32_MAX };
    int rc;

    if (o->rule.document.len == 0)
        return 0;
    rc = sp_rules_parse(o->rule.file, o->rule.document, &options, &o->set, o->show->err);
    if (rc == SP_ERR_NOMEM)
        return rc;
    if (rc < 0 || o->set->rule_count != 1) { /* of another version, or with a list that is not here: shown without marks */
        sp_rules_free(o->set);
        o->set = NULL;
    }
    for (size_t i = 0; i < o->rule.document.len; i++)
        o->lines += o->rule.document.ptr[i] == '\n';
    o->lines++;
    o->matched = sp_arena_zalloc(&o->show->arena, o->lines * sizeof *o->matched);
    return o->matched ? 0 : show_nomem(o->show);
}

/* "selection/3" names item 3. */
static const struct sp_item *item_of(const struct one *o, struct sp_str name)
{
    uint64_t id = 0;
    size_t at = name.len;

    while (at && name.ptr[at - 1] >= '0' && name.ptr[at - 1] <= '9')
        at--;
    if (!o->set || at == 0 || name.ptr[at - 1] != '/' || name.len - at > 9)
        return NULL;
    for (size_t i = at; i < name.len; i++)
        id = 10 * id + (uint64_t)(name.ptr[i] - '0');
    return id < o->set->rule[0]->item_count ? o->set->rule[0]->item[id] : NULL;
}

static int by_place(const void *a, const void *b)
{
    const struct sp_part_of *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* Parts in order, those that touch made one. */
static size_t merge_parts(struct sp_part_of *part, size_t count)
{
    size_t n = 0;

    qsort(part, count, sizeof *part, by_place);
    for (size_t i = 0; i < count; i++) {
        if (part[i].len == 0)
            continue;
        if (n && part[i].from <= part[n - 1].from + part[n - 1].len) {
            size_t end = part[i].from + part[i].len, last = part[n - 1].from + part[n - 1].len;

            part[n - 1].len = (end > last ? end : last) - part[n - 1].from;
        } else {
            part[n++] = part[i];
        }
    }
    return n;
}

/* Line `from` (from 1) and those indented below it that hold the pattern's text. */
static void mark_lines(struct one *o, uint32_t from, struct sp_str pattern)
{
    struct sp_str text = o->rule.document;
    size_t line = 0, indent = 0;

    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct sp_str one = { text.ptr, end ? (size_t)(end - text.ptr) : text.len };
        size_t in = 0;

        while (in < one.len && (one.ptr[in] == ' ' || one.ptr[in] == '-'))
            in++;
        if (++line == from) {
            o->matched[line - 1] = true;
            indent = 0;
            while (indent < one.len && one.ptr[indent] == ' ')
                indent++;
        } else if (line > from) {
            size_t spaces = 0;

            while (spaces < one.len && one.ptr[spaces] == ' ')
                spaces++;
            if (in < one.len && (spaces < indent || (spaces == indent && one.ptr[spaces] != '-')))
                return;
            if (pattern.len && in < one.len && sp_str_find(one, pattern) != SIZE_MAX)
                o->matched[line - 1] = true;
        }
        text = sp_str_cut(text, end ? one.len + 1 : one.len, text.len - (end ? one.len + 1 : one.len));
    }
}

static int mark_value(struct one *o, struct one_why *w)
{
    size_t room = 64;
    int rc = 0;

    w->part = sp_arena_alloc(&o->show->arena, (room + SP_PARTS_MAX) * sizeof *w->part);
    if (!w->part)
        return show_nomem(o->show);
    for (uint32_t i = 0; rc == 0 && i < w->of->pattern_count && w->part_count < room; i++) {
        struct sp_part_of part[SP_PARTS_MAX];
        size_t count;

        rc = sp_match_part(&o->show->arena, &w->of->pattern[i], w->value, part, &count);
        if (rc < 0 || count == 0)
            continue;
        memcpy(w->part + w->part_count, part, count * sizeof *part);
        w->part_count += count;
        if (w->of->pattern[i].kind == SP_P_TEXT || w->of->pattern[i].kind == SP_P_REGEX || w->of->pattern_count == 1)
            mark_lines(o, w->of->line, w->of->pattern[i].text);
    }
    w->part_count = merge_parts(w->part, w->part_count);
    return rc < 0 ? show_nomem(o->show) : 0;
}

static int take_why(struct one *o)
{
    struct sp_line *l = &o->parsed;
    uint32_t list = sp_line_at(l, 0, "why");
    int rc = 0;

    if (!list || l->tree.node[list].value.type != SP_V_LIST)
        return 0;
    o->why = sp_arena_zalloc(&o->show->arena, (l->tree.node[list].count + 1) * sizeof *o->why);
    if (!o->why)
        return show_nomem(o->show);
    for (uint32_t at = l->tree.node[list].child; at && rc == 0; at = l->tree.node[at].next) {
        struct one_why *w = &o->why[o->why_count++];

        *w = (struct one_why){ sp_line_member(l, at, "item"), sp_line_member(l, at, "field"), sp_line_member(l, at, "value"), NULL, NULL, 0 };
        w->item = w->item.ptr ? w->item : SP_STR_NONE;
        w->of = item_of(o, w->item);
        if (!w->of)
            continue;
        mark_lines(o, w->of->line, SP_STR_NONE);
        if (w->value.ptr)
            rc = mark_value(o, w);
    }
    return rc == 0 && l->failed ? show_nomem(o->show) : rc;
}

/* ---------------------------------------------------------------- derived */

static int derive(struct one *o, struct sp_str field, struct sp_str text)
{
    struct sp_derived list[SP_DERIVED_LIST_MAX];
    struct one_derived *grown;
    size_t count;

    if (sp_derive(&o->show->arena, text, list, &count) < 0)
        return show_nomem(o->show);
    if (count == 0)
        return 0;
    grown = sp_arena_grow(&o->show->arena, o->derived, o->derived_count, o->derived_count + count, sizeof *grown);
    if (!grown)
        return show_nomem(o->show);
    o->derived = grown;
    for (size_t i = 0; i < count; i++) {
        bool again = false;

        for (size_t n = 0; n < o->derived_count && !again; n++)
            again = sp_str_eq(grown[n].derived.text, list[i].text);
        if (!again)
            grown[o->derived_count++] = (struct one_derived){ field, list[i] };
    }
    return 0;
}

/* Every text of the event, and the script block joined. */
static int derive_all(struct one *o)
{
    struct sp_line *l = &o->parsed;
    uint32_t fields = sp_line_at(l, 0, "fields");
    int rc = 0;

    for (uint32_t at = fields ? l->tree.node[fields].child : 0; at && rc == 0; at = l->tree.node[at].next) {
        struct sp_str text = sp_line_text(l, at);

        if (text.len > 8 && !(o->script.ptr && sp_str_is(l->tree.node[at].name, "ScriptBlockText")))
            rc = derive(o, l->tree.node[at].name, text);
    }
    if (rc == 0 && l->failed)
        return show_nomem(o->show);
    return rc == 0 && o->script.ptr ? derive(o, SP_STR("ScriptBlockText"), o->script) : rc;
}

/* ---------------------------------------------------------------- around */

struct sources {
    struct one *one;
    size_t room;
};

static bool overlaps(const struct one *o, const struct sp_case_reading *r)
{
    struct sp_time from = r->first, to = r->last;

    if (!o->time.known || !from.known || !to.known)
        return true;
    from.sec -= OVERLAP_S;
    to.sec += OVERLAP_S;
    return sp_time_cmp(from, o->time) <= 0 && sp_time_cmp(to, o->time) >= 0;
}

/* sp_case_readings */
static int take_source(void *arg, const struct sp_case_reading *r)
{
    struct sources *s = arg;
    struct one *o = s->one;
    struct sp_around *a = &o->around;
    struct sp_str path;

    if (!sp_str_eq(r->org, o->org) || (!overlaps(o, r) && !sp_str_eq(r->path, o->source)))
        return 0;
    if (a->source_count == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct sp_around_source *grown = sp_arena_grow(&o->show->arena, a->source, a->source_count, room, sizeof *grown);

        if (!grown)
            return show_nomem(o->show);
        a->source = grown;
        s->room = room;
    }
    path = keep(o, r->path);
    if (!path.ptr)
        return show_nomem(o->show);
    a->source[a->source_count++] = (struct sp_around_source){ .path = path.ptr, .size = r->bytes };
    return 0;
}

static size_t folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static int nearness(const struct one *o, const char *path)
{
    size_t mine = folder_of(o->source.ptr);

    if (strcmp(path, o->source.ptr) == 0)
        return 0;
    return folder_of(path) == mine && strncmp(path, o->source.ptr, mine) == 0 ? 1 : 2;
}

/* A log of the case, and when it is read: first that of the event, then those beside it, then the others; each in the order in which
 * they are best read, which in an archive is from front to back. */
struct wanted {
    struct sp_around_source source;
    int near;
    size_t order;
};

static int by_turn(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    if (x->near != y->near)
        return x->near - y->near;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return strcmp(x->source.path, y->source.path);
}

static int by_path(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    return strcmp(x->source.path, y->source.path);
}

/* The files that hold them, each once, as the scope is to look them up. */
static struct sp_hunt_path *outer_paths(struct one *o, const struct wanted *list, size_t count, size_t *ret_count)
{
    struct sp_hunt_path *path = sp_arena_alloc(&o->show->arena, (count + 1) * sizeof *path);
    size_t n = 0;

    for (size_t i = 0; path && i < count; i++) {
        struct sp_str name = keep(o, sp_str_c(list[i].source.path));
        char *text = (char *)(uintptr_t)name.ptr; /* the arena's own copy */

        if (!text)
            return NULL;
        text[sp_scope_outer(text)] = '\0';
        if (n == 0 || strcmp(path[n - 1].path, text) != 0) /* they are in order of path; twice does no harm either */
            path[n++] = (struct sp_hunt_path){ o->org.ptr, text };
    }
    *ret_count = n;
    return path;
}

/* Where each of them stands now, or why it does not. */
static void find_now(struct one *o, const struct sp_source_list *now, struct wanted *list, size_t count)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct sp_source *s = &now->source[now->order[i]];
        struct wanted key = { .source.path = s->path }, *w = bsearch(&key, list, count, sizeof *list, by_path);

        if (w && s->skipped && !s->copy_of)
            w->source.why = keep(o, sp_str_c(s->skipped)).ptr;
        if (!w || (s->skipped && !s->copy_of))
            continue;
        w->source.source = s;
        w->order = i;
    }
}

static int order_sources(struct one *o, struct sp_scope *scope)
{
    struct sp_around *a = &o->around;
    struct sp_read_options read = o->show->options->read;
    struct wanted *list = sp_arena_zalloc(&o->show->arena, (a->source_count + 1) * sizeof *list);
    bool own = false;
    size_t n = a->source_count;
    int rc;

    for (size_t i = 0; list && i < a->source_count; i++) {
        list[i] = (struct wanted){ a->source[i], nearness(o, a->source[i].path), SIZE_MAX };
        own |= list[i].near == 0;
    }
    if (list && !own) /* the case does not say how it was read: try all the same */
        list[n++] = (struct wanted){ { .path = o->source.ptr }, 0, SIZE_MAX };
    if (list)
        qsort(list, n, sizeof *list, by_path);
    read.path = list ? outer_paths(o, list, n, &read.path_count) : NULL;
    a->source = sp_arena_alloc(&o->show->arena, n * sizeof *a->source);
    if (!read.path || !a->source)
        return show_nomem(o->show);
    rc = sp_scope_sources(scope, &read, o->show->err);
    if (rc < 0)
        return rc;
    find_now(o, &scope->sources, list, n);
    qsort(list, n, sizeof *list, by_turn);
    for (size_t i = 0; i < n; i++)
        a->source[i] = list[i].source;
    a->source_count = n;
    return 0;
}

static uint64_t number_of(struct sp_str s, bool *known)
{
    char text[32], *end;
    unsigned long long n;

    *known = false;
    if (!s.ptr || s.len == 0 || s.len >= sizeof text || s.ptr[0] < '0' || s.ptr[0] > '9')
        return 0;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    n = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
    *known = *end == '\0';
    return n;
}

/* Which process the event is about, or was written by. */
static void find_target(struct one *o, struct sp_around_target *t)
{
    static const char *const guids[] = { "ProcessGuid", "SourceProcessGuid", "SourceProcessGUID" };
    static const char *const pids[] = { "ProcessId", "SourceProcessId" };
    struct sp_line *l = &o->parsed;
    uint32_t fields = sp_line_at(l, 0, "fields");
    struct sp_str channel = sp_line_member(l, 0, "channel");

    *t = (struct sp_around_target){ .host = o->host, .session = o->session, .time = o->time, .offset = o->offset, .raw = o->raw_digest };
    if (!fields)
        return;
    for (size_t i = 0; i < sizeof guids / sizeof *guids && !t->guid.ptr; i++) {
        struct sp_str guid = sp_line_member(l, fields, guids[i]);

        if (guid.ptr)
            t->guid = sp_guid_plain(&o->show->arena, guid);
        o->parsed.failed |= guid.ptr && !t->guid.ptr;
        if (t->guid.len == 0)
            t->guid = (struct sp_str){ NULL, 0 };
    }
    for (size_t i = 0; i < sizeof pids / sizeof *pids && !t->has_pid; i++)
        t->pid = number_of(sp_line_member(l, fields, pids[i]), &t->has_pid);
    if (!t->has_pid && channel.ptr && sp_str_find(channel, SP_STR("PowerShell")) != SIZE_MAX) /* it writes its own log */
        t->pid = number_of(sp_line_member(l, fields, "Execution_ProcessID"), &t->has_pid);
    t->script = sp_line_member(l, fields, "ScriptBlockId");
}

/* The process that the event itself tells of, where it tells of the start of one. */
static bool find_self(struct one *o, const struct sp_around_target *t, struct sp_process *ret)
{
    struct sp_line *l = &o->parsed;
    uint32_t fields = sp_line_at(l, 0, "fields"), logsource = sp_line_at(l, 0, "logsource");
    struct sp_str category = logsource ? sp_line_member(l, logsource, "category") : SP_STR_NONE, parent;
    const char *const names[] = { "Image", "CommandLine", "User", "LogonId", "ParentImage", "ParentCommandLine" };
    struct sp_str *const to[] = { &ret->image, &ret->command, &ret->user, &ret->session, &ret->parent_image, &ret->parent_command };

    if (!fields || !category.ptr || !sp_str_is(category, "process_creation"))
        return false;
    *ret = (struct sp_process){ .guid = t->guid.ptr ? t->guid : SP_STR_NONE, .parent_guid = SP_STR_NONE, .pid = t->pid, .has_pid = t->has_pid,
                                .start = t->time, .offset = t->offset, .sysmon = t->guid.ptr != NULL,
                                .parent = SP_NO_PROCESS, .child = SP_NO_PROCESS, .last = SP_NO_PROCESS, .next = SP_NO_PROCESS };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sp_str s = sp_line_member(l, fields, names[i]);

        *to[i] = !s.ptr ? SP_STR_NONE : s.len > SP_AROUND_TEXT_MAX ? sp_str_cut(s, 0, SP_AROUND_TEXT_MAX) : s;
    }
    parent = sp_line_member(l, fields, "ParentProcessGuid");
    if (parent.ptr) {
        ret->parent_guid = sp_guid_plain(&o->show->arena, parent);
        l->failed |= !ret->parent_guid.ptr;
    }
    ret->parent_pid = number_of(sp_line_member(l, fields, "ParentProcessId"), &ret->has_parent_pid);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct sp_script_part *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* The parts of the script block in order; a part that stands twice counts once. */
static int join_script(struct one *o)
{
    struct sp_around *a = &o->around;
    struct sp_buf text;
    uint64_t have = 0, last = 0;

    if (a->part_count == 0)
        return 0;
    qsort(a->part, a->part_count, sizeof *a->part, by_number);
    sp_buf_init(&text, SP_SCRIPT_BYTES_MAX);
    for (uint32_t i = 0; i < a->part_count; i++) {
        o->script_total = a->part[i].total > o->script_total ? a->part[i].total : o->script_total;
        if (have && a->part[i].number == last)
            continue;
        if (a->part[i].number > last + 1)
            sp_buf_text(&text, "\n[... a part is missing ...]\n");
        sp_buf_str(&text, a->part[i].text);
        last = a->part[i].number;
        have++;
    }
    o->script_missing = o->script_total > have ? o->script_total - have : 0;
    o->script = text.failed ? (struct sp_str){ NULL, 0 } : keep(o, sp_buf_view(&text));
    sp_buf_done(&text);
    return o->script.ptr ? 0 : show_nomem(o->show);
}

static int look_around(struct one *o)
{
    struct sources sources = { .one = o };
    struct sp_ctx quiet = { .stop = o->show->ctx ? o->show->ctx->stop : NULL }; /* what is gone is said on the page */
    struct sp_around_target target;
    struct sp_process self;
    struct sp_scope scope;
    int rc = sp_scope_init(&scope, &o->show->options->read, &quiet, o->show->err);

    if (rc == 0)
        rc = sp_case_readings(o->show->c, true, take_source, &sources, o->show->err);
    if (rc == 0)
        rc = order_sources(o, &scope);
    if (rc == 0) {
        find_target(o, &target);
        if (find_self(o, &target, &self))
            target.self = &self;
        o->read_again = true;
        rc = o->parsed.failed ? SP_ERR_NOMEM : sp_around_read(&o->around, &scope, &target);
        if (rc == 0)
            rc = sp_around_tree(&o->around, TREE_LINES_MAX, &o->show->arena, &o->tree, &o->tree_count);
        rc = rc < 0 ? show_nomem(o->show) : join_script(o);
    }
    sp_scope_done(&scope);
    return rc;
}

/* ---------------------------------------------------------------- names of Windows */

const char *one_logon_type(struct sp_str number)
{
    static const char *const names[] = { NULL, NULL, "interactive", "network", "batch", "service", NULL, "unlock", "network, clear text",
                                         "new credentials", "remote interactive", "cached interactive", "cached remote", "cached unlock" };
    bool known;
    uint64_t n = number_of(number, &known);

    return known && n < sizeof names / sizeof *names ? names[n] : NULL;
}

const char *one_logon_word(uint32_t code)
{
    switch (code) {
    case 4624:
        return "logon";
    case 4634:
        return "logoff";
    case 4647:
        return "logoff asked for";
    case 4648:
        return "other credentials used";
    case 4672:
        return "special privileges";
    case 4778:
        return "reconnected";
    case 4779:
        return "disconnected";
    default:
        return "event";
    }
}

int show_one(struct show *s, struct sp_str id)
{
    struct one o = { .show = s };
    int rc;

    if (s->options->output.format == SP_FORMAT_CSV) {
        sp_error_set(s->err, SP_ERR_USAGE, "one sighting is no table");
        sp_error_where(s->err, "--format");
        sp_error_cure(s->err, "use json or table");
        return SP_ERR_USAGE;
    }
    sp_line_init(&o.parsed);
    rc = sp_case_sighting_find(s->c, id, take_sighting, &o, s->err);
    if (rc == 0 && !o.line.ptr)
        rc = show_nomem(s);
    if (rc == 0)
        rc = sp_line_read(&o.parsed, o.line, s->err);
    if (rc == 0)
        rc = take_rule(&o);
    if (rc == 0)
        rc = take_raw(&o);
    if (rc == 0)
        rc = parse_rule(&o);
    if (rc == 0)
        rc = take_why(&o);
    if (rc == 0)
        rc = look_around(&o);
    if (rc == 0)
        rc = derive_all(&o);
    if (rc == 0 && s->options->output.format == SP_FORMAT_TABLE)
        rc = one_page(&o);
    else if (rc == 0)
        one_json(&o);
    sp_rules_free(o.set);
    if (o.read_again)
        sp_around_done(&o.around);
    sp_line_done(&o.parsed);
    return rc;
}
