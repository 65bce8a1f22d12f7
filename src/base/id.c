/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes. Out: SHA-256 digests, by libcrypto's own calls for SHA-256: behind its general interface the look-ups and
 * allocations cost as much as the hash of a record. They are marked as old since OpenSSL 3.0, hence the next line.
 */
#define OPENSSL_API_COMPAT 10101
#include "base/id.h"

#include <openssl/sha.h>

#include "base/lanes.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof((struct sp_hash *)0)->state, "the state of a hash has room for libcrypto's");

static SHA256_CTX *state_of(struct sp_hash *hash)
{
    return (SHA256_CTX *)(void *)hash->state;
}

void sp_hash_begin(struct sp_hash *hash)
{
    hash->failed = SHA256_Init(state_of(hash)) != 1;
}

void sp_hash_add(struct sp_hash *hash, const void *bytes, size_t len)
{
    if (!hash->failed && len && SHA256_Update(state_of(hash), bytes, len) != 1)
        hash->failed = true;
}

bool sp_hash_end(struct sp_hash *hash, struct sp_digest *ret)
{
    if (!hash->failed && SHA256_Final(ret->bytes, state_of(hash)) != 1)
        hash->failed = true;
    if (hash->failed)
        *ret = (struct sp_digest){ { 0 } };
    return !hash->failed;
}

bool sp_sha256(struct sp_str bytes, struct sp_digest *ret)
{
    struct sp_hash hash;

    sp_hash_begin(&hash);
    sp_hash_add(&hash, bytes.ptr, bytes.len);
    return sp_hash_end(&hash, ret);
}

void sp_id_begin(struct sp_hash *hash, const char *tag)
{
    sp_hash_begin(hash);
    sp_hash_add(hash, tag, strlen(tag) + 1);
}

void sp_id_part(struct sp_hash *hash, struct sp_str part)
{
    uint32_t n = (uint32_t)part.len;
    uint8_t length[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

    if (part.len > UINT32_MAX)
        hash->failed = true;
    sp_hash_add(hash, length, sizeof length);
    sp_hash_add(hash, part.ptr, part.len);
}

void sp_id_part_u64(struct sp_hash *hash, uint64_t number)
{
    char bytes[8];

    for (int i = 7; i >= 0; i--, number >>= 8)
        bytes[i] = (char)(number & 0xFF);
    sp_id_part(hash, (struct sp_str){ bytes, sizeof bytes });
}

void sp_id_part_digest(struct sp_hash *hash, const struct sp_digest *digest)
{
    sp_id_part(hash, (struct sp_str){ (const char *)digest->bytes, sizeof digest->bytes });
}

void sp_digest_hex(const struct sp_digest *digest, char out[65])
{
    sp_lanes_hex16(out, digest->bytes);
    sp_lanes_hex16(out + 32, digest->bytes + 16);
    out[64] = '\0';
}

bool sp_event_id(struct sp_str org, const struct sp_digest *raw, uint64_t k, struct sp_digest *ret)
{
    struct sp_hash hash;

    sp_id_begin(&hash, "spoor/event/v1");
    sp_id_part(&hash, org);
    sp_id_part_digest(&hash, raw);
    sp_id_part_u64(&hash, k);
    return sp_hash_end(&hash, ret);
}

bool sp_sighting_id(struct sp_str org, struct sp_str rule_id, const struct sp_digest *rule, const struct sp_digest *event,
                    struct sp_digest *ret)
{
    struct sp_hash hash;

    sp_id_begin(&hash, "spoor/sighting/v1");
    sp_id_part(&hash, org);
    sp_id_part(&hash, rule_id);
    sp_id_part_digest(&hash, rule);
    sp_id_part_digest(&hash, event);
    return sp_hash_end(&hash, ret);
}
