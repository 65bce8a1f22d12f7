/* SPDX-License-Identifier: Apache-2.0
 *
 * Detection and plain lines: lines come in order, stand where they say, and hold valid UTF-8; every byte that is
 * not in one of them is a line's end, a byte order mark, or was told.
 */
#include <stdlib.h>

#include "../unit/read/memory_input.h"
#include "base/unicode.h"
#include "read/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void trouble(void *arg, uint64_t offset, const char *reason)
{
    must(offset > 0 || reason[0]);
    ++*(uint64_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    uint64_t undecodable = 0, told = 0, end = 0, line = 0;
    struct sp_lines *lines = sp_lines_new(&limits);
    struct sp_record record;
    struct sp_input input;
    const char *what;
    int rc;

    must(lines);
    limits.record_bytes = size & 1 ? 16 : 1 << 20;
    (void)sp_source_detect((struct sp_str){ (const char *)data, size }, &what);
    must(what);
    if (!memory_input(&input, data, size))
        return 0;
    sp_lines_begin(lines, &input, trouble, &told);
    while ((rc = sp_lines_next(lines, &record, &undecodable, NULL)) > 0) {
        struct sp_value value = record.tree->node[1].value;

        must(record.length > 0 && record.length <= limits.record_bytes);
        must(record.offset >= end && record.offset + record.length <= size);
        must(memcmp(record.raw.ptr, data + record.offset, record.raw.len) == 0);
        must(sp_utf8_valid((struct sp_str){ value.ptr, value.len }) == value.len);
        must(record.number > line);
        line = record.number;
        end = record.offset + record.length;
    }
    must(rc == 0 && undecodable == told);
    sp_lines_free(lines);
    sp_input_close(&input);
    return 0;
}
