/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed in a store since it was last asked: the Services whose EndpointSlices have, as
 * long as they are few and nothing else has. A value, nothing to free.
 */
#ifndef PATHROUTE_STORE_CHANGES_H
#define PATHROUTE_STORE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "object.h"

#define STORE_CHANGES_MAX 64 /* Services */

struct changed_service {
	char namespace[OBJECT_NAMESPACE_MAX + 1];
	char name[OBJECT_NAMESPACE_MAX + 1]; /* names of both are DNS labels */
};

struct store_changes {
	struct changed_service services[STORE_CHANGES_MAX];
	size_t count;
	bool others; /* PathRoutes or Services have changed, or too many slices */
};

/* The object comes or goes. */
void store_changes_note(struct store_changes *changes, const struct object *object);

#endif
