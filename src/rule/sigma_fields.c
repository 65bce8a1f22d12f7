/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the chosen rules of a set. Out: their field names, each once, and in every item and fieldref the number of its
 * name, so that whoever runs the rules looks names up by number.
 */
#include "base/alloc.h"
#include "rule/sigma.h"

struct name_slot {
    struct sp_str name;
    uint32_t number; /* + 1; 0: free */
};

struct names {
    struct name_slot *slot;
    size_t room; /* a power of two */
    uint32_t count;
};

static uint32_t number_of(struct names *n, struct sp_str name)
{
    for (size_t at = sp_str_hash(name);; at++) {
        struct name_slot *s = &n->slot[at & (n->room - 1)];

        if (!s->number)
            *s = (struct name_slot){ name, ++n->count };
        else if (!sp_str_eq(s->name, name))
            continue;
        return s->number - 1;
    }
}

/* `fieldref` is a modifier of the item: all of its patterns are of the kind, or none. */
static uint32_t fieldrefs(const struct sp_item *item)
{
    return item->pattern_count && item->pattern[0].kind == SP_P_FIELD ? item->pattern_count : 0;
}

static size_t names_at_most(const struct sp_rule_set *set)
{
    size_t most = 1;

    for (uint32_t r = 0; r < set->rule_count; r++)
        for (uint32_t i = 0; i < set->rule[r]->item_count; i++)
            most += 1 + fieldrefs(set->rule[r]->item[i]);
    return most;
}

static void number_rule(struct names *n, const struct sp_rule *rule)
{
    for (uint32_t i = 0; i < rule->item_count; i++) {
        /* The set is still being built: its items may be written to. */
        struct sp_item *item = (struct sp_item *)(uintptr_t)rule->item[i];
        struct sp_pattern *pattern = (struct sp_pattern *)(uintptr_t)item->pattern;

        item->field_id = number_of(n, item->field);
        for (uint32_t p = 0; p < fieldrefs(item); p++)
            pattern[p].field_id = number_of(n, pattern[p].field);
    }
}

int sigma_number_fields(struct sp_rule_set *set)
{
    struct names n = { .room = 64 };
    struct sp_str *field;

    while (n.room < 2 * names_at_most(set))
        n.room *= 2;
    n.slot = sp_zalloc(n.room * sizeof *n.slot);
    if (!n.slot)
        return SP_ERR_NOMEM;
    for (uint32_t r = 0; r < set->rule_count; r++)
        number_rule(&n, set->rule[r]);
    field = sp_arena_alloc(&set->arena, ((size_t)n.count + 1) * sizeof *field);
    for (size_t i = 0; field && i < n.room; i++)
        if (n.slot[i].number)
            field[n.slot[i].number - 1] = n.slot[i].name;
    set->field = field;
    set->field_count = n.count;
    sp_free(n.slot);
    return field ? 0 : SP_ERR_NOMEM;
}
