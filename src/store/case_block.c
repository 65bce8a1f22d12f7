/* SPDX-License-Identifier: Apache-2.0
 *
 * In: lines and records. Out: blocks of many of them, packed together, and the way back.
 *
 *      block 7    line │ record │ line │ line │ record │ ...       closed at 64 KiB, or with the transaction
 *                        ▲
 *      raw row    block 7, at, size
 *
 * Lines of one log are much alike: together they take an eighth of their bytes, one by one half. The price is that reading one
 * line unpacks its block; the blocks that were read last are kept, for neighbours are asked for together. Behind the packed bytes
 * stands their CRC-32, little endian: a bit that falls over may leave a text that reads as well as the true one.
 */
#include <libdeflate.h>
#include <string.h>

#include "base/limits.h"
#include "store/case_inner.h"

enum { BLOCK_BYTES = 64 << 10, PACK_LEVEL = 1, KEPT_BYTES = 1 << 20, SUM_BYTES = 4 };

void sp_case_blocks_done(struct sp_case *c)
{
    libdeflate_free_compressor(c->packer);
    libdeflate_free_decompressor(c->unpacker);
    sp_buf_done(&c->block);
    for (int i = 0; i < SP_CASE_SEEN; i++)
        sp_buf_done(&c->seen[i].bytes);
}

static int next_id(struct sp_case *c, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_BLOCK_NEXT, "SELECT ifnull(max(id), 0) + 1 FROM block", err);

    return q ? sp_case_number(c, q, 1, &c->block_id, err) : SP_ERR_IO;
}

int sp_case_piece_put(struct sp_case *c, struct sp_str bytes, struct sp_case_piece *ret, struct sp_error *err)
{
    int rc = c->block.len >= BLOCK_BYTES ? sp_case_block_close(c, err) : 0;

    if (rc == 0 && !c->block_id)
        rc = next_id(c, err);
    if (rc < 0)
        return rc;
    *ret = (struct sp_case_piece){ c->block_id, c->block.len, bytes.len };
    sp_buf_str(&c->block, bytes);
    return c->block.failed ? sp_error_nomem(err) : 0;
}

static void sum_of(struct sp_str bytes, unsigned char ret[SUM_BYTES])
{
    uint32_t sum = libdeflate_crc32(0, bytes.ptr, bytes.len);

    for (int i = 0; i < SUM_BYTES; i++)
        ret[i] = (unsigned char)(sum >> 8 * i);
}

int sp_case_block_close(struct sp_case *c, struct sp_error *err)
{
    sqlite3_stmt *q;
    size_t len;
    int rc;

    if (!c->block_id)
        return 0;
    q = sp_case_kept(c, SP_Q_BLOCK_ADD, "INSERT INTO block(id, size, packed) VALUES(?,?,?)", err);
    if (!q)
        return SP_ERR_IO;
    if (!c->packer)
        c->packer = libdeflate_alloc_compressor(PACK_LEVEL);
    sp_buf_clear(&c->text);
    if (!c->packer || !sp_buf_reserve(&c->text, c->block.len + 1))
        return sp_error_nomem(err);
    len = c->block.len > SUM_BYTES + 1 ? libdeflate_deflate_compress(c->packer, c->block.ptr, c->block.len, c->text.ptr, c->block.len - SUM_BYTES - 1) : 0;
    if (len) {
        sum_of(sp_buf_view(&c->block), (unsigned char *)c->text.ptr + len);
        len += SUM_BYTES;
    }
    sp_bind_int(q, 1, c->block_id);
    sp_bind_int(q, 2, (int64_t)c->block.len);
    sp_bind_blob(q, 3, len ? c->text.ptr : c->block.ptr, len ? len : c->block.len);
    rc = sp_case_once(c, q, err);
    if (c->block.room > KEPT_BYTES)
        sp_buf_done(&c->block);
    sp_buf_clear(&c->block);
    c->block_id = 0;
    return rc;
}

static int damaged(struct sp_case *c, struct sp_error *err)
{
    return sp_case_damaged(c, err, "a block of lines and records is damaged");
}

static int unpack(struct sp_case *c, struct sp_str packed, uint64_t size, struct sp_buf *out, struct sp_error *err)
{
    unsigned char sum[SUM_BYTES];
    size_t used, made;

    sp_buf_clear(out);
    if (packed.len == size) {
        sp_buf_str(out, packed);
        return out->failed ? sp_error_nomem(err) : 0;
    }
    if (packed.len > size || size > SP_CASE_BLOCK_MAX || size > SP_CASE_RATIO_MAX * (packed.len + 1))
        return damaged(c, err);
    if (!c->unpacker)
        c->unpacker = libdeflate_alloc_decompressor();
    if (!c->unpacker || !sp_buf_reserve(out, size))
        return sp_error_nomem(err);
    if (libdeflate_deflate_decompress_ex(c->unpacker, packed.ptr, packed.len, out->ptr, size, &used, &made) != LIBDEFLATE_SUCCESS || made != size)
        return damaged(c, err);
    out->len = size;
    sum_of(sp_buf_view(out), sum);
    if (used == packed.len) /* of a case that knew no sums */
        return 0;
    return packed.len - used == SUM_BYTES && memcmp(packed.ptr + used, sum, SUM_BYTES) == 0 ? 0 : damaged(c, err);
}

/* The one of the blocks read last that makes room for another. */
static struct sp_case_unpacked *oldest(struct sp_case *c)
{
    struct sp_case_unpacked *best = &c->seen[0];

    for (int i = 1; i < SP_CASE_SEEN; i++)
        if (c->seen[i].used < best->used)
            best = &c->seen[i];
    if (best->bytes.room > KEPT_BYTES)
        sp_buf_done(&best->bytes);
    best->id = 0;
    return best;
}

static int load(struct sp_case *c, int64_t id, struct sp_case_unpacked **ret, struct sp_error *err)
{
    sqlite3_stmt *q = sp_case_kept(c, SP_Q_BLOCK_GET, "SELECT size, packed FROM block WHERE id=?", err);
    struct sp_case_unpacked *u = oldest(c);
    int rc;

    if (!q)
        return SP_ERR_IO;
    sp_bind_int(q, 1, id);
    rc = sp_case_step(c, q, err);
    if (rc > 0)
        rc = unpack(c, sp_col_text(q, 1), (uint64_t)sp_col_int(q, 0), &u->bytes, err);
    else if (rc == 0)
        rc = damaged(c, err);
    (void)sqlite3_reset(q);
    if (rc == 0) {
        u->id = id;
        *ret = u;
    }
    return rc;
}

int sp_case_piece_get(struct sp_case *c, const struct sp_case_piece *piece, struct sp_buf *out, struct sp_error *err)
{
    struct sp_case_unpacked *u = NULL;
    struct sp_str from = sp_buf_view(&c->block);
    int rc = 0;

    if (!c->block_id || c->block_id != piece->block) {
        for (int i = 0; i < SP_CASE_SEEN && !u; i++)
            u = c->seen[i].id == piece->block && piece->block ? &c->seen[i] : NULL;
        if (!u)
            rc = load(c, piece->block, &u, err);
        if (rc < 0)
            return rc;
        u->used = ++c->turn;
        from = sp_buf_view(&u->bytes);
    }
    if (piece->at > from.len || piece->size > from.len - piece->at)
        return damaged(c, err);
    sp_buf_str(out, sp_str_cut(from, piece->at, piece->size));
    return out->failed ? sp_error_nomem(err) : 0;
}
