/* SPDX-License-Identifier: Apache-2.0
 *
 * In: `struct one`. Out: a page for a tired reader: what and where first, then what was said of it, why the rule fired, what hides in
 * it, who started whom, whose session it was; then everything else.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/safe.h"
#include "base/unicode.h"
#include "engine/show_one.h"
#include "read/value.h"

enum {
    NAME_MAX_COLUMNS = 24, VALUE_LINES = 8, SCRIPT_LINES = 60, RULE_WHOLE_LINES = 60, RULE_AROUND = 3,
    HEX_ROWS = 16, SESSION_LINES = 40, SOURCES_NAMED = 5
};

struct page {
    struct one *one;
    const struct sp_output *how;
    struct sp_buf *out, scratch;
    bool words; /* values are prose */
};

static void heading(struct page *p, const char *text)
{
    sp_buf_printf(p->out, "\n%s%s%s\n", p->how->color ? SP_PAGE_BOLD : "", text, p->how->color ? SP_PAGE_PLAIN : "");
}

static void number_to(struct sp_buf *out, uint64_t n, const char *noun)
{
    sp_page_number(out, n);
    sp_buf_printf(out, " %s%s", noun, n == 1 ? "" : "s");
}

static void number(struct page *p, uint64_t n, const char *noun)
{
    number_to(p->out, n, noun);
}

/* Harmless and cut to what is left of the line behind `column`; a line end follows. */
static void rest_of_line(struct page *p, struct sp_str s, size_t column)
{
    size_t width = p->how->width;

    sp_page_cell(p->out, &p->scratch, s, !width ? 0 : width > column + 12 ? width - column : 12, false);
    sp_buf_char(p->out, '\n');
}

/* `  name   value`, the value wrapped behind its name. */
static void value(struct page *p, struct sp_str name, size_t name_width, struct sp_str text, const struct sp_page_mark *mark, size_t marks)
{
    struct sp_wrap wrap = { .width = p->how->width, .color = p->how->color, .column = 2 + name_width + 2, .indent = 2 + name_width + 2, .gutter = "",
                            .lines_max = VALUE_LINES, .mark = mark, .mark_count = marks, .words = p->words };

    sp_buf_text(p->out, "  ");
    sp_page_cell(p->out, &p->scratch, name, name_width, true);
    sp_buf_text(p->out, "  ");
    sp_page_wrap(p->out, text, &wrap);
}

static void block(struct page *p, struct sp_str text, size_t lines_max)
{
    struct sp_wrap wrap = { .width = p->how->width, .color = p->how->color, .column = 4, .indent = 4, .gutter = "\u2502 ", .lines = true, .lines_max = lines_max };

    sp_buf_text(p->out, "  \u2502 ");
    sp_page_wrap(p->out, text, &wrap);
}

static struct sp_str known(struct sp_str s)
{
    return s.ptr && s.len ? s : SP_STR("-");
}

/* ---------------------------------------------------------------- what, where, who */

static void title(struct page *p)
{
    struct one *o = p->one;
    enum sp_level level = (enum sp_level)(o->level <= SP_LEVEL_CRITICAL ? o->level : 0);
    const char *word = sp_level_name(level);
    struct sp_wrap wrap = { .width = p->how->width, .color = p->how->color, .column = strlen(word) + 2, .indent = strlen(word) + 2, .gutter = "",
                            .words = true };

    sp_buf_printf(p->out, "%s%s%s  ", p->how->color ? sp_page_level(level) : "", word, p->how->color ? SP_PAGE_PLAIN : "");
    sp_page_wrap(p->out, known(o->title), &wrap);
    if (o->hidden != SHOW_SEEN)
        sp_buf_printf(p->out, "(%s: `show sightings` leaves it out without --all)\n", o->hidden == SHOW_BENIGN ? "benign" : "dismissed");
}

static void place(struct page *p)
{
    static const char *const still[] = { "the log does not hold it any more", "the same bytes are still there", "other bytes are there now" };
    struct one *o = p->one;
    struct sp_buf text;
    char when[40];

    sp_buf_init(&text, 0);
    if (o->time.known)
        sp_time_write(&text, o->time);
    else
        sp_buf_text(&text, "not known");
    if (p->how->local_time && o->time.known) {
        sp_page_when(when, o->time, true);
        sp_buf_printf(&text, " (%s in the zone of --tz)", when);
    }
    value(p, SP_STR("time"), 7, sp_buf_view(&text), NULL, 0);
    value(p, SP_STR("host"), 7, known(o->host), NULL, 0);
    value(p, SP_STR("user"), 7, known(o->user), NULL, 0);
    value(p, SP_STR("org"), 7, o->org, NULL, 0);
    sp_buf_clear(&text);
    sp_buf_str(&text, o->source);
    sp_buf_printf(&text, "@%llu, record %llu, %llu bytes", (unsigned long long)o->offset, (unsigned long long)o->record, (unsigned long long)o->length);
    if (o->around.source_count && o->around.source[0].state == SP_AROUND_GONE)
        sp_buf_printf(&text, "; not read again: %s", o->around.source[0].why);
    else
        sp_buf_printf(&text, "; %s", still[o->around.record]);
    p->words = true;
    value(p, SP_STR("source"), 7, sp_buf_view(&text), NULL, 0);
    p->words = false;
    value(p, SP_STR("id"), 7, o->id_hex, NULL, 0);
    p->out->failed |= text.failed;
    sp_buf_done(&text);
}

static void acts(struct page *p)
{
    size_t count;
    const struct show_act *act = show_acts_of(p->one->show, &p->one->id, &count);

    if (count == 0)
        return;
    heading(p, "Said about it");
    for (size_t i = 0; i < count; i++) {
        struct sp_str when = show_time_text(p->one->show, show_time_of_ns(act[i].time_ns), false);
        struct sp_wrap wrap = { .width = p->how->width, .color = p->how->color, .indent = 4, .gutter = "", .lines_max = VALUE_LINES,
                                .words = true };
        struct sp_buf text;

        sp_buf_init(&text, 0);
        sp_buf_str(&text, when);
        sp_buf_text(&text, "  ");
        sp_buf_str(&text, act[i].who);
        sp_buf_text(&text, "  ");
        sp_buf_str(&text, act[i].kind);
        if (act[i].text.len) {
            sp_buf_text(&text, sp_str_is(act[i].kind, "tag") ? " #" : ": ");
            sp_buf_str(&text, act[i].text);
        }
        if (act[i].until.len) {
            sp_buf_text(&text, " until ");
            sp_buf_str(&text, act[i].until);
        }
        sp_buf_text(&text, "  because: ");
        sp_buf_str(&text, act[i].why);
        sp_buf_text(p->out, "  ");
        wrap.column = 2;
        sp_page_wrap(p->out, sp_buf_view(&text), &wrap);
        p->out->failed |= text.failed;
        sp_buf_done(&text);
    }
}

/* ---------------------------------------------------------------- why */

static size_t widest(struct sp_str s, size_t width)
{
    size_t w = sp_safe_width(s);

    w = w > NAME_MAX_COLUMNS ? NAME_MAX_COLUMNS : w;
    return w > width ? w : width;
}

static void why(struct page *p)
{
    struct one *o = p->one;
    size_t width = 0;

    heading(p, "Why the rule fired");
    for (size_t i = 0; i < o->why_count; i++)
        width = widest(known(o->why[i].field), width);
    for (size_t i = 0; i < o->why_count; i++) {
        struct sp_page_mark mark[64 + SP_PARTS_MAX];

        for (size_t n = 0; n < o->why[i].part_count; n++)
            mark[n] = (struct sp_page_mark){ o->why[i].part[n].from, o->why[i].part[n].len };
        value(p, o->why[i].field.ptr && o->why[i].field.len ? o->why[i].field : SP_STR("(any field)"), width < 11 ? 11 : width,
              o->why[i].value.ptr ? o->why[i].value : SP_STR("(not there)"), mark, o->why[i].part_count);
    }
    if (o->why_count == 0)
        sp_buf_text(p->out, "  Nothing had to be there: the rule fires on what is absent.\n");
}

static void derived(struct page *p)
{
    struct one *o = p->one;

    if (o->derived_count == 0)
        return;
    heading(p, "Decoded by spoor: this is derived, it does not stand in the log like this");
    for (size_t i = 0; i < o->derived_count; i++) {
        const struct sp_derived *d = &o->derived[i].derived;

        sp_buf_text(p->out, "  ");
        sp_safe_write(p->out, o->derived[i].field);
        sp_buf_printf(p->out, ", %s, %s%s%s\n", d->how, d->encoding, d->depth > 1 ? ", inside of the above" : "", d->cut ? ", cut" : "");
        block(p, d->text, SCRIPT_LINES);
    }
}

static void script(struct page *p)
{
    struct one *o = p->one;

    if (!o->script.ptr)
        return;
    heading(p, "Script block");
    sp_buf_text(p->out, "  ");
    number(p, o->script_total, "part");
    if (o->script_missing) {
        sp_buf_text(p->out, ", of which ");
        sp_page_number(p->out, o->script_missing);
        sp_buf_text(p->out, " are in no log that could be read");
    } else {
        sp_buf_text(p->out, o->script_total > 1 ? " joined, all are there" : "");
    }
    sp_buf_char(p->out, '\n');
    block(p, o->script, SCRIPT_LINES);
}

/* ---------------------------------------------------------------- process tree */

static struct sp_str base_of(struct sp_str image)
{
    size_t at = image.len;

    while (at && image.ptr[at - 1] != '\\' && image.ptr[at - 1] != '/')
        at--;
    return sp_str_cut(image, at, image.len - at);
}

/* Columns of the time: without its day where all lines are of the event's own. */
static size_t tree_time(struct page *p)
{
    struct one *o = p->one;
    struct sp_str day = show_time_text(o->show, o->time, true);

    for (uint32_t i = 0; i < o->tree_count; i++) {
        struct sp_time start = o->around.process[o->tree[i].process].start;

        if (start.known && !sp_str_eq(show_time_text(o->show, start, true), day))
            return 19;
    }
    return o->time.known ? 8 : 19;
}

/* `10:00:02    powershell.exe (5120)  -nop -w hidden ...` */
static void tree_line(struct page *p, const struct sp_tree_line *l, size_t time_width)
{
    const struct sp_process *x = &p->one->around.process[l->process];
    bool self = l->kin == SP_KIN_SELF;
    struct sp_str when = show_time_text(p->one->show, x->start, false), program, arguments = sp_page_command(x->command, &program);
    size_t indent = 2 * (size_t)(l->depth < 16 ? l->depth : 16), column = 2 + time_width + 2 + indent;
    struct sp_buf text;

    if (when.len == 19)
        when = sp_str_cut(when, 19 - time_width, time_width);
    sp_buf_init(&text, 0);
    sp_buf_str(&text, x->image.len ? base_of(x->image) : program.len ? program : SP_STR("?"));
    if (x->has_pid)
        sp_buf_printf(&text, " (%llu)", (unsigned long long)x->pid);
    if (x->named)
        sp_buf_text(&text, " [start not logged]");
    sp_buf_text(&text, arguments.len ? "  " : "");
    sp_buf_str(&text, arguments);
    sp_buf_printf(p->out, "%s%s ", p->how->color && self ? SP_PAGE_BOLD : "", self ? "\u25b6" : " ");
    sp_page_cell(p->out, &p->scratch, x->start.known && when.ptr ? when : SP_STR("-"), time_width, true);
    sp_buf_text(p->out, "  ");
    for (size_t i = 0; i < indent; i++)
        sp_buf_char(p->out, ' ');
    rest_of_line(p, sp_buf_view(&text), column);
    if (p->how->color && self)
        sp_buf_text(p->out, SP_PAGE_PLAIN);
    if (l->hidden) {
        for (size_t i = 0; i < column + 2; i++)
            sp_buf_char(p->out, ' ');
        sp_buf_text(p->out, "+ ");
        sp_page_number(p->out, l->hidden);
        sp_buf_text(p->out, l->kin == SP_KIN_SIBLING ? " below it\n" : " more\n");
    }
    p->out->failed |= text.failed;
    sp_buf_done(&text);
}

static void tree(struct page *p)
{
    struct one *o = p->one;
    size_t time_width = tree_time(p);

    heading(p, "Process tree");
    if (o->tree_count == 0) {
        sp_buf_text(p->out, o->around.process_count ? "  The process of this event is not among those that the logs tell of.\n"
                                                    : "  No log that could be read tells of processes on this host.\n");
        return;
    }
    for (uint32_t i = 0; i < o->tree_count; i++)
        tree_line(p, &o->tree[i], time_width);
}

/* ---------------------------------------------------------------- session */

static bool in_session(const struct sp_around *a, uint32_t i)
{
    return (a->begin == UINT32_MAX || i >= a->begin) && (a->end == UINT32_MAX || i <= a->end);
}

static void logon_line(struct page *p, const struct sp_logon *l)
{
    struct sp_str when = show_time_text(p->one->show, l->time, false);
    const char *type = one_logon_type(l->type);
    struct sp_buf text;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, one_logon_word(l->code));
    if (type)
        sp_buf_printf(&text, " (%s)", type);
    sp_buf_text(&text, l->code == 4648 ? " for " : " of ");
    sp_buf_str(&text, l->user.len ? l->user : SP_STR("?"));
    if (l->code == 4648 && l->workstation.len) {
        sp_buf_text(&text, " on ");
        sp_buf_str(&text, l->workstation);
    }
    if (l->address.len || (l->workstation.len && l->code != 4648)) {
        sp_buf_text(&text, " from ");
        sp_buf_str(&text, l->address.len ? l->address : l->workstation);
        if (l->address.len && l->workstation.len && l->code != 4648) {
            sp_buf_text(&text, " ");
            sp_buf_str(&text, l->workstation);
        }
    }
    sp_buf_text(p->out, "  ");
    sp_page_cell(p->out, &p->scratch, when.ptr ? when : SP_STR("-"), 19, true);
    sp_buf_text(p->out, "  ");
    rest_of_line(p, sp_buf_view(&text), 23);
    p->out->failed |= text.failed;
    sp_buf_done(&text);
}

/* Processes of the session that began while it lasted. */
static void session_processes(struct page *p)
{
    const struct sp_around *a = &p->one->around;
    uint64_t count = 0;

    for (uint32_t i = 0; i < a->process_count; i++) {
        const struct sp_process *x = &a->process[i];

        count += !x->named && sp_session_same(x->session, a->session) &&
                 (a->begin == UINT32_MAX || sp_time_cmp(x->start, a->logon[a->begin].time) >= 0) &&
                 (a->end == UINT32_MAX || sp_time_cmp(x->start, a->logon[a->end].time) <= 0);
    }
    if (count == 0)
        return;
    sp_buf_text(p->out, "  ");
    sp_page_number(p->out, count);
    sp_buf_text(p->out, count == 1 ? " process began in it\n" : " processes began in it\n");
}

static void session(struct page *p)
{
    const struct sp_around *a = &p->one->around;
    uint32_t shown = 0, all = 0;

    heading(p, "Logon session");
    if (a->session.len == 0) {
        sp_buf_text(p->out, "  The event names none, nor does its process.\n");
        return;
    }
    sp_buf_text(p->out, "  ");
    rest_of_line(p, a->session, 2);
    if (a->well_known) {
        sp_buf_text(p->out, "  The system's own: services run in it, and no logon begins it.\n");
        return;
    }
    for (uint32_t i = 0; i < a->logon_count; i++) {
        if (!in_session(a, i))
            continue;
        all++;
        if (shown < SESSION_LINES) {
            logon_line(p, &a->logon[i]);
            shown++;
        }
    }
    if (all > shown) {
        sp_buf_text(p->out, "  + ");
        sp_page_number(p->out, all - shown);
        sp_buf_text(p->out, " more\n");
    }
    if (a->begin == UINT32_MAX)
        sp_buf_text(p->out, "  Its logon is in no log that could be read.\n");
    session_processes(p);
}

/* Which logs all this comes from, and which were not there to be read. */
static void around_sources(struct page *p)
{
    const struct sp_around *a = &p->one->around;
    struct sp_wrap wrap = { .width = p->how->width, .color = p->how->color, .gutter = "", .words = true };
    struct sp_buf text;
    uint64_t count[4] = { 0 }, named = 0;

    for (size_t i = 0; i < a->source_count; i++)
        count[a->source[i].state]++;
    sp_buf_init(&text, 0);
    sp_buf_text(&text, "Processes and logons are from ");
    number_to(&text, count[SP_AROUND_READ] + count[SP_AROUND_PART], "log");
    sp_buf_text(&text, " read again");
    if (count[SP_AROUND_PART]) {
        sp_buf_text(&text, ", ");
        sp_page_number(&text, count[SP_AROUND_PART]);
        sp_buf_text(&text, " not to its end or not every record");
    }
    if (count[SP_AROUND_GONE]) {
        sp_buf_text(&text, "; ");
        number_to(&text, count[SP_AROUND_GONE], "log");
        sp_buf_text(&text, " could not be");
    }
    if (count[SP_AROUND_LEFT]) {
        sp_buf_text(&text, "; ");
        number_to(&text, count[SP_AROUND_LEFT], "log");
        sp_buf_text(&text, " not read, raise --limit around-bytes=8g");
    }
    sp_buf_text(&text, a->interrupted ? "; interrupted" : ".");
    sp_buf_char(p->out, '\n');
    sp_page_wrap(p->out, sp_buf_view(&text), &wrap);
    p->out->failed |= text.failed;
    sp_buf_done(&text);
    for (size_t i = 0; i < a->source_count && named < SOURCES_NAMED; i++) {
        if (a->source[i].state != SP_AROUND_GONE)
            continue;
        named++;
        sp_buf_text(p->out, "  not read: ");
        rest_of_line(p, sp_str_c(a->source[i].path), 12);
        sp_buf_text(p->out, "    ");
        rest_of_line(p, sp_str_c(a->source[i].why), 4);
    }
    if (a->unlisted) {
        sp_page_number(p->out, a->unlisted);
        sp_buf_text(p->out, " processes and logons found no room in memory and are left out.\n");
    }
}

/* ---------------------------------------------------------------- fields, rule, raw bytes */

/* What every Windows event carries and few people look for: it stands behind the event's own. */
static bool is_header(struct sp_str name)
{
    static const char *const names[] = { "Provider_Guid", "Provider_EventSourceName", "EventID_Qualifiers", "Version", "Level", "Task", "Opcode",
                                         "Keywords", "TimeCreated_SystemTime", "EventRecordID", "Execution_ProcessID", "Execution_ThreadID",
                                         "Correlation_ActivityID", "Correlation_RelatedActivityID", "Security_UserID", "Provider_Name", "Channel",
                                         "EventID", "Computer" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sp_str_is(name, names[i]))
            return true;
    return false;
}

static void field(struct page *p, uint32_t at, size_t width)
{
    struct sp_line *l = &p->one->parsed;
    struct sp_str text = sp_line_text(l, at);
    struct sp_buf json;

    if (text.ptr && text.len)
        value(p, l->tree.node[at].name, width, text, NULL, 0);
    if (text.ptr || !l->tree.node[at].child)
        return;
    sp_buf_init(&json, 0);
    sp_tree_json(&json, &l->tree, at, &l->scratch);
    value(p, l->tree.node[at].name, width, sp_buf_view(&json), NULL, 0);
    p->out->failed |= json.failed;
    sp_buf_done(&json);
}

static int fields(struct page *p)
{
    struct sp_line *l = &p->one->parsed;
    uint32_t list = sp_line_at(l, 0, "fields");
    size_t width = 0;

    if (!list)
        return 0;
    heading(p, "Fields");
    for (uint32_t at = l->tree.node[list].child; at; at = l->tree.node[at].next)
        width = widest(l->tree.node[at].name, width);
    for (int header = 0; header < 2; header++)
        for (uint32_t at = l->tree.node[list].child; at; at = l->tree.node[at].next)
            if (is_header(l->tree.node[at].name) == header)
                field(p, at, width);
    return l->failed || l->scratch.failed ? SP_ERR_NOMEM : 0;
}

/* Is the line near one that matched, or does the document fit? */
static bool rule_line_shown(const struct one *o, size_t line)
{
    size_t from = line > RULE_AROUND ? line - RULE_AROUND : 0;

    if (o->lines <= RULE_WHOLE_LINES)
        return true;
    for (size_t i = from; i <= line + RULE_AROUND && i < o->lines; i++)
        if (o->matched[i])
            return true;
    return false;
}

static void rule(struct page *p)
{
    struct one *o = p->one;
    struct sp_str text = o->rule.document;
    bool gap = false;

    heading(p, "Rule");
    value(p, SP_STR("id"), 7, known(o->rule.id), NULL, 0);
    value(p, SP_STR("file"), 7, known(o->rule.file), NULL, 0);
    if (text.len == 0) {
        sp_buf_text(p->out, "  The case has not kept its text.\n");
        return;
    }
    for (size_t line = 0; text.len; line++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct sp_str one = { text.ptr, end ? (size_t)(end - text.ptr) : text.len };
        bool matched = o->matched[line];

        if (one.len && one.ptr[one.len - 1] == '\r')
            one.len--;
        if (rule_line_shown(o, line)) {
            sp_buf_printf(p->out, "%s%s %4zu  ", matched && p->how->color ? SP_PAGE_BOLD : "", matched ? "\u25b6" : " ", line + 1);
            rest_of_line(p, one, 8);
            if (matched && p->how->color)
                sp_buf_text(p->out, SP_PAGE_PLAIN);
            gap = false;
        } else if (!gap) {
            sp_buf_text(p->out, "   ...\n");
            gap = true;
        }
        text = sp_str_cut(text, end ? (size_t)(end - text.ptr) + 1 : text.len, end ? text.len - (size_t)(end - text.ptr) - 1 : 0);
    }
}

static void hex_row(struct page *p, struct sp_str bytes, size_t at, size_t columns)
{
    sp_buf_printf(p->out, "  %06zx  ", at);
    for (size_t i = 0; i < columns; i++)
        sp_buf_printf(p->out, at + i < bytes.len ? "%02x " : "   ", at + i < bytes.len ? (unsigned)(unsigned char)bytes.ptr[at + i] : 0u);
    sp_buf_char(p->out, ' ');
    for (size_t i = 0; i < columns && at + i < bytes.len; i++) {
        char c = bytes.ptr[at + i];

        sp_buf_char(p->out, c >= 0x20 && c < 0x7F ? c : '.');
    }
    sp_buf_char(p->out, '\n');
}

static void raw(struct page *p)
{
    struct one *o = p->one;
    size_t rows = 0;
    char hex[65];

    heading(p, "Raw record");
    if (!o->raw.ptr) {
        sp_buf_text(p->out, "  The case has not kept it.\n");
        return;
    }
    sp_digest_hex(&o->raw_digest, hex);
    sp_buf_printf(p->out, "  sha256 %s\n", hex);
    if (sp_utf8_valid(o->raw) == o->raw.len && memchr(o->raw.ptr, 0, o->raw.len) == NULL) {
        block(p, o->raw, SCRIPT_LINES);
        return;
    }
    for (size_t at = 0; at < o->raw.len && rows < HEX_ROWS; at += 16, rows++)
        hex_row(p, o->raw, at, 16);
    if (o->raw.len > 16 * HEX_ROWS) {
        sp_buf_text(p->out, "  ... ");
        sp_page_number(p->out, o->raw.len);
        sp_buf_text(p->out, " bytes in all; --format json has them\n");
    }
}

static void next(struct page *p)
{
    struct one *o = p->one;
    char id[16];

    (void)snprintf(id, sizeof id, "%.12s", o->id_hex.ptr);
    sp_buf_printf(p->out, "\nNext      spoor tag %s NAME --why TEXT\n          spoor benign %s --why TEXT --until DATE\n", id, id);
    if (o->host.ptr) {
        sp_buf_text(p->out, "          spoor show timeline --host '");
        sp_safe_write(p->out, o->host);
        sp_buf_text(p->out, "'\n");
    }
}

int one_page(struct one *o)
{
    struct page p = { .one = o, .how = &o->show->options->output, .out = &o->show->out };
    int rc;

    title(&p);
    place(&p);
    acts(&p);
    why(&p);
    derived(&p);
    script(&p);
    tree(&p);
    session(&p);
    around_sources(&p);
    rc = fields(&p);
    if (rc == 0) {
        rule(&p);
        raw(&p);
        next(&p);
    }
    o->show->out.failed |= p.scratch.failed;
    sp_buf_done(&p.scratch);
    return rc < 0 ? show_nomem(o->show) : 0;
}
