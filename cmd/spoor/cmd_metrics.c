/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor metrics: how many events of which kind the logs hold.
 */
#include "views.h"

static const struct option options[] = {
    { "--by", "LIST", "what to count by, of channel,provider,event,host,source (default: channel,provider,event)", false },
    VIEW_OPTIONS,
    { NULL, NULL, NULL, false },
};

static int run(const struct command *command, int argc, char **argv)
{
    static const struct verb_view view = { SP_SURVEY_METRICS, "table json csv", NULL, NULL };

    return run_view(&view, command, argc, argv);
}

const struct command cmd_metrics = {
    "metrics", "PATH... [--by channel,provider,event,host,source]", "count the events of logs by channel, provider and id",
    "Counts events, the most frequent first: count, share, first, last, channel, provider, event id and what it is in a few words.\n"
    "--by host counts by computer, --by source by file, --by host,channel by both.",
    options, run,
};
