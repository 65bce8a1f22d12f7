/* SPDX-License-Identifier: Apache-2.0
 *
 * In: code and words. Out: a filled struct sp_error, owned by the caller. Nothing here fails.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int sp_error_set(struct sp_error *err, int code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return code;
    err->code = code;
    err->where[0] = err->cure[0] = '\0';
    va_start(ap, fmt);
    (void)vsnprintf(err->what, sizeof err->what, fmt, ap);
    va_end(ap);
    return code;
}

int sp_error_nomem(struct sp_error *err)
{
    int code = sp_error_set(err, SP_ERR_NOMEM, "memory ran out");

    sp_error_cure(err, "close other programs or hunt fewer files at once");
    return code;
}

void sp_error_where(struct sp_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err || err->where[0])
        return;
    va_start(ap, fmt);
    (void)vsnprintf(err->where, sizeof err->where, fmt, ap);
    va_end(ap);
}

void sp_error_cure(struct sp_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(err->cure, sizeof err->cure, fmt, ap);
    va_end(ap);
}
