/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports about rules, each on a rule set that is loaded: check, list, stat (rules_report.c) and test (rules_test.c).
 */
#ifndef SP_ENGINE_RULES_H
#define SP_ENGINE_RULES_H
#include "engine/scope.h"

struct sp_rules_run {
    const struct sp_rules_report_options *options;
    struct sp_scope scope;
    struct sp_rules_result *result;
    struct sp_buf out, scratch;
    struct sp_error *err;
};

int sp_rules_check(struct sp_rules_run *run);
int sp_rules_list(struct sp_rules_run *run);
int sp_rules_stat(struct sp_rules_run *run);
int sp_rules_test(struct sp_rules_run *run);

/* What one event costs the rule at worst, in comparisons of a value with a pattern. */
uint64_t sp_rule_cost(const struct sp_rule *rule);

#endif
