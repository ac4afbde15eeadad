/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of spec.rules of a PathRoute, and what rules share with the rest of it. */
#ifndef PATHROUTE_ROUTE_RULE_DECODE_H
#define PATHROUTE_ROUTE_RULE_DECODE_H

#include "../base/json_read.h"
#include "path_route.h"

/* Each fills a zeroed struct; on failure too, the caller releases it with its route. */
int route_rule_decode(const struct json_value *value, struct route_rule *rule);

int route_backend_decode(const struct json_value *value, struct route_backend *backend);

/* {name, port}, the port by number or by name. */
int service_ref_decode(const struct json_value *value, struct service_ref *ref);

/*
 * The redirect of a rule whose path is known. What it does not name comes from the request; a
 * hostname without port means the default port of the scheme, and a port needs a hostname.
 */
int route_redirect_decode(const struct json_value *value, const struct route_rule *rule,
			  struct redirect *redirect);

#endif
