/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an input. Out: its JSON objects as records, one at a time; what is no JSON is told and passed over.
 * The reader owns window, tree and names; a record dies with the next call.
 *
 * Passing over. A broken record is told once. Reading goes on at the next line that begins with `{` and is
 * indented no deeper than the broken record was: that is the next record of NDJSON, also where a torn line
 * has swallowed it, and it is no member of a pretty-printed record. What is broken without being a record
 * (`}}}}`) is passed over up to the end of its line alone. A record that is well-formed so far but beyond a
 * limit is passed over up to the bracket that closes it, or to such a line.
 *
 * Numbers. Elements of an array count from 1. Other records have the number of the line that they begin on,
 * so records side by side on one line share it.
 */
#include "read/jsonl.h"

#include <stdio.h>

#include "base/alloc.h"
#include "read/json_fast.h"
#include "read/window.h"

enum want { FIRST, VALUE, SEPARATOR }; /* inside an array: a value or ], a value, a comma or ] */

struct sp_jsonl {
    const struct sp_limits *limits;
    struct sp_input *input;
    sp_jsonl_trouble *trouble;
    void *trouble_arg;
    struct sp_window window;
    struct sp_tree tree;
    struct sp_buf names;
    struct sp_json_quick *quick;
    struct sp_str record; /* the one last handed out, as UTF-8 */
    uint64_t duplicates, undecodable;
    uint64_t line;        /* of the next byte, from 1 */
    uint64_t element;     /* of the array, from 1; 0 before the first */
    size_t indent;        /* white space that the line of the next byte begins with */
    size_t array_indent, broken_indent;
    enum want want;
    bool margin;    /* nothing but white space on this line so far */
    bool document, begun, done;
    bool array;     /* inside a top-level array */
    bool lenient;   /* an array in which something was passed over: its commas are not insisted on */
    bool remains;   /* behind a broken record: lines that are no beginning of a record are what is left of it */
};

/* What a step of the reader says; negative: an error. */
enum step { AT_END = 0, A_RECORD = 1, GO_ON = 2 };

struct sp_jsonl *sp_jsonl_new(const struct sp_limits *limits)
{
    struct sp_jsonl *j = sp_zalloc(sizeof *j);

    if (!j)
        return NULL;
    j->limits = limits;
    j->quick = sp_zalloc(sizeof *j->quick);
    if (!j->quick) {
        sp_free(j);
        return NULL;
    }
    (void)sp_json_index_choose(&j->quick->index, SP_JSON_BEST);
    return j;
}

void sp_jsonl_free(struct sp_jsonl *j)
{
    if (!j)
        return;
    sp_window_done(&j->window);
    sp_tree_done(&j->tree);
    sp_buf_done(&j->names);
    sp_layouts_done(&j->quick->layouts);
    sp_free(j->quick);
    sp_free(j);
}

void sp_jsonl_begin(struct sp_jsonl *j, struct sp_input *input, bool document, sp_jsonl_trouble *trouble, void *arg)
{
    sp_json_index_forget(&j->quick->index);
    *j = (struct sp_jsonl){ .limits = j->limits, .input = input, .trouble = trouble, .trouble_arg = arg,
                            .window = j->window, .tree = j->tree, .names = j->names, .quick = j->quick,
                            .record = SP_STR_NONE, .line = 1, .margin = true, .document = document };
}

bool sp_jsonl_way(struct sp_jsonl *j, enum sp_json_way way)
{
    return sp_json_index_choose(&j->quick->index, way);
}

uint64_t sp_jsonl_duplicates(const struct sp_jsonl *j)
{
    return j->duplicates;
}

uint64_t sp_jsonl_lines(const struct sp_jsonl *j)
{
    return j->line - 1;
}

static void tell(struct sp_jsonl *j, uint64_t offset, const char *reason)
{
    j->undecodable++;
    if (j->trouble)
        j->trouble(j->trouble_arg, offset, reason);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* More text; what is known about it is about other places. */
static int more(struct sp_jsonl *j, struct sp_error *err)
{
    sp_json_index_forget(&j->quick->index);
    return sp_window_more(&j->window, err);
}

/* Done with `len` bytes of the text; keeps count of lines and of the indentation of the current one. */
static void consume(struct sp_jsonl *j, size_t len)
{
    const char *p = sp_window_text(&j->window).ptr, *end = p + len, *feed;

    while (p < end && (feed = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        j->line++;
        j->indent = 0;
        j->margin = true;
        p = feed + 1;
    }
    for (; j->margin && p < end; p++) {
        if (is_space(*p))
            j->indent++;
        else
            j->margin = false;
    }
    sp_window_consume(&j->window, len);
}

/* Pass over white space: 1 when the text begins with something else, 0 at the end, negative on errors. */
static int token(struct sp_jsonl *j, struct sp_error *err)
{
    for (;;) {
        struct sp_str text = sp_window_text(&j->window);
        size_t n = 0;
        int rc;

        while (n < text.len && is_space(text.ptr[n]))
            n++;
        consume(j, n);
        if (n < text.len)
            return 1;
        /* What follows in a part begins with `{` in front of a line: that ends the remains of a broken record. */
        j->window.rest = !j->array;
        rc = more(j, err);
        j->window.rest = false;
        if (rc <= 0)
            return rc;
    }
}

/* Pass over the rest of the line that the next byte is on. The line feed stays. */
static int skip_line(struct sp_jsonl *j, struct sp_error *err)
{
    for (;;) {
        struct sp_str text = sp_window_text(&j->window);
        const char *feed = memchr(text.ptr, '\n', text.len);
        int rc;

        consume(j, feed ? (size_t)(feed - text.ptr) : text.len);
        if (feed)
            return 0;
        rc = more(j, err);
        if (rc <= 0)
            return rc;
    }
}

/* In text[from..to): the first `{` that begins a line indented at most `indent` deep; SIZE_MAX if none. */
static size_t find_line(struct sp_str text, size_t from, size_t to, size_t indent)
{
    while (from < to) {
        const char *feed = memchr(text.ptr + from, '\n', to - from);
        size_t at;

        if (!feed)
            break;
        from = at = (size_t)(feed - text.ptr) + 1;
        while (at < text.len && at - from <= indent && is_space(text.ptr[at]) && text.ptr[at] != '\n')
            at++;
        if (at < text.len && text.ptr[at] == '{' && at - from <= indent)
            return at;
    }
    return SIZE_MAX;
}

/* Where a pass over a record that is too long or too deep stands. */
struct skip {
    uint64_t depth;
    size_t indent;      /* white space of the current line so far; SIZE_MAX behind its first other byte */
    bool quoted, slash; /* inside a string, behind a backslash in it */
};

/* One byte more of it: true when the record is over in front of this byte (*before) or behind it. */
static bool skip_byte(struct skip *s, char c, size_t indent_max, bool *before)
{
    *before = false;
    if (c == '\n') {
        s->quoted = s->slash = false; /* no string holds one */
        s->indent = 0;
        return false;
    }
    if (s->quoted) {
        s->quoted = s->slash || c != '"';
        s->slash = !s->slash && c == '\\';
        return false;
    }
    *before = c == '{' && s->depth && s->indent <= indent_max;
    if (*before)
        return true;
    if (!is_space(c))
        s->indent = SIZE_MAX;
    else if (s->indent != SIZE_MAX)
        s->indent++;
    s->quoted = c == '"';
    s->depth += c == '{' || c == '[';
    s->depth -= s->depth && (c == '}' || c == ']');
    return s->depth == 0;
}

/* Pass over the well-formed beginning of a record and what follows of it, keeping nothing. */
static int skip_record(struct sp_jsonl *j, struct sp_error *err)
{
    struct skip skip = { .indent = SIZE_MAX };
    size_t indent_max = j->indent;

    for (;;) {
        struct sp_str text = sp_window_text(&j->window);
        int rc;

        for (size_t i = 0; i < text.len; i++) {
            bool before;

            if (skip_byte(&skip, text.ptr[i], indent_max, &before)) {
                consume(j, before ? i : i + 1);
                return 0;
            }
        }
        consume(j, text.len);
        rc = more(j, err);
        if (rc <= 0)
            return rc;
    }
}

/* Behind something that was passed over. */
static void mend(struct sp_jsonl *j)
{
    j->lenient = j->array;
    j->want = SEPARATOR;
}

/* The text begins with what is no record; the reason is told for the byte `at`. */
static int broken(struct sp_jsonl *j, size_t at, const char *reason, struct sp_error *err)
{
    struct sp_str text = sp_window_text(&j->window);
    size_t next = text.len && text.ptr[0] == '{' ? find_line(text, 0, at < text.len ? at + 1 : at, j->indent) : SIZE_MAX;

    tell(j, sp_window_place(&j->window, at), reason);
    mend(j);
    if (next != SIZE_MAX) {
        consume(j, next);
        return 0;
    }
    if (text.len && text.ptr[0] == '{') {
        j->remains = true;
        j->broken_indent = j->indent;
    }
    consume(j, at);
    return skip_line(j, err);
}

/* A record beyond a limit, well-formed so far. */
static int beyond(struct sp_jsonl *j, size_t at, const char *reason, struct sp_error *err)
{
    char c = sp_window_text(&j->window).ptr[0];

    tell(j, sp_window_place(&j->window, at), reason);
    mend(j);
    return c == '{' || c == '[' ? skip_record(j, err) : skip_line(j, err);
}

static int too_long(struct sp_jsonl *j, struct sp_error *err)
{
    char reason[96];

    (void)snprintf(reason, sizeof reason, "a record of more than %llu bytes (limit record-bytes)",
                   (unsigned long long)j->limits->record_bytes);
    return beyond(j, 0, reason, err);
}

/* What parse() found. */
struct parsed {
    size_t at; /* behind the value, or the offending byte */
    uint64_t duplicates;
    bool feeds; /* line feeds may stand in it */
};

/* The value that the text begins with, as sp_json_parse does it: the quick way, and where that is not sure, the strict. */
static int parse(struct sp_jsonl *j, struct parsed *ret, struct sp_error *why)
{
    struct sp_json_room room = { &j->tree, &j->names, &ret->duplicates };
    struct sp_str text = sp_window_text(&j->window);

    *ret = (struct parsed){ 0 };
    switch (sp_json_fast(j->quick, text, j->limits, &j->tree, &ret->at, &ret->feeds)) {
    case SP_JSON_TAKEN:
        return 1;
    case SP_JSON_CUT:
        return 0;
    case SP_JSON_UNSURE:
        break;
    }
    ret->feeds = true;
    return sp_json_parse(text, &ret->at, j->limits, &room, why);
}

/* The text begins with a value that has been parsed. */
static void fill(struct sp_jsonl *j, const struct parsed *parsed, struct sp_record *ret)
{
    size_t len = parsed->at;

    j->record = sp_str_cut(sp_window_text(&j->window), 0, len);
    *ret = (struct sp_record){
        .kind = SP_RECORD_JSON,
        .offset = sp_window_place(&j->window, 0),
        .number = j->array ? j->element : j->line,
        .by_line = !j->array,
        .raw = sp_window_raw(&j->window, len),
        .tree = &j->tree,
        .inner = j,
    };
    ret->length = ret->raw.len;
    /* the bytes stay where they are until more are asked for */
    if (parsed->feeds) {
        consume(j, len);
    } else {
        j->margin = false;
        sp_window_consume(&j->window, len);
    }
}

/* The text begins with a value and the input ends before it does. */
static int torn(struct sp_jsonl *j)
{
    struct sp_str text = sp_window_text(&j->window);
    size_t next = find_line(text, 0, text.len, j->indent);

    tell(j, sp_window_place(&j->window, 0), "the record is cut off by the end of the input");
    mend(j);
    consume(j, next == SIZE_MAX ? text.len : next);
    return GO_ON;
}

/* The text begins with something that should be a value. */
static int value(struct sp_jsonl *j, struct sp_record *ret, struct sp_error *err)
{
    struct parsed parsed;
    struct sp_error why;
    struct sp_str text;
    int rc;

    j->element++;
    for (;;) {
        text = sp_window_text(&j->window);
        rc = parse(j, &parsed, &why);
        if (j->window.end || rc < 0 || (rc > 0 && (parsed.at < text.len || text.ptr[0] == '{')))
            break;
        if (sp_window_held(&j->window) > j->limits->record_bytes)
            break;
        rc = more(j, err);
        if (rc < 0)
            return rc;
    }
    if (rc == SP_ERR_NOMEM)
        return sp_error_nomem(err);
    if (rc < 0) {
        rc = rc == SP_ERR_LIMIT ? beyond(j, parsed.at, why.what, err) : broken(j, parsed.at, why.what, err);
        return rc < 0 ? rc : GO_ON;
    }
    if (sp_window_span(&j->window, rc ? parsed.at : text.len) > j->limits->record_bytes) {
        rc = too_long(j, err);
        return rc < 0 ? rc : GO_ON;
    }
    if (rc == 0)
        return torn(j);
    j->want = SEPARATOR;
    if (text.ptr[0] == '{') {
        j->duplicates += parsed.duplicates;
        fill(j, &parsed, ret);
        return A_RECORD;
    }
    tell(j, sp_window_place(&j->window, 0), "not an object");
    consume(j, parsed.at);
    return GO_ON;
}

/* Lines behind a broken record that cannot be the beginning of the next are passed over. */
static int pass_remains(struct sp_jsonl *j, struct sp_error *err)
{
    char c = sp_window_text(&j->window).ptr[0];

    if ((c == '{' && j->indent <= j->broken_indent) || (j->array && c == ']' && j->indent <= j->array_indent) ||
        (!j->array && c == '[' && j->indent <= j->broken_indent)) {
        j->remains = false;
        return GO_ON;
    }
    int rc = skip_line(j, err);
    return rc < 0 ? rc : GO_ON;
}

/* Inside an array, in front of `c`: 1 when a value must follow, GO_ON when a separator has been taken. */
static int separator(struct sp_jsonl *j, char c, struct sp_error *err)
{
    if (c == ']') {
        if (j->want == VALUE && !j->lenient)
            tell(j, sp_window_place(&j->window, 0), "no element behind the comma");
        j->array = j->lenient = false;
        consume(j, 1);
        return GO_ON;
    }
    if (c == ',' && (j->want == SEPARATOR || j->lenient)) {
        j->want = VALUE;
        consume(j, 1);
        return GO_ON;
    }
    if (j->want != SEPARATOR || j->lenient)
        return 1;
    int rc = broken(j, 0, "no comma or ] behind an element", err);
    return rc < 0 ? rc : GO_ON;
}

static int step(struct sp_jsonl *j, struct sp_record *ret, struct sp_error *err)
{
    int rc = token(j, err);
    char c;

    if (rc < 0)
        return rc;
    if (rc == 0) {
        if (j->array && !j->lenient)
            tell(j, sp_window_place(&j->window, 0), "the array is cut off by the end of the input");
        return AT_END;
    }
    if (j->remains)
        return pass_remains(j, err);
    c = sp_window_text(&j->window).ptr[0];
    if (j->array) {
        rc = separator(j, c, err);
        if (rc != 1)
            return rc;
    } else if (c == '[') {
        j->array = true;
        j->array_indent = j->indent;
        j->element = 0;
        j->want = FIRST;
        consume(j, 1);
        return GO_ON;
    }
    return value(j, ret, err);
}

/* The whole input is one value. */
static int whole(struct sp_jsonl *j, struct sp_record *ret, struct sp_error *err)
{
    struct sp_error why = { .what = "the value is cut off by the end of the input" };
    struct parsed parsed;
    struct sp_str text;
    size_t end;
    int rc = token(j, err);

    while (rc > 0 && sp_window_held(&j->window) <= j->limits->record_bytes)
        rc = more(j, err);
    if (rc < 0)
        return rc;
    text = sp_window_text(&j->window);
    if (sp_window_held(&j->window) > j->limits->record_bytes) {
        rc = too_long(j, err);
        return rc < 0 ? rc : AT_END;
    }
    if (text.len == 0) {
        tell(j, sp_window_place(&j->window, 0), "no JSON value");
        return AT_END;
    }
    rc = parse(j, &parsed, &why);
    if (rc == SP_ERR_NOMEM)
        return sp_error_nomem(err);
    j->duplicates += parsed.duplicates;
    for (end = parsed.at; rc > 0 && end < text.len && is_space(text.ptr[end]); end++)
        ;
    if (rc <= 0) {
        tell(j, sp_window_place(&j->window, parsed.at), why.what);
    } else if (end < text.len) {
        tell(j, sp_window_place(&j->window, end), "more than one value in a document");
    } else {
        fill(j, &parsed, ret);
        return A_RECORD;
    }
    return AT_END;
}

int sp_jsonl_next(struct sp_jsonl *j, struct sp_record *ret, uint64_t *undecodable, struct sp_error *err)
{
    int rc = 0;

    j->undecodable = 0;
    j->record = SP_STR_NONE;
    if (!j->begun) {
        j->begun = true;
        rc = sp_window_begin(&j->window, j->input, j->limits->record_bytes, err);
    }
    if (rc < 0)
        j->done = true;
    else if (!j->done && j->document)
        rc = whole(j, ret, err);
    else
        for (rc = j->done ? AT_END : GO_ON; rc == GO_ON;)
            rc = step(j, ret, err);
    j->done |= rc <= 0 || j->document;
    *undecodable += j->undecodable;
    return rc;
}

int sp_jsonl_compact(struct sp_jsonl *j, struct sp_buf *out)
{
    struct sp_str s = j->record;
    size_t at = 0, from;

    if (!sp_buf_reserve(out, s.len))
        return SP_ERR_NOMEM;
    while (at < s.len) {
        from = at;
        if (is_space(s.ptr[at])) {
            at++;
            continue;
        }
        if (s.ptr[at] == '"') {
            for (at++; at < s.len && s.ptr[at] != '"'; at++)
                at += s.ptr[at] == '\\';
            at++; /* the text has been parsed: its strings are closed */
        } else {
            while (at < s.len && s.ptr[at] != '"' && !is_space(s.ptr[at]))
                at++;
        }
        sp_buf_add(out, s.ptr + from, at - from);
    }
    return out->failed ? SP_ERR_NOMEM : 0;
}
