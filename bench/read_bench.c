/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a log of any type. Out: `read CPU-SECONDS`, `records N` and `bytes N`: what reading alone costs, from opening the file
 * to every record as slices. Nothing else of spoor runs. bench.py calls it several times and takes the least.
 */
#include <stdio.h>
#include <time.h>

#include "read/reader.h"

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int walk(struct sp_reader *reader, const char *path, struct sp_account *account)
{
    struct sp_record record;
    int rc = sp_reader_open(reader, path, true, account);

    while (rc == 1)
        rc = sp_reader_next(reader, &record);
    sp_reader_close(reader);
    return rc;
}

int main(int argc, char **argv)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_ctx ctx = { 0 };
    struct sp_reader_options options = { .limits = &limits, .ctx = &ctx };
    struct sp_account account = { 0 };
    struct sp_reader *reader = argc == 2 ? sp_reader_new(&options) : NULL;
    double begin = cpu();

    if (!reader || walk(reader, argv[1], &account) != 0 || account.records == 0) {
        fprintf(stderr, "read_bench: %s: nothing could be read; use: read_bench FILE\n", argc == 2 ? argv[1] : "no file");
        return 5;
    }
    printf("read %.6f\nrecords %llu\nbytes %llu\n", cpu() - begin, (unsigned long long)account.records, (unsigned long long)account.bytes);
    sp_account_done(&account);
    sp_reader_free(reader);
    return 0;
}
