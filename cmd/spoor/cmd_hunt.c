/* SPDX-License-Identifier: Apache-2.0
 *
 * spoor hunt: rules over logs. Data to stdout, and at the end, on stderr, what a tired analyst needs to know: what was
 * read, what was not and why, the most telling sightings, the next command to type.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "spoor/safe.h"

static const struct option options[] = {
    { "--format", "table|json|csv|sightings", "how to write; the default is table on a terminal, else json", false },
    { "--org", "NAME", "the organisation that the paths after it belong to (default: local); may be repeated", false },
    RULES_OPTIONS,
    { "--from", "TIME", "events at this time or later (UTC); events without a time stay", false },
    { "--to", "TIME", "events at this time or earlier", false },
    { "--source-type", "NAME", "skip detection: evtx, json, json-document, plain", false },
    { "--logsource", "P", "product=P,category=C,service=S of logs that cannot say it themselves", false },
    { "--map", "FILE", "own field mapping; may be repeated", false },
    { "--archive-password", "WORD", "tried on encrypted archives, before `infected`; may be repeated", false },
    { "--assume-tz", "ZONE", "of times without one: UTC, +hh:mm, a name such as Europe/Berlin", false },
    { "--carve", NULL, "also the records that still lie in the slack of EVTX chunks, marked as carved", false },
    { "--engine", "fast|plain", "fast is the default; plain: every rule on every event, to check the fast one", false },
    { "--fail-on", "LEVEL", "exit 1 when something of this level or above was sighted", false },
    { "--summary", "FILE", "write the account of the hunt there, as JSON", false },
    { "--profile-rules", NULL, "say what each rule has cost: on stderr, and in the summary", false },
    { "-j", "N", "threads (default: one a processor)", false },
    { "--indicators", "PATH", NULL, true },
    { "--warninglists", "PATH", NULL, true },
    { "--orgs", "FILE", NULL, true },
    { "--blind", "KEYFILE", NULL, true },
    { "--sketch", "FILE", NULL, true },
    { "--include-expired", NULL, NULL, true },
    { "--no-hash-sources", NULL, "keep no SHA-256 of the logs in the case", false },
    { NULL, NULL, NULL, false },
};

/* The operands with the --org that stands before each. */
static struct sp_hunt_path *hunt_paths(const struct cli *cli, size_t *ret_count)
{
    struct sp_hunt_path *path = calloc(cli->count + 1, sizeof *path);
    const char *org = "local";

    *ret_count = 0;
    for (size_t i = 0; path && i < cli->count; i++) {
        if (!cli->word[i].option)
            path[(*ret_count)++] = (struct sp_hunt_path){ org, cli->word[i].value };
        else if (strcmp(cli->word[i].option->name, "--org") == 0)
            org = cli->word[i].value;
    }
    return path;
}

enum { INDENT = 10 }; /* of what belongs to a word at the left */

static void say_read(const struct sp_hunt_result *r, unsigned width)
{
    char a[32], b[32], c[32], d[32];
    double wall = r->wall_s > 0.001 ? r->wall_s : 0.001;

    fputc('\n', stderr);
    say_wrapped(width, INDENT, "Read      %s record%s of %s source%s (%s) of %llu organisation%s in %.2f s, %s records a second",
                with_commas(a, r->records), plural(r->records), with_commas(b, r->sources), plural(r->sources),
                with_unit(c, (double)r->bytes), (unsigned long long)r->orgs, plural(r->orgs), r->wall_s,
                with_commas(d, (unsigned long long)((double)r->records / wall)));
    if (r->carved)
        say_wrapped(width, INDENT, "          and %s carved from slack", with_commas(a, r->carved));
    say_wrapped(width, INDENT, "Rules     %s%s", with_commas(a, r->rules), r->own_only ? ", spoor's own alone; add Sigma rules with --rules FOLDER" : "");
}

static void say_not_read(const struct sp_hunt_result *r, unsigned width)
{
    char a[32];

    if (r->already)
        fprintf(stderr, "Already   %s source%s hunted before with the same rules and options; `spoor show` has what was found there\n",
                with_commas(a, r->already), r->already == 1 ? " was" : "s were");
    if (r->undecodable)
        say_wrapped(width, INDENT, "Not read  %s record%s could not be decoded; the lines above and --summary say where",
                    with_commas(a, r->undecodable), plural(r->undecodable));
    if (r->skipped)
        say_wrapped(width, INDENT, "%s  %s file%s skipped; --summary FILE lists them with the reason", r->undecodable ? "        " : "Not read",
                    with_commas(a, r->skipped), r->skipped == 1 ? " was" : "s were");
    if (r->refused)
        say_wrapped(width, INDENT, "Refused   %s rule document%s; `spoor rules check` says why", with_commas(a, r->refused), plural(r->refused));
    if (r->not_run)
        say_wrapped(width, INDENT, "Not run   %s correlation rule%s: not in this version; base rules fire alone", with_commas(a, r->not_run), plural(r->not_run));
    if (r->not_evaluable)
        say_wrapped(width, INDENT, "Unknown   %s time%s a rule could not be judged, as the log source lacks a field it needs (not_evaluable in --summary)",
                    with_commas(a, r->not_evaluable), plural(r->not_evaluable));
    if (r->left_out_twice)
        say_wrapped(width, INDENT, "Repeated  %s sighting%s of records that two logs hold, shown once", with_commas(a, r->left_out_twice), plural(r->left_out_twice));
    if (r->limits_hit)
        say_wrapped(width, INDENT, "Limits    %s value%s left out of sightings (values-per-sighting)", with_commas(a, r->limits_hit), plural(r->limits_hit));
}

static void say_sightings(const struct sp_hunt_result *r, unsigned width)
{
    static const char *const name[] = { "of unknown level", "informational", "low", "medium", "high", "critical" };
    char a[32], b[32], levels[512] = "", path[1024];
    size_t n = 0;

    for (int level = 5; level >= 0; level--)
        if (r->by_level[level])
            n += (size_t)snprintf(levels + n, sizeof levels - n, "%s%s %s", n ? ", " : ": ", with_commas(a, r->by_level[level]), name[level]);
    say_wrapped(width, INDENT, "Sightings %s by %s rule%s on %llu host%s%s", with_commas(a, r->sightings), with_commas(b, r->rules_sighted),
                plural(r->rules_sighted), (unsigned long long)r->hosts, plural(r->hosts), levels);
    if (r->suppressed)
        say_wrapped(width, INDENT, "Benign    %s sighting%s more, called benign before: kept, not shown; `spoor show sightings --all`",
                    with_commas(a, r->suppressed), plural(r->suppressed));
    if (r->case_path) {
        sp_safe_text(path, sizeof path, r->case_path);
        say_wrapped(width, INDENT, "Case      %s, %s of them new", path, with_commas(a, r->fresh));
    }
}

enum { TOP_COLUMNS = 39, TITLE_MIN = 20, TITLE_MAX = 400, HOST_MIN = 8 };

/* `text` made harmless and cut to `room` bytes, which are no fewer than its columns. */
static void cut(char out[TITLE_MAX + 4], const char *text, size_t room)
{
    size_t len;

    room = room > TITLE_MAX ? TITLE_MAX : room;
    if (sp_safe_text(out, TITLE_MAX + 1, text) <= room)
        return;
    len = sp_safe_text(out, room - 2, text);
    (void)snprintf(out + len, TITLE_MAX + 4 - len, "...");
}

/* `Title  (HOST, ...)` in so many columns. */
static void say_title(const struct sp_hunt_top *top, size_t room)
{
    const char *more = top->hosts > 1 ? ", ..." : "";
    char title[TITLE_MAX + 4], host[TITLE_MAX + 4];
    size_t marks = 4 + strlen(more);

    cut(host, top->host ? top->host : "-", room > TITLE_MIN + marks + HOST_MIN ? room - TITLE_MIN - marks : HOST_MIN);
    marks += strlen(host);
    cut(title, top->title, room > TITLE_MIN + marks ? room - marks : TITLE_MIN);
    fprintf(stderr, "%s  (%s%s)\n", title, host, more);
}

/* The command of the next step, on lines of its own that can be copied. */
static void say_next(const struct sp_hunt_top *top, unsigned width)
{
    char place[4096];
    const char *const word[] = { "spoor", "explain", top->rule_file ? top->rule_file : top->rule_id, place, NULL };

    (void)snprintf(place, sizeof place, "%s@%llu", top->source, (unsigned long long)top->offset);
    fprintf(stderr, "\nNext      why the first of them is one:\n");
    say_command(width, word);
}

static void say_top(const struct sp_hunt_result *r, unsigned width)
{
    size_t room = !width ? TITLE_MAX * 2 : width > TOP_COLUMNS ? width - TOP_COLUMNS : TITLE_MIN;

    if (!r->top_count && r->already && !r->sources)
        return;
    if (!r->top_count) {
        fputc('\n', stderr);
        say_wrapped(width, 0, "Nothing was sighted. That is no proof of absence: see `unrecognised` and `not_evaluable` in --summary FILE.");
        return;
    }
    fprintf(stderr, "\nMost telling, gravest and rarest first\n");
    for (size_t i = 0; i < r->top_count; i++) {
        const struct sp_hunt_top *top = &r->top[i];

        fprintf(stderr, "  %-8.*s %6llu x  %-16.16s  ", strcmp(top->level, "informational") == 0 ? 4 : 8, top->level,
                (unsigned long long)top->count, *top->first ? top->first : "without a time");
        say_title(top, room);
    }
    say_next(&r->top[0], width);
    if (r->case_path) {
        const char *const word[] = { "spoor", "show", "--case", r->case_path, NULL };

        fprintf(stderr, "          what the case holds:\n");
        say_command(width, word);
    }
}

enum { PROFILE_LINES = 30, PROFILE_COLUMNS = 48, TITLE_USUAL = 60 };

static void say_cost(const struct sp_hunt_cost *c, uint64_t total, const char *name, size_t room)
{
    char title[TITLE_MAX + 4];

    cut(title, name, room);
    fprintf(stderr, "%9.1f  %5.1f  ", (double)c->ns / 1e6, total ? 100.0 * (double)c->ns / (double)total : 0);
    if (c->looked)
        fprintf(stderr, "%10llu  %8llu  %7.2f  %s\n", (unsigned long long)c->looked, (unsigned long long)c->hits,
                (double)c->ns / 1e3 / (double)c->looked, title);
    else
        fprintf(stderr, "%10s  %8s  %7s  %s\n", "", "", "", title);
}

/* --profile-rules: the costliest rules, the rest of them, and what is no rule's. `width` of the terminal; 0: not known. */
static void say_profile(const struct sp_hunt_result *r, unsigned width)
{
    size_t room = !width ? TITLE_USUAL : width < PROFILE_COLUMNS + TITLE_MIN ? TITLE_MIN : width - PROFILE_COLUMNS;
    struct sp_hunt_cost rest = { 0 };
    uint64_t total = r->profile_rest_ns;
    char count[32], more[64];

    if (!r->profile)
        return;
    room = room > TITLE_MAX ? TITLE_MAX : room;
    for (size_t i = 0; i < r->profile_count; i++)
        total += r->profile[i].ns;
    fprintf(stderr, "\n  time ms      %%      looked      true  us/look  rule\n");
    for (size_t i = 0; i < r->profile_count; i++) {
        const struct sp_hunt_cost *c = &r->profile[i];

        if (i < PROFILE_LINES) {
            say_cost(c, total, *c->title ? c->title : c->file, room);
            continue;
        }
        rest.ns += c->ns;
        rest.looked += c->looked;
        rest.hits += c->hits;
    }
    if (rest.looked) {
        (void)snprintf(more, sizeof more, "(%s more)", with_commas(count, r->profile_count - PROFILE_LINES));
        say_cost(&rest, total, more, room);
    }
    say_cost(&(struct sp_hunt_cost){ .ns = r->profile_rest_ns }, total, "(reading, index, writing)", TITLE_MAX);
    say_wrapped(width, 0, "%s of %llu rule%s had to be looked at; `spoor rules stat` says why", with_commas(count, r->profile_count),
            (unsigned long long)r->rules, plural(r->rules));
}

static void say(const struct sp_hunt_result *r, unsigned width)
{
    say_read(r, width);
    say_not_read(r, width);
    if (r->unrecognised) {
        char a[32];

        fprintf(stderr, "spoor: %s record%s of no known kind: no rule applies to them; name their log source with --logsource product=...,service=...\n",
                with_commas(a, r->unrecognised), plural(r->unrecognised));
    }
    say_sightings(r, width);
    say_top(r, width);
    say_profile(r, width);
}

static int verdict(const struct sp_hunt_result *r)
{
    if (r->interrupted)
        return EXIT_INTERRUPTED;
    if (!r->opened)
        return EXIT_IO;
    if (r->fail_on_reached)
        return EXIT_FAIL_ON;
    return r->lost ? EXIT_PARTIAL : EXIT_DONE;
}

static int hunt(struct cli *cli, struct surroundings *s, struct sp_hunt_options *o)
{
    const char *summary = cli_get(cli, "--summary");
    struct sp_hunt_result *result;
    struct sp_error err = { 0 };
    int rc = sp_hunt(o, &s->ctx, &result, &err), code, closed;

    closed = surroundings_done(s);
    if (rc < 0) {
        cli_error(&err);
        return cli_exit_code(rc);
    }
    code = verdict(result);
    if (result->interrupted && result->case_path)
        (void)cli_usage(result->case_path, "give the same command again and the hunt goes on from there", "interrupted; the case holds what was finished");
    else if (result->interrupted)
        (void)cli_usage("hunt", "give the same command again with --case FILE, and it can go on next time", "interrupted; nothing was kept");
    if (!s->quiet)
        say(result, width_of(STDERR_FILENO));
    if (summary && write_file(summary, result->summary, result->summary_length) != 0)
        code = EXIT_IO;
    sp_hunt_free(result);
    return closed ? EXIT_IO : code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sp_hunt_options o = { 0 };
    struct sp_hunt_path *path = NULL;
    struct surroundings s;
    struct case_by by;
    struct cli cli;
    char plans[4096];
    bool asked;
    int rc = cli_parse(&cli, command, argc, argv);

    if (rc == 0) {
        path = hunt_paths(&cli, &o.read.path_count);
        if (o.read.path_count == 0)
            rc = cli_usage("hunt", "give log files or folders: spoor hunt FOLDER", "a path is missing");
    }
    if (rc == 0)
        rc = cli_jobs(&cli, &o.jobs);
    if (rc == 0) {
        read_options(&cli, &o.read);
        rules_options(&cli, &o.rules);
        o.rules.cache = plan_folder(plans);
        o.read.path = path;
        o.from = cli_get(&cli, "--from");
        o.to = cli_get(&cli, "--to");
        o.fail_on = cli_get(&cli, "--fail-on");
        o.engine = cli_get(&cli, "--engine");
        o.profile_rules = cli_has(&cli, "--profile-rules");
        o.case_path = case_path(&cli, &asked);
        o.case_if_fit = !asked;
        o.no_hash_sources = cli_has(&cli, "--no-hash-sources");
        rc = surroundings_init(&s, &cli, "table json csv sightings");
    }
    if (rc == 0) {
        case_by_init(&by, &cli);
        o.by = by.by;
        o.output = s.output;
        o.progress = surroundings_progress;
        o.progress_arg = &s;
        rc = hunt(&cli, &s, &o);
        case_by_done(&by);
    }
    free(path);
    cli_done(&cli);
    return rc < 0 ? EXIT_DONE : rc;
}

const struct command cmd_hunt = {
    "hunt", "[--org NAME] PATH... [--rules PATH]... [options]", "find intrusions in logs with Sigma rules",
    "Reads the logs (EVTX, JSON, text; folders are walked, archives read in place, - is standard input, @FILE names one path\n"
    "a line), runs the rules on every event and writes the sightings in order of time. Formats: table (one line a rule and\n"
    "host), json (everything, one object a line), sightings (what may leave the organisation), csv. What is found is kept in a\n"
    "case (--case), so that a hunt that was interrupted goes on where it was, and logs that were hunted with the same rules\n"
    "are not read again.",
    options, run,
};
