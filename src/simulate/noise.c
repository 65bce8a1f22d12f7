/* SPDX-License-Identifier: Apache-2.0
 *
 * In: who lives on a host and the tables of noise_table.c. Out: events of ordinary life in the world.
 */
#include "simulate/noise.h"

#include <string.h>

#include "base/buf.h"
#include "simulate/act.h"
#include "simulate/noise_table.h"

struct life {
    struct sp_world *world;
    const struct sp_noise_cast *cast;
    uint8_t where;
    uint64_t now;
};

/* ---- drawing ---- */

static uint32_t below(struct life *life, uint32_t limit)
{
    return sp_random_below(&life->world->random, limit);
}

static const struct sp_session *who(const struct life *life, uint8_t who)
{
    struct sp_host *host = life->cast->host;

    switch (who) {
    case SP_NOISE_USER: return &host->user;
    case SP_NOISE_LOCAL: return &host->local;
    case SP_NOISE_NETWORK: return &host->network;
    default: return &host->system;
    }
}

/* The template's text with its {user}, {n} and {hex} filled in. */
static const char *fill(struct life *life, const char *template)
{
    struct sp_buf text;
    const char *ret;

    if (!template || !strchr(template, '{'))
        return template;
    sp_buf_init(&text, 0);
    for (const char *at = template; *at; at++) {
        if (strncmp(at, "{user}", 6) == 0) {
            sp_buf_text(&text, life->cast->host->user.user->name);
            at += 5;
        } else if (strncmp(at, "{n}", 3) == 0) {
            sp_buf_u64(&text, 100 + below(life, 900));
            at += 2;
        } else if (strncmp(at, "{hex}", 5) == 0) {
            sp_buf_printf(&text, "%08x", (unsigned)sp_random_u64(&life->world->random));
            at += 4;
        } else {
            sp_buf_char(&text, *at);
        }
    }
    ret = text.failed ? NULL : sp_arena_str(&life->world->arena, sp_buf_view(&text)).ptr;
    sp_buf_done(&text);
    if (!ret)
        life->world->failed = true;
    return ret ? ret : "";
}

static struct sp_process resident(struct life *life, uint8_t by, const char *image)
{
    return sp_act_resident(life->world, life->cast->host, who(life, by), fill(life, image), image);
}

/* A row of a table that belongs to this kind of host; every table has one for each. */
static const struct sp_noise_text *draw(struct life *life, const struct sp_noise_text *rows, size_t count)
{
    for (;;) {
        const struct sp_noise_text *row = &rows[below(life, (uint32_t)count)];

        if (row->where & life->where)
            return row;
    }
}
#define DRAW(life, table) draw(life, table, table##_count)

/* ---- deeds ---- */

static void start_process(struct life *life)
{
    uint32_t total = 0, at;
    const struct sp_noise_process *row = sp_noise_processes;

    for (size_t i = 0; i < sp_noise_processes_count; i++)
        total += sp_noise_processes[i].where & life->where ? sp_noise_processes[i].weight : 0u;
    at = below(life, total);
    for (;; row++) {
        uint32_t weight = row->where & life->where ? row->weight : 0u;

        if (at < weight)
            break;
        at -= weight;
    }
    const struct sp_session *session = who(life, row->who);
    /* What a service host or Explorer starts for somebody, it starts in that session; services are SYSTEM's. */
    const struct sp_session *above = row->who == SP_NOISE_USER && !strstr(row->parent, "svchost") ? session
                                                                                                  : &life->cast->host->system;
    struct sp_process parent = sp_act_resident(life->world, life->cast->host, above, row->parent, row->parent_command);
    struct sp_process child =
        sp_act_start(life->world, &life->now, &parent, session, fill(life, row->image), fill(life, row->command));
    if (below(life, 3) == 0)
        sp_act_end(life->world, life->now + below(life, 3000) * SP_TICKS_SECOND / 10, &child);
}

static void look_up(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_queries);
    struct sp_process process = resident(life, row->who, row->image);

    sp_act_query(life->world, life->now, &process, fill(life, row->first), row->second);
}

static void connect_out(struct life *life)
{
    const struct sp_noise_peer *row;

    do
        row = &sp_noise_peers[below(life, (uint32_t)sp_noise_peers_count)];
    while (!(row->where & life->where));
    struct sp_process process = resident(life, row->who, row->image);
    struct sp_peer peer = { row->ip, row->name, row->port, row->service };

    sp_act_connect(life->world, life->now, &process, &peer);
}

static void write_file(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_files);
    struct sp_process process = resident(life, row->who, row->image);

    sp_act_file(life->world, life->now, &process, fill(life, row->first));
}

static void set_value(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_values);
    struct sp_process process = resident(life, row->who, row->image);
    const char *key = fill(life, row->first);

    sp_act_value(life->world, life->now, &process, key, fill(life, row->second));
}

static void make_pipe(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_pipes);
    struct sp_process process = resident(life, row->who, row->image);

    sp_act_pipe(life->world, life->now, &process, fill(life, row->first));
}

static void load_image(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_images);
    struct sp_process process = resident(life, row->who, row->image);

    sp_act_image(life->world, life->now, &process, row->first);
}

static void open_lsass(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_lsass);
    struct sp_process process = resident(life, row->who, row->image);
    struct sp_process lsass = resident(life, SP_NOISE_SYSTEM, "C:\\Windows\\System32\\lsass.exe");

    sp_act_access(life->world, life->now, &process, &lsass, row->first, row->second);
}

static void run_script(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_scripts);
    struct sp_process process = resident(life, row->who, row->image);

    sp_act_script(life->world, life->now, &process, fill(life, row->first), row->second);
    if (below(life, 2) == 0)
        sp_act_command(life->world, sp_world_soon(life->world, life->now, 300), &process, "Out-Default", "");
}

static void register_task(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_tasks);

    sp_act_task(life->world, life->now, life->cast->host, &life->cast->host->system, fill(life, row->first), row->second);
}

static void install_service(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_installs);
    const char *name = fill(life, row->first);

    sp_act_service_new(life->world, life->now, life->cast->host, who(life, SP_NOISE_SYSTEM)->user,
                       SP_PAIRS({ "ServiceName", name }, { "ImagePath", row->second },
                                { "StartType", "auto start" }));
}

static void change_service(struct life *life)
{
    const char *name = sp_noise_services[below(life, (uint32_t)sp_noise_services_count)];

    sp_act_service_state(life->world, life->now, life->cast->host, name, true);
    sp_act_service_state(life->world, life->now + (30 + below(life, 600)) * SP_TICKS_SECOND, life->cast->host, name,
                         false);
}

/* A service of the host itself logs on, as happens all day. */
static void service_logon(struct life *life)
{
    struct sp_logon logon = { life->cast->host->system.user, 5, "Negotiate", NULL, NULL, "System" };

    sp_act_logon(life->world, &life->now, life->cast->host, &logon);
}

/* Somebody unlocks a screen, after a slip of the fingers now and then. */
static void unlock(struct life *life)
{
    struct sp_logon logon = { life->cast->host->user.user, 7, "Negotiate", life->cast->host->name, "127.0.0.1", "Medium" };

    if (below(life, 4) == 0)
        sp_act_logon_failed(life->world, life->now, life->cast->host, &logon);
    life->now += 8 * SP_TICKS_SECOND;
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);
    sp_act_logoff(life->world, life->now + below(life, 20) * SP_TICKS_MINUTE, life->cast->host, session, 7);
}

/* An administrator's tool started with another account, by the shell's own dialog. */
static void run_as(struct life *life)
{
    struct sp_process process = sp_act_resident(life->world, life->cast->host, &life->cast->host->system,
                                                "C:\\Windows\\System32\\svchost.exe",
                                                "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s seclogon");

    sp_act_explicit(life->world, life->now, &process, life->cast->admin, "localhost");
}

/* Somebody's workstation uses a share of the server. */
static void use_share(struct life *life)
{
    static const char *const shares[] = { "sales", "design", "public", "IPC$" };
    uint32_t i = below(life, (uint32_t)life->cast->people_count);
    const char *ip = sp_world_text(life->world, "10.20.1.%u", (unsigned)(11 + i));
    struct sp_logon logon = { &life->cast->people[i], 3, "Kerberos", NULL, ip, "Medium" };
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);

    for (uint32_t n = 1 + below(life, 3); n; n--) {
        sp_act_share(life->world, life->now, life->cast->host, session, shares[below(life, 4)], ip);
        life->now = sp_world_soon(life->world, life->now, 4000);
    }
    sp_act_logoff(life->world, life->now + (1 + below(life, 12)) * SP_TICKS_MINUTE, life->cast->host, session, 3);
}

/* The provider's monitoring looks in, over the network as agreed. */
static void provider_check(struct life *life)
{
    struct sp_logon logon = { life->cast->provider, 3, "NTLM", "NMSP-MON-01", life->cast->provider_ip, "Medium" };
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);

    sp_act_share(life->world, life->now, life->cast->host, session, "IPC$", life->cast->provider_ip);
    sp_act_logoff(life->world, life->now + 20 * SP_TICKS_SECOND, life->cast->host, session, 3);
}

/* The administrator's remote desktop from the management network, and what is looked at there. */
static void admin_visit(struct life *life)
{
    struct sp_host *host = life->cast->host;
    struct sp_logon logon = { life->cast->admin, 10, "Negotiate", host->name, "10.20.0.40", "High" };
    const struct sp_session *session = sp_act_logon(life->world, &life->now, host, &logon);
    struct sp_process shell = sp_act_resident(life->world, host, session, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE");
    struct sp_process ps = sp_act_start(life->world, &life->now, &shell, session,
                                        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                                        "\"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\"");

    sp_act_script(life->world, life->now, &ps, "Get-Service -Name 'Acme Backup Agent' | Format-List *", NULL);
    sp_act_command(life->world, life->now, &ps, "Get-Service", "ParameterBinding(Get-Service): name=\"Name\"; value=\"Acme Backup Agent\"\r\n");
    life->now += (2 + below(life, 6)) * SP_TICKS_MINUTE;
    sp_act_start(life->world, &life->now, &shell, session, "C:\\Windows\\System32\\mmc.exe",
                 "\"C:\\Windows\\System32\\mmc.exe\" \"C:\\Windows\\System32\\eventvwr.msc\" /s");
    sp_act_start(life->world, &life->now, &ps, session, "C:\\Windows\\System32\\net.exe", "net.exe use");
    sp_act_start(life->world, &life->now, &ps, session, "C:\\Windows\\System32\\whoami.exe", "whoami.exe");
    sp_act_logoff(life->world, life->now + 9 * SP_TICKS_MINUTE, host, session, 10);
}

/* A colleague is let in by remote desktop: a group changes, and it is not Administrators. */
static void allow_desktop(struct life *life)
{
    static const struct sp_user group = { "Remote Desktop Users", "Builtin", "S-1-5-32-555" };
    const struct sp_session *session = sp_world_session(life->world, life->cast->admin, "High", 2);

    sp_act_member(life->world, life->now, life->cast->host, session,
                  life->cast->people[below(life, (uint32_t)life->cast->people_count)].sid, &group);
}

/* ---- the days ---- */

struct deed {
    void (*play)(struct life *life);
    uint8_t workstation, server; /* weight */
    bool awake;                  /* only in working hours */
};

static const struct deed deeds[] = {
    { start_process, 150, 110, false }, { look_up, 120, 50, false },      { connect_out, 90, 60, false },
    { write_file, 60, 50, false },      { set_value, 40, 30, false },     { make_pipe, 30, 20, false },
    { load_image, 15, 10, false },      { open_lsass, 15, 15, false },    { run_script, 14, 40, false },
    { change_service, 30, 30, false },  { service_logon, 40, 40, false }, { register_task, 3, 3, false },
    { install_service, 2, 2, false },   { unlock, 12, 0, true },          { run_as, 4, 2, true },
    { use_share, 0, 110, true },        { provider_check, 0, 14, false }, { admin_visit, 0, 3, true },
    { allow_desktop, 0, 1, true },
};

/* Seconds to the next deed, on the average: offices sleep at night. */
static uint32_t pause_of(uint64_t now)
{
    uint64_t hour = now % SP_TICKS_DAY / SP_TICKS_HOUR;

    return hour >= 7 && hour < 17 ? 35 : hour >= 6 && hour < 19 ? 70 : 150;
}

static void play_one(struct life *life)
{
    uint64_t hour = life->now % SP_TICKS_DAY / SP_TICKS_HOUR;
    bool awake = hour >= 7 && hour < 17;
    uint32_t total = 0, at;

    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        total += life->cast->server ? deeds[i].server : deeds[i].workstation;
    at = below(life, total);
    for (const struct deed *deed = deeds;; deed++) {
        uint32_t weight = life->cast->server ? deed->server : deed->workstation;

        if (at < weight) {
            if (awake || !deed->awake)
                deed->play(life);
            return;
        }
        at -= weight;
    }
}

void sp_noise_play(struct sp_world *world, const struct sp_noise_cast *cast)
{
    struct life life = { world, cast, cast->server ? SP_NOISE_SERVER : SP_NOISE_WORKSTATION, world->first };

    while (!world->failed) {
        uint32_t pause = pause_of(life.now);

        life.now += (1 + below(&life, 2 * pause * 1000)) * (SP_TICKS_SECOND / 1000);
        if (life.now >= world->last)
            return;
        uint64_t begun = life.now;
        play_one(&life);
        if (life.now > begun + SP_TICKS_MINUTE)
            life.now = begun + SP_TICKS_MINUTE; /* long deeds go on beside the others */
    }
}
