/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are chunks one behind the other, without the file header. Every record, live or carved, is rendered
 * in all ways. Checksums need no repair: a wrong one never stops the reader. A second reader, new for each chunk, must
 * say the same of it as the one that has met its templates before: in the chunks before, or in this one, which is read twice.
 */
#include <stdlib.h>

#include "read/evtx_inner.h"
#include "read/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct sp_evtx *evtx, *fresh;
    struct sp_buf out, again, scratch;
};

static void ignore(void *arg, uint64_t offset, bool lost, const char *reason)
{
    (void)arg;
    (void)offset;
    (void)lost;
    if (!reason)
        abort();
}

/* JSON by stencil is JSON by the walk. */
static void compare(struct state *s)
{
    int fast = sp_evtx_json(s->evtx, &s->out), plain;
    size_t len = s->out.len;

    plain = evtx_json_walk(s->evtx, &s->out);
    if (fast != plain || (fast == 0 && (s->out.len != 2 * len || memcmp(s->out.ptr, s->out.ptr + len, len) != 0)))
        abort();
    sp_buf_clear(&s->out);
}

/* All that a reader says of the record. */
static void say(struct sp_evtx *evtx, const struct sp_record *record, struct sp_buf *out, struct sp_buf *scratch)
{
    int rc[3];

    sp_buf_clear(out);
    sp_tree_json(out, record->tree, 0, scratch);
    rc[0] = sp_evtx_xml(evtx, out);
    rc[1] = sp_evtx_leaf(evtx, out);
    rc[2] = sp_evtx_json(evtx, out);
    sp_buf_add(out, rc, sizeof rc);
    sp_buf_add(out, &record->number, sizeof record->number);
    sp_buf_add(out, &record->offset, sizeof record->offset);
}

static void render(struct state *s, const struct sp_record *record)
{
    say(s->evtx, record, &s->out, &s->scratch);
    sp_buf_clear(&s->out);
    compare(s);
}

/* Names that were met before count, too: with many of them only one of the readers may find room for more. */
static bool comparable(const struct state *s)
{
    return s->evtx->names.count < SP_NAMES_MAX / 2 && s->evtx->names.bytes < EVTX_NAME_BYTES_MAX / 2;
}

/* Both readers over a chunk. */
static void read_twice(struct state *s, struct sp_str chunk)
{
    struct sp_record one, two;
    uint64_t undecodable = 0, undecodable_too = 0;
    int rc = sp_evtx_begin(s->evtx, chunk, 0, ignore, NULL), too = sp_evtx_begin(s->fresh, chunk, 0, ignore, NULL);

    while (rc == 1 && rc == too) {
        rc = sp_evtx_next(s->evtx, &one, &undecodable);
        too = sp_evtx_next(s->fresh, &two, &undecodable_too);
        if (!comparable(s))
            return;
        if (rc != too || undecodable != undecodable_too)
            abort();
        if (rc != 1)
            break;
        say(s->evtx, &one, &s->out, &s->scratch);
        say(s->fresh, &two, &s->again, &s->scratch);
        if (comparable(s) && !sp_str_eq(sp_buf_view(&s->out), sp_buf_view(&s->again)))
            abort();
    }
    sp_buf_clear(&s->out);
}

/* The chunk as far as a log goes, rendered. */
static void read_all(struct state *s, struct sp_str chunk, size_t at)
{
    struct sp_record record;
    uint64_t undecodable = 0;

    if (sp_evtx_begin(s->evtx, chunk, at, ignore, NULL) != 1)
        return;
    while (sp_evtx_next(s->evtx, &record, &undecodable) == 1)
        render(s, &record);
    while (sp_evtx_carve(s->evtx, &record) == 1)
        render(s, &record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    struct state s = { .evtx = sp_evtx_new(&limits) };

    for (size_t at = 0; s.evtx && at < size && at < 4 * SP_EVTX_CHUNK; at += SP_EVTX_CHUNK) {
        size_t len = size - at < SP_EVTX_CHUNK ? size - at : SP_EVTX_CHUNK;
        char *chunk = malloc(len); /* of its own, so that the sanitizer sees a read beyond it */

        s.fresh = sp_evtx_new(&limits);
        if (chunk && s.fresh) {
            memcpy(chunk, data + at, len);
            read_all(&s, (struct sp_str){ chunk, len }, at);
            read_twice(&s, (struct sp_str){ chunk, len });
        }
        sp_evtx_free(s.fresh);
        free(chunk);
    }
    sp_evtx_free(s.evtx);
    sp_buf_done(&s.out);
    sp_buf_done(&s.again);
    sp_buf_done(&s.scratch);
    return 0;
}
