/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rule files. Out: what became of each document (contract 5), lists.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "base/safe.h"
#include "engine/rules.h"

static const char *verdict_name(enum sp_verdict v)
{
    return v == SP_VERDICT_OK ? "ok" : v == SP_VERDICT_WARN ? "warn" : "refused";
}

static const char *kind_name(enum sp_doc_kind k)
{
    return k == SP_DOC_RULE ? "rule" : k == SP_DOC_CORRELATION ? "correlation" : "filter";
}

void sp_rules_logsource(struct sp_buf *out, const struct sp_logsource *l)
{
    const struct sp_str part[] = { l->product, l->category, l->service };

    for (int i = 0; i < 3; i++) {
        if (i)
            sp_buf_char(out, '/');
        sp_buf_str(out, part[i].len ? part[i] : SP_STR("-"));
    }
}

static void applies(struct sp_rules_run *run, struct sp_json *w, const struct sp_rule *rule)
{
    sp_json_key(w, SP_STR("applies"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; rule && i < sp_taxonomy_count(run->scope.taxonomy); i++) {
        const struct sp_class *c = sp_taxonomy_class(run->scope.taxonomy, i);

        if (c->product.len + c->category_count + c->service_count > 0 && sp_class_has(c, &rule->logsource))
            sp_json_str(w, c->name);
    }
    sp_json_close(w, ']');
}

void sp_rules_text(struct sp_json *w, struct sp_str key, struct sp_str text)
{
    sp_json_key(w, key);
    if (text.ptr)
        sp_json_str(w, text);
    else
        sp_json_null(w);
}

/* The same as `stat` says, null where there is no rule, or none that was chosen. */
static int cost(struct sp_rules_run *run, struct sp_arena *arena, struct sp_json *w, const struct sp_doc *doc)
{
    struct sp_cost c;
    int rc = 0;

    sp_json_key(w, SP_STR("cost"));
    if (!doc->rule || doc->left_out) {
        sp_json_null(w);
        return 0;
    }
    sp_arena_reset(arena);
    rc = sp_cost_of(arena, run->scope.rules, run->scope.taxonomy, doc->rule, &c);
    if (rc == 0)
        sp_rules_cost(w, &c);
    return rc;
}

static int check_json(struct sp_rules_run *run, struct sp_arena *arena, const struct sp_doc *doc)
{
    struct sp_json w = sp_json_to(&run->out);
    int rc;

    sp_json_open(&w, '{');
    sp_rules_text(&w, SP_STR("file"), doc->file);
    sp_json_key(&w, SP_STR("line"));
    sp_json_u64(&w, doc->line);
    sp_rules_text(&w, SP_STR("id"), doc->id);
    sp_rules_text(&w, SP_STR("title"), doc->title);
    sp_json_key(&w, SP_STR("kind"));
    sp_json_text(&w, kind_name(doc->kind));
    sp_json_key(&w, SP_STR("verdict"));
    sp_json_text(&w, verdict_name(doc->verdict));
    sp_json_key(&w, SP_STR("reasons"));
    sp_json_open(&w, '[');
    for (uint32_t i = 0; i < doc->reason_count; i++)
        sp_json_str(&w, doc->reason[i]);
    sp_json_close(&w, ']');
    applies(run, &w, doc->rule);
    rc = cost(run, arena, &w, doc);
    sp_json_close(&w, '}');
    sp_buf_char(&run->out, '\n');
    return rc;
}

static void check_text(struct sp_rules_run *run, const struct sp_doc *doc)
{
    struct sp_buf *out = &run->out;

    if (doc->verdict == SP_VERDICT_OK)
        return; /* people look for what is wrong; the counts say the rest */
    sp_buf_printf(out, "%-8s", verdict_name(doc->verdict));
    sp_safe_write(out, doc->file);
    sp_buf_printf(out, ":%u  ", doc->line);
    sp_safe_write(out, doc->title.len ? doc->title : SP_STR("(no title)"));
    sp_buf_char(out, '\n');
    for (uint32_t i = 0; i < doc->reason_count; i++) {
        sp_buf_text(out, "          ");
        sp_safe_write(out, doc->reason[i]);
        sp_buf_char(out, '\n');
    }
}

int sp_rules_check(struct sp_rules_run *run)
{
    const struct sp_rule_set *set = run->scope.rules;
    bool text = run->options->output.format == SP_FORMAT_TABLE;
    struct sp_arena arena;
    int rc = 0;

    sp_arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; rc == 0 && i < set->doc_count; i++) {
        if (text)
            check_text(run, &set->doc[i]);
        else
            rc = check_json(run, &arena, &set->doc[i]);
    }
    sp_arena_done(&arena);
    if (text)
        sp_buf_printf(&run->out, "%u documents: %llu good, %llu with warnings, %llu refused\n", set->doc_count,
                      (unsigned long long)run->result->ok, (unsigned long long)run->result->warned,
                      (unsigned long long)run->result->refused);
    return rc < 0 ? sp_error_nomem(run->err) : 0;
}

int sp_rules_list(struct sp_rules_run *run)
{
    const struct sp_rule_set *set = run->scope.rules;

    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct sp_rule *r = set->rule[i];

        sp_buf_clear(&run->scratch);
        sp_rules_logsource(&run->scratch, &r->logsource);
        if (run->options->output.format == SP_FORMAT_TABLE) {
            sp_safe_write(&run->out, r->id.len ? r->id : SP_STR("(no id)                             "));
            sp_buf_printf(&run->out, "  %-13s  ", sp_level_name(r->level));
            sp_safe_write(&run->out, sp_buf_view(&run->scratch));
            sp_buf_text(&run->out, "  ");
            sp_safe_write(&run->out, r->title);
        } else {
            struct sp_json w = sp_json_to(&run->out);

            sp_json_open(&w, '{');
            sp_rules_text(&w, SP_STR("id"), r->id);
            sp_rules_text(&w, SP_STR("title"), r->title);
            sp_rules_text(&w, SP_STR("level"), sp_str_c(sp_level_name(r->level)));
            sp_rules_text(&w, SP_STR("status"), sp_str_c(sp_status_name(r->status)));
            sp_rules_text(&w, SP_STR("logsource"), sp_buf_view(&run->scratch));
            sp_rules_text(&w, SP_STR("file"), r->file);
            sp_json_close(&w, '}');
        }
        sp_buf_char(&run->out, '\n');
    }
    return 0;
}

static int dispatch(struct sp_rules_run *run)
{
    switch (run->options->verb) {
    case SP_RULES_LIST:
        return sp_rules_list(run);
    case SP_RULES_STAT:
        return sp_rules_stat(run);
    case SP_RULES_TEST:
        return sp_rules_test(run);
    case SP_RULES_CHECK:
    default:
        return sp_rules_check(run);
    }
}

int sp_rules_report(const struct sp_rules_report_options *options, const struct sp_ctx *ctx, struct sp_rules_result *ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct sp_rules_run run = { .options = options, .result = ret, .err = err ? err : &ignored };
    struct sp_read_options read = { .limit = options->limit, .map = options->map };
    struct sp_rules_options rules = options->rules;
    int rc;

    *ret = (struct sp_rules_result){ 0 };
    if (!rules.status)
        rules.status = "any";
    rc = sp_scope_init(&run.scope, &read, ctx, run.err);
    if (rc == 0)
        rc = sp_scope_rules(&run.scope, &rules, run.err);
    for (uint32_t i = 0; rc == 0 && i < run.scope.rules->doc_count; i++) {
        ret->ok += run.scope.rules->doc[i].verdict == SP_VERDICT_OK;
        ret->warned += run.scope.rules->doc[i].verdict == SP_VERDICT_WARN;
        ret->refused += run.scope.rules->doc[i].verdict == SP_VERDICT_REFUSED;
    }
    if (rc == 0)
        rc = dispatch(&run);
    if (rc == 0 && (run.out.failed || run.scratch.failed))
        rc = sp_error_nomem(run.err);
    if (rc == 0 && run.out.len)
        rc = options->output.write(options->output.arg, run.out.ptr, run.out.len, run.err);
    sp_buf_done(&run.out);
    sp_buf_done(&run.scratch);
    sp_scope_done(&run.scope);
    return rc < 0 ? rc : 0;
}
