/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sizes. Out: heap memory owned by the caller, or NULL. The only file that calls malloc.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *sp_malloc(size_t size)
{
    return malloc(size ? size : 1);
}

/* The advice is no promise: where the system has no large pages to give, memory is as any other. */
void *sp_malloc_large(size_t size)
{
    void *p = aligned_alloc(SP_LARGE_PAGE, size);

    if (p)
        (void)madvise(p, size, MADV_HUGEPAGE);
    return p;
}

void *sp_zalloc(size_t size)
{
    void *p = sp_malloc(size);

    if (p)
        memset(p, 0, size);
    return p;
}

void *sp_realloc(void *old, size_t size)
{
    return realloc(old, size ? size : 1);
}

void *sp_realloc_array(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return sp_realloc(old, count * size);
}

bool sp_list_grow(void *list, size_t count, uint32_t *room, size_t element)
{
    uint32_t wanted = *room ? 2 * *room : 64;
    void **at = list, *grown;

    if (count < *room)
        return true;
    grown = sp_realloc_array(*at, wanted, element);
    if (!grown)
        return false;
    *at = grown;
    *room = wanted;
    return true;
}

void sp_free(void *old)
{
    free(old);
}
