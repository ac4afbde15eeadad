/* SPDX-License-Identifier: Apache-2.0 */
#include "route_table_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "listener_plan.h"
#include "live_table.h"
#include "rule_resolve.h"
#include "table_draft.h"

/* Rule number rule_count - 1 of a route is its default, if it has one. */
struct build {
	const struct route_store *store;
	const struct route_table_options *options;
	struct live_table live;
	struct table_rule **resolved; /* by route and rule: those that are not in the table yet */
	struct listener_plan plan;
	struct table_draft draft;
};

static const struct route_hostname any_host = {.kind = HOST_ANY, .name = (char *)""};

static void resolved_done(struct build *build)
{
	for (size_t i = 0; build->resolved && i < build->live.route_count; i++) {
		const struct live_route *route = &build->live.routes[i];

		for (size_t rule = 0; build->resolved[i] && rule < route->rule_count; rule++)
			table_rule_done(&build->resolved[i][rule]);
		free(build->resolved[i]);
	}
	free(build->resolved);
}

static void build_done(struct build *build)
{
	resolved_done(build);
	listener_plan_done(&build->plan);
	table_draft_done(&build->draft);
	live_table_done(&build->live);
}

static int compare_routes(const void *left_item, const void *right_item)
{
	const struct live_route *left = left_item, *right = right_item;
	struct object_key left_key, right_key;

	if (left->object->created != right->object->created)
		return left->object->created < right->object->created ? -1 : 1;
	left_key = object_key_of(left->object);
	right_key = object_key_of(right->object);
	return object_key_compare(&left_key, &right_key);
}

static int add_route(struct live_table *live, const struct object *object)
{
	struct live_route *route = &live->routes[live->route_count++];

	*route = (struct live_route){
		.object = object,
		.status = &live->report.routes[live->report.route_count++],
	};
	return route_status_init(route->status, object->namespace, object->name,
				 object->generation);
}

static int collect_routes(struct build *build)
{
	const char *class_name = build->options->class_name;
	size_t i, count = route_store_count(build->store, OBJECT_PATH_ROUTE);
	struct live_table *live = &build->live;
	const struct object *object;
	int error = 0;

	if (!class_name)
		class_name = ROUTE_CLASS_DEFAULT;
	live->routes = calloc(count + 1, sizeof(*live->routes));
	live->report.routes = calloc(count + 1, sizeof(*live->report.routes));
	build->resolved = calloc(count + 1, sizeof(*build->resolved));
	if (!live->routes || !live->report.routes || !build->resolved)
		return -ENOMEM;
	for (i = 0; i < count && !error; i++) {
		object = route_store_at(build->store, OBJECT_PATH_ROUTE, i);
		if (!strcmp(object->path_route.class_name, class_name))
			error = add_route(live, object);
	}
	qsort(live->routes, live->route_count, sizeof(*live->routes), compare_routes);
	return error;
}

static int resolve_rules(struct build *build, size_t number)
{
	struct live_route *route = &build->live.routes[number];
	const struct path_route *content = &route->object->path_route;
	size_t i, count = content->rule_count + (content->default_backend != NULL);
	const struct rule_source source = {build->store, route->object, &build->options->place};
	struct table_rule *resolved = calloc(count, sizeof(*resolved));
	int error = 0;

	build->resolved[number] = resolved;
	route->rules = calloc(count, sizeof(*route->rules));
	if (!resolved || !route->rules)
		return -ENOMEM;
	route->rule_count = count;
	for (i = 0; i < count && !error; i++) {
		route->rules[i] = TABLE_NONE;
		error = rule_resolve(&source, i, route->status, &resolved[i]);
	}
	return error;
}

static int resolve_routes(struct build *build)
{
	struct listener_request request = {.store = build->store, .options = build->options};
	struct live_table *live = &build->live;
	size_t i;
	int error = 0;

	for (i = 0; i < live->route_count && !error; i++) {
		request.route = live->routes[i].object;
		request.number = i;
		request.condition = &live->routes[i].status->resolved_refs;
		error = listener_plan_add_route(&build->plan, &request);
		if (!error)
			error = resolve_rules(build, i);
		if (!error)
			error = service_users_add(&live->users, request.route, i);
	}
	return error;
}

/* Puts the rule into the table when it is needed for the first time. */
static int place_rule(struct build *build, struct live_route *route, size_t number,
		      size_t *ret_rule)
{
	struct rule_owner owner = {.route = route->object, .rule = number};
	struct table_rule *resolved = build->resolved[route - build->live.routes];
	int error = 0;

	if (route->rules[number] == TABLE_NONE)
		error = table_draft_add_rule(&build->draft, &resolved[number], &owner,
					     &route->rules[number]);
	*ret_rule = route->rules[number];
	return error;
}

static const char *host_star(const struct table_host *host)
{
	return host->kind == HOST_EXACT ? "" : "*";
}

/* Another rule already has what this one asks for. */
static void report_conflict(const struct build *build, const struct live_route *route,
			    const struct table_path *path, size_t taken)
{
	const struct table_host *host = &build->draft.table->hosts[path->host];
	const struct table_rule *winner = &build->draft.table->rules[taken];
	const char *rule = ROUTE_DEFAULT_RULE;

	if (path->rule < route->object->path_route.rule_count)
		rule = route->object->path_route.rules[path->rule].name;
	route_condition_fail(&route->status->accepted, "Conflicted",
			     "rule %s: host %s%s, path %s belongs to rule %s", rule,
			     host_star(host), host->name, path->path, winner->name);
}

static bool is_same_rule(const struct build *build, const struct live_route *route, size_t number,
			 size_t taken)
{
	const struct rule_owner *owner = &build->draft.owners[taken];

	return owner->route == route->object && owner->rule == number;
}

/* The path's rule is its number in the route; it becomes that in the table. */
static int add_path(struct build *build, struct live_route *route, struct table_path *path)
{
	size_t taken = table_draft_find_path(&build->draft, path), number = path->rule;
	int error;

	if (taken != TABLE_NONE) {
		if (!is_same_rule(build, route, number, taken))
			report_conflict(build, route, path, taken);
		return 0;
	}
	error = place_rule(build, route, number, &path->rule);
	return error ? error : table_draft_add_path(&build->draft, path);
}

static int add_default(struct build *build, struct live_route *route, size_t host_number)
{
	struct table_host *host = &build->draft.table->hosts[host_number];
	size_t number = route->object->path_route.rule_count;
	struct table_path path = {.host = host_number, .path = (char *)"", .rule = number};

	if (number == route->rule_count)
		return 0;
	if (host->default_rule == TABLE_NONE)
		return place_rule(build, route, number, &host->default_rule);
	path.path = (char *)ROUTE_DEFAULT_RULE;
	if (!is_same_rule(build, route, number, host->default_rule))
		report_conflict(build, route, &path, host->default_rule);
	return 0;
}

static int add_host(struct build *build, struct live_route *route, uint32_t table,
		    const struct route_hostname *hostname)
{
	const struct path_route *content = &route->object->path_route;
	struct table_path path;
	size_t i, host;
	int error;

	error = table_draft_host(&build->draft, table, hostname, &host);
	for (i = 0; i < content->rule_count && !error; i++) {
		path = (struct table_path){
			.host = host,
			.kind = content->rules[i].kind,
			.path = content->rules[i].path,
			.method = content->rules[i].method,
			.rule = i,
		};
		error = add_path(build, route, &path);
	}
	return error ? error : add_default(build, route, host);
}

static int add_hosts(struct build *build, struct live_route *route, uint32_t table)
{
	const struct path_route *content = &route->object->path_route;
	size_t i;
	int error = 0;

	if (content->hostname_count == 0)
		return add_host(build, route, table, &any_host);
	for (i = 0; i < content->hostname_count && !error; i++)
		error = add_host(build, route, table, &content->hostnames[i]);
	return error;
}

static int fill_table(struct build *build, const struct planned_listener *listener)
{
	size_t i;
	int error = 0;

	for (i = 0; i < listener->route_count && !error; i++)
		error = add_hosts(build, &build->live.routes[listener->routes[i]], listener->table);
	return error;
}

static int fill_tables(struct build *build)
{
	struct route_table *table = build->draft.table;
	const struct planned_listener *listener;
	size_t i;
	int error = 0;

	table->listeners = calloc(build->plan.count + 1, sizeof(*table->listeners));
	if (!table->listeners)
		return -ENOMEM;
	for (i = 0; i < build->plan.count && !error; i++) {
		listener = build->plan.listeners[i];
		table->listeners[table->listener_count++] = (struct table_listener){
			.address = listener->address,
			.port = listener->port,
			.table = listener->table,
			.owner = listener->owner,
		};
		if (listener->leads)
			error = fill_table(build, listener);
	}
	return error;
}

int live_table_build(const struct route_store *store, const struct route_table_options *options,
		     struct live_table *ret_live)
{
	_cleanup_(build_done) struct build build = {.store = store, .options = options};
	int error;

	listener_plan_init(&build.plan);
	service_users_init(&build.live.users);
	error = table_draft_init(&build.draft);
	if (!error)
		error = collect_routes(&build);
	if (!error)
		error = resolve_routes(&build);
	if (!error)
		error = listener_plan_share(&build.plan);
	if (!error)
		error = fill_tables(&build);
	if (error)
		return error;
	resolved_done(&build);
	build.resolved = NULL;
	build.live.table = STEAL(build.draft.table);
	*ret_live = build.live;
	build.live = (struct live_table){0};
	return 0;
}

int route_table_build(const struct route_store *store, const struct route_table_options *options,
		      struct route_table **ret_table, struct route_report *ret_report)
{
	_cleanup_(live_table_done) struct live_table live = {0};
	int error = live_table_build(store, options, &live);

	if (error)
		return error;
	*ret_table = STEAL(live.table);
	if (ret_report) {
		*ret_report = live.report;
		live.report = (struct route_report){0};
	}
	return 0;
}
