/* SPDX-License-Identifier: Apache-2.0 */
#include "harness_sweep.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>

#include "harness.h"
#include "pathroute_tc.skel.h"

struct datapath_settings sweep_short_timeouts(void)
{
	struct datapath_settings settings = testbed_default_settings();

	settings.flows = 64;
	settings.head_timeout = SWEEP_SHORT_TICKS;
	settings.idle_timeout = SWEEP_SHORT_TICKS;
	settings.half_timeout = SWEEP_SHORT_TICKS;
	settings.connect_timeout = SWEEP_SHORT_TICKS;
	settings.closing_timeout = SWEEP_SHORT_TICKS;
	settings.tail_timeout = SWEEP_SHORT_TICKS;
	return settings;
}

void sweep_use(struct connection *c, const struct datapath_settings *settings)
{
	unsigned char frame[ETHERNET_SIZE] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame));
	int fd;

	harness_use_settings(c, settings);
	fd = bpf_program__fd(c->testbed->skeleton->progs.pathroute_sweep_start);
	expect_number(bpf_prog_test_run_opts(fd, &options), 0);
	expect_number(options.retval, 0);
}

void sweep_use_short_timeouts(struct connection *c)
{
	struct datapath_settings settings = sweep_short_timeouts();

	sweep_use(c, &settings);
}

bool sweep_wait(const struct connection *c, enum flow_state state, unsigned count)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	for (unsigned waited = 0; waited < SWEEP_WAIT_MS; waited += 20) {
		if (testbed_flows_in_state(c->testbed, state) == count)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static struct flow_ref flow_ref_of(const struct connection *c)
{
	struct flow_key key = {
		.source = c->client_address,
		.destination = c->listener,
		.source_port = htons(c->client_port),
		.destination_port = htons(c->listener_port),
	};
	struct flow_ref ref = {};

	if (bpf_map_lookup_elem(testbed_map(c->testbed, "flows"), &key, &ref))
		expect_fail(HERE, "the connection has no flow");
	return ref;
}

void sweep_age(const struct connection *c, uint32_t ticks)
{
	struct flow_ref ref = flow_ref_of(c);
	int fd = testbed_map(c->testbed, "flow_slots");
	struct flow flow;

	bpf_map_lookup_elem(fd, &ref.slot, &flow);
	flow.born -= ticks;
	flow.seen -= ticks;
	if (flow.state == FLOW_CONNECTING)
		flow.leg.pod_next -= ticks;
	bpf_map_update_elem(fd, &ref.slot, &flow, BPF_ANY);
}

void sweep_send(struct connection *c)
{
	struct flow_ref ref = flow_ref_of(c);
	struct due_send send = {
		.slot = ref.slot,
		.generation = FLOW_TAG_GENERATION(ref.tag),
		.ipv6 = c->ipv6,
	};

	expect_number(testbed_send(c->testbed, &send), 0);
}

void expect_nothing_due(struct connection *c)
{
	sweep_send(c);
	expect_number(c->testbed->verdict_count, 0);
	expect_nothing_more(c);
}

void expect_own_reply(struct connection *c, const char *status)
{
	struct tcp_segment got = take_segment(c);

	assert_memory_equal(&got.destination, &c->client_address, sizeof(got.destination));
	assert_memory_equal(got.payload, status, strlen(status));
	expect_number(got.flags & TCP_FIN, TCP_FIN);
	expect_number(got.seq, c->client.ack);
	expect_number(got.ack, c->client.next);
	expect_nothing_more(c);
}
