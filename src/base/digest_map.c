/* SPDX-License-Identifier: Apache-2.0
 *
 * In: digests. Out: a counter for each. Owns its slots; grows at three quarters full.
 */
#include "base/digest_map.h"

#include "base/alloc.h"

void sp_digest_map_done(struct sp_digest_map *map)
{
    sp_free(map->slot);
    *map = (struct sp_digest_map){ 0 };
}

void sp_digest_map_clear(struct sp_digest_map *map)
{
    map->count = 0;
    if (++map->generation == 0 && map->slot) { /* wrapped: old marks would look alive */
        memset(map->slot, 0, map->room * sizeof *map->slot);
        map->generation = 1;
    }
}

static struct sp_digest_slot *find(struct sp_digest_slot *slot, size_t room, uint32_t generation, const struct sp_digest *key)
{
    size_t at;

    memcpy(&at, key->bytes, sizeof at);
    for (at &= room - 1;; at = (at + 1) & (room - 1))
        if (slot[at].used != generation || memcmp(&slot[at].key, key, sizeof *key) == 0)
            return &slot[at];
}

static bool grow(struct sp_digest_map *map)
{
    size_t room = map->room ? 2 * map->room : 64;
    struct sp_digest_slot *fresh = room <= SIZE_MAX / sizeof *fresh ? sp_zalloc(room * sizeof *fresh) : NULL;

    if (!fresh)
        return false;
    for (size_t i = 0; i < map->room; i++)
        if (map->slot[i].used == map->generation) {
            struct sp_digest_slot *to = find(fresh, room, map->generation, &map->slot[i].key);

            *to = map->slot[i];
        }
    sp_free(map->slot);
    map->slot = fresh;
    map->room = room;
    return true;
}

uint64_t *sp_digest_map_at(struct sp_digest_map *map, const struct sp_digest *key)
{
    struct sp_digest_slot *slot;

    if (map->generation == 0)
        map->generation = 1;
    if (4 * (map->count + 1) > 3 * map->room && !grow(map))
        return NULL;
    slot = find(map->slot, map->room, map->generation, key);
    if (slot->used != map->generation) {
        *slot = (struct sp_digest_slot){ *key, 0, map->generation };
        map->count++;
    }
    return &slot->value;
}
