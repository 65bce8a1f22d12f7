/* SPDX-License-Identifier: Apache-2.0
 *
 * Both engines over the same events, one after the other: the events are in an order that could mislead the fast one.
 */
#include "pair.h"

#define RULE(detection) "title: t\nlogsource: {product: windows}\ndetection: " detection "\n---\n"
#define EVENT(eventid, more) "{\"Event\":{\"System\":{\"Channel\":\"Security\",\"EventID\":" eventid "},\"EventData\":{" more "}}}"

TEST(a_second_field_named_like_the_header_s_counts_too)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 1);
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":8")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 0);
    pair_close(&p);
    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 1);
    pair_close(&p);
}

TEST(what_one_event_has_twice_says_nothing_of_the_next)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: not a}") RULE("{a: {x: 7}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("4688", "\"EventID\":7")), 0);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":7")), 2);
    is_u64(pair_judge(&p, EVENT("4688", "\"x\":8")), 1);
    pair_close(&p);
}

TEST(a_header_that_is_a_list_is_told_by_its_elements)
{
    struct pair p;

    pair_open(&p, RULE("{a: {EventID: 7}, condition: a}") RULE("{a: {EventID|contains: '9', x: 1}, condition: a}"));
    is_u64(pair_judge(&p, EVENT("[7, 8]", "\"x\":1")), 1);
    is_u64(pair_judge(&p, EVENT("[8, 9]", "\"x\":1")), 1);
    is_u64(pair_judge(&p, EVENT("[]", "\"x\":1")), 0);
    is_u64(pair_judge(&p, EVENT("[7, 9]", "\"x\":1")), 2);
    pair_close(&p);
}

TEST(a_header_of_null_is_not_one_that_is_missing)
{
    struct pair p;

    pair_open(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":\"p\",\"event_data\":{\"x\":1}}}"), 1);
    pair_close(&p);
    pair_open(&p, RULE("{a: {Provider_Name|exists: true}, condition: a}") RULE("{a: {Provider_Name|exists: false, x: 1}, condition: a}"));
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"event_data\":{\"x\":1}}}"), 1);
    is_u64(pair_judge(&p, "{\"winlog\":{\"channel\":\"Security\",\"event_id\":1,\"provider_name\":null,\"event_data\":{\"x\":1}}}"), 1);
    pair_close(&p);
}
