/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "../agent/base/address_text.h"
#include "../agent/base/cleanup.h"
#include "snapshot.h"
#include "table.h"
#include "target.h"

/* One line of the list: what matches, and the rule it leads to. */
struct route {
	const struct snapshot_host *host;
	const struct snapshot_path *path; /* NULL: the host's default backend */
	enum http_method method;
	uint32_t rule;
};

typedef void (*routes_visit)(const struct snapshot *snapshot, const struct route *route,
			     void *context);

static const char *const method_names[HTTP_METHOD_COUNT] = {[HTTP_METHOD_OTHER] = "any",
#define X(name) [HTTP_METHOD_##name] = #name,
							    HTTP_METHODS(X)
#undef X
};

/* "*.example.com" for ".example.com"; a Suffix wildcard is told by its two stars. */
static const char *host_text(const struct snapshot_host *host, char text[ROUTE_HOST_MAX + 8])
{
	static const char *const prefix[] = {
		[HOST_EXACT] = "", [HOST_SINGLE_LABEL] = "*", [HOST_SUFFIX] = "**"};

	if (host->key.kind >= HOST_ANY)
		return "(any)";
	snprintf(text, ROUTE_HOST_MAX + 8, "%s%s", prefix[host->key.kind], host->host.name);
	return text;
}

/* A Prefix matches whole elements: "/api" is shown as "/api/", as it is mostly written. */
static const char *path_text(const struct snapshot_path *path, char text[ROUTE_PATH_MAX + 16])
{
	if (!path)
		return "(default)";
	snprintf(text, ROUTE_PATH_MAX + 16, "%s%.*s%s", path->key.kind == PATH_EXACT ? "=" : "",
		 path->entry.length, path->entry.path, path->key.kind == PATH_PREFIX ? "/" : "");
	return text;
}

static const char *kind_text(const struct snapshot_path *path)
{
	if (!path)
		return "Default";
	return path->key.kind == PATH_EXACT ? "Exact" : "Prefix";
}

static void visit_path(const struct snapshot *snapshot, struct route *route, routes_visit visit,
		       void *context)
{
	const uint32_t *rules = route->path->entry.rule;

	for (unsigned method = 0; method < HTTP_METHOD_COUNT; method++) {
		if (!rules[method] || (method && rules[method] == rules[HTTP_METHOD_OTHER]))
			continue;
		route->method = method;
		route->rule = rules[method];
		visit(snapshot, route, context);
	}
}

static void visit_host(const struct snapshot *snapshot, const struct snapshot_host *host,
		       routes_visit visit, void *context)
{
	struct route route = {.host = host};

	for (size_t i = 0; i < snapshot->path_count; i++) {
		route.path = &snapshot->paths[i];
		if (route.path->key.host == host->host.id)
			visit_path(snapshot, &route, visit, context);
	}
	route = (struct route){.host = host, .rule = host->host.default_rule};
	if (route.rule)
		visit(snapshot, &route, context);
}

static void visit_table(const struct snapshot *snapshot, uint32_t table, routes_visit visit,
			void *context)
{
	for (size_t i = 0; i < snapshot->host_count; i++)
		if (snapshot->hosts[i].key.table == table)
			visit_host(snapshot, &snapshot->hosts[i], visit, context);
}

static void add_row(const struct snapshot *snapshot, const struct route *route, void *context)
{
	struct table *table = context;
	struct target target = {0};
	char host[ROUTE_HOST_MAX + 8];
	char path[ROUTE_PATH_MAX + 16];
	char summary[640] = "";

	if (target_take(snapshot, route->rule, &target))
		target_summary(&target, summary);
	table_add(table, "%s", host_text(route->host, host));
	table_add(table, "%s", path_text(route->path, path));
	table_add(table, "%s", method_names[route->method]);
	table_add(table, "%s", snapshot_rule_name(snapshot, route->rule));
	table_add(table, "%s", summary);
	target_done(&target);
}

static void add_json(const struct snapshot *snapshot, const struct route *route, void *context)
{
	cJSON *json = cJSON_CreateObject();
	struct target target = {0};
	char text[ROUTE_HOST_MAX + 8];

	cJSON_AddItemToArray(context, json);
	cJSON_AddStringToObject(json, "host",
				route->host->key.kind == HOST_ANY ? ""
								  : host_text(route->host, text));
	cJSON_AddStringToObject(json, "type", kind_text(route->path));
	if (route->path) {
		char path[ROUTE_PATH_MAX + 1];

		snprintf(path, sizeof(path), "%.*s", route->path->entry.length,
			 route->path->entry.path);
		cJSON_AddStringToObject(json, "path", *path ? path : "/");
	}
	if (route->method != HTTP_METHOD_OTHER)
		cJSON_AddStringToObject(json, "method", method_names[route->method]);
	cJSON_AddStringToObject(json, "rule", snapshot_rule_name(snapshot, route->rule));
	if (target_take(snapshot, route->rule, &target)) {
		cJSON_AddNumberToObject(json, "backends", (double)target.group_count);
		cJSON_AddNumberToObject(json, "endpoints", (double)target.endpoint_count);
		if (target.rule.action == RULE_REDIRECT)
			cJSON_AddStringToObject(json, "redirect", target.redirect);
	}
	target_done(&target);
}

/* Behind the last listener of the table that the first one belongs to. */
static size_t table_end(const struct snapshot *snapshot, size_t first)
{
	size_t end = first;

	while (end < snapshot->listener_count &&
	       snapshot->listeners[end].table == snapshot->listeners[first].table)
		end++;
	return end;
}

static void print_table(const struct snapshot *snapshot, size_t first, size_t end)
{
	static const char *const columns[] = {"HOST", "PATH", "METHOD", "RULE", "LEADS TO", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	printf("%sListener", first ? "\n" : "");
	for (size_t i = first; i < end; i++) {
		char text[ADDRESS_PORT_TEXT_MAX];

		printf("%s %s", i == first ? "" : ",",
		       address_port_text(&snapshot->listeners[i].address,
					 snapshot->listeners[i].port, text));
	}
	putchar('\n');
	visit_table(snapshot, snapshot->listeners[first].table, add_row, table);
	table_print(table, stdout);
}

static cJSON *table_json(const struct snapshot *snapshot, size_t first, size_t end)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *listeners = cJSON_AddArrayToObject(json, "listeners");

	for (size_t i = first; i < end; i++) {
		char text[ADDRESS_PORT_TEXT_MAX];

		cJSON_AddItemToArray(listeners, cJSON_CreateString(address_port_text(
							&snapshot->listeners[i].address,
							snapshot->listeners[i].port, text)));
	}
	visit_table(snapshot, snapshot->listeners[first].table, add_json,
		    cJSON_AddArrayToObject(json, "routes"));
	return json;
}

static void print_json(const struct snapshot *snapshot)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *tables = cJSON_AddArrayToObject(root, "tables");

	for (size_t i = 0; i < snapshot->listener_count;) {
		size_t end = table_end(snapshot, i);

		cJSON_AddItemToArray(tables, table_json(snapshot, i, end));
		i = end;
	}
	context_print_json(root);
}

int command_routes(struct context *context)
{
	_cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_EMPTY;
	int error = snapshot_take(context, &snapshot);

	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		print_json(&snapshot);
	for (size_t i = 0; i < snapshot.listener_count && !context->json;) {
		size_t end = table_end(&snapshot, i);

		print_table(&snapshot, i, end);
		i = end;
	}
	return snapshot.listener_count
		       ? EXIT_OK
		       : context_complain(EXIT_NOTHING, "no listener is programmed");
}
