/* SPDX-License-Identifier: Apache-2.0
 *
 * In: argv and the table of a command. Out: words, help, errors on stderr.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spoor/safe.h"

const struct option common_options[] = {
    { "--format", "NAME", "how to write: see below; the default is table on a terminal, else json", false },
    { "--json", NULL, "the same as --format json", false },
    { "--output", "FILE", "write there instead of standard output (- is standard output)", false },
    { "--case", "FILE", "the case that keeps what is found (default: $SPOOR_CASE, else spoor.case here)", false },
    { "--no-case", NULL, "keep nothing", false },
    { "--limit", "NAME=VALUE", "change a limit: record-bytes, json-depth, rule-bytes, rules, yaml-nodes, regex-states, files, ...", false },
    { "-q", NULL, "no closing words, no progress; errors are still said", false },
    { "-v", NULL, "say more", false },
    { "--color", "auto|always|never", "auto: on a terminal", false },
    { "--progress", "auto|always|never|json", "auto: on a terminal; json: one object a line, on stderr", false },
    { "--tz", "ZONE", "show times of tables in this zone (a name of the tz database)", false },
    { "--help", NULL, "this text", false },
    { NULL, NULL, NULL, false },
};

const struct exit_meaning exit_meanings[] = {
    { EXIT_DONE, "done" },
    { EXIT_FAIL_ON, "--fail-on reached" },
    { EXIT_USAGE, "usage" },
    { EXIT_PARTIAL, "part of the input could not be used" },
    { EXIT_FAILED, "a test failed" },
    { EXIT_IO, "nothing could be read, or an output error" },
    { EXIT_INTERRUPTED, "interrupted" },
    { 0, NULL },
};

static const struct option *find(const struct option *table, const char *name, size_t len)
{
    for (; table && table->name; table++)
        if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

void cli_error(const struct sp_error *err)
{
    char where[2048], what[4096], cure[1024];

    sp_safe_text(where, sizeof where, err->where);
    sp_safe_text(what, sizeof what, err->what);
    sp_safe_text(cure, sizeof cure, err->cure);
    fprintf(stderr, "spoor: %s%s%s%s%s\n", where, *where ? ": " : "", what, *cure ? "; " : "", cure);
}

int cli_usage(const char *where, const char *cure, const char *fmt, ...)
{
    struct sp_error err = { .code = SP_ERR_USAGE };
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(err.what, sizeof err.what, fmt, ap);
    va_end(ap);
    (void)snprintf(err.where, sizeof err.where, "%s", where);
    (void)snprintf(err.cure, sizeof err.cure, "%s", cure);
    cli_error(&err);
    return EXIT_USAGE;
}

int cli_exit_code(int error_code)
{
    switch (error_code) {
    case SP_ERR_USAGE:
    case SP_ERR_NOT_FOUND:
    case SP_ERR_UNSUPPORTED:
        return EXIT_USAGE;
    default:
        return EXIT_IO;
    }
}

/* What is in this version, less what `own` has as well. */
static void print_options(FILE *to, const struct option *table, const struct option *own)
{
    for (; table && table->name; table++) {
        char left[64];

        if (table->later || find(own, table->name, strlen(table->name)))
            continue;
        (void)snprintf(left, sizeof left, "%s%s%s", table->name, table->value ? " " : "", table->value ? table->value : "");
        if (strlen(left) > 26)
            fprintf(to, "  %s\n%29s%s\n", left, "", table->help);
        else
            fprintf(to, "  %-26s %s\n", left, table->help);
    }
}

/* "Exit codes: 0 done; 1 ...", in lines of 120 columns. */
static void print_exit_codes(FILE *to)
{
    size_t column = (size_t)fprintf(to, "\nExit codes:");

    for (const struct exit_meaning *m = exit_meanings; m->meaning; m++) {
        char one[128];
        size_t len = (size_t)snprintf(one, sizeof one, "%d %s%c", m->code, m->meaning, m[1].meaning ? ';' : '.');

        fprintf(to, "%c%s", column + 1 + len > 120 ? '\n' : ' ', one);
        column = column + 1 + len > 120 ? len : column + 1 + len;
    }
    fputc('\n', to);
}

void cli_help(FILE *to, const struct command *command)
{
    fprintf(to, "spoor %s %s\n\n%s\n", command->name, command->synopsis, command->text);
    if (command->options && command->options->name) {
        fprintf(to, "\nOptions of %s:\n", command->name);
        print_options(to, command->options, NULL);
    }
    fprintf(to, "\nCommon options:\n");
    print_options(to, common_options, command->options);
    print_exit_codes(to);
}

void cli_overview(FILE *to)
{
    fprintf(to, "spoor finds intrusions in logs, and keeps what it finds checkable.\n\nUse: spoor VERB [options] [paths]\n\n");
    for (const struct command *const *c = commands; *c; c++)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->purpose);
    fprintf(to, "\nBegin with: spoor hunt FOLDER-WITH-LOGS --rules FOLDER-WITH-SIGMA-RULES\n"
                "`spoor help VERB` says more; every verb takes --help.\n");
}

/* Whether the table lets an option have this value: one of "fast|plain", or any where it names but a kind ("FILE"). */
static bool may_be(const struct option *o, const char *value)
{
    size_t len = strlen(value);

    if (!strchr(o->value, '|'))
        return true;
    for (const char *choice = o->value; choice; choice = strchr(choice, '|')) {
        choice += *choice == '|';
        if (len == strcspn(choice, "|") && memcmp(choice, value, len) == 0)
            return true;
    }
    return false;
}

/* The option of a word that begins with `-`, its value behind `=` or in the next word. */
static int take_option(struct cli *cli, char **argv, int argc, int *at)
{
    const char *word = argv[*at], *equal = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    size_t len = equal ? (size_t)(equal - word) : strlen(word);
    const struct option *o = find(cli->command->options, word, len);
    const char *value = equal ? equal + 1 : NULL;
    char cure[96];

    (void)snprintf(cure, sizeof cure, "see `spoor help %s`", cli->command->name);
    if (!o)
        o = find(common_options, word, len);
    if (!o && word[1] != '-' && word[1] == 'j' && word[2]) { /* -j4 */
        o = find(cli->command->options, "-j", 2);
        value = word + 2;
    }
    if (!o)
        return cli_usage(word, cure, "unknown option");
    if (o->later)
        return cli_usage(o->name, cure, "not in this version");
    if (!o->value && value)
        return cli_usage(o->name, cure, "takes no value");
    if (o->value && !value && *o->value == '[') { /* may be left out; a number behind it is its value */
        bool number = *at + 1 < argc && argv[*at + 1][0] && argv[*at + 1][strspn(argv[*at + 1], "0123456789")] == '\0';

        value = number ? argv[++*at] : "";
    }
    if (o->value && !value) {
        if (*at + 1 >= argc)
            return cli_usage(o->name, cure, "its value (%s) is missing", o->value);
        value = argv[++*at];
    }
    if (o->value && !may_be(o, value))
        return cli_usage(o->name, cure, "'%s' is none of %s", value, o->value);
    cli->word[cli->count++] = (struct word){ o, value };
    return 0;
}

int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv)
{
    bool operands_only = false;

    *cli = (struct cli){ .command = command };
    cli->word = calloc((size_t)argc + 1, sizeof *cli->word);
    cli->pool = calloc(16 * ((size_t)argc + 1), sizeof(const char *));
    if (!cli->word || !cli->pool)
        return cli_usage("memory", "close other programs", "memory ran out");
    for (int i = 0; i < argc; i++) {
        if (!operands_only && strcmp(argv[i], "--") == 0) {
            operands_only = true;
        } else if (operands_only || argv[i][0] != '-' || argv[i][1] == '\0') {
            cli->word[cli->count++] = (struct word){ NULL, argv[i] };
        } else if (strcmp(argv[i], "--help") == 0) {
            cli_help(stdout, command);
            return -1;
        } else if (take_option(cli, argv, argc, &i) != 0) {
            return EXIT_USAGE;
        }
    }
    return 0;
}

void cli_done(struct cli *cli)
{
    free(cli->word);
    free(cli->pool);
}

bool cli_has(const struct cli *cli, const char *option)
{
    for (size_t i = 0; i < cli->count; i++)
        if (cli->word[i].option && strcmp(cli->word[i].option->name, option) == 0)
            return true;
    return false;
}

const char *cli_get(const struct cli *cli, const char *option)
{
    const char *value = NULL;

    for (size_t i = 0; i < cli->count; i++)
        if (cli->word[i].option && strcmp(cli->word[i].option->name, option) == 0)
            value = cli->word[i].value;
    return value;
}

struct sp_texts cli_all(struct cli *cli, const char *option)
{
    const char **first = cli->pool + cli->pool_used;
    size_t n = 0;

    for (size_t i = 0; i < cli->count; i++)
        if (cli->word[i].option ? strcmp(cli->word[i].option->name, option) == 0 : *option == '\0')
            first[n++] = cli->word[i].value;
    cli->pool_used += n;
    return (struct sp_texts){ first, n };
}

int cli_format(const struct cli *cli, const char *allowed, enum sp_format *ret)
{
    static const struct {
        const char *name;
        enum sp_format format;
    } names[] = { { "table", SP_FORMAT_TABLE }, { "json", SP_FORMAT_JSON }, { "csv", SP_FORMAT_CSV },
                  { "sightings", SP_FORMAT_SIGHTINGS }, { "xml", SP_FORMAT_XML }, { "fields", SP_FORMAT_FIELDS } };
    const char *name = cli_get(cli, "--format");
    char cure[128];

    if (!name)
        name = cli_has(cli, "--json") ? "json" : NULL;
    if (!name)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i].name) == 0 && strstr(allowed, name)) {
            *ret = names[i].format;
            return 0;
        }
    (void)snprintf(cure, sizeof cure, "use one of: %s", allowed);
    return cli_usage("--format", cure, "'%s' is no format of this verb", name);
}

int cli_jobs(struct cli *cli, unsigned *ret)
{
    const char *word = cli_get(cli, "-j");
    char *end;
    unsigned long n;

    if (!word)
        return 0;
    n = strtoul(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || n < 1 || n > 256)
        return cli_usage("-j", "give a number from 1 to 256", "'%s' is no number of threads", word);
    *ret = (unsigned)n;
    return 0;
}

void read_options(struct cli *cli, struct sp_read_options *ret)
{
    ret->source_type = cli_get(cli, "--source-type");
    ret->logsource = cli_get(cli, "--logsource");
    ret->map = cli_all(cli, "--map");
    ret->limit = cli_all(cli, "--limit");
    ret->password = cli_all(cli, "--archive-password");
    ret->assume_tz = cli_get(cli, "--assume-tz");
    ret->carve = cli_has(cli, "--carve");
}

void rules_options(struct cli *cli, struct sp_rules_options *ret)
{
    ret->path = cli_all(cli, "--rules");
    ret->no_own = cli_has(cli, "--no-own-rules");
    ret->level = cli_get(cli, "--level");
    ret->status = cli_get(cli, "--status");
    ret->only = cli_all(cli, "--rule");
    ret->exclude = cli_all(cli, "--exclude-rule");
    ret->tag = cli_all(cli, "--tag");
    ret->list = cli_all(cli, "--list");
    ret->password = cli_all(cli, "--archive-password");
    ret->pipeline = cli_all(cli, "--pipeline");
}
