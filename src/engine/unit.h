/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_unit: what a worker takes at once, a small source or a part of a large one (read/parts.h), and what it found in it.
 * sp_commit: units in the order of (source, part), put together as if each source had been read in one go.
 *
 *      unit    account, times, counts
 *              log: sighting │ sighting │ ...          sp_unit_add, by the worker, k = 0 and lines from 1
 *                      │
 *      commit          ▼  number copies and lines      sp_commit_unit, one at a time, in order
 *              sp_sorter, sp_source_tally
 *
 * With a case (engine/keep.h) a sighting has a second line, as `--format json` writes it, and what else the case holds of it.
 *
 * k, the number of byte-identical records sighted before in the source, is part of the ids of an event (contract 1). The
 * worker takes it for 0 and writes the line; only where that was wrong are the ids made again and their digits
 * exchanged in the line.
 */
#ifndef SP_ENGINE_UNIT_H
#define SP_ENGINE_UNIT_H
#include <stdatomic.h>

#include "base/buf.h"
#include "base/digest_map.h"
#include "engine/keep.h"
#include "engine/scope.h"
#include "engine/suppress.h"
#include "export/sighting.h"
#include "match/sorter.h"
#include "read/reader.h"

/* A large source while it is read in parts. */
struct sp_file {
    struct sp_parts parts;     /* used under the lock of the order, but for its descriptor; of a member over sp_work.cursor */
    struct sp_hash hash;       /* of a member */
    size_t source;
    _Atomic unsigned users;    /* units, and whoever deals them; the last one closes it */
};

struct sp_unit {
    struct sp_account account;
    uint64_t unrecognised, records, bytes; /* records and bytes: for progress */
    uint64_t judged;           /* records that the rules have seen, from its start */
    uint64_t lines;            /* line ends in the unit, once it is finished */
    struct sp_time first, last;
    struct sp_buf log;
    uint64_t number;
    size_t source;
    struct sp_file *file;      /* NULL: the whole source */
    struct sp_part part;
    uint64_t end;              /* of what was read of the source: of the part, or of the last one it has read on into */
    bool cut;                  /* it was stopped before that */
    _Atomic bool is_void;      /* the unit before it has read on into it: what was read of it is of no use (read/parts.h) */
};

void sp_unit_begin(struct sp_unit *unit, uint64_t number, size_t source, struct sp_file *file); /* memory is kept */
void sp_unit_done(struct sp_unit *unit);
void sp_unit_leave(struct sp_unit *unit);    /* its file and bytes are not needed any more */
void sp_file_drop(struct sp_file *file); /* one user less */

/* A sighting of a unit: `event_id`, `id` made with k = 0. */
struct sp_found_sighting {
    const struct sp_sighting *sighting;
    struct sp_sighting_places places;
    struct sp_str line;
    struct sp_sort_key key;
    const struct sp_case_sighting *kept; /* with a case: line (empty: the same as `line`), user, session, values, raw_bytes */
    struct sp_sighting_places kept_places; /* of kept->line */
    bool first;       /* of its event: the others of the same event follow */
    uint64_t excess;  /* values of the event left out beyond a limit */
};

/* SP_ERR_NOMEM shows in unit->log.failed. */
void sp_unit_add(struct sp_unit *unit, const struct sp_found_sighting *one);

/* In the flags of a sighting's key: it is kept, and not given out. */
enum { SP_SIGHTING_SUPPRESSED = 1 };

/* The payload of a sighting in the sorter: u32 host length + 1 (0: no host), host, rendered line. */
struct sp_str sp_payload_host(struct sp_str payload); /* ptr NULL: none */
struct sp_str sp_payload_line(struct sp_str payload);

/* What became of one source. */
struct sp_source_tally {
    struct sp_account account;
    uint64_t unrecognised; /* records without a log source: no rule could apply */
    struct sp_time first, last;
    struct sp_digest unpacked; /* of a member of an archive: SHA-256 of its bytes, from whoever deals it */
    bool has_unpacked;
};

struct sp_commit {
    const struct sp_scope *scope;
    struct sp_source_tally *tally;  /* by source */
    struct sp_sorter *sorter;
    size_t source;                  /* in hand; SIZE_MAX: none yet */
    uint64_t lines;                 /* of it before the unit in hand */
    struct sp_digest_map copies;    /* raw digests of its events: how often sighted */
    uint64_t k;                     /* of the event in hand */
    struct sp_keep *keep;           /* NULL: no case */
    struct sp_suppress *suppress;   /* what analysts have called benign there; NULL: nothing */
    struct sp_line judged;          /* the line that is asked about */
    bool hash_sources;              /* SHA-256 of those that are read in parts */
    struct sp_hash hash;            /* of the one in hand, so far */
    uint64_t hashed;                /* bytes of it */
    char *room;                     /* to read it again for that */
    bool member;                    /* it is in an archive: its end is known when all of it has been dealt */
    bool whole;                     /* it has been read to its end */
    bool cut;                       /* it was stopped in the middle: what comes behind is of no use */
    struct sp_case_value *value;
    uint32_t value_room;
    bool dropped;                   /* the event in hand is a carved copy of one that was sighted live */
    struct sp_digest event_id;      /* of the event in hand, where k > 0 */
    struct sp_buf payload, kept;
    uint64_t sightings;             /* of the unit last committed */
    uint64_t values_excess;
};

void sp_commit_init(struct sp_commit *commit, const struct sp_scope *scope, struct sp_source_tally *tally, struct sp_sorter *sorter);
void sp_commit_done(struct sp_commit *commit);

/* Take what the unit holds; it is empty afterwards. `finished`: nothing more of it comes. SP_ERR_NOMEM, SP_ERR_IO. */
int sp_commit_unit(struct sp_commit *commit, struct sp_unit *unit, bool finished, struct sp_error *err);

/* Behind the last unit of a source. */
int sp_commit_end(struct sp_commit *commit, struct sp_error *err);

#endif
