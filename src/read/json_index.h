/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the strings of a JSON text end, found without parsing: 64 bytes at a time become bit masks, and the bits
 * that matter become marks.
 *
 *      text     { " p a t h " : " C : \ \ a " , " n " : 7 }
 *      marks      ^         ^   ^         ^*  ^   ^            * a backslash stands in front of it
 *
 * A mark stands on each byte that is not plain inside of a string: a quote that no backslash takes away, a control
 * character, the first byte of a run that is not ASCII, and what a backslash stands in front of, when that is a `u`
 * or nothing that JSON knows. What is inside a string and what is not, marks do not say: whoever walks the text
 * knows (json_fast.c). So marks depend on the bytes alone, and one index serves all records of a window.
 *
 * The text is looked at in stretches that fit the first cache. There are three ways to make marks, with equal results.
 */
#ifndef SP_READ_JSON_INDEX_H
#define SP_READ_JSON_INDEX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SP_JSON_STRETCH = 4096,      /* bytes looked at at a time */
    SP_JSON_MARK_SLASH = 0x8000, /* in a mark: a backslash stands between the mark before and this one */
    SP_JSON_MARK_PLACE = 0x7FFF, /* in a mark: its place in the stretch */
    SP_JSON_MARK_END = 0x7FFF    /* behind the last mark of a stretch */
};

enum sp_json_way {
    SP_JSON_BEST,   /* the fastest that this processor has */
    SP_JSON_STRICT, /* no index: the strict parser alone */
    SP_JSON_PLAIN,  /* plain C */
    SP_JSON_SSE2,
    SP_JSON_AVX2
};

/* What one block hands to the next. */
struct sp_json_carry {
    uint64_t taken; /* 1: the first byte has an odd run of backslashes in front of it */
    uint64_t slash; /* 1: a backslash stands behind the last mark */
    uint64_t wide;  /* 1: the last byte was not ASCII */
};

/* Marks of `blocks` blocks of 64 bytes, as many as one stretch has; their number. `mark` has room for four more
 * than there are bytes. */
typedef size_t sp_json_marker(const unsigned char *text, size_t blocks, struct sp_json_carry *carry, uint16_t *mark);

struct sp_json_index {
    sp_json_marker *marker;        /* NULL: no index */
    const unsigned char *from, *to; /* the stretch; borrowed. NULL: none yet */
    const uint16_t *next;           /* of `mark`: those before it are about records that are done with */
    struct sp_json_carry carry;
    uint16_t mark[SP_JSON_STRETCH + 8];
};

/* Choose how to make marks; false, and nothing is changed, when this processor cannot. */
bool sp_json_index_choose(struct sp_json_index *index, enum sp_json_way way);

/* The text has moved or changed. */
static inline void sp_json_index_forget(struct sp_json_index *index)
{
    index->from = index->to = NULL;
}

/* Start over at `at`, which is no backslash and not in the middle of a character. */
void sp_json_index_begin(struct sp_json_index *index, const unsigned char *at, const unsigned char *end);

/* The next stretch, up to `end`, where the text ends; false when it has been reached. A text that goes on later has
 * to be begun again: its last block is only as long as it was. */
bool sp_json_index_more(struct sp_json_index *index, const unsigned char *end);

#endif
