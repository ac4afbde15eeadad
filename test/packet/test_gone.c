/* SPDX-License-Identifier: Apache-2.0 */
/* Pods that go away: between requests the client is not told, and a request that no pod can have
 * answered goes to another one. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define POST_PAIR "POST /pair HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"

static void splice_and_reply(struct connection *c, const char *request)
{
	connection_splice(c, request);
	reply_is_taken(c, REPLY_OK);
}

/* Between two requests, with no pod; the next one gets a new connection. */
static void expect_waiting(struct connection *c, unsigned active)
{
	expect_number(flow_of(c).state, FLOW_WAITING);
	expect_number(flow_of(c).outstanding_count, 0);
	expect_number(active_on(c, c->pod_number), active);
}

static void expect_served_anew(struct connection *c, const char *request)
{
	struct leg left;
	uint16_t port = c->pod_source_port;
	unsigned pod = c->pod_number;

	reroute(c, request, &left);
	assert_true(c->pod_number != pod || c->pod_source_port != port || !parked_of(c));
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, request);
	reply_is_taken(c, REPLY_OK);
}

static void a_fin_of_an_idle_pod_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;

	splice_and_reply(c, REQUEST_PAIR);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_POD_END_SWALLOWED);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_only(c, &want, 0);
	expect_waiting(c, 1);
	expect_served_anew(c, REQUEST_PAIR);
}

/* Its last ACK frees all that was known of it. */
static void the_connection_of_an_idle_pod_ends_as_tcp_does(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, want;

	splice_and_reply(c, REQUEST_ROOT);
	fin = pod_segment(c, TCP_FIN, NULL);
	pod_sends(c, &fin);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_only(c, &want, 0);
	pod_sends(c, &fin);
	expect_verdict(c, VERDICT_PARKED_ANSWERED);
	expect_only(c, &want, 0);
	pod_hears(c, &want);
	pod_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_number(parked_of(c), 0);
	expect_waiting(c, 0);
	expect_served_anew(c, REQUEST_ROOT);
}

static void a_rst_of_an_idle_pod_is_not_shown(void **state)
{
	struct connection *c = *state;

	splice_and_reply(c, REQUEST_PAIR);
	pod_says(c, TCP_RST, NULL);
	expect_dropped(c, VERDICT_POD_END_SWALLOWED);
	expect_waiting(c, 0);
	expect_number(parked_of(c), 0);
	expect_served_anew(c, REQUEST_PAIR);
}

/* RFC 5961 3.2: its receiver would challenge it. */
static void an_inexact_rst_of_an_idle_pod_changes_nothing(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;

	splice_and_reply(c, REQUEST_ROOT);
	reset = pod_segment(c, TCP_RST, NULL);
	reset.seq += 5;
	pod_sends(c, &reset);
	expect_number(flow_of(c).state, FLOW_SPLICED);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

/* It had never become the pod's: its application has closed, or died. */
static void a_rst_before_the_acknowledgement_sends_a_request_elsewhere(void **state)
{
	static const char *const requests[] = {REQUEST_PAIR, POST_PAIR};
	struct connection *c = *state;
	struct tcp_segment reset;

	for (unsigned i = 0; i < 2; i++) {
		unsigned first;

		client_connects(c);
		client_says(c, TCP_PSH, requests[i]);
		take_pod_syn(c);
		first = c->pod_number;
		pod_accepts(c);
		reset = pod_segment(c, TCP_RST, NULL);
		pod_sends(c, &reset);
		c->stream_length = 0;
		expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), i + 1);
		expect_number(take_pod_syn(c).seq, c->client.isn);
		expect_nothing_more(c);
		assert_int_not_equal(c->pod_number, first);
		expect_number(active_on(c, first), 0);
		pod_accepts(c);
		expect_stream(c, requests[i], strlen(requests[i]));
		pod_passes(c, 0, NULL);
		reply_is_taken(c, REPLY_OK);
		client_says(c, TCP_RST, NULL);
		harness_next_client(c);
	}
}

/* A later request, which went on in the client's own packet. */
static void a_rst_that_answers_a_later_request_sends_it_elsewhere(void **state)
{
	static const char *const requests[] = {REQUEST_PAIR, POST_PAIR};
	struct connection *c = *state;
	struct tcp_segment reset;
	struct leg left;

	for (unsigned i = 0; i < 2; i++) {
		splice_and_reply(c, REQUEST_PAIR);
		client_passes(c, TCP_PSH, requests[i]);
		reset = pod_segment(c, TCP_RST, NULL);
		pod_sends(c, &reset);
		expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), i + 1);
		leg_leave(c, &left);
		expect_number(take_pod_syn(c).seq, c->client.next - LENGTH(requests[i]) - 1);
		expect_nothing_more(c);
		assert_int_not_equal(c->pod_number, left.pod_number);
		pod_accepts(c);
		pod_passes(c, 0, NULL);
		if (i) { /* only the head was held: the client sends the rest again */
			c->client.next -= 2;
			client_passes(c, TCP_PSH, "ok");
			memcpy(c->stream + c->stream_length, "ok", 2);
			c->stream_length += 2;
		}
		expect_stream(c, requests[i], strlen(requests[i]));
		reply_is_taken(c, REPLY_OK);
		harness_next_client(c);
	}
}

static void a_rst_before_a_reply_sends_a_safe_request_elsewhere(void **state)
{
	static const char *const requests[] = {
		REQUEST_PAIR,
		"HEAD /pair HTTP/1.1\r\nHost: a\r\n\r\n",
		"OPTIONS /pair HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	struct connection *c = *state;
	struct leg left;

	for (unsigned i = 0; i < 3; i++) {
		connection_splice(c, requests[i]);
		pod_says(c, TCP_RST, NULL);
		expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), i + 1);
		leg_leave(c, &left);
		take_pod_syn(c);
		expect_nothing_more(c);
		assert_int_not_equal(c->pod_number, left.pod_number);
		pod_accepts(c);
		expect_stream(c, requests[i], strlen(requests[i]));
		harness_next_client(c);
	}
}

/* Whether it was executed is not known. */
static void a_rst_behind_the_acknowledgement_of_a_post_is_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, POST_PAIR);
	pod_passes(c, TCP_RST, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), 0);
}

static void a_rst_behind_the_first_byte_of_a_reply_is_shown(void **state)
{
	static const char *const begun[] = {"H", "HTTP/1.1 200 OK\r\n",
					    "HTTP/1.1 102 Processing\r\n\r\n",
					    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"};
	struct connection *c = *state;

	for (unsigned i = 0; i < 4; i++) {
		connection_splice(c, REQUEST_PAIR);
		reply_is_taken(c, begun[i]);
		pod_passes(c, TCP_RST, NULL);
		expect_number(flow_of(c).state, FLOW_TAIL);
		harness_next_client(c);
	}
}

static void a_fin_before_a_reply_sends_a_safe_request_elsewhere(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;
	struct leg left;

	connection_splice(c, REQUEST_PAIR);
	pod_says(c, TCP_FIN, NULL);
	want = answer_to_pod(c, TCP_FIN, NULL);
	expect_segment(c, &want, 0);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), 1);
	leg_leave(c, &left);
	take_pod_syn(c);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_number, left.pod_number);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

/* Either RST follows, or the acknowledgement. */
static void a_fin_before_the_acknowledgement_of_a_post_waits(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, want;

	client_connects(c);
	client_says(c, TCP_PSH, POST_PAIR);
	take_pod_syn(c);
	pod_accepts(c);
	fin = pod_segment(c, TCP_FIN, NULL);
	fin.ack = c->client.isn + 1;
	pod_sends(c, &fin);
	expect_dropped(c, VERDICT_POD_END_SWALLOWED);
	fin.ack = c->client.next;
	want = translated_to_client(c, &fin);
	pod_sends(c, &fin);
	expect_verdict(c, VERDICT_TO_CLIENT);
	expect_only(c, &want, 0);
}

static void a_fin_behind_the_acknowledgement_of_a_post_is_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, POST_PAIR);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* The client would wait for the rest for ever. */
static void a_fin_inside_a_reply_is_shown(void **state)
{
	static const char *const begun[] = {
		"HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n",
	};
	struct connection *c = *state;

	for (unsigned i = 0; i < 3; i++) {
		connection_splice(c, REQUEST_PAIR);
		reply_is_taken(c, begun[i]);
		pod_passes(c, TCP_FIN, NULL);
		client_passes(c, TCP_FIN, NULL);
		pod_passes(c, 0, NULL);
		expect_number(flow_of(c).state, FLOW_TAIL);
		harness_next_client(c);
	}
}

static void a_fin_with_a_part_of_a_reply_is_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_PAIR);
	pod_passes(c, TCP_PSH | TCP_FIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_fin_of_an_idle_pod_is_answered),
		BOTH(the_connection_of_an_idle_pod_ends_as_tcp_does),
		BOTH(a_rst_of_an_idle_pod_is_not_shown),
		BOTH(an_inexact_rst_of_an_idle_pod_changes_nothing),
		BOTH(a_rst_before_the_acknowledgement_sends_a_request_elsewhere),
		BOTH(a_rst_that_answers_a_later_request_sends_it_elsewhere),
		BOTH(a_rst_before_a_reply_sends_a_safe_request_elsewhere),
		BOTH(a_rst_behind_the_acknowledgement_of_a_post_is_shown),
		BOTH(a_rst_behind_the_first_byte_of_a_reply_is_shown),
		BOTH(a_fin_before_a_reply_sends_a_safe_request_elsewhere),
		BOTH(a_fin_before_the_acknowledgement_of_a_post_waits),
		BOTH(a_fin_behind_the_acknowledgement_of_a_post_is_shown),
		BOTH(a_fin_inside_a_reply_is_shown),
		BOTH(a_fin_with_a_part_of_a_reply_is_shown),
	};

	return HARNESS_RUN(tests);
}
