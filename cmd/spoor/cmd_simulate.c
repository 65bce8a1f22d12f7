/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor simulate: a small world of logs with known truth. It writes log files; it attacks nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "spoor/simulate.h"

static const struct option options[] = {
    { "--story", "NAME", "which world: first (default)", false },
    { "--seed", "N", "another seed, another world of the same story (default 1)", false },
    { "--out", "DIR", "where to write: DIR/<org>/..., DIR/orgs.yaml, DIR/truth.ndjson", false },
    { "--days", "N", "days of ordinary life (default: as many as the story takes; at most 30)", false },
    { "--orgs", "N", "organisations; each story has a number of its own, which is the only one it takes", false },
    { "--sightings", NULL, "also DIR/sightings.ndjson: what spoor's own rules sight in these logs", false },
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

static int not_written(struct sp_error *err)
{
    *err = (struct sp_error){ .code = SP_ERR_IO };
    (void)snprintf(err->where, sizeof err->where, "sightings.ndjson");
    (void)snprintf(err->what, sizeof err->what, "cannot be written: %s", strerror(errno));
    return SP_ERR_IO;
}

/* Where sightings go. */
static int write_sightings(void *arg, const void *bytes, size_t len, struct sp_error *err)
{
    return fwrite(bytes, 1, len, arg) == len ? 0 : not_written(err);
}

/* DIR/sightings.ndjson, by a hunt of every organisation. It is done from inside DIR, so that the sources in it are called
 * as in truth.ndjson, and the bytes do not depend on where DIR lies. */
static int hunt_world(const struct sp_simulate_result *made, const struct surroundings *s, struct sp_error *err)
{
    struct sp_hunt_path path[16];
    struct sp_hunt_options hunt = { .read = { .path = path }, .jobs = 0 };
    struct sp_hunt_result *result = NULL;
    FILE *to = fopen("sightings.ndjson", "wbe");
    int rc;

    if (!to)
        return not_written(err);
    for (size_t i = 0; i < made->org_count && i < sizeof path / sizeof *path; i++)
        path[hunt.read.path_count++] = (struct sp_hunt_path){ made->org[i], made->org[i] };
    hunt.output = (struct sp_output){ .write = write_sightings, .arg = to, .format = SP_FORMAT_SIGHTINGS };
    rc = sp_hunt(&hunt, &s->ctx, &result, err);
    if (rc == 0 && !s->quiet)
        fprintf(stderr, "Sighted %llu things in it by spoor's own rules, written to sightings.ndjson\n",
                (unsigned long long)result->sightings);
    sp_hunt_free(result);
    if (fclose(to) != 0 && rc == 0)
        rc = not_written(err);
    return rc;
}

static void say_made(const struct sp_simulate_result *made, const char *out)
{
    char records[32];

    fprintf(stderr, "Wrote %s records in %llu log files of %zu organisations to %s; %llu of them are the intrusion, %llu decoys, listed in truth.ndjson\n",
            with_commas(records, made->records), (unsigned long long)made->files, made->org_count, out,
            (unsigned long long)made->truth, (unsigned long long)made->decoys);
}

static int tell(const struct cli *cli, const struct sp_simulate_options *o, const struct surroundings *s)
{
    struct sp_simulate_result made;
    struct sp_error err = { 0 };
    int rc = sp_simulate(o, &s->ctx, &made, &err);

    if (rc == 0 && !s->quiet)
        say_made(&made, o->out);
    if (rc == 0 && cli_has(cli, "--sightings")) {
        if (chdir(o->out) == 0) {
            rc = hunt_world(&made, s, &err);
        } else {
            (void)snprintf(err.where, sizeof err.where, "%.200s", o->out);
            (void)snprintf(err.what, sizeof err.what, "cannot be entered: %s", strerror(errno));
            rc = err.code = SP_ERR_IO;
        }
    }
    if (rc < 0)
        cli_error(&err);
    return rc < 0 ? cli_exit_code(rc) : EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_simulate_options o = SP_SIMULATE_OPTIONS_INIT;
    unsigned long long seed = 1, days = 0, orgs = 0;
    struct surroundings s;
    struct cli cli;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0)
        rc = number(&cli, "--seed", UINT64_MAX, &seed);
    if (rc == 0)
        rc = number(&cli, "--days", UINT_MAX, &days);
    if (rc == 0 && cli_get(&cli, "--days") && days == 0)
        rc = cli_usage("--days", "leave it out for as many as the story takes", "a world of no day has no logs");
    if (rc == 0)
        rc = number(&cli, "--orgs", UINT_MAX, &orgs);
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
        o.orgs = (unsigned)orgs;
        rc = tell(&cli, &o, &s);
        if (surroundings_done(&s) != 0)
            rc = EXIT_IO;
    }
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_simulate = {
    "simulate", "--out DIR [--story NAME] [--seed N]", "write a world of logs with known truth, to try spoor on",
    "Writes real log files (EVTX and NDJSON) of invented organisations: two customers and their provider, ordinary life, one\n"
    "intrusion that comes through the provider, things that only look like it, and truth.ndjson, which says where each lies.\n"
    "The same story and seed give the same bytes. Nothing is attacked.",
    options, run,
};
