/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/order.h"

#include <sched.h>
#include <unistd.h>

#include "tap.h"

enum { PIECES = 3000, THREADS = 5, ROOM = 7 };

/* What the threads share: the slots belong to whoever has taken the number, the rest to whoever commits. */
struct run {
    struct sp_order order;
    uint64_t pieces, slot[ROOM], dealt, committed, sum, furthest;
    bool wrong, stop_early;
    _Atomic bool off;
};

static bool deal(void *who, uint64_t number)
{
    struct run *r = who;

    r->wrong |= number != r->dealt++;
    if (number >= r->pieces)
        return false;
    r->slot[number % ROOM] = number;
    return true;
}

static void commit(void *who, uint64_t number)
{
    struct run *r = who;

    r->wrong |= number != r->committed++ || r->slot[number % ROOM] != 3 * number + 1;
    r->sum += number;
    if (r->stop_early && number == 500)
        sp_order_stop(&r->order);
}

static void *work(void *arg)
{
    struct run *r = arg;
    uint64_t n;

    while (sp_order_take(&r->order, r, &n)) {
        if (r->slot[n % ROOM] != n)
            r->wrong = true;
        for (uint64_t i = 0; i < n % 5; i++)
            sched_yield();
        if (n % 97 == 0)
            usleep(500);
        if (n % 31 == 0 && !sp_order_wait(&r->order, n, NULL) && !r->stop_early)
            r->wrong = true;
        r->slot[n % ROOM] = 3 * n + 1;
        sp_order_finish(&r->order, r, n);
    }
    return NULL;
}

static void run(struct run *r, unsigned threads)
{
    pthread_t thread[THREADS];

    ok(sp_order_init(&r->order, ROOM) == 0);
    r->order.deal = deal;
    r->order.commit = commit;
    for (unsigned i = 0; i < threads; i++)
        ok(pthread_create(&thread[i], NULL, work, r) == 0);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    sp_order_done(&r->order);
}

TEST(pieces_are_committed_once_and_in_order_whoever_does_them)
{
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        struct run r = { .pieces = PIECES };

        run(&r, threads);
        ok(!r.wrong);
        is_u64(r.committed, PIECES);
        is_u64(r.sum, (uint64_t)PIECES * (PIECES - 1) / 2);
    }
}

TEST(nothing_to_do_is_done_at_once)
{
    struct run r = { .pieces = 0 };

    run(&r, 3);
    is_u64(r.committed, 0);
}

TEST(a_stop_wakes_all_and_nothing_is_committed_after_it)
{
    struct run r = { .pieces = PIECES, .stop_early = true };

    run(&r, THREADS);
    is_u64(r.committed, 501);
}

/* One thread plays all: the window is full until its head is finished. */
TEST(the_window_is_as_large_as_said_and_turns_come_in_order)
{
    struct run r = { .pieces = PIECES };
    uint64_t n;

    ok(sp_order_init(&r.order, ROOM) == 0);
    r.order.deal = deal;
    r.order.commit = commit;
    for (uint64_t i = 0; i < ROOM; i++) {
        ok(sp_order_take(&r.order, &r, &n));
        is_u64(n, i);
        r.slot[n] = 3 * n + 1;
    }
    for (uint64_t i = ROOM - 1; i > 0; i--)
        sp_order_finish(&r.order, &r, i);
    is_u64(r.committed, 0);
    ok(sp_order_turn(&r.order, 0) && !sp_order_turn(&r.order, 1));
    sp_order_finish(&r.order, &r, 0);
    is_u64(r.committed, ROOM);
    ok(sp_order_turn(&r.order, ROOM));
    ok(!r.wrong);
    sp_order_done(&r.order);
}

TEST(who_waits_for_a_turn_that_is_of_no_use_any_more_gives_up)
{
    struct run r = { .pieces = PIECES, .off = true };
    uint64_t n;

    ok(sp_order_init(&r.order, ROOM) == 0);
    r.order.deal = deal;
    r.order.commit = commit;
    ok(sp_order_take(&r.order, &r, &n) && sp_order_take(&r.order, &r, &n));
    ok(!sp_order_wait(&r.order, 1, &r.off));
    r.off = false;
    ok(sp_order_wait(&r.order, 0, &r.off));
    sp_order_stop(&r.order);
    ok(!sp_order_wait(&r.order, 0, &r.off));
    ok(!sp_order_take(&r.order, &r, &n));
    sp_order_done(&r.order);
}
