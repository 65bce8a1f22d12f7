/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan cache: rule sets as they came out of loading, mapped instead of loaded while nothing has changed.
 *
 *   options ─▶ key ─▶ FOLDER/<16 digits>.plan ─▶ checksum, key ─▶ all places as they were? ─▶ the set
 *                            any no: load, and write it anew
 *
 * A cache is never a reason to fail: where it cannot be read or written, rules are loaded as without.
 */
#ifndef SP_RULE_RULE_CACHE_H
#define SP_RULE_RULE_CACHE_H
#include "rule/rule.h"

/* As sp_rules_load, and the same set and notes. `folder`: of the plans, made when it is not there; NULL: no cache. */
int sp_rules_load_cached(const struct sp_rule_options *options, const char *folder, struct sp_rule_set **ret, struct sp_error *err);

#endif
