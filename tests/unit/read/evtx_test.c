/* SPDX-License-Identifier: Apache-2.0 */
#include "read/evtx.h"

#include "evtx_samples.h"
#include "read/value.h"
#include "tap.h"

static struct sp_buf file, text, scratch, told;
static struct sp_evtx *evtx;
static struct sp_record record; /* the one last read */
static uint64_t undecodable, records, losses, tellings;
static size_t allocations;

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size) { allocations++; return __real_malloc(size); }
void *__wrap_realloc(void *old, size_t size) { allocations++; return __real_realloc(old, size); }
void *__wrap_calloc(size_t count, size_t size) { allocations++; return __real_calloc(count, size); }

static void tell(void *arg, uint64_t offset, bool lost, const char *reason)
{
    (void)arg, (void)offset;
    tellings++, losses += lost;
    sp_buf_text(&told, reason);
    sp_buf_char(&told, '\n');
}

static bool was_told(const char *words) { return sp_str_find(sp_buf_view(&told), sp_str_c(words)) != SIZE_MAX; }
static void open_reader(void)
{
    struct sp_limits limits = sp_limits_default();

    if (!evtx)
        evtx = sp_evtx_new(&limits);
    undecodable = records = losses = tellings = 0;
    sp_buf_clear(&told);
}

/* Begin the chunk number `n` of `file`. */
static int begin(size_t n)
{
    size_t at = SP_EVTX_FILE_HEADER + n * SP_EVTX_CHUNK, len = file.len - at;

    return sp_evtx_begin(evtx, (struct sp_str){ file.ptr + at, len < SP_EVTX_CHUNK ? len : SP_EVTX_CHUNK }, at, tell, NULL);
}

static int next(void)
{
    int rc = sp_evtx_next(evtx, &record, &undecodable);

    records += rc == 1;
    return rc;
}

/* Read all of `file`. */
static void read_all(void)
{
    open_reader();
    for (size_t n = 0; SP_EVTX_FILE_HEADER + n * SP_EVTX_CHUNK < file.len; n++)
        if (begin(n) == 1)
            while (next() == 1)
                ;
}

/* A log with these records; the first is read. */
static void log_of(const struct sp_evtxw_body *body, size_t count, bool plain)
{
    struct sp_evtxw *w = sp_evtxw_new(false);

    sp_buf_clear(&file);
    for (uint64_t i = 1; i <= count; i++)
        if ((plain ? sp_evtxw_record(w, i, SAMPLE_TIME, body, NULL) : sample_event(w, i, body)) < 0)
            tap_fail("record %u is not written", (unsigned)i);
    (void)sp_evtxw_finish(w, &file, NULL);
    sp_evtxw_free(w);
    open_reader();
    if (begin(0) != 1 || next() != 1)
        tap_fail("no record: %.*s", SP_STR_ARG(sp_buf_view(&told)));
}

static void samples(void)
{
    sp_buf_clear(&file);
    (void)sample_log(&file, false);
}

/* The first field of this name as text; "(none)" when there is none. */
static const struct sp_node *node_of(const char *name)
{
    for (uint32_t i = record.tree->node[0].child; i; i = record.tree->node[i].next)
        if (sp_str_is(record.tree->node[i].name, name))
            return &record.tree->node[i];
    return NULL;
}

static struct sp_str field(const char *name)
{
    const struct sp_node *node = node_of(name);

    sp_buf_clear(&text);
    if (!node)
        return SP_STR("(none)");
    sp_tree_json(&text, record.tree, (uint32_t)(node - record.tree->node), &scratch);
    return sp_buf_view(&text);
}

static struct sp_str xml(void)
{
    sp_buf_clear(&text);
    is_i64(sp_evtx_xml(evtx, &text), 0);
    return sp_buf_view(&text);
}

static struct sp_str json(void)
{
    sp_buf_clear(&text);
    is_i64(sp_evtx_json(evtx, &text), 0);
    return sp_buf_view(&text);
}

static bool holds(struct sp_str s, const char *words)
{
    if (sp_str_find(s, sp_str_c(words)) != SIZE_MAX)
        return true;
    printf("# in: %.*s\n", SP_STR_ARG(s));
    return false;
}

static void put32(size_t at, uint32_t n)
{
    for (size_t i = 0; i < 4; i++)
        file.ptr[at + i] = (char)(n >> 8 * i);
}

static uint32_t get32(size_t at)
{
    uint32_t n = 0;

    for (size_t i = 4; i-- > 0;)
        n = n << 8 | (unsigned char)file.ptr[at + i];
    return n;
}

enum { CHUNK_AT = SP_EVTX_FILE_HEADER, FIRST = CHUNK_AT + SP_EVTX_CHUNK_HEADER };

/* An event whose template is these tokens. */
#define EVENT_OF(tokens, values)                                                                                    \
    do {                                                                                                            \
        const struct sp_evtxw_body event_body = { tokens, COUNT(tokens), GUID_B, values, COUNT(values) };           \
        log_of(&event_body, 1, false);                                                                              \
    } while (0)
#define PLAIN_OF(tokens)                                                                       \
    do {                                                                                       \
        const struct sp_evtxw_body plain_body = { tokens, COUNT(tokens), NULL, NULL, 0 };      \
        log_of(&plain_body, 1, true);                                                          \
    } while (0)

/* ---- fields ---- */

TEST(system_fields_have_the_names_that_rules_use)
{
    log_of(&sample_data, 1, false);
    is_str(field("Provider_Name"), "\"Microsoft-Windows-Security-Auditing\"");
    is_str(field("Provider_Guid"), "\"{54849625-5478-4994-a5ba-3e3b0328c30d}\"");
    is_str(field("EventID"), "4688");
    is_str(field("EventID_Qualifiers"), "(none)");
    is_str(field("Keywords"), "\"0x8020000000000000\"");
    is_str(field("TimeCreated_SystemTime"), "\"2026-03-02T10:00:00.1234567Z\"");
    is_str(field("Execution_ProcessID"), "4");
    is_str(field("Correlation_ActivityID"), "(none)");
    is_str(field("Correlation"), "(none)");
    is_str(field("Channel"), "\"Security\"");
    is_str(field("Security_UserID"), "\"S-1-5-18\"");
    is_str(field("xmlns"), "(none)");
    is_u64(record.number, 1);
    is_u64(tellings, 0);
}

TEST(every_type_of_value_reads_as_windows_shows_it)
{
    log_of(&sample_data, 1, false);
    is_str(field("String"), "\"z\xC3\xA4h <&> \xF0\x9F\x98\x80\"");
    is_str(field("Ansi"), "\"plain\"");
    is_str(field("Int8"), "-5");
    is_str(field("UInt8"), "200");
    is_str(field("Int16"), "-300");
    is_str(field("UInt16"), "60000");
    is_str(field("Int32"), "-70000");
    is_str(field("UInt32"), "4000000000");
    is_str(field("Int64"), "-5000000000");
    is_str(field("UInt64"), "18446744073709551615");
    is_str(field("Real32"), "1.5");
    is_str(field("Real64"), "-2.5");
    is_str(field("Bool"), "true");
    is_str(field("Binary"), "\"DEAD01\"");
    is_str(field("SizeT"), "\"0x1234\"");
    is_str(field("FileTime"), "\"2026-03-02T10:00:00.1234567Z\"");
    is_str(field("SysTime"), "\"2026-03-02T10:00:00.123Z\"");
    is_str(field("Sid"), "\"S-1-5-18\"");
    is_str(field("Hex32"), "\"0xc000006d\"");
    is_str(field("Hex64"), "\"0x3e7\"");
}

TEST(strings_point_into_the_chunk)
{
    const char *p;

    log_of(&sample_data, 1, false);
    p = node_of("String")->value.ptr;
    ok(p > file.ptr && p < file.ptr + file.len);
    ok(record.raw.ptr == file.ptr + record.offset);
}

TEST(an_empty_value_is_there_and_empty)
{
    log_of(&sample_data, 1, false);
    is_str(field("Nothing"), "\"\"");
    is_str(field("Blank"), "\"\"");
}

TEST(an_optional_value_of_null_is_left_out)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, LEAF("Gone", 0, 1), OPEN("Kept"), ATTR("a"), OPT(0, 1), BODY,
                                        SUB(1, 1), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_NULL, V_TEXT("x") };

    EVENT_OF(t, v);
    is_str(field("Gone"), "(none)");
    is_str(field("Kept"), "\"x\"");
    is_str(field("Kept_a"), "(none)");
    ok(holds(xml(), "<EventData><Kept>x</Kept></EventData>"));
}

TEST(unnamed_data_is_a_list_also_when_it_is_one)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("Data"), BODY, SUB(0, 1), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("one") };

    EVENT_OF(t, v);
    is_str(field("Data"), "[\"one\"]");
    ok(holds(json(), "\"EventData\":{\"Data\":{\"#text\":\"one\"}}"));
}

TEST(a_string_array_is_split)
{
    log_of(&sample_classic, 1, false);
    is_str(field("Data"), "[\"one\",\"\",\"three\"]");
    is_str(field("Binary"), "(none)");
    ok(holds(xml(), "<EventData><Data>one</Data><Data></Data><Data>three</Data></EventData>"));
    ok(holds(json(), "\"EventData\":{\"Data\":{\"#text\":[\"one\",\"\",\"three\"]},\"Binary\":null}"));
}

TEST(an_array_of_numbers_is_split)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, DATA("Ports", 0, 0x86), CLOSE };
    const struct sp_evtxw_value v[] = { V_BYTES(0x86, "\x50\0\xBB\x01") };

    EVENT_OF(t, v);
    is_str(field("Ports"), "[80,443]");
}

TEST(a_name_that_comes_twice_becomes_a_list)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, DATA("X", 0, 1), DATA("Y", 1, 1), DATA("X", 2, 1), DATA("X",
                                        1, 1), CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("a"), V_TEXT("b"), V_TEXT("c") };

    EVENT_OF(t, v);
    is_str(field("X"), "[\"a\",\"c\",\"b\"]");
    is_str(field("Y"), "\"b\"");
    ok(holds(json(), "\"X\":\"a\",\"Y\":\"b\",\"X_1\":\"c\",\"X_2\":\"b\""));
}

/* SigmaHQ 100ef69e asks for the Channel in UserData, the log source is the Channel of System. */
TEST(data_named_as_a_system_field_stands_behind_it_in_a_list)
{
    const struct sp_evtxw_token t[] = { OPEN("UserData"), BODY, OPEN("LogFileCleared"), BODY, LEAF("Channel", 0, 1), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("System") };
    const struct sp_evtxw_body body = { t, COUNT(t), GUID_B, v, COUNT(v) };

    log_of(&body, 3, false);
    is_str(field("Channel"), "[\"Security\",\"System\"]");
    is_i64(next(), 1); /* the pair of templates is known now */
    is_str(field("Channel"), "[\"Security\",\"System\"]");
}

TEST(a_joined_name_and_a_plain_one_of_the_same_text_are_one)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, DATA("Provider_Name", 0, 1), CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("other") };

    EVENT_OF(t, v);
    is_str(field("Provider_Name"), "[\"Microsoft-Windows-Security-Auditing\",\"other\"]");
}

TEST(user_data_is_flattened_and_its_wrapper_dropped)
{
    PLAIN_OF(sample_plain_tokens);
    is_str(field("SubjectUserName"), "\"a&b<c\"");
    is_str(field("Flags_value"), "\"1\"");
    is_str(field("Flags"), "(none)");
    is_str(field("BackupPath"), "\"\"");
    is_str(field("LogFileCleared"), "(none)");
    is_str(field("LogFileCleared_xmlns"), "(none)");
}

TEST(deeper_elements_are_named_by_their_leaf)
{
    const struct sp_evtxw_token t[] = { OPEN("UserData"), BODY, OPEN("W"), BODY, OPEN("A"), BODY, OPEN("B"), ATTR("c"), SUB(0, 1), BODY,
                                        SUB(1, 1), CLOSE, CLOSE, CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("1"), V_TEXT("2") };

    EVENT_OF(t, v);
    is_str(field("B"), "\"2\"");
    is_str(field("B_c"), "\"1\"");
}

TEST(a_name_that_is_a_value_is_looked_up_in_each_record)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("Data"), ATTR("Name"), SUB(0, 1), BODY, SUB(1, 1), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("Late"), V_TEXT("x") };

    EVENT_OF(t, v);
    is_str(field("Late"), "\"x\"");
    ok(holds(json(), "\"EventData\":{\"Late\":\"x\"}"));
}

TEST(pieces_of_text_are_joined)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("Data"), ATTR("Name"), TEXT("S"), BODY, TEXT("if a "), ENTITY("lt"),
                                        TEXT(" b"), CDATA(" <x> "), CHAR('!'), SUB(0, 8), ENTITY("other"), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_INT(8, 7, 4) };

    EVENT_OF(t, v);
    is_str(field("S"), "\"if a < b <x> !7&other;\"");
    ok(holds(xml(), "<Data Name='S'>if a &lt; b &lt;x&gt; !7&amp;other;</Data>"));
    ok(holds(json(), "\"S\":\"if a < b <x> !7&other;\""));
}

TEST(plain_elements_give_the_record_its_number)
{
    PLAIN_OF(sample_plain_tokens);
    is_u64(record.number, 77);
    is_str(field("EventID"), "\"1102\"");
}

TEST(without_a_record_id_the_frame_has_the_number)
{
    const struct sp_evtxw_token t[] = { OPEN("Event"), BODY, OPEN("System"), BODY, OPEN("EventRecordID"), BODY, TEXT("x1"),
                                        CLOSE, CLOSE, CLOSE };

    PLAIN_OF(t);
    is_u64(record.number, 1);
}

TEST(bodies_in_bodies_are_opened)
{
    const struct sp_evtxw_token in[] = { OPEN("EventData"), BODY, DATA("Deep", 0, 1), CLOSE }, out[] = { SUB(0, 0x21) };
    const struct sp_evtxw_value v[] = { V_TEXT("x") };
    const struct sp_evtxw_body inner = { in, COUNT(in), GUID_B, v, COUNT(v) };
    const struct sp_evtxw_value w[] = { V_BODY(&inner) };
    const struct sp_evtxw_body outer = { out, COUNT(out), GUID_C, w, COUNT(w) };

    log_of(&outer, 1, false);
    is_str(field("Deep"), "\"x\"");
    ok(holds(xml(), "<EventData><Data Name='Deep'>x</Data></EventData>"));
}

TEST(plain_elements_in_a_body_have_no_dependency_id)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("Data"), ATTR("Name"), TEXT("P"), BODY, TEXT("q"), CLOSE, CLOSE };
    const struct sp_evtxw_body body = { t, COUNT(t), NULL, NULL, 0 };

    log_of(&body, 2, false);
    is_str(field("P"), "\"q\"");
    is_i64(next(), 1);
    is_str(field("P"), "\"q\"");
}

/* ---- rendering ---- */

TEST(xml_of_a_record_is_windows_own)
{
    PLAIN_OF(sample_plain_tokens);
    is_str(xml(), "<Event xmlns='" XMLNS "'><System><Provider Name='Plain'/><EventID>1102</EventID>"
                  "<EventRecordID>77</EventRecordID><Channel>Security</Channel></System><UserData><LogFileCleared xmlns='urn:x'>"
                  "<SubjectUserName>a&amp;b&lt;c</SubjectUserName><Note>&lt;x&gt;</Note><Flags value='1'/><BackupPath/>"
                  "</LogFileCleared></UserData></Event>");
}

TEST(json_of_a_record_has_the_shape_of_evtx_dump)
{
    PLAIN_OF(sample_plain_tokens);
    is_str(json(), "\"Event\":{\"#attributes\":{\"xmlns\":\"" XMLNS "\"},\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"Plain\"}},"
                   "\"EventID\":\"1102\",\"EventRecordID\":\"77\",\"Channel\":\"Security\"},\"UserData\":{\"LogFileCleared\":"
                   "{\"#attributes\":{\"xmlns\":\"urn:x\"},\"SubjectUserName\":\"a&b<c\",\"Note\":\"<x>\","
                   "\"Flags\":{\"#attributes\":{\"value\":\"1\"}},\"BackupPath\":null}}}");
}

TEST(text_beside_attributes_is_a_member)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("F"), ATTR("q"), SUB(0, 6), BODY, SUB(1, 6), CLOSE,
                                        OPEN("F"), BODY, SUB(1, 6), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_INT(6, 3, 2), V_INT(6, 4, 2) };

    EVENT_OF(t, v);
    ok(holds(json(), "\"EventData\":{\"F\":{\"#attributes\":{\"q\":3},\"#text\":4},\"F_1\":4}"));
}

TEST(a_key_that_was_made_up_does_not_hide_a_real_one)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, LEAF("F", 0, 1), LEAF("F", 0, 1), LEAF("F_1", 0, 1), CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("x") };

    EVENT_OF(t, v);
    ok(holds(json(), "\"EventData\":{\"F\":\"x\",\"F_1\":\"x\",\"F_1_1\":\"x\"}"));
}

TEST(what_xml_cannot_hold_is_replaced)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, OPEN("a b<"), ATTR("1"), SUB(0, 1), ATTR("1"), SUB(0, 1),
                                        BODY, SUB(1, 1), CLOSE, CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("'\"\n"), V_BYTES(1, "\x01\0\x1B\0\x00\xD8\xFE\xFFx\0\x0D\0") };

    EVENT_OF(t, v);
    ok(holds(xml(), "<a_b_ _='&apos;\"&#10;' __='&apos;\"&#10;'>\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx&#13;</a_b_>"));
}

TEST(a_record_is_one_line_of_xml)
{
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, DATA("X", 0, 1), CLOSE };
    const struct sp_evtxw_value v[] = { V_TEXT("a\r\nb") };

    EVENT_OF(t, v);
    ok(holds(xml(), "<Data Name='X'>a&#13;&#10;b</Data>"));
}

TEST(a_record_without_an_element_is_undecodable)
{
    const struct sp_evtxw_token none[] = { ENTITY("amp") }, sub[] = { SUB(0, 1) };
    const struct sp_evtxw_value v[] = { V_TEXT("x") };
    const struct sp_evtxw_body body[] = { { none, 1, NULL, NULL, 0 }, { none, 0, NULL, NULL, 0 }, { sub, 1, GUID_A, v, 1 } };
    struct sp_evtxw *w = sp_evtxw_new(false);

    sp_buf_clear(&file);
    for (uint64_t i = 0; i < 3; i++)
        is_i64(sp_evtxw_record(w, i, SAMPLE_TIME, &body[i], NULL), 0);
    is_i64(sp_evtxw_finish(w, &file, NULL), 0);
    sp_evtxw_free(w);
    read_all();
    is_u64(records, 0);
    is_u64(undecodable, 3);
}

/* ---- chunks ---- */

TEST(a_log_of_several_chunks_is_read_whole)
{
    log_of(&sample_data, 500, false);
    ok(file.len > SP_EVTX_FILE_HEADER + 4 * SP_EVTX_CHUNK);
    read_all();
    is_u64(records, 500);
    is_u64(record.number, 500);
    is_u64(undecodable, 0);
    is_u64(tellings, 0);
}

TEST(the_frame_lies_where_the_record_says)
{
    samples();
    open_reader();
    is_i64(begin(0), 1);
    while (next() == 1) {
        is_u64(get32(record.offset), 0x2A2A);
        is_u64(get32(record.offset + 4), record.length);
        is_u64(get32(record.offset + record.length - 4), record.length);
        is_u64(record.raw.len, record.length);
    }
    is_u64(records, 4);
}

TEST(reading_again_allocates_nothing)
{
    size_t before;

    log_of(&sample_data, 300, false);
    samples();
    log_of(&sample_classic, 300, false);
    read_all();
    before = allocations;
    ok(before > 0);
    read_all();
    is_u64(allocations - before, 0);
    is_u64(records, 300);
    samples();
    read_all();
    before = allocations;
    read_all();
    is_u64(allocations - before, 0);
    is_u64(records, 4);
}

TEST(a_wrong_checksum_is_told_and_loses_nothing)
{
    samples();
    put32(CHUNK_AT + 124, 1);
    put32(CHUNK_AT + 52, 2);
    read_all();
    is_u64(records, 4);
    is_u64(tellings, 2);
    is_u64(losses, 0);
}

TEST(zeros_are_no_chunk_and_no_trouble)
{
    samples();
    memset(file.ptr + CHUNK_AT, 0, SP_EVTX_CHUNK);
    open_reader();
    is_i64(begin(0), 0);
    is_u64(tellings, 0);
}

TEST(a_wrong_magic_is_told_and_its_records_found)
{
    samples();
    file.ptr[CHUNK_AT] = 'X';
    read_all();
    is_u64(records, 4);
    is_u64(losses, 1);
}

TEST(rubbish_is_told_and_unusable)
{
    samples();
    memset(file.ptr + CHUNK_AT, 'x', SP_EVTX_CHUNK);
    open_reader();
    is_i64(begin(0), 0);
    is_u64(losses, 1);
    is_i64(next(), 0);
}

TEST(a_record_of_size_zero_does_not_take_the_others_with_it)
{
    samples();
    put32(FIRST + get32(FIRST + 4) + 4, 0);
    read_all();
    is_u64(records, 3);
    is_u64(undecodable, 1);
    is_u64(losses, 1);
}

TEST(a_wrong_copy_of_the_size_is_told_and_loses_nothing)
{
    samples();
    put32(FIRST + get32(FIRST + 4) - 4, 99);
    read_all();
    is_u64(records, 4);
    is_u64(losses, 0);
    ok(was_told("two sizes differ"));
}

TEST(a_wrong_signature_does_not_hide_a_record)
{
    samples();
    put32(FIRST, 0);
    read_all();
    is_u64(records, 4);
    ok(was_told("signature"));
}

TEST(a_free_offset_that_lies_is_told_and_all_records_found)
{
    for (uint32_t lie = 0; lie < 3; lie++) {
        samples();
        put32(CHUNK_AT + 48, lie == 0 ? 600 : lie == 1 ? 0 : 0xFFFFFFFF);
        read_all();
        is_u64(records, 4);
        is_u64(losses, 0);
        ok(tellings > 0);
    }
}

TEST(a_cut_chunk_gives_the_records_before_the_cut)
{
    samples();
    file.len = FIRST + get32(FIRST + 4) + 40;
    read_all();
    is_u64(records, 1);
    ok(losses > 0);
    file.len = CHUNK_AT + 100;
    read_all();
    is_u64(records, 0);
    is_u64(losses, 1);
}

/* ---- hostile ---- */

TEST(a_template_outside_of_the_chunk_is_told_with_the_record)
{
    samples();
    put32(FIRST + 24 + 4 + 6, 0xFFFFFFF0);
    read_all();
    is_u64(undecodable, 1);
    is_u64(losses, 1);
    ok(was_told("template"));
}

TEST(a_template_far_outside_is_not_taken_for_one_inside)
{
    uint32_t at = FIRST, definition;

    samples();
    definition = get32(at + 24 + 4 + 6);
    for (int i = 0; i < 3; i++)
        at += get32(at + 4);
    put32(at + 24 + 4 + 6, definition + 0x20000000); /* the fourth record's, which is the first's */
    read_all();
    is_u64(records, 3);
    is_u64(undecodable, 1);
}

TEST(a_template_that_lies_in_itself_ends)
{
    samples();
    put32(FIRST + 24 + 4 + 6, 512 + 24 + 4); /* the definition is the instance */
    read_all();
    ok(undecodable >= 1);
}

TEST(more_values_than_bytes_is_told)
{
    const struct sp_evtxw_token t[] = { OPEN("Event"), EMPTY };
    const struct sp_evtxw_body body = { t, COUNT(t), GUID_A, NULL, 0 };
    size_t count;

    log_of(&body, 1, true);
    count = FIRST + 24 + 4 + 10 + 24 + get32(FIRST + 24 + 4 + 10 + 20);
    put32(count, 0x40000000);
    read_all();
    is_u64(undecodable, 1);
    ok(was_told("more values than bytes"));
}

/* `<a>` inside `<a>`, `depth` of them. */
static void nested(size_t depth)
{
    struct sp_evtxw_token t[3 * 65];
    const struct sp_evtxw_body body = { t, 3 * depth, NULL, NULL, 0 };
    struct sp_evtxw *w = sp_evtxw_new(false);

    for (size_t i = 0; i < depth; i++) {
        t[2 * i] = (struct sp_evtxw_token)OPEN("a");
        t[2 * i + 1] = (struct sp_evtxw_token)BODY;
        t[2 * depth + i] = (struct sp_evtxw_token)CLOSE;
    }
    sp_buf_clear(&file);
    is_i64(sp_evtxw_record(w, 1, SAMPLE_TIME, &body, NULL), 0);
    is_i64(sp_evtxw_finish(w, &file, NULL), 0);
    sp_evtxw_free(w);
    read_all();
}

TEST(elements_nested_too_deep_are_refused)
{
    nested(SP_EVTX_DEPTH_MAX);
    is_u64(records, 1);
    ok(holds(xml(), "<a><a></a></a>"));
    ok(holds(json(), "{\"a\":{\"a\":null}}"));
    nested(SP_EVTX_DEPTH_MAX + 1);
    is_u64(undecodable, 1);
    ok(was_told("evtx-depth"));
}

/* A value that is named many times is a body that names one many times, and so on. */
TEST(a_bomb_of_bodies_ends_at_the_limit)
{
    struct sp_evtxw_token t[40];
    const struct sp_evtxw_token leaf[] = { OPEN("x"), EMPTY };
    struct sp_evtxw_body body[8] = { { leaf, COUNT(leaf), GUID_A, NULL, 0 } };
    struct sp_evtxw_value value[8];
    uint8_t guid[8][16] = { { 0 } };

    for (size_t i = 0; i < COUNT(t); i++)
        t[i] = (struct sp_evtxw_token)SUB(0, 0x21);
    for (size_t i = 1; i < 8; i++) {
        guid[i][0] = (uint8_t)(i + 9);
        value[i] = (struct sp_evtxw_value)V_BODY(&body[i - 1]);
        body[i] = (struct sp_evtxw_body){ t, COUNT(t), guid[i], &value[i], 1 };
    }
    samples();
    struct sp_evtxw *w = sp_evtxw_new(false);
    sp_buf_clear(&file);
    is_i64(sp_evtxw_record(w, 1, SAMPLE_TIME, &body[7], NULL), 0);
    is_i64(sp_evtxw_finish(w, &file, NULL), 0);
    sp_evtxw_free(w);
    read_all();
    is_u64(undecodable, 1);
    ok(was_told("evtx-nodes"));
}

/* ---- slack and evidence ---- */

/* Make the header end the log behind the first record. */
static void hide_all_but_the_first(void)
{
    uint32_t size = get32(FIRST + 4);

    put32(CHUNK_AT + 44, SP_EVTX_CHUNK_HEADER);
    put32(CHUNK_AT + 48, SP_EVTX_CHUNK_HEADER + size);
}

TEST(records_of_the_slack_are_carved)
{
    uint64_t carved = 0;

    samples();
    hide_all_but_the_first();
    read_all();
    is_u64(records, 1);
    while (sp_evtx_carve(evtx, &record) == 1) {
        ok(record.carved);
        carved++;
    }
    is_u64(carved, 3);
    is_u64(record.number, 4);
    is_u64(undecodable, 0);
}

TEST(a_copy_of_a_live_record_is_not_carved)
{
    uint32_t size;

    samples();
    hide_all_but_the_first();
    size = get32(FIRST + 4);
    memset(file.ptr + FIRST + size, 0, SP_EVTX_CHUNK - SP_EVTX_CHUNK_HEADER - size);
    memcpy(file.ptr + FIRST + size, file.ptr + FIRST, size);
    read_all();
    is_i64(sp_evtx_carve(evtx, &record), 0);
}

TEST(a_leaf_is_the_record_and_what_it_refers_to)
{
    struct sp_buf leaf = { 0 };
    size_t at, parts = 0;
    uint32_t n[2];

    log_of(&sample_data, 2, false);
    is_i64(next(), 1); /* the second: its templates lie in the first */
    is_i64(sp_evtx_leaf(evtx, &leaf), 0);
    ok(leaf.len > record.length && memcmp(leaf.ptr, record.raw.ptr, record.length) == 0);
    for (at = record.length; at + 8 <= leaf.len; at += 8 + n[1], parts++) {
        memcpy(n, leaf.ptr + at, 8);
        ok(n[0] + n[1] <= SP_EVTX_CHUNK && memcmp(leaf.ptr + at + 8, file.ptr + CHUNK_AT + n[0], n[1]) == 0);
        if (parts == 0)
            is_u64(n[0], get32(record.offset + 24 + 4 + 6));
    }
    is_u64(at, leaf.len);
    ok(parts > 20);
    sp_buf_done(&leaf);
}

/* ---- writer ---- */

TEST(the_writer_says_what_it_cannot_write)
{
    static char huge[70000];
    const struct sp_evtxw_value v[] = { V_TEXT(huge) };
    const struct sp_evtxw_token t[] = { OPEN("EventData"), BODY, DATA("X", 0, 1), CLOSE };
    const struct sp_evtxw_body body = { t, COUNT(t), GUID_B, v, 1 };
    struct sp_evtxw *w = sp_evtxw_new(true);

    memset(huge, 'a', sizeof huge - 1);
    is_i64(sample_event(w, 1, &sample_data), 0);
    ok(sample_event(w, 2, &body) < 0);
    memset(huge + 20000, 0, 50000);
    is_i64(sample_event(w, 2, &body), 0);
    sp_buf_clear(&file);
    is_i64(sp_evtxw_finish(w, &file, NULL), 0);
    sp_evtxw_free(w);
    is_u64(get32(120), 1);
    read_all();
    is_u64(records, 2);
    is_u64(tellings, 0);
}

TEST(the_reader_is_put_away)
{
    sp_evtx_free(evtx);
    sp_evtx_free(NULL);
    evtx = NULL;
    sp_buf_done(&file);
    sp_buf_done(&text);
    sp_buf_done(&scratch);
    sp_buf_done(&told);
}
