/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a file as a whole. */
#ifndef PATHROUTE_FILE_TEXT_H
#define PATHROUTE_FILE_TEXT_H

#include <stddef.h>

/*
 * Reads a regular file of at most max bytes; the caller frees *ret_text, which has a NUL behind.
 * -EFBIG: it is larger; -EINVAL: not a regular file; -EAGAIN: it is being written; -ENOMEM; or the
 * error of open() or read().
 */
int file_text_read(const char *path, size_t max, char **ret_text, size_t *ret_length);

#endif
