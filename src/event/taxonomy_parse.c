/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the lines of a mapping table (taxonomy.h has their forms), built in or a user's. Out: classes in the
 * taxonomy's arena; their strings are slices of the text. A wrong line is refused with file and line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "event/taxonomy_inner.h"

enum {
    COLUMNS_MAX = 64,    /* of one line */
    LINES_MAX = 65536,   /* of one class, those it is like among them */
    LIST_MAX = 32        /* categories, services, event id ranges of one line */
};

struct numbered {
    struct sp_field_line line;
    uint32_t number; /* in the order of the lines */
};

/* The class under construction; arrays grow on the heap and are copied to the arena when it is done. */
struct build {
    struct sp_taxonomy *taxonomy;
    const char *file;
    uint32_t line;
    struct sp_error *err;
    struct sp_class_entry *entry; /* NULL: no `class` line yet */
    struct numbered *field;
    struct sp_str *trim;
    struct sp_value_line *value;
    struct sp_when *when;
    uint32_t field_count, field_room, trim_count, trim_room, value_count, value_room, when_count, when_room;
    struct sp_str column[COLUMNS_MAX];
    uint32_t columns;
};

__attribute__((format(printf, 2, 3))) static int wrong(struct build *b, const char *fmt, ...)
{
    char what[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    (void)sp_error_set(b->err, SP_ERR_USAGE, "%s", what);
    sp_error_where(b->err, "%s:%u", b->file, b->line);
    return SP_ERR_USAGE;
}

static bool push_field(struct build *b, struct sp_str name, struct sp_from from)
{
    void *list = b->field;

    if (!sp_list_grow(&list, b->field_count, &b->field_room, sizeof *b->field))
        return false;
    b->field = list;
    b->field[b->field_count] = (struct numbered){ { name, from }, b->field_count };
    b->field_count++;
    return true;
}

static bool push_trim(struct build *b, struct sp_str name)
{
    void *list = b->trim;

    if (!sp_list_grow(&list, b->trim_count, &b->trim_room, sizeof *b->trim))
        return false;
    b->trim = list;
    b->trim[b->trim_count++] = name;
    return true;
}

static bool push_value(struct build *b, struct sp_str type, struct sp_from from)
{
    void *list = b->value;

    if (!sp_list_grow(&list, b->value_count, &b->value_room, sizeof *b->value))
        return false;
    b->value = list;
    b->value[b->value_count++] = (struct sp_value_line){ type, from };
    return true;
}

static size_t find(struct sp_str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

/* Strip `word(` and `)`. */
static bool wrapped(struct sp_str *s, struct sp_str word)
{
    if (!sp_str_starts(*s, word) || s->ptr[s->len - 1] != ')')
        return false;
    *s = sp_str_cut(*s, word.len, s->len - word.len - 1);
    return true;
}

static int read_from(struct build *b, struct sp_str text, struct sp_from *ret)
{
    size_t at;

    *ret = (struct sp_from){ .kind = SP_FROM_FIELD, .b = SP_STR_NONE };
    if (wrapped(&text, SP_STR("dec(")))
        ret->kind = SP_FROM_DEC;
    else if (wrapped(&text, SP_STR("registry(")))
        ret->kind = SP_FROM_REGISTRY;
    ret->a = text;
    at = find(text, '\\');
    if (at == SIZE_MAX && ret->kind == SP_FROM_FIELD) {
        at = find(text, '|');
        if (at != SIZE_MAX)
            ret->kind = SP_FROM_FIRST;
    } else if (at != SIZE_MAX && ret->kind == SP_FROM_FIELD) {
        ret->kind = SP_FROM_JOIN;
    }
    if (at != SIZE_MAX) {
        ret->a = sp_str_cut(text, 0, at);
        ret->b = sp_str_cut(text, at + 1, text.len - at - 1);
        if (!ret->b.len || ret->kind == SP_FROM_DEC || find(ret->b, '\\') != SIZE_MAX || find(ret->b, '|') != SIZE_MAX)
            return wrong(b, "`%.*s` is no source of a field", SP_STR_ARG(text));
    }
    return ret->a.len ? 0 : wrong(b, "a field name is empty");
}

/* `a,b,c` as a list in the arena; `-` is none. */
static int read_list(struct build *b, struct sp_str text, const struct sp_str **ret, uint32_t *count)
{
    struct sp_str found[LIST_MAX], *kept;
    uint32_t n = 0;

    *count = 0;
    if (sp_str_is(text, "-"))
        return 0;
    for (;;) {
        size_t at = find(text, ',');
        struct sp_str part = at == SIZE_MAX ? text : sp_str_cut(text, 0, at);

        if (!part.len || n == LIST_MAX)
            return wrong(b, "a list with an empty or too many parts");
        found[n++] = part;
        if (at == SIZE_MAX)
            break;
        text = sp_str_cut(text, at + 1, text.len - at - 1);
    }
    kept = sp_arena_alloc(&b->taxonomy->arena, n * sizeof *kept);
    if (!kept)
        return sp_error_nomem(b->err);
    memcpy(kept, found, n * sizeof *kept);
    *ret = kept;
    *count = n;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = sp_str_cmp(x->line.name, y->line.name);

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* Sort by name; of two lines for one name the later one counts, so that a class can refine what it is like. */
static void sort_fields(struct build *b)
{
    uint32_t n = 0;

    if (b->field_count)
        qsort(b->field, b->field_count, sizeof *b->field, by_name);
    for (uint32_t i = 0; i < b->field_count; i++) {
        if (n && sp_str_eq(b->field[n - 1].line.name, b->field[i].line.name))
            n--;
        b->field[n++] = b->field[i];
    }
    b->field_count = n;
}

static const void *keep(struct build *b, const void *list, uint32_t count, size_t element, bool *good)
{
    void *kept = count ? sp_arena_alloc(&b->taxonomy->arena, count * element) : NULL;

    if (kept)
        memcpy(kept, list, count * element);
    else if (count)
        *good = false;
    return kept;
}

/* Close the class: what was gathered becomes its own. */
static int finish(struct build *b)
{
    struct sp_class *c;
    struct sp_field_line *field;
    bool good = true;

    if (!b->entry)
        return 0;
    c = &b->entry->seen;
    sort_fields(b);
    field = b->field_count ? sp_arena_alloc(&b->taxonomy->arena, b->field_count * sizeof *field) : NULL;
    if (b->field_count && !field)
        return sp_error_nomem(b->err);
    for (uint32_t i = 0; i < b->field_count; i++)
        field[i] = b->field[i].line;
    c->field = field;
    c->field_count = b->field_count;
    c->trim = keep(b, b->trim, b->trim_count, sizeof *b->trim, &good);
    c->trim_count = b->trim_count;
    c->value = keep(b, b->value, b->value_count, sizeof *b->value, &good);
    c->value_count = b->value_count;
    b->entry->when = keep(b, b->when, b->when_count, sizeof *b->when, &good);
    b->entry->when_count = b->when_count;
    b->entry = NULL;
    b->field_count = b->trim_count = b->value_count = b->when_count = 0;
    return good ? 0 : sp_error_nomem(b->err);
}

static int on_class(struct build *b)
{
    struct sp_class *c;
    int rc = finish(b);

    if (rc < 0)
        return rc;
    if (b->columns != 5)
        return wrong(b, "`class` takes NAME PRODUCT CATEGORY SERVICE, `-` for none");
    b->entry = sp_taxonomy_entry(b->taxonomy);
    if (!b->entry)
        return sp_error_nomem(b->err);
    c = &b->entry->seen;
    c->name = b->column[1];
    c->product = sp_str_is(b->column[2], "-") ? SP_STR_NONE : b->column[2];
    rc = read_list(b, b->column[3], &c->category, &c->category_count);
    return rc < 0 ? rc : read_list(b, b->column[4], &c->service, &c->service_count);
}

static bool read_u32(struct sp_str text, uint32_t *ret)
{
    uint32_t n = 0;

    if (!text.len || text.len > 9)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        n = 10 * n + (uint32_t)(text.ptr[i] - '0');
    }
    *ret = n;
    return true;
}

/* `1`, `1,4`, `1-4`, and mixtures. */
static int read_ids(struct build *b, struct sp_str text, struct sp_when *when)
{
    const struct sp_str *part;
    struct sp_range *range;
    uint32_t count;
    int rc = read_list(b, text, &part, &count);

    if (rc < 0)
        return rc;
    range = sp_arena_alloc(&b->taxonomy->arena, (count ? count : 1) * sizeof *range);
    if (!range)
        return sp_error_nomem(b->err);
    for (uint32_t i = 0; i < count; i++) {
        size_t dash = find(part[i], '-');
        struct sp_str first = dash == SIZE_MAX ? part[i] : sp_str_cut(part[i], 0, dash);
        struct sp_str last = dash == SIZE_MAX ? part[i] : sp_str_cut(part[i], dash + 1, part[i].len - dash - 1);

        if (!read_u32(first, &range[i].first) || !read_u32(last, &range[i].last))
            return wrong(b, "`%.*s` is no event id", SP_STR_ARG(part[i]));
    }
    when->eventid = range;
    when->eventid_count = count;
    return 0;
}

/* One KEY=VALUE of a `when` line. */
static int read_condition(struct build *b, struct sp_str text, struct sp_when *when, struct sp_field_test *test)
{
    size_t equal = find(text, '='), caret = find(text, '^'), at = equal < caret ? equal : caret;
    struct sp_str key, value;

    if (sp_str_is(text, "any"))
        return 0;
    if (at == SIZE_MAX || at == 0 || at + 1 == text.len)
        return wrong(b, "`%.*s` is no condition KEY=VALUE or FIELD^PREFIX", SP_STR_ARG(text));
    key = sp_str_cut(text, 0, at);
    value = sp_str_cut(text, at + 1, text.len - at - 1);
    if (at == equal && sp_str_is(key, "channel"))
        when->channel = value;
    else if (at == equal && sp_str_is(key, "provider"))
        when->provider = value;
    else if (at == equal && sp_str_is(key, "eventid"))
        return read_ids(b, value, when);
    else
        test[when->test_count++] = (struct sp_field_test){ key, value, at == caret };
    return 0;
}

static int on_when(struct build *b)
{
    struct sp_when when = { .class_ = &b->entry->seen, .channel = SP_STR_NONE, .provider = SP_STR_NONE };
    struct sp_field_test test[COLUMNS_MAX], *kept;
    void *list = b->when;
    int rc;

    if (b->columns < 2)
        return wrong(b, "`when` takes KEY=VALUE ...");
    for (uint32_t i = 1; i < b->columns; i++) {
        rc = read_condition(b, b->column[i], &when, test);
        if (rc < 0)
            return rc;
    }
    if (when.test_count) {
        kept = sp_arena_alloc(&b->taxonomy->arena, when.test_count * sizeof *kept);
        if (!kept)
            return sp_error_nomem(b->err);
        memcpy(kept, test, when.test_count * sizeof *kept);
        when.test = kept;
    }
    if (!sp_list_grow(&list, b->when_count, &b->when_room, sizeof *b->when))
        return sp_error_nomem(b->err);
    b->when = list;
    b->when[b->when_count++] = when;
    return 0;
}

static int on_field(struct build *b)
{
    struct sp_from from;
    int rc;

    if (b->columns != 2 && b->columns != 3)
        return wrong(b, "`field` takes NAME [FROM]");
    if (b->columns == 3) {
        rc = read_from(b, b->column[2], &from);
        if (rc < 0)
            return rc;
    } else {
        from = (struct sp_from){ .kind = SP_FROM_FIELD, .a = b->column[1], .b = SP_STR_NONE };
    }
    return push_field(b, b->column[1], from) ? 0 : sp_error_nomem(b->err);
}

static int on_fields(struct build *b)
{
    for (uint32_t i = 1; i < b->columns; i++)
        if (!push_field(b, b->column[i], (struct sp_from){ .kind = SP_FROM_FIELD, .a = b->column[i], .b = SP_STR_NONE }))
            return sp_error_nomem(b->err);
    return b->columns > 1 ? 0 : wrong(b, "`fields` takes NAME ...");
}

static int on_absent(struct build *b)
{
    for (uint32_t i = 1; i < b->columns; i++)
        if (!push_field(b, b->column[i], (struct sp_from){ SP_FROM_ABSENT, b->column[i], SP_STR_NONE }))
            return sp_error_nomem(b->err);
    return b->columns > 1 ? 0 : wrong(b, "`absent` takes NAME ...");
}

static int on_trim(struct build *b)
{
    for (uint32_t i = 1; i < b->columns; i++)
        if (!push_trim(b, b->column[i]))
            return sp_error_nomem(b->err);
    return b->columns > 1 ? 0 : wrong(b, "`trim` takes NAME ...");
}

static int on_names(struct build *b)
{
    if (b->columns != 2 || !sp_str_is(b->column[1], "nospace"))
        return wrong(b, "`names` takes nospace");
    b->entry->seen.nospace = true;
    return 0;
}

/* time, host, user, session. Times are read in whatever form they have, so that the form is only checked. */
static int on_place(struct build *b)
{
    static const char *const form[] = { "auto", "rfc3339", "epoch", "epoch-ms", "epoch-us", "epoch-ns" };
    struct sp_class *c = &b->entry->seen;
    bool time = sp_str_is(b->column[0], "time");
    struct sp_from *to = time                               ? &c->time
                         : sp_str_is(b->column[0], "host") ? &c->host
                         : sp_str_is(b->column[0], "user") ? &c->user
                                                            : &c->session;
    bool known = !(time && b->columns == 3);

    for (size_t i = 0; i < sizeof form / sizeof *form && !known; i++)
        known = sp_str_is(b->column[2], form[i]);
    if (!known)
        return wrong(b, "`%.*s` is no form of a time: auto, rfc3339, epoch, epoch-ms, epoch-us, epoch-ns", SP_STR_ARG(b->column[2]));
    if (b->columns != 2 && !(time && b->columns == 3))
        return wrong(b, "`%.*s` takes FROM", SP_STR_ARG(b->column[0]));
    return read_from(b, b->column[1], to);
}

static int on_value(struct build *b)
{
    static const char *const type[] = { "ipv4", "ipv6", "domain", "url", "md5", "sha1", "sha256", "imphash", "file_name", "file_path",
                                        "registry_key", "service", "task", "named_pipe", "mutex", "account", "email", "cert",
                                        "user_agent", "app_id", "role", "key_id", "path", "hashes", "ip", "host" };
    struct sp_from from;
    int rc;

    if (b->columns != 3)
        return wrong(b, "`value` takes TYPE FROM");
    rc = read_from(b, b->column[2], &from);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof type / sizeof *type; i++)
        if (sp_str_is(b->column[1], type[i]))
            return push_value(b, b->column[1], from) ? 0 : sp_error_nomem(b->err);
    return wrong(b, "there is no value type `%.*s`", SP_STR_ARG(b->column[1]));
}

static bool copy_lines(struct build *b, const struct sp_class *c)
{
    for (uint32_t i = 0; i < c->field_count; i++)
        if (!push_field(b, c->field[i].name, c->field[i].from))
            return false;
    for (uint32_t i = 0; i < c->trim_count; i++)
        if (!push_trim(b, c->trim[i]))
            return false;
    for (uint32_t i = 0; i < c->value_count; i++)
        if (!push_value(b, c->value[i].type, c->value[i].from))
            return false;
    return true;
}

static int on_like(struct build *b)
{
    struct sp_class *to = &b->entry->seen;
    const struct sp_class *c = NULL;

    if (b->columns != 2)
        return wrong(b, "`like` takes CLASS");
    for (uint32_t i = b->taxonomy->count; i-- > 0 && !c;)
        if (sp_str_eq(b->taxonomy->entry[i]->seen.name, b->column[1]) && b->taxonomy->entry[i] != b->entry)
            c = &b->taxonomy->entry[i]->seen;
    if (!c)
        return wrong(b, "there is no class `%.*s` above this line", SP_STR_ARG(b->column[1]));
    if (b->field_count + b->trim_count + b->value_count > LINES_MAX)
        return wrong(b, "a class with more than %d lines", LINES_MAX); /* else each `like` could double it */
    to->nospace = to->nospace || c->nospace;
    to->time = to->time.a.len ? to->time : c->time;
    to->host = to->host.a.len ? to->host : c->host;
    to->user = to->user.a.len ? to->user : c->user;
    to->session = to->session.a.len ? to->session : c->session;
    return copy_lines(b, c) ? 0 : sp_error_nomem(b->err);
}

/* Checked and nothing else: which records a map is for is said by --source-type. */
static int on_type(struct build *b)
{
    if (b->columns == 2 && (sp_str_is(b->column[1], "json") || sp_str_is(b->column[1], "csv") || sp_str_is(b->column[1], "text")))
        return 0;
    return wrong(b, "`type` takes json, csv or text");
}

static int read_line(struct build *b)
{
    static const struct {
        const char *word;
        int (*read)(struct build *b);
    } kind[] = {
        { "fields", on_fields }, { "field", on_field },  { "class", on_class },   { "when", on_when },   { "absent", on_absent },
        { "trim", on_trim },     { "names", on_names },  { "time", on_place },    { "host", on_place },  { "user", on_place },
        { "session", on_place }, { "value", on_value },  { "like", on_like },     { "type", on_type },
    };

    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        if (!sp_str_is(b->column[0], kind[i].word))
            continue;
        if (!b->entry && kind[i].read != on_class && kind[i].read != on_type)
            return wrong(b, "`%s` stands above the first `class` line", kind[i].word);
        return kind[i].read(b);
    }
    return wrong(b, "there is no line `%.*s`", SP_STR_ARG(b->column[0]));
}

/* Cut a line at its tabs; a line without any at its spaces. Empty columns between two tabs are dropped. */
static int columns(struct build *b, struct sp_str line)
{
    char cut = find(line, '\t') == SIZE_MAX ? ' ' : '\t';

    b->columns = 0;
    for (size_t at = 0; at <= line.len;) {
        struct sp_str rest = sp_str_cut(line, at, line.len - at);
        size_t end = find(rest, cut);
        struct sp_str part = sp_str_cut(rest, 0, end == SIZE_MAX ? rest.len : end);

        while (part.len && part.ptr[part.len - 1] == ' ')
            part.len--;
        while (part.len && part.ptr[0] == ' ')
            part = sp_str_cut(part, 1, part.len - 1);
        if (part.len && b->columns == COLUMNS_MAX)
            return wrong(b, "more than %d columns", COLUMNS_MAX);
        if (part.len)
            b->column[b->columns++] = part;
        if (end == SIZE_MAX)
            break;
        at += end + 1;
    }
    return 0;
}

static int read_lines(struct build *b, struct sp_str text)
{
    if (sp_str_starts(text, SP_STR("\xEF\xBB\xBF")))
        text = sp_str_cut(text, 3, text.len - 3);
    while (text.len) {
        size_t end = find(text, '\n');
        struct sp_str line = sp_str_cut(text, 0, end == SIZE_MAX ? text.len : end);
        int rc;

        b->line++;
        text = end == SIZE_MAX ? SP_STR_NONE : sp_str_cut(text, end + 1, text.len - end - 1);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len && line.ptr[0] == '#')
            continue;
        rc = columns(b, line);
        if (rc == 0 && b->columns)
            rc = read_line(b);
        if (rc < 0)
            return rc;
    }
    return finish(b);
}

int sp_taxonomy_parse(struct sp_taxonomy *taxonomy, const char *file, struct sp_str text, struct sp_error *err)
{
    struct build b = { .taxonomy = taxonomy, .file = file, .err = err };
    int rc = read_lines(&b, text);

    sp_free(b.field);
    sp_free(b.trim);
    sp_free(b.value);
    sp_free(b.when);
    return rc;
}
