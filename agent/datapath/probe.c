/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "../base/cleanup.h"
#include "attach_tcx.h"
#include "libbpf_words.h"
#include "pathroute_tc.skel.h"
#include "pathroute_xdp.skel.h"

#define SMALL_MAP 64

static int maps_shrink(const struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int error = 0;

		if (!bpf_map__pin_path(map))
			continue; /* .rodata */
		error = bpf_map__set_pin_path(map, NULL);
		if (!error && bpf_map__max_entries(map) > SMALL_MAP)
			error = bpf_map__set_max_entries(map, SMALL_MAP);
		if (error)
			return error;
	}
	return 0;
}

static unsigned programs_count(const struct bpf_object *object)
{
	struct bpf_program *program;
	unsigned count = 0;

	bpf_object__for_each_program(program, object) count += bpf_program__fd(program) >= 0;
	return count;
}

static int programs_load(struct pathroute_tc *skeleton, enum delivery delivery)
{
	int error = maps_shrink(skeleton->obj);

	skeleton->rodata->settings.delivery = delivery;
	if (!error)
		error = bpf_program__set_autoload(skeleton->progs.pathroute_chain,
						  delivery == DELIVERY_CHAIN);
	return error ?: pathroute_tc__load(skeleton);
}

int probe_programs(enum delivery delivery, const struct report_sink *sink, unsigned *ret_count)
{
	struct pathroute_tc *skeleton;
	int error;

	libbpf_words_listen();
	skeleton = pathroute_tc__open();
	if (!skeleton)
		return -errno;
	error = programs_load(skeleton, delivery);
	if (error)
		libbpf_words_report(sink);
	else
		*ret_count = programs_count(skeleton->obj);
	pathroute_tc__destroy(skeleton);
	return error;
}

int probe_early(const struct report_sink *sink)
{
	struct pathroute_xdp *skeleton;
	int error;

	libbpf_words_listen();
	skeleton = pathroute_xdp__open();
	if (!skeleton)
		return -errno;
	error = maps_shrink(skeleton->obj);
	if (!error)
		error = pathroute_xdp__load(skeleton);
	if (error)
		libbpf_words_report(sink);
	pathroute_xdp__destroy(skeleton);
	return error;
}

static int nothing_load(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "probe", "Apache-2.0", nothing,
			     sizeof(nothing) / sizeof(nothing[0]), NULL);
}

bool probe_tcx(void)
{
	_cleanup_close_ int fd = nothing_load();

	return fd >= 0 && attach_tcx_is_known(fd);
}

bool probe_jit(void)
{
	_cleanup_close_ int fd = nothing_load();
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length) && info.jited_prog_len;
}
