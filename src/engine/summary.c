/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the account of a hunt. Out: one JSON object in the caller's buffer.
 */
#include "engine/summary.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/jsonw.h"

static void refusal(struct sp_json *w, const struct sp_doc *doc, struct sp_str reason)
{
    sp_json_open(w, '{');
    sp_json_member(w, "file", doc->file);
    sp_json_member_u64(w, "line", doc->line);
    sp_json_member(w, "id", doc->id);
    sp_json_member(w, "reason", reason);
    sp_json_close(w, '}');
}

static void plan(struct sp_json *w, const struct sp_rule_set *set)
{
    char hex[65];

    sp_digest_hex(&set->sha256, hex);
    sp_json_key(w, SP_STR("plan"));
    sp_json_open(w, '{');
    sp_json_member(w, "sha256", (struct sp_str){ hex, 64 });
    sp_json_member_u64(w, "rules", set->rule_count);
    sp_json_key(w, SP_STR("refused"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < set->doc_count; i++) {
        const struct sp_doc *doc = &set->doc[i];

        if (doc->verdict == SP_VERDICT_REFUSED)
            refusal(w, doc, doc->reason_count ? doc->reason[0] : SP_STR("refused"));
        else if (doc->kind == SP_DOC_CORRELATION && !doc->left_out)
            refusal(w, doc, SP_STR("correlation rule: not run by this version; its base rules fire alone"));
    }
    sp_json_close(w, ']');
    sp_json_member_u64(w, "indicators", 0);
    sp_json_close(w, '}');
}

static void errors(struct sp_json *w, const struct sp_account *a)
{
    sp_json_key(w, SP_STR("errors"));
    sp_json_open(w, '[');
    for (uint64_t i = 0; i < a->error_count; i++) {
        sp_json_open(w, '{');
        sp_json_member_u64(w, "offset", a->error[i].offset);
        sp_json_member(w, "reason", sp_str_c(a->error[i].reason));
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static void source(struct sp_json *w, const struct sp_source *s, const struct sp_source_tally *t)
{
    const struct sp_account *a = &t->account;
    char hex[65];

    sp_json_open(w, '{');
    sp_json_member(w, "org", sp_str_c(s->org));
    sp_json_member(w, "source", sp_str_c(s->path));
    sp_digest_hex(&a->sha256, hex);
    sp_json_member(w, "sha256", (struct sp_str){ a->has_sha256 ? hex : NULL, 64 }); /* custody, when a case is kept (contract 1) */
    sp_json_member(w, "type", sp_str_c(sp_source_type_name(a->type)));
    sp_json_member_u64(w, "bytes", a->bytes);
    sp_json_member_u64(w, "records", a->records);
    sp_json_member_u64(w, "events", a->records - a->undecodable);
    sp_json_member_u64(w, "undecodable", a->undecodable);
    sp_json_member_u64(w, "carved", a->carved);
    sp_json_member_u64(w, "gaps", a->gaps);
    sp_json_member_u64(w, "missing", a->missing);
    sp_json_member_u64(w, "duplicate_keys", a->duplicates);
    sp_json_member_u64(w, "unrecognised", t->unrecognised);
    sp_json_member_time(w, "first", t->first);
    sp_json_member_time(w, "last", t->last);
    sp_json_member_u64(w, "errors_met", a->error_total);
    errors(w, a);
    sp_json_close(w, '}');
}

void sp_summary_source(struct sp_buf *out, const struct sp_source *s, const struct sp_source_tally *t)
{
    struct sp_json w = sp_json_to(out);

    source(&w, s, t);
}

static void skipped(struct sp_json *w, const char *path, const char *reason)
{
    sp_json_open(w, '{');
    sp_json_member(w, "source", sp_str_c(path));
    sp_json_member(w, "reason", sp_str_c(reason));
    sp_json_close(w, '}');
}

static void not_evaluable(struct sp_json *w, const struct sp_scope *scope, const struct sp_unknowns *unknowns)
{
    sp_json_key(w, SP_STR("not_evaluable"));
    sp_json_open(w, '[');
    for (uint32_t c = 0; c < unknowns->classes; c++) {
        struct sp_logsource l;

        if (!unknowns->count[c])
            continue;
        l = sp_class_logsource(sp_taxonomy_class(scope->taxonomy, c));
        for (uint32_t r = 0; r < scope->rules->rule_count; r++) {
            if (!unknowns->count[c][r])
                continue;
            sp_json_open(w, '{');
            sp_json_member(w, "rule", scope->rules->rule[r]->id);
            sp_json_key(w, SP_STR("logsource"));
            sp_json_open(w, '{');
            sp_json_member(w, "product", l.product.len ? l.product : (struct sp_str){ NULL, 0 });
            sp_json_member(w, "category", l.category.len ? l.category : (struct sp_str){ NULL, 0 });
            sp_json_member(w, "service", l.service.len ? l.service : (struct sp_str){ NULL, 0 });
            sp_json_close(w, '}');
            sp_json_member_u64(w, "count", unknowns->count[c][r]);
            sp_json_close(w, '}');
        }
    }
    sp_json_close(w, ']');
}

/* By the act of an analyst; those of a rule that several logs hold are counted in each. */
static void suppressed(struct sp_json *w, const struct sp_suppress *suppress)
{
    const struct sp_suppress_count *list;
    size_t count = sp_suppress_counts(suppress, &list);

    sp_json_key(w, SP_STR("suppressed"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < count; i++) {
        char source[48];

        if (!list[i].count)
            continue;
        (void)snprintf(source, sizeof source, "act %lld of the case", (long long)list[i].act);
        sp_json_open(w, '{');
        sp_json_member(w, "value", list[i].rule_id);
        sp_json_member(w, "list", SP_STR("benign"));
        sp_json_member(w, "source", sp_str_c(source));
        sp_json_member_u64(w, "count", list[i].count);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

static void tail(struct sp_json *w, const struct sp_summary_end *end)
{
    const struct sp_hunt_result *r = end->result;
    uint64_t values_excess = end->values_excess;
    struct rusage usage;
    double wall_ms = r->wall_s * 1000, cpu_ms = r->cpu_s * 1000;

    sp_json_member_u64(w, "sightings", r->sightings);
    sp_json_member_u64(w, "repeated", r->left_out_twice);
    suppressed(w, end->suppress);
    sp_json_key(w, SP_STR("left_out"));
    sp_json_raw(w, SP_STR("[]"));
    sp_json_key(w, SP_STR("limits_hit"));
    sp_json_open(w, '[');
    if (values_excess) {
        sp_json_open(w, '{');
        sp_json_member(w, "limit", SP_STR("values-per-sighting"));
        sp_json_member_u64(w, "count", values_excess);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
    sp_json_member_u64(w, "wall_ms", (uint64_t)(wall_ms < 1 ? 1 : wall_ms));
    sp_json_member_u64(w, "cpu_ms", (uint64_t)(cpu_ms < 1 ? 1 : cpu_ms));
    sp_json_member_u64(w, "peak_rss_kb", getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss : 0);
}

/* What --profile-rules asks for. */
static void profile(struct sp_json *w, const struct sp_hunt_result *r)
{
    if (!r->profile)
        return;
    sp_json_key(w, SP_STR("profile"));
    sp_json_open(w, '[');
    for (size_t i = 0; i < r->profile_count; i++) {
        const struct sp_hunt_cost *c = &r->profile[i];

        sp_json_open(w, '{');
        sp_json_member(w, "rule", sp_str_c(c->rule_id));
        sp_json_member_u64(w, "looked", c->looked);
        sp_json_member_u64(w, "hits", c->hits);
        sp_json_member_u64(w, "ns", c->ns);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
    sp_json_member_u64(w, "profile_rest_ns", r->profile_rest_ns);
}

void sp_summary_write(struct sp_buf *out, const struct sp_scope *scope, const struct sp_source_tally *tally,
                      const struct sp_unknowns *unknowns, const struct sp_summary_end *end)
{
    struct sp_json w = sp_json_to(out);
    const struct sp_source_list *list = &scope->sources;

    sp_json_open(&w, '{');
    sp_json_member(&w, "spoor", sp_str_c(sp_version()));
    plan(&w, scope->rules);
    sp_json_key(&w, SP_STR("sources"));
    sp_json_open(&w, '[');
    for (size_t i = 0; i < list->count; i++)
        if (!list->source[i].skipped && !tally[i].account.skipped)
            source(&w, &list->source[i], &tally[i]);
    sp_json_close(&w, ']');
    sp_json_key(&w, SP_STR("skipped"));
    sp_json_open(&w, '[');
    for (size_t i = 0; i < list->count; i++) {
        const char *reason = list->source[i].skipped ? list->source[i].skipped : tally[i].account.skipped;

        if (reason)
            skipped(&w, list->source[i].path, reason);
    }
    sp_json_close(&w, ']');
    not_evaluable(&w, scope, unknowns);
    tail(&w, end);
    profile(&w, end->result);
    sp_json_close(&w, '}');
    sp_buf_char(out, '\n');
}
