/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the data path must know, computed from all objects: the interface between the pure route
 * domain (which builds it) and the data path (which writes the difference into the maps).
 *
 * A table is a value: built whole, never changed, freed whole. All strings are owned by the table.
 * Rules are identified from one table to the next by their name, hosts by listener table and name.
 */
#ifndef PATHROUTE_ROUTE_TABLE_H
#define PATHROUTE_ROUTE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

/* Whose address a listener's is. Of several owners the first one here counts. */
enum listener_owner {
	LISTENER_SERVICE,
	LISTENER_BARE_SERVICE, /* one that selects no pods */
	LISTENER_NODE,
};

/* One address and port where requests arrive. `table` numbers start at 1 and are dense; listeners
 * that carry the same set of routes may share one. */
struct table_listener {
	struct ip_address address;
	uint16_t port; /* host order */
	uint32_t table;
	enum listener_owner owner;
};

struct table_host {
	uint32_t table;
	enum host_kind kind;
	char *name;          /* as in struct host: "www.example.com", ".example.com", "" */
	size_t default_rule; /* index in rules; TABLE_NONE: none */
};

#define TABLE_NONE ((size_t)-1)

struct table_path {
	size_t host; /* index in hosts */
	enum path_kind kind;
	char *path;              /* a Prefix has no trailing slash: "/api", "" */
	enum http_method method; /* HTTP_METHOD_OTHER: any method */
	size_t rule;             /* index in rules */
};

struct table_endpoint {
	struct ip_address address;
	uint16_t port; /* host order */
};

struct table_group {
	uint32_t weight;
	bool missing;                        /* the Service or its port does not exist: 500 */
	char *name;                          /* "namespace/service:port" */
	struct table_endpoint *endpoints[2]; /* [0] IPv4, [1] IPv6: those that get new requests */
	size_t endpoint_count[2];
};

struct table_rule {
	char *name; /* "namespace/route/rule", unique */
	enum rule_action action;
	enum load_balancing algorithm;
	enum ambiguous_paths ambiguous;
	struct redirect redirect; /* RULE_REDIRECT; prefix_length is that of the rule's path */
	struct table_group *groups;
	size_t group_count; /* at most ROUTE_GROUPS_MAX; groups of weight 0 are left out */
};

struct route_table {
	struct table_listener *listeners;
	size_t listener_count;
	struct table_host *hosts;
	size_t host_count;
	struct table_path *paths;
	size_t path_count;
	struct table_rule *rules;
	size_t rule_count;
};

/* Free what the struct owns, not the struct itself; a zeroed one is fine. */
void table_group_done(struct table_group *group);
void table_rule_done(struct table_rule *rule);

/* Accepts NULL. */
void route_table_free(struct route_table *table);

#endif
