/* SPDX-License-Identifier: Apache-2.0 */
#include "readings_lists.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "readings_map.h"

struct device_walk {
	struct readings *readings;
	size_t capacity;
};

static int add_device(const void *key, const void *value, void *context)
{
	struct device_walk *walk = context;
	struct readings *readings = walk->readings;
	struct device_reading *device;

	if (readings->device_count == walk->capacity)
		return -E2BIG;
	device = &readings->devices[readings->device_count++];
	device->ifindex = *(const uint32_t *)key;
	memcpy(&device->device, value, sizeof(device->device));
	device->device.name[sizeof(device->device.name) - 1] = '\0';
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct device_reading *a = left, *b = right;
	int order = strcmp(a->device.name, b->device.name);

	return order ? order : (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

int readings_devices_take(const struct readings_maps *maps, struct readings *readings)
{
	struct device_walk context = {.readings = readings};
	struct readings_map_walk walk = {.visit = add_device, .context = &context};
	uint32_t capacity = 0;
	int error = readings_map_capacity(maps->fd[READINGS_MAP_devices], &capacity);

	if (error)
		return error;
	context.capacity = capacity;
	readings->devices = calloc(capacity, sizeof(*readings->devices));
	if (!readings->devices)
		return -ENOMEM;
	error = readings_map_walk(maps->fd[READINGS_MAP_devices], &walk);
	if (error)
		return error;
	qsort(readings->devices, readings->device_count, sizeof(*readings->devices), by_name);
	return 0;
}

static bool has(const struct flow *flow, unsigned flag)
{
	return flow->progress & flag;
}

static int count_flow(const void *key, const void *value, void *context)
{
	uint64_t *used = context;
	const struct flow *flow = value;

	(void)key;
	if (flow->state == FLOW_FREE)
		return 0;
	used[ALLOC_FLOWS]++;
	if (has(flow, FLOW_HELD))
		used[flow->hold_kind == HOLD_LARGE ? ALLOC_HOLDS_LARGE : ALLOC_HOLDS_SMALL]++;
	used[ALLOC_HOLDS_SMALL] += has(flow, FLOW_MARKED) + has(flow, FLOW_CARRY);
	used[ALLOC_LOG] += has(flow, FLOW_LOGGED);
	used[ALLOC_LEGS] += readings_flow_parked(flow);
	return 0;
}

int readings_flows_count(const struct readings_maps *maps, uint64_t ret_used[ALLOC_POOLS])
{
	uint64_t used[ALLOC_POOLS] = {0};
	struct readings_map_walk walk = {.visit = count_flow, .context = used};
	int error = readings_flows_high_water(maps, &walk.limit);

	if (!error && walk.limit)
		error = readings_map_walk(maps->fd[READINGS_MAP_flow_slots], &walk);
	if (error)
		return error;
	memcpy(ret_used, used, sizeof(used));
	return 0;
}
