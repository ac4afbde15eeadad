/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#include <stdlib.h>
#include <string.h>

const char *object_kind_name(enum object_kind kind)
{
	static const char *const names[OBJECT_KIND_COUNT] = {
		[OBJECT_PATH_ROUTE] = "PathRoute",
		[OBJECT_SERVICE] = "Service",
		[OBJECT_ENDPOINT_SLICE] = "EndpointSlice",
	};

	return names[kind];
}

struct object_key object_key_of(const struct object *object)
{
	return (struct object_key){
		.kind = object->kind,
		.namespace = object->namespace,
		.name = object->name,
	};
}

int object_key_compare(const struct object_key *left, const struct object_key *right)
{
	int order;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	order = strcmp(left->namespace, right->namespace);
	return order ? order : strcmp(left->name, right->name);
}

static void service_ports_free(struct service_port *ports, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(ports[i].name);
	free(ports);
}

void service_done(struct service *service)
{
	free(service->addresses);
	service_ports_free(service->ports, service->port_count);
}

static void hints_done(struct slice_hints *hints)
{
	for (size_t i = 0; i < hints->count; i++)
		free(hints->names[i]);
	free(hints->names);
}

void endpoint_slice_done(struct endpoint_slice *slice)
{
	free(slice->service);
	service_ports_free(slice->ports, slice->port_count);
	for (size_t i = 0; i < slice->endpoint_count; i++) {
		hints_done(&slice->endpoints[i].for_zones);
		hints_done(&slice->endpoints[i].for_nodes);
	}
	free(slice->endpoints);
}

void service_ref_done(struct service_ref *ref)
{
	free(ref->service);
	free(ref->port_name);
}

static void route_rule_done(struct route_rule *rule)
{
	size_t i;

	free(rule->name);
	free(rule->path);
	for (i = 0; i < rule->backend_count; i++)
		service_ref_done(&rule->backends[i].service);
	free(rule->backends);
}

void path_route_done(struct path_route *route)
{
	size_t i;

	free(route->class_name);
	for (i = 0; i < route->listener_count; i++)
		service_ref_done(&route->listeners[i].service);
	free(route->listeners);
	for (i = 0; i < route->hostname_count; i++)
		free(route->hostnames[i].name);
	free(route->hostnames);
	for (i = 0; i < route->rule_count; i++)
		route_rule_done(&route->rules[i]);
	free(route->rules);
	if (route->default_backend)
		service_ref_done(&route->default_backend->service);
	free(route->default_backend);
}

static void content_done(struct object *object)
{
	switch (object->kind) {
	case OBJECT_PATH_ROUTE:
		path_route_done(&object->path_route);
		break;
	case OBJECT_SERVICE:
		service_done(&object->service);
		break;
	default:
		endpoint_slice_done(&object->endpoint_slice);
	}
}

void object_free(struct object *object)
{
	if (!object)
		return;
	content_done(object);
	free(object->namespace);
	free(object->name);
	free(object->uid);
	free(object->origin_file);
	free(object);
}
