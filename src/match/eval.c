/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rules (immutable) and one event after the other. Out: TRUE, FALSE or UNKNOWN. Owns the look-up scratch and the
 * scratch of each regex; memory that runs out is sticky in `failed` until the call returns it.
 */
#include "match/eval.h"

#include <arpa/inet.h>
#include <endian.h>

#include "base/alloc.h"
#include "match/decimal.h"
#include "match/lookup.h"
#include "match/regex_run.h"
#include "match/scan.h"
#include "match/text.h"

struct class_rules {
    const struct sp_rule **rule;
    uint32_t count;
};

/* What decided a step the last time: a part of an OR, by number, or a literal, by where it lies. It is tried first, as events
 * come in rows; what comes out does not depend on it. */
struct hint {
    const struct sp_step *step;
    uint32_t which;
};

enum { HINTS = 1024 }; /* a power of two */

struct sp_eval {
    const struct sp_rule_set *set;
    struct hint hint[HINTS];         /* by step; one takes another's place */
    struct sp_lookup *lookup;
    struct sp_regex_scratch **regex; /* by regex id, made on first use */
    struct class_rules *of_class;    /* by class id */
    uint32_t class_room;
    struct sp_logsource *source;     /* log sources of the rules, each once; made when the first class is met */
    uint32_t sources;
    uint32_t *source_of;             /* by rule: index in `source` */
    bool *applies;                   /* by log source: scratch for one class */
    struct sp_buf scratch;
    bool failed;
};

struct sp_eval *sp_eval_new(const struct sp_rule_set *set, struct sp_events *events)
{
    struct sp_eval *e = sp_zalloc(sizeof *e);

    if (!e)
        return NULL;
    e->set = set;
    e->lookup = sp_lookup_new(set, events);
    e->regex = sp_zalloc(((size_t)set->regex_count + 1) * sizeof(struct sp_regex_scratch *));
    if (!e->lookup || !e->regex) {
        sp_eval_free(e);
        return NULL;
    }
    return e;
}

void sp_eval_free(struct sp_eval *e)
{
    if (!e)
        return;
    for (uint32_t i = 0; e->regex && i < e->set->regex_count; i++)
        sp_regex_scratch_free(e->regex[i]);
    for (uint32_t i = 0; i < e->class_room; i++)
        sp_free(e->of_class[i].rule);
    sp_lookup_free(e->lookup);
    sp_buf_done(&e->scratch);
    sp_free(e->regex);
    sp_free(e->of_class);
    sp_free(e->source);
    sp_free(e->source_of);
    sp_free(e->applies);
    sp_free(e);
}

void sp_eval_begin(struct sp_eval *e, const struct sp_event *event)
{
    sp_lookup_begin(e->lookup, event);
}

struct sp_lookup *sp_eval_lookup(struct sp_eval *e)
{
    return e->lookup;
}

static bool room_for_class(struct sp_eval *e, uint32_t id)
{
    uint32_t room = e->class_room ? e->class_room : 64;
    struct class_rules *grown;

    if (id < e->class_room)
        return true;
    while (room <= id)
        room *= 2;
    grown = sp_realloc_array(e->of_class, room, sizeof *grown);
    if (!grown)
        return false;
    memset(grown + e->class_room, 0, (room - e->class_room) * sizeof *grown);
    e->of_class = grown;
    e->class_room = room;
    return true;
}

static bool same_source(const struct sp_logsource *a, const struct sp_logsource *b)
{
    return sp_str_eq(a->product, b->product) && sp_str_eq(a->category, b->category) && sp_str_eq(a->service, b->service);
}

/* Thousands of rules have some hundred log sources: those are compared with a class. */
static bool know_sources(struct sp_eval *e)
{
    uint32_t room = 16, *slot;

    while (room < 2 * e->set->rule_count)
        room *= 2;
    slot = sp_zalloc(room * sizeof *slot);
    e->source = sp_realloc_array(NULL, (size_t)e->set->rule_count + 1, sizeof *e->source);
    e->source_of = sp_realloc_array(NULL, (size_t)e->set->rule_count + 1, sizeof *e->source_of);
    e->applies = sp_zalloc((size_t)e->set->rule_count + 1);
    for (uint32_t i = 0; slot && e->source && e->source_of && e->applies && i < e->set->rule_count; i++) {
        const struct sp_logsource *l = &e->set->rule[i]->logsource;
        uint64_t at = sp_str_hash(l->category) * 3 + sp_str_hash(l->service) * 5 + sp_str_hash(l->product);

        while (slot[at & (room - 1)] && !same_source(&e->source[slot[at & (room - 1)] - 1], l))
            at++;
        if (!slot[at & (room - 1)]) {
            e->source[e->sources] = *l;
            slot[at & (room - 1)] = ++e->sources;
        }
        e->source_of[i] = slot[at & (room - 1)] - 1;
    }
    if (!slot || !e->source || !e->source_of || !e->applies) {
        sp_free(e->source); /* tried again at the next class */
        sp_free(e->source_of);
        sp_free(e->applies);
        e->source = NULL;
        e->source_of = NULL;
        e->applies = NULL;
    }
    sp_free(slot);
    return e->source != NULL;
}

const struct sp_rule *const *sp_eval_rules(struct sp_eval *e, const struct sp_class *c, uint32_t *ret_count)
{
    static const struct sp_rule *const nothing[1] = { NULL };
    struct class_rules *found;

    if (c->id == SP_CLASS_NONE) { /* no log source: no rule applies, and the number is no index */
        *ret_count = 0;
        return nothing;
    }
    if (!room_for_class(e, c->id))
        return NULL;
    found = &e->of_class[c->id];
    if (!found->rule) {
        if (!e->source && !know_sources(e))
            return NULL;
        found->rule = sp_zalloc(((size_t)e->set->rule_count + 1) * sizeof(const struct sp_rule *));
        if (!found->rule)
            return NULL;
        for (uint32_t i = 0; i < e->sources; i++)
            e->applies[i] = sp_class_has(c, &e->source[i]);
        for (uint32_t i = 0; i < e->set->rule_count; i++)
            if (e->applies[e->source_of[i]])
                found->rule[found->count++] = e->set->rule[i];
    }
    *ret_count = found->count;
    return found->rule;
}

/* A number of the event, or text that reads as one (SPEC: sigma-T7). Hexadecimal types are text: "0x10". */
static bool decimal_of(struct sp_eval *e, struct sp_seen *seen, struct sp_decimal *ret)
{
    switch ((enum sp_value_type)seen->value.type) {
    case SP_V_INT:
    case SP_V_UINT:
    case SP_V_NUMBER:
    case SP_V_REAL32:
    case SP_V_REAL64:
    case SP_V_TEXT:
    case SP_V_JSON_TEXT:
    case SP_V_UTF16:
    case SP_V_ANSI:
        if (!sp_lookup_text(e->lookup, seen)) {
            e->failed = true;
            return false;
        }
        return sp_decimal_parse(seen->text, sp_value_is_number(seen->value), ret);
    case SP_V_NULL:
    case SP_V_HEX:
    case SP_V_BOOL:
    case SP_V_TRUE:
    case SP_V_FALSE:
    case SP_V_BINARY:
    case SP_V_GUID:
    case SP_V_SID:
    case SP_V_FILETIME:
    case SP_V_SYSTEMTIME:
    case SP_V_LIST:
    case SP_V_MAP:
    default:
        return false;
    }
}

static bool match_number(struct sp_eval *e, struct sp_seen *seen, struct sp_str number, enum sp_compare compare)
{
    struct sp_decimal a, b;
    int c;

    if (!decimal_of(e, seen, &a) || !sp_decimal_parse(number, false, &b))
        return false;
    c = sp_decimal_cmp(&a, &b);
    switch (compare) {
    case SP_GT:
        return c > 0;
    case SP_GTE:
        return c >= 0;
    case SP_LT:
        return c < 0;
    case SP_LTE:
        return c <= 0;
    case SP_NEQ:
        return c != 0;
    case SP_EQ:
    default:
        return c == 0;
    }
}

static bool match_text(struct sp_eval *e, const struct sp_pattern *p, struct sp_seen *seen)
{
    struct sp_decimal rule;

    /* A number in the event equals a rule's text that reads as a number by value, both written plainly. */
    if (p->where == SP_WHERE_WHOLE && p->token_count == 1 && p->token[0].kind == SP_T_LITERAL &&
        sp_value_is_number(seen->value) && seen->value.type != SP_V_HEX && sp_decimal_parse(p->token[0].literal, false, &rule))
        return match_number(e, seen, p->token[0].literal, SP_EQ);
    if (!(p->cased ? sp_lookup_text(e->lookup, seen) : sp_lookup_folded(e->lookup, seen))) {
        e->failed = true;
        return false;
    }
    return sp_text_match(p, p->cased ? seen->text : seen->folded);
}

static bool match_bool(struct sp_eval *e, struct sp_seen *seen, bool wanted)
{
    if (seen->value.type == SP_V_TRUE || seen->value.type == SP_V_FALSE)
        return (seen->value.type == SP_V_TRUE) == wanted;
    if (sp_value_is_number(seen->value))
        return false;
    if (!sp_lookup_folded(e->lookup, seen)) {
        e->failed = true;
        return false;
    }
    return sp_str_is(seen->folded, wanted ? "true" : "false");
}

/* A literal that every match holds is looked for much faster than the regex. */
static bool holds_required(struct sp_eval *e, const struct sp_regex *regex, struct sp_seen *seen)
{
    bool fold = regex->flags & SP_REGEX_FOLD;

    if (!(fold ? sp_lookup_folded(e->lookup, seen) : sp_lookup_text(e->lookup, seen))) {
        e->failed = true;
        return false;
    }
    return sp_text_find(fold ? seen->folded : seen->text, regex->required) != SIZE_MAX;
}

static bool match_regex(struct sp_eval *e, const struct sp_regex *regex, struct sp_seen *seen)
{
    int rc;

    if (regex->required.len && !holds_required(e, regex, seen))
        return false;
    if (!e->regex[regex->id])
        e->regex[regex->id] = sp_regex_scratch_new(regex);
    if (!e->regex[regex->id] || !sp_lookup_text(e->lookup, seen)) {
        e->failed = true;
        return false;
    }
    rc = sp_regex_run(regex, e->regex[regex->id], seen->text);
    e->failed |= rc < 0;
    return rc > 0;
}

/* Text as 16 bytes, v4 as v4-mapped; false when it is no address. A zone id is ignored (contract 1, cidr). */
static bool address_of(struct sp_str text, uint8_t out[16])
{
    char copy[INET6_ADDRSTRLEN + 1];
    const char *zone = text.len ? memchr(text.ptr, '%', text.len) : NULL;
    size_t len = zone ? (size_t)(zone - text.ptr) : text.len;

    if (len >= sizeof copy || len == 0 || memchr(text.ptr, '\0', len))
        return false;
    memcpy(copy, text.ptr, len);
    copy[len] = '\0';
    if (memchr(copy, ':', len)) /* each v6 address has one, and no v4 address */
        return inet_pton(AF_INET6, copy, out) == 1;
    memset(out, 0, 10);
    out[10] = out[11] = 0xFF;
    return !zone && inet_pton(AF_INET, copy, out + 12) == 1;
}

/* Do two addresses agree in their first `bits` (0 to 128)? */
static bool same_network(const uint8_t a[16], const uint8_t b[16], unsigned bits)
{
    uint64_t apart[2] = { 0, 0 };

    for (unsigned half = 0; half < 2; half++) {
        uint64_t x, y;

        memcpy(&x, a + 8 * half, sizeof x);
        memcpy(&y, b + 8 * half, sizeof y);
        apart[half] = be64toh(x ^ y);
    }
    if (bits <= 64)
        return !bits || apart[0] >> (64 - bits) == 0;
    return apart[0] == 0 && apart[1] >> (128 - bits) == 0;
}

static bool match_cidr(struct sp_eval *e, const struct sp_pattern *p, struct sp_seen *seen)
{
    static const uint8_t v4[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

    if (seen->is_address == SP_ADDRESS_NOT_ASKED) {
        if (!sp_lookup_text(e->lookup, seen)) {
            e->failed = true;
            return false;
        }
        seen->is_address = address_of(seen->text, seen->address) ? SP_ADDRESS_YES : SP_ADDRESS_NO;
    }
    if (seen->is_address == SP_ADDRESS_NO)
        return false;
    if (p->prefix < 96 && same_network(seen->address, v4, 96))
        return false; /* a v4 address lies in no v6 network, ::/0 included */
    return same_network(seen->address, p->network, p->prefix);
}

static bool match_timepart(struct sp_eval *e, const struct sp_pattern *p, struct sp_seen *seen)
{
    struct sp_time t;
    struct sp_date d;

    t = sp_value_time(seen->value, &e->scratch);
    if (!t.known)
        return false;
    d = sp_time_date(t.sec);
    switch (p->part) {
    case SP_MINUTE:
        return d.minute == p->part_value;
    case SP_HOUR:
        return d.hour == p->part_value;
    case SP_DAY:
        return d.day == p->part_value;
    case SP_WEEK:
        return d.iso_week == p->part_value;
    case SP_MONTH:
        return d.month == p->part_value;
    case SP_YEAR:
    default:
        return d.year == p->part_value;
    }
}

/* One value against the values of another field (SPEC: sigma-T17). */
static bool match_field(struct sp_eval *e, const struct sp_pattern *p, struct sp_seen *seen, struct sp_slot *other)
{
    struct sp_decimal a, b;

    for (uint32_t i = 0; i < other->count; i++) {
        struct sp_seen *o = &other->seen[i];

        if (o->value.type == SP_V_NULL || o->value.type == SP_V_MAP)
            continue;
        if (p->where == SP_WHERE_WHOLE && (sp_value_is_number(seen->value) || sp_value_is_number(o->value)) &&
            decimal_of(e, seen, &a) && decimal_of(e, o, &b) && sp_decimal_cmp(&a, &b) == 0)
            return true;
        if (p->cased ? !sp_lookup_text(e->lookup, seen) || !sp_lookup_text(e->lookup, o)
                     : !sp_lookup_folded(e->lookup, seen) || !sp_lookup_folded(e->lookup, o)) {
            e->failed = true;
            return false;
        }
        if (sp_text_where(p->where, p->cased ? seen->text : seen->folded, p->cased ? o->text : o->folded))
            return true;
    }
    return false;
}

static bool match_value(struct sp_eval *e, const struct sp_pattern *p, struct sp_seen *seen, struct sp_slot *other)
{
    if (seen->value.type == SP_V_NULL)
        return p->kind == SP_P_NULL;
    if (seen->value.type == SP_V_MAP)
        return false;
    switch (p->kind) {
    case SP_P_TEXT:
        return match_text(e, p, seen);
    case SP_P_NUMBER:
        return match_number(e, seen, p->number, SP_EQ);
    case SP_P_COMPARE:
        return match_number(e, seen, p->number, p->compare);
    case SP_P_BOOL:
        return match_bool(e, seen, p->truth);
    case SP_P_REGEX:
        return match_regex(e, p->regex, seen);
    case SP_P_CIDR:
        return match_cidr(e, p, seen);
    case SP_P_TIMEPART:
        return match_timepart(e, p, seen);
    case SP_P_FIELD:
        return match_field(e, p, seen, other);
    case SP_P_NULL:
    default:
        return false;
    }
}

/* Any value of the slot; `*which` gets it, NULL for a field that is not there and should not be. */
static enum sp_truth match_pattern(struct sp_eval *e, const struct sp_rule *rule, const struct sp_pattern *p, struct sp_slot *slot,
                                   struct sp_seen **which)
{
    struct sp_slot *other = NULL;

    if (p->kind == SP_P_FIELD) {
        other = sp_lookup_field(e->lookup, rule, p);
        if (!other) {
            e->failed = true;
            return SP_FALSE;
        }
        if (other->presence == SP_IMPOSSIBLE)
            return SP_UNKNOWN;
    }
    if (slot->presence == SP_MISSING)
        return p->kind == SP_P_NULL ? SP_TRUE : SP_FALSE;
    for (uint32_t i = 0; i < slot->count && !e->failed; i++)
        if (match_value(e, p, &slot->seen[i], other)) {
            *which = &slot->seen[i];
            return SP_TRUE;
        }
    return SP_FALSE;
}

/* A side of a fieldref that is not there makes the item false, also under neq (contract 1; SPEC: sigma-T17). */
static bool side_missing(struct sp_eval *e, const struct sp_rule *rule, const struct sp_item *item, struct sp_slot *slot)
{
    for (uint32_t i = 0; i < item->pattern_count; i++) {
        struct sp_slot *other;

        if (item->pattern[i].kind != SP_P_FIELD)
            continue;
        other = sp_lookup_field(e->lookup, rule, &item->pattern[i]);
        if (!other) {
            e->failed = true;
            return true;
        }
        if (slot->presence == SP_MISSING || other->presence == SP_MISSING)
            return true;
    }
    return false;
}

static enum sp_truth truth_not(enum sp_truth t)
{
    return t == SP_UNKNOWN ? SP_UNKNOWN : t == SP_TRUE ? SP_FALSE : SP_TRUE;
}

static enum sp_truth eval_item(struct sp_eval *e, const struct sp_rule *rule, const struct sp_item *item, struct sp_slot *slot,
                               struct sp_seen **which)
{
    enum sp_truth all = item->all ? SP_TRUE : SP_FALSE;

    if (slot->presence == SP_IMPOSSIBLE)
        return SP_UNKNOWN;
    if (item->exists)
        return (slot->presence == SP_PRESENT) == item->exists_wanted ? SP_TRUE : SP_FALSE;
    if (item->neq && side_missing(e, rule, item, slot))
        return SP_FALSE;
    for (uint32_t i = 0; i < item->pattern_count && !e->failed; i++) {
        enum sp_truth one = match_pattern(e, rule, &item->pattern[i], slot, which);

        if (one == (item->all ? SP_FALSE : SP_TRUE)) {
            all = one;
            break;
        }
        if (one == SP_UNKNOWN)
            all = SP_UNKNOWN;
    }
    return item->neq ? truth_not(all) : all;
}

static enum sp_truth eval_expr(struct sp_eval *e, const struct sp_rule *rule, const struct sp_expr *x);

static enum sp_truth eval_leaf(struct sp_eval *e, const struct sp_rule *rule, const struct sp_item *item)
{
    struct sp_seen *which = NULL;
    struct sp_slot *slot = sp_lookup_item(e->lookup, rule, item);

    if (!slot) {
        e->failed = true;
        return SP_FALSE;
    }
    return eval_item(e, rule, item, slot, &which);
}

/* AND and OR are counts too: all of them, at least one; whoever is decided stops early. */
static enum sp_truth eval_count(struct sp_eval *e, const struct sp_rule *rule, const struct sp_expr *x, uint32_t least)
{
    uint32_t yes = 0, maybe = 0;

    for (uint32_t i = 0; i < x->child_count && !e->failed; i++) {
        enum sp_truth t;

        if (yes + maybe + (x->child_count - i) < least)
            return SP_FALSE;
        t = eval_expr(e, rule, x->child[i]);
        yes += t == SP_TRUE;
        maybe += t == SP_UNKNOWN;
        if (yes >= least)
            return SP_TRUE;
    }
    return yes >= least ? SP_TRUE : yes + maybe >= least ? SP_UNKNOWN : SP_FALSE;
}

/* Depth is bounded by SP_CONDITION_DEPTH_MAX when the rule is parsed. */
static enum sp_truth eval_expr(struct sp_eval *e, const struct sp_rule *rule, const struct sp_expr *x)
{
    switch (x->kind) {
    case SP_E_ITEM:
        return eval_leaf(e, rule, x->item);
    case SP_E_NOT:
        return truth_not(eval_expr(e, rule, x->child[0]));
    case SP_E_AND:
        return eval_count(e, rule, x, x->child_count);
    case SP_E_OR:
        return eval_count(e, rule, x, 1);
    case SP_E_COUNT:
    default:
        return eval_count(e, rule, x, x->least);
    }
}

/* The folded text of a value that patterns look at; false: it has none, or memory ran out (e->failed). */
static bool text_of(struct sp_eval *e, struct sp_seen *seen, struct sp_str *ret)
{
    if (seen->value.type == SP_V_NULL || seen->value.type == SP_V_MAP)
        return false;
    if (!sp_lookup_folded(e->lookup, seen)) {
        e->failed = true;
        return false;
    }
    *ret = seen->folded;
    return true;
}

/* May some pattern of the item match some value of the slot? */
static bool worth_a_look(struct sp_eval *e, const struct sp_scan *scan, struct sp_slot *slot)
{
    struct sp_str text;

    for (uint32_t i = 0; i < slot->count; i++)
        if (text_of(e, &slot->seen[i], &text) && sp_scan_folded(scan, text))
            return true;
    return false;
}

static enum sp_truth eval_scanned(struct sp_eval *e, const struct sp_rule *rule, const struct sp_step *x)
{
    struct sp_seen *which = NULL;
    struct sp_slot *slot = sp_lookup_item(e->lookup, rule, x->item);

    if (!slot) {
        e->failed = true;
        return SP_FALSE;
    }
    if (slot->presence == SP_PRESENT && !worth_a_look(e, x->scan, slot))
        return x->item->neq ? SP_TRUE : SP_FALSE;
    return eval_item(e, rule, x->item, slot, &which);
}

/* One literal of a packed item, at *at, which moves behind it. */
static struct sp_str next_literal(const unsigned char **at, struct sp_packed *head)
{
    struct sp_str literal;

    memcpy(head, *at, sizeof *head);
    literal = (struct sp_str){ (const char *)*at + sizeof *head, head->len };
    *at += sizeof *head + head->len;
    return literal;
}

static bool any_value(struct sp_eval *e, struct sp_slot *slot, const struct sp_packed *head, struct sp_str literal)
{
    struct sp_str text;

    for (uint32_t i = 0; i < slot->count; i++)
        if (text_of(e, &slot->seen[i], &text) &&
            (head->where == SP_WHERE_ANY ? sp_text_find_rare(text, literal, head->rare) != SIZE_MAX : sp_text_where((enum sp_where)head->where, text, literal)))
            return true;
    return false;
}

static struct hint *hint_of(struct sp_eval *e, const struct sp_step *x)
{
    struct hint *h = &e->hint[(uint32_t)((uintptr_t)x / 16 * UINT32_C(0x9E3779B1)) >> 22];

    if (h->step != x)
        *h = (struct hint){ x, 0 };
    return h;
}

/* Is the literal at `at` (moved behind it) one that decides: met, or of those that must all be there not met? */
static bool decides(struct sp_eval *e, const struct sp_step *x, struct sp_slot *slot, const unsigned char **at)
{
    struct sp_packed head;
    struct sp_str literal = next_literal(at, &head);

    return any_value(e, slot, &head, literal) != x->all;
}

static enum sp_truth eval_packed(struct sp_eval *e, const struct sp_step *x)
{
    struct sp_slot *slot = sp_lookup_at(e->lookup, x->number);
    const unsigned char *at = x->literal, *tried, *behind;
    struct hint *hint;
    bool decided;

    if (!slot) {
        e->failed = true;
        return SP_FALSE;
    }
    if (slot->presence != SP_PRESENT || (x->scan && !worth_a_look(e, x->scan, slot)))
        return x->neq ? SP_TRUE : SP_FALSE;
    hint = hint_of(e, x);
    tried = behind = x->literal + hint->which;
    decided = decides(e, x, slot, &behind);
    for (uint32_t i = 0; i < x->count && !decided; i++) {
        uint32_t which = (uint32_t)(at - x->literal);

        if (at == tried) {
            at = behind;
            continue;
        }
        decided = decides(e, x, slot, &at);
        if (decided)
            hint->which = which;
    }
    return (decided != x->all) != x->neq ? SP_TRUE : SP_FALSE;
}

/* As eval_expr over the steps of an origin. */
static enum sp_truth eval_step(struct sp_eval *e, const struct sp_rule *rule, const struct sp_step *x)
{
    struct hint *hint = NULL;
    uint32_t yes = 0, maybe = 0, first = 0;

    if (x->kind == SP_STEP_PACKED)
        return eval_packed(e, x);
    if (x->kind == SP_STEP_CONSTANT)
        return x->truth;
    if (x->kind == SP_STEP_ITEM)
        return x->scan ? eval_scanned(e, rule, x) : eval_leaf(e, rule, x->item);
    if (x->kind == SP_STEP_NOT)
        return truth_not(eval_step(e, rule, x->part));
    if (x->least == 1 && x->count > 1) {
        hint = hint_of(e, x);
        first = hint->which;
    }
    for (uint32_t i = 0; i < x->count && !e->failed; i++) {
        uint32_t which = i == 0 ? first : i <= first ? i - 1 : i;
        enum sp_truth t;

        if (yes + maybe + (x->count - i) < x->least)
            return SP_FALSE;
        t = eval_step(e, rule, &x->part[which]);
        yes += t == SP_TRUE;
        maybe += t == SP_UNKNOWN;
        if (yes >= x->least) {
            if (hint)
                hint->which = which;
            return SP_TRUE;
        }
    }
    return yes >= x->least ? SP_TRUE : yes + maybe >= x->least ? SP_UNKNOWN : SP_FALSE;
}

int sp_eval_step(struct sp_eval *e, const struct sp_rule *rule, const struct sp_step *step, enum sp_truth *ret)
{
    e->failed = false;
    *ret = eval_step(e, rule, step);
    return e->failed ? SP_ERR_NOMEM : 0;
}

int sp_eval_expr(struct sp_eval *e, const struct sp_rule *rule, const struct sp_expr *expr, enum sp_truth *ret)
{
    e->failed = false;
    *ret = eval_expr(e, rule, expr);
    return e->failed ? SP_ERR_NOMEM : 0;
}

int sp_eval_rule(struct sp_eval *e, const struct sp_rule *rule, enum sp_truth *ret)
{
    return sp_eval_expr(e, rule, rule->condition, ret);
}

int sp_eval_item(struct sp_eval *e, const struct sp_rule *rule, const struct sp_item *item, struct sp_item_seen *ret)
{
    struct sp_slot *slot = sp_lookup_item(e->lookup, rule, item);
    struct sp_seen *which = NULL;

    if (!slot)
        return SP_ERR_NOMEM;
    e->failed = false;
    *ret = (struct sp_item_seen){ .missing = slot->presence == SP_MISSING };
    ret->truth = eval_item(e, rule, item, slot, &which);
    if (!which && slot->count && item->field.len)
        which = &slot->seen[0];
    if (which) {
        e->failed |= !sp_lookup_text(e->lookup, which);
        ret->text = which->text;
        ret->has_text = which->value.type != SP_V_NULL && which->value.type != SP_V_MAP;
    }
    return e->failed ? SP_ERR_NOMEM : 0;
}
