/* SPDX-License-Identifier: Apache-2.0 */
#include "route_status_mark.h"

#include <stdio.h>
#include <string.h>

#include "../base/dice.h"
#include "../base/json_read.h"

#define CONDITIONS_MAX 32
#define TEXT_MAX 32768

const char *status_condition_name(enum status_condition_type type)
{
	static const char *const names[STATUS_CONDITION_COUNT] = {
		[STATUS_ACCEPTED] = "Accepted",
		[STATUS_RESOLVED_REFS] = "ResolvedRefs",
		[STATUS_PROGRAMMED] = "Programmed",
		[STATUS_READY] = "Ready",
	};

	return names[type];
}

uint64_t status_text_hash(const char *reason, const char *message)
{
	uint64_t hash = 1;

	for (; *reason; reason++)
		hash = dice_mix(hash + (unsigned char)*reason);
	hash = dice_mix(hash + 256);
	for (; *message; message++)
		hash = dice_mix(hash + (unsigned char)*message);
	return hash;
}

static int read_number(const struct json_value *parent, const char *key, int64_t max,
		       int64_t *ret_number)
{
	struct json_value value = json_member(parent, key);

	*ret_number = 0;
	return json_read_integer(&value, 0, max, ret_number);
}

static const char *read_text(const struct json_value *parent, const char *key, size_t max)
{
	struct json_value value = json_member(parent, key);
	const char *text = "";

	json_read_text(&value, max, &text);
	return text;
}

static enum status_state state_of(const char *text)
{
	if (!strcmp(text, "True"))
		return STATUS_TRUE;
	return !strcmp(text, "False") ? STATUS_FALSE : STATUS_UNKNOWN;
}

static void read_condition(const struct json_value *value, struct route_status_mark *mark)
{
	const char *type = read_text(value, "type", TEXT_MAX);
	struct status_condition_mark condition = {
		.state = state_of(read_text(value, "status", TEXT_MAX)),
		.text = status_text_hash(read_text(value, "reason", TEXT_MAX),
					 read_text(value, "message", TEXT_MAX)),
	};

	read_number(value, "observedGeneration", INT64_MAX, &condition.observed_generation);
	snprintf(condition.since, sizeof(condition.since), "%s",
		 read_text(value, "lastTransitionTime", API_TIME_MAX - 1));
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++) {
		if (!strcmp(type, status_condition_name((enum status_condition_type)i)))
			mark->conditions[i] = condition;
	}
}

static void read_nodes(const struct json_value *status, struct route_status_mark *mark)
{
	struct json_value nodes = json_member(status, "nodes");
	int64_t desired = 0, programmed = 0;

	read_number(&nodes, "desired", INT32_MAX, &desired);
	read_number(&nodes, "programmed", INT32_MAX, &programmed);
	mark->desired = (uint32_t)desired;
	mark->programmed = (uint32_t)programmed;
}

void route_status_mark_decode(const struct json_value *object, struct route_status_mark *ret_mark)
{
	struct json_value root = json_root(object->json, NULL); /* nothing is refused here */
	struct json_value metadata = json_member(&root, "metadata");
	struct json_value status = json_member(&root, "status");
	struct json_value conditions = json_member(&status, "conditions");
	struct route_status_mark mark = {0};
	int64_t rules;
	size_t count = 0, index = 0;
	const cJSON *item;

	snprintf(mark.resource_version, sizeof(mark.resource_version), "%s",
		 read_text(&metadata, "resourceVersion", STATUS_VERSION_MAX - 1));
	read_number(&status, "observedGeneration", INT64_MAX, &mark.observed_generation);
	read_number(&status, "rules", INT32_MAX, &rules);
	mark.rules = (uint32_t)rules;
	read_nodes(&status, &mark);
	if (!json_read_array(&conditions, CONDITIONS_MAX, &count)) {
		cJSON_ArrayForEach (item, conditions.json) {
			struct json_value value = json_element(&conditions, item, index++);

			read_condition(&value, &mark);
		}
	}
	*ret_mark = mark;
}
