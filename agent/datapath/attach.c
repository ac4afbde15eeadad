/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"

#include <errno.h>

#include "attach_clsact.h"
#include "attach_tcx.h"

int attach_device(const struct attach_point *point, enum attach_mode *ret_mode)
{
	int error = -EOPNOTSUPP;

	if (point->wish != ATTACH_WISH_CLSACT)
		error = attach_tcx(point->directory, point->ifindex, point->program_fd);
	if (!error) {
		attach_clsact_remove(point->ifindex);
		*ret_mode = ATTACH_TCX;
		return 0;
	}
	if (error != -EOPNOTSUPP || point->wish == ATTACH_WISH_TCX)
		return error;
	error = attach_clsact(point->ifindex, point->program_fd);
	if (error)
		return error;
	attach_tcx_remove(point->directory, point->ifindex);
	*ret_mode = ATTACH_CLSACT;
	return 0;
}

int attach_remove_device(const char *directory, uint32_t ifindex)
{
	int error = attach_tcx_remove(directory, ifindex);

	return attach_clsact_remove(ifindex) ?: error;
}
