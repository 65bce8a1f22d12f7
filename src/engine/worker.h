/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_worker: one thread's share of a hunt. It takes one unit after the other, evaluates the rules on each record and
 * writes sightings, rendered, into the unit; whoever's unit has its turn commits (engine/order.h, engine/unit.h).
 */
#ifndef SP_ENGINE_WORKER_H
#define SP_ENGINE_WORKER_H
#include "engine/order.h"
#include "engine/unit.h"
#include "match/exec.h"

/* Shared by all workers of one hunt. Immutable but for what a lock guards, the atomics and what only the committing
 * thread touches. */
struct sp_work {
    const struct sp_scope *scope;
    struct sp_plan *plan;             /* NULL: the plain engine */
    enum sp_format format;
    bool keep;                        /* a case is kept: the whole line of each sighting is made, whatever the format */
    bool profile;                     /* time each look at a rule */
    struct sp_time from, to;
    const uint32_t *org_rank;         /* by source */
    struct sp_order order;
    struct sp_unit *unit;             /* order.room of them, by slot */
    size_t next;                      /* place in sources.order to take next; order.lock */
    struct sp_file *file;             /* source that is being dealt in parts, or NULL; order.lock */
    struct sp_cursor cursor;          /* in the archive whose members are being dealt; order.lock */
    struct sp_commit commit;          /* of the thread that commits */
    _Atomic uint64_t bytes, records, sightings;
    pthread_mutex_t lock;             /* guards error */
    struct sp_error error;            /* the first that ends the hunt; code 0: none */
};

/* Order and units for so many workers. SP_ERR_NOMEM. sp_work_done also after that, and with zeros. */
int sp_work_init(struct sp_work *work, unsigned workers);
void sp_work_done(struct sp_work *work);

struct sp_worker {
    struct sp_work *work;
    struct sp_reader *reader;
    struct sp_events *events;
    struct sp_exec *exec;
    struct sp_eval *eval;             /* the exec's */
    struct sp_exec *undo;             /* counts what the rules made of void units, to be taken off again; mostly NULL */
    struct sp_unit *unit;             /* in hand */
    uint64_t reach;                   /* number of the last unit that it has read on into, or its own */
    unsigned since;                   /* records since the last look around */
    uint64_t place;                   /* of the reader at that time */
    bool leave;                       /* the unit in hand: it is void, or all is to stop */
    struct sp_cursor cursor;          /* in an archive whose member could not be dealt in parts; mostly zeros */
    struct sp_block *held;            /* bytes that it has read on into, or NULL */
    struct sp_buf host, user, session, values, fields, why, code, channel, line, kept_line, scratch;
    struct sp_arena text;             /* of rule_json */
    struct sp_str *rule_json;         /* by rank: the rule's part of a JSON line, once it was needed; NULL before the first */
    struct sp_case_value *value;      /* of the event in hand, for the case */
    uint32_t value_room;
    pthread_t thread;
    bool started;
    uint64_t cpu_ns;                  /* of the thread, once it has ended */
};

/* 0 or SP_ERR_NOMEM. sp_worker_done copes with a half-made one. */
int sp_worker_init(struct sp_worker *worker, struct sp_work *work);
void sp_worker_done(struct sp_worker *worker);

/* Thread body: takes units until none is left, the hunt failed or was stopped. */
void *sp_worker_run(void *worker);

#endif
