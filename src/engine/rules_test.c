/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rules and their examples (contract 1): lines {"match":true|false,"logsource":{...},"event":{...}} in
 * examples/NAME.ndjson beside NAME.yml. Out: each example that the rule judges otherwise, and the count.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/jsonw.h"
#include "base/safe.h"
#include "engine/rules.h"
#include "event/event.h"
#include "match/eval.h"
#include "read/value.h"

/* The path of the examples of a rule file: FOLDER/NAME.ndjson. */
static struct sp_str examples_path(struct sp_rules_run *run, struct sp_str file)
{
    size_t slash = file.len, dot;
    struct sp_str name;

    while (slash > 0 && file.ptr[slash - 1] != '/')
        slash--;
    name = sp_str_cut(file, slash, file.len - slash);
    for (dot = name.len; dot > 0 && name.ptr[dot - 1] != '.'; dot--)
        ;
    if (dot)
        name.len = dot - 1;
    sp_buf_clear(&run->scratch);
    if (run->options->examples) {
        sp_buf_text(&run->scratch, run->options->examples);
        sp_buf_char(&run->scratch, '/');
    } else {
        sp_buf_str(&run->scratch, sp_str_cut(file, 0, slash));
        sp_buf_text(&run->scratch, "examples/");
    }
    sp_buf_str(&run->scratch, name);
    sp_buf_text(&run->scratch, ".ndjson");
    sp_buf_char(&run->scratch, '\0');
    return sp_arena_str(&run->scope.rules->arena, sp_str_cut(sp_buf_view(&run->scratch), 0, run->scratch.len ? run->scratch.len - 1 : 0));
}

static uint32_t member(const struct sp_tree *tree, uint32_t map, const char *name)
{
    for (uint32_t i = tree->node[map].child; i; i = tree->node[i].next)
        if (sp_str_is(tree->node[i].name, name))
            return i;
    return 0;
}

static struct sp_str text_of(struct sp_rules_run *run, const struct sp_tree *tree, uint32_t map, const char *name)
{
    uint32_t i = map ? member(tree, map, name) : 0;

    if (!i)
        return SP_STR_NONE;
    return sp_arena_str(&run->scope.rules->arena, sp_value_text(tree->node[i].value, &run->scratch));
}

struct tester {
    struct sp_rules_run *run;
    struct sp_reader *reader;
    struct sp_events *events;
    struct sp_eval *eval;
    const char *path;
};

static void tell(struct tester *t, const struct sp_rule *rule, uint64_t line, const char *wrong)
{
    struct sp_rules_run *run = t->run;

    if (run->options->output.format == SP_FORMAT_TABLE) {
        sp_buf_text(&run->out, "wrong   ");
        sp_safe_write(&run->out, sp_str_c(t->path));
        sp_buf_printf(&run->out, ":%llu  ", (unsigned long long)line);
        sp_safe_write(&run->out, rule->title);
        sp_buf_printf(&run->out, ": %s\n", wrong);
    } else {
        struct sp_json w = sp_json_to(&run->out);

        sp_json_open(&w, '{');
        sp_json_key(&w, SP_STR("rule"));
        sp_json_str(&w, rule->id);
        sp_json_key(&w, SP_STR("example"));
        sp_json_text(&w, t->path);
        sp_json_key(&w, SP_STR("line"));
        sp_json_u64(&w, line);
        sp_json_key(&w, SP_STR("wrong"));
        sp_json_text(&w, wrong);
        sp_json_close(&w, '}');
        sp_buf_char(&run->out, '\n');
    }
    run->result->wrong++;
}

static int one_example(struct tester *t, const struct sp_rule *rule, const struct sp_record *record)
{
    const struct sp_tree *tree = record->tree;
    uint32_t match = member(tree, 0, "match"), source = member(tree, 0, "logsource"), fields = member(tree, 0, "event");
    struct sp_event event = { .record = record, .tree = tree, .fields = fields, .recognised = true };
    struct sp_logsource l;
    enum sp_truth truth = SP_FALSE;
    int rc;

    t->run->result->examples++;
    if (!match || !fields || tree->node[fields].value.type != SP_V_MAP ||
        (tree->node[match].value.type != SP_V_TRUE && tree->node[match].value.type != SP_V_FALSE)) {
        tell(t, rule, record->number, "the line is not {\"match\":true|false,\"logsource\":{...},\"event\":{...}}");
        return 0;
    }
    l = (struct sp_logsource){ text_of(t->run, tree, source, "product"), text_of(t->run, tree, source, "category"),
                               text_of(t->run, tree, source, "service") };
    rc = sp_taxonomy_for(t->run->scope.taxonomy, l, &event.class_, t->run->err);
    if (rc < 0)
        return rc;
    sp_eval_begin(t->eval, &event);
    if (sp_class_has(event.class_, &rule->logsource) && sp_eval_rule(t->eval, rule, &truth) < 0)
        return sp_error_nomem(t->run->err);
    if ((truth == SP_TRUE) != (tree->node[match].value.type == SP_V_TRUE))
        tell(t, rule, record->number, truth == SP_TRUE ? "matches, and should not" : truth == SP_UNKNOWN ? "is unknown, and should match" : "does not match, and should");
    return 0;
}

static int one_rule(struct tester *t, const struct sp_rule *rule)
{
    struct sp_account account;
    struct sp_record record;
    struct sp_str path = examples_path(t->run, rule->file);
    int rc;

    if (!path.ptr)
        return sp_error_nomem(t->run->err);
    t->path = path.ptr;
    sp_account_init(&account);
    rc = sp_reader_open(t->reader, path.ptr, true, &account);
    if (rc == 0)
        t->run->result->untested++;
    while (rc > 0) {
        rc = sp_reader_next(t->reader, &record);
        if (rc <= 0)
            break;
        rc = one_example(t, rule, &record);
        if (rc < 0)
            break;
        rc = 1;
    }
    if (account.undecodable)
        tell(t, rule, 0, "the file holds a line that is no JSON");
    sp_reader_close(t->reader);
    sp_account_done(&account);
    return rc == SP_ERR_NOMEM ? sp_error_nomem(t->run->err) : rc;
}

int sp_rules_test(struct sp_rules_run *run)
{
    struct sp_ctx quiet = { 0 }; /* a rule without examples is counted, not an error of a file */
    struct sp_reader_options r = { .limits = &run->scope.limits, .ctx = &quiet, .type = SP_SOURCE_JSON };
    struct tester t = { .run = run, .reader = sp_reader_new(&r), .events = sp_events_new(run->scope.taxonomy, NULL) };
    const struct sp_rule_set *set = run->scope.rules;
    int rc = 0;

    t.eval = t.events ? sp_eval_new(set, t.events) : NULL;
    if (!t.reader || !t.eval)
        rc = sp_error_nomem(run->err);
    for (uint32_t i = 0; rc == 0 && i < set->rule_count; i++)
        if (!set->rule[i]->own)
            rc = one_rule(&t, set->rule[i]);
    if (rc == 0 && run->options->output.format == SP_FORMAT_TABLE)
        sp_buf_printf(&run->out, "%u rules, %llu examples: %llu wrong; %llu rules without examples\n", set->rule_count,
                      (unsigned long long)run->result->examples, (unsigned long long)run->result->wrong,
                      (unsigned long long)run->result->untested);
    sp_reader_free(t.reader);
    sp_eval_free(t.eval);
    sp_events_free(t.events);
    return rc;
}
