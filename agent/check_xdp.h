/* SPDX-License-Identifier: Apache-2.0 */
/* What `pathroute-agent check` says of XDP. */
#ifndef PATHROUTE_CHECK_XDP_H
#define PATHROUTE_CHECK_XDP_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* Writes which of the devices can have it, and which not and why; cut to `size`. Returns false if a
 * device that --xdp names cannot: the others are served by tc as well, and need no remedy. */
bool check_xdp(const struct options *options, char *ret_finding, size_t size);

#endif
