/* SPDX-License-Identifier: Apache-2.0
 *
 * Every size, depth and count that hostile input could drive up, in one place. The members of
 * struct sp_limits can be changed with `--limit NAME=VALUE`, NAME being the member's name with
 * dashes; the constants are structural and cannot. Whoever reaches a limit names it in the message.
 * Source of the values: contract section 11.
 */
#ifndef SP_BASE_LIMITS_H
#define SP_BASE_LIMITS_H
#include <stddef.h>
#include <stdint.h>

struct sp_error;

/* X(member, default, least, unit) */
#define SP_LIMITS(X)                                                   \
    X(record_bytes, UINT64_C(64) << 20, 1024, "bytes of one record")   \
    X(json_depth, 128, 4, "levels of JSON")                            \
    X(rule_bytes, UINT64_C(1) << 20, 256, "bytes of a rule document")  \
    X(rules, 1000000, 1, "rule documents")                             \
    X(yaml_nodes, 1000000, 16, "YAML nodes of a document")             \
    X(yaml_aliases, 100000, 0, "nodes from YAML aliases")              \
    X(regex_bytes, UINT64_C(64) << 10, 1, "bytes of a regex")          \
    X(regex_states, 100000, 16, "states of a regex")                   \
    X(values_per_sighting, 4096, 1, "values of a sighting")            \
    X(files, 1000000, 1, "files of a walk, or of an archive")          \
    X(archive_depth, 4, 0, "levels of archives")                       \
    X(expansion_bytes, UINT64_C(64) << 20, 4096, "bytes that an archive may expand to whatever its size") \
    X(expansion_times, 1000, 1, "times its size that an archive may expand to") \
    X(spool_bytes, UINT64_C(256) << 20, 4096, "bytes of archives held in memory, where one cannot be read from front to back") \
    X(sort_bytes, UINT64_C(16) << 20, 4096, "bytes of sightings in memory") \
    X(view_rows, 200000, 1, "rows of a view")                            \
    X(errors_listed, 1000, 1, "errors listed of one source")            \
    X(around_bytes, UINT64_C(1) << 30, 0, "bytes of logs read again around a sighting")

struct sp_limits {
#define X(member, preset, least, unit) uint64_t member;
    SP_LIMITS(X)
#undef X
};

enum {
    SP_EVTX_DEPTH_MAX = 64,        /* elements inside each other, and bodies inside bodies */
    SP_EVTX_NODES_MAX = 65536,     /* BinXML tokens of one record, templates counted each time */
    SP_FIELDS_MAX = 65536,         /* fields of one event */
    SP_NAMES_MAX = 65536,          /* distinct field names kept by one reader between two sources */
    SP_GAPS_RUNS_MAX = 65536,      /* pieces of one log: runs of record numbers, stretches of time */
    SP_GAPS_MARKS_MAX = 100000,    /* shutdowns, clock changes, cleared logs and jumps of all logs */
    SP_YAML_DEPTH_MAX = 64,        /* levels of YAML */
    SP_CONDITION_DEPTH_MAX = 64,   /* levels of a Sigma condition */
    SP_REGEX_REPEAT_MAX = 1000,    /* the largest {n,m} */
    SP_REGEX_DEPTH_MAX = 250,      /* levels of groups in a regex */
    SP_REGEX_CACHE_BYTES = 2 << 20, /* lazy DFA of one regex in one worker */
    SP_PLAN_BYTES_MAX = 128 << 20, /* one plan of the cache: a larger set is loaded each time */
    SP_PLANS_BYTES_MAX = 256 << 20, /* all plans of the cache: the oldest go */
    SP_PLANS_MAX = 16,
    SP_MEMBER_NAME_MAX = 4096,     /* bytes of the name of a file in an archive; longer ones are called by their number */
    SP_MEMBER_NAMES_MAX = 256 << 20, /* bytes of the names of all files of an archive */
    SP_AROUND_ITEMS_MAX = 1 << 20,      /* processes, and logons, kept around one sighting */
    SP_AROUND_MEMORY_MAX = 512 << 20,   /* bytes of them */
    SP_AROUND_TEXT_MAX = 8192,          /* bytes of one of their texts */
    SP_SCRIPT_BYTES_MAX = 16 << 20,     /* of a script block joined over its parts */
    SP_TREE_DEPTH_MAX = 32,             /* ancestors, and descendants, shown of a process */
    SP_DERIVED_MAX = 1 << 20,           /* bytes of a text derived from a field */
    SP_DERIVED_DEPTH_MAX = 4,           /* what was derived is looked at again, so often */
    SP_CASE_WAIT_S = 600,          /* for another process that writes into the same case */
    SP_CASE_BLOCK_MAX = 1 << 30,   /* lines and records unpacked out of a case at once */
    SP_CASE_RATIO_MAX = 1100       /* times its packed bytes, which is what deflate can do */
};

/* The defaults above. */
struct sp_limits sp_limits_default(void);

/* Set one limit from the text of `--limit NAME=VALUE` (VALUE may end in k, m or g, powers of 1024).
 * SP_ERR_USAGE when there is no such limit or the value is none; `limits` then stays as it was. */
int sp_limits_parse(struct sp_limits *limits, const char *text, struct sp_error *err);

#endif
