/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an event whose class names values for linking. Out: those values, normalised (contract 5) and sorted, as JSON;
 * and the fields as JSON, for people. The worker's scratch owns what is in between.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/jsonw.h"
#include "base/unicode.h"
#include "event/event_inner.h"
#include "read/value.h"

/* Keep `text` as a value of a type. */
static int keep(struct sp_events *events, struct sp_str type, struct sp_str text)
{
    size_t at = events->values.len;

    if (!text.len || text.len > UINT32_MAX || at > UINT32_MAX - text.len || sp_str_is(text, "-"))
        return 0;
    if (events->list_count == events->list_room) {
        uint32_t room = events->list_room ? 2 * events->list_room : 64;
        struct event_value *grown = sp_realloc_array(events->list, room, sizeof *grown);

        if (!grown)
            return SP_ERR_NOMEM;
        events->list = grown;
        events->list_room = room;
    }
    sp_buf_str(&events->values, text);
    if (events->values.failed)
        return SP_ERR_NOMEM;
    events->list[events->list_count++] = (struct event_value){ type, (uint32_t)at, (uint32_t)text.len };
    return 0;
}

/* In lower case. */
static int keep_folded(struct sp_events *events, struct sp_str type, struct sp_str text)
{
    sp_buf_clear(&events->text3);
    sp_utf8_fold(&events->text3, text);
    return events->text3.failed ? SP_ERR_NOMEM : keep(events, type, sp_buf_view(&events->text3));
}

/* Names and addresses written so that nobody clicks them: hxxp, [.], (.), [:], [at], [@]. In text2. */
static struct sp_str refang(struct sp_events *events, struct sp_str s)
{
    static const struct {
        const char *from, *to;
    } form[] = { { "[.]", "." }, { "(.)", "." }, { "[dot]", "." }, { "[:]", ":" }, { "[://]", "://" }, { "[at]", "@" }, { "[@]", "@" } };
    size_t at = 0;

    sp_buf_clear(&events->text2);
    if (s.len >= 4 && (s.ptr[0] | 0x20) == 'h' && sp_str_same(sp_str_cut(s, 1, 3), SP_STR("xxp"))) {
        sp_buf_text(&events->text2, "http");
        at = 4;
    }
    while (at < s.len) {
        size_t step = 0;

        for (size_t i = 0; i < sizeof form / sizeof *form && !step && (s.ptr[at] == '[' || s.ptr[at] == '('); i++) {
            struct sp_str from = sp_str_c(form[i].from);

            if (s.len - at >= from.len && sp_str_same(sp_str_cut(s, at, from.len), from)) {
                sp_buf_text(&events->text2, form[i].to);
                step = from.len;
            }
        }
        if (!step)
            sp_buf_char(&events->text2, s.ptr[at++]);
        at += step;
    }
    return sp_buf_view(&events->text2);
}

/* An address in the form of RFC 5952, a mapped one as IPv4; 1 when it was one. */
static int keep_ip(struct sp_events *events, struct sp_str s)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    char text[INET6_ADDRSTRLEN + 1];
    unsigned char bytes[16];
    const char *zone = memchr(s.ptr, '%', s.len);
    int rc;

    if (zone)
        s.len = (size_t)(zone - s.ptr);
    if (s.len >= 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        s = sp_str_cut(s, 1, s.len - 2);
    if (!s.len || s.len >= sizeof text)
        return 0;
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    if (strlen(text) != s.len)
        return 0;
    if (inet_pton(AF_INET, text, bytes) == 1) {
        rc = keep(events, SP_STR("ipv4"), s);
        return rc < 0 ? rc : 1;
    }
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return 0;
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        if (!inet_ntop(AF_INET, bytes + 12, text, sizeof text))
            return 0;
        rc = keep(events, SP_STR("ipv4"), sp_str_c(text));
    } else {
        if (!inet_ntop(AF_INET6, bytes, text, sizeof text))
            return 0;
        rc = keep(events, SP_STR("ipv6"), sp_str_c(text));
    }
    return rc < 0 ? rc : 1;
}

/* A name with at least one dot, of letters, digits, `-`, `_` and what is not ASCII. */
static int keep_domain(struct sp_events *events, struct sp_str s)
{
    bool letter = false, dot = false;

    if (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    if (!s.len || s.len > 253 || s.ptr[0] == '.')
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i], l = c | 0x20;

        if (c == '.' && i && s.ptr[i - 1] == '.')
            return 0;
        dot = dot || c == '.';
        letter = letter || (l >= 'a' && l <= 'z') || c >= 0x80;
        if (!(c == '.' || c == '-' || c == '_' || (c >= '0' && c <= '9') || (l >= 'a' && l <= 'z') || c >= 0x80))
            return 0;
    }
    return letter && dot ? keep_folded(events, SP_STR("domain"), s) : 0;
}

/* Scheme and host have no case, the rest has. */
static int keep_url(struct sp_events *events, struct sp_str s)
{
    size_t colon = sp_str_find(s, SP_STR("://")), end;

    if (colon == SIZE_MAX || colon == 0)
        return 0;
    for (end = colon + 3; end < s.len && !strchr("/?#", s.ptr[end]);)
        end++;
    sp_buf_clear(&events->text3);
    sp_utf8_fold(&events->text3, sp_str_cut(s, 0, end));
    sp_buf_str(&events->text3, sp_str_cut(s, end, s.len - end));
    return events->text3.failed ? SP_ERR_NOMEM : keep(events, SP_STR("url"), sp_buf_view(&events->text3));
}

/* file_path and file_name. A path of Windows has no case; one that begins with `/` has. */
static int keep_path(struct sp_events *events, struct sp_str s)
{
    size_t name = s.len;
    bool cased;
    struct sp_str file;
    const char *quote;
    int rc;

    if (s.len > 1 && s.ptr[0] == '"') { /* "C:\a b.exe" -x: the program */
        quote = memchr(s.ptr + 1, '"', s.len - 1);
        s = sp_str_cut(s, 1, quote ? (size_t)(quote - s.ptr) - 1 : s.len - 1);
        name = s.len;
    }
    if (!s.len)
        return 0;
    cased = s.ptr[0] == '/';
    while (name && s.ptr[name - 1] != '/' && (cased || s.ptr[name - 1] != '\\'))
        name--;
    file = sp_str_cut(s, name, s.len - name);
    rc = name == 0 ? 0 : cased ? keep(events, SP_STR("file_path"), s) : keep_folded(events, SP_STR("file_path"), s);
    if (rc < 0)
        return rc;
    return cased ? keep(events, SP_STR("file_name"), file) : keep_folded(events, SP_STR("file_name"), file);
}

static bool is_digest(struct sp_str s, size_t len)
{
    bool zero = true;

    if (s.len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = (char)(s.ptr[i] | 0x20);

        if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        zero = zero && c == '0';
    }
    return !zero; /* Sysmon's way to say that there is none */
}

/* `SHA1=...,MD5=...,SHA256=...,IMPHASH=...` */
static int keep_hashes(struct sp_events *events, struct sp_str s)
{
    static const struct {
        const char *key, *type;
        size_t len;
    } kind[] = { { "MD5", "md5", 32 }, { "SHA1", "sha1", 40 }, { "SHA256", "sha256", 64 }, { "IMPHASH", "imphash", 32 } };

    for (size_t at = 0; at < s.len;) {
        const char *comma = memchr(s.ptr + at, ',', s.len - at);
        size_t end = comma ? (size_t)(comma - s.ptr) : s.len;
        struct sp_str part = sp_str_cut(s, at, end - at);

        at = end + 1;
        while (part.len && part.ptr[0] == ' ')
            part = sp_str_cut(part, 1, part.len - 1);
        for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
            size_t n = strlen(kind[i].key);
            int rc;

            if (part.len <= n || part.ptr[n] != '=' || !sp_str_same(sp_str_cut(part, 0, n), sp_str_c(kind[i].key)) ||
                !is_digest(sp_str_cut(part, n + 1, part.len - n - 1), kind[i].len))
                continue;
            rc = keep_folded(events, sp_str_c(kind[i].type), sp_str_cut(part, n + 1, kind[i].len));
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int keep_plain_digest(struct sp_events *events, struct sp_str type, struct sp_str s)
{
    size_t len = sp_str_is(type, "sha256") ? 64 : sp_str_is(type, "sha1") ? 40 : 32;

    return is_digest(s, len) ? keep_folded(events, type, s) : 0;
}

/* One text under a `value` line. */
static int take(struct sp_events *events, struct sp_str type, struct sp_str s)
{
    static const char *const cased[] = { "user_agent", "mutex", "key_id", "role" };
    bool ip = sp_str_is(type, "ip") || sp_str_is(type, "ipv4") || sp_str_is(type, "ipv6"), host = sp_str_is(type, "host");
    int rc;

    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    while (s.len && s.ptr[0] == ' ')
        s = sp_str_cut(s, 1, s.len - 1);
    if (!s.len || sp_str_is(s, "-"))
        return 0;
    if (sp_str_is(type, "path") || sp_str_is(type, "file_path"))
        return keep_path(events, s);
    if (sp_str_is(type, "hashes"))
        return keep_hashes(events, s);
    if (sp_str_is(type, "md5") || sp_str_is(type, "sha1") || sp_str_is(type, "sha256") || sp_str_is(type, "imphash"))
        return keep_plain_digest(events, type, s);
    if (ip || host || sp_str_is(type, "domain")) {
        s = refang(events, s);
        rc = ip || host ? keep_ip(events, s) : 0;
        return rc == 0 && !ip ? keep_domain(events, s) : rc < 0 ? rc : 0;
    }
    if (sp_str_is(type, "url"))
        return keep_url(events, refang(events, s));
    if (sp_str_is(type, "email"))
        return keep_folded(events, type, refang(events, s));
    for (size_t i = 0; i < sizeof cased / sizeof *cased; i++)
        if (sp_str_is(type, cased[i]))
            return keep(events, type, s);
    return keep_folded(events, type, s);
}

static int gather(struct sp_events *events, const struct sp_event *event, const struct sp_value_line *line)
{
    struct sp_found found;
    int rc = sp_event_from(events, event, &line->from, &found);

    if (rc < 0 || found.presence != SP_PRESENT)
        return rc;
    for (uint32_t i = 0; i < found.count && rc == 0; i++) {
        if (found.value[i].type == SP_V_MAP || found.value[i].type == SP_V_LIST)
            continue;
        rc = take(events, line->type, sp_value_text(found.value[i], &events->text));
        if (events->text.failed)
            rc = SP_ERR_NOMEM;
    }
    return rc;
}

static int in_order(const void *a, const void *b)
{
    const struct sp_event_value *x = a, *y = b;
    int order = sp_str_cmp(x->type, y->type);

    return order ? order : sp_str_cmp(x->text, y->text);
}

const struct sp_event_value *sp_event_value_list(const struct sp_events *events, uint32_t *ret_count)
{
    *ret_count = events->written_count;
    return events->written;
}

/* What was gathered, sorted, each once, at most `max`. */
static int sort_values(struct sp_events *events, uint64_t max, uint64_t *excess)
{
    uint32_t count = events->list_count, kept = 0;
    struct sp_event_value *v = count ? sp_arena_alloc(&events->arena, count * sizeof *v) : NULL;

    if (count && !v)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++) /* qsort knows no argument: the text's address is in the entry by now */
        v[i] = (struct sp_event_value){ events->list[i].type, { events->values.ptr + events->list[i].at, events->list[i].len } };
    if (count)
        qsort(v, count, sizeof *v, in_order);
    for (uint32_t i = 0; i < count; i++) {
        if (i && in_order(&v[i - 1], &v[i]) == 0)
            continue;
        if (kept == max)
            ++*excess;
        else
            v[kept++] = v[i];
    }
    events->written = v;
    events->written_count = kept;
    return 0;
}

int sp_event_values(struct sp_events *events, const struct sp_event *event, uint64_t max, struct sp_buf *out, uint64_t *excess)
{
    struct sp_json w = sp_json_to(out);
    int rc = 0;

    *excess = 0;
    sp_buf_clear(&events->values);
    events->list_count = 0;
    for (uint32_t i = 0; i < event->class_->value_count && rc == 0; i++)
        rc = gather(events, event, &event->class_->value[i]);
    if (rc == 0)
        rc = sort_values(events, max, excess);
    if (rc < 0)
        return rc;
    sp_json_open(&w, '[');
    for (uint32_t i = 0; i < events->written_count; i++) {
        sp_json_open(&w, '{');
        sp_json_name(&w, SP_JSON_NAME("type"));
        sp_json_str(&w, events->written[i].type);
        sp_json_name(&w, SP_JSON_NAME("value"));
        sp_json_str(&w, events->written[i].text);
        sp_json_close(&w, '}');
    }
    sp_json_close(&w, ']');
    return out->failed ? SP_ERR_NOMEM : 0;
}

/* One member; trimmed fields as rules see them. */
static void write_member(struct sp_events *events, const struct sp_event *event, uint32_t node, struct sp_json *w)
{
    const struct sp_node *n = &event->tree->node[node];
    struct sp_value v = n->value, trimmed = sp_value_trim(v);

    w->comma = false;
    if (v.type == SP_V_LIST || v.type == SP_V_MAP)
        sp_tree_json(w->out, event->tree, node, &events->text2);
    else
        sp_value_json(w->out, trimmed.len < v.len && sp_class_trims(event->class_, n->name) ? trimmed : v, &events->text2);
    w->comma = true;
}

static bool is_rewritten(const struct sp_event *event, const struct sp_field_line *line)
{
    return event->class_->category_count && line->from.kind != SP_FROM_ABSENT &&
           !(line->from.kind == SP_FROM_FIELD && sp_str_eq(line->from.a, line->name));
}

/* Names that the mapping makes of something else, and could make of this event. */
struct made {
    struct sp_str *name;
    uint32_t count;
};

/* Is the name one of them? Most events have none. */
static bool is_made(const struct made *made, struct sp_str name)
{
    for (uint32_t i = 0; i < made->count; i++)
        if (sp_str_eq(made->name[i], name))
            return true;
    return false;
}

/* Names that the mapping makes, first. */
static int write_mapped(struct sp_events *events, const struct sp_event *event, struct made *made, struct sp_json *w)
{
    for (uint32_t i = 0; i < event->class_->field_count; i++) {
        const struct sp_field_line *line = &event->class_->field[i];
        struct sp_found found;
        int rc;

        if (!is_rewritten(event, line))
            continue;
        rc = sp_event_from(events, event, &line->from, &found);
        if (rc < 0)
            return rc;
        if (found.presence != SP_PRESENT)
            continue;
        made->name[made->count++] = line->name;
        if (found.value[0].type == SP_V_MAP)
            continue;
        sp_json_key(w, line->name);
        w->comma = false;
        if (found.count > 1)
            sp_json_open(w, '[');
        for (uint32_t n = 0; n < found.count; n++) {
            if (n)
                sp_buf_char(w->out, ',');
            sp_value_json(w->out, found.value[n], &events->text3);
        }
        if (found.count > 1)
            sp_json_close(w, ']');
        w->comma = true;
    }
    return 0;
}

/* Fields by name: the first of each name, and for every field the next one of the same name. */
struct names {
    uint32_t *slot, mask;
    uint32_t *next, *last; /* by node; `last` of the first one */
    bool *again;           /* not the first of its name */
};

static void note_name(struct names *names, const struct sp_node *list, uint32_t node)
{
    struct sp_str name = list[node].name;
    uint64_t h = sp_value_hash(0, (struct sp_value){ .ptr = name.ptr, .len = (uint32_t)name.len, .type = SP_V_TEXT });
    uint32_t *slot;

    for (; *(slot = &names->slot[h & names->mask]) != 0; h++) {
        if (!sp_str_eq(list[*slot].name, name))
            continue;
        names->again[node] = true;
        names->next[names->last[*slot]] = node;
        names->last[*slot] = node;
        return;
    }
    *slot = node;
    names->last[node] = node;
}

static bool find_names(struct sp_events *events, const struct sp_event *event, struct names *names)
{
    const struct sp_node *list = event->tree->node;
    uint32_t room = 64, count = event->tree->count;

    while (room < 2 * list[event->fields].count)
        room *= 2;
    names->mask = room - 1;
    names->slot = sp_arena_zalloc(&events->arena, room * sizeof *names->slot);
    names->next = sp_arena_zalloc(&events->arena, count * sizeof *names->next);
    names->last = sp_arena_zalloc(&events->arena, count * sizeof *names->last);
    names->again = sp_arena_zalloc(&events->arena, count * sizeof *names->again);
    if (!names->slot || !names->next || !names->last || !names->again)
        return false;
    for (uint32_t at = list[event->fields].child; at; at = list[at].next)
        note_name(names, list, at);
    return true;
}

/* The values of all fields of this name, as a list where they are several. */
static void write_own(struct sp_events *events, const struct sp_event *event, const struct names *names, uint32_t node, struct sp_json *w)
{
    sp_json_key(w, event->tree->node[node].name);
    if (!names->next[node]) {
        write_member(events, event, node, w);
        return;
    }
    sp_buf_char(w->out, '[');
    for (uint32_t at = node; at; at = names->next[at]) {
        if (at != node)
            sp_buf_char(w->out, ',');
        write_member(events, event, at, w);
    }
    sp_buf_char(w->out, ']');
    w->comma = true;
}

int sp_event_fields_json(struct sp_events *events, const struct sp_event *event, struct sp_buf *out)
{
    const struct sp_node *list = event->tree->node;
    struct sp_json w = sp_json_to(out);
    struct names names;
    struct made made = { 0 };
    int rc;

    if (list[event->fields].value.type != SP_V_MAP) { /* a document that is no object */
        sp_buf_text(out, "{}");
        return out->failed ? SP_ERR_NOMEM : 0;
    }
    made.name = sp_arena_alloc(&events->arena, (event->class_->field_count + 1) * sizeof *made.name);
    if (!made.name || !find_names(events, event, &names))
        return SP_ERR_NOMEM;
    sp_json_open(&w, '{');
    rc = write_mapped(events, event, &made, &w);
    for (uint32_t at = list[event->fields].child; at && rc == 0; at = list[at].next)
        if (!names.again[at] && !is_made(&made, list[at].name))
            write_own(events, event, &names, at, &w);
    sp_json_close(&w, '}');
    return rc < 0 ? rc : out->failed ? SP_ERR_NOMEM : 0;
}
