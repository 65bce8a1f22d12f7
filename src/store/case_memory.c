/* SPDX-License-Identifier: Apache-2.0
 *
 * In: calls for memory of SQLite and libdeflate. Out: memory of base/alloc.h. SQLite asks how large a piece is, so its
 * size stands in front of it. Both libraries keep the functions for the whole process: set once, before the first use.
 */
#include <libdeflate.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>

#include "base/alloc.h"
#include "store/case_inner.h"

enum { FRONT = 16 }; /* the size, and what comes behind stays aligned */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int state;

static void *put_size(void *piece, int size)
{
    if (!piece)
        return NULL;
    *(int64_t *)piece = size;
    return (char *)piece + FRONT;
}

static void *take(int size)
{
    return put_size(sp_malloc((size_t)size + FRONT), size);
}

static void give(void *p)
{
    if (p)
        sp_free((char *)p - FRONT);
}

static void *retake(void *p, int size)
{
    return put_size(sp_realloc((char *)p - FRONT, (size_t)size + FRONT), size);
}

static int size_of(void *p)
{
    return p ? (int)*(int64_t *)(void *)((char *)p - FRONT) : 0;
}

static int round_up(int size)
{
    return (size + 7) & ~7;
}

static int begin(void *arg)
{
    (void)arg;
    return SQLITE_OK;
}

static void end(void *arg)
{
    (void)arg;
}

static void set(void)
{
    static const sqlite3_mem_methods methods = { take, give, retake, size_of, round_up, begin, end, NULL };

    libdeflate_set_memory_allocator(sp_malloc, sp_free);
    /* Where the program has begun SQLite already, its memory is as good. */
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    state = sqlite3_initialize();
}

int sp_case_memory(void)
{
    (void)pthread_once(&once, set);
    if (state != SQLITE_OK) /* memory had run out then */
        state = sqlite3_initialize();
    return state == SQLITE_OK ? 0 : SP_ERR_NOMEM;
}
