/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage of the first story (docs/story-first.md): who is on it, and the acts in their order. An act adds the events
 * of its steps to the world; every event between two steps is marked as the first one's.
 */
#ifndef SP_SIMULATE_STORY_FIRST_H
#define SP_SIMULATE_STORY_FIRST_H
#include "simulate/act.h"

#define S32 "C:\\Windows\\System32\\"
#define PS  S32 "WindowsPowerShell\\v1.0\\powershell.exe"
#define CMD S32 "cmd.exe"
#define RAR "C:\\Program Files\\WinRAR\\Rar.exe"
#define AGENT "C:\\Program Files\\North\\Agent\\north-agent.exe"
#define JUMP_EGRESS  "203.0.113.17"
#define ACME_EGRESS  "198.51.100.5"
#define BIRCH_EGRESS "198.51.100.70"

struct sp_cast {
    struct sp_user olsen, lind;          /* of the provider: a technician, and who administers it */
    struct sp_user keller, brandt, north; /* of acme: at a desk, who administers, the provider's account */
    struct sp_user weber, erp;           /* of birch: who administers, a service's account with too many rights */
    struct sp_user administrators;       /* the group, on every host */
};
extern const struct sp_cast sp_cast;

struct sp_scene {
    struct sp_world *world;
    struct sp_host *tech, *jump;  /* northmsp */
    struct sp_host *ws, *files;   /* acme */
    struct sp_host *erp, *dc;     /* birch */
    uint64_t day0;                /* midnight before it begins; three days are played */
    uint64_t now;
    struct sp_process tool;       /* what was brought in, at the technician's workstation */
    struct sp_process tunnel;     /* out of the jump host */
    struct sp_process jump_shell; /* the desktop at the jump host, through the tunnel */
    struct sp_logon jump_logon;
};

/* From here on events belong to this step of the intrusion. `sp_scene_hop`: and it crosses from one organisation into
 * another. `sp_scene_decoy`: to something that only looks like one. `sp_scene_quiet`: to nothing. */
void sp_scene_step(struct sp_scene *scene, const char *name, const char *technique);
void sp_scene_hop(struct sp_scene *scene, const char *name, const char *technique, const char *from, const char *to,
                  const char *kind);
void sp_scene_decoy(struct sp_scene *scene, const char *name);
void sp_scene_quiet(struct sp_scene *scene);

/* The clock: to a time of a day of the story, and on by some seconds. */
void sp_scene_at(struct sp_scene *scene, unsigned day, unsigned hour, unsigned minute);
void sp_scene_wait(struct sp_scene *scene, uint32_t most_s);

/* A process, started at the clock, and one that is over after some seconds. */
struct sp_process sp_scene_run(struct sp_scene *scene, const struct sp_process *parent, const char *image, const char *command);
void sp_scene_once(struct sp_scene *scene, const struct sp_process *parent, const char *image, const char *command);

void sp_first_provider(struct sp_scene *scene); /* the provider is broken into */
void sp_first_acme(struct sp_scene *scene);     /* through it into acme */
void sp_first_birch(struct sp_scene *scene);    /* and into birch */
void sp_first_out(struct sp_scene *scene);      /* what was taken leaves from the provider */
void sp_first_decoys(struct sp_scene *scene);

#endif
