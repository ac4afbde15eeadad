/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "../agent/base/address_text.h"
#include "../agent/datapath/readings_map.h"
#include "allocate.h"

/* Members of a Maglev table repeat; `seen` has a byte for each endpoint id. */
static void add_members(const struct snapshot *snapshot, const struct rule_group *from,
			struct target_group *group, char *seen)
{
	size_t capacity = group->endpoint_count;

	for (uint32_t i = 0; i < from->count; i++) {
		uint32_t index = from->first + i, id;
		const struct endpoint_reading *endpoint;

		if (readings_map_lookup(snapshot->members_fd, &index, &id))
			return;
		endpoint = snapshot_endpoint(snapshot, id);
		if (!endpoint || seen[id])
			continue;
		seen[id] = 1;
		group->endpoints = allocate_room(group->endpoints, sizeof(*group->endpoints),
						 group->endpoint_count, &capacity);
		group->endpoints[group->endpoint_count++] = endpoint;
	}
}

/* The readings are sorted, so their places in memory are the order to show them in. */
static int by_place(const void *left, const void *right)
{
	const struct endpoint_reading *a = *(const struct endpoint_reading *const *)left;
	const struct endpoint_reading *b = *(const struct endpoint_reading *const *)right;

	return (a > b) - (a < b);
}

static void add_group(const struct snapshot *snapshot, const struct rule_group *from,
		      struct target_group *group)
{
	char *seen = allocate_zeroed(snapshot->endpoint_ids, 1);

	for (size_t i = 0; i < group->endpoint_count; i++)
		seen[group->endpoints[i]->id] = 1;
	add_members(snapshot, from, group, seen);
	free(seen);
	if (group->endpoint_count)
		qsort(group->endpoints, group->endpoint_count, sizeof(*group->endpoints), by_place);
}

/* The sets of the two families have the same groups with endpoints of one family each. */
static void add_set(const struct snapshot *snapshot, uint32_t index, struct target *target)
{
	struct rule_set set;
	uint32_t before = 0;

	if (!index || readings_map_lookup(snapshot->rule_sets_fd, &index, &set))
		return;
	for (uint32_t i = 0; i < set.group_count && i < ROUTE_GROUPS_MAX; i++) {
		struct target_group *group = &target->groups[i];

		group->weight = set.group[i].weight_end - before;
		group->missing = set.group[i].flags & GROUP_MISSING;
		before = set.group[i].weight_end;
		add_group(snapshot, &set.group[i], group);
		if (target->group_count <= i)
			target->group_count = i + 1;
	}
}

static void add_redirect(const struct snapshot *snapshot, struct target *target)
{
	uint32_t index = target->rule.redirect;
	struct redirect redirect = {0};
	const char *origin = "(host)";

	if (readings_map_lookup(snapshot->redirects_fd, &index, &redirect))
		return;
	if (redirect.origin_length)
		origin = redirect.origin;
	else if (redirect.scheme_https)
		origin = "https://(host)";
	snprintf(target->redirect, sizeof(target->redirect), "%u %.300s%.*s%s", redirect.status,
		 origin, redirect.path_length, redirect.path,
		 redirect.flags & REDIRECT_REPLACE_PREFIX ? "(rest)"
		 : redirect.flags & REDIRECT_HAS_PATH     ? ""
							  : "(path)");
}

bool target_take(const struct snapshot *snapshot, uint32_t rule, struct target *ret_target)
{
	struct target target = {0};

	if (!snapshot_rule(snapshot, rule, &target.rule))
		return false;
	if (target.rule.action == RULE_REDIRECT) {
		add_redirect(snapshot, &target);
	} else {
		add_set(snapshot, target.rule.set[0], &target);
		add_set(snapshot, target.rule.set[1], &target);
	}
	for (size_t i = 0; i < target.group_count; i++) {
		target.total_weight += target.groups[i].weight;
		target.endpoint_count += target.groups[i].endpoint_count;
	}
	*ret_target = target;
	return true;
}

void target_done(struct target *target)
{
	for (size_t i = 0; i < target->group_count; i++)
		free(target->groups[i].endpoints);
}

const char *target_summary(const struct target *target, char ret_text[640])
{
	if (target->rule.action == RULE_REDIRECT)
		snprintf(ret_text, 640, "redirect %s", target->redirect);
	else
		snprintf(ret_text, 640, "%zu backend%s, %zu endpoint%s", target->group_count,
			 target->group_count == 1 ? "" : "s", target->endpoint_count,
			 target->endpoint_count == 1 ? "" : "s");
	return ret_text;
}

static cJSON *endpoint_json(const struct endpoint_reading *endpoint)
{
	cJSON *json = cJSON_CreateObject();
	char address[ADDRESS_TEXT_MAX];

	cJSON_AddStringToObject(json, "service", endpoint->service);
	cJSON_AddStringToObject(json, "address", address_text(&endpoint->address, address));
	cJSON_AddNumberToObject(json, "port", endpoint->port);
	cJSON_AddNumberToObject(json, "active", endpoint->stats.active);
	cJSON_AddNumberToObject(json, "connections", (double)endpoint->stats.connections);
	cJSON_AddNumberToObject(json, "failures", (double)endpoint->stats.failures);
	cJSON_AddBoolToObject(json, "ejected", endpoint->ejected);
	return json;
}

static cJSON *group_json(const struct target_group *group)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *endpoints = cJSON_CreateArray();

	cJSON_AddNumberToObject(json, "weight", group->weight);
	cJSON_AddBoolToObject(json, "missing", group->missing);
	for (size_t i = 0; i < group->endpoint_count; i++)
		cJSON_AddItemToArray(endpoints, endpoint_json(group->endpoints[i]));
	cJSON_AddItemToObject(json, "endpoints", endpoints);
	return json;
}

cJSON *target_json(const struct target *target)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *groups;

	cJSON_AddStringToObject(json, "ambiguousPaths", snapshot_ambiguous(&target->rule));
	if (target->rule.action == RULE_REDIRECT) {
		cJSON_AddStringToObject(json, "redirect", target->redirect);
		return json;
	}
	cJSON_AddStringToObject(json, "algorithm", snapshot_algorithm(&target->rule));
	groups = cJSON_AddArrayToObject(json, "groups");
	for (size_t i = 0; i < target->group_count; i++)
		cJSON_AddItemToArray(groups, group_json(&target->groups[i]));
	return json;
}
