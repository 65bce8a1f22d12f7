/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a Sigma filter (specification 2.1.0): a document that keeps one rule silent where all of a few fields have exactly the
 * values given. Any tool that reads Sigma filters reads it; so does `--rules`.
 */
#ifndef SP_RULE_FILTER_TEXT_H
#define SP_RULE_FILTER_TEXT_H
#include "base/buf.h"
#include "event/taxonomy.h"

struct sp_filter_item {
    struct sp_str field, value; /* the value as the event has it: what is special in Sigma is escaped here */
};

struct sp_filter_document {
    struct sp_str title, id, description, author, date; /* description: lines */
    struct sp_logsource logsource;                      /* of the rule's document; empty parts are left out */
    struct sp_str rule;                                 /* its id */
    const struct sp_filter_item *item;
    size_t count;
};

/* Can the name stand as a field in a rule? One with `|` would read as a modifier. */
bool sp_filter_field(struct sp_str name);

/* Append the document. */
void sp_filter_write(struct sp_buf *out, const struct sp_filter_document *document);

/* Append a text as a double-quoted YAML scalar of one line, whatever is in it. */
void sp_yaml_quote(struct sp_buf *out, struct sp_str text);

#endif
