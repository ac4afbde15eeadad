/* SPDX-License-Identifier: Apache-2.0 */
#include "route_maps.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../base/cleanup.h"
#include "pins.h"
#include "readings_map.h"
#include "route_maps_parts.h"

static const char *const map_names[] = {
#define X(name) #name,
	ROUTE_MAPS(X)
#undef X
};

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int maps_open(struct route_maps *maps, const char *directory)
{
	for (int i = 0; i < ROUTE_MAP_COUNT; i++) {
		int error;

		maps->fd[i] = pins_open(directory, map_names[i]);
		if (maps->fd[i] < 0)
			return maps->fd[i];
		error = readings_map_capacity(maps->fd[i], &maps->capacity[i]);
		if (error)
			return error;
	}
	return 0;
}

/* 0: none was chosen yet. */
static int seed_read(struct route_maps *maps)
{
	struct route_meta meta;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(maps->fd[ROUTE_MAP_route_meta], &zero, &meta))
		return -errno;
	maps->seed = meta.hash_seed;
	return 0;
}

static int seed_choose(struct route_maps *maps)
{
	struct route_meta meta = {0};
	uint32_t zero = 0;
	int error = seed_read(maps);

	if (error)
		return error;
	while (!maps->seed) {
		if (getrandom(&meta.hash_seed, sizeof(meta.hash_seed), 0) < 0 ||
		    bpf_map_update_elem(maps->fd[ROUTE_MAP_route_meta], &zero, &meta, BPF_ANY))
			return -errno;
		maps->seed = meta.hash_seed;
	}
	return 0;
}

/* A version that an agent before this one gave is met again only by chance. */
static int versions_begin(struct route_maps *maps)
{
	uint32_t *version = &maps->pools.set_version;

	return getrandom(version, sizeof(*version), 0) < 0 ? -errno : 0;
}

static void route_maps_closep(struct route_maps **maps)
{
	route_maps_close(*maps);
}

static int maps_new(const char *directory, const struct report_sink *sink,
		    struct route_maps **ret_maps)
{
	_cleanup_(route_maps_closep) struct route_maps *maps = calloc(1, sizeof(*maps));
	int error;

	if (!maps)
		return -ENOMEM;
	memset(maps->fd, -1, sizeof(maps->fd));
	maps->sink = sink;
	error = maps_open(maps, directory);
	if (!error)
		*ret_maps = STEAL(maps);
	return error;
}

int route_maps_open_to_read(const char *directory, const struct report_sink *sink,
			    struct route_maps **ret_maps)
{
	_cleanup_(route_maps_closep) struct route_maps *maps = NULL;
	int error = maps_new(directory, sink, &maps);

	if (!error)
		error = seed_read(maps);
	if (!error)
		error = route_maps_adopt(maps);
	if (!error)
		*ret_maps = STEAL(maps);
	return error;
}

int route_maps_open(const char *directory, const struct report_sink *sink,
		    struct route_maps **ret_maps)
{
	_cleanup_(route_maps_closep) struct route_maps *maps = NULL;
	int error = maps_new(directory, sink, &maps);

	if (!error)
		error = seed_choose(maps);
	if (!error)
		error = versions_begin(maps);
	if (!error)
		error = route_maps_adopt(maps);
	if (!error)
		*ret_maps = STEAL(maps);
	return error;
}

void route_maps_close(struct route_maps *maps)
{
	if (!maps)
		return;
	for (int i = 0; i < ROUTE_MAP_COUNT; i++)
		closep(&maps->fd[i]);
	free(maps->uses);
	route_image_free(maps->image);
	route_pools_done(&maps->pools);
	free(maps);
}

/* Flows that still use an endpoint will count themselves out of its place. */
static bool endpoint_is_busy(void *context, uint32_t id)
{
	const struct route_maps *maps = context;
	struct endpoint_stats stats;

	return !bpf_map_lookup_elem(maps->fd[ROUTE_MAP_endpoint_stats], &id, &stats) &&
	       stats.active;
}

void route_maps_forget(struct route_maps *maps)
{
	if (!maps->image)
		return;

	free(STEAL(maps->uses));
	route_image_free(STEAL(maps->image));
	route_pools_done(&maps->pools);
}

bool route_maps_has_listener(struct route_maps *maps, const struct table_listener *listener)
{
	struct listener_key key = {.address = listener->address, .port = htons(listener->port)};

	return (maps->image || !route_maps_adopt(maps)) &&
	       route_image_find_listener(maps->image, &key);
}

int route_maps_apply(struct route_maps *maps, const struct route_table *table,
		     struct route_change *ret_change)
{
	struct route_change change = {0};
	struct route_image *image;
	int error = maps->image ? 0 : route_maps_adopt(maps);

	if (error)
		return error;

	struct route_plan_input input = {
		.table = table,
		.old = maps->image,
		.pools = &maps->pools,
		.seed = maps->seed,
		.now_ms = clock_ms(),
		.endpoint_busy = endpoint_is_busy,
		.busy_context = maps,
	};

	error = route_plan_make(&input, &image, &change.full);
	if (error) {
		*ret_change = change;
		return error;
	}
	error = route_maps_commit(maps, image, &change);
	*ret_change = change;
	if (error) {
		route_image_free(image);
		route_maps_forget(maps);
		return error;
	}
	route_plan_accept(&input, image);
	free(maps->uses);
	route_image_free(maps->image);
	maps->image = image;
	maps->uses = route_refresh_count(image, &maps->pools);
	return 0;
}

static int refresh_commit(struct route_maps *maps, const struct route_refresh_input *input,
			  struct route_change *ret_change)
{
	_cleanup_(route_refresh_done) struct route_refresh refresh = {0};
	struct route_change change = {0};
	int error = route_refresh_plan(input, &refresh);

	if (error)
		return error;
	error = route_maps_commit_refresh(maps, &refresh, &change);
	*ret_change = change;
	if (error)
		route_maps_forget(maps);
	else
		route_refresh_accept(input, &refresh);
	return error;
}

int route_maps_refresh(struct route_maps *maps, const struct route_table *table,
		       const struct rule_places *places, struct route_change *ret_change)
{
	if (!maps->uses)
		return -ESTALE;
	return refresh_commit(maps,
			      &(const struct route_refresh_input){
				      .table = table,
				      .image = maps->image,
				      .uses = maps->uses,
				      .pools = &maps->pools,
				      .rules = places->items,
				      .rule_count = places->count,
				      .now_ms = clock_ms(),
				      .endpoint_busy = endpoint_is_busy,
				      .busy_context = maps,
			      },
			      ret_change);
}
