/* SPDX-License-Identifier: Apache-2.0
 *
 * In: JSON records as flat objects (NXLog's shape) whose layout the reader knows. Out: the same fields as
 * event_shapes.c makes of them, sooner. Which member becomes which field depends on the names alone:
 *
 *      layout of the object ─▶ plan: Computer is member 7, Channel stands at 12, ...   made once
 *                                 │
 *      the object's members ──────┴──▶ fields, copied in a row
 *
 * A plan holds a reference to its layout, so that an address stands for the same names as long as there is a plan.
 */
#include "base/alloc.h"
#include "event/event_inner.h"
#include "read/layout.h"

enum {
    PLANS = 1024, /* a power of two */
    PROBES = 8,   /* places that a plan may stand at */
    ALIASES = EVENT_FLAT_NAMES + 1
};

#define NOWHERE UINT32_MAX

struct event_plan {
    const struct sp_layout *layout;
    bool flat; /* false: another shape, or none; there is nothing to do here */
    uint32_t channel, eventid, provider, time, keywords; /* members by number, or NOWHERE */
    uint32_t spoor;                                /* what decode added, which is no field */
    uint32_t alias_count;
    bool provider_first, time_last; /* the first alias is Provider_Name, the last TimeCreated_SystemTime */
    struct {
        struct sp_str name;
        uint32_t from;
    } alias[ALIASES];
};

struct event_plans {
    const struct sp_layout *layout[PLANS]; /* of each plan; NULL: there is none */
    struct event_plan plan[PLANS];
};

void sp_event_plans_free(struct event_plans *plans)
{
    if (!plans)
        return;
    for (uint32_t i = 0; i < PLANS; i++)
        sp_layout_unref(plans->layout[i]);
    sp_free(plans);
}

/* The number of the member of this name. */
static uint32_t number_of(const struct sp_layout *layout, const char *name)
{
    size_t len = strlen(name);
    const char *bytes = layout->bytes;

    for (uint32_t i = 0; i < layout->count; bytes += layout->len[i++])
        if (layout->len[i] == len && (!len || memcmp(bytes, name, len) == 0))
            return i;
    return NOWHERE;
}

static uint32_t either(const struct sp_layout *layout, const char *a, const char *b)
{
    uint32_t found = number_of(layout, a);

    return found != NOWHERE ? found : number_of(layout, b);
}

static void plan_alias(struct event_plan *plan, const char *name, uint32_t from)
{
    if (from == NOWHERE || number_of(plan->layout, name) != NOWHERE)
        return;
    plan->alias[plan->alias_count].name = sp_str_c(name);
    plan->alias[plan->alias_count++].from = from;
}

/* Names that another shape may go by: then what it is depends on values as well. */
static bool may_be_nested(const struct sp_layout *layout)
{
    static const char *const other[] = { "Event", "System", "winlog", "winlog.channel", "winlog.event_id", "event_data" };

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (number_of(layout, other[i]) != NOWHERE)
            return true;
    return false;
}

/* What shape_flat() of event_shapes.c does with these names. */
static void make_plan(struct event_plan *plan, const struct sp_layout *layout)
{
    const char *const (*name)[3] = sp_event_flat_names;
    uint32_t time = either(layout, "@timestamp", "EventTime"), before;

    sp_layout_ref(layout);
    *plan = (struct event_plan){ .layout = layout, .channel = number_of(layout, "Channel"), .eventid = number_of(layout, "EventID"),
                                 .provider = number_of(layout, "Provider_Name"), .keywords = number_of(layout, "Keywords"),
                                 .time = number_of(layout, "TimeCreated_SystemTime"), .spoor = number_of(layout, "spoor") };
    plan->flat = plan->channel != NOWHERE && plan->eventid != NOWHERE && !may_be_nested(layout);
    for (uint32_t i = 0; i < EVENT_FLAT_NAMES; i++)
        plan_alias(plan, name[i][0], either(layout, name[i][1], name[i][2]));
    plan->provider_first = plan->alias_count && sp_str_is(plan->alias[0].name, "Provider_Name");
    before = plan->alias_count;
    plan_alias(plan, "TimeCreated_SystemTime", time != NOWHERE ? time : either(layout, "TimeCreated", "UtcTime"));
    plan->time_last = plan->alias_count > before;
}

/* The plan for a layout, made where there is none; NULL without memory: event_shapes.c needs none. */
static const struct event_plan *plan_for(struct sp_events *events, const struct sp_layout *layout)
{
    uint32_t at = (uint32_t)(((uintptr_t)layout >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40);
    struct event_plans *plans = events->plans;

    if (!plans)
        plans = events->plans = sp_zalloc(sizeof *plans);
    if (!plans)
        return NULL;
    for (uint32_t probe = 0;; probe++) {
        uint32_t place = (at + probe) & (PLANS - 1);

        if (plans->layout[place] == layout)
            return &plans->plan[place];
        if (plans->layout[place] && probe < PROBES - 1)
            continue;
        sp_layout_unref(plans->layout[place]);
        plans->layout[place] = layout;
        make_plan(&plans->plan[place], layout);
        return &plans->plan[place];
    }
}

static bool is_scalar(const struct sp_tree *tree, uint32_t node)
{
    uint8_t type = tree->node[node].value.type;

    return type != SP_V_MAP && type != SP_V_LIST && type != SP_V_NULL;
}

/* Field `to`, of which there is room: the value of `from` under `name`; the next one follows. */
static inline void put(struct sp_node *node, uint32_t to, struct sp_str name, uint32_t from)
{
    node[to] = node[from];
    node[to].name = name;
    node[to].next = to + 1;
}

/* Room for so many nodes more; they do not count yet. */
static bool reserve(struct sp_tree *tree, uint32_t more)
{
    uint32_t count = tree->count;

    while (tree->room - count < more) {
        tree->count = tree->room;
        if (!sp_tree_add(tree, SP_STR_NONE, (struct sp_value){ 0 })) {
            tree->count = count;
            return false;
        }
    }
    tree->count = count;
    return true;
}

/* The root and its fields: aliases, Keywords, then the members. */
static void add_fields(struct sp_tree *tree, const struct event_plan *plan, const uint32_t *member, const struct sp_value *keywords,
                       struct event_header *header)
{
    uint32_t root = tree->count, to = root + 1, number = NOWHERE;
    const uint32_t count = plan->layout->count, channel = plan->channel, eventid = plan->eventid, spoor = plan->spoor;
    struct sp_node *node = tree->node;

    for (uint32_t i = 0; i < plan->alias_count; i++, to++)
        put(node, to, plan->alias[i].name, member[plan->alias[i].from]);
    if (plan->keywords != NOWHERE && node[member[plan->keywords]].value.type == SP_V_NUMBER)
        number = plan->keywords;
    if (keywords->type) {
        put(node, to, SP_STR("Keywords"), member[number]);
        node[to++].value = *keywords;
    }
    header->provider = plan->provider_first ? root + 1 : 0;
    header->time = plan->time_last ? root + plan->alias_count : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == number || i == spoor)
            continue;
        if (i == channel)
            header->channel = to;
        else if (i == eventid)
            header->eventid = to;
        else if (i == plan->provider)
            header->provider = to;
        else if (i == plan->time)
            header->time = to;
        node[to] = node[member[i]];
        node[to].next = to + 1;
        to++;
    }
    node[root] = (struct sp_node){ .name = SP_STR_NONE, .value = { .type = SP_V_MAP }, .child = root + 1, .count = to - root - 1 };
    node[to - 1].next = 0; /* one there is: EventID */
    tree->count = to;
}

bool sp_event_by_plan(struct sp_events *events, struct sp_event *event, struct event_header *header)
{
    struct sp_tree *tree = event->record->tree;
    const struct event_plan *plan = tree->layout ? plan_for(events, tree->layout) : NULL;
    const uint32_t *member = tree->member;
    struct sp_value keywords = { 0 }, own;

    if (!plan || !plan->flat)
        return false;
    if (!is_scalar(tree, member[plan->channel]) || !is_scalar(tree, member[plan->eventid]) ||
        !reserve(tree, plan->layout->count + ALIASES + 2))
        return false;
    if (plan->keywords != NOWHERE) {
        own = tree->node[member[plan->keywords]].value;
        if (own.type == SP_V_NUMBER && !sp_event_keywords(events, own, &keywords))
            keywords = (struct sp_value){ 0 };
    }
    event->recognised = true;
    event->fields = tree->count;
    event->whole = 0;
    add_fields(tree, plan, member, &keywords, header);
    event->simple = !header->provider || is_scalar(tree, header->provider);
    return true;
}
