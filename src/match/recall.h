/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_recall: what the rules said of events met lately. One a worker.
 *
 * A host does the same things again and again. What the rules of an origin say of an event follows from the values that
 * they read; where all of those are, byte by byte, what they were in an event before, it need not be found out again.
 *
 *   origin, values ──▶ a key, copied together ──▶ its hash's place ──▶ an entry in the ring, whose key is compared whole
 *                                                                      ├─ the same: its outcomes
 *                                                                      └─ else: the rules are asked, an entry is added
 *
 *   ring   │ origin, key, outcomes │ origin, key, outcomes │ ...  the newest over the oldest; 256 KiB: no more is
 *                                                                 gained by 64 MiB (docs/performance.md)
 *
 * A hash looks at three words of each value only: values made to collide take each other's place, and nothing else.
 */
#ifndef SP_MATCH_RECALL_H
#define SP_MATCH_RECALL_H
#include <stdbool.h>
#include <stdint.h>

#include "read/record.h"

struct sp_recall;

/* NULL: memory ran out. */
struct sp_recall *sp_recall_new(void);
void sp_recall_free(struct sp_recall *recall);

/* A new key; then its values in a fixed order, NULL for one that is not there. False: too long to be kept. */
void sp_recall_begin(struct sp_recall *recall, const void *origin);
bool sp_recall_add(struct sp_recall *recall, const struct sp_value *value);

/* The outcomes under that key, dead at the next sp_recall_keep; NULL: none. */
const uint32_t *sp_recall_find(const struct sp_recall *recall, uint32_t *ret_count);
/* Keep these under the key. */
void sp_recall_keep(struct sp_recall *recall, const uint32_t *outcome, uint32_t count);

#endif
