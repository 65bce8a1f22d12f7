/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sizes. Out: heap memory owned by the caller, or NULL. The only file that calls malloc.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *sp_malloc(size_t size)
{
    return malloc(size ? size : 1);
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

void sp_free(void *old)
{
    free(old);
}
