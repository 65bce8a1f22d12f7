/* SPDX-License-Identifier: Apache-2.0
 *
 * In: objects whose names are all different. Out: their layouts, the same one for the same names in the same order.
 * Each is one block of memory: the names' ends for comparing, then their bytes.
 */
#include "read/layout.h"

#include <stdlib.h>

#include "base/alloc.h"

static inline uint64_t eight(const char *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
    return w;
}

/* More than 16 bytes: what lies between the ends. */
static bool same_middle(const struct sp_layout_name *known, const char *p)
{
    if (known->len <= 32)
        return eight(known->bytes + 8) == eight(p + 8) && eight(known->bytes + known->len - 16) == eight(p + known->len - 16);
    return memcmp(known->bytes + 8, p + 8, known->len - 16) == 0;
}

/* Names of less than eight bytes are read a little beyond, but never beyond `end`. */
static bool is_layout_of(const struct sp_layout *layout, const struct sp_node *list, uint32_t map, const char *end)
{
    const struct sp_layout_name *known = layout->name;

    for (uint32_t i = list[map].child; i; i = list[i].next, known++) {
        const char *p = list[i].name.ptr;

        if (known->len != list[i].name.len || end - p < 8)
            return false;
        if (((eight(p) & known->mask) ^ known->head) | ((eight(p + known->tail_at) & known->mask) ^ known->tail))
            return false;
        if (known->len > 16 && !same_middle(known, p))
            return false;
    }
    return true;
}

static uint32_t place(uint64_t key, uint32_t probe)
{
    return (uint32_t)((key >> 32) + probe) & (SP_LAYOUT_SLOTS - 1);
}

const struct sp_layout *sp_layouts_find(const struct sp_layouts *layouts, const struct sp_node *list, uint32_t map, uint64_t key, const char *end)
{
    for (uint32_t probe = 0; probe < SP_LAYOUT_PROBES; probe++) {
        const struct sp_layout *layout = layouts->slot[place(key, probe)];

        if (!layout)
            break;
        if (layout->key == key && layout->count == list[map].count && is_layout_of(layout, list, map, end))
            return layout;
    }
    return NULL;
}

static struct sp_layout *make(const struct sp_node *list, uint32_t map)
{
    size_t count = list[map].count, bytes = 0, head = sizeof(struct sp_layout) + count * sizeof(struct sp_layout_name);
    struct sp_layout_name *name;
    struct sp_layout *layout;
    char *to;

    for (uint32_t i = list[map].child; i && bytes <= SP_LAYOUT_BYTES_MAX; i = list[i].next)
        bytes += list[i].name.len < SP_LAYOUT_BYTES_MAX ? list[i].name.len : SP_LAYOUT_BYTES_MAX + 1;
    if (count > SP_LAYOUT_NAMES_MAX || bytes > SP_LAYOUT_BYTES_MAX)
        return NULL;
    layout = sp_zalloc(head + bytes + 8); /* a short name at the end is read as eight bytes */
    if (!layout)
        return NULL;
    layout->references = 1;
    layout->count = (uint32_t)count;
    name = layout->name;
    to = (char *)layout + head;
    for (uint32_t i = list[map].child; i; i = list[i].next, name++) {
        struct sp_str s = list[i].name;

        if (s.len)
            memcpy(to, s.ptr, s.len);
        *name = (struct sp_layout_name){ .mask = ~UINT64_C(0), .len = (uint32_t)s.len, .bytes = to };
        if (s.len < 8) {
            char mask[8] = { 0 };

            memset(mask, 0xFF, s.len);
            name->mask = eight(mask);
        } else {
            name->tail_at = name->len - 8;
        }
        name->head = eight(to) & name->mask;
        name->tail = eight(to + name->tail_at) & name->mask;
        to += s.len;
    }
    return layout;
}

const struct sp_layout *sp_layouts_keep(struct sp_layouts *layouts, const struct sp_node *list, uint32_t map, uint64_t key)
{
    struct sp_layout *layout = make(list, map);
    uint32_t probe = 0;

    if (!layout)
        return NULL;
    layout->key = key;
    while (probe < SP_LAYOUT_PROBES - 1 && layouts->slot[place(key, probe)])
        probe++;
    sp_layout_unref(layouts->slot[place(key, probe)]);
    layouts->slot[place(key, probe)] = layout;
    return layout;
}

void sp_layouts_done(struct sp_layouts *layouts)
{
    for (uint32_t i = 0; i < SP_LAYOUT_SLOTS; i++)
        sp_layout_unref(layouts->slot[i]);
    *layouts = (struct sp_layouts){ 0 };
}

/* The names are what never changes; the count of references is not the holder's. */
static struct sp_layout *counted(const struct sp_layout *layout)
{
    return (struct sp_layout *)(uintptr_t)layout;
}

void sp_layout_ref(const struct sp_layout *layout)
{
    __atomic_add_fetch(&counted(layout)->references, 1, __ATOMIC_RELAXED);
}

void sp_layout_unref(const struct sp_layout *layout)
{
    if (layout && __atomic_sub_fetch(&counted(layout)->references, 1, __ATOMIC_ACQ_REL) == 0)
        sp_free(counted(layout));
}
