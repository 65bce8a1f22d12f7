/* SPDX-License-Identifier: Apache-2.0
 *
 * libarchive, loaded when the first archive is met: with what it brings along it would double the time that every other
 * call of the program takes to start.
 */
#ifndef SP_READ_ARCHIVE_LIB_H
#define SP_READ_ARCHIVE_LIB_H
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdbool.h>

#include "base/str.h"

struct sp_buf;

/* X(name in struct sp_archive_lib, libarchive's name) */
#define SP_ARCHIVE_CALLS(X)                                                \
    X(read_new, archive_read_new)                                          \
    X(read_free, archive_read_free)                                        \
    X(format_tar, archive_read_support_format_tar)                         \
    X(format_raw, archive_read_support_format_raw)                         \
    X(format_empty, archive_read_support_format_empty)                     \
    X(format_zip, archive_read_support_format_zip)                         \
    X(format_7zip, archive_read_support_format_7zip)                       \
    X(set_format_option, archive_read_set_format_option)                   \
    X(add_passphrase, archive_read_add_passphrase)                         \
    X(set_read, archive_read_set_read_callback)                            \
    X(set_skip, archive_read_set_skip_callback)                            \
    X(set_seek, archive_read_set_seek_callback)                            \
    X(set_data, archive_read_set_callback_data)                            \
    X(open1, archive_read_open1)                                           \
    X(next_header, archive_read_next_header)                               \
    X(data_block, archive_read_data_block)                                 \
    X(format, archive_format)                                              \
    X(error_string, archive_error_string)                                  \
    X(set_error, archive_set_error)                                        \
    X(clear_error, archive_clear_error)                                    \
    X(entry_pathname, archive_entry_pathname)                              \
    X(entry_pathname_utf8, archive_entry_pathname_utf8)                    \
    X(entry_filetype, archive_entry_filetype)                              \
    X(entry_hardlink, archive_entry_hardlink)                              \
    X(entry_size, archive_entry_size)                                      \
    X(entry_size_is_set, archive_entry_size_is_set)                        \
    X(entry_is_encrypted, archive_entry_is_data_encrypted)

struct sp_archive_lib {
#define X(name, call) __typeof__(&call) name;
    SP_ARCHIVE_CALLS(X)
#undef X
    locale_t utf8; /* names of files are read in it; (locale_t)0: there is none */
};

/* Loaded once a process, kept to its end. NULL: the library is not there, or lacks a call. */
const struct sp_archive_lib *sp_archive_lib(void);

/* Append a name as it came from libarchive. One of a zip that is no UTF-8 is read as code page 437; others stay. */
void sp_archive_name(struct sp_buf *to, struct sp_str name, bool zip);

/* In words for people, why something is not read (`what` stands in front of trouble of no special kind), and what to do. */
void sp_archive_reason(char *to, size_t size, const char *what, const char *trouble);
const char *sp_archive_cure(const char *trouble);

#endif
