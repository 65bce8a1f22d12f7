/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives for tests, made by hand: tar (ustar), zip (stored), gzip (libdeflate).
 */
#ifndef SP_TESTS_ARCHIVE_MAKE_H
#define SP_TESTS_ARCHIVE_MAKE_H
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/unicode.h"

static void make_pad(struct sp_buf *out, size_t to)
{
    while (out->len % to)
        sp_buf_char(out, '\0');
}

/* One entry; `type` is tar's: '0' a file, '2' a link, '3' a device, '5' a folder. */
static void make_tar_entry(struct sp_buf *out, const char *name, char type, struct sp_str data)
{
    char header[513] = { 0 };
    unsigned sum = 0;

    (void)snprintf(header, 100, "%s", name);
    (void)snprintf(header + 100, 24, "%07o", 0644u);
    (void)snprintf(header + 108, 8, "%07o", 0u);
    (void)snprintf(header + 116, 8, "%07o", 0u);
    (void)snprintf(header + 124, 12, "%011llo", (unsigned long long)data.len);
    (void)snprintf(header + 136, 12, "%011o", 0u);
    header[156] = type;
    (void)snprintf(header + 157, 100, "%s", type == '2' ? "../elsewhere" : "");
    memcpy(header + 257, "ustar\0" "00", 8);
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(header + 148, 8, "%06o", sum);
    sp_buf_add(out, header, 512);
    sp_buf_str(out, data);
    make_pad(out, 512);
}

static void make_tar_end(struct sp_buf *out)
{
    static const char zeros[1024];

    sp_buf_add(out, zeros, sizeof zeros);
}

static void make_number(struct sp_buf *out, uint32_t n, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        sp_buf_char(out, (char)(n >> 8 * i));
}

/* What the local header and the directory have in common. */
static void make_zip_fields(struct sp_buf *out, const char *name, struct sp_str data)
{
    bool utf8 = !sp_str_ascii(sp_str_c(name)) && sp_utf8_valid(sp_str_c(name)) == strlen(name);

    make_number(out, 20, 2);
    make_number(out, utf8 ? 0x800 : 0, 2);
    make_number(out, 0, 2); /* stored */
    make_number(out, 0, 4);
    make_number(out, libdeflate_crc32(0, data.ptr, data.len), 4);
    make_number(out, (uint32_t)data.len, 4);
    make_number(out, (uint32_t)data.len, 4);
    make_number(out, (uint32_t)strlen(name), 2);
    make_number(out, 0, 2);
}

static void make_zip(struct sp_buf *out, const char *const *name, const struct sp_str *data, unsigned count)
{
    struct sp_buf directory = { 0 };
    size_t begin;

    for (unsigned i = 0; i < count; i++) {
        uint32_t at = (uint32_t)out->len;

        sp_buf_add(out, "PK\3\4", 4);
        make_zip_fields(out, name[i], data[i]);
        sp_buf_text(out, name[i]);
        sp_buf_str(out, data[i]);
        sp_buf_add(&directory, "PK\1\2\24\0", 6);
        make_zip_fields(&directory, name[i], data[i]);
        make_number(&directory, 0, 4);
        make_number(&directory, 0, 2);
        make_number(&directory, 0, 4);
        make_number(&directory, at, 4);
        sp_buf_text(&directory, name[i]);
    }
    begin = out->len;
    sp_buf_str(out, sp_buf_view(&directory));
    sp_buf_add(out, "PK\5\6\0\0\0\0", 8);
    make_number(out, count, 2);
    make_number(out, count, 2);
    make_number(out, (uint32_t)directory.len, 4);
    make_number(out, (uint32_t)begin, 4);
    make_number(out, 0, 2);
    sp_buf_done(&directory);
}

static void make_gzip(struct sp_buf *out, struct sp_str data)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    size_t room = libdeflate_gzip_compress_bound(c, data.len);

    if (sp_buf_reserve(out, room))
        out->len += libdeflate_gzip_compress(c, data.ptr, data.len, out->ptr + out->len, room);
    libdeflate_free_compressor(c);
}

#endif
