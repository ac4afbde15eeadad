/* SPDX-License-Identifier: Apache-2.0 */
#include "datapath_devices.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "device_hooks.h"
#include "device_network.h"
#include "devices.h"
#include "link_monitor.h"

struct datapath_devices {
	struct datapath_devices_options options;
	struct devices list;
	struct device_hooks hooks;
	struct device_network network;
	struct link_monitor *monitor;
	bool attaching;
};

static void entry_write(const void *context, const struct device_entry *entry)
{
	const struct datapath_devices *devices = context;

	device_hooks_write(&devices->hooks, entry);
}

static void entry_remove(struct datapath_devices *devices, uint32_t ifindex)
{
	struct device_entry *entry = devices_find(&devices->list, ifindex);

	if (!entry)
		return;
	if (devices->hooks.map_fd >= 0) {
		device_hooks_remove(&devices->hooks, ifindex);
		report_print(devices->options.sink, LOG_INFO, "device %s: gone",
			     entry->device.name);
	}
	devices_forget(&devices->list, ifindex);
}

/* XDP is tried again when the device changed, and as long as somebody else is in its place. */
static void entry_follow(struct datapath_devices *devices, struct device_entry *entry, int news)
{
	bool changed = news == DEVICE_APPEARED || news == DEVICE_CHANGED;

	if (devices->attaching && (changed || entry->device.xdp == XDP_STATE_FOREIGN)) {
		uint32_t before = entry->device.xdp;

		device_xdp_attach(&devices->hooks.xdp, entry);
		changed |= entry->device.xdp != before;
	}
	if (changed)
		device_hooks_write(&devices->hooks, entry);
}

static void vlan_follow(struct datapath_devices *devices, const struct link_state *link)
{
	uint32_t below = device_xdp_note_link(&devices->hooks.xdp, link);
	struct device_entry *entry = below ? devices_find(&devices->list, below) : NULL;

	if (entry && entry->device.xdp && devices->hooks.map_fd >= 0)
		entry_follow(devices, entry, DEVICE_CHANGED);
}

static void link_present(void *context, const struct link_state *link)
{
	struct datapath_devices *devices = context;
	struct device_entry *entry;
	int news;

	vlan_follow(devices, link);
	news = devices_note(&devices->list, link, &entry);
	if (news == -ENOMEM)
		report_print(devices->options.sink, LOG_ERR, "device %s: out of memory",
			     link->name);
	if (news == DEVICE_APPEARED || news == DEVICE_CHANGED)
		devices_set_network(&devices->list, entry, &devices->network.known);
	if (news < 0 || devices->hooks.map_fd < 0)
		return;
	if (news == DEVICE_RENAMED_AWAY)
		entry_remove(devices, link->ifindex);
	else if (entry && devices->attaching && entry->device.attach == ATTACH_NONE)
		device_hooks_attach(&devices->hooks, entry);
	else if (entry)
		entry_follow(devices, entry, news);
}

static void link_gone(void *context, uint32_t ifindex)
{
	entry_remove(context, ifindex);
}

static void addresses_changed(void *context)
{
	struct datapath_devices *devices = context;

	devices->network.due = true;
	devices->options.addresses_changed(devices->options.context);
}

static void default_routes_changed(void *context)
{
	((struct datapath_devices *)context)->network.due = true;
}

/* Our own attaching is heard of here, too: then a look finds all as it should be. */
static void filters_changed(void *context, uint32_t ifindex)
{
	struct datapath_devices *devices = context;

	if (devices->attaching && devices_find(&devices->list, ifindex))
		devices->options.hooks_changed(devices->options.context);
}

static void datapath_devices_freep(struct datapath_devices **devices)
{
	datapath_devices_free(*devices);
}

static struct device_hooks hooks_of(const struct datapath_devices_options *options)
{
	return (struct device_hooks){
		.directory = options->directory,
		.wish = options->attach,
		.sink = options->sink,
		.xdp =
			{
				.directory = options->directory,
				.patterns = options->xdp_patterns,
				.pattern_count = options->xdp_pattern_count,
				.program_fd = -1,
				.sink = options->sink,
			},
		.fds = {-1, -1},
		.map_fd = -1,
	};
}

int datapath_devices_new(const struct datapath_devices_options *options,
			 struct datapath_devices **ret_devices)
{
	_cleanup_(datapath_devices_freep) struct datapath_devices *devices =
		calloc(1, sizeof(*devices));
	struct link_sink sink = {devices,           link_present,           link_gone,
				 addresses_changed, default_routes_changed, filters_changed};
	int error;

	if (!devices)
		return -ENOMEM;
	devices->options = *options;
	devices->list.patterns = options->patterns;
	devices->list.pattern_count = options->pattern_count;
	devices->list.uplink_patterns = options->uplink_patterns;
	devices->list.uplink_pattern_count = options->uplink_pattern_count;
	devices->hooks = hooks_of(options);
	error = link_monitor_new(&sink, &devices->monitor);
	if (!error)
		error = link_monitor_dump(devices->monitor);
	if (error) {
		report_print(options->sink, LOG_ERR, "rtnetlink: %s", strerror(-error));
		return error;
	}
	device_network_refresh(&devices->network, &devices->list, devices->options.sink,
			       entry_write, devices);
	*ret_devices = STEAL(devices);
	return 0;
}

void datapath_devices_free(struct datapath_devices *devices)
{
	if (!devices)
		return;
	link_monitor_free(devices->monitor);
	devices_done(&devices->list);
	node_network_done(&devices->network.known);
	free(devices);
}

void datapath_devices_load(struct datapath_devices *devices, const struct program *program)
{
	device_hooks_load(&devices->hooks, program);
	for (size_t i = 0; i < devices->list.count; i++)
		device_hooks_write(&devices->hooks, &devices->list.entries[i]);
}

/* Entries of devices that went away while no agent ran, or that match no pattern any more. */
static void map_prune(struct datapath_devices *devices)
{
	uint32_t key, next;
	bool more = !bpf_map_get_next_key(devices->hooks.map_fd, NULL, &next);

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(devices->hooks.map_fd, &key, &next);
		if (devices_find(&devices->list, key))
			continue;
		device_hooks_remove(&devices->hooks, key);
	}
}

int datapath_devices_attach(struct datapath_devices *devices)
{
	devices->attaching = true;
	for (size_t i = 0; i < devices->list.count; i++)
		device_hooks_attach(&devices->hooks, &devices->list.entries[i]);
	map_prune(devices);
	return 0;
}

void datapath_devices_look(struct datapath_devices *devices)
{
	for (size_t i = 0; devices->attaching && i < devices->list.count; i++)
		device_hooks_look(&devices->hooks, &devices->list.entries[i]);
}

uint32_t datapath_devices_min_mtu(const struct datapath_devices *devices)
{
	return devices_min_mtu(&devices->list);
}

void datapath_devices_count(const struct datapath_devices *devices,
			    struct datapath_status *ret_status)
{
	struct datapath_status status = {
		.attaching = devices->attaching,
		.repairs = devices->hooks.repairs,
	};

	for (size_t i = 0; i < devices->list.count; i++) {
		status.devices++;
		status.attached += devices->list.entries[i].device.attach != ATTACH_NONE;
	}
	*ret_status = status;
}

int datapath_devices_list(const struct datapath_devices *devices, uint32_t **ret_indexes,
			  size_t *ret_count)
{
	uint32_t *indexes = calloc(devices->list.count + 1, sizeof(*indexes));
	size_t count = 0;

	if (!indexes)
		return -ENOMEM;
	for (size_t i = 0; i < devices->list.count; i++) {
		if (devices->list.entries[i].device.attach != ATTACH_NONE)
			indexes[count++] = devices->list.entries[i].ifindex;
	}
	*ret_indexes = indexes;
	*ret_count = count;
	return 0;
}

int datapath_devices_fd(const struct datapath_devices *devices)
{
	return link_monitor_fd(devices->monitor);
}

static void unseen_remove(struct datapath_devices *devices)
{
	for (size_t i = devices->list.count; i-- > 0;) {
		if (!devices->list.entries[i].seen)
			entry_remove(devices, devices->list.entries[i].ifindex);
	}
}

int datapath_devices_dispatch(struct datapath_devices *devices)
{
	int due = link_monitor_dispatch(devices->monitor);
	int error;

	if (devices->network.due)
		device_network_refresh(&devices->network, &devices->list, devices->options.sink,
				       entry_write, devices);
	if (due <= 0)
		return due;
	devices_begin_sweep(&devices->list);
	error = link_monitor_dump(devices->monitor);
	if (!error)
		unseen_remove(devices);
	return error;
}
