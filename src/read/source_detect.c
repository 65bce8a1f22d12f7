/* SPDX-License-Identifier: Apache-2.0
 *
 * In: the first bytes of a file. Out: what kind of log it is, by content alone.
 */
#include "base/unicode.h"
#include "read/source.h"

enum { LOOK = 4096 };

struct magic {
    const char *bytes;
    size_t len, at;
    enum sp_source_type type;
    const char *what;
};
#define MAGIC(at, literal, type, what) { (literal), sizeof(literal) - 1, (at), (type), (what) }

static const struct magic magics[] = {
    MAGIC(0, "ElfFile\0", SP_SOURCE_EVTX, "evtx"),
    MAGIC(0, "ElfChnk\0", SP_SOURCE_EVTX, "evtx"),         /* chunks alone, as carved from a disk */
    MAGIC(4096, "ElfChnk\0", SP_SOURCE_EVTX, "evtx"),      /* a file header that was overwritten */
    MAGIC(0, "\x1F\x8B", SP_SOURCE_ARCHIVE, "gzip"),
    MAGIC(0, "\x28\xB5\x2F\xFD", SP_SOURCE_ARCHIVE, "zstd"),
    MAGIC(1, "\x2A\x4D\x18", SP_SOURCE_ARCHIVE, "zstd"), /* a frame to be skipped stands first, as pzstd does it */
    MAGIC(0, "\xFD" "7zXZ\0", SP_SOURCE_ARCHIVE, "xz"),
    MAGIC(0, "\x04\x22\x4D\x18", SP_SOURCE_ARCHIVE, "lz4"),
    MAGIC(4, "\x31\x41\x59\x26\x53\x59", SP_SOURCE_ARCHIVE, "bzip2"),
    MAGIC(4, "\x17\x72\x45\x38\x50\x90", SP_SOURCE_ARCHIVE, "bzip2"), /* an empty one */
    MAGIC(0, "PK\3\4", SP_SOURCE_ARCHIVE, "zip"),
    MAGIC(0, "PK\5\6", SP_SOURCE_ARCHIVE, "zip"),
    MAGIC(0, "PK\7\x8", SP_SOURCE_ARCHIVE, "zip"),
    MAGIC(0, "7z\xBC\xAF\x27\x1C", SP_SOURCE_ARCHIVE, "7z"),
    MAGIC(0, "Rar!\x1A\7", SP_SOURCE_ARCHIVE, "rar"),
    MAGIC(257, "ustar", SP_SOURCE_ARCHIVE, "tar"),
    MAGIC(0, "MSCF\0\0\0\0", SP_SOURCE_ARCHIVE, "cab"),
    MAGIC(0, "\x1F\x9D", SP_SOURCE_ARCHIVE, "compress (.Z)"),
    MAGIC(0, "\x5D\0\0", SP_SOURCE_ARCHIVE, "lzma"),
    MAGIC(0, "LZIP\1", SP_SOURCE_ARCHIVE, "lzip"),
    MAGIC(0, "EVF\x09\x0D\x0A\xFF\0", SP_SOURCE_ARCHIVE, "disk image (E01)"),
    MAGIC(0, "vhdxfile", SP_SOURCE_ARCHIVE, "disk image (VHDX)"),
    MAGIC(0, "KDMV\1\0\0\0", SP_SOURCE_ARCHIVE, "disk image (VMDK)"),
    MAGIC(0, "QFI\xFB", SP_SOURCE_ARCHIVE, "disk image (QCOW2)"),
    MAGIC(0, "SQLite format 3\0", SP_SOURCE_NONE, "an SQLite database"),
    MAGIC(0, "%PDF-", SP_SOURCE_NONE, "PDF"),
    MAGIC(0, "\x89PNG\r\n", SP_SOURCE_NONE, "PNG"),
    MAGIC(0, "\x7F" "ELF", SP_SOURCE_NONE, "an ELF program"),
};

/* Text that JSON is looked for in; `cut`: more follows that is not seen here. */
struct look {
    struct sp_str text;
    size_t at;
    bool cut;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

enum { END = -1 };

/* The next byte that is no white space, or END. */
static int peek(struct look *l)
{
    while (l->at < l->text.len && is_space(l->text.ptr[l->at]))
        l->at++;
    return l->at < l->text.len ? (unsigned char)l->text.ptr[l->at] : END;
}

/* Pass over the string at l->at: false when it is none; at the end it passes for one. */
static bool pass_string(struct look *l)
{
    for (l->at++; l->at < l->text.len; l->at++) {
        char c = l->text.ptr[l->at];

        if (c == '"') {
            l->at++;
            return true;
        }
        if (c == '\n')
            return false;
        l->at += c == '\\';
    }
    return true;
}

/* Pass over a number or a word. */
static bool pass_word(struct look *l)
{
    static const char *const words[] = { "true", "false", "null" };
    struct sp_str rest = sp_str_cut(l->text, l->at, l->text.len - l->at);
    size_t n = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sp_str_starts(rest, sp_str_c(words[i]))) {
            l->at += strlen(words[i]);
            return true;
        }
    }
    while (n < rest.len && ((rest.ptr[n] >= '0' && rest.ptr[n] <= '9') || (n && strchr("+-.eE", rest.ptr[n])) || (!n && rest.ptr[n] == '-')))
        n++;
    l->at += n;
    return n > 0;
}

/* Behind a `{`: a name and a colon must follow, as far as there is text. */
static bool is_object(struct look *l)
{
    int c;

    l->at++;
    c = peek(l);
    if (c == '}' || c == END)
        return true;
    if (c != '"' || !pass_string(l))
        return false;
    c = peek(l);
    return c == ':' || c == END;
}

/* Does the text begin as JSON does? An object needs a name and a colon, an array a value and what follows one:
 * `[2026-03-02 10:00:00] started` and `{foo}` are plain text. */
static bool is_json(struct look l)
{
    int c = peek(&l);

    if (c != '[' && c != '{')
        return false;
    while (c == '[') {
        l.at++;
        c = peek(&l);
    }
    if (c == '{')
        return is_object(&l);
    if (c == END)
        return true;
    if (c != ']') {
        if (c == '"' ? !pass_string(&l) : !pass_word(&l))
            return false;
        c = peek(&l);
    }
    if (c == ',' || c == END)
        return true;
    if (c != ']')
        return false;
    l.at++;
    c = peek(&l);
    return c == END || c == '{' || c == '[' || c == ']' || c == ',';
}

/* Text has no NUL and fewer than one in ten characters that are controls or no UTF-8. */
static bool is_text(struct look l)
{
    size_t odd = 0, all = 0;

    while (l.at < l.text.len) {
        size_t from = l.at;
        uint32_t code = sp_utf8_next(l.text, &l.at);

        all++;
        if (code == 0)
            return false;
        if (code == SP_UTF8_BAD && l.cut && l.text.len - from < 4)
            continue;
        odd += code == SP_UTF8_BAD || code == 0x7F || (code < 0x20 && !is_space((char)code) && code != '\f' && code != '\v');
    }
    return 10 * odd < all;
}

static enum sp_source_type detect_text(struct look l, const char **what)
{
    if (is_json(l)) {
        *what = "json";
        return SP_SOURCE_JSON;
    }
    if (is_text(l)) {
        *what = "plain";
        return SP_SOURCE_PLAIN;
    }
    return SP_SOURCE_NONE;
}

/* UTF-16 with a byte order mark: look at it as UTF-8. */
static enum sp_source_type detect_wide(struct sp_str head, bool big, bool cut, const char **what)
{
    char utf8[LOOK / 2 * 3];
    struct look l = { .cut = cut };
    size_t n = 0;

    for (size_t i = 2; i + 1 < head.len && i < LOOK; i += 2) {
        uint32_t a = (unsigned char)head.ptr[i], b = (unsigned char)head.ptr[i + 1], c = big ? a << 8 | b : b << 8 | a;

        n += sp_utf8_put(utf8 + n, (c & 0xF800) == 0xD800 ? 'x' : c); /* half of a pair stands for any letter */
    }
    if (n == 0) {
        *what = "plain";
        return SP_SOURCE_PLAIN;
    }
    l.text = (struct sp_str){ utf8, n };
    return detect_text(l, what);
}

enum sp_source_type sp_source_detect(struct sp_str head, const char **what)
{
    struct look l = { .text = head };
    const char *unused;

    what = what ? what : &unused;
    *what = "";
    if (head.len == 0) {
        *what = "empty";
        return SP_SOURCE_EMPTY;
    }
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const struct magic *m = &magics[i];

        if (head.len >= m->at + m->len && memcmp(head.ptr + m->at, m->bytes, m->len) == 0) {
            if (m->at == 4 && memcmp(head.ptr, "BZh", 3) != 0)
                continue;
            *what = m->what;
            return m->type;
        }
    }
    l.cut = head.len >= LOOK;
    if (head.len > LOOK)
        l.text.len = LOOK;
    if (sp_str_starts(head, SP_STR("\xFF\xFE")) || sp_str_starts(head, SP_STR("\xFE\xFF")))
        return detect_wide(l.text, head.ptr[0] == '\xFE', l.cut, what);
    if (sp_str_starts(head, SP_STR("\xEF\xBB\xBF")))
        l.at = 3;
    return detect_text(l, what);
}

static const struct {
    const char *name;
    enum sp_source_type type;
} types[] = {
    { "evtx", SP_SOURCE_EVTX },
    { "json", SP_SOURCE_JSON },
    { "json-document", SP_SOURCE_JSON_DOCUMENT },
    { "plain", SP_SOURCE_PLAIN },
    { "zeek", SP_SOURCE_LATER },
    { "suricata", SP_SOURCE_LATER },
    { "cloudtrail", SP_SOURCE_LATER },
    { "guardduty", SP_SOURCE_LATER },
    { "entra", SP_SOURCE_LATER },
    { "azure-activity", SP_SOURCE_LATER },
    { "m365", SP_SOURCE_LATER },
    { "gcp", SP_SOURCE_LATER },
    { "workspace", SP_SOURCE_LATER },
    { "okta", SP_SOURCE_LATER },
    { "github", SP_SOURCE_LATER },
    { "kubernetes", SP_SOURCE_LATER },
    { "auditd", SP_SOURCE_LATER },
    { "sysmon-linux", SP_SOURCE_LATER },
    { "journald", SP_SOURCE_LATER },
    { "syslog", SP_SOURCE_LATER },
    { "cef", SP_SOURCE_LATER },
    { "leef", SP_SOURCE_LATER },
    { "web", SP_SOURCE_LATER },
    { "w3c", SP_SOURCE_LATER },
    { "csv", SP_SOURCE_LATER },
    { "plaso", SP_SOURCE_LATER },
};

enum sp_source_type sp_source_type_of(struct sp_str head, enum sp_source_type given, const char **what)
{
    enum sp_source_type found = sp_source_detect(head, what);

    if (given != SP_SOURCE_NONE && (found != SP_SOURCE_EMPTY || given == SP_SOURCE_JSON_DOCUMENT))
        return given;
    return found;
}

int sp_source_type_parse(const char *word, enum sp_source_type *ret, struct sp_error *err)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(word, types[i].name) == 0) {
            *ret = types[i].type;
            return 0;
        }
    }
    sp_error_set(err, SP_ERR_USAGE, "'%.100s' is no type of source", word);
    sp_error_where(err, "--source-type");
    sp_error_cure(err, "give evtx, json, json-document or plain");
    return SP_ERR_USAGE;
}

const char *sp_source_type_name(enum sp_source_type type)
{
    switch (type) {
    case SP_SOURCE_NONE: return "none";
    case SP_SOURCE_EMPTY: return "empty";
    case SP_SOURCE_EVTX: return "evtx";
    case SP_SOURCE_JSON: return "json";
    case SP_SOURCE_JSON_DOCUMENT: return "json-document";
    case SP_SOURCE_PLAIN: return "plain";
    case SP_SOURCE_ARCHIVE: return "archive";
    case SP_SOURCE_LATER: return "later";
    }
    return "none";
}
