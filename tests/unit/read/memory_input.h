/* SPDX-License-Identifier: Apache-2.0
 *
 * An input over bytes in memory, for tests of readers: a file without a name, opened as any other.
 */
#ifndef SP_TESTS_MEMORY_INPUT_H
#define SP_TESTS_MEMORY_INPUT_H
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "read/source.h"

static inline bool memory_input(struct sp_input *input, const void *bytes, size_t len)
{
    char path[64];
    int fd = memfd_create("test", MFD_CLOEXEC), rc = -1;

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (size_t at = 0; fd >= 0 && at < len;) {
        ssize_t n = write(fd, (const char *)bytes + at, len - at);

        if (n <= 0)
            break;
        at += (size_t)n;
    }
    if (fd >= 0) {
        rc = sp_input_open(input, path, NULL);
        close(fd);
    }
    return rc == 0;
}

#endif
