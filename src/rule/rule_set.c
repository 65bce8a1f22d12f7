/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rule files, lists, pipelines. Out: the rule set: every document with its verdict, the chosen rules by rank.
 *
 *   paths ─▶ files in byte order ─▶ documents ─▶ rules ─▶ filters applied ─▶ chosen, ranked, hashed
 *
 * YAML trees are dropped after each document; what rules keep lies in the set's arena.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/slurp.h"
#include "rule/rule_ahead.h"
#include "rule/rule_image.h"
#include "rule/rule_load.h"
#include "rule/sigma.h"

enum { FILE_BYTES_MAX = 256 << 20 };

/* A rule and what filters and correlations call it; and a filter document's own text, kept until all rules are read. */
struct loaded {
    struct sp_rule *rule;
    struct sp_str name;    /* `name:` of the document */
    struct sp_logsource written; /* before pipelines */
    uint32_t doc;
};

struct filter {
    struct sp_str text;
    struct sp_logsource logsource;
    uint32_t line, doc;
};

struct loader {
    struct sigma_env env;
    struct sp_rule_set *set;
    const struct sp_rule_options *options;
    struct sp_arena yaml;  /* reset for each document: its nodes, and scratch memory */
    struct sp_doc *doc;
    uint32_t doc_count, doc_room;
    uint32_t *told;
    uint32_t told_count, told_room;
    struct loaded *rule;
    uint32_t rule_count, rule_room;
    struct filter *filter;
    uint32_t filter_count, filter_room;
    uint32_t *by_id;       /* hash of rule index + 1, by id */
    size_t by_id_room;
    struct sp_hash hash;   /* lists and pipelines go in first, rules behind them */
    struct sp_buf file;    /* the file in hand */
    bool own;              /* the file in hand is spoor's own */
    bool unread;           /* a file could not be read */
    struct sp_error *err;
};

/* ---------------------------------------------------------------- lists and pipelines */

static int usage(struct loader *l, const char *where)
{
    if (l->err && l->err->code != SP_ERR_NOMEM)
        l->err->code = SP_ERR_USAGE;
    sp_error_where(l->err, "%s", where);
    return l->err && l->err->code == SP_ERR_NOMEM ? SP_ERR_NOMEM : SP_ERR_USAGE;
}

static int slurp(struct loader *l, const char *path, struct sp_str *ret)
{
    struct sp_str text;
    int rc = sp_slurp(path, UINT64_C(64) << 20, &text, l->err);

    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : usage(l, path);
    *ret = sp_arena_str(&l->set->arena, text);
    sp_free((void *)(uintptr_t)text.ptr);
    return ret->ptr ? 0 : sp_error_nomem(l->err);
}

/* Lines of a list file, CR LF and a byte order mark taken away, empty lines left out. */
static int split_list(struct loader *l, struct sp_str text, struct sigma_list *list)
{
    size_t at = sp_str_starts(text, SP_STR("\xEF\xBB\xBF")) ? 3 : 0, lines = 1;

    for (size_t i = at; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    list->value = sp_arena_alloc(&l->set->arena, lines * sizeof *list->value);
    if (!list->value)
        return sp_error_nomem(l->err);
    while (at < text.len) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.ptr) - at : text.len - at;
        struct sp_str line = { text.ptr + at, len };

        at += len + (end != NULL);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len)
            list->value[list->count++] = line;
    }
    return 0;
}

static int load_lists(struct loader *l)
{
    const struct sp_rule_options *o = l->options;

    l->env.list = sp_arena_zalloc(&l->set->arena, (o->list_count + 1) * sizeof *l->env.list);
    if (!l->env.list)
        return sp_error_nomem(l->err);
    for (size_t i = 0; i < o->list_count; i++) {
        const char *equal = strchr(o->list[i], '=');
        struct sp_str text;
        int rc;

        if (!equal || equal == o->list[i] || !equal[1]) {
            sp_error_set(l->err, SP_ERR_USAGE, "'%.200s' is not NAME=FILE", o->list[i]);
            sp_error_where(l->err, "--list");
            sp_error_cure(l->err, "write the placeholder's name without its percent signs, then the file");
            return SP_ERR_USAGE;
        }
        rc = slurp(l, equal + 1, &text);
        if (rc < 0)
            return rc;
        l->env.list[i].name = (struct sp_str){ o->list[i], (size_t)(equal - o->list[i]) };
        rc = split_list(l, text, &l->env.list[i]);
        if (rc < 0)
            return rc;
        l->env.list_count++;
        sp_hash_add(&l->hash, o->list[i], strlen(o->list[i]));
        sp_hash_add(&l->hash, text.ptr, text.len);
    }
    return 0;
}

/* Pipelines run by rising priority, equal ones in the order given. The one at `at` is new. */
static void sort_in(struct loader *l, size_t at)
{
    const struct sp_yaml *fresh = l->env.pipeline[at];

    for (; at > 0 && sigma_pipeline_priority(l->env.pipeline[at - 1]) > sigma_pipeline_priority(fresh); at--)
        l->env.pipeline[at] = l->env.pipeline[at - 1];
    l->env.pipeline[at] = fresh;
}

static int load_pipelines(struct loader *l)
{
    const struct sp_rule_options *o = l->options;

    l->env.pipeline = sp_arena_zalloc(&l->set->arena, (o->pipeline_count + 1) * sizeof(const struct sp_yaml *));
    if (!l->env.pipeline)
        return sp_error_nomem(l->err);
    for (size_t i = 0; i < o->pipeline_count; i++) {
        struct sp_str text;
        int rc = slurp(l, o->pipeline[i], &text);

        if (rc < 0)
            return rc;
        rc = sp_yaml_parse(&l->set->arena, text, 1, o->limits, &l->env.pipeline[i], l->err);
        if (rc == 0 && !l->env.pipeline[i])
            rc = sp_error_set(l->err, SP_ERR_USAGE, "the file holds no pipeline");
        if (rc < 0) {
            char place[64] = "";

            if (l->err && l->err->where[0]) {
                memcpy(place, l->err->where, sizeof place - 1);
                l->err->where[0] = '\0';
                sp_error_where(l->err, "%s:%s", o->pipeline[i], place);
            }
            return usage(l, o->pipeline[i]);
        }
        rc = sigma_pipeline_check(o->pipeline[i], l->env.pipeline[i], l->err);
        if (rc < 0)
            return rc;
        sort_in(l, (size_t)l->env.pipeline_count++);
        sp_hash_add(&l->hash, text.ptr, text.len);
    }
    return 0;
}

/* ---------------------------------------------------------------- one document */

static struct sp_doc *new_doc(struct loader *l, struct sp_str file, uint32_t line)
{
    if (!sp_list_grow(&l->doc, l->doc_count, &l->doc_room, sizeof *l->doc))
        return NULL;
    l->doc[l->doc_count] = (struct sp_doc){ .file = file, .line = line, .id = SP_STR_NONE, .title = SP_STR_NONE };
    return &l->doc[l->doc_count++];
}

static int member(struct loader *l, const struct sp_yaml *root, const char *key, struct sp_str *ret)
{
    const struct sp_yaml *node = sp_yaml_get(root, key);

    *ret = node && sp_yaml_scalar(node) && node->kind != SP_Y_NULL ? sp_arena_str(&l->set->arena, node->text) : SP_STR_NONE;
    return ret->ptr ? 0 : SP_ERR_NOMEM;
}

static void tell(const struct sp_doc *doc, const struct sp_ctx *ctx)
{
    struct sp_error note;
    struct sp_str first = doc->reason[0];
    size_t place = 0;

    while (place < first.len && first.ptr[place] != ' ')
        place++;
    sp_error_set(&note, SP_ERR_FORMAT, "rule refused: %.*s", SP_STR_ARG(sp_str_cut(first, place + (place < first.len), first.len - place - (place < first.len))));
    sp_error_where(&note, "%.*s:%.*s", SP_STR_ARG(doc->file), (int)(place ? place - 1 : 0), first.ptr);
    sp_error_cure(&note, "the other rules are loaded; `spoor rules check` says more");
    sp_note(ctx, &note);
}

void sp_rules_tell(const struct sp_rule_set *set, const struct sp_ctx *ctx)
{
    for (uint32_t i = 0; i < set->told_count; i++)
        tell(&set->doc[set->told[i]], ctx);
}

/* What the document made of itself goes into the list; a refusal is told. */
static int settle_doc(struct loader *l, struct sp_doc *doc, const struct sigma *s)
{
    doc->reason = s->reason;
    doc->reason_count = s->reason_count;
    doc->verdict = s->refused ? SP_VERDICT_REFUSED : s->reason_count ? SP_VERDICT_WARN : SP_VERDICT_OK;
    if (!s->refused)
        return 0;
    if (!sp_list_grow(&l->told, l->told_count, &l->told_room, sizeof *l->told))
        return SP_ERR_NOMEM;
    l->told[l->told_count++] = (uint32_t)(doc - l->doc);
    tell(doc, l->options->ctx);
    return 0;
}

static int keep_filter(struct loader *l, struct sigma *s, const struct sp_yaml *root, const struct sp_yaml_part *part, uint32_t doc)
{
    struct filter *f;
    int rc = sigma_filter_check(s, root);

    if (rc)
        return rc;
    if (!sp_list_grow(&l->filter, l->filter_count, &l->filter_room, sizeof *l->filter))
        return SP_ERR_NOMEM;
    f = &l->filter[l->filter_count];
    *f = (struct filter){ .text = sp_arena_str(&l->set->arena, part->text), .line = part->line, .doc = doc };
    rc = f->text.ptr ? sigma_logsource(s, root, &f->logsource) : SP_ERR_NOMEM;
    l->filter_count += rc == 0;
    return rc;
}

static int keep_rule(struct loader *l, struct sigma *s, const struct sp_rule_part *part, uint32_t doc)
{
    struct loaded *r;
    int rc = sigma_rule(s, part->root, &l->doc[doc]);

    if (rc)
        return rc;
    if (!sp_list_grow(&l->rule, l->rule_count, &l->rule_room, sizeof *l->rule))
        return SP_ERR_NOMEM;
    s->rule->sha256 = part->sha256;
    s->rule->own = l->own;
    r = &l->rule[l->rule_count];
    *r = (struct loaded){ s->rule, SP_STR_NONE, s->written, doc };
    l->doc[doc].rule = s->rule;
    l->rule_count++;
    return member(l, part->root, "name", &r->name);
}

static int one_document(struct loader *l, struct sp_str file, const struct sp_rule_part *p)
{
    struct sigma s = { .env = &l->env, .arena = &l->set->arena };
    const struct sp_yaml *root = p->root, *correlation;
    struct sp_yaml place = { .line = p->part.first, .column = 1 };
    uint32_t doc = l->doc_count;
    int rc = 0;

    if (!new_doc(l, file, p->part.first))
        return SP_ERR_NOMEM;
    if (p->part.bytes.len > l->options->limits->rule_bytes) {
        rc = sigma_refuse(&s, &place, "the document has %zu bytes, more than the limit rule-bytes", p->part.bytes.len);
    } else if (p->error) {
        unsigned line = p->part.first, column = 1;

        (void)sscanf(p->error->where, "%u:%u", &line, &column);
        place = (struct sp_yaml){ .line = line, .column = column };
        rc = sigma_refuse(&s, &place, "%s", p->error->what);
    } else if (p->part.trailing) {
        rc = sigma_refuse(&s, &place, "there is text behind the `...` that ends the document; begin the next one with a line `---`");
    }
    if (rc == 0 && (!root || root->kind != SP_Y_MAP))
        rc = sigma_refuse(&s, root ? root : &place, "the document is no map with title, logsource and detection");
    if (rc == 0 && (member(l, root, "id", &l->doc[doc].id) < 0 || member(l, root, "title", &l->doc[doc].title) < 0))
        rc = SP_ERR_NOMEM;
    correlation = rc == 0 ? sp_yaml_get(root, "correlation") : NULL;
    if (correlation && correlation->kind == SP_Y_MAP) {
        l->doc[doc].kind = SP_DOC_CORRELATION;
        rc = sigma_correlation(&s, root);
    } else if (rc == 0 && sp_yaml_get(root, "filter") && !sp_yaml_get(root, "detection")) {
        l->doc[doc].kind = SP_DOC_FILTER;
        rc = keep_filter(l, &s, root, &p->part, doc);
    } else if (rc == 0) {
        if (correlation)
            rc = sigma_warn(&s, correlation, "`correlation` is free text here, not a correlation rule; it is passed over");
        if (rc == 0)
            rc = keep_rule(l, &s, p, doc);
    }
    if (rc == SP_ERR_NOMEM)
        return rc;
    return settle_doc(l, &l->doc[doc], &s);
}

static int count_document(struct loader *l)
{
    if (l->doc_count < l->options->limits->rules)
        return 0;
    return sp_error_set(l->err, SP_ERR_LIMIT, "more than %llu rule documents (limit rules)", (unsigned long long)l->options->limits->rules);
}

static int one_text(struct loader *l, struct sp_str file, struct sp_str text)
{
    struct sp_rule_cut cut = { .line = 1 };
    struct sp_rule_part p;
    int rc = 0;

    while (rc == 0 && sp_rule_part_next(text, &cut, &p.part)) {
        rc = count_document(l);
        sp_arena_reset(&l->yaml);
        if (rc == 0)
            rc = sp_rule_part_parse(&l->yaml, l->options->limits, &p);
        if (rc == 0)
            rc = one_document(l, file, &p);
    }
    return rc == SP_ERR_NOMEM ? sp_error_nomem(l->err) : rc;
}

/* ---------------------------------------------------------------- files */

/* A file or folder below a path of --rules that cannot be read is a refusal with a place, not a silent hole. */
static int unreadable(struct loader *l, struct sp_str name, const char *why)
{
    struct sigma s = { .env = &l->env, .arena = &l->set->arena };
    struct sp_yaml at = { .line = 1, .column = 1 };
    struct sp_doc *doc = new_doc(l, name, 1);

    l->unread = true;
    if (!doc || sigma_refuse(&s, &at, "cannot be read: %s", why) == SP_ERR_NOMEM || settle_doc(l, doc, &s) < 0)
        return sp_error_nomem(l->err);
    return 0;
}

static int one_file(struct loader *l, const struct sp_rule_file *file)
{
    struct sp_str text, name = sp_arena_str(&l->set->arena, sp_str_c(file->path));
    int rc;

    if (!name.ptr)
        return sp_error_nomem(l->err);
    if (file->skipped)
        return unreadable(l, name, file->skipped);
    if (file->text.ptr)
        return one_text(l, name, file->text);
    if (sp_rule_file_read(file->path, FILE_BYTES_MAX, &l->file))
        return one_text(l, name, sp_buf_view(&l->file));
    rc = sp_slurp(file->path, FILE_BYTES_MAX, &text, l->err);
    if (rc < 0 && rc != SP_ERR_NOMEM && file->walked)
        return unreadable(l, name, l->err->what);
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : usage(l, file->path);
    rc = one_text(l, name, text);
    sp_free((void *)(uintptr_t)text.ptr);
    return rc;
}

/* The documents of a file that were parsed ahead. */
static int all_parts(struct loader *l, const char *path, const struct sp_rule_part *part, uint32_t count)
{
    struct sp_str name = sp_arena_str(&l->set->arena, sp_str_c(path));
    int rc = name.ptr ? 0 : SP_ERR_NOMEM;

    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        rc = count_document(l);
        sp_arena_reset(&l->yaml);
        if (rc == 0)
            rc = one_document(l, name, &part[i]);
    }
    return rc == SP_ERR_NOMEM ? sp_error_nomem(l->err) : rc;
}

static int load_files(struct loader *l, const struct sp_rule_files *files)
{
    struct sp_rule_ahead *ahead = sp_rule_ahead_new(files, l->options->limits);
    const struct sp_rule_part *part;
    uint32_t count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->count; i++) {
        const struct sp_rule_file *file = &files->file[i];

        if (ahead && sp_rule_ahead_file(ahead, i, &part, &count)) {
            rc = all_parts(l, file->path, part, count);
        } else if (file->skipped && !file->walked) {
            sp_error_set(l->err, SP_ERR_USAGE, "%s", file->skipped);
            sp_error_where(l->err, "%s", file->path);
            sp_error_cure(l->err, "check the path given to --rules");
            rc = SP_ERR_USAGE;
        } else {
            rc = one_file(l, file);
        }
    }
    sp_rule_ahead_free(ahead);
    return rc;
}

static int load_own(struct loader *l)
{
    int rc = 0;

    l->own = true;
    for (uint32_t i = 0; rc == 0 && i < sp_own_rule_count; i++)
        rc = one_text(l, sp_str_c(sp_own_rules[i].name), (struct sp_str){ sp_own_rules[i].text, sp_own_rules[i].length });
    l->own = false;
    return rc;
}

/* ---------------------------------------------------------------- the same id twice */

static uint32_t *id_slot(struct loader *l, struct sp_str id)
{
    for (size_t at = sp_str_hash(id);; at++) {
        uint32_t *slot = &l->by_id[at & (l->by_id_room - 1)];

        if (!*slot || sp_str_eq(l->rule[*slot - 1].rule->id, id))
            return slot;
    }
}

static int refuse_twin(struct loader *l, struct loaded *twin, const struct sp_rule *first)
{
    struct sigma s = { .env = &l->env, .arena = &l->set->arena };
    struct sp_yaml at = { .line = twin->rule->line, .column = 1 };
    struct sp_doc *doc = &l->doc[twin->doc];

    if (twin->rule->own) { /* a user's rule of the same id wins over spoor's own */
        doc->left_out = true;
        return 0;
    }
    if (sigma_refuse(&s, &at, "the id stands already in %.*s:%u, which wins", SP_STR_ARG(first->file), first->line) == SP_ERR_NOMEM)
        return SP_ERR_NOMEM;
    doc->rule = NULL;
    return settle_doc(l, doc, &s);
}

/* Rules come in byte order of their paths, own ones last, so the first of an id wins. */
static int drop_twins(struct loader *l)
{
    uint32_t kept = 0;

    for (l->by_id_room = 64; l->by_id_room < 2 * (size_t)l->rule_count;)
        l->by_id_room *= 2;
    l->by_id = sp_zalloc(l->by_id_room * sizeof *l->by_id);
    if (!l->by_id)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < l->rule_count; i++) {
        uint32_t *slot = l->rule[i].rule->id.len ? id_slot(l, l->rule[i].rule->id) : NULL;

        if (slot && *slot) {
            if (refuse_twin(l, &l->rule[i], l->rule[*slot - 1].rule) < 0)
                return SP_ERR_NOMEM;
            continue;
        }
        l->rule[kept] = l->rule[i];
        kept++;
        if (slot)
            *slot = kept;
    }
    l->rule_count = kept;
    return 0;
}

/* ---------------------------------------------------------------- filters */

/* `(rule) and (filter condition)`, the filter's identifiers in a world of their own (SPEC: sigma-T26). */
static int apply_filter(struct loader *l, const struct loaded *to, const struct sp_yaml *root)
{
    struct sp_rule *rule = to->rule;
    struct sigma s = { .env = &l->env, .arena = &l->set->arena, .filter = true, .logsource = to->written };
    const struct sp_expr *part[2] = { rule->condition, NULL };
    int rc;

    s.item = sp_arena_grow(s.arena, rule->item, rule->item_count, rule->item_count + 16, sizeof(const struct sp_item *));
    if (!s.item)
        return SP_ERR_NOMEM;
    s.item_count = rule->item_count;
    s.item_room = rule->item_count + 16;
    s.rule = rule;
    rc = sigma_pipeline_logsource(&s, root);
    if (rc == 0)
        rc = sigma_detection(&s, sp_yaml_get(root, "filter"), &part[1]);
    if (rc == SIGMA_REFUSED)
        return 0; /* said when the filter was checked */
    if (rc == 0)
        rule->condition = sigma_expr(&s, SP_E_AND, part, 2);
    rule->item = s.item;
    rule->item_count = s.item_count;
    return rule->condition ? rc : SP_ERR_NOMEM;
}

/* A filter's own detection is tried once alone, so that its mistakes are its own. `rules` is a name there. */
static int try_filter(struct loader *l, const struct filter *f, const struct sp_yaml *root, bool *good)
{
    struct sigma s = { .env = &l->env, .arena = &l->set->arena, .filter = true, .logsource = f->logsource };
    const struct sp_expr *x;
    int rc = sigma_detection(&s, sp_yaml_get(root, "filter"), &x);

    *good = rc == 0;
    if (rc == SP_ERR_NOMEM)
        return rc;
    return rc == SIGMA_REFUSED ? settle_doc(l, &l->doc[f->doc], &s) : 0;
}

static int apply_filters(struct loader *l)
{
    for (uint32_t i = 0; i < l->filter_count; i++) {
        const struct filter *f = &l->filter[i];
        const struct sp_yaml *root;
        bool good;

        sp_arena_reset(&l->yaml);
        if (sp_yaml_parse(&l->yaml, f->text, f->line, l->options->limits, &root, NULL) < 0 || try_filter(l, f, root, &good) < 0)
            return SP_ERR_NOMEM;
        for (uint32_t r = 0; good && r < l->rule_count; r++)
            if (sigma_filter_applies(root, l->rule[r].rule, l->rule[r].name, l->rule[r].written, f->logsource) &&
                apply_filter(l, &l->rule[r], root) < 0)
                return SP_ERR_NOMEM;
    }
    return 0;
}

/* ---------------------------------------------------------------- choice and order */

static bool listed(const char *const *list, size_t count, struct sp_str word)
{
    for (size_t i = 0; i < count; i++)
        if (sigma_same(sp_str_c(list[i]), word))
            return true;
    return false;
}

static bool chosen(const struct sp_rule_options *o, const struct sp_rule *rule)
{
    uint32_t mask = o->status_mask ? o->status_mask
                  : 1u << SP_STATUS_NONE | 1u << SP_STATUS_STABLE | 1u << SP_STATUS_TEST | 1u << SP_STATUS_EXPERIMENTAL;
    bool tagged = o->tag_count == 0;

    for (uint32_t i = 0; !tagged && i < rule->tag_count; i++)
        tagged = listed(o->tag, o->tag_count, rule->tag[i]);
    return tagged && (mask >> rule->status & 1) && rule->level >= o->level_least &&
           (o->only_id_count == 0 || listed(o->only_id, o->only_id_count, rule->id)) &&
           !listed(o->exclude_id, o->exclude_id_count, rule->id);
}

static int by_id_file(const void *a, const void *b)
{
    const struct sp_rule *x = *(const struct sp_rule *const *)a, *y = *(const struct sp_rule *const *)b;
    int c = sp_str_cmp(x->id, y->id);

    if (c == 0)
        c = sp_str_cmp(x->file, y->file);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static int choose(struct loader *l)
{
    struct sp_rule **list = sp_arena_alloc(&l->set->arena, (l->rule_count + 1) * sizeof(struct sp_rule *));
    uint32_t n = 0;

    if (!list)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < l->rule_count; i++) {
        l->doc[l->rule[i].doc].left_out = !chosen(l->options, l->rule[i].rule);
        if (!l->doc[l->rule[i].doc].left_out)
            list[n++] = l->rule[i].rule;
    }
    if (n)
        qsort(list, n, sizeof(struct sp_rule *), by_id_file);
    for (uint32_t i = 0; i < n; i++) {
        list[i]->rank = i;
        sp_hash_add(&l->hash, list[i]->sha256.bytes, sizeof list[i]->sha256.bytes);
    }
    for (uint32_t i = 0; i < l->filter_count; i++)
        sp_hash_add(&l->hash, l->filter[i].text.ptr, l->filter[i].text.len);
    l->set->rule = (const struct sp_rule *const *)list;
    l->set->rule_count = n;
    return 0;
}

/* Own documents are part of the set but not of the reports about a user's files. */
static int hand_docs(struct loader *l)
{
    struct sp_doc *doc = sp_arena_alloc(&l->set->arena, (l->doc_count + 1) * sizeof *doc);
    uint32_t *told = sp_arena_alloc(&l->set->arena, (l->told_count + 1) * sizeof *told);

    if (!doc || !told)
        return SP_ERR_NOMEM;
    if (l->doc_count)
        memcpy(doc, l->doc, l->doc_count * sizeof *doc);
    if (l->told_count)
        memcpy(told, l->told, l->told_count * sizeof *told);
    l->set->doc = doc;
    l->set->doc_count = l->doc_count;
    l->set->told = told;
    l->set->told_count = l->told_count;
    return 0;
}

static int finish(struct loader *l)
{
    if (drop_twins(l) < 0 || apply_filters(l) < 0 || choose(l) < 0 || hand_docs(l) < 0 || sigma_number_fields(l->set) < 0)
        return sp_error_nomem(l->err);
    return 0;
}

static int begin(struct loader *l, const struct sp_rule_options *options, struct sp_rule_set **ret, struct sp_error *err)
{
    *l = (struct loader){ .options = options, .err = err };
    *ret = l->set = sp_zalloc(sizeof *l->set);
    if (!l->set)
        return sp_error_nomem(err);
    sp_arena_init(&l->set->arena, SIZE_MAX);
    sp_arena_init(&l->yaml, SIZE_MAX);
    l->env = (struct sigma_env){ .set = l->set, .scratch = &l->yaml, .options = options };
    sp_hash_begin(&l->hash);
    return 0;
}

static int end(struct loader *l, int rc)
{
    struct sp_digest sha;

    if (!sp_hash_end(&l->hash, &sha) && rc == 0)
        rc = sp_error_nomem(l->err);
    l->set->sha256 = sha;
    sp_arena_done(&l->yaml);
    sp_buf_done(&l->file);
    sp_free(l->doc);
    sp_free(l->told);
    sp_free(l->rule);
    sp_free(l->filter);
    sp_free(l->by_id);
    return rc;
}

int sp_rules_load_files(const struct sp_rule_options *options, struct sp_rule_files *files, struct sp_rule_set **ret, struct sp_error *err)
{
    struct loader l;
    struct sp_error ignored;
    int rc = begin(&l, options, ret, err ? err : &ignored);

    if (rc < 0)
        return rc;
    rc = load_lists(&l);
    if (rc == 0)
        rc = load_pipelines(&l);
    if (rc == 0)
        rc = load_files(&l, files);
    if (rc == 0 && options->own)
        rc = load_own(&l);
    if (rc == 0)
        rc = finish(&l);
    files->uncertain |= l.unread;
    return end(&l, rc);
}

int sp_rules_load(const struct sp_rule_options *options, struct sp_rule_set **ret, struct sp_error *err)
{
    struct sp_rule_files files;
    int rc = sp_rule_files_walk(options, &files, err);

    *ret = NULL;
    if (rc == 0)
        rc = sp_rules_load_files(options, &files, ret, err);
    sp_rule_files_done(&files);
    return rc;
}

int sp_rules_parse(struct sp_str name, struct sp_str text, const struct sp_rule_options *options, struct sp_rule_set **ret,
                   struct sp_error *err)
{
    struct loader l;
    struct sp_error ignored;
    int rc = begin(&l, options, ret, err ? err : &ignored);

    if (rc < 0)
        return rc;
    rc = load_lists(&l);
    if (rc == 0)
        rc = load_pipelines(&l);
    if (rc == 0) {
        name = sp_arena_str(&l.set->arena, name);
        rc = name.ptr ? one_text(&l, name, text) : sp_error_nomem(l.err);
    }
    if (rc == 0)
        rc = finish(&l);
    return end(&l, rc);
}

void sp_rules_free(struct sp_rule_set *set)
{
    if (!set)
        return;
    sp_rule_image_close(set);
    sp_arena_done(&set->arena);
    sp_free(set);
}
