/* SPDX-License-Identifier: Apache-2.0 */
#include "datapath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "../base/cleanup.h"
#include "attach_xdp.h"
#include "cookie_keys.h"
#include "datapath_devices.h"
#include "device_xdp.h"
#include "due_sends.h"
#include "pins.h"
#include "program.h"
#include "replies.h"

#define MTU_DEFAULT 1500
#define MSS_V4_MIN 536 /* RFC 9293 3.7.1 */
#define MSS_V6_MIN 1220
#define MSS_MAX 65000
#define HEADERS_V4 40 /* IP and TCP without options */
#define HEADERS_V6 60
#define DUE_PER_TURN 256 /* of the loop, which has other work to do */

struct datapath {
	struct datapath_options options;
	struct report_sink sink;
	char directory[PINS_PATH_MAX];
	int lock_fd;
	bool adopted;
	bool applied;
	uint32_t mtu; /* that the programs were loaded for */
	struct program *program;
	struct datapath_devices *devices;
	struct route_maps *maps;
	struct due_sends *sends;
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint16_t mss_within(uint32_t mss, uint32_t low)
{
	if (mss < low)
		return (uint16_t)low;
	return (uint16_t)(mss > MSS_MAX ? MSS_MAX : mss);
}

static uint32_t mtu_wanted(const struct datapath *datapath)
{
	uint32_t mtu = datapath_devices_min_mtu(datapath->devices);

	if (datapath->options.mss)
		return datapath->options.mss + HEADERS_V4;
	return mtu ? mtu : MTU_DEFAULT;
}

static int program_open(struct datapath *datapath, uint32_t mtu, struct program **ret_program)
{
	const struct datapath_options *options = &datapath->options;
	struct program_options wanted = {
		.directory = datapath->directory,
		.flows = options->flows,
		.rules = options->rules,
		.endpoints = options->endpoints,
		.holds_large = options->holds_large,
		.delivery = options->delivery,
		.source_cap = options->source_cap,
		.head_timeout_s = options->head_timeout_s,
		.idle_timeout_s = options->idle_timeout_s,
		.xdp = device_xdp_is_on(options->xdp_patterns, options->xdp_pattern_count),
		.nat_port_first = options->nat_port_first,
		.nat_port_count = options->nat_port_count,
		.mss_v4 = mss_within(mtu > HEADERS_V4 ? mtu - HEADERS_V4 : 0, MSS_V4_MIN),
		.mss_v6 = mss_within(mtu > HEADERS_V6 ? mtu - HEADERS_V6 : 0, MSS_V6_MIN),
	};

	return program_load(&wanted, &datapath->sink, ret_program);
}

static int links_update(struct datapath *datapath)
{
	const int program_fds[ATTACH_HOOKS] = {
		[ATTACH_INGRESS] = program_ingress_fd(datapath->program),
		[ATTACH_EGRESS] = program_egress_fd(datapath->program),
	};
	uint32_t updated = 0;
	int error = attach_update_links(datapath->directory, program_fds, &updated);

	if (!error)
		error = attach_xdp_update_links(datapath->directory,
						program_early_fd(datapath->program));
	if (error)
		report_print(&datapath->sink, LOG_ERR, "cannot replace programs on devices: %s",
			     strerror(-error));
	else if (updated)
		report_print(&datapath->sink, LOG_INFO, "programs replaced in place on %u devices",
			     updated);
	return error;
}

static int maps_prepare(struct datapath *datapath)
{
	int error = cookie_keys_fill(program_map_fd(datapath->program, "cookie_keys"));

	if (!error)
		error = replies_write(program_map_fd(datapath->program, "replies"));
	if (!error)
		error = route_maps_open(datapath->directory, &datapath->sink, &datapath->maps);
	if (!error)
		error = due_sends_open(program_map_fd(datapath->program, "due_ring"),
				       &datapath->sends);
	if (error)
		report_print(&datapath->sink, LOG_ERR, "cannot prepare the maps: %s",
			     strerror(-error));
	return error;
}

/* Until links_update() traffic has the programs of before: nothing that fails earlier stops it. */
static int program_start(struct datapath *datapath)
{
	int error;

	datapath->mtu = mtu_wanted(datapath);
	error = program_open(datapath, datapath->mtu, &datapath->program);
	if (error) {
		report_print(&datapath->sink, LOG_ERR, "cannot load the programs: %s",
			     strerror(-error));
		return error;
	}
	datapath->adopted = program_adopted(datapath->program);
	error = maps_prepare(datapath);
	if (!error && datapath->adopted)
		error = links_update(datapath);
	if (error)
		return error;
	datapath_devices_load(datapath->devices, datapath->program);
	return datapath->adopted ? datapath_devices_attach(datapath->devices) : 0;
}

static int directory_prepare(struct datapath *datapath)
{
	const char *bpffs = datapath->options.bpffs;
	int error = pins_format_directory(bpffs, datapath->directory, sizeof(datapath->directory));

	if (!error)
		error = pins_make_directories(bpffs);
	if (!error)
		error = pins_lock(bpffs, &datapath->lock_fd);
	if (error == -ENODEV)
		report_print(&datapath->sink, LOG_ERR,
			     "%s is no BPF file system: mount -t bpf bpf %s", bpffs, bpffs);
	else if (error == -EBUSY)
		report_print(&datapath->sink, LOG_ERR, "another agent works on %s", bpffs);
	else if (error)
		report_print(&datapath->sink, LOG_ERR, "%s: %s", bpffs, strerror(-error));
	return error;
}

int datapath_is_free(const char *bpffs, const struct report_sink *sink)
{
	_cleanup_close_ int lock_fd = -1;

	if (!pins_is_bpffs(bpffs) || pins_lock(bpffs, &lock_fd) != -EBUSY)
		return 0;
	report_print(sink, LOG_ERR, "another agent works on %s", bpffs);
	return -EBUSY;
}

static void datapath_closep(struct datapath **datapath)
{
	datapath_close(*datapath);
}

int datapath_open(const struct datapath_options *options, const struct datapath_events *events,
		  struct datapath **ret_datapath)
{
	_cleanup_(datapath_closep) struct datapath *datapath = calloc(1, sizeof(*datapath));
	int error;

	if (!datapath)
		return -ENOMEM;
	datapath->options = *options;
	datapath->sink = (struct report_sink){events->report, events->context};
	datapath->lock_fd = -1;
	error = directory_prepare(datapath);
	if (error)
		return error;

	struct datapath_devices_options wanted = {
		.directory = datapath->directory,
		.patterns = options->device_patterns,
		.pattern_count = options->device_pattern_count,
		.xdp_patterns = options->xdp_patterns,
		.xdp_pattern_count = options->xdp_pattern_count,
		.uplink_patterns = options->uplink_patterns,
		.uplink_pattern_count = options->uplink_pattern_count,
		.attach = options->attach,
		.sink = &datapath->sink,
		.context = events->context,
		.addresses_changed = events->addresses_changed,
		.hooks_changed = events->hooks_changed,
	};

	error = datapath_devices_new(&wanted, &datapath->devices);
	if (!error)
		error = program_start(datapath);
	if (!error)
		*ret_datapath = STEAL(datapath);
	return error;
}

void datapath_close(struct datapath *datapath)
{
	if (!datapath)
		return;
	datapath_devices_free(datapath->devices);
	route_maps_close(datapath->maps);
	due_sends_close(datapath->sends);
	program_free(datapath->program);
	closep(&datapath->lock_fd);
	free(datapath);
}

bool datapath_adopted(const struct datapath *datapath)
{
	return datapath->adopted;
}

const char *datapath_directory(const struct datapath *datapath)
{
	return datapath->directory;
}

int datapath_fd(const struct datapath *datapath)
{
	return datapath_devices_fd(datapath->devices);
}

/* The MSS is a constant of the programs: a device with a smaller MTU needs them loaded anew. */
static int mtu_follow(struct datapath *datapath)
{
	uint32_t mtu = mtu_wanted(datapath);
	struct program *program, *old = datapath->program;
	int error;

	if (mtu >= datapath->mtu)
		return 0;
	report_print(&datapath->sink, LOG_INFO, "smallest MTU is %u now, was %u: loading anew", mtu,
		     datapath->mtu);
	datapath->mtu = mtu; /* also on failure: one try for each fall */
	error = program_open(datapath, mtu, &program);
	if (error)
		return error;
	datapath->program = program;
	datapath_devices_load(datapath->devices, program);
	program_free(old);
	return datapath_devices_attach(datapath->devices);
}

int datapath_dispatch(struct datapath *datapath)
{
	int error = datapath_devices_dispatch(datapath->devices);

	return error ?: mtu_follow(datapath);
}

void datapath_look(struct datapath *datapath)
{
	datapath_devices_look(datapath->devices);
}

int datapath_due_fd(const struct datapath *datapath)
{
	return due_sends_fd(datapath->sends);
}

int datapath_send_due(struct datapath *datapath)
{
	int count =
		due_sends_run(datapath->sends, program_send_fd(datapath->program), DUE_PER_TURN);

	return count < 0 ? count : 0;
}

int datapath_apply(struct datapath *datapath, const struct route_table *table,
		   struct route_change *ret_change)
{
	int error = route_maps_apply(datapath->maps, table, ret_change);

	if (error || datapath->applied)
		return error;
	datapath->applied = true;
	return datapath_devices_attach(datapath->devices);
}

int datapath_refresh(struct datapath *datapath, const struct route_table *table,
		     const struct rule_places *places, struct route_change *ret_change)
{
	return route_maps_refresh(datapath->maps, table, places, ret_change);
}

int datapath_audit(const struct datapath *datapath, const struct route_table *table,
		   const struct audit_sink *sink, size_t *ret_count)
{
	return route_audit_run(datapath->directory, table, sink, ret_count);
}

void datapath_distrust(struct datapath *datapath)
{
	route_maps_forget(datapath->maps);
}

int datapath_rotate_keys(struct datapath *datapath)
{
	return cookie_keys_rotate(program_map_fd(datapath->program, "cookie_keys"), clock_ns());
}

uint64_t datapath_key_wait_ms(void)
{
	return cookie_keys_wait_ms(clock_ns());
}

void datapath_get_status(const struct datapath *datapath, struct datapath_status *ret_status)
{
	datapath_devices_count(datapath->devices, ret_status);
}
