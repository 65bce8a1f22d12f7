/* SPDX-License-Identifier: Apache-2.0
 *
 * In: flags (one byte), pattern, NUL, text. The pattern is refused with words, or DFA and NFA agree on the text,
 * also when it is cut, and every match keeps what the program promises (required literal, least length).
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/unicode.h"
#include "match/regex_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_promises(const struct sp_regex *regex, struct sp_str text)
{
    struct sp_buf folded;

    sp_buf_init(&folded, 0);
    if (regex->flags & SP_REGEX_FOLD) {
        sp_utf8_fold(&folded, text);
        if (!folded.failed && sp_str_find(sp_buf_view(&folded), regex->required) == SIZE_MAX)
            abort();
    } else if (sp_str_find(text, regex->required) == SIZE_MAX) {
        abort();
    }
    if (text.len < regex->length_min)
        abort();
    sp_buf_done(&folded);
}

static void run(const struct sp_regex *regex, struct sp_str text)
{
    struct sp_regex_scratch *scratch = sp_regex_scratch_new(regex);

    for (size_t len = text.len; scratch; len /= 2) {
        struct sp_str part = sp_str_cut(text, 0, len);
        int dfa = sp_regex_run(regex, scratch, part);

        if (dfa >= 0 && dfa != sp_regex_run_nfa(regex, scratch, part))
            abort();
        if (dfa == 1)
            check_promises(regex, part);
        if (len == 0)
            break;
    }
    sp_regex_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_regex *regex = NULL;
    struct sp_error err = { 0 };
    struct sp_arena arena;
    struct sp_str pattern, text;
    const uint8_t *nul = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
    int rc;

    if (!nul)
        return 0;
    limits.regex_states = 5000; /* for speed */
    pattern = (struct sp_str){ (const char *)data + 1, (size_t)(nul - data) - 1 };
    text = (struct sp_str){ (const char *)nul + 1, size - pattern.len - 2 };
    sp_arena_init(&arena, SIZE_MAX);
    rc = sp_regex_compile(&arena, pattern, data[0] & 7, &limits, &regex, &err);
    if (rc == 0)
        run(regex, text);
    else if (err.code != rc || !err.what[0])
        abort();
    sp_arena_done(&arena);
    return 0;
}
