/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_unpack: gzip, zstd, xz and bzip2, unpacked as the bytes come, one stream behind the other. Whatever can be unpacked of a
 * cut or damaged file is handed out before that is told; libarchive's own filters lose their last block, 64 KiB and more.
 *
 * Memory: some 100 KiB, and the window that the file asks for, within a limit.
 */
#ifndef SP_READ_UNPACK_H
#define SP_READ_UNPACK_H
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum sp_unpack_kind { SP_UNPACK_GZIP, SP_UNPACK_ZSTD, SP_UNPACK_XZ, SP_UNPACK_BZIP2 };

/* The next bytes: how many, and where; 0 at the end, negative where they cannot be read. */
typedef int64_t (*sp_unpack_next)(void *arg, const void **ret);

struct sp_unpack;

/* SP_ERR_NOMEM, SP_ERR_UNSUPPORTED where its library cannot be loaded. */
int sp_unpack_open(struct sp_unpack **ret, enum sp_unpack_kind kind, uint64_t memory, sp_unpack_next next, void *arg, struct sp_error *err);
void sp_unpack_close(struct sp_unpack *unpack); /* NULL is fine */

/* The next unpacked bytes, valid until the next call: how many; 0 at the end; negative where it is cut or damaged. */
int64_t sp_unpack_read(struct sp_unpack *unpack, const void **ret);
/* The first of them, 512 if there are so many, which will be read once more. */
struct sp_str sp_unpack_peek(struct sp_unpack *unpack);
/* Why it was negative; empty: its own bytes could not be read. */
const char *sp_unpack_trouble(const struct sp_unpack *unpack);

#endif
