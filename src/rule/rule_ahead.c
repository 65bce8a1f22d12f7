/* SPDX-License-Identifier: Apache-2.0
 *
 * In: rule files. Out: their documents, parsed, in the arenas of batches; read by one thread or by two.
 */
#include "rule/rule_ahead.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/error.h"

enum {
    FILES = 8,               /* of a batch */
    BATCHES = 4,             /* open at once */
    FEW = 64,                /* files for which a thread is not worth its start */
    AHEAD_BYTES_MAX = 64 << 10 /* a larger file is the loader's, so that hostile ones do not lie there by the dozen */
};

bool sp_rule_part_next(struct sp_str text, struct sp_rule_cut *cut, struct sp_yaml_part *ret)
{
    struct sp_yaml_part other;
    bool first = !cut->begun;
    struct sp_rule_cut ahead;

    if (!sp_yaml_part_next(text, &cut->at, &cut->line, ret))
        return false;
    cut->begun = true;
    ahead = *cut;
    if (first && !sp_yaml_part_next(text, &ahead.at, &ahead.line, &other))
        ret->bytes = text;
    return true;
}

int sp_rule_part_parse(struct sp_arena *arena, const struct sp_limits *limits, struct sp_rule_part *p)
{
    struct sp_error err, *kept;
    int rc;

    p->root = NULL;
    p->error = NULL;
    if (p->part.bytes.len > limits->rule_bytes)
        return 0;
    rc = sp_yaml_parse(arena, p->part.text, p->part.line, limits, &p->root, &err);
    if (rc == 0)
        return !p->root || sp_sha256(p->part.bytes, &p->sha256) ? 0 : SP_ERR_NOMEM;
    kept = rc == SP_ERR_NOMEM ? NULL : sp_arena_alloc(arena, sizeof *kept);
    if (!kept)
        return SP_ERR_NOMEM;
    *kept = err;
    p->root = NULL;
    p->error = kept;
    return 0;
}

/* ---------------------------------------------------------------- batches */

struct entry {
    const struct sp_rule_part *part;
    uint32_t count;
    bool good;
};

struct batch {
    struct sp_arena arena;
    struct entry entry[FILES];
    size_t done; /* number of the batch that is ready here, + 1 */
};

struct sp_rule_ahead {
    const struct sp_rule_files *files;
    const struct sp_limits *limits;
    struct batch batch[BATCHES]; /* batch n lies in n % BATCHES */
    struct sp_buf room[2];       /* for reading, one a thread */
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;        /* of what follows, and of `done` */
    pthread_cond_t changed;
    size_t next, taken, count;   /* next to be parsed; being read by the loader; all */
    bool stop;
};

static bool parse_text(struct sp_rule_ahead *a, struct sp_arena *arena, struct sp_str text, struct entry *e)
{
    struct sp_rule_cut cut = { .line = 1 };
    struct sp_rule_part *list = NULL;
    struct sp_yaml_part part;
    uint32_t count = 0, room = 0;

    while (sp_rule_part_next(text, &cut, &part)) {
        if (count == room) {
            room = room ? 2 * room : 1;
            list = sp_arena_grow(arena, list, count, room, sizeof *list);
            if (!list)
                return false;
        }
        list[count] = (struct sp_rule_part){ .part = part };
        if (sp_rule_part_parse(arena, a->limits, &list[count++]) < 0)
            return false;
    }
    e->part = list;
    e->count = count;
    return true;
}

static void parse_batch(struct sp_rule_ahead *a, size_t number, struct sp_buf *room)
{
    struct batch *b = &a->batch[number % BATCHES];

    sp_arena_reset(&b->arena);
    for (size_t i = 0; i < FILES && number * FILES + i < a->files->count; i++) {
        const struct sp_rule_file *file = &a->files->file[number * FILES + i];
        struct sp_str text;

        b->entry[i] = (struct entry){ 0 };
        if (file->skipped || (!file->text.ptr && !sp_rule_file_read(file->path, AHEAD_BYTES_MAX, room)))
            continue;
        text = file->text.ptr ? file->text : sp_arena_str(&b->arena, sp_buf_view(room));
        b->entry[i].good = text.ptr && parse_text(a, &b->arena, text, &b->entry[i]);
    }
}

/* With the lock held: parse the next batch, if there is room for one. */
static bool parse_next(struct sp_rule_ahead *a, struct sp_buf *room)
{
    size_t number = a->next;

    if (number == a->count || number >= a->taken + BATCHES)
        return false;
    a->next++;
    pthread_mutex_unlock(&a->lock);
    parse_batch(a, number, room);
    pthread_mutex_lock(&a->lock);
    a->batch[number % BATCHES].done = number + 1;
    pthread_cond_broadcast(&a->changed);
    return true;
}

static void *run(void *arg)
{
    struct sp_rule_ahead *a = arg;

    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->next < a->count)
        if (!parse_next(a, &a->room[1]))
            pthread_cond_wait(&a->changed, &a->lock);
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

struct sp_rule_ahead *sp_rule_ahead_new(const struct sp_rule_files *files, const struct sp_limits *limits)
{
    struct sp_rule_ahead *a = files->count < FEW ? NULL : sp_zalloc(sizeof *a);

    if (!a)
        return NULL;
    a->files = files;
    a->limits = limits;
    a->count = (files->count + FILES - 1) / FILES;
    for (int i = 0; i < BATCHES; i++)
        sp_arena_init(&a->batch[i].arena, SIZE_MAX);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    a->threaded = pthread_create(&a->thread, NULL, run, a) == 0;
    return a;
}

bool sp_rule_ahead_file(struct sp_rule_ahead *a, size_t i, const struct sp_rule_part **ret, uint32_t *ret_count)
{
    size_t number = i / FILES;
    struct batch *b = &a->batch[number % BATCHES];
    const struct entry *e = &b->entry[i % FILES];

    if (i % FILES == 0) {
        pthread_mutex_lock(&a->lock);
        a->taken = number;
        pthread_cond_broadcast(&a->changed);
        while (b->done != number + 1)
            if (!parse_next(a, &a->room[0]))
                pthread_cond_wait(&a->changed, &a->lock);
        pthread_mutex_unlock(&a->lock);
    }
    *ret = e->part;
    *ret_count = e->count;
    return e->good;
}

void sp_rule_ahead_free(struct sp_rule_ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    if (a->threaded)
        (void)pthread_join(a->thread, NULL);
    for (int i = 0; i < BATCHES; i++)
        sp_arena_done(&a->batch[i].arena);
    sp_buf_done(&a->room[0]);
    sp_buf_done(&a->room[1]);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->changed);
    sp_free(a);
}
