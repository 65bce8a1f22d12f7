/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader that has met a template or a form before reads all of a record as one that has not.
 */
#include "evtx_samples.h"
#include "read/evtx_inner.h"
#include "read/value.h"
#include "tap.h"

enum { ROUNDS = 1500 };

static const struct sp_evtxw_token plain_tokens[] = {
    OPEN("Event"), ATTR("xmlns"), TEXT(XMLNS), BODY, OPEN("System"), BODY,
    OPEN("Provider"), ATTR("Name"), TEXT("Plain"), ATTR("Guid"), TEXT("{x}"), EMPTY, OPEN("EventID"), BODY, TEXT("1102"), CLOSE,
    OPEN("EventRecordID"), BODY, TEXT("77"), CLOSE, OPEN("Channel"), BODY, TEXT("Security"), CLOSE,
    OPEN("Execution"), ATTR("ProcessID"), TEXT("4"), EMPTY, OPEN("Computer"), BODY, CLOSE, CLOSE,
    OPEN("EventData"), BODY,
    OPEN("Data"), ATTR("Name"), TEXT("Image"), BODY, TEXT("C:\\x.exe"), CLOSE,
    OPEN("Data"), ATTR("Name"), TEXT("Empty"), BODY, TEXT(""), CLOSE,
    OPEN("Data"), ATTR("Name"), TEXT("White"), BODY, TEXT(" \t"), CLOSE,
    OPEN("Data"), BODY, TEXT("one"), CLOSE, OPEN("Data"), BODY, TEXT("two"), CLOSE, CLOSE,
    OPEN("UserData"), BODY, OPEN("W"), ATTR("xmlns"), TEXT("urn:x"), BODY, OPEN("Name"), BODY, TEXT("n"), CLOSE, CLOSE, CLOSE, CLOSE,
};
static const struct sp_evtxw_body plain = { plain_tokens, COUNT(plain_tokens), NULL, NULL, 0 };
static const struct sp_evtxw_token inner_tokens[] = { OPEN("EventData"), BODY, OPEN("Data"), ATTR("Name"), TEXT("A"), BODY, TEXT("b"), CLOSE, CLOSE };
static const struct sp_evtxw_body inner = { inner_tokens, COUNT(inner_tokens), NULL, NULL, 0 };

static struct sp_buf file, seen[2], text;

static uint32_t roll(uint32_t below)
{
    static uint64_t dice = 1;

    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static void tell(void *arg, uint64_t offset, bool lost, const char *reason)
{
    sp_buf_printf(arg, "%u %d %s\n", (unsigned)offset, lost, reason);
}

/* Two chunks with the same templates at other places, names that lie elsewhere, and forms. */
static void make(void)
{
    struct sp_evtxw *w = sp_evtxw_new(false);
    const struct sp_evtxw_body *const order[] = { &sample_data, &plain, &sample_classic, &sample_plain, &inner, &plain, &sample_data };

    for (size_t i = 0; i < COUNT(order); i++)
        if (order[i]->guid || order[i] == &inner)
            (void)sample_event(w, i + 1, order[i]);
        else
            (void)sp_evtxw_record(w, i + 1, SAMPLE_TIME, order[i], NULL);
    (void)sp_evtxw_chunk(w, NULL);
    for (size_t i = COUNT(order); i-- > 0;)
        if (order[i]->guid || order[i] == &inner)
            (void)sample_event(w, 20 - i, order[i]);
        else
            (void)sp_evtxw_record(w, 20 - i, SAMPLE_TIME, order[i], NULL);
    is_i64(sp_evtxw_finish(w, &file, NULL), 0);
    sp_evtxw_free(w);
}

/* All that can be said of a chunk. `fields`: after the record has been rendered whole, too. */
static void read_chunk(struct sp_evtx *evtx, const char *chunk, struct sp_buf *out, uint32_t *formed)
{
    struct sp_record record;
    uint64_t undecodable = 0;

    sp_buf_clear(out);
    if (sp_evtx_begin(evtx, (struct sp_str){ chunk, SP_EVTX_CHUNK }, 0, tell, out) != 1)
        return;
    while (sp_evtx_next(evtx, &record, &undecodable) == 1) {
        *formed += evtx->formed;
        sp_tree_json(out, record.tree, 0, &text);
        sp_buf_printf(out, "\n%u %u ", (unsigned)record.number, evtx->tokens);
        is_i64(sp_evtx_json(evtx, out), 0);
        is_i64(evtx_json_walk(evtx, out), 0);
        is_i64(sp_evtx_xml(evtx, out), 0);
        is_i64(sp_evtx_leaf(evtx, out), 0);
        sp_tree_json(out, record.tree, 0, &text);
    }
    sp_buf_printf(out, "undecodable: %u\n", (unsigned)undecodable);
}

/* Chunk `n` of the file, with some bytes changed. */
static bool compare(struct sp_evtx *warm, size_t n, uint32_t changes, uint32_t *formed)
{
    static char chunk[SP_EVTX_CHUNK];
    struct sp_limits limits = sp_limits_default();
    struct sp_evtx *cold = sp_evtx_new(&limits);
    uint32_t end, cold_formed = 0;

    memcpy(chunk, file.ptr + SP_EVTX_FILE_HEADER + n * SP_EVTX_CHUNK, sizeof chunk);
    memcpy(&end, chunk + 48, 4);
    for (; changes; changes--) {
        char *at = &chunk[SP_EVTX_CHUNK_HEADER + roll(end - SP_EVTX_CHUNK_HEADER)];

        *at = (char)(roll(2) ? *at + 1 : roll(2) ? *at ^ (char)(1 << roll(8)) : (char)roll(256));
    }
    read_chunk(warm, chunk, &seen[0], formed);
    read_chunk(cold, chunk, &seen[1], &cold_formed);
    sp_evtx_free(cold);
    return sp_str_eq(sp_buf_view(&seen[0]), sp_buf_view(&seen[1]));
}

TEST(what_was_met_before_reads_as_what_was_not)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_evtx *warm = sp_evtx_new(&limits);
    uint32_t formed = 0, kept;

    make();
    ok(compare(warm, 0, 0, &formed));
    kept = warm->plans;
    ok(formed == 3); /* both `plain`, and `inner` */
    ok(compare(warm, 1, 0, &formed));
    is_u64(warm->plans, kept);
    is_u64(formed, 6);
    for (uint32_t i = 0; i < ROUNDS; i++)
        if (!compare(warm, roll(2), roll(4), &formed)) {
            tap_fail("round %u\n# warm %.*s\n# cold %.*s", i, SP_STR_ARG(sp_buf_view(&seen[0])), SP_STR_ARG(sp_buf_view(&seen[1])));
            break;
        }
    ok(formed > ROUNDS);
    sp_evtx_free(warm);
    sp_buf_done(&file);
    sp_buf_done(&seen[0]);
    sp_buf_done(&seen[1]);
    sp_buf_done(&text);
}
