/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sources that are members of archives. Out: an archive that stands on one of them. The cursor owns the open archive.
 */
#include "read/cursor.h"

#include "base/error.h"

struct sp_archive_options sp_archive_options_of(const struct sp_source_list *list, const struct sp_limits *limits, const struct sp_ctx *ctx)
{
    return (struct sp_archive_options){ limits, ctx, list->password, list->password_count };
}

int sp_pack_open(const struct sp_pack *pack, const struct sp_archive_options *options, struct sp_archive **ret, struct sp_error *err)
{
    struct sp_input input;
    int rc;

    if (pack->spool.ptr)
        return sp_archive_open_bytes(ret, pack->path, pack->spool, options, err);
    rc = sp_input_open(&input, pack->path, err);
    if (rc < 0)
        return rc;
    rc = sp_archive_open(ret, pack->path, &input, options, err);
    sp_input_close(&input);
    return rc;
}

/* The archive of the source, in front of it. */
static int turn_to(struct sp_cursor *c, const struct sp_source *source, struct sp_error *err)
{
    struct sp_pack *pack = source->pack;
    int rc;

    if (c->archive && c->pack == pack && c->next <= source->member)
        return 0;
    sp_archive_close(c->archive);
    c->archive = NULL;
    c->pack = pack;
    c->next = 0;
    rc = sp_pack_open(pack, &c->options, &c->archive, err);
    return rc;
}

static int gone(struct sp_error *err)
{
    sp_error_set(err, SP_ERR_FORMAT, "the archive is another than a moment ago");
    sp_error_cure(err, "hunt again when nobody writes to it");
    return SP_ERR_FORMAT;
}

int sp_cursor_go(struct sp_cursor *c, const struct sp_source *source, struct sp_str *ret_head, struct sp_error *err)
{
    struct sp_member m = { 0 };
    int rc;

    if (source->pack->archive) { /* a pipe: it stands there already */
        sp_archive_close(c->archive);
        *c = (struct sp_cursor){ c->options, source->pack->archive, source->pack, 1 };
        source->pack->archive = NULL;
        *ret_head = sp_archive_head(c->archive);
        return 0;
    }
    rc = turn_to(c, source, err);
    while (rc == 0 && c->next <= source->member) {
        rc = sp_archive_next(c->archive, &m);
        if (rc < 0)
            return sp_error_nomem(err);
        if (rc == 0)
            return gone(err);
        c->next = m.number + 1;
        rc = 0;
    }
    if (rc < 0)
        return rc;
    if (m.number != source->member || m.kind != SP_MEMBER_FILE)
        return gone(err);
    *ret_head = m.head;
    return 0;
}

void sp_cursor_done(struct sp_cursor *c)
{
    sp_archive_close(c->archive);
    *c = (struct sp_cursor){ 0 };
}
