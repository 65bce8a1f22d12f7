/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a rule file: YAML, Sigma documents, filters, correlations, regexes. Whatever it is, each document ends with a
 * verdict, and a refusal with a reason; memory stays within the limits.
 */
#include <stdlib.h>

#include "base/error.h"
#include "rule/rule_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits };
    struct sp_rule_set *set;
    struct sp_error err;

    limits.rule_bytes = 65536;
    limits.yaml_nodes = 20000;
    limits.yaml_aliases = 2000;
    limits.regex_states = 5000;
    if (sp_rules_parse(SP_STR("fuzz.yml"), (struct sp_str){ (const char *)data, size }, &options, &set, &err) == 0)
        for (uint32_t i = 0; i < set->doc_count; i++)
            if (set->doc[i].verdict == SP_VERDICT_REFUSED && set->doc[i].reason_count == 0)
                abort();
    sp_rules_free(set);
    return 0;
}
