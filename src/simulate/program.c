/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs of the simulated organisations.
 */
#include "simulate/program.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define WINDOWS(file, original, description) \
    { file, original, description, "Microsoft\xc2\xae Windows\xc2\xae Operating System", "Microsoft Corporation" }
#define OFFICE(file, original, description) { file, original, description, "Microsoft Office", "Microsoft Corporation" }
#define NORTH(file, description) { file, file, description, "North Agent", "North Managed Services" }

static const struct sp_program programs[] = {
    WINDOWS("cmd.exe", "Cmd.Exe", "Windows Command Processor"),
    WINDOWS("powershell.exe", "PowerShell.EXE", "Windows PowerShell"),
    WINDOWS("conhost.exe", "CONHOST.EXE", "Console Window Host"),
    WINDOWS("svchost.exe", "svchost.exe", "Host Process for Windows Services"),
    WINDOWS("services.exe", "services.exe", "Services and Controller app"),
    WINDOWS("taskhostw.exe", "taskhostw.exe", "Host Process for Windows Tasks"),
    WINDOWS("backgroundTaskHost.exe", "backgroundTaskHost.exe", "Background Task Host"),
    WINDOWS("RuntimeBroker.exe", "RuntimeBroker.exe", "Runtime Broker"),
    WINDOWS("SearchProtocolHost.exe", "SearchProtocolHost.exe", "Microsoft Windows Search Protocol Host"),
    WINDOWS("SearchFilterHost.exe", "SearchFilterHost.exe", "Microsoft Windows Search Filter Host"),
    WINDOWS("WmiPrvSE.exe", "Wmiprvse.exe", "WMI Provider Host"),
    WINDOWS("dllhost.exe", "dllhost.exe", "COM Surrogate"),
    WINDOWS("sppsvc.exe", "sppsvc.exe", "Microsoft Software Protection Platform Service"),
    WINDOWS("UsoClient.exe", "UsoClient", "UsoClient"),
    WINDOWS("MusNotification.exe", "MusNotification.EXE", "MusNotificationBroker"),
    WINDOWS("wuauclt.exe", "wuauclt.exe", "Windows Update"),
    WINDOWS("TiWorker.exe", "TiWorker.exe", "Windows Modules Installer Worker"),
    WINDOWS("TrustedInstaller.exe", "TrustedInstaller.exe", "Windows Modules Installer"),
    WINDOWS("CompatTelRunner.exe", "CompatTelRunner.exe", "Microsoft Compatibility Telemetry"),
    WINDOWS("MpCmdRun.exe", "MpCmdRun.exe", "Microsoft Malware Protection Command Line Utility"),
    WINDOWS("MsMpEng.exe", "MsMpEng.exe", "Antimalware Service Executable"),
    WINDOWS("explorer.exe", "EXPLORER.EXE", "Windows Explorer"),
    WINDOWS("notepad.exe", "NOTEPAD.EXE", "Notepad"),
    WINDOWS("splwow64.exe", "splwow64.exe", "Print driver host for applications"),
    WINDOWS("schtasks.exe", "schtasks.exe", "Task Scheduler Configuration Tool"),
    WINDOWS("certutil.exe", "CertUtil.exe", "CertUtil.exe"),
    WINDOWS("rundll32.exe", "RUNDLL32.EXE", "Windows host process (Rundll32)"),
    WINDOWS("reg.exe", "reg.exe", "Registry Console Tool"),
    WINDOWS("net.exe", "net.exe", "Net Command"),
    WINDOWS("net1.exe", "net1.exe", "Net Command"),
    WINDOWS("whoami.exe", "whoami.exe", "whoami - displays logged on user information"),
    WINDOWS("ipconfig.exe", "ipconfig.exe", "IP Configuration Utility"),
    WINDOWS("nltest.exe", "nltestrk.exe", "Microsoft\xc2\xae Logon Server Test Utility"),
    WINDOWS("vssadmin.exe", "VSSADMIN.EXE", "Command Line Interface for Microsoft\xc2\xae Volume Shadow Copy Service"),
    WINDOWS("wevtutil.exe", "wevtutil.exe", "Eventing Command Line Utility"),
    WINDOWS("robocopy.exe", "robocopy.exe", "Microsoft Robocopy"),
    WINDOWS("wbadmin.exe", "WBADMIN.EXE", "Command Line Interface for Microsoft\xc2\xae BLB Backup"),
    WINDOWS("gpupdate.exe", "GPUpdate.exe", "Microsoft\xc2\xae Group Policy Update Utility"),
    WINDOWS("mmc.exe", "mmc.exe", "Microsoft Management Console"),
    WINDOWS("smartscreen.exe", "smartscreen.exe", "Windows Defender SmartScreen"),
    WINDOWS("defrag.exe", "Defrag.EXE", "Disk Defragmenter Module"),
    WINDOWS("rdpclip.exe", "rdpclip.exe", "RDP Clipboard Monitor"),
    WINDOWS("winlogon.exe", "WINLOGON.EXE", "Windows Logon Application"),
    WINDOWS("wsmprovhost.exe", "wsmprovhost.exe", "Host process for WinRM plug-ins"),
    WINDOWS("mstsc.exe", "mstsc.exe", "Remote Desktop Connection"),
    WINDOWS("msiexec.exe", "msiexec.exe", "Windows\xc2\xae installer"),
    WINDOWS("wusa.exe", "wusa.exe", "Windows Update Standalone Installer"),
    WINDOWS("findstr.exe", "FINDSTR.EXE", "Find String (QGREP) Utility"),
    WINDOWS("csvde.exe", "csvde.exe", "AD CSV-format import/export"),
    WINDOWS("ntdsutil.exe", "ntdsutil.exe", "NT5DS"),
    WINDOWS("dfssvc.exe", "dfssvc.exe", "Windows NT Distributed File System Service"),
    WINDOWS("userinit.exe", "USERINIT.EXE", "Userinit Logon Application"),
    OFFICE("OUTLOOK.EXE", "Outlook.exe", "Microsoft Outlook"),
    OFFICE("WINWORD.EXE", "WinWord.exe", "Microsoft Word"),
    OFFICE("EXCEL.EXE", "Excel.exe", "Microsoft Excel"),
    OFFICE("POWERPNT.EXE", "POWERPNT.EXE", "Microsoft PowerPoint"),
    { "msedge.exe", "msedge.exe", "Microsoft Edge", "Microsoft Edge", "Microsoft Corporation" },
    { "identity_helper.exe", "identity_helper.exe", "PWA Identity Proxy Host", "Microsoft Edge", "Microsoft Corporation" },
    { "OneDrive.exe", "OneDrive.exe", "Microsoft OneDrive", "Microsoft OneDrive", "Microsoft Corporation" },
    { "Rar.exe", "Command line RAR", "Command line RAR", "WinRAR", "Alexander Roshal" },
    { "svcdrv.exe", "PSCP", "Command-line SCP/SFTP client", "PuTTY suite", "Simon Tatham" },
    { "pl.exe", "Plink", "Command-line SSH, Telnet, and Rlogin client", "PuTTY suite", "Simon Tatham" },
    { "rcl.exe", "rclone.exe", "Rsync for cloud storage", "Rclone", "https://rclone.org" },
    { "ledger.exe", "ledger.exe", "Ledger order book", "Ledger", "Ledger Software" },
    { "kestrel-backup.exe", "kestrel-backup.exe", "Kestrel Backup", "Kestrel Backup", "Kestrel Software" },
    NORTH("north-agent.exe", "North management agent"),
    NORTH("north-inventory.exe", "North inventory"),
    NORTH("north-update.exe", "North agent update"),
};

static const struct sp_program unknown = { "-", "-", "-", "-", "-" };

const struct sp_program *sp_program_find(const char *image)
{
    const char *slash = strrchr(image, '\\');
    const char *file = slash ? slash + 1 : image;

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcasecmp(programs[i].file, file) == 0)
            return &programs[i];
    return &unknown;
}
