/* SPDX-License-Identifier: Apache-2.0
 *
 * coverage: which rules can fire on these logs at all. The pass counts events by (class, event id); a rule is then judged
 * for each of these origins: what can its condition become there? An item over a field that the class cannot carry is
 * UNKNOWN, one over the event id is known, any other can be true or false.
 *
 *      TRUE is among them somewhere              live
 *      it would be, but for fields               no field
 *      the log is here, the event ids are not    no event
 *      no event of the rule's log source         no log
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/rules.h"
#include "engine/survey.h"

enum { CAN_BE_TRUE = 1, CAN_BE_FALSE = 2, CAN_BE_UNKNOWN = 4 };
enum verdict { LIVE, NO_FIELD, NO_EVENT, NO_LOG, VERDICTS };
static const char *const verdict_name[] = { "live", "no-field", "no-event", "no-log" };

struct origin {
    const struct sp_class *class_;
    uint32_t event_id;
    uint64_t count;
};

struct view {
    struct sp_rows rows;      /* key: u32 class id, event id */
    struct origin *origin;    /* of the rows, sorted by class */
    struct sp_rows sources, tactics, needed; /* of the tables: count[0] all, then by verdict */
    struct sp_buf key, text;
};

struct part {
    struct sp_rows rows;
    struct sp_buf key;
};

static int begin(struct sp_survey *s)
{
    struct view *v = s->view;

    sp_rows_init(&v->rows, s->scope.limits.view_rows);
    sp_rows_init(&v->sources, s->scope.limits.view_rows);
    sp_rows_init(&v->tactics, s->scope.limits.view_rows);
    sp_rows_init(&v->needed, s->scope.limits.view_rows);
    return sp_scope_rules(&s->scope, &s->options->rules, s->err);
}

static int see(struct sp_survey *s, void *part, const struct sp_survey_seen *seen)
{
    struct part *p = part;
    uint32_t id = seen->event->class_->id;

    if (!p->rows.max)
        sp_rows_init(&p->rows, s->scope.limits.view_rows);
    sp_buf_clear(&p->key);
    sp_key_add(&p->key, (struct sp_str){ (const char *)&id, sizeof id });
    sp_key_add(&p->key, sp_survey_event_id(seen, 0));
    if (p->key.failed || sp_survey_failed(seen))
        return SP_ERR_NOMEM;
    return sp_rows_count(&p->rows, sp_buf_view(&p->key), seen->event->time);
}

static int commit(struct sp_survey *s, void *part, size_t source)
{
    struct view *v = s->view;
    struct part *p = part;
    int rc = sp_rows_join(&v->rows, &p->rows);

    (void)source;
    sp_rows_clear(&p->rows);
    return rc < 0 ? sp_error_nomem(s->err) : 0;
}

static void part_done(void *part)
{
    struct part *p = part;

    sp_rows_done(&p->rows);
    sp_buf_done(&p->key);
}

/* ---- what a condition can become on events of one origin */

/* Does the pattern, a number or its text, name the event id? -1: it is of another kind. */
static int names_id(const struct sp_pattern *p, uint32_t id)
{
    struct sp_str text;

    if (p->kind == SP_P_NUMBER)
        text = p->number;
    else if (p->kind == SP_P_TEXT && p->where == SP_WHERE_WHOLE && p->token_count == 1 && p->token[0].kind == SP_T_LITERAL)
        text = p->token[0].literal;
    else
        return -1;
    return text.len && sp_survey_number(text) == id;
}

static unsigned item_can(const struct origin *o, const struct sp_item *item, bool fields_count)
{
    const struct sp_field_line *line = item->field.len ? sp_class_field(o->class_, item->field) : NULL;
    unsigned hits = 0;
    bool holds;

    if (line && line->from.kind == SP_FROM_ABSENT)
        return fields_count ? CAN_BE_UNKNOWN : CAN_BE_TRUE | CAN_BE_FALSE;
    if (!o->event_id || item->exists || !item->pattern_count || !sp_str_is(item->field, "EventID"))
        return CAN_BE_TRUE | CAN_BE_FALSE;
    for (uint32_t i = 0; i < item->pattern_count; i++) {
        int named = names_id(&item->pattern[i], o->event_id);

        if (named < 0)
            return CAN_BE_TRUE | CAN_BE_FALSE;
        hits += named > 0;
    }
    holds = item->all ? hits == item->pattern_count : hits > 0;
    return holds != item->neq ? CAN_BE_TRUE : CAN_BE_FALSE;
}

/* Recursion is bounded by SP_CONDITION_DEPTH_MAX. */
static unsigned can(const struct origin *o, const struct sp_expr *x, bool fields_count)
{
    uint32_t true_ = 0, false_ = 0, open = 0, least = x->kind == SP_E_AND ? x->child_count : x->kind == SP_E_COUNT ? x->least : 1;
    unsigned one;

    if (x->kind == SP_E_ITEM)
        return item_can(o, x->item, fields_count);
    if (x->kind == SP_E_NOT) {
        one = can(o, x->child[0], fields_count);
        return (one & CAN_BE_UNKNOWN) | (one & CAN_BE_TRUE ? CAN_BE_FALSE : 0) | (one & CAN_BE_FALSE ? CAN_BE_TRUE : 0);
    }
    for (uint32_t i = 0; i < x->child_count; i++) { /* at least `least` of them */
        one = can(o, x->child[i], fields_count);
        true_ += (one & CAN_BE_TRUE) != 0;
        false_ += (one & CAN_BE_FALSE) != 0;
        open += (one & (CAN_BE_TRUE | CAN_BE_UNKNOWN)) != 0;
    }
    return (true_ >= least ? CAN_BE_TRUE : 0u) | (x->child_count - false_ < least ? CAN_BE_FALSE : 0u) | (open >= least && open > 0 ? CAN_BE_UNKNOWN : 0u);
}

static enum verdict judge_at(const struct origin *o, const struct sp_rule *rule)
{
    if (can(o, rule->condition, true) & CAN_BE_TRUE)
        return LIVE;
    return can(o, rule->condition, false) & CAN_BE_TRUE ? NO_FIELD : NO_EVENT;
}

/* ---- the tables */

static int count(struct sp_rows *rows, struct sp_buf *key, enum verdict verdict, uint64_t n)
{
    struct sp_row *row;
    int rc;

    if (key->failed)
        return SP_ERR_NOMEM;
    rc = sp_rows_at(rows, sp_buf_view(key), sp_buf_view(key), (struct sp_time){ .known = false }, &row);
    if (rc > 0) {
        row->count[0] += n;
        row->count[2 + verdict] += n;
    }
    return rc < 0 ? rc : 0;
}

/* `attack.credential-access` as credential-access; ptr NULL: the tag is none of a tactic. */
static struct sp_str tactic_of(struct sp_str tag, struct sp_buf *scratch)
{
    struct sp_str name;

    if (!sp_str_starts(tag, SP_STR("attack.")) || tag.len < 9)
        return (struct sp_str){ NULL, 0 };
    name = sp_str_cut(tag, 7, tag.len - 7);
    sp_buf_clear(scratch);
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= '0' && name.ptr[i] <= '9') /* t1003, s0002, g0045, ds0005 */
            return (struct sp_str){ NULL, 0 };
        sp_buf_char(scratch, name.ptr[i] == '_' ? '-' : name.ptr[i]);
    }
    return sp_buf_view(scratch);
}

static int count_tactics(struct view *v, const struct sp_rule *rule, enum verdict verdict)
{
    bool any = false;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i <= rule->tag_count; i++) {
        struct sp_str tactic = i < rule->tag_count ? tactic_of(rule->tag[i], &v->text) : any ? (struct sp_str){ NULL, 0 } : SP_STR("(none)");

        if (!tactic.ptr)
            continue;
        any = true;
        sp_buf_clear(&v->key);
        sp_key_add(&v->key, tactic);
        rc = count(&v->tactics, &v->key, verdict, 1);
    }
    return rc;
}

/* The logs that a rule's log source stands for: `Microsoft-Windows-Sysmon/Operational 1 or Security 4688`. */
static void write_needed(const struct sp_survey *s, const struct sp_rule *rule, struct sp_buf *to)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < sp_taxonomy_count(s->scope.taxonomy); i++) {
        const struct sp_class *c = sp_taxonomy_class(s->scope.taxonomy, i);

        if (c->product.len + c->category_count + c->service_count == 0 || !sp_class_has(c, &rule->logsource))
            continue;
        if (shown == 3) {
            sp_buf_text(to, " ...");
            return;
        }
        sp_buf_text(to, shown++ ? " or " : "");
        sp_class_origin(s->scope.taxonomy, c, to);
    }
    if (!shown)
        sp_buf_text(to, "a log of this kind, named with --logsource or --map");
}

static int count_needed(struct sp_survey *s, const struct sp_rule *rule)
{
    struct view *v = s->view;

    sp_buf_clear(&v->text);
    sp_rules_logsource(&v->text, &rule->logsource);
    sp_buf_clear(&v->key);
    sp_key_add(&v->key, sp_buf_view(&v->text));
    sp_buf_clear(&v->text);
    write_needed(s, rule, &v->text);
    sp_key_add(&v->key, sp_buf_view(&v->text));
    return v->text.failed ? SP_ERR_NOMEM : count(&v->needed, &v->key, NO_LOG, 1);
}

/* The best of a rule's verdicts over all origins, and one a class for the table of log sources. */
static int judge(struct view *v, const struct sp_rule *rule, enum verdict *ret)
{
    enum verdict here = NO_LOG;
    int rc = 0;

    *ret = NO_LOG;
    for (uint32_t i = 0; rc == 0 && i < v->rows.count; i++) {
        const struct origin *o = &v->origin[i];
        bool last = i + 1 == v->rows.count || v->origin[i + 1].class_ != o->class_;
        enum verdict one;

        if (!sp_class_has(o->class_, &rule->logsource) || o->class_->id == SP_CLASS_NONE)
            continue;
        one = here == LIVE ? LIVE : judge_at(o, rule);
        here = one < here ? one : here;
        if (!last)
            continue;
        sp_buf_clear(&v->key);
        sp_key_add(&v->key, (struct sp_str){ (const char *)&o->class_->id, sizeof o->class_->id });
        rc = count(&v->sources, &v->key, here, 1);
        *ret = here < *ret ? here : *ret;
        here = NO_LOG;
    }
    return rc;
}

static int by_class(const void *a, const void *b)
{
    const struct origin *x = a, *y = b;

    if (x->class_->id != y->class_->id)
        return x->class_->id < y->class_->id ? -1 : 1;
    return (x->event_id > y->event_id) - (x->event_id < y->event_id);
}

static bool make_origins(struct sp_survey *s)
{
    struct view *v = s->view;

    v->origin = sp_realloc_array(NULL, v->rows.count + 1, sizeof *v->origin);
    for (uint32_t i = 0; v->origin && i < v->rows.count; i++) {
        struct sp_str key = v->rows.row[i].key, class_ = sp_key_next(&key);
        uint32_t id;

        memcpy(&id, class_.ptr, sizeof id);
        v->origin[i] = (struct origin){ sp_taxonomy_class(s->scope.taxonomy, id), sp_survey_number(sp_key_next(&key)), v->rows.row[i].count[0] };
    }
    if (v->origin && v->rows.count)
        qsort(v->origin, v->rows.count, sizeof *v->origin, by_class);
    return v->origin != NULL;
}

static const struct sp_view_column source_columns[] = {
    { "events", "EVENTS", SP_VIEW_RIGHT, 0 }, { "rules", "RULES", SP_VIEW_RIGHT, 0 }, { "live", "LIVE", SP_VIEW_RIGHT, 0 }, { "no_field", "NO FIELD", SP_VIEW_RIGHT, 0 },
    { "no_event", "NO EVENT", SP_VIEW_RIGHT, 0 }, { "logsource", "LOG SOURCE HERE", SP_VIEW_LEFT, 28 },
    { "from", "FROM", SP_VIEW_LEFT, 8 },
}, tactic_columns[] = {
    { "rules", "RULES", SP_VIEW_RIGHT, 0 }, { "live", "LIVE", SP_VIEW_RIGHT, 0 }, { "no_field", "NO FIELD", SP_VIEW_RIGHT, 0 }, { "no_event", "NO EVENT", SP_VIEW_RIGHT, 0 },
    { "no_log", "NO LOG", SP_VIEW_RIGHT, 0 }, { "tactic", "TACTIC", SP_VIEW_LEFT, 12 },
}, needed_columns[] = {
    { "rules", "RULES", SP_VIEW_RIGHT, 0 }, { "logsource", "LOG SOURCE THAT IS NOT HERE", SP_VIEW_LEFT, 20 }, { "needs", "WHERE IT COMES FROM", SP_VIEW_LEFT, 16 },
};

/* `Sysmon 1` of Microsoft-Windows-Sysmon/Operational 1. */
static struct sp_str short_origin(struct sp_str origin, struct sp_buf *scratch)
{
    const char *blank = memrchr(origin.ptr, ' ', origin.len);
    size_t name = blank ? (size_t)(blank - origin.ptr) : origin.len;

    sp_buf_clear(scratch);
    sp_buf_str(scratch, sp_survey_short(sp_str_cut(origin, 0, name)));
    sp_buf_str(scratch, sp_str_cut(origin, name, origin.len - name));
    return sp_buf_view(scratch);
}

static void source_table(struct sp_survey *s, struct sp_view *to)
{
    struct view *v = s->view;
    uint64_t events = 0;

    for (uint32_t i = 0; i < v->rows.count; i++) {
        const struct sp_class *c = v->origin[i].class_;
        struct sp_logsource l = sp_class_logsource(c);
        const struct sp_row *row;

        events += v->origin[i].count;
        if (i + 1 < v->rows.count && v->origin[i + 1].class_ == c)
            continue;
        sp_buf_clear(&v->key);
        sp_key_add(&v->key, (struct sp_str){ (const char *)&c->id, sizeof c->id });
        row = sp_rows_find(&v->sources, sp_buf_view(&v->key));
        sp_view_u64(to, events);
        sp_view_u64(to, row ? row->count[0] : 0);
        sp_view_u64(to, row ? row->count[2 + LIVE] : 0);
        sp_view_u64(to, row ? row->count[2 + NO_FIELD] : 0);
        sp_view_u64(to, row ? row->count[2 + NO_EVENT] : 0);
        sp_buf_clear(&v->text);
        sp_rules_logsource(&v->text, &l);
        sp_view_text(to, c->id == SP_CLASS_NONE ? SP_STR("(no known kind)") : sp_buf_view(&v->text));
        to->out->failed |= v->key.failed || v->text.failed;
        sp_buf_clear(&v->text);
        if (c->id != SP_CLASS_NONE)
            sp_class_origin(s->scope.taxonomy, c, &v->text);
        sp_view_text(to, s->options->output.width ? short_origin(sp_buf_view(&v->text), &v->key) : sp_buf_view(&v->text));
        to->out->failed |= v->key.failed || v->text.failed;
        sp_view_row(to);
        events = 0;
    }
}

static void tactic_table(struct view *v, struct sp_view *to)
{
    sp_rows_sort(&v->tactics);
    for (uint32_t i = 0; i < v->tactics.count; i++) {
        const struct sp_row *row = &v->tactics.row[i];
        struct sp_str key = row->key;

        sp_view_u64(to, row->count[0]);
        for (unsigned n = LIVE; n < VERDICTS; n++)
            sp_view_u64(to, row->count[2 + n]);
        sp_view_text(to, sp_key_next(&key));
        sp_view_row(to);
    }
}

static void needed_table(struct view *v, struct sp_view *to)
{
    sp_rows_sort(&v->needed);
    for (uint32_t i = 0; i < v->needed.count; i++) {
        struct sp_str key = v->needed.row[i].key;

        sp_view_u64(to, v->needed.row[i].count[0]);
        sp_view_text(to, sp_key_next(&key));
        sp_view_text(to, sp_key_next(&key));
        sp_view_row(to);
    }
}

#define VIEW(columns) columns, sizeof columns / sizeof *columns
static void tables(struct sp_survey *s)
{
    const struct sp_output *o = &s->options->output;
    struct sp_view to;

    sp_view_begin(&to, o, VIEW(source_columns), &s->out);
    source_table(s, &to);
    sp_view_end(&to);
    sp_buf_char(&s->out, '\n');
    sp_view_begin(&to, o, VIEW(tactic_columns), &s->out);
    tactic_table(s->view, &to);
    sp_view_end(&to);
    if (((struct view *)s->view)->needed.count)
        sp_buf_char(&s->out, '\n');
    sp_view_begin(&to, o, VIEW(needed_columns), &s->out);
    needed_table(s->view, &to);
    sp_view_end(&to);
}

/* ---- one line a rule */

static const struct sp_view_column rule_columns[] = {
    { "rule", NULL, SP_VIEW_LEFT, 0 },      { "title", NULL, SP_VIEW_LEFT, 0 },   { "level", NULL, SP_VIEW_LEFT, 0 },  { "verdict", NULL, SP_VIEW_LEFT, 0 },
    { "logsource", NULL, SP_VIEW_LEFT, 0 }, { "tactics", NULL, SP_VIEW_LEFT, 0 }, { "lacking", NULL, SP_VIEW_LEFT, 0 }, { "needs", NULL, SP_VIEW_LEFT, 0 },
    { "file", NULL, SP_VIEW_LEFT, 0 },
};

static void tactics_json(struct view *v, const struct sp_rule *rule, struct sp_view *to)
{
    struct sp_json w = sp_json_to(&v->key);

    sp_buf_clear(&v->key);
    sp_json_open(&w, '[');
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        struct sp_str tactic = tactic_of(rule->tag[i], &v->text);

        if (tactic.ptr)
            sp_json_str(&w, tactic);
    }
    sp_json_close(&w, ']');
    sp_view_json(to, sp_buf_view(&v->key));
}

/* The fields that no log source of the rule that is here can carry. */
static void lacking_json(struct view *v, const struct sp_rule *rule, enum verdict verdict, struct sp_view *to)
{
    struct sp_json w = sp_json_to(&v->key);

    sp_buf_clear(&v->key);
    sp_json_open(&w, '[');
    for (uint32_t i = 0; verdict == NO_FIELD && i < rule->item_count; i++) {
        const struct sp_item *item = rule->item[i];
        bool carried = !item->field.len;

        for (uint32_t k = 0; k < i && !carried; k++)
            carried = sp_str_eq(rule->item[k]->field, item->field); /* said already, or carried */
        for (uint32_t n = 0; n < v->rows.count && !carried; n++)
            if (sp_class_has(v->origin[n].class_, &rule->logsource)) {
                const struct sp_field_line *line = sp_class_field(v->origin[n].class_, item->field);

                carried = !line || line->from.kind != SP_FROM_ABSENT;
            }
        if (!carried)
            sp_json_str(&w, item->field);
    }
    sp_json_close(&w, ']');
    sp_view_json(to, sp_buf_view(&v->key));
}

static void rule_line(struct sp_survey *s, const struct sp_rule *rule, enum verdict verdict, struct sp_view *to)
{
    struct view *v = s->view;

    sp_view_text(to, rule->id.len ? rule->id : (struct sp_str){ NULL, 0 });
    sp_view_text(to, rule->title);
    sp_view_text(to, sp_str_c(sp_level_name(rule->level)));
    sp_view_text(to, sp_str_c(verdict_name[verdict]));
    sp_buf_clear(&v->text);
    sp_rules_logsource(&v->text, &rule->logsource);
    sp_view_text(to, sp_buf_view(&v->text));
    tactics_json(v, rule, to);
    lacking_json(v, rule, verdict, to);
    sp_buf_clear(&v->text);
    if (verdict == NO_LOG)
        write_needed(s, rule, &v->text);
    sp_view_text(to, v->text.len ? sp_buf_view(&v->text) : (struct sp_str){ NULL, 0 });
    sp_view_text(to, rule->file);
    sp_view_row(to);
}

static int judge_rules(struct sp_survey *s, struct sp_view *to)
{
    struct view *v = s->view;
    const struct sp_rule_set *set = s->scope.rules;
    uint64_t by_verdict[VERDICTS] = { 0 };
    int rc = make_origins(s) ? 0 : SP_ERR_NOMEM;

    for (uint32_t i = 0; rc == 0 && i < set->rule_count && !sp_stopped(s->scope.ctx); i++) {
        enum verdict verdict;

        rc = judge(v, set->rule[i], &verdict);
        if (rc == 0)
            rc = count_tactics(v, set->rule[i], verdict);
        if (rc == 0 && verdict == NO_LOG)
            rc = count_needed(s, set->rule[i]);
        by_verdict[verdict]++;
        if (rc == 0 && s->options->output.format != SP_FORMAT_TABLE)
            rule_line(s, set->rule[i], verdict, to);
        if (v->key.failed || v->text.failed)
            rc = SP_ERR_NOMEM;
    }
    s->result->rows = s->result->coverage.rules = set->rule_count;
    s->result->coverage.live = by_verdict[LIVE];
    s->result->coverage.no_field = by_verdict[NO_FIELD];
    s->result->coverage.no_event = by_verdict[NO_EVENT];
    s->result->coverage.no_source = by_verdict[NO_LOG];
    s->result->coverage.silent = set->rule_count - by_verdict[LIVE];
    return rc;
}

static int give(struct sp_survey *s)
{
    struct view *v = s->view;
    struct sp_view to;
    int rc;

    s->result->left_out = v->rows.left_out;
    sp_view_begin(&to, &s->options->output, VIEW(rule_columns), &s->out);
    rc = judge_rules(s, &to);
    sp_view_end(&to);
    if (rc < 0)
        return sp_error_nomem(s->err);
    if (s->options->output.format == SP_FORMAT_TABLE)
        tables(s);
    return sp_survey_flush(s, false);
}

static void done(struct sp_survey *s)
{
    struct view *v = s->view;

    sp_rows_done(&v->rows);
    sp_rows_done(&v->sources);
    sp_rows_done(&v->tactics);
    sp_rows_done(&v->needed);
    sp_free(v->origin);
    sp_buf_done(&v->key);
    sp_buf_done(&v->text);
}

const struct sp_survey_ops sp_survey_coverage = {
    .view_bytes = sizeof(struct view), .part_bytes = sizeof(struct part), .begin = begin, .see = see, .commit = commit,
    .part_done = part_done, .write = give, .done = done,
};
