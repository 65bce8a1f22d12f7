/* SPDX-License-Identifier: Apache-2.0
 *
 * In: objects whose names are all different. Out: their layouts, the same one for the same names in the same order.
 * Each is one block of memory, as small as can be: those of a whole log are looked at in turn.
 */
#include "read/layout.h"

#include "base/alloc.h"

static inline uint64_t eight(const char *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
    return w;
}

/* The first `len` bytes of eight. */
static inline uint64_t first(uint32_t len)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return len < 8 ? ~(~UINT64_C(0) >> 8 * len) : ~UINT64_C(0);
#else
    return len < 8 ? ~(~UINT64_C(0) << 8 * len) : ~UINT64_C(0);
#endif
}

/* Do the first `len` bytes of both equal? Eight of each can be read. */
static inline bool same(const char *a, const char *b, uint32_t len)
{
    uint32_t tail = len < 8 ? 0 : len - 8;

    if (((eight(a) ^ eight(b)) & first(len)) | ((eight(a + tail) ^ eight(b + tail)) & first(len)))
        return false;
    if (len <= 16)
        return true;
    if (len <= 32)
        return !((eight(a + 8) ^ eight(b + 8)) | (eight(a + len - 16) ^ eight(b + len - 16)));
    return memcmp(a + 8, b + 8, len - 16) == 0;
}

static bool is_layout_of(const struct sp_layout *layout, const struct sp_members *members, const char *end)
{
    const char *known = layout->bytes;

    for (uint32_t i = 0; i < members->count; i++) {
        struct sp_str name = members->list[members->node[i]].name;

        if (layout->len[i] != name.len)
            return false;
        if (end - name.ptr < 8 ? memcmp(known, name.ptr, name.len) != 0 : !same(known, name.ptr, layout->len[i]))
            return false;
        known += layout->len[i];
    }
    return true;
}

static uint32_t place(uint64_t key, uint32_t probe)
{
    return (uint32_t)((key >> 32) + probe) & (SP_LAYOUT_SLOTS - 1);
}

const struct sp_layout *sp_layouts_find(const struct sp_layouts *layouts, const struct sp_members *members, uint64_t key, const char *end)
{
    for (uint32_t probe = 0; probe < SP_LAYOUT_PROBES; probe++) {
        uint32_t at = place(key, probe);
        const struct sp_layout *layout = layouts->slot[at].layout;

        if (layouts->slot[at].key == key && layout && layout->count == members->count && is_layout_of(layout, members, end))
            return layout;
        if (!layout)
            break;
    }
    return NULL;
}

static struct sp_layout *make(const struct sp_members *members)
{
    size_t bytes = 0, head = sizeof(struct sp_layout) + members->count * sizeof(uint16_t);
    struct sp_layout *layout;
    char *to;

    for (uint32_t i = 0; i < members->count && bytes <= SP_LAYOUT_BYTES_MAX; i++) {
        size_t len = members->list[members->node[i]].name.len;

        bytes += len <= SP_LAYOUT_BYTES_MAX ? len : SP_LAYOUT_BYTES_MAX + 1;
    }
    if (bytes > SP_LAYOUT_BYTES_MAX)
        return NULL;
    layout = sp_zalloc(head + bytes + 8);
    if (!layout)
        return NULL;
    layout->references = 1;
    layout->count = members->count;
    layout->bytes = to = (char *)layout + head;
    for (uint32_t i = 0; i < members->count; i++) {
        struct sp_str name = members->list[members->node[i]].name;

        layout->len[i] = (uint16_t)name.len;
        if (name.len)
            memcpy(to, name.ptr, name.len);
        to += name.len;
    }
    return layout;
}

const struct sp_layout *sp_layouts_keep(struct sp_layouts *layouts, const struct sp_members *members, uint64_t key)
{
    struct sp_layout *layout = make(members);
    uint32_t probe = 0;

    if (!layout)
        return NULL;
    while (probe < SP_LAYOUT_PROBES - 1 && layouts->slot[place(key, probe)].layout)
        probe++;
    sp_layout_unref(layouts->slot[place(key, probe)].layout);
    layouts->slot[place(key, probe)].layout = layout;
    layouts->slot[place(key, probe)].key = key;
    return layout;
}

void sp_layouts_done(struct sp_layouts *layouts)
{
    for (uint32_t i = 0; i < SP_LAYOUT_SLOTS; i++)
        sp_layout_unref(layouts->slot[i].layout);
    memset(layouts, 0, sizeof *layouts);
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
