/* SPDX-License-Identifier: Apache-2.0
 *
 * In: `field|modifier|modifier: values` of a detection. Out: one item, its patterns ready to compare.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "rule/sigma.h"

static struct sp_str next_part(struct sp_str *rest, char separator)
{
    const char *bar = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct sp_str part = { rest->ptr, bar ? (size_t)(bar - rest->ptr) : rest->len };
    size_t used = part.len + (bar != NULL);

    *rest = sp_str_cut(*rest, used, rest->len - used);
    return part;
}

static int set_where(struct sigma *s, const struct sp_yaml *at, struct sigma_mods *m, enum sp_where where)
{
    if (m->has_where)
        return sigma_refuse(s, at, "two of contains, startswith, endswith on one item; keep one");
    m->where = where;
    m->has_where = true;
    return 0;
}

/* Modifiers that only set something. */
static bool simple_modifier(struct sp_str name, struct sigma_mods *m)
{
    static const struct {
        const char *name;
        size_t at;
    } flags[] = { { "all", offsetof(struct sigma_mods, all) }, { "cased", offsetof(struct sigma_mods, cased) },
                  { "exists", offsetof(struct sigma_mods, exists) }, { "neq", offsetof(struct sigma_mods, neq) },
                  { "windash", offsetof(struct sigma_mods, windash) }, { "cidr", offsetof(struct sigma_mods, cidr) },
                  { "expand", offsetof(struct sigma_mods, expand) }, { "fieldref", offsetof(struct sigma_mods, fieldref) } };
    static const struct {
        const char *name;
        enum sp_compare compare;
    } compares[] = { { "gt", SP_GT }, { "gte", SP_GTE }, { "lt", SP_LT }, { "lte", SP_LTE } };
    static const struct {
        const char *name;
        enum sp_timepart part;
    } parts[] = { { "minute", SP_MINUTE }, { "hour", SP_HOUR }, { "day", SP_DAY }, { "week", SP_WEEK }, { "month", SP_MONTH }, { "year", SP_YEAR } };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (sp_str_is(name, flags[i].name)) {
            *(bool *)(void *)((char *)m + flags[i].at) = true;
            return true;
        }
    for (size_t i = 0; i < sizeof compares / sizeof *compares; i++)
        if (sp_str_is(name, compares[i].name)) {
            m->compare = true;
            m->comparison = compares[i].compare;
            return true;
        }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (sp_str_is(name, parts[i].name)) {
            m->timepart = true;
            m->part = parts[i].part;
            return true;
        }
    return false;
}

static bool regex_flag(struct sp_str name, struct sigma_mods *m)
{
    uint32_t flag = sp_str_is(name, "i") || sp_str_is(name, "ignorecase") ? SP_REGEX_FOLD
                  : sp_str_is(name, "m") || sp_str_is(name, "multiline") ? SP_REGEX_MULTILINE
                  : sp_str_is(name, "s") || sp_str_is(name, "dotall") ? SP_REGEX_DOTALL : 0;

    m->re_flags |= flag;
    return flag != 0 && m->re;
}

/* UTF-16 first, then base64: the other order, or two of a kind, would silently mean something else. */
static bool encoding_clash(struct sp_str name, const struct sigma_mods *m)
{
    return m->base64 != ENC_PLAIN || (m->wide != ENC_NONE && !sp_str_starts(name, SP_STR("base64")));
}

static bool encoding(struct sp_str name, struct sigma_mods *m)
{
    if (sp_str_is(name, "utf16le") || sp_str_is(name, "wide"))
        m->wide = ENC_UTF16LE;
    else if (sp_str_is(name, "utf16be"))
        m->wide = ENC_UTF16BE;
    else if (sp_str_is(name, "utf16"))
        m->wide = ENC_UTF16;
    else if (sp_str_is(name, "base64"))
        m->base64 = ENC_BASE64;
    else if (sp_str_is(name, "base64offset"))
        m->base64 = ENC_BASE64OFFSET;
    else
        return false;
    return true;
}

static int one_modifier(struct sigma *s, const struct sp_yaml *at, struct sp_str name, uint32_t position, struct sigma_mods *m)
{
    struct sigma_mods before;

    if (sp_str_is(name, "contains"))
        return set_where(s, at, m, SP_WHERE_ANY);
    if (sp_str_is(name, "startswith"))
        return set_where(s, at, m, SP_WHERE_START);
    if (sp_str_is(name, "endswith"))
        return set_where(s, at, m, SP_WHERE_END);
    if ((m->compare || m->timepart) && (sp_str_starts(name, SP_STR("gt")) || sp_str_starts(name, SP_STR("lt"))))
        return sigma_refuse(s, at, "two comparisons on one item; write two items");
    if (sp_str_is(name, "re")) {
        if (position != 0)
            return sigma_refuse(s, at, "`re` must be the first modifier");
        m->re = true;
        return 0;
    }
    before = *m;
    if (simple_modifier(name, m)) {
        if (before.timepart && m->timepart && (before.part != m->part || m->compare))
            return sigma_refuse(s, at, "two parts of a time on one item; write two items");
        return 0;
    }
    if (regex_flag(name, m))
        return 0;
    if (encoding(name, m)) {
        if (encoding_clash(name, &before))
            return sigma_refuse(s, at, "`%.*s` after another encoding; write at most one UTF-16 modifier and then one of base64, base64offset", SP_STR_ARG(name));
        if (m->has_where)
            return sigma_refuse(s, at, "`%.*s` after contains, startswith or endswith; encodings come first", SP_STR_ARG(name));
        return 0;
    }
    return sigma_refuse(s, at, "unknown modifier `%.*s`; see the Sigma specification 2.1 for the modifiers", SP_STR_ARG(name));
}

/* Which chains make sense (contract 1, chains; specs: sigma 4). */
static int check_chain(struct sigma *s, const struct sp_yaml *at, const struct sigma_mods *m, uint32_t count)
{
    bool encoded = m->wide != ENC_NONE || m->base64 != ENC_PLAIN;
    int special = m->re + m->cidr + m->compare + m->timepart + m->fieldref;

    if (m->exists && count > 1)
        return sigma_refuse(s, at, "`exists` must be the only modifier");
    if (special > 1)
        return sigma_refuse(s, at, "modifiers that exclude each other (re, cidr, gt..lte, time parts, fieldref); keep one");
    if ((m->re || m->cidr || m->compare || m->timepart) && (m->has_where || m->windash || encoded || m->cased))
        return sigma_refuse(s, at, "a text modifier together with re, cidr, a comparison or a time part");
    if ((m->re || m->fieldref) && m->expand)
        return sigma_refuse(s, at, "`expand` under %s", m->re ? "re" : "fieldref");
    if (m->fieldref && (m->windash || encoded))
        return sigma_refuse(s, at, "`fieldref` takes startswith, endswith, contains, cased and neq only");
    if (m->windash && encoded)
        return sigma_refuse(s, at, "`windash` together with an encoding");
    if (m->keyword && (m->exists || m->cidr || m->compare || m->timepart || m->fieldref))
        return sigma_refuse(s, at, "a keyword takes all, re, cased, windash, contains, startswith and endswith only");
    return 0;
}

static int parse_key(struct sigma *s, const struct sp_yaml *key, struct sp_item *item, struct sigma_mods *m)
{
    struct sp_str rest = key->text, name;
    struct sp_str *list;
    uint32_t n = 0;
    int rc = 0;

    item->field = sigma_copy(s, next_part(&rest, '|'));
    m->keyword = item->field.len == 0;
    for (size_t i = 0; i < key->text.len; i++)
        n += key->text.ptr[i] == '|';
    list = sp_arena_alloc(s->arena, (n + 1) * sizeof *list);
    if (!item->field.ptr || !list)
        return SP_ERR_NOMEM;
    item->modifier = list;
    if (m->keyword)
        m->where = SP_WHERE_ANY;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        name = next_part(&rest, '|');
        list[i] = sigma_copy(s, name);
        if (!list[i].ptr)
            return SP_ERR_NOMEM;
        item->modifier_count = i + 1;
        rc = one_modifier(s, key, name, i, m);
    }
    return rc ? rc : check_chain(s, key, m, n);
}

static int add_regex(struct sigma *s, const struct sp_yaml *value, const struct sigma_mods *m, struct sp_pattern *p)
{
    struct sp_error err;
    struct sp_regex *regex;
    int rc;

    if (value->kind != SP_Y_TEXT)
        return sigma_refuse(s, value, "a %s under `re`; quote it if it is meant as a regular expression", sp_yaml_kind_name(value->kind));
    p->kind = SP_P_REGEX;
    p->text = sigma_copy(s, value->text);
    if (!p->text.ptr)
        return SP_ERR_NOMEM;
    rc = sp_regex_compile(s->arena, p->text, m->re_flags, s->env->options->limits, &regex, &err);
    if (rc == SP_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return sigma_refuse(s, value, "regular expression: %s", err.what);
    regex->id = s->env->set->regex_count++;
    p->regex = regex;
    return 0;
}

static bool zero_from(const uint8_t a[16], unsigned prefix)
{
    for (unsigned bit = prefix; bit < 128; bit++)
        if (a[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    return true;
}

static int add_cidr(struct sigma *s, const struct sp_yaml *value, struct sp_str text, struct sp_pattern *p)
{
    char copy[64];
    char *slash, *end;
    unsigned long prefix = 128;
    bool v4;

    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return sigma_refuse(s, value, "'%.*s' is no network; write 10.0.0.0/8 or fe80::/10", (int)(text.len < 60 ? text.len : 60), text.ptr);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    p->kind = SP_P_CIDR;
    p->network[10] = p->network[11] = 0xFF;
    v4 = inet_pton(AF_INET, copy, p->network + 12) == 1;
    if (!v4 && inet_pton(AF_INET6, copy, p->network) != 1)
        return sigma_refuse(s, value, "'%s' is no address; write 10.0.0.0/8 or fe80::/10", copy);
    if (slash) {
        prefix = strtoul(slash, &end, 10);
        if (*slash < '0' || *slash > '9' || *end || prefix > (v4 ? 32 : 128))
            return sigma_refuse(s, value, "'/%s' is no prefix length of this address", slash);
        prefix += v4 ? 96 : 0;
    }
    if (!zero_from(p->network, (unsigned)prefix))
        return sigma_refuse(s, value, "the network has host bits set behind its prefix; clear them");
    p->prefix = (uint8_t)prefix;
    p->text = sigma_copy(s, text);
    return p->text.ptr ? 0 : SP_ERR_NOMEM;
}

static int add_number(struct sigma *s, const struct sp_yaml *value, const struct sigma_mods *m, struct sp_pattern *p)
{
    static const char *const part_name[] = { "minute", "hour", "day", "week", "month", "year" };
    static const int64_t least[] = { 0, 0, 1, 1, 1, 1 }, most[] = { 59, 23, 31, 53, 12, 9999 };
    struct sp_str number;
    char *end;

    if (value->kind != SP_Y_NUMBER || !value->finite)
        return sigma_refuse(s, value, "a %s where a number is needed", value->kind == SP_Y_NUMBER ? "number that is not finite" : sp_yaml_kind_name(value->kind));
    p->kind = m->compare ? SP_P_COMPARE : m->timepart ? SP_P_TIMEPART : SP_P_NUMBER;
    number = sigma_copy(s, value->number);
    p->text = sigma_copy(s, value->text);
    if (!number.ptr || !p->text.ptr)
        return SP_ERR_NOMEM;
    if (m->compare)
        p->compare = m->comparison;
    if (!m->timepart || m->compare) {
        p->number = number;
    } else {
        p->part = m->part;
        p->part_value = strtoll(number.ptr, &end, 10);
        if (*end || number.len > 6 || p->part_value < least[m->part] || p->part_value > most[m->part])
            return sigma_refuse(s, value, "'%.*s' is no %s", SP_STR_ARG(value->text), part_name[m->part]);
    }
    return 0;
}

/* What a value with placeholders is turned into. */
struct expansion {
    const struct sigma_mods *mods;
    struct sigma_patterns *to;
    unsigned depth;
};

static int expand_list(struct sigma *s, const struct sp_yaml *value, const struct expansion *e, const struct sigma_list *list,
                       struct sp_buf *done, struct sp_str rest);

static int add_text_value(struct sigma *s, const struct sp_yaml *value, struct sp_str text, const struct sigma_mods *m, struct sigma_patterns *to)
{
    struct sp_pattern *p;

    if (m->cidr) {
        p = sigma_pattern_add(s, to);
        return p ? add_cidr(s, value, text, p) : SP_ERR_NOMEM;
    }
    return sigma_text_patterns(s, value, text, m, to);
}

/* The list of the placeholder that begins at text.ptr[at], a percent sign; NULL where none begins. */
static int find_list(struct sigma *s, const struct sp_yaml *value, struct sp_str text, size_t at, const struct sigma_list **ret)
{
    size_t end = at + 1;
    struct sp_str name;

    *ret = NULL;
    while (end < text.len && text.ptr[end] != '%' && text.ptr[end] != '\\')
        end++;
    if (end == at + 1 || end == text.len || text.ptr[end] != '%')
        return 0;
    name = sp_str_cut(text, at + 1, end - at - 1);
    for (size_t l = 0; l < s->env->list_count; l++)
        if (sp_str_eq(s->env->list[l].name, name)) {
            *ret = &s->env->list[l];
            return 0;
        }
    return sigma_refuse(s, value, "the placeholder %%%.*s%% has no list; give one with --list %.*s=FILE", SP_STR_ARG(name), SP_STR_ARG(name));
}

/* `done` is the text so far, `text` what is left of the rule's value: each `%name%` becomes every value of its list in
 * turn, which is not searched for placeholders again (`%SystemRoot%` in a list is text); `\%` is a percent sign. */
static int expand(struct sigma *s, const struct sp_yaml *value, const struct expansion *e, struct sp_str done, struct sp_str text)
{
    const struct sigma_list *list = NULL;
    struct sp_buf out;
    size_t at = 0;
    int rc = 0;

    sp_buf_init(&out, 0);
    sp_buf_str(&out, done);
    while (rc == 0 && !list && at < text.len) {
        bool escape = text.ptr[at] == '\\' && at + 1 < text.len;

        if (text.ptr[at] == '%')
            rc = find_list(s, value, text, at, &list);
        if (rc || list)
            break;
        if (escape && text.ptr[at + 1] == '%')
            at++;
        else if (escape)
            sp_buf_char(&out, text.ptr[at++]);
        sp_buf_char(&out, text.ptr[at++]);
    }
    if (rc == 0 && out.failed)
        rc = SP_ERR_NOMEM;
    if (rc == 0 && !list && e->to->count >= s->env->options->limits->yaml_nodes)
        rc = sigma_refuse(s, value, "placeholders give more than %llu values (limit yaml-nodes)", (unsigned long long)s->env->options->limits->yaml_nodes);
    if (rc == 0 && !list)
        rc = add_text_value(s, value, sp_buf_view(&out), e->mods, e->to);
    if (rc == 0 && list && e->depth == 8)
        rc = sigma_refuse(s, value, "more than 8 placeholders in one value");
    if (rc == 0 && list)
        rc = expand_list(s, value, &(struct expansion){ e->mods, e->to, e->depth + 1 }, list, &out, sp_str_cut(text, at, text.len - at));
    sp_buf_done(&out);
    return rc;
}

/* `rest` begins with the placeholder. */
static int expand_list(struct sigma *s, const struct sp_yaml *value, const struct expansion *e, const struct sigma_list *list,
                       struct sp_buf *done, struct sp_str rest)
{
    size_t len = done->len, used = list->name.len + 2;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        done->len = len;
        sp_buf_str(done, list->value[i]);
        rc = done->failed ? SP_ERR_NOMEM : expand(s, value, e, sp_buf_view(done), sp_str_cut(rest, used, rest.len - used));
    }
    return rc;
}

static bool texty(const struct sigma_mods *m)
{
    return m->has_where || m->windash || m->wide != ENC_NONE || m->base64 != ENC_PLAIN || m->expand || m->cidr || m->fieldref;
}

/* Pipelines rename the field referred to as well; under several names any may be equal. */
static int add_fieldref(struct sigma *s, const struct sp_yaml *value, const struct sigma_mods *m, struct sigma_patterns *to)
{
    struct sp_str *name = NULL;
    uint32_t count = 0;
    bool drop;
    int rc;

    if (value->kind != SP_Y_TEXT || value->text.len == 0)
        return sigma_refuse(s, value, "`fieldref` needs the name of a field");
    rc = sigma_pipeline_field(s, sigma_copy(s, value->text), &name, &count, &drop);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        struct sp_pattern *p = sigma_pattern_add(s, to);

        if (!p || !name[i].ptr)
            return SP_ERR_NOMEM;
        *p = (struct sp_pattern){ .kind = SP_P_FIELD, .where = m->where, .cased = m->cased, .field = name[i], .text = name[i] };
    }
    return rc;
}

static int add_scalar(struct sigma *s, const struct sp_yaml *value, const struct sigma_mods *m, struct sigma_patterns *to)
{
    struct sp_pattern *p;

    if (!sp_yaml_scalar(value))
        return sigma_refuse(s, value, "a %s inside the values of a field; values are texts, numbers, booleans or null", sp_yaml_kind_name(value->kind));
    if (m->keyword && value->kind != SP_Y_NULL && !m->re)
        return sigma_text_patterns(s, value, value->text, m, to); /* a keyless number is its text */
    if (!m->re && !m->fieldref && !m->compare && !m->timepart && value->kind == SP_Y_TEXT)
        return m->expand ? expand(s, value, &(struct expansion){ m, to, 0 }, SP_STR_NONE, value->text) : add_text_value(s, value, value->text, m, to);
    if (m->fieldref)
        return add_fieldref(s, value, m, to);
    p = sigma_pattern_add(s, to);
    if (!p)
        return SP_ERR_NOMEM;
    if (m->re)
        return add_regex(s, value, m, p);
    if (m->compare || m->timepart)
        return add_number(s, value, m, p);
    if (texty(m) || m->keyword)
        return sigma_refuse(s, value, "a %s under a text modifier; quote it if it is meant as text", sp_yaml_kind_name(value->kind));
    if (value->kind == SP_Y_NUMBER)
        return add_number(s, value, m, p);
    p->kind = value->kind == SP_Y_NULL ? SP_P_NULL : SP_P_BOOL;
    p->truth = value->truth;
    p->text = sigma_copy(s, value->text);
    return p->text.ptr ? 0 : SP_ERR_NOMEM;
}

static int exists_value(struct sigma *s, const struct sp_yaml *value, struct sp_item *item)
{
    if (value->kind != SP_Y_BOOL)
        return sigma_refuse(s, value, "`exists` needs true or false");
    item->exists = true;
    item->exists_wanted = value->truth;
    return 0;
}

/* The patterns of all values, one after the other; `end[i]` is where those of value i end. */
static int add_values(struct sigma *s, const struct sp_yaml *value, const struct sigma_mods *m, struct sp_item *item, uint32_t *end)
{
    struct sigma_patterns list = { 0 };
    int rc = 0;

    if (value->kind == SP_Y_LIST && value->count == 0)
        return sigma_refuse(s, value, "an empty list of values");
    for (uint32_t i = 0, n = value->kind == SP_Y_LIST ? value->count : 1; rc == 0 && i < n; i++) {
        uint32_t before = list.count;

        rc = add_scalar(s, value->kind == SP_Y_LIST ? value->child[i] : value, m, &list);
        if (rc == 0 && list.count == before && (m->all || n == 1))
            return sigma_refuse(s, value, "a placeholder's list is empty, so the item could never match");
        end[i] = list.count;
    }
    if (rc == 0 && list.count == 0)
        return sigma_refuse(s, value, "a placeholder's list is empty, so the item could never match");
    if (rc == 0 && m->all && (value->kind != SP_Y_LIST || value->count == 1))
        rc = sigma_warn(s, value, "`all` on a single value; leave it out");
    item->pattern = sigma_patterns_seal(s, &list);
    item->pattern_count = list.count;
    if (rc == 0 && !item->pattern)
        rc = SP_ERR_NOMEM;
    item->all = m->all;
    item->neq = m->neq;
    return rc;
}

/* The finished item as an expression; under several field names (pipelines) an OR of one item each. */
static int hand_over(struct sigma *s, const struct sp_item *made, const struct sp_expr **ret)
{
    struct sp_str *name = NULL;
    uint32_t count = 0;
    bool drop = false;
    const struct sp_expr **leaf;
    int rc = sigma_pipeline_field(s, made->field, &name, &count, &drop);

    *ret = NULL;
    if (rc || drop)
        return rc;
    leaf = sp_arena_alloc(s->arena, (count + 1) * sizeof(const struct sp_expr *));
    for (uint32_t i = 0; leaf && i < count; i++) {
        struct sp_item *item = sp_arena_alloc(s->arena, sizeof *item);
        struct sp_expr *expr = sp_arena_zalloc(s->arena, sizeof *expr);

        if (s->item_count == s->item_room) {
            uint32_t room = s->item_room ? 2 * s->item_room : 16;
            const struct sp_item **grown = sp_arena_grow(s->arena, s->item, s->item_count, room, sizeof(const struct sp_item *));

            if (!grown)
                return SP_ERR_NOMEM;
            s->item = grown;
            s->item_room = room;
        }
        if (!item || !expr)
            return SP_ERR_NOMEM;
        *item = *made;
        item->field = name[i];
        item->id = s->item_count;
        s->item[s->item_count++] = item;
        *expr = (struct sp_expr){ .kind = SP_E_ITEM, .item = item };
        leaf[i] = expr;
    }
    *ret = leaf ? sigma_expr(s, SP_E_OR, leaf, count) : NULL;
    return *ret ? 0 : SP_ERR_NOMEM;
}

/* `all` over values of which one stands for several patterns (base64offset, placeholders): each value is an item of
 * its own, any pattern of which may match, and `neq` is around them all. */
static int hand_over_all(struct sigma *s, const struct sp_item *made, const uint32_t *end, uint32_t count, const struct sp_expr **ret)
{
    const struct sp_expr **each = sp_arena_alloc(s->arena, (count + 1) * sizeof(const struct sp_expr *));
    struct sp_item item = *made;

    *ret = NULL;
    if (!each)
        return SP_ERR_NOMEM;
    item.all = item.neq = false;
    for (uint32_t i = 0; i < count; i++) {
        int rc;

        item.pattern = made->pattern + (i ? end[i - 1] : 0);
        item.pattern_count = end[i] - (i ? end[i - 1] : 0);
        rc = hand_over(s, &item, &each[i]);
        if (rc || !each[i]) /* dropped once, dropped always */
            return rc;
    }
    *ret = sigma_expr(s, SP_E_AND, each, count);
    if (*ret && made->neq)
        *ret = sigma_expr(s, SP_E_NOT, ret, 1);
    return *ret ? 0 : SP_ERR_NOMEM;
}

int sigma_item(struct sigma *s, const struct sp_yaml *key, const struct sp_yaml *value, struct sp_str selection, const struct sp_expr **ret)
{
    struct sp_item item = { .selection = selection, .line = key->line, .column = key->column };
    struct sigma_mods m = { 0 };
    uint32_t count = value->kind == SP_Y_LIST ? value->count : 1;
    uint32_t *end = sp_arena_alloc(s->env->scratch, (count + 1) * sizeof *end);
    int rc = end ? parse_key(s, key, &item, &m) : SP_ERR_NOMEM;

    if (rc == 0)
        rc = m.exists ? exists_value(s, value, &item) : add_values(s, value, &m, &item, end);
    if (rc)
        return rc;
    return m.all && item.pattern_count != count ? hand_over_all(s, &item, end, count, ret) : hand_over(s, &item, ret);
}

int sigma_keywords(struct sigma *s, const struct sp_yaml *const *value, uint32_t count, struct sp_str selection, const struct sp_expr **ret)
{
    struct sp_item item = { .selection = selection, .field = SP_STR_NONE, .line = value[0]->line, .column = value[0]->column };
    struct sigma_mods m = { .keyword = true, .where = SP_WHERE_ANY };
    struct sigma_patterns list = { 0 };
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = add_scalar(s, value[i], &m, &list);
    item.pattern = sigma_patterns_seal(s, &list);
    item.pattern_count = list.count;
    if (rc == 0 && !item.pattern)
        rc = SP_ERR_NOMEM;
    return rc ? rc : hand_over(s, &item, ret);
}
