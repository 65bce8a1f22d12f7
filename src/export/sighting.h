/* SPDX-License-Identifier: Apache-2.0
 *
 * One sighting as a line: NDJSON as it travels between organisations (DESIGN contract 6), NDJSON with everything
 * (contract 5), CSV (RFC 4180).
 */
#ifndef SP_EXPORT_SIGHTING_H
#define SP_EXPORT_SIGHTING_H
#include "base/buf.h"
#include "base/id.h"
#include "event/event.h"
#include "rule/rule.h"

/* Everything about a sighting that a line may need; texts are borrowed. `host`, `user`, `session`: ptr NULL = null.
 * `values`, `fields`, `why` are finished JSON, and `rule_json`, as sp_sighting_rule makes it. */
struct sp_sighting {
    struct sp_digest id, event_id, raw;
    const char *org, *source;
    const struct sp_rule *rule;
    const struct sp_event *event;
    struct sp_str host, user, session, values, fields, why, channel, event_code, rule_json;
};

/* Where a line, counted from its first byte, has what is only known when all before it is counted: the two ids, 64 hex
 * digits each, and the record's number in decimal; SIZE_MAX where the format has none. */
struct sp_sighting_places {
    size_t id, event_id, record;
};

/* What every JSON line of the rule has. */
void sp_sighting_rule(struct sp_buf *out, const struct sp_rule *rule);

/* A line of `--format sightings`, with `whole` of `--format json`; ends with a newline. */
void sp_sighting_json(struct sp_buf *out, const struct sp_sighting *s, bool whole, struct sp_sighting_places *ret);

/* The header line and a line of CSV; both end with CR LF. */
void sp_sighting_csv_header(struct sp_buf *out);
void sp_sighting_csv(struct sp_buf *out, const struct sp_sighting *s, struct sp_sighting_places *ret);

#endif
