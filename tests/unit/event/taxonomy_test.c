/* SPDX-License-Identifier: Apache-2.0 */
#include "event/taxonomy.h"
#include "event/taxonomy_inner.h"
#include "tap.h"

static struct sp_taxonomy *fresh(void)
{
    struct sp_taxonomy *t = NULL;

    ok(sp_taxonomy_new(&t, NULL) == 0);
    return t;
}

/* The name of the class that an origin without field tests gets; "" for none. */
static struct sp_str chosen(const char *channel, const char *provider, uint32_t id)
{
    static char name[64];
    struct sp_taxonomy *t = fresh();
    struct sp_origin origin = { sp_str_c(channel), sp_str_c(provider), id, true };
    const struct sp_when *when[16];
    uint32_t n = sp_taxonomy_candidates(t, &origin, when, 16);
    struct sp_str found = n ? when[n - 1]->class_->name : SP_STR_NONE;

    (void)snprintf(name, sizeof name, "%.*s", SP_STR_ARG(found));
    sp_taxonomy_free(t);
    return sp_str_c(name);
}

/* What becomes of a user's map: 0, or the code, and the message. */
static struct sp_error refused(const char *text)
{
    struct sp_taxonomy *t = fresh();
    struct sp_error err = { 0 };

    (void)sp_taxonomy_add(t, "m.tsv", sp_str_c(text), &err);
    sp_taxonomy_free(t);
    return err;
}

static const struct sp_class *named(const struct sp_taxonomy *t, const char *name)
{
    for (uint32_t i = sp_taxonomy_count(t); i-- > 0;)
        if (sp_str_is(sp_taxonomy_class(t, i)->name, name))
            return sp_taxonomy_class(t, i);
    return NULL;
}

#define SYSMON "Microsoft-Windows-Sysmon/Operational"
#define AUDIT "Microsoft-Windows-Security-Auditing"

TEST(channel_provider_and_id_choose_the_class) { is_str(chosen(SYSMON, "Microsoft-Windows-Sysmon", 1), "sysmon-1"); }
TEST(channels_have_no_case) { is_str(chosen("security", "microsoft-windows-security-auditing", 4688), "security-4688"); }
TEST(without_a_provider_the_channel_is_enough) { is_str(chosen("Security", "", 4688), "security-4688"); }
TEST(another_provider_in_the_channel_is_another_event) { is_str(chosen("Security", "VSSAudit", 4688), "security"); }
TEST(without_a_channel_the_provider_stands_for_it) { is_str(chosen("", "Microsoft-Windows-Sysmon", 3), "sysmon-3"); }
TEST(an_id_alone_is_no_log_source) { is_str(chosen("", "", 4688), "windows"); }
TEST(an_id_in_another_channel_is_not_the_event) { is_str(chosen("Application", AUDIT, 4688), "application"); }
TEST(an_unknown_channel_is_windows_and_no_more) { is_str(chosen("Some/Channel", "x", 1), "windows"); }
TEST(id_ranges_hold_both_ends)
{
    is_str(chosen(SYSMON, "", 19), "sysmon-19");
    is_str(chosen(SYSMON, "", 21), "sysmon-19");
    is_str(chosen(SYSMON, "", 99), "sysmon-other");
}
TEST(powershell_core_is_powershell) { is_str(chosen("PowerShellCore/Operational", "PowerShellCore", 4104), "powershell-4104"); }
TEST(a_registry_value_of_security_falls_back_to_the_event) { is_str(chosen("Security", AUDIT, 4657), "security-4657"); }

TEST(rules_apply_where_every_part_is_the_classes)
{
    struct sp_taxonomy *t = fresh();
    const struct sp_class *c = named(t, "sysmon-13");
    struct sp_logsource service = { SP_STR("WINDOWS"), SP_STR_NONE, SP_STR("sysmon") };
    struct sp_logsource event = { SP_STR("windows"), SP_STR("registry_event"), SP_STR_NONE };
    struct sp_logsource other = { SP_STR("windows"), SP_STR("registry_add"), SP_STR_NONE };
    struct sp_logsource linux_ = { SP_STR("linux"), SP_STR("registry_event"), SP_STR_NONE };

    ok(sp_class_has(c, &service) && sp_class_has(c, &event));
    ok(!sp_class_has(c, &other) && !sp_class_has(c, &linux_));
    is_str(sp_class_logsource(c).category, "registry_set");
    ok(!sp_class_has(sp_taxonomy_class(t, UINT32_MAX), &service));
    sp_taxonomy_free(t);
}

TEST(security_4657_is_never_a_rename)
{
    struct sp_taxonomy *t = fresh();
    struct sp_logsource rename = { SP_STR("windows"), SP_STR("registry_rename"), SP_STR("security") };

    for (uint32_t i = 0; i < sp_taxonomy_count(t); i++)
        ok(!sp_class_has(sp_taxonomy_class(t, i), &rename));
    sp_taxonomy_free(t);
}

TEST(what_4688_cannot_have_is_absent)
{
    static const char *const absent[] = { "CurrentDirectory", "Company", "Description", "FileVersion", "Product", "OriginalFileName",
                                          "Hashes", "Imphash", "ParentCommandLine", "ParentUser", "ProcessGuid", "ParentProcessGuid",
                                          "LogonGuid", "TerminalSessionId" };
    struct sp_taxonomy *t = fresh();
    const struct sp_class *c = named(t, "security-4688");

    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        const struct sp_field_line *line = sp_class_field(c, sp_str_c(absent[i]));

        ok(line && line->from.kind == SP_FROM_ABSENT);
        line = sp_class_field(named(t, "sysmon-1"), sp_str_c(absent[i]));
        ok(!line || line->from.kind != SP_FROM_ABSENT);
    }
    is_str(sp_class_field(c, SP_STR("Image"))->from.a, "NewProcessName");
    ok(sp_class_field(c, SP_STR("User"))->from.kind == SP_FROM_JOIN);
    ok(sp_class_field(c, SP_STR("ProcessId"))->from.kind == SP_FROM_DEC);
    ok(!sp_class_field(c, SP_STR("NoSuchField")));
    sp_taxonomy_free(t);
}

TEST(command_lines_are_never_trimmed)
{
    struct sp_taxonomy *t = fresh();

    for (uint32_t i = 0; i < sp_taxonomy_count(t); i++)
        ok(!sp_class_trims(sp_taxonomy_class(t, i), SP_STR("CommandLine")));
    ok(sp_class_trims(named(t, "security-logon"), SP_STR("LogonProcessName")));
    sp_taxonomy_free(t);
}

TEST(a_log_source_given_finds_exactly_its_class_or_a_new_one)
{
    struct sp_taxonomy *t = fresh();
    const struct sp_class *c = NULL, *again = NULL;
    uint32_t count = sp_taxonomy_count(t);
    struct sp_logsource dns = { SP_STR("Zeek"), SP_STR_NONE, SP_STR("dns") };
    struct sp_logsource cases = { SP_STR("acceptance"), SP_STR_NONE, SP_STR("cases") };

    ok(sp_taxonomy_for(t, dns, &c, NULL) == 0);
    is_str(c->name, "zeek-dns");
    is_u64(sp_taxonomy_count(t), count);
    ok(sp_taxonomy_for(t, cases, &c, NULL) == 0 && sp_taxonomy_for(t, cases, &again, NULL) == 0);
    ok(c == again && c->field_count == 0);
    is_u64(c->id, count);
    ok(sp_class_has(c, &cases));
    sp_taxonomy_free(t);
}

TEST(a_map_comes_before_the_tables_and_can_be_like_them)
{
    struct sp_taxonomy *t = fresh();
    struct sp_origin origin = { SP_STR("Security"), SP_STR_NONE, 4688, true };
    const struct sp_when *when[4];

    ok(sp_taxonomy_add(t, "m", SP_STR("# mine\r\ntype\tjson\r\nclass\tmine\twindows\tprocess_creation\t-\r\nwhen\tchannel=Security\teventid=1,4688\r\n"
                                      "like\tsecurity-4688\r\nfield\tImage\tExe|Bin\r\nabsent\tUser\ntime\tWhen\tepoch-ms\n"), NULL) == 0);
    is_u64(sp_taxonomy_candidates(t, &origin, when, 4), 1);
    is_str(when[0]->class_->name, "mine");
    is_str(sp_class_field(when[0]->class_, SP_STR("Image"))->from.b, "Bin");
    ok(sp_class_field(when[0]->class_, SP_STR("User"))->from.kind == SP_FROM_ABSENT);
    is_str(sp_class_field(when[0]->class_, SP_STR("ParentImage"))->from.a, "ParentProcessName");
    is_str(when[0]->class_->time.a, "When");
    sp_taxonomy_free(t);
}

TEST(a_line_without_tabs_is_cut_at_spaces) { is_i64(refused("class a p c s\nfield X Y\n").code, 0); }
TEST(a_byte_order_mark_is_no_word) { is_i64(refused("\xEF\xBB\xBF" "class a p c s\n").code, 0); }

TEST(what_is_wrong_is_named_with_its_line)
{
    struct sp_error err = refused("class\ta\tb\tc\td\n\nfrobnicate\tx\n");

    is_i64(err.code, SP_ERR_USAGE);
    is_text(err.where, "m.tsv:3");
    ok(strstr(err.what, "frobnicate") != NULL);
}

TEST(wrong_lines_are_refused)
{
    static const char *const wrong[] = { "field\tA\n", "class\ta\tb\n", "class\ta\tb\tc,,d\t-\n", "type\txml\n" };
    static const char *const below[] = { "when", "when\tchannel", "when\teventid=x", "when\teventid=1-", "when\t=x", "field\tA\tB\tC", "field\tA\tB\\",
                                         "field\tA\tdec(B\\C)", "field\tA\tdec()", "field\tA\tB|C|D", "names\tspace", "value\tpipe\tA", "value\turl",
                                         "like\tnothing", "like\ta", "time\tA\tnever", "host\tA\tB", "host", "trim", "absent" };
    char text[128];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (refused(wrong[i]).code != SP_ERR_USAGE)
            tap_fail("accepted: %s", wrong[i]);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        (void)snprintf(text, sizeof text, "class\ta\tp\tc\ts\n%s\n", below[i]);
        if (refused(text).code != SP_ERR_USAGE)
            tap_fail("accepted: %s", below[i]);
    }
}

TEST(a_refused_map_leaves_no_class)
{
    struct sp_taxonomy *t = fresh();
    uint32_t count = sp_taxonomy_count(t);

    ok(sp_taxonomy_add(t, "m", SP_STR("class\ta\tp\t-\t-\nwhen\tany\nclass\tb\n"), NULL) == SP_ERR_USAGE);
    is_u64(sp_taxonomy_count(t), count);
    sp_taxonomy_free(t);
}
