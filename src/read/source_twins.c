/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a sorted list with members of archives. Out: all but one of the sources of one org that hold the same bytes marked,
 * the smallest path kept. Only what is alike in its first bytes and its size, as far as that is known, is read whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/source_inner.h"

enum { PIECE = 64 << 10 };

struct twin {
    struct sp_source *source;
    uint64_t head;
    struct sp_digest digest;
    bool known; /* the digest */
};

struct twins {
    struct sp_source_list *list;
    struct sp_cursor cursor;
    struct twin *twin; /* owned */
    size_t count;
    char *room;        /* owned, PIECE bytes */
};

static int path_cmp(const struct twin *x, const struct twin *y)
{
    int c = strcmp(x->source->path, y->source->path);

    return c ? c : (x->source->member > y->source->member) - (x->source->member < y->source->member);
}

static int head_cmp(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    int c = strcmp(x->source->org, y->source->org);

    if (!c)
        c = (x->head > y->head) - (x->head < y->head);
    if (!c) /* those of unknown size first */
        c = y->source->unsized - x->source->unsized;
    if (!c)
        c = (x->source->size > y->source->size) - (x->source->size < y->source->size);
    return c ? c : path_cmp(x, y);
}

/* By archive, and in it from front to back. */
static int pack_cmp(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    uintptr_t p = (uintptr_t)x->source->pack, q = (uintptr_t)y->source->pack;
    int c = (p > q) - (p < q);

    return c ? c : (x->source->member > y->source->member) - (x->source->member < y->source->member);
}

static int digest_cmp(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    int c = strcmp(x->source->org, y->source->org);

    if (!c)
        c = y->known - x->known;
    if (!c)
        c = memcmp(x->digest.bytes, y->digest.bytes, sizeof x->digest.bytes);
    return c ? c : path_cmp(x, y);
}

/* Sources that could be copies or have some, with the number of their first bytes. */
static void collect(struct twins *t)
{
    for (size_t i = 0; i < t->list->count; i++) {
        struct sp_source *s = &t->list->source[i];
        struct twin one = { .source = s, .head = s->head };
        struct sp_input input;

        if (s->skipped || (!s->unsized && s->size == 0) || (s->pack && (s->pack->input || s->pack->archive)))
            continue;
        if (!s->pack && !s->looked) {
            if (sp_input_open(&input, s->path, NULL) < 0)
                continue;
            one.head = sp_head_number(input.head);
            sp_input_close(&input);
        }
        t->twin[t->count++] = one;
    }
}

/* Keep those that are alike, a member among them. */
static void narrow(struct twins *t)
{
    size_t kept = 0;

    qsort(t->twin, t->count, sizeof *t->twin, head_cmp);
    for (size_t i = 0, end; i < t->count; i = end) {
        const struct twin *first = &t->twin[i];
        bool member = false;

        for (end = i; end < t->count && t->twin[end].head == first->head && strcmp(t->twin[end].source->org, first->source->org) == 0 &&
                      (first->source->unsized || t->twin[end].source->size == first->source->size); end++)
            member |= t->twin[end].source->pack != NULL;
        for (size_t k = i; member && end - i > 1 && k < end; k++)
            t->twin[kept++] = t->twin[k];
    }
    t->count = kept;
}

/* The digest of a member, unless it is damaged. */
static int member_digest(struct twins *t, struct twin *one)
{
    struct sp_hash hash;
    struct sp_str head;
    int64_t n = 1;
    int rc = sp_cursor_go(&t->cursor, one->source, &head, NULL);

    if (rc < 0)
        return rc == SP_ERR_NOMEM ? rc : 0;
    sp_hash_begin(&hash);
    while (n > 0 && !sp_stopped(t->cursor.options.ctx)) {
        n = sp_archive_read(t->cursor.archive, t->room, PIECE, NULL);
        if (n > 0)
            sp_hash_add(&hash, t->room, (size_t)n);
    }
    if (!sp_hash_end(&hash, &one->digest))
        return SP_ERR_NOMEM;
    one->known = n == 0;
    return 0;
}

static void tell(const struct twins *t, const struct sp_source *source)
{
    struct sp_error note;

    if (sp_stopped(t->cursor.options.ctx))
        return;
    sp_error_set(&note, SP_ERR_IO, "could not be read to be compared with a log like it");
    sp_error_where(&note, "%s", source->path);
    sp_error_cure(&note, "if one is a copy of the other, both are hunted");
    sp_note(t->cursor.options.ctx, &note);
}

static int take_digests(struct twins *t)
{
    int rc = 0;

    qsort(t->twin, t->count, sizeof *t->twin, pack_cmp);
    for (size_t i = 0; i < t->count && rc == 0 && !sp_stopped(t->cursor.options.ctx); i++) {
        struct twin *one = &t->twin[i];
        bool failed = false;

        if (one->source->pack)
            rc = member_digest(t, one);
        else
            one->known = sp_source_digest(one->source, &one->digest, &failed);
        rc = failed ? SP_ERR_NOMEM : rc;
        if (rc == 0 && !one->known)
            tell(t, one->source);
    }
    return rc;
}

static int mark(struct twins *t)
{
    qsort(t->twin, t->count, sizeof *t->twin, digest_cmp);
    for (size_t i = 1, first = 0; i < t->count; i++) {
        const struct twin *a = &t->twin[first], *b = &t->twin[i];

        if (!b->known || !a->known || strcmp(a->source->org, b->source->org) != 0 || memcmp(&a->digest, &b->digest, sizeof a->digest) != 0)
            first = i;
        else if (sp_source_mark(t->list, b->source, a->source) < 0)
            return SP_ERR_NOMEM;
    }
    return 0;
}

/* What was a copy of a file that turned out to be one itself is a copy of the file that is kept. */
static int follow(struct sp_source_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct sp_source *s = &list->source[i];
        struct sp_source wanted = { .org = s->org, .path = s->copy_of };
        const struct sp_source *first = s->copy_of ? sp_source_find(list, &wanted) : NULL;

        if (first && first->copy_of) {
            wanted.path = first->copy_of;
            if (sp_source_mark(list, s, &wanted) < 0)
                return SP_ERR_NOMEM;
        }
    }
    return 0;
}

int sp_source_twins(struct sp_source_list *list, const struct sp_archive_options *options, struct sp_error *err)
{
    struct twins t = { .list = list, .cursor = { .options = *options } };
    bool any = false;
    int rc;

    for (size_t i = 0; i < list->count && !any; i++)
        any = list->source[i].pack && !list->source[i].skipped;
    if (!any)
        return 0;
    t.twin = sp_realloc_array(NULL, list->count, sizeof *t.twin);
    t.room = sp_malloc(PIECE);
    rc = t.twin && t.room ? 0 : SP_ERR_NOMEM;
    if (rc == 0) {
        collect(&t);
        narrow(&t);
        rc = take_digests(&t);
    }
    if (rc == 0)
        rc = mark(&t);
    if (rc == 0)
        rc = follow(list);
    sp_cursor_done(&t.cursor);
    sp_free(t.twin);
    sp_free(t.room);
    return rc < 0 ? sp_error_nomem(err) : 0;
}
