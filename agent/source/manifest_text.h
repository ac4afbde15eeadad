/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a file as a whole. */
#ifndef PATHROUTE_MANIFEST_TEXT_H
#define PATHROUTE_MANIFEST_TEXT_H

#include <stddef.h>

/*
 * Reads a regular file of at most max bytes; the caller frees *ret_text. Same errors as
 * manifest_file_read().
 */
int manifest_text_read(const char *path, size_t max, char **ret_text, size_t *ret_length);

#endif
