/* SPDX-License-Identifier: Apache-2.0 */
#include "target_table.h"

#include "../agent/base/address_text.h"

/* A group's share of the requests. */
static double share_percent(const struct target *target, const struct target_group *group)
{
	return target->total_weight ? 100.0 * group->weight / target->total_weight : 0;
}

static void add_endpoint(struct table *table, const struct endpoint_reading *endpoint)
{
	char address[ADDRESS_PORT_TEXT_MAX];

	table_add(table, "%s", endpoint->service);
	table_add(table, "%s", address_port_text(&endpoint->address, endpoint->port, address));
	table_add(table, "%u", endpoint->stats.active);
	table_add(table, "%llu", endpoint->stats.connections);
	table_add(table, "%llu", endpoint->stats.failures);
	table_add(table, "%s", endpoint->ejected ? "ejected" : "ready");
}

static void add_no_endpoint(struct table *table, const char *state)
{
	for (int i = 0; i < 5; i++)
		table_add(table, "-");
	table_add(table, "%s", state);
}

static void add_group(struct table *table, const char *rule, const struct target *target,
		      const struct target_group *group)
{
	for (size_t i = 0; i < group->endpoint_count || !i; i++) {
		table_add(table, "%s", rule);
		table_add(table, "%.0f %%", share_percent(target, group));
		if (group->endpoint_count)
			add_endpoint(table, group->endpoints[i]);
		else
			add_no_endpoint(table, group->missing ? "missing (500)" : "none (503)");
	}
}

struct table *target_table_new(void)
{
	static const char *const columns[] = {"RULE",      ">SHARE",  "SERVICE",
					      "ENDPOINT",  ">ACTIVE", ">TOTAL",
					      ">FAILURES", "STATE",   NULL};

	return table_new(columns);
}

void target_table_add(struct table *table, const char *rule, const struct target *target)
{
	for (size_t i = 0; i < target->group_count; i++)
		add_group(table, rule, target, &target->groups[i]);
}
