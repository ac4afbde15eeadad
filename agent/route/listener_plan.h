/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes each address and port carries, and which of them can share a table. */
#ifndef PATHROUTE_LISTENER_PLAN_H
#define PATHROUTE_LISTENER_PLAN_H

#include <stdbool.h>

#include "route_store.h"
#include "route_table_build.h"
#include "table_index.h"

struct planned_listener {
	struct ip_address address;
	uint16_t port;
	uint32_t table;
	enum listener_owner owner;
	bool leads;     /* the first one of its table */
	size_t *routes; /* numbers of the routes, ascending */
	size_t route_count;
	size_t route_capacity;
};

struct listener_plan {
	struct planned_listener **listeners;
	size_t count;
	size_t capacity;
	struct table_index index;
};

void listener_plan_init(struct listener_plan *plan);
void listener_plan_done(struct listener_plan *plan);

/* One route, with its number in the plan. */
struct listener_request {
	const struct route_store *store;
	const struct route_table_options *options;
	const struct object *route;
	size_t number;
	struct route_condition *condition; /* fails if a listener cannot be found */
};

/* Numbers must not be less than those added before. 0 or -ENOMEM. */
int listener_plan_add_route(struct listener_plan *plan, const struct listener_request *request);

/* Orders by address and port and gives each its table. 0 or -ENOMEM. */
int listener_plan_share(struct listener_plan *plan);

#endif
