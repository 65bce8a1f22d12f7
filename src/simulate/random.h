/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_random: numbers that a seed fixes for ever (splitmix64: a counter through a mixing function).
 *
 * Each part of a story draws from a stream of its own, so that a change of one part leaves the
 * others' numbers as they were. Not for secrets.
 */
#ifndef SP_SIMULATE_RANDOM_H
#define SP_SIMULATE_RANDOM_H
#include <stdint.h>

struct sp_random {
    uint64_t counter;
};

static inline uint64_t sp_random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline struct sp_random sp_random_stream(uint64_t seed, uint64_t stream)
{
    return (struct sp_random){ sp_random_mix(seed + 0x9e3779b97f4a7c15u) ^ sp_random_mix(~stream) };
}

static inline uint64_t sp_random_u64(struct sp_random *random)
{
    return sp_random_mix(random->counter += 0x9e3779b97f4a7c15u);
}

/* 0 .. below - 1; below > 0. The bias of the remainder is below 2^-32 for every use here. */
static inline uint32_t sp_random_below(struct sp_random *random, uint32_t below)
{
    return (uint32_t)(sp_random_u64(random) % below);
}

#endif
