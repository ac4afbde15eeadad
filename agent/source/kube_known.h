/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which objects of one kind the API server has told of: what a new list lacks, and whether one has
 * changed at all. Pure.
 */
#ifndef PATHROUTE_KUBE_KNOWN_H
#define PATHROUTE_KUBE_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "../route/object.h"

struct kube_known_object {
	char *namespace;
	char *name;
	uint64_t good; /* digest of what was delivered; 0: nothing was */
	uint64_t bad;  /* digest of what was refused since; 0: nothing was */
	uint64_t list; /* number of the last list that had it */
};

/* To begin with: zeroed. In order of namespace and name. */
struct kube_known {
	struct kube_known_object *items;
	size_t count;
	size_t capacity;
};

/* Good until the next change; NULL: it is not known. */
struct kube_known_object *kube_known_find(const struct kube_known *known,
					  const struct object_key *key);

/* The same, added if it was not known. 0 or -ENOMEM. */
int kube_known_add(struct kube_known *known, const struct object_key *key,
		   struct kube_known_object **ret_object);

void kube_known_remove(struct kube_known *known, struct kube_known_object *object);

/* Removes those that the list lacks, after `gone` was called for each. */
void kube_known_sweep(struct kube_known *known, uint64_t list,
		      void (*gone)(void *context, const struct kube_known_object *object),
		      void *context);

/* How many have a refused version. */
size_t kube_known_refused(const struct kube_known *known);

void kube_known_done(struct kube_known *known);

#endif
