/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a route table and the present image to the next image: numbers that are in use stay with
 * what they name, new ones come from the pools. No map is touched.
 */
#ifndef PATHROUTE_ROUTE_PLAN_H
#define PATHROUTE_ROUTE_PLAN_H

#include "../route/route_table.h"
#include "extent_pool.h"
#include "id_pool.h"
#include "route_image.h"

struct route_pools {
	struct id_pool endpoints;
	struct id_pool rules;
	struct id_pool sets;
	struct id_pool redirects;
	struct id_pool hosts;
	struct id_pool tables;
	struct extent_pool members;
	uint32_t set_version; /* given last; begins anywhere */
};

/* Accepts a zeroed struct. */
void route_pools_done(struct route_pools *pools);

struct route_plan_input {
	const struct route_table *table;
	struct route_image *old; /* its `kept` marks are set */
	struct route_pools *pools;
	uint64_t seed; /* of the hashes */
	uint64_t now_ms;
	id_pool_busy endpoint_busy; /* may be NULL */
	void *busy_context;
};

/* Returns 0; -ENOSPC or -EAGAIN (see id_pool_take()) with *ret_full naming the map; -EEXIST when
 * two texts have one hash; -EINVAL for a table that contradicts itself; -ENOMEM. On failure the
 * pools and marks are as before. */
int route_plan_make(const struct route_plan_input *input, struct route_image **ret_image,
		    const char **ret_full);

/* After the maps hold the new image: what only the old one had may be reused in a while. */
void route_plan_accept(const struct route_plan_input *input, struct route_image *image);

#endif
