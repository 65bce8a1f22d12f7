/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_cursor: one place in one archive, for whoever reads members one after the other. Going forward is cheap, what lies
 * between is skipped; going back opens the archive again.
 */
#ifndef SP_READ_CURSOR_H
#define SP_READ_CURSOR_H
#include "read/archive.h"
#include "read/source.h"

/* Starts as zeros, but for the options. */
struct sp_cursor {
    struct sp_archive_options options;
    struct sp_archive *archive; /* owned */
    const struct sp_pack *pack; /* whose it is */
    uint64_t next;              /* number of the member behind the one it stands on */
};

/* How a list's archives are opened. */
struct sp_archive_options sp_archive_options_of(const struct sp_source_list *list, const struct sp_limits *limits, const struct sp_ctx *ctx);

/* Open the archive of a file, or what is kept of a pipe. SP_ERR_IO, SP_ERR_NOMEM, SP_ERR_UNSUPPORTED. */
int sp_pack_open(const struct sp_pack *pack, const struct sp_archive_options *options, struct sp_archive **ret, struct sp_error *err);

/* Stand on the source, a member; `ret_head` as the archive has it. SP_ERR_IO, SP_ERR_FORMAT (the archive is another than
 * before), SP_ERR_NOMEM. */
int sp_cursor_go(struct sp_cursor *cursor, const struct sp_source *source, struct sp_str *ret_head, struct sp_error *err);
void sp_cursor_done(struct sp_cursor *cursor); /* copes with zeros */

#endif
