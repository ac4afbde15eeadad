/* SPDX-License-Identifier: Apache-2.0 */
#include "route_rule_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route_text.h"

static const struct json_word path_kinds[] = {
	{"Exact", PATH_EXACT},
	{"Prefix", PATH_PREFIX},
	{NULL, 0},
};

/* CONNECT is left out: no request with it is ever routed. */
static const struct json_word methods[] = {
	{"GET", HTTP_METHOD_GET},
	{"HEAD", HTTP_METHOD_HEAD},
	{"POST", HTTP_METHOD_POST},
	{"PUT", HTTP_METHOD_PUT},
	{"DELETE", HTTP_METHOD_DELETE},
	{"PATCH", HTTP_METHOD_PATCH},
	{"OPTIONS", HTTP_METHOD_OPTIONS},
	{"TRACE", HTTP_METHOD_TRACE},
	{NULL, 0},
};

static const struct json_word algorithms[] = {
	{"LeastRequests", BALANCE_LEAST_REQUESTS},
	{"RoundRobin", BALANCE_ROUND_ROBIN},
	{"Random", BALANCE_RANDOM},
	{"ClientIP", BALANCE_CLIENT_IP},
	{NULL, 0},
};

static int read_name(const struct json_value *value, const char **ret_name)
{
	int error;

	error = json_read_text(value, DNS_LABEL_MAX, ret_name);
	if (!error && *ret_name && !route_text_is_label(*ret_name))
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "must be lower-case letters, digits and '-'");
	return error;
}

static int read_port_name(const struct json_value *port, struct service_ref *ref)
{
	const char *name = NULL;
	int error;

	error = read_name(port, &name);
	if (error)
		return error;
	ref->port_name = strdup(name);
	return ref->port_name ? 0 : -ENOMEM;
}

static int read_port(const struct json_value *port, struct service_ref *ref)
{
	int64_t number = 0;
	int error;

	error = json_require(port);
	if (error)
		return error;
	if (cJSON_IsString(port->json))
		return read_port_name(port, ref);
	error = json_read_integer(port, 1, UINT16_MAX, &number);
	ref->port_number = (uint16_t)number;
	return error;
}

int service_ref_decode(const struct json_value *value, struct service_ref *ref)
{
	struct json_value name = json_member(value, "name");
	struct json_value namespace = json_member(value, "namespace");
	struct json_value port = json_member(value, "port");
	const char *text = NULL;
	int error;

	error = json_read_object(value);
	if (!error)
		error = json_require(&name);
	if (!error)
		error = read_name(&name, &text);
	if (error)
		return error;
	if (namespace.json)
		return json_reject(&namespace, REASON_UNSUPPORTED_VALUE,
				   "Services of other namespaces are not supported");
	ref->service = strdup(text);
	return ref->service ? read_port(&port, ref) : -ENOMEM;
}

int route_backend_decode(const struct json_value *value, struct route_backend *backend)
{
	struct json_value service = json_member(value, "service");
	struct json_value weight_value = json_member(value, "weight");
	int64_t weight = 1;
	int error;

	error = json_read_object(value);
	if (!error)
		error = json_require(&service);
	if (!error)
		error = service_ref_decode(&service, &backend->service);
	if (!error)
		error = json_read_integer(&weight_value, 0, ROUTE_WEIGHT_MAX, &weight);
	backend->weight = (uint32_t)weight;
	return error;
}

static int read_backends(const struct json_value *list, struct route_rule *rule)
{
	size_t count = 0, index = 0;
	const cJSON *item;
	int error;

	error = json_read_array(list, ROUTE_GROUPS_MAX, &count);
	if (error)
		return error;
	if (count == 0)
		return json_reject(list, REASON_UNSUPPORTED_VALUE, "must have an entry");
	rule->backends = calloc(count, sizeof(*rule->backends));
	if (!rule->backends)
		return -ENOMEM;
	rule->backend_count = count;
	cJSON_ArrayForEach (item, list->json) {
		struct json_value value = json_element(list, item, index);

		error = route_backend_decode(&value, &rule->backends[index++]);
		if (error)
			return error;
	}
	return 0;
}

static int read_rule_name(const struct json_value *rule_value, struct route_rule *rule)
{
	struct json_value value = json_member(rule_value, "name");
	const char *name = NULL;
	char number[32];
	int error;

	error = read_name(&value, &name);
	if (error)
		return error;
	snprintf(number, sizeof(number), "(%zu)", rule_value->index);
	rule->name = strdup(name ? name : number);
	return rule->name ? 0 : -ENOMEM;
}

static int read_path(const struct json_value *path, struct route_rule *rule)
{
	struct json_value type = json_member(path, "type");
	struct json_value value = json_member(path, "value");
	const char *text = NULL, *wrong;
	size_t length;
	int kind = PATH_PREFIX;
	int error;

	error = json_read_word(&type, path_kinds, &kind);
	if (!error)
		error = json_require(&value);
	if (!error)
		error = json_read_text(&value, SIZE_MAX, &text);
	if (error)
		return error;
	wrong = route_text_check_path(text);
	if (wrong)
		return json_reject(&value, REASON_INVALID_PATH, "%s", wrong);
	length = strlen(text);
	if (kind == PATH_PREFIX && text[length - 1] == '/')
		length--;
	rule->kind = (enum path_kind)kind;
	rule->path = strndup(text, length);
	return rule->path ? 0 : -ENOMEM;
}

static int read_match(const struct json_value *match, struct route_rule *rule)
{
	struct json_value path = json_member(match, "path");
	struct json_value method_value = json_member(match, "method");
	int method = HTTP_METHOD_OTHER;
	int error;

	error = json_require(match);
	if (!error)
		error = json_read_object(match);
	if (!error)
		error = json_require(&path);
	if (!error)
		error = json_read_object(&path);
	if (!error)
		error = read_path(&path, rule);
	if (!error)
		error = json_read_word(&method_value, methods, &method);
	rule->method = (enum http_method)method;
	return error;
}

static int read_action(const struct json_value *value, struct route_rule *rule)
{
	struct json_value backends = json_member(value, "backends");
	struct json_value redirect = json_member(value, "redirect");

	if (!backends.json == !redirect.json)
		return json_reject(value, REASON_UNSUPPORTED_VALUE,
				   "must have either backends or redirect");
	if (backends.json)
		return read_backends(&backends, rule);
	rule->action = RULE_REDIRECT;
	return route_redirect_decode(&redirect, rule, &rule->redirect);
}

int route_rule_decode(const struct json_value *value, struct route_rule *rule)
{
	struct json_value match = json_member(value, "match");
	struct json_value balancing = json_member(value, "loadBalancing");
	struct json_value algorithm_value = json_member(&balancing, "algorithm");
	int algorithm = BALANCE_LEAST_REQUESTS;
	int error;

	error = json_read_object(value);
	if (!error)
		error = read_rule_name(value, rule);
	if (!error)
		error = read_match(&match, rule);
	if (!error)
		error = json_read_object(&balancing);
	if (!error)
		error = json_read_word(&algorithm_value, algorithms, &algorithm);
	rule->algorithm = (enum load_balancing)algorithm;
	return error ? error : read_action(value, rule);
}
