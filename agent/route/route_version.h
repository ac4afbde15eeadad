/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One version of a PathRoute as the API server has it: which it is, and what its status says,
 * whether its content is understood or not.
 */
#ifndef PATHROUTE_ROUTE_VERSION_H
#define PATHROUTE_ROUTE_VERSION_H

#include <stdint.h>

#include "object.h"
#include "route_status_mark.h"

struct cJSON;

/* The strings belong to the tree. */
struct route_version {
	struct object_key key;
	const char *uid;
	const char *class_name; /* the default one if it says none, or none that makes sense */
	int64_t generation;
	uint32_t rules; /* beside the default backend */
	struct route_status_mark seen;
};

/* 0; -ENOTSUP: no PathRoute; -EINVAL: without what every object of an API server has. */
int route_version_decode(const struct cJSON *tree, struct route_version *ret_version);

#endif
