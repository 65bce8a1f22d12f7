/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a text pattern of a rule match a text? Tokens (rule/rule.h) are literals, `?`, `*` and windash's dash class.
 */
#ifndef SP_MATCH_TEXT_H
#define SP_MATCH_TEXT_H
#include "rule/rule.h"

/* `text` is folded already unless the pattern is cased. Time: length of the text times length of the pattern. */
bool sp_text_match(const struct sp_pattern *pattern, struct sp_str text);

/* `text` against a plain literal, for fieldref. */
bool sp_text_where(enum sp_where where, struct sp_str text, struct sp_str literal);

/* As sp_str_find, faster on the short literals and long texts that rules have. */
size_t sp_text_find(struct sp_str text, struct sp_str literal);

/* The same where a literal is looked for again and again: by two bytes of it that are rare in values. */
struct sp_rare {
    uint8_t one, other; /* where in the literal */
};
struct sp_rare sp_text_rare(struct sp_str literal);
size_t sp_text_find_rare(struct sp_str text, struct sp_str literal, struct sp_rare rare);

#endif
