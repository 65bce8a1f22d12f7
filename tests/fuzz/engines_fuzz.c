/* SPDX-License-Identifier: Apache-2.0
 *
 * Input: choices of the generator (engines.h), a few rules and a few events. The fast engine says what the plain one says.
 */
#include <stdlib.h>

#include "engines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tally tally;
    struct chance chance = { .bytes = data, .left = size, .state = size };
    struct round_size round = { .rules = 1 + below(&chance, 8), .events = 1 + below(&chance, 12) };

    for (size_t i = 0; i < size; i++)
        chance.state = chance.state * UINT64_C(0x100000001b3) ^ data[i];
    if (!engines_judge(chance, &round, &tally))
        abort();
    return 0;
}
