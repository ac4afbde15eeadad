/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of the clsact qdisc, one for each hook, known by their handle. */
#ifndef PATHROUTE_ATTACH_CLSACT_H
#define PATHROUTE_ATTACH_CLSACT_H

#include <stdint.h>

#include "attach.h"

int attach_clsact(uint32_t ifindex, enum attach_hook hook, int program_fd);

/* Removes our filter; the qdisc stays, since others may use it. 0 also when there was none. */
int attach_clsact_remove(uint32_t ifindex, enum attach_hook hook);

/* Asks the kernel which program our filter runs. -ENOENT: there is no filter of ours. */
int attach_clsact_query(uint32_t ifindex, enum attach_hook hook, uint32_t *ret_program_id);

#endif
