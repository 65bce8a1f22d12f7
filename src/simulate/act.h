/* SPDX-License-Identifier: Apache-2.0
 *
 * What people and programs do in a world, one function a deed; each adds the events that Windows
 * would write of it. `time` is FILETIME; where it is a pointer it moves on by what the deed takes.
 */
#ifndef SP_SIMULATE_ACT_H
#define SP_SIMULATE_ACT_H
#include "simulate/world.h"

enum { SP_PID_SERVICES = 696, SP_PID_LSASS = 716 };

/* A process that has run since the host started: no event, always the same numbers. */
struct sp_process sp_act_resident(struct sp_world *world, struct sp_host *host, const struct sp_session *session,
                                  const char *image, const char *command);

/* A process starts: Sysmon 1, and Security 4688 where the host audits them. The first console program of a row
 * brings its window with it. */
struct sp_process sp_act_start(struct sp_world *world, uint64_t *time, const struct sp_process *parent,
                               const struct sp_session *session, const char *image, const char *command);
/* It ends, and its window with it. */
void sp_act_end(struct sp_world *world, uint64_t time, const struct sp_process *process);

struct sp_peer {
    const char *ip, *name; /* name NULL: not resolved */
    uint16_t port;
    const char *service; /* name of the port; NULL: none */
};
void sp_act_connect(struct sp_world *world, uint64_t time, const struct sp_process *process, const struct sp_peer *peer);
void sp_act_query(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *name,
                  const char *answer);
void sp_act_file(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *path);
void sp_act_delete(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *path);
void sp_act_value(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *object,
                  const char *details);
void sp_act_pipe(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *pipe);
void sp_act_image(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *library);
void sp_act_access(struct sp_world *world, uint64_t time, const struct sp_process *process,
                   const struct sp_process *target, const char *mask, const char *trace);

/* A logon as the host records it: 4624, and 4672 for administrators (integrity High or System). */
struct sp_logon {
    const struct sp_user *user;
    uint32_t type;
    const char *package; /* Kerberos, NTLM, Negotiate */
    const char *workstation, *ip; /* NULL: `-` */
    const char *integrity;
};
const struct sp_session *sp_act_logon(struct sp_world *world, uint64_t *time, struct sp_host *host,
                                      const struct sp_logon *logon);
void sp_act_logon_failed(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_logon *logon);
void sp_act_logoff(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                   uint32_t type);

/* A desktop, at the screen (logon type 2) or by remote desktop (10): the logon, and the shell that it ends in, which
 * is returned. And its end. */
struct sp_process sp_act_desktop(struct sp_world *world, uint64_t *time, struct sp_host *host, const struct sp_logon *logon);
void sp_act_desktop_left(struct sp_world *world, uint64_t time, const struct sp_process *shell, const struct sp_logon *logon);

struct sp_shared_file {
    const char *share, *name, *ip;
    bool writes;
};
struct sp_ticket {
    const char *service, *encryption, *ip;
};

/* 4648: `process` logs on somewhere else as `user`. */
void sp_act_explicit(struct sp_world *world, uint64_t time, const struct sp_process *process,
                     const struct sp_user *user, const char *server);
void sp_act_share(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                  const char *share, const char *ip);
/* 5145: one file below a share, opened for reading or writing. */
void sp_act_share_file(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                       const struct sp_shared_file *file);
/* 4768 and 4769 at a domain controller; `encryption`: 0x12 is AES, 0x17 RC4. */
void sp_act_ticket_granting(struct sp_world *world, uint64_t time, struct sp_host *dc, const struct sp_user *user,
                            const char *ip);
void sp_act_ticket(struct sp_world *world, uint64_t time, struct sp_host *dc, const struct sp_user *user,
                   const struct sp_ticket *ticket);
/* 4698: the task and the command that it runs. */
void sp_act_task(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                 const char *task, const char *command);
/* 4732: `member` becomes one of `group` (name and SID). */
void sp_act_member(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                   const char *member_sid, const struct sp_user *group);
/* 1102 for Security, 104 for any other log: what it held before is gone (output.c leaves it out). */
void sp_act_clear(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                  const char *channel);

void sp_act_service_state(struct sp_world *world, uint64_t time, struct sp_host *host, const char *name, bool runs);
/* 7045, installed by `user`. */
void sp_act_service_new(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_user *user,
                        const struct sp_pair *pairs);

/* 4104, in as many parts as the text is long, and 4103. */
void sp_act_script(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *text,
                   const char *path);
void sp_act_command(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *name,
                    const char *payload);

#endif
