/* SPDX-License-Identifier: Apache-2.0 */
/* A filter of the clsact qdisc, known by its handle. */
#ifndef PATHROUTE_ATTACH_CLSACT_H
#define PATHROUTE_ATTACH_CLSACT_H

#include <stdint.h>

int attach_clsact(uint32_t ifindex, int program_fd);

/* Removes our filter; the qdisc stays, since others may use it. 0 also when there was none. */
int attach_clsact_remove(uint32_t ifindex);

/* Asks the kernel which program our filter runs. -ENOENT: there is no filter of ours. */
int attach_clsact_query(uint32_t ifindex, uint32_t *ret_program_id);

#endif
