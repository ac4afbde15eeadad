/* SPDX-License-Identifier: Apache-2.0 */
/* From a rule of a route to a rule of the table. */
#ifndef PATHROUTE_RULE_RESOLVE_H
#define PATHROUTE_RULE_RESOLVE_H

#include "endpoint_hints.h"
#include "route_report.h"
#include "route_store.h"
#include "route_table.h"

struct rule_source {
	const struct route_store *store;
	const struct object *route;
	const struct endpoint_place *place; /* of this node */
};

/*
 * Rule number `number` of the route, or its default if that is the route's rule_count. Backends
 * that cannot be found and a rule without a ready endpoint fail the status' conditions.
 * The caller releases *ret_rule with table_rule_done(). 0 or -ENOMEM.
 */
int rule_resolve(const struct rule_source *source, size_t number, struct route_status *status,
		 struct table_rule *ret_rule);

#endif
