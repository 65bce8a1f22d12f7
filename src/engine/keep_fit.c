/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the paths of a hunt. Out: whether a case may lie in the working directory: evidence is never written into, and a place
 * that cannot be written holds no case (contract 9).
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/keep.h"

static void say(const struct sp_ctx *ctx, const char *why, const char *path)
{
    struct sp_error note;

    sp_error_set(&note, SP_ERR_IO, "nothing is kept: the working directory %s%s", why, path);
    sp_error_where(&note, "spoor.case");
    sp_error_cure(&note, "name a place for the case with --case FILE");
    sp_note(ctx, &note);
}

/* Does `folder` hold `place`, both without links? */
static bool holds(const char *folder, const char *place)
{
    size_t n = strlen(folder);

    return strncmp(folder, place, n) == 0 && (place[n] == '/' || place[n] == '\0' || (n && folder[n - 1] == '/'));
}

bool sp_keep_fits(const struct sp_hunt_options *o, const struct sp_ctx *ctx)
{
    char here[PATH_MAX], folder[PATH_MAX];

    if (!getcwd(here, sizeof here)) {
        say(ctx, "is not known", "");
        return false;
    }
    for (size_t i = 0; i < o->read.path_count; i++)
        if (realpath(o->read.path[i].path, folder) && holds(folder, here)) {
            say(ctx, "lies inside of what is hunted, ", o->read.path[i].path);
            return false;
        }
    if (access(".", W_OK) == 0)
        return true;
    say(ctx, "cannot be written", "");
    return false;
}
