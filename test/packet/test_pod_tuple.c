/* SPDX-License-Identifier: Apache-2.0 */
/* The tuple under which a pod sees a client: a port for it is found, and it is given back. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <time.h>

#include "harness.h"
#include "harness_legs.h"

#define PORT_FIRST 1024 /* of those that the router draws from */

static struct flow_key pod_tuple(const struct connection *c, unsigned port)
{
	return (struct flow_key){
		.source = c->pod_address[0],
		.destination = c->client_address,
		.source_port = htons(c->pod_port),
		.destination_port = htons((uint16_t)port),
	};
}

/* All ports at pod 0, but the client's own, belong to connections that are there already. */
static void take_all_ports(const struct connection *c, bool take)
{
	int flows = testbed_map(c->testbed, "flows");
	const struct flow_ref nobodys = {};

	for (unsigned port = PORT_FIRST; port < 65536; port++) {
		struct flow_key key = pod_tuple(c, port);

		if (port == c->client_port)
			continue;
		if (take)
			bpf_map_update_elem(flows, &key, &nobodys, BPF_NOEXIST);
		else
			bpf_map_delete_elem(flows, &key);
	}
}

/* The pod has shown an old connection under a client's port: for a while it gets other ports. */
static void crowd_pod(const struct connection *c)
{
	uint32_t endpoint = routes_endpoint(c->routes, 0);
	int fd = testbed_map(c->testbed, "endpoint_stats");
	struct endpoint_stats stats;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	bpf_map_lookup_elem(fd, &endpoint, &stats);
	stats.crowded_until = ((uint64_t)now.tv_sec * 1000000000 >> DATAPATH_TICK_SHIFT) + 100000;
	bpf_map_update_elem(fd, &endpoint, &stats, BPF_ANY);
}

static void a_crowded_pod_is_called_from_another_port(void **state)
{
	struct connection *c = *state;

	crowd_pod(c);
	connection_splice(c, REQUEST_ROOT);
	assert_int_not_equal(c->pod_source_port, c->client_port);
}

/* A busy client's ended connections hold a good part of the ports for seconds. */
static void with_no_other_port_a_crowded_pod_is_called_from_the_clients_own(void **state)
{
	struct connection *c = *state;

	crowd_pod(c);
	take_all_ports(c, true);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	take_all_ports(c, false);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	expect_number(c->pod_source_port, c->client_port);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

static void end_connection(struct connection *c)
{
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* Client and pod connect without the router, from the port of a connection that has just ended. */
static void expect_direct_connection(struct connection *c)
{
	struct tcp_segment syn_ack = pod_syn_ack(c), data;

	c->pod.isn += 0x1234567;
	syn_ack.seq = c->pod.isn;
	syn_ack.ack = 0x89abcdef;
	pod_sends(c, &syn_ack);
	expect_untouched(c);
	data = pod_segment(c, TCP_PSH, REPLY_OK);
	data.seq = c->pod.isn + 1;
	data.ack = syn_ack.ack;
	pod_sends(c, &data);
	expect_untouched(c);
}

static void a_new_connection_on_an_ended_tuple_is_not_the_routers(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	end_connection(c);
	expect_direct_connection(c);
	expect_number(active_on(c, 0), 0);
}

static void a_new_connection_on_an_ended_parked_tuple_is_not_the_routers(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;
	struct leg parked;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &parked);
	reply_is_taken(c, REPLY_OK);
	expect_number(parked_of(c), 1);
	client_says(c, TCP_FIN, NULL);
	fin = take_segment(c);
	pod_hears(c, &fin);
	pod_says(c, TCP_FIN, NULL);
	fin = take_segment(c);
	client_hears(c, &fin);
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
	leg_speak(c, &parked);
	expect_direct_connection(c);
	expect_number(parked_of(c), 0);
	expect_number(active_on(c, 0), 0);
}

/* Ours, sent again because its ACK was lost, finds a connection that lives. */
static void a_repeated_syn_ack_of_a_living_connection_does_not_pass(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	connection_splice(c, REQUEST_ROOT);
	again = pod_syn_ack(c);
	pod_sends(c, &again);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	reply_is_taken(c, REPLY_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_crowded_pod_is_called_from_another_port),
		BOTH(with_no_other_port_a_crowded_pod_is_called_from_the_clients_own),
		BOTH(a_new_connection_on_an_ended_tuple_is_not_the_routers),
		BOTH(a_new_connection_on_an_ended_parked_tuple_is_not_the_routers),
		BOTH(a_repeated_syn_ack_of_a_living_connection_does_not_pass),
	};

	return HARNESS_RUN(tests);
}
