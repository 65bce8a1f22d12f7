/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the acts `benign` of a case, lines of sightings. Out: which lines a filter holds for.
 *
 * A filter document says nothing alone: it is joined to a rule. So each is loaded behind a rule that has the id and the log
 * source of its own and is true of every event, and what is left is the filter's own word.
 */
#include "engine/suppress.h"

#include "base/alloc.h"
#include "base/time.h"
#include "event/event.h"
#include "match/eval.h"
#include "rule/filter_text.h"
#include "rule/rule_load.h"
#include "store/case.h"

struct judge {
    struct sp_taxonomy *taxonomy; /* borrowed by events */
    struct sp_rule_set *set;
    struct sp_events *events;
    struct sp_eval *eval;
};

struct filter {
    struct sp_suppress_count count;
    struct judge judge;
};

struct sp_suppress {
    struct sp_arena arena;
    struct sp_limits limits;
    struct sp_taxonomy *taxonomy;
    const struct sp_ctx *ctx;
    int64_t now_s;
    struct filter *filter;
    struct sp_suppress_count *count; /* a copy for who asks */
    uint32_t filters, room;
    struct sp_line more;
};

static void judge_done(struct judge *j)
{
    sp_eval_free(j->eval);
    sp_events_free(j->events);
    sp_rules_free(j->set);
}

/* The rule that is true of every event, then the document. `logsource` is the JSON of the rule's: JSON is YAML. */
static int judge_init(struct judge *j, struct sp_str document, struct sp_str rule_id, struct sp_str logsource, const struct sp_limits *limits,
                      struct sp_error *err)
{
    struct sp_rule_options o = { .limits = limits, .status_mask = UINT32_MAX };
    struct sp_buf text;
    int rc;

    sp_buf_init(&text, 0);
    sp_buf_text(&text, "title: all\nid: ");
    sp_yaml_quote(&text, rule_id);
    sp_buf_text(&text, "\nlogsource: ");
    sp_buf_str(&text, logsource);
    sp_buf_text(&text, "\ndetection:\n    none:\n        \"spoor: no such field\": x\n    condition: not none\n---\n");
    sp_buf_str(&text, document);
    rc = text.failed ? sp_error_nomem(err) : sp_rules_parse(SP_STR("filter"), sp_buf_view(&text), &o, &j->set, err);
    sp_buf_done(&text);
    if (rc < 0)
        return rc;
    if (j->set->rule_count != 1 || j->set->doc_count != 2 || j->set->doc[1].kind != SP_DOC_FILTER || j->set->doc[1].verdict == SP_VERDICT_REFUSED ||
        j->set->rule[0]->item_count < 2)
        return sp_error_set(err, SP_ERR_FORMAT, "the filter cannot be used%s%.*s",
                            j->set->doc_count > 1 && j->set->doc[1].reason_count ? ": " : "",
                            SP_STR_ARG((j->set->doc_count > 1 && j->set->doc[1].reason_count ? j->set->doc[1].reason[0] : SP_STR_NONE)));
    j->events = sp_events_new(j->taxonomy, NULL);
    j->eval = j->events ? sp_eval_new(j->set, j->events) : NULL;
    return j->eval ? 0 : sp_error_nomem(err);
}

/* 1: the filter holds, the rule that is always true is false. The event is the fields that the line has, by their own names. */
static int judge_line(struct judge *j, const struct sp_line *line)
{
    struct sp_node none[2] = { { .value = { .type = SP_V_MAP }, .count = 0 } };
    struct sp_tree empty = { .node = none, .count = 1, .room = 2 };
    struct sp_record record = { .kind = SP_RECORD_TEXT, .tree = &empty };
    uint32_t fields = sp_line_at(line, 0, "fields");
    struct sp_event event;
    enum sp_truth truth;
    struct sp_tree tree = line->tree;
    int rc;

    if (!fields)
        return 0;
    rc = sp_event_make(j->events, &record, &event);
    if (rc < 0)
        return rc;
    record.tree = &tree;
    event.tree = &tree;
    event.fields = event.whole = fields;
    sp_eval_begin(j->eval, &event);
    rc = sp_eval_rule(j->eval, j->set->rule[0], &truth);
    return rc < 0 ? rc : truth == SP_FALSE;
}

bool sp_until_parse(struct sp_str text, int64_t *ret_s)
{
    char whole[32];
    struct sp_time t;

    if (text.len == 10) { /* a day holds to its end */
        memcpy(whole, text.ptr, 10);
        memcpy(whole + 10, "T23:59:59Z", 10);
        text = (struct sp_str){ whole, 20 };
    }
    if (!sp_time_parse(text, &t))
        return false;
    *ret_s = t.sec;
    return true;
}

static void note_broken(struct sp_suppress *s, const struct sp_case_act *act, const struct sp_error *why)
{
    struct sp_error note;

    sp_error_set(&note, SP_ERR_FORMAT, "act %lld, benign, is left out: %.300s", (long long)act->row, why->what);
    sp_error_where(&note, "case");
    sp_error_cure(&note, "say `spoor benign` again for its sighting");
    sp_note(s->ctx, &note);
}

/* sp_case_acts: one act benign becomes a filter, unless its day is over. */
static int take_act(void *arg, const struct sp_case_act *act)
{
    struct sp_suppress *s = arg;
    struct filter *f;
    struct sp_error err = { 0 };
    struct sp_str document, logsource;
    int64_t until;
    int rc;

    if (act->until.len && sp_until_parse(act->until, &until) && until < s->now_s)
        return 0;
    rc = act->more.len ? sp_line_read(&s->more, act->more, &err) : SP_ERR_FORMAT;
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : 0;
    document = sp_line_member(&s->more, 0, "filter");
    logsource = sp_line_member(&s->more, 0, "logsource");
    if (!document.ptr || !logsource.ptr)
        return s->more.failed ? SP_ERR_NOMEM : 0;
    if (!sp_list_grow(&s->filter, s->filters, &s->room, sizeof *s->filter))
        return SP_ERR_NOMEM;
    f = &s->filter[s->filters];
    *f = (struct filter){ .judge = { .taxonomy = s->taxonomy }, .count = { .act = act->row } };
    f->count.rule_id = sp_arena_str(&s->arena, sp_line_member(&s->more, 0, "rule"));
    f->count.org = sp_arena_str(&s->arena, sp_line_member(&s->more, 0, "org"));
    if (s->more.failed || !f->count.rule_id.ptr || !f->count.org.ptr)
        return SP_ERR_NOMEM;
    rc = judge_init(&f->judge, document, f->count.rule_id, logsource, &s->limits, &err);
    s->filters += rc == 0;
    if (rc == 0)
        return 0;
    judge_done(&f->judge);
    if (rc == SP_ERR_NOMEM)
        return rc;
    note_broken(s, act, &err);
    return 0;
}

int sp_suppress_new(struct sp_case *c, int64_t now_s, const struct sp_ctx *ctx, struct sp_suppress **ret, struct sp_error *err)
{
    struct sp_suppress *s = sp_zalloc(sizeof *s);
    int rc;

    *ret = NULL;
    if (!s)
        return sp_error_nomem(err);
    s->limits = sp_limits_default();
    s->ctx = ctx;
    s->now_s = now_s;
    sp_arena_init(&s->arena, SIZE_MAX);
    sp_line_init(&s->more);
    rc = sp_taxonomy_new(&s->taxonomy, err);
    if (rc == 0)
        rc = sp_case_acts(c, SP_STR("benign"), (struct sp_str){ NULL, 0 }, take_act, s, err);
    if (rc == SP_ERR_NOMEM)
        rc = sp_error_nomem(err);
    if (rc == 0 && s->filters) {
        s->count = sp_zalloc(s->filters * sizeof *s->count);
        if (s->count) {
            *ret = s;
            return 0;
        }
        rc = sp_error_nomem(err);
    }
    sp_suppress_free(s);
    return rc;
}

void sp_suppress_free(struct sp_suppress *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->filters; i++)
        judge_done(&s->filter[i].judge);
    sp_free(s->filter);
    sp_free(s->count);
    sp_taxonomy_free(s->taxonomy);
    sp_line_done(&s->more);
    sp_arena_done(&s->arena);
    sp_free(s);
}

static bool for_rule(const struct filter *f, struct sp_str org, struct sp_str rule_id)
{
    return sp_str_eq(f->count.rule_id, rule_id) && sp_str_eq(f->count.org, org);
}

bool sp_suppress_asks(const struct sp_suppress *s, struct sp_str org, struct sp_str rule_id)
{
    for (uint32_t i = 0; s && i < s->filters; i++)
        if (for_rule(&s->filter[i], org, rule_id))
            return true;
    return false;
}

int sp_suppress_holds(struct sp_suppress *s, struct sp_str org, struct sp_str rule_id, const struct sp_line *line, int64_t *ret_act)
{
    for (uint32_t i = 0; s && i < s->filters; i++) {
        struct filter *f = &s->filter[i];
        int rc = for_rule(f, org, rule_id) ? judge_line(&f->judge, line) : 0;

        if (rc < 0)
            return rc;
        if (rc > 0) {
            f->count.count++;
            *ret_act = f->count.act;
            return 1;
        }
    }
    return 0;
}

size_t sp_suppress_counts(const struct sp_suppress *s, const struct sp_suppress_count **ret)
{
    *ret = s ? s->count : NULL;
    for (uint32_t i = 0; s && i < s->filters; i++)
        s->count[i] = s->filter[i].count;
    return s ? s->filters : 0;
}

int sp_suppress_try(struct sp_str document, struct sp_str rule_id, struct sp_str logsource, const struct sp_line *line, struct sp_error *err)
{
    struct sp_limits limits = sp_limits_default();
    struct judge j = { 0 };
    int rc = sp_taxonomy_new(&j.taxonomy, err);

    if (rc == 0)
        rc = judge_init(&j, document, rule_id, logsource, &limits, err);
    if (rc == 0) {
        rc = judge_line(&j, line);
        if (rc < 0)
            rc = sp_error_nomem(err);
    }
    judge_done(&j);
    sp_taxonomy_free(j.taxonomy);
    return rc;
}
