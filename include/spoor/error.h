/* SPDX-License-Identifier: Apache-2.0
 *
 * sp_error: what went wrong, told to the caller in words.
 *
 * Functions of libspoor return 0 or a count on success and one of the negative codes below on
 * failure; the `struct sp_error *err` they take last is owned by the caller and may be NULL.
 * The three texts make one sentence for a person: `spoor: WHERE: WHAT; WHAT TO DO`.
 * The texts are cut, never overrun; they may hold bytes of hostile input and must be made
 * harmless (spoor/safe.h) before they reach a terminal.
 */
#ifndef SPOOR_ERROR_H
#define SPOOR_ERROR_H

enum sp_error_code {
    SP_OK = 0,
    SP_ERR_NOMEM = -1,       /* memory ran out */
    SP_ERR_IO = -2,          /* the system refused an open, read or write */
    SP_ERR_FORMAT = -3,      /* input is not what it claims to be */
    SP_ERR_LIMIT = -4,       /* a limit of limits.h was reached; the text names it */
    SP_ERR_USAGE = -5,       /* options, configuration or rules path */
    SP_ERR_UNSUPPORTED = -6, /* well-formed, but not in this version */
    SP_ERR_NOT_FOUND = -7,   /* no such thing at the place asked for */
    SP_ERR_INTERNAL = -8     /* a bug of spoor's own */
};

struct sp_error {
    int code;        /* enum sp_error_code */
    char where[512]; /* file:line:col, file@offset or the option */
    char what[768];  /* what is wrong, with the reason */
    char cure[256];  /* what to do; may be empty */
};

#endif
