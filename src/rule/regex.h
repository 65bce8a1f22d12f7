/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions of Sigma's `re`: PCRE syntax without look-around, back-references, atomic groups
 * and possessive quantifiers, which are refused with the reason (contract 1). Text to an immutable
 * program over bytes; running it is match/regex_run.h. Time is linear in the text for every pattern.
 *
 * \d \w \s \b are ASCII; `.` is one code point (not a newline unless `s`); `$` also holds before a final
 * newline; case-insensitive means simple folding (base/unicode.h). UTF-8 is compiled into byte ranges, so
 * that the machine steps over bytes.
 */
#ifndef SP_RULE_REGEX_H
#define SP_RULE_REGEX_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

enum sp_regex_flag {
    SP_REGEX_FOLD = 1,      /* i */
    SP_REGEX_MULTILINE = 2, /* m */
    SP_REGEX_DOTALL = 4     /* s */
};

enum sp_regex_op {
    SP_REGEX_BYTES, /* one byte in lo..hi, then next */
    SP_REGEX_SET,   /* one byte in the 256-bit set `set`, then next */
    SP_REGEX_JUMP,  /* one byte b; n = jump[set][b]: 0 no such byte, 1 then next, above then other + n - 2 */
    SP_REGEX_SPLIT, /* next or other, without a byte */
    SP_REGEX_ASSERT,/* `assert` must hold here, then next */
    SP_REGEX_MATCH
};

enum sp_regex_assert {
    SP_REGEX_BEGIN = 1,       /* \A, ^ without m */
    SP_REGEX_END = 2,         /* \z */
    SP_REGEX_END_NEWLINE = 4, /* $ without m, \Z: at the end or before a final newline */
    SP_REGEX_LINE_BEGIN = 8,  /* ^ with m */
    SP_REGEX_LINE_END = 16,   /* $ with m */
    SP_REGEX_WORD = 32,       /* \b */
    SP_REGEX_NOT_WORD = 64,   /* \B; never inside a code point, that is before a byte 80..BF */
    SP_REGEX_NOT_NEWLINE = 128 /* the next byte is no newline: \R takes CR LF whole */
};

struct sp_regex_state {
    uint8_t op;            /* enum sp_regex_op */
    uint8_t lo, hi;        /* BYTES */
    uint8_t assertion;     /* ASSERT: one of enum sp_regex_assert */
    uint32_t set;          /* SET: index into sets; JUMP: index into jumps */
    uint32_t next, other;  /* states */
};

struct sp_regex {
    struct sp_regex_state *state; /* all memory is the arena's that it was compiled in */
    uint32_t count, start;
    uint64_t (*set)[4];
    uint32_t set_count;
    uint16_t (*jump)[256];
    uint32_t jump_count;
    bool anchored;           /* can match at the begin of the text only */
    uint8_t byte_class[256]; /* bytes that no state tells apart share a class */
    uint32_t class_count;
    uint32_t length_min;     /* bytes that any match has at least */
    struct sp_str required;  /* the longest literal that every match holds, 255 bytes at most; may be empty */
    uint32_t run_least;      /* the regex is C{run_least,}: any run of so many code points of C; 0: it is not of that form */
    uint64_t run_ascii[2];   /* C: its ASCII code points */
    bool run_wide;           /* and every other code point; else none of them */
    uint32_t flags;          /* as given, and FOLD if `required` is folded ((?i), or [Cc] and the like): then the
                              * folded text of every match holds it */
    uint32_t id;             /* set by whoever keeps many: index of its scratch; 0 at first */
};

/* `err->what` says what is wrong and at which character of the pattern. SP_ERR_FORMAT (no regex),
 * SP_ERR_UNSUPPORTED (look-around and the like), SP_ERR_LIMIT, SP_ERR_NOMEM. */
int sp_regex_compile(struct sp_arena *arena, struct sp_str pattern, uint32_t flags, const struct sp_limits *limits,
                     struct sp_regex **ret, struct sp_error *err);

#endif
