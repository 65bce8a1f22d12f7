/* SPDX-License-Identifier: Apache-2.0
 *
 * In: one rule and one record. Out: what each item of the rule saw there, and what would have to differ for the verdict
 * to be "match" (contract 2, explain).
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "base/safe.h"
#include "engine/scope.h"
#include "match/eval.h"

struct explain {
    const struct sp_explain_options *options;
    struct sp_scope scope;
    struct sp_reader *reader;
    struct sp_cursor cursor;
    struct sp_events *events;
    struct sp_eval *eval;
    const struct sp_rule *rule;
    struct sp_account account;
    struct sp_buf out, scratch;
    struct sp_error *err;
};

/* FILE@OFFSET, FILE:LINE or FILE, FILE being ARCHIVE!INNER too. A file of that very name wins over the reading with a place. */
struct place {
    char *path; /* owned */
    enum { PLACE_FIRST, PLACE_OFFSET, PLACE_LINE } kind;
    uint64_t at;
};

static int parse_place(const char *what, struct place *ret)
{
    size_t len = strlen(what), digits = 0;
    char *end;

    *ret = (struct place){ .path = sp_malloc(len + 1) };
    if (!ret->path)
        return SP_ERR_NOMEM;
    memcpy(ret->path, what, len + 1);
    while (digits < len && what[len - digits - 1] >= '0' && what[len - digits - 1] <= '9')
        digits++;
    if (digits == 0 || digits > 19 || digits == len || sp_scope_exists(what))
        return 0;
    if (what[len - digits - 1] != '@' && what[len - digits - 1] != ':')
        return 0;
    ret->kind = what[len - digits - 1] == '@' ? PLACE_OFFSET : PLACE_LINE;
    ret->at = strtoull(what + len - digits, &end, 10);
    ret->path[len - digits - 1] = '\0';
    return 0;
}

/* The source of that path, which may be in an archive. */
static int find_source(struct explain *x, const struct place *place, const struct sp_source **ret)
{
    struct sp_read_options read = x->options->read;
    struct sp_hunt_path outer = { "local", place->path };
    size_t len = strcmp(place->path, "-") == 0 ? 1 : sp_scope_outer(place->path);
    char inner = place->path[len];
    int rc;

    read.path = &outer;
    read.path_count = 1;
    place->path[len] = '\0';
    rc = sp_scope_sources(&x->scope, &read, x->err);
    place->path[len] = inner;
    for (size_t i = 0; rc == 0 && i < x->scope.sources.count; i++) {
        *ret = &x->scope.sources.source[i];
        if (strcmp((*ret)->path, place->path) == 0 && (!(*ret)->skipped || (*ret)->copy_of))
            return 0;
    }
    if (rc < 0)
        return rc;
    sp_error_set(x->err, SP_ERR_NOT_FOUND, "there is no such log");
    sp_error_where(x->err, "%s", x->options->what);
    sp_error_cure(x->err, "give FILE@OFFSET, in an archive ARCHIVE!FILE@OFFSET, as `spoor decode ARCHIVE` shows it");
    return SP_ERR_NOT_FOUND;
}

static int find_record(struct explain *x, const struct place *place, struct sp_record *ret)
{
    const struct sp_source *source = NULL;
    int rc;

    sp_account_init(&x->account);
    rc = find_source(x, place, &source);
    if (rc < 0)
        return rc;
    x->cursor.options = sp_archive_options_of(&x->scope.sources, &x->scope.limits, x->scope.ctx);
    rc = sp_reader_open_source(x->reader, source, &x->cursor, &x->account);
    while (rc > 0) {
        rc = sp_reader_next(x->reader, ret);
        if (rc <= 0)
            break;
        if (place->kind == PLACE_FIRST || (place->kind == PLACE_OFFSET && ret->offset == place->at) ||
            (place->kind == PLACE_LINE && ret->number == place->at))
            return 0;
    }
    if (rc < 0)
        return sp_error_nomem(x->err);
    sp_error_set(x->err, SP_ERR_NOT_FOUND, "no record stands there%s%s", x->account.skipped ? ": " : "", x->account.skipped ? x->account.skipped : "");
    sp_error_where(x->err, "%s", x->options->what);
    sp_error_cure(x->err, "`spoor decode %.*s` lists the records with their offsets", (int)sp_scope_outer(place->path), place->path);
    return SP_ERR_NOT_FOUND;
}

static int find_rule(struct explain *x)
{
    const struct sp_rule_set *set = x->scope.rules;

    for (uint32_t i = 0; i < set->rule_count; i++)
        if (!set->rule[i]->own || sp_str_is(set->rule[i]->id, x->options->rule)) {
            x->rule = set->rule[i];
            return 0;
        }
    for (uint32_t i = 0; i < set->doc_count; i++)
        if (set->doc[i].verdict == SP_VERDICT_REFUSED && set->doc[i].reason_count) {
            sp_error_set(x->err, SP_ERR_USAGE, "the rule is refused: %.*s", SP_STR_ARG(set->doc[i].reason[0]));
            sp_error_where(x->err, "%s", x->options->rule);
            sp_error_cure(x->err, "correct the rule; `spoor rules check` says more");
            return SP_ERR_USAGE;
        }
    sp_error_set(x->err, SP_ERR_USAGE, "holds no rule that could be explained");
    sp_error_where(x->err, "%s", x->options->rule);
    sp_error_cure(x->err, "give a rule file, or the id of one of spoor's own rules (`spoor rules list`)");
    return SP_ERR_USAGE;
}

static const char *state_of(const struct sp_item_seen *seen)
{
    return seen->truth == SP_UNKNOWN ? "unknown" : seen->missing && seen->truth == SP_FALSE ? "missing" : seen->truth == SP_TRUE ? "true" : "false";
}

static void item_id(struct explain *x, const struct sp_item *item)
{
    sp_buf_clear(&x->scratch);
    sp_buf_str(&x->scratch, item->selection);
    sp_buf_printf(&x->scratch, "/%u", item->id);
}

static int item_json(struct explain *x, struct sp_json *w, const struct sp_item *item)
{
    struct sp_item_seen seen;
    int rc = sp_eval_item(x->eval, x->rule, item, &seen);

    if (rc < 0)
        return rc;
    sp_json_open(w, '{');
    item_id(x, item);
    sp_json_key(w, SP_STR("id"));
    sp_json_str(w, sp_buf_view(&x->scratch));
    sp_json_key(w, SP_STR("field"));
    sp_json_str(w, item->field);
    sp_json_key(w, SP_STR("modifiers"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < item->modifier_count; i++)
        sp_json_str(w, item->modifier[i]);
    sp_json_close(w, ']');
    sp_json_key(w, SP_STR("wanted"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < item->pattern_count; i++)
        sp_json_str(w, item->pattern[i].text);
    if (item->exists)
        sp_json_bool(w, item->exists_wanted);
    sp_json_close(w, ']');
    sp_json_key(w, SP_STR("seen"));
    if (seen.has_text)
        sp_json_str(w, seen.text);
    else
        sp_json_null(w);
    sp_json_key(w, SP_STR("state"));
    sp_json_text(w, state_of(&seen));
    sp_json_close(w, '}');
    return 0;
}

/* How many items would have to differ so that the expression reads `wanted`; 0 when it does already. */
static uint32_t cost(struct explain *x, const struct sp_expr *e, bool wanted)
{
    enum sp_truth t = SP_UNKNOWN;
    uint32_t sum = 0, least = UINT32_MAX;
    bool all;

    (void)sp_eval_expr(x->eval, x->rule, e, &t);
    if (t == (wanted ? SP_TRUE : SP_FALSE))
        return 0;
    if (e->kind == SP_E_ITEM)
        return 1;
    if (e->kind == SP_E_NOT)
        return cost(x, e->child[0], !wanted);
    for (uint32_t i = 0; i < e->child_count; i++) {
        uint32_t c = cost(x, e->child[i], wanted);

        sum += c;
        if (c && c < least)
            least = c;
    }
    all = (e->kind == SP_E_AND) == wanted;
    return all || least == UINT32_MAX ? sum : least;
}

static void flip_json(struct explain *x, struct sp_json *w, const struct sp_item *item, bool wanted)
{
    sp_json_open(w, '{');
    item_id(x, item);
    sp_json_key(w, SP_STR("item"));
    sp_json_str(w, sp_buf_view(&x->scratch));
    sp_json_key(w, SP_STR("field"));
    sp_json_str(w, item->field);
    sp_json_key(w, SP_STR("must_be"));
    sp_json_bool(w, wanted);
    sp_json_close(w, '}');
}

/* The items of the cheapest way to `wanted`: of an AND all that fail, of an OR the nearest, of N of the nearest few. */
static void flips(struct explain *x, struct sp_json *w, const struct sp_expr *e, bool wanted)
{
    uint32_t need, done = 0, best;

    if (cost(x, e, wanted) == 0)
        return;
    if (e->kind == SP_E_ITEM) {
        flip_json(x, w, e->item, wanted);
        return;
    }
    if (e->kind == SP_E_NOT) {
        flips(x, w, e->child[0], !wanted);
        return;
    }
    need = e->kind == SP_E_AND ? (wanted ? e->child_count : 1) : e->kind == SP_E_OR ? (wanted ? 1 : e->child_count)
         : wanted ? e->least : e->child_count - e->least + 1;
    for (uint32_t i = 0; i < e->child_count; i++)
        done += cost(x, e->child[i], wanted) == 0;
    for (uint32_t level = 1; done < need && level < UINT32_MAX; level = best) {
        best = UINT32_MAX;
        for (uint32_t i = 0; i < e->child_count && done < need; i++) {
            uint32_t c = cost(x, e->child[i], wanted);

            if (c == level) {
                flips(x, w, e->child[i], wanted);
                done++;
            } else if (c > level && c < best) {
                best = c;
            }
        }
    }
}

static int as_json(struct explain *x, enum sp_truth verdict)
{
    struct sp_json w = sp_json_to(&x->out);
    int rc = 0;

    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("rule"));
    sp_json_str(&w, x->rule->id);
    sp_json_key(&w, SP_STR("verdict"));
    sp_json_text(&w, verdict == SP_TRUE ? "match" : verdict == SP_FALSE ? "no-match" : "unknown");
    sp_json_key(&w, SP_STR("items"));
    sp_json_open(&w, '[');
    for (uint32_t i = 0; rc == 0 && i < x->rule->item_count; i++)
        rc = item_json(x, &w, x->rule->item[i]);
    sp_json_close(&w, ']');
    sp_json_key(&w, SP_STR("flip"));
    sp_json_open(&w, '[');
    if (verdict != SP_TRUE)
        flips(x, &w, x->rule->condition, true);
    sp_json_close(&w, ']');
    sp_json_close(&w, '}');
    sp_buf_char(&x->out, '\n');
    return rc;
}

static int as_text(struct explain *x, enum sp_truth verdict)
{
    int rc = 0;

    sp_safe_write(&x->out, x->rule->title);
    sp_buf_printf(&x->out, ": %s\n", verdict == SP_TRUE ? "match" : verdict == SP_FALSE ? "no match" : "unknown: the log source cannot carry a field that decides");
    for (uint32_t i = 0; rc == 0 && i < x->rule->item_count; i++) {
        const struct sp_item *item = x->rule->item[i];
        struct sp_item_seen seen;

        rc = sp_eval_item(x->eval, x->rule, item, &seen);
        if (rc < 0)
            break;
        sp_buf_printf(&x->out, "  %-8s ", state_of(&seen));
        sp_safe_write(&x->out, item->selection);
        sp_buf_text(&x->out, ": ");
        sp_safe_write(&x->out, item->field.len ? item->field : SP_STR("(any value)"));
        for (uint32_t m = 0; m < item->modifier_count; m++) {
            sp_buf_char(&x->out, '|');
            sp_safe_write(&x->out, item->modifier[m]);
        }
        sp_buf_text(&x->out, " wants");
        for (uint32_t p = 0; p < item->pattern_count && p < 4; p++) {
            sp_buf_text(&x->out, p ? ", '" : " '");
            sp_safe_write(&x->out, item->pattern[p].text);
            sp_buf_char(&x->out, '\'');
        }
        if (item->pattern_count > 4)
            sp_buf_printf(&x->out, ", and %u more", item->pattern_count - 4);
        sp_buf_text(&x->out, seen.has_text ? "; saw '" : "; saw nothing");
        if (seen.has_text) {
            sp_safe_write(&x->out, seen.text);
            sp_buf_char(&x->out, '\'');
        }
        sp_buf_char(&x->out, '\n');
    }
    return rc;
}

static int report(struct explain *x, const struct sp_event *event)
{
    enum sp_truth verdict = SP_FALSE;
    int rc;

    sp_eval_begin(x->eval, event);
    rc = sp_eval_rule(x->eval, x->rule, &verdict);
    if (rc == 0 && !sp_class_has(event->class_, &x->rule->logsource)) {
        struct sp_error note;

        verdict = SP_FALSE;
        sp_error_set(&note, SP_ERR_FORMAT, "the rule is for another log source than this event's: it never runs on it");
        sp_error_where(&note, "%s", x->options->what);
        sp_error_cure(&note, "compare `logsource` of the rule with `spoor decode --format fields`");
        sp_note(x->scope.ctx, &note);
    }
    if (rc == 0)
        rc = x->options->output.format == SP_FORMAT_TABLE ? as_text(x, verdict) : as_json(x, verdict);
    if (rc < 0 || x->out.failed || x->scratch.failed)
        return sp_error_nomem(x->err);
    return x->options->output.write(x->options->output.arg, x->out.ptr, x->out.len, x->err);
}

static int run(struct explain *x, const struct sp_ctx *ctx)
{
    struct sp_reader_options r = { .limits = &x->scope.limits, .ctx = ctx, .type = x->scope.type, .carve = x->scope.carve };
    struct sp_record record;
    struct sp_event event;
    struct place place = { 0 };
    int rc = find_rule(x);

    if (rc < 0)
        return rc;
    x->reader = sp_reader_new(&r);
    x->events = sp_events_new(x->scope.taxonomy, x->scope.given);
    x->eval = x->events ? sp_eval_new(x->scope.rules, x->events) : NULL;
    if (!x->reader || !x->eval || parse_place(x->options->what, &place) < 0)
        rc = sp_error_nomem(x->err);
    if (rc == 0)
        rc = find_record(x, &place, &record);
    sp_free(place.path);
    if (rc == 0 && sp_event_make(x->events, &record, &event) < 0)
        rc = sp_error_nomem(x->err);
    return rc < 0 ? rc : report(x, &event);
}

int sp_explain(const struct sp_explain_options *options, const struct sp_ctx *ctx, struct sp_error *err)
{
    struct sp_error ignored;
    struct explain x = { .options = options, .err = err ? err : &ignored };
    struct sp_rules_options rules = options->rules;
    struct sp_ctx quiet = { .stop = ctx ? ctx->stop : NULL };
    const char *path[1] = { options->rule };
    bool file = sp_scope_exists(options->rule);
    int rc;

    rules.path = (struct sp_texts){ path, file ? 1 : 0 };
    rules.no_own = file;
    rules.status = "any";
    rc = sp_scope_init(&x.scope, &options->read, file ? ctx : &quiet, x.err);
    if (rc == 0)
        rc = sp_scope_rules(&x.scope, &rules, x.err);
    x.scope.ctx = ctx;
    if (rc == 0)
        rc = run(&x, ctx);
    sp_reader_free(x.reader);
    sp_cursor_done(&x.cursor);
    sp_eval_free(x.eval);
    sp_events_free(x.events);
    sp_account_done(&x.account);
    sp_buf_done(&x.out);
    sp_buf_done(&x.scratch);
    sp_scope_done(&x.scope);
    return rc;
}
