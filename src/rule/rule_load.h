/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading rules from memory, for tests and fuzzing; and from files that have been found already, for the plan cache.
 */
#ifndef SP_RULE_RULE_LOAD_H
#define SP_RULE_RULE_LOAD_H
#include "rule/rule.h"
#include "rule/rule_files.h"

/* A rule set of one text, which is treated as the file `name`; options' paths are not read. As sp_rules_load. */
int sp_rules_parse(struct sp_str name, struct sp_str text, const struct sp_rule_options *options, struct sp_rule_set **ret,
                   struct sp_error *err);

/* As sp_rules_load; `files->uncertain` is set when one of them cannot be read. */
int sp_rules_load_files(const struct sp_rule_options *options, struct sp_rule_files *files, struct sp_rule_set **ret, struct sp_error *err);

/* Tell ctx->note of the refusals of a set, as loading did: same words, same order. */
void sp_rules_tell(const struct sp_rule_set *set, const struct sp_ctx *ctx);

#endif
