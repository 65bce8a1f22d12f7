/* SPDX-License-Identifier: Apache-2.0
 *
 * In: packed bytes, hostile. Out: what they were packed from. The stream owns its block of unpacked bytes and its library's
 * state; packed bytes are the caller's.
 */
#include "read/unpack.h"

#include <bzlib.h>
#include <dlfcn.h>
#include <limits.h>
#include <lzma.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"

enum { ROOM = 64 << 10 };

/* X(library, call) */
#define CALLS(X)                                                                                                            \
    X(z, inflateInit2_) X(z, inflate) X(z, inflateReset) X(z, inflateEnd)                                                   \
    X(zst, ZSTD_createDStream) X(zst, ZSTD_DCtx_setParameter) X(zst, ZSTD_decompressStream) X(zst, ZSTD_freeDStream)        \
    X(zst, ZSTD_isError) X(zst, ZSTD_getErrorName)                                                                          \
    X(xz, lzma_stream_decoder) X(xz, lzma_code) X(xz, lzma_end)                                                             \
    X(bz, BZ2_bzDecompressInit) X(bz, BZ2_bzDecompress) X(bz, BZ2_bzDecompressEnd)

static struct {
#define X(library, call) __typeof__(&call) call;
    CALLS(X)
#undef X
    bool z, zst, xz, bz; /* is the library there, with all its calls? */
} lib;

enum step { MORE, END, BAD };

/* One of the four. */
struct way {
    const char *name, *file;
    const bool *loaded;
    unsigned char first;                   /* byte of a stream */
    bool (*begin)(struct sp_unpack *u);    /* a stream begins */
    enum step (*go)(struct sp_unpack *u);  /* unpack some of `in` into `out` */
    void (*done)(struct sp_unpack *u);
};

struct sp_unpack {
    const struct way *way;
    sp_unpack_next next;
    void *arg;
    uint64_t memory;
    union {
        z_stream z;
        lzma_stream xz;
        bz_stream bz;
        ZSTD_DStream *zst;
    } is;
    lzma_allocator allocator;
    bool made, between, full, held; /* `between`: two streams; `full`: there may be more without another byte */
    bool ended, unread;             /* there is nothing more; the packed bytes could not be read */
    unsigned behind;                /* bytes of a gzip trailer that are not read yet */
    bool wrong;                     /* a checksum was */
    uint64_t streams;
    const unsigned char *in;
    size_t in_len;
    char *out;
    size_t out_len;
    char trouble[200];
    char block[ROOM];
};

/* ---------------------------------------------------------------- the libraries */

static void load(void)
{
    static const char *const file[] = { "libz.so.1", "libzstd.so.1", "liblzma.so.5", "libbz2.so.1.0" };
    void *z = dlopen(file[0], RTLD_NOW | RTLD_LOCAL), *zst = dlopen(file[1], RTLD_NOW | RTLD_LOCAL);
    void *xz = dlopen(file[2], RTLD_NOW | RTLD_LOCAL), *bz = dlopen(file[3], RTLD_NOW | RTLD_LOCAL), *symbol;

    lib.z = z != NULL;
    lib.zst = zst != NULL;
    lib.xz = xz != NULL;
    lib.bz = bz != NULL;
#define X(library, call)                              \
    symbol = library ? dlsym(library, #call) : NULL;  \
    lib.library = lib.library && symbol;              \
    memcpy(&lib.call, &symbol, sizeof symbol);
    CALLS(X)
#undef X
}

static void *give(size_t count, size_t size)
{
    return sp_realloc_array(NULL, count ? count : 1, size ? size : 1);
}

static void *z_give(void *arg, unsigned count, unsigned size)
{
    (void)arg;
    return give(count, size);
}

static void *xz_give(void *arg, size_t count, size_t size)
{
    (void)arg;
    return give(count, size);
}

static void *bz_give(void *arg, int count, int size)
{
    (void)arg;
    return count >= 0 && size >= 0 ? give((size_t)count, (size_t)size) : NULL;
}

static void take(void *arg, void *old)
{
    (void)arg;
    sp_free(old);
}

static enum step bad(struct sp_unpack *u, const char *why)
{
    (void)snprintf(u->trouble, sizeof u->trouble, "the %s data is damaged (%.150s)", u->way->name, why ? why : "no reason given");
    return BAD;
}

/* What a library has left of input and output. */
static void left(struct sp_unpack *u, size_t in, size_t out)
{
    u->in += u->in_len - in;
    u->in_len = in;
    u->out += u->out_len - out;
    u->out_len = out;
}

static const char too_large[] = "it asks for more memory than limit spool-bytes allows";

/* ---------------------------------------------------------------- gzip */

static bool z_begin(struct sp_unpack *u)
{
    if (u->made)
        return lib.inflateReset(&u->is.z) == Z_OK;
    u->is.z = (z_stream){ .zalloc = z_give, .zfree = take };
    u->made = lib.inflateInit2_(&u->is.z, 15 + 16, ZLIB_VERSION, (int)sizeof u->is.z) == Z_OK;
    return u->made;
}

static enum step z_go(struct sp_unpack *u)
{
    z_stream *z = &u->is.z;
    int rc;

    z->next_in = (Bytef *)(uintptr_t)u->in;
    z->avail_in = (unsigned)u->in_len;
    z->next_out = (Bytef *)u->out;
    z->avail_out = (unsigned)u->out_len;
    rc = lib.inflate(z, Z_NO_FLUSH);
    left(u, z->avail_in, z->avail_out);
    if (rc == Z_STREAM_END)
        return END;
    if (rc == Z_DATA_ERROR && z->msg && strcmp(z->msg, "incorrect data check") == 0) { /* all has been unpacked */
        u->behind = 4;
        u->wrong = true;
        return END;
    }
    return rc == Z_OK || rc == Z_BUF_ERROR ? MORE : bad(u, rc == Z_MEM_ERROR ? "memory has run out" : z->msg);
}

static void z_done(struct sp_unpack *u)
{
    (void)lib.inflateEnd(&u->is.z);
}

/* ---------------------------------------------------------------- zstd */

static bool zst_begin(struct sp_unpack *u)
{
    int log = 10;

    if (u->made)
        return true;
    u->is.zst = lib.ZSTD_createDStream();
    u->made = u->is.zst != NULL;
    while (log < 31 && u->memory >> (log + 1))
        log++;
    return u->made && !lib.ZSTD_isError(lib.ZSTD_DCtx_setParameter(u->is.zst, ZSTD_d_windowLogMax, log));
}

static enum step zst_go(struct sp_unpack *u)
{
    ZSTD_inBuffer in = { u->in, u->in_len, 0 };
    ZSTD_outBuffer out = { u->out, u->out_len, 0 };
    size_t rc = lib.ZSTD_decompressStream(u->is.zst, &out, &in);

    left(u, in.size - in.pos, out.size - out.pos);
    if (lib.ZSTD_isError(rc))
        return bad(u, strstr(lib.ZSTD_getErrorName(rc), "too much memory") ? too_large : lib.ZSTD_getErrorName(rc));
    return rc == 0 ? END : MORE;
}

static void zst_done(struct sp_unpack *u)
{
    (void)lib.ZSTD_freeDStream(u->is.zst);
}

/* ---------------------------------------------------------------- xz */

static bool xz_begin(struct sp_unpack *u)
{
    if (!u->made) {
        u->allocator = (lzma_allocator){ xz_give, take, NULL };
        u->is.xz = (lzma_stream)LZMA_STREAM_INIT;
        u->is.xz.allocator = &u->allocator;
    }
    u->made = true;
    return lib.lzma_stream_decoder(&u->is.xz, u->memory, 0) == LZMA_OK;
}

static const char *xz_word(lzma_ret rc)
{
    return rc == LZMA_MEMLIMIT_ERROR ? too_large : rc == LZMA_MEM_ERROR ? "memory has run out"
         : rc == LZMA_FORMAT_ERROR   ? "no header"
         : rc == LZMA_OPTIONS_ERROR  ? "options that liblzma does not know"
                                     : "wrong bytes";
}

static enum step xz_go(struct sp_unpack *u)
{
    lzma_stream *xz = &u->is.xz;
    lzma_ret rc;

    xz->next_in = u->in;
    xz->avail_in = u->in_len;
    xz->next_out = (uint8_t *)u->out;
    xz->avail_out = u->out_len;
    rc = lib.lzma_code(xz, LZMA_RUN);
    left(u, xz->avail_in, xz->avail_out);
    if (rc == LZMA_STREAM_END)
        return END;
    return rc == LZMA_OK || rc == LZMA_BUF_ERROR ? MORE : bad(u, xz_word(rc));
}

static void xz_done(struct sp_unpack *u)
{
    lib.lzma_end(&u->is.xz);
}

/* ---------------------------------------------------------------- bzip2 */

static bool bz_begin(struct sp_unpack *u)
{
    if (u->made)
        (void)lib.BZ2_bzDecompressEnd(&u->is.bz);
    u->is.bz = (bz_stream){ .bzalloc = bz_give, .bzfree = take };
    u->made = lib.BZ2_bzDecompressInit(&u->is.bz, 0, 0) == BZ_OK;
    return u->made;
}

static enum step bz_go(struct sp_unpack *u)
{
    bz_stream *bz = &u->is.bz;
    int rc;

    bz->next_in = (char *)(uintptr_t)u->in;
    bz->avail_in = (unsigned)u->in_len;
    bz->next_out = u->out;
    bz->avail_out = (unsigned)u->out_len;
    rc = lib.BZ2_bzDecompress(bz);
    left(u, bz->avail_in, bz->avail_out);
    if (rc == BZ_STREAM_END)
        return END;
    return rc == BZ_OK ? MORE : bad(u, rc == BZ_MEM_ERROR ? "memory has run out" : rc == BZ_DATA_ERROR_MAGIC ? "no header" : "wrong bytes");
}

static void bz_done(struct sp_unpack *u)
{
    (void)lib.BZ2_bzDecompressEnd(&u->is.bz);
}

/* ---------------------------------------------------------------- all of them */

static const struct way ways[] = {
    [SP_UNPACK_GZIP] = { "gzip", "libz.so.1", &lib.z, 0x1F, z_begin, z_go, z_done },
    [SP_UNPACK_ZSTD] = { "zstd", "libzstd.so.1", &lib.zst, 0x28, zst_begin, zst_go, zst_done },
    [SP_UNPACK_XZ] = { "xz", "liblzma.so.5", &lib.xz, 0xFD, xz_begin, xz_go, xz_done },
    [SP_UNPACK_BZIP2] = { "bzip2", "libbz2.so.1.0", &lib.bz, 'B', bz_begin, bz_go, bz_done },
};

int sp_unpack_open(struct sp_unpack **ret, enum sp_unpack_kind kind, uint64_t memory, sp_unpack_next next, void *arg, struct sp_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, load);
    if (!*ways[kind].loaded) {
        sp_error_set(err, SP_ERR_UNSUPPORTED, "%s is needed to unpack it, and cannot be loaded", ways[kind].file);
        sp_error_cure(err, "install it, or unpack the file elsewhere");
        return SP_ERR_UNSUPPORTED;
    }
    *ret = sp_zalloc(sizeof **ret);
    if (!*ret)
        return sp_error_nomem(err);
    (*ret)->way = &ways[kind];
    (*ret)->memory = memory;
    (*ret)->next = next;
    (*ret)->arg = arg;
    (*ret)->between = true;
    return 0;
}

void sp_unpack_close(struct sp_unpack *u)
{
    if (u && u->made)
        u->way->done(u);
    sp_free(u);
}

/* More packed bytes. False: there are none. */
static bool refill(struct sp_unpack *u)
{
    const void *in = NULL;
    int64_t n = u->next(u->arg, &in);

    u->in = in;
    u->in_len = n > 0 ? (size_t)n : 0;
    u->unread = n < 0;
    u->ended = n == 0 && u->between && u->streams;
    if (n == 0 && !u->ended)
        (void)snprintf(u->trouble, sizeof u->trouble, "the %s data ends too early", u->way->name);
    return n > 0;
}

static bool begins(const struct way *way, unsigned char first)
{
    return first == way->first || (way->begin == zst_begin && (first & 0xF0) == 0x50); /* a frame to be skipped */
}

/* Behind a stream may be another, and zeros; what else is there is none of it. */
static bool begin_stream(struct sp_unpack *u)
{
    while (u->streams && u->in_len && (u->behind || *u->in == 0)) {
        u->behind -= u->behind > 0;
        u->in++;
        u->in_len--;
    }
    if (!u->in_len)
        return false;
    if (u->streams && !begins(u->way, *u->in))
        (void)snprintf(u->trouble, sizeof u->trouble, "behind the %s data is something else, which is not read", u->way->name);
    else if (!u->way->begin(u))
        (void)bad(u, "memory has run out");
    else
        u->between = false;
    return !u->between;
}

/* So many bytes into the block, or more; fewer at the end. */
static size_t fill(struct sp_unpack *u, size_t least)
{
    u->out = u->block;
    u->out_len = ROOM;
    while (ROOM - u->out_len < least && !u->ended && !u->unread && !u->trouble[0]) {
        const unsigned char *was;
        size_t room = u->out_len;
        enum step step;

        if (!u->in_len && !u->full && !refill(u))
            break;
        if (u->between && !begin_stream(u))
            continue;
        was = u->in;
        step = u->way->go(u);
        if (step == MORE && u->in_len && u->in == was && u->out_len == room)
            step = bad(u, "it leads nowhere");
        u->full = step == MORE && u->out_len == 0;
        u->between = step == END;
        u->streams += step == END;
    }
    return ROOM - u->out_len;
}

int64_t sp_unpack_read(struct sp_unpack *u, const void **ret)
{
    size_t n = u->held ? (size_t)(u->out - u->block) : fill(u, 1);

    u->held = false;
    *ret = u->block;
    if (!n && u->ended && u->wrong)
        (void)snprintf(u->trouble, sizeof u->trouble, "bad CRC of the %s data", u->way->name);
    return n ? (int64_t)n : u->ended && !u->wrong ? 0 : SP_ERR_FORMAT;
}

struct sp_str sp_unpack_peek(struct sp_unpack *u)
{
    if (!u->held)
        (void)fill(u, 512);
    u->held = true;
    return (struct sp_str){ u->block, (size_t)(u->out - u->block) };
}

const char *sp_unpack_trouble(const struct sp_unpack *u)
{
    return u->trouble;
}
