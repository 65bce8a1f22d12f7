/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordinary life of an office, in tables (noise_table.h). All names are invented.
 */
#include "simulate/noise_table.h"

#define WS   SP_NOISE_WORKSTATION
#define SRV  SP_NOISE_SERVER
#define DC   SP_NOISE_CONTROLLER
#define HALL (SP_NOISE_SERVER | SP_NOISE_CONTROLLER)
#define ALL  SP_NOISE_ALL
#define USER SP_NOISE_USER
#define SYS  SP_NOISE_SYSTEM
#define LOC  SP_NOISE_LOCAL
#define NET  SP_NOISE_NETWORK
#define COUNT(table) const size_t table##_count = sizeof(table) / sizeof *(table)

#define S32 "C:\\Windows\\System32\\"
#define EXPLORER "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE"
#define SERVICES S32 "services.exe", S32 "services.exe"
#define SCHEDULE S32 "svchost.exe", S32 "svchost.exe -k netsvcs -p -s Schedule"
#define DCOM S32 "svchost.exe", S32 "svchost.exe -k DcomLaunch -p"
#define EDGE "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"
#define OFFICE "C:\\Program Files\\Microsoft Office\\root\\Office16\\"
#define DEFENDER "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24090.11-0\\"
#define PS "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
#define AGENT "C:\\Program Files\\North\\Agent\\north-agent.exe"
#define BACKUP "C:\\Program Files\\Kestrel\\Backup\\kestrel-backup.exe"
#define LEDGER "C:\\Program Files\\Ledger\\ledger.exe"

const struct sp_noise_process sp_noise_processes[] = {
    { ALL, 30, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k netsvcs -p -s wlidsvc" },
    { ALL, 20, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k netsvcs -p -s BITS" },
    { ALL, 15, LOC, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k LocalService -p -s fdPHost" },
    { ALL, 15, NET, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k NetworkService -p -s DoSvc" },
    { ALL, 15, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k wsappx -p -s ClipSVC" },
    { ALL, 10, NET, SERVICES, S32 "sppsvc.exe", S32 "sppsvc.exe" },
    { ALL, 20, SYS, SCHEDULE, S32 "taskhostw.exe", "taskhostw.exe Install $(Arg0)" },
    { ALL, 10, LOC, SCHEDULE, S32 "taskhostw.exe", "taskhostw.exe" },
    { ALL, 6, SYS, SCHEDULE, S32 "UsoClient.exe", "\"" S32 "UsoClient.exe\" StartScan" },
    { ALL, 4, SYS, SCHEDULE, S32 "defrag.exe", "\"" S32 "defrag.exe\" -c -h -o -$" },
    { ALL, 4, SYS, SCHEDULE, S32 "CompatTelRunner.exe", S32 "CompatTelRunner.exe -m:appraiser.dll -f:DoScheduledTelemetryRun" },
    { ALL, 12, SYS, DEFENDER "MsMpEng.exe", "\"" DEFENDER "MsMpEng.exe\"", DEFENDER "MpCmdRun.exe",
      "\"" DEFENDER "MpCmdRun.exe\" SignatureUpdate -ScheduleJob -RestrictPrivileges" },
    { ALL, 14, NET, DCOM, S32 "wbem\\WmiPrvSE.exe", S32 "wbem\\wmiprvse.exe -Embedding" },
    { ALL, 10, SYS, DCOM, S32 "wbem\\WmiPrvSE.exe", S32 "wbem\\wmiprvse.exe -secured -Embedding" },
    { ALL, 12, SYS, DCOM, S32 "dllhost.exe", S32 "DllHost.exe /Processid:{7d8f2c41-0b67-4c5a-9f3e-6a1b2c3d4e5f}" },
    { ALL, 8, SYS, SERVICES, "C:\\Windows\\servicing\\TrustedInstaller.exe", "C:\\Windows\\servicing\\TrustedInstaller.exe" },
    { ALL, 6, SYS, DCOM, "C:\\Windows\\WinSxS\\amd64_servicingstack\\TiWorker.exe",
      "C:\\Windows\\WinSxS\\amd64_servicingstack\\TiWorker.exe -Embedding" },
    { ALL, 6, SYS, SERVICES, "C:\\Program Files\\North\\Agent\\north-update.exe", "\"C:\\Program Files\\North\\Agent\\north-update.exe\" --check" },
    { ALL, 8, SYS, AGENT, "\"" AGENT "\" --service", "C:\\Program Files\\North\\Agent\\north-inventory.exe",
      "\"C:\\Program Files\\North\\Agent\\north-inventory.exe\" --hardware --patches" },
    { ALL, 1, SYS, AGENT, "\"" AGENT "\" --service", S32 "certutil.exe", "certutil.exe -verifystore Root north-root" },
    { WS, 16, SYS, S32 "SearchIndexer.exe", S32 "SearchIndexer.exe /Embedding", S32 "SearchProtocolHost.exe",
      "\"" S32 "SearchProtocolHost.exe\" Global\\UsGthrFltPipeMssGthrPipe{n}_ Global\\UsGthrCtrlFltPipeMssGthrPipe{n} 1" },
    { WS, 16, LOC, S32 "SearchIndexer.exe", S32 "SearchIndexer.exe /Embedding", S32 "SearchFilterHost.exe",
      "\"" S32 "SearchFilterHost.exe\" 0 812 816 824 {n} 820" },
    { WS, 20, USER, DCOM, S32 "backgroundTaskHost.exe", "\"" S32 "backgroundTaskHost.exe\" -ServerName:CortanaUI.AppX8z9r6jm96hw4bsbneegw0kyxx296wr9t.mca" },
    { WS, 18, USER, DCOM, S32 "RuntimeBroker.exe", S32 "RuntimeBroker.exe -Embedding" },
    { WS, 12, USER, DCOM, S32 "smartscreen.exe", S32 "smartscreen.exe -Embedding" },
    { WS, 24, USER, EXPLORER, EDGE, "\"" EDGE "\" --profile-directory=Default" },
    { WS, 40, USER, EDGE, "\"" EDGE "\" --profile-directory=Default", EDGE,
      "\"" EDGE "\" --type=renderer --lang=en --renderer-client-id={n} --mojo-platform-channel-handle={n}" },
    { WS, 14, USER, EXPLORER, OFFICE "OUTLOOK.EXE", "\"" OFFICE "OUTLOOK.EXE\"" },
    { WS, 14, USER, EXPLORER, OFFICE "WINWORD.EXE", "\"" OFFICE "WINWORD.EXE\" /n \"C:\\Users\\{user}\\Documents\\report-{n}.docx\" /o \"\"" },
    { WS, 12, USER, EXPLORER, OFFICE "EXCEL.EXE", "\"" OFFICE "EXCEL.EXE\" \"\\\\{server}\\sales\\plan-{n}.xlsx\"" },
    { WS, 6, USER, OFFICE "WINWORD.EXE", "\"" OFFICE "WINWORD.EXE\" /n", "C:\\Windows\\splwow64.exe", "C:\\Windows\\splwow64.exe 12288" },
    { WS, 1, USER, OFFICE "OUTLOOK.EXE", "\"" OFFICE "OUTLOOK.EXE\"", EDGE, "\"" EDGE "\" --single-argument https://intranet.{org}/news/{n}" },
    { WS, 10, USER, EXPLORER, LEDGER, "\"" LEDGER "\" /profile {user}" },
    { WS, 6, USER, EXPLORER, S32 "notepad.exe", "\"" S32 "notepad.exe\" C:\\Users\\{user}\\Documents\\notes-{n}.txt" },
    { WS, 1, USER, EXPLORER, S32 "cmd.exe", "\"" S32 "cmd.exe\"" },
    { WS, 4, SYS, SCHEDULE, S32 "gpupdate.exe", S32 "gpupdate.exe /target:computer" },
    { SRV, 8, SYS, SCHEDULE, BACKUP, "\"" BACKUP "\" --job nightly-{n}" },
    { SRV, 2, SYS, BACKUP, "\"" BACKUP "\" --job nightly", "C:\\Program Files\\WinRAR\\Rar.exe",
      "\"C:\\Program Files\\WinRAR\\Rar.exe\" a -m3 -r D:\\Backup\\sales-{n}.rar D:\\Shares\\sales" },
    { SRV, 3, SYS, BACKUP, "\"" BACKUP "\" --job nightly", S32 "vssadmin.exe", "vssadmin.exe list shadows /for=D:" },
    { SRV, 5, SYS, BACKUP, "\"" BACKUP "\" --job nightly", S32 "robocopy.exe", "robocopy.exe D:\\Shares\\sales E:\\Mirror\\sales /MIR /R:1 /W:1" },
    { HALL, 2, SYS, SCHEDULE, PS, "powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File \"C:\\Program Files\\North\\Scripts\\disk-report.ps1\"" },
    { DC, 8, SYS, SERVICES, S32 "dfssvc.exe", S32 "dfssvc.exe" },
    { DC, 6, SYS, SCHEDULE, S32 "taskhostw.exe", "taskhostw.exe /RuntimeWide" },
    { SRV, 2, SYS, SCHEDULE, S32 "wbadmin.exe", "wbadmin.exe get versions" },
};
COUNT(sp_noise_processes);

const struct sp_noise_text sp_noise_queries[] = {
    { ALL, NET, S32 "svchost.exe", "dc-01.{org}", "::ffff:{net}.0.10" },
    { ALL, NET, S32 "svchost.exe", "_ldap._tcp.dc._msdcs.{org}", "type:  33 dc-01.{org}" },
    { ALL, SYS, S32 "svchost.exe", "update.os-vendor.example", "::ffff:192.0.2.20" },
    { ALL, SYS, S32 "svchost.exe", "time.os-vendor.example", "::ffff:192.0.2.21" },
    { ALL, SYS, DEFENDER "MsMpEng.exe", "signatures.os-vendor.example", "::ffff:192.0.2.22" },
    { ALL, SYS, AGENT, "agent.{org}", "::ffff:{net}.0.31" },
    { WS, USER, EDGE, "intranet.{org}", "::ffff:{net}.0.30" },
    { WS, USER, EDGE, "www.search.example", "::ffff:192.0.2.30" },
    { WS, USER, EDGE, "news.daily.example", "::ffff:192.0.2.31" },
    { WS, USER, EDGE, "static-assets-eu-central.cdn-web.example", "::ffff:192.0.2.32" },
    { WS, USER, EDGE, "fonts.cdn-web.example", "::ffff:192.0.2.32" },
    { WS, USER, EDGE, "img{n}.shop.example", "::ffff:192.0.2.33" },
    { WS, USER, EDGE, "booking.travel.example", "::ffff:192.0.2.34" },
    { WS, USER, EDGE, "d{hex}{hex}.edge.cdn-web.example", "::ffff:192.0.2.35" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "mail.{org}", "::ffff:{net}.0.25" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "autodiscover.{org}", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "templates.office-vendor.example", "::ffff:192.0.2.40" },
    { WS, USER, "C:\\Windows\\explorer.exe", "{server}.{org}", "::ffff:{net}.0.20" },
    { WS, USER, EDGE, "wpad.{org}", NULL },
    { SRV, SYS, BACKUP, "vault.backup.example", "::ffff:192.0.2.50" },
    { SRV, SYS, BACKUP, "licence.backup.example", "::ffff:192.0.2.51" },
};
COUNT(sp_noise_queries);

const struct sp_noise_peer sp_noise_peers[] = {
    { ALL, NET, S32 "svchost.exe", "{net}.0.10", "dc-01.{org}", 53, "domain" },
    { ALL, SYS, S32 "lsass.exe", "{net}.0.10", "dc-01.{org}", 88, "kerberos" },
    { ALL, SYS, S32 "lsass.exe", "{net}.0.10", "dc-01.{org}", 389, "ldap" },
    { ALL, SYS, "System", "{net}.0.10", "dc-01.{org}", 445, "microsoft-ds" },
    { ALL, SYS, S32 "svchost.exe", "192.0.2.20", NULL, 443, "https" },
    { ALL, SYS, AGENT, "{net}.0.31", "agent.{org}", 443, "https" },
    { WS, USER, EDGE, "192.0.2.30", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.31", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.32", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.33", NULL, 80, "http" },
    { WS, USER, EDGE, "{net}.0.30", "intranet.{org}", 443, "https" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "{net}.0.25", "mail.{org}", 443, "https" },
    { WS, SYS, "System", "{net}.0.20", "{server}.{org}", 445, "microsoft-ds" },
    { SRV, SYS, BACKUP, "192.0.2.50", NULL, 443, "https" },
};
COUNT(sp_noise_peers);

const struct sp_noise_text sp_noise_files[] = {
    { ALL, SYS, S32 "svchost.exe", "C:\\Windows\\SoftwareDistribution\\Download\\{hex}{hex}\\package-{n}.cab", NULL },
    { ALL, SYS, S32 "svchost.exe", "C:\\Windows\\Prefetch\\SVCHOST.EXE-{hex}.pf", NULL },
    { ALL, SYS, DEFENDER "MsMpEng.exe", "C:\\ProgramData\\Microsoft\\Windows Defender\\Scans\\mpcache-{hex}.bin", NULL },
    { ALL, SYS, AGENT, "C:\\ProgramData\\North\\Agent\\inventory-{n}.json", NULL },
    { WS, USER, EDGE, "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_{hex}", NULL },
    { WS, USER, EDGE, "C:\\Users\\{user}\\Downloads\\brochure-{n}.pdf", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "C:\\Users\\{user}\\Documents\\~$report-{n}.docx", NULL },
    { WS, USER, OFFICE "EXCEL.EXE", "C:\\Users\\{user}\\AppData\\Local\\Temp\\{hex}.tmp", NULL },
    { WS, USER, "C:\\Windows\\explorer.exe", "C:\\$Recycle.Bin\\{sid}\\$I{hex}.docx", NULL },
    { SRV, SYS, "System", "D:\\Shares\\sales\\plan-{n}.xlsx", NULL },
    { SRV, SYS, "System", "D:\\Shares\\design\\part-{n}.dwg", NULL },
    { SRV, SYS, "C:\\Program Files\\WinRAR\\Rar.exe", "D:\\Backup\\sales-{n}.rar", NULL },
};
COUNT(sp_noise_files);

const struct sp_noise_text sp_noise_values[] = {
    { ALL, SYS, S32 "services.exe", "HKLM\\System\\CurrentControlSet\\Services\\BITS\\Start", "DWORD (0x00000003)" },
    { ALL, SYS, S32 "svchost.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\LastOnline",
      "QWORD (0x01dcaa{n}-0x{hex})" },
    { ALL, SYS, DEFENDER "MsMpEng.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Signature Updates\\SignaturesLastUpdated",
      "Binary Data" },
    { ALL, SYS, DEFENDER "MsMpEng.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Real-Time Protection\\DisableRealtimeMonitoring",
      "DWORD (0x00000000)" },
    { WS, USER, "C:\\Windows\\explorer.exe",
      "HKU\\{sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\MRUListEx",
      "Binary Data" },
    { WS, USER, OFFICE "WINWORD.EXE",
      "HKU\\{sid}\\Software\\Microsoft\\Office\\16.0\\Word\\Reading Locations\\Document {n}\\Position",
      "{n} 0" },
};
COUNT(sp_noise_values);

const struct sp_noise_text sp_noise_pipes[] = {
    { WS, USER, EDGE, "\\mojo.{n}.{n}.{hex}{hex}", NULL },
    { WS, USER, EDGE, "\\LOCAL\\crashpad_{n}_{hex}", NULL },
    { ALL, SYS, S32 "svchost.exe", "\\W32TIME_ALT", NULL },
    { ALL, SYS, S32 "svchost.exe", "\\PIPE_EVENTROOT\\CIMV2SCM EVENT PROVIDER", NULL },
    { SRV, SYS, PS, "\\PSHost.1339{n}.{n}.DefaultAppDomain.powershell", NULL },
    { WS, SYS, S32 "SearchIndexer.exe", "\\MsFteWds", NULL },
};
COUNT(sp_noise_pipes);

const struct sp_noise_text sp_noise_images[] = {
    { WS, USER, EDGE, "C:\\Windows\\System32\\amsi.dll", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "C:\\Windows\\System32\\wbem\\wbemdisp.dll", NULL },
    { SRV, SYS, PS, "C:\\Windows\\assembly\\NativeImages_v4.0.30319_64\\System.Manaa57fc8cc#\\System.Management.Automation.ni.dll", NULL },
    { ALL, SYS, S32 "taskhostw.exe", "C:\\Windows\\System32\\taskschd.dll", NULL },
};
COUNT(sp_noise_images);

#define TRACE "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\System32\\KERNELBASE.dll+2730e"
const struct sp_noise_text sp_noise_lsass[] = {
    { ALL, SYS, DEFENDER "MsMpEng.exe", "0x1010", TRACE "|" DEFENDER "mpengine.dll+1c2f0" },
    { ALL, SYS, S32 "svchost.exe", "0x1000", TRACE "|C:\\Windows\\System32\\lsm.dll+e959" },
    { ALL, SYS, S32 "wbem\\WmiPrvSE.exe", "0x1400", TRACE "|C:\\Windows\\System32\\wbem\\cimwin32.dll+3b0b" },
    { ALL, SYS, S32 "csrss.exe", "0x1fffff", "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\system32\\basesrv.DLL+2f42" },
};
COUNT(sp_noise_lsass);

const struct sp_noise_text sp_noise_scripts[] = {
    { HALL, SYS, PS, "$disks = Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3'\r\n$disks | Select-Object DeviceID, FreeSpace, Size |"
      " Export-Csv -NoTypeInformation 'C:\\ProgramData\\North\\disk-report.csv'", "C:\\Program Files\\North\\Scripts\\disk-report.ps1" },
    { WS, SYS, PS, "{ Set-StrictMode -Version 1; $_.OriginInfo }", NULL },
    { ALL, SYS, PS, "Get-MpComputerStatus | Select-Object RealTimeProtectionEnabled, AntivirusSignatureAge",
      "C:\\Program Files\\North\\Agent\\health.ps1" },
    { ALL, SYS, PS, "prompt", NULL },
};
COUNT(sp_noise_scripts);

const struct sp_noise_text sp_noise_visits[] = {
    { ALL, USER, PS, "Get-Service | Where-Object Status -eq 'Stopped' | Where-Object StartType -eq 'Automatic'", NULL },
    { SRV, USER, PS, "Get-SmbOpenFile | Group-Object ClientUserName | Sort-Object Count -Descending | Select-Object -First {n}", NULL },
    { ALL, USER, PS, "Get-WinEvent -LogName System -MaxEvents {n} | Format-Table TimeCreated, Id, Message", NULL },
    { SRV, USER, PS, "Get-ChildItem D:\\Shares -Directory | ForEach-Object { (Get-Acl $_.FullName).Owner }", NULL },
    { DC, USER, PS, "Get-ADReplicationPartnerMetadata -Target * | Select-Object Server, LastReplicationSuccess", NULL },
    { HALL, USER, PS, "Get-Service -Name 'Kestrel Backup' | Format-List *", NULL },
};
COUNT(sp_noise_visits);

const struct sp_noise_text sp_noise_tasks[] = {
    { ALL, SYS, NULL, "\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Work {n}", "%systemroot%\\system32\\usoclient.exe" },
    { ALL, SYS, NULL, "\\North\\Agent health", "C:\\Program Files\\North\\Agent\\north-agent.exe" },
    { SRV, SYS, NULL, "\\Kestrel\\Nightly backup {n}", "C:\\Program Files\\Kestrel\\Backup\\kestrel-backup.exe" },
};
COUNT(sp_noise_tasks);

const struct sp_noise_text sp_noise_installs[] = {
    { ALL, SYS, NULL, "Microsoft Edge Elevation Service", "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\elevation_service.exe\"" },
    { ALL, SYS, NULL, "MpKsl{hex}", DEFENDER "MpKslDrv.sys" },
    { SRV, SYS, NULL, "Kestrel Backup", "\"" BACKUP "\" --service" },
};
COUNT(sp_noise_installs);

const char *const sp_noise_services[] = {
    "Background Intelligent Transfer Service", "Windows Update", "Windows Modules Installer", "Software Protection",
    "WinHTTP Web Proxy Auto-Discovery Service", "Update Orchestrator Service", "Delivery Optimization",
    "Microsoft Account Sign-in Assistant", "Device Setup Manager", "Windows Error Reporting Service",
    "Client License Service (ClipSVC)", "Application Experience", "Windows Time", "North Agent",
};
COUNT(sp_noise_services);

const char *const sp_noise_tickets[] = { "DC-01$", "{server}$", "MAIL-01$", "WEB-01$", "PRINT-02$" };
COUNT(sp_noise_tickets);
