/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a settled list, archives and pipes among its files. Out: the same with the members of archives as sources. Each
 * archive is gone through once from front to back, of each member only the first bytes are looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "read/source_inner.h"

enum { NOTES_MAX = 5 }; /* losses of one archive said aloud; all are listed */

static const char no_log[] = "no log: neither EVTX, JSON nor text";

struct expand {
    struct sp_source_list *list;
    struct sp_archive_options options;
    struct sp_collections collections;
    char *room;     /* SP_COLLECTION_LOOK bytes */
    uint64_t lost;  /* members of the archive in hand */
    struct sp_error *err;
};

static void tell(struct expand *x, const char *path, const char *reason, const char *cure)
{
    struct sp_error note;

    if (++x->lost > NOTES_MAX)
        return;
    sp_error_set(&note, SP_ERR_FORMAT, "%s", reason);
    sp_error_where(&note, "%s", path);
    sp_error_cure(&note, "%s", cure);
    sp_note(x->options.ctx, &note);
}

static void tell_rest(struct expand *x, const char *path)
{
    struct sp_error note;

    if (x->lost <= NOTES_MAX)
        return;
    sp_error_set(&note, SP_ERR_FORMAT, "%llu more files in it could not be read", (unsigned long long)(x->lost - NOTES_MAX));
    sp_error_where(&note, "%s", path);
    sp_error_cure(&note, "--summary FILE lists them");
    sp_note(x->options.ctx, &note);
}

/* What a member says about its collection. */
static int listen(struct expand *x, struct sp_archive *a, const struct sp_member *m)
{
    size_t len = 0;
    int64_t n = 1;

    if (!sp_collection_tells(m->path))
        return 0;
    while (n > 0 && len < SP_COLLECTION_LOOK) {
        n = sp_archive_read(a, x->room + len, SP_COLLECTION_LOOK - len, NULL);
        len += n > 0 ? (size_t)n : 0;
    }
    return sp_collection_read(&x->collections, m->path, (struct sp_str){ x->room, len });
}

/* A reason that outlives the archive. */
static int skip(struct expand *x, struct sp_source *s, const char *reason, bool lost)
{
    s->skipped = sp_arena_str(&x->list->arena, sp_str_c(reason)).ptr;
    s->lost = lost;
    s->opened = !lost;
    return s->skipped ? 0 : SP_ERR_NOMEM;
}

static int add_member(struct expand *x, const struct sp_source *from, struct sp_pack *pack, const struct sp_member *m)
{
    struct sp_source s = { .path = sp_arena_str(&x->list->arena, sp_str_c(m->path)).ptr, .org = from->org, .pack = pack,
                           .walked = from->walked || !m->single, .member = m->number, .size = m->size, .unsized = !m->sized, .head = sp_head_number(m->head) };
    const char *what;
    int rc = s.path ? 0 : SP_ERR_NOMEM;

    if (rc < 0)
        return rc;
    if (m->kind == SP_MEMBER_LOST) {
        rc = skip(x, &s, m->reason, true);
        tell(x, m->path, m->reason, m->cure);
    } else if (m->kind == SP_MEMBER_PASSED) {
        rc = skip(x, &s, m->reason, false);
    } else if (sp_source_type_of(m->head, x->list->given, &what) == SP_SOURCE_NONE) {
        rc = skip(x, &s, no_log, !s.walked);
        s.opened = true;
        if (!s.walked)
            tell(x, m->path, no_log, "check the file, or name its type with --source-type");
    }
    return rc < 0 ? rc : sp_source_append(x->list, s);
}

/* All members of an archive; `one` is one that the caller has taken out already, or NULL. */
static int add_members(struct expand *x, const struct sp_source *from, struct sp_pack *pack, struct sp_archive *a)
{
    size_t before = x->list->count;
    struct sp_member m;
    int rc;

    x->lost = 0;
    while ((rc = sp_archive_next(a, &m)) > 0) {
        rc = add_member(x, from, pack, &m);
        if (rc == 0 && m.kind == SP_MEMBER_FILE)
            rc = listen(x, a, &m);
        if (rc < 0 || m.single)
            break;
    }
    tell_rest(x, from->path);
    if (rc == 0 && x->list->count == before && !sp_stopped(x->options.ctx)) {
        struct sp_source s = *from;

        rc = skip(x, &s, "an archive without files", false);
        return rc < 0 ? rc : sp_source_append(x->list, s);
    }
    return rc < 0 ? rc : 0;
}

static struct sp_pack *new_pack(struct expand *x, const char *path)
{
    struct sp_pack *pack = sp_arena_zalloc(&x->list->arena, sizeof *pack);

    if (pack) {
        pack->path = path;
        pack->next = x->list->pack;
        x->list->pack = pack;
    }
    return pack;
}

/* The source cannot be read: it stays in the list, with the reason. */
static int lose(struct expand *x, struct sp_source *s, const struct sp_error *err)
{
    if (err->code == SP_ERR_NOMEM)
        return SP_ERR_NOMEM;
    x->lost = 0;
    tell(x, s->path, err->what, err->cure);
    return skip(x, s, err->what, true);
}

/* A pipe is read once: it stays open for who reads it, or is held in memory. `from` is a copy. */
static int open_pipe(struct expand *x, struct sp_source *s, struct sp_input *input)
{
    struct sp_source from = *s;
    struct sp_pack *pack = new_pack(x, s->path);
    struct sp_archive *a = NULL;
    struct sp_member m = { 0 };
    struct sp_error err;
    int rc;

    if (!pack)
        return SP_ERR_NOMEM;
    if (!sp_archive_is(input->head)) {
        pack->input = sp_malloc(sizeof *input);
        if (!pack->input)
            return SP_ERR_NOMEM;
        *pack->input = *input;
        *input = (struct sp_input){ .fd = -1, .head = SP_STR_NONE };
        s->pack = pack;
        s->unsized = true;
        return 0;
    }
    rc = sp_archive_open(&a, s->path, input, &x->options, &err);
    if (rc < 0)
        return lose(x, s, &err);
    if (sp_archive_packed(a))
        rc = sp_archive_next(a, &m);
    if (rc > 0 && m.single && m.kind == SP_MEMBER_FILE) {
        s->path = NULL;
        rc = add_member(x, &from, pack, &m);
        sp_archive_stream(a);
        pack->archive = a;
        return rc;
    }
    if (rc >= 0)
        rc = sp_archive_spool(a, &pack->spool, &err);
    else
        sp_error_nomem(&err);
    sp_archive_close(a);
    if (rc < 0)
        return lose(x, s, &err);
    rc = sp_archive_open_bytes(&a, from.path, pack->spool, &x->options, &err);
    if (rc < 0)
        return lose(x, s, &err);
    s->path = NULL;
    rc = add_members(x, &from, pack, a);
    sp_archive_close(a);
    return rc;
}

static int open_file(struct expand *x, struct sp_source *s, struct sp_input *input)
{
    struct sp_source from = *s;
    struct sp_pack *pack = new_pack(x, s->path);
    struct sp_archive *a;
    struct sp_error err;
    int rc;

    if (!pack)
        return SP_ERR_NOMEM;
    rc = sp_archive_open(&a, s->path, input, &x->options, &err);
    if (rc < 0)
        return lose(x, s, &err);
    s->path = NULL; /* its members take its place */
    rc = add_members(x, &from, pack, a);
    sp_archive_close(a);
    return rc;
}

static int expand(struct expand *x, size_t i)
{
    struct sp_source *s = &x->list->source[i];
    struct sp_input input;
    int rc = 0;

    if (s->skipped || (s->looked && !s->archive && !sp_collection_tells(s->path)))
        return 0;
    if (sp_input_open(&input, s->path, NULL) < 0) /* told by its reader */
        return 0;
    if (!input.seekable)
        rc = open_pipe(x, s, &input);
    else if (sp_archive_is(input.head))
        rc = open_file(x, s, &input);
    else if (sp_collection_tells(s->path)) {
        int64_t n = sp_input_read_at(&input, x->room, SP_COLLECTION_LOOK, 0, NULL);

        rc = n > 0 ? sp_collection_read(&x->collections, s->path, (struct sp_str){ x->room, (size_t)n }) : 0;
    }
    sp_input_close(&input);
    return rc;
}

/* Take out what has given way. */
static void compact(struct sp_source_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (list->source[i].path)
            list->source[kept++] = list->source[i];
    list->count = kept;
}

struct place {
    const char *org, *file;
    uint64_t member;
    size_t index;
};

static int place_cmp(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = strcmp(x->org, y->org);

    if (!c)
        c = strcmp(x->file, y->file);
    if (!c)
        c = (x->member > y->member) - (x->member < y->member);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

static int order(struct sp_source_list *list)
{
    struct place *place = sp_realloc_array(NULL, list->count + 1, sizeof *place);

    list->order = sp_realloc_array(NULL, list->count + 1, sizeof *list->order);
    if (!place || !list->order) {
        sp_free(place);
        return SP_ERR_NOMEM;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct sp_source *s = &list->source[i];

        place[i] = (struct place){ s->org, s->pack ? s->pack->path : s->path, s->member, i };
    }
    qsort(place, list->count, sizeof *place, place_cmp);
    for (size_t i = 0; i < list->count; i++)
        list->order[i] = place[i].index;
    sp_free(place);
    return 0;
}

int sp_source_list_expand(struct sp_source_list *list, const struct sp_limits *limits, const struct sp_ctx *ctx, struct sp_error *err)
{
    struct expand x = { .list = list, .options = sp_archive_options_of(list, limits, ctx), .collections = { .arena = &list->arena },
                        .room = sp_malloc(SP_COLLECTION_LOOK), .err = err };
    size_t files = list->count;
    int rc = x.room ? 0 : SP_ERR_NOMEM;

    for (size_t i = 0; i < files && rc == 0 && !sp_stopped(ctx); i++)
        rc = expand(&x, i);
    compact(list);
    if (rc == 0)
        rc = sp_collections_apply(&x.collections, list);
    sp_source_list_sort(list);
    if (rc == 0)
        rc = sp_source_twins(list, &x.options, err);
    if (rc == 0)
        rc = order(list);
    sp_free(x.room);
    sp_free(x.collections.one);
    return rc < 0 ? sp_error_nomem(err) : 0;
}
