/* SPDX-License-Identifier: Apache-2.0
 *
 * A time zone of logs that do not say theirs: a fixed offset, or a name of the tz database with all its changes.
 */
#ifndef SP_BASE_ZONE_H
#define SP_BASE_ZONE_H
#include <stddef.h>
#include <stdint.h>

struct sp_error;

enum { SP_ZONE_CHANGES_MAX = 1024 };

struct sp_zone {
    size_t count;                          /* 0: UTC */
    struct {
        int64_t from;                      /* seconds since 1970, UTC; INT64_MIN of the first */
        int32_t offset;                    /* seconds east */
    } change[SP_ZONE_CHANGES_MAX];
};

/* `UTC`, `Z`, `+hh:mm`, `-hh:mm`, or a name such as Europe/Berlin; NULL is UTC. SP_ERR_USAGE. A name is looked up by the
 * C library, which knows one zone a process: TZ is another for a moment, so no other thread may ask for local times. */
int sp_zone_parse(struct sp_zone *ret, const char *text, struct sp_error *err);

/* A wall clock's time, as seconds since 1970 on it, in UTC. What it showed twice is the first; what it never showed is
 * read as before the change. */
int64_t sp_zone_utc(const struct sp_zone *zone, int64_t wall);

#endif
