/* SPDX-License-Identifier: Apache-2.0
 *
 * In: files that collectors write beside what they collect. Out: the host, and the paths that the files had there.
 *
 *   Velociraptor   client_info.json, collection_context.json beside uploads/auto/C%3A/Windows/...
 *   KAPE           ..._ConsoleLog.txt ("Machine name: PC1, ...") beside C/Windows/...
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/unicode.h"
#include "read/source_inner.h"

enum { DEEP = 4, HOST_MAX = 255 };

static const char *file_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/' || *path == '!')
            name = path + 1;
    return name;
}

static bool is_console_log(const char *name)
{
    size_t len = strlen(name);

    return len >= 15 && strcmp(name + len - 15, "_ConsoleLog.txt") == 0;
}

static bool is_client_info(const char *name)
{
    return strcmp(name, "client_info.json") == 0 || strcmp(name, "collection_context.json") == 0;
}

bool sp_collection_tells(const char *path)
{
    return is_client_info(file_name(path)) || is_console_log(file_name(path));
}

/* The host that a JSON object names, at any of a few levels. */
static const char *find_host(const json_t *object, unsigned deep)
{
    static const char *const keys[] = { "hostname", "Hostname", "HostName", "fqdn", "Fqdn" };
    const char *host = NULL, *key;
    json_t *value;

    if (!json_is_object(object) || deep == 0)
        return NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        host = json_string_value(json_object_get(object, keys[i]));
        if (host && *host && strlen(host) <= HOST_MAX)
            return host;
    }
    host = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
        if (!host)
            host = find_host(value, deep - 1);
    return host;
}

/* What stands behind "Machine name: ". */
static struct sp_str machine_name(struct sp_str text)
{
    static const char before[] = "Machine name: ";
    const char *at = memmem(text.ptr, text.len, before, sizeof before - 1);
    size_t left = at ? text.len - (size_t)(at - text.ptr) - (sizeof before - 1) : 0, n = 0;

    if (!at)
        return SP_STR_NONE;
    at += sizeof before - 1;
    while (n < left && n < HOST_MAX && at[n] > ' ' && at[n] != ',' && at[n] != 0x7F)
        n++;
    return (struct sp_str){ at, n };
}

static int add(struct sp_collections *c, const char *path, struct sp_str host, bool encoded)
{
    size_t len = (size_t)(file_name(path) - path);
    struct sp_str prefix = sp_arena_str(c->arena, (struct sp_str){ path, len });
    struct sp_str name = host.len ? sp_arena_str(c->arena, host) : host;

    if (!prefix.ptr || (host.len && !name.ptr) || !sp_list_grow(&c->one, c->count, &c->room, sizeof *c->one))
        return SP_ERR_NOMEM;
    c->one[c->count] = (struct sp_collection){ prefix.ptr, host.len ? name.ptr : NULL, encoded, c->count };
    c->count++;
    return 0;
}

int sp_collection_read(struct sp_collections *c, const char *path, struct sp_str text)
{
    const char *host;
    json_t *root;
    int rc;

    if (is_console_log(file_name(path))) {
        struct sp_str name = machine_name(text);

        return name.len ? add(c, path, name, false) : 0;
    }
    root = json_loadb(text.ptr, text.len, JSON_DISABLE_EOF_CHECK, NULL);
    host = find_host(root, DEEP);
    rc = add(c, path, sp_str_c(host ? host : ""), true);
    json_decref(root);
    return rc;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that is percent-encoded at `text`, or -1. */
static int encoded_byte(const char *text)
{
    int a = *text == '%' ? hex(text[1]) : -1, b = a >= 0 ? hex(text[2]) : -1;

    return b >= 0 ? a << 4 | b : -1;
}

/* Percent-encoded printable characters, ASCII or others in UTF-8, in place. What would be none stays as it is. */
static void decode(char *text)
{
    char *to = text;

    while (*text) {
        char code[4];
        size_t n = 0, at = 0;
        uint32_t c;

        for (int byte; n < sizeof code && (byte = encoded_byte(text + 3 * n)) > 0; n++)
            code[n] = (char)byte;
        c = n ? sp_utf8_next((struct sp_str){ code, n }, &at) : SP_UTF8_BAD;
        if (c != SP_UTF8_BAD && c >= 0x20 && (c < 0x7F || c >= 0xA0)) {
            memcpy(to, code, at);
            to += at;
            text += 3 * at;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* The name as it was; a file of its own is opened by its path, which stays. */
static int restore_name(const struct sp_collections *c, struct sp_source *source)
{
    struct sp_str copy = sp_arena_str(c->arena, sp_str_c(source->path));
    size_t outer = strlen(source->pack->path);

    if (!copy.ptr)
        return SP_ERR_NOMEM;
    decode((char *)(uintptr_t)copy.ptr + (copy.len > outer ? outer : 0));
    source->path = copy.ptr;
    return 0;
}

static int prefix_cmp(const struct sp_collection *c, struct sp_str prefix)
{
    int order = strncmp(c->prefix, prefix.ptr, prefix.len);

    return order ? order : c->prefix[prefix.len] != '\0';
}

/* The first of the collections, in order of prefix, that is not in front of this one. */
static size_t first_of(const struct sp_collections *c, struct sp_str prefix)
{
    size_t from = 0, to = c->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (prefix_cmp(&c->one[middle], prefix) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The innermost collection that names a host says it; of several in one place the first that was met. */
static int apply(const struct sp_collections *c, struct sp_source *source)
{
    bool encoded = false;

    for (size_t len = 0; len == 0 || source->path[len - 1]; len++) {
        struct sp_str prefix = { source->path, len };
        bool named = false;

        if (len && source->path[len - 1] != '/' && source->path[len - 1] != '!')
            continue;
        for (size_t i = first_of(c, prefix); i < c->count && prefix_cmp(&c->one[i], prefix) == 0; i++) {
            encoded |= c->one[i].encoded;
            if (c->one[i].host && !named)
                source->host = c->one[i].host;
            named |= c->one[i].host != NULL;
        }
    }
    return encoded && source->pack && strchr(source->path, '%') ? restore_name(c, source) : 0;
}

static int collection_cmp(const void *a, const void *b)
{
    const struct sp_collection *x = a, *y = b;
    int order = strcmp(x->prefix, y->prefix);

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

int sp_collections_apply(struct sp_collections *c, struct sp_source_list *list)
{
    int rc = 0;

    if (c->count)
        qsort(c->one, c->count, sizeof *c->one, collection_cmp);
    for (size_t i = 0; c->count && i < list->count && rc == 0; i++)
        rc = apply(c, &list->source[i]);
    return rc;
}
