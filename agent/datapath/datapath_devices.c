/* SPDX-License-Identifier: Apache-2.0 */
#include "datapath_devices.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "devices.h"
#include "link_monitor.h"

struct datapath_devices {
	struct datapath_devices_options options;
	struct devices list;
	struct node_network network;
	bool network_due; /* addresses or default routes are others now */
	struct link_monitor *monitor;
	int program_fd; /* -1: not loaded yet */
	int map_fd;
	bool attaching;
};

static void entry_write(const struct datapath_devices *devices, const struct device_entry *entry)
{
	if (bpf_map_update_elem(devices->map_fd, &entry->ifindex, &entry->device, BPF_ANY))
		report_print(devices->options.sink, LOG_ERR, "device %s: map devices: %s",
			     entry->device.name, strerror(errno));
}

static const char *mode_text(uint32_t mode)
{
	return mode == ATTACH_TCX ? "tcx" : "clsact";
}

static void attach_report(const struct datapath_devices *devices, const struct device_entry *entry,
			  int error)
{
	if (error == -EOPNOTSUPP)
		report_print(devices->options.sink, LOG_ERR, "device %s: the kernel has no %s",
			     entry->device.name,
			     devices->options.attach == ATTACH_WISH_TCX ? "tcx" : "clsact");
	else if (error)
		report_print(devices->options.sink, LOG_ERR,
			     "device %s: cannot attach: %s, trying again when it changes",
			     entry->device.name, strerror(-error));
	else
		report_print(devices->options.sink, LOG_INFO, "device %s: attached with %s%s",
			     entry->device.name, mode_text(entry->device.attach),
			     entry->device.flags & DEVICE_PEER ? ", its peer is reached directly"
							       : "");
}

/* The map entry comes first: the program looks up the device of each packet. */
static void entry_attach(struct datapath_devices *devices, struct device_entry *entry)
{
	struct attach_point point = {
		.directory = devices->options.directory,
		.ifindex = entry->ifindex,
		.program_fd = devices->program_fd,
		.wish = devices->options.attach,
	};
	uint32_t mode_before = entry->device.attach;
	enum attach_mode mode = ATTACH_NONE;
	int error;

	entry_write(devices, entry);
	error = attach_device(&point, &mode);
	entry->device.attach = mode;
	if (mode != mode_before)
		entry_write(devices, entry);
	if (mode != mode_before || (error && error != entry->attach_error))
		attach_report(devices, entry, error);
	entry->attach_error = error;
}

static void entry_remove(struct datapath_devices *devices, uint32_t ifindex)
{
	struct device_entry *entry = devices_find(&devices->list, ifindex);

	if (!entry)
		return;
	if (devices->map_fd >= 0) {
		attach_remove_device(devices->options.directory, ifindex);
		bpf_map_delete_elem(devices->map_fd, &ifindex);
		report_print(devices->options.sink, LOG_INFO, "device %s: gone",
			     entry->device.name);
	}
	devices_forget(&devices->list, ifindex);
}

static void link_present(void *context, const struct link_state *link)
{
	struct datapath_devices *devices = context;
	struct device_entry *entry;
	int news = devices_note(&devices->list, link, &entry);

	if (news == -ENOMEM)
		report_print(devices->options.sink, LOG_ERR, "device %s: out of memory",
			     link->name);
	if (news == DEVICE_APPEARED || news == DEVICE_CHANGED)
		devices_set_network(&devices->list, entry, &devices->network);
	if (news < 0 || devices->map_fd < 0)
		return;
	if (news == DEVICE_RENAMED_AWAY)
		entry_remove(devices, link->ifindex);
	else if (entry && devices->attaching && entry->device.attach == ATTACH_NONE)
		entry_attach(devices, entry);
	else if (news == DEVICE_APPEARED || news == DEVICE_CHANGED)
		entry_write(devices, entry);
}

static void link_gone(void *context, uint32_t ifindex)
{
	entry_remove(context, ifindex);
}

static void addresses_changed(void *context)
{
	struct datapath_devices *devices = context;

	devices->network_due = true;
	devices->options.addresses_changed(devices->options.context);
}

static void default_routes_changed(void *context)
{
	struct datapath_devices *devices = context;

	devices->network_due = true;
}

/* What was known stays when the kernel cannot be asked; the next news bring another try. */
static void network_refresh(struct datapath_devices *devices)
{
	struct node_network network;
	int error = node_network_read(&network);

	devices->network_due = false;
	if (error) {
		report_print(devices->options.sink, LOG_ERR, "addresses and default routes: %s",
			     strerror(-error));
		return;
	}
	node_network_done(&devices->network);
	devices->network = network;
	for (size_t i = 0; i < devices->list.count; i++) {
		struct device_entry *entry = &devices->list.entries[i];

		if (devices_set_network(&devices->list, entry, &network) && devices->map_fd >= 0)
			entry_write(devices, entry);
	}
}

static void datapath_devices_freep(struct datapath_devices **devices)
{
	datapath_devices_free(*devices);
}

int datapath_devices_new(const struct datapath_devices_options *options,
			 struct datapath_devices **ret_devices)
{
	_cleanup_(datapath_devices_freep) struct datapath_devices *devices =
		calloc(1, sizeof(*devices));
	struct link_sink sink = {devices, link_present, link_gone, addresses_changed,
				 default_routes_changed};
	int error;

	if (!devices)
		return -ENOMEM;
	devices->options = *options;
	devices->list.patterns = options->patterns;
	devices->list.pattern_count = options->pattern_count;
	devices->list.uplink_patterns = options->uplink_patterns;
	devices->list.uplink_pattern_count = options->uplink_pattern_count;
	devices->program_fd = devices->map_fd = -1;
	error = link_monitor_new(&sink, &devices->monitor);
	if (!error)
		error = link_monitor_dump(devices->monitor);
	if (error) {
		report_print(options->sink, LOG_ERR, "rtnetlink: %s", strerror(-error));
		return error;
	}
	network_refresh(devices);
	*ret_devices = STEAL(devices);
	return 0;
}

void datapath_devices_free(struct datapath_devices *devices)
{
	if (!devices)
		return;
	link_monitor_free(devices->monitor);
	devices_done(&devices->list);
	node_network_done(&devices->network);
	free(devices);
}

void datapath_devices_load(struct datapath_devices *devices, const struct program *program)
{
	devices->program_fd = program_ingress_fd(program);
	devices->map_fd = program_map_fd(program, "devices");
	for (size_t i = 0; i < devices->list.count; i++)
		entry_write(devices, &devices->list.entries[i]);
}

/* Entries of devices that went away while no agent ran, or that match no pattern any more. */
static void map_prune(struct datapath_devices *devices)
{
	uint32_t key, next;
	bool more = !bpf_map_get_next_key(devices->map_fd, NULL, &next);

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(devices->map_fd, &key, &next);
		if (devices_find(&devices->list, key))
			continue;
		attach_remove_device(devices->options.directory, key);
		bpf_map_delete_elem(devices->map_fd, &key);
	}
}

int datapath_devices_attach(struct datapath_devices *devices)
{
	devices->attaching = true;
	for (size_t i = 0; i < devices->list.count; i++)
		entry_attach(devices, &devices->list.entries[i]);
	map_prune(devices);
	return 0;
}

uint32_t datapath_devices_min_mtu(const struct datapath_devices *devices)
{
	return devices_min_mtu(&devices->list);
}

void datapath_devices_count(const struct datapath_devices *devices,
			    struct datapath_status *ret_status)
{
	struct datapath_status status = {.attaching = devices->attaching};

	for (size_t i = 0; i < devices->list.count; i++) {
		status.devices++;
		status.attached += devices->list.entries[i].device.attach != ATTACH_NONE;
	}
	*ret_status = status;
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

	if (devices->network_due)
		network_refresh(devices);
	if (due <= 0)
		return due;
	devices_begin_sweep(&devices->list);
	error = link_monitor_dump(devices->monitor);
	if (!error)
		unseen_remove(devices);
	return error;
}
