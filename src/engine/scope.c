/* SPDX-License-Identifier: Apache-2.0
 *
 * In: options as texts. Out: limits, taxonomy, rules, sources, owned by the scope. What is wrong with an option comes
 * back as SP_ERR_USAGE with the option in err->where.
 */
#include "engine/scope.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/slurp.h"
#include "rule/rule_cache.h"

/* product=P,category=C,service=S in any order. */
static int parse_logsource(const char *text, struct sp_logsource *ret, struct sp_error *err)
{
    struct sp_logsource l = { SP_STR_NONE, SP_STR_NONE, SP_STR_NONE };
    const char *at = text;

    while (*at) {
        size_t part = strcspn(at, ","), name = strcspn(at, "=");
        struct sp_str value, *to;

        to = name == 7 && memcmp(at, "product", 7) == 0 ? &l.product :
             name == 8 && memcmp(at, "category", 8) == 0 ? &l.category :
             name == 7 && memcmp(at, "service", 7) == 0 ? &l.service : NULL;
        if (!to || name >= part || part - name < 2) {
            sp_error_set(err, SP_ERR_USAGE, "'%.200s' is no log source", text);
            sp_error_where(err, "--logsource");
            sp_error_cure(err, "write product=P,category=C,service=S, one or more of them");
            return SP_ERR_USAGE;
        }
        value = (struct sp_str){ at + name + 1, part - name - 1 };
        *to = value;
        at += part + (at[part] == ',');
    }
    *ret = l;
    return 0;
}

static int load_maps(struct sp_scope *s, struct sp_texts maps, struct sp_error *err)
{
    struct sp_hash hash;

    sp_id_begin(&hash, "spoor/maps/v1");
    for (size_t i = 0; i < maps.count; i++) {
        struct sp_str text;
        int rc = sp_slurp(maps.text[i], 16 << 20, &text, err);

        if (rc == SP_ERR_IO || rc == SP_ERR_NOT_FOUND) { /* contract 3: a --map that is not there is usage */
            if (err)
                err->code = SP_ERR_USAGE;
            return SP_ERR_USAGE;
        }
        if (rc < 0)
            return rc;
        sp_id_part(&hash, text);
        rc = sp_taxonomy_add(s->taxonomy, maps.text[i], text, err);
        sp_free((void *)(uintptr_t)text.ptr);
        if (rc < 0)
            return rc == SP_ERR_NOMEM ? rc : SP_ERR_USAGE;
    }
    return sp_hash_end(&hash, &s->maps) ? 0 : sp_error_nomem(err);
}

int sp_scope_init(struct sp_scope *s, const struct sp_read_options *o, const struct sp_ctx *ctx, struct sp_error *err)
{
    struct sp_logsource logsource;
    int rc = 0;

    *s = (struct sp_scope){ .ctx = ctx, .limits = sp_limits_default(), .carve = o->carve };
    for (size_t i = 0; rc == 0 && i < o->limit.count; i++)
        rc = sp_limits_parse(&s->limits, o->limit.text[i], err);
    if (rc == 0)
        rc = sp_zone_parse(&s->assume, o->assume_tz, err);
    if (rc == 0 && o->source_type)
        rc = sp_source_type_parse(o->source_type, &s->type, err);
    if (rc == 0 && s->type == SP_SOURCE_LATER) {
        rc = sp_error_set(err, SP_ERR_USAGE, "the type '%.60s' is not in this version", o->source_type);
        sp_error_where(err, "--source-type");
        sp_error_cure(err, "this version reads evtx, json, json-document and plain");
    }
    if (rc == 0)
        rc = sp_taxonomy_new(&s->taxonomy, err);
    if (rc == 0)
        rc = load_maps(s, o->map, err);
    if (rc == 0 && o->logsource) {
        rc = parse_logsource(o->logsource, &logsource, err);
        if (rc == 0)
            rc = sp_taxonomy_for(s->taxonomy, logsource, &s->given, err);
    }
    return rc;
}

int sp_scope_level(const char *option, const char *word, enum sp_level *ret, struct sp_error *err)
{
    if (sp_level_parse(sp_str_c(word), ret) == 0 && *ret != SP_LEVEL_UNKNOWN)
        return 0;
    sp_error_set(err, SP_ERR_USAGE, "'%.60s' is no level", word);
    sp_error_where(err, "%s", option);
    sp_error_cure(err, "use informational, low, medium, high or critical");
    return SP_ERR_USAGE;
}

int sp_scope_time(const char *option, const char *text, struct sp_time *ret, struct sp_error *err)
{
    struct sp_str day = text ? sp_str_c(text) : SP_STR_NONE;
    char whole[32];

    if (!text)
        return 0;
    if (day.len == 10) { /* a day alone begins at its midnight */
        memcpy(whole, text, 10);
        memcpy(whole + 10, "T00:00", 7);
        day = (struct sp_str){ whole, 16 };
    }
    if (sp_time_parse(day, ret))
        return 0;
    sp_error_set(err, SP_ERR_USAGE, "'%.60s' is no time", text);
    sp_error_where(err, "%s", option);
    sp_error_cure(err, "write 2026-03-02, 2026-03-02T10:00:00Z or 2026-03-02 10:00");
    return SP_ERR_USAGE;
}

static int parse_statuses(const char *text, uint32_t *mask, struct sp_error *err)
{
    if (strcmp(text, "any") == 0) {
        *mask = UINT32_MAX;
        return 0;
    }
    while (*text) {
        size_t n = strcspn(text, ",");
        enum sp_status status;

        if (sp_status_parse((struct sp_str){ text, n }, &status) < 0 || status == SP_STATUS_NONE) {
            sp_error_set(err, SP_ERR_USAGE, "'%.*s' is no status", (int)(n < 60 ? n : 60), text);
            sp_error_where(err, "--status");
            sp_error_cure(err, "use stable, test, experimental, deprecated or unsupported, separated by commas, or any");
            return SP_ERR_USAGE;
        }
        *mask |= 1u << status;
        text += n + (text[n] == ',');
    }
    return 0;
}

int sp_scope_rules(struct sp_scope *s, const struct sp_rules_options *o, struct sp_error *err)
{
    struct sp_rule_options r = {
        .path = o->path.text, .path_count = o->path.count, .own = !o->no_own,
        .only_id = o->only.text, .only_id_count = o->only.count, .exclude_id = o->exclude.text, .exclude_id_count = o->exclude.count,
        .tag = o->tag.text, .tag_count = o->tag.count, .list = o->list.text, .list_count = o->list.count,
        .pipeline = o->pipeline.text, .pipeline_count = o->pipeline.count, .limits = &s->limits, .ctx = s->ctx,
        .password = o->password.text, .password_count = o->password.count,
    };
    int rc = o->level ? sp_scope_level("--level", o->level, &r.level_least, err) : 0;

    if (rc == 0 && o->status)
        rc = parse_statuses(o->status, &r.status_mask, err);
    return rc < 0 ? rc : sp_rules_load_cached(&r, o->cache, &s->rules, err);
}

int sp_scope_sources(struct sp_scope *s, const struct sp_read_options *o, struct sp_error *err)
{
    int rc = 0;

    s->sources.password = o->password.text;
    s->sources.password_count = o->password.count;
    s->sources.given = s->type;
    for (size_t i = 0; rc == 0 && i < o->path_count; i++)
        rc = sp_source_add(&s->sources, o->path[i].org, o->path[i].path, &s->limits, s->ctx, err);
    if (rc == 0)
        rc = sp_source_list_settle(&s->sources, err);
    return rc < 0 ? rc : sp_source_list_expand(&s->sources, &s->limits, s->ctx, err);
}

bool sp_scope_exists(const char *path)
{
    struct sp_input input = { .fd = -1 };
    bool yes = sp_input_open(&input, path, NULL) == 0;

    sp_input_close(&input);
    return yes;
}

size_t sp_scope_outer(char *path)
{
    for (char *at = path; !sp_scope_exists(path) && (at = strchr(at, '!')) != NULL; at++) {
        bool found;

        *at = '\0';
        found = sp_scope_exists(path);
        *at = '!';
        if (found)
            return (size_t)(at - path);
    }
    return strlen(path);
}

void sp_scope_done(struct sp_scope *s)
{
    sp_source_list_done(&s->sources);
    sp_rules_free(s->rules);
    sp_taxonomy_free(s->taxonomy);
    *s = (struct sp_scope){ 0 };
}
