/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "../../bpf/datapath_abi.h"
#include "../base/cleanup.h"
#include "attach_tcx.h"
#include "libbpf_words.h"
#include "pathroute_tc.skel.h"

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

int probe_programs(const struct report_sink *sink)
{
	struct pathroute_tc *skeleton;
	int error;

	libbpf_words_listen();
	skeleton = pathroute_tc__open();
	if (!skeleton)
		return -errno;
	error = maps_shrink(skeleton->obj);
	if (!error)
		error = pathroute_tc__load(skeleton);
	pathroute_tc__destroy(skeleton);
	if (error)
		libbpf_words_report(sink);
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
