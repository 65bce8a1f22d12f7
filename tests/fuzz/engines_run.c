/* SPDX-License-Identifier: Apache-2.0
 *
 * engines_run SEED COUNT [refused]: the fast engine against the plain one on at least COUNT pairs of rule and event. The
 * same seed judges the same pairs. Exit 1 with rule, event and round when they differ, or when some modifier was
 * never TRUE. With a third argument the reasons of refused rules are printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engines.h"

static bool judge_rounds(uint64_t seed, uint64_t count, bool say, struct tally *t)
{
    for (uint64_t round = 0; t->pairs < count; round++) {
        struct chance chance = { .state = seed * UINT64_C(0x9E3779B97F4A7C15) + round * UINT64_C(0xD6E8FEB86659FD93) };
        struct round_size size = { .rules = one_in(&chance, 3) ? 1 + below(&chance, 16) : 50 + below(&chance, 151), .events = 150, .say_refused = say };

        if (size.rules <= 16) /* few rules, few literals: they are looked for in other ways */
            size.events = 400;

        if (round == 0 && count >= 100000) /* more origins than a plan keeps */
            size = (struct round_size){ .rules = 12, .events = 6500, .flood = true, .say_refused = say };
        if (!engines_judge(chance, &size, t)) {
            printf("seed %llu, round %llu\n", (unsigned long long)seed, (unsigned long long)round);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    struct tally t = { 0 };
    uint32_t idle = 0;

    if (!judge_rounds(seed, count, argc > 3, &t))
        return 1;
    for (uint32_t i = 0; i < t.features; i++)
        printf("%s %llu%s", t.feature[i].name, (unsigned long long)t.feature[i].yes, i % 8 == 7 || i + 1 == t.features ? "\n" : ", ");
    if (count >= 100000)
        idle = engines_idle(&t);
    if (t.refused * 5 > t.rules)
        printf("too many rules refused\n");
    printf("seed %llu: %llu pairs (%llu rounds, %llu events, %llu rules, %llu refused), %llu TRUE, %llu UNKNOWN, 0 differences\n",
           (unsigned long long)seed, (unsigned long long)t.pairs, (unsigned long long)t.rounds, (unsigned long long)t.events,
           (unsigned long long)t.rules, (unsigned long long)t.refused, (unsigned long long)t.yes, (unsigned long long)t.unknown);
    return idle || t.refused * 5 > t.rules;
}
