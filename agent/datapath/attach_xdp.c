/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <stdio.h>

#include "../base/cleanup.h"
#include "pins.h"

#define XDP_FOLDER "xdp"

static void xdp_pin_name(uint32_t ifindex, char *ret_name, size_t size)
{
	snprintf(ret_name, size, XDP_FOLDER "/%" PRIu32, ifindex);
}

/* The device of a link; 0: it is gone. */
static uint32_t xdp_ifindex(int link_fd, uint32_t *ret_program_id)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(link_fd, &info, &length))
		return 0;
	*ret_program_id = info.prog_id;
	return info.xdp.ifindex;
}

static int xdp_create(uint32_t ifindex, int program_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(program_fd, (int)ifindex, BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

int attach_xdp(const char *directory, uint32_t ifindex, int program_fd)
{
	uint32_t program_id;
	char name[32];

	xdp_pin_name(ifindex, name, sizeof(name));

	_cleanup_close_ int pinned = pins_open(directory, name);

	if (pinned >= 0 && xdp_ifindex(pinned, &program_id) == ifindex)
		return bpf_link_update(pinned, program_fd, NULL) ? -errno : 0;

	_cleanup_close_ int created = xdp_create(ifindex, program_fd);

	return created < 0 ? created : pins_put(directory, name, created);
}

int attach_xdp_remove(const char *directory, uint32_t ifindex)
{
	char name[32];

	xdp_pin_name(ifindex, name, sizeof(name));
	return pins_detach_link(directory, name);
}

static int link_update(void *context, const char *directory, const char *name)
{
	const int *program_fd = context;
	_cleanup_close_ int fd = pins_open(directory, name);
	uint32_t program_id;

	if (fd < 0)
		return fd;
	if (*program_fd < 0 || !xdp_ifindex(fd, &program_id) ||
	    bpf_link_update(fd, *program_fd, NULL))
		return pins_detach_link(directory, name);
	return 0;
}

int attach_xdp_update_links(const char *directory, int program_fd)
{
	return pins_walk(directory, XDP_FOLDER, link_update, &program_fd);
}

int attach_xdp_remove_links(const char *directory)
{
	return attach_xdp_update_links(directory, -1);
}

int attach_xdp_query(const char *directory, uint32_t ifindex, uint32_t *ret_program_id)
{
	char name[32];

	xdp_pin_name(ifindex, name, sizeof(name));

	_cleanup_close_ int fd = pins_open(directory, name);

	if (fd < 0)
		return fd;
	return xdp_ifindex(fd, ret_program_id) == ifindex ? 0 : -ENOENT;
}
