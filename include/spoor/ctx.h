/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_ctx: what a call of libspoor may use of its surroundings. There is no global state; two
 * contexts never meet. The caller owns it and keeps it alive during the call.
 *
 * `note` is told what happened on the way that did not stop the work (a rule refused, a record
 * that could not be decoded); it may be called from several threads at once, never twice for the
 * same matter. It must copy what it keeps.
 */
#ifndef SPOOR_CTX_H
#define SPOOR_CTX_H
#include <signal.h>
#include <stdbool.h>

#include "spoor/error.h"

struct sp_ctx {
    void (*note)(void *arg, const struct sp_error *what); /* NULL: nobody listens */
    void *note_arg;
    const volatile sig_atomic_t *stop; /* not 0: finish what is in hand and return; NULL: never */
};

static inline void sp_note(const struct sp_ctx *ctx, const struct sp_error *what)
{
    if (ctx && ctx->note)
        ctx->note(ctx->note_arg, what);
}

static inline bool sp_stopped(const struct sp_ctx *ctx)
{
    return ctx && ctx->stop && *ctx->stop;
}

#endif
