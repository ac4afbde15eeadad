/* SPDX-License-Identifier: Apache-2.0 */
#include "readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/cleanup.h"
#include "readings_lists.h"
#include "readings_map.h"

static const char *const map_names[READINGS_MAP_COUNT] = {
#define X(name) [READINGS_MAP_##name] = #name
	READINGS_MAPS(X)
#undef X
};

int readings_open(const char *directory, struct readings_maps *ret_maps)
{
	_cleanup_(readings_close) struct readings_maps maps = {0};

	for (size_t i = 0; i < READINGS_MAP_COUNT; i++) {
		int fd = readings_map_open(directory, map_names[i]);

		if (fd < 0)
			return fd;
		maps.fd[i] = fd;
	}
	*ret_maps = maps;
	memset(&maps, 0, sizeof(maps));
	return 0;
}

void readings_close(struct readings_maps *maps)
{
	for (size_t i = 0; i < READINGS_MAP_COUNT; i++)
		if (maps->fd[i] > 0)
			close(maps->fd[i]);
	memset(maps, 0, sizeof(*maps));
}

uint32_t readings_ticks_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)(((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >>
			  DATAPATH_TICK_SHIFT);
}

unsigned readings_flow_parked(const struct flow *flow)
{
	unsigned count = 0;

	for (size_t i = 0; i < FLOW_LEGS; i++)
		count += flow->parked[i] != 0;
	return count;
}

int readings_flows_high_water(const struct readings_maps *maps, uint32_t *ret_slots)
{
	uint32_t pool = ALLOC_FLOWS;
	struct alloc_mark mark = {0};

	if (bpf_map_lookup_elem(maps->fd[READINGS_MAP_alloc], &pool, &mark))
		return -errno;
	*ret_slots = mark.high_water;
	return 0;
}

/* Sums of a per-CPU array whose value is one 64-bit number. */
struct cpu_sums {
	uint64_t *sums;
	size_t count;
	int cpus;
};

static int cpu_sum(const void *key, const void *value, void *context)
{
	const struct cpu_sums *sums = context;
	const uint64_t *words = value;
	uint32_t index = *(const uint32_t *)key;

	if (index >= sums->count)
		return 0;
	sums->sums[index] = 0;
	for (int cpu = 0; cpu < sums->cpus; cpu++)
		sums->sums[index] += words[cpu];
	return 0;
}

static int take_sums(int fd, uint64_t *sums, size_t count)
{
	struct cpu_sums context = {sums, count, libbpf_num_possible_cpus()};
	struct readings_map_walk walk = {.visit = cpu_sum, .context = &context};

	return context.cpus < 0 ? context.cpus : readings_map_walk(fd, &walk);
}

int readings_log_take(const struct readings_maps *maps, struct readings *readings)
{
	uint32_t zero = 0;
	int error = take_sums(maps->fd[READINGS_MAP_log_counts], readings->log_counts, LOG_COUNTS);

	return error
		       ?: readings_map_lookup(maps->fd[READINGS_MAP_log_control], &zero,
					      &readings->log_control);
}

static int count_element(const void *key, const void *value, void *context)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
	return 0;
}

static int add_fill(struct readings *readings, int fd, const char *name, uint64_t entries)
{
	uint32_t capacity = 0;
	int error = readings_map_capacity(fd, &capacity);

	if (error)
		return error;
	readings->fills[readings->fill_count++] =
		(struct fill_reading){.name = name, .entries = entries, .capacity = capacity};
	return 0;
}

static int take_hash_fills(const struct readings_maps *maps, struct readings *readings)
{
	static const enum readings_map hashes[] = {READINGS_MAP_sources, READINGS_MAP_listeners,
						   READINGS_MAP_hosts, READINGS_MAP_paths};

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		uint64_t entries = 0;
		struct readings_map_walk walk = {.visit = count_element, .context = &entries};
		int fd = maps->fd[hashes[i]];
		int error = readings_map_walk(fd, &walk);

		if (!error)
			error = add_fill(readings, fd, map_names[hashes[i]], entries);
		if (error)
			return error;
	}
	return 0;
}

/* What flows take, one by one, and the map that each is a slot of. */
static const struct {
	enum alloc_pool pool;
	enum readings_map map;
	const char *name;
} flow_pools[] = {
	{ALLOC_FLOWS, READINGS_MAP_flow_slots, "flows"},
	{ALLOC_LEGS, READINGS_MAP_legs, "legs"},
	{ALLOC_HOLDS_SMALL, READINGS_MAP_holds_small, "holds_small"},
	{ALLOC_HOLDS_LARGE, READINGS_MAP_holds_large, "holds_large"},
	{ALLOC_LOG, READINGS_MAP_log_slots, "log_slots"},
};

static int take_flow_fills(const struct readings_maps *maps, struct readings *readings)
{
	uint64_t used[ALLOC_POOLS] = {0};
	int error = readings_flows_count(maps, used);

	for (size_t i = 0; !error && i < sizeof(flow_pools) / sizeof(flow_pools[0]); i++)
		error = add_fill(readings, maps->fd[flow_pools[i].map], flow_pools[i].name,
				 used[flow_pools[i].pool]);
	return error;
}

static int take_fills(const struct readings_maps *maps, struct readings *readings)
{
	int error = take_flow_fills(maps, readings);

	if (!error)
		error = add_fill(readings, maps->fd[READINGS_MAP_rules], "rules",
				 readings->rule_count);
	if (!error)
		error = add_fill(readings, maps->fd[READINGS_MAP_endpoints], "endpoints",
				 readings->endpoint_count);
	return error ? error : take_hash_fills(maps, readings);
}

int readings_take(const struct readings_maps *maps, struct readings *ret_readings)
{
	_cleanup_(readings_done) struct readings readings = {0};
	int error = take_sums(maps->fd[READINGS_MAP_verdicts], readings.verdicts, VERDICT_COUNT);

	if (!error)
		error = take_sums(maps->fd[READINGS_MAP_verdicts_xdp], readings.verdicts_xdp,
				  VERDICT_COUNT);
	if (!error)
		error = take_sums(maps->fd[READINGS_MAP_flow_gauges], (uint64_t *)readings.flows,
				  FLOW_STATE_COUNT);
	if (!error)
		error = readings_log_take(maps, &readings);
	if (!error)
		error = readings_rules_take(maps, &readings);
	if (!error)
		error = readings_endpoints_take(maps, &readings);
	if (!error)
		error = readings_devices_take(maps, &readings);
	if (!error)
		error = take_fills(maps, &readings);
	if (error)
		return error;
	*ret_readings = readings;
	memset(&readings, 0, sizeof(readings));
	return 0;
}

void readings_done(struct readings *readings)
{
	free(readings->rules);
	free(readings->endpoints);
	free(readings->devices);
	memset(readings, 0, sizeof(*readings));
}
