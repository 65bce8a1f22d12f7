/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_taxonomy: which log source an event has (Sigma's product, category, service) and how the field names
 * of rules are found in it. Tables, not code: src/event/map/NAME.tsv, from which build-time C and docs/fields.md
 * are generated; `--map FILE` adds lines of the same form. Immutable once built, shared by all threads.
 *
 * Lines, tab-separated; `#` begins a comment; a line belongs to the `class` above it:
 *
 *   class  NAME  PRODUCT  CATEGORY[,CATEGORY]  SERVICE[,SERVICE]     `-` for none; the first is shown first
 *   when   KEY=VALUE ...             channel, provider (both without case), eventid (one, a,b or a-b), FIELD^PREFIX,
 *                                    FIELD=TEXT; all must hold; several `when` lines: any. The first class in file
 *                                    order that holds is the event's. `when any`: every Windows event
 *   field  NAME [FROM]               rules with a category of this class that say NAME read FROM (default: NAME)
 *   fields NAME [NAME ...]           the same as `field NAME` for each
 *   absent NAME [NAME ...]           the log source cannot carry it: the item is UNKNOWN (SPEC: sigma-T23)
 *   trim   NAME                      trailing spaces are dropped (SPEC: sigma-T16)
 *   names  nospace                   names are compared without the event's spaces ("Threat Name")
 *   time FROM [FORM], host FROM, user FROM, session FROM               where they come from
 *   value  TYPE  FROM                a value for linking; TYPE of DESIGN contract 6, `path` (file_path and
 *                                    file_name), `hashes` (Sysmon's list), `ip`, `host` (ip or domain)
 *   type   json|csv|text             accepted in a user's file, and checked
 *   like   CLASS                     (one above) all of CLASS's field, absent, trim, names, host, ... lines as well
 *
 * FROM is a field name, or: A\B (both joined by a backslash; B alone where A is missing, empty or `-`),
 * A|B (the first that is present), dec(A) (0x1f4 as 500), registry(A\B) (\REGISTRY\MACHINE\... as HKLM\..., A alone
 * where B is missing, empty or `-`). Columns are cut at tabs; a line without any is cut at spaces.
 * Of two lines for one name in a class the later one counts.
 *
 * A rule sees mapped names when its log source names a category; a rule for a service alone sees the
 * event's own names first (Security 4688's ProcessId is the parent's there, the process's in process_creation).
 */
#ifndef SP_EVENT_TAXONOMY_H
#define SP_EVENT_TAXONOMY_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* A Sigma log source; empty parts are not given. */
struct sp_logsource {
    struct sp_str product, category, service;
};

enum sp_from_kind { SP_FROM_FIELD, SP_FROM_JOIN, SP_FROM_FIRST, SP_FROM_DEC, SP_FROM_REGISTRY, SP_FROM_ABSENT };

/* Where a field's value comes from. */
struct sp_from {
    enum sp_from_kind kind;
    struct sp_str a, b; /* field names; b empty where one is enough */
};

struct sp_field_line {
    struct sp_str name;
    struct sp_from from;
};

struct sp_value_line {
    struct sp_str type;
    struct sp_from from;
};

#define SP_CLASS_NONE UINT32_MAX /* the id of the class without parts: no rule applies to it */

struct sp_class {
    uint32_t id; /* index in the taxonomy, or SP_CLASS_NONE */
    struct sp_str name, product;
    const struct sp_str *category, *service;
    uint32_t category_count, service_count;
    const struct sp_field_line *field; /* sorted by name; ABSENT lines among them */
    uint32_t field_count;
    const struct sp_str *trim; /* sorted */
    uint32_t trim_count;
    bool nospace;
    struct sp_from time, host, user, session; /* a empty: none */
    const struct sp_value_line *value;
    uint32_t value_count;
};

struct sp_taxonomy;

/* The built-in tables. */
int sp_taxonomy_new(struct sp_taxonomy **ret, struct sp_error *err);
/* Add lines of a `--map` file's text; errors name file:line. Its classes come before the built-in ones. */
int sp_taxonomy_add(struct sp_taxonomy *taxonomy, const char *file, struct sp_str text, struct sp_error *err);
void sp_taxonomy_free(struct sp_taxonomy *taxonomy);

uint32_t sp_taxonomy_count(const struct sp_taxonomy *taxonomy);
const struct sp_class *sp_taxonomy_class(const struct sp_taxonomy *taxonomy, uint32_t id);
/* The class for `--logsource`: one whose parts are exactly these, else a new one without lines. */
int sp_taxonomy_for(struct sp_taxonomy *taxonomy, struct sp_logsource logsource, const struct sp_class **ret, struct sp_error *err);

/* Does a rule with this log source run on events of this class? Every part given must be among the class's
 * (contract 1, generic JSON). Compared without case. */
bool sp_class_has(const struct sp_class *c, const struct sp_logsource *rule);
/* Append where its events come from: channel (or provider) and event ids, `Security 4624,4625`; of what has no channel its
 * log source. */
void sp_class_origin(const struct sp_taxonomy *taxonomy, const struct sp_class *c, struct sp_buf *out);
/* The class's log source as output shows it: product, first category, first service. */
struct sp_logsource sp_class_logsource(const struct sp_class *c);
/* The line for a rule's field name, NULL if there is none (the name itself is then looked up; missing if not
 * there). `mapped`: the rule's log source names a category. Without it ABSENT is still ABSENT, but a FROM other
 * than the name itself counts only when the event has no field of that very name. */
const struct sp_field_line *sp_class_field(const struct sp_class *c, struct sp_str name);
bool sp_class_trims(const struct sp_class *c, struct sp_str name);

#endif
