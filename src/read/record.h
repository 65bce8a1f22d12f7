/* SPDX-License-Identifier: Apache-2.0
 *
 * What every reader hands out: a record as a tree of slices over the source's own bytes.
 *
 * Nothing is rendered to text on the way. A value points at the bytes as they lie in the file
 * (UTF-16 in an EVTX chunk, an escaped string in JSON, four bytes of an integer) and says how to
 * read them; whoever needs text asks for it (read/value.h). A tree is an array of nodes that the
 * reader refills for each record, so that the steady state allocates nothing:
 *
 *      node 0  (root, a map)  child ──▶ 1
 *      node 1  "EventID"  SP_V_UINT 4688          next ──▶ 2
 *      node 2  "source"   SP_V_MAP                next ──▶ 4, child ──▶ 3
 *      node 3  "ip"       SP_V_TEXT 10.0.0.1      next = 0: last
 *      node 4  "Data"     SP_V_LIST               child ──▶ ...
 *
 * Lifetime: everything in a record dies with the reader's next call.
 */
#ifndef SP_READ_RECORD_H
#define SP_READ_RECORD_H
#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "base/str.h"
#include "base/time.h"

enum sp_value_type {
    SP_V_NULL = 0,    /* JSON null, an empty EVTX substitution of type 0; an empty JSON array too */
    SP_V_TEXT,        /* UTF-8, valid */
    SP_V_JSON_TEXT,   /* inside of a JSON string that holds escapes; checked already */
    SP_V_UTF16,       /* UTF-16LE, may hold lone surrogates and trailing NULs */
    SP_V_ANSI,        /* bytes of a Windows code page, read as Windows-1252 */
    SP_V_INT,         /* little endian, `len` 1, 2, 4 or 8 */
    SP_V_UINT,        /* the same, unsigned */
    SP_V_HEX,         /* the same, written 0x... in lower case without leading zeros; also size_t */
    SP_V_NUMBER,      /* a JSON number as it stands */
    SP_V_REAL32,      /* IEEE 754 little endian */
    SP_V_REAL64,
    SP_V_BOOL,        /* EVTX: 4 (or 1) bytes little endian */
    SP_V_TRUE,        /* JSON */
    SP_V_FALSE,
    SP_V_BINARY,      /* written as upper-case hex */
    SP_V_GUID,        /* 16 bytes, written {lower-case} */
    SP_V_SID,         /* written S-1-5-... */
    SP_V_FILETIME,    /* 8 bytes */
    SP_V_SYSTEMTIME,  /* 16 bytes, milliseconds */
    SP_V_LIST,        /* children are elements, their names empty */
    SP_V_MAP          /* children are members */
};

struct sp_value {
    const void *ptr; /* borrowed; NULL for NULL, TRUE, FALSE, LIST, MAP */
    uint32_t len;    /* bytes */
    uint8_t type;    /* enum sp_value_type */
};

struct sp_node {
    struct sp_str name; /* UTF-8, unescaped; empty for elements of a list */
    struct sp_value value;
    uint32_t next;      /* next sibling, 0: last */
    uint32_t child;     /* first child of a LIST or MAP, 0: none */
    uint32_t count;     /* children */
};

struct sp_layout; /* read/layout.h */

/* Fields of Windows' header, under the names that rules have for them. */
enum sp_header { SP_HEADER_CHANNEL, SP_HEADER_PROVIDER, SP_HEADER_EVENT_ID, SP_HEADER_TIME, SP_HEADERS };

/* Node 0 is the root. `node` is owned by whoever owns the tree. */
struct sp_tree {
    struct sp_node *node;
    uint32_t count, room;
    /* Of an object whose names the reader has met before: its layout, and the node of each member. Else NULL. Borrowed. */
    const struct sp_layout *layout;
    const uint32_t *member;
    /* Where no name comes twice, and no value is a list, the reader may know where the header stands (0: it is not there). */
    bool headed;
    uint32_t header[SP_HEADERS];
};

void sp_tree_clear(struct sp_tree *tree);
void sp_tree_done(struct sp_tree *tree);
/* Add a node (no parent yet); its index, or 0 when memory or SP_FIELDS_MAX has run out (the root is
 * added by sp_tree_clear's caller first, so 0 is never a valid answer afterwards). */
uint32_t sp_tree_add(struct sp_tree *tree, struct sp_str name, struct sp_value value);
/* Append `child` as the last child of `parent`; `*last` is the child before it, 0 at first. */
void sp_tree_hang(struct sp_tree *tree, uint32_t parent, uint32_t *last, uint32_t child);

enum sp_record_kind { SP_RECORD_EVTX, SP_RECORD_JSON, SP_RECORD_TEXT };

struct sp_record {
    enum sp_record_kind kind;
    uint64_t offset;  /* of the raw bytes in the source */
    uint64_t length;  /* of the raw bytes in the source */
    uint64_t number;  /* EVTX: System/EventRecordID, the frame's where absent; else line or element from 1 */
    bool by_line;     /* number is a line of the part that is read (read/parts.h) */
    bool carved;      /* found in slack, not in the log proper */
    struct sp_str raw;   /* the raw bytes themselves, in the file's own encoding */
    struct sp_tree *tree; /* decoded; EVTX: flat, as rules name the fields (SPEC: sigma-T24) */
    void *inner;      /* the reader's own view, for rendering the whole record (evtx.h, jsonl.h) */
};

#endif
