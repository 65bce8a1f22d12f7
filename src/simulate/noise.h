/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_noise: ordinary life on a host between world->first and world->last: people who come, work and go,
 * programs, services, administrators at work, updates, names looked up, tickets. Among it stand things that come
 * near to what rules look for and are none of it (a backup by rar, an administrator's remote desktop, a task).
 */
#ifndef SP_SIMULATE_NOISE_H
#define SP_SIMULATE_NOISE_H
#include "simulate/noise_table.h"
#include "simulate/world.h"

struct sp_noise_cast {
    struct sp_host *host;
    enum sp_noise_where where;
    const struct sp_user *admin;    /* who administers it */
    const struct sp_user *people;   /* who uses a server's shares, from their own workstations */
    size_t people_count;
    const struct sp_user *provider; /* its account for monitoring; NULL: it has none here */
};

/* Fills in host->desk of a workstation as well. */
void sp_noise_play(struct sp_world *world, const struct sp_noise_cast *cast);

#endif
