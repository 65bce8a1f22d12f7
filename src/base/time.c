/* SPDX-License-Identifier: Apache-2.0
 *
 * In: text or Windows time stamps, hostile. Out: sp_time by value. Nothing allocates.
 */
#include "base/time.h"

#include <stdio.h>

#include "base/buf.h"

static const int64_t FILETIME_EPOCH_SEC = 11644473600; /* 1601-01-01 to 1970-01-01 */

/* Days since 1970-01-01 of a civil date; the year is shifted to begin in March. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int32_t *y, uint8_t *m, uint8_t *d)
{
    int64_t era, doe, yoe, doy, mp;

    z += 719468;
    era = (z >= 0 ? z : z - 146096) / 146097;
    doe = z - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    *d = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
    *m = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int32_t)(yoe + era * 400 + (*m <= 2));
}

int64_t sp_time_from_date(int32_t year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second)
{
    return days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
}

/* All but the week; the days since 1970 in `*ret_days`. */
static struct sp_date date_of(int64_t sec, int64_t *ret_days)
{
    int64_t days = sec / 86400;
    int32_t rest = (int32_t)(sec % 86400);
    struct sp_date d = { 0 };

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    civil_from_days(days, &d.year, &d.month, &d.day);
    d.hour = (uint8_t)(rest / 3600);
    d.minute = (uint8_t)(rest / 60 % 60);
    d.second = (uint8_t)(rest % 60);
    *ret_days = days;
    return d;
}

struct sp_date sp_time_date(int64_t sec)
{
    int64_t days, jan1, yearday, week;
    struct sp_date d = date_of(sec, &days);
    int32_t year;

    d.weekday = (uint8_t)(((days + 3) % 7 + 7) % 7 + 1);
    /* The ISO week belongs to the year that its Thursday lies in. */
    year = d.year;
    days += 4 - d.weekday;
    jan1 = days_from_civil(year, 1, 1);
    if (days < jan1)
        jan1 = days_from_civil(year - 1, 1, 1);
    else if (days >= days_from_civil(year + 1, 1, 1))
        jan1 = days_from_civil(year + 1, 1, 1);
    yearday = days - jan1;
    week = yearday / 7 + 1;
    d.iso_week = (uint8_t)week;
    return d;
}

/* Exactly `n` digits at `*at`, moved past them; -1 if they are none. */
static int take(struct sp_str s, size_t *at, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++, ++*at) {
        if (*at >= s.len || s.ptr[*at] < '0' || s.ptr[*at] > '9')
            return -1;
        v = v * 10 + (s.ptr[*at] - '0');
    }
    return v;
}

static bool skip(struct sp_str s, size_t *at, char c)
{
    if (*at >= s.len || s.ptr[*at] != c)
        return false;
    ++*at;
    return true;
}

static bool days_ok(int y, int m, int d)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1] + (m == 2 && leap);
}

/* `.123` or `,123`: up to nine digits count, more are cut. False if no digit follows the point. */
static bool fraction(struct sp_str s, size_t *at, uint32_t *nsec, uint8_t *digits)
{
    uint32_t scale = 100000000;
    size_t start;

    *nsec = 0;
    *digits = 0;
    if (!skip(s, at, '.') && !skip(s, at, ','))
        return true;
    start = *at;
    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; ++*at)
        if (*digits < 9) {
            *nsec += (uint32_t)(s.ptr[*at] - '0') * scale;
            scale /= 10;
            ++*digits;
        }
    return *at > start;
}

/* Nothing, Z, UTC, +hh:mm, +hhmm or +hh, up to the end of the text. */
static bool zone(struct sp_str s, size_t *at, int64_t *offset, bool *has)
{
    int sign, hours, minutes = 0;

    *offset = 0;
    *has = *at < s.len;
    if (!*has)
        return true;
    (void)skip(s, at, ' ');
    if (skip(s, at, 'Z') || skip(s, at, 'z'))
        return *at == s.len;
    if (s.len - *at == 3 && memcmp(s.ptr + *at, "UTC", 3) == 0)
        return true;
    sign = skip(s, at, '+') ? 1 : skip(s, at, '-') ? -1 : 0;
    hours = take(s, at, 2);
    if (!sign || hours < 0 || hours > 23)
        return false;
    if (*at < s.len) {
        (void)skip(s, at, ':');
        minutes = take(s, at, 2);
        if (minutes < 0 || minutes > 59)
            return false;
    }
    *offset = sign * (hours * 3600 + minutes * 60);
    return *at == s.len;
}

bool sp_time_parse(struct sp_str s, struct sp_time *ret)
{
    struct sp_time t = { .known = true };
    size_t at = 0;
    int64_t offset;
    int year, month, day, hour, minute, second = 0;

    year = take(s, &at, 4);
    if (year < 0 || !skip(s, &at, '-') || (month = take(s, &at, 2)) < 0 || !skip(s, &at, '-') ||
        (day = take(s, &at, 2)) < 0 || !days_ok(year, month, day))
        return false;
    if (!skip(s, &at, 'T') && !skip(s, &at, 't') && !skip(s, &at, ' '))
        return false;
    if ((hour = take(s, &at, 2)) < 0 || hour > 23 || !skip(s, &at, ':') || (minute = take(s, &at, 2)) < 0 || minute > 59)
        return false;
    if (skip(s, &at, ':')) {
        second = take(s, &at, 2);
        if (second < 0 || second > 60 || !fraction(s, &at, &t.nsec, &t.digits))
            return false;
    }
    if (!zone(s, &at, &offset, &t.has_zone))
        return false;
    t.sec = sp_time_from_date(year, (unsigned)month, (unsigned)day, (unsigned)hour, (unsigned)minute, (unsigned)second);
    t.sec -= offset;
    *ret = t;
    return true;
}

struct sp_time sp_time_filetime(uint64_t filetime)
{
    struct sp_time t = { .sec = (int64_t)(filetime / 10000000) - FILETIME_EPOCH_SEC,
                         .nsec = (uint32_t)(filetime % 10000000) * 100, .digits = 7, .known = true, .has_zone = true };

    if (t.sec > 253402300799) /* 9999-12-31T23:59:59Z */
        return (struct sp_time){ 0 };
    return t;
}

uint64_t sp_time_to_filetime(struct sp_time t)
{
    if (!t.known || t.sec < -FILETIME_EPOCH_SEC)
        return 0;
    return (uint64_t)(t.sec + FILETIME_EPOCH_SEC) * 10000000 + t.nsec / 100;
}

bool sp_time_epoch(struct sp_str s, struct sp_time *ret)
{
    struct sp_time t = { .known = true, .has_zone = true };
    bool negative;
    size_t at = 0, start;

    negative = skip(s, &at, '-');
    for (start = at; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++) {
        if (t.sec > 253402300799)
            return false;
        t.sec = t.sec * 10 + (s.ptr[at] - '0');
    }
    if (at == start || !fraction(s, &at, &t.nsec, &t.digits) || at != s.len || t.sec > 253402300799)
        return false;
    if (negative) {
        t.sec = -t.sec - (t.nsec != 0);
        t.nsec = t.nsec ? 1000000000 - t.nsec : 0;
    }
    if (t.sec < -62135596800) /* 0001-01-01 */
        return false;
    *ret = t;
    return true;
}

/* A number below 100, as two digits. */
static char *two(char *p, uint32_t n)
{
    p[0] = (char)('0' + n / 10);
    p[1] = (char)('0' + n % 10);
    return p + 2;
}

char *sp_time_put(char *p, struct sp_time t)
{
    int64_t days;
    struct sp_date d = date_of(t.sec, &days);
    uint32_t n = t.nsec;

    if (d.year < 0 || d.year > 9999) {
        p += snprintf(p, 12, "%04d", d.year);
    } else {
        p = two(p, (uint32_t)d.year / 100);
        p = two(p, (uint32_t)d.year % 100);
    }
    *p++ = '-';
    p = two(p, d.month);
    *p++ = '-';
    p = two(p, d.day);
    *p++ = 'T';
    p = two(p, d.hour);
    *p++ = ':';
    p = two(p, d.minute);
    *p++ = ':';
    p = two(p, d.second);
    if (t.digits) {
        *p++ = '.';
        for (int i = 8; i >= 0; i--, n /= 10)
            p[i] = (char)('0' + n % 10);
        p += t.digits;
    }
    *p++ = 'Z';
    return p;
}

void sp_time_write(struct sp_buf *buf, struct sp_time t)
{
    if (sp_buf_reserve(buf, SP_TIME_ROOM))
        buf->len = (size_t)(sp_time_put(buf->ptr + buf->len, t) - buf->ptr);
}

int sp_time_cmp(struct sp_time a, struct sp_time b)
{
    if (a.known != b.known)
        return a.known ? -1 : 1;
    if (a.sec != b.sec)
        return a.sec < b.sec ? -1 : 1;
    return (a.nsec > b.nsec) - (a.nsec < b.nsec);
}
