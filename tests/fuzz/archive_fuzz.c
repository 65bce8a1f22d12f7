/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives: the row of members ends, numbers rise, names are below the outermost, what comes out stays within the limits,
 * and comes out the same when it is read again in other pieces.
 */
#include <stdlib.h>

#include "base/id.h"
#include "read/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 200, EXPANSION = 1 << 20, TIMES = 20, SPOOL = 256 << 10 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* The digest of all that is read of the archive; `piece` bytes at a time. */
static struct sp_digest walk(struct sp_str bytes, size_t piece)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_archive_options options = { .limits = &limits };
    struct sp_archive *a;
    struct sp_member m;
    struct sp_hash hash;
    struct sp_digest digest;
    uint64_t total = 0, count = 0;
    static char room[65536];
    int rc;

    limits.files = FILES;
    limits.expansion_bytes = EXPANSION;
    limits.expansion_times = TIMES;
    limits.spool_bytes = SPOOL;
    sp_hash_begin(&hash);
    must(sp_archive_open_bytes(&a, "outer", bytes, &options, NULL) == 0);
    while ((rc = sp_archive_next(a, &m)) > 0) {
        int64_t n = m.kind == SP_MEMBER_FILE;

        must(m.number == count++ && strncmp(m.path, "outer", 5) == 0);
        must((m.path[5] == '!' || m.path[5] == '\0') && (m.kind == SP_MEMBER_FILE || m.reason[0]));
        sp_hash_add(&hash, m.path, strlen(m.path));
        while (n > 0) {
            n = sp_archive_read(a, room, piece, NULL);
            must(n <= (int64_t)piece && (n >= 0 || n == SP_ERR_FORMAT));
            sp_hash_add(&hash, room, n > 0 ? (size_t)n : 0);
            total += n > 0 ? (uint64_t)n : 0;
        }
    }
    must(rc == 0 && count <= FILES + 2);
    must(total <= EXPANSION + TIMES * (bytes.len + 1) + (1 << 20)); /* a block of libarchive's beyond */
    must(sp_hash_end(&hash, &digest));
    sp_archive_close(a);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_str bytes = { (const char *)data, size };
    struct sp_digest a, b;

    if (!sp_archive_is(bytes))
        return 0;
    a = walk(bytes, 65536);
    b = walk(bytes, 1000);
    must(memcmp(&a, &b, sizeof a) == 0);
    return 0;
}
