/* SPDX-License-Identifier: Apache-2.0 */
#include "simulate/world.h"

#include <string.h>

#include "base/buf.h"
#include "simulate/act.h"
#include "simulate/emit.h"
#include "tap.h"

static const struct sp_site site = { "acme", "acme.example", "ACME", "10.20", "S-1-5-21-1-2-3-", "SRV" };
static const struct sp_user user = { "m.keller", "ACME", "S-1-5-21-1-2-3-1107" };

struct stage {
    struct sp_world world;
    struct sp_host host;
    uint64_t now;
};

static void stage_init(struct stage *s)
{
    memset(s, 0, sizeof *s);
    sp_world_init(&s->world);
    s->host = (struct sp_host){ .site = &site, .name = "WS-01", .address = "1.11" };
    s->now = UINT64_C(134168832000000000);
    sp_world_settle(&s->world, &s->host, &user);
}

static unsigned count(const struct stage *s, enum sp_schema_kind kind)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->world.count; i++)
        n += s->world.events[i]->schema == &sp_schemas[kind];
    return n;
}

static const char *field(const struct sp_sim_event *event, const char *name)
{
    for (size_t i = 0; i < event->schema->field_count; i++)
        if (strcmp(event->schema->fields[i].name, name) == 0)
            return event->values[i];
    return NULL;
}

TEST(an_encoded_command_is_base64_of_utf16)
{
    struct stage s;

    stage_init(&s);
    is_text(sp_world_encoded(&s.world, "Write-Output 'spoor'"), "VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAHMAcABvAG8AcgAnAA==");
    is_text(sp_world_encoded(&s.world, "abc"), "YQBiAGMA");
    is_text(sp_world_encoded(&s.world, "a"), "YQA=");
    is_text(sp_world_encoded(&s.world, ""), "");
    sp_world_done(&s.world);
}

TEST(a_desktop_is_a_logon_its_shell_and_a_logoff)
{
    struct sp_logon logon = { &user, 10, "Negotiate", "WS-01", "10.20.0.40", "High" };
    struct stage s;

    stage_init(&s);
    struct sp_process shell = sp_act_desktop(&s.world, &s.now, &s.host, &logon);
    sp_act_desktop_left(&s.world, s.now + SP_TICKS_HOUR, &shell, &logon);
    is_u64(count(&s, SP_SEC_LOGON), 1);
    is_u64(count(&s, SP_SEC_PRIVILEGES), 1);
    is_u64(count(&s, SP_SYSMON_PROCESS), 2); /* userinit, explorer */
    is_u64(count(&s, SP_SYSMON_END), 2);
    is_u64(count(&s, SP_SEC_LOGOFF_ASKED), 1);
    is_u64(count(&s, SP_SEC_LOGOFF), 1);
    is_u64(count(&s, SP_TS_LOGON) + count(&s, SP_TS_LEFT) + count(&s, SP_TS_LOGOFF), 3);
    is_text(field(s.world.events[0], "TargetLogonId"), sp_world_hex(&s.world, shell.session->logon_id));
    sp_world_done(&s.world);
}

TEST(a_console_has_a_window_that_ends_with_it)
{
    struct stage s;

    stage_init(&s);
    struct sp_process above = sp_act_resident(&s.world, &s.host, &s.host.system, "C:\\Windows\\explorer.exe", "explorer");
    struct sp_process shell = sp_act_start(&s.world, &s.now, &above, &s.host.system, "C:\\Windows\\System32\\cmd.exe", "cmd");
    struct sp_process inner = sp_act_start(&s.world, &s.now, &shell, &s.host.system, "C:\\Windows\\System32\\cmd.exe", "cmd");
    is_u64(count(&s, SP_SYSMON_PROCESS), 3); /* one window for both */
    ok(shell.window_guid && !inner.window_guid);
    sp_act_end(&s.world, s.now, &inner);
    sp_act_end(&s.world, s.now, &shell);
    is_u64(count(&s, SP_SYSMON_END), 3);
    sp_world_done(&s.world);
}

TEST(a_long_script_comes_in_parts_of_one_block)
{
    struct stage s;
    char text[20001];

    stage_init(&s);
    memset(text, 'x', sizeof text);
    text[20000] = '\0';
    struct sp_process ps = sp_act_resident(&s.world, &s.host, &s.host.system, "C:\\powershell.exe", "powershell");
    sp_act_script(&s.world, s.now, &ps, text, NULL);
    is_u64(s.world.count, 3);
    is_text(field(s.world.events[2], "MessageNumber"), "3");
    is_text(field(s.world.events[0], "MessageTotal"), "3");
    is_text(field(s.world.events[0], "ScriptBlockId"), field(s.world.events[2], "ScriptBlockId"));
    is_u64(strlen(field(s.world.events[0], "ScriptBlockText")) + strlen(field(s.world.events[1], "ScriptBlockText")) +
               strlen(field(s.world.events[2], "ScriptBlockText")),
           20000);
    ok(s.world.events[0]->time < s.world.events[1]->time);
    sp_act_script(&s.world, s.now, &ps, "short", NULL);
    is_text(field(s.world.events[3], "MessageTotal"), "1");
    sp_world_done(&s.world);
}

TEST(a_collector_writes_one_line_an_event)
{
    struct stage s;
    struct sp_buf out;

    stage_init(&s);
    sp_buf_init(&out, 0);
    sp_act_clear(&s.world, s.now, &s.host, &s.host.system, "Security");
    sp_emit_json(&out, 77, s.world.events[0]);
    struct sp_str line = sp_buf_view(&out);
    ok(sp_str_starts(line, SP_STR("{\"@timestamp\":\"2026-03-02T00:00:00.")));
    ok(sp_str_find(line, SP_STR("\"event_id\":\"1102\",\"record_id\":77,\"computer_name\":\"WS-01.acme.example\"")) != SIZE_MAX);
    ok(sp_str_find(line, SP_STR("\"user_data\":{\"xml_name\":\"LogFileCleared\",\"SubjectUserSid\":\"S-1-5-18\"")) != SIZE_MAX);
    is_u64(sp_str_find(line, SP_STR("\n")), line.len - 1);
    sp_buf_done(&out);
    sp_world_done(&s.world);
}
