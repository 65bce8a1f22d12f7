/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the event room share: conditions of classes and the tables' texts. Not for other rooms.
 */
#ifndef SP_EVENT_TAXONOMY_INNER_H
#define SP_EVENT_TAXONOMY_INNER_H
#include "event/taxonomy.h"

/* One text of src/event/map, embedded by tools/make_fields.py. */
struct sp_event_table {
    const char *name;
    const char *text;
    uint32_t length;
};
extern const struct sp_event_table sp_event_tables[];
extern const uint32_t sp_event_table_count;

struct sp_range {
    uint32_t first, last;
};

/* FIELD=TEXT, or FIELD^PREFIX; the text is compared without ASCII case. */
struct sp_field_test {
    struct sp_str field, text;
    bool prefix;
};

/* One `when` line: all of it must hold. */
struct sp_when {
    const struct sp_class *class_;
    struct sp_str channel, provider; /* empty: any */
    const struct sp_range *eventid;
    uint32_t eventid_count; /* 0: any */
    const struct sp_field_test *test;
    uint32_t test_count;
};

/* A class with what only this room needs. */
struct sp_class_entry {
    struct sp_class seen;
    const struct sp_when *when;
    uint32_t when_count;
    bool built_in;
};

struct sp_taxonomy {
    struct sp_arena arena;
    struct sp_class_entry **entry; /* by id; owned by the heap, the entries by the arena */
    uint32_t count, room;
    uint32_t built_in;             /* entries of the built-in tables: ids below it */
    struct sp_class_entry *given;  /* the first class of a --map file without `when`: for what says nothing itself */
    struct sp_class none;          /* without parts */
};

/* Where an event comes from, as far as it says so. */
struct sp_origin {
    struct sp_str channel, provider; /* empty: not said */
    uint32_t eventid;
    bool has_eventid;
};

/* The conditions that an event of this origin fulfils but for their field tests, in order, up to and including the
 * first without tests. Returns their number; one above `room` when there are more than `room`. */
uint32_t sp_taxonomy_candidates(const struct sp_taxonomy *taxonomy, const struct sp_origin *origin, const struct sp_when **ret,
                                uint32_t room);

/* Read the lines of one table; `text` outlives the taxonomy. */
int sp_taxonomy_parse(struct sp_taxonomy *taxonomy, const char *file, struct sp_str text, struct sp_error *err);

/* An empty entry with the next id, or NULL. */
struct sp_class_entry *sp_taxonomy_entry(struct sp_taxonomy *taxonomy);

/* Equal without ASCII case. */
bool sp_str_same(struct sp_str a, struct sp_str b);

#endif
