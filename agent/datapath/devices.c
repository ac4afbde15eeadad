/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(((struct device *)0)->name) == LINK_NAME_MAX, "names have one size");

static bool match_any(char *const *patterns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const char *pattern = patterns[i];

		if (!strcmp(pattern, name))
			return true;
		if (strcmp(name, "lo") && !fnmatch(pattern, name, 0))
			return true;
	}
	return false;
}

bool devices_match(const struct devices *devices, const char *name)
{
	return match_any(devices->patterns, devices->pattern_count, name);
}

struct device_entry *devices_find(const struct devices *devices, uint32_t ifindex)
{
	for (size_t i = 0; i < devices->count; i++) {
		if (devices->entries[i].ifindex == ifindex)
			return &devices->entries[i];
	}
	return NULL;
}

static struct device_entry *entry_add(struct devices *devices, uint32_t ifindex)
{
	if (devices->count == devices->capacity) {
		size_t capacity = devices->capacity ? 2 * devices->capacity : 16;
		struct device_entry *entries =
			reallocarray(devices->entries, capacity, sizeof(*entries));

		if (!entries)
			return NULL;
		devices->entries = entries;
		devices->capacity = capacity;
	}
	devices->entries[devices->count] = (struct device_entry){.ifindex = ifindex};
	return &devices->entries[devices->count++];
}

static bool entry_update(struct device_entry *entry, const struct link_state *link)
{
	struct device device = {
		.flags = (link->peer_elsewhere ? DEVICE_PEER : 0) |
			 (entry->device.flags & DEVICE_UPLINK),
		.mtu = link->mtu,
		.attach = entry->device.attach,
		.xdp = entry->device.xdp,
	};

	memcpy(device.name, link->name, sizeof(device.name));
	memcpy(device.others, entry->device.others, sizeof(device.others));
	memcpy(device.source, entry->device.source, sizeof(device.source));
	entry->tunnel = link->tunnel;
	entry->seen = true;
	entry->is_physical = link->is_physical;
	if (!memcmp(&device, &entry->device, sizeof(device)))
		return false;
	entry->device = device;
	return true;
}

int devices_note(struct devices *devices, const struct link_state *link,
		 struct device_entry **ret_entry)
{
	struct device_entry *entry = devices_find(devices, link->ifindex);
	bool is_new = !entry;

	*ret_entry = entry;
	if (!devices_match(devices, link->name))
		return entry ? DEVICE_RENAMED_AWAY : DEVICE_FOREIGN;
	if (is_new)
		entry = entry_add(devices, link->ifindex);
	if (!entry)
		return -ENOMEM;
	*ret_entry = entry;
	if (!entry_update(entry, link))
		return DEVICE_SAME;
	return is_new ? DEVICE_APPEARED : DEVICE_CHANGED;
}

bool devices_set_network(const struct devices *devices, struct device_entry *entry,
			 const struct node_network *network)
{
	struct device device = entry->device;
	bool uplink =
		entry->tunnel || node_network_is_uplink(network, entry->ifindex) ||
		match_any(devices->uplink_patterns, devices->uplink_pattern_count, device.name);

	device.flags = (device.flags & ~DEVICE_UPLINK) | (uplink ? DEVICE_UPLINK : 0);
	device.source[0] = node_network_source(network, entry->ifindex, false);
	device.source[1] = node_network_source(network, entry->ifindex, true);
	if (!memcmp(&device, &entry->device, sizeof(device)))
		return false;
	entry->device = device;
	return true;
}

void devices_forget(struct devices *devices, uint32_t ifindex)
{
	struct device_entry *entry = devices_find(devices, ifindex);

	if (entry)
		*entry = devices->entries[--devices->count];
}

void devices_begin_sweep(struct devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		devices->entries[i].seen = false;
}

uint32_t devices_min_mtu(const struct devices *devices)
{
	uint32_t mtu = 0;

	for (size_t i = 0; i < devices->count; i++) {
		if (!mtu || devices->entries[i].device.mtu < mtu)
			mtu = devices->entries[i].device.mtu;
	}
	return mtu;
}

void devices_done(struct devices *devices)
{
	free(devices->entries);
	devices->entries = NULL;
	devices->count = devices->capacity = 0;
}
