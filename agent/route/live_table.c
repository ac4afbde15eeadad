/* SPDX-License-Identifier: Apache-2.0 */
#include "live_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule_resolve.h"
#include "table_draft.h"

void live_table_done(struct live_table *live)
{
	for (size_t i = 0; i < live->route_count; i++)
		free(live->routes[i].rules);
	free(live->routes);
	service_users_done(&live->users);
	route_table_free(live->table);
	route_report_done(&live->report);
	*live = (struct live_table){0};
}

static int rule_touched(struct live_touched *touched, size_t rule)
{
	if (table_draft_reserve(&touched->rules, &touched->rule_capacity, touched->rule_count,
				sizeof(rule)))
		return -ENOMEM;
	touched->rules[touched->rule_count++] = rule;
	return 0;
}

/* A rule that lost everything to others has no place in the table, but its say in the status. */
static int rule_refresh(struct live_table *live, struct table_rule *rule, size_t place,
			struct live_touched *touched)
{
	int error = place == TABLE_NONE ? 0 : rule_touched(touched, place);

	if (error || place == TABLE_NONE) {
		table_rule_done(rule);
		return error;
	}
	table_rule_done(&live->table->rules[place]);
	live->table->rules[place] = *rule;
	return 0;
}

static bool is_same(const struct route_condition *left, const struct route_condition *right)
{
	return left->holds == right->holds && left->problems == right->problems &&
	       !strcmp(left->reason, right->reason) && !strcmp(left->message, right->message);
}

static int route_refresh(struct live_table *live, const struct rule_source *source,
			 const struct live_route *route, struct live_touched *touched)
{
	struct route_status before = *route->status, now = before;
	struct table_rule rule;
	int error = 0;

	/* The other conditions depend on no slice: what the rules add to them here counts twice. */
	route_status_reset_ready(&now);
	for (size_t i = 0; i < route->rule_count && !error; i++) {
		error = rule_resolve(source, i, &now, &rule);
		if (!error)
			error = rule_refresh(live, &rule, route->rules[i], touched);
	}
	if (error || is_same(&now.ready, &before.ready))
		return error;
	route->status->ready = now.ready;
	touched->status_changed(touched->context, route->status, &before);
	return 0;
}

/* Each route once, though it may use several of the Services. */
static int users_refresh(struct live_table *live, struct rule_source *source,
			 const struct changed_service *service, struct live_touched *touched)
{
	const struct service_user *user = service_users_first(&live->users, service);
	int error = 0;

	for (; user && !error; user = service_users_next(&live->users, user)) {
		struct live_route *route = &live->routes[user->number];

		if (route->touched)
			continue;
		route->touched = true;
		source->route = route->object;
		error = route_refresh(live, source, route, touched);
	}
	return error;
}

static void users_unmark(struct live_table *live, const struct changed_service *service)
{
	const struct service_user *user = service_users_first(&live->users, service);

	for (; user; user = service_users_next(&live->users, user))
		live->routes[user->number].touched = false;
}

int live_table_refresh(struct live_table *live, const struct route_store *store,
		       const struct endpoint_place *place, struct live_touched *touched)
{
	const struct store_changes *changes = route_store_changes(store);
	struct rule_source source = {.store = store, .place = place};
	int error = 0;

	for (size_t i = 0; i < changes->count && !error; i++)
		error = users_refresh(live, &source, &changes->services[i], touched);
	for (size_t i = 0; i < changes->count; i++)
		users_unmark(live, &changes->services[i]);
	return error;
}
