/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the tables that parse the command line and print the help. Out: the same tables as JSON on stdout, from which
 * tools/make_man.py and tools/make_completions.py write the manual pages and the completions. Runs while spoor is built
 * and is not installed.
 */
#include "cli.h"

static void text(const char *s)
{
    if (!s) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20)
            printf("\\u%04x", (unsigned)*s);
        else if (*s == '"' || *s == '\\')
            printf("\\%c", *s);
        else
            putchar(*s);
    }
    putchar('"');
}

static void member(const char *name, const char *value)
{
    printf("\"%s\":", name);
    text(value);
}

/* Options that are not in this version are left out, as in the help. */
static void options(const char *name, const struct option *table)
{
    const char *between = "";

    printf("\"%s\":[", name);
    for (; table && table->name; table++) {
        if (table->later)
            continue;
        printf("%s\n  {", between);
        member("name", table->name);
        putchar(',');
        member("value", table->value);
        putchar(',');
        member("help", table->help);
        putchar('}');
        between = ",";
    }
    putchar(']');
}

static void verb(const struct command *command)
{
    putchar('{');
    member("name", command->name);
    putchar(',');
    member("synopsis", command->synopsis);
    putchar(',');
    member("purpose", command->purpose);
    putchar(',');
    member("text", command->text);
    putchar(',');
    options("options", command->options);
    putchar('}');
}

int main(void)
{
    putchar('{');
    member("version", sp_version());
    printf(",\n\"exit\":[");
    for (const struct exit_meaning *m = exit_meanings; m->meaning; m++) {
        printf("%s\n  {\"code\":%d,", m == exit_meanings ? "" : ",", m->code);
        member("meaning", m->meaning);
        putchar('}');
    }
    printf("],\n");
    options("common", common_options);
    printf(",\n\"verbs\":[");
    for (const struct command *const *c = commands; *c; c++) {
        printf("%s\n ", c == commands ? "" : ",");
        verb(*c);
    }
    printf("]}\n");
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : EXIT_IO;
}
