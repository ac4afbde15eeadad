/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device really runs on a packet that comes or leaves, in the order of the kernel: the XDP
 * program (of those that come), the tcx chain, the filters of clsact.
 */
#ifndef PATHROUTE_ATTACH_CHAIN_H
#define PATHROUTE_ATTACH_CHAIN_H

#include <stdint.h>

#include "attach.h"

struct attach_chain {
	enum attach_mode mode; /* of our program; ATTACH_NONE: it is not there */
	uint32_t program_id;   /* ours */
	uint32_t xdp_id;       /* of the XDP program, whosever it is; 0: none */
	uint32_t before;       /* programs and filters of others that see a packet before ours */
	uint32_t behind; /* and those that see what ours lets pass; all, if ours is not there */
};

/* `directory` is that of the pins. The device is one of this network namespace. Returns 0, also
 * when the device is gone, or a negative errno. */
int attach_chain_read(const char *directory, uint32_t ifindex, enum attach_hook hook,
		      struct attach_chain *ret_chain);

#endif
