/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the tables' classes (taxonomy_parse.c). Out: which class an origin has, what a class says of a field name,
 * whether a rule applies to it. Everything lives in the taxonomy's arena and is only read once it is built.
 */
#include "event/taxonomy.h"

#include "base/alloc.h"
#include "event/taxonomy_inner.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool sp_str_same(struct sp_str a, struct sp_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

struct sp_class_entry *sp_taxonomy_entry(struct sp_taxonomy *taxonomy)
{
    struct sp_class_entry *entry = sp_arena_zalloc(&taxonomy->arena, sizeof *entry);

    if (!entry)
        return NULL;
    if (taxonomy->count == taxonomy->room) {
        uint32_t room = taxonomy->room ? 2 * taxonomy->room : 256;
        void *grown = sp_realloc_array(taxonomy->entry, room, sizeof *taxonomy->entry);

        if (!grown)
            return NULL;
        taxonomy->entry = grown;
        taxonomy->room = room;
    }
    entry->seen.id = taxonomy->count;
    taxonomy->entry[taxonomy->count++] = entry;
    return entry;
}

int sp_taxonomy_new(struct sp_taxonomy **ret, struct sp_error *err)
{
    struct sp_taxonomy *taxonomy = sp_zalloc(sizeof *taxonomy);
    int rc = 0;

    *ret = NULL;
    if (!taxonomy)
        return sp_error_nomem(err);
    sp_arena_init(&taxonomy->arena, SIZE_MAX);
    taxonomy->none.name = taxonomy->none.product = SP_STR_NONE;
    taxonomy->none.id = SP_CLASS_NONE;
    for (uint32_t i = 0; i < sp_event_table_count && rc == 0; i++)
        rc = sp_taxonomy_parse(taxonomy, sp_event_tables[i].name,
                               (struct sp_str){ sp_event_tables[i].text, sp_event_tables[i].length }, err);
    if (rc < 0) {
        sp_taxonomy_free(taxonomy);
        return rc;
    }
    taxonomy->built_in = taxonomy->count;
    for (uint32_t i = 0; i < taxonomy->count; i++)
        taxonomy->entry[i]->built_in = true;
    *ret = taxonomy;
    return 0;
}

int sp_taxonomy_add(struct sp_taxonomy *taxonomy, const char *file, struct sp_str text, struct sp_error *err)
{
    struct sp_str kept = sp_arena_str(&taxonomy->arena, text);
    uint32_t before = taxonomy->count;
    int rc;

    if (!kept.ptr)
        return sp_error_nomem(err);
    rc = sp_taxonomy_parse(taxonomy, file, kept, err);
    if (rc < 0) {
        taxonomy->count = before; /* all of a file or nothing */
        return rc;
    }
    for (uint32_t i = before; i < taxonomy->count && !taxonomy->given; i++)
        if (taxonomy->entry[i]->when_count == 0)
            taxonomy->given = taxonomy->entry[i];
    return 0;
}

void sp_taxonomy_free(struct sp_taxonomy *taxonomy)
{
    if (!taxonomy)
        return;
    sp_free(taxonomy->entry);
    sp_arena_done(&taxonomy->arena);
    sp_free(taxonomy);
}

uint32_t sp_taxonomy_count(const struct sp_taxonomy *taxonomy)
{
    return taxonomy->count;
}

const struct sp_class *sp_taxonomy_class(const struct sp_taxonomy *taxonomy, uint32_t id)
{
    return id < taxonomy->count ? &taxonomy->entry[id]->seen : &taxonomy->none;
}

/* Exactly this part and nothing else; an empty part asks for none. */
static bool only(const struct sp_str *list, uint32_t count, struct sp_str part)
{
    return part.len ? count == 1 && sp_str_same(list[0], part) : count == 0;
}

static bool exactly(const struct sp_class *c, const struct sp_logsource *l)
{
    return sp_str_same(c->product, l->product) && only(c->category, c->category_count, l->category) &&
           only(c->service, c->service_count, l->service);
}

/* The part as a list of one in the arena, or of none. False when memory has run out. */
static bool one(struct sp_arena *arena, struct sp_str part, const struct sp_str **list, uint32_t *count)
{
    struct sp_str *made;

    if (!part.len)
        return true;
    made = sp_arena_alloc(arena, sizeof *made);
    if (!made)
        return false;
    *made = sp_arena_str(arena, part);
    *list = made;
    *count = 1;
    return made->ptr != NULL;
}

/* What the user's files say comes before the built-in tables. */
static const struct sp_class_entry *in_order(const struct sp_taxonomy *taxonomy, uint32_t i)
{
    uint32_t own = taxonomy->count - taxonomy->built_in;

    return taxonomy->entry[i < own ? taxonomy->built_in + i : i - own];
}

int sp_taxonomy_for(struct sp_taxonomy *taxonomy, struct sp_logsource logsource, const struct sp_class **ret, struct sp_error *err)
{
    struct sp_class_entry *entry;

    for (uint32_t i = 0; i < taxonomy->count; i++) {
        *ret = &in_order(taxonomy, i)->seen;
        if (exactly(*ret, &logsource))
            return 0;
    }
    entry = sp_taxonomy_entry(taxonomy);
    if (!entry)
        return sp_error_nomem(err);
    entry->seen.name = SP_STR("given");
    entry->seen.product = SP_STR_NONE;
    *ret = &entry->seen;
    if (logsource.product.len)
        entry->seen.product = sp_arena_str(&taxonomy->arena, logsource.product);
    if (!entry->seen.product.ptr || !one(&taxonomy->arena, logsource.category, &entry->seen.category, &entry->seen.category_count) ||
        !one(&taxonomy->arena, logsource.service, &entry->seen.service, &entry->seen.service_count))
        return sp_error_nomem(err);
    return 0;
}

static bool among(const struct sp_str *list, uint32_t count, struct sp_str part)
{
    if (!part.len)
        return true;
    for (uint32_t i = 0; i < count; i++)
        if (sp_str_same(list[i], part))
            return true;
    return false;
}

bool sp_class_has(const struct sp_class *c, const struct sp_logsource *rule)
{
    if (!c->product.len && !c->category_count && !c->service_count)
        return false; /* where nothing is known no rule applies (contract 1, generic JSON) */
    return (!rule->product.len || sp_str_same(c->product, rule->product)) && among(c->category, c->category_count, rule->category) &&
           among(c->service, c->service_count, rule->service);
}

struct sp_logsource sp_class_logsource(const struct sp_class *c)
{
    return (struct sp_logsource){ c->product, c->category_count ? c->category[0] : SP_STR_NONE,
                                  c->service_count ? c->service[0] : SP_STR_NONE };
}

const struct sp_field_line *sp_class_field(const struct sp_class *c, struct sp_str name)
{
    uint32_t low = 0, high = c->field_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = sp_str_cmp(c->field[mid].name, name);

        if (order == 0)
            return &c->field[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

bool sp_class_trims(const struct sp_class *c, struct sp_str name)
{
    for (uint32_t i = 0; i < c->trim_count; i++)
        if (sp_str_eq(c->trim[i], name))
            return true;
    return false;
}

static bool in_ranges(const struct sp_range *range, uint32_t count, uint32_t number)
{
    for (uint32_t i = 0; i < count; i++)
        if (number >= range[i].first && number <= range[i].last)
            return true;
    return false;
}

/* A provider that is not said contradicts nothing. A channel that is not said is made good by the provider that
 * the line asks for, if the event has that one. */
static bool holds(const struct sp_when *when, const struct sp_origin *origin)
{
    bool provider = when->provider.len && origin->provider.len;

    if (when->eventid_count && (!origin->has_eventid || !in_ranges(when->eventid, when->eventid_count, origin->eventid)))
        return false;
    if (provider && !sp_str_same(when->provider, origin->provider))
        return false;
    if (!when->channel.len)
        return !when->provider.len || provider; /* one of the two must say where the event is from */
    return origin->channel.len ? sp_str_same(when->channel, origin->channel) : provider;
}

uint32_t sp_taxonomy_candidates(const struct sp_taxonomy *taxonomy, const struct sp_origin *origin, const struct sp_when **ret,
                                uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < taxonomy->count; i++) {
        const struct sp_class_entry *entry = in_order(taxonomy, i);

        for (uint32_t w = 0; w < entry->when_count; w++) {
            if (!holds(&entry->when[w], origin))
                continue;
            if (n == room)
                return room + 1;
            ret[n++] = &entry->when[w];
            if (entry->when[w].test_count == 0)
                return n;
        }
    }
    return n;
}

void sp_class_origin(const struct sp_taxonomy *t, const struct sp_class *c, struct sp_buf *out)
{
    struct sp_logsource l = sp_class_logsource(c);
    const struct sp_str part[] = { l.product, l.category, l.service };
    const struct sp_when *when = c->id < t->count && t->entry[c->id]->when_count ? &t->entry[c->id]->when[0] : NULL;

    if (!when || !(when->channel.len || when->provider.len)) {
        for (int i = 0; i < 3; i++) {
            sp_buf_text(out, i ? "/" : "");
            sp_buf_str(out, part[i].len ? part[i] : SP_STR("-"));
        }
        return;
    }
    sp_buf_str(out, when->channel.len ? when->channel : when->provider);
    for (uint32_t i = 0; i < when->eventid_count; i++) {
        sp_buf_printf(out, "%c%u", i ? ',' : ' ', when->eventid[i].first);
        if (when->eventid[i].last > when->eventid[i].first)
            sp_buf_printf(out, "-%u", when->eventid[i].last);
    }
}
