/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor gaps: what is missing in logs, as a sign of tampering, and what else explains it.
 */
#include "views.h"

static const struct option options[] = {
    VIEW_OPTIONS,
    { NULL, NULL, NULL, false },
};

static void say(const struct sp_survey_result *r, unsigned width)
{
    char a[32];

    if (r->rows)
        say_wrapped(width, 10, "Found     %s; none of it proves tampering alone: see what else explains it, and compare with copies of the logs (backup, collector, SIEM)", with_commas(a, r->rows));
    else
        say_wrapped(width, 10, "Found     nothing: numbers without holes, clocks that run forward, no log cleared");
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct verb_view view = { SP_SURVEY_GAPS, "table json csv", NULL, say };

    return run_view(&view, command, argc, argv);
}

const struct command cmd_gaps = {
    "gaps", "PATH...", "holes, clock jumps, silence and cleared logs: possible tampering",
    "Looks at each log of each host over all files: record numbers that are missing, times that go back between one record and the\n"
    "next, stretches without an event that are long for this log, and logs that were cleared (1102, 104). Each finding comes with\n"
    "what else explains it, as far as the logs tell: a shutdown, a change of the clock, an export that was filtered.",
    options, run,
};
