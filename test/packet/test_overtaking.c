/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that overtake, share a hold, or follow an end: no byte is lost, none is read twice, and
 * none passes unread. */
#include <bpf/bpf.h>

#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define POST_BODY "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define HEAD_PAIR "HEAD /pair HTTP/1.1\r\nHost: a\r\n\r\n"
#define REPLY_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

/* The body was lost on its way, and the head behind it is held. */
static void a_body_that_the_next_request_overtook_reaches_the_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment body;

	connection_splice(c, POST_BODY);
	body = client_segment(c, TCP_PSH, "body");
	c->client.next += 4;
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	pass_to_pod(c, &body);
}

static void a_body_that_comes_again_with_the_next_request_reaches_the_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	connection_splice(c, POST_BODY);
	client_passes(c, TCP_PSH, "body" REQUEST_ROOT);
	c->client.next -= LENGTH("body" REQUEST_ROOT);
	c->pod.ack -= LENGTH("body" REQUEST_ROOT);
	want = answer_to_pod(c, TCP_PSH, "body");
	client_says(c, TCP_PSH, "bodyGET /pi HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
	expect_verdict(c, VERDICT_TO_POD);
	expect_only(c, &want, ANY_PSH);
	pod_hears(c, &want);
	c->client.next -= LENGTH(REQUEST_ROOT);
	pod_passes(c, 0, NULL);
	want = answer_to_pod(c, TCP_PSH, REQUEST_ROOT);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_HOLD_REPEATED);
	expect_only(c, &want, ANY_PSH | ANY_TSVAL);
}

/* Two requests are in one hold; the pod has answered the first, and goes away. */
static void a_request_that_was_answered_is_not_sent_to_another_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reply, reset, want;

	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	take_pod_syn(c);
	pod_accepts(c);
	client_passes(c, TCP_PSH, REQUEST_PAIR);
	reply = pod_segment(c, TCP_PSH, REPLY_OK);
	reply.ack -= LENGTH(REQUEST_PAIR);
	want = translated_to_client(c, &reply);
	pass_to_client(c, &reply);
	client_hears(c, &want);
	client_passes(c, 0, NULL);
	reset = pod_segment(c, TCP_RST, NULL);
	pass_to_client(c, &reset);
}

/* The pod may have begun to work on a request of which it has acknowledged the head. */
static void a_request_that_was_acknowledged_in_part_is_not_sent_to_another_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment acknowledged, reset;

	client_connects(c);
	client_says(c, TCP_PSH, "POST /pair HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234");
	take_pod_syn(c);
	pod_accepts(c);
	acknowledged = pod_segment(c, 0, NULL);
	acknowledged.ack -= 2;
	pass_to_client(c, &acknowledged);
	reset = pod_segment(c, TCP_RST, NULL);
	pass_to_client(c, &reset);
}

/* No pod needs to believe a RST that passes: what follows would be read by nobody but the pod. */
static void bytes_behind_a_rst_do_not_pass_unread(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reset = client_segment(c, TCP_RST, NULL);
	reset.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &reset);
	expect_number(flow_of(c).state, FLOW_TAIL);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_number(c->testbed->output_count, 0);
}

/* The pod has only been sent a SYN: its numbers are not known yet. */
static void a_malformed_chunk_before_the_pod_answers_resets_the_client(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	client_connects(c);
	client_says(c, TCP_PSH, CHUNKED "3\r\nabc");
	take_pod_syn(c);
	client_says(c, TCP_PSH, "xyz\r\n");
	expect_verdict(c, VERDICT_CHUNK_MALFORMED);
	want = answer_to_client(c, TCP_RST, NULL);
	expect_only(c, &want, ANY_WINDOW | ANY_TSVAL);
	expect_number(flow_of(c).state, FLOW_FREE);
}

/* A later request is of another method than the first one of its leg. */
static void an_own_reply_has_a_body_unless_its_request_is_head(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset, reply;
	struct leg left;

	for (unsigned head = 0; head < 2; head++) {
		connection_splice(c, head ? REQUEST_PAIR : HEAD_PAIR);
		reply_is_taken(c, head ? REPLY_OK : REPLY_HEAD);
		client_passes(c, TCP_PSH, head ? HEAD_PAIR : REQUEST_PAIR);
		reset = pod_segment(c, TCP_RST, NULL);
		pod_sends(c, &reset);
		expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), head + 1);
		leg_leave(c, &left);
		while (c->testbed->verdict != VERDICT_ENDPOINTS_FAILED) {
			take_pod_syn(c);
			reset = pod_segment(c, TCP_RST, NULL);
			pod_sends(c, &reset);
		}
		reply = take_segment(c);
		expect_number(memcmp((const char *)reply.payload + reply.payload_length - 4,
				     "\r\n\r\n", 4) == 0,
			      head);
		harness_next_client(c);
	}
}

static struct tcp_segment with_layout(struct tcp_segment segment, const char *layout)
{
	memcpy(segment.options.layout, layout, strlen(layout) + 1);
	return segment;
}

/* Timestamps in twelve bytes, but not where they usually are. */
static void a_request_with_options_in_another_order_passes_as_it_is(void **state)
{
	struct connection *c = *state;
	struct tcp_segment request;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	c->client.tsval += 9;
	request = with_layout(client_segment(c, TCP_PSH, REQUEST_ROOT), "tnn");
	pass_to_pod(c, &request);
}

static void a_request_with_options_in_another_order_begins_without_a_pod(void **state)
{
	struct connection *c = *state;
	struct tcp_segment request;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	pod_says(c, TCP_RST, NULL);
	expect_number(flow_of(c).state, FLOW_WAITING);
	request = with_layout(client_segment(c, TCP_PSH, REQUEST_ROOT), "tnn");
	client_sends(c, &request);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* What the client has seen of the clock is what the next pod's clock is moved to. */
static void the_clock_goes_on_behind_a_pod_with_options_in_another_order(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reply, want;
	struct leg left;

	connection_splice(c, REQUEST_ROOT);
	c->pod.tsval += 1000;
	reply = with_layout(pod_segment(c, TCP_PSH, REPLY_OK), "tnn");
	want = translated_to_client(c, &reply);
	pass_to_client(c, &reply);
	client_hears(c, &want);
	client_passes(c, 0, NULL);
	reroute(c, REQUEST_API, &left);
	reply_is_taken(c, REPLY_OK);
}

/* The agent has taken the endpoint back, and its rule still names it. */
static void an_endpoint_that_is_not_in_use_is_not_counted_down(void **state)
{
	struct connection *c = *state;
	uint32_t id = routes_endpoint(c->routes, 0);
	struct endpoint endpoint;
	int map = testbed_map(c->testbed, "endpoints");

	assert_int_equal(bpf_map_lookup_elem(map, &id, &endpoint), 0);
	endpoint.in_use = 0;
	assert_int_equal(bpf_map_update_elem(map, &id, &endpoint, BPF_ANY), 0);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
	expect_number(active_on(c, 0), 0);
}

static void more_requests_than_holds_may_wait_for_their_replies(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < 2 * (TESTBED_HOLDS_SMALL + TESTBED_HOLDS_LARGE); i++) {
		connection_splice(c, REQUEST_ROOT);
		harness_next_client(c);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_body_that_the_next_request_overtook_reaches_the_pod),
		BOTH(a_body_that_comes_again_with_the_next_request_reaches_the_pod),
		BOTH(a_request_that_was_answered_is_not_sent_to_another_pod),
		BOTH(a_request_that_was_acknowledged_in_part_is_not_sent_to_another_pod),
		BOTH(bytes_behind_a_rst_do_not_pass_unread),
		BOTH(a_malformed_chunk_before_the_pod_answers_resets_the_client),
		BOTH(an_own_reply_has_a_body_unless_its_request_is_head),
		BOTH(a_request_with_options_in_another_order_passes_as_it_is),
		BOTH(a_request_with_options_in_another_order_begins_without_a_pod),
		BOTH(the_clock_goes_on_behind_a_pod_with_options_in_another_order),
		BOTH(an_endpoint_that_is_not_in_use_is_not_counted_down),
		BOTH(more_requests_than_holds_may_wait_for_their_replies),
	};

	return HARNESS_RUN(tests);
}
