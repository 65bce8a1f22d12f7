/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables behind schema.h. Names, types and header numbers are Windows 10 / Server 2019 and
 * Sysmon 13 and later, as their manifests have them.
 */
#include "simulate/schema.h"

const struct sp_channel_name sp_channel_names[SP_CHANNELS] = {
    [SP_CHANNEL_SECURITY] = { "Security", "Security.evtx" },
    [SP_CHANNEL_SYSTEM] = { "System", "System.evtx" },
    [SP_CHANNEL_SYSMON] = { "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon%4Operational.evtx" },
    [SP_CHANNEL_POWERSHELL] = { "Microsoft-Windows-PowerShell/Operational",
                                "Microsoft-Windows-PowerShell%4Operational.evtx" },
};

static const struct sp_provider sysmon = { "Microsoft-Windows-Sysmon", "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", NULL };
static const struct sp_provider auditing = { "Microsoft-Windows-Security-Auditing",
                                             "{54849625-5478-4994-a5ba-3e3b0328c30d}", NULL };
static const struct sp_provider eventlog = { "Microsoft-Windows-Eventlog", "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}",
                                             NULL };
static const struct sp_provider services = { "Service Control Manager", "{555908d1-a6d7-4695-8e1e-26931d2012f4}",
                                             "Service Control Manager" };
static const struct sp_provider powershell = { "Microsoft-Windows-PowerShell",
                                               "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}", NULL };

#define TEXT(name)  { name, SP_SCHEMA_TEXT, NULL }
#define DASH(name)  { name, SP_SCHEMA_TEXT, "-" }
#define GIVEN(name, preset) { name, SP_SCHEMA_TEXT, preset }
#define UTC(name)   { name, SP_SCHEMA_UTC, NULL }
#define U16(name)   { name, SP_SCHEMA_U16, NULL }
#define U32(name)   { name, SP_SCHEMA_U32, NULL }
#define I32(name, preset) { name, SP_SCHEMA_I32, preset }
#define HEX32(name) { name, SP_SCHEMA_HEX32, NULL }
#define HEX64(name) { name, SP_SCHEMA_HEX64, NULL }
#define BOOL(name)  { name, SP_SCHEMA_BOOL, NULL }
#define GUID(name)  { name, SP_SCHEMA_GUID, NULL }
#define SID(name)   { name, SP_SCHEMA_SID, NULL }

/* ---- Sysmon ---- */

static const struct sp_schema_field sysmon_process[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("Image"), DASH("FileVersion"),
    DASH("Description"), DASH("Product"), DASH("Company"), DASH("OriginalFileName"), TEXT("CommandLine"),
    GIVEN("CurrentDirectory", "C:\\Windows\\system32\\"), TEXT("User"), GUID("LogonGuid"), HEX64("LogonId"),
    U32("TerminalSessionId"), TEXT("IntegrityLevel"), TEXT("Hashes"), GUID("ParentProcessGuid"),
    U32("ParentProcessId"), TEXT("ParentImage"), TEXT("ParentCommandLine"), TEXT("ParentUser"),
};
static const struct sp_schema_field sysmon_connect[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("Image"), TEXT("User"),
    GIVEN("Protocol", "tcp"), BOOL("Initiated"), BOOL("SourceIsIpv6"), TEXT("SourceIp"), DASH("SourceHostname"),
    U16("SourcePort"), DASH("SourcePortName"), BOOL("DestinationIsIpv6"), TEXT("DestinationIp"),
    DASH("DestinationHostname"), U16("DestinationPort"), DASH("DestinationPortName"),
};
static const struct sp_schema_field sysmon_end[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("Image"), TEXT("User"),
};
static const struct sp_schema_field sysmon_image[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("Image"), TEXT("ImageLoaded"),
    DASH("FileVersion"), DASH("Description"), DASH("Product"), DASH("Company"), DASH("OriginalFileName"),
    TEXT("Hashes"), GIVEN("Signed", "true"), GIVEN("Signature", "Microsoft Windows"), GIVEN("SignatureStatus", "Valid"),
    TEXT("User"),
};
static const struct sp_schema_field sysmon_access[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("SourceProcessGUID"), U32("SourceProcessId"), U32("SourceThreadId"),
    TEXT("SourceImage"), GUID("TargetProcessGUID"), U32("TargetProcessId"), TEXT("TargetImage"),
    HEX32("GrantedAccess"), TEXT("CallTrace"), TEXT("SourceUser"), TEXT("TargetUser"),
};
static const struct sp_schema_field sysmon_file[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("Image"), TEXT("TargetFilename"),
    UTC("CreationUtcTime"), TEXT("User"),
};
static const struct sp_schema_field sysmon_value[] = {
    DASH("RuleName"), GIVEN("EventType", "SetValue"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"),
    TEXT("Image"), TEXT("TargetObject"), TEXT("Details"), TEXT("User"),
};
static const struct sp_schema_field sysmon_pipe[] = {
    DASH("RuleName"), GIVEN("EventType", "CreatePipe"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"),
    TEXT("PipeName"), TEXT("Image"), TEXT("User"),
};
static const struct sp_schema_field sysmon_dns[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("QueryName"),
    GIVEN("QueryStatus", "0"), DASH("QueryResults"), TEXT("Image"), TEXT("User"),
};

/* ---- Security ---- */

static const struct sp_schema_field sec_logon[] = {
    SID("SubjectUserSid"), DASH("SubjectUserName"), DASH("SubjectDomainName"), HEX64("SubjectLogonId"),
    SID("TargetUserSid"), TEXT("TargetUserName"), TEXT("TargetDomainName"), HEX64("TargetLogonId"), U32("LogonType"),
    GIVEN("LogonProcessName", "Kerberos"), GIVEN("AuthenticationPackageName", "Kerberos"), DASH("WorkstationName"),
    GUID("LogonGuid"), DASH("TransmittedServices"), DASH("LmPackageName"), U32("KeyLength"), HEX64("ProcessId"),
    DASH("ProcessName"), DASH("IpAddress"), DASH("IpPort"), GIVEN("ImpersonationLevel", "%%1833"),
    DASH("RestrictedAdminMode"), DASH("TargetOutboundUserName"), DASH("TargetOutboundDomainName"),
    GIVEN("VirtualAccount", "%%1843"), HEX64("TargetLinkedLogonId"), GIVEN("ElevatedToken", "%%1843"),
};
static const struct sp_schema_field sec_logon_failed[] = {
    SID("SubjectUserSid"), DASH("SubjectUserName"), DASH("SubjectDomainName"), HEX64("SubjectLogonId"),
    SID("TargetUserSid"), TEXT("TargetUserName"), TEXT("TargetDomainName"), HEX32("Status"),
    GIVEN("FailureReason", "%%2313"), HEX32("SubStatus"), U32("LogonType"), GIVEN("LogonProcessName", "NtLmSsp "),
    GIVEN("AuthenticationPackageName", "NTLM"), DASH("WorkstationName"), DASH("TransmittedServices"),
    DASH("LmPackageName"), U32("KeyLength"), HEX64("ProcessId"), DASH("ProcessName"), DASH("IpAddress"),
    DASH("IpPort"),
};
static const struct sp_schema_field sec_logoff[] = {
    SID("TargetUserSid"), TEXT("TargetUserName"), TEXT("TargetDomainName"), HEX64("TargetLogonId"), U32("LogonType"),
};
static const struct sp_schema_field sec_explicit[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    GUID("LogonGuid"), TEXT("TargetUserName"), TEXT("TargetDomainName"), GUID("TargetLogonGuid"),
    GIVEN("TargetServerName", "localhost"), GIVEN("TargetInfo", "localhost"), HEX64("ProcessId"), TEXT("ProcessName"),
    DASH("IpAddress"), DASH("IpPort"),
};
static const struct sp_schema_field sec_privileges[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    GIVEN("PrivilegeList", "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege\r\n\t\t\t"
                           "SeTakeOwnershipPrivilege\r\n\t\t\tSeDebugPrivilege\r\n\t\t\tSeLoadDriverPrivilege\r\n\t\t\t"
                           "SeImpersonatePrivilege"),
};
static const struct sp_schema_field sec_process[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    HEX64("NewProcessId"), TEXT("NewProcessName"), GIVEN("TokenElevationType", "%%1936"), HEX64("ProcessId"),
    TEXT("CommandLine"), SID("TargetUserSid"), DASH("TargetUserName"), DASH("TargetDomainName"),
    HEX64("TargetLogonId"), TEXT("ParentProcessName"), { "MandatoryLabel", SP_SCHEMA_SID, "S-1-16-8192" },
};
static const struct sp_schema_field sec_task[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    TEXT("TaskName"), TEXT("TaskContent"),
};
static const struct sp_schema_field sec_member[] = {
    DASH("MemberName"), SID("MemberSid"), TEXT("TargetUserName"), GIVEN("TargetDomainName", "Builtin"),
    SID("TargetSid"), SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"),
    HEX64("SubjectLogonId"), DASH("PrivilegeList"),
};
static const struct sp_schema_field sec_share[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    GIVEN("ObjectType", "File"), TEXT("IpAddress"), TEXT("IpPort"), TEXT("ShareName"), TEXT("ShareLocalPath"),
    { "AccessMask", SP_SCHEMA_HEX32, "0x1" }, GIVEN("AccessList", "%%4416\r\n\t\t\t\t"),
};
static const struct sp_schema_field sec_cleared[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
};

/* ---- System, PowerShell ---- */

static const struct sp_schema_field sys_service_state[] = {
    TEXT("param1"), TEXT("param2"), { "Binary", SP_SCHEMA_BINARY, NULL },
};
static const struct sp_schema_field sys_service_new[] = {
    TEXT("ServiceName"), TEXT("ImagePath"), GIVEN("ServiceType", "user mode service"),
    GIVEN("StartType", "demand start"), GIVEN("AccountName", "LocalSystem"),
};
static const struct sp_schema_field sys_cleared[] = {
    TEXT("SubjectUserName"), TEXT("SubjectDomainName"), TEXT("Channel"), TEXT("BackupPath"),
};
static const struct sp_schema_field ps_command[] = {
    TEXT("ContextInfo"), TEXT("UserData"), TEXT("Payload"),
};
static const struct sp_schema_field ps_script[] = {
    I32("MessageNumber", "1"), I32("MessageTotal", "1"), TEXT("ScriptBlockText"), TEXT("ScriptBlockId"), TEXT("Path"),
};

#define FIELDS(table) .fields = (table), .field_count = sizeof(table) / sizeof *(table)
#define SYSMON(number, revision, table)                                                                      \
    { .provider = &sysmon, .channel = SP_CHANNEL_SYSMON, .id = (number), .version = (revision), .level = 4, \
      .task = (number), .keywords = 0x8000000000000000u, FIELDS(table) }
#define SECURITY(number, revision, category, table)                                                            \
    { .provider = &auditing, .channel = SP_CHANNEL_SECURITY, .id = (number), .version = (revision),            \
      .task = (category), .keywords = 0x8020000000000000u, FIELDS(table) }

const struct sp_schema sp_schemas[SP_SCHEMA_KINDS] = {
    [SP_SYSMON_PROCESS] = SYSMON(1, 5, sysmon_process),
    [SP_SYSMON_CONNECT] = SYSMON(3, 5, sysmon_connect),
    [SP_SYSMON_END] = SYSMON(5, 3, sysmon_end),
    [SP_SYSMON_IMAGE] = SYSMON(7, 3, sysmon_image),
    [SP_SYSMON_ACCESS] = SYSMON(10, 3, sysmon_access),
    [SP_SYSMON_FILE] = SYSMON(11, 2, sysmon_file),
    [SP_SYSMON_VALUE] = SYSMON(13, 2, sysmon_value),
    [SP_SYSMON_PIPE] = SYSMON(17, 1, sysmon_pipe),
    [SP_SYSMON_DNS] = SYSMON(22, 5, sysmon_dns),
    [SP_SEC_LOGON] = SECURITY(4624, 2, 12544, sec_logon),
    [SP_SEC_LOGON_FAILED] = { .provider = &auditing, .channel = SP_CHANNEL_SECURITY, .id = 4625, .task = 12544,
                              .keywords = 0x8010000000000000u, FIELDS(sec_logon_failed) },
    [SP_SEC_LOGOFF] = SECURITY(4634, 0, 12545, sec_logoff),
    [SP_SEC_EXPLICIT] = SECURITY(4648, 0, 12544, sec_explicit),
    [SP_SEC_PRIVILEGES] = SECURITY(4672, 0, 12548, sec_privileges),
    [SP_SEC_PROCESS] = SECURITY(4688, 2, 13312, sec_process),
    [SP_SEC_TASK] = SECURITY(4698, 0, 12804, sec_task),
    [SP_SEC_MEMBER] = SECURITY(4732, 0, 13826, sec_member),
    [SP_SEC_SHARE] = SECURITY(5140, 1, 12808, sec_share),
    [SP_SEC_CLEARED] = { .provider = &eventlog, .channel = SP_CHANNEL_SECURITY, .id = 1102, .level = 4, .task = 104,
                         .keywords = 0x4020000000000000u, .user_data = "LogFileCleared", FIELDS(sec_cleared) },
    [SP_SYS_SERVICE_STATE] = { .provider = &services, .channel = SP_CHANNEL_SYSTEM, .id = 7036, .qualifiers = 16384,
                               .level = 4, .keywords = 0x8080000000000000u, FIELDS(sys_service_state) },
    [SP_SYS_SERVICE_NEW] = { .provider = &services, .channel = SP_CHANNEL_SYSTEM, .id = 7045, .qualifiers = 16384,
                             .level = 4, .keywords = 0x8080000000000000u, FIELDS(sys_service_new) },
    [SP_SYS_CLEARED] = { .provider = &eventlog, .channel = SP_CHANNEL_SYSTEM, .id = 104, .level = 4, .task = 104,
                         .keywords = 0x8000000000000000u, .user_data = "LogFileCleared", FIELDS(sys_cleared) },
    [SP_PS_COMMAND] = { .provider = &powershell, .channel = SP_CHANNEL_POWERSHELL, .id = 4103, .version = 1,
                        .level = 4, .opcode = 20, .task = 106, FIELDS(ps_command) },
    [SP_PS_SCRIPT] = { .provider = &powershell, .channel = SP_CHANNEL_POWERSHELL, .id = 4104, .version = 1,
                       .level = 5, .opcode = 15, .task = 2, FIELDS(ps_script) },
};
