/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_show: looking at a case. sp_act: saying something about what is in it.
 *
 *      case ─▶ sightings, rules, hosts, values, sources, time line, runs
 *        │
 *        └──▶ one sighting: fields, why, rule, raw record, acts; and around it, from the logs where they still are,
 *             the process tree, the logon session, script blocks joined, encoded commands decoded
 *
 * What an analyst has called benign or dismissed is not shown unless `all` asks for it; it is never deleted. Options are texts as
 * on the command line: what is wrong with one comes back as SP_ERR_USAGE with the option's name in err->where. Everything
 * is borrowed during the call. Tables are for people and may change; JSON is NDJSON with the members of docs/show.md.
 */
#ifndef SPOOR_SHOW_H
#define SPOOR_SHOW_H
#include "spoor/case.h"
#include "spoor/hunt.h"

struct sp_show_options {
    const char *case_path;
    struct sp_texts what;         /* operands: "sightings", "sighting" and an id, "rules", ...; none: sightings */
    const char *org, *level, *host, *value, *from, *to;
    const char *rule;             /* an id, or a part of a title */
    const char *since_run;        /* a number; "": the last run; NULL: all */
    bool all;                     /* also what was called benign or dismissed */
    struct sp_read_options read;  /* how to read logs again: limits, maps, type, zone; its paths are not used */
    struct sp_output output;      /* TABLE, JSON; CSV of sightings, rules, hosts, values, sources, timeline, runs */
};

/* 0; SP_ERR_USAGE, SP_ERR_NOT_FOUND (no such case, no such sighting), SP_ERR_FORMAT (the file is no case), SP_ERR_UNSUPPORTED
 * ("not in this version"), SP_ERR_IO, SP_ERR_NOMEM. */
int sp_show(const struct sp_show_options *options, const struct sp_ctx *ctx, struct sp_error *err);

enum sp_act_verb { SP_ACT_TAG, SP_ACT_NOTE, SP_ACT_BENIGN, SP_ACT_DISMISS };

struct sp_act_options {
    enum sp_act_verb verb;
    const char *case_path;
    struct sp_texts word;         /* operands: the id, then the name or text */
    const char *why;              /* required */
    const char *until;            /* benign: a day or time; NULL: for good */
    const char *filter;           /* benign: where the Sigma filter goes; NULL: beside the case, named after the sighting */
    struct sp_case_by by;
};

struct sp_act_result {
    char id[65], title[256];      /* of the sighting, and of its rule */
    char filter[1024];            /* benign: the file that was written; else empty */
    uint64_t hidden;              /* benign: sightings of the case that it holds for */
};

/* Put an act on the record: a row is added to the case, nothing is changed. For `benign`, the filter document is kept in the
 * row, and in a file that `--rules` reads. 0; the same errors as sp_show. */
int sp_act(const struct sp_act_options *options, const struct sp_ctx *ctx, struct sp_act_result *ret, struct sp_error *err);

#endif
