/* SPDX-License-Identifier: Apache-2.0
 *
 * In: threads that take and finish numbers. Out: calls of `deal` and `commit`, each in the order of the numbers.
 */
#include "engine/order.h"

#include "base/alloc.h"
#include "spoor/error.h"

int sp_order_init(struct sp_order *o, unsigned room)
{
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->moved, NULL);
    o->room = room;
    o->finished = sp_zalloc(room * sizeof *o->finished);
    return o->finished ? 0 : SP_ERR_NOMEM;
}

void sp_order_done(struct sp_order *o)
{
    if (o->room) {
        pthread_cond_destroy(&o->moved);
        pthread_mutex_destroy(&o->lock);
    }
    sp_free(o->finished);
    *o = (struct sp_order){ 0 };
}

bool sp_order_take(struct sp_order *o, void *who, uint64_t *ret)
{
    bool taken;

    pthread_mutex_lock(&o->lock);
    while (!o->stopped && !o->dry && (o->next - o->head >= o->room || (o->alone && o->head < o->next)))
        pthread_cond_wait(&o->moved, &o->lock);
    o->alone = false;
    taken = !o->stopped && !o->dry && o->deal(who, o->next);
    o->dry |= !taken;
    if (taken) {
        o->finished[o->next % o->room] = false;
        *ret = o->next++;
    }
    pthread_mutex_unlock(&o->lock);
    return taken;
}

bool sp_order_turn(const struct sp_order *o, uint64_t number)
{
    return atomic_load_explicit(&o->head, memory_order_acquire) == number;
}

bool sp_order_wait(struct sp_order *o, uint64_t number, const _Atomic bool *off)
{
    bool turn;

    pthread_mutex_lock(&o->lock);
    while (!o->stopped && o->head != number && !(off && *off))
        pthread_cond_wait(&o->moved, &o->lock);
    turn = !o->stopped && o->head == number && !(off && *off);
    pthread_mutex_unlock(&o->lock);
    return turn;
}

void sp_order_finish(struct sp_order *o, void *who, uint64_t number)
{
    uint64_t at = number;

    pthread_mutex_lock(&o->lock);
    o->finished[number % o->room] = true;
    /* The head belongs to whoever finishes it, so no other thread can be in this loop with the same number. */
    for (; !o->stopped && at == o->head && at < o->next && o->finished[at % o->room]; at++) {
        pthread_mutex_unlock(&o->lock);
        o->commit(who, at);
        pthread_mutex_lock(&o->lock);
        o->head = at + 1;
        pthread_cond_broadcast(&o->moved);
    }
    pthread_mutex_unlock(&o->lock);
}

void sp_order_stop(struct sp_order *o)
{
    pthread_mutex_lock(&o->lock);
    o->stopped = true;
    pthread_cond_broadcast(&o->moved);
    pthread_mutex_unlock(&o->lock);
}
