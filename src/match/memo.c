/* SPDX-License-Identifier: Apache-2.0
 *
 * In: items and literals, as residuals are made of them. Out: what was made of the same ones for another origin: an item's
 * step is the same wherever the item is not constant, and so are the keywords of most classes. What is kept lies in the
 * plan's arena, the table on the heap.
 */
#include "base/alloc.h"
#include "match/cover_inner.h"

/* The keywords of a class and the scan for them. */
struct keywords {
    const struct keywords *next;
    const struct sp_str *literal;
    uint32_t count;
    struct sp_scan scan;
};

struct sp_cover_memo {
    struct cover_item **slot; /* open addressing, a power of two */
    uint32_t room, count;
    const struct keywords *keywords;
};

struct sp_cover_memo *sp_cover_memo_new(void)
{
    return sp_zalloc(sizeof(struct sp_cover_memo));
}

void sp_cover_memo_free(struct sp_cover_memo *m)
{
    if (m)
        sp_free(m->slot);
    sp_free(m);
}

static struct cover_item **find(const struct sp_cover_memo *m, const struct sp_item *item, bool mapped)
{
    uint64_t h = (uint64_t)(uintptr_t)item * UINT64_C(0x9E3779B97F4A7C15);

    for (uint64_t at = h >> 32;; at++) {
        struct cover_item **slot = &m->slot[at & (m->room - 1)];

        if (!*slot || ((*slot)->item == item && (*slot)->mapped == mapped))
            return slot;
    }
}

static bool widen(struct sp_cover_memo *m)
{
    struct sp_cover_memo wide = *m;

    wide.room = m->room ? 2 * m->room : 1024;
    wide.slot = sp_zalloc(wide.room * sizeof(struct cover_item *));
    if (!wide.slot)
        return false;
    for (uint32_t i = 0; i < m->room; i++)
        if (m->slot[i])
            *find(&wide, m->slot[i]->item, m->slot[i]->mapped) = m->slot[i];
    sp_free(m->slot);
    *m = wide;
    return true;
}

struct cover_item *cover_item_at(struct cover *c, const struct sp_item *item)
{
    struct sp_cover_memo *m = c->memo;
    bool mapped = c->rule->logsource.category.len != 0;
    struct cover_item **slot;

    if (!m)
        return NULL;
    if (2 * m->count >= m->room && !widen(m)) {
        c->failed = true;
        return NULL;
    }
    slot = find(m, item, mapped);
    if (*slot)
        return *slot;
    *slot = sp_arena_zalloc(c->arena, sizeof **slot);
    if (!*slot) {
        c->failed = true;
        return NULL;
    }
    (*slot)->item = item;
    (*slot)->mapped = mapped;
    m->count++;
    return *slot;
}

static bool same(const struct keywords *k, const struct sp_key_wish *wish, uint32_t count)
{
    if (k->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!sp_str_eq(k->literal[i], wish[i].literal))
            return false;
    return true;
}

int cover_scan(struct cover *c, const struct sp_key_wish *wish, uint32_t count, struct sp_scan *ret)
{
    struct sp_str *literal;
    struct keywords *fresh;
    int rc;

    for (const struct keywords *k = c->memo ? c->memo->keywords : NULL; k; k = k->next)
        if (same(k, wish, count)) {
            *ret = k->scan;
            return 0;
        }
    rc = sp_scan_build(c->arena, wish, count, ret);
    if (rc < 0 || !c->memo)
        return rc;
    fresh = sp_arena_alloc(c->arena, sizeof *fresh);
    literal = sp_arena_alloc(c->arena, ((size_t)count + 1) * sizeof *literal);
    if (!fresh || !literal)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        literal[i] = wish[i].literal;
    *fresh = (struct keywords){ c->memo->keywords, literal, count, *ret };
    c->memo->keywords = fresh;
    return 0;
}
