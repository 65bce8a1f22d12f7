/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_arena: memory for things that die together (a rule set, a batch of records).
 *
 *      block ──▶ block ──▶ block          one pointer moves up; nothing is freed singly
 *
 * A reset keeps the blocks, so that a loop which resets once a round allocates nothing in the
 * steady state. Not safe for two threads at once.
 */
#ifndef SP_BASE_ARENA_H
#define SP_BASE_ARENA_H
#include <stddef.h>

#include "base/str.h"

struct sp_arena_block;

struct sp_arena {
    struct sp_arena_block *first, *current;
    size_t bytes;     /* taken from the heap, all blocks */
    size_t bytes_max; /* never more than this; SIZE_MAX: no cap of its own */
};

void sp_arena_init(struct sp_arena *arena, size_t bytes_max);
void sp_arena_done(struct sp_arena *arena);  /* frees all; copes with an arena of zeros */
void sp_arena_reset(struct sp_arena *arena); /* everything handed out is dead, blocks are kept */

/* 16-byte aligned; NULL when memory or the cap has run out. */
void *sp_arena_alloc(struct sp_arena *arena, size_t size);
void *sp_arena_zalloc(struct sp_arena *arena, size_t size);

/* Give back the end of `p`, the last thing that was handed out, of which `size` bytes were asked for: `used` remain. */
void sp_arena_trim(struct sp_arena *arena, const void *p, size_t size, size_t used);

/* A larger copy of an array of `count` elements (old may be NULL); the old one stays where it is. */
void *sp_arena_grow(struct sp_arena *arena, const void *old, size_t count, size_t room, size_t element);

/* A copy with a NUL behind it; ptr is NULL when memory has run out. */
struct sp_str sp_arena_str(struct sp_arena *arena, struct sp_str s);

#endif
