/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the route maps hold, as values: with the numbers that a route table lacks. One image is
 * read from the maps at the start; each apply makes the next one and writes the difference.
 *
 * Listeners, hosts and paths are laid out as key, then value, and sorted by the key's bytes.
 */
#ifndef PATHROUTE_ROUTE_IMAGE_H
#define PATHROUTE_ROUTE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"
#include "key_index.h"

#define IMAGE_FAMILIES 2 /* [0] IPv4, [1] IPv6, as in struct rule */

struct image_endpoint {
	uint32_t id;
	bool fresh;            /* not in a map yet */
	bool kept;             /* is in the next image too */
	struct endpoint value; /* not in use: it is gone, only its place is left */
	char *name;            /* cut as in the map */
	bool name_shared;      /* it is that of the endpoint before */
};

/* One rule_set with its members, which lie in a row from `first`. */
struct image_set {
	uint32_t id; /* 0: none */
	bool fresh;
	bool kept;
	uint32_t version; /* as in struct rule_set */
	uint64_t inputs;  /* digest of what the members were made from; 0: unknown */
	uint32_t group_count;
	struct rule_group groups[ROUTE_GROUPS_MAX];
	uint32_t first;
	uint32_t member_count;
	uint32_t *members;
};

struct image_rule {
	uint32_t id;
	bool fresh;
	bool kept;
	bool redirect_fresh;
	bool redirect_kept;
	struct rule value;
	char *name;                             /* cut as in the map */
	struct image_set *sets[IMAGE_FAMILIES]; /* NULL: none */
	struct redirect *redirect;              /* NULL: none */
	const struct image_rule *before; /* the same rule in the image before, while planning */
};

struct image_listener {
	struct listener_key key;
	uint32_t table;
};

struct image_host {
	struct host_key key;
	struct host value;
};

struct image_path {
	struct path_key key;
	struct path_entry value;
};

struct route_image {
	struct image_endpoint *endpoints;
	size_t endpoint_count;
	size_t endpoint_room;            /* how many there may be */
	struct key_index endpoint_index; /* by image_endpoint_hash() */
	struct image_rule *rules;
	size_t rule_count;
	struct key_index rule_index; /* by image_text_hash() of the name */
	struct image_listener *listeners;
	size_t listener_count;
	struct image_host *hosts;
	size_t host_count;
	struct image_path *paths;
	size_t path_count;
};

_Static_assert(offsetof(struct image_listener, table) == sizeof(struct listener_key), "no gap");
_Static_assert(offsetof(struct image_host, value) == sizeof(struct host_key), "no gap");
_Static_assert(offsetof(struct image_path, value) == sizeof(struct path_key), "no gap");

/* How many elements of each kind an image may get. */
struct image_limits {
	size_t endpoints;
	size_t rules;
	size_t listeners;
	size_t hosts;
	size_t paths;
};

/* An empty image with room. Returns 0 or -ENOMEM. */
int route_image_new(const struct image_limits *limits, struct route_image **ret_image);
/* Accepts NULL. */
void route_image_free(struct route_image *image);
/* Accepts NULL. */
void image_set_free(struct image_set *set);

uint64_t image_text_hash(const char *text);
uint64_t image_endpoint_hash(const struct endpoint *endpoint, const char *name);

/* Append to the image; `name` is copied, and cut to what a map holds. NULL: no memory or room. */
struct image_endpoint *route_image_add_endpoint(struct route_image *image,
						const struct endpoint *endpoint, const char *name);
struct image_rule *route_image_add_rule(struct route_image *image, const char *name);

bool route_image_is_endpoint(const struct image_endpoint *image_endpoint,
			     const struct endpoint *endpoint, const char *name);
bool route_image_is_rule(const struct image_rule *rule, const char *name);

/* NULL: not there. */
struct image_endpoint *route_image_find_endpoint(const struct route_image *image,
						 const struct endpoint *endpoint, const char *name);
/* The first rule of that name that is not `kept` yet. */
struct image_rule *route_image_find_rule(const struct route_image *image, const char *name);
const struct image_host *route_image_find_host(const struct route_image *image,
					       const struct host_key *key);
const struct image_listener *route_image_find_listener(const struct route_image *image,
						       const struct listener_key *key);

/* Brings listeners, hosts and paths into their order. */
void route_image_sort(struct route_image *image);

#endif
