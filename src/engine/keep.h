/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_keep: what a hunt keeps in a case, and what it knows from there.
 *
 *      before    sources ──▶ hunted already? ──▶ skipped, or gone on with where the case ends
 *      during    units, in order ──▶ sightings ─┐
 *                finished units ──▶ how far ────┴──▶ one transaction, four times a second
 *      after     state and summary of the run
 *
 * Nothing is written for long: what units bring is gathered here and put into the case in one go, so that other hunts
 * into the same case have their turn. Sightings may be written before the unit they are of is finished; how far a source has
 * been hunted is only said of finished units. So a hunt that is killed at any moment does its last units once more, finds
 * the same ids, and keeps them once.
 *
 * Used by one thread at a time: the main one before and behind the workers, and whoever commits units in between.
 */
#ifndef SP_ENGINE_KEEP_H
#define SP_ENGINE_KEEP_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest_map.h"
#include "engine/scope.h"
#include "store/case.h"

struct sp_source_tally;

/* A source, as the case knows it. */
struct sp_kept_source {
    struct sp_case_progress at;     /* its `state` is in the arena of the sources */
    bool stamped;                   /* at.stamp is true; else it cannot be known again: a pipe */
    bool already;                   /* hunted under the same plan */
    bool lost;                      /* and then not all of it could be read */
    int64_t row;                    /* 0: not yet */
    bool begun;                     /* `at` has a row in the case for what is read now */
};

struct sp_keep {
    struct sp_case *c;
    const struct sp_scope *scope;
    struct sp_digest plan;
    int64_t run;
    struct sp_kept_source *source;  /* by source */
    int64_t *rule_row;              /* by rank; 0: not yet */
    struct sp_arena arena;          /* of the sources' states */
    const struct sp_pack *pack;     /* the archive looked at last */
    struct sp_case_stamp pack_stamp;
    bool pack_stamped;
    struct sp_arena batch;          /* what is to be written next */
    struct sp_kept_sighting *first, *last;
    struct sp_kept_copy *copy, *copy_last, *open_copy, *open_copy_last; /* open: of the unit in hand */
    struct sp_kept_done *done, *done_last;
    size_t source_at;               /* in hand, with more than one unit; SIZE_MAX: none */
    uint64_t next;                  /* of it, behind the last finished unit */
    struct sp_buf state;            /* of it, there */
    bool moved;                     /* `next` and `state` are newer than the case */
    uint64_t sightings, fresh;      /* kept; of these the case did not have */
    uint64_t held;                  /* bytes of the batch, about */
    double flushed_s;
    struct sp_buf text;             /* scratch */
};

/* The case of the options, or `keep->c` NULL where none is to be kept, which is said to ctx->note. Begins the run. The
 * rules and sources of the scope are there. sp_keep_done also after an error. */
int sp_keep_open(struct sp_keep *keep, const struct sp_hunt_options *options, struct sp_scope *scope, struct sp_error *err);
void sp_keep_done(struct sp_keep *keep);

/* May the case that nobody has asked for be made in the working directory? If not, that is said. */
bool sp_keep_fits(const struct sp_hunt_options *options, const struct sp_ctx *ctx);

/* What is known of the sources: those hunted already get `skipped`. */
int sp_keep_sources(struct sp_keep *keep, struct sp_scope *scope, struct sp_error *err);

/* Where the source is to be gone on with; 0: at its beginning. */
uint64_t sp_keep_from(const struct sp_keep *keep, size_t source);
/* It is to be hunted from its beginning after all. */
void sp_keep_restart(struct sp_keep *keep, size_t source);

/* What was before that place: into a tally whose account is begun. */
int sp_keep_restore(struct sp_keep *keep, size_t source, struct sp_source_tally *tally, uint64_t *ret_lines, struct sp_digest_map *copies,
                    struct sp_error *err);

/* A sighting of the source, with `source_row` its index, `rule_row` its rule's rank; all texts are copied. */
int sp_keep_sighting(struct sp_keep *keep, const struct sp_case_sighting *sighting, struct sp_error *err);
/* So many records of these bytes have been sighted in the source in hand, which has several units. */
int sp_keep_copy(struct sp_keep *keep, const struct sp_digest *raw, uint64_t count, struct sp_error *err);
/* All before `next` has been hunted; `state` tells how to go on. */
int sp_keep_reached(struct sp_keep *keep, size_t source, uint64_t next, struct sp_str state, struct sp_error *err);
/* The source is over. `whole`: all of it was hunted. */
int sp_keep_source(struct sp_keep *keep, size_t source, const struct sp_source_tally *tally, bool whole, struct sp_error *err);
/* Write if it is time. */
int sp_keep_look(struct sp_keep *keep, struct sp_error *err);

/* Write what there is. */
int sp_keep_flush(struct sp_keep *keep, struct sp_error *err);
/* Write, and say how the run ended. */
int sp_keep_end(struct sp_keep *keep, enum sp_case_state state, struct sp_str summary, struct sp_error *err);

#endif
