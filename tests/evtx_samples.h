/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of EVTX records that tests, the fuzzer's seeds and the peer check share: an event as Windows writes
 * it (a template for System, a value of type 0x21 for the rest), and one value of every type.
 */
#ifndef SP_TESTS_EVTX_SAMPLES_H
#define SP_TESTS_EVTX_SAMPLES_H
#include "simulate/evtx_write.h"

#define OPEN(name)       { .kind = SP_EVTXW_OPEN, .text = (name) }
#define ATTR(name)       { .kind = SP_EVTXW_ATTR, .text = (name) }
#define BODY             { .kind = SP_EVTXW_BODY }
#define EMPTY            { .kind = SP_EVTXW_EMPTY }
#define CLOSE            { .kind = SP_EVTXW_CLOSE }
#define TEXT(t)          { .kind = SP_EVTXW_TEXT, .text = (t) }
#define CDATA(t)         { .kind = SP_EVTXW_CDATA, .text = (t) }
#define ENTITY(name)     { .kind = SP_EVTXW_ENTITY, .text = (name) }
#define CHAR(unit)       { .kind = SP_EVTXW_CHAR, .sub = (unit) }
#define SUB(n, t)        { .kind = SP_EVTXW_SUB, .sub = (n), .type = (t) }
#define OPT(n, t)        { .kind = SP_EVTXW_SUB_OPTIONAL, .sub = (n), .type = (t) }
#define LEAF(name, n, t) OPEN(name), BODY, OPT(n, t), CLOSE
#define DATA(name, n, t) OPEN("Data"), ATTR("Name"), TEXT(name), BODY, SUB(n, t), CLOSE

#define V_NULL          { .type = 0 }
#define V_TEXT(t)       { .type = 1, .text = (t) }
#define V_TEXTS(list)   { .type = 0x81, .texts = (list) }
#define V_INT(t, n, l)  { .type = (t), .number = (uint64_t)(n), .len = (l) }
#define V_BYTES(t, b)   { .type = (t), .bytes = (b), .len = sizeof(b) - 1 }
#define V_BODY(b)       { .type = 0x21, .body = (b) }

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define GUID_A ((const uint8_t *)"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10")
#define GUID_B ((const uint8_t *)"\x02\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10")
#define GUID_C ((const uint8_t *)"\x03\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10")
#define XMLNS "http://schemas.microsoft.com/win/2004/08/events/event"
#define SAMPLE_TIME UINT64_C(134169192001234567) /* 2026-03-02T10:00:00.1234567Z */

/* <Event><System>...</System>%17</Event>, substitutions numbered as Windows does. */
static const struct sp_evtxw_token sample_system[] = {
    OPEN("Event"), ATTR("xmlns"), TEXT(XMLNS), BODY, OPEN("System"), BODY,
    OPEN("Provider"), ATTR("Name"), OPT(14, 1), ATTR("Guid"), OPT(15, 0x0F), EMPTY,
    OPEN("EventID"), ATTR("Qualifiers"), OPT(4, 6), BODY, OPT(3, 6), CLOSE,
    LEAF("Version", 11, 4), LEAF("Level", 0, 4), LEAF("Task", 2, 6), LEAF("Opcode", 1, 4), LEAF("Keywords", 5, 0x15),
    OPEN("TimeCreated"), ATTR("SystemTime"), OPT(6, 0x11), EMPTY,
    LEAF("EventRecordID", 10, 0x0A),
    OPEN("Correlation"), ATTR("ActivityID"), OPT(7, 0x0F), ATTR("RelatedActivityID"), OPT(12, 0x0F), EMPTY,
    OPEN("Execution"), ATTR("ProcessID"), OPT(8, 8), ATTR("ThreadID"), OPT(9, 8), EMPTY,
    LEAF("Channel", 16, 1), OPEN("Computer"), BODY, SUB(13, 1), CLOSE,
    OPEN("Security"), ATTR("UserID"), OPT(17, 0x13), EMPTY,
    CLOSE, OPT(18, 0x21), CLOSE,
};
#define SAMPLE_GUID "\x25\x96\x84\x54\x78\x54\x94\x49\xa5\xba\x3e\x3b\x03\x28\xc3\x0d"
#define SAMPLE_SID  "\x01\x01\0\0\0\0\0\x05\x12\0\0\0"

/* An event of Security with this inner body, which may be NULL. */
static inline int sample_event(struct sp_evtxw *w, uint64_t number, const struct sp_evtxw_body *inner)
{
    const struct sp_evtxw_value value[] = {
        V_INT(4, 0, 1), V_INT(4, 0, 1), V_INT(6, 12544, 2), V_INT(6, 4688, 2), V_NULL, V_INT(0x15, 0x8020000000000000, 8),
        V_INT(0x11, SAMPLE_TIME, 8), V_NULL, V_INT(8, 4, 4), V_INT(8, 8, 4), V_INT(0x0A, number, 8), V_INT(4, 2, 1), V_NULL,
        V_TEXT("pc1"), V_TEXT("Microsoft-Windows-Security-Auditing"), V_BYTES(0x0F, SAMPLE_GUID), V_TEXT("Security"),
        V_BYTES(0x13, SAMPLE_SID), { .type = inner ? 0x21 : 0, .body = inner },
    };
    const struct sp_evtxw_body body = { sample_system, COUNT(sample_system), GUID_A, value, COUNT(value) };

    return sp_evtxw_record(w, number, SAMPLE_TIME, &body, NULL);
}

/* EventData with a value of every type. */
static const struct sp_evtxw_token sample_types[] = {
    OPEN("EventData"), BODY,
    DATA("String", 0, 1), DATA("Ansi", 1, 2), DATA("Int8", 2, 3), DATA("UInt8", 3, 4), DATA("Int16", 4, 5), DATA("UInt16", 5, 6),
    DATA("Int32", 6, 7), DATA("UInt32", 7, 8), DATA("Int64", 8, 9), DATA("UInt64", 9, 10), DATA("Real32", 10, 11),
    DATA("Real64", 11, 12), DATA("Bool", 12, 13), DATA("Binary", 13, 14), DATA("Guid", 14, 15), DATA("SizeT", 15, 16),
    DATA("FileTime", 16, 17), DATA("SysTime", 17, 18), DATA("Sid", 18, 19), DATA("Hex32", 19, 20), DATA("Hex64", 20, 21),
    DATA("Nothing", 21, 0), DATA("Blank", 22, 1),
    CLOSE,
};
static const struct sp_evtxw_value sample_values[] = {
    V_TEXT("z\xC3\xA4h <&> \xF0\x9F\x98\x80"), V_BYTES(2, "plain"), V_INT(3, -5, 1), V_INT(4, 200, 1), V_INT(5, -300, 2),
    V_INT(6, 60000, 2), V_INT(7, -70000, 4), V_INT(8, 4000000000, 4), V_INT(9, -5000000000, 8), V_INT(10, 18446744073709551615u, 8),
    V_BYTES(11, "\0\0\xC0\x3F"), V_BYTES(12, "\0\0\0\0\0\0\x04\xC0"), V_INT(13, 1, 4), V_BYTES(14, "\xDE\xAD\x01"),
    V_BYTES(15, SAMPLE_GUID), V_INT(16, 0x1234, 8), V_INT(17, SAMPLE_TIME, 8),
    V_BYTES(18, "\xEA\x07\x03\0\x01\0\x02\0\x0A\0\0\0\0\0\x7B\0"), V_BYTES(19, SAMPLE_SID), V_INT(20, 0xC000006D, 4),
    V_INT(21, 0x3E7, 8), V_NULL, V_TEXT(""),
};
static const struct sp_evtxw_body sample_data = { sample_types, COUNT(sample_types), GUID_B, sample_values, COUNT(sample_values) };

/* A classic event: unnamed Data from a string array, Binary left out. */
static const char *const sample_strings[] = { "one", "", "three", NULL };
static const struct sp_evtxw_token sample_classic_tokens[] = {
    OPEN("EventData"), BODY, OPEN("Data"), BODY, SUB(0, 0x81), CLOSE, OPEN("Binary"), BODY, OPT(1, 0x0E), CLOSE, CLOSE,
};
static const struct sp_evtxw_value sample_classic_values[] = { V_TEXTS(sample_strings), V_NULL };
static const struct sp_evtxw_body sample_classic = { sample_classic_tokens, COUNT(sample_classic_tokens), GUID_C,
                                                     sample_classic_values, COUNT(sample_classic_values) };

/* A record of plain elements, as forwarded and saved-again logs hold them. */
static const struct sp_evtxw_token sample_plain_tokens[] = {
    OPEN("Event"), ATTR("xmlns"), TEXT(XMLNS), BODY, OPEN("System"), BODY,
    OPEN("Provider"), ATTR("Name"), TEXT("Plain"), EMPTY, OPEN("EventID"), BODY, TEXT("1102"), CLOSE,
    OPEN("EventRecordID"), BODY, TEXT("77"), CLOSE, OPEN("Channel"), BODY, TEXT("Security"), CLOSE, CLOSE,
    OPEN("UserData"), BODY, OPEN("LogFileCleared"), ATTR("xmlns"), TEXT("urn:x"), BODY,
    OPEN("SubjectUserName"), BODY, TEXT("a"), ENTITY("amp"), TEXT("b"), ENTITY("lt"), TEXT("c"), CLOSE,
    OPEN("Note"), BODY, TEXT("<x>"), CLOSE, OPEN("Flags"), ATTR("value"), TEXT("1"), EMPTY, OPEN("BackupPath"), EMPTY,
    CLOSE, CLOSE, CLOSE,
};
static const struct sp_evtxw_body sample_plain = { sample_plain_tokens, COUNT(sample_plain_tokens), NULL, NULL, 0 };

/* Four records of all kinds. False when memory ran out. */
static inline bool sample_log(struct sp_buf *out, bool dirty)
{
    struct sp_evtxw *w = sp_evtxw_new(dirty);
    bool good = w && sample_event(w, 1, &sample_data) == 0 && sample_event(w, 2, &sample_classic) == 0 &&
                sp_evtxw_record(w, 3, SAMPLE_TIME, &sample_plain, NULL) == 0 && sample_event(w, 4, &sample_data) == 0 &&
                sp_evtxw_finish(w, out, NULL) == 0;

    sp_evtxw_free(w);
    return good;
}

#endif
