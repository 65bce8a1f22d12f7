/* SPDX-License-Identifier: Apache-2.0
 *
 * In: `NAME=VALUE`. Out: one member of struct sp_limits changed.
 */
#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct sp_limits sp_limits_default(void)
{
    return (struct sp_limits){
#define X(member, preset, least, unit) .member = (preset),
        SP_LIMITS(X)
#undef X
    };
}

/* Is `text` up to `len` the member's name, with dashes for underscores? */
static int named(const char *text, size_t len, const char *member)
{
    if (strlen(member) != len)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (text[i] != (member[i] == '_' ? '-' : member[i]) && text[i] != member[i])
            return 0;
    return 1;
}

static int parse_number(const char *text, uint64_t *ret)
{
    char *end;
    unsigned shift = 0;
    unsigned long long n;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    n = strtoull(text, &end, 10);
    if (errno)
        return -1;
    if (*end && end[1])
        return -1;
    if (*end)
        shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20 : *end == 'g' || *end == 'G' ? 30 : 64;
    if (shift == 64 || n > UINT64_MAX >> shift)
        return -1;
    *ret = (uint64_t)n << shift;
    return 0;
}

int sp_limits_parse(struct sp_limits *limits, const char *text, struct sp_error *err)
{
    static const struct {
        const char *name, *unit;
        uint64_t least;
        size_t at;
    } table[] = {
#define X(member, preset, least, unit) { #member, unit, least, offsetof(struct sp_limits, member) },
        SP_LIMITS(X)
#undef X
    };
    const char *equal = strchr(text, '=');
    uint64_t value;

    for (size_t i = 0; equal && i < sizeof table / sizeof *table; i++) {
        if (!named(text, (size_t)(equal - text), table[i].name))
            continue;
        if (parse_number(equal + 1, &value) < 0 || value < table[i].least)
            break;
        memcpy((char *)limits + table[i].at, &value, sizeof value);
        return 0;
    }
    sp_error_set(err, SP_ERR_USAGE, "'%.200s' is not NAME=VALUE of a limit, or the value is too small", text);
    sp_error_where(err, "--limit");
    sp_error_cure(err, "see `spoor help hunt` for the names");
    return SP_ERR_USAGE;
}
