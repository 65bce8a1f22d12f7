/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole small file at once: rules, lists, mappings.
 */
#ifndef SP_READ_SLURP_H
#define SP_READ_SLURP_H
#include "base/error.h"
#include "base/str.h"

/* Up to `max` bytes, a NUL behind them; `ret->ptr` is to be freed with sp_free. err->where is the path.
 * SP_ERR_IO, SP_ERR_LIMIT, SP_ERR_NOMEM, and what sp_input_open returns. */
int sp_slurp(const char *path, uint64_t max, struct sp_str *ret, struct sp_error *err);

#endif
