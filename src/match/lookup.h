/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_lookup: what the fields of the event in hand hold, looked up, rendered and folded at most once an event
 * however many rules ask. One a worker.
 */
#ifndef SP_MATCH_LOOKUP_H
#define SP_MATCH_LOOKUP_H
#include "event/event.h"
#include "read/value.h"
#include "rule/rule.h"

struct sp_seen {
    struct sp_value value;
    struct sp_str text, folded; /* ptr NULL: not asked for yet */
    uint8_t address[16];        /* of the text as an IP address, v4 as v4-mapped; valid when is_address */
    enum { SP_ADDRESS_NOT_ASKED, SP_ADDRESS_NO, SP_ADDRESS_YES } is_address;
};

struct sp_slot {
    uint32_t epoch;
    enum sp_presence presence;
    struct sp_seen *seen;
    uint32_t count;
};

struct sp_lookup;

/* The number of a slot: of a field of the set, as rules with a category see it (mapped) or without. */
static inline uint32_t sp_lookup_number(uint32_t field_id, bool mapped)
{
    return 2 * field_id + mapped;
}

struct sp_lookup *sp_lookup_new(const struct sp_rule_set *set, struct sp_events *events);
void sp_lookup_free(struct sp_lookup *lookup);

/* Begin an event, borrowed until the next begin. */
void sp_lookup_begin(struct sp_lookup *lookup, const struct sp_event *event);
const struct sp_event *sp_lookup_event(const struct sp_lookup *lookup);

/* The field of an item of a rule of the set (empty field: every scalar value of the event). NULL: memory ran out. */
struct sp_slot *sp_lookup_item(struct sp_lookup *lookup, const struct sp_rule *rule, const struct sp_item *item);
/* The other field of a fieldref. */
struct sp_slot *sp_lookup_field(struct sp_lookup *lookup, const struct sp_rule *rule, const struct sp_pattern *pattern);

/* Who may know a field's value without a search: fills the slot by sp_lookup_put and returns 1; 0: does not know;
 * SP_ERR_NOMEM. */
typedef int sp_lookup_source(void *arg, uint32_t number);
void sp_lookup_from(struct sp_lookup *lookup, sp_lookup_source *source, void *arg);

/* A slot by its number; without asking the source; and filled by who knows already that the field has this one value,
 * or (NULL) none. */
struct sp_slot *sp_lookup_at(struct sp_lookup *lookup, uint32_t number);
struct sp_slot *sp_lookup_search(struct sp_lookup *lookup, uint32_t number);
struct sp_slot *sp_lookup_put(struct sp_lookup *lookup, uint32_t number, const struct sp_value *value);
/* Slot `to` holds what slot `from` holds. */
void sp_lookup_share(struct sp_lookup *lookup, uint32_t from, uint32_t to);

/* Text of a value, as it is or folded. False: memory ran out. */
bool sp_lookup_text(struct sp_lookup *lookup, struct sp_seen *seen);
bool sp_lookup_folded(struct sp_lookup *lookup, struct sp_seen *seen);

#endif
