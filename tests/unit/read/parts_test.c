/* SPDX-License-Identifier: Apache-2.0 */
#include "read/parts.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evtx_samples.h"
#include "read/reader.h"
#include "tap.h"

/* A file in memory that can be opened by its name, any number of times. */
struct memory_file {
    int fd;
    char path[64];
};

static struct memory_file file_of(struct sp_str bytes)
{
    struct memory_file f = { .fd = memfd_create("test", MFD_CLOEXEC) };

    (void)snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    for (size_t at = 0; f.fd >= 0 && at < bytes.len;) {
        ssize_t n = write(f.fd, bytes.ptr + at, bytes.len - at);

        if (n <= 0)
            break;
        at += (size_t)n;
    }
    return f;
}

static struct sp_limits limits;
static bool carve;

/* One of two readers by turns, as two workers have them. */
static struct sp_reader *next_reader(void)
{
    static struct sp_reader *reader[2][2];
    static unsigned turn;
    struct sp_reader_options o = { &limits, NULL, SP_SOURCE_NONE, carve, true };
    struct sp_reader **r = &reader[carve][turn++ % 2];

    if (!*r)
        *r = sp_reader_new(&o);
    return *r;
}

/* A line a record, after that the account: all that must not depend on how the file was read. */
static void read_records(struct sp_reader *r, uint64_t lines, struct sp_buf *out)
{
    struct sp_record one;
    struct sp_digest sha;

    while (sp_reader_next(r, &one) > 0) {
        (void)sp_sha256(one.raw, &sha);
        sp_buf_printf(out, "%llu@%llu+%llu%s ", (unsigned long long)(one.number + (one.by_line ? lines : 0)),
                      (unsigned long long)one.offset, (unsigned long long)one.length, one.carved ? "c" : "");
        sp_buf_hex(out, &sha, 4, false);
        sp_buf_char(out, '\n');
    }
}

static void write_account(struct sp_account *a, struct sp_buf *out)
{
    struct sp_account_to to = { NULL, "test", &limits };

    sp_account_settle(a, &to);
    sp_buf_printf(out, "%s lost %d opened %d bytes %llu records %llu undecodable %llu carved %llu duplicates %llu\n",
                  sp_source_type_name(a->type), a->lost, a->opened, (unsigned long long)a->bytes, (unsigned long long)a->records,
                  (unsigned long long)a->undecodable, (unsigned long long)a->carved, (unsigned long long)a->duplicates);
    sp_buf_printf(out, "gaps %llu missing %llu errors %llu of %llu\n", (unsigned long long)a->gaps, (unsigned long long)a->missing,
                  (unsigned long long)a->error_count, (unsigned long long)a->error_total);
    for (uint64_t i = 0; i < a->error_count; i++)
        sp_buf_printf(out, "%llu %d %s\n", (unsigned long long)a->error[i].offset, a->error[i].lost, a->error[i].reason);
}

static void read_whole(const char *path, struct sp_buf *out)
{
    struct sp_reader *r = next_reader();
    struct sp_account account;

    sp_account_init(&account);
    if (r && sp_reader_open(r, path, true, &account) > 0)
        read_records(r, 0, out);
    write_account(&account, out);
    sp_account_done(&account);
}

static unsigned extensions;

static bool read_on(void *arg, struct sp_part *next)
{
    extensions++;
    return sp_parts_read_on(arg, next);
}

/* The parts one after the other, each with a reader that may know nothing of those before. Their number. */
static unsigned read_parts(struct sp_parts *parts, struct sp_buf *out)
{
    struct sp_account_to to = { NULL, "test", &limits };
    struct sp_account account, one;
    struct sp_part part;
    uint64_t lines = 0;
    unsigned count = 0;

    sp_account_init(&account);
    sp_account_init(&one);
    while (sp_parts_next(parts, &part)) {
        struct sp_reader *r = next_reader();

        count++;
        part.extend = read_on;
        part.arg = parts;
        if (r && sp_reader_open_part(r, parts, &part, &one) > 0) {
            read_records(r, lines, out);
            lines += sp_reader_lines(r);
        }
        (void)sp_account_add(&account, &to, &one);
    }
    write_account(&account, out);
    sp_account_done(&account);
    sp_account_done(&one);
    return count;
}

/* Both ways give the same; the number of parts that were read, 0: the file is none to be cut. */
static unsigned same(struct sp_str bytes, uint64_t part_bytes)
{
    struct memory_file f = file_of(bytes);
    struct sp_buf whole = { 0 }, cut = { 0 };
    struct sp_parts parts;
    unsigned count = 0;

    limits = limits.json_depth ? limits : sp_limits_default();
    if (sp_parts_open(&parts, f.path, SP_SOURCE_NONE, part_bytes)) {
        read_whole(f.path, &whole);
        count = read_parts(&parts, &cut);
        is_str(sp_buf_view(&cut), whole.ptr);
        sp_parts_close(&parts);
    }
    sp_buf_done(&whole);
    sp_buf_done(&cut);
    close(f.fd);
    return count;
}

/* `piece` between lines of records, and behind all of them; large enough to be cut. */
static struct sp_str around(struct sp_buf *out, const char *piece)
{
    sp_buf_clear(out);
    for (unsigned i = 0; i < 150; i++) {
        sp_buf_printf(out, "{\"line\":%u,\"a\":{\"b\":[1,2,{\"c\":\"%.*s\"}]}}\n", i, (int)(i % 37), "-------------------------------------");
        if (i % 40 == 20)
            sp_buf_text(out, piece);
    }
    sp_buf_text(out, piece);
    return sp_buf_view(out);
}

static const char *const pieces[] = {
    "", "\n", "  \n\t\n", "\r\n", "{\"a\":1}{\"b\":2} {\"c\":3}\n", "{\"a\":1,\"a\":2}\n",
    "{\"torn\":\"x\n", "{\"torn\":", "{\"torn\":\n", "{\n", "}}}}\n", "5\n", "\"text\"\n", "[]\n", "[1,2]\n", "nonsense\n",
    "{\n  \"pretty\": 1,\n  \"inner\": {\n    \"x\": [\n      {\n        \"y\": 1\n      }\n    ]\n  }\n}\n",
    "{\"flat\":[\n{\"x\":1},\n{\"x\":2},\n{\"x\":3},\n{\"x\":4}\n]}\n",
    "[\n{\"x\":1},\n{\"x\":2},\n{\"x\":3}\n]\n", "[{\"x\":1},\n{\"x\":\n{\"x\":3}]\n", "[\n{\"never\":\"closed\"},\n",
    "  {\"indented\":1}\n", "{\"a\":\n{\"b\":\n{\"c\":\n{\"d\":1}}}}\n", "{\"broken\":\n{\"b\" 1\n{\"c\":2}\n", "\xEF\xBB\xBF{\"mark\":1}\n",
    "{\"bad\":\"\xFF\"}\n", "{\"nul\":\"\\u0000\"}\n", "plain\n{\"a\":1}\nplain\n",
};

TEST(JSON_in_parts_is_the_JSON_of_the_whole_wherever_it_is_cut)
{
    struct sp_buf out = { 0 };
    unsigned parts = 0;

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct sp_str text = around(&out, pieces[i]);

        for (uint64_t bytes = 1; bytes < 700; bytes += 1 + bytes / 9)
            parts += same(text, bytes);
    }
    ok(parts > 10000);
    sp_buf_done(&out);
}

TEST(two_pieces_beside_each_other_too)
{
    struct sp_buf out = { 0 }, both = { 0 };
    size_t n = sizeof pieces / sizeof *pieces;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            sp_buf_clear(&both);
            sp_buf_printf(&both, "%s%s%c", pieces[i], pieces[j], '\0');
            (void)same(around(&out, both.ptr), 100 + 13 * (i + j));
        }
    sp_buf_done(&out);
    sp_buf_done(&both);
}

TEST(lines_of_NDJSON_are_many_parts_and_a_torn_one_ends_none_of_them)
{
    struct sp_buf out = { 0 };

    extensions = 0;
    ok(same(around(&out, ""), 512) > 10);
    ok(same(around(&out, "{\"torn\":\"x\n"), 512) > 10);
    ok(extensions == 0);
    ok(same(around(&out, "{\"torn\":{\"y\":\n"), 512) > 10);
    ok(same(around(&out, "{\"flat\":[\n{\"x\":1},\n{\"x\":2}\n]}\n"), 512) > 10);
    ok(same(around(&out, "[\n{\"never\":\"closed\"},\n"), 512) < 6);
    ok(extensions > 0);
    sp_buf_done(&out);
}

TEST(records_beyond_a_limit_are_passed_over_the_same)
{
    struct sp_buf out = { 0 }, big = { 0 };

    limits = sp_limits_default();
    limits.record_bytes = 1024;
    sp_buf_text(&big, "{\"big\":\"");
    for (unsigned i = 0; i < 3000; i++)
        sp_buf_char(&big, i % 701 == 700 ? '{' : 'x');
    sp_buf_text(&big, "\"}\n");
    sp_buf_char(&big, '\0');
    for (uint64_t bytes = 1; bytes < 5000; bytes += 1 + bytes / 5)
        (void)same(around(&out, big.ptr), bytes);
    limits = sp_limits_default();
    sp_buf_done(&out);
    sp_buf_done(&big);
}

TEST(plain_text_in_parts_has_the_lines_of_the_whole)
{
    struct sp_buf out = { 0 };

    for (unsigned i = 0; i < 400; i++)
        sp_buf_printf(&out, "%u some words%s%s", i, i % 7 ? "" : " \xFF and bytes", i % 5 ? "\n" : "\r\n\n");
    for (uint64_t bytes = 1; bytes < 2000; bytes += 1 + bytes / 7)
        ok(same(sp_buf_view(&out), bytes) > 2);
    sp_buf_text(&out, "no end of line");
    ok(same(sp_buf_view(&out), 512) > 2);
    sp_buf_done(&out);
}

TEST(EVTX_in_parts_has_records_troubles_and_holes_of_the_whole)
{
    struct sp_buf log = { 0 };

    ok(sample_log(&log, false));
    ok(sp_buf_reserve(&log, 8 * SP_EVTX_CHUNK)); /* what is added is of the log itself */
    for (unsigned i = 1; !log.failed && log.len > 4096 && i < 9; i++) {
        size_t from = log.len;

        sp_buf_add(&log, log.ptr + 4096, SP_EVTX_CHUNK);
        log.ptr[from + (i == 3 ? 0 : 52)] ^= (char)(i == 3 || i == 5); /* a magic, a checksum */
        if (i == 6)
            memset(log.ptr + from + 600, 0x41, 3000);
        if (i == 7)
            memset(log.ptr + from, 0, SP_EVTX_CHUNK);
    }
    for (int c = 0; c < 2; c++) {
        carve = c != 0;
        for (unsigned n = 1; n < 4; n++) {
            ok(same(sp_buf_view(&log), (uint64_t)n * SP_EVTX_CHUNK) > 2);
            ok(same(sp_str_cut(sp_buf_view(&log), 4096, log.len - 4096 - 30000), (uint64_t)n * SP_EVTX_CHUNK) > 2);
        }
    }
    carve = false;
    sp_buf_done(&log);
}

TEST(what_cannot_be_cut_is_read_as_a_whole)
{
    struct sp_buf out = { 0 };
    struct sp_str text = around(&out, "");

    is_u64(same(text, text.len), 0);
    sp_buf_clear(&out);
    for (unsigned i = 0; i < 900; i++)
        sp_buf_text(&out, i ? ",\n  {\"a\": 1}" : "[\n  {\"a\": 1}");
    sp_buf_text(&out, "\n]\n");
    is_u64(same(sp_buf_view(&out), 100), 0);
    sp_buf_clear(&out);
    for (unsigned i = 0; i < 900; i++)
        sp_buf_text(&out, "{\n  \"a\": 1\n}\n");
    is_u64(same(sp_buf_view(&out), 100), 0);
    sp_buf_clear(&out);
    sp_buf_add(&out, "\xFF\xFE", 2);
    for (unsigned i = 0; i < 4000; i++)
        sp_buf_add(&out, i % 40 ? "a" : "\n", 2);
    is_u64(same(sp_buf_view(&out), 100), 0);
    sp_buf_done(&out);
}
