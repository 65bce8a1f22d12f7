/* SPDX-License-Identifier: Apache-2.0
 *
 * In: sources that are members of archives. Out: an archive that stands on one of them. The cursor owns the open archive.
 */
#include "read/cursor.h"

#include "base/error.h"
#include "read/source_inner.h"

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

static int gone(const struct sp_cursor *c, struct sp_error *err)
{
    if (sp_stopped(c->options.ctx)) {
        sp_error_set(err, SP_ERR_IO, "not read: interrupted");
        return SP_ERR_IO;
    }
    sp_error_set(err, SP_ERR_FORMAT, "the archive is another than a moment ago");
    sp_error_cure(err, "hunt again when nobody writes to it");
    return SP_ERR_FORMAT;
}

/* Forward to the source, which must begin as it did when the archive was first gone through. */
static int forward(struct sp_cursor *c, const struct sp_source *source, struct sp_str *ret_head, struct sp_error *err)
{
    struct sp_member m = { 0 };

    while (c->next <= source->member) {
        int rc = sp_archive_next(c->archive, &m);

        if (rc < 0)
            return sp_error_nomem(err);
        if (rc == 0)
            return gone(c, err);
        c->next = m.number + 1;
    }
    if (m.number != source->member || m.kind != SP_MEMBER_FILE || sp_head_number(m.head) != source->head)
        return gone(c, err);
    *ret_head = m.head;
    return 0;
}

int sp_cursor_go(struct sp_cursor *c, const struct sp_source *source, struct sp_str *ret_head, struct sp_error *err)
{
    int rc;

    if (source->pack->archive) { /* a pipe: it stands there already */
        sp_archive_close(c->archive);
        *c = (struct sp_cursor){ c->options, source->pack->archive, source->pack, 1 };
        source->pack->archive = NULL;
        *ret_head = sp_archive_head(c->archive);
        return 0;
    }
    rc = turn_to(c, source, err);
    if (rc == 0)
        rc = forward(c, source, ret_head, err);
    if (rc < 0) { /* where it stands now is not known */
        sp_archive_close(c->archive);
        c->archive = NULL;
    }
    return rc;
}

void sp_cursor_done(struct sp_cursor *c)
{
    sp_archive_close(c->archive);
    *c = (struct sp_cursor){ 0 };
}
