/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule set in one piece, as it lies in the plan cache: everything reachable from a struct sp_rule_set, with pointers
 * that are right where it is meant to be mapped.
 *
 *   | header | texts, patterns, items, expressions, rules, documents, places ... | where the pointers are |
 *     │                                                                            │
 *     checksum over all of it, length, key                                         read only when the address is taken
 *
 * Equal texts, token lists and pattern lists lie there once. Nothing in it is looked at before length, checksum and key
 * are right; the key names the build, so that the layout of structs is the reader's own.
 */
#ifndef SP_RULE_RULE_IMAGE_H
#define SP_RULE_RULE_IMAGE_H
#include "base/buf.h"
#include "rule/rule_files.h"

/* Where an image is mapped: below all that a program of 64 bits gets on x86-64, and neither AddressSanitizer's nor
 * ThreadSanitizer's own. Where it is taken or cannot be had, the pointers are moved. */
#if UINTPTR_MAX > UINT32_MAX
#define SP_RULE_IMAGE_BASE ((uintptr_t)0x551000000000)
#else
#define SP_RULE_IMAGE_BASE ((uintptr_t)0x60000000)
#endif

enum { SP_RULE_IMAGE_FORMAT = 1 };

struct sp_rule_image_header {
    char magic[8];
    uint32_t format;
    uint32_t checksum; /* CRC-32 of all bytes but these four */
    uint64_t bytes, base;
    uint64_t pointers_at, pointer_count; /* u32 each: offset of a pointer, in units of its size */
    struct sp_str key;
    const struct sp_rule *const *rule;
    const struct sp_doc *doc;
    const uint32_t *told;
    const struct sp_str *field;
    const struct sp_rule_place *place;
    uint64_t place_count;
    uint32_t rule_count, doc_count, told_count, regex_count, field_count, none;
    struct sp_digest sha256;
};

/* The bytes of an image, into an empty buffer. SP_ERR_NOMEM; SP_ERR_LIMIT where it would be larger than
 * SP_PLAN_BYTES_MAX. */
int sp_rule_image_make(const struct sp_rule_set *set, struct sp_str key, const struct sp_rule_files *files, struct sp_buf *ret);

/* The set in a file, which stays mapped until sp_rules_free; its places lie in it too. SP_ERR_FORMAT: not of this user,
 * not of this key, or damaged; SP_ERR_IO, SP_ERR_NOMEM. The descriptor is not needed afterwards. */
int sp_rule_image_open(int fd, struct sp_str key, struct sp_rule_set **ret, struct sp_rule_files *ret_places);
void sp_rule_image_close(struct sp_rule_set *set); /* the mapping; sp_rules_free calls it */

#endif
