/* SPDX-License-Identifier: Apache-2.0
 *
 * In: options. Out: the files of a story (include/spoor/simulate.h). The world lives during the call.
 */
#include "spoor/simulate.h"

#include <string.h>

#include "base/error.h"
#include "simulate/output.h"
#include "simulate/story.h"
#include "spoor/ctx.h"

static const struct sp_story *const stories[] = { &sp_story_first };

enum { DAYS_MAX = SP_DAYS_MAX, OUT_MAX = 3000 };

static const struct sp_story *find(const char *name)
{
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        if (strcmp(stories[i]->name, name) == 0)
            return stories[i];
    return NULL;
}

static int wrong(struct sp_error *err, const char *option, const char *cure)
{
    sp_error_where(err, "%s", option);
    sp_error_cure(err, "%s", cure);
    return SP_ERR_USAGE;
}

static int check(const struct sp_simulate_options *o, const struct sp_story *story, struct sp_error *err)
{
    if (!story) {
        sp_error_set(err, SP_ERR_USAGE, "there is no story '%s'", o->story);
        return wrong(err, "--story", "the stories are: first");
    }
    if (!o->out || !*o->out || strlen(o->out) > OUT_MAX) {
        sp_error_set(err, SP_ERR_USAGE, "no folder to write to is named");
        return wrong(err, "--out", "give --out DIR");
    }
    if (o->days && (o->days < story->days || o->days > DAYS_MAX)) {
        sp_error_set(err, SP_ERR_USAGE, "the story '%s' cannot be told in %u days", story->name, o->days);
        sp_error_cure(err, "give %u to %d", story->days, DAYS_MAX);
        sp_error_where(err, "--days");
        return SP_ERR_USAGE;
    }
    if (o->orgs && o->orgs != story->org_count) {
        sp_error_set(err, SP_ERR_USAGE, "the story '%s' has %u organisations, not %u", story->name, story->org_count, o->orgs);
        return wrong(err, "--orgs", "leave it out");
    }
    return 0;
}

int sp_simulate(const struct sp_simulate_options *options, const struct sp_ctx *ctx,
                struct sp_simulate_result *result, struct sp_error *err)
{
    const struct sp_story *story = find(options->story ? options->story : "first");
    struct sp_world world;
    int rc = check(options, story, err);

    (void)ctx; /* a story is told within a second: nothing to note, nothing to stop */
    if (rc < 0)
        return rc;
    sp_world_init(&world);
    story->play(&world, options->seed, options->days ? options->days : story->days);
    rc = world.failed ? sp_error_nomem(err) : sp_output_write(&world, options->out, story->orgs_yaml, result, err);
    sp_world_done(&world);
    if (rc == 0 && result) {
        result->org = story->org;
        result->org_count = story->org_count;
    }
    return rc;
}
