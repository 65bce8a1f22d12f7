/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_scope: the texts of the options turned into things: limits, taxonomy, the class of --logsource, rules, sources.
 * What hunt, decode, explain and rules have in common. All of it is immutable once built.
 */
#ifndef SP_ENGINE_SCOPE_H
#define SP_ENGINE_SCOPE_H
#include "base/zone.h"
#include "event/taxonomy.h"
#include "read/reader.h"
#include "read/source.h"
#include "rule/rule.h"
#include "spoor/hunt.h"

struct sp_scope {
    const struct sp_ctx *ctx;
    struct sp_limits limits;
    struct sp_taxonomy *taxonomy;
    const struct sp_class *given; /* of --logsource, or NULL */
    enum sp_source_type type;     /* of --source-type, or NONE */
    struct sp_zone assume;        /* --assume-tz: of times without a zone */
    bool carve;
    struct sp_digest maps;        /* of the texts of --map */
    struct sp_rule_set *rules;    /* NULL until sp_scope_rules */
    struct sp_source_list sources;
};

/* Limits, taxonomy, type. `scope` is to be done with sp_scope_done also after an error. */
int sp_scope_init(struct sp_scope *scope, const struct sp_read_options *options, const struct sp_ctx *ctx, struct sp_error *err);
int sp_scope_rules(struct sp_scope *scope, const struct sp_rules_options *options, struct sp_error *err);
int sp_scope_sources(struct sp_scope *scope, const struct sp_read_options *options, struct sp_error *err);
/* Can that file be opened? And how many bytes of the path of a source name a file: up to a `!` where the rest stands in an archive. */
bool sp_scope_exists(const char *path);
size_t sp_scope_outer(char *path);
void sp_scope_done(struct sp_scope *scope);

/* A time or a day of an option; NULL is not known. SP_ERR_USAGE naming the option. */
int sp_scope_time(const char *option, const char *text, struct sp_time *ret, struct sp_error *err);

/* A level of an option: SP_ERR_USAGE naming the option. */
int sp_scope_level(const char *option, const char *word, enum sp_level *ret, struct sp_error *err);

#endif
