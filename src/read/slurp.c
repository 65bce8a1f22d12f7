/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a path. Out: the file's bytes, owned by the caller.
 */
#include "read/slurp.h"

#include "base/buf.h"
#include "read/source.h"

int sp_slurp(const char *path, uint64_t max, struct sp_str *ret, struct sp_error *err)
{
    struct sp_input input = { .fd = -1 };
    struct sp_buf buf;
    int64_t n = 1;
    int rc = sp_input_open(&input, path, err);

    if (rc < 0)
        return rc;
    sp_buf_init(&buf, (size_t)max + 65537);
    while (n > 0 && buf.len <= max) {
        if (!sp_buf_reserve(&buf, 65536))
            break;
        n = sp_input_read(&input, buf.ptr + buf.len, 65536, err);
        if (n > 0)
            buf.len += (size_t)n;
    }
    sp_input_close(&input);
    sp_buf_char(&buf, '\0');
    if (n < 0 || buf.failed || buf.len - 1 > max) {
        rc = n < 0 ? (int)n : buf.failed ? sp_error_nomem(err) : sp_error_set(err, SP_ERR_LIMIT, "larger than %llu bytes", (unsigned long long)max);
        sp_error_where(err, "%s", path);
        sp_buf_done(&buf);
        return rc;
    }
    *ret = (struct sp_str){ buf.ptr, buf.len - 1 };
    return 0;
}

