/* SPDX-License-Identifier: Apache-2.0 */
/* How connections end: FINs, half-close, RSTs that count and that do not, and port reuse. */
#include <time.h>

#include "harness.h"

static unsigned flows_in(const struct connection *c, enum flow_state state)
{
	return testbed_flows_in_state(c->testbed, state);
}

static int client_device(const struct connection *c)
{
	return c->testbed->network.client.ifindex;
}

static int pod_device(const struct connection *c)
{
	return c->testbed->network.pod[c->pod_number].ifindex;
}

static void both_fins_lead_to_the_tail(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, 0, NULL);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	pod_passes(c, TCP_FIN, NULL);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	client_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

static void the_pod_may_close_first(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH | TCP_FIN, REPLY_LAST);
	client_passes(c, TCP_FIN, NULL);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	pod_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

static void the_last_segments_pass_in_the_tail(void **state)
{
	struct connection *c = *state;
	struct tcp_segment last;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH | TCP_FIN, REPLY_LAST);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	last = pod_segment(c, TCP_FIN, NULL);
	last.seq--;
	pass_to_client(c, &last);
	client_passes(c, 0, NULL);
}

static void a_half_closed_client_gets_the_whole_reply(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, TCP_PSH, REPLY_BULK);
	for (unsigned i = 0; i < 20; i++) {
		pod_passes(c, TCP_PSH, "more of the reply");
		client_passes(c, 0, NULL);
	}
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

/* The FIN rides on the request itself: no byte is lost, and the FIN arrives, now or repeated. */
static void a_fin_with_the_request_is_a_half_close(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;

	client_connects(c);
	client_says(c, TCP_PSH | TCP_FIN, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	if (c->pod.ack != c->client.next) {
		pod_says(c, 0, NULL);
		fin = client_segment(c, TCP_FIN, NULL);
		fin.seq = c->client.next - 1;
		pass_to_pod(c, &fin);
		c->pod.ack = c->client.next;
	}
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

static void a_fin_is_counted_at_the_end_of_its_data_only(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;

	connection_open_bulk(c);
	client_passes(c, TCP_PSH, "abc");
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, TCP_FIN, NULL);
	fin = pod_segment(c, TCP_FIN, NULL);
	fin.seq--;
	pass_to_client(c, &fin);
	client_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

static void a_rst_with_the_exact_number_ends_the_flow(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	connection_splice(c, REQUEST_ROOT);
	reset = client_segment(c, TCP_RST, NULL);
	pass_to_pod(c, &reset);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

static void a_rst_of_the_pod_with_the_exact_number_ends_the_flow(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	connection_open_bulk(c);
	client_passes(c, 0, NULL);
	reset = pod_segment(c, TCP_RST, NULL);
	pass_to_client(c, &reset);
	expect_number(flows_in(c, FLOW_TAIL), 1);
}

/* RFC 5961 3.2: the receiver answers with a challenge ACK, and the connection goes on. */
static void an_inexact_rst_passes_and_changes_nothing(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	connection_open_bulk(c);
	reset = client_segment(c, TCP_RST, NULL);
	reset.seq += 7;
	pass_to_pod(c, &reset);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	pod_passes(c, 0, NULL);
	client_passes(c, TCP_PSH, "more");
	reset = pod_segment(c, TCP_RST, NULL);
	reset.seq += 7;
	pass_to_client(c, &reset);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
}

static void a_bare_syn_does_not_disturb_an_established_flow(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;
	uint32_t next;

	connection_open_bulk(c);
	next = c->client.next;
	syn = client_syn(c);
	syn.seq = c->client.next + 1000;
	syn.options.tsval += 10;
	client_sends(c, &syn);
	c->client.next = next;
	expect_number(flows_in(c, FLOW_SPLICED), 1);
	client_passes(c, TCP_PSH, "more");
	pod_passes(c, TCP_PSH, "more");
}

/* The client forgot the connection and uses the port again: its cookie makes a new flow. */
static void reuse_the_port(struct connection *c)
{
	c->client.isn += 5000000;
	c->client.tsval += 5000;
	c->client.timestamps = false;
	c->pod.isn += 1234567;
	c->stream_length = 0;
	connection_splice(c, REQUEST_ROOT);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void a_port_can_be_used_again_after_the_end(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, 0, NULL);
	expect_number(flows_in(c, FLOW_TAIL), 1);
	reuse_the_port(c);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
}

static void a_valid_cookie_replaces_an_established_flow(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reuse_the_port(c);
	expect_number(flows_in(c, FLOW_SPLICED), 1);
}

/* Or else the pod would take the new SYN for one of its old connection. */
static void a_pod_is_told_that_its_client_started_anew(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;
	uint32_t expected;

	connection_splice(c, REQUEST_ROOT);
	expected = c->pod.ack;
	c->client.isn += 5000000;
	c->client.tsval += 5000;
	c->client.timestamps = false;
	client_connects(c);
	expect_verdict(c, VERDICT_OLD_LEG_RESET);
	reset = take_segment(c);
	expect_nothing_more(c);
	expect_number(reset.flags, TCP_RST);
	expect_number(reset.seq, expected);
	assert_memory_equal(&reset.destination, &c->pod_address[0], 16);
	expect_number(reset.destination_port, c->pod_port);
	expect_number(reset.source_port, c->pod_source_port);
}

/* Many rounds are allowed: whenever the machine pauses the test, the count begins anew. */
static void equal_acks_that_alternate_quickly_are_stopped(void **state)
{
	struct connection *c = *state;
	struct packet from_client, from_pod;
	struct tcp_segment segment;
	unsigned passed = 0;

	connection_splice(c, REQUEST_ROOT);
	segment = client_segment(c, 0, NULL);
	segment_build(&segment, &from_client);
	segment = pod_segment(c, 0, NULL);
	segment_build(&segment, &from_pod);
	while (passed < 20000) {
		if (testbed_act(c->testbed, &from_client, client_device(c)) == TESTBED_DROP)
			break;
		passed++;
		if (testbed_act(c->testbed, &from_pod, pod_device(c)) == TESTBED_DROP)
			break;
		passed++;
	}
	assert_in_range(passed, 90, 19999);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_STORM_STOPPED), 1);
	pod_passes(c, TCP_PSH, REPLY_OK);
}

static void equal_acks_of_one_side_pass_for_ever(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 300; i++)
		client_passes(c, 0, NULL);
}

/* The gap is what is tested: keep-alive probes and their answers are equal ACKs too. */
static void equal_acks_with_gaps_pass_for_ever(void **state)
{
	const struct timespec gap = {.tv_nsec = 8000000};
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 110; i++) {
		client_passes(c, 0, NULL);
		nanosleep(&gap, NULL);
		pod_passes(c, 0, NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(both_fins_lead_to_the_tail),
		BOTH(the_pod_may_close_first),
		BOTH(the_last_segments_pass_in_the_tail),
		BOTH(a_half_closed_client_gets_the_whole_reply),
		BOTH(a_fin_with_the_request_is_a_half_close),
		BOTH(a_fin_is_counted_at_the_end_of_its_data_only),
		BOTH(a_rst_with_the_exact_number_ends_the_flow),
		BOTH(a_rst_of_the_pod_with_the_exact_number_ends_the_flow),
		BOTH(an_inexact_rst_passes_and_changes_nothing),
		BOTH(a_bare_syn_does_not_disturb_an_established_flow),
		BOTH(a_port_can_be_used_again_after_the_end),
		BOTH(a_valid_cookie_replaces_an_established_flow),
		BOTH(a_pod_is_told_that_its_client_started_anew),
		BOTH(equal_acks_that_alternate_quickly_are_stopped),
		BOTH(equal_acks_of_one_side_pass_for_ever),
		BOTH(equal_acks_with_gaps_pass_for_ever),
	};

	return HARNESS_RUN(tests);
}
