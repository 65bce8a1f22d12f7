/* SPDX-License-Identifier: Apache-2.0
 *
 * What looks for literals and patterns quickly, against what does it plainly: searches, scans, indexes, text patterns. The
 * plain engine uses some of it as well, so that the two engines alone could be wrong together. Texts are drawn from few
 * letters, cut from each other, and lie in memory of their own length, so that a sanitizer sees who reads beyond.
 */
#include "base/unicode.h"
#include "match/scan.h"
#include "match/text.h"
#include "read/value.h"
#include "tap.h"

static uint64_t state = 1;

static uint32_t below(uint32_t n)
{
    uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

/* ---------------------------------------------------------------- texts */

enum { TEXT_MAX = 400 };

struct text {
    char *ptr; /* malloc'd, of exactly that length */
    size_t len;
};

static struct text own(const char *bytes, size_t len)
{
    struct text t = { malloc(len ? len : 1), len };

    if (!t.ptr)
        abort();
    if (len)
        memcpy(t.ptr, bytes, len);
    return t;
}

static struct sp_str view(struct text t)
{
    return (struct sp_str){ t.ptr, t.len };
}

/* `letters` different letters, sometimes one beyond ASCII or one that a format escapes. */
static struct text random_text(uint32_t most, uint32_t letters)
{
    static const char *const rare[] = { "\u212a", "\u00e9", "\U0001F600", "\u017f", "\\", "\"", "/", "\n", "K" };
    char bytes[TEXT_MAX + 8];
    uint32_t len = below(most + 1);
    bool odd = below(4) == 0;
    size_t n = 0;

    while (n < len) {
        const char *one = odd && below(12) == 0 ? rare[below(sizeof rare / sizeof *rare)] : NULL;

        if (one) {
            memcpy(bytes + n, one, strlen(one));
            n += strlen(one);
        } else {
            bytes[n++] = "abks1.z-"[below(letters)];
        }
    }
    return own(bytes, n);
}

/* A cut of whole code points, perhaps with another last letter. */
static struct text random_cut(struct sp_str s, uint32_t most)
{
    size_t from = s.len ? below((uint32_t)s.len) : 0, to = from + below(most) + 1;
    struct text t;

    to = to < s.len ? to : s.len;
    while (from < to && (s.ptr[from] & 0xC0) == 0x80)
        from++;
    while (to > from && to < s.len && (s.ptr[to] & 0xC0) == 0x80)
        to--;
    t = own(s.ptr + from, to - from);
    if (t.len && below(3) == 0 && !(t.ptr[t.len - 1] & 0x80))
        t.ptr[t.len - 1] = "ab"[below(2)];
    return t;
}

TEST(a_search_finds_what_the_library_finds)
{
    uint32_t found = 0;

    for (int i = 0; i < 200000; i++) {
        struct text s = random_text(below(3) ? 60 : TEXT_MAX, 1 + below(8)), l = random_cut(view(s), below(2) ? 4 : 40);
        size_t seen = sp_text_find(view(s), view(l)), wanted = sp_str_find(view(s), view(l));

        found += wanted != SIZE_MAX;
        if (seen != wanted)
            tap_fail("'%.*s' in '%.*s': seen %zd, wanted %zd", SP_STR_ARG(view(l)), SP_STR_ARG(view(s)), (ssize_t)seen, (ssize_t)wanted);
        free(s.ptr);
        free(l.ptr);
    }
    ok(found > 20000 && found < 199000);
}

/* ---------------------------------------------------------------- patterns */

static bool is_dash(uint32_t c)
{
    return c == '-' || c == '/' || (c >= 0x2013 && c <= 0x2015);
}

/* Do tokens [i, count) match the text from `at` to its end, in the plainest way? */
static bool matches(const struct sp_token *token, uint32_t count, struct sp_str s, size_t at)
{
    size_t next = at;
    uint32_t c;

    if (!count)
        return at == s.len;
    if (token->kind == SP_T_LITERAL)
        return sp_str_starts(sp_str_cut(s, at, s.len - at), token->literal) && matches(token + 1, count - 1, s, at + token->literal.len);
    if (token->kind == SP_T_MANY && matches(token + 1, count - 1, s, at))
        return true;
    if (at == s.len)
        return false;
    c = sp_utf8_next(s, &next);
    if (token->kind == SP_T_MANY)
        return matches(token, count, s, next);
    return (token->kind == SP_T_ONE || is_dash(c)) && matches(token + 1, count - 1, s, next);
}

/* `where` said by `*` at the ends. */
static bool matches_where(const struct sp_pattern *p, struct sp_str s)
{
    struct sp_token token[20];
    uint32_t n = 0;

    if (p->where == SP_WHERE_END || p->where == SP_WHERE_ANY)
        token[n++] = (struct sp_token){ SP_T_MANY, SP_STR_NONE };
    memcpy(token + n, p->token, p->token_count * sizeof *token);
    n += p->token_count;
    if (p->where == SP_WHERE_START || p->where == SP_WHERE_ANY)
        token[n++] = (struct sp_token){ SP_T_MANY, SP_STR_NONE };
    return matches(token, n, s, 0);
}

TEST(a_pattern_matches_as_the_plainest_matcher_says)
{
    uint32_t yes = 0;

    for (int i = 0; i < 200000; i++) {
        struct text s = random_text(24, 1 + below(4)), literal[8];
        struct sp_token token[8];
        struct sp_pattern p = { .kind = SP_P_TEXT, .where = (enum sp_where)below(4), .token = token };
        uint32_t count = below(7);
        bool seen, wanted;

        for (uint32_t n = 0; n < count; n++) {
            enum sp_token_kind kind = below(2) ? SP_T_LITERAL : (enum sp_token_kind)(1 + below(3));

            if (kind == SP_T_MANY && p.token_count && token[p.token_count - 1].kind == SP_T_MANY)
                kind = SP_T_ONE; /* the loader never writes two of them */
            if (kind == SP_T_LITERAL && p.token_count && token[p.token_count - 1].kind == SP_T_LITERAL)
                kind = SP_T_ONE;
            literal[n] = random_cut(view(s), 3);
            if (kind == SP_T_LITERAL && !literal[n].len)
                kind = SP_T_ONE;
            if (kind == SP_T_MANY && ((n == 0 && (p.where == SP_WHERE_END || p.where == SP_WHERE_ANY)) || (n + 1 == count && p.where != SP_WHERE_WHOLE)))
                kind = SP_T_DASH; /* nor one at an open end */
            token[p.token_count++] = (struct sp_token){ kind, kind == SP_T_LITERAL ? view(literal[n]) : SP_STR_NONE };
        }
        seen = sp_text_match(&p, view(s));
        wanted = matches_where(&p, view(s));
        yes += wanted;
        if (seen != wanted)
            tap_fail("a pattern of %u tokens, where %d, first literal '%.*s', on '%.*s': seen %d, wanted %d", p.token_count, p.where,
                     SP_STR_ARG(p.token_count ? token[0].literal : SP_STR_NONE), SP_STR_ARG(view(s)), seen, wanted);
        for (uint32_t n = 0; n < count; n++)
            free(literal[n].ptr);
        free(s.ptr);
    }
    ok(yes > 10000 && yes < 190000);
}

/* ---------------------------------------------------------------- indexes and scans */

enum { WISHES = 48 };

struct wishes {
    struct sp_key_wish wish[WISHES];
    struct text text[WISHES];
    uint32_t count;
};

static struct text folded(struct sp_str s)
{
    struct sp_buf out = { 0 };
    struct text t;

    sp_utf8_fold(&out, s);
    t = own(out.ptr, out.len);
    sp_buf_done(&out);
    return t;
}

static void random_wishes(struct wishes *w, struct sp_str s, bool any_only)
{
    w->count = below(3) ? 1 + below(6) : 1 + below(WISHES);
    for (uint32_t i = 0; i < w->count; i++) {
        struct text cut = below(2) ? random_cut(s, below(2) ? 10 : 40) : random_text(below(2) ? 5 : 14, 8);

        w->text[i] = folded(view(cut));
        free(cut.ptr);
        w->wish[i] = (struct sp_key_wish){ any_only ? SP_KEY_ANY : (enum sp_key_kind)below(4), view(w->text[i]), i };
        if (!w->text[i].len && w->wish[i].kind != SP_KEY_EQUAL) {
            free(w->text[i].ptr);
            w->text[i] = own("k", 1);
            w->wish[i].literal = view(w->text[i]);
        }
    }
}

static void free_wishes(struct wishes *w)
{
    for (uint32_t i = 0; i < w->count; i++)
        free(w->text[i].ptr);
}

static bool holds(const struct sp_key_wish *w, struct sp_str s)
{
    return w->kind == SP_KEY_EQUAL ? sp_str_eq(s, w->literal)
         : w->kind == SP_KEY_START ? sp_str_starts(s, w->literal)
         : w->kind == SP_KEY_END   ? sp_str_ends(s, w->literal)
                                   : sp_str_find(s, w->literal) != SIZE_MAX;
}

TEST(an_index_marks_what_the_value_holds_and_nothing_else)
{
    uint32_t stamp[WISHES] = { 0 }, rule[WISHES];
    struct sp_marks marks = { stamp, 0, rule, 0 };
    struct sp_arena arena;
    uint64_t met = 0;

    sp_arena_init(&arena, SIZE_MAX);
    for (int i = 0; i < 20000; i++) {
        struct text s = random_text(below(3) ? 40 : TEXT_MAX, 1 + below(8)), value = folded(view(s));
        struct sp_index index;
        struct wishes w;

        random_wishes(&w, view(value), false);
        sp_arena_reset(&arena);
        ok(sp_index_build(&arena, w.wish, w.count, &index) == 0);
        marks.now++;
        marks.count = 0;
        sp_index_probe(&index, view(value), &marks);
        met += marks.count;
        for (uint32_t n = 0; n < w.count; n++)
            if ((stamp[n] == marks.now) != holds(&w.wish[n], view(value)))
                tap_fail("kind %d, '%.*s' in '%.*s': seen %d", w.wish[n].kind, SP_STR_ARG(w.wish[n].literal), SP_STR_ARG(view(value)),
                         stamp[n] == marks.now);
        free_wishes(&w);
        free(s.ptr);
        free(value.ptr);
    }
    ok(met > 20000);
    sp_arena_done(&arena);
}

/* A value of one of the text types that reads as `s`. */
static struct text typed(struct sp_str s, struct sp_value *ret)
{
    struct text t = { 0 };
    struct sp_buf out = { 0 };
    uint32_t type = below(3);

    for (size_t at = 0; type && at < s.len;) {
        uint32_t c = sp_utf8_next(s, &at);
        char utf8[4];

        if (type == 1) {
            uint32_t unit[2] = { c > 0xFFFF ? 0xD800 + ((c - 0x10000) >> 10) : c, 0xDC00 + ((c - 0x10000) & 0x3FF) };

            for (int u = 0; u < (c > 0xFFFF ? 2 : 1); u++) {
                sp_buf_char(&out, (char)(unit[u] & 0xFF));
                sp_buf_char(&out, (char)(unit[u] >> 8));
            }
        } else if (c == '"' || c == '\\' || (c == '/' && below(2))) {
            sp_buf_printf(&out, "\\%c", (char)c);
        } else if (c == '\n' || (c < 0x10000 && below(300) == 0)) {
            sp_buf_printf(&out, "\\u%04x", c);
        } else {
            sp_buf_add(&out, utf8, sp_utf8_put(utf8, c));
        }
    }
    t = type ? own(out.ptr, out.len) : own(s.ptr, s.len);
    *ret = (struct sp_value){ t.ptr, (uint32_t)t.len, (uint8_t)(type == 0 ? SP_V_TEXT : type == 1 ? SP_V_UTF16 : SP_V_JSON_TEXT) };
    sp_buf_done(&out);
    return t;
}

/* A scan may say perhaps too often, but never no to a value that holds a literal. */
static void check_scans(struct sp_arena *arena, const struct wishes *w, struct sp_str s, uint64_t *no)
{
    struct text value = folded(s), lies;
    struct sp_node node[2] = { { .value = { .type = SP_V_MAP } }, { .name = SP_STR_NONE } };
    struct sp_scan scan, of_index;
    bool held = false, held_long = false;

    lies = typed(s, &node[1].value);
    for (uint32_t i = 0; i < w->count; i++) {
        held |= holds(&w->wish[i], view(value));
        held_long |= w->wish[i].literal.len >= 4 && holds(&w->wish[i], view(value));
    }
    ok(sp_scan_build(arena, w->wish, w->count, &scan) == 0 && sp_scan_build_folded(arena, w->wish, w->count, &of_index) == 0);
    if ((held && (!sp_scan_perhaps(&scan, node[1].value) || !sp_scan_perhaps_plain(&scan, node[1].value) ||
                  !sp_scan_nodes(&scan, node + 1, 1, view(lies)) ||
                  (node[1].value.type != SP_V_UTF16 && !sp_scan_json(&scan, view(lies))))) ||
        (held_long && !sp_scan_folded(&of_index, view(value))))
        tap_fail("type %d, %u literals, first '%.*s', in '%.*s': said no", node[1].value.type, w->count, SP_STR_ARG(w->wish[0].literal), SP_STR_ARG(s));
    if (sp_scan_perhaps(&scan, node[1].value) != sp_scan_perhaps_plain(&scan, node[1].value))
        tap_fail("type %d, '%.*s': with and without wide registers differ", node[1].value.type, SP_STR_ARG(s));
    *no += (uint64_t)!sp_scan_perhaps(&scan, node[1].value) + (uint64_t)!sp_scan_folded(&of_index, view(value));
    free(value.ptr);
    free(lies.ptr);
}

TEST(a_scan_never_says_no_to_what_is_there)
{
    struct sp_arena arena;
    uint64_t no = 0;

    sp_arena_init(&arena, SIZE_MAX);
    for (int i = 0; i < 60000; i++) {
        struct text s = random_text(below(3) ? 70 : TEXT_MAX, 1 + below(8)), other = random_text(80, 8);
        struct wishes w;

        sp_arena_reset(&arena);
        random_wishes(&w, below(3) ? view(s) : view(other), true);
        check_scans(&arena, &w, view(s), &no);
        free_wishes(&w);
        free(s.ptr);
        free(other.ptr);
    }
    ok(no > 5000);
    sp_arena_done(&arena);
}
