/* SPDX-License-Identifier: Apache-2.0
 *
 * Images of rule sets and the plan cache: what comes back is what was frozen, wherever it is mapped; what is damaged, of
 * another key or another's is refused; what has changed on the disk is seen, and refusals are told as when loading.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "rule/rule_cache.h"
#include "rule/rule_image.h"
#include "rule/rule_load.h"
#include "tap.h"

#define HEAD "id: 5a0c0000-0000-4000-8000-00000000000%d\nlevel: high\nstatus: test\nlogsource: {product: windows, category: process_creation}\n"

/* Every kind of pattern, token, expression and document. */
static const char everything[] =
    "title: texts\nid: 5a0c0000-0000-4000-8000-000000000001\nlevel: high\nstatus: test\ntags: [attack.t1003, attack.execution]\n"
    "description: all kinds of texts\nlogsource: {product: windows, category: process_creation}\n"
    "detection:\n  a: {Image|endswith: ['\\whoami.exe', '\\WHO*ami.exe', 'x?y'], 'CommandLine|contains|all': [a, b]}\n"
    "  b: [{CommandLine|windash|contains: ' -enc '}, {CommandLine|base64offset|contains: 'http'}]\n"
    "  c: {User|cased: SYSTEM, Parent: ''}\n  filter_x: {Image|startswith: 'C:\\'}\n  filter_y: {Image: '*'}\n"
    "  condition: a and (b or c) and not 1 of filter_*\n"
    "---\ntitle: numbers\nid: 5a0c0000-0000-4000-8000-000000000002\nlogsource: {service: sysmon}\n"
    "detection:\n  a: {EventID: [1, 4.50, -3], Size|gte: 10, Time|hour: 7, Up: true, Gone: null, There|exists: true}\n"
    "  b: {Ip|cidr: ['10.0.0.0/8', 'fe80::/10'], Image|fieldref|endswith: ParentImage, Name|neq: x}\n  condition: all of them\n"
    "---\ntitle: regexes\nid: 5a0c0000-0000-4000-8000-000000000003\nlevel: low\nlogsource: {product: windows}\n"
    "detection:\n  a: {CommandLine|re|i: 'net\\s+(user|group)\\b.{0,4}/dom[a-z]+'}\n  k: ['word', 'other words']\n  r: {A|re: '^\\d+\xC3\xA4?$'}\n  condition: 1 of them\n"
    "---\ntitle: a warning\nlogsource: {product: windows}\ndetection:\n  a: {A|contains|all: one}\n  condition: a\n"
    "---\ntitle: refused\nlogsource: {product: windows}\ndetection:\n  a: {A|nonsense: one}\n  condition: a\n"
    "---\ntitle: the same id\nid: 5a0c0000-0000-4000-8000-000000000003\nlogsource: {product: windows}\ndetection:\n  a: {A: one}\n  condition: a\n"
    "---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: [x], group-by: [User], timespan: 5m, condition: {gte: 10}}\n"
    "---\ntitle: a filter\nlogsource: {product: windows}\nfilter:\n  rules: ['5a0c0000-0000-4000-8000-000000000003']\n  f: {User: nobody}\n  condition: not f\n"
    "---\nnot: [a, rule\n";

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static int turn;
    char *p = path[turn++ & 3];

    if (!*folder) {
        (void)snprintf(folder, sizeof folder, "/tmp/spoor-plan-XXXXXX");
        if (!mkdtemp(folder))
            tap_fail("no folder to work in");
    }
    (void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");

    ok(f && fwrite(bytes, 1, len, f) == len);
    ok(f && fclose(f) == 0);
    ok(chmod(path, 0600) == 0);
}

/* ---------------------------------------------------------------- equal by value */

static bool same_texts(const struct sp_str *a, const struct sp_str *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!sp_str_eq(a[i], b[i]))
            return false;
    return true;
}

static bool same_regex(const struct sp_regex *a, const struct sp_regex *b)
{
    return a->count == b->count && a->start == b->start && memcmp(a->state, b->state, a->count * sizeof *a->state) == 0 &&
           a->set_count == b->set_count && (!a->set_count || memcmp(a->set, b->set, a->set_count * sizeof *a->set) == 0) &&
           a->jump_count == b->jump_count && (!a->jump_count || memcmp(a->jump, b->jump, a->jump_count * sizeof *a->jump) == 0) &&
           a->anchored == b->anchored && memcmp(a->byte_class, b->byte_class, sizeof a->byte_class) == 0 && a->class_count == b->class_count &&
           a->length_min == b->length_min && a->run_least == b->run_least && a->run_wide == b->run_wide &&
           memcmp(a->run_ascii, b->run_ascii, sizeof a->run_ascii) == 0 && sp_str_eq(a->required, b->required) && a->flags == b->flags && a->id == b->id;
}

static bool same_tokens(const struct sp_pattern *a, const struct sp_pattern *b)
{
    bool same = a->token_count == b->token_count;

    for (uint32_t i = 0; same && i < a->token_count; i++)
        same = a->token[i].kind == b->token[i].kind && sp_str_eq(a->token[i].literal, b->token[i].literal);
    return same;
}

static bool same_pattern(const struct sp_pattern *a, const struct sp_pattern *b)
{
    if (a->kind != b->kind || a->where != b->where || a->cased != b->cased || a->truth != b->truth || !sp_str_eq(a->text, b->text))
        return false;
    switch (a->kind) {
    case SP_P_TEXT:
        return same_tokens(a, b);
    case SP_P_NUMBER:
        return sp_str_eq(a->number, b->number);
    case SP_P_COMPARE:
        return sp_str_eq(a->number, b->number) && a->compare == b->compare;
    case SP_P_TIMEPART:
        return a->part == b->part && a->part_value == b->part_value;
    case SP_P_REGEX:
        return same_regex(a->regex, b->regex);
    case SP_P_CIDR:
        return a->prefix == b->prefix && memcmp(a->network, b->network, 16) == 0;
    case SP_P_FIELD:
        return sp_str_eq(a->field, b->field) && a->field_id == b->field_id;
    case SP_P_BOOL:
    case SP_P_NULL:
    default:
        return true;
    }
}

static bool same_item(const struct sp_item *a, const struct sp_item *b)
{
    bool same = a->id == b->id && sp_str_eq(a->field, b->field) && a->field_id == b->field_id && sp_str_eq(a->selection, b->selection) &&
                a->modifier_count == b->modifier_count && a->pattern_count == b->pattern_count && a->all == b->all && a->neq == b->neq &&
                a->exists == b->exists && a->exists_wanted == b->exists_wanted && a->line == b->line && a->column == b->column &&
                same_texts(a->modifier, b->modifier, a->modifier_count);

    for (uint32_t i = 0; same && i < a->pattern_count; i++)
        same = same_pattern(&a->pattern[i], &b->pattern[i]);
    return same;
}

static bool same_expr(const struct sp_expr *a, const struct sp_expr *b)
{
    bool same = a->kind == b->kind && a->child_count == b->child_count && a->least == b->least && sp_str_eq(a->name, b->name) &&
                !a->item == !b->item && (!a->item || a->item->id == b->item->id);

    for (uint32_t i = 0; same && i < a->child_count; i++)
        same = same_expr(a->child[i], b->child[i]);
    return same;
}

static bool same_rule(const struct sp_rule *a, const struct sp_rule *b)
{
    bool same = sp_str_eq(a->id, b->id) && sp_str_eq(a->title, b->title) && sp_str_eq(a->description, b->description) && a->level == b->level &&
                a->status == b->status && a->tag_count == b->tag_count && same_texts(a->tag, b->tag, a->tag_count) &&
                sp_str_eq(a->logsource.product, b->logsource.product) && sp_str_eq(a->logsource.category, b->logsource.category) &&
                sp_str_eq(a->logsource.service, b->logsource.service) && memcmp(&a->sha256, &b->sha256, sizeof a->sha256) == 0 &&
                sp_str_eq(a->file, b->file) && a->line == b->line && a->item_count == b->item_count && a->rank == b->rank && a->own == b->own &&
                same_expr(a->condition, b->condition);

    for (uint32_t i = 0; same && i < a->item_count; i++)
        same = same_item(a->item[i], b->item[i]);
    return same;
}

static bool same_doc(const struct sp_doc *a, const struct sp_doc *b)
{
    return sp_str_eq(a->file, b->file) && sp_str_eq(a->id, b->id) && sp_str_eq(a->title, b->title) && a->line == b->line && a->kind == b->kind &&
           a->verdict == b->verdict && a->reason_count == b->reason_count && same_texts(a->reason, b->reason, a->reason_count) &&
           !a->rule == !b->rule && (!a->rule || same_rule(a->rule, b->rule)) && a->left_out == b->left_out;
}

static void is_same(const struct sp_rule_set *a, const struct sp_rule_set *b)
{
    is_u64(a->rule_count, b->rule_count);
    is_u64(a->doc_count, b->doc_count);
    is_u64(a->told_count, b->told_count);
    is_u64(a->field_count, b->field_count);
    is_u64(a->regex_count, b->regex_count);
    ok(memcmp(&a->sha256, &b->sha256, sizeof a->sha256) == 0);
    for (uint32_t i = 0; i < a->rule_count && i < b->rule_count; i++)
        ok(same_rule(a->rule[i], b->rule[i]));
    for (uint32_t i = 0; i < a->doc_count && i < b->doc_count; i++)
        ok(same_doc(&a->doc[i], &b->doc[i]));
    for (uint32_t i = 0; i < a->told_count && i < b->told_count; i++)
        is_u64(a->told[i], b->told[i]);
    ok(a->field_count == b->field_count && same_texts(a->field, b->field, a->field_count));
}

/* ---------------------------------------------------------------- images */

static struct sp_limits limits;
static struct sp_error err;

static struct sp_rule_set *loaded(void)
{
    struct sp_rule_options options = { .limits = &limits };
    struct sp_rule_set *set = NULL;

    limits = sp_limits_default();
    is_i64(sp_rules_parse(SP_STR("t.yml"), SP_STR(everything), &options, &set, &err), 0);
    return set;
}

static struct sp_buf frozen(const struct sp_rule_set *set)
{
    struct sp_rule_place place[2] = { { "rules", 1, true, { 1, 2, 3, 4, 5 } }, { "t.yml", 0, false, { 6, 7, 8, 9, 10 } } };
    struct sp_rule_files files = { .place = place, .place_count = 2 };
    struct sp_buf image = { 0 };

    is_i64(sp_rule_image_make(set, SP_STR("the key"), &files, &image), 0);
    return image;
}

static struct sp_rule_set *opened(const char *path, struct sp_str key, struct sp_rule_files *places)
{
    struct sp_rule_set *set = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ok(fd >= 0);
    if (sp_rule_image_open(fd, key, &set, places) < 0)
        set = NULL;
    (void)close(fd);
    return set;
}

TEST(a_set_comes_back_as_it_was_also_where_it_is_not_meant_to_be)
{
    struct sp_rule_set *set = loaded(), *first, *second;
    struct sp_buf image = frozen(set);
    struct sp_rule_files a = { 0 }, b = { 0 };
    const char *path = in_folder("image");

    is_u64(set->rule_count, 4);
    is_u64(set->doc_count, 9);
    is_u64(set->told_count, 3);
    ok(set->regex_count == 2);
    write_file(path, image.ptr, image.len);
    first = opened(path, SP_STR("the key"), &a);
    second = opened(path, SP_STR("the key"), &b);
    ok(first && second);
    if (first && second) {
        ok(second->image != (void *)SP_RULE_IMAGE_BASE);
        ok((const char *)second->rule >= (const char *)second->image && (const char *)second->rule < (const char *)second->image + image.len);
        is_same(first, set);
        is_same(second, set);
        is_u64(a.place_count, 2);
        is_u64(b.place_count, 2);
        is_text(b.place[1].name, "t.yml");
        is_i64(b.place[1].stamp.changed_ns, 10);
        ok(a.place[0].folder && a.place[0].below == 1);
    }
    sp_rules_free(first);
    sp_rules_free(second);
    sp_rules_free(set);
    sp_buf_done(&image);
}

TEST(what_is_equal_lies_there_once)
{
    struct sp_rule_set *set = loaded(), *back;
    struct sp_buf image = frozen(set);
    struct sp_rule_files places;
    const char *path = in_folder("image");

    write_file(path, image.ptr, image.len);
    back = opened(path, SP_STR("the key"), &places);
    ok(back != NULL);
    if (back) {
        ok(back->rule[0]->file.ptr == back->rule[1]->file.ptr);
        ok(back->doc[0].title.ptr == back->doc[0].rule->title.ptr);
        ok(back->doc[0].rule == back->rule[back->doc[0].rule->rank]);
    }
    sp_rules_free(back);
    sp_rules_free(set);
    sp_buf_done(&image);
}

/* Is the file refused with these bytes? */
static bool refused(const char *path)
{
    struct sp_rule_files places;
    struct sp_rule_set *set = opened(path, SP_STR("the key"), &places);

    sp_rules_free(set);
    return !set;
}

TEST(every_flipped_bit_is_noticed)
{
    struct sp_rule_set *set = loaded();
    struct sp_buf image = frozen(set);
    const char *path = in_folder("image");
    int fd;

    write_file(path, image.ptr, image.len);
    ok(!refused(path));
    fd = open(path, O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < image.len; i++) {
        char c = (char)(image.ptr[i] ^ (1 << (i & 7)));

        if (pwrite(fd, &c, 1, (off_t)i) != 1 || !refused(path))
            tap_fail("byte %zu of %zu: flipped and not noticed", i, image.len);
        ok(pwrite(fd, image.ptr + i, 1, (off_t)i) == 1);
    }
    ok(!refused(path));
    (void)close(fd);
    sp_rules_free(set);
    sp_buf_done(&image);
}

TEST(every_other_length_is_noticed)
{
    struct sp_rule_set *set = loaded();
    struct sp_buf image = frozen(set);
    const char *path = in_folder("image");

    write_file(path, image.ptr, image.len);
    ok(truncate(path, (off_t)image.len + 1) == 0 && refused(path));
    ok(truncate(path, (off_t)image.len + 70000) == 0 && refused(path));
    for (size_t i = image.len; i-- > 0;)
        if (truncate(path, (off_t)i) != 0 || !refused(path))
            tap_fail("length %zu of %zu: not noticed", i, image.len);
    sp_rules_free(set);
    sp_buf_done(&image);
}

TEST(an_image_of_another_key_or_one_that_others_can_write_to_is_refused)
{
    struct sp_rule_set *set = loaded();
    struct sp_buf image = frozen(set);
    struct sp_rule_files places;
    const char *path = in_folder("image");

    write_file(path, image.ptr, image.len);
    ok(!opened(path, SP_STR("the ke"), &places));
    ok(!opened(path, SP_STR("the kez"), &places));
    ok(!opened(path, SP_STR_NONE, &places));
    ok(chmod(path, 0620) == 0 && refused(path));
    ok(chmod(path, 0602) == 0 && refused(path));
    ok(chmod(path, 0600) == 0 && !refused(path));
    ok(refused(folder));
    ok(refused("/dev/null"));
    sp_rules_free(set);
    sp_buf_done(&image);
}

/* ---------------------------------------------------------------- the cache */

struct told {
    char text[8192];
    size_t len;
};

static void hear(void *arg, const struct sp_error *what)
{
    struct told *t = arg;

    t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "%s: %s; %s\n", what->where, what->what, what->cure);
}

/* Load the folder `rules` with the cache; what was told, and whether it came out of the cache. */
static struct sp_rule_set *cached(struct told *told, bool *warm)
{
    const char *path = in_folder("rules");
    struct sp_ctx ctx = { .note = hear, .note_arg = told };
    struct sp_rule_options options = { .path = &path, .path_count = 1, .limits = &limits, .ctx = &ctx };
    struct sp_rule_set *set = NULL;

    limits = sp_limits_default();
    told->len = 0;
    is_i64(sp_rules_load_cached(&options, in_folder("cache/spoor/plan"), &set, &err), 0);
    *warm = set && set->image;
    return set;
}

/* The same but for the rule's rank. */
static bool alike(const struct sp_doc *a, const struct sp_doc *b)
{
    return sp_str_eq(a->file, b->file) && sp_str_eq(a->title, b->title) && a->line == b->line && a->verdict == b->verdict &&
           a->reason_count == b->reason_count && same_texts(a->reason, b->reason, a->reason_count) && !a->rule == !b->rule &&
           (!a->rule || (memcmp(&a->rule->sha256, &b->rule->sha256, sizeof a->rule->sha256) == 0 && same_expr(a->rule->condition, b->rule->condition) &&
                         a->rule->item[0]->pattern_count == 1 && same_pattern(a->rule->item[0]->pattern, b->rule->item[0]->pattern)));
}

static bool comes_warm(void)
{
    struct told told;
    bool warm;

    sp_rules_free(cached(&told, &warm));
    return warm;
}

TEST(many_files_are_parsed_ahead_and_come_in_their_order)
{
    const char *path = in_folder("many");
    struct sp_rule_options options = { .path = &path, .path_count = 1, .limits = &limits };
    struct sp_rule_set *set = NULL;
    char name[64], text[70000];

    limits = sp_limits_default();
    ok(mkdir(path, 0700) == 0);
    for (int i = 0; i < 300; i++) {
        int len = i % 7 == 3 ? snprintf(text, sizeof text, "title: [broken %d\n", i)
                : i % 7 == 4 ? snprintf(text, sizeof text, "# %s\ntitle: t%d\n", i == 4 ? "nothing" : "a rule", i) : 0;

        for (int part = 0; len == 0 && part < 1 + i % 3; part++)
            len += snprintf(text + len, sizeof text - (size_t)len, "%stitle: t%d.%d\nid: 5a0c0000-0000-4000-8000-%06d%06d\nlogsource: {product: windows}\n"
                            "detection:\n  a: {Image: 'x%d'}\n  condition: a\n", part ? "---\n" : "", i, part, i, part, i);
        if (i % 50 == 9) { /* too large to be read ahead */
            memset(text + len, '#', sizeof text - (size_t)len);
            len = (int)sizeof text;
        }
        (void)snprintf(name, sizeof name, "many/%03d.yml", i);
        write_file(in_folder(name), text, (size_t)len);
    }
    is_i64(sp_rules_load(&options, &set, &err), 0);
    for (uint32_t i = 1; set && i < set->doc_count; i++) {
        int order = sp_str_cmp(set->doc[i - 1].file, set->doc[i].file);

        ok(order < 0 || (order == 0 && set->doc[i - 1].line < set->doc[i].line));
    }
    for (uint32_t i = 0; set && i < set->doc_count; i++) { /* what each file is by itself */
        const char *file = set->doc[i].file.ptr;
        struct sp_rule_options one = { .path = &file, .path_count = 1, .limits = &limits };
        struct sp_rule_set *alone = NULL;

        if (i && sp_str_eq(set->doc[i - 1].file, set->doc[i].file))
            continue;
        is_i64(sp_rules_load(&one, &alone, &err), 0);
        for (uint32_t k = 0; alone && k < alone->doc_count; k++)
            if (i + k >= set->doc_count || !alike(&alone->doc[k], &set->doc[i + k]))
                tap_fail("%s: document %u is another by itself", file, k);
        sp_rules_free(alone);
    }
    sp_rules_free(set);
}

/* How many files of the cache end so; the mode of the last. */
static int plans(const char *end, mode_t *mode)
{
    DIR *dir = opendir(in_folder("cache/spoor/plan"));
    struct dirent *e;
    struct stat st;
    int n = 0;

    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.' && sp_str_ends(sp_str_c(e->d_name), sp_str_c(end))) {
            n++;
            if (mode && fstatat(dirfd(dir), e->d_name, &st, 0) == 0)
                *mode = st.st_mode & 07777;
        }
    if (dir)
        (void)closedir(dir);
    return n;
}

static void rule_file(const char *name, const char *title, int number)
{
    char text[512];
    int len = snprintf(text, sizeof text, "title: %s\n" HEAD "detection:\n  a: {Image: x}\n  condition: a\n", title, number);

    write_file(in_folder(name), text, (size_t)len);
}

TEST(the_second_load_comes_from_the_cache_and_tells_the_same)
{
    struct told one, two;
    struct sp_rule_set *a, *b;
    mode_t mode = 0;
    bool warm;

    ok(mkdir(in_folder("rules"), 0700) == 0 && mkdir(in_folder("rules/sub"), 0700) == 0);
    write_file(in_folder("rules/all.yml"), everything, sizeof everything - 1);
    write_file(in_folder("rules/sub/twins.yaml"), everything, sizeof everything - 1);
    a = cached(&one, &warm);
    ok(!warm);
    is_u64(plans(".plan", &mode), 1);
    is_u64(mode, 0600);
    b = cached(&two, &warm);
    ok(warm);
    ok(one.len > 0);
    is_text(two.text, one.text);
    is_same(b, a);
    sp_rules_free(a);
    sp_rules_free(b);
}

TEST(any_change_below_the_folder_is_seen)
{
    struct timespec times[2];
    struct sp_rule_set *set;
    struct told told;
    struct stat st;
    bool warm;

    rule_file("rules/mine.yml", "one", 8);
    ok(!comes_warm());
    ok(comes_warm());
    ok(stat(in_folder("rules/mine.yml"), &st) == 0);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    rule_file("rules/mine.yml", "two", 8); /* the same length, and the time set back */
    ok(utimensat(AT_FDCWD, in_folder("rules/mine.yml"), times, 0) == 0);
    set = cached(&told, &warm);
    ok(!warm);
    is_str(set->rule[set->rule_count - 1]->title, "two");
    sp_rules_free(set);
    ok(comes_warm());
    ok(rename(in_folder("rules/mine.yml"), in_folder("rules/sub/mine.yml")) == 0);
    ok(!comes_warm());
    ok(comes_warm());
    ok(unlink(in_folder("rules/sub/mine.yml")) == 0);
    ok(!comes_warm());
    ok(mkdir(in_folder("rules/new"), 0700) == 0);
    ok(!comes_warm());
    ok(comes_warm());
}

TEST(a_pipe_among_the_rules_is_refused_each_time_and_keeps_the_cache_away)
{
    ok(mkfifo(in_folder("rules/pipe.yml"), 0600) == 0);
    ok(!comes_warm());
    ok(!comes_warm());
    ok(unlink(in_folder("rules/pipe.yml")) == 0);
    ok(!comes_warm()); /* the plan from before the pipe is of another folder stamp */
    ok(comes_warm());
}

TEST(the_folder_does_not_grow_without_end)
{
    char name[64];

    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "cache/spoor/plan/%016x.plan", (unsigned)i);
        write_file(in_folder(name), "old", 3);
        ok(utimensat(AT_FDCWD, in_folder(name), (struct timespec[2]){ { 1000, 0 }, { 1000, 0 } }, 0) == 0);
    }
    write_file(in_folder("cache/spoor/plan/0123456789abcdef.plan.1.2"), "left over", 9);
    ok(utimensat(AT_FDCWD, in_folder("cache/spoor/plan/0123456789abcdef.plan.1.2"), (struct timespec[2]){ { 1000, 0 }, { 1000, 0 } }, 0) == 0);
    write_file(in_folder("cache/spoor/plan/stray"), "mine", 4);
    rule_file("rules/mine.yml", "three", 9);
    ok(!comes_warm());
    is_u64(plans(".plan", NULL), SP_PLANS_MAX);
    is_u64(plans(".1.2", NULL), 0);
    is_u64(plans("stray", NULL), 1);
    ok(comes_warm());
}

TEST(a_folder_that_others_can_write_to_is_no_cache)
{
    ok(chmod(in_folder("cache/spoor/plan"), 0777) == 0);
    ok(!comes_warm());
    ok(chmod(in_folder("cache/spoor/plan"), 0700) == 0);
    ok(comes_warm());
}

TEST(without_a_cache_rules_are_loaded)
{
    const char *path = in_folder("rules"), *not_there = in_folder("nowhere");
    struct sp_rule_options options = { .path = &path, .path_count = 1, .limits = &limits };
    struct sp_rule_set *set = NULL;

    is_i64(sp_rules_load_cached(&options, NULL, &set, &err), 0);
    ok(set && !set->image);
    sp_rules_free(set);
    is_i64(sp_rules_load_cached(&options, "/dev/null/plan", &set, &err), 0);
    ok(set && !set->image);
    sp_rules_free(set);
    options.path = &not_there;
    is_i64(sp_rules_load_cached(&options, in_folder("cache/spoor/plan"), &set, &err), SP_ERR_USAGE);
    is_text(err.where, not_there);
    sp_rules_free(set);
}

static int remove_below(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    char below[512];

    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            (void)snprintf(below, sizeof below, "%s/%s", path, e->d_name);
            if (unlink(below) != 0)
                (void)remove_below(below);
        }
    if (dir)
        (void)closedir(dir);
    return rmdir(path);
}

TEST(the_folder_of_these_tests_goes)
{
    ok(remove_below(folder) == 0);
}
