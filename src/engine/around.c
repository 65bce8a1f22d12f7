/* SPDX-License-Identifier: Apache-2.0
 *
 * In: logs, read once more, and what the sighted event says of its host, process and session. Out: processes, logons and
 * script parts in the arena of `struct sp_around`; around_tree.c puts them together.
 */
#include "engine/around.h"

#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "event/event.h"
#include "read/cursor.h"
#include "read/value.h"

enum kind { KIND_UNKNOWN, KIND_NONE, KIND_CREATE, KIND_END, KIND_SECURITY, KIND_SCRIPT };

struct gather {
    struct sp_around *around;
    const struct sp_scope *scope;
    const struct sp_around_target *target;
    struct sp_reader *reader;
    struct sp_cursor cursor;      /* in an archive */
    struct sp_events *events;
    const struct sp_event *event; /* in hand */
    uint8_t *kind;                /* by class */
    struct sp_buf text;
    uint32_t source;
    struct sp_str session;        /* whose logons are kept */
    bool logons_only, failed;     /* failed: memory ran out */
    uint64_t script_bytes;
};

static bool has(const struct sp_class *c, const char *category, const char *service)
{
    struct sp_logsource l = { SP_STR_NONE, category ? sp_str_c(category) : SP_STR_NONE, service ? sp_str_c(service) : SP_STR_NONE };

    return sp_class_has(c, &l);
}

static enum kind kind_of(struct gather *g, const struct sp_class *c)
{
    uint8_t *known = c->id < sp_taxonomy_count(g->scope->taxonomy) ? &g->kind[c->id] : NULL;
    enum kind kind;

    if (!known)
        return KIND_NONE;
    if (*known != KIND_UNKNOWN)
        return (enum kind)*known;
    kind = has(c, "process_creation", NULL) ? KIND_CREATE : has(c, "process_termination", NULL) ? KIND_END
         : has(c, "ps_script", NULL) ? KIND_SCRIPT : has(c, NULL, "security") ? KIND_SECURITY : KIND_NONE;
    *known = (uint8_t)kind;
    return kind;
}

/* The arena gave nothing: it is as full as it may be, and what finds no room is counted; or memory ran out. */
static void no_room(struct gather *g)
{
    if (g->around->arena.bytes > SP_AROUND_MEMORY_MAX / 4)
        g->around->unlisted++;
    else
        g->failed = true;
}

/* The text of a field, in the arena and cut; empty where the event has it not. */
static struct sp_str field(struct gather *g, const char *name, size_t max)
{
    struct sp_found found;
    struct sp_str s;

    if (sp_event_get(g->events, g->event, sp_str_c(name), true, &found) < 0) {
        g->failed = true;
        return SP_STR_NONE;
    }
    if (found.presence != SP_PRESENT || found.count == 0 || found.value[0].type == SP_V_MAP || found.value[0].type == SP_V_NULL)
        return SP_STR_NONE;
    s = sp_value_text(found.value[0], &g->text);
    g->failed |= g->text.failed;
    if (g->text.failed || s.len == 0 || sp_str_is(s, "-"))
        return SP_STR_NONE;
    if (s.len > max) {
        s.len = max;
        while (s.len && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
            s.len--;
    }
    s = sp_arena_str(&g->around->arena, s);
    if (s.ptr)
        return s;
    no_room(g);
    return SP_STR_NONE;
}

static struct sp_str text(struct gather *g, const char *name)
{
    return field(g, name, SP_AROUND_TEXT_MAX);
}

struct sp_str sp_guid_plain(struct sp_arena *arena, struct sp_str s)
{
    bool zero = true;
    char *p;

    if (s.len && s.ptr[0] == '{')
        s = sp_str_cut(s, 1, s.len - 1);
    if (s.len && s.ptr[s.len - 1] == '}')
        s.len--;
    s = sp_arena_str(arena, s);
    p = (char *)(uintptr_t)s.ptr; /* the arena's own copy */
    for (size_t i = 0; p && i < s.len; i++) {
        p[i] = (char)(p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i]);
        zero &= p[i] == '0' || p[i] == '-';
    }
    return p && zero ? SP_STR_NONE : s;
}

static struct sp_str guid(struct gather *g, const char *name)
{
    struct sp_str s = sp_guid_plain(&g->around->arena, field(g, name, 64));

    if (s.ptr)
        return s;
    no_room(g);
    return SP_STR_NONE;
}

static bool number(struct gather *g, const char *name, uint64_t *ret)
{
    struct sp_str s = field(g, name, 32);
    char *end;

    if (s.len == 0 || s.ptr[0] < '0' || s.ptr[0] > '9')
        return false;
    *ret = strtoull(s.ptr, &end, s.len > 2 && (s.ptr[1] == 'x' || s.ptr[1] == 'X') ? 16 : 10); /* arena texts end with a NUL */
    return *end == '\0';
}

/* One more of a list that lives in the arena; NULL: no room, and counted. */
static void *more(struct gather *g, void **list, uint32_t *count, uint32_t *room, size_t size)
{
    void *one;

    if (*count == *room) {
        uint32_t wider = *room ? 2 * *room : 64;
        void *grown = wider > SP_AROUND_ITEMS_MAX ? NULL : sp_arena_grow(&g->around->arena, *list, *count, wider, size);

        if (!grown && wider > SP_AROUND_ITEMS_MAX)
            g->around->unlisted++;
        else if (!grown)
            no_room(g);
        if (!grown)
            return NULL;
        *list = grown;
        *room = wider;
    }
    one = (char *)*list + *count * size;
    memset(one, 0, size);
    ++*count;
    return one;
}

/* A process that the event tells of, with what names it; NULL: no memory, or enough of them. */
static struct sp_process *new_process(struct gather *g)
{
    struct sp_around *a = g->around;
    void *list = a->process;
    struct sp_process *p = more(g, &list, &a->process_count, &a->process_room, sizeof *p);

    a->process = list;
    if (!p)
        return NULL;
    p->source = g->source;
    p->parent = p->child = p->last = p->next = SP_NO_PROCESS;
    p->guid = guid(g, "ProcessGuid");
    p->has_pid = number(g, "ProcessId", &p->pid);
    return p;
}

static void take_start(struct gather *g)
{
    struct sp_process *p = new_process(g);

    if (!p)
        return;
    p->start = g->event->time;
    p->offset = g->event->record->offset;
    p->parent_guid = guid(g, "ParentProcessGuid");
    p->sysmon = p->guid.len != 0;
    p->has_parent_pid = number(g, "ParentProcessId", &p->parent_pid);
    p->image = text(g, "Image");
    p->command = text(g, "CommandLine");
    p->user = text(g, "User");
    p->session = field(g, "LogonId", 64);
    p->parent_image = text(g, "ParentImage");
    p->parent_command = text(g, "ParentCommandLine");
}

/* A process ended: kept as a process that has an end and no start, until they are joined. */
static void take_end(struct gather *g)
{
    struct sp_process *p = new_process(g);

    if (p)
        p->end = g->event->time;
}

static uint32_t code_of(struct gather *g)
{
    const struct sp_event *e = g->event;
    struct sp_str s;
    uint32_t n = 0;

    if (!e->eventid)
        return 0;
    s = sp_value_text(e->tree->node[e->eventid].value, &g->text);
    for (size_t i = 0; i < s.len && i < 6; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return 0;
        n = 10 * n + (uint32_t)(s.ptr[i] - '0');
    }
    return n;
}

static void take_logon(struct gather *g, uint32_t code)
{
    struct sp_around *a = g->around;
    struct sp_logon one = { .time = g->event->time, .code = code, .source = g->source, .offset = g->event->record->offset };
    void *list = a->logon;
    struct sp_logon *l;

    one.session = field(g, code == 4778 || code == 4779 ? "LogonID" : code == 4672 || code == 4648 ? "SubjectLogonId" : "TargetLogonId", 64);
    one.linked = field(g, "TargetLinkedLogonId", 64);
    if (!sp_session_same(one.session, g->session) && !sp_session_same(one.linked, g->session))
        return;
    l = more(g, &list, &a->logon_count, &a->logon_room, sizeof *l);
    a->logon = list;
    if (!l)
        return;
    *l = one;
    l->user = text(g, code == 4672 ? "SubjectUserName" : code == 4778 || code == 4779 ? "AccountName" : "TargetUserName");
    l->subject = text(g, "SubjectUserName");
    l->type = field(g, "LogonType", 16);
    l->address = text(g, code == 4778 || code == 4779 ? "ClientAddress" : "IpAddress");
    l->workstation = text(g, code == 4778 || code == 4779 ? "ClientName" : code == 4648 ? "TargetServerName" : "WorkstationName");
    l->process = text(g, "ProcessName");
}

static void take_security(struct gather *g)
{
    uint32_t code = code_of(g);

    switch (code) {
    case 4689:
        if (!g->logons_only)
            take_end(g);
        break;
    case 4624:
    case 4634:
    case 4647:
    case 4648:
    case 4672:
    case 4778:
    case 4779:
        if (g->session.len)
            take_logon(g, code);
        break;
    default:
        break;
    }
}

static void take_script(struct gather *g)
{
    struct sp_around *a = g->around;
    void *list = a->part;
    struct sp_str id;
    struct sp_script_part *p;

    if (!g->target->script.ptr)
        return;
    id = field(g, "ScriptBlockId", 64);
    if (id.len == 0 || id.len != g->target->script.len || strncasecmp(id.ptr, g->target->script.ptr, id.len) != 0)
        return;
    p = more(g, &list, &a->part_count, &a->part_room, sizeof *p);
    a->part = list;
    if (!p)
        return;
    (void)number(g, "MessageNumber", &p->number);
    (void)number(g, "MessageTotal", &p->total);
    p->path = text(g, "Path");
    p->text = field(g, "ScriptBlockText", SP_SCRIPT_BYTES_MAX - g->script_bytes);
    g->script_bytes += p->text.len;
}

static bool of_host(struct gather *g)
{
    const char *host = g->around->source[g->source].source->host; /* of whom the collection says it is */

    sp_buf_clear(&g->text);
    if (!g->target->host.ptr)
        return true; /* one source alone is read then */
    if (!sp_event_host(g->events, g->event, &g->text) && host)
        sp_buf_text(&g->text, host);
    return g->text.len && sp_host_same(sp_buf_view(&g->text), g->target->host);
}

static int take(struct gather *g, const struct sp_record *record)
{
    struct sp_event event;
    enum kind kind;
    int rc = sp_event_make(g->events, record, &event);

    if (rc < 0)
        return rc;
    if (g->source == 0 && record->offset == g->target->offset && g->around->record == SP_RECORD_NOT_SEEN) {
        struct sp_digest raw;

        if (!sp_sha256(record->raw, &raw))
            return SP_ERR_NOMEM;
        g->around->record = memcmp(&raw, &g->target->raw, sizeof raw) == 0 ? SP_RECORD_SAME : SP_RECORD_CHANGED;
    }
    kind = kind_of(g, event.class_);
    g->event = &event;
    if (kind == KIND_NONE || (g->logons_only && kind != KIND_SECURITY) || !of_host(g))
        return g->failed || g->text.failed ? SP_ERR_NOMEM : 0;
    if (event.time.known && !event.time.has_zone)
        event.time.sec = sp_zone_utc(&g->scope->assume, event.time.sec);
    g->around->source[g->source].events += !g->logons_only;
    if (kind == KIND_CREATE)
        take_start(g);
    else if (kind == KIND_END)
        take_end(g);
    else if (kind == KIND_SCRIPT)
        take_script(g);
    else
        take_security(g);
    return g->failed || g->text.failed ? SP_ERR_NOMEM : 0;
}

static int read_source(struct gather *g, struct sp_around_source *s)
{
    struct sp_account account;
    struct sp_record record;
    int rc;

    if (!s->source) {
        s->state = SP_AROUND_GONE;
        s->why = s->why ? s->why : "there is no such log any more";
        return 0;
    }
    sp_account_init(&account);
    rc = sp_reader_open_source(g->reader, s->source, &g->cursor, &account);
    while (rc > 0 && !sp_stopped(g->scope->ctx)) {
        rc = sp_reader_next(g->reader, &record);
        if (rc > 0 && take(g, &record) < 0)
            rc = SP_ERR_NOMEM;
    }
    sp_reader_close(g->reader);
    if (account.skipped || !account.opened) {
        struct sp_str why = sp_arena_str(&g->around->arena, sp_str_c(account.skipped ? account.skipped : "it cannot be opened"));

        s->state = SP_AROUND_GONE;
        s->why = why.ptr ? why.ptr : "it cannot be opened";
    } else if (account.lost) {
        s->state = SP_AROUND_PART;
    }
    sp_account_done(&account);
    return rc < 0 ? rc : 0;
}

/* The sources in turn, up to the limit; the first, where the event stands, in any case. */
static int read_all(struct gather *g)
{
    struct sp_around *a = g->around;
    uint64_t taken = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < a->source_count && !sp_stopped(g->scope->ctx); i++) {
        struct sp_around_source *s = &a->source[i];

        if (s->state == SP_AROUND_GONE || s->state == SP_AROUND_LEFT)
            continue;
        if (i && (!g->target->host.ptr || taken + s->size > g->scope->limits.around_bytes)) {
            s->state = SP_AROUND_LEFT;
            continue;
        }
        g->source = (uint32_t)i;
        taken += s->size;
        rc = read_source(g, s);
    }
    a->interrupted = sp_stopped(g->scope->ctx);
    return rc;
}

/* The session is known from the event, or, where it names none, from its process: then the logons are read for. */
static int gather(struct gather *g)
{
    struct sp_around *a = g->around;
    int rc;

    g->session = g->target->session.ptr ? g->target->session : SP_STR_NONE;
    rc = read_all(g);
    if (rc == 0)
        rc = sp_around_settle(a, g->target);
    if (rc == 0 && a->session.len && !g->session.len && !a->well_known) {
        g->session = a->session;
        g->logons_only = true;
        rc = read_all(g);
        if (rc == 0)
            rc = sp_around_settle(a, g->target);
    }
    return rc;
}

int sp_around_read(struct sp_around *a, const struct sp_scope *scope, const struct sp_around_target *target)
{
    struct sp_ctx quiet = { .stop = scope->ctx ? scope->ctx->stop : NULL };
    struct sp_reader_options r = { .limits = &scope->limits, .ctx = &quiet, .type = scope->type, .carve = scope->carve, .quiet = true };
    struct gather g = { .around = a, .scope = scope, .target = target };
    int rc = SP_ERR_NOMEM;

    sp_arena_init(&a->arena, SP_AROUND_MEMORY_MAX);
    a->target = SP_NO_PROCESS;
    a->begin = a->end = UINT32_MAX;
    g.cursor.options = sp_archive_options_of(&scope->sources, &scope->limits, &quiet);
    g.reader = sp_reader_new(&r);
    g.events = sp_events_new(scope->taxonomy, scope->given);
    g.kind = sp_zalloc(sp_taxonomy_count(scope->taxonomy) + 1);
    if (g.reader && g.events && g.kind)
        rc = gather(&g);
    sp_reader_free(g.reader);
    sp_cursor_done(&g.cursor);
    sp_events_free(g.events);
    sp_free(g.kind);
    sp_buf_done(&g.text);
    return rc;
}

void sp_around_done(struct sp_around *a)
{
    sp_arena_done(&a->arena);
    *a = (struct sp_around){ 0 };
}
