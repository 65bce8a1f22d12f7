/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/survey_rows.h"

#include "tap.h"

static struct sp_buf key_buf;

/* A key of two texts, dead at the next call. */
static struct sp_str key(struct sp_str a, struct sp_str b)
{
    sp_buf_clear(&key_buf);
    sp_key_add(&key_buf, a);
    sp_key_add(&key_buf, b);
    return sp_buf_view(&key_buf);
}

static struct sp_time at(int64_t sec)
{
    return (struct sp_time){ .sec = sec, .known = true };
}

/* Count one; the rows are left as they are where there is no room. */
static int count(struct sp_rows *rows, const char *a, const char *b, int64_t sec)
{
    struct sp_str k = key(sp_str_c(a), sp_str_c(b));
    struct sp_row *row;
    int rc = sp_rows_at(rows, k, k, at(sec), &row);

    if (rc > 0)
        row->count[0]++;
    return rc;
}

static struct sp_row *row_of(const struct sp_rows *rows, const char *a, const char *b)
{
    return sp_rows_find(rows, key(sp_str_c(a), sp_str_c(b)));
}

TEST(a_key_gives_its_texts_back)
{
    struct sp_str k = key(SP_STR("one\0two"), SP_STR(""));

    is_u64(sp_key_next(&k).len, 7);
    is_u64(sp_key_next(&k).len, 0);
    is_u64(k.len, 0);
}

TEST(texts_that_only_run_on_are_other_keys)
{
    struct sp_rows rows;

    sp_rows_init(&rows, 100);
    count(&rows, "ab", "c", 1);
    count(&rows, "a", "bc", 2);
    is_u64(rows.count, 2);
    sp_rows_done(&rows);
}

TEST(a_row_has_its_count_and_its_first_and_last_time)
{
    struct sp_rows rows;

    sp_rows_init(&rows, 100);
    count(&rows, "a", "b", 20);
    count(&rows, "a", "b", 10);
    count(&rows, "a", "b", 15);
    is_u64(rows.count, 1);
    is_u64(rows.row[0].count[0], 3);
    is_i64(rows.row[0].first.sec, 10);
    is_i64(rows.row[0].last.sec, 20);
    sp_rows_done(&rows);
}

TEST(many_keys_are_all_found_again)
{
    struct sp_rows rows;
    char name[32];
    bool all = true;

    sp_rows_init(&rows, 100000);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "%d", i % 2500);
        count(&rows, name, "x", i);
    }
    is_u64(rows.count, 2500);
    for (int i = 0; i < 2500; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        all &= row_of(&rows, name, "x") && row_of(&rows, name, "x")->count[0] == 2;
    }
    ok(all);
    ok(!row_of(&rows, "2500", "x"));
    sp_rows_done(&rows);
}

TEST(beyond_the_limit_events_are_counted_and_known_keys_go_on)
{
    struct sp_rows rows;

    sp_rows_init(&rows, 2);
    is_i64(count(&rows, "a", "", 1), 1);
    is_i64(count(&rows, "b", "", 1), 1);
    is_i64(count(&rows, "c", "", 1), 0);
    is_i64(count(&rows, "c", "", 1), 0);
    is_i64(count(&rows, "a", "", 1), 1);
    is_u64(rows.left_out, 2);
    is_u64(row_of(&rows, "a", "")->count[0], 2);
    sp_rows_done(&rows);
}

TEST(joined_rows_are_the_same_as_if_all_had_been_counted_in_one)
{
    struct sp_rows a, b;

    sp_rows_init(&a, 2);
    sp_rows_init(&b, 2);
    count(&a, "x", "", 5);
    count(&b, "x", "", 3);
    count(&b, "y", "", 4);
    count(&b, "y", "", 9);
    is_i64(sp_rows_join(&a, &b), 0);
    is_u64(row_of(&a, "x", "")->count[0], 2);
    is_i64(row_of(&a, "x", "")->first.sec, 3);
    is_i64(row_of(&a, "y", "")->last.sec, 9);
    sp_rows_clear(&b);
    count(&b, "z", "", 1);
    count(&b, "z", "", 1);
    is_i64(sp_rows_join(&a, &b), 0);
    is_u64(a.left_out, 2);
    sp_rows_done(&a);
    sp_rows_done(&b);
}

TEST(the_most_frequent_come_first_then_by_text)
{
    struct sp_rows rows;
    struct sp_str k;

    sp_rows_init(&rows, 100);
    count(&rows, "zz", "", 1);
    count(&rows, "b", "", 1);
    count(&rows, "aaa", "", 1);
    count(&rows, "b", "", 1);
    sp_rows_sort(&rows);
    k = rows.row[0].key;
    is_str(sp_key_next(&k), "b");
    k = rows.row[1].key;
    is_str(sp_key_next(&k), "aaa");
    sp_rows_done(&rows);
    sp_buf_done(&key_buf);
}
