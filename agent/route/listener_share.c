/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "listener_plan.h"

static int compare_listeners(const void *left_item, const void *right_item)
{
	const struct planned_listener *left = *(struct planned_listener *const *)left_item;
	const struct planned_listener *right = *(struct planned_listener *const *)right_item;
	int order = memcmp(&left->address, &right->address, sizeof(left->address));

	return order ? order : (int)left->port - (int)right->port;
}

/* Position of the first listener with the same routes: itself if there was none before. */
static int find_leader(const struct listener_plan *plan, struct table_index *leaders, size_t at,
		       size_t *ret_leader)
{
	const struct planned_listener *listener = plan->listeners[at];
	struct table_index_key key = {
		.number = listener->route_count,
		.bytes = listener->routes,
		.length = listener->route_count * sizeof(*listener->routes),
	};

	*ret_leader = table_index_find(leaders, &key);
	if (*ret_leader != TABLE_INDEX_NONE)
		return 0;
	*ret_leader = at;
	return table_index_add(leaders, &key, at);
}

int listener_plan_share(struct listener_plan *plan)
{
	struct planned_listener *listener;
	struct table_index leaders;
	size_t i, leader;
	uint32_t tables = 0;
	int error = 0;

	if (plan->count > 0)
		qsort(plan->listeners, plan->count, sizeof(*plan->listeners), compare_listeners);
	table_index_init(&leaders);
	for (i = 0; i < plan->count && !error; i++) {
		listener = plan->listeners[i];
		error = find_leader(plan, &leaders, i, &leader);
		listener->leads = leader == i;
		listener->table = listener->leads ? ++tables : plan->listeners[leader]->table;
	}
	table_index_done(&leaders);
	return error;
}
