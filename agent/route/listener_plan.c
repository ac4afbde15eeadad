/* SPDX-License-Identifier: Apache-2.0 */
#include "listener_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service_lookup.h"
#include "table_draft.h"

void listener_plan_init(struct listener_plan *plan)
{
	*plan = (struct listener_plan){0};
	table_index_init(&plan->index);
}

void listener_plan_done(struct listener_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++) {
		free(plan->listeners[i]->routes);
		free(plan->listeners[i]);
	}
	free(plan->listeners);
	table_index_done(&plan->index);
}

static struct table_index_key listener_key(const struct ip_address *address, uint16_t port)
{
	return (struct table_index_key){
		.number = port,
		.bytes = address,
		.length = sizeof(*address),
	};
}

static int add_listener(struct listener_plan *plan, const struct ip_address *address, uint16_t port)
{
	struct planned_listener *listener;
	struct table_index_key key;

	if (table_draft_reserve(&plan->listeners, &plan->capacity, plan->count, sizeof(listener)))
		return -ENOMEM;
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	listener->address = *address;
	listener->port = port;
	plan->listeners[plan->count++] = listener;
	key = listener_key(&listener->address, port);
	return table_index_add(&plan->index, &key, plan->count - 1);
}

static int add_route(struct planned_listener *listener, size_t number)
{
	if (listener->route_count > 0 && listener->routes[listener->route_count - 1] == number)
		return 0;
	if (table_draft_reserve(&listener->routes, &listener->route_capacity, listener->route_count,
				sizeof(number)))
		return -ENOMEM;
	listener->routes[listener->route_count++] = number;
	return 0;
}

static int add_address(struct listener_plan *plan, const struct ip_address *address, uint16_t port,
		       size_t number)
{
	struct table_index_key key = listener_key(address, port);
	size_t found = table_index_find(&plan->index, &key);
	int error = 0;

	if (found == TABLE_INDEX_NONE) {
		found = plan->count;
		error = add_listener(plan, address, port);
	}
	return error ? error : add_route(plan->listeners[found], number);
}

static int add_addresses(struct listener_plan *plan, const struct ip_address *addresses,
			 size_t count, uint16_t port, size_t number)
{
	size_t i;
	int error = 0;

	for (i = 0; i < count && !error; i++)
		error = add_address(plan, &addresses[i], port, number);
	return error;
}

static int add_node(struct listener_plan *plan, const struct listener_request *request,
		    uint16_t port)
{
	const struct route_table_options *options = request->options;

	if (options->node_address_count == 0)
		route_condition_fail(request->condition, "ListenerNotFound",
				     "node port %u: no address of this node is known", port);
	return add_addresses(plan, options->node_addresses, options->node_address_count, port,
			     request->number);
}

/* What keeps a Service from being a listener; NULL: nothing does. */
static const char *listener_fault(const struct service *service, const struct service_port *port)
{
	if (!service)
		return "the Service does not exist";
	if (!port)
		return "the Service has no such TCP port";
	return service->address_count == 0 ? "the Service has no address" : NULL;
}

static int add_service(struct listener_plan *plan, const struct listener_request *request,
		       const struct service_ref *ref)
{
	const struct service *service =
		service_lookup(request->store, request->route->namespace, ref);
	const struct service_port *port = service ? service_lookup_port(service, ref) : NULL;
	const char *fault = listener_fault(service, port);
	char text[SERVICE_REF_TEXT_MAX];

	if (fault) {
		route_condition_fail(request->condition, "ListenerNotFound", "service %s/%s: %s",
				     request->route->namespace, service_ref_text(ref, text), fault);
		return 0;
	}
	return add_addresses(plan, service->addresses, service->address_count, port->port,
			     request->number);
}

int listener_plan_add_route(struct listener_plan *plan, const struct listener_request *request)
{
	const struct path_route *route = &request->route->path_route;
	const struct route_listener *listener;
	size_t i;
	int error = 0;

	for (i = 0; i < route->listener_count && !error; i++) {
		listener = &route->listeners[i];
		error = listener->service.service ? add_service(plan, request, &listener->service)
						  : add_node(plan, request, listener->node_port);
	}
	return error;
}
