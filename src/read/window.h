/* SPDX-License-Identifier: Apache-2.0
 *
 * A window over an input: its bytes as UTF-8 text, a stretch at a time, and the place in the file of
 * each of them. UTF-16 with a byte order mark is converted on the way; a mark is not part of the text.
 *
 *      file    ........│ consumed │ at: text to be read ........ │ not read yet
 *                      └──────────── raw (owned) ──────────────┘
 *
 * UTF-8 is passed on as it is, valid or not. In UTF-16 a lone surrogate comes as the three bytes that
 * UTF-8 would have for it, and half a unit at the end as FF: both are no valid UTF-8, so whoever checks
 * the text finds them, and places can be counted back.
 */
#ifndef SP_READ_WINDOW_H
#define SP_READ_WINDOW_H
#include "base/buf.h"
#include "base/error.h"
#include "read/source.h"

enum sp_encoding { SP_UTF8, SP_UTF16LE, SP_UTF16BE };

enum { SP_WINDOW_READ = 256 << 10 }; /* bytes read at a time, and the least size of a window */

struct sp_window {
    struct sp_input *input; /* borrowed */
    enum sp_encoding encoding;
    struct sp_buf raw;  /* bytes of the file */
    struct sp_buf wide; /* UTF-16: the text of raw up to `converted` */
    size_t at, raw_at;  /* first byte not consumed, in the text and in raw */
    size_t converted;
    uint64_t base;      /* place of raw's first byte in the file */
    uint64_t bytes_max; /* of raw bytes held beyond what was consumed, SP_WINDOW_READ more at most */
    bool end;           /* the input has ended */
    bool rest;          /* set by the user: a part of a file may end here (read/parts.h) */
};

/* Start over with an input; memory is kept unless it has grown large. Reads the first stretch and its
 * byte order mark. 0, SP_ERR_IO, SP_ERR_NOMEM. */
int sp_window_begin(struct sp_window *window, struct sp_input *input, uint64_t bytes_max, struct sp_error *err);
void sp_window_done(struct sp_window *window); /* copes with zeros */

/* The text not consumed yet; borrowed until sp_window_more. */
static inline struct sp_str sp_window_text(const struct sp_window *window)
{
    const struct sp_buf *buf = window->encoding == SP_UTF8 ? &window->raw : &window->wide;

    return (struct sp_str){ buf->ptr ? buf->ptr + window->at : "", buf->len - window->at };
}

/* Raw bytes not consumed yet. */
static inline size_t sp_window_held(const struct sp_window *window)
{
    return window->raw.len - window->raw_at;
}

/* Make the text longer: the window slides, then doubles, so that a record that is looked at again from
 * its start after each call costs linear time in all. 1; 0 at the end of the input; SP_ERR_IO, SP_ERR_NOMEM. */
int sp_window_more(struct sp_window *window, struct sp_error *err);

/* Raw bytes behind the first `len` bytes of the text. */
size_t sp_window_span(const struct sp_window *window, size_t len);
/* The place in the file of the text's byte `at`. */
uint64_t sp_window_place(const struct sp_window *window, size_t at);
/* The raw bytes of the first `len` bytes of the text. */
struct sp_str sp_window_raw(const struct sp_window *window, size_t len);
/* `len` bytes of the text are done with. */
void sp_window_consume(struct sp_window *window, size_t len);

#endif
