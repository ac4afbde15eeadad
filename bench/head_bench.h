/* SPDX-License-Identifier: Apache-2.0 */
/* What bench/head.bpf.c works on, written by the host. */
#ifndef PATHROUTE_BENCH_HEAD_BENCH_H
#define PATHROUTE_BENCH_HEAD_BENCH_H

#include "../bpf/lib/hold_large.h"
#include "../bpf/lib/route_match.h"

struct head_bench {
	struct hold_large hold; /* the head */
	struct route_scratch route;
	struct route_match match;
	__u32 table; /* of the routes */
	__u32 pad;
};

#endif
