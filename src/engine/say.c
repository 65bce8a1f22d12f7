/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what an analyst says of a sighting, and why. Out: a row in the case; for `benign` a Sigma filter as well, in the row and in a
 * file. Nothing that stands in the case is changed.
 *
 * The filter is narrow on purpose: it holds where the whole values that made the rule fire are the same, and the acting program,
 * its command line, the user and the host with them. What differs each time (process numbers, GUIDs, times, logon ids)
 * is left out. A filter that is too narrow shows the next sighting again; one that is too wide hides an intruder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "engine/suppress.h"
#include "rule/filter_text.h"
#include "rule/rule_load.h"
#include "spoor/show.h"
#include "store/case.h"

enum { ITEMS_MAX = 64, VALUE_MAX = 32768 }; /* fields of a filter; bytes of one of its values */

struct say {
    const struct sp_act_options *options;
    const struct sp_ctx *ctx;
    struct sp_act_result *result;
    struct sp_case *c;
    struct sp_arena arena;
    struct sp_line line;
    struct sp_str json, org, host, rule_id; /* of the sighting, copied; host ptr NULL: not known */
    int64_t rule_row;
    struct sp_buf filter, logsource, more;
    struct sp_filter_item item[ITEMS_MAX];
    size_t item_count;
    int64_t now_ns;
    struct sp_error *err;
};

static const char *const verbs[] = { "tag", "note", "benign", "dismiss" };

static int usage(struct say *s, const char *where, const char *cure, const char *what)
{
    sp_error_set(s->err, SP_ERR_USAGE, "%s", what);
    sp_error_where(s->err, "%s", where);
    sp_error_cure(s->err, "%s", cure);
    return SP_ERR_USAGE;
}

static int check_options(struct say *s)
{
    const struct sp_act_options *o = s->options;
    const char *verb = verbs[o->verb];
    size_t words = o->verb == SP_ACT_TAG || o->verb == SP_ACT_NOTE ? 2 : 1;
    int64_t until;

    if (o->word.count != words)
        return usage(s, verb, "the ids are in `spoor show sightings`", words == 2 ? "takes the id of a sighting and a text" : "takes the id of one sighting");
    if (words == 2 && (o->word.text[1][0] == '\0' || sp_utf8_valid(sp_str_c(o->word.text[1])) != strlen(o->word.text[1])))
        return usage(s, verb, "give some text, in UTF-8", "the text is empty or no UTF-8");
    if (!o->why || !*o->why || sp_utf8_valid(sp_str_c(o->why)) != strlen(o->why))
        return usage(s, "--why", "say why, in a few words: --why 'seen in the change log'", "is needed: it stands on the record");
    if (o->until && !sp_until_parse(sp_str_c(o->until), &until))
        return usage(s, "--until", "write a day, 2026-03-31, or a time, 2026-03-31T18:00Z", "is no day and no time");
    if (o->until && until < s->now_ns / 1000000000)
        return usage(s, "--until", "give a day that is still to come", "is over already");
    return 0;
}

static struct sp_str copy(struct say *s, struct sp_str text)
{
    return text.ptr ? sp_arena_str(&s->arena, text) : text;
}

/* sp_case_sighting_find */
static int take_sighting(void *arg, const struct sp_case_sighting *one)
{
    struct say *s = arg;
    size_t len = one->title.len < sizeof s->result->title - 1 ? one->title.len : sizeof s->result->title - 1;

    s->json = copy(s, one->line);
    s->org = copy(s, one->org);
    s->host = copy(s, one->host);
    s->rule_id = copy(s, one->rule_id);
    s->rule_row = one->rule_row;
    sp_digest_hex(&one->id, s->result->id);
    memcpy(s->result->title, one->title.ptr, len);
    s->result->title[len] = '\0';
    return s->json.ptr && s->org.ptr && s->rule_id.ptr && (s->host.ptr || !one->host.ptr) ? 0 : sp_error_nomem(s->err);
}

/* ---------------------------------------------------------------- what a filter holds for */

/* Fields that differ each time the same thing happens. */
static bool differs_each_time(struct sp_str name)
{
    static const char *const ends[] = { "ProcessId", "ProcessID", "Guid", "GUID", "LogonId", "LogonID", "ThreadId", "ThreadID", "RecordID", "RecordNumber",
                                        "Time", "SystemTime", "SourcePort", "IpPort", "ScriptBlockId", "ActivityID", "MessageNumber", "MessageTotal",
                                        "TerminalSessionId", "eventID", "requestID", "timestamp" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sp_str_ends(name, sp_str_c(ends[i])))
            return true;
    return false;
}

/* What says who did what to what; taken as far as the event has it. */
static const char *const telling[] = {
    "Computer", "User", "SubjectUserName", "TargetUserName", "Image", "ParentImage", "CommandLine", "SourceImage", "TargetImage", "ImageLoaded",
    "TargetFilename", "TargetObject", "Details", "PipeName", "QueryName", "DestinationHostname", "DestinationIp", "DestinationPort", "IpAddress",
    "LogonType", "ServiceName", "ServiceFileName", "ImagePath", "TaskName", "ObjectName", "ShareName", "RelativeTargetName", "ScriptBlockText",
    "Query", "eventSource", "eventName", "sourceIPAddress", "userAgent", "operationName", "callerIpAddress",
};

static void add_item(struct say *s, struct sp_str field, struct sp_str value)
{
    if (!value.ptr || value.len == 0 || value.len > VALUE_MAX || !sp_filter_field(field) || differs_each_time(field) || s->item_count == ITEMS_MAX)
        return;
    for (size_t i = 0; i < s->item_count; i++)
        if (sp_str_eq(s->item[i].field, field))
            return;
    s->item[s->item_count++] = (struct sp_filter_item){ field, value };
}

/* The whole values of the fields that the rule looked at, then what is telling. */
static void choose(struct say *s)
{
    uint32_t fields = sp_line_at(&s->line, 0, "fields"), why = sp_line_at(&s->line, 0, "why");

    for (uint32_t at = why ? s->line.tree.node[why].child : 0; at && fields; at = s->line.tree.node[at].next) {
        struct sp_str name = sp_line_member(&s->line, at, "field");

        for (uint32_t f = s->line.tree.node[fields].child; f && name.ptr && name.len; f = s->line.tree.node[f].next)
            if (sp_str_eq(s->line.tree.node[f].name, name))
                add_item(s, name, sp_line_text(&s->line, f));
    }
    for (size_t i = 0; fields && i < sizeof telling / sizeof *telling; i++) {
        struct sp_str value = sp_line_member(&s->line, fields, telling[i]);

        if (value.ptr && !sp_str_is(value, "-")) /* Windows' word for nothing */
            add_item(s, sp_str_c(telling[i]), value);
    }
}

/* A UUID out of the sighting's id: the same filter each time. */
static struct sp_str uuid_of(struct say *s)
{
    const char *h = s->result->id;
    char text[37];

    (void)snprintf(text, sizeof text, "%.8s-%.4s-8%.3s-a%.3s-%.12s", h, h + 8, h + 12, h + 15, h + 18);
    return sp_arena_str(&s->arena, (struct sp_str){ text, 36 });
}

/* The day the clock shows, as Sigma writes it. */
static struct sp_str today(struct say *s)
{
    time_t now = (time_t)(s->now_ns / 1000000000);
    char text[16];
    struct tm tm;

    if (!gmtime_r(&now, &tm) || !strftime(text, sizeof text, "%Y-%m-%d", &tm))
        return SP_STR_NONE;
    return sp_arena_str(&s->arena, sp_str_c(text));
}

static void describe(struct say *s, struct sp_buf *out)
{
    const struct sp_act_options *o = s->options;

    sp_buf_text(out, "Keeps the rule silent where all of the fields below are the same as in the sighting that an analyst has judged benign.\n"
                     "They are the whole values that made the rule fire, and the host, the user, the program and what it did. What differs\n"
                     "each time (process numbers, GUIDs, times, logon ids) is left out. It is narrow on purpose: remove a line to let it hold\n"
                     "for more, for instance Computer for all hosts.\n");
    sp_buf_printf(out, "Sighting: %s\nReason: %s\n", s->result->id, o->why);
    sp_buf_text(out, "Organisation: ");
    sp_buf_str(out, s->org);
    sp_buf_printf(out, "\nHolds until: %s", o->until ? o->until : "it is taken away");
}

/* The log source as the rule's document has it: a filter goes by that. As JSON for the case, which is YAML too. */
static int find_logsource(struct say *s, struct sp_logsource *ret, bool *has_id)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_rule_options options = { .limits = &limits, .status_mask = UINT32_MAX };
    struct sp_json w = sp_json_to(&s->logsource);
    struct sp_rule_set *set = NULL;
    struct sp_case_rule rule;
    const struct sp_str names[] = { SP_STR("product"), SP_STR("category"), SP_STR("service") };
    struct sp_str document, parts[3];
    int rc = sp_case_rule_get(s->c, s->rule_row, &rule, s->err);

    if (rc < 0)
        return rc;
    *has_id = rule.id.len > 0;
    document = copy(s, rule.document);
    rc = document.len ? sp_rules_parse(SP_STR("rule"), document, &options, &set, s->err) : SP_ERR_NOT_FOUND;
    if (rc == 0 && set->rule_count != 1)
        rc = SP_ERR_NOT_FOUND;
    if (rc == 0) {
        parts[0] = copy(s, set->rule[0]->logsource.product);
        parts[1] = copy(s, set->rule[0]->logsource.category);
        parts[2] = copy(s, set->rule[0]->logsource.service);
    }
    sp_rules_free(set);
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : usage(s, "benign", "use `spoor dismiss`, or write a filter by hand", "the case has not kept the text of the rule");
    *ret = (struct sp_logsource){ parts[0], parts[1], parts[2] };
    sp_json_open(&w, '{');
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].len == 0)
            continue;
        sp_json_key(&w, names[i]);
        sp_json_str(&w, parts[i]);
    }
    sp_json_close(&w, '}');
    return s->logsource.failed ? sp_error_nomem(s->err) : 0;
}

/* The document, and the proof that it holds for the very sighting it was made from. */
static int make_filter(struct say *s)
{
    struct sp_filter_document d = { .item = s->item };
    struct sp_buf title, description;
    bool has_id = false;
    int rc = find_logsource(s, &d.logsource, &has_id);

    if (rc < 0)
        return rc;
    if (!has_id)
        return usage(s, "benign", "give the rule an id, or use `spoor dismiss`", "the rule has no id: a filter cannot name it");
    choose(s);
    if (s->line.failed)
        return sp_error_nomem(s->err);
    if (s->item_count == 0)
        return usage(s, "benign", "use `spoor dismiss`", "the sighting has no field that could tell it from others");
    sp_buf_init(&title, 0);
    sp_buf_init(&description, 0);
    sp_buf_printf(&title, "Benign: %s%s", s->result->title, s->host.ptr ? " on " : "");
    sp_buf_str(&title, s->host.ptr ? s->host : SP_STR_NONE);
    describe(s, &description);
    d.title = sp_buf_view(&title);
    d.description = sp_buf_view(&description);
    d.id = uuid_of(s);
    d.author = s->options->by.who ? sp_str_c(s->options->by.who) : SP_STR_NONE;
    d.date = today(s);
    d.rule = s->rule_id;
    d.count = s->item_count;
    sp_filter_write(&s->filter, &d);
    rc = title.failed || description.failed || s->filter.failed ? sp_error_nomem(s->err) : 0;
    sp_buf_done(&title);
    sp_buf_done(&description);
    if (rc == 0)
        rc = sp_suppress_try(sp_buf_view(&s->filter), s->rule_id, sp_buf_view(&s->logsource), &s->line, s->err);
    if (rc == 0)
        rc = sp_error_set(s->err, SP_ERR_INTERNAL, "the filter does not hold for the sighting it was made from");
    return rc < 0 ? rc : 0;
}

/* What the act's row keeps: enough to judge sightings with. */
static int make_more(struct say *s)
{
    struct sp_json w = sp_json_to(&s->more);

    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("rule"));
    sp_json_str(&w, s->rule_id);
    sp_json_key(&w, SP_STR("org"));
    sp_json_str(&w, s->org);
    sp_json_key(&w, SP_STR("logsource"));
    sp_json_str(&w, sp_buf_view(&s->logsource));
    sp_json_key(&w, SP_STR("filter"));
    sp_json_str(&w, sp_buf_view(&s->filter));
    sp_json_close(&w, '}');
    return s->more.failed ? sp_error_nomem(s->err) : 0;
}

/* ---------------------------------------------------------------- the file */

static int write_error(struct say *s, const char *path)
{
    int reason = errno;

    sp_error_set(s->err, SP_ERR_IO, "cannot be written: %s", strerror(reason));
    sp_error_where(s->err, "%s", path);
    sp_error_cure(s->err, "give a file in another folder with --output");
    return SP_ERR_IO;
}

/* The name says which sighting it is of, so a file of that name is an earlier filter of the same: it is written anew. */
static int write_filter(struct say *s)
{
    const struct sp_act_options *o = s->options;
    char *path = s->result->filter;
    size_t left = s->filter.len, room = sizeof s->result->filter;
    const char *p = s->filter.ptr;
    int n = o->filter ? snprintf(path, room, "%s", o->filter) : snprintf(path, room, "%s.benign-%.12s.yml", o->case_path, s->result->id), fd;

    if (n < 0 || (size_t)n >= room) {
        errno = ENAMETOOLONG;
        return write_error(s, o->filter ? o->filter : o->case_path);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return write_error(s, path);
    while (left) {
        ssize_t done = write(fd, p, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            (void)write_error(s, path);
            (void)close(fd);
            return SP_ERR_IO;
        }
        p += done;
        left -= (size_t)done;
    }
    return close(fd) == 0 ? 0 : write_error(s, path);
}

/* ---------------------------------------------------------------- the row */

static int add_row(struct say *s)
{
    const struct sp_act_options *o = s->options;
    struct sp_case_act act = {
        .time_ns = s->now_ns, .who = sp_str_c(o->by.who ? o->by.who : ""), .host = sp_str_c(o->by.host ? o->by.host : ""),
        .kind = sp_str_c(verbs[o->verb]), .target = sp_str_c(s->result->id), .text = sp_str_c(o->word.count > 1 ? o->word.text[1] : ""),
        .why = sp_str_c(o->why), .until = sp_str_c(o->until ? o->until : ""), .more = sp_buf_view(&s->more),
    };
    int64_t row;
    int rc = sp_case_begin(s->c, s->err);

    if (rc == 0)
        rc = sp_case_act_add(s->c, &act, &row, s->err);
    if (rc == 0)
        rc = sp_case_commit(s->c, s->err);
    if (rc < 0)
        sp_case_rollback(s->c);
    return rc;
}

struct count {
    struct say *say;
    struct sp_suppress *suppress;
};

/* sp_case_sightings */
static int count_hidden(void *arg, const struct sp_case_sighting *one)
{
    struct count *c = arg;
    int64_t act;
    int rc = sp_suppress_asks(c->suppress, one->org, one->rule_id) ? sp_line_read(&c->say->line, one->line, c->say->err) : SP_ERR_FORMAT;

    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : 0; /* one that cannot be read is not hidden */
    rc = sp_suppress_holds(c->suppress, one->org, one->rule_id, &c->say->line, &act);
    c->say->result->hidden += rc > 0;
    return rc < 0 ? sp_error_nomem(c->say->err) : 0;
}

/* How many sightings of the case the filters of this rule hold for now. */
static int tell_hidden(struct say *s)
{
    struct sp_case_filter filter = { .rule_id = s->rule_id, .org = s->org, .with_line = true };
    struct count count = { s, NULL };
    int rc = sp_suppress_new(s->c, s->now_ns / 1000000000, s->ctx, &count.suppress, s->err);

    if (rc == 0)
        rc = sp_case_sightings(s->c, &filter, count_hidden, &count, s->err);
    sp_suppress_free(count.suppress);
    return rc;
}

static int say(struct say *s)
{
    bool benign = s->options->verb == SP_ACT_BENIGN;
    int rc = sp_case_open(s->options->case_path, SP_CASE_ACT, s->ctx, &s->c, s->err);

    if (rc == 0)
        rc = sp_case_sighting_find(s->c, sp_str_c(s->options->word.text[0]), take_sighting, s, s->err);
    if (rc == 0 && !s->json.ptr)
        rc = sp_error_nomem(s->err);
    if (rc == 0 && benign)
        rc = sp_line_read(&s->line, s->json, s->err);
    if (rc == 0 && benign)
        rc = make_filter(s);
    if (rc == 0 && benign)
        rc = make_more(s);
    if (rc == 0 && benign)
        rc = write_filter(s);
    if (rc == 0)
        rc = add_row(s);
    if (rc == 0 && benign)
        rc = tell_hidden(s);
    return rc;
}

int sp_act(const struct sp_act_options *options, const struct sp_ctx *ctx, struct sp_act_result *ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct say s = { .options = options, .ctx = ctx, .result = ret, .err = err ? err : &ignored };
    struct timespec now;
    int rc;

    *ret = (struct sp_act_result){ .hidden = 0 };
    if (clock_gettime(CLOCK_REALTIME, &now) == 0)
        s.now_ns = now.tv_sec * 1000000000 + now.tv_nsec;
    sp_arena_init(&s.arena, SIZE_MAX);
    sp_line_init(&s.line);
    rc = check_options(&s);
    if (rc == 0)
        rc = say(&s);
    sp_case_close(s.c);
    sp_line_done(&s.line);
    sp_buf_done(&s.filter);
    sp_buf_done(&s.logsource);
    sp_buf_done(&s.more);
    sp_arena_done(&s.arena);
    return rc < 0 ? rc : 0;
}
