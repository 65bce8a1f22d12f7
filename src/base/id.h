/* SPDX-License-Identifier: Apache-2.0
 *
 * Identity from content (contract section 1, "ids"):
 *
 *     H(tag, parts...) = SHA-256( tag, NUL, then for each part: u32 big-endian length, bytes )
 *
 * An integer part is 8 bytes big endian, a digest its 32 bytes, a text its UTF-8.
 * SHA-256 is libcrypto's.
 */
#ifndef SP_BASE_ID_H
#define SP_BASE_ID_H
#include <stdint.h>

#include "base/str.h"

struct sp_digest {
    uint8_t bytes[32];
};

/* A running hash; `state` is libcrypto's, on the spot: nothing to free. Failure is sticky and shows in sp_hash_end. */
struct sp_hash {
    uint64_t state[16];
    bool failed;
};

void sp_hash_begin(struct sp_hash *hash);
void sp_hash_add(struct sp_hash *hash, const void *bytes, size_t len);
/* False when it failed on the way (the digest is then zero). */
bool sp_hash_end(struct sp_hash *hash, struct sp_digest *ret);

/* SHA-256 of some bytes at once. */
bool sp_sha256(struct sp_str bytes, struct sp_digest *ret);

/* H(): begin with the tag, add parts in order, end with sp_hash_end. */
void sp_id_begin(struct sp_hash *hash, const char *tag);
void sp_id_part(struct sp_hash *hash, struct sp_str part);
void sp_id_part_u64(struct sp_hash *hash, uint64_t number);
void sp_id_part_digest(struct sp_hash *hash, const struct sp_digest *digest);

/* 64 lower-case hex digits and a NUL. */
void sp_digest_hex(const struct sp_digest *digest, char out[65]);

/* event_id = H("spoor/event/v1", org, SHA-256(raw record), k) */
bool sp_event_id(struct sp_str org, const struct sp_digest *raw, uint64_t k, struct sp_digest *ret);
/* sighting_id of a rule over one event = H("spoor/sighting/v1", org, rule id, SHA-256(rule document), event id) */
bool sp_sighting_id(struct sp_str org, struct sp_str rule_id, const struct sp_digest *rule, const struct sp_digest *event,
                    struct sp_digest *ret);

#endif
