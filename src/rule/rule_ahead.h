/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files as parsed documents: the half of loading that does not depend on what was loaded before. Of many files it is
 * done ahead by a second thread, and by the loader itself while it would have to wait.
 *
 *   files │ 0 … 7 │ 8 … 15 │ 16 … 23 │ 24 … 31 │      batches, each with an arena; so many are open at once
 *           loader   done     loader    second
 *           reads it          parses    thread
 *
 * The loader takes documents in order of the files, so that nothing depends on who parsed them or when.
 */
#ifndef SP_RULE_RULE_AHEAD_H
#define SP_RULE_RULE_AHEAD_H
#include "base/id.h"
#include "rule/rule_files.h"
#include "rule/yaml.h"

/* One document. */
struct sp_rule_part {
    struct sp_yaml_part part;
    const struct sp_yaml *root; /* NULL: nothing but comments, or not parsed */
    const struct sp_error *error; /* of sp_yaml_parse, where it refused; NULL */
    struct sp_digest sha256;    /* of part.bytes, where there is a root */
};

/* Where a text is being cut. Zeros, then `line` 1. */
struct sp_rule_cut {
    size_t at;
    uint32_t line;
    bool begun;
};

/* The next document's text. Only a file of several documents is cut at its `---` lines (contract 5): one is all of it. */
bool sp_rule_part_next(struct sp_str text, struct sp_rule_cut *cut, struct sp_yaml_part *ret);
/* Parse p->part into the arena, unless it is larger than the limit: p->root, p->error, p->sha256. 0 or SP_ERR_NOMEM. */
int sp_rule_part_parse(struct sp_arena *arena, const struct sp_limits *limits, struct sp_rule_part *p);

struct sp_rule_ahead;
/* NULL: few files, or no memory: do without. Files and limits are borrowed. */
struct sp_rule_ahead *sp_rule_ahead_new(const struct sp_rule_files *files, const struct sp_limits *limits);
/* The documents of file `i`, until the next call; `i` rises by one from 0. False: not done ahead (large, unreadable,
 * memory ran out). */
bool sp_rule_ahead_file(struct sp_rule_ahead *ahead, size_t i, const struct sp_rule_part **ret, uint32_t *ret_count);
void sp_rule_ahead_free(struct sp_rule_ahead *ahead);

#endif
