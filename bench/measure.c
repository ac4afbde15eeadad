/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "noop.skel.h"
#include "restore.skel.h"

#define ROUNDS 15
#define REPEAT 100000

struct measure {
	struct noop *noop;
	struct restore *restore;
};

void measure_free(struct measure *measure)
{
	if (!measure)
		return;
	noop__destroy(measure->noop);
	restore__destroy(measure->restore);
	free(measure);
}

static struct restore *restore_load(int flow_slots)
{
	struct restore *restore = restore__open();

	if (!restore)
		return NULL;
	if (bpf_map__reuse_fd(restore->maps.flow_slots, flow_slots) || restore__load(restore)) {
		restore__destroy(restore);
		return NULL;
	}
	return restore;
}

struct measure *measure_new(int flow_slots)
{
	struct measure *measure = calloc(1, sizeof(*measure));

	if (!measure)
		return NULL;
	measure->noop = noop__open_and_load();
	measure->restore = restore_load(flow_slots);
	if (!measure->noop || !measure->restore) {
		measure_free(measure);
		return NULL;
	}
	return measure;
}

/* Average of REPEAT runs, as the kernel measures it. `ifindex` 0: no device, as XDP needs it. */
static int time_program(int program, const struct packet *packet, int ifindex, double *ret_ns)
{
	struct __sk_buff context = {.ifindex = (uint32_t)ifindex,
				    .ingress_ifindex = (uint32_t)ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->length, .repeat = REPEAT);
	int error;

	if (ifindex) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	}
	error = bpf_prog_test_run_opts(program, &options);
	if (error)
		return error;
	*ret_ns = options.duration;
	return 0;
}

static int time_wrapped(const struct measure *measure, const struct measure_case *what, int target,
			double *ret_ns)
{
	const struct restore *restore = measure->restore;
	const struct bpf_map *targets = what->xdp ? restore->maps.target_xdp : restore->maps.target;
	const struct bpf_program *wrapper =
		what->xdp ? restore->progs.restore_xdp : restore->progs.restore_tc;
	uint32_t zero = 0;
	int error = bpf_map_update_elem(bpf_map__fd(targets), &zero, &target, BPF_ANY);

	return error ? error
		     : time_program(bpf_program__fd(wrapper), &what->packet,
				    what->xdp ? 0 : what->ifindex, ret_ns);
}

static int time_bare(int program, const struct measure_case *what, double *ret_ns)
{
	return time_program(program, &what->packet, what->xdp ? 0 : what->ifindex, ret_ns);
}

static void set_template(const struct measure *measure, const struct measure_case *what)
{
	struct restore__bss *bss = measure->restore->bss;
	size_t length = what->packet.length;

	if (length > sizeof(bss->template_bytes))
		length = sizeof(bss->template_bytes);
	memcpy(bss->template_bytes, what->packet.bytes, length);
	bss->template_length = (uint32_t)length;
	bss->packet_length = (uint32_t)what->packet.length;
	bss->tcp_offset = (uint32_t)what->l4;
	bss->seq_step = what->seq_step;
	bss->ack_step = what->ack_step;
	bss->answered = what->answered;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare_doubles);
	return values[ROUNDS / 2];
}

int measure_run(struct measure *measure, const struct measure_case *what,
		struct measure_result *ret_result)
{
	double with[ROUNDS], without[ROUNDS], bare[ROUNDS];
	int noop = bpf_program__fd(what->xdp ? measure->noop->progs.noop_xdp
					     : measure->noop->progs.noop_tc);

	set_template(measure, what);
	for (unsigned i = 0; i < ROUNDS; i++) {
		int error = time_wrapped(measure, what, what->program, &with[i]);

		if (!error)
			error = time_wrapped(measure, what, noop, &without[i]);
		if (!error)
			error = time_bare(noop, what, &bare[i]);
		if (error)
			return error;
	}
	ret_result->noop_ns = median(bare);
	ret_result->ns = median(with) - median(without) + ret_result->noop_ns;
	ret_result->runs = (uint64_t)ROUNDS * REPEAT;
	return 0;
}

int measure_run_bare(struct measure *measure, int program, const struct packet *packet,
		     struct measure_result *ret_result)
{
	double with[ROUNDS], bare[ROUNDS];
	int noop = bpf_program__fd(measure->noop->progs.noop_tc);

	for (unsigned i = 0; i < ROUNDS; i++) {
		int error = time_program(program, packet, 1, &with[i]);

		if (!error)
			error = time_program(noop, packet, 1, &bare[i]);
		if (error)
			return error;
	}
	ret_result->noop_ns = median(bare);
	ret_result->ns = median(with);
	ret_result->runs = (uint64_t)ROUNDS * REPEAT;
	return 0;
}
