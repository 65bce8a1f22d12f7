/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a file of JSON records, and how many rounds. Out: for each way through it the least CPU time of the rounds, as
 * nanoseconds a record, GB/s, and as a ratio to zlib's crc32 over the same bytes, read in the same round:
 *
 *     crc32                       reading 1 MiB at a time, and the checksum
 *     strict, plain, sse2, avx2   records (read/jsonl.h), in the ways there are
 *     ... +event                  and the events made of them
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "event/event.h"
#include "read/jsonl.h"
#include "read/source.h"

static const struct {
    const char *name;
    enum sp_json_way way;
} ways[] = { { "strict", SP_JSON_STRICT }, { "plain", SP_JSON_PLAIN }, { "sse2", SP_JSON_SSE2 }, { "avx2", SP_JSON_AVX2 } };
enum { WAYS = sizeof ways / sizeof *ways };

static volatile uint64_t sink; /* keeps the compiler from leaving the work out */
static uint64_t records, bytes;

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "json_bench: %s; use: json_bench FILE [ROUNDS [WAY]]\n", what);
    exit(2);
}

static double crc(const char *path)
{
    static char buf[1 << 20];
    double begin = cpu();
    uint32_t sum = 0;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    for (bytes = 0; (n = read(fd, buf, sizeof buf)) > 0; bytes += (uint64_t)n)
        sum = (uint32_t)crc32(sum, (const Bytef *)buf, (uInt)n);
    close(fd);
    sink = sum;
    return cpu() - begin;
}

static void trouble(void *arg, uint64_t offset, const char *reason)
{
    (void)arg, (void)offset, (void)reason;
}

static double run(const char *path, enum sp_json_way way, struct sp_events *events)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_jsonl *jsonl = sp_jsonl_new(&limits);
    struct sp_input input;
    struct sp_record record;
    struct sp_event event;
    uint64_t undecodable = 0, count = 0;
    double begin = cpu();

    if (!jsonl || sp_input_open(&input, path, NULL) < 0)
        die("the file cannot be read");
    sp_jsonl_begin(jsonl, &input, false, trouble, NULL);
    if (sp_jsonl_way(jsonl, way))
        while (sp_jsonl_next(jsonl, &record, &undecodable, NULL) > 0) {
            if (events && sp_event_make(events, &record, &event) < 0)
                die("no memory");
            sink = record.tree->count;
            count++;
        }
    sp_input_close(&input);
    sp_jsonl_free(jsonl);
    records = count ? count : records;
    return count ? cpu() - begin : 0;
}

static void least(double *best, double seen)
{
    if (*best == 0 || seen < *best)
        *best = seen;
}

static void show(const char *name, const char *more, double seconds, double yard)
{
    if (seconds > 0)
        printf("%s%-*s %8.0f ns/record %6.2f GB/s %6.2fx\n", name, (int)(14 - strlen(name)), more, seconds / (double)records * 1e9,
               (double)bytes / seconds / 1e9, seconds / yard);
}

int main(int argc, char **argv)
{
    double best[WAYS][2] = { 0 }, yard = 0;
    struct sp_taxonomy *taxonomy = NULL;
    struct sp_events *events;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    const char *only = argc > 3 ? argv[3] : NULL; /* `avx2` or `avx2+event` alone: for perf */

    if (argc < 2 || access(argv[1], R_OK) != 0)
        die("no file");
    if (sp_taxonomy_new(&taxonomy, NULL) < 0 || !(events = sp_events_new(taxonomy, NULL)))
        die("no memory");
    for (int i = 0; i < rounds; i++) {
        least(&yard, crc(argv[1]));
        for (int way = 0; way < WAYS; way++) {
            size_t n = strlen(ways[way].name);

            if (only && strncmp(only, ways[way].name, n) != 0)
                continue;
            if (!only || !only[n])
                least(&best[way][0], run(argv[1], ways[way].way, NULL));
            if (!only || only[n])
                least(&best[way][1], run(argv[1], ways[way].way, events));
        }
    }
    printf("%llu records, %llu bytes\n", (unsigned long long)records, (unsigned long long)bytes);
    show("crc32", "", yard, yard);
    for (int way = 0; way < WAYS; way++) {
        show(ways[way].name, "", best[way][0], yard);
        show(ways[way].name, " +event", best[way][1], yard);
    }
    sp_events_free(events);
    sp_taxonomy_free(taxonomy);
    return 0;
}
