/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_output: a played world as files below a folder: logs, orgs.yaml, truth.ndjson.
 */
#ifndef SP_SIMULATE_OUTPUT_H
#define SP_SIMULATE_OUTPUT_H
#include "simulate/world.h"

struct sp_error;
struct sp_simulate_result;

/* Sorts the world's events by time and writes everything; `result` is set on success only.
 * SP_ERR_IO, SP_ERR_NOMEM, SP_ERR_INTERNAL. */
int sp_output_write(struct sp_world *world, const char *out, const char *orgs_yaml, struct sp_simulate_result *result,
                    struct sp_error *err);

#endif
