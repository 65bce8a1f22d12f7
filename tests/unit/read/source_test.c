/* SPDX-License-Identifier: Apache-2.0 */
#include "read/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "spoor/ctx.h"
#include "tap.h"

static char root[64]; /* a folder of this test's own, the working directory while it runs */
static struct sp_buf out, noted;

static void note(void *arg, const struct sp_error *what)
{
    (void)arg;
    sp_buf_printf(&noted, "%s: %s; %s\n", what->where, what->what, what->cure);
}
static const struct sp_ctx ctx = { .note = note };

static void enter(void)
{
    (void)snprintf(root, sizeof root, "/tmp/spoor-source-XXXXXX");
    if (!mkdtemp(root) || chdir(root) < 0)
        tap_fail("no scratch folder");
    sp_buf_clear(&noted);
}

static void leave(void)
{
    char command[256];

    (void)snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -r %s", root, root);
    if (chdir("/") < 0 || system(command) != 0)
        tap_fail("scratch folder stays");
}

static void put_bytes(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
        tap_fail("%s cannot be written", path);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

/* Paths with their orgs, settled: a line each, `org:path reason lost`. */
static struct sp_str listed(const char *const *org_path, size_t n)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_source_list list = { 0 };
    struct sp_error err = { 0 };

    sp_buf_clear(&out);
    for (size_t i = 0; i + 1 < n; i += 2)
        is_i64(sp_source_add(&list, org_path[i], org_path[i + 1], &limits, &ctx, &err), 0);
    is_i64(sp_source_list_settle(&list, &err), 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct sp_source *s = &list.source[i];

        sp_buf_printf(&out, "%s:%s%s%s%s\n", s->org, s->path, s->skipped ? " " : "", s->skipped ? s->skipped : "", s->lost ? " (lost)" : "");
    }
    sp_source_list_done(&list);
    return sp_buf_view(&out);
}
#define LISTED(...) listed((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

TEST(folders_are_walked_in_byte_order_whatever_is_given)
{
    enter();
    mkdir("d", 0755);
    mkdir("d/b", 0755);
    put("d/z", "1");
    put("d/b/y", "2");
    put("d/a", "3");
    put("d/.hidden", "4");
    is_str(LISTED("o", "d"), "o:d/.hidden\no:d/a\no:d/b/y\no:d/z\n");
    is_str(LISTED("o", "d/z", "o", "d/", "o", "d/a"), "o:d/.hidden\no:d/a\no:d/b/y\no:d/z\n");
    is_str(LISTED("p", "d/a", "o", "d/a"), "o:d/a\np:d/a\n");
    leave();
}

TEST(equal_files_of_one_org_are_read_once_at_the_smallest_path)
{
    enter();
    put("b", "same");
    put("a", "same");
    put("c", "same");
    put("d", "sam!");
    put("e", "");
    put("f", "");
    is_str(LISTED("o", "c", "o", "b", "o", "a", "o", "d"), "o:a\no:b duplicate of a\no:c duplicate of a\no:d\n");
    is_str(LISTED("o", "b", "p", "a"), "o:b\np:a\n");
    is_str(LISTED("o", "e", "o", "f"), "o:e\no:f\n");
    leave();
}

TEST(large_files_that_differ_in_the_middle_are_no_copies)
{
    size_t size = 300000;
    char *bytes = calloc(1, size);

    enter();
    put_bytes("a", bytes, size);
    put_bytes("c", bytes, size);
    bytes[size / 2] = 1;
    put_bytes("b", bytes, size);
    put_bytes("d", bytes, size);
    is_str(LISTED("o", "a", "o", "b"), "o:a\no:b\n");
    is_str(LISTED("o", "a", "o", "c"), "o:a\no:c duplicate of a\n");
    is_str(LISTED("o", "a", "o", "b", "o", "c", "o", "d"), "o:a\no:b\no:c duplicate of a\no:d duplicate of b\n");
    free(bytes);
    leave();
}

TEST(pipes_sockets_links_and_loops_in_a_folder_do_not_block)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "d/sock" };
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    enter();
    mkdir("d", 0755);
    put("d/log", "x");
    put("far", "y");
    ok(mkfifo("d/fifo", 0600) == 0);
    ok(bind(s, (struct sockaddr *)&name, sizeof name) == 0);
    ok(symlink(".", "d/loop") == 0 && symlink("self", "d/self") == 0);
    ok(symlink("../far", "d/near") == 0 && symlink("nowhere", "d/torn") == 0);
    is_str(LISTED("o", "d"), "o:d/fifo a pipe\no:d/log\no:d/loop a link to a folder\no:d/near\no:d/self a link to itself\n"
                             "o:d/sock a socket\no:d/torn cannot be opened: No such file or directory (lost)\n");
    is_str(sp_buf_view(&noted), "d/torn: cannot be opened: No such file or directory; check the path\n");
    is_str(LISTED("o", "d/loop"), "o:d/loop/fifo a pipe\no:d/loop/log\no:d/loop/loop a link to a folder\no:d/loop/near\n"
                                  "o:d/loop/self a link to itself\no:d/loop/sock a socket\n"
                                  "o:d/loop/torn cannot be opened: No such file or directory (lost)\n");
    close(s);
    leave();
}

TEST(what_cannot_be_read_is_listed_and_told)
{
    enter();
    put("good", "x");
    is_str(LISTED("o", "gone", "o", "good", "o", "/dev/null", "o", "good/x"),
           "o:/dev/null is a device, not a log (lost)\no:gone cannot be opened: No such file or directory (lost)\no:good\n"
           "o:good/x cannot be opened: Not a directory (lost)\n");
    is_str(sp_buf_view(&noted), "gone: cannot be opened: No such file or directory; check the path\n"
                                "/dev/null: is a device, not a log; give a file, a folder, a pipe or -\n"
                                "good/x: cannot be opened: Not a directory; check the path\n");
    if (geteuid() != 0) {
        chmod("good", 0);
        is_str(LISTED("o", "good"), "o:good cannot be opened: Permission denied (lost)\n");
    }
    leave();
}

TEST(too_many_files_are_a_limit)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_source_list list = { 0 };
    struct sp_error err = { 0 };

    enter();
    put("a", "1");
    put("b", "2");
    limits.files = 1;
    is_i64(sp_source_add(&list, "o", ".", &limits, &ctx, &err), SP_ERR_LIMIT);
    ok(strstr(err.what, "limit files") && err.where[0]);
    sp_source_list_done(&list);
    leave();
}

TEST(a_file_is_read_in_order_and_at_places)
{
    struct sp_input input;
    struct sp_error err;
    char room[16];

    enter();
    put("f", "0123456789");
    is_i64(sp_input_open(&input, "f", &err), 0);
    is_str(input.head, "0123456789");
    is_u64(input.size, 10);
    is_i64(sp_input_read(&input, room, 4, &err), 4);
    is_i64(sp_input_read_at(&input, room, 16, 7, &err), 3);
    ok(memcmp(room, "789", 3) == 0);
    is_i64(sp_input_read(&input, room, 16, &err), 6);
    ok(memcmp(room, "456789", 6) == 0);
    is_i64(sp_input_read(&input, room, 16, &err), 0);
    is_i64(sp_input_read_at(&input, room, 16, UINT64_MAX, &err), 0);
    sp_input_close(&input);
    sp_input_close(&input);
    leave();
}

TEST(inputs_that_are_no_files_are_refused_with_words)
{
    struct sp_input input;
    struct sp_error err;

    is_i64(sp_input_open(&input, "/", &err), SP_ERR_IO);
    is_text(err.what, "is a folder, not a log");
    is_text(err.where, "/");
    is_i64(sp_input_open(&input, "/dev/zero", &err), SP_ERR_IO);
    is_i64(sp_input_open(&input, "/nonexistent/x", &err), SP_ERR_IO);
    is_text(err.what, "cannot be opened: No such file or directory");
    is_text(err.cure, "check the path");
    is_i64(sp_input_open(&input, "/nonexistent/x", NULL), SP_ERR_IO);
    sp_input_close(&input);
    sp_input_close(&(struct sp_input){ 0 });
}

TEST(a_named_pipe_gives_all_its_bytes_and_the_head_is_not_lost)
{
    struct sp_input input;
    struct sp_error err;
    uint64_t sum = 0, n = 0;
    int64_t got;
    char room[1000];
    pid_t child;

    enter();
    ok(mkfifo("p", 0600) == 0);
    child = fork();
    if (child == 0) {
        int fd = open("p", O_WRONLY);

        for (size_t i = 0; i < 30000; i++)
            if (write(fd, "abc", i % 3 + 1) < 0)
                _exit(1);
        _exit(0);
    }
    is_i64(sp_input_open(&input, "p", &err), 0);
    ok(!input.seekable && input.head.len >= 4096);
    while ((got = sp_input_read(&input, room, sizeof room, &err)) > 0)
        for (n += (uint64_t)got; got > 0; got--)
            sum += (unsigned char)room[got - 1];
    is_i64(got, 0);
    is_u64(n, 60000);
    is_u64(sum, 10000 * (3 * 'a' + 2 * 'b' + 'c'));
    is_i64(sp_input_read_at(&input, room, 1, 0, &err), SP_ERR_INTERNAL);
    sp_input_close(&input);
    waitpid(child, NULL, 0);
    leave();
}

/* The type and the word for some bytes. */
static const char *kind_of(struct sp_str head)
{
    static char text[64];
    const char *what;
    enum sp_source_type type = sp_source_detect(head, &what);

    (void)snprintf(text, sizeof text, "%s%s%s", sp_source_type_name(type), type == SP_SOURCE_ARCHIVE ? " " : "", type == SP_SOURCE_ARCHIVE ? what : "");
    return text;
}
#define KIND(literal) kind_of(SP_STR(literal))

TEST(logs_are_known_by_their_first_bytes)
{
    char late[4200] = "";

    is_text(KIND(""), "empty");
    is_text(KIND("ElfFile\0\0"), "evtx");
    is_text(KIND("ElfFile\0this is not a log\n"), "evtx");
    is_text(KIND("ElfChnk\0"), "evtx");
    memcpy(late + 4096, "ElfChnk", 8);
    is_text(kind_of((struct sp_str){ late, sizeof late }), "evtx");
    is_text(KIND("\x1F\x8B\x08"), "archive gzip");
    is_text(KIND("PK\3\4"), "archive zip");
    is_text(KIND("BZh91AY&SY"), "archive bzip2");
    is_text(KIND("\x28\xB5\x2F\xFD"), "archive zstd");
    is_text(KIND("\x50\x2A\x4D\x18\4\0\0\0"), "archive zstd");
    is_text(KIND("MSCF\0\0\0\0"), "archive cab");
    is_text(KIND("vhdxfile\0"), "archive disk image (VHDX)");
    is_text(KIND("]\0\0\x80\0\xFF"), "archive lzma");
}

TEST(json_is_known_by_its_first_token_and_what_follows)
{
    static const char *const yes[] = { "{\"a\":1}", " \n{ \"a\" : 1", "{}", "{", "{\"a", "[{\"a\":", "[", "[[{}", "[]", "[1,2]", "[\"a\", \"b\"]", "[null]\n[",
                                       "\xEF\xBB\xBF{\"a\\\"\":1", "{\"a\":rubbish", "[-1.5e3]" };
    static const char *const no[] = { "[2026-03-02 10:00:00] started", "{foo}", "[info] x", "{\"a\" b", "[\"a\"] b", "hello", " \n", "[1] x", "\"a\"", "{ x", "[true story]",
                                      "{\"a\nb" };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (sp_source_detect(sp_str_c(yes[i]), NULL) != SP_SOURCE_JSON)
            tap_fail("%s is JSON", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (sp_source_detect(sp_str_c(no[i]), NULL) != SP_SOURCE_PLAIN)
            tap_fail("%s is plain text", no[i]);
    is_text(KIND("\xFF\xFE{\0\"\0a\0\"\0:\0"), "json");
    is_text(KIND("\xFE\xFF\0[\0{"), "json");
}

TEST(text_is_plain_and_bytes_are_nothing)
{
    char zeros[5000] = "";
    unsigned char noise[5000];
    uint32_t x = 1;

    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525 + 1013904223;
        noise[i] = (unsigned char)(x >> 24);
    }
    is_text(KIND("Mar  2 10:00:00 host sshd[1]: caf\xC3\xA9\n"), "plain");
    is_text(KIND("na\xEFve latin-1 text\n"), "plain");
    is_text(KIND("\xFF\xFEh\0i\0"), "plain");
    is_text(KIND("text with\0NUL"), "none");
    is_text(KIND("\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), "none");
    is_text(kind_of((struct sp_str){ zeros, sizeof zeros }), "none");
    is_text(kind_of((struct sp_str){ (const char *)noise, sizeof noise }), "none");
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] |= !noise[i];
    is_text(kind_of((struct sp_str){ (const char *)noise, sizeof noise }), "none");
    is_text(KIND("\1\2\3\4\5\6"), "none");
    is_text(KIND("\0\0\0["), "none");
}

TEST(types_have_names)
{
    enum sp_source_type type = SP_SOURCE_NONE;
    struct sp_error err;

    is_i64(sp_source_type_parse("json-document", &type, &err), 0);
    is_u64(type, SP_SOURCE_JSON_DOCUMENT);
    is_i64(sp_source_type_parse("zeek", &type, &err), 0);
    is_u64(type, SP_SOURCE_LATER);
    is_i64(sp_source_type_parse("Json", &type, &err), SP_ERR_USAGE);
    is_i64(sp_source_type_parse("", &type, NULL), SP_ERR_USAGE);
    is_text(err.where, "--source-type");
    is_u64(type, SP_SOURCE_LATER);
}
