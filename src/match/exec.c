/* SPDX-License-Identifier: Apache-2.0
 *
 * In: events. Out: the rules that are TRUE, counts of those that are UNKNOWN. Owns the interpreter, the marks, the list
 * of hits and the counts, of looks too where they are asked for; a plan is shared and only read.
 *
 *   event ─▶ origin (hash of class, channel, provider, event id) ─▶ residual; no rules: done, most events end here
 *         ─▶ names: one pass over the event's fields, each by its hash to the residual's number for it
 *         ─▶ met before with all these values (recall.h): done
 *         ─▶ fields with keys: value folded once, through the field's index: marks
 *         ─▶ marked rules, by rank: the interpreter, over values looked up and folded already
 *
 * A rule that is not marked is its fallback. Where that is UNKNOWN nothing is done at the event: the residual counts its
 * events, each marked rule that came out otherwise is taken off, and the sum is made at the end. Steady state allocates
 * nothing: names, marks and values lie in memory that the next event reuses.
 */
#include "match/exec.h"

#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "match/decimal.h"
#include "match/lookup.h"
#include "match/plan.h"
#include "match/recall.h"

/* What this worker has seen of an origin. */
struct met {
    const struct sp_origin *origin;
    uint64_t events;
    int luck; /* LUCK at first: less by one for each event, more for each that was met before; 0: hardly asked */
};

/* A name of the residual in the event in hand. */
struct raw_seen {
    uint32_t epoch, node;
    bool more; /* a second field of that name */
};

enum { LUCK = 64, LUCK_GAIN = 12, LUCK_TRY = 32 };

struct sp_exec {
    const struct sp_rule_set *set;
    struct sp_plan *plan; /* NULL: the plain engine */
    struct sp_eval *eval;
    struct sp_lookup *lookup;
    const struct sp_rule **hit; /* as many as there are rules */
    struct sp_unknowns unknowns;
    struct sp_rule_looks *looks; /* by rank; NULL: nobody asks what rules cost */
    struct met *met;            /* open addressing by hash, a power of two */
    uint32_t met_room, met_count;
    const struct sp_event *event;       /* in hand */
    const struct sp_residual *residual; /* its; NULL before its names are read */
    struct raw_seen *raw;
    uint32_t raw_room, epoch;
    struct sp_marks marks;
    struct sp_recall *recall;
    uint32_t *outcome;          /* as many as there are rules: number in the residual * 4 + truth, where it is not the fallback */
    uint32_t plainly;           /* so many more events of new origins are judged plainly */
};

static int known_field(void *arg, uint32_t number);

struct sp_exec *sp_exec_new(const struct sp_rule_set *set, struct sp_events *events, struct sp_plan *plan)
{
    struct sp_exec *x = sp_zalloc(sizeof *x);

    if (!x)
        return NULL;
    x->set = set;
    x->plan = plan;
    x->plainly = plan ? sp_plan_plainly(plan) : 0;
    x->eval = sp_eval_new(set, events);
    x->hit = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof(const struct sp_rule *));
    x->marks.stamp = sp_zalloc(((size_t)set->rule_count + 1) * sizeof *x->marks.stamp);
    x->marks.rule = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *x->marks.rule);
    x->met_room = 256;
    x->met = sp_zalloc(x->met_room * sizeof *x->met);
    x->outcome = sp_realloc_array(NULL, (size_t)set->rule_count + 1, sizeof *x->outcome);
    x->recall = sp_recall_new();
    if (!x->eval || !x->hit || !x->marks.stamp || !x->marks.rule || !x->met || !x->outcome || !x->recall) {
        sp_exec_free(x);
        return NULL;
    }
    x->lookup = sp_eval_lookup(x->eval);
    if (plan)
        sp_lookup_from(x->lookup, known_field, x);
    return x;
}

void sp_exec_free(struct sp_exec *x)
{
    if (!x)
        return;
    sp_eval_free(x->eval);
    sp_unknowns_done(&x->unknowns);
    sp_free(x->looks);
    sp_free(x->hit);
    sp_free(x->marks.stamp);
    sp_free(x->marks.rule);
    sp_recall_free(x->recall);
    sp_free(x->outcome);
    sp_free(x->met);
    sp_free(x->raw);
    sp_free(x);
}

struct sp_eval *sp_exec_eval(struct sp_exec *x)
{
    return x->eval;
}

/* ---------------------------------------------------------------- counts of UNKNOWN */

void sp_unknowns_done(struct sp_unknowns *u)
{
    for (uint32_t i = 0; i < u->classes; i++)
        sp_free(u->count[i]);
    sp_free(u->count);
    *u = (struct sp_unknowns){ 0 };
}

/* The counts of a class, all zero at first; NULL: memory ran out. */
static uint64_t *counts(struct sp_unknowns *u, uint32_t class_id, uint32_t rules)
{
    if (class_id >= u->classes) {
        uint32_t room = u->classes ? u->classes : 64;
        uint64_t **grown;

        while (room <= class_id)
            room *= 2;
        grown = sp_realloc_array(u->count, room, sizeof(uint64_t *));
        if (!grown)
            return NULL;
        memset(grown + u->classes, 0, (room - u->classes) * sizeof(uint64_t *));
        u->count = grown;
        u->classes = room;
    }
    if (!u->count[class_id])
        u->count[class_id] = sp_zalloc(((size_t)rules + 1) * sizeof(uint64_t));
    return u->count[class_id];
}

/* A rule came out UNKNOWN once more (1), or once less than its fallback says (-1: sums are modulo 2^64). */
static int count_unknown(struct sp_exec *x, uint32_t class_id, uint32_t rank, uint64_t one)
{
    uint64_t *count = counts(&x->unknowns, class_id, x->set->rule_count);

    if (!count)
        return SP_ERR_NOMEM;
    count[rank] += one;
    return 0;
}

/* Rules that were never looked at are as often UNKNOWN as their origins had events. */
static int settle_fallbacks(struct sp_exec *x)
{
    for (uint32_t i = 0; i < x->met_room; i++) {
        const struct sp_residual *r = x->met[i].origin ? &x->met[i].origin->residual : NULL;

        if (!r || !r->unknowns || !x->met[i].events)
            continue;
        for (uint32_t n = 0; n < r->rules; n++)
            if (r->rule[n].fallback == SP_UNKNOWN &&
                count_unknown(x, r->class_->id, r->rule[n].rule->rank, x->met[i].events) < 0)
                return SP_ERR_NOMEM;
        x->met[i].events = 0;
    }
    return 0;
}

int sp_exec_unknowns(struct sp_exec *x, struct sp_unknowns *to)
{
    struct sp_unknowns *from = &x->unknowns;

    if (settle_fallbacks(x) < 0)
        return SP_ERR_NOMEM;
    for (uint32_t c = 0; c < from->classes; c++) {
        uint64_t *sum;

        if (!from->count[c])
            continue;
        sum = counts(to, c, x->set->rule_count);
        if (!sum)
            return SP_ERR_NOMEM;
        for (uint32_t r = 0; r < x->set->rule_count; r++)
            sum[r] += from->count[c][r];
    }
    sp_unknowns_done(from);
    return 0;
}

/* ---------------------------------------------------------------- what rules cost */

int sp_exec_profile(struct sp_exec *x)
{
    if (!x->looks)
        x->looks = sp_zalloc(((size_t)x->set->rule_count + 1) * sizeof *x->looks);
    return x->looks ? 0 : SP_ERR_NOMEM;
}

const struct sp_rule_looks *sp_exec_looks(const struct sp_exec *x)
{
    return x->looks;
}

static uint64_t steady_ns(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec : 0;
}

/* The rule on the event in hand: by its steps, or (NULL) by its tree. */
static int evaluate(struct sp_exec *x, const struct sp_rule *rule, const struct sp_step *step, enum sp_truth *ret)
{
    return step ? sp_eval_step(x->eval, rule, step, ret) : sp_eval_rule(x->eval, rule, ret);
}

static int look(struct sp_exec *x, const struct sp_rule *rule, const struct sp_step *step, enum sp_truth *ret)
{
    struct sp_rule_looks *looks = x->looks ? &x->looks[rule->rank] : NULL;
    uint64_t from;
    int rc;

    if (!looks)
        return evaluate(x, rule, step, ret);
    from = steady_ns();
    rc = evaluate(x, rule, step, ret);
    looks->ns += steady_ns() - from;
    looks->looked++;
    looks->hits += rc == 0 && *ret == SP_TRUE;
    return rc;
}

/* ---------------------------------------------------------------- the plain engine */

static int judge_all(struct sp_exec *x, const struct sp_event *event, uint32_t *hits)
{
    uint32_t count;
    const struct sp_rule *const *rule = sp_eval_rules(x->eval, event->class_, &count);
    int rc = rule ? 0 : SP_ERR_NOMEM;

    if (count)
        sp_eval_begin(x->eval, event);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        enum sp_truth t;

        rc = look(x, rule[i], NULL, &t);
        if (rc == 0 && t == SP_UNKNOWN)
            rc = count_unknown(x, event->class_->id, rule[i]->rank, 1);
        if (rc == 0 && t == SP_TRUE)
            x->hit[(*hits)++] = rule[i];
    }
    return rc;
}

/* ---------------------------------------------------------------- the fast engine */

static struct met *find_met(const struct sp_exec *x, const struct sp_origin *key)
{
    for (uint64_t at = key->hash;; at++) {
        struct met *m = &x->met[at & (x->met_room - 1)];

        if (!m->origin || sp_origin_same(m->origin, key))
            return m;
    }
}

static bool widen_met(struct sp_exec *x)
{
    struct sp_exec wide = { .met_room = 2 * x->met_room };

    wide.met = sp_zalloc(wide.met_room * sizeof *wide.met);
    if (!wide.met)
        return false;
    for (uint32_t i = 0; i < x->met_room; i++)
        if (x->met[i].origin)
            *find_met(&wide, x->met[i].origin) = x->met[i];
    sp_free(x->met);
    x->met = wide.met;
    x->met_room = wide.met_room;
    return true;
}

/* The event's origin as this worker knows it; NULL: memory ran out, or `plainly` was set: it is new, and judged without a plan. */
static struct met *meet(struct sp_exec *x, const struct sp_event *event, bool by_class, bool *plainly)
{
    const struct sp_origin *origin;
    struct sp_origin key;
    struct met *m;

    sp_origin_of(event, by_class, &key);
    m = find_met(x, &key);
    if (m->origin)
        return m;
    origin = sp_plan_known(x->plan, &key);
    if (!origin && x->plainly) {
        x->plainly--;
        *plainly = true;
        return NULL;
    }
    if (!origin) {
        sp_eval_begin(x->eval, event);
        origin = sp_plan_origin(x->plan, x->eval, event, &key);
    }
    if (!origin || (2 * (x->met_count + 1) > x->met_room && !widen_met(x)))
        return NULL;
    m = find_met(x, origin);
    if (!m->origin) {
        m->origin = origin;
        m->luck = LUCK;
        x->met_count++;
    }
    return m;
}

static int room_for_names(struct sp_exec *x, uint32_t count)
{
    struct raw_seen *grown;

    if (count <= x->raw_room)
        return 0;
    grown = sp_realloc_array(x->raw, count, sizeof *grown);
    if (!grown)
        return SP_ERR_NOMEM;
    memset(grown + x->raw_room, 0, (count - x->raw_room) * sizeof *grown);
    x->raw = grown;
    x->raw_room = count;
    return 0;
}

/* Where the names that the residual's fields read stand in the event. */
static int read_names(struct sp_exec *x, const struct sp_residual *r, const struct sp_event *event)
{
    const struct sp_node *node = event->tree->node;

    if (room_for_names(x, r->raw_count) < 0)
        return SP_ERR_NOMEM;
    if (++x->epoch == 0) { /* wrapped: old marks would look fresh */
        memset(x->raw, 0, x->raw_room * sizeof *x->raw);
        x->epoch = 1;
    }
    for (uint32_t at = node[event->fields].child; at; at = node[at].next) {
        struct sp_str name = node[at].name;
        struct sp_name_ends ends = sp_name_ends(name);

        for (uint32_t i = sp_name_hash(ends, name.len) & r->raw_mask; r->raw[i].number; i = (i + 1) & r->raw_mask) {
            struct raw_seen *seen = &x->raw[r->raw[i].number - 1];

            if (r->raw[i].ends.head != ends.head || r->raw[i].ends.tail != ends.tail || r->raw[i].name.len != name.len ||
                (name.len > 16 && memcmp(r->raw[i].name.ptr, name.ptr, name.len) != 0))
                continue;
            if (seen->epoch == x->epoch)
                seen->more = true;
            else
                *seen = (struct raw_seen){ x->epoch, at, false };
            break;
        }
    }
    return 0;
}

/* Do the header's fields have one value each, which tells the origin? Not when a list, null or a second field of that
 * name stands there: the same bytes of an origin would then mean more than one thing. */
static bool header_is_simple(const struct sp_event *event)
{
    const struct sp_node *node = event->tree->node;
    const uint32_t header[3] = { event->channel, event->provider, event->eventid };

    if (event->simple)
        return true;
    for (int i = 0; i < 3; i++)
        if (header[i] && (node[header[i]].value.type == SP_V_NULL || node[header[i]].value.type == SP_V_LIST))
            return false;
    for (uint32_t at = node[event->fields].child; at; at = node[at].next) {
        const struct sp_str *name = &node[at].name;

        if (((name->len == 7 && (memcmp(name->ptr, "EventID", 7) == 0 || memcmp(name->ptr, "Channel", 7) == 0)) ||
             (name->len == 13 && memcmp(name->ptr, "Provider_Name", 13) == 0)) &&
            at != header[0] && at != header[1] && at != header[2]) /* in EVTX the header's may stand inside this one, a list */
            return false;
    }
    return true;
}

/* A number that is written in another way than rules write it: 3.0, 3e0, -0. */
static bool odd_number(struct sp_value v, struct sp_str text)
{
    struct sp_decimal d;

    if (!text.len || !((text.ptr[0] >= '0' && text.ptr[0] <= '9') || text.ptr[0] == '-'))
        return false;
    if (!memchr(text.ptr, '.', text.len) && !memchr(text.ptr, 'e', text.len) && !sp_str_is(text, "-0"))
        return false;
    return sp_decimal_parse(text, sp_value_is_number(v), &d);
}

static void mark_list(struct sp_exec *x, const uint32_t *rule, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        sp_mark(&x->marks, rule[i]);
}

static int probe_values(struct sp_exec *x, const struct sp_plan_field *f, struct sp_slot *slot)
{
    for (uint32_t i = 0; i < slot->count; i++) {
        struct sp_seen *seen = &slot->seen[i];

        if (seen->value.type == SP_V_NULL || seen->value.type == SP_V_MAP)
            continue;
        if (!sp_lookup_folded(x->lookup, seen))
            return SP_ERR_NOMEM;
        sp_index_probe(&f->index, seen->folded, &x->marks);
        if (f->numbers && odd_number(seen->value, seen->folded))
            mark_list(x, f->number, f->numbers);
    }
    return 0;
}

/* The value of a field whose names the residual knows: 1 and a filled slot; 0: whoever asks must search. */
static int put_field(struct sp_exec *x, const struct sp_plan_field *f, uint32_t number, bool *missing)
{
    const struct sp_node *node = x->event->tree->node;

    for (uint32_t i = 0; i < f->raws; i++) {
        const struct raw_seen *seen = &x->raw[f->raw[i]];
        struct sp_value v;

        if (seen->epoch != x->epoch)
            continue;
        v = node[seen->node].value;
        if (seen->more || v.type == SP_V_LIST)
            return 0;
        if (f->trim)
            v = sp_value_trim(v);
        return sp_lookup_put(x->lookup, number, &v) ? 1 : SP_ERR_NOMEM;
    }
    *missing = f->raws != 0;
    return 0;
}

/* The interpreter asks for a field that it has not seen in this event. */
static int known_field(void *arg, uint32_t number)
{
    struct sp_exec *x = arg;
    uint32_t index = x->residual ? x->residual->field_of[number] : 0;
    bool missing = false;
    int rc;

    if (!index)
        return 0;
    rc = put_field(x, &x->residual->field[index - 1], number, &missing);
    return missing ? (sp_lookup_put(x->lookup, number, NULL) ? 1 : SP_ERR_NOMEM) : rc;
}

/* The field's slot, or NULL with *missing when the event has it not; NULL alone: memory ran out. */
static struct sp_slot *field_slot(struct sp_exec *x, const struct sp_plan_field *f, bool *missing)
{
    int rc = put_field(x, f, f->slot[0], missing);

    return rc < 0 || *missing ? NULL : sp_lookup_search(x->lookup, f->slot[0]);
}

static int probe_field(struct sp_exec *x, const struct sp_plan_field *f)
{
    bool missing = false;
    struct sp_slot *slot = field_slot(x, f, &missing);

    if (!slot && !missing)
        return SP_ERR_NOMEM;
    if (!slot || slot->presence != SP_PRESENT) {
        mark_list(x, f->missing, f->missings);
        return 0;
    }
    if (f->slots == 2)
        sp_lookup_share(x->lookup, f->slot[0], f->slot[1]);
    mark_list(x, f->present, f->presents);
    for (uint32_t i = 0; f->missings && i < slot->count; i++)
        if (slot->seen[i].value.type == SP_V_NULL)
            mark_list(x, f->missing, f->missings);
    return f->values ? probe_values(x, f, slot) : 0;
}

/* False: no value of the event holds a keyword. The record is looked at as a whole first. */
static bool has_keywords(const struct sp_residual *r, const struct sp_event *event)
{
    if (event->record->kind == SP_RECORD_JSON)
        return sp_scan_json(&r->scan, event->record->raw);
    if (event->record->kind == SP_RECORD_EVTX)
        return sp_scan_nodes(&r->scan, event->tree->node + 1, event->tree->count - 1, event->record->raw);
    return true;
}

/* A value of the event in the eyes of keywords. */
static int probe_keyword(void *arg, struct sp_value value)
{
    struct sp_exec *x = arg;
    struct sp_seen seen = { .value = value };

    if (!sp_scan_perhaps(&x->residual->scan, value))
        return 0;
    if (!sp_lookup_folded(x->lookup, &seen))
        return SP_ERR_NOMEM;
    sp_index_probe(&x->residual->keywords->index, seen.folded, &x->marks);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The rules that cannot be ruled out, by rank. `keywords`: some value may hold one. */
static int mark_rules(struct sp_exec *x, const struct sp_residual *r, const struct sp_event *event, bool keywords)
{
    struct sp_marks *m = &x->marks;

    m->count = 0;
    if (++m->now == 0) {
        memset(m->stamp, 0, ((size_t)x->set->rule_count + 1) * sizeof *m->stamp);
        m->now = 1;
    }
    for (uint32_t i = 0; i < r->always_count; i++)
        sp_mark(m, r->always[i]);
    for (uint32_t i = 0; i < r->fields; i++)
        if (r->field[i].keyed && &r->field[i] != r->keywords && probe_field(x, &r->field[i]) < 0)
            return SP_ERR_NOMEM;
    if (keywords && sp_event_scalars(event, probe_keyword, x) < 0)
        return SP_ERR_NOMEM;
    if (m->count > 1)
        qsort(m->rule, m->count, sizeof *m->rule, by_number);
    return 0;
}

/* Take the event's values as a key; false: it has none. */
static bool key_of_event(struct sp_exec *x, const struct met *met)
{
    const struct sp_residual *r = &met->origin->residual;
    const struct sp_node *node = x->event->tree->node;

    sp_recall_begin(x->recall, met->origin);
    for (uint32_t i = 0; i < r->raw_count; i++) {
        const struct raw_seen *seen = &x->raw[i];
        const struct sp_value *v = seen->epoch == x->epoch ? &node[seen->node].value : NULL;

        if (v && (seen->more || v->type == SP_V_LIST || v->type == SP_V_MAP))
            return false;
        if (!sp_recall_add(x->recall, v))
            return false;
    }
    return true;
}

/* What a rule said. */
static int settle(struct sp_exec *x, uint32_t index, enum sp_truth t, uint32_t *hits)
{
    const struct sp_residual *r = x->residual;
    const struct sp_plan_rule *rule = &r->rule[index];

    if (t == SP_TRUE)
        x->hit[(*hits)++] = rule->rule;
    if ((t == SP_UNKNOWN) != (rule->fallback == SP_UNKNOWN))
        return count_unknown(x, r->class_->id, rule->rule->rank, t == SP_UNKNOWN ? 1 : UINT64_MAX);
    return 0;
}

/* Ask the marked rules. `keep`: what they say is kept under the key in hand. */
static int ask_marked(struct sp_exec *x, bool keep, uint32_t *hits)
{
    uint32_t outcomes = 0;

    for (uint32_t i = 0; i < x->marks.count; i++) {
        uint32_t index = x->marks.rule[i];
        const struct sp_plan_rule *rule = &x->residual->rule[index];
        enum sp_truth t;

        if (look(x, rule->rule, rule->step, &t) < 0 || settle(x, index, t, hits) < 0)
            return SP_ERR_NOMEM;
        keep &= !rule->wide;
        if (t != rule->fallback)
            x->outcome[outcomes++] = index * 4 + t;
    }
    if (keep)
        sp_recall_keep(x->recall, x->outcome, outcomes);
    return 0;
}

/* What was said of an event like this one; 0: nothing is known. */
static int recall(struct sp_exec *x, struct met *met, uint32_t *hits)
{
    uint32_t count;
    const uint32_t *outcome = sp_recall_find(x->recall, &count);

    if (!outcome)
        return 0;
    met->luck = met->luck + LUCK_GAIN < LUCK ? met->luck + LUCK_GAIN : LUCK;
    for (uint32_t i = 0; i < count; i++)
        if (settle(x, outcome[i] / 4, (enum sp_truth)(outcome[i] % 4), hits) < 0)
            return SP_ERR_NOMEM;
    return 1;
}

static int judge_marked(struct sp_exec *x, const struct sp_event *event, uint32_t *hits)
{
    bool plainly = false, keyed = false, keywords;
    struct met *met = meet(x, event, !header_is_simple(event), &plainly);
    const struct sp_residual *r;
    int rc = 0;

    if (plainly)
        return judge_all(x, event, hits);
    if (!met)
        return SP_ERR_NOMEM;
    r = &met->origin->residual;
    if (!r->rules)
        return 0;
    sp_eval_begin(x->eval, event);
    if (read_names(x, r, event) < 0)
        return SP_ERR_NOMEM;
    met->events++;
    x->residual = r;
    keywords = r->keywords && has_keywords(r, event);
    if (!keywords && r->closed && !x->looks && (met->luck > 0 || met->events % LUCK_TRY == 0)) {
        met->luck -= met->luck > 0;
        keyed = key_of_event(x, met);
    }
    if (keyed && (rc = recall(x, met, hits)) != 0)
        return rc < 0 ? rc : 0;
    rc = mark_rules(x, r, event, keywords);
    return rc < 0 ? rc : ask_marked(x, keyed, hits);
}

int sp_exec_event(struct sp_exec *x, const struct sp_event *event, const struct sp_rule *const **ret, uint32_t *ret_count)
{
    *ret = x->hit;
    *ret_count = 0;
    x->event = event;
    x->residual = NULL;
    if (event->class_->id == SP_CLASS_NONE) /* no log source, no rule */
        return 0;
    return x->plan ? judge_marked(x, event, ret_count) : judge_all(x, event, ret_count);
}
