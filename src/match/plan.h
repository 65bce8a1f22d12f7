/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_plan: what the fast engine knows of a rule set before it sees a value. One a hunt, shared by all workers.
 *
 * Of 3,700 rules an event needs two or three to be looked at. The plan finds them in two steps.
 *
 * First, once for each origin (class of the taxonomy, channel, provider, event id): the residual rules. The log
 * source, and every item over Channel, Provider_Name or EventID, is a constant there, and so is an item over a field
 * that the log source cannot carry (UNKNOWN). A rule that the constants make FALSE is gone; most origins keep none.
 *
 * Second, for each rule that is left: its default, the truth it has when none of its keys is met, and its keys, a set
 * of conditions that are cheap to look for, one of which must hold before the rule can have another truth. Both
 * follow from the expression alone:
 *
 *      item `F|contains: [a, b]`   FALSE   unless F holds a, or b              {F holds a, F holds b}
 *      not X                       not of X's default, X's keys
 *      A and B                     a child that is FALSE decides alone: the cheapest     e.g. {keys of A}
 *                                  if none is FALSE: all children's keys together
 *      A or B                      the same with TRUE; else all together
 *      at least k of n             as many children as decide it, the cheapest
 *      `F: null`, exists           FALSE or TRUE unless F is missing or null   {F is missing}
 *      anything else               FALSE unless F is there at all              {F is present}
 *
 *      rule: Image|endswith: \reg.exe and CommandLine|contains: [save, export] and not User|contains: SYSTEM
 *            ─────────────────────────     ──────────────────────────────────         ────────────────────
 *            FALSE, 3,000 ppm of values    FALSE, 9,000 ppm                           TRUE
 *      default FALSE, keys {Image ends with \reg.exe}
 *
 * "Cheapest" is the smallest share of real values that meet the keys (gram.h). All keys over one field make one index:
 *
 *      event ──▶ origin ──▶ residual ──▶ for each field with keys: its value, folded, through the index ──▶ marks
 *                              └──────▶ rules that must always be looked at ────────────────────────────▶ marks
 *
 * A marked rule is then evaluated (match/exec.h); an unmarked one has its default: FALSE, or UNKNOWN, which is counted
 * without a look. So the fast engine says what the plain one says, and looks at a thousandth of it.
 *
 * A residual is made when its origin is met (a hunt's first events may be judged plainly, see sp_plan_first_plainly), by the
 * worker that meets it, and never changes then. The number of origins is the input's to choose: beyond ORIGINS_MAX or
 * PLAN_BYTES_MAX an event goes by its class alone.
 */
#ifndef SP_MATCH_PLAN_H
#define SP_MATCH_PLAN_H
#include "event/event.h"
#include "match/eval.h"
#include "match/gram.h"
#include "match/scan.h"
#include "rule/rule.h"

/* A field that live rules ask for. */
struct sp_plan_field {
    uint32_t slot[2], slots; /* numbers of the look-up (lookup.h) that its values fill: plain and mapped name may be one */
    uint32_t raw[2], raws;   /* names of the residual that are tried in turn; 0: ask the event room */
    bool trim;               /* trailing spaces go (SPEC: sigma-T16) */
    bool keyed;              /* some key is over it: it is looked at on every event */
    bool values;             /* the index holds something */
    struct sp_index index;
    const uint32_t *present, *missing, *number; /* rules marked when the field is there; is not, or null; is an odd number */
    uint32_t presents, missings, numbers;
};

/* A live rule of an origin. */
struct sp_plan_rule {
    const struct sp_rule *rule;
    const struct sp_step *step; /* its condition here */
    enum sp_truth fallback;  /* FALSE or UNKNOWN: what it is when unmarked */
    bool wide;               /* it has keywords: any value may count, not only those of fields */
};

/* The first and the last eight bytes of a name: all of one that has at most sixteen. */
struct sp_name_ends {
    uint64_t head, tail;
};

static inline struct sp_name_ends sp_name_ends(struct sp_str name)
{
    struct sp_name_ends e = { 0, 0 };
    uint32_t a, b;

    if (name.len >= 8) {
        memcpy(&e.head, name.ptr, 8);
        memcpy(&e.tail, name.ptr + name.len - 8, 8);
    } else if (name.len >= 4) {
        memcpy(&a, name.ptr, 4);
        memcpy(&b, name.ptr + name.len - 4, 4);
        e = (struct sp_name_ends){ a, b };
    } else {
        for (size_t i = 0; i < name.len; i++)
            e.head = e.head << 8 | (unsigned char)name.ptr[i];
    }
    return e;
}

/* Equal names, equal hashes. */
static inline uint32_t sp_name_hash(struct sp_name_ends e, size_t len)
{
    return (uint32_t)(((e.head ^ len) * UINT64_C(0x9E3779B97F4A7C15) + e.tail) * UINT64_C(0xD6E8FEB86659FD93) >> 32);
}

struct sp_raw_name {
    struct sp_str name;
    struct sp_name_ends ends;
    uint32_t number; /* + 1; 0: free slot */
};

/* The rules of one origin. Immutable. */
struct sp_residual {
    const struct sp_class *class_;
    bool constants;          /* false: by class alone, nothing of the header was taken as constant */
    const struct sp_plan_rule *rule; /* by rank */
    uint32_t rules;
    const uint32_t *always;  /* of `rule`: looked at on every event */
    uint32_t always_count;
    uint32_t unknowns;       /* rules whose fallback is UNKNOWN */
    struct sp_plan_field *field;
    uint32_t fields;
    const uint16_t *field_of; /* by number of the look-up: index + 1 in `field`; 0: no live rule asks for it */
    const struct sp_plan_field *keywords; /* of `field`: its values are all of the event's, and it is looked at apart */
    struct sp_scan scan;     /* which of those values are worth a look */
    const struct sp_raw_name *raw; /* names of the event's own that fields read: an open hash table */
    uint32_t raw_mask, raw_count;
    bool closed;             /* no rule that is not wide reads anything but values of those names */
};

/* Where events come from: class, and the bytes of channel, provider and event id as they lie in the record. */
struct sp_origin {
    uint64_t hash;
    const struct sp_class *class_;
    struct sp_value part[3]; /* channel, provider, event id; type SP_V_NULL: not there */
    struct sp_residual residual;
};

struct sp_plan;
struct sp_cover_memo;

/* The set is borrowed and outlives the plan. SP_ERR_NOMEM. */
int sp_plan_new(const struct sp_rule_set *set, struct sp_plan **ret);
void sp_plan_free(struct sp_plan *plan);

/* To make the residual of an origin costs as much as two events do without. So each worker judges its first events of new
 * origins plainly: a hunt over a handful does not wait for a plan. 0 until it is set (tests). */
void sp_plan_first_plainly(struct sp_plan *plan, uint32_t events);
uint32_t sp_plan_plainly(const struct sp_plan *plan);

/* The origin of an event as a key: hash and parts, its residual empty. `by_class`: of its class alone. */
void sp_origin_of(const struct sp_event *event, bool by_class, struct sp_origin *ret);
bool sp_origin_same(const struct sp_origin *a, const struct sp_origin *b);

/* The plan's own of that key, or NULL. */
const struct sp_origin *sp_plan_known(struct sp_plan *plan, const struct sp_origin *key);
/* The same, made if it is new; `eval` is the caller's, begun on the event. Beyond the limits the one
 * of the class alone. NULL: memory ran out. Safe from any thread; it lives as long as the plan. */
const struct sp_origin *sp_plan_origin(struct sp_plan *plan, struct sp_eval *eval, const struct sp_event *event,
                                       const struct sp_origin *key);

/* Costs of keys beside their share of values, in ppm. */
enum { SP_COST_KEY = 40, SP_COST_MISSING = 200000, SP_COST_PRESENT = 1000000, SP_COST_ALWAYS = 4000000 };

/* memo.c: what residuals in one arena have in common; it goes with the arena. NULL: memory ran out. */
struct sp_cover_memo *sp_cover_memo_new(void);
void sp_cover_memo_free(struct sp_cover_memo *memo);

/* residual.c: fill in rules, fields and names of `ret`, whose class_ and constants are set; all memory is the arena's. `memo`:
 * of that arena, or NULL. */
int sp_cover_build(struct sp_arena *arena, struct sp_cover_memo *memo, const struct sp_rule_set *set, struct sp_eval *eval,
                   const struct sp_event *event, struct sp_residual *ret);

#endif
