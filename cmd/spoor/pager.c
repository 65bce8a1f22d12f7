/* SPDX-License-Identifier: Apache-2.0
 *
 * In: lines. Out: the same lines, on the terminal or into a pager's standard input.
 */
#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool installed(const char *name)
{
    const char *path = getenv("PATH");
    char file[4096];

    while (path && *path) {
        size_t len = strcspn(path, ":");

        if (len && snprintf(file, sizeof file, "%.*s/%s", (int)len, path, name) < (int)sizeof file && access(file, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

/* The command of a pager for the shell; NULL: none. */
static const char *command(void)
{
    const char *own = getenv("PAGER");

    if (own && (*own == '\0' || strcmp(own, "cat") == 0))
        return NULL;
    return own ? own : installed("less") ? "less -R" : NULL;
}

static bool start(struct pager *p)
{
    const char *shell = command();
    int ends[2];

    if (!shell || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    p->child = fork();
    if (p->child == 0) {
        if (dup2(ends[0], STDIN_FILENO) < 0 || setenv("LESSCHARSET", "utf-8", 0) != 0)
            _exit(127);
        execl("/bin/sh", "sh", "-c", shell, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[0]);
    if (p->child < 0) {
        (void)close(ends[1]);
        p->child = 0;
        return false;
    }
    p->pipe = ends[1];
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* ^C is the pager's to handle: it shares the terminal */
    return true;
}

/* A reader who leaves the pager has seen enough: no error. */
static void feed(struct pager *p, const char *bytes, size_t len)
{
    while (len && !p->left) {
        ssize_t n = write(p->pipe, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        p->left = n <= 0;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

static int hold(struct pager *p, const char *bytes, size_t len)
{
    if (len > p->room - p->length) {
        size_t room = 2 * p->room + len;
        char *grown = realloc(p->held, room);

        if (!grown)
            return -1;
        p->held = grown;
        p->room = room;
    }
    memcpy(p->held + p->length, bytes, len);
    p->length += len;
    for (size_t i = 0; i < len; i++)
        p->lines += bytes[i] == '\n';
    return 0;
}

static int write_through(void *arg, const void *bytes, size_t len, struct sp_error *err)
{
    struct pager *p = arg;

    if (p->child) {
        feed(p, bytes, len);
        return 0;
    }
    if (!p->off && hold(p, bytes, len) == 0) {
        if (p->lines < p->screen)
            return 0;
        if (start(p)) {
            surroundings_clear(p->to);
            feed(p, p->held, p->length);
            return 0;
        }
        bytes = p->held;
        len = p->length;
    }
    p->off = true;
    return p->to->output.write(p->to->output.arg, bytes, len, err);
}

struct sp_output pager_begin(struct pager *p, struct surroundings *to)
{
    struct sp_output output = to->output;
    struct winsize size;

    *p = (struct pager){ .to = to, .off = true };
    if (to->fd != STDOUT_FILENO || !isatty(STDOUT_FILENO) || output.format != SP_FORMAT_TABLE)
        return output;
    p->screen = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row - 1u : 23;
    p->off = false;
    output.write = write_through;
    output.arg = p;
    return output;
}

int pager_end(struct pager *p)
{
    struct sp_error err;
    int rc = 0, status = 0;

    if (p->child) {
        (void)close(p->pipe);
        while (waitpid(p->child, &status, 0) < 0 && errno == EINTR)
            ;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127) { /* the shell's word for: no such program */
            (void)cli_usage("$PAGER", "set it to a program that is there, or to cat", "'%s' cannot be run", command());
            rc = EXIT_USAGE;
        }
    } else if (!p->off && p->length && p->to->output.write(p->to->output.arg, p->held, p->length, &err) < 0) {
        cli_error(&err);
        rc = EXIT_IO;
    }
    free(p->held);
    return rc;
}
