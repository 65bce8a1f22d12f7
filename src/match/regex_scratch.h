/* SPDX-License-Identifier: Apache-2.0
 *
 * What regex_run.c, regex_dfa.c and regex_nfa.c share: the scratch memory of one regex in one worker. Its owner is
 * whoever called sp_regex_scratch_new.
 *
 * A DFA state is a set of NFA states, those that wait for a byte and assertions that wait to see the next one:
 *
 *     dfa[i].offset, len ──▶ pool[...]   the set, rising
 *     jump[i * stride + class]           the next DFA state (times stride), or one of enum sp_dfa_special
 *
 * Classes are the regex's byte classes and two more: the newline that ends the text, where `$` holds, and the end.
 */
#ifndef SP_MATCH_REGEX_SCRATCH_H
#define SP_MATCH_REGEX_SCRATCH_H
#include "match/regex_run.h"

/* A set of NFA states: constant time for add, look up and clear. */
struct sp_state_set {
    uint32_t *list, *place;
    uint32_t count;
};

enum sp_dfa_special { SP_DFA_UNKNOWN, SP_DFA_DEAD, SP_DFA_MATCH, SP_DFA_FIRST };

/* Context of a DFA state: what lies before it. Kept only where an assertion waits that looks back. */
enum { SP_DFA_BEGIN = 1, SP_DFA_AFTER_NEWLINE = 2, SP_DFA_AFTER_WORD = 4, SP_DFA_PENDING = 8 };

struct sp_dfa_state {
    uint32_t offset, len; /* in pool */
    uint32_t context;
    uint32_t chain; /* next of the same bucket, 0 at the end */
    uint64_t hash;
};

struct sp_regex_scratch {
    const struct sp_regex *regex;
    struct sp_state_set now, next;
    uint32_t *stack;   /* states to visit; as many as there are states */
    uint64_t *bitmap;  /* for sorting a set: all zero between uses */
    uint32_t asserted; /* all assertions of the regex */
    uint32_t stride;
    uint8_t byte_of[256]; /* a byte of each class */

    uint32_t *jump, *pool, *bucket;
    uint32_t buckets; /* 0: none yet */
    struct sp_dfa_state *dfa;
    size_t jump_room, pool_room, pool_used, dfa_room;
    uint32_t dfa_count; /* the first SP_DFA_FIRST are special */
    uint32_t start;     /* DFA state at the begin of a text; 0: not built */
    uint64_t bytes;     /* read since the cache was last emptied */
    uint32_t rest;      /* a state that most bytes lead back to, where a text of no match spends its time; 0: none */
    uint64_t rested;    /* `bytes` when it was chosen */
    uint8_t stays[256]; /* by byte: leads from it to itself */

    uint64_t steps;     /* work done, for tests: bytes and visits of NFA states */
    uint64_t emptied, fallen_back; /* how often, for tests */
};

static inline bool sp_state_set_has(const struct sp_state_set *set, uint32_t state)
{
    uint32_t place = set->place[state];

    return place < set->count && set->list[place] == state;
}

static inline void sp_state_set_add(struct sp_state_set *set, uint32_t state)
{
    set->place[state] = set->count;
    set->list[set->count++] = state;
}

/* Does `state` take this byte? Then *to is where it goes on. */
static inline bool sp_regex_takes(const struct sp_regex *regex, const struct sp_regex_state *state, uint8_t byte,
                                  uint32_t *to)
{
    uint32_t n;

    *to = state->next;
    if (state->op == SP_REGEX_BYTES)
        return byte >= state->lo && byte <= state->hi;
    if (state->op == SP_REGEX_SET)
        return regex->set[state->set][byte / 64] >> byte % 64 & 1;
    if (state->op != SP_REGEX_JUMP)
        return false;
    n = regex->jump[state->set][byte];
    if (n > 1)
        *to = state->other + n - 2;
    return n != 0;
}

static inline bool sp_regex_word_byte(uint8_t b)
{
    return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '_';
}

/* regex_nfa.c: the simulation from `at` on, beginning in the `count` states of `states`; a new thread starts at `at`
 * and at each later byte if `search`. 1 match, 0 none. */
int sp_regex_nfa(struct sp_regex_scratch *scratch, struct sp_str text, size_t at, const uint32_t *states,
                 uint32_t count, bool search);

/* regex_dfa.c: the DFA state at the begin of the text, or the one behind `from` (times stride) and a class; special
 * ones as they are. SP_DFA_UNKNOWN: the cache has no room for it. Negative: SP_ERR_NOMEM. */
int64_t sp_dfa_start(struct sp_regex_scratch *scratch);
int64_t sp_dfa_next(struct sp_regex_scratch *scratch, uint32_t from, uint32_t class);
/* Forget all states but *from, which gets a new number, and the first. */
void sp_dfa_empty(struct sp_regex_scratch *scratch, uint32_t *from);

#endif
