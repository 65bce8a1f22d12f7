/* SPDX-License-Identifier: Apache-2.0
 *
 * In: hosts, names, values. Out: events in the world's arena, in order of addition.
 */
#include "simulate/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct sp_user user_system = { "SYSTEM", "NT AUTHORITY", "S-1-5-18" };
static const struct sp_user user_local = { "LOCAL SERVICE", "NT AUTHORITY", "S-1-5-19" };
static const struct sp_user user_network = { "NETWORK SERVICE", "NT AUTHORITY", "S-1-5-20" };

void sp_world_init(struct sp_world *world)
{
    *world = (struct sp_world){ 0 };
    sp_arena_init(&world->arena, SIZE_MAX);
}

void sp_world_done(struct sp_world *world)
{
    sp_arena_done(&world->arena);
}

const char *sp_world_text(struct sp_world *world, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof text); /* stories are our own text, far below it */
    struct sp_str copy = sp_arena_str(&world->arena, (struct sp_str){ text, (size_t)len });
    if (!copy.ptr)
        world->failed = true;
    return copy.ptr ? copy.ptr : "";
}

const char *sp_world_guid(struct sp_world *world)
{
    uint64_t a = sp_random_u64(&world->random), b = sp_random_u64(&world->random);

    return sp_world_text(world, "{%08x-%04x-4%03x-%04x-%012llx}", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
                         (unsigned)a & 0xfff, 0x8000 | (unsigned)(b >> 50), (unsigned long long)b & 0xffffffffffff);
}

const struct sp_session *sp_world_session(struct sp_world *world, const struct sp_user *user, const char *integrity,
                                          uint32_t terminal)
{
    static const struct sp_session none = { &user_system, 0, 0, "System", "" };
    struct sp_session *session = sp_arena_zalloc(&world->arena, sizeof *session);

    if (!session) {
        world->failed = true;
        return &none;
    }
    session->user = user;
    session->logon_id = user == &user_system ? 0x3e7 : 0x40000 + sp_random_below(&world->random, 0x7fffff);
    session->terminal = terminal;
    session->integrity = integrity;
    session->guid = sp_world_guid(world);
    return session;
}

void sp_world_settle(struct sp_world *world, struct sp_host *host, const struct sp_user *user)
{
    host->fqdn = sp_world_text(world, "%s.%s", host->name, host->site->dns);
    host->ip = sp_world_text(world, "%s.%s", host->site->net, host->address);
    host->account = (struct sp_user){ sp_world_text(world, "%s$", host->name), host->site->domain, user_system.sid };
    host->system = (struct sp_session){ &user_system, 0x3e7, 0, "System", sp_world_guid(world) };
    host->local = (struct sp_session){ &user_local, 0x3e5, 0, "System", sp_world_guid(world) };
    host->network = (struct sp_session){ &user_network, 0x3e4, 0, "System", sp_world_guid(world) };
    host->user = user;
    host->machine = (uint32_t)sp_random_mix(sp_str_hash(sp_str_c(host->fqdn)));
    host->next_pid = 5000;
    host->next_guid = 0x1000;
    host->next_terminal = 2;
    for (int c = 0; c < SP_CHANNELS; c++)
        host->first_record[c] = 10000 + sp_random_below(&world->random, 400000);
}

/* Place for one more event, or the spare one. */
static struct sp_sim_event *event_new(struct sp_world *world, const struct sp_schema *schema)
{
    if (world->count == world->room) {
        size_t room = world->room ? 2 * world->room : 1024;
        struct sp_sim_event **events =
            sp_arena_grow(&world->arena, world->events, world->count, room, sizeof *events);

        if (!events)
            return NULL;
        world->events = events;
        world->room = room;
    }
    struct sp_sim_event *event = sp_arena_zalloc(&world->arena, sizeof *event);
    const char **values = sp_arena_zalloc(&world->arena, schema->field_count * sizeof *values);

    if (!event || !values)
        return NULL;
    event->values = values;
    world->events[world->count] = event;
    event->order = world->count++;
    return event;
}

static void set(struct sp_sim_event *event, const struct sp_pair *pair)
{
    const struct sp_schema *schema = event->schema;

    for (size_t i = 0; i < schema->field_count; i++)
        if (strcmp(schema->fields[i].name, pair->name) == 0) {
            event->values[i] = pair->value;
            return;
        }
    assert(false && "a story names a field that its event does not have");
}

struct sp_sim_event *sp_world_add(struct sp_world *world, struct sp_host *host, enum sp_schema_kind kind, uint64_t time,
                                  const struct sp_pair *pairs)
{
    const struct sp_schema *schema = &sp_schemas[kind];
    struct sp_sim_event *event = world->failed ? NULL : event_new(world, schema);

    if (!event) {
        world->failed = true;
        return &world->spare;
    }
    event->schema = schema;
    event->host = host;
    event->time = time + sp_random_below(&world->random, 10000);
    event->mark = world->mark;
    static const uint32_t writer[SP_CHANNELS] = { [SP_CHANNEL_SECURITY] = 716,   [SP_CHANNEL_SYSTEM] = 696,
                                                  [SP_CHANNEL_SYSMON] = 2912,    [SP_CHANNEL_POWERSHELL] = 716,
                                                  [SP_CHANNEL_DEFENDER] = 3104,  [SP_CHANNEL_TERMINAL] = 1040 };
    event->pid = writer[schema->channel];
    event->tid = 800 + 4 * sp_random_below(&world->random, 900);
    event->user_sid = schema->channel == SP_CHANNEL_SYSMON || schema->channel == SP_CHANNEL_DEFENDER ? user_system.sid : NULL;
    for (; pairs->name; pairs++)
        set(event, pairs);
    return event;
}

uint64_t sp_world_soon(struct sp_world *world, uint64_t time, uint32_t most_ms)
{
    return time + (1 + sp_random_below(&world->random, most_ms)) * (SP_TICKS_SECOND / 1000);
}

const char *sp_world_encoded(struct sp_world *world, const char *text)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = 2 * strlen(text), room = (bytes + 2) / 3 * 4;
    char *out = sp_arena_zalloc(&world->arena, room + 1);

    if (!out) {
        world->failed = true;
        return "";
    }
    for (size_t i = 0, k = 0; i < bytes; i += 3, k += 4) {
        uint32_t three = 0;

        for (size_t n = i; n < i + 3; n++) /* every second byte of the UTF-16 text is 0 */
            three = three << 8 | (n < bytes && n % 2 == 0 ? (uint8_t)text[n / 2] : 0u);
        for (size_t n = 0; n < 4; n++)
            out[k + n] = i + n > bytes ? '=' : digit[three >> (18 - 6 * n) & 63];
    }
    return out;
}

const char *sp_world_who(struct sp_world *world, const struct sp_user *user)
{
    return sp_world_text(world, "%s\\%s", user->domain, user->name);
}

const char *sp_world_u32(struct sp_world *world, uint32_t number)
{
    return sp_world_text(world, "%u", (unsigned)number);
}

const char *sp_world_hex(struct sp_world *world, uint64_t number)
{
    return sp_world_text(world, "0x%llx", (unsigned long long)number);
}
