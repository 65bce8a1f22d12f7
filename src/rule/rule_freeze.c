/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a loaded rule set. Out: its image (rule_image.h).
 *
 * Everything is written behind what it points to, so that a struct is complete when it is copied: its pointers are
 * addresses in the image already. What is equal byte by byte and has no identity (texts, lists of texts, tokens, patterns) is
 * looked up before it is written.
 */
#include "rule/rule_freeze.h"

#include <libdeflate.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rule/rule_image.h"

/* What lies in an image: size of one element, and where pointers are in it. */
enum { KIND_BITS = 4 }; /* an image has less than 2^28 bytes */
enum kind { TEXT, BYTES, TEXTS, TOKENS, PATTERNS, ITEM, EXPR, RULE, DOCS, REGEX, PLACES, POINTERS, HEADER };
#define AT(type, member) offsetof(struct type, member)
static const struct shape {
    size_t size;
    size_t count;
    size_t at[10];
} shapes[] = {
    [TEXT] = { 1, 0, { 0 } },
    [BYTES] = { 1, 0, { 0 } },
    [TEXTS] = { sizeof(struct sp_str), 1, { AT(sp_str, ptr) } },
    [TOKENS] = { sizeof(struct sp_token), 1, { AT(sp_token, literal.ptr) } },
    [PATTERNS] = { sizeof(struct sp_pattern), 2, { AT(sp_pattern, token), AT(sp_pattern, text.ptr) } }, /* `token` stands for its union */
    [ITEM] = { sizeof(struct sp_item), 4, { AT(sp_item, field.ptr), AT(sp_item, selection.ptr), AT(sp_item, modifier), AT(sp_item, pattern) } },
    [EXPR] = { sizeof(struct sp_expr), 3, { AT(sp_expr, item), AT(sp_expr, child), AT(sp_expr, name.ptr) } },
    [RULE] = { sizeof(struct sp_rule), 10, { AT(sp_rule, id.ptr), AT(sp_rule, title.ptr), AT(sp_rule, description.ptr), AT(sp_rule, tag),
               AT(sp_rule, logsource.product.ptr), AT(sp_rule, logsource.category.ptr), AT(sp_rule, logsource.service.ptr), AT(sp_rule, file.ptr),
               AT(sp_rule, condition), AT(sp_rule, item) } },
    [DOCS] = { sizeof(struct sp_doc), 5, { AT(sp_doc, file.ptr), AT(sp_doc, id.ptr), AT(sp_doc, title.ptr), AT(sp_doc, reason), AT(sp_doc, rule) } },
    [REGEX] = { sizeof(struct sp_regex), 4, { AT(sp_regex, state), AT(sp_regex, set), AT(sp_regex, jump), AT(sp_regex, required.ptr) } },
    [PLACES] = { sizeof(struct sp_rule_place), 1, { AT(sp_rule_place, name) } },
    [POINTERS] = { sizeof(void *), 1, { 0 } },
    [HEADER] = { sizeof(struct sp_rule_image_header), 6, { AT(sp_rule_image_header, key.ptr), AT(sp_rule_image_header, rule),
                 AT(sp_rule_image_header, doc), AT(sp_rule_image_header, told), AT(sp_rule_image_header, field), AT(sp_rule_image_header, place) } },
};
#if UINTPTR_MAX > UINT32_MAX
/* A member that comes or goes changes a size: look whether it is a pointer, and if so name it above and copy what it points to. */
_Static_assert(SP_PLAN_BYTES_MAX < 1 << 28 && HEADER < 1 << KIND_BITS, "places must fit");
_Static_assert(sizeof(struct sp_token) == 24 && sizeof(struct sp_pattern) == 48 && sizeof(struct sp_item) == 88 &&
               sizeof(struct sp_expr) == 48 && sizeof(struct sp_rule) == 208 && sizeof(struct sp_doc) == 96 &&
               sizeof(struct sp_regex) == 368 && sizeof(struct sp_rule_place) == 56, "an image must be told of new members");
#endif

struct written { /* by content; `place` 0: free */
    uint32_t place, hash; /* place: offset and, in the lowest bits, kind */
};

struct copied { /* by the address that it is copied from */
    const void *from;
    uint32_t at;
};

enum { TABLE_MIN = 1 << 12 };

struct freezer {
    struct sp_buf out, pointer;
    struct sp_arena scratch;
    struct written *written;
    size_t written_count, written_room; /* powers of two */
    struct copied *copied;
    size_t copied_count, copied_room;
    bool failed;
};

static const void *address(uint32_t at)
{
    return (const void *)(SP_RULE_IMAGE_BASE + at);
}

/* ---------------------------------------------------------------- tables */

static bool more_written(struct freezer *f)
{
    size_t room = f->written_room ? 2 * f->written_room : TABLE_MIN;
    struct written *fresh = sp_zalloc(room * sizeof *fresh);

    if (!fresh)
        return false;
    for (size_t i = 0; i < f->written_room; i++) {
        size_t at = f->written[i].hash;

        if (!f->written[i].place)
            continue;
        while (fresh[at & (room - 1)].place)
            at++;
        fresh[at & (room - 1)] = f->written[i];
    }
    sp_free(f->written);
    f->written = fresh;
    f->written_room = room;
    return true;
}

static bool more_copied(struct freezer *f)
{
    size_t room = f->copied_room ? 2 * f->copied_room : TABLE_MIN;
    struct copied *fresh = sp_zalloc(room * sizeof *fresh);

    if (!fresh)
        return false;
    for (size_t i = 0; i < f->copied_room; i++) {
        size_t at = (uintptr_t)f->copied[i].from >> 4;

        if (!f->copied[i].from)
            continue;
        while (fresh[at & (room - 1)].from)
            at++;
        fresh[at & (room - 1)] = f->copied[i];
    }
    sp_free(f->copied);
    f->copied = fresh;
    f->copied_room = room;
    return true;
}

/* The place of something with an identity; `at` 0: not copied yet. NULL: memory. */
static struct copied *copied(struct freezer *f, const void *from)
{
    if (2 * f->copied_count >= f->copied_room && !more_copied(f)) {
        f->failed = true;
        return NULL;
    }
    for (size_t at = (uintptr_t)from >> 4;; at++) {
        struct copied *c = &f->copied[at & (f->copied_room - 1)];

        if (c->from == from)
            return c;
        if (c->from)
            continue;
        c->from = from;
        f->copied_count++;
        return c;
    }
}

static void note_copied(struct freezer *f, const void *from, const void *to)
{
    struct copied *c = copied(f, from);

    if (c)
        c->at = (uint32_t)((uintptr_t)to - SP_RULE_IMAGE_BASE);
}

/* ---------------------------------------------------------------- bytes */

/* Is there a pointer in the union of a pattern of this kind? */
static bool has_pointer(const void *pattern)
{
    enum sp_pattern_kind kind = ((const struct sp_pattern *)pattern)->kind;

    return kind == SP_P_TEXT || kind == SP_P_NUMBER || kind == SP_P_COMPARE || kind == SP_P_REGEX || kind == SP_P_FIELD;
}

/* `bytes` and, behind a text, a NUL. */
static uint32_t append(struct freezer *f, enum kind kind, const void *bytes, size_t len)
{
    static const char zeros[16];
    const struct shape *shape = &shapes[kind];
    size_t at;

    if (kind != TEXT)
        sp_buf_add(&f->out, zeros, -f->out.len & 15 & (kind == BYTES ? 15 : 7));
    at = f->out.len;
    sp_buf_add(&f->out, bytes, len);
    if (kind == TEXT)
        sp_buf_char(&f->out, '\0');
    for (size_t from = 0; shape->count && from < len; from += shape->size)
        for (size_t p = kind == PATTERNS && !has_pointer((const char *)bytes + from); p < shape->count; p++) {
            uint32_t place = (uint32_t)((at + from + shape->at[p]) / sizeof(void *));
            uintptr_t value;

            memcpy(&value, (const char *)bytes + from + shape->at[p], sizeof value);
            if (value)
                sp_buf_add(&f->pointer, &place, sizeof place);
        }
    f->failed |= f->out.failed || f->pointer.failed;
    return (uint32_t)at;
}

/* Do these bytes stand there? More may stand behind them: a list is the beginning of a longer one, too. */
static bool stands(const struct freezer *f, uint32_t at, enum kind kind, const void *bytes, size_t len)
{
    return f->out.len - at > len - (kind != TEXT) && memcmp(f->out.ptr + at, bytes, len) == 0 && (kind != TEXT || f->out.ptr[at + len] == '\0');
}

/* The place of something without an identity, which is written unless it stands there already. */
static const void *share(struct freezer *f, enum kind kind, const void *bytes, size_t len)
{
    uint32_t hash = libdeflate_crc32(0, bytes, len) ^ (uint32_t)kind;
    struct written *w;
    size_t at = hash;

    if (len == 0 && kind != TEXT)
        return address(sizeof(struct sp_rule_image_header)); /* any place will do */
    if (f->failed || len > SP_PLAN_BYTES_MAX || (2 * f->written_count >= f->written_room && !more_written(f))) {
        f->failed = true;
        return address(0);
    }
    for (;; at++) {
        w = &f->written[at & (f->written_room - 1)];
        if (!w->place)
            break;
        if (w->hash == hash && (w->place & ((1 << KIND_BITS) - 1)) == (uint32_t)kind && stands(f, w->place >> KIND_BITS, kind, bytes, len))
            return address(w->place >> KIND_BITS);
    }
    w->hash = hash;
    w->place = append(f, kind, bytes, len) << KIND_BITS | (uint32_t)kind;
    f->written_count++;
    return address(w->place >> KIND_BITS);
}

static const void *put(struct freezer *f, enum kind kind, const void *bytes, size_t len)
{
    if (f->failed || len > SP_PLAN_BYTES_MAX) {
        f->failed = true;
        return address(0);
    }
    return address(append(f, kind, bytes, len));
}

/* Room for copies of a list, until the next document. */
static void *copy_list(struct freezer *f, const void *list, size_t count, size_t size)
{
    void *copy = f->failed ? NULL : sp_arena_grow(&f->scratch, list, count, count + 1, size);

    if (!copy)
        f->failed = true;
    return copy;
}

/* ---------------------------------------------------------------- the parts of a rule */

static struct sp_str freeze_text(struct freezer *f, struct sp_str s)
{
    if (s.ptr)
        s.ptr = share(f, TEXT, s.ptr, s.len);
    return s;
}

static const struct sp_str *freeze_texts(struct freezer *f, const struct sp_str *list, uint32_t count)
{
    struct sp_str *copy = list ? copy_list(f, list, count, sizeof *copy) : NULL;

    for (uint32_t i = 0; copy && i < count; i++)
        copy[i] = freeze_text(f, copy[i]);
    return copy ? share(f, TEXTS, copy, count * sizeof *copy) : NULL;
}

static const struct sp_token *freeze_tokens(struct freezer *f, const struct sp_token *list, uint32_t count)
{
    struct sp_token *copy = list ? copy_list(f, list, count, sizeof *copy) : NULL;

    for (uint32_t i = 0; copy && i < count; i++) {
        memset(&copy[i], 0, sizeof copy[i]); /* also what stands between the members, so that equal tokens are equal bytes */
        copy[i].kind = list[i].kind;
        copy[i].literal = freeze_text(f, list[i].literal);
    }
    return copy ? share(f, TOKENS, copy, count * sizeof *copy) : NULL;
}

static const struct sp_regex *freeze_regex(struct freezer *f, const struct sp_regex *regex)
{
    struct copied *known = regex ? copied(f, regex) : NULL;
    struct sp_regex r;
    const void *to;

    if (!known)
        return NULL;
    if (known->at)
        return address(known->at);
    r = *regex;
    r.state = (void *)(uintptr_t)share(f, BYTES, r.state, r.count * sizeof *r.state);
    if (r.set)
        r.set = (void *)(uintptr_t)share(f, BYTES, r.set, r.set_count * sizeof *r.set);
    if (r.jump)
        r.jump = (void *)(uintptr_t)share(f, BYTES, r.jump, r.jump_count * sizeof *r.jump);
    r.required = freeze_text(f, r.required);
    to = put(f, REGEX, &r, sizeof r);
    note_copied(f, regex, to);
    return to;
}

/* A pattern member by member into zeroes: equal patterns are equal bytes, whatever stood between and behind their members. */
static void freeze_pattern(struct freezer *f, const struct sp_pattern *from, struct sp_pattern *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->kind = from->kind;
    ret->where = from->where;
    ret->token_count = from->token_count; /* or what else has its place */
    ret->cased = from->cased;
    ret->truth = from->truth;
    ret->prefix = from->prefix;
    if (from->kind == SP_P_TEXT)
        ret->token = freeze_tokens(f, from->token, from->token_count);
    else if (from->kind == SP_P_NUMBER || from->kind == SP_P_COMPARE)
        ret->number = freeze_text(f, from->number);
    else if (from->kind == SP_P_REGEX)
        ret->regex = freeze_regex(f, from->regex);
    else if (from->kind == SP_P_FIELD)
        ret->field = freeze_text(f, from->field);
    else if (from->kind == SP_P_TIMEPART)
        ret->part_value = from->part_value;
    else if (from->kind == SP_P_CIDR)
        memcpy(ret->network, from->network, sizeof ret->network);
    ret->text = freeze_text(f, from->text);
}

static const struct sp_pattern *freeze_patterns(struct freezer *f, const struct sp_pattern *list, uint32_t count)
{
    struct sp_pattern *copy = list ? copy_list(f, list, count, sizeof *copy) : NULL;

    for (uint32_t i = 0; copy && i < count; i++)
        freeze_pattern(f, &list[i], &copy[i]);
    return copy ? share(f, PATTERNS, copy, count * sizeof *copy) : NULL;
}

static const struct sp_item *freeze_item(struct freezer *f, const struct sp_item *item)
{
    struct copied *known = item ? copied(f, item) : NULL;
    struct sp_item i;
    const void *to;

    if (!known)
        return NULL;
    if (known->at)
        return address(known->at);
    i = *item;
    i.field = freeze_text(f, i.field);
    i.selection = freeze_text(f, i.selection);
    i.modifier = freeze_texts(f, i.modifier, i.modifier_count);
    i.pattern = freeze_patterns(f, i.pattern, i.pattern_count);
    to = put(f, ITEM, &i, sizeof i);
    note_copied(f, item, to);
    return to;
}

/* Conditions are as deep as SP_CONDITION_DEPTH_MAX and YAML allow. */
static const struct sp_expr *freeze_expr(struct freezer *f, const struct sp_expr *expr)
{
    struct copied *known = expr ? copied(f, expr) : NULL;
    struct sp_expr x;
    const void *to;

    if (!known)
        return NULL;
    if (known->at)
        return address(known->at);
    x = *expr;
    x.item = freeze_item(f, x.item);
    x.name = freeze_text(f, x.name);
    if (x.child) {
        const struct sp_expr **child = copy_list(f, x.child, x.child_count, sizeof *child);

        for (uint32_t i = 0; child && i < x.child_count; i++)
            child[i] = freeze_expr(f, child[i]);
        x.child = child ? put(f, POINTERS, child, x.child_count * sizeof *child) : NULL;
    }
    to = put(f, EXPR, &x, sizeof x);
    note_copied(f, expr, to);
    return to;
}

static const struct sp_rule *freeze_rule(struct freezer *f, const struct sp_rule *rule)
{
    struct copied *known = rule ? copied(f, rule) : NULL;
    const struct sp_item **item;
    struct sp_rule r;
    const void *to;

    if (!known)
        return NULL;
    if (known->at)
        return address(known->at);
    r = *rule;
    sp_arena_reset(&f->scratch);
    r.id = freeze_text(f, r.id);
    r.title = freeze_text(f, r.title);
    r.description = freeze_text(f, r.description);
    r.file = freeze_text(f, r.file);
    r.tag = freeze_texts(f, r.tag, r.tag_count);
    r.logsource = (struct sp_logsource){ freeze_text(f, r.logsource.product), freeze_text(f, r.logsource.category), freeze_text(f, r.logsource.service) };
    item = copy_list(f, r.item, r.item_count, sizeof *item);
    for (uint32_t i = 0; item && i < r.item_count; i++)
        item[i] = freeze_item(f, item[i]);
    r.item = item ? put(f, POINTERS, item, r.item_count * sizeof *item) : NULL;
    r.condition = freeze_expr(f, r.condition);
    to = put(f, RULE, &r, sizeof r);
    note_copied(f, rule, to);
    return to;
}

/* ---------------------------------------------------------------- the set */

static const void *freeze_rules(struct freezer *f, const struct sp_rule_set *set)
{
    const struct sp_rule **copy = sp_malloc((set->rule_count + 1) * sizeof *copy);
    const void *to;

    if (!copy)
        f->failed = true;
    for (uint32_t i = 0; copy && i < set->rule_count; i++)
        copy[i] = freeze_rule(f, set->rule[i]);
    to = copy ? put(f, POINTERS, copy, set->rule_count * sizeof *copy) : NULL;
    sp_free(copy);
    return to;
}

static const void *freeze_docs(struct freezer *f, const struct sp_rule_set *set)
{
    struct sp_doc *copy = sp_malloc((set->doc_count + 1) * sizeof *copy);
    const void *to;

    if (!copy)
        f->failed = true;
    for (uint32_t i = 0; copy && i < set->doc_count; i++) {
        copy[i] = set->doc[i];
        copy[i].file = freeze_text(f, copy[i].file);
        copy[i].id = freeze_text(f, copy[i].id);
        copy[i].title = freeze_text(f, copy[i].title);
        copy[i].reason = freeze_texts(f, copy[i].reason, copy[i].reason_count);
        copy[i].rule = freeze_rule(f, copy[i].rule);
    }
    to = copy ? put(f, DOCS, copy, set->doc_count * sizeof *copy) : NULL;
    sp_free(copy);
    return to;
}

static const void *freeze_places(struct freezer *f, const struct sp_rule_files *files)
{
    struct sp_rule_place *copy = sp_malloc((files->place_count + 1) * sizeof *copy);
    const void *to;

    if (!copy)
        f->failed = true;
    for (size_t i = 0; copy && i < files->place_count; i++) {
        copy[i] = files->place[i];
        copy[i].name = freeze_text(f, sp_str_c(copy[i].name)).ptr;
    }
    to = copy ? put(f, PLACES, copy, files->place_count * sizeof *copy) : NULL;
    sp_free(copy);
    return to;
}

static void freeze_header(struct freezer *f, struct sp_rule_image_header *h)
{
    uint32_t count;

    for (size_t i = 0; i < shapes[HEADER].count; i++) {
        uint32_t place = (uint32_t)(shapes[HEADER].at[i] / sizeof(void *));

        sp_buf_add(&f->pointer, &place, sizeof place);
    }
    sp_buf_add(&f->out, (const char[8]){ 0 }, -f->out.len & 7);
    count = (uint32_t)(f->pointer.len / sizeof count);
    h->pointers_at = f->out.len;
    h->pointer_count = count;
    sp_buf_add(&f->out, f->pointer.ptr, f->pointer.len);
    h->bytes = f->out.len;
    f->failed |= f->out.failed || f->pointer.failed;
    if (f->failed)
        return;
    memcpy(f->out.ptr, h, sizeof *h);
    h->checksum = sp_rule_image_checksum(f->out.ptr, f->out.len);
    memcpy(f->out.ptr, h, sizeof *h);
}

static void freeze_set(struct freezer *f, const struct sp_rule_set *set, struct sp_str key, const struct sp_rule_files *files)
{
    struct sp_rule_image_header h = {
        .magic = SP_RULE_IMAGE_MAGIC, .format = SP_RULE_IMAGE_FORMAT, .base = SP_RULE_IMAGE_BASE, .sha256 = set->sha256,
        .rule_count = set->rule_count, .doc_count = set->doc_count, .told_count = set->told_count, .regex_count = set->regex_count,
        .field_count = set->field_count, .place_count = files->place_count,
    };

    sp_buf_add(&f->out, &h, sizeof h);
    f->failed |= f->out.failed;
    h.key = freeze_text(f, key);
    h.place = freeze_places(f, files);
    h.rule = freeze_rules(f, set);
    h.doc = freeze_docs(f, set);
    sp_arena_reset(&f->scratch);
    h.field = freeze_texts(f, set->field, set->field_count);
    h.told = put(f, BYTES, set->told, set->told_count * sizeof *set->told);
    freeze_header(f, &h);
}

int sp_rule_image_make(const struct sp_rule_set *set, struct sp_str key, const struct sp_rule_files *files, struct sp_buf *ret)
{
    struct freezer f = { 0 };
    bool large;

    sp_buf_init(&f.out, SP_PLAN_BYTES_MAX);
    sp_buf_init(&f.pointer, SP_PLAN_BYTES_MAX);
    sp_arena_init(&f.scratch, SIZE_MAX);
    freeze_set(&f, set, key, files);
    sp_arena_done(&f.scratch);
    sp_free(f.written);
    sp_free(f.copied);
    sp_buf_done(&f.pointer);
    if (f.failed) {
        large = f.out.len > SP_PLAN_BYTES_MAX / 2;
        sp_buf_done(&f.out);
        return large ? SP_ERR_LIMIT : SP_ERR_NOMEM;
    }
    *ret = f.out;
    return 0;
}
