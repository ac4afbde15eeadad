/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "readings_lists.h"
#include "readings_map.h"

/* Ids rise in every walk, so names and counters are joined to the endpoints by walking along. */
struct endpoint_walk {
	struct readings *readings;
	size_t capacity;
	size_t next;
	uint32_t now; /* ticks */
};

static int add_endpoint(const void *key, const void *value, void *context)
{
	struct endpoint_walk *walk = context;
	const struct endpoint *endpoint = value;
	struct readings *readings = walk->readings;

	if (!endpoint->in_use)
		return 0;
	if (readings->endpoint_count == walk->capacity)
		return -E2BIG;
	readings->endpoints[readings->endpoint_count++] = (struct endpoint_reading){
		.id = *(const uint32_t *)key,
		.address = endpoint->address,
		.port = ntohs(endpoint->port),
	};
	return 0;
}

static struct endpoint_reading *endpoint_at(struct endpoint_walk *walk, uint32_t id)
{
	struct endpoint_reading *endpoints = walk->readings->endpoints;
	size_t count = walk->readings->endpoint_count;

	while (walk->next < count && endpoints[walk->next].id < id)
		walk->next++;
	return walk->next < count && endpoints[walk->next].id == id ? &endpoints[walk->next] : NULL;
}

static int set_name(const void *key, const void *value, void *context)
{
	struct endpoint_reading *endpoint = endpoint_at(context, *(const uint32_t *)key);

	if (endpoint) {
		memcpy(endpoint->service, value, sizeof(endpoint->service));
		endpoint->service[sizeof(endpoint->service) - 1] = '\0';
	}
	return 0;
}

static int set_stats(const void *key, const void *value, void *context)
{
	struct endpoint_walk *walk = context;
	struct endpoint_reading *endpoint = endpoint_at(walk, *(const uint32_t *)key);

	if (!endpoint)
		return 0;
	memcpy(&endpoint->stats, value, sizeof(endpoint->stats));
	endpoint->ejected = endpoint->stats.ejected_until &&
			    (int32_t)(endpoint->stats.ejected_until - walk->now) > 0;
	return 0;
}

static int by_service(const void *left, const void *right)
{
	const struct endpoint_reading *a = left, *b = right;
	int order = strcmp(a->service, b->service);

	if (!order)
		order = memcmp(&a->address, &b->address, sizeof(a->address));
	return order ? order : (a->port > b->port) - (a->port < b->port);
}

static int join(int fd, readings_map_visit visit, struct endpoint_walk *context)
{
	const struct readings *readings = context->readings;
	struct readings_map_walk walk = {.visit = visit, .context = context};

	if (!readings->endpoint_count)
		return 0;
	context->next = 0;
	walk.limit = readings->endpoints[readings->endpoint_count - 1].id + 1;
	return readings_map_walk(fd, &walk);
}

int readings_endpoints_take(const struct readings_maps *maps, struct readings *readings)
{
	struct endpoint_walk context = {.readings = readings, .now = readings_ticks_now()};
	struct readings_map_walk walk = {.visit = add_endpoint, .context = &context};
	uint32_t capacity = 0;
	int error = readings_map_capacity(maps->fd[READINGS_MAP_endpoints], &capacity);

	if (error)
		return error;
	readings->endpoints = calloc(capacity, sizeof(*readings->endpoints));
	if (!readings->endpoints)
		return -ENOMEM;
	context.capacity = capacity;
	error = readings_map_walk(maps->fd[READINGS_MAP_endpoints], &walk);
	if (!error)
		error = join(maps->fd[READINGS_MAP_endpoint_names], set_name, &context);
	if (!error)
		error = join(maps->fd[READINGS_MAP_endpoint_stats], set_stats, &context);
	if (error)
		return error;
	qsort(readings->endpoints, readings->endpoint_count, sizeof(*readings->endpoints),
	      by_service);
	return 0;
}
