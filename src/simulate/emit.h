/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_emit: one event of a world as one EVTX record, or as one line of a collector. Header and data are templates, as Windows has
 * them: the header's is the same for all, the data's is made from the event's schema.
 */
#ifndef SP_SIMULATE_EMIT_H
#define SP_SIMULATE_EMIT_H
#include "simulate/world.h"

enum { SP_EMIT_UTC = 32, SP_EMIT_FIELDS_MAX = 32 };

struct sp_buf;
struct sp_error;
struct sp_evtxw;

/* Add `event` to the log as record `number`.
 * Returns 0; SP_ERR_NOMEM, SP_ERR_LIMIT (larger than a chunk), SP_ERR_INTERNAL (a value of the story
 * that its type cannot hold; the text names it). */
int sp_emit_event(struct sp_evtxw *writer, uint64_t number, const struct sp_sim_event *event, struct sp_error *err);

/* Add `event` as record `number` to a collector's NDJSON, as winlogbeat writes it: one line, its end included. */
void sp_emit_json(struct sp_buf *out, uint64_t number, const struct sp_sim_event *event);

/* The text of a field of an event: what the story gave, or the schema's preset. */
const char *sp_emit_text(const struct sp_sim_event *event, size_t field, const char utc[SP_EMIT_UTC]);

/* Sysmon's time of an event, some milliseconds before the record was written: `2026-03-02 13:12:40.123`. */
void sp_emit_utc(const struct sp_sim_event *event, char out[SP_EMIT_UTC]);

#endif
