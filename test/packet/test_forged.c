/* SPDX-License-Identifier: Apache-2.0 */
/* Segments on a joined connection that its client cannot have sent: they change no decision. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

static const uint32_t beyond[] = {2, 1000, 0x3fffffff, 0x7fffffff, 0x90000000};

#define BEYOND (sizeof(beyond) / sizeof(beyond[0]))

static void splice_and_reply(struct connection *c)
{
	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
}

static void expect_rerouted(struct connection *c)
{
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* Whoever knows the tuple can send it, and later requests would wait for ever. */
static void an_acknowledgement_of_bytes_that_were_never_sent_does_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	for (unsigned i = 0; i < BEYOND; i++) {
		splice_and_reply(c);
		forged = client_segment(c, 0, NULL);
		forged.ack += beyond[i];
		client_sends(c, &forged);
		expect_number(flow_of(c).client_ack, c->client.ack);
		expect_rerouted(c);
		harness_next_client(c);
	}
}

static void an_acknowledgement_by_the_pod_of_bytes_that_it_never_got_does_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	for (unsigned i = 0; i < BEYOND; i++) {
		splice_and_reply(c);
		forged = pod_segment(c, 0, NULL);
		forged.ack += beyond[i];
		pod_sends(c, &forged);
		expect_number(flow_of(c).leg.pod_ack, c->client.next);
		expect_rerouted(c);
		harness_next_client(c);
	}
}

/* What the router holds is all that there is of it. */
static void a_held_head_is_kept_until_it_is_really_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_UPLOAD);
	take_pod_syn(c);
	pod_accepts(c);
	forged = pod_segment(c, 0, NULL);
	forged.ack = c->client.next + 100000;
	pod_sends(c, &forged);
	c->client.next = c->client.isn + 1;
	client_says(c, TCP_PSH, REQUEST_UPLOAD);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
}

static void a_request_with_an_acknowledgement_out_of_range_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	for (unsigned i = 0; i < BEYOND; i++) {
		splice_and_reply(c);
		forged = client_segment(c, TCP_PSH, REQUEST_API);
		forged.ack += beyond[i];
		client_sends(c, &forged);
		expect_dropped(c, VERDICT_OUT_OF_WINDOW);
		c->client.next -= (uint32_t)strlen(REQUEST_API);
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		harness_next_client(c);
	}
}

/* Its first byte would be another one to the pod. */
static void a_request_with_a_syn_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	splice_and_reply(c);
	forged = client_segment(c, TCP_SYN | TCP_PSH, REQUEST_API);
	client_sends(c, &forged);
	expect_dropped(c, VERDICT_FLAGS_FORBIDDEN);
	c->client.next = forged.seq;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void a_request_without_ack_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	splice_and_reply(c);
	forged = client_segment(c, TCP_PSH, REQUEST_API);
	forged.flags = TCP_PSH;
	client_sends(c, &forged);
	expect_dropped(c, VERDICT_FLAGS_FORBIDDEN);
	c->client.next = forged.seq;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void a_request_with_a_signature_is_not_read(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	splice_and_reply(c);
	forged = client_segment(c, TCP_PSH, REQUEST_API);
	forged.flaws = FLAW_OPTION_MD5;
	client_sends(c, &forged);
	expect_dropped(c, VERDICT_FLAGS_FORBIDDEN);
	c->client.next = forged.seq;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void the_urgent_pointer_of_a_later_request_is_cleared(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;

	splice_and_reply(c);
	segment = client_segment(c, TCP_PSH | TCP_URG, REQUEST_ROOT);
	segment.urgent = 6;
	pass_to_pod(c, &segment);
}

/* The pod goes away then, and the client's next request is compared with what was noted. */
static void expect_served_by_another_pod(struct connection *c)
{
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	expect_rerouted(c);
}

/* With it, segments of the client would look older than one before them. */
static void a_clock_ahead_does_not_count_without_the_right_number(void **state)
{
	static const int32_t away[] = {-0x40000000, -1000, -1, 1, 1000, 0x40000000};
	static const char *const payloads[] = {NULL, "x"};
	struct connection *c = *state;
	struct tcp_segment forged;

	for (unsigned i = 0; i < 2 * sizeof(away) / sizeof(away[0]); i++) {
		splice_and_reply(c);
		forged = client_segment(c, 0, payloads[i % 2]);
		forged.seq += (uint32_t)away[i / 2];
		forged.options.tsval += 0x40000000;
		client_sends(c, &forged);
		c->client.next = flow_of(c).request.next;
		expect_number(flow_of(c).client_tsval, c->client.tsval);
		expect_served_by_another_pod(c);
		harness_next_client(c);
	}
}

static void a_clock_behind_does_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment late;

	splice_and_reply(c);
	late = client_segment(c, 0, NULL);
	late.options.tsval -= 1000;
	client_sends(c, &late);
	expect_number(flow_of(c).client_tsval, c->client.tsval);
}

static void the_clients_clock_is_followed(void **state)
{
	struct connection *c = *state;

	splice_and_reply(c);
	c->client.tsval += 7;
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).client_tsval, c->client.tsval);
	c->client.tsval += 7;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).client_tsval, c->client.tsval);
	reply_is_taken(c, REPLY_OK);
	c->client.tsval += 7;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(flow_of(c).client_tsval, c->client.tsval);
}

static void arrives_by(struct connection *c, const struct tcp_segment *segment, int ifindex)
{
	struct packet packet;

	segment_build(segment, &packet);
	run_packet(c, &packet, ifindex);
}

/* Else a client could acknowledge for a pod what that has dropped, and then send it other bytes. */
static void a_client_does_not_speak_for_its_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged, evil;

	splice_and_reply(c);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	forged = pod_segment(c, 0, NULL);
	arrives_by(c, &forged, c->testbed->network.client.ifindex);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	evil = client_segment(c, TCP_PSH, "PUT / HTTP/1.1\r\nHost: evl.example.com\r\n\r\n");
	evil.seq -= (uint32_t)strlen(REQUEST_ROOT);
	client_sends(c, &evil);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
	assert_memory_equal(take_segment(c).payload, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

/* What it answered would be learnt by the listener, for all clients. */
static void a_client_does_not_answer_for_the_pod_that_is_called(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	take_pod_syn(c);
	forged = pod_syn_ack(c);
	arrives_by(c, &forged, c->testbed->network.client.ifindex);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

/* A pod knows its client's numbers: it could ask others in its name. */
static void a_pod_does_not_speak_for_its_client(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	splice_and_reply(c);
	forged = client_segment(c, TCP_PSH, REQUEST_API);
	arrives_by(c, &forged, c->testbed->network.pod[0].ifindex);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	expect_rerouted(c);
}

static void another_pod_speaks_for_neither(void **state)
{
	struct connection *c = *state;
	struct tcp_segment forged;

	splice_and_reply(c);
	forged = client_segment(c, 0, NULL);
	arrives_by(c, &forged, c->testbed->network.pod[1].ifindex);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	forged = pod_segment(c, 0, NULL);
	arrives_by(c, &forged, c->testbed->network.pod[1].ifindex);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
}

/* Several paths may lead to it. */
static void a_pod_behind_uplinks_may_come_by_any_of_them(void **state)
{
	const struct device uplink = {.flags = DEVICE_UPLINK, .mtu = 1500};
	struct connection *c = *state;
	struct tcp_segment segment;

	for (unsigned pod = 0; pod < 2; pod++)
		bpf_map_update_elem(testbed_map(c->testbed, "devices"),
				    &c->testbed->network.pod[pod].ifindex, &uplink, BPF_ANY);
	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, TCP_PSH, REPLY_OK);
	arrives_by(c, &segment, c->testbed->network.pod[1].ifindex);
	expect_verdict(c, VERDICT_TO_CLIENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH_HOOKS(an_acknowledgement_of_bytes_that_were_never_sent_does_not_count),
		ON_BOTH_HOOKS(
			an_acknowledgement_by_the_pod_of_bytes_that_it_never_got_does_not_count),
		ON_BOTH_HOOKS(a_held_head_is_kept_until_it_is_really_acknowledged),
		ON_BOTH_HOOKS(a_request_with_an_acknowledgement_out_of_range_is_not_read),
		ON_BOTH_HOOKS(a_request_with_a_syn_is_not_read),
		ON_BOTH_HOOKS(a_request_without_ack_is_not_read),
		ON_BOTH_HOOKS(a_request_with_a_signature_is_not_read),
		ON_BOTH_HOOKS(the_urgent_pointer_of_a_later_request_is_cleared),
		ON_BOTH_HOOKS(a_clock_ahead_does_not_count_without_the_right_number),
		ON_BOTH_HOOKS(a_clock_behind_does_not_count),
		ON_BOTH_HOOKS(the_clients_clock_is_followed),
		ON_BOTH_HOOKS(a_client_does_not_speak_for_its_pod),
		ON_BOTH_HOOKS(a_client_does_not_answer_for_the_pod_that_is_called),
		BOTH(a_pod_does_not_speak_for_its_client),
		BOTH(another_pod_speaks_for_neither),
		BOTH(a_pod_behind_uplinks_may_come_by_any_of_them),
	};

	return HARNESS_RUN(tests);
}
