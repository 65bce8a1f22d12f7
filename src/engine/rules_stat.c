/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rules. Out: what each costs and why, the dearest first; for people also how many there are of which kind.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/safe.h"
#include "engine/rules.h"

enum { KEYS_SHOWN = 8, WHY_USUAL = 64, COST_COLUMNS = 13, COLUMN_MIN = 16 };

struct line {
    const struct sp_rule *rule;
    struct sp_cost cost;
};

/* ---------------------------------------------------------------- one object a rule */

static void keys_member(struct sp_json *w, const struct sp_cost *c)
{
    sp_json_key(w, SP_STR("keys"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < c->keys && i < KEYS_SHOWN; i++) {
        sp_json_open(w, '{');
        sp_rules_text(w, SP_STR("field"), c->key[i].field.len ? c->key[i].field : (struct sp_str){ NULL, 0 });
        sp_rules_text(w, SP_STR("kind"), sp_str_c(c->key[i].kind));
        sp_rules_text(w, SP_STR("literal"), c->key[i].literal);
        sp_json_key(w, SP_STR("ppm"));
        sp_json_u64(w, c->key[i].ppm);
        sp_json_close(w, '}');
    }
    sp_json_close(w, ']');
}

void sp_rules_cost(struct sp_json *w, const struct sp_cost *c)
{
    sp_json_open(w, '{');
    sp_json_key(w, SP_STR("ppm"));
    sp_json_u64(w, c->ppm);
    sp_json_key(w, SP_STR("always"));
    sp_json_bool(w, c->always);
    keys_member(w, c);
    sp_json_key(w, SP_STR("more_keys"));
    sp_json_u64(w, c->keys > KEYS_SHOWN ? c->keys - KEYS_SHOWN : 0);
    sp_rules_text(w, SP_STR("why"), c->why);
    sp_rules_text(w, SP_STR("class"), c->class_ ? c->class_->name : (struct sp_str){ NULL, 0 });
    sp_json_key(w, SP_STR("unknown"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < c->unknowns; i++)
        sp_json_str(w, c->unknown[i]->name);
    sp_json_close(w, ']');
    sp_json_close(w, '}');
}

static void line_json(struct sp_rules_run *run, const struct line *l)
{
    struct sp_json w = sp_json_to(&run->out);

    sp_json_open(&w, '{');
    sp_rules_text(&w, SP_STR("file"), l->rule->file);
    sp_json_key(&w, SP_STR("line"));
    sp_json_u64(&w, l->rule->line);
    sp_rules_text(&w, SP_STR("id"), l->rule->id);
    sp_rules_text(&w, SP_STR("title"), l->rule->title);
    sp_json_key(&w, SP_STR("cost"));
    sp_rules_cost(&w, &l->cost);
    sp_json_close(&w, '}');
    sp_buf_char(&run->out, '\n');
}

/* ---------------------------------------------------------------- the table */

/* Appends `s` harmless, cut to `width` columns (0: no limit), padded to it when another cell follows. */
static void cell(struct sp_rules_run *run, struct sp_str s, size_t width, bool pad)
{
    struct sp_str shown;
    size_t columns;

    sp_buf_clear(&run->scratch);
    sp_safe_write(&run->scratch, s);
    run->out.failed |= run->scratch.failed;
    shown = sp_buf_view(&run->scratch);
    columns = sp_safe_width(shown);
    if (width && columns > width) {
        while (shown.len && sp_safe_width(shown) > width - 3) {
            do
                shown.len--;
            while (shown.len && ((unsigned char)shown.ptr[shown.len] & 0xC0) == 0x80);
        }
        columns = sp_safe_width(shown) + 3;
        sp_buf_str(&run->out, shown);
        sp_buf_text(&run->out, "...");
    } else {
        sp_buf_str(&run->out, shown);
    }
    for (; pad && columns < width; columns++)
        sp_buf_char(&run->out, ' ');
}

/* Columns of why, and (0: no limit) of the title. */
static void widths(const struct sp_rules_run *run, size_t *why, size_t *title)
{
    size_t width = run->options->output.width;

    *why = WHY_USUAL;
    *title = 0;
    if (!width)
        return;
    width = width > COST_COLUMNS + 2 * COLUMN_MIN ? width - COST_COLUMNS : 2 * COLUMN_MIN;
    *why = width / 2;
    *title = width - *why;
}

static void table(struct sp_rules_run *run, const struct line *line, uint32_t count)
{
    size_t why, title;

    widths(run, &why, &title);
    if (count)
        sp_buf_printf(&run->out, "%9s  %-*s  %s\n", "COST", (int)why, "WHY", "TITLE");
    for (uint32_t i = 0; i < count; i++) {
        if (line[i].cost.always)
            sp_buf_printf(&run->out, "%9s  ", "always");
        else
            sp_buf_printf(&run->out, "%9u  ", line[i].cost.ppm);
        cell(run, line[i].cost.why, why, true);
        sp_buf_text(&run->out, "  ");
        cell(run, line[i].rule->title.len ? line[i].rule->title : line[i].rule->file, title, false);
        sp_buf_char(&run->out, '\n');
    }
    sp_buf_text(&run->out, count ? "Cost: of a million events of its log source so many are looked at, by estimate\n\n" : "");
}

/* ---------------------------------------------------------------- counts */

struct count {
    struct sp_str name;
    uint64_t n;
};

static int by_count(const void *a, const void *b)
{
    const struct count *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : sp_str_cmp(x->name, y->name);
}

/* Count each chosen rule under one name and write the counts, most first. */
static int stat_by(struct sp_rules_run *run, const char *what, struct sp_str (*name)(struct sp_rules_run *, const struct sp_rule *))
{
    const struct sp_rule_set *set = run->scope.rules;
    struct count *list = sp_zalloc(((size_t)set->rule_count + 1) * sizeof *list);
    size_t n = 0;

    if (!list)
        return sp_error_nomem(run->err);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        struct sp_str key = name(run, set->rule[i]);
        size_t at = 0;

        while (at < n && !sp_str_eq(list[at].name, key))
            at++;
        if (at == n) {
            list[n].name = sp_arena_str(&run->scope.rules->arena, key);
            if (!list[n++].name.ptr) {
                sp_free(list);
                return sp_error_nomem(run->err);
            }
        }
        list[at].n++;
    }
    qsort(list, n, sizeof *list, by_count);
    for (size_t i = 0; i < n; i++) {
        sp_buf_printf(&run->out, "%-10s  %6llu  ", what, (unsigned long long)list[i].n);
        sp_safe_write(&run->out, list[i].name);
        sp_buf_char(&run->out, '\n');
    }
    sp_free(list);
    return 0;
}

static struct sp_str name_level(struct sp_rules_run *run, const struct sp_rule *rule)
{
    (void)run;
    return sp_str_c(sp_level_name(rule->level));
}

static struct sp_str name_status(struct sp_rules_run *run, const struct sp_rule *rule)
{
    (void)run;
    return sp_str_c(sp_status_name(rule->status));
}

static struct sp_str name_logsource(struct sp_rules_run *run, const struct sp_rule *rule)
{
    sp_buf_clear(&run->scratch);
    sp_rules_logsource(&run->scratch, &rule->logsource);
    run->out.failed |= run->scratch.failed;
    return sp_buf_view(&run->scratch);
}

static int counts(struct sp_rules_run *run)
{
    int rc = stat_by(run, "level", name_level);

    if (rc == 0)
        rc = stat_by(run, "status", name_status);
    return rc == 0 ? stat_by(run, "logsource", name_logsource) : rc;
}

/* ---------------------------------------------------------------- all */

static int by_cost(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    if (x->cost.always != y->cost.always)
        return x->cost.always ? -1 : 1;
    if (x->cost.ppm != y->cost.ppm)
        return x->cost.ppm < y->cost.ppm ? 1 : -1;
    return (x->rule->rank > y->rule->rank) - (x->rule->rank < y->rule->rank);
}

int sp_rules_stat(struct sp_rules_run *run)
{
    const struct sp_rule_set *set = run->scope.rules;
    bool text = run->options->output.format == SP_FORMAT_TABLE;
    struct line *line = sp_zalloc(((size_t)set->rule_count + 1) * sizeof *line);
    struct sp_arena arena;
    int rc = line ? 0 : SP_ERR_NOMEM;

    sp_arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; rc == 0 && i < set->rule_count; i++) {
        line[i].rule = set->rule[i];
        rc = sp_cost_of(&arena, set, run->scope.taxonomy, line[i].rule, &line[i].cost);
    }
    if (rc == 0) {
        qsort(line, set->rule_count, sizeof *line, by_cost);
        if (text)
            table(run, line, set->rule_count);
        for (uint32_t i = 0; !text && i < set->rule_count; i++)
            line_json(run, &line[i]);
    }
    sp_arena_done(&arena);
    sp_free(line);
    if (rc < 0)
        return sp_error_nomem(run->err);
    return text ? counts(run) : 0;
}
