/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_schema: what a Windows event of one kind looks like, as a table: provider, header numbers, and
 * the names and types of its data in order. One function (emit.c) writes any event from it.
 */
#ifndef SP_SIMULATE_SCHEMA_H
#define SP_SIMULATE_SCHEMA_H
#include <stddef.h>
#include <stdint.h>

enum sp_schema_type {
    SP_SCHEMA_TEXT, SP_SCHEMA_UTC, /* a text that holds the event's own time, as Sysmon writes it */
    SP_SCHEMA_U16, SP_SCHEMA_U32, SP_SCHEMA_I32, SP_SCHEMA_HEX32, SP_SCHEMA_HEX64, SP_SCHEMA_BOOL, SP_SCHEMA_GUID,
    SP_SCHEMA_SID, SP_SCHEMA_BINARY /* a <Binary> element without a name; its text is hex digits */
};

struct sp_schema_field {
    const char *name;
    enum sp_schema_type type;
    const char *preset; /* text of a value nobody gave; NULL: the type's zero */
};

enum sp_channel {
    SP_CHANNEL_SECURITY, SP_CHANNEL_SYSTEM, SP_CHANNEL_SYSMON, SP_CHANNEL_POWERSHELL, SP_CHANNEL_DEFENDER,
    SP_CHANNEL_TERMINAL, SP_CHANNELS
};

struct sp_channel_name {
    const char *name; /* System/Channel */
    const char *file; /* as Windows names the file */
};

struct sp_provider {
    const char *name, *guid;
    const char *source; /* EventSourceName of providers from before Vista; NULL: none */
};

/* The kinds of events; sp_schemas is indexed by them. */
enum sp_schema_kind {
    SP_SYSMON_PROCESS, SP_SYSMON_CONNECT, SP_SYSMON_END, SP_SYSMON_IMAGE, SP_SYSMON_ACCESS, SP_SYSMON_FILE,
    SP_SYSMON_VALUE, SP_SYSMON_PIPE, SP_SYSMON_DNS, SP_SYSMON_DELETE,
    SP_SEC_LOGON, SP_SEC_LOGON_FAILED, SP_SEC_LOGOFF, SP_SEC_LOGOFF_ASKED, SP_SEC_EXPLICIT, SP_SEC_PRIVILEGES,
    SP_SEC_PROCESS, SP_SEC_EXIT, SP_SEC_TASK, SP_SEC_MEMBER, SP_SEC_SHARE, SP_SEC_SHARE_FILE, SP_SEC_DIRECTORY,
    SP_SEC_TICKET_GRANTING, SP_SEC_TICKET, SP_SEC_CLEARED,
    SP_SYS_SERVICE_STATE, SP_SYS_SERVICE_NEW, SP_SYS_CLEARED,
    SP_PS_COMMAND, SP_PS_SCRIPT,
    SP_DEF_OFF, SP_DEF_UPDATED, SP_DEF_SCANNED,
    SP_TS_LOGON, SP_TS_LOGOFF, SP_TS_LEFT,
    SP_SCHEMA_KINDS
};

struct sp_schema {
    const struct sp_provider *provider;
    enum sp_channel channel;
    uint16_t id, qualifiers; /* qualifiers: 0 is not written */
    uint8_t version, level, opcode;
    uint16_t task;
    uint64_t keywords;
    const char *user_data, *user_ns; /* element below UserData that holds the fields, and its namespace; NULL: EventData/Data */
    const struct sp_schema_field *fields;
    size_t field_count;
};

extern const struct sp_schema sp_schemas[SP_SCHEMA_KINDS];
extern const struct sp_channel_name sp_channel_names[SP_CHANNELS];

#endif
