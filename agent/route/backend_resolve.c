/* SPDX-License-Identifier: Apache-2.0 */
#include "backend_resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "service_lookup.h"

/* The slices of one Service, and which endpoints of which port are wanted. */
struct selection {
	struct object *const *slices;
	size_t slice_count;
	const char *port_name;
	bool ipv6;
	bool publish_not_ready;
	bool last_resort; /* those that terminate instead of those that are ready */
	const struct endpoint_place *place;
	enum hints_use hints;
};

static void table_group_donep(struct table_group *group)
{
	table_group_done(group);
}

static bool is_selected(const struct selection *selection, const struct slice_endpoint *endpoint)
{
	if (selection->last_resort)
		return endpoint->serving && endpoint->terminating;
	return (endpoint->ready || selection->publish_not_ready) &&
	       endpoint_hints_allow(selection->hints, selection->place, endpoint);
}

static uint16_t slice_port(const struct endpoint_slice *slice, const char *name)
{
	size_t i;

	for (i = 0; i < slice->port_count; i++) {
		if (!strcmp(slice->ports[i].name, name))
			return slice->ports[i].port;
	}
	return 0;
}

/* Adds to ret_endpoints unless it is NULL; the answer is how many there are. */
static size_t collect_slice(const struct selection *selection, const struct endpoint_slice *slice,
			    struct table_endpoint *ret_endpoints)
{
	uint16_t port = slice_port(slice, selection->port_name);
	size_t i, count = 0;

	if (port == 0 || slice->ipv6 != selection->ipv6)
		return 0;
	for (i = 0; i < slice->endpoint_count; i++) {
		if (!is_selected(selection, &slice->endpoints[i]))
			continue;
		if (ret_endpoints)
			ret_endpoints[count] = (struct table_endpoint){
				.address = slice->endpoints[i].address,
				.port = port,
			};
		count++;
	}
	return count;
}

/* The hints of those that are selected without hints. */
static enum hints_use hints_find(const struct selection *selection)
{
	struct hints_count count = {0};
	size_t i, j;

	for (i = 0; i < selection->slice_count; i++) {
		const struct endpoint_slice *slice = &selection->slices[i]->endpoint_slice;

		if (slice->ipv6 != selection->ipv6 || !slice_port(slice, selection->port_name))
			continue;
		for (j = 0; j < slice->endpoint_count; j++) {
			if (is_selected(selection, &slice->endpoints[j]))
				hints_count_add(&count, selection->place, &slice->endpoints[j]);
		}
	}
	return hints_count_use(&count);
}

static size_t collect(const struct selection *selection, struct table_endpoint *ret_endpoints)
{
	size_t i, count = 0;

	for (i = 0; i < selection->slice_count; i++)
		count += collect_slice(selection, &selection->slices[i]->endpoint_slice,
				       ret_endpoints ? ret_endpoints + count : NULL);
	return count;
}

static int compare_endpoints(const void *left_item, const void *right_item)
{
	const struct table_endpoint *left = left_item, *right = right_item;
	int order = memcmp(&left->address, &right->address, sizeof(left->address));

	return order ? order : (int)left->port - (int)right->port;
}

/* Each is there once, and the next is above it: what the usual single slice looks like. */
static bool is_ordered(const struct table_endpoint *endpoints, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++) {
		if (compare_endpoints(&endpoints[i - 1], &endpoints[i]) >= 0)
			return false;
	}
	return true;
}

/* The answer is how many are left. */
static size_t order_endpoints(struct table_endpoint *endpoints, size_t count)
{
	size_t i, kept = 1;

	if (is_ordered(endpoints, count))
		return count;
	qsort(endpoints, count, sizeof(*endpoints), compare_endpoints);
	for (i = 1; i < count; i++) {
		if (compare_endpoints(&endpoints[kept - 1], &endpoints[i]))
			endpoints[kept++] = endpoints[i];
	}
	return kept;
}

static int collect_family(struct selection *selection, struct table_group *group)
{
	struct table_endpoint *endpoints;
	size_t count;

	selection->last_resort = false;
	selection->hints = HINTS_NONE;
	selection->hints = hints_find(selection);
	count = collect(selection, NULL);
	if (count == 0) {
		selection->last_resort = true;
		count = collect(selection, NULL);
	}
	if (count == 0)
		return 0;
	endpoints = calloc(count, sizeof(*endpoints));
	if (!endpoints)
		return -ENOMEM;
	collect(selection, endpoints);
	group->endpoints[selection->ipv6] = endpoints;
	group->endpoint_count[selection->ipv6] = order_endpoints(endpoints, count);
	return 0;
}

static int name_group(const char *namespace, const struct service_ref *ref,
		      struct table_group *group)
{
	char text[SERVICE_REF_TEXT_MAX], name[OBJECT_NAMESPACE_MAX + 1 + SERVICE_REF_TEXT_MAX];

	snprintf(name, sizeof(name), "%s/%s", namespace, service_ref_text(ref, text));
	group->name = strdup(name);
	return group->name ? 0 : -ENOMEM;
}

/* What a condition says of a Service that cannot be a backend; *ret_message NULL: it can. */
static const char *backend_fault(const struct service *service, const struct service_port *port,
				 const char **ret_message)
{
	*ret_message = NULL;
	if (!service || service->external_name) {
		*ret_message = service ? "the Service is of type ExternalName"
				       : "the Service does not exist";
		return "BackendNotFound";
	}
	if (!port)
		*ret_message = "the Service has no such TCP port";
	return "PortNotFound";
}

static int collect_endpoints(const struct rule_source *source, const struct route_backend *backend,
			     struct selection *selection, struct table_group *group)
{
	int error;

	selection->place = source->place;
	selection->slice_count = route_store_slices(source->store, source->route->namespace,
						    backend->service.service, &selection->slices);
	error = collect_family(selection, group);
	selection->ipv6 = true;
	return error ? error : collect_family(selection, group);
}

int backend_resolve(const struct rule_source *source, const struct route_backend *backend,
		    struct route_condition *condition, struct table_group *ret_group)
{
	const char *namespace = source->route->namespace;
	const struct service *service = service_lookup(source->store, namespace, &backend->service);
	const struct service_port *port =
		service ? service_lookup_port(service, &backend->service) : NULL;
	_cleanup_(table_group_donep) struct table_group group = {.weight = backend->weight};
	const char *reason, *message;
	struct selection selection = {0};

	if (name_group(namespace, &backend->service, &group))
		return -ENOMEM;
	reason = backend_fault(service, port, &message);
	if (message) {
		group.missing = true;
		route_condition_fail(condition, reason, "backend %s: %s", group.name, message);
	} else {
		selection.port_name = port->name;
		selection.publish_not_ready = service->publish_not_ready;
		if (collect_endpoints(source, backend, &selection, &group))
			return -ENOMEM;
	}
	*ret_group = group;
	group = (struct table_group){0};
	return 0;
}
