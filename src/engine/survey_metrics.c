/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics: events counted by channel, provider, id, or what --by names. A part is a table of rows; so is the view.
 */
#include "base/error.h"
#include "engine/survey.h"

enum by { BY_CHANNEL, BY_PROVIDER, BY_EVENT, BY_HOST, BY_SOURCE, BY_COUNT };

struct view {
    bool by[BY_COUNT];
    struct sp_rows rows;
};

struct part {
    struct sp_rows rows;
    struct sp_buf key;
};

static int begin(struct sp_survey *s)
{
    static const char *const name[BY_COUNT] = { "channel", "provider", "event", "host", "source" };
    struct view *v = s->view;

    sp_rows_init(&v->rows, s->scope.limits.view_rows);
    return sp_survey_by(s, "channel,provider,event", name, v->by, BY_COUNT);
}

static int see(struct sp_survey *s, void *part, const struct sp_survey_seen *seen)
{
    const struct view *v = s->view;
    struct part *p = part;

    if (!p->rows.max)
        sp_rows_init(&p->rows, v->rows.max);
    sp_buf_clear(&p->key);
    if (v->by[BY_CHANNEL])
        sp_key_add(&p->key, sp_survey_channel(seen, 0));
    if (v->by[BY_PROVIDER])
        sp_key_add(&p->key, sp_survey_provider(seen, 1));
    if (v->by[BY_EVENT])
        sp_key_add(&p->key, sp_survey_event_id(seen, 2));
    if (v->by[BY_HOST])
        sp_key_add(&p->key, sp_survey_host(seen, 3));
    if (v->by[BY_SOURCE])
        sp_key_add(&p->key, sp_str_c(s->scope.sources.source[seen->source].path));
    if (p->key.failed || sp_survey_failed(seen))
        return SP_ERR_NOMEM;
    return sp_rows_count(&p->rows, sp_buf_view(&p->key), seen->event->time);
}

static int commit(struct sp_survey *s, void *part, size_t source)
{
    struct view *v = s->view;
    struct part *p = part;
    int rc = sp_rows_join(&v->rows, &p->rows);

    (void)source;
    sp_rows_clear(&p->rows);
    s->result->rows = v->rows.count;
    return rc < 0 ? sp_error_nomem(s->err) : 0;
}

static void part_done(void *part)
{
    struct part *p = part;

    sp_rows_done(&p->rows);
    sp_buf_done(&p->key);
}

static const struct sp_view_column all_columns[] = {
    { "count", "COUNT", SP_VIEW_RIGHT, 0 }, { "share", "SHARE", SP_VIEW_RIGHT, 0 },     { "first", "FIRST", SP_VIEW_LEFT, 10 }, { "last", "LAST", SP_VIEW_LEFT, 10 },
    { "channel", "CHANNEL", SP_VIEW_LEFT, 12 }, { "provider", "PROVIDER", SP_VIEW_LEFT, 8 }, { "event_id", "ID", SP_VIEW_RIGHT, 0 }, { "title", "TITLE", SP_VIEW_LEFT, 10 },
    { "host", "HOST", SP_VIEW_LEFT, 10 }, { "source", "SOURCE", SP_VIEW_LEFT, 16 },
};

enum { COMMON = 4, CHANNEL = 4, PROVIDER, EVENT_ID, TITLE, HOST, SOURCE };

/* The columns that --by asks for. A table leaves the provider out when it stands beside its channel: it is nearly the
 * same word. */
static unsigned choose(const struct sp_survey *s, struct sp_view_column to[SP_VIEW_COLUMNS])
{
    const struct view *v = s->view;
    unsigned n = COMMON;

    memcpy(to, all_columns, COMMON * sizeof *to);
    if (sp_view_narrow(&s->options->output))
        to[3].title = NULL;
    if (v->by[BY_CHANNEL])
        to[n++] = all_columns[CHANNEL];
    if (v->by[BY_PROVIDER]) {
        to[n] = all_columns[PROVIDER];
        if (v->by[BY_CHANNEL] && s->options->output.width && s->options->output.width < 160)
            to[n].title = NULL;
        n++;
    }
    if (v->by[BY_EVENT]) {
        to[n++] = all_columns[EVENT_ID];
        to[n++] = all_columns[TITLE];
    }
    if (v->by[BY_HOST])
        to[n++] = all_columns[HOST];
    if (v->by[BY_SOURCE])
        to[n++] = all_columns[SOURCE];
    return n;
}

static struct sp_str known(struct sp_str text)
{
    return text.len ? text : (struct sp_str){ NULL, 0 };
}

static void write_row(const struct view *v, const struct sp_output *o, struct sp_view *to, const struct sp_row *row, uint64_t all)
{
    struct sp_str key = row->key, channel = SP_STR_NONE, provider = SP_STR_NONE, id;

    sp_view_u64(to, row->count[0]);
    sp_view_share(to, row->count[0], all);
    sp_view_time(to, row->first);
    sp_view_time(to, row->last);
    if (v->by[BY_CHANNEL]) {
        channel = sp_key_next(&key);
        sp_view_text(to, known(o->format == SP_FORMAT_TABLE && o->width ? sp_survey_short(channel) : channel));
    }
    if (v->by[BY_PROVIDER])
        sp_view_text(to, known(provider = sp_key_next(&key)));
    if (v->by[BY_EVENT]) {
        id = sp_key_next(&key);
        sp_view_text(to, known(id));
        sp_view_text(to, sp_event_title(channel, provider, sp_survey_number(id)));
    }
    if (v->by[BY_HOST])
        sp_view_text(to, known(sp_key_next(&key)));
    if (v->by[BY_SOURCE])
        sp_view_text(to, known(sp_key_next(&key)));
    sp_view_row(to);
}

static int give(struct sp_survey *s)
{
    struct sp_view_column column[SP_VIEW_COLUMNS];
    struct view *v = s->view;
    struct sp_view to;
    uint64_t all = v->rows.left_out;
    int rc = 0;

    for (uint32_t i = 0; i < v->rows.count; i++)
        all += v->rows.row[i].count[0];
    s->result->left_out = v->rows.left_out;
    sp_rows_sort(&v->rows);
    sp_view_begin(&to, &s->options->output, column, choose(s, column), &s->out);
    for (uint32_t i = 0; rc == 0 && i < v->rows.count; i++) {
        write_row(v, &s->options->output, &to, &v->rows.row[i], all);
        rc = sp_survey_flush(s, false);
    }
    sp_view_end(&to);
    return rc;
}

static void done(struct sp_survey *s)
{
    sp_rows_done(&((struct view *)s->view)->rows);
}

const struct sp_survey_ops sp_survey_metrics = {
    .view_bytes = sizeof(struct view), .part_bytes = sizeof(struct part), .begin = begin, .see = see, .commit = commit,
    .part_done = part_done, .write = give, .done = done,
};
