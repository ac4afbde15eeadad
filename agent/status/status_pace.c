/* SPDX-License-Identifier: Apache-2.0 */
#include "status_pace.h"

#include "cluster_size.h"

#define ALL_BURST 20
#define IDLE_BURST 5
#define ROUTE_BURST 3
#define PROGRESS_MS (10 * 60 * 1000) /* a generation is new for so long */

uint64_t status_pace_any(const struct status_pace *pace, uint64_t now_ms)
{
	struct token_bucket all = pace->all;
	uint64_t at_ms = now_ms;

	token_bucket_take(&all, ALL_BURST, status_interval_ms(pace->nodes), now_ms, &at_ms);
	return at_ms;
}

static uint64_t earliest(const struct status_pace *pace, const struct status_route *route,
			 const struct status_pace_wish *wish)
{
	uint64_t at_ms = route->retry_ms, other_ms;

	other_ms = route->changed_ms + status_settle_ms(pace->nodes);
	if (wish->spreads && other_ms > at_ms)
		at_ms = other_ms;
	other_ms = route->written_ms + status_counts_interval_ms(pace->nodes);
	if (wish->difference == STATUS_COUNTS && route->written_ms && other_ms > at_ms)
		at_ms = other_ms;
	return at_ms;
}

uint64_t status_pace_route(struct status_pace *pace, struct status_route *route,
			   const struct status_pace_wish *wish, uint64_t now_ms)
{
	uint64_t at_ms = earliest(pace, route, wish);
	bool idle = wish->difference == STATUS_COUNTS && now_ms > route->changed_ms + PROGRESS_MS;

	if (at_ms > now_ms)
		return at_ms;
	if (idle && !token_bucket_take(&pace->idle, IDLE_BURST,
				       status_idle_interval_ms(pace->nodes), now_ms, &at_ms))
		return at_ms;
	token_bucket_take(&route->writes, ROUTE_BURST, status_counts_interval_ms(pace->nodes),
			  now_ms, &at_ms);
	return at_ms;
}

void status_pace_wrote(struct status_pace *pace, struct status_route *route, uint64_t now_ms)
{
	uint64_t at_ms;

	route->written_ms = now_ms;
	token_bucket_take(&pace->all, ALL_BURST, status_interval_ms(pace->nodes), now_ms, &at_ms);
}
