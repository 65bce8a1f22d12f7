/* SPDX-License-Identifier: Apache-2.0
 *
 * In: nothing. Out: libarchive's calls. What is loaded stays loaded, so there is no owner.
 */
#include "read/archive_lib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static struct sp_archive_lib lib;
static bool loaded;

/* A function pointer out of a data pointer, as POSIX promises it can be. */
static bool find(void *from, const char *name, void *to)
{
    void *symbol = dlsym(from, name);

    memcpy(to, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void load(void)
{
    void *from = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    bool all = from != NULL;

#define X(name, call) all = all && find(from, #call, &lib.name);
    SP_ARCHIVE_CALLS(X)
#undef X
    lib.utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    loaded = all;
}

const struct sp_archive_lib *sp_archive_lib(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, load);
    return loaded ? &lib : NULL;
}
