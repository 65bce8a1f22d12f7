/* SPDX-License-Identifier: Apache-2.0
 *
 * In: an event whose values are texts. Out: a line as winlogbeat 8 writes it into a file or queue: names of its own for
 * the header, the event's data as texts under winlog.event_data.
 */
#include "simulate/emit.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/jsonw.h"
#include "base/time.h"

static void text(struct sp_json *w, const char *key, const char *value)
{
    sp_json_key(w, sp_str_c(key));
    sp_json_text(w, value);
}

static void number(struct sp_json *w, const char *key, uint64_t value)
{
    sp_json_key(w, sp_str_c(key));
    sp_json_u64(w, value);
}

static void object(struct sp_json *w, const char *key)
{
    sp_json_key(w, sp_str_c(key));
    sp_json_open(w, '{');
}

static const char *level_name(uint8_t level)
{
    return level == 2 ? "error" : level == 3 ? "warning" : level == 5 ? "verbose" : "information";
}

static void write_data(struct sp_json *w, const struct sp_sim_event *event)
{
    const struct sp_schema *schema = event->schema;
    char utc[SP_EMIT_UTC];

    sp_emit_utc(event, utc);
    object(w, schema->user_data ? "user_data" : "event_data");
    if (schema->user_data)
        text(w, "xml_name", schema->user_data);
    for (size_t i = 0; i < schema->field_count; i++)
        text(w, schema->fields[i].name, sp_emit_text(event, i, utc));
    sp_json_close(w, '}');
}

static void write_winlog(struct sp_json *w, uint64_t record, const struct sp_sim_event *event)
{
    const struct sp_schema *schema = event->schema;
    char id[16];

    snprintf(id, sizeof id, "%u", (unsigned)schema->id);
    object(w, "winlog");
    text(w, "api", "wineventlog");
    text(w, "channel", sp_channel_names[schema->channel].name);
    text(w, "provider_name", schema->provider->name);
    text(w, "provider_guid", schema->provider->guid);
    text(w, "event_id", id);
    if (schema->version)
        number(w, "version", schema->version);
    number(w, "record_id", record);
    text(w, "computer_name", event->host->fqdn);
    if (event->activity)
        text(w, "activity_id", event->activity);
    object(w, "process");
    number(w, "pid", event->pid);
    object(w, "thread");
    number(w, "id", event->tid);
    sp_json_close(w, '}');
    sp_json_close(w, '}');
    if (event->user_sid) {
        object(w, "user");
        text(w, "identifier", event->user_sid);
        sp_json_close(w, '}');
    }
    write_data(w, event);
    sp_json_close(w, '}');
}

void sp_emit_json(struct sp_buf *out, uint64_t record, const struct sp_sim_event *event)
{
    struct sp_time time = sp_time_filetime(event->time);
    struct sp_date date = sp_time_date(time.sec);
    struct sp_json w = sp_json_to(out);
    char created[40], code[16];

    snprintf(created, sizeof created, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)date.year % 10000, date.month % 100u,
             date.day % 100u, date.hour % 100u, date.minute % 100u, date.second % 100u, (unsigned)(time.nsec / 1000000) % 1000);
    snprintf(code, sizeof code, "%u", (unsigned)event->schema->id);
    sp_json_open(&w, '{');
    text(&w, "@timestamp", created);
    object(&w, "agent");
    text(&w, "type", "winlogbeat");
    text(&w, "version", "8.12.2");
    text(&w, "name", event->host->name);
    sp_json_close(&w, '}');
    object(&w, "event");
    text(&w, "kind", "event");
    text(&w, "code", code);
    text(&w, "provider", event->schema->provider->name);
    sp_json_close(&w, '}');
    object(&w, "host");
    text(&w, "name", event->host->fqdn);
    sp_json_close(&w, '}');
    object(&w, "log");
    text(&w, "level", level_name(event->schema->level));
    sp_json_close(&w, '}');
    write_winlog(&w, record, event);
    sp_json_close(&w, '}');
    sp_buf_char(out, '\n');
}
