/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the bytes of a chunk. Out: its frames, live ones in order, then those of the slack; each decoded by
 * evtx_decode. What is wrong is told and passed over: a frame is looked for by its signature behind it.
 */
#include <libdeflate.h>

#include "base/alloc.h"
#include "read/evtx_inner.h"

enum { FRAME_MIN = 28, SIGNATURE = 0x2A2A };

struct sp_evtx *sp_evtx_new(const struct sp_limits *limits)
{
    struct sp_evtx *e = sp_zalloc(sizeof *e);

    if (!e)
        return NULL;
    e->limits = *limits;
    e->slot = sp_zalloc(EVTX_SLOTS * sizeof *e->slot);
    e->kept = sp_zalloc(EVTX_KEPT_SLOTS * sizeof *e->kept);
    e->record_parts.nodes_max = SP_EVTX_NODES_MAX;
    sp_arena_init(&e->text, EVTX_TEXT_MAX);
    sp_arena_init(&e->copies, SIZE_MAX);
    if (!e->slot || !e->kept) {
        sp_evtx_free(e);
        return NULL;
    }
    return e;
}

static void parts_done(struct evtx_parts *parts)
{
    sp_free(parts->node);
    sp_free(parts->field);
}

void sp_evtx_free(struct sp_evtx *e)
{
    if (!e)
        return;
    evtx_names_done(&e->names);
    parts_done(&e->kept_parts);
    parts_done(&e->record_parts);
    sp_free(e->slot);
    sp_free(e->definition);
    sp_free(e->kept);
    sp_free(e->word);
    sp_free(e->trace.mark);
    sp_arena_done(&e->copies);
    sp_free(e->plan);
    sp_free(e->body);
    sp_free(e->value);
    sp_free(e->opened);
    sp_free(e->id);
    sp_free(e->live);
    sp_free(e->child);
    sp_free(e->op);
    sp_tree_done(&e->tree);
    sp_arena_done(&e->text);
    sp_buf_done(&e->scratch);
    sp_buf_done(&e->key);
    sp_buf_done(&e->stencil);
    sp_free(e);
}

void sp_evtx_whole(struct sp_evtx *e)
{
    e->whole = true;
}

static void tell(const struct sp_evtx *e, uint32_t at, bool lost, const char *reason)
{
    if (e->trouble)
        e->trouble(e->trouble_arg, e->offset + at, lost, reason);
}

static bool is_zero(const uint8_t *p, uint32_t len)
{
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* Is there room for a frame here, and do both of its sizes agree? */
static bool frame_whole(const struct sp_evtx *e, uint32_t at, uint32_t end)
{
    uint32_t size;

    if (at > end || end - at < FRAME_MIN)
        return false;
    size = evtx_u32(e, at + 4);
    return size >= FRAME_MIN && size <= end - at && evtx_u32(e, at + size - 4) == size;
}

/* The next frame with signature and both sizes at or behind `at`; UINT32_MAX when there is none. */
static uint32_t find_frame(const struct sp_evtx *e, uint32_t at, uint32_t end)
{
    static const uint8_t signature[4] = { 0x2A, 0x2A, 0, 0 };

    while (at < end && end - at >= FRAME_MIN) {
        const uint8_t *p = memmem(e->bytes + at, end - at, signature, sizeof signature);

        if (!p)
            break;
        at = (uint32_t)(p - e->bytes);
        if (frame_whole(e, at, end))
            return at;
        at++;
    }
    return UINT32_MAX;
}

/* Do the header's free offset and last record agree with the records? */
static bool header_fits(const struct sp_evtx *e)
{
    uint32_t last = evtx_u32(e, 44), free = evtx_u32(e, 48);

    if (free < SP_EVTX_CHUNK_HEADER || free > e->len)
        return false;
    if (free == SP_EVTX_CHUNK_HEADER)
        return true;
    return last >= SP_EVTX_CHUNK_HEADER && last < free && free - last >= FRAME_MIN && evtx_u32(e, last + 4) == free - last;
}

static void check_sums(const struct sp_evtx *e)
{
    uint32_t free = evtx_u32(e, 48), crc = libdeflate_crc32(0, e->bytes, 120);

    crc = libdeflate_crc32(crc, e->bytes + 128, SP_EVTX_CHUNK_HEADER - 128);
    if (crc != evtx_u32(e, 124))
        tell(e, 124, false, "wrong checksum of the chunk header");
    if (free < SP_EVTX_CHUNK_HEADER || free > SP_EVTX_CHUNK)
        tell(e, 48, false, "the chunk's free offset is wrong; its records are found by signature");
    else if (free > e->len)
        tell(e, e->len, true, "the chunk is cut; records behind the cut are lost");
    else if (libdeflate_crc32(0, e->bytes + SP_EVTX_CHUNK_HEADER, free - SP_EVTX_CHUNK_HEADER) != evtx_u32(e, 52))
        tell(e, 52, false, "wrong checksum of the chunk's records");
    if (!e->trusted && free >= SP_EVTX_CHUNK_HEADER && free <= e->len)
        tell(e, 44, false, "the chunk header does not fit its records; all of the chunk is searched");
}

int sp_evtx_begin(struct sp_evtx *e, struct sp_str bytes, uint64_t offset, sp_evtx_trouble *trouble, void *arg)
{
    bool magic;
    int rc;

    e->bytes = (const uint8_t *)bytes.ptr;
    e->len = bytes.len < SP_EVTX_CHUNK ? (uint32_t)bytes.len : SP_EVTX_CHUNK;
    e->offset = offset;
    e->trouble = trouble;
    e->trouble_arg = arg;
    e->at = e->end = e->carve_at = SP_EVTX_CHUNK_HEADER;
    e->bodies = e->definitions = e->chunk_nodes = e->lives = 0;
    if (++e->generation == 0) {
        memset(e->slot, 0, EVTX_SLOTS * sizeof *e->slot);
        memset(e->seen, 0, sizeof e->seen);
        e->generation = 1;
    }
    if (is_zero(e->bytes, e->len)) {
        e->len = 0;
        return 0;
    }
    if (e->len < SP_EVTX_CHUNK_HEADER) {
        tell(e, 0, true, "the chunk is cut inside its header");
        e->len = 0;
        return 0;
    }
    rc = evtx_names_begin(e);
    if (rc < 0)
        return rc;
    evtx_kept_begin(e, rc > 0);
    magic = memcmp(e->bytes, "ElfChnk", 8) == 0;
    e->trusted = magic && header_fits(e);
    e->end = e->trusted ? evtx_u32(e, 48) : e->len;
    if (magic) {
        check_sums(e);
        return 1;
    }
    tell(e, 0, true, "no chunk: wrong magic; only records found by signature are read");
    e->at = find_frame(e, SP_EVTX_CHUNK_HEADER, e->len);
    if (e->at != UINT32_MAX)
        return 1;
    e->at = e->end = e->carve_at = e->len = 0;
    return 0;
}

/* Take the frame at e->at: 1 and its size; 0 at the end; a broken one is told, counted and jumped over. */
static int next_frame(struct sp_evtx *e, uint32_t *size, uint64_t *undecodable)
{
    uint32_t at = e->at, next;
    bool signature, plausible;

    if (at >= e->end || (!e->trusted && is_zero(e->bytes + at, e->end - at)))
        return 0;
    signature = e->end - at >= FRAME_MIN && evtx_u32(e, at) == SIGNATURE;
    *size = e->end - at >= FRAME_MIN ? evtx_u32(e, at + 4) : 0;
    plausible = *size >= FRAME_MIN && *size <= e->end - at;
    if (signature && plausible) {
        next = at + *size;
        /* A wrong copy of the size alone is no loss, as long as the next frame stands where it should. */
        if (frame_whole(e, at, e->end))
            return 1;
        if (next == e->end || (e->end - next >= 4 && evtx_u32(e, next) == SIGNATURE)) {
            tell(e, at, false, "a record's two sizes differ");
            return 1;
        }
    } else if (!signature && frame_whole(e, at, e->end) && e->trusted) {
        tell(e, at, false, "a record's signature is wrong");
        return 1;
    }
    next = find_frame(e, at + 1, e->end);
    if (next == UINT32_MAX && !e->trusted && !signature) {
        e->at = e->end; /* the slack of a chunk whose header cannot say where it begins */
        return 0;
    }
    tell(e, at, true, "a record is broken; reading goes on at the next one");
    ++*undecodable;
    e->at = next == UINT32_MAX ? e->end : next;
    return 2;
}

static int keep_live(struct sp_evtx *e, uint32_t at)
{
    if (evtx_grow(&e->live, e->lives, &e->live_room, sizeof *e->live) < 0)
        return SP_ERR_NOMEM;
    e->live[e->lives++] = at;
    return 0;
}

int sp_evtx_next(struct sp_evtx *e, struct sp_record *ret, uint64_t *undecodable)
{
    uint32_t size = 0, at;
    int rc;

    while ((rc = next_frame(e, &size, undecodable)) > 0) {
        if (rc == 2)
            continue;
        at = e->at;
        e->at += size;
        rc = keep_live(e, at);
        if (rc == 0)
            rc = evtx_decode(e, at, size, ret);
        if (rc == 0)
            return 1;
        if (rc == SP_ERR_NOMEM)
            return rc;
        tell(e, at, true, e->reason);
        ++*undecodable;
    }
    e->carve_at = e->at;
    return rc;
}

/* Is this frame a copy of a live one? */
static bool is_copy(const struct sp_evtx *e, uint32_t at, uint32_t size)
{
    for (uint32_t i = 0; i < e->lives; i++) {
        uint32_t live = e->live[i];

        if (evtx_u32(e, live + 4) == size && size <= e->len - live && memcmp(e->bytes + live, e->bytes + at, size) == 0)
            return true;
    }
    return false;
}

int sp_evtx_carve(struct sp_evtx *e, struct sp_record *ret)
{
    uint32_t at;
    int rc;

    while (e->len && (at = find_frame(e, e->carve_at, e->len)) != UINT32_MAX) {
        uint32_t size = evtx_u32(e, at + 4);

        e->carve_at = at + 1;
        if (is_copy(e, at, size)) {
            e->carve_at = at + size;
            continue;
        }
        rc = evtx_decode(e, at, size, ret);
        if (rc == SP_ERR_NOMEM)
            return rc;
        if (rc < 0)
            continue;
        e->carve_at = at + size;
        ret->carved = true;
        return 1;
    }
    return 0;
}
