/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that a PathRoute does not have. kubectl refuses them before the API server drops them; of
 * a manifest nobody else would tell that `hostname` should have been `hostnames`.
 */
#ifndef PATHROUTE_PATH_ROUTE_FIELDS_H
#define PATHROUTE_PATH_ROUTE_FIELDS_H

#include "../base/json_read.h"

/* Of `spec`, in an object that path_route_decode() takes. 0, or -EINVAL: the first one that is
 * unknown is told. */
int path_route_fields_check(const struct json_value *object);

#endif
