/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the EVTX reader, shared by its files and by nobody else:
 *
 *      evtx_chunk.c     chunk, frames, carving        bytes      -> one frame
 *      evtx_binxml.c    tokens                        bytes      -> nodes
 *      evtx_plan.c      flattening                    nodes      -> fields (the plan)
 *      evtx_template.c  templates, bodies, values     frame      -> bodies: a plan and its values
 *      evtx_kept.c      templates met before          bytes      -> their plan, without parsing
 *      evtx_form.c      bodies without a template     bytes      -> the same
 *      evtx_record.c    walk                          bodies     -> tree of slices
 *      evtx_name.c      dictionary of names
 *      evtx_json.c evtx_xml.c evtx_leaf.c             bodies     -> text, evidence
 *      evtx_stencil.c                                 bodies     -> the same JSON, for most records
 *
 * All offsets are in the chunk; plans outlive it and point to copies of their own. Arrays grow and are kept from record to record and file to file; whoever
 * calls something that may grow one reads its pointer anew.
 */
#ifndef SP_READ_EVTX_INNER_H
#define SP_READ_EVTX_INNER_H
#include <endian.h>

#include "base/arena.h"
#include "read/evtx.h"

enum {
    EVTX_CHUNK_NODES_MAX = 2 * SP_EVTX_CHUNK,  /* of all templates of a chunk: more than honest bytes can hold */
    EVTX_KEPT_NODES = 65536,                   /* of all templates kept from chunk to chunk; with more all are forgotten */
    EVTX_KEPT_BYTES = 2 << 20,                 /* of their definitions */
    EVTX_KEPT_SLOTS = 4096,                    /* where they are found; a power of two */
    EVTX_NAME_BYTES_MAX = 8 << 20,             /* of all names kept */
    EVTX_SEEN = 1024,                          /* names of a chunk by offset; one takes another's place */
    EVTX_SLOTS = 16384,                        /* templates of a chunk by offset; a chunk holds fewer than half */
    EVTX_TEXT_MAX = 8 << 20                    /* joined texts of a record */
};

/* BinXML value types (MS-EVEN6 2.2.12, libevtx). */
enum evtx_type {
    EVTX_NULL = 0x00, EVTX_STRING = 0x01, EVTX_ANSI = 0x02, EVTX_INT8 = 0x03, EVTX_UINT8 = 0x04, EVTX_INT16 = 0x05,
    EVTX_UINT16 = 0x06, EVTX_INT32 = 0x07, EVTX_UINT32 = 0x08, EVTX_INT64 = 0x09, EVTX_UINT64 = 0x0A, EVTX_REAL32 = 0x0B,
    EVTX_REAL64 = 0x0C, EVTX_BOOL = 0x0D, EVTX_BINARY = 0x0E, EVTX_GUID = 0x0F, EVTX_SIZE = 0x10, EVTX_FILETIME = 0x11,
    EVTX_SYSTEMTIME = 0x12, EVTX_SID = 0x13, EVTX_HEX32 = 0x14, EVTX_HEX64 = 0x15, EVTX_HANDLE = 0x20, EVTX_XML = 0x21,
    EVTX_ARRAY = 0x80 /* or-ed to one of the above */
};

/* Names that the reader itself knows: their ids in the dictionary. */
enum evtx_known {
    EVTX_NAME_NONE = 0, EVTX_NAME_EVENT, EVTX_NAME_SYSTEM, EVTX_NAME_EVENT_DATA, EVTX_NAME_USER_DATA, EVTX_NAME_DATA,
    EVTX_NAME_NAME, EVTX_NAME_RECORD_ID, EVTX_NAME_KNOWN
};

struct evtx_name {
    struct sp_str text; /* UTF-8 */
    struct sp_str json; /* as a key of JSON, with its colon; ptr is NULL until it is wanted */
    struct sp_str key;  /* UTF-16LE as in the chunk; of a joined name 9 bytes */
    uint64_t hash;
    uint32_t stamp, node, last; /* last record (or object) that it was seen in, and where */
    uint32_t alias;             /* of a joined name: the plain name of the same text */
    bool xmlns;
    bool replaced;              /* its text holds U+FFFD, perhaps for half a pair: not the name that the text would have */
};

struct evtx_names {
    struct evtx_name *name;
    uint32_t count, room;
    uint32_t *slot, slots; /* open addressing, a power of two; 0: free */
    struct sp_arena arena;
    size_t bytes;
    uint32_t stamp;
};

enum evtx_kind { EVTX_ELEMENT, EVTX_ATTRIBUTE, EVTX_TEXT, EVTX_CDATA, EVTX_SUB, EVTX_CHAR, EVTX_ENTITY, EVTX_PI };

/* A token of a parsed body, in document order: an element, its attributes, its content; `end` jumps over all of it. */
struct evtx_node {
    uint8_t kind;
    uint8_t type;      /* TEXT: value type */
    bool optional;     /* SUB */
    bool closed;       /* ELEMENT: written <x/> */
    uint16_t sub;      /* SUB: number of the value; CHAR: code unit */
    uint32_t name;     /* ELEMENT, ATTRIBUTE, ENTITY, PI */
    uint32_t name_at;  /* not of a kept plan: there it was in another chunk */
    uint32_t key;      /* ELEMENT <Data>: the name that its attribute gives it, where that is plain text; else 0 */
    uint32_t len;      /* TEXT, CDATA, PI: of the bytes at `text` */
    const uint8_t *text;
    uint32_t content;  /* ELEMENT: first node behind its attributes */
    uint32_t end;
};

enum evtx_field_kind { EVTX_FIELD_CONST, EVTX_FIELD_SUB, EVTX_FIELD_MIXED };
enum {
    EVTX_FIELD_OPTIONAL = 1, /* a NULL value leaves it out */
    EVTX_FIELD_QUIET = 2,    /* so does an empty one: text between elements */
    EVTX_FIELD_LIST = 4,     /* <Data> without a name */
    EVTX_FIELD_NUMBER = 8,   /* System/EventRecordID */
    EVTX_FIELD_DYNAMIC = 16  /* the name is a value itself */
};

/* One line of a plan: what rules call it and where its value comes from. */
struct evtx_field {
    struct sp_str name;
    struct sp_value value; /* CONST */
    uint32_t id;
    uint32_t node;         /* MIXED: element or attribute whose pieces are joined */
    uint32_t name_node;    /* DYNAMIC: the attribute */
    uint16_t sub;          /* SUB */
    uint8_t kind, flags;
    uint8_t place;         /* enum evtx_place of a body that is the value */
    bool plain;            /* of a kept plan: SUB, and not the record's number */
};

/* Where in an event a body stands decides how it is flattened. */
enum evtx_place { EVTX_IN_NOTHING, EVTX_IN_EVENT, EVTX_IN_SYSTEM, EVTX_IN_DATA, EVTX_IN_USER, EVTX_IN_OTHER };

struct evtx_parts {
    struct evtx_node *node;
    struct evtx_field *field;
    uint32_t nodes, node_room, fields, field_room, nodes_max;
};

enum evtx_stencil_state { EVTX_STENCIL_UNTRIED, EVTX_STENCIL_CUT, EVTX_STENCIL_NONE };

/* Four bytes of a definition that may differ in another one that means the same: an element's size, or where a name lies. */
struct evtx_mark {
    uint16_t at;     /* in the copy */
    uint16_t inside; /* bytes of the name, when it lies right behind */
    uint32_t name;   /* 0: a size */
};

/* What evtx_parse saw on its way; the marks of all kept plans. */
struct evtx_trace {
    struct evtx_mark *mark;
    uint32_t marks, room;
    uint32_t base;   /* where the copy begins that the next marks are for */
    uint32_t stop;   /* where it stopped */
    bool open;       /* because the bytes ended there, not at a token that says so */
    bool dependency; /* elements carry a dependency id */
};

/* A template, or a form (evtx_form.c), flattened for its place. Kept from chunk to chunk, with a copy of its definition as it was met first. */
struct evtx_plan {
    uint64_t hash;                 /* by which it is found */
    const uint32_t *form;          /* evtx_form.c: of a body without a template; else NULL */
    uint32_t words;
    const uint8_t *copy;           /* NULL: there was no room, the plan serves this chunk alone */
    uint32_t stop;                 /* bytes of it that were read */
    uint32_t mark, mark_end;
    uint8_t place;
    bool open, dependency;         /* as in evtx_trace */
    uint32_t node, node_end, field, field_end;
    bool unique;                   /* no field name comes twice, none is a list */
    uint32_t subs;                 /* values that its SUB fields ask for */
    bool odd;                      /* a field is joined, or named by a value, or is a number that is constant */
    uint32_t number;               /* the field, + 1, that is the record's number; 0: none */
    bool together;                 /* nor with those of the plan `outer` */
    uint32_t outer;                /* plan index + 1 */
    uint8_t stencil;               /* evtx_stencil.c: enum evtx_stencil_state */
    bool members;                  /* of the stencil: there are some */
    bool fits;                     /* no key of them comes among those at `fits_at` of the plan `fits_outer` */
    uint32_t fits_outer, fits_at;  /* plan index + 1, node */
    uint32_t op, op_end;
};

/* A template's definition in the chunk in hand. */
struct evtx_definition {
    uint32_t at, len;
    uint32_t id;     /* first bytes of its GUID */
    uint32_t plan;
    const char *bad; /* why it cannot be used; NULL */
    int bad_code;
};

struct evtx_slot {
    uint32_t key, generation, definition;
};

/* Names of this chunk by their offset: each is hashed once, then only referred to. */
struct evtx_seen {
    uint32_t at, generation, id, size;
};

/* `len` on are the descriptor's own bytes. */
struct evtx_value {
    uint32_t at;
    uint16_t len;
    uint8_t type, rest;
};

/* A parsed body with its values: a template instance, or plain elements (then there are none). */
struct evtx_body {
    struct evtx_parts *parts;
    uint32_t node, node_end, field, field_end;
    uint32_t value, values;
    uint32_t plan; /* index + 1; 0: plain elements */
    uint32_t definition;
    uint32_t at;   /* of its first token */
};

struct evtx_child; /* evtx_json.c */
struct evtx_op;    /* evtx_stencil.c */

struct sp_evtx {
    struct sp_limits limits;
    const uint8_t *bytes; /* the chunk; borrowed */
    uint32_t len;
    uint64_t offset;
    sp_evtx_trouble *trouble;
    void *trouble_arg;
    uint32_t at, end;     /* live records: next, limit */
    bool whole;           /* nobody wants the fields */
    bool trusted;         /* the header's free offset fits the records */
    uint32_t carve_at;
    uint32_t *live;       /* offsets of live frames of this chunk */
    uint32_t lives, live_room;

    struct evtx_names names;
    struct evtx_seen seen[EVTX_SEEN];
    struct evtx_slot *slot;
    uint32_t generation;
    struct evtx_definition *definition;
    uint32_t definitions, definition_room;
    uint32_t chunk_nodes; /* of the plans that the chunk uses */
    struct evtx_plan *plan;
    uint32_t plans, plan_room;
    uint32_t *kept;       /* plan + 1 by hash */
    uint32_t *word;       /* evtx_form.c: of a form */
    uint32_t form_before; /* index + 1 of the plan that the last one had */
    bool plainly;         /* bodies are not asked for their form */
    bool formed;          /* a body of the record has one */
    struct sp_arena copies;
    size_t copied;
    struct evtx_trace trace;
    struct evtx_parts kept_parts, record_parts;

    struct evtx_body *body;
    uint32_t bodies, body_room;
    struct evtx_value *value;
    uint32_t *opened;     /* of each value: index + 1 of its body, once it has been opened; 0 */
    uint32_t values, value_room, opened_room;
    struct sp_tree tree;
    uint32_t *id; /* name of each node of the tree */
    uint32_t id_room;
    uint32_t last; /* child of the root */
    bool unique;   /* so far no name of this record comes twice */
    uint32_t stamp;
    uint64_t number;
    struct sp_arena text; /* of the record */
    struct sp_buf scratch, key;
    uint32_t tokens;
    const char *reason;
    uint32_t frame_at, frame_len;

    struct evtx_child *child;
    uint32_t children, child_room;
    struct sp_buf stencil; /* texts of the stencils of all plans */
    struct evtx_op *op;
    uint32_t ops, op_room;
    size_t out_max;
};

static inline uint32_t evtx_u16(const struct sp_evtx *e, uint32_t at)
{
    return (uint32_t)e->bytes[at] | (uint32_t)e->bytes[at + 1] << 8;
}

static inline uint32_t evtx_u32(const struct sp_evtx *e, uint32_t at)
{
    uint32_t n;

    memcpy(&n, e->bytes + at, sizeof n);
    return le32toh(n);
}

static inline uint64_t evtx_u64(const struct sp_evtx *e, uint32_t at)
{
    return (uint64_t)evtx_u32(e, at) | (uint64_t)evtx_u32(e, at + 4) << 32;
}

/* Set the reason why the record in hand cannot be used; returns the code. */
static inline int evtx_fail(struct sp_evtx *e, int code, const char *reason)
{
    e->reason = reason;
    return code;
}

/* Room for one more element of an array that is kept; 0 or SP_ERR_NOMEM. */
int evtx_grow_more(void *array, uint32_t *room, size_t size);
static inline int evtx_grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
    return count < *room ? 0 : evtx_grow_more(array, room, size);
}

/* How each BinXML type reads, and the one size that it may have; 0: any. */
struct evtx_shape {
    uint8_t type, size;
};
extern const struct evtx_shape evtx_shapes[256]; /* all zeros where a type is none of those above EVTX_HANDLE */

/* evtx_name.c: ids stay valid until evtx_names_begin, which forgets them when there are many and then returns 1. */
int evtx_names_begin(struct sp_evtx *e);
void evtx_names_done(struct evtx_names *names);
int evtx_name_utf16(struct sp_evtx *e, const void *bytes, size_t len, uint32_t *ret);
int evtx_name_utf8(struct sp_evtx *e, struct sp_str text, uint32_t *ret);
int evtx_name_join(struct sp_evtx *e, uint32_t element, uint32_t attribute, uint32_t *ret);
int evtx_name_extend(struct sp_evtx *e, uint32_t name, const char *suffix, uint32_t *ret);
uint32_t evtx_names_stamp(struct sp_evtx *e); /* a number that no name carries */

/* evtx_binxml.c: the elements at [at, end) become nodes. `dependency`: what to try first. `trace`: NULL, or what is to be
 * known of the way there. */
int evtx_parse(struct sp_evtx *e, struct evtx_parts *to, uint32_t at, uint32_t end, bool dependency, struct evtx_trace *trace);
/* The same with one choice. */
int evtx_parse_as(struct sp_evtx *e, struct evtx_parts *to, uint32_t at, uint32_t end, bool dependency);
/* What it would try first. */
bool evtx_dependency(const struct sp_evtx *e, uint32_t at, uint32_t end, bool expected);
/* The name at `at`: its id and how many bytes it takes there. */
int evtx_name_new(struct sp_evtx *e, uint32_t at, uint32_t *size, uint32_t *ret);
/* The same of one that has perhaps been met in this chunk. */
static inline int evtx_name_at(struct sp_evtx *e, uint32_t at, uint32_t *size, uint32_t *ret)
{
    const struct evtx_seen *seen = &e->seen[at * UINT32_C(2654435761) >> 22];

    if (seen->at != at || seen->generation != e->generation)
        return evtx_name_new(e, at, size, ret);
    *size = seen->size;
    *ret = seen->id;
    return 0;
}

/* evtx_plan.c: fields of the nodes [node, node_end) of `parts`. */
int evtx_flatten(struct sp_evtx *e, struct evtx_parts *parts, uint32_t node, uint32_t node_end, enum evtx_place place);
bool evtx_plan_unique(struct sp_evtx *e, const struct evtx_parts *parts, uint32_t field, uint32_t field_end);
/* What the fields of a kept plan are like. */
void evtx_plan_survey(struct sp_evtx *e, struct evtx_plan *plan);
/* UTF-16: nothing, or nothing but white space. */
bool evtx_is_white(const uint8_t *text, uint32_t len);

/* evtx_template.c */
int evtx_body_open(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, uint32_t *ret);
/* Room for so many values more; 0 or SP_ERR_NOMEM. */
int evtx_values_room(struct sp_evtx *e, uint32_t more);
/* The body of a value of type 0x21, opened if need be: index. */
int evtx_value_body(struct sp_evtx *e, uint32_t value, enum evtx_place place, uint32_t *ret);
struct sp_value evtx_value(uint8_t type, const uint8_t *bytes, uint32_t len);
/* The same where the size is the type's own, as nearly always. */
static inline struct sp_value evtx_value_of(const struct sp_evtx *e, struct evtx_value v)
{
    if (v.len && (evtx_shapes[v.type].size == v.len || v.type == EVTX_STRING))
        return (struct sp_value){ e->bytes + v.at, v.len, evtx_shapes[v.type].type };
    return evtx_value(v.type, e->bytes + v.at, v.len);
}
/* Elements of an array value: the next one at *at (moved on), false at the end. */
bool evtx_array_next(const struct sp_evtx *e, const struct evtx_value *array, uint32_t *at, struct sp_value *ret);
/* The value of a SUB node of a body: NULL type where there is none. */
struct evtx_value evtx_sub(const struct sp_evtx *e, const struct evtx_body *body, const struct evtx_node *node);

/* evtx_kept.c: forget all plans when there are many of them, or when `forget`. */
void evtx_kept_begin(struct sp_evtx *e, bool forget);
/* The nodes of a new plan from now on point to a copy of its definition. */
int evtx_kept_copy(struct sp_evtx *e, const struct evtx_definition *d, struct evtx_plan *plan);
/* The plan of a template that is the same as the one at `at` in all that evtx_parse would read of it: index; else UINT32_MAX.
 * SP_ERR_NOMEM. */
int evtx_kept_find(struct sp_evtx *e, const struct evtx_definition *d, enum evtx_place place, uint32_t *ret);
uint64_t evtx_kept_hash(const struct sp_evtx *e, const struct evtx_definition *d, enum evtx_place place);
/* The next kept plan of this hash, UINT32_MAX: there is none. */
struct evtx_probe {
    uint32_t count;
};
uint32_t evtx_kept_next(const struct sp_evtx *e, uint64_t hash, struct evtx_probe *probe);
/* From now on it can be found. */
void evtx_kept_add(struct sp_evtx *e, uint32_t plan);

/* evtx_form.c: the body of plain elements at [at, end) by its form: 1; 0: it has none; SP_ERR_NOMEM. */
int evtx_form_open(struct sp_evtx *e, uint32_t at, uint32_t end, enum evtx_place place, struct evtx_body *body);

/* evtx_record.c: decode the frame at `at`; SP_ERR_FORMAT and SP_ERR_LIMIT come with e->reason. */
int evtx_decode(struct sp_evtx *e, uint32_t at, uint32_t len, struct sp_record *ret);
/* Open the record last handed out anew, without forms, so that its bodies have their nodes. */
int evtx_unform(struct sp_evtx *e);
/* Pieces [from, to) of a body as one text, appended. Values of type 0x21 give nothing. */
void evtx_pieces(struct sp_evtx *e, uint32_t body, uint32_t from, uint32_t to, struct sp_buf *out);
/* Is there anything to show, or are all pieces optional and NULL (and there is one)? */
bool evtx_left_out(const struct sp_evtx *e, uint32_t body, uint32_t from, uint32_t to);

/* evtx_json.c: the same by a walk over the bodies: the truth for the stencil. */
int evtx_json_walk(struct sp_evtx *e, struct sp_buf *out);

/* evtx_stencil.c: the members of the record's JSON, appended: 1; 0 and nothing appended where sp_evtx_json must walk
 * the bodies; SP_ERR_NOMEM. */
int evtx_stencil(struct sp_evtx *e, struct sp_buf *out);
/* Is more than half of the room for stencils used up? */
bool evtx_stencils_many(const struct sp_evtx *e);

#endif
