/* SPDX-License-Identifier: Apache-2.0
 *
 * Input: the text of a --map file. It is refused or read; what is read can be asked.
 */
#include "event/taxonomy_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sp_origin origin = { SP_STR("Security"), SP_STR("p"), 4688, true };
    const struct sp_when *when[4];
    struct sp_taxonomy *taxonomy = NULL;
    struct sp_error err;

    if (size > 1 << 16 || sp_taxonomy_new(&taxonomy, NULL) < 0)
        return 0;
    (void)sp_taxonomy_add(taxonomy, "map", (struct sp_str){ (const char *)data, size }, &err);
    (void)sp_taxonomy_candidates(taxonomy, &origin, when, 4);
    for (uint32_t i = 0; i < sp_taxonomy_count(taxonomy); i++)
        (void)sp_class_field(sp_taxonomy_class(taxonomy, i), SP_STR("Image"));
    sp_taxonomy_free(taxonomy);
    return 0;
}
