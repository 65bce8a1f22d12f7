/* SPDX-License-Identifier: Apache-2.0 */
#include "read/archive.h"

#include <unistd.h>

#include "archive_make.h"
#include "read/cursor.h"
#include "spoor/ctx.h"
#include "tap.h"

static struct sp_limits limits;
static struct sp_buf out, scratch, packed;

/* Every member as a line: kind, number, path, its text or the reason. */
static struct sp_str listed(struct sp_str bytes)
{
    static const char *const kinds[] = { "file", "passed", "lost" };
    struct sp_archive_options options = { .limits = &limits };
    struct sp_archive *a;
    struct sp_member m;
    struct sp_error err;
    char room[64];
    int rc;

    sp_buf_clear(&out);
    if (sp_archive_open_bytes(&a, "outer", bytes, &options, &err) < 0) {
        tap_fail("%s", err.what);
        return sp_buf_view(&out);
    }
    while ((rc = sp_archive_next(a, &m)) > 0) {
        int64_t n = m.kind == SP_MEMBER_FILE;

        sp_buf_printf(&out, "%s %d %s ", kinds[m.kind], (int)m.number, m.path);
        sp_buf_text(&out, m.reason ? m.reason : "");
        while (n > 0 && (n = sp_archive_read(a, room, sizeof room, &err)) > 0)
            if (out.len < 4000)
                sp_buf_add(&out, room, (size_t)n);
        if (n < 0)
            sp_buf_printf(&out, "<%s>", err.what);
        sp_buf_char(&out, '\n');
    }
    is_i64(rc, 0);
    sp_archive_close(a);
    return sp_buf_view(&out);
}

static void begin(void)
{
    limits = sp_limits_default();
    sp_buf_clear(&scratch);
    sp_buf_clear(&packed);
}

static bool has(struct sp_str text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

#define S(text) { (text), sizeof(text) - 1 }

static void zip_of_two(struct sp_buf *to)
{
    const char *const names[] = { "b/one.log", "../two.log" };
    const struct sp_str texts[] = { S("eins"), S("zwei") };

    make_zip(to, names, texts, 2);
}

TEST(members_of_a_zip_come_in_order_with_their_names)
{
    begin();
    zip_of_two(&packed);
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!b/one.log eins\nfile 1 outer!../two.log zwei\n");
}

TEST(names_are_utf8_or_of_code_page_437_and_else_a_number)
{
    const char *const names[] = { "J\xC3\xB6rg.log", "J\x94rg.log", "\xE2\x82\xAC.log", "" };
    const struct sp_str texts[] = { S("eins"), S("zwei"), S("drei"), S("vier") };

    begin();
    make_zip(&packed, names, texts, 4);
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!J\xC3\xB6rg.log eins\nfile 1 outer!J\xC3\xB6rg.log zwei\n"
                                         "file 2 outer!\xE2\x82\xAC.log drei\nfile 3 outer!file 4 vier\n");
}

TEST(of_a_tar_links_and_devices_are_passed_over_and_folders_not_mentioned)
{
    begin();
    make_tar_entry(&packed, "d/", '5', SP_STR(""));
    make_tar_entry(&packed, "d/a", '0', SP_STR("text"));
    make_tar_entry(&packed, "link", '2', SP_STR(""));
    make_tar_entry(&packed, "device", '3', SP_STR(""));
    make_tar_entry(&packed, "empty", '0', SP_STR(""));
    make_tar_end(&packed);
    is_str(listed(sp_buf_view(&packed)),
           "file 0 outer!d/a text\npassed 1 outer!link a link\npassed 2 outer!device a device\nfile 3 outer!empty \n");
}

TEST(a_compressed_file_is_one_member_under_its_own_name)
{
    begin();
    make_gzip(&packed, SP_STR("some words\n"));
    make_gzip(&packed, SP_STR("and more\n")); /* a second gzip behind it belongs to it */
    is_str(listed(sp_buf_view(&packed)), "file 0 outer some words\nand more\n\n");
}

TEST(archives_in_archives_are_opened)
{
    struct sp_buf inner = { 0 };

    begin();
    zip_of_two(&inner);
    make_tar_entry(&scratch, "in.zip", '0', sp_buf_view(&inner));
    make_tar_entry(&scratch, "c.log", '0', SP_STR("drei"));
    sp_buf_clear(&inner);
    make_gzip(&inner, SP_STR("vier"));
    make_tar_entry(&scratch, "d.log.gz", '0', sp_buf_view(&inner));
    make_tar_end(&scratch);
    make_gzip(&packed, sp_buf_view(&scratch));
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!in.zip!b/one.log eins\nfile 1 outer!in.zip!../two.log zwei\n"
                                         "file 2 outer!c.log drei\nfile 3 outer!d.log.gz vier\n");
    sp_buf_done(&inner);
}

/* A text in so many tars. */
static void nest(unsigned tars)
{
    begin();
    sp_buf_text(&packed, "text");
    while (tars--) {
        sp_buf_clear(&scratch);
        make_tar_entry(&scratch, "t", '0', sp_buf_view(&packed));
        make_tar_end(&scratch);
        sp_buf_clear(&packed);
        sp_buf_str(&packed, sp_buf_view(&scratch));
    }
}

TEST(four_levels_are_read_and_a_fifth_is_lost_by_name)
{
    nest(4);
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!t!t!t!t text\n");
    nest(5);
    is_str(listed(sp_buf_view(&packed)), "lost 0 outer!t!t!t!t archives are nested deeper than 4 (limit archive-depth)\n");
    limits.archive_depth = 0;
    is_str(listed(sp_buf_view(&packed)), "lost 0 outer archives are nested deeper than 0 (limit archive-depth)\n");
}

TEST(more_files_than_the_limit_are_lost_and_said_once)
{
    begin();
    for (int i = 0; i < 9; i++)
        make_tar_entry(&packed, "t", '0', SP_STR("x"));
    make_tar_end(&packed);
    limits.files = 2;
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!t x\nfile 1 outer!t x\nlost 2 outer more than 2 files in it (limit files)\n");
}

TEST(what_expands_beyond_both_limits_is_refused_and_not_before)
{
    static char same[1 << 20];
    struct sp_str all;

    begin();
    memset(same, 'x', sizeof same);
    make_gzip(&packed, (struct sp_str){ same, sizeof same });
    limits.expansion_bytes = 100000;
    ok(!has(listed(sp_buf_view(&packed)), "refused")); /* far, but not 1000 times */
    limits.expansion_times = 20;
    all = listed(sp_buf_view(&packed));
    ok(has(all, "refused: it expands to more than 100000 bytes and 20 times its size (limits expansion-bytes, expansion-times)"));
    limits.expansion_bytes = 2 << 20;
    ok(!has(listed(sp_buf_view(&packed)), "refused"));
}

TEST(a_zip_in_an_archive_is_lost_by_name_where_it_finds_no_room_and_the_rest_is_read)
{
    struct sp_buf inner = { 0 };

    begin();
    zip_of_two(&inner);
    make_tar_entry(&packed, "in.zip", '0', sp_buf_view(&inner));
    make_tar_entry(&packed, "c.log", '0', SP_STR("drei"));
    make_tar_end(&packed);
    limits.spool_bytes = 100;
    ok(has(listed(sp_buf_view(&packed)), "lost 0 outer!in.zip an archive of this kind is read from its end, and is too large"));
    ok(has(sp_buf_view(&out), "file 1 outer!c.log drei\n"));
    sp_buf_done(&inner);
}

TEST(of_a_cut_archive_what_is_whole_is_read)
{
    struct sp_str all;

    begin();
    make_tar_entry(&packed, "a", '0', SP_STR("whole"));
    make_tar_entry(&packed, "b", '0', SP_STR("this one is cut somewhere"));
    packed.len -= 505;
    all = listed(sp_buf_view(&packed));
    ok(has(all, "file 0 outer!a whole\nfile 1 outer!b this on<cut or damaged in its archive: "));
    ok(has(all, "lost 2 outer cut or damaged, what follows is not read: "));
}

TEST(a_wrong_checksum_is_told_behind_the_bytes)
{
    begin();
    zip_of_two(&packed);
    *(char *)memmem(packed.ptr, packed.len, "eins", 4) = 'E';
    ok(has(listed(sp_buf_view(&packed)), "file 0 outer!b/one.log Eins<cut or damaged in its archive: ZIP bad CRC"));
    ok(has(sp_buf_view(&out), "file 1 outer!../two.log zwei\n"));
}

TEST(of_a_cut_gzip_all_that_is_there_is_read_and_the_cut_is_told)
{
    struct sp_str whole = SP_STR("one line\nanother line\n");

    for (size_t cut = 1; cut < 40; cut++) {
        struct sp_str all;

        begin();
        make_gzip(&packed, whole);
        packed.len = packed.len > cut + 10 ? packed.len - cut : 11;
        all = listed(sp_buf_view(&packed));
        ok(has(all, "the gzip data ends too early"));
        if (cut <= 8) /* its trailer */
            ok(has(all, "file 0 outer one line\nanother line\n<cut or damaged in its archive: "));
    }
}

TEST(what_stands_behind_a_gzip_is_told_and_zeros_are_not)
{
    begin();
    make_gzip(&packed, SP_STR("text\n"));
    sp_buf_add(&packed, "\0\0\0\0\0", 5);
    is_str(listed(sp_buf_view(&packed)), "file 0 outer text\n\n");
    sp_buf_text(&packed, "rubbish");
    is_str(listed(sp_buf_view(&packed)),
           "file 0 outer text\n<cut or damaged in its archive: behind the gzip data is something else, which is not read>\n");
}

TEST(a_wrong_checksum_of_a_gzip_is_told_behind_all_its_bytes)
{
    begin();
    make_gzip(&packed, SP_STR("some words\n"));
    packed.ptr[packed.len - 8] ^= 1;
    make_gzip(&packed, SP_STR("and more\n"));
    is_str(listed(sp_buf_view(&packed)), "file 0 outer some words\nand more\n<cut or damaged in its archive: bad CRC of the gzip data>\n");
}

TEST(zeros_in_front_of_a_compressed_text_are_no_tar)
{
    static char zeros[1024];

    begin();
    sp_buf_add(&scratch, zeros, sizeof zeros);
    sp_buf_text(&scratch, "text\n");
    make_gzip(&packed, sp_buf_view(&scratch));
    ok(has(listed(sp_buf_view(&packed)), "file 0 outer ") && has(sp_buf_view(&out), "text\n"));
}

TEST(tars_behind_each_other_are_one)
{
    begin();
    make_tar_entry(&scratch, "a", '0', SP_STR("eins"));
    make_tar_end(&scratch);
    make_tar_entry(&scratch, "b", '0', SP_STR("zwei"));
    make_tar_end(&scratch);
    is_str(listed(sp_buf_view(&scratch)), "file 0 outer!a eins\nfile 1 outer!b zwei\n");
    make_gzip(&packed, sp_buf_view(&scratch));
    is_str(listed(sp_buf_view(&packed)), "file 0 outer!a eins\nfile 1 outer!b zwei\n");
}

TEST(a_zip_that_is_cut_in_its_directory_is_read_and_said_to_be_cut)
{
    for (size_t cut = 1; cut < 60; cut++) {
        begin();
        zip_of_two(&packed);
        packed.len -= cut;
        is_str(listed(sp_buf_view(&packed)), "file 0 outer!b/one.log eins\nfile 1 outer!../two.log zwei\n"
                                             "lost 2 outer cut or damaged, what follows is not read: the zip's directory ends too early\n");
    }
}

TEST(a_kind_of_compression_that_is_not_read_is_named_with_a_cure)
{
    struct sp_archive_options options = { .limits = &limits };
    struct sp_archive *a;
    struct sp_member m;

    begin();
    zip_of_two(&packed);
    packed.ptr[8] = 9; /* Deflate64, of the first file and of its line in the directory */
    ((char *)memmem(packed.ptr, packed.len, "PK\1\2", 4))[10] = 9;
    is_i64(sp_archive_open_bytes(&a, "outer", sp_buf_view(&packed), &options, NULL), 0);
    is_i64(sp_archive_next(a, &m), 1);
    is_i64(m.kind, SP_MEMBER_LOST);
    ok(strstr(m.reason, "is packed in a way that is not read in this version (Unsupported ZIP compression method (9: deflation-64-bit))") != NULL);
    ok(strncmp(m.cure, "unpack it ", 10) == 0);
    is_i64(sp_archive_next(a, &m), 1);
    is_i64(m.kind, SP_MEMBER_FILE);
    sp_archive_close(a);
}

TEST(rubbish_is_lost_with_a_reason)
{
    begin();
    ok(has(listed(SP_STR("PK\3\4 and nothing that follows from it")), "lost 0 outer cannot be read as the archive it claims to be: "));
    ok(has(listed(SP_STR("\x1F\x8B\x08 and nothing that follows from it ......")), "lost 0 outer cannot be read as the archive it claims to be: "));
}

TEST(an_interrupt_ends_the_row)
{
    volatile sig_atomic_t stop = 1;
    struct sp_ctx ctx = { .stop = &stop };
    struct sp_archive_options options = { .limits = &limits, .ctx = &ctx };
    struct sp_archive *a;
    struct sp_member m;

    begin();
    zip_of_two(&packed);
    is_i64(sp_archive_open_bytes(&a, "outer", sp_buf_view(&packed), &options, NULL), 0);
    is_i64(sp_archive_next(a, &m), 0);
    sp_archive_close(a);
}

/* ---------------------------------------------------------------- as sources */

static char root[64];

static void put(const char *path, struct sp_str bytes)
{
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
        tap_fail("%s cannot be written", path);
}

static void enter(void)
{
    begin();
    (void)snprintf(root, sizeof root, "/tmp/spoor-archive-XXXXXX");
    if (!mkdtemp(root) || chdir(root) < 0)
        tap_fail("no scratch folder");
}

static void leave(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -r %s", root);
    if (chdir("/") < 0 || system(command) != 0)
        tap_fail("scratch folder stays");
}

/* A list of the path, settled and expanded: a line each, in order of paths: path, host, reason. */
static void expanded(struct sp_source_list *list, const char *path)
{
    struct sp_error err;

    *list = (struct sp_source_list){ 0 };
    if (sp_source_add(list, "acme", path, &limits, NULL, &err) < 0 || sp_source_list_settle(list, &err) < 0 ||
        sp_source_list_expand(list, &limits, NULL, &err) < 0)
        tap_fail("%s", err.what);
    sp_buf_clear(&out);
    for (size_t i = 0; i < list->count; i++) {
        const struct sp_source *s = &list->source[i];

        sp_buf_printf(&out, "%s %s %s\n", s->path, s->host ? s->host : "-", s->skipped ? s->skipped : "");
    }
}

TEST(an_archive_gives_way_to_its_members_and_the_smallest_path_of_copies_is_kept)
{
    struct sp_source_list list;

    enter();
    zip_of_two(&packed);
    put("m.zip", sp_buf_view(&packed));
    put("a.log", SP_STR("zwei"));
    put("z.log", SP_STR("eins"));
    put("z2.log", SP_STR("eins"));
    expanded(&list, ".");
    is_str(sp_buf_view(&out), "./a.log - \n./m.zip!../two.log - duplicate of ./a.log\n./m.zip!b/one.log - \n"
                              "./z.log - duplicate of ./m.zip!b/one.log\n./z2.log - duplicate of ./m.zip!b/one.log\n");
    /* Reading goes through the archive from front to back, whatever the names. */
    is_text(list.source[list.order[1]].path, "./m.zip!b/one.log");
    sp_source_list_done(&list);
    leave();
}

TEST(a_collection_tells_the_host_and_the_paths_of_its_files)
{
    const char *const names[] = { "client_info.json", "uploads/auto/C%3A/a%20b.log", "uploads/auto/C%3A/%0a%zz.log", "uploads/J%C3%B6rg%E2%82%AC%C3.log" };
    const struct sp_str texts[] = { S("{\"os_info\":{\"hostname\":\"pc1\"}}"), S("one"), S("two"), S("three") };
    struct sp_source_list list;

    enter();
    make_zip(&packed, names, texts, 4);
    put("c.zip", sp_buf_view(&packed));
    expanded(&list, "c.zip");
    is_str(sp_buf_view(&out), "c.zip!client_info.json pc1 \nc.zip!uploads/J\xC3\xB6rg\xE2\x82\xAC%C3.log pc1 \nc.zip!uploads/auto/C:/%0a%zz.log pc1 \n"
                              "c.zip!uploads/auto/C:/a b.log pc1 \n");
    sp_source_list_done(&list);
    leave();
}

TEST(of_collections_in_each_other_the_innermost_tells_the_host)
{
    const char *const names[] = { "client_info.json", "in/a.log", "in/client_info.json", "in/collection_context.json", "in2/b.log", "in/deep/c.log" };
    const struct sp_str texts[] = { S("{\"hostname\":\"outer\"}"), S("one"), S("{\"hostname\":\"inner\"}"), S("{\"hostname\":\"other\"}"), S("two"), S("three") };
    struct sp_source_list list;

    enter();
    make_zip(&packed, names, texts, 6);
    put("c.zip", sp_buf_view(&packed));
    expanded(&list, "c.zip");
    is_str(sp_buf_view(&out), "c.zip!client_info.json outer \nc.zip!in/a.log inner \nc.zip!in/client_info.json inner \n"
                              "c.zip!in/collection_context.json inner \nc.zip!in/deep/c.log inner \nc.zip!in2/b.log outer \n");
    sp_source_list_done(&list);
    leave();
}

TEST(members_that_are_no_log_are_skipped_without_loss)
{
    const char *const names[] = { "hive", "a.log" };
    const struct sp_str texts[] = { S("regf\0\0\0\0\1\2\3\4"), S("text") };
    struct sp_source_list list;

    enter();
    make_zip(&packed, names, texts, 2);
    put("c.zip", sp_buf_view(&packed));
    expanded(&list, "c.zip");
    is_str(sp_buf_view(&out), "c.zip!a.log - \nc.zip!hive - no log: neither EVTX, JSON nor text\n");
    ok(list.count == 2 && !list.source[1].lost && list.source[1].opened);
    sp_source_list_done(&list);
    leave();
}

TEST(a_list_names_one_path_a_line)
{
    struct sp_source_list list;

    enter();
    put("a.log", SP_STR("one"));
    put("b.log", SP_STR("two"));
    put("list", SP_STR("b.log\r\n\na.log\nnone.log"));
    expanded(&list, "@list");
    is_str(sp_buf_view(&out), "a.log - \nb.log - \nnone.log - cannot be opened: No such file or directory\n");
    sp_source_list_done(&list);
    put("list", SP_STR("\xEF\xBB\xBF" "b.log\0a.log\0"));
    expanded(&list, "@list");
    is_str(sp_buf_view(&out), "a.log - \nb.log - \n");
    sp_source_list_done(&list);
    put("list", SP_STR("\xFF\xFE" "b\0.\0l\0o\0g\0\r\0\n\0" "a\0.\0l\0o\0g\0"));
    expanded(&list, "@list");
    is_str(sp_buf_view(&out), "a.log - \nb.log - \n");
    sp_source_list_done(&list);
    put("list", SP_STR("a.log\rb.log\r"));
    expanded(&list, "@list");
    is_str(sp_buf_view(&out), "a.log - \nb.log - \n");
    sp_source_list_done(&list);
    put("list", SP_STR("\n\r\n"));
    expanded(&list, "@list");
    is_str(sp_buf_view(&out), "@list - names no path\n");
    sp_source_list_done(&list);
    expanded(&list, "@none");
    is_str(sp_buf_view(&out), "@none - cannot be opened: No such file or directory\n");
    sp_source_list_done(&list);
    put("@a.log", SP_STR("three"));
    expanded(&list, "@a.log");
    is_str(sp_buf_view(&out), "@a.log - \n");
    sp_source_list_done(&list);
    leave();
}

TEST(a_cursor_goes_forward_and_back)
{
    struct sp_cursor cursor = { .options = { .limits = &limits } };
    struct sp_source_list list;
    struct sp_str head;
    char room[8];

    enter();
    zip_of_two(&packed);
    put("m.zip", sp_buf_view(&packed));
    expanded(&list, "m.zip");
    for (int i = 0; i < 4; i++) {
        const struct sp_source *s = &list.source[i % 2]; /* ../two.log, b/one.log */

        is_i64(sp_cursor_go(&cursor, s, &head, NULL), 0);
        is_i64(sp_archive_read(cursor.archive, room, sizeof room, NULL), 4);
        is_str(((struct sp_str){ room, 4 }), i % 2 ? "eins" : "zwei");
    }
    sp_cursor_done(&cursor);
    cursor.options.limits = &limits;
    put("m.zip", SP_STR("PK\3\4")); /* another than before */
    is_i64(sp_cursor_go(&cursor, &list.source[0], &head, NULL), SP_ERR_FORMAT);
    sp_cursor_done(&cursor);
    sp_source_list_done(&list);
    leave();
}
