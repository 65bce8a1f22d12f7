/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor logons: who logged on, from where, to what.
 */
#include "views.h"

static const struct option options[] = {
    { "--by", "LIST", "what makes a row, of user,source,to,how,host (default: all)", false },
    VIEW_OPTIONS,
    { NULL, NULL, NULL, false },
};

static int run(const struct command *command, int argc, char **argv)
{
    static const struct verb_view view = { SP_SURVEY_LOGONS, "table json csv", NULL, NULL };

    return run_view(&view, command, argc, argv);
}

const struct command cmd_logons = {
    "logons", "PATH... [--by user,source,to,how,host]", "who logged on, from where, to what, how often",
    "Counts logons by user, source, target and kind, the most frequent first: success (OK), failure, explicit credentials, of which\n"
    "the log does not say whether they worked (TRIED, 4648), special privileges (PRIV, 4672) and logoffs (OFF), which are given to the\n"
    "logon that they belong to. --by source shows who sprays passwords. Read are 4624, 4625, 4634, 4647, 4648, 4672,\n"
    "4768, 4769, 4771 and 4776 of Security, and 21, 25 and 1149 of the terminal services. JSON has the reasons of failures.",
    options, run,
};
