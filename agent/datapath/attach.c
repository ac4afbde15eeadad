/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"

#include <errno.h>

#include "attach_clsact.h"
#include "attach_tcx.h"

int attach_device(const struct attach_point *point, enum attach_mode *ret_mode)
{
	int error = -EOPNOTSUPP;

	if (point->wish != ATTACH_WISH_CLSACT)
		error = attach_tcx(point);
	if (!error) {
		attach_clsact_remove(point->ifindex, point->hook);
		*ret_mode = ATTACH_TCX;
		return 0;
	}
	if (error != -EOPNOTSUPP || point->wish == ATTACH_WISH_TCX)
		return error;
	error = attach_clsact(point);
	if (error)
		return error;
	attach_tcx_remove(point->directory, point->ifindex, point->hook);
	*ret_mode = ATTACH_CLSACT;
	return 0;
}

int attach_remove_hook(const char *directory, uint32_t ifindex, enum attach_hook hook)
{
	int error = attach_tcx_remove(directory, ifindex, hook);

	return attach_clsact_remove(ifindex, hook) ?: error;
}

int attach_remove_device(const char *directory, uint32_t ifindex)
{
	int error = attach_remove_hook(directory, ifindex, ATTACH_INGRESS);

	return attach_remove_hook(directory, ifindex, ATTACH_EGRESS) ?: error;
}
