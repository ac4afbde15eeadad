/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../agent/base/cleanup.h"
#include "snapshot.h"
#include "target_table.h"

static void add_rule(const struct snapshot *snapshot, const struct rule_reading *rule,
		     struct table *table)
{
	struct target target = {0};

	if (!target_take(snapshot, rule->id, &target))
		return;
	target_table_add(table, rule->name, &target);
	target_done(&target);
}

static void print_table(const struct snapshot *snapshot)
{
	_cleanup_(table_freep) struct table *table = target_table_new();

	for (size_t i = 0; i < snapshot->readings.rule_count; i++)
		add_rule(snapshot, &snapshot->readings.rules[i], table);
	table_print(table, stdout);
}

static cJSON *rule_json(const struct snapshot *snapshot, const struct rule_reading *rule)
{
	struct target target = {0};
	cJSON *json;

	if (!target_take(snapshot, rule->id, &target))
		return NULL;
	json = target_json(&target);
	target_done(&target);
	cJSON_AddStringToObject(json, "rule", rule->name);
	cJSON_AddNumberToObject(json, "connections", (double)rule->stats.connections);
	cJSON_AddNumberToObject(json, "requests", (double)rule->stats.requests);
	cJSON_AddNumberToObject(json, "bytesToPod", (double)rule->stats.bytes_to_pod);
	cJSON_AddNumberToObject(json, "bytesToClient", (double)rule->stats.bytes_to_client);
	return json;
}

static void print_json(const struct snapshot *snapshot)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *rules = cJSON_AddArrayToObject(root, "rules");

	for (size_t i = 0; i < snapshot->readings.rule_count; i++)
		cJSON_AddItemToArray(rules, rule_json(snapshot, &snapshot->readings.rules[i]));
	context_print_json(root);
}

int command_backends(struct context *context)
{
	_cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_EMPTY;
	int error = snapshot_take(context, &snapshot);

	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		print_json(&snapshot);
	else if (snapshot.readings.rule_count)
		print_table(&snapshot);
	return snapshot.readings.rule_count
		       ? EXIT_OK
		       : context_complain(EXIT_NOTHING, "no rule is programmed");
}
