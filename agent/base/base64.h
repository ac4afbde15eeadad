/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with the standard alphabet and padding (RFC 4648, section 4). Pure. */
#ifndef PATHROUTE_BASE64_H
#define PATHROUTE_BASE64_H

#include <stddef.h>

/*
 * Blanks and line ends are skipped. The caller frees *ret_bytes, which have a NUL behind.
 * 0, -EINVAL or -ENOMEM.
 */
int base64_decode(const char *text, char **ret_bytes, size_t *ret_length);

#endif
