/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor rules check|list|stat|test: what spoor makes of rule files.
 */
#include <string.h>

#include "cli.h"

static const struct option options[] = {
    { "--format", "table|json", "how to write; the default is table on a terminal, else json", false },
    { "--list", "NAME=FILE", "values for a rule's placeholder %NAME%, one a line; may be repeated", false },
    { "--pipeline", "FILE", "a pySigma processing pipeline; may be repeated", false },
    { "--map", "FILE", "own field mapping; may be repeated", false },
    { "--level", "LEVEL", "rules of this level and above", false },
    { "--status", "LIST", "rules of these statuses (default: any)", false },
    { "--examples", "DIR", "test: where NAME.ndjson lies (default: examples/ beside each rule)", false },
    { NULL, NULL, NULL, false },
};

static int verb_of(const char *word, enum sp_rules_verb *ret)
{
    static const char *const name[] = { "check", "list", "stat", "test" };

    for (int i = 0; word && i < 4; i++)
        if (strcmp(word, name[i]) == 0) {
            *ret = (enum sp_rules_verb)i;
            return 0;
        }
    if (!word)
        return cli_usage("rules", "spoor rules check|list|stat|test PATH", "what to do with the rules is missing");
    return cli_usage(word, "use check, list, stat or test", "no such report");
}

static int report(struct cli *cli, struct surroundings *s, struct sp_rules_report_options *o)
{
    struct sp_rules_result result;
    struct sp_error err = { 0 };
    int rc, closed;

    o->limit = cli_all(cli, "--limit");
    o->map = cli_all(cli, "--map");
    o->examples = cli_get(cli, "--examples");
    o->output = s->output;
    /* The report names each refusal itself; saying it twice on stderr would hide other errors. */
    if (o->verb == SP_RULES_CHECK)
        s->ctx.note = NULL;
    rc = sp_rules_report(o, &s->ctx, &result, &err);
    closed = surroundings_done(s);
    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    if (o->verb == SP_RULES_TEST && result.wrong)
        return EXIT_FAILED;
    if (closed)
        return EXIT_IO;
    return o->verb == SP_RULES_CHECK && result.refused ? EXIT_PARTIAL : EXIT_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_rules_report_options o = { 0 };
    struct surroundings s;
    struct sp_texts words = { 0 };
    struct cli cli;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0) {
        words = cli_all(&cli, "");
        rc = verb_of(words.count ? words.text[0] : NULL, &o.verb);
    }
    if (rc == 0) {
        rules_options(&cli, &o.rules);
        o.rules.path = (struct sp_texts){ words.text + 1, words.count - 1 };
        o.rules.no_own = words.count > 1;
        if (words.count == 1 && (o.verb == SP_RULES_CHECK || o.verb == SP_RULES_TEST))
            rc = cli_usage("rules", "give rule files or folders", "a path is missing");
    }
    if (rc == 0)
        rc = surroundings_init(&s, &cli, "table json");
    if (rc == 0)
        rc = report(&cli, &s, &o);
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_rules = {
    "rules", "check|list|stat|test PATH...", "check, list, weigh and test Sigma rules",
    "check: what became of each document and why; list: the rules; stat: what each costs and why,\n"
    "the dearest first, and how many there are of which kind; test: runs each rule's own examples. Without a path, list and stat show spoor's own rules.",
    options, run,
};
