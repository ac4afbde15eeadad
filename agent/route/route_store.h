/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All objects that the sources have delivered, by kind, namespace and name. The store owns them.
 * Pointers it hands out are good until the next put or remove.
 */
#ifndef PATHROUTE_ROUTE_STORE_H
#define PATHROUTE_ROUTE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "object.h"
#include "store_changes.h"

struct route_store;

int route_store_new(struct route_store **ret_store);

/* Frees the objects too. Accepts NULL. */
void route_store_free(struct route_store *store);

/* Takes the object over, also on failure; one of the same key is replaced. 0 or -ENOMEM. */
int route_store_put(struct route_store *store, struct object *object);

/* 0, or -ENOENT. */
int route_store_remove(struct route_store *store, const struct object_key *key);

/* Raised by each put and remove: whoever built something from the store can see if it is stale. */
uint64_t route_store_revision(const struct route_store *store);

/* What has changed since route_store_settle(). */
const struct store_changes *route_store_changes(const struct route_store *store);
void route_store_settle(struct route_store *store);

size_t route_store_count(const struct route_store *store, enum object_kind kind);

/* The objects of a kind, ordered by namespace and name. index < route_store_count(). */
const struct object *route_store_at(const struct route_store *store, enum object_kind kind,
				    size_t index);

/* NULL: there is none. */
const struct object *route_store_find(const struct route_store *store,
				      const struct object_key *key);

/*
 * The EndpointSlices of a Service: the answer is their number, *ret_slices the first of them in
 * a row.
 */
size_t route_store_slices(const struct route_store *store, const char *namespace,
			  const char *service, struct object *const **ret_slices);

#endif
