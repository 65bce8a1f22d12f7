/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor: a table of verbs. Each verb is one file cmd_NAME.c and uses the public headers only. The process begins in start.c;
 * describe.c, which prints these tables for the manual pages, is the other program that is linked with them.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

extern const struct command cmd_hunt, cmd_decode, cmd_explain, cmd_rules, cmd_simulate;
extern const struct command cmd_logons, cmd_metrics, cmd_search, cmd_gaps, cmd_coverage;
extern const struct command cmd_show, cmd_case, cmd_tag, cmd_note, cmd_benign, cmd_dismiss;

static int run_version(const struct command *command, int argc, char **argv);
static int run_help(const struct command *command, int argc, char **argv);

static const struct command cmd_version = {
    "version", "", "print the version", "Prints the version and nothing else.", NULL, run_version,
};
static const struct command cmd_help = {
    "help", "[VERB]", "explain a verb", "Prints what spoor can do, or how to use one verb.", NULL, run_help,
};

const struct command *const commands[] = { &cmd_hunt, &cmd_show, &cmd_tag, &cmd_note, &cmd_benign, &cmd_dismiss, &cmd_case, &cmd_explain,
                                         &cmd_logons, &cmd_search, &cmd_metrics, &cmd_gaps, &cmd_coverage, &cmd_decode, &cmd_rules,
                                         &cmd_simulate, &cmd_version, &cmd_help, NULL };

/* Verbs of the contract that are not in this version. */
static const char *const later[] = {
    "link", "merge", "split", "attribute", "kb", "key", "seal", "log", "bundle",
    "verify", "endorse", "dispute", "withdraw", "supersede", "redact", "witness", "cosign", "timestamp", "monitor", "export",
    "protect", "serve", "watch", NULL,
};

static int unknown(const char *verb)
{
    for (const char *const *l = later; *l; l++)
        if (strcmp(*l, verb) == 0)
            return cli_usage(verb, "see `spoor help` for what is", "this verb is not in this version");
    return cli_usage(verb, "see `spoor help`", "unknown verb");
}

static const struct command *find(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static int flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : EXIT_IO;
}

static int run_version(const struct command *command, int argc, char **argv)
{
    struct cli cli;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0)
        printf("spoor %s\n", sp_version());
    cli_done(&cli);
    return rc > 0 ? rc : flushed();
}

static int run_help(const struct command *command, int argc, char **argv)
{
    const struct command *about;

    if (argc == 0) {
        cli_overview(stdout);
        return flushed();
    }
    about = strcmp(argv[0], "--help") == 0 ? command : find(argv[0]);
    if (!about)
        return unknown(argv[0]);
    cli_help(stdout, about);
    return flushed();
}

int spoor_main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        cli_overview(stderr);
        return cli_usage("usage", "see above", "a verb is missing");
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return run_version(&cmd_version, argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return run_help(&cmd_help, argc - 2, argv + 2);
    command = find(argv[1]);
    return command ? command->run(command, argc - 2, argv + 2) : unknown(argv[1]);
}
