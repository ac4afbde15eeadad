/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_tcx.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/cleanup.h"
#include "attach.h"
#include "pins.h"

/* Of <linux/bpf.h> since Linux 6.6; the headers of older systems lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define TCX_FLAG_BEFORE (1U << 3)

/* The link_create part of union bpf_attr. BEFORE without a relative: first in the chain. */
struct tcx_create {
	uint32_t program_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd;
	uint32_t pad;
	uint64_t expected_revision;
};

/* What BPF_OBJ_GET_INFO_BY_FD tells of a tcx link. */
struct tcx_info {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t pad;
	uint32_t ifindex; /* 0: the device is gone */
	uint32_t attach_type;
};

/* The query part of union bpf_attr. */
struct tcx_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t programs;
	uint32_t count;
	uint32_t pad;
	uint64_t rest[4];
};

static uint32_t tcx_type(enum attach_hook hook)
{
	return hook == ATTACH_EGRESS ? TCX_EGRESS : TCX_INGRESS;
}

static int tcx_create(uint32_t ifindex, enum attach_hook hook, int program_fd)
{
	struct tcx_create attr = {
		.program_fd = (uint32_t)program_fd,
		.ifindex = ifindex,
		.attach_type = tcx_type(hook),
		.flags = TCX_FLAG_BEFORE,
	};
	long fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

bool attach_tcx_is_known(int program_fd)
{
	_cleanup_close_ int fd = tcx_create(INT_MAX, ATTACH_INGRESS, program_fd);

	return fd >= 0 || fd == -ENODEV;
}

#define EGRESS_SUFFIX "-egress"

static void tcx_pin_name(uint32_t ifindex, enum attach_hook hook, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "links/%" PRIu32 "%s", ifindex,
		 hook == ATTACH_EGRESS ? EGRESS_SUFFIX : "");
}

static uint32_t tcx_ifindex(int link_fd)
{
	struct tcx_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(link_fd, &info, &length) ? 0 : info.ifindex;
}

int attach_tcx(const struct attach_point *point)
{
	char name[32];

	tcx_pin_name(point->ifindex, point->hook, name, sizeof(name));

	_cleanup_close_ int pinned = pins_open(point->directory, name);

	if (pinned >= 0 && tcx_ifindex(pinned) == point->ifindex)
		return bpf_link_update(pinned, point->program_fd, NULL) ? -errno : 0;

	_cleanup_close_ int created = tcx_create(point->ifindex, point->hook, point->program_fd);

	if (created >= 0)
		return pins_put(point->directory, name, created);
	return created == -EINVAL && !attach_tcx_is_known(point->program_fd) ? -EOPNOTSUPP
									     : created;
}

int attach_tcx_remove(const char *directory, uint32_t ifindex, enum attach_hook hook)
{
	char name[32];

	tcx_pin_name(ifindex, hook, name, sizeof(name));
	return pins_detach_link(directory, name);
}

struct link_update {
	const int *program_fds;
	uint32_t updated;
};

static int link_update(void *context, const char *directory, const char *name)
{
	struct link_update *update = context;
	_cleanup_close_ int fd = pins_open(directory, name);
	int program_fd = update->program_fds[strstr(name, EGRESS_SUFFIX) != NULL];

	if (fd < 0)
		return fd;
	if (program_fd < 0)
		return pins_detach_link(directory, name);
	if (!tcx_ifindex(fd))
		return pins_unlink(directory, name);
	if (bpf_link_update(fd, program_fd, NULL))
		return -errno;
	update->updated++;
	return 0;
}

int attach_update_links(const char *directory, const int program_fds[ATTACH_HOOKS],
			uint32_t *ret_updated)
{
	struct link_update update = {.program_fds = program_fds};
	int error = pins_walk_links(directory, link_update, &update);

	*ret_updated = update.updated;
	return error;
}

static int link_remove(void *context, const char *directory, const char *name)
{
	(void)context;
	return pins_detach_link(directory, name);
}

int attach_remove_links(const char *directory)
{
	return pins_walk_links(directory, link_remove, NULL);
}

int attach_tcx_query(const char *directory, uint32_t ifindex, enum attach_hook hook,
		     uint32_t *ret_program_id)
{
	struct tcx_info info = {0};
	uint32_t length = sizeof(info);
	char name[32];

	tcx_pin_name(ifindex, hook, name, sizeof(name));

	_cleanup_close_ int fd = pins_open(directory, name);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (info.ifindex != ifindex)
		return -ENOENT;
	*ret_program_id = info.program_id;
	return 0;
}

int attach_tcx_list(uint32_t ifindex, enum attach_hook hook,
		    uint32_t ret_programs[ATTACH_TCX_PROGRAMS], uint32_t *ret_count)
{
	struct tcx_query query = {
		.ifindex = ifindex,
		.attach_type = tcx_type(hook),
		.programs = (uint64_t)(uintptr_t)ret_programs,
		.count = ATTACH_TCX_PROGRAMS,
	};

	if (syscall(__NR_bpf, BPF_PROG_QUERY, &query, sizeof(query)))
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	*ret_count = query.count;
	return 0;
}
