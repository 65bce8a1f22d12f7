/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordinary life of an office, in tables (noise_table.h). All names are invented.
 */
#include "simulate/noise_table.h"

#define WS   SP_NOISE_WORKSTATION
#define SRV  SP_NOISE_SERVER
#define BOTH SP_NOISE_BOTH
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
#define AGENT "C:\\Program Files\\Acme\\Agent\\acme-update.exe"
#define BACKUP "C:\\Program Files\\Acme\\Backup\\acme-backup.exe"

const struct sp_noise_process sp_noise_processes[] = {
    { BOTH, 30, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k netsvcs -p -s wlidsvc" },
    { BOTH, 20, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k netsvcs -p -s BITS" },
    { BOTH, 15, LOC, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k LocalService -p -s fdPHost" },
    { BOTH, 15, NET, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k NetworkService -p -s DoSvc" },
    { BOTH, 15, SYS, SERVICES, S32 "svchost.exe", S32 "svchost.exe -k wsappx -p -s ClipSVC" },
    { BOTH, 10, NET, SERVICES, S32 "sppsvc.exe", S32 "sppsvc.exe" },
    { BOTH, 20, SYS, SCHEDULE, S32 "taskhostw.exe", "taskhostw.exe Install $(Arg0)" },
    { BOTH, 10, LOC, SCHEDULE, S32 "taskhostw.exe", "taskhostw.exe" },
    { BOTH, 6, SYS, SCHEDULE, S32 "UsoClient.exe", "\"" S32 "UsoClient.exe\" StartScan" },
    { BOTH, 4, SYS, SCHEDULE, S32 "defrag.exe", "\"" S32 "defrag.exe\" -c -h -o -$" },
    { BOTH, 4, SYS, SCHEDULE, S32 "CompatTelRunner.exe", S32 "CompatTelRunner.exe -m:appraiser.dll -f:DoScheduledTelemetryRun" },
    { BOTH, 12, SYS, DEFENDER "MsMpEng.exe", "\"" DEFENDER "MsMpEng.exe\"", DEFENDER "MpCmdRun.exe",
      "\"" DEFENDER "MpCmdRun.exe\" SignatureUpdate -ScheduleJob -RestrictPrivileges" },
    { BOTH, 14, NET, DCOM, S32 "wbem\\WmiPrvSE.exe", S32 "wbem\\wmiprvse.exe -Embedding" },
    { BOTH, 10, SYS, DCOM, S32 "wbem\\WmiPrvSE.exe", S32 "wbem\\wmiprvse.exe -secured -Embedding" },
    { BOTH, 12, SYS, DCOM, S32 "dllhost.exe", S32 "DllHost.exe /Processid:{7d8f2c41-0b67-4c5a-9f3e-6a1b2c3d4e5f}" },
    { BOTH, 8, SYS, SERVICES, "C:\\Windows\\servicing\\TrustedInstaller.exe", "C:\\Windows\\servicing\\TrustedInstaller.exe" },
    { BOTH, 6, SYS, DCOM, "C:\\Windows\\WinSxS\\amd64_servicingstack\\TiWorker.exe",
      "C:\\Windows\\WinSxS\\amd64_servicingstack\\TiWorker.exe -Embedding" },
    { BOTH, 10, SYS, SERVICES, AGENT, "\"" AGENT "\" --service" },
    { BOTH, 8, SYS, AGENT, "\"" AGENT "\" --service", S32 "cmd.exe", "cmd.exe /c \"C:\\Program Files\\Acme\\Agent\\inventory.cmd\"" },
    { BOTH, 4, SYS, AGENT, "\"" AGENT "\" --service", S32 "certutil.exe", "certutil.exe -verifystore Root acme-root" },
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
    { WS, 12, USER, EXPLORER, OFFICE "EXCEL.EXE", "\"" OFFICE "EXCEL.EXE\" \"\\\\SRV-FILES-01\\sales\\plan-{n}.xlsx\"" },
    { WS, 6, USER, OFFICE "WINWORD.EXE", "\"" OFFICE "WINWORD.EXE\" /n", "C:\\Windows\\splwow64.exe", "C:\\Windows\\splwow64.exe 12288" },
    { WS, 6, USER, OFFICE "OUTLOOK.EXE", "\"" OFFICE "OUTLOOK.EXE\"", EDGE, "\"" EDGE "\" --single-argument https://intranet.acme.example/news/{n}" },
    { WS, 10, USER, EXPLORER, "C:\\Program Files\\Acme\\ERP\\acme-erp.exe", "\"C:\\Program Files\\Acme\\ERP\\acme-erp.exe\" /profile {user}" },
    { WS, 6, USER, EXPLORER, S32 "notepad.exe", "\"" S32 "notepad.exe\" C:\\Users\\{user}\\Documents\\notes-{n}.txt" },
    { WS, 2, USER, EXPLORER, S32 "cmd.exe", "\"" S32 "cmd.exe\"" },
    { WS, 4, SYS, SCHEDULE, S32 "gpupdate.exe", S32 "gpupdate.exe /target:computer" },
    { SRV, 8, SYS, SCHEDULE, BACKUP, "\"" BACKUP "\" --job nightly-{n}" },
    { SRV, 4, SYS, BACKUP, "\"" BACKUP "\" --job nightly", "C:\\Program Files\\WinRAR\\Rar.exe",
      "\"C:\\Program Files\\WinRAR\\Rar.exe\" a -m3 -r D:\\Backup\\sales-{n}.rar D:\\Shares\\sales" },
    { SRV, 3, SYS, BACKUP, "\"" BACKUP "\" --job nightly", S32 "vssadmin.exe", "vssadmin.exe list shadows /for=D:" },
    { SRV, 5, SYS, BACKUP, "\"" BACKUP "\" --job nightly", S32 "robocopy.exe", "robocopy.exe D:\\Shares\\sales E:\\Mirror\\sales /MIR /R:1 /W:1" },
    { SRV, 6, SYS, SCHEDULE, PS, "powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File \"C:\\Program Files\\Acme\\Scripts\\disk-report.ps1\"" },
    { SRV, 3, SYS, SCHEDULE, S32 "wbadmin.exe", "wbadmin.exe get versions" },
};
COUNT(sp_noise_processes);

const struct sp_noise_text sp_noise_queries[] = {
    { BOTH, NET, S32 "svchost.exe", "dc-01.acme.example", "::ffff:10.20.0.10" },
    { BOTH, NET, S32 "svchost.exe", "_ldap._tcp.dc._msdcs.acme.example", "type:  33 dc-01.acme.example" },
    { BOTH, SYS, S32 "svchost.exe", "update.os-vendor.example", "::ffff:192.0.2.20" },
    { BOTH, SYS, S32 "svchost.exe", "time.os-vendor.example", "::ffff:192.0.2.21" },
    { BOTH, SYS, DEFENDER "MsMpEng.exe", "signatures.os-vendor.example", "::ffff:192.0.2.22" },
    { BOTH, SYS, AGENT, "agent.acme.example", "::ffff:10.20.0.31" },
    { WS, USER, EDGE, "intranet.acme.example", "::ffff:10.20.0.30" },
    { WS, USER, EDGE, "www.search.example", "::ffff:192.0.2.30" },
    { WS, USER, EDGE, "news.daily.example", "::ffff:192.0.2.31" },
    { WS, USER, EDGE, "static-assets-eu-central.cdn-web.example", "::ffff:192.0.2.32" },
    { WS, USER, EDGE, "fonts.cdn-web.example", "::ffff:192.0.2.32" },
    { WS, USER, EDGE, "img{n}.shop.example", "::ffff:192.0.2.33" },
    { WS, USER, EDGE, "booking.travel.example", "::ffff:192.0.2.34" },
    { WS, USER, EDGE, "d{hex}{hex}.edge.cdn-web.example", "::ffff:192.0.2.35" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "mail.acme.example", "::ffff:10.20.0.25" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "autodiscover.acme.example", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "templates.office-vendor.example", "::ffff:192.0.2.40" },
    { WS, USER, "C:\\Windows\\explorer.exe", "srv-files-01.acme.example", "::ffff:10.20.0.20" },
    { WS, USER, EDGE, "wpad.acme.example", NULL },
    { SRV, SYS, BACKUP, "vault.backup.example", "::ffff:192.0.2.50" },
    { SRV, SYS, BACKUP, "licence.backup.example", "::ffff:192.0.2.51" },
};
COUNT(sp_noise_queries);

const struct sp_noise_peer sp_noise_peers[] = {
    { BOTH, NET, S32 "svchost.exe", "10.20.0.10", "dc-01.acme.example", 53, "domain" },
    { BOTH, SYS, S32 "lsass.exe", "10.20.0.10", "dc-01.acme.example", 88, "kerberos" },
    { BOTH, SYS, S32 "lsass.exe", "10.20.0.10", "dc-01.acme.example", 389, "ldap" },
    { BOTH, SYS, "System", "10.20.0.10", "dc-01.acme.example", 445, "microsoft-ds" },
    { BOTH, SYS, S32 "svchost.exe", "192.0.2.20", NULL, 443, "https" },
    { BOTH, SYS, AGENT, "10.20.0.31", "agent.acme.example", 443, "https" },
    { WS, USER, EDGE, "192.0.2.30", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.31", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.32", NULL, 443, "https" },
    { WS, USER, EDGE, "192.0.2.33", NULL, 80, "http" },
    { WS, USER, EDGE, "10.20.0.30", "intranet.acme.example", 443, "https" },
    { WS, USER, OFFICE "OUTLOOK.EXE", "10.20.0.25", "mail.acme.example", 443, "https" },
    { WS, SYS, "System", "10.20.0.20", "srv-files-01.acme.example", 445, "microsoft-ds" },
    { SRV, SYS, BACKUP, "192.0.2.50", NULL, 443, "https" },
};
COUNT(sp_noise_peers);

const struct sp_noise_text sp_noise_files[] = {
    { BOTH, SYS, S32 "svchost.exe", "C:\\Windows\\SoftwareDistribution\\Download\\{hex}{hex}\\package-{n}.cab", NULL },
    { BOTH, SYS, S32 "svchost.exe", "C:\\Windows\\Prefetch\\SVCHOST.EXE-{hex}.pf", NULL },
    { BOTH, SYS, DEFENDER "MsMpEng.exe", "C:\\ProgramData\\Microsoft\\Windows Defender\\Scans\\mpcache-{hex}.bin", NULL },
    { BOTH, SYS, AGENT, "C:\\ProgramData\\Acme\\Agent\\inventory-{n}.json", NULL },
    { WS, USER, EDGE, "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_{hex}", NULL },
    { WS, USER, EDGE, "C:\\Users\\{user}\\Downloads\\brochure-{n}.pdf", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "C:\\Users\\{user}\\Documents\\~$report-{n}.docx", NULL },
    { WS, USER, OFFICE "EXCEL.EXE", "C:\\Users\\{user}\\AppData\\Local\\Temp\\{hex}.tmp", NULL },
    { WS, USER, "C:\\Windows\\explorer.exe", "C:\\$Recycle.Bin\\S-1-5-21-1111111111-2222222222-3333333333-1107\\$I{hex}.docx", NULL },
    { SRV, SYS, "System", "D:\\Shares\\sales\\plan-{n}.xlsx", NULL },
    { SRV, SYS, "System", "D:\\Shares\\design\\part-{n}.dwg", NULL },
    { SRV, SYS, "C:\\Program Files\\WinRAR\\Rar.exe", "D:\\Backup\\sales-{n}.rar", NULL },
};
COUNT(sp_noise_files);

const struct sp_noise_text sp_noise_values[] = {
    { BOTH, SYS, S32 "services.exe", "HKLM\\System\\CurrentControlSet\\Services\\BITS\\Start", "DWORD (0x00000003)" },
    { BOTH, SYS, S32 "svchost.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\LastOnline",
      "QWORD (0x01dcaa{n}-0x{hex})" },
    { BOTH, SYS, DEFENDER "MsMpEng.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Signature Updates\\SignaturesLastUpdated",
      "Binary Data" },
    { BOTH, SYS, DEFENDER "MsMpEng.exe", "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Real-Time Protection\\DisableRealtimeMonitoring",
      "DWORD (0x00000000)" },
    { WS, USER, "C:\\Windows\\explorer.exe",
      "HKU\\S-1-5-21-1111111111-2222222222-3333333333-1107\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\MRUListEx",
      "Binary Data" },
    { WS, USER, "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe",
      "HKU\\S-1-5-21-1111111111-2222222222-3333333333-1107\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\OneDrive",
      "\"C:\\Program Files\\Microsoft OneDrive\\OneDrive.exe\" /background" },
    { WS, USER, OFFICE "WINWORD.EXE",
      "HKU\\S-1-5-21-1111111111-2222222222-3333333333-1107\\Software\\Microsoft\\Office\\16.0\\Word\\Reading Locations\\Document {n}\\Position",
      "{n} 0" },
};
COUNT(sp_noise_values);

const struct sp_noise_text sp_noise_pipes[] = {
    { WS, USER, EDGE, "\\mojo.{n}.{n}.{hex}{hex}", NULL },
    { WS, USER, EDGE, "\\LOCAL\\crashpad_{n}_{hex}", NULL },
    { BOTH, SYS, S32 "svchost.exe", "\\W32TIME_ALT", NULL },
    { BOTH, SYS, S32 "svchost.exe", "\\PIPE_EVENTROOT\\CIMV2SCM EVENT PROVIDER", NULL },
    { SRV, SYS, PS, "\\PSHost.1339{n}.{n}.DefaultAppDomain.powershell", NULL },
    { WS, SYS, S32 "SearchIndexer.exe", "\\MsFteWds", NULL },
};
COUNT(sp_noise_pipes);

const struct sp_noise_text sp_noise_images[] = {
    { WS, USER, EDGE, "C:\\Windows\\System32\\amsi.dll", NULL },
    { WS, USER, OFFICE "WINWORD.EXE", "C:\\Windows\\System32\\wbem\\wbemdisp.dll", NULL },
    { SRV, SYS, PS, "C:\\Windows\\assembly\\NativeImages_v4.0.30319_64\\System.Manaa57fc8cc#\\System.Management.Automation.ni.dll", NULL },
    { BOTH, SYS, S32 "taskhostw.exe", "C:\\Windows\\System32\\taskschd.dll", NULL },
};
COUNT(sp_noise_images);

#define TRACE "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\System32\\KERNELBASE.dll+2730e"
const struct sp_noise_text sp_noise_lsass[] = {
    { BOTH, SYS, DEFENDER "MsMpEng.exe", "0x1010", TRACE "|" DEFENDER "mpengine.dll+1c2f0" },
    { BOTH, SYS, S32 "svchost.exe", "0x1000", TRACE "|C:\\Windows\\System32\\lsm.dll+e959" },
    { BOTH, SYS, S32 "wbem\\WmiPrvSE.exe", "0x1400", TRACE "|C:\\Windows\\System32\\wbem\\cimwin32.dll+3b0b" },
    { BOTH, SYS, S32 "csrss.exe", "0x1fffff", "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\system32\\basesrv.DLL+2f42" },
};
COUNT(sp_noise_lsass);

const struct sp_noise_text sp_noise_scripts[] = {
    { SRV, SYS, PS, "$disks = Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3'\r\n$disks | Select-Object DeviceID, FreeSpace, Size |"
      " Export-Csv -NoTypeInformation 'C:\\ProgramData\\Acme\\disk-report.csv'", "C:\\Program Files\\Acme\\Scripts\\disk-report.ps1" },
    { SRV, USER, PS, "Get-Service | Where-Object Status -eq 'Stopped' | Where-Object StartType -eq 'Automatic'", NULL },
    { SRV, USER, PS, "Get-SmbOpenFile | Group-Object ClientUserName | Sort-Object Count -Descending | Select-Object -First {n}", NULL },
    { SRV, USER, PS, "Get-WinEvent -LogName System -MaxEvents {n} | Format-Table TimeCreated, Id, Message", NULL },
    { SRV, USER, PS, "Invoke-WebRequest -UseBasicParsing -Uri https://agent.acme.example/health -OutFile $null", NULL },
    { SRV, USER, PS, "Get-ChildItem D:\\Shares -Directory | ForEach-Object { (Get-Acl $_.FullName).Owner }", NULL },
    { WS, SYS, PS, "{ Set-StrictMode -Version 1; $_.OriginInfo }", NULL },
    { WS, SYS, PS, "Get-MpComputerStatus | Select-Object RealTimeProtectionEnabled, AntivirusSignatureAge",
      "C:\\Program Files\\Acme\\Agent\\health.ps1" },
    { BOTH, SYS, PS, "prompt", NULL },
};
COUNT(sp_noise_scripts);

const struct sp_noise_text sp_noise_tasks[] = {
    { BOTH, SYS, NULL, "\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Work {n}", "%systemroot%\\system32\\usoclient.exe" },
    { BOTH, SYS, NULL, "\\Acme\\Agent health", "C:\\Program Files\\Acme\\Agent\\acme-update.exe" },
    { SRV, SYS, NULL, "\\Acme\\Nightly backup {n}", "C:\\Program Files\\Acme\\Backup\\acme-backup.exe" },
};
COUNT(sp_noise_tasks);

const struct sp_noise_text sp_noise_installs[] = {
    { BOTH, SYS, NULL, "Microsoft Edge Elevation Service", "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\elevation_service.exe\"" },
    { BOTH, SYS, NULL, "MpKsl{hex}", DEFENDER "MpKslDrv.sys" },
    { SRV, SYS, NULL, "Acme Backup Agent", "\"" BACKUP "\" --service" },
};
COUNT(sp_noise_installs);

const char *const sp_noise_services[] = {
    "Background Intelligent Transfer Service", "Windows Update", "Windows Modules Installer", "Software Protection",
    "WinHTTP Web Proxy Auto-Discovery Service", "Update Orchestrator Service", "Delivery Optimization",
    "Microsoft Account Sign-in Assistant", "Device Setup Manager", "Windows Error Reporting Service",
    "Client License Service (ClipSVC)", "Application Experience", "Windows Time", "Acme Agent",
};
COUNT(sp_noise_services);
