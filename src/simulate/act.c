/* SPDX-License-Identifier: Apache-2.0
 *
 * In: deeds. Out: events in the world (world.h). Nothing is kept here.
 */
#include "simulate/act.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "simulate/program.h"

static const char *host_guid(struct sp_world *world, const struct sp_host *host, uint64_t time, uint32_t number)
{
    uint32_t sec = (uint32_t)(time / SP_TICKS_SECOND - UINT64_C(11644473600));

    return sp_world_text(world, "{%08x-%04x-%04x-%04x-%012x}", (unsigned)host->machine, (unsigned)sec & 0xffff,
                         (unsigned)sec >> 16, (unsigned)number & 0xffff, 0x700u);
}

/* Hashes that depend on what the program is, not on where it lies: the same on every host. */
static const char *hashes(struct sp_world *world, const char *image)
{
    const struct sp_program *program = sp_program_find(image);
    const char *what = program->original[0] == '-' ? image : program->description;
    struct sp_digest digest;
    char hex[65];

    if (!sp_sha256(sp_str_c(what), &digest)) {
        world->failed = true;
        return "";
    }
    sp_digest_hex(&digest, hex);
    for (char *c = hex; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    return sp_world_text(world, "MD5=%.32s,SHA256=%s,IMPHASH=%.32s", hex + 16, hex, hex + 29);
}

/* Those whose number stands in other events' headers as well. */
static uint32_t known_pid(const char *image)
{
    static const struct {
        const char *end;
        uint32_t pid;
    } known[] = { { "System", 4 }, { "\\services.exe", SP_PID_SERVICES }, { "\\lsass.exe", SP_PID_LSASS } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sp_str_ends(sp_str_c(image), sp_str_c(known[i].end)))
            return known[i].pid;
    return 0;
}

struct sp_process sp_act_resident(struct sp_world *world, struct sp_host *host, const struct sp_session *session,
                                  const char *image, const char *command)
{
    uint32_t h = (uint32_t)sp_random_mix(sp_str_hash(sp_str_c(image)) ^ sp_str_hash(sp_str_c(command)) ^ host->machine);
    uint32_t pid = known_pid(image);

    return (struct sp_process){ .host = host, .session = session, .pid = pid ? pid : 800 + 4 * (h % 1000),
                                .guid = host_guid(world, host, host->boot, h), .image = image, .command = command };
}

static void audit_process(struct sp_world *world, uint64_t time, const struct sp_process *p,
                          const struct sp_process *parent)
{
    const struct sp_session *by = parent->session;
    bool machine = by == &p->host->system;
    bool other = p->session != by;
    const char *label = strcmp(p->session->integrity, "System") == 0 ? "S-1-16-16384"
                        : strcmp(p->session->integrity, "High") == 0 ? "S-1-16-12288"
                                                                     : "S-1-16-8192";

    sp_world_add(world, p->host, SP_SEC_PROCESS, time,
                 SP_PAIRS({ "SubjectUserSid", by->user->sid },
                          { "SubjectUserName", machine ? p->host->account.name : by->user->name },
                          { "SubjectDomainName", machine ? p->host->account.domain : by->user->domain },
                          { "SubjectLogonId", sp_world_hex(world, by->logon_id) },
                          { "NewProcessId", sp_world_hex(world, p->pid) }, { "NewProcessName", p->image },
                          { "ProcessId", sp_world_hex(world, parent->pid) }, { "CommandLine", p->command },
                          { "TargetUserName", other ? p->session->user->name : "-" },
                          { "TargetDomainName", other ? p->session->user->domain : "-" },
                          { "TargetLogonId", sp_world_hex(world, other ? p->session->logon_id : 0) },
                          { "ParentProcessName", parent->image }, { "MandatoryLabel", label }))->pid = 4;
}

static struct sp_process start(struct sp_world *world, uint64_t time, const struct sp_process *parent,
                               const struct sp_session *session, const char *image, const char *command)
{
    const struct sp_program *program = sp_program_find(image);
    struct sp_host *host = parent->host;
    struct sp_process p = { .host = host, .session = session, .pid = host->next_pid, .image = image, .command = command };
    bool person = session->terminal != 0;

    host->next_pid += 4 * (1 + sp_random_below(&world->random, 6));
    p.guid = host_guid(world, host, time, host->next_guid++);
    sp_world_add(world, host, SP_SYSMON_PROCESS, time,
                 SP_PAIRS({ "ProcessGuid", p.guid }, { "ProcessId", sp_world_u32(world, p.pid) }, { "Image", image },
                          { "FileVersion", program->original[0] == '-' ? "-" : "10.0.17763.1" },
                          { "Description", program->description }, { "Product", program->product },
                          { "Company", program->company }, { "OriginalFileName", program->original },
                          { "CommandLine", command },
                          { "CurrentDirectory",
                            person ? sp_world_text(world, "C:\\Users\\%s\\", session->user->name) : NULL },
                          { "User", sp_world_who(world, session->user) }, { "LogonGuid", session->guid },
                          { "LogonId", sp_world_hex(world, session->logon_id) },
                          { "TerminalSessionId", sp_world_u32(world, session->terminal) },
                          { "IntegrityLevel", session->integrity }, { "Hashes", hashes(world, image) },
                          { "ParentProcessGuid", parent->guid }, { "ParentProcessId", sp_world_u32(world, parent->pid) },
                          { "ParentImage", parent->image }, { "ParentCommandLine", parent->command },
                          { "ParentUser", sp_world_who(world, parent->session->user) }));
    if (host->audits_processes)
        audit_process(world, time, &p, parent);
    return p;
}

#define CONSOLE_WINDOW "C:\\Windows\\System32\\conhost.exe"

static bool has_console(const char *image)
{
    static const char *const names[] = { "\\cmd.exe", "\\powershell.exe" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sp_str_ends(sp_str_c(image), sp_str_c(names[i])))
            return true;
    return false;
}

struct sp_process sp_act_start(struct sp_world *world, uint64_t *time, const struct sp_process *parent,
                               const struct sp_session *session, const char *image, const char *command)
{
    struct sp_process p = start(world, *time, parent, session, image, command);

    if (has_console(image) && !has_console(parent->image)) {
        struct sp_process window = start(world, *time + SP_TICKS_SECOND / 40, &p, session, CONSOLE_WINDOW,
                                         "\\??\\C:\\Windows\\system32\\conhost.exe 0x4");

        p.window_pid = window.pid;
        p.window_guid = window.guid;
    }
    *time = sp_world_soon(world, *time + SP_TICKS_SECOND / 20, 900);
    return p;
}

/* The four columns of Security events that say who did it, followed by the given ones. */
#define BY(session, ...)                                                                               \
    SP_PAIRS({ "SubjectUserSid", (session)->user->sid }, { "SubjectUserName", (session)->user->name }, \
             { "SubjectDomainName", (session)->user->domain },                                         \
             { "SubjectLogonId", sp_world_hex(world, (session)->logon_id) }, __VA_ARGS__)

/* Sysmon's columns that say which process it was, followed by the given ones. */
#define OF(process, ...)                                                                                 \
    SP_PAIRS({ "ProcessGuid", (process)->guid }, { "ProcessId", sp_world_u32(world, (process)->pid) },   \
             { "Image", (process)->image }, { "User", sp_world_who(world, (process)->session->user) }, __VA_ARGS__)

static void end(struct sp_world *world, uint64_t time, const struct sp_process *process)
{
    sp_world_add(world, process->host, SP_SYSMON_END, time,
                 SP_PAIRS({ "ProcessGuid", process->guid }, { "ProcessId", sp_world_u32(world, process->pid) },
                          { "Image", process->image }, { "User", sp_world_who(world, process->session->user) }));
    if (process->host->audits_processes)
        sp_world_add(world, process->host, SP_SEC_EXIT, time,
                     BY(process->session, { "ProcessId", sp_world_hex(world, process->pid) },
                        { "ProcessName", process->image }))->pid = 4;
}

void sp_act_end(struct sp_world *world, uint64_t time, const struct sp_process *process)
{
    struct sp_process window = *process;

    end(world, time, process);
    if (!process->window_guid)
        return;
    window.pid = process->window_pid;
    window.guid = process->window_guid;
    window.image = CONSOLE_WINDOW;
    end(world, time + SP_TICKS_SECOND / 200, &window);
}

void sp_act_connect(struct sp_world *world, uint64_t time, const struct sp_process *process, const struct sp_peer *peer)
{
    sp_world_add(world, process->host, SP_SYSMON_CONNECT, time,
                 OF(process, { "Initiated", "true" }, { "SourceIp", process->host->ip },
                    { "SourceHostname", process->host->fqdn },
                    { "SourcePort", sp_world_u32(world, 49700 + sp_random_below(&world->random, 15000)) },
                    { "DestinationIp", peer->ip }, { "DestinationHostname", peer->name },
                    { "DestinationPort", sp_world_u32(world, peer->port) }, { "DestinationPortName", peer->service }));
}

void sp_act_query(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *name,
                  const char *answer)
{
    sp_world_add(world, process->host, SP_SYSMON_DNS, time,
                 OF(process, { "QueryName", name }, { "QueryStatus", answer ? "0" : "9003" },
                    { "QueryResults", answer ? sp_world_text(world, "%s;", answer) : "-" }));
}

void sp_act_file(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *path)
{
    sp_world_add(world, process->host, SP_SYSMON_FILE, time, OF(process, { "TargetFilename", path }));
}

void sp_act_delete(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *path)
{
    sp_world_add(world, process->host, SP_SYSMON_DELETE, time,
                 OF(process, { "TargetFilename", path }, { "Hashes", hashes(world, path) }));
}

void sp_act_value(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *object,
                  const char *details)
{
    sp_world_add(world, process->host, SP_SYSMON_VALUE, time,
                 OF(process, { "TargetObject", object }, { "Details", details }));
}

void sp_act_pipe(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *pipe)
{
    sp_world_add(world, process->host, SP_SYSMON_PIPE, time, OF(process, { "PipeName", pipe }));
}

void sp_act_image(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *library)
{
    sp_world_add(world, process->host, SP_SYSMON_IMAGE, time,
                 OF(process, { "ImageLoaded", library }, { "Company", "Microsoft Corporation" },
                    { "Hashes", hashes(world, library) }));
}

void sp_act_access(struct sp_world *world, uint64_t time, const struct sp_process *process,
                   const struct sp_process *target, const char *mask, const char *trace)
{
    sp_world_add(world, process->host, SP_SYSMON_ACCESS, time,
                 SP_PAIRS({ "SourceProcessGUID", process->guid },
                          { "SourceProcessId", sp_world_u32(world, process->pid) },
                          { "SourceThreadId", sp_world_u32(world, 800 + 4 * sp_random_below(&world->random, 900)) },
                          { "SourceImage", process->image }, { "TargetProcessGUID", target->guid },
                          { "TargetProcessId", sp_world_u32(world, target->pid) }, { "TargetImage", target->image },
                          { "GrantedAccess", mask }, { "CallTrace", trace },
                          { "SourceUser", sp_world_who(world, process->session->user) },
                          { "TargetUser", sp_world_who(world, target->session->user) }));
}

const struct sp_session *sp_act_logon(struct sp_world *world, uint64_t *time, struct sp_host *host,
                                      const struct sp_logon *logon)
{
    bool remote = logon->type == 3 || logon->type == 10;
    bool local = logon->type != 3; /* announced by a process of the host itself */
    uint32_t terminal = logon->type == 2 || logon->type == 11 ? 1 : logon->type == 10 ? host->next_terminal++ : 0;
    const struct sp_session *session = sp_world_session(world, logon->user, logon->integrity, terminal);
    const char *process = logon->type == 5 ? "C:\\Windows\\System32\\services.exe" : "C:\\Windows\\System32\\svchost.exe";
    bool high = strcmp(logon->integrity, "Medium") != 0 && strcmp(logon->integrity, "Low") != 0;

    sp_world_add(world, host, SP_SEC_LOGON, *time,
                 SP_PAIRS({ "SubjectUserSid", local ? "S-1-5-18" : NULL },
                          { "SubjectUserName", local ? host->account.name : NULL },
                          { "SubjectDomainName", local ? host->account.domain : NULL },
                          { "SubjectLogonId", local ? "0x3e7" : NULL }, { "TargetUserSid", logon->user->sid },
                          { "TargetUserName", logon->user->name }, { "TargetDomainName", logon->user->domain },
                          { "TargetLogonId", sp_world_hex(world, session->logon_id) },
                          { "LogonType", sp_world_u32(world, logon->type) },
                          { "LogonProcessName", strcmp(logon->package, "NTLM") == 0  ? "NtLmSsp "
                                                : strcmp(logon->package, "Kerberos") == 0 ? "Kerberos"
                                                                                          : "Advapi  " },
                          { "AuthenticationPackageName", logon->package },
                          { "LmPackageName", strcmp(logon->package, "NTLM") == 0 ? "NTLM V2" : NULL },
                          { "WorkstationName", logon->workstation },
                          { "LogonGuid", strcmp(logon->package, "NTLM") == 0 ? NULL : session->guid },
                          { "ProcessId", !local ? NULL : logon->type == 5 ? "0x2b8" : "0x5a4" }, { "ProcessName", local ? process : NULL },
                          { "IpAddress", logon->ip },
                          { "IpPort", remote ? sp_world_u32(world, 49700 + sp_random_below(&world->random, 15000)) : NULL },
                          { "ElevatedToken", high ? "%%1842" : NULL }));
    if (high)
        sp_world_add(world, host, SP_SEC_PRIVILEGES, *time + SP_TICKS_SECOND / 500,
                     SP_PAIRS({ "SubjectUserSid", logon->user->sid }, { "SubjectUserName", logon->user->name },
                              { "SubjectDomainName", logon->user->domain },
                              { "SubjectLogonId", sp_world_hex(world, session->logon_id) }));
    *time = sp_world_soon(world, *time, 600);
    return session;
}

void sp_act_logon_failed(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_logon *logon)
{
    sp_world_add(world, host, SP_SEC_LOGON_FAILED, time,
                 SP_PAIRS({ "TargetUserName", logon->user->name }, { "TargetDomainName", logon->user->domain },
                          { "Status", "0xc000006d" }, { "SubStatus", "0xc000006a" },
                          { "LogonType", sp_world_u32(world, logon->type) }, { "WorkstationName", logon->workstation },
                          { "IpAddress", logon->ip },
                          { "IpPort", sp_world_u32(world, 49700 + sp_random_below(&world->random, 15000)) }));
}

void sp_act_logoff(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                   uint32_t type)
{
    sp_world_add(world, host, SP_SEC_LOGOFF, time,
                 SP_PAIRS({ "TargetUserSid", session->user->sid }, { "TargetUserName", session->user->name },
                          { "TargetDomainName", session->user->domain },
                          { "TargetLogonId", sp_world_hex(world, session->logon_id) },
                          { "LogonType", sp_world_u32(world, type) }));
}

static void terminal_event(struct sp_world *world, uint64_t time, struct sp_host *host, enum sp_schema_kind kind,
                           const struct sp_session *session, const char *address)
{
    struct sp_pair pair[] = { { "User", sp_world_who(world, session->user) },
                              { "SessionID", sp_world_u32(world, session->terminal) },
                              { "Address", address },
                              { NULL, NULL } };

    if (!address)
        pair[2].name = NULL;
    sp_world_add(world, host, kind, time, pair)->user_sid = "S-1-5-18";
}

struct sp_process sp_act_desktop(struct sp_world *world, uint64_t *time, struct sp_host *host, const struct sp_logon *logon)
{
    const struct sp_session *session = sp_act_logon(world, time, host, logon);
    const char *winlogon = "C:\\Windows\\System32\\winlogon.exe";
    struct sp_process above = sp_act_resident(world, host, &host->system, winlogon, "winlogon.exe");

    terminal_event(world, *time, host, SP_TS_LOGON, session, logon->type == 10 ? logon->ip : "LOCAL");
    struct sp_process init = sp_act_start(world, time, &above, session, "C:\\Windows\\System32\\userinit.exe",
                                          "C:\\Windows\\system32\\userinit.exe");
    struct sp_process shell = sp_act_start(world, time, &init, session, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE");
    sp_act_end(world, *time + 25 * SP_TICKS_SECOND, &init);
    return shell;
}

void sp_act_desktop_left(struct sp_world *world, uint64_t time, const struct sp_process *shell, const struct sp_logon *logon)
{
    const struct sp_session *session = shell->session;
    struct sp_host *host = shell->host;

    sp_world_add(world, host, SP_SEC_LOGOFF_ASKED, time,
                 SP_PAIRS({ "TargetUserSid", session->user->sid }, { "TargetUserName", session->user->name },
                          { "TargetDomainName", session->user->domain },
                          { "TargetLogonId", sp_world_hex(world, session->logon_id) }));
    sp_act_end(world, time + SP_TICKS_SECOND, shell);
    if (logon->type == 10)
        terminal_event(world, time + 2 * SP_TICKS_SECOND, host, SP_TS_LEFT, session, logon->ip);
    terminal_event(world, time + 2 * SP_TICKS_SECOND + 1, host, SP_TS_LOGOFF, session, NULL);
    sp_act_logoff(world, time + 3 * SP_TICKS_SECOND, host, session, logon->type);
}

void sp_act_explicit(struct sp_world *world, uint64_t time, const struct sp_process *process,
                     const struct sp_user *user, const char *server)
{
    sp_world_add(world, process->host, SP_SEC_EXPLICIT, time,
                 BY(process->session, { "LogonGuid", process->session->guid }, { "TargetUserName", user->name },
                    { "TargetDomainName", user->domain }, { "TargetServerName", server }, { "TargetInfo", server },
                    { "ProcessId", sp_world_hex(world, process->pid) }, { "ProcessName", process->image }));
}

static const char *any_port(struct sp_world *world)
{
    return sp_world_u32(world, 49700 + sp_random_below(&world->random, 15000));
}

static const char *share_path(struct sp_world *world, const char *share)
{
    return strcmp(share, "ADMIN$") == 0 ? "\\??\\C:\\Windows"
           : strcmp(share, "C$") == 0   ? "\\??\\C:\\"
           : strcmp(share, "IPC$") == 0 ? ""
                                        : sp_world_text(world, "\\??\\D:\\Shares\\%s", share);
}

void sp_act_share(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                  const char *share, const char *ip)
{
    const char *port = any_port(world);

    sp_world_add(world, host, SP_SEC_SHARE, time,
                 BY(session, { "IpAddress", ip }, { "IpPort", port }, { "ShareName", sp_world_text(world, "\\\\*\\%s", share) },
                    { "ShareLocalPath", share_path(world, share) }))->pid = 4;
}

void sp_act_share_file(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                       const struct sp_shared_file *file)
{
    const char *port = any_port(world);

    sp_world_add(world, host, SP_SEC_SHARE_FILE, time,
                 BY(session, { "IpAddress", file->ip }, { "IpPort", port },
                    { "ShareName", sp_world_text(world, "\\\\*\\%s", file->share) },
                    { "ShareLocalPath", share_path(world, file->share) }, { "RelativeTargetName", file->name },
                    { "AccessMask", file->writes ? "0x120196" : "0x120089" },
                    { "AccessList", file->writes ? "%%1538\r\n\t\t\t\t%%4417\r\n\t\t\t\t%%4418\r\n\t\t\t\t"
                                                 : "%%1538\r\n\t\t\t\t%%4416\r\n\t\t\t\t" }))->pid = 4;
}

void sp_act_ticket_granting(struct sp_world *world, uint64_t time, struct sp_host *dc, const struct sp_user *user,
                            const char *ip)
{
    const char *port = any_port(world);

    sp_world_add(world, dc, SP_SEC_TICKET_GRANTING, time,
                 SP_PAIRS({ "TargetUserName", user->name }, { "TargetDomainName", user->domain }, { "TargetSid", user->sid },
                          { "ServiceSid", sp_world_text(world, "%s502", dc->site->sid) },
                          { "IpAddress", sp_world_text(world, "::ffff:%s", ip) }, { "IpPort", port }));
}

void sp_act_ticket(struct sp_world *world, uint64_t time, struct sp_host *dc, const struct sp_user *user,
                   const struct sp_ticket *ticket)
{
    const char *port = any_port(world), *guid = sp_world_guid(world);
    unsigned rid = 1100 + (unsigned)(sp_str_hash(sp_str_c(ticket->service)) % 900);

    sp_world_add(world, dc, SP_SEC_TICKET, time,
                 SP_PAIRS({ "TargetUserName", sp_world_text(world, "%s@%s", user->name, dc->site->dns) },
                          { "TargetDomainName", dc->site->dns }, { "ServiceName", ticket->service },
                          { "ServiceSid", sp_world_text(world, "%s%u", dc->site->sid, rid) },
                          { "TicketEncryptionType", ticket->encryption },
                          { "IpAddress", sp_world_text(world, "::ffff:%s", ticket->ip) }, { "IpPort", port },
                          { "LogonGuid", guid }));
}

void sp_act_task(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                 const char *task, const char *command)
{
    const char *content =
        sp_world_text(world,
                      "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\" "
                      "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n  <RegistrationInfo>\r\n"
                      "    <Author>%s\\%s</Author>\r\n    <URI>%s</URI>\r\n  </RegistrationInfo>\r\n  <Actions>\r\n"
                      "    <Exec>\r\n      <Command>%s</Command>\r\n    </Exec>\r\n  </Actions>\r\n</Task>",
                      session->user->domain, session->user->name, task, command);

    sp_world_add(world, host, SP_SEC_TASK, time, BY(session, { "TaskName", task }, { "TaskContent", content }));
}

void sp_act_member(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                   const char *member_sid, const struct sp_user *group)
{
    sp_world_add(world, host, SP_SEC_MEMBER, time,
                 BY(session, { "MemberSid", member_sid }, { "TargetUserName", group->name },
                    { "TargetDomainName", group->domain }, { "TargetSid", group->sid }));
}

void sp_act_clear(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_session *session,
                  const char *channel)
{
    struct sp_sim_event *event;

    if (strcmp(channel, "Security") == 0) {
        event = sp_world_add(world, host, SP_SEC_CLEARED, time, BY(session, { NULL, NULL }));
        event->clears = true;
    } else {
        event = sp_world_add(world, host, SP_SYS_CLEARED, time,
                             SP_PAIRS({ "SubjectUserName", session->user->name },
                                      { "SubjectDomainName", session->user->domain }, { "Channel", channel }));
        event->user_sid = session->user->sid;
        event->clears = strcmp(channel, "System") == 0; /* only the log itself, not where it is told */
    }
}

void sp_act_service_state(struct sp_world *world, uint64_t time, struct sp_host *host, const char *name, bool runs)
{
    sp_world_add(world, host, SP_SYS_SERVICE_STATE, time,
                 SP_PAIRS({ "param1", name }, { "param2", runs ? "running" : "stopped" },
                          { "Binary", runs ? "2f00340000000000" : "2f00310000000000" }));
}

void sp_act_service_new(struct sp_world *world, uint64_t time, struct sp_host *host, const struct sp_user *user,
                        const struct sp_pair *pairs)
{
    sp_world_add(world, host, SP_SYS_SERVICE_NEW, time, pairs)->user_sid = user->sid;
}

void sp_act_script(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *text,
                   const char *path)
{
    enum { PART = 9000 };
    const char *block = sp_world_guid(world), *activity = sp_world_guid(world);
    struct sp_str rest = sp_str_c(text);
    size_t total = rest.len ? (rest.len + PART - 1) / PART : 1;

    for (size_t part = 1; part <= total; part++) {
        size_t len = rest.len < PART ? rest.len : PART;
        struct sp_str piece = total == 1 ? rest : sp_arena_str(&world->arena, sp_str_cut(rest, 0, len));
        /* Windows writes this id without its braces. */
        struct sp_sim_event *event = sp_world_add(
            world, process->host, SP_PS_SCRIPT, time + part - 1,
            SP_PAIRS({ "MessageNumber", sp_world_u32(world, (uint32_t)part) },
                     { "MessageTotal", sp_world_u32(world, (uint32_t)total) },
                     { "ScriptBlockText", piece.ptr ? piece.ptr : "" },
                     { "ScriptBlockId", sp_world_text(world, "%.36s", block + (*block == '{')) }, { "Path", path }));

        world->failed |= !piece.ptr;
        event->pid = process->pid;
        event->user_sid = process->session->user->sid;
        event->activity = activity;
        event->time = time + 40000 + part; /* one after the other, whatever the clock's grain */
        rest = sp_str_cut(rest, len, rest.len - len);
    }
}

void sp_act_command(struct sp_world *world, uint64_t time, const struct sp_process *process, const char *name,
                    const char *payload)
{
    const char *runspace = sp_world_guid(world), *activity = sp_world_guid(world);
    const char *context = sp_world_text(
        world,
        "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1.17763.1\r\n"
        "        Host Application = %s\r\n        Engine Version = 5.1.17763.1\r\n        Runspace ID = %.36s\r\n"
        "        Command Name = %s\r\n        Command Type = Cmdlet\r\n        User = %s\\%s\r\n"
        "        Shell ID = Microsoft.PowerShell\r\n",
        *process->command == '"' ? process->image : process->command, runspace + (*runspace == '{'), name, process->session->user->domain,
        process->session->user->name);
    struct sp_sim_event *event = sp_world_add(
        world, process->host, SP_PS_COMMAND, time,
        SP_PAIRS({ "ContextInfo", context },
                 { "Payload", sp_world_text(world, "CommandInvocation(%s): \"%s\"\r\n%s", name, name, payload) }));

    event->pid = process->pid;
    event->user_sid = process->session->user->sid;
    event->activity = activity;
}
