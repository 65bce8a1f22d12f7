/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the path of a case. Out: what is in it, what is wrong with it, in words or as JSON; a smaller case; several cases in one.
 */
#include <sys/stat.h>

#include "base/jsonw.h"
#include "base/safe.h"
#include "spoor/hunt.h"
#include "store/case.h"

static int give(const struct sp_output *output, struct sp_buf *text, struct sp_error *err)
{
    int rc = text->failed ? sp_error_nomem(err) : output->write(output->arg, sp_buf_view(text).ptr, text->len, err);

    sp_buf_clear(text);
    return rc;
}

/* ---- info ---- */

struct last_run {
    struct sp_buf text;
    bool json, any;
};

static void moment(struct sp_buf *out, int64_t ns)
{
    sp_time_write(out, (struct sp_time){ ns / 1000000000, 0, 0, true, true });
}

static int note_run(void *arg, const struct sp_case_run *r)
{
    struct last_run *last = arg;
    struct sp_json w = sp_json_to(&last->text);

    sp_buf_clear(&last->text);
    last->any = true;
    if (last->json) {
        sp_json_open(&w, '{');
        sp_json_key(&w, SP_STR("id"));
        sp_json_i64(&w, r->id);
        sp_json_key(&w, SP_STR("began"));
        sp_json_raw(&w, SP_STR("\""));
        moment(&last->text, r->began_ns);
        sp_buf_char(&last->text, '"');
        sp_json_key(&w, SP_STR("state"));
        sp_json_text(&w, sp_case_state_name(r->state));
        sp_json_key(&w, SP_STR("who"));
        sp_json_str(&w, r->who);
        sp_json_key(&w, SP_STR("host"));
        sp_json_str(&w, r->host);
        sp_json_key(&w, SP_STR("sightings"));
        sp_json_u64(&w, r->sightings);
        sp_json_close(&w, '}');
        return last->text.failed ? SP_ERR_NOMEM : 0;
    }
    sp_buf_printf(&last->text, "%lld, ", (long long)r->id);
    moment(&last->text, r->began_ns);
    sp_buf_printf(&last->text, ", %s, ", sp_case_state_name(r->state));
    sp_safe_write(&last->text, r->who);
    sp_buf_text(&last->text, " on ");
    sp_safe_write(&last->text, r->host);
    sp_buf_printf(&last->text, ", %llu sightings that were new", (unsigned long long)r->sightings);
    return last->text.failed ? SP_ERR_NOMEM : 0;
}

struct fact {
    const char *key, *words;
    uint64_t number;
};

static void write_json(struct sp_buf *out, const char *path, const struct sp_case_facts *f, const struct fact *fact, size_t count, const struct last_run *last)
{
    struct sp_json w = sp_json_to(out);

    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("case"));
    sp_json_str(&w, sp_str_c(path));
    sp_json_key(&w, SP_STR("created"));
    sp_json_str(&w, f->created);
    sp_json_key(&w, SP_STR("tool"));
    sp_json_str(&w, f->tool);
    for (size_t i = 0; i < count; i++) {
        sp_json_key(&w, sp_str_c(fact[i].key));
        sp_json_u64(&w, fact[i].number);
    }
    sp_json_key(&w, SP_STR("last_run"));
    sp_json_raw(&w, last->any ? sp_buf_view(&last->text) : SP_STR("null"));
    sp_json_close(&w, '}');
    sp_buf_char(out, '\n');
}

static void write_words(struct sp_buf *out, const char *path, const struct sp_case_facts *f, const struct fact *fact, size_t count, const struct last_run *last)
{
    sp_buf_text(out, "Case       ");
    sp_safe_write(out, sp_str_c(path));
    sp_buf_text(out, "\nCreated    ");
    sp_safe_write(out, f->created);
    sp_buf_text(out, " by ");
    sp_safe_write(out, f->tool);
    sp_buf_char(out, '\n');
    for (size_t i = 0; i < count; i++)
        sp_buf_printf(out, "%-10s %llu\n", fact[i].words, (unsigned long long)fact[i].number);
    sp_buf_text(out, "Last run   ");
    if (last->any)
        sp_buf_str(out, sp_buf_view(&last->text));
    else
        sp_buf_text(out, "none");
    sp_buf_char(out, '\n');
}

static int inform(struct sp_case *c, const char *path, const struct sp_output *output, struct sp_buf *out, struct sp_error *err)
{
    struct last_run last = { .json = output->format != SP_FORMAT_TABLE };
    struct sp_case_facts f;
    int rc = sp_case_runs(c, note_run, &last, err);

    if (rc == SP_ERR_NOMEM)
        rc = sp_error_nomem(err);
    if (rc == 0)
        rc = sp_case_facts(c, &f, err);
    if (rc == 0) {
        const struct fact fact[] = {
            { "bytes", "Bytes", f.bytes }, { "version", "Schema", (uint64_t)f.version }, { "runs", "Runs", f.runs }, { "unended", "Unended", f.unended },
            { "orgs", "Orgs", f.orgs }, { "sources", "Sources", f.sources }, { "undone", "Undone", f.undone }, { "sightings", "Sightings", f.sightings },
            { "rules", "Rules", f.rules }, { "hosts", "Hosts", f.hosts }, { "values", "Values", f.values }, { "records", "Records", f.records }, { "acts", "Acts", f.acts },
        };

        (last.json ? write_json : write_words)(out, path, &f, fact, sizeof fact / sizeof *fact, &last);
        rc = give(output, out, err);
    }
    sp_buf_done(&last.text);
    return rc;
}

int sp_case_info(const char *path, const struct sp_output *output, const struct sp_ctx *ctx, struct sp_error *err)
{
    struct sp_buf out = { 0 };
    struct sp_case *c;
    int rc = sp_case_open(path, SP_CASE_READ, ctx, &c, err);

    if (rc < 0)
        return rc;
    rc = inform(c, path, output, &out, err);
    sp_buf_done(&out);
    sp_case_close(c);
    return rc;
}

/* ---- check ---- */

struct checked {
    const struct sp_output *output;
    struct sp_buf out;
    struct sp_error *err;
    uint64_t findings;
};

static int write_finding(void *arg, const char *finding)
{
    struct checked *k = arg;
    struct sp_json w = sp_json_to(&k->out);

    k->findings++;
    if (k->output->format == SP_FORMAT_TABLE) {
        sp_safe_write(&k->out, sp_str_c(finding));
        sp_buf_char(&k->out, '\n');
    } else {
        sp_json_open(&w, '{');
        sp_json_key(&w, SP_STR("finding"));
        sp_json_str(&w, sp_str_c(finding));
        sp_json_close(&w, '}');
        sp_buf_char(&k->out, '\n');
    }
    return give(k->output, &k->out, k->err);
}

static int write_verdict(struct checked *k, const struct sp_case_facts *f)
{
    struct sp_json w = sp_json_to(&k->out);

    if (k->output->format == SP_FORMAT_TABLE) {
        sp_buf_printf(&k->out, "%llu sightings, %llu records, %llu runs, %llu acts looked at: %s\n", (unsigned long long)f->sightings, (unsigned long long)f->records,
                      (unsigned long long)f->runs, (unsigned long long)f->acts, k->findings ? "damaged" : "whole");
    } else {
        sp_json_open(&w, '{');
        sp_json_key(&w, SP_STR("sightings"));
        sp_json_u64(&w, f->sightings);
        sp_json_key(&w, SP_STR("records"));
        sp_json_u64(&w, f->records);
        sp_json_key(&w, SP_STR("findings"));
        sp_json_u64(&w, k->findings);
        sp_json_close(&w, '}');
        sp_buf_char(&k->out, '\n');
    }
    return give(k->output, &k->out, k->err);
}

int sp_case_check(const char *path, const struct sp_output *output, const struct sp_ctx *ctx, uint64_t *ret_findings, struct sp_error *err)
{
    struct sp_error ignored;
    struct checked k = { .output = output, .err = err ? err : &ignored };
    struct sp_case_facts facts = { 0 };
    struct sp_case *c = NULL;
    int rc = sp_case_open(path, SP_CASE_READ, ctx, &c, k.err);

    if (rc == SP_ERR_FORMAT)
        rc = write_finding(&k, k.err->what);
    else if (rc == 0)
        rc = sp_case_verify(c, write_finding, &k, k.err);
    if (rc == 0 && c && sp_case_facts(c, &facts, k.err) == SP_ERR_NOMEM) /* a damaged case may not know them */
        rc = SP_ERR_NOMEM;
    if (rc == 0)
        rc = write_verdict(&k, &facts);
    sp_buf_done(&k.out);
    sp_case_close(c);
    *ret_findings = k.findings;
    return rc;
}

/* ---- compact, merge ---- */

static uint64_t bytes_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

int sp_case_compact(const char *path, const struct sp_ctx *ctx, struct sp_case_compacted *ret, struct sp_error *err)
{
    struct sp_case *c;
    int rc = sp_case_open(path, SP_CASE_WRITE, ctx, &c, err);

    if (rc < 0)
        return rc;
    ret->before = bytes_of(path);
    rc = sp_case_vacuum(c, err);
    sp_case_close(c);
    ret->after = bytes_of(path);
    return rc;
}

static int is_itself(const char *path, const char *from, struct sp_error *err)
{
    struct stat a, b;

    if (stat(path, &a) < 0 || stat(from, &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
        return 0;
    sp_error_set(err, SP_ERR_USAGE, "a case cannot be merged into itself");
    sp_error_where(err, "%s", from);
    sp_error_cure(err, "name the case that takes the others in with --case");
    return SP_ERR_USAGE;
}

int sp_case_merge(const char *path, const char *const *from, size_t from_count, const struct sp_ctx *ctx, struct sp_case_merged *ret, struct sp_error *err)
{
    struct sp_case *into = NULL;
    int rc = 0;

    *ret = (struct sp_case_merged){ 0 };
    for (size_t i = 0; rc == 0 && i < from_count; i++) {
        struct sp_case *other = NULL;

        rc = is_itself(path, from[i], err);
        if (rc == 0)
            rc = sp_case_open(from[i], SP_CASE_READ, ctx, &other, err);
        if (rc == 0 && !into) /* not made before one of the others has been seen */
            rc = sp_case_open(path, SP_CASE_CREATE, ctx, &into, err);
        if (rc == 0)
            rc = sp_case_take(into, other, ret, err);
        sp_case_close(other);
    }
    sp_case_close(into);
    return rc;
}
