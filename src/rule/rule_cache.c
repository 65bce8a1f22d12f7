/* SPDX-License-Identifier: Apache-2.0
 *
 * In: options and a folder. Out: the rule set, from a plan there or loaded; and a plan for the next time.
 *
 * The name of a plan comes from the options alone, so that a change of rules replaces it. A plan is taken when its key
 * (build and options, whole, not a hash of them) is the same and every folder and file still has the stamp it had:
 * path, size, mtime, ctime, inode. ctime is what cannot be set back. It moves in ticks of some milliseconds; a file read in the
 * tick in which it was written could be written again unnoticed, so sp_rule_files_watch begins behind that tick, and all
 * places are looked at again when loading is over. What remains is a file server whose clock is not ours.
 */
#include "rule/rule_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/build_id.h"
#include "rule/rule_image.h"
#include "rule/rule_load.h"

enum { NAME = 16 + 5, LEFTOVER_S = 600 };

struct cache {
    const char *folder;
    int fd;               /* of the folder, or -1 */
    struct sp_buf key;
    char name[NAME + 1];  /* 0123456789abcdef.plan */
};

/* ---------------------------------------------------------------- key */

static void add_u64(struct sp_buf *key, uint64_t n)
{
    sp_buf_add(key, &n, sizeof n);
}

static void add_text(struct sp_buf *key, const char *text)
{
    add_u64(key, strlen(text));
    sp_buf_text(key, text);
}

static bool add_list(struct sp_buf *key, const char *const *text, size_t count)
{
    bool relative = false;

    add_u64(key, count);
    for (size_t i = 0; i < count; i++) {
        add_text(key, text[i]);
        relative |= text[i][0] != '/';
    }
    return relative;
}

/* What reads and what was read with: another build may lay structs out in another way or make other rules of the same text. */
static void add_build(struct sp_buf *key)
{
    struct sp_str id = sp_build_id();
    uint32_t own = 0;

    sp_buf_text(key, "spoor plan " SPOOR_VERSION " ");
    add_u64(key, id.len);
    sp_buf_str(key, id);
    for (uint32_t i = 0; i < sp_own_rule_count; i++)
        own = libdeflate_crc32(own, sp_own_rules[i].text, sp_own_rules[i].length);
    add_u64(key, own);
    add_u64(key, SP_RULE_IMAGE_FORMAT);
    add_u64(key, sizeof(struct sp_rule_image_header));
    add_u64(key, sizeof(struct sp_rule));
    add_u64(key, sizeof(struct sp_item));
    add_u64(key, sizeof(struct sp_pattern));
    add_u64(key, sizeof(struct sp_regex));
}

static void add_options(struct sp_buf *key, const struct sp_rule_options *o)
{
    bool relative = add_list(key, o->path, o->path_count);
    struct stat here;

    relative |= add_list(key, o->pipeline, o->pipeline_count);
    (void)add_list(key, o->list, o->list_count);
    relative |= o->list_count != 0;
    (void)add_list(key, o->only_id, o->only_id_count);
    (void)add_list(key, o->exclude_id, o->exclude_id_count);
    (void)add_list(key, o->tag, o->tag_count);
    add_u64(key, o->own);
    add_u64(key, o->level_least);
    add_u64(key, o->status_mask);
    sp_buf_add(key, o->limits, sizeof *o->limits);
    if (relative && stat(".", &here) == 0) { /* the same words elsewhere are other files */
        add_u64(key, (uint64_t)here.st_dev);
        add_u64(key, (uint64_t)here.st_ino);
    }
}

static bool make_key(struct cache *c, const struct sp_rule_options *o)
{
    sp_buf_init(&c->key, 0);
    add_build(&c->key);
    add_options(&c->key, o);
    (void)snprintf(c->name, sizeof c->name, "%016llx.plan", (unsigned long long)sp_str_hash(sp_buf_view(&c->key)));
    return !c->key.failed;
}

/* ---------------------------------------------------------------- folder */

/* Of this user, and nobody else can put anything there. */
static bool open_folder(struct cache *c)
{
    struct stat st;

    if (c->fd < 0)
        c->fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return c->fd >= 0 && fstat(c->fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* The folder and those above it. */
static void make_folder(const char *folder)
{
    char path[4096];
    size_t len = strlen(folder);

    if (len >= sizeof path)
        return;
    memcpy(path, folder, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        (void)mkdir(path, 0700);
        path[i] = folder[i];
    }
}

/* A plan (0123456789abcdef.plan), or one that was being written (the same with something behind it). */
static bool is_ours(const char *name)
{
    return strspn(name, "0123456789abcdef") == 16 && strncmp(name + 16, ".plan", 5) == 0 && (name[NAME] == '\0' || name[NAME] == '.');
}

struct oldest {
    char name[256];
    int64_t at;
    uint64_t bytes;
    unsigned count;
};

static void consider(struct oldest *o, const struct cache *c, const char *name)
{
    struct stat st;

    if (!is_ours(name) || strlen(name) >= sizeof o->name || fstatat(c->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    if (name[NAME] == '.') { /* left over by a run that was ended */
        if (time(NULL) - st.st_mtim.tv_sec > LEFTOVER_S)
            (void)unlinkat(c->fd, name, 0);
        return;
    }
    o->count++;
    o->bytes += (uint64_t)st.st_size;
    if (strcmp(name, c->name) != 0 && (!*o->name || st.st_mtim.tv_sec < o->at)) {
        memcpy(o->name, name, strlen(name) + 1);
        o->at = st.st_mtim.tv_sec;
    }
}

/* Take the oldest plan away; false when all may stay. */
static bool drop_one(const struct cache *c)
{
    int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct oldest o = { .at = 0 };
    struct dirent *e;

    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    while ((e = readdir(dir)))
        consider(&o, c, e->d_name);
    (void)closedir(dir);
    return (o.count > SP_PLANS_MAX || o.bytes > SP_PLANS_BYTES_MAX) && *o.name && unlinkat(c->fd, o.name, 0) == 0;
}

/* ---------------------------------------------------------------- plans */

/* The set of a plan that still holds, or NULL. */
static struct sp_rule_set *take(struct cache *c)
{
    struct sp_rule_set *set = NULL;
    struct sp_rule_files places;
    int fd;

    if (!open_folder(c))
        return NULL;
    fd = openat(c->fd, c->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (sp_rule_image_open(fd, sp_buf_view(&c->key), &set, &places) < 0)
        set = NULL;
    (void)close(fd);
    if (set && !sp_rule_places_same(places.place, places.place_count)) {
        sp_rules_free(set);
        set = NULL;
    }
    return set;
}

static bool write_all(int fd, struct sp_str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = sp_str_cut(bytes, (size_t)n, bytes.len - (size_t)n);
    }
    return true;
}

/* Aside, then renamed: whoever reads sees an old plan, this one, or none. Not synced: the checksum tells a torn one. */
static void write_plan(struct cache *c, struct sp_str image)
{
    char aside[NAME + 48];
    struct timespec now = { 0, 0 };
    bool good;
    int fd;

    if (!open_folder(c))
        return;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(aside, sizeof aside, "%s.%ld.%ld", c->name, (long)getpid(), now.tv_nsec);
    fd = openat(c->fd, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    good = write_all(fd, image);
    good &= close(fd) == 0;
    if (!good || renameat(c->fd, aside, c->fd, c->name) < 0)
        (void)unlinkat(c->fd, aside, 0);
    for (int i = 0; i < 4 * SP_PLANS_MAX && drop_one(c); i++)
        ;
}

static void keep(struct cache *c, const struct sp_rule_set *set, const struct sp_rule_files *files)
{
    struct sp_buf image;

    if (files->uncertain || !sp_rule_places_same(files->place, files->place_count) ||
        sp_rule_image_make(set, sp_buf_view(&c->key), files, &image) < 0)
        return;
    if (c->fd < 0)
        make_folder(c->folder);
    write_plan(c, sp_buf_view(&image));
    sp_buf_done(&image);
}

int sp_rules_load_cached(const struct sp_rule_options *options, const char *folder, struct sp_rule_set **ret, struct sp_error *err)
{
    struct cache c = { .folder = folder, .fd = -1 };
    struct sp_rule_files files;
    struct sp_rule_set *set = NULL;
    bool keyed = folder && make_key(&c, options);
    int rc = 0;

    *ret = NULL;
    if (keyed)
        set = take(&c);
    if (set) {
        sp_rules_tell(set, options->ctx);
        *ret = set;
    } else if (keyed) {
        rc = sp_rule_files_watch(options, &files, err);
        if (rc == 0)
            rc = sp_rules_load_files(options, &files, ret, err);
        if (rc == 0)
            keep(&c, *ret, &files);
        sp_rule_files_done(&files);
    } else {
        rc = sp_rules_load(options, ret, err);
    }
    if (c.fd >= 0)
        (void)close(c.fd);
    sp_buf_done(&c.key);
    return rc;
}
