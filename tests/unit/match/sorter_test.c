/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "match/decimal.h"
#include "match/sorter.h"
#include "tap.h"

struct seen {
    struct sp_sort_key last;
    uint64_t count, wrong;
    int stop_at;
};

static int take(void *arg, const struct sp_sorted *one)
{
    struct seen *s = arg;
    const struct sp_sort_key *a = &s->last, *b = &one->key;

    if (s->count && (a->sec > b->sec || (a->sec == b->sec && (a->source > b->source || (a->source == b->source && a->offset > b->offset)))))
        s->wrong++;
    if (one->payload.len != 1 + b->offset % 300 || one->payload.ptr[0] != (char)('a' + b->offset % 26))
        s->wrong++;
    s->last = one->key;
    s->count++;
    return s->stop_at && (int)s->count == s->stop_at ? SP_ERR_IO : 0;
}

/* 2,000 sightings in a scrambled order; every fifth again under another source. */
static struct seen run(uint64_t memory, size_t *runs, uint64_t *twice, int stop_at)
{
    struct sp_sorter *sorter = sp_sorter_new(memory);
    struct seen seen = { .stop_at = stop_at };
    static char payload[300];
    struct sp_error err;

    for (uint32_t i = 0; i < 2400; i++) {
        uint32_t n = i < 2000 ? i * 1237 % 2000 : (i - 2000) * 5;
        struct sp_sorted one = { .key = { .sec = n / 10, .source = i < 2000 ? 1 : 2, .offset = n } };

        memcpy(one.id.bytes, &n, sizeof n);
        memset(payload, 'a' + (int)(n % 26), sizeof payload);
        one.payload = (struct sp_str){ payload, 1 + n % 300 };
        ok(sp_sorter_add(sorter, &one, &err) == 0);
    }
    *runs = sp_sorter_runs(sorter);
    is_i64(sp_sorter_each(sorter, take, &seen, twice, &err), stop_at ? SP_ERR_IO : 0);
    sp_sorter_free(sorter);
    return seen;
}

TEST(sightings_come_in_order_each_once_from_memory)
{
    size_t runs;
    uint64_t twice;
    struct seen s = run(UINT64_C(16) << 20, &runs, &twice, 0);

    is_u64(s.count, 2000);
    is_u64(s.wrong, 0);
    is_u64(twice, 400);
    is_u64(runs, 0);
}

TEST(and_the_same_from_many_runs_of_a_file)
{
    size_t runs;
    uint64_t twice;
    struct seen s = run(8192, &runs, &twice, 0);

    is_u64(s.count, 2000);
    is_u64(s.wrong, 0);
    is_u64(twice, 400);
    ok(runs > 50);
}

TEST(without_ids_each_is_one_of_its_own)
{
    size_t runs;
    struct seen s = run(8192, &runs, NULL, 0);

    is_u64(s.count, 2400);
    is_u64(s.wrong, 0);
}

TEST(the_caller_can_stop)
{
    size_t runs;
    uint64_t twice;

    is_u64(run(8192, &runs, &twice, 7).count, 7);
}

static int cmp(const char *a, const char *b)
{
    struct sp_decimal x, y;

    return sp_decimal_parse(sp_str_c(a), true, &x) && sp_decimal_parse(sp_str_c(b), true, &y) ? sp_decimal_cmp(&x, &y) : 99;
}

TEST(decimals_compare_by_value_whatever_their_spelling)
{
    is_i64(cmp("1.50", "15e-1"), 0);
    is_i64(cmp("0", "-0.000"), 0);
    is_i64(cmp("-2", "-10"), 1);
    is_i64(cmp("0.05", "0.5"), -1);
    is_i64(cmp("100000000000000000000000001", "1e26"), 1);
    is_i64(cmp("9", "10"), -1);
    is_i64(cmp("1e999999999999", "1e999999999998"), 1);
}

TEST(what_is_no_plain_decimal_is_refused)
{
    static const char *const bad[] = { "", "-", "+1", "01", "1.", ".5", "1 ", "0x10", "1e", "1e5x", "--1", "1.2.3" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_i64(cmp(bad[i], "1"), 99);
}
