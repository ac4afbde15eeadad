/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From objects to the table of the data path, and to what each PathRoute's status must say.
 * A pure function of the store and the options.
 *
 * Who wins a listener + host + path + method, or a host's default backend, that two routes ask
 * for: the older creationTimestamp, then the lower namespace/name. Within a route: the rule that
 * comes first. The rest of a route that lost stays in force.
 * Listeners that carry the same routes share a table.
 */
#ifndef PATHROUTE_ROUTE_TABLE_BUILD_H
#define PATHROUTE_ROUTE_TABLE_BUILD_H

#include <stddef.h>

#include "endpoint_hints.h"
#include "route_report.h"
#include "route_store.h"
#include "route_table.h"

struct route_table_options {
	/* Routes of other classes are left out; NULL: ROUTE_CLASS_DEFAULT. */
	const char *class_name;
	const struct ip_address *node_addresses; /* where `node` listeners listen */
	size_t node_address_count;
	struct endpoint_place place; /* of this node, for endpoints with hints */
};

/*
 * 0 or -ENOMEM. The caller frees the table with route_table_free(). ret_report may be NULL;
 * else the caller releases *ret_report with route_report_done().
 */
int route_table_build(const struct route_store *store, const struct route_table_options *options,
		      struct route_table **ret_table, struct route_report *ret_report);

#endif
