/* SPDX-License-Identifier: Apache-2.0 */
/* The client between two requests, when its pod has gone or goes right behind the reply. */
#include <stdio.h>
#include <time.h>

#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))

/* The pod has ended its connection in the usual way; the router answers for it. */
static void lose_pod(struct connection *c)
{
	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	c->router_tsval = c->client.tsecr;
}

static void expect_answer(struct connection *c, enum verdict verdict, uint16_t flags)
{
	struct tcp_segment want = answer_to_client(c, flags, NULL);

	expect_verdict(c, verdict);
	expect_only(c, &want, ANY_WINDOW);
}

static void a_keep_alive_probe_without_a_pod_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment probe;

	lose_pod(c);
	for (unsigned i = 0; i < 3; i++) {
		c->client.tsval += 1000;
		probe = client_segment(c, 0, NULL);
		probe.seq--;
		client_sends(c, &probe);
		expect_answer(c, VERDICT_PROBE_ANSWERED, 0);
	}
	expect_number(flow_of(c).state, FLOW_WAITING);
}

static void a_keep_alive_probe_with_a_byte_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment probe;

	lose_pod(c);
	probe = client_segment(c, 0, "\n");
	probe.seq--;
	client_sends(c, &probe);
	expect_answer(c, VERDICT_PROBE_ANSWERED, 0);
}

static void a_fin_without_a_pod_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;

	lose_pod(c);
	fin = client_segment(c, TCP_FIN, NULL);
	for (unsigned i = 0; i < 3; i++) {
		client_sends(c, &fin);
		expect_answer(c, VERDICT_FIN_ANSWERED, TCP_FIN);
	}
	c->client.ack++;
	client_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* FIN of the client to those that wait. */
static void a_fin_without_a_pod_ends_parked_pods(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;
	struct leg parked, lost;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &parked);
	reply_is_taken(c, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_dropped(c, VERDICT_POD_END_SWALLOWED);
	lost = leg_of(c);
	leg_speak(c, &parked);
	want = answer_to_pod(c, TCP_FIN, NULL);
	leg_speak(c, &lost);
	c->router_tsval = c->client.tsecr;
	client_says(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	expect_answer(c, VERDICT_FIN_ANSWERED, TCP_FIN);
}

static void a_rst_without_a_pod_ends_the_flow(void **state)
{
	struct connection *c = *state;

	lose_pod(c);
	client_says(c, TCP_RST, NULL);
	expect_verdict(c, VERDICT_RST_SWALLOWED);
	expect_number(flow_of(c).state, FLOW_FREE);
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
}

static void a_pure_ack_without_a_pod_is_swallowed(void **state)
{
	struct connection *c = *state;

	lose_pod(c);
	client_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
}

/* A request that the last pod has had, or a part of it: its acknowledgement was lost. */
static void an_old_request_without_a_pod_is_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;

	lose_pod(c);
	again = client_segment(c, TCP_PSH, REQUEST_ROOT);
	again.seq -= LENGTH(REQUEST_ROOT);
	client_sends(c, &again);
	expect_answer(c, VERDICT_DUPLICATE_ACKNOWLEDGED, 0);
	expect_number(flow_of(c).state, FLOW_WAITING);
}

static void a_request_without_a_pod_may_come_in_parts(void **state)
{
	struct connection *c = *state;
	struct leg left;

	lose_pod(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_answer(c, VERDICT_HEAD_ACKNOWLEDGED, 0);
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &left);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_without_a_pod_may_be_refused(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;

	lose_pod(c);
	client_says(c, TCP_PSH, "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_verdict(c, VERDICT_BACKEND_MISSING);
	got = take_segment(c);
	expect_nothing_more(c);
	expect_number(got.seq, c->client.ack);
	expect_number(got.ack, c->client.next);
}

/* Taken off, and answered as soon as the client has acknowledged the reply. */
static void a_fin_with_a_whole_reply_is_taken_off(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, want;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	segment = pod_segment(c, TCP_PSH | TCP_FIN, REPLY_OK);
	want = translated_to_client(c, &segment);
	want.flags &= (uint16_t)~TCP_FIN;
	pod_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_only(c, &want, 0);
	client_hears(c, &want);
	expect_number(flow_of(c).progress & FLOW_POD_FIN, 0);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	leg_leave(c, &left);
	take_pod_syn(c);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_source_port, left.source_port);
	pod_accepts(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

/* The pod does not get its acknowledgement, and sends it again. */
static void a_fin_that_was_taken_off_is_answered_when_it_comes_again(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, want;

	connection_splice(c, REQUEST_ROOT);
	pod_says(c, TCP_PSH | TCP_FIN, REPLY_OK);
	expect_verdict(c, VERDICT_TO_CLIENT);
	c->client.ack += LENGTH(REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_POD);
	fin = pod_segment(c, TCP_FIN, NULL);
	fin.seq--;
	pod_sends(c, &fin);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_only(c, &want, 0);
	expect_number(flow_of(c).state, FLOW_WAITING);
}

static void a_fin_before_the_reply_is_acknowledged_is_not_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_FIN, NULL);
	expect_dropped(c, VERDICT_POD_END_SWALLOWED);
	expect_number(flow_of(c).state, FLOW_SPLICED);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* One byte that the client has acknowledged already: it answers what it has. */
static void expect_probe(struct connection *c, enum verdict verdict, uint32_t acknowledged)
{
	struct tcp_segment want = answer_to_client(c, 0, NULL);

	expect_verdict(c, verdict);
	want.seq = acknowledged - 1;
	want.payload = "\0";
	want.payload_length = 1;
	expect_only(c, &want, ANY_WINDOW | ANY_TSVAL);
}

/* What Linux answers: the byte came twice. */
static struct tcp_segment probe_answer(const struct connection *c, uint32_t probed, uint32_t ack)
{
	struct tcp_segment segment = client_segment(c, 0, NULL);

	snprintf(segment.options.layout, sizeof(segment.options.layout), "nntnna");
	segment.options.sack_count = 1;
	segment.options.sack[0] = (struct sack_block){probed - 1, probed};
	segment.ack = ack;
	return segment;
}

/* All of it was delivered: the client is not told, and asks another connection. */
static void a_rst_behind_a_reply_that_is_not_acknowledged_yet_is_not_shown(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_probe(c, VERDICT_POD_END_SWALLOWED, c->client.ack - LENGTH(REPLY_OK));
	client_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_number(flow_of(c).state, FLOW_WAITING);
	expect_number(active_on(c, 0), 0);
	reroute(c, REQUEST_ROOT, &left);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_may_acknowledge_a_reply_that_a_rst_followed(void **state)
{
	struct connection *c = *state;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	reroute(c, REQUEST_ROOT, &left);
	reply_is_taken(c, REPLY_OK);
}

/* Nobody can send them again. */
static void a_client_that_misses_bytes_of_a_pod_that_was_reset_is_reset(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment, got;
	uint32_t before;

	connection_splice(c, REQUEST_ROOT);
	before = c->client.ack;
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_probe(c, VERDICT_POD_END_SWALLOWED, before);
	segment = probe_answer(c, before, before);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_NO_FLOW);
	got = take_segment(c);
	if (memcmp(&got.destination, &c->client_address, 16))
		got = take_segment(c);
	expect_number(got.flags & TCP_RST, TCP_RST);
	expect_number(got.seq, before);
	expect_number(flow_of(c).state, FLOW_FREE);
}

/* A window update, or an acknowledgement that left before the reply's end came. */
static void the_end_of_a_reply_may_be_on_its_way_when_its_pod_is_reset(void **state)
{
	struct connection *c = *state;
	struct tcp_segment segment;
	uint32_t before, end;

	connection_splice(c, REQUEST_ROOT);
	before = c->client.ack;
	pod_passes(c, TCP_PSH, REPLY_OK);
	end = c->client.ack;
	pod_says(c, TCP_RST, NULL);
	expect_probe(c, VERDICT_POD_END_SWALLOWED, before);
	segment = client_segment(c, 0, NULL);
	segment.ack = before;
	segment.window++;
	client_sends(c, &segment);
	expect_probe(c, VERDICT_CLIENT_PROBED, before);
	segment = probe_answer(c, before, before + 7);
	client_sends(c, &segment);
	expect_probe(c, VERDICT_CLIENT_PROBED, before + 7);
	segment = probe_answer(c, before + 7, end);
	client_sends(c, &segment);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_number(flow_of(c).state, FLOW_WAITING);
}

/* Not every client tells of bytes that come twice: probe and answer would follow each other at the
 * speed of the network, and the client wait for ever. */
static void a_client_that_answers_a_probe_by_the_same_ack_is_reset_after_a_while(void **state)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	struct connection *c = *state;
	struct tcp_segment same;
	unsigned probes = 0;
	uint32_t before;

	connection_splice(c, REQUEST_ROOT);
	before = c->client.ack;
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_probe(c, VERDICT_POD_END_SWALLOWED, before);
	same = client_segment(c, 0, NULL);
	same.ack = before;
	client_sends(c, &same);
	while (c->testbed->verdict == VERDICT_CLIENT_PROBED && probes++ < 100) {
		nanosleep(&pause, NULL);
		client_sends(c, &same);
	}
	expect_verdict(c, VERDICT_NO_FLOW);
	expect_number(flow_of(c).state, FLOW_FREE);
}

static void a_client_may_end_a_connection_whose_pod_was_reset(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	client_says(c, TCP_RST, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* It has not read all of the request: whoever sends it must know. */
static void a_rst_in_front_of_the_acknowledgement_of_a_body_is_shown(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, TCP_PSH, "body");
	reset = pod_segment(c, TCP_RST, NULL);
	pass_to_client(c, &reset);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_keep_alive_probe_without_a_pod_is_answered),
		BOTH(a_keep_alive_probe_with_a_byte_is_answered),
		BOTH(a_fin_without_a_pod_is_answered),
		BOTH(a_fin_without_a_pod_ends_parked_pods),
		BOTH(a_rst_without_a_pod_ends_the_flow),
		BOTH(a_pure_ack_without_a_pod_is_swallowed),
		BOTH(an_old_request_without_a_pod_is_acknowledged),
		BOTH(a_request_without_a_pod_may_come_in_parts),
		BOTH(a_request_without_a_pod_may_be_refused),
		BOTH(a_fin_with_a_whole_reply_is_taken_off),
		BOTH(a_fin_that_was_taken_off_is_answered_when_it_comes_again),
		BOTH(a_fin_before_the_reply_is_acknowledged_is_not_shown),
		BOTH(a_rst_behind_a_reply_that_is_not_acknowledged_yet_is_not_shown),
		BOTH(a_request_may_acknowledge_a_reply_that_a_rst_followed),
		BOTH(a_client_that_misses_bytes_of_a_pod_that_was_reset_is_reset),
		BOTH(the_end_of_a_reply_may_be_on_its_way_when_its_pod_is_reset),
		BOTH(a_client_that_answers_a_probe_by_the_same_ack_is_reset_after_a_while),
		BOTH(a_client_may_end_a_connection_whose_pod_was_reset),
		BOTH(a_rst_in_front_of_the_acknowledgement_of_a_body_is_shown),
	};

	return HARNESS_RUN(tests);
}
