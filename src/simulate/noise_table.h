/* SPDX-License-Identifier: Apache-2.0
 *
 * What noise.c draws from. In texts `{user}` is the name of who runs it and `{sid}` their SID,
 * `{org}` the domain (acme.example), `{net}` the first half of its addresses, `{server}` where its shares are, `{n}` a
 * small number, `{hex}` eight hex digits; everything else stands as it is.
 */
#ifndef SP_SIMULATE_NOISE_TABLE_H
#define SP_SIMULATE_NOISE_TABLE_H
#include <stddef.h>
#include <stdint.h>

enum sp_noise_where { SP_NOISE_WORKSTATION = 1, SP_NOISE_SERVER = 2, SP_NOISE_CONTROLLER = 4, SP_NOISE_ALL = 7 };
enum sp_noise_who { SP_NOISE_USER, SP_NOISE_SYSTEM, SP_NOISE_LOCAL, SP_NOISE_NETWORK };

struct sp_noise_process {
    uint8_t where, weight, who;
    const char *parent, *parent_command, *image, *command;
};
struct sp_noise_text { /* a thing that a process does: a file it writes, a name it looks up, ... */
    uint8_t where, who;
    const char *image, *first, *second;
};
struct sp_noise_peer {
    uint8_t where, who;
    const char *image, *ip, *name;
    uint16_t port;
    const char *service;
};

#define SP_NOISE_TABLE(type, name) \
    extern const struct type name[]; \
    extern const size_t name##_count
SP_NOISE_TABLE(sp_noise_process, sp_noise_processes);
SP_NOISE_TABLE(sp_noise_text, sp_noise_queries); /* first: name; second: answer, NULL: no such name */
SP_NOISE_TABLE(sp_noise_peer, sp_noise_peers);
SP_NOISE_TABLE(sp_noise_text, sp_noise_files);   /* first: path */
SP_NOISE_TABLE(sp_noise_text, sp_noise_values);  /* first: key; second: details */
SP_NOISE_TABLE(sp_noise_text, sp_noise_pipes);   /* first: pipe */
SP_NOISE_TABLE(sp_noise_text, sp_noise_images);  /* first: library */
SP_NOISE_TABLE(sp_noise_text, sp_noise_lsass);   /* who opens lsass; first: access mask; second: call trace */
SP_NOISE_TABLE(sp_noise_text, sp_noise_scripts); /* first: text of the block; second: path */
SP_NOISE_TABLE(sp_noise_text, sp_noise_visits);  /* the same, when an administrator looks in */
SP_NOISE_TABLE(sp_noise_text, sp_noise_tasks);   /* first: task; second: command */
SP_NOISE_TABLE(sp_noise_text, sp_noise_installs); /* first: service; second: path */
extern const char *const sp_noise_services[];
extern const size_t sp_noise_services_count;
extern const char *const sp_noise_tickets[]; /* services that people get tickets for */
extern const size_t sp_noise_tickets_count;

#endif
