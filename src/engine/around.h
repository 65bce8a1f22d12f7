/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_around: what happened around one event on its host: the processes, the logons, the parts of a script block. Found by
 * reading the logs again, once; events of other hosts are passed over.
 *
 *      sources ─▶ events of the host ─┬─▶ processes (Sysmon 1 and 5, Security 4688 and 4689, any process_creation) ─▶ tree
 *                                     ├─▶ logons of one session (Security 4624, 4634, 4647, 4648, 4672, 4778, 4779)
 *                                     └─▶ parts of one script block (PowerShell 4104)
 *
 * What a log says of processes is the input's to choose: everything is bounded, a parent that is its own grandchild ends
 * the walk, and what found no room is counted. All texts live in the arena of `struct sp_around`.
 */
#ifndef SP_ENGINE_AROUND_H
#define SP_ENGINE_AROUND_H
#include "base/arena.h"
#include "base/time.h"
#include "engine/scope.h"

struct sp_process;

/* Of whom: what the sighted event says. Borrowed; texts that are not known have ptr NULL. */
struct sp_around_target {
    struct sp_str host, session, guid, script;
    uint64_t pid;
    bool has_pid;
    struct sp_time time;
    uint64_t offset;        /* where the record stands in the first source, */
    struct sp_digest raw;   /* and its SHA-256 */
    const struct sp_process *self; /* the process that the event says has begun, known though no log is there; NULL: none */
};

enum sp_around_record { SP_RECORD_NOT_SEEN, SP_RECORD_SAME, SP_RECORD_CHANGED }; /* is the record still where it was? */

/* PART: it was read as far as it can be; LEFT: the limit around-bytes was reached. */
enum sp_around_state { SP_AROUND_READ, SP_AROUND_PART, SP_AROUND_GONE, SP_AROUND_LEFT };

struct sp_around_source {
    const char *path;       /* borrowed */
    const struct sp_source *source; /* where that stands now, in a file or an archive; NULL: it is not there */
    uint64_t size;
    enum sp_around_state state;
    const char *why;        /* GONE: the reason; arena */
    uint64_t events;        /* of the host */
};

struct sp_process {
    struct sp_str guid, parent_guid, image, command, user, session, parent_image, parent_command; /* empty: not known */
    uint64_t pid, parent_pid;
    bool has_pid, has_parent_pid, sysmon;
    bool named;             /* by its child alone: no log that was read has its start */
    struct sp_time start, end;
    uint32_t source;        /* index of the source of its start */
    uint64_t offset;
    uint32_t parent, child, last, next; /* indexes; SP_NO_PROCESS: none. Children in order of time */
};
#define SP_NO_PROCESS UINT32_MAX

struct sp_logon {
    struct sp_time time;
    uint32_t code;          /* EventID */
    struct sp_str session, subject, linked, user, type, address, workstation, process; /* empty: not known */
    uint32_t source;
    uint64_t offset;
};

struct sp_script_part {
    uint64_t number, total;
    struct sp_str text, path;
};

struct sp_around {
    struct sp_arena arena;
    struct sp_around_source *source;
    size_t source_count;
    struct sp_process *process;
    uint32_t process_count, process_room, target; /* target: index of the event's own process, or SP_NO_PROCESS */
    struct sp_logon *logon;
    uint32_t logon_count, logon_room, begin, end; /* of the session: indexes, UINT32_MAX: not in the logs */
    struct sp_script_part *part;
    uint32_t part_count, part_room;
    struct sp_str session;  /* of the event, else of its process; empty: not known */
    bool well_known;        /* the session is the system's own: no logon begins it */
    enum sp_around_record record;
    uint64_t unlisted;      /* what found no room */
    bool interrupted;
};

/* Read the sources in their order, up to limits->around_bytes of them, and put together what they say of the target.
 * `around` starts as zeros but for source and source_count, and is to be done with sp_around_done also after an error:
 * SP_ERR_NOMEM. Sources that are gone or no log any more are said in their `state`. */
int sp_around_read(struct sp_around *around, const struct sp_scope *scope, const struct sp_around_target *target);
void sp_around_done(struct sp_around *around);

/* The second half, for tests: sort, join what two logs say of one process, find parents, target and session. */
int sp_around_settle(struct sp_around *around, const struct sp_around_target *target);

/* One line of the tree, in the order in which it is shown. */
enum sp_kin { SP_KIN_ANCESTOR, SP_KIN_SIBLING, SP_KIN_SELF, SP_KIN_DESCENDANT };
struct sp_tree_line {
    uint32_t process, depth;
    enum sp_kin kin;
    uint32_t hidden; /* children of it, or siblings beside it, that found no room on the page */
};
/* At most `max` lines: ancestors, then the children of the parent with the target and all below it among them. */
int sp_around_tree(const struct sp_around *around, uint32_t max, struct sp_arena *arena, struct sp_tree_line **ret, uint32_t *ret_count);

/* A GUID as all logs would write it: lower case, no braces; empty for one of zeros. In the arena; ptr NULL: no memory. */
struct sp_str sp_guid_plain(struct sp_arena *arena, struct sp_str guid);

/* "0x3E7" and "999" are one session. */
bool sp_session_same(struct sp_str a, struct sp_str b);
/* WS-07 and ws-07.acme.example are one host. */
bool sp_host_same(struct sp_str a, struct sp_str b);

#endif
