/* SPDX-License-Identifier: Apache-2.0
 *
 * In: who lives on a host and the tables of noise_table.c. Out: events of ordinary life in the world.
 */
#include "simulate/noise.h"

#include <string.h>

#include "base/buf.h"
#include "simulate/act.h"

enum { OPEN_MAX = 16 };

struct life {
    struct sp_world *world;
    const struct sp_noise_cast *cast;
    uint64_t now;
    /* of a workstation: who sits there today, and the programs that are open */
    struct sp_desk *desk; /* NULL: nobody */
    uint64_t leaves;
    struct sp_process open[OPEN_MAX];
    size_t open_count;
};

/* ---- drawing ---- */

static uint32_t below(struct life *life, uint32_t limit)
{
    return sp_random_below(&life->world->random, limit);
}

/* NULL: nobody is there. */
static const struct sp_session *who(const struct life *life, uint8_t who)
{
    struct sp_host *host = life->cast->host;

    switch (who) {
    case SP_NOISE_USER: return life->desk ? life->desk->session : NULL;
    case SP_NOISE_LOCAL: return &host->local;
    case SP_NOISE_NETWORK: return &host->network;
    default: return &host->system;
    }
}

/* One placeholder at `at`: its value to `text`, its length returned; 0: there is none. */
static size_t fill_one(struct life *life, const char *at, struct sp_buf *text)
{
    const struct sp_host *host = life->cast->host;
    const struct {
        const char *name, *value;
    } known[] = { { "{user}", host->user->name }, { "{sid}", host->user->sid },      { "{org}", host->site->dns },
                  { "{net}", host->site->net },   { "{server}", host->site->server } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(at, known[i].name, strlen(known[i].name)) == 0) {
            sp_buf_text(text, known[i].value);
            return strlen(known[i].name);
        }
    if (strncmp(at, "{n}", 3) == 0) {
        sp_buf_u64(text, 100 + below(life, 900));
        return 3;
    }
    if (strncmp(at, "{hex}", 5) == 0) {
        sp_buf_printf(text, "%08x", (unsigned)sp_random_u64(&life->world->random));
        return 5;
    }
    return 0;
}

/* The template's text with its placeholders filled in. */
static const char *fill(struct life *life, const char *template)
{
    struct sp_buf text;
    const char *ret;

    if (!template || !strchr(template, '{'))
        return template;
    sp_buf_init(&text, 0);
    while (*template) {
        size_t len = *template == '{' ? fill_one(life, template, &text) : 0;

        if (!len)
            sp_buf_char(&text, *template);
        template += len ? len : 1;
    }
    ret = text.failed ? NULL : sp_arena_str(&life->world->arena, sp_buf_view(&text)).ptr;
    sp_buf_done(&text);
    if (!ret)
        life->world->failed = true;
    return ret ? ret : "";
}

/* ---- programs ---- */

static struct sp_process open_program(struct life *life, const char *image, const char *command)
{
    struct sp_desk *desk = life->desk;

    for (size_t i = 0; i < life->open_count; i++)
        if (strcmp(life->open[i].image, image) == 0)
            return life->open[i];
    struct sp_process started = sp_act_start(life->world, &life->now, &desk->explorer, desk->session, image, command);
    if (life->open_count < OPEN_MAX)
        life->open[life->open_count++] = started;
    return started;
}

/* The process that does what a row says: a service has run since the host started; somebody's program is opened when it
 * is needed and stays open until they leave. */
static struct sp_process doer(struct life *life, uint8_t by, const char *template, const char *command)
{
    const char *image = fill(life, template);

    if (by != SP_NOISE_USER)
        return sp_act_resident(life->world, life->cast->host, who(life, by), image, command ? command : image);
    if (strcmp(image, "C:\\Windows\\explorer.exe") == 0)
        return life->desk->explorer;
    return open_program(life, image, command ? command : sp_world_text(life->world, "\"%s\"", image));
}

static bool happens(const struct life *life, uint8_t where, uint8_t by)
{
    return (where & life->cast->where) && (by != SP_NOISE_USER || life->desk);
}

/* A row of a table that can happen here and now; every table has one for each kind of host. */
static const struct sp_noise_text *draw(struct life *life, const struct sp_noise_text *rows, size_t count)
{
    for (;;) {
        const struct sp_noise_text *row = &rows[below(life, (uint32_t)count)];

        if (happens(life, row->where, row->who))
            return row;
    }
}
#define DRAW(life, table) draw(life, table, table##_count)

/* ---- deeds ---- */

static void start_process(struct life *life)
{
    const struct sp_noise_process *row = sp_noise_processes;
    struct sp_process parent, child;
    uint32_t total = 0, at;

    for (size_t i = 0; i < sp_noise_processes_count; i++)
        total += happens(life, sp_noise_processes[i].where, sp_noise_processes[i].who) ? sp_noise_processes[i].weight : 0u;
    at = below(life, total);
    for (;; row++) {
        uint32_t weight = happens(life, row->where, row->who) ? row->weight : 0u;

        if (at < weight)
            break;
        at -= weight;
    }
    const char *image = fill(life, row->image), *command = fill(life, row->command);
    if (row->who == SP_NOISE_USER && strcmp(row->parent, "C:\\Windows\\explorer.exe") == 0) {
        open_program(life, image, command);
        return;
    }
    /* What a service host starts for somebody, it starts in their session; the host itself is SYSTEM's. */
    if (row->who == SP_NOISE_USER && !strstr(row->parent, "svchost"))
        parent = doer(life, SP_NOISE_USER, row->parent, row->parent_command);
    else
        parent = doer(life, SP_NOISE_SYSTEM, row->parent, row->parent_command);
    child = sp_act_start(life->world, &life->now, &parent, who(life, row->who), image, command);
    sp_act_end(life->world, life->now + (5 + below(life, 2400)) * SP_TICKS_SECOND / 10, &child);
}

static void look_up(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_queries);
    struct sp_process process = doer(life, row->who, row->image, NULL);
    const char *name = fill(life, row->first);

    sp_act_query(life->world, life->now, &process, name, fill(life, row->second));
}

static void connect_out(struct life *life)
{
    const struct sp_noise_peer *row;

    do
        row = &sp_noise_peers[below(life, (uint32_t)sp_noise_peers_count)];
    while (!happens(life, row->where, row->who));
    struct sp_process process = doer(life, row->who, row->image, NULL);
    struct sp_peer peer = { fill(life, row->ip), fill(life, row->name), row->port, row->service };

    sp_act_connect(life->world, life->now, &process, &peer);
}

static void write_file(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_files);
    struct sp_process process = doer(life, row->who, row->image, NULL);

    sp_act_file(life->world, life->now, &process, fill(life, row->first));
}

static void set_value(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_values);
    struct sp_process process = doer(life, row->who, row->image, NULL);
    const char *key = fill(life, row->first);

    sp_act_value(life->world, life->now, &process, key, fill(life, row->second));
}

static void make_pipe(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_pipes);
    struct sp_process process = doer(life, row->who, row->image, NULL);

    sp_act_pipe(life->world, life->now, &process, fill(life, row->first));
}

static void load_image(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_images);
    struct sp_process process = doer(life, row->who, row->image, NULL);

    sp_act_image(life->world, life->now, &process, row->first);
}

static void open_lsass(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_lsass);
    struct sp_process process = doer(life, row->who, row->image, NULL);
    struct sp_process lsass = doer(life, SP_NOISE_SYSTEM, "C:\\Windows\\System32\\lsass.exe", NULL);

    sp_act_access(life->world, life->now, &process, &lsass, row->first, row->second);
}

static void run_script(struct life *life)
{
    const struct sp_noise_text *row = DRAW(life, sp_noise_scripts);
    struct sp_process process = doer(life, row->who, row->image, "powershell.exe -NoProfile -NonInteractive");

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
    struct sp_logon logon = { life->cast->host->user, 7, "Negotiate", life->cast->host->name, "127.0.0.1", "Medium" };

    if (!life->desk)
        return;
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

/* One of the people, and the address of their workstation. */
static const struct sp_user *somebody(struct life *life, const char **ret_ip)
{
    uint32_t i = below(life, (uint32_t)life->cast->people_count);

    *ret_ip = sp_world_text(life->world, "%s.1.%u", life->cast->host->site->net, (unsigned)(11 + i));
    return &life->cast->people[i];
}

/* Somebody's workstation uses a share of the server. */
static void use_share(struct life *life)
{
    static const char *const shares[] = { "team", "reports", "public", "IPC$" };
    const char *ip;
    const struct sp_user *user = somebody(life, &ip);
    struct sp_logon logon = { user, 3, "Kerberos", NULL, ip, "Medium" };
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);

    for (uint32_t n = 1 + below(life, 3); n; n--) {
        sp_act_share(life->world, life->now, life->cast->host, session, shares[below(life, 4)], ip);
        life->now = sp_world_soon(life->world, life->now, 4000);
    }
    sp_act_logoff(life->world, life->now + (1 + below(life, 12)) * SP_TICKS_MINUTE, life->cast->host, session, 3);
}

/* The provider's monitoring looks in, through its own end of the VPN. */
static void provider_check(struct life *life)
{
    const char *ip = sp_world_text(life->world, "%s.250.10", life->cast->host->site->net);
    struct sp_logon logon = { life->cast->provider, 3, "Kerberos", NULL, ip, "Medium" };

    if (!logon.user)
        return;
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);
    sp_act_share(life->world, life->now, life->cast->host, session, "IPC$", ip);
    sp_act_logoff(life->world, life->now + 20 * SP_TICKS_SECOND, life->cast->host, session, 3);
}

/* A workstation fetches the domain's policies: a ticket, and a logon of the machine itself at the controller. */
static void fetch_policy(struct life *life)
{
    struct sp_host *dc = life->cast->host;
    const char *ip;

    (void)somebody(life, &ip);
    const char *name = sp_world_text(life->world, "WS-%02u$", 1 + below(life, 30));
    struct sp_user *machine = sp_arena_zalloc(&life->world->arena, sizeof *machine);
    if (!machine) {
        life->world->failed = true;
        return;
    }
    *machine = (struct sp_user){ name, dc->site->domain, sp_world_text(life->world, "%s%u", dc->site->sid, 1300 + below(life, 40)) };
    struct sp_ticket ticket = { "DC-01$", "0x12", ip };
    struct sp_logon logon = { machine, 3, "Kerberos", NULL, ip, "Medium" };
    sp_act_ticket_granting(life->world, life->now, dc, machine, ip);
    sp_act_ticket(life->world, life->now + SP_TICKS_SECOND / 100, dc, machine, &ticket);
    life->now += SP_TICKS_SECOND / 20;
    const struct sp_session *session = sp_act_logon(life->world, &life->now, dc, &logon);
    sp_act_share(life->world, life->now, dc, session, below(life, 2) ? "SYSVOL" : "IPC$", ip);
    sp_act_logoff(life->world, life->now + (5 + below(life, 40)) * SP_TICKS_SECOND, dc, session, 3);
}

/* Somebody gets tickets for what they use. */
static void get_tickets(struct life *life)
{
    const char *ip;
    const struct sp_user *user = somebody(life, &ip);

    if (below(life, 3) == 0)
        sp_act_ticket_granting(life->world, life->now, life->cast->host, user, ip);
    for (uint32_t n = 1 + below(life, 3); n; n--) {
        struct sp_ticket ticket = { fill(life, sp_noise_tickets[below(life, (uint32_t)sp_noise_tickets_count)]), "0x12", ip };

        life->now = sp_world_soon(life->world, life->now, 300);
        sp_act_ticket(life->world, life->now, life->cast->host, user, &ticket);
    }
}

/* The administrator's remote desktop from the management network, and what is looked at there. */
static void admin_visit(struct life *life)
{
    struct sp_world *world = life->world;
    struct sp_host *host = life->cast->host;
    struct sp_logon logon = { life->cast->admin, 10, "Negotiate", host->name,
                              sp_world_text(world, "%s.0.40", host->site->net), "High" };
    struct sp_process shell = sp_act_desktop(world, &life->now, host, &logon);
    struct sp_process ps = sp_act_start(world, &life->now, &shell, shell.session,
                                        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                                        "\"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\"");

    for (uint32_t n = 1 + below(life, 3); n; n--) {
        const struct sp_noise_text *row;

        do
            row = &sp_noise_visits[below(life, (uint32_t)sp_noise_visits_count)];
        while (!(row->where & life->cast->where));
        sp_act_script(world, life->now, &ps, fill(life, row->first), NULL);
        life->now += (20 + below(life, 100)) * SP_TICKS_SECOND;
    }
    sp_act_command(world, life->now, &ps, "Get-Service", "ParameterBinding(Get-Service): name=\"Name\"; value=\"Kestrel Backup\"\r\n");
    struct sp_process viewer = sp_act_start(world, &life->now, &shell, shell.session, "C:\\Windows\\System32\\mmc.exe",
                                            "\"C:\\Windows\\System32\\mmc.exe\" \"C:\\Windows\\System32\\eventvwr.msc\" /s");
    uint64_t end = life->now + (3 + below(life, 9)) * SP_TICKS_MINUTE;
    sp_act_end(world, end - 20 * SP_TICKS_SECOND, &viewer);
    sp_act_end(world, end - 5 * SP_TICKS_SECOND, &ps);
    sp_act_desktop_left(world, end, &shell, &logon);
}

/* A colleague is let in by remote desktop: a group changes, and it is not Administrators. */
static void allow_desktop(struct life *life)
{
    static const struct sp_user group = { "Remote Desktop Users", "Builtin", "S-1-5-32-555" };
    const char *ip;
    const struct sp_user *member = somebody(life, &ip);
    struct sp_logon logon = { life->cast->admin, 3, "Kerberos", NULL, sp_world_text(life->world, "%s.0.40", life->cast->host->site->net),
                              "High" };
    const struct sp_session *session = sp_act_logon(life->world, &life->now, life->cast->host, &logon);

    sp_act_member(life->world, life->now, life->cast->host, session, member->sid, &group);
    sp_act_logoff(life->world, life->now + 12 * SP_TICKS_SECOND, life->cast->host, session, 3);
}

static void defend(struct life *life)
{
    uint32_t version = 1200 + (uint32_t)(life->now / SP_TICKS_HOUR % 700);
    const char *scan = sp_world_guid(life->world);

    if (below(life, 3))
        sp_world_add(life->world, life->cast->host, SP_DEF_UPDATED, life->now,
                     SP_PAIRS({ "Current security intelligence Version", sp_world_text(life->world, "1.421.%u.0", version) },
                              { "Previous security intelligence Version", sp_world_text(life->world, "1.421.%u.0", version - 1) }));
    else
        sp_world_add(life->world, life->cast->host, SP_DEF_SCANNED, life->now, SP_PAIRS({ "Scan ID", scan }));
}

/* ---- the days ---- */

/* Is it the time and the day to come to work? People are at their desks from about eight to five. */
static void come_and_go(struct life *life)
{
    uint64_t day = life->now / SP_TICKS_DAY, hour = life->now % SP_TICKS_DAY / SP_TICKS_HOUR;
    size_t index = (size_t)(day - life->world->first / SP_TICKS_DAY);
    struct sp_host *host = life->cast->host;
    struct sp_logon logon = { host->user, 2, "Negotiate", host->name, "127.0.0.1", "Medium" };

    if (life->desk && life->now >= life->leaves) {
        uint64_t end = life->now;

        while (life->open_count) {
            life->open_count--;
            sp_act_end(life->world, end, &life->open[life->open_count]);
            end += SP_TICKS_SECOND / 3;
        }
        sp_act_desktop_left(life->world, end, &life->desk->explorer, &logon);
        life->desk = NULL;
    } else if (!life->desk && hour >= 7 && hour < 12 && day % 7 < 5 && index < SP_DAYS_MAX && !host->desk[index].session) {
        life->now += below(life, 50) * SP_TICKS_MINUTE;
        life->leaves = (day * 24 + 17) * SP_TICKS_HOUR + below(life, 70) * SP_TICKS_MINUTE;
        struct sp_desk *desk = &host->desk[index];
        desk->explorer = sp_act_desktop(life->world, &life->now, host, &logon);
        desk->session = desk->explorer.session;
        desk->since = life->now;
        life->desk = desk;
        const char *mail = "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE";
        desk->mail = open_program(life, mail, sp_world_text(life->world, "\"%s\"", mail));
    }
}

struct deed {
    void (*play)(struct life *life);
    uint8_t workstation, server, controller; /* weight */
    bool awake;                              /* only in working hours */
};

static const struct deed deeds[] = {
    { start_process, 150, 110, 80, false }, { look_up, 120, 50, 40, false },   { connect_out, 90, 60, 50, false },
    { write_file, 60, 50, 30, false },      { set_value, 40, 30, 30, false },  { make_pipe, 25, 10, 10, false },
    { load_image, 12, 8, 8, false },        { open_lsass, 15, 15, 15, false }, { run_script, 8, 14, 10, false },
    { change_service, 30, 30, 30, false },  { service_logon, 40, 40, 40, false }, { register_task, 3, 3, 2, false },
    { install_service, 2, 2, 2, false },    { unlock, 12, 0, 0, true },        { run_as, 4, 2, 1, true },
    { use_share, 0, 90, 0, true },          { fetch_policy, 0, 0, 60, false }, { get_tickets, 0, 0, 120, true },
    { admin_visit, 0, 3, 2, true },         { allow_desktop, 0, 1, 0, true },  { defend, 4, 4, 4, false },
    { provider_check, 2, 10, 10, false },
};

static uint32_t weight_of(const struct deed *deed, enum sp_noise_where where)
{
    return where == SP_NOISE_WORKSTATION ? deed->workstation : where == SP_NOISE_SERVER ? deed->server : deed->controller;
}

/* Seconds to the next deed, on the average: offices sleep at night. */
static uint32_t pause_of(uint64_t now)
{
    uint64_t hour = now % SP_TICKS_DAY / SP_TICKS_HOUR;

    return hour >= 7 && hour < 17 ? 40 : hour >= 6 && hour < 19 ? 90 : 240;
}

static void play_one(struct life *life)
{
    uint64_t hour = life->now % SP_TICKS_DAY / SP_TICKS_HOUR;
    bool awake = hour >= 7 && hour < 17;
    uint32_t total = 0, at;

    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        total += weight_of(&deeds[i], life->cast->where);
    at = below(life, total);
    for (const struct deed *deed = deeds;; deed++) {
        uint32_t weight = weight_of(deed, life->cast->where);

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
    struct life life = { .world = world, .cast = cast, .now = world->first };

    while (!world->failed) {
        uint32_t pause = pause_of(life.now);

        life.now += (1 + below(&life, 2 * pause * 1000)) * (SP_TICKS_SECOND / 1000);
        if (life.now >= world->last)
            return;
        uint64_t begun = life.now;
        if (cast->where == SP_NOISE_WORKSTATION)
            come_and_go(&life);
        play_one(&life);
        if (cast->where != SP_NOISE_WORKSTATION && life.now > begun + SP_TICKS_MINUTE)
            life.now = begun + SP_TICKS_MINUTE; /* long deeds go on beside the others */
    }
}
