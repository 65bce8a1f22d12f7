/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a file that claims to be an image. Out: the rule set in it, mapped and read-only, or a refusal.
 */
#include "rule/rule_image.h"

#include <libdeflate.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rule/rule_freeze.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

uint32_t sp_rule_image_checksum(const void *image, size_t bytes)
{
    enum { AT = offsetof(struct sp_rule_image_header, checksum) };
    const char *p = image;
    uint32_t crc = libdeflate_crc32(0, p, AT);

    return libdeflate_crc32(crc, p + AT + 4, bytes - AT - 4);
}

static bool sound(const struct sp_rule_image_header *h, size_t bytes)
{
    return memcmp(h->magic, SP_RULE_IMAGE_MAGIC, sizeof h->magic) == 0 && h->format == SP_RULE_IMAGE_FORMAT && h->bytes == bytes &&
           h->base == SP_RULE_IMAGE_BASE && h->pointers_at <= bytes && h->pointer_count == (bytes - h->pointers_at) / sizeof(uint32_t) &&
           sp_rule_image_checksum(h, bytes) == h->checksum;
}

/* The image lies elsewhere: all pointers in it move by the same distance. */
static bool move(char *image, uintptr_t by)
{
    const struct sp_rule_image_header *h = (const void *)image;
    const uint32_t *at = (const void *)(image + h->pointers_at);

    for (uint64_t i = 0; i < h->pointer_count; i++) {
        uintptr_t *pointer = (uintptr_t *)(void *)image + at[i];

        if ((uint64_t)at[i] >= h->pointers_at / sizeof *pointer)
            return false;
        *pointer += by;
    }
    return true;
}

/* NULL: no image, or no memory. */
static char *map(int fd, size_t bytes)
{
    void *wanted = (void *)SP_RULE_IMAGE_BASE, *image;

    image = mmap(wanted, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE | MAP_FIXED_NOREPLACE, fd, 0);
    if (image != MAP_FAILED && image != wanted)
        (void)munmap(image, bytes); /* a kernel that takes the address for a hint */
    if (image == wanted) {
        if (sound(image, bytes))
            return image;
        (void)munmap(image, bytes);
        return NULL;
    }
    image = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (image == MAP_FAILED)
        return NULL;
    if (sound(image, bytes) && move(image, (uintptr_t)image - SP_RULE_IMAGE_BASE) && mprotect(image, bytes, PROT_READ) == 0)
        return image;
    (void)munmap(image, bytes);
    return NULL;
}

static bool has_key(const struct sp_rule_image_header *h, struct sp_str key)
{
    uintptr_t from = (uintptr_t)h, at = (uintptr_t)h->key.ptr;

    return at > from && at - from < h->bytes && h->key.len < h->bytes - (at - from) && sp_str_eq(h->key, key);
}

int sp_rule_image_open(int fd, struct sp_str key, struct sp_rule_set **ret, struct sp_rule_files *ret_places)
{
    const struct sp_rule_image_header *h;
    struct sp_rule_set *set;
    struct stat st;
    char *image;

    if (fstat(fd, &st) < 0)
        return SP_ERR_IO;
    /* Whoever can write to it could make the program follow any pointer. */
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) ||
        st.st_size < (off_t)sizeof *h || st.st_size > SP_PLAN_BYTES_MAX)
        return SP_ERR_FORMAT;
    image = map(fd, (size_t)st.st_size);
    if (!image)
        return SP_ERR_FORMAT;
    h = (const void *)image;
    set = has_key(h, key) ? sp_zalloc(sizeof *set) : NULL;
    if (!set) {
        (void)munmap(image, (size_t)st.st_size);
        return SP_ERR_FORMAT;
    }
    set->image = image;
    set->image_bytes = (size_t)st.st_size;
    set->rule = h->rule;
    set->rule_count = h->rule_count;
    set->doc = h->doc;
    set->doc_count = h->doc_count;
    set->told = h->told;
    set->told_count = h->told_count;
    set->regex_count = h->regex_count;
    set->field = h->field;
    set->field_count = h->field_count;
    set->sha256 = h->sha256;
    /* Lent by the image: not to be done. */
    *ret_places = (struct sp_rule_files){ .place = (struct sp_rule_place *)(uintptr_t)h->place, .place_count = (size_t)h->place_count };
    *ret = set;
    return 0;
}

void sp_rule_image_close(struct sp_rule_set *set)
{
    if (set->image)
        (void)munmap(set->image, set->image_bytes);
    set->image = NULL;
}
