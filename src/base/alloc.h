/* SPDX-License-Identifier: Apache-2.0
 *
 * The one door to the heap. Everything in libspoor allocates here, so that `make torture` can
 * fail each allocation in turn (it wraps malloc, realloc and free at link time) and `make tidy`
 * can refuse any other door. All return NULL when memory has run out; sizes are in bytes.
 */
#ifndef SP_BASE_ALLOC_H
#define SP_BASE_ALLOC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SP_LARGE_PAGE = 2 << 20 };

void *sp_malloc(size_t size);
void *sp_zalloc(size_t size);                               /* zero-filled */
void *sp_malloc_large(size_t size);                         /* for whole SP_LARGE_PAGEs that will be filled: fewer page faults */
void *sp_realloc(void *old, size_t size);                   /* `old` stays valid on NULL */
void *sp_realloc_array(void *old, size_t count, size_t size); /* NULL also when the product overflows */
/* Room for one more element in a list that is kept on the heap: `list` is the address of its pointer. False: NULL would
 * have been the answer, and the list is as it was. */
bool sp_list_grow(void *list, size_t count, uint32_t *room, size_t element);
void sp_free(void *old);                                    /* NULL is fine */

#endif
