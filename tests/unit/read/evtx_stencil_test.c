/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx_samples.h"
#include "read/evtx_inner.h"
#include "tap.h"

static struct sp_buf file, text, walked;
static struct sp_evtx *evtx, *whole; /* the second reads no fields */

static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

/* A template at random: elements in elements, attributes, Data with names and without, values in odd places. */
struct made {
    struct sp_evtxw_token token[200];
    size_t tokens;
    uint16_t values;
};

static void add(struct made *m, struct sp_evtxw_token token)
{
    m->token[m->tokens++] = token;
}

static const char *some_name(void)
{
    static const char *const name[] = { "A", "B", "C", "D", "E", "Data", "Data", "System", "x\"y", "\xC3\xA4", "A_1", "#text" };

    return name[roll(sizeof name / sizeof *name)];
}

static void add_piece(struct made *m)
{
    static const char *const words[] = { "", "text", "a \"b\" \\", "\xE2\x82\xAC", "a text that is longer than what is copied in one step" };
    uint32_t kind = roll(10);

    if (kind < 6)
        add(m, (struct sp_evtxw_token){ (uint8_t)(roll(3) ? SP_EVTXW_SUB_OPTIONAL : SP_EVTXW_SUB), 1, (uint16_t)roll(m->values + 2u), NULL });
    else if (kind < 9)
        add(m, (struct sp_evtxw_token){ (uint8_t)(kind == 8 ? SP_EVTXW_CDATA : SP_EVTXW_TEXT), 0, 0, words[roll(5)] });
    else
        add(m, (struct sp_evtxw_token){ SP_EVTXW_ENTITY, 0, 0, "lt" });
}

static void add_some(struct made *m, uint32_t depth)
{
    const char *name = depth ? some_name() : "Event";
    uint32_t inside = roll(8), attributes = roll(3) ? 0 : roll(3);

    if (strcmp(name, "Data") == 0 && roll(3))
        attributes = 1;
    add(m, (struct sp_evtxw_token){ SP_EVTXW_OPEN, 0, 0, name });
    for (uint32_t i = 0; i < attributes; i++) {
        add(m, (struct sp_evtxw_token){ SP_EVTXW_ATTR, 0, 0, strcmp(name, "Data") == 0 ? "Name" : some_name() });
        if (strcmp(name, "Data") == 0 && roll(8))
            add(m, (struct sp_evtxw_token){ SP_EVTXW_TEXT, 0, 0, some_name() });
        else
            for (uint32_t n = roll(8) ? 1 : roll(3); n; n--)
                add_piece(m);
    }
    if (inside == 0 && depth) {
        add(m, (struct sp_evtxw_token){ .kind = SP_EVTXW_EMPTY });
        return;
    }
    add(m, (struct sp_evtxw_token){ .kind = SP_EVTXW_BODY });
    if (depth && (depth == 3 || inside < 6))
        for (uint32_t n = roll(8) ? 1 : roll(3); n; n--)
            add_piece(m);
    else
        for (uint32_t n = roll(5); n && m->tokens < 120; n--) {
            if (roll(9) == 0)
                add_piece(m);
            add_some(m, depth + 1);
            if (roll(6) == 0)
                add_piece(m);
        }
    add(m, (struct sp_evtxw_token){ .kind = SP_EVTXW_CLOSE });
}

static void add_values(struct sp_evtxw_value *v, uint16_t count, const struct sp_evtxw_body *body)
{
    static const struct sp_evtxw_value some[] = {
        V_NULL, V_NULL, V_TEXT(""), V_TEXT("x"), V_TEXT("z\xC3\xA4h \"<&>\" \\ \xF0\x9F\x98\x80\n and what fills two lanes of sixteen"),
        V_BYTES(1, "\0\xD8x\0\0\xDC\0\0"), V_TEXTS(sample_strings), V_INT(6, 60000, 2), V_INT(7, -70000, 4), V_INT(10, 18446744073709551615u, 8),
        V_INT(13, 1, 4), V_BYTES(14, "\xDE\xAD\x01"), V_BYTES(15, SAMPLE_GUID), V_INT(17, SAMPLE_TIME, 8), V_BYTES(19, SAMPLE_SID),
        V_INT(21, 0x3E7, 8), V_BYTES(12, "\0\0\0\0\0\0\x04\xC0"), V_BYTES(2, "\x80 plain"), V_BYTES(0x86, "\1\0\2\0\3\0"), V_BYTES(0x86, ""),
        V_BYTES(7, "\1\0\2"), V_BYTES(0x20, "\1\0\0\0"), V_BYTES(0x22, "\1\0\0\0"), V_INT(17, UINT64_MAX, 8),
    };

    for (uint16_t i = 0; i < count; i++)
        v[i] = body && roll(3) == 0 ? (struct sp_evtxw_value){ .type = 0x21, .body = body } : some[roll(sizeof some / sizeof *some)];
}

static void ignore(void *arg, uint64_t offset, bool lost, const char *reason)
{
    (void)arg, (void)offset, (void)lost, (void)reason;
}

/* Both ways over each record of the first chunk of `file`. */
static bool all_same(uint32_t *stencils, uint32_t *count)
{
    struct sp_str chunk = { file.ptr + SP_EVTX_FILE_HEADER, file.len - SP_EVTX_FILE_HEADER };
    struct sp_record record, again;
    uint64_t undecodable = 0, undecodable_too = 0;
    bool same = true;

    if (sp_evtx_begin(evtx, chunk, 0, ignore, NULL) != 1)
        return true;
    ok(sp_evtx_begin(whole, chunk, 0, ignore, NULL) == 1);
    while (same && sp_evtx_next(evtx, &record, &undecodable) == 1) {
        sp_buf_clear(&text);
        sp_buf_clear(&walked);
        is_i64(sp_evtx_json(evtx, &text), evtx_json_walk(evtx, &walked));
        same = sp_str_eq(sp_buf_view(&text), sp_buf_view(&walked));
        if (!same)
            tap_fail("by stencil\n#   %.*s\n# by the walk\n#   %.*s", SP_STR_ARG(sp_buf_view(&text)), SP_STR_ARG(sp_buf_view(&walked)));
        sp_buf_clear(&walked);
        same &= sp_evtx_next(whole, &again, &undecodable_too) == 1 && again.number == record.number && again.offset == record.offset;
        is_i64(sp_evtx_json(whole, &walked), 0);
        if (!sp_str_eq(sp_buf_view(&text), sp_buf_view(&walked))) {
            tap_fail("without fields\n#   %.*s", SP_STR_ARG(sp_buf_view(&walked)));
            same = false;
        }
        sp_buf_clear(&text);
        *stencils += evtx_stencil(evtx, &text) == 1;
        ++*count;
    }
    is_u64(undecodable_too, undecodable);
    return same;
}

TEST(json_by_stencil_is_json_by_the_walk)
{
    struct sp_limits limits = sp_limits_default();
    uint32_t stencils = 0, count = 0;

    evtx = sp_evtx_new(&limits);
    whole = sp_evtx_new(&limits);
    sp_evtx_whole(whole);
    for (uint32_t round = 0; round < 4000; round++) {
        static struct made outer, inner;
        static uint8_t guid[3][16];
        struct sp_evtxw *w = sp_evtxw_new(false);
        struct sp_evtxw_value innermost_value[12], inner_value[12], value[12];
        struct sp_evtxw_body innermost, body[2];

        outer = inner = (struct made){ .values = 8 };
        inner.values = 4;
        add_some(&outer, 0);
        add_some(&inner, 1);
        memcpy(guid[0], &round, 4);
        memcpy(guid[1], &round, 4);
        guid[1][15] = 1;
        add_values(innermost_value, 12, NULL);
        innermost = (struct sp_evtxw_body){ inner.token, inner.tokens, guid[1], innermost_value, 4 };
        add_values(inner_value, 12, roll(3) ? NULL : &innermost);
        body[0] = (struct sp_evtxw_body){ inner.token, inner.tokens, roll(8) ? guid[1] : NULL, inner_value, 4 };
        if (!body[0].guid)
            body[0].value = NULL, body[0].values = 0;
        sp_buf_clear(&file);
        for (uint64_t n = 1; n <= 3; n++) {
            add_values(value, 12, &body[0]);
            body[1] = (struct sp_evtxw_body){ outer.token, outer.tokens, round % 16 ? guid[0] : NULL, value, round % 16 ? 8 : 0 };
            (void)sp_evtxw_record(w, n, SAMPLE_TIME, &body[1], NULL);
        }
        (void)sp_evtxw_finish(w, &file, NULL);
        sp_evtxw_free(w);
        if (!all_same(&stencils, &count))
            break;
    }
    printf("# %u of %u records by stencil\n", stencils, count);
    ok(stencils > count / 20 && stencils < count);
    sp_evtx_free(evtx);
    sp_evtx_free(whole);
    sp_buf_done(&file);
    sp_buf_done(&text);
    sp_buf_done(&walked);
}
