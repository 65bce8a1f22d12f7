/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: the first byte chooses limits and mode, the rest is the input. What the parser takes must parse again
 * from its compact form to the same tree; what the reader hands out must stand where it says.
 */
#include <stdlib.h>

#include "../unit/read/memory_input.h"
#include "read/jsonl.h"
#include "read/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* The trees of the record and of its compact form, rendered, are equal. */
static void same_again(struct sp_jsonl *jsonl, const struct sp_record *record, const struct sp_limits *limits)
{
    struct sp_buf compact = { 0 }, one = { 0 }, two = { 0 }, names = { 0 }, scratch = { 0 };
    struct sp_tree tree = { 0 };
    uint64_t duplicates = 0;
    struct sp_error err;
    size_t at = 0;

    must(sp_jsonl_compact(jsonl, &compact) == 0);
    must(sp_json_parse(sp_buf_view(&compact), &at, limits, &(struct sp_json_room){ &tree, &names, &duplicates }, &err) == 1);
    must(at == compact.len);
    sp_tree_json(&one, record->tree, 0, &scratch);
    sp_tree_json(&two, &tree, 0, &scratch);
    must(sp_str_eq(sp_buf_view(&one), sp_buf_view(&two)));
    for (size_t cut = 1; cut < compact.len && cut < 64; cut++) { /* a beginning is never refused */
        at = 0;
        must(sp_json_parse((struct sp_str){ compact.ptr, compact.len - cut }, &at, limits, &(struct sp_json_room){ &tree, &names, &duplicates }, &err) >= 0);
    }
    sp_tree_done(&tree);
    sp_buf_done(&compact);
    sp_buf_done(&one);
    sp_buf_done(&two);
    sp_buf_done(&names);
    sp_buf_done(&scratch);
}

static void trouble(void *arg, uint64_t offset, const char *reason)
{
    uint64_t *told = arg;

    must(offset <= told[1] && reason[0]);
    told[0]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    uint64_t undecodable = 0, told[2], end = 0;
    struct sp_jsonl *jsonl;
    struct sp_record record;
    struct sp_input input;
    uint8_t mode;
    int rc;

    if (size < 1)
        return 0;
    mode = *data++;
    told[0] = 0;
    told[1] = --size;
    limits.json_depth = mode & 1 ? 4 : 128;
    limits.record_bytes = mode & 2 ? 64 : 1 << 20;
    if (!memory_input(&input, data, size))
        return 0;
    jsonl = sp_jsonl_new(&limits);
    must(jsonl);
    sp_jsonl_begin(jsonl, &input, mode & 4, trouble, told);
    while ((rc = sp_jsonl_next(jsonl, &record, &undecodable, NULL)) > 0) {
        must(record.offset >= end && record.length <= size && record.offset + record.length <= size);
        must(memcmp(record.raw.ptr, data + record.offset, record.raw.len) == 0);
        end = record.offset + record.length;
        same_again(jsonl, &record, &limits);
    }
    must(rc == 0 && undecodable == told[0]);
    sp_jsonl_free(jsonl);
    sp_input_close(&input);
    return 0;
}
