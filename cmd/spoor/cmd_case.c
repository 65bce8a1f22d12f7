/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor case: the file that a hunt keeps its finds in, looked after. What is in it, is it whole, smaller, several in one.
 */
#include <string.h>

#include "cli.h"
#include "spoor/case.h"
#include "spoor/safe.h"

static const struct option options[] = { { NULL, NULL, NULL, false } };

static int failed(const struct sp_error *err)
{
    cli_error(err);
    return cli_exit_code(err->code);
}

static int info(const char *path, const struct sp_texts *rest, struct surroundings *s)
{
    struct sp_error err = { 0 };

    (void)rest;
    return sp_case_info(path, &s->output, &s->ctx, &err) < 0 ? failed(&err) : EXIT_DONE;
}

static int check(const char *path, const struct sp_texts *rest, struct surroundings *s)
{
    struct sp_error err = { 0 };
    uint64_t findings;

    (void)rest;
    if (sp_case_check(path, &s->output, &s->ctx, &findings, &err) < 0)
        return failed(&err);
    if (s->ctx.stop && *s->ctx.stop)
        return EXIT_INTERRUPTED;
    if (!findings)
        return EXIT_DONE;
    (void)cli_usage(path, "keep this file as it is, and go on with a copy made before or hunt again into a new case", "the case is damaged: %llu finding%s",
                    (unsigned long long)findings, findings == 1 ? "" : "s");
    return EXIT_PARTIAL;
}

static int compact(const char *path, const struct sp_texts *rest, struct surroundings *s)
{
    struct sp_case_compacted done;
    struct sp_error err = { 0 };
    char a[32], b[32];

    (void)rest;
    if (sp_case_compact(path, &s->ctx, &done, &err) < 0)
        return failed(&err);
    if (!s->quiet)
        fprintf(stderr, "Compacted %s to %s\n", with_unit(a, (double)done.before), with_unit(b, (double)done.after));
    return EXIT_DONE;
}

static int merge(const char *path, const struct sp_texts *rest, struct surroundings *s)
{
    struct sp_case_merged done;
    struct sp_error err = { 0 };
    char a[32], b[32], c[32], d[32];

    if (sp_case_merge(path, rest->text, rest->count, &s->ctx, &done, &err) < 0)
        return failed(&err);
    if (!s->quiet)
        fprintf(stderr, "Merged    %s sightings, %s sources, %s runs, %s acts that were new\n", with_commas(a, done.sightings), with_commas(b, done.sources),
                with_commas(c, done.runs), with_commas(d, done.acts));
    return EXIT_DONE;
}

static const struct verb {
    const char *name;
    int (*run)(const char *path, const struct sp_texts *rest, struct surroundings *s);
    bool others; /* takes operands */
} verbs[] = { { "info", info, false }, { "check", check, false }, { "compact", compact, false }, { "merge", merge, true } };

static const struct verb *find(const char *name)
{
    for (size_t i = 0; name && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    return NULL;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_texts rest = { NULL, 0 };
    const struct verb *verb = NULL;
    const char *path = NULL;
    struct surroundings s;
    struct cli cli;
    bool asked;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0) {
        rest = cli_all(&cli, "");
        verb = find(rest.count ? rest.text[0] : NULL);
        path = case_path(&cli, &asked);
        if (!verb)
            rc = cli_usage("case", "use one of: info check compact merge", rest.count ? "'%s' is nothing that can be done with a case" : "what to do is missing",
                           rest.count ? rest.text[0] : "");
        else if (!path)
            rc = cli_usage("--no-case", "leave it out", "without a case there is nothing to do");
        else if (verb->others ? rest.count < 2 : rest.count > 1)
            rc = cli_usage("case", "see `spoor help case`", verb->others ? "the cases to take in are missing" : "'%s' is one word too many", rest.count > 1 ? rest.text[1] : "");
    }
    if (rc == 0)
        rc = surroundings_init(&s, &cli, "table json");
    if (rc == 0) {
        rest = (struct sp_texts){ rest.text + 1, rest.count - 1 };
        rc = verb->run(path, &rest, &s);
        if (surroundings_done(&s) != 0)
            rc = EXIT_IO;
    }
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_case = {
    "case", "info|check|compact|merge FILE... [--case FILE]", "look after the file that keeps what was found",
    "info says what is in the case. check looks for damage: SQLite's own look at the file, and every id and digest made again from\n"
    "what it is made of; exit 3 when something is wrong. compact gives unused room back. merge takes what the other cases hold into\n"
    "the one of --case: each sighting once, runs and acts kept; repeating it changes nothing.",
    options, run,
};
