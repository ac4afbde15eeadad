/* SPDX-License-Identifier: Apache-2.0 */
#include "route_table_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "listener_plan.h"
#include "rule_resolve.h"
#include "table_draft.h"

/* A route on its way into the table. Rule number rule_count - 1 is its default, if it has one. */
struct route_draft {
	const struct object *object;
	struct route_status *status;
	struct table_rule *rules; /* those that are not in the table yet */
	size_t *table_rules;      /* their places there, or TABLE_NONE */
	size_t rule_count;
};

struct build {
	const struct route_store *store;
	const struct route_table_options *options;
	struct route_draft *routes; /* the one that wins first */
	size_t route_count;
	struct listener_plan plan;
	struct table_draft draft;
	struct route_report report;
};

static const struct route_hostname any_host = {.kind = HOST_ANY, .name = (char *)""};

static void build_done(struct build *build)
{
	struct route_draft *route;
	size_t i, rule;

	for (i = 0; i < build->route_count; i++) {
		route = &build->routes[i];
		for (rule = 0; route->rules && rule < route->rule_count; rule++)
			table_rule_done(&route->rules[rule]);
		free(route->rules);
		free(route->table_rules);
	}
	free(build->routes);
	listener_plan_done(&build->plan);
	table_draft_done(&build->draft);
	route_report_done(&build->report);
}

static int compare_routes(const void *left_item, const void *right_item)
{
	const struct route_draft *left = left_item, *right = right_item;
	struct object_key left_key, right_key;

	if (left->object->created != right->object->created)
		return left->object->created < right->object->created ? -1 : 1;
	left_key = object_key_of(left->object);
	right_key = object_key_of(right->object);
	return object_key_compare(&left_key, &right_key);
}

static int add_route(struct build *build, const struct object *object)
{
	struct route_draft *route = &build->routes[build->route_count++];

	*route = (struct route_draft){
		.object = object,
		.status = &build->report.routes[build->report.route_count++],
	};
	return route_status_init(route->status, object->namespace, object->name,
				 object->generation);
}

static int collect_routes(struct build *build)
{
	const char *class_name = build->options->class_name;
	size_t i, count = route_store_count(build->store, OBJECT_PATH_ROUTE);
	const struct object *object;
	int error = 0;

	if (!class_name)
		class_name = ROUTE_CLASS_DEFAULT;
	build->routes = calloc(count + 1, sizeof(*build->routes));
	build->report.routes = calloc(count + 1, sizeof(*build->report.routes));
	if (!build->routes || !build->report.routes)
		return -ENOMEM;
	for (i = 0; i < count && !error; i++) {
		object = route_store_at(build->store, OBJECT_PATH_ROUTE, i);
		if (!strcmp(object->path_route.class_name, class_name))
			error = add_route(build, object);
	}
	qsort(build->routes, build->route_count, sizeof(*build->routes), compare_routes);
	return error;
}

static int resolve_rules(struct build *build, struct route_draft *route)
{
	const struct path_route *content = &route->object->path_route;
	size_t i, count = content->rule_count + (content->default_backend != NULL);
	int error = 0;

	route->rules = calloc(count, sizeof(*route->rules));
	route->table_rules = calloc(count, sizeof(*route->table_rules));
	if (!route->rules || !route->table_rules)
		return -ENOMEM;
	route->rule_count = count;
	for (i = 0; i < count && !error; i++) {
		route->table_rules[i] = TABLE_NONE;
		error = rule_resolve(build->store, route->object, i, route->status,
				     &route->rules[i]);
	}
	return error;
}

static int resolve_routes(struct build *build)
{
	struct listener_request request = {.store = build->store, .options = build->options};
	size_t i;
	int error = 0;

	for (i = 0; i < build->route_count && !error; i++) {
		request.route = build->routes[i].object;
		request.number = i;
		request.condition = &build->routes[i].status->resolved_refs;
		error = listener_plan_add_route(&build->plan, &request);
		if (!error)
			error = resolve_rules(build, &build->routes[i]);
	}
	return error;
}

/* Puts the rule into the table when it is needed for the first time. */
static int place_rule(struct build *build, struct route_draft *route, size_t number,
		      size_t *ret_rule)
{
	struct rule_owner owner = {.route = route->object, .rule = number};
	int error = 0;

	if (route->table_rules[number] == TABLE_NONE)
		error = table_draft_add_rule(&build->draft, &route->rules[number], &owner,
					     &route->table_rules[number]);
	*ret_rule = route->table_rules[number];
	return error;
}

static const char *host_star(const struct table_host *host)
{
	return host->kind == HOST_EXACT ? "" : "*";
}

/* Another rule already has what this one asks for. */
static void report_conflict(const struct build *build, const struct route_draft *route,
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

static bool is_same_rule(const struct build *build, const struct route_draft *route, size_t number,
			 size_t taken)
{
	const struct rule_owner *owner = &build->draft.owners[taken];

	return owner->route == route->object && owner->rule == number;
}

/* The path's rule is its number in the route; it becomes that in the table. */
static int add_path(struct build *build, struct route_draft *route, struct table_path *path)
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

static int add_default(struct build *build, struct route_draft *route, size_t host_number)
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

static int add_host(struct build *build, struct route_draft *route, uint32_t table,
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

static int add_hosts(struct build *build, struct route_draft *route, uint32_t table)
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
		error = add_hosts(build, &build->routes[listener->routes[i]], listener->table);
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
		};
		if (listener->leads)
			error = fill_table(build, listener);
	}
	return error;
}

int route_table_build(const struct route_store *store, const struct route_table_options *options,
		      struct route_table **ret_table, struct route_report *ret_report)
{
	_cleanup_(build_done) struct build build = {.store = store, .options = options};
	int error;

	listener_plan_init(&build.plan);
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
	*ret_table = STEAL(build.draft.table);
	if (ret_report) {
		*ret_report = build.report;
		build.report = (struct route_report){0};
	}
	return 0;
}
