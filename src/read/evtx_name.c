/* SPDX-License-Identifier: Apache-2.0
 *
 * In: names as a chunk spells them (UTF-16LE). Out: small numbers; name[number].text is UTF-8. The dictionary
 * outlives chunks, because the same few hundred names come in all of them, and is bounded.
 */
#include "base/alloc.h"
#include "base/unicode.h"
#include "read/evtx_inner.h"

static const char *const known[EVTX_NAME_KNOWN] = {
    "", "Event", "System", "EventData", "UserData", "Data", "Name", "EventRecordID",
};

/* Eight bytes a step; the multiplier is 2^64 over the golden ratio. */
static uint64_t hash_of(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t h = len * UINT64_C(0x9E3779B97F4A7C15), w;

    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&w, p, 8);
        h = (h ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32;
    }
    w = 0;
    memcpy(&w, p, len);
    h = (h ^ w) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

static int rehash(struct evtx_names *names)
{
    uint32_t slots = names->slots ? 2 * names->slots : 4096, mask = slots - 1;
    uint32_t *slot = sp_zalloc(slots * sizeof *slot);

    if (!slot)
        return SP_ERR_NOMEM;
    for (uint32_t i = 1; i < names->count; i++) {
        uint32_t at = (uint32_t)names->name[i].hash & mask;

        while (slot[at])
            at = (at + 1) & mask;
        slot[at] = i;
    }
    sp_free(names->slot);
    names->slot = slot;
    names->slots = slots;
    return 0;
}

/* Find the key; 0 and its slot in `*at` when it is not there. */
static uint32_t find(const struct evtx_names *names, struct sp_str key, uint64_t hash, uint32_t *at)
{
    uint32_t mask = names->slots - 1, i = (uint32_t)hash & mask;

    for (; names->slot[i]; i = (i + 1) & mask) {
        const struct evtx_name *n = &names->name[names->slot[i]];

        if (n->hash == hash && sp_str_eq(n->key, key))
            return names->slot[i];
    }
    *at = i;
    return 0;
}

/* A new name; e->scratch holds its text. */
static int add(struct sp_evtx *e, struct sp_str key, uint64_t hash, uint32_t slot, uint32_t *ret)
{
    struct evtx_names *names = &e->names;
    struct sp_str text = sp_buf_view(&e->scratch);
    struct evtx_name name = { .hash = hash };

    if (e->scratch.failed)
        return SP_ERR_NOMEM;
    if (names->count >= SP_NAMES_MAX || names->bytes + key.len + text.len > EVTX_NAME_BYTES_MAX)
        return evtx_fail(e, SP_ERR_LIMIT, "too many distinct names in one chunk");
    if (evtx_grow(&names->name, names->count, &names->room, sizeof *names->name) < 0)
        return SP_ERR_NOMEM;
    name.text = sp_arena_str(&names->arena, text);
    name.key = sp_arena_str(&names->arena, key);
    if (!name.text.ptr || !name.key.ptr)
        return SP_ERR_NOMEM;
    name.xmlns = sp_str_is(text, "xmlns") || sp_str_starts(text, SP_STR("xmlns:"));
    name.replaced = sp_str_find(text, SP_STR("\xEF\xBF\xBD")) != SIZE_MAX;
    names->bytes += key.len + text.len;
    names->slot[slot] = names->count;
    names->name[names->count] = name;
    *ret = names->count++;
    return 2 * names->count > names->slots ? rehash(names) : 0;
}

int evtx_name_utf16(struct sp_evtx *e, const void *bytes, size_t len, uint32_t *ret)
{
    struct sp_str key = { bytes, len & ~(size_t)1 };
    uint64_t hash = hash_of(key.ptr, key.len);
    uint32_t slot = 0, id = find(&e->names, key, hash, &slot);

    if (id) {
        *ret = id;
        return 0;
    }
    sp_buf_clear(&e->scratch);
    sp_utf16_to_utf8(&e->scratch, key.ptr, key.len);
    return add(e, key, hash, slot, ret);
}

int evtx_name_utf8(struct sp_evtx *e, struct sp_str text, uint32_t *ret)
{
    size_t at = 0;
    char *p;

    sp_buf_clear(&e->key);
    if (text.len > SIZE_MAX / 2 || !sp_buf_reserve(&e->key, 2 * text.len)) /* a byte is one unit at most, four are two */
        return SP_ERR_NOMEM;
    p = e->key.ptr;
    while (at < text.len) {
        uint32_t c = sp_utf8_next(text, &at), high;

        if (c == SP_UTF8_BAD)
            c = 0xFFFD;
        if (c > 0xFFFF) {
            high = 0xD800 + ((c - 0x10000) >> 10);
            *p++ = (char)high;
            *p++ = (char)(high >> 8);
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        *p++ = (char)c;
        *p++ = (char)(c >> 8);
    }
    e->key.len = (size_t)(p - e->key.ptr);
    return evtx_name_utf16(e, e->key.ptr, e->key.len, ret);
}

/* `Element_Attribute`: a key of odd length, which no UTF-16 name has, leads to the plain name of that text. */
int evtx_name_join(struct sp_evtx *e, uint32_t element, uint32_t attribute, uint32_t *ret)
{
    char bytes[9] = { '_' };
    struct sp_str key = { bytes, sizeof bytes };
    uint32_t slot = 0, id, plain;
    uint64_t hash;
    int rc;

    memcpy(bytes + 1, &element, 4);
    memcpy(bytes + 5, &attribute, 4);
    hash = hash_of(bytes, sizeof bytes);
    id = find(&e->names, key, hash, &slot);
    if (id) {
        *ret = e->names.name[id].alias;
        return 0;
    }
    sp_buf_clear(&e->scratch);
    sp_buf_str(&e->scratch, e->names.name[element].text);
    sp_buf_char(&e->scratch, '_');
    sp_buf_str(&e->scratch, e->names.name[attribute].text);
    if (e->scratch.failed)
        return SP_ERR_NOMEM;
    rc = evtx_name_utf8(e, sp_buf_view(&e->scratch), &plain);
    if (rc < 0)
        return rc;
    (void)find(&e->names, key, hash, &slot); /* the plain name may have taken the slot */
    sp_buf_clear(&e->scratch);
    rc = add(e, key, hash, slot, &id);
    if (rc == 0)
        e->names.name[id].alias = *ret = plain;
    return rc;
}

int evtx_name_extend(struct sp_evtx *e, uint32_t name, const char *suffix, uint32_t *ret)
{
    sp_buf_clear(&e->scratch);
    sp_buf_str(&e->scratch, e->names.name[name].text);
    sp_buf_text(&e->scratch, suffix);
    return e->scratch.failed ? SP_ERR_NOMEM : evtx_name_utf8(e, sp_buf_view(&e->scratch), ret);
}

uint32_t evtx_names_stamp(struct sp_evtx *e)
{
    if (++e->names.stamp == 0) { /* after 2^32 records: old stamps must not look new */
        for (uint32_t i = 0; i < e->names.count; i++)
            e->names.name[i].stamp = 0;
        e->names.stamp = 1;
    }
    return e->names.stamp;
}

int evtx_names_begin(struct sp_evtx *e)
{
    struct evtx_names *names = &e->names;
    uint32_t id;
    int rc;

    if (names->count && names->count <= SP_NAMES_MAX / 2 && names->bytes <= EVTX_NAME_BYTES_MAX / 2)
        return 0;
    if (!names->count)
        sp_arena_init(&names->arena, SIZE_MAX);
    sp_arena_reset(&names->arena);
    if (names->slots)
        memset(names->slot, 0, names->slots * sizeof *names->slot);
    else if (rehash(names) < 0)
        return SP_ERR_NOMEM;
    if (evtx_grow(&names->name, 0, &names->room, sizeof *names->name) < 0)
        return SP_ERR_NOMEM;
    names->name[0] = (struct evtx_name){ .text = SP_STR_NONE, .key = SP_STR_NONE };
    names->count = 1;
    names->bytes = 0;
    for (uint32_t i = 1; i < EVTX_NAME_KNOWN; i++) {
        rc = evtx_name_utf8(e, sp_str_c(known[i]), &id);
        if (rc < 0) {
            names->count = 0; /* begin anew next time */
            return rc;
        }
    }
    return 1;
}

void evtx_names_done(struct evtx_names *names)
{
    sp_free(names->name);
    sp_free(names->slot);
    sp_arena_done(&names->arena);
    *names = (struct evtx_names){ 0 };
}
