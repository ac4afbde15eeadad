/* SPDX-License-Identifier: Apache-2.0 */
#include "device_hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <syslog.h>

#include "attach_chain.h"
#include "readings.h"

_Static_assert(ATTACH_HOOKS == DEVICE_HOOKS, "others are counted for each hook");

static uint32_t program_id(int program_fd)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(program_fd, &info, &length) ? 0 : info.id;
}

void device_hooks_load(struct device_hooks *hooks, const struct program *program)
{
	hooks->fds[ATTACH_INGRESS] = program_ingress_fd(program);
	hooks->fds[ATTACH_EGRESS] = program_egress_fd(program);
	for (int hook = 0; hook < ATTACH_HOOKS; hook++)
		hooks->ids[hook] = program_id(hooks->fds[hook]);
	hooks->xdp.program_fd = program_early_fd(program);
	hooks->xdp.program_id = program_id(hooks->xdp.program_fd);
	hooks->map_fd = program_map_fd(program, "devices");
}

void device_hooks_write(const struct device_hooks *hooks, const struct device_entry *entry)
{
	if (hooks->map_fd >= 0 &&
	    bpf_map_update_elem(hooks->map_fd, &entry->ifindex, &entry->device, BPF_ANY))
		report_print(hooks->sink, LOG_ERR, "device %s: map devices: %s", entry->device.name,
			     strerror(errno));
}

static void attach_report(const struct device_hooks *hooks, const struct device_entry *entry,
			  int error)
{
	if (error == -EOPNOTSUPP)
		report_print(hooks->sink, LOG_ERR, "device %s: the kernel has no %s",
			     entry->device.name, hooks->wish == ATTACH_WISH_TCX ? "tcx" : "clsact");
	else if (error)
		report_print(hooks->sink, LOG_ERR,
			     "device %s: cannot attach: %s, trying again from time to time",
			     entry->device.name, strerror(-error));
	else
		report_print(hooks->sink, LOG_INFO, "device %s: attached with %s%s",
			     entry->device.name, readings_attach_label(entry->device.attach),
			     entry->device.flags & DEVICE_PEER ? ", its peer is reached directly"
							       : "");
}

static uint8_t count_cut(uint32_t count)
{
	return (uint8_t)(count > UINT8_MAX ? UINT8_MAX : count);
}

static void others_report(const struct device_hooks *hooks, const struct device_entry *entry,
			  enum attach_hook hook, int level)
{
	const struct device_others *others = &entry->device.others[hook];

	report_print(hooks->sink, level,
		     "device %s: programs of others%s: %u before ours, %u behind it",
		     entry->device.name, hook == ATTACH_EGRESS ? " where packets leave" : "",
		     others->before, others->behind);
}

/* Who comes before us was put there after us, and knew why: no fight about the first place. */
static void entry_note_others(struct device_hooks *hooks, struct device_entry *entry,
			      enum attach_hook hook, const struct attach_chain *chain)
{
	struct device_others *others = &entry->device.others[hook];
	uint8_t before = count_cut(chain->before), behind = count_cut(chain->behind);
	bool more = before > others->before;

	if (before == others->before && behind == others->behind)
		return;
	*others = (struct device_others){.before = before, .behind = behind};
	device_hooks_write(hooks, entry);
	others_report(hooks, entry, hook, more ? LOG_WARNING : LOG_INFO);
}

/* Egress first: there ends what begins at ingress. */
static int hooks_attach(const struct device_hooks *hooks, const struct device_entry *entry,
			enum attach_mode *ret_mode)
{
	struct attach_point point = {
		.directory = hooks->directory,
		.ifindex = entry->ifindex,
		.wish = hooks->wish,
	};
	enum attach_mode mode = ATTACH_NONE;
	int error = 0;

	for (int hook = ATTACH_HOOKS - 1; !error && hook >= 0; hook--) {
		point.hook = (enum attach_hook)hook;
		point.program_fd = hooks->fds[hook];
		error = attach_device(&point, &mode);
	}
	if (error)
		return error;
	*ret_mode = mode;
	return 0;
}

/* The map entry comes first: the program looks up the device of each packet. */
static void entry_attach(struct device_hooks *hooks, struct device_entry *entry)
{
	uint32_t mode_before = entry->device.attach, xdp_before = entry->device.xdp;
	enum attach_mode mode = ATTACH_NONE;
	int error;

	device_hooks_write(hooks, entry);
	error = hooks_attach(hooks, entry, &mode);
	entry->device.attach = mode;
	if (mode != mode_before || (error && error != entry->attach_error))
		attach_report(hooks, entry, error);
	entry->attach_error = error;
	device_xdp_attach(&hooks->xdp, entry);
	if (mode != mode_before || entry->device.xdp != xdp_before)
		device_hooks_write(hooks, entry);
}

/* What the device runs, by its hooks. */
static bool chains_read(const struct device_hooks *hooks, const struct device_entry *entry,
			struct attach_chain ret_chains[ATTACH_HOOKS])
{
	int error = 0;

	for (int hook = 0; !error && hook < ATTACH_HOOKS; hook++)
		error = attach_chain_read(hooks->directory, entry->ifindex, (enum attach_hook)hook,
					  &ret_chains[hook]);
	if (error)
		report_print(hooks->sink, LOG_WARNING, "device %s: cannot read what it runs: %s",
			     entry->device.name, strerror(-error));
	return !error;
}

static bool hooks_are_whole(const struct device_hooks *hooks, const struct device_entry *entry,
			    const struct attach_chain chains[ATTACH_HOOKS])
{
	bool whole = true;

	for (int hook = 0; hook < ATTACH_HOOKS; hook++)
		whole = whole && chains[hook].mode != ATTACH_NONE &&
			chains[hook].mode == (enum attach_mode)entry->device.attach &&
			chains[hook].program_id == hooks->ids[hook];
	return whole;
}

static void others_note(struct device_hooks *hooks, struct device_entry *entry,
			const struct attach_chain chains[ATTACH_HOOKS])
{
	for (int hook = 0; hook < ATTACH_HOOKS; hook++)
		entry_note_others(hooks, entry, (enum attach_hook)hook, &chains[hook]);
}

static void xdp_look(struct device_hooks *hooks, struct device_entry *entry, uint32_t running_id)
{
	uint32_t before = entry->device.xdp;

	hooks->repairs += device_xdp_look(&hooks->xdp, entry, running_id);
	if (entry->device.xdp != before)
		device_hooks_write(hooks, entry);
}

static void hooks_repair(struct device_hooks *hooks, struct device_entry *entry)
{
	if (entry->device.attach != ATTACH_NONE) {
		report_print(hooks->sink, LOG_WARNING,
			     "device %s: our program was taken off by somebody, attaching it again",
			     entry->device.name);
		hooks->repairs++;
		entry->device.attach = ATTACH_NONE;
	}
	entry_attach(hooks, entry);
}

void device_hooks_look(struct device_hooks *hooks, struct device_entry *entry)
{
	struct attach_chain chains[ATTACH_HOOKS];
	char name[IF_NAMESIZE];

	if (!if_indextoname(entry->ifindex, name)) /* we shall hear of it */
		return;
	if (!chains_read(hooks, entry, chains))
		return;
	if (!hooks_are_whole(hooks, entry, chains)) {
		hooks_repair(hooks, entry);
		if (!chains_read(hooks, entry, chains))
			return;
	}
	xdp_look(hooks, entry, chains[ATTACH_INGRESS].xdp_id);
	others_note(hooks, entry, chains);
}

void device_hooks_attach(struct device_hooks *hooks, struct device_entry *entry)
{
	struct attach_chain chains[ATTACH_HOOKS];

	entry_attach(hooks, entry);
	if (entry->device.attach != ATTACH_NONE && chains_read(hooks, entry, chains))
		others_note(hooks, entry, chains);
}

void device_hooks_remove(const struct device_hooks *hooks, uint32_t ifindex)
{
	attach_xdp_remove(hooks->directory, ifindex);
	attach_remove_device(hooks->directory, ifindex);
	bpf_map_delete_elem(hooks->map_fd, &ifindex);
}
