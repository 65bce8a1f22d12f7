/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_simulate: a world of organisations with known truth, written as real log files.
 *
 *      DIR/acme/WS-07/Security.evtx ...     the logs, one folder a host; some hosts' events are in a
 *      DIR/birch/DC-01/winlogbeat.ndjson    collector's file instead
 *      DIR/orgs.yaml                        what is known of the organisations (contract 8)
 *      DIR/truth.ndjson                     which records belong to the intrusion (contract 10)
 *
 * Nothing is attacked and nothing is run: command lines in the logs are text. The same options give
 * the same bytes on every machine. Folders are made where they are missing, files of these names are
 * overwritten, other files are left alone.
 */
#ifndef SPOOR_SIMULATE_H
#define SPOOR_SIMULATE_H
#include <stddef.h>
#include <stdint.h>

struct sp_ctx;
struct sp_error;

struct sp_simulate_options {
    unsigned version;  /* 1 */
    const char *story; /* "first"; NULL means "first" */
    const char *out;   /* DIR */
    uint64_t seed;
    unsigned days;     /* days of ordinary life, up to 30; 0: the story's own number, which is the fewest (first: 3) */
    unsigned orgs;     /* 0 or what the story has (first: 3) */
};
#define SP_SIMULATE_OPTIONS_INIT { .version = 1, .story = "first", .seed = 1 }

/* What was written, for the closing words; every member is set on success only. */
struct sp_simulate_result {
    uint64_t files;   /* log files */
    uint64_t records; /* in all of them */
    uint64_t truth;   /* lines of truth.ndjson that belong to the intrusion */
    uint64_t decoys;  /* and those that only look like it */
    const char *const *org; /* the folders of logs in DIR; static */
    size_t org_count;
};

/* Returns 0; SP_ERR_USAGE (no such story, no `out`, a number out of range), SP_ERR_IO, SP_ERR_NOMEM. After an error DIR may hold part of the files.
 * `ctx` and `result` may be NULL. */
int sp_simulate(const struct sp_simulate_options *options, const struct sp_ctx *ctx,
                struct sp_simulate_result *result, struct sp_error *err);

#endif
