/* SPDX-License-Identifier: Apache-2.0 */
#include "program_early.h"

#include <errno.h>

#include "pathroute_xdp.skel.h"

/* Maps by the name of one that is there already are that one. They are pinned by their owner. */
static int maps_share(const struct bpf_object *owner, const struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int fd = bpf_object__find_map_fd_by_name(owner, bpf_map__name(map));
		int error;

		if (fd < 0 || bpf_map__is_internal(map))
			continue;
		error = bpf_map__set_pin_path(map, NULL);
		if (!error)
			error = bpf_map__reuse_fd(map, fd);
		if (error)
			return error;
	}
	return 0;
}

int program_early_load(const struct bpf_object *maps, const struct datapath_settings *settings,
		       struct pathroute_xdp **ret_early)
{
	struct pathroute_xdp *early = pathroute_xdp__open();
	int error;

	if (!early)
		return -errno;
	early->rodata->settings = *settings;
	error = maps_share(maps, early->obj);
	if (!error)
		error = pathroute_xdp__load(early);
	if (error) {
		pathroute_xdp__destroy(early);
		return error;
	}
	*ret_early = early;
	return 0;
}

void program_early_free(struct pathroute_xdp *early)
{
	pathroute_xdp__destroy(early);
}

int program_early_descriptor(const struct pathroute_xdp *early)
{
	return early ? bpf_program__fd(early->progs.pathroute_early) : -1;
}
