/* SPDX-License-Identifier: Apache-2.0
 *
 * What is longer than the screen goes through a pager: $PAGER, else less where it is installed, else nobody. What fits is written as
 * it is. Nothing is paged unless standard output is a terminal.
 */
#ifndef SP_CMD_PAGER_H
#define SP_CMD_PAGER_H
#include <sys/types.h>

#include "cli.h"

struct pager {
    struct surroundings *to;
    char *held;              /* until it is known whether it fits */
    size_t length, room, lines, screen;
    pid_t child;             /* 0: none */
    int pipe;
    bool off, left;          /* nothing is paged; the reader has left the pager */
};

/* Stands between a call and its output: `output` is what the call is to be given. */
struct sp_output pager_begin(struct pager *pager, struct surroundings *to);
/* Write what was held, or wait for the reader to leave. 0 or EXIT_IO. */
int pager_end(struct pager *pager);

#endif
