/* SPDX-License-Identifier: Apache-2.0 */
#include "path_route_fields.h"

#include <string.h>

/* A field with members is an object of them, or a list of such objects. */
struct field {
	const char *name; /* NULL ends the list */
	const struct field *members;
};

static const struct field service_fields[] = {{"name", NULL}, {"port", NULL}, {NULL, NULL}};

static const struct field node_fields[] = {{"port", NULL}, {NULL, NULL}};

static const struct field listener_fields[] = {
	{"service", service_fields},
	{"node", node_fields},
	{NULL, NULL},
};

static const struct field backend_fields[] = {
	{"service", service_fields},
	{"weight", NULL},
	{NULL, NULL},
};

static const struct field default_backend_fields[] = {{"service", service_fields}, {NULL, NULL}};

static const struct field path_fields[] = {{"type", NULL}, {"value", NULL}, {NULL, NULL}};

static const struct field match_fields[] = {
	{"path", path_fields},
	{"method", NULL},
	{NULL, NULL},
};

static const struct field balancing_fields[] = {{"algorithm", NULL}, {NULL, NULL}};

static const struct field redirect_fields[] = {
	{"scheme", NULL},        {"hostname", NULL},   {"port", NULL}, {"path", NULL},
	{"replacePrefix", NULL}, {"statusCode", NULL}, {NULL, NULL},
};

static const struct field rule_fields[] = {
	{"name", NULL},
	{"match", match_fields},
	{"backends", backend_fields},
	{"loadBalancing", balancing_fields},
	{"redirect", redirect_fields},
	{NULL, NULL},
};

static const struct field spec_fields[] = {
	{"className", NULL},
	{"listeners", listener_fields},
	{"hostnames", NULL},
	{"wildcard", NULL},
	{"ambiguousPaths", NULL},
	{"rules", rule_fields},
	{"defaultBackend", default_backend_fields},
	{NULL, NULL},
};

static int members_check(const struct json_value *object, const struct field *fields);

static int elements_check(const struct json_value *list, const struct field *fields)
{
	const cJSON *item;
	size_t index = 0;
	int error = 0;

	cJSON_ArrayForEach (item, list->json) {
		struct json_value element = json_element(list, item, index++);

		error = members_check(&element, fields);
		if (error)
			break;
	}
	return error;
}

static int value_check(const struct json_value *value, const struct field *fields)
{
	if (!fields)
		return 0;
	return cJSON_IsArray(value->json) ? elements_check(value, fields)
					  : members_check(value, fields);
}

static int members_check(const struct json_value *object, const struct field *fields)
{
	const cJSON *item;
	int error = 0;

	cJSON_ArrayForEach (item, object->json) {
		struct json_value member = json_member(object, item->string);
		const struct field *field = fields;

		while (field->name && strcmp(field->name, item->string))
			field++;
		error = field->name ? value_check(&member, field->members)
				    : json_reject(&member, REASON_UNSUPPORTED_VALUE,
						  "a PathRoute has no such field");
		if (error)
			break;
	}
	return error;
}

int path_route_fields_check(const struct json_value *object)
{
	struct json_value spec = json_member(object, "spec");

	return members_check(&spec, spec_fields);
}
