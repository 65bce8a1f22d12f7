/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing Windows event logs (EVTX), for the simulator, for tests and as seeds of the fuzzer.
 *
 * A body is tokens in document order; with a GUID it is a template, whose tokens are written once a chunk
 * and whose SUB tokens take the values; without one its elements stand in the record itself:
 *
 *      OPEN "Data"  ATTR "Name"  TEXT "Image"  BODY  SUB 0  CLOSE        <Data Name='Image'>%0</Data>
 *      OPEN "Security"  EMPTY                                            <Security/>
 *
 * Nothing is kept of what is passed in. The file is the same for the same calls.
 */
#ifndef SP_SIMULATE_EVTX_WRITE_H
#define SP_SIMULATE_EVTX_WRITE_H
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum sp_evtxw_kind {
    SP_EVTXW_OPEN,         /* `<name` */
    SP_EVTXW_ATTR,         /* ` name=`, its text in the tokens that follow */
    SP_EVTXW_BODY,         /* `>` */
    SP_EVTXW_EMPTY,        /* `/>` */
    SP_EVTXW_CLOSE,        /* `</name>` */
    SP_EVTXW_TEXT,
    SP_EVTXW_CDATA,
    SP_EVTXW_CHAR,         /* character reference of code unit `sub` */
    SP_EVTXW_ENTITY,       /* `text` is its name: amp, lt ... */
    SP_EVTXW_SUB,          /* value number `sub`, declared to be of `type` */
    SP_EVTXW_SUB_OPTIONAL  /* the same; a NULL value leaves out the attribute or element */
};

struct sp_evtxw_token {
    uint8_t kind;      /* enum sp_evtxw_kind */
    uint8_t type;
    uint16_t sub;
    const char *text;  /* UTF-8 */
};

struct sp_evtxw_body;

/* One value: exactly one of the members below says where its bytes come from, tried in this order. */
struct sp_evtxw_value {
    uint8_t type;                      /* BinXML value type: 0x00 NULL, 0x01 string, ... 0x21 body, 0x80 or-ed: array */
    const struct sp_evtxw_body *body;  /* 0x21 */
    const char *const *texts;          /* 0x81: ends with NULL */
    const char *text;                  /* 0x01: UTF-8 */
    const void *bytes;                 /* as they are, `len` of them */
    uint64_t number;                   /* its low `len` bytes, little endian */
    uint16_t len;
};

struct sp_evtxw_body {
    const struct sp_evtxw_token *token;
    size_t tokens;
    const uint8_t *guid; /* 16 bytes; NULL: plain elements */
    const struct sp_evtxw_value *value;
    size_t values;
};

struct sp_evtxw;

/* `dirty`: the file header says that the log was not closed, and does not count its last chunk. */
struct sp_evtxw *sp_evtxw_new(bool dirty);
void sp_evtxw_free(struct sp_evtxw *w);

/* Add a record. SP_ERR_LIMIT: it does not fit in a chunk, nothing was written; SP_ERR_USAGE: a name or text
 * of more than 65535 units; SP_ERR_NOMEM. */
int sp_evtxw_record(struct sp_evtxw *w, uint64_t number, uint64_t filetime, const struct sp_evtxw_body *body,
                    struct sp_error *err);

/* End the current chunk here; the next record begins a new one. */
int sp_evtxw_chunk(struct sp_evtxw *w, struct sp_error *err);

/* The whole file, appended to `out`. The writer is then as new. */
int sp_evtxw_finish(struct sp_evtxw *w, struct sp_buf *out, struct sp_error *err);

#endif
