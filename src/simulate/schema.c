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
    [SP_CHANNEL_DEFENDER] = { "Microsoft-Windows-Windows Defender/Operational",
                              "Microsoft-Windows-Windows Defender%4Operational.evtx" },
    [SP_CHANNEL_TERMINAL] = { "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
                              "Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx" },
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
static const struct sp_provider defender = { "Microsoft-Windows-Windows Defender",
                                             "{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}", NULL };
static const struct sp_provider terminal = { "Microsoft-Windows-TerminalServices-LocalSessionManager",
                                             "{5d896912-022d-40aa-a3a8-4fa5515c76d7}", NULL };

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

static const struct sp_schema_field sysmon_delete[] = {
    DASH("RuleName"), UTC("UtcTime"), GUID("ProcessGuid"), U32("ProcessId"), TEXT("User"), TEXT("Image"),
    TEXT("TargetFilename"), TEXT("Hashes"), GIVEN("IsExecutable", "false"), GIVEN("Archived", "false"),
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
static const struct sp_schema_field sec_logoff_asked[] = {
    SID("TargetUserSid"), TEXT("TargetUserName"), TEXT("TargetDomainName"), HEX64("TargetLogonId"),
};
static const struct sp_schema_field sec_exit[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"), HEX32("Status"),
    HEX64("ProcessId"), TEXT("ProcessName"),
};
static const struct sp_schema_field sec_share_file[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    GIVEN("ObjectType", "File"), TEXT("IpAddress"), TEXT("IpPort"), TEXT("ShareName"), TEXT("ShareLocalPath"),
    TEXT("RelativeTargetName"), { "AccessMask", SP_SCHEMA_HEX32, "0x1" }, GIVEN("AccessList", "%%4416\r\n\t\t\t\t"),
    DASH("AccessReason"),
};
static const struct sp_schema_field sec_directory[] = {
    SID("SubjectUserSid"), TEXT("SubjectUserName"), TEXT("SubjectDomainName"), HEX64("SubjectLogonId"),
    GIVEN("ObjectServer", "DS"), GIVEN("ObjectType", "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}"), TEXT("ObjectName"),
    GIVEN("OperationType", "Object Access"), HEX64("HandleId"), GIVEN("AccessList", "%%7688\r\n\t\t\t\t"),
    { "AccessMask", SP_SCHEMA_HEX32, "0x100" }, TEXT("Properties"), DASH("AdditionalInfo"), TEXT("AdditionalInfo2"),
};
static const struct sp_schema_field sec_ticket_granting[] = {
    TEXT("TargetUserName"), TEXT("TargetDomainName"), SID("TargetSid"), GIVEN("ServiceName", "krbtgt"), SID("ServiceSid"),
    { "TicketOptions", SP_SCHEMA_HEX32, "0x40810010" }, HEX32("Status"),
    { "TicketEncryptionType", SP_SCHEMA_HEX32, "0x12" }, GIVEN("PreAuthType", "2"), TEXT("IpAddress"), TEXT("IpPort"),
    TEXT("CertIssuerName"), TEXT("CertSerialNumber"), TEXT("CertThumbprint"),
};
static const struct sp_schema_field sec_ticket[] = {
    TEXT("TargetUserName"), TEXT("TargetDomainName"), TEXT("ServiceName"), SID("ServiceSid"),
    { "TicketOptions", SP_SCHEMA_HEX32, "0x40810000" }, { "TicketEncryptionType", SP_SCHEMA_HEX32, "0x12" },
    TEXT("IpAddress"), TEXT("IpPort"), HEX32("Status"), GUID("LogonGuid"), DASH("TransmittedServices"),
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

/* ---- Defender, terminal services ---- */

static const struct sp_schema_field def_off[] = {
    GIVEN("Product Name", "Microsoft Defender Antivirus"), GIVEN("Product Version", "4.18.24090.11"),
};
static const struct sp_schema_field def_updated[] = {
    GIVEN("Product Name", "Microsoft Defender Antivirus"), GIVEN("Product Version", "4.18.24090.11"),
    TEXT("Current security intelligence Version"), TEXT("Previous security intelligence Version"),
    GIVEN("Update Source Index", "2"), GIVEN("Update Source", "%%829"), GIVEN("Domain", "NT AUTHORITY"),
    GIVEN("User", "SYSTEM"), GIVEN("SID", "S-1-5-18"),
};
static const struct sp_schema_field def_scanned[] = {
    GIVEN("Product Name", "Microsoft Defender Antivirus"), GIVEN("Product Version", "4.18.24090.11"), TEXT("Scan ID"),
    GIVEN("Scan Type Index", "1"), GIVEN("Scan Type", "%%802"), GIVEN("Scan Parameters Index", "1"),
    GIVEN("Scan Parameters", "%%805"), GIVEN("Domain", "NT AUTHORITY"), GIVEN("User", "SYSTEM"), GIVEN("SID", "S-1-5-18"),
};
static const struct sp_schema_field ts_session[] = { TEXT("User"), TEXT("SessionID"), TEXT("Address") };
static const struct sp_schema_field ts_logoff[] = { TEXT("User"), TEXT("SessionID") };

#define NS_EVENTLOG "http://manifests.microsoft.com/win/2004/08/windows/eventlog"
#define FIELDS(table) .fields = (table), .field_count = sizeof(table) / sizeof *(table)
#define SYSMON(number, revision, table)                                                                      \
    { .provider = &sysmon, .channel = SP_CHANNEL_SYSMON, .id = (number), .version = (revision), .level = 4, \
      .task = (number), .keywords = 0x8000000000000000u, FIELDS(table) }
#define SECURITY(number, revision, category, table)                                                            \
    { .provider = &auditing, .channel = SP_CHANNEL_SECURITY, .id = (number), .version = (revision),            \
      .task = (category), .keywords = 0x8020000000000000u, FIELDS(table) }
#define DEFENDER(number, table)                                                                                \
    { .provider = &defender, .channel = SP_CHANNEL_DEFENDER, .id = (number), .level = 4, .keywords = 0x8000000000000000u, \
      FIELDS(table) }
#define TERMINAL(number, table)                                                                                  \
    { .provider = &terminal, .channel = SP_CHANNEL_TERMINAL, .id = (number), .level = 4, .keywords = 0x1000000000000000u, \
      .user_data = "EventXML", .user_ns = "Event_NS", FIELDS(table) }

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
    [SP_SYSMON_DELETE] = SYSMON(23, 5, sysmon_delete),
    [SP_SEC_LOGON] = SECURITY(4624, 2, 12544, sec_logon),
    [SP_SEC_LOGON_FAILED] = { .provider = &auditing, .channel = SP_CHANNEL_SECURITY, .id = 4625, .task = 12544,
                              .keywords = 0x8010000000000000u, FIELDS(sec_logon_failed) },
    [SP_SEC_LOGOFF] = SECURITY(4634, 0, 12545, sec_logoff),
    [SP_SEC_LOGOFF_ASKED] = SECURITY(4647, 0, 12545, sec_logoff_asked),
    [SP_SEC_EXPLICIT] = SECURITY(4648, 0, 12544, sec_explicit),
    [SP_SEC_PRIVILEGES] = SECURITY(4672, 0, 12548, sec_privileges),
    [SP_SEC_PROCESS] = SECURITY(4688, 2, 13312, sec_process),
    [SP_SEC_EXIT] = SECURITY(4689, 0, 13313, sec_exit),
    [SP_SEC_TASK] = SECURITY(4698, 0, 12804, sec_task),
    [SP_SEC_MEMBER] = SECURITY(4732, 0, 13826, sec_member),
    [SP_SEC_SHARE] = SECURITY(5140, 1, 12808, sec_share),
    [SP_SEC_SHARE_FILE] = SECURITY(5145, 0, 12811, sec_share_file),
    [SP_SEC_DIRECTORY] = SECURITY(4662, 0, 14080, sec_directory),
    [SP_SEC_TICKET_GRANTING] = SECURITY(4768, 0, 14339, sec_ticket_granting),
    [SP_SEC_TICKET] = SECURITY(4769, 0, 14337, sec_ticket),
    [SP_SEC_CLEARED] = { .provider = &eventlog, .channel = SP_CHANNEL_SECURITY, .id = 1102, .level = 4, .task = 104,
                         .keywords = 0x4020000000000000u, .user_data = "LogFileCleared", .user_ns = NS_EVENTLOG, FIELDS(sec_cleared) },
    [SP_SYS_SERVICE_STATE] = { .provider = &services, .channel = SP_CHANNEL_SYSTEM, .id = 7036, .qualifiers = 16384,
                               .level = 4, .keywords = 0x8080000000000000u, FIELDS(sys_service_state) },
    [SP_SYS_SERVICE_NEW] = { .provider = &services, .channel = SP_CHANNEL_SYSTEM, .id = 7045, .qualifiers = 16384,
                             .level = 4, .keywords = 0x8080000000000000u, FIELDS(sys_service_new) },
    [SP_SYS_CLEARED] = { .provider = &eventlog, .channel = SP_CHANNEL_SYSTEM, .id = 104, .level = 4, .task = 104,
                         .keywords = 0x8000000000000000u, .user_data = "LogFileCleared", .user_ns = NS_EVENTLOG, FIELDS(sys_cleared) },
    [SP_PS_COMMAND] = { .provider = &powershell, .channel = SP_CHANNEL_POWERSHELL, .id = 4103, .version = 1,
                        .level = 4, .opcode = 20, .task = 106, FIELDS(ps_command) },
    [SP_PS_SCRIPT] = { .provider = &powershell, .channel = SP_CHANNEL_POWERSHELL, .id = 4104, .version = 1,
                       .level = 5, .opcode = 15, .task = 2, FIELDS(ps_script) },
    [SP_DEF_OFF] = DEFENDER(5001, def_off),
    [SP_DEF_UPDATED] = DEFENDER(2000, def_updated),
    [SP_DEF_SCANNED] = DEFENDER(1001, def_scanned),
    [SP_TS_LOGON] = TERMINAL(21, ts_session),
    [SP_TS_LOGOFF] = TERMINAL(23, ts_logoff),
    [SP_TS_LEFT] = TERMINAL(24, ts_session),
};
