/* SPDX-License-Identifier: Apache-2.0 */
/* When statuses may be written: all together, and of each route. Pure; times as in
 * lease_election.h. */
#ifndef PATHROUTE_STATUS_PACE_H
#define PATHROUTE_STATUS_PACE_H

#include "route_status_text.h"
#include "status_routes.h"

struct status_pace {
	uint32_t nodes; /* 0: not known */
	struct token_bucket all;
	struct token_bucket idle;
};

/* When the next write of any route may begin; now or in the past: it may. */
uint64_t status_pace_any(const struct status_pace *pace, uint64_t now_ms);

struct status_pace_wish {
	enum status_difference difference; /* STATUS_COUNTS or STATUS_OTHER */
	bool spreads;                      /* not all nodes have the generation yet */
};

/* When this route may be written, as far as it alone is concerned; now or in the past: it may, and
 * what it takes of its share is taken. */
uint64_t status_pace_route(struct status_pace *pace, struct status_route *route,
			   const struct status_pace_wish *wish, uint64_t now_ms);

/* A write of the route begins. */
void status_pace_wrote(struct status_pace *pace, struct status_route *route, uint64_t now_ms);

#endif
