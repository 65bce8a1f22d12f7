/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor simulate: a small world of logs with known truth. It writes log files; it attacks nothing.
 */
#include <stdlib.h>

#include "cli.h"
#include "spoor/simulate.h"

static const struct option options[] = {
    { "--story", "NAME", "which world: first (default)", false },
    { "--seed", "N", "another seed, another world of the same story (default 1)", false },
    { "--out", "DIR", "where to write: DIR/<org>/..., DIR/orgs.yaml, DIR/truth.ndjson", false },
    { "--days", "N", "days of ordinary noise (default 2)", false },
    { "--orgs", "N", NULL, true },
    { "--sightings", NULL, NULL, true },
    { NULL, NULL, NULL, false },
};

static int number(const struct cli *cli, const char *option, unsigned long long most, unsigned long long *ret)
{
    const char *word = cli_get(cli, option);
    char *end;

    if (!word)
        return 0;
    *ret = strtoull(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || *ret > most)
        return cli_usage(option, "give a whole number", "'%s' is no number that fits here", word);
    return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_simulate_options o = SP_SIMULATE_OPTIONS_INIT;
    struct sp_simulate_result made;
    unsigned long long seed = 1, days = 2;
    struct surroundings s;
    struct sp_error err = { 0 };
    struct cli cli;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0)
        rc = number(&cli, "--seed", UINT64_MAX, &seed);
    if (rc == 0)
        rc = number(&cli, "--days", 31, &days);
    if (rc == 0 && !cli_get(&cli, "--out"))
        rc = cli_usage("--out", "spoor simulate --out DIR", "a folder to write to is missing");
    if (rc == 0)
        rc = surroundings_init(&s, &cli, "table json");
    if (rc == 0) {
        if (cli_get(&cli, "--story"))
            o.story = cli_get(&cli, "--story");
        o.out = cli_get(&cli, "--out");
        o.seed = seed;
        o.days = (unsigned)days;
        rc = sp_simulate(&o, &s.ctx, &made, &err);
        if (rc < 0) {
            cli_error(&err);
            rc = cli_exit_code(rc);
        } else if (!s.quiet) {
            char records[32];

            fprintf(stderr, "Wrote %s records in %llu log files to %s; %llu of them are the intrusion, listed in truth.ndjson\n",
                    with_commas(records, made.records), (unsigned long long)made.files, o.out, (unsigned long long)made.truth);
        }
        if (surroundings_done(&s) != 0)
            rc = EXIT_IO;
    }
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_simulate = {
    "simulate", "--out DIR [--story NAME] [--seed N]", "write a world of logs with known truth, to try spoor on",
    "Writes real log files (EVTX) of an invented organisation: ordinary noise, one intrusion, and truth.ndjson, which says where\n"
    "each of its steps lies. The same story and seed give the same bytes. Nothing is attacked.",
    options, run,
};
