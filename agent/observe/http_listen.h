/* SPDX-License-Identifier: Apache-2.0 */
/* A listening TCP socket from a text. */
#ifndef PATHROUTE_HTTP_LISTEN_H
#define PATHROUTE_HTTP_LISTEN_H

#include <stdint.h>

/* `address` is "a.b.c.d:port" or "[v6]:port", numbers only; port 0: chosen by the kernel. Returns a
 * non-blocking descriptor, -EINVAL for a malformed address, or the error of socket, bind or
 * listen. `ret_port` is in host order. */
int http_listen_open(const char *address, uint16_t *ret_port);

#endif
