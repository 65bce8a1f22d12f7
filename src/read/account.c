/* SPDX-License-Identifier: Apache-2.0
 *
 * In: what a reader met, or accounts of parts. Out: one account, and words to ctx->note. The account owns its texts.
 */
#include "read/account.h"

#include <string.h>

#include "base/error.h"

enum { NOTES_MAX = 5 }; /* troubles of one source said aloud; all are counted, many are listed */

void sp_account_init(struct sp_account *account)
{
    *account = (struct sp_account){ 0 };
    sp_arena_init(&account->arena, SIZE_MAX);
}

void sp_account_done(struct sp_account *account)
{
    sp_gaps_done(&account->numbers);
    sp_arena_done(&account->arena);
}

void sp_account_clear(struct sp_account *a)
{
    struct sp_arena arena = a->arena;
    struct sp_gaps numbers = a->numbers;

    sp_arena_reset(&arena);
    sp_gaps_clear(&numbers);
    *a = (struct sp_account){ .arena = arena, .numbers = numbers };
}

/* List one more: of a part as many as may have to be said aloud, whatever the limit. */
static void list(struct sp_account *a, const struct sp_account_to *to, uint64_t offset, bool lost, const char *reason)
{
    uint64_t max = to->limits->errors_listed;
    struct sp_str kept;

    if (!to->ctx && max < NOTES_MAX)
        max = NOTES_MAX;
    if (a->error_count >= max)
        return;
    if (a->error_count == a->error_room) {
        size_t room = a->error_room ? 2 * a->error_room : 8;
        struct sp_read_error *grown = sp_arena_grow(&a->arena, a->error, a->error_count, room, sizeof *grown);

        if (!grown)
            return;
        a->error = grown;
        a->error_room = room;
    }
    kept = sp_arena_str(&a->arena, sp_str_c(reason));
    if (kept.ptr)
        a->error[a->error_count++] = (struct sp_read_error){ offset, kept.ptr, lost };
}

void sp_account_trouble(struct sp_account *a, const struct sp_account_to *to, uint64_t offset, bool lost, const char *reason)
{
    struct sp_error note;

    a->lost |= lost;
    if (++a->error_total <= NOTES_MAX) {
        sp_error_set(&note, SP_ERR_FORMAT, "%s", reason);
        sp_error_where(&note, "%s@%llu", to->path, (unsigned long long)offset);
        sp_error_cure(&note, lost ? "the rest is read; compare with another copy of this log" : "the records are read all the same");
        sp_note(to->ctx, &note);
    }
    list(a, to, offset, lost, reason);
}

int sp_account_skip(struct sp_account *a, const struct sp_account_to *to, const char *reason, const char *cure)
{
    struct sp_str words = sp_arena_str(&a->arena, sp_str_c(reason)), what = sp_arena_str(&a->arena, sp_str_c(cure ? cure : ""));
    struct sp_error note;

    if (!words.ptr || !what.ptr)
        return SP_ERR_NOMEM;
    a->skipped = words.ptr;
    a->cure = cure ? what.ptr : NULL;
    if (cure) {
        a->lost = true;
        sp_error_set(&note, SP_ERR_FORMAT, "%s", reason);
        sp_error_where(&note, "%s", to->path);
        sp_error_cure(&note, "%s", cure);
        sp_note(to->ctx, &note);
    }
    return 0;
}

int sp_account_add(struct sp_account *a, const struct sp_account_to *to, struct sp_account *part)
{
    int rc = part->skipped ? sp_account_skip(a, to, part->skipped, part->cure) : 0;

    if (part->type != SP_SOURCE_NONE)
        a->type = part->type;
    a->opened |= part->opened;
    a->bytes += part->bytes;
    a->records += part->records;
    a->undecodable += part->undecodable;
    a->carved += part->carved;
    a->duplicates += part->duplicates;
    sp_gaps_join(&a->numbers, &part->numbers);
    for (uint64_t i = 0; i < part->error_count; i++)
        sp_account_trouble(a, to, part->error[i].offset, part->error[i].lost, part->error[i].reason);
    a->error_total += part->error_total - part->error_count;
    a->lost |= part->lost;
    if (part->has_sha256) {
        a->has_sha256 = true;
        a->sha256 = part->sha256;
    }
    sp_account_clear(part);
    return rc;
}

void sp_account_settle(struct sp_account *a, const struct sp_account_to *to)
{
    struct sp_error note;

    if (a->type == SP_SOURCE_EVTX)
        a->gaps = sp_gaps_count(&a->numbers, &a->missing);
    sp_gaps_done(&a->numbers);
    if (a->error_total > NOTES_MAX) {
        sp_error_set(&note, SP_ERR_FORMAT, "%llu more troubles of this kind", (unsigned long long)(a->error_total - NOTES_MAX));
        sp_error_where(&note, "%s", to->path);
        sp_error_cure(&note, "--summary FILE lists them");
        sp_note(to->ctx, &note);
    }
}
