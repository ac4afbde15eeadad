/* SPDX-License-Identifier: Apache-2.0 */
#include "datapath_devices.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "device_xdp.h"
#include "devices.h"
#include "link_monitor.h"

struct datapath_devices {
	struct datapath_devices_options options;
	struct devices list;
	struct device_xdp xdp;
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
	uint32_t mode_before = entry->device.attach, xdp_before = entry->device.xdp;
	enum attach_mode mode = ATTACH_NONE;
	int error;

	entry_write(devices, entry);
	error = attach_device(&point, &mode);
	entry->device.attach = mode;
	if (mode != mode_before || (error && error != entry->attach_error))
		attach_report(devices, entry, error);
	entry->attach_error = error;
	device_xdp_attach(&devices->xdp, entry);
	if (mode != mode_before || entry->device.xdp != xdp_before)
		entry_write(devices, entry);
}

static void entry_remove(struct datapath_devices *devices, uint32_t ifindex)
{
	struct device_entry *entry = devices_find(&devices->list, ifindex);

	if (!entry)
		return;
	if (devices->map_fd >= 0) {
		attach_xdp_remove(devices->options.directory, ifindex);
		attach_remove_device(devices->options.directory, ifindex);
		bpf_map_delete_elem(devices->map_fd, &ifindex);
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

		device_xdp_attach(&devices->xdp, entry);
		changed |= entry->device.xdp != before;
	}
	if (changed)
		entry_write(devices, entry);
}

static void vlan_follow(struct datapath_devices *devices, const struct link_state *link)
{
	uint32_t below = device_xdp_note_link(&devices->xdp, link);
	struct device_entry *entry = below ? devices_find(&devices->list, below) : NULL;

	if (entry && entry->device.xdp && devices->map_fd >= 0)
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
	if (news < 0 || devices->map_fd < 0)
		return;
	if (news == DEVICE_RENAMED_AWAY)
		entry_remove(devices, link->ifindex);
	else if (entry && devices->attaching && entry->device.attach == ATTACH_NONE)
		entry_attach(devices, entry);
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

	devices->options.addresses_changed(devices->options.context);
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
	struct link_sink sink = {devices, link_present, link_gone, addresses_changed};
	int error;

	if (!devices)
		return -ENOMEM;
	devices->options = *options;
	devices->list.patterns = options->patterns;
	devices->list.pattern_count = options->pattern_count;
	devices->xdp = (struct device_xdp){
		.directory = options->directory,
		.patterns = options->xdp_patterns,
		.pattern_count = options->xdp_pattern_count,
		.program_fd = -1,
		.sink = options->sink,
	};
	devices->program_fd = devices->map_fd = -1;
	error = link_monitor_new(&sink, &devices->monitor);
	if (!error)
		error = link_monitor_dump(devices->monitor);
	if (error) {
		report_print(options->sink, LOG_ERR, "rtnetlink: %s", strerror(-error));
		return error;
	}
	*ret_devices = STEAL(devices);
	return 0;
}

void datapath_devices_free(struct datapath_devices *devices)
{
	if (!devices)
		return;
	link_monitor_free(devices->monitor);
	devices_done(&devices->list);
	free(devices);
}

void datapath_devices_load(struct datapath_devices *devices, const struct program *program)
{
	devices->program_fd = program_ingress_fd(program);
	devices->xdp.program_fd = program_early_fd(program);
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
		attach_xdp_remove(devices->options.directory, key);
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

	if (due <= 0)
		return due;
	devices_begin_sweep(&devices->list);
	error = link_monitor_dump(devices->monitor);
	if (!error)
		unseen_remove(devices);
	return error;
}
