/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a rule set, and origins as workers meet them. Out: residuals, made once each. The plan owns them all in one
 * arena; a lock guards the table, what it hands out never changes.
 */
#include "match/plan.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/value.h"

enum {
    ORIGINS_MAX = 4096,            /* beyond it events go by their class */
    PLAN_BYTES_MAX = 48 << 20      /* the same */
};

struct sp_plan {
    const struct sp_rule_set *set;
    struct sp_arena arena;
    struct sp_cover_memo *memo;
    pthread_mutex_t lock;
    struct sp_origin **slot; /* open addressing, a power of two */
    uint32_t room, count, plainly;
};

void sp_plan_first_plainly(struct sp_plan *plan, uint32_t events)
{
    plan->plainly = events;
}

uint32_t sp_plan_plainly(const struct sp_plan *plan)
{
    return plan->plainly;
}

int sp_plan_new(const struct sp_rule_set *set, struct sp_plan **ret)
{
    struct sp_plan *p = sp_zalloc(sizeof *p);

    *ret = p;
    if (!p)
        return SP_ERR_NOMEM;
    p->set = set;
    sp_arena_init(&p->arena, SIZE_MAX);
    pthread_mutex_init(&p->lock, NULL);
    p->room = 256;
    p->slot = sp_zalloc(p->room * sizeof(struct sp_origin *));
    p->memo = sp_cover_memo_new();
    if (p->slot && p->memo)
        return 0;
    sp_plan_free(p);
    *ret = NULL;
    return SP_ERR_NOMEM;
}

void sp_plan_free(struct sp_plan *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    sp_arena_done(&p->arena);
    sp_cover_memo_free(p->memo);
    sp_free(p->slot);
    sp_free(p);
}

void sp_origin_of(const struct sp_event *event, bool by_class, struct sp_origin *ret)
{
    uint32_t node[3] = { event->channel, event->provider, event->eventid };
    uint64_t h = event->class_->id;

    ret->class_ = event->class_;
    for (int i = 0; i < 3; i++) {
        ret->part[i] = node[i] && !by_class ? event->tree->node[node[i]].value : (struct sp_value){ .type = SP_V_NULL };
        h = sp_value_hash(h, ret->part[i]);
    }
    ret->hash = h;
}

bool sp_origin_same(const struct sp_origin *a, const struct sp_origin *b)
{
    if (a->hash != b->hash || a->class_ != b->class_)
        return false;
    for (int i = 0; i < 3; i++)
        if (a->part[i].type != b->part[i].type || a->part[i].len != b->part[i].len ||
            (a->part[i].len && memcmp(a->part[i].ptr, b->part[i].ptr, a->part[i].len) != 0))
            return false;
    return true;
}

static struct sp_origin **find(const struct sp_plan *p, const struct sp_origin *key)
{
    for (uint64_t at = key->hash;; at++) {
        struct sp_origin **slot = &p->slot[at & (p->room - 1)];

        if (!*slot || sp_origin_same(*slot, key))
            return slot;
    }
}

static bool widen(struct sp_plan *p)
{
    struct sp_plan wide = *p;

    wide.room *= 2;
    wide.slot = sp_zalloc(wide.room * sizeof(struct sp_origin *));
    if (!wide.slot)
        return false;
    for (uint32_t i = 0; i < p->room; i++)
        if (p->slot[i])
            *find(&wide, p->slot[i]) = p->slot[i];
    sp_free(p->slot);
    p->slot = wide.slot;
    p->room = wide.room;
    return true;
}

/* A copy of the key with its residual, or NULL. */
static struct sp_origin *make(struct sp_plan *p, struct sp_eval *eval, const struct sp_event *event, const struct sp_origin *key)
{
    struct sp_origin *o = sp_arena_zalloc(&p->arena, sizeof *o);

    if (!o)
        return NULL;
    *o = *key;
    o->residual = (struct sp_residual){ .class_ = key->class_ };
    for (int i = 0; i < 3; i++) {
        struct sp_str bytes = { key->part[i].ptr, key->part[i].len };

        o->residual.constants |= key->part[i].type != SP_V_NULL;
        if (!bytes.len)
            continue;
        bytes = sp_arena_str(&p->arena, bytes);
        if (!bytes.ptr)
            return NULL;
        o->part[i].ptr = bytes.ptr;
    }
    return sp_cover_build(&p->arena, p->memo, p->set, eval, event, &o->residual) == 0 ? o : NULL;
}

static bool beyond(const struct sp_plan *p)
{
    return p->count >= ORIGINS_MAX || p->arena.bytes >= PLAN_BYTES_MAX;
}

const struct sp_origin *sp_plan_known(struct sp_plan *p, const struct sp_origin *key)
{
    const struct sp_origin *ret;

    pthread_mutex_lock(&p->lock);
    ret = *find(p, key);
    pthread_mutex_unlock(&p->lock);
    return ret;
}

const struct sp_origin *sp_plan_origin(struct sp_plan *p, struct sp_eval *eval, const struct sp_event *event,
                                       const struct sp_origin *key)
{
    struct sp_origin **slot, *ret, of_class;

    pthread_mutex_lock(&p->lock);
    slot = find(p, key);
    if (!*slot && beyond(p)) {
        sp_origin_of(event, true, &of_class);
        key = &of_class;
        slot = find(p, key);
    }
    ret = *slot;
    if (!ret && (2 * (p->count + 1) <= p->room || widen(p))) {
        ret = make(p, eval, event, key);
        if (ret) {
            *find(p, key) = ret;
            p->count++;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return ret;
}
