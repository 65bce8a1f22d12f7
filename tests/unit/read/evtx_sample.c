/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the sample log to the file named (tests/real/evtx_writer_peer.py lets another reader read it), or into
 * the folder named by `--seeds FOLDER` the samples one by one, for the fuzzer to begin with.
 */
#include <stdio.h>

#include "evtx_samples.h"

static int save(const char *path, struct sp_str bytes)
{
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len || fclose(f) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

/* One chunk, cut behind its records: what a fuzzer can chew. */
static int seed(const char *folder, const char *name, const struct sp_evtxw_body *body, bool plain)
{
    struct sp_evtxw *w = sp_evtxw_new(false);
    struct sp_buf out = { 0 };
    char path[4096];
    int rc = !w;

    for (uint64_t i = 1; !rc && i < 3; i++)
        rc = plain ? sp_evtxw_record(w, i, SAMPLE_TIME, body, NULL) : sample_event(w, i, body);
    if (!rc)
        rc = sp_evtxw_finish(w, &out, NULL);
    sp_evtxw_free(w);
    while (out.len && !out.ptr[out.len - 1])
        out.len--;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!rc)
        rc = save(path, sp_str_cut(sp_buf_view(&out), 4096, out.len - 4096));
    sp_buf_done(&out);
    return rc;
}

int main(int argc, char **argv)
{
    struct sp_buf out = { 0 };
    int rc;

    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        return seed(argv[2], "types", &sample_data, false) || seed(argv[2], "classic", &sample_classic, false) ||
               seed(argv[2], "plain", &sample_plain, true) || seed(argv[2], "bare", NULL, false);
    if (argc != 2 || !sample_log(&out, false)) {
        fputs("usage: evtx_sample FILE | --seeds FOLDER\n", stderr);
        return 2;
    }
    rc = save(argv[1], sp_buf_view(&out));
    sp_buf_done(&out);
    return rc;
}
