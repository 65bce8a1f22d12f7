/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing JSON (RFC 8259) into a buffer, compact, one call a token; commas are put where they belong.
 *
 *     sp_json_open(&w, '{');  sp_json_key(&w, SP_STR("a"));  sp_json_u64(&w, 1);  sp_json_close(&w, '}');
 *
 * Text is valid UTF-8 on the way out: bytes that are none become U+FFFD; C0 controls and DEL are escaped.
 */
#ifndef SP_BASE_JSONW_H
#define SP_BASE_JSONW_H
#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"

struct sp_json {
    struct sp_buf *out; /* borrowed */
    bool comma;         /* the next token needs one before it */
};

static inline struct sp_json sp_json_to(struct sp_buf *out)
{
    return (struct sp_json){ out, false };
}

void sp_json_open(struct sp_json *w, char bracket);  /* '{' or '[' */
void sp_json_close(struct sp_json *w, char bracket); /* '}' or ']' */
void sp_json_key(struct sp_json *w, struct sp_str key);
/* The same of a literal without anything to escape, made with SP_JSON_NAME: it is copied. */
#define SP_JSON_NAME(key) SP_STR("\"" key "\":")
void sp_json_name(struct sp_json *w, struct sp_str name);
void sp_json_str(struct sp_json *w, struct sp_str text);
void sp_json_text(struct sp_json *w, const char *text); /* NULL writes null */
void sp_json_u64(struct sp_json *w, uint64_t number);
void sp_json_i64(struct sp_json *w, int64_t number);
void sp_json_bool(struct sp_json *w, bool b);
void sp_json_null(struct sp_json *w);
void sp_json_raw(struct sp_json *w, struct sp_str json); /* a finished value, as it is */

/* A key and its value. */
void sp_json_member(struct sp_json *w, const char *key, struct sp_str text);          /* ptr NULL: null */
void sp_json_member_u64(struct sp_json *w, const char *key, uint64_t number);
void sp_json_member_time(struct sp_json *w, const char *key, struct sp_time time);    /* RFC 3339; null where not known */

/* Only the escaped text between the quotes. */
void sp_json_escape(struct sp_buf *out, struct sp_str text);
/* The same of UTF-16LE at `p`, where there is room for SP_JSON_UTF16_ROOM(len) bytes; behind it. Half a pair is
 * U+FFFD, an odd last byte is ignored. */
#define SP_JSON_UTF16_ROOM(len) ((len) / 2 * 6)
char *sp_json_put_utf16(char *p, const void *bytes, size_t len);

#endif
