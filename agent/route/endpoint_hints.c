/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint_hints.h"

#include <string.h>

static bool has_name(const struct slice_hints *hints, const char *name)
{
	for (size_t i = 0; name && i < hints->count; i++) {
		if (!strcmp(hints->names[i], name))
			return true;
	}
	return false;
}

void hints_count_add(struct hints_count *count, const struct endpoint_place *place,
		     const struct slice_endpoint *endpoint)
{
	count->endpoints++;
	count->with_zones += endpoint->for_zones.count > 0;
	count->with_nodes += endpoint->for_nodes.count > 0;
	count->our_zone |= has_name(&endpoint->for_zones, place->zone);
	count->our_node |= has_name(&endpoint->for_nodes, place->node);
}

enum hints_use hints_count_use(const struct hints_count *count)
{
	if (count->our_node && count->with_nodes == count->endpoints)
		return HINTS_NODE;
	if (count->our_zone && count->with_zones == count->endpoints)
		return HINTS_ZONE;
	return HINTS_NONE;
}

bool endpoint_hints_allow(enum hints_use use, const struct endpoint_place *place,
			  const struct slice_endpoint *endpoint)
{
	switch (use) {
	case HINTS_NODE:
		return has_name(&endpoint->for_nodes, place->node);
	case HINTS_ZONE:
		return has_name(&endpoint->for_zones, place->zone);
	default:
		return true;
	}
}
