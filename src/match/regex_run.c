/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a program, scratch memory, a text. Out: match or none. The scratch owns the DFA's cache and keeps it from text
 * to text. When new states are needed about as often as bytes come, the cache does not pay: the rest of the text
 * goes through the NFA.
 *
 * A step of the DFA waits for the one before it. Where a state leads back to itself for most bytes, as the first one of
 * a search does, the walk rests there and asks of eight bytes at once whether one of them leads elsewhere.
 */
#include "match/regex_run.h"

#include "base/alloc.h"
#include "base/unicode.h"
#include "match/regex_scratch.h"

enum {
    BYTES_PER_STATE = 8, /* fewer than this: the cache thrashes */
    REST_AFTER = 24,     /* steps on the spot: it is a place to rest */
    REST_BYTES = 2048    /* to find that costs 256 look-ups: not more often than this */
};

static bool set_new(struct sp_state_set *set, uint32_t states)
{
    set->list = sp_realloc_array(NULL, states, sizeof *set->list);
    set->place = sp_zalloc((size_t)states * sizeof *set->place);
    return set->list && set->place;
}

struct sp_regex_scratch *sp_regex_scratch_new(const struct sp_regex *regex)
{
    struct sp_regex_scratch *s = sp_zalloc(sizeof *s);

    if (!s)
        return NULL;
    s->regex = regex;
    s->stride = regex->class_count + 2;
    s->dfa_count = SP_DFA_FIRST;
    s->stack = sp_realloc_array(NULL, regex->count, sizeof *s->stack);
    s->bitmap = sp_zalloc(((size_t)regex->count / 64 + 1) * sizeof *s->bitmap);
    if (!set_new(&s->now, regex->count) || !set_new(&s->next, regex->count) || !s->stack || !s->bitmap) {
        sp_regex_scratch_free(s);
        return NULL;
    }
    for (uint32_t b = 256; b-- > 0;)
        s->byte_of[regex->byte_class[b]] = (uint8_t)b;
    for (uint32_t i = 0; i < regex->count; i++)
        if (regex->state[i].op == SP_REGEX_ASSERT)
            s->asserted |= regex->state[i].assertion;
    return s;
}

void sp_regex_scratch_free(struct sp_regex_scratch *s)
{
    if (!s)
        return;
    sp_free(s->now.list);
    sp_free(s->now.place);
    sp_free(s->next.list);
    sp_free(s->next.place);
    sp_free(s->stack);
    sp_free(s->bitmap);
    sp_free(s->jump);
    sp_free(s->pool);
    sp_free(s->bucket);
    sp_free(s->dfa);
    sp_free(s);
}

int sp_regex_run_nfa(const struct sp_regex *regex, struct sp_regex_scratch *s, struct sp_str text)
{
    (void)regex;
    return sp_regex_nfa(s, text, 0, NULL, 0, true);
}

/* The rest of the text, from the set of a DFA state on. */
static int fall_back(struct sp_regex_scratch *s, struct sp_str text, size_t at, uint32_t state)
{
    const struct sp_dfa_state *set = &s->dfa[state / s->stride];

    s->fallen_back++;
    s->bytes += text.len - at;
    return sp_regex_nfa(s, text, at, s->pool + set->offset, set->len, !s->regex->anchored);
}

/* One step that is not in the cache. *state is where it leads, when the return value is SP_DFA_FIRST; SP_DFA_DEAD and
 * SP_DFA_MATCH are answers; SP_DFA_UNKNOWN: the cache is full and does not pay. */
static int slow_step(struct sp_regex_scratch *s, uint32_t *state, uint32_t class)
{
    int64_t id = sp_dfa_next(s, *state, class);

    if (id == SP_DFA_UNKNOWN) {
        if (s->bytes / BYTES_PER_STATE < s->dfa_count)
            return SP_DFA_UNKNOWN;
        sp_dfa_empty(s, state);
        id = sp_dfa_next(s, *state, class);
    }
    if (id < SP_DFA_FIRST)
        return (int)id;
    *state = (uint32_t)id;
    return SP_DFA_FIRST;
}

/* The walk steps on the spot in `state`: may it rest there? */
static void rest_in(struct sp_regex_scratch *s, uint32_t state, uint64_t bytes)
{
    if (s->rest && bytes - s->rested < REST_BYTES)
        return;
    for (uint32_t b = 0; b < 256; b++)
        s->stays[b] = s->jump[state + s->regex->byte_class[b]] == state;
    s->rest = state;
    s->rested = bytes;
}

/* The first byte from `i` on that leads out of the resting state. */
static size_t rest(const uint8_t *stays, const uint8_t *p, size_t i, size_t end)
{
    for (; end - i >= 8; i += 8)
        if (!(stays[p[i]] & stays[p[i + 1]] & stays[p[i + 2]] & stays[p[i + 3]] & stays[p[i + 4]] & stays[p[i + 5]] &
              stays[p[i + 6]] & stays[p[i + 7]]))
            break;
    while (i < end && stays[p[i]])
        i++;
    return i;
}

/* Bytes from *at to `end` through the cache. As slow_step; SP_DFA_FIRST at the end. */
static int walk(struct sp_regex_scratch *s, struct sp_str text, size_t end, size_t *at, uint32_t *state)
{
    const uint8_t *class = s->regex->byte_class, *p = (const uint8_t *)text.ptr;
    size_t i = *at, from = i;
    const uint32_t *jump = s->jump;
    uint32_t now = *state, next, same = 0;
    int rc = SP_DFA_FIRST;

    while (i < end) {
        if (now == s->rest && (i = rest(s->stays, p, i, end)) == end)
            break;
        next = jump[now + class[p[i]]];
        if (next >= SP_DFA_FIRST) {
            same = next == now ? same + 1 : 0;
            now = next;
            i++;
            if (same == REST_AFTER)
                rest_in(s, now, s->bytes + i - from);
            continue;
        }
        if (next != SP_DFA_UNKNOWN) {
            rc = (int)next;
            break;
        }
        s->bytes += i - from;
        s->steps += i - from;
        from = i;
        next = now;
        rc = slow_step(s, &now, class[p[i]]);
        if (rc != SP_DFA_FIRST)
            break;
        if (now == next && now == s->rest) /* one more byte that stays */
            s->rest = 0;
        jump = s->jump; /* it may have moved */
        i++;
    }
    s->bytes += i - from;
    s->steps += i - from;
    *at = i;
    *state = now;
    return rc;
}

/* The last one or two steps: a newline that ends the text, and the end. */
static int finish(struct sp_regex_scratch *s, size_t left, uint32_t *state)
{
    uint32_t class = s->regex->class_count + (left ? 0 : 1);
    uint32_t next = s->jump[*state + class];
    int rc = SP_DFA_FIRST;

    if (next >= SP_DFA_FIRST)
        *state = next;
    else if (next != SP_DFA_UNKNOWN)
        return (int)next;
    else
        rc = slow_step(s, state, class);
    return rc;
}

/* A regex that asks for a run of code points of one set and nothing else. */
static bool find_run(const struct sp_regex *regex, struct sp_str text)
{
    uint32_t run = 0;
    size_t at = 0;

    while (at < text.len && run < regex->run_least) {
        unsigned char c = (unsigned char)text.ptr[at];
        bool in;

        if (c < 0x80) {
            in = regex->run_ascii[c / 64] >> c % 64 & 1;
            at++;
        } else {
            in = sp_utf8_next(text, &at) != SP_UTF8_BAD && regex->run_wide;
        }
        run = in ? run + 1 : 0;
    }
    return run >= regex->run_least;
}

int sp_regex_run(const struct sp_regex *regex, struct sp_regex_scratch *s, struct sp_str text)
{
    bool final = (s->asserted & SP_REGEX_END_NEWLINE) && text.len && text.ptr[text.len - 1] == '\n';
    size_t at = 0, end = text.len - final;
    uint32_t state;
    int64_t start;
    int rc;

    if (text.len < regex->length_min)
        return 0;
    if (regex->run_least)
        return find_run(regex, text);
    start = sp_dfa_start(s);
    if (start < SP_DFA_FIRST)
        return start == SP_DFA_UNKNOWN ? sp_regex_run_nfa(regex, s, text) : start < 0 ? (int)start : start == SP_DFA_MATCH;
    state = (uint32_t)start;
    rc = walk(s, text, end, &at, &state);
    if (rc == SP_DFA_FIRST && final) {
        rc = finish(s, 1, &state);
        at += rc == SP_DFA_FIRST;
    }
    if (rc == SP_DFA_FIRST)
        rc = finish(s, 0, &state);
    if (rc == SP_DFA_UNKNOWN)
        return fall_back(s, text, at, state);
    return rc < 0 ? rc : rc == SP_DFA_MATCH;
}
