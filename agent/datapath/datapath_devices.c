/* SPDX-License-Identifier: Apache-2.0 */
#include "datapath_devices.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "attach_chain.h"
#include "devices.h"
#include "link_monitor.h"

struct datapath_devices {
	struct datapath_devices_options options;
	struct devices list;
	struct link_monitor *monitor;
	int program_fds[ATTACH_HOOKS]; /* negative: not loaded yet, or none for this hook */
	uint32_t program_ids[ATTACH_HOOKS];
	int map_fd;
	bool attaching;
	uint64_t repairs;
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
			     "device %s: cannot attach: %s, trying again from time to time",
			     entry->device.name, strerror(-error));
	else
		report_print(devices->options.sink, LOG_INFO, "device %s: attached with %s%s",
			     entry->device.name, mode_text(entry->device.attach),
			     entry->device.flags & DEVICE_PEER ? ", its peer is reached directly"
							       : "");
}

static uint8_t count_cut(uint32_t count)
{
	return (uint8_t)(count > UINT8_MAX ? UINT8_MAX : count);
}

static void others_report(const struct datapath_devices *devices, const struct device_entry *entry,
			  int level)
{
	report_print(devices->options.sink, level,
		     "device %s: programs of others: %u before ours, %u behind it",
		     entry->device.name, entry->device.before, entry->device.behind);
}

/* Who comes before us was put there after us, and knew why: no fight about the first place. */
static void entry_note_others(struct datapath_devices *devices, struct device_entry *entry,
			      const struct attach_chain *chain)
{
	struct device *device = &entry->device;
	uint8_t before = count_cut(chain->before), behind = count_cut(chain->behind);
	bool more = before > device->before;

	if (before == device->before && behind == device->behind)
		return;
	device->before = before;
	device->behind = behind;
	entry_write(devices, entry);
	others_report(devices, entry, more ? LOG_WARNING : LOG_INFO);
}

/* Egress first: there ends what begins at ingress. */
static int hooks_attach(const struct datapath_devices *devices, const struct device_entry *entry,
			enum attach_mode *ret_mode)
{
	struct attach_point point = {
		.directory = devices->options.directory,
		.ifindex = entry->ifindex,
		.wish = devices->options.attach,
	};
	enum attach_mode mode = ATTACH_NONE;
	int error = 0;

	for (int hook = ATTACH_HOOKS - 1; !error && hook >= 0; hook--) {
		point.hook = (enum attach_hook)hook;
		point.program_fd = devices->program_fds[hook];
		if (point.program_fd >= 0)
			error = attach_device(&point, &mode);
	}
	if (error)
		return error;
	*ret_mode = mode;
	if (devices->program_fds[ATTACH_EGRESS] < 0) /* of an earlier agent with DELIVERY_CHAIN */
		attach_remove_hook(point.directory, point.ifindex, ATTACH_EGRESS);
	return 0;
}

/* The map entry comes first: the program looks up the device of each packet. */
static void entry_attach(struct datapath_devices *devices, struct device_entry *entry)
{
	uint32_t mode_before = entry->device.attach;
	enum attach_mode mode = ATTACH_NONE;
	int error;

	entry_write(devices, entry);
	error = hooks_attach(devices, entry, &mode);
	entry->device.attach = mode;
	if (mode != mode_before)
		entry_write(devices, entry);
	if (mode != mode_before || (error && error != entry->attach_error))
		attach_report(devices, entry, error);
	entry->attach_error = error;
}

static bool entry_chain(const struct datapath_devices *devices, const struct device_entry *entry,
			enum attach_hook hook, struct attach_chain *ret_chain)
{
	int error = attach_chain_read(devices->options.directory, entry->ifindex, hook, ret_chain);

	if (error)
		report_print(devices->options.sink, LOG_WARNING,
			     "device %s: cannot read what it runs: %s", entry->device.name,
			     strerror(-error));
	return !error;
}

static bool hook_is_whole(const struct datapath_devices *devices, const struct device_entry *entry,
			  enum attach_hook hook, const struct attach_chain *chain)
{
	return chain->mode != ATTACH_NONE &&
	       chain->mode == (enum attach_mode)entry->device.attach &&
	       chain->program_id == devices->program_ids[hook];
}

static bool egress_is_whole(const struct datapath_devices *devices,
			    const struct device_entry *entry)
{
	struct attach_chain chain;

	return devices->program_fds[ATTACH_EGRESS] < 0 ||
	       !entry_chain(devices, entry, ATTACH_EGRESS, &chain) ||
	       hook_is_whole(devices, entry, ATTACH_EGRESS, &chain);
}

static void entry_look(struct datapath_devices *devices, struct device_entry *entry)
{
	struct attach_chain chain;
	char name[IF_NAMESIZE];

	if (!if_indextoname(entry->ifindex, name)) /* we shall hear of it */
		return;
	if (!entry_chain(devices, entry, ATTACH_INGRESS, &chain))
		return;
	if (!hook_is_whole(devices, entry, ATTACH_INGRESS, &chain) ||
	    !egress_is_whole(devices, entry)) {
		if (entry->device.attach != ATTACH_NONE) {
			report_print(devices->options.sink, LOG_WARNING,
				     "device %s: our program was taken off by somebody, attaching "
				     "it again",
				     entry->device.name);
			devices->repairs++;
			entry->device.attach = ATTACH_NONE;
		}
		entry_attach(devices, entry);
		if (!entry_chain(devices, entry, ATTACH_INGRESS, &chain))
			return;
	}
	entry_note_others(devices, entry, &chain);
}

static void entry_attach_and_look(struct datapath_devices *devices, struct device_entry *entry)
{
	struct attach_chain chain;

	entry_attach(devices, entry);
	if (entry->device.attach != ATTACH_NONE &&
	    entry_chain(devices, entry, ATTACH_INGRESS, &chain))
		entry_note_others(devices, entry, &chain);
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
	if (news < 0 || devices->map_fd < 0)
		return;
	if (news == DEVICE_RENAMED_AWAY)
		entry_remove(devices, link->ifindex);
	else if (entry && devices->attaching && entry->device.attach == ATTACH_NONE)
		entry_attach_and_look(devices, entry);
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

	devices->options.addresses_changed(devices->options.context);
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

int datapath_devices_new(const struct datapath_devices_options *options,
			 struct datapath_devices **ret_devices)
{
	_cleanup_(datapath_devices_freep) struct datapath_devices *devices =
		calloc(1, sizeof(*devices));
	struct link_sink sink = {devices, link_present, link_gone, addresses_changed,
				 filters_changed};
	int error;

	if (!devices)
		return -ENOMEM;
	devices->options = *options;
	devices->list.patterns = options->patterns;
	devices->list.pattern_count = options->pattern_count;
	devices->map_fd = -1;
	devices->program_fds[ATTACH_INGRESS] = devices->program_fds[ATTACH_EGRESS] = -1;
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

static uint32_t program_id(int program_fd)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(program_fd, &info, &length) ? 0 : info.id;
}

void datapath_devices_load(struct datapath_devices *devices, const struct program *program)
{
	devices->program_fds[ATTACH_INGRESS] = program_ingress_fd(program);
	devices->program_fds[ATTACH_EGRESS] = program_egress_fd(program);
	for (int hook = 0; hook < ATTACH_HOOKS; hook++)
		devices->program_ids[hook] = program_id(devices->program_fds[hook]);
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
		entry_attach_and_look(devices, &devices->list.entries[i]);
	map_prune(devices);
	return 0;
}

void datapath_devices_look(struct datapath_devices *devices)
{
	for (size_t i = 0; devices->attaching && i < devices->list.count; i++)
		entry_look(devices, &devices->list.entries[i]);
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
		.repairs = devices->repairs,
	};

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
