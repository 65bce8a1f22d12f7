/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor coverage: which rules could fire on these logs at all.
 */
#include "views.h"

static const struct option options[] = {
    RULES_OPTIONS,
    VIEW_OPTIONS,
    { NULL, NULL, NULL, false },
};

static char plans[4096];

static int fill(struct cli *cli, struct sp_survey_options *o, struct sp_texts *paths)
{
    (void)paths;
    rules_options(cli, &o->rules);
    o->rules.cache = plan_folder(plans);
    return 0;
}

static void say(const struct sp_survey_result *r, unsigned width)
{
    char a[32], b[32], c[32], d[32], e[32];

    say_wrapped(width, 10, "Rules     %s of %s can fire here; of the others %s need a log that is not here, %s events that do not occur in it, "
                "%s fields that it does not carry", with_commas(a, r->coverage.live), with_commas(b, r->coverage.rules),
                with_commas(c, r->coverage.no_source), with_commas(d, r->coverage.no_event), with_commas(e, r->coverage.no_field));
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct verb_view view = { SP_SURVEY_COVERAGE, "table json csv", fill, say };

    return run_view(&view, command, argc, argv);
}

const struct command cmd_coverage = {
    "coverage", "PATH... [--rules PATH]... [options]", "which rules can fire on these logs, and which logs the others need",
    "Reads the logs for what they hold and judges each rule by it: it can fire (live), its log source is not here (no log), the\n"
    "event ids that it asks for do not occur (no event), or the log cannot carry a field that it needs (no field). Table: by log\n"
    "source, then by ATT&CK tactic, then the logs to collect; json and csv: one line a rule.",
    options, run,
};
