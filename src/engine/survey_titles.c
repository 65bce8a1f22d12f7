/* SPDX-License-Identifier: Apache-2.0
 *
 * What the events of Windows that an analyst meets most are, in a few words of our own.
 */
#include "base/unicode.h"
#include "engine/survey.h"

struct title {
    uint32_t id;
    const char *words;
};

/* Security */
static const struct title titles_0[] = {
    { 1100, "event logging stopped" },
    { 1102, "audit log cleared" },
    { 1104, "security log full" },
    { 4608, "Windows started" },
    { 4610, "authentication package loaded" },
    { 4611, "logon process registered" },
    { 4614, "notification package loaded" },
    { 4616, "system time changed" },
    { 4622, "security package loaded" },
    { 4624, "logon" },
    { 4625, "logon failed" },
    { 4627, "group membership at logon" },
    { 4634, "logoff" },
    { 4647, "logoff by the user" },
    { 4648, "logon with explicit credentials" },
    { 4656, "handle requested" },
    { 4657, "registry value changed" },
    { 4658, "handle closed" },
    { 4660, "object deleted" },
    { 4661, "SAM handle requested" },
    { 4662, "directory object accessed" },
    { 4663, "object accessed" },
    { 4670, "permissions changed" },
    { 4672, "special privileges at logon" },
    { 4673, "privileged service called" },
    { 4674, "operation on privileged object" },
    { 4688, "process created" },
    { 4689, "process ended" },
    { 4690, "handle duplicated" },
    { 4692, "DPAPI master key backup" },
    { 4693, "DPAPI master key recovery" },
    { 4696, "primary token assigned" },
    { 4697, "service installed" },
    { 4698, "scheduled task created" },
    { 4699, "scheduled task deleted" },
    { 4700, "scheduled task enabled" },
    { 4701, "scheduled task disabled" },
    { 4702, "scheduled task changed" },
    { 4703, "token right adjusted" },
    { 4704, "user right assigned" },
    { 4706, "trust created" },
    { 4713, "Kerberos policy changed" },
    { 4717, "system access granted" },
    { 4719, "audit policy changed" },
    { 4720, "user created" },
    { 4722, "user enabled" },
    { 4723, "password change tried" },
    { 4724, "password reset tried" },
    { 4725, "user disabled" },
    { 4726, "user deleted" },
    { 4727, "global group created" },
    { 4728, "member added to global group" },
    { 4729, "member removed from global group" },
    { 4731, "local group created" },
    { 4732, "member added to local group" },
    { 4733, "member removed from local group" },
    { 4735, "local group changed" },
    { 4738, "user changed" },
    { 4739, "domain policy changed" },
    { 4740, "user locked out" },
    { 4741, "computer account created" },
    { 4742, "computer account changed" },
    { 4743, "computer account deleted" },
    { 4756, "member added to universal group" },
    { 4765, "SID history added" },
    { 4767, "user unlocked" },
    { 4768, "Kerberos TGT requested" },
    { 4769, "Kerberos service ticket requested" },
    { 4770, "Kerberos ticket renewed" },
    { 4771, "Kerberos pre-authentication failed" },
    { 4776, "NTLM credentials checked" },
    { 4778, "session reconnected" },
    { 4779, "session disconnected" },
    { 4781, "account renamed" },
    { 4794, "DSRM password set tried" },
    { 4798, "local groups of a user listed" },
    { 4799, "members of a local group listed" },
    { 4800, "workstation locked" },
    { 4801, "workstation unlocked" },
    { 4826, "boot configuration loaded" },
    { 4886, "certificate requested" },
    { 4887, "certificate issued" },
    { 4904, "event source registered" },
    { 4907, "audit settings of object changed" },
    { 4932, "replication began" },
    { 4933, "replication ended" },
    { 4944, "firewall policy at start" },
    { 4946, "firewall rule added" },
    { 4947, "firewall rule changed" },
    { 4948, "firewall rule deleted" },
    { 4950, "firewall setting changed" },
    { 4956, "firewall profile changed" },
    { 4964, "special group at logon" },
    { 4985, "transaction state changed" },
    { 5024, "firewall started" },
    { 5025, "firewall stopped" },
    { 5033, "firewall driver started" },
    { 5058, "key file operation" },
    { 5059, "key migration" },
    { 5061, "cryptographic operation" },
    { 5136, "directory object changed" },
    { 5137, "directory object created" },
    { 5138, "directory object undeleted" },
    { 5139, "directory object moved" },
    { 5140, "share accessed" },
    { 5141, "directory object deleted" },
    { 5142, "share added" },
    { 5143, "share changed" },
    { 5144, "share deleted" },
    { 5145, "file on a share checked" },
    { 5152, "packet blocked" },
    { 5154, "listening allowed" },
    { 5156, "connection allowed" },
    { 5157, "connection blocked" },
    { 5158, "port bound" },
    { 5379, "credentials read" },
    { 5381, "vault credentials listed" },
    { 5382, "vault credentials read" },
    { 6281, "code integrity: invalid page hash" },
    { 6416, "device connected" },
};

/* Microsoft-Windows-Sysmon/Operational */
static const struct title titles_1[] = {
    { 1, "process created" },
    { 2, "file creation time changed" },
    { 3, "network connection" },
    { 4, "Sysmon state changed" },
    { 5, "process ended" },
    { 6, "driver loaded" },
    { 7, "image loaded" },
    { 8, "remote thread created" },
    { 9, "raw disk read" },
    { 10, "process accessed" },
    { 11, "file created" },
    { 12, "registry key added or deleted" },
    { 13, "registry value set" },
    { 14, "registry key renamed" },
    { 15, "file stream created" },
    { 16, "Sysmon configuration changed" },
    { 17, "named pipe created" },
    { 18, "named pipe connected" },
    { 19, "WMI filter registered" },
    { 20, "WMI consumer registered" },
    { 21, "WMI consumer bound" },
    { 22, "DNS query" },
    { 23, "file deleted, kept" },
    { 24, "clipboard changed" },
    { 25, "process tampered with" },
    { 26, "file deleted" },
    { 27, "executable blocked" },
    { 28, "shredding blocked" },
    { 29, "executable created" },
    { 255, "Sysmon error" },
};

/* Microsoft-Windows-PowerShell/Operational */
static const struct title titles_2[] = {
    { 4100, "error" },
    { 4103, "module logging" },
    { 4104, "script block" },
    { 4105, "script block started" },
    { 4106, "script block ended" },
    { 40961, "console starting" },
    { 40962, "console ready" },
    { 53504, "IPC listener started" },
};

/* Windows PowerShell */
static const struct title titles_3[] = {
    { 400, "engine started" },
    { 403, "engine stopped" },
    { 600, "provider started" },
    { 800, "pipeline executed" },
};

/* System, Microsoft-Windows-Kernel-General */
static const struct title titles_4[] = {
    { 1, "system time changed" },
    { 12, "Windows started" },
    { 13, "Windows shut down" },
    { 16, "registry hive access history cleared" },
};

/* System, Microsoft-Windows-Kernel-Power */
static const struct title titles_5[] = {
    { 41, "restarted without a clean shutdown" },
    { 42, "going to sleep" },
    { 107, "resumed from sleep" },
    { 109, "shutdown begun" },
};

/* System, Microsoft-Windows-Power-Troubleshooter */
static const struct title titles_6[] = {
    { 1, "resumed from sleep" },
};

/* System, EventLog */
static const struct title titles_7[] = {
    { 6005, "event log started" },
    { 6006, "event log stopped" },
    { 6008, "previous shutdown unexpected" },
    { 6009, "Windows version at start" },
    { 6013, "uptime" },
};

/* System, Microsoft-Windows-Eventlog */
static const struct title titles_8[] = {
    { 104, "log cleared" },
};

/* System, Service Control Manager */
static const struct title titles_9[] = {
    { 7000, "service did not start" },
    { 7009, "service start timed out" },
    { 7022, "service hung" },
    { 7023, "service ended with an error" },
    { 7031, "service ended unexpectedly" },
    { 7034, "service ended unexpectedly" },
    { 7036, "service changed state" },
    { 7040, "start type changed" },
    { 7045, "service installed" },
};

/* System, User32 */
static const struct title titles_10[] = {
    { 1074, "shutdown or restart asked for" },
};

/* System, Microsoft-Windows-DistributedCOM */
static const struct title titles_11[] = {
    { 10016, "DCOM permission denied" },
};

/* System, Microsoft-Windows-Time-Service */
static const struct title titles_12[] = {
    { 35, "clock source chosen" },
    { 37, "clock source gives time" },
};

/* System, Netlogon */
static const struct title titles_13[] = {
    { 5805, "machine authentication failed" },
    { 5827, "vulnerable Netlogon connection denied" },
};

/* Application, Application Error */
static const struct title titles_14[] = {
    { 1000, "application crashed" },
};

/* Application, Windows Error Reporting */
static const struct title titles_15[] = {
    { 1001, "error report" },
};

/* Application, ESENT */
static const struct title titles_16[] = {
    { 325, "database created" },
    { 326, "database attached" },
    { 327, "database detached" },
};

/* Application, MsiInstaller */
static const struct title titles_17[] = {
    { 1033, "product installed" },
    { 1034, "product removed" },
    { 11707, "installation succeeded" },
    { 11724, "removal succeeded" },
};

/* Application, MSSQLSERVER */
static const struct title titles_18[] = {
    { 15457, "configuration option changed" },
    { 18454, "SQL logon" },
    { 18456, "SQL logon failed" },
    { 33205, "SQL audit event" },
};

/* Microsoft-Windows-TaskScheduler/Operational */
static const struct title titles_19[] = {
    { 100, "task started" },
    { 102, "task completed" },
    { 106, "task registered" },
    { 107, "task triggered on schedule" },
    { 110, "task started by a user" },
    { 129, "task process created" },
    { 140, "task updated" },
    { 141, "task deleted" },
    { 142, "task disabled" },
    { 200, "action started" },
    { 201, "action completed" },
};

/* Microsoft-Windows-TerminalServices-LocalSessionManager/Operational */
static const struct title titles_20[] = {
    { 21, "session logon" },
    { 22, "shell started" },
    { 23, "session logoff" },
    { 24, "session disconnected" },
    { 25, "session reconnected" },
    { 39, "session disconnected by another" },
    { 40, "session disconnected, reason" },
    { 41, "session arbitration began" },
    { 42, "session arbitration ended" },
};

/* Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational */
static const struct title titles_21[] = {
    { 261, "listener received a connection" },
    { 1149, "network authentication for RDP" },
};

/* Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational */
static const struct title titles_22[] = {
    { 131, "connection accepted" },
    { 140, "connection failed" },
};

/* Microsoft-Windows-TerminalServices-RDPClient/Operational */
static const struct title titles_23[] = {
    { 1024, "connecting to a server" },
    { 1102, "connecting to an address" },
};

/* Microsoft-Windows-Windows Defender/Operational */
static const struct title titles_24[] = {
    { 1000, "scan started" },
    { 1001, "scan finished" },
    { 1005, "scan failed" },
    { 1006, "malware found" },
    { 1007, "action taken" },
    { 1009, "item restored from quarantine" },
    { 1013, "history deleted" },
    { 1015, "suspicious behaviour" },
    { 1116, "malware detected" },
    { 1117, "action taken against malware" },
    { 1118, "action failed" },
    { 1119, "critical error in an action" },
    { 1121, "attack surface rule blocked" },
    { 1122, "attack surface rule audited" },
    { 2000, "signatures updated" },
    { 5000, "real-time protection on" },
    { 5001, "real-time protection off" },
    { 5004, "real-time protection changed" },
    { 5007, "configuration changed" },
    { 5010, "scanning off" },
    { 5012, "virus scanning off" },
    { 5013, "tamper protection blocked a change" },
};

/* Microsoft-Windows-WMI-Activity/Operational */
static const struct title titles_25[] = {
    { 5857, "provider loaded" },
    { 5858, "query failed" },
    { 5859, "temporary consumer" },
    { 5860, "temporary consumer registered" },
    { 5861, "permanent consumer registered" },
};

/* Microsoft-Windows-WinRM/Operational */
static const struct title titles_26[] = {
    { 6, "session created" },
    { 8, "session closing" },
    { 91, "shell created" },
    { 142, "operation failed" },
    { 169, "user authenticated" },
};

/* Microsoft-Windows-Bits-Client/Operational */
static const struct title titles_27[] = {
    { 3, "job created" },
    { 4, "job completed" },
    { 59, "transfer started" },
    { 60, "transfer stopped" },
    { 61, "transfer stopped with an error" },
};

/* Microsoft-Windows-Windows Firewall With Advanced Security/Firewall */
static const struct title titles_28[] = {
    { 2003, "profile setting changed" },
    { 2004, "rule added" },
    { 2005, "rule changed" },
    { 2006, "rule deleted" },
    { 2033, "all rules deleted" },
    { 2052, "rule deleted" },
    { 2071, "rule added" },
};

/* Microsoft-Windows-AppLocker/EXE and DLL */
static const struct title titles_29[] = {
    { 8002, "allowed" },
    { 8003, "would have been blocked" },
    { 8004, "blocked" },
};

/* Microsoft-Windows-CodeIntegrity/Operational */
static const struct title titles_30[] = {
    { 3023, "driver hash not found" },
    { 3033, "signing level not met" },
    { 3065, "code integrity audited" },
    { 3077, "blocked" },
};

/* Microsoft-Windows-DNS-Client/Operational */
static const struct title titles_31[] = {
    { 3006, "query" },
    { 3008, "query finished" },
};

/* Microsoft-Windows-DriverFrameworks-UserMode/Operational */
static const struct title titles_32[] = {
    { 2003, "device arrived" },
    { 2100, "device operation" },
};

/* Microsoft-Windows-NTLM/Operational */
static const struct title titles_33[] = {
    { 4001, "NTLM blocked, client" },
    { 8001, "NTLM audited, outgoing" },
    { 8002, "NTLM audited, incoming" },
    { 8003, "NTLM audited, server in domain" },
    { 8004, "NTLM audited, domain controller" },
};

/* Microsoft-Windows-SmbClient/Security */
static const struct title titles_34[] = {
    { 31001, "SMB logon failed" },
};

/* Microsoft-Windows-PrintService/Admin */
static const struct title titles_35[] = {
    { 808, "plug-in module not loaded" },
};

/* Microsoft-Windows-PrintService/Operational */
static const struct title titles_36[] = {
    { 316, "printer driver added or updated" },
};

/* Directory Service */
static const struct title titles_37[] = {
    { 1644, "expensive LDAP search" },
    { 2889, "unsigned LDAP bind" },
};

/* DNS Server */
static const struct title titles_38[] = {
    { 770, "server plug-in loaded" },
};

#define LIST(t) t, sizeof(t) / sizeof *(t)
static const struct {
    const char *channel, *provider; /* provider NULL: any */
    const struct title *title;
    size_t count;
} lists[] = {
    { "Security", NULL, LIST(titles_0) },
    { "Microsoft-Windows-Sysmon/Operational", NULL, LIST(titles_1) },
    { "Microsoft-Windows-PowerShell/Operational", NULL, LIST(titles_2) },
    { "Windows PowerShell", NULL, LIST(titles_3) },
    { "System", "Microsoft-Windows-Kernel-General", LIST(titles_4) },
    { "System", "Microsoft-Windows-Kernel-Power", LIST(titles_5) },
    { "System", "Microsoft-Windows-Power-Troubleshooter", LIST(titles_6) },
    { "System", "EventLog", LIST(titles_7) },
    { "System", "Microsoft-Windows-Eventlog", LIST(titles_8) },
    { "System", "Service Control Manager", LIST(titles_9) },
    { "System", "User32", LIST(titles_10) },
    { "System", "Microsoft-Windows-DistributedCOM", LIST(titles_11) },
    { "System", "Microsoft-Windows-Time-Service", LIST(titles_12) },
    { "System", "Netlogon", LIST(titles_13) },
    { "Application", "Application Error", LIST(titles_14) },
    { "Application", "Windows Error Reporting", LIST(titles_15) },
    { "Application", "ESENT", LIST(titles_16) },
    { "Application", "MsiInstaller", LIST(titles_17) },
    { "Application", "MSSQLSERVER", LIST(titles_18) },
    { "Microsoft-Windows-TaskScheduler/Operational", NULL, LIST(titles_19) },
    { "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", NULL, LIST(titles_20) },
    { "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", NULL, LIST(titles_21) },
    { "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", NULL, LIST(titles_22) },
    { "Microsoft-Windows-TerminalServices-RDPClient/Operational", NULL, LIST(titles_23) },
    { "Microsoft-Windows-Windows Defender/Operational", NULL, LIST(titles_24) },
    { "Microsoft-Windows-WMI-Activity/Operational", NULL, LIST(titles_25) },
    { "Microsoft-Windows-WinRM/Operational", NULL, LIST(titles_26) },
    { "Microsoft-Windows-Bits-Client/Operational", NULL, LIST(titles_27) },
    { "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", NULL, LIST(titles_28) },
    { "Microsoft-Windows-AppLocker/EXE and DLL", NULL, LIST(titles_29) },
    { "Microsoft-Windows-CodeIntegrity/Operational", NULL, LIST(titles_30) },
    { "Microsoft-Windows-DNS-Client/Operational", NULL, LIST(titles_31) },
    { "Microsoft-Windows-DriverFrameworks-UserMode/Operational", NULL, LIST(titles_32) },
    { "Microsoft-Windows-NTLM/Operational", NULL, LIST(titles_33) },
    { "Microsoft-Windows-SmbClient/Security", NULL, LIST(titles_34) },
    { "Microsoft-Windows-PrintService/Admin", NULL, LIST(titles_35) },
    { "Microsoft-Windows-PrintService/Operational", NULL, LIST(titles_36) },
    { "Directory Service", NULL, LIST(titles_37) },
    { "DNS Server", NULL, LIST(titles_38) },
};

/* Channels and providers are compared without case, as Windows does; the names of the table are ASCII. */
static bool same(struct sp_str text, const char *name)
{
    if (strlen(name) != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (sp_fold((unsigned char)text.ptr[i]) != sp_fold((unsigned char)name[i]))
            return false;
    return true;
}

struct sp_str sp_event_title(struct sp_str channel, struct sp_str provider, uint32_t id)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!same(channel, lists[i].channel) || (lists[i].provider && !same(provider, lists[i].provider)))
            continue;
        for (size_t n = 0; n < lists[i].count; n++)
            if (lists[i].title[n].id == id)
                return sp_str_c(lists[i].title[n].words);
    }
    return (struct sp_str){ NULL, 0 };
}

struct sp_str sp_survey_short(struct sp_str s)
{
    struct sp_str common = SP_STR("Microsoft-Windows-"), usual = SP_STR("/Operational");

    if (sp_str_starts(s, common))
        s = sp_str_cut(s, common.len, s.len - common.len);
    return sp_str_ends(s, usual) ? sp_str_cut(s, 0, s.len - usual.len) : s;
}
