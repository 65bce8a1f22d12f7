/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor show: what is in the case, as tables for people (in a pager where they are longer than the screen), JSON or CSV.
 */
#include "pager.h"
#include "spoor/show.h"

static const struct option options[] = {
    { "--format", "table|json|csv", "how to write; the default is table on a terminal, else json", false },
    { "--org", "NAME", "of this organisation only", false },
    { "--rule", "ID", "of this rule: its id, or a part of its title; the table then lists all of its sightings", false },
    { "--level", "LEVEL", "of this level and above: informational, low, medium, high, critical", false },
    { "--host", "NAME", "on this host", false },
    { "--value", "VALUE", "that carry this value: an address, a file name, a digest ...", false },
    { "--from", "TIME", "at this time or later (UTC)", false },
    { "--to", "TIME", "at this time or earlier", false },
    { "--since-run", "[N]", "first seen by run N or a later one; without N by the last run", false },
    { "--all", NULL, "also what was called benign or dismissed", false },
    { "--map", "FILE", "own field mapping, for reading logs again; may be repeated", false },
    { "--source-type", "NAME", "the same: skip detection of the type", false },
    { "--assume-tz", "ZONE", "the same: of times without one", false },
    { "--archive-password", "WORD", "the same: tried on encrypted archives, before `infected`; may be repeated", false },
    { NULL, NULL, NULL, false },
};

static int show(struct cli *cli, struct surroundings *s, struct sp_show_options *o)
{
    struct sp_error err = { 0 };
    struct pager pager;
    int rc, closed;

    (void)cli;
    o->output = pager_begin(&pager, s);
    rc = sp_show(o, &s->ctx, &err);
    closed = pager_end(&pager);
    if (surroundings_done(s) != 0)
        closed = EXIT_IO;
    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    return closed;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_show_options o = { 0 };
    struct surroundings s;
    struct cli cli;
    bool asked;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0 && cli_has(&cli, "--no-case"))
        rc = cli_usage("--no-case", "leave it out, or name the case with --case FILE", "show reads a case");
    if (rc == 0) {
        read_options(&cli, &o.read);
        o.case_path = case_path(&cli, &asked);
        o.what = cli_all(&cli, "");
        o.org = cli_get(&cli, "--org");
        o.rule = cli_get(&cli, "--rule");
        o.level = cli_get(&cli, "--level");
        o.host = cli_get(&cli, "--host");
        o.value = cli_get(&cli, "--value");
        o.from = cli_get(&cli, "--from");
        o.to = cli_get(&cli, "--to");
        o.since_run = cli_get(&cli, "--since-run");
        o.all = cli_has(&cli, "--all");
        rc = surroundings_init(&s, &cli, "table json csv");
    }
    if (rc == 0)
        rc = show(&cli, &s, &o);
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_show = {
    "show", "[sightings|sighting ID|rules|hosts|values|sources|timeline|runs] [options]", "look at what a case holds",
    "sightings (the default): by rule, gravest and rarest first; --format json gives hunt's own lines, all of them, in order\n"
    "of time. sighting ID: everything about one, with the process tree and the logon session around it, read from the logs\n"
    "again where they are still there; ID is 8 or more digits of it. rules, hosts, values, sources, runs: counted. timeline:\n"
    "one line an event.",
    options, run,
};
