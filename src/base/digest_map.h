/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_digest_map: SHA-256 digests to a count, open addressing. The digest is its own hash.
 */
#ifndef SP_BASE_DIGEST_MAP_H
#define SP_BASE_DIGEST_MAP_H
#include "base/id.h"

struct sp_digest_slot {
    struct sp_digest key;
    uint64_t value;
    uint32_t used; /* generation it belongs to; another one: free */
};

struct sp_digest_map {
    struct sp_digest_slot *slot; /* owned */
    size_t room, count;          /* room is a power of two or 0 */
    uint32_t generation;
};

void sp_digest_map_done(struct sp_digest_map *map);  /* copes with zeros */
void sp_digest_map_clear(struct sp_digest_map *map); /* forgets all in O(1) */
/* The digest's value, 0 when it is new; NULL when memory has run out. Valid until the next call. */
uint64_t *sp_digest_map_at(struct sp_digest_map *map, const struct sp_digest *key);

#endif
