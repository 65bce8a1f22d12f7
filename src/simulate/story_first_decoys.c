/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes near to the first story's intrusion and is none of it: work that looks like theft, the provider at its
 * proper work, a scanner. Marked as decoys; some of it is sighted, as it would be.
 *
 * In: the scene. Out: marked events in its world.
 */
#include "simulate/story_first.h"

/* The management agent wraps its scripts in base64: inventory at every customer. */
static void encoded_inventory(struct sp_scene *scene)
{
    static const char script[] = "Get-CimInstance Win32_QuickFixEngineering | Select-Object HotFixID, InstalledOn";
    struct sp_host *const hosts[] = { scene->files, scene->erp };

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct sp_host *host = hosts[i];

        sp_scene_decoy(scene, "inventory by an encoded script");
        struct sp_process agent = sp_act_resident(scene->world, host, &host->system, AGENT, "\"" AGENT "\" --service");
        struct sp_process ps = sp_scene_run(scene, &agent, PS,
                                            sp_world_text(scene->world, "powershell.exe -NoProfile -NonInteractive -EncodedCommand %s",
                                                          sp_world_encoded(scene->world, script)));
        sp_act_script(scene->world, scene->now, &ps, script, NULL);
        sp_act_end(scene->world, scene->now + 9 * SP_TICKS_SECOND, &ps);
    }
}

/* The provider's technician, by daylight, from the same jump host, with an account of her own. */
static void planned_work(struct sp_scene *scene)
{
    static const struct sp_user amari = { "north-y.amari", "ACME", "S-1-5-21-1111111111-2222222222-3333333333-1132" };
    struct sp_logon logon = { &amari, 10, "Negotiate", scene->files->name, JUMP_EGRESS, "High" };

    sp_scene_decoy(scene, "the provider's planned work");
    struct sp_process shell = sp_act_desktop(scene->world, &scene->now, scene->files, &logon);
    sp_scene_once(scene, &shell, S32 "mmc.exe", "\"" S32 "mmc.exe\" \"" S32 "services.msc\"");
    scene->now += 7 * SP_TICKS_MINUTE;
    sp_act_desktop_left(scene->world, scene->now, &shell, &logon);
}

/* Patches at all customers within the hour: many hosts, one program, one account. */
static void patch_night(struct sp_scene *scene)
{
    struct sp_host *const hosts[] = { scene->files, scene->ws, scene->erp, scene->dc };

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct sp_host *host = hosts[i];

        sp_scene_decoy(scene, "patch night");
        struct sp_process agent = sp_act_resident(scene->world, host, &host->system, AGENT, "\"" AGENT "\" --service");
        sp_scene_once(scene, &agent, S32 "wusa.exe",
                      "wusa.exe C:\\ProgramData\\North\\Agent\\packages\\windows10.0-kb5034441-x64.msu /quiet /norestart");
        scene->now += 6 * SP_TICKS_MINUTE;
    }
}

/* A backup under a password, to where backups belong. */
static void private_backup(struct sp_scene *scene)
{
    struct sp_host *host = scene->files;
    struct sp_process backup = sp_act_resident(scene->world, host, &host->system, "C:\\Program Files\\Kestrel\\Backup\\kestrel-backup.exe",
                                               "\"C:\\Program Files\\Kestrel\\Backup\\kestrel-backup.exe\" --job payroll");

    sp_scene_decoy(scene, "backup with a password");
    struct sp_process rar = sp_scene_run(scene, &backup, RAR, "\"" RAR "\" a -hpL4d2 -r D:\\Backup\\payroll.rar D:\\Shares\\payroll");
    scene->now += 30 * SP_TICKS_SECOND;
    sp_act_file(scene->world, scene->now, &rar, "D:\\Backup\\payroll.rar");
    sp_act_end(scene->world, scene->now + SP_TICKS_SECOND, &rar);
}

/* A request that was granted: the administrator makes a colleague a local administrator for an afternoon. */
static void granted_request(struct sp_scene *scene)
{
    struct sp_world *world = scene->world;
    struct sp_logon logon = { &sp_cast.brandt, 3, "Kerberos", NULL, "10.20.0.40", "High" };

    sp_scene_decoy(scene, "a granted request");
    const struct sp_session *session = sp_act_logon(world, &scene->now, scene->ws, &logon);
    sp_act_member(world, scene->now, scene->ws, session, sp_cast.keller.sid, &sp_cast.administrators);
    sp_act_logoff(world, scene->now + 20 * SP_TICKS_SECOND, scene->ws, session, 3);
}

/* A declared scanner tries names that nobody has. */
static void scanner(struct sp_scene *scene)
{
    static const struct sp_user tried[] = { { "admin", "ACME", NULL }, { "test", "ACME", NULL }, { "scan", "ACME", NULL },
                                            { "backup", "ACME", NULL }, { "guest", "ACME", NULL } };

    sp_scene_decoy(scene, "a scanner's logons");
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        struct sp_logon logon = { &tried[i], 3, "NTLM", "SCAN", "192.0.2.99", "Medium" };

        sp_act_logon_failed(scene->world, scene->now, scene->files, &logon);
        scene->now = sp_world_soon(scene->world, scene->now, 3000);
    }
}

void sp_first_decoys(struct sp_scene *scene)
{
    sp_scene_at(scene, 0, 10, 15);
    encoded_inventory(scene);
    sp_scene_at(scene, 1, 11, 20);
    granted_request(scene);
    sp_scene_at(scene, 1, 14, 0);
    planned_work(scene);
    sp_scene_at(scene, 1, 20, 0);
    patch_night(scene);
    sp_scene_at(scene, 2, 1, 5);
    private_backup(scene);
    sp_scene_at(scene, 2, 4, 30);
    scanner(scene);
}
