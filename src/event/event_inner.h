/* SPDX-License-Identifier: Apache-2.0
 *
 * Scratch of one worker's events, and what the files event*.c share. Not for other rooms.
 */
#ifndef SP_EVENT_EVENT_INNER_H
#define SP_EVENT_EVENT_INNER_H
#include "event/event.h"
#include "event/taxonomy_inner.h"

enum {
    EVENT_CACHE_SLOTS = 1024, /* a power of two */
    EVENT_CACHE_KEY = 480,    /* bytes of channel and provider as they lie in the record; longer ones are not cached */
    EVENT_CANDIDATES = 12
};

/* The candidates of one (channel, provider, event id). */
struct event_slot {
    uint64_t hash; /* 0: empty */
    uint32_t eventid, channel_len, provider_len, count;
    uint8_t channel_type, provider_type;
    bool has_eventid;
    char key[EVENT_CACHE_KEY];
    const struct sp_when *when[EVENT_CANDIDATES];
};

struct event_value {
    struct sp_str type;
    uint32_t at, len; /* in `values` */
};

struct sp_events {
    const struct sp_taxonomy *taxonomy;
    const struct sp_class *given;
    struct event_slot *slot; /* EVENT_CACHE_SLOTS of them */
    struct sp_arena arena;   /* names made for one event */
    struct sp_value *value;  /* what sp_event_get found, and the node of each */
    uint32_t *node;
    uint32_t found, found_room;
    struct sp_buf made;      /* text of a made value */
    struct sp_buf text, text2, text3;
    struct sp_buf values;    /* values for linking, one after the other */
    struct event_value *list;
    uint32_t list_count, list_room;
};

/* Where Windows' own header stands among the fields; 0: not there. */
struct event_header {
    uint32_t channel, provider, eventid;
};

/* Turn the record's JSON into flat fields. Sets fields, whole and recognised; `*header` is what the shape found.
 * 0 or SP_ERR_NOMEM. */
int sp_event_shape(struct sp_events *events, struct sp_event *event, struct event_header *header);

/* The text of the first value of a FROM; false when missing, empty or `-`. In `out`, which is cleared. */
bool sp_event_text(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_buf *out);

/* The values of a FROM, as sp_event_get finds them. */
int sp_event_from(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_found *ret);

/* The values of a name of the event's own. */
int sp_event_raw(struct sp_events *events, const struct sp_event *event, struct sp_str name, struct sp_found *ret);

#endif
