/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a command line of one of the views. Out: its lines on stdout, and on stderr what was read and what was not.
 */
#include "views.h"

#include <stdlib.h>
#include <unistd.h>

enum { INDENT = 10 };

static void say(const struct verb_view *view, const struct sp_survey_result *r, unsigned width)
{
    char a[32], b[32], c[32];

    say_wrapped(width, INDENT, "\nRead      %s record%s of %s source%s (%s) in %.2f s%s%s%s%s", with_commas(a, r->records), plural(r->records),
                with_commas(b, r->sources), plural(r->sources), with_unit(c, (double)r->bytes), r->wall_s, *r->first ? ", from " : "",
                r->first, *r->first ? " to " : "", r->last);
    if (r->undecodable)
        say_wrapped(width, INDENT, "Not read  %s record%s could not be decoded; the lines above say where", with_commas(a, r->undecodable), plural(r->undecodable));
    if (r->skipped)
        say_wrapped(width, INDENT, "Skipped   %s file%s: no log, a copy of another, or as said above", with_commas(a, r->skipped), plural(r->skipped));
    if (r->unrecognised)
        say_wrapped(width, INDENT, "Unknown   %s record%s of no known kind; --logsource product=...,service=... names it", with_commas(a, r->unrecognised), plural(r->unrecognised));
    if (r->left_out)
        say_wrapped(width, INDENT, "Limit     %s event%s found no row: there are more different ones than the limit view-rows; raise it with --limit view-rows=N",
                    with_commas(a, r->left_out), plural(r->left_out));
    if (view->say)
        view->say(r, width);
}

static int survey(const struct verb_view *view, struct surroundings *s, const struct sp_survey_options *o)
{
    struct sp_survey_result result;
    struct sp_error err = { 0 };
    int rc = sp_survey(o, &s->ctx, &result, &err), closed = surroundings_done(s);

    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    if (!s->quiet)
        say(view, &result, width_of(STDERR_FILENO));
    if (result.interrupted)
        return EXIT_INTERRUPTED;
    return closed || !result.opened ? EXIT_IO : result.lost ? EXIT_PARTIAL : EXIT_DONE;
}

/* The call with its options filled in. */
static int call(const struct verb_view *view, struct cli *cli, struct surroundings *s, struct sp_survey_options *o, struct sp_texts paths)
{
    struct sp_hunt_path *path = calloc(paths.count + 1, sizeof *path);
    int rc;

    if (!path)
        return cli_usage("memory", "close other programs", "memory ran out");
    for (size_t i = 0; i < paths.count; i++)
        path[i] = (struct sp_hunt_path){ "local", paths.text[i] };
    read_options(cli, &o->read);
    o->view = view->view;
    o->by = cli_get(cli, "--by");
    o->read.path = path;
    o->read.path_count = paths.count;
    o->from = cli_get(cli, "--from");
    o->to = cli_get(cli, "--to");
    o->output = s->output;
    o->progress = surroundings_progress;
    o->progress_arg = s;
    rc = survey(view, s, o);
    free(path);
    return rc;
}

int run_view(const struct verb_view *view, const struct command *command, int argc, char **argv)
{
    struct sp_survey_options o = { 0 };
    struct sp_texts paths = { 0 };
    struct surroundings s;
    struct cli cli;
    char cure[128];
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0) {
        paths = cli_all(&cli, "");
        if (view->fill)
            rc = view->fill(&cli, &o, &paths);
        (void)snprintf(cure, sizeof cure, "give log files or folders: spoor %s %s", command->name, command->synopsis);
        if (rc == 0 && paths.count == 0)
            rc = cli_usage(command->name, cure, "a path is missing");
    }
    if (rc == 0)
        rc = cli_jobs(&cli, &o.jobs);
    if (rc == 0)
        rc = surroundings_init(&s, &cli, view->formats);
    if (rc == 0)
        rc = call(view, &cli, &s, &o, paths);
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}
