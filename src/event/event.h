/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_event: a record as rules see it: a class (taxonomy.h), fields by name, a time, a host.
 *
 *   EVTX record ─────────────────────────────▶ flat fields as they are
 *   JSON, evtx_dump shape {"Event":{...}}  ──▶ the same flat fields (SPEC: sigma-T24)
 *   JSON, winlogbeat / ECS {"winlog":{...}} ─▶ event_data, and Channel, EventID, Provider_Name ... from winlog
 *   JSON, NXLog {"Channel","EventID",...}  ──▶ as they are, SourceName is Provider_Name, RecordNumber ...
 *   JSON, Velociraptor {"System":{},"EventData":{}} ─▶ flat
 *   JSON, anything else ─────────────────────▶ the object's own tree; class by --logsource, else none
 *   text line ───────────────────────────────▶ one field `message`; class by --logsource, else none
 *
 * Flattening adds nodes to the record's own tree: slices, no copies. The winlogbeat and other shapes keep what
 * else the object holds (dotted names reach it), flat names first.
 */
#ifndef SP_EVENT_EVENT_H
#define SP_EVENT_EVENT_H
#include "base/buf.h"
#include "event/taxonomy.h"
#include "read/record.h"

struct sp_event {
    const struct sp_record *record;  /* borrowed */
    const struct sp_tree *tree;      /* the record's */
    uint32_t fields;                 /* the node whose children are the fields that rules see */
    uint32_t whole;                  /* the node that holds every value of the record once, for keywords */
    uint32_t channel, provider, eventid; /* nodes of Windows' header; 0: not there */
    const struct sp_class *class_;   /* never NULL: a class without parts where nothing is known */
    struct sp_time time;             /* not known: the event has none */
    bool recognised;                 /* false: generic JSON or text without a log source */
};

struct sp_events; /* per worker scratch: refilled for each event */

/* `given`: the class of `--logsource` for what cannot say it itself, or NULL. */
struct sp_events *sp_events_new(const struct sp_taxonomy *taxonomy, const struct sp_class *given);
void sp_events_free(struct sp_events *events);

/* Make the event of a record. It dies with the record or the next call. 0 or SP_ERR_NOMEM. */
int sp_event_make(struct sp_events *events, const struct sp_record *record, struct sp_event *ret);

enum sp_presence {
    SP_MISSING,   /* the source can carry the field, this event has it not */
    SP_PRESENT,
    SP_IMPOSSIBLE /* the log source cannot carry it: UNKNOWN (SPEC: sigma-T23) */
};

/* What a field name found: values in order, arrays fanned out (SPEC: sigma-T8, T9). JSON null and an empty array
 * are one value of SP_V_NULL; an object is one value of SP_V_MAP (it equals no text). Owned by `events`, dead at
 * its next call of sp_event_get. */
struct sp_found {
    enum sp_presence presence;
    const struct sp_value *value;
    uint32_t count;
    const uint32_t *node; /* the tree node of each value, or 0 where it was made (joined) */
};

/* Look a rule's field name up: the class's mapping (see sp_class_field about `mapped`), then at each level the
 * longest literal key, then the nested path, `[n]` indexes from 0, arrays fan out (contract 1, paths). Values of
 * trimmed fields come without trailing spaces. 0 or SP_ERR_NOMEM. */
int sp_event_get(struct sp_events *events, const struct sp_event *event, struct sp_str name, bool mapped, struct sp_found *ret);

/* A value without its trailing spaces (and NULs of EVTX), as those of trimmed fields come. */
struct sp_value sp_value_trim(struct sp_value value);

/* Call `each` for every string and number value at any depth, for keywords (SPEC: sigma-T13); a non-zero return
 * stops and is returned. Never key names; the flat fields and what else the record holds, each value once. */
int sp_event_scalars(const struct sp_event *event, int (*each)(void *arg, struct sp_value value), void *arg);

/* Host, user, session of the event as text appended to `out`; false where unknown, empty or `-`. */
bool sp_event_host(struct sp_events *events, const struct sp_event *event, struct sp_buf *out);
bool sp_event_user(struct sp_events *events, const struct sp_event *event, struct sp_buf *out);
bool sp_event_session(struct sp_events *events, const struct sp_event *event, struct sp_buf *out);

/* Values for linking, normalised (contract 5), sorted by (type, value) without duplicates; at most `max`, the excess is
 * counted in `*excess`. Written as JSON: [{"type":..,"value":..},...]. */
int sp_event_values(struct sp_events *events, const struct sp_event *event, uint64_t max, struct sp_buf *out, uint64_t *excess);
/* Those that were written last, as they are; dead with the next event. */
struct sp_event_value {
    struct sp_str type, text;
};
const struct sp_event_value *sp_event_value_list(const struct sp_events *events, uint32_t *ret_count);

/* The fields as a JSON object, names as rules of a category see them first, then the event's own (each name once);
 * what `decode --format fields` shows under "fields". */
int sp_event_fields_json(struct sp_events *events, const struct sp_event *event, struct sp_buf *out);

#endif
