/* SPDX-License-Identifier: Apache-2.0
 *
 * The first story (docs/story-first.md): a mail attachment opens a technician's workstation at a service provider,
 * the provider's ways into two customers are used at night, and what is taken leaves through the provider.
 *
 * In: a seed. Out: a world with its hosts, days of ordinary life, one intrusion and some decoys, marked.
 * Command lines are text for log fields; nothing here runs anything.
 */
#include "simulate/story_first.h"

#include "simulate/noise.h"
#include "simulate/story.h"

#define MONDAY UINT64_C(134168832000000000) /* 2026-03-02T00:00:00Z */
enum { DAYS = 3, HOSTS = 6 };

#define NORTH_SID "S-1-5-21-4044404440-1404140414-2404240424-"
#define ACME_SID  "S-1-5-21-1111111111-2222222222-3333333333-"
#define BIRCH_SID "S-1-5-21-606060606-1606160616-2606260626-"

static const struct sp_site northmsp = { "northmsp", "northmsp.example", "NORTHMSP", "10.40", NORTH_SID, "NMSP-FILES-01" };
static const struct sp_site acme = { "acme", "acme.example", "ACME", "10.20", ACME_SID, "SRV-FILES-01" };
static const struct sp_site birch = { "birch", "birch.example", "BIRCH", "10.60", BIRCH_SID, "SRV-ERP-01" };

const struct sp_cast sp_cast = {
    .olsen = { "d.olsen", "NORTHMSP", NORTH_SID "1141" },
    .lind = { "k.lind", "NORTHMSP", NORTH_SID "1105" },
    .keller = { "m.keller", "ACME", ACME_SID "1107" },
    .brandt = { "a.brandt", "ACME", ACME_SID "1103" },
    .north = { "svc-north", "ACME", ACME_SID "1131" },
    .weber = { "t.weber", "BIRCH", BIRCH_SID "1102" },
    .erp = { "svc-erp", "BIRCH", BIRCH_SID "1133" },
    .administrators = { "Administrators", "Builtin", "S-1-5-32-544" },
};

static const struct sp_user acme_people[] = {
    { "m.keller", "ACME", ACME_SID "1107" }, { "j.lindt", "ACME", ACME_SID "1108" },  { "p.novak", "ACME", ACME_SID "1109" },
    { "s.okafor", "ACME", ACME_SID "1110" }, { "r.duarte", "ACME", ACME_SID "1111" }, { "l.hansen", "ACME", ACME_SID "1112" },
};
static const struct sp_user birch_people[] = {
    { "c.moreau", "BIRCH", BIRCH_SID "1110" }, { "e.varga", "BIRCH", BIRCH_SID "1111" }, { "h.sato", "BIRCH", BIRCH_SID "1112" },
    { "n.costa", "BIRCH", BIRCH_SID "1113" },  { "o.berg", "BIRCH", BIRCH_SID "1114" },
};
static const struct sp_user north_people[] = {
    { "d.olsen", "NORTHMSP", NORTH_SID "1141" }, { "i.petrov", "NORTHMSP", NORTH_SID "1142" }, { "y.amari", "NORTHMSP", NORTH_SID "1143" },
};

/* ---- the scene ---- */

static struct sp_mark *mark(struct sp_scene *scene, const char *name)
{
    struct sp_mark *mark = sp_arena_zalloc(&scene->world->arena, sizeof *mark);

    sp_scene_wait(scene, 150);
    if (mark)
        mark->step = name;
    else
        scene->world->failed = true;
    scene->world->mark = mark;
    return mark;
}

void sp_scene_step(struct sp_scene *scene, const char *name, const char *technique)
{
    sp_scene_hop(scene, name, technique, NULL, NULL, NULL);
}

void sp_scene_hop(struct sp_scene *scene, const char *name, const char *technique, const char *from, const char *to,
                  const char *kind)
{
    struct sp_mark *m = mark(scene, name);

    if (m)
        *m = (struct sp_mark){ "first-1", "actor-1", name, technique, from, to, kind, false };
}

void sp_scene_decoy(struct sp_scene *scene, const char *name)
{
    struct sp_mark *m = mark(scene, name);

    if (m)
        m->decoy = true;
}

void sp_scene_quiet(struct sp_scene *scene)
{
    scene->world->mark = NULL;
}

void sp_scene_at(struct sp_scene *scene, unsigned day, unsigned hour, unsigned minute)
{
    scene->now = scene->day0 + day * SP_TICKS_DAY + hour * SP_TICKS_HOUR + minute * SP_TICKS_MINUTE;
}

void sp_scene_wait(struct sp_scene *scene, uint32_t most_s)
{
    scene->now += (3 + sp_random_below(&scene->world->random, most_s)) * SP_TICKS_SECOND;
}

struct sp_process sp_scene_run(struct sp_scene *scene, const struct sp_process *parent, const char *image, const char *command)
{
    return sp_act_start(scene->world, &scene->now, parent, parent->session, image, command);
}

void sp_scene_once(struct sp_scene *scene, const struct sp_process *parent, const char *image, const char *command)
{
    struct sp_process p = sp_scene_run(scene, parent, image, command);

    scene->now = sp_world_soon(scene->world, scene->now, 2500);
    sp_act_end(scene->world, scene->now, &p);
}

/* ---- the world ---- */

static const struct {
    struct sp_host host;
    const struct sp_user *user;
    struct sp_noise_cast life;
} hosts[HOSTS] = {
    { { .site = &northmsp, .name = "NMSP-WS-03", .address = "1.13" }, &sp_cast.olsen, { .where = SP_NOISE_WORKSTATION, .admin = &sp_cast.lind } },
    { { .site = &northmsp, .name = "NMSP-JUMP-01", .address = "0.17", .audits_processes = true },
      &sp_cast.lind, { .where = SP_NOISE_SERVER, .admin = &sp_cast.lind, .people = north_people, .people_count = 3 } },
    { { .site = &acme, .name = "WS-07", .address = "1.11" }, &sp_cast.keller,
      { .where = SP_NOISE_WORKSTATION, .admin = &sp_cast.brandt, .provider = &sp_cast.north } },
    { { .site = &acme, .name = "SRV-FILES-01", .address = "0.20", .audits_processes = true },
      &sp_cast.brandt, { .where = SP_NOISE_SERVER, .admin = &sp_cast.brandt, .people = acme_people, .people_count = 6, .provider = &sp_cast.north } },
    { { .site = &birch, .name = "SRV-ERP-01", .address = "0.20", .forwards = true },
      &sp_cast.weber, { .where = SP_NOISE_SERVER, .admin = &sp_cast.weber, .people = birch_people, .people_count = 5 } },
    { { .site = &birch, .name = "DC-01", .address = "0.10", .audits_processes = true, .forwards = true },
      &sp_cast.weber, { .where = SP_NOISE_CONTROLLER, .admin = &sp_cast.weber, .people = birch_people, .people_count = 5 } },
};

static void people_the_world(struct sp_world *world, uint64_t seed)
{
    for (size_t i = 0; i < HOSTS; i++) {
        struct sp_host *host = &world->hosts[i];
        struct sp_noise_cast life = hosts[i].life;

        *host = hosts[i].host;
        world->random = sp_random_stream(seed, 100 + i);
        host->boot = world->first - (20 + sp_random_below(&world->random, 300)) * SP_TICKS_HOUR;
        sp_world_settle(world, host, hosts[i].user);
        life.host = host;
        world->random = sp_random_stream(seed, 10 + i);
        sp_noise_play(world, &life);
    }
}

static void play(struct sp_world *world, uint64_t seed, unsigned days)
{
    world->hosts = sp_arena_zalloc(&world->arena, HOSTS * sizeof *world->hosts);
    if (!world->hosts) {
        world->failed = true;
        return;
    }
    world->host_count = HOSTS;
    world->last = MONDAY + DAYS * SP_TICKS_DAY;
    world->first = world->last - days * SP_TICKS_DAY;
    people_the_world(world, seed);
    if (world->failed)
        return;

    struct sp_host *h = world->hosts;
    struct sp_scene scene = { .world = world, .tech = h, .jump = h + 1, .ws = h + 2, .files = h + 3, .erp = h + 4,
                              .dc = h + 5, .day0 = MONDAY };
    void (*const acts[])(struct sp_scene *scene) = { sp_first_provider, sp_first_acme, sp_first_birch, sp_first_out,
                                                     sp_first_decoys };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        world->random = sp_random_stream(seed, 1000 + i);
        acts[i](&scene);
        sp_scene_quiet(&scene);
    }
}

static const char orgs_yaml[] =
    "version: 1\n"
    "organisations:\n"
    "  - id: northmsp\n"
    "    name: \"North Managed Services\"\n"
    "    sector: technology\n"
    "    country: \"NL\"\n"
    "    domains: [northmsp.example]\n"
    "    egress: [\"203.0.113.0/26\"]\n"
    "    provider: true\n"
    "    identities: [\"svc-north\"]\n"
    "  - id: acme\n"
    "    name: \"Acme Works\"\n"
    "    sector: manufacturing\n"
    "    country: \"DE\"\n"
    "    domains: [acme.example]\n"
    "    egress: [\"198.51.100.0/26\"]\n"
    "  - id: birch\n"
    "    name: \"Birch Freight\"\n"
    "    sector: transportation\n"
    "    country: \"FI\"\n"
    "    domains: [birch.example]\n"
    "    egress: [\"198.51.100.64/26\"]\n"
    "relations:\n"
    "  - {provider: northmsp, customer: acme, kind: vpn, since: 2024-05-01, roles: []}\n"
    "  - {provider: northmsp, customer: birch, kind: rmm, since: 2025-09-15, roles: []}\n"
    "declared:\n"
    "  - {kind: scanner, values: [\"192.0.2.96/28\"], owner: \"Example Scan\"}\n";

static const char *const orgs[] = { "acme", "birch", "northmsp" };

const struct sp_story sp_story_first = { "first", DAYS, 3, orgs, orgs_yaml, play };
