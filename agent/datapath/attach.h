/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a program on a hook of a device, first in the tcx chain, or, where the kernel has no tcx,
 * as a clsact filter. Programs and filters of others are never touched. Attaching again replaces
 * the program in place: no packet passes without one.
 */
#ifndef PATHROUTE_ATTACH_H
#define PATHROUTE_ATTACH_H

#include <stdint.h>

/* Values are those of struct device.attach. */
enum attach_mode {
	ATTACH_NONE = 0,
	ATTACH_TCX = 1,
	ATTACH_CLSACT = 2,
};

enum attach_wish {
	ATTACH_WISH_AUTO = 0, /* tcx if the kernel has it, else clsact */
	ATTACH_WISH_TCX,
	ATTACH_WISH_CLSACT,
};

enum attach_hook {
	ATTACH_INGRESS = 0,
	ATTACH_EGRESS = 1, /* with DELIVERY_CHAIN only */
	ATTACH_HOOKS
};

struct attach_point {
	const char *directory; /* of the pins */
	uint32_t ifindex;
	enum attach_hook hook;
	int program_fd;
	enum attach_wish wish;
};

/* Returns 0 or a negative errno: -ENODEV when the device is gone, -EOPNOTSUPP when the kernel lacks
 * the wished mode. What we had attached in the other mode is removed. */
int attach_device(const struct attach_point *point, enum attach_mode *ret_mode);

/* Updates our links that are already there, on devices of any network namespace, and forgets
 * those whose device is gone, or for whose hook there is no program (a negative descriptor). Counts
 * those updated. */
int attach_update_links(const char *directory, const int program_fds[ATTACH_HOOKS],
			uint32_t *ret_updated);

/* Removes what we have on a hook of the device in any mode. 0 also when there was nothing. */
int attach_remove_hook(const char *directory, uint32_t ifindex, enum attach_hook hook);

/* The same for all hooks. */
int attach_remove_device(const char *directory, uint32_t ifindex);

/* Detaches all our pinned links, whatever device they are on. */
int attach_remove_links(const char *directory);

#endif
