/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which endpoints are meant for this node, as the hints of an EndpointSlice say (Kubernetes'
 * trafficDistribution and topology-mode): if every ready endpoint of a Service's port and address
 * family has hints for nodes, and one of them names ours, those that do; else the same for zones;
 * else all.
 */
#ifndef PATHROUTE_ENDPOINT_HINTS_H
#define PATHROUTE_ENDPOINT_HINTS_H

#include "service.h"

/* Where this node is. NULL: not known. */
struct endpoint_place {
	const char *zone;
	const char *node;
};

enum hints_use { HINTS_NONE, HINTS_ZONE, HINTS_NODE };

/* To begin with: zeroed. */
struct hints_count {
	size_t endpoints;
	size_t with_zones;
	size_t with_nodes;
	bool our_zone;
	bool our_node;
};

void hints_count_add(struct hints_count *count, const struct endpoint_place *place,
		     const struct slice_endpoint *endpoint);
/* When all ready endpoints have been added. */
enum hints_use hints_count_use(const struct hints_count *count);

bool endpoint_hints_allow(enum hints_use use, const struct endpoint_place *place,
			  const struct slice_endpoint *endpoint);

#endif
