/* SPDX-License-Identifier: Apache-2.0 */
/* tcx links, pinned as "links/<ifindex>", those of egress as "links/<ifindex>-egress". */
#ifndef PATHROUTE_ATTACH_TCX_H
#define PATHROUTE_ATTACH_TCX_H

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"

/* -EOPNOTSUPP: the kernel has no tcx. */
int attach_tcx(const struct attach_point *point);

/* 0 also when there was none. */
int attach_tcx_remove(const char *directory, uint32_t ifindex, enum attach_hook hook);

/* Asks the kernel which program our link runs. -ENOENT: no link, or its device is gone. */
int attach_tcx_query(const char *directory, uint32_t ifindex, enum attach_hook hook,
		     uint32_t *ret_program_id);

#define ATTACH_TCX_PROGRAMS 64 /* that a chain may have (BPF_MPROG_MAX) */

/* Programs of a hook's chain, in their order. -EOPNOTSUPP: the kernel has no tcx;
 * -ENODEV: the device is gone. */
int attach_tcx_list(uint32_t ifindex, enum attach_hook hook,
		    uint32_t ret_programs[ATTACH_TCX_PROGRAMS], uint32_t *ret_count);

/* True if the kernel knows tcx; found by trying, with any program of the tc type. */
bool attach_tcx_is_known(int program_fd);

#endif
