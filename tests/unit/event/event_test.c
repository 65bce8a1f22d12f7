/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"
#include "base/limits.h"
#include "read/jsonl.h"
#include "read/value.h"
#include "tap.h"

/* One event at a time, from JSON text; `given` as --logsource would be. */
static struct sp_taxonomy *taxonomy;
static struct sp_events *events;
static struct sp_tree tree;
static struct sp_buf names, out, text;
static struct sp_record record;
static struct sp_event event;

static void make_given(const char *json, struct sp_logsource given, const char *map)
{
    struct sp_limits limits = sp_limits_default();
    const struct sp_class *c = NULL;
    uint64_t duplicates = 0;
    size_t at = 0;

    sp_events_free(events);
    sp_taxonomy_free(taxonomy);
    taxonomy = NULL;
    events = NULL;
    ok(sp_taxonomy_new(&taxonomy, NULL) == 0);
    if (map)
        ok(sp_taxonomy_add(taxonomy, "map", sp_str_c(map), NULL) == 0);
    if (given.product.len)
        ok(sp_taxonomy_for(taxonomy, given, &c, NULL) == 0);
    events = sp_events_new(taxonomy, c);
    sp_buf_clear(&names);
    ok(sp_json_parse(sp_str_c(json), &at, &limits, &(struct sp_json_room){ &tree, &names, &duplicates }, NULL) == 1);
    record = (struct sp_record){ .kind = SP_RECORD_JSON, .tree = &tree };
    ok(sp_event_make(events, &record, &event) == 0);
}

static void make(const char *json)
{
    make_given(json, (struct sp_logsource){ SP_STR_NONE, SP_STR_NONE, SP_STR_NONE }, NULL);
}

/* The values of a field, joined by `;`; "(missing)", "(impossible)"; null and maps as words. */
static struct sp_str got(const char *name, bool mapped)
{
    struct sp_found found;

    sp_buf_clear(&out);
    ok(sp_event_get(events, &event, sp_str_c(name), mapped, &found) == 0);
    if (found.presence != SP_PRESENT)
        return found.presence == SP_MISSING ? SP_STR("(missing)") : SP_STR("(impossible)");
    for (uint32_t i = 0; i < found.count; i++) {
        if (i)
            sp_buf_char(&out, ';');
        if (found.value[i].type == SP_V_NULL || found.value[i].type == SP_V_MAP)
            sp_buf_text(&out, found.value[i].type == SP_V_NULL ? "null" : "map");
        sp_value_write(&out, found.value[i]);
    }
    return sp_buf_view(&out);
}

static struct sp_str seen(const char *name) { return got(name, true); }

static struct sp_str time_of(void)
{
    sp_buf_clear(&out);
    if (event.time.known)
        sp_time_write(&out, event.time);
    return sp_buf_view(&out);
}

static struct sp_str host_of(void) { sp_buf_clear(&out); return sp_event_host(events, &event, &out) ? sp_buf_view(&out) : SP_STR("(none)"); }
static struct sp_str user_of(void) { sp_buf_clear(&out); return sp_event_user(events, &event, &out) ? sp_buf_view(&out) : SP_STR("(none)"); }
static struct sp_str session_of(void) { sp_buf_clear(&out); return sp_event_session(events, &event, &out) ? sp_buf_view(&out) : SP_STR("(none)"); }

static struct sp_str values(uint64_t max, uint64_t *excess)
{
    sp_buf_clear(&out);
    ok(sp_event_values(events, &event, max, &out, excess) == 0);
    return sp_buf_view(&out);
}

static struct sp_str fields(void)
{
    sp_buf_clear(&out);
    ok(sp_event_fields_json(events, &event, &out) == 0);
    return sp_buf_view(&out);
}

static int join(void *arg, struct sp_value value)
{
    (void)arg;
    sp_value_write(&text, value);
    sp_buf_char(&text, ';');
    return 0;
}

static struct sp_str scalars(void)
{
    sp_buf_clear(&text);
    ok(sp_event_scalars(&event, join, NULL) == 0);
    return sp_buf_view(&text);
}

static const char *evtx_dump(const char *channel, const char *provider, int id, const char *data)
{
    static char json[4096];

    (void)snprintf(json, sizeof json,
                   "{\"Event\":{\"#attributes\":{\"xmlns\":\"http://ns\"},\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"%s\",\"Guid\":\"{g}\"}},"
                   "\"EventID\":{\"#attributes\":{\"Qualifiers\":7},\"#text\":%d},\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2026-03-02T10:00:00.1234567Z\"}},"
                   "\"Correlation\":null,\"Execution\":{\"#attributes\":{\"ProcessID\":788,\"ThreadID\":792}},\"Channel\":\"%s\",\"Computer\":\"pc1\",\"Security\":null},%s}}",
                   provider, id, channel, data);
    return json;
}

#define AUDIT "Microsoft-Windows-Security-Auditing"

TEST(evtx_dump_shape_is_flat)
{
    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 1, "\"EventData\":{\"Image\":\"C:\\\\a.exe\",\"User\":\"D\\\\u\",\"LogonId\":\"0x3e7\"}"));
    ok(event.recognised);
    is_str(event.class_->name, "sysmon-1");
    is_str(seen("Image"), "C:\\a.exe");
    is_str(seen("EventID"), "1");
    is_str(seen("EventID_Qualifiers"), "7");
    is_str(seen("Provider_Name"), "Microsoft-Windows-Sysmon");
    is_str(seen("Execution_ProcessID"), "788");
    is_str(seen("Correlation"), "(missing)");
    is_str(time_of(), "2026-03-02T10:00:00.1234567Z");
    is_str(host_of(), "pc1");
    is_str(user_of(), "D\\u");
    is_str(session_of(), "0x3e7");
}

TEST(unnamed_data_is_a_list)
{
    make(evtx_dump("Application", "MSSQLSERVER", 18456, "\"EventData\":{\"Data\":{\"#text\":[\"sa\",\"Reason: x\"]},\"Binary\":null}"));
    is_str(seen("Data"), "sa;Reason: x");
    make(evtx_dump("Application", "MSSQLSERVER", 18456, "\"EventData\":{\"Data\":[\"sa\",\"b\"]}"));
    is_str(seen("Data"), "sa;b");
    make(evtx_dump("Application", "MSSQLSERVER", 18456, "\"EventData\":{\"Data\":[{\"@Name\":\"X\",\"#text\":\"v\"},{\"@Name\":\"Y\"}]}"));
    is_str(seen("X"), "v");
    is_str(seen("Y"), "");
}

TEST(user_data_loses_its_wrapper)
{
    make(evtx_dump("Security", "Microsoft-Windows-Eventlog", 1102, "\"UserData\":{\"LogFileCleared\":{\"#attributes\":{\"xmlns:auto-ns3\":\"http://x\"},\"SubjectUserName\":\"bob\",\"Channel\":\"Other\"}}"));
    is_str(seen("SubjectUserName"), "bob");
    is_str(seen("Channel"), "Security;Other"); /* both: System's and the record's own */
    ok(sp_str_find(scalars(), SP_STR("http")) == SIZE_MAX);
    ok(sp_str_find(fields(), SP_STR("\"Channel\":[\"Security\",\"Other\"]")) != SIZE_MAX);
}

TEST(process_creation_of_security)
{
    make(evtx_dump("Security", AUDIT, 4688, "\"EventData\":{\"SubjectUserName\":\"u\",\"SubjectDomainName\":\"DOM\",\"SubjectLogonId\":\"0x3e7\",\"NewProcessId\":\"0x1f4\",\"ProcessId\":\"0x10\","
                   "\"NewProcessName\":\"C:\\\\n.exe\",\"ParentProcessName\":\"C:\\\\p.exe\",\"CommandLine\":\"n \",\"MandatoryLabel\":\"S-1-16-8192\"}"));
    is_str(event.class_->name, "security-4688");
    is_str(seen("Image"), "C:\\n.exe");
    is_str(seen("ParentImage"), "C:\\p.exe");
    is_str(seen("User"), "DOM\\u");
    is_str(seen("ProcessId"), "500");
    is_str(seen("ParentProcessId"), "16");
    is_str(seen("IntegrityLevel"), "S-1-16-8192");
    is_str(seen("CommandLine"), "n ");
    is_str(seen("OriginalFileName"), "(impossible)");
    is_str(got("OriginalFileName", false), "(impossible)");
    is_str(got("ProcessId", false), "0x10"); /* a rule for the service sees the event's own */
    is_str(got("Image", false), "C:\\n.exe");
    ok(sp_str_starts(fields(), SP_STR("{\"Image\":\"C:\\\\n.exe\"")));
    ok(sp_str_find(fields(), SP_STR("\"ProcessId\":\"500\"")) != SIZE_MAX);
    ok(sp_str_find(fields(), SP_STR("0x10\"")) == SIZE_MAX);
}

TEST(a_user_without_domain_stands_alone)
{
    make(evtx_dump("Security", AUDIT, 4688, "\"EventData\":{\"SubjectUserName\":\"u\"}"));
    is_str(seen("User"), "u");
    make(evtx_dump("Security", AUDIT, 4688, "\"EventData\":{\"SubjectUserName\":\"u\",\"SubjectDomainName\":\"-\"}"));
    is_str(seen("User"), "u");
    make(evtx_dump("Security", AUDIT, 4688, "\"EventData\":{\"SubjectUserName\":\"-\",\"SubjectDomainName\":\"-\"}"));
    is_str(seen("User"), "-");
    is_str(user_of(), "(none)");
    make(evtx_dump("Security", AUDIT, 4688, "\"EventData\":{\"SubjectDomainName\":\"D\"}"));
    is_str(seen("User"), "(missing)");
}

TEST(registry_values_of_security)
{
    static const char *const kind[][2] = { { "%%1904", "registry_add" }, { "%%1905", "registry_set" }, { "%%1906", "registry_delete" }, { "x", "registry_event" } };
    char data[512];

    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(data, sizeof data, "\"EventData\":{\"ObjectName\":\"\\\\REGISTRY\\\\MACHINE\\\\SYSTEM\\\\ControlSet001\\\\Services\",\"ObjectValueName\":\"V\",\"OperationType\":\"%s\",\"NewValue\":\"n\"}", kind[i][0]);
        make(evtx_dump("Security", AUDIT, 4657, data));
        is_str(sp_class_logsource(event.class_).category, kind[i][1]);
        is_str(seen("TargetObject"), "HKLM\\SYSTEM\\CurrentControlSet\\Services\\V");
        is_str(seen("Details"), "n");
    }
    make(evtx_dump("Security", AUDIT, 4657, "\"EventData\":{\"ObjectName\":\"\\\\REGISTRY\\\\USER\\\\S-1-5\\\\K\",\"ObjectValueName\":\"-\"}"));
    is_str(seen("TargetObject"), "HKU\\S-1-5\\K");
    make(evtx_dump("Security", AUDIT, 4657, "\"EventData\":{\"ObjectName\":\"\\\\REGISTRY\\\\MACHINERY\\\\K\"}"));
    is_str(seen("TargetObject"), "\\REGISTRY\\MACHINERY\\K");
}

TEST(keys_of_sysmon_12_are_added_or_deleted)
{
    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 12, "\"EventData\":{\"EventType\":\"CreateKey\"}"));
    is_str(sp_class_logsource(event.class_).category, "registry_add");
    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 12, "\"EventData\":{\"EventType\":\"DeleteValue\"}"));
    is_str(sp_class_logsource(event.class_).category, "registry_delete");
    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 12, "\"EventData\":{}"));
    is_str(event.class_->name, "sysmon-12");
}

TEST(trailing_spaces_go_where_the_table_says)
{
    make(evtx_dump("Security", AUDIT, 4624, "\"EventData\":{\"LogonProcessName\":\"NtLmSsp  \",\"WorkstationName\":\"w \"}"));
    is_str(seen("LogonProcessName"), "NtLmSsp");
    is_str(seen("WorkstationName"), "w ");
}

TEST(trimming_knows_utf16)
{
    struct sp_node node[2] = { { .value = { .type = SP_V_MAP }, .child = 1, .count = 1 },
                               { .name = SP_STR("LogonProcessName"), .value = { "N\0 \0\0\0", 6, SP_V_UTF16 } } };
    struct sp_tree two = { .node = node, .count = 2, .room = 2 };

    make(evtx_dump("Security", AUDIT, 4624, "\"EventData\":{}"));
    event.tree = &two;
    event.fields = 0;
    is_str(seen("LogonProcessName"), "N");
    event.tree = &tree;
}

TEST(names_of_defender_lose_their_spaces)
{
    make(evtx_dump("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender", 1119, "\"EventData\":{\"Threat Name\":\"t\",\"Feature Name\":\"f\"}"));
    is_str(seen("ThreatName"), "t");
    is_str(got("Threat Name", false), "t");
    is_str(got("Feature_Name", false), "f");
    is_str(got("ThreatNam", false), "(missing)");
}

TEST(velociraptor)
{
    make("{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-Sysmon\"},\"EventID\":{\"Value\":1},\"TimeCreated\":{\"SystemTime\":1772445600.25},\"EventRecordID\":7,"
         "\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"Computer\":\"pc1\"},\"EventData\":{\"Image\":\"C:\\\\v.exe\"},\"Message\":\"m\"}");
    is_str(event.class_->name, "sysmon-1");
    is_str(seen("Image"), "C:\\v.exe");
    is_str(seen("Message"), "m");
    is_str(time_of(), "2026-03-02T10:00:00.25Z");
    is_str(host_of(), "pc1");
}

TEST(winlogbeat_nested_dotted_and_old)
{
    make("{\"@timestamp\":\"2026-03-02T10:00:00.250Z\",\"winlog\":{\"channel\":\"Microsoft-Windows-Sysmon/Operational\",\"provider_name\":\"Microsoft-Windows-Sysmon\",\"event_id\":\"1\","
         "\"computer_name\":\"pc1\",\"event_data\":{\"Image\":\"C:\\\\v.exe\"}},\"host\":{\"name\":\"h\"}}");
    is_str(event.class_->name, "sysmon-1");
    is_str(seen("Image"), "C:\\v.exe");
    is_str(seen("host.name"), "h");
    is_str(seen("winlog.event_data.Image"), "C:\\v.exe");
    is_str(host_of(), "pc1");
    is_str(time_of(), "2026-03-02T10:00:00.250Z");
    is_str(scalars(), "2026-03-02T10:00:00.250Z;Microsoft-Windows-Sysmon/Operational;Microsoft-Windows-Sysmon;1;pc1;C:\\v.exe;h;"); /* each once */
    make("{\"@timestamp\":\"2026-03-02T10:00:00Z\",\"winlog.channel\":\"Security\",\"winlog.event_id\":4688,\"winlog.event_data.NewProcessName\":\"C:\\\\n.exe\"}");
    is_str(event.class_->name, "security-4688");
    is_str(seen("Image"), "C:\\n.exe");
    make("{\"event_id\":4688,\"log_name\":\"Security\",\"source_name\":\"" AUDIT "\",\"computer_name\":\"pc\",\"event_data\":{\"NewProcessName\":\"C:\\\\n.exe\"}}");
    is_str(seen("Image"), "C:\\n.exe");
    is_str(host_of(), "pc");
}

TEST(nxlog)
{
    make("{\"EventTime\":\"2026-03-02 10:00:00\",\"Hostname\":\"pc1\",\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"SourceName\":\"Microsoft-Windows-Sysmon\",\"EventID\":13,"
         "\"RecordNumber\":7,\"EventType\":\"SetValue\",\"EventTypeOrignal\":\"INFO\",\"Keywords\":-9223372036854775808,\"Image\":\"C:\\\\v.exe\",\"Message\":\"m\"}");
    is_str(event.class_->name, "sysmon-13");
    is_str(seen("EventType"), "SetValue");
    is_str(seen("Keywords"), "0x8000000000000000");
    is_str(seen("Provider_Name"), "Microsoft-Windows-Sysmon");
    is_str(seen("EventRecordID"), "7");
    is_str(seen("Message"), "m");
    is_str(time_of(), "2026-03-02T10:00:00Z");
    is_str(host_of(), "pc1");
}

TEST(sysmon_without_a_header_is_known_by_its_fields)
{
    make("{\"UtcTime\":\"2026-03-02 10:00:00.1\",\"ProcessGuid\":\"{g}\",\"Image\":\"i\",\"DestinationIp\":\"10.0.0.1\",\"SourcePort\":\"1\"}");
    is_str(event.class_->name, "sysmon-3");
    is_str(time_of(), "2026-03-02T10:00:00.1Z");
}

TEST(generic_json_has_no_log_source_unless_given)
{
    make("{\"@timestamp\":\"2026-03-02T10:00:00Z\",\"EventID\":4688}");
    ok(!event.recognised && event.class_ != NULL && !event.class_->product.len);
    is_str(time_of(), "2026-03-02T10:00:00Z");
    make_given("{\"A\":\"x\"}", (struct sp_logsource){ SP_STR("acceptance"), SP_STR_NONE, SP_STR("cases") }, NULL);
    is_str(event.class_->product, "acceptance");
    is_str(seen("A"), "x");
}

/* A flat event as the EVTX reader makes it; `+` before a name: one more value of a list under that name. */
static void make_flat(const char *const (*field)[2], size_t count, const char *map)
{
    uint32_t last = 0, in_list = 0, list = 0;

    sp_events_free(events);
    sp_taxonomy_free(taxonomy);
    ok(sp_taxonomy_new(&taxonomy, NULL) == 0);
    if (map)
        ok(sp_taxonomy_add(taxonomy, "map", sp_str_c(map), NULL) == 0);
    events = sp_events_new(taxonomy, NULL);
    sp_tree_clear(&tree);
    (void)sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    for (size_t i = 0; i < count; i++) {
        bool listed = field[i][0][0] == '+';
        struct sp_str name = sp_str_c(field[i][0] + listed);
        struct sp_value v = { field[i][1], (uint32_t)strlen(field[i][1]), SP_V_TEXT };

        if (listed && !(list && sp_str_eq(tree.node[list].name, name))) {
            list = sp_tree_add(&tree, name, (struct sp_value){ .type = SP_V_LIST });
            sp_tree_hang(&tree, 0, &last, list);
            in_list = 0;
        }
        if (listed)
            sp_tree_hang(&tree, list, &in_list, sp_tree_add(&tree, SP_STR_NONE, v));
        else
            sp_tree_hang(&tree, 0, &last, sp_tree_add(&tree, name, v));
    }
    record = (struct sp_record){ .kind = SP_RECORD_EVTX, .tree = &tree };
    ok(sp_event_make(events, &record, &event) == 0);
}
#define MAKE_FLAT(map, ...)                                    \
    do {                                                       \
        static const char *const f[][2] = { __VA_ARGS__ };     \
        make_flat(f, sizeof f / sizeof *f, map);               \
    } while (0)
#define SYSMON1 { "Provider_Name", "Microsoft-Windows-Sysmon" }, { "EventID", "1" }, { "Channel", "Microsoft-Windows-Sysmon/Operational" }

TEST(the_time_of_the_header_is_the_first_of_its_name)
{
    MAKE_FLAT(NULL, SYSMON1, { "TimeCreated_SystemTime", "2026-03-02T10:00:00.1Z" }, { "UtcTime", "2026-03-02 11:00:00" });
    is_str(time_of(), "2026-03-02T10:00:00.1Z");
    MAKE_FLAT(NULL, { "TimeCreated_SystemTime", "2026-03-02T10:00:00.2Z" }, SYSMON1, { "TimeCreated_SystemTime", "2026-03-02T12:00:00Z" });
    is_str(time_of(), "2026-03-02T10:00:00.2Z");
    MAKE_FLAT(NULL, SYSMON1, { "+TimeCreated_SystemTime", "2026-03-02T10:00:00.3Z" }, { "+TimeCreated_SystemTime", "2026-03-02T12:00:00Z" });
    is_str(time_of(), "2026-03-02T10:00:00.3Z");
    MAKE_FLAT(NULL, SYSMON1, { "TimeCreated_SystemTime", "1772445600" });
    is_str(time_of(), "2026-03-02T10:00:00Z");
}

TEST(a_time_that_is_none_or_not_there_leaves_the_usual_names)
{
    MAKE_FLAT(NULL, SYSMON1, { "TimeCreated_SystemTime", "soon" }, { "UtcTime", "2026-03-02 11:00:00" });
    is_str(time_of(), "2026-03-02T11:00:00Z");
    MAKE_FLAT(NULL, SYSMON1, { "UtcTime", "2026-03-02 11:00:00" });
    is_str(time_of(), "2026-03-02T11:00:00Z");
    MAKE_FLAT("class\town\twindows\t-\tsysmon\nwhen\tchannel=Own\n", { "Channel", "Own" }, { "TimeCreated_SystemTime", "2026-03-02T10:00:00Z" },
              { "date", "2026-03-02 11:00:00" });
    is_str(event.class_->name, "own");
    is_str(time_of(), "2026-03-02T11:00:00Z");
}

TEST(a_class_may_have_another_time_or_trim_it)
{
    static const char *const either = "class\town\twindows\t-\tsysmon\nwhen\tchannel=Microsoft-Windows-Sysmon/Operational\ntime\tLate|TimeCreated_SystemTime\n";
    static const char *const other = "class\town\twindows\t-\tsysmon\nwhen\tchannel=Microsoft-Windows-Sysmon/Operational\ntime\tUtcTime\n";
    static const char *const trimmed = "class\town\twindows\t-\tsysmon\nwhen\tchannel=Microsoft-Windows-Sysmon/Operational\n"
                                       "time\tTimeCreated_SystemTime\ntrim\tTimeCreated_SystemTime\n";

    MAKE_FLAT(other, SYSMON1, { "TimeCreated_SystemTime", "2026-03-02T10:00:00Z" }, { "UtcTime", "2026-03-02 11:00:00" });
    is_str(event.class_->name, "own");
    is_str(time_of(), "2026-03-02T11:00:00Z");
    MAKE_FLAT(either, SYSMON1, { "TimeCreated_SystemTime", "2026-03-02T10:00:00Z" }, { "Late", "2026-03-02 12:00:00" });
    is_str(time_of(), "2026-03-02T12:00:00Z");
    MAKE_FLAT(trimmed, SYSMON1, { "TimeCreated_SystemTime", "2026-03-02T10:00:00Z   " });
    is_str(event.class_->name, "own");
    is_str(time_of(), "2026-03-02T10:00:00Z");
}

static void next_flat(const char *channel, const char *provider, const char *id)
{
    sp_tree_clear(&tree);
    (void)sp_tree_add(&tree, SP_STR_NONE, (struct sp_value){ .type = SP_V_MAP });
    for (uint32_t last = 0, i = 0; i < 3; i++) {
        static const char *const name[] = { "Channel", "Provider_Name", "EventID" };
        const char *value[] = { channel, provider, id };
        struct sp_value v = { value[i], (uint32_t)strlen(value[i]), SP_V_TEXT };

        sp_tree_hang(&tree, 0, &last, sp_tree_add(&tree, sp_str_c(name[i]), v));
    }
    ok(sp_event_make(events, &record, &event) == 0);
}

TEST(the_class_of_one_record_does_not_stick_to_the_next)
{
    static char place[40];

    MAKE_FLAT(NULL, SYSMON1);
    for (int round = 0; round < 3; round++) {
        next_flat("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "1");
        is_str(event.class_->name, "sysmon-1");
        next_flat("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "3");
        is_str(event.class_->name, "sysmon-3");
        next_flat("Security", AUDIT, "4688");
        is_str(event.class_->name, "security-4688");
        next_flat("Security", "", "4688");
        is_str(event.class_->name, "security-4688");
        next_flat("", "Security", "4688"); /* the same bytes, cut in another place */
        ok(!sp_str_is(event.class_->name, "security-4688"));
        memcpy(place, "Microsoft-Windows-Sysmon/Operational", 37);
        next_flat(place, "Microsoft-Windows-Sysmon", "1");
        memcpy(place, "Microsoft-Windows-Sysmon/Admin", 31); /* another text in the same place */
        next_flat(place, "nobody", "1");
        ok(!sp_str_is(event.class_->name, "sysmon-1"));
        memcpy(place, "Microsoft-Windows-Sysmon/Operationaz", 37);
        next_flat(place, "nobody", "1");
        ok(!sp_str_is(event.class_->name, "sysmon-1"));
    }
}

TEST(numbers_are_times_only_where_mapped)
{
    make("{\"ts\":1772445600.5}");
    is_str(time_of(), "");
    make("{\"timestamp\":\"nonsense\",\"time\":\"2026-03-02T10:00:00Z\"}");
    is_str(time_of(), "2026-03-02T10:00:00Z");
    make_given("{\"ts\":1772445600.5}", (struct sp_logsource){ SP_STR("zeek"), SP_STR_NONE, SP_STR("dns") }, NULL);
    is_str(time_of(), "2026-03-02T10:00:00.5Z");
    make_given("{\"at\":1772445600250,\"n\":{\"x\":1}}", (struct sp_logsource){ SP_STR_NONE, SP_STR_NONE, SP_STR_NONE },
               "class\tmine\tp\t-\t-\ntime\tat\nfield\tN\tn.x\nuser\tn.x\n");
    is_str(time_of(), "2026-03-02T10:00:00.250Z");
    is_str(event.class_->name, "mine");
    is_str(got("N", false), "1");
    is_str(user_of(), "1");
}

TEST(paths)
{
    make("{\"source.ip\":\"2\",\"source\":{\"ip\":\"1\"},\"a\":{\"b.c\":{\"d\":\"x\"},\"b\":{\"c\":{\"d\":\"y\"}}},\"l\":[{\"k\":1},{\"k\":[2,3]},4],\"e\":[],\"n\":null,\"o\":{\"p\":1}}");
    is_str(seen("source.ip"), "2");
    is_str(seen("a.b.c.d"), "x"); /* the longest key at each level */
    is_str(seen("l.k"), "1;2;3");
    is_str(seen("l[1].k"), "2;3");
    is_str(seen("l[1].k[0]"), "2");
    is_str(seen("l[2]"), "4");
    is_str(seen("l[9]"), "(missing)");
    is_str(seen("l[x]"), "(missing)");
    is_str(seen("l[99999999999]"), "(missing)");
    is_str(seen("l."), "(missing)");
    is_str(seen("e"), "null");
    is_str(seen("n"), "null");
    is_str(seen("o"), "map");
    is_str(seen("o.p"), "1");
    is_str(seen("o.p.q"), "(missing)");
    is_str(seen(""), "(missing)");
    is_str(seen("."), "(missing)");
}

TEST(a_document_that_is_no_object_has_no_fields)
{
    make("[1,{\"a\":2}]");
    is_str(fields(), "{}");
    is_str(scalars(), "1;2;");
    make("7");
    is_str(seen("x"), "(missing)");
}

TEST(values_for_linking_are_normalised_sorted_and_single)
{
    uint64_t excess;

    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 3,
                   "\"EventData\":{\"Image\":\"C:\\\\T\\\\A.EXE\",\"SourceIp\":\"::ffff:10.0.0.1\",\"DestinationIp\":\"2001:DB8:0:0::1\",\"DestinationHostname\":\"Evil[.]Example.\",\"SourceHostname\":\"-\",\"User\":\"D\\\\U\"}"));
    is_str(values(99, &excess), "[{\"type\":\"account\",\"value\":\"d\\\\u\"},{\"type\":\"domain\",\"value\":\"evil.example\"},{\"type\":\"file_name\",\"value\":\"a.exe\"},"
                                "{\"type\":\"file_path\",\"value\":\"c:\\\\t\\\\a.exe\"},{\"type\":\"ipv4\",\"value\":\"10.0.0.1\"},{\"type\":\"ipv6\",\"value\":\"2001:db8::1\"}]");
    is_u64(excess, 0);
    is_str(values(1, &excess), "[{\"type\":\"account\",\"value\":\"d\\\\u\"}]");
    is_u64(excess, 5);
}

TEST(hashes_are_taken_apart)
{
    uint64_t excess;

    make(evtx_dump("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 29,
                   "\"EventData\":{\"Hashes\":\"MD5=0123456789ABCDEF0123456789ABCDEF,SHA1=short,IMPHASH=00000000000000000000000000000000\"}"));
    is_str(values(99, &excess), "[{\"type\":\"md5\",\"value\":\"0123456789abcdef0123456789abcdef\"}]");
}
