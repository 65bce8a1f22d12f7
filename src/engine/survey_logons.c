/* SPDX-License-Identifier: Apache-2.0
 *
 * logons: who logged on, from where, to what, how, with and without success. A part has rows by (user, address,
 * workstation, to, how, host), and the logon ids that it met: privileges (4672) and logoffs (4634, 4647) name a logon by
 * its id alone, so they are given to the row of their logon when the part is committed, in the order of the log.
 *
 *      4624 alice 10.0.0.5 -> pc1, id 0x3e7a1 ──▶ row, id ─┐
 *      4672 id 0x3e7a1                        ──▶          ├─▶ the row's `privileged`
 *      4634 id 0x3e7a1                        ──▶          └─▶ the row's `logoff`
 */
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/unicode.h"
#include "engine/survey.h"

enum count { SUCCESS, FAILURE, ATTEMPT, PRIVILEGED, LOGOFF, REASON }; /* from REASON on, one a reason */

static const char *const reasons[] = { "wrong_password", "no_such_user", "locked_out", "disabled", "expired", "not_allowed", "clock_skew", "other" };
enum reason { WRONG_PASSWORD, NO_SUCH_USER, LOCKED_OUT, DISABLED, EXPIRED, NOT_ALLOWED, CLOCK_SKEW, OTHER, REASONS };

/* NTSTATUS of 4625 and 4776, error codes of Kerberos (RFC 4120) of 4768, 4769 and 4771. */
static const struct {
    uint32_t code;
    enum reason reason;
} codes[] = {
    { 0xc000006a, WRONG_PASSWORD }, { 0xc0000064, NO_SUCH_USER }, { 0xc0000234, LOCKED_OUT }, { 0xc0000072, DISABLED },
    { 0xc0000071, EXPIRED },        { 0xc0000193, EXPIRED },      { 0xc0000224, EXPIRED },    { 0xc000006f, NOT_ALLOWED },
    { 0xc0000070, NOT_ALLOWED },    { 0xc000015b, NOT_ALLOWED },  { 0xc0000413, NOT_ALLOWED }, { 0xc0000133, CLOCK_SKEW },
    { 0x6, NO_SUCH_USER },          { 0x12, LOCKED_OUT },         { 0x17, EXPIRED },          { 0x18, WRONG_PASSWORD },
    { 0x25, CLOCK_SKEW },           { 0xc, NOT_ALLOWED },
};

enum what { BY_TYPE, EXPLICIT, NTLM, TGT, SERVICE_TICKET, RDP_SESSION, RDP_NETWORK, PRIVILEGES, ENDED };

static const struct kind {
    uint32_t id;
    enum what what;
    bool fails;              /* always; the others where they have a status that says so */
    const char *user, *domain, *address, *workstation, *to, *how;
} kinds[] = {
    { 4624, BY_TYPE, false, "TargetUserName", "TargetDomainName", "IpAddress", "WorkstationName", NULL, NULL },
    { 4625, BY_TYPE, true, "TargetUserName", "TargetDomainName", "IpAddress", "WorkstationName", NULL, NULL },
    { 4634, ENDED, false, "TargetUserName", "TargetDomainName", NULL, NULL, NULL, "-" },
    { 4647, ENDED, false, "TargetUserName", "TargetDomainName", NULL, NULL, NULL, "-" },
    { 4648, EXPLICIT, false, "TargetUserName", "TargetDomainName", NULL, NULL, "TargetServerName", "explicit credentials" },
    { 4672, PRIVILEGES, false, "SubjectUserName", "SubjectDomainName", NULL, NULL, NULL, "-" },
    { 4768, TGT, false, "TargetUserName", "TargetDomainName", "IpAddress", NULL, NULL, "Kerberos ticket" },
    { 4769, SERVICE_TICKET, false, "TargetUserName", "TargetDomainName", "IpAddress", NULL, "ServiceName", "Kerberos service" },
    { 4771, TGT, true, "TargetUserName", NULL, "IpAddress", NULL, NULL, "Kerberos ticket" },
    { 4776, NTLM, false, "TargetUserName", NULL, NULL, "Workstation", NULL, "NTLM" },
}, rdp_kinds[] = {
    { 21, RDP_SESSION, false, "User", NULL, "Address", NULL, NULL, "RDP session" },
    { 25, RDP_SESSION, false, "User", NULL, "Address", NULL, NULL, "RDP reconnect" },
    { 1149, RDP_NETWORK, false, "Param1", "Param2", "Param3", NULL, NULL, "RDP authentication" },
};

enum by { BY_USER, BY_SOURCE, BY_TO, BY_HOW, BY_HOST, BYS }; /* what makes a row: --by */

/* A logon id in a part: of a logon, or of what belongs to one. */
struct met {
    uint64_t id, host; /* host: hash of its folded name */
    uint32_t row;      /* of the part */
    uint32_t count;    /* enum count: SUCCESS is the logon itself */
};

enum { SESSIONS = 1 << 16 };

/* The last logon that had an id of this hash. */
struct session {
    uint64_t id, host;
    uint32_t row; /* of the view, + 1; 0: none */
};

struct view {
    bool by[BYS];
    struct sp_rows rows;
    struct session *session; /* SESSIONS of them */
    struct sp_buf at;        /* u32 a row of the part in hand: where it is in the view, + 1 */
};

struct part {
    struct sp_rows rows;
    struct sp_buf key, shown, met;
};

static int begin(struct sp_survey *s)
{
    static const char *const name[BYS] = { "user", "source", "to", "how", "host" };
    struct view *v = s->view;

    sp_rows_init(&v->rows, s->scope.limits.view_rows);
    v->session = sp_zalloc(SESSIONS * sizeof *v->session);
    if (!v->session)
        return sp_error_nomem(s->err);
    return sp_survey_by(s, "user,source,to,how,host", name, v->by, BYS);
}

static bool is_in(struct sp_str channel, const char *word)
{
    return sp_str_find(channel, sp_str_c(word)) != SIZE_MAX;
}

static const struct kind *kind_of(const struct sp_survey_seen *seen)
{
    uint32_t id = sp_survey_number(sp_survey_event_id(seen, 0));
    struct sp_str channel = sp_survey_channel(seen, 0);

    if (sp_str_is(channel, "Security") || sp_str_is(channel, "security")) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (kinds[i].id == id)
                return &kinds[i];
    } else if ((id == 1149 && is_in(channel, "TerminalServices-RemoteConnectionManager")) ||
               ((id == 21 || id == 25) && is_in(channel, "TerminalServices-LocalSessionManager"))) {
        return &rdp_kinds[id == 21 ? 0 : id == 25 ? 1 : 2];
    }
    return NULL;
}

/* `0xc000006a`, or decimal as some collectors write it. */
static uint64_t number(struct sp_str s)
{
    bool hex = s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x';
    uint64_t n = 0;

    for (size_t i = hex ? 2 : 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i], letter = c | 0x20;

        if (c >= '0' && c <= '9')
            n = n * (hex ? 16 : 10) + (c - '0');
        else if (hex && letter >= 'a' && letter <= 'f')
            n = n * 16 + (letter - 'a') + 10u;
        else
            return 0;
    }
    return n;
}

/* Why it failed; SIZE_MAX where it did not. */
static size_t failure(const struct sp_survey_seen *seen, const struct kind *k)
{
    uint64_t code = number(sp_survey_field(seen, "SubStatus", 0));

    if (k->what != BY_TYPE || code == 0)
        code = number(sp_survey_field(seen, "Status", 0));
    if (!k->fails && (code == 0 || k->what == BY_TYPE))
        return SIZE_MAX;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].reason;
    return OTHER;
}

/* The next text of the key, compared without case, and as it stands of what is shown. */
static void add(struct part *p, struct sp_buf *scratch, struct sp_str text)
{
    sp_key_add(&p->shown, text);
    if (p->shown.failed || text.len > UINT32_MAX / 4)
        return;
    sp_buf_clear(scratch);
    sp_utf8_fold(scratch, text);
    sp_key_add(&p->key, sp_buf_view(scratch));
}

/* `DOMAIN\user`; a user with its domain behind an @ stays. */
static struct sp_str account(const struct sp_survey_seen *seen, const struct kind *k)
{
    struct sp_str user = sp_survey_field(seen, k->user, 1), domain = k->domain ? sp_survey_field(seen, k->domain, 2) : SP_STR_NONE;
    struct sp_buf *to = &seen->text[3];

    if (!domain.len || !user.len || memchr(user.ptr, '@', user.len))
        return user;
    sp_buf_clear(to);
    sp_buf_str(to, domain);
    sp_buf_char(to, '\\');
    sp_buf_str(to, user);
    return sp_buf_view(to);
}

static struct sp_str how(const struct sp_survey_seen *seen, const struct kind *k)
{
    static const char *const name[] = { "system", NULL, "interactive", "network", "batch", "service", NULL, "unlock",
                                        "network cleartext", "new credentials", "remote interactive", "cached", "cached remote", "cached unlock" };
    struct sp_str type;
    uint32_t n;

    if (k->how)
        return sp_str_c(k->how);
    type = sp_survey_field(seen, "LogonType", 4);
    n = sp_survey_number(type);
    if (!type.len || (n == 0 && !sp_str_is(type, "0")) || n >= sizeof name / sizeof *name || !name[n])
        return type;
    sp_buf_clear(&seen->text[5]);
    sp_buf_printf(&seen->text[5], "%s (%u)", name[n], n);
    return sp_buf_view(&seen->text[5]);
}

/* An address without the words that say that it is version 4 inside version 6. */
static struct sp_str address(const struct sp_survey_seen *seen, const struct kind *k)
{
    struct sp_str ip = k->address ? sp_survey_field(seen, k->address, 6) : SP_STR_NONE;

    return sp_str_starts(ip, SP_STR("::ffff:")) ? sp_str_cut(ip, 7, ip.len - 7) : ip;
}

/* (user, address, workstation, to, how, host) into the part's key; the hash of the host. Logons with explicit credentials
 * come from the host that tells of them. */
static uint64_t make_key(const struct view *v, struct part *p, const struct sp_survey_seen *seen, const struct kind *k)
{
    const struct sp_str none = SP_STR_NONE;
    struct sp_str host, to;
    struct sp_buf *fold = &seen->text[7];
    uint64_t hash;

    sp_buf_clear(&p->key);
    sp_buf_clear(&p->shown);
    add(p, fold, v->by[BY_USER] ? account(seen, k) : none);
    host = sp_survey_host(seen, 1);
    add(p, fold, v->by[BY_SOURCE] ? address(seen, k) : none);
    add(p, fold, !v->by[BY_SOURCE] ? none : k->what == EXPLICIT ? host : k->workstation ? sp_survey_field(seen, k->workstation, 2) : none);
    to = k->to ? sp_survey_field(seen, k->to, 2) : host;
    add(p, fold, !v->by[BY_TO] ? none : !to.len || sp_str_is(to, "localhost") ? host : to);
    add(p, fold, v->by[BY_HOW] ? how(seen, k) : none);
    add(p, fold, v->by[BY_HOST] ? host : none);
    sp_buf_clear(fold);
    sp_utf8_fold(fold, host);
    hash = sp_str_hash(sp_buf_view(fold));
    return hash;
}

static int see(struct sp_survey *s, void *part, const struct sp_survey_seen *seen)
{
    const struct view *v = s->view;
    const struct kind *k = kind_of(seen);
    struct part *p = part;
    struct sp_row *row;
    struct met met = { 0 };
    size_t why;
    int rc;

    if (!k)
        return 0;
    if (!p->rows.max)
        sp_rows_init(&p->rows, v->rows.max);
    met.host = make_key(v, p, seen, k);
    if (p->key.failed || p->shown.failed || sp_survey_failed(seen))
        return SP_ERR_NOMEM;
    rc = sp_rows_at(&p->rows, sp_buf_view(&p->key), sp_buf_view(&p->shown), seen->event->time, &row);
    if (rc <= 0)
        return rc;
    met.row = (uint32_t)(row - p->rows.row);
    why = failure(seen, k);
    if (why != SIZE_MAX) {
        row->count[FAILURE]++;
        row->count[REASON + why]++;
        return 0;
    }
    met.count = k->what == PRIVILEGES ? PRIVILEGED : k->what == ENDED ? LOGOFF : k->what == EXPLICIT ? ATTEMPT : SUCCESS;
    if (met.count == SUCCESS || met.count == ATTEMPT)
        row->count[met.count]++;
    met.id = number(sp_survey_field(seen, k->what == PRIVILEGES ? "SubjectLogonId" : "TargetLogonId", 0));
    if (k->what == BY_TYPE || k->what == PRIVILEGES || k->what == ENDED)
        sp_buf_add(&p->met, &met, sizeof met);
    return p->met.failed || sp_survey_failed(seen) ? SP_ERR_NOMEM : 0;
}

static struct session *session_of(const struct view *v, const struct met *m)
{
    uint64_t h = (m->id ^ m->host) * UINT64_C(0x9E3779B97F4A7C15);

    return &v->session[h >> 48 & (SESSIONS - 1)];
}

/* Logons are remembered by their ids; what belongs to one goes to its row, or stays where it stands. */
static void settle(struct view *v, const struct met *m, const uint32_t *at)
{
    struct session *session = session_of(v, m);
    bool known = session->row && session->id == m->id && session->host == m->host && m->id;

    if (m->count == SUCCESS) {
        if (m->id && at[m->row])
            *session = (struct session){ m->id, m->host, at[m->row] };
    } else if (known || at[m->row]) {
        v->rows.row[(known ? session->row : at[m->row]) - 1].count[m->count]++;
    }
}

static int join(struct view *v, const struct sp_rows *from)
{
    sp_buf_clear(&v->at);
    for (uint32_t i = 0; i < from->count; i++) {
        const struct sp_row *f = &from->row[i];
        struct sp_row *row;
        int rc = sp_rows_at(&v->rows, f->key, f->shown, f->first, &row);
        uint32_t at = rc > 0 ? (uint32_t)(row - v->rows.row) + 1 : 0;

        if (rc > 0)
            rc = sp_rows_at(&v->rows, f->key, f->shown, f->last, &row);
        if (rc < 0)
            return rc;
        for (unsigned n = 0; at && n < SP_ROW_COUNTS; n++)
            v->rows.row[at - 1].count[n] += f->count[n];
        sp_buf_add(&v->at, &at, sizeof at);
    }
    v->rows.left_out += from->left_out;
    return v->at.failed ? SP_ERR_NOMEM : 0;
}

static int commit(struct sp_survey *s, void *part, size_t source)
{
    struct view *v = s->view;
    struct part *p = part;
    int rc = join(v, &p->rows);

    (void)source;
    for (size_t i = 0; rc == 0 && i < p->met.len; i += sizeof(struct met)) {
        struct met m;

        memcpy(&m, p->met.ptr + i, sizeof m);
        settle(v, &m, (const uint32_t *)(const void *)v->at.ptr);
    }
    sp_rows_clear(&p->rows);
    sp_buf_clear(&p->met);
    s->result->rows = v->rows.count;
    return rc < 0 ? sp_error_nomem(s->err) : 0;
}

static size_t held(const void *part)
{
    return ((const struct part *)part)->met.len;
}

static void part_done(void *part)
{
    struct part *p = part;

    sp_rows_done(&p->rows);
    sp_buf_done(&p->key);
    sp_buf_done(&p->shown);
    sp_buf_done(&p->met);
}

static const struct sp_view_column columns[] = {
    { "success", "OK", SP_VIEW_RIGHT, 0 },        { "failure", "FAILED", SP_VIEW_RIGHT, 0 }, { "attempt", "TRIED", SP_VIEW_RIGHT, 0 }, { "privileged", "PRIV", SP_VIEW_RIGHT, 0 }, { "logoff", "OFF", SP_VIEW_RIGHT, 0 },
    { "first", "FIRST", SP_VIEW_LEFT, 0 },      { "last", "LAST", SP_VIEW_LEFT, 0 },     { "user", "USER", SP_VIEW_LEFT, 10 },     { "source", "SOURCE", SP_VIEW_LEFT, 10 },
    { "to", "TO", SP_VIEW_LEFT, 8 },            { "how", "HOW", SP_VIEW_LEFT, 8 },       { "source_ip", NULL, SP_VIEW_LEFT, 0 },   { "source_host", NULL, SP_VIEW_LEFT, 0 },
    { "host", NULL, SP_VIEW_LEFT, 0 },          { "reasons", NULL, SP_VIEW_LEFT, 0 },
};
enum { COLUMNS = sizeof columns / sizeof *columns, WIDE = 140 };

static struct sp_str known(struct sp_str text)
{
    return text.len ? text : (struct sp_str){ NULL, 0 };
}

/* `{"wrong_password":3}` */
static void write_reasons(struct sp_view *to, struct sp_buf *scratch, const struct sp_row *row)
{
    struct sp_json w = sp_json_to(scratch);

    sp_buf_clear(scratch);
    sp_json_open(&w, '{');
    for (unsigned i = 0; i < REASONS; i++)
        if (row->count[REASON + i]) {
            sp_json_key(&w, sp_str_c(reasons[i]));
            sp_json_u64(&w, row->count[REASON + i]);
        }
    sp_json_close(&w, '}');
    sp_view_json(to, sp_buf_view(scratch));
}

static void write_row(struct sp_view *to, struct sp_buf *scratch, const struct sp_row *row)
{
    struct sp_str key = row->shown, part[6];

    for (unsigned i = 0; i < 6; i++)
        part[i] = sp_key_next(&key);
    for (unsigned i = SUCCESS; i <= LOGOFF; i++)
        sp_view_u64(to, row->count[i]);
    sp_view_time(to, row->first);
    sp_view_time(to, row->last);
    sp_view_text(to, known(part[0]));
    sp_buf_clear(scratch);
    sp_buf_str(scratch, part[1]);
    sp_buf_text(scratch, part[1].len && part[2].len ? " " : "");
    sp_buf_str(scratch, part[2]);
    sp_view_text(to, known(sp_buf_view(scratch)));
    sp_view_text(to, known(part[3]));
    sp_view_text(to, known(part[4]));
    sp_view_text(to, known(part[1]));
    sp_view_text(to, known(part[2]));
    sp_view_text(to, known(part[5]));
    write_reasons(to, scratch, row);
    sp_view_row(to);
}

static int give(struct sp_survey *s)
{
    struct sp_view_column column[SP_VIEW_COLUMNS];
    struct view *v = s->view;
    struct sp_buf scratch;
    struct sp_view to;
    int rc = 0;

    memcpy(column, columns, sizeof columns);
    if (sp_view_narrow(&s->options->output))
        column[3].title = column[4].title = NULL;
    if (s->options->output.width && s->options->output.width < WIDE)
        column[6].title = NULL;
    s->result->left_out = v->rows.left_out;
    s->result->rows = 0;
    sp_buf_init(&scratch, 0);
    sp_rows_sort(&v->rows);
    sp_view_begin(&to, &s->options->output, column, COLUMNS, &s->out);
    for (uint32_t i = 0; rc == 0 && i < v->rows.count; i++) {
        const uint64_t *n = v->rows.row[i].count;

        if (n[SUCCESS] + n[FAILURE] + n[ATTEMPT] + n[PRIVILEGED] + n[LOGOFF] == 0)
            continue; /* all of it belongs to other rows */
        write_row(&to, &scratch, &v->rows.row[i]);
        s->result->rows++;
        rc = sp_survey_flush(s, false);
    }
    s->out.failed |= scratch.failed;
    sp_buf_done(&scratch);
    sp_view_end(&to);
    return rc;
}

static void done(struct sp_survey *s)
{
    struct view *v = s->view;

    sp_rows_done(&v->rows);
    sp_free(v->session);
    sp_buf_done(&v->at);
}

const struct sp_survey_ops sp_survey_logons = {
    .view_bytes = sizeof(struct view), .part_bytes = sizeof(struct part), .begin = begin, .see = see, .held = held, .commit = commit,
    .part_done = part_done, .write = give, .done = done,
};
