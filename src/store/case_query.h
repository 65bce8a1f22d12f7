/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter as SQL: the words of its WHERE and the parameters in their order. Texts of the filter are only ever bound, never
 * written into the words.
 */
#ifndef SP_STORE_CASE_QUERY_H
#define SP_STORE_CASE_QUERY_H
#include "store/case_inner.h"

/* Prepare `select` + WHERE + `tail`. `select` names s (sighting), o (source), r (rule). */
int sp_case_query(struct sp_case *c, const char *select, const struct sp_case_filter *filter, const char *tail, sqlite3_stmt **ret, struct sp_error *err);

/* Columns id, sha256, rule_id, title, level, status, tags, logsource, file, line of a rule. */
struct sp_case_rule sp_case_rule_row(sqlite3_stmt *q);

/* Three columns: seconds (NULL: none), nanoseconds, digits. */
struct sp_time sp_col_time(sqlite3_stmt *q, int at);

#endif
