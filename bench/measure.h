/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per packet of a tc or XDP program, by BPF_PROG_TEST_RUN with repeat.
 *
 * The kernel repeats on one buffer, so from the second run on a router would see what it made of
 * the packet itself. Each run therefore goes through bench/restore.bpf.c, which writes the headers
 * back and tail-calls the program. The same wrapper around the no-op program is run in turn with
 * it, A B A B …, and a no-op program alone as well:
 *
 *   ns = median(wrapper + program) - median(wrapper + no-op) + median(no-op)
 */
#ifndef PATHROUTE_BENCH_MEASURE_H
#define PATHROUTE_BENCH_MEASURE_H

#include <stdbool.h>

#include "../test/packet/harness_segment.h"

struct measure;

struct measure_case {
	int program;       /* to be measured */
	bool xdp;          /* it is an XDP program */
	int ifindex;       /* where the packet arrives */
	size_t l4;         /* offset of the TCP header */
	uint32_t seq_step; /* the sequence number advances by it at each run */
	uint32_t ack_step;
	bool answered; /* the packet is a request, and is answered after each run */
	struct packet packet;
};

struct measure_result {
	double ns;
	double noop_ns;
	uint64_t runs; /* of the program */
};

/* The map is the router's "flow_slots". NULL when a program does not load. */
struct measure *measure_new(int flow_slots);
void measure_free(struct measure *measure);

/* 0 or negative errno. */
int measure_run(struct measure *measure, const struct measure_case *what,
		struct measure_result *ret_result);

/* The same for a tc program that leaves its packet alone: no wrapper. */
int measure_run_bare(struct measure *measure, int program, const struct packet *packet,
		     struct measure_result *ret_result);

#endif
