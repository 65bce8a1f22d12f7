/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule. Out: the bytes of its document, out of its file, where they are still those that the rule was made from.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "read/slurp.h"
#include "rule/rule.h"
#include "rule/rule_ahead.h"

enum { FILE_MAX = 64 << 20 };

static bool find(const struct sp_rule *rule, struct sp_str text, struct sp_buf *out)
{
    struct sp_rule_cut cut = { .line = 1 };
    struct sp_yaml_part part;
    struct sp_digest digest;

    while (sp_rule_part_next(text, &cut, &part)) {
        if (part.first != rule->line)
            continue;
        if (!sp_sha256(part.bytes, &digest) || memcmp(&digest, &rule->sha256, sizeof digest) != 0)
            return false;
        sp_buf_str(out, part.bytes);
        return !out->failed;
    }
    return false;
}

bool sp_rule_document(const struct sp_rule *rule, struct sp_buf *out)
{
    struct sp_str text;
    char path[4096];
    bool found = false;

    for (uint32_t i = 0; rule->own && i < sp_own_rule_count && !found; i++)
        if (sp_str_is(rule->file, sp_own_rules[i].name))
            found = find(rule, (struct sp_str){ sp_own_rules[i].text, sp_own_rules[i].length }, out);
    if (rule->own || rule->file.len >= sizeof path)
        return found;
    memcpy(path, rule->file.ptr, rule->file.len);
    path[rule->file.len] = '\0';
    if (sp_slurp(path, FILE_MAX, &text, NULL) < 0)
        return false;
    found = find(rule, text, out);
    sp_free((void *)(uintptr_t)text.ptr);
    return found;
}
