/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a list of files in any order. Out: the same in byte order, each path once, with all but one of the files
 * that hold the same bytes marked. Reading is bounded: head and tail of files of one size that begin alike; then, where these
 * are alike, each file once for its digest (three files and more) and once more to compare with the first.
 */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "read/source_inner.h"

enum {
    LOOK = 8 << 10, /* head and tail: beyond the header of a log file, into its first records */
    PIECE = 64 << 10
};

/* A file that may be a copy of another. */
struct twin {
    struct sp_source *source;
    struct sp_digest digest;
    bool unread; /* could not be read: left alone */
};

static int org_path_cmp(const struct sp_source *x, const struct sp_source *y)
{
    int c = strcmp(x->org, y->org);

    return c ? c : strcmp(x->path, y->path);
}

static int like_cmp(const void *a, const void *b)
{
    return org_path_cmp(a, b);
}

const struct sp_source *sp_source_find(const struct sp_source_list *list, const struct sp_source *like)
{
    return list->count ? bsearch(like, list->source, list->count, sizeof *like, like_cmp) : NULL;
}

static int source_cmp(const void *a, const void *b)
{
    const struct sp_source *x = a, *y = b;
    int c = org_path_cmp(x, y);

    if (!c)
        c = (x->member > y->member) - (x->member < y->member);
    return c ? c : x->walked - y->walked; /* named by the user: first */
}

uint64_t sp_head_number(struct sp_str head)
{
    return libdeflate_crc32(0, head.ptr, head.len);
}

static int twin_head_cmp(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    int c = strcmp(x->source->org, y->source->org);

    if (!c)
        c = (x->source->size > y->source->size) - (x->source->size < y->source->size);
    if (!c)
        c = (x->source->head > y->source->head) - (x->source->head < y->source->head);
    return c ? c : strcmp(x->source->path, y->source->path);
}

/* Files of one org and size that begin alike. */
static bool same_head(const struct twin *x, const struct twin *y)
{
    return x->source->size == y->source->size && x->source->head == y->source->head && strcmp(x->source->org, y->source->org) == 0;
}

static int twin_digest_cmp(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    int c = x->unread - y->unread;

    if (!c)
        c = memcmp(x->digest.bytes, y->digest.bytes, sizeof x->digest.bytes);
    return c ? c : strcmp(x->source->path, y->source->path);
}

static bool same_digest(const struct twin *x, const struct twin *y)
{
    return !x->unread && !y->unread && memcmp(x->digest.bytes, y->digest.bytes, sizeof x->digest.bytes) == 0;
}

/* Digest of the whole file, or of its head and tail. Sets `unread` on any trouble; only memory is an error. */
static int take_digest(struct twin *t, char *room, bool whole, struct sp_error *err)
{
    uint64_t size = t->source->size, at = 0, piece = whole ? PIECE : LOOK;
    struct sp_input input;
    struct sp_hash hash;
    int rc;

    t->unread = true;
    rc = sp_input_open(&input, t->source->path, NULL);
    if (rc < 0)
        return rc == SP_ERR_NOMEM ? sp_error_nomem(err) : 0;
    sp_hash_begin(&hash);
    for (rc = input.seekable; rc && at < size;) {
        size_t want = size - at < piece ? (size_t)(size - at) : (size_t)piece;

        rc = sp_input_read_at(&input, room, want, at, NULL) == (int64_t)want;
        sp_hash_add(&hash, room, want);
        at += want;
        if (!whole && at == LOOK && size > 2 * LOOK)
            at = size - LOOK;
    }
    sp_input_close(&input);
    if (!sp_hash_end(&hash, &t->digest))
        return sp_error_nomem(err);
    t->unread = !rc;
    return 0;
}

bool sp_source_digest(const struct sp_source *source, struct sp_digest *ret, bool *failed)
{
    struct sp_source copy = *source;
    struct twin t = { .source = &copy };
    char *room = sp_malloc(PIECE);

    *failed = !room || take_digest(&t, room, true, NULL) < 0;
    sp_free(room);
    *ret = t.digest;
    return !*failed && !t.unread;
}

/* Do two files hold the same bytes? A file that cannot be read, or changes, is no copy. */
static bool equal(const char *a, const char *b, char *room)
{
    struct sp_input x, y;
    uint64_t at = 0;
    bool same = false;
    int64_t n = 1, m;

    if (sp_input_open(&x, a, NULL) < 0)
        return false;
    if (sp_input_open(&y, b, NULL) == 0) {
        same = x.seekable && y.seekable && x.size == y.size;
        while (same && n > 0) {
            n = sp_input_read_at(&x, room, PIECE, at, NULL);
            m = sp_input_read_at(&y, room + PIECE, PIECE, at, NULL);
            same = n >= 0 && n == m && memcmp(room, room + PIECE, (size_t)n) == 0;
            at += PIECE;
        }
        sp_input_close(&y);
    }
    sp_input_close(&x);
    return same;
}

int sp_source_mark(struct sp_source_list *list, struct sp_source *source, const struct sp_source *first)
{
    struct sp_str reason = { "duplicate of ", 13 };
    size_t len = strlen(first->path);
    char *text = sp_arena_alloc(&list->arena, reason.len + len + 1);

    if (!text)
        return SP_ERR_NOMEM;
    memcpy(text, reason.ptr, reason.len);
    memcpy(text + reason.len, first->path, len + 1);
    source->skipped = text;
    source->copy_of = text + reason.len;
    source->opened = true;
    return 0;
}

/* Files with one digest, by path: mark those that are the first again. */
static int mark(struct sp_source_list *list, struct twin *t, size_t n, char *room, struct sp_error *err)
{
    for (size_t i = 1; i < n; i++) {
        if (!equal(t[0].source->path, t[i].source->path, room))
            continue;
        if (sp_source_mark(list, t[i].source, t[0].source) < 0)
            return sp_error_nomem(err);
    }
    return 0;
}

/* Files whose head and tail are alike. Two are compared at once; of more, each is hashed whole first, so that
 * many large files which differ in the middle are not compared each with each. */
static int settle_alike(struct sp_source_list *list, struct twin *t, size_t n, char *room, struct sp_error *err)
{
    int rc = 0;

    if (n > 2 && t[0].source->size > 2 * LOOK) {
        for (size_t i = 0; i < n && rc == 0; i++)
            rc = take_digest(&t[i], room, true, err);
        qsort(t, n, sizeof *t, twin_digest_cmp);
    }
    for (size_t i = 0, end; i < n && rc == 0; i = end) {
        for (end = i + 1; end < n && same_digest(&t[i], &t[end]); end++)
            ;
        rc = mark(list, t + i, end - i, room, err);
    }
    return rc;
}

/* Files that begin alike. */
static int settle_head(struct sp_source_list *list, struct twin *t, size_t n, char *room, struct sp_error *err)
{
    int rc = 0;

    if (n < 2)
        return 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = take_digest(&t[i], room, false, err);
    qsort(t, n, sizeof *t, twin_digest_cmp);
    for (size_t i = 0, end; i < n && rc == 0; i = end) {
        for (end = i + 1; end < n && same_digest(&t[i], &t[end]); end++)
            ;
        rc = end - i > 1 ? settle_alike(list, t + i, end - i, room, err) : 0;
    }
    return rc;
}

static int mark_duplicates(struct sp_source_list *list, struct twin *t, char *room, struct sp_error *err)
{
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; i < list->count; i++)
        if (list->source[i].looked && !list->source[i].skipped && list->source[i].size > 0)
            t[n++] = (struct twin){ .source = &list->source[i] };
    qsort(t, n, sizeof *t, twin_head_cmp);
    for (size_t i = 0, end; i < n && rc == 0; i = end) {
        for (end = i + 1; end < n && same_head(&t[i], &t[end]); end++)
            ;
        rc = settle_head(list, t + i, end - i, room, err);
    }
    return rc;
}

void sp_source_list_sort(struct sp_source_list *list)
{
    size_t kept = 0;

    if (list->count < 2)
        return;
    qsort(list->source, list->count, sizeof *list->source, source_cmp);
    for (size_t i = 1; i < list->count; i++)
        if (org_path_cmp(&list->source[kept], &list->source[i]) != 0 || list->source[kept].member != list->source[i].member)
            list->source[++kept] = list->source[i];
    list->count = kept + 1;
}

int sp_source_list_settle(struct sp_source_list *list, struct sp_error *err)
{
    struct twin *twin;
    char *room;
    int rc;

    if (list->count < 2)
        return 0;
    sp_source_list_sort(list);
    twin = sp_realloc_array(NULL, list->count, sizeof *twin);
    room = sp_malloc(2 * PIECE);
    rc = twin && room ? mark_duplicates(list, twin, room, err) : sp_error_nomem(err);
    sp_free(twin);
    sp_free(room);
    return rc;
}
