/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the tree of a JSON record. Out: more nodes in it, flat fields as an EVTX record of the same event would have
 * them (SPEC: sigma-T24), for the shapes that carry Windows events (event.h). Slices, no copies of values; names that
 * are put together live in the worker's arena.
 */
#include "base/limits.h"
#include "event/event_inner.h"
#include "read/value.h"

/* Flat fields under construction. */
struct flat {
    struct sp_events *events;
    struct sp_tree *tree;
    uint32_t root, last;
    bool failed; /* memory, or the limit of nodes */
};

static const struct sp_node *at(const struct flat *f, uint32_t node)
{
    return &f->tree->node[node];
}

static uint32_t find(const struct sp_tree *tree, uint32_t map, struct sp_str wanted)
{
    if (tree->node[map].value.type != SP_V_MAP)
        return 0;
    for (uint32_t child = tree->node[map].child; child; child = tree->node[child].next)
        if (sp_str_eq(tree->node[child].name, wanted))
            return child;
    return 0;
}

/* A member by name, 0 if there is none. */
static inline uint32_t member(const struct sp_tree *tree, uint32_t map, const char *name)
{
    return find(tree, map, sp_str_c(name));
}

static bool is_map(const struct sp_tree *tree, uint32_t node)
{
    return node && tree->node[node].value.type == SP_V_MAP;
}

static bool is_scalar(const struct sp_tree *tree, uint32_t node)
{
    return node && tree->node[node].value.type != SP_V_MAP && tree->node[node].value.type != SP_V_LIST &&
           tree->node[node].value.type != SP_V_NULL;
}

/* One more field: the value of `from` under `name`. */
static uint32_t add(struct flat *f, struct sp_str name, uint32_t from)
{
    struct sp_node node = *at(f, from);
    uint32_t made = f->failed ? 0 : sp_tree_add(f->tree, name, node.value);

    if (!made) {
        f->failed = true;
        return 0;
    }
    f->tree->node[made].child = node.child;
    f->tree->node[made].count = node.count;
    sp_tree_hang(f->tree, f->root, &f->last, made);
    return made;
}

/* The same, where it is there. */
static uint32_t alias(struct flat *f, const char *name, uint32_t from)
{
    return from ? add(f, sp_str_c(name), from) : 0;
}

/* `Element_Attribute` in the arena. */
static struct sp_str joined(struct flat *f, struct sp_str element, struct sp_str attribute)
{
    size_t len = element.len + 1 + attribute.len;
    char *name = sp_arena_alloc(&f->events->arena, len);

    if (!name) {
        f->failed = true;
        return SP_STR_NONE;
    }
    memcpy(name, element.ptr, element.len);
    name[element.len] = '_';
    if (attribute.len)
        memcpy(name + element.len + 1, attribute.ptr, attribute.len);
    return (struct sp_str){ name, len };
}

static bool is_namespace(struct sp_str name)
{
    return sp_str_starts(name, SP_STR("xmlns"));
}

/* The attributes of an element: evtx_dump keeps them in `#attributes`. */
static void add_attributes(struct flat *f, struct sp_str element, uint32_t map)
{
    for (uint32_t child = at(f, map)->child; child && !f->failed; child = at(f, child)->next)
        if (!is_namespace(at(f, child)->name))
            add(f, joined(f, element, at(f, child)->name), child);
}

/* One element of System: `4688`, `{"#attributes":{"Qualifiers":0},"#text":4688}`, or without the wrapping, as
 * Velociraptor has it, `{"Value":4688}`, `{"Name":"x","Guid":"y"}`. */
static void add_element(struct flat *f, uint32_t node)
{
    struct sp_str name = at(f, node)->name;

    if (at(f, node)->value.type == SP_V_NULL)
        return; /* <Security/> */
    if (!is_map(f->tree, node)) {
        add(f, name, node);
        return;
    }
    for (uint32_t child = at(f, node)->child; child && !f->failed; child = at(f, child)->next) {
        struct sp_str inner = at(f, child)->name;

        if (sp_str_is(inner, "#attributes") && is_map(f->tree, child))
            add_attributes(f, name, child);
        else if (sp_str_is(inner, "#text") || sp_str_is(inner, "Value"))
            add(f, name, child);
        else if (!is_namespace(inner))
            add(f, joined(f, name, inner), child);
    }
}

/* `{"@Name":"X","#text":"v"}`, an element of `Data` as converters of XML write it. */
static bool add_named(struct flat *f, uint32_t node)
{
    uint32_t attributes = member(f->tree, node, "#attributes"), text = member(f->tree, node, "#text");
    uint32_t name = member(f->tree, attributes ? attributes : node, attributes ? "Name" : "@Name");

    if (!name)
        name = member(f->tree, node, "Name");
    if (!name || at(f, name)->value.type != SP_V_TEXT)
        return false;
    add(f, (struct sp_str){ at(f, name)->value.ptr, at(f, name)->value.len }, text ? text : name);
    if (!text && !f->failed)
        f->tree->node[f->last].value = (struct sp_value){ "", 0, SP_V_TEXT };
    return true;
}

static void add_data(struct flat *f, uint32_t node);

/* The unnamed Data: one text, several, or named ones in a list. */
static void add_list(struct flat *f, uint32_t node)
{
    uint32_t child = at(f, node)->child;

    if (!is_map(f->tree, child)) {
        add(f, at(f, node)->name, node);
        return;
    }
    for (; child && !f->failed; child = at(f, child)->next)
        if (!is_map(f->tree, child) || !add_named(f, child))
            add(f, at(f, node)->name, child);
}

/* What is inside an element: its leaves by their own names, as the EVTX reader does it. Recursion ends with the
 * reader's limit of depth. */
static void add_inside(struct flat *f, struct sp_str name, uint32_t map)
{
    for (uint32_t child = at(f, map)->child; child && !f->failed; child = at(f, child)->next) {
        if (sp_str_is(at(f, child)->name, "#attributes") && is_map(f->tree, child))
            add_attributes(f, name, child);
        else if (!is_namespace(at(f, child)->name))
            add_data(f, child);
    }
}

/* One member of EventData, or of an element of UserData. */
static void add_data(struct flat *f, uint32_t node)
{
    uint32_t text = member(f->tree, node, "#text"), attributes = member(f->tree, node, "#attributes");
    struct sp_str name = at(f, node)->name;

    if (at(f, node)->value.type == SP_V_LIST) {
        add_list(f, node);
    } else if (text) {
        if (attributes && !sp_str_is(name, "Data"))
            add_attributes(f, name, attributes);
        add(f, name, text);
    } else if (is_map(f->tree, node) && !(sp_str_is(name, "Data") && add_named(f, node))) {
        add_inside(f, name, node);
    } else if (!is_map(f->tree, node)) {
        add(f, name, node);
    }
}

static void add_user_data(struct flat *f, uint32_t map)
{
    for (uint32_t child = at(f, map)->child; child && !f->failed; child = at(f, child)->next) {
        if (is_map(f->tree, child)) {
            add_inside(f, at(f, child)->name, child); /* the wrapper is dropped */
        } else if (!is_namespace(at(f, child)->name)) {
            add_data(f, child);
        }
    }
}

/* System, EventData, UserData of `map`, then what else it holds; "" ends `known`, which is left out. */
static void add_sections(struct flat *f, uint32_t map)
{
    uint32_t system = member(f->tree, map, "System");

    for (uint32_t child = at(f, system)->child; child && !f->failed; child = at(f, child)->next)
        add_element(f, child);
    for (uint32_t child = at(f, map)->child; child && !f->failed; child = at(f, child)->next) {
        struct sp_str name = at(f, child)->name;

        if (child == system || sp_str_is(name, "#attributes") || is_namespace(name))
            continue;
        if (sp_str_is(name, "EventData") && is_map(f->tree, child))
            add_inside(f, name, child);
        else if (sp_str_is(name, "UserData") && is_map(f->tree, child))
            add_user_data(f, child);
        else if (at(f, child)->value.type != SP_V_NULL)
            add(f, name, child);
    }
}

/* The members of `map` but those named; `spoor` is what decode added. */
static void add_rest(struct flat *f, uint32_t map, const char *but)
{
    for (uint32_t child = at(f, map)->child; child && !f->failed; child = at(f, child)->next)
        if (!sp_str_is(at(f, child)->name, but) && !sp_str_is(at(f, child)->name, "spoor"))
            add(f, at(f, child)->name, child);
}

static void shape_event(struct flat *f, uint32_t event)
{
    add_sections(f, event);
    add_rest(f, 0, "Event");
}

static uint32_t either(const struct sp_tree *tree, uint32_t map, const char *a, const char *b)
{
    uint32_t found = member(tree, map, a);

    return found ? found : member(tree, map, b);
}

bool sp_event_keywords(struct sp_events *events, struct sp_value v, struct sp_value *ret)
{
    const char *p = v.ptr;
    bool minus = v.len && p[0] == '-';
    unsigned char *bytes;
    uint64_t n = 0;
    uint32_t i;

    for (i = minus; i < v.len && p[i] >= '0' && p[i] <= '9'; i++)
        n = 10 * n + (uint64_t)(p[i] - '0');
    bytes = i == v.len && v.len < 21 ? sp_arena_alloc(&events->arena, 8) : NULL;
    if (!bytes)
        return false;
    n = minus ? 0 - n : n;
    for (i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(n >> (8 * i));
    *ret = (struct sp_value){ bytes, 8, SP_V_HEX };
    return true;
}

static void add_keywords(struct flat *f, uint32_t node)
{
    struct sp_value value;
    uint32_t made;

    if (!node || at(f, node)->value.type != SP_V_NUMBER || !sp_event_keywords(f->events, at(f, node)->value, &value))
        return;
    made = add(f, SP_STR("Keywords"), node);
    if (made)
        f->tree->node[made].value = value;
}

const char *const sp_event_flat_names[EVENT_FLAT_NAMES][3] = { { "Provider_Name", "SourceName", "ProviderName" },
                                                               { "Provider_Guid", "ProviderGuid", "" },
                                                               { "Computer", "Hostname", "hostname" },
                                                               { "EventRecordID", "RecordNumber", "EventRecordId" },
                                                               { "Execution_ProcessID", "ExecutionProcessID", "" },
                                                               { "Execution_ThreadID", "ThreadID", "" },
                                                               { "Security_UserID", "UserID", "" },
                                                               { "Correlation_ActivityID", "ActivityID", "" } };

/* NXLog, and flat exports of other tools: the object's own members, and Windows' names for those that NXLog
 * calls otherwise. event_plan.c does the same for names that have been seen before. */
static void shape_flat(struct flat *f)
{
    const char *const (*name)[3] = sp_event_flat_names;
    struct sp_tree *tree = f->tree;
    uint32_t time = either(tree, 0, "@timestamp", "EventTime");

    for (size_t i = 0; i < EVENT_FLAT_NAMES; i++)
        if (!member(tree, 0, name[i][0]))
            alias(f, name[i][0], either(tree, 0, name[i][1], name[i][2]));
    if (!member(tree, 0, "TimeCreated_SystemTime"))
        alias(f, "TimeCreated_SystemTime", time ? time : either(tree, 0, "TimeCreated", "UtcTime"));
    add_keywords(f, member(tree, 0, "Keywords"));
    for (uint32_t child = at(f, 0)->child; child && !f->failed; child = at(f, child)->next) {
        struct sp_str own = at(f, child)->name;

        if (sp_str_is(own, "Keywords") && at(f, child)->value.type == SP_V_NUMBER)
            continue;
        if (!sp_str_is(own, "spoor"))
            add(f, own, child);
    }
}

/* winlogbeat: names of its own for System, nested, or at the top in versions before 7. */
static void shape_winlog(struct flat *f, uint32_t winlog)
{
    static const char *const name[][3] = { { "Channel", "channel", "log_name" },
                                           { "Provider_Name", "provider_name", "source_name" },
                                           { "Provider_Guid", "provider_guid", "" },
                                           { "EventID", "event_id", "" },
                                           { "EventRecordID", "record_id", "record_number" },
                                           { "Computer", "computer_name", "" },
                                           { "Task", "task", "" },
                                           { "Opcode", "opcode", "" },
                                           { "Version", "version", "" },
                                           { "Correlation_ActivityID", "activity_id", "" },
                                           { "Execution_ProcessID", "process_id", "" },
                                           { "Execution_ThreadID", "thread_id", "" } };
    struct sp_tree *tree = f->tree;
    uint32_t process = member(tree, winlog, "process"), user = member(tree, winlog, "user"), part;
    uint32_t data = member(tree, winlog, "event_data"), thread;

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        alias(f, name[i][0], either(tree, winlog, name[i][1], name[i][2]));
    alias(f, "TimeCreated_SystemTime", member(tree, 0, "@timestamp"));
    if (is_map(tree, process)) {
        alias(f, "Execution_ProcessID", member(tree, process, "pid"));
        thread = member(tree, process, "thread");
        if (is_map(tree, thread))
            alias(f, "Execution_ThreadID", member(tree, thread, "id"));
    }
    if (is_map(tree, user))
        alias(f, "Security_UserID", member(tree, user, "identifier"));
    if (is_map(tree, data))
        for (uint32_t child = at(f, data)->child; child && !f->failed; child = at(f, child)->next)
            add(f, at(f, child)->name, child);
    part = member(tree, winlog, "user_data");
    if (is_map(tree, part))
        for (uint32_t child = at(f, part)->child; child && !f->failed; child = at(f, child)->next)
            if (!sp_str_is(at(f, child)->name, "xml_name"))
                add(f, at(f, child)->name, child);
    for (uint32_t child = at(f, 0)->child; child && !f->failed; child = at(f, child)->next)
        if (!sp_str_is(at(f, child)->name, "spoor"))
            add(f, at(f, child)->name, child);
}

/* The same with its paths written as names: "winlog.event_data.Image". */
static void shape_dotted(struct flat *f)
{
    static const char *const name[][2] = { { "winlog.channel", "Channel" },
                                           { "winlog.provider_name", "Provider_Name" },
                                           { "winlog.provider_guid", "Provider_Guid" },
                                           { "winlog.event_id", "EventID" },
                                           { "winlog.record_id", "EventRecordID" },
                                           { "winlog.computer_name", "Computer" },
                                           { "winlog.process.pid", "Execution_ProcessID" },
                                           { "winlog.process.thread.id", "Execution_ThreadID" },
                                           { "winlog.user.identifier", "Security_UserID" },
                                           { "@timestamp", "TimeCreated_SystemTime" } };
    static const char *const prefix[] = { "winlog.event_data.", "winlog.user_data." };

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        alias(f, name[i][1], member(f->tree, 0, name[i][0]));
    for (uint32_t child = at(f, 0)->child; child && !f->failed; child = at(f, child)->next) {
        struct sp_str own = at(f, child)->name;

        for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
            if (sp_str_starts(own, sp_str_c(prefix[i])) && own.len > strlen(prefix[i]))
                add(f, sp_str_cut(own, strlen(prefix[i]), own.len - strlen(prefix[i])), child);
    }
    add_rest(f, 0, "");
}

/* Sysmon's fields without any header: the event id follows from the fields that only one event has. */
static const char *headerless(const struct sp_tree *tree)
{
    static const struct {
        const char *a, *b, *eventid;
    } sign[] = {
        { "CommandLine", "ParentProcessGuid", "1" }, { "PreviousCreationUtcTime", "TargetFilename", "2" },
        { "DestinationIp", "SourcePort", "3" },      { "ImageLoaded", "SignatureStatus", "7" },
        { "PipeName", "EventType", "17" },           { "QueryName", "QueryStatus", "22" },
        { "TargetObject", "Details", "13" },         { "TargetObject", "NewName", "14" },
        { "TargetObject", "EventType", "12" },       { "TargetFilename", "Hash", "15" },
        { "TargetFilename", "IsExecutable", "23" },  { "TargetFilename", "CreationUtcTime", "11" },
    };

    if (!member(tree, 0, "UtcTime") || !member(tree, 0, "ProcessGuid") || !member(tree, 0, "Image"))
        return NULL;
    for (size_t i = 0; i < sizeof sign / sizeof *sign; i++)
        if (member(tree, 0, sign[i].a) && member(tree, 0, sign[i].b))
            return sign[i].eventid;
    return tree->node[0].count <= 6 && member(tree, 0, "RuleName") ? "5" : NULL; /* an end has no field of its own */
}

/* A field whose value is made: `from` only lends its place. */
static void add_text(struct flat *f, const char *name, const char *text, uint8_t type)
{
    uint32_t made = add(f, sp_str_c(name), 0);

    if (!made)
        return;
    f->tree->node[made].child = f->tree->node[made].count = 0;
    f->tree->node[made].value = (struct sp_value){ text, (uint32_t)strlen(text), type };
}

static void shape_sysmon(struct flat *f, const char *eventid)
{
    add_text(f, "Channel", "Microsoft-Windows-Sysmon/Operational", SP_V_TEXT);
    add_text(f, "Provider_Name", "Microsoft-Windows-Sysmon", SP_V_TEXT);
    add_text(f, "EventID", eventid, SP_V_NUMBER);
    alias(f, "TimeCreated_SystemTime", member(f->tree, 0, "UtcTime"));
    add_rest(f, 0, "");
}

/* Which shape, and flatten it. False: none of them. */
static bool shape(struct flat *f, bool given)
{
    struct sp_tree *tree = f->tree;
    uint32_t event = member(tree, 0, "Event"), winlog = member(tree, 0, "winlog"), system = member(tree, 0, "System");
    const char *sysmon;

    if (is_map(tree, event) && is_map(tree, member(tree, event, "System"))) {
        shape_event(f, event);
    } else if (is_map(tree, system) && (member(tree, system, "Channel") || member(tree, system, "Provider")) &&
               member(tree, system, "EventID")) {
        add_sections(f, 0);
    } else if (is_map(tree, winlog)) {
        shape_winlog(f, winlog);
    } else if (is_scalar(tree, member(tree, 0, "winlog.channel")) || is_scalar(tree, member(tree, 0, "winlog.event_id"))) {
        shape_dotted(f);
    } else if (is_map(tree, member(tree, 0, "event_data")) && member(tree, 0, "event_id")) {
        shape_winlog(f, 0);
    } else if (is_scalar(tree, member(tree, 0, "Channel")) && is_scalar(tree, member(tree, 0, "EventID"))) {
        shape_flat(f);
    } else {
        sysmon = given ? NULL : headerless(tree);
        if (sysmon)
            shape_sysmon(f, sysmon);
        return sysmon != NULL;
    }
    return true;
}

static bool own_tree_is_whole(const struct sp_tree *tree)
{
    uint32_t event = member(tree, 0, "Event");

    return !is_map(tree, event) && !is_map(tree, member(tree, 0, "System"));
}

int sp_event_shape(struct sp_events *events, struct sp_event *event, struct event_header *header)
{
    struct sp_tree *tree = event->record->tree;
    struct flat f = { .events = events, .tree = tree };
    bool whole;

    if (!events->unplanned && sp_event_by_plan(events, event, header))
        return 0;
    whole = own_tree_is_whole(tree);
    f.root = sp_tree_add(tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    if (!f.root)
        return tree->count >= SP_FIELDS_MAX ? 0 : SP_ERR_NOMEM;
    event->recognised = shape(&f, events->given != NULL);
    if (f.failed && tree->count < SP_FIELDS_MAX)
        return SP_ERR_NOMEM;
    if (!event->recognised)
        return 0;
    event->fields = f.root;
    event->whole = whole ? 0 : f.root;
    header->channel = member(tree, f.root, "Channel");
    header->provider = member(tree, f.root, "Provider_Name");
    header->eventid = member(tree, f.root, "EventID");
    return 0;
}
