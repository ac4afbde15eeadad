/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that leave by a device: those of the node itself are routed, all others pass. */
#include <bpf/bpf.h>

#include "harness.h"

/* The client is the node itself from now on. */
static struct connection *on_the_node(void **state)
{
	struct connection *c = *state;

	c->testbed->leaves = true;
	c->testbed->came_in_by = 0;
	return c;
}

static void the_nodes_own_syn_is_answered(void **state)
{
	struct connection *c = on_the_node(state);
	struct tcp_segment syn = client_syn(c), syn_ack;

	client_sends(c, &syn);
	expect_verdict(c, VERDICT_SYN_ANSWERED);
	expect_number(c->testbed->action, TESTBED_REDIRECT);
	syn_ack = take_segment(c);
	expect_number(syn_ack.flags, TCP_SYN | TCP_ACK);
	expect_number(syn_ack.ack, syn.seq + 1);
	assert_memory_equal(syn_ack.destination_mac, syn.source_mac, 6);
}

static void a_drop_is_no_error_of_sending(void **state)
{
	struct connection *c = on_the_node(state);
	struct tcp_segment syn = client_syn(c);

	syn.flags |= TCP_FIN;
	client_sends(c, &syn);
	expect_verdict(c, VERDICT_FLAGS_FORBIDDEN);
	expect_number(c->testbed->action, TESTBED_REDIRECT);
}

static void what_the_node_forwards_passes(void **state)
{
	struct connection *c = on_the_node(state);
	struct tcp_segment syn = client_syn(c);
	struct packet packet;

	c->testbed->came_in_by = c->testbed->network.pod[2].ifindex;
	segment_build(&syn, &packet);
	run_packet(c, &packet, c->testbed->network.client.ifindex);
	expect_number(c->testbed->action, TESTBED_PASS);
	expect_number(c->testbed->verdict_count, 0);
	assert_memory_equal(c->testbed->after.bytes, packet.bytes, packet.length);
}

static void other_packets_of_the_node_pass(void **state)
{
	struct connection *c = on_the_node(state);
	struct tcp_segment syn = client_syn(c);
	struct packet packet;

	syn.destination_port = 22;
	segment_build(&syn, &packet);
	run_packet(c, &packet, c->testbed->network.client.ifindex);
	expect_untouched(c);
}

static void a_pod_elsewhere_sees_the_nodes_own_address(void **state)
{
	struct connection *c = on_the_node(state);
	struct tcp_segment syn, request;

	routes_set_uplinks(c->routes);
	syn = client_syn(c);
	client_sends(c, &syn);
	syn = take_segment(c);
	c->client.next = c->client.isn + 1;
	c->client.ack = syn.seq + 1;
	c->client.timestamps = segment_has(&syn, 't');
	c->client.tsecr = syn.options.tsval;
	request = client_segment(c, TCP_PSH, REQUEST_ROOT);
	client_sends(c, &request);
	expect_verdict(c, VERDICT_POD_SYN);
	syn = take_pod_syn(c);
	assert_memory_equal(&syn.source, &c->client_address, 16);
	expect_number(syn.source_port, c->client_port);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(the_nodes_own_syn_is_answered),
		BOTH(a_drop_is_no_error_of_sending),
		BOTH(what_the_node_forwards_passes),
		BOTH(other_packets_of_the_node_pass),
		BOTH(a_pod_elsewhere_sees_the_nodes_own_address),
	};

	return HARNESS_RUN(tests);
}
