/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor decode: every record of the logs as a line.
 */
#include <stdlib.h>

#include "cli.h"

static const struct option options[] = {
    { "--format", "table|json|xml|fields", "how to write; the default is table on a terminal, else json", false },
    { "--source-type", "NAME", "skip detection: evtx, json, json-document, plain", false },
    { "--logsource", "P", "product=P,category=C,service=S of logs that cannot say it themselves (--format fields)", false },
    { "--map", "FILE", "own field mapping (--format fields); may be repeated", false },
    { "--archive-password", "WORD", "tried on encrypted archives, before `infected`; may be repeated", false },
    { "--carve", NULL, "also the records in the slack of EVTX chunks, marked as carved", false },
    { "-j", "N", "accepted as everywhere; the lines come in order from one thread", false },
    { NULL, NULL, NULL, false },
};

static int decode(struct cli *cli, struct surroundings *s, const struct sp_texts *paths)
{
    struct sp_decode_options o = { .output = s->output };
    struct sp_hunt_path *path = calloc(paths->count + 1, sizeof *path);
    struct sp_decode_result result;
    struct sp_error err = { 0 };
    int rc, closed;

    if (!path)
        return cli_usage("memory", "close other programs", "memory ran out");
    for (size_t i = 0; i < paths->count; i++)
        path[i] = (struct sp_hunt_path){ "local", paths->text[i] };
    read_options(cli, &o.read);
    o.read.path = path;
    o.read.path_count = paths->count;
    rc = sp_decode(&o, &s->ctx, &result, &err);
    free(path);
    closed = surroundings_done(s);
    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    if (result.interrupted)
        return EXIT_INTERRUPTED;
    return closed || !result.opened ? EXIT_IO : result.lost ? EXIT_PARTIAL : EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct surroundings s;
    struct sp_texts paths = { 0 };
    struct cli cli;
    unsigned jobs;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0) {
        paths = cli_all(&cli, "");
        if (paths.count == 0)
            rc = cli_usage("decode", "give log files or folders: spoor decode FILE", "a path is missing");
    }
    if (rc == 0)
        rc = cli_jobs(&cli, &jobs);
    if (rc == 0)
        rc = surroundings_init(&s, &cli, "table json xml fields");
    if (rc == 0)
        rc = decode(&cli, &s, &paths);
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_decode = {
    "decode", "PATH... [--format json|xml|fields|table]", "show the records of logs",
    "Writes each record as a line: json (whole, EVTX in the shape of evtx_dump, with where it stands), xml (Windows' own XML),\n"
    "fields (the flat names that rules see, after mapping), table (for reading).",
    options, run,
};
