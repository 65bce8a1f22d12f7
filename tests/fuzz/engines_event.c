/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a round with its rules. Out: events in the shapes that collectors write and as the EVTX reader's trees: fields of
 * one or two rules with what those ask for, some of it spoilt, other fields, and headers that are as they should be or odd.
 */
#include <stdlib.h>

#include "base/unicode.h"
#include "engines.h"
#include "read/jsonl.h"
#include "read/value.h"

enum { FIELDS_MAX = 24, VALUES_MAX = 4 };

struct field {
    struct sp_str name;
    struct example value[VALUES_MAX];
    uint32_t values;
    bool list; /* also of one or none */
};

struct made {
    struct field field[FIELDS_MAX];
    uint32_t fields;
    struct example channel, provider, eventid; /* text.ptr NULL: not there */
};

/* ---------------------------------------------------------------- fields */

static struct example random_value(struct round *r)
{
    static const char *const tokens[] = { "null", "true", "false", "[]", "{}", "1e400", "-1", "12345678901234567890123" };

    switch (below(&r->chance, 8)) {
    case 0: return make_number(r);
    case 1: return (struct example){ sp_str_c(tokens[below(&r->chance, sizeof tokens / sizeof *tokens)]), true };
    default: return (struct example){ mutated(r, literal_of(r)), false };
    }
}

static void add_field(struct made *m, struct field f)
{
    if (m->fields < FIELDS_MAX)
        m->field[m->fields++] = f;
}

/* What the hit asks for, or that but for a byte. */
static void add_hit_field(struct round *r, struct made *m, const struct hit *h)
{
    struct field f = { .name = h->field };
    uint32_t from = h->all ? 0 : below(&r->chance, h->count), count = h->all ? h->count : 1;
    bool spoil = one_in(&r->chance, 3);

    for (uint32_t i = 0; i < count && f.values < VALUES_MAX; i++) {
        struct example e = h->example[from + i];

        if (spoil && !e.token)
            e.text = mutated(r, e.text);
        if (i && !e.token && !f.value[0].token && one_in(&r->chance, 2))
            f.value[0].text = joined_text(r, f.value[0].text, e.text);
        else
            f.value[f.values++] = e;
    }
    if (one_in(&r->chance, 10) && f.values < VALUES_MAX)
        f.value[f.values++] = random_value(r);
    f.list = f.values != 1 || one_in(&r->chance, 24);
    add_field(m, f);
}

static void choose_fields(struct round *r, struct made *m)
{
    uint32_t rules = r->rule_count ? 1 + below(&r->chance, 2) : 0, more = below(&r->chance, 5);

    for (uint32_t n = 0; n < rules; n++) {
        const struct made_rule *rule = &r->rule[below(&r->chance, r->rule_count)];

        for (uint32_t i = 0; i < rule->hits; i++)
            if (!one_in(&r->chance, 4))
                add_hit_field(r, m, &r->hit[rule->hit + i]);
    }
    for (uint32_t i = 0; i < more; i++) {
        const char *name = r->theme->field[below(&r->chance, 5)];
        const char *arrow = name ? strchr(name, '>') : NULL;
        struct field f = { .values = 1 };

        if (!name)
            continue;
        f.name = sp_str_c(arrow ? arrow + 1 : name + (name[0] == '!'));
        f.value[0] = random_value(r);
        f.list = one_in(&r->chance, 16);
        add_field(m, f);
    }
}

/* Channel, provider and id as they should be, of another theme, or odd. */
static void choose_header(struct round *r, struct made *m, uint32_t flood)
{
    static const char *const odd[] = { "null", "[1, 7]", "[]", "{\"a\":1}", "true", "4688.0", "1e3", "\"\"", "[\"Security\", 4688]", "[[1], null]" };
    const struct theme *t = one_in(&r->chance, 12) ? &engines_themes[below(&r->chance, engines_theme_count)] : r->theme;
    struct example *part[3] = { &m->channel, &m->provider, &m->eventid };

    if (!t->channel)
        return;
    m->channel = (struct example){ sp_str_c(t->channel), false };
    m->provider = (struct example){ sp_str_c(t->provider), false };
    m->eventid = (struct example){ sp_str_c(t->eventid), one_in(&r->chance, 2) };
    if (one_in(&r->chance, 8))
        m->eventid = (struct example){ sp_str_c(engines_themes[below(&r->chance, 17)].eventid), true };
    for (int i = 0; i < 3; i++) {
        switch (below(&r->chance, 30)) { /* null and not there at all are easily taken for each other */
        case 0: *part[i] = (struct example){ sp_str_c(odd[below(&r->chance, sizeof odd / sizeof *odd)]), true }; break;
        case 1: *part[i] = (struct example){ i == 2 ? SP_STR("077") : flipped(r, part[i]->text), false }; break;
        case 2: part[i]->text.ptr = NULL; break;
        case 3: *part[i] = (struct example){ SP_STR("null"), true }; break;
        default: break;
        }
    }
    if (flood) {
        sp_buf_clear(&r->out);
        sp_buf_printf(&r->out, "p%u", flood);
        m->provider = (struct example){ keep_out(r), false };
    }
}

/* A second field that is named like one of the header. */
static void choose_twins(struct round *r, struct made *m)
{
    static const char *const names[] = { "EventID", "Channel", "Provider_Name" };
    struct field f = { .values = 1 };
    const struct example *same[3] = { &m->eventid, &m->channel, &m->provider };
    uint32_t which = below(&r->chance, 3);

    if (!one_in(&r->chance, 10))
        return;
    f.name = sp_str_c(names[which]);
    f.value[0] = one_in(&r->chance, 3) && same[which]->text.ptr ? *same[which] : random_value(r);
    f.list = one_in(&r->chance, 4);
    add_field(m, f);
}

/* ---------------------------------------------------------------- JSON */

static void put_example(struct round *r, struct sp_buf *out, struct example e)
{
    if (e.token)
        sp_buf_str(out, e.text);
    else
        put_json(r, out, e.text);
}

static void put_field_value(struct round *r, struct sp_buf *out, const struct field *f)
{
    bool list = f->list || f->values != 1;

    sp_buf_text(out, list ? "[" : "");
    for (uint32_t i = 0; i < f->values; i++) {
        sp_buf_text(out, i ? "," : "");
        put_example(r, out, f->value[i]);
    }
    sp_buf_text(out, list ? "]" : "");
}

/* `"name": value`, or its path as objects and lists inside each other. Depth: the dots of a name of the themes. */
static void put_member(struct round *r, struct sp_buf *out, struct sp_str name, const struct field *f)
{
    const char *dot = memchr(name.ptr, '.', name.len), *index = memchr(name.ptr, '[', name.len);
    size_t cut;

    if ((!dot && !index) || one_in(&r->chance, 4)) {
        put_json(r, out, name);
        sp_buf_char(out, ':');
        put_field_value(r, out, f);
        return;
    }
    cut = (size_t)((!dot || (index && index < dot) ? index : dot) - name.ptr);
    put_json(r, out, sp_str_cut(name, 0, cut));
    sp_buf_char(out, ':');
    if (name.ptr[cut] == '.') {
        sp_buf_char(out, '{');
        put_member(r, out, sp_str_cut(name, cut + 1, name.len - cut - 1), f);
        sp_buf_char(out, '}');
        return;
    }
    sp_buf_text(out, cut + 1 < name.len && name.ptr[cut + 1] == '1' ? "[\"k\"," : "[");
    if (cut + 4 < name.len) { /* [n].rest */
        sp_buf_char(out, '{');
        put_member(r, out, sp_str_cut(name, cut + 4, name.len - cut - 4), f);
        sp_buf_char(out, '}');
    } else {
        put_field_value(r, out, f);
    }
    sp_buf_char(out, ']');
}

static void put_members(struct round *r, struct sp_buf *out, const struct made *m, const char *prefix)
{
    for (uint32_t i = 0; i < m->fields; i++) {
        struct sp_str name = m->field[i].name;

        sp_buf_text(out, i ? "," : "");
        if (prefix[0]) {
            put_json(r, out, joined_text(r, sp_str_c(prefix), name));
            sp_buf_char(out, ':');
            put_field_value(r, out, &m->field[i]);
        } else {
            put_member(r, out, name, &m->field[i]);
        }
    }
}

static void put_part(struct round *r, struct sp_buf *out, const char *name, struct example value)
{
    if (!value.text.ptr)
        return;
    sp_buf_printf(out, "\"%s\":", name);
    put_example(r, out, value);
    sp_buf_char(out, ',');
}

static void put_system(struct round *r, struct sp_buf *out, const struct made *m)
{
    sp_buf_text(out, "\"System\":{");
    if (m->provider.text.ptr) {
        sp_buf_text(out, one_in(&r->chance, 2) ? "\"Provider\":{\"#attributes\":{\"Name\":" : "\"Provider\":{\"x\":{\"Name\":0},\"#attributes\":{\"Name\":");
        put_example(r, out, m->provider);
        sp_buf_text(out, "}},");
    }
    put_part(r, out, "Channel", m->channel);
    put_part(r, out, "EventID", m->eventid);
    sp_buf_text(out, "\"Computer\":\"pc1\"}");
}

/* A JSON event. The shapes are those of event.h. */
static void put_event(struct round *r, struct sp_buf *out, const struct made *m)
{
    uint32_t shape = m->channel.text.ptr || m->eventid.text.ptr ? below(&r->chance, 6) : 9;

    sp_buf_char(out, '{');
    switch (shape) {
    case 0: /* NXLog */
        put_part(r, out, "Channel", m->channel);
        put_part(r, out, one_in(&r->chance, 4) ? "ProviderName" : "SourceName", m->provider);
        put_part(r, out, "EventID", m->eventid);
        sp_buf_text(out, "\"Keywords\":-9214364837600034816,\"EventTime\":\"2026-03-02 10:05:00\"");
        sp_buf_text(out, m->fields ? "," : "");
        put_members(r, out, m, "");
        break;
    case 1: /* evtx_dump */
    case 2:
        sp_buf_text(out, "\"Event\":{");
        put_system(r, out, m);
        sp_buf_text(out, one_in(&r->chance, 6) ? ",\"UserData\":{\"X\":{" : ",\"EventData\":{\"X\":{");
        put_members(r, out, m, "");
        sp_buf_text(out, "}}}");
        break;
    case 3: /* winlogbeat */
        sp_buf_text(out, "\"@timestamp\":\"2026-03-02T10:05:00Z\",\"winlog\":{");
        put_part(r, out, "channel", m->channel);
        put_part(r, out, "provider_name", m->provider);
        put_part(r, out, "event_id", m->eventid);
        sp_buf_text(out, "\"event_data\":{");
        put_members(r, out, m, "");
        sp_buf_text(out, "}}");
        if (one_in(&r->chance, 12))
            sp_buf_text(out, ",\"Channel\":\"Security\"");
        break;
    case 4: /* the same with dotted names */
        put_part(r, out, "winlog.channel", m->channel);
        put_part(r, out, "winlog.provider_name", m->provider);
        put_part(r, out, "winlog.event_id", m->eventid);
        put_members(r, out, m, "winlog.event_data.");
        sp_buf_text(out, m->fields ? ",\"x\":1" : "\"x\":1");
        break;
    case 5: /* Velociraptor */
        put_system(r, out, m);
        sp_buf_text(out, ",\"EventData\":{");
        put_members(r, out, m, "");
        sp_buf_text(out, "}");
        break;
    default:
        put_members(r, out, m, "");
    }
    sp_buf_char(out, '}');
}

/* ---------------------------------------------------------------- EVTX */

static struct sp_value bytes_value(struct round *r, enum sp_value_type type, const void *bytes, size_t len)
{
    struct sp_str kept = keep(r, (struct sp_str){ bytes, len });

    return (struct sp_value){ kept.ptr, (uint32_t)len, (uint8_t)type };
}

/* A token's or text's value as Windows would type it, or as some other type. */
static struct sp_value typed_value(struct round *r, struct example e)
{
    char digits[24] = "";
    unsigned char bytes[16];
    struct sp_str wide;
    long long n;
    double real;
    char *end;

    if (e.text.len && e.text.len < sizeof digits)
        memcpy(digits, e.text.ptr, e.text.len);
    n = strtoll(digits, &end, 10);
    if (e.text.len && !*end && end != digits && one_in(&r->chance, 2)) {
        static const enum sp_value_type types[] = { SP_V_INT, SP_V_UINT, SP_V_HEX, SP_V_BOOL, SP_V_FILETIME };

        memcpy(bytes, &n, sizeof n);
        return bytes_value(r, types[below(&r->chance, 5)], bytes, n >= 0 && n < 128 ? 1u << below(&r->chance, 4) : 8);
    }
    real = strtod(digits, &end);
    if (e.text.len && !*end && end != digits && one_in(&r->chance, 2)) {
        memcpy(bytes, &real, sizeof real);
        return bytes_value(r, SP_V_REAL64, bytes, sizeof real);
    }
    if (e.token && one_in(&r->chance, 3)) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)below(&r->chance, 4);
        return bytes_value(r, one_in(&r->chance, 3) ? SP_V_GUID : one_in(&r->chance, 2) ? SP_V_SID : SP_V_BINARY, bytes, sizeof bytes);
    }
    if (e.token && sp_str_is(e.text, "null"))
        return (struct sp_value){ .type = SP_V_NULL };
    if (sp_str_ascii(e.text) && one_in(&r->chance, 6))
        return bytes_value(r, SP_V_ANSI, e.text.ptr, e.text.len);
    if (one_in(&r->chance, 6))
        return bytes_value(r, SP_V_TEXT, e.text.ptr, e.text.len);
    wide = wide_of(r, e.text, false, false);
    if (one_in(&r->chance, 6)) /* NULs behind it, or half a surrogate pair */
        wide = joined_text(r, wide, one_in(&r->chance, 2) ? (struct sp_str){ "\0\0\0\0", 4 } : (struct sp_str){ "\x3d\xd8", 2 });
    return bytes_value(r, SP_V_UTF16, wide.ptr, wide.len);
}

static void hang_field(struct round *r, struct sp_tree *tree, uint32_t *last, const struct field *f)
{
    bool list = f->list || f->values != 1;
    uint32_t at = sp_tree_add(tree, f->name, list ? (struct sp_value){ .type = SP_V_LIST } : typed_value(r, f->value[0])), inner = 0;

    sp_tree_hang(tree, 0, last, at);
    for (uint32_t i = 0; list && i < f->values; i++)
        sp_tree_hang(tree, at, &inner, sp_tree_add(tree, SP_STR_NONE, typed_value(r, f->value[i])));
}

static void make_tree(struct round *r, struct sp_tree *tree, const struct made *m)
{
    static const char *const names[3] = { "Provider_Name", "EventID", "Channel" };
    const struct example *part[3] = { &m->provider, &m->eventid, &m->channel };
    uint32_t last = 0, at;

    sp_tree_clear(tree);
    (void)sp_tree_add(tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    for (int i = 0; i < 3; i++) {
        struct field f = { .name = sp_str_c(names[i]), .value = { *part[i] }, .values = 1, .list = one_in(&r->chance, 30) };

        if (part[i]->text.ptr)
            hang_field(r, tree, &last, &f);
    }
    for (uint32_t i = 0; i < m->fields; i++)
        hang_field(r, tree, &last, &m->field[i]);
    at = sp_tree_add(tree, SP_STR("Computer"), (struct sp_value){ "pc1", 3, SP_V_TEXT });
    sp_tree_hang(tree, 0, &last, at);
}

/* ---------------------------------------------------------------- one of them */

static void take_bytes(struct made_record *m, size_t len)
{
    free(m->bytes);
    m->bytes = malloc(len ? len : 1);
    if (!m->bytes)
        abort();
    m->record.raw = (struct sp_str){ m->bytes, len };
}

/* The values of a tree move into one record, one behind the other. */
static void gather(struct made_record *m)
{
    size_t len = 0;

    for (uint32_t i = 1; i < m->tree->count; i++)
        len += m->tree->node[i].value.len;
    take_bytes(m, len);
    len = 0;
    for (uint32_t i = 1; i < m->tree->count; i++) {
        struct sp_value *v = &m->tree->node[i].value;

        if (!v->len)
            continue;
        memcpy(m->bytes + len, v->ptr, v->len);
        v->ptr = m->bytes + len;
        len += v->len;
    }
}

bool round_event(struct round *r, uint32_t flood, struct made_record *ret)
{
    struct sp_limits limits = sp_limits_default();
    struct made m = { 0 };
    struct sp_buf out = { 0 }, scratch = { 0 };
    uint64_t duplicates = 0;
    size_t at = 0;
    bool good = true;

    choose_header(r, &m, flood);
    choose_fields(r, &m);
    choose_twins(r, &m);
    ret->record = (struct sp_record){ .kind = SP_RECORD_JSON, .tree = ret->tree };
    if (m.channel.text.ptr && one_in(&r->chance, 6)) {
        ret->record.kind = SP_RECORD_EVTX;
        make_tree(r, ret->tree, &m);
        gather(ret);
        sp_tree_json(&out, ret->tree, 0, &scratch);
        ret->text = keep(r, sp_buf_view(&out));
    } else {
        put_event(r, &out, &m);
        take_bytes(ret, out.len);
        memcpy(ret->bytes, out.ptr, out.len);
        ret->text = ret->record.raw;
        good = sp_json_parse(ret->text, &at, &limits, &(struct sp_json_room){ ret->tree, ret->names, &duplicates }, NULL) == 1 && at == ret->text.len;
    }
    sp_buf_done(&out);
    sp_buf_done(&scratch);
    return good;
}
