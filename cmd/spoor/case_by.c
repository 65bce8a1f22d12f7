/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the command line and the surroundings. Out: which case is meant, and who does it with which words, for the record. A
 * password on the command line does not go there.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char *case_path(const struct cli *cli, bool *asked)
{
    const char *path = cli_get(cli, "--case"), *set = getenv("SPOOR_CASE");

    *asked = path || (set && *set);
    if (cli_has(cli, "--no-case"))
        return NULL;
    return path ? path : *asked ? set : "spoor.case";
}

/* Length of the UTF-8 sequence at `p`, 0: it is none. */
static size_t sequence(const unsigned char *p)
{
    size_t n = *p < 0x80 ? 1 : *p >= 0xC2 && *p < 0xE0 ? 2 : (*p & 0xF0) == 0xE0 ? 3 : *p >= 0xF0 && *p < 0xF5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* Append a JSON text; a byte that is no UTF-8 becomes U+FFFD. */
static void put_text(FILE *to, const char *text)
{
    size_t n;

    fputc('"', to);
    for (const unsigned char *p = (const unsigned char *)text; *p; p += n ? n : 1)
        if ((n = sequence(p)) == 0)
            fputs("\\ufffd", to);
        else if (n > 1)
            (void)fwrite(p, 1, n, to);
        else if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7F)
            fprintf(to, "\\u%04x", *p);
        else
            fputc(*p, to);
    fputc('"', to);
}

static bool is_secret(const struct word *word)
{
    return word->option && strcmp(word->option->name, "--archive-password") == 0;
}

/* The words as they were understood: `--opt=value` is two. */
static char *words(const struct cli *cli)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    bool good;

    if (!to)
        return NULL;
    fprintf(to, "[\"spoor\",\"%s\"", cli->command->name);
    for (size_t i = 0; i < cli->count; i++) {
        const struct word *w = &cli->word[i];

        if (w->option) {
            fputc(',', to);
            put_text(to, w->option->name);
        }
        if (w->value) {
            fputc(',', to);
            put_text(to, is_secret(w) ? "(not kept)" : w->value);
        }
    }
    fputc(']', to);
    good = !ferror(to);
    if (fclose(to) == 0 && good)
        return text;
    free(text);
    return NULL;
}

void case_by_init(struct case_by *by, const struct cli *cli)
{
    const struct passwd *account = getpwuid(getuid());

    *by = (struct case_by){ .argv = words(cli) };
    if (account)
        (void)snprintf(by->who, sizeof by->who, "%s", account->pw_name);
    else
        (void)snprintf(by->who, sizeof by->who, "uid %lu", (unsigned long)getuid());
    if (gethostname(by->host, sizeof by->host - 1) != 0)
        by->host[0] = '\0';
    by->by = (struct sp_case_by){ by->who, *by->host ? by->host : NULL, by->argv };
}

void case_by_done(struct case_by *by)
{
    free(by->argv);
}
