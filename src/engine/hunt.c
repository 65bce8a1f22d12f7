/* SPDX-License-Identifier: Apache-2.0
 *
 * In: options. Out: sightings in order to the caller's `write`, a result that the caller frees. This is where the
 * stages of a hunt are wired together:
 *
 *   scope (options, rules, sources) ─▶ workers ─▶ units in order ─▶ sorter ─▶ tally and write ─▶ summary
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/keep.h"
#include "engine/profile.h"
#include "engine/summary.h"
#include "engine/tally.h"
#include "engine/worker.h"
#include "export/sighting.h"
#include "match/plan.h"

enum { JOBS_MAX = 256, TOP_MAX = 8, WRITE_BYTES = 1 << 16, PLAINLY_FIRST = 8 };

struct result {
    struct sp_hunt_result result; /* first: what the caller sees */
    struct sp_tally tally;        /* owns the texts of `top` */
    struct sp_hunt_top top[TOP_MAX];
    struct sp_buf summary;
};

struct hunt {
    const struct sp_hunt_options *options;
    struct sp_scope scope;
    struct sp_work work;
    struct sp_keep keep;
    struct sp_suppress *suppress;
    struct sp_source_tally *tally; /* by source */
    struct sp_sorter *sorter;
    struct sp_worker *worker;
    unsigned jobs;
    uint32_t *org_rank;
    struct result *result;
    struct sp_buf out;
    enum sp_level fail_on;
    struct sp_error *err;
};

static double seconds(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static int parse_engine(const char *engine, bool *plain, struct sp_error *err)
{
    *plain = engine && strcmp(engine, "plain") == 0;
    if (!engine || *plain || strcmp(engine, "fast") == 0)
        return 0;
    sp_error_set(err, SP_ERR_USAGE, "'%.60s' is no engine", engine);
    sp_error_where(err, "--engine");
    sp_error_cure(err, "use fast or plain");
    return SP_ERR_USAGE;
}

/* Organisations by rank; sources are sorted by (org, path) already. */
static int rank_orgs(struct hunt *h)
{
    const struct sp_source_list *list = &h->scope.sources;
    uint32_t rank = 0;

    h->org_rank = sp_zalloc((list->count + 1) * sizeof *h->org_rank);
    if (!h->org_rank)
        return SP_ERR_NOMEM;
    for (size_t i = 0; i < list->count; i++) {
        rank += i > 0 && strcmp(list->source[i].org, list->source[i - 1].org) != 0;
        h->org_rank[i] = rank;
    }
    h->result->result.orgs = list->count ? rank + 1 : 0;
    return 0;
}

static int prepare(struct hunt *h, const struct sp_ctx *ctx)
{
    const struct sp_hunt_options *o = h->options;
    bool plain = false;
    int rc = sp_scope_init(&h->scope, &o->read, ctx, h->err);

    if (rc == 0 && o->fail_on)
        rc = sp_scope_level("--fail-on", o->fail_on, &h->fail_on, h->err);
    if (rc == 0)
        rc = sp_scope_time("--from", o->from, &h->work.from, h->err);
    if (rc == 0)
        rc = sp_scope_time("--to", o->to, &h->work.to, h->err);
    if (rc == 0)
        rc = parse_engine(o->engine, &plain, h->err);
    if (rc == 0)
        rc = sp_scope_rules(&h->scope, &o->rules, h->err);
    if (rc == 0 && !plain && sp_plan_new(h->scope.rules, &h->work.plan) < 0)
        rc = sp_error_nomem(h->err);
    h->work.profile = o->profile_rules;
    if (h->work.plan && !o->profile_rules) /* looks must not depend on the number of threads */
        sp_plan_first_plainly(h->work.plan, PLAINLY_FIRST);
    if (rc == 0)
        rc = sp_scope_sources(&h->scope, &o->read, h->err);
    if (rc == 0)
        rc = sp_keep_open(&h->keep, o, &h->scope, h->err);
    if (rc == 0 && h->keep.c)
        rc = sp_suppress_new(h->keep.c, (int64_t)time(NULL), ctx, &h->suppress, h->err);
    if (rc == 0 && rank_orgs(h) < 0)
        rc = sp_error_nomem(h->err);
    return rc;
}

/* As many workers as asked for, or processors, but no more than there are units. */
static unsigned count_jobs(const struct hunt *h)
{
    const struct sp_source_list *list = &h->scope.sources;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = h->options->jobs ? h->options->jobs : cores > 0 ? (uint64_t)cores : 1, units = 0;

    if (jobs > JOBS_MAX)
        jobs = JOBS_MAX;
    for (size_t i = 0; units < jobs && i < list->count; i++)
        units += list->source[i].skipped ? 0 : list->source[i].unsized ? jobs : list->source[i].size / SP_PART_BYTES + 1;
    return (unsigned)(jobs < units ? jobs : units ? units : 1);
}

static void tell_progress(struct hunt *h, uint64_t total)
{
    struct sp_progress at = { atomic_load(&h->work.bytes), total, atomic_load(&h->work.records), atomic_load(&h->work.sightings) };

    if (at.total < at.bytes) /* compressed files do not say how large they are */
        at.total = at.bytes;
    if (h->options->progress)
        h->options->progress(h->options->progress_arg, &at);
}

/* Wait for the workers, looking up ten times a second to tell how far they are. */
static void wait_for_workers(struct hunt *h)
{
    uint64_t total = 0;

    for (size_t i = 0; i < h->scope.sources.count; i++)
        total += h->scope.sources.source[i].skipped ? 0 : h->scope.sources.source[i].size;
    for (unsigned i = 0; i < h->jobs; i++) {
        if (!h->worker[i].started)
            continue;
        for (;;) {
            struct timespec until;

            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 100000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            if (pthread_timedjoin_np(h->worker[i].thread, NULL, &until) == 0)
                break;
            tell_progress(h, total);
        }
    }
    tell_progress(h, total);
}

static int run_workers(struct hunt *h)
{
    struct sp_work *w = &h->work;
    unsigned started = 0;

    h->jobs = count_jobs(h);
    w->scope = &h->scope;
    w->format = h->options->output.format;
    w->org_rank = h->org_rank;
    w->cursor.options = sp_archive_options_of(&h->scope.sources, &h->scope.limits, h->scope.ctx);
    h->tally = sp_zalloc((h->scope.sources.count + 1) * sizeof *h->tally);
    h->sorter = sp_sorter_new(h->scope.limits.sort_bytes);
    h->worker = sp_zalloc(h->jobs * sizeof *h->worker);
    if (!h->tally || !h->sorter || !h->worker || sp_work_init(w, h->jobs) < 0)
        return sp_error_nomem(h->err);
    sp_commit_init(&w->commit, &h->scope, h->tally, h->sorter);
    w->keep = h->keep.c != NULL;
    w->commit.keep = w->keep ? &h->keep : NULL;
    w->commit.suppress = h->suppress;
    w->commit.hash_sources = w->keep && !h->options->no_hash_sources;
    for (unsigned i = 0; i < h->jobs; i++) {
        if (sp_worker_init(&h->worker[i], w) < 0)
            break;
        h->worker[i].started = pthread_create(&h->worker[i].thread, NULL, sp_worker_run, &h->worker[i]) == 0;
        started += h->worker[i].started;
    }
    wait_for_workers(h);
    if (!started) /* fewer than asked for is slower, not wrong; none is an error */
        return sp_error_nomem(h->err);
    if (w->error.code) {
        *h->err = w->error;
        return w->error.code;
    }
    if (sp_commit_end(&w->commit, h->err) < 0)
        return h->err->code;
    return w->keep ? sp_keep_flush(&h->keep, h->err) : 0;
}

static int flush(struct hunt *h, bool all)
{
    int rc = 0;

    if (h->out.failed)
        return sp_error_nomem(h->err);
    if (h->out.len && (all || h->out.len >= WRITE_BYTES)) {
        rc = h->options->output.write(h->options->output.arg, h->out.ptr, h->out.len, h->err);
        sp_buf_clear(&h->out);
    }
    return rc < 0 ? rc : 0;
}

static int give_out(void *arg, const struct sp_sorted *one)
{
    struct hunt *h = arg;
    const struct sp_rule *rule = h->scope.rules->rule[one->key.rule];

    if (one->key.flags & SP_SIGHTING_SUPPRESSED) {
        h->result->result.suppressed++;
        return 0;
    }
    if (sp_tally_add(&h->result->tally, rule, sp_payload_host(one->payload), &one->key) < 0)
        return sp_error_nomem(h->err);
    if (h->fail_on && rule->level >= h->fail_on)
        h->result->result.fail_on_reached = true;
    sp_buf_str(&h->out, sp_payload_line(one->payload));
    return flush(h, false);
}

static int write_out(struct hunt *h)
{
    int rc;

    if (h->options->output.format == SP_FORMAT_CSV)
        sp_sighting_csv_header(&h->out);
    rc = sp_sorter_each(h->sorter, give_out, h, &h->result->result.left_out_twice, h->err);
    if (rc == 0 && h->options->output.format == SP_FORMAT_TABLE)
        sp_tally_table(&h->result->tally, &h->options->output, &h->out);
    return rc < 0 ? rc : flush(h, true);
}

/* Take off what void units have left (engine/worker.c). */
static void subtract(struct sp_unknowns *from, const struct sp_unknowns *what, uint32_t rules)
{
    for (uint32_t c = 0; c < what->classes && c < from->classes; c++)
        for (uint32_t r = 0; what->count[c] && from->count[c] && r < rules; r++)
            from->count[c][r] -= what->count[c][r] < from->count[c][r] ? what->count[c][r] : from->count[c][r];
}

/* The workers' counts of UNKNOWN. */
static int merge_unknowns(struct hunt *h, struct sp_unknowns *ret)
{
    struct sp_unknowns undone = { 0 };
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < h->jobs; i++) {
        if (h->worker[i].exec)
            rc = sp_exec_unknowns(h->worker[i].exec, ret);
        if (rc == 0 && h->worker[i].undo)
            rc = sp_exec_unknowns(h->worker[i].undo, &undone);
    }
    subtract(ret, &undone, h->scope.rules->rule_count);
    sp_unknowns_done(&undone);
    for (uint32_t c = 0; c < ret->classes; c++)
        for (uint32_t r = 0; ret->count[c] && r < h->scope.rules->rule_count; r++)
            h->result->result.not_evaluable += ret->count[c][r];
    return rc;
}

static void add_source(struct sp_hunt_result *r, const struct sp_source *s, const struct sp_source_tally *t, const struct sp_kept_source *kept)
{
    if (kept && kept->already) {
        r->already++;
        r->opened = true;
        r->lost |= kept->lost;
        return;
    }
    r->lost |= s->skipped ? s->lost : t->account.lost;
    r->opened |= s->skipped ? s->opened : t->account.opened;
    if (s->skipped || t->account.skipped) {
        r->skipped++;
        return;
    }
    r->sources++;
    r->bytes += t->account.bytes;
    r->records += t->account.records;
    r->undecodable += t->account.undecodable;
    r->carved += t->account.carved;
    r->unrecognised += t->unrecognised;
}

static void count_rules(struct sp_hunt_result *r, const struct sp_rule_set *set, const struct sp_rules_options *o)
{
    r->rules = set->rule_count;
    r->own_only = o->path.count == 0;
    for (uint32_t i = 0; i < set->doc_count; i++) {
        r->refused += set->doc[i].verdict == SP_VERDICT_REFUSED;
        r->not_run += set->doc[i].verdict != SP_VERDICT_REFUSED && set->doc[i].kind == SP_DOC_CORRELATION && !set->doc[i].left_out;
    }
}

static int conclude(struct hunt *h, double wall, double cpu)
{
    struct sp_hunt_result *r = &h->result->result;
    struct sp_unknowns unknowns = { 0 };
    uint64_t excess = h->work.commit.values_excess;
    uint32_t source[TOP_MAX];

    for (size_t i = 0; i < h->scope.sources.count; i++)
        add_source(r, &h->scope.sources.source[i], &h->tally[i], h->keep.c ? &h->keep.source[i] : NULL);
    r->case_path = h->keep.c ? h->options->case_path : NULL;
    r->fresh = h->keep.fresh;
    count_rules(r, h->scope.rules, &h->options->rules);
    r->interrupted = sp_stopped(h->scope.ctx);
    r->sightings = h->result->tally.sightings;
    memcpy(r->by_level, h->result->tally.by_level, sizeof r->by_level);
    r->top_count = sp_tally_top(&h->result->tally, h->result->top, source, TOP_MAX);
    r->top = h->result->top;
    r->rules_sighted = h->result->tally.rules;
    r->hosts = h->result->tally.hosts;
    for (size_t i = 0; i < r->top_count; i++)
        h->result->top[i].source = sp_arena_str(&h->result->tally.arena, sp_str_c(h->scope.sources.source[source[i]].path)).ptr;
    if (merge_unknowns(h, &unknowns) < 0) {
        sp_unknowns_done(&unknowns);
        return sp_error_nomem(h->err);
    }
    if (h->work.profile && sp_profile_make(&h->result->tally.arena, h->scope.rules, h->worker, h->jobs, r) < 0) {
        sp_unknowns_done(&unknowns);
        return sp_error_nomem(h->err);
    }
    r->limits_hit = excess;
    r->wall_s = seconds(CLOCK_MONOTONIC) - wall;
    r->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    sp_summary_write(&h->result->summary, &h->scope, h->tally, &unknowns, &(struct sp_summary_end){ r, h->suppress, excess });
    r->summary = h->result->summary.ptr;
    r->summary_length = h->result->summary.len;
    sp_unknowns_done(&unknowns);
    if (h->result->summary.failed)
        return sp_error_nomem(h->err);
    return h->keep.c ? sp_keep_end(&h->keep, r->interrupted ? SP_RUN_INTERRUPTED : SP_RUN_DONE, sp_buf_view(&h->result->summary), h->err) : 0;
}

static void done(struct hunt *h)
{
    for (unsigned i = 0; h->worker && i < h->jobs; i++)
        sp_worker_done(&h->worker[i]);
    sp_work_done(&h->work);
    sp_suppress_free(h->suppress);
    sp_keep_done(&h->keep);
    for (size_t i = 0; h->tally && i < h->scope.sources.count; i++)
        sp_account_done(&h->tally[i].account);
    sp_plan_free(h->work.plan);
    sp_free(h->worker);
    sp_free(h->tally);
    sp_sorter_free(h->sorter);
    pthread_mutex_destroy(&h->work.lock);
    sp_free(h->org_rank);
    sp_buf_done(&h->out);
    sp_scope_done(&h->scope);
}

int sp_hunt(const struct sp_hunt_options *options, const struct sp_ctx *ctx, struct sp_hunt_result **ret, struct sp_error *err)
{
    struct sp_error ignored;
    struct hunt h = { .options = options, .err = err ? err : &ignored };
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int rc;

    *ret = NULL;
    pthread_mutex_init(&h.work.lock, NULL);
    h.result = sp_zalloc(sizeof *h.result);
    rc = h.result && sp_tally_init(&h.result->tally) == 0 ? 0 : sp_error_nomem(h.err);
    if (rc == 0)
        rc = prepare(&h, ctx);
    if (rc == 0)
        rc = run_workers(&h);
    if (rc == 0)
        rc = write_out(&h);
    if (rc == 0)
        rc = conclude(&h, wall, cpu);
    if (rc < 0 && h.keep.c && h.keep.run) /* as far as that can still be said */
        (void)sp_keep_end(&h.keep, SP_RUN_FAILED, SP_STR_NONE, NULL);
    done(&h);
    if (rc < 0) {
        sp_hunt_free(h.result ? &h.result->result : NULL);
        return rc;
    }
    *ret = &h.result->result;
    return 0;
}

void sp_hunt_free(struct sp_hunt_result *result)
{
    struct result *r = (struct result *)(void *)result;

    if (!r)
        return;
    sp_tally_done(&r->tally);
    sp_buf_done(&r->summary);
    sp_free(r);
}

const char *sp_version(void)
{
    return SPOOR_VERSION;
}
