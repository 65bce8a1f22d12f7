/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a sighting and its event. Out: one line at the end of the caller's buffer.
 */
#include "export/sighting.h"

#include "base/jsonw.h"
#include "base/safe.h"

static void member(struct sp_json *w, struct sp_str name, struct sp_str text)
{
    sp_json_name(w, name);
    if (text.ptr)
        sp_json_str(w, text);
    else
        sp_json_null(w);
}

/* Where its digits begin. */
static size_t digest(struct sp_json *w, struct sp_str name, const struct sp_digest *d)
{
    char text[67];

    text[0] = '"';
    sp_digest_hex(d, text + 1);
    text[65] = '"';
    sp_json_name(w, name);
    sp_json_raw(w, (struct sp_str){ text, 66 });
    return w->out->len - 65;
}

void sp_sighting_rule(struct sp_buf *out, const struct sp_rule *rule)
{
    struct sp_json json = sp_json_to(out), *w = &json;

    sp_json_open(w, '{');
    member(w, SP_JSON_NAME("id"), rule->id);
    member(w, SP_JSON_NAME("title"), rule->title);
    sp_json_name(w, SP_JSON_NAME("level"));
    sp_json_text(w, sp_level_name(rule->level));
    sp_json_name(w, SP_JSON_NAME("tags"));
    sp_json_open(w, '[');
    for (uint32_t i = 0; i < rule->tag_count; i++)
        sp_json_str(w, rule->tag[i]);
    sp_json_close(w, ']');
    (void)digest(w, SP_JSON_NAME("sha256"), &rule->sha256);
    sp_json_close(w, '}');
}

static size_t event_member(struct sp_json *w, const struct sp_sighting *s)
{
    size_t at;

    sp_json_name(w, SP_JSON_NAME("event"));
    sp_json_open(w, '{');
    at = digest(w, SP_JSON_NAME("id"), &s->event_id);
    member(w, SP_JSON_NAME("source"), sp_str_c(s->source));
    sp_json_name(w, SP_JSON_NAME("offset"));
    sp_json_u64(w, s->event->record->offset);
    sp_json_name(w, SP_JSON_NAME("length"));
    sp_json_u64(w, s->event->record->length);
    (void)digest(w, SP_JSON_NAME("sha256"), &s->raw);
    sp_json_close(w, '}');
    return at;
}

static void part(struct sp_json *w, struct sp_str name, struct sp_str text)
{
    member(w, name, text.len ? text : (struct sp_str){ NULL, 0 });
}

/* Where the record's number begins. */
static size_t whole_members(struct sp_json *w, const struct sp_sighting *s)
{
    struct sp_logsource l = sp_class_logsource(s->event->class_);
    size_t at;

    sp_json_name(w, SP_JSON_NAME("record"));
    at = w->out->len;
    sp_json_u64(w, s->event->record->number);
    sp_json_name(w, SP_JSON_NAME("logsource"));
    sp_json_open(w, '{');
    part(w, SP_JSON_NAME("product"), l.product);
    part(w, SP_JSON_NAME("category"), l.category);
    part(w, SP_JSON_NAME("service"), l.service);
    sp_json_close(w, '}');
    member(w, SP_JSON_NAME("channel"), s->channel);
    sp_json_name(w, SP_JSON_NAME("event_id_code"));
    if (s->event_code.ptr)
        sp_json_raw(w, s->event_code);
    else
        sp_json_null(w);
    sp_json_name(w, SP_JSON_NAME("why"));
    sp_json_raw(w, s->why);
    sp_json_name(w, SP_JSON_NAME("fields"));
    sp_json_raw(w, s->fields);
    return at;
}

void sp_sighting_json(struct sp_buf *out, const struct sp_sighting *s, bool whole, struct sp_sighting_places *ret)
{
    struct sp_json w = sp_json_to(out);
    size_t start = out->len;

    *ret = (struct sp_sighting_places){ .record = SIZE_MAX };
    sp_json_open(&w, '{');
    sp_json_name(&w, SP_JSON_NAME("v"));
    sp_json_u64(&w, 1);
    ret->id = digest(&w, SP_JSON_NAME("id"), &s->id) - start;
    member(&w, SP_JSON_NAME("org"), sp_str_c(s->org));
    sp_json_member_time(&w, "time", s->event->time);
    member(&w, SP_JSON_NAME("kind"), SP_STR("rule"));
    sp_json_name(&w, SP_JSON_NAME("rule"));
    sp_json_raw(&w, s->rule_json);
    ret->event_id = event_member(&w, s) - start;
    member(&w, SP_JSON_NAME("host"), s->host);
    member(&w, SP_JSON_NAME("user"), s->user);
    member(&w, SP_JSON_NAME("session"), s->session);
    sp_json_name(&w, SP_JSON_NAME("values"));
    sp_json_raw(&w, s->values);
    if (whole)
        ret->record = whole_members(&w, s) - start;
    sp_json_close(&w, '}');
    sp_buf_char(out, '\n');
}

void sp_sighting_csv_header(struct sp_buf *out)
{
    sp_buf_text(out, "id,time,org,level,kind,rule_id,title,host,user,source,offset,length,record,sha256,tags\r\n");
}

void sp_sighting_csv(struct sp_buf *out, const struct sp_sighting *s, struct sp_sighting_places *ret)
{
    size_t start = out->len;
    char hex[65];

    sp_digest_hex(&s->id, hex);
    sp_buf_text(out, hex);
    sp_buf_char(out, ',');
    if (s->event->time.known)
        sp_time_write(out, s->event->time);
    sp_buf_char(out, ',');
    sp_csv_cell(out, sp_str_c(s->org));
    sp_buf_char(out, ',');
    sp_buf_text(out, sp_level_name(s->rule->level));
    sp_buf_text(out, ",rule,");
    sp_csv_cell(out, s->rule->id);
    sp_buf_char(out, ',');
    sp_csv_cell(out, s->rule->title);
    sp_buf_char(out, ',');
    sp_csv_cell(out, s->host);
    sp_buf_char(out, ',');
    sp_csv_cell(out, s->user);
    sp_buf_char(out, ',');
    sp_csv_cell(out, sp_str_c(s->source));
    sp_digest_hex(&s->raw, hex);
    sp_buf_printf(out, ",%llu,%llu,", (unsigned long long)s->event->record->offset, (unsigned long long)s->event->record->length);
    *ret = (struct sp_sighting_places){ .id = 0, .event_id = SIZE_MAX, .record = out->len - start };
    sp_buf_u64(out, s->event->record->number);
    sp_buf_printf(out, ",%s,", hex);
    for (uint32_t i = 0; i < s->rule->tag_count; i++) {
        if (i)
            sp_buf_char(out, ' ');
        sp_csv_cell(out, s->rule->tag[i]);
    }
    sp_buf_text(out, "\r\n");
}
