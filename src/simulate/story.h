/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_story: one world and what happens in it. A story fills a world with hosts and events; it draws
 * every number from streams of the seed, so that the same seed tells the same story.
 */
#ifndef SP_SIMULATE_STORY_H
#define SP_SIMULATE_STORY_H
#include "simulate/world.h"

struct sp_story {
    const char *name;
    unsigned days, org_count; /* days: the preset, and the fewest */
    const char *const *org;   /* those that send logs, in byte order */
    const char *orgs_yaml;
    void (*play)(struct sp_world *world, uint64_t seed, unsigned days);
};

extern const struct sp_story sp_story_first; /* docs/story-first.md */

#endif
