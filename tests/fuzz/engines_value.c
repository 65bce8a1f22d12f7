/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what an item asks for and a literal. Out: one value of a rule, written as YAML, and an example of an event's value
 * that it matches as far as the generator knows; whether it does is for the engines to say.
 */
#include "base/unicode.h"
#include "engines.h"

static struct example text_example(struct sp_str text)
{
    return (struct example){ text, false };
}

static struct example token_example(const char *token)
{
    return (struct example){ sp_str_c(token), true };
}

/* ---------------------------------------------------------------- text */

/* A pattern in the making, and the text that it matches. */
struct both {
    struct sp_buf pattern, text;
};

static bool is_dash(uint32_t code)
{
    return code == '-' || code == '/' || (code >= 0x2013 && code <= 0x2015);
}

static void put_run(struct round *r, struct sp_buf *text)
{
    for (uint32_t n = below(&r->chance, 4); n; n--)
        sp_buf_text(text, one_in(&r->chance, 4) ? "\u00e9" : one_in(&r->chance, 4) ? "\n" : "a");
}

/* The literal with wildcards in it. */
static void put_wild(struct round *r, const struct wanted *w, struct sp_str literal, struct both *b)
{
    static const char *const dashes[] = { "-", "/", "\u2013", "\u2014", "\u2015" };
    bool wild = !w->wide && !w->base && one_in(&r->chance, r->wordy ? 24 : 4);
    size_t at = 0, from;

    if (wild && one_in(&r->chance, 3)) {
        sp_buf_char(&b->pattern, '*');
        put_run(r, &b->text);
    }
    while (at < literal.len) {
        struct sp_str one;
        uint32_t code;

        from = at;
        code = sp_utf8_next(literal, &at);
        one = sp_str_cut(literal, from, at - from);
        if (wild && one_in(&r->chance, 6)) {
            sp_buf_char(&b->pattern, '?');
            sp_buf_str(&b->text, one_in(&r->chance, 2) ? one : SP_STR("\u00df"));
            continue;
        }
        if (wild && one_in(&r->chance, 6)) {
            sp_buf_char(&b->pattern, '*');
            put_run(r, &b->text);
        }
        put_escaped(&b->pattern, one);
        if (w->windash && is_dash(code) && one_in(&r->chance, 2))
            sp_buf_text(&b->text, dashes[below(&r->chance, 5)]);
        else
            sp_buf_str(&b->text, one);
    }
    if (wild && one_in(&r->chance, 3)) {
        sp_buf_char(&b->pattern, '*');
        put_run(r, &b->text);
    }
}

/* What the encodings make of the text that stands in the event. */
static struct sp_str encoded(struct round *r, const struct wanted *w, struct sp_str text)
{
    struct sp_str bytes = w->wide ? wide_of(r, text, w->wide == WIDE_BE, w->wide == WIDE_MARK) : text;

    if (w->base == BASE_NONE)
        return w->wide ? bytes_as_text(r, bytes) : text;
    if (w->base == BASE64_OFFSET)
        bytes = joined_text(r, joined_text(r, sp_str_cut(SP_STR("xy"), 0, below(&r->chance, 3)), bytes),
                            sp_str_cut(SP_STR("zzz"), 0, below(&r->chance, 4)));
    return base64_of(r, bytes);
}

static struct sp_str around(struct round *r, const struct wanted *w, struct sp_str text)
{
    if (w->where == SP_WHERE_END || (w->where == SP_WHERE_ANY && one_in(&r->chance, 2)))
        text = joined_text(r, literal_of(r), text);
    if (w->where == SP_WHERE_START || (w->where == SP_WHERE_ANY && one_in(&r->chance, 2)))
        text = joined_text(r, text, literal_of(r));
    return text;
}

static struct example make_text(struct round *r, const struct wanted *w, struct sp_str literal, struct sp_buf *out)
{
    struct both b = { 0 };
    struct sp_str text;

    if (w->base == BASE64_OFFSET && literal.len < 2)
        literal = SP_STR("k\\");
    put_wild(r, w, literal, &b);
    put_yaml(out, sp_buf_view(&b.pattern));
    text = keep(r, sp_buf_view(&b.text));
    sp_buf_done(&b.pattern);
    sp_buf_done(&b.text);
    text = encoded(r, w, text);
    if (!w->cased && !w->wide && !w->base && one_in(&r->chance, 3))
        text = flipped(r, text);
    return text_example(around(r, w, text));
}

/* ---------------------------------------------------------------- regexes */

static bool word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void put_regex_char(struct round *r, struct sp_str one, struct both *b)
{
    if (one.len == 1 && strchr("\\.*+?()[]{}|^$-/", one.ptr[0]) && one.ptr[0])
        sp_buf_char(&b->pattern, '\\');
    if (one.ptr[0] == '\n')
        sp_buf_text(&b->pattern, "\\n");
    else
        sp_buf_str(&b->pattern, one);
    sp_buf_str(&b->text, one);
    if (!one_in(&r->chance, 12))
        return;
    switch (below(&r->chance, 4)) {
    case 0: sp_buf_char(&b->pattern, '+'); sp_buf_str(&b->text, one); break;
    case 1: sp_buf_char(&b->pattern, '*'); break;
    case 2: sp_buf_char(&b->pattern, '?'); break;
    default: sp_buf_text(&b->pattern, "{1,3}"); sp_buf_str(&b->text, one);
    }
}

/* One character of the literal, or something that it is an example of. */
static void put_regex_step(struct round *r, struct sp_str one, struct both *b)
{
    char c = one.ptr[0];

    if (one.len != 1 || !word_byte(c) || !one_in(&r->chance, 5)) {
        if (one_in(&r->chance, 16)) {
            sp_buf_text(&b->pattern, one_in(&r->chance, 2) ? ".*" : "[^\\x00]{0,5}?");
            if (one_in(&r->chance, 2))
                sp_buf_text(&b->text, "zq");
        }
        put_regex_char(r, one, b);
        return;
    }
    switch (below(&r->chance, 7)) {
    case 0: sp_buf_char(&b->pattern, '.'); break;
    case 1: sp_buf_text(&b->pattern, "\\w"); break;
    case 2: sp_buf_printf(&b->pattern, "[%cz]", c); break;
    case 3: sp_buf_printf(&b->pattern, "(?:%c|zz)", c); break;
    case 4: sp_buf_printf(&b->pattern, "(%c)", c); break;
    case 5: sp_buf_printf(&b->pattern, "[%c%c]", c, c >= 'A' ? (char)(c ^ 0x20) : '9'); break;
    default: sp_buf_printf(&b->pattern, "(?i:%c)", c);
    }
    sp_buf_char(&b->text, c);
}

static struct example make_regex(struct round *r, const struct wanted *w, struct sp_str literal, struct sp_buf *out)
{
    struct sp_str other = one_in(&r->chance, 6) ? literal_of(r) : SP_STR_NONE, text;
    bool begin = one_in(&r->chance, 6), end = one_in(&r->chance, 6), folded = (w->re_flags & SP_REGEX_FOLD) != 0;
    struct both b = { 0 }, dropped = { 0 };

    if (one_in(&r->chance, 6)) {
        sp_buf_text(&b.pattern, "(?i)");
        folded = true;
    }
    sp_buf_text(&b.pattern, begin ? "^" : "");
    for (size_t at = 0, from = 0; at < literal.len; from = at) {
        (void)sp_utf8_next(literal, &at);
        put_regex_step(r, sp_str_cut(literal, from, at - from), &b);
    }
    sp_buf_text(&b.pattern, end ? "$" : "");
    for (size_t at = 0, from = 0; at < other.len; from = at) {
        (void)sp_utf8_next(other, &at);
        put_regex_step(r, sp_str_cut(other, from, at - from), &dropped);
    }
    if (dropped.pattern.len) {
        sp_buf_char(&b.pattern, '|');
        sp_buf_str(&b.pattern, sp_buf_view(&dropped.pattern));
    }
    put_yaml(out, sp_buf_view(&b.pattern));
    text = keep(r, sp_buf_view(&b.text));
    sp_buf_done(&b.pattern);
    sp_buf_done(&b.text);
    sp_buf_done(&dropped.pattern);
    sp_buf_done(&dropped.text);
    if (folded && one_in(&r->chance, 2))
        text = flipped(r, text);
    if (!begin && one_in(&r->chance, 3))
        text = joined_text(r, (w->re_flags & SP_REGEX_MULTILINE) ? SP_STR("a\n") : literal_of(r), text);
    return text_example(!end && one_in(&r->chance, 3) ? joined_text(r, text, literal_of(r)) : text);
}

/* ---------------------------------------------------------------- numbers, networks, times */

/* Ways in which rules and events write one number; what is behind the bar does not equal it. */
static const struct number {
    const char *yaml[4], *token[5];
} numbers[] = {
    { { "3", "3.0", "+3", "3.00" }, { "3", "3.0", "3e0", "30e-1", "0.3e1" } },
    { { "0", "-0", "0.0", "-0.0" }, { "0", "-0", "0.0", "-0.0e5", "0e1" } },
    { { "-5", "-5.0", "-5", "-0x5" }, { "-5", "-5.0", "-5e0", "-0.5E+1", "-50e-1" } },
    { { "0x10", "16", "16.0", "0b10000" }, { "16", "16.0", "1.6e1", "160E-1", "16e0" } },
    { { "1000", "1_000", "1.0e+3", "01750" }, { "1000", "1e3", "1E+3", "1000.0", "0.1e4" } },
    { { "0.5", "5.0e-1", ".5", "0.50" }, { "0.5", "5e-1", "0.50", "50E-2", "0.05e1" } },
    { { "36893488147419103232", "36893488147419103232.0", "36893488147419103232", "0x20000000000000000" },
      { "36893488147419103232", "36893488147419103232.0", "36893488147419103232e0", "3689348814741910323.2e1", "36893488147419103233" } },
    { { "7", "7.0", "0x7", "0o7" }, { "7", "7.0", "7e0", "8", "6.999" } },
    { { "4688", "4688.0", "0x1250", "4688" }, { "4688", "4688.0", "46.88e2", "4689", "468" } },
    { { "1", "1.0", "1", "0x1" }, { "1", "1.0", "1e0", "10e-1", "11" } },
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* A token of JSON, or its text in quotes. */
static struct example number_example(struct round *r, const struct number *n)
{
    const char *token = n->token[below(&r->chance, 5)];

    switch (below(&r->chance, 10)) {
    case 0: return text_example(joined_text(r, SP_STR("0"), sp_str_c(token)));
    case 1: return text_example(joined_text(r, SP_STR(" "), sp_str_c(token)));
    case 2: return text_example(joined_text(r, sp_str_c(token), SP_STR(".0")));
    case 3:
    case 4:
    case 5: return text_example(sp_str_c(token));
    default: return token_example(token);
    }
}

struct example make_number(struct round *r)
{
    return number_example(r, &numbers[below(&r->chance, NUMBERS)]);
}

static struct example make_plain_number(struct round *r, struct sp_buf *out)
{
    const struct number *n = &numbers[one_in(&r->chance, 4) ? 1 : below(&r->chance, NUMBERS)]; /* zeros are odd */
    const char *yaml = n->yaml[below(&r->chance, 4)];

    if (one_in(&r->chance, 3)) /* as text: equal to numbers by value, to texts letter by letter */
        put_yaml(out, sp_str_c(one_in(&r->chance, 2) ? yaml : n->token[below(&r->chance, 5)]));
    else
        sp_buf_text(out, strcmp(yaml, "0o7") == 0 ? "7" : yaml);
    return number_example(r, n);
}

static struct example make_compare(struct round *r, struct sp_buf *out)
{
    sp_buf_text(out, numbers[below(&r->chance, NUMBERS)].yaml[below(&r->chance, 3)]);
    return make_number(r);
}

static struct example make_cidr(struct round *r, struct sp_buf *out)
{
    static const struct {
        const char *net, *in[4];
    } nets[] = { { "10.0.0.0/8", { "10.1.2.3", "::ffff:10.0.0.1", "10.255.255.255", "11.0.0.0" } },
                 { "192.168.1.0/24", { "192.168.1.7", "192.168.1.0", "192.168.2.1", "192.168.1.07" } },
                 { "fe80::/10", { "fe80::1", "fe80::1%eth0", "FE80::1", "ff80::1" } },
                 { "127.0.0.1", { "127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.1 " } },
                 { "::/0", { "::", "2001:db8::1", "10.0.0.1", "x" } },
                 { "0.0.0.0/0", { "1.2.3.4", "255.255.255.255", "::", "" } } };
    uint32_t i = below(&r->chance, sizeof nets / sizeof *nets);

    put_yaml(out, sp_str_c(nets[i].net));
    return text_example(sp_str_c(nets[i].in[below(&r->chance, 4)]));
}

static struct example make_time(struct round *r, const struct wanted *w, struct sp_buf *out)
{
    static const struct {
        const char *text;
        uint32_t part[6]; /* minute hour day week month year */
    } times[] = { { "2026-03-02T10:05:00Z", { 5, 10, 2, 10, 3, 2026 } }, { "2025-12-29 23:59:59.123", { 59, 23, 29, 1, 12, 2025 } },
                  { "2024-02-29T00:00:00.0000001Z", { 0, 0, 29, 9, 2, 2024 } }, { "2026-03-02T10:05:00", { 5, 10, 2, 10, 3, 2026 } } };
    uint32_t i = below(&r->chance, sizeof times / sizeof *times);

    sp_buf_printf(out, "%u", times[i].part[w->part % 6]);
    return text_example(sp_str_c(times[i].text));
}

/* A value whose list is given as %names%. */
static struct example make_expand(struct round *r, const struct wanted *w, struct sp_buf *out)
{
    static const char *const list[] = { "alpha", "\\reg.exe", "k", "4688", "Ab*a", "a?c" };
    struct sp_str before = one_in(&r->chance, 2) ? SP_STR_NONE : SP_STR("x-"), text;

    text = joined_text(r, before, sp_str_c(list[below(&r->chance, sizeof list / sizeof *list)]));
    if (one_in(&r->chance, 2)) {
        put_yaml(out, joined_text(r, before, SP_STR("%names%.z")));
        text = joined_text(r, text, SP_STR(".z"));
    } else {
        put_yaml(out, joined_text(r, before, SP_STR("%names%")));
    }
    return text_example(around(r, w, text));
}

struct example make_value(struct round *r, const struct wanted *w, struct sp_str literal, struct sp_buf *out)
{
    switch (w->ask) {
    case ASK_RE: return make_regex(r, w, literal, out);
    case ASK_CIDR: return make_cidr(r, out);
    case ASK_COMPARE: return make_compare(r, out);
    case ASK_TIME: return make_time(r, w, out);
    case ASK_EXPAND: return make_expand(r, w, out);
    case ASK_TEXT:
    case ASK_EXISTS:
    case ASK_REF:
    default: break;
    }
    if (w->texty || w->keyword || one_in(&r->chance, 3))
        return make_text(r, w, literal, out);
    switch (below(&r->chance, 6)) {
    case 0:
        sp_buf_text(out, "null");
        return token_example(one_in(&r->chance, 2) ? "null" : "[]");
    case 1:
        sp_buf_text(out, one_in(&r->chance, 2) ? "true" : "false");
        return one_in(&r->chance, 2) ? token_example(one_in(&r->chance, 2) ? "true" : "false")
                                     : text_example(flipped(r, one_in(&r->chance, 2) ? SP_STR("true") : SP_STR("FALSE")));
    default:
        return make_plain_number(r, out);
    }
}
