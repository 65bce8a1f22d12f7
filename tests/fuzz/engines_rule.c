/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a round. Out: its theme, its pool of literals, and rule documents, each with what would make its items true.
 */
#include "engines.h"

#include <stdio.h>

#define SYSMON "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"
#define SECURITY "Security", "Microsoft-Windows-Security-Auditing"

const struct theme engines_themes[] = {
    { SYSMON, "1", "windows", "process_creation", "sysmon",
      { "Image", "CommandLine", "ParentImage", "User", "ProcessId", "Hashes", "Company", "IntegrityLevel" } },
    { SECURITY, "4688", "windows", "process_creation", "security",
      { "Image>NewProcessName", "CommandLine", "ParentImage>ParentProcessName", "User>SubjectUserName", "ProcessId>NewProcessId",
        "ParentProcessId>ProcessId", "!Company", "!Hashes", "!ParentCommandLine", "NewProcessName", "SubjectUserName", "SubjectDomainName",
        "IntegrityLevel>MandatoryLabel", "NewProcessId" } },
    { SECURITY, "4657", "windows", "registry_set", "security",
      { "TargetObject>ObjectName", "Details>NewValue", "Image>ProcessName", "ProcessId", "!EventType", "!NewName", "ObjectName",
        "ObjectValueName", "OperationType" } },
    { SECURITY, "4624", "windows", NULL, "security",
      { "LogonProcessName", "AuthenticationPackageName", "LogonType", "TargetUserName", "IpAddress", "WorkstationName", "PackageName" } },
    { SYSMON, "13", "windows", "registry_set", "sysmon", { "TargetObject", "Details", "Image", "EventType", "!NewName", "User" } },
    { SYSMON, "12", "windows", "registry_event", "sysmon", { "TargetObject", "!Details", "Image", "EventType", "ProcessId" } },
    { SYSMON, "7", "windows", "image_load", "sysmon", { "ImageLoaded", "Image", "Signed", "SignatureStatus", "Hashes", "CommandLine" } },
    { SYSMON, "3", "windows", "network_connection", "sysmon",
      { "DestinationIp", "DestinationPort", "Initiated", "Image", "DestinationHostname", "SourceIp" } },
    { SYSMON, "22", "windows", "dns_query", "sysmon", { "QueryName", "QueryStatus", "QueryResults", "Image" } },
    { SYSMON, "10", "windows", "process_access", "sysmon",
      { "SourceImage", "TargetImage", "GrantedAccess", "CallTrace", "SourceProcessGuid>SourceProcessGUID", "SourceProcessGUID" } },
    { "System", "Service Control Manager", "7045", "windows", NULL, "system", { "ServiceName", "ImagePath", "StartType", "AccountName", "Data" } },
    { "Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell", "4104", "windows", "ps_script", "powershell",
      { "ScriptBlockText", "Path", "ScriptBlockId", "MessageNumber" } },
    { "Windows PowerShell", "PowerShell", "400", "windows", "ps_classic_start", "powershell-classic", { "Data", "Data>Message", "param1", "Message" } },
    { "Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender", "1116", "windows", NULL, "windefend",
      { "ThreatName>Threat Name", "SourceName>Source Name", "Path", "Feature_Name>Feature Name", "ThreatName", "Threat Name" } },
    { "Microsoft-Windows-Kernel-File/Analytic", "Microsoft-Windows-Kernel-File", "12", "windows", "file_access", NULL,
      { "TargetFilename", "TargetFilename>FileName", "ProcessId>Execution_ProcessID", "FileName", "Image" } },
    { "Odd/Log", "Odd-Provider", "5", "windows", "odd_things", "odd", /* the classes of engines_judge.c's own map */
      { "A>B", "J>A", "F>A", "F>B", "D>A", "R>A", "A", "B", "!Z", "EventID>Other", "Channel", "Provider_Name>Provider_Name", "J>B" } },
    { "Vendor/Channel", "Vendor-Provider", "77", "windows", NULL, NULL, { "a", "a.b", "aaaaaaaa middle bbbbbbbb", "aaaaaaaa muddle bbbbbbbb", "x y", "ab", "ba", "abcd", "abdc", "abc", "abcde", "abxcde", "Data" } },
    { NULL, NULL, NULL, "acme", "thing", NULL, { "a", "a.b", "a.b[0].c", "a[1]", "x", "long.dotted.name", "\u0438\u043c\u044f", "EventID", "Channel" } },
    { NULL, NULL, NULL, "aws", NULL, "cloudtrail",
      { "eventName", "userIdentity.arn", "requestParameters.userName", "sourceIPAddress", "errorCode", "resources" } },
};
const uint32_t engines_theme_count = sizeof engines_themes / sizeof *engines_themes;

void round_begin(struct round *r, struct chance chance, bool windows)
{
    *r = (struct round){ .chance = chance };
    sp_arena_init(&r->arena, SIZE_MAX);
    do
        r->theme = &engines_themes[below(&r->chance, engines_theme_count)];
    while (windows && !r->theme->channel);
    if (one_in(&r->chance, 6)) /* most fields that cannot be */
        r->theme = &engines_themes[1];
    r->wordy = one_in(&r->chance, 3);
    for (int i = 0; i < ENGINES_POOL; i++)
        r->literal[i] = literal_fresh(r);
    for (int i = 8; i < ENGINES_POOL; i++)
        if (!one_in(&r->chance, 3) && !r->wordy)
            r->literal[i] = mutated(r, r->literal[below(&r->chance, (uint32_t)i)]);
    for (int i = 0; i < ENGINES_POOL; i++)
        if (r->literal[i].len > 200) /* long ones are for events */
            r->literal[i] = keep(r, SP_STR("k\\"));
}

void round_end(struct round *r)
{
    sp_arena_done(&r->arena);
    sp_buf_done(&r->rules);
    sp_buf_done(&r->out);
    sp_buf_done(&r->out2);
}

/* ---------------------------------------------------------------- what is remembered */

static void *one_more(struct round *r, void *array, uint32_t count, uint32_t *room, size_t size)
{
    void *grown = array;

    if (count == *room) {
        *room = *room ? 2 * *room : 64;
        grown = keep_alloc(r, *room * size);
        if (count)
            memcpy(grown, array, count * size);
    }
    return grown;
}

static void add_hit(struct round *r, struct hit hit)
{
    r->hit = one_more(r, r->hit, r->hit_count, &r->hit_room, sizeof *r->hit);
    r->hit[r->hit_count++] = hit;
}

static void add_hit_one(struct round *r, struct sp_str field, struct example example)
{
    struct example *one = keep_alloc(r, sizeof *one);

    *one = example;
    add_hit(r, (struct hit){ field, one, 1, false });
}

/* ---------------------------------------------------------------- one item */

static void add_modifier(struct wanted *w, const char *name)
{
    w->modifier[w->modifiers++] = name;
}

static void ask_text(struct round *r, struct wanted *w)
{
    static const char *const where[] = { "", "startswith", "endswith", "contains" };
    static const char *const wide[] = { "", "utf16le", "utf16be", "utf16" };
    struct chance *c = &r->chance;
    uint32_t place;

    if (one_in(c, 6)) {
        w->wide = one_in(c, 2) ? WIDE_NONE : below(c, 4);
        w->base = below(c, 3);
        if (w->wide)
            add_modifier(w, w->wide == WIDE_LE && one_in(c, 2) ? "wide" : wide[w->wide]);
        if (w->base)
            add_modifier(w, w->base == BASE64 ? "base64" : "base64offset");
    }
    place = w->base == BASE64_OFFSET ? 3 : below(c, 5);
    place = place == 4 ? 3 : place;
    w->windash = !w->wide && !w->base && one_in(c, 6);
    w->cased = one_in(c, 6);
    w->where = w->keyword ? SP_WHERE_ANY : SP_WHERE_WHOLE;
    if (w->windash && one_in(c, 2))
        add_modifier(w, "windash");
    if (place) {
        static const enum sp_where of[] = { SP_WHERE_WHOLE, SP_WHERE_START, SP_WHERE_END, SP_WHERE_ANY };

        w->where = of[place];
        add_modifier(w, where[place]);
    }
    if (w->windash && !(w->modifiers && strcmp(w->modifier[0], "windash") == 0))
        add_modifier(w, "windash");
    if (w->cased)
        add_modifier(w, "cased");
    w->texty = place != 0 || w->windash || w->wide || w->base;
}

static void ask_regex(struct round *r, struct wanted *w)
{
    static const char *const names[3][2] = { { "i", "ignorecase" }, { "m", "multiline" }, { "s", "dotall" } };

    w->ask = ASK_RE;
    add_modifier(w, "re");
    for (uint32_t i = 0; i < 3; i++)
        if (one_in(&r->chance, 4)) {
            w->re_flags |= 1u << i;
            add_modifier(w, names[i][below(&r->chance, 2)]);
        }
}

static void ask_reference(struct round *r, struct wanted *w)
{
    static const char *const where[] = { "startswith", "endswith", "contains" };
    static const enum sp_where of[] = { SP_WHERE_START, SP_WHERE_END, SP_WHERE_ANY };
    uint32_t place = below(&r->chance, 6);

    w->ask = ASK_REF;
    add_modifier(w, "fieldref");
    if (place < 3) {
        w->where = of[place];
        add_modifier(w, where[place]);
    }
    if (one_in(&r->chance, 4)) {
        w->cased = true;
        add_modifier(w, "cased");
    }
}

static void ask(struct round *r, struct wanted *w)
{
    static const char *const compare[] = { "gt", "gte", "lt", "lte" };
    static const char *const part[] = { "minute", "hour", "day", "week", "month", "year" };
    struct chance *c = &r->chance;
    uint32_t kind = below(c, w->keyword ? 14 : 27);

    if (kind < 11) {
        ask_text(r, w);
    } else if (kind < 14) {
        ask_regex(r, w);
    } else if (kind == 14 || kind == 15) {
        w->ask = ASK_CIDR;
        add_modifier(w, "cidr");
    } else if (kind == 16 || kind == 17) {
        w->ask = ASK_COMPARE;
        add_modifier(w, compare[below(c, 4)]);
    } else if (kind == 18) {
        w->ask = ASK_TIME;
        w->part = below(c, 6);
        add_modifier(w, part[w->part]);
    } else if (kind == 19) {
        w->ask = ASK_EXISTS;
        add_modifier(w, "exists");
        return;
    } else if (kind == 20 || kind == 21) {
        ask_reference(r, w);
    } else if (kind == 22) {
        ask_text(r, w);
        w->ask = w->wide || w->base ? ASK_TEXT : ASK_EXPAND;
        if (w->ask == ASK_EXPAND)
            add_modifier(w, "expand");
    } /* else: plain values */
    if (one_in(c, 6)) {
        w->all = true;
        add_modifier(w, "all");
    }
    if (!w->keyword && one_in(c, 10)) {
        w->neq = true;
        add_modifier(w, "neq");
    }
}

/* The name that rules call a field of the theme by, and the one that events do. */
static struct sp_str rule_name(const char *field)
{
    const char *arrow = strchr(field, '>');

    field += field[0] == '!';
    return arrow ? (struct sp_str){ field, (size_t)(arrow - field) } : sp_str_c(field);
}

static struct sp_str event_name(const char *field)
{
    const char *arrow = strchr(field, '>');

    return arrow ? sp_str_c(arrow + 1) : rule_name(field);
}

static const char *theme_field(struct round *r)
{
    uint32_t n = 0;

    while (n < 16 && r->theme->field[n])
        n++;
    return r->theme->field[below(&r->chance, n)];
}

/* The field of an item: the theme's, the header's, or one that hardly is there. */
static void choose_field(struct round *r, struct sp_str *rule, struct sp_str *event)
{
    static const char *const others[] = { "Computer", "Level", "Missing", "a.b", "Data", "winlog.event_data.Image", "Keywords" };
    const char *field = one_in(&r->chance, 12) ? others[below(&r->chance, sizeof others / sizeof *others)] : theme_field(r);

    *rule = rule_name(field);
    *event = event_name(field);
}

/* A literal that is like the header's value. */
static struct sp_str header_literal(struct round *r, struct sp_str field)
{
    const char *text = field.ptr[0] == 'E' ? r->theme->eventid : field.ptr[0] == 'C' ? r->theme->channel : r->theme->provider;

    return text && !one_in(&r->chance, 4) ? mutated(r, sp_str_c(text)) : literal_of(r);
}

/* `field|fieldref: other` */
static struct example make_reference(struct round *r, const struct wanted *w, struct sp_buf *out)
{
    struct sp_str rule, event, value = mutated(r, literal_of(r)), other = value;

    choose_field(r, &rule, &event);
    if (one_in(&r->chance, 5))
        rule = event = one_in(&r->chance, 2) ? SP_STR("EventID") : SP_STR("Channel");
    put_yaml(out, rule);
    if (w->where == SP_WHERE_START || w->where == SP_WHERE_ANY)
        value = joined_text(r, value, literal_of(r));
    if (w->where == SP_WHERE_END || w->where == SP_WHERE_ANY)
        value = joined_text(r, literal_of(r), value);
    if (one_in(&r->chance, 3))
        other = flipped(r, other);
    if (rule.ptr == event.ptr && r->theme->eventid && sp_str_is(rule, "EventID"))
        value = sp_str_c(r->theme->eventid);
    else
        add_hit_one(r, event, (struct example){ other, false });
    return (struct example){ value, false };
}

/* The values of an item, one or a list; what makes them true is remembered. */
static void put_values(struct round *r, const struct wanted *w, struct sp_str rule, struct sp_str event, struct sp_buf *out)
{
    bool header = sp_str_is(rule, "EventID") || sp_str_is(rule, "Channel") || sp_str_is(rule, "Provider_Name");
    uint32_t count = w->all ? 1 + below(&r->chance, 3) : one_in(&r->chance, 2) ? 1 : 1 + below(&r->chance, 5);
    struct hit hit = { .field = event, .count = count, .all = w->all };
    bool list = count > 1 || one_in(&r->chance, 4);

    if (w->ask == ASK_EXISTS) {
        sp_buf_text(out, one_in(&r->chance, 2) ? "true" : "false");
        add_hit_one(r, event, (struct example){ literal_of(r), false });
        return;
    }
    hit.example = keep_alloc(r, count * sizeof *hit.example);
    sp_buf_text(out, list ? "[" : "");
    for (uint32_t i = 0; i < count; i++) {
        struct sp_str literal = header ? header_literal(r, rule) : literal_of(r);

        if (!r->wordy && one_in(&r->chance, 50))
            literal = SP_STR_NONE;
        sp_buf_text(out, i ? ", " : "");
        hit.example[i] = w->ask == ASK_REF ? make_reference(r, w, out) : make_value(r, w, literal, out);
    }
    sp_buf_text(out, list ? "]" : "");
    if (!header || one_in(&r->chance, 10))
        add_hit(r, hit);
}

/* `"Field|modifiers": values`; false when the key is in the selection already, and nothing was put. */
static bool put_item(struct round *r, struct sp_buf *out, bool keyword, struct sp_buf *keys)
{
    struct wanted w = { .keyword = keyword };
    struct sp_str rule = SP_STR_NONE, event = SP_STR("CommandLine");
    struct sp_buf key = { 0 };
    bool fresh;

    if (!keyword)
        choose_field(r, &rule, &event);
    if (!keyword && one_in(&r->chance, 6)) {
        static const char *const header[] = { "EventID", "Channel", "Provider_Name" };

        rule = event = sp_str_c(header[below(&r->chance, 3)]);
    }
    ask(r, &w);
    if (keyword && !w.modifiers)
        add_modifier(&w, "contains");
    sp_buf_str(&key, rule);
    for (uint32_t i = 0; i < w.modifiers; i++) {
        sp_buf_char(&key, '|');
        sp_buf_text(&key, w.modifier[i]);
    }
    sp_buf_char(&key, ';');
    fresh = sp_str_find(sp_buf_view(keys), sp_buf_view(&key)) == SIZE_MAX;
    sp_buf_str(keys, sp_buf_view(&key));
    if (fresh) {
        put_yaml(out, (struct sp_str){ key.ptr, key.len - 1 });
        sp_buf_text(out, ": ");
        put_values(r, &w, rule, event, out);
    }
    sp_buf_done(&key);
    return fresh;
}

/* ---------------------------------------------------------------- selections and conditions */

static void put_map(struct round *r, struct sp_buf *out)
{
    uint32_t items = one_in(&r->chance, 2) ? 1 : 1 + below(&r->chance, 4), n = 0;
    struct sp_buf keys = { 0 }, item = { 0 };

    sp_buf_char(out, '{');
    for (uint32_t i = 0; i < items || !n; i++) {
        sp_buf_clear(&item);
        if (!put_item(r, &item, one_in(&r->chance, 16), &keys))
            continue;
        sp_buf_text(out, n++ ? ", " : "");
        sp_buf_str(out, sp_buf_view(&item));
    }
    sp_buf_char(out, '}');
    sp_buf_done(&keys);
    sp_buf_done(&item);
}

static void put_keywords(struct round *r, struct sp_buf *out)
{
    struct wanted w = { .keyword = true, .where = SP_WHERE_ANY };
    uint32_t n = 1 + below(&r->chance, 3);

    for (uint32_t i = 0; i < n; i++) {
        sp_buf_text(out, i ? ", " : "");
        if (one_in(&r->chance, 5))
            sp_buf_text(out, r->wordy || one_in(&r->chance, 2) ? "4688" : "3");
        else
            add_hit_one(r, event_name(theme_field(r)), make_value(r, &w, literal_of(r), out));
    }
}

/* A map, a list of maps, a list of keywords, or both. */
static void put_selection(struct round *r, struct sp_buf *out)
{
    uint32_t kind = below(&r->chance, 8), maps = 1 + below(&r->chance, 3);

    if (kind > 2) {
        put_map(r, out);
        return;
    }
    sp_buf_char(out, '[');
    if (kind == 0) {
        put_keywords(r, out);
    } else {
        for (uint32_t i = 0; i < maps; i++) {
            sp_buf_text(out, i ? ", " : "");
            put_map(r, out);
        }
        if (one_in(&r->chance, 4)) {
            sp_buf_text(out, ", ");
            put_keywords(r, out);
        }
    }
    sp_buf_char(out, ']');
}

static const char *const names[] = { "sel", "sel_1", "sel_2", "filter_1", "filter_main", "_hidden" };

static void put_condition(struct round *r, struct sp_buf *out, uint32_t count, uint32_t depth)
{
    uint32_t kind = below(&r->chance, depth ? 9 : 4);

    if (kind < 3) {
        sp_buf_text(out, names[below(&r->chance, count)]);
    } else if (kind == 3 || kind == 8) {
        switch (below(&r->chance, 4)) {
        case 0: sp_buf_text(out, one_in(&r->chance, 2) ? "1 of sel*" : "any of sel*"); break;
        case 1: sp_buf_text(out, "all of them"); break;
        case 2: sp_buf_text(out, "1 of them"); break;
        default:
            if (count < 3)
                sp_buf_text(out, "all of sel*");
            else
                sp_buf_text(out, count > 3 && one_in(&r->chance, 2) ? "2 of them" : "2 of sel*");
        }
    } else if (kind == 4) {
        sp_buf_text(out, "not ");
        put_condition(r, out, count, 0);
    } else {
        sp_buf_char(out, '(');
        put_condition(r, out, count, depth - 1);
        sp_buf_text(out, kind < 7 ? " and " : " or ");
        if (one_in(&r->chance, 3))
            sp_buf_text(out, "not ");
        put_condition(r, out, count, depth - 1);
        sp_buf_char(out, ')');
    }
}

static void put_source(struct round *r, struct sp_buf *out)
{
    const struct theme *t = r->theme;
    uint32_t kind = below(&r->chance, 12);
    bool category = kind < 5 || kind == 9, service = (kind >= 5 && kind < 8) || kind == 9, product = kind != 10;
    const char *other = kind == 11 ? engines_themes[below(&r->chance, engines_theme_count)].category : NULL;

    if (t->category && (!category || other))
        category = category && !other;
    sp_buf_text(out, "logsource: {");
    if (product)
        sp_buf_printf(out, "product: %s", t->product);
    if (other)
        sp_buf_printf(out, ", category: %s", other);
    else if ((category || !product) && t->category)
        sp_buf_printf(out, "%scategory: %s", product ? ", " : "", t->category);
    else if ((service || !product) && t->service)
        sp_buf_printf(out, "%sservice: %s", product ? ", " : "", t->service);
    else if (!product)
        sp_buf_printf(out, "product: %s", t->product);
    if (kind == 9 && t->service && t->category)
        sp_buf_printf(out, ", service: %s", t->service);
    sp_buf_text(out, "}\n");
}

void round_add_rule(struct round *r)
{
    uint32_t count = one_in(&r->chance, 2) ? 1 : 1 + below(&r->chance, 6);
    struct sp_buf *out = &r->rules;
    struct made_rule made = { .hit = r->hit_count, .at = out->len };

    /* Identifiers in another order than the documents: ranks are by identifier. */
    sp_buf_printf(out, "title: r%u\nid: %08x-0000-4000-8000-00000000%04x\nstatus: test\nlevel: low\n", r->rule_count,
                  r->rule_count * 0x9E3779B1u, r->rule_count & 0xFFFF);
    put_source(r, out);
    sp_buf_text(out, "detection: {");
    for (uint32_t i = 0; i < count; i++) {
        sp_buf_printf(out, "%s: ", names[i]);
        put_selection(r, out);
        sp_buf_text(out, ", ");
    }
    sp_buf_text(out, "condition: ");
    if (one_in(&r->chance, 20)) {
        sp_buf_text(out, "[\"");
        put_condition(r, out, count, 1);
        sp_buf_text(out, "\", \"");
        put_condition(r, out, count, 1);
        sp_buf_text(out, "\"]");
    } else {
        sp_buf_char(out, '"');
        put_condition(r, out, count, one_in(&r->chance, 3) ? 0 : below(&r->chance, 4));
        sp_buf_char(out, '"');
    }
    sp_buf_text(out, "}\n---\n");
    made.hits = r->hit_count - made.hit;
    r->rule = one_more(r, r->rule, r->rule_count, &r->rule_room, sizeof *r->rule);
    r->rule[r->rule_count++] = made;
}
