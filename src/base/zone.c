/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what the user calls a time zone. Out: a table of its offsets, which owns nothing.
 */
#include "base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

/* Offsets are looked at this far apart, from 1970 to 2100; no zone has gone forth and back within such a time. */
#define STEP INT64_C(604800)
#define LAST INT64_C(4102444800)

static int unknown(const char *text, struct sp_error *err)
{
    sp_error_set(err, SP_ERR_USAGE, "'%.100s' is neither UTC nor +hh:mm or -hh:mm, nor a time zone of this machine", text);
    sp_error_where(err, "--assume-tz");
    sp_error_cure(err, "give an offset, or a name of the tz database, such as Europe/Berlin");
    return SP_ERR_USAGE;
}

static int32_t offset_at(int64_t utc)
{
    time_t t = (time_t)utc;
    struct tm tm;

    return localtime_r(&t, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* The changes of the zone that the process has now. */
static void scan(struct sp_zone *zone)
{
    int32_t last = offset_at(0);

    zone->count = 1;
    zone->change[0].from = INT64_MIN;
    zone->change[0].offset = last;
    for (int64_t t = STEP; t < LAST && zone->count < SP_ZONE_CHANGES_MAX; t += STEP) {
        int64_t before = t - STEP, behind = t;

        if (offset_at(t) == last)
            continue;
        while (behind - before > 1) {
            int64_t middle = before + (behind - before) / 2;

            *(offset_at(middle) == last ? &before : &behind) = middle;
        }
        last = offset_at(behind);
        zone->change[zone->count].from = behind;
        zone->change[zone->count++].offset = last;
        t = behind; /* another may be near */
    }
}

static int look_up(struct sp_zone *ret, const char *name, struct sp_error *err)
{
    const char *now = getenv("TZ");
    size_t len = now ? strlen(now) + 1 : 0;
    char path[512], *was = len ? sp_malloc(len) : NULL;

    if (len && !was)
        return sp_error_nomem(err);
    if (was)
        memcpy(was, now, len);
    if (strstr(name, "..") || snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name) >= (int)sizeof path || access(path, R_OK) != 0 ||
        !*name || setenv("TZ", name, 1) != 0) {
        sp_free(was);
        return unknown(name, err);
    }
    tzset();
    scan(ret);
    if (was)
        (void)setenv("TZ", was, 1);
    else
        (void)unsetenv("TZ");
    tzset();
    sp_free(was);
    return 0;
}

int sp_zone_parse(struct sp_zone *ret, const char *text, struct sp_error *err)
{
    unsigned h, m;
    char sign, end;

    ret->count = 0;
    if (!text || strcmp(text, "UTC") == 0 || strcmp(text, "Z") == 0)
        return 0;
    if (*text != '+' && *text != '-')
        return look_up(ret, text, err);
    if (sscanf(text, "%c%2u:%2u%c", &sign, &h, &m, &end) != 3 || h > 23 || m > 59)
        return unknown(text, err);
    ret->count = 1;
    ret->change[0].from = INT64_MIN;
    ret->change[0].offset = (int32_t)(h * 3600 + m * 60) * (sign == '-' ? -1 : 1);
    return 0;
}

int64_t sp_zone_utc(const struct sp_zone *zone, int64_t wall)
{
    size_t from = 0, to = zone->count;

    /* The last change that has happened by the clock as it went before it. */
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;

        *(zone->change[middle].from + zone->change[middle - 1].offset <= wall ? &from : &to) = middle;
    }
    if (!zone->count)
        return wall;
    if (from && wall - zone->change[from].offset < zone->change[from].from) /* the clock was put forward: it never showed that */
        from--;
    return wall - zone->change[from].offset;
}
