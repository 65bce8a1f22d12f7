/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the common options. Out: a context whose notes go to stderr, an output that checks every write, a progress line
 * that is taken away before anything else is said. One process has one of it; notes come from several threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

static volatile sig_atomic_t stop_asked;
static pthread_mutex_t stderr_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_interrupt(int number)
{
    (void)number;
    stop_asked = 1;
}

static double now_s(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static void clear_line(struct surroundings *s)
{
    if (s->drawn)
        fputs("\r\033[K", stderr);
    s->drawn = false;
}

void surroundings_clear(struct surroundings *s)
{
    pthread_mutex_lock(&stderr_lock);
    clear_line(s);
    fflush(stderr);
    pthread_mutex_unlock(&stderr_lock);
}

static void note(void *arg, const struct sp_error *what)
{
    struct surroundings *s = arg;

    pthread_mutex_lock(&stderr_lock);
    clear_line(s);
    cli_error(what);
    pthread_mutex_unlock(&stderr_lock);
}

static int write_output(void *arg, const void *bytes, size_t len, struct sp_error *err)
{
    struct surroundings *s = arg;
    const char *p = bytes;

    if (s->fd == STDOUT_FILENO)
        surroundings_clear(s);
    while (len) {
        ssize_t n = write(s->fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            *err = (struct sp_error){ .code = SP_ERR_IO };
            (void)snprintf(err->where, sizeof err->where, "%s", s->path);
            (void)snprintf(err->what, sizeof err->what, "cannot be written: %s", n < 0 ? strerror(errno) : "no bytes were taken");
            (void)snprintf(err->cure, sizeof err->cure, "free some space or choose another --output");
            return SP_ERR_IO;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

const char *with_commas(char out[32], unsigned long long n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%llu", n), at = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *with_unit(char out[32], double bytes)
{
    static const char *const unit[] = { "B", "kB", "MB", "GB", "TB" };
    int u = 0;

    while (bytes >= 1000 && u < 4) {
        bytes /= 1000;
        u++;
    }
    (void)snprintf(out, 32, u ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
    return out;
}

enum { BAR_COLUMNS = 20, BAR_LEAST = 5, DRAW_AFTER_MS = 300, PROGRESS_ALWAYS = 3 };

/* A line that fits the terminal, for else it could not be written over: the bar gives way first. */
static void draw_progress(struct surroundings *s, const struct sp_progress *at, double elapsed)
{
    double share = at->total ? (double)at->bytes / (double)at->total : 0;
    char records[32], sightings[32], rate[32], words[160], bar[BAR_COLUMNS + 4] = "";
    unsigned width = width_of(STDERR_FILENO);
    int room, columns, n;

    share = share > 1 ? 1 : share;
    n = snprintf(words, sizeof words, "%3.0f %%  %s records  %s/s  %s sightings", share * 100, with_commas(records, at->records),
                 with_unit(rate, elapsed > 0 ? (double)at->bytes / elapsed : 0), with_commas(sightings, at->sightings));
    room = (width ? (int)width : 80) - 1 - n;
    columns = room - 3 < BAR_COLUMNS ? room - 3 : BAR_COLUMNS;
    if (columns >= BAR_LEAST) {
        bar[0] = '[';
        for (int i = 0; i < columns; i++)
            bar[1 + i] = i < (int)(share * columns) ? '=' : ' ';
        bar[1 + columns] = ']';
        bar[2 + columns] = ' ';
    }
    fprintf(stderr, "\r\033[K%s%.*s", bar, room < 0 ? n + room : n, words);
    s->drawn = true;
}

void surroundings_progress(void *arg, const struct sp_progress *at)
{
    struct surroundings *s = arg;
    double elapsed = now_s() - s->began_s;

    if (!s->progress || (s->progress == 1 && elapsed * 1000 < DRAW_AFTER_MS)) /* what is over at once needs no bar */
        return;
    pthread_mutex_lock(&stderr_lock);
    if (s->progress == 2)
        fprintf(stderr, "{\"bytes\":%llu,\"total\":%llu,\"records\":%llu,\"sightings\":%llu}\n", (unsigned long long)at->bytes,
                (unsigned long long)at->total, (unsigned long long)at->records, (unsigned long long)at->sightings);
    else
        draw_progress(s, at, elapsed);
    fflush(stderr);
    pthread_mutex_unlock(&stderr_lock);
}

/* auto, always, never (and json): what the table of options lets pass. */
static int when(const struct cli *cli, const char *option, bool automatic)
{
    const char *word = cli_get(cli, option);

    if (!word || strcmp(word, "auto") == 0)
        return automatic;
    return strcmp(word, "always") == 0 ? 1 : strcmp(word, "json") == 0 ? 2 : 0;
}

static bool color_wanted(void)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");

    if (no && *no)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    return isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb") != 0);
}

static int set_zone(const char *zone)
{
    char path[512];

    if (!zone)
        return 0;
    if (strstr(zone, "..") || snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone) >= (int)sizeof path ||
        (access(path, R_OK) != 0 && strcmp(zone, "UTC") != 0))
        return cli_usage("--tz", "use a name of the tz database, such as Europe/Berlin", "'%s' is no time zone of this machine", zone);
    if (setenv("TZ", zone, 1) != 0)
        return cli_usage("--tz", "close other programs", "memory ran out");
    tzset();
    return 0;
}

static int open_output(struct surroundings *s, const char *path)
{
    s->fd = STDOUT_FILENO;
    s->path = "standard output";
    if (!path || strcmp(path, "-") == 0)
        return 0;
    s->path = path;
    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (s->fd >= 0)
        return 0;
    (void)cli_usage(path, "choose another --output", "cannot be opened for writing: %s", strerror(errno));
    return EXIT_IO;
}

int surroundings_init(struct surroundings *s, const struct cli *cli, const char *formats)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    int rc;

    *s = (struct surroundings){ .fd = -1, .quiet = cli_has(cli, "-q"), .began_s = now_s() };
    s->output = (struct sp_output){ write_output, s, SP_FORMAT_JSON, false, width_of(STDOUT_FILENO), cli_get(cli, "--tz") != NULL };
    if (isatty(STDOUT_FILENO) && !cli_get(cli, "--output"))
        s->output.format = SP_FORMAT_TABLE;
    rc = cli_format(cli, formats, &s->output.format);
    if (rc == 0)
        rc = set_zone(cli_get(cli, "--tz"));
    if (rc != 0)
        return rc;
    s->output.color = when(cli, "--color", color_wanted()) != 0;
    s->progress = when(cli, "--progress", isatty(STDERR_FILENO) && !s->quiet);
    if (s->progress == 1 && cli_get(cli, "--progress") && strcmp(cli_get(cli, "--progress"), "always") == 0)
        s->progress = PROGRESS_ALWAYS;
    s->ctx = (struct sp_ctx){ note, s, &stop_asked };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return open_output(s, cli_get(cli, "--output"));
}

int surroundings_done(struct surroundings *s)
{
    int fd = s->fd;

    surroundings_clear(s);
    s->fd = -1;
    if (fd < 0 || fd == STDOUT_FILENO || close(fd) == 0 || errno == EINTR)
        return 0;
    (void)cli_usage(s->path, "free some space or choose another --output", "cannot be written: %s", strerror(errno));
    return EXIT_IO;
}

/* $XDG_CACHE_HOME/spoor/plan, ~/.cache/spoor/plan; what is no absolute path does not count. */
const char *plan_folder(char out[4096])
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int len = -1;

    if (cache && *cache == '/')
        len = snprintf(out, 4096, "%s/spoor/plan", cache);
    else if (home && *home == '/')
        len = snprintf(out, 4096, "%s/.cache/spoor/plan", home);
    return len > 0 && len < 4096 ? out : NULL;
}

int write_file(const char *path, const void *bytes, size_t len)
{
    struct surroundings s = { .path = path };
    struct sp_error err;
    int rc;

    rc = open_output(&s, path);
    if (rc != 0)
        return rc;
    if (write_output(&s, bytes, len, &err) < 0) {
        cli_error(&err);
        rc = EXIT_IO;
    }
    if (s.fd != STDOUT_FILENO && close(s.fd) != 0 && rc == 0) {
        (void)cli_usage(path, "free some space", "cannot be written: %s", strerror(errno));
        rc = EXIT_IO;
    }
    return rc;
}
