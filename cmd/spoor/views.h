/* SPDX-License-Identifier: Apache-2.0
 *
 * What the verbs over sp_survey share (metrics, logons, search, gaps, coverage): options, the run, the closing words.
 */
#ifndef SP_CMD_VIEWS_H
#define SP_CMD_VIEWS_H
#include "cli.h"
#include "spoor/survey.h"

#define VIEW_OPTIONS                                                                                       \
    { "--format", "table|json|csv", "how to write; the default is table on a terminal, else json", false }, \
    { "--from", "TIME", "events at this time or later (UTC); events without a time stay", false },         \
    { "--to", "TIME", "events at this time or earlier", false },                                           \
    { "--source-type", "NAME", "skip detection: evtx, json, json-document, plain", false },                \
    { "--logsource", "P", "product=P,category=C,service=S of logs that cannot say it themselves", false }, \
    { "--map", "FILE", "own field mapping; may be repeated", false },                                      \
    { "--assume-tz", "ZONE", "of times without one: UTC, +hh:mm, a name such as Europe/Berlin", false },      \
    { "--archive-password", "WORD", "tried on encrypted archives, before `infected`; may be repeated", false }, \
    { "--carve", NULL, "also the records that still lie in the slack of EVTX chunks", false },             \
    { "-j", "N", "threads (default: one a processor)", false }

struct verb_view {
    enum sp_survey_view view;
    const char *formats; /* as cli_format takes them */
    /* Options and operands of the verb; `paths` is what is left of the operands. 0 or EXIT_USAGE. NULL: all are paths. */
    int (*fill)(struct cli *cli, struct sp_survey_options *options, struct sp_texts *paths);
    void (*say)(const struct sp_survey_result *result, unsigned width); /* closing words of its own; NULL: none */
};

int run_view(const struct verb_view *view, const struct command *command, int argc, char **argv);

#endif
