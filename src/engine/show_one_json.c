/* SPDX-License-Identifier: Apache-2.0
 *
 * In: `struct one`. Out: one JSON object: hunt's own members as they stand, and behind them what the case and the logs add.
 */
#include "base/safe.h"
#include "base/unicode.h"
#include "engine/show_one.h"

enum { RAW_MAX = 1 << 20 }; /* bytes of a record that are written as text or hex; beyond it is cut, and says so */

static const struct sp_str none = { NULL, 0 };

static struct sp_str or_null(struct sp_str s)
{
    return s.len ? s : none;
}

static void acts(struct one *o, struct sp_json *w)
{
    size_t count;
    const struct show_act *act = show_acts_of(o->show, &o->id, &count);

    sp_json_key(w, SP_STR("acts"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < count; i++)
        show_act_json(w, &act[i]);
    sp_json_close(w, ']');
    sp_json_member(w, "hidden", o->hidden == SHOW_BENIGN ? SP_STR("benign") : o->hidden == SHOW_DISMISSED ? SP_STR("dismissed") : none);
    sp_json_member_u64(w, "run", (uint64_t)o->run);
}

static void raw(struct one *o, struct sp_json *w)
{
    struct sp_str bytes = o->raw;
    bool text;

    sp_json_key(w, SP_STR("raw"));
    if (!bytes.ptr) {
        sp_json_null(w);
        return;
    }
    bytes.len = bytes.len < RAW_MAX ? bytes.len : RAW_MAX;
    text = sp_utf8_valid(bytes) == bytes.len && memchr(bytes.ptr, 0, bytes.len) == NULL;
    sp_json_open(w, '{');
    sp_json_member_u64(w, "length", o->raw.len);
    show_digest(w, "sha256", &o->raw_digest);
    if (text) {
        sp_json_member(w, "text", bytes);
    } else {
        sp_json_key(w, SP_STR("hex"));
        sp_json_raw(w, SP_STR("\""));
        sp_buf_hex(w->out, bytes.ptr, bytes.len, false);
        sp_buf_char(w->out, '"');
    }
    sp_json_key(w, SP_STR("cut"));
    sp_json_bool(w, bytes.len < o->raw.len);
    sp_json_close(w, '}');
}

static void rule_text(struct one *o, struct sp_json *w)
{
    sp_json_key(w, SP_STR("rule_text"));
    if (o->rule.document.len == 0) {
        sp_json_null(w);
        return;
    }
    sp_json_open(w, '{');
    sp_json_member(w, "file", o->rule.file);
    sp_json_member_u64(w, "line", o->rule.line);
    sp_json_member(w, "text", o->rule.document);
    sp_json_key(w, SP_STR("matched_lines"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < o->lines; i++)
        if (o->matched[i])
            sp_json_u64(w, i + 1);
    sp_json_close(w, ']');
    sp_json_close(w, '}');
}

static void matched(struct one *o, struct sp_json *w)
{
    sp_json_key(w, SP_STR("matched"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < o->why_count; i++) {
        sp_json_open(w, '{');
        sp_json_member(w, "item", o->why[i].item);
        sp_json_member(w, "field", or_null(o->why[i].field));
        sp_json_key(w, SP_STR("parts"));
        sp_json_open(w, '[');
        for (size_t n = 0; n < o->why[i].part_count; n++) {
            sp_json_open(w, '{');
            sp_json_member_u64(w, "from", o->why[i].part[n].from);
            sp_json_member(w, "text", sp_str_cut(o->why[i].value, o->why[i].part[n].from, o->why[i].part[n].len));
            sp_json_close(w, '}');
        }
        sp_json_close(w, ']');
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static void derived(struct one *o, struct sp_json *w)
{
    sp_json_key(w, SP_STR("derived"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < o->derived_count; i++) {
        const struct sp_derived *d = &o->derived[i].derived;

        sp_json_open(w, '{');
        sp_json_member(w, "field", o->derived[i].field);
        sp_json_member(w, "how", sp_str_c(d->how));
        sp_json_member(w, "encoding", sp_str_c(d->encoding));
        sp_json_member_u64(w, "depth", d->depth);
        sp_json_member(w, "text", d->text);
        sp_json_key(w, SP_STR("cut"));
        sp_json_bool(w, d->cut);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static void sources(struct one *o, struct sp_json *w)
{
    static const char *const states[] = { "read", "part", "gone", "left" };

    sp_json_key(w, SP_STR("sources"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < o->around.source_count; i++) {
        const struct sp_around_source *s = &o->around.source[i];

        sp_json_open(w, '{');
        sp_json_member(w, "source", sp_str_c(s->path));
        sp_json_member(w, "state", sp_str_c(states[s->state]));
        sp_json_member(w, "why", s->why ? sp_str_c(s->why) : none);
        sp_json_member_u64(w, "events", s->events);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static void place(struct one *o, struct sp_json *w, uint32_t source, uint64_t offset, bool known)
{
    sp_json_member(w, "source", known ? sp_str_c(o->around.source[source].path) : none);
    sp_json_key(w, SP_STR("offset"));
    if (known)
        sp_json_u64(w, offset);
    else
        sp_json_null(w);
}

static void process_tree(struct one *o, struct sp_json *w)
{
    static const char *const kin[] = { "ancestor", "sibling", "self", "descendant" };

    sp_json_key(w, SP_STR("process_tree"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < o->tree_count; i++) {
        const struct sp_process *p = &o->around.process[o->tree[i].process];

        sp_json_open(w, '{');
        sp_json_member_u64(w, "depth", o->tree[i].depth);
        sp_json_member(w, "kin", sp_str_c(kin[o->tree[i].kin]));
        sp_json_key(w, SP_STR("pid"));
        if (p->has_pid)
            sp_json_u64(w, p->pid);
        else
            sp_json_null(w);
        sp_json_member(w, "guid", or_null(p->guid));
        sp_json_member(w, "image", or_null(p->image));
        sp_json_member(w, "command", or_null(p->command));
        sp_json_member(w, "user", or_null(p->user));
        sp_json_member(w, "session", or_null(p->session));
        sp_json_member_time(w, "start", p->start);
        sp_json_member_time(w, "end", p->end);
        sp_json_member_u64(w, "more", o->tree[i].hidden);
        place(o, w, p->source, p->offset, !p->named);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static bool in_session(const struct sp_around *a, uint32_t i)
{
    return (a->begin == UINT32_MAX || i >= a->begin) && (a->end == UINT32_MAX || i <= a->end);
}

static void session(struct one *o, struct sp_json *w)
{
    const struct sp_around *a = &o->around;

    sp_json_key(w, SP_STR("session"));
    if (a->session.len == 0) {
        sp_json_null(w);
        return;
    }
    sp_json_open(w, '{');
    sp_json_member(w, "id", a->session);
    sp_json_key(w, SP_STR("system"));
    sp_json_bool(w, a->well_known);
    sp_json_member_time(w, "begin", a->begin == UINT32_MAX ? (struct sp_time){ 0 } : a->logon[a->begin].time);
    sp_json_member_time(w, "end", a->end == UINT32_MAX ? (struct sp_time){ 0 } : a->logon[a->end].time);
    sp_json_key(w, SP_STR("events"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < a->logon_count; i++) {
        const struct sp_logon *l = &a->logon[i];

        if (!in_session(a, i))
            continue;
        sp_json_open(w, '{');
        sp_json_member_time(w, "time", l->time);
        sp_json_member_u64(w, "event_id_code", l->code);
        sp_json_member(w, "what", sp_str_c(one_logon_word(l->code)));
        sp_json_member(w, "user", or_null(l->user));
        sp_json_member(w, "subject", or_null(l->subject));
        sp_json_member(w, "type", or_null(l->type));
        sp_json_member(w, "address", or_null(l->address));
        sp_json_member(w, "workstation", or_null(l->workstation));
        sp_json_member(w, "process", or_null(l->process));
        place(o, w, l->source, l->offset, true);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
    sp_json_close(w, '}');
}

static void script(struct one *o, struct sp_json *w)
{
    sp_json_key(w, SP_STR("script"));
    if (!o->script.ptr) {
        sp_json_null(w);
        return;
    }
    sp_json_open(w, '{');
    sp_json_member_u64(w, "parts", o->script_total - o->script_missing);
    sp_json_member_u64(w, "total", o->script_total);
    sp_json_member(w, "path", o->around.part_count ? or_null(o->around.part[0].path) : none);
    sp_json_member(w, "text", o->script);
    sp_json_close(w, '}');
}

void one_json(struct one *o)
{
    static const char *const records[] = { "not there", "same", "changed" };
    struct sp_buf *out = &o->show->out;
    struct sp_json w = sp_json_to(out);
    struct sp_str line = o->line;

    while (line.len && line.ptr[line.len - 1] != '}') /* the object is open again */
        line.len--;
    sp_buf_add(out, line.ptr, line.len ? line.len - 1 : 0);
    w.comma = true;
    acts(o, &w);
    matched(o, &w);
    rule_text(o, &w);
    raw(o, &w);
    derived(o, &w);
    script(o, &w);
    sp_json_key(&w, SP_STR("around"));
    sp_json_open(&w, '{');
    sp_json_member(&w, "record", sp_str_c(records[o->around.record]));
    sources(o, &w);
    process_tree(o, &w);
    session(o, &w);
    sp_json_member_u64(&w, "unlisted", o->around.unlisted);
    sp_json_close(&w, '}');
    sp_json_close(&w, '}');
    sp_buf_char(out, '\n');
}
