/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sizes. Out: memory that lives until the arena is reset or done. Blocks double up to 1 MiB;
 * a request larger than that gets a block of its own. An arena without a cap that has grown large goes on in large pages.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>

#include "base/alloc.h"

struct sp_arena_block {
    struct sp_arena_block *next;
    size_t used, room;
    _Alignas(16) unsigned char bytes[];
};

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20, LARGE = 2 * SP_LARGE_PAGE };

void sp_arena_init(struct sp_arena *arena, size_t bytes_max)
{
    *arena = (struct sp_arena){ .bytes_max = bytes_max };
}

void sp_arena_done(struct sp_arena *arena)
{
    struct sp_arena_block *block = arena->first;

    while (block) {
        struct sp_arena_block *next = block->next;

        sp_free(block);
        block = next;
    }
    *arena = (struct sp_arena){ .bytes_max = arena->bytes_max };
}

void sp_arena_reset(struct sp_arena *arena)
{
    for (struct sp_arena_block *block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
}

/* The next kept block that has room, or a new one behind the current. */
static struct sp_arena_block *next_block(struct sp_arena *arena, size_t size)
{
    struct sp_arena_block *block = arena->current, *fresh;
    size_t room = block ? 2 * block->room : BLOCK_MIN;

    while (block && block->next) {
        block = block->next;
        if (block->room - block->used >= size)
            return block;
    }
    if (room > BLOCK_MAX)
        room = BLOCK_MAX;
    if (room < size)
        room = size;
    if (room > SIZE_MAX - sizeof *fresh || arena->bytes_max - arena->bytes < room)
        return NULL;
    if (arena->bytes_max == SIZE_MAX && arena->bytes >= BLOCK_MAX && room <= LARGE - sizeof *fresh) {
        room = LARGE - sizeof *fresh;
        fresh = sp_malloc_large(LARGE);
    } else {
        fresh = sp_malloc(sizeof *fresh + room);
    }
    if (!fresh)
        return NULL;
    *fresh = (struct sp_arena_block){ .room = room };
    arena->bytes += room;
    if (block)
        block->next = fresh;
    else
        arena->first = fresh;
    return fresh;
}

void *sp_arena_alloc(struct sp_arena *arena, size_t size)
{
    struct sp_arena_block *block = arena->current;
    void *p;

    if (size > SIZE_MAX - 15)
        return NULL;
    size = (size + 15) & ~(size_t)15;
    if (!block || block->room - block->used < size) {
        block = next_block(arena, size);
        if (!block)
            return NULL;
        arena->current = block;
    }
    p = block->bytes + block->used;
    block->used += size;
    return p;
}

void *sp_arena_zalloc(struct sp_arena *arena, size_t size)
{
    void *p = sp_arena_alloc(arena, size);

    if (p)
        memset(p, 0, size);
    return p;
}

void sp_arena_trim(struct sp_arena *arena, const void *p, size_t size, size_t used)
{
    struct sp_arena_block *block = arena->current;

    size = (size + 15) & ~(size_t)15;
    used = (used + 15) & ~(size_t)15;
    assert(used <= size && p == block->bytes + block->used - size);
    block->used -= size - used;
}

void *sp_arena_grow(struct sp_arena *arena, const void *old, size_t count, size_t room, size_t element)
{
    void *p;

    if (element && room > SIZE_MAX / element)
        return NULL;
    p = sp_arena_alloc(arena, room * element);
    if (p && old && count)
        memcpy(p, old, count * element);
    return p;
}

struct sp_str sp_arena_str(struct sp_arena *arena, struct sp_str s)
{
    char *p = s.len < SIZE_MAX ? sp_arena_alloc(arena, s.len + 1) : NULL;

    if (!p)
        return (struct sp_str){ NULL, 0 };
    if (s.len)
        memcpy(p, s.ptr, s.len);
    p[s.len] = '\0';
    return (struct sp_str){ p, s.len };
}
