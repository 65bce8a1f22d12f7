/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports about rules, each on a rule set that is loaded: check, list (rules_report.c), stat (rules_stat.c) and test (rules_test.c).
 */
#ifndef SP_ENGINE_RULES_H
#define SP_ENGINE_RULES_H
#include "base/jsonw.h"
#include "engine/scope.h"
#include "match/cost.h"

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

/* The member of a key, null where `text` has no ptr. */
void sp_rules_text(struct sp_json *w, struct sp_str key, struct sp_str text);
/* `windows/process_creation/sysmon`, `-` for a part that is not given. */
void sp_rules_logsource(struct sp_buf *out, const struct sp_logsource *logsource);
/* The object of `check` and `stat`. */
void sp_rules_cost(struct sp_json *w, const struct sp_cost *cost);

#endif
