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

/* Channel and provider as they lie in a record. `serial` is another whenever they were not those of the record
 * before; 0: none yet. */
struct event_origin {
    uint64_t hash, serial;
    uint32_t channel_len, provider_len;
    uint8_t channel_type, provider_type;
    char key[EVENT_CACHE_KEY];
};

/* The candidates of one (channel, provider, event id). */
struct event_slot {
    uint64_t hash; /* 0: empty */
    uint32_t eventid, count;
    bool has_eventid;
    struct event_origin origin; /* its hash is the slot's to be */
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
    struct event_origin origin; /* of the record before */
    struct sp_arena arena;   /* names made for one event */
    struct sp_value *value;  /* what sp_event_get found, and the node of each */
    uint32_t *node;
    uint32_t found, found_room;
    struct sp_buf made;      /* text of a made value */
    struct sp_buf text, text2, text3;
    struct sp_buf values;    /* values for linking, one after the other */
    struct event_value *list;
    uint32_t list_count, list_room;
    struct sp_event_value *written; /* sorted, each once; in the arena */
    uint32_t written_count;
    struct event_plans *plans; /* event_plan.c; NULL before the first */
    bool unplanned;            /* for tests: shapes without plans, which must be the same */
};

/* Where Windows' own header stands among the fields; 0: not there. */
struct event_header {
    uint32_t channel, provider, eventid;
    uint32_t time; /* TimeCreated_SystemTime, the first; 0 also where nobody looked */
};

/* Turn the record's JSON into flat fields. Sets fields, whole and recognised; `*header` is what the shape found.
 * 0 or SP_ERR_NOMEM. */
int sp_event_shape(struct sp_events *events, struct sp_event *event, struct event_header *header);

enum { EVENT_FLAT_NAMES = 8 };

/* Windows' names for what NXLog, and others that write flat objects, call otherwise: the name, two of theirs. */
extern const char *const sp_event_flat_names[EVENT_FLAT_NAMES][3];

/* NXLog writes Keywords as a signed number; Windows, and rules, write 0x8010000000000000. False: it is none. */
bool sp_event_keywords(struct sp_events *events, struct sp_value v, struct sp_value *ret);

/* Do what sp_event_shape does, where the names of the record have been seen before; false, with nothing changed,
 * where that is not so. */
bool sp_event_by_plan(struct sp_events *events, struct sp_event *event, struct event_header *header);
void sp_event_plans_free(struct event_plans *plans); /* NULL is fine */

/* The text of the first value of a FROM; false when missing, empty or `-`. In `out`, which is cleared. */
bool sp_event_text(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_buf *out);

/* The values of a FROM, as sp_event_get finds them. */
int sp_event_from(struct sp_events *events, const struct sp_event *event, const struct sp_from *from, struct sp_found *ret);

/* The values of a name of the event's own. */
int sp_event_raw(struct sp_events *events, const struct sp_event *event, struct sp_str name, struct sp_found *ret);

#endif
