/* SPDX-License-Identifier: Apache-2.0
 *
 * In: records of any reader. Out: events: their fields, class, time, host, user, session. The classes that an origin
 * can have are worked out once and kept by the bytes of channel and provider as they lie in the record.
 */
#include "event/event.h"

#include "base/alloc.h"
#include "event/event_inner.h"
#include "read/value.h"

static const struct sp_str system_time = { "TimeCreated_SystemTime", 22 };

struct sp_events *sp_events_new(const struct sp_taxonomy *taxonomy, const struct sp_class *given)
{
    struct sp_events *events = sp_zalloc(sizeof *events);

    if (!events)
        return NULL;
    events->slot = sp_zalloc(EVENT_CACHE_SLOTS * sizeof *events->slot);
    if (!events->slot) {
        sp_free(events);
        return NULL;
    }
    events->taxonomy = taxonomy;
    events->given = given ? given : taxonomy->given ? &taxonomy->given->seen : NULL;
    sp_arena_init(&events->arena, SIZE_MAX);
    return events;
}

void sp_events_free(struct sp_events *events)
{
    if (!events)
        return;
    sp_event_plans_free(events->plans);
    sp_arena_done(&events->arena);
    sp_buf_done(&events->made);
    sp_buf_done(&events->text);
    sp_buf_done(&events->text2);
    sp_buf_done(&events->text3);
    sp_buf_done(&events->values);
    sp_free(events->value);
    sp_free(events->node);
    sp_free(events->list);
    sp_free(events->slot);
    sp_free(events);
}

/* 1 and the number, 0 where it is none, SP_ERR_NOMEM. */
static int event_id(struct sp_value v, struct sp_buf *scratch, uint32_t *ret)
{
    struct sp_str text;
    uint64_t n = 0;

    if (v.type == SP_V_UINT) {
        n = sp_value_u64(v);
        *ret = (uint32_t)n;
        return n <= UINT32_MAX;
    }
    sp_buf_clear(scratch);
    text = sp_value_text(v, scratch);
    if (scratch->failed)
        return SP_ERR_NOMEM;
    if (!text.len || text.len > 9)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        n = 10 * n + (uint64_t)(text.ptr[i] - '0');
    }
    *ret = (uint32_t)n;
    return 1;
}

/* Do the field tests of a condition hold? Any value of a field will do. */
static int tests_hold(struct sp_events *events, const struct sp_event *event, const struct sp_when *when)
{
    for (uint32_t i = 0; i < when->test_count; i++) {
        const struct sp_field_test *test = &when->test[i];
        struct sp_found found;
        bool holds = false;
        int rc = sp_event_raw(events, event, test->field, &found);

        if (rc < 0)
            return rc;
        for (uint32_t n = 0; n < found.count && !holds; n++) {
            struct sp_str text;

            sp_buf_clear(&events->text3);
            text = sp_value_text(found.value[n], &events->text3);
            if (events->text3.failed)
                return SP_ERR_NOMEM; /* no memory is not the same as no match */
            if (test->prefix && text.len > test->text.len)
                text.len = test->text.len;
            holds = sp_str_same(text, test->text);
        }
        if (!holds)
            return 0;
    }
    return 1;
}

/* Are these the channel and provider of the record before? Their bytes, not where they lie: a chunk takes the place
 * of another. */
static bool origin_is(const struct event_origin *o, const struct sp_value v[2])
{
    return o->serial && o->channel_len == v[0].len && o->provider_len == v[1].len && o->channel_type == v[0].type &&
           o->provider_type == v[1].type && (!v[0].len || memcmp(o->key, v[0].ptr, v[0].len) == 0) &&
           (!v[1].len || memcmp(o->key + v[0].len, v[1].ptr, v[1].len) == 0);
}

static void origin_set(struct event_origin *o, const struct sp_value v[2])
{
    o->serial++;
    o->hash = sp_value_hash(sp_value_hash(1, v[0]), v[1]);
    o->channel_len = v[0].len;
    o->provider_len = v[1].len;
    o->channel_type = v[0].type;
    o->provider_type = v[1].type;
    if (v[0].len)
        memcpy(o->key, v[0].ptr, v[0].len);
    if (v[1].len)
        memcpy(o->key + v[0].len, v[1].ptr, v[1].len);
}

/* Is the slot that of this origin (of which its serial number speaks as long as no other comes between) and event id? */
static bool slot_is(struct event_slot *slot, uint64_t h, const struct event_origin *o, const struct sp_origin *id)
{
    const struct event_origin *mine = &slot->origin;

    if (slot->hash != h || slot->eventid != id->eventid || slot->has_eventid != id->has_eventid)
        return false;
    if (mine->serial == o->serial)
        return true;
    if (mine->channel_len != o->channel_len || mine->provider_len != o->provider_len || mine->channel_type != o->channel_type ||
        mine->provider_type != o->provider_type || memcmp(mine->key, o->key, (size_t)o->channel_len + o->provider_len) != 0)
        return false;
    slot->origin.serial = o->serial;
    return true;
}

/* The slot of an origin and event id, whether it holds them or not; NULL where the names are too long to be kept. */
static struct event_slot *find_slot(struct sp_events *events, const struct sp_value v[2], const struct sp_origin *id, bool *holds)
{
    struct event_origin *o = &events->origin;
    struct event_slot *slot;
    uint64_t h;

    *holds = false;
    if ((uint64_t)v[0].len + v[1].len > EVENT_CACHE_KEY)
        return NULL;
    if (!origin_is(o, v))
        origin_set(o, v);
    h = ((o->hash ^ id->eventid ^ (uint64_t)id->has_eventid << 32) * UINT64_C(0x9E3779B97F4A7C15)) | 1;
    slot = &events->slot[h >> 40 & (EVENT_CACHE_SLOTS - 1)];
    *holds = slot_is(slot, h, o, id);
    if (*holds)
        return slot;
    slot->hash = 0; /* until it has been filled */
    slot->eventid = id->eventid;
    slot->has_eventid = id->has_eventid;
    slot->origin = *o;
    slot->origin.hash = h;
    return slot;
}

/* The conditions that channel, provider and event id fulfil: from the cache, else worked out. */
static int candidates(struct sp_events *events, const struct sp_event *event, const struct event_header *header,
                      struct event_slot *spare, const struct event_slot **ret)
{
    const struct sp_node *node = event->tree->node;
    struct sp_value v[2] = { 0 };
    struct sp_origin origin = { .channel = SP_STR_NONE, .provider = SP_STR_NONE };
    struct event_slot *slot;
    bool holds;
    int rc = 0;

    if (header->channel)
        v[0] = node[header->channel].value;
    if (header->provider)
        v[1] = node[header->provider].value;
    if (header->eventid)
        rc = event_id(node[header->eventid].value, &events->text3, &origin.eventid);
    if (rc < 0)
        return rc;
    origin.has_eventid = rc == 1;
    if (!origin.has_eventid)
        origin.eventid = 0;
    slot = find_slot(events, v, &origin, &holds);
    if (!slot) {
        slot = spare;
        slot->origin.hash = 0;
    }
    *ret = slot;
    if (holds)
        return 0;
    sp_buf_clear(&events->text);
    sp_buf_clear(&events->text2);
    origin.channel = sp_value_text(v[0], &events->text);
    origin.provider = sp_value_text(v[1], &events->text2);
    if (events->text.failed || events->text2.failed)
        return SP_ERR_NOMEM;
    slot->count = sp_taxonomy_candidates(events->taxonomy, &origin, slot->when, EVENT_CANDIDATES);
    if (slot->count > EVENT_CANDIDATES)
        slot->count = EVENT_CANDIDATES; /* a user's map with more tests for one event id than that: the first count */
    slot->hash = slot->origin.hash;
    return 0;
}

static int choose(struct sp_events *events, struct sp_event *event, const struct event_header *header)
{
    const struct event_slot *slot;
    struct event_slot spare;
    int rc = candidates(events, event, header, &spare, &slot);

    for (uint32_t i = 0; rc == 0 && i < slot->count; i++) {
        rc = slot->when[i]->test_count ? tests_hold(events, event, slot->when[i]) : 1;
        if (rc > 0) {
            event->class_ = slot->when[i]->class_;
            return 0;
        }
    }
    return rc;
}

/* Windows' header among flat fields: one pass, by length first. */
static void find_header(const struct sp_event *event, struct event_header *header)
{
    const struct sp_node *node = event->tree->node;

    for (uint32_t at = node[event->fields].child; at; at = node[at].next) {
        struct sp_str name = node[at].name;

        if (name.len == 7 && !header->channel && memcmp(name.ptr, "Channel", 7) == 0)
            header->channel = at;
        else if (name.len == 7 && !header->eventid && memcmp(name.ptr, "EventID", 7) == 0)
            header->eventid = at;
        else if (name.len == 13 && !header->provider && memcmp(name.ptr, "Provider_Name", 13) == 0)
            header->provider = at;
        else if (name.len == system_time.len && !header->time && memcmp(name.ptr, system_time.ptr, system_time.len) == 0)
            header->time = at;
        else
            continue;
        if (header->channel && header->eventid && header->provider && header->time)
            return;
    }
}

/* A field of the event's own data that is named like one of the header stands behind it in one list (System 104). */
static void first_of_lists(const struct sp_event *event, struct event_header *header)
{
    uint32_t *const part[] = { &header->channel, &header->eventid, &header->provider };

    for (int i = 0; i < 3; i++)
        if (*part[i] && event->tree->node[*part[i]].value.type == SP_V_LIST)
            *part[i] = event->tree->node[*part[i]].child;
}

/* Seconds since 1970 as a number; in milli-, micro- or nanoseconds when it has that many digits. */
static int epoch(struct sp_str text, struct sp_buf *scratch, struct sp_time *ret)
{
    size_t digits = text.len && text.ptr[0] == '-', cut;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (digits >= 12 && digits == text.len) {
        cut = digits - (digits < 15 ? 3u : digits < 18 ? 6u : 9u);
        sp_buf_clear(scratch);
        sp_buf_str(scratch, sp_str_cut(text, 0, cut));
        sp_buf_char(scratch, '.');
        sp_buf_str(scratch, sp_str_cut(text, cut, text.len - cut));
        if (scratch->failed)
            return SP_ERR_NOMEM;
        text = sp_buf_view(scratch);
    }
    if (!sp_time_epoch(text, ret))
        *ret = (struct sp_time){ 0 };
    return 0;
}

/* `numbers`: also seconds since 1970, which only a mapped time field may hold (contract 1). */
static int read_time(struct sp_events *events, struct sp_value v, bool numbers, struct sp_time *ret)
{
    struct sp_str text;

    sp_buf_clear(&events->text);
    *ret = sp_value_time(v, &events->text);
    if (events->text.failed)
        return SP_ERR_NOMEM;
    if (ret->known || !numbers || v.type == SP_V_HEX || v.type == SP_V_BINARY)
        return 0;
    sp_buf_clear(&events->text2);
    text = sp_value_text(v, &events->text2);
    return events->text2.failed ? SP_ERR_NOMEM : epoch(text, &events->text3, ret);
}

/* The time where it is a field that the header's pass has met: no need to look it up again. False: it is not. */
static bool is_header_time(const struct sp_event *event, const struct event_header *header)
{
    const struct sp_from *from = &event->class_->time;

    return header->time && from->kind == SP_FROM_FIELD && event->tree->node[header->time].value.type != SP_V_LIST &&
           sp_str_eq(from->a, system_time) && !(event->class_->trim_count && sp_class_trims(event->class_, from->a));
}

static int find_time(struct sp_events *events, struct sp_event *event, const struct event_header *header)
{
    static const char *const usual[] = { "@timestamp", "timestamp", "_time",     "time", "EventTime",
                                         "TimeCreated", "UtcTime",  "eventTime", "ts",   "date" };
    struct sp_found found;
    int rc = 0;

    if (is_header_time(event, header)) {
        rc = read_time(events, event->tree->node[header->time].value, true, &event->time);
    } else if (event->class_->time.a.len) {
        rc = sp_event_from(events, event, &event->class_->time, &found);
        if (rc == 0 && found.presence == SP_PRESENT)
            rc = read_time(events, found.value[0], true, &event->time);
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual && rc == 0 && !event->time.known; i++) {
        rc = sp_event_raw(events, event, sp_str_c(usual[i]), &found);
        if (rc == 0 && found.presence == SP_PRESENT)
            rc = read_time(events, found.value[0], false, &event->time);
    }
    return rc;
}

int sp_event_make(struct sp_events *events, const struct sp_record *record, struct sp_event *ret)
{
    struct event_header header = { 0 };
    int rc = 0;

    *ret = (struct sp_event){ .record = record, .tree = record->tree, .class_ = &events->taxonomy->none };
    sp_arena_reset(&events->arena);
    if (record->kind == SP_RECORD_EVTX) {
        const uint32_t *known = record->tree->header;

        ret->recognised = true;
        ret->simple = record->tree->headed;
        if (ret->simple) {
            header = (struct event_header){ known[SP_HEADER_CHANNEL], known[SP_HEADER_PROVIDER], known[SP_HEADER_EVENT_ID], known[SP_HEADER_TIME] };
        } else {
            find_header(ret, &header);
            first_of_lists(ret, &header);
        }
    } else if (record->kind == SP_RECORD_JSON) {
        rc = sp_event_shape(events, ret, &header);
    }
    ret->channel = header.channel;
    ret->provider = header.provider;
    ret->eventid = header.eventid;
    if (rc == 0 && ret->recognised)
        rc = choose(events, ret, &header);
    else if (rc == 0 && events->given)
        ret->class_ = events->given;
    return rc < 0 ? rc : find_time(events, ret, &header);
}

/* Recursion is bounded by the reader's limit of depth. */
static int scalars(const struct sp_tree *tree, uint32_t at, int (*each)(void *arg, struct sp_value value), void *arg)
{
    const struct sp_node *node = &tree->node[at];
    int rc = 0;

    switch ((enum sp_value_type)node->value.type) {
    case SP_V_NULL:
    case SP_V_TRUE:
    case SP_V_FALSE:
    case SP_V_BOOL:
        return 0;
    case SP_V_LIST:
    case SP_V_MAP:
        for (uint32_t child = node->child; child && rc == 0; child = tree->node[child].next)
            rc = scalars(tree, child, each, arg);
        return rc;
    case SP_V_TEXT:
    case SP_V_JSON_TEXT:
    case SP_V_UTF16:
    case SP_V_ANSI:
    case SP_V_INT:
    case SP_V_UINT:
    case SP_V_HEX:
    case SP_V_NUMBER:
    case SP_V_REAL32:
    case SP_V_REAL64:
    case SP_V_BINARY:
    case SP_V_GUID:
    case SP_V_SID:
    case SP_V_FILETIME:
    case SP_V_SYSTEMTIME:
        break;
    }
    return each(arg, node->value);
}

int sp_event_scalars(const struct sp_event *event, int (*each)(void *arg, struct sp_value value), void *arg)
{
    return scalars(event->tree, event->whole, each, arg);
}

static bool place(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_buf *out)
{
    if (!sp_event_text(events, event, from, &events->text3)) {
        out->failed |= events->text3.failed; /* no memory is not the same as no host */
        return false;
    }
    sp_buf_str(out, sp_buf_view(&events->text3));
    return true;
}

bool sp_event_host(struct sp_events *events, const struct sp_event *event, struct sp_buf *out)
{
    return place(events, event, &event->class_->host, out);
}

bool sp_event_user(struct sp_events *events, const struct sp_event *event, struct sp_buf *out)
{
    return place(events, event, &event->class_->user, out);
}

bool sp_event_session(struct sp_events *events, const struct sp_event *event, struct sp_buf *out)
{
    return place(events, event, &event->class_->session, out);
}
