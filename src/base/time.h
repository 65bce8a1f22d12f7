/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_time: a moment in UTC that remembers how many digits of the second its source wrote.
 *
 * Range: years 1 to 9999, proleptic Gregorian (RFC 3339). Leap second 60 is read as 59 + 1 s.
 */
#ifndef SP_BASE_TIME_H
#define SP_BASE_TIME_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct sp_buf;

struct sp_time {
    int64_t sec;     /* since 1970-01-01T00:00:00Z, may be negative */
    uint32_t nsec;   /* 0 .. 999,999,999 */
    uint8_t digits;  /* of the fraction as the source has it, 0 .. 9 */
    bool known;      /* false: no time; the rest is zero */
    bool has_zone;   /* the source said Z or an offset */
};

struct sp_date {
    int32_t year;
    uint8_t month, day, hour, minute, second; /* month and day from 1 */
    uint8_t weekday;                          /* 1 Monday .. 7 Sunday */
    uint8_t iso_week;                         /* 1 .. 53 */
};

/* RFC 3339 and `YYYY-MM-DD[ T]HH:MM[:SS[.f]][ ][Z|UTC|+hh:mm]`; without a zone UTC is assumed.
 * Digits beyond nine are cut. False when `text` is anything else; `ret` is then untouched. */
bool sp_time_parse(struct sp_str text, struct sp_time *ret);

/* Windows FILETIME: 100 ns since 1601, seven digits. Beyond year 9999: not known. */
struct sp_time sp_time_filetime(uint64_t filetime);
uint64_t sp_time_to_filetime(struct sp_time time); /* 0 before 1601 or when not known */

/* Seconds since 1970 as decimal text (`1772445600.25`, also with an exponent-free fraction). */
bool sp_time_epoch(struct sp_str text, struct sp_time *ret);

/* Append `2026-03-02T10:00:00.1234567Z` with the digits the source has. */
void sp_time_write(struct sp_buf *buf, struct sp_time time);
enum { SP_TIME_ROOM = 40 };
char *sp_time_put(char *p, struct sp_time time); /* the same at `p`, where there is that room; behind it */

/* Before 0 after; unknown times sort last and equal each other. */
int sp_time_cmp(struct sp_time a, struct sp_time b);

struct sp_date sp_time_date(int64_t sec);
int64_t sp_time_from_date(int32_t year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

#endif
