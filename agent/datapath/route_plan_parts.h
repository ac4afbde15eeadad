/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of route_plan_make(), for its own files. */
#ifndef PATHROUTE_ROUTE_PLAN_PARTS_H
#define PATHROUTE_ROUTE_PLAN_PARTS_H

#include "route_plan.h"

struct route_plan {
	const struct route_plan_input *input;
	struct route_image *image;
	const char *full;    /* the map without room */
	size_t next_old;     /* where the old image is likely to have the next endpoint */
	uint32_t *table_ids; /* our number of each listener table of the route table */
	bool *table_fresh;
	uint32_t table_limit; /* elements of both */
	bool *table_claimed;  /* by our number */
	uint32_t *host_ids;   /* by index in table->hosts; 0: no listener leads to it */
};

/* Takes a number and remembers the map's name on failure. */
int plan_take_id(struct route_plan *plan, struct id_pool *pool, const char *map, uint32_t *ret_id);

/* The number of an endpoint, which is added to the image when it is new there. */
int plan_endpoint(struct route_plan *plan, const struct table_endpoint *endpoint, const char *name,
		  uint32_t *ret_id);

/* The set for clients of one family; *ret_set is NULL when no endpoint could ever be chosen. */
int plan_set(struct route_plan *plan, const struct table_rule *rule, int family,
	     const struct image_set *old, struct image_set **ret_set);

/* Both sets of a rule; those of `old` (may be NULL) that stay are marked. */
int plan_rule_sets(struct route_plan *plan, const struct table_rule *from, struct image_rule *old,
		   struct image_rule *rule);

/* Gives back what a rule that was never written to a map has taken. */
void plan_rule_return(struct route_pools *pools, const struct image_rule *rule);

/* Gives up what packets may know. */
void plan_set_retire(struct route_pools *pools, uint64_t now_ms, const struct image_set *set);

int plan_rules(struct route_plan *plan);
int plan_tables(struct route_plan *plan);
int plan_hosts(struct route_plan *plan);
int plan_paths(struct route_plan *plan);

#endif
