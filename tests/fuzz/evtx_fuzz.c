/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are chunks one behind the other, without the file header. Every record, live or carved, is rendered
 * in all ways. Checksums need no repair: a wrong one never stops the reader.
 */
#include <stdlib.h>

#include "read/evtx_inner.h"
#include "read/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct sp_evtx *evtx;
    struct sp_buf out, scratch;
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

static void render(struct state *s, const struct sp_record *record)
{
    compare(s);
    (void)sp_evtx_xml(s->evtx, &s->out);
    sp_buf_clear(&s->out);
    (void)sp_evtx_leaf(s->evtx, &s->out);
    sp_buf_clear(&s->out);
    sp_tree_json(&s->out, record->tree, 0, &s->scratch);
    sp_buf_clear(&s->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    struct state s = { .evtx = sp_evtx_new(&limits) };
    struct sp_record record;
    uint64_t undecodable = 0;

    if (!s.evtx)
        return 0;
    for (size_t at = 0; at < size && at < 4 * SP_EVTX_CHUNK; at += SP_EVTX_CHUNK) {
        size_t len = size - at < SP_EVTX_CHUNK ? size - at : SP_EVTX_CHUNK;
        char *chunk = malloc(len); /* of its own, so that the sanitizer sees a read beyond it */

        if (!chunk)
            break;
        memcpy(chunk, data + at, len);
        if (sp_evtx_begin(s.evtx, (struct sp_str){ chunk, len }, at, ignore, NULL) == 1) {
            while (sp_evtx_next(s.evtx, &record, &undecodable) == 1)
                render(&s, &record);
            while (sp_evtx_carve(s.evtx, &record) == 1)
                render(&s, &record);
        }
        free(chunk);
    }
    sp_evtx_free(s.evtx);
    sp_buf_done(&s.out);
    sp_buf_done(&s.scratch);
    return 0;
}
