/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the text of a rule's value and what its modifiers ask. Out: patterns of tokens in the set's arena.
 *
 *   'C:\\Win\?*'  ─▶  C:\Win?  MANY          escapes as pySigma reads them (SPEC: sigma-T2)
 */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/unicode.h"
#include "rule/sigma.h"

enum { MARK_ONE = 0x110001, MARK_MANY = 0x110002, MARK_DASH = 0x110003 }; /* beyond Unicode: never a character */

struct points {
    uint32_t *at;
    size_t count;
};

/* Left to right: `\` before `*`, `?` or `\` is that character; before anything else both stay. */
static bool parse_escapes(struct sigma *s, struct sp_str text, bool special, struct points *ret)
{
    size_t at = 0;

    *ret = (struct points){ sp_arena_alloc(s->env->scratch, (text.len + 1) * sizeof(uint32_t)), 0 };
    while (ret->at && at < text.len) {
        uint32_t c = sp_utf8_next(text, &at);
        bool escapes = c == '\\' && at < text.len && (text.ptr[at] == '*' || text.ptr[at] == '?' || text.ptr[at] == '\\');

        if (escapes)
            c = (unsigned char)text.ptr[at++];
        else if (special && c == '*')
            c = MARK_MANY;
        else if (special && c == '?')
            c = MARK_ONE;
        ret->at[ret->count++] = c;
    }
    return ret->at != NULL;
}

static bool dash(uint32_t c)
{
    return c == '-' || c == '/' || (c >= 0x2013 && c <= 0x2015);
}

/* Contract 1, windash: ASCII letters, digits, `_`, and all beyond ASCII that is neither dash nor space. */
static bool word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    if (c >= MARK_ONE || dash(c) || c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x202F || c == 0x205F || c == 0x3000)
        return false;
    return !(c >= 0x2000 && c <= 0x200A) && c != 0x2028 && c != 0x2029;
}

/* A dash between a non-word and a word character stands for all five (SPEC: sigma-T10). */
static void mark_dashes(struct points *p)
{
    for (size_t i = 0; i + 1 < p->count; i++) {
        bool before = i > 0 && p->at[i - 1] != MARK_DASH && word(p->at[i - 1]);

        if (dash(p->at[i]) && !before && word(p->at[i + 1]))
            p->at[i] = MARK_DASH;
    }
}

static bool is_mark(uint32_t c)
{
    return c >= MARK_ONE && c <= MARK_DASH;
}

/* What the tokens will take: how many at most, and how many bytes of literals. */
static size_t measure(const struct points *p, bool cased, size_t *bytes)
{
    size_t tokens = 0;
    char utf8[4];

    *bytes = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool mark = is_mark(p->at[i]);

        tokens += mark || i == 0 || is_mark(p->at[i - 1]);
        if (!mark && !cased)
            p->at[i] = sp_fold(p->at[i]);
        *bytes += mark ? 0 : p->at[i] < 0x80 ? 1 : sp_utf8_put(utf8, p->at[i]);
    }
    return tokens;
}

/* Runs of characters become literals, folded unless cased; `*` next to `*` is one. */
static bool make_tokens(struct sigma *s, const struct points *p, struct sp_pattern *pattern)
{
    size_t used, n = measure(p, pattern->cased, &used), i = 0;
    struct sp_token *token = sp_arena_alloc(s->arena, n * sizeof *token + used + 4);
    char *text = token ? (char *)(token + n) : NULL;

    if (!token)
        return false;
    n = used = 0;
    while (i < p->count) {
        size_t start = used;

        if (is_mark(p->at[i])) {
            enum sp_token_kind kind = p->at[i] == MARK_ONE ? SP_T_ONE : p->at[i] == MARK_MANY ? SP_T_MANY : SP_T_DASH;

            if (kind != SP_T_MANY || n == 0 || token[n - 1].kind != SP_T_MANY)
                token[n++] = (struct sp_token){ kind, SP_STR_NONE };
            i++;
            continue;
        }
        for (; i < p->count && !is_mark(p->at[i]); i++)
            used += sp_utf8_put(text + used, p->at[i]);
        token[n++] = (struct sp_token){ SP_T_LITERAL, { text + start, used - start } };
    }
    pattern->token = token;
    pattern->token_count = (uint32_t)n;
    return true;
}

/* A `*` at an end is the same as an end left open. */
static void open_ends(struct sp_pattern *p)
{
    bool start = p->where == SP_WHERE_END || p->where == SP_WHERE_ANY, end = p->where == SP_WHERE_START || p->where == SP_WHERE_ANY;

    if (p->token_count && p->token[p->token_count - 1].kind == SP_T_MANY) {
        end = true;
        p->token_count--;
    }
    if (p->token_count && p->token[0].kind == SP_T_MANY) {
        start = true;
        p->token++;
        p->token_count--;
    } else if (!p->token_count && end && p->where != SP_WHERE_START) {
        start = true; /* the pattern was `*` alone */
    }
    p->where = start && end ? SP_WHERE_ANY : start ? SP_WHERE_END : end ? SP_WHERE_START : SP_WHERE_WHOLE;
}

struct sp_pattern *sigma_pattern_add(struct sigma *s, struct sigma_patterns *to)
{
    if (to->count == to->room) {
        uint32_t room = to->room ? 2 * to->room : 4;
        struct sp_pattern *grown = sp_arena_grow(s->env->scratch, to->pattern, to->count, room, sizeof *grown);

        if (!grown)
            return NULL;
        to->pattern = grown;
        to->room = room;
    }
    to->pattern[to->count] = (struct sp_pattern){ 0 };
    return &to->pattern[to->count++];
}

const struct sp_pattern *sigma_patterns_seal(struct sigma *s, const struct sigma_patterns *list)
{
    return sp_arena_grow(s->arena, list->pattern, list->count, list->count, sizeof *list->pattern);
}

static int add_text(struct sigma *s, struct points *p, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to)
{
    struct sp_pattern *pattern = sigma_pattern_add(s, to);

    if (!pattern)
        return SP_ERR_NOMEM;
    pattern->kind = SP_P_TEXT;
    pattern->where = mods->where;
    pattern->cased = mods->cased;
    pattern->text = sigma_copy(s, text);
    if (mods->windash)
        mark_dashes(p);
    if (!pattern->text.ptr || !make_tokens(s, p, pattern))
        return SP_ERR_NOMEM;
    open_ends(pattern);
    return 0;
}

/* The bytes that the encoding modifiers make of the characters. */
static void encode_wide(struct sp_buf *out, const struct points *p, const struct sigma_mods *mods)
{
    if (mods->wide == ENC_UTF16)
        sp_buf_add(out, "\xFF\xFE", 2);
    for (size_t i = 0; i < p->count; i++) {
        uint32_t c = p->at[i], unit[2] = { c, 0 };
        int units = 1;
        char utf8[4];

        if (mods->wide == ENC_NONE) {
            sp_buf_add(out, utf8, sp_utf8_put(utf8, c));
            continue;
        }
        if (c > 0xFFFF) {
            unit[0] = 0xD800 + ((c - 0x10000) >> 10);
            unit[1] = 0xDC00 + ((c - 0x10000) & 0x3FF);
            units = 2;
        }
        for (int u = 0; u < units; u++) {
            char pair[2] = { (char)(unit[u] & 0xFF), (char)(unit[u] >> 8) };
            char back[2] = { pair[1], pair[0] };

            sp_buf_add(out, mods->wide == ENC_UTF16BE ? back : pair, 2);
        }
    }
}

static size_t base64(char *out, const unsigned char *in, size_t len)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0) | (i + 2 < len ? in[i + 2] : 0);

        out[n++] = digit[v >> 18];
        out[n++] = digit[v >> 12 & 63];
        out[n++] = i + 1 < len ? digit[v >> 6 & 63] : '=';
        out[n++] = i + 2 < len ? digit[v & 63] : '=';
    }
    return n;
}

/* Bytes as characters, one for one, and the pattern of them. */
static int add_bytes(struct sigma *s, const char *bytes, size_t len, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to)
{
    struct points p = { sp_arena_alloc(s->env->scratch, (len + 1) * sizeof(uint32_t)), len };

    for (size_t i = 0; p.at && i < len; i++)
        p.at[i] = (unsigned char)bytes[i];
    return p.at ? add_text(s, &p, text, mods, to) : SP_ERR_NOMEM;
}

/* Offsets and end cuts are those of bytes (SPEC: sigma-T11). */
static int add_base64(struct sigma *s, const struct sp_buf *bytes, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to)
{
    static const size_t start[3] = { 0, 2, 3 }, cut[3] = { 0, 3, 2 };
    size_t offsets = mods->base64 == ENC_BASE64OFFSET ? 3 : 1;
    unsigned char *padded = sp_arena_alloc(s->env->scratch, bytes->len + 4);
    char *out = sp_arena_alloc(s->env->scratch, (bytes->len + 6) / 3 * 4 + 4);
    int rc = 0;

    if (!padded || !out)
        return SP_ERR_NOMEM;
    for (size_t i = 0; rc == 0 && i < offsets; i++) {
        size_t n, end;

        memset(padded, ' ', i);
        if (bytes->len)
            memcpy(padded + i, bytes->ptr, bytes->len);
        n = base64(out, padded, bytes->len + i);
        end = offsets == 1 ? n : n - cut[(bytes->len + i) % 3];
        if (offsets == 1)
            rc = add_bytes(s, out, end, text, mods, to);
        else
            rc = add_bytes(s, out + start[i], end > start[i] ? end - start[i] : 0, text, mods, to);
    }
    return rc;
}

static int add_encoded(struct sigma *s, const struct sp_yaml *at, struct points *p, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to)
{
    struct sp_buf bytes;
    int rc;

    sp_buf_init(&bytes, 0);
    encode_wide(&bytes, p, mods);
    if (bytes.failed)
        rc = SP_ERR_NOMEM;
    else if (mods->base64 == ENC_BASE64OFFSET && bytes.len < 2) /* no character of one alignment is certain: it would match anything */
        rc = sigma_refuse(s, at, "'%.*s' is too short for base64offset; two bytes are the least", SP_STR_ARG(text));
    else if (mods->base64 != ENC_PLAIN)
        rc = add_base64(s, &bytes, text, mods, to);
    else
        rc = add_bytes(s, bytes.ptr ? bytes.ptr : "", bytes.len, text, mods, to);
    sp_buf_done(&bytes);
    return rc;
}

int sigma_text_patterns(struct sigma *s, const struct sp_yaml *at, struct sp_str text, const struct sigma_mods *mods, struct sigma_patterns *to)
{
    struct points p;

    if (!parse_escapes(s, text, true, &p))
        return SP_ERR_NOMEM;
    if (mods->wide == ENC_NONE && mods->base64 == ENC_PLAIN)
        return add_text(s, &p, text, mods, to);
    for (size_t i = 0; i < p.count; i++)
        if (is_mark(p.at[i]))
            return sigma_refuse(s, at, "a wildcard under base64 or a UTF-16 modifier; escape it (\\* or \\?) or leave the modifier out");
    return add_encoded(s, at, &p, text, mods, to);
}
