/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"

#include <errno.h>

#include "attach_clsact.h"
#include "attach_tcx.h"

static int hook_attach(const struct attach_point *point, enum attach_hook hook,
		       enum attach_mode *ret_mode)
{
	int error = -EOPNOTSUPP;

	if (point->wish != ATTACH_WISH_CLSACT)
		error = attach_tcx(point->directory, point->ifindex, hook, point->program_fd);
	if (!error) {
		attach_clsact_remove(point->ifindex, hook);
		*ret_mode = ATTACH_TCX;
		return 0;
	}
	if (error != -EOPNOTSUPP || point->wish == ATTACH_WISH_TCX)
		return error;
	error = attach_clsact(point->ifindex, hook, point->program_fd);
	if (error)
		return error;
	attach_tcx_remove(point->directory, point->ifindex, hook);
	*ret_mode = ATTACH_CLSACT;
	return 0;
}

/* The mode told is that of what comes in. */
int attach_device(const struct attach_point *point, enum attach_mode *ret_mode)
{
	int error = hook_attach(point, ATTACH_EGRESS, ret_mode);

	return error ?: hook_attach(point, ATTACH_INGRESS, ret_mode);
}

static int hook_remove(const char *directory, uint32_t ifindex, enum attach_hook hook)
{
	int error = attach_tcx_remove(directory, ifindex, hook);

	return attach_clsact_remove(ifindex, hook) ?: error;
}

int attach_remove_device(const char *directory, uint32_t ifindex)
{
	int error = hook_remove(directory, ifindex, ATTACH_INGRESS);

	return hook_remove(directory, ifindex, ATTACH_EGRESS) ?: error;
}

enum attach_mode attach_query(const char *directory, uint32_t ifindex, enum attach_hook hook,
			      uint32_t *ret_program_id)
{
	if (!attach_tcx_query(directory, ifindex, hook, ret_program_id))
		return ATTACH_TCX;
	if (!attach_clsact_query(ifindex, hook, ret_program_id))
		return ATTACH_CLSACT;
	return ATTACH_NONE;
}
