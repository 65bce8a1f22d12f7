/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor tag, note, benign, dismiss: what an analyst says about what is in the case, with the reason, on the record.
 */
#include <string.h>

#include "cli.h"
#include "spoor/safe.h"
#include "spoor/show.h"

static const struct option said[] = {
    { "--why", "TEXT", "the reason; required, it stands on the record", false },
    { NULL, NULL, NULL, false },
};

static const struct option benign[] = {
    { "--why", "TEXT", "the reason; required, it stands on the record", false },
    { "--until", "DATE", "holds to the end of this day (UTC), or to this time; without it for good", false },
    { NULL, NULL, NULL, false },
};

static void tell(const struct sp_act_options *o, const struct sp_act_result *r, const char *verb)
{
    char title[1024], file[4096], count[32];

    sp_safe_text(title, sizeof title, r->title);
    fprintf(stderr, "%s: %.12s, %s\n", verb, r->id, title);
    if (o->verb == SP_ACT_DISMISS)
        fprintf(stderr, "It is left out of `spoor show sightings` from now on; --all shows it.\n");
    if (o->verb != SP_ACT_BENIGN)
        return;
    sp_safe_text(file, sizeof file, r->filter);
    fprintf(stderr, "%s sighting%s of this case %s left out of `spoor show sightings`%s%s; --all shows them.\n", with_commas(count, r->hidden),
            r->hidden == 1 ? "" : "s", r->hidden == 1 ? "is" : "are", o->until ? " until " : "", o->until ? o->until : "");
    fprintf(stderr, "The filter is in the case, and to keep in %s: read it, it says what it holds for.\n", file);
}

static int act(const char *verb, const struct sp_act_options *o, const struct surroundings *s)
{
    struct sp_error err = { 0 };
    struct sp_act_result result;
    int rc;

    rc = sp_act(o, &s->ctx, &result, &err);
    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    if (!s->quiet)
        tell(o, &result, verb);
    return EXIT_DONE;
}

static enum sp_act_verb verb_of(const char *name)
{
    static const char *const names[] = { "tag", "note", "benign", "dismiss" };
    size_t i = 0;

    while (i < SP_ACT_DISMISS && strcmp(name, names[i]) != 0)
        i++;
    return (enum sp_act_verb)i;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_act_options o = { .verb = verb_of(command->name) };
    struct surroundings s = { 0 };
    struct case_by by;
    struct cli cli;
    bool asked;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0 && cli_has(&cli, "--no-case"))
        rc = cli_usage("--no-case", "leave it out, or name the case with --case FILE", "what is said goes into a case");
    if (rc == 0) {
        o.case_path = case_path(&cli, &asked);
        o.word = cli_all(&cli, "");
        o.why = cli_get(&cli, "--why");
        o.until = cli_get(&cli, "--until");
        o.filter = cli_get(&cli, "--output");
        s.quiet = cli_has(&cli, "-q");
        case_by_init(&by, &cli);
        o.by = by.by;
        rc = act(command->name, &o, &s);
        case_by_done(&by);
    }
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_tag = { "tag", "ID NAME --why TEXT", "give a sighting a name to find it by", "ID is 8 or more digits of a sighting's id. Tags stand in the time line and in the table of sightings.", said, run };
const struct command cmd_note = { "note", "ID TEXT --why TEXT", "write a note to a sighting", "ID is 8 or more digits of a sighting's id.", said, run };
const struct command cmd_benign = {
    "benign", "ID --why TEXT [--until DATE] [--output FILE]", "say that a sighting is harmless, and keep its like out of sight",
    "Writes a Sigma filter into the case, and into a file to keep (beside the case, or --output FILE). Sightings that it holds for\n"
    "are left out of `show sightings` and counted in a hunt's summary; they are kept, and --all shows them.",
    benign, run,
};
const struct command cmd_dismiss = { "dismiss", "ID --why TEXT", "put one sighting away", "It is left out of `show sightings` without --all. For all of its kind: spoor benign.", said, run };
