/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the maps that hold routes equal to a route table, by writing differences.
 *
 * At any moment a packet finds, for any request, the rule of the old or of the new table: what is
 * added or changed is written first, the more specific before the less specific, what is removed
 * goes last in the reverse order; what a rule refers to is there before the rule and stays behind
 * it. (A rule whose backends change in the same apply in which its paths change is seen with its
 * new backends first.)
 */
#ifndef PATHROUTE_ROUTE_MAPS_H
#define PATHROUTE_ROUTE_MAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "../route/route_table.h"
#include "report.h"

struct route_maps;

struct route_change {
	size_t rules_added;
	size_t rules_changed;
	size_t rules_removed;
	size_t endpoints_added;
	size_t endpoints_removed;
	size_t writes;    /* changes of map elements */
	const char *full; /* after -ENOSPC or -EAGAIN: the map without room */
};

/* Rules of a table. */
struct rule_places {
	const size_t *items;
	size_t count;
};

/* Opens the pinned maps in `directory` and takes in what they hold. Chooses the hash seed if there
 * is none yet. What contradicts itself in the maps is reported, and replaced by the first apply. */
int route_maps_open(const char *directory, const struct report_sink *sink,
		    struct route_maps **ret_maps);

/* The maps stay as they are. Accepts NULL. */
void route_maps_close(struct route_maps *maps);

/* Returns 0. -ENOSPC: a map is too small, nothing was changed. -EAGAIN: likewise, but there will
 * be room in a second. Other errors may leave a part written; the next apply sets it right. */
int route_maps_apply(struct route_maps *maps, const struct route_table *table,
		     struct route_change *ret_change);

/* The same, when since the last apply nothing but endpoints of these rules of the table has changed
 * (each is there once): at the cost of these rules. On any error route_maps_apply() is to be
 * called, which tells what is wrong. */
int route_maps_refresh(struct route_maps *maps, const struct route_table *table,
		       const struct rule_places *places, struct route_change *ret_change);

/* Whether the maps have this listener now. False also when they cannot be read. */
bool route_maps_has_listener(struct route_maps *maps, const struct table_listener *listener);

/* Believes nothing of what the maps hold any more: the next apply reads them again. */
void route_maps_forget(struct route_maps *maps);

#endif
