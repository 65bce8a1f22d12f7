/* SPDX-License-Identifier: Apache-2.0
 *
 * A test program in one header: TEST(sentence) { ok(...); is_u64(...); } and nothing else; the
 * output is TAP 13 (testanything.org), one line a test, each failed check as a comment above it.
 * Include it in exactly one .c file of a test program. TAP_ARGS(argc, argv) may be read by tests
 * through tap_argc and tap_argv.
 */
#ifndef SP_TESTS_TAP_H
#define SP_TESTS_TAP_H
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct tap_test {
    const char *name;
    void (*run)(void);
    struct tap_test *next;
};
static struct tap_test *tap_first, **tap_last = &tap_first;
static unsigned tap_wrong;
static const char *tap_skip_why;
static char **tap_argv;
static int tap_argc;

/* What a bound of so many seconds is here: where the tests run under Valgrind, $TAP_SLOW says how many times slower that is. */
static inline double tap_seconds(double seconds)
{
    const char *slow = getenv("TAP_SLOW");

    return slow ? seconds * strtod(slow, NULL) : seconds;
}

#define TEST(sentence)                                                                  \
    static void test_##sentence(void);                                                  \
    __attribute__((constructor)) static void tap_add_##sentence(void)                   \
    {                                                                                   \
        static struct tap_test t = { #sentence, test_##sentence, NULL };                \
        *tap_last = &t;                                                                 \
        tap_last = &t.next;                                                             \
    }                                                                                   \
    static void test_##sentence(void)

#define tap_fail(...)                                        \
    do {                                                     \
        tap_wrong++;                                         \
        printf("# %s:%d: ", __FILE__, __LINE__);             \
        printf(__VA_ARGS__);                                 \
        printf("\n");                                        \
    } while (0)

/* The condition holds. */
#define ok(condition)                                        \
    do {                                                     \
        if (!(condition))                                    \
            tap_fail("not true: %s", #condition);            \
    } while (0)

#define is_u64(seen, wanted)                                                                     \
    do {                                                                                         \
        uint64_t tap_s = (uint64_t)(seen), tap_w = (uint64_t)(wanted);                           \
        if (tap_s != tap_w)                                                                      \
            tap_fail("%s: seen %" PRIu64 ", wanted %" PRIu64, #seen, tap_s, tap_w);              \
    } while (0)

#define is_i64(seen, wanted)                                                                     \
    do {                                                                                         \
        int64_t tap_s = (int64_t)(seen), tap_w = (int64_t)(wanted);                              \
        if (tap_s != tap_w)                                                                      \
            tap_fail("%s: seen %" PRId64 ", wanted %" PRId64, #seen, tap_s, tap_w);              \
    } while (0)

/* struct sp_str against a C string. */
#define is_str(seen, wanted)                                                                             \
    do {                                                                                                 \
        struct sp_str tap_s = (seen);                                                                    \
        if (!sp_str_is(tap_s, (wanted)))                                                                 \
            tap_fail("%s: seen '%.*s', wanted '%s'", #seen, SP_STR_ARG(tap_s), (wanted));                \
    } while (0)

/* Two C strings. */
#define is_text(seen, wanted)                                                                    \
    do {                                                                                         \
        const char *tap_s = (seen), *tap_w = (wanted);                                           \
        if (!tap_s || strcmp(tap_s, tap_w) != 0)                                                 \
            tap_fail("%s: seen '%s', wanted '%s'", #seen, tap_s ? tap_s : "(null)", tap_w);      \
    } while (0)

/* Leave the test; it counts as skipped, with the reason. */
#define skip_test(why)        \
    do {                      \
        tap_skip_why = (why); \
        return;               \
    } while (0)

int main(int argc, char **argv)
{
    unsigned number = 0, failed = 0;

    tap_argc = argc;
    tap_argv = argv;
    for (struct tap_test *t = tap_first; t; t = t->next)
        number++;
    printf("1..%u\n", number);
    number = 0;
    for (struct tap_test *t = tap_first; t; t = t->next) {
        tap_wrong = 0;
        tap_skip_why = NULL;
        t->run();
        failed += tap_wrong != 0;
        printf("%sok %u - ", tap_wrong ? "not " : "", ++number);
        for (const char *c = t->name; *c; c++)
            putchar(*c == '_' ? ' ' : *c);
        if (tap_skip_why)
            printf(" # SKIP %s", tap_skip_why);
        printf("\n");
        fflush(stdout);
    }
    return failed != 0;
}

#endif
