/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "../agent/datapath/readings_map.h"
#include "allocate.h"

static int add_listener(const void *key, const void *value, void *context)
{
	struct snapshot *snapshot = context;
	const struct listener_key *listener = key;

	snapshot->listeners = allocate_room(snapshot->listeners, sizeof(*snapshot->listeners),
					    snapshot->listener_count, &snapshot->listener_capacity);
	snapshot->listeners[snapshot->listener_count++] = (struct snapshot_listener){
		.address = listener->address,
		.port = ntohs(listener->port),
		.table = ((const struct listener *)value)->table,
	};
	return 0;
}

static int add_host(const void *key, const void *value, void *context)
{
	struct snapshot *snapshot = context;
	struct snapshot_host *host;

	snapshot->hosts = allocate_room(snapshot->hosts, sizeof(*snapshot->hosts),
					snapshot->host_count, &snapshot->host_capacity);
	host = &snapshot->hosts[snapshot->host_count++];
	memcpy(&host->key, key, sizeof(host->key));
	memcpy(&host->host, value, sizeof(host->host));
	host->host.name[ROUTE_HOST_MAX] = '\0';
	return 0;
}

static int add_path(const void *key, const void *value, void *context)
{
	struct snapshot *snapshot = context;
	struct snapshot_path *path;

	snapshot->paths = allocate_room(snapshot->paths, sizeof(*snapshot->paths),
					snapshot->path_count, &snapshot->path_capacity);
	path = &snapshot->paths[snapshot->path_count++];
	memcpy(&path->key, key, sizeof(path->key));
	memcpy(&path->entry, value, sizeof(path->entry));
	if (path->entry.length > ROUTE_PATH_MAX)
		path->entry.length = ROUTE_PATH_MAX;
	return 0;
}

static int compare(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

static int by_address(const void *left, const void *right)
{
	const struct snapshot_listener *a = left, *b = right;
	int order = compare(a->table, b->table);

	if (!order)
		order = memcmp(&a->address, &b->address, sizeof(a->address));
	return order ? order : compare(a->port, b->port);
}

static int by_host(const void *left, const void *right)
{
	const struct snapshot_host *a = left, *b = right;
	int order = compare(a->key.table, b->key.table);

	if (!order)
		order = compare(a->key.kind == HOST_ANY, b->key.kind == HOST_ANY);
	if (!order)
		order = strcmp(a->host.name, b->host.name);
	return order ? order : compare(a->key.kind, b->key.kind);
}

static int by_path(const void *left, const void *right)
{
	const struct snapshot_path *a = left, *b = right;
	int order = compare(a->key.host, b->key.host);

	if (!order)
		order = strncmp(a->entry.path, b->entry.path, ROUTE_PATH_MAX);
	return order ? order : compare(a->key.kind, b->key.kind);
}

static int walk(int fd, readings_map_visit visit, struct snapshot *snapshot)
{
	struct readings_map_walk each = {.visit = visit, .context = snapshot};

	return readings_map_walk(fd, &each);
}

static int take_tables(const struct context *context, struct snapshot *snapshot)
{
	const int *fds = context->maps.fd;
	int error = walk(fds[READINGS_MAP_listeners], add_listener, snapshot);

	if (!error)
		error = walk(fds[READINGS_MAP_hosts], add_host, snapshot);
	if (!error)
		error = walk(fds[READINGS_MAP_paths], add_path, snapshot);
	if (error)
		return error;
	qsort(snapshot->listeners, snapshot->listener_count, sizeof(*snapshot->listeners),
	      by_address);
	qsort(snapshot->hosts, snapshot->host_count, sizeof(*snapshot->hosts), by_host);
	qsort(snapshot->paths, snapshot->path_count, sizeof(*snapshot->paths), by_path);
	return 0;
}

static int take_objects(const struct context *context, struct snapshot *snapshot)
{
	const int *fds = context->maps.fd;
	const struct readings *readings = &snapshot->readings;
	int error = readings_take(&context->maps, &snapshot->readings);

	if (!error)
		error = readings_map_capacity(fds[READINGS_MAP_rules], &snapshot->rule_ids);
	if (!error)
		error = readings_map_capacity(fds[READINGS_MAP_endpoints], &snapshot->endpoint_ids);
	if (error)
		return error;
	snapshot->rules = allocate_zeroed(snapshot->rule_ids, sizeof(*snapshot->rules));
	snapshot->endpoints = allocate_zeroed(snapshot->endpoint_ids, sizeof(*snapshot->endpoints));
	for (size_t i = 0; i < readings->rule_count; i++)
		snapshot->rules[readings->rules[i].id] = &readings->rules[i];
	for (size_t i = 0; i < readings->endpoint_count; i++)
		snapshot->endpoints[readings->endpoints[i].id] = &readings->endpoints[i];
	return 0;
}

static int open_map(const struct context *context, const char *name, int *ret_fd)
{
	int fd = readings_map_open(context->directory, name);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

static int open_maps(const struct context *context, struct snapshot *snapshot)
{
	int error = open_map(context, "rule_sets", &snapshot->rule_sets_fd);

	if (!error)
		error = open_map(context, "members", &snapshot->members_fd);
	if (!error)
		error = open_map(context, "redirects", &snapshot->redirects_fd);
	if (!error)
		error = open_map(context, "route_meta", &snapshot->route_meta_fd);
	return error;
}

int snapshot_take(const struct context *context, struct snapshot *ret_snapshot)
{
	_cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_EMPTY;
	int error = open_maps(context, &snapshot);

	snapshot.rules_fd = context->maps.fd[READINGS_MAP_rules];
	if (!error)
		error = take_tables(context, &snapshot);
	if (!error)
		error = take_objects(context, &snapshot);
	if (error)
		return error;
	*ret_snapshot = snapshot;
	snapshot = (struct snapshot)SNAPSHOT_EMPTY;
	return 0;
}

void snapshot_done(struct snapshot *snapshot)
{
	free(snapshot->listeners);
	free(snapshot->hosts);
	free(snapshot->paths);
	free(snapshot->rules);
	free(snapshot->endpoints);
	readings_done(&snapshot->readings);
	closep(&snapshot->rule_sets_fd);
	closep(&snapshot->members_fd);
	closep(&snapshot->redirects_fd);
	closep(&snapshot->route_meta_fd);
}

const char *snapshot_rule_name(const struct snapshot *snapshot, uint32_t rule)
{
	static char number[16];

	if (rule < snapshot->rule_ids && snapshot->rules[rule])
		return snapshot->rules[rule]->name;
	snprintf(number, sizeof(number), "#%u", rule);
	return number;
}

bool snapshot_rule(const struct snapshot *snapshot, uint32_t id, struct rule *ret_rule)
{
	struct rule rule;

	if (readings_map_lookup(snapshot->rules_fd, &id, &rule) || !rule.in_use)
		return false;
	*ret_rule = rule;
	return true;
}

const struct endpoint_reading *snapshot_endpoint(const struct snapshot *snapshot, uint32_t id)
{
	return id < snapshot->endpoint_ids ? snapshot->endpoints[id] : NULL;
}

const char *snapshot_algorithm(const struct rule *rule)
{
	static const char *const names[] = {
		[BALANCE_LEAST_REQUESTS] = "LeastRequests",
		[BALANCE_ROUND_ROBIN] = "RoundRobin",
		[BALANCE_RANDOM] = "Random",
		[BALANCE_CLIENT_IP] = "ClientIP",
	};

	return rule->algorithm < sizeof(names) / sizeof(names[0]) ? names[rule->algorithm]
								  : "unknown";
}

const char *snapshot_ambiguous(const struct rule *rule)
{
	static const char *const names[] = {[AMBIGUOUS_AGREE] = "Agree",
					    [AMBIGUOUS_REJECT] = "Reject",
					    [AMBIGUOUS_RAW] = "Raw"};

	return rule->ambiguous < sizeof(names) / sizeof(names[0]) ? names[rule->ambiguous]
								  : "unknown";
}
