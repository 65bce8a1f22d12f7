/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "base/jsonw.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/unicode.h"
#include "base/zone.h"
#include "tap.h"

static struct sp_buf out;

static struct sp_str folded(const char *text)
{
    sp_buf_clear(&out);
    sp_utf8_fold(&out, sp_str_c(text));
    return sp_buf_view(&out);
}

static struct sp_str timed(const char *text)
{
    struct sp_time t;

    sp_buf_clear(&out);
    if (sp_time_parse(sp_str_c(text), &t))
        sp_time_write(&out, t);
    return sp_buf_view(&out);
}

TEST(folding_is_simple_one_for_one)
{
    is_str(folded("STRA\u1E9EE"), "stra\u00DFe");
    is_str(folded("STRASSE"), "strasse");
    is_str(folded("\u03A3\u03C2\u03C3"), "\u03C3\u03C3\u03C3");
    is_str(folded("\u212A\u017F\u00B5"), "ks\u03BC");
    is_str(folded("\U00010400"), "\U00010428");
    is_str(folded("a\xFFZ"), "a\xFFz");
}

TEST(a_fold_class_holds_every_way_to_write_a_letter)
{
    uint32_t c[4];

    is_u64(sp_fold_class('k', c), 3);
    is_u64(sp_fold_class(0x3C3, c), 3);
    is_u64(sp_fold_class('1', c), 1);
}

TEST(times_keep_every_digit_of_their_source)
{
    is_str(timed("2026-03-02T10:00:00.1234567Z"), "2026-03-02T10:00:00.1234567Z");
    is_str(timed("2026-03-02 10:00"), "2026-03-02T10:00:00Z");
    is_str(timed("2026-03-03T00:30:00+01:00"), "2026-03-02T23:30:00Z");
    is_str(timed("2024-02-29T23:59:60Z"), "2024-03-01T00:00:00Z");
    is_str(timed("2026-03-02 10:00:00.000 UTC"), "2026-03-02T10:00:00.000Z");
    is_str(timed("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
}

static const char *utc_of(const char *zone, const char *wall)
{
    static struct sp_zone z;
    struct sp_error err;
    struct sp_time t;

    sp_buf_clear(&out);
    if (sp_zone_parse(&z, zone, &err) < 0)
        return "refused";
    if (!sp_time_parse(sp_str_c(wall), &t))
        return "no time";
    t.sec = sp_zone_utc(&z, t.sec);
    sp_time_write(&out, t);
    sp_buf_char(&out, '\0');
    return out.ptr;
}

TEST(a_zone_of_times_without_one)
{
    is_text(utc_of(NULL, "2026-01-01 12:00:00"), "2026-01-01T12:00:00Z");
    is_text(utc_of("UTC", "2026-01-01 12:00:00"), "2026-01-01T12:00:00Z");
    is_text(utc_of("+05:30", "2026-01-01 12:00:00"), "2026-01-01T06:30:00Z");
    is_text(utc_of("-03:00", "2026-01-01 12:00:00"), "2026-01-01T15:00:00Z");
    for (const char *const *wrong = (const char *const[]){ "", "+5", "+25:00", "+01:00x", "Nowhere/Land", "../etc/passwd", NULL }; *wrong; wrong++)
        is_text(utc_of(*wrong, "2026-01-01"), "refused");
}

TEST(a_named_zone_knows_its_summers)
{
    struct sp_error err;
    static struct sp_zone z;

    if (sp_zone_parse(&z, "Europe/Berlin", &err) < 0) /* there is no tz database here */
        return;
    is_text(utc_of("Europe/Berlin", "2026-01-01 12:00:00"), "2026-01-01T11:00:00Z");
    is_text(utc_of("Europe/Berlin", "2026-07-01 12:00:00"), "2026-07-01T10:00:00Z");
    is_text(utc_of("Europe/Berlin", "2026-03-29 01:59:59"), "2026-03-29T00:59:59Z");
    is_text(utc_of("Europe/Berlin", "2026-03-29 02:30:00"), "2026-03-29T01:30:00Z"); /* no clock showed that */
    is_text(utc_of("Europe/Berlin", "2026-03-29 03:00:00"), "2026-03-29T01:00:00Z");
    is_text(utc_of("Europe/Berlin", "2026-10-25 02:30:00"), "2026-10-25T00:30:00Z"); /* the first of two */
    is_text(utc_of("Europe/Berlin", "2026-10-25 03:00:00"), "2026-10-25T02:00:00Z");
    is_text(utc_of("America/New_York", "2026-07-01 12:00:00"), "2026-07-01T16:00:00Z");
    is_text(utc_of("Asia/Kathmandu", "1999-12-31 23:59:59"), "1999-12-31T18:14:59Z");
}

TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = { "", "2026", "2026-02-29 10:00", "2026-13-01 10:00", "2026-03-02T24:00:00Z",
                                       "2026-03-02T10:00:00.Z", "2026-03-02T10:00:00Zx", "0000-01-01T00:00:00Z" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_str(timed(bad[i]), "");
}

TEST(iso_weeks_belong_to_the_year_of_their_thursday)
{
    is_u64(sp_time_date(sp_time_from_date(2026, 12, 31, 12, 0, 0)).iso_week, 53);
    is_u64(sp_time_date(sp_time_from_date(2027, 1, 1, 12, 0, 0)).iso_week, 53);
    is_u64(sp_time_date(sp_time_from_date(2027, 1, 4, 12, 0, 0)).iso_week, 1);
    is_u64(sp_time_date(sp_time_from_date(2024, 12, 30, 12, 0, 0)).iso_week, 1);
    is_u64(sp_time_date(sp_time_from_date(1969, 12, 31, 23, 0, 0)).weekday, 3);
}

TEST(filetimes_go_both_ways)
{
    struct sp_time t = sp_time_filetime(UINT64_C(134170000000000001));

    sp_buf_clear(&out);
    sp_time_write(&out, t);
    is_str(sp_buf_view(&out), "2026-03-03T08:26:40.0000001Z");
    is_u64(sp_time_to_filetime(t), UINT64_C(134170000000000001));
    ok(!sp_time_filetime(UINT64_MAX).known);
}

TEST(epochs_before_1970_borrow_a_second)
{
    struct sp_time t;

    ok(sp_time_epoch(SP_STR("-1.25"), &t));
    is_i64(t.sec, -2);
    is_u64(t.nsec, 750000000);
    ok(sp_time_epoch(SP_STR("1772445600.25"), &t));
    is_i64(t.sec, 1772445600);
    ok(!sp_time_epoch(SP_STR("1e9"), &t));
    ok(!sp_time_epoch(SP_STR("99999999999999999999"), &t));
}

TEST(json_text_is_escaped_and_always_utf8)
{
    struct sp_json w = sp_json_to(&out);

    sp_buf_clear(&out);
    sp_json_open(&w, '{');
    sp_json_key(&w, SP_STR("a\"\n"));
    sp_json_str(&w, (struct sp_str){ "\x01\x7F\xC3\x28\xE2\x82\xAC", 7 });
    sp_json_key(&w, SP_STR("b"));
    sp_json_open(&w, '[');
    sp_json_u64(&w, 1);
    sp_json_i64(&w, INT64_MIN);
    sp_json_close(&w, ']');
    sp_json_close(&w, '}');
    is_str(sp_buf_view(&out), "{\"a\\\"\\n\":\"\\u0001\\u007f\uFFFD(\u20AC\",\"b\":[1,-9223372036854775808]}");
}

TEST(utf16_pairs_join_and_lone_surrogates_are_replaced)
{
    sp_buf_clear(&out);
    sp_utf16_to_utf8(&out, "\x3D\xD8\x00\xDE" "a\0" "\x00\xD8" "b\0" "\x00\xDC", 12);
    is_str(sp_buf_view(&out), "\U0001F600a\uFFFDb\uFFFD");
}

/* Text of every kind of neighbourhood: runs of ASCII of every length, code points of every size, broken bytes. */
static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static uint32_t some_code(void)
{
    static const uint32_t most[] = { 0x80, 0x80, 0x80, 0x80, 0x600, 0x3000, 0x10000, 0x110000 };
    static const uint32_t special[] = { 0x23A, 0x1E9E, 0x130, 0x212A, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFF, 0x10400, 0x7F, 0x80, 0x10FFFF };

    return roll(30) ? roll(most[roll(8)]) : special[roll(13)];
}

/* The plain way, code point by code point. */
static void fold_plainly(struct sp_buf *to, struct sp_str s)
{
    char utf8[4];

    for (size_t at = 0; at < s.len;) {
        size_t start = at;
        uint32_t code = sp_utf8_next(s, &at);

        if (code == SP_UTF8_BAD)
            sp_buf_char(to, s.ptr[start]);
        else
            sp_buf_add(to, utf8, sp_utf8_put(utf8, sp_fold(code)));
    }
}

static void widen_plainly(struct sp_buf *to, const unsigned char *p, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        uint32_t c = p[i] | (uint32_t)p[i + 1] << 8, low = i + 3 < len ? p[i + 2] | (uint32_t)p[i + 3] << 8 : 0;
        char utf8[4];

        if (c >= 0xD800 && c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        sp_buf_add(to, utf8, sp_utf8_put(utf8, c));
    }
}

/* Exactly as many bytes as the worst case, so that a sanitizer sees one more. */
static bool folds_like_the_plain_way(struct sp_str s)
{
    struct sp_buf want = { 0 };
    char *to = malloc(SP_FOLD_ROOM(s.len) + (s.len == 0)), *from = malloc(s.len + 1);
    bool same = to && from;

    if (same) {
        memcpy(from, s.ptr, s.len);
        from = realloc(from, s.len ? s.len : 1);
        fold_plainly(&want, s);
        same = sp_str_eq((struct sp_str){ to, sp_utf8_fold_to(to, (struct sp_str){ from, s.len }) }, sp_buf_view(&want));
    }
    free(to);
    free(from);
    sp_buf_done(&want);
    return same;
}

static bool narrows_like_the_plain_way(const unsigned char *p, size_t len)
{
    struct sp_buf text = { 0 }, want = { 0 }, seen = { 0 };
    char *to = malloc(SP_UTF16_ROOM(len) + (len < 2));
    unsigned char *from = malloc(len + (len == 0));
    bool same = to && from;

    if (same) {
        memcpy(from, p, len);
        widen_plainly(&text, p, len);
        fold_plainly(&want, sp_buf_view(&text));
        sp_utf16_to_utf8(&seen, from, len);
        same = sp_str_eq((struct sp_str){ to, sp_utf16_fold(to, from, len) }, sp_buf_view(&want)) && sp_str_eq(sp_buf_view(&seen), sp_buf_view(&text));
    }
    free(to);
    free(from);
    sp_buf_done(&text);
    sp_buf_done(&want);
    sp_buf_done(&seen);
    return same;
}

TEST(lanes_fold_utf8_as_code_points_do)
{
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t count = roll(round & 1 ? 20 : 80), odd = roll(4) ? roll(40) + 1 : 1;

        sp_buf_clear(&out);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t code = roll(odd) ? roll(0x80) : some_code();
            char utf8[4];

            sp_buf_add(&out, utf8, sp_utf8_put(utf8, code));
            if (out.len && roll(100) == 0)
                out.ptr[out.len - 1] = (char)roll(256);
        }
        if (!folds_like_the_plain_way(sp_buf_view(&out))) {
            tap_fail("%s", "a fold differs");
            break;
        }
    }
}

TEST(lanes_narrow_and_fold_utf16_as_code_points_do)
{
    unsigned char units[200];

    for (unsigned round = 0; round < 20000; round++) {
        size_t len = roll(round & 1 ? 40 : 200), odd = roll(4) ? roll(40) + 1 : 1;

        for (size_t i = 0; i < len; i++) {
            uint32_t code = roll((uint32_t)odd) ? roll(0x80) : some_code();

            units[i] = (unsigned char)(i & 1 ? code >> 8 : code);
            if (!(i & 1) && i + 1 < len) {
                if (code > 0xFFFF && i + 3 < len) {
                    uint32_t pair = 0xD800 + ((code - 0x10000) >> 10);

                    units[i++] = (unsigned char)pair;
                    units[i++] = (unsigned char)(pair >> 8);
                    code = 0xDC00 + (code & 0x3FF);
                    units[i] = (unsigned char)code;
                }
                units[++i] = (unsigned char)(code >> 8);
            }
        }
        if (!narrows_like_the_plain_way(units, len)) {
            tap_fail("%s", "a text differs");
            break;
        }
    }
}

static void escape_plainly(struct sp_buf *to, struct sp_str s)
{
    for (size_t at = 0; at < s.len;) {
        size_t start = at;
        uint32_t code = sp_utf8_next(s, &at);

        if (code == SP_UTF8_BAD)
            sp_buf_text(to, "\uFFFD");
        else if (code == '"' || code == '\\')
            sp_buf_printf(to, "\\%c", (int)code);
        else if (code == '\n' || code == '\r' || code == '\t')
            sp_buf_text(to, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
        else if (code < 0x20 || code == 0x7F)
            sp_buf_printf(to, "\\u%04x", code);
        else
            sp_buf_str(to, sp_str_cut(s, start, at - start));
    }
}

/* Every third text is UTF-16: escaped from its units, and from its UTF-8. */
TEST(lanes_escape_json_as_single_characters_do)
{
    struct sp_buf text = { 0 }, want = { 0 };

    for (unsigned round = 0; round < 30000; round++) {
        uint32_t len = roll(round & 1 ? 40 : 200), odd = roll(4) ? roll(60) + 1 : 1;
        unsigned char *bytes = malloc(len + (len == 0));

        for (uint32_t i = 0; i < len && bytes; i++) {
            bytes[i] = (unsigned char)(roll(odd) ? 'a' + roll(26) : roll(256));
            if (round % 3 == 0 && i & 1 && roll(odd))
                bytes[i] = 0;
        }
        sp_buf_clear(&text);
        sp_buf_clear(&want);
        sp_buf_done(&out); /* memory to grow while it is written */
        if (round % 3 == 0) {
            sp_utf16_to_utf8(&text, bytes, len);
            (void)sp_buf_reserve(&out, SP_JSON_UTF16_ROOM(len));
            out.len = (size_t)(sp_json_put_utf16(out.ptr, bytes, len) - out.ptr);
        } else {
            sp_buf_add(&text, bytes, len);
            sp_json_escape(&out, (struct sp_str){ (const char *)bytes, len });
        }
        escape_plainly(&want, sp_buf_view(&text));
        free(bytes);
        if (!sp_str_eq(sp_buf_view(&out), sp_buf_view(&want))) {
            tap_fail("%s", "an escaped text differs");
            break;
        }
    }
    sp_buf_done(&text);
    sp_buf_done(&want);
}

TEST(numbers_and_times_are_written_as_printf_does)
{
    char want[64];

    for (unsigned round = 0; round < 20000; round++) {
        uint64_t n = ((uint64_t)roll(UINT32_MAX) << 32 | roll(UINT32_MAX)) >> roll(64);
        struct sp_time t = { .sec = (int64_t)roll(UINT32_MAX) * (roll(3) ? 30 : -15), .nsec = roll(1000000000), .digits = (uint8_t)roll(10), .known = true };
        struct sp_date d = sp_time_date(t.sec);
        int len = snprintf(want, sizeof want, "%" PRIu64 " %" PRIx64, n, n);

        sp_buf_clear(&out);
        sp_buf_u64(&out, n);
        sp_buf_char(&out, ' ');
        sp_buf_x64(&out, n);
        ok(sp_str_eq(sp_buf_view(&out), (struct sp_str){ want, (size_t)len }));
        len = snprintf(want, sizeof want, "%04d-%02u-%02uT%02u:%02u:%02u", d.year, d.month, d.day, d.hour, d.minute, d.second);
        if (t.digits)
            len += snprintf(want + len, sizeof want - (size_t)len, ".%09u", t.nsec) - 9 + t.digits;
        want[len++] = 'Z';
        sp_buf_clear(&out);
        sp_time_write(&out, t);
        ok(sp_str_eq(sp_buf_view(&out), (struct sp_str){ want, (size_t)len }));
    }
}

TEST(no_fold_takes_more_room_than_stated)
{
    char utf8[4], folds[4];
    uint32_t wrong = 0;

    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        size_t len = sp_utf8_put(utf8, code);

        wrong += sp_utf8_put(folds, sp_fold(code)) > SP_FOLD_ROOM(len);
    }
    is_u64(wrong, 0);
}

TEST(an_arena_takes_back_the_end_of_the_last_thing)
{
    struct sp_arena a;
    char *p, *q;

    sp_arena_init(&a, SIZE_MAX);
    p = sp_arena_alloc(&a, 100);
    sp_arena_trim(&a, p, 100, 17);
    q = sp_arena_alloc(&a, 1);
    ok(q == p + 32);
    sp_arena_trim(&a, q, 1, 0);
    ok(sp_arena_alloc(&a, 1) == q);
    sp_arena_done(&a);
}

TEST(an_arena_that_has_grown_large_keeps_what_it_holds)
{
    enum { THINGS = 24, SIZE = 400000 };
    unsigned char *thing[THINGS];
    struct sp_arena arena;
    size_t bytes = 0;

    sp_arena_init(&arena, SIZE_MAX);
    for (int round = 0; round < 2; round++) { /* the second goes into the blocks of the first */
        for (int i = 0; i < THINGS; i++) {
            thing[i] = sp_arena_alloc(&arena, SIZE);
            ok(thing[i] != NULL);
            memset(thing[i], i + round, SIZE);
        }
        for (int i = 0; i < THINGS; i++)
            ok(thing[i][0] == i + round && memcmp(thing[i], thing[i] + 1, SIZE - 1) == 0);
        ok(round == 0 || arena.bytes == bytes);
        bytes = arena.bytes;
        sp_arena_reset(&arena);
    }
    ok(sp_arena_alloc(&arena, 3 * SP_LARGE_PAGE) != NULL);
    sp_arena_done(&arena);
}

TEST(limits_are_named_with_dashes_and_take_units)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_error err;

    is_i64(sp_limits_parse(&limits, "record-bytes=2m", &err), 0);
    is_u64(limits.record_bytes, 2 << 20);
    is_i64(sp_limits_parse(&limits, "nothing=1", &err), SP_ERR_USAGE);
    is_i64(sp_limits_parse(&limits, "json-depth=-1", &err), SP_ERR_USAGE);
    is_i64(sp_limits_parse(&limits, "json-depth=99999999999999999999g", &err), SP_ERR_USAGE);
    is_u64(limits.json_depth, 128);
}

static const char *hex_of(const struct sp_digest *d)
{
    static char text[65];

    sp_digest_hex(d, text);
    return text;
}

/* The vectors printed in docs/formats.md; checked once against an independent SHA-256. */
TEST(ids_are_the_vectors_of_the_documentation)
{
    struct sp_hash h;
    struct sp_digest raw, event, sighting, rule;

    sp_id_begin(&h, "spoor/test/v1");
    sp_id_part(&h, SP_STR("acme"));
    sp_id_part_u64(&h, 258);
    ok(sp_hash_end(&h, &raw));
    is_text(hex_of(&raw), "33428c3439e5e2d14bc9181c7014d8facb54b75c8861417303db4fd3e50e6be8");
    ok(sp_sha256(SP_STR("{\"a\":1}"), &raw));
    ok(sp_event_id(SP_STR("acme"), &raw, 0, &event));
    is_text(hex_of(&event), "ce22afe1f8adc11e80ab432ca38b82ed782f53a58f2bc7e0606cd60340de1ed9");
    ok(sp_sha256(SP_STR("title: t\n"), &rule));
    ok(sp_sighting_id(SP_STR("acme"), SP_STR("5a0c0000-0000-4000-8000-000000000001"), &rule, &event, &sighting));
    is_text(hex_of(&sighting), "a7ab786638cd49ce9e06e3040dc671c20f5dd661650419c89425b2f543091558");
}
