/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files behind sp_show share: the open case, what is asked of it, what analysts have said, and the output.
 *
 *     show.c          options, which view, what is hidden
 *     show_list.c     sightings, time line
 *     show_counts.c   rules, hosts, values, sources, runs
 *     show_one.c      one sighting: gathers; show_one_json.c and show_one_page.c write it
 */
#ifndef SP_ENGINE_SHOW_H
#define SP_ENGINE_SHOW_H
#include "base/jsonw.h"
#include "engine/suppress.h"
#include "export/page.h"
#include "spoor/show.h"
#include "store/case.h"

/* An act, copied into the arena. */
struct show_act {
    int64_t row, time_ns;
    struct sp_str who, kind, target, text, why, until;
};

struct show {
    const struct sp_show_options *options;
    const struct sp_ctx *ctx;
    struct sp_case *c;
    struct sp_case_filter filter;
    struct sp_suppress *suppress;
    struct show_act *act;          /* by target, then in order */
    size_t act_count, act_room;
    struct sp_arena arena;         /* of the whole call */
    struct sp_line line;           /* of the sighting in hand */
    struct sp_buf out;
    uint64_t shown, hidden;        /* sightings; hidden: benign or dismissed, and not asked for */
    struct sp_error *err;
};

/* Why a sighting is not shown. */
enum show_hidden { SHOW_SEEN, SHOW_BENIGN, SHOW_DISMISSED };

/* What the acts say of it: SHOW_*, or SP_ERR_NOMEM. The sighting has its line wherever sp_suppress_asks for its rule. */
int show_hidden(struct show *s, const struct sp_case_sighting *one);
/* The acts on a sighting: the first, and how many; NULL: none. */
const struct show_act *show_acts_of(const struct show *s, const struct sp_digest *id, size_t *ret_count);
/* Its tags, ` #name` each, appended as they are; a tag that was said twice stands once. */
void show_tags(const struct show *s, const struct sp_digest *id, struct sp_buf *out);

/* Write what has gathered in `out`, when it is much or `all`. */
int show_flush(struct show *s, bool all);
int show_nomem(struct show *s);

/* The value of the event that tells most about it; ptr NULL: none. */
enum show_sort { SHOW_TEXT, SHOW_COMMAND, SHOW_FILE };
struct sp_str show_telling(struct sp_line *line, enum show_sort *ret_sort);

/* The same for a cell of a table, where it is no use to read C:\Windows\System32 again and again: a command line without the folder
 * of its program, a file before its folder, tabs and line ends as spaces. In the arena; without memory it is empty, and
 * `out` failed. */
struct sp_str show_short(struct show *s, struct sp_str text, enum show_sort sort);

/* JSON members beside those of base/jsonw.h. */
void show_ns(struct sp_json *w, const char *key, int64_t ns);            /* null for 0 */
void show_digest(struct sp_json *w, const char *key, const struct sp_digest *digest);
void show_act_json(struct sp_json *w, const struct show_act *act);
/* A time as a cell of a table, `brief`: the date alone; in the arena. Without memory it is empty, and `out` failed. */
struct sp_str show_time_text(struct show *s, struct sp_time time, bool brief);
struct sp_time show_time_of_ns(int64_t ns);

int show_sightings(struct show *s);
int show_timeline(struct show *s);
int show_rules(struct show *s);
int show_hosts(struct show *s);
int show_values(struct show *s);
int show_sources(struct show *s);
int show_runs(struct show *s);
int show_one(struct show *s, struct sp_str id);

#endif
