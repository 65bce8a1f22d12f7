/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule set once, then events. Out: slots, one for each distinct field name (twice: with the class's mapping and
 * without). A slot belongs to the event whose epoch it carries; texts live in an arena that each event resets.
 */
#include "match/lookup.h"

#include "base/alloc.h"

struct sp_lookup {
    struct sp_events *events;     /* borrowed */
    const struct sp_event *event; /* borrowed */
    const struct sp_rule_set *set; /* borrowed */
    struct sp_slot *slot;         /* by field number, without and with mapping; the last is for keywords */
    uint32_t epoch;
    struct sp_arena arena;
    struct sp_buf scratch;
    sp_lookup_source *source;     /* NULL: none */
    void *source_arg;
};

static size_t slots(const struct sp_lookup *l)
{
    return 2 * (size_t)l->set->field_count + 1;
}

struct sp_lookup *sp_lookup_new(const struct sp_rule_set *set, struct sp_events *events)
{
    struct sp_lookup *l = sp_zalloc(sizeof *l);

    if (!l)
        return NULL;
    l->events = events;
    l->set = set;
    sp_arena_init(&l->arena, SIZE_MAX);
    l->slot = sp_zalloc(slots(l) * sizeof *l->slot);
    if (!l->slot) {
        sp_lookup_free(l);
        return NULL;
    }
    return l;
}

void sp_lookup_free(struct sp_lookup *l)
{
    if (!l)
        return;
    sp_arena_done(&l->arena);
    sp_buf_done(&l->scratch);
    sp_free(l->slot);
    sp_free(l);
}

void sp_lookup_begin(struct sp_lookup *l, const struct sp_event *event)
{
    l->event = event;
    sp_arena_reset(&l->arena);
    if (++l->epoch == 0) { /* wrapped: old slots would look fresh */
        memset(l->slot, 0, slots(l) * sizeof *l->slot);
        l->epoch = 1;
    }
}

const struct sp_event *sp_lookup_event(const struct sp_lookup *l)
{
    return l->event;
}

void sp_lookup_from(struct sp_lookup *l, sp_lookup_source *source, void *arg)
{
    l->source = source;
    l->source_arg = arg;
}

static struct sp_slot *search(struct sp_lookup *l, uint32_t number)
{
    struct sp_slot *slot = &l->slot[number];
    struct sp_str name = l->set->field[number / 2];
    bool mapped = number % 2;
    struct sp_found found;

    if (sp_event_get(l->events, l->event, name, mapped, &found) < 0)
        return NULL;
    *slot = (struct sp_slot){ l->epoch, found.presence, NULL, found.count };
    if (!found.count)
        return slot;
    slot->seen = sp_arena_zalloc(&l->arena, found.count * sizeof *slot->seen);
    for (uint32_t i = 0; slot->seen && i < found.count; i++) {
        slot->seen[i].value = found.value[i];
        /* A value made by the mapping lies in the events' scratch, which the next look-up reuses. */
        if (found.node[i] == 0 && found.value[i].len) {
            struct sp_str copy = sp_arena_str(&l->arena, (struct sp_str){ found.value[i].ptr, found.value[i].len });

            slot->seen[i].value.ptr = copy.ptr;
            if (!copy.ptr)
                slot->seen = NULL;
        }
    }
    if (!slot->seen)
        slot->epoch = l->epoch - 1; /* not filled: the next who asks tries again */
    return slot->seen ? slot : NULL;
}

static struct sp_slot *fill(struct sp_lookup *l, uint32_t number)
{
    struct sp_slot *slot = &l->slot[number];
    int known;

    if (slot->epoch == l->epoch)
        return slot;
    known = l->source ? l->source(l->source_arg, number) : 0;
    return known > 0 ? slot : known < 0 ? NULL : search(l, number);
}

struct scalars {
    struct sp_lookup *lookup;
    struct sp_slot *slot;
    uint32_t room;
};

static int add_scalar(void *arg, struct sp_value value)
{
    struct scalars *s = arg;

    if (s->slot->count == s->room) {
        uint32_t room = s->room ? 2 * s->room : 64;
        struct sp_seen *grown = sp_arena_grow(&s->lookup->arena, s->slot->seen, s->room, room, sizeof *grown);

        if (!grown)
            return SP_ERR_NOMEM;
        s->slot->seen = grown;
        s->room = room;
    }
    s->slot->seen[s->slot->count++] = (struct sp_seen){ .value = value };
    return 0;
}

static struct sp_slot *fill_keywords(struct sp_lookup *l)
{
    struct sp_slot *slot = &l->slot[slots(l) - 1];
    struct scalars s = { l, slot, 0 };

    if (slot->epoch == l->epoch)
        return slot;
    *slot = (struct sp_slot){ .presence = SP_PRESENT };
    if (sp_event_scalars(l->event, add_scalar, &s) != 0)
        return NULL;
    slot->epoch = l->epoch;
    return slot;
}

struct sp_slot *sp_lookup_item(struct sp_lookup *l, const struct sp_rule *rule, const struct sp_item *item)
{
    bool mapped = rule->logsource.category.len != 0;

    if (item->field.len == 0)
        return fill_keywords(l);
    return fill(l, sp_lookup_number(item->field_id, mapped));
}

struct sp_slot *sp_lookup_field(struct sp_lookup *l, const struct sp_rule *rule, const struct sp_pattern *pattern)
{
    bool mapped = rule->logsource.category.len != 0;

    return fill(l, sp_lookup_number(pattern->field_id, mapped));
}

struct sp_slot *sp_lookup_at(struct sp_lookup *l, uint32_t number)
{
    return fill(l, number);
}

struct sp_slot *sp_lookup_search(struct sp_lookup *l, uint32_t number)
{
    return l->slot[number].epoch == l->epoch ? &l->slot[number] : search(l, number);
}

struct sp_slot *sp_lookup_put(struct sp_lookup *l, uint32_t number, const struct sp_value *value)
{
    struct sp_slot *slot = &l->slot[number];
    struct sp_seen *seen = NULL;

    if (value) {
        seen = sp_arena_alloc(&l->arena, sizeof *seen);
        if (!seen)
            return NULL;
        *seen = (struct sp_seen){ .value = *value };
    }
    *slot = (struct sp_slot){ l->epoch, value ? SP_PRESENT : SP_MISSING, seen, value != NULL };
    return slot;
}

void sp_lookup_share(struct sp_lookup *l, uint32_t from, uint32_t to)
{
    l->slot[to] = l->slot[from];
}

bool sp_lookup_text(struct sp_lookup *l, struct sp_seen *seen)
{
    struct sp_str text;

    if (seen->text.ptr)
        return true;
    text = sp_value_text(seen->value, &l->scratch);
    if (l->scratch.failed)
        return false;
    if (text.len == 0)
        text = SP_STR_NONE;
    else if (text.ptr == l->scratch.ptr)
        text = sp_arena_str(&l->arena, text);
    seen->text = text;
    return text.ptr != NULL;
}

bool sp_lookup_folded(struct sp_lookup *l, struct sp_seen *seen)
{
    if (seen->folded.ptr)
        return true;
    seen->folded = sp_value_folded(seen->value, &l->arena, &l->scratch);
    return seen->folded.ptr != NULL;
}
