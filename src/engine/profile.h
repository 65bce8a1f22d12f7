/* SPDX-License-Identifier: Apache-2.0
 *
 * What each rule has cost a hunt (--profile-rules), summed over its workers.
 */
#ifndef SP_ENGINE_PROFILE_H
#define SP_ENGINE_PROFILE_H
#include "base/arena.h"
#include "engine/worker.h"

/* Fill in the profile of `ret`; lists and texts are the arena's. SP_ERR_NOMEM. */
int sp_profile_make(struct sp_arena *arena, const struct sp_rule_set *set, const struct sp_worker *worker, unsigned workers,
                    struct sp_hunt_result *ret);

#endif
