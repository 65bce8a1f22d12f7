/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_hunt: rules over the logs of organisations; sightings in total order, and an account of everything that was
 * read, refused, skipped or could not be judged. Also sp_decode, sp_explain and sp_rules_report, which see logs and
 * rules in the same way.
 *
 *      paths ─▶ sources ─▶ records ─▶ events ─▶ plan ─▶ sightings ─▶ sorted ─▶ write
 *
 * Options are texts as on the command line: what is wrong with one comes back as SP_ERR_USAGE with the option's name
 * in err->where. Everything is borrowed during the call. Output does not depend on `jobs` or on the order of paths.
 */
#ifndef SPOOR_HUNT_H
#define SPOOR_HUNT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spoor/case.h"
#include "spoor/ctx.h"

enum sp_format { SP_FORMAT_TABLE, SP_FORMAT_JSON, SP_FORMAT_CSV, SP_FORMAT_SIGHTINGS, SP_FORMAT_XML, SP_FORMAT_FIELDS };

/* Where output goes; called with whole lines, from one thread. Negative (with `err` filled in) stops the work. */
struct sp_output {
    int (*write)(void *arg, const void *bytes, size_t len, struct sp_error *err);
    void *arg;
    enum sp_format format;
    bool color;     /* tables */
    unsigned width; /* of the terminal; 0: lines are as long as they get */
    bool local_time; /* tables: times of the TZ environment instead of UTC */
};

struct sp_progress {
    uint64_t bytes, total, records, sightings;
};

struct sp_hunt_path {
    const char *org, *path;
};

/* A list of texts. */
struct sp_texts {
    const char *const *text;
    size_t count;
};

/* What to read and how: hunt, decode and explain. */
struct sp_read_options {
    const struct sp_hunt_path *path;
    size_t path_count;
    const char *source_type; /* --source-type, NULL: found by content */
    const char *logsource;   /* --logsource product=P,category=C,service=S, or NULL */
    struct sp_texts map;     /* --map FILE */
    struct sp_texts limit;   /* --limit NAME=VALUE */
    struct sp_texts password; /* --archive-password WORD */
    const char *assume_tz;   /* --assume-tz, of times without one: UTC, +hh:mm, or a name of the tz database; NULL: UTC */
    bool carve;
};

/* Which rules: hunt, explain and rules. */
struct sp_rules_options {
    struct sp_texts path;
    bool no_own;
    const char *level, *status; /* at least; comma list */
    struct sp_texts only, exclude, tag, list, pipeline;
    struct sp_texts password; /* of archives of rules */
    const char *cache; /* folder where plans made of rules are kept for the next time; NULL: none are */
};

struct sp_hunt_options {
    struct sp_read_options read;
    struct sp_rules_options rules;
    const char *from, *to;  /* times, or NULL */
    const char *fail_on;    /* level, or NULL */
    const char *engine;     /* "fast", "plain" or NULL */
    unsigned jobs;          /* threads; 0: one a processor */
    bool profile_rules;     /* time each look at a rule */
    const char *case_path;  /* keep what is found there (spoor/case.h); NULL: keep nothing */
    bool case_if_fit;       /* nobody has asked for this very case: keep nothing where evidence lies or nothing can be written */
    bool no_hash_sources;   /* without the SHA-256 of each source, which a case keeps */
    struct sp_case_by by;   /* who hunts, for the case */
    struct sp_output output;
    void (*progress)(void *arg, const struct sp_progress *at); /* about ten times a second; NULL: nobody looks */
    void *progress_arg;
};

/* One line of "the most telling sightings": a rule and how often. */
struct sp_hunt_top {
    const char *level, *title, *rule_id, *host; /* host: the first; NULL: not known */
    const char *rule_file;                      /* NULL: one of spoor's own, found by its id */
    const char *source;
    uint64_t offset, count, hosts;
    char first[40], last[40]; /* "" without a time */
};

/* What looking at a rule has cost. */
struct sp_hunt_cost {
    const char *rule_id, *title, *level, *file;
    uint64_t looked, hits, ns; /* evaluated, of that TRUE, nanoseconds */
};

struct sp_hunt_result {
    bool lost, opened, interrupted, fail_on_reached; /* exit codes 3, (not) 5, 130, 1 */
    bool own_only;                    /* no --rules: spoor's own alone */
    uint64_t sources, skipped, orgs, bytes, records, undecodable, carved, unrecognised;
    uint64_t rules, refused, not_run, left_out_twice, not_evaluable, limits_hit;
    uint64_t already;                 /* sources that were hunted before under the same plan, and left out now */
    uint64_t sightings, by_level[6], rules_sighted, hosts;
    const char *case_path;            /* where it was kept; NULL: nowhere */
    uint64_t fresh;                   /* sightings that the case did not have */
    uint64_t suppressed;              /* kept in the case and not given out: an analyst has called their like benign */
    double wall_s, cpu_s;
    const struct sp_hunt_top *top;    /* level, then rarity: at most 8 */
    size_t top_count;
    const struct sp_hunt_cost *profile; /* rules that were looked at, the costliest first; NULL: not asked for */
    size_t profile_count;
    uint64_t profile_rest_ns;         /* processor time of the threads beside that: reading, index, writing */
    const char *summary;              /* contract 6, one JSON object and a newline */
    size_t summary_length;
};

/* 0 and a result (to be freed, also after an error if not NULL), or SP_ERR_USAGE, SP_ERR_IO, SP_ERR_NOMEM, ... */
int sp_hunt(const struct sp_hunt_options *options, const struct sp_ctx *ctx, struct sp_hunt_result **ret, struct sp_error *err);
void sp_hunt_free(struct sp_hunt_result *result);

struct sp_decode_options {
    struct sp_read_options read;
    struct sp_output output; /* JSON, XML or FIELDS; TABLE is a short line a record */
};
struct sp_decode_result {
    bool lost, opened, interrupted;
    uint64_t sources, records, undecodable, carved;
};
int sp_decode(const struct sp_decode_options *options, const struct sp_ctx *ctx, struct sp_decode_result *ret, struct sp_error *err);

/* `what` is FILE@OFFSET, FILE:LINE, or FILE (its first record). SP_ERR_NOT_FOUND where no record stands. */
struct sp_explain_options {
    struct sp_read_options read; /* its paths are not used */
    struct sp_rules_options rules;
    const char *rule; /* a file, or the id of one of spoor's own rules */
    const char *what;
    struct sp_output output;
};
int sp_explain(const struct sp_explain_options *options, const struct sp_ctx *ctx, struct sp_error *err);

enum sp_rules_verb { SP_RULES_CHECK, SP_RULES_LIST, SP_RULES_STAT, SP_RULES_TEST };
struct sp_rules_report_options {
    enum sp_rules_verb verb;
    struct sp_rules_options rules;
    struct sp_texts limit, map;
    const char *examples; /* folder of NAME.ndjson; NULL: `examples` beside each rule */
    struct sp_output output;
};
struct sp_rules_result {
    uint64_t ok, warned, refused;     /* documents */
    uint64_t examples, wrong, untested; /* test */
};
int sp_rules_report(const struct sp_rules_report_options *options, const struct sp_ctx *ctx, struct sp_rules_result *ret, struct sp_error *err);

/* "0.1.0" */
const char *sp_version(void);

#endif
