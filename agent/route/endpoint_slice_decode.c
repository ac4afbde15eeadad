/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint_slice_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/address_text.h"
#include "route_text.h"
#include "service_ports_decode.h"

enum address_type { ADDRESS_IPV4, ADDRESS_IPV6, ADDRESS_FQDN };

static const struct json_word address_types[] = {
	{"IPv4", ADDRESS_IPV4},
	{"IPv6", ADDRESS_IPV6},
	{"FQDN", ADDRESS_FQDN},
	{NULL, 0},
};

static int read_conditions(const struct json_value *endpoint, struct slice_endpoint *ret)
{
	struct json_value conditions = json_member(endpoint, "conditions");
	struct json_value ready = json_member(&conditions, "ready");
	struct json_value serving = json_member(&conditions, "serving");
	struct json_value terminating = json_member(&conditions, "terminating");
	int error;

	ret->ready = true;
	error = json_read_object(&conditions);
	if (!error)
		error = json_read_bool(&ready, &ret->ready);
	ret->serving = ret->ready;
	if (!error)
		error = json_read_bool(&serving, &ret->serving);
	if (!error)
		error = json_read_bool(&terminating, &ret->terminating);
	return error;
}

static int read_hint(const struct json_value *hint, char **ret_name)
{
	struct json_value name = json_member(hint, "name");
	int error = json_read_object(hint);

	if (!error)
		error = json_require(&name);
	return error ? error : json_copy_text(&name, SLICE_HINT_NAME_MAX, ret_name);
}

static int read_hint_list(const struct json_value *list, struct slice_hints *ret)
{
	size_t count = 0, index = 0;
	const cJSON *item;
	int error = json_read_array(list, SLICE_HINTS_MAX, &count);

	if (error || count == 0)
		return error;
	ret->names = calloc(count, sizeof(*ret->names));
	if (!ret->names)
		return -ENOMEM;
	ret->count = count;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value hint = json_element(list, item, index);

		error = read_hint(&hint, &ret->names[index++]);
		if (error)
			return error;
	}
	return 0;
}

static int read_hints(const struct json_value *endpoint, struct slice_endpoint *ret)
{
	struct json_value hints = json_member(endpoint, "hints");
	struct json_value for_zones = json_member(&hints, "forZones");
	struct json_value for_nodes = json_member(&hints, "forNodes");
	int error = json_read_object(&hints);

	if (!error)
		error = read_hint_list(&for_zones, &ret->for_zones);
	return error ? error : read_hint_list(&for_nodes, &ret->for_nodes);
}

/* The addresses of an endpoint lead to the same pod: the first one is enough. */
static int read_endpoint(const struct json_value *endpoint, bool ipv6, struct slice_endpoint *ret)
{
	struct json_value list = json_member(endpoint, "addresses");
	struct json_value first;
	const char *text = NULL;
	size_t count = 0;
	int error;

	error = json_read_object(endpoint);
	if (!error)
		error = json_require(&list);
	if (!error)
		error = json_read_array(&list, SLICE_ADDRESSES_MAX, &count);
	if (error)
		return error;
	first = json_element(&list, count ? list.json->child : NULL, 0);
	error = json_require(&first);
	if (!error)
		error = json_read_text(&first, ADDRESS_TEXT_MAX, &text);
	if (error)
		return error;
	if (!route_text_read_address(text, &ret->address) ||
	    route_text_is_ipv4(&ret->address) == ipv6)
		return json_reject(&first, REASON_UNSUPPORTED_VALUE, "must be an %s address",
				   ipv6 ? "IPv6" : "IPv4");
	error = read_conditions(endpoint, ret);
	return error ? error : read_hints(endpoint, ret);
}

static int read_endpoints(const struct json_value *list, struct endpoint_slice *slice)
{
	size_t count = 0, index = 0;
	const cJSON *item;
	int error;

	error = json_read_array(list, SLICE_ENDPOINTS_MAX, &count);
	if (error || count == 0)
		return error;
	slice->endpoints = calloc(count, sizeof(*slice->endpoints));
	if (!slice->endpoints)
		return -ENOMEM;
	slice->endpoint_count = count;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value endpoint = json_element(list, item, index);

		error = read_endpoint(&endpoint, slice->ipv6, &slice->endpoints[index++]);
		if (error)
			return error;
	}
	return 0;
}

static int read_service_label(const struct json_value *object, struct endpoint_slice *slice)
{
	struct json_value metadata = json_member(object, "metadata");
	struct json_value labels = json_member(&metadata, "labels");
	struct json_value label = json_member(&labels, "kubernetes.io/service-name");
	const char *service = "";
	int error;

	error = json_read_object(&labels);
	if (!error)
		error = json_read_text(&label, DNS_LABEL_MAX, &service);
	if (error)
		return error;
	slice->service = strdup(service);
	return slice->service ? 0 : -ENOMEM;
}

int endpoint_slice_decode(const struct json_value *object, struct endpoint_slice *slice)
{
	struct json_value type_value = json_member(object, "addressType");
	struct json_value ports = json_member(object, "ports");
	struct json_value endpoints = json_member(object, "endpoints");
	int type = ADDRESS_IPV4;
	int error;

	error = read_service_label(object, slice);
	if (!error)
		error = json_require(&type_value);
	if (!error)
		error = json_read_word(&type_value, address_types, &type);
	if (!error)
		error = service_ports_decode(&ports, &slice->ports, &slice->port_count);
	if (error)
		return error;
	slice->ipv6 = type == ADDRESS_IPV6;
	return type == ADDRESS_FQDN ? 0 : read_endpoints(&endpoints, slice);
}
