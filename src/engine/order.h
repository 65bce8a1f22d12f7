/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_order: numbered pieces of work that several threads do at once and that are committed in order.
 *
 *                    head              next
 *      committed ...  │ busy │ done │ done │ busy │   not dealt yet
 *                     └──────── window: at most `room` numbers ────────┘
 *
 * `deal` says what the next number is; whoever takes it works on it alone, in the slot number % room. Whoever finishes
 * the piece at the head commits it and those done behind it; so `commit` runs in order, one at a time, without a thread
 * of its own. A thread that is ahead by the whole window waits. The piece at the head is never waiting for another, so
 * the window always moves.
 *
 * A thread whose piece is at the head has its turn: it may commit beforehand what it has so far.
 */
#ifndef SP_ENGINE_ORDER_H
#define SP_ENGINE_ORDER_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sp_order {
    pthread_mutex_t lock;  /* guards what is no atomic */
    pthread_cond_t moved;  /* the head has moved, or something has been said to stop */
    unsigned room;
    bool *finished;        /* by slot; owned */
    bool dry;              /* `deal` has nothing more */
    bool alone;            /* set by `deal`: nothing is dealt behind that number until it has been committed */
    uint64_t next;
    _Atomic uint64_t head;
    _Atomic bool stopped;
    /* `who` is the thread's own. `deal` runs under the lock: make number's slot ready, false when nothing is left. */
    bool (*deal)(void *who, uint64_t number);
    void (*commit)(void *who, uint64_t number);
};

/* SP_ERR_NOMEM. sp_order_done also after that, and with zeros. */
int sp_order_init(struct sp_order *order, unsigned room);
void sp_order_done(struct sp_order *order);

/* A number to work on; false when there is none any more. Waits for the window. */
bool sp_order_take(struct sp_order *order, void *who, uint64_t *ret);

/* Is it the number's turn? What was committed before is then seen by the caller. */
bool sp_order_turn(const struct sp_order *order, uint64_t number);
/* Wait for it; false: stopped, or `*off` has become true under the lock (NULL: cannot). */
bool sp_order_wait(struct sp_order *order, uint64_t number, const _Atomic bool *off);

/* The number's work is done. */
void sp_order_finish(struct sp_order *order, void *who, uint64_t number);

/* Nothing is dealt or committed any more, and nobody waits. */
void sp_order_stop(struct sp_order *order);

#endif
