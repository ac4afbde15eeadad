/* SPDX-License-Identifier: Apache-2.0 */
#include "route_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/lib/route_hash.h"
#include "../base/cleanup.h"

int route_image_new(const struct image_limits *limits, struct route_image **ret_image)
{
	struct route_image *image = calloc(1, sizeof(*image));

	if (!image)
		return -ENOMEM;
	/* One more each: calloc() of nothing may be NULL. */
	image->endpoint_room = limits->endpoints;
	image->endpoints = calloc(limits->endpoints + 1, sizeof(*image->endpoints));
	image->rules = calloc(limits->rules + 1, sizeof(*image->rules));
	image->listeners = calloc(limits->listeners + 1, sizeof(*image->listeners));
	image->hosts = calloc(limits->hosts + 1, sizeof(*image->hosts));
	image->paths = calloc(limits->paths + 1, sizeof(*image->paths));
	if (!image->endpoints || !image->rules || !image->listeners || !image->hosts ||
	    !image->paths || key_index_init(&image->endpoint_index, limits->endpoints) ||
	    key_index_init(&image->rule_index, limits->rules)) {
		route_image_free(image);
		return -ENOMEM;
	}
	*ret_image = image;
	return 0;
}

void image_set_free(struct image_set *set)
{
	if (!set)
		return;
	free(set->members);
	free(set);
}

void route_image_free(struct route_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->endpoint_count; i++) {
		if (!image->endpoints[i].name_shared)
			free(image->endpoints[i].name);
	}
	for (size_t i = 0; i < image->rule_count; i++) {
		free(image->rules[i].name);
		free(image->rules[i].redirect);
		image_set_free(image->rules[i].sets[0]);
		image_set_free(image->rules[i].sets[1]);
	}
	key_index_done(&image->endpoint_index);
	key_index_done(&image->rule_index);
	free(image->endpoints);
	free(image->rules);
	free(image->listeners);
	free(image->hosts);
	free(image->paths);
	free(image);
}

static uint64_t bytes_hash(uint64_t seed, const void *bytes, size_t length)
{
	return route_hash_path(seed, bytes, (uint32_t)length);
}

static size_t name_length(const char *name)
{
	return strnlen(name, ROUTE_NAME_MAX - 1);
}

uint64_t image_text_hash(const char *text)
{
	return bytes_hash(1, text, name_length(text));
}

uint64_t image_endpoint_hash(const struct endpoint *endpoint, const char *name)
{
	uint64_t hash =
		bytes_hash(image_text_hash(name), &endpoint->address, sizeof(endpoint->address));

	return hash ^ (uint64_t)endpoint->port * 0x9e3779b97f4a7c15ULL;
}

static bool names_equal(const char *cut, const char *name)
{
	return !strncmp(cut, name, ROUTE_NAME_MAX - 1);
}

struct image_endpoint *route_image_add_endpoint(struct route_image *image,
						const struct endpoint *endpoint, const char *name)
{
	struct image_endpoint *added = &image->endpoints[image->endpoint_count];
	bool shared = image->endpoint_count && names_equal(added[-1].name, name);

	if (image->endpoint_count == image->endpoint_room)
		return NULL;
	*added = (struct image_endpoint){
		.value = *endpoint,
		.name = shared ? added[-1].name : strndup(name, ROUTE_NAME_MAX - 1),
		.name_shared = shared,
	};
	if (!added->name)
		return NULL;
	key_index_add(&image->endpoint_index, image_endpoint_hash(endpoint, name),
		      (uint32_t)image->endpoint_count++);
	return added;
}

struct image_rule *route_image_add_rule(struct route_image *image, const char *name)
{
	struct image_rule *added = &image->rules[image->rule_count];
	char *copy = strndup(name, ROUTE_NAME_MAX - 1);

	if (!copy)
		return NULL;
	*added = (struct image_rule){.name = copy};
	key_index_add(&image->rule_index, image_text_hash(copy), (uint32_t)image->rule_count++);
	return added;
}

bool route_image_is_endpoint(const struct image_endpoint *image_endpoint,
			     const struct endpoint *endpoint, const char *name)
{
	return image_endpoint->value.in_use && image_endpoint->value.port == endpoint->port &&
	       !memcmp(&image_endpoint->value.address, &endpoint->address,
		       sizeof(endpoint->address)) &&
	       names_equal(image_endpoint->name, name);
}

struct image_endpoint *route_image_find_endpoint(const struct route_image *image,
						 const struct endpoint *endpoint, const char *name)
{
	uint64_t hash = image_endpoint_hash(endpoint, name);
	uint32_t cursor, at;

	for (at = key_index_find(&image->endpoint_index, hash, &cursor); at != KEY_INDEX_NONE;
	     at = key_index_next(&image->endpoint_index, hash, &cursor)) {
		if (route_image_is_endpoint(&image->endpoints[at], endpoint, name))
			return &image->endpoints[at];
	}
	return NULL;
}

bool route_image_is_rule(const struct image_rule *rule, const char *name)
{
	return names_equal(rule->name, name);
}

struct image_rule *route_image_find_rule(const struct route_image *image, const char *name)
{
	uint64_t hash = image_text_hash(name);
	uint32_t cursor, at;

	for (at = key_index_find(&image->rule_index, hash, &cursor); at != KEY_INDEX_NONE;
	     at = key_index_next(&image->rule_index, hash, &cursor)) {
		if (!image->rules[at].kept && route_image_is_rule(&image->rules[at], name))
			return &image->rules[at];
	}
	return NULL;
}

static int listener_compare(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct listener_key));
}

static int host_compare(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct host_key));
}

static int path_compare(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct path_key));
}

const struct image_host *route_image_find_host(const struct route_image *image,
					       const struct host_key *key)
{
	return bsearch(key, image->hosts, image->host_count, sizeof(*image->hosts), host_compare);
}

const struct image_listener *route_image_find_listener(const struct route_image *image,
						       const struct listener_key *key)
{
	return bsearch(key, image->listeners, image->listener_count, sizeof(*image->listeners),
		       listener_compare);
}

void route_image_sort(struct route_image *image)
{
	qsort(image->listeners, image->listener_count, sizeof(*image->listeners), listener_compare);
	qsort(image->hosts, image->host_count, sizeof(*image->hosts), host_compare);
	qsort(image->paths, image->path_count, sizeof(*image->paths), path_compare);
}
