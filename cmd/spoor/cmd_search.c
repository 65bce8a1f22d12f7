/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor search: events that hold a text, or match a regular expression.
 */
#include "views.h"

static const struct option options[] = {
    { "--regex", "RE", "a regular expression instead of a text; case counts unless it begins with (?i)", false },
    VIEW_OPTIONS,
    { NULL, NULL, NULL, false },
};

static int fill(struct cli *cli, struct sp_survey_options *o, struct sp_texts *paths)
{
    o->regex = cli_get(cli, "--regex");
    if (o->regex)
        return 0;
    if (paths->count == 0)
        return cli_usage("search", "spoor search TEXT PATH, or spoor search --regex RE PATH", "a text to search for is missing");
    o->text = *paths->text++;
    paths->count--;
    return 0;
}

static void say(const struct sp_survey_result *r, unsigned width)
{
    char a[32];

    say_wrapped(width, 10, "Found     %s event%s", with_commas(a, r->rows), r->rows == 1 ? "" : "s");
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct verb_view view = { SP_SURVEY_SEARCH, "table json csv", fill, say };

    return run_view(&view, command, argc, argv);
}

const struct command cmd_search = {
    "search", "TEXT|--regex RE PATH...", "find events by a text or a regular expression",
    "Looks into every value of every event, for TEXT without regard to case, and writes the events that hold it in order of time.\n"
    "Formats: table (time, host, channel, event id, field and the part that matched), json (that, all fields, and where the record\n"
    "stands), csv.",
    options, run,
};
