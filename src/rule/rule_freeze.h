/* SPDX-License-Identifier: Apache-2.0
 *
 * What writer and reader of an image must agree on beside its header.
 */
#ifndef SP_RULE_RULE_FREEZE_H
#define SP_RULE_RULE_FREEZE_H
#include <stddef.h>
#include <stdint.h>

#define SP_RULE_IMAGE_MAGIC "\x89SpPlan\n"

/* CRC-32 of all but the header's own field. It finds every flip of up to some bits and all but one in 2^32 of other damage;
 * against people the file's owner and mode stand. */
uint32_t sp_rule_image_checksum(const void *image, size_t bytes);

#endif
