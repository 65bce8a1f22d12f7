/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a program and a text. Out: whether it matches, by following all threads at once, byte by byte, each state
 * at most once a byte: (states * bytes) steps whatever the pattern. It knows nothing of the DFA and judges
 * assertions by looking at the text, so that the two can be tested against each other.
 */
#include "match/regex_scratch.h"

static bool newline_at(struct sp_str text, size_t at)
{
    return at < text.len && text.ptr[at] == '\n';
}

static bool word_at(struct sp_str text, size_t at)
{
    return at < text.len && sp_regex_word_byte((uint8_t)text.ptr[at]);
}

static bool holds(uint8_t assertion, struct sp_str text, size_t at)
{
    bool inside = at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;
    bool before = at > 0 && word_at(text, at - 1);

    switch (assertion) {
    case SP_REGEX_BEGIN: return at == 0;
    case SP_REGEX_END: return at == text.len;
    case SP_REGEX_END_NEWLINE: return at == text.len || (at + 1 == text.len && newline_at(text, at));
    case SP_REGEX_LINE_BEGIN: return at == 0 || (newline_at(text, at - 1) && at < text.len);
    case SP_REGEX_LINE_END: return at == text.len || newline_at(text, at);
    case SP_REGEX_WORD: return before != word_at(text, at);
    case SP_REGEX_NOT_WORD: return before == word_at(text, at) && !inside;
    case SP_REGEX_NOT_NEWLINE: return !newline_at(text, at);
    default: return false;
    }
}

/* Add `state` and all that it reaches without a byte; true when that includes the match. */
static bool enter(struct sp_regex_scratch *s, struct sp_state_set *set, uint32_t state, struct sp_str text, size_t at)
{
    uint32_t depth = 0;

    if (sp_state_set_has(set, state))
        return false;
    sp_state_set_add(set, state);
    s->stack[depth++] = state;
    while (depth > 0) {
        const struct sp_regex_state *now = &s->regex->state[s->stack[--depth]];
        uint32_t to[2] = { now->next, now->other };
        uint32_t ways = now->op == SP_REGEX_SPLIT ? 2 : now->op == SP_REGEX_ASSERT && holds(now->assertion, text, at);

        s->steps++;
        if (now->op == SP_REGEX_MATCH)
            return true;
        for (uint32_t i = ways; i > 0; i--)
            if (!sp_state_set_has(set, to[i - 1])) { /* so each state is pushed once */
                sp_state_set_add(set, to[i - 1]);
                s->stack[depth++] = to[i - 1];
            }
    }
    return false;
}

int sp_regex_nfa(struct sp_regex_scratch *s, struct sp_str text, size_t at, const uint32_t *states, uint32_t count,
                 bool search)
{
    struct sp_state_set *now = &s->now, *next = &s->next, *swap;
    uint32_t to;

    now->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (enter(s, now, states[i], text, at))
            return 1;
    for (;; at++) {
        if (search && enter(s, now, s->regex->start, text, at))
            return 1;
        if (at == text.len || (!search && now->count == 0))
            return 0;
        next->count = 0;
        for (uint32_t i = 0; i < now->count; i++) {
            const struct sp_regex_state *state = &s->regex->state[now->list[i]];

            if (sp_regex_takes(s->regex, state, (uint8_t)text.ptr[at], &to) && enter(s, next, to, text, at + 1))
                return 1;
        }
        s->steps += now->count;
        swap = now;
        now = next;
        next = swap;
    }
}
