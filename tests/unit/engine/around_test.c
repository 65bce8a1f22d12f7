/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes and logons put together: who started whom where numbers are given out again, two logs that tell of one start, circles,
 * sessions that share an id.
 */
#include "engine/around.h"
#include "tap.h"

static struct sp_around around;
static struct sp_process processes[64];
static struct sp_logon logons[64];
static struct sp_tree_line *tree;
static uint32_t lines;
static char drawn[2048];

static void begin(void)
{
    sp_arena_done(&around.arena);
    around = (struct sp_around){ .process = processes, .process_room = 64, .logon = logons, .logon_room = 64 };
    sp_arena_init(&around.arena, SIZE_MAX);
}

static struct sp_time at(int64_t sec)
{
    return (struct sp_time){ .sec = sec, .known = true };
}

static struct sp_process *process(int64_t sec, uint64_t pid, uint64_t parent, const char *image)
{
    struct sp_process *p = &processes[around.process_count++];

    *p = (struct sp_process){ .guid = SP_STR_NONE, .parent_guid = SP_STR_NONE, .image = sp_str_c(image), .command = SP_STR_NONE, .user = SP_STR_NONE,
                              .session = SP_STR_NONE, .parent_image = SP_STR_NONE, .parent_command = SP_STR_NONE, .pid = pid, .has_pid = true,
                              .parent_pid = parent, .has_parent_pid = parent != 0, .start = at(sec), .parent = SP_NO_PROCESS, .child = SP_NO_PROCESS,
                              .last = SP_NO_PROCESS, .next = SP_NO_PROCESS, .offset = around.process_count };
    return p;
}

static void ended(int64_t sec, uint64_t pid)
{
    struct sp_process *p = process(0, pid, 0, "");

    p->start = (struct sp_time){ 0 };
    p->end = at(sec);
}

/* The tree of the process with this number at this time: `a>b>*c` with `+n` for what is not shown. */
static const char *draw(uint64_t pid, int64_t sec, uint32_t max)
{
    struct sp_around_target target = { .pid = pid, .has_pid = true, .time = at(sec) };
    size_t out = 0;

    if (sp_around_settle(&around, &target) < 0 || sp_around_tree(&around, max, &around.arena, &tree, &lines) < 0)
        return "no memory";
    drawn[0] = '\0';
    for (uint32_t i = 0; i < lines; i++) {
        struct sp_str image = around.process[tree[i].process].image;

        out += (size_t)snprintf(drawn + out, sizeof drawn - out, "%s%u%s%.*s", i ? " " : "", tree[i].depth, tree[i].kin == SP_KIN_SELF ? "*" : "", SP_STR_ARG(image));
        if (tree[i].hidden)
            out += (size_t)snprintf(drawn + out, sizeof drawn - out, "+%u", tree[i].hidden);
    }
    return drawn;
}

TEST(parents_siblings_and_children_come_in_order)
{
    begin();
    process(10, 1, 0, "init");
    process(20, 2, 1, "word");
    process(30, 3, 2, "print");
    process(40, 4, 2, "shell");
    process(50, 5, 4, "whoami");
    process(60, 6, 2, "later");
    process(61, 7, 6, "below");
    is_text(draw(4, 45, 60), "0init 1word 2print 2*shell 3whoami 2later+1");
}

TEST(a_number_given_out_again_is_another_process)
{
    begin();
    process(10, 7, 0, "first");
    ended(20, 7);
    process(30, 7, 0, "second");
    process(15, 8, 7, "child-of-first");
    process(35, 9, 7, "child-of-second");
    is_text(draw(8, 15, 60), "0first 1*child-of-first");
    begin();
    process(10, 7, 0, "first");
    ended(20, 7);
    process(30, 7, 0, "second");
    process(35, 9, 7, "child-of-second");
    is_text(draw(9, 36, 60), "0second 1*child-of-second");
}

TEST(a_parent_that_had_ended_is_none)
{
    begin();
    process(10, 7, 0, "first");
    ended(20, 7);
    process(100, 8, 7, "orphan");
    is_text(draw(8, 100, 60), "0 1*orphan"); /* the parent is named by its number alone */
    ok(around.process[tree[0].process].named);
}

TEST(two_logs_that_tell_of_one_start_are_one_process)
{
    struct sp_process *p;

    begin();
    p = process(10, 7, 0, "C:\\w\\a.exe");
    p->session = SP_STR("0x1");
    p = process(11, 7, 0, "c:\\W\\A.EXE");
    p->guid = SP_STR("g");
    p->sysmon = true;
    (void)draw(7, 12, 60);
    is_u64(around.process_count, 1);
    is_str(around.process[0].session, "0x1");
    is_str(around.process[0].guid, "g");
    is_str(around.session, "0x1");
}

TEST(a_guid_finds_the_parent_whatever_the_numbers_say)
{
    struct sp_process *p;

    begin();
    p = process(10, 5, 0, "right");
    p->guid = SP_STR("aa");
    process(20, 5, 0, "wrong");
    p = process(30, 6, 5, "child");
    p->guid = SP_STR("bb");
    p->parent_guid = SP_STR("aa");
    is_text(draw(6, 30, 60), "0right 1*child");
}

TEST(the_event_tells_of_its_own_process_when_no_log_does)
{
    struct sp_around_target target = { .pid = 5, .has_pid = true, .time = at(10) };
    struct sp_process self;

    begin();
    process(10, 5, 4, "shell")->parent_image = SP_STR("word");
    self = around.process[0];
    around.process_count = 0;
    target.self = &self;
    ok(sp_around_settle(&around, &target) == 0);
    is_u64(around.process_count, 2);
    is_str(around.process[around.target].image, "shell");
    is_str(around.process[around.process[around.target].parent].image, "word");
    begin();
    process(10, 5, 4, "shell"); /* and when one does, it is the same */
    ok(sp_around_settle(&around, &target) == 0);
    is_u64(around.process_count, 2);
}

TEST(a_circle_of_parents_ends)
{
    struct sp_process *p;

    begin();
    p = process(10, 1, 0, "a");
    p->guid = SP_STR("a");
    p->parent_guid = SP_STR("b");
    p = process(11, 2, 0, "b");
    p->guid = SP_STR("b");
    p->parent_guid = SP_STR("a");
    is_text(draw(1, 12, 60), "0b 1*a 2b+1");
    begin();
    p = process(10, 1, 1, "self");
    p->guid = SP_STR("a");
    p->parent_guid = SP_STR("a");
    ok(strstr(draw(1, 12, 60), "*self") != NULL);
}

TEST(what_finds_no_room_is_counted)
{
    begin();
    process(10, 1, 0, "parent");
    for (unsigned i = 0; i < 40; i++)
        process(20 + i, 100 + i, 1, "x");
    (void)draw(110, 30, 60);
    is_u64(lines, 1 + 8 + 1 + 16);
    is_u64(tree[0].hidden, 40 - 8 - 1 - 16);
}

static void logon(int64_t sec, uint32_t code, const char *session)
{
    logons[around.logon_count++] = (struct sp_logon){ .time = at(sec), .code = code, .session = sp_str_c(session), .subject = SP_STR_NONE,
                                                      .linked = SP_STR_NONE, .offset = around.logon_count };
}

TEST(a_session_is_bounded_by_the_logon_before_and_the_logoff_behind)
{
    struct sp_around_target target = { .session = SP_STR("0x10"), .time = at(100) };

    begin();
    logon(200, 4634, "0x10");
    logon(10, 4624, "0x10");
    logon(20, 4634, "16");
    logon(90, 4624, "0X10");
    logon(300, 4624, "0x10");
    ok(sp_around_settle(&around, &target) == 0);
    is_i64(around.logon[around.begin].time.sec, 90);
    is_i64(around.logon[around.end].time.sec, 200);
}

TEST(a_session_whose_logon_is_lost_still_ends)
{
    struct sp_around_target target = { .session = SP_STR("0x10"), .time = at(100) };

    begin();
    logon(20, 4634, "0x10");
    logon(200, 4634, "0x10");
    ok(sp_around_settle(&around, &target) == 0);
    is_u64(around.begin, UINT32_MAX);
    is_i64(around.logon[around.end].time.sec, 200);
}

TEST(hosts_and_sessions_are_compared_as_windows_writes_them)
{
    ok(sp_host_same(SP_STR("WS-07"), SP_STR("ws-07.acme.example")));
    ok(!sp_host_same(SP_STR("ws-07.a.example"), SP_STR("ws-07.b.example")));
    ok(!sp_host_same(SP_STR(""), SP_STR("")));
    ok(sp_session_same(SP_STR("0x3E7"), SP_STR("999")));
    ok(!sp_session_same(SP_STR(""), SP_STR("")));
    ok(sp_session_same(SP_STR("arn:x"), SP_STR("ARN:x")));
}
