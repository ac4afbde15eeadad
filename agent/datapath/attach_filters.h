/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of a device's clsact qdisc, as the kernel has them, ours and those of others. */
#ifndef PATHROUTE_ATTACH_FILTERS_H
#define PATHROUTE_ATTACH_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"

#define ATTACH_FILTER_NAME_MAX 64

struct attach_filter {
	uint32_t handle; /* 0: no filter, but what all of this priority have in common */
	uint32_t priority;
	uint16_t protocol; /* host order */
	bool is_bpf;
	uint32_t program_id;               /* 0: no BPF program */
	char name[ATTACH_FILTER_NAME_MAX]; /* of a BPF filter: "program:[id]" if libbpf made it */
};

/* Called in the order in which the filters run; non-zero ends the walk. */
typedef int (*attach_filter_visit)(void *context, const struct attach_filter *filter);

/* Walks the filters of a device's hook, in this network namespace. 0 also where there are none, or
 * no device; else a negative errno, or what `visit` returned. */
int attach_filters_walk(uint32_t ifindex, enum attach_hook hook, attach_filter_visit visit,
			void *context);

#endif
