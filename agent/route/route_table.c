/* SPDX-License-Identifier: Apache-2.0 */
#include "route_table.h"

#include <stdlib.h>

void table_group_done(struct table_group *group)
{
	free(group->name);
	free(group->endpoints[0]);
	free(group->endpoints[1]);
}

void table_rule_done(struct table_rule *rule)
{
	size_t i;

	free(rule->name);
	for (i = 0; i < rule->group_count; i++)
		table_group_done(&rule->groups[i]);
	free(rule->groups);
}

void route_table_free(struct route_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->host_count; i++)
		free(table->hosts[i].name);
	for (i = 0; i < table->path_count; i++)
		free(table->paths[i].path);
	for (i = 0; i < table->rule_count; i++)
		table_rule_done(&table->rules[i]);
	free(table->listeners);
	free(table->hosts);
	free(table->paths);
	free(table->rules);
	free(table);
}
