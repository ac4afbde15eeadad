/* SPDX-License-Identifier: Apache-2.0 */
#include "status_routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

void status_routes_init(struct status_routes *routes)
{
	*routes = (struct status_routes){0};
	digest_history_init(&routes->history);
}

static void status_route_free(struct status_route *route)
{
	if (!route)
		return;
	free(route->namespace);
	free(route->name);
	free(route->uid);
	free(route->refused);
	free(route);
}

static void status_route_freep(struct status_route **route)
{
	status_route_free(*route);
}

void status_routes_done(struct status_routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		status_route_free(routes->routes[i]);
	free(routes->routes);
	*routes = (struct status_routes){0};
}

static int compare(const struct status_route *route, const char *namespace, const char *name)
{
	int order = strcmp(route->namespace, namespace);

	return order ? order : strcmp(route->name, name);
}

/* First place that is not below the wanted one. */
static size_t position_of(const struct status_routes *routes, const char *namespace,
			  const char *name)
{
	size_t low = 0, high = routes->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(routes->routes[middle], namespace, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct status_route *route_at(const struct status_routes *routes, size_t position,
				     const struct object_key *key)
{
	if (position >= routes->count ||
	    compare(routes->routes[position], key->namespace, key->name))
		return NULL;
	return routes->routes[position];
}

static int reserve(struct status_routes *routes)
{
	size_t capacity = routes->capacity ? 2 * routes->capacity : 64;
	struct status_route **grown;

	if (routes->count < routes->capacity)
		return 0;
	grown = reallocarray(routes->routes, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	routes->routes = grown;
	routes->capacity = capacity;
	return 0;
}

static int insert(struct status_routes *routes, size_t position,
		  const struct status_route_news *news)
{
	_cleanup_(status_route_freep) struct status_route *route = calloc(1, sizeof(*route));
	int error = route ? reserve(routes) : -ENOMEM;

	if (error)
		return error;
	route->namespace = strdup(news->version->key.namespace);
	route->name = strdup(news->version->key.name);
	route->uid = strdup("");
	if (!route->namespace || !route->name || !route->uid)
		return -ENOMEM;
	memmove(&routes->routes[position + 1], &routes->routes[position],
		(routes->count - position) * sizeof(*routes->routes));
	routes->routes[position] = STEAL(route);
	routes->count++;
	return 0;
}

void status_route_begin(struct status_route *route)
{
	route->awaited[0] = '\0';
	route->written_ms = route->retry_ms = 0;
	for (int i = 0; i < STATUS_CONDITION_COUNT; i++)
		event_limit_init(&route->events[i], route->seen.conditions[i].state);
}

/* Of another object of the same name nothing is left. */
static int identity_set(struct status_route *route, const struct status_route_news *news)
{
	char *copy;

	if (!strcmp(route->uid, news->version->uid))
		return 0;
	copy = strdup(news->version->uid);
	if (!copy)
		return -ENOMEM;
	free(route->uid);
	route->uid = copy;
	route->seen = news->version->seen;
	route->rules = 0;
	status_route_begin(route);
	return 0;
}

static void seen_set(struct status_route *route, const struct status_route_news *news)
{
	bool awaits = route->awaited[0] && news->now_ms < route->awaited_until_ms;

	if (awaits && strcmp(route->awaited, news->version->seen.resource_version))
		return;
	route->awaited[0] = '\0';
	route->seen = news->version->seen;
}

static int refusal_set(struct status_route *route, const struct rejection *refused)
{
	struct rejection *copy = NULL;

	if (refused) {
		copy = malloc(sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *refused;
	}
	free(route->refused);
	route->refused = copy;
	return 0;
}

static void generation_set(struct status_routes *routes, struct status_route *route,
			   const struct status_route_news *news)
{
	uint64_t digest = digest_of_route(route->uid, news->version->generation);

	if (digest == route->digest)
		return;
	route->position = digest_history_add(&routes->history, route->digest, digest);
	route->digest = digest;
	route->generation = news->version->generation;
	route->changed_ms = news->now_ms;
	route->retry_ms = 0;
}

int status_routes_put(struct status_routes *routes, const struct status_route_news *news)
{
	size_t position =
		position_of(routes, news->version->key.namespace, news->version->key.name);
	struct status_route *route;
	int error = 0;

	if (!route_at(routes, position, &news->version->key))
		error = insert(routes, position, news);
	if (error)
		return error;
	route = routes->routes[position];
	error = identity_set(route, news);
	if (!error)
		error = refusal_set(route, news->refused);
	if (error)
		return error;
	if (!news->refused)
		route->rules = news->version->rules;
	seen_set(route, news);
	generation_set(routes, route, news);
	return 0;
}

void status_routes_remove(struct status_routes *routes, const struct object_key *key)
{
	size_t position = position_of(routes, key->namespace, key->name);
	struct status_route *route = route_at(routes, position, key);

	if (!route)
		return;
	if (route->digest)
		digest_history_add(&routes->history, route->digest, 0);
	status_route_free(route);
	routes->count--;
	memmove(&routes->routes[position], &routes->routes[position + 1],
		(routes->count - position) * sizeof(*routes->routes));
}

struct status_route *status_routes_find(const struct status_routes *routes, const char *namespace,
					const char *name)
{
	struct object_key key = {OBJECT_PATH_ROUTE, namespace, name};

	return route_at(routes, position_of(routes, namespace, name), &key);
}
