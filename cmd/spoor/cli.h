/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share: one table of options a verb (which parses, and prints the help), errors in the form
 * `spoor: WHERE: WHAT; WHAT TO DO`, where output goes, what progress looks like.
 */
#ifndef SP_CMD_CLI_H
#define SP_CMD_CLI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "spoor/case.h"
#include "spoor/hunt.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAIL_ON = 1, EXIT_USAGE = 2, EXIT_PARTIAL = 3, EXIT_FAILED = 4, EXIT_IO = 5, EXIT_INTERRUPTED = 130 };

struct option {
    const char *name;    /* "--rules", or "-j" */
    const char *value;   /* what it takes, for the help: a word (FILE), or all that it may be (fast|plain); NULL: a flag; in brackets: it may be left
                            out, and is "" then */
    const char *help;
    bool later;          /* of the contract, not in this version */
};

struct command {
    const char *name;
    const char *synopsis;  /* behind "spoor NAME" */
    const char *purpose;   /* one line for `spoor help` */
    const char *text;      /* a paragraph for `spoor help NAME` */
    const struct option *options; /* ends with a NULL name; the common ones are added */
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command *const commands[]; /* ends with NULL */

/* For the overview: the verbs from `first` on, in the order of `commands`, serve this end. Ends with NULL. */
struct verb_group {
    const char *first, *title;
};
extern const struct verb_group verb_groups[];

/* The whole program, without `main`: argv as the process gets it, the exit code back. */
int spoor_main(int argc, char **argv);

/* What each exit code says, for the help and the manual; ends with a NULL meaning. */
struct exit_meaning {
    int code;
    const char *meaning;
};
extern const struct exit_meaning exit_meanings[];

/* One word of the command line: an option with its value, or (option NULL) a path or other operand. */
struct word {
    const struct option *option;
    const char *value;
};

struct cli {
    const struct command *command;
    struct word *word;
    size_t count;
    const char **pool; /* room that cli_all hands out of */
    size_t pool_used;
};

/* 0; EXIT_USAGE when a word was wrong (said already); -1 when help was printed. Free with cli_done in all cases. */
int cli_parse(struct cli *cli, const struct command *command, int argc, char **argv);
void cli_done(struct cli *cli);
bool cli_has(const struct cli *cli, const char *option);
const char *cli_get(const struct cli *cli, const char *option);  /* the last value, or NULL */
struct sp_texts cli_all(struct cli *cli, const char *option);    /* every value; "" asks for the operands */

void cli_help(FILE *to, const struct command *command);
void cli_overview(FILE *to);

/* `spoor: WHERE: WHAT; WHAT TO DO` on stderr, made harmless; parts that are empty are left out. */
void cli_error(const struct sp_error *err);
__attribute__((format(printf, 3, 4))) int cli_usage(const char *where, const char *cure, const char *fmt, ...);
int cli_exit_code(int error_code); /* of an sp_error code */

/* --format NAME among `allowed` ("table json csv"); the default is table on a terminal, else json. */
int cli_format(const struct cli *cli, const char *allowed, enum sp_format *ret);

/* The surroundings of a call: stderr and its progress line, stdout or --output, SIGINT. One a process. */
struct surroundings {
    struct sp_ctx ctx;
    struct sp_output output;
    int fd;
    const char *path;       /* of --output, or "standard output" */
    int progress;           /* 0 none, 1 a line on the terminal, 2 JSON lines, 3 the line from the first moment on */
    bool quiet, drawn;
    double began_s;
};

/* From the common options; EXIT_USAGE or EXIT_IO after saying why. */
int surroundings_init(struct surroundings *s, const struct cli *cli, const char *formats);
/* Close the output; the error that closing brings up is said. Returns 0 or EXIT_IO. */
int surroundings_done(struct surroundings *s);
void surroundings_progress(void *arg, const struct sp_progress *at);
void surroundings_clear(struct surroundings *s); /* take the progress line away */

/* The folder of the plan cache, from the environment, into `out` and returned; NULL: there is none. */
const char *plan_folder(char out[4096]);

/* Columns of the terminal that a descriptor is; 0: it is none. */
unsigned width_of(int fd);
/* A line on stderr, wrapped at blanks to `width` columns (0: not at all); lines behind the first begin with `indent` blanks.
 * Whatever of it comes from logs or rules is to be made harmless before (spoor/safe.h). */
__attribute__((format(printf, 3, 4))) void say_wrapped(unsigned width, unsigned indent, const char *fmt, ...);
/* A command (its words, then NULL) on stderr as a shell takes it: quoted, harmless, and where it is wider than `width` on
 * several lines that end in a backslash, inside of words too, so that it can be copied as it stands. */
void say_command(unsigned width, const char *const *word);

/* The case that is meant: of --case, of $SPOOR_CASE, or spoor.case in the working directory; NULL with --no-case. `*asked`: by
 * name. */
const char *case_path(const struct cli *cli, bool *asked);

/* Who does it, on which machine, with which words. */
struct case_by {
    struct sp_case_by by;
    char who[256], host[256];
    char *argv;
};
void case_by_init(struct case_by *by, const struct cli *cli);
void case_by_done(struct case_by *by);

/* A whole file for --summary. */
int write_file(const char *path, const void *bytes, size_t len);

/* The s of several. */
static inline const char *plural(unsigned long long n)
{
    return n == 1 ? "" : "s";
}

/* 1234567 as 1,234,567; 12.3 MB: into `out` and returned. */
const char *with_commas(char out[32], unsigned long long n);
const char *with_unit(char out[32], double bytes);

/* Shared tables of options. */
extern const struct option common_options[];
/* The number of -j; `*ret` stays as it is where there is none. 0 or cli_usage's code. */
int cli_jobs(struct cli *cli, unsigned *ret);
void read_options(struct cli *cli, struct sp_read_options *ret);
void rules_options(struct cli *cli, struct sp_rules_options *ret);
/* The options that rules_options reads, of verbs that take rules as a hunt does. */
#define RULES_OPTIONS                                                                                                                   \
    { "--rules", "PATH", "Sigma rules: a file, a folder or an archive; may be repeated. spoor's own are always loaded as well", false }, \
    { "--no-own-rules", NULL, "without spoor's own rules", false },                                                                     \
    { "--level", "LEVEL", "rules of this level and above: informational, low, medium, high, critical", false },                         \
    { "--status", "LIST", "rules of these statuses (default: stable,test,experimental)", false },                                       \
    { "--rule", "ID", "this rule only; may be repeated", false },                                                                       \
    { "--exclude-rule", "ID", "not this rule; may be repeated", false },                                                                \
    { "--tag", "TAG", "rules with this tag, such as attack.t1003; may be repeated", false },                                            \
    { "--pipeline", "FILE", "a pySigma processing pipeline; may be repeated", false },                                                  \
    { "--list", "NAME=FILE", "values for a rule's placeholder %NAME%, one a line; may be repeated", false }

#endif
