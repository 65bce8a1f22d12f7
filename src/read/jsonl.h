/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON (RFC 8259), strict, as records: a stream of objects, or of arrays of objects, separated by white
 * space (NDJSON, pretty-printed, side by side, one big array), in UTF-8 or UTF-16 with a byte order mark.
 *
 * The raw record runs from `{` to its `}` in the file's own bytes. What is no JSON is told with its
 * offset and passed over to the next line; the records before and after it count.
 *
 * A record's number: elements of an array count from 1 (what is no object counts too); any other record has
 * the number of the line that it begins on, blank lines counted, so records side by side share one.
 */
#ifndef SP_READ_JSONL_H
#define SP_READ_JSONL_H
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "read/json_index.h"
#include "read/record.h"

/* Parse one JSON text that begins at `*at`; `*at` moves behind it. The tree is cleared and filled; strings
 * without escapes are SP_V_TEXT, others SP_V_JSON_TEXT; names with escapes are unescaped into `names`.
 * Duplicate keys: the last one wins (earlier ones are left out) and `*duplicates` counts them.
 * Returns 1 (also for a number that the text's end ends: the caller knows whether more digits may follow);
 * 0 when the text ends before the value does (more bytes may complete it);
 * SP_ERR_FORMAT or SP_ERR_LIMIT with *at at the offending byte; SP_ERR_NOMEM. */
struct sp_json_room {
    struct sp_tree *tree;
    struct sp_buf *names;
    uint64_t *duplicates;
};
int sp_json_parse(struct sp_str text, size_t *at, const struct sp_limits *limits, const struct sp_json_room *room, struct sp_error *err);

struct sp_input; /* read/source.h */
struct sp_jsonl;

typedef void sp_jsonl_trouble(void *arg, uint64_t offset, const char *reason);

/* A reader over an input that stays borrowed. `document`: the whole input is one JSON text of any type
 * (type json-document): exactly one record whose root is that value, or an error. */
struct sp_jsonl *sp_jsonl_new(const struct sp_limits *limits);
void sp_jsonl_free(struct sp_jsonl *jsonl);
void sp_jsonl_begin(struct sp_jsonl *jsonl, struct sp_input *input, bool document, sp_jsonl_trouble *trouble, void *arg);

/* Read in another way than the best one, with the same results; false when this processor cannot. */
bool sp_jsonl_way(struct sp_jsonl *jsonl, enum sp_json_way way);

/* 1 and the next record; 0 at the end; negative: SP_ERR_IO, SP_ERR_NOMEM. What is skipped is told to
 * `trouble` and counted in `*undecodable`. A torn last record is trouble; so is one beyond
 * limits->record_bytes, whose bytes are passed over without being kept. */
int sp_jsonl_next(struct sp_jsonl *jsonl, struct sp_record *ret, uint64_t *undecodable, struct sp_error *err);

/* Duplicate keys met so far in this input. */
uint64_t sp_jsonl_duplicates(const struct sp_jsonl *jsonl);

/* Line ends passed so far. */
uint64_t sp_jsonl_lines(const struct sp_jsonl *jsonl);

/* The record last handed out as it stands, less white space between its tokens; converted to UTF-8. */
int sp_jsonl_compact(struct sp_jsonl *jsonl, struct sp_buf *out);

#endif
