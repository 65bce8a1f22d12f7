/* SPDX-License-Identifier: Apache-2.0
 *
 * In: processes, logons and script parts as logs told them, in any order. Out: starts joined with ends, what two logs say of
 * one process made one, each child below its parent, the target and its session found; and the lines of the tree.
 *
 * A process is found by its GUID; by its number only together with a time, since Windows gives numbers out again: it is
 * the last that started before and had not ended.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/around.h"

enum { SAME_S = 2 }; /* Sysmon and Security tell of one start within this time; clocks of two logs differ as much */

bool sp_session_same(struct sp_str a, struct sp_str b)
{
    char x[24], y[24], *end_x, *end_y;

    if (a.len == 0 || b.len == 0)
        return false;
    if (a.len < sizeof x && b.len < sizeof y) {
        unsigned long long m, n;

        memcpy(x, a.ptr, a.len);
        memcpy(y, b.ptr, b.len);
        x[a.len] = y[b.len] = '\0';
        m = strtoull(x, &end_x, x[0] == '0' && (x[1] | 32) == 'x' ? 16 : 10);
        n = strtoull(y, &end_y, y[0] == '0' && (y[1] | 32) == 'x' ? 16 : 10);
        if (!*end_x && !*end_y)
            return m == n;
    }
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

bool sp_host_same(struct sp_str a, struct sp_str b)
{
    const char *x = memchr(a.ptr, '.', a.len), *y = memchr(b.ptr, '.', b.len);

    if (!x != !y) { /* one with its domain, one without */
        a.len = x ? (size_t)(x - a.ptr) : a.len;
        b.len = y ? (size_t)(y - b.ptr) : b.len;
    }
    return a.len == b.len && a.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static int by_pid(const void *a, const void *b)
{
    const struct sp_process *x = a, *y = b;
    int c;

    if (x->has_pid != y->has_pid)
        return x->has_pid ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    c = sp_time_cmp(x->start.known ? x->start : x->end, y->start.known ? y->start : y->end);
    if (c == 0)
        c = (int)y->start.known - (int)x->start.known;
    if (c == 0)
        c = (int)y->sysmon - (int)x->sysmon;
    if (c == 0 && x->source != y->source)
        c = x->source < y->source ? -1 : 1;
    return c ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

static struct sp_str base_of(struct sp_str image)
{
    size_t at = image.len;

    while (at && image.ptr[at - 1] != '\\' && image.ptr[at - 1] != '/')
        at--;
    return sp_str_cut(image, at, image.len - at);
}

static bool same_text(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

static bool near(struct sp_time a, struct sp_time b)
{
    int64_t d = a.sec - b.sec;

    return a.known && b.known && d >= -SAME_S && d <= SAME_S;
}

static void fill(struct sp_str *to, struct sp_str from)
{
    if (to->len == 0)
        *to = from;
}

/* `b` tells of the same start as `a`: what it knows more is taken over. */
static void join(struct sp_process *a, const struct sp_process *b)
{
    fill(&a->guid, b->guid);
    fill(&a->parent_guid, b->parent_guid);
    fill(&a->image, b->image);
    fill(&a->command, b->command);
    fill(&a->user, b->user);
    fill(&a->session, b->session);
    fill(&a->parent_image, b->parent_image);
    fill(&a->parent_command, b->parent_command);
    if (!a->has_parent_pid) {
        a->has_parent_pid = b->has_parent_pid;
        a->parent_pid = b->parent_pid;
    }
    if (!a->end.known)
        a->end = b->end;
    a->sysmon |= b->sysmon;
}

static bool one_start(const struct sp_process *a, const struct sp_process *b)
{
    if (a->guid.len && b->guid.len)
        return sp_str_eq(a->guid, b->guid);
    return near(a->start, b->start) && same_text(base_of(a->image), base_of(b->image));
}

static bool ends(const struct sp_process *start, const struct sp_process *end)
{
    if (start->guid.len && end->guid.len)
        return sp_str_eq(start->guid, end->guid);
    return !start->end.known || near(start->end, end->end);
}

/* Sorted by number and time: what belongs together stands side by side. Ends without a start are dropped. */
static void join_all(struct sp_around *a)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < a->process_count; i++) {
        struct sp_process *p = &a->process[i], *before = n ? &a->process[n - 1] : NULL;
        bool beside = before && p->has_pid && before->has_pid && before->pid == p->pid;

        if (!p->start.known && p->end.known) {
            if (beside && ends(before, p) && !before->end.known)
                before->end = p->end;
        } else if (beside && one_start(before, p)) {
            join(before, p);
        } else {
            a->process[n++] = *p;
        }
    }
    a->process_count = n;
}

/* The process that had this number at this time; SP_NO_PROCESS. */
static uint32_t at_time(const struct sp_around *a, uint64_t pid, struct sp_time time)
{
    uint32_t low = 0, high = a->process_count;
    struct sp_time end = time;

    if (!time.known)
        return SP_NO_PROCESS;
    end.sec += SAME_S;
    while (low < high) { /* the first that is behind */
        uint32_t middle = low + (high - low) / 2;
        const struct sp_process *p = &a->process[middle];

        if (p->has_pid && (p->pid < pid || (p->pid == pid && sp_time_cmp(p->start, end) <= 0)))
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && a->process[low - 1].has_pid && a->process[low - 1].pid == pid) {
        const struct sp_process *p = &a->process[--low];
        struct sp_time gone = p->end;

        gone.sec += SAME_S;
        if (p->end.known && sp_time_cmp(gone, time) < 0)
            return SP_NO_PROCESS;
        if (sp_time_cmp(p->start, time) <= 0 || low == 0 || a->process[low - 1].pid != pid)
            return low;
    }
    return SP_NO_PROCESS;
}

struct by_guid {
    struct sp_str guid;
    uint32_t process;
};

static int guid_order(const void *a, const void *b)
{
    const struct by_guid *x = a, *y = b;
    int c = sp_str_cmp(x->guid, y->guid);

    return c ? c : (x->process > y->process) - (x->process < y->process);
}

static uint32_t of_guid(const struct by_guid *list, uint32_t count, struct sp_str guid)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (sp_str_cmp(list[middle].guid, guid) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return guid.len && low < count && sp_str_eq(list[low].guid, guid) ? list[low].process : SP_NO_PROCESS;
}

static bool add_process(struct sp_around *a, const struct sp_process *p)
{
    if (a->process_count == a->process_room) {
        struct sp_process *grown = sp_arena_grow(&a->arena, a->process, a->process_count, a->process_room + 64, sizeof *grown);

        if (!grown)
            return false;
        a->process = grown;
        a->process_room += 64;
    }
    a->process[a->process_count++] = *p;
    return true;
}

/* A process that only its child knows, so that the tree says who started it. */
static uint32_t name_parent(struct sp_around *a, uint32_t child)
{
    const struct sp_process *c = &a->process[child];
    struct sp_process p = { .named = true, .guid = c->parent_guid, .image = c->parent_image, .command = c->parent_command,
                            .pid = c->parent_pid, .has_pid = c->has_parent_pid, .source = c->source,
                            .parent = SP_NO_PROCESS, .child = SP_NO_PROCESS, .last = SP_NO_PROCESS, .next = SP_NO_PROCESS };

    return add_process(a, &p) ? a->process_count - 1 : SP_NO_PROCESS;
}

static void hang(struct sp_around *a, uint32_t parent, uint32_t child)
{
    struct sp_process *p = &a->process[parent];

    a->process[child].parent = parent;
    if (p->last == SP_NO_PROCESS)
        p->child = child;
    else
        a->process[p->last].next = child;
    p->last = child;
}

struct by_start {
    struct sp_time start;
    uint32_t process;
};

static int start_order(const void *a, const void *b)
{
    const struct by_start *x = a, *y = b;
    int c = sp_time_cmp(x->start, y->start);

    return c ? c : (x->process > y->process) - (x->process < y->process);
}

/* Children in order of their start: processes are hung up in that order. */
static int find_parents(struct sp_around *a, const struct by_guid *guids, uint32_t guid_count)
{
    uint32_t count = a->process_count;
    struct by_start *order = sp_realloc_array(NULL, count + 1, sizeof *order);

    if (!order)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        order[i] = (struct by_start){ a->process[i].start, i };
    qsort(order, count, sizeof *order, start_order);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t child = order[i].process;
        const struct sp_process *p = &a->process[child];
        uint32_t parent = of_guid(guids, guid_count, p->parent_guid);

        if (parent == SP_NO_PROCESS && p->has_parent_pid && !p->parent_guid.len)
            parent = at_time(a, p->parent_pid, p->start);
        if (parent != SP_NO_PROCESS && parent != child)
            hang(a, parent, child);
    }
    sp_free(order);
    return 0;
}

static int begin_tree(struct sp_around *a, const struct sp_around_target *target)
{
    struct by_guid *guids;
    uint32_t n = 0;
    int rc;

    if (target->self && !add_process(a, target->self)) /* a log that tells of it too is joined with it */
        return SP_ERR_NOMEM;
    if (a->process_count)
        qsort(a->process, a->process_count, sizeof *a->process, by_pid);
    join_all(a);
    guids = sp_realloc_array(NULL, a->process_count + 1, sizeof *guids);
    if (!guids)
        return SP_ERR_NOMEM;
    for (uint32_t i = 0; i < a->process_count; i++)
        if (a->process[i].guid.len)
            guids[n++] = (struct by_guid){ a->process[i].guid, i };
    qsort(guids, n, sizeof *guids, guid_order);
    a->target = target->guid.ptr ? of_guid(guids, n, target->guid) : SP_NO_PROCESS;
    if (a->target == SP_NO_PROCESS && target->has_pid)
        a->target = at_time(a, target->pid, target->time);
    rc = find_parents(a, guids, n);
    sp_free(guids);
    return rc;
}

/* The system's own sessions: every service is in them, and no logon begins them. */
static bool is_well_known(struct sp_str session)
{
    return sp_session_same(session, SP_STR("0x3e7")) || sp_session_same(session, SP_STR("0x3e4")) ||
           sp_session_same(session, SP_STR("0x3e5")) || sp_session_same(session, SP_STR("0x3e6")) ||
           sp_session_same(session, SP_STR("0x0"));
}

static int by_time(const void *a, const void *b)
{
    const struct sp_logon *x = a, *y = b;
    int c = sp_time_cmp(x->time, y->time);

    if (c == 0 && x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return c ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

/* A logon id is used again after a restart: the session begins with the last logon before the event, and ends with the
 * first logoff behind that. */
static void bound_session(struct sp_around *a, struct sp_time time)
{
    struct sp_time until = time;

    until.sec += SAME_S;
    for (uint32_t i = 0; i < a->logon_count; i++)
        if (a->logon[i].code == 4624 && sp_session_same(a->logon[i].session, a->session) &&
            (a->begin == UINT32_MAX || !time.known || sp_time_cmp(a->logon[i].time, until) <= 0))
            a->begin = i;
    for (uint32_t i = a->begin == UINT32_MAX ? 0 : a->begin; i < a->logon_count && a->end == UINT32_MAX; i++)
        if ((a->logon[i].code == 4634 || a->logon[i].code == 4647) &&
            (a->begin != UINT32_MAX || !time.known || sp_time_cmp(a->logon[i].time, time) >= 0))
            a->end = i;
}

int sp_around_settle(struct sp_around *a, const struct sp_around_target *target)
{
    int rc = 0;

    a->begin = a->end = UINT32_MAX;
    if (a->session.len == 0) { /* else it is the second time, for the logons alone */
        rc = begin_tree(a, target);
        if (rc < 0)
            return rc;
        if (a->target != SP_NO_PROCESS && a->process[a->target].parent == SP_NO_PROCESS &&
            (a->process[a->target].parent_image.len || a->process[a->target].has_parent_pid)) {
            uint32_t parent = name_parent(a, a->target);

            if (parent != SP_NO_PROCESS)
                hang(a, parent, a->target);
        }
        if (target->session.ptr)
            a->session = target->session;
        else if (a->target != SP_NO_PROCESS)
            a->session = a->process[a->target].session;
        a->well_known = is_well_known(a->session);
    }
    if (a->logon_count)
        qsort(a->logon, a->logon_count, sizeof *a->logon, by_time);
    bound_session(a, target->time);
    return 0;
}

/* ---------------------------------------------------------------- the lines that are shown */

enum { SIBLINGS_BEFORE = 8, SIBLINGS_AFTER = 16 };

struct page {
    const struct sp_around *around;
    struct sp_tree_line *line;
    uint32_t count, max;
};

static struct sp_tree_line *add_line(struct page *p, uint32_t process, uint32_t depth, enum sp_kin kin)
{
    if (p->count == p->max)
        return NULL;
    p->line[p->count] = (struct sp_tree_line){ process, depth, kin, 0 };
    return &p->line[p->count++];
}

static uint32_t children(const struct sp_around *a, uint32_t process)
{
    uint32_t n = 0;

    for (uint32_t c = a->process[process].child; c != SP_NO_PROCESS && n < UINT32_MAX; c = a->process[c].next)
        n++;
    return n;
}

/* All below a process; depth is bounded, and a process that is its own ancestor ends there with it. */
static void add_below(struct page *p, uint32_t line, uint32_t level)
{
    uint32_t process = p->line[line].process, depth = p->line[line].depth;

    for (uint32_t c = p->around->process[process].child; c != SP_NO_PROCESS; c = p->around->process[c].next) {
        struct sp_tree_line *l = level < SP_TREE_DEPTH_MAX && c != p->around->target ? add_line(p, c, depth + 1, SP_KIN_DESCENDANT) : NULL;

        if (l)
            add_below(p, (uint32_t)(l - p->line), level + 1);
        else
            p->line[line].hidden++;
    }
}

static void add_target(struct page *p, uint32_t depth)
{
    if (add_line(p, p->around->target, depth, SP_KIN_SELF))
        add_below(p, p->count - 1, 0);
}

/* The children of the parent in order of time: those nearest to the target, and the target. */
static void add_beside(struct page *p, uint32_t parent_line, uint32_t depth)
{
    const struct sp_process *all = p->around->process;
    uint32_t before = 0, at = 0;

    for (uint32_t c = all[p->line[parent_line].process].child; c != SP_NO_PROCESS && c != p->around->target; c = all[c].next)
        before++;
    for (uint32_t c = all[p->line[parent_line].process].child; c != SP_NO_PROCESS; c = all[c].next, at++) {
        struct sp_tree_line *l;

        if (c == p->around->target) {
            add_target(p, depth);
            continue;
        }
        l = (at < before && before - at <= SIBLINGS_BEFORE) || (at > before && at - before <= SIBLINGS_AFTER)
                ? add_line(p, c, depth, SP_KIN_SIBLING) : NULL;
        if (l)
            l->hidden = children(p->around, c);
        else
            p->line[parent_line].hidden++;
    }
}

int sp_around_tree(const struct sp_around *a, uint32_t max, struct sp_arena *arena, struct sp_tree_line **ret, uint32_t *ret_count)
{
    struct page p = { .around = a, .max = max + SP_TREE_DEPTH_MAX + 1 };
    uint32_t above[SP_TREE_DEPTH_MAX], depth = 0;

    *ret = NULL;
    *ret_count = 0;
    if (a->target == SP_NO_PROCESS)
        return 0;
    p.line = sp_arena_alloc(arena, p.max * sizeof *p.line);
    if (!p.line)
        return SP_ERR_NOMEM;
    for (uint32_t at = a->process[a->target].parent; at != SP_NO_PROCESS && at != a->target && depth < SP_TREE_DEPTH_MAX; at = a->process[at].parent)
        above[depth++] = at;
    for (uint32_t i = depth; i-- > 0;)
        (void)add_line(&p, above[i], depth - 1 - i, SP_KIN_ANCESTOR);
    if (depth)
        add_beside(&p, p.count - 1, depth);
    else
        add_target(&p, 0);
    *ret = p.line;
    *ret_count = p.count;
    return 0;
}
