/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the routing tables, sorted for people. The tables may change while they are copied, so
 * a number may lead nowhere: every look-up here can fail and says so by NULL or false.
 */
#ifndef PATHROUTE_CTL_SNAPSHOT_H
#define PATHROUTE_CTL_SNAPSHOT_H

#include <stdbool.h>

#include "context.h"

struct snapshot_listener {
	struct ip_address address;
	uint16_t port; /* host order */
	uint32_t table;
};

struct snapshot_host {
	struct host_key key;
	struct host host;
};

struct snapshot_path {
	struct path_key key;
	struct path_entry entry;
};

struct snapshot {
	struct snapshot_listener *listeners; /* by table, address, port */
	size_t listener_count, listener_capacity;
	struct snapshot_host *hosts; /* by table, name, kind */
	size_t host_count, host_capacity;
	struct snapshot_path *paths; /* by host, path, kind */
	size_t path_count, path_capacity;
	struct readings readings; /* rules and endpoints with their names and counters */
	const struct endpoint_reading **endpoints; /* by id */
	const struct rule_reading **rules;         /* by id */
	uint32_t endpoint_ids, rule_ids;           /* sizes of these two */
	int rules_fd;                              /* the context's */
	int rule_sets_fd, members_fd, redirects_fd, route_meta_fd;
};

#define SNAPSHOT_EMPTY                                                                    \
	{                                                                                 \
		.rules_fd = -1, .rule_sets_fd = -1, .members_fd = -1, .redirects_fd = -1, \
		.route_meta_fd = -1                                                       \
	}

/* Returns 0 or a negative errno. */
int snapshot_take(const struct context *context, struct snapshot *ret_snapshot);

/* Accepts SNAPSHOT_EMPTY. */
void snapshot_done(struct snapshot *snapshot);

/* The name of a rule; "#7" in a static buffer if there is none. */
const char *snapshot_rule_name(const struct snapshot *snapshot, uint32_t rule);

/* The rule itself; false: not in use. */
bool snapshot_rule(const struct snapshot *snapshot, uint32_t id, struct rule *ret_rule);

/* NULL: not in use. */
const struct endpoint_reading *snapshot_endpoint(const struct snapshot *snapshot, uint32_t id);

/* What a rule does, for people and for programs. */
const char *snapshot_algorithm(const struct rule *rule);
const char *snapshot_ambiguous(const struct rule *rule);

#endif
