/* SPDX-License-Identifier: Apache-2.0
 *
 * In: keys, hostile in number and in content. Out: rows. The rows own copies of their keys.
 */
#include "engine/survey_rows.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/error.h"

enum { FIRST_BUCKETS = 64 };

void sp_rows_init(struct sp_rows *r, uint64_t max)
{
    *r = (struct sp_rows){ .max = max < UINT32_MAX / 4 ? max : UINT32_MAX / 4 };
    sp_arena_init(&r->arena, SIZE_MAX);
    if (getrandom(r->seed, sizeof r->seed, GRND_NONBLOCK) < 0) /* at boot: then it is guessable, and no worse */
        r->seed[0] = (uint64_t)(uintptr_t)r;
}

void sp_rows_done(struct sp_rows *r)
{
    sp_arena_done(&r->arena);
    sp_free(r->row);
    sp_free(r->bucket);
    *r = (struct sp_rows){ 0 };
}

void sp_rows_clear(struct sp_rows *r)
{
    sp_arena_reset(&r->arena);
    r->count = 0;
    r->left_out = 0;
    if (r->bucket)
        memset(r->bucket, 0, r->buckets * sizeof *r->bucket);
}

static uint64_t turn(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = turn(v[1], 13) ^ v[0];
    v[0] = turn(v[0], 32);
    v[2] += v[3];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = turn(v[1], 17) ^ v[2];
    v[2] = turn(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
static uint64_t hash(const struct sp_rows *r, struct sp_str s)
{
    uint64_t v[4] = { r->seed[0] ^ UINT64_C(0x736f6d6570736575), r->seed[1] ^ UINT64_C(0x646f72616e646f6d),
                      r->seed[0] ^ UINT64_C(0x6c7967656e657261), r->seed[1] ^ UINT64_C(0x7465646279746573) };
    size_t at = 0;

    for (; at <= s.len; at += 8) {
        uint64_t m = 0;
        size_t n = s.len - at < 8 ? s.len - at : 8;

        if (n)
            memcpy(&m, s.ptr + at, n);
        if (n < 8)
            m |= (uint64_t)s.len << 56;
        v[3] ^= m;
        mix(v);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    mix(v);
    mix(v);
    mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct sp_row *find(const struct sp_rows *r, uint64_t h, struct sp_str key)
{
    for (uint32_t i = r->buckets ? r->bucket[h & (r->buckets - 1)] : 0; i; i = r->row[i - 1].next)
        if (r->row[i - 1].hash == h && sp_str_eq(r->row[i - 1].key, key))
            return &r->row[i - 1];
    return NULL;
}

struct sp_row *sp_rows_find(const struct sp_rows *r, struct sp_str key)
{
    return find(r, hash(r, key), key);
}

static bool widen(struct sp_rows *r)
{
    uint32_t buckets = r->buckets ? 2 * r->buckets : FIRST_BUCKETS;
    uint32_t *bucket = sp_realloc_array(NULL, buckets, sizeof *bucket);

    if (!bucket)
        return false;
    memset(bucket, 0, buckets * sizeof *bucket);
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t *b = &bucket[r->row[i].hash & (buckets - 1)];

        r->row[i].next = *b;
        *b = i + 1;
    }
    sp_free(r->bucket);
    r->bucket = bucket;
    r->buckets = buckets;
    return true;
}

static void note_time(struct sp_row *row, struct sp_time time)
{
    if (!time.known)
        return;
    if (!row->first.known || sp_time_cmp(time, row->first) < 0)
        row->first = time;
    if (!row->last.known || sp_time_cmp(time, row->last) > 0)
        row->last = time;
}

static int add(struct sp_rows *r, uint64_t h, struct sp_str key, struct sp_str shown, struct sp_row **ret)
{
    struct sp_str kept, kept_shown;

    if (r->count >= r->buckets && !widen(r))
        return SP_ERR_NOMEM;
    if (r->count == r->room && !sp_list_grow(&r->row, r->count, &r->room, sizeof *r->row))
        return SP_ERR_NOMEM;
    kept = sp_arena_str(&r->arena, key);
    kept_shown = sp_str_eq(key, shown) ? kept : sp_arena_str(&r->arena, shown);
    if (!kept.ptr || !kept_shown.ptr)
        return SP_ERR_NOMEM;
    *ret = &r->row[r->count];
    **ret = (struct sp_row){ .key = kept, .shown = kept_shown, .hash = h, .next = r->bucket[h & (r->buckets - 1)] };
    r->bucket[h & (r->buckets - 1)] = ++r->count;
    return 1;
}

int sp_rows_at(struct sp_rows *r, struct sp_str key, struct sp_str shown, struct sp_time time, struct sp_row **ret)
{
    uint64_t h = hash(r, key);
    int rc = 1;

    *ret = find(r, h, key);
    if (!*ret && r->count >= r->max) {
        r->left_out++;
        return 0;
    }
    if (!*ret)
        rc = add(r, h, key, shown, ret);
    if (rc > 0)
        note_time(*ret, time);
    return rc;
}

int sp_rows_count(struct sp_rows *r, struct sp_str key, struct sp_time time)
{
    struct sp_row *row;
    int rc = sp_rows_at(r, key, key, time, &row);

    if (rc > 0)
        row->count[0]++;
    return rc < 0 ? rc : 0;
}

int sp_rows_join(struct sp_rows *r, const struct sp_rows *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct sp_row *f = &from->row[i];
        struct sp_row *to;
        int rc = sp_rows_at(r, f->key, f->shown, f->first, &to);

        if (rc < 0)
            return rc;
        if (rc == 0) /* sp_rows_at counted one */
            r->left_out += f->count[0] + f->count[1] - (f->count[0] + f->count[1] > 0);
        for (unsigned n = 0; rc > 0 && n < SP_ROW_COUNTS; n++)
            to->count[n] += f->count[n];
        if (rc > 0)
            note_time(to, f->last);
    }
    r->left_out += from->left_out;
    return 0;
}

static int by_texts(struct sp_str a, struct sp_str b)
{
    int c = 0;

    while (c == 0 && a.len && b.len)
        c = sp_str_cmp(sp_key_next(&a), sp_key_next(&b));
    return c;
}

static int by_count(const void *a, const void *b)
{
    const struct sp_row *x = a, *y = b;
    uint64_t n = x->count[0] + x->count[1], m = y->count[0] + y->count[1];

    return n != m ? (n > m ? -1 : 1) : x->count[2] != y->count[2] ? (x->count[2] > y->count[2] ? -1 : 1) : by_texts(x->key, y->key);
}

void sp_rows_sort(struct sp_rows *r)
{
    if (r->count)
        qsort(r->row, r->count, sizeof *r->row, by_count);
    r->buckets = 0;
}

void sp_key_add(struct sp_buf *key, struct sp_str text)
{
    uint32_t len = (uint32_t)text.len;

    sp_buf_add(key, &len, sizeof len);
    sp_buf_str(key, text);
}

struct sp_str sp_key_next(struct sp_str *key)
{
    uint32_t len;
    struct sp_str text;

    memcpy(&len, key->ptr, sizeof len);
    text = sp_str_cut(*key, sizeof len, len);
    *key = sp_str_cut(*key, sizeof len + len, key->len - sizeof len - len);
    return text;
}
