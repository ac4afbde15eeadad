/* SPDX-License-Identifier: Apache-2.0 */
#include "service_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/address_text.h"
#include "route_text.h"
#include "service_ports_decode.h"

enum service_type { TYPE_WITH_ENDPOINTS, TYPE_EXTERNAL_NAME };

static const struct json_word service_types[] = {
	{"ClusterIP", TYPE_WITH_ENDPOINTS},
	{"NodePort", TYPE_WITH_ENDPOINTS},
	{"LoadBalancer", TYPE_WITH_ENDPOINTS},
	{"ExternalName", TYPE_EXTERNAL_NAME},
	{NULL, 0},
};

static int add_address(struct service *service, const struct ip_address *address)
{
	struct ip_address *grown;
	size_t i;

	for (i = 0; i < service->address_count; i++) {
		if (!memcmp(&service->addresses[i], address, sizeof(*address)))
			return 0;
	}
	grown = reallocarray(service->addresses, service->address_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[service->address_count++] = *address;
	service->addresses = grown;
	return 0;
}

/* "None" is a Service without address of its own, "" one that has not got it yet. */
static int read_address(const struct json_value *value, struct service *service)
{
	struct ip_address address;
	const char *text = "";
	int error;

	error = json_read_text(value, ADDRESS_TEXT_MAX, &text);
	if (error || !*text || !strcmp(text, "None"))
		return error;
	if (!route_text_read_address(text, &address))
		return json_reject(value, REASON_UNSUPPORTED_VALUE, "must be an IP address");
	return add_address(service, &address);
}

static int read_addresses(const struct json_value *list, struct service *service)
{
	size_t count, index = 0;
	const cJSON *item;
	int error;

	error = json_read_array(list, SERVICE_ADDRESSES_MAX, &count);
	if (error)
		return error;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value value = json_element(list, item, index++);

		error = read_address(&value, service);
		if (error)
			return error;
	}
	return 0;
}

static int read_load_balancer(const struct json_value *object, struct service *service)
{
	struct json_value status = json_member(object, "status");
	struct json_value load_balancer = json_member(&status, "loadBalancer");
	struct json_value list = json_member(&load_balancer, "ingress");
	size_t count, index = 0;
	const cJSON *item;
	int error;

	error = json_read_array(&list, SERVICE_ADDRESSES_MAX, &count);
	if (error)
		return error;
	cJSON_ArrayForEach (item, list.json) {
		struct json_value ingress = json_element(&list, item, index++);
		struct json_value ip = json_member(&ingress, "ip");

		error = read_address(&ip, service);
		if (error)
			return error;
	}
	return 0;
}

static int read_all_addresses(const struct json_value *object, const struct json_value *spec,
			      struct service *service)
{
	struct json_value cluster_ips = json_member(spec, "clusterIPs");
	struct json_value cluster_ip = json_member(spec, "clusterIP");
	struct json_value external_ips = json_member(spec, "externalIPs");
	int error;

	error = read_addresses(&cluster_ips, service);
	if (!error)
		error = read_address(&cluster_ip, service);
	if (!error)
		error = read_addresses(&external_ips, service);
	if (!error)
		error = read_load_balancer(object, service);
	return error;
}

int service_decode(const struct json_value *object, struct service *service)
{
	struct json_value spec = json_member(object, "spec");
	struct json_value type_value = json_member(&spec, "type");
	struct json_value publish = json_member(&spec, "publishNotReadyAddresses");
	struct json_value selector = json_member(&spec, "selector");
	struct json_value ports = json_member(&spec, "ports");
	int type = TYPE_WITH_ENDPOINTS;
	int error;

	error = json_require(&spec);
	if (!error)
		error = json_read_object(&spec);
	if (!error)
		error = json_read_word(&type_value, service_types, &type);
	if (!error)
		error = json_read_bool(&publish, &service->publish_not_ready);
	if (!error)
		error = service_ports_decode(&ports, &service->ports, &service->port_count);
	if (error)
		return error;
	service->external_name = type == TYPE_EXTERNAL_NAME;
	service->selects_pods = cJSON_GetArraySize(selector.json) > 0;
	return service->external_name ? 0 : read_all_addresses(object, &spec, service);
}
