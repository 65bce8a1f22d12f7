/* SPDX-License-Identifier: Apache-2.0
 *
 * One sighting with everything that is known of it: what show_one.c gathers, and show_one_json.c and show_one_page.c write. All of
 * it lives in the arena of the `struct show`, but for `around` and the rule set, which have their own.
 */
#ifndef SP_ENGINE_SHOW_ONE_H
#define SP_ENGINE_SHOW_ONE_H
#include "engine/around.h"
#include "engine/show.h"
#include "event/derive.h"
#include "match/part.h"

/* One item that made the rule true. */
struct one_why {
    struct sp_str item, field, value; /* value ptr NULL: none was there */
    const struct sp_item *of;         /* in the rule; NULL: the rule's text is not known */
    struct sp_part_of *part;          /* of the value that matched */
    size_t part_count;
};

struct one_derived {
    struct sp_str field;
    struct sp_derived derived;
};

struct one {
    struct show *show;
    struct sp_digest id, raw_digest;
    struct sp_str line;               /* as hunt wrote it */
    struct sp_line parsed;            /* taken apart; its texts live as long as it */
    struct sp_str id_hex, org, source, host, user, session, title; /* ptr NULL: not known */
    struct sp_time time;
    uint64_t offset, length, record;
    uint32_t level;
    int64_t rule_row, run;
    enum show_hidden hidden;
    struct sp_case_rule rule;         /* texts copied; document empty: not kept */
    struct sp_rule_set *set;          /* of the document; NULL: not kept or not readable */
    bool *matched;                    /* by line of the document, from 0 */
    size_t lines;
    struct sp_str raw;                /* the record's bytes; ptr NULL: the case has them not */
    struct one_why *why;
    size_t why_count;
    struct one_derived *derived;
    size_t derived_count;
    struct sp_around around;
    bool read_again;                  /* `around` was filled in */
    struct sp_tree_line *tree;
    uint32_t tree_count;
    struct sp_str script;             /* joined; ptr NULL: the event is no script block */
    uint64_t script_total, script_missing; /* parts there should be, and those that no log has */
};

void one_json(struct one *one);
int one_page(struct one *one);

/* How the logon types of Windows are called; NULL for a number that is none. */
const char *one_logon_type(struct sp_str number);
/* What a logon event says, in words. */
const char *one_logon_word(uint32_t code);

#endif
