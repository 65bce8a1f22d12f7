/* SPDX-License-Identifier: Apache-2.0
 *
 * In: units' sightings, how far each source is. Out: transactions of the store. What waits to be written is in the arena of the
 * batch and dies with it; the case is the keeper's own.
 */
#include "engine/keep.h"

#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/build_id.h"
#include "base/jsonw.h"
#include "engine/resume.h"
#include "engine/summary.h"
#include "engine/unit.h"

enum { BATCH_BYTES = 4 << 20, HEAD = 4096 };
static const double BATCH_SECONDS = 0.25;

struct sp_kept_sighting {
    struct sp_case_sighting s;
    struct sp_kept_sighting *next;
};

struct sp_kept_copy {
    struct sp_digest raw;
    uint64_t count;
    struct sp_kept_copy *next;
};

struct sp_kept_done {
    size_t source;
    bool whole;
    struct sp_case_reading reading;
    struct sp_kept_done *next;
};

static double now_s(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static int64_t now_ns(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_REALTIME, &t) == 0 ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec : 0;
}

/* ---- the run ---- */

static void part_text(struct sp_hash *hash, const char *text)
{
    sp_id_part(hash, text ? sp_str_c(text) : SP_STR("-"));
}

/* Everything that decides what is found in a source. */
static bool digest_plan(const struct sp_hunt_options *o, const struct sp_scope *scope, struct sp_digest *ret)
{
    struct sp_hash hash;

    sp_id_begin(&hash, "spoor/plan/v1");
    part_text(&hash, SPOOR_VERSION);
    sp_id_part_digest(&hash, &scope->rules->sha256);
    sp_id_part_digest(&hash, &scope->maps);
    part_text(&hash, o->read.source_type);
    part_text(&hash, o->read.logsource);
    part_text(&hash, o->from);
    part_text(&hash, o->to);
    sp_id_part_u64(&hash, scope->assume.count ? (uint64_t)scope->assume.change[0].offset : 0);
    if (scope->assume.count > 1)
        part_text(&hash, o->read.assume_tz);
    sp_id_part_u64(&hash, scope->carve);
    sp_id_part(&hash, (struct sp_str){ (const char *)&scope->limits, sizeof scope->limits });
    return sp_hash_end(&hash, ret);
}

static struct sp_str text_or_none(const char *text)
{
    return text ? sp_str_c(text) : (struct sp_str){ NULL, 0 };
}

static int begin_run(struct sp_keep *k, const struct sp_hunt_options *o, struct sp_error *err)
{
    struct sp_case_run run = { .began_ns = now_ns(), .who = text_or_none(o->by.who), .host = text_or_none(o->by.host),
                               .argv = text_or_none(o->by.argv), .tool = SP_STR("spoor " SPOOR_VERSION), .plan = k->plan };
    struct sp_str build = sp_build_id();
    int rc;

    sp_buf_clear(&k->text);
    sp_buf_hex(&k->text, build.ptr, build.len, false);
    run.build = sp_buf_view(&k->text);
    if (k->text.failed)
        return sp_error_nomem(err);
    rc = sp_case_begin(k->c, err);
    if (rc == 0)
        rc = sp_case_run_begin(k->c, &run, &k->run, err);
    if (rc == 0)
        return sp_case_commit(k->c, err);
    sp_case_rollback(k->c);
    return rc;
}

int sp_keep_open(struct sp_keep *k, const struct sp_hunt_options *o, struct sp_scope *scope, struct sp_error *err)
{
    int rc;

    *k = (struct sp_keep){ .scope = scope, .source_at = SIZE_MAX };
    sp_arena_init(&k->arena, SIZE_MAX);
    sp_arena_init(&k->batch, SIZE_MAX);
    if (!o->case_path || (o->case_if_fit && !sp_keep_fits(o, scope->ctx)))
        return 0;
    k->source = sp_zalloc((scope->sources.count + 1) * sizeof *k->source);
    k->rule_row = sp_zalloc((scope->rules->rule_count + 1) * sizeof *k->rule_row);
    if (!k->source || !k->rule_row || !digest_plan(o, scope, &k->plan))
        return sp_error_nomem(err);
    rc = sp_case_open(o->case_path, SP_CASE_CREATE, scope->ctx, &k->c, err);
    if (rc == 0)
        rc = begin_run(k, o, err);
    if (rc == 0)
        rc = sp_keep_sources(k, scope, err);
    k->flushed_s = now_s();
    return rc;
}

void sp_keep_done(struct sp_keep *k)
{
    sp_case_close(k->c);
    sp_free(k->source);
    sp_free(k->rule_row);
    sp_arena_done(&k->arena);
    sp_arena_done(&k->batch);
    sp_buf_done(&k->state);
    sp_buf_done(&k->text);
    *k = (struct sp_keep){ 0 };
}

/* ---- sources ---- */

/* What the file is, by size, time and first bytes. False: it cannot be known again. */
static bool stamp(const char *path, struct sp_case_stamp *ret)
{
    struct sp_input input;
    struct stat st;
    bool good;

    if (strcmp(path, "-") == 0 || sp_input_open(&input, path, NULL) < 0)
        return false;
    good = input.seekable && fstat(input.fd, &st) == 0 && sp_sha256(sp_str_cut(input.head, 0, input.head.len < HEAD ? input.head.len : HEAD), &ret->head);
    if (good) {
        ret->bytes = (uint64_t)st.st_size;
        ret->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    }
    sp_input_close(&input);
    return good;
}

/* The same of a source. A member of an archive is what it was as long as the archive is. */
static bool stamp_source(struct sp_keep *k, const struct sp_source *s, struct sp_case_stamp *ret)
{
    if (!s->pack)
        return stamp(s->path, ret);
    if (s->pack->input || s->pack->archive || s->pack->spool.ptr)
        return false;
    if (k->pack != s->pack) {
        k->pack = s->pack;
        k->pack_stamped = stamp(s->pack->path, &k->pack_stamp);
    }
    *ret = k->pack_stamp;
    return k->pack_stamped;
}

static bool same_bytes(const char *path, const struct sp_digest *wanted, const struct sp_ctx *ctx)
{
    enum { PIECE = 256 << 10 };
    char *room = sp_malloc(PIECE);
    struct sp_input input;
    struct sp_digest seen;
    struct sp_hash hash;
    uint64_t at = 0;
    int64_t n = 1;

    if (!room || sp_input_open(&input, path, NULL) < 0) {
        sp_free(room);
        return false;
    }
    sp_hash_begin(&hash);
    while (n > 0 && !sp_stopped(ctx)) {
        n = sp_input_read_at(&input, room, PIECE, at, NULL);
        sp_hash_add(&hash, room, n > 0 ? (size_t)n : 0);
        at += n > 0 ? (uint64_t)n : 0;
    }
    sp_input_close(&input);
    sp_free(room);
    return n == 0 && sp_hash_end(&hash, &seen) && memcmp(&seen, wanted, sizeof seen) == 0;
}

/* Is what the case knows of the source true of the file as it is now? */
static bool unchanged(const struct sp_source *s, const struct sp_case_stamp *now, const struct sp_case_progress *then, const struct sp_ctx *ctx)
{
    if (now->bytes != then->stamp.bytes || memcmp(&now->head, &then->stamp.head, sizeof now->head) != 0)
        return false;
    return now->mtime_ns == then->stamp.mtime_ns || (!s->pack && then->has_sha256 && same_bytes(s->path, &then->sha256, ctx));
}

/* SP_ERR_NOT_FOUND: the case has never heard of it. */
static int known(struct sp_keep *k, const struct sp_source *s, struct sp_case_progress *ret, struct sp_error *err)
{
    int rc = sp_case_source_find(k->c, sp_str_c(s->org), sp_str_c(s->path), &ret->id, err);
    int64_t row = ret->id;

    if (rc == 0 && row)
        rc = sp_case_progress_get(k->c, row, &k->plan, ret, err);
    return rc;
}

static bool can_go_on(struct sp_str state)
{
    struct sp_source_tally trial = { 0 };
    uint64_t lines;
    bool good;

    sp_account_init(&trial.account);
    good = sp_resume_read(state, &trial, &lines);
    sp_account_done(&trial.account);
    return good;
}

static int know_source(struct sp_keep *k, struct sp_source *s, struct sp_kept_source *kept, struct sp_error *err)
{
    struct sp_case_progress then = { 0 };
    struct sp_case_stamp now;
    struct sp_str state;
    int rc;

    kept->stamped = stamp_source(k, s, &now);
    if (!kept->stamped)
        return 0;
    rc = known(k, s, &then, err);
    kept->at.stamp = now;
    if (rc < 0 || !then.id || !unchanged(s, &now, &then, k->scope->ctx))
        return rc;
    if (then.done) {
        kept->already = true;
        kept->lost = then.lost;
        s->skipped = "hunted already";
        return 0;
    }
    if (s->pack || !then.next || !can_go_on(then.state)) /* a member is unpacked from its beginning */
        return 0;
    state = sp_arena_str(&k->arena, then.state);
    if (!state.ptr)
        return sp_error_nomem(err);
    then.stamp = now;
    then.state = state;
    kept->at = then;
    kept->begun = true;
    return 0;
}

int sp_keep_sources(struct sp_keep *k, struct sp_scope *scope, struct sp_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < scope->sources.count && !sp_stopped(scope->ctx); i++)
        if (!scope->sources.source[i].skipped)
            rc = know_source(k, &scope->sources.source[i], &k->source[i], err);
    return rc;
}

uint64_t sp_keep_from(const struct sp_keep *k, size_t source)
{
    return k->c && k->source[source].begun ? k->source[source].at.next : 0;
}

void sp_keep_restart(struct sp_keep *k, size_t source)
{
    k->source[source].begun = false;
    k->source[source].at.next = 0;
    k->source[source].at.state = SP_STR_NONE;
}

static int add_copy(void *arg, const struct sp_digest *raw, uint64_t count)
{
    uint64_t *at = sp_digest_map_at(arg, raw);

    if (!at)
        return SP_ERR_NOMEM;
    *at = count;
    return 0;
}

int sp_keep_restore(struct sp_keep *k, size_t source, struct sp_source_tally *tally, uint64_t *ret_lines, struct sp_digest_map *copies, struct sp_error *err)
{
    const struct sp_kept_source *s = &k->source[source];
    int rc;

    if (!sp_resume_read(s->at.state, tally, ret_lines)) /* it could be read before */
        return sp_error_nomem(err);
    rc = sp_case_copies(k->c, s->at.id, add_copy, copies, err);
    return rc == SP_ERR_NOMEM ? sp_error_nomem(err) : rc;
}

/* ---- gathering ---- */

static bool copy_text(struct sp_keep *k, struct sp_str *s)
{
    if (s->ptr)
        *s = sp_arena_str(&k->batch, *s);
    return s->ptr != NULL;
}

int sp_keep_sighting(struct sp_keep *k, const struct sp_case_sighting *s, struct sp_error *err)
{
    struct sp_kept_sighting *one = sp_arena_alloc(&k->batch, sizeof *one);
    struct sp_case_value *value = s->value_count ? sp_arena_alloc(&k->batch, s->value_count * sizeof *value) : NULL;
    bool good = one && (value || !s->value_count);

    if (!good)
        return sp_error_nomem(err);
    *one = (struct sp_kept_sighting){ *s, NULL };
    good = copy_text(k, &one->s.line);
    good &= !one->s.host.ptr || copy_text(k, &one->s.host);
    good &= !one->s.user.ptr || copy_text(k, &one->s.user);
    good &= !one->s.session.ptr || copy_text(k, &one->s.session);
    good &= !one->s.raw_bytes.ptr || copy_text(k, &one->s.raw_bytes);
    for (size_t i = 0; i < s->value_count && good; i++) {
        value[i] = s->value[i];
        good = copy_text(k, &value[i].type) && copy_text(k, &value[i].value);
    }
    if (!good)
        return sp_error_nomem(err);
    one->s.value = value;
    one->s.run = k->run;
    *(k->last ? &k->last->next : &k->first) = one;
    k->last = one;
    k->held += sizeof *one + s->line.len + s->raw_bytes.len;
    k->sightings++;
    return 0;
}

int sp_keep_copy(struct sp_keep *k, const struct sp_digest *raw, uint64_t count, struct sp_error *err)
{
    struct sp_kept_copy *one = sp_arena_alloc(&k->batch, sizeof *one);

    if (!one)
        return sp_error_nomem(err);
    *one = (struct sp_kept_copy){ *raw, count, NULL };
    *(k->open_copy_last ? &k->open_copy_last->next : &k->open_copy) = one;
    k->open_copy_last = one;
    k->held += sizeof *one;
    return 0;
}

/* The unit in hand is finished: its copies are true of what has been reached. */
static void close_copies(struct sp_keep *k)
{
    if (!k->open_copy)
        return;
    *(k->copy_last ? &k->copy_last->next : &k->copy) = k->open_copy;
    k->copy_last = k->open_copy_last;
    k->open_copy = k->open_copy_last = NULL;
}

int sp_keep_reached(struct sp_keep *k, size_t source, uint64_t next, struct sp_str state, struct sp_error *err)
{
    close_copies(k);
    k->source_at = source;
    k->next = next;
    k->moved = true;
    sp_buf_clear(&k->state);
    sp_buf_str(&k->state, state);
    return k->state.failed ? sp_error_nomem(err) : 0;
}

int sp_keep_source(struct sp_keep *k, size_t source, const struct sp_source_tally *tally, bool whole, struct sp_error *err)
{
    const struct sp_source *s = &k->scope->sources.source[source];
    const struct sp_account *a = &tally->account;
    struct sp_kept_done *one = sp_arena_alloc(&k->batch, sizeof *one);
    struct sp_str account;

    sp_buf_clear(&k->text);
    sp_summary_source(&k->text, s, tally);
    account = k->text.failed || !one ? (struct sp_str){ NULL, 0 } : sp_arena_str(&k->batch, sp_buf_view(&k->text));
    if (!account.ptr)
        return sp_error_nomem(err);
    *one = (struct sp_kept_done){ .source = source, .whole = whole && !a->skipped,
        .reading = { .run = k->run, .bytes = a->bytes, .mtime_ns = k->source[source].at.stamp.mtime_ns, .done = whole && !a->skipped,
                     .has_sha256 = a->has_sha256, .sha256 = a->sha256, .type = sp_str_c(sp_source_type_name(a->type)),
                     .first = tally->first, .last = tally->last, .account = account } };
    k->source[source].lost = a->lost;
    if (a->skipped)
        return 0; /* no log: it is looked at again each time */
    *(k->done_last ? &k->done_last->next : &k->done) = one;
    k->done_last = one;
    k->open_copy = k->open_copy_last = NULL;
    if (!whole) /* how far it is must be written before another is in hand */
        return sp_keep_flush(k, err);
    k->moved = false;
    k->copy = k->copy_last = NULL;
    return 0;
}

int sp_keep_look(struct sp_keep *k, struct sp_error *err)
{
    return k->held > BATCH_BYTES || now_s() - k->flushed_s > BATCH_SECONDS ? sp_keep_flush(k, err) : 0;
}

/* ---- writing ---- */

static struct sp_str known_part(struct sp_str part)
{
    return part.len ? part : (struct sp_str){ NULL, 0 };
}

/* The row of a rule, with its document when the case sees it first. */
static int row_of_rule(struct sp_keep *k, uint32_t rank, int64_t *ret, struct sp_error *err)
{
    const struct sp_rule *r = k->scope->rules->rule[rank];
    struct sp_case_rule put = { .sha256 = r->sha256, .id = r->id, .title = r->title, .status = sp_str_c(sp_status_name(r->status)),
                                .file = r->file, .level = (uint32_t)r->level, .line = r->line, .document = SP_STR_NONE };
    struct sp_json w = sp_json_to(&k->text);
    size_t tags, logsource;
    int rc;

    *ret = k->rule_row[rank];
    if (*ret)
        return 0;
    sp_buf_clear(&k->text);
    sp_json_open(&w, '[');
    for (uint32_t i = 0; i < r->tag_count; i++)
        sp_json_str(&w, r->tag[i]);
    sp_json_close(&w, ']');
    tags = k->text.len;
    w = sp_json_to(&k->text);
    sp_json_open(&w, '{');
    sp_json_member(&w, "product", known_part(r->logsource.product));
    sp_json_member(&w, "category", known_part(r->logsource.category));
    sp_json_member(&w, "service", known_part(r->logsource.service));
    sp_json_close(&w, '}');
    logsource = k->text.len;
    if (k->text.failed)
        return sp_error_nomem(err);
    if (sp_rule_document(r, &k->text))
        put.document = sp_str_cut(sp_buf_view(&k->text), logsource, k->text.len - logsource);
    else
        k->text.failed = false; /* without it the rule is still named */
    put.tags = sp_str_cut(sp_buf_view(&k->text), 0, tags);
    put.logsource = sp_str_cut(sp_buf_view(&k->text), tags, logsource - tags);
    rc = sp_case_rule_put(k->c, &put, ret, err);
    k->rule_row[rank] = rc < 0 ? 0 : *ret;
    return rc;
}

static int row_of_source(struct sp_keep *k, size_t source, int64_t *ret, struct sp_error *err)
{
    const struct sp_source *s = &k->scope->sources.source[source];
    int rc = 0;

    if (!k->source[source].row)
        rc = sp_case_source(k->c, sp_str_c(s->org), sp_str_c(s->path), &k->source[source].row, err);
    *ret = k->source[source].row;
    return rc;
}

static int write_sightings(struct sp_keep *k, struct sp_error *err)
{
    int rc = 0;

    for (struct sp_kept_sighting *one = k->first; rc == 0 && one; one = one->next) {
        size_t source = (size_t)one->s.source_row;
        uint32_t rank = (uint32_t)one->s.rule_row;
        bool fresh;

        rc = row_of_source(k, source, &one->s.source_row, err);
        if (rc == 0)
            rc = row_of_rule(k, rank, &one->s.rule_row, err);
        if (rc == 0)
            rc = sp_case_sighting_put(k->c, &one->s, &fresh, err);
        k->fresh += rc == 0 && fresh;
    }
    return rc;
}

/* The row of how far the source is; 0 where it cannot be known again. */
static int begin_progress(struct sp_keep *k, size_t source, int64_t *ret, struct sp_error *err)
{
    struct sp_kept_source *s = &k->source[source];
    int64_t row;
    int rc = s->stamped ? row_of_source(k, source, &row, err) : 0;

    if (rc == 0 && s->stamped && !s->begun) {
        rc = sp_case_progress_begin(k->c, row, &k->plan, &s->at.stamp, &s->at.id, err);
        s->begun = rc == 0;
    }
    *ret = s->begun ? s->at.id : 0;
    return rc;
}

static int write_progress(struct sp_keep *k, struct sp_error *err)
{
    struct sp_case_progress *at;
    int64_t progress;
    int rc;

    if (!k->moved)
        return 0;
    rc = begin_progress(k, k->source_at, &progress, err);
    if (rc < 0 || !progress)
        return rc;
    at = &k->source[k->source_at].at;
    at->next = k->next;
    at->state = sp_buf_view(&k->state);
    for (const struct sp_kept_copy *one = k->copy; rc == 0 && one; one = one->next)
        rc = sp_case_copy_set(k->c, progress, &one->raw, one->count, err);
    return rc < 0 ? rc : sp_case_progress_set(k->c, at, err);
}

static int write_done(struct sp_keep *k, struct sp_kept_done *one, struct sp_error *err)
{
    struct sp_case_progress at;
    int64_t progress;
    int rc = row_of_source(k, one->source, &one->reading.source, err);

    if (rc == 0)
        rc = sp_case_reading_set(k->c, &one->reading, err);
    if (rc < 0 || !one->whole)
        return rc;
    rc = begin_progress(k, one->source, &progress, err);
    if (rc < 0 || !progress)
        return rc;
    at = k->source[one->source].at;
    at.done = true;
    at.lost = k->source[one->source].lost;
    at.next = one->reading.bytes;
    at.has_sha256 = one->reading.has_sha256;
    at.sha256 = one->reading.sha256;
    return sp_case_progress_set(k->c, &at, err);
}

static int write_all(struct sp_keep *k, struct sp_error *err)
{
    int rc = write_sightings(k, err);

    if (rc == 0)
        rc = write_progress(k, err);
    for (struct sp_kept_done *one = k->done; rc == 0 && one; one = one->next)
        rc = write_done(k, one, err);
    return rc;
}

/* What is in the case now is forgotten; what is open of the unit in hand is carried over. */
static int empty_batch(struct sp_keep *k, struct sp_error *err)
{
    struct sp_kept_copy *open = k->open_copy;
    struct sp_arena old = k->batch;
    int rc = 0;

    k->first = k->last = NULL;
    k->copy = k->copy_last = k->open_copy = k->open_copy_last = NULL;
    k->done = k->done_last = NULL;
    k->moved = false;
    k->held = 0;
    if (!open) {
        sp_arena_reset(&k->batch);
        return 0;
    }
    sp_arena_init(&k->batch, SIZE_MAX);
    for (; rc == 0 && open; open = open->next)
        rc = sp_keep_copy(k, &open->raw, open->count, err);
    sp_arena_done(&old);
    return rc;
}

int sp_keep_flush(struct sp_keep *k, struct sp_error *err)
{
    int rc;

    if (!k->first && !k->moved && !k->done) {
        k->flushed_s = now_s();
        return 0;
    }
    rc = sp_case_begin(k->c, err);
    if (rc < 0)
        return rc;
    rc = write_all(k, err);
    if (rc == 0)
        rc = sp_case_commit(k->c, err);
    else
        sp_case_rollback(k->c);
    k->flushed_s = now_s();
    return rc < 0 ? rc : empty_batch(k, err);
}

int sp_keep_end(struct sp_keep *k, enum sp_case_state state, struct sp_str summary, struct sp_error *err)
{
    int rc = state == SP_RUN_FAILED ? 0 : sp_keep_flush(k, err);

    if (rc == 0)
        rc = sp_case_begin(k->c, err);
    if (rc < 0)
        return rc;
    rc = sp_case_run_end(k->c, k->run, state, now_ns(), summary, err);
    if (rc == 0)
        return sp_case_commit(k->c, err);
    sp_case_rollback(k->c);
    return rc;
}
