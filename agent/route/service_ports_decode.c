/* SPDX-License-Identifier: Apache-2.0 */
#include "service_ports_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_text.h"

enum protocol { PROTOCOL_TCP, PROTOCOL_OTHER };

static const struct json_word protocols[] = {
	{"TCP", PROTOCOL_TCP},
	{"UDP", PROTOCOL_OTHER},
	{"SCTP", PROTOCOL_OTHER},
	{NULL, 0},
};

static int read_port_name(const struct json_value *port, char **ret_name)
{
	struct json_value value = json_member(port, "name");
	const char *name = "";
	int error;

	error = json_read_text(&value, DNS_LABEL_MAX, &name);
	if (error)
		return error;
	*ret_name = strdup(name);
	return *ret_name ? 0 : -ENOMEM;
}

/* A port of another protocol, or without a number, is left out: *ret_keep is false. */
static int read_port(const struct json_value *port, struct service_port *ret_port, bool *ret_keep)
{
	struct json_value protocol_value = json_member(port, "protocol");
	struct json_value number_value = json_member(port, "port");
	int protocol = PROTOCOL_TCP;
	int64_t number = 0;
	int error;

	error = json_read_object(port);
	if (!error)
		error = json_read_word(&protocol_value, protocols, &protocol);
	if (!error)
		error = json_read_integer(&number_value, 1, UINT16_MAX, &number);
	if (error)
		return error;
	*ret_keep = protocol == PROTOCOL_TCP && number > 0;
	ret_port->port = (uint16_t)number;
	return *ret_keep ? read_port_name(port, &ret_port->name) : 0;
}

int service_ports_decode(const struct json_value *list, struct service_port **ret_ports,
			 size_t *ret_count)
{
	size_t max = 0, index = 0;
	const cJSON *item;
	bool keep;
	int error;

	error = json_read_array(list, SERVICE_PORTS_MAX, &max);
	if (error || max == 0)
		return error;
	*ret_ports = calloc(max, sizeof(**ret_ports));
	if (!*ret_ports)
		return -ENOMEM;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value port = json_element(list, item, index++);

		error = read_port(&port, &(*ret_ports)[*ret_count], &keep);
		if (error)
			return error;
		*ret_count += keep;
	}
	return 0;
}
