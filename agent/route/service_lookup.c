/* SPDX-License-Identifier: Apache-2.0 */
#include "service_lookup.h"

#include <stdio.h>
#include <string.h>

const struct service *service_lookup(const struct route_store *store, const char *namespace,
				     const struct service_ref *ref)
{
	struct object_key key = {
		.kind = OBJECT_SERVICE,
		.namespace = namespace,
		.name = ref->service,
	};
	const struct object *object = route_store_find(store, &key);

	return object ? &object->service : NULL;
}

const struct service_port *service_lookup_port(const struct service *service,
					       const struct service_ref *ref)
{
	const struct service_port *port;
	size_t i;

	for (i = 0; i < service->port_count; i++) {
		port = &service->ports[i];
		if (ref->port_name ? !strcmp(port->name, ref->port_name)
				   : port->port == ref->port_number)
			return port;
	}
	return NULL;
}

const char *service_ref_text(const struct service_ref *ref, char ret_text[SERVICE_REF_TEXT_MAX])
{
	if (ref->port_name)
		snprintf(ret_text, SERVICE_REF_TEXT_MAX, "%s:%s", ref->service, ref->port_name);
	else
		snprintf(ret_text, SERVICE_REF_TEXT_MAX, "%s:%u", ref->service, ref->port_number);
	return ret_text;
}
