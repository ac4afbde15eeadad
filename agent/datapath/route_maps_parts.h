/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct route_maps, for its own files. */
#ifndef PATHROUTE_ROUTE_MAPS_PARTS_H
#define PATHROUTE_ROUTE_MAPS_PARTS_H

#include "route_maps.h"
#include "route_plan.h"
#include "route_ports.h"
#include "route_refresh.h"

#define ROUTE_MAPS(X)     \
	X(route_meta)     \
	X(ports_used)     \
	X(listeners)      \
	X(hosts)          \
	X(paths)          \
	X(rules)          \
	X(rule_sets)      \
	X(members)        \
	X(endpoints)      \
	X(endpoint_stats) \
	X(redirects)      \
	X(rule_names)     \
	X(endpoint_names) \
	X(rule_stats)

enum route_map {
#define X(name) ROUTE_MAP_##name,
	ROUTE_MAPS(X)
#undef X
		ROUTE_MAP_COUNT
};

struct route_maps {
	int fd[ROUTE_MAP_COUNT];
	uint32_t capacity[ROUTE_MAP_COUNT];
	uint64_t seed;
	const struct report_sink *sink;
	struct route_pools pools;
	struct route_ports ports;  /* what the map holds, as far as the image does */
	struct route_image *image; /* what the maps hold; NULL: not known, to be read again */
	struct endpoint_use *uses; /* of the image's endpoints; NULL: not counted yet */
};

/* Like route_maps_open(), and writes nothing: not to be applied to. */
int route_maps_open_to_read(const char *directory, const struct report_sink *sink,
			    struct route_maps **ret_maps);

/* Reads the maps into maps->image and claims all numbers in maps->pools, which are zeroed. */
int route_maps_adopt(struct route_maps *maps);

/* Writes what was planned. */
int route_maps_commit_refresh(struct route_maps *maps, const struct route_refresh *refresh,
			      struct route_change *change);

/* Writes the difference between maps->image and `image`. */
int route_maps_commit(struct route_maps *maps, const struct route_image *image,
		      struct route_change *change);

#endif
