/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor explain: why a rule matches a record, or what keeps it from it.
 */
#include "cli.h"

static const struct option options[] = {
    { "--format", "table|json", "how to write; the default is table on a terminal, else json", false },
    { "--source-type", "NAME", "skip detection: evtx, json, json-document, plain", false },
    { "--logsource", "P", "product=P,category=C,service=S of logs that cannot say it themselves", false },
    { "--map", "FILE", "own field mapping; may be repeated", false },
    { "--list", "NAME=FILE", "values for a rule's placeholder %NAME%; may be repeated", false },
    { "--pipeline", "FILE", "a pySigma processing pipeline; may be repeated", false },
    { "--archive-password", "WORD", "tried on encrypted archives, before `infected`; may be repeated", false },
    { "--carve", NULL, "also look in the slack of EVTX chunks", false },
    { NULL, NULL, NULL, false },
};

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_explain_options o = { 0 };
    struct surroundings s;
    struct sp_texts words = { 0 };
    struct sp_error err = { 0 };
    struct cli cli;
    int rc = cli_parse(&cli, command, argc, argv), closed;

    if (rc == 0) {
        words = cli_all(&cli, "");
        if (words.count != 2)
            rc = cli_usage("explain", "spoor explain RULE.yml LOG@OFFSET", "a rule and a record are needed");
    }
    if (rc == 0)
        rc = surroundings_init(&s, &cli, "table json");
    if (rc == 0) {
        read_options(&cli, &o.read);
        o.rules.list = cli_all(&cli, "--list");
        o.rules.pipeline = cli_all(&cli, "--pipeline");
        o.rule = words.text[0];
        o.what = words.text[1];
        o.output = s.output;
        rc = sp_explain(&o, &s.ctx, &err);
        closed = surroundings_done(&s);
        if (rc < 0)
            cli_error(&err);
        rc = rc < 0 ? cli_exit_code(rc) : closed;
    }
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_explain = {
    "explain", "RULE EVENT-FILE[@OFFSET|:LINE]", "why a rule matches a record, or not",
    "RULE is a file or the id of one of spoor's own rules. Each item of the rule: the value seen, and whether it is true, false,\n"
    "unknown (the log source cannot carry the field) or missing; then what would have to differ.",
    options, run,
};
