/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to the maps, for the files of route_maps_commit(). After the first error, nothing. */
#ifndef PATHROUTE_ROUTE_COMMIT_H
#define PATHROUTE_ROUTE_COMMIT_H

#include "image_diff.h"
#include "route_maps_parts.h"

struct route_commit {
	const struct route_maps *maps;
	struct route_ports *ports; /* of maps */
	const struct route_image *old;
	const struct route_image *image;
	struct route_change *change;
	int error;
};

void commit_write(struct route_commit *commit, enum route_map map, const void *key,
		  const void *value);
/* No error if the key is not there. */
void commit_delete(struct route_commit *commit, enum route_map map, const void *key);

/* Returns when no program still works with what was in the maps before: some milliseconds. */
void commit_wait_readers(const struct route_commit *commit);

/* One new endpoint, one rule with its new sets, one endpoint that no rule uses any more. */
void commit_endpoint(struct route_commit *commit, const struct image_endpoint *endpoint);
void commit_rule(struct route_commit *commit, const struct image_rule *rule);
void commit_unused_endpoint(struct route_commit *commit, const struct image_endpoint *endpoint);

/* What paths refer to: before, and after the paths have changed. */
void commit_rules(struct route_commit *commit);
void commit_unused_rules(struct route_commit *commit);

/* Listeners, hosts and paths that differ; most specific first. */
struct commit_keys {
	struct image_pair *listeners;
	size_t listener_count;
	struct image_pair *hosts;
	size_t host_count;
	struct image_pair *paths;
	size_t path_count;
};

int commit_keys_compare(struct route_commit *commit, struct commit_keys *ret_keys);
void commit_keys_done(struct commit_keys *keys);

/* What is new or changed, then what is gone. */
void commit_keys_add(struct route_commit *commit, const struct commit_keys *keys);
void commit_keys_remove(struct route_commit *commit, const struct commit_keys *keys);

#endif
