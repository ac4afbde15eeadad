/* SPDX-License-Identifier: Apache-2.0 */
#include "path_route_decode.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_rule_decode.h"
#include "route_text.h"

static const struct json_word wildcards[] = {
	{"SingleLabel", HOST_SINGLE_LABEL},
	{"Suffix", HOST_SUFFIX},
	{NULL, 0},
};

static const struct json_word ambiguous_paths[] = {
	{"Agree", AMBIGUOUS_AGREE},
	{"Reject", AMBIGUOUS_REJECT},
	{"Raw", AMBIGUOUS_RAW},
	{NULL, 0},
};

static int read_node_listener(const struct json_value *node, struct route_listener *listener)
{
	struct json_value port = json_member(node, "port");
	int64_t number = 0;
	int error;

	error = json_read_object(node);
	if (!error)
		error = json_require(&port);
	if (!error)
		error = json_read_integer(&port, 1, UINT16_MAX, &number);
	listener->node_port = (uint16_t)number;
	return error;
}

static int read_listener(const struct json_value *value, struct route_listener *listener)
{
	struct json_value service = json_member(value, "service");
	struct json_value node = json_member(value, "node");
	int error = json_read_object(value);

	if (error)
		return error;
	if (!service.json == !node.json)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "must have either service or node");
	return service.json ? service_ref_decode(&service, &listener->service)
			    : read_node_listener(&node, listener);
}

static int read_listeners(const struct json_value *list, struct path_route *route)
{
	size_t count = 0, index = 0;
	const cJSON *item;
	int error;

	error = json_require(list);
	if (!error)
		error = json_read_array(list, ROUTE_LISTENERS_MAX, &count);
	if (error)
		return error;
	if (count == 0)
		return json_reject(list, REASON_UNSUPPORTED_VALUE, "must have an entry");
	route->listeners = calloc(count, sizeof(*route->listeners));
	if (!route->listeners)
		return -ENOMEM;
	route->listener_count = count;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value value = json_element(list, item, index);

		error = read_listener(&value, &route->listeners[index++]);
		if (error)
			return error;
	}
	return 0;
}

static int read_hostname(const struct json_value *value, enum host_kind wildcard,
			 struct route_hostname *hostname)
{
	const char *text = NULL, *wrong;
	char *at;
	int error;

	error = json_require(value);
	if (!error)
		error = json_read_text(value, ROUTE_HOST_MAX, &text);
	if (error)
		return error;
	wrong = route_text_check_host(text);
	if (wrong)
		return json_reject(value, REASON_UNSUPPORTED_VALUE, "%s", wrong);
	hostname->kind = text[0] == '*' ? wildcard : HOST_EXACT;
	hostname->name = strdup(text[0] == '*' ? text + 1 : text);
	if (!hostname->name)
		return -ENOMEM;
	for (at = hostname->name; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return 0;
}

static int read_hostnames(const struct json_value *spec, struct path_route *route)
{
	struct json_value list = json_member(spec, "hostnames");
	struct json_value wildcard_value = json_member(spec, "wildcard");
	int wildcard = HOST_SINGLE_LABEL;
	size_t count = 0, index = 0;
	const cJSON *item;
	int error;

	error = json_read_word(&wildcard_value, wildcards, &wildcard);
	if (!error)
		error = json_read_array(&list, ROUTE_HOSTNAMES_MAX, &count);
	if (error || count == 0)
		return error;
	route->hostnames = calloc(count, sizeof(*route->hostnames));
	if (!route->hostnames)
		return -ENOMEM;
	route->hostname_count = count;
	cJSON_ArrayForEach (item, list.json) {
		struct json_value value = json_element(&list, item, index);

		error = read_hostname(&value, (enum host_kind)wildcard, &route->hostnames[index++]);
		if (error)
			return error;
	}
	return 0;
}

static const struct route_rule *find_rule(const struct path_route *route, size_t count,
					  const char *name)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(route->rules[i].name, name))
			return &route->rules[i];
	}
	return NULL;
}

static int read_rules(const struct json_value *list, struct path_route *route)
{
	size_t count = 0, index = 0;
	const cJSON *item;
	int error;

	error = json_read_array(list, ROUTE_RULES_MAX, &count);
	if (error || count == 0)
		return error;
	route->rules = calloc(count, sizeof(*route->rules));
	if (!route->rules)
		return -ENOMEM;
	route->rule_count = count;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value value = json_element(list, item, index);
		struct json_value name = json_member(&value, "name");
		struct route_rule *rule = &route->rules[index];

		error = route_rule_decode(&value, rule);
		if (error)
			return error;
		if (find_rule(route, index++, rule->name))
			return json_reject(&name, REASON_UNSUPPORTED_VALUE,
					   "\"%s\" is the name of another rule", rule->name);
	}
	return 0;
}

static int read_default_backend(const struct json_value *value, struct path_route *route)
{
	int error;

	if (!value->json)
		return 0;
	route->default_backend = calloc(1, sizeof(*route->default_backend));
	if (!route->default_backend)
		return -ENOMEM;
	error = route_backend_decode(value, route->default_backend);
	/* It has nobody to share with. */
	route->default_backend->weight = 1;
	return error;
}

static int read_class(const struct json_value *spec, struct path_route *route)
{
	struct json_value value = json_member(spec, "className");
	int error;

	error = json_copy_text(&value, ROUTE_CLASS_MAX, &route->class_name);
	if (error || route->class_name)
		return error;
	route->class_name = strdup(ROUTE_CLASS_DEFAULT);
	return route->class_name ? 0 : -ENOMEM;
}

static int read_modes(const struct json_value *spec, struct path_route *route)
{
	struct json_value value = json_member(spec, "ambiguousPaths");
	int ambiguous = AMBIGUOUS_AGREE;
	int error;

	error = json_read_word(&value, ambiguous_paths, &ambiguous);
	route->ambiguous = (enum ambiguous_paths)ambiguous;
	return error;
}

int path_route_decode(const struct json_value *object, struct path_route *route)
{
	struct json_value spec = json_member(object, "spec");
	struct json_value listeners = json_member(&spec, "listeners");
	struct json_value rules = json_member(&spec, "rules");
	struct json_value default_backend = json_member(&spec, "defaultBackend");
	int error;

	error = json_require(&spec);
	if (!error)
		error = json_read_object(&spec);
	if (!error)
		error = read_class(&spec, route);
	if (!error)
		error = read_modes(&spec, route);
	if (!error)
		error = read_listeners(&listeners, route);
	if (!error)
		error = read_hostnames(&spec, route);
	if (!error)
		error = read_rules(&rules, route);
	if (!error)
		error = read_default_backend(&default_backend, route);
	if (!error && route->rule_count == 0 && !route->default_backend)
		error = json_reject(&spec, REASON_UNSUPPORTED_VALUE,
				    "must have rules or a defaultBackend");
	return error;
}
