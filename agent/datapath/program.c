/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../../bpf/datapath_abi.h"
#include "../base/cleanup.h"
#include "libbpf_words.h"
#include "pathroute_tc.skel.h"
#include "pins.h"
#include "program_early.h"

#define HALF_TIMEOUT_S 600
#define CONNECT_TIMEOUT_S 60
#define CLOSING_TIMEOUT_S 10
#define TAIL_TIMEOUT_S 2

struct program {
	struct pathroute_tc *skeleton;
	struct pathroute_xdp *early; /* NULL: not wanted, or the kernel does not take it */
	bool adopted;
};

/* Which option sets the size of which map, how many entries each unit has, and how many more. */
struct map_size {
	const char *map;
	size_t option; /* offset in struct program_options */
	uint32_t factor;
	uint32_t more;
};

#define SIZE_OF(option) offsetof(struct program_options, option)

static const struct map_size map_sizes[] = {
	{"flows", SIZE_OF(flows), 2, LEGS_DEFAULT},
	{"flow_slots", SIZE_OF(flows), 1, 0},
	{"flow_free", SIZE_OF(flows), 1, 0},
	{"holds_large", SIZE_OF(holds_large), 1, 0},
	{"holds_large_free", SIZE_OF(holds_large), 1, 0},
	{"sources", SIZE_OF(holds_large), 2, 0},
	{"hosts", SIZE_OF(rules), 1, 0},
	{"paths", SIZE_OF(rules), 2, 0},
	{"rules", SIZE_OF(rules), 1, 0},
	{"rule_sets", SIZE_OF(rules), 3, 0},
	{"rule_names", SIZE_OF(rules), 1, 0},
	{"rule_stats", SIZE_OF(rules), 1, 0},
	{"endpoints", SIZE_OF(endpoints), 1, 0},
	{"endpoint_stats", SIZE_OF(endpoints), 1, 0},
	{"endpoint_names", SIZE_OF(endpoints), 1, 0},
};

#define MAP_SIZES (sizeof(map_sizes) / sizeof(map_sizes[0]))

static int maps_set_sizes(const struct bpf_object *object, const struct program_options *options)
{
	for (size_t i = 0; i < MAP_SIZES; i++) {
		const struct map_size *size = &map_sizes[i];
		struct bpf_map *map = bpf_object__find_map_by_name(object, size->map);
		const char *field = (const char *)options + size->option;
		uint32_t units;
		int error;

		memcpy(&units, field, sizeof(units));
		if (!map || units > (UINT32_MAX - size->more) / size->factor)
			return -EINVAL;
		error = bpf_map__set_max_entries(map, units * size->factor + size->more);
		if (error)
			return error;
	}
	return 0;
}

/* Those of all other maps are part of the layout. */
static bool map_size_is_option(const char *name)
{
	for (size_t i = 0; i < MAP_SIZES; i++) {
		if (!strcmp(map_sizes[i].map, name))
			return true;
	}
	return false;
}

static bool map_fits(const struct bpf_map *map, const struct bpf_map_info *info)
{
	return info->type == bpf_map__type(map) && info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       (info->max_entries == bpf_map__max_entries(map) ||
		map_size_is_option(bpf_map__name(map)));
}

/* Returns 1 if `map` is pinned already, 0 if not. */
static int map_adopt(struct bpf_map *map, const char *directory, const struct report_sink *sink)
{
	_cleanup_close_ int fd = pins_open(directory, bpf_map__name(map));
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (!map_fits(map, &info)) {
		report_print(sink, LOG_ERR,
			     "pinned map %s/%s is of another build of this program: its values "
			     "have %u bytes and it has %u entries, not %u and %u. Run "
			     "\"pathroute-agent uninstall\" once, which resets open connections, "
			     "then start the agent again",
			     directory, bpf_map__name(map), info.value_size, info.max_entries,
			     bpf_map__value_size(map), bpf_map__max_entries(map));
		return -EUCLEAN;
	}
	if (info.max_entries == bpf_map__max_entries(map))
		return 1;
	report_print(sink, LOG_WARNING,
		     "pinned map %s keeps its %u entries, the options ask for %u",
		     bpf_map__name(map), info.max_entries, bpf_map__max_entries(map));
	return bpf_map__set_max_entries(map, info.max_entries) ?: 1;
}

static int maps_adopt(struct program *program, const char *directory,
		      const struct report_sink *sink)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, program->skeleton->obj)
	{
		int adopted = bpf_map__pin_path(map) ? map_adopt(map, directory, sink) : 0;

		if (adopted < 0)
			return adopted;
		program->adopted |= adopted;
	}
	return 0;
}

static uint32_t ticks_from_seconds(uint32_t seconds)
{
	return (uint32_t)((uint64_t)seconds * 1000000000 >> DATAPATH_TICK_SHIFT);
}

static void settings_fill(struct pathroute_tc *skeleton, const struct program_options *options)
{
	skeleton->rodata->settings = (struct datapath_settings){
		.flows = bpf_map__max_entries(skeleton->maps.flow_slots),
		.holds_small = bpf_map__max_entries(skeleton->maps.holds_small),
		.holds_large = bpf_map__max_entries(skeleton->maps.holds_large),
		.source_cap = options->source_cap,
		.head_timeout = ticks_from_seconds(options->head_timeout_s),
		.idle_timeout = ticks_from_seconds(options->idle_timeout_s),
		.half_timeout = ticks_from_seconds(HALF_TIMEOUT_S),
		.connect_timeout = ticks_from_seconds(CONNECT_TIMEOUT_S),
		.closing_timeout = ticks_from_seconds(CLOSING_TIMEOUT_S),
		.tail_timeout = ticks_from_seconds(TAIL_TIMEOUT_S),
		.mss_v4 = options->mss_v4,
		.mss_v6 = options->mss_v6,
		.nat_port_first = options->nat_port_first,
		.nat_port_count = options->nat_port_count,
		.delivery = options->delivery,
	};
}

static int sweep_start(const struct program *program)
{
	unsigned char frame[ETH_HLEN] = {0}; /* of no interest, but there must be one */
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	int fd = bpf_program__fd(program->skeleton->progs.pathroute_sweep_start);

	if (bpf_prog_test_run_opts(fd, &run))
		return -errno;
	return (int)run.retval < 0 ? (int)run.retval : 0;
}

static int program_prepare(struct program *program, const struct program_options *options,
			   const struct report_sink *sink)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .pin_root_path = options->directory);
	int error;

	program->skeleton = pathroute_tc__open_opts(&open);
	if (!program->skeleton)
		return -errno;
	error = maps_set_sizes(program->skeleton->obj, options);
	if (!error)
		error = maps_adopt(program, options->directory, sink);
	if (error)
		return error;
	settings_fill(program->skeleton, options);
	return bpf_program__set_autoload(program->skeleton->progs.pathroute_chain,
					 options->delivery == DELIVERY_CHAIN);
}

/* XDP only makes things faster: without it the router works as well. */
static void early_load(struct program *program, const struct report_sink *sink)
{
	const struct datapath_settings settings = program->skeleton->rodata->settings;
	int error = program_early_load(program->skeleton->obj, &settings, &program->early);

	if (!error)
		return;
	libbpf_words_report(sink);
	report_print(sink, LOG_WARNING, "cannot load the XDP program: %s, tc does its work",
		     strerror(-error));
}

static void program_freep(struct program **program)
{
	program_free(*program);
}

int program_load(const struct program_options *options, const struct report_sink *sink,
		 struct program **ret_program)
{
	_cleanup_(program_freep) struct program *program = calloc(1, sizeof(*program));
	int error;

	if (!program)
		return -ENOMEM;
	libbpf_words_listen();
	error = program_prepare(program, options, sink);
	if (!error)
		error = pathroute_tc__load(program->skeleton);
	if (!error)
		error = sweep_start(program);
	if (error) {
		libbpf_words_report(sink);
		return error;
	}
	if (options->xdp)
		early_load(program, sink);
	*ret_program = STEAL(program);
	return 0;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	program_early_free(program->early);
	pathroute_tc__destroy(program->skeleton);
	free(program);
}

bool program_adopted(const struct program *program)
{
	return program->adopted;
}

int program_ingress_fd(const struct program *program)
{
	return bpf_program__fd(program->skeleton->progs.pathroute_ingress);
}

int program_egress_fd(const struct program *program)
{
	const struct pathroute_tc *skeleton = program->skeleton;
	int chain = bpf_program__fd(skeleton->progs.pathroute_chain);

	return chain >= 0 ? chain : program_ingress_fd(program);
}

int program_early_fd(const struct program *program)
{
	return program_early_descriptor(program->early);
}

int program_send_fd(const struct program *program)
{
	return bpf_program__fd(program->skeleton->progs.pathroute_send);
}

int program_map_fd(const struct program *program, const char *name)
{
	return bpf_object__find_map_fd_by_name(program->skeleton->obj, name);
}
