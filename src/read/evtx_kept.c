/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a template's definition in the chunk in hand. Out: the plan of an equal one of a chunk before, so that each template
 * is parsed once and not once a chunk. Equal means: evtx_parse would read the same of it. So all bytes are compared but
 *
 *      04 41 ff ff │ size │ name │ 06 │ name │ 05 01 05 00 I m a g e │ ...
 *                    ~~~~   ~~~~        ~~~~
 *
 * the sizes, which it does not use, and the places of names, where the names themselves are the same; one that lies right
 * behind its place in one chunk may lie elsewhere in another.
 *
 * The plans of bodies that have no template stand here too; evtx_form.c knows them.
 *
 * All that is kept is forgotten at once, between two chunks, when it has become much.
 */
#include "read/evtx_inner.h"

enum { PROBES = 8 /* places that a plan may stand at */ };

static uint64_t eight(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, 8);
    return w;
}

uint64_t evtx_kept_hash(const struct sp_evtx *e, const struct evtx_definition *d, enum evtx_place place)
{
    const uint8_t *guid = e->bytes + d->at + 4;

    return (eight(guid) ^ eight(guid + 8) * 3 ^ (uint64_t)place) * UINT64_C(0x9E3779B97F4A7C15);
}

/* memcmp for the few bytes between two marks. */
static inline bool same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
    for (; len >= 8; a += 8, b += 8, len -= 8)
        if (eight(a) != eight(b))
            return false;
    for (; len; a++, b++, len--)
        if (*a != *b)
            return false;
    return true;
}

/* Is the definition equal to the one of the plan? 1, 0 or SP_ERR_NOMEM. */
static int is_equal(struct sp_evtx *e, const struct evtx_definition *d, const struct evtx_plan *plan)
{
    const struct evtx_mark *m = e->trace.mark + plan->mark, *last = e->trace.mark + plan->mark_end;
    uint32_t at = d->at + 24, end = d->at + d->len, from = 24, size, name;
    int rc;

    for (; m < last; m++) {
        uint32_t len = m->at - from;

        if (len + 4 > end - at || !same(e->bytes + at, plan->copy + from, len))
            return 0;
        at += len + 4;
        from = m->at + 4;
        if (!m->name)
            continue;
        rc = evtx_name_at(e, evtx_u32(e, at - 4), &size, &name);
        if (rc < 0)
            return rc == SP_ERR_NOMEM ? rc : 0;
        size = evtx_u32(e, at - 4) == at ? size : 0; /* right behind its place */
        if (name != m->name || size > end - at)
            return 0;
        at += size;
        from += m->inside;
    }
    size = plan->stop - from;
    if (size > end - at || !same(e->bytes + at, plan->copy + from, size))
        return 0;
    return !plan->open || at + size == end;
}

uint32_t evtx_kept_next(const struct sp_evtx *e, uint64_t hash, struct evtx_probe *p)
{
    while (p->count < PROBES) {
        uint32_t kept = e->kept[((uint32_t)(hash >> 40) + p->count++) % EVTX_KEPT_SLOTS];

        if (!kept)
            break;
        if (e->plan[kept - 1].hash == hash)
            return kept - 1;
    }
    return UINT32_MAX;
}

int evtx_kept_find(struct sp_evtx *e, const struct evtx_definition *d, enum evtx_place place, uint32_t *ret)
{
    bool dependency = evtx_dependency(e, d->at + 24, d->at + d->len, true);
    uint64_t hash = evtx_kept_hash(e, d, place);
    struct evtx_probe probe = { 0 };
    uint32_t index;
    int rc = 0;

    while (rc == 0 && (index = evtx_kept_next(e, hash, &probe)) != UINT32_MAX) {
        const struct evtx_plan *plan = &e->plan[index];

        if (!plan->form && plan->place == place && plan->dependency == dependency)
            rc = is_equal(e, d, plan);
    }
    *ret = rc > 0 ? index : UINT32_MAX;
    return rc < 0 ? rc : 0;
}

int evtx_kept_copy(struct sp_evtx *e, const struct evtx_definition *d, struct evtx_plan *plan)
{
    const uint8_t *bytes = e->bytes + d->at;
    uint8_t *copy;

    e->copied += plan->stop;
    if (e->copied > 2 * EVTX_KEPT_BYTES) /* definitions that overlap: with the next chunk all are forgotten */
        return 0;
    copy = sp_arena_alloc(&e->copies, plan->stop);
    if (!copy)
        return SP_ERR_NOMEM;
    memcpy(copy, bytes, plan->stop);
    for (uint32_t i = plan->node; i < plan->node_end; i++)
        if (e->kept_parts.node[i].text)
            e->kept_parts.node[i].text = copy + (e->kept_parts.node[i].text - bytes);
    plan->copy = copy;
    return 0;
}

void evtx_kept_add(struct sp_evtx *e, uint32_t plan)
{
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        uint32_t *kept = &e->kept[((uint32_t)(e->plan[plan].hash >> 40) + probe) % EVTX_KEPT_SLOTS];

        if (*kept)
            continue;
        *kept = plan + 1;
        return;
    }
}

void evtx_kept_begin(struct sp_evtx *e, bool forget)
{
    if (!forget && e->plans <= EVTX_KEPT_SLOTS / 2 && e->kept_parts.nodes <= EVTX_KEPT_NODES && e->copied <= EVTX_KEPT_BYTES &&
        !evtx_stencils_many(e))
        return;
    e->plans = e->kept_parts.nodes = e->kept_parts.fields = e->trace.marks = e->ops = 0;
    e->copied = 0;
    sp_arena_reset(&e->copies);
    sp_buf_clear(&e->stencil);
    memset(e->kept, 0, EVTX_KEPT_SLOTS * sizeof *e->kept);
}
