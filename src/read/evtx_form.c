/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a body of plain elements, as logs that were forwarded or saved anew are full of: no template, its values are texts.
 * Out: what a template would have made of it: a plan, kept by the body's form, and the texts as its values.
 *
 *      <Data Name="Image">C:\x.exe</Data>
 *      start Data, attribute Name, "Image", close, text, end      the form: numbers; equal ones have the same plan
 *
 * The form is all that evtx_parse and evtx_flatten look at: tokens, names, the texts that name fields, and those that
 * are nothing but white space. A body with anything else in it has none and is parsed.
 *
 * Such a body knows its fields but not its nodes: whoever renders the record whole calls evtx_unform first.
 */
#include "base/alloc.h"
#include "read/evtx_inner.h"

enum {
    FORM_WORDS_MAX = 4096,
    START = 0x01, END_ELEMENT = 0x04, VALUE = 0x05, ATTRIBUTE = 0x06, MORE = 0x40, /* tokens; below 5 all are of elements */
    RAN_OUT = 0xFF /* no token: the bytes end */
};

/* A word of a form: the token as it is written, and the name or text that goes with it. */
#define WORD(token, id) ((uint32_t)(token) << 24 | (id))
#define WILD 0xFFFFFFu /* any text with something in it; no name has that number */

/* A body on its way to be a form; its words are e->word, its values those of e->value behind the ones that are in use. */
struct form {
    struct sp_evtx *e;
    struct evtx_value *value; /* room for as many as there can be words */
    uint32_t end;
    uint32_t words, values;
    const uint32_t *guess; /* words of the form before: perhaps this one begins like it */
    uint32_t guesses;
    bool dependency;
};

/* 1, 0 where there is no form, or SP_ERR_NOMEM; so do those below. */
static inline int found(int rc)
{
    return rc >= 0 ? 1 : rc == SP_ERR_NOMEM ? rc : 0;
}

/* The name that is referred to at `at`; `*behind` it. */
static inline int scan_name(const struct form *f, uint32_t at, uint32_t *behind, uint32_t *id)
{
    uint32_t name, size;
    int rc;

    if (f->end - at < 4)
        return 0;
    name = evtx_u32(f->e, at);
    at += 4;
    rc = evtx_name_at(f->e, name, &size, id);
    if (rc < 0)
        return found(rc);
    if (name == at && f->end - at < size)
        return 0;
    *behind = name == at ? at + size : at;
    return 1;
}

/* The number of a text that is part of the form; it is the word number `word`. */
static int number_text(const struct form *f, uint32_t word, const uint8_t *text, uint32_t len, uint32_t *id)
{
    const struct evtx_names *names = &f->e->names;

    *id = word < f->guesses ? f->guess[word] & WILD : WILD;
    if (*id < names->count && sp_str_eq(names->name[*id].key, (struct sp_str){ (const char *)text, len }))
        return 1;
    return found(evtx_name_utf16(f->e, text, len, id));
}

/* A text: part of the form when it `names` a field, or is empty or white; else a value. */
static inline int scan_text(struct form *f, uint32_t word, bool names, uint32_t *at, uint32_t *id)
{
    const uint8_t *bytes = f->e->bytes;
    uint32_t len, from = *at + 3;

    if (f->end - *at < 3 || bytes[*at] != EVTX_STRING)
        return 0;
    len = 2 * evtx_u16(f->e, *at + 1);
    if (f->end - from < len || len > UINT16_MAX)
        return 0;
    *at = from + len;
    if (names || !len || (bytes[from] <= ' ' && evtx_is_white(bytes + from, len)))
        return number_text(f, word, bytes + from, len, id);
    f->value[f->values++] = (struct evtx_value){ from, (uint16_t)len, EVTX_STRING, 0 };
    *id = WILD;
    return 1;
}

/* The form of the body: the tokens as evtx_parse takes them, whether or not they make sense. Between the token of an
 * element and its attributes stand a dependency, sizes and its name. */
static int scan(struct form *f, uint32_t at)
{
    const uint8_t *bytes = f->e->bytes;
    const uint32_t end = f->end, dependency = f->dependency ? 2 : 0;
    uint32_t *word = f->e->word, words = f->words, kind = START, id, size;
    bool names = false; /* a text here names a field */
    int rc = 1;

    for (; rc > 0 && kind != 0 && words < FORM_WORDS_MAX; words++) {
        uint8_t token;

        if (at >= end) {
            word[words] = WORD(RAN_OUT, 0);
            kind = 0;
            continue;
        }
        token = bytes[at++];
        kind = token & ~(uint32_t)MORE;
        id = 0;
        if (kind == VALUE) {
            rc = scan_text(f, words, names, &at, &id);
        } else if (kind == START || kind == ATTRIBUTE) {
            size = kind == START ? dependency + 4 : 0;
            rc = end - at < size ? 0 : scan_name(f, at += size, &at, &id);
            size = token == (START | MORE) ? 4 : 0;
            if (end - at < size)
                rc = 0;
            at += size;
        } else if (kind > END_ELEMENT) {
            rc = 0;
        }
        names = kind == ATTRIBUTE && id == EVTX_NAME_NAME;
        word[words] = WORD(token, id);
    }
    f->words = words;
    return rc > 0 && kind != 0 ? 0 : rc;
}

static uint64_t hash_of(const uint32_t *word, uint32_t count)
{
    uint64_t h = count;

    for (uint32_t i = 0; i < count; i++)
        h = (h ^ word[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

/* Texts that are part of the form get a copy, the others become the values that they are. */
static int set_texts(struct sp_evtx *e, const struct evtx_plan *plan)
{
    uint32_t value = 0;

    for (uint32_t i = plan->node; i < plan->node_end; i++) {
        struct evtx_node *node = &e->kept_parts.node[i];
        uint8_t *copy;

        if (node->kind != EVTX_TEXT)
            continue;
        if ((i > plan->node && node[-1].kind == EVTX_ATTRIBUTE && node[-1].name == EVTX_NAME_NAME) || evtx_is_white(node->text, node->len)) {
            copy = sp_arena_alloc(&e->copies, node->len + 1);
            if (!copy)
                return SP_ERR_NOMEM;
            memcpy(copy, node->text, node->len);
            e->copied += node->len;
            node->text = copy;
        } else {
            node->kind = EVTX_SUB;
            node->sub = (uint16_t)value++;
        }
    }
    return 0;
}

/* A plan for the body, as it is parsed; SP_ERR_FORMAT and others where it cannot be, or is none that values alone fill. */
static int parse_form(struct form *f, uint32_t from, struct evtx_plan *plan)
{
    struct sp_evtx *e = f->e;
    struct evtx_parts *parts = &e->kept_parts;
    int rc;

    parts->nodes_max = parts->nodes + FORM_WORDS_MAX;
    rc = evtx_parse_as(e, parts, from, f->end, f->dependency);
    plan->node_end = parts->nodes;
    if (rc == 0)
        rc = set_texts(e, plan);
    if (rc == 0)
        rc = evtx_flatten(e, parts, plan->node, plan->node_end, (enum evtx_place)plan->place);
    plan->field_end = parts->fields;
    for (uint32_t i = plan->field; i < plan->field_end && rc == 0; i++)
        if (parts->field[i].kind == EVTX_FIELD_MIXED || parts->field[i].flags & EVTX_FIELD_DYNAMIC)
            rc = SP_ERR_FORMAT;
    if (rc == 0)
        evtx_plan_survey(e, plan);
    return rc;
}

static int keep_form(struct form *f, uint32_t from, struct evtx_plan *plan)
{
    struct sp_evtx *e = f->e;
    struct evtx_parts *parts = &e->kept_parts;
    uint32_t *words = sp_arena_alloc(&e->copies, f->words * sizeof *words);
    int rc = words ? evtx_grow(&e->plan, e->plans, &e->plan_room, sizeof *e->plan) : SP_ERR_NOMEM;

    plan->node = parts->nodes;
    plan->field = parts->fields;
    if (rc == 0)
        rc = parse_form(f, from, plan);
    if (rc < 0) {
        parts->nodes = plan->node;
        parts->fields = plan->field;
        return rc == SP_ERR_NOMEM ? rc : 0;
    }
    memcpy(words, e->word, f->words * sizeof *words);
    e->copied += f->words * sizeof *words;
    plan->form = words;
    plan->words = f->words;
    e->plan[e->plans++] = *plan;
    evtx_kept_add(e, e->plans - 1);
    return 1;
}

int evtx_form_open(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, struct evtx_body *body)
{
    struct form f = { .e = e, .end = end, .dependency = evtx_dependency(e, at, end, false) };
    struct evtx_plan new = { .place = (uint8_t)place };
    uint32_t index;
    int rc;

    if (e->copied > 2 * EVTX_KEPT_BYTES)
        return 0;
    if (!e->word && !(e->word = sp_malloc(FORM_WORDS_MAX * sizeof *e->word)))
        return SP_ERR_NOMEM;
    if (e->form_before && e->form_before <= e->plans) {
        f.guess = e->plan[e->form_before - 1].form;
        f.guesses = f.guess ? e->plan[e->form_before - 1].words : 0;
    }
    if (evtx_values_room(e, FORM_WORDS_MAX) < 0)
        return SP_ERR_NOMEM;
    f.value = e->value + e->values;
    e->word[f.words++] = WORD(f.dependency, place);
    rc = scan(&f, at);
    if (rc <= 0)
        return rc;
    new.hash = hash_of(e->word, f.words);
    for (struct evtx_probe p = { 0 }; (index = evtx_kept_next(e, new.hash, &p)) != UINT32_MAX;)
        if (e->plan[index].form && e->plan[index].words == f.words && memcmp(e->plan[index].form, e->word, f.words * sizeof *e->word) == 0)
            break;
    if (index == UINT32_MAX) {
        rc = keep_form(&f, at, &new);
        if (rc <= 0)
            return rc;
        index = e->plans - 1;
    }
    *body = (struct evtx_body){ .parts = &e->kept_parts, .node = e->plan[index].node, .node_end = e->plan[index].node_end, .field = e->plan[index].field,
                                .field_end = e->plan[index].field_end, .value = e->values, .values = f.values, .plan = index + 1 };
    e->values += f.values;
    e->formed = true;
    e->form_before = index + 1;
    return 1;
}
