/* SPDX-License-Identifier: Apache-2.0 */
/* Route tables written down in a test, without objects. Fixed room; nothing to free. */
#ifndef PATHROUTE_TEST_SMALL_TABLE_H
#define PATHROUTE_TEST_SMALL_TABLE_H

#include <arpa/inet.h>
#include <string.h>

#include "../../agent/route/route_table.h"

#define SMALL_RULES 64
#define SMALL_GROUPS 4
#define SMALL_ENDPOINTS 16

struct small_table {
	struct route_table table;
	struct table_listener listeners[SMALL_RULES];
	struct table_host hosts[SMALL_RULES];
	struct table_path paths[SMALL_RULES];
	struct table_rule rules[SMALL_RULES];
	struct table_group groups[SMALL_RULES][SMALL_GROUPS];
	struct table_endpoint endpoints[SMALL_RULES][SMALL_GROUPS][2][SMALL_ENDPOINTS];
};

static inline struct ip_address small_address(const char *text)
{
	struct ip_address address = {{0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1)
		inet_pton(AF_INET6, text, address.word);
	return address;
}

static inline void small_table_init(struct small_table *small)
{
	memset(small, 0, sizeof(*small));
	small->table.listeners = small->listeners;
	small->table.hosts = small->hosts;
	small->table.paths = small->paths;
	small->table.rules = small->rules;
}

static inline void small_listener(struct small_table *small, const char *address, uint16_t port,
				  uint32_t table)
{
	small->listeners[small->table.listener_count++] = (struct table_listener){
		.address = small_address(address), .port = port, .table = table};
}

/* Answers with the index. */
static inline size_t small_host(struct small_table *small, uint32_t table, enum host_kind kind,
				const char *name)
{
	small->hosts[small->table.host_count] =
		(struct table_host){table, kind, (char *)name, TABLE_NONE};
	return small->table.host_count++;
}

/* Answers with the index. */
static inline size_t small_rule(struct small_table *small, const char *name)
{
	struct table_rule *rule = &small->rules[small->table.rule_count];

	*rule = (struct table_rule){
		.name = (char *)name,
		.groups = small->groups[small->table.rule_count],
	};
	return small->table.rule_count++;
}

static inline struct table_group *small_group(struct small_table *small, size_t rule,
					      const char *name, uint32_t weight)
{
	size_t at = small->rules[rule].group_count++;
	struct table_group *group = &small->groups[rule][at];

	*group = (struct table_group){.weight = weight, .name = (char *)name};
	group->endpoints[0] = small->endpoints[rule][at][0];
	group->endpoints[1] = small->endpoints[rule][at][1];
	return group;
}

/* Into the rule's group, port 8080. */
static inline void small_endpoint(struct table_group *group, const char *address)
{
	int family = strchr(address, ':') ? 1 : 0;

	group->endpoints[family][group->endpoint_count[family]++] =
		(struct table_endpoint){small_address(address), 8080};
}

static inline void small_path(struct small_table *small, size_t host, const char *path, size_t rule)
{
	small->paths[small->table.path_count++] = (struct table_path){
		.host = host,
		.kind = PATH_PREFIX,
		.path = (char *)path,
		.rule = rule,
	};
}

/* A rule with one group of one endpoint under the host. Answers with the rule's index. */
static inline size_t small_route(struct small_table *small, size_t host, const char *path,
				 const char *rule, const char *address)
{
	size_t index = small_rule(small, rule);

	small_endpoint(small_group(small, index, rule, 1), address);
	small_path(small, host, path, index);
	return index;
}

#endif
