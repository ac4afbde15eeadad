/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a PathRoute. For object_decode(), which reads the rest. */
#ifndef PATHROUTE_PATH_ROUTE_DECODE_H
#define PATHROUTE_PATH_ROUTE_DECODE_H

#include "../base/json_read.h"
#include "path_route.h"

/* Fills a zeroed struct; on failure too, the caller releases it with path_route_done(). */
int path_route_decode(const struct json_value *object, struct path_route *route);

#endif
