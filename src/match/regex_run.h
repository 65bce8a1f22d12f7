/* SPDX-License-Identifier: Apache-2.0
 *
 * Running a compiled regex (rule/regex.h): does it match anywhere in the text? A lazy DFA whose states are
 * built as the text asks for them, in a cache of bounded size; when the cache thrashes, a Pike simulation of
 * the NFA takes over. Both are linear in the text for every pattern. No captures: Sigma asks yes or no.
 */
#ifndef SP_MATCH_REGEX_RUN_H
#define SP_MATCH_REGEX_RUN_H
#include "rule/regex.h"

struct sp_regex_scratch; /* of one regex in one worker: never shared by threads */

struct sp_regex_scratch *sp_regex_scratch_new(const struct sp_regex *regex);
void sp_regex_scratch_free(struct sp_regex_scratch *scratch);

/* 1 match, 0 none, SP_ERR_NOMEM. `text` is any bytes; invalid UTF-8 matches no code point. */
int sp_regex_run(const struct sp_regex *regex, struct sp_regex_scratch *scratch, struct sp_str text);

/* The same by NFA simulation alone: the truth that tests compare with. */
int sp_regex_run_nfa(const struct sp_regex *regex, struct sp_regex_scratch *scratch, struct sp_str text);

#endif
