/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_worker: one thread's share of a hunt. It takes one source after the other, evaluates the rules on each record
 * and hands sightings, rendered, to the sorter that all workers share.
 */
#ifndef SP_ENGINE_WORKER_H
#define SP_ENGINE_WORKER_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/digest_map.h"
#include "engine/scope.h"
#include "match/exec.h"
#include "match/sorter.h"

/* What became of one source, beside the reader's account. */
struct sp_source_tally {
    struct sp_account account;
    uint64_t unrecognised; /* records without a log source: no rule could apply */
    struct sp_time first, last;
    bool done;
};

struct sp_hunt; /* engine/hunt.c: what the workers share */

/* Shared by all workers of one hunt. Immutable but for what the lock guards and the atomics. */
struct sp_work {
    const struct sp_scope *scope;
    struct sp_plan *plan;             /* NULL: the plain engine */
    enum sp_format format;
    struct sp_time from, to;
    const uint32_t *org_rank;         /* by source */
    struct sp_source_tally *tally;    /* by source; each written by the worker that took it */
    _Atomic size_t next;              /* source to take next */
    _Atomic uint64_t bytes, records, sightings;
    pthread_mutex_t lock;             /* guards sorter, error */
    struct sp_sorter *sorter;
    struct sp_error error;            /* the first that ends the hunt; code 0: none */
    _Atomic bool failed;
};

struct sp_worker {
    struct sp_work *work;
    struct sp_reader *reader;
    struct sp_events *events;
    struct sp_exec *exec;
    struct sp_eval *eval;             /* the exec's */
    struct sp_digest_map copies;      /* raw digests of the source in hand: how often sighted */
    uint64_t values_excess;
    struct sp_buf host, user, session, values, fields, why, code, channel, line, payload;
    pthread_t thread;
    bool started;
};

/* 0 or SP_ERR_NOMEM. sp_worker_done copes with a half-made one. */
int sp_worker_init(struct sp_worker *worker, struct sp_work *work);
void sp_worker_done(struct sp_worker *worker);

/* Thread body: takes sources until none is left, the hunt failed or was stopped. */
void *sp_worker_run(void *worker);

/* The payload of a sighting in the sorter: u32 host length + 1 (0: no host), host, rendered line. */
struct sp_str sp_payload_host(struct sp_str payload); /* ptr NULL: none */
struct sp_str sp_payload_line(struct sp_str payload);

#endif
