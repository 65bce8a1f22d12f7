/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "../../../cmd/spoor/cli.h"
#include "tap.h"

static char said[8192];
static int before;

/* From here on stderr is kept, until heard(). */
static void listen(void)
{
    FILE *file = tmpfile();

    fflush(stderr);
    before = dup(2);
    if (file)
        (void)dup2(fileno(file), 2);
    if (file)
        (void)fclose(file);
}

static const char *heard(void)
{
    ssize_t n;

    fflush(stderr);
    (void)lseek(2, 0, SEEK_SET);
    n = read(2, said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    (void)dup2(before, 2);
    (void)close(before);
    return said;
}

static size_t widest(const char *text)
{
    size_t most = 0;

    while (*text) {
        size_t n = strcspn(text, "\n");

        most = n > most ? n : most;
        text += n + (text[n] == '\n');
    }
    return most;
}

TEST(without_a_terminal_a_line_stays_whole)
{
    listen();
    say_wrapped(0, 4, "%s words and more words", "some");
    is_text(heard(), "some words and more words\n");
}

TEST(on_a_terminal_it_is_wrapped_at_blanks)
{
    listen();
    say_wrapped(12, 4, "some words and more words");
    is_text(heard(), "some words\n    and more\n    words\n");
}

TEST(a_word_that_is_too_long_is_cut)
{
    listen();
    say_wrapped(8, 2, "abcdefghijklmnop");
    is_text(heard(), "abcdefgh\n  ijklmn\n  op\n");
}

TEST(a_command_is_quoted_where_a_shell_wants_it)
{
    const char *const word[] = { "spoor", "explain", "plain-1.yml", "it's here@5", "", NULL };

    listen();
    say_command(0, word);
    is_text(heard(), "spoor explain plain-1.yml 'it'\\''s here@5' ''\n");
}

/* What a shell makes of it is the same at every width. */
TEST(a_command_can_be_copied_at_any_width)
{
    const char *const word[] = { "printf", "%s|", "/a/folder with blanks/another-one/it's/file name.evtx@4608", "24e3e58a-646b-4b50", "x", NULL };
    char path[] = "/tmp/spoor-words-XXXXXX", command[128], line[512];
    bool all = true;

    for (unsigned width = 40; width < 100; width++) {
        int fd = mkstemp(path);
        FILE *pipe;

        listen();
        say_command(width, word);
        (void)heard();
        ok(widest(said) <= width);
        if (fd < 0 || write(fd, said, strlen(said)) < 0)
            skip_test("no temporary file");
        (void)close(fd);
        (void)snprintf(command, sizeof command, "sh %s", path);
        pipe = popen(command, "r");
        line[0] = '\0';
        if (pipe && !fgets(line, sizeof line, pipe))
            line[0] = '\0';
        if (pipe)
            (void)pclose(pipe);
        all &= strcmp(line, "/a/folder with blanks/another-one/it's/file name.evtx@4608|24e3e58a-646b-4b50|x|") == 0;
        (void)unlink(path);
        memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    }
    ok(all);
}

TEST(what_would_steer_a_terminal_is_shown_instead)
{
    const char *const word[] = { "spoor", "a\033[31m", NULL };

    listen();
    say_command(80, word);
    is_text(heard(), "spoor 'a\\x1b[31m'\n");
}
