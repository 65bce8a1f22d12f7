/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an EVTX file. Out: one line `NAME CPU-SECONDS` for each yardstick and for decoding, each over the same
 * bytes in the same order; `records N` and `bytes N`. bench.py calls it several times and takes the least.
 *
 * memcpy goes chunk by chunk into a buffer that fits the cache. Decoding is what a hunt does before its rules: CRCs,
 * a plan a template, every value of every record as a slice.
 */
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "read/evtx.h"

static volatile uint64_t sink; /* keeps the compiler from leaving the work out */

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sp_str load(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < SP_EVTX_FILE_HEADER)
        return (struct sp_str){ 0 };
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    return bytes == MAP_FAILED ? (struct sp_str){ 0 } : (struct sp_str){ bytes, (size_t)st.st_size };
}

static void trouble(void *arg, uint64_t offset, bool lost, const char *reason)
{
    (void)offset;
    (void)reason;
    *(uint64_t *)arg += lost;
}

static int decode(struct sp_str file, uint64_t *ret_records)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_evtx *evtx = sp_evtx_new(&limits);
    struct sp_record record;
    uint64_t records = 0, undecodable = 0, lost = 0, values = 0;
    int rc = 0;

    if (!evtx)
        return -1;
    for (size_t at = SP_EVTX_FILE_HEADER; at < file.len && rc >= 0; at += SP_EVTX_CHUNK) {
        size_t len = file.len - at < SP_EVTX_CHUNK ? file.len - at : SP_EVTX_CHUNK;

        rc = sp_evtx_begin(evtx, (struct sp_str){ file.ptr + at, len }, at, trouble, &lost);
        while (rc == 1 && (rc = sp_evtx_next(evtx, &record, &undecodable)) == 1) {
            records++;
            values += record.tree->count;
        }
    }
    sp_evtx_free(evtx);
    sink = values;
    *ret_records = records;
    return rc < 0 ? -1 : 0;
}

static void yardsticks(struct sp_str file)
{
    static char to[SP_EVTX_CHUNK];
    double begin = cpu();
    uint32_t crc = 0;

    for (size_t at = 0; at + SP_EVTX_CHUNK <= file.len; at += SP_EVTX_CHUNK) {
        memcpy(to, file.ptr + at, SP_EVTX_CHUNK);
        sink = (uint64_t)to[at & 0xFFFF];
    }
    printf("memcpy %.6f\n", cpu() - begin);
    begin = cpu();
    for (size_t at = 0; at + SP_EVTX_CHUNK <= file.len; at += SP_EVTX_CHUNK)
        crc = (uint32_t)crc32(crc, (const Bytef *)file.ptr + at, SP_EVTX_CHUNK);
    sink = crc;
    printf("zlib-crc32 %.6f\n", cpu() - begin);
    begin = cpu();
    for (size_t at = 0; at + SP_EVTX_CHUNK <= file.len; at += SP_EVTX_CHUNK)
        crc = libdeflate_crc32(crc, file.ptr + at, SP_EVTX_CHUNK);
    sink = crc;
    printf("libdeflate-crc32 %.6f\n", cpu() - begin);
}

int main(int argc, char **argv)
{
    struct sp_str file = argc == 2 ? load(argv[1]) : (struct sp_str){ 0 };
    uint64_t records, touched = 0;
    double begin;

    if (!file.ptr) {
        fprintf(stderr, "decode_bench: %s: no EVTX file; use: decode_bench FILE\n", argc == 2 ? argv[1] : "no file");
        return 2;
    }
    for (size_t at = 0; at < file.len; at += 4096)
        touched += (unsigned char)file.ptr[at];
    sink = touched;
    yardsticks(file);
    begin = cpu();
    if (decode(file, &records) != 0) {
        fprintf(stderr, "decode_bench: decoding failed\n");
        return 5;
    }
    printf("decode %.6f\nrecords %llu\nbytes %zu\n", cpu() - begin, (unsigned long long)records, file.len);
    munmap((void *)(uintptr_t)file.ptr, file.len);
    return 0;
}
