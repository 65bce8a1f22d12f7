/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_world: the stage on which a story is played: hosts, people, processes, and the events that they
 * leave, in no order yet. Stories and noise add events; output.c sorts and writes them.
 *
 * Everything lives in the world's arena. Memory that runs out sets `failed`; from then on additions
 * do nothing and hand out placeholders, and whoever uses the world looks at `failed` once, at the end.
 */
#ifndef SP_SIMULATE_WORLD_H
#define SP_SIMULATE_WORLD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "simulate/random.h"
#include "simulate/schema.h"

#define SP_TICKS_SECOND UINT64_C(10000000) /* FILETIME ticks */
#define SP_TICKS_MINUTE (60 * SP_TICKS_SECOND)
#define SP_TICKS_HOUR   (60 * SP_TICKS_MINUTE)
#define SP_TICKS_DAY    (24 * SP_TICKS_HOUR)

struct sp_user {
    const char *name, *domain, *sid;
};

struct sp_session {
    const struct sp_user *user;
    uint64_t logon_id;
    uint32_t terminal;
    const char *integrity; /* Low, Medium, High, System */
    const char *guid;
};

struct sp_host;

struct sp_process {
    struct sp_host *host;
    const struct sp_session *session;
    uint32_t pid;
    const char *guid, *image, *command;
    uint32_t window_pid;      /* of the console window that it brought with it; no guid: none */
    const char *window_guid;
};

/* An organisation's network. */
struct sp_site {
    const char *org;    /* its id in orgs.yaml, and the folder of its logs */
    const char *dns, *domain; /* acme.example, ACME */
    const char *net;    /* how its addresses begin: 10.20 */
    const char *sid;    /* of its domain, with the last dash */
    const char *server; /* whose shares its people use */
};

/* One day of somebody at a workstation: from logging on to logging off. */
struct sp_desk {
    const struct sp_session *session;
    struct sp_process explorer, mail;
    uint64_t since; /* when the shell was there */
};
enum { SP_DAYS_MAX = 30 };

struct sp_host {
    const struct sp_site *site;
    const char *name, *address; /* address: what follows the site's net */
    const char *fqdn, *ip;
    uint32_t machine;     /* first part of Sysmon's process GUIDs */
    bool audits_processes; /* Security 4688 and 4689 beside Sysmon */
    bool forwards;        /* its events are in a collector's NDJSON, not in EVTX files */
    struct sp_user account; /* NAME$ */
    struct sp_session system, local, network; /* SYSTEM, LOCAL SERVICE, NETWORK SERVICE */
    const struct sp_user *user;     /* who works there, or looks after it */
    struct sp_desk desk[SP_DAYS_MAX]; /* of a workstation; a day without one has no session */
    uint64_t first_record[SP_CHANNELS];
    uint64_t boot;
    uint32_t next_pid, next_guid, next_terminal;
};

/* What the truth says of an event. */
struct sp_mark {
    const char *campaign, *actor, *step, *technique;
    const char *hop_from, *hop_to, *hop_kind; /* all NULL: no hop */
    bool decoy;
};

struct sp_sim_event {
    const struct sp_schema *schema;
    struct sp_host *host;
    uint64_t time;  /* TimeCreated, FILETIME */
    uint64_t order; /* of addition: breaks ties */
    uint32_t pid, tid;
    const char *user_sid; /* Security/UserID; NULL: not written */
    const char *activity; /* Correlation/ActivityID; NULL: not written */
    const char **values;  /* one a field of the schema; NULL: the schema's preset */
    const struct sp_mark *mark; /* NULL: ordinary life */
    bool clears;                /* what the same log held before is gone, where it is a file of the host */
};

struct sp_world {
    struct sp_arena arena;
    struct sp_random random; /* of the part that is being played */
    struct sp_host *hosts;
    size_t host_count;
    struct sp_sim_event **events;
    size_t count, room;
    const struct sp_mark *mark; /* given to every event that is added */
    struct sp_sim_event spare;  /* handed out when memory has run out */
    uint64_t first, last;       /* ordinary life from and to */
    bool failed;
};

void sp_world_init(struct sp_world *world);
void sp_world_done(struct sp_world *world);

/* Text in the arena; never NULL. */
__attribute__((format(printf, 2, 3))) const char *sp_world_text(struct sp_world *world, const char *fmt, ...);
/* A GUID out of the world's random numbers, `{...}` in lower case. */
const char *sp_world_guid(struct sp_world *world);

/* A host whose site, name, address and switches are set; fills in the rest. */
void sp_world_settle(struct sp_world *world, struct sp_host *host, const struct sp_user *user);

/* A session of `user` with numbers of its own; never NULL. */
const struct sp_session *sp_world_session(struct sp_world *world, const struct sp_user *user, const char *integrity,
                                          uint32_t terminal);

struct sp_pair {
    const char *name, *value;
};
/* Add an event. Draw at most one random number inside the list of pairs: C leaves the order of such
 * draws to the compiler, and the bytes must not depend on it. `pairs` ends with a NULL name, names that the schema does not have are a bug.
 * Values are borrowed for the world's life. Never NULL. */
struct sp_sim_event *sp_world_add(struct sp_world *world, struct sp_host *host, enum sp_schema_kind kind, uint64_t time,
                                  const struct sp_pair *pairs);
#define SP_PAIRS(...) ((const struct sp_pair[]){ __VA_ARGS__, { NULL, NULL } })

/* Milliseconds of the next event of a burst: `time` moves on by a little. */
uint64_t sp_world_soon(struct sp_world *world, uint64_t time, uint32_t most_ms);

/* What PowerShell takes as -EncodedCommand: base64 of the ASCII text in UTF-16. Never NULL. */
const char *sp_world_encoded(struct sp_world *world, const char *text);

/* `DOMAIN\name`, and numbers as text. */
const char *sp_world_who(struct sp_world *world, const struct sp_user *user);
const char *sp_world_u32(struct sp_world *world, uint32_t number);
const char *sp_world_hex(struct sp_world *world, uint64_t number);

#endif
