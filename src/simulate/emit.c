/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an event whose values are texts. Out: tokens and typed values for the EVTX writer, which copies
 * them; nothing outlives the call.
 */
#include "simulate/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "simulate/evtx_write.h"

enum { FIELDS_MAX = SP_EMIT_FIELDS_MAX, TOKENS_MAX = 8 + 6 * FIELDS_MAX, BYTES_MAX = 68 };

/* BinXML value types (evtx_write.h). */
enum { T_NULL = 0x00, T_TEXT = 0x01, T_U8 = 0x04, T_U16 = 0x06, T_I32 = 0x07, T_U32 = 0x08, T_U64 = 0x0a, T_BOOL = 0x0d,
       T_BINARY = 0x0e, T_GUID = 0x0f, T_FILETIME = 0x11, T_SID = 0x13, T_HEX32 = 0x14, T_HEX64 = 0x15, T_BODY = 0x21 };

/* ---- the header, the same for every event ---- */

/* Numbers of its values. */
enum { LEVEL, OPCODE, TASK, EVENT, QUALIFIERS, KEYWORDS, CREATED, ACTIVITY, PROCESS, THREAD, RECORD, VERSION, USER, PROVIDER,
       PROVIDER_GUID, SOURCE, CHANNEL, COMPUTER, DATA, HEADER_VALUES };

#define OPEN(name)      { SP_EVTXW_OPEN, 0, 0, name }
#define ATTR(name)      { SP_EVTXW_ATTR, 0, 0, name }
#define TEXT(text)      { SP_EVTXW_TEXT, 0, 0, text }
#define BODY            { SP_EVTXW_BODY, 0, 0, NULL }
#define EMPTY           { SP_EVTXW_EMPTY, 0, 0, NULL }
#define CLOSE           { SP_EVTXW_CLOSE, 0, 0, NULL }
#define SUB(type, n)    { SP_EVTXW_SUB, type, n, NULL }
#define MAYBE(type, n)  { SP_EVTXW_SUB_OPTIONAL, type, n, NULL }
#define HOLDS(name, type, n) OPEN(name), BODY, SUB(type, n), CLOSE

static const struct sp_evtxw_token header[] = {
    OPEN("Event"), ATTR("xmlns"), TEXT("http://schemas.microsoft.com/win/2004/08/events/event"), BODY,
    OPEN("System"), BODY,
    OPEN("Provider"), ATTR("Name"), SUB(T_TEXT, PROVIDER), ATTR("Guid"), SUB(T_GUID, PROVIDER_GUID),
    ATTR("EventSourceName"), MAYBE(T_TEXT, SOURCE), EMPTY,
    OPEN("EventID"), ATTR("Qualifiers"), MAYBE(T_U16, QUALIFIERS), BODY, SUB(T_U16, EVENT), CLOSE,
    HOLDS("Version", T_U8, VERSION), HOLDS("Level", T_U8, LEVEL), HOLDS("Task", T_U16, TASK),
    HOLDS("Opcode", T_U8, OPCODE), HOLDS("Keywords", T_HEX64, KEYWORDS),
    OPEN("TimeCreated"), ATTR("SystemTime"), SUB(T_FILETIME, CREATED), EMPTY,
    HOLDS("EventRecordID", T_U64, RECORD),
    OPEN("Correlation"), ATTR("ActivityID"), MAYBE(T_GUID, ACTIVITY), EMPTY,
    OPEN("Execution"), ATTR("ProcessID"), SUB(T_U32, PROCESS), ATTR("ThreadID"), SUB(T_U32, THREAD), EMPTY,
    HOLDS("Channel", T_TEXT, CHANNEL), HOLDS("Computer", T_TEXT, COMPUTER),
    OPEN("Security"), ATTR("UserID"), MAYBE(T_SID, USER), EMPTY,
    CLOSE,
    SUB(T_BODY, DATA),
    CLOSE,
};

/* ---- typed values from texts ---- */

/* `count` bytes from twice as many lower-case hex digits. */
static bool hex_bytes(const char *text, size_t count, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < 2 * count; i++) {
        const char *at = text[i] ? strchr(digits, text[i]) : NULL;

        if (!at)
            return false;
        out[i / 2] = (uint8_t)((i % 2 ? out[i / 2] << 4 : 0) | (at - digits));
    }
    return true;
}

/* `{00112233-4455-6677-8899-aabbccddeeff}`: the first three groups are little endian. */
static bool guid_bytes(const char *text, uint8_t out[16])
{
    static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint8_t plain[16];

    if (strlen(text) != 38 || !hex_bytes(text + 1, 4, plain) || !hex_bytes(text + 10, 2, plain + 4) ||
        !hex_bytes(text + 15, 2, plain + 6) || !hex_bytes(text + 20, 2, plain + 8) || !hex_bytes(text + 25, 6, plain + 10))
        return false;
    for (int i = 0; i < 16; i++)
        out[i] = plain[order[i]];
    return true;
}

/* `S-1-5-21-...`; the length in bytes, 0 when it is none. */
static uint16_t sid_bytes(const char *text, uint8_t out[BYTES_MAX])
{
    unsigned long long number;
    uint8_t count = 0;
    char *end;

    if (strncmp(text, "S-1-", 4) != 0)
        return 0;
    number = strtoull(text + 4, &end, 10);
    for (int i = 0; i < 6; i++)
        out[2 + i] = (uint8_t)(number >> (40 - 8 * i));
    for (; *end == '-' && count < 15; count++) {
        number = strtoull(end + 1, &end, 10);
        for (int i = 0; i < 4; i++)
            out[8 + 4 * count + i] = (uint8_t)(number >> 8 * i);
    }
    out[0] = 1;
    out[1] = count;
    return *end ? 0 : (uint16_t)(8 + 4 * count);
}

static struct sp_evtxw_value number_value(uint8_t type, uint64_t number, uint16_t len)
{
    return (struct sp_evtxw_value){ .type = type, .number = number, .len = len };
}

static struct sp_evtxw_value text_value(const char *text)
{
    return (struct sp_evtxw_value){ .type = T_TEXT, .text = text };
}

static struct sp_evtxw_value bytes_value(uint8_t type, const uint8_t *bytes, uint16_t len)
{
    return (struct sp_evtxw_value){ .type = len ? type : T_NULL, .bytes = bytes, .len = len };
}

static const struct {
    uint8_t type;
    uint16_t len; /* of numbers */
    const char *zero;
} types[] = {
    [SP_SCHEMA_TEXT] = { T_TEXT, 0, "" },       [SP_SCHEMA_UTC] = { T_TEXT, 0, "" },
    [SP_SCHEMA_U16] = { T_U16, 2, "0" },        [SP_SCHEMA_U32] = { T_U32, 4, "0" },
    [SP_SCHEMA_I32] = { T_I32, 4, "0" },        [SP_SCHEMA_HEX32] = { T_HEX32, 4, "0x0" },
    [SP_SCHEMA_HEX64] = { T_HEX64, 8, "0x0" },  [SP_SCHEMA_BOOL] = { T_BOOL, 4, "false" },
    [SP_SCHEMA_GUID] = { T_GUID, 16, "{00000000-0000-0000-0000-000000000000}" },
    [SP_SCHEMA_SID] = { T_SID, 0, "S-1-0-0" },  [SP_SCHEMA_BINARY] = { T_BINARY, 0, "00" },
};

const char *sp_emit_text(const struct sp_sim_event *event, size_t field, const char utc[SP_EMIT_UTC])
{
    const struct sp_schema_field *of = &event->schema->fields[field];

    return event->values[field]       ? event->values[field]
           : of->type == SP_SCHEMA_UTC ? utc
           : of->preset               ? of->preset
                                      : types[of->type].zero;
}

/* The value of a field as its type wants it; `bytes` holds what is not a number or text. */
static bool field_value(const struct sp_schema_field *field, const char *text, uint8_t bytes[BYTES_MAX],
                        struct sp_evtxw_value *ret)
{
    uint8_t type = types[field->type].type;
    uint16_t len = 0;
    char *end = NULL;

    switch (field->type) {
    case SP_SCHEMA_TEXT:
    case SP_SCHEMA_UTC:
        *ret = text_value(text);
        return true;
    case SP_SCHEMA_BOOL:
        *ret = number_value(type, strcmp(text, "true") == 0, types[field->type].len);
        return true;
    case SP_SCHEMA_GUID:
        len = guid_bytes(text, bytes) ? 16 : 0;
        break;
    case SP_SCHEMA_SID:
        len = sid_bytes(text, bytes);
        break;
    case SP_SCHEMA_BINARY:
        len = (uint16_t)(strlen(text) / 2);
        len = len <= BYTES_MAX && hex_bytes(text, len, bytes) ? len : 0;
        break;
    case SP_SCHEMA_U16:
    case SP_SCHEMA_U32:
    case SP_SCHEMA_I32:
    case SP_SCHEMA_HEX32:
    case SP_SCHEMA_HEX64:
        *ret = number_value(type, strtoull(text, &end, 0), types[field->type].len);
        return end != text && !*end;
    }
    *ret = bytes_value(type, bytes, len);
    return len != 0;
}

/* ---- the data, a template a schema ---- */

struct data {
    struct sp_evtxw_token token[TOKENS_MAX];
    size_t tokens;
    struct sp_evtxw_value value[FIELDS_MAX];
    uint8_t bytes[FIELDS_MAX][BYTES_MAX];
    uint8_t guid[16];
    char utc[SP_EMIT_UTC];
};

static void put(struct data *data, uint8_t kind, const char *text)
{
    data->token[data->tokens++] = (struct sp_evtxw_token){ .kind = kind, .text = text };
}

static void data_tokens(struct data *data, const struct sp_schema *schema)
{
    put(data, SP_EVTXW_OPEN, schema->user_data ? "UserData" : "EventData");
    put(data, SP_EVTXW_BODY, NULL);
    if (schema->user_data) {
        put(data, SP_EVTXW_OPEN, schema->user_data);
        put(data, SP_EVTXW_ATTR, "xmlns");
        put(data, SP_EVTXW_TEXT, schema->user_ns);
        put(data, SP_EVTXW_BODY, NULL);
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct sp_schema_field *field = &schema->fields[i];
        bool named = schema->user_data || field->type == SP_SCHEMA_BINARY;

        put(data, SP_EVTXW_OPEN, named ? field->name : "Data");
        if (!named) {
            put(data, SP_EVTXW_ATTR, "Name");
            put(data, SP_EVTXW_TEXT, field->name);
        }
        put(data, SP_EVTXW_BODY, NULL);
        put(data, SP_EVTXW_SUB, NULL);
        data->token[data->tokens - 1].type = types[field->type].type;
        data->token[data->tokens - 1].sub = (uint16_t)i;
        put(data, SP_EVTXW_CLOSE, NULL);
    }
    if (schema->user_data)
        put(data, SP_EVTXW_CLOSE, NULL);
    put(data, SP_EVTXW_CLOSE, NULL);
}

/* A template's GUID says which template it is; ours comes from provider, id and version. */
static bool template_guid(const char *provider, const struct sp_schema *schema, uint8_t guid[16])
{
    struct sp_digest digest;
    char text[128];
    int len = snprintf(text, sizeof text, "%s/%u/%u", provider, schema ? schema->id : 0u, schema ? schema->version : 0u);

    if (!sp_sha256((struct sp_str){ text, (size_t)len }, &digest))
        return false;
    memcpy(guid, digest.bytes, 16);
    return true;
}

static int data_values(struct data *data, const struct sp_sim_event *event, struct sp_error *err)
{
    const struct sp_schema *schema = event->schema;

    sp_emit_utc(event, data->utc);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct sp_schema_field *field = &schema->fields[i];
        const char *text = sp_emit_text(event, i, data->utc);

        if (!field_value(field, text, data->bytes[i], &data->value[i]))
            return sp_error_set(err, SP_ERR_INTERNAL, "event %u: '%s' is no value for %s", (unsigned)schema->id, text,
                                field->name);
    }
    return 0;
}

void sp_emit_utc(const struct sp_sim_event *event, char out[SP_EMIT_UTC])
{
    struct sp_time time = sp_time_filetime(event->time - (3 + event->order % 12) * (SP_TICKS_SECOND / 1000));
    struct sp_date date = sp_time_date(time.sec);

    snprintf(out, SP_EMIT_UTC, "%04u-%02u-%02u %02u:%02u:%02u.%03u", (unsigned)date.year % 10000, date.month % 100u, date.day % 100u,
             date.hour % 100u, date.minute % 100u, date.second % 100u, (unsigned)(time.nsec / 1000000) % 1000);
}

int sp_emit_event(struct sp_evtxw *writer, uint64_t number, const struct sp_sim_event *event, struct sp_error *err)
{
    const struct sp_schema *schema = event->schema;
    uint8_t provider[16], activity[16] = { 0 }, user[BYTES_MAX], guid[16];
    struct data data = { .tokens = 0 };

    data_tokens(&data, schema);
    if (!template_guid("header", NULL, guid) || !template_guid(schema->provider->name, schema, data.guid))
        return sp_error_nomem(err);
    if (data_values(&data, event, err) < 0)
        return SP_ERR_INTERNAL;
    if (!guid_bytes(schema->provider->guid, provider) || (event->activity && !guid_bytes(event->activity, activity)))
        return sp_error_set(err, SP_ERR_INTERNAL, "event %u: a GUID of its header is none", (unsigned)schema->id);

    struct sp_evtxw_body body = { data.token, data.tokens, data.guid, data.value, schema->field_count };
    struct sp_evtxw_value value[HEADER_VALUES] = {
        [LEVEL] = number_value(T_U8, schema->level, 1),
        [OPCODE] = number_value(T_U8, schema->opcode, 1),
        [TASK] = number_value(T_U16, schema->task, 2),
        [EVENT] = number_value(T_U16, schema->id, 2),
        [QUALIFIERS] = number_value(schema->qualifiers ? T_U16 : T_NULL, schema->qualifiers, schema->qualifiers ? 2 : 0),
        [KEYWORDS] = number_value(T_HEX64, schema->keywords, 8),
        [CREATED] = number_value(T_FILETIME, event->time, 8),
        [ACTIVITY] = bytes_value(T_GUID, activity, event->activity ? 16 : 0),
        [PROCESS] = number_value(T_U32, event->pid, 4),
        [THREAD] = number_value(T_U32, event->tid, 4),
        [RECORD] = number_value(T_U64, number, 8),
        [VERSION] = number_value(T_U8, schema->version, 1),
        [USER] = bytes_value(T_SID, user, event->user_sid ? sid_bytes(event->user_sid, user) : 0),
        [PROVIDER] = text_value(schema->provider->name),
        [PROVIDER_GUID] = bytes_value(T_GUID, provider, 16),
        [SOURCE] = schema->provider->source ? text_value(schema->provider->source) : (struct sp_evtxw_value){ .type = T_NULL },
        [CHANNEL] = text_value(sp_channel_names[schema->channel].name),
        [COMPUTER] = text_value(event->host->fqdn),
        [DATA] = { .type = T_BODY, .body = &body },
    };
    struct sp_evtxw_body record = { header, sizeof header / sizeof *header, guid, value, HEADER_VALUES };

    return sp_evtxw_record(writer, number, event->time, &record, err);
}
