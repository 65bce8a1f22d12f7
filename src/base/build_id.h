/* SPDX-License-Identifier: Apache-2.0
 *
 * Which build of this code runs: what the linker wrote of it (its build id), for files that only the very same code may
 * read back.
 */
#ifndef SP_BASE_BUILD_ID_H
#define SP_BASE_BUILD_ID_H
#include "base/str.h"

/* The build id of the program or library that this function is in; empty where the linker was not asked for one. Lives as long
 * as the program. */
struct sp_str sp_build_id(void);

#endif
