/* SPDX-License-Identifier: Apache-2.0
 *
 * Fails the N-th allocation, open, read or write of the program it is linked into (`make torture`).
 *
 * The linker turns every call of the functions below, from libspoor and the commands, into __wrap_NAME
 * (meson option `torture`); calls inside other libraries are not touched, but for SQLite's (fault_vfs.h). Two ways to arm it:
 *
 *   SPOOR_TORTURE=KIND:N     this run fails call N of the kind; `KIND:N+` fails all from N on
 *   SPOOR_TORTURE_SERVER=P   before main: read "KIND N[+]\n" from descriptor 3, fork a child that runs
 *                            main with its output in P.out and P.err, and answer on descriptor 4
 *                            "PID\n" at once and "STATUS HIT ALLOCS OPENS READS WRITES\n" at its end
 *
 * A fork costs a tenth of a start under AddressSanitizer; there are some ten thousand of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fault_vfs.h"

int sp_case_memory(void); /* store/case_inner.h */

enum kind { ALLOC, OPEN, READ, WRITE, KINDS, NOTHING };

/* Shared with the server, which outlives the child. */
struct state {
    unsigned long seen[KINDS], at;
    enum kind kind;
    int on, hit; /* on: also every later call */
};
static struct state idle = { .kind = NOTHING };
static struct state *state = &idle;

static int fails(enum kind kind)
{
    unsigned long n = __atomic_add_fetch(&state->seen[kind], 1, __ATOMIC_RELAXED);

    if (state->kind != kind || n < state->at || (n > state->at && !state->on))
        return 0;
    __atomic_store_n(&state->hit, 1, __ATOMIC_RELAXED);
    errno = kind == ALLOC ? ENOMEM : kind == OPEN ? EMFILE : kind == READ ? EIO : ENOSPC;
    return 1;
}

static int arm(const char *text)
{
    static const char *const names[KINDS] = { "alloc", "open", "read", "write" };
    char name[8];
    char plus = 0;
    unsigned long at;

    if (sscanf(text, "%7[a-z]%*[: ]%lu%c", name, &at, &plus) < 2)
        return -1;
    state->at = at;
    state->on = plus == '+';
    state->kind = NOTHING;
    for (int k = 0; k < KINDS; k++)
        if (strcmp(name, names[k]) == 0)
            state->kind = (enum kind)k;
    return 0;
}

static void output_to(const char *prefix, const char *end, int fd)
{
    char path[4096];
    int file;

    snprintf(path, sizeof path, "%s%s", prefix, end);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(98);
    close(file);
}

/* Returns in children only; ends with the request pipe. */
static void serve(const char *prefix)
{
    char line[64];
    FILE *requests = fdopen(3, "r");

    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!requests || state == MAP_FAILED)
        _exit(98);
    while (fgets(line, sizeof line, requests)) {
        int status = 0;
        pid_t child;

        child = fork();
        if (child == 0) {
            fclose(requests);
            close(4);
            memset(state, 0, sizeof *state); /* the last run's, which must not fail these two opens */
            output_to(prefix, ".out", 1);
            output_to(prefix, ".err", 2);
            memset(state, 0, sizeof *state);
            if (arm(line) != 0)
                _exit(98);
            return;
        }
        dprintf(4, "%d\n", (int)child);
        if (child < 0 || waitpid(child, &status, 0) != child)
            _exit(98);
        dprintf(4, "%d %d %lu %lu %lu %lu\n", status, state->hit, state->seen[ALLOC], state->seen[OPEN],
                state->seen[READ], state->seen[WRITE]);
    }
    _exit(0);
}

/* SQLite's own calls, which are made in its library. */
static int asked(enum fault_kind kind)
{
    return fails(kind == FAULT_OPEN ? OPEN : kind == FAULT_READ ? READ : WRITE);
}

__attribute__((constructor)) static void torture_begin(void)
{
    const char *prefix = getenv("SPOOR_TORTURE_SERVER"), *one = getenv("SPOOR_TORTURE");

    (void)sp_case_memory();
    fault_vfs_install(asked);
    if (prefix)
        serve(prefix);
    else if (one && arm(one) != 0)
        _exit(98);
}

/* WRAP(kind, value on failure, type, name, (declaration), (call)) */
#define WRAP(kind, bad, type, name, declared, called) \
    type __real_##name declared;                      \
    type __wrap_##name declared;                      \
    type __wrap_##name declared                       \
    {                                                 \
        if (fails(kind))                              \
            return bad;                               \
        return __real_##name called;                  \
    }

WRAP(ALLOC, NULL, void *, malloc, (size_t size), (size))
WRAP(ALLOC, NULL, void *, calloc, (size_t n, size_t size), (n, size))
WRAP(ALLOC, NULL, void *, realloc, (void *old, size_t size), (old, size))
WRAP(ALLOC, NULL, void *, aligned_alloc, (size_t to, size_t size), (to, size))
WRAP(ALLOC, MAP_FAILED, void *, mmap64, (void *a, size_t n, int p, int f, int fd, off_t o), (a, n, p, f, fd, o))
WRAP(READ, -1, ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
WRAP(READ, -1, ssize_t, pread64, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
WRAP(WRITE, -1, ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n))
WRAP(WRITE, -1, ssize_t, pwrite64, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
WRAP(WRITE, 0, size_t, fwrite, (const void *from, size_t size, size_t n, FILE *f), (from, size, n, f))
WRAP(WRITE, EOF, int, fflush, (FILE *f), (f))
WRAP(OPEN, NULL, FILE *, fopen64, (const char *path, const char *mode), (path, mode))
WRAP(OPEN, NULL, DIR *, opendir, (const char *path), (path))
WRAP(OPEN, NULL, DIR *, fdopendir, (int fd), (fd))

/* open and openat take their mode as a variable argument. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;

    va_start(list, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(OPEN) ? -1 : __real_open64(path, flags, mode);
}

int __real_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;

    va_start(list, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(OPEN) ? -1 : __real_openat64(at, path, flags, mode);
}
