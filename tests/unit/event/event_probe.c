/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests that look at the tables and at real logs from outside.
 *
 *     event_probe fields < lines `product TAB category TAB service TAB field` (`-`: none)
 *         prints after each line what the classes that such a rule runs on say: `class=mapped|absent|undecided` ...
 *     event_probe file PATH            one line an event: class, time, host, user, fields
 *     event_probe count PATH           events and the events without a class or a time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "read/evtx.h"
#include "read/jsonl.h"
#include "read/source.h"

static struct sp_taxonomy *taxonomy;
static struct sp_events *events;
static bool counting;
static uint64_t made, unclassed, timeless;

static void no_trouble(void *arg, uint64_t offset, bool lost, const char *reason)
{
    (void)arg, (void)offset, (void)lost, (void)reason;
}

static void no_json_trouble(void *arg, uint64_t offset, const char *reason)
{
    (void)arg, (void)offset, (void)reason;
}

static void show(const struct sp_record *record)
{
    static struct sp_buf out, values;
    struct sp_event event;
    uint64_t excess;

    if (sp_event_make(events, record, &event) < 0)
        exit(5);
    made++;
    unclassed += !event.recognised;
    timeless += !event.time.known;
    if (counting)
        return;
    sp_buf_clear(&out);
    sp_buf_clear(&values);
    sp_buf_str(&out, event.class_->name);
    sp_buf_char(&out, '\t');
    sp_time_write(&out, event.time);
    sp_buf_char(&out, '\t');
    (void)sp_event_host(events, &event, &out);
    sp_buf_char(&out, '\t');
    (void)sp_event_user(events, &event, &out);
    sp_buf_char(&out, '\t');
    if (sp_event_fields_json(events, &event, &out) < 0 || sp_event_values(events, &event, 4096, &values, &excess) < 0)
        exit(5);
    printf("%.*s\t%.*s\n", SP_STR_ARG(sp_buf_view(&out)), SP_STR_ARG(sp_buf_view(&values)));
}

static void show_evtx(struct sp_input *input)
{
    static char chunk[SP_EVTX_CHUNK];
    struct sp_limits limits = sp_limits_default();
    struct sp_evtx *evtx = sp_evtx_new(&limits);
    struct sp_record record;
    uint64_t lost = 0;
    int64_t n;

    for (uint64_t at = SP_EVTX_FILE_HEADER; (n = sp_input_read_at(input, chunk, sizeof chunk, at, NULL)) > 0; at += sizeof chunk)
        if (sp_evtx_begin(evtx, (struct sp_str){ chunk, (size_t)n }, at, no_trouble, NULL) > 0)
            while (sp_evtx_next(evtx, &record, &lost) > 0)
                show(&record);
    sp_evtx_free(evtx);
}

static int show_file(const char *path)
{
    struct sp_limits limits = sp_limits_default();
    struct sp_input input = { .fd = -1 };
    struct sp_record record;
    struct sp_jsonl *jsonl;
    const char *what;
    uint64_t lost = 0;

    if (sp_input_open(&input, path, NULL) < 0)
        return 5;
    if (sp_source_detect(input.head, &what) == SP_SOURCE_EVTX) {
        show_evtx(&input);
    } else {
        jsonl = sp_jsonl_new(&limits);
        sp_jsonl_begin(jsonl, &input, false, no_json_trouble, NULL);
        while (sp_jsonl_next(jsonl, &record, &lost, NULL) > 0)
            show(&record);
        sp_jsonl_free(jsonl);
    }
    sp_input_close(&input);
    if (counting)
        printf("%s: %" PRIu64 " events, %" PRIu64 " not recognised, %" PRIu64 " without a time\n", path, made, unclassed, timeless);
    return 0;
}

static struct sp_str part(char **at)
{
    char *begin = *at, *end = strchr(begin, '\t');

    if (end) {
        *end = 0;
        *at = end + 1;
    }
    return strcmp(begin, "-") == 0 ? SP_STR_NONE : sp_str_c(begin);
}

static int show_fields(void)
{
    char line[4096];

    while (fgets(line, sizeof line, stdin)) {
        char *at = line;
        struct sp_logsource rule;
        struct sp_str field;

        line[strcspn(line, "\n")] = 0;
        rule.product = part(&at);
        rule.category = part(&at);
        rule.service = part(&at);
        field = sp_str_c(at);
        printf("%.*s\t%.*s\t%.*s\t%s\t", SP_STR_ARG(rule.product), SP_STR_ARG(rule.category), SP_STR_ARG(rule.service), at);
        for (uint32_t i = 0; i < sp_taxonomy_count(taxonomy); i++) {
            const struct sp_class *c = sp_taxonomy_class(taxonomy, i);
            const struct sp_field_line *l = sp_class_field(c, field);

            if (sp_class_has(c, &rule))
                printf(" %.*s=%s", SP_STR_ARG(c->name), !l ? "undecided" : l->from.kind == SP_FROM_ABSENT ? "absent" : "mapped");
        }
        printf("\n");
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sp_error err;
    int rc = 2;

    if (sp_taxonomy_new(&taxonomy, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.what);
        return 5;
    }
    events = sp_events_new(taxonomy, NULL);
    counting = argc > 1 && strcmp(argv[1], "count") == 0;
    if (argc == 2 && strcmp(argv[1], "fields") == 0)
        rc = show_fields();
    else if (argc == 3)
        rc = show_file(argv[2]);
    sp_events_free(events);
    sp_taxonomy_free(taxonomy);
    return rc;
}
