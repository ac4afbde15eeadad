/* SPDX-License-Identifier: Apache-2.0 */
/* The hold: what it holds is sent to the pod when that accepts, and again until acknowledged. */
#include <bpf/bpf.h>
#include <stdlib.h>

#include "../../agent/base/cleanup.h"
#include "harness.h"

static void repeat_request(struct connection *c, const char *request)
{
	struct tcp_segment again = client_segment(c, TCP_PSH, request);

	again.seq = c->client.isn + 1;
	client_sends(c, &again);
}

/* ACK and request leave together, in the pod's numbers. */
static void the_held_request_is_sent_when_the_pod_accepts(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn_ack, want;

	call_pod(c, REQUEST_ROOT);
	syn_ack = pod_syn_ack(c);
	pod_sends(c, &syn_ack);
	expect_verdict(c, VERDICT_HOLD_RELEASED);
	want = answer_to_pod(c, TCP_PSH, REQUEST_ROOT);
	expect_only(c, &want, ANY_PSH);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_SPLICED), 1);
}

static void write_request(char *text, size_t length)
{
	memset(text, 'a', length);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	memcpy(text + length - 13, "\r\nHost: a\r\n\r\n", 13);
}

/* A head that fills one full segment, for pods that take less at a time. */
static void the_hold_is_cut_to_the_pods_mss(void **state)
{
	static const uint16_t sizes[] = {1460, 1220, 1000, 536};
	_cleanup_free_ char *text = malloc(1380);
	struct connection *c = *state;

	write_request(text, 1380);
	for (unsigned i = 0; i < 4; i++) {
		c->pod.mss = sizes[i];
		client_connects(c);
		client_says_part(c, TCP_PSH, text, 1380);
		expect_verdict(c, VERDICT_POD_SYN);
		take_pod_syn(c);
		pod_accepts(c);
		expect_stream(c, text, 1380);
		assert_in_range(c->longest, 1, sizes[i] - 12);
		harness_next_client(c);
	}
}

static void a_repeated_syn_ack_brings_the_request_again(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn_ack, got;

	call_pod(c, REQUEST_ROOT);
	syn_ack = pod_syn_ack(c);
	pod_accepts(c);
	pod_sends(c, &syn_ack);
	got = take_segment(c);
	expect_number(got.seq - !got.payload_length * strlen(REQUEST_ROOT), c->client.isn + 1);
	expect_number(got.ack, c->pod.isn + 1);
}

static void a_lost_request_is_sent_again_when_the_client_repeats(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	call_pod(c, REQUEST_ROOT);
	pod_accepts(c);
	c->client.tsval += 300;
	repeat_request(c, REQUEST_ROOT);
	c->pod.ack = c->client.isn + 1;
	want = answer_to_pod(c, TCP_PSH, REQUEST_ROOT);
	expect_only(c, &want, ANY_PSH | ANY_TSVAL);
}

static void the_hold_is_given_back_when_the_pod_acknowledged_the_head(void **state)
{
	struct connection *c = *state;
	uint32_t slot = 0;

	connection_splice(c, REQUEST_UPLOAD);
	expect_number(bpf_map_lookup_and_delete_elem(testbed_map(c->testbed, "holds_small_free"),
						     NULL, &slot),
		      0);
}

/* A body's first bytes come with the head, others while the pod is called: none is lost. */
static void body_bytes_before_the_pod_answers_are_not_lost(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc";
	struct connection *c = *state;
	uint32_t middle;

	call_pod(c, head);
	middle = c->client.next;
	client_says(c, TCP_PSH, "def");
	expect_number(c->testbed->action, TESTBED_DROP);
	client_says(c, TCP_PSH, "ghi");
	expect_number(c->testbed->action, TESTBED_DROP);
	pod_accepts(c);
	pod_says(c, 0, NULL);
	c->client.next = c->client.isn + 1 + (uint32_t)c->stream_length;
	if (c->client.next == middle)
		client_says(c, TCP_PSH, "defghi");
	else
		client_says(c, TCP_PSH, &"defghi"[c->client.next - middle]);
	pod_receives(c);
	expect_stream(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabcdefghi",
		      sizeof(head) - 1 + 6);
}

static void call_pod_with_parts(struct connection *c, const char *text, size_t length)
{
	client_connects(c);
	for (size_t at = 0; at < length; at += 1000)
		client_says_part(c, TCP_PSH, text + at, length - at < 1000 ? length - at : 1000);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
}

/* The head was acknowledged in part by the router: the client must not see less. */
static void the_acknowledgement_never_goes_back(void **state)
{
	_cleanup_free_ char *text = malloc(3500);
	struct connection *c = *state;
	struct tcp_segment ack;

	write_request(text, 3500);
	call_pod_with_parts(c, text, 3500);
	pod_accepts(c);
	expect_stream(c, text, 3500);
	ack = pod_segment(c, 0, NULL);
	ack.ack = c->client.isn + 1 + 1448;
	pod_sends(c, &ack);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_number(take_segment(c).ack, c->client.isn + 1 + 3000);
	ack.ack = c->client.isn + 1 + 3500;
	pod_sends(c, &ack);
	expect_number(take_segment(c).ack, c->client.isn + 1 + 3500);
}

/* What the router acknowledged the client will never send again: it comes from the hold. */
static void a_lost_part_comes_from_the_hold(void **state)
{
	_cleanup_free_ char *text = malloc(3500);
	struct connection *c = *state;
	struct tcp_segment segment;

	write_request(text, 3500);
	call_pod_with_parts(c, text, 3500);
	pod_accepts(c);
	segment = pod_segment(c, 0, NULL);
	segment.ack = c->client.isn + 1 + 1448;
	pod_sends(c, &segment);
	c->pod.ack = segment.ack;
	c->stream_length = 1448;
	segment = client_segment(c, TCP_PSH, NULL);
	segment.seq = c->client.isn + 1 + 3000;
	segment.payload = text + 3000;
	segment.payload_length = 500;
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
	pod_receives(c);
	expect_stream(c, text, 3500);
}

static void a_head_in_a_super_packet_is_released_in_pieces(void **state)
{
	_cleanup_free_ char *text = malloc(2500);
	struct connection *c = *state;
	struct tcp_segment segment;
	struct packet packet;

	write_request(text, 2500);
	client_connects(c);
	segment = client_segment(c, TCP_PSH, NULL);
	segment.payload = text;
	segment.payload_length = 2500;
	segment_build(&segment, &packet);
	packet.gso_size = 1400;
	packet.gso_segs = 2;
	run_packet(c, &packet, c->testbed->network.client.ifindex);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, text, 2500);
	assert_in_range(c->longest, 1, 1448);
}

/* Retransmission timer of the client, a pod that lost everything: the hold is still whole. */
static void the_hold_is_sent_as_often_as_the_client_repeats(void **state)
{
	struct connection *c = *state;

	call_pod(c, REQUEST_ROOT);
	pod_accepts(c);
	for (unsigned i = 0; i < 10; i++) {
		repeat_request(c, REQUEST_ROOT);
		expect_verdict(c, VERDICT_HOLD_REPEATED);
		c->stream_length = 0;
		c->pod.ack = c->client.isn + 1;
		pod_receives(c);
		expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(the_held_request_is_sent_when_the_pod_accepts),
		BOTH(the_hold_is_cut_to_the_pods_mss),
		BOTH(a_repeated_syn_ack_brings_the_request_again),
		BOTH(a_lost_request_is_sent_again_when_the_client_repeats),
		BOTH(the_hold_is_given_back_when_the_pod_acknowledged_the_head),
		BOTH(body_bytes_before_the_pod_answers_are_not_lost),
		BOTH(the_acknowledgement_never_goes_back),
		BOTH(a_lost_part_comes_from_the_hold),
		BOTH(a_head_in_a_super_packet_is_released_in_pieces),
		BOTH(the_hold_is_sent_as_often_as_the_client_repeats),
	};

	return HARNESS_RUN(tests);
}
