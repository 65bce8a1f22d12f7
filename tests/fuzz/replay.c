/* SPDX-License-Identifier: Apache-2.0
 *
 * In: files and folders as arguments. Each file goes through the fuzz target once: how a crash that the
 * fuzzer found is replayed, and how seeds run under gcc and in `make check`.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replay(const char *path)
{
    FILE *f;
    uint8_t *data;
    long size;
    DIR *dir = opendir(path);
    unsigned long count = 0;

    if (dir) {
        for (struct dirent *e; (e = readdir(dir));) {
            char below[4096];

            if (e->d_name[0] == '.' || snprintf(below, sizeof below, "%s/%s", path, e->d_name) >= (int)sizeof below)
                continue;
            count += replay(below);
        }
        closedir(dir);
        return count;
    }
    f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    data = malloc((size_t)size + 1);
    if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(f);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned long count = 0;

    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%lu inputs replayed\n", count);
    return 0;
}
