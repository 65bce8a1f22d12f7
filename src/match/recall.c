/* SPDX-License-Identifier: Apache-2.0
 *
 * In: keys and outcomes. Out: the outcomes of an equal key, as long as its entry has not been written over. Owns a ring of
 * bytes; a position counts all bytes ever written, so that an entry is whole while it is less than a ring away.
 */
#include "match/recall.h"

#include <string.h>

#include "base/alloc.h"

enum {
    RING = 256 << 10,
    PLACES = 1024, /* by hash; entries are some hundred bytes */
    KEY_MAX = 4096 /* a longer one is rarely met again */
};

struct entry {
    const void *origin;
    uint32_t len, outcomes; /* of the key; behind it, at a multiple of eight, the outcomes */
};

struct place {
    uint64_t hash, at; /* at: a position, + 1; 0: free */
};

struct sp_recall {
    const void *origin; /* the key in hand */
    uint64_t hash;
    uint32_t len;
    unsigned char key[KEY_MAX];
    uint64_t head; /* where the next entry goes */
    struct place place[PLACES];
    unsigned char ring[RING];
};

struct sp_recall *sp_recall_new(void)
{
    return sp_zalloc(sizeof(struct sp_recall));
}

void sp_recall_free(struct sp_recall *r)
{
    sp_free(r);
}

static uint64_t mixed(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static uint64_t word_at(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

void sp_recall_begin(struct sp_recall *r, const void *origin)
{
    r->origin = origin;
    r->hash = mixed(1, (uintptr_t)origin);
    r->len = 0;
}

bool sp_recall_add(struct sp_recall *r, const struct sp_value *v)
{
    uint32_t len = v ? v->len : 0;
    uint64_t head = v ? (uint64_t)len << 8 | v->type : UINT64_MAX;
    unsigned char *to = r->key + r->len;

    if (len > KEY_MAX || r->len + sizeof head + len > KEY_MAX)
        return false;
    memcpy(to, &head, sizeof head);
    to += sizeof head;
    r->len += (uint32_t)sizeof head + len;
    r->hash = mixed(r->hash, head);
    if (!len)
        return true;
    memcpy(to, v->ptr, len);
    if (len < 8) {
        head = 0;
        memcpy(&head, v->ptr, len);
        r->hash = mixed(r->hash, head);
    } else {
        r->hash = mixed(r->hash, word_at(to) ^ word_at(to + len - 8) * 3 ^ word_at(to + (len - 8) / 2) * 5);
    }
    return true;
}

static size_t rounded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

const uint32_t *sp_recall_find(const struct sp_recall *r, uint32_t *ret_count)
{
    const struct place *p = &r->place[r->hash % PLACES];
    const unsigned char *at = r->ring + (p->at - 1) % RING;
    struct entry e;

    if (!p->at || p->hash != r->hash || r->head - (p->at - 1) > RING)
        return NULL;
    memcpy(&e, at, sizeof e);
    at += sizeof e;
    if (e.origin != r->origin || e.len != r->len || memcmp(at, r->key, r->len) != 0)
        return NULL;
    *ret_count = e.outcomes;
    return (const uint32_t *)(const void *)(at + rounded(e.len));
}

void sp_recall_keep(struct sp_recall *r, const uint32_t *outcome, uint32_t count)
{
    struct entry e = { r->origin, r->len, count };
    size_t size = sizeof e + rounded(r->len) + rounded(count * sizeof *outcome), left = RING - r->head % RING;
    unsigned char *to;

    if (size > RING / 8)
        return;
    if (size > left) /* entries are not cut: on from the begin */
        r->head += left;
    to = r->ring + r->head % RING;
    memcpy(to, &e, sizeof e);
    memcpy(to + sizeof e, r->key, r->len);
    if (count)
        memcpy(to + sizeof e + rounded(r->len), outcome, count * sizeof *outcome);
    r->place[r->hash % PLACES] = (struct place){ r->hash, r->head + 1 };
    r->head += size;
}
