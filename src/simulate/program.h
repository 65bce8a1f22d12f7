/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_program: what the version resource of a program says, by the name of its file. A program that
 * is not in the table has none, as self-built tools do.
 */
#ifndef SP_SIMULATE_PROGRAM_H
#define SP_SIMULATE_PROGRAM_H

struct sp_program {
    const char *file, *original, *description, *product, *company;
};

/* By the last part of `image`, whatever its case; never NULL (an unknown one: all `-`). */
const struct sp_program *sp_program_find(const char *image);

#endif
