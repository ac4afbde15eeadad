/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table and its report that can follow changes of EndpointSlices, at a cost that depends on the
 * routes which use them and not on all routes. After each refresh both are what a new build from
 * the same store would give; for any other change they are built anew.
 */
#ifndef PATHROUTE_LIVE_TABLE_H
#define PATHROUTE_LIVE_TABLE_H

#include "route_table_build.h"
#include "service_users.h"

struct live_route {
	const struct object *object;
	struct route_status *status; /* in the report */
	size_t *rules; /* their places in the table, or TABLE_NONE; the default last */
	size_t rule_count;
	bool touched; /* by the refresh that is under way */
};

struct live_table {
	struct route_table *table;
	struct route_report report;
	struct live_route *routes; /* the one that wins first */
	size_t route_count;
	struct service_users users;
};

/* 0 or -ENOMEM. What the store says of PathRoutes and Services must not change as long as the table
 * is to be refreshed. The caller releases *ret_live with live_table_done(). */
int live_table_build(const struct route_store *store, const struct route_table_options *options,
		     struct live_table *ret_live);

/* Accepts a zeroed struct. */
void live_table_done(struct live_table *live);

/* What a refresh has touched. To begin with: zeroed; the caller frees `rules`. */
struct live_touched {
	void *context;
	/* The status of a route differs; `before` is what it said. */
	void (*status_changed)(void *context, const struct route_status *status,
			       const struct route_status *before);
	size_t *rules; /* of the table; each is there once */
	size_t rule_count;
	size_t rule_capacity;
};

/* For route_store_changes(), which are of EndpointSlices only; `place` is that of the build. 0 or
 * -ENOMEM, then the table is to be built anew. */
int live_table_refresh(struct live_table *live, const struct route_store *store,
		       const struct endpoint_place *place, struct live_touched *touched);

#endif
