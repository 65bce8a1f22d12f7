/* SPDX-License-Identifier: Apache-2.0
 *
 * In: JSON records as flat objects (NXLog's shape). Out: the same fields as event_shapes.c makes of them, sooner.
 * Which member becomes which field depends on the names alone, and a log has few lists of names:
 *
 *      names of the object ─▶ seen before? ─▶ plan: Computer = member 7, Channel stands at 12, ...
 *                                  │ no
 *                                  └─▶ event_shapes.c makes the event, a plan is made for the next
 *
 * A list is known again by its bytes, never by a hash alone. Plans live as long as the worker's scratch, up to a number
 * of bytes; then all are forgotten.
 */
#include "base/alloc.h"
#include "event/event_inner.h"

enum {
    PLANS = 1024,          /* a power of two */
    PROBES = 8,            /* places that a plan may stand at */
    PLAN_NAMES_MAX = 255,  /* of one object; larger ones have no plan */
    PLANS_BYTES = 2 << 20,
    ALIASES = EVENT_FLAT_NAMES + 1
};

#define NOWHERE UINT32_MAX

/* The bytes of a name: eight from either end, the rest where there is one. */
struct plan_name {
    uint64_t head, tail;
    uint32_t len;
    bool left_out;
    const char *bytes;
};

struct event_plan {
    uint64_t key;
    uint32_t count;
    bool flat; /* false: a shape of its own, or none; there is nothing to do here */
    uint32_t channel, eventid, keywords, provider; /* members by number, or NOWHERE */
    uint32_t alias_count, provider_alias;
    struct {
        struct sp_str name;
        uint32_t from;
    } alias[ALIASES];
    uint8_t rank[PLAN_NAMES_MAX]; /* of the member among those that stay */
    struct plan_name name[];
};

struct event_plans {
    struct sp_arena arena;
    struct event_plan *slot[PLANS];
};

/* The members of the record's object. */
struct members {
    uint64_t key;
    uint32_t count;
    uint32_t node[PLAN_NAMES_MAX];
};

void sp_event_plans_free(struct event_plans *plans)
{
    if (!plans)
        return;
    sp_arena_done(&plans->arena);
    sp_free(plans);
}

static uint64_t eight(const char *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
    return w;
}

static uint64_t four(const char *p)
{
    uint32_t w;

    memcpy(&w, p, 4);
    return w;
}

/* All bytes of a name of up to eight, else its first eight. */
static inline uint64_t head_of(struct sp_str s)
{
    if (s.len >= 8)
        return eight(s.ptr);
    if (s.len >= 4)
        return four(s.ptr) | four(s.ptr + s.len - 4) << 32;
    if (!s.len)
        return 0;
    return (uint64_t)(unsigned char)s.ptr[0] | (uint64_t)(unsigned char)s.ptr[s.len / 2] << 8 |
           (uint64_t)(unsigned char)s.ptr[s.len - 1] << 16;
}

static bool list_members(const struct sp_tree *tree, struct members *m)
{
    const struct sp_node *node = tree->node;
    uint64_t key = node[0].count;
    uint32_t n = 0;

    if (node[0].value.type != SP_V_MAP || node[0].count > PLAN_NAMES_MAX)
        return false;
    for (uint32_t child = node[0].child; child && n < PLAN_NAMES_MAX; child = node[child].next) {
        struct sp_str name = node[child].name;

        m->node[n++] = child;
        key = (key ^ name.len ^ (name.len ? (uint64_t)(unsigned char)name.ptr[name.len / 2] << 8 : 0)) * UINT64_C(0x9E3779B97F4A7C15);
    }
    m->count = n;
    m->key = key ^ key >> 32;
    return n == node[0].count;
}

static inline bool same_name(const struct plan_name *known, struct sp_str s)
{
    if (known->len != s.len || known->head != head_of(s))
        return false;
    if (s.len > 8 && known->tail != eight(s.ptr + s.len - 8))
        return false;
    return s.len <= 16 || memcmp(known->bytes + 8, s.ptr + 8, s.len - 16) == 0;
}

static bool same_names(const struct event_plan *plan, const struct sp_tree *tree, const struct members *m)
{
    if (plan->key != m->key || plan->count != m->count)
        return false;
    for (uint32_t i = 0; i < m->count; i++)
        if (!same_name(&plan->name[i], tree->node[m->node[i]].name))
            return false;
    return true;
}

/* The number of the first member of this name. */
static uint32_t number_of(const struct event_plan *plan, const char *name)
{
    struct sp_str s = sp_str_c(name);

    for (uint32_t i = 0; i < plan->count; i++)
        if (plan->name[i].len == s.len && (!s.len || memcmp(plan->name[i].bytes, s.ptr, s.len) == 0))
            return i;
    return NOWHERE;
}

static uint32_t either(const struct event_plan *plan, const char *a, const char *b)
{
    uint32_t found = number_of(plan, a);

    return found != NOWHERE ? found : number_of(plan, b);
}

static void plan_alias(struct event_plan *plan, const char *name, uint32_t from)
{
    if (from == NOWHERE || number_of(plan, name) != NOWHERE)
        return;
    plan->alias[plan->alias_count].name = sp_str_c(name);
    plan->alias[plan->alias_count++].from = from;
}

/* Names that another shape may go by: then what it is depends on values as well. */
static bool may_be_nested(const struct event_plan *plan)
{
    static const char *const other[] = { "Event", "System", "winlog", "winlog.channel", "winlog.event_id", "event_data" };

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (number_of(plan, other[i]) != NOWHERE)
            return true;
    return false;
}

/* What shape_flat() of event_shapes.c does with these names. */
static void make_plan(struct event_plan *plan)
{
    uint32_t time = either(plan, "@timestamp", "EventTime"), rank = 0;

    plan->channel = number_of(plan, "Channel");
    plan->eventid = number_of(plan, "EventID");
    plan->flat = plan->channel != NOWHERE && plan->eventid != NOWHERE && !may_be_nested(plan);
    if (!plan->flat)
        return;
    for (uint32_t i = 0; i < EVENT_FLAT_NAMES; i++)
        plan_alias(plan, sp_event_flat_names[i][0], either(plan, sp_event_flat_names[i][1], sp_event_flat_names[i][2]));
    plan->provider = number_of(plan, "Provider_Name");
    plan->provider_alias = plan->alias_count && sp_str_is(plan->alias[0].name, "Provider_Name") ? 0 : NOWHERE;
    plan_alias(plan, "TimeCreated_SystemTime", time != NOWHERE ? time : either(plan, "TimeCreated", "UtcTime"));
    plan->keywords = number_of(plan, "Keywords");
    for (uint32_t i = 0; i < plan->count; i++) {
        plan->name[i].left_out = plan->name[i].len == 5 && memcmp(plan->name[i].bytes, "spoor", 5) == 0;
        plan->rank[i] = (uint8_t)rank;
        rank += !plan->name[i].left_out;
    }
}

static struct event_plans *plans_of(struct sp_events *events)
{
    if (!events->plans) {
        events->plans = sp_zalloc(sizeof *events->plans);
        if (events->plans)
            sp_arena_init(&events->plans->arena, SIZE_MAX);
    } else if (events->plans->arena.bytes > PLANS_BYTES) {
        sp_arena_done(&events->plans->arena);
        memset(events->plans->slot, 0, sizeof events->plans->slot);
    }
    return events->plans;
}

/* Keep these names, with a plan. Without memory there is none: the event is made all the same. */
static void keep(struct sp_events *events, const struct sp_tree *tree, const struct members *m)
{
    struct event_plans *plans = plans_of(events);
    struct event_plan *plan;
    uint32_t at = (uint32_t)m->key & (PLANS - 1), probe = 0;

    plan = plans ? sp_arena_zalloc(&plans->arena, sizeof *plan + m->count * sizeof plan->name[0]) : NULL;
    if (!plan)
        return;
    plan->key = m->key;
    plan->count = m->count;
    for (uint32_t i = 0; i < m->count; i++) {
        struct sp_str s = sp_arena_str(&plans->arena, tree->node[m->node[i]].name);

        if (!s.ptr || s.len > UINT32_MAX)
            return;
        plan->name[i] = (struct plan_name){ .head = head_of(s), .tail = s.len > 8 ? eight(s.ptr + s.len - 8) : 0,
                                            .len = (uint32_t)s.len, .bytes = s.ptr };
    }
    make_plan(plan);
    while (probe < PROBES - 1 && plans->slot[(at + probe) & (PLANS - 1)])
        probe++;
    plans->slot[(at + probe) & (PLANS - 1)] = plan;
}

static const struct event_plan *find(const struct sp_events *events, const struct sp_tree *tree, const struct members *m)
{
    uint32_t at = (uint32_t)m->key & (PLANS - 1);

    for (uint32_t probe = 0; events->plans && probe < PROBES; probe++) {
        const struct event_plan *plan = events->plans->slot[(at + probe) & (PLANS - 1)];

        if (!plan)
            return NULL;
        if (same_names(plan, tree, m))
            return plan;
    }
    return NULL;
}

static bool is_scalar(const struct sp_tree *tree, uint32_t node)
{
    uint8_t type = tree->node[node].value.type;

    return type != SP_V_MAP && type != SP_V_LIST && type != SP_V_NULL;
}

/* One more field: the value of `from` under `name`; false when there is no room. */
static inline bool add(struct sp_tree *tree, struct sp_str name, uint32_t from)
{
    uint32_t made = tree->count;

    if (made == tree->room) {
        if (!sp_tree_add(tree, name, (struct sp_value){ 0 }))
            return false;
    } else {
        tree->count++;
    }
    tree->node[made] = (struct sp_node){ .name = name, .value = tree->node[from].value, .next = made + 1,
                                         .child = tree->node[from].child, .count = tree->node[from].count };
    return true;
}

/* Fields behind the root: aliases, Keywords, then the members. False when there is no room for all. */
static bool add_fields(struct sp_tree *tree, const struct event_plan *plan, const struct members *m, const struct sp_value *keywords)
{
    bool number = plan->keywords != NOWHERE && tree->node[m->node[plan->keywords]].value.type == SP_V_NUMBER;
    uint32_t root = tree->count - 1;

    for (uint32_t i = 0; i < plan->alias_count; i++)
        if (!add(tree, plan->alias[i].name, m->node[plan->alias[i].from]))
            return false;
    if (keywords) {
        if (!add(tree, SP_STR("Keywords"), m->node[plan->keywords]))
            return false;
        tree->node[tree->count - 1].value = *keywords;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        if (plan->name[i].left_out || (number && i == plan->keywords))
            continue;
        if (!add(tree, tree->node[m->node[i]].name, m->node[i]))
            return false;
    }
    tree->node[root].child = root + 1; /* there are Channel and EventID */
    tree->node[root].count = tree->count - root - 1;
    tree->node[tree->count - 1].next = 0;
    return true;
}

bool sp_event_by_plan(struct sp_events *events, struct sp_event *event, struct event_header *header)
{
    struct sp_tree *tree = event->record->tree;
    const struct event_plan *plan;
    struct sp_value keywords;
    struct members m;
    uint32_t root, own, number;
    bool written;

    if (!list_members(tree, &m))
        return false;
    plan = find(events, tree, &m);
    if (!plan)
        keep(events, tree, &m);
    if (!plan || !plan->flat || !is_scalar(tree, m.node[plan->channel]) || !is_scalar(tree, m.node[plan->eventid]))
        return false;
    number = plan->keywords != NOWHERE && tree->node[m.node[plan->keywords]].value.type == SP_V_NUMBER;
    written = number && sp_event_keywords(events, tree->node[m.node[plan->keywords]].value, &keywords);
    root = sp_tree_add(tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    if (root && !add_fields(tree, plan, &m, written ? &keywords : NULL)) {
        tree->count = root; /* event_shapes.c says what is wrong */
        root = 0;
    }
    if (!root)
        return false;
    own = root + 1 + plan->alias_count + written;
#define PLACE(member) (own + plan->rank[member] - (number && (member) > plan->keywords))
    header->channel = PLACE(plan->channel);
    header->eventid = PLACE(plan->eventid);
    header->provider = plan->provider_alias != NOWHERE ? root + 1 + plan->provider_alias : plan->provider != NOWHERE ? PLACE(plan->provider) : 0;
#undef PLACE
    event->recognised = true;
    event->fields = root;
    event->whole = 0;
    return true;
}
