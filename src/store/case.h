/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_case: an open case, and every way to read it and to write to it. The only place that knows SQL.
 *
 *   run ────┬──▶ reading ──▶ source ◀── progress ◀── copy       custody: who read which bytes, and how far
 *           │                  ▲
 *           └──▶ sighting ─────┤
 *                 │  │  │      └── place: path, offset, length
 *                 │  │  └──▶ carries ──▶ value                   what links it with others
 *                 │  └─────▶ rule, raw                          why, and the bytes that show it
 *                 └────────▶ block ◀── raw                      lines as `hunt --format json` writes them, packed
 *   act                                                          what analysts said; only ever added to
 *
 * The schema, table by table, stands in case_schema.c and, in words, in docs/case.md. One handle is used by one thread at a
 * time; several processes may have one case open. Writing is between sp_case_begin and sp_case_commit: all of it is kept, or
 * nothing. Texts that are handed out are the case's own and die with the next call; digests are their 32 bytes.
 *
 * All functions: 0, or SP_ERR_NOMEM, SP_ERR_IO (where: the case's path; what: the reason; what to do), SP_ERR_FORMAT
 * (damaged), or what they name.
 */
#ifndef SP_STORE_CASE_H
#define SP_STORE_CASE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/id.h"
#include "base/str.h"
#include "base/time.h"
#include "spoor/case.h"

struct sp_case;

enum sp_case_mode {
    SP_CASE_READ,   /* must be there */
    SP_CASE_WRITE,  /* must be there */
    SP_CASE_CREATE, /* made where it is not */
    SP_CASE_ACT     /* as WRITE, and on the disk when a commit returns: for what a person says */
};

/* SP_ERR_NOT_FOUND, SP_ERR_USAGE (no case), SP_ERR_UNSUPPORTED (of a newer version). `ctx->stop` ends waiting for another
 * process that writes; ctx may be NULL. */
int sp_case_open(const char *path, enum sp_case_mode mode, const struct sp_ctx *ctx, struct sp_case **ret, struct sp_error *err);
void sp_case_close(struct sp_case *c); /* NULL is fine; what was not committed is undone */
const char *sp_case_path(const struct sp_case *c);

int sp_case_begin(struct sp_case *c, struct sp_error *err); /* waits for its turn */
int sp_case_commit(struct sp_case *c, struct sp_error *err);
void sp_case_rollback(struct sp_case *c); /* no harm where nothing was begun */

/* ---- runs: one a hunt ---- */

enum sp_case_state { SP_RUN_RUNNING, SP_RUN_DONE, SP_RUN_INTERRUPTED, SP_RUN_FAILED };
const char *sp_case_state_name(enum sp_case_state state); /* "running": also of one that was killed */

struct sp_case_run {
    int64_t id;                   /* rises with time in one case */
    int64_t began_ns, ended_ns;   /* since 1970; ended 0: not yet, or killed */
    enum sp_case_state state;
    struct sp_str who, host, argv, tool, build; /* argv: JSON array; empty: not known */
    struct sp_digest plan;        /* rules and options */
    struct sp_str summary;        /* contract 6, or empty */
    uint64_t sightings;           /* that this run was the first to see; set by reading */
};

/* `run`: began_ns, who, host, argv, tool, build, plan. The id comes back. */
int sp_case_run_begin(struct sp_case *c, const struct sp_case_run *run, int64_t *ret_id, struct sp_error *err);
int sp_case_run_end(struct sp_case *c, int64_t id, enum sp_case_state state, int64_t ended_ns, struct sp_str summary, struct sp_error *err);
/* In order of id; a negative return of `each` stops and is returned, here and below. */
int sp_case_runs(struct sp_case *c, int (*each)(void *arg, const struct sp_case_run *run), void *arg, struct sp_error *err);

/* ---- sources ---- */

/* The id of (org, path), made where it is new. */
int sp_case_source(struct sp_case *c, struct sp_str org, struct sp_str path, int64_t *ret_id, struct sp_error *err);
/* The same, but 0 where it is new. */
int sp_case_source_find(struct sp_case *c, struct sp_str org, struct sp_str path, int64_t *ret_id, struct sp_error *err);

/* By which a log is known again without reading all of it. */
struct sp_case_stamp {
    uint64_t bytes;
    int64_t mtime_ns;
    struct sp_digest head;        /* of its first bytes */
};

/* How far a source has been hunted under one plan. */
struct sp_case_progress {
    int64_t id;                   /* 0: never begun */
    struct sp_case_stamp stamp;
    struct sp_digest sha256;      /* of the whole source, with has_sha256 */
    bool has_sha256;
    bool done;
    bool lost;                    /* not all of it could be read */
    uint64_t next;                /* offset from which on it is to be hunted */
    struct sp_str state;          /* what the hunter needs to go on there; its own words */
};

/* `ret->id` 0 when there is none. */
int sp_case_progress_get(struct sp_case *c, int64_t source, const struct sp_digest *plan, struct sp_case_progress *ret, struct sp_error *err);
/* Begin, or begin anew: its copies are forgotten. The id comes back. */
int sp_case_progress_begin(struct sp_case *c, int64_t source, const struct sp_digest *plan, const struct sp_case_stamp *stamp, int64_t *ret_id, struct sp_error *err);
/* Set done, lost, next, state, sha256 and stamp of progress->id; the copies of one that is done are forgotten. */
int sp_case_progress_set(struct sp_case *c, const struct sp_case_progress *progress, struct sp_error *err);
/* How many byte-identical records of the source have been sighted so far (k of event ids), for going on. */
int sp_case_copy_set(struct sp_case *c, int64_t progress, const struct sp_digest *raw, uint64_t count, struct sp_error *err);
int sp_case_copies(struct sp_case *c, int64_t progress, int (*each)(void *arg, const struct sp_digest *raw, uint64_t count), void *arg, struct sp_error *err);

/* What a run read of a source: custody. */
struct sp_case_reading {
    int64_t run, source;
    struct sp_str org, path;      /* of the source; set by reading */
    uint64_t bytes;
    int64_t mtime_ns;
    bool done;                    /* it was read to its end */
    bool has_sha256;
    struct sp_digest sha256;      /* of the whole source */
    struct sp_str type;           /* "evtx" */
    struct sp_time first, last;   /* of its events; `known` false: none */
    struct sp_str account;        /* JSON, as in `sources` of contract 6 */
    uint64_t sightings;           /* that stand in this source; set by reading */
};
/* Add, or put right what the same run has said of the same source. */
int sp_case_reading_set(struct sp_case *c, const struct sp_case_reading *reading, struct sp_error *err);
/* In order of (org, path, run). `latest`: only the last of each source. */
int sp_case_readings(struct sp_case *c, bool latest, int (*each)(void *arg, const struct sp_case_reading *reading), void *arg, struct sp_error *err);

/* ---- rules ---- */

struct sp_case_rule {
    int64_t row;
    struct sp_digest sha256;      /* of the document */
    struct sp_str id, title, status, file; /* id may be empty */
    struct sp_str document;       /* its text; empty: not kept, or read by sp_case_rules */
    struct sp_str tags, logsource; /* JSON: array of texts; object with product, category, service */
    uint32_t level;               /* enum sp_level: 0 unknown, 1 informational .. 5 critical */
    uint32_t line;                /* in `file` */
    uint64_t sightings, hosts;    /* set by sp_case_rules */
    struct sp_time first, last;   /* of its sightings; set by sp_case_rules */
};

/* The row of the rule, made where its document is new. */
int sp_case_rule_put(struct sp_case *c, const struct sp_case_rule *rule, int64_t *ret_row, struct sp_error *err);
/* By row; SP_ERR_NOT_FOUND. */
int sp_case_rule_get(struct sp_case *c, int64_t row, struct sp_case_rule *ret, struct sp_error *err);

/* ---- sightings ---- */

struct sp_case_value {
    struct sp_str type, value;
};

struct sp_case_sighting {
    int64_t row;                  /* in this case, of use until the next merge; set by reading */
    struct sp_digest id, event, raw; /* raw: of the record's bytes */
    int64_t run;                  /* that saw it first */
    struct sp_time time;
    struct sp_str kind;           /* "rule" */
    int64_t rule_row;
    int64_t source_row;
    struct sp_str org, source;    /* set by reading */
    uint64_t offset, length, record;
    uint64_t copy;                /* k of the event's id: how many records of the same bytes came before it in its source */
    struct sp_str host, user, session; /* ptr NULL: not known */
    struct sp_str rule_id, title; /* of its rule; set by reading */
    uint32_t level;               /* the same */
    struct sp_str line;           /* exactly the line of `hunt --format json`, newline included; reading: empty unless asked for */
    struct sp_str raw_bytes;      /* of the record; ptr NULL: the case has them already */
    const struct sp_case_value *value; /* not set by reading: sp_case_values_of */
    size_t value_count;
};

/* Add. A sighting whose id is there already is kept once, at the smaller (source path, offset). `*ret_new`: it was not there. */
int sp_case_sighting_put(struct sp_case *c, const struct sp_case_sighting *sighting, bool *ret_new, struct sp_error *err);

/* What to look for; zeros and NULL texts ask for nothing. All that is given must hold. */
struct sp_case_filter {
    struct sp_str org, rule_id, host, user, session; /* exactly; host in any case */
    struct sp_str title;          /* a part of the rule's title, in any case of ASCII */
    struct sp_str value_type, value; /* carries this value; value alone: of any type */
    uint32_t level_least;
    int64_t run_since;            /* first seen in this run or a later one */
    struct sp_time from, to;      /* `known` false: open; sightings without a time stay */
    struct sp_str source;         /* path, exactly */
    struct sp_str id_prefix;      /* hex digits, two at least */
    uint64_t limit;               /* so many at most; 0: all */
    bool backward;                /* the last first */
    bool with_line;               /* unpack the line of each */
};

/* In the order of every machine format: (time, org, source, offset, rule id), those without a time last. `each` may call
 * all readers of the same case. */
int sp_case_sightings(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_sighting *s), void *arg, struct sp_error *err);
/* How many pass the filter. */
int sp_case_count(struct sp_case *c, const struct sp_case_filter *filter, uint64_t *ret, struct sp_error *err);
/* The one whose id begins with these hex digits, line included, into `each`. SP_ERR_NOT_FOUND: none; SP_ERR_USAGE: several
 * (the text names two), fewer than 8 digits or no hex. */
int sp_case_sighting_find(struct sp_case *c, struct sp_str prefix, int (*each)(void *arg, const struct sp_case_sighting *s), void *arg, struct sp_error *err);
/* The values of one sighting, by (type, value). */
int sp_case_values_of(struct sp_case *c, int64_t sighting_row, int (*each)(void *arg, struct sp_str type, struct sp_str value), void *arg, struct sp_error *err);
/* A record's own bytes. SP_ERR_NOT_FOUND. */
int sp_case_raw(struct sp_case *c, const struct sp_digest *sha256, struct sp_str *ret, struct sp_error *err);

/* ---- tables over all of them ---- */

/* Rules that have sightings which pass, gravest first, then rarest. */
int sp_case_rules(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_rule *rule), void *arg, struct sp_error *err);

struct sp_case_host {
    struct sp_str org, host;      /* host ptr NULL: sightings without one */
    uint64_t sightings, rules;
    uint32_t level;               /* the gravest */
    struct sp_time first, last;
};
/* By (org, host). */
int sp_case_hosts(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_host *host), void *arg, struct sp_error *err);

struct sp_case_value_count {
    struct sp_str type, value;
    uint64_t sightings, hosts, orgs;
    struct sp_time first, last;
};
/* By (type, value). */
int sp_case_values(struct sp_case *c, const struct sp_case_filter *filter, int (*each)(void *arg, const struct sp_case_value_count *value), void *arg, struct sp_error *err);

/* ---- acts: what analysts have said; rows are added and never changed ---- */

struct sp_case_act {
    int64_t row;                  /* rises with the order in which they were said; set by reading */
    int64_t time_ns;
    struct sp_str who, host;
    struct sp_str kind;           /* tag, note, benign, dismiss, merge, split */
    struct sp_str target;         /* a full id, or what the kind acts on */
    struct sp_str text, why;      /* the tag's name, the note; the reason */
    struct sp_str until;          /* of benign: a date, or empty: for good */
    struct sp_str more;           /* JSON of the kind's own, or empty */
};
int sp_case_act_add(struct sp_case *c, const struct sp_case_act *act, int64_t *ret_row, struct sp_error *err);
/* In the order in which they were said. `kind`, `target` ptr NULL: all. */
int sp_case_acts(struct sp_case *c, struct sp_str kind, struct sp_str target, int (*each)(void *arg, const struct sp_case_act *act), void *arg, struct sp_error *err);


/* ---- the whole of it ---- */

struct sp_case_facts {
    uint64_t bytes;               /* of the file and its log */
    int64_t version;              /* of the schema */
    struct sp_str created, tool;
    uint64_t runs, unended, orgs, sources, sightings, rules, hosts, values, records, acts;
    uint64_t undone;              /* sources that a hunt has begun and not ended, by plan */
};
int sp_case_facts(struct sp_case *c, struct sp_case_facts *ret, struct sp_error *err);

/* Look for damage; `each` gets a sentence for everything found. What cannot be read is a finding; SP_ERR_NOMEM is an error. */
int sp_case_verify(struct sp_case *c, int (*each)(void *arg, const char *finding), void *arg, struct sp_error *err);

/* Let go of what is not used any more. */
int sp_case_vacuum(struct sp_case *c, struct sp_error *err);

/* Everything of another case into this one, which is not in a transaction. */
int sp_case_take(struct sp_case *into, struct sp_case *from, struct sp_case_merged *ret, struct sp_error *err);

#endif
