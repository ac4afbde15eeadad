/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings some rules of an image up to date in place, when nothing but their endpoints has changed:
 * route_plan.h for a part of the table, at the cost of that part. No map is touched.
 *
 * Endpoints are only added to the image: those that go keep their place in it, without being in
 * use, until a whole plan makes the next image. When the room for new ones is used up, it is time
 * for that.
 */
#ifndef PATHROUTE_ROUTE_REFRESH_H
#define PATHROUTE_ROUTE_REFRESH_H

#include "route_plan.h"

/* How many members of sets are an endpoint, and where it is in the image; by its number. */
struct endpoint_use {
	uint32_t members;
	uint32_t position;
};

struct route_refresh_input {
	const struct route_table *table; /* the rules are in the places they had in the image's */
	struct route_image *image;
	struct endpoint_use *uses; /* of route_refresh_count(); follows the image */
	struct route_pools *pools;
	const size_t *rules; /* that may have other endpoints now; each is there once */
	size_t rule_count;
	uint64_t now_ms;
	id_pool_busy endpoint_busy; /* may be NULL */
	void *busy_context;
};

struct route_refresh {
	struct image_rule *rules; /* as they shall be; `before` is the one in the image */
	size_t rule_count;
	size_t first_endpoint; /* in the image: from here on they are new */
	size_t *gone;          /* endpoints of the image that no rule uses any more */
	size_t gone_count;
};

/* The uses of an image's endpoints. NULL: no memory. The caller frees it. */
struct endpoint_use *route_refresh_count(const struct route_image *image,
					 const struct route_pools *pools);

/* Returns 0; -ENOMEM also when the image has no room; -ENOSPC or -EAGAIN (see id_pool_take());
 * -ESTALE for a rule that the image does not have in that place. On failure pools and uses are as
 * before. The caller either accepts or drops the refresh. */
int route_refresh_plan(const struct route_refresh_input *input, struct route_refresh *ret_refresh);

/* After the maps hold what is planned: puts it into the image. */
void route_refresh_accept(const struct route_refresh_input *input, struct route_refresh *refresh);

/* Frees it, accepted or not; the image of one that was not is to be forgotten. */
void route_refresh_done(struct route_refresh *refresh);

#endif
