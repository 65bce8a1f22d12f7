/* SPDX-License-Identifier: Apache-2.0
 *
 * Words on stderr for people. In: text, the width of their terminal (0: there is none, lines are as long as they get).
 * Out: lines that fit, and commands that can be copied whatever their length.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "spoor/safe.h"

enum { LINE_MAX_BYTES = 4096 };

unsigned width_of(int fd)
{
    struct winsize size;

    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

/* Bytes of a line that take no more than `width` columns: bytes are counted, of which a character has no fewer than columns. */
static size_t fitting(const char *text, size_t width)
{
    size_t len = strlen(text), cut = width;

    if (len <= width)
        return len;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    if (cut)
        return cut;
    for (cut = width; cut > 1 && ((unsigned char)text[cut] & 0xC0) == 0x80;)
        cut--;
    return cut;
}

void say_wrapped(unsigned width, unsigned indent, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES], *at = line;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    for (bool first = true; *at || first; first = false) {
        unsigned left = first ? 0 : indent;
        size_t n = width > left ? fitting(at, width - left) : strlen(at);

        fprintf(stderr, "%*s%.*s\n", (int)left, "", (int)n, at);
        for (at += n; *at == ' ';)
            at++;
    }
}

static bool plain(const char *text, size_t len)
{
    static const char *const good = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./@%+=:,-";

    return len && strspn(text, good) >= len;
}

/* Bytes that a run of text takes as a word of a shell. */
static size_t quoted(const char *text, size_t len)
{
    size_t n = len;

    if (plain(text, len))
        return len;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\'' ? 3 : 0;
    return n + 2;
}

static void put_quoted(const char *text, size_t len)
{
    bool bare = plain(text, len);

    if (!bare)
        fputc('\'', stderr);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\'')
            fputs("'\\''", stderr);
        else
            fputc(text[i], stderr);
    if (!bare)
        fputc('\'', stderr);
}

/* How much of the word goes on a line of its own that ends in a backslash: up to a slash, if there is one. */
static size_t piece(const char *text, size_t width)
{
    size_t len = strlen(text), n = 1, slash = 0;

    if (quoted(text, len) <= width)
        return len;
    while (n < len && quoted(text, n + 1) <= width - 1) {
        n++;
        if (text[n - 1] == '/')
            slash = n;
    }
    if (slash)
        return slash;
    while (n > 1 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

void say_command(unsigned width, const char *const *word)
{
    char text[LINE_MAX_BYTES];
    size_t column = 0;

    for (; *word; word++) {
        size_t len = sp_safe_text(text, sizeof text, *word), need = quoted(text, len);
        size_t behind = word[1] ? 2 : 0; /* room for a blank and a backslash */

        if (column && width && column + 1 + need + behind > width) {
            fputs(" \\\n", stderr);
            column = 0;
        } else if (column) {
            fputc(' ', stderr);
            column++;
        }
        for (const char *at = text; len; at += need, len -= need) {
            need = width ? piece(at, column ? len + need : width - behind) : len;
            put_quoted(at, need);
            column += quoted(at, need);
            if (need < len) {
                fputs("\\\n", stderr);
                column = 0;
            }
        }
    }
    fputc('\n', stderr);
}
