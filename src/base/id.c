/* SPDX-License-Identifier: Apache-2.0
 *
 * In: bytes. Out: SHA-256 digests. The hash state is libcrypto's and freed at the end, a hasher's when it is done.
 */
#include "base/id.h"

#include <openssl/evp.h>

void sp_hash_begin(struct sp_hash *hash)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    hash->state = ctx;
    hash->failed = !ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1;
}

void sp_hash_add(struct sp_hash *hash, const void *bytes, size_t len)
{
    if (!hash->failed && len && EVP_DigestUpdate(hash->state, bytes, len) != 1)
        hash->failed = true;
}

bool sp_hash_end(struct sp_hash *hash, struct sp_digest *ret)
{
    unsigned n = 0;

    *ret = (struct sp_digest){ { 0 } };
    if (!hash->failed && (EVP_DigestFinal_ex(hash->state, ret->bytes, &n) != 1 || n != sizeof ret->bytes))
        hash->failed = true;
    EVP_MD_CTX_free(hash->state);
    hash->state = NULL;
    return !hash->failed;
}

bool sp_sha256(struct sp_str bytes, struct sp_digest *ret)
{
    struct sp_hash hash;

    sp_hash_begin(&hash);
    sp_hash_add(&hash, bytes.ptr, bytes.len);
    return sp_hash_end(&hash, ret);
}

bool sp_hasher_sha256(struct sp_hasher *hasher, struct sp_str bytes, struct sp_digest *ret)
{
    unsigned n = 0;

    *ret = (struct sp_digest){ { 0 } };
    if (!hasher->method)
        hasher->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!hasher->state)
        hasher->state = EVP_MD_CTX_new();
    return hasher->method && hasher->state && EVP_DigestInit_ex(hasher->state, hasher->method, NULL) == 1 &&
           EVP_DigestUpdate(hasher->state, bytes.ptr, bytes.len) == 1 &&
           EVP_DigestFinal_ex(hasher->state, ret->bytes, &n) == 1 && n == sizeof ret->bytes;
}

void sp_hasher_done(struct sp_hasher *hasher)
{
    EVP_MD_CTX_free(hasher->state);
    EVP_MD_free(hasher->method);
    *hasher = (struct sp_hasher){ 0 };
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
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        out[2 * i] = "0123456789abcdef"[digest->bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest->bytes[i] & 15];
    }
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
