/* SPDX-License-Identifier: Apache-2.0 */
/* A route table while it is being built: growing arrays, and finding what is already there. */
#ifndef PATHROUTE_TABLE_DRAFT_H
#define PATHROUTE_TABLE_DRAFT_H

#include "object.h"
#include "route_table.h"
#include "table_index.h"

/* Which rule of which route a rule of the table is; rule_count of the route: its default. */
struct rule_owner {
	const struct object *route;
	size_t rule;
};

struct table_draft {
	struct route_table *table;
	struct rule_owner *owners; /* by rule */
	struct table_index hosts;
	struct table_index paths;
	size_t host_capacity;
	size_t path_capacity;
	size_t rule_capacity;
	size_t owner_capacity;
};

int table_draft_init(struct table_draft *draft);
void table_draft_done(struct table_draft *draft);

/* Makes room for one more than count elements; `array` points to the pointer. 0 or -ENOMEM. */
int table_draft_reserve(void *array, size_t *capacity, size_t count, size_t element_size);

/* Finds the host or adds it, without a default rule. */
int table_draft_host(struct table_draft *draft, uint32_t table,
		     const struct route_hostname *hostname, size_t *ret_host);

/* The rule of a path that is already there, or TABLE_NONE. path->rule counts for nothing. */
size_t table_draft_find_path(const struct table_draft *draft, const struct table_path *path);

/* Adds a path that is not there yet; its text is copied. */
int table_draft_add_path(struct table_draft *draft, const struct table_path *path);

/* Moves the rule into the table: *rule is zeroed. */
int table_draft_add_rule(struct table_draft *draft, struct table_rule *rule,
			 const struct rule_owner *owner, size_t *ret_rule);

#endif
