/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling in a struct sp_error (include/spoor/error.h). Every function accepts err == NULL.
 */
#ifndef SP_BASE_ERROR_H
#define SP_BASE_ERROR_H
#include "spoor/error.h"

/* Set code and `what`, clear the rest; returns the code, so `return sp_error_set(...)` reads well. */
__attribute__((format(printf, 3, 4))) int sp_error_set(struct sp_error *err, int code, const char *fmt, ...);

/* Memory ran out: sets SP_ERR_NOMEM and returns it. */
int sp_error_nomem(struct sp_error *err);

/* Add the place; a place that is set already stays (the innermost knows best). */
__attribute__((format(printf, 2, 3))) void sp_error_where(struct sp_error *err, const char *fmt, ...);

/* Add what to do about it. */
__attribute__((format(printf, 2, 3))) void sp_error_cure(struct sp_error *err, const char *fmt, ...);

#endif
