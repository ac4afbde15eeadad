/* SPDX-License-Identifier: Apache-2.0 */
/* Source NAT: where a reply would go past the router, the pod sees an address of the node. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_icmp.h"
#include "harness_legs.h"

/* Both are elsewhere from now on. */
static struct connection *elsewhere(void **state)
{
	struct connection *c = *state;

	routes_set_uplinks(c->routes);
	c->has_nat = true;
	return c;
}

static void expect_address(const struct ip_address *got, const struct ip_address *want)
{
	assert_memory_equal(got, want, sizeof(*got));
}

static void the_pod_is_called_from_an_address_of_the_node(void **state)
{
	struct connection *c = elsewhere(state);
	struct tcp_segment syn = call_pod(c, REQUEST_ROOT);

	expect_address(&syn.source, &c->node_address);
	assert_in_range(syn.source_port, TESTBED_NAT_PORT_FIRST,
			TESTBED_NAT_PORT_FIRST + TESTBED_NAT_PORT_COUNT - 1);
}

static void segments_of_both_sides_are_translated(void **state)
{
	struct connection *c = elsewhere(state);
	struct tcp_segment segment, want;

	connection_open_bulk(c);
	segment = client_segment(c, TCP_PSH, "of the client");
	want = translated_to_pod(c, &segment);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, ANY_MAC);
	segment = pod_segment(c, TCP_PSH, "of the pod");
	want = translated_to_client(c, &segment);
	pod_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_only(c, &want, ANY_MAC);
}

static void a_client_elsewhere_is_itself_to_a_pod_of_the_node(void **state)
{
	struct connection *c = *state;
	struct device inside = {.flags = DEVICE_PEER, .mtu = 1500};

	routes_set_uplinks(c->routes);
	inside.source[c->ipv6] = c->node_address;
	bpf_map_update_elem(testbed_map(c->testbed, "devices"), &c->testbed->network.pod[0].ifindex,
			    &inside, BPF_ANY);

	struct tcp_segment syn = call_pod(c, REQUEST_ROOT);

	expect_address(&syn.source, &c->client_address);
	expect_number(syn.source_port, c->client_port);
}

static void a_client_of_the_node_is_itself_to_a_pod_elsewhere(void **state)
{
	struct connection *c = *state;
	struct device inside = {.flags = DEVICE_PEER, .mtu = 1500};

	routes_set_uplinks(c->routes);
	inside.source[c->ipv6] = c->node_address;
	bpf_map_update_elem(testbed_map(c->testbed, "devices"), &c->testbed->network.client.ifindex,
			    &inside, BPF_ANY);

	struct tcp_segment syn = call_pod(c, REQUEST_ROOT);

	expect_address(&syn.source, &c->client_address);
	expect_number(syn.source_port, c->client_port);
}

static void a_pod_that_asks_itself_sees_the_node(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;

	c->client_address = c->pod_address[0];
	c->has_nat = true;
	syn = call_pod(c, REQUEST_ROOT);
	expect_address(&syn.source, &c->node_address);
	expect_address(&syn.destination, &c->pod_address[0]);
}

static void clients_get_ports_of_their_own_until_all_are_taken(void **state)
{
	struct connection *c = elsewhere(state);
	unsigned seen = 0;

	for (unsigned i = 0; i < TESTBED_NAT_PORT_COUNT; i++) {
		seen |= 1U << (call_pod(c, REQUEST_ROOT).source_port - TESTBED_NAT_PORT_FIRST);
		harness_next_client(c);
		c->has_nat = true;
	}
	expect_number(seen, (1U << TESTBED_NAT_PORT_COUNT) - 1);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
	assert_memory_equal(take_segment(c).payload, "HTTP/1.1 503 ", 13);
}

static void a_node_without_an_address_answers_503(void **state)
{
	struct connection *c = *state;
	struct device bare = {.flags = DEVICE_UPLINK, .mtu = 1500};

	routes_set_uplinks(c->routes);
	bpf_map_update_elem(testbed_map(c->testbed, "devices"), &c->testbed->network.pod[0].ifindex,
			    &bare, BPF_ANY);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
}

static void an_error_about_the_pods_path_is_told_to_the_client(void **state)
{
	struct connection *c = elsewhere(state);
	struct icmp_error error = {.kind = ICMP_TOO_BIG, .mtu = 1300}, got;
	struct packet packet;

	connection_splice(c, REQUEST_ROOT);
	c->pod.ack = c->client.next;
	error.about = answer_to_pod(c, 0, NULL);
	error.source = error.about.destination;
	error.destination = error.about.source;
	icmp_build(&error, &packet);
	run_packet(c, &packet, c->testbed->network.pod[0].ifindex);
	expect_verdict(c, VERDICT_ICMP_TRANSLATED);
	got = icmp_take(c);
	expect_number(got.mtu, 1300);
	expect_address(&got.source, &c->listener);
	expect_address(&got.destination, &c->client_address);
	expect_address(&got.about.source, &c->client_address);
	expect_address(&got.about.destination, &c->listener);
	expect_number(got.about.source_port, c->client_port);
	expect_number(got.about.destination_port, c->listener_port);
	expect_number(got.about.seq, c->client.next);
}

static void an_error_about_the_clients_path_is_told_to_the_pod(void **state)
{
	struct connection *c = elsewhere(state);
	struct icmp_error error = {.kind = ICMP_TOO_BIG, .mtu = 1300}, got;
	struct packet packet;

	connection_splice(c, REQUEST_ROOT);
	error.about = answer_to_client(c, 0, NULL);
	error.source = error.about.destination;
	error.destination = error.about.source;
	icmp_build(&error, &packet);
	run_packet(c, &packet, c->testbed->network.client.ifindex);
	expect_verdict(c, VERDICT_ICMP_TRANSLATED);
	got = icmp_take(c);
	expect_number(got.mtu, 1300);
	expect_address(&got.source, &c->node_address);
	expect_address(&got.destination, &c->pod_address[0]);
	expect_address(&got.about.source, &c->pod_address[0]);
	expect_address(&got.about.destination, &c->node_address);
	expect_number(got.about.source_port, c->pod_port);
	expect_number(got.about.destination_port, c->pod_source_port);
	expect_number(got.about.seq, c->pod.isn + 1);
}

static void a_parked_pod_is_answered_from_the_nodes_address(void **state)
{
	struct connection *c = elsewhere(state);
	struct leg left, used;
	struct tcp_segment got;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &left);
	used = leg_of(c);
	leg_speak(c, &left);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_PARKED_ANSWERED);
	got = take_segment(c);
	expect_address(&got.source, &c->node_address);
	expect_number(got.source_port, left.source_port);
	leg_speak(c, &used);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(the_pod_is_called_from_an_address_of_the_node),
		BOTH(segments_of_both_sides_are_translated),
		BOTH(a_client_elsewhere_is_itself_to_a_pod_of_the_node),
		BOTH(a_client_of_the_node_is_itself_to_a_pod_elsewhere),
		BOTH(a_pod_that_asks_itself_sees_the_node),
		BOTH(clients_get_ports_of_their_own_until_all_are_taken),
		BOTH(a_node_without_an_address_answers_503),
		BOTH(an_error_about_the_pods_path_is_told_to_the_client),
		BOTH(an_error_about_the_clients_path_is_told_to_the_pod),
		BOTH(a_parked_pod_is_answered_from_the_nodes_address),
	};

	return HARNESS_RUN(tests);
}
